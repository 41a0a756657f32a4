// StoreDirectory: the mailbox list in an ordered store of lib/db.
//
// list_keys.h tells what lies under which key. Without indexes (flat files, which people edit)
// scans by server or identifier read everything.
// Codes: not_found, limit (the list is full), no_space, io, corrupt. One thread; open after fork.
#ifndef ROOKERY_IMAP_MBOXLIST_STORE_DIRECTORY_H
#define ROOKERY_IMAP_MBOXLIST_STORE_DIRECTORY_H

#include <memory>
#include <string>

#include "imap/mboxlist/directory.h"
#include "imap/mboxlist/list_keys.h"
#include "lib/db/ordered_store.h"

namespace rookery::mboxlist {

class StoreDirectory : public Directory {
 public:
    static constexpr char kNames = list_keys::kNames;
    static constexpr char kMarks = list_keys::kMarks;

    // Processes that wait for names are told of each commit; idle_directory "": nobody is.
    StoreDirectory(std::unique_ptr<db::OrderedStore> store, bool indexed,
                   std::string idle_directory = {});

    Result<MailboxEntry> lookup(const MailboxName& name) override;
    Status scan(const std::string& from_key,
                const std::function<Next(const MailboxEntry&)>& each) override;
    Status scan_server(const std::string& server,
                       const std::function<Next(const MailboxEntry&)>& each) override;
    Status scan_identifiers(std::span<const std::string> identifiers,
                            const std::function<Next(const MailboxEntry&)>& each) override;
    Status scan_pending(const std::function<Next(const MailboxEntry&)>& each) override;
    Result<uint64_t> count() override;
    Status commit(std::span<const Change> changes) override;
    Status commit_marked(std::span<const Change> changes, std::span<const Mark> marks) override;
    Result<std::string> mark(std::string_view name) override;
    Result<std::unique_ptr<ListLoad>> bulk_load() override;

    db::OrderedStore& store() { return *store_; }
    // The store's check, every entry readable, and the indexes agree with the entries.
    Status check();

 private:
    Status scan_ranges(const std::vector<std::string>& prefixes,
                       const std::function<Next(const MailboxEntry&)>& each);

    std::unique_ptr<db::OrderedStore> store_;
    bool indexed_;
    std::string idle_directory_;
};

// How a flat file writes the keys of a list: internal names, and marks after '/'.
std::string list_key_to_text(std::string_view key);
std::string list_text_to_key(std::string_view text);

}  // namespace rookery::mboxlist

#endif
