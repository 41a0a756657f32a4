#include "imap/backend/idle_backends.h"

#include <algorithm>

#include "lib/base/log.h"
#include "lib/base/signals.h"

namespace rookery::backend {

Result<std::string> IdleBackends::put(std::unique_ptr<Backend>& backend)
{
    const Seconds time = config_.backend_reuse_timeout();
    if (time.count() == 0 || signals::terminate_seen() || signals::hangup_seen())
        return Error{Code::unsupported, "no connection is kept now"};
    auto left = backend->unauthenticate();
    if (left.is(Code::unsupported)) return left;
    if (!left) {
        log::info("a connection is not kept",
                  {{"server", backend->server()}, {"reason", left.error()}});
        backend->logout();
        backend.reset();
        return left;
    }
    if (kept_.size() == kMaxKept) {
        kept_.front().backend->logout();
        kept_.erase(kept_.begin());
    }
    kept_.push_back({std::move(backend), Deadline::after(time)});
    return left;
}

std::unique_ptr<Backend> IdleBackends::take(const std::string& server)
{
    auto at = std::find_if(kept_.begin(), kept_.end(),
                           [&](const Kept& k) { return k.backend->server() == server; });
    if (at == kept_.end()) return nullptr;
    std::unique_ptr<Backend> found = std::move(at->backend);
    const bool late = at->until.passed();
    kept_.erase(at);
    if (!late && found->is_silent()) return found;
    found->logout();
    return nullptr;
}

Deadline IdleBackends::close_expired()
{
    auto live =
        std::find_if(kept_.begin(), kept_.end(), [](const Kept& k) { return !k.until.passed(); });
    for (auto at = kept_.begin(); at != live; ++at) at->backend->logout();
    kept_.erase(kept_.begin(), live);
    return kept_.empty() ? Deadline::never() : kept_.front().until;
}

}  // namespace rookery::backend
