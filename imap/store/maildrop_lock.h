// LocalMaildrop: the right to a mailbox as a maildrop, which one session at a time has.
//
// An flock(2) lock on a file of its own in the mailbox's directory, which is made when a maildrop
// is wanted first: it ends with the process that holds it, and nobody who reads or writes the
// mailbox waits for it. It goes where the directory goes; where a rename copies the mailbox the
// session that has the lock has the old one, from which nothing can be removed any more.
// When there was a poll is in the header of the index. Codes: busy, those of MailboxWriter. One
// thread.
#ifndef ROOKERY_IMAP_STORE_MAILDROP_LOCK_H
#define ROOKERY_IMAP_STORE_MAILDROP_LOCK_H

#include <memory>

#include "imap/mailbox/mailbox_store.h"
#include "imap/store/mailbox_access.h"

namespace rookery::store {

inline constexpr const char* kMaildropName = "rookery.maildrop";

class LocalMaildrop final : public mailbox::MaildropLock {
 public:
    // busy at once where another has it. store: outlives it.
    static Result<std::unique_ptr<LocalMaildrop>> take(const MailboxAccess& store,
                                                       const model::MailboxEntry& entry);

    Result<bool> note_poll(int64_t now, Seconds apart, int padding) override;

 private:
    LocalMaildrop(const MailboxAccess& store, uint64_t name_hash, Fd directory)
        : store_(store), name_hash_(name_hash), directory_(std::move(directory))
    {
    }
    Result<MailboxWriter> writer(bool thawing) const;
    Result<Fd> open_lock() const;

    const MailboxAccess& store_;
    const uint64_t name_hash_;
    Fd directory_;
    Fd lock_;
};

}  // namespace rookery::store

#endif
