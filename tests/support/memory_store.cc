#include "tests/support/memory_store.h"

#include <unistd.h>

#include <algorithm>

#include "imap/mailbox/poll_times.h"
#include "lib/base/fd.h"
#include "lib/base/strings.h"
#include "lib/text/imap_structure.h"
#include "lib/text/preview.h"
#include "lib/text/sections.h"
#include "lib/text/text_ranks.h"

namespace rookery::test {
namespace {

using mailbox::Changes;
using mailbox::MessageInfo;
using State = MemoryMailboxState;

class MemoryContent final : public mailbox::Content {
 public:
    explicit MemoryContent(std::shared_ptr<MemoryMessage> m) : message_(std::move(m)) {}
    std::string_view bytes() const override { return message_->bytes; }

 private:
    std::shared_ptr<MemoryMessage> message_;
};

class MemoryStaged final : public mailbox::StagedMessage {
 public:
    Status write(std::string_view bytes) override
    {
        bytes_.append(bytes);
        return success();
    }
    uint64_t size() const override { return bytes_.size(); }
    Result<std::string_view> map() override { return std::string_view(bytes_); }

 private:
    std::string bytes_;
};

class MemoryView final : public mailbox::Mailbox {
 public:
    MemoryView(MemoryStore& store, std::shared_ptr<State> state, std::string userid,
               mailbox::OpenMode mode)
        : store_(store), state_(std::move(state)), userid_(std::move(userid)), mode_(mode)
    {
        Changes ignored;
        add_new(ignored);
        told_keywords_ = state_->keywords.size();
    }
    ~MemoryView() override
    {
        if (wakeup_write_) state_->wakeups.erase(wakeup_write_.get());
    }
    MemoryView(const MemoryView&) = delete;
    MemoryView& operator=(const MemoryView&) = delete;

    const model::MailboxEntry& entry() const override { return state_->entry; }
    mailbox::OpenMode mode() const override { return mode_; }
    uint32_t exists() const override { return static_cast<uint32_t>(seen_.size()); }
    uint32_t recent() const override
    {
        return static_cast<uint32_t>(
            std::count_if(seen_.begin(), seen_.end(), [](const Row& r) { return r.recent; }));
    }
    uint32_t uidvalidity() const override { return state_->uidvalidity; }
    uint32_t uidnext() const override { return state_->uidnext; }
    uint64_t highestmodseq() const override { return state_->modseq; }
    uint32_t first_unseen() const override
    {
        for (size_t i = 0; i < seen_.size(); i++)
            if ((flags_of(*seen_[i].message) & model::kSeen) == 0)
                return static_cast<uint32_t>(i) + 1;
        return 0;
    }
    const std::vector<std::string>& keywords() const override { return state_->keywords; }

    MessageInfo message(uint32_t sequence) const override
    {
        store_.looks++;
        const Row& row = seen_[sequence - 1];
        const MemoryMessage& m = *row.message;
        MessageInfo info;
        info.uid = m.uid;
        info.size = static_cast<uint32_t>(m.bytes.size());
        info.internaldate = m.internaldate;
        info.save_date = m.save_date;
        info.zone_minutes = m.zone_minutes;
        info.system_flags = flags_of(m);
        info.keywords = m.keywords;
        info.modseq = m.modseq;
        info.recent = row.recent;
        info.expunged = m.expunged;
        info.guid = m.guid;
        return info;
    }

    uint32_t sequence_of(uint32_t uid) const override
    {
        for (size_t i = 0; i < seen_.size(); i++)
            if (seen_[i].message->uid == uid) return static_cast<uint32_t>(i) + 1;
        return 0;
    }

    model::SequenceSet vanished_since(uint64_t modseq) const override
    {
        model::SequenceSet gone;
        for (const auto& m : state_->messages)
            if (m->expunged && m->modseq > modseq) gone.append(m->uid, m->uid);
        return gone;
    }

