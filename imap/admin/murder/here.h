// Here: what can be seen of this server without asking another. For murder's main only.
#ifndef ROOKERY_IMAP_ADMIN_MURDER_HERE_H
#define ROOKERY_IMAP_ADMIN_MURDER_HERE_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "imap/admin/murder/murder.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::admin::murder {

// A folder that mail or the state is in, and the file system under it.
struct Disk {
    std::string option;  // configdirectory, partition-NAME
    std::string path;
    uint64_t size = 0;  // bytes
    uint64_t available = 0;
    std::optional<Error> fault;  // why nothing can be written there
};
std::vector<Disk> disks_here(const config::Config& config);

struct Certificate {
    std::string option;
    std::string path;
    Result<int64_t> lifetime;  // seconds until it ends
};
std::vector<Certificate> certificates_here(const config::Config& config);

struct Fault {
    Exit weight = kWarning;
    std::string what;
    std::string meaning;
};
std::vector<Fault> faults_here(const config::Config& config);

}  // namespace rookery::admin::murder

#endif
