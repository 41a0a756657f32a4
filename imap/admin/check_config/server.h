// Server: the two files of one server, read past what is wrong with them, and what they make of it.
//
// What cannot be read is a finding; nothing else fails. The role follows from the services that
// cyrus.conf starts, and from mupdate_server and mupdate_config. Constant once made; one thread.
#ifndef ROOKERY_IMAP_ADMIN_CHECK_CONFIG_SERVER_H
#define ROOKERY_IMAP_ADMIN_CHECK_CONFIG_SERVER_H

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "imap/admin/check_config/finding.h"
#include "lib/config/config.h"
#include "lib/service/listen.h"
#include "master/conf.h"
#include "master/spawn.h"

namespace rookery::admin::check_config {

// Files of the system that are looked at; tests have their own.
struct System {
    std::string fstab = "/etc/fstab";
    std::string mounts = "/proc/self/mounts";
    std::string sasldb = "/etc/sasldb2";
    std::string saslauthd = "/var/run/saslauthd/mux";
};

struct Service {
    master::ServiceEntry entry;
    std::string program;  // without its folder
    service::ListenTarget target;
    bool has_option(std::string_view option) const;  // "-s"
    // cmd="..." of another program, with the arguments of this one and one more; "" = none.
    std::string command_of(std::string_view other, std::string_view argument = {}) const;
};

struct Server {
    explicit Server(master::ProgramPath where) : programs(std::move(where)) {}

    master::ProgramPath programs;
    std::string imapd_conf;
    std::string cyrus_conf;
    System system;
    std::vector<config::Line> lines;  // of imapd.conf and what it includes, put right
    std::vector<config::Include> includes;
    std::vector<config::Include> missing;  // those of them that cannot be read
    std::string sound;                     // those of them that say something, as a text
    std::optional<config::Config> config;  // none: without configdirectory it is nothing
    std::optional<master::Conf> conf;
    bool conf_is_whole = true;  // each line of it was understood
    std::vector<Service> services;

    // Of a murder: both of the last two is a unified server; none of them a server of its own.
    bool is_master = false;
    bool is_frontend = false;
    bool is_backend = false;
    bool is_unified() const { return is_frontend && is_backend; }
    bool is_in_murder() const { return is_frontend || is_backend; }
    // Mailboxes are here.
    bool has_mail() const
    {
        return is_backend || (!is_frontend && (runs("imapd") || runs("lmtpd") || runs("pop3d")));
    }

    bool is_missing(const config::Include& include) const;
    bool is_whole() const { return missing.empty(); }
    bool runs(std::string_view program) const;
    // Where the option is set, by any of its names; else the file's first line.
    Place of(std::string_view option) const;
    Place of(const Service& service) const { return {cyrus_conf, service.entry.line}; }
    // The configuration as that service has it.
    config::Config as(const std::string& service) const;
};

Server read_server(const std::string& imapd_conf, const std::string& cyrus_conf,
                   const master::ProgramPath& programs, Findings& findings);

}  // namespace rookery::admin::check_config

#endif
