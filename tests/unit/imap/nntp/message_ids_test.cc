#include "imap/nntp/message_ids.h"

#include "lib/base/strings.h"
#include "tests/support/memory_store.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using nntp::Group;
using nntp::MessageIds;

struct News {
    test::MemoryStore store;
    MessageIds ids;
    explicit News(size_t max_known = MessageIds::kMaxKnown) : ids(max_known) {}

    void append(const std::string& group, uint32_t uid, std::string_view id)
    {
        const auto box = store.make("news." + group);
        box->uidnext = uid;
        box->append(cat("Subject: x\r\n", id.empty() ? "" : "Message-ID: ", id,
                        id.empty() ? "" : "\r\n", "\r\nbody\r\n"));
    }
    void read(const std::string& group)
    {
        auto opened = Group::open(store, store.make("news." + group)->entry, "bob", group);
        ASSERT_OK(opened);
        ids.read(**opened);
    }
    // "group:number ..."
    std::string places(std::string_view id)
    {
        std::string all;
        for (const MessageIds::Place& place : ids.places(id))
            cat_to(all, all.empty() ? "" : " ", place.group, ':', place.number);
        return all;
    }
};

START_TEST(articles_of_the_groups_that_were_selected)
{
    News n;
    n.append("a", 3, "<1@x>");
    n.append("a", 4, "");
    n.append("a", 9, "<2@x>");
    n.append("b", 5, "<2@x>");
    n.ids.select("a");
    n.ids.select("b");
    ck_assert(n.ids.unread() == (std::vector<std::string>{"b", "a"}));
    ASSERT_EQ_TEXT(n.places("<1@x>"), "");
    n.read("a");
    ck_assert(n.ids.unread() == std::vector<std::string>{"b"});
    n.read("b");
    ck_assert(n.ids.unread().empty());
    ASSERT_EQ_TEXT(n.places("<1@x>"), "a:3");
    ASSERT_EQ_TEXT(n.places("<2@x>"), "b:5 a:9");
    ASSERT_EQ_TEXT(n.places("<3@x>"), "");
    // One that nobody selected.
    n.append("c", 1, "<3@x>");
    n.read("c");
    ASSERT_EQ_TEXT(n.places("<3@x>"), "");
    n.ids.forget("b");
    ASSERT_EQ_TEXT(n.places("<2@x>"), "a:9");
}
END_TEST

// No more than what is new: each look at a message is counted.
START_TEST(what_is_new_is_read_alone)
{
    News n;
    for (uint32_t uid = 1; uid <= 100; ++uid) n.append("a", uid, cat("<", uid, "@x>"));
    n.ids.select("a");
    n.read("a");
    n.ids.select("a");
    ck_assert(n.ids.unread() == std::vector<std::string>{"a"});
    n.append("a", 200, "<200@x>");
    const int contents = n.store.contents;
    n.read("a");
    ck_assert_int_le(n.store.contents - contents, 1);
    ASSERT_EQ_TEXT(n.places("<200@x>"), "a:200");
    ASSERT_EQ_TEXT(n.places("<57@x>"), "a:57");
}
END_TEST

START_TEST(a_group_that_was_made_anew)
{
    News n;
    n.append("a", 7, "<1@x>");
    n.ids.select("a");
    n.read("a");
    const auto box = n.store.state("news.a");
    box->messages.clear();
    box->uidvalidity += 1;
    n.append("a", 2, "<2@x>");
    n.read("a");
    ASSERT_EQ_TEXT(n.places("<1@x>"), "");
    ASSERT_EQ_TEXT(n.places("<2@x>"), "a:2");
}
END_TEST

START_TEST(there_are_limits)
{
    News n(3);
    for (const char* group : {"a", "b"})
        for (uint32_t uid = 1; uid <= 2; ++uid)
            n.append(group, uid, cat("<", group, uid, "@x>"));
    n.ids.select("a");
    n.read("a");
    ck_assert(!n.ids.is_full());
    // What was selected longest ago goes.
    n.ids.select("b");
    n.read("b");
    ASSERT_EQ_TEXT(n.places("<a1@x>"), "");
    ASSERT_EQ_TEXT(n.places("<b1@x>"), "b:1");
    // Until it is selected again.
    n.ids.select("a");
    n.read("a");
    ASSERT_EQ_TEXT(n.places("<a2@x>"), "a:2");
    ASSERT_EQ_TEXT(n.places("<b1@x>"), "");
    // Of a large group its last ones.
    for (uint32_t uid = 1; uid <= 5; ++uid) n.append("c", uid, cat("<c", uid, "@x>"));
    n.ids.select("c");
    n.read("c");
    ck_assert(n.ids.is_full());
    ASSERT_EQ_TEXT(n.places("<c2@x>"), "");
    ASSERT_EQ_TEXT(n.places("<c3@x>"), "c:3");
    ASSERT_EQ_TEXT(n.places("<c5@x>"), "c:5");
    for (size_t i = 0; i <= MessageIds::kMaxGroups; ++i) n.ids.select(cat("g", i));
    ck_assert_uint_eq(n.ids.unread().size(), MessageIds::kMaxGroups);
    ck_assert(n.ids.unread().back() == "g1");
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/nntp/message_ids");
    TCase* c = tcase_create("all");
    tcase_add_test(c, articles_of_the_groups_that_were_selected);
    tcase_add_test(c, what_is_new_is_read_alone);
    tcase_add_test(c, a_group_that_was_made_anew);
    tcase_add_test(c, there_are_limits);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
