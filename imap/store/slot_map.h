// SlotMap: which index record a message number stands for, as runs of neighbours, so that a mailbox
// of any size without gaps costs one run. Sequence numbers count from 1. A value.
#ifndef ROOKERY_IMAP_STORE_SLOT_MAP_H
#define ROOKERY_IMAP_STORE_SLOT_MAP_H

#include <cstdint>
#include <span>
#include <vector>

namespace rookery::store {

class SlotMap {
 public:
    uint32_t size() const { return size_; }
    // Adds a message at the end; slots only grow.
    void append(uint32_t slot);
    uint32_t slot(uint32_t sequence) const;  // 1..size()
    // 0 if no message stands for it.
    uint32_t sequence_of_slot(uint32_t slot) const;
    // Takes messages out; sequences in ascending order.
    void remove(std::span<const uint32_t> sequences);

    template <class Visit>
    void for_each(Visit&& visit) const  // visit(sequence, slot)
    {
        for (size_t i = 0; i < runs_.size(); i++) {
            uint32_t end = i + 1 < runs_.size() ? runs_[i + 1].sequence : size_ + 1;
            for (uint32_t n = runs_[i].sequence; n < end; n++)
                visit(n, runs_[i].slot + (n - runs_[i].sequence));
        }
    }

 private:
    struct Run {
        uint32_t sequence;
        uint32_t slot;
    };
    std::vector<Run> runs_;
    uint32_t size_ = 0;
};

}  // namespace rookery::store

#endif
