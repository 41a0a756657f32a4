// Where a server's answer ends, whatever is in it.
#include "imap/managesieve/relay.h"

#include "lib/base/strings.h"
#include "lib/stream/memory_layer.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;

struct Case {
    std::string said;
    const char* code;  // null: the whole of it is the answer
};

const Case kCases[] = {
    {"OK\r\n", nullptr},
    {"ok\r\n", nullptr},
    {"NO (TRYLATER) \"x\"\r\n", nullptr},
    {"BYE \"x\"\r\n", nullptr},
    {"NO {7}\r\nOK\r\nNO\n\r\n", nullptr},
    {"{6}\r\nOK\r\nNO\r\nOK\r\n", nullptr},
    {"{0}\r\n\r\nOK\r\n", nullptr},
    {"\"OK\" ACTIVE\r\n{2}\r\nNO ACTIVE\r\nOK \"x\"\r\n", nullptr},
    {"\"a {3}\"\r\nOK\r\n", nullptr},
    {"OK (SASL {4}\r\nAAAA) {4}\r\n\r\n\r\n\r\n", nullptr},
    {"OKAY\r\n", "syntax error"},
    {"\r\nOK\r\n", "syntax error"},
    {"* OK\r\n", "syntax error"},
    {"\"a\"\r\n", "connection closed"},
    {"{6}\r\nOK\r\n", "connection closed"},
    {"OK", "connection closed"},
    {"{3000}\r\n", "over a limit"},
    {"{99999999999999999999}\r\n", "over a limit"},
    {cat('"', std::string(3000, 'x'), "\"\r\nOK\r\n"), "over a limit"},
};

START_TEST(answers)
{
    for (const Case& c : kCases) {
        stream::MemoryEnds ends;
        ends.input = c.code == nullptr ? cat(c.said, "REST\r\n") : c.said;
        ends.chunk = 3;
        stream::Stream server(stream::memory_layer(ends));
        const auto answer = managesieve::read_answer(server, 2000);
        if (c.code != nullptr) {
            ck_assert_msg(!answer && code_name(answer.error().code) == c.code, "%.40s",
                          c.said.c_str());
            continue;
        }
        ASSERT_OK(answer);
        ASSERT_EQ_TEXT(*answer, c.said);
        ASSERT_EQ_TEXT(*server.read_line(100), "REST");
    }
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("relay");
    TCase* c = tcase_create("relay");
    tcase_add_test(c, answers);
    suite_add_tcase(suite, c);
    return suite;
}
const test::Registered registered(make);

}  // namespace
