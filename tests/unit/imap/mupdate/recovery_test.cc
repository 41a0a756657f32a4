#include "imap/mupdate/master/recovery.h"

#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::mupdate;

// A master whose line is 5 (ended at 50), 7 (ended at 70), 9.
struct Master {
    Master()
    {
        line.begin(5, {});
        line.begin(7, {5, 50});
        line.begin(9, {7, 70});
        open();
    }
    void open()
    {
        auto opened = Recovery::open(directory.path() + "/recovery");
        ASSERT_OK(opened);
        recovery = *std::move(opened);
    }
    std::string judge(const char* server, Position at)
    {
        return std::string(standing_word(recovery->judge(server, "fe@host", at, line)));
    }
    std::string status() const
    {
        std::string out;
        // "told" has an age.
        for (const auto& l : recovery->status())
            if (l.key != "told") cat_to(out, l.key, ' ', l.value, '\n');
        return out;
    }

    test::TempDir directory;
    Line line;
    std::unique_ptr<Recovery> recovery;
};

START_TEST(who_stood_elsewhere_is_a_stranger)
{
    Master m;
    ASSERT_EQ_TEXT(m.judge("be1", {0, 0}), "on");
    ASSERT_EQ_TEXT(m.judge("be1", {7, 70}), "on");
    ASSERT_EQ_TEXT(m.judge("be1", {7, 71}), "other");
    ASSERT_EQ_TEXT(m.judge("", {8, 1}), "other");
    ASSERT_EQ_TEXT(m.status(), "stranger 7 71 be1\nstranger 8 1 fe@host\n");
    ck_assert(!m.recovery->additions_only());
    // It has thought better of it.
    ASSERT_EQ_TEXT(m.judge("be1", {9, 1}), "on");
    ASSERT_EQ_TEXT(m.status(), "stranger 8 1 fe@host\n");
}
END_TEST

START_TEST(after_a_promotion_all_tell_theirs)
{
    Master m;
    m.judge("be1", {7, 71});
    m.judge("", {7, 75});
    const std::string holds[] = {"be2"};
    ASSERT_OK(m.recovery->promote(holds));
    m.open();  // over a restart
    ck_assert(m.recovery->additions_only());
    ASSERT_EQ_TEXT(m.status(), "waiting be1\nwaiting be2\n");
    ASSERT_EQ_TEXT(m.judge("be1", {7, 71}), "recovering");
    ASSERT_EQ_TEXT(m.judge("", {7, 75}), "recovering");
    ASSERT_EQ_TEXT(m.judge("be3", {9, 1}), "waiting");
    ck_assert(!*m.recovery->told("be1", {9, 3}));
    ASSERT_EQ_TEXT(m.judge("be1", {9, 3}), "waiting");
    ck_assert(*m.recovery->told("be2", {9, 3}));
    ck_assert(!m.recovery->additions_only());
    ASSERT_EQ_TEXT(m.judge("", {7, 99}), "on");  // whoever comes late with the same past
    ASSERT_EQ_TEXT(m.judge("", {8, 1}), "other");
    ASSERT_OK(m.recovery->promote(holds));
    ASSERT_OK(m.recovery->end());
    ASSERT_EQ_TEXT(m.status(), "");
}
END_TEST

START_TEST(a_backend_that_stands_where_it_stood_before_is_restored)
{
    Master m;
    ck_assert(!*m.recovery->told("be1", {9, 30}));
    ASSERT_OK(m.recovery->save());
    m.open();
    ASSERT_EQ_TEXT(m.judge("be1", {9, 30}), "on");
    ASSERT_EQ_TEXT(m.judge("be1", {9, 29}), "restored");
    ASSERT_EQ_TEXT(m.judge("be1", {7, 70}), "restored");
    ASSERT_EQ_TEXT(m.judge("be2", {7, 70}), "on");
    ASSERT_EQ_TEXT(m.status(), "restored be1\n");
    // What it says next is believed.
    ck_assert(!*m.recovery->told("be1", {9, 29}));
    ASSERT_EQ_TEXT(m.status(), "");
    ASSERT_EQ_TEXT(m.judge("be1", {9, 29}), "on");
}
END_TEST

START_TEST(a_damaged_file_is_refused)
{
    Master m;
    const std::string path = m.directory.path() + "/recovery";
    for (const char* bad :
         {"", "something else\n", "rookery mupdate recovery 1\nwaiting\n",
          "rookery mupdate recovery 1\nadopted x\n", "rookery mupdate recovery 1\nstood 1 be1\n"}) {
        ASSERT_OK(replace_file(path, bad));
        ck_assert_msg(!Recovery::open(path).ok(), "%s", bad);
    }
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/mupdate/master/recovery");
    TCase* t = tcase_create("all");
    tcase_add_test(t, who_stood_elsewhere_is_a_stranger);
    tcase_add_test(t, after_a_promotion_all_tell_theirs);
    tcase_add_test(t, a_backend_that_stands_where_it_stood_before_is_restored);
    tcase_add_test(t, a_damaged_file_is_refused);
    suite_add_tcase(s, t);
    return s;
}
const test::Registered registered(make);

}  // namespace
