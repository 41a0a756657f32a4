// The store of daemons that are the same program on backends and frontends: none where no mail is
// kept. Codes: those of store::open_local_store.
#ifndef ROOKERY_IMAP_DAEMON_OPEN_STORE_H
#define ROOKERY_IMAP_DAEMON_OPEN_STORE_H

#include <memory>

#include "imap/mailbox/mailbox_store.h"
#include "imap/store/local_store.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::daemon {

inline Result<std::unique_ptr<mailbox::MailboxStore>> open_store_if_any(
    const config::Config& config)
{
    if (config.partitions().empty()) return std::unique_ptr<mailbox::MailboxStore>();
    return store::open_local_store(config);
}

}  // namespace rookery::daemon

#endif
