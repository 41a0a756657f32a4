#include "imap/submission/compose.h"

#include "imap/submission/automatic.h"
#include "lib/base/strings.h"
#include "lib/text/charset.h"
#include "lib/text/message.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::submission;

const Making kMaking = {"mail.example.org", {1795918413, 60}, "abc-1"};
constexpr std::string_view kMessage =
    "Return-Path: <joe@example.net>\r\nFrom: Joe <joe@example.net>\r\nTo: fred@example.org\r\n"
    "Subject: hello\r\nMessage-ID: <1@x>\r\n\r\nbody\r\n";

std::string field(std::string_view text, std::string_view name)
{
    const std::string_view header = text.substr(0, text::header_size(text));
    const auto value = text::find_field(header, name);
    return value ? text::unfold(*value) : "none";
}

std::string answered(const VacationAnswer& answer, std::string_view message)
{
    const auto made = vacation_answer(answer, message, kMaking);
    ASSERT_OK(made);
    return made->text();
}

START_TEST(a_vacation_answer_is_written)
{
    ASSERT_EQ_TEXT(
        answered({"", "fred@example.org", "joe@example.net", "", "I am\naway", false}, kMessage),
        "Date: Sun, 29 Nov 2026 03:13:33 +0100\r\n"
        "Message-ID: <rookery-abc-1@mail.example.org>\r\n"
        "From: fred@example.org\r\n"
        "To: joe@example.net\r\n"
        "Subject: Auto: hello\r\n"
        "In-Reply-To: <1@x>\r\n"
        "References: <1@x>\r\n"
        "Auto-Submitted: auto-replied (vacation)\r\n"
        "X-Loop: fred@example.org\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=us-ascii\r\n"
        "Content-Transfer-Encoding: 7bit\r\n\r\n"
        "I am\r\naway\r\n");
}
END_TEST

START_TEST(what_an_answer_takes_from_where)
{
    const struct {
        VacationAnswer answer;
        std::string message;
        const char *name, *want;
    } table[] = {
        {{"F <f@g>", "o@p", "j@k", "", "r", false}, "\r\n", "From", "\"F\" <f@g>"},
        {{"nothing", "o@p", "j@k", "", "r", false}, "\r\n", "From", "o@p"},
        {{"", "o@p", "j@k", "mine", "r", false}, "Subject: x\r\n\r\n", "Subject", "mine"},
        {{"", "o@p", "j@k", "", "r", false}, "\r\n", "Subject", "Automated reply"},
        {{"", "o@p", "j@k", "", "r", false},
         "Subject: =?iso-8859-1?Q?caf=E9?=\r\n\r\n",
         "Subject",
         "=?UTF-8?B?QXV0bzogY2Fmw6k=?="},
        {{"", "o@p", "j@k", "a\r\nBcc: v@w", "r", false}, "\r\n", "Bcc", "none"},
        {{"", "o@p", "j@k", "", "r", false}, "\r\n", "In-Reply-To", "none"},
        {{"", "o@p", "j@k", "", "r", false}, "\r\n", "References", "none"},
        {{"", "o@p", "j@k", "", "r", false},
         "References: <a@x>\r\n <b@x>\r\nMessage-ID: <c@x>\r\n\r\n",
         "References",
         "<a@x> <b@x> <c@x>"},
        {{"", "o@p", "j@k", "", "r", false},
         "In-Reply-To: <a@x>\r\nMessage-ID: <c@x>\r\n\r\n",
         "References",
         "<a@x> <c@x>"},
        {{"", "o@p", "j@k", "", "r", false},
         "In-Reply-To: <a@x> <b@x>\r\nMessage-ID: <c@x>\r\n\r\n",
         "References",
         "<c@x>"},
        {{"", "o@p", "j@k", "", "r", false},
         "Message-ID: no id\r\nReferences: <a@x>\r\n\r\n",
         "References",
         "none"},
    };
    for (const auto& row : table)
        ASSERT_EQ_TEXT(field(answered(row.answer, row.message), row.name), row.want);
    std::string thread = "References:";
    for (int i = 0; i < 500; i++) cat_to(thread, " <", i, "@x>\r\n");
    const std::string references =
        field(answered({"", "o@p", "j@k", "", "r", false}, thread + "Message-ID: <own@x>\r\n\r\n"),
              "References");
    ck_assert(references.starts_with("<0@x> <482@x> "));
    ck_assert(references.ends_with(" <499@x> <own@x>"));
    // Nobody answers an answer.
    ck_assert(!may_reject("o@p", answered({"", "o@p", "j@k", "", "r", false}, "\r\n")).ok());
}
END_TEST

