// mupdatetest, imtest, lmtptest, nntptest, pop3test, sivtest, smtptest, synctest: a conversation
// with a server, shown line by line, and then by hand.
//
// The login is Backend's, with a transcript on its connection; which protocol is spoken follows
// from the program's name. What comes after the login is passed on as it is.
#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <string>

#include "imap/admin/conversation.h"
#include "imap/admin/conversation_relay.h"
#include "imap/admin/conversation_socket.h"
#include "imap/admin/password.h"
#include "imap/backend/backend.h"
#include "imap/backend/server_address.h"
#include "lib/base/command_line.h"
#include "lib/base/daemonise.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/panic.h"
#include "lib/base/strings.h"
#include "lib/config/config.h"
#include "lib/stream/deflate_layer.h"

namespace {

using namespace rookery;
using backend::Backend;

constexpr size_t kMaxAnswer = 1 << 20;  // of a line that answers a logout
constexpr Milliseconds kLogoutPatience{30 * 1000};
constexpr std::string_view kAskPassword = "Please enter your password: ";

std::string program = "mupdatetest";

using admin::say;

void complain(std::string_view text)
{
    if (!write_all(STDERR_FILENO, cat(program, ": ", text, "\n"))) ::_exit(1);
}

// --------------------------------------------------------------- command line

struct Arguments {
    const backend::Dialect* dialect = nullptr;
    std::string config_path;
    std::string sasl_options;  // imapd.conf lines
    std::string host;
    std::string port;
    std::string mechanism;
    std::string authname;
    std::string authzid;
    std::string realm;
    std::optional<std::string> password;
    std::optional<std::string> tls_file;
    std::string input_file;
    std::string pid_file;
    std::string socket;  // where other programs have the session
    std::optional<unsigned> min_strength;
    std::optional<unsigned> max_strength;
    unsigned count = 1;
    bool implicit_tls = false;
    bool compress = false;
    bool login_command = false;  // IMAP LOGIN instead of SASL
    bool initial_response = true;
    bool password_each_time = false;
    bool background = false;
    bool verbose = false;
    bool timing = false;
};

constexpr Option kOptions[] = {
    {'a', "", "authname", "log in as this user"},
    {'u', "", "user", "act for this user"},
    {'w', "", "password", "seen by everybody on this machine; asked for without it"},
    {'r', "", "realm", "the SASL realm"},
    {'m', "", "mechanism", "by this SASL mechanism; LOGIN: the command"},
    {'p', "", "port", "a number or a name of services(5)"},
    {'P', "", "protocol",
     "imap, pop, nntp, lmtp, smtp, mupdate, sieve or csync; else as it is called"},
    {'s', "", "", "TLS from the first byte"},
    {'t', "", "keyfile", "STARTTLS, with this certificate and key; \"\": with none"},
    {'k', "", "bits", "a SASL layer of this strength at least"},
    {'l', "", "bits", "a SASL layer of this strength at most"},
    {'o', "", "option=value", "an option of libsasl2; as often as needed"},
    {'i', "", "", "no initial response in the command that logs in"},
    {'q', "", "", "COMPRESS"},
    {'f', "", "file", "send this when logged in, then log out"},
    {'n', "", "count", "log in so many times"},
    {'c', "", "", "ask for the password each time"},
    {'z', "", "", "tell how long the logins took"},
    {'I', "", "pidfile", "write the process here"},
    {'C', "", "file", "read this imapd.conf, or none"},
    {'x', "", "socket", "let other programs have the session, by this Unix socket"},
    {'X', "", "socket", "the same, in the background"},
    {'v', "", "", "show all of the conversation"},
};
constexpr Program kProgram = {
    "mupdatetest", "logs in at a server, and lets you talk to it", kOptions, "[host]", 0, 1};

// What is spoken, by the program's name or by -P.
struct Spoken {
    std::string_view program;
    std::string_view protocol;
    const backend::Dialect& (*dialect)();
};
constexpr Spoken kSpoken[] = {
    {"mupdatetest", "mupdate", backend::mupdate_dialect},
    {"imtest", "imap", backend::imap_dialect},
    {"lmtptest", "lmtp", backend::lmtp_dialect},
    {"nntptest", "nntp", backend::nntp_dialect},
    {"pop3test", "pop", backend::pop3_dialect},
    {"sivtest", "sieve", backend::sieve_dialect},
    {"smtptest", "smtp", backend::smtp_dialect},
    {"synctest", "csync", backend::csync_dialect},
};

const backend::Dialect* dialect_of(std::string_view protocol)
{
    for (const Spoken& s : kSpoken)
        if (s.protocol == protocol || s.dialect().service == protocol) return &s.dialect();
    return nullptr;
}

const backend::Dialect* dialect_of_program()
{
    for (const Spoken& s : kSpoken)
        if (s.program == bare_name(program)) return &s.dialect();
    return &backend::mupdate_dialect();
}

std::optional<unsigned> number(const CommandLine& line, std::string_view option, unsigned max)
{
    const auto text = line.given(option);
    if (!text) return std::nullopt;
    const auto n = to_number<unsigned>(*text, max);
    if (!n) line.refuse(cat("-", option, ' ', *text, ": ", n.error().text));
    return *n;
}

std::string sasl_option(const CommandLine& line, std::string_view text)
{
    size_t equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0 ||
        text.find('\n') != std::string_view::npos)
        line.refuse(cat("-o ", text, ": name=value is expected"));
    std::string_view name = text.substr(0, equals);
    return cat(name.starts_with("sasl_") ? "" : "sasl_", name, ": ", text.substr(equals + 1), "\n");
}

