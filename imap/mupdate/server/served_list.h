// ServedList: the mailbox list as the clients of a mupdate server see it.
//
// Two kinds: PublishedList, in memory (the master); StoredList, in the store of the mailbox list (a
// replica). Both keep the names of the latest changes in order, from which listeners are served:
// each listener keeps its own position, a serial. Reading is done in bounded steps.
// Thread rule: any thread; locks are inside and never held across network I/O.
#ifndef ROOKERY_IMAP_MUPDATE_SERVER_SERVED_LIST_H
#define ROOKERY_IMAP_MUPDATE_SERVER_SERVED_LIST_H

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/mupdate/line.h"
#include "imap/mupdate/master/list_entry.h"
#include "imap/mupdate/master/rules.h"

namespace rookery::mupdate {

// Where a dump has got to.
struct DumpCursor {
    std::string key;  // the last key given out
    bool begun = false;
    bool done = false;
    bool failed = false;  // the list cannot be read: nobody must take this for its end
    uint64_t lines = 0;
};

// Which entries a dump or stream is about.
struct Filter {
    std::string prefix;              // LIST: of the location, with claims shown (doc/rules.md 1.3)
    std::vector<std::string> hosts;  // UPDATE: exact servers; empty = all

    bool wants(std::string_view server) const;
};

class ServedList {
 public:
    enum class Streamed : unsigned char { current, more, lost };

    virtual ~ServedList() = default;

    // Called after every publish, without the lock.
    void set_listener(std::function<void()> listener) { listener_ = std::move(listener); }
    // Before any reader: the line of epochs (line.h) of which these serials are.
    void set_line(Line line) { line_ = std::move(line); }
    const Line& line() const { return line_; }

    virtual std::optional<ListEntry> find(const std::string& key) = 0;
    virtual uint64_t serial() = 0;
    virtual uint64_t size() = 0;
    // How many names each server has.
    virtual std::map<std::string, uint64_t> count_by_server() = 0;

    // Appends data lines to out until it has about max_bytes, or the list ends.
    virtual void dump(DumpCursor& cursor, const Filter& filter, std::string_view tag,
                      std::string& out, size_t max_bytes) = 0;
    // Appends the present state of the names that changed after position; moves it forward.
    virtual Streamed stream(uint64_t& position, const Filter& filter, std::string_view tag,
                            std::string& out, size_t max_bytes) = 0;
    // True if whoever stands there can be given what came after, without a dump.
    virtual bool reaches_back_to(const Position& at) = 0;

 protected:
    void tell_listener()
    {
        if (listener_) listener_();
    }
    // One data line: what is shown of a name, or that it is gone.
    static void put_line(std::string& out, std::string_view tag, std::string_view key,
                         const std::optional<Shown>& shown);

 private:
    Line line_;
    std::function<void()> listener_;
};

}  // namespace rookery::mupdate

#endif
