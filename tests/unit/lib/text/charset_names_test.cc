#include "lib/text/charset_names.h"

#include "lib/text/charset.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery::text;

START_TEST(names_are_found_in_any_case)
{
    ASSERT_EQ_TEXT(alias_of("ISO-8859-8-I"), "ISO-8859-8");
    ASSERT_EQ_TEXT(alias_of("X-Sjis"), "SHIFT_JIS");
    ASSERT_EQ_TEXT(alias_of("no-such-charset"), "");
    ASSERT_EQ_TEXT(superset_of("GB2312"), "GBK");
    ASSERT_EQ_TEXT(superset_of("iso-8859-8-i"), "");
}
END_TEST

START_TEST(text_under_names_of_mail_is_read)
{
    const struct {
        const char* name;
        const char* known;
        const char* bytes;
        const char* want;
    } table[] = {
        {"iso-8859-8-i", "iso-8859-8", "\xf9\xec", "\u05e9\u05dc"},
        {"ISO-8859-8-E", "iso-8859-8", "\xf9\xec", "\u05e9\u05dc"},
        {"iso-8859-6-i", "iso-8859-6", "\xc8", "\u0628"},
        {"x-sjis", "shift_jis", "\x93\xfa\x96\x7b", "\u65e5\u672c"},
        {"windows-31j", "cp932", "\x87\x40", "\u2460"},
        {"x-gbk", "gbk", "\x96\x7c", "\u6771"},
        {"gb2312", "gbk", "\xd6\xd0\x96\x7c", "\u4e2d\u6771"},
        {"x-euc-jp", "euc-jp", "\xc6\xfc", "\u65e5"},
        {"windows-949", "cp949", "\xc7\xd1\x81\x41", "\ud55c\uac02"},
        {"ks_c_5601-1987", "cp949", "\xc7\xd1\x81\x41", "\ud55c\uac02"},
        {"cp-850", "cp850", "\x81", "\u00fc"},
        {"x-mac-cyrillic", "mac-cyrillic", "\xe4", "\u0434"},
        {"unicode-1-1-utf-8", "utf-8", "\xc3\xbc\xff", "\u00fc\ufffd"},
        {"unicode-1-1-utf-7", "utf-7", "+APw-", "\u00fc"},
    };
    for (const auto& row : table) {
        if (!is_known_charset(row.known)) continue;
        ck_assert_msg(is_known_charset(row.name), "%s is not known", row.name);
        ASSERT_EQ_TEXT(to_utf8(row.name, row.bytes), row.want);
    }
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/text/charset_names");
    TCase* c = tcase_create("all");
    tcase_add_test(c, names_are_found_in_any_case);
    tcase_add_test(c, text_under_names_of_mail_is_read);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