Arguments parse(int argc, char** argv)
{
    const CommandLine line(kProgram, argc, argv);
    program = line.program();
    Arguments a;
    a.authname = line.value("a", a.authname);
    a.authzid = line.value("u", a.authzid);
    a.password = line.given("w");
    a.realm = line.value("r", a.realm);
    a.mechanism = to_upper(line.value("m", a.mechanism));
    a.port = line.value("p", a.port);
    a.dialect = line.has("P") ? dialect_of(to_lower(line.value("P"))) : dialect_of_program();
    a.implicit_tls = line.has("s");
    a.tls_file = line.given("t");
    a.min_strength = number(line, "k", 1024);
    a.max_strength = number(line, "l", 1024);
    for (const std::string& option : line.values("o")) a.sasl_options += sasl_option(line, option);
    a.initial_response = !line.has("i");
    a.compress = line.has("q");
    a.input_file = line.value("f", a.input_file);
    a.count = number(line, "n", 1000000).value_or(a.count);
    a.password_each_time = line.has("c");
    a.timing = line.has("z");
    a.pid_file = line.value("I", a.pid_file);
    a.config_path = line.value("C", a.config_path);
    a.verbose = line.has("v");
    a.background = line.has("X");
    a.socket = line.value(a.background ? "X" : "x");
    if (a.dialect == nullptr) line.refuse("there is no such protocol");
    if (a.count == 0) line.refuse("-n 0: once at least");
    if (a.implicit_tls && a.tls_file) line.refuse("-s and -t exclude each other");
    if (line.has("x") && line.has("X")) line.refuse("-x and -X exclude each other");
    if (!a.socket.empty() && !a.input_file.empty())
        line.refuse(cat("-f and -", a.background ? "X" : "x", " exclude each other"));
    if (line.operands().empty()) complain("WARNING: no hostname supplied, assuming localhost");
    a.host = line.operands().empty() ? "localhost" : line.operands().front();
    if (a.host.empty()) line.refuse("the host is empty");
    a.login_command = a.mechanism == "LOGIN" && a.dialect->login_command != nullptr;
    return a;
}

// The host as Backend takes it.
std::string server_of(const Arguments& a)
{
    std::string server = a.host;
    bool is_path = server.front() == '/';
    // More than one colon: an IPv6 address.
    size_t colon = server.find(':');
    bool is_v6 = server.front() != '[' && colon != std::string::npos &&
                 server.find(':', colon + 1) != std::string::npos;
    if (is_v6 && !is_path) server = cat('[', server, ']');
    std::string port = a.port;
    bool has_port = server.front() == '[' ? server.back() != ']' : colon != std::string::npos;
    if (port.empty() && !has_port && a.implicit_tls) port = a.dialect->implicit_tls_port;
    if (!port.empty() && !is_path) cat_to(server, ':', port);
    if (a.implicit_tls) server += "/tls";
    return server;
}

Result<config::Config> configuration(const Arguments& a)
{
    // Without -C only the defaults of the protocol count; nothing is read from this directory.
    std::string text = a.config_path.empty() ? "configdirectory: /nonexistent\n"
                                             : cat("@include: ", a.config_path, "\n");
    return config::Config::from_text(text + a.sasl_options, program);
}

