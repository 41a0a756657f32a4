#include "lib/text/base64.h"

#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::text;

START_TEST(encodes_and_decodes_the_vectors_of_rfc_4648)
{
    const struct {
        const char* plain;
        const char* encoded;
    } table[] = {{"", ""},
                 {"f", "Zg=="},
                 {"fo", "Zm8="},
                 {"foo", "Zm9v"},
                 {"foob", "Zm9vYg=="},
                 {"fooba", "Zm9vYmE="},
                 {"foobar", "Zm9vYmFy"}};
    for (const auto& row : table) {
        ASSERT_EQ_TEXT(base64_encode(row.plain), row.encoded);
        ASSERT_EQ_TEXT(*base64_decode(row.encoded, 100), row.plain);
    }
    std::string all;
    for (int i = 0; i < 256; i++) all.push_back(static_cast<char>(i));
    ASSERT_EQ_TEXT(*base64_decode(base64_encode(all), 256), all);
}
END_TEST

START_TEST(strict_decoding_refuses_everything_else)
{
    for (const char* s : {"Z", "Zg", "Zg=", "Zg===", "====", "=Zg=", "Zh==", "Zm9=", "Zm9v Zm9v",
                          "Zg==Zg==", "Zm9v\r\n", "Zm9*", "-_-_"})
        ASSERT_CODE(base64_decode(s, 100), Code::syntax);
    ASSERT_CODE(base64_decode("Zm9vYmFy", 5), Code::limit);
    ASSERT_OK(base64_decode("Zm9vYmFy", 6));
}
END_TEST

START_TEST(lenient_decoding_takes_what_mail_contains)
{
    ASSERT_EQ_TEXT(base64_decode_lenient("Zm9v\r\n Ym!Fy", 100), "foobar");
    ASSERT_EQ_TEXT(base64_decode_lenient("Zg==Zg==", 100), "ff");
    ASSERT_EQ_TEXT(base64_decode_lenient("Zm9vYg", 100), "foob");
    ASSERT_EQ_TEXT(base64_decode_lenient("Zm9vYmFy", 2), "fo");
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/text/base64");
    TCase* c = tcase_create("all");
    tcase_add_test(c, encodes_and_decodes_the_vectors_of_rfc_4648);
    tcase_add_test(c, strict_decoding_refuses_everything_else);
    tcase_add_test(c, lenient_decoding_takes_what_mail_contains);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
