// A service for the tests of master: says who it is, answers each line, and misbehaves on request.
//
//   pid | crash | sleep-exit | anything else (echoed with the text of -t)
// -t TEXT greeting; -F fails and -H hangs in prepare; -W fails in worker_start; -K dies at once by
// a signal.
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/signals.h"
#include "lib/base/strings.h"
#include "lib/service/scoreboard.h"
#include "lib/service/service_main.h"

namespace {

using namespace rookery;

class Echo final : public service::Service {
 public:
    std::vector<Option> options() const override
    {
        return {{'t', "", "text", "says this to every client"},
                {'F', "", "", "fails to prepare"},
                {'H', "", "", "hangs before it is ready"},
                {'W', "", "", "fails in each worker"},
                {'K', "", "", "kills itself"}};
    }
    Status option(char letter, std::string_view argument) override
    {
        switch (letter) {
            case 't': text_ = argument; break;
            case 'F': fail_prepare_ = true; break;
            case 'H': hang_ = true; break;
            case 'W': fail_start_ = true; break;
            case 'K': ::raise(SIGKILL); break;
            default: return Error{Code::config, "no such option"};
        }
        return success();
    }
    Status prepare(const config::Config& config) override
    {
        if (fail_prepare_) return Error{Code::config, "told to fail"};
        while (hang_) ::pause();
        servername_ = config.servername();
        prepared_by_ = ::getpid();
        return success();
    }
    Status worker_start() override
    {
        if (fail_start_) return Error{Code::io, "told to fail"};
        return success();
    }
    void serve(Fd client, const service::ClientInfo& info) override
    {
        service::scoreboard::set_user("echo-user");
        say(client, cat("hello ", text_, ' ', servername_, ' ', info.service, ' ', info.host, ' ',
                        ::getpid(), ' ', prepared_by_, ' ', ::getuid()));
        std::string line;
        while (read_line(client, line)) {
            if (line == "crash") ::raise(SIGKILL);
            if (line == "pid")
                say(client, cat(::getpid()));
            else if (line == "quit")
                return;
            else
                say(client, cat(text_, ' ', line));
        }
        if (signals::terminate_seen()) say(client, "bye");
    }

 private:
    static void say(const Fd& client, std::string_view line)
    {
        std::string whole = cat(line, '\n');
        (void)::send(client.get(), whole.data(), whole.size(), MSG_NOSIGNAL);
    }
    // False at the end, or when the process is told to end.
    bool read_line(const Fd& client, std::string& line)
    {
        line.clear();
        for (;;) {
            size_t end = unread_.find('\n');
            if (end != unread_.npos) {
                line = unread_.substr(0, end);
                unread_.erase(0, end + 1);
                return true;
            }
            if (signals::terminate_seen()) return false;
            pollfd fd{client.get(), POLLIN, 0};
            auto ready = signals::poll_fds(std::span(&fd, 1), Deadline::never());
            if (!ready || fd.revents == 0) continue;
            char buf[1024];
            ssize_t n = ::recv(client.get(), buf, sizeof buf, 0);
            if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
            if (n <= 0) return false;
            unread_.append(buf, static_cast<size_t>(n));
        }
    }

    std::string text_ = "echo";
    std::string servername_;
    std::string unread_;
    pid_t prepared_by_ = 0;
    bool fail_prepare_ = false;
    bool hang_ = false;
    bool fail_start_ = false;
};

}  // namespace

int main(int argc, char** argv)
{
    Echo echo;
    return rookery::service::service_main(argc, argv, echo);
}
