// ScriptFilter: what a recipient's script wants to become of a message, with names resolved.
//
// Changes nothing but that a mailbox may be made (`:create`). Whatever is wrong with a script costs
// its recipient the filing, never the mail: it goes where it would go without one, and
// Decision::broken says why. A mailbox that a script names and that is not there, or is not the
// owner's to put mail into, is replaced by that place too. Errors are for now: of the list, or a
// mailbox that is being moved. Borrows its parts. One thread.
#ifndef ROOKERY_IMAP_DELIVERY_SCRIPT_FILTER_H
#define ROOKERY_IMAP_DELIVERY_SCRIPT_FILTER_H

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "imap/delivery/decision.h"
#include "imap/delivery/recipients.h"
#include "imap/delivery/script_cache.h"
#include "imap/delivery/script_environment.h"
#include "imap/delivery/transaction.h"
#include "imap/mailbox/mailbox_store.h"
#include "imap/mboxlist/directory.h"
#include "lib/db/expiring_set.h"

namespace rookery::delivery {

// Makes a mailbox for its owner; denied, and what is for now.
using MakeMailbox = std::function<Result<model::MailboxEntry>(const model::MailboxName& name,
                                                              const auth::Identity& owner)>;

// The mailbox is not there, or not the owner's to use: not a matter of time.
bool is_final(const Error& error);

class ScriptFilter {
 public:
    struct Parts {
        const config::Config& config;
        mboxlist::Directory& directory;
        Recipients& recipients;
        mailbox::MailboxStore* store;
        ScriptCache* scripts;   // null: nobody has one
        db::ExpiringSet* seen;  // of `duplicate`; null: nothing was seen
        MakeMailbox make;       // null: `:create` makes nothing
    };
    explicit ScriptFilter(Parts parts) : parts_(std::move(parts)) {}

    Result<Decision> decide(const Transaction& t, const Recipient& recipient,
                            std::string_view message);
    // Where the mailbox of a copy is now, after its server has said that it is not there.
    // not_found, denied: nowhere that its owner may use.
    Result<model::MailboxEntry> look_again(const Copy& copy, const Recipient& recipient);

 private:
    struct Run;
    Result<model::MailboxEntry> find(Run& run, const sieve::Target& target);
    bool is_made_when_named(const Recipient& recipient, const model::MailboxName& name) const;
    Result<model::MailboxEntry> make(Run& run, const sieve::Target& target,
                                     const model::MailboxName& name);
    Result<std::optional<model::MailboxEntry>> find_target(Run& run, const sieve::Target& target);
    static bool may_redirect(Run& run, const std::string& address);
    Status take(Run& run, const sieve::Action& action);
    Status take_sending(Run& run, const sieve::Action& action,
                        const std::optional<sieve::Target>& fcc);
    void refuse(Run& run, const sieve::Action& action, const sieve::Reject& reject);
    Copy copy_to(const Run& run, const model::MailboxEntry& entry,
                 const std::vector<std::string>& flags, size_t edits) const;
    void add(Run& run, Copy copy);

    Parts parts_;
};

}  // namespace rookery::delivery

#endif
