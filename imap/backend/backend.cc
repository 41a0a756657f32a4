// Connecting and logging in to another server.
#include "imap/backend/backend.h"

#include <algorithm>

#include "lib/auth/sasl_server.h"
#include "lib/auth/tls_context.h"
#include "lib/base/fd.h"
#include "lib/base/strings.h"
#include "lib/net/address.h"
#include "lib/stream/deflate_layer.h"
#include "lib/stream/tls_layer.h"

namespace rookery::backend {
namespace {

constexpr int kMaxAuthSteps = 20;
constexpr Milliseconds kLogoutTimeout{2000};

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

}  // namespace

// The one state machine: everything between dial and a stream that the engine may use.
class Connector {
 public:
    Connector(const config::Config& config, const Dialect& dialect, const std::string& server,
              const ConnectOptions& options)
        : config_(config), dialect_(dialect), server_(server), options_(options)
    {
    }

    Result<std::unique_ptr<Backend>> run()
    {
        Deadline deadline = Deadline::after(config_.client_timeout());
        TRY_ASSIGN(address_, server_address(config_, server_, dialect_.service));
        if (config_.client_bind()) address_.target.from = own_name();
        TRY_ASSIGN(Fd fd, net::dial(address_.target, deadline));
        note_ends(fd.get());
        backend_.reset(new Backend(dialect_, server_, stream::Stream(std::move(fd))));
        stream().set_deadline(deadline);
        TRY_ASSIGN(backend_->tag_prefix_, random_tag_prefix());
        if (options_.test != nullptr) show();
        TRY(greet());
        if (options_.authenticate && !address_.without_login) TRY(login_or_reason());
        if (options_.test == nullptr) TRY(compress());
        return finished();
    }

    // On a connection that its last user has left.
    Result<std::unique_ptr<Backend>> run_again(std::unique_ptr<Backend> left)
    {
        TRY_ASSIGN(address_, server_address(config_, server_, dialect_.service));
        backend_ = std::move(left);
        note_ends(stream().fd());
        stream().set_deadline(Deadline::after(config_.client_timeout()));
        if (caps().empty()) TRY(dialect_.ask_capabilities(stream(), caps()));
        TRY(login());
        return finished();
    }

 private:
    std::unique_ptr<Backend> finished()
    {
        stream().set_deadline(Deadline::never());
        stream().set_timeout(config_.backend_timeout());
        return std::move(backend_);
    }

    void note_ends(int fd)
    {
        local_ = name_of(net::local_address(fd));
        remote_ = name_of(net::peer_address(fd));
    }

    stream::Stream& stream() { return backend_->stream_; }
    std::vector<std::string>& caps() { return backend_->capabilities_; }

    std::string own_name() const
    {
        std::string name = config_.client_bind_name();
        return name.empty() ? auth::host_of(config_.servername()) : name;
    }

    static std::string name_of(const Result<net::Address>& address)
    {
        return address ? net::sasl_address(*address) : std::string();
    }

    Status greet()
    {
        if (address_.implicit_tls) TRY(handshake());
        TRY(dialect_.read_banner(stream(), backend_->banner_, caps()));
        if (caps().empty() && !dialect_.capabilities_after_tls_come_by_themselves)
            TRY(dialect_.ask_capabilities(stream(), caps()));
        if (!tls_is_wanted()) return success();
        if (!tls_is_offered()) return Error{Code::unsupported, cat(server_, " offers no STARTTLS")};
        return start_tls();
    }

    bool tls_is_offered() const
    {
        return !backend_->tls_active() && backend_->has_capability("STARTTLS") &&
               !address_.target.is_unix;
    }

    bool tls_is_wanted() const
    {
        if (options_.test != nullptr) return options_.test->tls == LoginTest::Tls::starttls;
        if (!tls_is_offered()) return false;
        return auth::client_tls_options(config_, short_name(server_)).wants_tls();
    }

    Result<std::shared_ptr<auth::TlsContext>> tls_context() const
    {
        if (options_.test == nullptr)
            return auth::TlsContext::shared_client(config_, short_name(server_));
        TRY_ASSIGN(auto own, auth::TlsContext::client(options_.test->tls_options));
        return std::shared_ptr<auth::TlsContext>(std::move(own));
    }

    Status handshake()
    {
        TRY_ASSIGN(std::shared_ptr<auth::TlsContext> context, tls_context());
        hide();
        Deadline deadline = Deadline::after(config_.client_timeout());
        TRY(stream().push_layer([&](std::unique_ptr<stream::Layer> below) {
            return context->connect(std::move(below), address_.target.host, deadline);
        }));
        backend_->tls_ = stream::tls_info(*stream().top());
        show();
        return success();
    }

    // Around each layer that makes what is below it unreadable.
    void show()
    {
        if (options_.test == nullptr) return;
        stream().wrap_layer([&](std::unique_ptr<stream::Layer> below) {
            return options_.test->transcript.show(std::move(below));
        });
    }
    void hide()
    {
        if (options_.test != nullptr) options_.test->transcript.hide();
    }

