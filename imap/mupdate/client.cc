#include "imap/mupdate/client.h"

#include <poll.h>

#include "imap/mupdate/master/list_entry.h"
#include "imap/mupdate/refusal.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::mupdate {

namespace {

constexpr size_t kReadAtOnce = 65536;

}  // namespace

Result<std::unique_ptr<Client>> Client::connect(const config::Config& config)
{
    return connect(config, Target{});
}

Result<std::unique_ptr<Client>> Client::connect(const config::Config& config, const Target& target)
{
    std::string server = target.server.empty() ? config.mupdate_server() : target.server;
    if (server.empty()) return Error{Code::config, "mupdate_server is not set"};
    if (config.is_set("mupdate_port") && server.find(':') == std::string::npos)
        cat_to(server, ':', config.mupdate_port());
    backend::ConnectOptions options;
    options.authzid = config.mupdate_username();
    options.authname = config.mupdate_authname();
    options.password = config.mupdate_password();
    options.realm = config.mupdate_realm();
    if (!target.authname.empty()) {
        options.authzid.clear();
        options.authname = target.authname;
        options.password = target.password;
    }
    TRY_ASSIGN(auto backend,
               backend::Backend::connect(config, backend::mupdate_dialect(), server, options));
    return std::make_unique<Client>(std::move(backend), config.client_timeout());
}

Client::Client(std::unique_ptr<backend::Backend> backend, Milliseconds patience)
    : backend_(std::move(backend)), patience_(patience)
{
}

Client::~Client() = default;

Error Client::Reply::error() const
{
    return refusal_error(text);
}

void Client::send(Verb verb, std::span<const std::string_view> arguments)
{
    std::string line = cat('X', counter_++, ' ', row_of(verb).word);
    for (std::string_view argument : arguments) {
        line.push_back(' ');
        text::put_literal(line, argument, text::LiteralForm::plus);
    }
    backend_->stream().put(line, "\r\n");
}

Status Client::flush()
{
    return backend_->stream().flush();
}

Result<std::optional<Response>> Client::take_buffered()
{
    ParsedResponse parsed = parse_response(in_);
    switch (parsed.kind) {
        case ParsedResponse::Kind::incomplete: return std::optional<Response>();
        case ParsedResponse::Kind::broken: {
            Error error{Code::syntax, "the mupdate master sends what is not MUPDATE"};
            backend_->stream().fail(error);
            return error;
        }
        case ParsedResponse::Kind::response: break;
    }
    in_.erase(0, parsed.position);
    return std::optional<Response>(std::move(parsed.response));
}

Status Client::fill()
{
    const size_t before = in_.size();
    in_.resize(before + kReadAtOnce);
    auto n = backend_->stream().read_some(std::span<char>(in_).subspan(before));
    in_.resize(before + (n ? *n : 0));
    if (!n) return n.error();
    if (*n == 0) {
        backend_->stream().fail({Code::closed, "the mupdate master closed the connection"});
        return backend_->stream().status();
    }
    return success();
}

Result<bool> Client::wait(int other_fd, Deadline deadline)
{
    TRY(backend_->stream().status());
    if (backend_->stream().has_input()) return true;
    pollfd fds[2] = {{backend_->stream().fd(), POLLIN, 0}, {other_fd, POLLIN, 0}};
    int n = ::poll(fds, other_fd < 0 ? 1 : 2, deadline.poll_ms());
    if (n <= 0 || fds[0].revents == 0) return false;
    // A TLS record may carry no data.
    return backend_->stream().wait_input(Deadline::after(Milliseconds(0)));
}

Result<Response> Client::next(Deadline deadline)
{
    for (;;) {
        TRY_ASSIGN(std::optional<Response> response, take_buffered());
        if (response) return *std::move(response);
        if (deadline.passed()) return Error{Code::timeout, "the mupdate master does not answer"};
        TRY_ASSIGN(bool readable, wait(-1, deadline));
        if (readable) TRY(fill());
    }
}

// Afterwards nothing more is read: a late answer would be taken for that of the next command.
Result<Response> Client::answer(Milliseconds patience)
{
    auto response = next(Deadline::after(patience));
    if (!response) backend_->stream().fail(response.error());
    return response;
}

