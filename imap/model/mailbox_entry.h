// MailboxEntry: one line of the mailbox list.
#ifndef ROOKERY_IMAP_MODEL_MAILBOX_ENTRY_H
#define ROOKERY_IMAP_MODEL_MAILBOX_ENTRY_H

#include <cstdint>
#include <optional>
#include <string>

#include "imap/model/acl.h"
#include "imap/model/location.h"
#include "imap/model/mailbox_name.h"

namespace rookery::model {

enum class EntryState : unsigned char {
    active,
    reserved,  // claimed, no mailbox yet; or between the two ends of a move; or coming in
    moving,    // frozen: writes are refused here; with a `server`: gone there, files still here
    deleted,   // a tombstone that the master has not heard of yet
};

// A change of the namespace that the master has not confirmed (RULES 4).
enum class Pending : unsigned char { none, create, remove, rename_new, update };

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