    Status start_tls()
    {
        TRY(dialect_.start_tls(stream()));
        TRY(handshake());
        caps().clear();
        // MUPDATE repeats its whole banner; the others are asked.
        if (dialect_.capabilities_after_tls_come_by_themselves)
            return dialect_.read_banner(stream(), backend_->banner_, caps());
        return dialect_.ask_capabilities(stream(), caps());
    }

    auth::Credentials credentials() const
    {
        auth::Credentials who;
        who.authzid = options_.authzid;
        who.authname = options_.authname.empty() ? config_.proxy_authname() : options_.authname;
        who.realm = options_.authname.empty() ? config_.proxy_realm() : options_.realm;
        who.password = options_.password;
        if (who.password.empty())
            who.password =
                server_option(config_, server_, "password").value_or(config_.proxy_password());
        return who;
    }

    // What the server offers and the configuration allows.
    std::vector<std::string> mechanisms() const
    {
        std::vector<std::string> offered = offered_mechanisms(backend_->capabilities_);
        std::string allowed = options_.test != nullptr
                                  ? options_.test->mechanisms
                                  : server_option(config_, server_, "mechs")
                                        .value_or(config_.force_sasl_client_mech());
        if (allowed.empty()) return offered;
        std::vector<std::string> both;
        for (std::string_view word : split_words(allowed))
            if (contains_nocase(offered, word)) both.push_back(to_upper(word));
        return both;
    }

    void new_sasl()
    {
        auth::Credentials who = credentials();
        std::string authname = who.authname;
        backend_->sasl_.emplace(auth::SaslClient::make(
            config_, dialect_.sasl_service, address_.target.host, remote_, local_, std::move(who)));
        if (options_.test != nullptr)
            backend_->sasl_->set_strength(options_.test->min_strength, options_.test->max_strength);
        if (backend_->tls_) backend_->sasl_->set_external(backend_->tls_->bits, authname);
    }

    Status login_or_reason()
    {
        Status in = login();
        if (in || options_.test == nullptr || !stream().ok()) return in;
        backend_->login_error_ = std::move(in).error();
        return success();
    }

    Status login()
    {
        new_sasl();
        auto start = backend_->sasl_->start(mechanisms());
        if (start.is(Code::unsupported) && tls_is_offered() && options_.test == nullptr) {
            TRY(start_tls());
            new_sasl();
            start = backend_->sasl_->start(mechanisms());
        }
        if (!start)
            return Error{start.is(Code::unsupported) ? Code::denied : start.error().code,
                         cat("login at ", server_, ": ", start.error().text)};
        return exchange(*start);
    }

    Status exchange(auth::SaslClient::Start& start)
    {
        std::vector<std::string> offered = offered_mechanisms(caps());
        bool initial_now = start.initial && (dialect_.initial_response_always ||
                                             backend_->has_capability("SASL-IR"));
        if (options_.test != nullptr && !options_.test->initial_response) initial_now = false;
        TRY(dialect_.begin_auth(stream(), start.mechanism,
                                initial_now ? &*start.initial : nullptr));
        bool initial_due = start.initial && !initial_now;
        for (int n = 0; n < kMaxAuthSteps; n++) {
            TRY_ASSIGN(AuthStep step, dialect_.next_auth(stream()));
            if (step.kind == AuthStep::Kind::success) return logged_in(step, offered);
            if (step.kind == AuthStep::Kind::failure)
                return Error{Code::denied,
                             cat("login at ", server_, ": ", step.data.substr(0, 200))};
            if (initial_due && step.data.empty()) {
                initial_due = false;
                TRY(dialect_.answer_auth(stream(), *start.initial));
                continue;
            }
            initial_due = false;
            auto answer = backend_->sasl_->step(step.data);
            if (!answer) {
                TRY(dialect_.cancel_auth(stream()));
                return std::move(answer).error();
            }
            TRY(dialect_.answer_auth(stream(), answer->data));
        }
        return Error{Code::syntax, cat("login at ", server_, ": does not end")};
    }

    Status logged_in(AuthStep& step, const std::vector<std::string>& offered)
    {
        if (!step.data.empty()) TRY(backend_->sasl_->step(step.data));
        if (backend_->sasl_->ssf() > 0) {
            hide();
            TRY(backend_->sasl_->push_layer(stream()));
            show();
            return check_after_layer(offered);
        }
        backend_->sasl_.reset();
        if (!step.capabilities.empty())
            caps() = std::move(step.capabilities);
        else if (dialect_.service == "imap")
            TRY(dialect_.ask_capabilities(stream(), caps()));
        return success();
    }

    // Under the new layer the list must be what it was without: else somebody shortened it.
    Status check_after_layer(const std::vector<std::string>& offered)
    {
        if (dialect_.capabilities_after_tls_come_by_themselves) return success();
        TRY(dialect_.ask_capabilities(stream(), caps()));
        std::vector<std::string> now = offered_mechanisms(caps());
        if (!now.empty() && now != offered)
            return Error{Code::denied, cat(server_, " offers other mechanisms under protection: "
                                                    "somebody may be in between")};
        return success();
    }

