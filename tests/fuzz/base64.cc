#include "lib/text/base64.h"

#include "lib/text/transfer_encoding.h"
#include "tests/fuzz/target.h"

using namespace rookery;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const auto s = fuzz::text_of(data, size);
    const auto strict = text::base64_decode(s, size);
    if (strict) {
        fuzz::require(text::base64_encode(*strict) == s, "one form only");
        fuzz::require(text::base64_decode_lenient(s, size) == *strict, "lenient agrees");
    }
    fuzz::require(*text::base64_decode(text::base64_encode(s), size) == s, "round trip");
    fuzz::require(text::base64_decode_lenient(s, 10).size() <= 10, "bounded");
    fuzz::require(text::decode_quoted_printable(s).size() <= size, "never longer");
    return 0;
}
