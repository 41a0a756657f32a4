// The log: one event per line, "event key=value key=value".
//
// Goes to syslog(3); where /dev/log cannot be reached, or a file was named (ROOKERY_LOG in the
// environment, or log::to_file), to that file with one O_APPEND write per line; with neither, to
// stderr. Values are quoted when they hold spaces, and control bytes are escaped, so that nothing a
// client sends can forge a line. Passwords and message content are never logged.
// error: an administrator must act. warning: degraded but handled. notice: what a session did.
// info, debug: off unless asked for. The function that handles an error logs it, no other.
// Thread rule: safe from any thread after open().
#ifndef ROOKERY_LIB_BASE_LOG_H
#define ROOKERY_LIB_BASE_LOG_H

#include <initializer_list>
#include <string>
#include <string_view>

#include "lib/base/strings.h"

namespace rookery::log {

enum class Level { error, warning, notice, info, debug };

// One key=value. The value is text or a number.
struct Field {
    std::string_view key;
    std::string value;
    Field(std::string_view k, std::string_view v) : key(k), value(v) {}
    Field(std::string_view k, const char* v) : key(k), value(v) {}
    Field(std::string_view k, const std::string& v) : key(k), value(v) {}
    template <std::integral T>
    Field(std::string_view k, T v) : key(k), value(cat(v))
    {
    }
    Field(std::string_view k, const Error& e) : key(k), value(e.text) {}
};
using Fields = std::initializer_list<Field>;

// Name: "<syslog_prefix>/<service>" or the service alone. facility is a syslog facility name
// ("mail", "local0" to "local7", "daemon"), "" = mail. Reads ROOKERY_LOG. May be called again
// after a fork or when the configuration is known.
void open(std::string_view ident, std::string_view facility = {});
void to_file(const std::string& path);  // from now on, whatever syslog does
void to_stderr();                       // for tools and tests
void set_level(Level most_detailed);    // notice at start
bool would_log(Level level);
// Where the lines go: "syslog", a path, or "stderr".
std::string destination();

void write(Level level, std::string_view event, Fields fields = {});
inline void error(std::string_view event, Fields fields = {})
{
    write(Level::error, event, fields);
}
inline void warning(std::string_view event, Fields fields = {})
{
    write(Level::warning, event, fields);
}
inline void notice(std::string_view event, Fields fields = {})
{
    write(Level::notice, event, fields);
}
inline void info(std::string_view event, Fields fields = {})
{
    write(Level::info, event, fields);
}
inline void debug(std::string_view event, Fields fields = {})
{
    write(Level::debug, event, fields);
}

// Exit codes of sysexits.h that we use.
inline constexpr int kExUsage = 64;
inline constexpr int kExDataErr = 65;
inline constexpr int kExUnavailable = 69;
inline constexpr int kExSoftware = 70;
inline constexpr int kExOsErr = 71;
inline constexpr int kExIoErr = 74;
inline constexpr int kExTempFail = 75;
inline constexpr int kExConfig = 78;

// Logs an error, says the same on stderr, and exits. Only for mains and master.
[[noreturn]] void fatal(int exit_code, std::string_view what);

// The line that would be written; for tests.
std::string format_line(std::string_view event, Fields fields);

}  // namespace rookery::log

#endif
