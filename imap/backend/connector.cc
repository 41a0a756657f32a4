#include "imap/backend/connector.h"

#include <algorithm>
#include <array>

#include "lib/auth/sasl_server.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/log_session.h"
#include "lib/base/strings.h"
#include "lib/net/address.h"
#include "lib/stream/deflate_layer.h"
#include "lib/stream/tls_layer.h"
#include "lib/stream/unread.h"

namespace rookery::backend {
namespace {

constexpr int kMaxAuthSteps = 20;
constexpr int kMaxMechanisms = 5;  // that are tried on one connection

using AuthStep = Dialect::AuthStep;

bool contains_nocase(const std::vector<std::string>& list, std::string_view name)
{
    return std::any_of(list.begin(), list.end(),
                       [&](const std::string& c) { return equal_nocase(c, name); });
}

std::vector<std::string> offered_mechanisms(const std::vector<std::string>& caps)
{
    std::vector<std::string> mechanisms;
    for (const std::string& c : caps)
        if (starts_with_nocase(c, "AUTH=")) mechanisms.push_back(c.substr(5));
    return mechanisms;
}

// What a server says of these says nothing of our password.
bool takes_no_password(std::string_view mechanism)
{
    constexpr std::array<std::string_view, 4> kNames = {"GSSAPI", "GSS-SPNEGO", "EXTERNAL",
                                                        "KERBEROS_V4"};
    return mechanism.starts_with("GS2-") ||
           std::find(kNames.begin(), kNames.end(), mechanism) != kNames.end();
}

Result<std::string> random_tag_prefix()
{
    constexpr std::string_view kLetters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";  // 32
    static_assert(kLetters.size() == 32);
    TRY_ASSIGN(Fd source, open_file("/dev/urandom", 0));
    stream::Stream random(std::move(source));
    char bytes[8];
    TRY(random.read_exact(bytes));
    std::string prefix;
    for (char b : bytes) prefix.push_back(kLetters[static_cast<unsigned char>(b) & 31]);
    return prefix;
}

// In the line "AUTH mechanism response".
bool fits(const Dialect& dialect, std::string_view mechanism, std::string_view initial)
{
    constexpr size_t kRest = std::string_view("AUTH  \r\n").size();
    const size_t encoded = (initial.size() + 2) / 3 * 4;
    return dialect.max_auth_line == 0 ||
           kRest + mechanism.size() + encoded <= dialect.max_auth_line;
}

std::string name_of(const Result<net::Address>& address)
{
    return address ? net::sasl_address(*address) : std::string();
}

std::string own_name(const config::Config& config)
{
    std::string name = config.client_bind_name();
    return name.empty() ? auth::host_of(config.servername()) : name;
}

}  // namespace

Result<std::unique_ptr<Link>> Connector::run()
{
    return finished(connect());
}

Result<std::unique_ptr<Link>> Connector::run_again(std::unique_ptr<Link> left)
{
    link_ = std::move(left);
    auto again = [&]() -> Status {
        TRY(settle());
        note_ends(stream().fd());
        stream().set_deadline(Deadline::after(config_.client_timeout()));
        if (caps().empty()) TRY(dialect_.ask_capabilities(stream(), caps()));
        return login();
    };
    return finished(again());
}

Status Connector::connect()
{
    Deadline deadline = Deadline::after(config_.client_timeout());
    TRY(settle());
    if (config_.client_bind()) address_.target.from = own_name(config_);
    reach(LoginStep::connect);
    TRY_ASSIGN(Fd fd, net::dial(address_.target, deadline));
    reach(LoginStep::greeting);
    note_ends(fd.get());
    link_ = std::make_unique<Link>(stream::Stream(std::move(fd)));
    stream().set_deadline(deadline);
    TRY_ASSIGN(link_->tag_prefix, random_tag_prefix());
    show();
    TRY(greet());
    if (options_.authenticate && !address_.without_login) TRY(login_or_reason());
    reach(LoginStep::done);
    return compress();
}

// Where the server is, and what the login is to be like.
Status Connector::settle()
{
    TRY_ASSIGN(address_, server_address(config_, server_, dialect_.service, options_.whose));
    if (options_.policy != nullptr) {
        policy_ = *options_.policy;
        return success();
    }
    TRY_ASSIGN(policy_, login_policy(config_, dialect_, server_, address_, options_.whose));
    return success();
}

Result<std::unique_ptr<Link>> Connector::finished(Status done)
{
    if (!done) return named(std::move(done).error());
    stream().set_deadline(Deadline::never());
    stream().set_timeout(config_.backend_timeout());
    return std::move(link_);
}

Error Connector::named(Error error) const
{
    if (error.text.find(server_) == std::string::npos) error.text = cat(server_, ": ", error.text);
    return error;
}

void Connector::note_ends(int fd)
{
    local_ = name_of(net::local_address(fd));
    remote_ = name_of(net::peer_address(fd));
}

// ------------------------------------------------------------------------ TLS

Status Connector::greet()
{
    if (address_.implicit_tls) {
        reach(LoginStep::tls);
        TRY(handshake());
    }
    TRY(dialect_.read_banner(stream(), link_->banner, caps()));
    if (caps().empty() && !dialect_.capabilities_after_tls_come_by_themselves)
        TRY(dialect_.ask_capabilities(stream(), caps()));
    TRY(become_reader());
    reach(LoginStep::tls);
    TRY(protect());
    return is_protected();
}

// Before TLS and the login: it is not allowed behind them, and changes what is offered.
Status Connector::become_reader()
{
    if (!options_.as_reader || dialect_.become_reader == nullptr ||
        !link_->has_capability(dialect_.reader_capability))
        return success();
    TRY(dialect_.become_reader(stream()));
    return dialect_.ask_capabilities(stream(), caps());
}

// STARTTLS, if it is wanted and offered. One that is offered and then refused counts as not
// offered; whatever else goes wrong ends the connection.
Status Connector::protect()
{
    if (link_->tls.has_value() || !policy_.tls.starttls || !link_->has_capability("STARTTLS"))
        return success();
    Status begun = dialect_.start_tls(stream());
    if (!begun) {
        if (!begun.is(Code::unsupported) || policy_.tls.required) return begun;
        log::info("goes on without TLS", {{"server", server_}, {"reason", begun.error()}});
        return success();
    }
    TRY(handshake());
    return after_tls();
}

Status Connector::is_protected() const
{
    if (link_->tls.has_value() || !policy_.tls.required) return success();
    return Error{Code::denied, cat(server_, " offers no STARTTLS: nothing is sent to it without (",
                                   policy_.tls.because, ")")};
}

Status Connector::handshake()
{
    TRY_ASSIGN(std::shared_ptr<auth::TlsContext> context, policy_.tls_context());
    hide();
    Deadline deadline = Deadline::after(config_.client_timeout());
    TRY(stream().push_layer([&](std::unique_ptr<stream::Layer> below) {
        return context->connect(std::move(below), address_.target.host, deadline);
    }));
    link_->tls = stream::tls_info(*stream().top());
    show();
    return success();
}

// What was said before TLS is forgotten: anybody may have said it. MUPDATE repeats its whole
// banner; the others are asked.
Status Connector::after_tls()
{
    caps().clear();
    if (dialect_.capabilities_after_tls_come_by_themselves)
        return dialect_.read_banner(stream(), link_->banner, caps());
    return dialect_.ask_capabilities(stream(), caps());
}

// Around each layer that makes what is below it unreadable.
void Connector::show()
{
    if (policy_.transcript == nullptr) return;
    stream().wrap_layer([&](std::unique_ptr<stream::Layer> below) {
        return policy_.transcript->show(std::move(below));
    });
}

void Connector::hide()
{
    if (policy_.transcript != nullptr) policy_.transcript->hide();
}

// ---------------------------------------------------------------------- login

auth::Credentials Connector::credentials() const
{
    auth::Credentials who;
    who.authzid = options_.authzid;
    who.authname = options_.authname.empty() ? config_.proxy_authname() : options_.authname;
    who.realm = options_.authname.empty() ? config_.proxy_realm() : options_.realm;
    who.password = options_.password;
    if (who.password.empty()) {
        // The murder's is told to nobody outside.
        const bool is_ours = options_.whose == Whose::ours;
        who.password = server_option(config_, server_, "password", options_.whose)
                           .value_or(is_ours ? config_.proxy_password() : std::string());
    }
    return who;
}

// What the server offers and the policy allows.
std::vector<std::string> Connector::mechanisms() const
{
    std::vector<std::string> offered = offered_mechanisms(link_->capabilities);
    if (policy_.mechanisms.empty()) {
        std::erase(offered, "ANONYMOUS");  // that is no login of ours
        return offered;
    }
    std::vector<std::string> both;
    for (std::string_view word : split_words(policy_.mechanisms))
        if (contains_nocase(offered, word)) both.push_back(to_upper(word));
    return both;
}

void Connector::new_sasl()
{
    auth::Credentials who = credentials();
    std::string authname = who.authname;
    link_->sasl.emplace(auth::SaslClient::make(config_, dialect_.sasl_service, address_.target.host,
                                               remote_, local_, std::move(who)));
    link_->sasl->set_strength(policy_.min_strength, policy_.max_strength);
    if (link_->tls) link_->sasl->set_external(link_->tls->bits, authname);
}

Status Connector::login_or_reason()
{
    Status in = login();
    if (in || !policy_.keeps_refused || !stream().ok()) return in;
    link_->login_error = std::move(in).error();
    return success();
}

// With the best mechanism of those that both sides have; after one that is of no use, with the
// next.
Status Connector::login()
{
    TRY(is_protected());
    reach(LoginStep::mechanism);
    std::vector<std::string> left = mechanisms();
    // Without a password those that want one are no use, and would be preferred to a certificate.
    if (credentials().password.empty() && std::any_of(left.begin(), left.end(), takes_no_password))
        std::erase_if(left, [](const std::string& name) { return !takes_no_password(name); });
    std::optional<Error> why;
    for (int n = 0; n < kMaxMechanisms; n++) {
        new_sasl();
        Status in = attempt(left);
        // Without an exchange that is still there it was right, and what came after it failed.
        if (in || !link_->sasl) return in;
        const std::string tried = link_->sasl->mechanism();
        if (!why)
            why = std::move(in).error();
        else if (!tried.empty())
            why = Error{in.error().code, cat(why->text, "; ", in.error().text)};
        if (!another_may_do_) break;
        std::erase(left, tried);
    }
    return *std::move(why);
}

Status Connector::attempt(const std::vector<std::string>& mechanisms)
{
    another_may_do_ = false;
    auto start = link_->sasl->start(mechanisms);
    if (start) {
        reach(LoginStep::password);
        return exchange(*start);
    }
    // Nothing was said yet.
    another_may_do_ = !link_->sasl->mechanism().empty();
    return refused(start.error().text);
}

Error Connector::refused(std::string_view text) const
{
    const std::string& mechanism = link_->sasl->mechanism();
    return Error{Code::denied,
                 cat("login at ", server_, mechanism.empty() ? "" : " by ", mechanism, ": ", text)};
}

Status Connector::exchange(auth::SaslClient::Start& start)
{
    std::vector<std::string> offered = offered_mechanisms(caps());
    const bool initial_now = start.initial && policy_.initial_response &&
                             fits(dialect_, start.mechanism, *start.initial) &&
                             (dialect_.initial_response_always || link_->has_capability("SASL-IR"));
    const bool is_named = dialect_.put_session != nullptr && log::is_session_id(log::session()) &&
                          link_->has_capability(dialect_.session_capability);
    if (is_named) dialect_.put_session(stream(), log::session());
    TRY(dialect_.begin_auth(stream(), start.mechanism, initial_now ? &*start.initial : nullptr));
    if (is_named) TRY(dialect_.session_taken(stream()));
    bool initial_due = start.initial && !initial_now;
    for (int n = 0; n < kMaxAuthSteps; n++) {
        TRY_ASSIGN(AuthStep step, dialect_.next_auth(stream()));
        if (step.kind == AuthStep::Kind::success) return logged_in(step, offered);
        if (step.kind == AuthStep::Kind::failure) {
            another_may_do_ = takes_no_password(start.mechanism);
            return refused(step.data.substr(0, 200));
        }
        if (initial_due && step.data.empty()) {
            initial_due = false;
            TRY(dialect_.answer_auth(stream(), *start.initial));
            continue;
        }
        initial_due = false;
        auto answer = link_->sasl->step(step.data);
        if (!answer) return give_up(refused(answer.error().text));
        TRY(dialect_.answer_auth(stream(), answer->data));
    }
    return Error{Code::syntax, cat("login at ", server_, ": does not end")};
}

// A server that fails our check of a password is not given that password in another form.
Status Connector::give_up(Error why)
{
    TRY(dialect_.cancel_auth(stream()));
    if (!takes_no_password(link_->sasl->mechanism())) return why;
    TRY_ASSIGN(AuthStep end, dialect_.next_auth(stream()));
    another_may_do_ = end.kind == AuthStep::Kind::failure;
    return why;
}

Status Connector::logged_in(AuthStep& step, const std::vector<std::string>& offered)
{
    if (!step.data.empty()) TRY(link_->sasl->step(step.data));
    link_->welcome = std::move(step.text);
    if (link_->sasl->ssf() > 0) {
        hide();
        // What the server says first under the layer may be here with its OK.
        if (dialect_.capabilities_after_layer_come_by_themselves) stream::unread(stream());
        TRY(link_->sasl->push_layer(stream()));
        show();
        return check_after_layer(offered);
    }
    link_->sasl.reset();
    if (!step.capabilities.empty()) {
        caps() = std::move(step.capabilities);
        return success();
    }
    if (!dialect_.asks_after_login) return success();
    if (dialect_.capabilities_stay) {
        std::swap(caps(), link_->other_capabilities);
        if (!caps().empty()) return success();
    }
    return dialect_.ask_capabilities(stream(), caps());
}

// Under the new layer the list must be what it was without: else somebody shortened it.
Status Connector::check_after_layer(const std::vector<std::string>& offered)
{
    if (dialect_.capabilities_after_layer_come_by_themselves)
        TRY(dialect_.read_banner(stream(), link_->banner, caps()));
    else if (dialect_.capabilities_after_tls_come_by_themselves)
        return success();
    else
        TRY(dialect_.ask_capabilities(stream(), caps()));
    std::vector<std::string> now = offered_mechanisms(caps());
    if (!now.empty() && now != offered)
        return Error{Code::denied, cat(server_, " offers other mechanisms under protection: "
                                                "somebody may be in between")};
    return success();
}

// What is offered and then refused counts as not offered.
Status Connector::compress()
{
    if (!policy_.compress || dialect_.start_compress == nullptr || link_->login_error ||
        !link_->has_capability("COMPRESS=DEFLATE"))
        return success();
    Status begun = dialect_.start_compress(stream());
    if (begun.is(Code::unsupported)) return success();
    TRY(std::move(begun));
    link_->compressed = true;
    return stream().push_layer([](std::unique_ptr<stream::Layer> below) {
        return stream::deflate_layer(std::move(below));
    });
}

}  // namespace rookery::backend
