#include "imap/daemon/imap_service.h"

#include "imap/imapd/engine.h"
#include "imap/imapd/session.h"
#include "imap/mboxlist/servers.h"
#include "imap/sync/mover.h"
#include "imap/sync/server.h"
#include "lib/auth/sasl_client.h"
#include "lib/auth/sasl_server.h"
#include "lib/auth/warm_up.h"
#include "lib/base/log.h"

namespace rookery::daemon {

Status ImapService::option(char letter, std::string_view)
{
    if (letter == 's') tls_at_once_ = true;
    return success();
}

Status ImapService::prepare(const config::Config& config)
{
    config_ = &config;
    tls_ = auth::server_tls(config);
    if (tls_at_once_ && !tls_.context)
        return Error{Code::config, "-s needs tls_server_cert and tls_server_key"};
    TRY(auth::SaslServer::init_library(config, "Cyrus"));
    // To the mupdate master and to other servers it is a client.
    return auth::SaslClient::init_library(config);
}

void ImapService::warm_up()
{
    auth::warm_up(*config_, "imap", tls_.context.get());
}

Status ImapService::worker_start()
{
    TRY_ASSIGN(directory_, parts_.open_directory(*config_));
    if (parts_.open_store != nullptr) {
        TRY_ASSIGN(store_, parts_.open_store(*config_));
        quotas_ = parts_.open_quotas(*config_, *directory_, *store_);
        sync_ = parts_.open_sync(*store_);
        operations_ =
            std::make_unique<cluster::Operations>(*config_, *directory_, *store_, quotas_.get());
    }
    idle_.emplace(*config_);
    health_.emplace(backend::Health::path(*config_), backend::Health::options(*config_));
    return success();
}

Deadline ImapService::between_clients()
{
    return idle_->close_expired();
}

void ImapService::serve(Fd client, const master::ClientInfo& info)
{
    // In this order: a SASL layer of the stream uses the kit until the stream is gone.
    session::SessionKit kit(*config_, tls_.context.get(), "imap", info);
    stream::Stream stream(std::move(client));
    kit.await_login(stream);
    backend::BackendPool backends(*config_, backend::imap_dialect(), &*idle_, &*health_);
    backends.set_gate([this](const std::string& server) {
        return mboxlist::check_in_service(*directory_, server);
    });
    if (tls_at_once_) {
        if (auto shaken = kit.start_tls(stream); !shaken) {
            log::notice("no tls", {{"host", info.host}, {"reason", shaken.error()}});
            return;
        }
    }
    imapd::ImapSession session{
        .config = *config_,
        .kit = kit,
        .directory = *directory_,
        .store = store_.get(),
        .quotas = quotas_.get(),
        .backends = &backends,
        .client = stream,
        .reader = imapd::CommandReader(stream, imapd::reader_limits(*config_)),
    };
    std::optional<sync::Mover> mover;
    std::optional<sync::SyncServer> server;
    if (store_) {
        const sync::LocalSide here{*config_, *directory_, *store_, *sync_, *quotas_};
        mover.emplace(here);
        server.emplace(here, [&](const model::MailboxEntry& e) { return mover->make_room(e); });
        session.moves = &*mover;
        session.sync = &*server;
        session.operations = operations_.get();
    }
    imapd::Engine(session).run();
}

}  // namespace rookery::daemon
