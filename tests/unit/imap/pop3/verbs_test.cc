#include "imap/pop3/verbs.h"

#include <string>

#include "imap/session/login.h"
#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::pop3;

START_TEST(verbs_are_sorted_and_found)
{
    std::string_view before;
    for (const Verb& v : verbs()) {
        ck_assert(before < v.name);
        before = v.name;
        ck_assert_ptr_eq(find_verb(to_lower(v.name)), &v);
    }
    ck_assert_ptr_null(find_verb("RETRO"));
    ck_assert_ptr_null(find_verb(""));
}
END_TEST

START_TEST(lines)
{
    const struct {
        const char* line;
        const char* verb;  // "" none
        size_t count;
        const char* first;
        const char* second;
    } kCases[] = {
        {"QUIT", "QUIT", 0, "", ""},
        {"quit", "QUIT", 0, "", ""},
        {"PASS a b  c ", "PASS", 1, "a b  c ", ""},
        {"PASS  x", "PASS", 1, " x", ""},
        {"USER joe", "USER", 1, "joe", ""},
        {"RETR 1", "RETR", 1, "1", ""},
        {"LIST", "LIST", 0, "", ""},
        {"LIST 4294967295", "LIST", 1, "4294967295", ""},
        {"TOP 1 0", "TOP", 2, "1", "0"},
        {"APOP joe 0123", "APOP", 2, "joe", "0123"},
        {"AUTH", "AUTH", 0, "", ""},
        {"AUTH PLAIN", "AUTH", 1, "PLAIN", ""},
        {"AUTH PLAIN =", "AUTH", 2, "PLAIN", "="},
        {"LANG", "LANG", 0, "", ""},
        {"LANG *", "LANG", 1, "*", ""},
        {"XTND XMIT", "", 0, "", ""},
        {"", "", 0, "", ""},
        {" QUIT", "", 0, "", ""},
    };
    for (const auto& c : kCases) {
        const auto command = parse(c.line);
        ASSERT_OK(command);
        ASSERT_EQ_TEXT(command->verb == nullptr ? "" : command->verb->name, c.verb);
        ck_assert_uint_eq(command->count, c.count);
        ASSERT_EQ_TEXT(command->words[0], c.first);
        ASSERT_EQ_TEXT(command->words[1], c.second);
    }
}
END_TEST

START_TEST(wrong_lines)
{
    const std::string kCases[] = {"QUIT now",
                                  "PASS",
                                  "PASS ",
                                  "RETR",
                                  "RETR x",
                                  "RETR 1 2",
                                  "RETR -1",
                                  "RETR 4294967296",
                                  "LIST 1 2",
                                  "TOP 1",
                                  "TOP 1 2 3",
                                  "TOP 1 -1",
                                  "APOP joe",
                                  "AUTH A B C",
                                  "STAT 1",
                                  "LIST 1\r",
                                  std::string("RETR 1\0", 7),
                                  "XTND \r",
                                  std::string("X\0", 2)};
    for (const auto& line : kCases) ck_assert_msg(parse(line).is(Code::syntax), "%s", line.c_str());
}
END_TEST

START_TEST(long_lines)
{
    const auto line = [](std::string_view verb, size_t size) {
        std::string text(verb);
        text.resize(size - 2, 'x');
        return text;
    };
    ASSERT_OK(parse(line("PASS ", kMaxLine)));
    ck_assert(parse(line("PASS ", kMaxLine + 1)).is(Code::limit));
    ck_assert(parse(line("XTND ", kMaxLine + 1)).is(Code::limit));
    ASSERT_OK(parse(line("AUTH PLAIN ", session::kMaxSaslLine)));
    ck_assert(parse(line("AUTH PLAIN ", session::kMaxSaslLine + 1)).is(Code::limit));
}
END_TEST

START_TEST(answers_of_many_lines)
{
    const struct {
        const char* line;
        bool many;
    } kCases[] = {{"LIST", true},    {"LIST 1", false},    {"UIDL", true},
                  {"UIDL 2", false}, {"RETR 1", true},     {"TOP 1 2", true},
                  {"STAT", false},   {"CAPA", true},       {"DELE 1", false},
                  {"RSET", false},   {"LANG", true},       {"LANG i-default", false},
                  {"AUTH", true},    {"AUTH PLAIN", false}};
    for (const auto& c : kCases) {
        const auto command = parse(c.line);
        ASSERT_OK(command);
        ck_assert_int_eq(command->has_many_lines(), c.many);
    }
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("verbs");
    TCase* c = tcase_create("verbs");
    tcase_add_test(c, verbs_are_sorted_and_found);
    tcase_add_test(c, lines);
    tcase_add_test(c, wrong_lines);
    tcase_add_test(c, long_lines);
    tcase_add_test(c, answers_of_many_lines);
    suite_add_tcase(suite, c);
    return suite;
}
const test::Registered registered(make);

}  // namespace
