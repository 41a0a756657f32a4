#include "imap/daemon/mail_service.h"

#include "imap/mboxlist/servers.h"
#include "lib/auth/sasl_client.h"
#include "lib/auth/sasl_server.h"
#include "lib/auth/warm_up.h"

namespace rookery::daemon {

Status MailService::prepare(const config::Config& config)
{
    config_ = &config;
    tls_ = auth::server_tls(config);
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
    quotas_ = parts_.open_quotas(*config_, *directory_, *store_);
    return success();
}

session::SessionKit MailService::kit_for(const service::ClientInfo& client)
{
    return {*config_, tls_.context.get(), protocol_, client};
}

std::function<Status(const std::string& server)> MailService::gate()
{
    return [this](const std::string& server) {
        return mboxlist::check_in_service(*directory_, server);
    };
}

}  // namespace rookery::daemon
