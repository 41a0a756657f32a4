// Connector: everything between the dial and a stream that the engine may use. For backend.cc only.
//
// Each error names the server. What TLS must be there, and what protection a login must have, is
// LoginPolicy's; a mechanism that cannot be used here or that the server takes
// back is followed by the next that both sides have, under the same conditions.
#ifndef ROOKERY_IMAP_BACKEND_CONNECTOR_H
#define ROOKERY_IMAP_BACKEND_CONNECTOR_H

#include <memory>
#include <string>
#include <vector>

#include "imap/backend/dialect.h"
#include "imap/backend/link.h"
#include "imap/backend/server_address.h"
#include "lib/auth/sasl_client.h"
#include "lib/auth/tls_context.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::backend {

class Connector {
 public:
    // All must outlive it.
    Connector(const config::Config& config, const Dialect& dialect, const std::string& server,
              const ConnectOptions& options)
        : config_(config), dialect_(dialect), server_(server), options_(options)
    {
    }

    Result<std::unique_ptr<Link>> run();
    // On a connection that its last user has left.
    Result<std::unique_ptr<Link>> run_again(std::unique_ptr<Link> left);

 private:
    Status connect();
    Status settle();
    Result<std::unique_ptr<Link>> finished(Status done);
    Error named(Error error) const;
    void note_ends(int fd);
    // With several mechanisms the furthest of them counts.
    void reach(LoginStep step) const
    {
        if (options_.reached != nullptr && *options_.reached < step) *options_.reached = step;
    }
    stream::Stream& stream() { return link_->stream; }
    std::vector<std::string>& caps() { return link_->capabilities; }

    Status greet();
    Status become_reader();
    Status protect();
    Status is_protected() const;
    Status handshake();
    Status after_tls();
    void show();
    void hide();

    auth::Credentials credentials() const;
    std::vector<std::string> mechanisms() const;
    void new_sasl();
    Status login_or_reason();
    Status login();
    Status attempt(const std::vector<std::string>& mechanisms);
    Status exchange(auth::SaslClient::Start& start);
    Status give_up(Error why);
    Error refused(std::string_view text) const;
    Status logged_in(Dialect::AuthStep& step, const std::vector<std::string>& offered);
    Status check_after_layer(const std::vector<std::string>& offered);
    Status compress();

    const config::Config& config_;
    const Dialect& dialect_;
    const std::string& server_;
    const ConnectOptions& options_;
    ServerAddress address_;
    LoginPolicy policy_;
    std::string local_;
    std::string remote_;
    bool another_may_do_ = false;  // of the last attempt: the connection is as it was before it
    std::unique_ptr<Link> link_;
};

}  // namespace rookery::backend

#endif
