#include "lib/text/header_syntax.h"

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using rookery::text::HeaderSyntax;

// What Cyrus 3.6.1 takes: by LMTP (its spool), and by APPEND (its strict copy, which also wants the
// last line's end).
struct Row {
    const char* text;
    bool delivered;
    bool appended;
};
constexpr Row kRows[] = {
    {"", true, true},
    {"\r\nbody", true, true},
    {"Subject: x\r\n", true, true},
    {"Subject: x\r\n\r\nno: colon here\r\nnone here", true, true},
    {"Subject:\r\n", true, true},
    {"Subject: x\r\n folded\r\n\ttwice\r\n\r\n", true, true},
    {"X-Odd!#$%&'*+/=?^_`{|}~: y\r\n\r\n", true, true},
    {"Subject: x", true, true},
    {"Subject", false, false},
    {"Hello\r\n", false, false},
    {"Hello world\r\n\r\nbody", false, false},
    {"Subject: x\r\nHello world: y\r\n\r\n", false, false},
    {"Subject: x\r\nHello\r\n\r\n", false, false},
    {": x\r\n\r\n", false, false},
    {"A: b\r\n: x\r\n\r\n", false, false},
    {"A\x01: b\r\n\r\n", false, false},
    {"Name : x\r\n\r\n", true, false},
    {"Name\t : x\r\n\r\n", true, false},
    {"Na\xc3\xa4me: x\r\n\r\n", false, true},
    {"A\x7f: x\r\n\r\n", false, true},
    {" first\r\nA: b\r\n\r\n", false, true},
    {"From a@example.org Sat Nov 28\r\nA: b\r\n\r\n", false, true},
    {"From: a\r\nFrom a\r\n\r\n", false, true},
    {"Fromage a\r\n\r\n", false, false},
    {"Fro a\r\n\r\n", false, false},
    {"A: b\n\nx", true, true},
};

START_TEST(rows)
{
    const Row& row = kRows[_i];
    const std::string_view text = row.text;
    for (size_t piece : {size_t{1}, size_t{3}, text.size() + 1}) {
        for (bool appended : {false, true}) {
            HeaderSyntax s(appended ? HeaderSyntax::Rules::appended
                                    : HeaderSyntax::Rules::delivered);
            for (size_t at = 0; at < text.size(); at += piece) s.feed(text.substr(at, piece));
            ck_assert_msg(s.is_whole() == (appended ? row.appended : row.delivered), "%s",
                          row.text);
        }
    }
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/text/header_syntax");
    TCase* c = tcase_create("all");
    tcase_add_loop_test(c, rows, 0, static_cast<int>(std::size(kRows)));
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