bool needs_password(const Arguments& a)
{
    if (a.host.front() == '/') return false;
    for (std::string_view m : {"EXTERNAL", "ANONYMOUS", "GSSAPI", "GSS-SPNEGO"})
        if (a.mechanism == m) return false;
    return true;
}

std::string user_name()
{
    const passwd* who = ::getpwuid(::getuid());
    return who != nullptr ? who->pw_name : cat(::getuid());
}

// --------------------------------------------------------------------- logins

Status by_hand(Backend& connection, const Arguments& a)
{
    Fd file;
    if (!a.input_file.empty()) {
        TRY_ASSIGN(file, open_file(a.input_file, O_RDONLY));
    }
    TRY(admin::converse(connection.stream(), file ? file.get() : STDIN_FILENO,
                        connection.dialect().logout));
    return success();
}

// Until the server has closed.
void log_out(Backend& connection)
{
    stream::Stream& stream = connection.stream();
    stream.put(connection.dialect().logout);
    if (!stream.flush()) return;
    while (stream.read_line(kMaxAnswer)) continue;
}

// Unlike a login of our servers it takes TLS only if it is asked for, or where such a login would
// take nothing but TLS; it chooses from all mechanisms, and what is refused can be looked into.
Result<backend::LoginPolicy> policy_of(const Arguments& a, const config::Config& config,
                                       const std::string& server)
{
    TRY_ASSIGN(auto address, backend::server_address(config, server, a.dialect->service));
    TRY_ASSIGN(auto policy, backend::login_policy(config, *a.dialect, server, address));
    auto tls_options = auth::client_tls_options(config, backend::certificate_name(config, server));
    policy.tls.starttls = policy.tls.required;
    if (a.tls_file) {
        policy.tls = {.starttls = true, .required = true, .because = "as you ask for it"};
        if (!a.tls_file->empty()) tls_options.certificate_file = tls_options.key_file = *a.tls_file;
    }
    policy.tls_context = [tls_options]() -> Result<std::shared_ptr<auth::TlsContext>> {
        TRY_ASSIGN(auto own, auth::TlsContext::client(tls_options));
        return std::shared_ptr<auth::TlsContext>(std::move(own));
    };
    policy.mechanisms = a.mechanism;
    policy.initial_response = a.initial_response;
    policy.min_strength = static_cast<int>(a.min_strength.value_or(config.sasl_minimum_layer()));
    policy.max_strength = static_cast<int>(a.max_strength.value_or(config.sasl_maximum_layer()));
    policy.compress = false;  // -q says when
    policy.keeps_refused = true;
    return policy;
}

class Session {
 public:
    // background: told when the session is ready for other programs.
    Session(const config::Config& config, Arguments& arguments, Daemonise& background)
        : config_(config),
          arguments_(arguments),
          background_(background),
          server_(server_of(arguments))
    {
    }

    Result<bool> run()
    {
        TRY_ASSIGN(policy_, policy_of(arguments_, config_, server_));
        policy_.transcript = &transcript_;
        bool all_well = true;
        for (unsigned n = 1; n <= arguments_.count; ++n) {
            TRY_ASSIGN(auto connection, log_in());
            all_well = all_well && !refused_;
            if (arguments_.compress && !refused_) TRY(compress(connection->stream()));
            if (n < arguments_.count) {
                log_out(*connection);
                transcript_.hide();
                continue;
            }
            transcript_.hide();
            stream::Stream& stream = connection->stream();
            stream.consume(stream.buffered().size());  // shown already
            if (arguments_.socket.empty())
                TRY(by_hand(*connection, arguments_));
            else
                TRY(by_others(*connection, all_well));
            say("Connection closed.\n");
        }
        return all_well;
    }

 private:
    Status by_others(Backend& connection, bool all_well)
    {
        TRY_ASSIGN(auto socket, admin::ConversationSocket::open(arguments_.socket));
        TRY(background_.done({}, all_well ? 0 : 1));
        const bool is_imap = arguments_.dialect == &backend::imap_dialect();
        const auto can_log_out = socket.serve(connection.stream(), is_imap);
        // No signal ends this any more.
        connection.stream().set_timeout(kLogoutPatience);
        if (can_log_out && *can_log_out) log_out(connection);
        // How the server goes away is not an error of the conversation.
        if (!can_log_out && !can_log_out.is(Code::closed)) return can_log_out.error();
        return success();
    }

