#include "imap/pop3/maildrop.h"

#include <algorithm>

#include "imap/model/flags.h"
#include "imap/pop3/uidl.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::pop3 {

MaildropOptions maildrop_options(const config::Config& config)
{
    return {.uidl = config.uidl_format(),
            .uses_flags = config.popuseimapflags(),
            .apart = config.popminpoll(),
            .padding = static_cast<int>(config.poppollpadding())};
}

Maildrop::Maildrop(std::unique_ptr<mailbox::MaildropLock> lock,
                   std::unique_ptr<mailbox::Mailbox> view, const MaildropOptions& options)
    : lock_(std::move(lock)), view_(std::move(view)), options_(options)
{
    const uint32_t exists = view_->exists();
    messages_.reserve(exists);
    for (uint32_t i = 1; i <= exists; ++i) {
        const bool is_hidden =
            options_.uses_flags && (view_->message(i).system_flags & model::kDeleted) != 0;
        if (!is_hidden) messages_.push_back({.sequence = i});
    }
}

Result<Maildrop> Maildrop::open(mailbox::MailboxStore& store, const model::MailboxEntry& entry,
                                const std::string& userid, const MaildropOptions& options)
{
    TRY_ASSIGN(auto lock, store.lock_maildrop(entry));
    TRY_ASSIGN(auto view, store.open(entry, userid, mailbox::OpenMode::maildrop));
    return Maildrop(std::move(lock), std::move(view), options);
}

Result<bool> Maildrop::note_poll(int64_t now)
{
    if (options_.apart.count() <= 0) return true;
    return lock_->note_poll(now, options_.apart, options_.padding);
}

bool Maildrop::has(uint32_t number) const
{
    return number >= 1 && number <= messages_.size() && !messages_[number - 1].deleted;
}

Result<uint32_t> Maildrop::sequence(uint32_t number) const
{
    if (!has(number)) return Error{Code::not_found, "No such message"};
    return messages_[number - 1].sequence;
}

Maildrop::Sum Maildrop::sum()
{
    Sum sum;
    for (uint32_t i = 1; i <= last(); ++i) {
        if (!has(i)) continue;
        ++sum.messages;
        sum.octets += octets(i).value();
    }
    return sum;
}

// The size of one that is damaged is told as the index has it: the others' must not be lost by it.
Result<uint64_t> Maildrop::octets(uint32_t number)
{
    TRY_ASSIGN(const uint32_t at, sequence(number));
    auto octets = view_->octets(at);
    if (!octets) return uint64_t{view_->message(at).size};
    return octets;
}

Result<std::string> Maildrop::unique_id(uint32_t number) const
{
    TRY_ASSIGN(const uint32_t at, sequence(number));
    return uidl(options_.uidl, view_->uidvalidity(), view_->uid(at));
}

Result<std::unique_ptr<mailbox::Content>> Maildrop::content(uint32_t number)
{
    TRY_ASSIGN(const uint32_t at, sequence(number));
    return view_->content(at);
}

void Maildrop::sent(uint32_t number, bool whole, uint64_t bytes)
{
    if (whole) messages_[number - 1].retrieved = true;
    ++(whole ? counts_.retrieved : counts_.tops);
    counts_.octets += bytes;
}

Status Maildrop::mark_deleted(uint32_t number)
{
    TRY(sequence(number));
    messages_[number - 1].deleted = true;
    return success();
}

// Also forgets what was retrieved (RFC 1939 5: back to where the session began).
void Maildrop::reset()
{
    for (Message& m : messages_) m.deleted = m.retrieved = false;
}

bool Maildrop::marks_deleted() const
{
    return std::any_of(messages_.begin(), messages_.end(),
                       [](const Message& m) { return m.deleted; });
}

void Maildrop::mark_seen()
{
    std::vector<uint32_t> read;
    for (const Message& m : messages_)
        if (m.retrieved && !m.deleted) read.push_back(m.sequence);
    if (read.empty()) return;
    if (Status marked = view_->mark_seen(read); !marked)
        log::warning("cannot mark messages as seen",
                     {{"mailbox", view_->entry().name.internal()}, {"reason", marked.error()}});
}

Status Maildrop::commit(const Check& may_delete, const Check& may_see)
{
    if (options_.uses_flags && may_see()) mark_seen();
    model::SequenceSet gone;
    uint32_t count = 0;
    for (const Message& m : messages_) {
        if (!m.deleted) continue;
        gone.add(view_->uid(m.sequence));
        ++count;
    }
    if (count == 0) return success();
    TRY(may_delete());
    TRY(view_->remove(gone));
    counts_.deleted = count;
    return success();
}

}  // namespace rookery::pop3
