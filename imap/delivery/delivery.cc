// One message to the recipients of one transaction.
#include "imap/delivery/delivery.h"

#include <algorithm>
#include <utility>

#include "lib/base/log.h"
#include "lib/service/counters.h"
#include "lib/text/imap_date.h"

namespace rookery::delivery {

Delivery::Delivery(const config::Config& config, Recipients& recipients,
                   mailbox::MailboxStore* store, mailbox::Quotas* quotas, Duplicates* duplicates,
                   backend::BackendPool& backends)
    : config_(config),
      recipients_(recipients),
      store_(store),
      quotas_(quotas),
      duplicates_(duplicates),
      remote_(config, backends)
{
}

std::vector<Outcome> Delivery::deliver(const Transaction& t)
{
    outcomes_.assign(t.recipients.size(), Outcome{Error{Code::io, "not tried"}});
    strays_.assign(t.recipients.size(), false);
    RemoteDelivery::ByServer by_server;
    for (size_t i = 0; i < t.recipients.size(); ++i) {
        if (t.recipients[i].server.empty())
            outcomes_[i] = deliver_local(t, t.recipients[i]);
        else
            by_server[t.recipients[i].server].push_back(i);
    }
    deliver_remote(t, by_server);
    retry_strays(t);
    copies_.clear();
    return std::move(outcomes_);
}

Result<mailbox::StagedMessage*> Delivery::staged_on(const Transaction& t,
                                                    const std::string& partition)
{
    if (t.partition == partition) return t.message;
    for (auto& [name, copy] : copies_)
        if (name == partition) return copy.get();
    TRY_ASSIGN(auto copy, store_->stage(partition));
    TRY_ASSIGN(std::string_view text, t.message->map());
    TRY(copy->write(text));
    copies_.emplace_back(partition, std::move(copy));
    return copies_.back().second.get();
}

// over_quota, and nothing else: quotas that cannot be read keep no mail out.
Status Delivery::fits(const model::MailboxName& mailbox, const Recipient& recipient, uint64_t bytes)
{
    if (quotas_ == nullptr || recipient.ignore_quota) return success();
    mailbox::QuotaUsage more;
    more.bytes = bytes;
    more.messages = 1;
    Status done = quotas_->check(mailbox, more, config_.lmtp_strict_quota());
    if (done || done.is(Code::over_quota)) return done;
    if (!std::exchange(quota_trouble_told_, true))
        log::error("quotas cannot be read: mail is delivered without", {{"reason", done.error()}});
    return success();
}

Status Delivery::has_room(const Recipient& recipient, const auth::Identity& sender, uint64_t size)
{
    if (quotas_ == nullptr || recipient.ignore_quota || !recipient.server.empty()) return success();
    auto entry = recipients_.target(recipient, sender);
    // What is wrong with it is found when the message is here.
    if (!entry) return success();
    return fits(entry->name, recipient, std::max<uint64_t>(size, 1));
}

Status Delivery::store_message(const Transaction& t, const Recipient& recipient)
{
    TRY_ASSIGN(model::MailboxEntry entry, recipients_.target(recipient, t.sender));
    const bool known_again = duplicates_ != nullptr && !t.message_id.empty();
    const DeliveredMessage known{t.message_id, t.date, entry.uniqueid};
    if (known_again && duplicates_->was_delivered(known)) {
        log::notice("dupelim: eliminated duplicate message", {{"mailbox", entry.name.internal()},
                                                              {"id", t.message_id},
                                                              {"date", t.date},
                                                              {"session", t.session_id}});
        return success();
    }
    TRY_ASSIGN(mailbox::StagedMessage * staged, staged_on(t, entry.partition));
    TRY(fits(entry.name, recipient, staged->size()));
    mailbox::AppendItem item;
    item.message = staged;
    item.internaldate = wall_seconds();
    item.zone_minutes = text::local_zone_minutes(item.internaldate);
    TRY(store_->append(entry, recipient.userid, {&item, 1}));
    if (known_again) duplicates_->mark(known, item.internaldate);
    service::counters::add(service::counters::Kind::messages);
    log::notice(
        "delivered",
        {{"mailbox", entry.name.internal()}, {"size", staged->size()}, {"session", t.session_id}});
    return success();
}

Outcome Delivery::deliver_local(const Transaction& t, const Recipient& recipient)
{
    if (store_ == nullptr) return {Error{Code::config, "a local mailbox, and no store"}};
    Status done = store_message(t, recipient);
    if (done) return {};
    log::warning("not delivered", {{"mailbox", recipient.mailbox.internal()},
                                   {"reason", done.error()},
                                   {"session", t.session_id}});
    return {done.error()};
}

void Delivery::deliver_remote(const Transaction& t, const RemoteDelivery::ByServer& to)
{
    for (auto& [i, answer] : remote_.deliver(t, to)) {
        outcomes_[i] = std::move(answer.outcome);
        strays_[i] = answer.stray;
    }
}

void Delivery::retry_strays(const Transaction& t)
{
    RemoteDelivery::ByServer by_server;
    for (size_t i = 0; i < t.recipients.size(); ++i) {
        if (!strays_[i]) continue;
        strays_[i] = false;
        outcomes_[i] = {Error{Code::behind, {}}};
        auto server = recipients_.look_again(t.recipients[i]);
        if (!server) continue;
        if (server->empty())
            outcomes_[i] = deliver_local(t, t.recipients[i]);
        else if (*server != t.recipients[i].server)
            by_server[*server].push_back(i);
    }
    deliver_remote(t, by_server);
    for (size_t i = 0; i < strays_.size(); ++i)
        if (strays_[i]) outcomes_[i] = {Error{Code::behind, {}}};
}

}  // namespace rookery::delivery
