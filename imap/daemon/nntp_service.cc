#include "imap/daemon/nntp_service.h"

#include "imap/cluster/make_folder.h"
#include "imap/mboxlist/access_options.h"
#include "imap/model/access.h"
#include "imap/nntp/reply.h"

namespace rookery::daemon {

Status NntpService::option(char letter, std::string_view argument)
{
    if (letter == 'f') reads_ = false;
    if (letter == 'r') feeds_ = false;
    if (!reads_ && !feeds_) return Error{Code::config, "-f and -r leave nothing to do"};
    return MailService::option(letter, argument);
}

Status NntpService::prepare(const config::Config& config)
{
    TRY_ASSIGN(newsgroups_, mboxlist::Newsgroups::open(config));
    TRY_ASSIGN(peers_, nntp::peers_of(config));
    return MailService::prepare(config);
}

Status NntpService::worker_start()
{
    TRY(MailService::worker_start());
    idle_.emplace(config());
    health_.emplace(backend::Health::path(config()), backend::Health::options(config()));
    TRY_ASSIGN(memory_, delivery::DeliveryMemory::open(delivery::DeliveryMemory::path(config())));
    if (store() != nullptr) operations_.emplace(config(), directory(), *store(), quotas());
    mail_.emplace(config(), backend::lmtp_dialect(), nullptr, &*health_);
    mail_->set_gate(gate());
    return success();
}

// By the rules of CREATE and DELETE; a group that is removed is kept as delete_mode says.
nntp::GroupChanges NntpService::changes()
{
    if (!operations_) return {};
    const auto make = [this](const model::MailboxName& name, const auth::Identity& who) -> Status {
        TRY(cluster::make_folder(config(), *operations_, quotas(), name, who));
        return success();
    };
    const auto remove = [this](const model::MailboxName& name,
                               const auth::Identity& who) -> Status {
        const auto check = [&](const model::MailboxEntry& now) -> Status {
            TRY(model::require_settled(now));
            return model::require(who, now, model::Rights::delete_mailbox,
                                  mboxlist::access_options(config()));
        };
        if (config().delete_mode() == config::DeleteMode::immediate)
            return operations_->remove(name, check, cluster::Operations::Tell::master);
        TRY_ASSIGN(auto deleted, name.deleted_name(config().deletedprefix(), wall_seconds()));
        const cluster::Operations::Renaming renaming{name, std::move(deleted)};
        return operations_->rename(
            {&renaming, 1},
            [&](const model::MailboxEntry& from, model::MailboxEntry&) { return check(from); });
    };
    return {make, remove};
}

Deadline NntpService::between_clients()
{
    return idle_->close_expired().min(mail_->close_idle());
}

void NntpService::serve(Fd client, const service::ClientInfo& info)
{
    // In this order: a SASL layer of the stream uses the kit until the stream is gone.
    session::SessionKit kit = kit_for(info);
    stream::Stream stream(std::move(client));
    kit.await_login(stream);
    if (const auto why = kit.why_not_now()) {
        // Where TLS comes first there is nothing that could be said without.
        if (!tls_at_once()) {
            stream.put(nntp::reply(400, *why));
            (void)stream.flush();
        }
        return;
    }
    if (!begins(kit, stream)) return;
    backend::BackendPool backends(config(), backend::nntp_dialect(), &*idle_, &*health_);
    backends.set_gate(gate());
    // Who does not log in is nobody in particular there too.
    backends.set_user("anonymous");
    std::optional<nntp::Feed> feed;
    if (!peers_.empty()) feed.emplace(config(), peers_);
    nntp::Engine(
        {.config = config(),
         .kit = kit,
         .client = stream,
         .directory = directory(),
         .newsgroups = *newsgroups_,
         .backends = backends,
         .articles = memory_->articles,
         .mail = *mail_,
         .local = {.store = store(),
                   .quotas = quotas(),
                   .duplicates = &memory_->duplicates,
                   .unfinished = &memory_->unfinished,
                   .articles = &memory_->articles},
         .changes = changes(),
         .feed = feed ? &*feed : nullptr,
         .reads = reads_,
         .feeds = feeds_})
        .run();
    // Nobody waits for it any more.
    if (feed) feed->push();
}

}  // namespace rookery::daemon
