#include "imap/nntp/fetch_marks.h"

#include <algorithm>

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using nntp::FetchMarks;

constexpr size_t kMax = size_t{1} << 20;
constexpr std::string_view kMagic = "rookery fetchnews marks 1\n";

START_TEST(what_is_reached_is_known_again)
{
    const test::TempDir folder;
    const std::string path = folder.path() + "/a.marks";
    {
        auto marks = FetchMarks::open(path);
        ASSERT_OK(marks);
        ck_assert_uint_eq(marks->of("a.b"), 0);
        ASSERT_OK(marks->reach("a.b", 7));
        ASSERT_OK(marks->reach("c", 2147483647));
        ASSERT_OK(marks->reach("a.b", 9));
        ck_assert_uint_eq(marks->of("a.b"), 9);
        // One at a time.
        ASSERT_CODE(FetchMarks::open(path), Code::busy);
    }
    ASSERT_EQ_TEXT(*read_file(path, kMax), cat(kMagic, "a.b 7\nc 2147483647\na.b 9\n"));
    auto marks = FetchMarks::open(path);
    ASSERT_OK(marks);
    ck_assert(marks->of("a.b") == 9 && marks->of("c") == 2147483647 && marks->of("a") == 0);
    ASSERT_OK(marks->reach("a.b", 0));
    ck_assert_uint_eq(marks->of("a.b"), 0);
}
END_TEST

START_TEST(a_line_that_was_cut_short_counts_for_nothing)
{
    const test::TempDir folder;
    const std::string path = folder.path() + "/a.marks";
    const std::string whole = cat(kMagic, "a 7\nb 8\n");
    for (size_t size = kMagic.size(); size <= whole.size(); ++size) {
        ASSERT_OK(replace_file(path, whole.substr(0, size)));
        {
            auto marks = FetchMarks::open(path);
            ASSERT_OK(marks);
            ck_assert_uint_eq(marks->of("a"), size >= kMagic.size() + 4 ? 7 : 0);
            ck_assert_uint_eq(marks->of("b"), size == whole.size() ? 8 : 0);
            ASSERT_OK(marks->reach("b", 9));
        }
        const auto again = FetchMarks::open(path);
        ASSERT_OK(again);
        ck_assert_uint_eq(again->of("b"), 9);
    }
}
END_TEST

START_TEST(one_that_has_grown_is_written_anew)
{
    const test::TempDir folder;
    const std::string path = folder.path() + "/a.marks";
    std::string text(kMagic);
    for (int i = 1; i <= 1500; ++i) cat_to(text, "a ", i, '\n');
    ASSERT_OK(replace_file(path, text));
    ASSERT_OK(FetchMarks::open(path));
    ASSERT_EQ_TEXT(*read_file(path, kMax), cat(kMagic, "a 1500\n"));
    // Within a run too.
    text = kMagic;
    for (int i = 1; i <= 1000; ++i) cat_to(text, "a ", i, '\n');
    ASSERT_OK(replace_file(path, text));
    auto marks = FetchMarks::open(path);
    ASSERT_OK(marks);
    for (uint32_t i = 1001; i <= 1004; ++i) ASSERT_OK(marks->reach("a", i));
    ASSERT_EQ_TEXT(*read_file(path, kMax), cat(kMagic, "a 1003\na 1004\n"));
}
END_TEST

START_TEST(what_are_no_marks)
{
    const test::TempDir folder;
    const std::string path = folder.path() + "/a.marks";
    for (const std::string_view text :
         {"nonsense\n", "rookery fetchnews marks 2\na 1\n", "rookery fetchnews marks 1\na\n",
          "rookery fetchnews marks 1\na 2147483648\n", "rookery fetchnews marks 1\na 1 2\n"}) {
        ASSERT_OK(replace_file(path, text));
        ASSERT_CODE(FetchMarks::open(path), Code::corrupt);
        ASSERT_EQ_TEXT(*read_file(path, kMax), std::string(text));
    }
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/nntp/fetch_marks");
    TCase* c = tcase_create("all");
    tcase_add_test(c, what_is_reached_is_known_again);
    tcase_add_test(c, a_line_that_was_cut_short_counts_for_nothing);
    tcase_add_test(c, one_that_has_grown_is_written_anew);
    tcase_add_test(c, what_are_no_marks);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
