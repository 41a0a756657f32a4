#include "imap/admin/stranded_mailboxes.h"

namespace rookery::admin {

Status each_stranded(store::StrandedScan& scan, cluster::NameLocks& locks,
                     const std::function<void(const store::Stranded&)>& each)
{
    TRY_ASSIGN(const auto suspects, scan.suspects());
    for (const store::Stranded& suspect : suspects) {
        const auto names = suspect.names();
        auto held = locks.lock(names);
        if (held.is(Code::busy)) continue;
        if (!held) return std::move(held).error();
        TRY_ASSIGN(const auto now, scan.look_again(suspect));
        if (now) each(*now);
    }
    return success();
}

}  // namespace rookery::admin
