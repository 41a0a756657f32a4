// fork, setsid, and a pipe for the exit code.
#include "lib/base/daemonise.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/base/log.h"

namespace rookery {

Result<Daemonise> Daemonise::begin()
{
    TRY_ASSIGN(Pipe pipe, make_pipe());
    pid_t pid = ::fork();
    if (pid < 0) return errno_error("fork");
    if (pid == 0) {
        ::setsid();
        return Daemonise(std::move(pipe.write_end));
    }
    pipe.write_end.reset();
    int code = 0;
    ssize_t n = 0;
    do {
        n = ::read(pipe.read_end.get(), &code, sizeof code);
    } while (n < 0 && errno == EINTR);
    ::_exit(n == static_cast<ssize_t>(sizeof code) ? code : log::kExSoftware);
}

void Daemonise::failed(int code)
{
    if (!to_parent_) return;
    (void)write_all(to_parent_.get(),
                    std::string_view(reinterpret_cast<const char*>(&code), sizeof code));
    to_parent_.reset();
}

Status Daemonise::done(const std::string& log_file, int code)
{
    if (!to_parent_) return success();
    if (log_file.empty()) TRY(send_output_to("/dev/null"));
    TRY_ASSIGN(Fd null, open_file("/dev/null", O_RDONLY));
    if (::dup2(null.get(), STDIN_FILENO) < 0) return errno_error("dup2");
    failed(code);
    return success();
}

Status send_output_to(const std::string& path)
{
    TRY_ASSIGN(Fd fd, open_file(path, O_WRONLY | O_CREAT | O_APPEND, 0640));
    if (::dup2(fd.get(), STDOUT_FILENO) < 0 || ::dup2(fd.get(), STDERR_FILENO) < 0)
        return errno_error("dup2");
    return success();
}

}  // namespace rookery
