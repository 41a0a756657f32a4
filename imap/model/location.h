// Where a mailbox is: here on a partition, or on another server.
#ifndef ROOKERY_IMAP_MODEL_LOCATION_H
#define ROOKERY_IMAP_MODEL_LOCATION_H

#include <string>
#include <string_view>
#include <variant>

#include "lib/base/result.h"

namespace rookery::model {

struct Local {
    std::string partition;
};

struct Remote {
    std::string server;     // as in the list; may carry ":port"
    std::string partition;  // may be empty (Cyrus sends "server!" after RENAME)
};

using Location = std::variant<Local, Remote>;

// "server!partition", "server!" or "partition" as it is on the mupdate wire. Code::syntax on two
// '!'.
struct WireLocation {
    std::string server;  // empty for a bare partition
    std::string partition;
};
Result<WireLocation> parse_location(std::string_view text);
std::string to_string(const WireLocation& location);
// Printing, without space and '!', at most 255 bytes: a word of its own wherever it is written.
bool is_server_name(std::string_view text);
// Letters and digits, as in partition-NAME.
bool is_partition_name(std::string_view text);

}  // namespace rookery::model

#endif
