// Engine: one ManageSieve session (RFC 5804).
//
// The same on backends and frontends: where the user's INBOX is decides for each command whether it
// is done here, passed on to that server (relay.h), or answered with a referral. run() serves the
// client to its end. Limits: command_reader.h's, sieve_maxscriptsize for a script; kMaxErrors bad
// commands in a row end the session. login_timeout for all until the login, then `timeout` for each
// command and between two.
// Borrows its parts; the kit must outlive the stream. One thread.
#ifndef ROOKERY_IMAP_MANAGESIEVE_ENGINE_H
#define ROOKERY_IMAP_MANAGESIEVE_ENGINE_H

#include <optional>
#include <string>
#include <string_view>

#include "imap/backend/backend_pool.h"
#include "imap/managesieve/command_reader.h"
#include "imap/managesieve/extensions.h"
#include "imap/managesieve/home.h"
#include "imap/managesieve/reply.h"
#include "imap/mboxlist/directory.h"
#include "imap/session/login.h"
#include "imap/session/session_kit.h"
#include "lib/stream/stream.h"

namespace rookery::managesieve {

inline constexpr size_t kMaxErrors = 20;

inline constexpr session::Protocol kProtocol{.sasl_service = "sieve",
                                             .product = "Cyrus timsieved",
                                             .proxyservers_act = true,
                                             .for_servers = false};

struct Parts {
    const config::Config& config;
    session::SessionKit& kit;
    stream::Stream& client;
    mboxlist::Directory& directory;
    backend::BackendPool& backends;
    const Extensions& extensions;
};

// What a command was given: a string, and a second one or a number.
struct Arguments {
    size_t count = 0;
    std::string first;
    std::string second;
    uint64_t number = 0;
};

class Engine {
 public:
    explicit Engine(Parts parts);
    void run();

    struct Row;  // of the command table, in engine.cc

 private:
    // --- the loop
    bool wait_for_command();
    void one_command();
    static const Row* find_row(std::string_view verb);
    const Row* read_command(Arguments& arguments);
    Status read_argument(const Row& row, size_t index, Arguments& arguments);
    void dispatch(const Row& row, const Arguments& arguments);
    void at_home(const Row& row, const Arguments& arguments);
    void homeless(const Error& error);
    void elsewhere(const Row& row, const Arguments& arguments, const std::string& server);
    void pass_on(const Row& row, const Arguments& arguments, const std::string& server);
    std::optional<std::string> server_now();
    void bad(const Error& error);
    void ok(std::string_view code = {}, std::string_view text = {});
    void no(std::string_view code, std::string_view text);
    void no(const Error& error);
    void answer(const Status& done);
    void end_session(Word word, std::string_view code, std::string_view text);
    void come_again();

    // --- commands
    void authenticate(const Arguments& arguments);
    void starttls(const Arguments& arguments);
    void logout(const Arguments& arguments);
    void capability(const Arguments& arguments);
    void noop(const Arguments& arguments);
    void unauthenticate(const Arguments& arguments);
    void session(const Arguments& arguments);
    void have_space(const Arguments& arguments);
    void put_script(const Arguments& arguments);
    void list_scripts(const Arguments& arguments);
    void set_active(const Arguments& arguments);
    void get_script(const Arguments& arguments);
    void delete_script(const Arguments& arguments);
    void rename_script(const Arguments& arguments);
    void check_script(const Arguments& arguments);

    // --- parts of them
    void say_capabilities();
    void greet();
    session::Challenge challenge();
    void welcome(const session::Login& login, const std::optional<std::string>& last_words);
    void turn_away(const session::Login& login);
    bool passes(std::string_view script);
    Status require_script(const std::string& name) const;
    bool logged_in() const { return who_.has_value(); }
    bool verifies_only() const { return who_ && who_->is_anonymous(); }

    const config::Config& config_;
    session::SessionKit& kit_;
    stream::Stream& client_;
    mboxlist::Directory& directory_;
    backend::BackendPool& backends_;
    const Extensions& extensions_;
    CommandReader reader_;
    size_t max_script_;
    std::optional<auth::Identity> who_;
    bool has_layer_ = false;  // of SASL
    bool ended_ = false;
    size_t errors_ = 0;
    std::optional<scripts::Scripts> scripts_;  // while a command that needs them runs here
};

}  // namespace rookery::managesieve

#endif
