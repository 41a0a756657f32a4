// ScriptEnvironment: what the Sieve script of one recipient sees of the world.
//
// Answers are those of this server: the list, the store's annotations and special uses of the
// mailboxes that are here, its messages to all as server annotations, its name. There are no
// external lists (RFC 6134), and nobody has tested the message for spam (RFC 5235): scripts look
// at the header that the filter has put there. What cannot be known now is the list's error.
// Borrows everything, for one run. One thread.
#ifndef ROOKERY_IMAP_DELIVERY_SCRIPT_ENVIRONMENT_H
#define ROOKERY_IMAP_DELIVERY_SCRIPT_ENVIRONMENT_H

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/delivery/script_cache.h"
#include "imap/delivery/script_mailboxes.h"
#include "imap/delivery/transaction.h"
#include "imap/sieve/environment.h"
#include "lib/db/expiring_set.h"

namespace rookery::delivery {

class ScriptEnvironment final : public sieve::Environment {
 public:
    struct Parts {
        const config::Config& config;
        mboxlist::Directory& directory;
        mailbox::MailboxStore*
            store;  // for annotations and special uses of mailboxes that are here
        ScriptCache& scripts;
        db::ExpiringSet* seen;  // of `duplicate`; null: nothing was seen
    };

    // message: as it will be stored, what delivery puts in front included. kept_in: where it goes
    // without a script.
    ScriptEnvironment(const Parts& parts, const Transaction& transaction,
                      const Recipient& recipient, const model::MailboxName& kept_in,
                      std::string_view message);

    // The recipient's script: the user's active one, or the global one that an annotation of the
    // shared mailbox names, /vendor/cmu/cyrus-imapd/sieve. Codes as ScriptCache.
    static Result<ScriptCache::Found> script_of(const Parts& parts, const Recipient& recipient);
    // By which a message that `duplicate` asked about is known in the set.
    static std::string key_of(const Recipient& recipient, const sieve::DuplicateMark& mark);

    ScriptMailboxes& mailboxes() { return mailboxes_; }

    std::string_view message() override { return message_; }
    std::optional<std::string> envelope(std::string_view part) override;
    text::DateTime now() override { return now_; }
    std::vector<std::string> own_addresses() override;
    std::string keep_mailbox() override;
    Result<bool> mailbox_exists(const std::string& name) override;
    Result<bool> mailboxid_exists(const std::string& id) override;
    Result<bool> special_use_exists(const std::string* mailbox,
                                    const std::vector<std::string>& attributes) override;
    Result<std::optional<std::string>> metadata(const std::string* mailbox,
                                                const std::string& name) override;
    Result<bool> was_seen(const sieve::DuplicateMark& mark) override;
    std::optional<std::string> item(std::string_view name) override;
    Result<const sieve::Program*> script(sieve::Location location,
                                         const std::string& name) override;
    std::optional<std::string> notify_capability(const std::string& uri,
                                                 std::string_view capability) override;

 private:
    Result<std::optional<std::string>> mailbox_metadata(const std::string& mailbox,
                                                        const std::string& name);
    Result<std::optional<std::string>> server_metadata(const std::string& name);

    Parts parts_;
    const Transaction& transaction_;
    const Recipient& recipient_;
    model::MailboxName kept_in_;
    std::string_view message_;
    text::DateTime now_;
    ScriptMailboxes mailboxes_;
    std::vector<ScriptCache::Program> included_;  // held until the run has ended
};

}  // namespace rookery::delivery

#endif
