#include "lib/text/charset.h"

#include "lib/base/strings.h"
#include "lib/text/base64.h"
#include "lib/text/transfer_encoding.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::text;

START_TEST(charsets_become_utf8)
{
    ASSERT_EQ_TEXT(to_utf8("ISO-8859-1", "gr\xfc\xdf"), "gr\xc3\xbc\xc3\x9f");
    ASSERT_EQ_TEXT(to_utf8("utf-8", "gr\xc3\xbc\xff"), "gr\xc3\xbc\xef\xbf\xbd");
    ASSERT_EQ_TEXT(to_utf8("us-ascii", "gr\xfc"), "gr\xc3\xbc");
    ASSERT_EQ_TEXT(to_utf8("no-such-charset", "gr\xfc"), "gr\xc3\xbc");
    ck_assert(!is_known_charset("no-such-charset"));
    ck_assert(!is_known_charset("utf-8//TRANSLIT//x"));
    ck_assert(is_known_charset("Us-Ascii"));
    if (!is_known_charset("windows-1252")) return;
    ASSERT_EQ_TEXT(to_utf8("windows-1252", "\x80 5"), "\xe2\x82\xac 5");
    ASSERT_EQ_TEXT(to_utf8("ISO-8859-15", "\xa4"), "\xe2\x82\xac");
    ASSERT_EQ_TEXT(to_utf8("koi8-r", "\xf7"), "\xd0\x92");
}
END_TEST

START_TEST(a_character_may_lie_across_pieces)
{
    for (const char* charset : {"utf-8", "us-ascii", "gb2312", "utf-16be"}) {
        if (!is_known_charset(charset)) continue;
        const std::string bytes = equal_nocase(charset, "gb2312")     ? "\xd6\xd0\xce\xc4"
                                  : equal_nocase(charset, "utf-16be") ? "\x4e\x2d\x65\x87"
                                                                      : "\xe4\xb8\xad\xe6\x96\x87";
        CharsetConverter converter(charset);
        std::string out;
        for (char c : bytes) converter.feed(std::string_view(&c, 1), out);
        converter.finish(out);
        ASSERT_EQ_TEXT(out, "\xe4\xb8\xad\xe6\x96\x87");
    }
}
END_TEST

// In these a letter waits for what may be put on it, and the text may end with one.
const struct {
    const char* charset;
    const char* bytes;
    const char* text;
} kEndWithALetter[] = {
    {"windows-1255", "\xf9\xec\xe5\xed", "\u05e9\u05dc\u05d5\u05dd"},
    {"windows-1258", "Vi\xea\xf2", "Vi\u1ec7"},
    {"windows-1258", "Vi\xea\xf2t", "Vi\u1ec7t"},
    {"TCVN", "Vi\xd6t", "Vi\u1ec7t"},
    {"BIG5-HKSCS", "\x88\x66", "\u00ca"},
    {"EUC-JISX0213", "\xa4\xab", "\u304b"},
    {"SHIFT_JISX0213", "\x82\xa9", "\u304b"},
};

START_TEST(the_last_letter_is_there)
{
    for (const auto& row : kEndWithALetter) {
        if (!is_known_charset(row.charset)) continue;
        ASSERT_EQ_TEXT(to_utf8(row.charset, row.bytes), row.text);
        CharsetConverter converter(row.charset);
        std::string out;
        for (const char c : std::string_view(row.bytes))
            converter.feed(std::string_view(&c, 1), out);
        converter.finish(out);
        ASSERT_EQ_TEXT(out, row.text);
    }
}
END_TEST

START_TEST(each_encoded_word_is_whole)
{
    for (const auto& row : kEndWithALetter) {
        if (!is_known_charset(row.charset)) continue;
        const std::string word = cat("=?", row.charset, "?b?", base64_encode(row.bytes), "?=");
        ASSERT_EQ_TEXT(decode_words(word), row.text);
        ASSERT_EQ_TEXT(decode_words(cat(word, "\r\n ", word)), cat(row.text, row.text));
        ASSERT_EQ_TEXT(decode_words(cat(word, " a")), cat(row.text, " a"));
    }
    if (!is_known_charset("iso-2022-jp")) return;
    // The first does not go back to ASCII, and the second begins there.
    ASSERT_EQ_TEXT(decode_words("=?iso-2022-jp?q?=1B$BF|?= =?iso-2022-jp?q?a?="), "\u65e5a");
    ASSERT_EQ_TEXT(decode_words("=?iso-2022-jp?q?=1B$BF?= =?iso-2022-jp?q?|?="), "\u65e5");
}
END_TEST

