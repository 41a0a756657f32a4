#include "imap/store/mailbox_access.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "imap/store/header_file.h"
#include "imap/store/wakeup.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::store {

bool seen_in_index(const model::MailboxEntry& entry, const std::string& userid)
{
    return userid.empty() || entry.name.user() == userid;
}

uint64_t name_hash_of(const model::MailboxEntry& entry)
{
    return hash64(entry.name.internal());
}

MailboxAccess::MailboxAccess(StoreOptions options)
    : options_(std::move(options)), seen_(options_.configdirectory, options_.paths.full_hash)
{
}

Result<Fd> MailboxAccess::open_directory(const model::MailboxEntry& entry) const
{
    TRY_ASSIGN(std::string path, mailbox_directory(options_.paths, entry));
    auto directory = open_file(path, O_RDONLY | O_DIRECTORY);
    if (!directory && !directory.is(Code::not_found)) return directory;
    // The list has it: a disk that is not mounted must not bounce mail as "no such mailbox".
    struct stat st {};
    if (!directory || ::fstatat(directory->get(), kHeaderName, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return Error{Code::io, cat(path, ": no mailbox there")};
    return directory;
}

void MailboxAccess::wake_sessions(uint64_t name_hash) const
{
    wake(options_.idle_directory, name_hash);
}

Result<mailbox::AppendResult> MailboxAccess::append_files(const model::MailboxEntry& entry,
                                                          const std::string& userid,
                                                          std::span<NewMessage> messages)
{
    TRY_ASSIGN(Fd directory, open_directory(entry));
    mailbox::AppendResult result;
    {
        TRY_ASSIGN(MailboxWriter writer,
                   MailboxWriter::open(options_.paths, directory.get(), name_hash_of(entry),
                                       options_.lock_wait));
        TRY_ASSIGN(result, fill(writer, entry, userid, messages, nullptr));
    }
    wake_sessions(name_hash_of(entry));
    return result;
}

Result<mailbox::AppendResult> MailboxAccess::fill(MailboxWriter& writer,
                                                  const model::MailboxEntry& entry,
                                                  const std::string& userid,
                                                  std::span<NewMessage> messages,
                                                  const MailboxWriter::BeforeCommit& before_commit)
{
    std::vector<bool> seen(messages.size());
    bool any_seen = false;
    if (!seen_in_index(entry, userid)) {
        for (size_t i = 0; i < messages.size(); i++) {
            uint32_t& flags = messages[i].record.system_flags;
            seen[i] = (flags & model::kSeen) != 0;
            any_seen = any_seen || seen[i];
            flags &= ~model::kSeen;
        }
    }
    TRY_ASSIGN(auto result, writer.append(messages, options_.link_messages, before_commit));
    if (options_.expunge_immediately) {
        auto collected = writer.collect(INT64_MAX, false);
        if (!collected) log::warning("expunged messages stay", {{"reason", collected.error()}});
    }
    if (any_seen) {
        Status kept = seen_.update(userid, entry.uniqueid, [&](SeenState& state) {
            for (size_t i = 0; i < seen.size(); i++)
                if (seen[i]) state.uids.add(result.uids[i]);
            return true;
        });
        // The messages are in; an error now would bring them twice.
        if (!kept) log::warning("seen flags of new messages lost", {{"reason", kept.error()}});
    }
    return result;
}

}  // namespace rookery::store
