// The user that everything but master runs as, and the step down to it.
//
// find() and of() look the user up once, with all groups. drop() is called between fork and exec:
// groups, group, user, in this order, and then checks that there is no way back. Codes: config.
#ifndef ROOKERY_LIB_SERVICE_RUN_AS_H
#define ROOKERY_LIB_SERVICE_RUN_AS_H

#include <sys/types.h>

#include <string>
#include <vector>

#include "lib/base/result.h"

namespace rookery::config {
class Config;
}

namespace rookery::service {

struct RunAs {
    std::string name;
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;

    // group "": the user's own. root is refused.
    static Result<RunAs> find(const std::string& user, const std::string& group);
    // Whom the daemons of this configuration run as where root starts them: cyrus_user, else the
    // environment's CYRUS_USER, else the one that configure was told.
    static Result<RunAs> of(const config::Config& config);
    Status drop() const;
};

}  // namespace rookery::service

#endif
