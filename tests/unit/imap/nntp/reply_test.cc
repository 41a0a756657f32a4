#include "imap/nntp/reply.h"

#include "imap/nntp/answer.h"
#include "lib/base/strings.h"
#include "lib/stream/memory_layer.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;

START_TEST(a_reply_is_one_line)
{
    const struct {
        std::string text, line;
    } rows[] = {
        {"", "411 \r\n"},
        {"No such group", "411 No such group\r\n"},
        {"a\r\n200 b\nc", "411 a200 bc\r\n"},
        {std::string("a\0b\tc\x7f", 6), "411 abc\r\n"},
        {"gr\xc3\xbc\xc3\x9f", "411 gr\xc3\xbc\xc3\x9f\r\n"},
    };
    for (const auto& row : rows) ASSERT_EQ_TEXT(nntp::reply(411, row.text), row.line);
    // 512 bytes with its end (RFC 3977 3.1).
    ck_assert_uint_le(nntp::reply(411, std::string(5000, 'x')).size(), 512);
}
END_TEST

START_TEST(what_a_client_is_told_of_an_error)
{
    const struct {
        Code code;
        int reply;
        bool is_trouble;
    } rows[] = {
        {Code::syntax, 501, false},    {Code::limit, 501, false},
        {Code::not_found, 411, false}, {Code::bad_name, 411, false},
        {Code::denied, 502, false},    {Code::maintenance, 403, false},
        {Code::reserved, 403, false},  {Code::moved, 403, false},
        {Code::corrupt, 403, true},    {Code::unavailable, 403, true},
        {Code::timeout, 403, true},    {Code::closed, 403, true},
        {Code::exists, 403, true},     {Code::busy, 403, true},
        {Code::over_quota, 403, true}, {Code::no_master, 403, true},
        {Code::behind, 403, true},     {Code::io, 403, true},
        {Code::no_space, 403, true},   {Code::unsupported, 403, true},
        {Code::config, 403, true},
    };
    for (const auto& row : rows) {
        const std::string said = nntp::error_reply(Error{row.code, "/secret/path\r\n200 ok"});
        ck_assert_msg(said.starts_with(cat(row.reply, ' ')), "%s", said.c_str());
        ck_assert_uint_eq(said.find('\n'), said.size() - 1);
        // What a file is called is no client's affair.
        if (row.is_trouble) ck_assert(said.find("secret") == std::string::npos);
        ck_assert_msg(nntp::is_trouble(row.code) == row.is_trouble, "%s", said.c_str());
    }
}
END_TEST

START_TEST(what_an_answer_is)
{
    const struct {
        std::string input;
        int code;  // 0: it is none
        std::string line;
    } rows[] = {
        {"200 ready\r\n", 200, "200 ready"},
        {"205\r\n", 205, "205"},
        {"400 going\n", 400, "400 going"},
        {"599 x\r\n", 599, "599 x"},
        {cat("200 ", std::string(2000, 'x'), "\r\n"), 200, cat("200 ", std::string(2000, 'x'))},
        {"20 x\r\n", 0, ""},
        {"2000\r\n", 0, ""},
        {"099 x\r\n", 0, ""},
        {"600 x\r\n", 0, ""},
        {"+OK\r\n", 0, ""},
        {"-20 x\r\n", 0, ""},
        {"\r\n", 0, ""},
        {"200 a\rb\r\n", 0, ""},
        {std::string("200 a\0b\r\n", 9), 0, ""},
        {cat("200 ", std::string(3000, 'x'), "\r\n"), 0, ""},
        {"200 cut", 0, ""},
        {"", 0, ""},
    };
    for (const auto& row : rows) {
        stream::MemoryEnds ends{.input = row.input, .output = {}, .chunk = 3};
        stream::Stream stream(stream::memory_layer(ends));
        const auto answer = nntp::read_answer(stream, "be1");
        ck_assert_msg(answer.ok() == (row.code != 0), "%s", row.input.c_str());
        if (!answer) continue;
        ck_assert_int_eq(answer->code, row.code);
        ASSERT_EQ_TEXT(answer->line, row.line);
    }
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/nntp/reply");
    TCase* c = tcase_create("all");
    tcase_add_test(c, a_reply_is_one_line);
    tcase_add_test(c, what_a_client_is_told_of_an_error);
    tcase_add_test(c, what_an_answer_is);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
