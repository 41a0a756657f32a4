// AUTHENTICATE and STARTTLS. Challenges are bare base64 lines; texts of STARTTLS and of a cancelled
// AUTHENTICATE are not quoted, as Cyrus has them (doc/protocols/mupdate.md).
#include "imap/mupdate/server/connection.h"
#include "lib/auth/identity.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/net/address.h"
#include "lib/stream/tls_layer.h"
#include "lib/text/base64.h"

namespace rookery::mupdate {

Status Connection::make_sasl()
{
    if (sasl_) return success();
    std::string local;
    if (auto address = net::local_address(stream_.fd())) local = net::sasl_address(*address);
    auto made = auth::SaslServer::make(context_.config, "mupdate", remote_, local);
    if (!made) {
        log::error("SASL cannot be used", {{"error", made.error()}});
        return made.error();
    }
    sasl_ = *std::move(made);
    if (tls_active_) {
        TRY(sasl_->set_plaintext_allowed(true));
        if (auto info = stream::tls_info(*stream_.top()))
            TRY(sasl_->set_external(info->bits, info->peer_common_name));
    }
    return success();
}

void Connection::run_starttls(const Command& command)
{
    settle();
    if (context_.tls == nullptr) return put_reply(command.tag, "BAD", "Unrecognized command");
    if (login_ == Login::done) {
        stream_.put(command.tag, " BAD Can't Starttls after authentication\r\n");
        return;
    }
    if (tls_active_) {
        stream_.put(command.tag, " BAD Already did a successful Starttls\r\n");
        return;
    }
    // Bytes that came in plain text must not be taken for what comes under TLS.
    if (!in_.empty()) {
        closing_ = true;
        return;
    }
    stream_.put(command.tag, " OK Begin TLS negotiation now\r\n");
    Status done = stream_.push_layer([&](std::unique_ptr<stream::Layer> below) {
        return context_.tls->begin_accept(std::move(below));
    });
    handshaking_ = done.ok();
    closing_ |= !done.ok();
}

// As much of it as can be done with what has come.
Status Connection::handshake()
{
    auto complete = stream::tls_handshake(*stream_.top());
    if (!complete) {
        log::notice("starttls failed", {{"host", host_}, {"error", complete.error()}});
        return std::move(complete).error();
    }
    if (!*complete) return success();
    handshaking_ = false;
    tls_active_ = true;
    sasl_.reset();
    put_banner();
    return success();
}

void Connection::run_authenticate(const Command& command)
{
    if (login_ == Login::done) return put_reply(command.tag, "BAD", "already authenticated");
    settle();
    auth_tag_ = command.tag;
    if (!make_sasl()) return auth_failed("SASL cannot be used");
    std::optional<std::string> initial;
    if (command.arguments.size() > 1) {
        auto decoded = command.arguments[1] == "="
                           ? Result<std::string>(std::string())
                           : text::base64_decode(command.arguments[1], kMaxString);
        if (!decoded) return auth_failed("not base64");
        initial = *std::move(decoded);
    }
    auth_step(sasl_->start(command.arguments[0], initial));
}

void Connection::auth_line(std::string_view line)
{
    if (login_ == Login::last_word) return auth_succeeded();
    login_ = Login::none;
    if (line == "*") {
        stream_.put(auth_tag_, " NO Client canceled authentication\r\n");
        sasl_.reset();
        return;
    }
    auto decoded = text::base64_decode(line, kMaxString);
    if (!decoded) return auth_failed("not base64");
    auth_step(sasl_->step(*decoded));
}

void Connection::auth_step(Result<auth::SaslServer::Step> step)
{
    if (!step) return auth_failed(step.error().text);
    if (step->done && !step->has_data) return auth_succeeded();
    stream_.put(text::base64_encode(step->data), "\r\n");
    login_ = step->done ? Login::last_word : Login::exchange;
}

void Connection::auth_succeeded()
{
    login_ = Login::none;
    const auto& config = context_.config;
    auto userid = auth::canonical_userid(sasl_->authid(), config.username_tolower());
    if (!userid) return auth_failed("bad user id");
    const auto groups = auth::Groups::of_user(config, *userid);
    const bool is_admin = auth::in_list(config.admins(), *userid, groups);
    if (!is_admin && !auth::in_list(config.mupdate_readers(), *userid, groups)) {
        log::warning("only admins may authenticate", {{"host", host_}, {"user", *userid}});
        return auth_failed("not an admin", "only admins may authenticate");
    }
    if (sasl_->ssf() > 0 && !in_.empty()) {
        closing_ = true;
        return;
    }
    login_ = Login::done;
    access_ = is_admin ? Access::all : Access::read;
    if (logged_in_) logged_in_();
    caller_.identity = *std::move(userid);
    log::notice("login", {{"host", host_},
                          {"user", caller_.identity},
                          {"mech", sasl_->mechanism()},
                          {"tls", tls_active_ ? "yes" : "no"},
                          {"access", is_admin ? "all" : "read"}});
    put_reply(auth_tag_, "OK", "Authenticated");
    if (!stream_.flush() || !sasl_->push_layer(stream_)) closing_ = true;
}

void Connection::auth_failed(std::string_view reason, std::string_view told)
{
    login_ = Login::none;
    reply_text_ = told;
    log::notice("badlogin", {{"host", host_}, {"reason", reason}});
    sasl_.reset();
    reply_waits_ = true;
    reply_at_ = monotonic_now() + context_.config.failedloginpause();
}

}  // namespace rookery::mupdate
