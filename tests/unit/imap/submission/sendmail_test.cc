#include "imap/submission/sendmail.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "lib/base/signals.h"
#include "tests/unit/imap/submission/fake_program.h"

namespace {

using namespace rookery;
using namespace rookery::submission;
using rookery::test::FakeProgram;

std::string fed(std::string_view message)
{
    std::string out;
    MessageFeed feed(message);
    for (std::string_view piece; !(piece = feed.next()).empty();) out += piece;
    return out;
}

START_TEST(a_message_goes_in_with_lf_and_without_return_path)
{
    const std::string body(100000, 'b');
    const std::string turned(32767, 'c');  // its CR is the last byte of a piece
    const struct {
        std::string message, fed;
    } table[] = {
        {"", ""},
        {"A: b\r\n\r\nx\r\n", "A: b\n\nx\n"},
        {"A: b\n\nx", "A: b\n\nx"},
        {"Return-Path: <a@b>\r\nA: b\r\n\r\nx\r\n", "A: b\n\nx\n"},
        {"X: y\r\nreturn-path:\r\n\t<a@b>\r\n c\r\nA: b\r\n\r\n", "X: y\nA: b\n\n"},
        {"A: b\r\n\r\nReturn-Path: <kept>\r\n", "A: b\n\nReturn-Path: <kept>\n"},
        {"A: b\r\n\tReturn-Path: kept\r\n\r\n", "A: b\n\tReturn-Path: kept\n\n"},
        {"Return-Path: <" + body + ">\r\nA: b\r\n\r\n", "A: b\n\n"},
        {"A: b\r\n\r\n" + body + "\r\n" + body, "A: b\n\n" + body + "\n" + body},
        {turned + "\r\nx\r\n", turned + "\nx\n"},
        {"A: b\r\n\r\na\rb\r\r\nc\r", "A: b\n\na\rb\r\nc\r"},
    };
    for (const auto& row : table) ASSERT_EQ_TEXT(fed(row.message), row.fed);
}
END_TEST

START_TEST(the_program_gets_the_envelope_as_words)
{
    test::TempDir folder;
    FakeProgram program(folder);
    const std::string message = "Return-Path: <a@b>\r\nA: b\r\n\r\n.\r\n";
    Sent sent = run_sendmail(
        {program.path(), "a@b", {"x@y", "$(touch z)@y", "\"a b\"@c"}, message, folder.path()});
    ck_assert(sent.outcome == Sent::Outcome::sent);
    ASSERT_EQ_TEXT(program.words(), "-i\n-f\na@b\n--\nx@y\n$(touch z)@y\n\"a b\"@c\n");
    ASSERT_EQ_TEXT(program.input(), "A: b\n\n.\n");
    sent = run_sendmail({program.path(), "", {"x@y"}, message, folder.path()});
    ASSERT_EQ_TEXT(program.words(), "-i\n-f\n<>\n--\nx@y\n");
}
END_TEST

START_TEST(its_end_says_what_becomes_of_the_mail)
{
    using Outcome = Sent::Outcome;
    test::TempDir folder;
    FakeProgram program(folder);
    const struct {
        const char* end;
        Outcome outcome;
        const char* reason;
    } table[] = {
        {"exit 0", Outcome::sent, ""},
        {"echo a warning >&2; exit 0", Outcome::sent, ""},
        {"exit 65", Outcome::refused, "the sendmail program ended with 65"},
        {"echo; echo ' no such user'; echo ' no such user' >&2; echo more >&2; exit 67",
         Outcome::refused, "the sendmail program ended with 67: no such user"},
        {"exit 68", Outcome::refused, "the sendmail program ended with 68"},
        {"printf 'too\\001 \\303\\274big\\n' >&2; exit 69", Outcome::refused,
         "the sendmail program ended with 69: too? ??big"},
        {"exit 1", Outcome::failed_for_now, "the sendmail program ended with 1"},
        {"exit 64", Outcome::failed_for_now, "the sendmail program ended with 64"},
        {"exit 66", Outcome::failed_for_now, "the sendmail program ended with 66"},
        {"exit 70", Outcome::failed_for_now, "the sendmail program ended with 70"},
        {"exit 71", Outcome::failed_for_now, "the sendmail program ended with 71"},
        {"exit 72", Outcome::failed_for_now, "the sendmail program ended with 72"},
        {"exit 73", Outcome::failed_for_now, "the sendmail program ended with 73"},
        {"exit 74", Outcome::failed_for_now, "the sendmail program ended with 74"},
        {"echo later >&2; exit 75", Outcome::failed_for_now,
         "the sendmail program ended with 75: later"},
        {"exit 76", Outcome::failed_for_now, "the sendmail program ended with 76"},
        {"exit 77", Outcome::failed_for_now, "the sendmail program ended with 77"},
        {"exit 78", Outcome::failed_for_now, "the sendmail program ended with 78"},
        {"exit 127", Outcome::failed_for_now, "the sendmail program ended with 127"},
        {"kill -9 $$", Outcome::failed_for_now, "the sendmail program ended by signal 9"},
    };
    for (const auto& row : table) {
        program.becomes(row.end);
        const Sent sent =
            run_sendmail({program.path(), "a@b", {"x@y"}, "A: b\r\n\r\nx\r\n", folder.path()});
        ck_assert_msg(sent.outcome == row.outcome, "%s: %s", row.end, sent.reason.c_str());
        ASSERT_EQ_TEXT(sent.reason, row.reason);
    }
}
END_TEST

START_TEST(a_program_that_is_missing_or_hangs_or_does_not_read_failed_for_now)
{
    test::TempDir folder;
    FakeProgram program(folder);
    const std::string large = "A: b\r\n\r\n" + std::string(1u << 20, 'x') + "\r\n";
    SendmailCall call{folder.file("none"), "a@b", {"x@y"}, large, folder.path()};
    Sent sent = run_sendmail(call);
    ck_assert(sent.outcome == Sent::Outcome::failed_for_now);
    ASSERT_EQ_TEXT(sent.reason, "the sendmail program cannot be run: No such file or directory");
    call.program = program.path();
    program.says("exit 0");
    sent = run_sendmail(call);
    ck_assert(sent.outcome == Sent::Outcome::failed_for_now);
    ASSERT_EQ_TEXT(sent.reason, "the sendmail program did not read the message");
    // Neither reads nor ends, and has a child of its own; what it said is told.
    program.says("echo stuck >&2; sleep 1000 & sleep 1000");
    call.timeout = Milliseconds(300);
    sent = run_sendmail(call);
    ck_assert(sent.outcome == Sent::Outcome::failed_for_now);
    ASSERT_EQ_TEXT(sent.reason, "the sendmail program did not end in time: stuck");
    // One that ends while a child of its own keeps the descriptors is not waited for.
    program.becomes("sleep 1000 & echo $! >'" + folder.file("pid") + "'; exit 0");
    call.timeout = kSendTimeout;
    sent = run_sendmail(call);
    ck_assert(sent.outcome == Sent::Outcome::sent);
    const int left = std::stoi(read_file(folder.file("pid"), 100).value_or("0"));
    ck_assert_int_gt(left, 1);
    ::kill(left, SIGKILL);
}
END_TEST

START_TEST(no_child_and_no_handler_is_left_behind)
{
    test::TempDir folder;
    FakeProgram program(folder);
    // As in a worker of a daemon: signals are flags, SIGCHLD is one of them.
    signals::install();
    struct sigaction before {
    }, after{};
    ::sigaction(SIGPIPE, nullptr, &before);
    program.becomes("kill -s PIPE $$; exit 0");
    const Sent sent = run_sendmail({program.path(), "a@b", {"x@y"}, "A: b\r\n\r\n", folder.path()});
    // The child has its signals again.
    ASSERT_EQ_TEXT(sent.reason, "the sendmail program ended by signal 13");
    ::sigaction(SIGPIPE, nullptr, &after);
    ck_assert(before.sa_handler == after.sa_handler);
    ck_assert_int_eq(::waitpid(-1, nullptr, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
}
END_TEST

START_TEST(the_child_has_three_descriptors_and_a_small_environment)
{
    test::TempDir folder;
    FakeProgram program(folder);
    ::setenv("SECRET", "x", 1);
    const int leaked = ::dup(2);  // not closed on exec
    program.becomes("ls /proc/$$/fd 2>/dev/null | grep -c '^[0-2]$' >'" + folder.file("some") +
                    "'\n[ -e /proc/$$/fd/" + std::to_string(leaked) + " ] && exit 1\nenv >'" +
                    folder.file("env") + "'; pwd >>'" + folder.file("env") + "'");
    const Sent sent = run_sendmail({program.path(), "a@b", {"x@y"}, "A: b\r\n\r\n", folder.path()});
    ::close(leaked);
    ASSERT_EQ_TEXT(sent.reason, "");
    const std::string env = read_file(folder.file("env"), 100000).value_or("");
    ck_assert(env.find("PATH=/usr/sbin:/usr/bin") != env.npos);
    ck_assert(env.find("SECRET") == env.npos);
    ck_assert(env.ends_with("\n/\n"));
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("imap/submission/sendmail");
    TCase* tcase = tcase_create("all");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, a_message_goes_in_with_lf_and_without_return_path);
    tcase_add_test(tcase, the_program_gets_the_envelope_as_words);
    tcase_add_test(tcase, its_end_says_what_becomes_of_the_mail);
    tcase_add_test(tcase, a_program_that_is_missing_or_hangs_or_does_not_read_failed_for_now);
    tcase_add_test(tcase, no_child_and_no_handler_is_left_behind);
    tcase_add_test(tcase, the_child_has_three_descriptors_and_a_small_environment);
    suite_add_tcase(suite, tcase);
    return suite;
}
const rookery::test::Registered registered(make);

}  // namespace
