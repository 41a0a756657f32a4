// An open mailbox: one session's view of the messages, numbered 1..exists(), which changes only in
// refresh(). Interface; see mailbox_store.h for ownership, durability and codes.
#ifndef ROOKERY_IMAP_MAILBOX_MAILBOX_H
#define ROOKERY_IMAP_MAILBOX_MAILBOX_H

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imap/model/flags.h"
#include "imap/model/mailbox_entry.h"
#include "imap/model/sequence_set.h"
#include "lib/base/result.h"
#include "lib/text/imap_date.h"
#include "lib/text/order_keys.h"
#include "lib/text/usual_fields.h"

namespace rookery::mailbox {

enum class OpenMode {
    read_only,   // EXAMINE: takes no \Recent, changes nothing
    read_write,  // SELECT: the messages that nobody saw before become this session's \Recent
    maildrop,    // POP3: may change, takes no \Recent
};

// One message as the session sees it (its own \Seen merged in).
struct MessageInfo {
    uint32_t uid = 0;
    uint32_t size = 0;          // RFC822.SIZE
    int64_t internaldate = 0;   // seconds since the epoch
    int64_t save_date = 0;      // when it came into this mailbox, the same; 0 = not known
    int32_t zone_minutes = 0;   // offset of the internaldate as given, minutes east of UTC
    uint32_t system_flags = 0;  // model::kSeen ...
    model::KeywordBits keywords;
    uint64_t modseq = 0;
    bool recent = false;
    bool expunged = false;  // gone from disk; its number stays until refresh(may_expunge)
    std::string_view guid;  // 20 bytes, SHA-1; points into the view, valid until refresh()
};

// The bytes of a message, mapped. Valid while the object lives, whatever others expunge.
class Content {
 public:
    virtual ~Content() = default;
    virtual std::string_view bytes() const = 0;
};

// What the cache keeps of a message, in IMAP's own syntax (lib/text renders it once at append).
struct CachedItems {
    std::string envelope;                // "(...)" of ENVELOPE
    std::string body;                    // BODY (not extensible)
    std::string bodystructure;           // BODYSTRUCTURE
    std::string sections;                // lib/text section table, binary: where each part lies
    std::string fields;                  // of the header: text::KeptFields
    std::string order;                   // of the header: text::OrderKeys
    std::string preview;                 // of PREVIEW: its first words
    std::optional<text::DateTime> sent;  // its Date:, where that can be read
};

// Changes since the last refresh, in the order in which a client must be told them.
struct Changes {
    std::vector<uint32_t> expunged;  // sequence numbers, highest first, so each is right when told
    std::vector<uint32_t> expunged_uids;  // the same messages, ascending
    bool exists_changed = false;
    bool recent_changed = false;
    bool keywords_changed = false;  // the FLAGS list grew
    std::vector<uint32_t> flags;    // sequence numbers (after the expunges) whose flags changed
};

enum class FlagChange { replace, add, remove };

// UNCHANGEDSINCE of CONDSTORE (RFC 7162 3.1.3).
struct StoreCondition {
    uint64_t unchanged_since = 0;
    std::vector<uint32_t> modified;  // numbers of those that were changed later: left as they are
};

struct CopyItem;

// A message being received. write() as bytes come; then it can be appended.
class StagedMessage {
 public:
    virtual ~StagedMessage() = default;  // removes what is temporary
    virtual Status write(std::string_view bytes) = 0;
    virtual uint64_t size() const = 0;
    // All bytes so far, mapped; invalid after the next write().
    virtual Result<std::string_view> map() = 0;
};

struct AppendItem {
    StagedMessage* message = nullptr;
    model::FlagList flags;
    int64_t internaldate = 0;
    int32_t zone_minutes = 0;
};

struct AppendResult {
    uint32_t uidvalidity = 0;
    std::vector<uint32_t> uids;
};

class Mailbox {
 public:
    virtual ~Mailbox() = default;

    // --- the view
    virtual const model::MailboxEntry& entry() const = 0;
    virtual OpenMode mode() const = 0;
    virtual uint32_t exists() const = 0;
    virtual uint32_t recent() const = 0;
    virtual uint32_t uidvalidity() const = 0;
    virtual uint32_t uidnext() const = 0;
    // Of all that refresh() has reported: an expunge that waits is later.
    virtual uint64_t highestmodseq() const = 0;
    virtual bool expunge_waits() const { return false; }
    // The first message without \Seen, 0 if none.
    virtual uint32_t first_unseen() const = 0;
    virtual const std::vector<std::string>& keywords() const = 0;  // bit order
    // sequence: 1..exists().
    virtual MessageInfo message(uint32_t sequence) const = 0;
    // Single facts of that, for who goes through all messages.
    virtual uint32_t uid(uint32_t sequence) const { return message(sequence).uid; }
    virtual bool is_expunged(uint32_t sequence) const { return message(sequence).expunged; }
    // The number of the message with this UID, or 0.
    virtual uint32_t sequence_of(uint32_t uid) const = 0;
    // The UIDs of messages that went after that modseq; more than that where it is too long ago to
    // know (RFC 7162 3.2.5.2).
    virtual model::SequenceSet vanished_since(uint64_t modseq) const = 0;

