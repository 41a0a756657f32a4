// Change and Mark: what is written to a mailbox list in one transaction.
//
// resolve() says what a change comes to where there is an entry already. Cannot fail; values.
#ifndef ROOKERY_IMAP_MBOXLIST_CHANGE_H
#define ROOKERY_IMAP_MBOXLIST_CHANGE_H

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "imap/model/mailbox_entry.h"

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

}  // namespace rookery::mboxlist

#endif
