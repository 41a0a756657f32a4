// fork and exec.
#include "master/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "lib/base/fd.h"
#include "lib/base/signals.h"
#include "lib/base/strings.h"
#include "lib/service/status_pipe.h"

namespace rookery::master {
namespace {

// Every source is first moved out of the way of the targets, then put in its place.
Status place_descriptors(const std::vector<int>& fds, int& error_fd)
{
    int above = service::kStatusFd + static_cast<int>(fds.size());
    error_fd = ::fcntl(error_fd, F_DUPFD_CLOEXEC, above);
    if (error_fd < 0) return errno_error("dup");
    std::vector<int> moved;
    for (int fd : fds) {
        int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, above);
        if (copy < 0) return errno_error("dup");
        moved.push_back(copy);
    }
    for (size_t i = 0; i < moved.size(); i++)
        if (::dup2(moved[i], service::kStatusFd + static_cast<int>(i)) < 0)
            return errno_error("dup2");
    Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!null) return errno_error("/dev/null");
    if (::dup2(null.get(), STDIN_FILENO) < 0) return errno_error("dup2");
    return success();
}

Status limit_descriptors(unsigned max_fds)
{
    if (max_fds == 0) return success();
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return errno_error("getrlimit");
    limit.rlim_cur = max_fds;
    if (limit.rlim_max < limit.rlim_cur) {
        if (::geteuid() == 0)
            limit.rlim_max = limit.rlim_cur;
        else
            limit.rlim_cur = limit.rlim_max;
    }
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return errno_error("setrlimit");
    return success();
}

Status run(const SpawnSpec& spec, int& error_fd)
{
    signals::restore_defaults();
    TRY(place_descriptors(spec.fds, error_fd));
    TRY(limit_descriptors(spec.max_fds));
    if (spec.user != nullptr) TRY(spec.user->drop());
    for (const auto& [name, value] : spec.environment) ::setenv(name.c_str(), value.c_str(), 1);
    std::vector<char*> argv;
    for (const std::string& word : spec.argv) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    ::execv(spec.program.c_str(), argv.data());
    return errno_error(spec.program);
}

}  // namespace

ProgramPath::ProgramPath(const std::string& argv0)
{
    if (argv0.find('/') != argv0.npos) {
        std::string folder = directory_of(argv0);
        char* absolute = ::realpath(folder.c_str(), nullptr);
        folders_.push_back(absolute != nullptr ? absolute : folder);
        ::free(absolute);
        // Of an installation that was put elsewhere as a whole.
        add_folder(cat(directory_of(folders_.back()), "/sbin"));
    }
    add_folder(ROOKERY_LIBEXECDIR);
    add_folder(ROOKERY_SBINDIR);
}

void ProgramPath::add_folder(std::string folder)
{
    if (std::find(folders_.begin(), folders_.end(), folder) == folders_.end())
        folders_.push_back(std::move(folder));
}

Result<std::string> ProgramPath::find(const std::string& program) const
{
    if (program.starts_with('/')) {
        if (::access(program.c_str(), X_OK) != 0) return errno_error(program);
        return program;
    }
    std::string tried;
    for (const std::string& folder : folders_) {
        // The names of --with-clash-prefix too.
        for (std::string_view prefix :
             {std::string_view(), std::string_view(ROOKERY_CLASH_PREFIX)}) {
            std::string path = cat(folder, '/', prefix, program);
            struct stat st {};
            if (::stat(path.c_str(), &st) == 0 && S_ISREG(st.st_mode) &&
                ::access(path.c_str(), X_OK) == 0)
                return path;
        }
        cat_to(tried, tried.empty() ? "" : ", ", folder);
    }
    return Error{Code::not_found, cat(program, ": no such program in ", tried)};
}

Result<pid_t> spawn(const SpawnSpec& spec)
{
    TRY_ASSIGN(Pipe errors, make_pipe());
    pid_t pid = ::fork();
    if (pid < 0) return errno_error("fork");
    if (pid == 0) {
        int error_fd = errors.write_end.get();
        Status ran = run(spec, error_fd);
        if (error_fd >= 0) (void)write_all(error_fd, ran.error().text);
        ::_exit(71);
    }
    errors.write_end.reset();
    std::string text;
    char buf[512];
    for (;;) {
        ssize_t n = ::read(errors.read_end.get(), buf, sizeof buf);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        text.append(buf, static_cast<size_t>(n));
    }
    if (text.empty()) return pid;
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) continue;
    return Error{Code::io, text};
}

}  // namespace rookery::master
