// LSUB.
#include <optional>
#include <vector>

#include "imap/imapd/command_table.h"
#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/namespace/special_use.h"
#include "imap/imapd/relay/router.h"
#include "imap/imapd/responder.h"
#include "imap/mboxlist/list_walker.h"
#include "imap/mboxlist/subscriptions.h"
#include "lib/base/strings.h"

namespace rookery::imapd::commands {
namespace {

struct LsubArguments {
    std::string reference;
    std::string pattern;
};

// SP mailbox SP list-mailbox CRLF
Result<LsubArguments> lsub_arguments(CommandReader& reader)
{
    LsubArguments arguments;
    TRY(reader.space());
    TRY_ASSIGN(arguments.reference, reader.list_pattern());
    TRY(reader.space());
    TRY_ASSIGN(arguments.pattern, reader.list_pattern());
    TRY(reader.end_of_line());
    return arguments;
}

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

Result<Completion> lsub(ImapSession& s, Command&)
{
    TRY_ASSIGN(auto arguments, lsub_arguments(s.reader));
    TRY(inbox_here(s));
    if (arguments.pattern.empty()) {
        put_list_line(s, "LSUB", "\\Noselect", "");
        return Completion::ok();
    }
    mboxlist::Subscriptions subscriptions(s.config.configdirectory(), s.user.identity->userid);
    TRY_ASSIGN(auto names, subscriptions.names());
    std::vector<Line> lines;
    TRY(mboxlist::list_subscribed(names, *s.user.names, arguments.reference,
                                  {&arguments.pattern, 1},
                                  [&](const mboxlist::SubscribedItem& item) {
                                      if (item.for_lsub) lines.push_back(line_of(s, item));
                                      return true;
                                  }));
    put_lines(s, std::move(lines));
    return Completion::ok();
}

}  // namespace rookery::imapd::commands
