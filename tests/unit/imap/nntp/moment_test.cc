#include "imap/nntp/moment.h"

#include "tests/unit/unit.h"

namespace {

using namespace rookery;

constexpr int64_t kNow = 1'795'918'413;  // 2026-11-29

START_TEST(moments)
{
    const struct {
        std::string_view date, time;
        int64_t moment;
    } rows[] = {
        {"19700101", "000000", 0},
        {"20261124", "034240", 1'795'491'760},
        {"261124", "034240", 1'795'491'760},
        {"270101", "000000", -1'356'998'400},
        {"20240229", "235960", 1'709'251'200},
    };
    for (const auto& row : rows) {
        const auto parsed = nntp::parse_moment(row.date, row.time, kNow);
        ASSERT_OK(parsed);
        ck_assert_int_eq(*parsed, row.moment);
    }
    ASSERT_EQ_TEXT(nntp::format_moment(1'795'491'760), "20261124034240");
    ASSERT_EQ_TEXT(nntp::format_moment(0), "19700101000000");
    const struct {
        std::string_view date, time;
    } wrong[] = {{"", ""},
                 {"2026112", "034240"},
                 {"20261324", "034240"},
                 {"20261100", "034240"},
                 {"20261124", "240000"},
                 {"20261124", "0342"},
                 {"-0261124", "034240"},
                 {"20261124", "+34240"}};
    for (const auto& row : wrong)
        ASSERT_CODE(nntp::parse_moment(row.date, row.time, kNow), Code::syntax);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/nntp/moment");
    TCase* c = tcase_create("all");
    tcase_add_test(c, moments);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
