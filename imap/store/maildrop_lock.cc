#include "imap/store/maildrop_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "imap/mailbox/poll_times.h"
#include "imap/store/mailbox_lock.h"

namespace rookery::store {

Result<std::unique_ptr<LocalMaildrop>> LocalMaildrop::take(const MailboxAccess& store,
                                                           const model::MailboxEntry& entry)
{
    TRY_ASSIGN(Fd directory, store.open_directory(entry));
    std::unique_ptr<LocalMaildrop> maildrop(
        new LocalMaildrop(store, name_hash_of(entry), std::move(directory)));
    for (;;) {
        TRY_ASSIGN(maildrop->lock_, maildrop->open_lock());
        Status locked = lock_descriptor(maildrop->lock_.get(), true, Milliseconds(0));
        if (locked.is(Code::busy)) return Error{Code::busy, "maildrop is in use"};
        TRY(std::move(locked));
        // Another may have removed the file meanwhile.
        struct stat st {};
        if (::fstat(maildrop->lock_.get(), &st) != 0) return errno_error(kMaildropName);
        if (st.st_nlink > 0) return maildrop;
    }
}

Result<MailboxWriter> LocalMaildrop::writer(bool thawing) const
{
    return MailboxWriter::open(store_.options().paths, directory_.get(), name_hash_,
                               store_.options().lock_wait, thawing);
}

// It is made by a writer, so never in a directory that another is emptying.
Result<Fd> LocalMaildrop::open_lock() const
{
    Fd lock(::openat(directory_.get(), kMaildropName, O_RDWR | O_CLOEXEC));
    if (lock || errno != ENOENT) {
        if (!lock) return errno_error(kMaildropName);
        return lock;
    }
    TRY_ASSIGN(const MailboxWriter maker, writer(true));
    lock = Fd(::openat(directory_.get(), kMaildropName, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock) return errno_error(kMaildropName);
    return lock;
}

Result<bool> LocalMaildrop::note_poll(int64_t now, Seconds apart, int padding)
{
    TRY_ASSIGN(MailboxWriter writer, this->writer(false));
    int64_t last = writer.header.pop3_last_login;
    const bool in_time = mailbox::is_in_time(last, now, apart, padding);
    if (last == writer.header.pop3_last_login) return in_time;
    writer.header.pop3_last_login = last;
    // Not synced: after a power failure a client may come once too early.
    TRY(writer.commit(false));
    return in_time;
}

}  // namespace rookery::store
