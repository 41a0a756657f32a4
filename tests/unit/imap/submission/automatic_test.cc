#include "imap/submission/automatic.h"

#include <string>

#include "imap/submission/compose.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::submission;

constexpr const char* kTo = "To: fred@example.org\r\n";

START_TEST(who_hears_of_a_rejection)
{
    const struct {
        const char *sender, *header;
        bool reject;
    } table[] = {
        {"a@b", "", true},
        {"", "", false},
        {"MAILER-DAEMON@b", "", false},
        {"mailer-daemon", "", false},
        {"owner-list@b", "", false},
        {"list-request@b", "", false},
        {"list-owner@b", "", false},
        {"LISTSERV@b", "", false},
        {"majordomo@b", "", false},
        {"noreply@b", "", false},
        {"postmaster@b", "", true},
        {"request@b", "", true},
        {"a@b", "Auto-Submitted: no\r\n", true},
        {"a@b", "Auto-Submitted: NO (really)\r\n", true},
        {"a@b", "Auto-Submitted: auto-replied\r\n", false},
        {"a@b", "auto-submitted:\r\n auto-generated; x=y\r\n", false},
        {"a@b", "Auto-Submitted:\r\n", false},
        {"a@b", "List-Id: <x>\r\n", true},
        {"a@b", "List-Help: <x>\r\n", true},
        {"a@b", "List-Subscribe: <x>\r\n", true},
        {"a@b", "LIST-Unsubscribe: <x>\r\n", true},
        {"a@b", "List-Post: NO\r\n", true},
        {"a@b", "List-Owner: <x>\r\n", true},
        {"a@b", "List-Archive: <x>\r\n", true},
        {"a@b", "Precedence: bulk\r\n", true},
        {"a@b", "Precedence: LIST\r\n", true},
        {"a@b", "precedence: Junk (x)\r\n", true},
        {"a@b", "Precedence: first-class\r\n", true},
        {"a@b", "X-Loop: somebody\r\n", true},
        {"a@b", "X-Looped: somebody\r\n", true},
        {"FRED@example.org", "", true},
    };
    for (const auto& row : table) {
        const std::string header = std::string(row.header) + kTo + "\r\n";
        ck_assert_msg(may_reject(row.sender, header).ok() == row.reject, "%s %s", row.sender,
                      row.header);
    }
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
    tcase_add_test(tcase, who_hears_of_a_rejection);
    tcase_add_test(tcase, who_is_notified);
    tcase_add_test(tcase, a_circle_is_seen);
    suite_add_tcase(suite, tcase);
    return suite;
}
const rookery::test::Registered registered(make);

}  // namespace
