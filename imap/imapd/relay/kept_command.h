// KeptCommand: what a server has got of a command, so that another can be told the same.
//
// In memory up to kMaxInMemory bytes, then in a file without a name in the folder given. More than
// kMaxKept bytes are not kept, nor what the file system does not take: is_whole() says so, and
// whoever wanted them goes without. One thread.
#ifndef ROOKERY_IMAP_IMAPD_RELAY_KEPT_COMMAND_H
#define ROOKERY_IMAP_IMAPD_RELAY_KEPT_COMMAND_H

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/imapd/selected/spooled_bytes.h"
#include "lib/base/result.h"

namespace rookery::imapd {

class KeptCommand {
 public:
    static constexpr size_t kMaxInMemory = 65536;
    static constexpr uint64_t kMaxKept = uint64_t{64} << 20;

    // folder: outlives this.
    explicit KeptCommand(const std::string& folder) : folder_(folder) {}
    void add(std::string_view bytes);
    // What was added last is the head of a literal that a server is asked about.
    void head_ends();
    // It is not to be said again.
    void lose();
    bool is_whole() const { return whole_; }
    // What came first, up to kMaxInMemory bytes.
    std::string_view beginning() const { return memory_; }
    bool is_in_memory() const { return whole_ && !file_; }

    // Taken in order; the first failure ends it. asks: the piece ends with such a head. False from
    // the taker: no more is wanted. Codes: io (it cannot be read; nothing was given), the taker's.
    using Take = std::function<Result<bool>(std::string_view piece, bool asks)>;
    Status read(const Take& take) const;

 private:
    Status give(std::string_view all, const Take& take) const;

    const std::string& folder_;
    std::string memory_;
    std::optional<SpooledBytes> file_;
    std::vector<uint64_t> heads_;  // where each of them ends
    uint64_t size_ = 0;
    bool whole_ = true;
};

}  // namespace rookery::imapd

#endif
