// ScriptMail: what a script sends, on its way into the queue of outgoing mail.
//
// queue() comes when every copy is durable. Answers, notifications and the notice of a broken
// script are claimed first, for as long as they must not be repeated (RFC 5230 4.2): of any number
// of deliveries at once one sends. A process that ends behind the claim has sent nothing, for once;
// a failure gives it back. send() is the try at once, when the client knows that its mail is taken.
// Borrows its parts. Codes: those of the queue. One thread.
#ifndef ROOKERY_IMAP_DELIVERY_SCRIPT_MAIL_H
#define ROOKERY_IMAP_DELIVERY_SCRIPT_MAIL_H

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imap/delivery/decision.h"
#include "imap/delivery/message_variants.h"
#include "imap/delivery/recipients.h"
#include "imap/delivery/transaction.h"
#include "imap/submission/queue.h"
#include "lib/base/result.h"
#include "lib/config/config.h"
#include "lib/db/expiring_set.h"

namespace rookery::delivery {

class ScriptMail {
 public:
    static constexpr int64_t kNoticeTime = 86400;
    static constexpr int64_t kNotifyTime = int64_t{7} * 86400;  // as long as an MTA comes again

    // Puts a message of ours into a mailbox of the recipient (RFC 8580). A failure is logged there.
    using Store = std::function<void(const Copy& copy, std::string_view text)>;

    // The queue is opened when something is to be sent: what is wrong with it concerns that alone.
    ScriptMail(const config::Config& config, db::ExpiringSet sent)
        : config_(config), sent_(std::move(sent))
    {
    }
    // All of the decision's mail, or none. Adds the ids of what is to be sent.
    Status queue(const Transaction& t, const Recipient& recipient, const Decision& decision,
                 const MessageVariants& variants, const Store& store,
                 std::vector<std::string>& ids);
    // Forgets the ids.
    void send(std::vector<std::string>& ids);
    // For the INBOX of the owner: that his script is broken. None: he was told within a day.
    std::optional<std::string> notice(const Recipient& recipient, const std::string& broken);

 private:
    struct Batch;
    Status put(Batch& batch, const Sending& sending);
    Status put(Batch& batch, const sieve::Redirect& redirect, MessageVariants::Edits edits);
    Status put(Batch& batch, const sieve::Reject& reject);
    Status put(Batch& batch, const sieve::Vacation& vacation, const std::optional<Copy>& fcc);
    Status put(Batch& batch, const sieve::Notify& notify, const std::optional<Copy>& fcc);
    Status put(Batch& batch, const submission::Outgoing& mail,
               std::span<const std::string_view> text);
    bool claim(Batch& batch, std::string key, int64_t seconds);
    void take_back(Batch& batch);
    std::string address_of(const Recipient& recipient) const;

    const config::Config& config_;
    std::optional<submission::Queue> queue_;
    db::ExpiringSet sent_;
};

}  // namespace rookery::delivery

#endif
