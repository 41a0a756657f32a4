#include "imap/model/flags.h"

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

using namespace rookery;
using namespace rookery::model;

namespace {

START_TEST(system_flags_have_bits)
{
    ck_assert(system_flag("\\sEEN") == kSeen);
    ck_assert(system_flag("\\Deleted") == kDeleted);
    ck_assert(!system_flag("\\Recent"));
    ck_assert(!system_flag("Seen"));
    ASSERT_EQ_TEXT(system_flags_to_string(kSeen | kAnswered), "\\Answered \\Seen");
    ASSERT_EQ_TEXT(system_flags_to_string(31), "\\Answered \\Flagged \\Deleted \\Draft \\Seen");
    ASSERT_EQ_TEXT(system_flags_to_string(0), "");
}
END_TEST

START_TEST(a_flag_list_holds_each_once)
{
    FlagList list;
    for (const char* f : {"\\Seen", "$Junk", "$junk", "\\seen", "Work"})
        ASSERT_OK(add_flag(list, f));
    ck_assert(list.system == kSeen);
    ck_assert_uint_eq(list.keywords.size(), 2);
    for (const char* bad :
         {"\\Recent", "\\What", "", "a b", "a(b", "a]", "a\x7f", "a*", "a\\b", "\\"})
        ASSERT_CODE(add_flag(list, bad), Code::syntax);
    ASSERT_CODE(add_flag(list, std::string(kMaxKeywordLength + 1, 'x')), Code::syntax);
    for (size_t i = 2; i < kMaxKeywords; i++) ASSERT_OK(add_flag(list, cat("k", i)));
    ASSERT_CODE(add_flag(list, "onemore"), Code::limit);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/model/flags");
    TCase* c = tcase_create("all");
    tcase_add_test(c, system_flags_have_bits);
    tcase_add_test(c, a_flag_list_holds_each_once);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
