#include "imap/mupdate/master/published_list.h"

#include "imap/model/mailbox_name.h"
#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::mupdate;

mupdate::Change put(const std::string& name, const std::string& location)
{
    ListEntry entry;
    entry.active = true;
    entry.location = location;
    return {model::key_of_internal(name), entry};
}

mupdate::Change erase(const std::string& name)
{
    return {model::key_of_internal(name), std::nullopt};
}

void publish_next(PublishedList& list, std::vector<mupdate::Change> changes)
{
    std::vector<PublishedList::Published> published;
    for (mupdate::Change& change : changes)
        published.push_back({std::move(change), list.serial() + published.size() + 1, true});
    list.publish(published);
}

// "MAILBOX name" ... as the lines come.
std::string words(const std::string& lines)
{
    std::string out;
    auto parts = split(lines, '\n');
    for (size_t i = 0; i + 1 < parts.size(); ++i) {
        auto line = split_words(trim(parts[i]));
        if (line.size() < 2 || line[0] != "T") continue;
        cat_to(out, line[1], ' ', split_words(trim(parts[i + 1]))[0], ';');
    }
    return out;
}

START_TEST(order_is_that_of_the_list)
{
    PublishedList list;
    publish_next(list, {put("a", "s!p"), put("a-b", "s!p"), put("a.b", "s!p"), put("a^b", "s!p"),
                        put("dom!user.x", "s!p"), put("ab", "s!p")});
    DumpCursor cursor;
    std::string out;
    size_t steps = 0;
    for (; !cursor.done; ++steps) list.dump(cursor, {}, "T", out, out.size() + 1);
    ASSERT_EQ_TEXT(words(out), "MAILBOX a;MAILBOX a.b;MAILBOX a-b;MAILBOX a^b;MAILBOX ab;"
                               "MAILBOX dom!user.x;");
    ck_assert_uint_ge(steps, 6);
}
END_TEST

START_TEST(a_stream_says_the_present_state_once)
{
    PublishedList list;
    publish_next(list, {put("a", "s!p")});
    uint64_t position = list.serial();
    std::string out;
    ck_assert(list.stream(position, {}, "T", out, 9999) == PublishedList::Streamed::current);
    ASSERT_EQ_TEXT(out, "");
    publish_next(list, {put("b", "s!p")});
    publish_next(list, {erase("a"), put("b", "t!p"), put("c", "t!p")});
    publish_next(list, {erase("c")});
    ck_assert(list.stream(position, {}, "T", out, 9999) == PublishedList::Streamed::current);
    ASSERT_EQ_TEXT(words(out), "MAILBOX b;DELETE a;DELETE c;");
    ck_assert_uint_eq(position, list.serial());
}
END_TEST

START_TEST(a_partial_stream_sees_what_leaves)
{
    PublishedList list;
    publish_next(list, {put("a", "s!p"), put("b", "t!p")});
    uint64_t position = list.serial();
    Filter filter{{}, {"s"}};
    DumpCursor cursor;
    std::string out;
    list.dump(cursor, filter, "T", out, 9999);
    ASSERT_EQ_TEXT(words(out), "MAILBOX a;");
    out.clear();
    publish_next(list, {put("a", "t!p"), put("b", "t!q"), put("c", "s!q"), erase("b")});
    list.stream(position, filter, "T", out, 9999);
    ASSERT_EQ_TEXT(words(out), "MAILBOX a;MAILBOX c;");
}
END_TEST

START_TEST(who_fell_off_the_ring_is_told)
{
    PublishedList list;
    std::vector<mupdate::Change> many;
    for (int i = 0; i < 70000; ++i) many.push_back(put(cat("m", i % 10), "s!p"));
    uint64_t position = 0;
    publish_next(list, std::move(many));
    std::string out;
    ck_assert(list.stream(position, {}, "T", out, 9999) == PublishedList::Streamed::lost);
    position = list.serial() - 65536;
    size_t steps = 0;
    while (list.stream(position, {}, "T", out, 1 << 20) == PublishedList::Streamed::more) ++steps;
    ck_assert_uint_ge(steps, 10);
    ck_assert_uint_eq(position, 70000);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("mupdate published list");
    TCase* t = tcase_create("all");
    tcase_add_test(t, order_is_that_of_the_list);
    tcase_add_test(t, a_stream_says_the_present_state_once);
    tcase_add_test(t, a_partial_stream_sees_what_leaves);
    tcase_add_test(t, who_fell_off_the_ring_is_told);
    suite_add_tcase(s, t);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
