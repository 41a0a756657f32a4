// The grammar of one command, and the framing that keeps two commands apart whatever is sent.
#include "imap/imapd/command_reader.h"

#include <random>
#include <string>
#include <vector>

#include "lib/stream/memory_layer.h"
#include "tests/unit/unit.h"

using namespace rookery;
using namespace std::string_view_literals;
using imapd::CommandReader;
using imapd::ReaderLimits;

namespace {

struct Wire {
    explicit Wire(std::string_view input, size_t chunk = 65536, ReaderLimits limits = {})
        : ends{std::string(input), {}, chunk, false, false},
          client(stream::memory_layer(ends)),
          reader(client, limits)
    {
        reader.begin();
    }
    stream::MemoryEnds ends;
    stream::Stream client;
    CommandReader reader;
};

std::string show(const Result<std::string>& got)
{
    return got ? *got : cat("!", code_name(got.error().code));
}

template <class Number>
std::string show_number(const Result<Number>& got)
{
    return got ? cat(*got) : cat("!", code_name(got.error().code));
}

std::string read_nstring(CommandReader& r)
{
    bool nil = false;
    auto got = r.nstring(nil);
    return nil ? "(nil)" : show(got);
}

std::string read_set(CommandReader& r)
{
    auto got = r.sequence_set();
    if (!got) return cat("!", code_name(got.error().code));
    got->resolve(9);
    return got->to_string();
}

using Production = std::string (*)(CommandReader&);
constexpr Production kTag = [](CommandReader& r) { return show(r.tag()); };
constexpr Production kName = [](CommandReader& r) { return show(r.command_name()); };
constexpr Production kAtom = [](CommandReader& r) { return show(r.atom()); };
constexpr Production kString = [](CommandReader& r) { return show(r.string()); };
constexpr Production kAstring = [](CommandReader& r) { return show(r.astring()); };
constexpr Production kNstring = read_nstring;
constexpr Production kList = [](CommandReader& r) { return show(r.list_mailbox()); };
constexpr Production kMailbox = [](CommandReader& r) { return show(r.mailbox()); };
constexpr Production kPattern = [](CommandReader& r) { return show(r.mailbox_pattern()); };
constexpr Production kFlag = [](CommandReader& r) { return show(r.flag()); };
constexpr Production kAttribute = [](CommandReader& r) { return show(r.attribute()); };
constexpr Production kNumber = [](CommandReader& r) { return show_number(r.number()); };
constexpr Production kNzNumber = [](CommandReader& r) { return show_number(r.nz_number()); };
constexpr Production kNumber64 = [](CommandReader& r) { return show_number(r.number64()); };
constexpr Production kSet = read_set;

constexpr std::string_view kOver = "!over a limit";  // how much was taken then is not said

struct Case {
    Production production;
    std::string_view input;
    std::string_view want;
    std::string_view rest;  // what is left on the line, up to its end
};

const Case kCases[] = {
    {kTag, "a1 x", "a1", " x"},
    {kTag, "a]-.! x", "a]-.!", " x"},
    {kTag, "+ x", "!syntax error", "+ x"},
    {kTag, "a+b x", "a", "+b x"},
    {kTag, " x", "!syntax error", " x"},
    {kTag, "", "!syntax error", ""},
    {kTag, "a\"b", "a", "\"b"},
    {kName, "noop", "NOOP", ""},
    {kName, "Uid Fetch", "UID", " Fetch"},
    {kName, "{4}", "!syntax error", "{4}"},
    {kAtom, "abc]", "abc", "]"},
    {kAtom, "a%", "a", "%"},
    {kAtom, "(a", "!syntax error", "(a"},
    {kAtom, "\xC3\xA9", "!syntax error", "\xC3\xA9"},
    {kAstring, "INBOX]x y", "INBOX]x", " y"},
    {kAstring, "\"a b\" y", "a b", " y"},
    {kAstring, "\"\"", "", ""},
    {kAstring, "\"a\\\"b\\\\\"", "a\"b\\", ""},
    {kAstring, "\"a\\b\"", "!syntax error", "b\""},
    {kAstring, "\"open", "!syntax error", ""},
    {kAstring, "\"\xC3\xA9\"", "\xC3\xA9", ""},
    {kAstring, "{3+}\r\na\r\n b", "a\r\n", " b"},
    {kAstring, "{0+}\r\n", "", ""},
    {kAstring, "{3}\r\nabc d", "abc", " d"},
    {kAstring, "{03+}\r\nabc d", "abc", " d"},
    {kAstring, "{3+} \r\n", "!syntax error", " "},
    {kAstring, "{+}", "!syntax error", "+}"},
    {kAstring, "{-1}", "!syntax error", "-1}"},
    {kAstring, "{3", "!syntax error", ""},
    {kAstring, "~{3+}", "~", "{3+}"},
    {kAstring, "%", "!syntax error", "%"},
    {kString, "abc", "!syntax error", "abc"},
    {kNstring, "nil x", "(nil)", " x"},
    {kNstring, "\"NIL\"", "NIL", ""},
    {kNstring, "foo", "!syntax error", ""},
    {kList, "*", "*", ""},
    {kList, "a/%]* x", "a/%]*", " x"},
    {kList, "\"\" x", "", " x"},
    {kList, "a(", "a", "("},
    {kMailbox, "INBOX x", "INBOX", " x"},
    {kMailbox, "\"Entw&APw-rfe\"", "Entw&APw-rfe", ""},
    {kMailbox, "\"Entw\xC3\xBCrfe.b&c\"", "Entw&APw-rfe.b&-c", ""},
    {kMailbox, "{6+}\r\n\xE5\x8F\xB0\xE5\x8C\x97 x", "&U,BTFw-", " x"},
    {kMailbox, "\"\xFC\"", "\xFC", ""},
    {kMailbox, "%", "!syntax error", "%"},
    {kPattern, "\"*\xC3\xBC%\" x", "*&APw-%", " x"},
    {kPattern, "a.% x", "a.%", " x"},
    {kFlag, "\\Seen)", "\\Seen", ")"},
    {kFlag, "$Junk ", "$Junk", " "},
    {kFlag, "\\*", "!syntax error", "*"},
    {kFlag, "\\\\Seen", "!syntax error", "\\Seen"},
    {kAttribute, "body.peek[1]", "BODY.PEEK", "[1]"},
    {kAttribute, "flags)", "FLAGS", ")"},
    {kAttribute, "<0.1>", "<0.1>", ""},
    {kNumber, "0 x", "0", " x"},
    {kNumber, "4294967295", "4294967295", ""},
    {kNumber, "4294967296", "!syntax error", ""},
    {kNumber, "-1", "!syntax error", "-1"},
    {kNumber, "99999999999999999999", kOver, ""},
    {kNzNumber, "0", "!syntax error", ""},
    {kNzNumber, "007", "7", ""},
    {kNumber64, "9223372036854775807", "9223372036854775807", ""},
    {kNumber64, "9223372036854775808", "!syntax error", ""},
    {kSet, "1:3,5 x", "1:3,5", " x"},
    {kSet, "*:4", "4:9", ""},
    {kSet, "1,,2", "!syntax error", ""},
    {kSet, "0", "!syntax error", ""},
    {kSet, "x", "!syntax error", "x"},
};

std::string rest_of_line(Wire& wire)
{
    std::string rest;
    while (true) {
        auto next = wire.reader.peek();
        if (!next) return cat(rest, "!", code_name(next.error().code));
        if (*next == '\n') return rest;
        auto taken = wire.reader.take();
        if (!taken) return cat(rest, "!", code_name(taken.error().code));
        rest.push_back(*taken);
    }
}

START_TEST(each_production_takes_its_rule_and_no_more)
{
    for (const auto& c : kCases)
        for (size_t chunk : {size_t{65536}, size_t{1}}) {
            Wire wire(cat(c.input, "\r\n"), chunk);
            const std::string what = cat("<", c.input, "> gives ");
            ASSERT_EQ_TEXT(cat(what, c.production(wire.reader)), cat(what, c.want));
            if (c.want != kOver) ASSERT_EQ_TEXT(cat(what, rest_of_line(wire)), cat(what, c.rest));
        }
}
END_TEST

// RFC 6855 3, 9051 5.1
START_TEST(names_of_a_client_that_speaks_utf8)
{
    const Case cases[] = {
        {kMailbox, "INBOX x", "INBOX", " x"},
        {kMailbox, "\"Entw&APw-rfe\"", "Entw&-APw-rfe", ""},
        {kMailbox, "a&b", "a&-b", ""},
        {kMailbox, "\"\xC3\xBC\" x", "&APw-", " x"},
        {kMailbox, "{2+}\r\n\xC3\xBC x", "&APw-", " x"},
        {kMailbox, "\"\xFC\"", "!syntax error", ""},
        {kMailbox, "{1+}\r\n\xFC", "!syntax error", ""},
        {kMailbox, "{2+}\r\na\n", "!bad name", ""},
        {kMailbox, "\"\x7F\"", "!bad name", ""},
        {kMailbox, "\"\xC2\x85\"", "!bad name", ""},
        {kMailbox, "\"\xE2\x80\xA8\"", "!bad name", ""},
        {kMailbox, "\"\xE2\x80\xA9\"", "!bad name", ""},
        {kPattern, "\"*\xC3\xBC%\" x", "*&APw-%", " x"},
        {kPattern, "&% x", "&-%", " x"},
        {kString, "\"\xC3\xBC\"", "\xC3\xBC", ""},
        {kString, "\"\xC3\"", "!syntax error", ""},
        {kString, "{1+}\r\n\xC3", "\xC3", ""},
    };
    for (const auto& c : cases) {
        Wire wire(cat(c.input, "\r\n"));
        wire.reader.speak_utf8(true);
        const std::string what = cat("<", c.input, "> gives ");
        ASSERT_EQ_TEXT(cat(what, c.production(wire.reader)), cat(what, c.want));
        ASSERT_EQ_TEXT(cat(what, rest_of_line(wire)), cat(what, c.rest));
    }
}
END_TEST

START_TEST(what_is_written_down_has_8_bit_strings_as_literals)
{
    Wire wire("\"a\" \"\xC3\xBC\\\"\" {1}\r\nx\r\n");
    std::string written;
    wire.reader.record(&written);
    ASSERT_EQ_TEXT(show(wire.reader.string()), "a");
    ASSERT_OK(wire.reader.space());
    ASSERT_EQ_TEXT(show(wire.reader.string()), "\xC3\xBC\"");
    ASSERT_OK(wire.reader.space());
    ASSERT_EQ_TEXT(show(wire.reader.string()), "x");
    ASSERT_EQ_TEXT(written, "\"a\" {3+}\r\n\xC3\xBC\" {1+}\r\nx");
}
END_TEST

START_TEST(a_synchronising_literal_is_answered_and_another_is_not)
{
    Wire waiting("{3}\r\nabc\r\n");
    ASSERT_EQ_TEXT(show(waiting.reader.astring()), "abc");
    ASSERT_EQ_TEXT(waiting.ends.output, "+ go ahead\r\n");
    Wire plus("{3+}\r\nabc\r\n");
    ASSERT_EQ_TEXT(show(plus.reader.astring()), "abc");
    ASSERT_EQ_TEXT(plus.ends.output, "");
}
END_TEST

START_TEST(a_line_ends_with_both_bytes)
{
    Wire wire("a\r\nb");
    ASSERT_EQ_TEXT(show(wire.reader.atom()), "a");
    ck_assert(!wire.reader.at_end());
    ASSERT_OK(wire.reader.end_of_line());
    ck_assert(wire.reader.at_end());
    ASSERT_EQ_TEXT(wire.client.buffered(), "b");
    // The command is over: nothing of the next one can be taken.
    ASSERT_CODE(wire.reader.take(), Code::syntax);
    ASSERT_OK(wire.reader.end_of_line());
    ASSERT_EQ_TEXT(wire.client.buffered(), "b");
}
END_TEST

START_TEST(extra_and_missing_arguments_are_told_apart)
{
    Wire extra(" x\r\n");
    auto got = extra.reader.end_of_line();
    ASSERT_CODE(got, Code::syntax);
    ASSERT_EQ_TEXT(got.error().text, "Unexpected extra arguments");
    Wire missing("\r\n");
    auto none = missing.reader.space();
    ASSERT_CODE(none, Code::syntax);
    ASSERT_EQ_TEXT(none.error().text, "Missing required argument");
}
END_TEST

// Everything here is one bad command, then a good one that must be found and nothing else.
constexpr std::string_view kBadFrames[] = {
    "a b\n x\r\n"sv,
    "a \rb\r\n"sv,
    "a \0 b\r\n"sv,
    "a \"\0\" b\r\n"sv,
    "a \"x\ny\" b\r\n"sv,
    "a \"x\ry\" b\r\n"sv,
    "a \r\r\n"sv,
    "a (((( b\r\n"sv,
    "a x {5+}\r\nMARK\n rest\r\n"sv,
    "a x {16+}\r\nMARK NOOP\r\nMARK\n rest {2+}\r\n\r\n\r\n"sv,
    "a x {4+}\r\n\0\0\0\0\r\n"sv,
    "a x {2+}\r\n\r\n{3+}\r\n\r\n\r\n\r\n"sv,
    "a x {5+ }\r\n"sv,
    "a (x {5}\r\n"sv,
    "a x {999999}\r\n"sv,
    "a x {300+}\r\n"sv,  // its body follows below
    "\r\n"sv,
    "\n\r\n"sv,
    " \r\n"sv,
};

START_TEST(a_bad_command_is_dropped_whole_and_the_next_one_found)
{
    ReaderLimits limits;
    limits.max_quoted = 200;
    for (auto bad : kBadFrames)
        for (size_t chunk : {size_t{65536}, size_t{1}, size_t{3}}) {
            std::string input(bad);
            if (bad.find("{300+}") != bad.npos) input += std::string(300, 'M') + " tail\r\n";
            Wire wire(input + "MARK NOOP\r\n", chunk, limits);
            Status done = [&]() -> Status {
                TRY(wire.reader.tag());
                TRY(wire.reader.space());
                TRY(wire.reader.atom());
                while (true) {
                    TRY(wire.reader.space());
                    TRY(wire.reader.astring());
                }
            }();
            ck_assert(!done.ok());
            wire.reader.skip_command();
            ck_assert_msg(wire.client.ok(), "%s: %s", input.c_str(),
                          wire.client.error().text.c_str());
            wire.reader.begin();
            ASSERT_EQ_TEXT(cat(bad, " then ", show(wire.reader.tag())), cat(bad, " then MARK"));
            ASSERT_OK(wire.reader.space());
            ASSERT_EQ_TEXT(show(wire.reader.command_name()), "NOOP");
            ASSERT_OK(wire.reader.end_of_line());
        }
}
END_TEST

START_TEST(a_literal_over_its_maximum_is_refused_before_it_is_sent)
{
    ReaderLimits limits;
    limits.max_quoted = 10;
    Wire wire("{11}\r\nMARK", 65536, limits);
    ASSERT_CODE(wire.reader.astring(), Code::limit);
    ASSERT_EQ_TEXT(wire.ends.output, "");
    wire.reader.skip_command();
    ASSERT_EQ_TEXT(wire.client.buffered(), "MARK");
}
END_TEST

START_TEST(a_literal_that_does_not_wait_is_dropped_up_to_a_bound)
{
    ReaderLimits limits;
    limits.max_quoted = 10;
    Wire huge("{1048577+}\r\nMARK", 65536, limits);
    ASSERT_CODE(huge.reader.astring(), Code::limit);
    ck_assert(!huge.client.ok());
    // Also where the number itself is out of range, and where the rest is being skipped.
    Wire digits("x {99999999999999999999+}\r\nMARK NOOP\r\n");
    digits.reader.skip_command();
    ck_assert(!digits.client.ok());
    Wire broken("{9999999999999999999+}\r\nMARK NOOP\r\n");
    ASSERT_CODE(broken.reader.astring(), Code::limit);
    broken.reader.skip_command();
    ck_assert(!broken.client.ok());
}
END_TEST

START_TEST(words_strings_and_lines_are_bounded)
{
    ReaderLimits limits{10, 20, 40, 50};
    Wire word("abcdefghijk\r\n", 65536, limits);
    ASSERT_CODE(word.reader.atom(), Code::limit);
    Wire text(cat('"', std::string(21, 'x'), "\"\r\n"), 65536, limits);
    ASSERT_CODE(text.reader.string(), Code::limit);
    Wire line(cat(std::string(41, ' '), "\r\n"), 65536, limits);
    for (int i = 0; i < 40; i++) ASSERT_OK(line.reader.space());
    ASSERT_CODE(line.reader.space(), Code::limit);
    Wire literals("{20+}\r\naaaaaaaaaaaaaaaaaaaa{20+}\r\naaaaaaaaaaaaaaaaaaaa\r\nM", 65536, limits);
    ASSERT_OK(literals.reader.astring());
    ASSERT_CODE(literals.reader.astring(), Code::limit);
    literals.reader.skip_command();
    ASSERT_EQ_TEXT(literals.client.buffered(), "M");
    Wire endless(std::string(2u << 20, 'x'));
    ASSERT_CODE(endless.reader.atom(), Code::limit);
    endless.reader.skip_command();
    ck_assert(!endless.client.ok());
}
END_TEST

START_TEST(a_streamed_literal_gives_its_head)
{
    Wire wire("~{12}\r\n");
    auto head = wire.reader.literal_head();
    ASSERT_OK(head);
    ck_assert(head->binary && head->synchronising && head->size == 12);
    ASSERT_EQ_TEXT(wire.ends.output, "");
    ASSERT_OK(wire.reader.go_ahead(*head));
    ASSERT_EQ_TEXT(wire.ends.output, "+ go ahead\r\n");

    Wire refused("{12}\r\nMARK");
    head = refused.reader.literal_head();
    ASSERT_OK(head);
    ASSERT_OK(refused.reader.drop_literal(*head));
    ck_assert(refused.reader.at_end());
    ASSERT_EQ_TEXT(refused.client.buffered(), "MARK");
}
END_TEST

START_TEST(the_end_of_the_connection_is_no_syntax_error)
{
    for (auto cut : {"a"sv, "\"a"sv, "{3}\r\nab"sv, "{3"sv, "\""sv}) {
        Wire wire(cut);
        ASSERT_CODE(wire.reader.astring(), Code::closed);
        wire.reader.skip_command();
        ck_assert(wire.reader.at_end());
    }
}
END_TEST

// However the bytes are cut into reads, the same tokens, errors and answers come out.
START_TEST(random_input_means_the_same_in_any_pieces)
{
    static constexpr std::string_view kPieces[] = {
        "a",  "\r\n", " ", "{", "}",   "+",    "3",           "{3+}\r\n", "{2}\r\n",
        "\"", "\\",   "(", ")", "abc", "\n",   "\r",          "NIL",      "1:*",
        "*",  "%",    "]", "[", "~",   "\xFF", "99999999999", "\\Seen",
    };
    static constexpr Production kAll[] = {kTag,  kName, kAtom,      kString, kAstring,  kNstring,
                                          kList, kFlag, kAttribute, kNumber, kNzNumber, kSet};
    std::mt19937 random(20261124);
    auto below = [&](size_t n) { return static_cast<size_t>(random()) % n; };
    for (int round = 0; round < 20000; round++) {
        std::string input;
        std::vector<Production> productions;
        for (size_t n = below(14); n > 0; n--) input += kPieces[below(std::size(kPieces))];
        for (size_t n = 1 + below(6); n > 0; n--)
            productions.push_back(kAll[below(std::size(kAll))]);
        std::string first;
        for (size_t chunk : {size_t{65536}, size_t{1}, 2 + below(5)}) {
            Wire wire(input, chunk);
            std::string seen;
            while (wire.client.ok() && seen.size() < 5000) {
                wire.reader.begin();
                for (auto p : productions) {
                    const std::string got = p(wire.reader);
                    cat_to(seen, got, "|");
                    if (got.starts_with('!')) break;
                }
                if (!wire.reader.end_of_line()) wire.reader.skip_command();
                ck_assert(wire.reader.at_end());
                seen += '\n';
            }
            seen += wire.ends.output;
            if (chunk == 65536) first = seen;
            ASSERT_EQ_TEXT(seen, first);
        }
    }
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("command_reader");
    TCase* tests = tcase_create("reader");
    tcase_add_test(tests, each_production_takes_its_rule_and_no_more);
    tcase_add_test(tests, names_of_a_client_that_speaks_utf8);
    tcase_add_test(tests, what_is_written_down_has_8_bit_strings_as_literals);
    tcase_add_test(tests, a_synchronising_literal_is_answered_and_another_is_not);
    tcase_add_test(tests, a_line_ends_with_both_bytes);
    tcase_add_test(tests, extra_and_missing_arguments_are_told_apart);
    tcase_add_test(tests, a_bad_command_is_dropped_whole_and_the_next_one_found);
    tcase_add_test(tests, a_literal_over_its_maximum_is_refused_before_it_is_sent);
    tcase_add_test(tests, a_literal_that_does_not_wait_is_dropped_up_to_a_bound);
    tcase_add_test(tests, words_strings_and_lines_are_bounded);
    tcase_add_test(tests, a_streamed_literal_gives_its_head);
    tcase_add_test(tests, the_end_of_the_connection_is_no_syntax_error);
    tcase_add_test(tests, random_input_means_the_same_in_any_pieces);
    suite_add_tcase(suite, tests);
    return suite;
}
const test::Registered registered(make);

}  // namespace
