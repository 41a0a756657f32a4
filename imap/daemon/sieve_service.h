// timsieved as a service of master, on backends and frontends alike: it needs the list and the
// files of scripts, no store.
#ifndef ROOKERY_IMAP_DAEMON_SIEVE_SERVICE_H
#define ROOKERY_IMAP_DAEMON_SIEVE_SERVICE_H

#include <optional>

#include "imap/backend/health.h"
#include "imap/daemon/mail_service.h"
#include "imap/managesieve/engine.h"

namespace rookery::daemon {

class SieveService final : public MailService {
 public:
    explicit SieveService(MailParts parts) : MailService(managesieve::kProtocol, parts) {}
    Status prepare(const config::Config& config) override;
    Status worker_start() override;
    void serve(Fd client, const service::ClientInfo& info) override;

 private:
    std::optional<managesieve::Extensions> extensions_;
    std::optional<backend::Health> health_;
};

}  // namespace rookery::daemon

#endif
