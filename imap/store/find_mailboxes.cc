#include "imap/store/find_mailboxes.h"

#include <algorithm>
#include <string>

#include "imap/store/places.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::store {

Result<std::vector<model::MailboxEntry>> find_mailboxes(const PathOptions& paths,
                                                        bool also_without_header)
{
    std::vector<model::MailboxEntry> entries;
    for (const auto& [partition, root] : paths.partitions) {
        std::vector<std::string> found;
        const auto take = [&](const Place& place) {
            if (place.has_header || also_without_header) found.push_back(place.relative);
        };
        walk_places(paths, root, take, nullptr);
        for (const std::string& relative : found) {
            auto name = model::MailboxName::from_internal(name_of_directory(paths, relative));
            if (!name) {
                log::warning("not a mailbox's directory",
                             {{"partition", partition}, {"directory", relative}});
                continue;
            }
            entries.push_back({*name,
                               model::EntryState::active,
                               "",
                               partition,
                               {},
                               "",
                               0,
                               0,
                               model::Pending::none});
        }
    }
    std::sort(entries.begin(), entries.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return entries;
}

}  // namespace rookery::store
