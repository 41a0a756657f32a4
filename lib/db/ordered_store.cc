#include "lib/db/ordered_store.h"

#include "lib/base/strings.h"

namespace rookery::db {

Result<std::unique_ptr<BulkLoad>> OrderedStore::bulk_load()
{
    return Error{Code::unsupported, "this store is filled by transactions"};
}

Status OrderedStore::put(std::string_view key, std::string_view value)
{
    return transact([&](Transaction& t) { return t.put(key, value); });
}

Status OrderedStore::erase(std::string_view key)
{
    return transact([&](Transaction& t) { return t.erase(key); });
}

Status check_key(std::string_view key)
{
    if (!key.empty() && key.size() <= kMaxKey) return success();
    return Error{Code::limit, cat("a key must have 1 to ", kMaxKey, " bytes")};
}

Status check_value(std::string_view value)
{
    if (value.size() <= kMaxValue) return success();
    return Error{Code::limit, cat("a value of ", value.size(), " bytes is over ", kMaxValue)};
}

}  // namespace rookery::db
