// Places: the directories of a partition that hold a mailbox, or what is left of one.
#ifndef ROOKERY_IMAP_STORE_PLACES_H
#define ROOKERY_IMAP_STORE_PLACES_H

#include <cstdint>
#include <functional>
#include <string>

#include "imap/store/mailbox_path.h"
#include "lib/base/result.h"

namespace rookery::store {

struct Place {
    std::string relative;  // below the partition's root
    bool has_header = false;
    uint32_t messages = 0;  // message files
};

// Calls each with the places below a partition's root, in no order that could be relied on, and
// unreadable (it may be null) with each directory that is there and cannot be looked into; "" is
// the root itself, also if it is not there. Roots of other partitions are left out.
void walk_places(const PathOptions& paths, const std::string& root,
                 const std::function<void(const Place&)>& each,
                 const std::function<void(const std::string& relative, const Error&)>& unreadable);

}  // namespace rookery::store

#endif
