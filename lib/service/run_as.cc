// Giving up root.
#include "config.h"

#include "lib/service/run_as.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/strings.h"
#include "lib/config/config.h"

namespace rookery::service {

Result<RunAs> RunAs::find(const std::string& user, const std::string& group)
{
    const passwd* pw = ::getpwnam(user.c_str());
    if (pw == nullptr) return Error{Code::config, cat("there is no user \"", user, '"')};
    RunAs as;
    as.name = user;
    as.uid = pw->pw_uid;
    as.gid = pw->pw_gid;
    if (as.uid == 0)
        return Error{Code::config, cat("the daemons do not run as root, but cyrus_user is ", user)};
    if (!group.empty()) {
        const struct group* gr = ::getgrnam(group.c_str());
        if (gr == nullptr) return Error{Code::config, cat("there is no group \"", group, '"')};
        as.gid = gr->gr_gid;
    }
    int count = 64;
    for (;;) {
        as.groups.resize(static_cast<size_t>(count));
        int room = count;
        if (::getgrouplist(user.c_str(), as.gid, as.groups.data(), &count) >= 0) break;
        if (count <= room) count = room * 2;
        if (count > 65536) return Error{Code::config, cat(user, ": too many groups")};
    }
    as.groups.resize(static_cast<size_t>(count));
    return as;
}

Result<RunAs> RunAs::of(const config::Config& config)
{
    std::string user = config.cyrus_user();
    const char* named = ::getenv("CYRUS_USER");
    if (user.empty()) user = named != nullptr && *named != '\0' ? named : ROOKERY_CYRUS_USER;
    return find(user, config.cyrus_group());
}

Status RunAs::drop() const
{
#ifdef HAVE_SETGROUPS
    if (::setgroups(groups.size(), groups.data()) != 0) return errno_error("setgroups");
#endif
    if (::setgid(gid) != 0) return errno_error("setgid");
    if (::setuid(uid) != 0) return errno_error("setuid");
    if (::getuid() != uid || ::geteuid() != uid || ::getgid() != gid || ::getegid() != gid)
        return Error{Code::denied, "root was not given up"};
    if (::setuid(0) == 0 || ::seteuid(0) == 0) return Error{Code::denied, "root can be taken back"};
    return success();
}

}  // namespace rookery::service
