// pop3d as a service of master, on backends and frontends alike: the store is opened where
// imapd.conf has a partition.
//
// Options -s: TLS from the first byte (pop3s); -k: only logins by Kerberos (kpop), which is GSSAPI.
#ifndef ROOKERY_IMAP_DAEMON_POP3_SERVICE_H
#define ROOKERY_IMAP_DAEMON_POP3_SERVICE_H

#include <optional>
#include <string_view>

#include "imap/backend/health.h"
#include "imap/backend/idle_backends.h"
#include "imap/daemon/mail_service.h"
#include "imap/daemon/make_users.h"
#include "imap/pop3/engine.h"

namespace rookery::daemon {

class Pop3Service final : public MailService {
 public:
    explicit Pop3Service(MailParts parts) : MailService(pop3::kProtocol, parts) {}
    std::vector<Option> options() const override
    {
        return {{'k', "", "", "take no login but one by Kerberos"},
                {'p', "", "ssf", "a layer of this strength is around each connection already"},
                {'s', "", "", "TLS from the first byte"}};
    }
    Status option(char letter, std::string_view argument) override;
    Status worker_start() override;
    Deadline between_clients() override;
    void serve(Fd client, const service::ClientInfo& info) override;

 private:
    bool needs_kerberos_ = false;
    delivery::MakeUser make_user_;
    std::optional<backend::IdleBackends> idle_;  // for sessions of this worker
    std::optional<backend::Health> health_;      // of the servers, seen by all workers
};

}  // namespace rookery::daemon

#endif
