#include "config.h"

#include "imap/submission/sendmail.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "imap/submission/entry_format.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/signals.h"
#include "lib/base/strings.h"

namespace rookery::submission {
namespace {

constexpr size_t kPiece = 32768;
// sysexits.h: what is the fault of this mail.
constexpr std::array kRefusals = {65, 67, 68, 69};
// How often an end is looked for that no descriptor tells, as where a child of the child keeps one.
constexpr int kLookMs = 50;

Sent for_now(std::string reason)
{
    return {Sent::Outcome::failed_for_now, std::move(reason)};
}

// All of it is there before the program begins: it would send what it has if this process died.
Result<Fd> message_file(const SendmailCall& call)
{
    // What a crash leaves of it goes with other leftovers (Queue::sweep).
    const std::string path = cat(call.directory, "/send-", ::getpid(), ".new");
    TRY_ASSIGN(Fd fd, open_file(path, O_RDWR | O_CREAT | O_TRUNC));
    ::unlink(path.c_str());
    MessageFeed feed(call.message);
    for (std::string_view piece = feed.next(); !piece.empty(); piece = feed.next())
        TRY(write_all(fd.get(), piece));
    if (::lseek(fd.get(), 0, SEEK_SET) != 0) return errno_error(path);
    return fd;
}

struct Pipes {
    Fd in;  // the message
    Pipe err, exec;
    Fd nothing;
};

Result<Pipes> make_pipes(const SendmailCall& call)
{
    Pipes p;
    TRY_ASSIGN(p.in, message_file(call));
    TRY_ASSIGN(p.err, make_pipe());
    TRY_ASSIGN(p.exec, make_pipe());
    TRY_ASSIGN(p.nothing, open_file("/dev/null", O_WRONLY));
    TRY(set_nonblocking(p.err.read_end.get(), true));
    return p;
}

// What the program is run with, made before the fork.
struct Program {
    std::vector<std::string> words;
    std::vector<std::string> environment;
    std::vector<char*> argv, envp;

    explicit Program(const SendmailCall& call)
        : words{call.program, "-i", "-f", call.from.empty() ? "<>" : call.from, "--"},
          environment{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"}
    {
        words.insert(words.end(), call.to.begin(), call.to.end());
        if (const char* zone = ::getenv("TZ")) environment.push_back(cat("TZ=", zone));
        for (std::string& word : words) argv.push_back(word.data());
        for (std::string& one : environment) envp.push_back(one.data());
        argv.push_back(nullptr);
        envp.push_back(nullptr);
    }
};

// Nothing of this process goes along that a library may have opened.
void close_from(int first)
{
#ifdef HAVE_CLOSE_RANGE
    if (::close_range(static_cast<unsigned>(first), ~0U, 0) == 0) return;
#endif
    const long most = ::sysconf(_SC_OPEN_MAX);
    const int end = most < 0 || most > 65536 ? 65536 : static_cast<int>(most);
    for (int fd = first; fd < end; fd++) ::close(fd);
}

[[noreturn]] void run_child(const Program& program, const Pipes& p)
{
    constexpr int kTold = 3;
    signals::restore_defaults();
    // A group of its own: whoever ends the daemons' group does not cut a mail short.
    ::setpgid(0, 0);
    // Out of the way first, whichever of the lowest this process has open.
    const std::array from = {
        ::fcntl(p.in.get(), F_DUPFD, 10), ::fcntl(p.nothing.get(), F_DUPFD, 10),
        ::fcntl(p.err.write_end.get(), F_DUPFD, 10), ::fcntl(p.exec.write_end.get(), F_DUPFD, 10)};
    bool ok = true;
    for (int fd = 0; fd <= kTold; fd++)
        ok = ok && from[static_cast<size_t>(fd)] >= 0 &&
             ::dup2(from[static_cast<size_t>(fd)], fd) == fd;
    if (ok && ::fcntl(kTold, F_SETFD, FD_CLOEXEC) == 0 && ::chdir("/") == 0) {
        close_from(kTold + 1);
        ::execve(program.argv[0], program.argv.data(), program.envp.data());
    }
    const int failure = errno;
    const int told = ok ? kTold : p.exec.write_end.get();
    const ssize_t n = ::write(told, &failure, sizeof failure);
    ::_exit(n > 0 ? 127 : 126);
}

class Child {
 public:
    Child(pid_t pid, Pipes pipes, const SendmailCall& call)
        : pid_(pid), pipes_(std::move(pipes)), deadline_(Deadline::after(call.timeout))
    {
        ::setpgid(pid_, pid_);
        pipes_.err.write_end.reset();
        pipes_.exec.write_end.reset();
    }

