// ChangeRing: the names of the latest changes of a list, oldest first, for those that follow it.
//
// Whoever has fallen off its end needs a dump. Not more than about as long as the list, so that a
// dump is then the quicker way. Thread rule: its owner's lock.
#ifndef ROOKERY_IMAP_MUPDATE_MASTER_CHANGE_RING_H
#define ROOKERY_IMAP_MUPDATE_MASTER_CHANGE_RING_H

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string_view>
#include <unordered_set>

#include "imap/mupdate/master/shared_text.h"
#include "imap/mupdate/server/served_list.h"

namespace rookery::mupdate {

class ChangeRing {
 public:
    struct Touched {
        uint64_t serial;
        SharedText key;
        SharedText server_before;
        SharedText server_after;
        bool everyone = false;  // the servers are not known: all want to hear
    };
    static constexpr size_t kShortest = 65536;
    static constexpr size_t kPerStep = 4096;  // looked at in one call of stream

    // Changes with a greater serial will be in the ring.
    void begin(uint64_t since)
    {
        start_ = since;
        touched_.clear();
    }
    void add(Touched touched, size_t longest)
    {
        touched_.push_back(std::move(touched));
        while (touched_.size() > std::max(kShortest, longest)) {
            start_ = touched_.front().serial;
            touched_.pop_front();
        }
    }
    bool reaches_back_to(uint64_t serial) const { return serial >= start_; }

    // say(key): appends the present state of the name to out.
    template <class Say>
    ServedList::Streamed stream(uint64_t& position, uint64_t last, const Filter& filter,
                                const std::string& out, size_t max_bytes, Say say) const
    {
        if (position < start_) return ServedList::Streamed::lost;
        auto it = std::upper_bound(touched_.begin(), touched_.end(), position,
                                   [](uint64_t p, const Touched& t) { return p < t.serial; });
        std::unordered_set<std::string_view> said;
        for (size_t n = 0; it != touched_.end(); ++it, ++n) {
            if (out.size() >= max_bytes || n >= kPerStep) return ServedList::Streamed::more;
            position = it->serial;
            if (!it->everyone && !filter.wants(it->server_before) &&
                !filter.wants(it->server_after))
                continue;
            if (said.insert(it->key.view()).second) say(it->key);
        }
        position = last;
        return ServedList::Streamed::current;
    }

 private:
    std::deque<Touched> touched_;
    uint64_t start_ = 0;
};

}  // namespace rookery::mupdate

#endif
