// Whole sessions, and the articles that they bring: a list and a store in memory.
#include "imap/nntp/engine.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "imap/backend/dialect.h"
#include "imap/delivery/delivery_memory.h"
#include "imap/mboxlist/memory_directory.h"
#include "tests/support/memory_store.h"
#include "tests/unit/imap/session/kit_fixture.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;

constexpr std::string_view kLogin = "AUTHINFO USER bob\r\nAUTHINFO PASS secret\r\n";

std::string article(std::string_view id, std::string_view groups = "a", std::string_view more = "")
{
    return cat("Path: there!not-for-mail\r\nFrom: x@y\r\nNewsgroups: ", groups,
               "\r\nSubject: s\r\nDate: Tue, 24 Nov 2026 03:42:40 +0000\r\nMessage-ID: ", id,
               "\r\n", more, "\r\nbody\r\n");
}

std::string takethis(std::string_view id, std::string_view groups = "a", std::string_view more = "")
{
    return cat("TAKETHIS ", id, "\r\n", article(id, groups, more), ".\r\n");
}

// A server with the groups a, b and, for nobody, c; what is fed to d goes to a peer that is away.
struct Server {
    test::KitFixture kit;
    test::MemoryStore store;
    mboxlist::MemoryDirectory directory;
    mboxlist::Newsgroups newsgroups;
    backend::BackendPool backends{kit.config, backend::nntp_dialect()};
    backend::BackendPool mail{kit.config, backend::lmtp_dialect()};
    delivery::DeliveryMemory memory;
    nntp::Feed feed;
    bool reads = true, feeds = true;

