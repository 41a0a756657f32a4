#include "imap/nntp/article_header.h"

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using nntp::Source;

const std::string kPosted = "From: a@b\r\nSubject: s\r\nNewsgroups: a.b, c,a.b\r\n";
const std::string kFed =
    kPosted + "Message-ID: <1@x>\r\nDate: 24 Nov 2026 03:42:40 GMT\r\nPath: there!here\r\n";

START_TEST(what_an_article_has)
{
    const auto posted = nntp::read_article_header(kPosted + "\r\n", Source::poster);
    ASSERT_OK(posted);
    ck_assert(posted->groups == (std::vector<std::string>{"a.b", "c"}));
    ck_assert(posted->message_id.empty() && posted->path.empty() && !posted->has_date);
    const auto fed = nntp::read_article_header(
        kFed + "Xref: x y:1\r\nControl: cancel <2@x>\r\nFollowup-To: d\r\n\r\n", Source::server);
    ASSERT_OK(fed);
    ASSERT_EQ_TEXT(fed->message_id, "<1@x>");
    ASSERT_EQ_TEXT(fed->path, "there!here");
    ASSERT_EQ_TEXT(fed->control, "cancel <2@x>");
    ck_assert(fed->has_date && fed->followup_groups == (std::vector<std::string>{"d"}));
}
END_TEST

START_TEST(what_is_no_article)
{
    const struct {
        std::string header;
        Source source;
    } rows[] = {
        {"", Source::poster},
        {"From: a@b\r\nSubject: s\r\n", Source::poster},
        {"From: a@b\r\nSubject: s\r\nNewsgroups:\r\n", Source::poster},
        {"From: a@b\r\nSubject: s\r\nNewsgroups: a,,b\r\n", Source::poster},
        {"From: a@b\r\nSubject: s\r\nNewsgroups: a b\r\n", Source::poster},
        {kPosted + "From: c\r\n", Source::poster},
        {kPosted + "Newsgroups: c\r\n", Source::poster},
        {kPosted + "Date: nonsense\r\n", Source::poster},
        {kPosted + "Message-ID: 1@x\r\n", Source::poster},
        {kPosted + "Xref: x\r\n", Source::poster},
        {kPosted + "Injection-Info: x\r\n", Source::poster},
        {kPosted + "Path: x!.POSTED!y\r\n", Source::poster},
        {kPosted, Source::server},
        {kFed + "Message-ID: <2@x>\r\n", Source::server},
        {kFed + "Path: x\r\n", Source::server},
    };
    for (const auto& row : rows)
        ASSERT_CODE(nntp::read_article_header(row.header + "\r\n", row.source), Code::syntax);
    std::string many = "From: a@b\r\nSubject: s\r\nNewsgroups: g";
    for (size_t i = 0; i < nntp::kMaxGroups; ++i) cat_to(many, ",g", i);
    ASSERT_CODE(nntp::read_article_header(many + "\r\n\r\n", Source::poster), Code::syntax);
}
END_TEST

START_TEST(who_is_in_a_path)
{
    for (const char* path : {"me", "me!x", "x!me", "x!ME!y", "x!me!!y"})
        ck_assert(nntp::passed_by(path, "me"));
    for (const char* path : {"", "x", "meme!x", "x!me.org", "x!.me"})
        ck_assert(!nntp::passed_by(path, "me"));
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/nntp/article_header");
    TCase* c = tcase_create("all");
    tcase_add_test(c, what_an_article_has);
    tcase_add_test(c, what_is_no_article);
    tcase_add_test(c, who_is_in_a_path);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
