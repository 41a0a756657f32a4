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

START_TEST(a_multipart_always_has_a_part)
{
    const std::string m = "Content-Type: multipart/mixed\r\n\r\nx";
    ASSERT_EQ_TEXT(
        body(m, parse_message(m)),
        "((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"us-ascii\") NIL NIL \"7BIT\" 0 0) \"MIXED\")");
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/text/imap_structure");
    TCase* c = tcase_create("all");
    tcase_add_test(c, the_envelope_of_rfc_3501);
    tcase_add_test(c, a_single_part);
    tcase_add_test(c, a_tree);
    tcase_add_test(c, a_multipart_always_has_a_part);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
