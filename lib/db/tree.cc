#include "lib/db/tree.h"

#include "lib/base/strings.h"

namespace rookery::db {
namespace {

// Where to cut a page that is full, so that both halves hold about the same number of bytes. A key
// that lies outside the common prefix is always at one end and goes alone: with it the other keys
// would lose their prefix and might not fit.
size_t cut(const std::vector<Page::Cell>& cells, size_t added, std::string_view prefix)
{
    const size_t last = cells.size() - 1;
    if (added == last) return last;
    if (added == 0 && !cells[0].key.starts_with(prefix)) return 1;
    size_t total = 0;
    for (const auto& cell : cells) total += cell.key.size() - prefix.size() + 8;
    size_t sum = 0;
    for (size_t i = 0; i < last; ++i) {
        sum += cells[i].key.size() - prefix.size() + 8;
        if (2 * sum >= total) return i + 1;
    }
    return last;
}

Error not_a_tree(const Page& page)
{
    return {Code::corrupt, cat("page ", page.number(), " does not belong where it is")};
}

}  // namespace

Result<Page*> Tree::descend(std::string_view key)
{
    path_.clear();
    TRY_ASSIGN(Page * page, pages_.load(root_));
    while (page->kind() == Page::Kind::inner) {
        const size_t at = page->child_index(key);
        path_.push_back({page, at});
        TRY_ASSIGN(Page * next, pages_.load(page->child(at)));
        if (next->level() + 1 != page->level()) return not_a_tree(*next);
        page = next;
    }
    if (page->kind() != Page::Kind::leaf) return not_a_tree(*page);
    return page;
}

Result<Tree::Before> Tree::find(std::string_view key)
{
    TRY_ASSIGN(const Page* leaf, descend(key));
    const auto place = leaf->find(key);
    if (!place.equal) return Before{};
    return Before{true, leaf->has_value(place.index)};
}

Result<Tree::Before> Tree::insert(std::string_view key, bool has_value)
{
    TRY_ASSIGN(Page * leaf, descend(key));
    const auto place = leaf->find(key);
    if (place.equal) {
        const bool had_value = leaf->has_value(place.index);
        if (had_value != has_value) {
            leaf->set_has_value(place.index, has_value);
            pages_.changed(leaf->number());
        }
        return Before{true, had_value};
    }
    if (leaf->insert(place.index, key, 0, has_value))
        pages_.changed(leaf->number());
    else
        TRY(split(leaf, place.index, Page::Cell{std::string(key), 0, has_value}));
    return Before{};
}

// Cuts a full page in two with one more cell at `at`. Of an inner page the cell at the cut moves
// up.
Status Tree::split(Page* page, size_t at, Page::Cell cell)
{
    const bool inner = page->kind() == Page::Kind::inner;
    std::vector<Page::Cell> cells = page->cells();
    cells.insert(cells.begin() + static_cast<std::ptrdiff_t>(at), std::move(cell));
    const size_t where = cut(cells, at, page->prefix());
    TRY_ASSIGN(Page * right, pages_.allocate(page->kind(), page->level()));
    const std::span<const Page::Cell> all(cells);
    std::string separator;
    bool fits = false;
    if (inner) {
        // The cut is at least 1, but a lone first cell must itself move up.
        const size_t up = at == 0 && where == 1 ? 0 : where;
        separator = cells[up].key;
        right->set_link(cells[up].child);
        fits = right->rebuild(all.subspan(up + 1)) && page->rebuild(all.first(up));
    } else {
        separator = separator_between(cells[where - 1].key, cells[where].key);
        fits = right->rebuild(all.subspan(where)) && page->rebuild(all.first(where));
    }
    if (!fits) panic("a page was cut and does not fit");
    pages_.changed(page->number());
    return add_to_parent(page, std::move(separator), right->number());
}

Status Tree::add_to_parent(Page* left, std::string separator, uint32_t right)
{
    if (path_.empty()) {
        if (left->level() + 1u >= kMaxHeight) return Error{Code::limit, "the tree is too high"};
        TRY_ASSIGN(Page * root,
                   pages_.allocate(Page::Kind::inner, static_cast<uint8_t>(left->level() + 1)));
        root->set_link(left->number());
        if (!root->insert(0, separator, right, false)) panic("a key does not fit an empty page");
        root_ = root->number();
        return success();
    }
    const Step parent = path_.back();
    path_.pop_back();
    if (parent.page->insert(parent.child, separator, right, false)) {
        pages_.changed(parent.page->number());
        return success();
    }
    return split(parent.page, parent.child, Page::Cell{std::move(separator), right, false});
}

Result<Tree::Before> Tree::erase(std::string_view key)
{
    TRY_ASSIGN(Page * leaf, descend(key));
    const auto place = leaf->find(key);
    if (!place.equal) return Before{};
    const Before before{true, leaf->has_value(place.index)};
    leaf->remove(place.index);
    pages_.changed(leaf->number());
    TRY(rebalance(leaf));
    TRY(shrink_root());
    return before;
}

// After something was taken from page: path_ holds its ancestors.
Status Tree::rebalance(Page* page)
{
    while (!path_.empty()) {
        const bool empty_leaf = page->kind() == Page::Kind::leaf && page->size() == 0;
        if (empty_leaf) return remove_page(page);
        if (page->used() >= Page::kSize / 4) return success();
        const Step parent = path_.back();
        path_.pop_back();
        if (parent.page->size() == 0) return success();
        const bool has_right = parent.child < parent.page->size();
        TRY_ASSIGN(const bool merged, merge(parent, has_right ? parent.child : parent.child - 1));
        if (!merged) return success();
        page = parent.page;
    }
    return success();
}

// Takes an empty page out of its parent, and the parent too if that was its only child.
Status Tree::remove_page(Page* page)
{
    while (!path_.empty()) {
        const Step parent = path_.back();
        path_.pop_back();
        TRY(pages_.release(page->number()));
        if (parent.page->size() > 0) {
            if (parent.child == 0) parent.page->set_link(parent.page->child(1));
            parent.page->remove(parent.child == 0 ? 0 : parent.child - 1);
            pages_.changed(parent.page->number());
            return rebalance(parent.page);
        }
        page = parent.page;
    }
    const uint32_t number = page->number();  // nothing is left: the root is an empty leaf
    page->init(number, Page::Kind::leaf, 0);
    pages_.changed(number);
    return success();
}

// Puts the children left and left + 1 of a parent into one, if that leaves some room.
Result<bool> Tree::merge(Step parent, size_t left)
{
    TRY_ASSIGN(Page * a, pages_.load(parent.page->child(left)));
    TRY_ASSIGN(Page * b, pages_.load(parent.page->child(left + 1)));
    if (a->used() + b->used() > Page::kSize * 3 / 4) return false;
    std::vector<Page::Cell> cells = a->cells();
    if (a->kind() == Page::Kind::inner) cells.push_back({parent.page->key(left), b->link(), false});
    for (auto& cell : b->cells()) cells.push_back(std::move(cell));
    if (!a->rebuild(cells)) return false;  // their prefixes differ
    pages_.changed(a->number());
    parent.page->remove(left);
    pages_.changed(parent.page->number());
    TRY(pages_.release(b->number()));
    return true;
}

Status Tree::shrink_root()
{
    for (;;) {
        TRY_ASSIGN(const Page* root, pages_.load(root_));
        if (root->kind() != Page::Kind::inner || root->size() > 0) return success();
        const uint32_t old = root_;
        root_ = root->child(0);
        TRY(pages_.release(old));
    }
}

}  // namespace rookery::db
