#include "imap/cluster/make_folder.h"

#include "imap/cluster/superiors.h"
#include "imap/cluster/uniqueid.h"
#include "imap/mboxlist/access_options.h"
#include "imap/mboxlist/find_mailbox.h"
#include "imap/model/access.h"
#include "lib/base/log.h"

namespace rookery::cluster {
Result<model::MailboxEntry> make_folder(const config::Config& config, Operations& operations,
                                        mailbox::Quotas* quotas, const model::MailboxName& name,
                                        const auth::Identity& owner)
{
    TRY(name.check_creatable());
    TRY(name.check_lengths(config.deletedprefix()));
    if (name.is_deleted(config.deletedprefix())) return Error{Code::denied, "not below there"};
    TRY_ASSIGN(const auto ancestor, mboxlist::nearest_ancestor(operations.list(), name));
    if (!ancestor || !ancestor->is_local()) return Error{Code::denied, "nothing of his is above"};
    TRY(model::may_create_below(owner, name, ancestor, mboxlist::access_options(config)));
    mailbox::QuotaUsage one;
    one.mailboxes = 1;
    if (quotas != nullptr) TRY(quotas->check(name, one, true));
    const model::MailboxEntry entry{.name = name,
                                    .server = {},
                                    .partition = ancestor->partition,
                                    .acl = ancestor->acl,
                                    .uniqueid = new_uniqueid()};
    Status made = operations.create(entry, "", Operations::Tell::master);
    if (!made && !made.is(Code::exists)) return made.error();
    if (made) {
        log::notice("mailbox made", {{"user", owner.userid}, {"mailbox", name.internal()}});
        make_superiors(operations, name, entry.partition, entry.acl);
    }
    // As it is now: with what its making has found out, or as another made it.
    return operations.list().lookup(name);
}

}  // namespace rookery::cluster
