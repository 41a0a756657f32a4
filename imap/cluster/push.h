// Push: makes the mupdate master's idea of this server's mailboxes that of the local list
// (ctl_mboxlist -m, doc/rules.md 1.3-1.5, 4.4).
//
// Compares sets, whatever order the master lists in. Settles pending changes first, tells what is
// missing or different, removes what is not here any more (never more than mupdate_max_deletes,
// nothing at all if the local list is empty). A mailbox that another server holds stays here and
// there: it is reported as a conflict, unless authoritative, which takes the name over and leaves
// the other server's claim on record. Local mail is never touched.
// Codes: those of Client and of the local list; busy: go_on said no. One thread.
#ifndef ROOKERY_IMAP_CLUSTER_PUSH_H
#define ROOKERY_IMAP_CLUSTER_PUSH_H

#include <cstdint>
#include <functional>
#include <string_view>

#include "imap/cluster/operations.h"

namespace rookery::cluster {

struct PushOptions {
    bool warn_only = false;       // -w: say, do not do
    bool authoritative = false;   // -a
    bool additions_only = false;  // the master recovers: removals wait
    // Each thing that is done, one line without its end: "Force Activate: user.bob".
    std::function<void(std::string_view)> say = {};
    // How many of the changes have been told, and how many there are. False: what has been sent is
    // waited for, and no more is: busy.
    std::function<bool(uint64_t done, uint64_t all)> go_on = {};
};

struct PushSummary {
    uint64_t mailboxes = 0;  // here
    uint64_t unchanged = 0;  // the master knew them as they are
    uint64_t activated = 0;
    uint64_t removed = 0;
    uint64_t conflicts = 0;
    uint64_t failed = 0;         // the master refused for another reason
    uint64_t settled = 0;        // was pending
    uint64_t pending = 0;        // left to the agent or to who works on them
    bool removals_held = false;  // too many: none was done
};

Result<PushSummary> push_all(const config::Config& config, Operations& local, Client& master,
                             const PushOptions& options);
std::string to_string(const PushSummary& summary);

}  // namespace rookery::cluster

#endif
