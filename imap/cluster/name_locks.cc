#include "imap/cluster/name_locks.h"

#include <vector>

#include "lib/base/fd.h"
#include "lib/base/strings.h"

namespace rookery::cluster {

NameLocks::NameLocks(const config::Config& config, std::string_view file)
    : path_(config.mboxname_lockpath().empty() ? cat(config.configdirectory(), "/lock")
                                               : config.mboxname_lockpath()),
      name_(file)
{
}

Result<NameLocks::Held> NameLocks::lock(std::span<const model::MailboxName> names,
                                        Milliseconds wait)
{
    if (!locks_) {
        TRY(make_directories(path_));
        TRY_ASSIGN(locks_, ByteLocks::open(cat(path_, '/', name_)));
    }
    std::vector<std::string> held;
    held.reserve(names.size());
    for (const model::MailboxName& name : names) held.emplace_back(name.internal());
    auto locked = locks_->lock(held, Deadline::after(wait));
    if (locked.is(Code::busy))
        return Error{Code::busy, "another process works on this mailbox name"};
    return locked;
}

}  // namespace rookery::cluster
