// APPEND with several messages (RFC 3502), each a literal or put together from parts (RFC 4469),
// and LOCALAPPEND.
//
// None of the messages is appended until the whole command has arrived. Once something went wrong
// the rest of the command is left to the engine to skip.
#include <vector>

#include "imap/imapd/command_table.h"
#include "imap/imapd/selected/incoming_message.h"

namespace rookery::imapd::commands {
namespace {

// A failure with the answer that belongs to it.
struct Receipt {
    std::vector<Incoming> messages;
    std::optional<Completion> failure;
};

Receipt receive(ImapSession& s, const Command& command, std::string base)
{
    Receipt receipt;
    MessageParts parts(s, std::move(base));
    while (true) {
        receipt.failure = receive_message(s, command.entry->partition, parts, receipt.messages);
        if (receipt.failure) return receipt;
        auto next = s.reader.peek();
        if (next && *next == ' ') continue;
        Status end = next ? s.reader.end_of_line() : Status(next.error());
        if (!end) receipt.failure = Completion::from(end.error());
        return receipt;
    }
}

Result<Completion> append_with(ImapSession& s, const Command& command, std::string base)
{
    // Asked before the messages come, which may be large, and again when they are here.
    if (auto may = LocalAppend::check(s, *command.entry); !may) return no_target(may.error());
    Receipt receipt = receive(s, command, std::move(base));
    if (receipt.failure) return *std::move(receipt.failure);
    return append_all(s, *command.mailbox, receipt.messages);
}

}  // namespace

Result<Completion> append(ImapSession& s, Command& command)
{
    return append_with(s, command, selected_name(s));
}

// From a frontend: the second argument is the mailbox that its client has selected.
Result<Completion> localappend(ImapSession& s, Command& command)
{
    TRY(s.reader.space());
    TRY_ASSIGN(std::string base, s.reader.mailbox());
    return append_with(s, command, std::move(base));
}

}  // namespace rookery::imapd::commands
