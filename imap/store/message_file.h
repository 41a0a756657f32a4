// Message files: how they are named, mapped, linked and copied, and the message on its way in.
//
// "<uid>." in the mailbox directory: no mailbox's directory can have such a name. A staged message
// lies in "stage." of its partition, so that it can be linked; write() makes every bare LF a
// CRLF, keeps a bare CR, refuses NUL (Code::syntax) and computes the GUID on the way. Memory: one
// buffer.
// Codes: io, no_space, syntax, limit (4 GB), not_found.
#ifndef ROOKERY_IMAP_STORE_MESSAGE_FILE_H
#define ROOKERY_IMAP_STORE_MESSAGE_FILE_H

#include <openssl/evp.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/mailbox/mailbox.h"
#include "imap/store/cache_file.h"
#include "imap/store/index_format.h"
#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace rookery::store {

using Guid = std::array<char, kGuidSize>;

std::string message_name(uint32_t uid);
// The UID of a file name; none if it is not one of a message.
std::optional<uint32_t> uid_of_name(std::string_view name);

// A file, mapped whole and read-only.
class MappedFile final : public mailbox::Content {
 public:
    static Result<std::unique_ptr<MappedFile>> open(int directory, const std::string& name);
    static Result<std::unique_ptr<MappedFile>> map(int fd);
    ~MappedFile() override;
    std::string_view bytes() const override { return {data_, size_}; }

 private:
    MappedFile(const char* data, size_t size) : data_(data), size_(size) {}
    const char* data_;
    size_t size_;
};

// What is known of a message from its bytes alone.
struct MessageFacts {
    uint32_t size = 0;
    uint32_t header_size = 0;
    Guid guid{};
    Ending ending = Ending::unknown;
};
MessageFacts examine(std::string_view message);
uint32_t header_size_of(std::string_view message);
// How the message file ends, without reading all of it. corrupt: it has another size.
Result<Ending> ending_of_file(int directory, uint32_t uid, uint32_t size);

// The UIDs of the message files in a directory, ascending.
Result<std::vector<uint32_t>> message_uids(int directory);
// A record from a message file alone: size, GUID, and the file's time as internal date.
Result<IndexRecord> describe_message(int directory, uint32_t uid);
// The file's time says what the internal date is, for reconstruct. A hint: no error.
void date_file(int directory, const std::string& name, int64_t internaldate);

// Puts the file from into directory as name: a hard link if link and the file system can, else a
// synced copy. An existing file of that name is replaced: it was never committed.
Status place_file(int from_directory, const std::string& from, int directory,
                  const std::string& name, bool link);

class StagedFile final : public mailbox::StagedMessage {
 public:
    static Result<std::unique_ptr<StagedFile>> create(const std::string& partition_root);
    ~StagedFile() override;

    Status write(std::string_view bytes) override;
    // The bytes as they are. Not to be mixed with write().
    Status write_exact(std::string_view bytes) { return failed_ ? *failed_ : put(bytes); }
    uint64_t size() const override { return size_; }
    const std::string& path() const { return path_; }
    Result<std::string_view> map() override;

    // Makes the bytes durable; no write() afterwards. Cheap when called again.
    Result<MessageFacts> finish();
    // The same for exact bytes, with the cache entry; but whoever uses the file makes it durable.
    // The descriptor is closed.
    Result<MessageFacts> finish_undurable(const CacheRenderer& renderer);
    // After it: the file becomes name in that directory; the second time a link to the first.
    Status move_to(const std::string& directory, const std::string& name);
    // After finish(): what the cache keeps of it, rendered once for all its mailboxes. "" without a
    // renderer, or where it cannot render this message.
    Result<std::string> cache_entry(const CacheRenderer& renderer);

 private:
    struct DigestFree {
        void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    };
    StagedFile(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
    Status put(std::string_view bytes);
    Status put_cr();
    Status end_line();
    Status flush();

    Fd fd_;
    std::string path_;
    bool placed_ = false;  // path_ is a mailbox's now
    std::string buffer_;
    uint64_t size_ = 0;
    uint64_t header_size_ = 0;  // 0 until the empty line was seen
    bool line_is_empty_ = true;
    bool after_cr_ = false;      // the last byte
    bool cr_was_first_ = false;  // in its line
    std::string tail_;           // the last two bytes
    std::unique_ptr<EVP_MD_CTX, DigestFree> digest_;
    std::unique_ptr<MappedFile> mapped_;
    std::optional<Error> failed_;
    std::optional<MessageFacts> facts_;
    std::optional<std::string> cache_entry_;
};

// Removes staged files whose process is gone.
void sweep_stage(const std::string& partition_root);

}  // namespace rookery::store

#endif
