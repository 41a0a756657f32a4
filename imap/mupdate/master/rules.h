// What the master answers to a change, and what the change does: no I/O, no locks (doc/rules.md 1).
//
// Each decide_ function looks at the entry as it is (queued changes included) and gives a Verdict.
// A refusal may change something too: a claim is recorded. Texts are Cyrus'
// (doc/protocols/mupdate.md); those that Cyrus does not have name the holder, so that the log of
// the server that asked says what is wrong.
// Pure; any thread.
#ifndef ROOKERY_IMAP_MUPDATE_MASTER_RULES_H
#define ROOKERY_IMAP_MUPDATE_MASTER_RULES_H

#include <optional>
#include <string>
#include <string_view>

#include "imap/mupdate/master/list_entry.h"
#include "lib/base/clock.h"

namespace rookery::mupdate {

// How many removals one sync may do: a number, a percentage ("10%", and never fewer than
// kAlwaysAllowed then), 0 = no limit.
struct DeleteGuard {
    static constexpr uint64_t kAlwaysAllowed = 100;
    uint64_t number = 0;
    unsigned percent = 0;

    static Result<DeleteGuard> parse(std::string_view text);
    uint64_t allowed(uint64_t entries) const;
};

struct Policy {
    bool last_claim_wins = false;  // mupdate_conflict: last
    Seconds lease{900};            // mupdate_lease
    Seconds move_settle{86400};    // mupdate_move_settle
    Seconds move_warn{86400};      // mupdate_move_warn
    DeleteGuard max_deletes{};     // mupdate_max_deletes
};

// One connection, as far as rules look at it.
struct Caller {
    std::string identity;                      // who authenticated
    std::optional<std::string> listed_server;  // S after LIST "S!"
    uint64_t deletes = 0;                      // since then
    uint64_t deletes_allowed = UINT64_MAX;
};

struct Verdict {
    bool ok = true;
    std::string text = "done";
    Code code = Code::denied;        // of a refusal
    bool changes = false;            // after is the new state
    bool visible = false;            // listeners want to know
    std::optional<ListEntry> after;  // none: erased
};

struct Question {
    const ListEntry* entry;  // none: nullptr
    const Caller& caller;
    const Policy& policy;
    MonotonicTime now;
    bool additions_only = false;  // doc/rules.md 2.5: nothing that is held leaves the list
};

Verdict decide_activate(const Question& q, std::string_view location, std::string_view acl);
Verdict decide_reserve(const Question& q, std::string_view location);
Verdict decide_deactivate(const Question& q, std::string_view location);
// expected: refused when the name is not at that location's server (doc/rules.md 1.4), whose claim,
// if it has one, goes; "" = wherever.
Verdict decide_delete(const Question& q, std::string_view expected = {});

// RESOLVE: of the holder and those that claim, this server has it; other claims are forgotten.
Verdict decide_resolve(const Question& q, std::string_view server);

// Is the lease of this entry over?
bool lease_ended(const ListEntry& entry, MonotonicTime now);
// What becomes of it then: the name goes to the first that claimed it meanwhile, or from the list.
// none: its lease is not over.
std::optional<Verdict> decide_lease_end(const ListEntry& entry, MonotonicTime now);
// The line that caller is shown for an entry by LIST "S!" or FIND (doc/rules.md 1.3): none, the
// entry, or its own claim.
struct Shown {
    bool active = false;
    std::string_view location;
    std::string_view acl;
};
inline Shown shown_to_all(const ListEntry& entry)
{
    return {entry.active, entry.location, entry.acl};
}
std::optional<Shown> shown_in_find(const ListEntry& entry, const Caller& caller);
std::optional<Shown> shown_in_list(const ListEntry& entry, std::string_view prefix);

}  // namespace rookery::mupdate

#endif
