#include "imap/delivery/articles.h"

#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using delivery::Articles;

struct Memory {
    test::TempDir dir;
    db::ExpiringSet set = *db::ExpiringSet::open(dir.file("deliver.tdb"), 'D');
    Articles articles = *Articles::open(set, dir.file("deliver.tdb.articles"));
};

START_TEST(what_was_taken_is_known_and_where_it_lies)
{
    Memory m;
    ck_assert(!m.articles.is_taken("<1@x>"));
    m.articles.take("<1@x>");
    ck_assert(m.articles.is_taken("<1@x>"));
    ck_assert(!m.articles.is_taken("<2@x>"));
    ck_assert(m.articles.places("<1@x>").empty());
    m.articles.place("<1@x>", {"news.a", 7});
    m.articles.place("<1@x>", {"news.b", 4294967295});
    m.articles.place("<2@x>", {"news.c", 1});
    const auto places = m.articles.places("<1@x>");
    ck_assert_uint_eq(places.size(), 2);
    ck_assert(places[0] == (Articles::Place{"news.a", 7}));
    ck_assert(places[1] == (Articles::Place{"news.b", 4294967295}));
}
END_TEST

START_TEST(no_more_places_than_there_may_be)
{
    Memory m;
    for (unsigned i = 0; i < Articles::kMaxPlaces + 5; ++i) m.articles.place("<1@x>", {"a", i + 1});
    ck_assert_uint_eq(m.articles.places("<1@x>").size(), Articles::kMaxPlaces);
}
END_TEST

// Says whether another process can hold it.
bool free_for_another(const std::string& path, const std::string& locks)
{
    const pid_t child = ::fork();
    if (child == 0) {
        // Of its own: this process has the other one open.
        auto set = db::ExpiringSet::open(path + ".other", 'D');
        auto articles = Articles::open(*set, locks);
        ::_exit(articles->hold("<1@x>") ? 0 : 1);
    }
    int status = 0;
    ck_assert_int_eq(::waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status) == 0;
}

START_TEST(one_process_holds_an_article_until_it_lets_go)
{
    const test::TempDir dir;
    const std::string path = dir.file("deliver.tdb"), locks = dir.file("locks");
    ck_assert(free_for_another(path, locks));
    auto set = *db::ExpiringSet::open(path, 'D');
    auto articles = *Articles::open(set, locks);
    {
        const auto held = articles.hold("<1@x>");
        ck_assert(held.has_value());
        ck_assert(!free_for_another(path, locks));
    }
    ck_assert(free_for_another(path, locks));
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/delivery/articles");
    TCase* c = tcase_create("all");
    tcase_add_test(c, what_was_taken_is_known_and_where_it_lies);
    tcase_add_test(c, no_more_places_than_there_may_be);
    tcase_add_test(c, one_process_holds_an_article_until_it_lets_go);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
