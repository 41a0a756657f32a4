// ListLoad: fills an empty mailbox list at once, as a frontend does that has nothing yet.
//
// Entries go to a file of their own; names stay in memory until the end, in which the tree of names
// and the indexes are built: about 50 bytes an entry. Nobody sees anything before finish(); what
// was not finished leaves nothing. The list outlives it.
// Codes: busy (finish: the list is not empty any more), corrupt (a name twice), limit, io,
// no_space. One thread at a time.
#ifndef ROOKERY_IMAP_MBOXLIST_LIST_LOAD_H
#define ROOKERY_IMAP_MBOXLIST_LIST_LOAD_H

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imap/mboxlist/change.h"
#include "lib/db/ordered_store.h"

namespace rookery::mboxlist {

class ListLoad {
 public:
    ListLoad(std::unique_ptr<db::BulkLoad> load, bool indexed, std::string idle_directory);

    // Each name once; in the order of keys is quickest.
    Status add(const MailboxEntry& entry);
    Status finish(std::span<const Mark> marks);
    uint64_t size() const { return names_.size(); }

 private:
    using Places = std::vector<uint32_t>;  // indexes of names_
    std::string_view name(uint32_t place) const;
    void sort(Places& places) const;
    Status put_keys(std::string_view prefix, const Places& places, bool has_value);

    std::unique_ptr<db::BulkLoad> load_;
    bool indexed_;
    std::string idle_directory_;  // whoever waits for names is told of the end
    bool in_order_ = true;
    std::string bytes_;            // the keys of all names, one behind the other
    std::vector<uint64_t> names_;  // where each begins
    std::map<std::string, Places, std::less<>> by_server_;
    std::map<std::string, Places, std::less<>> by_identifier_;
    Places pending_;
    std::string key_;
};

}  // namespace rookery::mboxlist

#endif
