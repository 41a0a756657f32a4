// MailService: what all prefork daemons of mail have in common as services of master.
//
// The two daemons of a protocol differ in what they link: one has a store, the proxy none. What is
// read once (TLS, libsasl2) is made in the template; list and store are opened after the fork.
//
// Option -s, of those that have it: TLS from the first byte (imaps, pop3s); -p: the bits of a layer
// that others put around each connection.
#ifndef ROOKERY_IMAP_DAEMON_MAIL_SERVICE_H
#define ROOKERY_IMAP_DAEMON_MAIL_SERVICE_H

#include <functional>
#include <memory>
#include <string>

#include "imap/mailbox/mailbox_store.h"
#include "imap/mailbox/quota.h"
#include "imap/mboxlist/directory.h"
#include "imap/session/session_kit.h"
#include "lib/auth/tls_context.h"
#include "lib/base/result.h"
#include "lib/config/config.h"
#include "lib/service/service.h"
#include "lib/stream/stream.h"

namespace rookery::daemon {

struct MailParts {
    Result<std::unique_ptr<mboxlist::Directory>> (*open_directory)(const config::Config&);
    // Both null in a proxy. Where open_store gives null the server keeps no mail, as a proxy.
    Result<std::unique_ptr<mailbox::MailboxStore>> (*open_store)(const config::Config&);
    std::unique_ptr<mailbox::Quotas> (*open_quotas)(const config::Config&, mboxlist::Directory&,
                                                    mailbox::MailboxStore&);
};

class MailService : public service::Service {
 public:
    // protocol is borrowed for good.
    MailService(const session::Protocol& protocol, MailParts parts)
        : protocol_(protocol), parts_(parts)
    {
    }
    Status option(char letter, std::string_view argument) override;
    Status prepare(const config::Config& config) override;
    std::string lacking() const override { return tls_.lacking; }
    void warm_up() override;
    Status worker_start() override;

 protected:
    const config::Config& config() const { return *config_; }
    bool tls_at_once() const { return tls_at_once_; }
    // The handshake of -s, where it is given. False, and logged: nobody can be served.
    bool begins(session::SessionKit& kit, stream::Stream& client) const;
    mboxlist::Directory& directory() { return *directory_; }
    mailbox::MailboxStore* store() { return store_.get(); }  // null in a proxy
    mailbox::Quotas* quotas() { return quotas_.get(); }      // null in a proxy
    session::SessionKit kit_for(const service::ClientInfo& client);
    // For pools of connections to other servers: those that an administrator took out of service.
    std::function<Status(const std::string& server)> gate();

 private:
    const session::Protocol& protocol_;
    MailParts parts_;
    const config::Config* config_ = nullptr;
    auth::ServerTls tls_;
    bool tls_at_once_ = false;
    int external_bits_ = 0;
    std::unique_ptr<mboxlist::Directory> directory_;
    std::unique_ptr<mailbox::MailboxStore> store_;
    std::unique_ptr<mailbox::Quotas> quotas_;
};

}  // namespace rookery::daemon

#endif
