// Where a mailbox lies: partition and internal name to directory, in Cyrus' layout (hashimapspool,
// fulldirhash). Pure but for the list of partitions. Codes: not_found (no such partition).
#ifndef ROOKERY_IMAP_STORE_MAILBOX_PATH_H
#define ROOKERY_IMAP_STORE_MAILBOX_PATH_H

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "imap/model/mailbox_entry.h"
#include "lib/base/result.h"

namespace rookery::store {

struct PathOptions {
    std::vector<std::pair<std::string, std::string>> partitions;  // name, path
    bool hashed = false;                                          // hashimapspool
    bool full_hash = false;                                       // fulldirhash
};

// The root of a partition.
Result<std::string> partition_root(const PathOptions& options, std::string_view partition);
// The directory of a mailbox.
Result<std::string> mailbox_directory(const PathOptions& options, const model::MailboxEntry& entry);
// The internal name of a directory below a partition's root; "" if it cannot be one.
std::string name_of_directory(const PathOptions& options, std::string_view relative);
// <configdirectory>/user/<letter>/<user><suffix>, or below domain/. bad_name if it would leave it.
Result<std::string> user_file(const std::string& configdirectory, std::string_view userid,
                              std::string_view suffix, bool full_hash);

}  // namespace rookery::store

#endif
