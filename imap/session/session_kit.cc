// What every engine needs around its protocol.
#include "config.h"

#include "imap/session/session_kit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include <openssl/rand.h>

#include "imap/session/user_deny.h"
#include "lib/base/log.h"
#include "lib/base/signals.h"
#include "lib/base/strings.h"
#include "lib/service/counters.h"
#include "lib/service/retirement.h"
#include "lib/service/scoreboard.h"
#include "lib/stream/telemetry_layer.h"
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

void pause(Seconds time)
{
    Deadline until = Deadline::after(time);
    while (!until.passed() && !signals::terminate_seen())
        if (!signals::poll_fds({}, until)) return;
}

// A user id becomes the name of a directory here.
bool is_plain_file_name(const std::string& name)
{
    return !name.empty() && name.front() != '.' && name.find('/') == std::string::npos;
}

}  // namespace

SessionKit::SessionKit(const config::Config& config, auth::TlsContext* tls,
                       const Protocol& protocol, const service::ClientInfo& client)
    : config_(config),
      tls_(tls),
      protocol_(protocol),
      client_(client),
      session_id_(make_session_id(config.servername()))
{
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
    if (service::scoreboard::count_alike({}, client_.host).strangers <= limit) return std::nullopt;
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
    if (tls_active_ || client_.is_unix) return true;
    return config_.allowplaintext() && !config_.tls_required();
}

std::vector<std::string> SessionKit::mechanisms()
{
    if (config_.tls_required() && !tls_active_ && !client_.is_unix) return {};
    return sasl().mechanisms();
}

auth::SaslServer& SessionKit::sasl()
{
    if (!sasl_) {
        auto made = auth::SaslServer::make(config_, protocol_.sasl_service, {}, {});
        sasl_ = std::move(made.value());
        auto set = sasl_->set_plaintext_allowed(plaintext_allowed());
        if (!set) log::error("sasl", {{"reason", set.error()}});
    }
    return *sasl_;
}

Result<std::string> SessionKit::canonical(std::string_view userid) const
{
    TRY_ASSIGN(std::string name, auth::canonical_userid(userid, config_.username_tolower()));
    size_t at = name.rfind('@');
    if (at == std::string::npos) return name;
    std::string_view domain = std::string_view(name).substr(at + 1);
    bool virtual_domains = config_.virtdomains() != config::Virtdomains::off;
    std::string ours =
        virtual_domains ? config_.defaultdomain() : auth::host_of(config_.servername());
    if (equal_nocase(domain, ours)) name.resize(at);
    if (name.empty()) return Error{Code::bad_name, "empty user id"};
    return name;
}

Result<auth::Identity> SessionKit::identity_of(const std::string& userid) const
{
    auth::Identity who;
    TRY_ASSIGN(who.userid, canonical(userid));
    who.groups = auth::Groups::of_user(config_, who.userid);
    return who;
}

bool SessionKit::may_act_for_others(const std::string& authid, const auth::Groups& groups) const
{
    if (auth::in_list(config_.admins(), authid, groups)) return true;
    return protocol_.proxyservers_act && auth::in_list(config_.proxyservers(), authid, groups);
}

Result<auth::Identity> SessionKit::check_password(const std::string& user,
                                                  const std::string& password)
{
    auto name = canonical(user);
    Status checked = success();
    if (!name)
        checked = name.error();
    else if (!plaintext_allowed())
        checked = Error{Code::denied, "plaintext passwords are not allowed"};
    else
        checked = sasl().check_password(*name, password);
    if (checked) {
        auto who = identify(*name, *name);
        if (who) {
            if (!tls_active_ && config_.plaintextloginpause().count() > 0)
                pause(config_.plaintextloginpause());
            return who;
        }
        checked = who.error();
    }
    login_failed(user, "plaintext", checked.error().text);
    if (checked.is(Code::unavailable)) return checked.error();
    return Error{Code::denied, "authentication failure"};
}

Result<auth::Identity> SessionKit::identify(const std::string& authid, const std::string& authzid)
{
    TRY_ASSIGN(auth::Identity self, identity_of(authid));
    self.authenticated_as = self.userid;
    self.admin = auth::in_list(config_.admins(), self.userid, self.groups);
    self.node = may_act_for_others(self.userid, self.groups);
    self.relayed = auth::in_list(config_.proxyservers(), self.userid, self.groups);
    if (protocol_.for_servers) {
        if (self.admin) return self;
        return Error{Code::denied, "only admins may authenticate"};
    }
    if (authzid.empty()) return self;
    TRY_ASSIGN(auth::Identity other, identity_of(authzid));
    if (other.userid == self.userid) return self;
    if (!self.node)
        return Error{Code::denied, cat("user ", self.userid, " is not allowed to proxy")};
    other.authenticated_as = self.userid;
    other.node = true;
    other.relayed = self.relayed;
    other.proxy_admin = auth::in_list(config_.admins(), other.userid, other.groups);
    return other;
}

