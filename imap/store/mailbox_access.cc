#include "imap/store/mailbox_access.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "imap/mboxlist/events.h"
#include "imap/store/header_file.h"
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

void MailboxAccess::wake_sessions(const model::MailboxEntry& entry) const
{
    mboxlist::tell_messages(options_.idle_directory, entry.name);
}

Result<mailbox::AppendResult> MailboxAccess::append_files(const model::MailboxEntry& entry,
                                                          const std::string& userid,
                                                          std::span<NewMessage> messages,
                                                          const MailboxWriter::Placing& placing)
{
    TRY_ASSIGN(Fd directory, open_directory(entry));
    mailbox::AppendResult result;
    {
        TRY_ASSIGN(MailboxWriter writer,
                   MailboxWriter::open(options_.paths, directory.get(), name_hash_of(entry),
                                       options_.lock_wait));
        TRY_ASSIGN(result, fill(writer, entry, userid, messages, nullptr, placing));
    }
    wake_sessions(entry);
    return result;
}

Result<mailbox::AppendResult> MailboxAccess::fill(MailboxWriter& writer,
                                                  const model::MailboxEntry& entry,
                                                  const std::string& userid,
                                                  std::span<NewMessage> messages,
                                                  const MailboxWriter::BeforeCommit& before_commit,
                                                  const MailboxWriter::Placing& placing)
{
    Filling filling(*this, writer, entry, userid, messages);
    TRY(filling.begin(placing));
    if (!messages.empty()) TRY(sync_names(writer.directory()));
    return filling.finish(before_commit);
}

Filling::Filling(const MailboxAccess& access, MailboxWriter& writer,
                 const model::MailboxEntry& entry, const std::string& userid,
                 std::span<NewMessage> messages)
    : access_(access), writer_(writer), entry_(entry), userid_(userid), messages_(messages)
{
}

Filling::~Filling()
{
    if (begun_) writer_.give_up_append(messages_);
}

void Filling::take_seen()
{
    if (seen_in_index(entry_, userid_)) return;
    for (NewMessage& m : messages_) {
        seen_.push_back((m.record.system_flags & model::kSeen) != 0);
        m.record.system_flags &= ~model::kSeen;
    }
}

void Filling::keep_seen(const std::vector<uint32_t>& uids) const
{
    if (std::find(seen_.begin(), seen_.end(), true) == seen_.end()) return;
    Status kept = access_.seen().update(userid_, entry_.uniqueid, [&](SeenState& state) {
        for (size_t i = 0; i < seen_.size(); i++)
            if (seen_[i]) state.uids.add(uids[i]);
        return true;
    });
    // The messages are in; an error now would bring them twice.
    if (!kept) log::warning("seen flags of new messages lost", {{"reason", kept.error()}});
}

Status Filling::begin(const MailboxWriter::Placing& placing)
{
    take_seen();
    TRY(writer_.begin_append(messages_, access_.options().link_messages, placing));
    begun_ = true;
    return success();
}

Result<mailbox::AppendResult> Filling::finish(const MailboxWriter::BeforeCommit& before_commit)
{
    // The writer clears up for itself, where it is known that nothing counts.
    begun_ = false;
    TRY_ASSIGN(auto result, writer_.finish_append(messages_, before_commit));
    if (access_.options().expunge_immediately) {
        auto collected = writer_.collect(INT64_MAX, false);
        if (!collected) log::warning("expunged messages stay", {{"reason", collected.error()}});
    }
    keep_seen(result.uids);
    return result;
}

}  // namespace rookery::store
