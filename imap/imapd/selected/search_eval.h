// Which messages of a mailbox match a search.
//
// Keys that need only the index are tried before those that read the message, headers before
// bodies; a message is mapped and parsed at most once, and only if a key needs it. Text is compared
// decoded and in the form given (lib/text). A message that another session expunged matches
// nothing. Codes: io, corrupt from the store. Memory does not grow with the messages. One thread.
#ifndef ROOKERY_IMAP_IMAPD_SELECTED_SEARCH_EVAL_H
#define ROOKERY_IMAP_IMAPD_SELECTED_SEARCH_EVAL_H

#include <cstdint>
#include <functional>
#include <vector>

#include "imap/imapd/selected/search_parse.h"
#include "imap/mailbox/mailbox.h"
#include "lib/base/clock.h"
#include "lib/base/result.h"
#include "lib/text/search_form.h"

namespace rookery::imapd {

struct SearchContext {
    text::SearchForm form = {};
    int64_t now = wall_seconds();               // from which OLDER and YOUNGER count
    const model::SequenceSet* saved = nullptr;  // the UIDs that "$" stands for; null: none
    const model::SequenceSet* within =
        nullptr;  // message numbers, no others are looked at; null: all
    // Told now and then, before each message that has to be read, how many were passed, of how many
    // there are; null: nobody.
    std::function<void(uint32_t done, uint32_t goal)> progress = nullptr;
};
// What was left out because it could not be read.
struct PassedOver {
    bool expunged = false;
    bool damaged = false;
};
// The sequence numbers that match, in order.
Result<std::vector<uint32_t>> search_mailbox(mailbox::Mailbox& mailbox, SearchKey root,
                                             const SearchContext& context = {},
                                             PassedOver* passed_over = nullptr);

}  // namespace rookery::imapd

#endif
