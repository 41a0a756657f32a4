// TdbFile: a TDB_CONTEXT that is closed when it goes out of scope, with our errors.
//
// Only what TdbStore needs: bytes by key, a read lock over everything, a transaction, and the
// numbers by which the store decides to be rewritten. Codes: io, no_space, corrupt, busy (this
// process has the file open already), not_found (fetch). After fork: open anew.
#ifndef ROOKERY_LIB_DB_TDB_FILE_H
#define ROOKERY_LIB_DB_TDB_FILE_H

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include "lib/base/result.h"

struct tdb_context;

namespace rookery::db {

class TdbFile {
 public:
    // A file that is there: not_found. What is no tdb file is never overwritten: corrupt.
    static Result<TdbFile> open(const std::string& path, bool durable);
    // A new file that nobody else knows yet: no locks, no fsync.
    static Result<TdbFile> make_private(const std::string& path, uint32_t hash_size);

    // look(std::string_view) sees the bytes in place, with the record locked; it must not use this
    // file. False: there is no such record.
    template <class Look>
    Result<bool> parse(std::string_view key, Look&& look)
    {
        using Type = std::remove_reference_t<Look>;
        return parse_with(
            key, [](std::string_view bytes, void* to) { (*static_cast<Type*>(to))(bytes); }, &look);
    }
    Status store(std::string_view key, std::string_view bytes, bool is_new);
    Status erase(std::string_view key);

    Status lock_for_reading();
    void unlock_from_reading();
    Status begin();
    Status commit();
    void cancel();

    uint32_t sequence() const;
    uint64_t bytes() const;
    uint64_t inode() const { return inode_; }
    uint32_t hash_size() const;
    uint64_t free_list_length() const;
    Status sync() const;
    // All hash chains and the free list can be followed, and hold this many records.
    Status check(uint64_t records);
    // The whole file as it lies on disk, while a transaction of this process keeps writers out.
    // (Another descriptor on it would drop this process's locks when closed.)
    Status copy_bytes(int to) const;

 private:
    struct Close {
        void operator()(tdb_context* tdb) const;
    };
    TdbFile(tdb_context* tdb, uint64_t inode) : tdb_(tdb), inode_(inode) {}
    static Result<TdbFile> open_with(const std::string& path, uint32_t hash_size, int tdb_flags,
                                     int open_flags);
    using LookAt = void (*)(std::string_view bytes, void* to);
    Result<bool> parse_with(std::string_view key, LookAt look, void* to);
    Error error(std::string_view what) const;

    std::unique_ptr<tdb_context, Close> tdb_;
    uint64_t inode_;
};

}  // namespace rookery::db

#endif
