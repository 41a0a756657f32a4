#include "imap/backend/health.h"

#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/strings.h"
#include "tests/unit/unit.h"

using namespace rookery;
using backend::Health;

namespace {

constexpr Health::Options kPatient{3, Milliseconds(60000), Milliseconds(60000)};
constexpr Health::Options kQuick{2, Milliseconds(1), Milliseconds(60000)};

START_TEST(a_circuit_opens_after_failures_in_a_row)
{
    test::TempDir dir;
    Health h(dir.file("health"), kPatient);
    ck_assert(h.usable());
    for (int i = 0; i < 2; i++) {
        h.report("be1", "imap", false);
        ASSERT_OK(h.allow("be1", "imap"));
    }
    h.report("be1", "imap", true);
    for (int i = 0; i < 3; i++) h.report("be1", "imap", false);
    ASSERT_CODE(h.allow("be1", "imap"), Code::unavailable);
    ck_assert(h.is_open("be1", "imap"));
    ASSERT_OK(h.allow("be1", "lmtp"));
    ASSERT_OK(h.allow("be2", "imap"));
    ASSERT_OK(h.allow("be", "imap"));
    h.report("be1", "imap", true);
    ASSERT_OK(h.allow("be1", "imap"));
    ck_assert(!h.is_open("be1", "imap"));
}
END_TEST

// Whoever is told at once that nobody is there may ask again at once, and so finds him back.
START_TEST(who_refuses_at_once_is_asked_again)
{
    test::TempDir dir;
    Health h(dir.file("health"), kPatient);
    for (int i = 0; i < 5; i++) {
        h.refused("be1", "imap");
        ASSERT_OK(h.allow("be1", "imap"));
        ASSERT_OK(h.allow("be1", "imap"));
    }
    ck_assert(h.is_open("be1", "imap"));
    h.report("be1", "imap", false);
    ASSERT_CODE(h.allow("be1", "imap"), Code::unavailable);
    h.refused("be1", "imap");
    ASSERT_OK(h.allow("be1", "imap"));
    h.report("be1", "imap", true);
    ck_assert(!h.is_open("be1", "imap"));
}
END_TEST

START_TEST(processes_share_it)
{
    test::TempDir dir;
    Health h(dir.file("health"), kPatient);
    pid_t pid = fork();
    if (pid == 0) {
        Health other(dir.file("health"), kPatient);
        for (int i = 0; i < 3; i++) other.report("be1.example.org", "imap", false);
        _exit(0);
    }
    int status = 0;
    ck_assert(waitpid(pid, &status, 0) == pid && status == 0);
    ASSERT_CODE(h.allow("be1.example.org", "imap"), Code::unavailable);
}
END_TEST

START_TEST(one_probe_at_a_time)
{
    test::TempDir dir;
    Health h(dir.file("health"), kQuick);
    h.report("be1", "imap", false);
    h.report("be1", "imap", false);
    MonotonicTime give_up = monotonic_now() + Seconds(5);
    while (!h.allow("be1", "imap")) ck_assert(monotonic_now() < give_up);
    // That was the probe; nobody else is let through until it reports.
    ASSERT_CODE(h.allow("be1", "imap"), Code::unavailable);
    ASSERT_CODE(h.allow("be1", "imap"), Code::unavailable);
    h.report("be1", "imap", true);
    ASSERT_OK(h.allow("be1", "imap"));
    ASSERT_OK(h.allow("be1", "imap"));
}
END_TEST

START_TEST(without_a_file_everything_is_allowed)
{
    Health none("", kPatient);
    for (int i = 0; i < 9; i++) none.report("be1", "imap", false);
    ASSERT_OK(none.allow("be1", "imap"));
    Health lost("/nonexistent/dir/health", kPatient);
    ck_assert(!lost.usable());
    ASSERT_OK(lost.allow("be1", "imap"));
}
END_TEST

START_TEST(a_file_of_another_version_is_replaced)
{
    test::TempDir dir;
    ASSERT_OK(replace_file(dir.file("health"), "something else"));
    Health h(dir.file("health"), kPatient);
    ck_assert(h.usable());
    Health again(dir.file("health"), kPatient);
    for (int i = 0; i < 3; i++) h.report("be1", "imap", false);
    ASSERT_CODE(again.allow("be1", "imap"), Code::unavailable);
}
END_TEST

START_TEST(a_full_table_allows_everything)
{
    test::TempDir dir;
    Health h(dir.file("health"), kPatient);
    for (int i = 0; i < 600; i++) ASSERT_OK(h.allow(cat("server", i), "imap"));
    for (int i = 0; i < 3; i++) h.report("server599", "imap", false);
    for (int i = 0; i < 3; i++) h.report("server1", "imap", false);
    ASSERT_OK(h.allow("server599", "imap"));
    ASSERT_CODE(h.allow("server1", "imap"), Code::unavailable);
    ASSERT_OK(h.allow(std::string(200, 'x'), "imap"));
}
END_TEST

START_TEST(what_servers_announce_is_shared)
{
    test::TempDir dir;
    Health h(dir.file("health"), kPatient);
    Health other(dir.file("health"), kPatient);
    const auto all = [](const std::string&) { return true; };
    std::vector<std::string> everything(backend::kFromBackends.begin(),
                                        backend::kFromBackends.end());
    for (std::string& name : everything)
        if (name == "APPENDLIMIT=") name += "5000";
    ck_assert_uint_eq(other.missing("imap", all), 0);
    h.announce("be1", "imap", backend::announced(everything));
    ck_assert_uint_eq(other.missing("imap", all), 0);
    h.announce("be2", "imap", backend::announced({"IMAP4REV1", "move", "QUOTA=RES-STORAGE"}));
    h.announce("be3", "lmtp", backend::announced({}));
    auto missing = other.missing("imap", all);
    ck_assert(!backend::is_missing(missing, "MOVE"));
    ck_assert(!backend::is_missing(missing, "QUOTA=RES-STORAGE"));
    ck_assert(backend::is_missing(missing, "QUOTA"));
    ck_assert(backend::is_missing(missing, "APPENDLIMIT="));
    ck_assert(!backend::is_missing(missing, "IDLE"));  // that needs no backend
    // A server that does not count is asked about only if it would change something.
    std::string asked;
    const auto none = [&](const std::string& server) {
        asked += server;
        return false;
    };
    ck_assert_uint_eq(other.missing("imap", none), 0);
    ASSERT_EQ_TEXT(asked, "be2");
    h.announce("be2", "imap", backend::announced(everything));
    ck_assert_uint_eq(other.missing("imap", all), 0);
    // From a version that knew the first two names only.
    h.announce("be2", "imap", backend::Announced{2} << backend::kAnnouncedBits | 1);
    ck_assert_uint_eq(other.missing("imap", all), 2);
    ck_assert(!Health("", kPatient).missing("imap", all));
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/backend/health");
    TCase* c = tcase_create("all");
    tcase_add_test(c, what_servers_announce_is_shared);
    tcase_add_test(c, a_circuit_opens_after_failures_in_a_row);
    tcase_add_test(c, who_refuses_at_once_is_asked_again);
    tcase_add_test(c, processes_share_it);
    tcase_add_test(c, one_probe_at_a_time);
    tcase_add_test(c, without_a_file_everything_is_allowed);
    tcase_add_test(c, a_file_of_another_version_is_replaced);
    tcase_add_test(c, a_full_table_allows_everything);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
