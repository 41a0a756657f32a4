// cyr_dbtool and cvt_cyrusdb: looks into the ordered stores of this server, tdb and flat, and
// makes one kind of the other.
#include <unistd.h>

#include "imap/admin/tool.h"
#include "imap/admin/tools/tool_table.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/db/flat_store.h"
#include "lib/db/tdb_store.h"

namespace rookery::admin {
namespace {

constexpr std::string_view kKinds = "tdb and flat";

Result<std::unique_ptr<db::OrderedStore>> open_store(const std::string& path, std::string_view kind,
                                                     bool make)
{
    if (kind != "tdb" && kind != "flat")
        return Error{Code::unsupported, cat("there is no kind ", kind, ", there are ", kKinds)};
    if (!make && ::access(path.c_str(), F_OK) != 0) return errno_error(path);
    if (kind == "tdb") {
        TRY_ASSIGN(auto store, db::TdbStore::open(path, {}));
        return std::unique_ptr<db::OrderedStore>(std::move(store));
    }
    TRY_ASSIGN(auto store, db::FlatStore::open(path, {}));
    return std::unique_ptr<db::OrderedStore>(std::move(store));
}

constexpr Option kDbtoolOptions[] = {
    kConfigOption,
    {'n', "create", "", "make the file if it is not there"},
    {'M', "", "", ""},
    {'T', "use-transaction", "", ""},
};
constexpr Program kDbtoolProgram{
    .name = "cyr_dbtool",
    .purpose = "looks into a database of this server, and changes it",
    .options = kDbtoolOptions,
    .operands = "file kind show|get|set|delete|consistent|dump [key [value]]",
    .least = 3,
    .most = 5};

Status show(db::OrderedStore& store, const std::string& prefix)
{
    return store.scan(prefix, [&](std::string_view key, std::string_view value) {
        if (!key.starts_with(prefix)) return db::Next::stop();
        print(cat(key, '\t', value, '\n'));
        return db::Next::go_on();
    });
}

// One key, and its value.
Result<int> one(db::OrderedStore& store, std::string_view action, const std::string& key,
                const std::string& value)
{
    if (action == "get") {
        TRY_ASSIGN(const std::string found, store.get(key));
        print(found + '\n');
        return 0;
    }
    TRY(action == "set" ? store.put(key, value) : store.erase(key));
    return 0;
}

// The keys, or "key TAB value", come on standard input, a line for each.
Result<int> from_input(db::OrderedStore& store, std::string_view action)
{
    TRY_ASSIGN(const std::string input, read_input());
    for (const std::string_view line : split(input, '\n', false)) {
        const size_t tab = std::min(line.find('\t'), line.size());
        TRY(one(store, action, std::string(line.substr(0, tab)),
                std::string(line.substr(std::min(tab + 1, line.size())))));
    }
    return 0;
}

Result<int> dbtool(const CommandLine& line, const config::Config& /*config*/)
{
    const auto& words = line.operands();
    const std::string& action = words[2];
    const std::string key = words.size() > 3 ? words[3] : "";
    TRY_ASSIGN(auto store, open_store(words[0], words[1], line.has("n")));
    if (action == "show" || action == "dump") {
        TRY(show(*store, key));
        return 0;
    }
    if (action == "consistent") {
        Status good = store->check();
        print(good ? "Yes, consistent\n" : "No, not consistent\n");
        if (!good) complain(cat("cyr_dbtool: ", good.error().text, '\n'));
        return good ? 0 : 1;
    }
    if (action != "get" && action != "set" && action != "delete")
        line.refuse(cat("there is nothing called ", action));
    if (words.size() == 3) return from_input(*store, action);
    if ((action == "set") != (words.size() == 5)) line.refuse("set takes a key and a value");
    auto done = one(*store, action, key, words.size() > 4 ? words[4] : "");
    if (done && action != "get")
        log::notice("database changed", {{"file", words[0]}, {"key", key}});
    return done;
}

constexpr Option kConvertOptions[] = {kConfigOption};
constexpr Program kConvertProgram{.name = "cvt_cyrusdb",
                                  .purpose = "makes a database of one kind from one of another",
                                  .options = kConvertOptions,
                                  .operands = "old-file old-kind new-file new-kind",
                                  .least = 4,
                                  .most = 4};

class Converter {
 public:
    explicit Converter(db::OrderedStore& to) : to_(to) {}
    Status run(db::OrderedStore& from)
    {
        Status done = success();
        TRY(from.scan("", [&](std::string_view key, std::string_view value) {
            batch_.emplace_back(key, value);
            if (batch_.size() == db::kMaxBatch) done = write();
            return done ? db::Next::go_on() : db::Next::stop();
        }));
        TRY(std::move(done));
        return write();
    }
    uint64_t count() const { return count_; }

 private:
    Status write()
    {
        const auto put_all = [&](db::Transaction& transaction) -> Status {
            for (const auto& [key, value] : batch_) TRY(transaction.put(key, value));
            return success();
        };
        TRY(to_.transact(put_all));
        count_ += batch_.size();
        batch_.clear();
        return success();
    }

    db::OrderedStore& to_;
    std::vector<std::pair<std::string, std::string>> batch_;
    uint64_t count_ = 0;
};

Result<int> convert(const CommandLine& line, const config::Config& /*config*/)
{
    const auto& words = line.operands();
    if (::access(words[2].c_str(), F_OK) == 0)
        return Error{Code::exists, cat(words[2], " is there already")};
    TRY_ASSIGN(auto from, open_store(words[0], words[1], false));
    TRY_ASSIGN(auto to, open_store(words[2], words[3], true));
    print(cat("Converting from ", words[0], " (", words[1], ") to ", words[2], " (", words[3],
              ")\n"));
    Converter converter(*to);
    TRY(converter.run(*from));
    TRY(to->sync());
    print(cat(converter.count(), " records\n"));
    return 0;
}

}  // namespace

const Tool kCyrDbtool{kDbtoolProgram, dbtool};
const Tool kCvtCyrusdb{kConvertProgram, convert};

}  // namespace rookery::admin
