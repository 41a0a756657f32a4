// NameLocks: which mailbox names this process works on, told to the others (lib/base/byte_locks.h).
//
// The file is <mboxname_lockpath or configdirectory/lock>/names. Another file there means another
// thing: "incoming" is held, for as long as its connection lasts, by who brings a mailbox in.
// Codes: busy (not free in time), io. One thread; open after fork.
#ifndef ROOKERY_IMAP_CLUSTER_NAME_LOCKS_H
#define ROOKERY_IMAP_CLUSTER_NAME_LOCKS_H

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "imap/model/mailbox_name.h"
#include "lib/base/byte_locks.h"
#include "lib/base/clock.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::cluster {

class NameLocks {
 public:
    static constexpr Seconds kLockWait{30};
    static constexpr std::string_view kNames = "names";
    static constexpr std::string_view kIncoming = "incoming";

    explicit NameLocks(const config::Config& config, std::string_view file = kNames);

    using Held = ByteLocks::Held;
    Result<Held> lock(std::span<const model::MailboxName> names, Milliseconds wait = kLockWait);
    Result<Held> lock(const model::MailboxName& name, Milliseconds wait = kLockWait)
    {
        return lock(std::span(&name, 1), wait);
    }

 private:
    std::string path_;
    std::string name_;
    std::optional<ByteLocks> locks_;  // from the first use on
};

}  // namespace rookery::cluster

#endif
