// The note of a place is "<uid> <mailbox>", that of key "<Message-ID> NUL <number>".
#include "imap/delivery/articles.h"

#include <utility>

#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::delivery {
namespace {

std::string key_of(std::string_view id, unsigned number)
{
    return cat(id, '\0', number);
}

void tell(const Status& done)
{
    if (!done) log::warning("what is known of articles is not kept", {{"reason", done.error()}});
}

}  // namespace

Result<Articles> Articles::open(const db::ExpiringSet& set, const std::string& locks)
{
    TRY_ASSIGN(ByteLocks opened, ByteLocks::open(locks));
    return Articles(set.beside(kTaken), set.beside(kPlaces), std::move(opened));
}

std::optional<Articles::Held> Articles::hold(const std::string& id, Milliseconds wait)
{
    auto held = locks_.lock(id, Deadline::after(wait).or_told_to_end());
    if (held) return *std::move(held);
    return std::nullopt;
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
