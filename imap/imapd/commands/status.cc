// STATUS (RFC 3501 6.3.10, 8438, 9208).
#include <array>

#include "imap/imapd/command_table.h"
#include "imap/imapd/responder.h"
#include "imap/imapd/rights.h"
#include "lib/text/imap_structure.h"

namespace rookery::imapd::commands {
namespace {

struct StatusItem {
    std::string_view name;
    uint32_t mailbox::StatusItems::*value;
};

constexpr std::array kItems = {
    StatusItem{"MESSAGES", &mailbox::StatusItems::messages},
    StatusItem{"RECENT", &mailbox::StatusItems::recent},
    StatusItem{"UIDNEXT", &mailbox::StatusItems::uidnext},
    StatusItem{"UIDVALIDITY", &mailbox::StatusItems::uidvalidity},
    StatusItem{"UNSEEN", &mailbox::StatusItems::unseen},
};

using Wanted = std::array<bool, kItems.size()>;

// SP "(" status-att *(SP status-att) ")" CRLF
Result<Wanted> status_arguments(CommandReader& reader)
{
    Wanted wanted{};
    TRY(reader.space());
    TRY(reader.expect('('));
    while (true) {
        TRY_ASSIGN(std::string name, reader.attribute());
        size_t i = 0;
        while (i < kItems.size() && kItems[i].name != name) i++;
        if (i == kItems.size()) return Error{Code::syntax, cat("Invalid Status item ", name)};
        wanted[i] = true;
        TRY_ASSIGN(bool more, reader.accept(' '));
        if (!more) break;
    }
    TRY(reader.expect(')'));
    TRY(reader.end_of_line());
    return wanted;
}

}  // namespace

Completion status(ImapSession& s, Command& command)
{
    auto wanted = status_arguments(s.reader);
    if (!wanted) return Completion::from(wanted.error());
    if (auto may = require(s, *command.entry, model::Rights::read); !may)
        return Completion::from(may.error());
    auto items = s.store->status(*command.entry, s.identity->userid);
    if (!items) return Completion::from(items.error());
    std::string line;
    for (size_t i = 0; i < kItems.size(); i++)
        if ((*wanted)[i])
            cat_to(line, line.empty() ? "" : " ", kItems[i].name, ' ', *items.*kItems[i].value);
    s.client.put("* STATUS ", text::imap_astring(command.external), " (", line, ")\r\n");
    return Completion::ok();
}

}  // namespace rookery::imapd::commands
