#include "lib/config/murder_role.h"

namespace rookery::config {

bool tells_master(const Config& config)
{
    if (config.mupdate_server().empty()) return false;
    return config.mupdate_config() != MupdateConfig::standard || !config.proxyservers().empty();
}

bool holds_replica(const Config& config)
{
    if (config.mupdate_server().empty()) return false;
    const bool standard = config.mupdate_config() == MupdateConfig::standard;
    return !(standard && !config.proxyservers().empty());
}

}  // namespace rookery::config
