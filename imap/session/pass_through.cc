#include "imap/session/pass_through.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

#include "lib/base/log.h"
#include "lib/base/signals.h"
#include "lib/service/counters.h"
#include "lib/service/retirement.h"

namespace rookery::session {
namespace {

using stream::Stream;

const Deadline kNow = Deadline::after(Milliseconds(0));  // has passed: do not wait

// How many pieces go one way before it is the other's turn.
constexpr int kPiecesInTurn = 16;

class OneWay {
 public:
    OneWay(Stream& from, Stream& to) : from_(from), to_(to) {}

    // Passes on what is there and what fits. True if something has moved.
    bool step()
    {
        bool moved = false;
        for (int n = 0; n < kPiecesInTurn; ++n) {
            bool went = held() == 0 && take_in();
            if (held() > 0 && give_out()) went = true;
            if (!went) break;
            moved = true;
        }
        return moved;
    }

    size_t held() const { return end_ - begin_; }
    // No more comes; something may still be held.
    bool has_ended() const { return ended_; }
    // Nobody takes anything more: what comes is dropped.
    bool is_broken() const { return broken_; }
    bool is_over() const { return ended_ && held() == 0; }
    bool wants_input() const { return held() == 0 && !ended_; }
    bool wants_room() const { return held() > 0; }
    uint64_t passed() const { return passed_; }
    char last() const { return last_; }
    // Since when nothing has gone this way.
    MonotonicTime quiet_since() const { return moved_at_; }
    void give_up() { ended_ = broken_ = true; }

 private:
    bool take_in()
    {
        if (ended_) return false;
        auto ready = from_.wait_input(kNow);
        if (ready && !*ready) return false;
        auto n = ready ? from_.read_some(buffer_) : Result<size_t>(ready.error());
        // What went wrong is its end; what it said before is here.
        ended_ = !n || *n == 0;
        moved_at_ = monotonic_now();
        begin_ = 0;
        end_ = ended_ || broken_ ? 0 : *n;
        return true;
    }

    bool give_out()
    {
        pollfd room{to_.fd(), POLLOUT, 0};
        auto ready = signals::poll_fds({&room, 1}, kNow);
        if (ready && room.revents == 0) return false;
        moved_at_ = monotonic_now();
        const std::string_view piece{buffer_ + begin_, std::min(held(), PassThrough::kPiece)};
        const bool gone = !ready || (room.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
        if (gone || !write(piece)) {
            broken_ = true;
            begin_ = end_ = 0;
            return true;
        }
        passed_ += piece.size();
        last_ = piece.back();
        begin_ += piece.size();
        return true;
    }

    // Past the stream, which would give up reading too: the last words of who has gone may be
    // unread.
    bool write(std::string_view piece)
    {
        if (!to_.ok()) return false;
        const Deadline deadline = to_.wait_deadline();
        return to_.top()->write(piece, deadline) && to_.top()->flush(deadline);
    }

    Stream& from_;
    Stream& to_;
    char buffer_[PassThrough::kHeld];
    size_t begin_ = 0;
    size_t end_ = 0;
    uint64_t passed_ = 0;
    char last_ = '\n';
    bool ended_ = false;
    bool broken_ = false;
    MonotonicTime moved_at_ = monotonic_now();
};

// No more comes from us, in each layer and below them.
void half_close(Stream& stream)
{
    if (!stream.ok()) return;
    stream.top()->shut_down();
    ::shutdown(stream.fd(), SHUT_WR);
}

class BothWays {
 public:
    BothWays(const SessionKit& kit, Stream& client, Stream& server, const PassThrough& limits)
        : kit_(kit),
          client_(client),
          server_(server),
          limits_(limits),
          up_(client, server),
          down_(server, client),
          look_(Deadline::after(limits.look))
    {
    }

    Passed run()
    {
        Passed out;
        for (;;) {
            // The server first: it may say why it takes nothing more.
            bool moved = down_.step();
            if (up_.step()) moved = true;
            tell_server_of_end();
            if (auto end = why_over(moved)) {
                out.end = *end;
                break;
            }
            if (!moved) wait();
        }
        if (out.end == PassedEnd::server) hear_out_client();
        count();
        out.from_client = up_.passed();
        out.from_server = down_.passed();
        out.between_lines = down_.held() == 0 && !down_.is_broken() && down_.last() == '\n';
        return out;
    }

