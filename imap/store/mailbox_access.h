// MailboxAccess: the way to the mailboxes of a store, for the store itself and for its views: where
// their directories are, filling them, \Seen of others, waking the sessions that have one open.
//
// Codes: io (what the list has is not there), and those of MailboxWriter. One thread.
#ifndef ROOKERY_IMAP_STORE_MAILBOX_ACCESS_H
#define ROOKERY_IMAP_STORE_MAILBOX_ACCESS_H

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "imap/mailbox/mailbox.h"
#include "imap/store/cache_file.h"
#include "imap/store/mailbox_path.h"
#include "imap/store/mailbox_writer.h"
#include "imap/store/seen_store.h"
#include "lib/base/clock.h"

namespace rookery::store {

struct StoreOptions {
    PathOptions paths;
    std::string configdirectory;
    std::string idle_directory;        // idlesocket
    bool link_messages = true;         // singleinstancestore
    bool expunge_immediately = false;  // expunge_mode: immediate
    Milliseconds lock_wait{10'000};
    CacheRenderer renderer;      // none: nothing is cached, cached() cannot answer
    std::string cached_headers;  // what it keeps besides the usual ones (text::more_fields())
};

class MailboxAccess {
 public:
    explicit MailboxAccess(StoreOptions options);

    const StoreOptions& options() const { return options_; }
    const SeenStore& seen() const { return seen_; }
    Result<Fd> open_directory(const model::MailboxEntry& entry) const;
    // Messages that are durable files already into a mailbox; wakes its sessions. \Seen of a user
    // who is not the owner goes where it belongs.
    Result<mailbox::AppendResult> append_files(const model::MailboxEntry& entry,
                                               const std::string& userid,
                                               std::span<NewMessage> messages,
                                               const MailboxWriter::Placing& placing = nullptr);
    // The same under a lock that is held, and without the wake-up.
    Result<mailbox::AppendResult> fill(MailboxWriter& writer, const model::MailboxEntry& entry,
                                       const std::string& userid, std::span<NewMessage> messages,
                                       const MailboxWriter::BeforeCommit& before_commit,
                                       const MailboxWriter::Placing& placing = nullptr);
    void wake_sessions(const model::MailboxEntry& entry) const;

 protected:
    ~MailboxAccess() = default;

    StoreOptions options_;
    SeenStore seen_;
};

// Messages on their way into a mailbox whose lock is held, all or none. begin() gives them names in
// its directory; when these are durable, finish() makes the messages count. What was begun and not
// finished goes with the object. Borrows everything.
class Filling {
 public:
    Filling(const MailboxAccess& access, MailboxWriter& writer, const model::MailboxEntry& entry,
            const std::string& userid, std::span<NewMessage> messages);
    ~Filling();
    Filling(const Filling&) = delete;
    Filling& operator=(const Filling&) = delete;

    Status begin(const MailboxWriter::Placing& placing = nullptr);
    Result<mailbox::AppendResult> finish(const MailboxWriter::BeforeCommit& before_commit);

 private:
    void take_seen();
    void keep_seen(const std::vector<uint32_t>& uids) const;

    const MailboxAccess& access_;
    MailboxWriter& writer_;
    const model::MailboxEntry& entry_;
    const std::string& userid_;
    std::span<NewMessage> messages_;
    std::vector<bool> seen_;  // that of a user whose \Seen is not the index's
    bool begun_ = false;
};

// True where \Seen of this user is the index's own flag: the owner, or delivery in his name.
bool seen_in_index(const model::MailboxEntry& entry, const std::string& userid);
uint64_t name_hash_of(const model::MailboxEntry& entry);

}  // namespace rookery::store

#endif
