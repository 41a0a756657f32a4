#include "imap/backend/reply_reader.h"

#include "lib/base/strings.h"
#include "lib/stream/memory_layer.h"
#include "tests/unit/unit.h"

using namespace rookery;
using backend::Reply;
using backend::ReplyReader;
using stream::MemoryEnds;
using stream::Stream;

namespace {

// Everything that the reader passes on, read in chunks of this size.
std::string passed_on(const std::string& input, size_t chunk)
{
    MemoryEnds server{.input = input, .output = {}, .chunk = chunk};
    MemoryEnds client;
    Stream from(stream::memory_layer(server));
    Stream to(stream::memory_layer(client));
    ReplyReader reader(from);
    while (true) {
        auto reply = reader.next();
        if (!reply) break;
        ASSERT_OK(reader.copy_to(to, *reply));
    }
    ck_assert(from.error().code == Code::closed);
    ASSERT_OK(to.flush());
    return client.output;
}

START_TEST(responses_are_recognised)
{
    MemoryEnds ends{.input =
                        "* 5 EXISTS\r\n* ok [X] text {3}\r\n+ go\r\n+\r\na1 NO [Y z] no {9}\r\n"
                        "* LIST (\\x) \".\" a\r\n* BYE\r\n",
                    .output = {}};
    Stream s(stream::memory_layer(ends));
    ReplyReader r(s);
    auto a = *r.next();
    ck_assert(a.kind == Reply::Kind::untagged && a.has_number && a.number == 5);
    ASSERT_EQ_TEXT(a.word, "EXISTS");
    auto b = *r.next();
    ASSERT_EQ_TEXT(b.word, "OK");
    ASSERT_EQ_TEXT(b.text(), "[X] text {3}");
    ck_assert(b.is_status());
    auto c = *r.next();
    ck_assert(c.kind == Reply::Kind::continuation);
    ASSERT_EQ_TEXT(c.text(), "go");
    ck_assert((*r.next()).kind == Reply::Kind::continuation);
    auto d = *r.next();
    ck_assert(d.kind == Reply::Kind::tagged);
    ASSERT_EQ_TEXT(d.tag, "a1");
    ASSERT_EQ_TEXT(d.word, "NO");
    ASSERT_EQ_TEXT(d.text(), "[Y z] no {9}");
    auto e = *r.next();
    ASSERT_EQ_TEXT(e.text(), "(\\x) \".\" a");
    ASSERT_EQ_TEXT((*r.next()).word, "BYE");
    ASSERT_CODE(r.next(), Code::closed);
}
END_TEST

START_TEST(literals_go_through_whatever_they_hold)
{
    const std::string nasty("a1 OK done\r\n* BYE\r\n{5}\r\n\0\r", 27);
    const std::string inputs[] = {
        cat("* 1 FETCH (BODY[] {", 21, "}\r\n0123456789\r\na1 OK x\r\n)\r\na1 OK\t y\r\n"),
        cat("* 1 FETCH (BODY[] {", nasty.size(), "}\r\n", nasty, " X {0}\r\n Y \"{3}\")\r\n"),
        "* LIST () \".\" {3}\r\na{9\r\n* 2 EXISTS\r\n",
        "* OK text that ends in {7}\r\n* 3 EXISTS\r\n",
        cat("* 1 FETCH (BINARY[] ~{4}\r\n", std::string(4, '\0'), ")\r\n* X y\r\n"),
        cat("* SEARCH", std::string(40000, ' '), "1\r\n* 1 EXISTS\r\n"),
        cat("* X ", std::string(ReplyReader::kMaxHead - 5, 'x'), "\r\n* 1 EXISTS\r\n"),
        cat("* X ", std::string(ReplyReader::kMaxHead - 4, 'x'), "\r\n* 1 EXISTS\r\n"),
        cat("* X ", std::string(ReplyReader::kMaxHead - 3, 'x'), "\r\n* 1 EXISTS\r\n"),
        cat("* X ", std::string(ReplyReader::kMaxHead - 9, 'x'), " {3}\r\nabc)\r\n* 1 EXISTS\r\n"),
        cat("* X ", std::string(ReplyReader::kMaxHead - 7, 'x'), " {3}\r\nabc)\r\n* 1 EXISTS\r\n"),
        cat("* 1 FETCH (RFC822 {100000}\r\n", std::string(100000, 'm'), ")\r\n")};
    for (const std::string& input : inputs)
        for (size_t chunk : {size_t{1}, size_t{7}, size_t{4096}, size_t{65536}})
            ck_assert_msg(passed_on(input, chunk) == input, "%.60s in %zu", input.c_str(), chunk);
}
END_TEST

START_TEST(line_ends_are_made_whole)
{
    ASSERT_EQ_TEXT(passed_on("* 1 EXISTS\n* 2 FETCH (X {2}\nab)\n", 3),
                   "* 1 EXISTS\r\n* 2 FETCH (X {2}\r\nab)\r\n");
}
END_TEST

START_TEST(what_is_not_wanted_is_dropped)
{
    MemoryEnds ends{.input =
                        "* 1 FETCH (X {5}\r\na\r\nb\n Y {2}\r\nzz)\r\n* 2 EXISTS\r\n"
                        "* 3 FETCH (X {3}\r\nabc)\r\n* 4 FETCH (X {9}\r\n123456789)\r\na OK\r\n",
                    .output = {}};
    Stream s(stream::memory_layer(ends));
    ReplyReader r(s);
    ASSERT_OK(r.next());
    ck_assert(*r.literal_size() == 5);
    ck_assert((*r.next()).number == 2);
    auto whole = *r.next();
    ASSERT_EQ_TEXT(*r.read_whole(whole, 100), "* 3 FETCH (X {3}\r\nabc)\r\n");
    auto long_one = *r.next();
    ASSERT_CODE(r.read_whole(long_one, 20), Code::limit);
    ASSERT_EQ_TEXT((*r.next()).word, "OK");
}
END_TEST

START_TEST(a_caller_may_take_the_literal)
{
    MemoryEnds ends{.input = "* 1 FETCH (UID 7 BODY[] {3}\r\nabc FLAGS ())\r\n* 2 EXISTS\r\n",
                    .output = {}};
    Stream s(stream::memory_layer(ends));
    ReplyReader r(s);
    ASSERT_OK(r.next());
    char body[3];
    ASSERT_OK(s.read_exact(body));
    ASSERT_OK(r.literal_taken());
    ck_assert((*r.next()).number == 2);
}
END_TEST

START_TEST(what_is_no_response)
{
    for (const char* bad : {"\r\n", "*\r\n", "* \r\n", " x\r\n", "tag\r\n"}) {
        MemoryEnds ends{.input = bad, .output = {}};
        Stream s(stream::memory_layer(ends));
        ReplyReader r(s);
        ASSERT_CODE(r.next(), Code::syntax);
    }
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/backend/reply_reader");
    TCase* c = tcase_create("all");
    tcase_add_test(c, responses_are_recognised);
    tcase_add_test(c, literals_go_through_whatever_they_hold);
    tcase_add_test(c, line_ends_are_made_whole);
    tcase_add_test(c, what_is_not_wanted_is_dropped);
    tcase_add_test(c, a_caller_may_take_the_literal);
    tcase_add_test(c, what_is_no_response);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
