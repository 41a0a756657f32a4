// IDLE on a mailbox of another server: what it tells goes on at once, until the client's DONE.
#include <poll.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "imap/imapd/command_table.h"
#include "imap/imapd/notify/tell.h"
#include "imap/imapd/notify/watch.h"
#include "imap/imapd/relay/channel.h"
#include "imap/imapd/relay/lines.h"
#include "imap/imapd/relay/relay.h"
#include "lib/base/signals.h"
#include "lib/base/strings.h"

namespace rookery::imapd::commands {
namespace {

constexpr size_t kMaxDone = 100;

enum class Event { client, server, watched, time, terminate, client_gone };

// Waits for one of the two, whoever comes first; the server goes first if both are there.
Event wait_for_either(ImapSession& s, stream::Stream& server, Deadline deadline)
{
    while (true) {
        if (signals::terminate_seen()) return Event::terminate;
        if (server.has_input()) return Event::server;
        if (s.client.has_input()) return Event::client;
        if (deadline.passed()) return Event::time;
        const Deadline due = watched_due(s);
        std::vector<pollfd> fds = {{s.client.fd(), POLLIN, 0}, {server.fd(), POLLIN, 0}};
        for (const int other : watched_descriptors(s)) fds.push_back({other, POLLIN, 0});
        auto ready = signals::poll_fds(fds, deadline.min(due));
        if (!ready) return Event::client_gone;
        if (fds[1].revents != 0) return Event::server;
        if (fds[0].revents == 0) {
            if (due.passed()) return Event::watched;
            for (size_t i = 2; i < fds.size(); ++i)
                if (fds[i].revents != 0) return Event::watched;
            continue;
        }
        auto now = s.client.wait_input(Deadline::after(Milliseconds(0)));
        if (!now) return Event::client_gone;
        if (*now) return Event::client;
    }
}

Deadline idle_deadline(const config::Config& config)
{
    Seconds limit = config.is_set("imapidletimeout") ? config.imapidletimeout() : config.timeout();
    return Deadline::after(std::max<Milliseconds>(limit, std::chrono::minutes(30)));
}

// IDLE begun at the server, or nothing where it is polled instead.
Status begin(ImapSession& s, RelayChannel& channel)
{
    if (!channel.backend().has_capability("IDLE")) return success();
    channel.verb("IDLE");
    TRY(channel.send_line());
    TRY(channel.wait_go_ahead());
    if (channel.early()) return Error{Code::syntax, channel.early()->text};
    return s.client.flush();
}

// DONE at the server, its answer eaten.
Status end(RelayChannel& channel)
{
    if (!channel.backend().has_capability("IDLE")) return success();
    stream::Stream& server = channel.backend().stream();
    server.put("DONE\r\n");
    TRY(server.flush());
    while (true) {
        TRY_ASSIGN(std::optional<Answer> answer, channel.one_response());
        if (answer) return success();
    }
}

Completion client_line(ImapSession& s)
{
    auto line = s.client.read_line(kMaxDone);
    if (!s.client.ok()) return Completion::disconnect();
    if (line.is(Code::limit) && !s.client.skip_line(CommandReader::kMaxSkip))
        return Completion::disconnect();
    if (line && equal_nocase(*line, "DONE")) return Completion::ok();
    return Completion::bad("Expected DONE");
}

// What the server has said since; its loss is an error.
Status server_lines(ImapSession& s, RelayChannel& channel)
{
    do {
        TRY_ASSIGN(std::optional<Answer> answer, channel.one_response());
        if (answer) return Error{Code::closed, "the server ended IDLE"};
    } while (channel.backend().stream().has_input());
    return s.client.flush();
}

Completion bye(ImapSession& s, std::string_view text)
{
    s.client.put("* BYE ", text, "\r\n");
    (void)s.client.flush();
    return Completion::disconnect();
}

// The server's IDLE, ended and begun again: what it knows by now is told between the two.
Status begin_again(ImapSession& s, backend::Backend& backend, std::optional<RelayChannel>& channel)
{
    TRY(end(*channel));
    channel.emplace(s, backend);
    return begin(s, *channel);
}

// What is watched elsewhere. closed: the connection of the selected mailbox is lost.
Status tell_watched(ImapSession& s, backend::Backend& backend, std::optional<RelayChannel>& channel)
{
    Status asked = success();
    s.user.ask_in_idle = [&] {
        if (asked) asked = begin_again(s, backend, channel);
    };
    const Status told = s.user.watch->tell();
    s.user.ask_in_idle = nullptr;
    TRY(told);
    TRY(s.client.flush());
    return asked;
}

// One connection's IDLE. none: the connection was lost, and the client is still there.
std::optional<Completion> idle_on(ImapSession& s, backend::Backend& backend, Deadline deadline)
{
    const auto lost = [&s]() -> std::optional<Completion> {
        if (s.client.ok()) return std::nullopt;
        return Completion::disconnect();
    };
    std::optional<RelayChannel> channel;
    channel.emplace(s, backend);
    if (!begin(s, *channel)) return lost();
    const bool polled = !backend.has_capability("IDLE");
    while (true) {
        Deadline wait = polled ? deadline.min(Deadline::after(s.config.imapidlepoll())) : deadline;
        s.rest();
        switch (wait_for_either(s, backend.stream(), wait)) {
            case Event::server:
                if (!(polled ? relay_unsolicited(s) : server_lines(s, *channel))) return lost();
                if (!s.client.flush()) return Completion::disconnect();
                break;
            case Event::client: {
                Completion done = client_line(s);
                if (done.kind == Completion::Kind::disconnect) return done;
                if (auto ended = end(*channel); !ended) return channel->failed(ended.error());
                return done;
            }
            case Event::time:
                if (deadline.passed()) return bye(s, "Disconnected for inactivity");
                if (!relay_poll(s)) return std::nullopt;
                if (!s.client.flush()) return Completion::disconnect();
                break;
            case Event::watched:
                if (!tell_watched(s, backend, channel)) return lost();
                break;
            case Event::terminate: (void)end(*channel); return bye(s, "Server is shutting down");
            case Event::client_gone: return Completion::disconnect();
        }
    }
}

}  // namespace

Result<Completion> relay_idle(ImapSession& s, Command& command, backend::Backend&)
{
    TRY(s.reader.end_of_line());
    if (!ensure_selection(s)) return say_bye_lost(s);
    if (auto refused = release_held(s, command)) return *refused;
    s.client.put("+ idling\r\n");
    if (s.user.watch && !s.user.watch->tell()) return Completion::disconnect();
    if (!s.client.flush()) return Completion::disconnect();
    Deadline deadline = idle_deadline(s.config);
    while (true) {
        auto done = idle_on(s, *s.remote()->backend, deadline);
        if (done) return *done;
        if (s.remote() == nullptr || !replace_selection(s, Expunges::at_once))
            return say_bye_lost(s);
        if (!s.client.flush()) return Completion::disconnect();
    }
}

}  // namespace rookery::imapd::commands