Result<Client::Reply> Client::reply()
{
    for (;;) {
        TRY_ASSIGN(Response response, answer(patience_));
        switch (response.kind) {
            case Response::Kind::ok: return Reply{true, std::move(response.text)};
            case Response::Kind::no:
            case Response::Kind::bad: return Reply{false, std::move(response.text)};
            case Response::Kind::bye: {
                Error gone{Code::closed, cat("the mupdate master said BYE: ", response.text)};
                backend_->stream().fail(gone);
                return gone;
            }
            case Response::Kind::mailbox:
            case Response::Kind::reserve:
            case Response::Kind::remove:
            case Response::Kind::position:
            case Response::Kind::servers:
            case Response::Kind::status:
            case Response::Kind::other: break;
        }
    }
}

Result<Client::Reply> Client::run(Verb verb, std::span<const std::string_view> arguments)
{
    send(verb, arguments);
    TRY(flush());
    return reply();
}

Result<std::vector<Client::Record>> Client::list(std::string_view prefix)
{
    if (prefix.empty())
        send(Verb::list, {});
    else
        send(Verb::list, {prefix});
    TRY(flush());
    std::vector<Record> records;
    for (;;) {
        TRY_ASSIGN(Response response, answer(kAnswer));
        auto& a = response.arguments;
        if (response.kind == Response::Kind::mailbox)
            records.push_back({true, std::move(a[0]), std::move(a[1]), std::move(a[2])});
        else if (response.kind == Response::Kind::reserve)
            records.push_back({false, std::move(a[0]), std::move(a[1]), {}});
        else if (response.kind == Response::Kind::ok)
            return records;
        else if (response.kind != Response::Kind::other)
            return Error{Code::unavailable, cat("LIST was refused: ", response.text)};
    }
}

Result<std::optional<Client::Record>> Client::find(std::string_view name)
{
    send(Verb::find, {name});
    TRY(flush());
    return found();
}

Result<std::optional<Client::Record>> Client::found()
{
    std::optional<Record> found;
    for (;;) {
        TRY_ASSIGN(Response response, answer(patience_));
        auto& a = response.arguments;
        if (response.kind == Response::Kind::mailbox)
            found = Record{true, std::move(a[0]), std::move(a[1]), std::move(a[2])};
        else if (response.kind == Response::Kind::reserve)
            found = Record{false, std::move(a[0]), std::move(a[1]), {}};
        else if (response.kind == Response::Kind::ok)
            return found;
        else if (response.kind != Response::Kind::other)
            return Error{Code::unavailable, cat("FIND was refused: ", response.text)};
    }
}

Result<std::vector<StatusLine>> Client::status()
{
    if (!offers("STATUS")) return Error{Code::unsupported, "the server does not know STATUS"};
    send(Verb::status, {});
    TRY(flush());
    std::vector<StatusLine> lines;
    for (;;) {
        TRY_ASSIGN(Response response, answer(kAnswer));
        auto& a = response.arguments;
        if (response.kind == Response::Kind::status)
            lines.push_back({std::move(a[0]), std::move(a[1])});
        else if (response.kind == Response::Kind::ok)
            return lines;
        else if (response.kind != Response::Kind::other)
            return Error{Code::denied, cat("STATUS was refused: ", response.text)};
    }
}

Result<Client::Reply> Client::remove_if_at(std::string_view name, std::string_view location)
{
    if (offers("CONDITIONAL-DELETE")) {
        TRY_ASSIGN(Reply reply, run(Verb::remove, {name, location}));
        if (reply.ok) return reply;
        const Code why = reply.error().code;
        if (why == Code::exists) return Reply{true, "elsewhere"};
        if (why == Code::not_found) return Reply{true, "not there"};
        return reply;
    }
    TRY_ASSIGN(std::optional<Record> found, find(name));
    if (!found) return Reply{true, "not there"};
    if (server_of(found->location) != server_of(location)) return Reply{true, "elsewhere"};
    return run(Verb::remove, {name});
}

bool Client::offers(std::string_view extension) const
{
    return backend_->has_capability(extension);
}

bool Client::is_master() const
{
    return backend_->banner().find("\"mupdate://") == std::string::npos;
}

Client::Greeting Client::greeting() const
{
    // * OK MUPDATE "server" "program" "version" "role"
    const std::string_view banner = backend_->banner();
    const size_t at = banner.find("OK MUPDATE \"");
    if (at == std::string_view::npos) return {};
    const auto parts = split(banner.substr(at), '"');
    if (parts.size() < 6) return {};
    return {std::string(parts[1]), std::string(parts[3]), std::string(parts[5])};
}

bool Client::is_connected()
{
    return backend_->stream().ok() && backend_->is_alive();
}

void Client::logout()
{
    backend_->logout();
}

}  // namespace rookery::mupdate
