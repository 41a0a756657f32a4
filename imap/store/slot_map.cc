// Runs of neighbouring slots.
#include "imap/store/slot_map.h"

#include <algorithm>

namespace rookery::store {

void SlotMap::append(uint32_t slot)
{
    size_++;
    if (!runs_.empty()) {
        const Run& last = runs_.back();
        if (last.slot + (size_ - last.sequence) == slot) return;
    }
    runs_.push_back({size_, slot});
}

uint32_t SlotMap::slot(uint32_t sequence) const
{
    auto it = std::upper_bound(runs_.begin(), runs_.end(), sequence,
                               [](uint32_t n, const Run& r) { return n < r.sequence; });
    --it;
    return it->slot + (sequence - it->sequence);
}

uint32_t SlotMap::sequence_of_slot(uint32_t wanted) const
{
    auto it = std::upper_bound(runs_.begin(), runs_.end(), wanted,
                               [](uint32_t n, const Run& r) { return n < r.slot; });
    if (it == runs_.begin()) return 0;
    uint32_t end = it == runs_.end() ? size_ + 1 : it->sequence;
    --it;
    uint32_t sequence = it->sequence + (wanted - it->slot);
    return sequence < end ? sequence : 0;
}

void SlotMap::remove(std::span<const uint32_t> sequences)
{
    SlotMap kept;
    size_t next = 0;
    for_each([&](uint32_t sequence, uint32_t slot) {
        if (next < sequences.size() && sequences[next] == sequence)
            next++;
        else
            kept.append(slot);
    });
    *this = std::move(kept);
}

}  // namespace rookery::store
