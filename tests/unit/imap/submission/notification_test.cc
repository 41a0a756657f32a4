#include "imap/submission/notification.h"

#include "lib/base/strings.h"
#include "lib/text/rfc5322_header.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::submission;

const Making kMaking = {"mail.example.org", {1795918413, 60}, "abc-1"};
constexpr std::string_view kMessage =
    "From: Joe <joe@example.net>\r\nSubject: hello\r\nMessage-ID: <1@x>\r\n\r\nbody\r\n";

std::string listed(const std::vector<std::string>& all)
{
    std::string out;
    for (const std::string& one : all) cat_to(out, one, ' ');
    return out;
}

START_TEST(uris_are_read)
{
    const struct {
        const char *uri, *to, *cc, *subject, *body, *fields;
    } table[] = {
        {"mailto:a@b", "a@b ", "", "", "", ""},
        {"MAILTO:a@b,c@d", "a@b c@d ", "", "", "", ""},
        {"mailto:a@b?to=c@d&cc=e@f", "a@b c@d ", "e@f ", "", "", ""},
        {"mailto:?to=a@b", "a@b ", "", "", "", ""},
        {"mailto:a@b?subject=A%20B&body=l1%0D%0Al2", "a@b ", "", "A B", "l1\r\nl2", ""},
        {"mailto:a@b?SUBJECT=x&Body=y", "a@b ", "", "x", "y", ""},
        {"mailto:a%40b", "a@b ", "", "", "", ""},
        {"mailto:%22a%2Cb%22@c", "\"a,b\"@c ", "", "", "", ""},
        {"mailto:a@b,a@b?to=a@b", "a@b ", "", "", "", ""},
        {"mailto:a@b?x-mood=good&Keywords=k", "a@b ", "", "", "", "X-mood=good Keywords=k "},
        {"mailto:a@b?from=evil@x&date=1&message-id=2&received=3&auto-submitted=no&bcc=v@w", "a@b ",
         "", "", "", ""},
        {"mailto:a@b?content-type=text/html&resent-to=v@w&x-loop=1&list-id=2&mime-version=2",
         "a@b ", "", "", "", ""},
        {"mailto:a@b?x:y=1&x%0D%0Ay=2&=3", "a@b ", "", "", "", ""},
        {"mailto:a@b&subject=x", "", "", "", "", nullptr},
        {"mailto:", "", "", "", "", nullptr},
        {"mailto:nobody", "", "", "", "", nullptr},
        {"mailto:a@b?subject", "", "", "", "", nullptr},
        {"mailto:a@b?subject=%4", "", "", "", "", nullptr},
        {"mailto:a@b?subject=%zz", "", "", "", "", nullptr},
        {"xmpp:a@b", "", "", "", "", nullptr},
        {"a@b", "", "", "", "", nullptr},
    };
    for (const auto& row : table) {
        const auto uri = parse_mailto(row.uri);
        if (row.fields == nullptr &&
            std::string_view(row.uri).find('&') == std::string_view::npos) {
            ck_assert_msg(uri.is(Code::syntax), "%s", row.uri);
            continue;
        }
        if (row.fields == nullptr) continue;
        ck_assert_msg(uri.ok(), "%s", row.uri);
        ASSERT_EQ_TEXT(listed(uri->to), row.to);
        ASSERT_EQ_TEXT(listed(uri->cc), row.cc);
        ASSERT_EQ_TEXT(uri->subject, row.subject);
        ASSERT_EQ_TEXT(uri->body, row.body);
        std::string fields;
        for (const auto& [name, value] : uri->fields) cat_to(fields, name, '=', value, ' ');
        ASSERT_EQ_TEXT(fields, row.fields);
    }
    std::string many = "mailto:a@b?";
    for (size_t i = 0; i <= kMaxUriFields; i++) many += "x=y&";
    ASSERT_CODE(parse_mailto(many), Code::limit);
    many = "mailto:";
    for (size_t i = 0; i <= kMaxNotified; i++) cat_to(many, 'a', i, "@b,");
    ASSERT_CODE(parse_mailto(many), Code::limit);
    ASSERT_CODE(parse_mailto("mailto:" + std::string(kMaxUri, 'x')), Code::limit);
}
END_TEST

