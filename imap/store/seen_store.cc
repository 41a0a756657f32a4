// The seen file: "uniqueid last_read last_uid last_change uids" per line.
#include "imap/store/seen_store.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "imap/store/mailbox_lock.h"
#include "imap/store/mailbox_path.h"
#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::store {

namespace {

constexpr std::string_view kSuffix = ".seen";
constexpr std::string_view kFirstLine = "rookery seen 1\n";
constexpr size_t kMaxSeenFile = 256u << 20;
constexpr Milliseconds kWait{10'000};

// The line of uniqueid in text: its start and end (behind the line break), or npos twice.
std::pair<size_t, size_t> find_line(std::string_view text, std::string_view uniqueid)
{
    std::string wanted = cat('\n', uniqueid, ' ');
    size_t at = text.find(wanted);
    if (at == text.npos) return {text.npos, text.npos};
    size_t end = text.find('\n', at + 1);
    return {at + 1, end == text.npos ? text.size() : end + 1};
}

Result<SeenState> parse_line(std::string_view line)
{
    auto words = split(trim(line), ' ');
    if (words.size() != 5) return Error{Code::corrupt, "seen file: a line without five words"};
    SeenState state;
    constexpr auto kMaxTime = static_cast<uint64_t>(INT64_MAX);
    TRY_ASSIGN(uint64_t read, to_uint64(words[1], kMaxTime));
    TRY_ASSIGN(state.last_uid, to_number<uint32_t>(words[2]));
    TRY_ASSIGN(uint64_t change, to_uint64(words[3], kMaxTime));
    state.last_read = static_cast<int64_t>(read);
    state.last_change = static_cast<int64_t>(change);
    if (words[4] != "-") {
        TRY_ASSIGN(state.uids, UidSet::parse(words[4]));
    }
    return state;
}

Result<std::string> load(const std::string& path)
{
    auto text = rookery::read_file(path, kMaxSeenFile);
    if (text.is(Code::not_found)) return std::string(kFirstLine);
    if (text && !text->starts_with(kFirstLine))
        return Error{Code::corrupt, cat(path, ": not a seen file of this version")};
    return text;
}

Result<MailboxLock> lock_of(const std::string& path)
{
    return MailboxLock::take_file(cat(path, ".lock"), kWait);
}

// With the lock held. What cannot be read is put aside: its user has seen nothing, and reads on.
Result<std::string> load_locked(const std::string& path)
{
    auto text = load(path);
    if (!text.is(Code::corrupt)) return text;
    const std::string aside = cat(path, ".damaged-", wall_seconds());
    if (::rename(path.c_str(), aside.c_str()) != 0) return errno_error(cat("rename ", path));
    log::error("seen state is lost", {{"reason", text.error()}, {"kept", aside}});
    return std::string(kFirstLine);
}

Result<std::string> load_any(const std::string& path)
{
    auto text = load(path);
    if (!text.is(Code::corrupt)) return text;
    TRY_ASSIGN(MailboxLock lock, lock_of(path));
    return load_locked(path);
}

// A line that cannot be read says nothing; the next change writes it anew.
SeenState state_of(std::string_view line, const std::string& path)
{
    auto state = parse_line(line);
    if (state) return *std::move(state);
    log::warning("seen state of a mailbox is lost", {{"file", path}, {"reason", state.error()}});
    return SeenState{};
}

// The names in a directory that are not hidden; none if there is no such directory.
std::vector<std::string> names_in(const std::string& path)
{
    std::vector<std::string> names;
    DIR* dir = ::opendir(path.c_str());
    if (dir == nullptr) return names;
    while (const dirent* entry = ::readdir(dir))
        if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    ::closedir(dir);
    return names;
}

// The seen files below <folder>/user/<letter>, with the user's name in each.
void find_files(const std::string& folder, const std::string& domain,
                const std::function<void(const std::string&, const std::string&)>& each)
{
    const std::string users = cat(folder, "/user");
    for (const std::string& letter : names_in(users)) {
        for (const std::string& file : names_in(cat(users, '/', letter))) {
            if (!file.ends_with(kSuffix)) continue;
            std::string user = file.substr(0, file.size() - kSuffix.size());
            for (char& c : user)
                if (c == '^') c = '.';
            if (!domain.empty()) cat_to(user, '@', domain);
            each(cat(users, '/', letter, '/', file), user);
        }
    }
}

}  // namespace

Result<std::map<std::string, SeenState>> SeenStore::all(const std::string& userid) const
{
    TRY_ASSIGN(std::string path, user_file(configdirectory_, userid, kSuffix, full_hash_));
    TRY_ASSIGN(const std::string text, load_any(path));
    std::map<std::string, SeenState> states;
    for (std::string_view line : split(std::string_view(text).substr(kFirstLine.size()), '\n')) {
        const size_t space = line.find(' ');
        if (space == line.npos) continue;
        states.emplace(std::string(line.substr(0, space)), state_of(line, path));
    }
    return states;
}

Status SeenStore::each_user(
    int64_t changed_since,
    const std::function<void(const std::string&, std::map<std::string, SeenState>&)>& each) const
{
    Status worst = success();
    auto look = [&](const std::string& path, const std::string& user) {
        struct stat st {};
        if (::stat(path.c_str(), &st) != 0 || st.st_mtim.tv_sec < changed_since) return;
        auto states = all(user);
        if (states)
            each(user, *states);
        else
            worst = states.error();
    };
    find_files(configdirectory_, "", look);
    const std::string domains = cat(configdirectory_, "/domain");
    for (const std::string& letter : names_in(domains))
        for (const std::string& domain : names_in(cat(domains, '/', letter)))
            find_files(cat(domains, '/', letter, '/', domain), domain, look);
    return worst;
}

Result<SeenState> SeenStore::get(const std::string& userid, const std::string& uniqueid) const
{
    TRY_ASSIGN(std::string path, user_file(configdirectory_, userid, kSuffix, full_hash_));
    TRY_ASSIGN(std::string text, load_any(path));
    auto [start, end] = find_line(text, uniqueid);
    if (start == text.npos) return SeenState{};
    return state_of(std::string_view(text).substr(start, end - start), path);
}

Status SeenStore::update(const std::string& userid, const std::string& uniqueid,
                         const std::function<bool(SeenState&)>& change) const
{
    TRY_ASSIGN(std::string path, user_file(configdirectory_, userid, kSuffix, full_hash_));
    TRY(make_directories(directory_of(path)));
    TRY_ASSIGN(MailboxLock lock, lock_of(path));
    TRY_ASSIGN(std::string text, load_locked(path));
    auto [start, end] = find_line(text, uniqueid);
    SeenState state;
    if (start != text.npos)
        state = state_of(std::string_view(text).substr(start, end - start), path);
    if (!change(state)) return success();
    state.last_change = wall_seconds();
    std::string line =
        cat(uniqueid, ' ', state.last_read, ' ', state.last_uid, ' ', state.last_change, ' ',
            state.uids.empty() ? std::string("-") : state.uids.to_string(), '\n');
    if (start == text.npos)
        text += line;
    else
        text.replace(start, end - start, line);
    return replace_file(path, text);
}

Status SeenStore::rename_user(const std::string& from, const std::string& to) const
{
    TRY_ASSIGN(std::string before, user_file(configdirectory_, from, kSuffix, full_hash_));
    TRY_ASSIGN(std::string after, user_file(configdirectory_, to, kSuffix, full_hash_));
    struct stat st {};
    if (::stat(before.c_str(), &st) != 0) return errno == ENOENT ? success() : errno_error(before);
    TRY(make_directories(directory_of(after)));
    {
        TRY_ASSIGN(MailboxLock lock, MailboxLock::take_file(cat(before, ".lock"), kWait));
        if (::rename(before.c_str(), after.c_str()) != 0 && errno != ENOENT)
            return errno_error(cat("rename ", before));
        TRY(sync_directory(directory_of(after)));
        TRY(sync_directory(directory_of(before)));
    }
    return remove_user(from);
}

Status SeenStore::remove_user(const std::string& userid) const
{
    TRY_ASSIGN(std::string path, user_file(configdirectory_, userid, kSuffix, full_hash_));
    for (const std::string& name : {path, cat(path, ".lock")})
        if (::unlink(name.c_str()) != 0 && errno != ENOENT)
            return errno_error(cat("unlink ", name));
    return success();
}

uint64_t SeenStore::stamp(const std::string& userid) const
{
    auto path = user_file(configdirectory_, userid, kSuffix, full_hash_);
    struct stat st {};
    if (!path || ::stat(path->c_str(), &st) != 0) return 0;
    auto inode = static_cast<uint64_t>(st.st_ino);
    auto seconds = static_cast<uint64_t>(st.st_mtim.tv_sec);
    auto nanoseconds = static_cast<uint64_t>(st.st_mtim.tv_nsec);
    return (inode * 0x9E3779B97F4A7C15u) ^ (seconds << 30) ^ nanoseconds ^
           (static_cast<uint64_t>(st.st_size) << 48);
}

}  // namespace rookery::store
