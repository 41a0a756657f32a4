// Copier: makes the destination's mailboxes what they are here, as often as it is asked, and looks
// whether they are. One for each move; remembers what the destination has, so that a later pass
// sends only what changed. Codes: those of SyncClient and the store; corrupt: compare() found a
// difference. One thread.
#ifndef ROOKERY_IMAP_SYNC_COPIER_H
#define ROOKERY_IMAP_SYNC_COPIER_H

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "imap/sync/client.h"
#include "imap/sync/mailbox_dlist.h"
#include "imap/sync/server.h"
#include "imap/sync/services.h"

namespace rookery::sync {

class Copier {
 public:
    // is_new: nothing that is at the destination is of this move. At a server of Cyrus it is then
    // somebody's mail: the copy is refused (exists), and nothing there is removed or changed.
    Copier(const LocalSide& here, SyncClient& there, std::string partition, bool is_new,
           MoveService::Progress progress);

    // One pass over all of them. Gives how many messages' records were sent.
    Result<uint64_t> copy(std::span<const model::MailboxEntry> entries);
    // Quota roots, what others have seen, subscriptions and scripts of the user ("": none).
    Status copy_around(std::span<const model::MailboxEntry> entries, const std::string& userid);
    // Reads back and compares.
    Status compare(std::span<const model::MailboxEntry> entries, const std::string& userid);
    // Removes what was copied; at a server of Cyrus only what this object knows to be its own.
    // A mailbox that is in use there is an error.
    Status remove(std::span<const model::MailboxEntry> entries);
    // And what copy_around() brought, if it did, once remove() has succeeded: quota roots, and if
    // the INBOX was to come, subscriptions and scripts. What was seen stays: it may be of others.
    Status remove_around(std::span<const model::MailboxEntry> entries, const std::string& userid);

 private:
    struct Remote {
        bool known = false;  // the destination was asked
        bool there = false;
        bool placed = false;        // on the partition that was asked for
        uint64_t sent_to = 0;       // modseq up to which it has everything
        std::set<uint32_t> uids{};  // of the first look: what it has
        std::string fixed{};        // acl and special use, as sent
    };
    struct RemoteUser {
        std::vector<std::string> subscriptions;
        std::map<std::string, mailbox::SyncSeen> seen;
        std::set<std::string> scripts;
        std::string active;
    };

    Status look(const model::MailboxEntry& entry, Remote& remote);
    Status check_partition(const model::MailboxEntry& entry);
    Result<uint64_t> copy_one(const model::MailboxEntry& entry);
    Status upload(const model::MailboxEntry& entry, std::span<const mailbox::SyncRecord> records);
    bool is_own(const model::MailboxEntry& entry) const;
    Status send_records(const model::MailboxEntry& entry, const mailbox::SyncMailbox& box,
                        std::span<const mailbox::SyncRecord> records, bool last);
    Status send_file(const model::MailboxEntry& entry, const mailbox::SyncRecord& record);
    Status compare_one(const model::MailboxEntry& entry);
    Result<RemoteUser> look_at_user(const std::string& userid);
    // By entry and user. there: at the destination.
    using AnnotationMap = std::map<std::pair<std::string, std::string>, std::string>;
    Result<AnnotationMap> annotations_here(const model::MailboxEntry& entry);
    Result<AnnotationMap> annotations_there(const model::MailboxEntry& entry);
    Status copy_annotations(const model::MailboxEntry& entry);
    Status copy_quotas(std::span<const model::MailboxEntry> entries);
    Status copy_seen(std::span<const model::MailboxEntry> entries);
    Status copy_user(const std::string& userid);
    Status remove_user(const std::string& userid, const RemoteUser& there);
    Status compare_seen(std::span<const model::MailboxEntry> entries);
    Status compare_user(const std::string& userid);
    std::string partition_of(const model::MailboxEntry& entry) const;
    void say(std::string_view what);

    LocalSide here_;
    SyncClient& there_;
    std::string partition_;
    bool is_new_;
    MoveService::Progress progress_;
    MonotonicTime said_{};
    std::map<std::string, Remote> remotes_;               // by internal name
    std::map<std::string, mailbox::SyncSeen> seen_sent_;  // by uniqueid and user
    int64_t seen_since_ = 0;
    bool copied_around_ = false;
    uint64_t copied_ = 0;
    uint64_t bytes_ = 0;
};

}  // namespace rookery::sync

#endif
