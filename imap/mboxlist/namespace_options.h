// How mailboxes are named towards clients, as the configuration says.
#ifndef ROOKERY_IMAP_MBOXLIST_NAMESPACE_OPTIONS_H
#define ROOKERY_IMAP_MBOXLIST_NAMESPACE_OPTIONS_H

#include "imap/model/namespace.h"
#include "lib/config/config.h"

namespace rookery::mboxlist {

model::NamespaceOptions namespace_options(const config::Config& config);
// For names that come in their internal form and would be mailboxes here (another server's copies,
// a list that is loaded): nobody could use one of a domain where virtdomains is off. bad_name.
Status check_local_name(const config::Config& config, const model::MailboxName& name);

}  // namespace rookery::mboxlist

#endif
