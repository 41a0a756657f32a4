#include "imap/mboxlist/partitions.h"

#include <dirent.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <memory>

#include "lib/base/strings.h"

namespace rookery::mboxlist {
namespace {

uint64_t free_bytes(const std::string& path)
{
    struct statvfs fs {};
    if (::statvfs(path.c_str(), &fs) != 0) return 0;
    return static_cast<uint64_t>(fs.f_bavail) * fs.f_frsize;
}

// Nothing is in it but what the system or a delivery puts there.
bool is_empty(const std::string& path)
{
    const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(path.c_str()), ::closedir);
    if (!dir) return false;
    while (const dirent* one = ::readdir(dir.get())) {
        const std::string_view name = one->d_name;
        if (name != "." && name != ".." && name != "lost+found" && name != "stage.") return false;
    }
    return true;
}

// The one rule for an option that names a partition.
Status require_partition(const config::Config& config, std::string_view option,
                         std::string_view name)
{
    if (has_partition(config, name)) return success();
    return Error{Code::config, cat(option, ": ", name, ": there is no partition-", name)};
}

}  // namespace

bool has_partition(const config::Config& config, std::string_view name)
{
    const auto partitions = config.partitions();
    return std::any_of(partitions.begin(), partitions.end(),
                       [&](const auto& p) { return p.first == name; });
}

Result<std::string> usual_partition(const config::Config& config)
{
    if (const std::string& usual = config.defaultpartition(); !usual.empty()) {
        TRY(require_partition(config, "defaultpartition", usual));
        return usual;
    }
    const auto& excluded = config.partition_select_exclude();
    std::string best;
    uint64_t most = 0;
    for (const auto& [name, path] : config.partitions()) {
        if (std::find(excluded.begin(), excluded.end(), name) != excluded.end()) continue;
        const uint64_t room = free_bytes(path);
        if (!best.empty() && room <= most) continue;
        best = name;
        most = room;
    }
    if (best.empty()) return Error{Code::config, "no partition to create a mailbox on"};
    return best;
}

Status check_mounted(const config::Config& config, Directory& list, const std::string& partition)
{
    for (const auto& [name, path] : config.partitions()) {
        if (name != partition || !is_empty(path)) continue;
        bool has_mailboxes = false;
        TRY(list.scan_server("", [&](const model::MailboxEntry& entry) {
            has_mailboxes = entry.partition == partition && entry.is_there();
            return has_mailboxes ? Next::stop() : Next::go_on();
        }));
        if (has_mailboxes)
            return Error{Code::io,
                         cat("partition-", name, ": ", path, " is empty: is it mounted?")};
    }
    return success();
}

std::vector<std::string> partition_faults(const config::Config& config)
{
    std::vector<std::string> faults;
    const auto partitions = config.partitions();
    if (partitions.empty()) return faults;
    for (const auto& [name, path] : partitions)
        if (path.empty() || path.front() != '/')
            faults.push_back(cat("partition-", name, ": ", path, ": an absolute path is expected"));
    for (const std::string& name : config.partition_select_exclude())
        if (auto there = require_partition(config, "partition_select_exclude", name); !there)
            faults.push_back(there.error().text);
    if (auto usual = usual_partition(config); !usual) faults.push_back(usual.error().text);
    return faults;
}

}  // namespace rookery::mboxlist
