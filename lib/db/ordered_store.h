// OrderedStore: keys in byte order with values, in one file that several processes share.
//
// Two implementations: TdbStore (tdb_store.h, large and fast) and FlatStore (flat_store.h, one text
// file, small). Several ordered lists live in one store when their keys begin with different bytes:
// that first byte is the space of a key; count() counts one space.
// A scan is not a snapshot: a key that existed throughout comes exactly once and in order. A
// transaction is seen as a whole or not at all, and survives kill -9 and, in a durable store, loss
// of power. No lock is held while a scan's callback runs; the callback may read and write the
// store.
// Limits: keys of 1 to kMaxKey bytes, values up to kMaxValue bytes (Code::limit).
// Codes: not_found (get, erase), limit, no_space, io, corrupt, busy (open twice in one process).
// Thread rule: one thread at a time; opened after fork, never used across it.
#ifndef ROOKERY_LIB_DB_ORDERED_STORE_H
#define ROOKERY_LIB_DB_ORDERED_STORE_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace rookery::db {

inline constexpr size_t kMaxKey = 1000;
inline constexpr size_t kMaxValue = 65'000;
// Changes in one transaction, so that readers never wait long for a commit (doc/rules.md 3.2). More
// is allowed where a change must be whole, as when a tree of mailboxes is renamed.
inline constexpr size_t kMaxBatch = 1000;

// What a scan's callback wants next.
struct Next {
    enum class What { go_on, stop, seek } what = What::go_on;
    std::string key;  // seek: the first key >= this; at or before the present one means the next
    static Next go_on() { return {}; }
    static Next stop() { return {What::stop, {}}; }
    static Next seek(std::string k) { return {What::seek, std::move(k)}; }
};

// Key and value are valid until the callback returns.
using ScanCallback = std::function<Next(std::string_view key, std::string_view value)>;

// Reads and writes between begin and commit: sees its own changes.
class Transaction {
 public:
    virtual ~Transaction() = default;
    virtual Result<std::string> get(std::string_view key) = 0;
    virtual Status put(std::string_view key, std::string_view value) = 0;
    virtual Status erase(std::string_view key) = 0;  // not_found if it is not there
};

// Fills a store beside itself, many times as fast as transactions, and takes the place of all that
// the store holds. Nobody sees any of it before finish(); dropped before that, it leaves nothing.
// Codes: busy (finish: the store was written to since the load began).
class BulkLoad {
 public:
    virtual ~BulkLoad() = default;
    // In any order, each key once.
    virtual Status value(std::string_view key, std::string_view value) = 0;
    // Then every key in ascending order, those without a value too.
    virtual Status key(std::string_view key, bool has_value) = 0;
    virtual Status finish() = 0;
};

class OrderedStore {
 public:
    virtual ~OrderedStore() = default;

    virtual Result<std::string> get(std::string_view key) = 0;
    // From the first key >= from, in order, until the callback stops.
    virtual Status scan(std::string_view from, const ScanCallback& each) = 0;
    // The same with empty values, for whoever needs keys alone: several times as fast.
    virtual Status scan_keys(std::string_view from, const ScanCallback& each) = 0;
    // Keys whose first byte is space.
    virtual Result<uint64_t> count(char space) = 0;
    // The same number again means that nothing has changed since; it says nothing about order.
    virtual Result<uint64_t> sequence() = 0;

    // Runs work with the write lock held, then commits. If work fails nothing is changed and its
    // error is the result. The store itself is not to be used by work.
    virtual Status transact(const std::function<Status(Transaction&)>& work) = 0;

    // What a store opened as not durable has written reaches the disk.
    virtual Status sync() = 0;
    // Reads everything and checks it. Code::corrupt names the first thing that is wrong. All of it
    // is one state of the store: writers wait meanwhile. each, if there is one, is called for every
    // key in order and ends the check by an error; it must not use the store.
    using CheckCallback = std::function<Status(std::string_view key, std::string_view value)>;
    virtual Status check(const CheckCallback& each) = 0;
    Status check() { return check(nullptr); }
    // A copy of the present state under another name, made durable and put in place by a rename.
    virtual Status copy_to(const std::string& path) = 0;
    // unsupported: this kind of store has no other way than transactions. The store outlives it.
    virtual Result<std::unique_ptr<BulkLoad>> bulk_load();

    Status put(std::string_view key, std::string_view value);
    Status erase(std::string_view key);
};

// Code::limit or success.
Status check_key(std::string_view key);
Status check_value(std::string_view value);

}  // namespace rookery::db

#endif
