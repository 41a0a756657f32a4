#include "imap/mupdate/master/master_list.h"

#include <sys/wait.h>
#include <unistd.h>

#include "imap/mboxlist/kick.h"
#include "imap/mboxlist/memory_directory.h"
#include "imap/mupdate/server/kick_server.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::mupdate;

// A store that outlives the master that uses it.
class Kept : public mboxlist::Directory {
 public:
    explicit Kept(mboxlist::MemoryDirectory& to) : to_(to) {}
    Result<model::MailboxEntry> lookup(const model::MailboxName& n) override
    {
        return to_.lookup(n);
    }
    Status scan(const std::string& from,
                const std::function<mboxlist::Next(const model::MailboxEntry&)>& each) override
    {
        return to_.scan(from, each);
    }
    Status scan_server(
        const std::string& server,
        const std::function<mboxlist::Next(const model::MailboxEntry&)>& each) override
    {
        return to_.scan_server(server, each);
    }
    Status scan_identifiers(
        std::span<const std::string> ids,
        const std::function<mboxlist::Next(const model::MailboxEntry&)>& each) override
    {
        return to_.scan_identifiers(ids, each);
    }
    Result<uint64_t> count() override { return to_.count(); }
    Status commit(std::span<const mboxlist::Change> c) override { return to_.commit(c); }
    Status commit_marked(std::span<const mboxlist::Change> c,
                         std::span<const mboxlist::Mark> m) override
    {
        return to_.commit_marked(c, m);
    }
    Result<std::string> mark(std::string_view name) override { return to_.mark(name); }

 private:
    mboxlist::MemoryDirectory& to_;
};

struct Master {
    test::TempDir dir;
    mboxlist::MemoryDirectory store;
    std::optional<PublishedList> published;
    std::unique_ptr<MasterList> list;
    Caller caller{"be1", {}, 0, UINT64_MAX};
    Seconds lease{900};

    Result<Void> open(uint64_t checkpoint_changes = 1000000)
    {
        list.reset();
        published.emplace();
        MasterList::Options options;
        options.directory = dir.file("mupdate");
        options.policy.lease = lease;
        options.checkpoint_changes = checkpoint_changes;
        options.checkpoint_interval = Seconds(3600);
        TRY_ASSIGN(list, MasterList::open(std::make_unique<Kept>(store), *published, options));
        return list->start();
    }
    std::string change(Verb verb, std::vector<std::string> arguments)
    {
        auto answer = list->submit(verb, arguments, caller);
        Status durable = answer.ticket != 0 ? list->wait(answer.ticket) : success();
        return durable ? cat(answer.ok ? "OK " : "NO ", answer.text) : durable.error().text;
    }
    std::string activate(const std::string& name, const std::string& location)
    {
        return change(Verb::activate, {name, location, "bob\tlrs\t"});
    }
    std::string dump(const std::string& prefix = {})
    {
        DumpCursor cursor;
        Filter filter{prefix, {}};
        std::string out;
        while (!cursor.done) published->dump(cursor, filter, "T", out, out.size() + 1);
        std::string flat;
        for (char c : out)
            if (c != '\r') flat.push_back(c == '\n' ? '|' : c);
        return flat;
    }
};

// The workers of a frontend on the same machine read the store, and kick when they miss a name.
START_TEST(who_kicks_finds_what_was_answered_before)
{
    Master m;
    ASSERT_OK(m.open());
    const std::string path = m.dir.file("kick");
    KickServer kicks(path, [&] { return m.list->catch_up(Milliseconds(20000)); });
    ASSERT_OK(kicks.start());
    for (const char* name : {"user.bob", "user.amy"}) {
        const auto wanted = *model::MailboxName::from_internal(name);
        ASSERT_EQ_TEXT(m.activate(name, "be1!p"), "OK done");
        ASSERT_CODE(m.store.lookup(wanted), Code::not_found);
        ASSERT_OK(mboxlist::kick(path, Milliseconds(20000)));
        ASSERT_OK(m.store.lookup(wanted));
    }
    // Nothing is new.
    ASSERT_OK(mboxlist::kick(path, Milliseconds(20000)));
    kicks.stop();
}
END_TEST

START_TEST(changes_are_published_and_kept)
{
    Master m;
    ASSERT_OK(m.open());
    ASSERT_EQ_TEXT(m.change(Verb::reserve, {"user.bob", "be1!p"}), "OK done");
    ASSERT_EQ_TEXT(m.activate("user.bob", "be1!p"), "OK done");
    ASSERT_EQ_TEXT(m.activate("user.amy", "be2!p"), "OK done");
    ASSERT_EQ_TEXT(m.activate("user.bob", "be2!p"), "NO mailbox is held by be1");
    ASSERT_EQ_TEXT(m.change(Verb::remove, {"user.none"}), "NO mailbox doesn't exist");
    ASSERT_EQ_TEXT(m.activate("user..x", "be1!p").substr(0, 2), "NO");
    ASSERT_EQ_TEXT(m.activate("user.x", "be1!p!q").substr(0, 2), "NO");
    const std::string before = m.dump();
    ASSERT_EQ_TEXT(before, "T MAILBOX {8+}|user.amy {5+}|be2!p {8+}|bob\tlrs\t|"
                           "T MAILBOX {8+}|user.bob {5+}|be1!p {8+}|bob\tlrs\t|");
    // after a checkpoint, from the store; claims too
    ASSERT_OK(m.open());
    ASSERT_EQ_TEXT(m.dump(), before);
    ck_assert_uint_eq(*m.store.count(), 2);
    ASSERT_EQ_TEXT(m.dump("be2!"), "T MAILBOX {8+}|user.amy {5+}|be2!p {8+}|bob\tlrs\t|"
                                   "T MAILBOX {8+}|user.bob {5+}|be2!p {8+}|bob\tlrs\t|");
    ASSERT_EQ_TEXT(m.change(Verb::remove, {"user.amy"}), "OK done");
    ASSERT_OK(m.open());
    ck_assert_uint_eq(*m.store.count(), 1);
}
END_TEST

