#include "imap/session/login.h"

#include <algorithm>

#include "lib/base/strings.h"
#include "lib/text/base64.h"

namespace rookery::session {
namespace {

using End = Login::End;

Login ended(End end, std::string_view text = {})
{
    Login login;
    login.end = end;
    login.text = std::string(text);
    return login;
}

bool is_plaintext(std::string_view mechanism)
{
    return mechanism == "PLAIN" || mechanism == "LOGIN";
}

// What an exchange that failed says of the client, or of us.
End end_of(Code code)
{
    switch (code) {
        case Code::denied:
        case Code::not_found:
        case Code::bad_name: return End::refused;
        case Code::syntax:
        case Code::limit: return End::malformed;
        case Code::closed: return End::cancelled;
        case Code::unsupported: return End::no_mechanism;
        case Code::exists:
        case Code::over_quota:
        case Code::unavailable:
        case Code::timeout:
        case Code::io:
        case Code::config:
        case Code::no_master:
        case Code::behind:
        case Code::busy:
        case Code::no_space:
        case Code::corrupt:
        case Code::reserved:
        case Code::maintenance:
        case Code::moved: break;
    }
    return End::unavailable;
}

Status exchange(auth::SaslServer& sasl, const std::string& mechanism,
                const std::optional<std::string>& initial, const Challenge& challenge,
                std::optional<std::string>* last_words)
{
    TRY_ASSIGN(auto step, sasl.start(mechanism, initial));
    while (!step.done) {
        TRY_ASSIGN(std::string answer, challenge(step.data));
        TRY_ASSIGN(step, sasl.step(answer));
    }
    if (step.has_data && last_words != nullptr) {
        *last_words = std::move(step.data);
        return success();
    }
    // There is no place for data with the success: one more challenge, answered with nothing.
    if (step.has_data) {
        TRY_ASSIGN(std::string answer, challenge(step.data));
        if (!answer.empty()) return Error{Code::syntax, "data after the last challenge"};
    }
    return success();
}

// The client is `who`: may he come in, and is it for this process to say?
Login admitted(SessionKit& kit, auth::Identity who, std::string_view mechanism)
{
    if (auto may = kit.admit(who); !may)
        return ended(may.is(Code::denied) ? End::kept_out : End::too_many, may.error().text);
    Login login;
    login.end = End::ok;
    login.who = std::move(who);
    login.mechanism = std::string(mechanism);
    return login;
}

Login identified(SessionKit& kit)
{
    const std::string authid = kit.sasl().authid();
    const std::string authzid = kit.sasl().authzid();
    const std::string mechanism = kit.sasl().mechanism();
    auto who = kit.identify(authid, authzid);
    if (!kit.may_decide(who)) return ended(End::come_again);
    if (who) return admitted(kit, *std::move(who), mechanism);
    kit.login_failed(authid, mechanism, who.error().text);
    return ended(authzid.empty() ? End::refused : End::may_not_act, who.error().text);
}

Login checked(SessionKit& kit, Result<auth::Identity> who, std::string_view mechanism)
{
    if (!who)
        return ended(who.is(Code::unavailable) ? End::unavailable : End::refused, who.error().text);
    if (!kit.may_decide(who)) return ended(End::come_again);
    return admitted(kit, *std::move(who), mechanism);
}

}  // namespace

Login sasl_login(SessionKit& kit, const stream::Stream& client, const std::string& mechanism,
                 const std::optional<std::string>& initial, const Challenge& challenge,
                 std::optional<std::string>* last_words)
{
    if (kit.session_due().passed()) return ended(End::come_again);
    const auto offered = kit.mechanisms();
    if (std::find(offered.begin(), offered.end(), mechanism) == offered.end()) {
        const bool under_tls =
            is_plaintext(mechanism) && !kit.plaintext_allowed() && kit.can_starttls();
        return ended(under_tls ? End::needs_privacy : End::no_mechanism);
    }
    auto done = exchange(kit.sasl(), mechanism, initial, challenge, last_words);
    if (done) return identified(kit);
    if (!client.ok()) return ended(End::gone);
    const End end = end_of(done.error().code);
    if (end != End::cancelled) kit.login_failed(kit.sasl().authid(), mechanism, done.error().text);
    return ended(end, done.error().text);
}

Login password_login(SessionKit& kit, const std::string& user, const std::string& password)
{
    if (kit.session_due().passed()) return ended(End::come_again);
    if (!kit.plaintext_allowed()) return ended(End::needs_privacy);
    return checked(kit, kit.check_password(user, password), "plaintext");
}

Login apop_login(SessionKit& kit, const std::string& challenge, const std::string& user,
                 const std::string& digest)
{
    if (kit.session_due().passed()) return ended(End::come_again);
    return checked(kit, kit.check_apop(challenge, user, digest), "APOP");
}

Result<std::string> decode_initial(std::string_view argument)
{
    if (argument == "=") return std::string();
    return text::base64_decode(argument, kMaxSaslLine);
}

Challenge base64_challenge(stream::Stream& client, std::string_view before,
                           std::string_view nothing)
{
    return [&client, before = std::string(before),
            nothing = std::string(nothing)](std::string_view data) -> Result<std::string> {
        constexpr size_t kMaxSkip = 1 << 20;
        client.put(before, data.empty() ? nothing : text::base64_encode(data), "\r\n");
        TRY(client.flush());
        auto line = client.read_line(kMaxSaslLine);
        if (line.is(Code::limit)) TRY(client.skip_line(kMaxSkip));
        TRY_ASSIGN(std::string text, line);
        if (text == "*") return Error{Code::closed, "the client cancelled"};
        if (text == nothing) return std::string();
        return text::base64_decode(text, kMaxSaslLine);
    };
}

}  // namespace rookery::session
