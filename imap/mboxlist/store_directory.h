// StoreDirectory: the mailbox list in an ordered store of lib/db.
//
// Spaces of the store: 'M' names with their entries; '/' marks; and, if indexed, keys without
// values for scans that touch their own results only: 'S' by server, 'I' by ACL identifier
// (positive entries), 'P' pending. An index key ends in 0x01 and the name's key. Without indexes
// (flat files, which people edit) such scans read everything.
// Codes: not_found, limit (the list is full), no_space, io, corrupt. One thread; open after fork.
#ifndef ROOKERY_IMAP_MBOXLIST_STORE_DIRECTORY_H
#define ROOKERY_IMAP_MBOXLIST_STORE_DIRECTORY_H

#include <memory>
#include <string>

#include "imap/mboxlist/directory.h"
#include "lib/db/ordered_store.h"

namespace rookery::mboxlist {

class StoreDirectory : public Directory {
 public:
    static constexpr char kNames = 'M';
    static constexpr char kMarks = '/';
    // ACL identifiers longer than this are not indexed: nobody can have such a name.
    static constexpr size_t kMaxIndexedIdentifier = 400;

    StoreDirectory(std::unique_ptr<db::OrderedStore> store, bool indexed);

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

    db::OrderedStore& store() { return *store_; }
    // The store's check, every entry readable, and the indexes agree with the entries.
    Status check();

 private:
    Status scan_ranges(const std::vector<std::string>& prefixes,
                       const std::function<Next(const MailboxEntry&)>& each);

    std::unique_ptr<db::OrderedStore> store_;
    bool indexed_;
};

// How a flat file writes the keys of a list: internal names, and marks after '/'.
std::string list_key_to_text(std::string_view key);
std::string list_text_to_key(std::string_view text);

}  // namespace rookery::mboxlist

#endif
