#include "lib/text/imap_structure.h"
#include "lib/text/message.h"
#include "lib/text/preview.h"
#include "lib/text/sections.h"
#include "lib/text/text_search.h"
#include "lib/text/utf8.h"
#include "tests/fuzz/target.h"

using namespace rookery;

namespace {

void check(const text::Part& part, size_t begin, size_t end)
{
    fuzz::require(begin <= part.header_begin && part.header_begin <= part.body_begin &&
                      part.body_begin <= part.end && part.end <= end,
                  "a part lies in its parent");
    fuzz::require(part.lines <= part.body_size(), "lines");
    fuzz::require(!part.is_multipart() || !part.children.empty(), "a multipart has a part");
    fuzz::require(!part.is_message() || part.children.size() == 1, "a message has a message");
    for (const auto& child : part.children) check(child, part.body_begin, part.end);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const auto s = fuzz::text_of(data, size);
    const text::Message message = text::parse_message(s);
    check(message.root, 0, size);
    (void)text::body(s, message);
    (void)text::bodystructure(s, message);
    text::TextMatcher matcher("needle");
    (void)text::body_contains(s, message, matcher);
    const std::string words = text::preview(s, message);
    fuzz::require(text::is_utf8(words) && words.size() <= 4 * text::kPreviewCharacters, "preview");
    const std::string table = text::sections(message);
    using enum text::SectionText;
    for (const std::vector<uint32_t>& path :
         {std::vector<uint32_t>{}, {1}, {2}, {1, 1}, {2, 1}, {1, 2, 1}}) {
        for (const auto what : {whole, header, text::SectionText::text, mime}) {
            const auto found = text::find_section(table, path, what);
            fuzz::require(found.ok(), "our own table");
            if (*found)
                fuzz::require((*found)->offset + (*found)->size <= size, "inside the message");
            (void)text::find_section(s, path, what).ok();
        }
    }
    return 0;
}
