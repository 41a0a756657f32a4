#include "tests/support/scripted_peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/panic.h"
#include "lib/base/strings.h"
#include "lib/stream/stream.h"

namespace rookery::test {
namespace {

std::string with_tag(std::string text, const std::string& tag)
{
    for (size_t at = text.find("$T"); at != std::string::npos;
         at = text.find("$T", at + tag.size()))
        text.replace(at, 2, tag);
    return text;
}

[[noreturn]] void differs(size_t step, const std::string& wanted, const std::string& got)
{
    ::fprintf(stderr, "scripted peer: step %zu: wanted \"%.200s\", got \"%.200s\"\n", step,
              wanted.c_str(), got.c_str());
    ::_exit(1);
}

std::string error_of(const Error& e)
{
    return cat("(", code_name(e.code), ": ", e.text, ")");
}

void play(Fd fd, const std::vector<Step>& steps)
{
    stream::Stream peer(std::move(fd));
    peer.set_timeout(Milliseconds(10000));
    std::string tag;
    for (size_t i = 0; i < steps.size(); i++) {
        const Step& s = steps[i];
        switch (s.kind) {
            case Step::Kind::expect: {
                auto line = peer.read_line(1u << 20);
                if (!line) differs(i, s.text, error_of(line.error()));
                if (s.text.starts_with("$T")) tag = line->substr(0, line->find(' '));
                if (*line != with_tag(s.text, tag)) differs(i, with_tag(s.text, tag), *line);
                break;
            }
            case Step::Kind::expect_bytes: {
                std::string got(s.text.size(), '\0');
                auto read = peer.read_exact(got);
                if (!read) differs(i, s.text, error_of(read.error()));
                if (got != s.text) differs(i, s.text, got);
                break;
            }
            case Step::Kind::expect_end: {
                auto more = peer.peek();
                if (more) differs(i, "the end", std::string(1, *more));
                break;
            }
            case Step::Kind::skip_line: {
                auto line = peer.read_line(1u << 20);
                if (!line) differs(i, "a line", error_of(line.error()));
                if (s.text == "$T") tag = line->substr(0, line->find(' '));
                break;
            }
            case Step::Kind::send:
                peer.put(with_tag(s.text, tag));
                if (!peer.flush()) differs(i, "to send", error_of(peer.error()));
                break;
            case Step::Kind::close: peer.close(); ::_exit(0);
        }
    }
    ::_exit(0);
}

}  // namespace

ScriptedPeer::ScriptedPeer(Fd end, std::vector<Step> steps)
{
    start(std::move(end), false, steps);
}

ScriptedPeer::ScriptedPeer(std::vector<Step> steps)
{
    Fd listener(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener.get(), any, size) != 0 || ::listen(listener.get(), 5) != 0 ||
        ::getsockname(listener.get(), any, &size) != 0)
        panic("listen");
    port_ = ntohs(address.sin_port);
    start(std::move(listener), true, steps);
}

void ScriptedPeer::start(Fd fd, bool listening, const std::vector<Step>& steps)
{
    pid_ = ::fork();
    if (pid_ < 0) panic("fork");
    if (pid_ > 0) return;
    // Other ends that the test holds must not live on here.
    for (int other = 3; other < 256; other++)
        if (other != fd.get()) (void)::close(other);
    ::alarm(20);
    if (listening) fd = Fd(::accept(fd.get(), nullptr, nullptr));
    play(std::move(fd), steps);
}

ScriptedPeer::~ScriptedPeer()
{
    if (pid_ <= 0) return;
    (void)::kill(pid_, SIGKILL);
    (void)::waitpid(pid_, nullptr, 0);
}

bool ScriptedPeer::finished_well()
{
    int status = 0;
    if (pid_ <= 0 || ::waitpid(pid_, &status, 0) != pid_) return false;
    pid_ = -1;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::pair<Fd, Fd> connected_pair()
{
    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) panic("socketpair");
    Fd a(fds[0]);
    Fd b(fds[1]);
    if (!set_cloexec(a.get(), true) || !set_cloexec(b.get(), true)) panic("fcntl");
    return {std::move(a), std::move(b)};
}

}  // namespace rookery::test