    Status compress()
    {
        if (!config_.proxy_compress() || !backend_->has_capability("COMPRESS=DEFLATE") ||
            dialect_.service != "imap")
            return success();
        TRY(send_compress());
        backend_->compressed_ = true;
        return stream().push_layer([](std::unique_ptr<stream::Layer> below) {
            return stream::deflate_layer(std::move(below));
        });
    }

    Status send_compress()
    {
        stream().put("Z01 COMPRESS DEFLATE\r\n");
        TRY(stream().flush());
        TRY_ASSIGN(std::string line, stream().read_line(1000));
        if (starts_with_nocase(line, "Z01 OK")) return success();
        return Error{Code::syntax, cat(server_, ": COMPRESS: ", line.substr(0, 200))};
    }

    const config::Config& config_;
    const Dialect& dialect_;
    const std::string& server_;
    const ConnectOptions& options_;
    ServerAddress address_;
    std::string local_;
    std::string remote_;
    std::unique_ptr<Backend> backend_;
};

Backend::Backend(const Dialect& dialect, std::string server, stream::Stream stream)
    : dialect_(dialect), server_(std::move(server)), stream_(std::move(stream))
{
}

Backend::~Backend() = default;

Result<std::unique_ptr<Backend>> Backend::connect(const config::Config& config,
                                                  const Dialect& dialect, const std::string& server,
                                                  const ConnectOptions& options)
{
    auto made = Connector(config, dialect, server, options).run();
    // A peer that goes away during the login could not be reached.
    if (made.is(Code::closed))
        return Error{Code::unavailable, cat(server, ": ", made.error().text)};
    return made;
}

Status Backend::unauthenticate()
{
    if (dialect_.unauthenticate == nullptr || !has_capability("UNAUTHENTICATE"))
        return Error{Code::unsupported, cat(server_, " does not offer UNAUTHENTICATE")};
    const bool in_order = !in_command() && !doubtful_ && !sasl_ && !compressed_ && stream_.ok() &&
                          stream_.unflushed() == 0;
    // Of a selected mailbox there may be news at any time, to the end of UNSELECT.
    if (!in_order || (selected_ ? !has_capability("UNSELECT") : !is_silent()))
        return Error{Code::syntax, cat("the session with ", server_, " did not end in order")};
    stream_.set_deadline(Deadline::after(kLogoutTimeout));
    const std::string unselect = std::exchange(selected_, false) ? next_tag() : std::string();
    TRY(dialect_.unauthenticate(stream_, next_tag(), unselect, capabilities_));
    stream_.set_deadline(Deadline::never());
    stream_.release_buffers();
    return success();
}

Result<std::unique_ptr<Backend>> Backend::login_again(std::unique_ptr<Backend> left,
                                                      const config::Config& config,
                                                      const ConnectOptions& options)
{
    const Dialect& dialect = left->dialect();
    const std::string server = left->server();
    return Connector(config, dialect, server, options).run_again(std::move(left));
}

bool Backend::has_capability(std::string_view name) const
{
    return contains_nocase(capabilities_, name);
}

bool Backend::has_capability_family(std::string_view name) const
{
    return std::any_of(capabilities_.begin(), capabilities_.end(), [&](const std::string& c) {
        return starts_with_nocase(c, name) && (c.size() == name.size() || c[name.size()] == '=');
    });
}

int Backend::strength() const
{
    return (tls_ ? tls_->bits : 0) + (sasl_ ? sasl_->ssf() : 0);
}

std::string Backend::next_tag()
{
    return cat(tag_prefix_, ++tag_counter_);
}

bool Backend::is_silent()
{
    if (!stream_.ok()) return false;
    auto input = stream_.wait_input(Deadline::after(Milliseconds(0)));
    return input && !*input;
}

bool Backend::is_alive()
{
    if (!stream_.ok()) return false;
    auto input = stream_.wait_input(Deadline::after(Milliseconds(0)));
    if (!input) return false;
    if (!*input) return true;
    // Something is there, which an idle peer sends only to say good-bye, or the end of file.
    if (!stream_.peek()) return false;
    return !starts_with_nocase(stream_.buffered(), "* BYE") &&
           !starts_with_nocase(stream_.buffered(), "421 ");
}

void Backend::logout()
{
    // To a server that waits for the rest of a literal the line would be a part of it.
    if (stream_.ok() && !in_command()) {
        stream_.set_deadline(Deadline::after(kLogoutTimeout));
        stream_.put(dialect_.logout);
    }
    stream_.close();
}

std::unique_ptr<Backend> backend_for_test(const Dialect& dialect, std::string server,
                                          stream::Stream stream,
                                          std::vector<std::string> capabilities)
{
    std::unique_ptr<Backend> made(new Backend(dialect, std::move(server), std::move(stream)));
    made->capabilities_ = std::move(capabilities);
    made->tag_prefix_ = "TEST";
    return made;
}

}  // namespace rookery::backend
