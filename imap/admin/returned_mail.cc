#include "imap/admin/returned_mail.h"

#include "imap/delivery/delivery.h"
#include "imap/delivery/message_filter.h"
#include "imap/delivery/spooled_message.h"
#include "imap/mboxlist/open_directory.h"
#include "imap/mboxlist/servers.h"
#include "imap/store/local_quotas.h"
#include "imap/store/local_store.h"
#include "imap/submission/compose.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/text/imap_date.h"

namespace rookery::admin {
namespace {

text::DateTime local_time(int64_t seconds)
{
    return {seconds, text::local_zone_minutes(seconds)};
}

delivery::Address address_of(std::string_view userid)
{
    const size_t at = userid.rfind('@');
    delivery::Address address;
    address.text = userid;
    address.local = userid.substr(0, at);
    if (at != userid.npos) address.domain = userid.substr(at + 1);
    return address;
}

submission::Composed notice_of(const submission::Entry& entry, std::string_view message,
                               const std::string& servername)
{
    submission::Undeliverable failed;
    failed.owner = entry.mail.owner;
    if (failed.owner.find('@') == failed.owner.npos) cat_to(failed.owner, '@', servername);
    failed.what = submission::kind_word(entry.mail.kind);
    failed.from = entry.mail.from;
    for (const std::string& to : entry.mail.to)
        cat_to(failed.to, failed.to.empty() ? "" : ", ", to);
    failed.reason = entry.state.reason;
    failed.since = local_time(entry.arrived);
    return submission::undeliverable_notice(
        failed, message, {servername, local_time(entry.state.failed), "undeliverable-" + entry.id});
}

}  // namespace

Status ReturnedMail::open()
{
    if (recipients_) return success();
    TRY_ASSIGN(directory_, mboxlist::open_directory(config_));
    // A frontend has none, and sends all of it on.
    if (!config_.partitions().empty()) {
        TRY_ASSIGN(store_, store::open_local_store(config_));
        quotas_ = store::open_local_quotas(config_, *directory_, *store_);
        const std::string path = delivery::DeliveryMemory::path(config_);
        TRY_ASSIGN(memory_, delivery::DeliveryMemory::open(path));
    }
    murder_.emplace(config_, *directory_);
    backends_.emplace(config_, backend::lmtp_dialect());
    backends_->set_gate([this](const std::string& server) {
        return mboxlist::check_in_service(*directory_, server);
    });
    recipients_.emplace(config_, *murder_);
    return success();
}

Result<std::unique_ptr<mailbox::StagedMessage>> ReturnedMail::stage(
    const delivery::Recipient& recipient, std::string& partition)
{
    if (store_ != nullptr && recipient.server.empty()) {
        TRY_ASSIGN(const auto entry,
                   recipients_->target(recipient, delivery::sender_identity(std::nullopt)));
        partition = entry.partition;
        return store_->stage(partition);
    }
    return std::unique_ptr<mailbox::StagedMessage>(
        std::make_unique<delivery::SpooledMessage>(config_.temp_path()));
}

Status ReturnedMail::give_back(const submission::Entry& entry, std::string_view message)
{
    TRY(open());
    delivery::Transaction t;
    t.sender = delivery::sender_identity(std::nullopt);
    t.session_id = "rookery-submit-" + entry.id;
    auto resolved = recipients_->resolve(address_of(entry.mail.owner), t.sender);
    if (resolved.is(Code::bad_name)) return Error{Code::not_found, resolved.error().text};
    TRY_ASSIGN(delivery::Recipient recipient, std::move(resolved));
    recipient.ignore_quota = true;
    const Status delivered = deliver(entry, message, std::move(t), std::move(recipient));
    // The user is there: it is this system's trouble.
    if (delivered.is(Code::not_found)) return Error{Code::io, delivered.error().text};
    return delivered;
}

Status ReturnedMail::deliver(const submission::Entry& entry, std::string_view message,
                             delivery::Transaction t, delivery::Recipient recipient)
{
    TRY_ASSIGN(auto staged, stage(recipient, t.partition));
    delivery::FilterOptions options;
    options.front = "Return-Path: <>\r\n";
    options.munge_8bit = false;  // of the header, which is ours
    delivery::MessageFilter filter(*staged, std::move(options));
    const submission::Composed notice = notice_of(entry, message, config_.servername());
    for (const std::string_view piece : notice.pieces()) filter.add(piece);
    TRY(filter.finish());
    t.message = staged.get();
    t.message_id = filter.own_id();
    t.date = filter.own_date();
    // The same entry makes the same notice, whose Message-ID has the entry's id.
    t.id = entry.id;
    t.digest = filter.digest();
    t.recipients.push_back(std::move(recipient));
    delivery::Delivery delivery(config_, *murder_, *recipients_, *backends_,
                                {.store = store_.get(),
                                 .quotas = quotas_.get(),
                                 .duplicates = memory_ ? &memory_->duplicates : nullptr,
                                 .unfinished = memory_ ? &memory_->unfinished : nullptr});
    const auto outcomes = delivery.deliver(t);
    delivery.told(true);
    return outcomes.empty() ? Status(Error{Code::io, "no answer of the delivery"})
                            : outcomes.front().status;
}

}  // namespace rookery::admin
