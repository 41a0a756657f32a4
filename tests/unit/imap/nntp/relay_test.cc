#include "imap/nntp/relay.h"

#include <memory>

#include "lib/base/strings.h"
#include "lib/stream/memory_layer.h"
#include "tests/support/answering_layer.h"
#include "tests/unit/imap/backend/configured.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::test;
using nntp::Relay;
using Answers = std::vector<std::string>;

// A server that is logged in to, and answers each command with the next piece; and a client.
struct World {
    AnsweringEnds server;
    stream::MemoryEnds client;
    backend::BackendPool pool;
    stream::Stream stream;
    Relay relay;

    explicit World(Answers answers, size_t chunk = 65536)
        : server{.answers = std::move(answers), .chunk = chunk, .said = {}, .written = {}},
          client{.input = {}, .output = {}},
          pool(configured(), backend::nntp_dialect()),
          stream(stream::memory_layer(client)),
          relay(pool, stream)
    {
        pool.add(backend::backend_for_test(backend::nntp_dialect(), "be1",
                                           stream::Stream(std::make_unique<AnsweringLayer>(server)),
                                           {}));
    }
    Status pass(std::string_view line)
    {
        const auto command = nntp::parse(line);
        ASSERT_OK(command);
        auto answer = relay.ask("be1", *command);
        if (!answer) return answer.error();
        return relay.pass_on("be1", *command, *answer);
    }
    bool is_kept() { return pool.find("be1") != nullptr; }
    const std::string& heard()
    {
        (void)stream.flush();
        return client.output;
    }
};

struct Answered {
    const char* command;
    std::string answer;
};

const Answered kAnswers[] = {
    {"STAT 1", "223 1 <1@x>\r\n"},
    {"NEXT", "421 No next article\r\n"},
    {"ARTICLE 1", "220 1 <1@x>\r\nSubject: s\r\n\r\n..\r\n..x\r\n. \r\n.\r\r\n\r\n.\r\n"},
    {"ARTICLE 1", "423 No such article\r\n"},
    {"BODY <1@x>", "222 0 <1@x>\r\n.\r\n"},
    {"HEAD 1", "221 1 <1@x>\r\nSubject: s\r\n.\r\n"},
    {"OVER 1-2", "224 follows\r\n1\ts\r\n2\tt\r\n.\r\n"},
    {"HDR Subject 1-", "225 follows\r\n1 s\r\n.\r\n"},
    {"XHDR Subject 1-", "221 follows\r\n1 s\r\n.\r\n"},
    {"HDR Subject 1-", "403 not now\r\n"},
    {"BODY 2", cat("222 2 <2@x>\r\n", std::string(100'000, 'x'), "\r\n.\r\n")},
};

START_TEST(an_answer_is_copied_to_its_end)
{
    for (const Answered& c : kAnswers)
        for (const size_t chunk : {1, 2, 3, 7, 65536}) {
            World w({c.answer, "223 1 <1@x>\r\n"}, chunk);
            ASSERT_OK(w.pass(c.command));
            ASSERT_EQ_TEXT(w.heard(), c.answer);
            ASSERT_EQ_TEXT(w.server.written, cat(c.command, "\r\n"));
            ASSERT_OK(w.pass("STAT"));
            ASSERT_EQ_TEXT(w.heard(), cat(c.answer, "223 1 <1@x>\r\n"));
            ck_assert(w.is_kept());
        }
}
END_TEST

// What is behind the end is nobody's answer.
START_TEST(what_was_not_asked_for_ends_the_connection)
{
    for (const Answered& c : kAnswers) {
        World w({c.answer + "223 9 <9@x>\r\n", "223 1 <1@x>\r\n"}, 1);
        ASSERT_OK(w.pass(c.command));
        ASSERT_EQ_TEXT(w.heard(), c.answer);
        ASSERT_CODE(w.pass("STAT"), Code::closed);
        ck_assert(!w.is_kept());
        ASSERT_EQ_TEXT(w.server.written, cat(c.command, "\r\n"));
    }
}
END_TEST

// Cut at each byte: the client gets nothing, or a part and then no more, and never an end.
START_TEST(an_answer_that_is_cut_short_ends_the_client)
{
    for (const Answered& c : kAnswers) {
        if (c.answer.size() > 1000) continue;
        for (size_t size = 0; size < c.answer.size(); ++size) {
            World w({c.answer.substr(0, size)});
            const Status done = w.pass(c.command);
            ck_assert_msg(!done.ok(), "%s cut at %zu", c.command, size);
            ck_assert(!w.is_kept());
            const size_t first = c.answer.find('\n') + 1;
            // Before its first line was whole an error can still be said.
            ck_assert_msg(w.stream.ok() == (size < first), "%s cut at %zu", c.command, size);
            ck_assert(c.answer.starts_with(w.heard()) && w.heard().size() <= size);
        }
    }
}
END_TEST

START_TEST(what_ends_a_connection)
{
    const struct {
        std::string answer;
        Code code;
    } rows[] = {
        {"400 going\r\n", Code::closed},
        {"nonsense\r\n", Code::syntax},
        {cat("223 ", std::string(5000, 'x'), "\r\n"), Code::limit},
        {"", Code::closed},
    };
    for (const auto& row : rows) {
        World w({row.answer});
        ASSERT_CODE(w.pass("STAT"), row.code);
        ck_assert(!w.is_kept() && w.stream.ok());
        ASSERT_EQ_TEXT(w.heard(), "");
    }
}
END_TEST

START_TEST(lines_of_a_list)
{
    World w({"215 follows\r\na 1 1 y\r\n..b 2 1 n\r\n\r\n.\r\n", "215 follows\r\na 1 1 y\r\n"}, 2);
    std::string lines;
    const auto add = [&](std::string_view line) { cat_to(lines, '<', line, '>'); };
    ck_assert_int_eq(w.relay.ask("be1", "LIST ACTIVE")->code, 215);
    ASSERT_OK(w.relay.each_line("be1", add));
    ASSERT_EQ_TEXT(lines, "<a 1 1 y><.b 2 1 n><>");
    // Without its end it is no list, and the client goes on.
    ck_assert_int_eq(w.relay.ask("be1", "LIST ACTIVE")->code, 215);
    ck_assert(!w.relay.each_line("be1", add).ok());
    ck_assert(!w.is_kept() && w.stream.ok());
    ASSERT_EQ_TEXT(w.heard(), "");
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/nntp/relay");
    TCase* c = tcase_create("all");
    tcase_add_test(c, an_answer_is_copied_to_its_end);
    tcase_add_test(c, what_was_not_asked_for_ends_the_connection);
    tcase_add_test(c, an_answer_that_is_cut_short_ends_the_client);
    tcase_add_test(c, what_ends_a_connection);
    tcase_add_test(c, lines_of_a_list);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
