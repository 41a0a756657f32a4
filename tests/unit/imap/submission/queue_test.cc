#include "imap/submission/queue.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "tests/unit/imap/submission/fake_program.h"

namespace {

using namespace rookery;
using namespace rookery::submission;
using rookery::test::FakeProgram;

constexpr int64_t kNow = 1'795'918'413;
constexpr std::array<std::string_view, 2> kMessage = {"Subject: x\r\n", "\r\nbody\r\n"};

const Outgoing kRedirect = {"a@b", {"x@y"}, "fred", Kind::redirect};

// A queue in a folder of its own, and its sendmail program.
struct Fixture {
    test::TempDir folder;
    FakeProgram program{folder};
    config::Config config = *config::Config::from_text(
        cat("configdirectory: ", folder.path(), "\nsendmail: ", program.path(), "\n"), "test");
    Queue queue = *Queue::open(config);
    std::vector<std::string> returned;

    std::string file(const std::string& name) const
    {
        return folder.path() + "/submission/" + name;
    }
    std::vector<std::string> files() const
    {
        std::vector<std::string> out;
        DIR* dir = ::opendir((folder.path() + "/submission").c_str());
        while (const dirent* entry = ::readdir(dir))
            if (entry->d_name[0] != '.') out.emplace_back(entry->d_name);
        ::closedir(dir);
        std::sort(out.begin(), out.end());
        return out;
    }
    std::string put(const Outgoing& mail)
    {
        auto ids = queue.put({&mail, 1}, kMessage, kNow);
        ASSERT_OK(ids);
        return ids->front();
    }
    Tried attempt(const std::string& id, int64_t now, bool can_return = true)
    {
        const Queue::GiveBack back = [&](const Entry& entry, std::string_view message) -> Status {
            if (!can_return) return Error{Code::over_quota, "no room"};
            returned.push_back(cat(entry.mail.owner, '|', entry.state.reason, '|', message));
            return success();
        };
        return queue.try_entry(id, When::due, back, now);
    }
    Entry only()
    {
        auto all = queue.list();
        ASSERT_OK(all);
        ck_assert_uint_eq(all->size(), 1);
        return all->front();
    }
};

#define ASSERT_TRIED(got, wanted) \
    ASSERT_EQ_TEXT(std::string(tried_word(got)), std::string(tried_word(wanted)))

START_TEST(what_is_put_is_sent_once)
{
    Fixture f;
    const std::vector<Outgoing> mails = {kRedirect, {"", {"v@w"}, "", Kind::vacation}};
    auto ids = f.queue.put(mails, kMessage, kNow);
    ASSERT_OK(ids);
    ck_assert_uint_eq(ids->size(), 2);
    ck_assert_uint_eq(f.files().size(), 2);
    struct stat one {
    }, other{};
    ck_assert_int_eq(::stat(f.file(f.files()[0]).c_str(), &one), 0);
    ck_assert_int_eq(::stat(f.file(f.files()[1]).c_str(), &other), 0);
    ck_assert(one.st_ino == other.st_ino);  // the message is there once
    ck_assert_uint_eq(Queue::counts(f.config).mails, 2);
    f.queue.send_now(ids->at(1));
    ASSERT_EQ_TEXT(f.program.words(), "-i\n-f\n<>\n--\nv@w\n");
    ASSERT_EQ_TEXT(f.program.input(), "Subject: x\n\nbody\n");
    f.queue.send_now(ids->at(0));
    ASSERT_EQ_TEXT(f.program.words(), "-i\n-f\na@b\n--\nx@y\n");
    f.queue.send_now(ids->at(0));
    f.queue.send_now("../../etc/passwd");
    ck_assert_uint_eq(f.program.calls(), 2);
    ck_assert_uint_eq(f.files().size(), 0);
}
END_TEST

START_TEST(nothing_is_there_of_what_was_refused)
{
    Fixture f;
    std::vector<Outgoing> mails = {kRedirect, {"a@b", {"-x"}, "", Kind::redirect}};
    ASSERT_CODE(f.queue.put(mails, kMessage, kNow), Code::syntax);
    mails.assign(kMaxMails + 1, kRedirect);
    ASSERT_CODE(f.queue.put(mails, kMessage, kNow), Code::limit);
    mails.assign(2, {"a@b", std::vector<std::string>(kMaxRecipients, std::string(900, 'x')), "",
                     Kind::redirect});
    ASSERT_CODE(f.queue.put(mails, kMessage, kNow), Code::limit);
    ck_assert_uint_eq(f.files().size(), 0);
    mails.clear();
    ck_assert_uint_eq(f.queue.put(mails, kMessage, kNow)->size(), 0);
}
END_TEST

START_TEST(what_is_cancelled_is_not_sent)
{
    Fixture f;
    const std::string id = f.put(kRedirect);
    ASSERT_OK(f.queue.cancel(id));
    ASSERT_CODE(f.queue.cancel(id), Code::not_found);
    f.queue.send_now(id);
    ck_assert_uint_eq(f.program.calls(), 0);
    ck_assert_uint_eq(f.files().size(), 0);
}
END_TEST

START_TEST(the_waits_double_up_to_the_longest)
{
    const struct {
        unsigned tries;
        int64_t wait;
    } table[] = {{1, 300},   {2, 600},   {3, 1200}, {4, 2400},   {5, 4800},    {6, 9600},
                 {7, 14400}, {8, 14400}, {0, 300},  {40, 14400}, {100, 14400}, {UINT32_MAX, 14400}};
    for (const auto& row : table) ck_assert_int_eq(retry_after(row.tries), row.wait);
}
END_TEST

START_TEST(what_fails_for_now_is_tried_again_when_it_is_due)
{
    Fixture f;
    f.program.becomes("echo come back >&2; exit 75");
    const std::string id = f.put(kRedirect);
    // It is whoever put it that tries first.
    ASSERT_TRIED(f.attempt(id, kNow + kOwnTry - 1), Tried::later);
    ck_assert_uint_eq(f.program.calls(), 0);
    int64_t now = kNow + kOwnTry;
    for (unsigned tries = 1; tries < 6; tries++) {
        ASSERT_TRIED(f.attempt(id, now), Tried::later);
        ck_assert_uint_eq(f.program.calls(), tries);
        const Entry entry = f.only();
        ck_assert_uint_eq(entry.state.tries, tries);
        ck_assert_int_eq(entry.state.next, now + retry_after(tries));
        ASSERT_EQ_TEXT(entry.state.reason, "the sendmail program ended with 75: come back");
        ASSERT_TRIED(f.attempt(id, entry.state.next - 1), Tried::later);
        ck_assert_uint_eq(f.program.calls(), tries);
        now = entry.state.next;
    }
    f.program.becomes("exit 0");
    ASSERT_TRIED(f.attempt(id, now), Tried::sent);
    ck_assert_uint_eq(f.files().size(), 0);
    ASSERT_TRIED(f.attempt(id, now), Tried::gone);
    ck_assert_uint_eq(f.returned.size(), 0);
}
END_TEST

START_TEST(what_cannot_be_sent_ends_by_its_kind)
{
    const struct {
        Outgoing mail;
        const char* end;
        int64_t now;
        Tried tried;
        size_t returned, files;
    } table[] = {
        {{"a@b", {"x@y"}, "fred", Kind::redirect}, "exit 67", kNow + 200, Tried::returned, 1, 0},
        {{"a@b", {"x@y"}, "fred", Kind::article}, "exit 67", kNow + 200, Tried::returned, 1, 0},
        {{"a@b", {"x@y"}, "", Kind::redirect}, "exit 67", kNow + 200, Tried::held, 0, 2},
        {{"a@b", {"x@y"}, "", Kind::article}, "exit 67", kNow + 200, Tried::held, 0, 2},
        {{"", {"x@y"}, "fred", Kind::vacation}, "exit 67", kNow + 200, Tried::dropped, 0, 0},
        {{"", {"x@y"}, "fred", Kind::notify}, "exit 67", kNow + 200, Tried::dropped, 0, 0},
        {{"", {"x@y"}, "fred", Kind::reject}, "exit 67", kNow + 200, Tried::dropped, 0, 0},
        {kRedirect, "exit 75", kNow + kLifetime - 1, Tried::later, 0, 2},
        {kRedirect, "exit 75", kNow + kLifetime, Tried::returned, 1, 0},
        {{"", {"x@y"}, "fred", Kind::vacation}, "exit 75", kNow + kLifetime, Tried::dropped, 0, 0},
        {kRedirect, "exit 0", kNow + 2 * kLifetime, Tried::sent, 0, 0},
    };
    for (const auto& row : table) {
        Fixture f;
        f.program.becomes(row.end);
        const std::string id = f.put(row.mail);
        ASSERT_TRIED(f.attempt(id, row.now), row.tried);
        ck_assert_uint_eq(f.returned.size(), row.returned);
        ck_assert_uint_eq(f.files().size(), row.files);
        ck_assert_uint_eq(f.program.calls(), 1);
    }
}
END_TEST

START_TEST(what_is_returned_tells_why_and_what)
{
    Fixture f;
    f.program.becomes("echo no such user >&2; exit 67");
    const std::string id = f.put(kRedirect);
    // The caller of send_now knows no mailboxes; it is for who does.
    f.queue.send_now(id);
    ck_assert_int_ne(f.only().state.failed, 0);
    ck_assert(!f.only().is_held);
    f.program.becomes("exit 0");
    // It stays while it cannot be returned, and is not sent after all.
    const int64_t now = f.only().state.next;
    ASSERT_TRIED(f.attempt(id, now, false), Tried::later);
    ASSERT_TRIED(f.attempt(id, now + kFirstRetry - 1), Tried::later);
    ck_assert_uint_eq(f.returned.size(), 0);
    ASSERT_TRIED(f.attempt(id, now + kFirstRetry), Tried::returned);
    ck_assert_uint_eq(f.program.calls(), 1);
    ck_assert_uint_eq(f.returned.size(), 1);
    ASSERT_EQ_TEXT(f.returned[0], "fred|the sendmail program ended with 67: no such user|Subject: "
                                  "x\r\n\r\nbody\r\n");
    ck_assert_uint_eq(f.files().size(), 0);
}
END_TEST

START_TEST(what_is_held_goes_when_an_administrator_says_so)
{
    Fixture f;
    f.program.becomes("exit 67");
    const std::string id = f.put({"a@b", {"x@y"}, "", Kind::redirect});
    ASSERT_TRIED(f.attempt(id, kNow + kOwnTry), Tried::held);
    ck_assert(f.only().is_held);
    f.program.becomes("exit 0");
    ASSERT_TRIED(f.attempt(id, kNow + kLifetime), Tried::held);
    ASSERT_TRIED(f.queue.try_entry(id, When::now, nullptr), Tried::sent);
    ck_assert_uint_eq(f.files().size(), 0);
}
END_TEST

START_TEST(what_has_an_owner_who_is_gone_is_held)
{
    Fixture f;
    f.program.becomes("exit 67");
    const std::string id = f.put(kRedirect);
    const Queue::GiveBack gone = [](const Entry&, std::string_view) -> Status {
        return Error{Code::not_found, "no such user"};
    };
    ASSERT_TRIED(f.queue.try_entry(id, When::due, gone, kNow + kOwnTry), Tried::held);
    ck_assert(f.only().is_held);
    // Held for good, also if the user is there again.
    ASSERT_TRIED(f.attempt(id, kNow + 2 * kLifetime), Tried::held);
    ck_assert_uint_eq(f.program.calls(), 1);
    ck_assert_uint_eq(f.returned.size(), 0);
}
END_TEST

START_TEST(one_at_a_time)
{
    Fixture f;
    const std::string id = f.put(kRedirect);
    {
        auto other = open_file(f.file(id + ".mail"), O_RDONLY);
        ASSERT_OK(other);
        ck_assert_int_eq(::flock(other->get(), LOCK_EX), 0);
        ASSERT_TRIED(f.attempt(id, kNow + kOwnTry), Tried::busy);
        ASSERT_CODE(f.queue.remove(id), Code::busy);
        f.queue.send_now(id);
        ck_assert_uint_eq(f.program.calls(), 0);
    }
    ASSERT_TRIED(f.attempt(id, kNow + kOwnTry), Tried::sent);
}
END_TEST

// Somebody waits for the lock: "-> FLOCK ... PID ..." in /proc/locks.
bool waits_for_lock(pid_t pid)
{
    const std::string locks = read_file("/proc/locks", 1u << 24).value_or("");
    for (const std::string_view line : split(locks, '\n')) {
        const auto words = split_words(line);
        if (words.size() > 5 && words[1] == "->" && words[2] == "FLOCK" &&
            std::find(words.begin(), words.end(), std::to_string(pid)) != words.end())
            return true;
    }
    return false;
}

START_TEST(who_waited_for_the_lock_looks_again)
{
    if (::access("/proc/locks", R_OK) != 0) return;
    Fixture f;
    const std::string id = f.put(kRedirect);
    auto holder = open_file(f.file(id + ".mail"), O_RDONLY);
    ASSERT_OK(holder);
    ck_assert_int_eq(::flock(holder->get(), LOCK_EX), 0);
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(f.queue.cancel(id).is(Code::not_found) ? 0 : 1);
    const Deadline deadline = Deadline::after(Seconds(20));
    while (!waits_for_lock(pid)) {
        ck_assert_msg(!deadline.passed(), "nobody waits");
        ::poll(nullptr, 0, 2);
    }
    // Sent by whoever has it, and so gone.
    ck_assert_int_eq(::unlink(f.file(id + ".mail").c_str()), 0);
    ck_assert_int_eq(::flock(holder->get(), LOCK_UN), 0);
    int status = 0;
    ck_assert_int_eq(::waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(a_damaged_one_costs_itself)
{
    const struct {
        const char* what;
        void (*damage)(std::string&);
    } table[] = {
        {"empty", [](std::string& s) { s.clear(); }},
        {"garbage", [](std::string& s) { s.assign(5000, '\xee'); }},
        {"torn", [](std::string& s) { s.resize(s.size() - 3); }},
        {"longer", [](std::string& s) { s += "x"; }},
        {"a byte of the message", [](std::string& s) { s.back() ^= 1; }},
        {"a byte of the envelope", [](std::string& s) { s[s.find("x@y")] ^= 1; }},
    };
    for (const auto& row : table) {
        Fixture f;
        const std::string bad = f.put(kRedirect);
        const std::string good = f.put(kRedirect);
        std::string text = *read_file(f.file(bad + ".mail"), 100000);
        row.damage(text);
        ASSERT_OK(replace_file(f.file(bad + ".mail"), text));
        ASSERT_TRIED(f.attempt(bad, kNow + kOwnTry), Tried::damaged);
        ASSERT_TRIED(f.attempt(good, kNow + kOwnTry), Tried::sent);
        ck_assert_msg(f.program.calls() == 1, "%s", row.what);
        ck_assert(f.only().is_damaged);
        ASSERT_EQ_TEXT(f.only().id, bad);
        ck_assert_uint_eq(Queue::counts(f.config).damaged, 1);
        ck_assert_uint_eq(Queue::counts(f.config).mails, 0);
        ASSERT_OK(f.queue.remove(bad));
        ck_assert_uint_eq(f.files().size(), 0);
    }
}
END_TEST

START_TEST(a_state_that_is_damaged_costs_a_try)
{
    Fixture f;
    f.program.becomes("exit 75");
    const std::string id = f.put(kRedirect);
    ASSERT_TRIED(f.attempt(id, kNow + kOwnTry), Tried::later);
    for (const std::string& text : {std::string(), std::string(10000, '\xee')}) {
        ASSERT_OK(replace_file(f.file(id + ".state"), text));
        ck_assert_int_eq(f.only().state.next, kNow + kOwnTry);
    }
    f.program.becomes("exit 0");
    ASSERT_TRIED(f.attempt(id, kNow + kOwnTry), Tried::sent);
    ck_assert_uint_eq(f.files().size(), 0);
}
END_TEST

// Every state that a put() of two can be cut short in.
START_TEST(what_a_crash_left_of_a_put_is_not_sent_and_goes)
{
    for (size_t links = 0; links <= 2; links++) {
        Fixture f;
        const std::vector<Outgoing> mails = {kRedirect, kRedirect};
        const auto ids = *f.queue.put(mails, kMessage, kNow);
        const std::string batch = ids[0].substr(0, 16);
        ck_assert_int_eq(::link(f.file(ids[0] + ".mail").c_str(), f.file(batch + ".new").c_str()),
                         0);
        for (size_t i = links; i < 2; i++)
            ck_assert_int_eq(::unlink(f.file(ids[i] + ".mail").c_str()), 0);
        for (const std::string& id : ids) ASSERT_TRIED(f.attempt(id, kNow + kOwnTry), Tried::gone);
        ck_assert_uint_eq(f.queue.list()->size(), 0);
        ck_assert_uint_eq(f.queue.sweep(wall_seconds() + kLeftover - 60), 0);
        ck_assert_uint_eq(f.files().size(), links + 1);
        {
            // It is being made: whoever does so has its lock.
            auto maker = open_file(f.file(batch + ".new"), O_RDONLY);
            ck_assert_int_eq(::flock(maker->get(), LOCK_EX), 0);
            ck_assert_uint_eq(f.queue.sweep(wall_seconds() + kLeftover + 60), 0);
        }
        ck_assert_uint_eq(f.queue.sweep(wall_seconds() + kLeftover + 60), links + 1);
        ck_assert_uint_eq(f.files().size(), 0);
        ck_assert_uint_eq(f.program.calls(), 0);
    }
}
END_TEST

START_TEST(other_leftovers_go_and_mails_stay)
{
    Fixture f;
    f.program.becomes("exit 75");
    const std::string id = f.put(kRedirect);
    ASSERT_TRIED(f.attempt(id, kNow + kOwnTry), Tried::later);
    ASSERT_OK(replace_file(f.file("0123456789abcdef-1.state"), "x"));
    ASSERT_OK(replace_file(f.file(id + ".state.NEW-1"), "x"));
    ASSERT_OK(replace_file(f.file("README"), "x"));
    ck_assert_uint_eq(f.queue.sweep(wall_seconds() + kLeftover + 60), 2);
    ck_assert_uint_eq(f.files().size(), 3);
    ck_assert_uint_eq(f.only().state.tries, 1);
}
END_TEST

// Articles for other servers have a way of their own, and each may come twice.
START_TEST(a_queue_with_another_way)
{
    test::TempDir folder;
    const std::string directory = folder.path() + "/newsfeed";
    Sent says;
    std::vector<std::string> carried;
    auto queue = Queue::open(directory, [&](const Outgoing& mail, std::string_view message) {
        carried.push_back(cat(mail.from, '|', mail.to.front(), '|', message));
        return says;
    });
    ASSERT_OK(queue);
    const std::vector<Outgoing> feeds = {{"<1@x>", {"a:119"}, "", Kind::feed},
                                         {"<1@x>", {"b"}, "", Kind::feed}};
    const auto ids = queue->put(feeds, kMessage, kNow);
    ASSERT_OK(ids);
    const auto attempt = [&](size_t i, Sent::Outcome outcome, int64_t now) {
        says = {outcome, "so it says"};
        return queue->try_entry((*ids)[i], When::due, nullptr, now);
    };
    const std::string state = directory + "/" + ids->front() + ".state";
    const int64_t later = kNow + kOwnTry;
    // Whoever takes it is away: that is no try of it, however often.
    for (int i = 0; i < 3; ++i) ASSERT_TRIED(attempt(0, Sent::Outcome::away, later), Tried::later);
    ck_assert(::access(state.c_str(), F_OK) != 0);
    ASSERT_TRIED(attempt(0, Sent::Outcome::failed_for_now, later), Tried::later);
    ck_assert(::access(state.c_str(), F_OK) == 0);
    ASSERT_TRIED(attempt(0, Sent::Outcome::sent, later), Tried::later);  // not due
    ASSERT_TRIED(attempt(0, Sent::Outcome::sent, later + kFirstRetry), Tried::sent);
    ck_assert_uint_eq(carried.size(), 5);
    ASSERT_EQ_TEXT(carried.back(), "<1@x>|a:119|Subject: x\r\n\r\nbody\r\n");
    // Not for ever.
    ASSERT_TRIED(attempt(1, Sent::Outcome::away, kNow + kLifetime - 1), Tried::later);
    ASSERT_TRIED(attempt(1, Sent::Outcome::away, kNow + kLifetime), Tried::dropped);
    const auto refused = queue->put({&feeds[0], 1}, kMessage, kNow);
    ASSERT_OK(refused);
    says = {Sent::Outcome::refused, "no"};
    ASSERT_TRIED(queue->try_entry(refused->front(), When::due, nullptr, later), Tried::dropped);
    ck_assert_uint_eq(Queue::counts(directory).mails, 0);
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("imap/submission/queue");
    TCase* tcase = tcase_create("all");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, what_is_put_is_sent_once);
    tcase_add_test(tcase, nothing_is_there_of_what_was_refused);
    tcase_add_test(tcase, what_is_cancelled_is_not_sent);
    tcase_add_test(tcase, the_waits_double_up_to_the_longest);
    tcase_add_test(tcase, what_fails_for_now_is_tried_again_when_it_is_due);
    tcase_add_test(tcase, what_cannot_be_sent_ends_by_its_kind);
    tcase_add_test(tcase, what_is_returned_tells_why_and_what);
    tcase_add_test(tcase, what_is_held_goes_when_an_administrator_says_so);
    tcase_add_test(tcase, what_has_an_owner_who_is_gone_is_held);
    tcase_add_test(tcase, one_at_a_time);
    tcase_add_test(tcase, who_waited_for_the_lock_looks_again);
    tcase_add_test(tcase, a_damaged_one_costs_itself);
    tcase_add_test(tcase, a_state_that_is_damaged_costs_a_try);
    tcase_add_test(tcase, what_a_crash_left_of_a_put_is_not_sent_and_goes);
    tcase_add_test(tcase, other_leftovers_go_and_mails_stay);
    tcase_add_test(tcase, a_queue_with_another_way);
    suite_add_tcase(suite, tcase);
    return suite;
}
const rookery::test::Registered registered(make);

}  // namespace
