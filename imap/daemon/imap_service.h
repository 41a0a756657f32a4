// The IMAP daemon as a service of master: what imapd and proxyd have in common.
#ifndef ROOKERY_IMAP_DAEMON_IMAP_SERVICE_H
#define ROOKERY_IMAP_DAEMON_IMAP_SERVICE_H

#include <memory>
#include <optional>
#include <string_view>

#include "imap/backend/health.h"
#include "imap/backend/idle_backends.h"
#include "imap/cluster/operations.h"
#include "imap/daemon/mail_service.h"
#include "imap/imapd/session.h"
#include "imap/mailbox/sync_store.h"
#include "lib/base/result.h"
#include "lib/config/config.h"
#include "lib/service/service.h"

namespace rookery::daemon {

using MakeSync = std::unique_ptr<mailbox::SyncStore> (*)(mailbox::MailboxStore&);

class ImapService final : public MailService {
 public:
    // open_sync: null in proxyd.
    ImapService(MailParts parts, MakeSync open_sync)
        : MailService(imapd::kProtocol, parts), open_sync_(open_sync)
    {
    }
    std::vector<Option> options() const override
    {
        return {{'p', "", "ssf", "a layer of this strength is around each connection already"},
                {'s', "", "", "TLS from the first byte"}};
    }
    Status worker_start() override;
    Deadline between_clients() override;
    void serve(Fd client, const service::ClientInfo& info) override;

 private:
    MakeSync open_sync_;
    std::unique_ptr<mailbox::SyncStore> sync_;
    std::unique_ptr<cluster::Operations> operations_;
    std::optional<backend::IdleBackends> idle_;  // for sessions of this worker
    std::optional<backend::Health> health_;      // of the servers, seen by all workers
};

}  // namespace rookery::daemon

#endif
