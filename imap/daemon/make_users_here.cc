#include <memory>

#include "imap/cluster/autocreate.h"
#include "imap/daemon/make_users.h"

namespace rookery::daemon {

delivery::MakeUser make_users_here(const config::Config& config, mboxlist::Directory& directory,
                                   mailbox::MailboxStore* store, mailbox::Quotas* quotas)
{
    auto operations = std::make_shared<cluster::Operations>(config, directory, *store, quotas);
    return [&config, quotas, operations](const std::string& userid) -> Result<bool> {
        if (!cluster::may_autocreate(config, userid)) return false;
        TRY(cluster::Autocreate(config, *operations, quotas).make(userid));
        return true;
    };
}

}  // namespace rookery::daemon
