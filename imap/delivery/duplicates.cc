#include "imap/delivery/duplicates.h"

#include <openssl/sha.h>
#include <stdio.h>

#include <vector>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/db/tdb_store.h"

namespace rookery::delivery {
namespace {

constexpr char kSpace = 'D';
constexpr uint64_t kExpectedRecords = 10'000;

// A Message-ID has no length that could be relied upon: its hash has.
std::string key_of(const DeliveredMessage& m)
{
    constexpr std::string_view kNul("\0", 1);
    const std::string whole = cat(m.uniqueid, kNul, m.message_id, kNul, m.date);
    unsigned char digest[SHA256_DIGEST_LENGTH];
    ::SHA256(reinterpret_cast<const unsigned char*>(whole.data()), whole.size(), digest);
    std::string key(1, kSpace);
    key.append(reinterpret_cast<const char*>(digest), sizeof digest);
    return key;
}

Result<std::unique_ptr<db::OrderedStore>> open_store(const std::string& path)
{
    db::TdbOptions options;
    options.durable = false;
    options.expected_count = kExpectedRecords;
    TRY_ASSIGN(auto store, db::TdbStore::open(path, options));
    return std::unique_ptr<db::OrderedStore>(std::move(store));
}

}  // namespace

std::string Duplicates::path(const config::Config& config)
{
    if (!config.duplicate_db_path().empty()) return config.duplicate_db_path();
    return cat(config.configdirectory(), "/deliver.tdb");
}

Result<Duplicates> Duplicates::open(const std::string& path)
{
    auto store = open_store(path);
    if (store.is(Code::corrupt) || store.is(Code::syntax) || store.is(Code::unsupported)) {
        const std::string aside = cat(path, ".damaged-", wall_seconds());
        log::error("delivered messages are not known any more",
                   {{"reason", store.error()}, {"kept", aside}});
        if (::rename(path.c_str(), aside.c_str()) != 0) return errno_error(cat("rename ", path));
        store = open_store(path);
    }
    if (!store) return std::move(store).error();
    return Duplicates(*std::move(store));
}

bool Duplicates::was_delivered(const DeliveredMessage& message)
{
    auto found = store_->get(key_of(message));
    if (!found && !found.is(Code::not_found))
        log::warning("delivered messages cannot be read", {{"reason", found.error()}});
    return found.ok();
}

void Duplicates::mark(const DeliveredMessage& message, int64_t now)
{
    auto done = store_->put(key_of(message), cat(now));
    if (!done) log::warning("a delivered message is not noted", {{"reason", done.error()}});
}

Result<uint64_t> Duplicates::prune(int64_t before)
{
    std::string from(1, kSpace);
    uint64_t removed = 0;
    while (!from.empty()) {
        std::vector<std::string> old;
        std::string next;
        TRY(store_->scan(from, [&](std::string_view key, std::string_view value) {
            if (old.size() == db::kMaxBatch) {
                next = key;
                return db::Next::stop();
            }
            auto when = to_uint64(value, INT64_MAX);
            if (!when || static_cast<int64_t>(*when) <= before) old.emplace_back(key);
            return db::Next::go_on();
        }));
        TRY(store_->transact([&](db::Transaction& t) -> Status {
            for (const std::string& key : old)
                if (auto gone = t.erase(key); !gone && !gone.is(Code::not_found)) return gone;
            return success();
        }));
        removed += old.size();
        from = next;
    }
    return removed;
}

}  // namespace rookery::delivery
