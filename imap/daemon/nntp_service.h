// nntpd as a service of master, on backends and frontends alike: the store is opened where
// imapd.conf has a partition.
//
// Options -s: TLS from the first byte (nntps); -r: for readers alone; -f: for feeds alone.
#ifndef ROOKERY_IMAP_DAEMON_NNTP_SERVICE_H
#define ROOKERY_IMAP_DAEMON_NNTP_SERVICE_H

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "imap/backend/health.h"
#include "imap/backend/idle_backends.h"
#include "imap/cluster/operations.h"
#include "imap/daemon/mail_service.h"
#include "imap/delivery/delivery_memory.h"
#include "imap/nntp/engine.h"
#include "imap/nntp/feed.h"

namespace rookery::daemon {

class NntpService final : public MailService {
 public:
    explicit NntpService(MailParts parts) : MailService(nntp::kProtocol, parts) {}
    std::vector<Option> options() const override
    {
        return {{'f', "", "", "take feeds alone"},
                {'r', "", "", "serve readers alone"},
                {'s', "", "", "TLS from the first byte"}};
    }
    Status option(char letter, std::string_view argument) override;
    Status prepare(const config::Config& config) override;
    Status worker_start() override;
    Deadline between_clients() override;
    void serve(Fd client, const service::ClientInfo& info) override;

 private:
    bool reads_ = true;
    bool feeds_ = true;
    std::optional<mboxlist::Newsgroups> newsgroups_;
    std::vector<nntp::Peer> peers_;  // that articles are fed to
    std::optional<delivery::DeliveryMemory> memory_;
    nntp::GroupChanges changes();
    std::optional<cluster::Operations> operations_;  // where mail is kept
    std::optional<backend::BackendPool> mail_;       // connections by LMTP, for all its clients
    std::optional<backend::IdleBackends> idle_;      // for sessions of this worker
    std::optional<backend::Health> health_;          // of the servers, seen by all workers
};

}  // namespace rookery::daemon

#endif
