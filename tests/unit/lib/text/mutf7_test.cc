#include "lib/text/mutf7.h"

#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::text;

START_TEST(names_go_both_ways)
{
    const struct {
        const char* utf8;
        const char* wire;
    } table[] = {
        {"", ""},
        {"INBOX.Sent", "INBOX.Sent"},
        {"Tom & Jerry", "Tom &- Jerry"},
        {"&&", "&-&-"},
        {"Entw\xc3\xbcrfe", "Entw&APw-rfe"},
        {"\xc3\xa4&", "&AOQ-&-"},
        {"~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
         "~peter/mail/&U,BTFw-/&ZeVnLIqe-"},
        {"\xf0\x9f\x93\xa8", "&2D3c6A-"},
    };
    for (const auto& row : table) {
        ASSERT_EQ_TEXT(*utf8_to_mutf7(row.utf8), row.wire);
        ASSERT_EQ_TEXT(*mutf7_to_utf8(row.wire), row.utf8);
    }
}
END_TEST

START_TEST(a_second_form_of_a_name_is_refused)
{
    for (const char* s : {
             "&",            // no end
             "&AP",          // no end
             "&APw",         // no end
             "&AGE-",        // 'a' could stand for itself
             "&ACY-",        // '&' has its own form
             "&APx-",        // leftover bits
             "&APwA-",       // a byte left over
             "&A-",          // nothing whole
             "&AP/-",        // '/' is not in this alphabet
             "&2D0-",        // a surrogate alone
             "&3Og-",        // the other one
             "&AOQ-&APw-",   // two shifts
             "gr\xc3\xbcn",  // plain 8-bit
             "a\tb",
         })
        ASSERT_CODE(check_mutf7(s), Code::syntax);
    ASSERT_CODE(utf8_to_mutf7("\xff"), Code::syntax);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/text/mutf7");
    TCase* c = tcase_create("all");
    tcase_add_test(c, names_go_both_ways);
    tcase_add_test(c, a_second_form_of_a_name_is_refused);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
