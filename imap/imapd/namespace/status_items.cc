#include "imap/imapd/namespace/status_items.h"

#include <algorithm>
#include <array>

#include "imap/imapd/capabilities.h"
#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/responder.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd {
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

}  // namespace

Result<StatusNames> parse_status_items(CommandReader& reader)
{
    std::array<bool, kItems.size()> wanted{};
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
    StatusNames names;
    for (size_t i = 0; i < kItems.size(); i++)
        if (wanted[i]) names.push_back(kItems[i].name);
    return names;
}

Result<std::string> status_line(ImapSession& session, const model::MailboxEntry& entry,
                                std::string_view external, const StatusNames& names)
{
    TRY(require(session, entry, model::Rights::read));
    TRY_ASSIGN(auto items, session.store->status(entry, session.user.identity->userid));
    const Source source{session, entry, items};
    std::string line;
    for (const StatusItem& item : kItems) {
        if (std::find(names.begin(), names.end(), item.name) == names.end()) continue;
        cat_to(line, line.empty() ? "" : " ", item.name, ' ', item.value(source));
        session.user.condstore_enabled |= item.name == "HIGHESTMODSEQ";
    }
    return cat("* STATUS ", wire_name(session, external), " (", line, ')');
}

std::string status_argument(const StatusNames& names)
{
    std::string out = " (";
    for (std::string_view name : names) cat_to(out, out.size() == 2 ? "" : " ", name);
    return out + ')';
}

}  // namespace rookery::imapd
