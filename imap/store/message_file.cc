// Staging, mapping, linking.
#include "imap/store/message_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "imap/store/header_file.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::store {

namespace {

constexpr size_t kStageBuffer = 32768;
constexpr const char* kStageName = "stage.";

Guid digest_of(EVP_MD_CTX* context)
{
    Guid guid{};
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned int n = 0;
    if (EVP_DigestFinal_ex(context, out, &n) != 1 || n != kGuidSize) panic("SHA-1");
    memcpy(guid.data(), out, kGuidSize);
    return guid;
}

Status copy_bytes(int from, int to)
{
    char buf[65536];
    for (;;) {
        ssize_t n = ::read(from, buf, sizeof buf);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno_error("read message");
        if (n == 0) return sync_fd(to);
        TRY(write_all(to, {buf, static_cast<size_t>(n)}));
    }
}

Status copy_file(int from_directory, const std::string& from, int directory,
                 const std::string& name)
{
    int source = ::openat(from_directory, from.c_str(), O_RDONLY | O_CLOEXEC);
    if (source < 0) return errno_error(from);
    Fd owned_source(source);
    std::string temporary = cat(name, "NEW");
    int target =
        ::openat(directory, temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (target < 0) return errno_error(temporary);
    Fd owned_target(target);
    Status copied = copy_bytes(source, target);
    if (copied && ::renameat(directory, temporary.c_str(), directory, name.c_str()) != 0)
        copied = errno_error(cat("rename ", name));
    if (!copied) ::unlinkat(directory, temporary.c_str(), 0);
    return copied;
}

}  // namespace

std::string message_name(uint32_t uid)
{
    return cat(uid, '.');
}

std::optional<uint32_t> uid_of_name(std::string_view name)
{
    if (name.size() < 2 || name.back() != '.' || name.front() == '0') return std::nullopt;
    auto uid = to_number<uint32_t>(name.substr(0, name.size() - 1));
    if (!uid) return std::nullopt;
    return *uid;
}

Result<std::unique_ptr<MappedFile>> MappedFile::open(int directory, const std::string& name)
{
    int fd = ::openat(directory, name.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno_error(name);
    Fd owned(fd);
    return map(fd);
}

Result<std::unique_ptr<MappedFile>> MappedFile::map(int fd)
{
    struct stat st {};
    if (::fstat(fd, &st) != 0) return errno_error("fstat message");
    auto size = static_cast<size_t>(st.st_size);
    const char* data = "";
    if (size > 0) {
        void* map = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
        if (map == MAP_FAILED) return errno_error("mmap message");
        data = static_cast<const char*>(map);
    }
    return std::unique_ptr<MappedFile>(new MappedFile(data, size));
}

MappedFile::~MappedFile()
{
    if (size_ > 0) ::munmap(const_cast<char*>(data_), size_);
}

uint32_t header_size_of(std::string_view message)
{
    if (message.starts_with("\r\n")) return 2;
    const size_t end = message.find("\r\n\r\n");
    return static_cast<uint32_t>(end == message.npos ? message.size() : end + 4);
}

MessageFacts examine(std::string_view message)
{
    MessageFacts facts;
    facts.size = static_cast<uint32_t>(message.size());
    facts.header_size = header_size_of(message);
    facts.ending = ending_of(message);
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    if (context == nullptr || EVP_DigestInit_ex(context, EVP_sha1(), nullptr) != 1 ||
        EVP_DigestUpdate(context, message.data(), message.size()) != 1)
        panic("SHA-1");
    facts.guid = digest_of(context);
    EVP_MD_CTX_free(context);
    return facts;
}

Result<Ending> ending_of_file(int directory, uint32_t uid, uint32_t size)
{
    const std::string name = message_name(uid);
    const Fd file(::openat(directory, name.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return errno_error(name);
    struct stat st {};
    if (::fstat(file.get(), &st) != 0) return errno_error(name);
    if (static_cast<uint64_t>(st.st_size) != size)
        return Error{Code::corrupt, cat(name, ": has another size")};
    char tail[2];
    const size_t wanted = std::min<size_t>(size, sizeof tail);
    const ssize_t n = ::pread(file.get(), tail, wanted, static_cast<off_t>(size - wanted));
    if (n < 0) return errno_error(name);
    return ending_of({tail, static_cast<size_t>(n)});
}

Result<std::vector<uint32_t>> message_uids(int directory)
{
    int fd = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return errno_error("open directory");
    DIR* dir = ::fdopendir(fd);
    if (dir == nullptr) {
        ::close(fd);
        return errno_error("read directory");
    }
    std::vector<uint32_t> uids;
    while (const dirent* entry = ::readdir(dir))
        if (auto uid = uid_of_name(entry->d_name)) uids.push_back(*uid);
    ::closedir(dir);
    std::sort(uids.begin(), uids.end());
    return uids;
}

Result<IndexRecord> describe_message(int directory, uint32_t uid)
{
    const std::string name = message_name(uid);
    TRY_ASSIGN(auto file, MappedFile::open(directory, name));
    struct stat st {};
    if (::fstatat(directory, name.c_str(), &st, 0) != 0) return errno_error(name);
    const MessageFacts facts = examine(file->bytes());
    IndexRecord record;
    record.uid = uid;
    record.size = facts.size;
    record.header_size = facts.header_size;
    record.guid = facts.guid;
    record.ending = facts.ending;
    record.internaldate = st.st_mtime;
    return record;
}

void date_file(int directory, const std::string& name, int64_t internaldate)
{
    const timespec when{static_cast<time_t>(internaldate), 0};
    const timespec times[2] = {when, when};
    if (::utimensat(directory, name.c_str(), times, 0) != 0)
        log::debug("no time set", {{"file", name}});
}

Status place_file(int from_directory, const std::string& from, int directory,
                  const std::string& name, bool link)
{
    for (bool again = true; link;) {
        if (::linkat(from_directory, from.c_str(), directory, name.c_str(), 0) == 0)
            return success();
        if (errno == EEXIST && again) {
            ::unlinkat(directory, name.c_str(), 0);
            again = false;
            continue;
        }
        if (errno != EXDEV && errno != EMLINK && errno != EPERM && errno != EOPNOTSUPP)
            return errno_error(cat("link ", name));
        break;
    }
    return copy_file(from_directory, from, directory, name);
}

Result<std::unique_ptr<StagedFile>> StagedFile::create(const std::string& partition_root)
{
    static unsigned counter = 0;
    std::string folder = cat(partition_root, '/', kStageName);
    std::string path = cat(folder, '/', ::getpid(), '-', ++counter);
    auto fd = open_file(path, O_RDWR | O_CREAT | O_TRUNC);
    if (fd.is(Code::not_found)) {
        TRY(make_directories(folder));
        fd = open_file(path, O_RDWR | O_CREAT | O_TRUNC);
    }
    if (!fd) return std::move(fd).error();
    std::unique_ptr<StagedFile> staged(new StagedFile(*std::move(fd), std::move(path)));
    staged->digest_.reset(EVP_MD_CTX_new());
    if (!staged->digest_ || EVP_DigestInit_ex(staged->digest_.get(), EVP_sha1(), nullptr) != 1)
        return Error{Code::io, "SHA-1 is not available"};
    return staged;
}

StagedFile::~StagedFile()
{
    if (!placed_) ::unlink(path_.c_str());
}

Status StagedFile::write(std::string_view bytes)
{
    if (failed_) return *failed_;
    if (facts_) return Error{Code::unsupported, "the message is complete"};
    mapped_.reset();
    while (!bytes.empty()) {
        size_t n = 0;
        while (n < bytes.size() && bytes[n] != '\n' && bytes[n] != '\r' && bytes[n] != '\0') n++;
        Status done = put(bytes.substr(0, n));
        bytes.remove_prefix(n);
        if (done && !bytes.empty()) {
            if (bytes.front() == '\0')
                done = Error{Code::syntax, "message contains NUL characters"};
            else
                done = bytes.front() == '\n' ? end_line() : put_cr();
            bytes.remove_prefix(1);
        }
        if (!done) {
            failed_ = done.error();
            return done;
        }
    }
    return success();
}

Status StagedFile::put(std::string_view bytes)
{
    if (bytes.empty()) return success();
    if (size_ + bytes.size() > UINT32_MAX) return Error{Code::limit, "message over 4 GB"};
    size_ += bytes.size();
    tail_ += bytes.substr(bytes.size() - std::min<size_t>(bytes.size(), 2));
    if (tail_.size() > 2) tail_.erase(0, tail_.size() - 2);
    line_is_empty_ = false;
    after_cr_ = false;
    if (buffer_.size() + bytes.size() > kStageBuffer) TRY(flush());
    if (bytes.size() < kStageBuffer) {
        buffer_ += bytes;
        return success();
    }
    if (EVP_DigestUpdate(digest_.get(), bytes.data(), bytes.size()) != 1) panic("SHA-1");
    return write_all(fd_.get(), bytes);
}

// The first half of a line end, or a byte like any other.
Status StagedFile::put_cr()
{
    const bool empty = line_is_empty_;
    TRY(put("\r"));
    after_cr_ = true;
    cr_was_first_ = empty;
    return success();
}

Status StagedFile::end_line()
{
    const bool empty = after_cr_ ? cr_was_first_ : line_is_empty_;
    TRY(put(after_cr_ ? "\n" : "\r\n"));
    line_is_empty_ = true;
    if (empty && header_size_ == 0) header_size_ = size_;
    return success();
}

Status StagedFile::flush()
{
    if (buffer_.empty()) return success();
    if (EVP_DigestUpdate(digest_.get(), buffer_.data(), buffer_.size()) != 1) panic("SHA-1");
    Status written = write_all(fd_.get(), buffer_);
    buffer_.clear();
    return written;
}

Result<std::string_view> StagedFile::map()
{
    if (failed_) return *failed_;
    if (!mapped_) {
        if (Status flushed = flush(); !flushed) {
            failed_ = flushed.error();
            return *failed_;
        }
        TRY_ASSIGN(mapped_, MappedFile::map(fd_.get()));
    }
    return mapped_->bytes();
}

Result<MessageFacts> StagedFile::finish()
{
    if (failed_) return *failed_;
    if (facts_) return *facts_;
    Status done = flush();
    if (done) done = sync_fd(fd_.get());
    if (!done) {
        failed_ = done.error();
        return *failed_;
    }
    buffer_.shrink_to_fit();
    MessageFacts facts;
    facts.size = static_cast<uint32_t>(size_);
    facts.header_size = static_cast<uint32_t>(header_size_ == 0 ? size_ : header_size_);
    facts.ending = ending_of(tail_);
    facts.guid = digest_of(digest_.get());
    facts_ = facts;
    return facts;
}

Result<MessageFacts> StagedFile::finish_undurable(const CacheRenderer& renderer)
{
    if (facts_) return *facts_;
    TRY_ASSIGN(const std::string_view bytes, map());
    MessageFacts facts;
    facts.size = static_cast<uint32_t>(bytes.size());
    facts.header_size = header_size_of(bytes);
    facts.ending = ending_of(bytes);
    facts.guid = digest_of(digest_.get());
    facts_ = facts;
    TRY(cache_entry(renderer));
    digest_.reset();
    buffer_ = std::string();
    mapped_.reset();
    fd_.reset();
    return facts;
}

Status StagedFile::move_to(const std::string& directory, const std::string& name)
{
    std::string target = cat(directory, '/', name);
    if (placed_) return place_file(AT_FDCWD, path_, AT_FDCWD, target, true);
    if (::rename(path_.c_str(), target.c_str()) != 0) {
        // Another partition.
        if (errno != EXDEV) return errno_error(cat("rename ", name));
        return place_file(AT_FDCWD, path_, AT_FDCWD, target, false);
    }
    path_ = std::move(target);
    placed_ = true;
    return success();
}

Result<std::string> StagedFile::cache_entry(const CacheRenderer& renderer)
{
    if (cache_entry_) return *cache_entry_;
    TRY_ASSIGN(MessageFacts facts, finish());
    cache_entry_ = "";
    if (!renderer) return *cache_entry_;
    TRY_ASSIGN(std::string_view bytes, map());
    auto items = renderer(bytes);
    mapped_.reset();
    if (items) cache_entry_ = encode_cache_entry(*items, {facts.guid.data(), kGuidSize});
    return *cache_entry_;
}

void sweep_stage(const std::string& partition_root)
{
    std::string folder = cat(partition_root, '/', kStageName);
    DIR* dir = ::opendir(folder.c_str());
    if (dir == nullptr) return;
    while (const dirent* entry = ::readdir(dir)) {
        std::string_view name = entry->d_name;
        auto pid = to_number<uint32_t>(name.substr(0, name.find('-')));
        if (!pid || *pid == 0 || *pid > INT32_MAX) continue;
        if (::kill(static_cast<pid_t>(*pid), 0) != 0 && errno == ESRCH)
            ::unlinkat(::dirfd(dir), entry->d_name, 0);
    }
    ::closedir(dir);
}

}  // namespace rookery::store
