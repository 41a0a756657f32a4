// Articles: what this server knows of articles of news by their Message-ID: which it has taken or
// refused for good, and where the ones that are in its groups lie (doc/formats/deliver.md).
//
// Of two who offer one article at once, one holds it; a process that ends holds nothing any more.
// The file is not durable: what is lost is offered, looked at and refused again, or not found by
// its id. A place may be out of date: who reads there looks at the Message-ID. Failures are logged.
// At most kMaxPlaces of an article are kept. One thread; open after fork, once in a process.
#ifndef ROOKERY_IMAP_DELIVERY_ARTICLES_H
#define ROOKERY_IMAP_DELIVERY_ARTICLES_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/byte_locks.h"
#include "lib/base/clock.h"
#include "lib/base/result.h"
#include "lib/db/expiring_set.h"

namespace rookery::delivery {

class Articles {
 public:
    static constexpr char kTaken = 'N';
    static constexpr char kPlaces = 'A';
    static constexpr int64_t kKept = int64_t{366} * 86400;
    static constexpr unsigned kMaxPlaces = 100;

    struct Place {
        std::string mailbox;  // internal name
        uint32_t uid = 0;
        bool operator==(const Place&) const = default;
    };
    using Held = ByteLocks::Held;

    // set: any of the file that they lie in. locks: a file beside it, made if there is none.
    static Result<Articles> open(const db::ExpiringSet& set, const std::string& locks);

    // None: another process has it, and did not let go of it in that time.
    std::optional<Held> hold(const std::string& id, Milliseconds wait = Milliseconds(0));
    bool is_taken(std::string_view id);
    void take(std::string_view id, int64_t now = wall_seconds());
    void place(std::string_view id, const Place& place, int64_t now = wall_seconds());
    std::vector<Place> places(std::string_view id);

 private:
    Articles(db::ExpiringSet taken, db::ExpiringSet places, ByteLocks locks)
        : taken_(std::move(taken)), places_(std::move(places)), locks_(std::move(locks))
    {
    }
    db::ExpiringSet taken_;
    db::ExpiringSet places_;
    ByteLocks locks_;
};

}  // namespace rookery::delivery

#endif
