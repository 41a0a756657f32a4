// LSUB.
#include <string>

#include "imap/imapd/command_table.h"
#include "imap/imapd/namespace/subscribed_lines.h"
#include "imap/imapd/relay/router.h"
#include "imap/imapd/responder.h"
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
    TRY_ASSIGN(arguments.reference, reader.list_pattern());
    TRY(reader.space());
    TRY_ASSIGN(arguments.pattern, reader.list_pattern());
    TRY(reader.end_of_line());
    return arguments;
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
    TRY(put_subscribed(s, names, arguments.reference, arguments.pattern));
    return Completion::ok();
}

}  // namespace rookery::imapd::commands
