// SharedText: a text that never changes, in 8 bytes, shared by all copies of it. TextPool: one
// copy of each text that many entries have, such as locations and access control lists.
//
// A list of a million entries holds few locations and one access control list a user: kept once
// they cost a pointer an entry. Thread rule: copies of one text may be used and dropped by
// different threads; one object, and a pool, by one at a time.
#ifndef ROOKERY_IMAP_MUPDATE_MASTER_SHARED_TEXT_H
#define ROOKERY_IMAP_MUPDATE_MASTER_SHARED_TEXT_H

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace rookery::mupdate {

class SharedText {
 public:
    SharedText() = default;
    SharedText(std::string_view text);  // NOLINT: a text like any other
    template <std::convertible_to<std::string_view> Text>
    SharedText(const Text& text) : SharedText(std::string_view(text))  // NOLINT
    {
    }
    SharedText(const SharedText& other) noexcept : block_(other.block_)
    {
        if (block_ != nullptr) block_->users.fetch_add(1, std::memory_order_relaxed);
    }
    SharedText(SharedText&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
    SharedText& operator=(SharedText other) noexcept
    {
        std::swap(block_, other.block_);
        return *this;
    }
    ~SharedText() { release(); }

    operator std::string_view() const { return view(); }  // NOLINT
    std::string_view view() const
    {
        if (block_ == nullptr) return {};
        return {reinterpret_cast<const char*>(block_ + 1), block_->size};
    }
    std::string string() const { return std::string(view()); }
    bool empty() const { return block_ == nullptr; }
    bool starts_with(std::string_view prefix) const { return view().starts_with(prefix); }
    // True if no other copy exists.
    bool is_alone() const
    {
        return block_ == nullptr || block_->users.load(std::memory_order_acquire) == 1;
    }

    friend bool operator==(const SharedText& a, const SharedText& b)
    {
        return a.block_ == b.block_ || a.view() == b.view();
    }
    friend bool operator==(const SharedText& a, std::string_view b) { return a.view() == b; }
    friend bool operator==(const SharedText& a, const std::string& b) { return a.view() == b; }
    friend bool operator==(const SharedText& a, const char* b) { return a.view() == b; }

 private:
    struct Block {
        std::atomic<uint32_t> users;
        uint32_t size;  // of the bytes that follow
    };
    void release() noexcept;

    Block* block_ = nullptr;  // none: the empty text
};

// For cat().
inline void append_to(std::string& out, const SharedText& text)
{
    out.append(text.view());
}

class TextPool {
 public:
    // The pool's copy of this text.
    SharedText keep(std::string_view text)
    {
        if (text.empty()) return {};
        if (auto it = texts_.find(text); it != texts_.end()) return *it;
        if (texts_.size() >= sweep_at_) sweep();
        return *texts_.insert(SharedText(text)).first;
    }

 private:
    static constexpr size_t kFirstSweep = 4096;
    struct Hash {
        using is_transparent = void;
        size_t operator()(std::string_view t) const { return std::hash<std::string_view>()(t); }
    };
    struct Equal {
        using is_transparent = void;
        bool operator()(std::string_view a, std::string_view b) const { return a == b; }
    };
    // Forgets what nobody else holds.
    void sweep()
    {
        std::erase_if(texts_, [](const SharedText& t) { return t.is_alone(); });
        sweep_at_ = std::max(kFirstSweep, 2 * texts_.size());
    }

    std::unordered_set<SharedText, Hash, Equal> texts_;
    size_t sweep_at_ = kFirstSweep;
};

}  // namespace rookery::mupdate

#endif
