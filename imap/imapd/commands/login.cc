// Who the client is: STARTTLS, LOGIN, AUTHENTICATE.
#include <optional>

#include "imap/imapd/capabilities.h"
#include "imap/imapd/command_table.h"
#include "imap/imapd/relay/first_login.h"
#include "imap/imapd/relay/referral.h"
#include "imap/imapd/responder.h"
#include "imap/imapd/user.h"
#include "imap/session/client_wait.h"
#include "imap/session/login.h"

namespace rookery::imapd::commands {
namespace {

// Not for another server: it would show its own.
void tell_news(ImapSession& s)
{
    if (s.user.identity->node) return;
    if (auto news = s.kit.motd()) s.client.put("* OK [ALERT] ", wire_text(*news), "\r\n");
}

std::string session_code(const ImapSession& s)
{
    return cat("SESSIONID=<", s.kit.session_id(), ">");
}

// What the OK of a login tells first: where the user's mailboxes are, or what can be done here.
std::string login_code(ImapSession& s)
{
    std::string referral = login_referral(s);
    return referral.empty() ? cat("[CAPABILITY ", capability_list(s), "]") : referral;
}

// What a client that may not come in is told.
Completion refusal(ImapSession& s, const session::Login& login)
{
    using End = session::Login::End;
    switch (login.end) {
        case End::ok:
        case End::refused: break;
        case End::gone: return Completion::disconnect();
        case End::come_again:
            s.client.put("* BYE ", session::kComeAgain, "\r\n");
            (void)s.client.flush();
            return Completion::disconnect();
        case End::no_mechanism: return Completion::no("[CANNOT] no mechanism available");
        case End::needs_privacy:
            return Completion::no("[PRIVACYREQUIRED] Login only available under a layer");
        case End::cancelled: return Completion::bad("Authentication cancelled");
        case End::malformed: return Completion::bad("Invalid authentication exchange");
        case End::may_not_act:
            return Completion::no("[AUTHORIZATIONFAILED] not allowed to act for that user");
        case End::unavailable:
            return Completion::no("[UNAVAILABLE] Temporary authentication failure");
        case End::kept_out: return Completion::no(cat("[CONTACTADMIN] ", login.text));
        case End::too_many: return Completion::no(cat("[LIMIT] ", login.text));
    }
    return Completion::no("[AUTHENTICATIONFAILED] authentication failure");
}

struct AuthenticateArguments {
    std::string mechanism;
    std::optional<std::string> initial;
};

// authenticate = "AUTHENTICATE" SP auth-type [SP (base64 / "=")]
Result<AuthenticateArguments> authenticate_arguments(ImapSession& s)
{
    AuthenticateArguments arguments;
    TRY(s.reader.space());
    TRY_ASSIGN(std::string name, s.reader.atom());
    arguments.mechanism = to_upper(name);
    TRY_ASSIGN(bool more, s.reader.accept(' '));
    if (more) {
        TRY_ASSIGN(std::string text, s.reader.atom());
        TRY_ASSIGN(arguments.initial, session::decode_initial(text));
    }
    TRY(s.reader.end_of_line());
    return arguments;
}

// Under a security layer the client must ask again; without one, murder frontends read the full
// list from this line and nowhere else (doc/protocols/cyrus.md 3).
Completion welcome(ImapSession& s, const Command& command, const session::Login& login)
{
    auth::SaslServer& sasl = s.kit.sasl();
    become(s, login.who);
    make_inbox_at_login(s);
    tell_news(s);
    if (sasl.ssf() == 0) {
        s.kit.logged_in(login.who, login.mechanism, s.client);
        return Completion::ok(cat(login_code(s), " Success (", s.kit.tls_active() ? "tls" : "no",
                                  " protection) ", session_code(s)));
    }
    const std::string referral = login_referral(s);
    s.client.put(command.tag, " OK ", referral, referral.empty() ? "" : " ", "Success (",
                 sasl.ssf() > 1 ? "privacy" : "integrity", " protection) ", session_code(s),
                 "\r\n");
    if (!s.client.flush() || !sasl.push_layer(s.client)) return Completion::disconnect();
    s.kit.logged_in(login.who, login.mechanism, s.client);
    return Completion::relayed();
}

}  // namespace

Result<Completion> starttls(ImapSession& s, Command& command)
{
    TRY(s.reader.end_of_line());
    if (s.kit.tls_active()) return Completion::bad("TLS is active already");
    if (!s.kit.can_starttls()) return Completion::no("[CANNOT] TLS is not available");
    s.client.put(command.tag, " OK Begin TLS negotiation now\r\n");
    if (!s.client.flush() || !s.kit.start_tls(s.client)) return Completion::disconnect();
    return Completion::relayed();
}

Result<Completion> authenticate(ImapSession& s, Command& command)
{
    TRY_ASSIGN(auto arguments, authenticate_arguments(s));
    // The tag of a frontend of ours is its session (dialect_imap.cc).
    s.kit.set_via(command.tag);
    const session::Login login =
        session::sasl_login(s.kit, s.client, arguments.mechanism, arguments.initial,
                            session::base64_challenge(s.client, "+ "));
    if (login.end != session::Login::End::ok) return refusal(s, login);
    return welcome(s, command, login);
}

Result<Completion> login(ImapSession& s, Command&)
{
    TRY(s.reader.space());
    TRY_ASSIGN(const std::string user, s.reader.astring());
    TRY(s.reader.space());
    TRY_ASSIGN(const std::string password, s.reader.astring());
    TRY(s.reader.end_of_line());
    const session::Login login = session::password_login(s.kit, user, password);
    if (login.end == session::Login::End::refused)
        return Completion::no("[AUTHENTICATIONFAILED] Login failed: authentication failure");
    if (login.end != session::Login::End::ok) return refusal(s, login);
    become(s, login.who);
    make_inbox_at_login(s);
    tell_news(s);
    s.kit.logged_in(login.who, login.mechanism, s.client);
    if (!s.kit.tls_active() && !s.config.plaintextloginalert().empty())
        s.client.put("* OK [ALERT] ", wire_text(s.config.plaintextloginalert()), "\r\n");
    return Completion::ok(cat(login_code(s), " User logged in ", session_code(s)));
}

}  // namespace rookery::imapd::commands
