// The log. The sink is decided once in open(): a named file, syslog if its socket answers, stderr.
#include "lib/base/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "lib/base/fd.h"
#include "lib/base/log_session.h"

namespace rookery::log {
namespace {

enum class Sink { syslog, file, standard_error };

constexpr size_t kMaxLine = 2000;

// Set by open() and to_file() before any thread exists; read-only afterwards.
struct State {
    std::string ident = "rookery";
    std::string path;
    Sink sink = Sink::standard_error;
    int fd = -1;
};

State& state()
{
    static State* s = new State;  // never destroyed: exit handlers may log
    return *s;
}

std::atomic<int> max_level{static_cast<int>(Level::notice)};

bool syslog_answers()
{
    Fd s(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!s) return false;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    constexpr std::string_view kPath = "/dev/log";
    kPath.copy(address.sun_path, kPath.size());
    return ::connect(s.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

int facility_number(std::string_view name)
{
    if (name == "daemon") return LOG_DAEMON;
    if (name == "user") return LOG_USER;
    if (name.size() == 6 && name.substr(0, 5) == "local" && name[5] >= '0' && name[5] <= '7') {
        constexpr int kLocal[] = {LOG_LOCAL0, LOG_LOCAL1, LOG_LOCAL2, LOG_LOCAL3,
                                  LOG_LOCAL4, LOG_LOCAL5, LOG_LOCAL6, LOG_LOCAL7};
        return kLocal[name[5] - '0'];
    }
    return LOG_MAIL;
}

int priority(Level level)
{
    switch (level) {
        case Level::error: return LOG_ERR;
        case Level::warning: return LOG_WARNING;
        case Level::notice: return LOG_NOTICE;
        case Level::info: return LOG_INFO;
        case Level::debug: return LOG_DEBUG;
    }
    return LOG_ERR;
}

std::string_view level_word(Level level)
{
    switch (level) {
        case Level::error: return "error: ";
        case Level::warning: return "warning: ";
        case Level::notice:
        case Level::info:
        case Level::debug: break;
    }
    return "";
}

void append_value(std::string& out, std::string_view value)
{
    bool quote = value.empty();
    for (char c : value)
        if (c == ' ' || c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20) quote = true;
    if (quote) out.push_back('"');
    for (char c : value) {
        auto u = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out.push_back('\\');
            out.push_back(c);
        } else if (u < 0x20 || u == 0x7f) {
            cat_to(out, "\\x", hex(std::string_view(&c, 1)));
        } else {
            out.push_back(c);
        }
    }
    if (quote) out.push_back('"');
}

std::string stamp()
{
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    tm utc{};
    ::gmtime_r(&now.tv_sec, &utc);
    char buf[40];
    size_t n = ::strftime(buf, sizeof buf, "%Y-%m-%dT%H:%M:%S", &utc);
    std::string out(buf, n);
    auto ms = static_cast<int>(now.tv_nsec / 1000000);
    cat_to(out, '.', static_cast<char>('0' + ms / 100), static_cast<char>('0' + ms / 10 % 10),
           static_cast<char>('0' + ms % 10), 'Z');
    return out;
}

}  // namespace

std::string format_line(std::string_view event, Fields fields)
{
    std::string line;
    for (char c : event) line.push_back(static_cast<unsigned char>(c) < 0x20 ? '?' : c);
    for (const Field& f : fields) {
        cat_to(line, ' ', f.key, '=');
        append_value(line, f.value);
    }
    if (line.size() > kMaxLine) {
        line.resize(kMaxLine);
        line.append("...");
    }
    return line;
}

void open(std::string_view ident, std::string_view facility)
{
    State& s = state();
    s.ident = ident;
    const char* path = ::getenv("ROOKERY_LOG");
    if (path != nullptr && *path != '\0') {
        to_file(path);
    } else if (s.sink != Sink::file && syslog_answers()) {
        ::closelog();
        ::openlog(s.ident.c_str(), LOG_PID | LOG_NDELAY, facility_number(facility));
        s.sink = Sink::syslog;
    }
}

void to_file(const std::string& path)
{
    State& s = state();
    if (s.fd >= 0 && s.path == path) return;
    auto fd = open_file(path, O_WRONLY | O_CREAT | O_APPEND, 0640);
    if (!fd) return;
    if (s.fd >= 0) ::close(s.fd);
    s.fd = fd->release();
    s.path = path;
    s.sink = Sink::file;
}

void to_stderr()
{
    state().sink = Sink::standard_error;
}

void set_level(Level most_detailed)
{
    max_level = static_cast<int>(most_detailed);
}

bool would_log(Level level)
{
    return static_cast<int>(level) <= max_level;
}

std::string destination()
{
    const State& s = state();
    if (s.sink == Sink::syslog) return "syslog";
    return s.sink == Sink::file ? s.path : "stderr";
}

void write(Level level, std::string_view event, Fields fields)
{
    if (!would_log(level)) return;
    const State& s = state();
    std::string line = cat(level_word(level), format_line(event, fields));
    const bool names_one = std::any_of(fields.begin(), fields.end(),
                                       [](const Field& f) { return f.key == "session"; });
    if (!session().empty() && !names_one) cat_to(line, " session=", session());
    if (s.sink == Sink::syslog) {
        ::syslog(priority(level), "%s", line.c_str());
        return;
    }
    std::string whole = cat(stamp(), ' ', s.ident, '[', ::getpid(), "]: ", line, '\n');
    int fd = s.sink == Sink::file ? s.fd : STDERR_FILENO;
    if (::write(fd, whole.data(), whole.size()) < 0) return;  // nowhere left to say so
}

void fatal(int exit_code, std::string_view what)
{
    write(Level::error, "fatal", {{"reason", what}});
    if (state().sink != Sink::standard_error) {
        std::string line = cat(state().ident, ": ", what, '\n');
        if (::write(STDERR_FILENO, line.data(), line.size()) < 0) ::_exit(exit_code);
    }
    ::exit(exit_code);
}

}  // namespace rookery::log
