#include "lib/text/charset.h"
#include "lib/text/imap_date.h"
#include "lib/text/imap_structure.h"
#include "lib/text/order_keys.h"
#include "lib/text/rfc5322_header.h"
#include "lib/text/text_search.h"
#include "lib/text/utf8.h"
#include "tests/fuzz/target.h"

using namespace rookery;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const auto s = fuzz::text_of(data, size);
    fuzz::require(text::parse_addresses(s).size() <= text::kMaxAddresses + 1, "bounded");
    if (const auto type = text::parse_content_type(s)) {
        fuzz::require(type->params.size() <= text::kMaxParams, "bounded");
        const auto name = text::decode_param(type->params, "NAME");
        fuzz::require(!name || text::is_utf8(*name), "UTF-8");
    }
    (void)text::parse_param_value(s);
    (void)text::parse_token_list(s);
    if (const auto date = text::parse_header_date(s))
        fuzz::require(
            text::parse_header_date(text::format_header_date(*date))->seconds == date->seconds,
            "dates go both ways");
    fuzz::require(text::is_utf8(text::decode_words(s)), "UTF-8");
    fuzz::require(text::header_size(s) <= size, "inside");
    size_t fields = 0;
    text::HeaderCursor cursor(s);
    while (auto field = cursor.next()) fields += field->raw.size();
    fuzz::require(fields <= size, "each byte once");
    fuzz::require(text::envelope(s).find('\0') == std::string::npos, "no NUL");
    text::TextMatcher matcher("needle");
    (void)text::header_contains(s, matcher);
    (void)text::addresses_contain(s, "To", matcher);
    (void)text::pick_fields(s, {"To"}, true);
    const std::string order = text::order_keys(s);
    fuzz::require(text::read_order_keys(order).has_value(), "our own keys");
    for (const std::string_view bytes : {std::string_view(order), s}) {
        auto keys = text::read_order_keys(bytes);
        if (!keys) continue;
        size_t read = keys->subject.size() + keys->id.size();
        while (const auto id = text::take_id(keys->ancestors)) read += id->size();
        fuzz::require(read <= bytes.size(), "inside");
    }
    return 0;
}
