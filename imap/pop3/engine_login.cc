// Who the client is, where his maildrop is, and what he is told of the server.
#include <algorithm>

#include "imap/pop3/engine.h"
#include "imap/pop3/reply.h"
#include "imap/session/client_wait.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/service/scoreboard.h"

namespace rookery::pop3 {
namespace {

// The texts are what they are, in English, whoever asks.
constexpr std::string_view kLanguage = "en";
constexpr std::string_view kDefaultLanguage = "i-default";

constexpr int64_t kDay = 86400;

}  // namespace

void Engine::greet()
{
    if (config_.popsubfolders()) {
        if (auto taken = kit_.sasl().take_detail(); !taken)
            log::error("sasl", {{"reason", taken.error()}});
    }
    if (auto challenge = kit_.apop_challenge()) challenge_ = *std::move(challenge);
    const std::string name = kit_.greeting_name();
    client_.put(ok(cat(name, name.empty() ? "" : " ", "server ready", challenge_.empty() ? "" : " ",
                       challenge_)));
}

void Engine::capa(const Command&)
{
    client_.put(ok("What there is follows"));
    std::string mechanisms;
    if (!logged_in())
        for (const std::string& m : kit_.mechanisms()) cat_to(mechanisms, ' ', m);
    if (!mechanisms.empty()) client_.put("SASL", mechanisms, "\r\n");
    if (!logged_in() && kit_.can_starttls()) client_.put("STLS\r\n");
    if (!logged_in() && kit_.plaintext_allowed()) client_.put("USER\r\n");
    const int64_t expire = config_.popexpiretime().count();
    if (expire < 0)
        client_.put("EXPIRE NEVER\r\n");
    else
        client_.put("EXPIRE ", expire / kDay, "\r\n");
    client_.put("LOGIN-DELAY ", config_.popminpoll().count(), "\r\n");
    client_.put("TOP\r\nUIDL\r\nPIPELINING\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nUTF8\r\nLANG\r\n");
    const std::string name = kit_.greeting_name();
    if (!name.empty()) client_.put("IMPLEMENTATION ", name, "\r\n");
    if (may_hand_on()) client_.put("X-REUSE\r\n");
    if (!logged_in() && !config_.proxyservers().empty()) client_.put("X-SESSION\r\n");
    client_.put(".\r\n");
}

// Messages go as they are stored, names are what they are: nothing changes (RFC 6856 2).
void Engine::utf8(const Command&)
{
    client_.put(ok("UTF-8 it is"));
}

void Engine::lang(const Command& command)
{
    if (command.has_many_lines())
        return client_.put(ok("Languages follow"), kLanguage, " English\r\n", kDefaultLanguage,
                           "\r\n.\r\n");
    const std::string_view wanted = command.words[0];
    if (wanted != "*" && !equal_nocase(wanted, kLanguage) &&
        !equal_nocase(wanted, kDefaultLanguage))
        return client_.put(err({}, "No such language here"));
    const std::string_view chosen =
        equal_nocase(wanted, kDefaultLanguage) ? kDefaultLanguage : kLanguage;
    client_.put(ok(cat(chosen, " That is the language")));
}

void Engine::stls(const Command&)
{
    if (!kit_.can_starttls()) return client_.put(err({}, "TLS is not possible here"));
    client_.put(ok("Begin TLS negotiation now"));
    if (!client_.flush() || !kit_.start_tls(client_)) {
        ended_ = true;
        client_.fail(Error{Code::closed, "no TLS"});
        return;
    }
    // What the client said before is not known to be its own (RFC 2595 4).
    name_.clear();
}

// --- login

void Engine::session(const Command& command)
{
    kit_.set_via(command.words[0]);
    client_.put(kit_.via().empty() ? err({}, "That is no session") : ok("It is noted"));
}

void Engine::user(const Command& command)
{
    if (!kit_.plaintext_allowed())
        return client_.put(err("AUTH", kit_.can_starttls() ? "Use STLS first" : "Not here"));
    name_ = command.words[0];
    client_.put(ok("Now the password"));
}

void Engine::pass(const Command& command)
{
    if (name_.empty()) return client_.put(err({}, "USER comes first"));
    const std::string password(command.words[0]);
    auto split =
        config_.popsubfolders() ? auth::split_detail(name_) : auth::NameAndDetail{name_, {}};
    finish_login(session::password_login(kit_, split.name, password), split.detail);
}

void Engine::apop(const Command& command)
{
    if (challenge_.empty()) return client_.put(err({}, "There is no APOP here"));
    const std::string name(command.words[0]);
    auto split = config_.popsubfolders() ? auth::split_detail(name) : auth::NameAndDetail{name, {}};
    finish_login(session::apop_login(kit_, challenge_, split.name, std::string(command.words[1])),
                 split.detail);
}

void Engine::list_mechanisms()
{
    client_.put(ok("Mechanisms follow"));
    for (const std::string& m : kit_.mechanisms()) client_.put(m, "\r\n");
    client_.put(".\r\n");
}

void Engine::auth(const Command& command)
{
    if (command.has_many_lines()) return list_mechanisms();
    std::optional<std::string> initial;
    if (command.count > 1) {
        auto bytes = session::decode_initial(command.words[1]);
        if (!bytes) return client_.put(err({}, "That is no base64"));
        initial = *std::move(bytes);
    }
    const auto login = session::sasl_login(kit_, client_, to_upper(command.words[0]), initial,
                                           session::base64_challenge(client_, "+ "));
    finish_login(login, kit_.sasl().detail());
}

void Engine::finish_login(const session::Login& login, const std::string& folder)
{
    // PASS belongs to the USER before it, and this has come between.
    name_.clear();
    if (login.end == session::Login::End::ok) return welcome(login, folder);
    turn_away(login);
}

// [AUTH] is for what another name or password would mend (RFC 3206).
void Engine::turn_away(const session::Login& login)
{
    using End = session::Login::End;
    switch (login.end) {
        case End::ok:
        case End::gone: return;
        case End::come_again: return come_again();
        case End::needs_privacy: return client_.put(err("AUTH", "Use STLS first"));
        case End::no_mechanism:
            if (kit_.mechanisms().empty() && kit_.can_starttls())
                return client_.put(err("AUTH", "Use STLS first"));
            return client_.put(err({}, "No such mechanism"));
        case End::cancelled: return client_.put(err({}, "Authentication was cancelled"));
        case End::malformed: return client_.put(err({}, "That is no answer to the challenge"));
        case End::unavailable:
            return client_.put(err("SYS/TEMP", "Temporary authentication failure"));
        case End::kept_out: return client_.put(err("SYS/PERM", login.text));
        case End::too_many: return client_.put(err("SYS/TEMP", login.text));
        case End::refused:
        case End::may_not_act: break;
    }
    client_.put(err("AUTH", "Authentication failed"));
}

// A new user gets what is made at the first login in any protocol.
Result<model::MailboxEntry> Engine::find_home(const auth::Identity& who, const std::string& folder)
{
    auto found = home_.find(who, folder);
    // A server that relays has asked its list, which has the mailboxes of all servers.
    if (!found.is(Code::not_found) || !make_user_ || who.relayed || who.any_admin()) return found;
    const auto made = make_user_(who.userid);
    if (!made) log::error("autocreate failed", {{"user", who.userid}, {"reason", made.error()}});
    if (!made || !*made) return found;
    return home_.find(who, folder);
}

// Gives the +OK line for the client.
Result<std::string> Engine::enter(User& user)
{
    TRY_ASSIGN(const auto entry, find_home(user.who, user.folder));
    service::scoreboard::set_mailbox(entry.name.internal());
    if (!entry.is_local()) return enter_there(user, entry.server);
    if (store_ == nullptr) return Error{Code::config, "a mailbox is here, and no partition"};
    TRY_ASSIGN(user.maildrop,
               Maildrop::open(*store_, entry, user.who.userid, maildrop_options(config_)));
    TRY_ASSIGN(const bool in_time, user.maildrop->note_poll(wall_seconds()));
    if (!in_time) return Error{Code::busy, "-ERR [LOGIN-DELAY] It is too early for another login"};
    return ok(cat("Mailbox locked and ready SESSIONID=<", kit_.session_id(), ">"));
}

Result<std::string> Engine::enter_there(User& user, const std::string& server)
{
    // Two lists that name each other's server would send a client round for ever.
    if (user.who.relayed) return Error{Code::moved, server};
    backends_.set_user(auth::with_detail(user.who.userid, user.folder));
    service::scoreboard::set_backend(server);
    user.relay = std::make_unique<Relay>(backends_, client_);
    return user.relay->open(server, [&] { return server_now(user); });
}

// The server that has the maildrop, after the list has caught up; none: here, or not known.
std::optional<std::string> Engine::server_now(const User& user)
{
    if (!directory_.catch_up()) return std::nullopt;
    const auto home = home_.find(user.who, user.folder);
    if (!home || home->is_local()) return std::nullopt;
    return home->server;
}

void Engine::no_maildrop(const User& user, const Error& error)
{
    service::scoreboard::set_user("");
    service::scoreboard::set_mailbox("");
    service::scoreboard::set_backend("");
    log::notice("badlogin", {{"client", kit_.client().host},
                             {"user", user.who.userid},
                             {"folder", user.folder},
                             {"reason", error},
                             {"via", kit_.via()}});
    // To a server that relays it is a miss, and its list may be behind (doc/rules.md 5.1).
    if (error.code == Code::not_found)
        return client_.put(
            err(user.who.relayed ? "SYS/TEMP" : "SYS/PERM", "There is no such maildrop"));
    if (error.code == Code::corrupt) return client_.put(err("SYS/PERM", "The maildrop is damaged"));
    client_.put(Relay::refusal(error));
}

void Engine::welcome(const session::Login& login, const std::string& folder)
{
    User user;
    user.who = login.who;
    user.folder = folder;
    const auto line = enter(user);
    if (!line) return no_maildrop(user, line.error());
    user_ = std::move(user);
    kit_.begin_session();
    client_.put(*line);
    if (!client_.flush()) return;
    if (kit_.sasl().ssf() > 0) {
        if (!kit_.sasl().push_layer(client_)) return;
        has_layer_ = true;
    }
    kit_.logged_in(user_->who, login.mechanism, client_);
}

}  // namespace rookery::pop3
