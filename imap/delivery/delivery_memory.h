// DeliveryMemory: what the deliveries of a server remember, all in one file
// (doc/formats/deliver.md). cyr_expire(8) -E removes what is old.
//
// Codes: io, no_space. One thread; open after fork, once in a process.
#ifndef ROOKERY_IMAP_DELIVERY_DELIVERY_MEMORY_H
#define ROOKERY_IMAP_DELIVERY_DELIVERY_MEMORY_H

#include <cstdint>
#include <string>

#include "imap/delivery/articles.h"
#include "imap/delivery/duplicates.h"
#include "imap/delivery/unfinished_copies.h"
#include "lib/base/result.h"
#include "lib/config/config.h"
#include "lib/db/expiring_set.h"

namespace rookery::delivery {

struct DeliveryMemory {
    static constexpr char kSeen = 'S';
    static constexpr char kSent = 'V';

    static std::string path(const config::Config& config);
    static Result<DeliveryMemory> open(const std::string& path);
    // Forgets what was delivered up to this time, and of the others what counts no longer; gives
    // how many there were.
    Result<uint64_t> prune(int64_t before);

    Duplicates duplicates;
    UnfinishedCopies unfinished;
    db::ExpiringSet seen;  // by the `duplicate` test (RFC 7352)
    db::ExpiringSet sent;  // what a script sends once in a time
    Articles articles;
};

}  // namespace rookery::delivery

#endif
