// Directories and the log file.
#include "master/state_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/strings.h"

namespace rookery::master {
namespace {

Status make_one(const std::string& path, const service::RunAs* user)
{
    if (::mkdir(path.c_str(), 0700) != 0) {
        if (errno == EEXIST) return success();
        return errno_error(path);
    }
    if (user != nullptr && ::lchown(path.c_str(), user->uid, user->gid) != 0)
        return errno_error(path);
    return success();
}

}  // namespace

Status make_state_directory(const config::Config& config, const service::RunAs* user)
{
    const std::string& top = config.configdirectory();
    struct stat st {};
    if (::stat(top.c_str(), &st) != 0)
        return Error{Code::config, cat("configdirectory: ", errno_error(top).text)};
    if (!S_ISDIR(st.st_mode))
        return Error{Code::config, cat("configdirectory: ", top, " is not a directory")};
    uid_t owner = user != nullptr ? user->uid : ::geteuid();
    if (user != nullptr && st.st_uid != owner)
        return Error{Code::config,
                     cat("configdirectory: ", top, " does not belong to ", user->name)};
    for (std::string_view name : {"socket", "log", "msg", "proc", "lock"})
        TRY(make_one(cat(top, '/', name), user));
    return success();
}

Status make_log_file(const std::string& path, const service::RunAs* user)
{
    Fd made(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640));
    if (made) {
        if (user != nullptr && ::fchown(made.get(), user->uid, user->gid) != 0)
            return errno_error(path);
        return success();
    }
    if (errno != EEXIST) return errno_error(path);
    TRY_ASSIGN(Fd there, open_file(path, O_WRONLY | O_APPEND));
    return success();
}

}  // namespace rookery::master
