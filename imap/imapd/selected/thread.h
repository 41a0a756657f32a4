// Conversations among messages, as THREAD asks for them (RFC 5256; REFS: draft-ietf-morg-inthread).
//
// ORDEREDSUBJECT: messages with one base subject. REFERENCES: by the message IDs in References and
// In-Reply-To, then by base subject. REFS: by message IDs alone, and the conversation with the
// newest message last. Siblings are in the order in which they were sent. At most
// text::kMaxThreadReferences IDs of a message count, the last; what would take too long to prove
// free of loops is no reference, nor is what comes when half a million IDs, or 64 MB of them, are
// kept.
// A message that is gone or damaged stands alone. Memory is that of the messages and of the IDs
// that they name, and goes with the call. Codes: io from the store. One thread.
#ifndef ROOKERY_IMAP_IMAPD_SELECTED_THREAD_H
#define ROOKERY_IMAP_IMAPD_SELECTED_THREAD_H

#include <cstdint>
#include <span>
#include <vector>

#include "imap/imapd/selected/search_parse.h"
#include "imap/mailbox/mailbox.h"
#include "lib/base/result.h"

namespace rookery::imapd {

// Nodes by their number; 0 is none of them: its children are the roots, in order.
struct ThreadTree {
    struct Node {
        uint32_t message =
            0;  // its sequence number; 0: the children have a parent that is not here
        std::vector<uint32_t> children;
    };
    std::vector<Node> nodes;
};

// found: sequence numbers in the order of the mailbox.
Result<ThreadTree> thread_messages(mailbox::Mailbox& mailbox, ThreadAlgorithm algorithm,
                                   std::span<const uint32_t> found);

}  // namespace rookery::imapd

#endif
