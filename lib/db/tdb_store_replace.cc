// A TdbStore as a whole: a new file takes the place of the old one; a check, a copy of all.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

#include "lib/base/fd.h"
#include "lib/base/strings.h"
#include "lib/db/tdb_load.h"
#include "lib/db/tdb_rewrite.h"
#include "lib/db/tdb_store.h"
#include "lib/db/tdb_transaction.h"

namespace rookery::db {

Status TdbStore::rewrite_locked()
{
    TRY_ASSIGN(const Header header, read_header(*file_));
    const std::string fresh = cat(path_, ".NEW-", static_cast<int64_t>(getpid()));
    Status done = success();
    uint64_t inode = 0;
    {
        TRY_ASSIGN(TdbFile to, TdbFile::make_private(fresh, hash_size_for(2 * header.records())));
        inode = to.inode();
        done = copy_store(*file_, to);
        if (done && options_.durable) done = to.sync();
    }
    if (!done) {
        unlink(fresh.c_str());
        return done;
    }
    return put_in_place(fresh, inode);
}

Status TdbStore::put_in_place(const std::string& fresh, uint64_t inode)
{
    if (rename(fresh.c_str(), path_.c_str()) != 0) {
        const Error failed = errno_error(cat("rename ", fresh));
        unlink(fresh.c_str());
        return failed;
    }
    gate_.set_inode(inode);
    return options_.durable ? sync_directory(directory_of(path_)) : success();
}

Status TdbStore::rewrite()
{
    TRY(begin());
    const Status done = rewrite_locked();
    file_->cancel();
    TRY(done);
    return reopen();
}

Status TdbStore::take_place(const std::string& fresh, uint64_t inode, uint64_t began_at)
{
    Status done = begin();
    if (done) {
        if (present_sequence() != began_at)
            done = Error{Code::busy, cat(path_, " was written to while it was loaded")};
        if (done)
            done = put_in_place(fresh, inode);
        else
            unlink(fresh.c_str());
        file_->cancel();
    } else {
        unlink(fresh.c_str());
    }
    TRY(done);
    return reopen();
}

Result<std::unique_ptr<BulkLoad>> TdbStore::bulk_load()
{
    TRY_ASSIGN(const uint64_t began_at, sequence());
    const auto take = [this, began_at](const std::string& fresh, uint64_t inode) {
        return take_place(fresh, inode, began_at);
    };
    return std::unique_ptr<BulkLoad>(std::make_unique<TdbLoad>(path_, options_.durable, take));
}

Status TdbStore::check(const CheckCallback& each)
{
    TRY(begin());
    const Status good = check_store(*file_, each);
    file_->cancel();
    if (!good) return Error{good.error().code, cat(path_, ": ", good.error().text)};
    return success();
}

Status TdbStore::copy_to(const std::string& path)
{
    const std::string fresh = cat(path, ".NEW-", static_cast<int64_t>(getpid()));
    TRY_ASSIGN(Fd to, open_file(fresh, O_WRONLY | O_CREAT | O_TRUNC));
    Status done = begin();
    if (done) {
        done = file_->copy_bytes(to.get());
        file_->cancel();
    }
    if (done) done = sync_fd(to.get());
    if (done && rename(fresh.c_str(), path.c_str()) != 0) done = errno_error(cat("rename ", fresh));
    if (done) return sync_directory(directory_of(path));
    unlink(fresh.c_str());
    return done;
}

}  // namespace rookery::db
