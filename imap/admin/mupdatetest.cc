// mupdatetest(1), imtest(1), lmtptest(1): logs in to a server, shows every line, and then connects
// the terminal to it. The protocol is told by the program's name or -P.
#include <poll.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "imap/backend/dialect.h"
#include "lib/auth/sasl_client.h"
#include "lib/auth/tls_context.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/config/config.h"
#include "lib/net/address.h"
#include "lib/net/dial.h"
#include "lib/stream/deflate_layer.h"
#include "lib/stream/stream.h"

namespace {

using namespace rookery;

constexpr Seconds kStepTimeout{30};
constexpr Milliseconds kLastWords{3000};

void say(std::string_view text)
{
    if (!write_all(STDOUT_FILENO, text)) ::_exit(1);
}

[[noreturn]] void die(std::string_view text)
{
    (void)write_all(STDERR_FILENO, cat(text, '\n'));
    ::exit(1);
}

struct Arguments {
    std::string protocol;
    std::string host;
    std::string port;
    std::string mechanism;
    auth::Credentials credentials;
    bool has_password = false;
    std::string config_file;
    std::string config_text;
    std::string input_file;
    std::string pid_file;
    std::string key_file;
    unsigned count = 1;
    bool tls_at_once = false;
    bool start_tls = false;
    bool compress = false;
    bool no_initial = false;
    bool timing = false;
};

const backend::Dialect* dialect_of(std::string_view protocol)
{
    if (protocol == "mupdate") return &backend::mupdate_dialect();
    if (protocol == "imap") return &backend::imap_dialect();
    if (protocol == "lmtp") return &backend::lmtp_dialect();
    return nullptr;
}

// Which layer shows what passes: only the one that sees plain text.
struct Shown {
    int active = 0;
    std::string half[2];  // a line that is not whole yet, from the server and to it

    void bytes(int direction, std::string_view text)
    {
        std::string& line = half[direction];
        line.append(text);
        for (size_t end; (end = line.find('\n')) != std::string::npos; line.erase(0, end + 1)) {
            std::string_view one = std::string_view(line).substr(0, end);
            if (one.ends_with('\r')) one.remove_suffix(1);
            say(cat(direction == 0 ? "S: " : "C: ", one, '\n'));
        }
    }
};

class ShowingLayer : public stream::Layer {
 public:
    ShowingLayer(std::unique_ptr<stream::Layer> below, Shown& shown)
        : below_(std::move(below)), shown_(shown), number_(++shown.active)
    {
    }
    Result<size_t> read(std::span<char> into, Deadline deadline) override
    {
        TRY_ASSIGN(size_t n, below_->read(into, deadline));
        if (number_ == shown_.active) shown_.bytes(0, {into.data(), n});
        return n;
    }
    Status write(std::string_view bytes, Deadline deadline) override
    {
        if (number_ == shown_.active) shown_.bytes(1, bytes);
        return below_->write(bytes, deadline);
    }
    Status flush(Deadline deadline) override { return below_->flush(deadline); }
    bool has_pending() const override { return below_->has_pending(); }
    Result<bool> can_read() override { return below_->can_read(); }
    void shut_down() override { below_->shut_down(); }
    int fd() const override { return below_->fd(); }

