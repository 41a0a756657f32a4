#include "imap/mupdate/wire.h"

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::mupdate;

std::string show(const Parsed& p)
{
    switch (p.kind) {
        case Parsed::Kind::incomplete: return "more";
        case Parsed::Kind::go_ahead: return cat("go ", p.position);
        case Parsed::Kind::bad: return cat("bad ", p.command.tag, " ", p.reply, " ", p.position);
        case Parsed::Kind::fatal: return cat("fatal ", p.command.tag, " ", p.reply);
        case Parsed::Kind::command: break;
    }
    std::string out = cat(p.position, " ", p.command.tag, " ", row_of(p.command.verb).word);
    for (const auto& a : p.command.arguments) cat_to(out, " [", a, "]");
    return out;
}

struct Row {
    const char* input;
    const char* expect;
};

const Row kCommands[] = {
    {"X0 RESERVE {12+}\r\nuser.user1.x {23+}\r\nbe1.murder.test!default\r\n",
     "63 X0 RESERVE [user.user1.x] [be1.murder.test!default]"},
    {"a noop\r\n", "8 a NOOP"},
    {"a NOOP\n", "7 a NOOP"},
    {"a NOOP\r\nb LOGOUT\r\n", "8 a NOOP"},
    {"a FIND \"x\\\"y\\\\z\"\r\n", "18 a FIND [x\"y\\z]"},
    {"a FIND {0+}\r\n\r\n", "15 a FIND []"},
    {"a FIND \"\"\r\n", "11 a FIND []"},
    {"a AUTHENTICATE PLAIN\r\n", "22 a AUTHENTICATE [PLAIN]"},
    {"A01 AUTHENTICATE \"PLAIN\" {4+}\r\nAHVz\r\n", "37 A01 AUTHENTICATE [PLAIN] [AHVz]"},
    {"a LIST \"a\" \"b\" \"c\"\r\n", "20 a LIST [a] [b] [c]"},
    // not all there yet
    {"", "more"},
    {"a", "more"},
    {"a ", "more"},
    {"a NOOP", "more"},
    {"a NOOP\r", "more"},
    {"a FIND \"x", "more"},
    {"a FIND \"x\\", "more"},
    {"a FIND {3", "more"},
    {"a FIND {3+}", "more"},
    {"a FIND {3+}\r", "more"},
    {"a FIND {3+}\r\nab", "more"},
    {"a FIND {3+}\r\nabc", "more"},
    {"a FIND {3}\r\nab", "more"},
    {"a FIND {3}\r\n", "go 12"},
    {"a RESERVE {1+}\r\nx {3}\r\n", "go 23"},
    {"a FIND {3}\r\nabc\r\n", "17 a FIND [abc]"},
    // wrong
    {"\r\n", "bad * Need command 2"},
    {"a\r\n", "bad * Need command 3"},
    {" NOOP\r\n", "bad * Need command 7"},
    {"a \r\n", "bad a Null command 4"},
    {"a  NOOP\r\n", "bad a Null command 9"},
    {"a NOOQ\r\n", "bad a Unrecognized command 8"},
    {"a FIND x\r\n", "bad a Badly formed arguments 10"},
    {"a FIND \"x\r\n", "bad a Badly formed arguments 11"},
    {"a FIND \"x\" \r\n", "bad a Badly formed arguments 13"},
    {"a FIND\t\"x\"\r\n", "bad a Missing arguments 12"},
    {"a FIND \"x\"y\r\n", "bad a Badly formed arguments 13"},
    {"a FIND {x}\r\n", "bad a Badly formed arguments 12"},
    {"a FIND {}\r\n", "bad a Badly formed arguments 11"},
    {"a FIND {-1+}\r\n", "bad a Badly formed arguments 14"},
    {"a FIND {3+}x\r\n", "bad a Badly formed arguments 14"},
    {"a FIND {99999999999999999999999+}\r\n", "fatal a Badly formed arguments"},
    {"a NOOP\rb\n", "bad a Missing arguments 9"},
    // a literal of a refused command is not a command
    {"a FIND x {8+}\r\nb LOGOUT\r\n", "bad a Badly formed arguments 25"},
    {"a WHAT {8+}\r\nb LOGOUT\r\n", "bad a Unrecognized command 23"},
    {"a FIND {131073}\r\n", "bad a Argument too long 17"},
    {"a FIND {131073+}\r\n", "fatal a Argument too long"},
    {"a AUTHENTICATE \r\n", "bad a Badly formed arguments 17"},
};

START_TEST(commands)
{
    for (const Row& row : kCommands) ASSERT_EQ_TEXT(show(parse_command(row.input)), row.expect);
}
END_TEST

