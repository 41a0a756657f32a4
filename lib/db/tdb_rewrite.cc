#include "lib/db/tdb_rewrite.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/strings.h"
#include "lib/db/page.h"
#include "lib/db/tdb_transaction.h"
#include "lib/db/tree_builder.h"

namespace rookery::db {
namespace {

struct Walk {
    TdbFile& file;
    const EachKey& each;
    uint64_t pages = 0;

    // Keys k of the page must have low <= k, and k < high if there is one.
    Status page(uint32_t number, std::optional<uint8_t> level, std::string_view low,
                const std::string* high)
    {
        const auto page = std::make_unique<Page>();
        TRY(read_page(file, number, *page));
        ++pages;
        const auto bad = [&](std::string_view why) {
            return Error{Code::corrupt, cat("page ", number, ": ", why)};
        };
        if (level && page->level() != *level) return bad("level");
        if (page->level() >= kMaxHeight) return bad("level");
        if ((page->kind() == Page::Kind::leaf) != (page->level() == 0)) return bad("kind");
        if (page->kind() == Page::Kind::free) return bad("free, but in use");
        std::string before(low);
        for (size_t i = 0; i < page->size(); ++i) {
            std::string key = page->key(i);
            if (i > 0 ? key <= before : key < before) return bad("order");
            if (high && key >= *high) return bad("key beyond its page");
            if (page->kind() == Page::Kind::leaf) {
                TRY(each(key, page->has_value(i)));
            } else {
                TRY(this->page(page->child(i), below(*page), before, &key));
            }
            before = std::move(key);
        }
        if (page->kind() == Page::Kind::leaf) return success();
        return this->page(page->child(page->size()), below(*page), before, high);
    }
    static uint8_t below(const Page& page) { return static_cast<uint8_t>(page.level() - 1); }
};

}  // namespace

uint32_t hash_size_for(uint64_t expected_count)
{
    const uint64_t half = std::clamp<uint64_t>(expected_count / 2, 131, 20'000'000);
    return static_cast<uint32_t>(half | 1);
}

Status walk_tree(TdbFile& file, const Header& header, const EachKey& each, uint64_t& pages_seen)
{
    Walk walk{file, each};
    TRY(walk.page(header.root, std::nullopt, "", nullptr));
    pages_seen = walk.pages;
    return success();
}

Status copy_store(TdbFile& from, TdbFile& to)
{
    TRY_ASSIGN(const Header old, read_header(from));
    Header fresh;
    TreeBuilder builder(to, fresh);
    std::string value_key;
    const EachKey copy = [&](std::string_view key, bool has_value) -> Status {
        TRY(builder.add(std::string(key), has_value));
        ++fresh.count(key.front());
        if (!has_value) return success();
        make_value_key(key, value_key);
        Status stored = success();
        TRY_ASSIGN(const bool there, from.parse(value_key, [&](std::string_view record) {
            stored = to.store(value_key, record, true);
        }));
        if (!there) return Error{Code::corrupt, "a value is missing"};
        ++fresh.values;
        return stored;
    };
    uint64_t pages = 0;
    TRY(walk_tree(from, old, copy, pages));
    TRY(builder.finish());
    return to.store(kHeaderKey, fresh.encode(), true);
}

Status check_store(TdbFile& file, const OrderedStore::CheckCallback& each)
{
    TRY_ASSIGN(const Header header, read_header(file));
    Header counted;
    std::string value_key;
    const EachKey verify = [&](std::string_view key, bool has_value) -> Status {
        ++counted.count(key.front());
        if (!has_value) return each ? each(key, "") : success();
        ++counted.values;
        make_value_key(key, value_key);
        Status good = success();
        TRY_ASSIGN(const bool there, file.parse(value_key, [&](std::string_view record) {
            auto value = decode_value(key, record);
            if (!value)
                good = value.error();
            else if (each)
                good = each(key, *value);
        }));
        if (!there) return Error{Code::corrupt, "a value is missing"};
        return good;
    };
    uint64_t pages = 0;
    TRY(walk_tree(file, header, verify, pages));
    Page page;
    for (uint32_t free = header.free_page; free != 0; free = page.link()) {
        TRY(read_page(file, free, page));
        if (page.kind() != Page::Kind::free || ++pages >= header.next_page)
            return Error{Code::corrupt, cat("page ", free, ": list of free pages")};
    }
    if (pages != header.next_page - 1u) return Error{Code::corrupt, "pages are lost"};
    if (counted.counts != header.counts || counted.values != header.values)
        return Error{Code::corrupt, "the counts in the header are wrong"};
    return file.check(header.records());
}

}  // namespace rookery::db
