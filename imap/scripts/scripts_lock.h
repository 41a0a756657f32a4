// ScriptsLock: whose scripts this process changes, told to the others by a fcntl(2) lock.
//
// A byte for each folder (lib/base/byte_locks.h) in <mboxname_lockpath or
// configdirectory/lock>/scripts. The lock ends with the object, and with the process. A process
// holds one at a time: the system forgets all of a file's locks when one of its descriptors is
// closed. Codes: busy (not free in time), io.
#ifndef ROOKERY_IMAP_SCRIPTS_SCRIPTS_LOCK_H
#define ROOKERY_IMAP_SCRIPTS_SCRIPTS_LOCK_H

#include <memory>
#include <span>
#include <string>
#include <utility>

#include "lib/base/byte_locks.h"
#include "lib/base/clock.h"
#include "lib/base/result.h"

namespace rookery::scripts {

class ScriptsLock {
 public:
    static constexpr Seconds kWait{30};

    ScriptsLock(ScriptsLock&&) noexcept = default;
    ScriptsLock& operator=(ScriptsLock&& other) noexcept
    {
        std::swap(locks_, other.locks_);
        std::swap(held_, other.held_);
        return *this;
    }

    // folders: those of the scripts.
    static Result<ScriptsLock> take(const std::string& lock_folder,
                                    std::span<const std::string> folders,
                                    Milliseconds wait = kWait);

 private:
    ScriptsLock(std::unique_ptr<ByteLocks> locks, ByteLocks::Held held)
        : locks_(std::move(locks)), held_(std::move(held))
    {
    }
    std::unique_ptr<ByteLocks> locks_;  // which what is held points to
    ByteLocks::Held held_;
};

}  // namespace rookery::scripts

#endif
