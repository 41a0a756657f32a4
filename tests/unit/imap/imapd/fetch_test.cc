// What FETCH asks for, and what it gets.
#include "imap/imapd/selected/fetch_parse.h"

#include "imap/imapd/selected/fetch_render.h"
#include "imap/imapd/selected/message_set.h"
#include "lib/stream/memory_layer.h"
#include "tests/support/memory_store.h"
#include "tests/unit/unit.h"

using namespace rookery;
using namespace rookery::imapd;

namespace {

struct Wire {
    explicit Wire(std::string_view input)
        : ends{std::string(input) + "\r\n", {}, 65536, false, false},
          client(stream::memory_layer(ends)),
          reader(client, ReaderLimits{})
    {
        reader.begin();
    }
    stream::MemoryEnds ends;
    stream::Stream client;
    CommandReader reader;
};

Result<FetchRequest> parse(std::string_view text)
{
    Wire wire(text);
    auto request = parse_fetch(wire.reader);
    if (request && !wire.reader.end_of_line()) return Error{Code::syntax, "extra"};
    return request;
}

struct Selected {
    explicit Selected(std::string bytes, int64_t date = 760686745, int32_t zone = -480)
    {
        state = store.make("user.bob");
        state->append(std::move(bytes), model::kFlagged, date, zone);
        mailbox = *store.open(state->entry, "bob", mailbox::OpenMode::read_write);
    }
    std::string fetch(std::string_view items, bool with_flags = false)
    {
        auto request = parse(items);
        ASSERT_OK(request);
        Wire wire("");
        const auto put = put_fetch(wire.client, *mailbox, 1, *request, {.with_flags = with_flags});
        if (!put) return cat("!", code_name(put.error().code));
        ASSERT_OK(wire.client.flush());
        return wire.ends.output;
    }
    test::MemoryStore store;
    std::shared_ptr<test::MemoryMailboxState> state;
    std::unique_ptr<mailbox::Mailbox> mailbox;
};

const std::string kSimple = "Subject: hi\r\nFrom: a@b\r\nTo: c@d\r\n\r\nbody\r\n";

START_TEST(the_grammar_is_taken_and_nothing_else)
{
    for (const char* s : {"ALL",
                          "fast",
                          "FULL",
                          "FLAGS",
                          "(FLAGS)",
                          "(UID RFC822.SIZE INTERNALDATE)",
                          "BODY",
                          "BODY[]",
                          "BODY.PEEK[]<0.10>",
                          "body[1.2.header.fields (to \"from\" {2}\r\ncc)]",
                          "BODY[HEADER]",
                          "BODY[TEXT]",
                          "BODY[1.MIME]",
                          "BODY[1]",
                          "BODY[1.2.TEXT]<4294967295.1>",
                          "RFC822",
                          "RFC822.PEEK",
                          "(RFC822.HEADER RFC822.TEXT)",
                          "BODY[HEADER.FIELDS.NOT (X)]",
                          "PREVIEW",
                          "(PREVIEW)",
                          "(preview (lazy))",
                          "(UID PREVIEW (LAZY LAZY) SAVEDATE)",
                          "(PREVIEW UID)",
                          "SAVEDATE",
                          "(UID MAILBOXIDS)",
                          "BINARY[]",
                          "BINARY.PEEK[1.2]<5.10>",
                          "(binary.size[1] BINARY[2])"})
        ASSERT_OK(parse(s));
    for (const char* s : {"",
                          "()",
                          "(FLAGS",
                          "(FLAGS )",
                          "FLAGS UID",
                          "(ALL)",
                          "(FLAGS ALL)",
                          "NONSENSE",
                          "BODY[",
                          "BODY[MIME]",
                          "BODY[0]",
                          "BODY[01]",
                          "BODY[1.]",
                          "BODY[.1]",
                          "BODY[1.FOO]",
                          "BODY[HEADER.FIELDS]",
                          "BODY[HEADER.FIELDS ()]",
                          "BODY[HEADER.FIELDS (A]",
                          "BODY[]<0.0>",
                          "BODY[]<1>",
                          "BODY[]<1.2",
                          "BODY.PEEK",
                          "BODY[4294967296]",
                          "BODY[TEXT.1]",
                          "BODY[] <0.1>",
                          "RFC822[]",
                          "FLAGS[]",
                          "BINARY",
                          "BINARY[HEADER]",
                          "BINARY[1.MIME]",
                          "BINARY.SIZE",
                          "BINARY.SIZE[1]<0.1>",
                          "BINARY.PEEK[0]",
                          "BINARY[1",
                          "(PREVIEW ())",
                          "(PREVIEW (FAST))",
                          "(PREVIEW(LAZY))",
                          "(PREVIEW (LAZY)",
                          "(PREVIEW (LAZY )",
                          "(UID (LAZY))",
                          "(PREVIEW (LAZY) (LAZY))"})
        ck_assert_msg(parse(s).is(Code::syntax), "%s", s);
}
END_TEST

START_TEST(lists_are_bounded)
{
    std::string many = "(";
    for (int i = 0; i < 300; i++) many.append("BODY[1] ");
    ASSERT_CODE(parse(many + "UID)"), Code::limit);
    std::string names = "BODY[HEADER.FIELDS (a";
    for (int i = 0; i < 600; i++) names.append(" a");
    ASSERT_CODE(parse(names + ")]"), Code::limit);
    std::string deep = "BODY[1";
    for (int i = 0; i < 200; i++) deep.append(".1");
    ASSERT_CODE(parse(deep + "]"), Code::limit);
}
END_TEST

START_TEST(items_that_set_seen)
{
    for (const char* s : {"BODY[]", "RFC822", "RFC822.TEXT", "(FLAGS BODY[1])", "BINARY[1]"})
        ck_assert_msg(parse(s)->sets_seen(), "%s", s);
    for (const char* s : {"BODY.PEEK[]", "RFC822.HEADER", "RFC822.PEEK", "BODY", "FULL",
                          "BINARY.PEEK[1]", "BINARY.SIZE[1]"})
        ck_assert_msg(!parse(s)->sets_seen(), "%s", s);
}
END_TEST

START_TEST(the_plain_attributes)
{
    Selected s(kSimple);
    ASSERT_EQ_TEXT(
        s.fetch("FAST"),
        "* 1 FETCH (FLAGS (\\Recent \\Flagged) INTERNALDATE \" 7-Feb-1994 21:52:25 -0800\" "
        "RFC822.SIZE 41)\r\n");
    ASSERT_EQ_TEXT(s.fetch("(UID BODY)"),
                   "* 1 FETCH (UID 1 BODY (\"TEXT\" \"PLAIN\" (\"CHARSET\" \"us-ascii\") NIL NIL "
                   "\"7BIT\" 6 1))\r\n");
    ASSERT_EQ_TEXT(
        s.fetch("ENVELOPE"),
        "* 1 FETCH (ENVELOPE (NIL \"hi\" ((NIL NIL \"a\" \"b\")) ((NIL NIL \"a\" \"b\")) "
        "((NIL NIL \"a\" \"b\")) ((NIL NIL \"c\" \"d\")) NIL NIL NIL NIL))\r\n");
    ASSERT_EQ_TEXT(s.fetch("UID", true), "* 1 FETCH (UID 1 FLAGS (\\Recent \\Flagged))\r\n");
    ASSERT_EQ_TEXT(s.fetch("FLAGS", true), "* 1 FETCH (FLAGS (\\Recent \\Flagged))\r\n");
}
END_TEST

START_TEST(previews_and_the_day_of_arrival)
{
    Selected s("Content-Type: text/html\r\n\r\n<p>Gr&uuml;&szlig;e</p>\r\n");
    ASSERT_EQ_TEXT(s.fetch("(UID PREVIEW)"), "* 1 FETCH (UID 1 PREVIEW {7}\r\nGr\xc3\xbc\xc3\x9f"
                                             "e)\r\n");
    s.store.keeps_nothing = true;
    ASSERT_EQ_TEXT(s.fetch("(PREVIEW (LAZY))"), "* 1 FETCH (PREVIEW NIL)\r\n");
    Selected empty("\r\n");
    ASSERT_EQ_TEXT(empty.fetch("(PREVIEW (LAZY) SAVEDATE)"),
                   "* 1 FETCH (PREVIEW \"\" SAVEDATE NIL)\r\n");
    empty.state->messages[0]->save_date = 1;
    const std::string zone = text::format_date_time({1, text::local_zone_minutes(1)});
    ASSERT_EQ_TEXT(empty.fetch("SAVEDATE"), cat("* 1 FETCH (SAVEDATE \"", zone, "\")\r\n"));
    // Of a damaged message there are no words, and that is no NIL.
    s.store.fail_content = Error{Code::corrupt, "damaged"};
    ASSERT_EQ_TEXT(s.fetch("PREVIEW"), "* 1 FETCH (PREVIEW \"\")\r\n");
}
END_TEST

START_TEST(sections_and_parts_of_them)
{
    Selected s(kSimple);
    ASSERT_EQ_TEXT(s.fetch("BODY[]"), "* 1 FETCH (BODY[] {41}\r\n" + kSimple + ")\r\n");
    ASSERT_EQ_TEXT(s.fetch("RFC822.PEEK"), "* 1 FETCH (RFC822 {41}\r\n" + kSimple + ")\r\n");
    ASSERT_EQ_TEXT(s.fetch("(BODY.PEEK[TEXT] RFC822.TEXT)"),
                   "* 1 FETCH (BODY[TEXT] {6}\r\nbody\r\n RFC822.TEXT {6}\r\nbody\r\n)\r\n");
    ASSERT_EQ_TEXT(s.fetch("BODY[HEADER.FIELDS (to Subject)]<0.13>"),
                   "* 1 FETCH (BODY[HEADER.FIELDS (to Subject)]<0> {13}\r\nSubject: hi\r\n)\r\n");
    ASSERT_EQ_TEXT(s.fetch("BODY[header.fields.not (\"TO\")]"),
                   "* 1 FETCH (BODY[HEADER.FIELDS.NOT (TO)] {26}\r\n"
                   "Subject: hi\r\nFrom: a@b\r\n\r\n)\r\n");
    ASSERT_EQ_TEXT(s.fetch("BODY[]<39.100>"), "* 1 FETCH (BODY[]<39> {2}\r\n\r\n)\r\n");
    ASSERT_EQ_TEXT(s.fetch("BODY[]<1000.1>"), "* 1 FETCH (BODY[]<1000> \"\")\r\n");
    ASSERT_EQ_TEXT(s.fetch("BODY[1]<1.2>"), "* 1 FETCH (BODY[1]<1> {2}\r\nod)\r\n");
    ASSERT_EQ_TEXT(s.fetch("BODY[2]"), "* 1 FETCH (BODY[2] NIL)\r\n");
    ASSERT_EQ_TEXT(s.fetch("BODY[1.MIME]"),
                   "* 1 FETCH (BODY[1.MIME] {35}\r\n" + kSimple.substr(0, 35) + ")\r\n");
}
END_TEST

START_TEST(parts_without_their_encoding)
{
    const std::string part = "--b\r\nContent-Transfer-Encoding: ";
    Selected s("Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part +
               "BASE64\r\n\r\nAAH/\r\nQUI=\r\n" + part +
               "quoted-printable\r\n\r\na=3D=\r\nb\r\n--b\r\n\r\nplain\r\n" + part +
               "x-uue\r\n\r\nx\r\n--b--\r\n");
    const std::string zeros(5, '\0');
    ASSERT_EQ_TEXT(s.fetch("(BINARY.SIZE[1] BINARY[1])"),
                   cat("* 1 FETCH (BINARY.SIZE[1] 5 BINARY[1] ~{5}\r\n", zeros.substr(4),
                       "\x01\xff", "AB)\r\n"));
    ASSERT_EQ_TEXT(s.fetch("(BINARY.PEEK[1]<3.9> BINARY[1]<9.1>)"),
                   "* 1 FETCH (BINARY[1]<3> ~{2}\r\nAB BINARY[1]<9> \"\")\r\n");
    ASSERT_EQ_TEXT(s.fetch("(BINARY[2] BINARY.SIZE[2] BINARY[3])"),
                   "* 1 FETCH (BINARY[2] {3}\r\na=b BINARY.SIZE[2] 3 BINARY[3] "
                   "{5}\r\nplain)\r\n");
    ASSERT_EQ_TEXT(s.fetch("(BINARY[5] BINARY.SIZE[5])"),
                   "* 1 FETCH (BINARY[5] NIL BINARY.SIZE[5] 0)\r\n");
    ck_assert(s.fetch("BINARY[]").find("AAH/") != std::string::npos);
    // Nothing that would look like an answer.
    for (const char* items : {"(UID BINARY[4])", "BINARY.SIZE[4]"})
        ASSERT_EQ_TEXT(s.fetch(items), "");
    Selected large("Content-Transfer-Encoding: base64\r\n\r\n" + std::string(1000000, 'A'));
    ASSERT_EQ_TEXT(large.fetch("BINARY[1]<700000.5>"),
                   cat("* 1 FETCH (BINARY[1]<700000> ~{5}\r\n", zeros, ")\r\n"));
}
END_TEST

START_TEST(a_large_message_is_streamed_whole)
{
    std::string big = "Subject: big\r\n\r\n";
    for (int i = 0; i < 100000; i++) cat_to(big, i, " some line\r\n");
    Selected s(big);
    ASSERT_EQ_TEXT(s.fetch("BODY.PEEK[]"),
                   cat("* 1 FETCH (BODY[] {", big.size(), "}\r\n", big, ")\r\n"));
}
END_TEST

START_TEST(a_failure_leaves_no_half_response)
{
    Selected s(kSimple);
    s.state->expunge_uid(1);
    ASSERT_EQ_TEXT(s.fetch("BODY[]"), "!not found");
    Selected broken(kSimple);
    broken.store.fail_content = Error{Code::io, "disk"};
    ASSERT_EQ_TEXT(broken.fetch("(FLAGS BODY)"), "!I/O error");
    ASSERT_EQ_TEXT(broken.fetch("UID"), "* 1 FETCH (UID 1)\r\n");
}
END_TEST

START_TEST(sets_name_messages)
{
    test::MemoryStore store;
    auto state = store.make("user.bob");
    for (int i = 0; i < 6; i++) state->append("x");
    state->expunge_uid(2);
    state->expunge_uid(3);
    auto mailbox = *store.open(state->entry, "bob", mailbox::OpenMode::read_only);
    auto show = [&](std::string_view set, bool by_uid) {
        auto got = messages_of(*mailbox, *model::SequenceSet::parse(set), by_uid);
        return got ? number_set(*got) : std::string("!") + std::string(code_name(got.error().code));
    };
    ASSERT_EQ_TEXT(show("1:*", false), "1:4");
    ASSERT_EQ_TEXT(show("*", false), "4");
    ASSERT_EQ_TEXT(show("3,1:2", false), "1:3");
    ASSERT_EQ_TEXT(show("5", false), "!syntax error");
    ASSERT_EQ_TEXT(show("1:5", false), "!syntax error");
    ASSERT_EQ_TEXT(show("2:4", true), "2");
    ASSERT_EQ_TEXT(show("100:*", true), "4");
    ASSERT_EQ_TEXT(show("2:3,100:200", true), "");
    model::SequenceSet saved;
    for (const uint32_t uid : {2u, 4u, 6u}) saved.add(uid);
    for (const bool by_uid : {false, true}) {
        const auto named = messages_of(*mailbox, model::SequenceSet::saved_result(), by_uid, saved);
        ASSERT_EQ_TEXT(number_set(*named), "2,4");
        ck_assert(messages_of(*mailbox, model::SequenceSet::saved_result(), by_uid)->empty());
    }
    ASSERT_EQ_TEXT(uid_set(*mailbox, std::vector<uint32_t>{1, 2, 3, 4}), "1,4:6");
    auto empty = *store.open(store.make("user.eve")->entry, "eve", mailbox::OpenMode::read_only);
    ASSERT_CODE(messages_of(*empty, *model::SequenceSet::parse("1:*"), false), Code::syntax);
    ASSERT_OK(messages_of(*empty, *model::SequenceSet::parse("1:*"), true));
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/imapd/fetch");
    TCase* c = tcase_create("all");
    tcase_add_test(c, the_grammar_is_taken_and_nothing_else);
    tcase_add_test(c, lists_are_bounded);
    tcase_add_test(c, items_that_set_seen);
    tcase_add_test(c, the_plain_attributes);
    tcase_add_test(c, previews_and_the_day_of_arrival);
    tcase_add_test(c, sections_and_parts_of_them);
    tcase_add_test(c, parts_without_their_encoding);
    tcase_add_test(c, a_large_message_is_streamed_whole);
    tcase_add_test(c, a_failure_leaves_no_half_response);
    tcase_add_test(c, sets_name_messages);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
