// Duplicates: which messages were delivered to which mailboxes (doc/formats/deliver.md).
//
// A message is known by its Message-ID, or the Resent-Message-ID of one that was sent on, and a
// mailbox by its uniqueid, which a RENAME does not change. A pair is marked after the message is on
// disk: a crash in between lets it come twice, never not at all. The file is not durable; a damaged
// one is put aside and begun anew. cyr_expire(8) -E removes old pairs.
// Codes of open, prune: io, no_space, corrupt. One thread; open after fork.
#ifndef ROOKERY_IMAP_LMTP_DUPLICATES_H
#define ROOKERY_IMAP_LMTP_DUPLICATES_H

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/config/config.h"
#include "lib/db/ordered_store.h"

namespace rookery::lmtp {

class Duplicates {
 public:
    static std::string path(const config::Config& config);
    static Result<Duplicates> open(const std::string& path);

    // What cannot be read was not delivered.
    bool was_delivered(std::string_view message_id, std::string_view uniqueid);
    // A failure is logged.
    void mark(std::string_view message_id, std::string_view uniqueid, int64_t now);
    // Forgets what was delivered up to this time; gives how many pairs.
    Result<uint64_t> prune(int64_t before);

 private:
    explicit Duplicates(std::unique_ptr<db::OrderedStore> store) : store_(std::move(store)) {}
    std::unique_ptr<db::OrderedStore> store_;
};

}  // namespace rookery::lmtp

#endif
