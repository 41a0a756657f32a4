#include "imap/admin/local_parts.h"

#include "imap/store/local_quotas.h"
#include "imap/store/local_store.h"
#include "imap/store/local_sync.h"

namespace rookery::admin {

Result<LocalParts> LocalParts::open(const config::Config& config)
{
    LocalParts parts;
    TRY_ASSIGN(parts.directory, mupdate::open_cluster_directory(config));
    TRY_ASSIGN(parts.store, store::open_local_store(config));
    parts.quotas = store::open_local_quotas(config, *parts.directory, *parts.store);
    parts.sync = store::make_local_sync(*parts.store);
    return parts;
}

}  // namespace rookery::admin
