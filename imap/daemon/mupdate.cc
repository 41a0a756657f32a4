// mupdate(8): the mupdate master (-m), or the replica of a frontend.
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <optional>

#include "imap/mboxlist/kick.h"
#include "imap/mboxlist/open_directory.h"
#include "imap/mupdate/master/master_list.h"
#include "imap/mupdate/master/published_list.h"
#include "imap/mupdate/replica/replica.h"
#include "imap/mupdate/server/kick_server.h"
#include "imap/mupdate/server/server.h"
#include "lib/auth/sasl_client.h"
#include "lib/auth/sasl_server.h"
#include "lib/auth/tls_context.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/config/murder_role.h"
#include "lib/net/dial.h"
#include "lib/service/accept.h"
#include "lib/service/file_watch.h"
#include "lib/service/service_thread.h"

namespace {

using namespace rookery;

// True if the server's name is an address of this machine: then a socket can be bound to it.
bool is_this_host(const std::string& server)
{
    auto target = net::parse_target(server, "mupdate");
    if (!target) return false;
    addrinfo hints = {};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(target->host.c_str(), nullptr, &hints, &found) != 0) return false;
    bool ours = false;
    for (addrinfo* a = found; a != nullptr && !ours; a = a->ai_next) {
        Fd probe(::socket(a->ai_family, SOCK_STREAM, 0));
        ours = probe && ::bind(probe.get(), a->ai_addr, a->ai_addrlen) == 0;
    }
    ::freeaddrinfo(found);
    return ours;
}

Status check_workers(const config::Config& config)
{
    const int64_t start = config.mupdate_workers_start();
    const int64_t min_spare = config.mupdate_workers_minspare();
    const int64_t max_spare = config.mupdate_workers_maxspare();
    const int64_t max = config.mupdate_workers_max();
    if (start < min_spare || max_spare < start || max < start || max < min_spare)
        return Error{Code::config,
                     "mupdate_workers_start, _minspare, _maxspare and _max do not fit"};
    return success();
}

Result<mupdate::Policy> read_policy(const config::Config& config)
{
    mupdate::Policy policy;
    policy.last_claim_wins = config.mupdate_conflict() == config::MupdateConflict::last;
    policy.lease = config.mupdate_lease();
    policy.move_settle = config.mupdate_move_settle();
    policy.move_warn = config.mupdate_move_warn();
    auto guard = mupdate::DeleteGuard::parse(config.mupdate_max_deletes());
    if (!guard) return Error{Code::config, "mupdate_max_deletes is a number or a percentage"};
    policy.max_deletes = *guard;
    return policy;
}

class Mupdate : public service::ThreadedService {
 public:
    std::vector<Option> options() const override
    {
        return {{'m', "", "", "be the master of the murder"},
                {'a', "", "", "be the master where mupdate_server is this host"}};
    }

    Status option(char letter, std::string_view) override
    {
        if (letter == 'm')
            as_master_ = true;
        else
            auto_select_ = true;
        return success();
    }

    Status prepare(const config::Config& config) override
    {
        config_ = &config;
        watch_.emplace(std::vector{config.tls_server_cert(), config.tls_server_key(),
                                   config.tls_server_ca_file(), config.tls_client_ca_file()});
        if (auto_select_ && !config.mupdate_server().empty())
            as_master_ = as_master_ || is_this_host(config.mupdate_server());
        TRY(check(config));
        TRY_ASSIGN(mupdate::Policy policy, read_policy(config));
        TRY(auth::SaslServer::init_library(config, "mupdate"));
        TRY(auth::SaslClient::init_library(config));
        tls_ = auth::server_tls(config);
        TRY_ASSIGN(wake_, make_pipe());
        TRY(as_master_ ? open_master(config, policy) : open_replica(config));
        context_.emplace(mupdate::ServerContext{
            config,
            served(),
            *servers_,
            list_.get(),
            tls_.context.get(),
            as_master_ ? "(master)" : cat("mupdate://", config.mupdate_server()),
            policy.max_deletes,
            &listeners_,
            status_source(),
            {},
            {}});
        if (replica_) {
            context_->accept_deletes = [this] { return replica_->accept_deletes(); };
            context_->accept_restored = [this] { return replica_->accept_restored(); };
        }
        mupdate::Server::Options options;
        options.workers = static_cast<size_t>(config.mupdate_workers_max());
        options.connections_max = static_cast<size_t>(config.mupdate_connections_max());
        options.connections_login = static_cast<size_t>(config.mupdate_connections_login());
        server_.emplace(*context_, options);
        server_->set_ready(ready_);
        return success();
    }

    int run(const std::vector<Fd>& listeners, const std::string&,
            const std::function<void()>& ready) override
    {
        Status started = start();
        if (!started) log::fatal(log::kExOsErr, started.error().text);
        ready();
        int code = accept_clients(listeners);
        server_->stop();
        if (replica_) replica_->stop();
        if (kicks_) kicks_->stop();
        if (list_) list_->stop();
        return code;
    }

    std::string lacking() const override { return tls_.lacking; }
    void terminate() override { end(); }
    // master starts it anew, with the configuration and certificates as they are then.
    void hangup() override
    {
        renew_ = true;
        wake();
    }

 private:
    Status check(const config::Config& config) const
    {
        if (!as_master_ && config.mupdate_server().empty())
            return Error{Code::config, "mupdate_server is not set, and -m is not given"};
        if (as_master_ && config.mupdate_config() == config::MupdateConfig::unified)
            return Error{Code::config, "a master cannot run on a unified server"};
        TRY(check_workers(config));
        TRY(read_policy(config));
        return success();
    }

