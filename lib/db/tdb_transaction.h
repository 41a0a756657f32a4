// TdbTransaction: the changes of one transaction of a TdbStore.
//
// Pages are read once, changed in memory and stored by finish(); values are stored at once, within
// the tdb transaction that the store has begun. Lives no longer than that. Codes as OrderedStore.
#ifndef ROOKERY_LIB_DB_TDB_TRANSACTION_H
#define ROOKERY_LIB_DB_TDB_TRANSACTION_H

#include <memory>
#include <string>
#include <unordered_map>

#include "lib/db/ordered_store.h"
#include "lib/db/tdb_file.h"
#include "lib/db/tdb_layout.h"
#include "lib/db/tree.h"

namespace rookery::db {

class TdbTransaction final : public Transaction, private Pages {
 public:
    // full: new keys are refused.
    TdbTransaction(TdbFile& file, Header header, bool full);

    Result<std::string> get(std::string_view key) override;
    Status put(std::string_view key, std::string_view value) override;
    Status erase(std::string_view key) override;

    bool has_changes() const { return changed_anything_; }
    uint64_t records() const { return header_.records(); }
    // Stores the pages and the header.
    Status finish();

 private:
    struct Held {
        std::unique_ptr<Page> page;
        bool dirty = false;
        bool is_new = false;  // has no record yet
    };
    Result<Page*> load(uint32_t number) override;
    void changed(uint32_t number) override { pages_[number].dirty = true; }
    Result<Page*> allocate(Page::Kind kind, uint8_t level) override;
    Status release(uint32_t number) override;

    TdbFile& file_;
    Header header_;
    const Header before_;
    const bool full_;
    bool changed_anything_ = false;
    Tree tree_;
    std::unordered_map<uint32_t, Held> pages_;
    std::string value_key_;
    std::string record_;
};

// One page of a file.
Status read_page(TdbFile& file, uint32_t number, Page& page);
Result<Header> read_header(TdbFile& file);

}  // namespace rookery::db

#endif