START_TEST(a_notification_is_written)
{
    Notification notify{"mailto:phone@example.com?body=You%20have%20mail",
                        "",
                        "",
                        1,
                        "joe@example.net",
                        "fred@example.org"};
    auto made = notification(notify, kMessage, kMaking);
    ASSERT_OK(made);
    ASSERT_EQ_TEXT(made->from, "fred@example.org");
    ASSERT_EQ_TEXT(listed(made->to), "phone@example.com ");
    ASSERT_EQ_TEXT(made->mail.text(),
                   "Auto-Submitted: auto-notified; owner-email=\"fred@example.org\"\r\n"
                   "Date: Sun, 29 Nov 2026 03:13:33 +0100\r\n"
                   "Message-ID: <rookery-abc-1@mail.example.org>\r\n"
                   "From: fred@example.org\r\n"
                   "To: phone@example.com\r\n"
                   "Subject: hello\r\n"
                   "Importance: high\r\n"
                   "X-Loop: fred@example.org\r\n"
                   "MIME-Version: 1.0\r\n"
                   "Content-Type: text/plain; charset=us-ascii\r\n"
                   "Content-Transfer-Encoding: 7bit\r\n\r\n"
                   "You have mail\r\n");
}
END_TEST

START_TEST(what_a_notification_takes_from_where)
{
    const struct {
        const char *method, *from, *message, *sender;
        const char *envelope, *want;
    } table[] = {
        // RFC 5436 2.7: the null sender goes on.
        {"mailto:a@b", "x@y", "", "", "", "\r\nFrom: x@y\r\n"},
        {"mailto:a@b", "X <x@y>", "", "s@t", "x@y", "\r\nFrom: \"X\" <x@y>\r\n"},
        {"mailto:a@b", "no address", "", "s@t", "fred@example.org",
         "\r\nFrom: fred@example.org\r\n"},
        {"mailto:a@b", "x@y, z@y", "", "s@t", "fred@example.org", "\r\nFrom: fred@example.org\r\n"},
        {"mailto:a@b?from=v@w", "", "", "s@t", "fred@example.org",
         "\r\nFrom: fred@example.org\r\n"},
        {"mailto:a@b?subject=uri", "", "tag", "s@t", "fred@example.org", "\r\nSubject: tag\r\n"},
        {"mailto:a@b?subject=uri", "", "", "s@t", "fred@example.org", "\r\nSubject: uri\r\n"},
        {"mailto:a@b", "", "", "s@t", "fred@example.org", "\r\nSubject: hello\r\n"},
        {"mailto:a@b", "", "x\r\nBcc: v@w", "s@t", "fred@example.org",
         "\r\nSubject: xBcc: v@w\r\n"},
        {"mailto:a@b?x-a=1%0D%0ABcc:v@w", "", "", "s@t", "fred@example.org",
         "\r\nX-a: 1Bcc:v@w\r\n"},
        {"mailto:a@b?cc=c@d", "", "", "s@t", "fred@example.org", "\r\nCc: c@d\r\n"},
        {"mailto:a@b", "", "", "s@t", "fred@example.org",
         "From: Joe <joe@example.net>\r\nSubject: hello\r\n"},
        {"mailto:a@b?body=", "", "", "s@t", "fred@example.org", "7bit\r\n\r\n"},
    };
    for (const auto& row : table) {
        const auto made =
            notification({row.method, row.from, row.message, 2, row.sender, "fred@example.org"},
                         kMessage, kMaking);
        ASSERT_OK(made);
        ASSERT_EQ_TEXT(made->from, row.envelope);
        const std::string text = made->mail.text();
        ck_assert_msg(text.find(row.want) != text.npos, "%s: %s", row.want, text.c_str());
        const std::string_view header = std::string_view(text).substr(0, text::header_size(text));
        ck_assert(!text::find_field(header, "bcc"));
    }
    ASSERT_CODE(notification({"mailto:-oQ@b", "", "", 2, "s@t", "f@e"}, kMessage, kMaking),
                Code::syntax);
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("imap/submission/notification");
    TCase* tcase = tcase_create("all");
    tcase_add_test(tcase, uris_are_read);
    tcase_add_test(tcase, a_notification_is_written);
    tcase_add_test(tcase, what_a_notification_takes_from_where);
    suite_add_tcase(suite, tcase);
    return suite;
}
const rookery::test::Registered registered(make);

}  // namespace
