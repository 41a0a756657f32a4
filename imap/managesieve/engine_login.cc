// Who the client is, and what it is told of the server.
#include "imap/managesieve/engine.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/service/scoreboard.h"
#include "lib/text/base64.h"
#include "lib/text/imap_syntax.h"

namespace rookery::managesieve {

// The OK that follows has no text: sieveshell of Cyrus takes one for an error.
void Engine::say_capabilities()
{
    const auto line = [&](std::string_view name, std::string_view value) {
        client_.put(to_string(name), ' ', to_string(value), "\r\n");
    };
    const std::string name = kit_.greeting_name();
    line("IMPLEMENTATION", name.empty() ? std::string_view("timsieved") : name);
    std::string mechanisms;
    for (const std::string& m : kit_.mechanisms())
        cat_to(mechanisms, mechanisms.empty() ? "" : " ", m);
    line("SASL", mechanisms);
    line("SIEVE", extensions_.announced());
    if (extensions_.is_announced("enotify")) line("NOTIFY", "mailto");
    line("MAXREDIRECTS", cat(extensions_.max_redirects()));
    if (kit_.can_starttls() && !logged_in()) client_.put("\"STARTTLS\"\r\n");
    if (logged_in()) line("OWNER", who_->userid);
    if (!has_layer_) client_.put("\"UNAUTHENTICATE\"\r\n");
    if (!logged_in() && !config_.proxyservers().empty()) client_.put("\"X-SESSION\"\r\n");
    line("VERSION", "1.0");
}

void Engine::capability(const Arguments&)
{
    say_capabilities();
    ok();
}

void Engine::noop(const Arguments& arguments)
{
    if (arguments.count == 0) return ok({}, "Done");
    ok(cat("TAG ", to_string(arguments.first)), "Done");
}

void Engine::logout(const Arguments&)
{
    end_session(Word::ok, {}, "Logout complete");
}

void Engine::starttls(const Arguments&)
{
    if (!kit_.can_starttls()) return no({}, "TLS is not possible here");
    ok({}, "Begin TLS negotiation now");
    if (!client_.flush() || !kit_.start_tls(client_)) {
        ended_ = true;
        client_.fail(Error{Code::closed, "no TLS"});
        return;
    }
    // The capabilities come again by themselves (RFC 5804 2.2).
    say_capabilities();
    ok();
}

// --- login

// A challenge is base64 in a literal, the answer base64 in a string, "*" to cancel (RFC 5804 2.1).
session::Challenge Engine::challenge()
{
    return [this](std::string_view data) -> Result<std::string> {
        std::string line;
        text::put_literal(line, text::base64_encode(data));
        client_.put(line, "\r\n");
        TRY(client_.flush());
        TRY_ASSIGN(const std::string text, reader_.answer(session::kMaxSaslLine));
        if (text == "*") return Error{Code::closed, "the client cancelled"};
        return text::base64_decode(text, session::kMaxSaslLine);
    };
}

void Engine::session(const Arguments& arguments)
{
    kit_.set_via(arguments.first);
    if (kit_.via().empty()) return no({}, "That is no session");
    ok();
}

void Engine::authenticate(const Arguments& arguments)
{
    if (logged_in()) return no({}, "Already authenticated");
    std::optional<std::string> initial;
    if (arguments.count > 1) {
        auto bytes = session::decode_initial(arguments.second);
        if (!bytes) return no({}, "That is no base64");
        initial = *std::move(bytes);
    }
    std::optional<std::string> last_words;
    const auto login = session::sasl_login(kit_, client_, to_upper(arguments.first), initial,
                                           challenge(), &last_words);
    if (reader_.is_lost()) return end_session(Word::bye, {}, "The answer is too long");
    if (login.end == session::Login::End::ok)
        welcome(login, last_words);
    else
        turn_away(login);
}

void Engine::turn_away(const session::Login& login)
{
    using End = session::Login::End;
    switch (login.end) {
        case End::ok:
        case End::gone: return;
        case End::come_again: return come_again();
        case End::needs_privacy: return no("ENCRYPT-NEEDED", "Use STARTTLS first");
        case End::no_mechanism:
            if (kit_.mechanisms().empty() && kit_.can_starttls())
                return no("ENCRYPT-NEEDED", "Use STARTTLS first");
            return no({}, "No such mechanism");
        case End::cancelled: return no({}, "Authentication was cancelled");
        case End::malformed: return no({}, "That is no answer to the challenge");
        case End::unavailable: return no("TRYLATER", "Temporary authentication failure");
        case End::kept_out: return no({}, login.text);
        case End::too_many: return no("TRYLATER", login.text);
        case End::refused:
        case End::may_not_act: break;
    }
    no({}, "Authentication failed");
}

void Engine::welcome(const session::Login& login, const std::optional<std::string>& last_words)
{
    if (!login.who.is_anonymous()) {
        auto home = find_home(config_, directory_, login.who);
        if (!home) {
            service::scoreboard::set_user("");
            log::notice("badlogin", {{"client", kit_.client().host},
                                     {"user", login.who.userid},
                                     {"reason", home.error()},
                                     {"via", kit_.via()}});
            if (home.is(Code::not_found)) return no({}, "There is no mailbox for this user");
            return no(home.error());
        }
    }
    who_ = login.who;
    kit_.begin_session();
    backends_.set_user(who_->userid);
    backends_.set_relayed(who_->relayed);
    // Without a text: sieveshell of Cyrus knows none here.
    ok(last_words ? cat("SASL ", to_string(text::base64_encode(*last_words))) : std::string());
    if (!client_.flush()) return;
    if (kit_.sasl().ssf() > 0) {
        if (!kit_.sasl().push_layer(client_)) return;
        has_layer_ = true;
    }
    kit_.logged_in(*who_, login.mechanism, client_);
    if (!has_layer_) return;
    // Somebody may have shortened the list before (RFC 5804 2.1).
    say_capabilities();
    ok();
}

void Engine::unauthenticate(const Arguments&)
{
    if (has_layer_) return no({}, "Not under a security layer");
    who_.reset();
    backends_.drop_all();
    backends_.set_user({});
    backends_.set_relayed(false);
    ok();
    kit_.logged_out(client_);
}

}  // namespace rookery::managesieve
