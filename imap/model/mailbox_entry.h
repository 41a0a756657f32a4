// MailboxEntry: one line of the mailbox list.
#ifndef ROOKERY_IMAP_MODEL_MAILBOX_ENTRY_H
#define ROOKERY_IMAP_MODEL_MAILBOX_ENTRY_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "imap/model/acl.h"
#include "imap/model/location.h"
#include "imap/model/mailbox_name.h"

namespace rookery::model {

enum class EntryState : unsigned char {
    active,
    reserved,  // claimed, no mailbox yet; or between the two ends of a move; or coming in
    moving,    // frozen: writes are refused here; with a `server`: gone there, files still here
    deleted,   // not there any more, and something is left to be done about it
};

// The step of a change of the namespace that is under way (imap/cluster/operations.h says what each
// means together with the state). An entry that has one and whose name nobody locks is what a crash
// has left.
enum class Pending : unsigned char {
    none,
    create,
    remove,
    rename_in,      // the new name of a rename
    update,         // another ACL
    rename_out,     // the old name of a rename
    partition_out,  // on its way to another partition; the entry says the old one
    partition_in,   // there; the old one's files go
};

// The other side of a rename or of a change of partition.
struct Counterpart {
    MailboxName name;
    std::string partition;
    bool operator==(const Counterpart&) const = default;
};

struct MailboxEntry {
    MailboxName name;
    EntryState state = EntryState::active;
    std::string server;  // "" = this server; else as on the wire
    std::string partition;
    Acl acl;
    std::string uniqueid;      // stable across renames and moves; hexadecimal
    uint64_t uidvalidity = 0;  // 0 = not known here
    uint64_t serial = 0;       // of the change that made this state; 0 = none
    Pending pending = Pending::none;
    // On a server that also proxies (mupdate_config: unified), while what is here is not in use:
    // where the mupdate master says that the mailbox is.
    std::optional<WireLocation> elsewhere = std::nullopt;
    // While a rename or a change of partition is under way.
    std::optional<Counterpart> other = std::nullopt;
    std::string operation = {};  // the rename's; letters a to p

    bool is_local() const { return server.empty(); }
    // The copy of a mailbox that is still at another server (imap/sync): nobody uses it yet.
    bool is_incoming() const
    {
        return is_local() && state == EntryState::reserved && pending == Pending::none;
    }
    // Moved away, and the copy still here. Deleted there since: a tombstone, with its server.
    bool has_left() const
    {
        return !is_local() && (state == EntryState::moving || state == EntryState::deleted);
    }
    // There is a mailbox of this name, as far as clients can tell.
    bool is_there() const { return state == EntryState::active || state == EntryState::moving; }
    // On the server of that name, which asks.
    bool is_at(std::string_view own_name) const { return is_local() || server == own_name; }
    // As one who looks for the mailbox sees it, whatever copy is here.
    MailboxEntry seen() const
    {
        if (!elsewhere) return *this;
        return {.name = name,
                .server = elsewhere->server,
                .partition = elsewhere->partition,
                .acl = acl,
                .uniqueid = {}};
    }
    Location location() const
    {
        if (server.empty()) return Local{partition};
        return Remote{server, partition};
    }
};

}  // namespace rookery::model

#endif
