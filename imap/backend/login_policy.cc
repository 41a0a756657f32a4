#include "imap/backend/login_policy.h"

namespace rookery::backend {

Result<LoginPolicy> login_policy(const config::Config& config, const Dialect& dialect,
                                 const std::string& server, const ServerAddress& address,
                                 Whose whose)
{
    LoginPolicy policy;
    TRY_ASSIGN(policy.tls, auth::peer_tls(config, server_option(config, server, "tls", whose)));
    policy.tls_context = [&config, name = certificate_name(config, server, whose)] {
        return auth::TlsContext::shared_client(config, name);
    };
    policy.mechanisms =
        server_option(config, server, "mechs", whose).value_or(config.force_sasl_client_mech());
    policy.min_strength = static_cast<int>(config.sasl_minimum_layer());
    policy.max_strength = static_cast<int>(config.sasl_maximum_layer());
    policy.compress = config.proxy_compress() && dialect.heeds_proxy_compress;
    if (address.target.is_unix) {
        // Nobody is in between.
        policy.tls.starttls = policy.tls.required = false;
        policy.min_strength = 0;
    }
    return policy;
}

}  // namespace rookery::backend
