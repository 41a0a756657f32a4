// Messages that were expunged and still have their files (expunge_mode: delayed): which there are,
// and taking them back. What unexpunge does.
//
// A message that comes back is a new one to all clients: it gets a new UID and a new modseq, and
// keeps date and flags; what was expunged stays expunged, and is marked so that it comes back once.
// Codes: those of MailboxWriter; not_found: no such message. One thread.
#ifndef ROOKERY_IMAP_STORE_EXPUNGED_H
#define ROOKERY_IMAP_STORE_EXPUNGED_H

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "imap/store/local_store.h"
#include "lib/base/result.h"

namespace rookery::store {

struct ExpungedMessage {
    IndexRecord record;
    bool went_elsewhere = false;  // by a move: it is in another mailbox
};

// Those that can be taken back and were not yet, by UID.
Result<std::vector<ExpungedMessage>> list_expunged(const LocalStore& store,
                                                   const model::MailboxEntry& entry);

struct TakeBack {
    std::function<bool(const ExpungedMessage&)> is_wanted;
    bool without_deleted = false;  // \Deleted is taken off
    std::string flag;              // a keyword, or "\Flag", that each gets; "": none
};

// The UIDs before and after. All or none.
Result<std::vector<std::pair<uint32_t, uint32_t>>> take_back(LocalStore& store,
                                                             const model::MailboxEntry& entry,
                                                             const TakeBack& how);

}  // namespace rookery::store

#endif
