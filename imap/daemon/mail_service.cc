#include "imap/daemon/mail_service.h"

#include "imap/mboxlist/servers.h"
#include "lib/auth/sasl_client.h"
#include "lib/auth/sasl_server.h"
#include "lib/auth/warm_up.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::daemon {

Status MailService::option(char letter, std::string_view argument)
{
    constexpr uint32_t kMaxBits = 1024;
    if (letter == 's') tls_at_once_ = true;
    if (letter == 'p') {
        TRY_ASSIGN(const uint32_t bits, to_number<uint32_t>(argument, kMaxBits));
        external_bits_ = static_cast<int>(bits);
    }
    return success();
}

Status MailService::prepare(const config::Config& config)
{
    config_ = &config;
    tls_ = auth::server_tls(config);
    if (tls_at_once_ && tls_.context == nullptr)
        return Error{Code::config, "-s needs tls_server_cert and tls_server_key"};
    TRY(auth::SaslServer::init_library(config, "Cyrus"));
    // To the mupdate master and to other servers it is a client.
    return auth::SaslClient::init_library(config);
}

void MailService::warm_up()
{
    auth::warm_up(*config_, std::string(protocol_.sasl_service), tls_.context.get());
}

Status MailService::worker_start()
{
    TRY_ASSIGN(directory_, parts_.open_directory(*config_));
    if (parts_.open_store == nullptr) return success();
    TRY_ASSIGN(store_, parts_.open_store(*config_));
    if (store_ == nullptr) return success();
    quotas_ = parts_.open_quotas(*config_, *directory_, *store_);
    return success();
}

session::SessionKit MailService::kit_for(const service::ClientInfo& client)
{
    return {*config_, tls_.context.get(), protocol_, client, external_bits_};
}

bool MailService::begins(session::SessionKit& kit, stream::Stream& client) const
{
    if (!tls_at_once_) return true;
    auto shaken = kit.start_tls(client);
    if (!shaken) log::notice("no tls", {{"host", kit.client().host}, {"reason", shaken.error()}});
    return shaken.ok();
}

std::function<Status(const std::string& server)> MailService::gate()
{
    return [this](const std::string& server) {
        return mboxlist::check_in_service(*directory_, server);
    };
}

}  // namespace rookery::daemon
