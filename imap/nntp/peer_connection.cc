#include "imap/nntp/peer_connection.h"

#include <algorithm>
#include <array>

#include "imap/backend/server_address.h"
#include "imap/nntp/relay.h"
#include "imap/session/data_reader.h"
#include "imap/session/message_lines.h"
#include "lib/base/strings.h"
#include "lib/text/rfc5322_header.h"

namespace rookery::nntp {
namespace {

constexpr std::string_view kByUser = "AUTHINFO=USER";

constexpr std::array<std::string_view, 5> kOfInjection = {"Path", "Xref", "Injection-Info",
                                                          "NNTP-Posting-Host", "NNTP-Posting-Date"};

Result<backend::LoginPolicy> policy_for(const config::Config& config, const Peer& peer)
{
    const backend::Dialect& dialect = backend::nntp_dialect();
    TRY_ASSIGN(const auto address, backend::server_address(config, peer.name, dialect.service,
                                                           backend::Whose::others));
    TRY_ASSIGN(auto policy, backend::login_policy(config, dialect, peer.name, address,
                                                  backend::Whose::others));
    if (peer.tls == Peer::Tls::required)
        policy.tls = {.starttls = true, .required = true, .because = "/tls behind its name"};
    if (peer.tls == Peer::Tls::never)
        policy.tls = {.starttls = false, .required = false, .because = {}};
    policy.compress = false;
    return policy;
}

bool offers_sasl(const backend::Backend& connection)
{
    return connection.has_capability("AUTHINFO=SASL") && connection.has_capability_family("AUTH");
}

std::string password_for(const config::Config& config, const Peer& peer)
{
    if (!peer.password.empty()) return peer.password;
    return backend::server_option(config, peer.name, "password", backend::Whose::others)
        .value_or(std::string());
}

// Of an article: it is not wanted, or its Message-ID is none for that server (501).
bool is_unwanted(int code)
{
    return code == 435 || code == 437 || code == 438 || code == 501;
}

// What POST says with 441 of an article that was there already, or is none for that server.
bool is_refusal(const Answer& answer)
{
    const std::string_view text = std::string_view(answer.line).substr(3);
    return text.starts_with(" 435") || text.starts_with(" 437");
}

}  // namespace

std::string header_to_post(std::string_view header)
{
    std::string out;
    text::HeaderCursor fields(header);
    size_t at = 0;
    while (const auto field = fields.next()) {
        if (std::none_of(kOfInjection.begin(), kOfInjection.end(),
                         [&](std::string_view name) { return equal_nocase(field->name, name); }))
            out += field->raw;
        at = static_cast<size_t>(field->raw.data() + field->raw.size() - header.data());
    }
    return out.append(header.substr(at));
}

Result<std::unique_ptr<PeerConnection>> PeerConnection::open(const config::Config& config,
                                                             const Peer& peer, As as)
{
    const backend::Dialect& dialect = backend::nntp_dialect();
    TRY_ASSIGN(const auto policy, policy_for(config, peer));
    backend::ConnectOptions options;
    options.authenticate = false;
    options.whose = backend::Whose::others;
    options.as_reader = as == As::reader || peer.posts;
    options.policy = &policy;
    options.authname = peer.user;
    options.password = password_for(config, peer);
    TRY_ASSIGN(auto connection, backend::Backend::connect(config, dialect, peer.name, options));
    bool is_in = peer.user.empty();
    if (!is_in && offers_sasl(*connection)) {
        const bool takes_user = connection->has_capability(kByUser);
        auto reached = backend::LoginStep::address;
        options.reached = &reached;
        auto in = backend::Backend::login_again(std::move(connection), config, options);
        is_in = in.ok();
        if (!in && (reached >= backend::LoginStep::password || !takes_user))
            return std::move(in).error();
        options.reached = nullptr;
        if (!in) in = backend::Backend::connect(config, dialect, peer.name, options);
        TRY_ASSIGN(connection, std::move(in));
    }
    connection->stream().set_timeout(config.nntptimeout());
    std::unique_ptr<PeerConnection> made(new PeerConnection(std::move(connection), peer.posts));
    if (!is_in) {
        if (auto in = made->log_in(peer, options.password); !in)
            return made->named(std::move(in).error());
    }
    return made;
}

Status PeerConnection::log_in(const Peer& peer, const std::string& password)
{
    const backend::Dialect& dialect = connection_->dialect();
    if (!capabilities_.empty() && !has_capability(kByUser))
        return Error{Code::denied, "offers neither AUTHINFO USER nor a mechanism of SASL"};
    begin_wait();
    TRY(dialect.login_command(connection_->stream(), peer.user, password));
    return dialect.ask_capabilities(connection_->stream(), capabilities_);
}

Error PeerConnection::named(Error error) const
{
    const std::string& server = connection_->server();
    if (error.text.find(server) == std::string::npos) error.text = cat(server, ": ", error.text);
    return error;
}

bool PeerConnection::has_capability(std::string_view name) const
{
    return std::any_of(capabilities_.begin(), capabilities_.end(),
                       [&](const std::string& c) { return equal_nocase(c, name); });
}

void PeerConnection::begin_wait()
{
    stream::Stream& stream = connection_->stream();
    stream.set_deadline(Deadline::after(stream.timeout()).or_told_to_end());
}

Result<Answer> PeerConnection::ask(std::string_view line)
{
    connection_->begin_command();
    connection_->stream().put(line, "\r\n");
    return answer();
}

// To what was said, and is not flushed yet.
Result<Answer> PeerConnection::answer()
{
    begin_wait();
    if (auto flushed = connection_->stream().flush(); !flushed)
        return named(std::move(flushed).error());
    auto said = read_answer(connection_->stream(), connection_->server());
    if (!said) return named(std::move(said).error());
    if (said->code == 400) return named(Error{Code::closed, said->line});
    connection_->end_command();
    return said;
}

Status PeerConnection::each_line(const std::function<Status(std::string_view)>& each)
{
    for (;;) {
        begin_wait();
        auto line = connection_->stream().read_line(kMaxListLine);
        if (!line) return named(std::move(line).error());
        if (*line == ".") return success();
        TRY(each(std::string_view(*line).substr(line->starts_with('.') ? 1 : 0)));
    }
}

Status PeerConnection::read_text(const std::function<void(std::string_view)>& piece)
{
    session::DataReader reader([&](std::string_view bytes) {
        begin_wait();
        piece(bytes);
    });
    begin_wait();
    if (auto done = reader.read(connection_->stream()); !done)
        return named(std::move(done).error());
    return success();
}

// It is not the article that is not wanted.
Error PeerConnection::takes_nothing(const Answer& answer) const
{
    return named(Error{Code::denied, answer.line});
}

Result<PeerConnection::Verdict> PeerConnection::give(std::string_view message_id,
                                                     std::string_view article)
{
    if (posts_) return post(article);
    if (!streams()) return ihave(message_id, article);
    TRY_ASSIGN(Verdict wanted, wants(message_id));
    if (wanted.taken != Taken::yes) return wanted;
    put_takethis(message_id, article);
    return takethis_answer();
}

Result<PeerConnection::Verdict> PeerConnection::ihave(std::string_view message_id,
                                                      std::string_view article)
{
    TRY_ASSIGN(Answer said, ask(cat("IHAVE ", message_id)));
    if (said.code == 335) {
        connection_->begin_command();
        (void)session::send_message(connection_->stream(), article);
        TRY_ASSIGN(said, answer());
        if (said.code == 235) return Verdict{Taken::yes, std::move(said.line)};
    }
    if (is_unwanted(said.code)) return Verdict{Taken::refused, std::move(said.line)};
    if (said.code == 436) return Verdict{Taken::later, std::move(said.line)};
    return takes_nothing(said);
}

void PeerConnection::put_check(std::string_view message_id)
{
    connection_->begin_command();
    connection_->stream().put("CHECK ", message_id, "\r\n");
}

void PeerConnection::put_takethis(std::string_view message_id, std::string_view article)
{
    connection_->begin_command();
    begin_wait();
    connection_->stream().put("TAKETHIS ", message_id, "\r\n");
    (void)session::send_message(connection_->stream(), article);
}

Result<PeerConnection::Verdict> PeerConnection::check_answer()
{
    TRY_ASSIGN(Answer said, answer());
    if (said.code == 238) return Verdict{Taken::yes, std::move(said.line)};
    if (is_unwanted(said.code)) return Verdict{Taken::refused, std::move(said.line)};
    if (said.code == 431) return Verdict{Taken::later, std::move(said.line)};
    return takes_nothing(said);
}

Result<PeerConnection::Verdict> PeerConnection::takethis_answer()
{
    TRY_ASSIGN(Answer said, answer());
    if (said.code == 239) return Verdict{Taken::yes, std::move(said.line)};
    if (said.code == 439) return Verdict{Taken::refused, std::move(said.line)};
    return takes_nothing(said);
}

Result<PeerConnection::Verdict> PeerConnection::wants(std::string_view message_id)
{
    if (!has_capability("STREAMING")) return Verdict{};
    put_check(message_id);
    return check_answer();
}

Result<PeerConnection::Verdict> PeerConnection::post(std::string_view article)
{
    TRY_ASSIGN(Answer said, ask("POST"));
    if (said.code != 340) return takes_nothing(said);
    connection_->begin_command();
    const size_t header = text::header_size(article);
    (void)session::send_text(connection_->stream(), header_to_post(article.substr(0, header)));
    if (header < article.size())
        (void)session::send_message(connection_->stream(), article.substr(header));
    else
        connection_->stream().put(".\r\n");
    TRY_ASSIGN(said, answer());
    if (said.code == 240) return Verdict{Taken::yes, std::move(said.line)};
    if (said.code != 441) return takes_nothing(said);
    return Verdict{is_refusal(said) ? Taken::refused : Taken::later, std::move(said.line)};
}

}  // namespace rookery::nntp
