// Tree: changes to the B+tree of keys.
//
// Works on pages that someone else loads and stores (Pages). Knows nothing of tdb. Pages are split
// when full and merged when three quarters empty; freed pages go back to Pages. A key in ascending
// order is put on a page of its own when the last page is full, so that a sorted load fills pages.
// Codes: those of Pages; corrupt when the pages do not form a tree. Used by one writer at a time.
#ifndef ROOKERY_LIB_DB_TREE_H
#define ROOKERY_LIB_DB_TREE_H

#include <cstdint>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/db/page.h"

namespace rookery::db {

inline constexpr size_t kMaxHeight = 16;

// Where the pages of a tree are during one transaction. Pointers stay valid until its end.
class Pages {
 public:
    virtual ~Pages() = default;
    virtual Result<Page*> load(uint32_t number) = 0;
    virtual void changed(uint32_t number) = 0;
    // A new page of this kind, already marked as changed.
    virtual Result<Page*> allocate(Page::Kind kind, uint8_t level) = 0;
    virtual Status release(uint32_t number) = 0;
};

class Tree {
 public:
    Tree(Pages& pages, uint32_t root) : pages_(pages), root_(root) {}
    uint32_t root() const { return root_; }

    struct Before {
        bool existed = false;
        bool had_value = false;
    };
    Result<Before> find(std::string_view key);
    Result<Before> insert(std::string_view key, bool has_value);
    Result<Before> erase(std::string_view key);

 private:
    struct Step {
        Page* page;
        size_t child;  // which one was taken
    };
    // Fills path_ with the inner pages on the way; returns the leaf.
    Result<Page*> descend(std::string_view key);
    Status split(Page* page, size_t at, Page::Cell cell);
    Status add_to_parent(Page* left, std::string separator, uint32_t right);
    Status remove_page(Page* page);
    Status rebalance(Page* page);
    Result<bool> merge(Step parent, size_t left);
    Status shrink_root();

    Pages& pages_;
    uint32_t root_;
    std::vector<Step> path_;
};

}  // namespace rookery::db

#endif
