// A message with a script's edits of its header (RFC 5293). What is not edited stays byte for byte;
// added fields are folded, and encoded where they are not ASCII (RFC 2047). A Return-Path that
// begins the header still begins it. Pure.
#ifndef ROOKERY_IMAP_DELIVERY_EDITED_MESSAGE_H
#define ROOKERY_IMAP_DELIVERY_EDITED_MESSAGE_H

#include <span>
#include <string>
#include <string_view>

#include "imap/sieve/actions.h"

namespace rookery::delivery {

struct EditedMessage {
    std::string header;     // with the empty line
    std::string_view body;  // of the message given
};

EditedMessage edit_message(std::string_view message, std::span<const sieve::HeaderEdit> edits);

}  // namespace rookery::delivery

#endif
