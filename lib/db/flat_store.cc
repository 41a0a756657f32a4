#include "lib/db/flat_store.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <optional>

#include "lib/base/fd.h"
#include "lib/base/strings.h"

namespace rookery::db {
namespace {

constexpr std::string_view kHeaderStart = "#flat ";
constexpr std::string_view kHeader = "#flat 1\n";

void escape_to(std::string& out, std::string_view bytes)
{
    for (const char c : bytes) {
        switch (c) {
            case '\\': out += "\\\\"; break;
            case '\t': out += "\\t"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\0': out += "\\0"; break;
            default: out += c;
        }
    }
}

std::string unescape(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            out += text[i];
            continue;
        }
        const char c = text[++i];
        out += c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c == '0' ? '\0' : c;
    }
    return out;
}

struct Line {
    std::string key;
    std::string_view value;  // escaped
};

}  // namespace

class FlatStore::Map {
 public:
    static Result<std::shared_ptr<const Map>> open(const std::string& path, FlatOptions options)
    {
        auto map = std::shared_ptr<Map>(new Map(options));
        TRY_ASSIGN(const Fd fd, open_file(path, O_RDONLY));
        if (fstat(fd.get(), &map->stat_) != 0) return errno_error(cat("stat ", path));
        const auto size = static_cast<size_t>(map->stat_.st_size);
        if (size > 0) {
            void* at = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd.get(), 0);
            if (at == MAP_FAILED) return errno_error(cat("mmap ", path));
            map->file_ = {static_cast<const char*>(at), size};
        }
        map->text_ = map->file_;
        TRY(map->skip_header(path));
        return std::shared_ptr<const Map>(std::move(map));
    }
    ~Map()
    {
        if (!file_.empty()) munmap(const_cast<char*>(file_.data()), file_.size());
    }
    Map(const Map&) = delete;
    Map& operator=(const Map&) = delete;

    bool is_of(const struct stat& st) const
    {
        return st.st_ino == stat_.st_ino && st.st_dev == stat_.st_dev &&
               st.st_size == stat_.st_size && st.st_mtim.tv_sec == stat_.st_mtim.tv_sec &&
               st.st_mtim.tv_nsec == stat_.st_mtim.tv_nsec;
    }
    uint64_t sequence() const
    {
        const auto time = static_cast<uint64_t>(stat_.st_mtim.tv_sec) * 1'000'000'000 +
                          static_cast<uint64_t>(stat_.st_mtim.tv_nsec);
        return time ^ static_cast<uint64_t>(stat_.st_ino) << 32 ^
               static_cast<uint64_t>(stat_.st_size);
    }

    size_t end() const { return text_.size(); }
    // The line at an offset, and where the next one begins.
    Line line(size_t at, size_t& next) const
    {
        size_t stop = text_.find('\n', at);
        if (stop == std::string_view::npos) stop = text_.size();
        next = std::min(stop + 1, text_.size());
        std::string_view all = text_.substr(at, stop - at);
        if (all.ends_with('\r')) all.remove_suffix(1);  // after an editor that adds them
        const size_t tab = all.find('\t');
        std::string key = unescape(all.substr(0, tab));
        if (options_.text_to_key) key = options_.text_to_key(key);
        return {std::move(key), tab == std::string_view::npos ? "" : all.substr(tab + 1)};
    }
    // Where the first line with a key >= this begins.
    size_t lower_bound(std::string_view key) const
    {
        size_t low = 0;
        size_t high = text_.size();
        while (low < high) {
            const size_t middle = low + (high - low) / 2;
            const size_t newline =
                middle == 0 ? std::string_view::npos : text_.rfind('\n', middle - 1);
            const size_t start =
                newline == std::string_view::npos || newline < low ? low : newline + 1;
            size_t next = 0;
            if (line(start, next).key < key)
                low = next;
            else
                high = start;
        }
        return low;
    }

 private:
    explicit Map(FlatOptions options) : options_(options) {}
    Status skip_header(const std::string& path)
    {
        if (!text_.starts_with(kHeaderStart)) return success();
        const size_t stop = std::min(text_.find('\n'), text_.size() - 1);
        const auto version = text_.substr(kHeaderStart.size(), stop - kHeaderStart.size());
        if (trim(version) != "1")
            return Error{Code::unsupported, cat(path, ": format ", trim(version), " is not known")};
        text_.remove_prefix(stop + 1);
        return success();
    }

    FlatOptions options_;
    struct stat stat_ {};
    std::string_view file_;
    std::string_view text_;  // without the header
};

// Everything in memory, changed there, written as a whole.
class FlatStore::Work final : public Transaction {
 public:
    Work(const Map& map, bool full) : full_(full)
    {
        for (size_t at = 0; at < map.end();) {
            Line line = map.line(at, at);
            if (!line.key.empty()) all_.insert_or_assign(std::move(line.key), unescape(line.value));
        }
    }

    Result<std::string> get(std::string_view key) override
    {
        const auto found = all_.find(key);
        if (found != all_.end()) return found->second;
        return Error{Code::not_found, "no such key"};
    }
    Status put(std::string_view key, std::string_view value) override
    {
        TRY(check_key(key));
        TRY(check_value(value));
        const auto found = all_.find(key);
        if (found == all_.end() && full_)
            return Error{Code::limit, "the file has reached its largest size; use tdb instead"};
        changed_ = true;
        if (found == all_.end())
            all_.emplace(key, value);
        else
            found->second = value;
        return success();
    }
    Status erase(std::string_view key) override
    {
        TRY(check_key(key));
        const auto found = all_.find(key);
        if (found == all_.end()) return Error{Code::not_found, "no such key"};
        changed_ = true;
        all_.erase(found);
        return success();
    }

