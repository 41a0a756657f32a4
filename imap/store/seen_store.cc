// The seen file: "uniqueid last_read last_uid last_change uids" per line.
#include "imap/store/seen_store.h"

#include <sys/stat.h>

#include "imap/store/mailbox_lock.h"
#include "imap/store/mailbox_path.h"
#include "lib/base/clock.h"
#include "lib/base/fd.h"
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

}  // namespace

Result<SeenState> SeenStore::get(const std::string& userid, const std::string& uniqueid) const
{
    TRY_ASSIGN(std::string path, user_file(configdirectory_, userid, kSuffix, full_hash_));
    TRY_ASSIGN(std::string text, load(path));
    auto [start, end] = find_line(text, uniqueid);
    if (start == text.npos) return SeenState{};
    return parse_line(std::string_view(text).substr(start, end - start));
}

Status SeenStore::update(const std::string& userid, const std::string& uniqueid,
                         const std::function<bool(SeenState&)>& change) const
{
    TRY_ASSIGN(std::string path, user_file(configdirectory_, userid, kSuffix, full_hash_));
    TRY(make_directories(directory_of(path)));
    TRY_ASSIGN(MailboxLock lock, MailboxLock::take_file(cat(path, ".lock"), kWait));
    TRY_ASSIGN(std::string text, load(path));
    auto [start, end] = find_line(text, uniqueid);
    SeenState state;
    if (start != text.npos) {
        TRY_ASSIGN(state, parse_line(std::string_view(text).substr(start, end - start)));
    }
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
