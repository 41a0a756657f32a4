// Who the client is, and what it is told of the server.
#include <span>

#include "imap/nntp/engine.h"
#include "imap/nntp/moment.h"
#include "imap/nntp/reply.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/service/scoreboard.h"
#include "lib/stream/deflate_layer.h"
#include "lib/text/base64.h"

namespace rookery::nntp {
namespace {

constexpr std::string_view kNoMore = "That is not possible any more";

}  // namespace

void Engine::greet()
{
    if (config_.allowanonymouslogin()) session::SessionKit::await_nothing(client_);
    const std::string name = kit_.greeting_name();
    say(reads_ ? 200 : 201, cat(name, name.empty() ? "" : " ", "server ready, posting ",
                                reads_ ? "allowed" : "prohibited"));
}

void Engine::capabilities(const Command&)
{
    const std::vector<std::string> mechanisms =
        who_ || compressed_ ? std::vector<std::string>() : kit_.mechanisms();
    say(101, "Capability list follows:");
    client_.put("VERSION 2\r\n");
    if (const std::string name = kit_.greeting_name(); !name.empty())
        client_.put("IMPLEMENTATION ", name, "\r\n");
    if (kit_.can_starttls() && !who_ && !compressed_) client_.put("STARTTLS\r\n");
    if (!who_) {
        client_.put("AUTHINFO");
        if (!compressed_ && kit_.plaintext_allowed()) client_.put(" USER");
        if (!mechanisms.empty()) client_.put(" SASL");
        client_.put("\r\n");
    }
    if (!mechanisms.empty()) {
        client_.put("SASL");
        for (const std::string& m : mechanisms) client_.put(' ', m);
        client_.put("\r\n");
    }
    if (!who_ && !config_.proxyservers().empty()) client_.put("X-SESSION\r\n");
    if (!compressed_) client_.put("COMPRESS DEFLATE\r\n");
    if (who_ || config_.allowanonymouslogin()) {
        if (reads_) {
            client_.put("READER\r\nPOST\r\n");
            if (config_.allownewnews()) client_.put("NEWNEWS\r\n");
            client_.put("HDR\r\nOVER MSGID\r\nXPAT\r\n");
        }
        if (feeds_) client_.put("IHAVE\r\nSTREAMING\r\n");
        client_.put("LIST");
        for (const Verb& verb : verbs())
            if (verb.name == "LIST" && !verb.keyword.empty() &&
                (reads_ || verb.side != Side::reader))
                client_.put(' ', verb.keyword);
        client_.put("\r\n");
    }
    client_.put(".\r\n");
}

void Engine::help(const Command&)
{
    say(100, "What there is follows:");
    for (const Verb& verb : verbs())
        client_.put("  ", verb.name, verb.keyword.empty() ? "" : " ", verb.keyword, "\r\n");
    client_.put(".\r\n");
}

// yyyymmddhhmmss in UTC.
void Engine::date(const Command&)
{
    say(111, format_moment(wall_seconds()));
}

void Engine::mode_reader(const Command&)
{
    if (!reads_) return say(502, "This server is for feeds alone");
    say(200, "Posting allowed");
}

void Engine::mode_stream(const Command&)
{
    say(203, "Streaming allowed");
}

void Engine::quit(const Command&)
{
    end_session(205, "Bye");
}

// The session of the server that is about to log in for somebody.
void Engine::session(const Command& command)
{
    if (who_) return say(502, kNoMore);
    kit_.set_via(command.words[0]);
    if (kit_.via().empty()) return say(501, "That is no session");
    say(290, "It is noted");
}

void Engine::starttls(const Command&)
{
    if (who_ || compressed_ || kit_.tls_active()) return say(502, kNoMore);
    if (!kit_.can_starttls()) return say(580, "TLS is not possible here");
    say(382, "Begin TLS negotiation now");
    if (!client_.flush() || !kit_.start_tls(client_)) {
        ended_ = true;
        client_.fail(Error{Code::closed, "no TLS"});
        return;
    }
    // What the client said before is not known to be its own (RFC 4642 2.2.2).
    name_.clear();
    selected_.reset();
}

void Engine::compress(const Command& command)
{
    if (compressed_) return say(502, kNoMore);
    if (!equal_nocase(command.words[0], "DEFLATE")) return say(503, "No such compression");
    say(206, "Compression active");
    compressed_ = true;
    if (const Status made = client_.push_layer([](std::unique_ptr<stream::Layer> below) {
            return stream::deflate_layer(std::move(below));
        });
        !made)
        log::info("no compression", {{"reason", made.error()}});
}

// --- login (RFC 4643)

bool Engine::may_authenticate()
{
    if (!who_ && !compressed_) return true;
    say(502, kNoMore);
    return false;
}

void Engine::authinfo_user(const Command& command)
{
    if (!may_authenticate()) return;
    if (!kit_.plaintext_allowed())
        return say(kit_.can_starttls() ? 483 : 502, "Encryption is required");
    name_ = command.words[0];
    for (const std::string_view more : std::span(command.words).subspan(1))
        cat_to(name_, ' ', more);
    say(381, "Now the password");
}

void Engine::authinfo_pass(const Command& command)
{
    if (!may_authenticate()) return;
    if (name_.empty()) return say(482, "AUTHINFO USER comes first");
    // All of the line behind the keyword: passwords have spaces.
    const std::string_view first = command.words.front();
    const std::string_view last = command.words.back();
    const std::string password(first.data(), last.data() + last.size());
    finish_login(session::password_login(kit_, std::exchange(name_, {}), password), std::nullopt);
}

void Engine::authinfo_sasl(const Command& command)
{
    if (!may_authenticate()) return;
    std::optional<std::string> initial;
    if (command.words.size() > 1) {
        auto bytes = session::decode_initial(command.words[1]);
        if (!bytes) return say(504, "That is no base64");
        initial = *std::move(bytes);
    }
    std::optional<std::string> last_words;
    // An empty challenge is "=", and so is an empty answer (RFC 4643 2.4.2).
    const auto login =
        session::sasl_login(kit_, client_, to_upper(command.words[0]), initial,
                            session::base64_challenge(client_, "383 ", "="), &last_words);
    finish_login(login, last_words);
}

void Engine::finish_login(const session::Login& login, const std::optional<std::string>& last_words)
{
    name_.clear();
    if (login.end != session::Login::End::ok) return turn_away(login);
    who_ = login.who;
    backends_.set_user(who_->userid);
    backends_.set_relayed(who_->relayed);
    selected_.reset();
    kit_.begin_session();
    if (last_words)
        client_.put("283 ", last_words->empty() ? "=" : text::base64_encode(*last_words), "\r\n");
    else
        say(281, "Authentication accepted");
    if (!client_.flush()) return;
    if (kit_.sasl().ssf() > 0 && !kit_.sasl().push_layer(client_)) return;
    kit_.logged_in(*who_, login.mechanism, client_);
}

void Engine::turn_away(const session::Login& login)
{
    using End = session::Login::End;
    switch (login.end) {
        case End::ok:
        case End::gone: return;
        case End::come_again: return end_session(400, "The server has been renewed");
        case End::needs_privacy: return say(483, "Encryption is required");
        case End::no_mechanism: return say(503, "No such mechanism");
        case End::cancelled: return say(481, "Authentication was cancelled");
        case End::malformed: return say(482, "That is no answer to the challenge");
        case End::unavailable: return say(403, "Temporary authentication failure");
        case End::kept_out: return say(502, login.text);
        case End::too_many: return say(400, login.text);
        case End::refused:
        case End::may_not_act: break;
    }
    say(481, "Authentication failed");
}

}  // namespace rookery::nntp
