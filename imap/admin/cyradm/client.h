// Client: an administrator's connection to an IMAP server, and to those that it refers to.
//
// A server that answers NO [REFERRAL url] is believed: the command goes to the server of the URL,
// with the same credentials, and its answer counts (RFC 2193). Connections are kept until the
// object goes. Codes: denied (the login; the server's NO or BAD, whose text is the error's),
// unavailable, timeout, closed, syntax, and the stream's. One thread.
#ifndef ROOKERY_IMAP_ADMIN_CYRADM_CLIENT_H
#define ROOKERY_IMAP_ADMIN_CYRADM_CLIENT_H

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "imap/backend/backend.h"
#include "imap/backend/login_policy.h"
#include "imap/backend/talk.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::cyradm {

struct Access {
    std::string user;       // who logs in
    std::string authz;      // for whom; "" = the same
    std::string mechanism;  // "" = the best that is offered
    std::string port;       // "" = imap
    std::string certificate_file;
    std::string ca_file;
    std::string ca_directory;
    bool tls = true;  // where it is offered; with a CA it must be
    std::optional<std::string> password;
    std::function<std::string()> ask_password;  // asked at most once
};

class Client {
 public:
    // A response of the server, whole, behind "* ".
    using Each = std::function<Status(std::string_view word, std::string_view rest)>;

    static Result<std::unique_ptr<Client>> connect(const config::Config& config, Access& access,
                                                   const std::string& server);
    ~Client();

    const std::string& server() const { return server_; }
    bool has(std::string_view capability) const { return connection_->has_capability(capability); }
    // One command, without its tag and line end, whose strings may be literals. Gives the text of
    // the OK. An untagged NO that comes with it is an error like a tagged one.
    Result<std::string> ask(std::string_view command, const Each& each = nullptr);

 private:
    Client(const config::Config& config, Access& access, std::string server,
           std::unique_ptr<backend::Backend> connection);
    Result<std::string> ask_here(std::string_view command, const Each& each);
    Result<Client*> other(std::string_view url);

    const config::Config& config_;
    Access& access_;
    std::string server_;
    std::unique_ptr<backend::Backend> connection_;
    std::map<std::string, std::unique_ptr<Client>> others_;  // by server
};

// The server of "imap://user;AUTH=*@host:port/mailbox". None: no such URL.
std::optional<std::string> server_of_url(std::string_view url);

}  // namespace rookery::cyradm

#endif
