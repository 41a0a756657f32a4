#include "imap/mupdate/server/lobby.h"

#include <sys/socket.h>

#include <algorithm>

#include "lib/base/log.h"

namespace rookery::mupdate {

namespace {

constexpr Seconds kComplaints{10};

}  // namespace

void Lobby::remove(State& state, std::vector<Guest>::iterator guest)
{
    auto count = state.by_host.find(guest->host);
    if (--count->second == 0) state.by_host.erase(count);
    state.guests.erase(guest);
}

void Lobby::make_place(State& state) const
{
    const auto most =
        std::max_element(state.by_host.begin(), state.by_host.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    const size_t count = most->second;
    const auto first = std::find_if(state.guests.begin(), state.guests.end(),
                                    [&](const Guest& g) { return state.by_host[g.host] == count; });
    if (monotonic_now() >= state.next_complaint) {
        state.next_complaint = monotonic_now() + kComplaints;
        log::warning(
            "too many connections that do not log in: some are dropped",
            {{"mupdate_connections_login", places_}, {"host", first->host}, {"of it", count}});
    }
    ::shutdown(first->fd, SHUT_RDWR);
    remove(state, first);
}

void Lobby::enter(const void* who, int fd, const std::string& host)
{
    auto state = state_.lock();
    if (state->guests.size() >= places_ && !state->guests.empty()) make_place(*state);
    state->guests.push_back({who, fd, host});
    ++state->by_host[host];
}

void Lobby::leave(const void* who)
{
    auto state = state_.lock();
    auto guest = std::find_if(state->guests.begin(), state->guests.end(),
                              [&](const Guest& g) { return g.who == who; });
    if (guest != state->guests.end()) remove(*state, guest);
}

}  // namespace rookery::mupdate
