#include "imap/nntp/group.h"

#include "lib/base/strings.h"
#include "tests/support/memory_store.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using nntp::Group;
using nntp::kMaxNumber;

struct News {
    test::MemoryStore store;
    std::shared_ptr<test::MemoryMailboxState> box = store.make("news.a");
    std::unique_ptr<Group> open()
    {
        auto group = Group::open(store, box->entry, "bob", "a");
        ASSERT_OK(group);
        return *std::move(group);
    }
    void append(uint32_t uid, std::string_view text = "Subject: x\r\n\r\nbody\r\n")
    {
        box->uidnext = uid;
        box->append(std::string(text));
    }
};

START_TEST(numbers_are_uids)
{
    News n;
    for (const uint32_t uid : {3u, 5u, 9u}) n.append(uid);
    const auto group = n.open();
    ck_assert_uint_eq(group->current(), 3);
    const nntp::Marks marks = group->marks();
    ck_assert(marks.count == 3 && marks.low == 3 && marks.high == 9 && !marks.is_closed);
    ck_assert(group->numbers({}) == (std::vector<uint32_t>{3, 5, 9}));
    ck_assert(group->numbers({4, 9}) == (std::vector<uint32_t>{5, 9}));
    ck_assert(group->numbers({6, 8}).empty() && group->numbers({9, 3}).empty());
    ck_assert(group->behind(3) == 5 && group->behind(5) == 9 && group->behind(9) == 0);
    ck_assert(group->before(9) == 5 && group->before(5) == 3 && group->before(3) == 0);
    ck_assert(group->has(5) && !group->has(4) && !group->has(0));
    n.box->expunge_uid(5);
    n.append(20);
    ASSERT_OK(group->look());
    ck_assert(group->numbers({}) == (std::vector<uint32_t>{3, 9, 20}));
    ck_assert(group->behind(5) == 9 && group->before(5) == 3);
}
END_TEST

START_TEST(of_an_empty_group_high_is_one_less_than_low)
{
    News n;
    auto marks = n.open()->marks();
    ck_assert(marks.count == 0 && marks.low == 1 && marks.high == 0);
    n.append(7);
    n.box->expunge_uid(7);
    marks = n.open()->marks();
    ck_assert(marks.count == 0 && marks.low == 8 && marks.high == 7);
    ck_assert_uint_eq(n.open()->current(), 0);
}
END_TEST

// RFC 3977 6: the protocol has no number above this one.
START_TEST(numbers_end)
{
    News n;
    for (const uint32_t uid : {5u, kMaxNumber, kMaxNumber + 1}) n.append(uid);
    const auto group = n.open();
    const nntp::Marks marks = group->marks();
    ck_assert(marks.is_closed);
    ck_assert(marks.count == 2 && marks.low == 5 && marks.high == kMaxNumber);
    ck_assert(group->numbers({}) == (std::vector<uint32_t>{5, kMaxNumber}));
    ck_assert(group->has(kMaxNumber) && !group->has(kMaxNumber + 1));
    ck_assert_uint_eq(group->behind(kMaxNumber), 0);
    const nntp::Marks full = nntp::marks_of(0, kMaxNumber + 5, kMaxNumber + 9);
    ck_assert(full.is_closed && full.count == 0 && full.low == full.high + 1);
    ck_assert(full.low <= kMaxNumber);
}
END_TEST

START_TEST(ranges)
{
    const auto is = [](std::string_view text, uint32_t first, uint32_t last) {
        const auto range = nntp::parse_range(text);
        return range && range->first == first && range->last == last;
    };
    ck_assert(is("5", 5, 5) && is("5-", 5, kMaxNumber) && is("5-9", 5, 9) && is("9-5", 9, 5));
    for (const char* bad : {"", "-", "-5", "a", "5-a", "5--9", "5-9-", "2147483648", "1 2"})
        ASSERT_CODE(nntp::parse_range(bad), Code::syntax);
}
END_TEST

START_TEST(fields_are_shown_in_one_line)
{
    ASSERT_EQ_TEXT(nntp::shown(" a\r\n\tb\tc \r\n"), "a b c");
    ASSERT_EQ_TEXT(nntp::shown(" \r\n"), "");
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/nntp/group");
    TCase* c = tcase_create("all");
    tcase_add_test(c, numbers_are_uids);
    tcase_add_test(c, of_an_empty_group_high_is_one_less_than_low);
    tcase_add_test(c, numbers_end);
    tcase_add_test(c, ranges);
    tcase_add_test(c, fields_are_shown_in_one_line);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
