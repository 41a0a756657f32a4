#include "imap/mboxlist/open_directory.h"

#include "imap/mboxlist/kick.h"
#include "lib/base/strings.h"
#include "lib/config/murder_role.h"
#include "lib/db/flat_store.h"
#include "lib/db/tdb_store.h"

namespace rookery::mboxlist {
namespace {

bool is_flat(const config::Config& config)
{
    return config.mboxlist_db() == config::MboxlistDb::flat;
}

}  // namespace

std::string list_path(const config::Config& config)
{
    if (!config.mboxlist_db_path().empty()) return config.mboxlist_db_path();
    return cat(config.configdirectory(), is_flat(config) ? "/mailboxes.flat" : "/mailboxes.tdb");
}

std::string kick_socket_path(const config::Config& config)
{
    return config.mupdate_target();
}

Result<std::unique_ptr<StoreDirectory>> open_list(const config::Config& config,
                                                  const ListOptions& options)
{
    const std::string path = options.path.empty() ? list_path(config) : options.path;
    if (is_flat(config)) {
        db::FlatOptions flat;
        flat.key_to_text = list_key_to_text;
        flat.text_to_key = list_text_to_key;
        TRY_ASSIGN(auto store, db::FlatStore::open(path, flat));
        return std::make_unique<StoreDirectory>(std::move(store), false);
    }
    db::TdbOptions tdb;
    tdb.durable = options.durable;
    tdb.expected_count = static_cast<uint64_t>(config.mboxlist_expected());
    TRY_ASSIGN(auto store, db::TdbStore::open(path, tdb));
    return std::make_unique<StoreDirectory>(std::move(store), true);
}

Result<std::unique_ptr<Directory>> open_directory(const config::Config& config)
{
    TRY_ASSIGN(std::unique_ptr<Directory> list, open_list(config));
    if (!config::holds_replica(config)) return list;
    return std::unique_ptr<Directory>(std::make_unique<KickingDirectory>(
        std::move(list), kick_socket_path(config), Milliseconds(config.mupdate_catchup_timeout())));
}

}  // namespace rookery::mboxlist
