// GETMETADATA and SETMETADATA of a mailbox on another server.
#include "imap/imapd/command_table.h"
#include "imap/imapd/namespace/metadata.h"
#include "imap/imapd/namespace/special_use.h"
#include "imap/imapd/relay/remote_metadata.h"
#include "imap/imapd/relay/retry.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd::commands {
namespace {

// What the mailbox is to be used for from now on, as far as the arguments (" mailbox (entry value
// ...)") say that. What is no mailbox's use, or came behind very much, is the other server's
// matter.
std::string uses_set_by(std::string_view arguments)
{
    std::string uses;
    text::ImapCursor cursor(arguments);
    if (!cursor.space() || !cursor.astring() || !cursor.space()) return uses;
    const auto list = cursor.list();
    if (!list) return uses;
    text::ImapCursor entries(*list);
    do {
        const auto name = entries.astring();
        if (!name || !entries.space()) return uses;
        text::ImapCursor value = entries;
        if (!entries.value()) return uses;
        if (!equal_nocase(*name, kSpecialUseEntry)) continue;
        if (const auto words = value.nstring())  // no atom can be one
            for (const std::string_view word : split_words(words->value_or("")))
                cat_to(uses, uses.empty() ? "" : " ", special_use(word));
    } while (entries.accept(' '));
    return uses;
}

}  // namespace

Result<Completion> relay_getmetadata(ImapSession& s, Command& command, backend::Backend& backend)
{
    TRY_ASSIGN(auto request, parse_getmetadata(s.reader, command.options));
    return metadata_at(s, command, backend, std::move(request));
}

// That server does not know what the user's mailboxes of other servers are for.
Result<Completion> relay_setmetadata(ImapSession& s, Command& command, backend::Backend& backend)
{
    RelayChannel channel(s, backend);
    channel.verb("SETMETADATA");
    channel.astring(command.external);
    AtMailbox there(s, command, channel);
    if (auto read = channel.client_arguments(); !read) return there.failed(read.error());
    const std::string uses = uses_set_by(channel.arguments());
    TRY_ASSIGN(const bool taken,
               is_use_taken_elsewhere(s, *command.mailbox, uses, backend.server()));
    if (taken) {
        channel.abandon();
        return Completion::no(cat("[USEATTR] ", kUseConflict));
    }
    return there.finish().result();
}

}  // namespace rookery::imapd::commands
