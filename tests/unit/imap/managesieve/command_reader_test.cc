// What clients say, well and badly formed; after each command the next one is where it is meant to
// be.
#include "imap/managesieve/command_reader.h"

#include "lib/base/strings.h"
#include "lib/stream/memory_layer.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using managesieve::CommandReader;

// Reads a command with strings of at most 100 bytes: "VERB|argument|argument", or the error's code.
std::string read(CommandReader& reader, size_t max = 100)
{
    const auto verb = reader.verb();
    if (!verb) return std::string(code_name(verb.error().code));
    std::string out = *verb;
    for (;;) {
        const auto more = reader.has_argument();
        if (!more) return std::string(code_name(more.error().code));
        if (!*more) return out;
        const auto text = reader.string(max);
        if (!text) return std::string(code_name(text.error().code));
        cat_to(out, '|', *text);
    }
}

struct Case {
    std::string said;
    const char* read;
};

const Case kCases[] = {
    {"CAPABILITY", "CAPABILITY"},
    {"capability", "CAPABILITY"},
    {"GETSCRIPT \"a\"", "GETSCRIPT|a"},
    {"GETSCRIPT \"\"", "GETSCRIPT|"},
    {"GETSCRIPT \"a \\\"b\\\\ c\"", "GETSCRIPT|a \"b\\ c"},
    {"GETSCRIPT \"gr\xc3\xbcn\"", "GETSCRIPT|gr\xc3\xbcn"},
    {"GETSCRIPT {3+}\r\na\nb", "GETSCRIPT|a\nb"},
    {"GETSCRIPT {3}\r\na\nb", "GETSCRIPT|a\nb"},
    {"GETSCRIPT {0+}\r\n", "GETSCRIPT|"},
    {"PUTSCRIPT \"a\" {7+}\r\nLOGOUT\n", "PUTSCRIPT|a|LOGOUT\n"},
    {"PUTSCRIPT {1+}\r\na {2+}\r\n\r\n", "PUTSCRIPT|a|\r\n"},
    {"PUTSCRIPT {1+}\na {2+}\n\r\n", "PUTSCRIPT|a|\r\n"},
    // --- not of the grammar
    {"", "syntax error"},
    {" CAPABILITY", "syntax error"},
    {"\"a\"", "syntax error"},
    {std::string(CommandReader::kMaxVerb + 1, 'A'), "syntax error"},
    {"CAPABILITY ", "syntax error"},
    {"CAPABILITY  \"a\"", "syntax error"},
    {"CAPABILITY\t", "syntax error"},
    {"GETSCRIPT a", "syntax error"},
    {"GETSCRIPT \"a", "syntax error"},
    {"GETSCRIPT \"a\\n\"", "syntax error"},
    {"GETSCRIPT \"a\"\"b\"", "syntax error"},
    {std::string("GETSCRIPT \"a\0b\"", 15), "syntax error"},
    {"GETSCRIPT {+}", "syntax error"},
    {"GETSCRIPT {-1}", "syntax error"},
    {"GETSCRIPT {1+", "syntax error"},
    {"GETSCRIPT {1+} ", "syntax error"},
    {"GETSCRIPT {1++}", "syntax error"},
    {"GETSCRIPT ~{1+}\r\na", "syntax error"},
    {"GETSCRIPT (\"a\") {3+}\r\nabc", "syntax error"},
    // What is wrong before a literal does not make a command of what is in it.
    {"x y z {8+}\r\nLOGOUT\r\n", "syntax error"},
    {"x y z {8+}\r\nLOGOUT\r\n {6}\r\nLOGOUT x", "syntax error"},
    // --- too long
    {"GETSCRIPT \"" + std::string(101, 'x') + "\"", "over a limit"},
    {"GETSCRIPT {101+}\r\n" + std::string(101, '\n'), "over a limit"},
    {"PUTSCRIPT {101+}\r\n" + std::string(101, '\n') + " {8+}\r\nLOGOUT\r\n", "over a limit"},
    {"GETSCRIPT {100000+}\r\n" + std::string(100000, '\n'), "over a limit"},
    {"GETSCRIPT \"" + std::string(CommandReader::kMaxQuoted + 1, 'x') + "\"", "syntax error"},
};

