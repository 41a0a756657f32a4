// MessageIds: where articles lie by their Message-ID, in the groups that a session has selected.
//
// For what came by neither NNTP nor LMTP, of which nothing is noted (delivery/articles.h): clients
// list a group, and ask later for what they saw there, whichever group is the current one by then.
// A group is read once, when an id is first looked for, and then what is new in it; so an id costs
// no walk. Two ids may look alike, and an article may go: who reads there looks at the Message-ID.
// Limits: kMaxGroups, the last ones; kMaxKnown articles, the last ones of the last groups.
// A value. One thread. Cannot fail.
#ifndef ROOKERY_IMAP_NNTP_MESSAGE_IDS_H
#define ROOKERY_IMAP_NNTP_MESSAGE_IDS_H

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "imap/nntp/group.h"

namespace rookery::nntp {

class MessageIds {
 public:
    static constexpr size_t kMaxGroups = 1000;
    static constexpr size_t kMaxKnown = 1'000'000;  // of 16 bytes

    explicit MessageIds(size_t max_known = kMaxKnown) : max_known_(max_known) {}

    // It is selected: there may be more in it than is known.
    void select(const std::string& group);
    // The groups of which there may be more than is known, the last one first.
    std::vector<std::string> unread() const;
    // What is new in a group that was selected.
    void read(Group& group);
    // Whatever is read from now on drives out what is known of other groups.
    bool is_full() const;
    void forget(std::string_view group);

    struct Place {
        std::string group;
        uint32_t number = 0;
    };
    std::vector<Place> places(std::string_view id) const;

 private:
    struct Entry {
        uint64_t hash = 0;
        uint32_t number = 0;
        auto operator<=>(const Entry&) const = default;
    };
    struct Known {
        std::string group;
        int64_t made = 0;   // of the mailbox that was read (Marks)
        uint32_t last = 0;  // so far it was read
        bool is_read = false;
        std::vector<Entry> entries{};  // in order
    };
    std::deque<Known>::iterator find(std::string_view group);
    void make_room();

    size_t max_known_;
    std::deque<Known> groups_;  // the last one first
};

}  // namespace rookery::nntp

#endif
