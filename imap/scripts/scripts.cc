#include "imap/scripts/scripts.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "imap/model/hash_letter.h"
#include "lib/base/fd.h"
#include "lib/base/strings.h"
#include "lib/text/utf8.h"

namespace rookery::scripts {

namespace {

constexpr std::string_view kSource = ".script";
constexpr std::string_view kCompiled = ".bc";
constexpr std::string_view kActive = "defaultbc";
constexpr std::string_view kTemporary = ".NEW";  // "x.NEW-1" of replace_file, and "defaultbc.NEW"

Status remove_file(const std::string& path)
{
    if (::unlink(path.c_str()) == 0 || errno == ENOENT) return success();
    return errno_error(cat("unlink ", path));
}

// What RFC 5804 1.6 keeps out of names, and '/', which cannot be in a file's.
bool is_forbidden(char32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029 || c == U'/' ||
           c == text::kInvalid;
}

bool is_temporary(std::string_view file)
{
    const size_t at = file.rfind(kTemporary);
    if (at == file.npos) return false;
    const std::string_view before = file.substr(0, at);
    return before == kActive || before.ends_with(kSource) || before.ends_with(kCompiled);
}

// What the folder holds, if there is one.
Result<std::vector<std::string>> files_in(const std::string& folder)
{
    std::vector<std::string> files;
    DIR* dir = ::opendir(folder.c_str());
    if (dir == nullptr) {
        if (errno == ENOENT) return files;
        return errno_error(folder);
    }
    while (const dirent* entry = ::readdir(dir)) files.emplace_back(entry->d_name);
    ::closedir(dir);
    return files;
}

// Where the scripts of a domain begin.
Result<std::string> folder_of(const config::Config& config, std::string_view domain)
{
    std::string path = config.sievedir();
    if (domain.empty()) return path;
    if (domain.front() == '.' || domain.find('/') != domain.npos)
        return Error{Code::bad_name, "domain cannot be a folder's name"};
    return cat(path, "/domain/", model::hash_letter(domain, config.fulldirhash()), '/', domain);
}

}  // namespace

Scripts::Scripts(const config::Config& config, std::string path)
    : path_(std::move(path)),
      lock_folder_(config.mboxname_lockpath().empty() ? cat(config.configdirectory(), "/lock")
                                                      : config.mboxname_lockpath()),
      max_scripts_(static_cast<uint64_t>(config.sieve_maxscripts())),
      max_size_(static_cast<uint64_t>(config.sieve_maxscriptsize()) * 1024)
{
}

Result<Scripts> Scripts::of(const config::Config& config, std::string_view userid)
{
    const size_t at = userid.rfind('@');
    std::string local;
    for (const char c : userid.substr(0, at)) local += c == '.' ? '^' : c;
    if (local.empty() || userid.find('/') != userid.npos)
        return Error{Code::bad_name, "user id cannot be a folder's name"};
    if (at != userid.npos && at + 1 == userid.size())
        return Error{Code::bad_name, "domain cannot be a folder's name"};
    TRY_ASSIGN(std::string path,
               folder_of(config, at == userid.npos ? userid.substr(0, 0) : userid.substr(at + 1)));
    cat_to(path, '/', model::hash_letter(local, config.fulldirhash()), '/', local);
    return Scripts(config, std::move(path));
}

Result<Scripts> Scripts::global(const config::Config& config, std::string_view domain)
{
    TRY_ASSIGN(std::string path, folder_of(config, domain));
    return Scripts(config, cat(path, "/global"));
}

std::string Scripts::source(const std::string& name) const
{
    return cat(path_, '/', name, kSource);
}

std::string Scripts::compiled(const std::string& name) const
{
    return cat(path_, '/', name, kCompiled);
}

Status Scripts::check_name(std::string_view name)
{
    if (name.empty() || name == "." || name == "..")
        return Error{Code::bad_name, "that is no name for a script"};
    if (name.size() > kMaxName) return Error{Code::bad_name, "the name is too long"};
    for (size_t pos = 0; pos < name.size();)
        if (is_forbidden(text::next_code_point(name, pos)))
            return Error{Code::bad_name,
                         "a name is UTF-8 without control characters, line separators and '/'"};
    return success();
}

Result<std::string> Scripts::name_of(std::string_view filename)
{
    for (const std::string_view suffix : {kSource, kCompiled})
        if (filename.ends_with(suffix)) {
            filename.remove_suffix(suffix.size());
            break;
        }
    // A file always has a suffix too: even ".." is a name.
    if (filename.empty() || filename.size() > kMaxName ||
        filename.find_first_of(std::string_view("/\r\n\0", 4)) != filename.npos)
        return Error{Code::bad_name, "a script's name"};
    return std::string(filename);
}

// A folder or a pipe of such a name is no script, and costs the others nothing.
Result<std::vector<std::string>> Scripts::names(Links links) const
{
    std::vector<std::string> names;
    TRY_ASSIGN(const auto files, files_in(path_));
    for (const std::string& file : files) {
        if (!file.ends_with(kSource) || file.size() == kSource.size()) continue;
        const std::string path = cat(path_, '/', file);
        struct stat st {};
        const int there =
            links == Links::followed ? ::stat(path.c_str(), &st) : ::lstat(path.c_str(), &st);
        if (there == 0 && S_ISREG(st.st_mode))
            names.push_back(file.substr(0, file.size() - kSource.size()));
    }
    std::sort(names.begin(), names.end());
    return names;
}

Result<std::vector<std::string>> Scripts::plain_names() const
{
    return names(Links::left_out);
}

Result<std::vector<Scripts::Script>> Scripts::list() const
{
    std::vector<Script> scripts;
    TRY_ASSIGN(const auto all, names(Links::followed));
    for (const std::string& name : all) {
        Script script{name, 0, {}};
        TRY_ASSIGN(script.content, read(name));
        struct stat st {};
        if (::stat(source(name).c_str(), &st) == 0) script.changed = st.st_mtim.tv_sec;
        scripts.push_back(std::move(script));
    }
    return scripts;
}

Result<std::string> Scripts::read(const std::string& name) const
{
    return read_file(source(name), kMaxScript);
}

Result<std::string> Scripts::read_plain(const std::string& name) const
{
    const std::string path = source(name);
    struct stat st {};
    if (::lstat(path.c_str(), &st) != 0) return errno_error(path);
    if (!S_ISREG(st.st_mode)) return Error{Code::corrupt, cat(path, " is no plain file")};
    return read_file(path, kMaxScript);
}

Result<bool> Scripts::has(const std::string& name) const
{
    struct stat st {};
    if (::lstat(source(name).c_str(), &st) == 0) return true;
    if (errno == ENOENT) return false;
    return errno_error(source(name));
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

Status Scripts::has_space(const std::string& name, uint64_t size) const
{
    if (size > max_size_)
        return Error{Code::limit, cat("a script may have ", max_size_ / 1024, " kB")};
    TRY_ASSIGN(const bool is_there, has(name));
    if (is_there) return success();
    TRY_ASSIGN(const auto all, names(Links::followed));
    if (all.size() >= max_scripts_)
        return Error{Code::over_quota, cat("there may be ", max_scripts_, " scripts")};
    return success();
}

Status Scripts::write(const std::string& name, std::string_view content)
{
    TRY(make_directories(path_));
    // A compiled form would be of the script that was.
    TRY(remove_file(compiled(name)));
    return replace_file(source(name), content);
}

Status Scripts::remove(const std::string& name)
{
    if (active() == name) TRY(activate(""));
    TRY(remove_file(compiled(name)));
    TRY(remove_file(source(name)));
    const Status synced = sync_directory(path_);
    return synced.is(Code::not_found) ? success() : synced;
}

// At each moment one of the names has the script, and the link names one that is there.
Status Scripts::rename(const std::string& from, const std::string& to)
{
    const bool was_active = active() == from;
    TRY(remove_file(compiled(to)));
    if (::link(source(from).c_str(), source(to).c_str()) != 0)
        return errno_error(cat("link ", source(to)));
    if (was_active) TRY(activate(to));
    if (::rename(compiled(from).c_str(), compiled(to).c_str()) != 0 && errno != ENOENT)
        return errno_error(compiled(to));
    TRY(sync_directory(path_));
    TRY(remove_file(source(from)));
    return sync_directory(path_);
}

Status Scripts::activate(const std::string& name)
{
    const std::string link = cat(path_, '/', kActive);
    if (name.empty()) {
        TRY(remove_file(link));
        const Status synced = sync_directory(path_);
        return synced.is(Code::not_found) ? success() : synced;
    }
    const std::string fresh = cat(link, kTemporary);
    TRY(remove_file(fresh));
    if (::symlink(cat(name, kCompiled).c_str(), fresh.c_str()) != 0 ||
        ::rename(fresh.c_str(), link.c_str()) != 0)
        return errno_error(link);
    return sync_directory(path_);
}

Status Scripts::remove_all()
{
    TRY_ASSIGN(const ScriptsLock held, lock());
    return remove_files();
}

// Whatever a server may have made there; what else lies in the folder stays, and the folder.
Status Scripts::remove_files()
{
    TRY_ASSIGN(const auto files, files_in(path_));
    for (const std::string& file : files)
        if (file == kActive || file.ends_with(kSource) || file.ends_with(kCompiled) ||
            is_temporary(file)) {
            const std::string path = cat(path_, '/', file);
            struct stat st {};
            if (::lstat(path.c_str(), &st) != 0 || S_ISDIR(st.st_mode)) continue;
            TRY(remove_file(path));
        }
    if (::rmdir(path_.c_str()) != 0 && errno != ENOENT && errno != ENOTEMPTY && errno != EEXIST)
        return errno_error(path_);
    return success();
}

Status Scripts::become(const Scripts& other)
{
    const std::string folders[] = {path_, other.path_};
    TRY_ASSIGN(const ScriptsLock held, ScriptsLock::take(lock_folder_, folders));
    struct stat st {};
    if (::stat(path_.c_str(), &st) != 0) return errno == ENOENT ? success() : errno_error(path_);
    TRY(make_directories(directory_of(other.path_)));
    // What a deleted user of that name may have left is nobody's.
    Scripts left(other);
    TRY(left.remove_files());
    if (::rename(path_.c_str(), other.path_.c_str()) != 0)
        return errno_error(cat("rename ", path_));
    TRY(sync_directory(directory_of(other.path_)));
    return sync_directory(directory_of(path_));
}

}  // namespace rookery::scripts
