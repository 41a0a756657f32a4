// ENVELOPE, BODY and BODYSTRUCTURE in IMAP's syntax (RFC 3501 7.4.2, 9051 7.5.2).
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
// What MESSAGE/GLOBAL is shown as: to RFC 9051 a message, to RFC 3501 any part.
enum class Globals { messages, basic };
std::string body(std::string_view bytes, const Message& message,
                 Globals globals = Globals::messages);
std::string bodystructure(std::string_view bytes, const Message& message,
                          Globals globals = Globals::messages);
// May one be in what body() made? Yes if there is one; a name in a literal can look like it.
bool may_have_globals(std::string_view body);

}  // namespace rookery::text

#endif
