// What a server may answer to a delivery, and what its recipients hear of it.
#include "imap/delivery/remote_delivery.h"

#include "imap/delivery/spooled_message.h"
#include "lib/base/strings.h"
#include "tests/support/scripted_peer.h"
#include "tests/unit/unit.h"

using namespace rookery;
using namespace rookery::test;
using delivery::RemoteDelivery;

namespace {

using Steps = std::vector<Step>;

Steps operator+(Steps a, const Steps& b)
{
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

// Of two recipients.
Steps envelope(const std::string& answers)
{
    return {expect("RSET"), expect("MAIL FROM:<s@x>"), expect("RCPT TO:<a>"), expect("RCPT TO:<b>"),
            send(answers)};
}
const Steps kAccepted = envelope("250 reset\r\n250 from\r\n250 a\r\n250-b\r\n250 b\r\n");
const Steps kText = {expect("DATA"), send("354 go\r\n"), expect("..text"), expect(".")};
const Steps kStays = {expect("QUIT")};
const Steps kIsDropped = {expect_end()};

struct Row {
    const char* what;
    Steps server;
    std::string codes;  // of a and b; "?" behind one that is a stray
};

const std::vector<Row> kRows = {
    {"as it should be", kAccepted + kText + Steps{send("250 ok\r\n452 4.2.2 full\r\n")} + kStays,
     "250 452 "},
    {"one is unknown",
     envelope("250 r\r\n250 f\r\n550 5.1.1 who\r\n250 b\r\n") + kText + Steps{send("250 ok\r\n")} +
         kStays,
     "550? 250 "},
    {"both are refused", envelope("250 r\r\n250 f\r\n550 5.7.1 no\r\n450 later\r\n") + kStays,
     "550 450 "},
    {"the sender is refused", envelope("250 r\r\n554 no\r\n503 a\r\n503 b\r\n") + kStays,
     "451 451 "},
    {"one says that it is about us",
     envelope("250 r\r\n250 f\r\n555 what\r\n550 5.7.1 b\r\n") + kStays, "451 550 "},
    {"over quota", envelope("250 r\r\n250 f\r\n452 4.2.2 full\r\n552 5.2.2 full\r\n") + kStays,
     "452 552 "},
    // A good-bye goes to nobody, and ends the connection.
    {"it says good-bye at once", {send("421 4.3.2 bye\r\n"), hang_up()}, "451 451 "},
    {"good-bye at RSET", envelope("421 bye\r\n") + kIsDropped, "451 451 "},
    {"good-bye at RCPT", envelope("250 r\r\n250 f\r\n250 a\r\n421 bye\r\n") + kIsDropped,
     "451 451 "},
    {"good-bye at DATA", kAccepted + Steps{expect("DATA"), send("421 bye\r\n")} + kIsDropped,
     "451 451 "},
    {"good-bye at the end", kAccepted + kText + Steps{send("250 ok\r\n421 bye\r\n")} + kIsDropped,
     "250 451 "},
    {"DATA is refused", kAccepted + Steps{expect("DATA"), send("554 no\r\n")} + kStays, "451 451 "},
    // What would be a success if it were the answer to something else.
    {"DATA is answered as done", kAccepted + Steps{expect("DATA"), send("250 ok\r\n")} + kIsDropped,
     "451 451 "},
    {"a recipient wants more", envelope("250 r\r\n250 f\r\n354 a\r\n250 b\r\n") + kIsDropped,
     "451 451 "},
    {"an answer too many",
     envelope("250 0\r\n250 r\r\n250 f\r\n250 a\r\n250 b\r\n") + Steps{expect("DATA")} + kIsDropped,
     "451 451 "},
    {"the end wants more", kAccepted + kText + Steps{send("354 go\r\n250 ok\r\n")} + kIsDropped,
     "451 451 "},
    {"nonsense at the end", kAccepted + kText + Steps{send("250 ok\r\nhello\r\n")} + kIsDropped,
     "250 451 "},
    // RFC 5321 4.2.1: all lines have the code of the first.
    {"the end changes its code",
     kAccepted + kText + Steps{send("250 ok\r\n452-4.2.2 full\r\n250 ok\r\n")} + kIsDropped,
     "250 451 "},
    {"a text that begins like a status code",
     envelope("250 r\r\n250 f\r\n553 5.1.example\r\n553 5.1.3 b\r\n") + kStays, "553 553? "},
    {"no code of ours", kAccepted + kText + Steps{send("650 a\r\n150 b\r\n")} + kIsDropped,
     "451 451 "},
    {"it goes before the end", kAccepted + kText + Steps{send("250 ok\r\n"), hang_up()},
     "250 451 "},
    {"it goes at once", {hang_up()}, "451 451 "},
};

START_TEST(what_servers_answer)
{
    const Row& row = kRows[static_cast<size_t>(_i)];
    TempDir dir;
    auto config = config::Config::from_text(
        cat("configdirectory: ", dir.path(), "\nservername: fe1\n"), "lmtp");
    ASSERT_OK(config);
    backend::BackendPool pool(*config, backend::lmtp_dialect());
    auto [ours, theirs] = connected_pair();
    ScriptedPeer peer(std::move(theirs), row.server);
    const std::string server = "127.0.0.1:1";  // where nobody is, if it is tried again
    pool.add(backend::backend_for_test(backend::lmtp_dialect(), server,
                                       stream::Stream(std::move(ours)), {"PIPELINING"}));
    delivery::SpooledMessage message(dir.path());
    ASSERT_OK(message.write(".text\r\n"));
    delivery::Transaction t;
    t.envelope.from = "s@x";
    t.message = &message;
    for (const char* address : {"a", "b"}) {
        auto name = model::MailboxName::from_internal(cat("user.", address));
        ASSERT_OK(name);
        t.recipients.push_back({.address = address,
                                .mailbox = *std::move(name),
                                .folder = {},
                                .userid = address,
                                .server = server});
    }
    std::string codes;
    RemoteDelivery remote(*config, pool);
    for (const auto& [i, answer] : remote.deliver(t, {{server, {0, 1}}})) {
        const delivery::Outcome& o = answer.outcome;
        const int code = o.status ? 250 : o.refusal ? o.refusal->code : 451;
        cat_to(codes, code, answer.stray ? "? " : " ");
    }
    ck_assert_msg(codes == row.codes, "%s: %s", row.what, codes.c_str());
    pool.drop_all();
    ck_assert_msg(peer.finished_well(), "%s", row.what);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/delivery/remote_delivery");
    TCase* c = tcase_create("all");
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, what_servers_answer, 0, static_cast<int>(kRows.size()));
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