 private:
    void tell_server_of_end()
    {
        if (server_told_ || !up_.is_over()) return;
        server_told_ = true;
        half_close(server_);
    }

    // A connection that is closed while something is unread is reset, and then what the client has
    // not read yet is lost. So the client is told of the end, and heard out.
    void hear_out_client()
    {
        if (up_.has_ended()) return;
        half_close(client_);
        const Deadline until = Deadline::after(limits_.linger);
        char dropped[PassThrough::kPiece];
        while (!until.passed() && !signals::terminate_pending()) {
            auto ready = client_.wait_input(until);
            if (!ready) return;
            if (!*ready) continue;
            auto n = client_.read_some(dropped);
            if (!n || *n == 0) return;
        }
    }

    // What goes to the client does so past its stream.
    void count()
    {
        SessionKit::count_traffic(client_);
        service::counters::add(service::counters::Kind::bytes_sent, down_.passed() - counted_);
        counted_ = down_.passed();
    }

    std::optional<PassedEnd> why_over(bool moved)
    {
        if (signals::terminate_pending()) return PassedEnd::told_to_end;
        if (down_.is_broken() && up_.is_over()) return PassedEnd::client;
        if (down_.is_over()) return up_.has_ended() ? PassedEnd::client : PassedEnd::server;
        if (look_.passed()) {
            look_ = Deadline::after(limits_.look);
            count();
            if (!limits_.is_admin && kit_.shutdown_text()) return PassedEnd::shut_down;
        }
        if (moved) return std::nullopt;
        if (stalled_at().passed()) return PassedEnd::stalled;
        if (up_.has_ended() && lingers_until().passed()) return PassedEnd::client;
        if (on_its_way()) return std::nullopt;
        if (limits_.ends_with_template && kit_.session_due().passed()) return PassedEnd::come_again;
        if (idle_at().passed()) return PassedEnd::idle;
        return std::nullopt;
    }

    bool on_its_way() const { return up_.wants_room() || down_.wants_room(); }
    Deadline idle_at() const
    {
        if (!limits_.idle) return Deadline::never();
        return Deadline::at(std::max(up_.quiet_since(), down_.quiet_since()) + *limits_.idle);
    }
    Deadline stalled_at() const
    {
        Deadline at = Deadline::never();
        for (const OneWay* way : {&up_, &down_})
            if (way->wants_room()) at = at.min(Deadline::at(way->quiet_since() + limits_.stalled));
        return at;
    }
    Deadline lingers_until() const
    {
        if (!up_.has_ended() || on_its_way()) return Deadline::never();
        return Deadline::at(std::max(up_.quiet_since(), down_.quiet_since()) + limits_.linger);
    }

    static short events(const OneWay& in, const OneWay& out)
    {
        return static_cast<short>((in.wants_input() ? POLLIN : 0) |
                                  (out.wants_room() ? POLLOUT : 0));
    }

    // A descriptor of which nothing is wanted now would wake for its end again and again.
    static pollfd waiting(int fd, short what) { return {what != 0 ? fd : -1, what, 0}; }

    void wait()
    {
        const bool may_end = limits_.ends_with_template && !on_its_way();
        const Deadline due = may_end ? kit_.session_due() : Deadline::never();
        pollfd fds[] = {waiting(client_.fd(), events(up_, down_)),
                        waiting(server_.fd(), events(down_, up_)),
                        {may_end && due.is_never() ? service::retirement::fd() : -1, POLLIN, 0}};
        Deadline until = look_.min(stalled_at()).min(lingers_until()).min(due);
        if (!on_its_way()) until = until.min(idle_at());
        auto ready = signals::poll_fds(fds, until);
        if (!ready) {
            log::error("a session cannot wait", {{"reason", ready.error()}});
            up_.give_up();
            down_.give_up();
        }
    }

    const SessionKit& kit_;
    Stream& client_;
    Stream& server_;
    const PassThrough& limits_;
    OneWay up_;    // from the client to the server
    OneWay down_;  // back
    Deadline look_;
    bool server_told_ = false;
    uint64_t counted_ = 0;
};

}  // namespace

Passed pass_through(const SessionKit& kit, Stream& client, Stream& server,
                    const PassThrough& limits)
{
    return BothWays(kit, client, server, limits).run();
}

}  // namespace rookery::session
