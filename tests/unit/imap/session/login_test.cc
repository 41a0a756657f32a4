// What becomes of a login, whatever the protocol.
#include "imap/session/login.h"

#include "lib/stream/memory_layer.h"
#include "lib/text/base64.h"
#include "tests/unit/imap/session/kit_fixture.h"

namespace {

using namespace rookery;
using session::Login;
using End = session::Login::End;
using test::KitFixture;

// A client that says this, and what it is told.
struct Client {
    explicit Client(std::string says) : ends{std::move(says), {}, 65536, false, false} {}
    stream::MemoryEnds ends;
    stream::Stream stream{stream::memory_layer(ends)};
};

std::string plain(std::string_view authzid, std::string_view authid, std::string_view password)
{
    std::string bytes(authzid);
    bytes.push_back('\0');
    bytes += authid;
    bytes.push_back('\0');
    bytes += password;
    return text::base64_encode(bytes);
}

Login attempt(KitFixture& f, Client& c, const std::string& mechanism,
              const std::optional<std::string>& initial = std::nullopt)
{
    return session::sasl_login(*f.kit, c.stream, mechanism, initial,
                               session::base64_challenge(c.stream, "+ "));
}

struct Row {
    const char* what;
    std::string says;
    std::string mechanism;
    End end;
};

START_TEST(every_end_of_an_exchange)
{
    const Row rows[] = {
        {"right", plain("", "bob", "secret") + "\r\n", "PLAIN", End::ok},
        {"a frontend that has no password", plain("bob", "fe", "secret") + "\r\n", "PLAIN",
         End::refused},
        {"wrong password", plain("", "bob", "wrong") + "\r\n", "PLAIN", End::refused},
        {"no such user", plain("", "eve", "secret") + "\r\n", "PLAIN", End::refused},
        {"for somebody else", plain("cyrus", "bob", "secret") + "\r\n", "PLAIN", End::may_not_act},
        {"no mechanism", "", "NONSENSE", End::no_mechanism},
        {"cancelled", "*\r\n", "PLAIN", End::cancelled},
        {"not base64", "?\r\n", "PLAIN", End::malformed},
        {"too long", std::string(session::kMaxSaslLine + 10, 'A') + "\r\n", "PLAIN",
         End::malformed},
        {"gone", "", "PLAIN", End::gone},
        {"gone within a line", "Ym9i", "PLAIN", End::gone},
    };
    for (const Row& row : rows) {
        KitFixture f("allowplaintext: yes\nsasl_mech_list: PLAIN\n");
        Client c(row.says);
        const Login login = attempt(f, c, row.mechanism);
        ck_assert_msg(login.end == row.end, "%s: %d, %s", row.what, static_cast<int>(login.end),
                      login.text.c_str());
        if (row.end == End::ok) ASSERT_EQ_TEXT(login.who.userid, "bob");
        if (row.mechanism == "PLAIN") ASSERT_EQ_TEXT(c.ends.output, "+ \r\n");
    }
}
END_TEST

START_TEST(an_initial_response_asks_nothing)
{
    KitFixture f("allowplaintext: yes\n");
    Client c("");
    auto initial = session::decode_initial(plain("", "bob", "secret"));
    ASSERT_OK(initial);
    ck_assert(attempt(f, c, "PLAIN", *initial).end == End::ok);
    ASSERT_EQ_TEXT(c.ends.output, "");
    ASSERT_EQ_TEXT(*session::decode_initial("="), "");
    ASSERT_CODE(session::decode_initial("?"), Code::syntax);
}
END_TEST

START_TEST(passwords_go_where_they_may)
{
    KitFixture open("allowplaintext: yes\n");
    ck_assert(session::password_login(*open.kit, "bob", "secret").end == End::ok);
    ck_assert(session::password_login(*open.kit, "bob", "wrong").end == End::refused);
    KitFixture closed;
    ck_assert(session::password_login(*closed.kit, "bob", "secret").end == End::needs_privacy);
    Client c("");
    ck_assert(attempt(closed, c, "PLAIN").end == End::no_mechanism);
}
END_TEST

START_TEST(apop_is_offered_where_it_may_be)
{
    KitFixture f;
    const auto challenge = f.kit->apop_challenge();
    ck_assert(challenge.has_value());
    const std::string wrong(32, '0');
    ck_assert(session::apop_login(*f.kit, *challenge, "bob", wrong).end == End::refused);
    ck_assert(session::apop_login(*f.kit, *challenge, "b*b", wrong).end == End::refused);
    for (const char* option : {"allowapop: no\n", "tls_required: yes\n"})
        ck_assert(!KitFixture(option).kit->apop_challenge());
}
END_TEST

START_TEST(kerberos_and_nothing_else)
{
    KitFixture f("allowplaintext: yes\n");
    f.kit->require_kerberos();
    ck_assert(!f.kit->apop_challenge());
    ck_assert(session::password_login(*f.kit, "bob", "secret").end == End::needs_privacy);
    for (const std::string& name : f.kit->mechanisms())
        ck_assert(name == "GSSAPI" || name.starts_with("GS2-KRB5"));
    Client c("");
    ck_assert(attempt(f, c, "PLAIN").end == End::no_mechanism);
    ck_assert(attempt(f, c, "CRAM-MD5").end == End::no_mechanism);
}
END_TEST

START_TEST(who_is_kept_out_is_told_why)
{
    KitFixture f("allowplaintext: yes\nuserdeny_db: flat\n");
    ASSERT_OK(replace_file(f.dir.file("user_deny.db"), "bob\t1\timap\tCome to room 12\n"));
    Login login = session::password_login(*f.kit, "bob", "secret");
    ck_assert(login.end == End::kept_out);
    ASSERT_EQ_TEXT(login.text, "Come to room 12");
}
END_TEST

Suite* login_suite()
{
    Suite* s = suite_create("imap/session/login");
    TCase* c = tcase_create("all");
    tcase_add_test(c, every_end_of_an_exchange);
    tcase_add_test(c, an_initial_response_asks_nothing);
    tcase_add_test(c, passwords_go_where_they_may);
    tcase_add_test(c, apop_is_offered_where_it_may_be);
    tcase_add_test(c, kerberos_and_nothing_else);
    tcase_add_test(c, who_is_kept_out_is_told_why);
    suite_add_tcase(s, c);
    return s;
}

const test::Registered kRegistered(login_suite);

}  // namespace
