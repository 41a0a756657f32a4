#include "imap/backend/backend_pool.h"

#include "lib/base/log.h"
#include "lib/base/log_session.h"

namespace rookery::backend {
namespace {

constexpr Milliseconds kAtOnce{1000};

// Did the attempt say something about the server, rather than about this user?
bool is_servers_fault(Code code)
{
    return code == Code::unavailable || code == Code::timeout || code == Code::closed ||
           code == Code::io;
}

}  // namespace

BackendPool::BackendPool(const config::Config& config, const Dialect& dialect, IdleBackends* idle,
                         Health* health)
    : config_(config), dialect_(dialect), idle_(idle), health_(health)
{
}

BackendPool::~BackendPool() = default;

Result<Backend*> BackendPool::get(const std::string& server)
{
    if (gate_) TRY(gate_(server));
    if (Backend* open = find(server)) {
        connections_.find(server)->second.used = monotonic_now();
        if (open->is_alive()) return open;
        if (open->is_selected())
            return Error{Code::closed, "the connection of the selected mailbox is lost"};
        connections_.erase(server);
    }
    TRY_ASSIGN(auto made, open(server));
    return add(std::move(made));
}

Result<std::unique_ptr<Backend>> BackendPool::another(const std::string& server)
{
    if (gate_) TRY(gate_(server));
    return open(server);
}

Result<std::unique_ptr<Backend>> BackendPool::open(const std::string& server)
{
    if (relayed_ || server == config_.servername())
        return Error{Code::moved, cat("not relayed to ", server, ": the mailbox is not here")};
    auto made = connect(server);
    if (made.is(Code::denied) || made.is(Code::syntax) || made.is(Code::limit) ||
        made.is(Code::unsupported))
        // That this server may not log in there, or the other one speaks nonsense, is not the
        // client's affair.
        return Error{Code::unavailable, made.error().text};
    return made;
}

void BackendPool::give_back(std::unique_ptr<Backend> backend)
{
    if (idle_ == nullptr || idle_->put(backend).is(Code::unsupported)) backend->logout();
}

Health& BackendPool::health()
{
    if (health_ == nullptr)
        health_ = &own_health_.emplace(Health::path(config_), Health::options(config_));
    return *health_;
}

Result<std::unique_ptr<Backend>> BackendPool::connect(const std::string& server)
{
    ConnectOptions options;
    options.authzid = authzid_;
    std::unique_ptr<Backend> made = idle_ != nullptr ? idle_->take(server) : nullptr;
    if (made) {
        auto again = Backend::login_again(std::move(made), config_, options);
        // That is about the user, and would be said again.
        if (again.is(Code::busy)) return std::move(again).error();
        // Whatever was wrong with it: a new connection says whether the server or the user is, or
        // this one's process alone, which may be one that ends.
        if (!again)
            log::info("a kept connection was of no use",
                      {{"server", server}, {"reason", again.error()}});
        made = again ? *std::move(again) : nullptr;
    }
    if (!made) {
        TRY_ASSIGN(made, connect_anew(server, options));
    }
    health().announce(server, dialect_.service, announced(made->capabilities()));
    // What the other server calls this session, if it says so: its log has that.
    const std::string_view remote = log::session_named_in(made->welcome());
    if (!remote.empty())
        log::notice("relayed", {{"server", server},
                                {"service", dialect_.service},
                                {"user", authzid_},
                                {"remote", remote}});
    return made;
}

Result<std::unique_ptr<Backend>> BackendPool::connect_anew(const std::string& server,
                                                           const ConnectOptions& options)
{
    TRY(health().allow(server, dialect_.service));
    const MonotonicTime begun = monotonic_now();
    auto made = Backend::connect(config_, dialect_, server, options);
    // Nobody was kept waiting.
    if (made.is(Code::unavailable) && monotonic_now() - begun < kAtOnce)
        health().refused(server, dialect_.service);
    else
        health().report(server, dialect_.service,
                        made.ok() || !is_servers_fault(made.error().code));
    return made;
}

Announced BackendPool::missing(const std::function<bool(const std::string& server)>& counts)
{
    return health().missing(dialect_.service, counts);
}

Backend* BackendPool::add(std::unique_ptr<Backend> backend)
{
    auto& place = connections_[backend->server()];
    place = {std::move(backend), monotonic_now()};
    return place.backend.get();
}

Backend* BackendPool::find(const std::string& server)
{
    auto at = connections_.find(server);
    return at == connections_.end() ? nullptr : at->second.backend.get();
}

void BackendPool::drop(Backend* backend)
{
    std::erase_if(connections_, [&](const auto& c) { return c.second.backend.get() == backend; });
}

void BackendPool::drop_all()
{
    for (auto& [server, connection] : connections_) connection.backend->logout();
    connections_.clear();
}

void BackendPool::hand_on()
{
    if (idle_ == nullptr) return drop_all();
    for (auto& [server, connection] : connections_) give_back(std::move(connection.backend));
    connections_.clear();
}

Result<std::string> BackendPool::hand_on(Backend* backend)
{
    if (idle_ == nullptr) return Error{Code::unsupported, "no connection is kept"};
    const auto at = connections_.find(backend->server());
    auto left = idle_->put(at->second.backend);
    if (!left.is(Code::unsupported)) connections_.erase(at);
    return left;
}

Deadline BackendPool::close_idle()
{
    Deadline next = Deadline::never();
    for (auto at = connections_.begin(); at != connections_.end();) {
        Open& open = at->second;
        Deadline due = Deadline::at(open.used + config_.backend_idle_timeout());
        if (open.backend->is_selected() || open.backend->watched() != 0) {
            ++at;
        } else if (due.passed()) {
            open.backend->logout();
            at = connections_.erase(at);
        } else {
            next = next.min(due);
            ++at;
        }
    }
    return next;
}

std::vector<Backend*> BackendPool::open_connections()
{
    std::vector<Backend*> open;
    for (auto& [server, connection] : connections_) open.push_back(connection.backend.get());
    return open;
}

}  // namespace rookery::backend
