// The LMTP daemon as a service of master: what lmtpd and lmtpproxyd have in common.
//
// The mains differ in what they link: lmtpd gives a store, lmtpproxyd none. TLS and libsasl2 are
// set up in the template; list, store and connections to other servers are opened in the worker,
// which keeps them for all its clients. Option -a: every client is taken as authenticated.
#ifndef ROOKERY_IMAP_DAEMON_LMTP_SERVICE_H
#define ROOKERY_IMAP_DAEMON_LMTP_SERVICE_H

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "imap/backend/backend_pool.h"
#include "imap/lmtp/duplicates.h"
#include "imap/mailbox/mailbox_store.h"
#include "imap/mailbox/quota.h"
#include "imap/mboxlist/directory.h"
#include "lib/auth/tls_context.h"
#include "lib/base/result.h"
#include "lib/config/config.h"
#include "master/service.h"

namespace rookery::daemon {

struct LmtpParts {
    Result<std::unique_ptr<mboxlist::Directory>> (*open_directory)(const config::Config&);
    // Both null in lmtpproxyd.
    Result<std::unique_ptr<mailbox::MailboxStore>> (*open_store)(const config::Config&);
    std::unique_ptr<mailbox::Quotas> (*open_quotas)(const config::Config&, mboxlist::Directory&,
                                                    mailbox::MailboxStore&);
};

class LmtpService final : public master::Service {
 public:
    explicit LmtpService(LmtpParts parts) : parts_(parts) {}
    std::string_view extra_options() const override { return "a"; }
    Status option(char letter, std::string_view argument) override;
    Status prepare(const config::Config& config) override;
    std::string lacking() const override { return tls_.lacking; }
    void warm_up() override;
    Status worker_start() override;
    Deadline between_clients() override;
    void serve(Fd client, const master::ClientInfo& info) override;

 private:
    LmtpParts parts_;
    bool everyone_authenticated_ = false;
    const config::Config* config_ = nullptr;
    auth::ServerTls tls_;
    std::unique_ptr<mboxlist::Directory> directory_;
    std::unique_ptr<mailbox::MailboxStore> store_;
    std::unique_ptr<mailbox::Quotas> quotas_;
    std::optional<lmtp::Duplicates> duplicates_;
    std::optional<backend::BackendPool> backends_;
};

}  // namespace rookery::daemon

#endif
