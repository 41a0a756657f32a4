#include "imap/admin/local_parts.h"

#include "imap/mboxlist/open_directory.h"
#include "imap/store/local_quotas.h"
#include "imap/store/local_store.h"
#include "imap/store/local_sync.h"

namespace rookery::admin {

Result<LocalParts> LocalParts::open(const config::Config& config)
{
    TRY_ASSIGN(auto directory, mboxlist::open_directory(config));
    return open(config, std::move(directory));
}

Result<LocalParts> LocalParts::open(const config::Config& config,
                                    std::unique_ptr<mboxlist::Directory> directory)
{
    LocalParts parts;
    parts.directory = std::move(directory);
    TRY_ASSIGN(parts.store, store::open_local_store(config));
    parts.quotas = store::open_local_quotas(config, *parts.directory, *parts.store);
    parts.sync = store::make_local_sync(*parts.store);
    parts.operations = std::make_unique<cluster::Operations>(config, *parts.directory, *parts.store,
                                                             parts.quotas.get());
    return parts;
}

}  // namespace rookery::admin
