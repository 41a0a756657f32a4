// MurderDirectory: the whole murder's mailboxes as a backend sees them, which has a list of its own
// only: what is not in that is asked of the mupdate master (FIND).
//
// Look-ups alone go further than the list; scans are of what is here. What the master says is
// remembered for kKnown, or until catch_up(), and longer while it cannot be asked; a mailbox that
// it does not have is not. A connection is made for each question: workers that do not ask hold
// none. After the master could not be reached it is not tried again for mupdate_retry_delay.
// Borrows the list and the configuration. Codes of lookup(): those of the list; no_master: nobody
// knows whether it is elsewhere. In the tree of a user whose INBOX is here that is not_found: a
// user's mailboxes are together. One thread.
#ifndef ROOKERY_IMAP_MUPDATE_MURDER_DIRECTORY_H
#define ROOKERY_IMAP_MUPDATE_MURDER_DIRECTORY_H

#include <map>
#include <string>

#include "imap/mboxlist/directory.h"
#include "lib/base/clock.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::mupdate {

class MurderDirectory final : public mboxlist::Directory {
 public:
    static constexpr Seconds kKnown{60};
    static constexpr size_t kMaxKnown = 1000;

    MurderDirectory(const config::Config& config, mboxlist::Directory& list)
        : config_(config), list_(list)
    {
    }

    Result<model::MailboxEntry> lookup(const model::MailboxName& name) override;
    Status catch_up() override;

    Status scan(const std::string& from_key,
                const std::function<mboxlist::Next(const model::MailboxEntry&)>& each) override
    {
        return list_.scan(from_key, each);
    }
    Status scan_server(
        const std::string& server,
        const std::function<mboxlist::Next(const model::MailboxEntry&)>& each) override
    {
        return list_.scan_server(server, each);
    }
    Status scan_identifiers(
        std::span<const std::string> identifiers,
        const std::function<mboxlist::Next(const model::MailboxEntry&)>& each) override
    {
        return list_.scan_identifiers(identifiers, each);
    }
    Result<uint64_t> count() override { return list_.count(); }
    Status commit(std::span<const mboxlist::Change> changes) override
    {
        return list_.commit(changes);
    }

 private:
    struct Known {
        model::MailboxEntry entry;
        Deadline until;
    };
    Result<model::MailboxEntry> ask(const model::MailboxName& name);
    bool is_in_a_tree_of_ours(const model::MailboxName& name);

    const config::Config& config_;
    mboxlist::Directory& list_;
    std::map<std::string, Known> known_;
    Deadline away_ = Deadline::never();  // until then the master is not tried
};

}  // namespace rookery::mupdate

#endif
