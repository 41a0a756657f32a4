// mupdatetest, imtest, lmtptest, pop3test, sivtest: a conversation with a server, shown line by
// line, and then by hand.
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
#include "imap/admin/password.h"
#include "imap/backend/backend.h"
#include "imap/backend/server_address.h"
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
    std::optional<unsigned> min_strength;
    std::optional<unsigned> max_strength;
    unsigned count = 1;
    bool implicit_tls = false;
    bool compress = false;
    bool login_command = false;  // IMAP LOGIN instead of SASL
    bool initial_response = true;
    bool password_each_time = false;
    bool verbose = false;
    bool timing = false;
};

[[noreturn]] void usage()
{
    std::string text = cat("usage: ", program, " [-ciqvz] [-a authname] [-C config] [-f file] ",
                           "[-I pidfile]\n    [-k bits] [-l bits] [-m mechanism] [-n count] ",
                           "[-o option=value] [-P protocol]\n    [-p port] [-r realm] ",
                           "[-s | -t keyfile] [-u user] [-w password] [host]\n");
    if (!write_all(STDERR_FILENO, text)) ::_exit(1);
    ::_exit(log::kExUsage);
}

const backend::Dialect* dialect_of(std::string_view protocol)
{
    for (const backend::Dialect* d :
         {&backend::mupdate_dialect(), &backend::imap_dialect(), &backend::lmtp_dialect(),
          &backend::pop3_dialect(), &backend::sieve_dialect()})
        if (d->service == protocol) return d;
    return nullptr;
}

const backend::Dialect* dialect_of_program()
{
    if (program == "imtest") return &backend::imap_dialect();
    if (program == "lmtptest") return &backend::lmtp_dialect();
    if (program == "pop3test") return &backend::pop3_dialect();
    if (program == "sivtest") return &backend::sieve_dialect();
    return &backend::mupdate_dialect();
}

unsigned number(std::string_view text, unsigned max)
{
    auto n = to_number<unsigned>(text, max);
    if (!n) usage();
    return *n;
}

std::string sasl_option(std::string_view text)
{
    size_t equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0 ||
        text.find('\n') != std::string_view::npos)
        usage();
    std::string_view name = text.substr(0, equals);
    return cat(name.starts_with("sasl_") ? "" : "sasl_", name, ": ", text.substr(equals + 1), "\n");
}

void take_option(Arguments& a, int letter, const char* value)
{
    switch (letter) {
        case 'a': a.authname = value; break;
        case 'C': a.config_path = value; break;
        case 'c': a.password_each_time = true; break;
        case 'f': a.input_file = value; break;
        case 'I': a.pid_file = value; break;
        case 'i': a.initial_response = false; break;
        case 'k': a.min_strength = number(value, 1024); break;
        case 'l': a.max_strength = number(value, 1024); break;
        case 'm': a.mechanism = to_upper(value); break;
        case 'n': a.count = number(value, 1000000); break;
        case 'o': a.sasl_options += sasl_option(value); break;
        case 'P': a.dialect = dialect_of(to_lower(value)); break;
        case 'p': a.port = value; break;
        case 'q': a.compress = true; break;
        case 'r': a.realm = value; break;
        case 's': a.implicit_tls = true; break;
        case 't': a.tls_file = value; break;
        case 'u': a.authzid = value; break;
        case 'v': a.verbose = true; break;
        case 'w': a.password = value; break;
        case 'z': a.timing = true; break;
        default: usage();
    }
}

Arguments parse(int argc, char** argv)
{
    Arguments a;
    std::string_view path = argv[0] != nullptr ? argv[0] : "mupdatetest";
    program = path.substr(path.rfind('/') + 1);
    a.dialect = dialect_of_program();
    for (int c; (c = ::getopt(argc, argv, "a:C:cf:I:ik:l:m:n:o:P:p:qr:st:u:vw:z")) != -1;)
        take_option(a, c, optarg);
    if (optind + 1 < argc || a.dialect == nullptr || a.count == 0) usage();
    if (optind < argc) {
        a.host = argv[optind];
    } else {
        complain("WARNING: no hostname supplied, assuming localhost");
        a.host = "localhost";
    }
    a.login_command = a.mechanism == "LOGIN" && a.dialect->login_command != nullptr;
    if (a.host.empty() || (a.implicit_tls && a.tls_file)) usage();
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
    say("Connection closed.\n");
    return success();
}

// The logout between two logins, shown.
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
    Session(const config::Config& config, Arguments& arguments)
        : config_(config), arguments_(arguments), server_(server_of(arguments))
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
            TRY(by_hand(*connection, arguments_));
        }
        return all_well;
    }

 private:
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
        std::string given = admin::ask_password("Please enter your password: ");
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
    std::string server_;
    admin::Transcript transcript_;
    backend::LoginPolicy policy_;
    std::optional<Error> refused_;  // why the last login failed
};

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
    if (!arguments.pid_file.empty()) {
        auto written = replace_file(arguments.pid_file, cat(::getpid(), "\n"), 0644);
        if (!written) return fail(log::kExIoErr, written.error());
    }
    auto well = Session(*config, arguments).run();
    if (!well) return fail(1, well.error());
    return *well ? 0 : 1;
}
