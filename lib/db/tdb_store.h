// TdbStore: an ordered store on tdb (doc/formats/tdb-store.md).
//
// tdb is a hash without order. Values are records by key, so get() is one fetch; beside them a
// B+tree of all keys, its pages records too, changed in the same transaction. Keys with an empty
// value have no record: they cost a place in the tree only.
// Readers hold tdb's lock for one batch of a scan at a time and keep copies of pages as long as the
// sequence number is the same; before each batch they let a waiting writer pass (gate.h). When the
// hash is overfull or tdb's free list long, a commit rewrites the store into a new file and renames
// it; other processes notice at their next call. Beyond max_file_bytes new keys are refused
// (Code::limit): tdb ends at 4 GiB.
// Durable: a commit is on disk when it returns. Not durable: it survives the end of processes, not
// loss of power, after which the file may be torn (boot_identity.h, check()).
// Files: path and path.gate.
#ifndef ROOKERY_LIB_DB_TDB_STORE_H
#define ROOKERY_LIB_DB_TDB_STORE_H

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "lib/base/clock.h"
#include "lib/db/gate.h"
#include "lib/db/ordered_store.h"
#include "lib/db/page.h"
#include "lib/db/tdb_file.h"
#include "lib/db/tdb_layout.h"
#include "lib/db/tree.h"

namespace rookery::db {

struct TdbOptions {
    bool durable = true;
    uint64_t expected_count = 1000;  // of values; gives the hash size of a new file
    uint64_t max_file_bytes = 3ull << 30;
    uint64_t max_free_list = 10'000;
};

class TdbStore final : public OrderedStore {
 public:
    // Makes the file if there is none.
    static Result<std::unique_ptr<TdbStore>> open(const std::string& path, TdbOptions options);

    Result<std::string> get(std::string_view key) override;
    Status scan(std::string_view from, const ScanCallback& each) override;
    Status scan_keys(std::string_view from, const ScanCallback& each) override;
    Result<uint64_t> count(char space) override;
    Result<uint64_t> sequence() override;
    Status transact(const std::function<Status(Transaction&)>& work) override;
    Status sync() override;
    using OrderedStore::check;
    Status check(const CheckCallback& each) override;
    Status copy_to(const std::string& path) override;
    Result<std::unique_ptr<BulkLoad>> bulk_load() override;

    // Into a new file with a hash for twice what is there. Readers go on meanwhile, writers wait.
    Status rewrite();

    struct Statistics {
        uint64_t file_bytes, values, pages, hash_size, free_list;
    };
    Result<Statistics> statistics();

 private:
    struct Fetched;  // one batch of a scan
    class Reading;   // the read lock

    TdbStore(std::string path, TdbOptions options, Gate gate, TdbFile file);
    static Status make_file(const std::string& path, uint64_t expected_count);
    Status reopen();
    Status refresh();
    Status begin();
    Status rewrite_if_needed(uint64_t records);
    Status rewrite_locked();
    Status put_in_place(const std::string& fresh, uint64_t inode);
    // The finished file of a load that began at this sequence. busy: there is another one now.
    Status take_place(const std::string& fresh, uint64_t inode, uint64_t began_at);
    uint64_t present_sequence() const { return file_->inode() << 32 ^ file_->sequence(); }

    Status load_cache();
    Result<const Page*> cached_page(size_t level, uint32_t number);
    // The leaf for key; fence: the first key that is not on it, empty if it is the last.
    Result<const Page*> leaf_for(std::string_view key, std::string& fence);
    Status fetch_batch(std::string_view from, size_t most, bool values, Fetched& out);
    Status append_value(std::string_view key, std::string& out);
    Status run_scan(std::string_view from, bool values, const ScanCallback& each);

    std::string path_;
    TdbOptions options_;
    Gate gate_;
    std::optional<TdbFile> file_;
    MonotonicTime looked_at_{};  // when the path was last compared with the open file
    unsigned commits_ = 0;

    // Copies of one page a level, good as long as the sequence number is cache_sequence_.
    bool cache_good_ = false;
    uint32_t cache_sequence_ = 0;
    Header header_;
    std::array<std::unique_ptr<Page>, kMaxHeight> cache_;
    std::string scratch_;
};

}  // namespace rookery::db

#endif
