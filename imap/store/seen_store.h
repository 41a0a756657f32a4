// SeenStore: which messages a user who is not the owner has seen, by the mailbox's uniqueid, so
// that it follows a rename and a move. doc/formats/seen.md.
//
// One small text file per user under configdirectory, replaced as a whole under a lock, durable.
// Codes: io, no_space, busy, corrupt, bad_name. Thread rule: one thread.
#ifndef ROOKERY_IMAP_STORE_SEEN_STORE_H
#define ROOKERY_IMAP_STORE_SEEN_STORE_H

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "imap/store/uid_set.h"
#include "lib/base/result.h"

namespace rookery::store {

struct SeenState {
    int64_t last_read = 0;
    uint32_t last_uid = 0;
    int64_t last_change = 0;
    UidSet uids;
};

class SeenStore {
 public:
    SeenStore() = default;
    SeenStore(std::string configdirectory, bool full_hash)
        : configdirectory_(std::move(configdirectory)), full_hash_(full_hash)
    {
    }

    // An empty state if the user has none for this mailbox.
    Result<SeenState> get(const std::string& userid, const std::string& uniqueid) const;
    // Reads, lets change alter it, and writes it if change gives true.
    Status update(const std::string& userid, const std::string& uniqueid,
                  const std::function<bool(SeenState&)>& change) const;
    // All that a user has, by uniqueid.
    Result<std::map<std::string, SeenState>> all(const std::string& userid) const;
    // Each user who changed any at or after the time, with all of his.
    Status each_user(int64_t changed_since,
                     const std::function<void(const std::string&,
                                              std::map<std::string, SeenState>&)>& each) const;
    // All that a user has is another's from now on; an absent file is no error.
    Status rename_user(const std::string& from, const std::string& to) const;
    Status remove_user(const std::string& userid) const;
    // Differs after every update.
    uint64_t stamp(const std::string& userid) const;

 private:
    std::string configdirectory_;
    bool full_hash_ = false;
};

}  // namespace rookery::store

#endif
