// What is in the queue, and what does not belong there any more.
#include <dirent.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <tuple>

#include "imap/submission/entry_id.h"
#include "imap/submission/mapped_file.h"
#include "imap/submission/queue.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::submission {
namespace {

std::string_view without(std::string_view name, std::string_view suffix)
{
    return name.substr(0, name.size() - suffix.size());
}

// Of all files, in order; none where the folder is not there.
std::vector<std::string> names_in(const std::string& directory)
{
    std::vector<std::string> out;
    DIR* dir = ::opendir(directory.c_str());
    if (dir == nullptr) return out;
    while (const dirent* entry = ::readdir(dir)) out.emplace_back(entry->d_name);
    ::closedir(dir);
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace

Result<Entry> Queue::look(const std::string& id) const
{
    TRY_ASSIGN(const EntryId parsed, parse_entry_id(id));
    TRY_ASSIGN(const Fd fd, open_file(path(id, kMailSuffix), O_RDONLY));
    if (::access(path(parsed.batch, kNewSuffix).c_str(), F_OK) == 0)
        return Error{Code::not_found, "not finished"};
    TRY_ASSIGN(const MappedFile file, MappedFile::of(fd.get()));
    TRY_ASSIGN(Head head, parse_head(file.bytes()));
    return read_entry(id, std::move(head), file.bytes().size());
}

Result<std::vector<Entry>> Queue::list() const
{
    std::vector<Entry> out;
    for (const std::string& name : names_in(directory_)) {
        const bool aside = name.ends_with(kDamagedSuffix);
        if (!aside && !name.ends_with(kMailSuffix)) continue;
        Entry damaged;
        damaged.id = without(name, aside ? kDamagedSuffix : kMailSuffix);
        damaged.is_damaged = true;
        if (!parse_entry_id(damaged.id)) continue;
        if (!aside) {
            auto entry = look(damaged.id);
            if (entry) out.push_back(*std::move(entry));
            if (entry || entry.is(Code::not_found)) continue;
            damaged.state.reason = entry.error().text;
        }
        out.push_back(std::move(damaged));
    }
    std::stable_sort(out.begin(), out.end(), [](const Entry& a, const Entry& b) {
        return std::tie(a.is_damaged, a.arrived) < std::tie(b.is_damaged, b.arrived);
    });
    return out;
}

Queue::Counts Queue::counts(const config::Config& config)
{
    return counts(queue_directory(config));
}

Queue::Counts Queue::counts(const std::string& directory)
{
    Counts counts;
    for (const std::string& name : names_in(directory)) {
        if (name.ends_with(kMailSuffix)) counts.mails++;
        if (name.ends_with(kDamagedSuffix)) counts.damaged++;
    }
    return counts;
}

// All that a put() made before it was cut short; its own name last, so that nothing of it is sent.
uint64_t Queue::sweep_unfinished(const std::string& batch) const
{
    const std::string fresh = path(batch, kNewSuffix);
    auto fd = open_file(fresh, O_RDONLY);
    if (!fd || ::flock(fd->get(), LOCK_EX | LOCK_NB) != 0) return 0;
    uint64_t removed = 0;
    for (size_t i = 1; i <= kMaxMails; i++) {
        const std::string link = path(entry_id(batch, i), kMailSuffix);
        if (::unlink(link.c_str()) == 0)
            removed++;
        else if (errno != ENOENT)
            return removed;
    }
    if (!sync_directory(directory_)) return removed;
    return ::unlink(fresh.c_str()) == 0 ? removed + 1 : removed;
}

uint64_t Queue::sweep(int64_t now)
{
    uint64_t removed = 0;
    for (const std::string& name : names_in(directory_)) {
        const std::string file = cat(directory_, '/', name);
        struct stat st {};
        if (::stat(file.c_str(), &st) != 0 || st.st_mtime > now - kLeftover) continue;
        if (name.ends_with(kNewSuffix)) {
            removed += sweep_unfinished(std::string(without(name, kNewSuffix)));
            continue;
        }
        const bool half_written = name.find(".state.NEW-") != name.npos;
        const bool of_none =
            name.ends_with(kStateSuffix) &&
            ::access(path(without(name, kStateSuffix), kMailSuffix).c_str(), F_OK) != 0;
        if ((half_written || of_none) && ::unlink(file.c_str()) == 0) removed++;
    }
    if (removed > 0) log::notice("leftovers of mails removed", {{"files", removed}});
    return removed;
}

}  // namespace rookery::submission
