// murder check: the parts that are files of their own. For this program only.
#ifndef ROOKERY_IMAP_ADMIN_MURDER_CHECK_H
#define ROOKERY_IMAP_ADMIN_MURDER_CHECK_H

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "imap/admin/murder/report.h"
#include "imap/mupdate/client.h"
#include "lib/config/config.h"

namespace rookery::admin::murder {

// The master's list, by name.
using Known = std::map<std::string, mupdate::Client::Record>;

// What a comparison found: rows of server, mailbox, where the master has it, what that means.
struct Findings {
    Section& differences;
    uint64_t compared = 0;
    uint64_t pending = 0;     // of the differences, those that will go by themselves
    bool at_backend = false;  // one of the differences is a backend's
    std::set<std::string> silent = {};  // servers that could not be asked: told once of each

    void add(std::string_view server, const std::string& name, const std::string& at_master,
             std::string_view meaning)
    {
        differences.rows.push_back(
            {server, name, at_master.empty() ? std::string_view("-") : at_master, meaning});
    }
};

// This server's list against its partitions: rows of kind, mailbox, partition, path, unique id,
// messages, meaning.
Status compare_store(const config::Config& config, const Known& known, Section& stranded);
// A backend, asked by IMAP as this node: which names it has. What changed since the master's list
// was read is looked up there again and left out.
void compare_backend(const config::Config& config, const std::string& server, const Known& known,
                     mupdate::Client& master, Findings& findings);
// Quota roots whose mailboxes are on several servers, against their limits: at a server that holds
// mail its own roots; elsewhere the top of each tree that is on several servers, if it is one.
void compare_quotas(const config::Config& config, const Known& known, Findings& findings);
// A replica, asked by mupdate: what it shows.
void compare_replica(const config::Config& config, const mupdate::Client::Target& replica,
                     const Known& known, mupdate::Client& master, Findings& findings);

}  // namespace rookery::admin::murder

#endif
