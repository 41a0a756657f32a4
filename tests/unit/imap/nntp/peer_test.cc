#include "imap/nntp/peer.h"

#include "imap/nntp/peer_connection.h"
#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using nntp::Peer;

START_TEST(what_a_peer_is)
{
    using Tls = Peer::Tls;
    const struct {
        std::string_view text, name, host, user, password, groups;
        bool posts;
        Tls tls;
    } rows[] = {
        {"News.example.net", "news.example.net", "News.example.net", "", "", "", false,
         Tls::by_backend_tls},
        {"a:119", "a:119", "a", "", "", "", false, Tls::by_backend_tls},
        {"a:*", "a", "a", "", "", "*", false, Tls::by_backend_tls},
        {"a:8119:comp.*,!comp.x/tls", "a:8119", "a", "", "", "comp.*,!comp.x", false,
         Tls::required},
        {"a/notls", "a", "a", "", "", "", false, Tls::never},
        {"@a", "a", "a", "", "", "", true, Tls::by_backend_tls},
        {"u@a:*,@local.*", "a", "a", "u", "", "*,@local.*", true, Tls::by_backend_tls},
        {"u:p:w@a:1", "a:1", "a", "u", "p:w", "", true, Tls::by_backend_tls},
        {"a:*,@local.*", "a", "a", "", "", "*,@local.*", false, Tls::by_backend_tls},
        {"[::1]:1119:*", "[::1]:1119", "[::1]", "", "", "*", false, Tls::by_backend_tls},
    };
    for (const auto& row : rows) {
        const auto peer = nntp::parse_peer(row.text);
        ASSERT_OK(peer);
        ASSERT_EQ_TEXT(peer->name, std::string(row.name));
        ASSERT_EQ_TEXT(peer->host, std::string(row.host));
        ASSERT_EQ_TEXT(peer->user, std::string(row.user));
        ASSERT_EQ_TEXT(peer->password, std::string(row.password));
        ASSERT_EQ_TEXT(peer->groups ? peer->groups->text() : "", std::string(row.groups));
        ck_assert_msg(peer->posts == row.posts && peer->tls == row.tls, "%s",
                      std::string(row.text).c_str());
    }
}
END_TEST

START_TEST(what_is_no_peer)
{
    for (const std::string_view text :
         {"", ":119", "u:secret@", "u:secret@/tls", "-a", ".a", "a/b", "a:[x]", "a:b,,c", "a:70000",
          "[::1]x", "[::1", "[]", "[a]b]", "u@v@a", "a<b", "a\x80"})
        ASSERT_CODE(nntp::parse_peer(text), Code::config);
    // What is told of it has no password.
    for (const std::string_view text : {"u:secret@", "u:secret@a/b", "u:secret@a:[x]"})
        ck_assert(nntp::parse_peer(text).error().text.find("secret") == std::string::npos);
    const auto of = [](std::string_view value) {
        const auto config = config::Config::from_text(
            cat("configdirectory: /x\n", value.empty() ? "" : cat("newspeer: ", value, "\n")),
            "test");
        ASSERT_OK(config);
        return nntp::peers_of(*config);
    };
    ck_assert_uint_eq(of("")->size(), 0);
    ck_assert_uint_eq(of("a  b:119:*,!x a:119")->size(), 3);
    ASSERT_CODE(of("a b A:x.*"), Code::config);
}
END_TEST

nntp::ArticleHeader article(std::vector<std::string> groups, std::string path = "there!x",
                            std::string control = "")
{
    nntp::ArticleHeader header;
    header.groups = std::move(groups);
    header.path = std::move(path);
    header.control = std::move(control);
    return header;
}

START_TEST(who_gets_an_article)
{
    const struct {
        std::string_view peer;
        nntp::ArticleHeader article;
        bool gets;
    } rows[] = {
        {"a", article({"x.y"}), true},
        {"a:x.*", article({"x.y"}), true},
        {"a:x.*", article({"z", "x.y"}), true},
        {"a:x.*", article({"z"}), false},
        {"a:*,!x.*", article({"x.y"}), false},
        {"a:*,!x.*", article({"x.y", "z"}), true},
        {"a:*,@x.*", article({"x.y", "z"}), false},
        {"a", article({"x.y"}, "b!A!c"), false},
        {"a:119", article({"x.y"}, "b!a!c"), false},
        {"a:119", article({"x.y"}, "b!a.c!c"), true},
        {"a:*,!control.*", article({"x.y"}, "c", "cancel <1@x>"), false},
        {"a:x.*", article({"x.y"}, "c", "Cancel <1@x>"), false},
        {"a:control.cancel", article({"x.y"}, "c", "Cancel <1@x>"), true},
        {"a:control.*,@x.*", article({"x.y"}, "c", "cancel <1@x>"), false},
    };
    for (const auto& row : rows) {
        const auto peer = nntp::parse_peer(row.peer);
        ASSERT_OK(peer);
        ck_assert_msg(nntp::takes(*peer, row.article) == row.gets, "%s",
                      std::string(row.peer).c_str());
    }
}
END_TEST

START_TEST(what_is_posted_there)
{
    ASSERT_EQ_TEXT(nntp::header_to_post("Path: a!b\r\nFrom: c\r\nxref: x\r\nInjection-Info: y;\r\n"
                                        "\tz\r\nSubject: d\r\n e\r\n\r\n"),
                   "From: c\r\nSubject: d\r\n e\r\n\r\n");
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/nntp/peer");
    TCase* c = tcase_create("all");
    tcase_add_test(c, what_a_peer_is);
    tcase_add_test(c, what_is_no_peer);
    tcase_add_test(c, who_gets_an_article);
    tcase_add_test(c, what_is_posted_there);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
