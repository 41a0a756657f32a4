#include "lib/text/mutf7.h"

#include "tests/fuzz/target.h"

using namespace rookery;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const auto s = fuzz::text_of(data, size);
    const auto utf8 = text::mutf7_to_utf8(s);
    if (utf8) {
        const auto back = text::utf8_to_mutf7(*utf8);
        fuzz::require(back && *back == s, "one form only");
    }
    const auto wire = text::utf8_to_mutf7(s);
    if (wire) {
        const auto back = text::mutf7_to_utf8(*wire);
        fuzz::require(back && *back == s, "round trip");
    }
    return 0;
}
