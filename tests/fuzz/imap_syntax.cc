// Whatever comes: no read behind the end, views within the text, and what is written is read again
// as the same.
#include "lib/text/imap_syntax.h"

#include "tests/fuzz/target.h"

using namespace rookery;
using text::ImapCursor;

namespace {

void require_within(std::string_view whole, std::string_view part)
{
    fuzz::require(part.empty() || (part.data() >= whole.data() &&
                                   part.data() + part.size() <= whole.data() + whole.size()),
                  "a view of the text");
}

void require_same(const std::string& written, std::string_view value)
{
    ImapCursor cursor(written);
    const auto read = cursor.astring();
    fuzz::require(read && *read == value && cursor.at_end(), "read as it was written");
}

// Every production at every place that one before it left.
void take_all(std::string_view s)
{
    ImapCursor cursor(s);
    for (size_t round = 0; !cursor.at_end(); ++round) {
        const size_t before = cursor.position();
        switch (round % 8) {
            case 0: (void)cursor.value(); break;
            case 1: (void)cursor.astring(); break;
            case 2: (void)cursor.list(); break;
            case 3: (void)cursor.nstring(); break;
            case 4: (void)cursor.flag(); break;
            case 5: (void)cursor.number64(); break;
            case 6: (void)cursor.number(); break;
            default: cursor.accept(cursor.here()); break;
        }
        fuzz::require(cursor.position() >= before && cursor.position() <= s.size(), "forward");
        require_within(s, cursor.rest());
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const std::string_view s = fuzz::text_of(data, size);
    take_all(s);
    if (const auto list = text::parse_mailbox_list(s)) {
        require_within(s, list->flags);
        require_within(s, list->separator);
        require_within(s, list->tail);
        (void)list->has_flag("\\Noselect");
    }
    if (const auto code = text::response_code(s)) {
        require_within(s, code->name);
        require_within(s, code->arguments);
        require_within(s, code->text);
    }
    text::LiteralScan scan;
    for (char c : s) scan.feed(c);
    const auto at_end = text::literal_at_end(s);
    fuzz::require(at_end.has_value() == scan.announced(), "one idea of a literal");
    fuzz::require(!at_end || (at_end->size == scan.size && at_end->waits == scan.waits),
                  "its size");
    std::string clean(s);
    std::erase(clean, '\0');
    require_same(text::imap_string(s), clean);
    require_same(text::imap_astring(s), clean);
    std::string quoted;
    text::put_quoted(quoted, s);
    ImapCursor cursor(quoted);
    const auto read = cursor.string();
    fuzz::require(read && read->size() == s.size() && cursor.at_end(), "a quoted string");
    return 0;
}
