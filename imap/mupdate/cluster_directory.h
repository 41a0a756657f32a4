// ClusterDirectory: the mailbox list of a backend in a murder (RULES 4).
//
// Decorates the local list: each operation of the namespace is told to the mupdate master, with the
// local list as its journal. The intent is committed as a pending entry before the master hears of
// it, under the name's lock; a pending entry without a lock is what a crash has left, and
// settle_pending() completes or undoes it:
//   reserved, create / rename_new    ACTIVATE was not sent: undone (the name is given back)
//   active, create / rename_new / update    completed: ACTIVATE
//   deleted, remove                  a tombstone: conditional DELETE, then it goes
// Master unreachable: create and rename are refused (no_master, nothing changed); remove, update
// and a rename into the deleted namespace are done here and told later. An ACTIVATE that the master
// refuses leaves the mailbox as it is, logged as a conflict.
// Codes: those of Directory; no_master, exists (the master says so), busy (the name's
// lock was not free for kLockWait). One thread; open after fork. Owns the list below.
#ifndef ROOKERY_IMAP_MUPDATE_CLUSTER_DIRECTORY_H
#define ROOKERY_IMAP_MUPDATE_CLUSTER_DIRECTORY_H

#include <memory>
#include <string>
#include <vector>

#include "imap/mboxlist/directory.h"
#include "imap/mupdate/client.h"
#include "imap/mupdate/name_locks.h"
#include "lib/config/config.h"

namespace rookery::mupdate {

class ClusterDirectory : public mboxlist::Directory {
 public:
    // config must outlive it.
    ClusterDirectory(const config::Config& config, std::unique_ptr<mboxlist::Directory> local);

    Status create(const model::MailboxEntry& entry, const mboxlist::LocalStep& step) override;
    Status remove(const model::MailboxEntry& entry, const mboxlist::LocalStep& step) override;
    Status rename(std::span<const model::MailboxEntry> from,
                  std::span<const model::MailboxEntry> to,
                  const mboxlist::LocalStep& step) override;
    Status update(const model::MailboxEntry& entry, const mboxlist::LocalStep& step) override;
    bool is_told_later() const override { return told_later_; }
    Status push(const model::MailboxName& name) override;

    // Tells the master what it has not heard. success: nothing is left but what others work on.
    Status settle_pending();

    // --- the local list
    Result<model::MailboxEntry> lookup(const model::MailboxName& name) override;
    Status scan(const std::string& from_key,
                const std::function<mboxlist::Next(const model::MailboxEntry&)>& each) override;
    Status scan_server(
        const std::string& server,
        const std::function<mboxlist::Next(const model::MailboxEntry&)>& each) override;
    Status scan_identifiers(
        std::span<const std::string> identifiers,
        const std::function<mboxlist::Next(const model::MailboxEntry&)>& each) override;
    Status scan_pending(
        const std::function<mboxlist::Next(const model::MailboxEntry&)>& each) override;
    Result<uint64_t> count() override { return local_->count(); }
    Status commit(std::span<const mboxlist::Change> changes) override
    {
        return local_->commit(changes);
    }
    Status commit_marked(std::span<const mboxlist::Change> changes,
                         std::span<const mboxlist::Mark> marks) override
    {
        return local_->commit_marked(changes, marks);
    }
    Result<std::string> mark(std::string_view name) override { return local_->mark(name); }
    Status catch_up() override { return local_->catch_up(); }

    // "servername!partition": where the master is told that an entry of ours is.
    std::string location(const model::MailboxEntry& entry) const;

 private:
    Result<std::unique_ptr<Client>> connect() const;
    void tell_later(std::string_view what, const model::MailboxName& name, const Error& why);
    Status settle_own(const model::MailboxName& name, Client* master);
    Status settle_entry(const model::MailboxEntry& entry, Client& master);
    Status check_free(const model::MailboxName& name, Client* master);
    Status put(model::MailboxEntry entry);
    Status release(const model::MailboxName& name);
    Status activate(const model::MailboxEntry& entry, Client& master, bool* refused = nullptr);
    Status arrive(const model::MailboxEntry& entry, Client& master, bool& refused);
    Result<model::MailboxEntry> lookup_unmoved(const model::MailboxName& name);
    Status give_back(const model::MailboxEntry& entry, Client& master);
    Status reserve_all(std::span<const model::MailboxEntry> to, Client& master);
    Status undo_all(std::span<const model::MailboxEntry> to, Client* master);
    Status announce(std::span<const model::MailboxEntry> from,
                    std::span<const model::MailboxEntry> to, Client& master);

    const config::Config& config_;
    std::unique_ptr<mboxlist::Directory> local_;
    NameLocks locks_;
    bool told_later_ = false;
    std::unique_ptr<Client> push_connection_;  // kept for a series of push()
};

// The list as imapd.conf(5) describes this server: plain without mupdate_server, a replica with its
// kick on a frontend, a ClusterDirectory on a backend (WIRE 1.8). config must outlive it.
Result<std::unique_ptr<mboxlist::Directory>> open_cluster_directory(const config::Config& config);

}  // namespace rookery::mupdate

#endif
