// Writers killed at any moment, many writers at once, a disk that is full.
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>

#include "imap/store/message_file.h"
#include "tests/unit/imap/store/fixture.h"

namespace {

using namespace rookery;
using namespace rookery::store;
using namespace rookery::test;
using mailbox::FlagChange;

// The same numbers in every run.
struct Random {
    explicit Random(uint32_t seed) : state(seed * 2654435761u + 1) {}
    uint32_t operator()()
    {
        state = state * 1664525u + 1013904223u;
        return state >> 8;
    }
    uint32_t state;
};

// A message of this number; its length follows from the number.
std::string numbered(uint32_t number)
{
    std::string text = cat("From: a@example.org\r\nSubject: ", number, "\r\n\r\n");
    for (uint32_t i = 0; i < number * 37 % 900; i++)
        cat_to(text, "line ", i, " of ", number, "\r\n");
    return text;
}

// What a writer tells before and after each step: kind, UID, number.
struct Step {
    char kind;
    uint32_t uid;
    uint32_t number;
};

void tell(int fd, Step step)
{
    if (::write(fd, &step, sizeof step) != static_cast<ssize_t>(sizeof step)) ::_exit(3);
}

// Appends, flags and expunges until it is killed.
[[noreturn]] void write_forever(StoreFixture& f, const model::MailboxEntry& box, int fd,
                                unsigned seed)
{
    Random random(seed);
    uint32_t number = seed * 1000;
    auto view = f.store->open(box, "bob", mailbox::OpenMode::read_write);
    if (!view) ::_exit(4);
    for (;;) {
        uint32_t what = random() % 4;
        if (what < 2 || (*view)->exists() < 3) {
            std::vector<std::string> texts;
            uint32_t first = number;
            for (size_t n = 1 + random() % 3; n > 0; n--) texts.push_back(numbered(number++));
            auto done = f.try_append(box, texts);
            if (!done) ::_exit(5);
            for (uint32_t uid : done->uids) tell(fd, {'A', uid, first++});
        } else {
            std::vector<uint32_t> chosen;
            for (int i = 0; i < 3; i++) chosen.push_back(1 + random() % (*view)->exists());
            bool removes = what == 3;
            for (uint32_t n : chosen) tell(fd, {removes ? 'e' : 'f', (*view)->message(n).uid, 0});
            auto done =
                (*view)->store_flags(chosen, FlagChange::add,
                                     flags(removes ? model::kDeleted : model::kFlagged), nullptr);
            if (!done) ::_exit(6);
            if (removes && !(*view)->expunge(nullptr)) ::_exit(7);
            for (uint32_t n : chosen) tell(fd, {removes ? 'E' : 'F', (*view)->message(n).uid, 0});
        }
        if (!(*view)->refresh(true)) ::_exit(8);
    }
}

struct Model {
    std::map<uint32_t, uint32_t> appended;  // acknowledged: UID to number
    std::set<uint32_t> maybe_gone, gone, flagged;
    uint32_t largest = 0;  // UID that anybody saw
};

void take_steps(Model& model, int fd)
{
    Step step{};
    uint32_t before = model.largest;
    while (::read(fd, &step, sizeof step) == static_cast<ssize_t>(sizeof step)) {
        switch (step.kind) {
            case 'A':
                ck_assert_msg(step.uid > before, "UID %u was given out again", step.uid);
                ck_assert(model.appended.emplace(step.uid, step.number).second);
                model.largest = std::max(model.largest, step.uid);
                break;
            case 'e': model.maybe_gone.insert(step.uid); break;
            case 'E': model.gone.insert(step.uid); break;
            case 'F': model.flagged.insert(step.uid); break;
            default: break;
        }
    }
}

void check_message(mailbox::Mailbox& view, uint32_t n, const Model& model)
{
    mailbox::MessageInfo info = view.message(n);
    std::string text = text_of(view, n);
    MessageFacts facts = examine(text);
    ck_assert(std::string(info.guid) == std::string(facts.guid.data(), facts.guid.size()));
    ck_assert_msg(model.gone.count(info.uid) == 0, "UID %u came back", info.uid);
    ck_assert(view.cached(n).ok());
    auto known = model.appended.find(info.uid);
    if (known != model.appended.end()) ck_assert(text == numbered(known->second));
    if (model.flagged.count(info.uid) != 0) ck_assert((info.system_flags & model::kFlagged) != 0);
}

void check_mailbox(StoreFixture& f, const model::MailboxEntry& box, Model& model)
{
    auto items = f.store->status(box, "bob");
    ASSERT_OK(items);
    auto view = f.open(box);
    ck_assert_uint_eq(items->messages, view->exists());
    std::set<uint32_t> present;
    uint32_t last = 0;
    for (uint32_t n = 1; n <= view->exists(); n++) {
        uint32_t uid = view->message(n).uid;
        ck_assert(uid > last && uid < view->uidnext());
        last = uid;
        present.insert(uid);
        check_message(*view, n, model);
    }
    for (const auto& [uid, number] : model.appended)
        if (model.maybe_gone.count(uid) == 0)
            ck_assert_msg(present.count(uid) == 1, "acknowledged UID %u is lost", uid);
    model.largest = std::max(model.largest, view->uidnext() - 1);
}

START_TEST(writers_killed_at_any_moment_lose_nothing)
{
    constexpr unsigned kRounds = 30;
    StoreFixture f;
    auto box = entry_of("user.bob");
    f.create(box);
    Model model;
    Random random(7);
    for (unsigned round = 1; round <= kRounds; round++) {
        auto pipe = make_pipe();
        ASSERT_OK(pipe);
        pid_t child = ::fork();
        if (child == 0) write_forever(f, box, pipe->write_end.get(), round);
        pipe->write_end.reset();
        pollfd p{pipe->read_end.get(), POLLIN, 0};
        ck_assert(::poll(&p, 1, 20'000) == 1);
        timespec moment{0, static_cast<long>(random() % 25'000'000)};
        ::nanosleep(&moment, nullptr);
        ::kill(child, SIGKILL);
        int status = 0;
        ck_assert(::waitpid(child, &status, 0) == child);
        ck_assert_msg(WIFSIGNALED(status), "the writer ended with %d", WEXITSTATUS(status));
        take_steps(model, pipe->read_end.get());
        check_mailbox(f, box, model);
    }
    ck_assert(model.appended.size() > kRounds && !model.gone.empty() && !model.flagged.empty());
    // One that nobody killed finds nothing to put right, and no staged file stays.
    auto uids = f.append(box, {mail("last")});
    ck_assert(uids.at(0) > model.largest);
}
END_TEST

// Changes the mailbox slowly, over and over: most of the time its index is amid a change.
[[noreturn]] void change_slowly(StoreFixture& f, const model::MailboxEntry& box)
{
    constexpr timespec kWork{0, 2'000'000};
    constexpr timespec kPause{0, 100'000};
    auto directory = f.store->open_directory(box);
    if (!directory) ::_exit(3);
    for (;;) {
        {
            auto writer = MailboxWriter::open(f.options.paths, directory->get(), std::nullopt,
                                              Milliseconds(20'000));
            if (!writer || !writer->begin_changes()) ::_exit(4);
            ::nanosleep(&kWork, nullptr);
            if (!writer->commit(false)) ::_exit(5);
        }
        ::nanosleep(&kPause, nullptr);
    }
}

START_TEST(a_mailbox_opens_while_others_write)
{
    constexpr int kOpens = 100;
    StoreFixture f;
    auto box = entry_of("user.bob");
    f.create(box);
    f.append(box, {mail("1"), mail("2")});
    pid_t child = ::fork();
    if (child == 0) change_slowly(f, box);
    for (int i = 0; i < kOpens; i++) {
        auto view = f.store->open(box, "bob", mailbox::OpenMode::read_write);
        ASSERT_OK(view);
        ck_assert((*view)->exists() == 2 && (*view)->message(2).uid == 2);
        ck_assert_uint_eq(f.store->status(box, "bob")->messages, 2);
    }
    ::kill(child, SIGKILL);
    int status = 0;
    ck_assert(::waitpid(child, &status, 0) == child && WIFSIGNALED(status));
}
END_TEST

// A client's picture of the mailbox, from what it is told alone.
struct Mirror {
    std::vector<uint32_t> uids;
    std::map<uint32_t, uint32_t> flags;

    void fetch(const mailbox::Mailbox& view, uint32_t n)
    {
        flags[uids[n - 1]] = view.message(n).system_flags;
    }

    bool refresh(mailbox::Mailbox& view, bool may_expunge)
    {
        auto changes = view.refresh(may_expunge);
        if (!changes) return false;
        for (uint32_t n : changes->expunged) {
            if (n == 0 || n > uids.size()) return false;
            uids.erase(uids.begin() + (n - 1));
        }
        if (changes->exists_changed != (uids.size() != view.exists())) return false;
        size_t known = uids.size();
        for (uint32_t n = static_cast<uint32_t>(known) + 1; n <= view.exists(); n++) {
            uids.push_back(view.message(n).uid);
            fetch(view, n);
        }
        for (uint32_t n : changes->flags) fetch(view, n);
        if (uids.size() != view.exists()) return false;
        for (uint32_t n = 1; n <= view.exists(); n++)
            if (view.message(n).uid != uids[n - 1]) return false;
        return true;
    }
};

[[noreturn]] void work_with_others(StoreFixture& f, const model::MailboxEntry& box, int fd,
                                   unsigned seed)
{
    constexpr int kSteps = 120;
    Random random(seed);
    auto opened = f.store->open(box, "bob", mailbox::OpenMode::read_write);
    if (!opened) ::_exit(4);
    mailbox::Mailbox& view = **opened;
    Mirror mirror;
    for (uint32_t n = 1; n <= view.exists(); n++) {
        mirror.uids.push_back(view.message(n).uid);
        mirror.fetch(view, n);
    }
    uint32_t number = seed * 1000;
    for (int step = 0; step < kSteps; step++) {
        uint32_t what = random() % 8;
        if (what < 3 || view.exists() < 5) {
            auto done = f.try_append(box, {numbered(number)});
            if (!done) ::_exit(5);
            tell(fd, {'A', done->uids[0], number++});
        } else if (what < 6) {
            std::vector<uint32_t> chosen{1 + random() % view.exists(),
                                         1 + random() % view.exists()};
            uint32_t bit = 1u << (random() % 5);
            bool adds = random() % 2 == 0 && bit != model::kDeleted;
            auto done = view.store_flags(chosen, adds ? FlagChange::add : FlagChange::remove,
                                         flags(bit), nullptr);
            if (!done) ::_exit(6);
            for (uint32_t n : *done) mirror.fetch(view, n);
        } else if (what == 6) {
            uint32_t n = 1 + random() % view.exists();
            const uint32_t chosen[] = {n};
            auto set = model::SequenceSet::parse(cat(view.message(n).uid));
            if (!set) ::_exit(7);
            set->resolve(UINT32_MAX);
            if (!view.store_flags(chosen, FlagChange::add, flags(model::kDeleted), nullptr))
                ::_exit(7);
            mirror.fetch(view, n);
            auto gone = view.expunge(&*set);
            if (!gone) ::_exit(8);
            for (uint32_t uid : *gone) tell(fd, {'E', uid, 0});
        }
        if (!mirror.refresh(view, random() % 3 != 0)) ::_exit(9);
    }
    // All are done with writing when each has told so: then the pictures must be right.
    tell(fd, {'D', 0, 0});
    char go = 0;
    if (::read(STDIN_FILENO, &go, 1) != 0) ::_exit(10);
    if (!mirror.refresh(view, true)) ::_exit(11);
    for (uint32_t n = 1; n <= view.exists(); n++)
        if (mirror.flags[mirror.uids[n - 1]] != view.message(n).system_flags) ::_exit(12);
    ::_exit(0);
}

START_TEST(four_processes_on_one_mailbox_agree_with_a_model)
{
    constexpr unsigned kProcesses = 4;
    StoreFixture f;
    auto box = entry_of("user.bob");
    f.create(box);
    f.append(box, {mail("a"), mail("b"), mail("c")});
    auto told = make_pipe();
    auto go = make_pipe();
    ASSERT_OK(told);
    ASSERT_OK(go);
    std::vector<pid_t> children;
    for (unsigned i = 1; i <= kProcesses; i++) {
        pid_t child = ::fork();
        if (child == 0) {
            ::dup2(go->read_end.get(), STDIN_FILENO);
            go->write_end.reset();
            work_with_others(f, box, told->write_end.get(), i);
        }
        children.push_back(child);
    }
    told->write_end.reset();
    std::map<uint32_t, uint32_t> expected{{1, 0}, {2, 0}, {3, 0}};
    std::set<uint32_t> gone;
    Step step{};
    unsigned done = 0;
    while (done < kProcesses &&
           ::read(told->read_end.get(), &step, sizeof step) == static_cast<ssize_t>(sizeof step)) {
        if (step.kind == 'A')
            ck_assert_msg(expected.emplace(step.uid, step.number).second, "UID %u twice", step.uid);
        if (step.kind == 'E')
            ck_assert_msg(gone.insert(step.uid).second, "%u gone twice", step.uid);
        if (step.kind == 'D') done++;
    }
    go->write_end.reset();
    for (pid_t child : children) {
        int status = 0;
        ck_assert(::waitpid(child, &status, 0) == child);
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a process ended with %d",
                      WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    }
    for (uint32_t uid : gone) ck_assert(expected.erase(uid) == 1);
    auto view = f.open(box);
    ck_assert_uint_eq(view->exists(), expected.size());
    uint32_t n = 0;
    for (const auto& [uid, number] : expected) {
        ck_assert_uint_eq(view->message(++n).uid, uid);
        if (uid > 3) ck_assert(text_of(*view, n) == numbered(number));
    }
    auto items = f.store->status(box, "bob");
    ck_assert(items->messages == expected.size() && !gone.empty());
}
END_TEST

// --- a full disk

START_TEST(a_file_that_cannot_grow_refuses_and_shows_nothing)
{
    StoreFixture f;
    auto box = entry_of("user.bob");
    f.create(box);
    f.append(box, {mail("1"), mail("2")});
    ::signal(SIGXFSZ, SIG_IGN);
    // Too small for the message; then too small for one more record in the index.
    for (rlim_t limit : {rlim_t{100'000}, rlim_t{kIndexHeaderSize + 2 * kIndexRecordSize + 64}}) {
        rlimit before{};
        ck_assert(::getrlimit(RLIMIT_FSIZE, &before) == 0);
        rlimit small = before;
        small.rlim_cur = limit;
        const int lowered = ::setrlimit(RLIMIT_FSIZE, &small);
        auto refused =
            f.try_append(box, {mail("3"), limit > 1000 ? std::string(200'000, 'x') : mail("4")});
        // Check writes a file at each assertion: none while the limit is low.
        const int lifted = ::setrlimit(RLIMIT_FSIZE, &before);
        ck_assert(lowered == 0 && lifted == 0);
        ck_assert(!refused && (refused.is(Code::io) || refused.is(Code::no_space)));
        auto view = f.open(box);
        ck_assert(view->exists() == 2 && view->uidnext() == 3);
        ck_assert(f.store->status(box, "bob")->messages == 2);
        ck_assert(::access(f.dir.file("spool/user/bob/3.").c_str(), F_OK) != 0);
    }
    ck_assert_uint_eq(f.append(box, {mail("5")}).at(0), 3);
}
END_TEST

#ifdef __linux__
void fill_and_check(const std::string& mount_point)
{
    StoreFixture f;
    f.options.paths.partitions = {{"default", mount_point}};
    f.store = std::make_unique<LocalStore>(f.options);
    auto box = entry_of("user.bob");
    f.create(box);
    uint32_t accepted = 0;
    Result<mailbox::AppendResult> last = mailbox::AppendResult{};
    for (uint32_t n = 1; n < 10'000; n++) {
        last = f.try_append(box, {numbered(n), numbered(n + 1)});
        if (!last) break;
        accepted += 2;
    }
    ASSERT_CODE(last, Code::no_space);
    ck_assert(accepted > 2);
    auto view = f.open(box);
    ck_assert_uint_eq(view->exists(), accepted);
    for (uint32_t n = 1; n <= accepted; n++)
        ck_assert(text_of(*view, n) == numbered((n + 1) / 2 + (n + 1) % 2));
    // What needs no room goes on.
    const uint32_t first[] = {1, 2};
    ASSERT_OK(view->store_flags(first, FlagChange::add, flags(model::kDeleted), nullptr));
    ASSERT_OK(view->expunge(nullptr));
    ASSERT_OK(view->refresh(true));
    ck_assert_uint_eq(view->exists(), accepted - 2);
    view.reset();
    ck_assert_uint_eq(*f.store->expire(box, INT64_MAX, false), 2);
    ck_assert(f.append(box, {mail("fits")}).at(0) > accepted);
}

START_TEST(a_full_disk_refuses_and_shows_nothing)
{
    // A file system of its own, in a mount namespace that ends with this process.
    if (::geteuid() != 0 || ::unshare(CLONE_NEWNS) != 0) return;
    TempDir dir;
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return;
    std::string where = dir.file("small");
    ASSERT_OK(make_directories(where));
    if (::mount("none", where.c_str(), "tmpfs", 0, "size=1m") != 0) return;
    fill_and_check(where);
    ::umount(where.c_str());
}
END_TEST
#endif

Suite* make()
{
    Suite* suite = suite_create("imap/store faults");
    TCase* tc = tcase_create("faults");
    tcase_set_timeout(tc, 180);
    tcase_add_test(tc, writers_killed_at_any_moment_lose_nothing);
    tcase_add_test(tc, a_mailbox_opens_while_others_write);
    tcase_add_test(tc, four_processes_on_one_mailbox_agree_with_a_model);
    tcase_add_test(tc, a_file_that_cannot_grow_refuses_and_shows_nothing);
#ifdef __linux__
    tcase_add_test(tc, a_full_disk_refuses_and_shows_nothing);
#endif
    suite_add_tcase(suite, tc);
    return suite;
}
const rookery::test::Registered suite(make);

}  // namespace
