// KickingDirectory: a list that is a replica of the mupdate master's.
//
// Does everything with the list below it, except catch_up(): that asks the mupdate process of this
// server, through its Unix socket, to hear the master's latest, and waits at most wait for its
// "ok". No such process, another answer or none: Code::behind.
#ifndef ROOKERY_IMAP_MBOXLIST_KICK_H
#define ROOKERY_IMAP_MBOXLIST_KICK_H

#include <memory>
#include <string>

#include "imap/mboxlist/directory.h"
#include "lib/base/clock.h"

namespace rookery::mboxlist {

inline constexpr Milliseconds kMaxKickWait{2000};

Status kick(const std::string& socket_path, Milliseconds wait = kMaxKickWait);

class KickingDirectory : public Directory {
 public:
    KickingDirectory(std::unique_ptr<Directory> list, std::string socket_path,
                     Milliseconds wait = kMaxKickWait)
        : list_(std::move(list)), socket_path_(std::move(socket_path)), wait_(wait)
    {
    }

    Status catch_up() override { return kick(socket_path_, wait_); }

    Result<MailboxEntry> lookup(const MailboxName& name) override { return list_->lookup(name); }
    Status scan(const std::string& from_key,
                const std::function<Next(const MailboxEntry&)>& each) override
    {
        return list_->scan(from_key, each);
    }
    Status scan_server(const std::string& server,
                       const std::function<Next(const MailboxEntry&)>& each) override
    {
        return list_->scan_server(server, each);
    }
    Status scan_identifiers(std::span<const std::string> identifiers,
                            const std::function<Next(const MailboxEntry&)>& each) override
    {
        return list_->scan_identifiers(identifiers, each);
    }
    Status scan_pending(const std::function<Next(const MailboxEntry&)>& each) override
    {
        return list_->scan_pending(each);
    }
    Result<uint64_t> count() override { return list_->count(); }
    Status commit(std::span<const Change> changes) override { return list_->commit(changes); }
    Status commit_marked(std::span<const Change> changes, std::span<const Mark> marks) override
    {
        return list_->commit_marked(changes, marks);
    }
    Result<std::string> mark(std::string_view name) override { return list_->mark(name); }

 private:
    std::unique_ptr<Directory> list_;
    std::string socket_path_;
    Milliseconds wait_;
};

}  // namespace rookery::mboxlist

#endif