    explicit Server(std::string_view options = "")
        : kit(cat("allowplaintext: yes\nnewsprefix: news\n", options), nntp::kProtocol),
          newsgroups(must(mboxlist::Newsgroups::open(kit.config))),
          memory(must(delivery::DeliveryMemory::open(kit.dir.file("deliver.db")))),
          feed(kit.config, must(nntp::peers_of(kit.config)))
    {
        for (const char* name : {"news.a", "news.b", "news.c"}) {
            auto box = store.make(name);
            box->entry.acl = must(model::Acl::parse(
                std::string_view(name) == "news.c" ? "" : "anyone\tlrsp\t"));
            ASSERT_OK(directory.commit(std::vector{mboxlist::Change::put(box->entry)}));
        }
    }
    template <class T>
    static T must(Result<T> made)
    {
        ASSERT_OK(made);
        return *std::move(made);
    }
    // All that is said to a client that says that, and no more.
    std::string talk(std::string_view text)
    {
        int ends[2] = {-1, -1};
        ck_assert_int_eq(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        ck_assert_int_eq(::write(ends[1], text.data(), text.size()),
                         static_cast<ssize_t>(text.size()));
        ::shutdown(ends[1], SHUT_WR);
        {
            stream::Stream client{Fd(ends[0])};
            nntp::Engine({.config = kit.config,
                          .kit = *kit.kit,
                          .client = client,
                          .directory = directory,
                          .newsgroups = newsgroups,
                          .backends = backends,
                          .articles = memory.articles,
                          .mail = mail,
                          .local = {.store = &store,
                                    .duplicates = &memory.duplicates,
                                    .unfinished = &memory.unfinished,
                                    .articles = &memory.articles},
                          .feed = kit.config.newspeer().empty() ? nullptr : &feed,
                          .reads = reads,
                          .feeds = feeds})
                .run();
        }
        std::string out;
        char piece[4096];
        for (ssize_t n; (n = ::read(ends[1], piece, sizeof piece)) > 0;)
            out.append(piece, static_cast<size_t>(n));
        ::close(ends[1]);
        return out;
    }
    // The codes of the lines behind the greeting and the login.
    std::string codes(std::string_view text)
    {
        std::string codes;
        size_t n = 0;
        for (const std::string_view line : split(talk(cat(kLogin, text)), '\n'))
            if (n++ > 2 && line.size() > 3)
                cat_to(codes, codes.empty() ? "" : " ", line.substr(0, 3));
        return codes;
    }
    std::vector<std::string> in(const std::string& name)
    {
        std::vector<std::string> all;
        for (const auto& m : store.state(name)->messages) all.push_back(m->bytes);
        return all;
    }
};

START_TEST(nothing_is_to_be_had_before_the_login)
{
    Server s;
    const std::string said =
        s.talk("GROUP a\r\nPOST\r\nIHAVE <1@x>\r\nLIST\r\nDATE\r\nCHECK <1@x>\r\n");
    ck_assert_msg(said.find("\r\n480 ") != said.npos && said.find("\r\n211") == said.npos, "%s",
                  said.c_str());
    ck_assert_uint_eq(static_cast<size_t>(std::count(said.begin(), said.end(), '\n')), 7);
    ck_assert(Server("allowanonymouslogin: yes\n").talk("GROUP a\r\n").find("\r\n211 0 1 0 a") !=
              std::string::npos);
}
END_TEST

START_TEST(what_a_session_is_for)
{
    Server s;
    ASSERT_EQ_TEXT(s.codes("GROUP a\r\nCHECK <1@x>\r\nPOST\r\n"), "211 238 340");
    s.reads = false;
    ASSERT_EQ_TEXT(s.codes("GROUP a\r\nCHECK <1@x>\r\nPOST\r\n"), "502 238 502");
    s.reads = true;
    s.feeds = false;
    ASSERT_EQ_TEXT(s.codes("GROUP a\r\nCHECK <1@x>\r\n"), "211 502");
}
END_TEST

START_TEST(lines_that_are_no_commands_end_it)
{
    Server s;
    std::string lines;
    for (size_t i = 1; i < nntp::kMaxErrors; ++i) lines += "X\r\n";
    // One that is one between them begins the count anew.
    const std::string said = s.codes(cat(lines, "DATE\r\n", lines, "X\r\nDATE\r\n"));
    ck_assert_msg(said.ends_with("500 400"), "%s", said.c_str());
    ck_assert_uint_eq(said.find("111"), 4 * (nntp::kMaxErrors - 1));
}
END_TEST

START_TEST(an_article_in_several_groups_is_taken_once)
{
    Server s;
    const std::string first = takethis("<1@x>", "a,b,c,none", "Xref: t a:7\r\n");
    ASSERT_EQ_TEXT(s.codes(cat("CHECK <1@x>\r\n", first, "CHECK <1@x>\r\n", takethis("<1@x>"),
                               takethis("<2@x>", "c"), takethis("<3@x>", "none"),
                               "CHECK <3@x>\r\nCHECK <2@x>\r\n")),
                   "238 239 438 439 439 439 438 238");
    ck_assert_uint_eq(s.in("news.a").size(), 1);
    ck_assert_uint_eq(s.in("news.b").size(), 1);
    ck_assert(s.in("news.c").empty());
    const std::string filed = s.in("news.a").front();
    ck_assert_msg(filed.starts_with("Path: be1.example.org!there!not-for-mail\r\n"), "%s",
                  filed.c_str());
    ck_assert(filed.find("Xref") == filed.npos && filed.ends_with("\r\n\r\nbody\r\n"));
}
END_TEST

// 436, 441, and of TAKETHIS, which has no code for it, the end.
START_TEST(what_cannot_be_filed_now_is_taken_later)
{
    Server s;
    s.store.fail_append = Error{Code::no_space, "full"};
    const std::string ihave = cat("IHAVE <1@x>\r\n", article("<1@x>"), ".\r\n");
    ASSERT_EQ_TEXT(s.codes(ihave), "335 436");
    ASSERT_EQ_TEXT(s.codes(cat("POST\r\n", article("<2@x>").substr(26), ".\r\n")), "340 441");
    ASSERT_EQ_TEXT(s.codes(cat(takethis("<3@x>"), "DATE\r\n")), "400");
    s.store.fail_append.reset();
    ASSERT_EQ_TEXT(s.codes(cat(ihave, takethis("<3@x>"), "CHECK <1@x>\r\n")), "335 235 239 438");
    ck_assert_uint_eq(s.in("news.a").size(), 2);
}
END_TEST

START_TEST(what_ends_half_way_was_never_there)
{
    Server s;
    const std::string whole = takethis("<1@x>");
    for (size_t size = 0; size + 2 < whole.size(); size += 7)
        ASSERT_EQ_TEXT(s.codes(whole.substr(0, size)), "");
    ck_assert(s.in("news.a").empty());
    ASSERT_EQ_TEXT(s.codes(whole), "239");
}
END_TEST

// Without opening them, but for one where numbers end.
START_TEST(what_lists_tell_of_groups)
{
    Server s;
    const auto a = s.store.state("news.a"), b = s.store.state("news.b");
    for (const uint32_t uid : {3u, 5u, 9u}) {
        a->uidnext = uid;
        a->append("Subject: x\r\n\r\n");
    }
    a->expunge_uid(3);
    for (const uint32_t uid : {7u, nntp::kMaxNumber + 1}) {
        b->uidnext = uid;
        b->append("Subject: x\r\n\r\n");
    }
    const std::string said = s.talk(cat(kLogin, "LIST ACTIVE\r\nLIST COUNTS a\r\nGROUP a\r\n"));
    for (const std::string_view line :
         {"\na 9 5 y\r\nb 2147483647 7 x\r\n.", "\na 9 5 2 y\r\n.", "\n211 2 5 9 a\r\n"})
        ck_assert_msg(said.find(line) != said.npos, "%s", said.c_str());
    // A list alone opens nothing.
    s.store.fail_open = Error{Code::corrupt, "damaged"};
    const std::string again = s.talk(cat(kLogin, "LIST ACTIVE\r\n"));
    ck_assert_msg(again.find("\na 9 5 y\r\n.") != again.npos, "%s", again.c_str());
}
END_TEST

// In the queue before it is filed, and not if it is not.
START_TEST(what_a_peer_gets_is_promised_first)
{
    Server s("newspeer: 127.0.0.1:1:b\n");
    const auto queued = [&] { return s.feed.queue() ? (*s.feed.queue())->list()->size() : 0; };
    ASSERT_EQ_TEXT(s.codes(takethis("<1@x>")), "239");
    ck_assert_uint_eq(queued(), 0);
    ASSERT_EQ_TEXT(s.codes(takethis("<2@x>", "a,b")), "239");
    ck_assert_uint_eq(queued(), 1);
    s.store.fail_append = Error{Code::no_space, "full"};
    ASSERT_EQ_TEXT(s.codes(takethis("<3@x>", "b")), "400");
    ck_assert_uint_eq(queued(), 1);
    s.store.fail_append.reset();
    // It cannot be promised: there is no folder for it any more.
    const std::string folder = nntp::Feed::directory(s.kit.config);
    ck_assert_int_eq(::rename(folder.c_str(), cat(folder, ".away").c_str()), 0);
    ASSERT_EQ_TEXT(s.codes(takethis("<4@x>", "b")), "400");
    ck_assert_uint_eq(s.in("news.b").size(), 1);
    ck_assert_int_eq(::rename(cat(folder, ".away").c_str(), folder.c_str()), 0);
    ASSERT_EQ_TEXT(s.codes(takethis("<4@x>", "b")), "239");
    ck_assert_uint_eq(s.in("news.b").size(), 2);
    ck_assert_uint_eq(queued(), 2);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/nntp/engine");
    TCase* c = tcase_create("all");
    tcase_add_test(c, nothing_is_to_be_had_before_the_login);
    tcase_add_test(c, what_a_session_is_for);
    tcase_add_test(c, lines_that_are_no_commands_end_it);
    tcase_add_test(c, an_article_in_several_groups_is_taken_once);
    tcase_add_test(c, what_cannot_be_filed_now_is_taken_later);
    tcase_add_test(c, what_ends_half_way_was_never_there);
    tcase_add_test(c, what_lists_tell_of_groups);
    tcase_add_test(c, what_a_peer_gets_is_promised_first);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
