#include "imap/daemon/lmtp_service.h"

#include <utility>

#include "imap/cluster/make_folder.h"
#include "imap/cluster/operations.h"
#include "imap/delivery/delivery_memory.h"
#include "imap/delivery/remote_copies.h"
#include "imap/delivery/script_cache.h"
#include "imap/delivery/script_mail.h"
#include "imap/mupdate/murder_directory.h"

namespace rookery::daemon {

// What a worker has for all its clients where mail is kept.
struct LmtpService::Kept {
    Kept(const config::Config& config, mboxlist::Directory& list, mailbox::MailboxStore& store,
         mailbox::Quotas* quotas, delivery::DeliveryMemory opened,
         delivery::RemoteCopies::Gate gate)
        : operations(config, list, store, quotas),
          murder(config, list),
          memory(std::move(opened)),
          scripts(config),
          remote(config, std::move(gate)),
          mail(config, memory.sent)
    {
    }
    cluster::Operations operations;
    mupdate::MurderDirectory murder;
    delivery::DeliveryMemory memory;
    delivery::ScriptCache scripts;
    delivery::RemoteCopies remote;
    delivery::ScriptMail mail;
};

Status LmtpService::option(char letter, std::string_view)
{
    if (letter == 'a') everyone_authenticated_ = true;
    return success();
}

Status LmtpService::worker_start()
{
    TRY(MailService::worker_start());
    backends_.emplace(config(), backend::lmtp_dialect());
    backends_->set_gate(gate());
    if (config().autocreate_post() && config().autocreate_quota() >= 0)
        make_user_ = open_make_user_(config(), directory(), store(), quotas());
    if (store() == nullptr) return success();
    const std::string path = delivery::DeliveryMemory::path(config());
    TRY_ASSIGN(auto memory, delivery::DeliveryMemory::open(path));
    kept_ = std::make_shared<Kept>(config(), directory(), *store(), quotas(), std::move(memory),
                                   gate());
    return success();
}

delivery::Local LmtpService::local()
{
    if (kept_ == nullptr) return {};
    Kept& kept = *kept_;
    return {.store = store(),
            .quotas = quotas(),
            .duplicates = &kept.memory.duplicates,
            .unfinished = &kept.memory.unfinished,
            .scripts = &kept.scripts,
            .murder = &kept.murder,
            .seen = &kept.memory.seen,
            .remote = &kept.remote,
            .mail = &kept.mail,
            .make = [this, &kept](const model::MailboxName& name, const auth::Identity& owner) {
                return cluster::make_folder(config(), kept.operations, quotas(), name, owner);
            },
            .articles = &kept.memory.articles};
}

Deadline LmtpService::between_clients()
{
    const Deadline backends = backends_->close_idle();
    return kept_ == nullptr ? backends : backends.min(kept_->remote.close_expired());
}

void LmtpService::serve(Fd client, const service::ClientInfo& info)
{
    // In this order: a SASL layer of the stream uses the kit until the stream is gone.
    session::SessionKit kit = kit_for(info);
    stream::Stream stream(std::move(client));
    if (everyone_authenticated_ || info.is_unix) {
        session::SessionKit::await_nothing(stream);
    } else {
        kit.await_login(stream);
        if (const auto why = kit.why_not_now()) {
            stream.put("421 4.7.0 ", *why, "\r\n");
            (void)stream.flush();
            return;
        }
    }
    lmtp::Engine({config(), kit, stream, directory(), *backends_, local(), everyone_authenticated_,
                  make_user_})
        .run();
}

}  // namespace rookery::daemon
