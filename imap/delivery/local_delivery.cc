#include "imap/delivery/local_delivery.h"

#include <algorithm>
#include <utility>

#include "imap/delivery/trace.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/service/counters.h"
#include "lib/text/imap_date.h"
#include "lib/text/rfc5322_header.h"

namespace rookery::delivery {
namespace {

// How many messages of a mailbox are looked at for one that a process which ended had begun.
constexpr uint32_t kMaxLooked = 1000;
// How long another connection is waited for that delivers the same message.
constexpr Seconds kSameMessage{30};

// Other servers' mailboxes have no uniqueid here.
DeliveredMessage known_as(const Transaction& t, const model::MailboxEntry& entry)
{
    return {t.message_id, t.date,
            entry.uniqueid.empty() ? std::string_view(entry.name.internal()) : entry.uniqueid};
}

Result<bool> holds(mailbox::Mailbox& box, std::string_view id, int64_t since)
{
    const uint32_t last = box.exists();
    const uint32_t first = last > kMaxLooked ? last - kMaxLooked + 1 : 1;
    for (uint32_t number = last; number >= first && number > 0; --number) {
        if (box.message(number).internaldate < since) continue;
        auto content = box.content(number);
        if (!content) continue;  // damaged, and told
        const std::string_view bytes = (*content)->bytes();
        const std::string_view header = bytes.substr(0, text::header_size(bytes));
        // An article is known by its Message-ID, which stands in the headers of others too.
        const bool is_it = id.starts_with('<')
                               ? trim(text::find_field(header, "Message-ID").value_or("")) == id
                               : header.find(id) != std::string_view::npos;
        if (is_it) return true;
    }
    return false;
}

}  // namespace

LocalDelivery::LocalDelivery(const config::Config& config, mboxlist::Directory& directory,
                             Recipients& recipients, Local local)
    : config_(config),
      recipients_(recipients),
      local_(std::move(local)),
      filter_({config, local_.murder != nullptr ? *local_.murder : directory, recipients,
               local_.store, local_.scripts, local_.seen, local_.make})
{
    if (local_.articles == nullptr) return;
    if (auto newsgroups = mboxlist::Newsgroups::open(config))
        newsgroups_ = *std::move(newsgroups);
    else
        log::warning("no newsgroups", {{"reason", newsgroups.error()}});
}

Status LocalDelivery::fits(const model::MailboxName& mailbox, const Recipient& recipient,
                           uint64_t bytes)
{
    if (local_.quotas == nullptr || recipient.ignore_quota) return success();
    mailbox::QuotaUsage more;
    more.bytes = bytes;
    more.messages = 1;
    Status done = local_.quotas->check(mailbox, more, config_.lmtp_strict_quota());
    if (done || done.is(Code::over_quota)) return done;
    if (!std::exchange(quota_trouble_told_, true))
        log::error("quotas cannot be read: mail is delivered without", {{"reason", done.error()}});
    return success();
}

MessageVariants::Edits LocalDelivery::edits_of(const Work& work, const Step& step) const
{
    return MessageVariants::Edits(work.decision.edits).first(step.copy.edits);
}

// One address may be named twice in a transaction, and is delivered to twice.
LocalDelivery::Step LocalDelivery::step_of(const Transaction& t, const Work& work, Copy copy) const
{
    const auto end = t.recipients.begin() + static_cast<std::ptrdiff_t>(work.number);
    const auto before = std::count_if(t.recipients.begin(), end, [&](const Recipient& r) {
        return r.address == work.recipient.address;
    });
    const std::string target = cat(copy.entry.name.internal(), " ", copy.edits, " ", before);
    return {std::move(copy), UnfinishedCopies::key(t.digest, work.recipient.address, target)};
}

// An article is in a newsgroup once, whatever is to be done with mail. Without newsprefix any
// shared mailbox may be a group, and is for mail.
bool LocalDelivery::is_once_only(const Transaction& t, const Step& step) const
{
    if (local_.duplicates == nullptr || t.message_id.empty()) return false;
    return config_.duplicatesuppression() ||
           (newsgroups_ && !config_.newsprefix().empty() &&
            newsgroups_->group_of(step.copy.entry.name).has_value());
}

// What is looked for must not come in between by another connection: it may be the same sender's,
// who has lost his last one.
Status LocalDelivery::hold(std::span<const DeliveredMessage> messages, Milliseconds wait)
{
    if (messages.empty()) return success();
    auto held = local_.duplicates->hold(messages, wait);
    if (held.is(Code::busy))
        return Error{Code::busy, "The same message is being delivered at the moment"};
    // Without locks it may come twice, which is better than not at all.
    if (held)
        held_.push_back(*std::move(held));
    else
        log::warning("deliveries are not locked", {{"reason", held.error()}});
    return success();
}

bool LocalDelivery::is_duplicate(const Transaction& t, const Recipient& to, const Step& step)
{
    if (!is_once_only(t, step)) return false;
    if (!local_.duplicates->was_delivered(known_as(t, step.copy.entry))) return false;
    log_known("dupelim: eliminated duplicate message", t, to,
              {.mailbox = step.copy.entry.name.internal(), .server = step.copy.entry.server});
    return true;
}

Result<bool> LocalDelivery::find_begun(const Work& work, const Step& step)
{
    const auto begun = local_.unfinished->find(step.key);
    if (!begun) return false;
    if (begun->stored) return true;
    const model::MailboxEntry& entry = step.copy.entry;
    if (!entry.is_local())
        return local_.remote->has(step.copy, work.recipient.userid, begun->id, begun->since);
    TRY_ASSIGN(auto box,
               local_.store->open(entry, work.recipient.userid, mailbox::OpenMode::read_only));
    return holds(*box, begun->id, begun->since);
}

// Whether the copy is there already. Where nobody can say for now, the mail waits; where its owner
// may put mail and may not read, nobody ever can.
void LocalDelivery::look_for(const Transaction& t, Work& work, Step& step)
{
    step.is_there = is_duplicate(t, work.recipient, step);
    if (step.is_there || local_.unfinished == nullptr) return;
    const auto found = find_begun(work, step);
    if (!found && is_final(found.error()))
        log::warning("not known whether a message was stored before: it is stored now",
                     {{"mailbox", step.copy.entry.name.internal()}, {"reason", found.error()}});
    else if (!found && work.status)
        work.status = found.error();
    step.is_there = found.value_or(false);
    if (!step.is_there) return;
    // It may have ended before it could say so.
    mark_delivered(t, step);
    log_known("stored by an earlier try", t, work.recipient,
              {.mailbox = step.copy.entry.name.internal(), .server = step.copy.entry.server});
}

void LocalDelivery::decide(const Transaction& t, Work& work)
{
    auto text = t.message->map();
    if (!text) {
        work.status = text.error();
        return;
    }
    auto decision = filter_.decide(t, work.recipient, *text);
    if (!decision) {
        work.status = decision.error();
        return;
    }
    work.decision = *std::move(decision);
    for (Copy& copy : work.decision.copies) work.steps.push_back(step_of(t, work, copy));
}

void LocalDelivery::look(const Transaction& t, Work& work)
{
    for (Step& step : work.steps) {
        look_for(t, work, step);
        if (step.is_there || !step.copy.entry.is_local() || !work.status) continue;
        if (auto text = t.message->map())
            work.status = fits(step.copy.entry.name, work.recipient, text->size());
        else
            work.status = text.error();
    }
}

// What is about to be stored is known before it is: a process that ends in between is found out.
void LocalDelivery::begin(const Transaction& t, std::span<Work> works)
{
    if (local_.unfinished == nullptr) return;
    std::vector<std::string> keys;
    for (Work& work : works) {
        work.is_begun = work.status.ok();
        for (const Step& step : work.steps)
            if (work.is_begun && !step.is_there) keys.push_back(step.key);
    }
    local_.unfinished->begin(keys, t.id);
}

void LocalDelivery::mark_delivered(const Transaction& t, const Step& step)
{
    if (is_once_only(t, step)) local_.duplicates->mark(known_as(t, step.copy.entry), now_);
}

void LocalDelivery::note_stored(const Transaction& t, const Recipient& to, Step& step)
{
    const model::MailboxEntry& entry = step.copy.entry;
    step.is_there = true;
    mark_delivered(t, step);
    service::counters::add(service::counters::Kind::messages);
    log_delivered(t, to, {.mailbox = entry.name.internal(), .server = entry.server});
}

// So that readers of news find it by its Message-ID.
void LocalDelivery::note_article(const Transaction& t, const model::MailboxEntry& entry,
                                 const mailbox::AppendResult& stored)
{
    if (!newsgroups_ || t.message_id.empty() || stored.uids.empty()) return;
    if (newsgroups_->group_of(entry.name))
        local_.articles->place(t.message_id, {entry.name.internal(), stored.uids.front()}, now_);
}

// After another server has said that it will never take the copy.
void LocalDelivery::keep_instead(const Transaction& t, Work& work, Step& step)
{
    auto entry = recipients_.target(work.recipient, t.sender);
    if (!entry) {
        work.status = entry.error();
        return;
    }
    const bool is_kept_already = std::any_of(
        work.steps.begin(), work.steps.end(),
        [&](const Step& other) { return &other != &step && other.copy.entry.name == entry->name; });
    Copy copy = step.copy;
    copy.entry = *std::move(entry);
    step = step_of(t, work, std::move(copy));
    if (is_kept_already) {
        step.is_there = true;
    } else {
        const DeliveredMessage message = known_as(t, step.copy.entry);
        // Without a wait: others are held.
        if (is_once_only(t, step)) work.status = hold({&message, 1}, Milliseconds(0));
        if (work.status) look_for(t, work, step);
    }
    if (!step.is_there && work.status)
        work.status = fits(step.copy.entry.name, work.recipient, t.message->size());
    if (local_.unfinished != nullptr && !step.is_there)
        local_.unfinished->begin({&step.key, 1}, t.id);
}

Status LocalDelivery::store_remote(Work& work, Step& step)
{
    TRY_ASSIGN(const EditedMessage text, variants_->text(edits_of(work, step)));
    const std::vector<std::string_view> pieces = {text.header, text.body};
    Status done = local_.remote->append(step.copy, work.recipient.userid, pieces, now_);
    if (!done.is(Code::not_found) && !done.is(Code::moved)) return done;
    // The list may be behind the mailbox.
    auto now = filter_.look_again(step.copy, work.recipient);
    if (!now) return done.is(Code::moved) && is_final(now.error()) ? done : now.error();
    step.copy.entry = *std::move(now);
    if (step.copy.entry.is_local()) return success();  // with the others that are here
    return local_.remote->append(step.copy, work.recipient.userid, pieces, now_);
}

void LocalDelivery::store_remote(const Transaction& t, Work& work)
{
    for (Step& step : work.steps) {
        if (!work.status) return;
        if (step.is_there || step.copy.entry.is_local()) continue;
        const std::string server = step.copy.entry.server;
        Status done = local_.remote != nullptr ? store_remote(work, step)
                                               : Status(Error{Code::denied, "no other servers"});
        if (done && !step.copy.entry.is_local()) note_stored(t, work.recipient, step);
        if (done) continue;
        log_not_delivered(t, work.recipient, done.error(),
                          {.mailbox = step.copy.entry.name.internal(), .server = server});
        if (is_final(done.error()))
            keep_instead(t, work, step);
        else
            work.status = done.error();
    }
}

mailbox::AppendItem LocalDelivery::item_of(mailbox::StagedMessage& staged, const Copy& copy) const
{
    return {&staged, copy.flags, now_, text::local_zone_minutes(now_)};
}

// The copies of a recipient that are to be stored here, each with its message; if one cannot be had
// none is stored.
std::vector<LocalDelivery::Prepared> LocalDelivery::prepare(Work& work)
{
    std::vector<Prepared> prepared;
    for (Step& step : work.steps) {
        if (!work.status) return {};
        if (step.is_there) continue;
        auto staged = variants_->on(step.copy.entry.partition, edits_of(work, step));
        if (!staged) {
            work.status = staged.error();
            return {};
        }
        prepared.push_back({&work, &step, *staged});
    }
    return prepared;
}

// All in one group: they are durable together.
void LocalDelivery::store_local(const Transaction& t, std::span<Work> works)
{
    std::vector<Prepared> all;
    std::vector<mailbox::GroupItem> items;
    for (Work& work : works)
        for (const Prepared& p : prepare(work)) {
            all.push_back(p);
            items.push_back({.entry = &p.step->copy.entry,
                             .userid = work.recipient.userid,
                             .item = item_of(*p.staged, p.step->copy)});
        }
    if (items.empty()) return;
    local_.store->append_group(items);
    for (size_t i = 0; i < items.size(); ++i) {
        if (!items[i].result) {
            all[i].work->status = items[i].result.error();
            continue;
        }
        note_stored(t, all[i].work->recipient, *all[i].step);
        note_article(t, all[i].step->copy.entry, *items[i].result);
    }
}

void LocalDelivery::finish(const Transaction& t, Work& work)
{
    std::vector<std::string> stored;
    std::vector<std::string> others;
    for (const Step& step : work.steps) (step.is_there ? stored : others).push_back(step.key);
    if (work.status && local_.mail != nullptr)
        work.status = local_.mail->queue(
            t, work.recipient, work.decision, *variants_,
            [&](const Copy& copy, std::string_view text) {
                store_text(work.recipient, copy, text);
            },
            mails_);
    if (!work.status) {
        log_not_delivered(t, work.recipient, work.status.error(),
                          {.mailbox = work.recipient.mailbox.internal()});
        if (local_.unfinished == nullptr) return;
        local_.unfinished->stored(stored);
        // Of what was begun it is not always known that it failed.
        if (work.is_begun) local_.unfinished->leave(others, t.id, now_);
        return;
    }
    done_.insert(done_.end(), stored.begin(), stored.end());
    for (const sieve::DuplicateMark& mark : work.decision.marks)
        if (local_.seen != nullptr) mark_seen(work.recipient, mark);
    if (!work.decision.broken.empty()) tell_broken(t, work);
}

void LocalDelivery::tell_broken(const Transaction& t, const Work& work)
{
    log::warning("a script failed: the message is kept", {{"user", work.recipient.userid},
                                                          {"script", work.decision.broken},
                                                          {"session", t.session_id}});
    if (local_.mail == nullptr || work.recipient.userid.empty()) return;
    auto inbox = recipients_.inbox(work.recipient);
    if (!inbox) return;
    if (auto notice = local_.mail->notice(work.recipient, work.decision.broken))
        store_text(work.recipient, {*inbox, {}, 0}, *notice);
}

// A message of our own. What cannot be stored is not worth another message.
void LocalDelivery::store_text(const Recipient& recipient, const Copy& copy, std::string_view text)
{
    auto done = [&]() -> Status {
        if (!copy.entry.is_local()) {
            if (local_.remote == nullptr) return Error{Code::denied, "no other servers"};
            return local_.remote->append(copy, recipient.userid, {text}, now_);
        }
        TRY_ASSIGN(auto staged, local_.store->stage(copy.entry.partition));
        TRY(staged->write(text));
        const mailbox::AppendItem item = item_of(*staged, copy);
        TRY(local_.store->append(copy.entry, recipient.userid, {&item, 1}));
        return success();
    }();
    if (!done)
        log::warning("a message of ours is not stored",
                     {{"mailbox", copy.entry.name.internal()}, {"reason", done.error()}});
}

void LocalDelivery::mark_seen(const Recipient& recipient, const sieve::DuplicateMark& mark)
{
    const std::string key = ScriptEnvironment::key_of(recipient, mark);
    const Status done = local_.seen->put(key, now_ + static_cast<int64_t>(mark.seconds));
    if (!done) log::warning("a message is not marked as seen", {{"reason", done.error()}});
}

std::map<size_t, Outcome> LocalDelivery::deliver(const Transaction& t,
                                                 std::span<const size_t> numbers)
{
    std::map<size_t, Outcome> outcomes;
    now_ = wall_seconds();
    if (variants_ == nullptr) variants_ = std::make_unique<MessageVariants>(t, *local_.store);
    std::vector<Work> works;
    for (size_t number : numbers) {
        works.push_back({number, t.recipients[number], {}, {}});
        decide(t, works.back());
    }
    std::vector<DeliveredMessage> once_only;
    for (const Work& work : works)
        for (const Step& step : work.steps)
            if (is_once_only(t, step)) once_only.push_back(known_as(t, step.copy.entry));
    const Status held = hold(once_only, kSameMessage);
    for (Work& work : works) {
        if (!held && work.status) work.status = held;
        if (held) look(t, work);
    }
    begin(t, works);
    for (Work& work : works) store_remote(t, work);
    store_local(t, works);
    for (Work& work : works) {
        finish(t, work);
        outcomes[work.number] = work.status ? Outcome{} : Outcome{work.status.error()};
        if (work.status && work.decision.refusal)
            outcomes[work.number] = Outcome::refused(*work.decision.refusal);
    }
    held_.clear();
    return outcomes;
}

void LocalDelivery::told(bool reached)
{
    if (local_.unfinished != nullptr) {
        if (reached)
            local_.unfinished->forget(done_);
        else
            local_.unfinished->stored(done_);
    }
    if (local_.mail != nullptr) local_.mail->send(mails_);
    done_.clear();
    mails_.clear();
    variants_.reset();
}

}  // namespace rookery::delivery
