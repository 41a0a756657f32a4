// CANCELUPDATE (RFC 5267 4.3.5): results of searches that the client follows no longer, here and at
// another server.
#include <algorithm>

#include "imap/imapd/command_table.h"
#include "imap/imapd/relay/lines.h"
#include "imap/imapd/relay/relay.h"
#include "imap/imapd/relay/retry.h"
#include "imap/imapd/selected/search_updates.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd::commands {
namespace {

constexpr size_t kMaxTags = 100;

// 1*(SP quoted)
Result<std::vector<std::string>> tags(CommandReader& reader)
{
    std::vector<std::string> tags;
    do {
        TRY(reader.space());
        TRY_ASSIGN(std::string tag, reader.string());
        if (tags.size() == kMaxTags) return Error{Code::limit, "Too many tags"};
        tags.push_back(std::move(tag));
        TRY_ASSIGN(const char next, reader.peek());
        if (next == '\n') break;
    } while (true);
    TRY(reader.end_of_line());
    return tags;
}

Completion unknown()
{
    return Completion::no("No results are followed under that tag");
}

}  // namespace

Result<Completion> cancelupdate(ImapSession& s, Command&)
{
    TRY_ASSIGN(const auto named, tags(s.reader));
    LocalSelection* selection = s.local();
    bool all = selection != nullptr;
    for (const std::string& tag : named)
        all = selection != nullptr && selection->updates.cancel(tag) && all;
    return all ? Completion::ok("No further updates") : unknown();
}

Result<Completion> relay_cancelupdate(ImapSession& s, Command& command, backend::Backend&)
{
    TRY_ASSIGN(const auto named, tags(s.reader));
    if (!ensure_selection(s)) return say_bye_lost(s);
    if (auto refused = release_held(s, command)) return *refused;
    auto& followed = s.remote()->followed;
    std::string arguments;
    for (const std::string& tag : named)
        for (const FollowedSearch& one : followed)
            if (one.tag == tag) cat_to(arguments, ' ', text::imap_string(one.at_server));
    const bool all = std::all_of(named.begin(), named.end(), [&](const std::string& tag) {
        return std::any_of(followed.begin(), followed.end(),
                           [&](const FollowedSearch& one) { return one.tag == tag; });
    });
    if (!arguments.empty()) {
        RelayChannel channel(s, *s.remote()->backend);
        channel.verb(command.name);
        channel.raw(arguments);
        Completion done = finish_at_selection(s, command, channel).result();
        if (s.remote() == nullptr || done.kind != Completion::Kind::ok) return done;
        std::erase_if(s.remote()->followed, [&](const FollowedSearch& one) {
            return std::find(named.begin(), named.end(), one.tag) != named.end();
        });
    }
    return all ? Completion::ok("No further updates") : unknown();
}

}  // namespace rookery::imapd::commands