// The process dies between the answer and any checkpoint.
START_TEST(answered_changes_survive_a_kill)
{
    Master m;
    for (int round = 0; round < 5; ++round) {
        pid_t child = ::fork();
        if (child == 0) {
            if (!m.open()) ::_exit(1);
            for (int i = 0; i < 20; ++i)
                if (!m.activate(cat("user.u", round, "x", i), "be1!p").starts_with("OK"))
                    ::_exit(2);
            ::_exit(0);
        }
        int status = 0;
        ck_assert_int_eq(::waitpid(child, &status, 0), child);
        ck_assert_int_eq(status, 0);
    }
    ASSERT_OK(m.open());
    ck_assert_uint_eq(m.published->size(), 100);
    ASSERT_OK(m.open());
    ck_assert_uint_eq(m.published->size(), 100);
}
END_TEST

START_TEST(checkpoints_behind_many_changes)
{
    Master m;
    ASSERT_OK(m.open(100));
    std::vector<uint64_t> tickets;
    for (int i = 0; i < 5000; ++i) {
        auto answer = m.list->submit(Verb::activate, {cat("user.u", i), "be1!p", ""}, m.caller);
        ck_assert(answer.ok);
        tickets.push_back(answer.ticket);
    }
    for (uint64_t ticket : tickets) ASSERT_OK(m.list->wait(ticket));
    ck_assert_uint_eq(m.published->size(), 5000);
    ASSERT_OK(m.open());
    ck_assert_uint_eq(m.published->size(), 5000);
    ck_assert_uint_eq(*m.store.count(), 5000);
}
END_TEST

START_TEST(a_second_master_and_a_lost_store_are_refused)
{
    Master m;
    ASSERT_OK(m.open());
    m.activate("user.bob", "be1!p");
    ASSERT_OK(m.open());
    m.list.reset();
    m.store = mboxlist::MemoryDirectory();
    ASSERT_CODE(m.open(), Code::corrupt);
}
END_TEST

START_TEST(leases_are_dropped)
{
    Master m;
    m.published.emplace();
    MasterList::Options options;
    options.directory = m.dir.file("mupdate");
    options.policy.lease = Seconds(0);
    auto list = MasterList::open(std::make_unique<Kept>(m.store), *m.published, options);
    ASSERT_OK(list);
    m.list = *std::move(list);
    ASSERT_OK(m.list->start());
    ASSERT_EQ_TEXT(m.change(Verb::reserve, {"user.bob", "be1!p"}), "OK done");
    const Deadline deadline = Deadline::after(Seconds(20));
    while (m.published->size() != 0 && !deadline.passed()) ::usleep(10000);
    ck_assert_uint_eq(m.published->size(), 0);
}
END_TEST

// The name of a reservation that is over is at the server that claimed it: for who listens, and
// after a restart.
START_TEST(a_claimed_name_outlives_its_lease)
{
    for (const bool before_restart : {true, false}) {
        Master m;
        m.lease = before_restart ? Seconds(2) : Seconds(900);
        ASSERT_OK(m.open());
        ASSERT_EQ_TEXT(m.change(Verb::reserve, {"user.bob", "be1!p"}), "OK done");
        m.caller.identity = "be2";
        const std::string claimed = m.activate("user.bob", "be2!p");
        if (before_restart) {
            // On a slow machine the lease may be over by then.
            ck_assert(claimed == "NO mailbox is held by be1" || claimed == "OK done");
            const Deadline deadline = Deadline::after(Seconds(20));
            while (m.dump().find("MAILBOX") == std::string::npos && !deadline.passed())
                ::usleep(10000);
            const std::string listed = m.dump();
            ck_assert_msg(listed.find("be2!p") != std::string::npos, "%s", listed.c_str());
        } else {
            ASSERT_EQ_TEXT(claimed, "NO mailbox is held by be1");
        }
        const std::string told = m.dump();
        ASSERT_OK(m.open());
        ASSERT_EQ_TEXT(m.dump(), told);
        if (before_restart) continue;
        // Kept over the restart with what is left of the lease: given back, it goes to the claim.
        m.caller.identity = "be1";
        ASSERT_EQ_TEXT(m.change(Verb::remove, {"user.bob", "be1!p"}), "OK done");
        const std::string listed = m.dump();
        ck_assert_msg(listed.find("be2!p") != std::string::npos, "%s", listed.c_str());
        ASSERT_OK(m.open());
        ASSERT_EQ_TEXT(m.dump(), listed);
    }
}
END_TEST

Suite* make()
{
    rookery::log::set_level(rookery::log::Level::error);
    Suite* s = suite_create("mupdate master list");
    TCase* t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, who_kicks_finds_what_was_answered_before);
    tcase_add_test(t, changes_are_published_and_kept);
    tcase_add_test(t, answered_changes_survive_a_kill);
    tcase_add_test(t, checkpoints_behind_many_changes);
    tcase_add_test(t, a_second_master_and_a_lost_store_are_refused);
    tcase_add_test(t, leases_are_dropped);
    tcase_add_test(t, a_claimed_name_outlives_its_lease);
    suite_add_tcase(s, t);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
