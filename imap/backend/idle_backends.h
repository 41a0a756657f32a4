// IdleBackends: connections whose session has ended in order, for the next session of this process.
//
// put() takes the user off (UNAUTHENTICATE) and keeps the connection, where that is possible and
// safe (Backend::unauthenticate). At most kMaxKept are kept, each for at most
// backend_reuse_timeout: at the other end each is a process. take() gives one that has said nothing
// since; one that died or said BYE is closed, and nobody hears of it. One thread.
#ifndef ROOKERY_IMAP_BACKEND_IDLE_BACKENDS_H
#define ROOKERY_IMAP_BACKEND_IDLE_BACKENDS_H

#include <memory>
#include <string>
#include <vector>

#include "imap/backend/backend.h"
#include "lib/base/clock.h"
#include "lib/base/result.h"

namespace rookery::backend {

class IdleBackends {
 public:
    static constexpr size_t kMaxKept = 4;

    // config must outlive the object.
    explicit IdleBackends(const config::Config& config) : config_(config) {}
    // Gives the server's last line, as Backend::unauthenticate() does; unsupported, with nothing
    // said: it is not to be kept, and is the caller's still. Else it is kept, or closed.
    Result<std::string> put(std::unique_ptr<Backend>& backend);
    // Null if there is none to that server.
    std::unique_ptr<Backend> take(const std::string& server);
    // Logs out where nobody came in time; gives when the next is due.
    Deadline close_expired();

 private:
    struct Kept {
        std::unique_ptr<Backend> backend;
        Deadline until;
    };
    const config::Config& config_;
    std::vector<Kept> kept_;  // oldest first
};

}  // namespace rookery::backend

#endif
