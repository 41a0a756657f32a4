#include "imap/store/stranded_copy.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "imap/store/header_file.h"
#include "imap/store/mailbox_lock.h"
#include "imap/store/message_file.h"
#include "lib/base/fd.h"
#include "lib/base/strings.h"

namespace rookery::store {
namespace {

// What cannot be read is not the same.
bool is_same_file(int a, int b, const std::string& name)
{
    struct stat in_a {};
    struct stat in_b {};
    if (::fstatat(a, name.c_str(), &in_a, 0) != 0 || ::fstatat(b, name.c_str(), &in_b, 0) != 0)
        return false;
    if (in_a.st_dev == in_b.st_dev && in_a.st_ino == in_b.st_ino) return true;
    if (in_a.st_size != in_b.st_size) return false;
    auto bytes_a = MappedFile::open(a, name);
    auto bytes_b = MappedFile::open(b, name);
    return bytes_a && bytes_b && (*bytes_a)->bytes() == (*bytes_b)->bytes();
}

Result<bool> is_contained(int kept, int copy)
{
    TRY_ASSIGN(const auto uids, message_uids(copy));
    for (const uint32_t uid : uids)
        if (!is_same_file(kept, copy, message_name(uid))) return false;
    return true;
}

Status remove_messages(const std::string& kept, const std::string& copy, Milliseconds wait)
{
    TRY_ASSIGN(const Fd from, open_file(copy, O_RDONLY | O_DIRECTORY));
    TRY_ASSIGN(const Fd in, open_file(kept, O_RDONLY | O_DIRECTORY));
    TRY_ASSIGN(auto kept_lock, MailboxLock::take(in.get(), wait, true));
    TRY_ASSIGN(auto copy_lock, MailboxLock::take(from.get(), wait, true));
    TRY_ASSIGN(const bool is_same, is_contained(in.get(), from.get()));
    if (!is_same) return Error{Code::exists, cat(copy, ": holds messages of its own")};
    // The names that stay are to be on the disk before the others go.
    TRY(sync_names(in.get()));
    TRY_ASSIGN(const auto uids, message_uids(from.get()));
    for (const uint32_t uid : uids)
        if (::unlinkat(from.get(), message_name(uid).c_str(), 0) != 0 && errno != ENOENT)
            return errno_error(cat("unlink ", copy, '/', message_name(uid)));
    return sync_names(from.get());
}

}  // namespace

bool is_same_directory(const std::string& a, const std::string& b)
{
    struct stat in_a {};
    struct stat in_b {};
    return ::stat(a.c_str(), &in_a) == 0 && ::stat(b.c_str(), &in_b) == 0 &&
           in_a.st_dev == in_b.st_dev && in_a.st_ino == in_b.st_ino;
}

Result<bool> is_contained(const std::string& kept, const std::string& copy)
{
    TRY_ASSIGN(const Fd from, open_file(copy, O_RDONLY | O_DIRECTORY));
    TRY_ASSIGN(const Fd in, open_file(kept, O_RDONLY | O_DIRECTORY));
    return is_contained(in.get(), from.get());
}

Status remove_copy(LocalStore& store, const model::MailboxEntry& kept,
                   const model::MailboxEntry& copy)
{
    const StoreOptions& options = store.options();
    TRY_ASSIGN(const std::string kept_path, mailbox_directory(options.paths, kept));
    TRY_ASSIGN(const std::string copy_path, mailbox_directory(options.paths, copy));
    if (is_same_directory(kept_path, copy_path))
        return Error{Code::exists, cat(copy_path, ": is the same directory")};
    TRY_ASSIGN(const std::string id, store.uniqueid_at(kept));
    if (id != kept.uniqueid) return Error{Code::not_found, cat(kept_path, ": no mailbox")};
    TRY(remove_messages(kept_path, copy_path, options.lock_wait));
    // A move by copy may have marked the one that stays as moved.
    return store.rename_back(kept, copy);
}

}  // namespace rookery::store
