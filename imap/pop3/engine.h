// Engine: one session of POP3 (RFC 1939, 2449, 2595, 3206, 5034, 6856).
//
// The same on backends and frontends: where the user's maildrop is, is looked up at the login; one
// that is here is opened (maildrop.h), one at another server is passed on to (relay.h). run()
// serves the client to its end. DELE acts at QUIT alone, however else a session ends. Limits:
// verbs.h's lines; kMaxErrors lines in a row that are no command end the session. login_timeout for
// all until the login, then poptimeout for each command and between two.
// Borrows its parts; the kit must outlive the stream. One thread.
#ifndef ROOKERY_IMAP_POP3_ENGINE_H
#define ROOKERY_IMAP_POP3_ENGINE_H

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "imap/backend/backend_pool.h"
#include "imap/mailbox/mailbox_store.h"
#include "imap/mboxlist/directory.h"
#include "imap/pop3/home.h"
#include "imap/pop3/maildrop.h"
#include "imap/pop3/relay.h"
#include "imap/pop3/verbs.h"
#include "imap/session/login.h"
#include "imap/session/session_kit.h"
#include "lib/stream/stream.h"

namespace rookery::pop3 {

inline constexpr size_t kMaxErrors = 20;

inline constexpr session::Protocol kProtocol{
    .sasl_service = "pop", .product = "Cyrus POP3", .proxyservers_act = true, .for_servers = false};

// Makes the mailboxes of a user who has none (autocreate_quota), here or where the list will say.
// False: this user gets none.
using MakeUser = std::function<Result<bool>(const std::string& userid)>;

struct Parts {
    const config::Config& config;
    session::SessionKit& kit;
    stream::Stream& client;
    mboxlist::Directory& directory;
    backend::BackendPool& backends;
    mailbox::MailboxStore* store = nullptr;  // null: no mail is kept here
    MakeUser make_user = nullptr;            // none: who has no INBOX has no maildrop
    Milliseconds least_timeout = std::chrono::minutes(10);  // RFC 1939 3
};

class Engine {
 public:
    explicit Engine(Parts parts);
    void run();

    struct Row;  // what does a verb, in engine.cc

 private:
    // What is known of a user; all of it goes when the user does.
    struct User {
        auth::Identity who;
        std::string folder;
        // One of the two.
        std::optional<Maildrop> maildrop;
        std::unique_ptr<Relay> relay;
    };

    // --- the loop
    bool wait_for_command();
    void rest();
    void one_command();
    void dispatch(const Command& command);
    bool is_now(const Verb& verb) const;
    void pass_on(const Command& command);
    void backend_lost(const Error& error);
    void bad(const Error& error);
    void refuse(const Error& error);
    void end_session(std::string_view last_line);
    void come_again();
    void log_counts() const;

    // --- before the login
    void apop(const Command& command);
    void auth(const Command& command);
    void pass(const Command& command);
    void stls(const Command& command);
    void user(const Command& command);
    void utf8(const Command& command);
    // --- at any time
    void capa(const Command& command);
    void lang(const Command& command);
    void quit(const Command& command);
    // --- in the maildrop
    void dele(const Command& command);
    void list(const Command& command);
    void noop(const Command& command);
    void retr(const Command& command);
    void reuse(const Command& command);
    void session(const Command& command);
    void rset(const Command& command);
    void stat(const Command& command);
    void top(const Command& command);
    void uidl(const Command& command);

    // --- parts of them
    void greet();
    void list_mechanisms();
    void finish_login(const session::Login& login, const std::string& folder);
    void welcome(const session::Login& login, const std::string& folder);
    void turn_away(const session::Login& login);
    Result<model::MailboxEntry> find_home(const auth::Identity& who, const std::string& folder);
    Result<std::string> enter(User& user);
    Result<std::string> enter_there(User& user, const std::string& server);
    std::optional<std::string> server_now(const User& user);
    void no_maildrop(const User& user, const Error& error);
    bool may_hand_on() const;
    std::string leave_maildrop(std::string_view good_bye);
    void send(uint32_t number, std::optional<uint32_t> body_lines);
    void no_message(uint32_t number, const Error& error);
    Maildrop& maildrop() { return *user_->maildrop; }
    bool logged_in() const { return user_.has_value(); }

    const config::Config& config_;
    session::SessionKit& kit_;
    stream::Stream& client_;
    mboxlist::Directory& directory_;
    backend::BackendPool& backends_;
    mailbox::MailboxStore* store_;
    MakeUser make_user_;
    Home home_;
    std::string challenge_;  // of APOP; "" = there is none
    std::string name_;       // that USER gave
    std::optional<User> user_;
    bool has_layer_ = false;  // of SASL
    bool ended_ = false;
    size_t errors_ = 0;
};

}  // namespace rookery::pop3

#endif
