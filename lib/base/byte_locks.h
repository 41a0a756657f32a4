// ByteLocks: names that this process holds against the others, by fcntl(2).
//
// Each name is one byte of a file that is never written. Locks vanish with the process; a process
// does not wait for itself: what it holds twice is counted. Names that fall on one byte wait for
// each other, for no reason. Codes: busy (not free in time, or told to end where the deadline says
// so), io. What is held points to where it was taken, which stays where it is. One thread; open
// after fork, and a file once in a process: whoever closes it lets go of all.
#ifndef ROOKERY_LIB_BASE_BYTE_LOCKS_H
#define ROOKERY_LIB_BASE_BYTE_LOCKS_H

#include <sys/types.h>

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace rookery {

class ByteLocks {
 public:
    // The file is made if there is none.
    static Result<ByteLocks> open(const std::string& path);

    // Until it goes.
    class Held {
     public:
        Held(Held&& other) noexcept
            : owner_(std::exchange(other.owner_, nullptr)), bytes_(std::move(other.bytes_))
        {
        }
        Held& operator=(Held&& other) noexcept
        {
            std::swap(owner_, other.owner_);
            std::swap(bytes_, other.bytes_);
            return *this;
        }
        Held(const Held&) = delete;
        Held& operator=(const Held&) = delete;
        ~Held();

     private:
        friend class ByteLocks;
        explicit Held(ByteLocks& owner) : owner_(&owner) {}
        ByteLocks* owner_;
        std::vector<off_t> bytes_;
    };

    // All or none, in the order of the bytes, so that two never wait for each other.
    Result<Held> lock(std::span<const std::string> names, Deadline deadline);
    Result<Held> lock(const std::string& name, Deadline deadline)
    {
        return lock(std::span(&name, 1), deadline);
    }

 private:
    explicit ByteLocks(Fd file) : file_(std::move(file)) {}
    Status take(off_t byte, Deadline deadline);
    void release(off_t byte);

    Fd file_;
    std::map<off_t, unsigned> counts_;
};

}  // namespace rookery

#endif
