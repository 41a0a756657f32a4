// What most rows use: the command goes on as it came, token by token.
#include <algorithm>

#include "imap/imapd/command_table.h"
#include "imap/imapd/relay/lines.h"
#include "imap/imapd/relay/relay.h"
#include "imap/imapd/relay/relayed_search.h"
#include "imap/imapd/relay/retry.h"
#include "imap/imapd/selected/search_run.h"
#include "imap/imapd/selected/search_updates.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd::commands {
namespace {

// The options of RETURN (RFC 4731). none: they are not here whole.
std::optional<std::vector<std::string>> return_options(const RelayChannel& channel)
{
    const std::string arguments = channel.arguments();
    std::vector<std::string> options;
    text::ImapCursor cursor(arguments);
    if (!cursor.space()) return options;
    const auto word = cursor.atom();
    if (!word || !equal_nocase(*word, "RETURN") || !cursor.space()) return options;
    const auto list = cursor.list();
    if (!list) return options;
    for (const std::string_view option : split_words(*list)) options.push_back(to_upper(option));
    return options;
}

// Does it have that option? What is not here may.
bool may_have(const std::optional<std::vector<std::string>>& options, std::string_view option)
{
    return !options || std::find(options->begin(), options->end(), option) != options->end();
}

bool is_followed(const RemoteSelection& remote, const std::string& tag)
{
    return std::any_of(remote.followed.begin(), remote.followed.end(),
                       [&](const FollowedSearch& one) { return one.tag == tag; });
}

// To the server of the selected mailbox.
Completion with_selection(ImapSession& s, const Command& command)
{
    if (!ensure_selection(s)) return say_bye_lost(s);
    if (auto refused = release_held(s, command)) return *refused;
    RelayChannel channel(s, *s.remote()->backend);
    AtSelection there(s, command, channel);
    channel.verb(command.name);
    if (auto read = channel.client_arguments(); !read) return there.failed(read.error());
    // What changes something may have been done by a server that died before it said so.
    if (!command.spec->traits.only_reads && s.remote() != nullptr) s.remote()->replaceable = false;
    return there.finish().result();
}

// SEARCH, SORT or THREAD there; write puts the arguments.
template <class Write>
Result<Completion> search_at_selection(ImapSession& s, const Command& command, const Write& write)
{
    if (!ensure_selection(s)) return say_bye_lost(s);
    if (auto refused = release_held(s, command)) return *refused;
    RelayChannel channel(s, *s.remote()->backend);
    RelayedSearch search(s, command, channel);
    AtSelection there(s, command, channel);
    channel.verb(command.name);
    if (Status written = write(channel); !written) return there.failed(written.error());
    const auto options = return_options(channel);
    const bool updates = may_have(options, "UPDATE");
    const bool surely = updates && options;
    if (surely && is_followed(*s.remote(), command.tag)) {
        channel.abandon();
        return Completion::bad("Tag reuse");
    }
    Completion done = there.finish().result();
    RemoteSelection* remote = s.remote();
    if (remote == nullptr) return done;
    // A result that is kept, or followed, is this connection's alone (RFC 5182, 5267).
    if (may_have(options, "SAVE")) remote->saved = true;
    const bool has_room = surely || remote->followed.size() < SearchUpdates::kMax;
    if (updates && has_room && done.kind == Completion::Kind::ok && !search.is_refused())
        remote->followed.push_back({command.tag, channel.tag()});
    return done;
}

}  // namespace

Result<Completion> relay_verbatim(ImapSession& s, Command& command, backend::Backend& backend)
{
    if (!command.mailbox) return with_selection(s, command);
    RelayChannel channel(s, backend);
    channel.verb(command.name);
    channel.astring(command.external);
    AtMailbox there(s, command, channel);
    if (auto read = channel.client_arguments(); !read) return there.failed(read.error());
    return there.finish().result();
}

Result<Completion> relay_search(ImapSession& s, Command& command, backend::Backend&)
{
    return search_at_selection(s, command,
                               [](RelayChannel& channel) { return channel.client_arguments(); });
}

// A client of IMAP4rev2 or UTF8=ACCEPT is answered in words that its server need not know: it is
// asked what it does know.
Result<Completion> relay_plain_search(ImapSession& s, Command& command, backend::Backend& backend)
{
    if (!s.user.modes.rev2 && !s.user.modes.utf8) return relay_search(s, command, backend);
    TRY_ASSIGN(EsearchRequest request, parse_recorded_search(s.reader));
    TRY(may_ask(s, request.search));
    as_rev2_has_it(s, request.search);
    return search_at_selection(s, command, [&](RelayChannel& channel) {
        if (request.search.extended) channel.raw(return_text(request.search));
        channel.raw(cat(request.search.has_charset ? "" : " CHARSET UTF-8", request.program));
        return success();
    });
}

}  // namespace rookery::imapd::commands
