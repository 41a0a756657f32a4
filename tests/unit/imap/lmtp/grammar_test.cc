#include "imap/lmtp/grammar.h"

#include "tests/unit/unit.h"

namespace {

using namespace rookery;

struct MailCase {
    const char* line;
    const char* path;  // nullptr: refused with code
    const char* auth;  // nullptr: not given
    Code code = Code::syntax;
};

const MailCase kMail[] = {
    {"FROM:<>", "", nullptr},
    {"from:<a@example.org>", "a@example.org", nullptr},
    {"FROM: <a@example.org>", "a@example.org", nullptr},
    {"FROM:<@x,@y:a@example.org>", "a@example.org", nullptr},
    {"FROM:<\"a > b\"@example.org> SIZE=10", "\"a > b\"@example.org", nullptr},
    {"FROM:<a@[192.0.2.1]> BODY=8BITMIME", "a@[192.0.2.1]", nullptr},
    {"FROM:<a> AUTH=<>", "a", ""},
    {"FROM:<a> AUTH=bob+40example.org", "a", "bob@example.org"},
    {"FROM:<a> auth=e+3Dmc2", "a", "e=mc2"},
    {"", nullptr, nullptr},
    {"FROM:", nullptr, nullptr},
    {"FROM:a@example.org", nullptr, nullptr},
    {"FROM:<a@example.org", nullptr, nullptr},
    {"FROM:<a@example.org>x", nullptr, nullptr},
    {"FROM:<a b@example.org>", nullptr, nullptr},
    {"FROM:<@x>", nullptr, nullptr},
    {"FROM:<a@>", nullptr, nullptr},
    {"FROM:<a@b@c>", nullptr, nullptr},
    {"FROM:<\"a>", nullptr, nullptr},
    {"FROM:<\"a\\>", nullptr, nullptr},
    {"FROM:<a\x01@b>", nullptr, nullptr},
    {"FROM:<a> SIZE=x", nullptr, nullptr},
    {"FROM:<a> SIZE=-1", nullptr, nullptr},
    {"FROM:<a> SIZE=99999999999999999999999", nullptr, nullptr, Code::limit},
    {"FROM:<a> AUTH=+4", nullptr, nullptr},
    {"FROM:<a> AUTH=+0A", nullptr, nullptr},
    {"FROM:<a> BODY=BINARYMIME", nullptr, nullptr, Code::unsupported},
    {"FROM:<a> NOSUCH=1", nullptr, nullptr, Code::unsupported},
    {"FROM:<a> SIZE", nullptr, nullptr, Code::unsupported},
};

START_TEST(mail)
{
    const MailCase& t = kMail[_i];
    auto parsed = lmtp::parse_mail(t.line);
    if (t.path == nullptr) {
        ASSERT_CODE(parsed, t.code);
        return;
    }
    ASSERT_OK(parsed);
    ASSERT_EQ_TEXT(parsed->from.text, t.path);
    ck_assert(parsed->auth.has_value() == (t.auth != nullptr));
    if (t.auth != nullptr) ASSERT_EQ_TEXT(*parsed->auth, t.auth);
}
END_TEST

START_TEST(rcpt)
{
    auto r = lmtp::parse_rcpt("TO:<\"a+b c\"@x> IGNOREQUOTA");
    ASSERT_OK(r);
    ASSERT_EQ_TEXT(r->to.local, "a+b c");
    ASSERT_EQ_TEXT(r->to.domain, "x");
    ck_assert(r->ignore_quota);
    ASSERT_CODE(lmtp::parse_rcpt("TO:<>"), Code::syntax);
    ASSERT_CODE(lmtp::parse_rcpt("TO:<a> SIZE=1"), Code::unsupported);
    ASSERT_CODE(lmtp::parse_rcpt("TO:<" + std::string(2000, 'a') + ">"), Code::limit);
    ASSERT_CODE(lmtp::parse_rcpt("TO:<a@" + std::string(300, 'a') + ">"), Code::limit);
}
END_TEST

START_TEST(every_cut_and_every_byte_is_survived)
{
    const std::string whole = "FROM:<@r:\"q\\\"u\"+d@ex.org> SIZE=12 AUTH=a+40b BODY=7BIT";
    for (size_t n = 0; n < whole.size(); ++n) {
        if (auto cut = lmtp::parse_mail(whole.substr(0, n)); cut) ck_assert(n > 20);
        for (int byte = 0; byte < 256; ++byte) {
            std::string spoilt = whole;
            spoilt[n] = static_cast<char>(byte);
            auto parsed = lmtp::parse_mail(spoilt);
            if (!parsed) continue;
            // What is taken is written into a header and another server's command.
            for (char c : parsed->from.text)
                ck_assert(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
        }
    }
}
END_TEST

START_TEST(local_parts_and_domains)
{
    auto plain = delivery::split_local_part("bob");
    ASSERT_EQ_TEXT(plain.user, "bob");
    ck_assert(!plain.detail);
    auto more = delivery::split_local_part("bob+a+b");
    ASSERT_EQ_TEXT(more.user, "bob");
    ASSERT_EQ_TEXT(*more.detail, "a+b");
    ASSERT_OK(lmtp::parse_domain("[IPv6:2001:db8::1]"));
    ASSERT_CODE(lmtp::parse_domain("a b"), Code::syntax);
    ASSERT_CODE(lmtp::parse_domain(""), Code::syntax);
    ASSERT_EQ_TEXT(lmtp::split_command("mail FROM:<>").verb, "MAIL");
    ASSERT_EQ_TEXT(lmtp::split_command("mail FROM:<>").arguments, "FROM:<>");
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/lmtp/grammar");
    TCase* c = tcase_create("all");
    tcase_add_loop_test(c, mail, 0, static_cast<int>(std::size(kMail)));
    tcase_add_test(c, rcpt);
    tcase_add_test(c, every_cut_and_every_byte_is_survived);
    tcase_add_test(c, local_parts_and_domains);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
