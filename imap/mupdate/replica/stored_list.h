// StoredList: the list of a replica as it lies in the store of the mailbox list.
//
// Nothing of it is kept in memory but the names of the latest changes; so a frontend of a million
// mailboxes costs what the file cache holds. Serials are the replica's own, from 1 at each start.
// The store has one user at a time: the lock is held for one batch of a scan, or one commit.
// Mailboxes of this server itself (a unified murder) are its own affair: not shown here.
// Codes of writing: those of Directory. Thread rule: any thread; writing by one.
#ifndef ROOKERY_IMAP_MUPDATE_REPLICA_STORED_LIST_H
#define ROOKERY_IMAP_MUPDATE_REPLICA_STORED_LIST_H

#include <memory>
#include <span>
#include <string>

#include "imap/mboxlist/directory.h"
#include "imap/mboxlist/list_load.h"
#include "imap/mboxlist/store_directory.h"
#include "imap/mupdate/master/change_ring.h"
#include "imap/mupdate/server/served_list.h"
#include "lib/base/guarded.h"

namespace rookery::mupdate {

class StoredList final : public ServedList {
 public:
    explicit StoredList(std::unique_ptr<mboxlist::StoreDirectory> store);

    std::optional<ListEntry> find(const std::string& key) override;
    uint64_t serial() override;
    uint64_t size() override;
    std::map<std::string, uint64_t> count_by_server() override;
    void dump(DumpCursor& cursor, const Filter& filter, std::string_view tag, std::string& out,
              size_t max_bytes) override;
    Streamed stream(uint64_t& position, const Filter& filter, std::string_view tag,
                    std::string& out, size_t max_bytes) override;
    bool reaches_back_to(const Position& at) override;

    Result<model::MailboxEntry> lookup(const model::MailboxName& name);
    Result<std::string> mark(std::string_view name);
    // Up to `most` entries from a key on, own ones and tombstones too. The key to go on from, ""
    // at the end.
    Result<std::string> walk(const std::string& from, size_t most,
                             const std::function<void(const model::MailboxEntry&)>& each);
    Status commit(std::span<const mboxlist::Change> changes, std::span<const mboxlist::Mark> marks);
    // Everything in it is readable and agrees. Code::corrupt names the first thing that is wrong.
    Status check();
    Result<bool> is_empty();
    // Another list in place of this one. Who follows has to begin again.
    Result<std::unique_ptr<mboxlist::ListLoad>> bulk_load();
    Status finish(mboxlist::ListLoad& load, std::span<const mboxlist::Mark> marks);

 private:
    struct State {
        std::unique_ptr<mboxlist::StoreDirectory> store;
        ChangeRing ring;
        uint64_t serial = 1;
    };

    Guarded<State> state_;
};

}  // namespace rookery::mupdate

#endif
