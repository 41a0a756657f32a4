// Mailboxes as records and files, for a copy that must be the same on another server (imap/sync).
//
// read() gives what the index and the header of a mailbox say; merge() makes another mailbox say
// the same: UIDs, UIDVALIDITY, modseqs, dates and flags are the giver's, not this server's. Records
// that merge() is not told of stay. freeze() is the barrier of a move: when it returns no writer is
// at work, and from then on every one is refused with Code::moved, also after a restart, until it
// is thawed; readers go on. Implemented by imap/store; see mailbox_store.h for ownership,
// durability and codes. One thread.
#ifndef ROOKERY_IMAP_MAILBOX_SYNC_STORE_H
#define ROOKERY_IMAP_MAILBOX_SYNC_STORE_H

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "imap/mailbox/mailbox.h"
#include "imap/model/flags.h"
#include "imap/model/mailbox_entry.h"
#include "lib/base/result.h"

namespace rookery::mailbox {

inline constexpr size_t kGuidBytes = 20;
using Guid = std::array<char, kGuidBytes>;  // SHA-1 of the message

struct SyncRecord {
    uint32_t uid = 0;
    uint32_t size = 0;
    int64_t internaldate = 0;
    int32_t zone_minutes = 0;
    uint32_t system_flags = 0;
    model::KeywordBits keywords;  // of SyncMailbox::keywords
    uint64_t modseq = 0;
    int64_t last_updated = 0;
    int64_t save_date = 0;  // 0 = not known
    Guid guid{};
    bool expunged = false;
    bool operator==(const SyncRecord&) const = default;
};

struct SyncMailbox {
    uint32_t uidvalidity = 0;
    uint32_t last_uid = 0;
    uint32_t recentuid = 0;
    uint64_t highestmodseq = 0;
    uint64_t deletedmodseq = 0;  // expunged records up to here may be missing
    int64_t last_append = 0;
    int64_t pop3_last_login = 0;  // 0 = never
    std::optional<std::string> special_use;  // none: the giver does not say
    std::vector<std::string> keywords;
    std::vector<SyncRecord> records;  // ascending UIDs
};

// Where the bytes of a new record come from.
struct SyncFile {
    StagedMessage* staged = nullptr;               // or:
    const model::MailboxEntry* mailbox = nullptr;  // a message of a mailbox of this server
    uint32_t uid = 0;
};
using SyncFiles = std::function<Result<SyncFile>(const Guid&)>;

// What a user who is not the owner has seen of a mailbox; uids as in IMAP ("1:5,7").
struct SyncSeen {
    std::string userid;
    int64_t last_read = 0;
    uint32_t last_uid = 0;
    int64_t last_change = 0;
    std::string uids;
    bool operator==(const SyncSeen&) const = default;
};

class SyncStore {
 public:
    virtual ~SyncStore() = default;

    // All records with a modseq above since.
    virtual Result<SyncMailbox> read(const model::MailboxEntry& entry, uint64_t since) = 0;
    virtual Result<std::unique_ptr<Content>> message(const model::MailboxEntry& entry,
                                                     uint32_t uid) = 0;
    // Makes the mailbox if it is not there. corrupt: a message there differs from the one of the
    // same UID here, or a UID came out of order; busy: another writer is at work.
    virtual Status merge(const model::MailboxEntry& entry, const SyncMailbox& from,
                         const SyncFiles& files) = 0;
    // Marks messages expunged without a trace of their own: they are not at the giver.
    virtual Status expunge(const model::MailboxEntry& entry, std::span<const uint32_t> uids) = 0;
    // A message as it is, no line ends changed; write_exact() takes its bytes. finish() gives its
    // GUID and leaves no descriptor open; merge() makes it durable.
    virtual Result<std::unique_ptr<StagedMessage>> stage_exact(const std::string& partition) = 0;
    virtual Status write_exact(StagedMessage& staged, std::string_view bytes) = 0;
    virtual Result<Guid> finish(StagedMessage& staged) = 0;

    virtual Status freeze(const model::MailboxEntry& entry, bool frozen) = 0;
    // The mailbox is at another server now: sessions that have it open get Code::moved from their
    // next refresh(), which is at once. Its files stay until MailboxStore::remove().
    virtual Status leave(const model::MailboxEntry& entry) = 0;

    // By uniqueid, what users have seen of these mailboxes, of users who changed anything at or
    // after the time. Looks at every user's file that did.
    using SeenOf = std::vector<std::pair<std::string, SyncSeen>>;
    virtual Result<SeenOf> seen_of_mailboxes(const std::set<std::string>& uniqueids,
                                             int64_t changed_since) = 0;
    // All of a user's, by uniqueid.
    virtual Result<std::map<std::string, SyncSeen>> seen_of(const std::string& userid) = 0;
    // replace: it is the whole truth; else nothing that was seen here becomes unseen.
    virtual Status put_seen(const std::string& uniqueid, const SyncSeen& seen, bool replace) = 0;
};

}  // namespace rookery::mailbox

#endif
