#include "imap/imapd/relay/kept_command.h"

namespace rookery::imapd {

void KeptCommand::add(std::string_view bytes)
{
    if (!whole_) return;
    if (bytes.size() > kMaxKept - size_) return lose();
    size_ += bytes.size();
    if (!file_ && size_ <= kMaxInMemory) {
        memory_ += bytes;
        return;
    }
    if (!file_) {
        auto opened = SpooledBytes::open(folder_);
        if (!opened) return lose();
        file_.emplace(*std::move(opened));
        if (!file_->write(memory_)) return lose();
    }
    if (!file_->write(bytes)) lose();
}

void KeptCommand::head_ends()
{
    heads_.push_back(size_);
}

void KeptCommand::lose()
{
    whole_ = false;
    file_.reset();
}

Status KeptCommand::read(const Take& take) const
{
    if (!file_) return give(memory_, take);
    return file_->read([&](std::string_view all) { return give(all, take); });
}

Status KeptCommand::give(std::string_view all, const Take& take) const
{
    uint64_t at = 0;
    for (const uint64_t head : heads_) {
        TRY_ASSIGN(const bool more, take(all.substr(at, head - at), true));
        if (!more) return success();
        at = head;
    }
    if (at < all.size()) TRY(take(all.substr(at), false));
    return success();
}

}  // namespace rookery::imapd
