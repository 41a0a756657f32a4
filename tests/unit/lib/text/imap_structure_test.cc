#include "lib/text/imap_structure.h"

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::text;

START_TEST(the_envelope_of_rfc_3501)
{
    const char* header = "Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\n"
                         "Subject: IMAP4rev1 WG mtg summary and minutes\r\n"
                         "From: Terry Gray <gray@cac.washington.edu>\r\n"
                         "To: imap@cac.washington.edu\r\n"
                         "Cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\n"
                         "Message-Id: <B27397-0100000@cac.washington.edu>\r\n\r\n";
    const char* gray = "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\"))";
    ASSERT_EQ_TEXT(envelope(header), cat("(\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" "
                                         "\"IMAP4rev1 WG mtg summary and minutes\" ",
                                         gray, " ", gray, " ", gray,
                                         " ((NIL NIL \"imap\" \"cac.washington.edu\")) "
                                         "((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")"
                                         "(\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) NIL NIL "
                                         "\"<B27397-0100000@cac.washington.edu>\")"));
    ASSERT_EQ_TEXT(envelope(""), "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)");
    ASSERT_EQ_TEXT(envelope("Subject:\r\n"), "(NIL \"\" NIL NIL NIL NIL NIL NIL NIL NIL)");
}
END_TEST

START_TEST(a_single_part)
{
    const std::string m = "Subject: x\r\n\r\none\r\ntwo\r\n";
    const auto p = parse_message(m);
    ASSERT_EQ_TEXT(body(m, p),
                   "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"us-ascii\") NIL NIL \"7BIT\" 10 2)");
    ASSERT_EQ_TEXT(
        bodystructure(m, p),
        "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"us-ascii\") NIL NIL \"7BIT\" 10 2 NIL NIL NIL NIL)");
}
END_TEST

START_TEST(a_tree)
{
    const std::string m =
        "Content-Type: multipart/mixed; boundary=b\r\nContent-Language: en, de\r\n\r\n"
        "--b\r\nContent-Type: image/gif; name=\"a.gif\"\r\nContent-Transfer-Encoding: base64\r\n"
        "Content-ID: <i@x>\r\nContent-Description: d\r\nContent-MD5: m\r\n"
        "Content-Disposition: attachment; filename=a.gif\r\n\r\nR0lG\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\nFrom: "
        "a@b\r\n\r\nhi\r\n\r\n--b--\r\n";
    const auto p = parse_message(m);
    const char* in = "(NIL \"in\" ((NIL NIL \"a\" \"b\")) ((NIL NIL \"a\" \"b\")) ((NIL NIL \"a\" "
                     "\"b\")) NIL NIL NIL NIL NIL)";
    const char* plain = "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"us-ascii\") NIL NIL \"7BIT\" 4 1";
    ASSERT_EQ_TEXT(body(m, p),
                   cat("((\"IMAGE\" \"GIF\" (\"NAME\" \"a.gif\") \"<i@x>\" \"d\" \"BASE64\" 4)"
                       "(\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 30 ",
                       in, " ", plain, ") 4) \"MIXED\")"));
    ASSERT_EQ_TEXT(bodystructure(m, p),
                   cat("((\"IMAGE\" \"GIF\" (\"NAME\" \"a.gif\") \"<i@x>\" \"d\" \"BASE64\" 4 "
                       "\"m\" (\"ATTACHMENT\" (\"FILENAME\" \"a.gif\")) NIL NIL)"
                       "(\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 30 ",
                       in, " ", plain,
                       " NIL NIL NIL NIL) 4 NIL NIL NIL NIL) "
                       "\"MIXED\" (\"BOUNDARY\" \"b\") NIL (\"en\" \"de\") NIL)"));
}
END_TEST

