// How mailboxes are named towards clients, as the configuration says.
#ifndef ROOKERY_IMAP_MBOXLIST_NAMESPACE_OPTIONS_H
#define ROOKERY_IMAP_MBOXLIST_NAMESPACE_OPTIONS_H

#include "imap/model/namespace.h"
#include "lib/config/config.h"

namespace rookery::mboxlist {

model::NamespaceOptions namespace_options(const config::Config& config);

}  // namespace rookery::mboxlist

#endif