    Sent run()
    {
        if (const int failure = exec_failure()) {
            wait_for_end();
            return for_now(errno_error("the sendmail program cannot be run", failure).text);
        }
        while (!has_ended() && !deadline_.passed()) pump();
        if (!status_) {
            ::kill(-pid_, SIGKILL);
            ::kill(pid_, SIGKILL);
            wait_for_end();
            return for_now(with_words("the sendmail program did not end in time"));
        }
        hear();
        return judge();
    }

 private:
    int exec_failure() const
    {
        int failure = 0;
        ssize_t n = -1;
        do n = ::read(pipes_.exec.read_end.get(), &failure, sizeof failure);
        while (n < 0 && errno == EINTR);
        return n == static_cast<ssize_t>(sizeof failure) ? failure : 0;
    }

    bool has_ended()
    {
        int status = 0;
        const pid_t got = ::waitpid(pid_, &status, WNOHANG);
        if (got == pid_) status_ = status;
        // Somebody else waited for it: how it ended is not known.
        if (got < 0 && errno == ECHILD) status_ = SIGKILL;
        return status_.has_value();
    }

    void wait_for_end() const
    {
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) continue;
    }

    void pump()
    {
        pollfd fd = {pipes_.err.read_end.get(), POLLIN, 0};
        const int left = deadline_.poll_ms();
        if (::poll(&fd, 1, std::min(left, kLookMs)) > 0) hear();
    }

    // The child's offset is ours.
    bool has_read_all() const
    {
        struct stat st {};
        return ::fstat(pipes_.in.get(), &st) == 0 &&
               ::lseek(pipes_.in.get(), 0, SEEK_CUR) == st.st_size;
    }

    void hear()
    {
        char buf[1024];
        for (int i = 0; i < 16 && pipes_.err.read_end; i++) {
            const ssize_t n = ::read(pipes_.err.read_end.get(), buf, sizeof buf);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0 && errno == EAGAIN) return;
            if (n <= 0) return pipes_.err.read_end.reset();
            const size_t room = kMaxReason - std::min(words_.size(), kMaxReason);
            words_.append(buf, std::min(static_cast<size_t>(n), room));
        }
    }

    // The first line that is not empty.
    std::string with_words(std::string what) const
    {
        for (const std::string_view line : split(words_, '\n', false)) {
            std::string said(trim(line));
            if (said.empty()) continue;
            for (char& c : said)
                if (c < 0x20 || c > 0x7e) c = '?';
            return cat(what, ": ", said);
        }
        return what;
    }

    Sent judge() const
    {
        if (WIFSIGNALED(*status_))
            return for_now(
                with_words(cat("the sendmail program ended by signal ", WTERMSIG(*status_))));
        const int code = WEXITSTATUS(*status_);
        if (code == 0 && has_read_all()) return {};
        if (code == 0) return for_now("the sendmail program did not read the message");
        const bool refused = std::find(kRefusals.begin(), kRefusals.end(), code) != kRefusals.end();
        return {refused ? Sent::Outcome::refused : Sent::Outcome::failed_for_now,
                with_words(cat("the sendmail program ended with ", code))};
    }

    pid_t pid_;
    Pipes pipes_;
    Deadline deadline_;
    std::string words_;
    std::optional<int> status_;
};

}  // namespace

std::string_view MessageFeed::next()
{
    out_.clear();
    while (!rest_.empty() && out_.size() < kPiece) {
        size_t n = std::min(rest_.size(), kPiece);
        if (const size_t end = rest_.substr(0, n).find('\n'); end != rest_.npos)
            n = end + 1;
        else if (n > 1 && n < rest_.size() && rest_[n - 1] == '\r')
            n--;  // its LF may come
        take_line(rest_.substr(0, n));
        rest_.remove_prefix(n);
    }
    return out_;
}

// A whole line, or a piece of a long one.
void MessageFeed::take_line(std::string_view line)
{
    const bool begins = !inside_line_;
    const bool ends = line.back() == '\n';
    inside_line_ = !ends;
    if (ends) line.remove_suffix(line.ends_with("\r\n") ? 2 : 1);
    if (in_header_ && begins) {
        if (line.empty() && ends)
            in_header_ = skipping_ = false;
        else if (line.empty() || (line.front() != ' ' && line.front() != '\t'))
            skipping_ = starts_with_nocase(line, "return-path:");
    }
    if (in_header_ && skipping_) return;
    out_.append(line);
    if (ends) out_.push_back('\n');
}

Sent run_sendmail(const SendmailCall& call)
{
    auto pipes = make_pipes(call);
    if (!pipes) return for_now(pipes.error().text);
    const Program program(call);
    const pid_t pid = ::fork();
    if (pid < 0) return for_now(errno_error("fork").text);
    if (pid == 0) run_child(program, *pipes);
    return Child(pid, *std::move(pipes), call).run();
}

}  // namespace rookery::submission