    // It has no successor beside it: what a start would refuse ends no process that serves.
    bool may_be_renewed() const
    {
        auto tried = [&]() -> Status {
            TRY_ASSIGN(const config::Config now,
                       config::Config::load(config_->path(), config_->service()));
            TRY(check(now));
            TRY(auth::TlsContext::server(now));
            return success();
        };
        Status good = tried();
        if (good)
            log::info("another mupdate takes over, with what has changed");
        else
            log::error("configuration is wrong: mupdate goes on with the old one",
                       {{"reason", good.error()}});
        return good.ok();
    }

    mupdate::ServedList& served()
    {
        if (stored_) return *stored_;
        return published_;
    }

    mupdate::StatusSource status_source()
    {
        if (replica_) return [this] { return replica_->status(); };
        return [this] { return list_->status(); };
    }

    Status open_master(const config::Config& config, const mupdate::Policy& policy)
    {
        mupdate::MasterList::Options options;
        options.directory = cat(config.configdirectory(), "/mupdate");
        options.policy = policy;
        TRY_ASSIGN(auto store, mboxlist::open_list(config));
        TRY_ASSIGN(servers_, mupdate::ServerTable::open(
                                 cat(options.directory, "/servers"),
                                 store->mark(model::kServersMark).value_or(std::string())));
        TRY_ASSIGN(list_, mupdate::MasterList::open(std::move(store), published_, options));
        // The frontend on this machine reads the master's own list.
        if (config::holds_replica(config))
            kicks_.emplace(mboxlist::kick_socket_path(config),
                           [this] { return list_->catch_up(mboxlist::kMaxKickWait); });
        return success();
    }

    // The list of a frontend is soft state: one that cannot be read is put aside.
    Status open_replica(const config::Config& config)
    {
        Status opened = open_replica_list(config);
        if (opened || !mboxlist::is_unusable(opened.error()) || !mboxlist::is_soft_list(config))
            return opened;
        replica_.reset();
        stored_.reset();
        TRY_ASSIGN(const std::string aside, mboxlist::put_list_aside(config));
        log::error("the mailbox list cannot be used: a new one is made",
                   {{"kept", aside}, {"error", opened.error()}});
        return open_replica_list(config);
    }

    Status open_replica_list(const config::Config& config)
    {
        mboxlist::ListOptions options;
        // A server's own mailboxes are in no dump.
        options.durable = config.mupdate_config() == config::MupdateConfig::unified;
        TRY_ASSIGN(auto store, mboxlist::open_list(config, options));
        stored_ = std::make_unique<mupdate::StoredList>(std::move(store));
        servers_ = std::make_unique<mupdate::ServerTable>();
        replica_ = std::make_unique<mupdate::Replica>(config, *stored_, *servers_,
                                                      [this] { server_->set_ready(true); });
        TRY_ASSIGN(ready_, replica_->load());
        return success();
    }

    Status start()
    {
        TRY(server_->start());
        served().set_listener([this] { server_->wake(); });
        servers_->set_listener([this] { server_->wake(); });
        if (list_) TRY(list_->start());
        if (kicks_) TRY(kicks_->start());
        if (replica_) TRY(replica_->start());
        return success();
    }

    // Workers that read the list find another one; the next process fills it.
    static int give_up_list(const config::Config& config)
    {
        auto aside = mboxlist::put_list_aside(config);
        log::error("the mailbox list is put aside", {{"as", aside ? *aside : aside.error().text}});
        return log::kExTempFail;
    }

    int accept_clients(const std::vector<Fd>& listeners)
    {
        std::vector<pollfd> fds;
        for (const Fd& listener : listeners) fds.push_back({listener.get(), POLLIN, 0});
        fds.push_back({wake_.read_end.get(), POLLIN, 0});
        while (!ending_) {
            if (list_ && list_->must_restart()) return log::kExTempFail;
            const bool changed = watch_->changed(monotonic_now());
            if ((renew_.exchange(false) || changed) && may_be_renewed()) return 0;
            if (replica_ && replica_->list_is_damaged()) return give_up_list(context_->config);
            if (::poll(fds.data(), static_cast<nfds_t>(fds.size()), 1000) <= 0) continue;
            char bytes[64];
            if (fds.back().revents != 0 && ::read(wake_.read_end.get(), bytes, sizeof bytes) < 0)
                log::debug("woken for nothing");
            for (size_t i = 0; i < listeners.size(); ++i) {
                if (fds[i].revents == 0) continue;
                auto client = service::accept_client(fds[i].fd);
                if (client) server_->adopt(*std::move(client));
            }
        }
        return 0;
    }

    void end()
    {
        ending_ = true;
        wake();
    }

    void wake()
    {
        if (::write(wake_.write_end.get(), "e", 1) < 0) log::debug("cannot wake the main thread");
    }

    bool as_master_ = false;
    bool auto_select_ = false;
    bool ready_ = true;
    const config::Config* config_ = nullptr;
    std::optional<service::FileWatch> watch_;
    std::atomic<bool> ending_{false};
    std::atomic<bool> renew_{false};
    Pipe wake_;
    auth::ServerTls tls_;
    mupdate::PublishedList published_;             // at the master
    std::unique_ptr<mupdate::StoredList> stored_;  // at a replica
    std::unique_ptr<mupdate::ServerTable> servers_;
    mupdate::Listeners listeners_;
    std::unique_ptr<mupdate::MasterList> list_;
    std::optional<mupdate::KickServer> kicks_;
    std::unique_ptr<mupdate::Replica> replica_;
    std::optional<mupdate::ServerContext> context_;
    std::optional<mupdate::Server> server_;
};

}  // namespace

int main(int argc, char** argv)
{
    Mupdate service;
    return service::threaded_main(argc, argv, service);
}
