// The note of a place is "<uid> <mailbox>", that of key "<Message-ID> NUL <number>".
#include "imap/delivery/articles.h"

#include <fcntl.h>
#include <poll.h>

#include "lib/base/log.h"
#include "lib/base/signals.h"
#include "lib/base/strings.h"

namespace rookery::delivery {
namespace {

constexpr int kLookMs = 10;
constexpr uint64_t kBytes = uint64_t{1} << 30;  // that articles fall on

struct flock lock_of(off_t byte, short type)
{
    struct flock lock = {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = byte;
    lock.l_len = 1;
    return lock;
}

std::string key_of(std::string_view id, unsigned number)
{
    return cat(id, '\0', number);
}

void tell(const Status& done)
{
    if (!done) log::warning("what is known of articles is not kept", {{"reason", done.error()}});
}

}  // namespace

Articles::Held::~Held()
{
    if (file_ < 0) return;
    struct flock free = lock_of(byte_, F_UNLCK);
    (void)::fcntl(file_, F_SETLK, &free);
}

Result<Articles> Articles::open(const db::ExpiringSet& set, const std::string& locks)
{
    TRY_ASSIGN(Fd file, open_file(locks, O_RDWR | O_CREAT));
    return Articles(set.beside(kTaken), set.beside(kPlaces), std::move(file));
}

std::optional<Articles::Held> Articles::hold(std::string_view id, Milliseconds wait)
{
    const auto byte = static_cast<off_t>(stable_hash(id) % kBytes);
    const Deadline until = Deadline::after(wait);
    for (;;) {
        struct flock own = lock_of(byte, F_WRLCK);
        if (::fcntl(locks_.get(), F_SETLK, &own) == 0) return Held(locks_.get(), byte);
        if (until.passed() || signals::terminate_seen()) return std::nullopt;
        ::poll(nullptr, 0, kLookMs);
    }
}

bool Articles::is_taken(std::string_view id)
{
    const auto found = taken_.has(id);
    if (!found)
        log::warning("what is known of articles cannot be read", {{"reason", found.error()}});
    return found.value_or(false);
}

void Articles::take(std::string_view id, int64_t now)
{
    tell(taken_.put(id, now + kKept));
}

// Whoever claims a number has it; one that stays without a note is of a process that ended there.
void Articles::place(std::string_view id, const Place& place, int64_t now)
{
    for (unsigned number = 0; number < kMaxPlaces; ++number) {
        const std::string key = key_of(id, number);
        const auto claimed = places_.claim(key, now + kKept, now);
        if (!claimed) return tell(claimed.error());
        if (*claimed)
            return tell(
                places_.put(std::span(&key, 1), now + kKept, cat(place.uid, ' ', place.mailbox)));
    }
}

std::vector<Articles::Place> Articles::places(std::string_view id)
{
    std::vector<Place> all;
    for (unsigned number = 0; number < kMaxPlaces; ++number) {
        const auto note = places_.note(key_of(id, number));
        if (!note || !*note) break;
        const size_t space = (*note)->find(' ');
        if (space == std::string::npos) continue;
        const auto uid = to_number<uint32_t>(std::string_view(**note).substr(0, space));
        if (uid) all.push_back({(*note)->substr(space + 1), *uid});
    }
    return all;
}

}  // namespace rookery::delivery