// A list that cannot be read keeps nobody out: all would be locked out by a wrong file mode.
Status SessionKit::require_welcome(const auth::Identity& who) const
{
    std::string path = config_.userdeny_db_path();
    if (path.empty()) path = cat(config_.configdirectory(), "/user_deny.db");
    auto denial = read_denial(path, who.userid, config_.service());
    const bool is_text = config_.userdeny_db() == config::UserdenyDb::flat;
    if (!is_text && ::access(path.c_str(), F_OK) == 0)
        denial = Error{Code::unsupported, cat(path, ": userdeny_db must be flat")};
    if (!denial) log::error("the list of denied users", {{"reason", denial.error()}});
    if (!denial || !*denial) return success();
    log::notice(
        "badlogin",
        {{"client", client_.host}, {"user", who.userid}, {"reason", "denied by userdeny_db"}});
    service::counters::add(service::counters::Kind::login_failures);
    return Error{Code::denied, **denial};
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

// The name is on the board before it is counted: of two that come at once none is overlooked.
Status SessionKit::admit(const auth::Identity& who)
{
    if (protocol_.for_servers) return success();
    TRY(require_welcome(who));
    const auto per_user = static_cast<uint64_t>(config_.maxlogins_per_user());
    const auto per_host = static_cast<uint64_t>(config_.maxlogins_per_host());
    if (per_user == 0 && per_host == 0) return success();
    if (who.any_admin() || who.authenticated_as != who.userid) return success();
    service::scoreboard::set_user(who.userid);
    auto now = service::scoreboard::count_alike(who.userid, client_.host);
    const char* excess = per_user != 0 && now.user > per_user     ? "for this user"
                         : per_host != 0 && now.client > per_host ? "from this host"
                                                                  : nullptr;
    if (excess == nullptr) return success();
    service::scoreboard::set_user("");
    log::notice("badlogin", {{"client", client_.host},
                             {"user", who.userid},
                             {"reason", cat("too many sessions ", excess)}});
    return Error{Code::busy, cat("Too many open connections ", excess)};
}

void SessionKit::logged_in(const auth::Identity& who, std::string_view mechanism,
                           stream::Stream& client)
{
    log::notice("login", {{"client", client_.host},
                          {"user", who.userid},
                          {"mechanism", mechanism},
                          {"tls", tls_active_ ? "yes" : "no"},
                          {"as", who.authenticated_as},
                          {"session", session_id_}});
    service::scoreboard::set_user(who.userid);
    service::counters::add(service::counters::Kind::logins);
    await_nothing(client);
    open_telemetry(who.userid, client);
}

void SessionKit::logged_out(stream::Stream& client)
{
    log::info("logged out", {{"client", client_.host}, {"session", session_id_}});
    if (telemetry_) client.unwrap_layer();
    telemetry_ = false;
    await_login(client);
    service::scoreboard::set_mailbox("");
    service::scoreboard::set_user("");
}

void SessionKit::open_telemetry(const std::string& userid, stream::Stream& client)
{
    if (!is_plain_file_name(userid)) return;
    std::string directory = cat(config_.configdirectory(), "/log/", userid);
    struct stat st {};
    if (::stat(directory.c_str(), &st) != 0 || !S_ISDIR(st.st_mode)) return;
    auto file = open_file(cat(directory, '/', config_.service(), '-', ::getpid()),
                          O_WRONLY | O_CREAT | O_APPEND);
    if (!file) {
        log::warning("telemetry", {{"reason", file.error()}});
        return;
    }
    telemetry_ = true;
    client.wrap_layer([&](std::unique_ptr<stream::Layer> below) {
        return stream::telemetry_layer(*std::move(file), std::move(below));
    });
}

void SessionKit::login_failed(std::string_view user, std::string_view mechanism,
                              std::string_view reason)
{
    log::notice(
        "badlogin",
        {{"client", client_.host}, {"user", user}, {"mechanism", mechanism}, {"reason", reason}});
    service::counters::add(service::counters::Kind::login_failures);
    pause(config_.failedloginpause());
}

}  // namespace rookery::session
