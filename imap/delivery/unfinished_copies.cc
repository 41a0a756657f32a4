// The note of a key is "begun <seconds> <id>" or "stored".
#include "imap/delivery/unfinished_copies.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::delivery {

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
    if (words.size() != 3 || words[0] != "begun") return std::nullopt;
    const auto since = to_uint64(words[1], INT64_MAX);
    if (!since) return std::nullopt;
    return Begun{std::string(words[2]), static_cast<int64_t>(*since), false};
}

void UnfinishedCopies::begin(std::span<const std::string> keys, const std::string& id)
{
    const int64_t now = wall_seconds();
    if (!keys.empty()) tell(set_.put(keys, now + kKept, cat("begun ", now, ' ', id)));
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
