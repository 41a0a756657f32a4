// FlatStore: an ordered store in one sorted text file (doc/formats/flat-store.md).
//
// A line is key, TAB, value; control bytes that would break lines are escaped. Readers map the file
// and search it by halves; a change writes the whole file anew beside it, syncs and renames it,
// under a lock on path.lock. So it is for small lists: a change costs as much as the list is long,
// and a file over max_file_bytes is refused for writing (Code::limit). Read and edited with any
// text tool: a file that is out of order after that is put in order by the next change or by
// sort_file(), and until then some of its lines are not found.
// Always durable. Codes as OrderedStore, and syntax: a line that is broken, with its number.
#ifndef ROOKERY_LIB_DB_FLAT_STORE_H
#define ROOKERY_LIB_DB_FLAT_STORE_H

#include <memory>
#include <string>
#include <string_view>

#include "lib/db/ordered_store.h"

namespace rookery::db {

struct FlatOptions {
    uint64_t max_file_bytes = 32 << 20;  // about 200,000 mailboxes
    // How keys are written, if not as they are: both must be each other's inverse. The order of
    // lines stays that of the keys.
    std::string (*key_to_text)(std::string_view key) = nullptr;
    std::string (*text_to_key)(std::string_view text) = nullptr;
    // The first line says what the file is ("#flat 1"). Off for files whose form is older than us.
    bool with_header = true;
};

class FlatStore final : public OrderedStore {
 public:
    // Makes an empty file if there is none.
    static Result<std::unique_ptr<FlatStore>> open(const std::string& path, FlatOptions options);
    ~FlatStore() override;

    Result<std::string> get(std::string_view key) override;
    Status scan(std::string_view from, const ScanCallback& each) override;
    Status scan_keys(std::string_view from, const ScanCallback& each) override;
    Result<uint64_t> count(char space) override;
    Result<uint64_t> sequence() override;
    Status transact(const std::function<Status(Transaction&)>& work) override;
    Status sync() override { return success(); }
    using OrderedStore::check;
    Status check(const CheckCallback& each) override;
    Status copy_to(const std::string& path) override;

    // Puts the lines in order and drops doubles (the last one stays).
    Status sort_file();

 private:
    class Work;  // the transaction
    class Map;   // the file as it was when it was looked at
    FlatStore(std::string path, FlatOptions options);
    Status change(const std::function<Status(Transaction&)>& work, bool write_always);
    Result<std::shared_ptr<const Map>> current();

    std::string path_;
    FlatOptions options_;
    // Shared with the scans that are under way: a callback may change the store.
    std::shared_ptr<const Map> map_;
};

}  // namespace rookery::db

#endif
