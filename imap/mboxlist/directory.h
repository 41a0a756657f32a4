// Directory: where mailboxes are. One interface over the mailbox list, whatever holds it.
//
// Implementations: StoreDirectory (over lib/db), KickingDirectory (a frontend's: asks the replica
// to catch up), MemoryDirectory (tests). Only what writes a list whole (replica, undump, moves)
// calls commit(); changes of the namespace go through imap/cluster/operations.h.
// Order is that of MailboxName::key() everywhere. A scan is not a snapshot: a name that existed
// throughout comes exactly once and in order (RULES 3.1).
// Codes: not_found, exists, reserved, unavailable, behind, denied, io, no_space, corrupt, limit.
// Thread rule: one thread at a time; open after fork.
#ifndef ROOKERY_IMAP_MBOXLIST_DIRECTORY_H
#define ROOKERY_IMAP_MBOXLIST_DIRECTORY_H

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imap/model/mailbox_entry.h"
#include "lib/auth/identity.h"
#include "lib/base/result.h"

namespace rookery::mboxlist {

inline constexpr size_t kMaxBatch = 1000;

using model::MailboxEntry;
using model::MailboxName;

// One write of a batch. The last three depend on the entry that is there in the transaction: they
// are for a server that holds mail and a replica in one list (mupdate_config: unified).
struct Change {
    enum class Kind {
        put,
        erase,
        release,   // what is here goes: the entry shows where the mailbox is now, or goes too
        hear,      // the mupdate master says this; what is here stays
        hear_gone  // the mupdate master has it no more; what is here stays
    } kind = Kind::put;
    std::optional<MailboxEntry> entry;  // put, hear
    std::optional<MailboxName> name;    // the others
    static Change put(MailboxEntry e) { return Change{Kind::put, std::move(e), std::nullopt}; }
    static Change erase(MailboxName n) { return Change{Kind::erase, std::nullopt, std::move(n)}; }
    static Change release(MailboxName n)
    {
        return Change{Kind::release, std::nullopt, std::move(n)};
    }
    static Change hear(MailboxEntry e) { return Change{Kind::hear, std::move(e), std::nullopt}; }
    static Change hear_gone(MailboxName n)
    {
        return Change{Kind::hear_gone, std::nullopt, std::move(n)};
    }
    const MailboxName& of() const { return entry ? entry->name : *name; }
    bool is_plain() const { return kind == Kind::put || kind == Kind::erase; }
};
// The put or erase that a change is where `before` is the entry now; none: nothing is to be done.
std::optional<Change> resolve(const Change& change, const std::optional<MailboxEntry>& before);

// Something the owner of a list keeps beside it and changes in the same transaction: where a
// replica stands (epoch, serial), the boot identity it was written under. name: [a-z-], at most 32
// bytes.
struct Mark {
    std::string name;
    std::string value;  // empty: the mark goes
};

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
    // that is not there is no error. Whoever has many cuts them into kMaxBatch (RULES 3.2).
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
