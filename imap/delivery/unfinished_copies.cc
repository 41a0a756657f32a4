// The note of a key is "begun <seconds> <id> <pid>", "left <seconds> <id>" or "stored".
#include "imap/delivery/unfinished_copies.h"

#include <fcntl.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::delivery {
namespace {

// The byte that stands for a process.
struct flock byte_of(pid_t process)
{
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = process;
    lock.l_len = 1;
    return lock;
}

}  // namespace

Result<UnfinishedCopies> UnfinishedCopies::open(db::ExpiringSet set, const std::string& workers)
{
    TRY_ASSIGN(Fd file, open_file(workers, O_RDWR | O_CREAT));
    struct flock own = byte_of(::getpid());
    if (::fcntl(file.get(), F_SETLK, &own) != 0) return errno_error(workers);
    return UnfinishedCopies(std::move(set), std::move(file));
}

// Another process, which holds its byte as long as it lives.
bool UnfinishedCopies::is_at_work(std::string_view pid) const
{
    const auto number = to_uint64(pid, INT32_MAX);
    if (!number || *number == 0) return false;
    struct flock lock = byte_of(static_cast<pid_t>(*number));
    return ::fcntl(workers_.get(), F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

std::string UnfinishedCopies::key(std::string_view digest, std::string_view recipient,
                                  std::string_view target)
{
    constexpr std::string_view kNul("\0", 1);
    return cat(digest, kNul, recipient, kNul, target);
}

void UnfinishedCopies::tell(const Status& done)
{
    if (done || std::exchange(trouble_told_, true)) return;
    log::warning("copies of unfinished deliveries are not known: a retry may bring them again",
                 {{"reason", done.error()}});
}

std::optional<UnfinishedCopies::Begun> UnfinishedCopies::find(const std::string& key)
{
    const auto note = set_.note(key);
    if (!note) tell(note.error());
    if (!note || !*note) return std::nullopt;
    const auto words = split_words(**note);
    if (words.size() == 1 && words[0] == "stored") return Begun{{}, 0, true};
    const bool is_left = words.size() == 3 && words[0] == "left";
    const bool is_begun = words.size() == 4 && words[0] == "begun";
    if (!is_left && !(is_begun && !is_at_work(words[3]))) return std::nullopt;
    const auto since = to_uint64(words[1], INT64_MAX);
    if (!since) return std::nullopt;
    return Begun{std::string(words[2]), static_cast<int64_t>(*since), false};
}

void UnfinishedCopies::begin(std::span<const std::string> keys, const std::string& id)
{
    const int64_t now = wall_seconds();
    if (!keys.empty())
        tell(set_.put(keys, now + kKept, cat("begun ", now, ' ', id, ' ', ::getpid())));
}

void UnfinishedCopies::leave(std::span<const std::string> keys, const std::string& id,
                             int64_t since)
{
    if (!keys.empty()) tell(set_.put(keys, wall_seconds() + kKept, cat("left ", since, ' ', id)));
}

void UnfinishedCopies::stored(std::span<const std::string> keys)
{
    if (!keys.empty()) tell(set_.put(keys, wall_seconds() + kKept, "stored"));
}

void UnfinishedCopies::forget(std::span<const std::string> keys)
{
    if (!keys.empty()) tell(set_.remove(keys));
}

}  // namespace rookery::delivery
