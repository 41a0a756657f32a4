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
#include "lib/db/tdb_load.h"
#include "lib/db/tdb_store.h"
#include "lib/db/tdb_transaction.h"
#include "lib/db/tree.h"
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
    if (!done) {
        unlink(fresh.c_str());
        return done;
    }
    return put_in_place(fresh, inode);
}

Status TdbStore::put_in_place(const std::string& fresh, uint64_t inode)
{
    if (rename(fresh.c_str(), path_.c_str()) != 0) {
        const Error failed = errno_error(cat("rename ", fresh));
        unlink(fresh.c_str());
        return failed;
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

Status TdbStore::take_place(const std::string& fresh, uint64_t inode, uint64_t began_at)
{
    Status done = begin();
    if (done) {
        if (present_sequence() != began_at)
            done = Error{Code::busy, cat(path_, " was written to while it was loaded")};
        if (done)
            done = put_in_place(fresh, inode);
        else
            unlink(fresh.c_str());
        file_->cancel();
    } else {
        unlink(fresh.c_str());
    }
    TRY(done);
    return reopen();
}

Result<std::unique_ptr<BulkLoad>> TdbStore::bulk_load()
{
    TRY_ASSIGN(const uint64_t began_at, sequence());
    return std::unique_ptr<BulkLoad>(std::make_unique<TdbLoad>(*this, began_at));
}

Status TdbStore::check(const CheckCallback& each)
{
    TRY(begin());
    const Status good = check_store(*file_, each);
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
