#include "lib/auth/identity.h"

#include "tests/unit/unit.h"

namespace {

using namespace rookery;

START_TEST(user_ids_are_canonical)
{
    ASSERT_EQ_TEXT(*auth::canonical_userid("Bob", true), "bob");
    ASSERT_EQ_TEXT(*auth::canonical_userid("Bob", false), "Bob");
    ASSERT_EQ_TEXT(*auth::canonical_userid("bob@example.org", true), "bob@example.org");
    ASSERT_EQ_TEXT(*auth::canonical_userid(std::string(80, 'a'), true), std::string(80, 'a'));
    const std::string refused[] = {"",
                                   std::string(81, 'a'),
                                   "a b\x01",
                                   "a*",
                                   "a%",
                                   "a&",
                                   "a:",
                                   "a/",
                                   "a?",
                                   "a\x7f",
                                   "a\xc3\xa4",
                                   "a\r\nb",
                                   std::string("a\0b", 3)};
    for (const std::string& name : refused)
        ASSERT_CODE(auth::canonical_userid(name, true), Code::bad_name);
}
END_TEST

START_TEST(lists_name_users_and_groups)
{
    const std::vector<std::string> list = {"cyrus", "group:postmen"};
    ck_assert(auth::in_list(list, "cyrus", {}));
    ck_assert(!auth::in_list(list, "postmen", {}));
    ck_assert(auth::in_list(list, "alice", {"postmen"}));
    ck_assert(!auth::in_list(list, "alice", {"cyrus"}));
    ck_assert(!auth::in_list({}, "alice", {"postmen"}));
}
END_TEST

START_TEST(unix_groups_of_root_and_of_nobody_known)
{
    const auto groups = auth::Groups::of_unix_user("root");
    ck_assert(auth::in_list({"group:root"}, "x", groups));
    ck_assert(!auth::in_list({"root", "group:other"}, "x", groups));
    ck_assert(auth::Groups::of_unix_user("no-such-user-here").names().empty());
}
END_TEST

START_TEST(names_and_details)
{
    const struct {
        const char* whole;
        const char* name;
        const char* detail;
    } kCases[] = {
        {"bob", "bob", ""},
        {"bob+work", "bob", "work"},
        {"bob+a+b", "bob", "a+b"},
        {"bob+work@example.org", "bob@example.org", "work"},
        {"bob@example.org", "bob@example.org", ""},
        {"+work", "", "work"},
    };
    for (const auto& c : kCases) {
        const auto split = auth::split_detail(c.whole);
        ASSERT_EQ_TEXT(split.name, c.name);
        ASSERT_EQ_TEXT(split.detail, c.detail);
        ASSERT_EQ_TEXT(auth::with_detail(split.name, split.detail), c.whole);
    }
    ASSERT_EQ_TEXT(auth::split_detail("bob+").name, "bob");
    ASSERT_EQ_TEXT(auth::split_detail("bob@a+b").name, "bob@a");
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/auth/identity");
    TCase* c = tcase_create("all");
    tcase_add_test(c, names_and_details);
    tcase_add_test(c, user_ids_are_canonical);
    tcase_add_test(c, lists_name_users_and_groups);
    tcase_add_test(c, unix_groups_of_root_and_of_nobody_known);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
