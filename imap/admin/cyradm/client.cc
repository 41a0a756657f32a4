#include "imap/admin/cyradm/client.h"

#include <unistd.h>

#include "imap/admin/tool.h"
#include "imap/backend/server_address.h"
#include "lib/auth/tls_context.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::cyradm {
namespace {

constexpr size_t kMaxReply = 16 << 20;
constexpr std::string_view kScheme = "imap://";

// How far long work is, a move for instance (RFC 9585), for whoever sits before it.
void show_progress(const backend::Reply& reply)
{
    const auto code = reply.word == "OK" ? text::response_code(reply.text()) : std::nullopt;
    if (code && code->is("INPROGRESS") && ::isatty(STDERR_FILENO) == 1)
        admin::complain(cat(code->text, '\n'));
}

backend::LoginPolicy policy_of(const Access& access)
{
    backend::LoginPolicy policy;
    const bool verifies = !access.ca_file.empty() || !access.ca_directory.empty();
    policy.tls.starttls = access.tls;
    policy.tls.required = access.tls && verifies;
    policy.tls.because = "there is a CA to verify it by";
    policy.mechanisms = to_upper(access.mechanism);
    auth::TlsOptions options;
    options.certificate_file = options.key_file = access.certificate_file;
    options.ca_file = access.ca_file;
    options.ca_directory = access.ca_directory;
    policy.tls_context = [options]() -> Result<std::shared_ptr<auth::TlsContext>> {
        TRY_ASSIGN(auto own, auth::TlsContext::client(options));
        return std::shared_ptr<auth::TlsContext>(std::move(own));
    };
    return policy;
}

bool needs_password(const Access& access)
{
    const std::string mechanism = to_upper(access.mechanism);
    return mechanism != "EXTERNAL" && mechanism != "GSSAPI" && mechanism != "ANONYMOUS";
}

std::string with_port(const std::string& server, const std::string& port)
{
    if (port.empty() || server.front() == '/') return server;
    const size_t colon = server.find(':');
    const bool is_v6 =
        colon != std::string::npos && server.find(':', colon + 1) != std::string::npos;
    if (server.front() == '[' ? server.back() != ']' : colon != std::string::npos && !is_v6)
        return server;
    return server.front() != '[' && is_v6 ? cat('[', server, "]:", port) : cat(server, ':', port);
}

}  // namespace

std::optional<std::string> server_of_url(std::string_view url)
{
    if (!starts_with_nocase(url, kScheme)) return std::nullopt;
    url.remove_prefix(kScheme.size());
    url = url.substr(0, url.find('/'));
    if (const size_t at = url.rfind('@'); at != std::string_view::npos) url.remove_prefix(at + 1);
    if (url.empty()) return std::nullopt;
    return std::string(url);
}

Client::Client(const config::Config& config, Access& access, std::string server,
               std::unique_ptr<backend::Backend> connection)
    : config_(config),
      access_(access),
      server_(std::move(server)),
      connection_(std::move(connection))
{
}

Client::~Client()
{
    connection_->logout();
}

Result<std::unique_ptr<Client>> Client::connect(const config::Config& config, Access& access,
                                                const std::string& server)
{
    if (!access.password && needs_password(access) && access.ask_password)
        access.password = access.ask_password();
    const backend::LoginPolicy policy = policy_of(access);
    backend::ConnectOptions options;
    options.authname = access.user;
    options.authzid = access.authz;
    options.password = access.password.value_or(std::string());
    options.policy = &policy;
    TRY_ASSIGN(auto connection, backend::Backend::connect(config, backend::imap_dialect(),
                                                          with_port(server, access.port), options));
    std::unique_ptr<Client> client(new Client(config, access, server, std::move(connection)));
    // Who asks this way is told of other servers by referrals, and follows them.
    if (client->has("MAILBOX-REFERRALS")) TRY(client->ask_here(R"(RLIST "" "")", nullptr));
    return client;
}

Result<std::string> Client::ask(std::string_view command, const Each& each)
{
    auto done = ask_here(command, each);
    if (done || !done.is(Code::moved)) return done;
    TRY_ASSIGN(Client * there, other(done.error().text));
    auto answer = there->ask_here(command, each);
    if (answer.is(Code::moved))
        return Error{Code::denied, cat(there->server(), " refers to another server again")};
    return answer;
}

// moved: the text is the URL of a referral.
Result<std::string> Client::ask_here(std::string_view command, const Each& each)
{
    backend::Talk talk(*connection_);
    TRY(talk.send(cat(command, "\r\n")));
    std::optional<std::string> refused;
    TRY_ASSIGN(const auto end, talk.end([&](const backend::Reply& reply) -> Status {
        if (reply.word == "NO") refused = reply.text();
        show_progress(reply);
        if (reply.is_status() || !each) return success();
        TRY_ASSIGN(const std::string whole, talk.replies().read_whole(reply, kMaxReply));
        std::string_view rest = std::string_view(whole).substr(reply.text_begin);
        if (rest.ends_with("\r\n")) rest.remove_suffix(2);
        return each(reply.word, rest);
    }));
    if (end.word == "OK" && !refused) return std::string(end.text());
    const auto code = text::response_code(end.text());
    if (code && code->is("REFERRAL")) return Error{Code::moved, std::string(code->arguments)};
    return Error{Code::denied, end.word == "OK" ? *refused : std::string(end.text())};
}

Result<Client*> Client::other(std::string_view url)
{
    const auto server = server_of_url(url);
    if (!server) return Error{Code::syntax, cat("a referral to ", url)};
    auto& there = others_[*server];
    if (!there) {
        auto connected = connect(config_, access_, *server);
        if (!connected) {
            others_.erase(*server);
            return connected.error();
        }
        there = *std::move(connected);
    }
    return there.get();
}

}  // namespace rookery::cyradm
