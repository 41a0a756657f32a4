#include "imap/mboxlist/open_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "imap/mboxlist/kick.h"
#include "lib/base/clock.h"
#include "lib/base/fd.h"
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
        return std::make_unique<StoreDirectory>(std::move(store), false, config.idlesocket());
    }
    db::TdbOptions tdb;
    tdb.durable = options.durable;
    tdb.expected_count = static_cast<uint64_t>(config.mboxlist_expected());
    TRY_ASSIGN(auto store, db::TdbStore::open(path, tdb));
    return std::make_unique<StoreDirectory>(std::move(store), true, config.idlesocket());
}

bool is_soft_list(const config::Config& config)
{
    return config::holds_replica(config) && config.partitions().empty() &&
           config.mupdate_config() != config::MupdateConfig::unified;
}

bool is_unusable(const Error& error)
{
    return error.code == Code::corrupt || error.code == Code::syntax ||
           error.code == Code::unsupported;
}

Result<std::string> put_list_aside(const config::Config& config)
{
    const std::string path = list_path(config);
    int64_t stamp = wall_seconds();
    const auto aside = [&] { return cat(path, ".damaged-", stamp); };
    ListOptions options;
    options.path = cat(path, ".NEW-", static_cast<int64_t>(::getpid()));
    TRY(open_list(config, options));
    for (const char* companion : {".gate", ".lock"}) ::unlink(cat(options.path, companion).c_str());
    Status done = success();
    // A second one within a second is kept too.
    bool kept = false;
    while (!(kept = ::link(path.c_str(), aside().c_str()) == 0) && errno == EEXIST) ++stamp;
    if (!kept) done = errno_error(cat("link ", aside()));
    if (done && ::rename(options.path.c_str(), path.c_str()) != 0)
        done = errno_error(cat("rename ", options.path));
    if (!done) ::unlink(options.path.c_str());
    TRY(done);
    TRY(sync_directory(directory_of(path)));
    return aside();
}

Result<uint64_t> list_size(const config::Config& config)
{
    struct stat st {};
    const std::string path = list_path(config);
    if (::stat(path.c_str(), &st) != 0) return errno_error(cat("stat ", path));
    return static_cast<uint64_t>(st.st_size);
}

Result<std::unique_ptr<Directory>> open_directory(const config::Config& config)
{
    TRY_ASSIGN(std::unique_ptr<Directory> list, open_list(config));
    if (!config::holds_replica(config)) return list;
    return std::unique_ptr<Directory>(std::make_unique<KickingDirectory>(
        std::move(list), kick_socket_path(config), Milliseconds(config.mupdate_catchup_timeout())));
}

}  // namespace rookery::mboxlist
