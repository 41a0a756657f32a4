#include "imap/daemon/pop3_service.h"

#include "imap/pop3/reply.h"

namespace rookery::daemon {

Status Pop3Service::option(char letter, std::string_view argument)
{
    if (letter == 'k') needs_kerberos_ = true;
    return MailService::option(letter, argument);
}

Status Pop3Service::worker_start()
{
    TRY(MailService::worker_start());
    idle_.emplace(config());
    health_.emplace(backend::Health::path(config()), backend::Health::options(config()));
    if (config().autocreate_quota() >= 0)
        make_user_ = store() != nullptr ? make_users_here(config(), directory(), store(), quotas())
                                        : make_users_there(config(), directory(), nullptr, nullptr);
    return success();
}

Deadline Pop3Service::between_clients()
{
    return idle_->close_expired();
}

void Pop3Service::serve(Fd client, const service::ClientInfo& info)
{
    // In this order: a SASL layer of the stream uses the kit until the stream is gone.
    session::SessionKit kit = kit_for(info);
    if (needs_kerberos_) kit.require_kerberos();
    stream::Stream stream(std::move(client));
    kit.await_login(stream);
    if (const auto why = kit.why_not_now()) {
        // Where TLS comes first there is nothing that could be said without.
        if (!tls_at_once()) {
            stream.put(pop3::err("SYS/TEMP", *why));
            (void)stream.flush();
        }
        return;
    }
    if (!begins(kit, stream)) return;
    backend::BackendPool backends(config(), backend::pop3_dialect(), &*idle_, &*health_);
    backends.set_gate(gate());
    pop3::Engine({.config = config(),
                  .kit = kit,
                  .client = stream,
                  .directory = directory(),
                  .backends = backends,
                  .store = store(),
                  .make_user = make_user_})
        .run();
}

}  // namespace rookery::daemon
