// ENVELOPE, BODY and BODYSTRUCTURE in IMAP's syntax (RFC 3501 7.4.2).
//
// Text that cannot be a quoted string (8-bit, controls, over kMaxQuoted) is a literal; the result
// may contain CRLF; it is complete either way. NUL is left out. Message and bytes must belong
// together. Values.
#ifndef ROOKERY_LIB_TEXT_IMAP_STRUCTURE_H
#define ROOKERY_LIB_TEXT_IMAP_STRUCTURE_H

#include <optional>
#include <string>
#include <string_view>

#include "lib/text/message.h"

namespace rookery::text {

inline constexpr size_t kMaxQuoted = 1024;

// string: quoted or literal.
void append_imap_string(std::string& out, std::string_view s);
std::string imap_string(std::string_view s);
// nstring
void append_imap_nstring(std::string& out, const std::optional<std::string>& s);
// astring: an atom where that is enough.
std::string imap_astring(std::string_view s);

// "(date subject from sender reply-to to cc bcc in-reply-to message-id)" of one header.
std::string envelope(std::string_view header);
std::string body(std::string_view bytes, const Message& message);
std::string bodystructure(std::string_view bytes, const Message& message);

}  // namespace rookery::text

#endif
