// LSUB.
#include "imap/imapd/command_table.h"
#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/relay/router.h"
#include "imap/imapd/responder.h"
#include "imap/mboxlist/list_walker.h"
#include "imap/mboxlist/subscriptions.h"

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
    TRY_ASSIGN(arguments.reference, reader.mailbox());
    TRY(reader.space());
    TRY_ASSIGN(arguments.pattern, reader.mailbox_pattern());
    TRY(reader.end_of_line());
    return arguments;
}

// A backend of a murder need not know what its users subscribe to elsewhere.
bool is_known(ImapSession& s, const model::MailboxName& name)
{
    if (!s.config.mupdate_server().empty()) return true;
    auto entry = s.directory.lookup(name);
    return entry && is_listed(s, *entry);
}

std::string_view lsub_attributes(ImapSession& s, const mboxlist::SubscribedItem& item)
{
    if (item.subscribed == nullptr) return "\\Noselect \\HasChildren";
    const bool known = is_known(s, *item.subscribed);
    if (item.has_children) return known ? "\\HasChildren" : "\\Noselect \\HasChildren";
    return known ? "" : "\\Noselect";
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
    TRY(mboxlist::list_subscribed(names, *s.user.names, arguments.reference,
                                  {&arguments.pattern, 1},
                                  [&](const mboxlist::SubscribedItem& item) {
                                      if (!item.for_lsub) return true;
                                      put_list_line(s, "LSUB", lsub_attributes(s, item), item.name);
                                      return s.client.ok();
                                  }));
    return Completion::ok();
}

}  // namespace rookery::imapd::commands
