#include "imap/mboxlist/subscriptions.h"

#include "lib/base/fd.h"
#include "tests/unit/imap/mboxlist/entries.h"

using namespace rookery;
using namespace rookery::mboxlist;
using namespace rookery::test;

namespace {

std::string names(const Subscriptions& subscriptions)
{
    auto all = subscriptions.names();
    ASSERT_OK(all);
    std::string out;
    for (const auto& name : *all) cat_to(out, out.empty() ? "" : " ", name.internal());
    return out;
}

START_TEST(kept_in_order_in_a_file)
{
    const TempDir dir;
    Subscriptions bob(dir.path(), "bob.b");
    ASSERT_EQ_TEXT(bob.path(), dir.file("user/b/bob^b.sub"));
    ASSERT_EQ_TEXT(names(bob), "");
    ASSERT_CODE(bob.remove(name_of("user.bob")), Code::not_found);
    for (const char* name : {"user.bob^b.x", "user.bob^b-x", "shared.a^b", "user.bob^b", "a"})
        ASSERT_OK(bob.add(name_of(name)));
    ASSERT_OK(bob.add(name_of("a")));
    ASSERT_EQ_TEXT(names(bob), "a shared.a^b user.bob^b user.bob^b.x user.bob^b-x");
    ASSERT_OK(bob.remove(name_of("a")));
    ASSERT_CODE(bob.remove(name_of("a")), Code::not_found);
    auto text = read_file(bob.path(), 1000);
    ASSERT_OK(text);
    ASSERT_EQ_TEXT(*text, "shared.a^b\t\nuser.bob^b\t\nuser.bob^b.x\t\nuser.bob^b-x\t\n");
    ASSERT_OK(bob.remove_all());
    ASSERT_OK(bob.remove_all());
    ASSERT_EQ_TEXT(names(bob), "");
}
END_TEST

START_TEST(files_of_other_programs_are_read)
{
    const TempDir dir;
    const Subscriptions bob(dir.path(), "bob@example.org");
    ASSERT_EQ_TEXT(bob.path(), dir.file("domain/e/example.org/user/b/bob.sub"));
    ASSERT_OK(make_directories(directory_of(bob.path())));
    ASSERT_OK(replace_file(bob.path(), "user.bob\t\nuser.alice\t\n\n..bad..\t\nlast"));
    ASSERT_EQ_TEXT(names(bob), "last user.alice user.bob");
}
END_TEST

START_TEST(no_user_leaves_the_directory)
{
    ASSERT_EQ_TEXT(Subscriptions("/c", "../../etc/x").path(), "/c/user/q/^^%2f^^%2fetc%2fx.sub");
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/mboxlist/subscriptions");
    TCase* c = tcase_create("all");
    tcase_add_test(c, kept_in_order_in_a_file);
    tcase_add_test(c, files_of_other_programs_are_read);
    tcase_add_test(c, no_user_leaves_the_directory);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
