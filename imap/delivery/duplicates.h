// Duplicates: which messages were delivered to which mailboxes (doc/formats/deliver.md).
//
// A message is known by its Message-ID, or the Resent-Message-ID of one that was sent on, together
// with its Date: programs that use one Message-ID for all they send exist, and lose nothing. A
// mailbox is known by its uniqueid, which a RENAME does not change. A delivery is marked after the
// message is on disk: a crash in between lets it come twice, never not at all. Of two who deliver
// it at the same moment one holds it, and the other looks when it is let go. The file is not
// durable; a damaged one is put aside and begun anew (lib/db/expiring_set.h). Codes of prune: io,
// no_space. One thread; open after fork, once in a process.
#ifndef ROOKERY_IMAP_DELIVERY_DUPLICATES_H
#define ROOKERY_IMAP_DELIVERY_DUPLICATES_H

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "lib/base/byte_locks.h"
#include "lib/base/clock.h"
#include "lib/base/result.h"
#include "lib/db/expiring_set.h"

namespace rookery::delivery {

// A message in a mailbox.
struct DeliveredMessage {
    std::string_view message_id, date, uniqueid;
};

class Duplicates {
 public:
    static constexpr char kSpace = 'D';
    using Held = ByteLocks::Held;

    // locks: a file beside the set, made if there is none.
    static Result<Duplicates> open(db::ExpiringSet set, const std::string& locks);

    // Between looking and marking. Codes: busy (another process delivers one of them), io.
    Result<Held> hold(std::span<const DeliveredMessage> messages, Milliseconds wait);

    // What cannot be read was not delivered.
    bool was_delivered(const DeliveredMessage& message);
    // A failure is logged.
    void mark(const DeliveredMessage& message, int64_t now);
    // Forgets what was delivered up to this time; gives how many there were.
    Result<uint64_t> prune(int64_t before);

 private:
    Duplicates(db::ExpiringSet set, ByteLocks locks)
        : set_(std::move(set)), locks_(std::move(locks))
    {
    }
    db::ExpiringSet set_;  // its times are those of delivery: how long is prune()'s to say
    ByteLocks locks_;
};

}  // namespace rookery::delivery

#endif
