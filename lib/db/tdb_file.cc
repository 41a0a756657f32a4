#include "lib/db/tdb_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>

extern "C" {
#include <tdb.h>
}

#include "lib/base/fd.h"
#include "lib/base/strings.h"

namespace rookery::db {
namespace {

TDB_DATA data_of(std::string_view bytes)
{
    // tdb takes keys and data without const and does not change them.
    auto* p = const_cast<char*>(bytes.data());
    return {reinterpret_cast<unsigned char*>(p), bytes.size()};
}

std::string_view view_of(TDB_DATA data)
{
    return {reinterpret_cast<const char*>(data.dptr), data.dsize};
}

void log_nothing(TDB_CONTEXT* /*tdb*/, enum tdb_debug_level /*level*/, const char* /*format*/, ...)
{
    // Whatever tdb has to say comes back as an error of the call too.
}

struct Looker {
    void (*look)(std::string_view bytes, void* to);
    void* to;
};

int call_look(TDB_DATA /*key*/, TDB_DATA bytes, void* looker)
{
    const auto* l = static_cast<const Looker*>(looker);
    l->look(view_of(bytes), l->to);
    return 0;
}

}  // namespace

void TdbFile::Close::operator()(tdb_context* tdb) const
{
    tdb_close(tdb);
}

Error TdbFile::error(std::string_view what) const
{
    const int saved_errno = errno;
    const auto code = tdb_error(tdb_.get());
    if (saved_errno == ENOSPC || saved_errno == EDQUOT) return errno_error(what, saved_errno);
    // Without an errno it was no I/O: tdb was sent beyond the end of the file.
    const bool torn = code == TDB_ERR_CORRUPT || (code == TDB_ERR_IO && saved_errno == 0);
    return {torn ? Code::corrupt : Code::io,
            cat(what, " ", tdb_name(tdb_.get()), ": ", tdb_errorstr(tdb_.get()))};
}

Result<TdbFile> TdbFile::open_with(const std::string& path, uint32_t hash_size, int tdb_flags,
                                   int open_flags)
{
    tdb_logging_context logging{};
    logging.log_fn = log_nothing;
    errno = 0;
    TDB_CONTEXT* tdb = tdb_open_ex(path.c_str(), static_cast<int>(hash_size), tdb_flags, open_flags,
                                   0600, &logging, nullptr);
    if (!tdb) {
        if (errno == EBUSY) return Error{Code::busy, cat(path, " is open in this process already")};
        if (errno == 0 || errno == EIO || errno == EINVAL)
            return Error{Code::corrupt, cat(path, " is not a tdb file, or is damaged")};
        return errno_error(cat("open ", path));
    }
    struct stat st {};
    TdbFile file(tdb, 0);
    if (fstat(tdb_fd(tdb), &st) != 0) return errno_error(cat("stat ", path));
    file.inode_ = static_cast<uint64_t>(st.st_ino);
    return file;
}

Result<TdbFile> TdbFile::open(const std::string& path, bool durable)
{
    // Without O_CREAT: with it tdb makes an empty database of whatever is not one.
    return open_with(
        path, 0,
        TDB_SEQNUM | TDB_INCOMPATIBLE_HASH | TDB_DISALLOW_NESTING | (durable ? 0 : TDB_NOSYNC),
        O_RDWR);
}

Result<TdbFile> TdbFile::make_private(const std::string& path, uint32_t hash_size)
{
    unlink(path.c_str());
    return open_with(path, hash_size, TDB_SEQNUM | TDB_INCOMPATIBLE_HASH | TDB_NOLOCK | TDB_NOSYNC,
                     O_RDWR | O_CREAT | O_EXCL);
}

Result<bool> TdbFile::parse_with(std::string_view key, LookAt look, void* to)
{
    errno = 0;
    Looker looker{look, to};
    if (tdb_parse_record(tdb_.get(), data_of(key), call_look, &looker) == 0) return true;
    if (tdb_error(tdb_.get()) == TDB_ERR_NOEXIST) return false;
    return error("read");
}

Status TdbFile::store(std::string_view key, std::string_view bytes, bool is_new)
{
    errno = 0;
    const int how = is_new ? TDB_INSERT : TDB_REPLACE;
    if (tdb_store(tdb_.get(), data_of(key), data_of(bytes), how) == 0) return success();
    return error("write");
}

Status TdbFile::erase(std::string_view key)
{
    errno = 0;
    if (tdb_delete(tdb_.get(), data_of(key)) == 0) return success();
    if (tdb_error(tdb_.get()) == TDB_ERR_NOEXIST)
        return Error{Code::not_found, cat("no such record in ", tdb_name(tdb_.get()))};
    return error("erase");
}

Status TdbFile::lock_for_reading()
{
    errno = 0;
    if (tdb_lockall_read(tdb_.get()) == 0) return success();
    return error("lock");
}

void TdbFile::unlock_from_reading()
{
    tdb_unlockall_read(tdb_.get());
}

Status TdbFile::begin()
{
    errno = 0;
    if (tdb_transaction_start(tdb_.get()) == 0) return success();
    return error("begin a transaction in");
}

Status TdbFile::commit()
{
    errno = 0;
    if (tdb_transaction_commit(tdb_.get()) == 0) return success();
    const Error failed = error("commit to");
    // After a sync that failed tdb still holds the transaction, and its lock.
    cancel();
    return failed;
}

void TdbFile::cancel()
{
    tdb_transaction_cancel(tdb_.get());
}

uint32_t TdbFile::sequence() const
{
    return static_cast<uint32_t>(tdb_get_seqnum(tdb_.get()));
}

uint64_t TdbFile::bytes() const
{
    return static_cast<uint64_t>(tdb_map_size(tdb_.get()));
}

uint32_t TdbFile::hash_size() const
{
    return static_cast<uint32_t>(tdb_hash_size(tdb_.get()));
}

uint64_t TdbFile::free_list_length() const
{
    const int length = tdb_freelist_size(tdb_.get());
    return length < 0 ? 0 : static_cast<uint64_t>(length);
}

Status TdbFile::sync() const
{
    return sync_fd(tdb_fd(tdb_.get()));
}

Status TdbFile::check(uint64_t records)
{
    // Not tdb_check: it calls the space damaged that a killed process leaves behind the last
    // record.
    errno = 0;
    const int found = tdb_traverse_read(tdb_.get(), nullptr, nullptr);
    if (found < 0) return error("traverse");
    if (static_cast<uint64_t>(found) != records)
        return Error{Code::corrupt, cat(found, " records instead of ", records)};
    if (tdb_freelist_size(tdb_.get()) < 0) return error("free list of");
    return success();
}

Status TdbFile::copy_bytes(int to) const
{
    std::string buffer(256 * 1024, '\0');
    off_t at = 0;
    for (;;) {
        const ssize_t n = pread(tdb_fd(tdb_.get()), buffer.data(), buffer.size(), at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno_error(cat("read ", tdb_name(tdb_.get())));
        if (n == 0) return success();
        TRY(write_all(to, std::string_view(buffer).substr(0, static_cast<size_t>(n))));
        at += n;
    }
}

}  // namespace rookery::db
