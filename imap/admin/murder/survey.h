// Survey: each server of the murder asked what it is and how it does, and what waits for somebody.
// For murder's main only.
//
// The mupdate master is asked first: it names the servers that hold mailboxes, those that follow
// its list, and what is open. Each server with mailboxes is then asked by IMAP, for mail by LMTP
// too. What only a server itself knows is known of this one, and of those of ours that take this
// server for an administrator. Never fails as a whole: what did not answer is in it. One thread.
#ifndef ROOKERY_IMAP_ADMIN_MURDER_SURVEY_H
#define ROOKERY_IMAP_ADMIN_MURDER_SURVEY_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/admin/murder/murder.h"
#include "imap/admin/murder/report.h"
#include "lib/config/config.h"

namespace rookery::admin::murder {

// reader: it follows the list, and nothing is known of what it is.
enum class Part { master, replica, backend, frontend, reader };
std::string_view part_name(Part part);

struct SurveyedServer {
    std::string name;
    Part part = Part::backend;
    std::string state;  // "answers", or what is wrong
    Exit weight = kFine;
    std::string version;
    // Not known of each: of a master and a backend, of who follows the list, of who tells.
    std::optional<int64_t> mailboxes;
    std::optional<int64_t> serial;        // of the list that it has
    std::optional<int64_t> lag;           // seconds
    std::optional<int64_t> free_percent;  // of the partition with the least room
    std::optional<int64_t> certificate;   // days for which it is good
    std::optional<int64_t> sessions;
    std::optional<int64_t> queue;  // mails that are to be sent
};

struct Survey {
    std::vector<SurveyedServer> servers;  // the master first
    Report details;                       // all but the servers
    int64_t serial = 0;                   // of the master's list
    size_t conflicts = 0, moves = 0;
    int worst = kFine;
};

Survey survey(const config::Config& config, const Arguments& arguments);

}  // namespace rookery::admin::murder

#endif
