// ENVELOPE, BODY and BODYSTRUCTURE in IMAP's syntax (RFC 3501 7.4.2).
//
// The result may hold literals, and so CRLF (imap_syntax.h); it is complete either way. Message and
// bytes must belong together. Values.
#ifndef ROOKERY_LIB_TEXT_IMAP_STRUCTURE_H
#define ROOKERY_LIB_TEXT_IMAP_STRUCTURE_H

#include <string>
#include <string_view>

#include "lib/text/message.h"

namespace rookery::text {

// "(date subject from sender reply-to to cc bcc in-reply-to message-id)" of one header.
std::string envelope(std::string_view header);
std::string body(std::string_view bytes, const Message& message);
std::string bodystructure(std::string_view bytes, const Message& message);

}  // namespace rookery::text

#endif
