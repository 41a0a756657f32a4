// LocalDelivery: one message to the recipients that are at this server, by their scripts.
//
// The order is the promise. All is decided; then every copy is made durable, those in mailboxes of
// other servers first; then what the scripts send is put into the queue; then the client is told;
// then the mail is sent. A recipient of whom any copy fails for now is told so, and nothing of his
// is sent; what of his was stored is known again when the MTA comes back (unfinished_copies.h). A
// copy that another server refuses for good goes where the mail would go without a script.
// Borrows everything. One thread.
#ifndef ROOKERY_IMAP_DELIVERY_LOCAL_DELIVERY_H
#define ROOKERY_IMAP_DELIVERY_LOCAL_DELIVERY_H

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "imap/delivery/articles.h"
#include "imap/delivery/decision.h"
#include "imap/delivery/duplicates.h"
#include "imap/delivery/message_variants.h"
#include "imap/delivery/outcome.h"
#include "imap/delivery/recipients.h"
#include "imap/delivery/remote_copies.h"
#include "imap/delivery/script_filter.h"
#include "imap/delivery/script_mail.h"
#include "imap/delivery/transaction.h"
#include "imap/delivery/unfinished_copies.h"
#include "imap/mailbox/mailbox_store.h"
#include "imap/mailbox/quota.h"
#include "imap/mboxlist/newsgroups.h"
#include "lib/config/config.h"
#include "lib/db/expiring_set.h"

namespace rookery::delivery {

// What a server that keeps mail delivers with. Each but the first may be null: there is none.
struct Local {
    mailbox::MailboxStore* store = nullptr;  // null: mail is kept elsewhere (lmtpproxyd)
    mailbox::Quotas* quotas = nullptr;
    Duplicates* duplicates = nullptr;  // null: they are not known
    UnfinishedCopies* unfinished = nullptr;
    ScriptCache* scripts = nullptr;
    mboxlist::Directory* murder = nullptr;  // what scripts see; null: the list
    db::ExpiringSet* seen = nullptr;        // of the `duplicate` test
    RemoteCopies* remote = nullptr;
    ScriptMail* mail = nullptr;
    MakeMailbox make = nullptr;
    Articles* articles = nullptr;  // of newsgroups; null: nobody asks for them by their id
};

class LocalDelivery {
 public:
    LocalDelivery(const config::Config& config, mboxlist::Directory& directory,
                  Recipients& recipients, Local local);

    // over_quota, and nothing else: quotas that cannot be read keep no mail out.
    Status fits(const model::MailboxName& mailbox, const Recipient& recipient, uint64_t bytes);
    // What became of each recipient that was named, by its number.
    std::map<size_t, Outcome> deliver(const Transaction& t, std::span<const size_t> numbers);
    // The client was told, or could not be, what became of all since the last told().
    void told(bool reached);

 private:
    // A copy on its way.
    struct Step {
        Copy copy;
        std::string key;        // in UnfinishedCopies
        bool is_there = false;  // before, or now
    };
    struct Work {
        size_t number;
        const Recipient& recipient;
        Decision decision;
        std::vector<Step> steps;
        Status status = success();
        bool is_begun = false;  // in UnfinishedCopies
    };

    void decide(const Transaction& t, Work& work);
    bool is_once_only(const Transaction& t, const Step& step) const;
    Status hold(std::span<const DeliveredMessage> messages, Milliseconds wait);
    void look(const Transaction& t, Work& work);
    Step step_of(const Transaction& t, const Work& work, Copy copy) const;
    void look_for(const Transaction& t, Work& work, Step& step);
    Result<bool> find_begun(const Work& work, const Step& step);
    bool is_duplicate(const Transaction& t, const Recipient& to, const Step& step);
    void begin(const Transaction& t, std::span<Work> works);
    void store_remote(const Transaction& t, Work& work);
    Status store_remote(Work& work, Step& step);
    struct Prepared {
        Work* work;
        Step* step;
        mailbox::StagedMessage* staged;
    };
    mailbox::AppendItem item_of(mailbox::StagedMessage& staged, const Copy& copy) const;
    std::vector<Prepared> prepare(Work& work);
    void store_local(const Transaction& t, std::span<Work> works);
    void mark_delivered(const Transaction& t, const Step& step);
    void note_stored(const Transaction& t, const Recipient& to, Step& step);
    void note_article(const Transaction& t, const model::MailboxEntry& entry,
                      const mailbox::AppendResult& stored);
    void tell_broken(const Transaction& t, const Work& work);
    void store_text(const Recipient& recipient, const Copy& copy, std::string_view text);
    void mark_seen(const Recipient& recipient, const sieve::DuplicateMark& mark);
    void finish(const Transaction& t, Work& work);
    void keep_instead(const Transaction& t, Work& work, Step& step);
    MessageVariants::Edits edits_of(const Work& work, const Step& step) const;

    const config::Config& config_;
    Recipients& recipients_;
    Local local_;
    ScriptFilter filter_;
    std::optional<mboxlist::Newsgroups> newsgroups_;
    std::unique_ptr<MessageVariants> variants_;
    int64_t now_ = 0;
    bool quota_trouble_told_ = false;
    std::vector<Duplicates::Held> held_;  // from looking for a message until it is marked
    std::vector<std::string> done_;   // keys of copies whose delivery is done
    std::vector<std::string> mails_;  // to be sent when the client knows
};

}  // namespace rookery::delivery

#endif
