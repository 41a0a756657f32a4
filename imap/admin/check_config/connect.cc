#include "imap/admin/check_config/connect.h"

#include <netdb.h>

#include <algorithm>

#include "imap/admin/check_config/peers.h"
#include "imap/backend/backend.h"
#include "imap/backend/talk.h"
#include "imap/mupdate/client.h"
#include "lib/base/strings.h"

namespace rookery::admin::check_config {
namespace {

using backend::Backend;
using backend::ConnectOptions;
using backend::LoginStep;

// A user whose name is nobody's: whom a proxy server may act for, it may act for him.
constexpr std::string_view kSomebody = "check-config";

bool resolves(const std::string& host)
{
    addrinfo* list = nullptr;
    const bool good = ::getaddrinfo(host.c_str(), nullptr, nullptr, &list) == 0;
    if (list != nullptr) ::freeaddrinfo(list);
    return good;
}

class Trial {
 public:
    Trial(const Server& server, const Peer& peer, Findings& findings)
        : server_(server), peer_(peer), findings_(findings), config_(*server.config)
    {
    }

    void master();
    void imap();
    void lmtp();

 private:
    Result<std::unique_ptr<Backend>> go(const backend::Dialect& dialect, ConnectOptions options);
    void tell(std::string_view step, std::string_view why, std::string write);
    // By the step that the login came to.
    void failed(const Error& error);
    Status is_admin(Backend& backend);
    std::string name() const;

    const Server& server_;
    const Peer& peer_;
    Findings& findings_;
    const config::Config& config_;
    std::string service_;
    LoginStep reached_ = LoginStep::address;
};

// As the options name it: with its port, where mupdate_port is one.
std::string Trial::name() const
{
    const bool own_port = peer_.is_master && config_.is_set("mupdate_port") &&
                          peer_.name.find(':') == std::string::npos;
    return own_port ? cat(peer_.name, ':', config_.mupdate_port()) : peer_.name;
}

Result<std::unique_ptr<Backend>> Trial::go(const backend::Dialect& dialect, ConnectOptions options)
{
    service_ = dialect.service;
    reached_ = LoginStep::address;
    options.reached = &reached_;
    return Backend::connect(config_, dialect, name(), options);
}

void Trial::tell(std::string_view step, std::string_view why, std::string write)
{
    findings_.push_back({Severity::error, server_.of(peer_.option),
                         cat(peer_.name, ", ", service_, ": ", step, ": ", why), std::move(write)});
}

void Trial::failed(const Error& error)
{
    const std::string short_name = backend::short_name(peer_.name);
    auto address = backend::server_address(config_, name(), service_);
    switch (reached_) {
        case LoginStep::address:
            return tell("address", error.text, cat(short_name, "_address: host:port"));
        case LoginStep::connect:
            if (address && !address->target.is_unix && !resolves(address->target.host))
                return tell("resolve", error.text,
                            cat(short_name, "_address: HOST, or the name in the DNS"));
            return tell("connect", error.text,
                        cat("nothing: see that ", service_,
                            " runs there, and the packet filter; "
                            "or ",
                            short_name, "_address: host:port"));
        case LoginStep::greeting:
            return tell("greeting", error.text,
                        cat(short_name, "_address: the port of ", service_));
        case LoginStep::tls:
            return tell("TLS", error.text,
                        "tls_client_ca_file: the CA of its certificate, which is for this name");
        case LoginStep::mechanism:
            return tell("mechanism", error.text,
                        cat(short_name, "_mechs: what it offers; or sasl_mech_list there"));
        case LoginStep::password:
        case LoginStep::done: break;
    }
    if (error.text.find("admin") != std::string::npos)
        return tell("not an admin", error.text,
                    cat("admins: there, with ",
                        peer_.is_master ? config_.mupdate_authname() : config_.proxy_authname()));
    tell("password", error.text,
         peer_.is_master ? std::string("mupdate_authname and mupdate_password: as there")
                         : cat("proxy_authname and ", short_name, "_password: as there"));
}

void Trial::master()
{
    ConnectOptions options;
    options.authzid = config_.mupdate_username();
    options.authname = config_.mupdate_authname();
    options.password = config_.mupdate_password();
    options.realm = config_.mupdate_realm();
    auto in = go(backend::mupdate_dialect(), options);
    if (!in) return failed(in.error());
    mupdate::Client client(*std::move(in), config_.client_timeout());
    // Another program's master says nothing of it: there whoever logs in may do everything.
    const auto status = client.status();
    const bool reads_only = status && std::any_of(status->begin(), status->end(), [](auto& line) {
        return line.key == "access" && line.value == "read";
    });
    if (reads_only && server_.is_backend)
        tell("a reader",
             cat(config_.mupdate_authname(), " may only read there, and this server tells what it "
                                             "has"),
             cat("admins: there, with ", config_.mupdate_authname(),
                 ", and mupdate_readers without"));
    client.logout();
}

// What only an administrator is not refused. There is no such root, and nothing is set.
Status Trial::is_admin(Backend& backend)
{
    backend.stream().set_timeout(config_.client_timeout());
    backend::Talk talk(backend);
    TRY(talk.send(cat("SETQUOTA \"user.", kSomebody, "\" ()\r\n")));
    TRY_ASSIGN(backend::Reply reply, talk.end());
    const std::string text(reply.text());
    if (text.find("ermission denied") == text.npos && text.find("NOPERM") == text.npos)
        return success();
    return Error{Code::denied, text};
}

void Trial::imap()
{
    auto in = go(backend::imap_dialect(), {});
    if (!in) return failed(in.error());
    if (server_.is_backend) {
        if (Status admin = is_admin(**in); !admin)
            tell("not an admin", admin.error().text,
                 cat("admins: there, with ", config_.proxy_authname()));
    }
    (*in)->logout();
    if (!server_.is_frontend) return;
    ConnectOptions options;
    options.authzid = kSomebody;
    auto other = go(backend::imap_dialect(), options);
    if (other) return (*other)->logout();
    if (reached_ != LoginStep::password) return failed(other.error());
    tell("not a proxyserver", other.error().text,
         cat("proxyservers: there, with ", config_.proxy_authname()));
}

void Trial::lmtp()
{
    auto in = go(backend::lmtp_dialect(), {});
    if (in) return (*in)->logout();
    if (reached_ != LoginStep::password) return failed(in.error());
    // The password was good for IMAP, or that was told.
    tell("not an admin", in.error().text,
         cat("lmtp_admins: there, with ", config_.proxy_authname()));
}

}  // namespace

void try_peers(const Server& server, Findings& findings)
{
    const bool moves = server.is_backend && server.config->is_set("proxy_authname");
    const bool brings = server.runs("lmtpproxyd") || (server.is_unified() && server.runs("lmtpd"));
    for (const Peer& peer : peers_of(server)) {
        Trial trial(server, peer, findings);
        if (peer.is_master) {
            trial.master();
            continue;
        }
        if (!server.is_frontend && !moves) continue;
        const size_t before = findings.size();
        trial.imap();
        if (brings && findings.size() == before) trial.lmtp();
    }
}

}  // namespace rookery::admin::check_config