    // Brings the view up to what is on disk. may_expunge false keeps numbers of messages that
    // others expunged (FETCH, STORE, SEARCH must not tell EXPUNGE). Also not_found if the mailbox
    // is not in its place any more (deleted, renamed, in another partition): follow() or vanish()
    // say what becomes of the view. moved: it is at another server. unsupported: it was rebuilt
    // with another UIDVALIDITY.
    virtual Result<Changes> refresh(bool may_expunge) = 0;
    // The client was told all flags of this message, as message() gave them with that modseq:
    // refresh() need not report them again.
    virtual void told(uint32_t /*sequence*/, uint64_t /*modseq*/) {}

    // --- after refresh() said not_found
    // The internal name that the mailbox has now. not_found: nothing says it.
    virtual Result<std::string> name_now() { return Error{Code::not_found, "no name"}; }
    // It is that one now. Numbers stay; the next refresh() tells what is different there.
    virtual Status follow(const model::MailboxEntry& /*entry*/)
    {
        return Error{Code::unsupported, "this view stays where it is"};
    }
    // There is no such mailbox any more: the next refresh(true) tells that all messages are gone,
    // and from then on it is empty.
    virtual void vanish() {}

    // --- content
    // corrupt: this message is damaged, which was logged, and the text, which is meant for the
    // client, names it. The others are not concerned.
    virtual Result<std::unique_ptr<Content>> content(uint32_t sequence) = 0;
    virtual Result<CachedItems> cached(uint32_t sequence) = 0;
    // Parts of that alone, without opening the message where the cache has them. Views are valid
    // until one is asked of another message.
    virtual Result<text::KeptFields> kept_fields(uint32_t sequence) = 0;
    virtual Result<text::OrderKeys> order_keys(uint32_t sequence) = 0;
    virtual Result<std::optional<text::DateTime>> sent(uint32_t sequence) = 0;
    // How messages compare by a text: a number for each of these, which ascend, from 1, the same
    // for equal texts. 0: it cannot be read any more, and that was not known before.
    virtual Result<std::vector<uint32_t>> ranks(text::OrderText which,
                                                std::span<const uint32_t> sequences) = 0;
    // CachedItems::preview. kept_only: none where the cache does not have it.
    virtual Result<std::optional<std::string>> preview(uint32_t sequence, bool kept_only) = 0;
    // UIDs of messages that have this UTF-8 neither in header nor in body, whatever its case and
    // the marks on its letters, by the index of words that squatter(8) makes. All others have to be
    // read: all of them where there is no index, or it says nothing of such a text.
    virtual model::SequenceSet uids_without(std::string_view /*text*/) { return {}; }
    // The size of the message as POP3 sends it, whose last line has its CRLF, stored so or not.
    // Reads the message only where the index does not know how it ends. As content().
    virtual Result<uint64_t> octets(uint32_t sequence) { return message(sequence).size; }

    // --- changes (mode read_write; the caller has checked the rights)
    // Gives the numbers whose flags differ afterwards. silent changes of this session are not
    // reported again by refresh(). condition: none = always.
    virtual Result<std::vector<uint32_t>> store_flags(std::span<const uint32_t> sequences,
                                                      FlagChange how, const model::FlagList& flags,
                                                      StoreCondition* condition) = 0;
    // Marks \Seen for this user only (FETCH BODY[]): no error if the user may not.
    virtual Status mark_seen(std::span<const uint32_t> sequences) = 0;
    // Removes messages with \Deleted, limited to uids if given. The view changes in the next
    // refresh(true). Gives the UIDs removed.
    virtual Result<std::vector<uint32_t>> expunge(const model::SequenceSet* uids) = 0;
    // Removes messages with these UIDs, whatever their flags, all or none of them durably; one that
    // is gone already is no error. The view changes in the next refresh(true). Mode maildrop.
    virtual Status remove(const model::SequenceSet& /*uids*/)
    {
        return Error{Code::unsupported, "no maildrop"};
    }
    // Copies messages of this view into another local mailbox: all or none, with flags (keywords
    // by name) as far as they pass the filter, internaldate; hard links where the file system
    // allows. Those too that others expunged, while their files stand. corrupt: one of them is
    // damaged; not_found: one is gone.
    virtual Result<AppendResult> copy_to(const model::MailboxEntry& to, const std::string& userid,
                                         std::span<const uint32_t> sequences,
                                         const model::FlagFilter& settable) = 0;

    // The same, and they are gone from here: exactly once, whatever ends when. sequences ascend;
    // not_found: one of them is gone, or was moved by somebody else. The view changes in the next
    // refresh(true). They may go into the mailbox where they are, and get other UIDs.
    virtual Result<AppendResult> move_to(const model::MailboxEntry& to, const std::string& userid,
                                         std::span<const uint32_t> sequences,
                                         const model::FlagFilter& settable) = 0;

    // --- waiting (IDLE)
    // A descriptor that becomes readable when somebody changed the mailbox; -1 if there is none
    // and the caller must look every imapidlepoll. drain_wakeups() empties it.
    virtual int wakeup_fd() = 0;
    virtual void drain_wakeups() = 0;
    // The session is about to wait for its client: gives back memory that can be had again.
    virtual void rest() {}

    // A new message comes into that mailbox, which may be this one, and one of this view is gone:
    // both or neither, whatever ends when. Otherwise as move_to().
    virtual Result<AppendResult> replace(uint32_t sequence, const model::MailboxEntry& to,
                                         const std::string& userid, const AppendItem& item) = 0;

    // copy_to() and move_to() tell from now on how far they are, each time with less than all,
    // while they hold locks: what is called must not wait. null: no more.
    using Progressed = std::function<void(uint64_t done, uint64_t goal)>;
    virtual void tell_progress(Progressed /*progressed*/) {}
};

}  // namespace rookery::mailbox

#endif
