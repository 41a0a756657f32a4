// Backend: one authenticated connection to another server, in one of the dialects.
//
// connect() resolves <shortname>_address, dials, reads the banner and capabilities, does STARTTLS
// and SASL (authname proxy_authname, authzid = the user; empty = as itself), all within
// client_timeout. TLS comes first where it is offered, or must be there, by backend_tls; errors
// name the server. Afterwards stream() is the engine's, with backend_timeout for each wait. The
// object owns the connection. auth::SaslClient::init_library() must have been called by the
// process.
// Codes: unavailable (cannot reach, circuit open), timeout, denied (authentication failed, or too
// little protection for it), syntax (the peer breaks the protocol). See doc/protocols/cyrus.md 1-3.
// One thread.
#ifndef ROOKERY_IMAP_BACKEND_BACKEND_H
#define ROOKERY_IMAP_BACKEND_BACKEND_H

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/backend/dialect.h"
#include "imap/backend/link.h"
#include "imap/backend/server_address.h"
#include "lib/base/result.h"
#include "lib/config/config.h"
#include "lib/stream/stream.h"
#include "lib/stream/tls_layer.h"

namespace rookery::backend {

class Backend {
 public:
    static Result<std::unique_ptr<Backend>> connect(const config::Config& config,
                                                    const Dialect& dialect,
                                                    const std::string& server,
                                                    const ConnectOptions& options);
    ~Backend();

    // --- the next session of this process (doc/rules.md 5.3)
    // Every command that is sent begins, and ends with its tagged line. doubt(): something was out
    // of order, for as long as the connection lasts.
    void begin_command() { open_commands_++; }
    void end_command() { open_commands_--; }
    bool in_command() const { return open_commands_ > 0; }
    void doubt() { doubtful_ = true; }
    // The user logs out and the connection stays; a selected mailbox is left as by UNSELECT. Gives
    // the server's line. Fails, with the connection of no more use, where anything is in doubt: a
    // command without its end, something unread. denied: the server says no, in the text.
    // unsupported, with nothing said: the server does not offer it, or it cannot be done under a
    // SASL layer or compression.
    Result<std::string> unauthenticate();
    // After it: logs in for another user, within client_timeout. The capabilities are read anew.
    static Result<std::unique_ptr<Backend>> login_again(std::unique_ptr<Backend> left,
                                                        const config::Config& config,
                                                        const ConnectOptions& options);

    const std::string& server() const { return server_; }  // as in the list
    const Dialect& dialect() const { return dialect_; }
    stream::Stream& stream() { return link_->stream; }
    bool has_capability(std::string_view name) const;  // case-insensitive
    // True for "MUPDATE" if "MUPDATE=..." or "MUPDATE" is announced.
    bool has_capability_family(std::string_view name) const;
    const std::vector<std::string>& capabilities() const { return link_->capabilities; }
    const std::string& banner() const { return link_->banner; }
    // What the server said with the success of the login.
    const std::string& welcome() const { return link_->welcome; }
    // The next tag: 8 random characters of this connection and a counter (doc/rules.md 5.2).
    std::string next_tag();
    bool tls_active() const { return link_->tls.has_value(); }
    const std::optional<stream::TlsInfo>& tls() const { return link_->tls; }
    // Of TLS and of the SASL layer together, in bits.
    int strength() const;
    // Only with LoginPolicy::keeps_refused: why the login failed.
    const std::optional<Error>& login_error() const { return link_->login_error; }
    // False if the peer has closed an idle connection, or said BYE on it. Does not wait.
    bool is_alive();
    // True if the peer has sent nothing that is not read, and is there. Does not wait.
    bool is_silent();
    // While a mailbox is selected on it, the pool does not replace it by another connection.
    void set_selected(bool selected) { selected_ = selected; }
    bool is_selected() const { return selected_; }
    // While the server tells of its mailboxes unasked (NOTIFY), which nobody would ask another
    // connection for, it is not closed for want of use; 0: it does not. The caller's number says
    // what it was asked for.
    void set_watched(uint64_t asked) { watched_ = asked; }
    uint64_t watched() const { return watched_; }
    // Polite logout, bounded, then close; without one where a command has not ended, or where it
    // would do what the session was for (Dialect::unauthenticate_commits). The destructor only
    // closes.
    void logout();

 private:
    Backend(const Dialect& dialect, std::string server, std::unique_ptr<Link> link);
    const Dialect& dialect_;
    std::string server_;
    std::unique_ptr<Link> link_;
    bool selected_ = false;
    uint64_t watched_ = 0;
    bool has_user_ = true;
    bool doubtful_ = false;
    int open_commands_ = 0;
    uint64_t tag_counter_ = 0;
    friend std::unique_ptr<Backend> backend_for_test(const Dialect&, std::string, stream::Stream,
                                                     std::vector<std::string>);
};

// For tests: a connection that is past its login.
std::unique_ptr<Backend> backend_for_test(const Dialect& dialect, std::string server,
                                          stream::Stream stream,
                                          std::vector<std::string> capabilities);

}  // namespace rookery::backend

#endif
