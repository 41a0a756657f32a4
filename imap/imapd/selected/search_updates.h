// SearchUpdates: searches of the selected mailbox whose results the client follows (RFC 5267 4.3),
// and what it is told when they change: ESEARCH with ADDTO and REMOVEFROM.
//
// Looks again only at messages that are new or whose flags were changed. Message numbers in a
// search mean the messages that had them when it began; one by the age of messages is not followed
// (search_run.h). Memory: a number for each result, kMaxResults for all but the first search
// together; kMaxOrdered for one in an order of its own, which each change sorts anew. Codes: io,
// corrupt from the store. One thread.
#ifndef ROOKERY_IMAP_IMAPD_SELECTED_SEARCH_UPDATES_H
#define ROOKERY_IMAP_IMAPD_SELECTED_SEARCH_UPDATES_H

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imap/imapd/selected/fetch_render.h"
#include "imap/imapd/selected/search_parse.h"
#include "imap/mailbox/mailbox.h"
#include "lib/base/result.h"
#include "lib/stream/stream.h"
#include "lib/text/search_form.h"

namespace rookery::imapd {

struct SearchUpdate {
    std::string tag;
    bool by_uid = false;
    SearchKey root;
    std::vector<SortKey> order;  // empty: that of the mailbox
    text::SearchForm form;
    std::vector<uint32_t> uids;  // the results, in their order
    std::optional<FetchRequest> fetch;  // what is told of those that come (RFC 5465 7)
};

// The same search of the same messages, whatever their numbers are later.
void pin_numbers(SearchKey& root, const mailbox::Mailbox& mailbox, const model::SequenceSet& saved);

class SearchUpdates {
 public:
    static constexpr size_t kMax = 10;
    static constexpr size_t kMaxResults = 500'000;
    static constexpr size_t kMaxOrdered = 50'000;

    bool empty() const { return all_.empty(); }
    bool has(std::string_view tag) const;
    // False: these would be too many.
    bool add(SearchUpdate update, const mailbox::Mailbox& mailbox);
    // False: there is none with that tag.
    bool cancel(std::string_view tag);
    // This session itself has changed their flags.
    void changed(const mailbox::Mailbox& mailbox, std::span<const uint32_t> sequences);

    // After a refresh: before EXPUNGE is told, and after all else is.
    void tell_expunged(stream::Stream& out, const mailbox::Changes& changes);
    Status tell_changed(stream::Stream& out, mailbox::Mailbox& mailbox,
                        const mailbox::Changes& changes, const FetchForm& form);

 private:
    using NumberOf = std::function<uint32_t(uint32_t uid)>;
    void remove(stream::Stream& out, SearchUpdate& update, std::span<const uint32_t> gone,
                const NumberOf& number_of);
    Status insert(stream::Stream& out, SearchUpdate& update, std::span<const uint32_t> come,
                  mailbox::Mailbox& mailbox);
    static Status fetch(stream::Stream& out, const FetchRequest& request,
                        std::span<const uint32_t> come, mailbox::Mailbox& mailbox,
                        const FetchForm& form);

    std::vector<SearchUpdate> all_;
    std::vector<uint32_t> changed_;  // UIDs
    uint32_t next_uid_ = 1;          // what is below was looked at
};

}  // namespace rookery::imapd

#endif
