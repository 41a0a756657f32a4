// Engine: one LMTP session (RFC 2033 with 5321, 1870, 2034, 2920, 3207, 4954, 6152;
// doc/protocols/cyrus.md 7).
//
// The same for lmtpd (with a store) and lmtpproxyd (without): where a recipient goes is decided per
// recipient. Unix sockets and -a are authenticated from the start. run() serves the client to its
// end. Limits: command lines of kMaxLine bytes (kMaxAuthLine in AUTH), lmtp_max_recipients,
// maxmessagesize; kMaxErrors bad commands in a row end the session. login_timeout for all until the
// login; who needs none, or has done it, has lmtptxn_timeout for each command line, and that for
// each wait within a message.
// Borrows its parts; the kit must outlive the stream. One thread.
#ifndef ROOKERY_IMAP_LMTP_ENGINE_H
#define ROOKERY_IMAP_LMTP_ENGINE_H

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "imap/backend/backend_pool.h"
#include "imap/delivery/delivery.h"
#include "imap/delivery/message_filter.h"
#include "imap/delivery/recipients.h"
#include "imap/lmtp/reply.h"
#include "imap/mailbox/mailbox_store.h"
#include "imap/mboxlist/directory.h"
#include "imap/session/login.h"
#include "imap/session/session_kit.h"
#include "lib/stream/stream.h"

namespace rookery::lmtp {

inline constexpr size_t kMaxLine = 4096;
inline constexpr size_t kMaxAuthLine = 12288;  // RFC 4954 4
inline constexpr size_t kMaxErrors = 100;

inline constexpr session::Protocol kProtocol{.sasl_service = "lmtp",
                                             .product = "Cyrus LMTP",
                                             .proxyservers_act = false,
                                             .for_servers = true};

struct Parts {
    const config::Config& config;
    session::SessionKit& kit;
    stream::Stream& client;
    mboxlist::Directory& directory;
    backend::BackendPool& backends;
    delivery::Local local;  // nothing in lmtpproxyd
    bool preauthenticated = false;
    delivery::MakeUser make_user = nullptr;  // none: who has no INBOX is unknown
};

class Engine {
 public:
    explicit Engine(Parts parts);
    void run();

    struct Row;  // of the command table, in engine.cc

 private:
    // --- the loop
    bool wait_for_command();
    bool ends_with_template();
    void come_again();
    void one_command();
    void say(const Reply& reply);
    void say(int code, std::string text) { say(reply(code, std::move(text))); }
    void refuse(const Error& error);
    void end_session(int code, std::string text);
    void give_command_time();
    void forget_transaction();
    bool authenticated() const { return preauthenticated_ || logged_in_; }

    // --- commands
    void lhlo(std::string_view arguments);
    void mail(std::string_view arguments);
    void rcpt(std::string_view arguments);
    void log_refused(std::string_view address, const Error& error) const;
    void data(std::string_view arguments);
    void rset(std::string_view arguments);
    void noop(std::string_view arguments);
    void vrfy(std::string_view arguments);
    void quit(std::string_view arguments);
    void starttls(std::string_view arguments);
    void auth(std::string_view arguments);

    // --- parts of them
    bool may_mail();
    Result<std::unique_ptr<mailbox::StagedMessage>> make_staged(std::string& partition);
    delivery::FilterOptions filter_options() const;
    std::string front_of_message() const;
    std::string next_id();
    void receive(mailbox::StagedMessage& staged, const std::string& partition);
    void welcome(const session::Login& login);
    void turn_away(const session::Login& login);
    uint64_t max_size() const;

    const config::Config& config_;
    session::SessionKit& kit_;
    stream::Stream& client_;
    mailbox::MailboxStore* store_;
    backend::BackendPool& backends_;
    bool preauthenticated_;
    delivery::Recipients recipients_;
    delivery::Delivery delivery_;
    std::string helo_;
    bool greeted_ = false;  // LHLO was said, on this side of TLS
    bool logged_in_ = false;
    bool external_done_ = false;  // a preauthenticated client has said AUTH EXTERNAL
    bool ended_ = false;
    size_t errors_ = 0;
    uint64_t transactions_ = 0;
    std::optional<delivery::Transaction> transaction_;
};

}  // namespace rookery::lmtp

#endif
