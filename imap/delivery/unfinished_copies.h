// UnfinishedCopies: what deliveries that have not ended have stored, so that the retry of the MTA
// stores the rest and nothing twice (doc/formats/deliver.md).
//
// A copy is begun before it is stored, and forgotten when the client was told that the delivery is
// done. Of a copy that was begun by a process that ended in between, or of which it is not known
// what became of it (left), its mailbox says whether it is there: by the `id` of its Received line.
// What another process that lives has begun is no earlier try: the same bytes may be two mails.
// Records end after kKept, as the queues of MTAs do. What cannot be read or written is logged,
// once, and costs what it is for: no mail waits for it. One thread.
#ifndef ROOKERY_IMAP_DELIVERY_UNFINISHED_COPIES_H
#define ROOKERY_IMAP_DELIVERY_UNFINISHED_COPIES_H

#include <optional>
#include <span>
#include <string>
#include <utility>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/db/expiring_set.h"

namespace rookery::delivery {

class UnfinishedCopies {
 public:
    static constexpr char kSpace = 'C';
    static constexpr int64_t kKept = int64_t{7} * 86400;

    struct Begun {
        std::string id;       // of the message as it was then
        int64_t since = 0;    // seconds
        bool stored = false;  // it is known to be there
    };

    // workers: a file beside the set, made if there is none, in which each process that has it open
    // holds a lock.
    static Result<UnfinishedCopies> open(db::ExpiringSet set, const std::string& workers);

    // digest: of the message as it came; recipient: an address; target: a mailbox and whatever else
    // tells two copies apart.
    static std::string key(std::string_view digest, std::string_view recipient,
                           std::string_view target);
    std::optional<Begun> find(const std::string& key);
    void begin(std::span<const std::string> keys, const std::string& id);
    // Its delivery is over, and whether it is there is not known; begun at that time.
    void leave(std::span<const std::string> keys, const std::string& id, int64_t since);
    void stored(std::span<const std::string> keys);
    void forget(std::span<const std::string> keys);

 private:
    UnfinishedCopies(db::ExpiringSet set, Fd workers)
        : set_(std::move(set)), workers_(std::move(workers))
    {
    }
    bool is_at_work(std::string_view pid) const;
    void tell(const Status& done);
    db::ExpiringSet set_;
    Fd workers_;
    bool trouble_told_ = false;
};

}  // namespace rookery::delivery

#endif
