// The life of one worker.
#include "lib/service/worker.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/signals.h"
#include "lib/base/strings.h"
#include "lib/service/accept.h"
#include "lib/service/retirement.h"
#include "lib/service/status_pipe.h"

namespace rookery::service {
namespace {

bool is_passing(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR || error == ECONNABORTED ||
           error == EPROTO;
}

class Worker {
 public:
    explicit Worker(WorkerParts parts) : parts_(std::move(parts))
    {
        polled_.push_back({parts_.life.get(), POLLIN, 0});
        for (const Fd& listener : parts_.listeners) polled_.push_back({listener.get(), POLLIN, 0});
    }

    int run()
    {
        if (parts_.board != nullptr) {
            parts_.board->claim(parts_.name);
            scoreboard::use(parts_.board);
        }
        if (parts_.counters != nullptr) counters::use(parts_.counters->row(parts_.name));
        retirement::watch(parts_.life.get());
        Status started = parts_.service.worker_start();
        if (!started) {
            log::error("worker cannot start", {{"reason", started.error()}});
            return log::kExTempFail;
        }
        say(Report::idle);
        while (wait_and_serve()) {
        }
        return 0;
    }

 private:
    void say(Report report)
    {
        // A template that is gone is noticed by the life pipe.
        (void)send_message(parts_.report.get(), report, static_cast<int32_t>(::getpid()));
    }
    Deadline idle_deadline() const
    {
        if (parts_.timeout == 0 || (served_ == 0 && !parts_.timeout_when_unused))
            return Deadline::never();
        // Spread, so that workers of one burst do not all leave in one second.
        auto spread = static_cast<unsigned>(::getpid()) % 60 * parts_.timeout / 60;
        return Deadline::after(Seconds(parts_.timeout + spread));
    }
    bool wait_and_serve();
    void serve(Fd client);

    WorkerParts parts_;
    std::vector<pollfd> polled_;
    unsigned served_ = 0;
};

// One client or none; false when the worker is to end.
bool Worker::wait_and_serve()
{
    Deadline deadline = idle_deadline();
    for (;;) {
        if (signals::terminate_seen() || signals::hangup_seen()) return false;
        if (deadline.passed()) return false;
        Deadline due = parts_.service.between_clients();
        auto ready = signals::poll_fds(polled_, deadline.min(due));
        if (!ready) {
            log::error("worker cannot poll", {{"reason", ready.error()}});
            return false;
        }
        if (*ready == 0) continue;
        if (polled_[0].revents != 0) return false;
        // Begin with another listener each time, so that a busy one does not starve the rest.
        size_t listeners = polled_.size() - 1;
        for (size_t n = 0; n < listeners; n++) {
            const pollfd& polled = polled_[1 + (served_ + n) % listeners];
            if (polled.revents == 0) continue;
            auto client = accept_client(polled.fd);
            if (client) {
                serve(*std::move(client));
                return parts_.max_uses == 0 || served_ < parts_.max_uses;
            }
            const int error = errno;
            if (is_passing(error)) continue;
            // EINVAL: the listener was shut down, by a master that ends, or since it has gone.
            // Anything else: start anew.
            if (error != EINVAL) log::error("accept", {{"reason", client.error()}});
            return false;
        }
    }
}

void Worker::serve(Fd client)
{
    say(Report::busy);
    served_++;
    ClientInfo info = describe_client(client.get(), parts_.name);
    scoreboard::set_client(info.host);
    scoreboard::set_state("connected");
    scoreboard::count_client();
    counters::add(counters::Kind::connections);
    parts_.service.serve(std::move(client), info);
    scoreboard::clear();
    bool last = (parts_.max_uses != 0 && served_ >= parts_.max_uses) || signals::terminate_seen() ||
                signals::hangup_seen();
    if (!last) say(Report::idle);
}

}  // namespace

int run_worker(WorkerParts parts)
{
    return Worker(std::move(parts)).run();
}

}  // namespace rookery::service
