// The mailboxes of this server, as a tool goes over them: the list, the store, and the names in
// both forms, as an administrator writes them (Namespace) and inside. One thread.
#ifndef ROOKERY_IMAP_ADMIN_TOOLS_MAILBOXES_H
#define ROOKERY_IMAP_ADMIN_TOOLS_MAILBOXES_H

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "imap/mboxlist/store_directory.h"
#include "imap/model/namespace.h"
#include "imap/store/local_store.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::admin {

class Mailboxes {
 public:
    static Result<Mailboxes> open(const config::Config& config);

    mboxlist::Directory& list() { return *list_; }
    store::LocalStore& store() { return *store_; }

    // What an administrator wrote. bad_name.
    Result<model::MailboxName> name_of(std::string_view external) const;
    std::string shown(const model::MailboxName& name) const;
    // The mailbox of that name on this server. not_found; moved: the list has it elsewhere.
    Result<model::MailboxEntry> find(const model::MailboxName& name);
    // The active ones of this server that one of the patterns of LIST fits; all, if there is none.
    // No pattern says "DELETED" by a mere "*".
    Result<std::vector<model::MailboxEntry>> matching(const std::vector<std::string>& patterns);
    // A name itself, and with recursive those below it.
    Result<std::vector<model::MailboxEntry>> below(const model::MailboxName& name, bool recursive);

 private:
    Mailboxes(const config::Config& config, std::unique_ptr<mboxlist::StoreDirectory> list);
    Result<std::vector<model::MailboxEntry>> active(
        const std::function<bool(const model::MailboxEntry&)>& is_wanted);

    std::string deletedprefix_;
    model::Namespace names_;
    std::unique_ptr<mboxlist::StoreDirectory> list_;
    std::unique_ptr<store::LocalStore> store_;
};

}  // namespace rookery::admin

#endif
