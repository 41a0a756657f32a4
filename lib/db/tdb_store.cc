#include "lib/db/tdb_store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/db/tdb_rewrite.h"
#include "lib/db/tdb_transaction.h"

namespace rookery::db {
namespace {

constexpr size_t kFirstBatch = 4;
constexpr size_t kLargestBatch = 128;
constexpr size_t kBatchBytes = 256 * 1024;
constexpr unsigned kCommitsBetweenLooks = 256;  // at tdb's free list

}  // namespace

// tdb's lock for reading, over everything, until the end of the block.
class TdbStore::Reading {
 public:
    explicit Reading(TdbFile& file) : file_(file), status_(file.lock_for_reading()) {}
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;
    ~Reading()
    {
        if (status_) file_.unlock_from_reading();
    }
    const Status& status() const { return status_; }

 private:
    TdbFile& file_;
    Status status_;
};

struct TdbStore::Fetched {
    struct Item {
        size_t at;
        size_t key_size;
        size_t value_size;
    };
    std::string bytes;
    std::vector<Item> items;
    std::string next;  // where to go on
    bool end = false;  // nothing comes after these

    std::string_view key(const Item& i) const
    {
        return std::string_view(bytes).substr(i.at, i.key_size);
    }
    std::string_view value(const Item& i) const
    {
        return std::string_view(bytes).substr(i.at + i.key_size, i.value_size);
    }
};

TdbStore::TdbStore(std::string path, TdbOptions options, Gate gate, TdbFile file)
    : path_(std::move(path)), options_(options), gate_(std::move(gate)), file_(std::move(file))
{
}

Result<std::unique_ptr<TdbStore>> TdbStore::open(const std::string& path, TdbOptions options)
{
    TRY_ASSIGN(Gate gate, Gate::open(path + ".gate"));
    auto file = TdbFile::open(path, options.durable);
    if (file.is(Code::not_found)) {
        TRY(make_file(path, options.expected_count));
        file = TdbFile::open(path, options.durable);
    }
    if (!file) return std::move(file).error();
    std::unique_ptr<TdbStore> store(new TdbStore(path, options, std::move(gate), *std::move(file)));
    store->looked_at_ = monotonic_now();
    auto header = read_header(*store->file_);
    if (!header) return Error{header.error().code, cat(path, ": ", header.error().text)};
    if (store->gate_.inode() == 0) store->gate_.set_inode(store->file_->inode());
    return store;
}

// Complete before it has its name. Another process may be doing the same: the first one wins.
Status TdbStore::make_file(const std::string& path, uint64_t expected_count)
{
    const std::string fresh = cat(path, ".NEW-", static_cast<int64_t>(getpid()));
    Status made = success();
    {
        TRY_ASSIGN(TdbFile file, TdbFile::make_private(fresh, hash_size_for(expected_count)));
        Header header;
        header.root = header.next_page++;
        Page root;
        root.init(header.root, Page::Kind::leaf, 0);
        made = file.store(page_key(header.root), root.seal(), true);
        if (made) made = file.store(kHeaderKey, header.encode(), true);
        if (made) made = file.sync();
    }
    if (made && link(fresh.c_str(), path.c_str()) != 0 && errno != EEXIST)
        made = errno_error(cat("link ", path));
    unlink(fresh.c_str());
    if (made) made = sync_directory(directory_of(path));
    return made;
}

Status TdbStore::reopen()
{
    cache_good_ = false;
    // The old file is closed only when the new one is open, so that a failure leaves this usable.
    auto fresh = TdbFile::open(path_, options_.durable);
    if (fresh.is(Code::not_found)) return Error{Code::io, fresh.error().text};
    if (!fresh) return std::move(fresh).error();
    file_.emplace(*std::move(fresh));
    return success();
}

// Notices that another process has replaced the file.
Status TdbStore::refresh()
{
    const uint64_t told = gate_.inode();
    bool other = told != 0 && told != file_->inode();
    const auto now = monotonic_now();
    if (!other && now - looked_at_ < Seconds(1)) return success();
    looked_at_ = now;
    struct stat st {};
    // Not not_found: that is what a key is that is not there.
    if (stat(path_.c_str(), &st) != 0)
        return Error{Code::io, errno_error(cat("stat ", path_)).text};
    other = static_cast<uint64_t>(st.st_ino) != file_->inode();
    return other ? reopen() : success();
}

// tdb's transaction lock, on the file that has the name now.
Status TdbStore::begin()
{
    for (int attempt = 0; attempt < 100; ++attempt) {
        TRY(file_->begin());
        struct stat st {};
        const bool there = stat(path_.c_str(), &st) == 0;
        if (there && static_cast<uint64_t>(st.st_ino) == file_->inode()) {
            if (gate_.inode() != file_->inode()) gate_.set_inode(file_->inode());
            return success();
        }
        file_->cancel();
        TRY(reopen());
    }
    return Error{Code::io, cat(path_, " is replaced all the time")};
}

Status TdbStore::transact(const std::function<Status(Transaction&)>& work)
{
    TRY(refresh());
    TRY(begin());
    auto header = read_header(*file_);
    if (!header) {
        file_->cancel();
        return header.error();
    }
    const bool full = file_->bytes() > options_.max_file_bytes;
    TdbTransaction transaction(*file_, *std::move(header), full);
    Status done = work(transaction);
    if (done && transaction.has_changes()) done = transaction.finish();
    if (!done || !transaction.has_changes()) {
        file_->cancel();
        return done;
    }
    gate_.raise();
    done = file_->commit();
    gate_.lower();
    TRY(done);
    return rewrite_if_needed(transaction.records());
}

Status TdbStore::rewrite_if_needed(uint64_t records)
{
    bool needed = records > 4ull * file_->hash_size();
    if (!needed && ++commits_ % kCommitsBetweenLooks == 0)
        needed = file_->free_list_length() > options_.max_free_list;
    if (!needed) return success();
    // What was asked for is committed: that the file could not be made better is no failure of it.
    if (auto done = rewrite(); !done)
        log::warning("store not rewritten", {{"file", path_}, {"error", done.error()}});
    return success();
}

Status TdbStore::load_cache()
{
    const uint32_t now = file_->sequence();
    if (cache_good_ && now == cache_sequence_) return success();
    cache_good_ = false;
    for (auto& page : cache_)
        if (page) page->init(0, Page::Kind::free, 0);
    TRY_ASSIGN(header_, read_header(*file_));
    cache_sequence_ = now;
    cache_good_ = true;
    return success();
}

Result<const Page*> TdbStore::cached_page(size_t level, uint32_t number)
{
    auto& page = cache_[level];
    if (page && page->number() == number) return page.get();
    if (!page) page = std::make_unique<Page>();
    if (auto read = read_page(*file_, number, *page); !read) {
        cache_good_ = false;
        return Error{read.error().code, cat(path_, ": ", read.error().text)};
    }
    return page.get();
}

Result<const Page*> TdbStore::leaf_for(std::string_view key, std::string& fence)
{
    fence.clear();
    uint32_t number = header_.root;
    for (size_t depth = 0; depth < kMaxHeight; ++depth) {
        TRY_ASSIGN(const Page* page, cached_page(depth, number));
        if (page->kind() == Page::Kind::leaf) return page;
        if (page->kind() != Page::Kind::inner) break;
        const size_t at = page->child_index(key);
        if (at < page->size()) {
            fence.clear();
            page->append_key(at, fence);
        }
        number = page->child(at);
    }
    cache_good_ = false;
    return Error{Code::corrupt, cat(path_, ": page ", number, " does not belong where it is")};
}

Status TdbStore::append_value(std::string_view key, std::string& out)
{
    make_value_key(key, scratch_);
    Status read = success();
    TRY_ASSIGN(const bool there, file_->parse(scratch_, [&](std::string_view record) {
        auto value = decode_value(std::string_view(scratch_).substr(1), record);
        if (value)
            out.append(*value);
        else
            read = value.error();
    }));
    if (!there) return Error{Code::corrupt, cat(path_, ": a value is missing")};
    return read;
}

Status TdbStore::fetch_batch(std::string_view from, size_t most, bool values, Fetched& out)
{
    out.bytes.clear();
    out.items.clear();
    out.end = false;
    out.next.assign(from);
    TRY(refresh());
    gate_.wait();
    const Reading reading(*file_);
    TRY(reading.status());
    TRY(load_cache());
    std::string fence;
    for (;;) {
        TRY_ASSIGN(const Page* leaf, leaf_for(out.next, fence));
        for (size_t i = leaf->find(out.next).index; i < leaf->size(); ++i) {
            if (out.items.size() >= most || out.bytes.size() >= kBatchBytes) {
                out.next = leaf->key(i);
                return success();
            }
            const size_t at = out.bytes.size();
            leaf->append_key(i, out.bytes);
            const size_t key_size = out.bytes.size() - at;
            if (values && leaf->has_value(i)) {
                const std::string_view key(&out.bytes[at], key_size);
                TRY(append_value(key, out.bytes));
            }
            out.items.push_back({at, key_size, out.bytes.size() - at - key_size});
        }
        out.end = fence.empty();
        if (out.end) return success();
        out.next = fence;
    }
}

Status TdbStore::run_scan(std::string_view from, bool values, const ScanCallback& each)
{
    Fetched batch;
    size_t most = kFirstBatch;
    std::string at(from);
    for (;;) {
        TRY(fetch_batch(at, most, values, batch));
        at = batch.next;
        most = std::min(most * 2, kLargestBatch);
        bool left = false;  // the callback went beyond this batch
        for (size_t i = 0; i < batch.items.size() && !left; ++i) {
            const std::string_view key = batch.key(batch.items[i]);
            Next next = each(key, batch.value(batch.items[i]));
            if (next.what == Next::What::stop) return success();
            if (next.what == Next::What::go_on || next.key <= key) continue;
            while (i + 1 < batch.items.size() && batch.key(batch.items[i + 1]) < next.key) ++i;
            left = i + 1 == batch.items.size();
            if (!left || next.key <= at) continue;
            at = std::move(next.key);
            most = kFirstBatch;
        }
        if (batch.end) return success();
    }
}

Status TdbStore::scan(std::string_view from, const ScanCallback& each)
{
    return run_scan(from, true, each);
}

Status TdbStore::scan_keys(std::string_view from, const ScanCallback& each)
{
    return run_scan(from, false, each);
}

Result<std::string> TdbStore::get(std::string_view key)
{
    // A key that is there without a value, or not at all, is looked up in the tree. A value that
    // came between the two looks is found by the second round.
    for (int round = 0; round < 100; ++round) {
        TRY(refresh());
        gate_.wait();
        Result<std::string> value = std::string();
        make_value_key(key, scratch_);
        TRY_ASSIGN(const bool there, file_->parse(scratch_, [&](std::string_view record) {
            auto found = decode_value(std::string_view(scratch_).substr(1), record);
            if (found)
                value = std::string(*found);
            else
                value = found.error();
        }));
        if (there) return value;
        const Reading reading(*file_);
        TRY(reading.status());
        TRY(load_cache());
        std::string fence;
        TRY_ASSIGN(const Page* leaf, leaf_for(key, fence));
        const auto place = leaf->find(key);
        if (!place.equal) return Error{Code::not_found, "no such key"};
        if (!leaf->has_value(place.index)) return value;
    }
    return Error{Code::corrupt, cat(path_, ": a value is missing")};
}

Result<uint64_t> TdbStore::count(char space)
{
    TRY(refresh());
    gate_.wait();
    const Reading reading(*file_);
    TRY(reading.status());
    TRY(load_cache());
    return header_.count(space);
}

Result<uint64_t> TdbStore::sequence()
{
    TRY(refresh());
    return present_sequence();
}

Result<TdbStore::Statistics> TdbStore::statistics()
{
    TRY(refresh());
    gate_.wait();
    const Reading reading(*file_);
    TRY(reading.status());
    TRY(load_cache());
    return Statistics{file_->bytes(), header_.values, header_.next_page - 1u, file_->hash_size(),
                      file_->free_list_length()};
}

Status TdbStore::sync()
{
    TRY(refresh());
    return file_->sync();
}

}  // namespace rookery::db
