#include "imap/mupdate/start_options.h"

namespace rookery::mupdate {

Result<Policy> policy_of(const config::Config& config)
{
    Policy policy;
    policy.last_claim_wins = config.mupdate_conflict() == config::MupdateConflict::last;
    policy.lease = config.mupdate_lease();
    policy.move_settle = config.mupdate_move_settle();
    policy.move_warn = config.mupdate_move_warn();
    auto guard = DeleteGuard::parse(config.mupdate_max_deletes());
    if (!guard) return Error{Code::config, "mupdate_max_deletes is a number or a percentage"};
    policy.max_deletes = *guard;
    return policy;
}

Status check_workers(const config::Config& config)
{
    const int64_t start = config.mupdate_workers_start();
    const int64_t min_spare = config.mupdate_workers_minspare();
    const int64_t max_spare = config.mupdate_workers_maxspare();
    const int64_t max = config.mupdate_workers_max();
    if (start < min_spare || max_spare < start || max < start || max < min_spare)
        return Error{Code::config,
                     "mupdate_workers_start, _minspare, _maxspare and _max do not fit"};
    return success();
}

}  // namespace rookery::mupdate
