// Which messages of a selected mailbox a sequence set names, and how flags are written.
//
// Codes: syntax (a number over the number of messages: RFC 3501 section 9, seq-number). UIDs that
// do not exist name nothing. Pure functions over the session's view. One thread.
#ifndef ROOKERY_IMAP_IMAPD_SELECTED_MESSAGE_SET_H
#define ROOKERY_IMAP_IMAPD_SELECTED_MESSAGE_SET_H

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "imap/mailbox/mailbox.h"
#include "imap/model/sequence_set.h"
#include "lib/base/result.h"

namespace rookery::imapd {

// The sequence numbers, in order. set is as the client wrote it: UIDs with by_uid. saved: the UIDs
// that "$" stands for.
Result<std::vector<uint32_t>> messages_of(const mailbox::Mailbox& mailbox, model::SequenceSet set,
                                          bool by_uid, const model::SequenceSet& saved = {});
// The number of the first message whose UID is at least uid; exists() + 1 if there is none.
uint32_t first_from(const mailbox::Mailbox& mailbox, uint32_t uid);
// The UIDs of these messages, "3:5,7".
std::string uid_set(const mailbox::Mailbox& mailbox, std::span<const uint32_t> sequences);
// "3:5,7" of numbers that ascend as a rule; the order is kept.
std::string number_set(std::span<const uint32_t> numbers);
// "(\Recent \Seen keyword)"; \Recent only if that is wanted.
std::string wire_flags(const mailbox::MessageInfo& message,
                       const std::vector<std::string>& keywords, bool with_recent);
// The EMAILID of a message (RFC 8474): the same for the same bytes.
std::string email_id(std::string_view guid);
// "(\Answered \Flagged \Draft \Deleted \Seen keyword)" of all that the mailbox knows.
std::string wire_known_flags(const std::vector<std::string>& keywords);

}  // namespace rookery::imapd

#endif
