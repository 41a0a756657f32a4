// MemoryStore: mailboxes in memory, for tests of the engines.
//
// Keeps what the interface promises as far as one process can see: views that change only in
// refresh(), \Seen by user, \Recent for one session, wake-ups through a pipe, keywords, UIDs that
// never return. Nothing is durable. Mailboxes are known by their internal name. One thread.
// Tests may look into state() and break things on purpose with fail_content.
#ifndef ROOKERY_TESTS_SUPPORT_MEMORY_STORE_H
#define ROOKERY_TESTS_SUPPORT_MEMORY_STORE_H

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "imap/mailbox/mailbox_store.h"

namespace rookery::test {

struct MemoryMessage {
    uint32_t uid = 0;
    std::string bytes;
    int64_t internaldate = 0;
    int64_t save_date = 0;
    int32_t zone_minutes = 0;
    uint32_t system_flags = 0;  // without \Seen
    std::set<std::string> seen_by;
    model::KeywordBits keywords;
    uint64_t modseq = 0;
    bool recent = true;  // no session has had it as \Recent yet
    bool expunged = false;
    std::string guid = std::string(20, 'g');
};

struct MemoryMailboxState {
    explicit MemoryMailboxState(model::MailboxEntry e) : entry(std::move(e)) {}

    model::MailboxEntry entry;
    uint32_t uidvalidity = 0;
    uint32_t uidnext = 1;
    uint64_t modseq = 1;
    std::vector<std::shared_ptr<MemoryMessage>> messages;
    std::vector<std::string> keywords;
    bool removed = false;
    bool maildrop_taken = false;
    int64_t pop3_last_login = 0;
    std::string special_use;
    std::set<int> wakeups;                // write ends of the pipes of the views
    std::function<void()> after_refresh;  // what happens elsewhere when a view has just looked

    void wake() const;
    // The bits of these names; makes those that are new. limit.
    Result<model::KeywordBits> keyword_bits(const std::vector<std::string>& names);
    void append(std::string bytes, uint32_t system_flags = 0, int64_t internaldate = 0,
                int32_t zone_minutes = 0);
    void expunge_uid(uint32_t uid);
};

class MemoryStore final : public mailbox::MailboxStore {
 public:
    Result<uint32_t> create(const model::MailboxEntry& entry) override;
    Status discard(const model::MailboxEntry& entry) override;
    Status remove(const model::MailboxEntry& entry) override;
    Status rename_back(const model::MailboxEntry& from, const model::MailboxEntry& to) override;
    Result<std::string> uniqueid_at(const model::MailboxEntry& entry) override;
    Status rename_user(const std::string& from, const std::string& to) override;
    Status remove_user(const std::string& userid) override;
    Status rename(const model::MailboxEntry& from, const model::MailboxEntry& to) override;
    Status acl_changed(const model::MailboxEntry& entry) override;
    Result<std::string> special_use(const model::MailboxEntry& entry) override;
    Status set_special_use(const model::MailboxEntry& entry, const std::string& uses) override;
    bool has(const model::MailboxEntry& entry) override;
    bool has_messages(const model::MailboxEntry& entry) override;
    Result<std::unique_ptr<mailbox::Mailbox>> open(const model::MailboxEntry& entry,
                                                   const std::string& userid,
                                                   mailbox::OpenMode mode) override;
    Result<std::unique_ptr<mailbox::MaildropLock>> lock_maildrop(
        const model::MailboxEntry& entry) override;
    Result<mailbox::StatusItems> status(const model::MailboxEntry& entry,
                                        const std::string& userid) override;
    Result<mailbox::Extent> extent(const model::MailboxEntry& entry) override;
    Result<std::unique_ptr<mailbox::StagedMessage>> stage(const std::string& partition) override;
    Result<mailbox::AppendResult> append(const model::MailboxEntry& entry,
                                         const std::string& userid,
                                         std::span<const mailbox::AppendItem> items) override;
    std::vector<std::string> partitions() const override { return {"default"}; }
    mailbox::Annotations* annotations() override { return notes; }

    // The mailbox of that internal name, or null.
    std::shared_ptr<MemoryMailboxState> state(const std::string& internal);
    // Makes the mailbox of that name if need be.
    std::shared_ptr<MemoryMailboxState> make(const std::string& internal);

    bool keeps_nothing = false;         // whatever is asked of a message has to be worked out
    int rests = 0;                      // how often a view was told that its session waits
    int contents = 0;                   // how often content() was asked
    int looks = 0;                      // how often message() was
    std::optional<Error> fail_open;     // what open() answers
    std::optional<Error> fail_content;  // what content() and cached() answer
    std::set<std::string> users;        // those with data of their own: rename_user, remove_user
    std::optional<Error> fail_append;   // what append() and copy_to() answer
    std::optional<Error> fail_remove;   // what Mailbox::remove() answers
    mailbox::Annotations* notes = nullptr;

 private:
    std::map<std::string, std::shared_ptr<MemoryMailboxState>> mailboxes_;
    uint32_t next_uidvalidity_ = 1000;
};

}  // namespace rookery::test

#endif