    Result<Changes> refresh(bool may_expunge) override
    {
        if (state_->removed && !gone_) return Error{Code::not_found, "mailbox was removed"};
        Changes changes;
        if (may_expunge) {
            for (size_t i = seen_.size(); i-- > 0;) {
                if (!seen_[i].message->expunged && !gone_) continue;
                changes.expunged.push_back(static_cast<uint32_t>(i) + 1);
                changes.expunged_uids.insert(changes.expunged_uids.begin(), seen_[i].message->uid);
                seen_.erase(seen_.begin() + static_cast<ptrdiff_t>(i));
            }
        }
        for (size_t i = 0; i < seen_.size(); i++) {
            Row& row = seen_[i];
            if (!row.message->expunged && differs(row))
                changes.flags.push_back(static_cast<uint32_t>(i) + 1);
            remember(row);
        }
        add_new(changes);
        changes.keywords_changed = told_keywords_ != state_->keywords.size();
        told_keywords_ = state_->keywords.size();
        if (state_->after_refresh) state_->after_refresh();
        return changes;
    }

    void told(uint32_t sequence, uint64_t modseq) override
    {
        Row& row = seen_[sequence - 1];
        if (row.message->modseq == modseq) remember(row);
    }
    void vanish() override { gone_ = true; }

    Result<std::unique_ptr<mailbox::Content>> content(uint32_t sequence) override
    {
        store_.contents++;
        if (store_.fail_content) return *store_.fail_content;
        const auto& m = seen_[sequence - 1].message;
        // As a file that stays while a view is open; what IMAP makes of one that is gone is tested.
        if (m->expunged && mode_ != mailbox::OpenMode::maildrop)
            return Error{Code::not_found, "message was expunged"};
        return std::unique_ptr<mailbox::Content>(std::make_unique<MemoryContent>(m));
    }

    Result<mailbox::CachedItems> cached(uint32_t sequence) override
    {
        if (store_.fail_content) return *store_.fail_content;
        const std::string& bytes = seen_[sequence - 1].message->bytes;
        const text::Message m = text::parse_message(bytes);
        const std::string_view header = m.root.header(bytes);
        return mailbox::CachedItems{text::envelope(header),        text::body(bytes, m),
                                    text::bodystructure(bytes, m), text::sections(m),
                                    text::kept_fields(header, ""), text::order_keys(header),
                                    text::preview(bytes, m),       date_of(header)};
    }
    Result<text::KeptFields> kept_fields(uint32_t sequence) override
    {
        TRY_ASSIGN(kept_, cached(sequence));
        return text::KeptFields(kept_.fields);
    }
    Result<text::OrderKeys> order_keys(uint32_t sequence) override
    {
        if (store_.fail_content) return *store_.fail_content;
        const std::string& bytes = seen_[sequence - 1].message->bytes;
        kept_.order = text::order_keys(std::string_view(bytes).substr(0, text::header_size(bytes)));
        return text::read_order_keys(kept_.order).value_or(text::OrderKeys{});
    }
    Result<std::vector<uint32_t>> ranks(text::OrderText which,
                                        std::span<const uint32_t> sequences) override
    {
        text::TextRanks texts;
        for (const uint32_t sequence : sequences) {
            const auto keys = order_keys(sequence);
            if (keys.is(Code::corrupt)) return std::vector<uint32_t>(sequences.size());
            if (!keys) return keys.error();
            texts.add(text::order_text(*keys, which));
        }
        return texts.ranks();
    }
    Result<std::optional<text::DateTime>> sent(uint32_t sequence) override
    {
        if (store_.fail_content) return *store_.fail_content;
        const std::string& bytes = seen_[sequence - 1].message->bytes;
        return date_of(std::string_view(bytes).substr(0, text::header_size(bytes)));
    }
    Result<std::optional<std::string>> preview(uint32_t sequence, bool kept_only) override
    {
        if (kept_only && store_.keeps_nothing) return std::optional<std::string>();
        TRY_ASSIGN(auto items, cached(sequence));
        return std::optional(std::move(items.preview));
    }
    static std::optional<text::DateTime> date_of(std::string_view header)
    {
        const auto date = text::find_field(header, "date");
        return date ? text::parse_header_date(*date) : std::nullopt;
    }

