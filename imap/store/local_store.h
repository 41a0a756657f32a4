// LocalStore: the mailboxes of this server on its partitions. Implements imap/mailbox (see there
// for ownership, durability and codes).
//
// expunge_mode: a message that was expunged keeps its file while a view is open that may show it.
// immediate: the last view that closes removes it. Otherwise it stays for expire(). One thread.
#ifndef ROOKERY_IMAP_STORE_LOCAL_STORE_H
#define ROOKERY_IMAP_STORE_LOCAL_STORE_H

#include <memory>
#include <string>
#include <vector>

#include "imap/mailbox/mailbox_store.h"
#include "imap/store/local_annotations.h"
#include "imap/store/mailbox_access.h"
#include "imap/store/mailbox_writer.h"
#include "imap/store/message_file.h"

namespace rookery::config {
class Config;
}

namespace rookery::store {

// The options that the configuration gives.
StoreOptions store_options(const config::Config& config);
Result<std::unique_ptr<mailbox::MailboxStore>> open_local_store(const config::Config& config);

class LocalStore final : public mailbox::MailboxStore, public MailboxAccess {
 public:
    explicit LocalStore(StoreOptions options);

    Result<uint32_t> create(const model::MailboxEntry& entry) override;
    Status discard(const model::MailboxEntry& entry) override;
    Status remove(const model::MailboxEntry& entry) override;
    Status rename(const model::MailboxEntry& from, const model::MailboxEntry& to) override;
    Status rename_back(const model::MailboxEntry& from, const model::MailboxEntry& to) override;
    Result<std::string> uniqueid_at(const model::MailboxEntry& entry) override;
    Status rename_user(const std::string& from, const std::string& to) override
    {
        return seen_.rename_user(from, to);
    }
    Status remove_user(const std::string& userid) override { return seen_.remove_user(userid); }
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
    void append_group(std::span<mailbox::GroupItem> items) override;
    std::vector<std::string> partitions() const override;
    Result<mailbox::DiskSpace> space() const override;
    mailbox::Annotations* annotations() override { return &annotations_; }

    // Removes the files, and with drop the records, of messages expunged at or before the time, if
    // nobody has the mailbox open now. Gives how many files went.
    Result<uint32_t> expire(const model::MailboxEntry& entry, int64_t expunged_before, bool drop);

    // A staged file for write_exact().
    Result<std::unique_ptr<StagedFile>> stage_exact(const std::string& partition);

 private:
    struct Settled;
    Result<Settled> settled_index(const model::MailboxEntry& entry);
    bool is_at(const model::MailboxEntry& entry, const std::string& uniqueid);
    Status move_whole(MailboxWriter& writer, const model::MailboxEntry& from,
                      const model::MailboxEntry& to);
    Status move_by_copy(MailboxWriter& writer, const model::MailboxEntry& from,
                        const model::MailboxEntry& to);
    Status leave_directory(const model::MailboxEntry& from);
    Status take_name(MailboxWriter& writer, const model::MailboxEntry& entry);
    Status copy_mailbox(MailboxWriter& writer, const model::MailboxEntry& to,
                        const std::string& directory);
    void remove_empty_parents(const model::MailboxEntry& entry, std::string path) const;
    Status sync_parents(const model::MailboxEntry& entry, std::string path) const;
    Result<uint32_t> next_uidvalidity() const;

    LocalAnnotations annotations_{*this};
    std::vector<std::string> swept_;
};

}  // namespace rookery::store

#endif
