// SessionKit: what every engine needs around its protocol: who the client is, TLS, SASL, the
// shutdown file, the message of the day, limits, and the line in the scoreboard.
//
// One per client connection, made by the daemon's main from the template's parts. Engines of all
// protocols use it; it knows none of them. One thread.
#ifndef ROOKERY_IMAP_SESSION_SESSION_KIT_H
#define ROOKERY_IMAP_SESSION_SESSION_KIT_H

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/session/protocol.h"
#include "lib/auth/identity.h"
#include "lib/auth/sasl_server.h"
#include "lib/auth/tls_context.h"
#include "lib/base/clock.h"
#include "lib/base/result.h"
#include "lib/config/config.h"
#include "lib/service/service.h"
#include "lib/stream/stream.h"

namespace rookery::session {

class SessionKit {
 public:
    static constexpr Seconds kFirstSession{10};

    // tls null: not configured. external_bits: of a layer that others put around the connection (-p
    // of imapd); 1 is integrity, more is privacy.
    SessionKit(const config::Config& config, auth::TlsContext* tls, const Protocol& protocol,
               const service::ClientInfo& client, int external_bits = 0);
    SessionKit(const SessionKit&) = delete;
    SessionKit& operator=(const SessionKit&) = delete;
    ~SessionKit();

    const config::Config& config() const { return config_; }
    const service::ClientInfo& client() const { return client_; }
    // What stands between the brackets of SESSIONID=<...>, and in each line of the log meanwhile;
    // another one for the next user.
    const std::string& session_id() const { return session_id_; }

    // --- texts
    // "<servername> <product> <version>" by serverinfo; the engine adds " server ready". Movers of
    // mailboxes read the version (doc/protocols/cyrus.md 4).
    std::string greeting_name() const;
    // First line of <configdirectory>/msg/shutdown, none if there is no such file.
    std::optional<std::string> shutdown_text() const;
    std::optional<std::string> motd() const;
    // <configdirectory>/msg/<name> without its last line break; none if there is no such file.
    std::optional<std::string> message(std::string_view name) const;
    // none: the file goes. limit: longer than it is read.
    Status set_message(std::string_view name, const std::optional<std::string>& text) const;

    // --- TLS
    bool can_starttls() const { return tls_ != nullptr && !tls_active_; }
    bool tls_active() const { return tls_active_; }
    // The handshake, as a server; the caller has written and flushed its go-ahead. After a failure
    // the stream is of no use.
    Status start_tls(stream::Stream& client);

    // --- the time until somebody has logged in
    static constexpr uint64_t kBeforeLogin = 262144;
    // From here on all that the client does until logged_in must be done within login_timeout, the
    // handshake of TLS and the SASL exchange included; nothing that it sends makes that longer. It
    // may send kBeforeLogin bytes, so that it is not worth while to keep the engine busy. A request
    // to end the process ends whatever wait for the client there is, also after the login.
    void await_login(stream::Stream& client) const;
    // For a client that needs no login: the latter alone.
    static void await_nothing(stream::Stream& client);
    // What to tell a client that is not to be served: its address has as many connections without a
    // login as one may (login_connections_per_host). Its own is on the scoreboard already, and goes
    // from there with its process, however that ends.
    std::optional<std::string_view> why_not_now() const;
    // What to tell a client that was not waited for any longer; none if it left by itself.
    static std::optional<std::string_view> why_given_up(const stream::Stream& client);
    // What came and went since the last time, into the counters of the service.
    static void count_traffic(stream::Stream& client);

    // --- login
    // Plaintext passwords allowed now (TLS active, allowplaintext, or a local socket)?
    bool plaintext_allowed() const;
    // Mechanisms to offer now, upper case.
    std::vector<std::string> mechanisms();
    auth::SaslServer& sasl();
    // LOGIN / USER+PASS: checks the password, applies failedloginpause. denied on failure.
    Result<auth::Identity> check_password(const std::string& user, const std::string& password);
    // The challenge of APOP for a greeting; none: there is no APOP here, or not now.
    std::optional<std::string> apop_challenge();
    // As check_password(), of a digest with that challenge.
    Result<auth::Identity> check_apop(const std::string& challenge, const std::string& user,
                                      const std::string& digest);
    // From here on nobody logs in but by GSSAPI: no other mechanism, no password, no APOP.
    void require_kerberos() { needs_kerberos_ = true; }
    // After SASL succeeded: canonical user, proxy and admin rules of doc/protocols/cyrus.md 2.
    // denied.
    Result<auth::Identity> identify(const std::string& authid, const std::string& authzid);
    // The session of the server that is about to log in, as that says; what has not the form of one
    // is none. In the lines of what becomes of the login.
    void set_via(std::string_view id);
    const std::string& via() const { return via_; }
    // Logs it, fills the scoreboard, opens the telemetry log if the user has one, and ends the
    // time for the login.
    void logged_in(const auth::Identity& who, std::string_view mechanism, stream::Stream& client);
    // The connection goes on for somebody else (UNAUTHENTICATE): its telemetry ends, the scoreboard
    // names nobody, the next login has its time. Not under a layer that was put on since the login.
    void logged_out(stream::Stream& client);
    // For bad attempts: log line and pause (failedloginpause, the same whatever was wrong).
    void login_failed(std::string_view user, std::string_view mechanism, std::string_view reason);

    // --- a template that was replaced (service::retirement)
    // What ends with its answer, and another of its kind would begin anew: what a login begins in
    // IMAP, a transaction of LMTP. Each engine says when one begins.
    void begin_session() { had_session_ = true; }
    // When a connection without a session is to end: never while the template is there; else at
    // once, or, if it had none yet, after kFirstSession from its beginning.
    Deadline session_due() const;
    // Of what identify() gave: false if a configuration that was replaced is what allows it or
    // forbids it. The client is to ask a process of the new one.
    bool may_decide(const Result<auth::Identity>& who) const;

    // Each engine asks once, when it knows who its client is. denied, with what the user is to be
    // told: an administrator keeps him out of this service (userdeny_db_path). busy: too many
    // sessions (maxlogins_per_user, maxlogins_per_host).
    Status admit(const auth::Identity& who);

 private:
    void renew_id();
    Result<auth::Identity> identify_checked(const std::string& user, std::string_view how,
                                            const Result<std::string>& name, Status checked);
    Result<std::string> canonical(std::string_view userid) const;
    Result<auth::Identity> identity_of(const std::string& userid) const;
    bool may_act_for_others(const std::string& authid, const auth::Groups& groups) const;
    Status require_welcome(const auth::Identity& who) const;
    void open_telemetry(const std::string& userid, stream::Stream& client);

    const config::Config& config_;
    auth::TlsContext* tls_;
    const Protocol& protocol_;
    service::ClientInfo client_;
    std::string session_id_;
    std::string via_;
    MonotonicTime since_ = monotonic_now();
    const int external_bits_;
    bool had_session_ = false;
    bool tls_active_ = false;
    bool telemetry_ = false;
    bool needs_kerberos_ = false;
    std::optional<auth::SaslServer> sasl_;
};

}  // namespace rookery::session

#endif
