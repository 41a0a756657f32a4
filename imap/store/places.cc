#include "imap/store/places.h"

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include "imap/store/header_file.h"
#include "imap/store/message_file.h"
#include "lib/base/strings.h"

namespace rookery::store {
namespace {

constexpr int kDeepest = 300;  // longer than any name can be deep

class Walk {
 public:
    Walk(const PathOptions& paths, const std::string& root,
         const std::function<void(const Place&)>& each,
         const std::function<void(const std::string&, const Error&)>& unreadable)
        : paths_(paths), root_(root), each_(each), unreadable_(unreadable)
    {
    }

    void enter(const std::string& relative, int depth)
    {
        const std::string path = relative.empty() ? root_ : cat(root_, '/', relative);
        if (depth > kDeepest || is_other_root(path)) return;
        const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(path.c_str()), ::closedir);
        if (!dir) return cannot_open(relative, errno);
        Place place{relative};
        std::vector<std::string> below;
        while (const dirent* one = ::readdir(dir.get())) look_at(one->d_name, place, below);
        if (place.has_header || place.messages > 0) each_(place);
        for (const std::string& name : below)
            enter(relative.empty() ? name : cat(relative, '/', name), depth + 1);
    }

 private:
    static void look_at(std::string_view name, Place& place, std::vector<std::string>& below)
    {
        // The name of a domain has dots: domain/example.org, or domain/e/example.org.
        const std::string_view above = place.relative;
        const bool domain = above == "domain" || (above.starts_with("domain/") &&
                                                  above.find('/', sizeof "domain") == above.npos);
        if (name == kHeaderName)
            place.has_header = true;
        else if (uid_of_name(name))
            ++place.messages;
        else if (name != "." && name != ".." && (domain || name.find('.') == name.npos))
            below.emplace_back(name);
    }

    void cannot_open(const std::string& relative, int why)
    {
        const bool is_gone = why == ENOENT && !relative.empty();
        // What a file system keeps for itself is its owner's.
        if (why == ENOTDIR || is_gone || relative == "lost+found" || !unreadable_) return;
        const std::string path = relative.empty() ? root_ : cat(root_, '/', relative);
        unreadable_(relative, errno_error(path, why));
    }

    bool is_other_root(const std::string& path) const
    {
        return path != root_ && std::any_of(paths_.partitions.begin(), paths_.partitions.end(),
                                            [&](const auto& p) { return p.second == path; });
    }

    const PathOptions& paths_;
    const std::string& root_;
    const std::function<void(const Place&)>& each_;
    const std::function<void(const std::string&, const Error&)>& unreadable_;
};

}  // namespace

void walk_places(const PathOptions& paths, const std::string& root,
                 const std::function<void(const Place&)>& each,
                 const std::function<void(const std::string& relative, const Error&)>& unreadable)
{
    Walk(paths, root, each, unreadable).enter("", 0);
}

}  // namespace rookery::store
