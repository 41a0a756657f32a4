#include "imap/model/sequence_set.h"

#include "tests/unit/unit.h"

using namespace rookery;
using model::SequenceSet;

namespace {

START_TEST(sets_are_parsed_ordered_and_merged)
{
    struct {
        const char* text;
        uint32_t largest;
        const char* resolved;
    } rows[] = {{"1", 9, "1"},
                {"1:3,7", 9, "1:3,7"},
                {"7,1:3", 9, "1:3,7"},
                {"3:1", 9, "1:3"},
                {"1,2,3", 9, "1:3"},
                {"*", 9, "9"},
                {"5:*", 9, "5:9"},
                {"12:*", 9, "9:12"},
                {"*:4", 9, "4:9"},
                {"*:*", 9, "9"},
                {"2:5,4:8,10", 9, "2:8,10"},
                {"*", 0, ""},
                {"1:*", 0, "1"},
                {"4294967295", 9, "4294967294"}};
    for (const auto& row : rows) {
        auto set = SequenceSet::parse(row.text);
        ASSERT_OK(set);
        set->resolve(row.largest);
        ASSERT_EQ_TEXT(set->to_string(), row.resolved);
    }
    ASSERT_EQ_TEXT(SequenceSet::parse("3:*,1")->to_string(), "3:*,1");
}
END_TEST

START_TEST(what_is_no_set)
{
    for (const char* bad : {"", "0", "1,", ",1", "1:", ":1", "1:2:3", "a", "-1", "01", "1 ", "1,,2",
                            "**", "4294967296", "1;2"})
        ASSERT_CODE(SequenceSet::parse(bad), Code::syntax);
    ASSERT_CODE(SequenceSet::parse("1,3,5", 2), Code::limit);
    ASSERT_OK(SequenceSet::parse("1,3", 2));
}
END_TEST

START_TEST(membership)
{
    auto set = SequenceSet::parse("2:4,9");
    set->resolve(20);
    for (uint32_t n : {2u, 3u, 4u, 9u}) ck_assert(set->contains(n));
    for (uint32_t n : {0u, 1u, 5u, 8u, 10u, 4294967295u}) ck_assert(!set->contains(n));
    ck_assert(!SequenceSet().contains(1));
}
END_TEST

START_TEST(adding_keeps_order)
{
    SequenceSet set;
    for (uint32_t n : {5u, 6u, 9u, 1u, 7u, 8u, 3u, 2u, 3u}) set.add(n);
    ASSERT_EQ_TEXT(set.to_string(), "1:3,5:9");
    set.add(4);
    ASSERT_EQ_TEXT(set.to_string(), "1:9");
    set.add(20);
    set.add(11);
    ASSERT_EQ_TEXT(set.to_string(), "1:9,11,20");
    set.add(10);
    ASSERT_EQ_TEXT(set.to_string(), "1:11,20");
}
END_TEST

START_TEST(what_is_in_both)
{
    SequenceSet set;
    set.append(1, 5);
    set.append(6, 6);
    set.append(9, 12);
    ASSERT_EQ_TEXT(set.to_string(), "1:6,9:12");
    SequenceSet other;
    other.append(4, 10);
    other.append(12, 20);
    set.intersect(other);
    ASSERT_EQ_TEXT(set.to_string(), "4:6,9:10,12");
    set.intersect(SequenceSet());
    ck_assert(set.empty());
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/model/sequence_set");
    TCase* c = tcase_create("all");
    tcase_add_test(c, sets_are_parsed_ordered_and_merged);
    tcase_add_test(c, what_is_no_set);
    tcase_add_test(c, membership);
    tcase_add_test(c, adding_keeps_order);
    tcase_add_test(c, what_is_in_both);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