    Result<std::vector<uint32_t>> store_flags(std::span<const uint32_t> sequences,
                                              mailbox::FlagChange how, const model::FlagList& flags,
                                              mailbox::StoreCondition* condition) override
    {
        TRY_ASSIGN(const model::KeywordBits bits, state_->keyword_bits(flags.keywords));
        std::vector<uint32_t> changed;
        for (uint32_t n : sequences) {
            Row& row = seen_[n - 1];
            MemoryMessage& m = *row.message;
            if (m.expunged) continue;
            if (condition != nullptr && m.modseq > condition->unchanged_since) {
                condition->modified.push_back(n);
                continue;
            }
            const uint32_t before = flags_of(m);
            const model::KeywordBits keywords_before = m.keywords;
            uint32_t after = flags.system;
            model::KeywordBits keywords = bits;
            if (how == mailbox::FlagChange::add) {
                after |= before;
                keywords |= m.keywords;
            } else if (how == mailbox::FlagChange::remove) {
                after = before & ~flags.system;
                keywords = m.keywords & ~bits;
            }
            set_flags(m, after);
            m.keywords = keywords;
            remember(row);
            if (after == before && keywords == keywords_before) continue;
            m.modseq = ++state_->modseq;
            changed.push_back(n);
        }
        if (!changed.empty()) state_->wake();
        return changed;
    }

    Status mark_seen(std::span<const uint32_t> sequences) override
    {
        model::FlagList seen;
        seen.system = model::kSeen;
        TRY(store_flags(sequences, mailbox::FlagChange::add, seen, nullptr));
        return success();
    }

    Result<std::vector<uint32_t>> expunge(const model::SequenceSet* uids) override
    {
        std::vector<uint32_t> gone;
        for (const auto& m : state_->messages)
            if ((m->system_flags & model::kDeleted) != 0 &&
                (uids == nullptr || uids->contains(m->uid)))
                gone.push_back(m->uid);
        for (uint32_t uid : gone) state_->expunge_uid(uid);
        return gone;
    }

    Status remove(const model::SequenceSet& uids) override
    {
        if (store_.fail_remove) return *store_.fail_remove;
        if (state_->removed) return Error{Code::not_found, "mailbox was removed"};
        for (const Row& row : seen_)
            if (uids.contains(row.message->uid)) state_->expunge_uid(row.message->uid);
        state_->wake();
        return success();
    }

    Result<uint64_t> octets(uint32_t sequence) override
    {
        if (store_.fail_content) return *store_.fail_content;
        const std::string& bytes = seen_[sequence - 1].message->bytes;
        return bytes.size() + (bytes.ends_with("\r\n") ? 0 : 2);
    }

    Result<mailbox::AppendResult> copy_to(const model::MailboxEntry& to, const std::string& userid,
                                          std::span<const uint32_t> sequences,
                                          const model::FlagFilter& settable) override
    {
        if (store_.fail_append) return *store_.fail_append;
        auto target = store_.state(to.name.internal());
        if (!target) return Error{Code::not_found, "no such mailbox"};
        mailbox::AppendResult result{target->uidvalidity, {}};
        for (uint32_t n : sequences) {
            if (seen_[n - 1].message->expunged)
                return Error{Code::not_found, "message was expunged"};
        }
        for (uint32_t n : sequences) {
            const MemoryMessage& m = *seen_[n - 1].message;
            std::vector<std::string> names;
            for (size_t i = 0; i < state_->keywords.size() && settable.keywords; i++)
                if (m.keywords[i]) names.push_back(state_->keywords[i]);
            TRY_ASSIGN(const model::KeywordBits bits, target->keyword_bits(names));
            target->append(m.bytes, m.system_flags & settable.system, m.internaldate,
                           m.zone_minutes);
            MemoryMessage& copy = *target->messages.back();
            copy.keywords = bits;
            const bool may_see = (settable.system & model::kSeen) != 0;
            if (may_see && m.seen_by.contains(userid_)) copy.seen_by.insert(userid);
            result.uids.push_back(copy.uid);
        }
        target->wake();
        return result;
    }

    Result<mailbox::AppendResult> move_to(const model::MailboxEntry& to, const std::string& userid,
                                          std::span<const uint32_t> sequences,
                                          const model::FlagFilter& settable) override
    {
        TRY_ASSIGN(auto moved, copy_to(to, userid, sequences, settable));
        for (uint32_t n : sequences) state_->expunge_uid(seen_[n - 1].message->uid);
        return moved;
    }

