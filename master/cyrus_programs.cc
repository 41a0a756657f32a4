// What Cyrus 3.6 installs, less what we always install.
#include "master/cyrus_programs.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "lib/base/strings.h"

namespace rookery::master {
namespace {

using namespace std::string_view_literals;

// Sessions wake each other, TLS tickets are not kept in a file, and searches do without an index.
constexpr std::array kNotNeeded = {"idled"sv, "tls_prune"sv, "squatter"sv};

constexpr std::array kMissed = {
    "calalarmd"sv,   "cyr_backup"sv, "fud"sv,       "httpd"sv,   "ipurge"sv, "imapd"sv,
    "lmtpproxyd"sv,  "mbpath"sv,     "nntpd"sv,     "notifyd"sv, "pop3d"sv,  "promstatd"sv,
    "proxyd"sv,      "ptloader"sv,   "quota"sv,     "sievec"sv,  "smmapd"sv, "sync_client"sv,
    "sync_server"sv, "timsieved"sv,  "unexpunge"sv,
};

bool is_one_of(std::string_view name, const auto& names)
{
    return std::find(names.begin(), names.end(), name) != names.end();
}

// Debian's stock cyrus.conf runs tools by a command of its own, "cyrus expire" for cyr_expire.
void call_by_name(std::vector<std::string>& argv, const ProgramPath& programs)
{
    const std::string& program = argv.front();
    if (argv.size() < 2 || program.substr(program.rfind('/') + 1) != "cyrus") return;
    if (programs.find(program)) return;
    argv.erase(argv.begin());
    if (!programs.find(argv.front()) && programs.find("cyr_" + argv.front()))
        argv.front() = "cyr_" + argv.front();
}

}  // namespace

void leave_out_cyrus_programs(Conf& conf, const ProgramPath& programs)
{
    for (auto& entry : conf.start) call_by_name(entry.argv, programs);
    for (auto& entry : conf.services) call_by_name(entry.argv, programs);
    for (auto& entry : conf.events) call_by_name(entry.argv, programs);
    for (auto& entry : conf.daemons) call_by_name(entry.argv, programs);
    auto is_absent = [&](const auto& entry) {
        const std::string& program = entry.argv.front();
        std::string_view name = std::string_view(program).substr(program.rfind('/') + 1);
        bool missed = is_one_of(name, kMissed);
        if (!missed && !is_one_of(name, kNotNeeded)) return false;
        auto found = programs.find(program);
        if (found) return false;
        if (missed)
            conf.warnings.push_back(cat(conf.path, ':', entry.line, ": ", entry.name,
                                        " is left out: ", found.error().text));
        return true;
    };
    std::erase_if(conf.start, is_absent);
    std::erase_if(conf.services, is_absent);
    std::erase_if(conf.events, is_absent);
    std::erase_if(conf.daemons, is_absent);
}

}  // namespace rookery::master
