// MoveRecord: what a mailbox has written down about messages that are on their way out of it into
// another one of this server, and the look at that one which tells whether they got there. And what
// it has written down about messages that are removed.
//
// Text in the index file, behind the records that count, where IndexHeader::move_slot says; so it
// is durable with the header that points to it. doc/formats/index.md. Codes: corrupt (checksum or
// form), limit; of arrived() io (the target is there and cannot be looked at now). One thread.
#ifndef ROOKERY_IMAP_STORE_MOVE_RECORD_H
#define ROOKERY_IMAP_STORE_MOVE_RECORD_H

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/store/mailbox_path.h"
#include "imap/store/uid_set.h"
#include "lib/base/result.h"

namespace rookery::store {

// The longest text; a set of UIDs with more holes than fit in does not move at once.
inline constexpr size_t kMaxMoveRecord = 16u << 20;

struct MoveRecord {
    // The target.
    std::string name;
    std::string partition;
    std::string uniqueid;
    uint32_t uidvalidity = 0;
    uint32_t first = 0;   // the first of the messages gets this UID there, the others those behind
    uint64_t origin = 0;  // of their records there
    UidSet uids;          // here
    // Another message comes there in exchange for them: they are expunged, and may come back.
    bool replaces = false;

    static Result<MoveRecord> parse(std::string_view text);
    Result<std::string> to_text() const;
};

// Messages that are removed all at once. to_text: limit. parse: corrupt.
bool is_removal(std::string_view text);
Result<std::string> removal_text(const UidSet& uids);
Result<UidSet> parse_removal(std::string_view text);

// The UIDs of a set, one by one.
std::vector<uint32_t> numbers_of(const UidSet& uids);

// Those of the record's UIDs whose messages are in the target: all, none, or what its files say
// where its records were lost. guid: the GUID of a UID here, "" if there is no such message.
// Takes no lock of the target.
using GuidOf = std::function<std::string(uint32_t)>;
Result<std::vector<uint32_t>> arrived(const PathOptions& paths, const MoveRecord& record,
                                      const GuidOf& guid);

}  // namespace rookery::store

#endif
