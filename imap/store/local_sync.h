// LocalSync: the mailboxes of this server as records and files. Implements
// imap/mailbox/sync_store.h (see there) over a LocalStore, which must outlive it. One thread.
#ifndef ROOKERY_IMAP_STORE_LOCAL_SYNC_H
#define ROOKERY_IMAP_STORE_LOCAL_SYNC_H

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "imap/mailbox/mailbox_store.h"
#include "imap/mailbox/sync_store.h"
#include "imap/store/local_store.h"

namespace rookery::store {

class LocalSync final : public mailbox::SyncStore {
 public:
    explicit LocalSync(LocalStore& store) : store_(store) {}

    Result<mailbox::SyncMailbox> read(const model::MailboxEntry& entry, uint64_t since) override;
    Result<std::unique_ptr<mailbox::Content>> message(const model::MailboxEntry& entry,
                                                      uint32_t uid) override;
    Status merge(const model::MailboxEntry& entry, const mailbox::SyncMailbox& from,
                 const mailbox::SyncFiles& files) override;
    Status expunge(const model::MailboxEntry& entry, std::span<const uint32_t> uids) override;
    Result<std::unique_ptr<mailbox::StagedMessage>> stage_exact(
        const std::string& partition) override;
    Status write_exact(mailbox::StagedMessage& staged, std::string_view bytes) override;
    Result<mailbox::Guid> finish(mailbox::StagedMessage& staged) override;
    Status freeze(const model::MailboxEntry& entry, bool frozen) override;
    Status leave(const model::MailboxEntry& entry) override;
    Result<SeenOf> seen_of_mailboxes(const std::set<std::string>& uniqueids,
                                     int64_t changed_since) override;
    Result<std::map<std::string, mailbox::SyncSeen>> seen_of(const std::string& userid) override;
    Status put_seen(const std::string& uniqueid, const mailbox::SyncSeen& seen,
                    bool replace) override;

 private:
    LocalStore& store_;
};

// For a store that open_local_store() gave.
std::unique_ptr<mailbox::SyncStore> make_local_sync(mailbox::MailboxStore& store);

}  // namespace rookery::store

#endif
