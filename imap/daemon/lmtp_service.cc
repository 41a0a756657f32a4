#include "imap/daemon/lmtp_service.h"

namespace rookery::daemon {

Status LmtpService::option(char letter, std::string_view)
{
    if (letter == 'a') everyone_authenticated_ = true;
    return success();
}

Status LmtpService::worker_start()
{
    TRY(MailService::worker_start());
    if (store() != nullptr && config().duplicatesuppression()) {
        TRY_ASSIGN(duplicates_, delivery::Duplicates::open(delivery::Duplicates::path(config())));
    }
    backends_.emplace(config(), backend::lmtp_dialect());
    backends_->set_gate(gate());
    return success();
}

Deadline LmtpService::between_clients()
{
    return backends_->close_idle();
}

void LmtpService::serve(Fd client, const service::ClientInfo& info)
{
    // In this order: a SASL layer of the stream uses the kit until the stream is gone.
    session::SessionKit kit = kit_for(info);
    stream::Stream stream(std::move(client));
    if (everyone_authenticated_ || info.is_unix) {
        session::SessionKit::await_nothing(stream);
    } else {
        kit.await_login(stream);
        if (const auto why = kit.why_not_now()) {
            stream.put("421 4.7.0 ", *why, "\r\n");
            (void)stream.flush();
            return;
        }
    }
    delivery::Duplicates* duplicates = duplicates_ ? &*duplicates_ : nullptr;
    lmtp::Engine({config(), kit, stream, directory(), store(), quotas(), duplicates, *backends_,
                  everyone_authenticated_})
        .run();
}

}  // namespace rookery::daemon
