// A mailbox and what belongs to it in the replication dialect, in both directions: what SYNCGET
// answers and SYNCAPPLY takes (doc/protocols/sync.md). Keys that Cyrus does not know (ZONE,
// SAVEDATE, DELETEDMODSEQ) carry what its own have no place for; it ignores them, and so do we
// what we do not know. Names of keywords and uses that are no atoms are refused: they go as they
// are into lines of files and of answers. Codes: syntax, limit, bad_name. Functions and values.
#ifndef ROOKERY_IMAP_SYNC_MAILBOX_DLIST_H
#define ROOKERY_IMAP_SYNC_MAILBOX_DLIST_H

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imap/mailbox/annotations.h"
#include "imap/mailbox/quota.h"
#include "imap/mailbox/sync_store.h"
#include "imap/model/mailbox_entry.h"
#include "imap/sync/dlist.h"

namespace rookery::sync {

// What a MAILBOX value says. type: Cyrus' MBOXTYPE, "" = mail.
struct MailboxValue {
    model::MailboxEntry entry;
    mailbox::SyncMailbox box;
    std::string type;
    bool has_records = false;  // there was a RECORD key: also an empty one
};

// Collects the records of one MAILBOX value while it is read, and finds keywords for their flags.
class RecordCollector {
 public:
    Status add(const Dlist& record);
    mailbox::SyncMailbox take() { return std::move(box_); }

 private:
    Status add_flag(std::string_view flag, mailbox::SyncRecord& record);
    mailbox::SyncMailbox box_;
};

// box: what the collector of this value has gathered.
Result<MailboxValue> parse_mailbox(const Dlist& value, mailbox::SyncMailbox box);
// "%(UNIQUEID ... RECORD (" ... "))": put to the stream piece by piece.
enum class Form : unsigned char { answer, request };  // of SYNCGET, of SYNCAPPLY
void put_mailbox(stream::Stream& to, const model::MailboxEntry& entry,
                 const mailbox::SyncMailbox& box, std::string_view partition, bool records,
                 Form form);

std::string seen_value(const std::string& uniqueid, const mailbox::SyncSeen& seen, bool with_user);
// The uniqueid comes apart. userid: where the value has none.
Result<mailbox::SyncSeen> parse_seen(const Dlist& value, std::string_view userid);

// What a mailbox is for, as an annotation of its owner: so Cyrus keeps it.
inline constexpr std::string_view kSpecialUse = "/specialuse";
std::string annotation_value(const model::MailboxName& name, const mailbox::Annotation& annotation);
Result<mailbox::Annotation> parse_annotation(const Dlist& value);

std::string quota_value(const model::MailboxName& root, const mailbox::QuotaLimits& limits);
struct QuotaValue {
    model::MailboxName root;
    mailbox::QuotaLimits limits;
};
Result<QuotaValue> parse_quota(const Dlist& value);

std::string guid_text(const mailbox::Guid& guid);
Result<mailbox::Guid> parse_guid(std::string_view text);

}  // namespace rookery::sync

#endif
