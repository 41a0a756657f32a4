// What most rows use: the command goes on as it came, token by token.
#include <algorithm>

#include "imap/imapd/command_table.h"
#include "imap/imapd/relay/lines.h"
#include "imap/imapd/relay/relay.h"
#include "imap/imapd/relay/retry.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd::commands {
namespace {

// `ESEARCH (TAG "x")`: the client knows the command by its own tag.
RelayChannel::Filter with_tag_of(ImapSession& s, const Command& command)
{
    return
        [&s, &command](backend::ReplyReader& reader, const backend::Reply& reply) -> Result<bool> {
            if (reply.word != "ESEARCH") return false;
            text::ImapCursor cursor(reply.text());
            const auto correlator = cursor.list();
            if (!correlator || !starts_with_nocase(*correlator, "TAG ")) return false;
            backend::Reply told = reply;
            told.head.replace(reply.text_begin, cursor.position(),
                              cat("(TAG ", text::imap_string(command.tag), ')'));
            TRY(reader.copy_to(s.client, told));
            return true;
        };
}

// Does it ask the server to keep the result, RETURN (SAVE) (RFC 5182)? What is not here whole may.
bool saves_result(const RelayChannel& channel)
{
    const auto arguments = channel.arguments();
    if (!arguments) return true;
    text::ImapCursor cursor(*arguments);
    if (!cursor.space()) return false;
    const auto word = cursor.atom();
    if (!word || !equal_nocase(*word, "RETURN") || !cursor.space()) return false;
    const auto options = cursor.list();
    if (!options) return false;
    const auto words = split_words(*options);
    return std::any_of(words.begin(), words.end(),
                       [](std::string_view option) { return equal_nocase(option, "SAVE"); });
}

// To the server of the selected mailbox.
Completion with_selection(ImapSession& s, const Command& command, RelayChannel::Filter filter = {})
{
    if (!ensure_selection(s)) return say_bye_lost(s);
    if (auto refused = release_held(s, command)) return *refused;
    RelayChannel channel(s, *s.remote()->backend);
    channel.verb(command.name);
    if (filter) channel.filter(std::move(filter));
    if (auto read = channel.client_arguments(); !read) return channel.failed(read.error());
    // What changes something may have been done by a server that died before it said so.
    if (!command.spec->traits.only_reads) s.remote()->replaceable = false;
    const bool saves = saves_result(channel);
    Completion done = finish_at_selection(s, command, channel).result();
    if (RemoteSelection* remote = s.remote(); saves && remote != nullptr) remote->saved = true;
    return done;
}

}  // namespace

Result<Completion> relay_verbatim(ImapSession& s, Command& command, backend::Backend& backend)
{
    if (!command.mailbox) return with_selection(s, command);
    RelayChannel channel(s, backend);
    channel.verb(command.name);
    channel.astring(command.external);
    if (auto read = channel.client_arguments(); !read) return channel.failed(read.error());
    return finish_at_mailbox(s, command, channel).result();
}

Result<Completion> relay_search(ImapSession& s, Command& command, backend::Backend&)
{
    return with_selection(s, command, with_tag_of(s, command));
}

}  // namespace rookery::imapd::commands
