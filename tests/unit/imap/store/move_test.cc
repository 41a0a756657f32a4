// MOVE within a server: each message is in one mailbox, whatever ends or fails at which step.
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "imap/store/rebuild.h"
#include "tests/unit/imap/store/fixture.h"
#include "tests/unit/imap/store/steps.h"

namespace {

using namespace rookery;
using namespace rookery::store;
using namespace rookery::test;

constexpr uint32_t kMoved = 3;

struct Two {
    StoreFixture f;
    model::MailboxEntry from = entry_of("user.bob", "0a");
    model::MailboxEntry to = entry_of("user.bob.jobs", "0b");

    explicit Two(bool immediate = false) : f(immediate)
    {
        f.create(from);
        f.create(to);
        f.append(from, {mail("1"), mail("2"), mail("3"), mail("4")}, flags(0, {"$Label"}));
        f.append(to, {mail("there")});
    }
};

std::vector<uint32_t> first_numbers(uint32_t count)
{
    std::vector<uint32_t> out;
    for (uint32_t n = 1; n <= count; n++) out.push_back(n);
    return out;
}

bool move_first(Two& two, const model::MailboxEntry& from, const model::MailboxEntry& to)
{
    auto view = two.f.store->open(from, "bob", mailbox::OpenMode::read_write);
    return view && (*view)->move_to(to, "bob", first_numbers(kMoved), {}).ok();
}

// How often each text is there.
std::map<std::string, int> count_texts(StoreFixture& f, const std::vector<model::MailboxEntry>& in)
{
    std::map<std::string, int> times;
    for (const auto& entry : in) {
        auto view = f.open(entry);
        const auto items = f.store->status(entry, "bob");
        ASSERT_OK(items);
        ck_assert_uint_eq(items->messages, view->exists());
        for (uint32_t n = 1; n <= view->exists(); n++) times[text_of(*view, n)]++;
    }
    return times;
}

void check_once(StoreFixture& f, const std::vector<model::MailboxEntry>& in,
                const std::string& what)
{
    const auto times = count_texts(f, in);
    for (const char* subject : {"1", "2", "3", "4", "there"}) {
        const auto found = times.find(mail(subject));
        const int count = found == times.end() ? 0 : found->second;
        ck_assert_msg(count == 1, "%s: message %s is there %d times", what.c_str(), subject, count);
    }
}

struct Cut {
    Fault fault;
    bool within;        // one and the same mailbox
    bool immediate;     // expunge_mode
    bool target_first;  // is looked at
};

constexpr Cut kCuts[] = {
    {Fault::dies, false, false, false},
    {Fault::dies, false, false, true},
    {Fault::dies, false, true, false},
    {Fault::dies, true, false, false},
    {Fault::fails_once, false, false, false},
    {Fault::fails_once, false, true, true},
    {Fault::fails_once, true, false, false},
    {Fault::fails_from_then_on, false, false, false},
    {Fault::fails_from_then_on, false, false, true},
    {Fault::fails_from_then_on, true, true, false},
};

bool leaves_once(const Cut& cut, int step)
{
    Two two(cut.immediate);
    const auto& to = cut.within ? two.from : two.to;
    const int end = in_child(cut.fault, step, [&] { return move_first(two, two.from, to); });
    std::vector<model::MailboxEntry> in{two.from, two.to};
    if (cut.target_first) std::reverse(in.begin(), in.end());
    check_once(
        two.f, in,
        cat("cut ", &cut - kCuts, ", fault ", static_cast<int>(cut.fault), " at step ", step));
    // Nothing is left to be settled.
    auto index = IndexFile::open(two.f.store->open_directory(two.from)->get());
    ck_assert_uint_eq(index->read_header()->move_slot, 0);
    ck_assert(end != 0 || cut.within || two.f.store->status(two.to, "bob")->messages == 1 + kMoved);
    return end != 0;
}

START_TEST(a_move_that_is_cut_short_anywhere_leaves_each_message_once)
{
    for (const Cut& cut : kCuts)
        at_each_step(cut.fault, [&](int step) { return leaves_once(cut, step); });
}
END_TEST

START_TEST(looking_at_the_counts_alone_settles)
{
    at_each_step(Fault::dies, [&](int step) {
        Two two;
        const int end =
            in_child(Fault::dies, step, [&] { return move_first(two, two.from, two.to); });
        const uint32_t here = two.f.store->status(two.from, "bob")->messages;
        const uint32_t there = two.f.store->status(two.to, "bob")->messages;
        ck_assert_msg(here + there == 5, "step %d: %u and %u", step, here, there);
        return end != 0;
    });
}
END_TEST

START_TEST(a_session_that_is_open_sees_each_message_once)
{
    at_each_step(Fault::dies, [&](int step) {
        Two two;
        auto view = two.f.open(two.from);
        const int end =
            in_child(Fault::dies, step, [&] { return move_first(two, two.from, two.to); });
        ASSERT_OK(view->refresh(true));
        const uint32_t there = two.f.store->status(two.to, "bob")->messages;
        ck_assert_msg(view->exists() + there == 5, "step %d: %u and %u", step, view->exists(),
                      there);
        return end != 0;
    });
}
END_TEST

// What others do to the mailboxes after a crash and before anybody looks at the source.
struct Since {
    const char* what;
    std::function<void(Two&)> act;
    // How often the messages that were on their way are there then, at least and at most.
    int least, most;
};

void zero_last_records(Two& two, uint32_t count)
{
    const std::string path = two.f.dir.file("spool/user/bob/jobs/rookery.index");
    auto index = IndexFile::open(two.f.store->open_directory(two.to)->get());
    const uint32_t records = index->read_header()->records;
    if (records <= count) return;  // the move has not committed
    auto fd = open_file(path, O_RDWR);
    ASSERT_OK(fd);
    const std::string zeros(count * kIndexRecordSize, '\0');
    ASSERT_OK(write_at(fd->get(), zeros,
                       kIndexHeaderSize + uint64_t{records - count} * kIndexRecordSize));
}

void expunge_all(Two& two, bool drop)
{
    {
        auto view = two.f.open(two.to);
        const auto all = first_numbers(view->exists());
        ASSERT_OK(
            view->store_flags(all, mailbox::FlagChange::add, flags(model::kDeleted), nullptr));
        ASSERT_OK(view->expunge(nullptr));
    }
    if (drop) ASSERT_OK(two.f.store->expire(two.to, INT64_MAX, true));
}

// The move has come so far that messages go from the source.
bool is_leaving(Two& two)
{
    auto index = IndexFile::open(two.f.store->open_directory(two.from)->get());
    const auto header = index->read_header();
    return two.f.store->status(two.to, "bob")->messages > 1 &&
           (header->move_slot == 0 || (header->state & kStateDirty) != 0);
}

const Since kSince[] = {
    {"nothing", [](Two&) {}, 1, 1},
    {"another name",
     [](Two& two) {
         const auto renamed = entry_of("user.bob.job", "0b");
         ASSERT_OK(two.f.store->rename(two.to, renamed));
         two.to = renamed;
     },
     1, 1},
    {"another partition",
     [](Two& two) {
         const auto moved = entry_of("user.bob.jobs", "0b", "two");
         ASSERT_OK(two.f.store->rename(two.to, moved));
         two.to = moved;
     },
     1, 1},
    {"another name, and one with the old name",
     [](Two& two) {
         const auto renamed = entry_of("user.bob.job", "0b");
         ASSERT_OK(two.f.store->rename(two.to, renamed));
         two.f.create(entry_of("user.bob.jobs", "0c"));
         two.to = renamed;
     },
     1, 1},
    {"the source has another name",
     [](Two& two) {
         const auto renamed = entry_of("user.bob.old", "0a");
         ASSERT_OK(two.f.store->rename(two.from, renamed));
         two.from = renamed;
     },
     1, 1},
    {"records of the target did not reach the disk",
     [](Two& two) { zero_last_records(two, kMoved); }, 1, 1},
    {"one record of the target did not reach the disk", [](Two& two) { zero_last_records(two, 1); },
     1, 1},
    {"the target lost its records and was opened",
     [](Two& two) {
         zero_last_records(two, kMoved);
         two.f.open(two.to);
     },
     1, 1},
    {"the target was made anew", [](Two& two) { ASSERT_OK(rebuild(*two.f.store, two.to, false)); },
     1, 2},
    {"the source was made anew",
     [](Two& two) { ASSERT_OK(rebuild(*two.f.store, two.from, false)); }, 1, 1},
    {"more came into the target",
     [](Two& two) {
         two.f.append(two.to, {mail("1 more"), mail("2 more"), mail("3 more")});
     },
     1, 1},
    {"the same came into the target",
     [](Two& two) {
         two.f.append(two.to, {mail("1"), mail("2"), mail("3")});
     },
     2, 2},
    {"expunged there", [](Two& two) { expunge_all(two, false); }, 0, 1},
    {"expunged there, and records dropped", [](Two& two) { expunge_all(two, true); }, 0, 1},
    {"the target is no more",
     [](Two& two) {
         if (is_leaving(two)) return;  // it went with what was in it
         ASSERT_OK(two.f.store->remove(two.to));
         two.to = two.from;
     },
     1, 1},
};

START_TEST(what_happens_after_a_crash_loses_nothing)
{
    for (const Since& since : kSince)
        at_each_step(Fault::dies, [&](int step) {
            Two two;
            const int end =
                in_child(Fault::dies, step, [&] { return move_first(two, two.from, two.to); });
            since.act(two);
            std::vector<model::MailboxEntry> in{two.from};
            if (!(two.to.name == two.from.name)) in.push_back(two.to);
            auto times = count_texts(two.f, in);
            for (const char* subject : {"1", "2", "3"}) {
                const int count = times[mail(subject)];
                ck_assert_msg(count >= since.least && count <= since.most,
                              "%s: died at step %d, message %s is there %d times", since.what, step,
                              subject, count);
            }
            ck_assert_int_eq(times[mail("4")], 1);
            return end != 0;
        });
}
END_TEST

START_TEST(a_moved_message_keeps_what_a_copy_keeps)
{
    Two two;
    auto view = two.f.open(two.from);
    auto other = two.f.open(two.from);
    auto moved = view->move_to(two.to, "bob", first_numbers(2), {});
    ASSERT_OK(moved);
    ASSERT_EQ_TEXT(list(moved->uids), "2,3");
    auto changes = view->refresh(true);
    ASSERT_OK(changes);
    ASSERT_EQ_TEXT(list(changes->expunged), "2,1");
    ASSERT_EQ_TEXT(list(other->refresh(true)->expunged), "2,1");
    auto there = two.f.open(two.to);
    ck_assert(there->exists() == 3 && there->uidvalidity() == moved->uidvalidity);
    ck_assert(there->message(2).internaldate == 1'000'000'000);
    ck_assert(there->message(2).keywords[0] && there->keywords()[0] == "$Label");
    ASSERT_EQ_TEXT(text_of(*there, 3), mail("2"));
    // Who moves what another has moved moves nothing.
    auto late = two.f.open(two.from);
    ASSERT_OK(view->move_to(two.to, "bob", first_numbers(1), {}));
    ASSERT_CODE(late->move_to(two.to, "bob", first_numbers(2), {}), Code::not_found);
    check_once(two.f, {two.from, two.to}, "afterwards");
    const uint32_t downwards[] = {2, 1};
    ASSERT_CODE(two.f.open(two.from)->move_to(two.to, "bob", downwards, {}), Code::not_found);
}
END_TEST

// Moves all that is in one mailbox into the other, a number of times.
[[noreturn]] void move_all(Two& two, bool back, int times)
{
    const auto& from = back ? two.to : two.from;
    const auto& to = back ? two.from : two.to;
    for (int i = 0; i < times; i++) {
        auto view = two.f.store->open(from, "bob", mailbox::OpenMode::read_write);
        if (!view) ::_exit(3);
        if ((*view)->exists() == 0) continue;
        auto done = (*view)->move_to(to, "bob", first_numbers((*view)->exists()), {});
        if (!done && !done.is(Code::not_found)) ::_exit(4);
    }
    ::_exit(0);
}

START_TEST(moves_both_ways_at_once_wait_for_each_other_at_most)
{
    constexpr int kTimes = 100;
    Two two;
    std::vector<pid_t> children;
    for (int i = 0; i < 4; i++) {
        const pid_t child = ::fork();
        if (child == 0) move_all(two, i % 2 != 0, kTimes);
        children.push_back(child);
    }
    for (const pid_t child : children) {
        int status = 0;
        ck_assert(::waitpid(child, &status, 0) == child);
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a process ended with %d",
                      WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    }
    check_once(two.f, {two.from, two.to}, "both ways");
}
END_TEST

START_TEST(movers_killed_at_any_moment_leave_each_message_once)
{
    constexpr int kRounds = 40;
    Two two;
    uint32_t random = 7;
    for (int round = 0; round < kRounds; round++) {
        const pid_t child = ::fork();
        if (child == 0) {
            for (bool back = false;; back = !back) {
                auto view = two.f.store->open(back ? two.to : two.from, "bob",
                                              mailbox::OpenMode::read_write);
                if (!view) ::_exit(3);
                const auto all = first_numbers((*view)->exists());
                if (!(*view)->move_to(back ? two.from : two.to, "bob", all, {})) ::_exit(4);
            }
        }
        random = random * 1664525u + 1013904223u;
        const timespec moment{0, static_cast<long>(1'000'000 + (random >> 8) % 15'000'000)};
        ::nanosleep(&moment, nullptr);
        ::kill(child, SIGKILL);
        int status = 0;
        ck_assert(::waitpid(child, &status, 0) == child);
        ck_assert_msg(WIFSIGNALED(status), "the mover ended with %d", WEXITSTATUS(status));
        check_once(two.f, {two.from, two.to}, cat("round ", round));
    }
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("imap/store moves");
    TCase* tc = tcase_create("moves");
    tcase_set_timeout(tc, 300);
    tcase_add_test(tc, a_move_that_is_cut_short_anywhere_leaves_each_message_once);
    tcase_add_test(tc, looking_at_the_counts_alone_settles);
    tcase_add_test(tc, a_session_that_is_open_sees_each_message_once);
    tcase_add_test(tc, what_happens_after_a_crash_loses_nothing);
    tcase_add_test(tc, a_moved_message_keeps_what_a_copy_keeps);
    tcase_add_test(tc, moves_both_ways_at_once_wait_for_each_other_at_most);
    tcase_add_test(tc, movers_killed_at_any_moment_leave_each_message_once);
    suite_add_tcase(suite, tc);
    return suite;
}
const rookery::test::Registered suite(make);

}  // namespace
