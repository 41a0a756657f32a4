// LocalMailbox: one session's view of a mailbox of this server. Implements imap/mailbox/mailbox.h.
//
// The view is a map of the index, the header as of the last refresh() and the runs of records that
// have numbers: no memory per message, but for what SORT and THREAD have read, until rest().
// Flags are read from the map, so they are always the newest.
// Everything goes by descriptors of the directory and of the index: a mailbox that is renamed stays
// readable; refresh() tells, and follow() goes after it. An index that is rebuilt takes the place
// of the old one by UIDs. A shared lock on the index keeps expunged files (mailbox_lock.h).
// Must not outlive its store. One thread.
#ifndef ROOKERY_IMAP_STORE_LOCAL_MAILBOX_H
#define ROOKERY_IMAP_STORE_LOCAL_MAILBOX_H

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "imap/mailbox/mailbox.h"
#include "imap/store/mailbox_access.h"
#include "imap/store/slot_map.h"
#include "imap/store/uid_set.h"
#include "imap/store/word_index.h"
#include "lib/net/wakeups.h"
#include "lib/text/text_ranks.h"

namespace rookery::store {

class LocalMailbox final : public mailbox::Mailbox {
 public:
    static Result<std::unique_ptr<LocalMailbox>> open(MailboxAccess& store,
                                                      const model::MailboxEntry& entry,
                                                      const std::string& userid,
                                                      mailbox::OpenMode mode);
    ~LocalMailbox() override;

    const model::MailboxEntry& entry() const override { return entry_; }
    mailbox::OpenMode mode() const override { return mode_; }
    uint32_t exists() const override { return slots_.size(); }
    uint32_t recent() const override { return recent_count_; }
    uint32_t uidvalidity() const override { return header_.uidvalidity; }
    uint32_t uidnext() const override { return header_.uidnext; }
    uint64_t highestmodseq() const override { return reported_modseq_; }
    bool expunge_waits() const override { return expunged_waiting_; }
    uint32_t first_unseen() const override;
    const std::vector<std::string>& keywords() const override { return keywords_; }
    mailbox::MessageInfo message(uint32_t sequence) const override;
    uint32_t uid(uint32_t sequence) const override { return index_.uid(slots_.slot(sequence)); }
    bool is_expunged(uint32_t sequence) const override
    {
        return (index_.state(slots_.slot(sequence)) & kRecordExpunged) != 0;
    }
    uint32_t sequence_of(uint32_t uid) const override;
    model::SequenceSet vanished_since(uint64_t modseq) const override;
    Result<mailbox::Changes> refresh(bool may_expunge) override;
    void told(uint32_t sequence, uint64_t modseq) override;
    Result<std::string> name_now() override;
    Status follow(const model::MailboxEntry& entry) override;
    void vanish() override { gone_ = true; }
    Result<std::unique_ptr<mailbox::Content>> content(uint32_t sequence) override;
    Result<mailbox::CachedItems> cached(uint32_t sequence) override;
    Result<text::KeptFields> kept_fields(uint32_t sequence) override;
    Result<std::optional<text::DateTime>> sent(uint32_t sequence) override;
    Result<text::OrderKeys> order_keys(uint32_t sequence) override;
    Result<std::vector<uint32_t>> ranks(text::OrderText which,
                                        std::span<const uint32_t> sequences) override;
    Result<std::optional<std::string>> preview(uint32_t sequence, bool kept_only) override;
    model::SequenceSet uids_without(std::string_view text) override;
    Result<uint64_t> octets(uint32_t sequence) override;
    Result<std::vector<uint32_t>> store_flags(std::span<const uint32_t> sequences,
                                              mailbox::FlagChange how, const model::FlagList& flags,
                                              mailbox::StoreCondition* condition) override;
    Status mark_seen(std::span<const uint32_t> sequences) override;
    Result<std::vector<uint32_t>> expunge(const model::SequenceSet* uids) override;
    Status remove(const model::SequenceSet& uids) override;
    Result<mailbox::AppendResult> copy_to(const model::MailboxEntry& to, const std::string& userid,
                                          std::span<const uint32_t> sequences,
                                          const model::FlagFilter& settable) override;
    Result<mailbox::AppendResult> move_to(const model::MailboxEntry& to, const std::string& userid,
                                          std::span<const uint32_t> sequences,
                                          const model::FlagFilter& settable) override;
    int wakeup_fd() override;
    void drain_wakeups() override;
    Result<mailbox::AppendResult> replace(uint32_t sequence, const model::MailboxEntry& to,
                                          const std::string& userid,
                                          const mailbox::AppendItem& item) override;
    void tell_progress(Progressed progressed) override { progressed_ = std::move(progressed); }
    void rest() override;

