// ScriptsLock: whose scripts this process changes, told to the others by a fcntl(2) lock.
//
// A byte for each folder in <mboxname_lockpath or configdirectory/lock>/scripts, a file that is
// never written. The lock ends with the object, and with the process. A process holds one at a
// time: the system forgets all of a file's locks when one of its descriptors is closed. Codes: busy
// (not free in time), io.
#ifndef ROOKERY_IMAP_SCRIPTS_SCRIPTS_LOCK_H
#define ROOKERY_IMAP_SCRIPTS_SCRIPTS_LOCK_H

#include <span>
#include <string>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace rookery::scripts {

class ScriptsLock {
 public:
    static constexpr Seconds kWait{30};

    // folders: those of the scripts.
    static Result<ScriptsLock> take(const std::string& lock_folder,
                                    std::span<const std::string> folders,
                                    Milliseconds wait = kWait);

 private:
    explicit ScriptsLock(Fd file) : file_(std::move(file)) {}
    Fd file_;
};

}  // namespace rookery::scripts

#endif
