#include "imap/sync/move_journal.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "lib/base/clock.h"
#include "lib/base/strings.h"

namespace rookery::sync {

namespace {

using model::MailboxName;

constexpr std::string_view kFirstLine = "rookery move 1";
constexpr std::string_view kFamily = "rookery move ";
constexpr std::string_view kSuffix = ".move";
constexpr size_t kMaxFile = 65536;

constexpr std::array<std::pair<MoveState, std::string_view>, 5> kStates = {{
    {MoveState::copy, "copy"},
    {MoveState::freeze, "freeze"},
    {MoveState::abort, "abort"},
    {MoveState::activate, "activate"},
    {MoveState::moved, "moved"},
}};

std::string folder_of(const config::Config& config)
{
    return cat(config.configdirectory(), "/moves");
}

std::string path_of(const config::Config& config, const MailboxName& name)
{
    return cat(folder_of(config), '/', name.internal(), kSuffix);
}

Result<Fd> take_lock(const std::string& path)
{
    TRY(make_directories(directory_of(path)));
    TRY_ASSIGN(Fd fd, open_file(path, O_RDWR | O_CREAT));
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    while (::fcntl(fd.get(), F_SETLK, &lock) != 0) {
        if (errno == EINTR) continue;
        if (errno == EACCES || errno == EAGAIN)
            return Error{Code::busy, "a move of this mailbox is being worked on"};
        return errno_error("fcntl");
    }
    return fd;
}

std::string one_line(std::string_view text)
{
    std::string line;
    for (const char c : text) line += c == '\n' || c == '\r' ? ' ' : c;
    return line;
}

std::string to_text(const MoveRecord& record)
{
    return cat(kFirstLine, "\nname ", record.name.internal(), "\nserver ", record.server,
               "\npartition ", record.partition, "\nstate ", move_state_name(record.state),
               "\nstarted ", record.started, "\nchanged ", record.changed, "\nerror ",
               one_line(record.error), "\nend\n");
}

Result<MoveRecord> parse(std::string_view text)
{
    auto lines = split(text, '\n');
    if (lines.empty() || lines[0] != kFirstLine) {
        if (!lines.empty() && lines[0].starts_with(kFamily))
            return Error{Code::unsupported, "a move's journal of a newer version"};
        return Error{Code::corrupt, "not a move's journal"};
    }
    if (lines.size() < 3 || lines[lines.size() - 2] != "end")
        return Error{Code::corrupt, "a move's journal without its end"};
    auto value = [&](std::string_view key) -> std::string_view {
        for (std::string_view line : lines)
            if (line.starts_with(key) && line.size() > key.size() && line[key.size()] == ' ')
                return line.substr(key.size() + 1);
        return {};
    };
    TRY_ASSIGN(MailboxName name, MailboxName::from_internal(value("name")));
    MoveRecord record{.name = std::move(name),
                      .server = std::string(value("server")),
                      .partition = std::string(value("partition")),
                      .error = std::string(value("error"))};
    auto state = std::find_if(kStates.begin(), kStates.end(),
                              [&](const auto& s) { return s.second == value("state"); });
    if (state == kStates.end() || record.server.empty())
        return Error{Code::corrupt, "a move's journal without a state or a server"};
    record.state = state->first;
    TRY_ASSIGN(const uint64_t started, to_uint64(value("started"), INT64_MAX));
    TRY_ASSIGN(const uint64_t changed, to_uint64(value("changed"), INT64_MAX));
    record.started = static_cast<int64_t>(started);
    record.changed = static_cast<int64_t>(changed);
    return record;
}

Result<MoveRecord> read_at(const std::string& path)
{
    TRY_ASSIGN(const std::string text, read_file(path, kMaxFile));
    return parse(text);
}

}  // namespace

std::string_view move_state_name(MoveState state)
{
    for (const auto& [value, name] : kStates)
        if (value == state) return name;
    return {};
}

Result<MoveJournal> MoveJournal::open(const config::Config& config, const MailboxName& name,
                                      const MoveRecord* record)
{
    const std::string path = path_of(config, name);
    TRY_ASSIGN(Fd lock, take_lock(cat(path, ".lock")));
    auto there = read_at(path);
    if (there) return MoveJournal(path, std::move(lock), *std::move(there));
    if (!there.is(Code::not_found) || record == nullptr) return std::move(there).error();
    MoveJournal journal(path, std::move(lock), *record);
    TRY(journal.begin(*record));
    return journal;
}

Status MoveJournal::begin(const MoveRecord& record)
{
    record_ = record;
    record_.started = wall_seconds();
    is_new_ = true;
    return set_state(MoveState::copy);
}

Status MoveJournal::write()
{
    return replace_file(path_, to_text(record_));
}

Status MoveJournal::set_state(MoveState state)
{
    record_.state = state;
    record_.changed = wall_seconds();
    record_.error.clear();
    return write();
}

Status MoveJournal::set_target(std::string server, std::string partition)
{
    record_.server = std::move(server);
    record_.partition = std::move(partition);
    return write();
}

Status MoveJournal::note(const Error& error)
{
    record_.error = error.text.empty() ? std::string(code_name(error.code)) : error.text;
    return write();
}

Status MoveJournal::remove()
{
    // The lock file stays: another may wait for it under this name.
    if (::unlink(path_.c_str()) != 0 && errno != ENOENT) return errno_error(cat("unlink ", path_));
    return sync_directory(directory_of(path_));
}

Result<MoveRecord> read_move(const config::Config& config, const MailboxName& name)
{
    return read_at(path_of(config, name));
}

Result<Moves> list_moves(const config::Config& config)
{
    Moves moves;
    const std::string folder = folder_of(config);
    DIR* dir = ::opendir(folder.c_str());
    if (dir == nullptr) {
        if (errno == ENOENT) return moves;
        return errno_error(folder);
    }
    std::vector<std::string> files;
    while (const dirent* entry = ::readdir(dir))
        if (std::string_view(entry->d_name).ends_with(kSuffix)) files.emplace_back(entry->d_name);
    ::closedir(dir);
    std::sort(files.begin(), files.end());
    for (const std::string& file : files) {
        auto record = read_at(cat(folder, '/', file));
        if (record.is(Code::not_found)) continue;  // it ended just now
        if (record)
            moves.readable.push_back(*std::move(record));
        else
            moves.others.push_back({file, record.error()});
    }
    return moves;
}

}  // namespace rookery::sync