START_TEST(header_words_are_decoded)
{
    const struct {
        const char* value;
        const char* want;
    } table[] = {
        {"plain", "plain"},
        {"=?ISO-8859-1?Q?a?=", "a"},
        {"=?ISO-8859-1?Q?a?= b", "a b"},
        {"=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"},
        {"=?ISO-8859-1?Q?a?=\r\n   =?utf-8?Q?b?=", "ab"},
        {"=?ISO-8859-1?Q?a_b?=", "a b"},
        {"=?utf-8?B?w7w=?= x", "\xc3\xbc x"},
        {"=?utf-8?B?ww==?= =?utf-8?B?vA==?=", "\xc3\xbc"},
        {"=?utf-8*de?q?=C3=BC?=", "\xc3\xbc"},
        {"=?utf-8?x?abc?=", "=?utf-8?x?abc?="},
        {"=?utf-8?q?unclosed", "=?utf-8?q?unclosed"},
        {"=?", "=?"},
        {"a =?utf-8?q?=ZZ?=", "a =ZZ"},
        {"raw \xc3\xbc and \xfc", "raw \xc3\xbc and \xc3\xbc"},
    };
    for (const auto& row : table) ASSERT_EQ_TEXT(decode_words(row.value), row.want);
}
END_TEST

START_TEST(parameters_are_decoded)
{
    auto params = [](std::string_view text) {
        return parse_content_type(cat("a/b; ", text))->params;
    };
    ASSERT_EQ_TEXT(*decode_param(params("filename=x"), "FILENAME"), "x");
    ASSERT_EQ_TEXT(*decode_param(params("filename*=utf-8''%C3%BC.txt"), "FILENAME"),
                   "\xc3\xbc.txt");
    ASSERT_EQ_TEXT(*decode_param(params("f*1=b; f*0*=iso-8859-1'de'%FC; f*2*=%DF; f*4=z"), "F"),
                   "\xc3\xbc"
                   "b\xc3\x9f");
    ASSERT_EQ_TEXT(*decode_param(params("f=\"=?utf-8?q?=C3=BC?=\""), "F"), "\xc3\xbc");
    ck_assert(!decode_param(params("filename=x"), "FILE").has_value());
}
END_TEST

START_TEST(transfer_encodings_come_in_pieces)
{
    const struct {
        const char* encoding;
        const char* text;
        const char* want;
    } table[] = {
        {"7BIT", "a=3D", "a=3D"},
        {"X-UNKNOWN", "abc", "abc"},
        {"BASE64", "Zm9v\r\nYmFy\r\n", "foobar"},
        {"QUOTED-PRINTABLE", "a=3Db=\r\nc  \r\nd =\t \r\ne=", "a=bc\r\nd e="},
        {"QUOTED-PRINTABLE", "=zz =3 = 3 x\t y", "=zz =3 = 3 x\t y"},
        {"QUOTED-PRINTABLE", "=c3=bc\n", "\xc3\xbc\n"},
    };
    for (const auto& row : table) {
        for (size_t size = 1; size < 20; size++) {
            TransferDecoder decoder(row.encoding);
            std::string out;
            const std::string_view text = row.text;
            for (size_t pos = 0; pos < text.size(); pos += size)
                decoder.feed(text.substr(pos, size), out);
            decoder.finish(out);
            ASSERT_EQ_TEXT(out, row.want);
        }
    }
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/text/charset");
    TCase* c = tcase_create("all");
    tcase_add_test(c, charsets_become_utf8);
    tcase_add_test(c, a_character_may_lie_across_pieces);
    tcase_add_test(c, the_last_letter_is_there);
    tcase_add_test(c, each_encoded_word_is_whole);
    tcase_add_test(c, header_words_are_decoded);
    tcase_add_test(c, parameters_are_decoded);
    tcase_add_test(c, transfer_encodings_come_in_pieces);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
