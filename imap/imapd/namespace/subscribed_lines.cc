#include "imap/imapd/namespace/subscribed_lines.h"

#include <optional>
#include <vector>

#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/namespace/special_use.h"
#include "imap/imapd/responder.h"
#include "imap/mboxlist/list_walker.h"
#include "lib/base/strings.h"

namespace rookery::imapd {
namespace {

struct Line {
    std::string name;
    std::string attributes;
    std::optional<model::MailboxEntry> entry;  // none: there is no mailbox for this user
};

// A name without a mailbox here is told too: a frontend knows whether another server has it, and
// then takes the \Noselect away.
Line line_of(ImapSession& s, const mboxlist::SubscribedItem& item)
{
    Line line{item.name, {}, {}};
    if (item.subscribed != nullptr) {
        auto entry = s.directory.lookup(*item.subscribed);
        if (entry && is_listed(s, *entry)) line.entry = *std::move(entry);
    }
    if (!line.entry) line.attributes = "\\Noselect";
    if (item.has_children) cat_to(line.attributes, line.entry ? "" : " ", "\\HasChildren");
    return line;
}

void put_lines(ImapSession& s, std::vector<Line> lines)
{
    std::vector<model::MailboxEntry> entries;
    for (const Line& line : lines)
        if (line.entry && s.config.specialusealways()) entries.push_back(*line.entry);
    const auto uses = special_uses_of(s, entries);
    for (Line& line : lines) {
        const auto use = line.entry ? uses.find(line.entry->name.internal()) : uses.end();
        if (use != uses.end())
            cat_to(line.attributes, line.attributes.empty() ? "" : " ", use->second);
        put_list_line(s, "LSUB", line.attributes, line.name);
    }
}

}  // namespace

Status put_subscribed(ImapSession& s, std::span<const model::MailboxName> names,
                      const std::string& reference, const std::string& pattern)
{
    std::vector<Line> lines;
    TRY(mboxlist::list_subscribed(names, *s.user.names, reference, {&pattern, 1},
                                  [&](const mboxlist::SubscribedItem& item) {
                                      if (item.for_lsub) lines.push_back(line_of(s, item));
                                      return true;
                                  }));
    put_lines(s, std::move(lines));
    return success();
}

}  // namespace rookery::imapd
