// The order of messages that SORT asks for (RFC 5256, 5957).
//
// Text is compared as i;unicode-casemap, its first text::kMaxSortText bytes; messages that compare
// equal keep the order of the mailbox. One that cannot be read may have less than any text.
// Memory is the numbers of the messages given, and goes with the call. Codes: io from the store.
// One thread.
#ifndef ROOKERY_IMAP_IMAPD_SELECTED_SORT_H
#define ROOKERY_IMAP_IMAPD_SELECTED_SORT_H

#include <cstdint>
#include <span>
#include <vector>

#include "imap/imapd/selected/search_parse.h"
#include "imap/mailbox/mailbox.h"
#include "lib/base/result.h"

namespace rookery::imapd {

// found: sequence numbers in the order of the mailbox.
Status sort_messages(mailbox::Mailbox& mailbox, std::span<const SortKey> order,
                     std::vector<uint32_t>& found);
// When a message was sent, in seconds since the epoch: by its Date:, else when it came.
Result<int64_t> sent_time(mailbox::Mailbox& mailbox, uint32_t sequence);

}  // namespace rookery::imapd

#endif
