// APPEND to a mailbox on another server: messages go through, they are not kept here. Those that
// are put together of parts wait on disk for the last one.
#include "imap/imapd/command_table.h"
#include "imap/imapd/relay/catenate_here.h"
#include "imap/imapd/relay/remote_append.h"
#include "imap/imapd/relay/retry.h"

namespace rookery::imapd::commands {

Result<Completion> relay_append(ImapSession& s, Command& command, backend::Backend& backend)
{
    RelayChannel channel(s, backend);
    begin_append(channel, command.external);
    SecondChance chance(s, command);
    channel.on_refusal([&](const Answer& answer) { return chance.after(answer, channel); });
    CatenateHere catenate(s, channel);
    if (auto read = channel.client_arguments(); !read) return catenate.failed(read.error());
    if (chance.instead()) return *chance.instead();
    return finish_at_mailbox(s, command, channel).result();
}

}  // namespace rookery::imapd::commands
