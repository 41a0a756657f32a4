// Who logs in, whether he may, and what is noted of it.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "imap/session/session_kit.h"
#include "imap/session/user_deny.h"
#include "lib/base/log.h"
#include "lib/base/log_session.h"
#include "lib/base/signals.h"
#include "lib/base/strings.h"
#include "lib/service/counters.h"
#include "lib/service/scoreboard.h"
#include "lib/stream/telemetry_layer.h"

namespace rookery::session {
namespace {

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

// What became of a password or a digest: the user, or a line in the log and a pause.
Result<auth::Identity> SessionKit::identify_checked(const std::string& user, std::string_view how,
                                                    const Result<std::string>& name, Status checked)
{
    if (checked) {
        auto who = identify(*name, *name);
        if (who) return who;
        checked = who.error();
    }
    login_failed(user, how, checked.error().text);
    if (checked.is(Code::unavailable)) return checked.error();
    return Error{Code::denied, "authentication failure"};
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
    auto who = identify_checked(user, "plaintext", name, std::move(checked));
    if (who && !tls_active_ && config_.plaintextloginpause().count() > 0)
        pause(config_.plaintextloginpause());
    return who;
}

std::optional<std::string> SessionKit::apop_challenge()
{
    const bool needs_tls = config_.tls_required() && !tls_active_ && !client_.is_unix;
    if (!config_.allowapop() || needs_kerberos_ || needs_tls) return std::nullopt;
    return sasl().apop_challenge();
}

Result<auth::Identity> SessionKit::check_apop(const std::string& challenge, const std::string& user,
                                              const std::string& digest)
{
    auto name = canonical(user);
    Status checked = name ? sasl().check_apop(challenge, *name, digest) : Status(name.error());
    return identify_checked(user, "APOP", name, std::move(checked));
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
    log::notice("badlogin", {{"client", client_.host},
                             {"user", who.userid},
                             {"reason", "denied by userdeny_db"},
                             {"via", via_}});
    service::counters::add(service::counters::Kind::login_failures);
    return Error{Code::denied, **denial};
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
    const service::scoreboard::Alike enough{per_user != 0 ? per_user : UINT64_MAX,
                                            per_host != 0 ? per_host : UINT64_MAX, UINT64_MAX};
    const auto now = service::scoreboard::count_alike(who.userid, client_.host, enough);
    const char* excess = per_user != 0 && now.user > per_user     ? "for this user"
                         : per_host != 0 && now.client > per_host ? "from this host"
                                                                  : nullptr;
    if (excess == nullptr) return success();
    service::scoreboard::set_user("");
    log::notice("badlogin", {{"client", client_.host},
                             {"user", who.userid},
                             {"reason", cat("too many sessions ", excess)},
                             {"via", via_}});
    return Error{Code::busy, cat("Too many open connections ", excess)};
}

void SessionKit::set_via(std::string_view id)
{
    via_ = log::is_session_id(id) ? id : std::string_view();
}

void SessionKit::logged_in(const auth::Identity& who, std::string_view mechanism,
                           stream::Stream& client)
{
    log::notice("login", {{"client", client_.host},
                          {"user", who.userid},
                          {"mechanism", mechanism},
                          {"tls", tls_active_ ? "yes" : "no"},
                          {"as", who.authenticated_as},
                          {"via", who.relayed ? std::string_view(via_) : ""},
                          {"session", session_id_}});
    service::scoreboard::set_user(who.userid);
    service::counters::add(service::counters::Kind::logins);
    await_nothing(client);
    open_telemetry(who.userid, client);
}

void SessionKit::logged_out(stream::Stream& client)
{
    log::info("logged out", {{"client", client_.host}});
    renew_id();
    via_.clear();
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
    log::notice("badlogin", {{"client", client_.host},
                             {"user", user},
                             {"mechanism", mechanism},
                             {"reason", reason},
                             {"via", via_}});
    service::counters::add(service::counters::Kind::login_failures);
    pause(config_.failedloginpause());
}

}  // namespace rookery::session
