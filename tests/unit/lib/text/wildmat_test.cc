#include "lib/text/wildmat.h"

#include <string>

#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using text::Wildmat;

// RFC 3977 4.4, and what is beside it.
const struct {
    const char* wildmat;
    const char* name;
    bool matches;
} kRows[] = {
    {"*", "", true},
    {"*", "alt.test", true},
    {"abc", "abc", true},
    {"abc", "abcd", false},
    {"abc", "ab", false},
    {"a?c", "abc", true},
    {"a?c", "ac", false},
    {"a?c",
     "a\xc3\xa4"
     "c",
     true},
    {"?", "\xf0\x9f\x98\x80", true},
    {"?", "\xf0\x9f", false},
    {"a*", "b", false},
    {"*a*b*", "xxaxxbxx", true},
    {"*a*b*", "xxbxxaxx", false},
    {"*aab", "aaaaaaab", true},
    {"a*,!*b", "a", true},
    {"a*,!*b", "ab", false},
    {"a*,!*b,*c*", "acb", true},
    {"a*,!*b,*c*", "ccc", true},
    {"a*,!*b,*c*", "abb", false},
    {"!a*", "b", false},
    {"@a*", "@ab", true},
};

START_TEST(the_last_pattern_that_matches_decides)
{
    const auto& row = kRows[_i];
    const auto wildmat = Wildmat::compile(row.wildmat);
    ASSERT_OK(wildmat);
    ck_assert_msg(wildmat->matches(row.name) == row.matches, "%s %s", row.wildmat, row.name);
}
END_TEST

START_TEST(what_is_no_wildmat)
{
    for (const char* text : {"", "a,", ",a", "a,,b", "!", "a,!", "a\\b", "[ab]", "a]"})
        ASSERT_CODE(Wildmat::compile(text), Code::syntax);
    ASSERT_CODE(Wildmat::compile(std::string(Wildmat::kMaxWildmat + 1, 'a')), Code::limit);
}
END_TEST

START_TEST(poison_is_for_lists_of_peers)
{
    const auto wildmat = *Wildmat::compile("*,!a.*,@a.secret.*", Wildmat::Poison::yes);
    ck_assert(wildmat.matches("b") && !wildmat.poisons("b"));
    ck_assert(!wildmat.matches("a.b") && !wildmat.poisons("a.b"));
    ck_assert(!wildmat.matches("a.secret.x") && wildmat.poisons("a.secret.x"));
}
END_TEST

// A pattern of stars must not cost more than its length times that of the name.
START_TEST(many_stars_cost_little)
{
    std::string pattern, name(4000, 'a');
    for (int i = 0; i < 1000; ++i) pattern += "a*";
    ck_assert(!Wildmat::compile(pattern + "b")->matches(name));
    ck_assert(Wildmat::compile(pattern)->matches(name));
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/text/wildmat");
    TCase* c = tcase_create("all");
    tcase_add_loop_test(c, the_last_pattern_that_matches_decides, 0,
                        static_cast<int>(std::size(kRows)));
    tcase_add_test(c, what_is_no_wildmat);
    tcase_add_test(c, poison_is_for_lists_of_peers);
    tcase_add_test(c, many_stars_cost_little);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
