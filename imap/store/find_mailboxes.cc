#include "imap/store/find_mailboxes.h"

#include <dirent.h>

#include <algorithm>
#include <string>

#include "imap/store/header_file.h"
#include "imap/store/message_file.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::store {

namespace {

// Directories below root that hold a mailbox, relative to root.
void walk(const std::string& root, const std::string& relative, bool also_without_header,
          std::vector<std::string>& found, int depth)
{
    constexpr int kDeepest = 300;  // longer than any name can be deep
    std::string path = relative.empty() ? root : cat(root, '/', relative);
    DIR* dir = depth > kDeepest ? nullptr : ::opendir(path.c_str());
    if (dir == nullptr) return;
    bool header = false;
    bool messages = false;
    std::vector<std::string> below;
    while (const dirent* entry = ::readdir(dir)) {
        std::string_view name = entry->d_name;
        bool domain = relative == "domain" || relative.starts_with("domain/");
        if (name == kHeaderName)
            header = true;
        else if (uid_of_name(name))
            messages = true;
        else if (name != "." && name != ".." && (domain || name.find('.') == name.npos))
            below.emplace_back(name);
    }
    ::closedir(dir);
    if (header || (messages && also_without_header)) found.push_back(relative);
    for (const std::string& name : below)
        walk(root, relative.empty() ? name : cat(relative, '/', name), also_without_header, found,
             depth + 1);
}

}  // namespace

Result<std::vector<model::MailboxEntry>> find_mailboxes(const PathOptions& paths,
                                                        bool also_without_header)
{
    std::vector<model::MailboxEntry> entries;
    for (const auto& [partition, root] : paths.partitions) {
        std::vector<std::string> found;
        walk(root, "", also_without_header, found, 0);
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
