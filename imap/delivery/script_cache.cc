#include "imap/delivery/script_cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "imap/scripts/scripts.h"
#include "imap/sieve/compile.h"
#include "lib/base/fd.h"
#include "lib/base/strings.h"
#include "lib/config/config.h"

namespace rookery::delivery {
namespace {

using scripts::Scripts;

constexpr std::string_view kSource = ".script";

// At most one byte more than a script may have: compile() says that it is too long.
Result<std::string> read_all(int fd, const std::string& path)
{
    std::string text;
    char piece[16384];
    while (text.size() <= Scripts::kMaxScript) {
        const ssize_t n = ::read(fd, piece, sizeof piece);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno_error(path);
        if (n == 0) break;
        text.append(piece, static_cast<size_t>(n));
    }
    return text;
}

Result<ScriptCache::Program> compiled(const std::string& name, std::string_view text)
{
    sieve::Limits limits;
    limits.script_size = Scripts::kMaxScript;
    sieve::Compiled made = sieve::compile(text, limits);
    if (made.program) return ScriptCache::Program(std::move(made.program));
    return Error{Code::syntax, cat(name, ':', made.errors[0].to_string())};
}

}  // namespace

bool ScriptCache::FileId::operator==(const FileId& o) const
{
    return device == o.device && inode == o.inode && size == o.size &&
           changed.tv_sec == o.changed.tv_sec && changed.tv_nsec == o.changed.tv_nsec;
}

Result<ScriptCache::Found> ScriptCache::active(const std::string& userid)
{
    // Whose name cannot be a folder's has no scripts.
    auto scripts = Scripts::of(config_, userid);
    if (!scripts) return Found{};
    TRY_ASSIGN(std::string name, scripts->find_active());
    if (name.empty()) return Found{};
    auto program = load(scripts->folder(), name);
    if (program.is(Code::not_found)) return Found{nullptr, std::move(name)};
    if (!program) return std::move(program).error();
    return Found{*std::move(program), std::move(name)};
}

Result<ScriptCache::Program> ScriptCache::included(const std::string& userid,
                                                   sieve::Location location,
                                                   const std::string& name)
{
    const Error none{Code::not_found, cat("there is no script \"", name, '"')};
    if (name.empty() || name.size() + kSource.size() > NAME_MAX ||
        name.find_first_of(std::string_view("/\0", 2)) != std::string::npos)
        return none;
    std::string folder = config_.sievedir();
    if (!userid.empty() || location == sieve::Location::personal) {
        auto scripts = Scripts::of(config_, userid);
        if (!scripts) return none;
        folder = scripts->folder();
        // Those of a domain are beside the letters of its users.
        if (location == sieve::Location::global) folder = directory_of(directory_of(folder));
    }
    if (location == sieve::Location::global) folder.append("/global");
    auto program = load(folder, name);
    return program.is(Code::not_found) ? none : std::move(program);
}

Result<ScriptCache::Program> ScriptCache::load(const std::string& folder, const std::string& name)
{
    const std::string path = cat(folder, '/', name, kSource);
    auto fd = open_file(path, O_RDONLY | O_CLOEXEC);
    if (!fd) {
        forget(path);
        return std::move(fd).error();
    }
    struct stat st {};
    if (::fstat(fd->get(), &st) != 0) return errno_error(path);
    const FileId file{st.st_dev, st.st_ino, st.st_size, st.st_mtim};
    const auto known = by_path_.find(path);
    if (known != by_path_.end() && known->second->file == file) {
        entries_.splice(entries_.begin(), entries_, known->second);
        return known->second->program;
    }
    forget(path);
    TRY_ASSIGN(const std::string text, read_all(fd->get(), path));
    Entry entry{path, file, compiled(name, text), std::max(text.size(), kMinCharge)};
    auto program = entry.program;
    keep(std::move(entry));
    return program;
}

void ScriptCache::keep(Entry entry)
{
    if (entry.charge > kMaxBytes) return;
    while (bytes_ + entry.charge > kMaxBytes) forget(std::string(entries_.back().path));
    bytes_ += entry.charge;
    entries_.push_front(std::move(entry));
    by_path_[entries_.front().path] = entries_.begin();
}

void ScriptCache::forget(const std::string& path)
{
    const auto known = by_path_.find(path);
    if (known == by_path_.end()) return;
    bytes_ -= known->second->charge;
    entries_.erase(known->second);
    by_path_.erase(known);
}

}  // namespace rookery::delivery
