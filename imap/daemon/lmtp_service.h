// The LMTP daemon as a service of master: what lmtpd and lmtpproxyd have in common.
//
// Connections to other servers are the worker's, which keeps them for all its clients.
// Option -a: every client is taken as authenticated.
#ifndef ROOKERY_IMAP_DAEMON_LMTP_SERVICE_H
#define ROOKERY_IMAP_DAEMON_LMTP_SERVICE_H

#include <memory>
#include <optional>
#include <string_view>

#include "imap/backend/backend_pool.h"
#include "imap/daemon/mail_service.h"
#include "imap/lmtp/engine.h"
#include "lib/base/result.h"
#include "lib/config/config.h"
#include "lib/service/service.h"

namespace rookery::daemon {

// How users without an INBOX get one (autocreate_post). Store and quotas are null in a proxy.
using OpenMakeUser = delivery::MakeUser (*)(const config::Config&, mboxlist::Directory&,
                                            mailbox::MailboxStore*, mailbox::Quotas*);

class LmtpService final : public MailService {
 public:
    LmtpService(MailParts parts, OpenMakeUser open_make_user)
        : MailService(lmtp::kProtocol, parts), open_make_user_(open_make_user)
    {
    }
    std::vector<Option> options() const override
    {
        return {{'a', "", "", "whoever connects is logged in already"}};
    }
    Status option(char letter, std::string_view argument) override;
    Status worker_start() override;
    Deadline between_clients() override;
    void serve(Fd client, const service::ClientInfo& info) override;

 private:
    OpenMakeUser open_make_user_;
    delivery::MakeUser make_user_;
    bool everyone_authenticated_ = false;
    // Where mail is kept.
    struct Kept;
    delivery::Local local();
    std::shared_ptr<Kept> kept_;
    std::optional<backend::BackendPool> backends_;
};

}  // namespace rookery::daemon

#endif