 private:
    LocalMailbox(MailboxAccess& store, const model::MailboxEntry& entry, std::string userid,
                 mailbox::OpenMode mode);
    Result<IndexFile> open_index() const;
    Status attach();
    Status load();
    Status load_locked();
    Status settle_move(IndexHeader& header);
    Status check_present(const IndexHeader& header) const;
    // The same with the codes of refresh().
    Status check_in_place(const IndexHeader& header) const;
    // The lock of the mailbox, whatever this view knows of it.
    Result<MailboxWriter> locked() const;
    // The same, and the view's records are those of the index that is there. busy: some are not.
    Result<MailboxWriter> writer();
    // Another file is the index now (local_mailbox_follow.cc). False: some messages are not in it,
    // and may not be told gone now (changes is null); the view stays as it was.
    Result<bool> reattach(mailbox::Changes* changes);
    bool is_replaced(const IndexHeader& header) const;
    // Was the mailbox deleted, or did its files go to another place?
    bool went_away();
    mailbox::Changes all_gone(bool may_expunge);
    // A move's two mailboxes, locked; no target: it is this one.
    struct Writers {
        MailboxWriter source;
        std::optional<MailboxWriter> target;
    };
    Result<Writers> writers(const model::MailboxEntry& to);
    // gone: the states in which a message may not go once more.
    Result<UidSet> movable(MailboxWriter& writer, std::span<const uint32_t> sequences,
                           uint32_t gone);
    // What comes there in exchange for what goes from here; called under the locks.
    using Arriving = std::function<Result<std::vector<NewMessage>>()>;
    Result<mailbox::AppendResult> exchange(const model::MailboxEntry& to, const std::string& userid,
                                           std::span<const uint32_t> sequences,
                                           const Arriving& arriving, bool replaces);
    // Of a copy of so many messages each is looked at and placed.
    void looked_at(uint64_t message, uint64_t messages) const
    {
        if (progressed_) progressed_(message, 2 * messages);
    }
    MailboxWriter::Placing placing(uint64_t messages) const;
    // Messages as another mailbox gets them.
    Result<std::vector<NewMessage>> copies_of(std::span<const uint32_t> sequences,
                                              const model::FlagFilter& settable);

    // The cache (local_mailbox_cache.cc).
    template <class T>
    Result<T> from_cache(uint32_t slot,
                         Result<T> (*decode)(std::string_view entry, std::string_view guid));
    template <class T>
    Result<T> decode_at(CachePlace place, uint32_t slot,
                        Result<T> (*decode)(std::string_view entry, std::string_view guid));
    // The same as order_keys(); nothing is kept for who asks again.
    Result<text::OrderKeys> order_keys_once(uint32_t sequence);
    // What these are read from.
    Result<std::string_view> order_of(uint32_t sequence, uint32_t slot);
    Status render(uint32_t sequence, uint32_t slot);  // into rendered_
    void keep_date(uint32_t slot, const std::optional<text::DateTime>& date);
    void keep_rendered();
    void forget_rendered();
    Status write_rendered();
    bool is_current(const CacheFile& cache, const IndexRecord& record) const;

    // Parts of ranks() (local_mailbox_ranks.cc). In lists of these, sequences ascend.
    struct Ranked {
        uint32_t sequence;
        uint32_t rank;
    };
    std::vector<Ranked> known_ranks(text::OrderText which) const;
    Result<std::vector<Ranked>> read_texts(text::OrderText which,
                                           const std::vector<Ranked>& messages,
                                           text::TextRanks& texts);
    Status rank(text::OrderText which, std::vector<Ranked>& messages);
    Result<bool> place(text::OrderText which, std::vector<Ranked>& known,
                       const std::vector<Ranked>& fresh);
    void keep_ranks(text::OrderText which, const std::vector<Ranked>& messages) const;

