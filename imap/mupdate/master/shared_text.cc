#include "imap/mupdate/master/shared_text.h"

#include <cstring>
#include <new>

namespace rookery::mupdate {

SharedText::SharedText(std::string_view text)
{
    if (text.empty()) return;
    void* at = ::operator new(sizeof(Block) + text.size());
    block_ = new (at) Block{1, static_cast<uint32_t>(text.size())};
    std::memcpy(static_cast<void*>(block_ + 1), text.data(), text.size());
}

void SharedText::release() noexcept
{
    if (block_ == nullptr || block_->users.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    block_->~Block();
    ::operator delete(block_);
    block_ = nullptr;
}

}  // namespace rookery::mupdate
