// Maildrop: the messages of a mailbox of this server, as one session of POP3 has them.
//
// The view is that of the login: what comes later is not in it, and what others expunge stays in it
// while its file does. Messages are numbered 1..last(); those that were there with \Deleted have no
// number where popuseimapflags is on. DELE marks; commit() alone changes the mailbox.
// Owns the lock, the view and the marks; borrows nothing. Numbers that are none are not_found.
// Codes: busy (another session has it), denied, those of mailbox::MailboxStore. One thread.
#ifndef ROOKERY_IMAP_POP3_MAILDROP_H
#define ROOKERY_IMAP_POP3_MAILDROP_H

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "imap/mailbox/mailbox_store.h"
#include "lib/base/clock.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::pop3 {

struct MaildropOptions {
    config::UidlFormat uidl = config::UidlFormat::cyrus;
    bool uses_flags = false;  // popuseimapflags
    Seconds apart{0};         // popminpoll
    int padding = 1;          // poppollpadding
};
MaildropOptions maildrop_options(const config::Config& config);

class Maildrop {
 public:
    struct Counts {
        uint32_t retrieved = 0;
        uint32_t tops = 0;
        uint32_t deleted = 0;  // for good
        uint64_t octets = 0;   // of messages that were sent
    };
    struct Sum {
        uint32_t messages = 0;
        uint64_t octets = 0;
    };

    static Result<Maildrop> open(mailbox::MailboxStore& store, const model::MailboxEntry& entry,
                                 const std::string& userid, const MaildropOptions& options);
    // False: it is too early for another login (popminpoll).
    Result<bool> note_poll(int64_t now);

    const model::MailboxEntry& entry() const { return view_->entry(); }
    uint32_t last() const { return static_cast<uint32_t>(messages_.size()); }
    // It has that number, and is not marked as deleted.
    bool has(uint32_t number) const;
    Sum sum();
    Result<uint64_t> octets(uint32_t number);
    Result<std::string> unique_id(uint32_t number) const;
    Result<std::unique_ptr<mailbox::Content>> content(uint32_t number);
    // That was sent, whole or its top.
    void sent(uint32_t number, bool whole, uint64_t bytes);
    Status mark_deleted(uint32_t number);
    void reset();
    bool marks_deleted() const;

    // What QUIT does. may_delete, may_see: asked then, of the mailbox and the user as they are now.
    // Those that were retrieved become \Seen first, where flags are used: a failure of that is
    // logged, and nobody's loss.
    using Check = std::function<Status()>;
    Status commit(const Check& may_delete, const Check& may_see);

    const Counts& counts() const { return counts_; }
    void rest() { view_->rest(); }

 private:
    struct Message {
        uint32_t sequence = 0;
        bool deleted = false;
        bool retrieved = false;
    };
    Maildrop(std::unique_ptr<mailbox::MaildropLock> lock, std::unique_ptr<mailbox::Mailbox> view,
             const MaildropOptions& options);
    Result<uint32_t> sequence(uint32_t number) const;
    void mark_seen();

    std::unique_ptr<mailbox::MaildropLock> lock_;
    std::unique_ptr<mailbox::Mailbox> view_;
    MaildropOptions options_;
    std::vector<Message> messages_;
    Counts counts_;
};

}  // namespace rookery::pop3

#endif