    Result<mailbox::AppendResult> replace(uint32_t sequence, const model::MailboxEntry& to,
                                          const std::string& userid,
                                          const mailbox::AppendItem& item) override
    {
        if (seen_[sequence - 1].message->expunged)
            return Error{Code::not_found, "message was expunged"};
        TRY_ASSIGN(auto come, store_.append(to, userid, {&item, 1}));
        state_->expunge_uid(seen_[sequence - 1].message->uid);
        return come;
    }

    void rest() override { store_.rests++; }

    int wakeup_fd() override
    {
        if (!wakeup_read_) {
            auto ends = make_pipe();
            if (!ends) return -1;
            wakeup_read_ = std::move(ends->read_end);
            wakeup_write_ = std::move(ends->write_end);
            if (!set_nonblocking(wakeup_read_.get(), true)) return -1;
            if (!set_nonblocking(wakeup_write_.get(), true)) return -1;
            state_->wakeups.insert(wakeup_write_.get());
        }
        return wakeup_read_.get();
    }

    void drain_wakeups() override
    {
        char buffer[64];
        while (wakeup_read_ && ::read(wakeup_read_.get(), buffer, sizeof buffer) > 0) {
        }
    }

 private:
    struct Row {
        std::shared_ptr<MemoryMessage> message;
        bool recent = false;
        uint32_t told_flags = 0;
        model::KeywordBits told_keywords;
    };

    uint32_t flags_of(const MemoryMessage& m) const
    {
        return m.system_flags | (m.seen_by.contains(userid_) ? model::kSeen : 0u);
    }
    void set_flags(MemoryMessage& m, uint32_t flags)
    {
        m.system_flags = flags & ~model::kSeen;
        if ((flags & model::kSeen) != 0)
            m.seen_by.insert(userid_);
        else
            m.seen_by.erase(userid_);
    }
    bool differs(const Row& row) const
    {
        return row.told_flags != flags_of(*row.message) ||
               row.told_keywords != row.message->keywords;
    }
    void remember(Row& row) const
    {
        row.told_flags = flags_of(*row.message);
        row.told_keywords = row.message->keywords;
    }
    void add_new(Changes& changes)
    {
        for (const auto& m : state_->messages) {
            if (m->uid <= last_uid_ || gone_) continue;
            last_uid_ = m->uid;
            Row row;
            row.message = m;
            row.recent = m->recent;
            if (mode_ == mailbox::OpenMode::read_write) m->recent = false;
            remember(row);
            changes.exists_changed = true;
            changes.recent_changed = changes.recent_changed || row.recent;
            seen_.push_back(std::move(row));
        }
    }

    MemoryStore& store_;
    std::shared_ptr<State> state_;
    std::string userid_;
    mailbox::OpenMode mode_;
    std::vector<Row> seen_;
    uint32_t last_uid_ = 0;
    bool gone_ = false;
    size_t told_keywords_ = 0;
    Fd wakeup_read_;
    mailbox::CachedItems kept_;  // into which kept_fields() gave a view
    Fd wakeup_write_;
};

class MemoryMaildrop final : public mailbox::MaildropLock {
 public:
    explicit MemoryMaildrop(std::shared_ptr<State> state) : state_(std::move(state))
    {
        state_->maildrop_taken = true;
    }
    ~MemoryMaildrop() override { state_->maildrop_taken = false; }
    MemoryMaildrop(const MemoryMaildrop&) = delete;
    MemoryMaildrop& operator=(const MemoryMaildrop&) = delete;

    Result<bool> note_poll(int64_t now, Seconds apart, int padding) override
    {
        return mailbox::is_in_time(state_->pop3_last_login, now, apart, padding);
    }

