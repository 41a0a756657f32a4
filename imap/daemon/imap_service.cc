#include "imap/daemon/imap_service.h"

#include "imap/imapd/engine.h"
#include "imap/sync/mover.h"
#include "imap/sync/server.h"

namespace rookery::daemon {

Status ImapService::worker_start()
{
    TRY(MailService::worker_start());
    if (store() != nullptr) {
        sync_ = open_sync_(*store());
        operations_ =
            std::make_unique<cluster::Operations>(config(), directory(), *store(), quotas());
    }
    idle_.emplace(config());
    health_.emplace(backend::Health::path(config()), backend::Health::options(config()));
    return success();
}

Deadline ImapService::between_clients()
{
    return idle_->close_expired();
}

void ImapService::serve(Fd client, const service::ClientInfo& info)
{
    // In this order: a SASL layer of the stream uses the kit until the stream is gone.
    session::SessionKit kit = kit_for(info);
    stream::Stream stream(std::move(client));
    kit.await_login(stream);
    if (const auto why = kit.why_not_now()) {
        // Where TLS comes first there is nothing that could be said without.
        if (!tls_at_once()) {
            stream.put("* BYE [UNAVAILABLE] ", *why, "\r\n");
            (void)stream.flush();
        }
        return;
    }
    backend::BackendPool backends(config(), backend::imap_dialect(), &*idle_, &*health_);
    backends.set_gate(gate());
    if (!begins(kit, stream)) return;
    imapd::ImapSession session{
        .config = config(),
        .kit = kit,
        .directory = directory(),
        .store = store(),
        .quotas = quotas(),
        .backends = &backends,
        .client = stream,
        .reader = imapd::CommandReader(stream, imapd::reader_limits(config())),
    };
    std::optional<sync::Mover> mover;
    std::optional<sync::SyncServer> server;
    if (store() != nullptr) {
        const sync::LocalSide here{config(), directory(), *store(), *sync_, *quotas()};
        mover.emplace(here);
        server.emplace(here, [&](const model::MailboxEntry& e) { return mover->make_room(e); });
        session.moves = &*mover;
        session.sync = &*server;
        session.operations = operations_.get();
    }
    imapd::Engine(session).run();
}

}  // namespace rookery::daemon