START_TEST(table)
{
    for (const Case& c : kCases)
        for (const size_t chunk : {size_t{65536}, size_t{1}}) {
            stream::MemoryEnds ends;
            ends.input = cat(c.said, "\r\nNEXT\r\n");
            ends.chunk = c.said.size() > 1000 ? 65536 : chunk;
            stream::Stream client(stream::memory_layer(ends));
            CommandReader reader(client);
            const std::string got = read(reader);
            ck_assert_msg(got == c.read, "%.60s: %s", c.said.c_str(), got.c_str());
            ASSERT_EQ_TEXT(read(reader), "NEXT");
            ck_assert(!reader.is_lost());
        }
}
END_TEST

// Nothing that a client announces is held or waited for beyond kMaxSkip.
START_TEST(lost)
{
    for (const char* said : {"GETSCRIPT {16777217+}\r\n", "GETSCRIPT {99999999999999999999999}\r\n",
                             "x y {16777217+}\r\n", "x y {16777000+}\r\n"}) {
        stream::MemoryEnds ends;
        ends.input = said;
        if (std::string_view(said).find("000+") != std::string_view::npos) {
            ends.input += std::string(16777000, 'x');
            ends.input += std::string(300, 'y');
        }
        stream::Stream client(stream::memory_layer(ends));
        CommandReader reader(client);
        ck_assert_msg(read(reader) == "over a limit", "%s", said);
        ck_assert_msg(reader.is_lost(), "%s", said);
    }
}
END_TEST

START_TEST(numbers)
{
    const struct {
        const char* said;
        int64_t number;  // -1: syntax
    } kNumbers[] = {{"0", 0},           {"4294967295", 4294967295},
                    {"4294967296", -1}, {"99999999999999999999999999999999", -1},
                    {"", -1},           {"-1", -1},
                    {"x", -1},          {"1x", -1}};
    for (const auto& c : kNumbers) {
        stream::MemoryEnds ends;
        ends.input = cat("HAVESPACE ", c.said, "\r\nNEXT\r\n");
        stream::Stream client(stream::memory_layer(ends));
        CommandReader reader(client);
        ASSERT_OK(reader.verb());
        ASSERT_OK(reader.has_argument());
        const auto n = reader.number();
        const Status end = n ? reader.end() : success();
        ck_assert_msg((n && end ? static_cast<int64_t>(*n) : -1) == c.number, "%s", c.said);
        ASSERT_EQ_TEXT(read(reader), "NEXT");
    }
}
END_TEST

START_TEST(answers)
{
    stream::MemoryEnds ends;
    ends.input = "\"*\"\r\n{4+}\r\nAAAA\r\n\"\"\r\n*\r\n\"a\" \"b\"\r\nNEXT\r\n";
    stream::Stream client(stream::memory_layer(ends));
    CommandReader reader(client);
    ASSERT_EQ_TEXT(*reader.answer(10), "*");
    ASSERT_EQ_TEXT(*reader.answer(10), "AAAA");
    ASSERT_EQ_TEXT(*reader.answer(10), "");
    ASSERT_CODE(reader.answer(10), Code::syntax);
    ASSERT_CODE(reader.answer(10), Code::syntax);
    ASSERT_EQ_TEXT(read(reader), "NEXT");
    ASSERT_EQ_TEXT(read(reader), "connection closed");
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("command_reader");
    TCase* c = tcase_create("command_reader");
    tcase_add_test(c, table);
    tcase_add_test(c, lost);
    tcase_add_test(c, numbers);
    tcase_add_test(c, answers);
    suite_add_tcase(suite, c);
    return suite;
}
const test::Registered registered(make);

}  // namespace
