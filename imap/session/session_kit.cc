// What every engine needs around its protocol.
#include "config.h"

#include "imap/session/session_kit.h"

#include <unistd.h>

#include <algorithm>

#include <openssl/rand.h>

#include "lib/base/log.h"
#include "lib/base/log_session.h"
#include "lib/base/signals.h"
#include "lib/base/strings.h"
#include "lib/service/counters.h"
#include "lib/service/retirement.h"
#include "lib/service/scoreboard.h"
#include "lib/stream/tls_layer.h"

namespace rookery::session {
namespace {

// Peers decide by these numbers how they move mailboxes; ours come behind them.
constexpr std::string_view kVersion = "3.6.1-Rookery-" PACKAGE_VERSION;
constexpr size_t kMaxMessageFile = 65536;
constexpr size_t kMaxMessageLine = 480;
constexpr Seconds kOneRefusalLogged{10};

std::string make_session_id(const std::string& server)
{
    // Not from OpenSSL: without TLS, its random numbers are all that would load its algorithms.
    uint64_t number = 0;
#if HAVE_GETENTROPY
    if (::getentropy(&number, sizeof number) != 0) panic("no random numbers");
#else
    if (RAND_bytes(reinterpret_cast<unsigned char*>(&number), sizeof number) != 1)
        panic("no random numbers");
#endif
    return cat(server, '-', ::getpid(), '-', wall_seconds(), '-', number);
}

// The first line of a file that an administrator wrote; it becomes part of a reply.
std::optional<std::string> first_line(const std::string& path)
{
    auto text = read_file(path, kMaxMessageFile);
    if (!text) return std::nullopt;
    std::string line(std::string_view(*text).substr(0, text->find('\n')));
    std::erase_if(line, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    return line.substr(0, kMaxMessageLine);
}

bool is_kerberos(std::string_view mechanism)
{
    return mechanism == "GSSAPI" || mechanism.starts_with("GS2-KRB5");
}

}  // namespace

SessionKit::SessionKit(const config::Config& config, auth::TlsContext* tls,
                       const Protocol& protocol, const service::ClientInfo& client,
                       int external_bits)
    : config_(config),
      tls_(tls),
      protocol_(protocol),
      client_(client),
      session_id_(make_session_id(config.servername())),
      external_bits_(external_bits)
{
    log::set_session(session_id_);
}

SessionKit::~SessionKit()
{
    log::set_session({});
}

// The connection's id, and which of its users this is.
void SessionKit::renew_id()
{
    constexpr size_t kParts = 3;  // behind the server: process, time, number
    const size_t server = config_.servername().size();
    const auto parts = split(std::string_view(session_id_).substr(server + 1), '-');
    uint64_t user = 1;
    if (parts.size() > kParts) user = to_number<uint64_t>(parts[kParts]).value_or(1);
    session_id_ =
        cat(config_.servername(), '-', parts[0], '-', parts[1], '-', parts[2], '-', user + 1);
    log::set_session(session_id_);
}

std::string SessionKit::greeting_name() const
{
    switch (config_.serverinfo()) {
        case config::Serverinfo::on:
            return cat(config_.servername(), ' ', protocol_.product, ' ', kVersion);
        case config::Serverinfo::min: return config_.servername();
        case config::Serverinfo::off: break;
    }
    return {};
}

std::optional<std::string> SessionKit::shutdown_text() const
{
    return first_line(cat(config_.configdirectory(), "/msg/shutdown"));
}

std::optional<std::string> SessionKit::motd() const
{
    auto text = first_line(cat(config_.configdirectory(), "/msg/motd"));
    if (text && text->empty()) return std::nullopt;
    return text;
}

std::optional<std::string> SessionKit::message(std::string_view name) const
{
    auto text = read_file(cat(config_.configdirectory(), "/msg/", name), kMaxMessageFile);
    if (!text) return std::nullopt;
    if (text->ends_with('\n')) text->pop_back();
    return *std::move(text);
}

Status SessionKit::set_message(std::string_view name, const std::optional<std::string>& text) const
{
    const std::string directory = cat(config_.configdirectory(), "/msg");
    const std::string path = cat(directory, '/', name);
    if (!text) {
        if (::unlink(path.c_str()) != 0 && errno != ENOENT) return errno_error(path);
        return sync_directory(directory);
    }
    if (text->size() >= kMaxMessageFile) return Error{Code::limit, "the message is too long"};
    TRY(make_directories(directory));
    return replace_file(path, cat(*text, '\n'));
}

Status SessionKit::start_tls(stream::Stream& client)
{
    if (!can_starttls()) return Error{Code::unsupported, "TLS is not possible here"};
    auto done = client.push_layer([&](std::unique_ptr<stream::Layer> below) {
        return tls_->accept(std::move(below), client.wait_deadline());
    });
    if (!done) {
        log::notice("starttls failed", {{"client", client_.host}, {"reason", done.error()}});
        return done;
    }
    tls_active_ = true;
    auto info = stream::tls_info(*client.top());
    if (info) {
        log::info("starttls", {{"client", client_.host},
                               {"version", info->protocol},
                               {"cipher", info->cipher},
                               {"bits", info->bits}});
        TRY(sasl().set_external(info->bits, info->peer_common_name));
    }
    TRY(sasl().set_plaintext_allowed(plaintext_allowed()));
    return success();
}

void SessionKit::await_login(stream::Stream& client) const
{
    client.set_deadline(Deadline::after(config_.login_timeout()).or_told_to_end());
    client.set_allowance(kBeforeLogin);
}

void SessionKit::await_nothing(stream::Stream& client)
{
    client.set_deadline(Deadline::never().or_told_to_end());
    client.set_allowance(UINT64_MAX);
}

std::optional<std::string_view> SessionKit::why_not_now() const
{
    const auto limit = static_cast<uint64_t>(config_.login_connections_per_host());
    const bool is_said = config_.is_set("login_connections_per_host");
    if (limit == 0 || client_.is_unix || (!is_said && !config_.proxyservers().empty()))
        return std::nullopt;
    const auto& exempt = config_.login_connections_exempt();
    if (std::find(exempt.begin(), exempt.end(), client_.address) != exempt.end())
        return std::nullopt;
    const service::scoreboard::Alike enough{UINT64_MAX, UINT64_MAX, limit};
    if (service::scoreboard::count_alike({}, client_.host, enough).strangers <= limit)
        return std::nullopt;
    // One line for many: whoever comes again at once must not fill the log.
    static MonotonicTime told_until;
    if (monotonic_now() >= told_until) {
        told_until = monotonic_now() + kOneRefusalLogged;
        log::warning("too many connections without a login", {{"client", client_.host}});
    }
    return "Too many connections without a login from this host";
}

std::optional<std::string_view> SessionKit::why_given_up(const stream::Stream& client)
{
    if (client.ok()) return std::nullopt;
    if (client.error().code == Code::limit) return "Too much before a login";
    if (client.error().code != Code::timeout) return std::nullopt;
    return signals::terminate_seen() ? "Server is shutting down" : "Disconnected for inactivity";
}

void SessionKit::count_traffic(stream::Stream& client)
{
    const auto traffic = client.take_traffic();
    service::counters::add(service::counters::Kind::bytes_received, traffic.received);
    service::counters::add(service::counters::Kind::bytes_sent, traffic.sent);
}

bool SessionKit::plaintext_allowed() const
{
    if (needs_kerberos_) return false;
    if (tls_active_ || client_.is_unix || external_bits_ > 1) return true;
    return config_.allowplaintext() && !config_.tls_required();
}

std::vector<std::string> SessionKit::mechanisms()
{
    if (config_.tls_required() && !tls_active_ && !client_.is_unix) return {};
    auto offered = sasl().mechanisms();
    if (needs_kerberos_)
        std::erase_if(offered, [](const std::string& name) { return !is_kerberos(name); });
    return offered;
}

auth::SaslServer& SessionKit::sasl()
{
    if (!sasl_) {
        auto made = auth::SaslServer::make(config_, protocol_.sasl_service, {}, {});
        sasl_ = std::move(made.value());
        auto set = sasl_->set_plaintext_allowed(plaintext_allowed());
        if (set && external_bits_ > 0) set = sasl_->set_external(external_bits_, {});
        if (!set) log::error("sasl", {{"reason", set.error()}});
    }
    return *sasl_;
}

Deadline SessionKit::session_due() const
{
    if (!service::retirement::is_due()) return Deadline::never();
    return Deadline::at(had_session_ ? since_ : since_ + kFirstSession);
}

// A user's rights come from the list; those of servers and administrators from imapd.conf.
bool SessionKit::may_decide(const Result<auth::Identity>& who) const
{
    if (!service::retirement::is_due()) return true;
    return who && !who->node && !who->any_admin();
}

}  // namespace rookery::session
