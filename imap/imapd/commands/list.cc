// LIST and LSUB.
#include "imap/imapd/command_table.h"
#include "imap/imapd/rights.h"
#include "imap/mboxlist/list_walker.h"
#include "imap/mboxlist/subscriptions.h"
#include "lib/text/imap_structure.h"

namespace rookery::imapd::commands {
namespace {

struct ListArguments {
    std::string reference;
    std::string pattern;
};

// SP mailbox SP list-mailbox CRLF
Result<ListArguments> list_arguments(CommandReader& reader)
{
    ListArguments arguments;
    TRY(reader.space());
    TRY_ASSIGN(arguments.reference, reader.astring());
    TRY(reader.space());
    TRY_ASSIGN(arguments.pattern, reader.list_mailbox());
    TRY(reader.end_of_line());
    return arguments;
}

void put_line(ImapSession& s, std::string_view kind, std::string_view attributes,
              std::string_view name)
{
    const std::string separator(1, s.names->separator());
    s.client.put("* ", kind, " (", attributes, ") ", text::imap_string(separator), ' ',
                 text::imap_astring(name), "\r\n");
}

std::string_view list_attributes(const mboxlist::ListItem& item)
{
    if (!item.exists()) return "\\Noselect \\HasChildren";
    return item.has_children ? "\\HasChildren" : "\\HasNoChildren";
}

// A backend of a murder need not know what its users subscribe to elsewhere.
bool is_known(ImapSession& s, const model::MailboxName& name)
{
    return !s.config.mupdate_server().empty() || s.directory.lookup(name);
}

std::string_view lsub_attributes(ImapSession& s, const mboxlist::SubscribedItem& item)
{
    if (item.subscribed == nullptr) return "\\Noselect \\HasChildren";
    const bool known = is_known(s, *item.subscribed);
    if (item.has_children) return known ? "\\HasChildren" : "\\Noselect \\HasChildren";
    return known ? "" : "\\Noselect";
}

}  // namespace

Completion list(ImapSession& s, Command&)
{
    auto arguments = list_arguments(s.reader);
    if (!arguments) return Completion::from(arguments.error());
    if (arguments->pattern.empty()) {  // asks for the separator
        put_line(s, "LIST", "\\Noselect", "");
        return Completion::ok();
    }
    mboxlist::ListWalker walker(s.directory, *s.names, *s.identity,
                                implicit_owner_rights(s.config));
    auto done = walker.list(arguments->reference, {&arguments->pattern, 1},
                            [&](const mboxlist::ListItem& item) {
                                put_line(s, "LIST", list_attributes(item), item.name);
                                return s.client.ok();
                            });
    return done ? Completion::ok() : Completion::from(done.error());
}

Completion lsub(ImapSession& s, Command&)
{
    auto arguments = list_arguments(s.reader);
    if (!arguments) return Completion::from(arguments.error());
    if (arguments->pattern.empty()) {
        put_line(s, "LSUB", "\\Noselect", "");
        return Completion::ok();
    }
    mboxlist::Subscriptions subscriptions(s.config.configdirectory(), s.identity->userid);
    auto names = subscriptions.names();
    if (!names) return Completion::from(names.error());
    auto done =
        mboxlist::list_subscribed(*names, *s.names, arguments->reference, {&arguments->pattern, 1},
                                  [&](const mboxlist::SubscribedItem& item) {
                                      put_line(s, "LSUB", lsub_attributes(s, item), item.name);
                                      return s.client.ok();
                                  });
    return done ? Completion::ok() : Completion::from(done.error());
}

}  // namespace rookery::imapd::commands
