// Agent: what a backend owes the mupdate master, told (doc/ARCHITECTURE.md, doc/rules.md 2.5, 4.5).
//
// Run by ctl_mboxlist -m at START, by ctl_mboxlist -s each mupdate_agent_interval, and by murder
// check --apply; one at a time. It asks the master how this server stands to it and does what
// follows: settles pending changes, tells the whole list to a master that began a new epoch or
// recovers, tells nothing to one that refuses it, and after this server was restored from a backup
// only reports, until an administrator says apply.
// Marks of the local list: push-wanted (a whole push is due), restored (reports only), and that of
// master_position.h.
// Codes: unavailable, timeout (no master within wait), denied (the master's list never was where
// this one is), busy (another agent runs), and those of the local list. One thread.
#ifndef ROOKERY_IMAP_CLUSTER_AGENT_H
#define ROOKERY_IMAP_CLUSTER_AGENT_H

#include <optional>

#include "imap/cluster/master_position.h"
#include "imap/cluster/operations.h"
#include "imap/cluster/push.h"

namespace rookery::cluster {

struct AgentOptions {
    bool whole = false;    // the whole list, whatever the master knows
    bool apply = false;    // after a restore: what is here is the truth
    Milliseconds wait{0};  // for a master that is not there yet
    PushOptions push;
};

struct AgentRun {
    Standing standing = Standing::unknown;
    bool only_reported = false;          // this server was restored
    std::optional<PushSummary> summary;  // none: only pending changes were settled
};

Result<AgentRun> run_agent(const config::Config& config, Operations& local,
                           const AgentOptions& options);

// True if this server was restored and only reports.
bool only_reports(mboxlist::Directory& local);

}  // namespace rookery::cluster

#endif
