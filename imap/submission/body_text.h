// Bodies of the messages that this server writes: lines and their encoding (RFC 2045). Pure.
#ifndef ROOKERY_IMAP_SUBMISSION_BODY_TEXT_H
#define ROOKERY_IMAP_SUBMISSION_BODY_TEXT_H

#include <string>
#include <string_view>

namespace rookery::submission {

// Lines end in CRLF, the last one too; NUL is left out.
std::string with_crlf(std::string_view text);
// A text in UTF-8 as a MIME entity: its fields, the empty line, its body.
std::string text_entity(std::string_view text);

}  // namespace rookery::submission

#endif