 private:
    std::unique_ptr<stream::Layer> below_;
    Shown& shown_;
    int number_;
};

void show_from_here(stream::Stream& stream, Shown& shown)
{
    (void)stream.push_layer([&](std::unique_ptr<stream::Layer> below) {
        return Result<std::unique_ptr<stream::Layer>>(
            std::make_unique<ShowingLayer>(std::move(below), shown));
    });
}

std::string ask_password()
{
    termios before = {};
    const bool terminal = ::tcgetattr(STDIN_FILENO, &before) == 0;
    if (terminal) {
        termios quiet = before;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    (void)write_all(STDERR_FILENO, "Please enter your password: ");
    std::string password;
    char c = 0;
    while (::read(STDIN_FILENO, &c, 1) == 1 && c != '\n' && password.size() < 1024)
        password.push_back(c);
    if (terminal) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    (void)write_all(STDERR_FILENO, "\n");
    return password;
}

class Test {
 public:
    Test(const Arguments& arguments, const config::Config& config, const backend::Dialect& dialect)
        : args_(arguments), config_(config), dialect_(dialect)
    {
    }

    // true: logged in.
    bool run(bool last)
    {
        must(connect());
        Status done = log_in();
        if (done) say("Authenticated.\n");
        else if (!stream_->ok()) die(cat("failure: ", done.error().text));
        else say(cat("Authentication failed. ", done.error().text, '\n'));
        say(cat("Security strength factor: ", sasl_ && done ? sasl_->ssf() : 0, '\n'));
        if (done && args_.compress) must(compress());
        if (!last) {
            stream_->put(dialect_.logout);
            (void)stream_->flush();
            (void)stream_->read_line(65536);
        } else {
            shown_.active = 0;
            relay();
        }
        return done.ok();
    }

 private:
    static void must(Status done)
    {
        if (!done) die(cat("failure: ", done.error().text));
    }

    Status start_tls()
    {
        auth::TlsOptions options = auth::client_tls_options(config_);
        if (!args_.key_file.empty()) options.certificate_file = options.key_file = args_.key_file;
        TRY_ASSIGN(tls_, auth::TlsContext::client(options));
        ++shown_.active;  // the handshake is nothing to look at
        TRY(stream_->push_layer([&](std::unique_ptr<stream::Layer> below) {
            return tls_->connect(std::move(below), args_.host, Deadline::after(kStepTimeout));
        }));
        show_from_here(*stream_, shown_);
        return success();
    }

    Status connect()
    {
        const std::string port = args_.port.empty() ? std::string(dialect_.service) : args_.port;
        const net::Target target{args_.host, port, args_.host.starts_with('/')};
        TRY_ASSIGN(Fd fd, net::dial(target, Deadline::after(kStepTimeout)));
        if (auto remote = net::peer_address(fd.get())) remote_ = net::sasl_address(*remote);
        if (auto local = net::local_address(fd.get())) local_ = net::sasl_address(*local);
        stream_.emplace(std::move(fd));
        stream_->set_timeout(kStepTimeout);
        if (args_.tls_at_once) TRY(start_tls());
        else show_from_here(*stream_, shown_);
        TRY(dialect_.read_banner(*stream_, banner_, caps_));
        if (dialect_.service != "mupdate" && (caps_.empty() || dialect_.service == "lmtp"))
            TRY(dialect_.ask_capabilities(*stream_, caps_));
        if (!args_.start_tls) return success();
        TRY(dialect_.start_tls(*stream_));
        TRY(start_tls());
        return dialect_.ask_capabilities(*stream_, caps_);
    }

    std::vector<std::string> mechanisms() const
    {
        if (!args_.mechanism.empty()) return {to_upper(args_.mechanism)};
        std::vector<std::string> found;
        for (const std::string& c : caps_)
            if (starts_with_nocase(c, "AUTH=")) found.push_back(c.substr(5));
        return found;
    }

    Status log_in()
    {
        if (dialect_.service == "imap" && equal_nocase(args_.mechanism, "login"))
            return imap_login();
        TRY_ASSIGN(auth::SaslClient sasl,
                   auth::SaslClient::make(config_, dialect_.sasl_service, args_.host, remote_,
                                          local_, args_.credentials));
        sasl_.emplace(std::move(sasl));
        TRY_ASSIGN(auth::SaslClient::Start start, sasl_->start(mechanisms()));
        const bool announced = dialect_.initial_response_always || has("SASL-IR");
        const bool send_initial = start.initial && announced && !args_.no_initial;
        TRY(dialect_.begin_auth(*stream_, start.mechanism,
                                send_initial ? &*start.initial : nullptr));
        bool initial_sent = send_initial;
        for (;;) {
            TRY_ASSIGN(backend::Dialect::AuthStep step, dialect_.next_auth(*stream_));
            if (step.kind == backend::Dialect::AuthStep::Kind::failure)
                return Error{Code::denied, step.data};
            if (step.kind == backend::Dialect::AuthStep::Kind::success) break;
            if (start.initial && !initial_sent) {
                initial_sent = true;
                TRY(dialect_.answer_auth(*stream_, *start.initial));
                continue;
            }
            auto next = sasl_->step(step.data);
            if (!next) {
                (void)dialect_.cancel_auth(*stream_);
                (void)dialect_.next_auth(*stream_);
                return next.error();
            }
            TRY(dialect_.answer_auth(*stream_, next->data));
        }
        if (sasl_->ssf() == 0) return success();
        TRY(sasl_->push_layer(*stream_));
        show_from_here(*stream_, shown_);
        return success();
    }

    Status imap_login()
    {
        const auto& c = args_.credentials;
        stream_->put("L01 LOGIN {", c.authname.size(), "+}\r\n", c.authname, " {",
                     c.password.size(), "+}\r\n", c.password, "\r\n");
        TRY(stream_->flush());
        for (;;) {
            TRY_ASSIGN(std::string line, stream_->read_line(65536));
            if (line.starts_with("L01 OK")) return success();
            if (line.starts_with("L01 ")) return Error{Code::denied, line.substr(4)};
        }
    }

    bool has(std::string_view capability) const
    {
        return std::any_of(caps_.begin(), caps_.end(), [&](const std::string& c) {
            return equal_nocase(c, capability);
        });
    }

    Status compress()
    {
        if (dialect_.service == "lmtp") return Error{Code::unsupported, "LMTP has no COMPRESS"};
        stream_->put("Z01 COMPRESS ", dialect_.service == "imap" ? "DEFLATE" : "\"DEFLATE\"", "\r\n");
        TRY(stream_->flush());
        std::string line;
        do {
            TRY_ASSIGN(line, stream_->read_line(65536));
        } while (!line.starts_with("Z01 "));
        if (!line.starts_with("Z01 OK")) return Error{Code::unsupported, line};
        TRY(stream_->push_layer([](std::unique_ptr<stream::Layer> below) {
            return stream::deflate_layer(std::move(below));
        }));
        show_from_here(*stream_, shown_);
        return success();
    }

    // What is typed goes out with CRLF at the end of lines; what comes is shown as it is.
    bool send_typed(int input, bool& after_cr)
    {
        char bytes[8192];
        ssize_t n = ::read(input, bytes, sizeof bytes);
        if (n <= 0) return false;
        std::string out;
        for (char c : std::string_view(bytes, static_cast<size_t>(n))) {
            if (c == '\n' && !after_cr) out.push_back('\r');
            after_cr = c == '\r';
            out.push_back(c);
        }
        stream_->put(out);
        return stream_->flush().ok();
    }

    void relay()
    {
        Fd file;
        if (!args_.input_file.empty()) {
            auto opened = open_file(args_.input_file, 0);
            if (!opened) die(opened.error().text);
            file = *std::move(opened);
        }
        int input = file ? file.get() : STDIN_FILENO;
        bool after_cr = false;
        bool said_goodbye = false;
        char bytes[16384];
        for (;;) {
            pollfd fds[2] = {{stream_->fd(), POLLIN, 0}, {input, POLLIN, 0}};
            const bool typed_out = input < 0;
            if (!stream_->has_input()) {
                int n = ::poll(fds, typed_out ? 1 : 2,
                               typed_out ? static_cast<int>(kLastWords.count()) : -1);
                if (n == 0 && said_goodbye) return;
                if (n == 0) {
                    said_goodbye = true;
                    stream_->put(dialect_.logout);
                    if (!stream_->flush()) return;
                }
            }
            auto there = stream_->wait_input(Deadline::after(Milliseconds(0)));
            if (!there) return;
            if (*there) {
                auto n = stream_->read_some(bytes);
                if (!n || *n == 0) return;
                say({bytes, *n});
            }
            if (!typed_out && fds[1].revents != 0 && !send_typed(input, after_cr)) input = -1;
        }
    }

    const Arguments& args_;
    const config::Config& config_;
    const backend::Dialect& dialect_;
    Shown shown_;
    std::unique_ptr<auth::TlsContext> tls_;
    std::optional<auth::SaslClient> sasl_;
    std::optional<stream::Stream> stream_;
    std::string remote_;
    std::string local_;
    std::string banner_;
    std::vector<std::string> caps_;
};

[[noreturn]] void usage(std::string_view program)
{
    die(cat("usage: ", program,
            " [-P protocol] [-p port] [-m mech] [-a authname] [-u authzid] [-w password]\n"
            "       [-k minssf] [-l maxssf] [-r realm] [-f file] [-n count] [-s] [-t keyfile] [-q]\n"
            "       [-c] [-i] [-I pidfile] [-v] [-z] [-o option=value] [-C file] [host]"));
}

Arguments read_arguments(int argc, char** argv)
{
    Arguments a;
    std::string_view name = argv[0];
    name = name.substr(name.rfind('/') + 1);
    a.protocol = name.starts_with("lmtp") ? "lmtp" : name.starts_with("im") ? "imap" : "mupdate";
    for (int c; (c = ::getopt(argc, argv, "P:p:m:a:u:w:k:l:r:f:n:st:qciI:vzo:C:")) != -1;) {
        std::string value = optarg != nullptr ? optarg : "";
        switch (c) {
        case 'P': a.protocol = to_lower(value); break;
        case 'p': a.port = value; break;
        case 'm': a.mechanism = value; break;
        case 'a': a.credentials.authname = value; break;
        case 'u': a.credentials.authzid = value; break;
        case 'w': a.credentials.password = value; a.has_password = true; break;
        case 'k': cat_to(a.config_text, "sasl_minimum_layer: ", value, '\n'); break;
        case 'l': cat_to(a.config_text, "sasl_maximum_layer: ", value, '\n'); break;
        case 'r': a.credentials.realm = value; break;
        case 'f': a.input_file = value; break;
        case 'n': a.count = std::max(1u, to_number<unsigned>(value).value_or(1)); break;
        case 's': a.tls_at_once = true; break;
        case 't': a.start_tls = true; a.key_file = value; break;
        case 'q': a.compress = true; break;
        case 'i': a.no_initial = true; break;
        case 'I': a.pid_file = value; break;
        case 'z': a.timing = true; break;
        case 'C': a.config_file = value; break;
        case 'o':
            std::replace(value.begin(), value.end(), '=', ':');
            cat_to(a.config_text, value, '\n');
            break;
        case 'c':
        case 'v': break;  // challenges are asked for only when needed, and everything is shown
        default: usage(name);
        }
    }
    if (optind + 1 < argc) usage(name);
    if (optind < argc) a.host = argv[optind];
    return a;
}

}  // namespace

int main(int argc, char** argv)
{
    log::open("mupdatetest");
    log::to_stderr();
    Arguments args = read_arguments(argc, argv);
    const backend::Dialect* dialect = dialect_of(args.protocol);
    if (dialect == nullptr) die(cat("protocol ", args.protocol, " is not known: mupdate imap lmtp"));
    if (args.host.empty()) {
        (void)write_all(STDERR_FILENO,
                        "WARNING: no hostname supplied, assuming localhost\n");
        args.host = "localhost";
    }
    auto config = args.config_file.empty()
                      ? config::Config::from_text(cat("configdirectory: /var/empty\n",
                                                      args.config_text), "mupdatetest")
                      : config::Config::load(args.config_file, "mupdatetest");
    if (!config) die(config.error().text);
    if (args.credentials.authname.empty()) {
        const char* user = ::getenv("USER");
        args.credentials.authname = user != nullptr ? user : "";
    }
    if (!args.has_password && !equal_nocase(args.mechanism, "EXTERNAL") &&
        !equal_nocase(args.mechanism, "GSSAPI") && !equal_nocase(args.mechanism, "ANONYMOUS"))
        args.credentials.password = ask_password();
    if (Status ready = auth::SaslClient::init_library(*config); !ready) die(ready.error().text);
    if (!args.pid_file.empty()) {
        Status written = replace_file(args.pid_file, cat(::getpid(), '\n'), 0644);
        if (!written) die(written.error().text);
    }
    const MonotonicTime begun = monotonic_now();
    bool ok = true;
    for (unsigned i = 1; i <= args.count; ++i)
        ok = Test(args, *config, *dialect).run(i == args.count) && ok;
    if (args.timing)
        say(cat("Time: ", std::chrono::duration_cast<Milliseconds>(monotonic_now() - begun).count(),
                " ms\n"));
    if (!args.pid_file.empty()) ::unlink(args.pid_file.c_str());
    return ok ? 0 : 1;
}
