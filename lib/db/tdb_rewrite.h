// Whole-store work of a TdbStore: filling a new file in key order, and the check of everything.
//
// Both run while the store's transaction lock is held. Codes: corrupt, io, no_space.
#ifndef ROOKERY_LIB_DB_TDB_REWRITE_H
#define ROOKERY_LIB_DB_TDB_REWRITE_H

#include <cstdint>
#include <functional>
#include <string_view>

#include "lib/base/result.h"
#include "lib/db/ordered_store.h"
#include "lib/db/tdb_file.h"
#include "lib/db/tdb_layout.h"

namespace rookery::db {

// The hash of a new file: two records to a chain, so that what tdb copies of it at the begin of
// each transaction stays small.
uint32_t hash_size_for(uint64_t expected_count);

// Every key in order, with its place verified: pages, levels, order, bounds.
using EachKey = std::function<Status(std::string_view key, bool has_value)>;
Status walk_tree(TdbFile& file, const Header& header, const EachKey& each, uint64_t& pages_seen);

// All keys and values of one file into another that has nothing yet.
Status copy_store(TdbFile& from, TdbFile& to);
// Code::corrupt tells what is wrong first. each may be null.
Status check_store(TdbFile& file, const OrderedStore::CheckCallback& each);

}  // namespace rookery::db

#endif
