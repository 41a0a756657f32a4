// Witness: the mupdate master, asked where mailboxes are, by whoever moves them. For murder's main
// only.
//
// It is asked by FIND, on a connection that has listed no server: there, FIND hides what other
// servers hold. A lost connection is made anew at the next question. One thread.
#ifndef ROOKERY_IMAP_ADMIN_MURDER_WITNESS_H
#define ROOKERY_IMAP_ADMIN_MURDER_WITNESS_H

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "imap/model/mailbox_name.h"
#include "imap/mupdate/client.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::admin::murder {

class Witness {
 public:
    // All must outlive it.
    Witness(const config::Config& config, const mupdate::Client::Target& master)
        : config_(config), master_(master)
    {
    }
    ~Witness();

    // Success if all of them are active at server; not_found names the first that is not, and says
    // where it is.
    Status are_at(const std::vector<std::string>& names, const std::string& server);

    // The partitions that they are on, in their order; "": the master does not say.
    Result<std::vector<std::string>> partitions_of(const std::vector<std::string>& names);

    // What a server has.
    struct Holdings {
        std::vector<std::string> names;     // active, without what was deleted
        std::vector<std::string> reserved;  // not active
        std::vector<std::string> deleted;   // delayed
        std::vector<std::string> claimed;   // another server holds it: conflicts
    };
    Result<Holdings> held_by(const std::string& server);

 private:
    Result<mupdate::Client*> master();
    using Found = std::optional<mupdate::Client::Record>;
    // In the order of the names.
    Result<std::vector<Found>> find(const std::vector<std::string>& names);
    Status add_claims(const std::string& server, Holdings& holdings);

    const config::Config& config_;
    const mupdate::Client::Target& master_;
    std::unique_ptr<mupdate::Client> connection_;
};

// These by what they move with.
using Units = std::map<std::string, std::vector<std::string>>;
Result<Units> units_of(const config::Config& config, const std::vector<std::string>& names);
// The internal name of what this one moves with: the INBOX for all of a user's, else itself.
Result<std::string> unit_of(const config::Config& config, const model::MailboxName& name);

}  // namespace rookery::admin::murder

#endif
