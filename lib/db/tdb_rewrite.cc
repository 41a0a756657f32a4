#include "lib/db/tdb_rewrite.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/strings.h"
#include "lib/db/page.h"
#include "lib/db/tdb_store.h"
#include "lib/db/tdb_transaction.h"
#include "lib/db/tree.h"

namespace rookery::db {
namespace {

// Room left on each page, so that the first change to it does not split it.
constexpr size_t kFilled = Page::kSize * 9 / 10;

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

// Fills pages from left to right, all levels at once.
class Builder {
 public:
    Builder(TdbFile& file, Header& header) : file_(file), header_(header) {}

    Status add(const std::string& key, bool has_value)
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

    Status finish()
    {
        if (levels_.empty()) start(0);
        for (const auto& page : levels_) TRY(store(*page));
        header_.root = levels_.back()->number();
        return success();
    }

 private:
    void start(size_t level)
    {
        auto page = std::make_unique<Page>();
        page->init(header_.next_page++, level == 0 ? Page::Kind::leaf : Page::Kind::inner,
                   static_cast<uint8_t>(level));
        if (level == levels_.size()) levels_.push_back(nullptr);
        levels_[level] = std::move(page);
    }
    Status store(Page& page) { return file_.store(page_key(page.number()), page.seal(), true); }

    // Begins a new page on a level; the separator and its number go into the level above.
    Status next_page(size_t level, const std::string& separator)
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

    TdbFile& file_;
    Header& header_;
    std::vector<std::unique_ptr<Page>> levels_;  // the last page of each, not stored yet
    std::string last_;
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
    Builder builder(to, fresh);
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

Status check_store(TdbFile& file)
{
    TRY_ASSIGN(const Header header, read_header(file));
    Header counted;
    std::string value_key;
    const EachKey verify = [&](std::string_view key, bool has_value) -> Status {
        ++counted.count(key.front());
        if (!has_value) return success();
        ++counted.values;
        make_value_key(key, value_key);
        Status good = success();
        TRY_ASSIGN(const bool there, file.parse(value_key, [&](std::string_view record) {
            if (auto value = decode_value(key, record); !value) good = value.error();
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

Status TdbStore::rewrite_locked()
{
    TRY_ASSIGN(const Header header, read_header(*file_));
    const std::string fresh = cat(path_, ".NEW-", static_cast<int64_t>(getpid()));
    Status done = success();
    uint64_t inode = 0;
    {
        TRY_ASSIGN(TdbFile to, TdbFile::make_private(fresh, hash_size_for(2 * header.records())));
        inode = to.inode();
        done = copy_store(*file_, to);
        if (done && options_.durable) done = to.sync();
    }
    if (done && rename(fresh.c_str(), path_.c_str()) != 0)
        done = errno_error(cat("rename ", fresh));
    if (!done) {
        unlink(fresh.c_str());
        return done;
    }
    gate_.set_inode(inode);
    return options_.durable ? sync_directory(directory_of(path_)) : success();
}

Status TdbStore::rewrite()
{
    TRY(begin());
    const Status done = rewrite_locked();
    file_->cancel();
    TRY(done);
    return reopen();
}

Status TdbStore::check()
{
    TRY(begin());
    const Status good = check_store(*file_);
    file_->cancel();
    if (!good) return Error{good.error().code, cat(path_, ": ", good.error().text)};
    return success();
}

Status TdbStore::copy_to(const std::string& path)
{
    const std::string fresh = cat(path, ".NEW-", static_cast<int64_t>(getpid()));
    TRY_ASSIGN(Fd to, open_file(fresh, O_WRONLY | O_CREAT | O_TRUNC));
    Status done = begin();
    if (done) {
        done = file_->copy_bytes(to.get());
        file_->cancel();
    }
    if (done) done = sync_fd(to.get());
    if (done && rename(fresh.c_str(), path.c_str()) != 0) done = errno_error(cat("rename ", fresh));
    if (done) return sync_directory(directory_of(path));
    unlink(fresh.c_str());
    return done;
}

}  // namespace rookery::db
