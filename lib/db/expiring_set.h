// ExpiringSet: keys, each with the time until which it counts, that all processes of a server share
// (doc/formats/expiring-set.md): what was delivered, who was answered, which articles are here.
//
// Keys are any bytes, kept as their SHA-256, and may have a note of up to kMaxExpiringNote bytes;
// several sets lie in one file under a letter each. A record of more than kMaxAhead from now is
// that of a clock that was wrong, and counts as none. The file is not durable, and is no place for
// what cannot be lost: one that is damaged, also while it is in use, is renamed to
// <path>.damaged-<seconds> by the first who notices, and begun anew. Limits: kMaxExpiringKey,
// kMaxExpiringNote, and the file's own (tdb_store.h); beyond them Code::limit. Codes: limit, io,
// no_space; corrupt where a new file does not help. One thread; open after fork.
#ifndef ROOKERY_LIB_DB_EXPIRING_SET_H
#define ROOKERY_LIB_DB_EXPIRING_SET_H

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "lib/base/clock.h"
#include "lib/base/result.h"

namespace rookery::db {

inline constexpr size_t kMaxExpiringKey = 1u << 20;
inline constexpr size_t kMaxExpiringNote = 512;
inline constexpr int64_t kMaxAhead = int64_t{3650} * 86400;

class ExpiringSet {
 public:
    // Makes the file if there is none. space: the letter of this set.
    static Result<ExpiringSet> open(const std::string& path, char space);
    // Another set of the same file, which a process can open once only.
    ExpiringSet beside(char space) const { return {file_, space}; }

    // True if nobody has the key at this time: then it is ours until the other. Of all who ask at
    // once one gets it.
    Result<bool> claim(std::string_view key, int64_t until, int64_t now = wall_seconds());
    // Does it count at this time?
    Result<bool> has(std::string_view key, int64_t now = wall_seconds());
    // The key's time, whatever it is: for who decides by himself how long it counts.
    Result<bool> is_recorded(std::string_view key);
    Status put(std::string_view key, int64_t until);
    // In transactions of kMaxBatch; each gets the note.
    Status put(std::span<const std::string> keys, int64_t until, std::string_view note = {});
    // The note of a key that counts at this time; none: it does not.
    Result<std::optional<std::string>> note(std::string_view key, int64_t now = wall_seconds());
    // No error for a key that is not there. In transactions of kMaxBatch.
    Status remove(std::span<const std::string> keys);
    // Forgets what counts until then or less; gives how many there were.
    Result<uint64_t> remove_older(int64_t than, int64_t now = wall_seconds());

 private:
    struct File;
    ExpiringSet(std::shared_ptr<File> file, char space) : file_(std::move(file)), space_(space) {}
    Result<std::string> key_of(std::string_view key) const;
    template <class Change>
    Status change_all(std::span<const std::string> keys, const Change& change);
    // Of a batch from a key on; next: where the following one begins, "" = there is none.
    Result<uint64_t> remove_some(const std::string& from, int64_t than, int64_t now,
                                 std::string& next);

    std::shared_ptr<File> file_;
    char space_;
};

}  // namespace rookery::db

#endif
