#include "lib/text/imap_url.h"

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::text;

// Everything of a URL in one line.
std::string told(const ImapUrl& url)
{
    std::string out =
        cat(url.from_root ? "/" : "", url.mailbox, '|',
            url.uidvalidity ? cat(*url.uidvalidity) : "-", '|', url.uid, '|', url.section, '|');
    if (!url.partial) return out;
    return cat(out, url.partial->offset, '.',
               url.partial->count ? cat(*url.partial->count) : "end");
}

START_TEST(urls_of_messages_and_their_parts)
{
    const struct {
        const char* url;
        const char* told;
    } table[] = {
        {"/INBOX;UIDVALIDITY=785799047/;UID=11467", "/INBOX|785799047|11467||"},
        {"/Drafts;uidvalidity=385759045/;uid=20/;section=1.MIME", "/Drafts|385759045|20|1.MIME|"},
        {"/a/b/;UID=1", "/a/b|-|1||"},
        {"b/;UID=1", "b|-|1||"},
        {";UID=4294967295", "|-|4294967295||"},
        {"/x/;UID=2/;SECTION=HEADER.FIELDS%20(To%20Cc)", "/x|-|2|HEADER.FIELDS (To Cc)|"},
        {"/x/;UID=2/;PARTIAL=0", "/x|-|2||0.end"},
        {"/x/;UID=2/;SECTION=1/;PARTIAL=5.7", "/x|-|2|1|5.7"},
        {"/Entw%C3%bcrfe%3b%2F/;UID=3", "/Entw\xc3\xbcrfe;/|-|3||"},
        {"/user@a:b&=c/;UID=3", "/user@a:b&=c|-|3||"},
    };
    for (const auto& row : table) {
        const auto url = parse_imap_url(row.url);
        ck_assert_msg(url.has_value(), "%s", row.url);
        ASSERT_EQ_TEXT(told(*url), row.told);
    }
}
END_TEST

START_TEST(what_is_no_such_url)
{
    for (const char* url : {"",
                            "/",
                            "//",
                            "INBOX",
                            "/INBOX",
                            "/INBOX/",
                            "/INBOX;UIDVALIDITY=1",
                            "/;UID=1",
                            "//host/INBOX/;UID=1",
                            "imap://user@host/INBOX/;UID=1",
                            "imap:/INBOX/;UID=1",
                            "/INBOX/;UID=0",
                            "/INBOX/;UID=",
                            "/INBOX/;UID=4294967296",
                            "/INBOX/;UID=1:2",
                            "/INBOX;UID=1",
                            "/INBOX;UIDVALIDITY=0/;UID=1",
                            "/INBOX;UIDVALIDITY=1;UID=1",
                            "/INBOX;UIDVALIDITY=/;UID=1",
                            "/INBOX/;UID=1/",
                            "/INBOX/;UID=1/;SECTION=",
                            "/INBOX/;UID=1/;SECTION=1;PARTIAL=1",
                            "/INBOX/;UID=1/;PARTIAL=1.0",
                            "/INBOX/;UID=1/;PARTIAL=1.",
                            "/INBOX/;UID=1/;PARTIAL=1/;SECTION=1",
                            "/a%2/;UID=1",
                            "/a%zz/;UID=1",
                            "/a%00/;UID=1",
                            "/a%ff/;UID=1",
                            "/a b/;UID=1",
                            "/a\"/;UID=1",
                            "/a?b/;UID=1",
                            "/a#b/;UID=1",
                            "/\xc3\xbc/;UID=1",
                            "/INBOX/;UID=1;URLAUTH=anonymous",
                            "/INBOX/;UID=1?x"})
        ck_assert_msg(!parse_imap_url(url), "%s", url);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/text/imap_url");
    TCase* c = tcase_create("all");
    tcase_add_test(c, urls_of_messages_and_their_parts);
    tcase_add_test(c, what_is_no_such_url);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
