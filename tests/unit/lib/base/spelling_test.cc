#include "lib/base/spelling.h"

#include "tests/unit/unit.h"

namespace {

using namespace rookery;

START_TEST(distances)
{
    struct Row {
        const char* a;
        const char* b;
        size_t distance;
    };
    constexpr Row kRows[] = {{"", "", 0},         {"a", "", 1},           {"abc", "abc", 0},
                             {"abc", "acb", 1},   {"listen", "lisen", 1}, {"listen", "listten", 1},
                             {"hier", "heir", 1}, {"ca", "abc", 3},       {"kitten", "sitting", 3}};
    for (const Row& row : kRows) {
        ck_assert_uint_eq(edit_distance(row.a, row.b), row.distance);
        ck_assert_uint_eq(edit_distance(row.b, row.a), row.distance);
    }
    ck_assert_uint_eq(edit_distance(std::string(101, 'a'), "b"), 101);
}
END_TEST

START_TEST(the_nearest_that_is_near)
{
    const std::vector<std::string_view> words = {"at", "admins", "cmd", "period", "prefork"};
    ASSERT_EQ_TEXT(nearest("admin", words), "admins");
    ASSERT_EQ_TEXT(nearest("perfork", words), "prefork");
    ASSERT_EQ_TEXT(nearest("prefork", words), "prefork");
    ASSERT_EQ_TEXT(nearest("ax", words), "");
    ASSERT_EQ_TEXT(nearest("something", words), "");
    ASSERT_EQ_TEXT(nearest("", words), "");
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("spelling");
    TCase* t = tcase_create("spelling");
    tcase_add_test(t, distances);
    tcase_add_test(t, the_nearest_that_is_near);
    suite_add_tcase(s, t);
    return s;
}

const test::Registered suite(make);

}  // namespace
