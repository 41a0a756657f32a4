// RemoteCopies: a message into a mailbox that is at another server, by an IMAP APPEND as the owner
// of the script that files it there: with that server's idea of his rights, and no second script.
//
// A server that is part of a murder gets LOCALAPPEND, so that it passes nothing on itself. Logins
// are those of the relay (proxy_authname acts for the owner); a connection is kept for the next
// delivery where the server can take the user off it. Codes: not_found (it says that it has no such
// mailbox), moved (it is at another server), denied (it will not have it, now or later),
// over_quota; all others are for now. One thread.
#ifndef ROOKERY_IMAP_DELIVERY_REMOTE_COPIES_H
#define ROOKERY_IMAP_DELIVERY_REMOTE_COPIES_H

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/backend/backend_pool.h"
#include "imap/backend/idle_backends.h"
#include "imap/delivery/decision.h"
#include "imap/model/namespace.h"
#include "lib/base/clock.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::delivery {

class RemoteCopies {
 public:
    using Gate = std::function<Status(const std::string& server)>;
    RemoteCopies(const config::Config& config, Gate gate);

    // pieces: the message, one after another.
    Status append(const Copy& copy, const std::string& owner,
                  const std::vector<std::string_view>& pieces, int64_t internaldate);
    // Is a message with this in its Received lines there, that came at that time or later?
    Result<bool> has(const Copy& copy, const std::string& owner, std::string_view id,
                     int64_t since);
    // Between two clients.
    Deadline close_expired() { return idle_.close_expired(); }

 private:
    template <class Talk>
    auto with_server(const Copy& copy, const std::string& owner, const Talk& talk)
        -> decltype(talk(std::declval<backend::Backend&>(), std::string()));

    const config::Config& config_;
    Gate gate_;
    backend::IdleBackends idle_;
    backend::Health health_;
};

}  // namespace rookery::delivery

#endif
