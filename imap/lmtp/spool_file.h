// SpoolFile: a message on its way through a server that does not keep it.
//
// A file in temp_path, removed with the object. Nothing is acknowledged because of it, so it is not
// synced. Codes: io, no_space. One thread.
#ifndef ROOKERY_IMAP_LMTP_SPOOL_FILE_H
#define ROOKERY_IMAP_LMTP_SPOOL_FILE_H

#include <memory>
#include <string>

#include "imap/mailbox/mailbox.h"
#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace rookery::lmtp {

class SpoolFile final : public mailbox::StagedMessage {
 public:
    static Result<std::unique_ptr<SpoolFile>> make(const std::string& directory);
    ~SpoolFile() override;
    SpoolFile(const SpoolFile&) = delete;
    SpoolFile& operator=(const SpoolFile&) = delete;

    Status write(std::string_view bytes) override;
    uint64_t size() const override { return size_; }
    const std::string& path() const override { return path_; }
    Result<std::string_view> map() override;

 private:
    SpoolFile(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
    void unmap();

    Fd fd_;
    std::string path_;
    uint64_t size_ = 0;
    void* mapped_ = nullptr;
    size_t mapped_size_ = 0;
};

}  // namespace rookery::lmtp

#endif
