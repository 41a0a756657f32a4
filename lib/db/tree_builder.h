// TreeBuilder: the B+tree of a new file, filled from left to right, all levels at once.
//
// Pages are left a tenth empty, so that the first change to one does not split it. Writes pages
// only; counts and values in the header are the caller's. Codes: io, no_space.
#ifndef ROOKERY_LIB_DB_TREE_BUILDER_H
#define ROOKERY_LIB_DB_TREE_BUILDER_H

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/db/page.h"
#include "lib/db/tdb_file.h"
#include "lib/db/tdb_layout.h"

namespace rookery::db {

class TreeBuilder {
 public:
    TreeBuilder(TdbFile& file, Header& header) : file_(file), header_(header) {}

    // Keys come in ascending order.
    Status add(std::string_view key, bool has_value);
    // What is still in memory, and the root in the header.
    Status finish();

 private:
    void start(size_t level);
    Status store(Page& page);
    Status next_page(size_t level, const std::string& separator);

    TdbFile& file_;
    Header& header_;
    std::vector<std::unique_ptr<Page>> levels_;  // the last page of each, not stored yet
    std::string last_;
};

}  // namespace rookery::db

#endif
