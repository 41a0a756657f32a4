// ListEntry: what the master knows of one mailbox name, and its form in the change log.
//
// location and acl are kept as they came on the wire, each text once (shared_text.h). Extra holds
// what few entries have: the lease of a new name, an open move, claims of other servers
// (doc/rules.md 1).
// It is immutable and shared by copies of the entry (readers copy entries out under the list's
// lock), hence the shared_ptr.
// Codes: corrupt (decode). Values.
#ifndef ROOKERY_IMAP_MUPDATE_MASTER_LIST_ENTRY_H
#define ROOKERY_IMAP_MUPDATE_MASTER_LIST_ENTRY_H

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/mupdate/master/shared_text.h"
#include "lib/base/clock.h"
#include "lib/base/result.h"

namespace rookery::mupdate {

// Another server says that it holds the mailbox too. Shown, never acted on.
struct Claim {
    std::string location;
    std::string acl;
    std::string identity;  // who said so
    int64_t since = 0;     // wall clock
};

// Opened by DEACTIVATE (doc/rules.md 1.1).
struct Move {
    std::string from_location;  // the holder then
    std::string from_acl;
    std::string other_server;              // "" until one has shown itself
    int64_t opened = 0;                    // wall clock
    std::optional<MonotonicTime> settles;  // set by the last ACTIVATE
};

struct Extra {
    std::optional<MonotonicTime> lease_end;  // RESERVE of a name that was not in the list
    std::optional<Move> move;
    std::vector<Claim> claims;

    bool empty() const { return !lease_end && !move && claims.empty(); }
};

struct ListEntry {
    bool active = false;  // else reserved
    SharedText location;
    SharedText acl;       // kept while reserved
    SharedText identity;  // who made it so; "" = not known any more
    uint64_t serial = 0;
    std::shared_ptr<const Extra> extra;

    const Extra& extras() const;
    void set_extra(Extra value);
};

// The part of a location in front of '!'.
std::string_view server_of(std::string_view location);
// Keys of MailboxName::key() and back, without checking.
std::string name_of_key(std::string_view key);

// One change: the whole new state of a name, or that it is gone. Times are stored as what is left.
struct Change {
    std::string key;
    std::optional<ListEntry> after;
};
std::string encode_change(const Change& change, MonotonicTime now);
Result<Change> decode_change(std::string_view bytes, MonotonicTime now);

}  // namespace rookery::mupdate

#endif
