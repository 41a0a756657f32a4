// Articles: what this server knows of articles of news by their Message-ID: which it has taken or
// refused for good, and where the ones that are in its groups lie (doc/formats/deliver.md).
//
// Of two who offer one article at once, one holds it; a process that ends holds nothing any more.
// The file is not durable: what is lost is offered, looked at and refused again, or not found by
// its id. A place may be out of date: who reads there looks at the Message-ID. Failures are logged.
// At most kMaxPlaces of an article are kept. One thread; open after fork, once in a process.
#ifndef ROOKERY_IMAP_DELIVERY_ARTICLES_H
#define ROOKERY_IMAP_DELIVERY_ARTICLES_H

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
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
    // Until it goes nobody else holds the article.
    class Held {
     public:
        Held(Held&& other) noexcept : file_(std::exchange(other.file_, -1)), byte_(other.byte_) {}
        Held& operator=(Held&& other) noexcept
        {
            std::swap(file_, other.file_);
            std::swap(byte_, other.byte_);
            return *this;
        }
        Held(const Held&) = delete;
        Held& operator=(const Held&) = delete;
        ~Held();

     private:
        friend class Articles;
        Held(int file, off_t byte) : file_(file), byte_(byte) {}
        int file_;
        off_t byte_;
    };

    // set: any of the file that they lie in. locks: a file beside it, made if there is none.
    static Result<Articles> open(const db::ExpiringSet& set, const std::string& locks);

    // None: another process has it, and did not let go of it in that time.
    std::optional<Held> hold(std::string_view id, Milliseconds wait = Milliseconds(0));
    bool is_taken(std::string_view id);
    void take(std::string_view id, int64_t now = wall_seconds());
    void place(std::string_view id, const Place& place, int64_t now = wall_seconds());
    std::vector<Place> places(std::string_view id);

 private:
    Articles(db::ExpiringSet taken, db::ExpiringSet places, Fd locks)
        : taken_(std::move(taken)), places_(std::move(places)), locks_(std::move(locks))
    {
    }
    db::ExpiringSet taken_;
    db::ExpiringSet places_;
    Fd locks_;
};

}  // namespace rookery::delivery

#endif
