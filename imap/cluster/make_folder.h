// make_folder: a mailbox for its owner below one that he has, where there is no session that he
// could say CREATE in: a script's `:create` (RFC 5490 3.2).
//
// By the same rules: his rights on the nearest ancestor, which must be here and hands its ACL and
// partition down, and his quota. Codes: denied (also: the ancestor is not here), bad_name, limit,
// over_quota, and those of Operations::create but exists. One thread.
#ifndef ROOKERY_IMAP_CLUSTER_MAKE_FOLDER_H
#define ROOKERY_IMAP_CLUSTER_MAKE_FOLDER_H

#include "imap/cluster/operations.h"
#include "imap/mailbox/quota.h"
#include "imap/model/mailbox_entry.h"
#include "imap/model/mailbox_name.h"
#include "lib/auth/identity.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::cluster {

// quotas: null where there are none.
Result<model::MailboxEntry> make_folder(const config::Config& config, Operations& operations,
                                        mailbox::Quotas* quotas, const model::MailboxName& name,
                                        const auth::Identity& owner);

}  // namespace rookery::cluster

#endif