START_TEST(a_message_in_utf8)
{
    const std::string m = "Content-Type: message/global\r\n\r\nSubject: in\r\n\r\nhi\r\n";
    const auto p = parse_message(m);
    const char* fields = "\"MESSAGE\" \"GLOBAL\" NIL NIL NIL \"7BIT\" 19";
    const char* in = "(NIL \"in\" NIL NIL NIL NIL NIL NIL NIL NIL)";
    const char* plain = "\"TEXT\" \"PLAIN\" (\"CHARSET\" \"us-ascii\") NIL NIL \"7BIT\" 4 1";
    ASSERT_EQ_TEXT(body(m, p), cat("(", fields, " ", in, " (", plain, ") 3)"));
    ASSERT_EQ_TEXT(bodystructure(m, p),
                   cat("(", fields, " ", in, " (", plain, " NIL NIL NIL NIL) 3 NIL NIL NIL NIL)"));
    ck_assert(may_have_globals(body(m, p)));
    // To RFC 3501.
    ASSERT_EQ_TEXT(body(m, p, Globals::basic), cat("(", fields, ")"));
    ASSERT_EQ_TEXT(bodystructure(m, p, Globals::basic), cat("(", fields, " NIL NIL NIL NIL)"));
    // One that is encoded (RFC 6532 3.7) is not looked into.
    const std::string encoded = "Content-Type: message/global\r\nContent-Transfer-Encoding: "
                                "base64\r\n\r\nU3ViamVjdDogaW4NCg0KaGkNCg==\r\n";
    ASSERT_EQ_TEXT(
        body(encoded, parse_message(encoded)),
        "(\"MESSAGE\" \"GLOBAL\" NIL NIL NIL \"BASE64\" 30 (NIL NIL NIL NIL NIL NIL NIL "
        "NIL NIL NIL) (\"TEXT\" \"PLAIN\" (\"CHARSET\" \"us-ascii\") NIL NIL \"7BIT\" 0 0) "
        "1)");
}
END_TEST

START_TEST(a_multipart_always_has_a_part)
{
    const std::string m = "Content-Type: multipart/mixed; boundary=b\r\n\r\nx";
    ASSERT_EQ_TEXT(
        body(m, parse_message(m)),
        "((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"us-ascii\") NIL NIL \"7BIT\" 0 0) \"MIXED\")");
}
END_TEST

START_TEST(a_multipart_without_a_boundary_is_one_text)
{
    const std::string m = "Content-Type: multipart/mixed; charset=utf-8\r\n\r\nx\r\n";
    ASSERT_EQ_TEXT(body(m, parse_message(m)),
                   "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"utf-8\") NIL NIL \"7BIT\" 3 1)");
}
END_TEST

START_TEST(parameters_in_pieces_are_shown_whole)
{
    const std::string m = "Content-Type: image/png; name*0=a; name*1=b\r\nContent-Disposition: "
                          "inline; filename*0*=utf-8''%C3;\r\n filename*1*=%BC.png\r\n\r\nx";
    ASSERT_EQ_TEXT(bodystructure(m, parse_message(m)),
                   "(\"IMAGE\" \"PNG\" (\"NAME\" \"ab\") NIL NIL \"7BIT\" 1 NIL "
                   "(\"INLINE\" (\"FILENAME*\" \"utf-8''%C3%BC.png\")) NIL NIL)");
}
END_TEST

// Of texts the first counts; of addresses all do, in order.
START_TEST(fields_that_come_twice)
{
    const char* one = "((NIL NIL \"a\" \"x\"))";
    const char* two = "((NIL NIL \"a\" \"x\")(NIL NIL \"b\" \"x\"))";
    const char* kNames[] = {"Date", "Subject", "From", "Sender",      "Reply-To",
                            "To",   "Cc",      "Bcc",  "In-Reply-To", "Message-ID"};
    for (size_t i = 0; i < 10; i++) {
        const bool is_list = i >= 2 && i <= 7;
        for (bool twice : {false, true}) {
            const std::string header = cat(kNames[i], ": a@x\r\nX: y\r\n",
                                           twice ? cat(kNames[i], ": b@x\r\n\r\n") : "\r\n");
            std::string want;
            for (size_t j = 0; j < 10; j++) {
                const bool is_from = i == 2 && (j == 3 || j == 4);
                const char* list = twice ? two : one;
                cat_to(want, j == 0 ? "(" : " ",
                       j != i && !is_from ? "NIL"
                       : is_list          ? list
                                          : "\"a@x\"");
            }
            ASSERT_EQ_TEXT(envelope(header), want + ")");
        }
    }
    std::string many;
    for (int i = 0; i < 3; i++) {
        many.append("To: a@x");
        for (int n = 0; n < 3000; n++) many.append(",a@x");
        many.append("\r\n");
    }
    const std::string shown = envelope(many);
    size_t count = 0;
    for (size_t at = shown.find("\"a\""); at != shown.npos; at = shown.find("\"a\"", at + 1))
        count++;
    ck_assert_uint_eq(count, kMaxAddresses);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/text/imap_structure");
    TCase* c = tcase_create("all");
    tcase_add_test(c, the_envelope_of_rfc_3501);
    tcase_add_test(c, a_single_part);
    tcase_add_test(c, a_tree);
    tcase_add_test(c, a_message_in_utf8);
    tcase_add_test(c, a_multipart_always_has_a_part);
    tcase_add_test(c, a_multipart_without_a_boundary_is_one_text);
    tcase_add_test(c, parameters_in_pieces_are_shown_whole);
    tcase_add_test(c, fields_that_come_twice);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
