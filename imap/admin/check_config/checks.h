// The checks of a server's configuration: a table of what each looks at and its function.
//
// A check looks at the files as they were read, and at the folders, keys and sockets that they
// name, as the user who runs it; it changes nothing and asks no other server. Where the options say
// nothing as a whole (Server::config), or not all of them are there (Server::is_whole), only those
// of single lines, files and services are run.
#ifndef ROOKERY_IMAP_ADMIN_CHECK_CONFIG_CHECKS_H
#define ROOKERY_IMAP_ADMIN_CHECK_CONFIG_CHECKS_H

#include <span>
#include <string>
#include <string_view>

#include "imap/admin/check_config/finding.h"
#include "imap/admin/check_config/server.h"

namespace rookery::admin::check_config {

struct Check {
    std::string_view subject;
    void (*run)(const Server&, Findings&);
    bool needs_config;  // Server::config is there, and whole
};

std::span<const Check> checks();
// All of them, in the order of files and lines.
void run_checks(const Server& server, Findings& findings);

// --- checks_options.cc: imapd.conf line by line
void check_doubles(const Server& server, Findings& findings);
void check_names(const Server& server, Findings& findings);
void check_values(const Server& server, Findings& findings);

// --- checks_services.cc: cyrus.conf
void check_programs(const Server& server, Findings& findings);
void check_program_options(const Server& server, Findings& findings);
void check_ports(const Server& server, Findings& findings);
void check_numbers(const Server& server, Findings& findings);
void check_service_tls(const Server& server, Findings& findings);
void check_lmtp_sockets(const Server& server, Findings& findings);

// --- checks_starts.cc: START, and what a service would end for
void check_starts(const Server& server, Findings& findings);
void check_start_options(const Server& server, Findings& findings);

// --- checks_roles.cc: what the server is in its murder
void check_role(const Server& server, Findings& findings);
void check_proxy_users(const Server& server, Findings& findings);
void check_master(const Server& server, Findings& findings);

// --- checks_passwords.cc: how it logs in to the others
void check_passwords(const Server& server, Findings& findings);
void check_short_names(const Server& server, Findings& findings);

// --- checks_tls.cc: certificates and keys, and who is believed
void check_certificates(const Server& server, Findings& findings);
void check_verification(const Server& server, Findings& findings);

// --- checks_places.cc: folders, and the log
void check_partitions(const Server& server, Findings& findings);
void check_folders(const Server& server, Findings& findings);
void check_files(const Server& server, Findings& findings);
void check_log(const Server& server, Findings& findings);

// --- checks_login.cc: passwords of users
void check_sasl(const Server& server, Findings& findings);
void check_mechanisms(const Server& server, Findings& findings);

}  // namespace rookery::admin::check_config

#endif
