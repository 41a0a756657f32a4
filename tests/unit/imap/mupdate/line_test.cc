#include "imap/mupdate/line.h"

#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using mupdate::Line;
using mupdate::Position;

START_TEST(a_line_knows_its_own_past)
{
    Line line;
    ck_assert(!line.holds({0, 0}));
    line.begin(7, {});
    ck_assert(line.holds({7, 100}));
    ck_assert(line.before.empty());
    line.begin(8, {7, 20});
    line.begin(9, {8, 20});
    ck_assert(line.holds({9, 25}));
    ck_assert(line.holds({7, 20}));
    ck_assert(line.holds({7, 1}));
    ck_assert(!line.holds({7, 21}));  // somebody else's continuation of 7
    ck_assert(!line.holds({6, 1}));
    ck_assert(!line.holds({0, 0}));
    line.note_end({7, 22});
    ck_assert(line.holds({7, 21}));
    ck_assert_uint_eq(line.before.size(), 2);
    auto parsed = Line::parse(line.to_text());
    ck_assert(parsed == line.before);
}
END_TEST

START_TEST(old_epochs_are_forgotten)
{
    Line line;
    for (uint64_t epoch = 1; epoch <= 300; epoch++) line.begin(epoch, {epoch - 1, epoch});
    ck_assert_uint_eq(line.before.size(), Line::kMaxBefore);
    ck_assert(line.holds({299, 300}));
    ck_assert(!line.holds({10, 1}));
}
END_TEST

START_TEST(positions_are_texts)
{
    ASSERT_EQ_TEXT(mupdate::to_text(Position{12, 34}), "12 34");
    ck_assert(*mupdate::parse_position("12 34") == (Position{12, 34}));
    for (const char* bad : {"", "12", "12 34 56 78", "x 3", "12  34", " 12 34"})
        ck_assert_msg(!mupdate::parse_position(bad), "%s", bad);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/mupdate/line");
    TCase* t = tcase_create("all");
    tcase_add_test(t, a_line_knows_its_own_past);
    tcase_add_test(t, old_epochs_are_forgotten);
    tcase_add_test(t, positions_are_texts);
    suite_add_tcase(s, t);
    return s;
}
const test::Registered registered(make);

}  // namespace