 private:
    std::shared_ptr<State> state_;
};

}  // namespace

void MemoryMailboxState::wake() const
{
    for (int fd : wakeups) {
        if (::write(fd, "w", 1) < 0) continue;  // full: it will wake anyway
    }
}

Result<model::KeywordBits> MemoryMailboxState::keyword_bits(const std::vector<std::string>& names)
{
    model::KeywordBits bits;
    for (const auto& name : names) {
        size_t i = 0;
        while (i < keywords.size() && !equal_nocase(keywords[i], name)) i++;
        if (i == model::kMaxKeywords) return Error{Code::limit, "too many keywords"};
        if (i == keywords.size()) keywords.push_back(name);
        bits.set(i);
    }
    return bits;
}

void MemoryMailboxState::append(std::string bytes, uint32_t system_flags, int64_t internaldate,
                                int32_t zone_minutes)
{
    auto m = std::make_shared<MemoryMessage>();
    m->uid = uidnext++;
    m->bytes = std::move(bytes);
    m->system_flags = system_flags & ~model::kSeen;
    m->internaldate = internaldate;
    m->zone_minutes = zone_minutes;
    m->modseq = ++modseq;
    messages.push_back(std::move(m));
}

void MemoryMailboxState::expunge_uid(uint32_t uid)
{
    std::erase_if(messages, [uid](const std::shared_ptr<MemoryMessage>& m) {
        if (m->uid != uid) return false;
        m->expunged = true;
        return true;
    });
    modseq++;
    wake();
}

std::shared_ptr<MemoryMailboxState> MemoryStore::state(const std::string& internal)
{
    const auto found = mailboxes_.find(internal);
    return found == mailboxes_.end() ? nullptr : found->second;
}

std::shared_ptr<MemoryMailboxState> MemoryStore::make(const std::string& internal)
{
    if (auto there = state(internal)) return there;
    const model::MailboxEntry entry{*model::MailboxName::from_internal(internal),
                                    model::EntryState::active,
                                    {},
                                    "default",
                                    {},
                                    {}};
    (void)create(entry).ok();
    return state(internal);
}

Result<uint32_t> MemoryStore::create(const model::MailboxEntry& entry)
{
    if (has(entry)) return Error{Code::exists, "mailbox is there"};
    auto state = std::make_shared<State>(entry);
    state->uidvalidity =
        entry.uidvalidity != 0 ? static_cast<uint32_t>(entry.uidvalidity) : next_uidvalidity_++;
    mailboxes_[entry.name.internal()] = state;
    return state->uidvalidity;
}

Status MemoryStore::discard(const model::MailboxEntry& entry)
{
    if (has_messages(entry)) return Error{Code::exists, "has messages"};
    return remove(entry);
}

Result<std::string> MemoryStore::uniqueid_at(const model::MailboxEntry& entry)
{
    auto there = state(entry.name.internal());
    if (!there || there->entry.partition != entry.partition)
        return Error{Code::not_found, "no such mailbox"};
    return there->entry.uniqueid;
}

Status MemoryStore::rename_back(const model::MailboxEntry& from, const model::MailboxEntry& to)
{
    auto there = uniqueid_at(from);
    return there && *there == from.uniqueid ? success() : rename(to, from);
}

Status MemoryStore::rename_user(const std::string& from, const std::string& to)
{
    if (users.erase(from) > 0) users.insert(to);
    return success();
}

Status MemoryStore::remove_user(const std::string& userid)
{
    users.erase(userid);
    return success();
}

Status MemoryStore::remove(const model::MailboxEntry& entry)
{
    auto there = state(entry.name.internal());
    if (!there || there->entry.partition != entry.partition ||
        (!entry.uniqueid.empty() && there->entry.uniqueid != entry.uniqueid))
        return success();
    there->removed = true;
    there->wake();
    mailboxes_.erase(entry.name.internal());
    return success();
}

Status MemoryStore::rename(const model::MailboxEntry& from, const model::MailboxEntry& to)
{
    auto arrived = uniqueid_at(to);
    if (arrived && *arrived == from.uniqueid) return success();
    auto there = state(from.name.internal());
    if (!there) return Error{Code::not_found, "no such mailbox"};
    // The same name: it goes to another partition.
    if (!(from.name == to.name) && has(to)) return Error{Code::exists, "mailbox is there"};
    mailboxes_.erase(from.name.internal());
    there->entry = to;
    mailboxes_[to.name.internal()] = there;
    return success();
}

Status MemoryStore::acl_changed(const model::MailboxEntry& entry)
{
    auto there = state(entry.name.internal());
    if (!there) return Error{Code::not_found, "no such mailbox"};
    there->entry.acl = entry.acl;
    return success();
}

Result<std::string> MemoryStore::special_use(const model::MailboxEntry& entry)
{
    auto there = state(entry.name.internal());
    if (!there) return Error{Code::not_found, "no such mailbox"};
    return there->special_use;
}

Status MemoryStore::set_special_use(const model::MailboxEntry& entry, const std::string& uses)
{
    auto there = state(entry.name.internal());
    if (!there) return Error{Code::not_found, "no such mailbox"};
    there->special_use = uses;
    return success();
}

bool MemoryStore::has(const model::MailboxEntry& entry)
{
    return mailboxes_.contains(entry.name.internal());
}

bool MemoryStore::has_messages(const model::MailboxEntry& entry)
{
    const auto there = state(entry.name.internal());
    return there && there->entry.partition == entry.partition && !there->messages.empty();
}

Result<std::unique_ptr<mailbox::Mailbox>> MemoryStore::open(const model::MailboxEntry& entry,
                                                            const std::string& userid,
                                                            mailbox::OpenMode mode)
{
    auto there = state(entry.name.internal());
    if (!there) return Error{Code::not_found, "no such mailbox"};
    if (fail_open) return *fail_open;
    return std::unique_ptr<mailbox::Mailbox>(
        std::make_unique<MemoryView>(*this, std::move(there), userid, mode));
}

Result<std::unique_ptr<mailbox::MaildropLock>> MemoryStore::lock_maildrop(
    const model::MailboxEntry& entry)
{
    auto there = state(entry.name.internal());
    if (!there) return Error{Code::not_found, "no such mailbox"};
    if (there->maildrop_taken) return Error{Code::busy, "maildrop is in use"};
    return std::unique_ptr<mailbox::MaildropLock>(
        std::make_unique<MemoryMaildrop>(std::move(there)));
}

Result<mailbox::Extent> MemoryStore::extent(const model::MailboxEntry& entry)
{
    const auto there = state(entry.name.internal());
    if (!there) return Error{Code::not_found, "no such mailbox"};
    mailbox::Extent extent;
    extent.uidnext = there->uidnext;
    extent.uidvalidity = there->uidvalidity;
    for (const auto& m : there->messages) {
        if (m->expunged) continue;
        if (extent.messages++ == 0) extent.first_uid = m->uid;
    }
    return extent;
}

Result<mailbox::StatusItems> MemoryStore::status(const model::MailboxEntry& entry,
                                                 const std::string& userid)
{
    const auto there = state(entry.name.internal());
    if (!there) return Error{Code::not_found, "no such mailbox"};
    mailbox::StatusItems items;
    items.messages = static_cast<uint32_t>(there->messages.size());
    items.uidnext = there->uidnext;
    items.uidvalidity = there->uidvalidity;
    items.highestmodseq = there->modseq;
    for (const auto& m : there->messages) {
        items.recent += m->recent ? 1 : 0;
        items.unseen += m->seen_by.contains(userid) ? 0 : 1;
        items.size += m->bytes.size();
    }
    return items;
}

Result<std::unique_ptr<mailbox::StagedMessage>> MemoryStore::stage(const std::string&)
{
    return std::unique_ptr<mailbox::StagedMessage>(std::make_unique<MemoryStaged>());
}

Result<mailbox::AppendResult> MemoryStore::append(const model::MailboxEntry& entry,
                                                  const std::string& userid,
                                                  std::span<const mailbox::AppendItem> items)
{
    if (fail_append) return *fail_append;
    auto there = state(entry.name.internal());
    if (!there) return Error{Code::not_found, "no such mailbox"};
    mailbox::AppendResult result{there->uidvalidity, {}};
    for (const auto& item : items) {
        TRY_ASSIGN(const model::KeywordBits bits, there->keyword_bits(item.flags.keywords));
        TRY_ASSIGN(const std::string_view bytes, item.message->map());
        there->append(std::string(bytes), item.flags.system, item.internaldate, item.zone_minutes);
        MemoryMessage& m = *there->messages.back();
        m.keywords = bits;
        if ((item.flags.system & model::kSeen) != 0) m.seen_by.insert(userid);
        result.uids.push_back(m.uid);
    }
    there->wake();
    return result;
}

}  // namespace rookery::test
