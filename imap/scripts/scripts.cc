#include "imap/scripts/scripts.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "imap/model/hash_letter.h"
#include "lib/base/fd.h"
#include "lib/base/strings.h"

namespace rookery::scripts {

namespace {

constexpr std::string_view kSource = ".script";
constexpr std::string_view kCompiled = ".bc";
constexpr std::string_view kActive = "defaultbc";

Status remove_file(const std::string& path)
{
    if (::unlink(path.c_str()) == 0 || errno == ENOENT) return success();
    return errno_error(cat("unlink ", path));
}

}  // namespace

Result<Scripts> Scripts::of(const config::Config& config, std::string_view userid)
{
    std::string path = config.sievedir();
    const bool full = config.fulldirhash();
    const size_t at = userid.rfind('@');
    std::string local;
    for (const char c : userid.substr(0, at)) local += c == '.' ? '^' : c;
    if (local.empty() || userid.find('/') != userid.npos)
        return Error{Code::bad_name, "user id cannot be a folder's name"};
    if (at != userid.npos) {
        const std::string_view domain = userid.substr(at + 1);
        if (domain.empty() || domain.front() == '.')
            return Error{Code::bad_name, "domain cannot be a folder's name"};
        cat_to(path, "/domain/", model::hash_letter(domain, full), '/', domain);
    }
    cat_to(path, '/', model::hash_letter(local, full), '/', local);
    return Scripts(std::move(path));
}

Result<std::string> Scripts::name_of(std::string_view filename)
{
    for (const std::string_view suffix : {kSource, kCompiled})
        if (filename.ends_with(suffix)) {
            filename.remove_suffix(suffix.size());
            break;
        }
    // A file always has a suffix too: even ".." is a name.
    if (filename.empty() || filename.size() > 200 ||
        filename.find_first_of(std::string_view("/\r\n\0", 4)) != filename.npos)
        return Error{Code::bad_name, "a script's name"};
    return std::string(filename);
}

Result<std::vector<Scripts::Script>> Scripts::list() const
{
    std::vector<Script> scripts;
    DIR* dir = ::opendir(path_.c_str());
    if (dir == nullptr) {
        if (errno == ENOENT) return scripts;
        return errno_error(path_);
    }
    while (const dirent* entry = ::readdir(dir)) {
        const std::string_view file = entry->d_name;
        if (file.ends_with(kSource) && file.size() > kSource.size())
            scripts.push_back({std::string(file.substr(0, file.size() - kSource.size())), 0, {}});
    }
    ::closedir(dir);
    std::sort(scripts.begin(), scripts.end(),
              [](const Script& a, const Script& b) { return a.name < b.name; });
    for (Script& script : scripts) {
        TRY_ASSIGN(script.content, read(script.name));
        struct stat st {};
        if (::stat(cat(path_, '/', script.name, kSource).c_str(), &st) == 0)
            script.changed = st.st_mtim.tv_sec;
    }
    return scripts;
}

Result<std::string> Scripts::read(const std::string& name) const
{
    return read_file(cat(path_, '/', name, kSource), kMaxScript);
}

Result<std::string> Scripts::find_active() const
{
    char target[512];
    const std::string link = cat(path_, '/', kActive);
    const ssize_t n = ::readlink(link.c_str(), target, sizeof target);
    if (n < 0) {
        const bool none = errno == ENOENT || errno == EINVAL;  // EINVAL: it is no link
        return none ? Result<std::string>(std::string()) : errno_error(link);
    }
    std::string_view file(target, static_cast<size_t>(n));
    file.remove_prefix(file.rfind('/') == file.npos ? 0 : file.rfind('/') + 1);
    return name_of(file).value_or("");
}

Status Scripts::write(const std::string& name, std::string_view content)
{
    TRY(make_directories(path_));
    // A compiled form would be of the script that was.
    TRY(remove_file(cat(path_, '/', name, kCompiled)));
    return replace_file(cat(path_, '/', name, kSource), content);
}

Status Scripts::remove(const std::string& name)
{
    if (active() == name) TRY(activate(""));
    TRY(remove_file(cat(path_, '/', name, kCompiled)));
    return remove_file(cat(path_, '/', name, kSource));
}

Status Scripts::activate(const std::string& name)
{
    const std::string link = cat(path_, '/', kActive);
    if (name.empty()) return remove_file(link);
    const std::string fresh = cat(link, ".NEW");
    TRY(remove_file(fresh));
    if (::symlink(cat(name, kCompiled).c_str(), fresh.c_str()) != 0 ||
        ::rename(fresh.c_str(), link.c_str()) != 0)
        return errno_error(link);
    return sync_directory(path_);
}

Status Scripts::remove_all()
{
    TRY_ASSIGN(const std::vector<Script> scripts, list());
    for (const Script& script : scripts) TRY(remove(script.name));
    TRY(activate(""));
    if (::rmdir(path_.c_str()) != 0 && errno != ENOENT && errno != ENOTEMPTY && errno != EEXIST)
        return errno_error(path_);
    return success();
}

Status Scripts::become(const Scripts& other)
{
    struct stat st {};
    if (::stat(path_.c_str(), &st) != 0) return errno == ENOENT ? success() : errno_error(path_);
    TRY(make_directories(directory_of(other.path_)));
    // What a deleted user of that name may have left is nobody's.
    Scripts left(other.path_);
    TRY(left.remove_all());
    if (::rename(path_.c_str(), other.path_.c_str()) != 0)
        return errno_error(cat("rename ", path_));
    TRY(sync_directory(directory_of(other.path_)));
    return sync_directory(directory_of(path_));
}

}  // namespace rookery::scripts
