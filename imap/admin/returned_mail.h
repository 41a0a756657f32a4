// ReturnedMail: what could not be sent on for a user goes into his INBOX, with a notice in front.
//
// A delivery as by lmtpd, and so also to the server that has the user now; quotas do not stop it.
// The parts are opened when the first mail comes. The same entry makes the same message again, so
// that who suppresses duplicates sees a second delivery after a crash. Codes: not_found (there is
// no such user), else what the delivery failed with. One thread.
#ifndef ROOKERY_IMAP_ADMIN_RETURNED_MAIL_H
#define ROOKERY_IMAP_ADMIN_RETURNED_MAIL_H

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "imap/backend/backend_pool.h"
#include "imap/delivery/delivery_memory.h"
#include "imap/delivery/recipients.h"
#include "imap/delivery/transaction.h"
#include "imap/mailbox/mailbox_store.h"
#include "imap/mailbox/quota.h"
#include "imap/mboxlist/directory.h"
#include "imap/mupdate/murder_directory.h"
#include "imap/submission/queue.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::admin {

class ReturnedMail {
 public:
    // SaslClient::init_library() was called.
    explicit ReturnedMail(const config::Config& config) : config_(config) {}
    Status give_back(const submission::Entry& entry, std::string_view message);

 private:
    Status open();
    Status deliver(const submission::Entry& entry, std::string_view message,
                   delivery::Transaction t, delivery::Recipient recipient);
    Result<std::unique_ptr<mailbox::StagedMessage>> stage(const delivery::Recipient& recipient,
                                                          std::string& partition);

    const config::Config& config_;
    std::unique_ptr<mboxlist::Directory> directory_;
    std::unique_ptr<mailbox::MailboxStore> store_;  // null on a frontend
    std::unique_ptr<mailbox::Quotas> quotas_;
    std::optional<delivery::DeliveryMemory> memory_;
    // A list without the other servers' mailboxes does not know a user who moved: its master does.
    std::optional<mupdate::MurderDirectory> murder_;
    std::optional<backend::BackendPool> backends_;
    std::optional<delivery::Recipients> recipients_;
};

}  // namespace rookery::admin

#endif
