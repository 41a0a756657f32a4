// AUTH (RFC 4954).
#include "imap/lmtp/engine.h"
#include "imap/lmtp/grammar.h"
#include "lib/base/strings.h"

namespace rookery::lmtp {

void Engine::auth(std::string_view arguments)
{
    auto words = split_words(arguments);
    if (words.empty() || words.size() > 2) return say(501, "5.5.4 AUTH needs a mechanism");
    if (logged_in_ || external_done_) return say(503, "5.5.1 Already authenticated");
    if (transaction_) return say(503, "5.5.1 Not within a transaction");
    std::string mechanism = to_upper(words[0]);
    if (preauthenticated_) {
        // There is nothing to prove; a client that asks anyway is told so.
        if (mechanism != "EXTERNAL") return say(504, "5.5.4 Unrecognized authentication type");
        external_done_ = true;
        return say(235, "Authenticated!");
    }
    std::optional<std::string> initial;
    if (words.size() == 2) {
        auto bytes = session::decode_initial(words[1]);
        if (!bytes) return say(501, "5.5.2 Cannot decode BASE64");
        initial = *std::move(bytes);
    }
    const session::Login login = session::sasl_login(kit_, client_, mechanism, initial,
                                                     session::base64_challenge(client_, "334 "));
    if (login.end == session::Login::End::ok)
        welcome(login);
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
        case End::no_mechanism:
        case End::needs_privacy: return say(504, "5.5.4 Unrecognized authentication type");
        case End::cancelled: return say(501, "5.5.4 Client canceled authentication");
        case End::unavailable: return say(454, "4.7.0 Temporary authentication failure");
        case End::malformed:
        case End::refused:
        case End::may_not_act:
        case End::kept_out:
        case End::too_many: break;
    }
    say(501, "5.5.4 authentication failure");
}

void Engine::welcome(const session::Login& login)
{
    auth::SaslServer& sasl = kit_.sasl();
    logged_in_ = true;
    backends_.set_relayed(login.who.relayed);
    say(235, "Authenticated!");
    if (!client_.flush()) return;
    if (sasl.ssf() > 0) {
        if (!sasl.push_layer(client_)) return;
        helo_.clear();
    }
    kit_.logged_in(login.who, login.mechanism, client_);
}

}  // namespace rookery::lmtp
