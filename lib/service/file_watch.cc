// stat(2) of a few files, compared.
#include "lib/service/file_watch.h"

#include <sys/stat.h>

#include "lib/base/strings.h"

namespace rookery::service {

FileWatch::FileWatch(std::vector<std::string> paths)
{
    for (std::string& path : paths)
        if (!path.empty()) paths_.push_back(std::move(path));
    known_ = seen_ = fingerprint();
}

std::string FileWatch::fingerprint() const
{
    std::string out;
    for (const std::string& path : paths_) {
        struct stat st {};
        if (::stat(path.c_str(), &st) != 0) {
            out.append("gone ");
            continue;
        }
        // Not the ctime: a link made by a backup, or a chown to the same owner, changes nothing.
        cat_to(out, st.st_dev, ',', st.st_ino, ',', st.st_size, ',', st.st_mtim.tv_sec, '.',
               st.st_mtim.tv_nsec, ',', st.st_mode, ',', st.st_uid, ',', st.st_gid, ' ');
    }
    return out;
}

bool FileWatch::changed(MonotonicTime now)
{
    std::string current = fingerprint();
    if (current != seen_) {
        seen_ = std::move(current);
        seen_at_ = now;
        return false;
    }
    constexpr Seconds kStable{2};
    if (seen_ == known_ || now - seen_at_ < kStable) return false;
    // A file that is away is a replacement under way.
    if (seen_.find("gone ") != seen_.npos) return false;
    known_ = seen_;
    return true;
}

}  // namespace rookery::service
