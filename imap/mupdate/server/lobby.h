// Lobby: the connections that have not logged in yet, which have places of their own.
//
// When all are taken and one more comes, a place is made: of the address that holds the most, the
// one that came first has to leave. So whoever fills the places displaces himself. Who leaves has
// its socket shut down, and is noticed by whoever serves it. Any thread.
#ifndef ROOKERY_IMAP_MUPDATE_SERVER_LOBBY_H
#define ROOKERY_IMAP_MUPDATE_SERVER_LOBBY_H

#include <map>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/guarded.h"

namespace rookery::mupdate {

class Lobby {
 public:
    explicit Lobby(size_t places) : places_(places) {}
    // who: only compared. fd stays open until leave(who).
    void enter(const void* who, int fd, const std::string& host);
    // It has logged in or is gone; nothing happens if it had to leave before.
    void leave(const void* who);
    size_t size() { return state_.lock()->guests.size(); }

 private:
    struct Guest {
        const void* who;
        int fd;
        std::string host;
    };
    struct State {
        std::vector<Guest> guests;  // in the order in which they came
        std::map<std::string, size_t> by_host;
        MonotonicTime next_complaint{};
    };
    static void remove(State& state, std::vector<Guest>::iterator guest);
    void make_place(State& state) const;

    size_t places_;
    Guarded<State> state_;
};

}  // namespace rookery::mupdate

#endif
