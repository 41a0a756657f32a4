// STATUS (RFC 3501 6.3.10, 7162, 7889, 8438, 8474, 9208).
#include <array>

#include "imap/imapd/capabilities.h"
#include "imap/imapd/command_table.h"
#include "imap/imapd/responder.h"
#include "imap/imapd/rights.h"
#include "lib/text/imap_structure.h"

namespace rookery::imapd::commands {
namespace {

// What the items are made of.
struct Source {
    const ImapSession& session;
    const model::MailboxEntry& entry;
    mailbox::StatusItems items;
};

struct StatusItem {
    std::string_view name;
    std::string (*value)(const Source&);
};

constexpr std::array kItems = {
    StatusItem{"APPENDLIMIT", [](const Source& s) { return cat(append_limit(s.session.config)); }},
    StatusItem{"DELETED", [](const Source& s) { return cat(s.items.deleted); }},
    StatusItem{"DELETED-STORAGE", [](const Source& s) { return cat(s.items.deleted_size); }},
    StatusItem{"HIGHESTMODSEQ", [](const Source& s) { return cat(s.items.highestmodseq); }},
    StatusItem{"MAILBOXID", [](const Source& s) { return cat('(', s.entry.uniqueid, ')'); }},
    StatusItem{"MESSAGES", [](const Source& s) { return cat(s.items.messages); }},
    StatusItem{"RECENT", [](const Source& s) { return cat(s.items.recent); }},
    StatusItem{"SIZE", [](const Source& s) { return cat(s.items.size); }},
    StatusItem{"UIDNEXT", [](const Source& s) { return cat(s.items.uidnext); }},
    StatusItem{"UIDVALIDITY", [](const Source& s) { return cat(s.items.uidvalidity); }},
    StatusItem{"UNSEEN", [](const Source& s) { return cat(s.items.unseen); }},
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
    const Source source{s, *command.entry, *items};
    std::string line;
    for (size_t i = 0; i < kItems.size(); i++) {
        if (!(*wanted)[i]) continue;
        cat_to(line, line.empty() ? "" : " ", kItems[i].name, ' ', kItems[i].value(source));
        s.condstore_enabled |= kItems[i].name == "HIGHESTMODSEQ";
    }
    s.client.put("* STATUS ", text::imap_astring(command.external), " (", line, ")\r\n");
    return Completion::ok();
}

}  // namespace rookery::imapd::commands
