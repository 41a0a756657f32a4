#include "imap/admin/check_config/checks.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace rookery::admin::check_config {
namespace {

constexpr std::array kChecks = {
    Check{"options that are given twice", check_doubles, false},
    Check{"names of options", check_names, false},
    Check{"values of options", check_values, false},
    Check{"programs", check_programs, false},
    Check{"options of programs", check_program_options, false},
    Check{"addresses of services", check_ports, false},
    Check{"processes of services", check_numbers, false},
    Check{"commands of START", check_starts, true},
    Check{"what services would end for", check_start_options, true},
    Check{"services and TLS", check_service_tls, true},
    Check{"where deliver(8) and the MTA bring mail", check_lmtp_sockets, true},
    Check{"services and the role of the server", check_role, true},
    Check{"who acts for whom", check_proxy_users, true},
    Check{"the mupdate master", check_master, true},
    Check{"passwords for other servers", check_passwords, true},
    Check{"servers of one short name", check_short_names, true},
    Check{"certificates and keys", check_certificates, true},
    Check{"certificates of other servers", check_verification, true},
    Check{"partitions", check_partitions, true},
    Check{"folders", check_folders, true},
    Check{"imapd.conf and what it includes", check_files, false},
    Check{"the log", check_log, true},
    Check{"passwords of users", check_sasl, true},
    Check{"mechanisms of users", check_mechanisms, true},
};

auto key(const Finding& f)
{
    return std::tie(f.place.file, f.place.line, f.text);
}

}  // namespace

std::span<const Check> checks()
{
    return kChecks;
}

void run_checks(const Server& server, Findings& findings)
{
    for (const Check& check : kChecks)
        if ((server.config && server.is_whole()) || !check.needs_config)
            check.run(server, findings);
    std::stable_sort(findings.begin(), findings.end(),
                     [](const Finding& a, const Finding& b) { return key(a) < key(b); });
    findings.erase(std::unique(findings.begin(), findings.end(),
                               [](const Finding& a, const Finding& b) { return key(a) == key(b); }),
                   findings.end());
}

}  // namespace rookery::admin::check_config
