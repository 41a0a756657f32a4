#include "imap/nntp/verbs.h"

#include <algorithm>
#include <string>

#include "imap/session/login.h"
#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;

START_TEST(the_table_is_in_order_and_can_be_framed)
{
    const auto verbs = nntp::verbs();
    ck_assert(std::is_sorted(verbs.begin(), verbs.end(), [](const auto& a, const auto& b) {
        return std::pair(a.name, a.keyword) < std::pair(b.name, b.keyword);
    }));
    for (const nntp::Verb& v : verbs) {
        ck_assert(v.least <= v.most);
        // What is passed on is passed on for who may read.
        if (v.at != nntp::At::client) ck_assert(v.needs == nntp::Needs::user);
    }
}
END_TEST

const struct {
    const char* line;
    Code code;          // of the refusal
    const char* again;  // as it is passed on; null: it is refused, "": there is no such command
} kLines[] = {
    {"group a.b", Code::io, "GROUP a.b"},
    {"  GROUP \t a.b ", Code::io, "GROUP a.b"},
    {"ARTICLE", Code::io, "ARTICLE"},
    {"ARTICLE <a@b>", Code::io, "ARTICLE <a@b>"},
    {"list", Code::io, "LIST"},
    {"list active *", Code::io, "LIST ACTIVE *"},
    {"LIST nonsense", Code::syntax, nullptr},
    {"MODE", Code::syntax, nullptr},
    {"MODE x", Code::syntax, nullptr},
    {"GROUP", Code::syntax, nullptr},
    {"GROUP a b", Code::syntax, nullptr},
    {"GROUP a\rQUIT", Code::syntax, nullptr},
    {"", Code::io, ""},
    {"   ", Code::io, ""},
    {"XTHING", Code::io, ""},
    {"xpat subject 1- a b c", Code::io, "XPAT subject 1- a b c"},
};

START_TEST(lines)
{
    const auto& row = kLines[_i];
    const auto command = nntp::parse(row.line);
    if (row.again == nullptr) {
        ASSERT_CODE(command, row.code);
        return;
    }
    ASSERT_OK(command);
    ck_assert((command->verb == nullptr) == (*row.again == '\0'));
    if (command->verb != nullptr) ASSERT_EQ_TEXT(nntp::to_line(*command), row.again);
}
END_TEST

START_TEST(how_long_a_line_may_be)
{
    ASSERT_OK(nntp::parse(cat("STAT ", std::string(nntp::kMaxLine - 7, '1'))));
    ASSERT_CODE(nntp::parse(cat("STAT ", std::string(nntp::kMaxLine - 6, '1'))), Code::limit);
    ASSERT_CODE(nntp::parse(std::string(nntp::kMaxLine, 'x')), Code::limit);
    const std::string sasl = "AUTHINFO SASL PLAIN ";
    ASSERT_OK(nntp::parse(sasl + std::string(session::kMaxSaslLine - sasl.size() - 2, 'A')));
    ASSERT_CODE(nntp::parse(sasl + std::string(session::kMaxSaslLine - sasl.size() - 1, 'A')),
                Code::limit);
    ASSERT_CODE(nntp::parse(std::string_view("DATE\0", 5)), Code::syntax);
}
END_TEST

START_TEST(message_ids)
{
    for (const char* good : {"<a>", "<a@b>", "<.!%$@x>"}) ck_assert(nntp::is_message_id(good));
    for (const char* bad : {"", "<>", "a@b", "<a@b", "a@b>", "<a b>", "<a<b>", "<a>b>", "<\x7f>"})
        ck_assert(!nntp::is_message_id(bad));
    ck_assert(nntp::is_message_id(cat('<', std::string(248, 'a'), '>')));
    ck_assert(!nntp::is_message_id(cat('<', std::string(249, 'a'), '>')));
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/nntp/verbs");
    TCase* c = tcase_create("all");
    tcase_add_test(c, the_table_is_in_order_and_can_be_framed);
    tcase_add_loop_test(c, lines, 0, static_cast<int>(std::size(kLines)));
    tcase_add_test(c, how_long_a_line_may_be);
    tcase_add_test(c, message_ids);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