    // Parts of refresh().
    Status claim_recent(IndexHeader& header);
    void find_changed(const IndexHeader& header, std::vector<uint32_t>& slots);
    bool was_told(uint32_t slot) const;
    Status find_seen_elsewhere(std::vector<uint32_t>& slots) const;
    void drop_expunged(mailbox::Changes& changes);
    Status add_new(const IndexHeader& header);
    void count_recent();

    // How the messages end of which the index does not say it: looks at them once, and lets the
    // index know.
    void learn_endings();
    void keep_endings(std::span<const std::pair<uint32_t, Ending>> learnt);

    // corrupt: the message's file is not what the record says.
    Status check_file(const IndexRecord& record);
    // Logs it, once for each message in the life of the view.
    Error damaged(uint32_t uid, const std::string& why);
    bool is_seen(uint32_t slot) const;
    uint64_t committed(uint64_t modseq) const;
    // Alters records under the lock: change gives true if it did. Gives the numbers it altered.
    using Change = std::function<bool(IndexRecord&, const IndexHeader&)>;
    Result<std::vector<uint32_t>> change_records(MailboxWriter& writer,
                                                 std::span<const uint32_t> sequences, bool durable,
                                                 const Change& change,
                                                 mailbox::StoreCondition* condition = nullptr);
    // \Seen of a user for whom the index does not keep it: the newest is read, or it is changed,
    // and the UIDs of which it changed are given. With the mailbox locked.
    Status read_seen() const;
    Result<UidSet> seen_by_user(MailboxWriter& writer, std::span<const uint32_t> sequences,
                                bool seen, const mailbox::StoreCondition* condition);

    MailboxAccess& store_;
    model::MailboxEntry entry_;
    std::string userid_;
    mailbox::OpenMode mode_;
    bool seen_in_index_;
    Fd directory_;
    IndexFile index_;
    IndexHeader header_;
    SlotMap slots_;
    std::vector<std::string> keywords_;
    size_t keywords_told_ = 0;
    UidSet recent_;
    uint32_t recent_count_ = 0;
    // Mutable: message() may find that others changed them.
    mutable UidSet seen_;
    mutable uint64_t seen_stamp_ = 0;
    std::vector<uint64_t> own_modseqs_;  // of changes that this session made itself
    // Changed by others before this session changed them too.
    mutable std::vector<uint32_t> untold_slots_;
    struct Told {
        uint32_t slot;
        uint64_t modseq;
        auto operator<=>(const Told&) const = default;
    };
    mutable std::vector<Told> told_;  // since the last refresh(), sorted when that looks
    bool expunged_waiting_ = false;
    uint64_t reported_modseq_ = 0;
    mutable uint64_t committed_modseq_ = 0;
    CacheFile cache_;
    OrdersRead orders_;
    // Entries that were rendered here and are not in the file yet.
    struct Unkept {
        uint32_t slot;
        std::string entry;
    };
    std::vector<Unkept> unkept_;
    size_t unkept_bytes_ = 0;
    struct UnkeptDate {
        uint32_t slot;
        uint64_t sent;
    };
    std::vector<UnkeptDate> unkept_dates_;
    bool unkept_failed_ = false;
    std::optional<mailbox::CachedItems> rendered_;  // the last one, into which there are views
    uint32_t rendered_slot_ = 0;
    WordIndex words_;
    UidSet damaged_;  // that were told of
    bool endings_learnt_ = false;
    UidSet well_ended_, open_ended_;  // of learn_endings()
    bool elsewhere_ = false;          // after follow(): index_ is still the old one
    bool gone_ = false;               // after vanish()
    std::unique_ptr<net::WakeupSocket> wakeup_;
    bool wakeup_failed_ = false;
    Progressed progressed_;
};

}  // namespace rookery::store

#endif