START_TEST(a_mime_entity_brings_its_own_header_and_no_more)
{
    const struct {
        std::string reason;
        const char* end;  // null: refused
    } table[] = {
        {"Content-Type: text/html\n\n<p>away</p>\n",
         "MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<p>away</p>\r\n"},
        {"Content-Type: multipart/mixed;\r\n\tboundary=x\r\n\r\n--x\r\n\r\ny\r\n--x--",
         "MIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n\tboundary=x\r\n\r\n--x\r\n\r\ny\r"
         "\n--x--\r\n"},
        {"Bcc: v@w\nContent-Type: text/html\nSubject: x\n\nbody",
         "MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\nbody\r\n"},
        {"\nonly a body", "MIME-Version: 1.0\r\n\r\nonly a body\r\n"},
        {"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n\xc3\xa9\n",
         "8bit\r\n\r\n\xc3\xa9\r\n"},
        {"Content-Type: text/\xc3\xa9\n\nx", nullptr},
        {"no header at all", nullptr},
        {"Content-Type: text/html", nullptr},
        {"Content-Type: " + std::string(20000, 'x') + "\n\nx", nullptr},
        {"Content-Type: " + std::string(1000, 'x') + "\n\nx", nullptr},
    };
    for (const auto& row : table) {
        const auto made =
            vacation_answer({"", "o@p", "j@k", "s", row.reason, true}, kMessage, kMaking);
        if (row.end == nullptr) {
            ASSERT_CODE(made, Code::syntax);
            continue;
        }
        ASSERT_OK(made);
        ck_assert_msg(made->text().ends_with(row.end), "%s", made->text().c_str());
        ASSERT_EQ_TEXT(field(made->text(), "Bcc"), "none");
        ASSERT_EQ_TEXT(field(made->text(), "Subject"), "s");
    }
    ASSERT_CODE(vacation_answer({"", "o@p", "j@k", "s", std::string(kMaxMimeReason + 1, 'x'), true},
                                kMessage, kMaking),
                Code::limit);
}
END_TEST

START_TEST(a_rejection_is_a_disposition_notification)
{
    const std::string text =
        rejection({"fred@example.org", "joe@example.net", "I don't\nwant \xc3\xa9."}, kMessage,
                  kMaking)
            .text();
    ASSERT_EQ_TEXT(field(text, "To"), "joe@example.net");
    ASSERT_EQ_TEXT(field(text, "Subject"), "Rejected: hello");
    ASSERT_EQ_TEXT(field(text, "In-Reply-To"), "<1@x>");
    ASSERT_EQ_TEXT(field(text, "Auto-Submitted"), "auto-replied (rejected)");
    const auto message = text::parse_message(text);
    ASSERT_EQ_TEXT(message.root.subtype, "REPORT");
    ASSERT_EQ_TEXT(*message.root.param("REPORT-TYPE"), "disposition-notification");
    ck_assert_uint_eq(message.root.children.size(), 3);
    const auto& parts = message.root.children;
    ASSERT_EQ_TEXT(parts[0].type, "TEXT");
    ck_assert(parts[0].body(text).find("I don't\r\nwant =C3=A9.") != std::string_view::npos);
    ASSERT_EQ_TEXT(parts[1].subtype, "DISPOSITION-NOTIFICATION");
    ASSERT_EQ_TEXT(std::string(parts[1].body(text)),
                   "Reporting-UA: mail.example.org; Rookery (Sieve)\r\n"
                   "Final-Recipient: rfc822; fred@example.org\r\n"
                   "Original-Message-ID: <1@x>\r\n"
                   "Disposition: automatic-action/MDN-sent-automatically; deleted\r\n");
    ck_assert(parts[2].is_message());
    ASSERT_EQ_TEXT(std::string(parts[2].body(text)), std::string(kMessage));
}
END_TEST

