// PublishedList: the mailbox list in memory, as every reader of a mupdate process sees it.
//
// Holds what is durable (master) or what has been heard from the master (replica), in key order,
// and a ring of the latest changes, from which listeners are served: each listener keeps its own
// position, a serial. The ring is never shorter than the list, so whoever has fallen off it is
// quicker with a new dump. Reading is done in bounded steps, each under the lock for microseconds.
// Thread rule: any thread; the lock is inside and never held across I/O.
#ifndef ROOKERY_IMAP_MUPDATE_PUBLISHED_LIST_H
#define ROOKERY_IMAP_MUPDATE_PUBLISHED_LIST_H

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imap/mupdate/line.h"
#include "imap/mupdate/list_entry.h"
#include "imap/mupdate/rules.h"
#include "lib/base/guarded.h"

namespace rookery::mupdate {

// Where a dump has got to.
struct DumpCursor {
    std::string key;  // the last key given out
    bool begun = false;
    bool done = false;
    uint64_t lines = 0;
};

// Which entries a dump or stream is about.
struct Filter {
    std::string prefix;              // LIST: of the location, with claims shown (RULES 1.3)
    std::vector<std::string> hosts;  // UPDATE: exact servers; empty = all
};

class PublishedList {
 public:
    enum class Streamed : unsigned char { current, more, lost };

    // Called after every publish, without the lock.
    void set_listener(std::function<void()> listener) { listener_ = std::move(listener); }

    std::optional<ListEntry> find(const std::string& key);
    uint64_t serial();
    uint64_t size();

    // Appends data lines to out until it has about max_bytes, or the list ends.
    void dump(DumpCursor& cursor, const Filter& filter, std::string_view tag, std::string& out,
              size_t max_bytes);
    // Appends the present state of the names that changed after position; moves it forward.
    Streamed stream(uint64_t& position, const Filter& filter, std::string_view tag,
                    std::string& out, size_t max_bytes);

    // Changes become visible, all at once. Serials: the master gives those of the log; a replica
    // counts its own.
    struct Published {
        Change change;
        uint64_t serial;
        bool visible;
    };
    void publish(std::span<const Published> changes);
    void publish_next(std::vector<Change> changes);
    // Before any reader: the loaded list, and what is known of its latest changes: whose names,
    // in the order of their serials, all of those after `since`.
    void load(std::map<std::string, ListEntry> entries, uint64_t serial);
    void load(std::map<std::string, ListEntry> entries, uint64_t serial, uint64_t since,
              std::vector<std::pair<uint64_t, std::string>> changed);
    // Before any reader: the line of epochs (line.h) of which these serials are.
    void set_line(Line line) { line_ = std::move(line); }
    const Line& line() const { return line_; }
    // True if whoever stands there can be given what came after, without a dump.
    bool reaches_back_to(const Position& at);

    // How many names each server has.
    std::map<std::string, uint64_t> count_by_server();

    // One entry under the lock, nullptr if there is none.
    template <class Look>
    auto look_at(const std::string& key, Look look)
    {
        auto state = state_.lock();
        auto it = state->entries.find(key);
        return look(it == state->entries.end() ? nullptr : &it->second);
    }
    // Each entry from key on, in order, while each says so; at most `most` of them per call. Gives
    // the key to go on from, none at the end.
    std::optional<std::string> walk(
        const std::string& from, size_t most,
        const std::function<void(const std::string&, const ListEntry&)>& each);

 private:
    struct Touched {
        uint64_t serial;
        std::string key;
        std::string server_before;
        std::string server_after;
        bool everyone = false;  // the servers are not known: all want to hear
    };
    struct State {
        std::map<std::string, ListEntry> entries;
        std::deque<Touched> ring;
        uint64_t ring_start = 0;  // changes with a greater serial are in the ring
        uint64_t serial = 0;
    };
    static void apply(State& state, const Published& published);

    Guarded<State> state_;
    Line line_;
    std::function<void()> listener_;
};

}  // namespace rookery::mupdate

#endif
