// Server entries: what a server tells of itself by METADATA (RFC 5464), for the survey. For
// murder's main only.
#ifndef ROOKERY_IMAP_ADMIN_MURDER_SERVER_ENTRIES_H
#define ROOKERY_IMAP_ADMIN_MURDER_SERVER_ENTRIES_H

#include <cstdint>
#include <optional>

#include "imap/backend/backend.h"

namespace rookery::admin::murder {

struct ServerEntries {
    std::optional<int64_t> free_percent, sessions, queue;
};
// What it does not tell stays unknown. The connection is logged in, and may be lost by it.
ServerEntries ask_entries(backend::Backend& there);

}  // namespace rookery::admin::murder

#endif
