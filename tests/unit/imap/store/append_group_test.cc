// A message for several mailboxes: what it costs, what one that fails costs the others, and what is
// there whatever ends or fails at which step.
#include "imap/store/append_group.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "imap/store/local_sync.h"
#include "imap/store/mailbox_lock.h"
#include "tests/unit/imap/store/fixture.h"
#include "tests/unit/imap/store/steps.h"

namespace {

using namespace rookery;
using namespace rookery::store;
using namespace rookery::test;
using mailbox::GroupItem;

// Mailboxes of users u0.., and groups of items for them.
struct Many {
    StoreFixture f;
    std::vector<model::MailboxEntry> boxes;
    std::vector<std::unique_ptr<mailbox::StagedMessage>> staged;

    explicit Many(size_t count, bool immediate = false) : f(immediate)
    {
        for (size_t i = 0; i < count; i++) {
            boxes.push_back(entry_of(cat("user.u", i), cat("0", i), "default"));
            f.create(boxes.back());
        }
    }
    mailbox::StagedMessage* stage(const std::string& text, const std::string& partition = "default")
    {
        auto made = f.store->stage(partition);
        ASSERT_OK(made);
        ASSERT_OK((*made)->write(text));
        staged.push_back(*std::move(made));
        return staged.back().get();
    }
    static GroupItem item(const model::MailboxEntry& entry, mailbox::StagedMessage* message,
                          const model::FlagList& flags = {})
    {
        return GroupItem{
            &entry, std::string(entry.name.user()), {message, flags, 1'000'000'000, 0}};
    }
    std::vector<GroupItem> one_for_all(const std::string& text)
    {
        mailbox::StagedMessage* message = stage(text);
        std::vector<GroupItem> items;
        for (const auto& box : boxes) items.push_back(item(box, message));
        return items;
    }
    // How often the text is in the mailbox, all of which can be read.
    int count(const model::MailboxEntry& box, const std::string& text)
    {
        auto view = f.store->open(box, "reader", mailbox::OpenMode::read_only);
        if (!view) return -1;
        int found = 0;
        for (uint32_t n = 1; n <= (*view)->exists(); n++) found += text_of(**view, n) == text;
        return found;
    }
};

START_TEST(a_message_for_n_mailboxes_costs_n_and_two_syncs)
{
    for (int n : {1, 2, 5, 20, static_cast<int>(kAtOnce)}) {
        Many m(static_cast<size_t>(n));
        auto items = m.one_for_all(mail("x"));
        const int before = syncs();
        m.f.store->append_group(items);
        const int cost = syncs() - before;
        for (const GroupItem& i : items) ASSERT_OK(i.result);
        for (const auto& box : m.boxes) ck_assert_int_eq(m.count(box, mail("x")), 1);
        ck_assert_msg(cost == n + 2, "%d syncs for %d mailboxes", cost, n);
    }
}
END_TEST

START_TEST(two_messages_for_one_mailbox_are_one_change_of_it)
{
    Many m(2);
    mailbox::StagedMessage* first = m.stage(mail("1"));
    mailbox::StagedMessage* second = m.stage(mail("2"));
    std::vector<GroupItem> items{
        m.item(m.boxes[0], first), m.item(m.boxes[1], second),
        m.item(m.boxes[0], second, flags(model::kSeen | model::kFlagged, {"$Label"}))};
    // Somebody else's \Seen is not the owner's.
    items.push_back(GroupItem{&m.boxes[0], "u1", {second, flags(model::kSeen), 1'000'000'000, 0}});
    m.f.store->append_group(items);
    for (const GroupItem& i : items) ASSERT_OK(i.result);
    ASSERT_EQ_TEXT(list(items[0].result->uids), "1");
    ASSERT_EQ_TEXT(list(items[1].result->uids), "1");
    ASSERT_EQ_TEXT(list(items[2].result->uids), "2");
    ASSERT_EQ_TEXT(list(items[3].result->uids), "3");
    ck_assert(items[0].result->uidvalidity == m.f.store->status(m.boxes[0], "u0")->uidvalidity);
    auto view = m.f.open(m.boxes[0], "u0");
    ASSERT_EQ_TEXT(text_of(*view, 1), mail("1"));
    ASSERT_EQ_TEXT(text_of(*view, 2), mail("2"));
    ck_assert_uint_eq(view->message(1).system_flags, 0);
    ck_assert_uint_eq(view->message(2).system_flags, model::kSeen | model::kFlagged);
    ck_assert_uint_eq(view->message(2).keywords.count(), 1);
    ck_assert_uint_eq(view->message(3).system_flags, 0);
    ck_assert_uint_eq(m.f.open(m.boxes[0], "u1")->message(3).system_flags, model::kSeen);
}
END_TEST

START_TEST(partitions_are_synced_each)
{
    Many m(3);
    m.boxes.push_back(entry_of("user.v", "0aa", "two"));
    m.f.create(m.boxes.back());
    auto items = m.one_for_all(mail("x"));
    items.back().item.message = m.stage(mail("x"), "two");
    m.f.store->append_group(items);
    for (size_t i = 0; i < items.size(); i++) {
        ASSERT_OK(items[i].result);
        ck_assert_int_eq(m.count(m.boxes[i], mail("x")), 1);
    }
}
END_TEST

// What is wrong with the second of five mailboxes, and what it is told.
struct Trouble {
    const char* what;
    Code code;
    void (*make)(Many& m, std::vector<GroupItem>& items);
};
Fd lock_of_another;
const Trouble kTroubles[] = {
    {"not there", Code::io,
     [](Many& m, std::vector<GroupItem>&) { ASSERT_OK(m.f.store->remove(m.boxes[1])); }},
    {"frozen by a move to another server", Code::moved,
     [](Many& m, std::vector<GroupItem>&) {
         ASSERT_OK(LocalSync(*m.f.store).freeze(m.boxes[1], true));
     }},
    {"under another name now", Code::moved,
     [](Many& m, std::vector<GroupItem>&) {
         const model::MailboxEntry& old = m.boxes[1];
         const auto renamed = entry_of("user.renamed", "01");
         ASSERT_OK(m.f.store->rename(old, renamed));
         auto from = mailbox_directory(m.f.options.paths, renamed);
         auto to = mailbox_directory(m.f.options.paths, old);
         // As if the path were the same for both.
         ck_assert_int_eq(::rename(from->c_str(), to->c_str()), 0);
     }},
    {"an index of garbage", Code::corrupt,
     [](Many& m, std::vector<GroupItem>&) {
         auto directory = m.f.store->open_directory(m.boxes[1]);
         ASSERT_OK(directory);
         Fd index(::openat(directory->get(), "rookery.index", O_RDWR | O_TRUNC));
         ck_assert_int_eq(::write(index.get(), "garbage garbage", 15), 15);
     }},
    {"locked for longer than we wait", Code::busy,
     [](Many& m, std::vector<GroupItem>&) {
         auto directory = m.f.store->open_directory(m.boxes[1]);
         ASSERT_OK(directory);
         lock_of_another = Fd(::openat(directory->get(), kLockName, O_RDWR));
         ASSERT_OK(lock_descriptor(lock_of_another.get(), true, Milliseconds{0}));
     }},
    {"a keyword too many", Code::limit,
     [](Many&, std::vector<GroupItem>& items) {
         for (size_t i = 0; i <= model::kMaxKeywords; i++)
             items[1].item.flags.keywords.push_back(cat("k", i));
     }},
};

START_TEST(one_mailbox_in_trouble_costs_itself_alone)
{
    for (const Trouble& trouble : kTroubles) {
        Many m(5);
        m.f.options.lock_wait = Milliseconds{50};
        m.f.store = std::make_unique<LocalStore>(m.f.options);
        auto items = m.one_for_all(mail("x"));
        trouble.make(m, items);
        m.f.store->append_group(items);
        for (size_t i = 0; i < items.size(); i++) {
            if (i == 1) {
                ck_assert_msg(items[i].result.is(trouble.code), "%s: %s", trouble.what,
                              items[i].result ? "done" : items[i].result.error().text.c_str());
                continue;
            }
            ck_assert_msg(items[i].result.ok(), "%s: %zu", trouble.what, i);
            ck_assert_int_eq(m.count(m.boxes[i], mail("x")), 1);
        }
        lock_of_another.reset();
    }
}
END_TEST

START_TEST(a_mailbox_that_is_busy_comes_later)
{
    Many m(3);
    auto directory = m.f.store->open_directory(m.boxes[0]);
    ASSERT_OK(directory);
    Fd lock(::openat(directory->get(), kLockName, O_RDWR));
    ASSERT_OK(lock_descriptor(lock.get(), true, Milliseconds{0}));
    auto items = m.one_for_all(mail("x"));
    auto waiting = m.f.open(m.boxes[2], "u2");
    const int woken = waiting->wakeup_fd();
    const pid_t child = ::fork();
    if (child == 0) {
        lock.reset();
        m.f.store->append_group(items);
        ::_exit(std::all_of(items.begin(), items.end(), [](auto& i) { return i.result.ok(); }) ? 0
                                                                                               : 1);
    }
    // The others do not wait for it, and who looks at one of them is told.
    pollfd p{woken, POLLIN, 0};
    ck_assert_int_eq(::poll(&p, 1, 10'000), 1);
    ck_assert_int_eq(m.count(m.boxes[1], mail("x")), 1);
    ck_assert_int_eq(m.count(m.boxes[0], mail("x")), 0);
    lock.reset();
    int status = 0;
    ck_assert(::waitpid(child, &status, 0) == child && status == 0);
    ck_assert_int_eq(m.count(m.boxes[0], mail("x")), 1);
}
END_TEST

// Groups of the same mailboxes in different orders, and moves between them, all at once.
START_TEST(groups_and_moves_do_not_wait_for_each_other_for_ever)
{
    constexpr int kProcesses = 6, kEach = 15;
    Many m(4);
    std::vector<pid_t> children;
    for (int p = 0; p < kProcesses; p++) {
        const pid_t child = ::fork();
        if (child != 0) {
            children.push_back(child);
            continue;
        }
        for (int i = 0; i < kEach; i++) {
            if (p % 3 == 2) {
                auto view = m.f.store->open(m.boxes[static_cast<size_t>(p % 4)], "reader",
                                            mailbox::OpenMode::read_write);
                if (!view) ::_exit(2);
                const uint32_t one[] = {1};
                if ((*view)->exists() == 0) continue;
                auto done = (*view)->move_to(m.boxes[static_cast<size_t>(i % 4)], "", one, {});
                if (!done && !done.is(Code::not_found)) ::_exit(3);
                continue;
            }
            auto items = m.one_for_all(mail(cat(p, '-', i)));
            if (p % 2 == 1) std::reverse(items.begin(), items.end());
            m.f.store->append_group(items);
            for (const GroupItem& item : items)
                if (!item.result) ::_exit(4);
        }
        ::_exit(0);
    }
    for (const pid_t child : children) {
        int status = 0;
        ck_assert(::waitpid(child, &status, 0) == child);
        ck_assert_msg(status == 0, "status %x", static_cast<unsigned>(status));
    }
    for (int p = 0; p < kProcesses; p++)
        for (int i = 0; p % 3 != 2 && i < kEach; i++) {
            int found = 0;
            for (const auto& box : m.boxes) found += m.count(box, mail(cat(p, '-', i)));
            ck_assert_int_eq(found, 4);
        }
}
END_TEST

// Of a disk that takes nothing any more, a message that was refused may be there all the same: its
// header could not be put back.
bool tells_the_truth(Many& m, std::vector<GroupItem>& items, Fault what)
{
    m.f.store->append_group(items);
    end_faults();
    for (size_t i = 0; i < items.size(); i++) {
        const int found = m.count(m.boxes[i], mail("x"));
        if (items[i].result ? found != 1 : found != 0 && what == Fault::fails_once) return false;
    }
    return true;
}

// And can be read and written to.
bool leaves_what_it_says(Fault what, bool immediate, int step)
{
    Many m(3, immediate);
    auto items = m.one_for_all(mail("x"));
    const int end = in_child(what, step, [&] { return tells_the_truth(m, items, what); });
    ck_assert_msg(end != 2, "fault %d at step %d", static_cast<int>(what), step);
    for (const auto& box : m.boxes) {
        const int found = m.count(box, mail("x"));
        ck_assert_msg(found == 0 || found == 1, "%d at step %d", found, step);
        m.f.append(box, {mail("after")});
        ck_assert_int_eq(m.count(box, mail("x")), found);
        ck_assert_int_eq(m.count(box, mail("after")), 1);
        ck_assert(end != 0 || found == 1);
    }
    return end != 0;
}

START_TEST(a_group_that_is_cut_short_anywhere_leaves_what_it_says)
{
    for (Fault what : {Fault::dies, Fault::fails_once, Fault::fails_from_then_on})
        for (bool immediate : {false, true})
            at_each_step(what,
                         [&](int step) { return leaves_what_it_says(what, immediate, step); });
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/store/append_group");
    TCase* tc = tcase_create("all");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, a_message_for_n_mailboxes_costs_n_and_two_syncs);
    tcase_add_test(tc, two_messages_for_one_mailbox_are_one_change_of_it);
    tcase_add_test(tc, partitions_are_synced_each);
    tcase_add_test(tc, one_mailbox_in_trouble_costs_itself_alone);
    tcase_add_test(tc, a_mailbox_that_is_busy_comes_later);
    tcase_add_test(tc, groups_and_moves_do_not_wait_for_each_other_for_ever);
    tcase_add_test(tc, a_group_that_is_cut_short_anywhere_leaves_what_it_says);
    suite_add_tcase(s, tc);
    return s;
}
const Registered registered(make);

}  // namespace
