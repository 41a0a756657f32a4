// SUBSCRIBE and UNSUBSCRIBE. The list of a user is kept where the INBOX is.
#include "imap/imapd/command_table.h"
#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/relay/router.h"
#include "imap/mboxlist/events.h"
#include "imap/mboxlist/subscriptions.h"

namespace rookery::imapd::commands {
namespace {

// allowallsubscribe: users of a backend subscribe to mailboxes of others, which it need not know.
Status may_subscribe(ImapSession& s, const model::MailboxName& name)
{
    auto entry = s.directory.lookup(name);
    if (entry) {
        if (!require(s, *entry, model::Rights::lookup) && !s.config.allowallsubscribe())
            return Error{Code::not_found, "Mailbox does not exist"};
        return success();
    }
    if (!entry.is(Code::not_found)) return entry.error();
    if (s.config.allowallsubscribe()) return success();
    return entry.error();
}

}  // namespace

Result<Completion> subscribe(ImapSession& s, Command& command)
{
    TRY(s.reader.space());
    TRY_ASSIGN(std::string external, s.reader.mailbox());
    TRY(s.reader.end_of_line());
    TRY_ASSIGN(auto name, s.user.names->to_internal(external));
    TRY(inbox_here(s));
    mboxlist::Subscriptions list(s.config.configdirectory(), s.user.identity->userid);
    if (command.spec->traits.variant == Variant::adds) {
        TRY(may_subscribe(s, name));
        TRY(list.add(name));
    } else if (auto removed = list.remove(name); !removed && !removed.is(Code::not_found)) {
        return removed.error();
    }
    mboxlist::tell_subscription(s.config.idlesocket(), s.user.identity->userid, name);
    return Completion::ok();
}

}  // namespace rookery::imapd::commands
