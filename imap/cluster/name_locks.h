// NameLocks: which mailbox names this process works on, told to the others by fcntl(2) locks.
//
// Each name is one byte range of a file that is never written, <mboxname_lockpath or
// configdirectory/lock>/names. Another file there means another thing: "incoming" is held, for as
// long as its connection lasts, by who brings a mailbox in. Locks vanish with the process. Names
// that fall on the same byte only wait for each other. Codes: busy (not free in time), io. One
// thread; open after fork.
#ifndef ROOKERY_IMAP_CLUSTER_NAME_LOCKS_H
#define ROOKERY_IMAP_CLUSTER_NAME_LOCKS_H

#include <sys/types.h>

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imap/model/mailbox_name.h"
#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::cluster {

class NameLocks {
 public:
    static constexpr Seconds kLockWait{30};
    static constexpr std::string_view kNames = "names";
    static constexpr std::string_view kIncoming = "incoming";

    explicit NameLocks(const config::Config& config, std::string_view file = kNames);

    // Held until it goes. Waiting is done in the order of the bytes, so that two never wait for
    // each other.
    class Held {
     public:
        Held(Held&& other) noexcept
            : owner_(std::exchange(other.owner_, nullptr)), bytes_(std::move(other.bytes_))
        {
        }
        Held(const Held&) = delete;
        Held& operator=(const Held&) = delete;
        ~Held();

     private:
        friend class NameLocks;
        Held(NameLocks& owner, std::vector<off_t> bytes) : owner_(&owner), bytes_(std::move(bytes))
        {
        }
        NameLocks* owner_;
        std::vector<off_t> bytes_;
    };

    Result<Held> lock(std::span<const model::MailboxName> names, Milliseconds wait = kLockWait);
    Result<Held> lock(const model::MailboxName& name, Milliseconds wait = kLockWait)
    {
        return lock(std::span(&name, 1), wait);
    }

 private:
    Status take(off_t byte, Deadline deadline);
    void release(off_t byte);

    std::string path_;
    std::string name_;
    Fd file_;
    std::map<off_t, unsigned> counts_;  // a process does not block itself: nested locks are counted
};

}  // namespace rookery::cluster

#endif
