// AUTH (RFC 4954).
#include "imap/lmtp/engine.h"
#include "lib/base/strings.h"
#include "lib/text/base64.h"

namespace rookery::lmtp {
namespace {

// Was it the client that was found wanting?
bool is_verdict(Code code)
{
    return code == Code::denied || code == Code::not_found || code == Code::bad_name ||
           code == Code::syntax;
}

}  // namespace

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
        auto bytes = words[1] == "=" ? Result<std::string>(std::string())
                                     : text::base64_decode(words[1], kMaxAuthLine);
        if (!bytes) return say(501, "5.5.2 Cannot decode BASE64");
        initial = *std::move(bytes);
    }
    auto last = converse(mechanism, std::move(initial));
    if (last) return auth_done(*last);
    if (!client_.ok()) return;
    const Error& error = last.error();
    if (error.code == Code::unsupported) return say(504, "5.5.4 Unrecognized authentication type");
    if (error.code == Code::closed) return say(501, "5.5.4 Client canceled authentication");
    kit_.login_failed(kit_.sasl().authid(), mechanism, error.text);
    if (!is_verdict(error.code)) return say(454, "4.7.0 Temporary authentication failure");
    say(501, "5.5.4 authentication failure");
}

// Code::closed, with the stream ok: the client cancelled.
Result<auth::SaslServer::Step> Engine::converse(const std::string& mechanism,
                                                std::optional<std::string> initial)
{
    auto offered = kit_.mechanisms();
    if (std::find(offered.begin(), offered.end(), mechanism) == offered.end())
        return Error{Code::unsupported, "no such mechanism"};
    TRY_ASSIGN(auto step, kit_.sasl().start(mechanism, initial));
    while (!step.done) {
        TRY_ASSIGN(std::string answer, ask_client(step.data));
        TRY_ASSIGN(step, kit_.sasl().step(answer));
    }
    // What the server has to say with its success goes as one more challenge.
    if (step.has_data && !step.data.empty()) TRY(ask_client(step.data));
    return step;
}

Result<std::string> Engine::ask_client(const std::string& challenge)
{
    client_.put("334 ", text::base64_encode(challenge), "\r\n");
    TRY(client_.flush());
    auto line = client_.read_line(kMaxAuthLine);
    if (line.is(Code::limit)) TRY(client_.skip_line(1 << 20));
    TRY_ASSIGN(std::string text, line);
    if (text == "*") return Error{Code::closed, "cancelled"};
    return text::base64_decode(text, kMaxAuthLine);
}

void Engine::auth_done(const auth::SaslServer::Step&)
{
    auth::SaslServer& sasl = kit_.sasl();
    auto who = kit_.identify(sasl.authid(), sasl.authzid());
    if (!kit_.may_decide(who)) return end_session(421, std::string(kComeAgain));
    if (!who) {
        kit_.login_failed(sasl.authid(), sasl.mechanism(), who.error().text);
        return say(501, "5.5.4 authentication failure");
    }
    logged_in_ = true;
    backends_.set_relayed(who->relayed);
    say(235, "Authenticated!");
    if (!client_.flush()) return;
    if (sasl.ssf() > 0) {
        if (!sasl.push_layer(client_)) return;
        helo_.clear();
    }
    kit_.logged_in(*who, sasl.mechanism(), client_);
}

}  // namespace rookery::lmtp
