#include "lib/db/tree_builder.h"

namespace rookery::db {
namespace {

constexpr size_t kFilled = Page::kSize * 9 / 10;

}  // namespace

Status TreeBuilder::add(std::string_view key, bool has_value)
{
    if (levels_.empty()) start(0);
    Page& leaf = *levels_[0];
    if (leaf.used() < kFilled && leaf.insert(leaf.size(), key, 0, has_value)) {
        last_ = key;
        return success();
    }
    const std::string separator = separator_between(last_, key);
    last_ = key;
    TRY(next_page(0, separator));
    if (!levels_[0]->insert(0, key, 0, has_value)) panic("a key does not fit an empty page");
    return success();
}

Status TreeBuilder::finish()
{
    if (levels_.empty()) start(0);
    for (const auto& page : levels_) TRY(store(*page));
    header_.root = levels_.back()->number();
    return success();
}

void TreeBuilder::start(size_t level)
{
    auto page = std::make_unique<Page>();
    page->init(header_.next_page++, level == 0 ? Page::Kind::leaf : Page::Kind::inner,
               static_cast<uint8_t>(level));
    if (level == levels_.size()) levels_.push_back(nullptr);
    levels_[level] = std::move(page);
}

Status TreeBuilder::store(Page& page)
{
    return file_.store(page_key(page.number()), page.seal(), true);
}

// Begins a new page on a level; the separator and its number go into the level above.
Status TreeBuilder::next_page(size_t level, const std::string& separator)
{
    const uint32_t old = levels_[level]->number();
    TRY(store(*levels_[level]));
    start(level);
    const uint32_t fresh = levels_[level]->number();
    if (level + 1 == levels_.size()) {
        start(level + 1);
        levels_[level + 1]->set_link(old);
    }
    Page& parent = *levels_[level + 1];
    if (parent.used() < kFilled && parent.insert(parent.size(), separator, fresh, false))
        return success();
    TRY(next_page(level + 1, separator));
    levels_[level + 1]->set_link(fresh);
    return success();
}

}  // namespace rookery::db
