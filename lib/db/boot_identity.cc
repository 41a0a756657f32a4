#include "lib/db/boot_identity.h"

#include <utmpx.h>

#include "lib/base/fd.h"
#include "lib/base/strings.h"

namespace rookery::db {

Result<std::string> boot_identity()
{
    // Linux has a random one; elsewhere the time of the boot is in the accounting file.
    auto random = read_file("/proc/sys/kernel/random/boot_id", 256);
    if (random && !trim(*random).empty()) return std::string(trim(*random));
    utmpx wanted{};
    wanted.ut_type = BOOT_TIME;
    setutxent();
    const utmpx* found = getutxid(&wanted);
    std::string text;
    if (found) text = cat("boot-", static_cast<int64_t>(found->ut_tv.tv_sec));
    endutxent();
    if (text.empty())
        return Error{Code::unsupported, "this system does not tell when it was started"};
    return text;
}

}  // namespace rookery::db
