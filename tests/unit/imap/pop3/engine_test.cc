#include "imap/pop3/engine.h"

#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "imap/backend/dialect.h"
#include "imap/mboxlist/memory_directory.h"
#include "lib/text/base64.h"
#include "tests/support/memory_store.h"
#include "tests/unit/imap/session/kit_fixture.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;

// A server with bob, who has two messages.
struct Server {
    test::KitFixture kit;
    test::MemoryStore store;
    mboxlist::MemoryDirectory directory;
    std::shared_ptr<test::MemoryMailboxState> inbox = store.make("user.bob");
    backend::BackendPool backends{kit.config, backend::pop3_dialect()};
    int ends[2] = {-1, -1};
    std::optional<stream::Stream> client;

    explicit Server(std::string_view options)
        : kit(cat("allowplaintext: yes\n", options), pop3::kProtocol)
    {
        inbox->append("A: 1\r\n\r\n");
        inbox->append("A: 2\r\n\r\n");
        ASSERT_OK(directory.commit(std::vector{mboxlist::Change::put(inbox->entry)}));
        ck_assert_int_eq(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        client.emplace(Fd(ends[0]));
    }
    ~Server() { ::close(ends[1]); }

    pop3::Parts parts()
    {
        return {.config = kit.config,
                .kit = *kit.kit,
                .client = *client,
                .directory = directory,
                .backends = backends,
                .store = &store};
    }
    void say(std::string_view text) const
    {
        ck_assert_int_eq(::write(ends[1], text.data(), text.size()),
                         static_cast<ssize_t>(text.size()));
    }
    // All that it said, after its end.
    std::string said() const
    {
        std::string out;
        char piece[512];
        for (ssize_t n; (n = ::read(ends[1], piece, sizeof piece)) > 0;)
            out.append(piece, static_cast<size_t>(n));
        return out;
    }
    size_t messages() const
    {
        size_t count = 0;
        for (const auto& m : inbox->messages) count += m->expunged ? 0 : 1;
        return count;
    }
};

START_TEST(a_silent_client_is_logged_out_and_nothing_is_deleted)
{
    Server s("poptimeout: 1s\n");
    s.say("USER bob\r\nPASS secret\r\nDELE 1\r\n");
    pop3::Parts parts = s.parts();
    parts.least_timeout = Milliseconds(1);
    pop3::Engine(parts).run();
    const std::string said = s.said();
    ck_assert(said.find("+OK Marked") != said.npos);
    ck_assert(said.ends_with("-ERR [SYS/TEMP] Disconnected for inactivity\r\n"));
    ck_assert_uint_eq(s.messages(), 2);
    ASSERT_OK(s.store.lock_maildrop(s.inbox->entry));
}
END_TEST

START_TEST(ten_minutes_are_the_least)
{
    for (const auto& [option, minutes] :
         {std::pair("poptimeout: 1\n", 10), std::pair("", 10), std::pair("poptimeout: 25\n", 25)}) {
        Server s(option);
        const pop3::Engine engine(s.parts());
        ck_assert(s.client->timeout() == std::chrono::minutes(minutes));
    }
}
END_TEST

START_TEST(a_session_to_its_end)
{
    Server s("");
    s.say("USER bob\r\nPASS secret\r\nDELE 1\r\nQUIT\r\nSTAT\r\n");
    pop3::Engine(s.parts()).run();
    ck_assert(s.said().ends_with("+OK Bye\r\n"));
    ck_assert_uint_eq(s.messages(), 1);
}
END_TEST

std::string auth(std::string_view user, std::string_view authid, std::string_view password)
{
    return cat("AUTH PLAIN ", text::base64_encode(cat(user, '\0', authid, '\0', password)), "\r\n");
}

// What stands behind these is as if nobody had ever said anything.
START_TEST(nothing_of_a_login_is_left_behind)
{
    const std::string reuse = cat("USER bob\r\n", auth("bob", "fe", "secret"), "X-REUSE\r\n");
    struct {
        std::string said;
        const char* then;
        const char* answer;
    } rows[] = {
        {cat("USER bob\r\n", auth("", "bob", "wrong")), "PASS secret", "-ERR USER comes first"},
        {"USER bob\r\nAPOP bob abc\r\n", "PASS secret", "-ERR USER comes first"},
        {"USER bob\r\nPASS wrong\r\n", "PASS secret", "-ERR USER comes first"},
        {reuse, "PASS secret", "-ERR USER comes first"},
        {reuse, "STAT", "-ERR Please log in first"},
        {reuse, "X-REUSE", "-ERR Please log in first"},
        // The challenge was that of the greeting.
        {reuse, "APOP bob abc", "-ERR There is no APOP here"},
    };
    for (const auto& row : rows) {
        Server s("");
        ASSERT_OK(auth::set_password(s.kit.config, "fe", {}, "secret"));
        s.say(cat(row.said, row.then, "\r\nQUIT\r\n"));
        pop3::Engine(s.parts()).run();
        const std::string said = s.said();
        ck_assert_msg(said.ends_with(cat(row.answer, "\r\n+OK Bye\r\n")), "%s", said.c_str());
        ck_assert(row.said != reuse || said.find("+OK Bye") != said.rfind("+OK Bye"));
    }
}
END_TEST

// The reasons are for the log.
START_TEST(what_a_client_is_told_of_trouble)
{
    const struct {
        Code code;
        const char* at_login;
        const char* at_retr;
    } rows[] = {
        {Code::corrupt, "-ERR [SYS/PERM] The maildrop is damaged",
         "-ERR [SYS/PERM] Message 1 is damaged"},
        {Code::io, "-ERR [SYS/TEMP] Not possible", "-ERR [SYS/TEMP] Not possible"},
        {Code::not_found, "-ERR [SYS/PERM] There is no such maildrop", "-ERR No such message"},
        {Code::moved, "-ERR [SYS/TEMP] The mailbox is being",
         "-ERR [SYS/TEMP] The mailbox is being"},
        {Code::busy, "-ERR [IN-USE]", "-ERR [IN-USE]"},
    };
    for (const auto& row : rows) {
        for (const bool at_login : {true, false}) {
            Server s("");
            (at_login ? s.store.fail_open : s.store.fail_content) =
                Error{row.code, "index: checksum of record 1"};
            s.say("USER bob\r\nPASS secret\r\nRETR 1\r\nQUIT\r\n");
            pop3::Engine(s.parts()).run();
            const std::string said = s.said();
            ck_assert_msg(said.find(at_login ? row.at_login : row.at_retr) != said.npos, "%s",
                          said.c_str());
            ck_assert(said.find("checksum") == said.npos);
        }
    }
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("engine");
    TCase* c = tcase_create("engine");
    tcase_add_test(c, a_silent_client_is_logged_out_and_nothing_is_deleted);
    tcase_add_test(c, ten_minutes_are_the_least);
    tcase_add_test(c, a_session_to_its_end);
    tcase_add_test(c, nothing_of_a_login_is_left_behind);
    tcase_add_test(c, what_a_client_is_told_of_trouble);
    suite_add_tcase(suite, c);
    return suite;
}
const test::Registered registered(make);

}  // namespace
