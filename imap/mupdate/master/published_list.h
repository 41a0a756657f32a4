// PublishedList: the mailbox list in memory, as every reader of the master sees it.
//
// Holds what is durable, in key order. Locations, access control lists and identities are kept
// once each: about 150 bytes an entry, and 40 for each change that the ring still has.
// Thread rule: any thread; the lock is inside, held for microseconds and never across I/O.
#ifndef ROOKERY_IMAP_MUPDATE_MASTER_PUBLISHED_LIST_H
#define ROOKERY_IMAP_MUPDATE_MASTER_PUBLISHED_LIST_H

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "imap/mupdate/master/change_ring.h"
#include "imap/mupdate/master/rules.h"
#include "imap/mupdate/master/shared_text.h"
#include "imap/mupdate/server/served_list.h"
#include "lib/base/guarded.h"

namespace rookery::mupdate {

class PublishedList final : public ServedList {
 public:
    // Entries as they are kept: whoever fills one keeps its texts in the same pool.
    class Entries {
     public:
        struct Less {
            using is_transparent = void;
            bool operator()(std::string_view a, std::string_view b) const { return a < b; }
        };
        using Map = std::map<SharedText, ListEntry, Less>;

        // Puts or replaces. The place of its key.
        Map::iterator put(std::string_view key, ListEntry entry);
        void erase(std::string_view key);
        const Map& map() const { return map_; }
        Map& map() { return map_; }
        SharedText keep(std::string_view text) { return texts_.keep(text); }

     private:
        Map map_;
        TextPool texts_;
    };

    std::optional<ListEntry> find(const std::string& key) override;
    uint64_t serial() override;
    uint64_t size() override;
    std::map<std::string, uint64_t> count_by_server() override;
    void dump(DumpCursor& cursor, const Filter& filter, std::string_view tag, std::string& out,
              size_t max_bytes) override;
    Streamed stream(uint64_t& position, const Filter& filter, std::string_view tag,
                    std::string& out, size_t max_bytes) override;
    bool reaches_back_to(const Position& at) override;

    // Changes become visible, all at once, with the serials of the log.
    struct Published {
        Change change;
        uint64_t serial;
        bool visible;
    };
    void publish(std::span<const Published> changes);
    // Before any reader: the loaded list, and what is known of its latest changes: whose names,
    // in the order of their serials, all of those after `since`.
    void load(Entries entries, uint64_t serial, uint64_t since,
              std::vector<std::pair<uint64_t, std::string>> changed);

    // One entry under the lock, nullptr if there is none.
    template <class Look>
    auto look_at(const std::string& key, Look look)
    {
        auto state = state_.lock();
        auto it = state->entries.map().find(std::string_view(key));
        return look(it == state->entries.map().end() ? nullptr : &it->second);
    }

 private:
    struct State {
        Entries entries;
        ChangeRing ring;
        uint64_t serial = 0;
    };
    static void apply(State& state, const Published& published);

    Guarded<State> state_;
};

}  // namespace rookery::mupdate

#endif
