#include "imap/daemon/lmtp_service.h"

#include "imap/lmtp/engine.h"
#include "imap/mboxlist/servers.h"
#include "lib/auth/sasl_client.h"
#include "lib/auth/sasl_server.h"
#include "lib/auth/warm_up.h"

namespace rookery::daemon {

Status LmtpService::option(char letter, std::string_view)
{
    if (letter == 'a') everyone_authenticated_ = true;
    return success();
}

Status LmtpService::prepare(const config::Config& config)
{
    config_ = &config;
    tls_ = auth::server_tls(config);
    TRY(auth::SaslServer::init_library(config, "Cyrus"));
    return auth::SaslClient::init_library(config);
}

void LmtpService::warm_up()
{
    auth::warm_up(*config_, "lmtp", tls_.context.get());
}

Status LmtpService::worker_start()
{
    TRY_ASSIGN(directory_, parts_.open_directory(*config_));
    if (parts_.open_store != nullptr) {
        TRY_ASSIGN(store_, parts_.open_store(*config_));
        quotas_ = parts_.open_quotas(*config_, *directory_, *store_);
        if (config_->duplicatesuppression()) {
            TRY_ASSIGN(duplicates_, lmtp::Duplicates::open(lmtp::Duplicates::path(*config_)));
        }
    }
    backends_.emplace(*config_, backend::lmtp_dialect());
    backends_->set_gate([this](const std::string& server) {
        return mboxlist::check_in_service(*directory_, server);
    });
    return success();
}

Deadline LmtpService::between_clients()
{
    return backends_->close_idle();
}

void LmtpService::serve(Fd client, const master::ClientInfo& info)
{
    // In this order: a SASL layer of the stream uses the kit until the stream is gone.
    session::SessionKit kit(*config_, tls_.context.get(), "lmtp", info);
    stream::Stream stream(std::move(client));
    if (everyone_authenticated_ || info.is_unix)
        session::SessionKit::await_nothing(stream);
    else
        kit.await_login(stream);
    lmtp::Duplicates* duplicates = duplicates_ ? &*duplicates_ : nullptr;
    lmtp::Engine({*config_, kit, stream, *directory_, store_.get(), quotas_.get(), duplicates,
                  *backends_, everyone_authenticated_})
        .run();
}

}  // namespace rookery::daemon
