// What this server's list and partitions do not agree on, as of now: looked at again under the
// locks of its names, so that no operation that runs beside it is taken for something stranded.
#ifndef ROOKERY_IMAP_ADMIN_STRANDED_MAILBOXES_H
#define ROOKERY_IMAP_ADMIN_STRANDED_MAILBOXES_H

#include <functional>

#include "imap/cluster/name_locks.h"
#include "imap/store/stranded.h"
#include "lib/base/result.h"

namespace rookery::admin {

// Calls each while the locks of the finding's names are held. What others work on is left out.
Status each_stranded(store::StrandedScan& scan, cluster::NameLocks& locks,
                     const std::function<void(const store::Stranded&)>& each);

}  // namespace rookery::admin

#endif
