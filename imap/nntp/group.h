// Group: a newsgroup of this server as one session reads it (RFC 3977 6.1).
//
// Article numbers are UIDs. The protocol ends at kMaxNumber: what has a higher UID is not in the
// group, which is closed then. look() brings in what came and takes out what went; numbers never
// change. Header fields come from the cache where that has them.
// Owns the view. Codes: not_found (no such article), those of mailbox::Mailbox. One thread.
#ifndef ROOKERY_IMAP_NNTP_GROUP_H
#define ROOKERY_IMAP_NNTP_GROUP_H

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/mailbox/mailbox_store.h"
#include "lib/base/result.h"

namespace rookery::nntp {

inline constexpr uint32_t kMaxNumber = 2147483647;  // RFC 3977 6

// Of GROUP and LIST ACTIVE. Empty: high is one less than low.
struct Marks {
    uint32_t count = 0;
    uint32_t low = 1;
    uint32_t high = 0;
    bool is_closed = false;  // its numbers are used up
    int64_t made = 0;        // seconds since 1970: a UIDVALIDITY is the time of its mailbox
};
// first: the lowest UID there is; 0: none.
Marks marks_of(uint32_t count, uint32_t first, uint32_t uidnext);

struct Range {
    uint32_t first = 1;
    uint32_t last = kMaxNumber;
};
// "5", "5-", "5-9" (RFC 3977 6.1.2). syntax.
Result<Range> parse_range(std::string_view text);

class Group {
 public:
    static Result<std::unique_ptr<Group>> open(mailbox::MailboxStore& store,
                                               const model::MailboxEntry& entry,
                                               const std::string& userid, std::string name);

    const std::string& name() const { return name_; }
    const model::MailboxEntry& entry() const { return view_->entry(); }
    Status look();
    Marks marks() const;
    void rest() { view_->rest(); }

    // --- the current article (RFC 3977 6.1): 0 = it is invalid
    uint32_t current() const { return current_; }
    void set_current(uint32_t number) { current_ = number; }
    bool has(uint32_t number) const;
    // Before and behind that number; 0: there is none.
    uint32_t before(uint32_t number) const;
    uint32_t behind(uint32_t number) const;
    // Of the ones in the range, in order.
    std::vector<uint32_t> numbers(const Range& range) const;

    // --- an article
    Result<std::unique_ptr<mailbox::Content>> content(uint32_t number);
    int64_t arrived(uint32_t number) const;
    // The value of the first field of that name, unfolded, tabs made spaces; none: it has none.
    Result<std::optional<std::string>> field(uint32_t number, std::string_view name);
    // The fields of that name and others, as they are: for who wants several at once.
    Result<std::string_view> header_with(uint32_t number, std::string_view name);
    Result<uint64_t> bytes(uint32_t number);
    Result<uint64_t> lines(uint32_t number);

 private:
    Group(std::unique_ptr<mailbox::Mailbox> view, std::string name)
        : view_(std::move(view)), name_(std::move(name))
    {
    }
    // The first sequence whose UID is that or more; exists() + 1: none.
    uint32_t from(uint32_t uid) const;
    Result<uint32_t> sequence(uint32_t number) const;

    std::unique_ptr<mailbox::Mailbox> view_;
    std::string name_;
    uint32_t current_ = 0;
    std::unique_ptr<mailbox::Content> header_of_;  // into which header_with() has a view
};

// As overview and HDR show a value (RFC 3977 8.3.2): without its line ends, tabs and controls as
// spaces.
std::string shown(std::string_view value);

}  // namespace rookery::nntp

#endif
