#include "imap/imapd/selected/local_append.h"

#include <algorithm>

#include "imap/imapd/capabilities.h"
#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/relay/router.h"
#include "imap/imapd/selected/updates.h"
#include "imap/model/sequence_set.h"
#include "lib/base/strings.h"
#include "lib/service/counters.h"

namespace rookery::imapd {

using model::Rights;

Completion too_big()
{
    return Completion::no("[TOOBIG] Message is larger than this server takes");
}

Completion too_many()
{
    return Completion::no("[LIMIT] Too many messages in one command");
}

Completion no_bytes()
{
    return Completion::no("[CANNOT] Message of no bytes");
}

namespace {

// What these need, less what goes from the same quota.
Status require_room(ImapSession& session, const model::MailboxName& into,
                    std::span<const Incoming> messages, const Replaced* replaced)
{
    mailbox::QuotaUsage more;
    for (const auto& m : messages) more.bytes += m.message->size();
    more.messages = messages.size();
    if (replaced != nullptr && share_quota(session, replaced->mailbox.entry().name, into)) {
        const uint64_t size = replaced->mailbox.message(replaced->sequence).size;
        more.bytes -= std::min(more.bytes, size);
        --more.messages;
    }
    return more.bytes + more.messages > 0 ? require_quota(session, into, more) : success();
}

}  // namespace

Result<Completion> append_all(ImapSession& session, const model::MailboxName& into,
                              std::span<Incoming> messages, const Replaced* replaced)
{
    auto found = entry_here(session, into);
    if (!found) return no_target(found.error());
    const model::MailboxEntry& entry = *found;
    if (auto may = LocalAppend::check(session, entry); !may) return no_target(may.error());
    const model::FlagFilter settable = model::settable_flags(rights_on(session, entry));
    std::vector<mailbox::AppendItem> items;
    items.reserve(messages.size());
    for (auto& m : messages) {
        settable.apply(m.flags);
        items.push_back({m.message.get(), m.flags, m.date.seconds, m.date.zone_minutes});
    }
    TRY(require_room(session, entry.name, messages, replaced));
    const std::string& user = session.user.identity->userid;
    auto appended = replaced == nullptr
                        ? session.store->append(entry, user, items)
                        : replaced->mailbox.replace(replaced->sequence, entry, user, items.front());
    TRY_ASSIGN(const auto done, std::move(appended));
    note_own(session, entry.name, done.uids);
    service::counters::add(service::counters::Kind::messages, items.size());
    model::SequenceSet uids;
    for (uint32_t uid : done.uids) uids.add(uid);
    return Completion::ok(
        cat("[APPENDUID ", done.uidvalidity, ' ', uids.to_string(), "] Completed"));
}

Status LocalAppend::check(ImapSession& session, const model::MailboxEntry& entry)
{
    TRY(require(session, entry, Rights::insert));
    return require_settled(entry);
}

Result<bool> LocalAppend::message(std::string_view flags, std::string_view internaldate,
                                  uint64_t size)
{
    if (size > append_limit(session_.config)) {
        refusal_ = {Completion::Kind::no, too_big().text};
        return false;
    }
    if (messages_.size() == kMaxMessages) {
        refusal_ = {Completion::Kind::no, too_many().text};
        return false;
    }
    Incoming incoming;
    for (const std::string_view flag : split_words(flags))
        TRY(model::add_flag(incoming.flags, flag));
    auto date = text::parse_date_time(internaldate);
    if (!date) return Error{Code::syntax, "Invalid date-time from the other server"};
    incoming.date = *date;
    TRY_ASSIGN(incoming.message, session_.store->stage(entry_.partition));
    messages_.push_back(std::move(incoming));
    return true;
}

Result<Answer> LocalAppend::commit()
{
    TRY_ASSIGN(Completion done, append_all(session_, entry_.name, messages_));
    return Answer{done.kind, std::move(done.text)};
}

}  // namespace rookery::imapd
