#include "imap/submission/automatic.h"

#include <vector>

#include "imap/submission/compose.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::submission;

const std::vector<std::string> kOwn = {"fred@example.org", "Fred.Old@example.org"};
constexpr const char* kTo = "To: fred@example.org\r\n";

START_TEST(who_is_answered)
{
    const struct {
        const char *sender, *header;
        bool answer, reject;
    } table[] = {
        {"a@b", "", true, true},
        {"", "", false, false},
        {"MAILER-DAEMON@b", "", false, false},
        {"mailer-daemon", "", false, false},
        {"owner-list@b", "", false, false},
        {"list-request@b", "", false, false},
        {"list-owner@b", "", false, false},
        {"LISTSERV@b", "", false, false},
        {"majordomo@b", "", false, false},
        {"noreply@b", "", false, false},
        {"postmaster@b", "", true, true},
        {"request@b", "", true, true},
        {"a@b", "Auto-Submitted: no\r\n", true, true},
        {"a@b", "Auto-Submitted: NO (really)\r\n", true, true},
        {"a@b", "Auto-Submitted: auto-replied\r\n", false, false},
        {"a@b", "auto-submitted:\r\n auto-generated; x=y\r\n", false, false},
        {"a@b", "Auto-Submitted:\r\n", false, false},
        {"a@b", "List-Id: <x>\r\n", false, true},
        {"a@b", "List-Help: <x>\r\n", false, true},
        {"a@b", "List-Subscribe: <x>\r\n", false, true},
        {"a@b", "LIST-Unsubscribe: <x>\r\n", false, true},
        {"a@b", "List-Post: NO\r\n", false, true},
        {"a@b", "List-Owner: <x>\r\n", false, true},
        {"a@b", "List-Archive: <x>\r\n", false, true},
        {"a@b", "Precedence: bulk\r\n", false, true},
        {"a@b", "Precedence: LIST\r\n", false, true},
        {"a@b", "precedence: Junk (x)\r\n", false, true},
        {"a@b", "Precedence: first-class\r\n", true, true},
        {"a@b", "X-Loop: somebody\r\n", false, true},
        {"a@b", "X-Looped: somebody\r\n", true, true},
        {"FRED@example.org", "", false, true},
    };
    for (const auto& row : table) {
        const std::string header = std::string(row.header) + kTo + "\r\n";
        ck_assert_msg(may_answer(row.sender, header, kOwn).ok() == row.answer, "%s %s", row.sender,
                      row.header);
        ck_assert_msg(may_reject(row.sender, header).ok() == row.reject, "%s %s", row.sender,
                      row.header);
    }
}
END_TEST

START_TEST(only_mail_that_names_the_user_is_answered)
{
    const struct {
        const char* header;
        bool answer;
    } table[] = {
        {"To: fred@example.org\r\n", true},
        {"to: x@y,\r\n \"F\" <FRED@EXAMPLE.ORG>\r\n", true},
        {"To: fred.old@example.org\r\n", true},
        {"Cc: fred@example.org\r\n", true},
        {"Bcc: fred@example.org\r\n", true},
        {"Resent-To: fred@example.org\r\n", true},
        {"Resent-Cc: fred@example.org\r\n", true},
        {"Resent-Bcc: fred@example.org\r\n", true},
        {"To: x@y\r\nCc: z@y\r\nCc: fred@example.org\r\n", true},
        {"To: group: fred@example.org;\r\n", true},
        {"To: fred@example.com\r\n", false},
        {"To: afred@example.org\r\n", false},
        {"To: \"fred@example.org\" <x@y>\r\n", false},
        {"To: undisclosed-recipients:;\r\n", false},
        {"Reply-To: fred@example.org\r\n", false},
        {"X-To: fred@example.org\r\n", false},
        {"", false},
        {"\r\nTo: fred@example.org\r\n", false},
        {"broken line\r\nTo: fred@example.org\r\n", true},
    };
    for (const auto& row : table)
        ck_assert_msg(may_answer("a@b", row.header, kOwn).ok() == row.answer, "%s", row.header);
    ck_assert(!may_answer("a@b", kTo, {}).ok());
}
END_TEST

START_TEST(who_is_notified)
{
    ck_assert(may_notify("Subject: x\r\n\r\n").ok());
    ck_assert(may_notify("Auto-Submitted: No\r\n\r\n").ok());
    ck_assert(may_notify("List-Id: x\r\n\r\n").ok());
    ck_assert(!may_notify("Auto-Submitted: auto-notified; owner-email=\"a@b\"\r\n\r\n").ok());
}
END_TEST

START_TEST(a_circle_is_seen)
{
    const std::string once = redirect_trace("fred@example.org");
    ASSERT_EQ_TEXT(once, "X-Sieve-Redirected-From: fred@example.org\r\n");
    ck_assert(is_looping(once + "Subject: x\r\n\r\n", "Fred@Example.org"));
    ck_assert(!is_looping(once, "joe@example.org"));
    ck_assert(is_looping(redirect_trace("joe@example.org") + once, "joe@example.org"));
    ck_assert(!is_looping("Subject: x\r\n\r\n" + once, "fred@example.org"));
    ck_assert(is_looping("X-Rookery-Notice: undeliverable\r\n\r\n", "fred@example.org"));
    std::string many;
    for (size_t i = 1; i < kMaxRedirects; i++) many += redirect_trace("x" + std::to_string(i));
    ck_assert(!is_looping(many, "fred@example.org"));
    ck_assert(is_looping(many + redirect_trace("y"), "fred@example.org"));
    // What is written is what is looked for, also of an address that was too strange.
    for (const char* address : {"a\r\nb@c", "\xc3\xbc@x"})
        ck_assert_msg(is_looping(redirect_trace(address), address), "%s", address);
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("imap/submission/automatic");
    TCase* tcase = tcase_create("all");
    tcase_add_test(tcase, who_is_answered);
    tcase_add_test(tcase, only_mail_that_names_the_user_is_answered);
    tcase_add_test(tcase, who_is_notified);
    tcase_add_test(tcase, a_circle_is_seen);
    suite_add_tcase(suite, tcase);
    return suite;
}
const rookery::test::Registered registered(make);

}  // namespace
