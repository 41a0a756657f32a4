// Home: where a user's scripts are: beside the INBOX, or where nobody's are.
//
// Asked anew for each command, since users move. Codes of find_home: not_found (no INBOX anywhere,
// and the list is current; of who is no administrator), and whatever says that it cannot be told
// now (behind, reserved, moved, and the list's own). One thread.
#ifndef ROOKERY_IMAP_MANAGESIEVE_HOME_H
#define ROOKERY_IMAP_MANAGESIEVE_HOME_H

#include <optional>
#include <string>

#include "imap/mboxlist/directory.h"
#include "imap/scripts/scripts.h"
#include "lib/auth/identity.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::managesieve {

struct Home {
    std::string server;                       // "" = here
    std::optional<scripts::Scripts> scripts;  // here
    // Why they may not be changed now: the INBOX is half made, or on its way.
    Status changeable = success();
};

Result<Home> find_home(const config::Config& config, mboxlist::Directory& directory,
                       const auth::Identity& who);

// Where clients reach that server by themselves, as sieve_referral_hosts has it; none: they cannot,
// or shall not.
std::optional<std::string> referral_host(const config::Config& config, const std::string& server);

}  // namespace rookery::managesieve

#endif
