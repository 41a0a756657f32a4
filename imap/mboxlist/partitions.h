// The partitions that imapd.conf(5) names, and where a new mailbox goes when nobody names one.
// Codes: config.
#ifndef ROOKERY_IMAP_MBOXLIST_PARTITIONS_H
#define ROOKERY_IMAP_MBOXLIST_PARTITIONS_H

#include <string>
#include <string_view>
#include <vector>

#include "imap/mboxlist/directory.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::mboxlist {

// True if the configuration has partition-NAME.
bool has_partition(const config::Config& config, std::string_view name);
// defaultpartition, else the partition with most room of those that partition_select_exclude
// leaves. A defaultpartition that is none is an error: another one would be a guess.
Result<std::string> usual_partition(const config::Config& config);
// What the configuration says of partitions and cannot mean, a sentence for each: told at START.
// Nothing on a server without partitions, which makes no mailboxes.
std::vector<std::string> partition_faults(const config::Config& config);

// io, if the partition cannot be what it was: the list has mailboxes on it, and it is empty. It may
// not have been mounted, and what is made there now would be hidden by the mount.
Status check_mounted(const config::Config& config, Directory& list, const std::string& partition);

}  // namespace rookery::mboxlist

#endif
