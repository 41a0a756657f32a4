#include "imap/mboxlist/list_pattern.h"

#include "tests/unit/imap/mboxlist/entries.h"

using namespace rookery;
using namespace rookery::mboxlist;

namespace {

bool match(std::string_view pattern, std::string_view name, size_t nocase = 0)
{
    auto compiled = ListPattern::compile(pattern, '/');
    ASSERT_OK(compiled);
    return compiled->matches(name, nocase);
}

START_TEST(wildcards)
{
    struct Row {
        const char* pattern;
        const char* name;
        bool matches;
    };
    for (const Row& row : std::initializer_list<Row>{{"", "", true},
                                                     {"", "a", false},
                                                     {"a", "a", true},
                                                     {"a", "ab", false},
                                                     {"*", "", true},
                                                     {"*", "a/b/c", true},
                                                     {"%", "a", true},
                                                     {"%", "a/b", false},
                                                     {"a/%", "a/b", true},
                                                     {"a/%", "a/b/c", false},
                                                     {"a/%", "a", false},
                                                     {"a*", "a/b", true},
                                                     {"a%", "a/b", false},
                                                     {"%/b", "a/b", true},
                                                     {"*b", "a/b", true},
                                                     {"%b", "a/b", false},
                                                     {"*%*%", "a/b", true},
                                                     {"%a%b", "xaxb", true},
                                                     {"%a%b", "xax/b", false},
                                                     {"*a%b", "a/cab", true},
                                                     {"*a%/c", "xaya/c", true},
                                                     {"a/*/d", "a/b/c/d", true},
                                                     {"a/%/d", "a/b/c/d", false},
                                                     {"*x*", "abc", false},
                                                     {"%%a", "bba", true},
                                                     {"A", "a", false}})
        ck_assert_msg(match(row.pattern, row.name) == row.matches, "%s on %s", row.pattern,
                      row.name);
    ck_assert(match("inb*", "INBOX/a", 5));
    ck_assert(match("iNbOx", "INBOX", 5));
    ck_assert(match("INBOX/a", "INBOX/a", 5));
    ck_assert(!match("inbox/A", "INBOX/a", 5));
}
END_TEST

START_TEST(long_patterns_stay_cheap)
{
    std::string pattern;
    for (int i = 0; i < 340; ++i) pattern += "*a%";
    const std::string name(900, 'a');
    ck_assert(match(pattern, name));
    ck_assert(!match(pattern + "b", name));
    ASSERT_CODE(ListPattern::compile(std::string(ListPattern::kMaxPattern + 1, 'a'), '/'),
                Code::limit);
    ck_assert(match(std::string(1000, 'x'), std::string(1000, 'x')));
    ck_assert(!match(std::string(1000, 'x'), std::string(999, 'x')));
}
END_TEST

START_TEST(levels_of_a_name)
{
    auto pattern = ListPattern::compile("a/%", '/');
    ASSERT_OK(pattern);
    std::vector<ListPattern::Level> levels;
    pattern->run("a/b/c", 0, levels);
    ck_assert_uint_eq(levels.size(), 3);
    ck_assert(!levels[0].matches && levels[0].alive);
    ck_assert(levels[1].matches && levels[1].matches_as_level && !levels[1].alive);
    ck_assert(!levels[2].matches && !levels[2].alive);
    ASSERT_EQ_TEXT(pattern->literal_prefix(), "a/");
}
END_TEST

START_TEST(references)
{
    ASSERT_EQ_TEXT(join_reference("", "a*", '/'), "a*");
    ASSERT_EQ_TEXT(join_reference("a/", "b", '/'), "a/b");
    ASSERT_EQ_TEXT(join_reference("a/", "/b", '/'), "a/b");
    ASSERT_EQ_TEXT(join_reference("a", "b", '/'), "ab");
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/mboxlist/list_pattern");
    TCase* c = tcase_create("all");
    tcase_add_test(c, wildcards);
    tcase_add_test(c, long_patterns_stay_cheap);
    tcase_add_test(c, levels_of_a_name);
    tcase_add_test(c, references);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
