// SpooledMessage: a message on its way through a server that does not keep it.
//
// In memory while it is small, as most are; beyond kInMemory bytes in a nameless file in a
// directory, given at the beginning (temp_path). Nothing is acknowledged because of it, so it is
// not synced. Codes: io, no_space. One thread.
#ifndef ROOKERY_IMAP_DELIVERY_SPOOLED_MESSAGE_H
#define ROOKERY_IMAP_DELIVERY_SPOOLED_MESSAGE_H

#include <string>

#include "imap/mailbox/mailbox.h"
#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace rookery::delivery {

class SpooledMessage final : public mailbox::StagedMessage {
 public:
    static constexpr size_t kInMemory = 65536;

    explicit SpooledMessage(std::string directory) : directory_(std::move(directory)) {}
    ~SpooledMessage() override;
    SpooledMessage(const SpooledMessage&) = delete;
    SpooledMessage& operator=(const SpooledMessage&) = delete;

    Status write(std::string_view bytes) override;
    uint64_t size() const override { return size_; }
    Result<std::string_view> map() override;

 private:
    Status to_file();
    void unmap();

    std::string directory_;
    std::string small_;  // all of it while there is no file
    Fd fd_;
    uint64_t size_ = 0;
    void* mapped_ = nullptr;
    size_t mapped_size_ = 0;
};

}  // namespace rookery::delivery

#endif