    Result<std::unique_ptr<Backend>> log_in()
    {
        backend::ConnectOptions options;
        options.authname = arguments_.authname.empty() ? user_name() : arguments_.authname;
        options.authzid = arguments_.authzid;
        options.realm = arguments_.realm;
        options.authenticate = arguments_.host.front() != '/' && !arguments_.login_command;
        options.password = password();
        options.policy = &policy_;
        auto began = monotonic_now();
        TRY_ASSIGN(auto connection,
                   Backend::connect(config_, *arguments_.dialect, server_, options));
        refused_ = connection->login_error();
        if (arguments_.login_command) TRY(login_command(*connection, options));
        report(*connection, std::chrono::duration_cast<Milliseconds>(monotonic_now() - began));
        return connection;
    }

    bool is_strong_enough(const Backend& connection) const
    {
        const bool is_path = arguments_.host.front() == '/';
        return is_path || connection.strength() >= policy_.min_strength;
    }

    Status login_command(Backend& connection, const backend::ConnectOptions& who)
    {
        if (!is_strong_enough(connection)) {
            refused_ = Error{Code::denied, "LOGIN: there is too little protection for it"};
            return success();
        }
        Status in =
            connection.dialect().login_command(connection.stream(), who.authname, who.password);
        if (in) return success();
        if (!in.is(Code::denied)) return in;
        refused_ = std::move(in).error();
        return success();
    }

    Status compress(stream::Stream& stream)
    {
        const backend::Dialect& dialect = *arguments_.dialect;
        if (dialect.start_compress == nullptr)
            return Error{Code::unsupported, cat(to_upper(dialect.service), " has no COMPRESS")};
        TRY(dialect.start_compress(stream));
        transcript_.hide();
        TRY(stream.push_layer([](std::unique_ptr<stream::Layer> below) {
            return stream::deflate_layer(std::move(below));
        }));
        stream.wrap_layer([&](std::unique_ptr<stream::Layer> below) {
            return transcript_.show(std::move(below));
        });
        return success();
    }

    std::string password()
    {
        if (!needs_password(arguments_)) return {};
        if (arguments_.password) return *arguments_.password;
        std::string given = admin::ask_password(kAskPassword);
        if (!arguments_.password_each_time) arguments_.password = given;
        return given;
    }

    void report(const Backend& connection, Milliseconds took) const
    {
        if (arguments_.verbose && connection.tls())
            say(cat("TLS: ", connection.tls()->protocol, ", ", connection.tls()->cipher, "\n"));
        if (refused_) {
            say("Authentication failed. generic failure\n");
            complain(refused_->text);
        } else if (arguments_.host.front() != '/') {
            say("Authenticated.\n");
        }
        say(cat("Security strength factor: ", connection.strength(), "\n"));
        if (arguments_.timing) say(cat("Time: ", took.count(), " ms\n"));
    }

    const config::Config& config_;
    Arguments& arguments_;
    Daemonise& background_;
    std::string server_;
    admin::Transcript transcript_;
    backend::LoginPolicy policy_;
    std::optional<Error> refused_;  // why the last login failed
};

// What is wrong before the session is ready is still told, nothing else.
Result<Daemonise> go_to_background()
{
    TRY_ASSIGN(Daemonise background, Daemonise::begin());
    TRY_ASSIGN(const Fd null, open_file("/dev/null", O_WRONLY));
    if (::dup2(null.get(), STDOUT_FILENO) < 0) return errno_error("dup2");
    return background;
}

int fail(int code, const Error& error)
{
    complain(error.text);
    return code;
}

}  // namespace

int main(int argc, char** argv)
{
    install_panic_handlers();
    Arguments arguments = parse(argc, argv);
    log::open(program);
    auto config = configuration(arguments);
    if (!config) return fail(log::kExConfig, config.error());
    auto ready = auth::SaslClient::init_library(*config);
    if (!ready) return fail(log::kExConfig, ready.error());
    Daemonise background;
    if (arguments.background) {
        // There is nobody to ask then.
        if (!arguments.password && needs_password(arguments))
            arguments.password = admin::ask_password(kAskPassword);
        auto begun = go_to_background();
        if (!begun) return fail(log::kExOsErr, begun.error());
        background = *std::move(begun);
    }
    if (!arguments.pid_file.empty()) {
        auto written = replace_file(arguments.pid_file, cat(::getpid(), "\n"), 0644);
        if (!written) {
            complain(written.error().text);
            background.failed(log::kExIoErr);
            return log::kExIoErr;
        }
    }
    auto well = Session(*config, arguments, background).run();
    if (!well) complain(well.error().text);
    const int code = well && *well ? 0 : 1;
    background.failed(code);
    return code;
}
