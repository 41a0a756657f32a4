#include "imap/delivery/delivery_memory.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "lib/base/clock.h"
#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using delivery::DeliveryMemory;
using delivery::UnfinishedCopies;

DeliveryMemory opened(const test::TempDir& dir)
{
    auto memory = DeliveryMemory::open(dir.file("deliver.tdb"));
    ASSERT_OK(memory);
    return *std::move(memory);
}

START_TEST(a_copy_is_begun_stored_and_forgotten)
{
    test::TempDir dir;
    DeliveryMemory memory = opened(dir);
    UnfinishedCopies& copies = memory.unfinished;
    const std::vector<std::string> keys = {UnfinishedCopies::key("d", "a@x", "user.a 0 0"),
                                           UnfinishedCopies::key("d", "a@x", "user.a 1 0")};
    ck_assert(keys[0] != keys[1]);
    ck_assert(!copies.find(keys[0]));
    const int64_t before = wall_seconds();
    copies.begin(keys, "12-3");
    for (const std::string& key : keys) {
        const auto begun = copies.find(key);
        ck_assert(begun && !begun->stored);
        ASSERT_EQ_TEXT(begun->id, "12-3");
        ck_assert_int_ge(begun->since, before);
    }
    copies.stored({&keys[0], 1});
    ck_assert(copies.find(keys[0])->stored);
    ck_assert(!copies.find(keys[1])->stored);
    copies.forget(keys);
    for (const std::string& key : keys) ck_assert(!copies.find(key));
    // What became of it is not known: it is asked for.
    copies.leave(keys, "12-4", 1000);
    for (const std::string& key : keys) {
        const auto left = copies.find(key);
        ck_assert(left && !left->stored && left->since == 1000);
        ASSERT_EQ_TEXT(left->id, "12-4");
    }
    copies.forget(keys);
    // Nothing is nothing.
    copies.begin({}, "1");
    copies.stored({});
    copies.forget(keys);
}
END_TEST

// The same bytes at the same moment are two mails; what a process that is gone had begun is not,
// also as long as nobody has waited for it.
START_TEST(what_another_process_is_at_is_no_earlier_try)
{
    test::TempDir dir;
    DeliveryMemory memory = opened(dir);
    const std::vector<std::string> key = {"k"};
    memory.unfinished.begin(key, "12-3");
    ck_assert(memory.unfinished.find("k").has_value());  // by this process before
    int ready[2];
    ck_assert_int_eq(::pipe(ready), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        auto set = db::ExpiringSet::open(dir.file("other.tdb"), 'C');
        auto copies =
            delivery::UnfinishedCopies::open(*std::move(set), dir.file("deliver.tdb.workers"));
        const bool told = copies.ok() && ::write(ready[1], "x", 1) == 1;
        for (;;) told ? (void)::pause() : ::_exit(1);
    }
    ck_assert_int_gt(child, 0);
    ::close(ready[1]);
    char c = 0;
    ck_assert_int_eq(::read(ready[0], &c, 1), 1);
    ::close(ready[0]);
    auto set = memory.seen.beside(UnfinishedCopies::kSpace);
    ASSERT_OK(set.put(key, wall_seconds() + 1000, cat("begun 1000 12-3 ", child)));
    ck_assert(!memory.unfinished.find("k"));
    ck_assert_int_eq(::kill(child, SIGKILL), 0);
    siginfo_t ended;
    ck_assert_int_eq(::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT), 0);
    ck_assert(memory.unfinished.find("k").has_value());
    ck_assert_int_eq(::waitpid(child, nullptr, 0), child);
}
END_TEST

START_TEST(a_note_that_is_not_understood_is_none)
{
    test::TempDir dir;
    DeliveryMemory memory = opened(dir);
    const std::vector<std::string> key = {"k"};
    for (const char* note : {"", "begun", "begun x 1 1", "begun 1", "begun 1 i", "left 1",
                             "left x i", "stored twice", "other"}) {
        ASSERT_OK(
            memory.seen.beside(UnfinishedCopies::kSpace).put(key, wall_seconds() + 1000, note));
        ck_assert_msg(!memory.unfinished.find("k"), "%s", note);
    }
}
END_TEST

START_TEST(what_is_old_goes_from_all_sets)
{
    test::TempDir dir;
    DeliveryMemory memory = opened(dir);
    const int64_t now = wall_seconds();
    memory.duplicates.mark({"<1@x>", "d", "u"}, now - 100);
    memory.duplicates.mark({"<2@x>", "d", "u"}, now);
    ASSERT_OK(memory.seen.put("a", now - 1));
    ASSERT_OK(memory.seen.put("b", now + 1000));
    ASSERT_OK(memory.sent.put("a", now - 1));
    ASSERT_OK(memory.sent.put("b", now + 1000));
    const auto pruned = memory.prune(now - 50);
    ASSERT_OK(pruned);
    ck_assert_uint_eq(*pruned, 3);
    ck_assert(!memory.duplicates.was_delivered({"<1@x>", "d", "u"}));
    ck_assert(memory.duplicates.was_delivered({"<2@x>", "d", "u"}));
    ck_assert(*memory.seen.has("b") && !*memory.seen.is_recorded("a"));
    ck_assert(*memory.sent.has("b") && !*memory.sent.is_recorded("a"));
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/delivery/delivery_memory");
    TCase* c = tcase_create("all");
    tcase_add_test(c, a_copy_is_begun_stored_and_forgotten);
    tcase_add_test(c, what_another_process_is_at_is_no_earlier_try);
    tcase_add_test(c, a_note_that_is_not_understood_is_none);
    tcase_add_test(c, what_is_old_goes_from_all_sets);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
