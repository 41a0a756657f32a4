// MemoryDirectory: the mailbox list in a std::map. For tests, and where no file is wanted.
//
// Forgets everything with the process. Scans tolerate changes made by their own callback.
// Codes: not_found. One thread at a time.
#ifndef ROOKERY_IMAP_MBOXLIST_MEMORY_DIRECTORY_H
#define ROOKERY_IMAP_MBOXLIST_MEMORY_DIRECTORY_H

#include <map>
#include <string>

#include "imap/mboxlist/directory.h"

namespace rookery::mboxlist {

class MemoryDirectory : public Directory {
 public:
    Result<MailboxEntry> lookup(const MailboxName& name) override;
    Status scan(const std::string& from_key,
                const std::function<Next(const MailboxEntry&)>& each) override;
    Status scan_server(const std::string& server,
                       const std::function<Next(const MailboxEntry&)>& each) override;
    Status scan_identifiers(std::span<const std::string> identifiers,
                            const std::function<Next(const MailboxEntry&)>& each) override;
    Result<uint64_t> count() override { return static_cast<uint64_t>(entries_.size()); }
    Status commit(std::span<const Change> changes) override;
    Status commit_marked(std::span<const Change> changes, std::span<const Mark> marks) override;
    Result<std::string> mark(std::string_view name) override;

 private:
    std::map<std::string, MailboxEntry> entries_;  // by MailboxName::key()
    std::map<std::string, std::string, std::less<>> marks_;
};

}  // namespace rookery::mboxlist

#endif
