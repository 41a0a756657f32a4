// cyrus.conf(5): what master starts, when and on which addresses.
//
// parse_conf reads the whole grammar; nothing is looked up or opened here except the file. Sections
// START, SERVICES, EVENTS and DAEMON may repeat; sections of other names are skipped. Limits: 1 MB,
// 4,095 bytes per line, 64 arguments per command. Errors are Code::config, "file:line: reason".
#ifndef ROOKERY_MASTER_CONF_H
#define ROOKERY_MASTER_CONF_H

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace rookery::master {

using Argv = std::vector<std::string>;

struct StartEntry {
    std::string name;
    unsigned line = 0;
    Argv argv;
    bool operator==(const StartEntry&) const = default;
};

struct ServiceEntry {
    std::string name;
    unsigned line = 0;
    Argv argv;
    std::string listen;
    std::string proto = "tcp";  // tcp, tcp4, tcp6
    unsigned prefork = 0;
    unsigned max_children = 0;  // 0: no limit
    unsigned max_fds = 0;       // 0: leave as it is
    unsigned fork_rate = 0;     // per second; 0: no limit
    bool babysit = false;
};

struct EventEntry {
    std::string name;
    unsigned line = 0;
    Argv argv;
    unsigned period = 0;         // seconds; 0: once
    std::optional<unsigned> at;  // minutes after midnight, local time
    std::optional<std::string> cron;
    bool operator==(const EventEntry&) const = default;
};

struct DaemonEntry {
    std::string name;
    unsigned line = 0;
    Argv argv;
    unsigned max_fds = 0;
    bool wait = false;  // started one after the other, each says "ok" first
};

struct Conf {
    std::string path;
    std::vector<StartEntry> start;
    std::vector<ServiceEntry> services;
    std::vector<EventEntry> events;
    std::vector<DaemonEntry> daemons;
    std::vector<std::string> warnings;  // keys that are not known, "file:line: ..."
};

Result<Conf> parse_conf(const std::string& path);
// The same past lines that are wrong, which are told in faults; fails if the file cannot be read.
Result<Conf> parse_conf(const std::string& path, std::vector<Error>& faults);
// name stands for the file in error texts.
Result<Conf> parse_conf_text(std::string_view text, const std::string& name);

}  // namespace rookery::master

#endif
