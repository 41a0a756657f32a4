// A program asked whether it takes a command line.
#include "imap/admin/check_config/program_options.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/only_check.h"
#include "lib/base/signals.h"
#include "lib/base/strings.h"

extern char** environ;

namespace rookery::admin::check_config {
namespace {

constexpr size_t kMaxOutput = 16384;

// With its standard error as our pipe, and no input. -1: it cannot be run.
pid_t start(const std::string& path, const std::vector<std::string>& argv, int error_fd)
{
    std::vector<std::string> words = argv;
    words.insert(words.begin() + 1, std::string(kOnlyCheck));
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, error_fd, STDERR_FILENO);
    pid_t pid = -1;
    const int failed =
        ::posix_spawn(&pid, path.c_str(), &actions, nullptr, pointers.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    return failed == 0 ? pid : -1;
}

// Until it closes.
std::string output_of(int fd)
{
    const Deadline deadline = Deadline::after(kPatience);
    std::string output;
    char bytes[4096];
    while (output.size() < kMaxOutput && !deadline.passed()) {
        pollfd waiting{fd, POLLIN, 0};
        const auto ready = signals::poll_fds({&waiting, 1}, deadline);
        if (!ready) break;
        if (*ready == 0) continue;
        const ssize_t n = ::read(fd, bytes, sizeof bytes);
        if (n <= 0) break;
        output.append(bytes, static_cast<size_t>(n));
    }
    return output;
}

int status_of(pid_t pid)
{
    ::kill(pid, SIGKILL);  // one that has ended already does not mind
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

std::optional<RefusedOptions> refused_options(const std::string& path,
                                              const std::vector<std::string>& argv)
{
    auto pipe = make_pipe();
    if (!pipe) return std::nullopt;
    const pid_t pid = start(path, argv, pipe->write_end.get());
    if (pid < 0) return std::nullopt;
    pipe->write_end.reset();
    std::string output = output_of(pipe->read_end.get());
    const int status = status_of(pid);
    const size_t end = output.find('\n');
    if (status != log::kExUsage || end == std::string::npos) return std::nullopt;
    RefusedOptions refused{output.substr(0, end), {}};
    std::replace(output.begin(), output.end(), '\n', ' ');
    for (const std::string_view word : split_words(std::string_view(output).substr(end)))
        cat_to(refused.usage, refused.usage.empty() ? "" : " ", word);
    return refused;
}

}  // namespace rookery::admin::check_config
