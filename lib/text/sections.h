// The section table: where each part of a message lies, in a few bytes per part, for the cache.
//
// Binary: a version byte, then the tree in preorder; each node is a kind byte (0 leaf, 1 multipart,
// 2 enclosed message) and varints (7 bits a byte, low first): header offset, header size, body
// size, and for a multipart the number of its children. It stands alone: FETCH finds BODY[1.2] in a
// mapped message with it, without parsing.
// Codes: corrupt (not such a table; it comes from disk). Values.
#ifndef ROOKERY_LIB_TEXT_SECTIONS_H
#define ROOKERY_LIB_TEXT_SECTIONS_H

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/text/message.h"

namespace rookery::text {

std::string sections(const Message& message);

enum class SectionText {
    whole,   // BODY[1.2], or all of the message
    header,  // HEADER: of the message, or of an enclosed one
    text,    // TEXT: the body of the same
    mime,    // MIME: the header of the part
};

struct SectionSpan {
    uint64_t offset = 0;
    uint64_t size = 0;
};

// Where the section is; none if the message has no such part. path: the numbers, from 1.
Result<std::optional<SectionSpan>> find_section(std::string_view table,
                                                std::span<const uint32_t> path, SectionText what);

}  // namespace rookery::text

#endif
