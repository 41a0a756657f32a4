#include "imap/mupdate/server/server.h"

#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "lib/base/log.h"
#include "lib/net/address.h"

namespace rookery::mupdate {

namespace {

constexpr Seconds kSweep{30};
// One worker of so many may be busy with those who log in.
constexpr size_t kLoginShare = 4;
// A worker is woken for so many connections that are ready at once. It takes all that it can, and
// wakes another before it waits with some left. Should one be held up by its client meanwhile, the
// poller finds the rest after kHeldUp.
constexpr size_t kPerWorker = 8;
constexpr Milliseconds kHeldUp{10};
constexpr int kLingerMs = 1;
constexpr std::chrono::microseconds kGather{150};

void refuse(const Fd& client, std::string_view line)
{
    // A fresh socket has room for one line; nothing is waited for.
    if (::send(client.get(), line.data(), line.size(), MSG_NOSIGNAL) < 0)
        log::debug("a refused client is gone already");
}

}  // namespace

std::deque<std::unique_ptr<Connection>>& Server::Shared::of(Queue queue)
{
    switch (queue) {
        case Queue::ready: break;
        case Queue::logins: return logins;
        case Queue::dumps: return dumps;
    }
    return ready;
}

Server::Server(const ServerContext& context, Options options)
    : context_(context),
      options_(options),
      login_workers_(std::max<size_t>(1, options.workers / kLoginShare)),
      lobby_(options.connections_login)
{
}

Server::~Server()
{
    stop();
}

Status Server::start()
{
    TRY_ASSIGN(wake_pipe_, make_pipe());
    TRY(set_nonblocking(wake_pipe_.read_end.get(), true));
    TRY(set_nonblocking(wake_pipe_.write_end.get(), true));
    for (size_t i = 0; i < options_.workers; ++i) {
        workers_.push_back(std::make_unique<Thread>());
        TRY(workers_.back()->start([this] { run_worker(); }));
    }
    return poller_.start([this] { run_poller(); });
}

void Server::wake()
{
    if (woken_.exchange(true)) return;
    if (::write(wake_pipe_.write_end.get(), "w", 1) < 0)
        log::debug("the poller has been woken already");
}

void Server::adopt(Fd client)
{
    if (!set_nonblocking(client.get(), true)) return;
    net::set_tcp_options(client.get());
    if (!ready_) {
        refuse(client, "* BYE \"no longer ready for connections\"\r\n");
        return;
    }
    // Those that had to leave the lobby may not be gone yet.
    const bool full = logged_in_ >= options_.connections_max ||
                      all_ >= options_.connections_max + 2 * options_.connections_login;
    if (full) {
        log::warning("too many connections",
                     {{"mupdate_connections_max", options_.connections_max}});
        refuse(client, "* BYE \"Server Unable\"\r\n");
        return;
    }
    ++all_;
    std::string host;
    if (auto address = net::peer_address(client.get())) host = address->host;
    const int fd = client.get();
    auto connection = std::make_unique<Connection>(context_, std::move(client));
    const Connection* who = connection.get();
    connection->on_login([this, who] {
        lobby_.leave(who);
        ++logged_in_;
    });
    lobby_.enter(who, fd, host);
    auto shared = shared_.lock();
    make_ready(*shared, std::move(connection));
    shared.notify_one();
}

void Server::drop(std::unique_ptr<Connection> connection)
{
    if (connection->is_logged_in())
        --logged_in_;
    else
        lobby_.leave(connection.get());
    connection.reset();
    --all_;
}

void Server::make_ready(Shared& shared, std::unique_ptr<Connection> connection)
{
    const Queue queue = connection->is_dumping()     ? Queue::dumps
                        : connection->is_logged_in() ? Queue::ready
                                                     : Queue::logins;
    shared.of(queue).push_back(std::move(connection));
}

// Where the next one for a worker that may wait is; none: nowhere.
std::optional<Server::Queue> Server::next(const Shared& shared) const
{
    const bool may_login = !shared.logins.empty() && shared.logging_in < login_workers_;
    // One worker listens to those who want to log in, however much the others have to do.
    if (may_login && shared.logging_in == 0 && options_.workers > 1) return Queue::logins;
    if (!shared.ready.empty()) return Queue::ready;
    if (may_login) return Queue::logins;
    if (!shared.dumps.empty() && shared.dumping < kDumpWorkers) return Queue::dumps;
    return std::nullopt;
}

// The next connection for a worker. One that cannot wait takes only what will not make it wait.
Server::Taken Server::take(std::unique_ptr<Connection>& connection, Queue& from, bool may_wait)
{
    auto shared = shared_.lock();
    if (shared->stopping) return Taken::stopping;
    from = Queue::ready;
    if (may_wait) {
        shared.wait([&] { return next(*shared) || shared->stopping; });
        if (shared->stopping) return Taken::stopping;
        from = *next(*shared);
    } else if (shared->ready.empty()) {
        return Taken::none;
    }
    if (from == Queue::dumps) ++shared->dumping;
    if (from == Queue::logins) ++shared->logging_in;
    connection = std::move(shared->of(from).front());
    shared->of(from).pop_front();
    return Taken::one;
}

void Server::take_turn(std::unique_ptr<Connection> connection, Queue from, Turns& turns)
{
    const Connection::Wants wants = connection->turn();
    if (from != Queue::ready || wants == Connection::Wants::again) {
        auto shared = shared_.lock();
        if (from == Queue::dumps) --shared->dumping;
        if (from == Queue::logins) --shared->logging_in;
        if (wants == Connection::Wants::again)
            shared->of(connection->is_logged_in() ? Queue::dumps : Queue::logins)
                .push_back(std::move(connection));
        shared.notify_one();
    }
    switch (wants) {
        case Connection::Wants::again: break;
        case Connection::Wants::commit:
            turns.changes += connection->changes_waiting();
            turns.committing.push_back(std::move(connection));
            break;
        case Connection::Wants::close: drop(std::move(connection)); break;
        case Connection::Wants::input:
        case Connection::Wants::output:
        case Connection::Wants::time: turns.done.push_back({std::move(connection), wants}); break;
    }
}

// Waits for the disk, for all of them at once.
void Server::commit(Turns& turns)
{
    turns.changes = 0;
    for (auto& committing : std::exchange(turns.committing, {})) {
        const size_t done = turns.done.size();
        take_turn(std::move(committing), Queue::ready, turns);
        if (turns.done.size() == done || turns.lingering.size() >= kTogether) continue;
        Held& held = turns.done.back();
        if (held.wants != Connection::Wants::input || held.connection->is_listening()) continue;
        turns.lingering.push_back(std::move(held.connection));
        turns.done.pop_back();
    }
}

// Runs those of the lingering for which something has come; how many.
size_t Server::run_lingering(Turns& turns, int wait_ms)
{
    std::vector<pollfd> fds;
    for (const auto& connection : turns.lingering) fds.push_back({connection->fd(), POLLIN, 0});
    const int ready = ::poll(fds.data(), static_cast<nfds_t>(fds.size()), wait_ms);
    if (ready <= 0) return 0;
    auto lingering = std::exchange(turns.lingering, {});
    for (size_t i = 0; i < lingering.size(); ++i) {
        if (fds[i].revents != 0)
            take_turn(std::move(lingering[i]), Queue::ready, turns);
        else
            turns.lingering.push_back(std::move(lingering[i]));
    }
    return static_cast<size_t>(ready);
}

// Who sends one change after the other is not handed to the poller between them. Once one has come
// the others have a moment to come along: a commit costs the same for all of them.
void Server::linger(Turns& turns)
{
    if (run_lingering(turns, kLingerMs) == 0) {
        for (auto& connection : std::exchange(turns.lingering, {}))
            turns.done.push_back({std::move(connection), Connection::Wants::input});
        return;
    }
    const MonotonicTime end = monotonic_now() + kGather;
    while (!turns.lingering.empty() && monotonic_now() < end)
        if (run_lingering(turns, 0) == 0) ::sched_yield();
}

void Server::give_back(Turns& turns)
{
    if (turns.done.empty()) return;
    {
        auto shared = shared_.lock();
        for (Held& held : turns.done) shared->returned.push_back(std::move(held));
    }
    turns.done.clear();
    wake();
}

void Server::run_worker()
{
    Turns turns;
    for (;;) {
        std::unique_ptr<Connection> connection;
        Queue from = Queue::ready;
        const bool full = turns.changes >= kTogether;
        const bool free = turns.committing.empty() && turns.lingering.empty();
        const Taken taken = full ? Taken::none : take(connection, from, free);
        if (taken == Taken::stopping && turns.committing.empty()) {
            for (auto& lingering : turns.lingering)
                turns.done.push_back({std::move(lingering), Connection::Wants::input});
            return give_back(turns);
        }
        if (taken == Taken::one) {
            take_turn(std::move(connection), from, turns);
        } else if (!turns.committing.empty()) {
            // What is left is for another worker: this one waits for the disk now.
            if (full) shared_.lock().notify_one();
            commit(turns);
        } else {
            linger(turns);
        }
        if (turns.committing.empty()) give_back(turns);
    }
}

// True if a worker could take something now.
bool Server::has_ready()
{
    return next(*shared_.lock()).has_value();
}

// What workers have given back.
void Server::collect(std::vector<Held>& idle)
{
    auto shared = shared_.lock();
    for (Held& held : shared->returned) idle.push_back(std::move(held));
    shared->returned.clear();
}

void Server::dispatch(std::vector<Held>& idle, const std::vector<pollfd>& fds)
{
    const uint64_t serial = context_.published.serial();
    const uint64_t servers = context_.servers.version();
    const MonotonicTime now = monotonic_now();
    auto shared = shared_.lock();
    size_t kept = 0;
    size_t made_ready = 0;
    for (size_t i = 0; i < idle.size(); ++i) {
        Held& held = idle[i];
        const Connection& connection = *held.connection;
        const bool ready =
            (i < fds.size() && fds[i].revents != 0) ||
            (held.wants == Connection::Wants::time && now >= connection.wake_at()) ||
            (held.wants == Connection::Wants::input && connection.is_behind(serial, servers));
        if (ready) {
            make_ready(*shared, std::move(held.connection));
            if (++made_ready % kPerWorker == 1) shared.notify_one();
        } else if (now >= connection.expires()) {
            held.connection->expire();
            drop(std::move(held.connection));
        } else {
            if (kept != i) idle[kept] = std::move(held);
            ++kept;
        }
    }
    idle.resize(kept);
}

void Server::run_poller()
{
    std::vector<Held> idle;
    std::vector<pollfd> fds;
    for (;;) {
        fds.clear();
        Deadline deadline = Deadline::after(kSweep);
        if (has_ready()) deadline = Deadline::after(kHeldUp);
        for (const Held& held : idle) {
            short events = POLLIN;
            if (held.wants == Connection::Wants::output) events = POLLOUT;
            // One that waits for its time is not looked at: if it has hung up, that can wait too.
            const bool paused = held.wants == Connection::Wants::time;
            if (paused) deadline = deadline.min(Deadline::at(held.connection->wake_at()));
            deadline = deadline.min(Deadline::at(held.connection->expires()));
            fds.push_back({paused ? -1 : held.connection->fd(), events, 0});
        }
        fds.push_back({wake_pipe_.read_end.get(), POLLIN, 0});
        const int events = ::poll(fds.data(), static_cast<nfds_t>(fds.size()), deadline.poll_ms());
        if (events < 0)
            for (pollfd& p : fds) p.revents = 0;
        if (events == 0 && has_ready()) shared_.lock().notify_one();
        if (fds.back().revents != 0) {
            char bytes[64];
            while (::read(wake_pipe_.read_end.get(), bytes, sizeof bytes) > 0) {
            }
        }
        woken_ = false;
        fds.pop_back();
        const bool stopping = shared_.lock()->stopping;
        if (stopping) break;
        const size_t polled = idle.size();
        collect(idle);
        fds.resize(polled);
        dispatch(idle, fds);
    }
    for (Held& held : idle) held.connection->say_goodbye();
}

void Server::stop()
{
    {
        auto shared = shared_.lock();
        shared->stopping = true;
        shared.notify_all();
    }
    if (wake_pipe_.write_end) {
        woken_ = false;
        wake();
    }
    poller_.join();
    for (auto& worker : workers_) worker->join();
    auto shared = shared_.lock();
    for (auto& connection : shared->ready) connection->say_goodbye();
    for (auto& connection : shared->logins) connection->say_goodbye();
    for (auto& connection : shared->dumps) connection->say_goodbye();
    for (Held& held : shared->returned) held.connection->say_goodbye();
    shared->ready.clear();
    shared->logins.clear();
    shared->dumps.clear();
    shared->returned.clear();
}

}  // namespace rookery::mupdate
