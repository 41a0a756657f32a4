// TdbLoad: fills a TdbStore at once, in a file of its own that takes the store's place.
//
// Many times as fast as transactions: nothing is locked, logged or read back. Nobody sees anything
// of it before finish(). What was not finished leaves nothing.
#ifndef ROOKERY_LIB_DB_TDB_LOAD_H
#define ROOKERY_LIB_DB_TDB_LOAD_H

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/db/ordered_store.h"
#include "lib/db/tdb_file.h"
#include "lib/db/tree_builder.h"

namespace rookery::db {

class TdbLoad final : public BulkLoad {
 public:
    // What puts the finished file in the store's place, or removes it.
    using TakePlace = std::function<Status(const std::string& fresh, uint64_t inode)>;

    // path: the store's. durable: the file is synced before it takes the store's place.
    TdbLoad(std::string_view path, bool durable, TakePlace take_place);
    ~TdbLoad() override;
    TdbLoad(const TdbLoad&) = delete;
    TdbLoad& operator=(const TdbLoad&) = delete;

    Status value(std::string_view key, std::string_view value) override;
    Status key(std::string_view key, bool has_value) override;
    Status finish() override;

 private:
    Status open_file(uint64_t expected_count);
    Status store_value(std::string_view key, std::string_view value);

    const std::string path_;
    const bool durable_;
    const TakePlace take_place_;
    // The first values wait here: how many come decides the size of the hash.
    std::vector<std::pair<std::string, std::string>> waiting_;
    std::optional<TdbFile> file_;
    Header header_;
    std::optional<TreeBuilder> tree_;
    std::string last_key_;
    std::string scratch_key_;
    std::string scratch_value_;
};

}  // namespace rookery::db

#endif
