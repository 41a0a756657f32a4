// A login without a client, on both sides.
#include "lib/auth/warm_up.h"

#include <string>
#include <vector>

#include "lib/auth/identity.h"
#include "lib/auth/sasl_client.h"
#include "lib/auth/sasl_server.h"
#include "lib/auth/tls_context.h"
#include "lib/config/config.h"

namespace rookery::auth {
namespace {

const std::string kNobody = "%";  // canonical_userid refuses it

bool is_only(const std::vector<std::string>& list, std::string_view word)
{
    return list.size() == 1 && list.front() == word;
}

void rehearse_server(const config::Config& config, std::string_view service)
{
    auto server = SaslServer::make(config, service, {}, {});
    if (!server) return;
    (void)server->mechanisms();
    if (is_only(config.sasl_pwcheck_method(), "auxprop") &&
        is_only(config.sasl_auxprop_plugin(), "sasldb"))
        (void)server->check_password(kNobody, kNobody);
}

void rehearse_client(const config::Config& config, std::string_view service)
{
    auto client =
        SaslClient::make(config, service, "localhost", {}, {}, {kNobody, kNobody, kNobody, {}});
    (void)client.start({"PLAIN", "EXTERNAL"});  // PLAIN alone does without the library
}

}  // namespace

void warm_up(const config::Config& config, std::string_view service, TlsContext* tls)
{
    rehearse_server(config, service);
    rehearse_client(config, service);
    if (config.unix_group_enable()) (void)Groups::of_unix_user(kNobody).names();
    if (tls != nullptr) tls->rehearse();
    if (config.backend_tls() != config::BackendTls::never) (void)TlsContext::shared_client(config);
}

}  // namespace rookery::auth
