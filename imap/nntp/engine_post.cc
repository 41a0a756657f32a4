// Articles that come: POST, and the feeds of other servers (RFC 3977 6.3, RFC 4644).
#include "imap/nntp/engine.h"
#include "imap/nntp/reply.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/service/counters.h"

namespace rookery::nntp {
namespace {

constexpr std::string_view kNow = "Not possible now, try again later";

// It is this server's trouble, and may be over later.
bool is_for_now(const Status& done)
{
    return !done && is_trouble(done.error().code) && !done.is(Code::exists);
}

std::string text_of(const Status& done)
{
    if (done.is(Code::no_space)) return "No space left, try again later";
    if (done.is(Code::over_quota)) return "The newsgroup is full, try again later";
    return is_for_now(done) ? std::string(kNow) : done.error().text;
}

}  // namespace

// Reads the article and brings it to its groups. None: the client left, and nothing was promised.
std::optional<Status> Engine::take(std::string_view message_id)
{
    Status done = poster_.take(client_, who(), message_id);
    if (!client_.ok()) return std::nullopt;
    if (done) {
        service::counters::add(service::counters::Kind::messages);
    } else {
        service::counters::add(service::counters::Kind::command_failures);
        log::notice("article refused", {{"id", message_id},
                                        {"user", who().userid},
                                        {"client", kit_.client().host},
                                        {"reason", done.error()}});
    }
    return done;
}

void Engine::post(const Command&)
{
    say(340, "Send the article");
    if (!client_.flush()) return;
    const auto done = take("");
    if (!done) return;
    if (*done) return say(240, "Article received");
    // A server that feeds this one so is not to try again.
    say(441, cat(done->is(Code::exists) ? "435 " : "", text_of(*done)));
}

void Engine::ihave(const Command& command)
{
    const std::string id(command.words[0]);
    if (!is_message_id(id)) return bad(Error{Code::syntax, "That is no Message-ID"});
    switch (poster_.claim(id)) {
        case Poster::Wish::no: return say(435, "Not wanted");
        case Poster::Wish::later: return say(436, "Another server sends it at the moment");
        case Poster::Wish::yes: break;
    }
    say(335, "Send it");
    if (!client_.flush()) return;
    const auto done = take(id);
    if (!done) return;
    if (*done) return say(235, "Article received");
    say(is_for_now(*done) ? 436 : 437, text_of(*done));
}

void Engine::check(const Command& command)
{
    const std::string_view id = command.words[0];
    if (!is_message_id(id)) return say(438, id);
    switch (poster_.wants(id)) {
        case Poster::Wish::no: return say(438, id);
        case Poster::Wish::later: return say(431, id);
        case Poster::Wish::yes: break;
    }
    say(238, id);
}

// The article comes whatever is said (RFC 4644 2.5). One that cannot be had now ends the session:
// there is no code that says so.
void Engine::takethis(const Command& command)
{
    const std::string id(command.words[0]);
    const auto done = take(is_message_id(id) ? std::string_view(id) : "<>");
    if (!done) return;
    if (is_for_now(*done)) return end_session(400, text_of(*done));
    say(*done ? 239 : 439, id);
}

}  // namespace rookery::nntp
