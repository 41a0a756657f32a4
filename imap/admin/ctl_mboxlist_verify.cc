// ctl_mboxlist -v: the list against the mailbox directories.
#include <sys/stat.h>

#include "imap/admin/ctl_mboxlist.h"
#include "imap/admin/tool.h"
#include "imap/mboxlist/open_directory.h"
#include "imap/store/header_file.h"
#include "imap/store/mailbox_path.h"
#include "imap/store/places.h"
#include "lib/base/strings.h"

namespace rookery::admin {
namespace {

store::PathOptions paths_of(const config::Config& config)
{
    store::PathOptions paths;
    paths.partitions = config.partitions();
    paths.hashed = config.hashimapspool();
    paths.full_hash = config.fulldirhash();
    return paths;
}

bool is_mailbox(const std::string& directory)
{
    struct stat st {};
    return stat(cat(directory, '/', store::kHeaderName).c_str(), &st) == 0;
}

void check_directories(mboxlist::StoreDirectory& list, const store::PathOptions& paths)
{
    for (const auto& [partition, root] : paths.partitions) {
        const auto look = [&, &root = root, &partition = partition](const store::Place& place) {
            if (!place.has_header) return;
            const std::string& relative = place.relative;
            const std::string internal = store::name_of_directory(paths, relative);
            auto name = model::MailboxName::from_internal(internal);
            if (name) {
                auto entry = list.lookup(*name);
                if (entry && entry->is_local() && entry->partition == partition) return;
            }
            print(cat("'", internal.empty() ? relative : internal, "' has a directory '", root, '/',
                      relative, "' but no DB entry\n"));
        };
        store::walk_places(paths, root, look, nullptr);
    }
}

}  // namespace

Status verify(const config::Config& config, const ListArguments& arguments)
{
    mboxlist::ListOptions options;
    options.path = arguments.list_path;
    TRY_ASSIGN(const auto list, mboxlist::open_list(config, options));
    TRY(list->check());
    const store::PathOptions paths = paths_of(config);
    TRY(list->scan_server("", [&](const model::MailboxEntry& entry) {
        if (entry.state != model::EntryState::active) return mboxlist::Next::go_on();
        auto directory = store::mailbox_directory(paths, entry);
        if (!directory || !is_mailbox(*directory))
            print(cat("'", entry.name.internal(),
                      "' has a DB entry but no directory on partition '", entry.partition, "'\n"));
        return mboxlist::Next::go_on();
    }));
    check_directories(*list, paths);
    return success();
}

}  // namespace rookery::admin
