#include "imap/delivery/delivery_memory.h"

#include "lib/base/strings.h"

namespace rookery::delivery {

std::string DeliveryMemory::path(const config::Config& config)
{
    if (!config.duplicate_db_path().empty()) return config.duplicate_db_path();
    return cat(config.configdirectory(), "/deliver.tdb");
}

Result<DeliveryMemory> DeliveryMemory::open(const std::string& path)
{
    TRY_ASSIGN(auto set, db::ExpiringSet::open(path, Duplicates::kSpace));
    TRY_ASSIGN(auto duplicates, Duplicates::open(set, cat(path, ".duplicates")));
    TRY_ASSIGN(auto unfinished,
               UnfinishedCopies::open(set.beside(UnfinishedCopies::kSpace), cat(path, ".workers")));
    TRY_ASSIGN(auto articles, Articles::open(set, cat(path, ".articles")));
    return DeliveryMemory{std::move(duplicates), std::move(unfinished), set.beside(kSeen),
                          set.beside(kSent), std::move(articles)};
}

Result<uint64_t> DeliveryMemory::prune(int64_t before)
{
    TRY_ASSIGN(uint64_t removed, duplicates.prune(before));
    const int64_t now = wall_seconds();
    for (char space :
         {UnfinishedCopies::kSpace, kSeen, kSent, Articles::kTaken, Articles::kPlaces}) {
        TRY_ASSIGN(const uint64_t more, seen.beside(space).remove_older(now, now));
        removed += more;
    }
    return removed;
}

}  // namespace rookery::delivery
