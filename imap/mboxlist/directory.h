// Directory: where mailboxes are. One interface over the mailbox list, whatever holds it.
//
// Implementations: StoreDirectory (over lib/db), KickingDirectory (a frontend's: asks the replica
// to catch up), MemoryDirectory (tests). Only what writes a list whole (replica, undump, moves)
// calls commit(); changes of the namespace go through imap/cluster/operations.h.
// Order is that of MailboxName::key() everywhere. A scan is not a snapshot: a name that existed
// throughout comes exactly once and in order (doc/rules.md 3.1).
// Codes: not_found, exists, reserved, unavailable, behind, denied, io, no_space, corrupt, limit.
// Thread rule: one thread at a time; open after fork.
#ifndef ROOKERY_IMAP_MBOXLIST_DIRECTORY_H
#define ROOKERY_IMAP_MBOXLIST_DIRECTORY_H

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imap/mboxlist/change.h"
#include "lib/auth/identity.h"
#include "lib/base/result.h"

namespace rookery::mboxlist {

// What a scan's callback wants next.
struct Next {
    enum class What { go_on, stop, seek } what = What::go_on;
    std::string key;  // seek: the first entry with a key >= this (must be > the present one)
    static Next go_on() { return {}; }
    static Next stop() { return {What::stop, {}}; }
    static Next seek(std::string k) { return {What::seek, std::move(k)}; }
};

class ListLoad;

class Directory {
 public:
    virtual ~Directory();

    // --- reading
    virtual Result<MailboxEntry> lookup(const MailboxName& name) = 0;
    // Entries from the first key >= from, in order, until the callback stops. Includes reserved,
    // moving and deleted (tombstone) entries: callers that list for clients skip what is not
    // active.
    virtual Status scan(const std::string& from_key,
                        const std::function<Next(const MailboxEntry&)>& each) = 0;
    // The same over the entries of one server ("" = this one).
    virtual Status scan_server(const std::string& server,
                               const std::function<Next(const MailboxEntry&)>& each) = 0;
    // Names on which one of the identifiers (userid, group:x, anyone) has an ACL entry, in order.
    virtual Status scan_identifiers(std::span<const std::string> identifiers,
                                    const std::function<Next(const MailboxEntry&)>& each) = 0;
    // Entries with a change that the master has not confirmed (pending != none), in order.
    virtual Status scan_pending(const std::function<Next(const MailboxEntry&)>& each);
    virtual Result<uint64_t> count() = 0;

    // --- raw writing: one transaction. Erasing a name
    // that is not there is no error. Whoever has many cuts them into kMaxBatch (doc/rules.md 3.2).
    virtual Status commit(std::span<const Change> changes) = 0;
    // The same with marks. unsupported where a list keeps none.
    virtual Status commit_marked(std::span<const Change> changes, std::span<const Mark> marks);
    virtual Result<std::string> mark(std::string_view name);
    // For a list that is empty (list_load.h). unsupported: batches are the only way.
    virtual Result<std::unique_ptr<ListLoad>> bulk_load();

    // --- catching up. Asks the replica to hear the master's latest, at most 2 s. success: the list
    // is now current (or is the truth itself); behind: it could not be made so.
    virtual Status catch_up();
};

}  // namespace rookery::mboxlist

#endif
