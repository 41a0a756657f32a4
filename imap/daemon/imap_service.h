// The IMAP daemon as a service of master: what imapd and proxyd have in common.
//
// The two mains differ in what they link: imapd gives a store, proxyd none. Everything that is read
// once (TLS, libsasl2) is made in the template; the list and the store are opened after the fork.
// Option -s: TLS from the first byte (imaps).
#ifndef ROOKERY_IMAP_DAEMON_IMAP_SERVICE_H
#define ROOKERY_IMAP_DAEMON_IMAP_SERVICE_H

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "imap/backend/health.h"
#include "imap/backend/idle_backends.h"
#include "imap/cluster/operations.h"
#include "imap/mailbox/mailbox_store.h"
#include "imap/mailbox/quota.h"
#include "imap/mailbox/sync_store.h"
#include "imap/mboxlist/directory.h"
#include "lib/auth/tls_context.h"
#include "lib/base/result.h"
#include "lib/config/config.h"
#include "master/service.h"

namespace rookery::daemon {

struct ImapParts {
    Result<std::unique_ptr<mboxlist::Directory>> (*open_directory)(const config::Config&);
    // All null in proxyd.
    Result<std::unique_ptr<mailbox::MailboxStore>> (*open_store)(const config::Config&);
    std::unique_ptr<mailbox::Quotas> (*open_quotas)(const config::Config&, mboxlist::Directory&,
                                                    mailbox::MailboxStore&);
    std::unique_ptr<mailbox::SyncStore> (*open_sync)(mailbox::MailboxStore&);
};

class ImapService final : public master::Service {
 public:
    explicit ImapService(ImapParts parts) : parts_(parts) {}
    std::string_view extra_options() const override { return "s"; }
    Status option(char letter, std::string_view argument) override;
    Status prepare(const config::Config& config) override;
    std::string lacking() const override { return tls_.lacking; }
    void warm_up() override;
    Status worker_start() override;
    Deadline between_clients() override;
    void serve(Fd client, const master::ClientInfo& info) override;

 private:
    ImapParts parts_;
    bool tls_at_once_ = false;
    const config::Config* config_ = nullptr;
    auth::ServerTls tls_;
    std::unique_ptr<mboxlist::Directory> directory_;
    std::unique_ptr<mailbox::MailboxStore> store_;
    std::unique_ptr<mailbox::Quotas> quotas_;
    std::unique_ptr<mailbox::SyncStore> sync_;
    std::unique_ptr<cluster::Operations> operations_;
    std::optional<backend::IdleBackends> idle_;  // for sessions of this worker
    std::optional<backend::Health> health_;      // of the servers, seen by all workers
};

}  // namespace rookery::daemon

#endif