    bool changed() const { return changed_; }
    std::string text(const FlatOptions& options) const
    {
        std::string out;
        if (options.with_header) out = kHeader;
        for (const auto& [key, value] : all_) {
            escape_to(out, options.key_to_text ? options.key_to_text(key) : key);
            out += '\t';
            escape_to(out, value);
            out += '\n';
        }
        return out;
    }

 private:
    std::map<std::string, std::string, std::less<>> all_;
    bool full_;
    bool changed_ = false;
};

FlatStore::FlatStore(std::string path, FlatOptions options)
    : path_(std::move(path)), options_(options)
{
}

FlatStore::~FlatStore() = default;

Result<std::unique_ptr<FlatStore>> FlatStore::open(const std::string& path, FlatOptions options)
{
    std::unique_ptr<FlatStore> store(new FlatStore(path, options));
    struct stat st {};
    if (stat(path.c_str(), &st) != 0 && errno == ENOENT)
        TRY(store->transact([](Transaction&) { return success(); }));
    TRY(store->current());
    return store;
}

Result<std::shared_ptr<const FlatStore::Map>> FlatStore::current()
{
    struct stat st {};
    // Not not_found: that is what a key is that is not there.
    if (stat(path_.c_str(), &st) != 0)
        return Error{Code::io, errno_error(cat("stat ", path_)).text};
    if (!map_ || !map_->is_of(st)) {
        TRY_ASSIGN(map_, Map::open(path_, options_));
    }
    return map_;
}

Result<std::string> FlatStore::get(std::string_view key)
{
    TRY_ASSIGN(const auto map, current());
    const size_t at = map->lower_bound(key);
    size_t next = 0;
    if (at < map->end()) {
        const Line line = map->line(at, next);
        if (line.key == key) return unescape(line.value);
    }
    return Error{Code::not_found, "no such key"};
}

Status FlatStore::scan(std::string_view from, const ScanCallback& each)
{
    TRY_ASSIGN(auto map, current());
    size_t at = map->lower_bound(from);
    while (at < map->end()) {
        const Line line = map->line(at, at);
        if (line.key.empty()) continue;
        const Next next = each(line.key, unescape(line.value));
        if (next.what == Next::What::stop) return success();
        // Once more in the file as it is now, if there is another.
        TRY_ASSIGN(auto now, current());
        const bool seek = next.what == Next::What::seek && next.key > line.key;
        if (now != map || seek) at = now->lower_bound(seek ? next.key : line.key + '\0');
        map = std::move(now);
    }
    return success();
}

Status FlatStore::scan_keys(std::string_view from, const ScanCallback& each)
{
    return scan(from, [&](std::string_view key, std::string_view) { return each(key, ""); });
}

Result<uint64_t> FlatStore::count(char space)
{
    TRY_ASSIGN(const auto map, current());
    uint64_t n = 0;
    for (size_t at = map->lower_bound(std::string(1, space)); at < map->end();) {
        const Line line = map->line(at, at);
        if (line.key.empty()) continue;
        if (line.key.front() != space) break;
        ++n;
    }
    return n;
}

Result<uint64_t> FlatStore::sequence()
{
    TRY_ASSIGN(const auto map, current());
    return map->sequence();
}

Status FlatStore::transact(const std::function<Status(Transaction&)>& work)
{
    return change(work, false);
}

Status FlatStore::change(const std::function<Status(Transaction&)>& work, bool write_always)
{
    TRY_ASSIGN(const Fd lock, open_file(path_ + ".lock", O_RDWR | O_CREAT));
    struct flock whole {};
    whole.l_type = F_WRLCK;
    while (fcntl(lock.get(), F_SETLKW, &whole) != 0)
        if (errno != EINTR) return errno_error(cat("lock ", path_));
    struct stat st {};
    if (stat(path_.c_str(), &st) != 0) {
        if (errno != ENOENT) return errno_error(cat("stat ", path_));
        TRY(replace_file(path_, options_.with_header ? kHeader : ""));
    }
    TRY_ASSIGN(const auto map, current());
    Work transaction(*map, static_cast<uint64_t>(st.st_size) > options_.max_file_bytes);
    TRY(work(transaction));
    if (!write_always && !transaction.changed()) return success();
    return replace_file(path_, transaction.text(options_));
}

Status FlatStore::sort_file()
{
    const auto nothing = [](Transaction&) { return success(); };
    const Status good = check();
    return good.is(Code::syntax) ? change(nothing, true) : good;
}

// A map is one state of the file.
Status FlatStore::check(const CheckCallback& each)
{
    TRY_ASSIGN(const auto map, current());
    std::string last;
    size_t number = options_.with_header ? 1 : 0;
    for (size_t at = 0; at < map->end();) {
        Line line = map->line(at, at);
        ++number;
        if (line.key.empty() || line.key.size() > kMaxKey || line.key <= last)
            return Error{Code::syntax, cat(path_, " line ", number, ": not in order")};
        if (each) TRY(each(line.key, unescape(line.value)));
        last = std::move(line.key);
    }
    return success();
}

Status FlatStore::copy_to(const std::string& path)
{
    TRY_ASSIGN(const std::string text, read_file(path_, SIZE_MAX / 2));
    return replace_file(path, text);
}

}  // namespace rookery::db
