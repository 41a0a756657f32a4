// reconstruct -f: what the list and the partitions do not agree on is put right.
//
// Each finding (imap/store/stranded.h) is mended under the locks of its names, through
// cluster::Operations. Cut short, the next run finds what is left. Mail is never removed but that
// of a copy whose every message is in the mailbox that stays. One thread.
#ifndef ROOKERY_IMAP_ADMIN_MEND_H
#define ROOKERY_IMAP_ADMIN_MEND_H

#include <string>
#include <vector>

#include "imap/admin/local_parts.h"
#include "imap/model/namespace.h"
#include "imap/store/stranded.h"

namespace rookery::admin {

struct MendOptions {
    std::vector<model::MailboxName> wanted;  // these and what is below them; empty: all
    bool recursive = false;                  // below them is named too
    std::string partition;                   // "": all
    bool only_say = false;
    bool quiet = false;
};

struct MendReport {
    bool good = true;                     // nothing is left
    std::vector<model::MailboxName> met;  // names of findings
};

Result<MendReport> mend(LocalParts& parts, store::LocalStore& store, const model::Namespace& names,
                        const MendOptions& options);

}  // namespace rookery::admin

#endif
