#include "imap/daemon/sieve_service.h"

namespace rookery::daemon {

Status SieveService::prepare(const config::Config& config)
{
    extensions_.emplace(config);
    return MailService::prepare(config);
}

Status SieveService::worker_start()
{
    TRY(MailService::worker_start());
    health_.emplace(backend::Health::path(config()), backend::Health::options(config()));
    return success();
}

void SieveService::serve(Fd client, const service::ClientInfo& info)
{
    // In this order: a SASL layer of the stream uses the kit until the stream is gone.
    session::SessionKit kit = kit_for(info);
    stream::Stream stream(std::move(client));
    kit.await_login(stream);
    if (const auto why = kit.why_not_now()) {
        stream.put(managesieve::reply(managesieve::Word::bye, "TRYLATER", *why));
        (void)stream.flush();
        return;
    }
    backend::BackendPool backends(config(), backend::sieve_dialect(), nullptr, &*health_);
    backends.set_gate(gate());
    managesieve::Engine({config(), kit, stream, directory(), backends, *extensions_}).run();
}

}  // namespace rookery::daemon
