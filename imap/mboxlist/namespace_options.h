// How mailboxes are named towards clients, as the configuration says.
#ifndef ROOKERY_IMAP_MBOXLIST_NAMESPACE_OPTIONS_H
#define ROOKERY_IMAP_MBOXLIST_NAMESPACE_OPTIONS_H

#include <string>
#include <string_view>
#include <vector>

#include "imap/model/namespace.h"
#include "lib/config/config.h"

namespace rookery::mboxlist {

model::NamespaceOptions namespace_options(const config::Config& config);
// A folder below a user's INBOX by the name that it has there in the standard namespace, whatever
// clients are shown: as an administrator or a login has it, in UTF-8 or in the form of IMAP.
// bad_name.
Result<model::MailboxName> folder_of(const config::Config& config, const std::string& userid,
                                     std::string_view folder);
// The items of an option that may hold spaces: "a | b c" is "a" and "b c".
std::vector<std::string> listed(std::string_view option);
// As an administrator writes it, in the form of IMAP.
std::string external_name(std::string_view name);
// For names that come in their internal form and would be mailboxes here (another server's copies,
// a list that is loaded): nobody could use one of a domain where virtdomains is off. bad_name.
Status check_local_name(const config::Config& config, const model::MailboxName& name);

}  // namespace rookery::mboxlist

#endif