START_TEST(limits)
{
    std::string nul("a FIND {3+}\r\nx\0y\r\n", 18);
    ASSERT_EQ_TEXT(show(parse_command(nul)), "bad a Badly formed arguments 18");
    std::string tag(kMaxTag + 1, 't');
    ASSERT_EQ_TEXT(show(parse_command(tag + " NOOP\r\n")),
                   cat("bad * Tag too long ", tag.size() + 7));
    std::string many = "a UPDATE";
    for (size_t i = 0; i <= kMaxArguments; ++i) many += " \"h\"";
    ASSERT_EQ_TEXT(show(parse_command(many + "\r\n")),
                   cat("bad a Extra arguments ", many.size() + 2));
    // never more than kMaxCommand is asked for
    std::string endless = "a FIND \"" + std::string(kMaxCommand, 'x');
    ck_assert(parse_command(endless).kind == Parsed::Kind::fatal);
    std::string no_end(kMaxCommand + 1, 'x');
    ck_assert(parse_command(no_end).kind == Parsed::Kind::fatal);
    std::string full = cat("a FIND {", kMaxString, "+}\r\n", std::string(kMaxString, 'x'), "\r\n");
    ck_assert(parse_command(full).kind == Parsed::Kind::command);
}
END_TEST

// Every prefix of a good command wants more, and only more.
START_TEST(pieces)
{
    std::string whole = "X1 ACTIVATE {6+}\r\nuser.x {9+}\r\nb!default \"x\\\"\tl\t\"\r\n";
    for (size_t n = 0; n < whole.size(); ++n) {
        Parsed p = parse_command(std::string_view(whole).substr(0, n));
        ck_assert_msg(p.kind == Parsed::Kind::incomplete, "prefix of %zu bytes", n);
    }
    ck_assert(parse_command(whole).kind == Parsed::Kind::command);
    ck_assert_uint_eq(parse_command(whole).position, whole.size());
}
END_TEST

std::string show(const ParsedResponse& p)
{
    if (p.kind == ParsedResponse::Kind::incomplete) return "more";
    if (p.kind == ParsedResponse::Kind::broken) return "broken";
    std::string out = cat(p.position, " ", p.response.tag, " ", static_cast<int>(p.response.kind));
    for (const auto& a : p.response.arguments) cat_to(out, " [", a, "]");
    return cat(out, " ", p.response.text);
}

const Row kResponses[] = {
    {"X0 OK \"done\"\r\n", "14 X0 0 done"},
    {"S01 OK Begin TLS negotiation now\r\n", "34 S01 0 Begin TLS negotiation now"},
    {"X0 NO {4+}\r\nheld\r\n", "18 X0 1 held"},
    {"X0 BAD \"a \\\"b\\\"\"\r\n", "18 X0 2 a \"b\""},
    {"* BYE \"x\"\r\n", "11 * 3 x"},
    {"X0 OK\r\n", "7 X0 0 "},
    {"B MAILBOX {1+}\r\nx {3+}\r\na!p {0+}\r\n\r\n", "36 B 4 [x] [a!p] [] "},
    {"B MAILBOX {1}\r\nx {3}\r\na!p \"\"\r\n", "30 B 4 [x] [a!p] [] "},
    {"B RESERVE \"x\" \"a!p\"\r\n", "21 B 5 [x] [a!p] "},
    {"U01 DELETE {1+}\r\nx\r\n", "20 U01 6 [x] "},
    {"* AUTH \"PLAIN\"\r\n", "16 * 10 \"PLAIN\""},
    {"U01 SERVERS {14+}\r\nbe1 draining \n\r\n", "35 U01 8 [be1 draining \n] "},
    {"B MAILBOX {1+}\r\nx {3+}\r\na!p", "more"},
    {"B MAILBOX {1+}\r\nx\r\n", "broken"},
    {"B RESERVE x y\r\n", "broken"},
    {"B MAILBOX {999999999+}\r\n", "broken"},
    {"B RESERVE \"x\" \"y\" \"z\"\r\n", "broken"},
    {"\r\n", "broken"},
};

START_TEST(responses)
{
    for (const Row& row : kResponses) ASSERT_EQ_TEXT(show(parse_response(row.input)), row.expect);
    ck_assert(parse_response(std::string(kMaxCommand + 1, 'x')).kind ==
              ParsedResponse::Kind::broken);
}
END_TEST

START_TEST(writing)
{
    std::string out;
    put_mailbox(out, "X1", "user.bob", "be1!default", "");
    put_reserve(out, "X1", "user.bob", "be1!default");
    put_delete(out, "U01", "user.bob");
    put_reply(out, "X1", "NO", "held by \"be1\"\r\n\\");
    ASSERT_EQ_TEXT(out, "X1 MAILBOX {8+}\r\nuser.bob {11+}\r\nbe1!default {0+}\r\n\r\n"
                        "X1 RESERVE {8+}\r\nuser.bob {11+}\r\nbe1!default\r\n"
                        "U01 DELETE {8+}\r\nuser.bob\r\n"
                        "X1 NO \"held by \\\"be1\\\"??\\\\\"\r\n");
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("mupdate wire");
    TCase* t = tcase_create("all");
    tcase_add_test(t, commands);
    tcase_add_test(t, limits);
    tcase_add_test(t, pieces);
    tcase_add_test(t, responses);
    tcase_add_test(t, writing);
    suite_add_tcase(s, t);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
