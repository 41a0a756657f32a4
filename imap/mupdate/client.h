// Client: one connection to the mupdate master, as a backend, a tool or a replica uses it.
//
// Logs in with mupdate_authname and its fellows through imap/backend. Commands are answered in the
// order in which they were sent, so send() may run ahead of reply(). A lost connection is a sticky
// error; the caller connects anew. Every wait is bounded: by kAnswer in a list, by client_timeout
// elsewhere.
// Codes: unavailable, timeout, denied, closed, syntax (the master breaks the protocol), config (no
// mupdate_server). One thread at a time.
#ifndef ROOKERY_IMAP_MUPDATE_CLIENT_H
#define ROOKERY_IMAP_MUPDATE_CLIENT_H

#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imap/backend/backend.h"
#include "imap/mupdate/server/status.h"
#include "imap/mupdate/wire.h"
#include "lib/config/config.h"

namespace rookery::mupdate {

class Client {
 public:
    static constexpr Seconds kAnswer{60};  // for the next line of a list

    struct Reply {
        bool ok = false;
        std::string text;
        // Why it is not ok; the text is without its code (refusal.h).
        Error error() const;
    };
    // A line of the list.
    struct Record {
        bool active = false;
        std::string name;
        std::string location;
        std::string acl;
    };

    // Another server than mupdate_server, and other credentials; what is empty is as configured.
    struct Target {
        std::string server;
        std::string authname;
        std::string password;
    };
    static Result<std::unique_ptr<Client>> connect(const config::Config& config);
    static Result<std::unique_ptr<Client>> connect(const config::Config& config,
                                                   const Target& target);
    // patience: for the answer to a command.
    explicit Client(std::unique_ptr<backend::Backend> backend, Milliseconds patience = kAnswer);
    ~Client();

    // One command and its answer. A NO or BAD is a Reply that is not ok, not an error.
    Result<Reply> run(Verb verb, std::initializer_list<std::string_view> arguments)
    {
        return run(verb, std::span(arguments.begin(), arguments.size()));
    }
    Result<Reply> run(Verb verb, std::span<const std::string_view> arguments);
    Result<std::optional<Record>> find(std::string_view name);
    // prefix: "server!" or "" for all.
    Result<std::vector<Record>> list(std::string_view prefix);
    // What STATUS tells, line by line (doc/protocols/mupdate.md). unsupported: not one of ours.
    Result<std::vector<StatusLine>> status();
    // DELETE only if the name is still at location's server (doc/rules.md 1.4): by one command
    // where the master knows it, by FIND first elsewhere. ok with text "elsewhere": not deleted,
    // nor ours.
    Result<Reply> remove_if_at(std::string_view name, std::string_view location);

    // Many commands at once.
    void send(Verb verb, std::initializer_list<std::string_view> arguments)
    {
        send(verb, std::span(arguments.begin(), arguments.size()));
    }
    void send(Verb verb, std::span<const std::string_view> arguments);
    Status flush();
    Result<Reply> reply();
    Result<std::optional<Record>> found();  // the answer to a FIND

    // The next response, whatever it is; timeout if none has come whole by the deadline.
    Result<Response> next(Deadline deadline);
    // One that has arrived already.
    Result<std::optional<Response>> take_buffered();
    // Waits until something can be read from the master or from other_fd (-1: none).
    Result<bool> wait(int other_fd, Deadline deadline);
    // Reads what is there.
    Status fill();

    // Did the master announce this extension?
    bool offers(std::string_view extension) const;
    // Does it say that it is the master, not a replica of one?
    bool is_master() const;
    // Name, program and version, as the greeting has them; "" where it does not.
    struct Greeting {
        std::string server, program, version;
    };
    Greeting greeting() const;
    const std::optional<stream::TlsInfo>& tls() const { return backend_->tls(); }
    bool is_connected();
    void logout();

 private:
    Result<Response> answer(Milliseconds patience);

    std::unique_ptr<backend::Backend> backend_;
    Milliseconds patience_;
    std::string in_;
    uint64_t counter_ = 0;
};

}  // namespace rookery::mupdate

#endif
