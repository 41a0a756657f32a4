// waitpid.
#include "lib/service/reaper.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::service {

std::string describe_exit(int status)
{
    if (WIFEXITED(status)) return cat("exit code ", WEXITSTATUS(status));
    if (WIFSIGNALED(status))
        return cat("signal ", WTERMSIG(status), " (", ::strsignal(WTERMSIG(status)), ')');
    return cat("status ", status);
}

bool ended_well(int status)
{
    return WIFEXITED(status) &&
           (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == log::kExTempFail);
}

void reap_all(const std::function<void(pid_t pid, int status)>& ended)
{
    int status = 0;
    for (;;) {
        pid_t pid = ::waitpid(-1, &status, WNOHANG);
        if (pid > 0)
            ended(pid, status);
        else if (pid == 0 || errno != EINTR)
            return;
    }
}

}  // namespace rookery::service