START_TEST(a_large_message_is_rejected_by_its_header)
{
    const std::string large = std::string(kMessage) + std::string(kMaxReturnedMessage, 'x');
    const std::string text = rejection({"f@e", "j@k", "no"}, large, kMaking).text();
    const auto message = text::parse_message(text);
    ck_assert_uint_eq(message.root.children.size(), 3);
    ASSERT_EQ_TEXT(message.root.children[2].subtype, "RFC822-HEADERS");
    ck_assert(text.size() < 4096);
}
END_TEST

START_TEST(notices_say_what_why_to_whom_and_when)
{
    const std::string text = undeliverable_notice({"fred@example.org",
                                                   "redirect",
                                                   "joe@example.net",
                                                   "x@y, z@y",
                                                   "no such\r\nuser",
                                                   {1795900000, 0}},
                                                  kMessage, kMaking)
                                 .text();
    ASSERT_EQ_TEXT(field(text, "From"),
                   "\"Mail Delivery System\" <MAILER-DAEMON@mail.example.org>");
    ASSERT_EQ_TEXT(field(text, "To"), "fred@example.org");
    const auto message = text::parse_message(text);
    ASSERT_EQ_TEXT(message.root.subtype, "MIXED");
    ck_assert_uint_eq(message.root.children.size(), 2);
    const std::string said(message.root.children[0].body(text));
    for (const char* word : {"redirect", "<joe@example.net>", "x@y, z@y", "no suchuser",
                             "Sat, 28 Nov 2026 21:06:40 +0000", "Sun, 29 Nov 2026 03:13:33 +0100"})
        ck_assert_msg(said.find(word) != said.npos, "%s: %s", word, said.c_str());
    ck_assert(message.root.children[1].is_message());
    ASSERT_EQ_TEXT(std::string(message.root.children[1].body(text)), std::string(kMessage));
    // The script that sent it on does not do so again.
    ck_assert(is_looping(text, "anybody@example.org"));
    const std::string broken =
        broken_script_notice({"fred@example.org", "m\xc3\xa9in", "line 3: expected ;"}, kMaking)
            .text();
    ASSERT_EQ_TEXT(text::decode_words(field(broken, "Subject")),
                   "Your mail filter \"m\xc3\xa9in\" does not work");
    ck_assert(broken.find("line 3: expected ;") != broken.npos);
    ck_assert(is_looping(broken, "anybody@example.org"));
    ck_assert(!may_reject("a@b", broken).ok());
}
END_TEST

START_TEST(what_encloses_a_message_says_whether_it_is_8bit)
{
    const Undeliverable failed{"f@e", "redirect", "", "x@y", "r", {}};
    for (const char* body : {"plain\r\n", "8-bit \xc3\xa9", "\xff"}) {
        const std::string message = std::string("A: b\r\n\r\n") + body;
        const std::string text = undeliverable_notice(failed, message, kMaking).text();
        const auto parsed = text::parse_message(text);
        ck_assert_uint_eq(parsed.root.children.size(), 2);
        ASSERT_EQ_TEXT(parsed.root.children[1].encoding, body[0] == 'p' ? "7BIT" : "8BIT");
        ck_assert(parsed.root.children[1].body(text).starts_with(message));
    }
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("imap/submission/compose");
    TCase* tcase = tcase_create("all");
    tcase_add_test(tcase, a_vacation_answer_is_written);
    tcase_add_test(tcase, what_an_answer_takes_from_where);
    tcase_add_test(tcase, a_mime_entity_brings_its_own_header_and_no_more);
    tcase_add_test(tcase, a_rejection_is_a_disposition_notification);
    tcase_add_test(tcase, a_large_message_is_rejected_by_its_header);
    tcase_add_test(tcase, notices_say_what_why_to_whom_and_when);
    tcase_add_test(tcase, what_encloses_a_message_says_whether_it_is_8bit);
    suite_add_tcase(suite, tcase);
    return suite;
}
const rookery::test::Registered registered(make);

}  // namespace
