// Who the client is: STARTTLS, LOGIN, AUTHENTICATE.
#include <optional>
#include <algorithm>

#include "imap/imapd/capabilities.h"
#include "imap/imapd/command_table.h"
#include "imap/imapd/referral.h"
#include "imap/imapd/responder.h"
#include "imap/mboxlist/namespace_options.h"
#include "lib/text/base64.h"

namespace rookery::imapd::commands {
namespace {

constexpr size_t kMaxSaslLine = 65536;
constexpr uint64_t kMaxSkipLoggedIn = uint64_t{64} << 20;

// Not for another server: it would show its own.
void tell_news(ImapSession& s)
{
    if (s.identity->node) return;
    if (auto news = s.kit.motd()) s.client.put("* OK [ALERT] ", wire_text(*news), "\r\n");
}

// The session is that user's from here on.
void become(ImapSession& s, const auth::Identity& who)
{
    s.kit.begin_session();
    s.identity = who;
    s.names.emplace(mboxlist::namespace_options(s.config), who.userid, who.any_admin());
    if (s.backends != nullptr) {
        s.backends->set_user(who.userid);
        s.backends->set_relayed(who.relayed);
    }
    s.reader.allow_skip(kMaxSkipLoggedIn);
    s.state = State::authenticated;
    tell_news(s);
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

// After the SASL exchange failed, or ended for somebody who may not come in.
Completion refuse(ImapSession& s, std::string_view who, std::string_view mechanism,
                  const Error& error)
{
    s.kit.login_failed(who, mechanism, error.text);
    switch (error.code) {
        case Code::unavailable:
        case Code::timeout:
        case Code::io:
        case Code::config: return Completion::no("[UNAVAILABLE] Temporary authentication failure");
        case Code::unsupported: return Completion::no("[CANNOT] no mechanism available");
        case Code::syntax: return Completion::bad("Invalid authentication exchange");
        case Code::not_found:
        case Code::exists:
        case Code::denied:
        case Code::over_quota:
        case Code::bad_name:
        case Code::no_master:
        case Code::behind:
        case Code::busy:
        case Code::no_space:
        case Code::corrupt:
        case Code::limit:
        case Code::closed:
        case Code::reserved:
        case Code::maintenance:
        case Code::moved: break;
    }
    return Completion::no("[AUTHENTICATIONFAILED] authentication failure");
}

// He is who he says, and wants to act for somebody else.
Completion refuse_to_act_for_another(ImapSession& s, const Error& error)
{
    s.kit.login_failed(s.kit.sasl().authid(), s.kit.sasl().mechanism(), error.text);
    return Completion::no("[AUTHORIZATIONFAILED] not allowed to act for that user");
}

Completion not_admitted(const Error& error)
{
    return Completion::no(
        cat(error.code == Code::denied ? "[CONTACTADMIN] " : "[LIMIT] ", error.text));
}

Completion come_again(ImapSession& s)
{
    s.client.put("* BYE ", kComeAgain, "\r\n");
    (void)s.client.flush();
    return Completion::disconnect();
}

// Would the mechanism be there under TLS?
bool needs_privacy(const ImapSession& s, std::string_view mechanism)
{
    const bool is_plaintext = mechanism == "PLAIN" || mechanism == "LOGIN";
    return is_plaintext && !s.kit.plaintext_allowed() && s.kit.can_starttls();
}

// The client's answer to a challenge.
Result<std::string> ask(ImapSession& s, std::string_view challenge)
{
    s.client.put("+ ", text::base64_encode(challenge), "\r\n");
    TRY(s.client.flush());
    auto line = s.client.read_line(kMaxSaslLine);
    if (!line) {
        if (line.is(Code::limit)) s.client.fail(line.error());
        return line;
    }
    if (*line == "*") return Error{Code::closed, "the client cancelled"};
    return text::base64_decode(*line, kMaxSaslLine);
}

// The whole exchange. Code::closed: the client cancelled it (or is gone).
Status exchange(ImapSession& s, const std::string& mechanism,
                const std::optional<std::string>& initial)
{
    auth::SaslServer& sasl = s.kit.sasl();
    TRY_ASSIGN(auto step, sasl.start(mechanism, initial));
    while (!step.done) {
        TRY_ASSIGN(std::string answer, ask(s, step.data));
        TRY_ASSIGN(step, sasl.step(answer));
    }
    // IMAP has no place for data with the success: a last challenge, answered with nothing.
    if (step.has_data) {
        TRY_ASSIGN(std::string answer, ask(s, step.data));
        if (!answer.empty()) return Error{Code::syntax, "data after the last challenge"};
    }
    return success();
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
        arguments.initial.emplace();
        if (text != "=") {
            TRY_ASSIGN(*arguments.initial, text::base64_decode(text, kMaxSaslLine));
        }
    }
    TRY(s.reader.end_of_line());
    return arguments;
}

// Under a security layer the client must ask again; without one, murder frontends read the full
// list from this line and nowhere else (WIRE 2.3).
Completion welcome(ImapSession& s, const Command& command, const auth::Identity& who)
{
    auth::SaslServer& sasl = s.kit.sasl();
    const std::string mechanism = sasl.mechanism();
    if (sasl.ssf() == 0) {
        become(s, who);
        s.kit.logged_in(who, mechanism, s.client);
        return Completion::ok(cat(login_code(s), " Success (", s.kit.tls_active() ? "tls" : "no",
                                  " protection) ", session_code(s)));
    }
    become(s, who);
    const std::string referral = login_referral(s);
    s.client.put(command.tag, " OK ", referral, referral.empty() ? "" : " ", "Success (",
                 sasl.ssf() > 1 ? "privacy" : "integrity", " protection) ", session_code(s),
                 "\r\n");
    if (!s.client.flush() || !sasl.push_layer(s.client)) return Completion::disconnect();
    s.kit.logged_in(who, mechanism, s.client);
    return Completion::relayed();
}

}  // namespace

Completion starttls(ImapSession& s, Command& command)
{
    if (auto end = s.reader.end_of_line(); !end) return Completion::from(end.error());
    if (s.kit.tls_active()) return Completion::bad("TLS is active already");
    if (!s.kit.can_starttls()) return Completion::no("[CANNOT] TLS is not available");
    s.client.put(command.tag, " OK Begin TLS negotiation now\r\n");
    if (!s.client.flush() || !s.kit.start_tls(s.client)) return Completion::disconnect();
    return Completion::relayed();
}

Completion authenticate(ImapSession& s, Command& command)
{
    auto arguments = authenticate_arguments(s);
    if (!arguments) return Completion::from(arguments.error());
    if (s.kit.session_due().passed()) return come_again(s);
    const auto offered = s.kit.mechanisms();
    if (std::find(offered.begin(), offered.end(), arguments->mechanism) == offered.end())
        return Completion::no(needs_privacy(s, arguments->mechanism)
                                  ? "[PRIVACYREQUIRED] Login only available under a layer"
                                  : "[CANNOT] no mechanism available");
    if (auto done = exchange(s, arguments->mechanism, arguments->initial); !done) {
        if (!s.client.ok()) return Completion::disconnect();
        if (done.is(Code::closed)) return Completion::bad("Authentication cancelled");
        return refuse(s, s.kit.sasl().authid(), arguments->mechanism, done.error());
    }
    const std::string authzid = s.kit.sasl().authzid();
    auto who = s.kit.identify(s.kit.sasl().authid(), authzid);
    if (!s.kit.may_decide(who)) return come_again(s);
    if (!who && !authzid.empty()) return refuse_to_act_for_another(s, who.error());
    if (!who) return refuse(s, s.kit.sasl().authid(), arguments->mechanism, who.error());
    if (auto may = s.kit.admit(*who); !may) return not_admitted(may.error());
    return welcome(s, command, *who);
}

Completion login(ImapSession& s, Command&)
{
    std::string user;
    std::string password;
    Status read = [&]() -> Status {
        TRY(s.reader.space());
        TRY_ASSIGN(user, s.reader.astring());
        TRY(s.reader.space());
        TRY_ASSIGN(password, s.reader.astring());
        return s.reader.end_of_line();
    }();
    if (!read) return Completion::from(read.error());
    if (s.kit.session_due().passed()) return come_again(s);
    if (!s.kit.plaintext_allowed())
        return Completion::no("[PRIVACYREQUIRED] Login only available under a layer");
    auto who = s.kit.check_password(user, password);
    if (!who) {
        if (who.is(Code::unavailable))
            return Completion::no("[UNAVAILABLE] Temporary authentication failure");
        return Completion::no("[AUTHENTICATIONFAILED] Login failed: authentication failure");
    }
    if (!s.kit.may_decide(who)) return come_again(s);
    if (auto may = s.kit.admit(*who); !may) return not_admitted(may.error());
    become(s, *who);
    s.kit.logged_in(*who, "plaintext", s.client);
    if (!s.kit.tls_active() && !s.config.plaintextloginalert().empty())
        s.client.put("* OK [ALERT] ", wire_text(s.config.plaintextloginalert()), "\r\n");
    return Completion::ok(cat(login_code(s), " User logged in ", session_code(s)));
}

}  // namespace rookery::imapd::commands
