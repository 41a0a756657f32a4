// The first words of a message, for a list of messages (FETCH PREVIEW, RFC 8970).
//
// From the first text that is there to be read: of the alternatives the plain one, HTML without its
// markup, nothing of an attachment, an encrypted part or an enclosed message. What the writer
// quoted is left out unless there is nothing else. At most kPreviewCharacters, in UTF-8, spaces and
// line ends as one space, what is invisible left out; "" where there are no words. Looks at
// kMaxPreviewSource bytes of a part, and a few parts. Never fails. Values.
#ifndef ROOKERY_LIB_TEXT_PREVIEW_H
#define ROOKERY_LIB_TEXT_PREVIEW_H

#include <string>
#include <string_view>

#include "lib/text/message.h"

namespace rookery::text {

inline constexpr size_t kPreviewCharacters = 200;
inline constexpr size_t kMaxPreviewSource = 131072;
inline constexpr size_t kMaxPreviewParts = 8;  // that are decoded in search of words

std::string preview(std::string_view bytes, const Message& message);

}  // namespace rookery::text

#endif
