// Messages into a mailbox of this server, all or none: APPEND's last step, and the target of a
// transfer from another server.
//
// Codes: those of MailboxStore; limit, syntax (flags and dates that are none). One thread.
#ifndef ROOKERY_IMAP_IMAPD_SELECTED_LOCAL_APPEND_H
#define ROOKERY_IMAP_IMAPD_SELECTED_LOCAL_APPEND_H

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "imap/imapd/selected/append_target.h"
#include "imap/mailbox/mailbox.h"
#include "imap/model/acl.h"
#include "lib/text/imap_date.h"

namespace rookery::imapd {

// What APPEND answers then.
Completion too_big();
Completion too_many();
Completion no_bytes();

inline constexpr size_t kMaxMessages = 10000;  // of one command: each has an open file

struct Incoming {
    std::unique_ptr<mailbox::StagedMessage> message;
    model::FlagList flags;
    text::DateTime date;
};

// The message of the selected mailbox that goes when a new one has come.
struct Replaced {
    mailbox::Mailbox& mailbox;
    uint32_t sequence;
};
// As far as the user may now: with the flags that he may set there, within the quota, and with
// APPENDUID. replaced: what goes for it, of a single message; not_found: it has gone already.
Result<Completion> append_all(ImapSession& session, const model::MailboxName& into,
                              std::span<Incoming> messages, const Replaced* replaced = nullptr);

class LocalAppend final : public AppendTarget {
 public:
    // May the session's user put messages there?
    static Status check(ImapSession& session, const model::MailboxEntry& entry);
    // Both must outlive it.
    LocalAppend(ImapSession& session, const model::MailboxEntry& entry)
        : session_(session), entry_(entry)
    {
    }
    Result<bool> message(std::string_view flags, std::string_view internaldate,
                         uint64_t size) override;
    Status write(std::string_view bytes) override { return messages_.back().message->write(bytes); }
    const Answer& refusal() const override { return refusal_; }
    Result<Answer> commit() override;
    void give_up() override { messages_.clear(); }
    Completion failed(const Error& error) override { return Completion::from(error); }

 private:
    ImapSession& session_;
    const model::MailboxEntry& entry_;
    std::vector<Incoming> messages_;
    Answer refusal_;
};

}  // namespace rookery::imapd

#endif
