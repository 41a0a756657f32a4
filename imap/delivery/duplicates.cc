#include "imap/delivery/duplicates.h"

#include <vector>

#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::delivery {
namespace {

std::string key_of(const DeliveredMessage& m)
{
    constexpr std::string_view kNul("\0", 1);
    return cat(m.uniqueid, kNul, m.message_id, kNul, m.date);
}

}  // namespace

Result<Duplicates> Duplicates::open(db::ExpiringSet set, const std::string& locks)
{
    TRY_ASSIGN(ByteLocks opened, ByteLocks::open(locks));
    return Duplicates(std::move(set), std::move(opened));
}

Result<Duplicates::Held> Duplicates::hold(std::span<const DeliveredMessage> messages,
                                          Milliseconds wait)
{
    std::vector<std::string> keys;
    keys.reserve(messages.size());
    for (const DeliveredMessage& m : messages) keys.push_back(key_of(m));
    return locks_.lock(keys, Deadline::after(wait).or_told_to_end());
}

bool Duplicates::was_delivered(const DeliveredMessage& message)
{
    const auto found = set_.is_recorded(key_of(message));
    if (!found) log::warning("delivered messages cannot be read", {{"reason", found.error()}});
    return found.value_or(false);
}

void Duplicates::mark(const DeliveredMessage& message, int64_t now)
{
    const Status done = set_.put(key_of(message), now);
    if (!done) log::warning("a delivered message is not noted", {{"reason", done.error()}});
}

Result<uint64_t> Duplicates::prune(int64_t before)
{
    return set_.remove_older(before);
}

}  // namespace rookery::delivery
