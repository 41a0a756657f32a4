#include "imap/mupdate/cluster_directory.h"

#include <sys/wait.h>
#include <unistd.h>

#include "imap/mboxlist/memory_directory.h"
#include "imap/mupdate/push.h"
#include "lib/auth/sasl_client.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "tests/unit/imap/mupdate/fake_master.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::mupdate;
using model::EntryState;
using model::MailboxEntry;
using model::Pending;

struct Node {
    test::TempDir dir;
    test::FakeMaster fake;
    std::optional<config::Config> config;
    std::optional<ClusterDirectory> list;

    explicit Node(const std::string& more = {})
    {
        auto made = config::Config::from_text(
            cat("configdirectory: ", dir.path(), "\nservername: be1.test\nproxyservers: murder\n",
                "mupdate_server: 127.0.0.1:", fake.port(), "\nmupdate_authname: be1\n",
                "mupdate_password: x\nclient_timeout: 2\n", more),
            "test");
        ASSERT_OK(made);
        config.emplace(*std::move(made));
        ASSERT_OK(auth::SaslClient::init_library(*config));
        list.emplace(*config, std::make_unique<mboxlist::MemoryDirectory>());
    }
    static model::MailboxName name(const std::string& n)
    {
        return *model::MailboxName::from_internal(n);
    }
    static MailboxEntry entry(const std::string& n)
    {
        return {name(n), EntryState::active, "", "default", *model::Acl::parse("bob\tlrs\t"), "", 0,
                0,       Pending::none};
    }
    // "active create" of the local list, or "-"
    std::string here(const std::string& n)
    {
        auto e = list->lookup(name(n));
        if (!e) return "-";
        static const char* const kStates[] = {"active", "reserved", "moving", "deleted"};
        static const char* const kPending[] = {"", " create", " remove", " rename", " update"};
        return cat(kStates[static_cast<size_t>(e->state)],
                   kPending[static_cast<size_t>(e->pending)]);
    }
    // "M location" or "R location" of the master, or "-"
    std::string there(const std::string& n)
    {
        auto client = Client::connect(*config);
        if (!client) return "no master";
        auto found = (*client)->find(n);
        (*client)->logout();
        if (!found || !*found) return "-";
        return cat((*found)->active ? "M " : "R ", (*found)->location);
    }
    void at_master(Verb verb, const std::string& n, const std::string& location)
    {
        auto client = Client::connect(*config);
        ASSERT_OK(client);
        if (verb == Verb::activate) {
            ASSERT_OK((*client)->run(verb, {n, location, "x\tl\t"}));
        } else {
            ASSERT_OK((*client)->run(verb, {n, location}));
        }
        (*client)->logout();
    }
};

const mboxlist::LocalStep kFails = [] { return Status(Error{Code::no_space, "disk full"}); };

START_TEST(create_and_its_failures)
{
    Node n;
    n.fake.start();
    std::string during;
    ASSERT_OK(n.list->create(Node::entry("user.bob"), [&] {
        during = cat(n.here("user.bob"));
        return success();
    }));
    ASSERT_EQ_TEXT(during, "reserved create");
    ASSERT_EQ_TEXT(n.here("user.bob"), "active");
    ASSERT_EQ_TEXT(n.there("user.bob"), "M be1.test!default");
    ASSERT_CODE(n.list->create(Node::entry("user.bob"), {}), Code::exists);
    ASSERT_CODE(n.list->create(Node::entry("user.amy"), kFails), Code::no_space);
    ASSERT_EQ_TEXT(n.here("user.amy"), "-");
    ASSERT_EQ_TEXT(n.there("user.amy"), "-");
    n.at_master(Verb::activate, "user.eve", "be2.test!p");
    bool ran = false;
    ASSERT_CODE(n.list->create(Node::entry("user.eve"),
                               [&] {
                                   ran = true;
                                   return success();
                               }),
                Code::exists);
    ck_assert(!ran);
    ASSERT_EQ_TEXT(n.here("user.eve"), "-");
    ASSERT_EQ_TEXT(n.there("user.eve"), "M be2.test!p");
}
END_TEST

START_TEST(without_a_master)
{
    Node n;
    n.fake.start();
    for (const char* m : {"user.bob", "user.amy"}) ASSERT_OK(n.list->create(Node::entry(m), {}));
    n.fake.stop();
    Status refused = n.list->create(Node::entry("user.new"), {});
    ASSERT_CODE(refused, Code::no_master);
    ASSERT_EQ_TEXT(n.here("user.new"), "-");
    const MailboxEntry from = Node::entry("user.bob");
    const MailboxEntry to = Node::entry("user.rob");
    ASSERT_CODE(n.list->rename({&from, 1}, {&to, 1}, {}), Code::no_master);
    ASSERT_EQ_TEXT(n.here("user.rob"), "-");
    // what is told later
    ASSERT_OK(n.list->update(Node::entry("user.bob"), {}));
    ASSERT_EQ_TEXT(n.here("user.bob"), "active update");
    ASSERT_OK(n.list->remove(Node::entry("user.amy"), {}));
    ASSERT_EQ_TEXT(n.here("user.amy"), "deleted remove");
    const MailboxEntry deleted = Node::entry("DELETED.user.bob.5E3A2B1C");
    ASSERT_OK(n.list->rename({&from, 1}, {&deleted, 1}, {}));
    ASSERT_EQ_TEXT(n.here("user.bob"), "deleted remove");
    ASSERT_EQ_TEXT(n.here("DELETED.user.bob.5E3A2B1C"), "active rename");
    ASSERT_CODE(n.list->settle_pending(), Code::no_master);
    ASSERT_CODE(n.list->push(deleted.name), Code::no_master);
    // it returns, with another server's mailbox under one of the names
    n.fake.start();
    n.at_master(Verb::activate, "user.bob", "be1.test!default");
    n.at_master(Verb::activate, "user.amy", "be2.test!p");
    ASSERT_OK(n.list->settle_pending());
    ASSERT_EQ_TEXT(n.here("user.bob"), "-");
    ASSERT_EQ_TEXT(n.there("user.bob"), "-");
    ASSERT_EQ_TEXT(n.here("DELETED.user.bob.5E3A2B1C"), "active");
    ASSERT_EQ_TEXT(n.there("DELETED.user.bob.5E3A2B1C"), "M be1.test!default");
    ASSERT_EQ_TEXT(n.here("user.amy"), "-");
    ASSERT_EQ_TEXT(n.there("user.amy"), "M be2.test!p");  // a late DELETE is conditional
}
END_TEST

START_TEST(rename_all_or_none)
{
    Node n;
    n.fake.start();
    std::vector<MailboxEntry> from;
    std::vector<MailboxEntry> to;
    for (const char* tail : {"", ".a", ".b"}) {
        from.push_back(Node::entry(cat("user.bob", tail)));
        to.push_back(Node::entry(cat("user.rob", tail)));
        ASSERT_OK(n.list->create(from.back(), {}));
    }
    n.at_master(Verb::activate, "user.rob.b", "be2.test!p");
    ASSERT_CODE(n.list->rename(from, to, {}), Code::exists);
    ASSERT_EQ_TEXT(n.there("user.rob"), "-");
    ASSERT_EQ_TEXT(n.here("user.rob"), "-");
    ASSERT_EQ_TEXT(n.there("user.rob.b"), "M be2.test!p");
    n.at_master(Verb::remove, "user.rob.b", "be2.test!p");
    ASSERT_CODE(n.list->rename(from, to, kFails), Code::no_space);
    ASSERT_EQ_TEXT(n.there("user.rob.a"), "-");
    ASSERT_EQ_TEXT(n.here("user.bob.a"), "active");
    ASSERT_OK(n.list->rename(from, to, {}));
    for (const char* tail : {"", ".a", ".b"}) {
        ASSERT_EQ_TEXT(n.here(cat("user.bob", tail)), "-");
        ASSERT_EQ_TEXT(n.there(cat("user.bob", tail)), "-");
        ASSERT_EQ_TEXT(n.here(cat("user.rob", tail)), "active");
        ASSERT_EQ_TEXT(n.there(cat("user.rob", tail)), "M be1.test!default");
    }
    ASSERT_OK(n.list->remove(to[1], {}));
    ASSERT_EQ_TEXT(n.there("user.rob.a"), "-");
    ASSERT_CODE(n.list->remove(to[0], kFails), Code::no_space);
    ASSERT_EQ_TEXT(n.here("user.rob"), "active");
}
END_TEST

// The master goes away in the middle; the agent completes or undoes.
START_TEST(the_master_dies_at_each_step)
{
    {
        Node n;
        n.fake.die_at("RESERVE");
        n.fake.start();
        ASSERT_CODE(n.list->create(Node::entry("user.bob"), {}), Code::no_master);
        ASSERT_EQ_TEXT(n.here("user.bob"), "reserved create");
        ASSERT_OK(n.list->settle_pending());
        ASSERT_EQ_TEXT(n.here("user.bob"), "-");
        ASSERT_EQ_TEXT(n.there("user.bob"), "-");
    }
    {
        Node n;
        n.fake.die_at("ACTIVATE");
        n.fake.start();
        ASSERT_OK(n.list->create(Node::entry("user.bob"), {}));
        ASSERT_EQ_TEXT(n.here("user.bob"), "active create");
        ASSERT_EQ_TEXT(n.there("user.bob"), "R be1.test!default");
        // the next operation on the name settles it
        ASSERT_CODE(n.list->create(Node::entry("user.bob"), {}), Code::exists);
        ASSERT_EQ_TEXT(n.here("user.bob"), "active");
        ASSERT_EQ_TEXT(n.there("user.bob"), "M be1.test!default");
    }
    {
        Node n;
        n.fake.die_at("DELETE");
        n.fake.start();
        ASSERT_OK(n.list->create(Node::entry("user.bob"), {}));
        ASSERT_OK(n.list->remove(Node::entry("user.bob"), {}));
        ASSERT_EQ_TEXT(n.here("user.bob"), "deleted remove");
        ASSERT_OK(n.list->create(Node::entry("user.bob"), {}));
        ASSERT_EQ_TEXT(n.here("user.bob"), "active");
        ASSERT_EQ_TEXT(n.there("user.bob"), "M be1.test!default");
    }
}
END_TEST

// While one process works on a name, the agent of another leaves it alone.
START_TEST(locked_names_are_skipped)
{
    Node n;
    n.fake.start();
    int status = -1;
    ASSERT_OK(n.list->create(Node::entry("user.bob"), [&] {
        pid_t child = ::fork();
        if (child == 0) {
            ClusterDirectory other(*n.config, std::make_unique<mboxlist::MemoryDirectory>());
            NameLocks locks(*n.config);
            auto name = Node::name("user.bob");
            auto free_name = Node::name("user.amy");
            ::_exit(locks.lock(name, Milliseconds(0)).is(Code::busy) &&
                            locks.lock(free_name, Milliseconds(0)).ok()
                        ? 0
                        : 1);
        }
        ::waitpid(child, &status, 0);
        return success();
    }));
    ck_assert_int_eq(status, 0);
}
END_TEST

std::string pushed(Node& n, PushOptions options)
{
    std::string said;
    options.say = [&](std::string_view line) { cat_to(said, line, '\n'); };
    auto master = Client::connect(*n.config);
    if (!master) return cat(code_name(master.error().code));
    auto summary = push_all(*n.config, *n.list, **master, options);
    if (!summary) return cat(code_name(summary.error().code));
    return said + to_string(*summary);
}

START_TEST(a_push_compares_sets)
{
    Node n;
    ASSERT_EQ_TEXT(pushed(n, {}), "unavailable");
    n.fake.start();
    ASSERT_EQ_TEXT(pushed(n, {}),
                   "0 mailboxes: 0 unchanged, 0 activated, 0 removed from MUPDATE, 0 conflicts");
    for (const char* m : {"a.same", "a.acl", "a.lost", "a.taken"})
        ASSERT_OK(n.list->create(Node::entry(m), {}));
    n.at_master(Verb::activate, "a.acl", "be1.test!default");
    n.at_master(Verb::remove, "a.lost", "be1.test!default");
    n.at_master(Verb::remove, "a.taken", "be1.test!default");
    n.at_master(Verb::activate, "a.taken", "be2.test!p");
    n.at_master(Verb::activate, "a.gone", "be1.test!default");
    PushOptions warn;
    warn.warn_only = true;
    const std::string conflict = "Conflict: a.taken (";
    std::string first = pushed(n, warn);
    ck_assert_msg(first.starts_with("Remove from MUPDATE: a.gone\nForce Activate: a.acl\n"
                                    "Force Activate: a.lost\n"),
                  "%s", first.c_str());
    ASSERT_EQ_TEXT(n.there("a.gone"), "M be1.test!default");
    std::string real = pushed(n, {});
    ck_assert_msg(real.find(conflict) != std::string::npos, "%s", real.c_str());
    ck_assert_msg(real.ends_with(
                      "4 mailboxes: 1 unchanged, 2 activated, 1 removed from MUPDATE, 1 conflicts"),
                  "%s", real.c_str());
    ASSERT_EQ_TEXT(n.there("a.gone"), "-");
    ASSERT_EQ_TEXT(n.there("a.lost"), "M be1.test!default");
    ASSERT_EQ_TEXT(n.there("a.taken"), "M be2.test!p");
    ASSERT_EQ_TEXT(n.here("a.taken"), "active");  // local mail stays
    PushOptions force;
    force.authoritative = true;
    std::string taken = pushed(n, force);
    ck_assert_msg(taken.find("0 conflicts") != std::string::npos, "%s", taken.c_str());
}
END_TEST

START_TEST(an_empty_list_removes_nothing)
{
    Node n;
    n.fake.start();
    n.at_master(Verb::activate, "user.bob", "be1.test!default");
    std::string said = pushed(n, {});
    ck_assert_msg(said.find("removals held back") != std::string::npos, "%s", said.c_str());
    ASSERT_EQ_TEXT(n.there("user.bob"), "M be1.test!default");
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("mupdate cluster directory");
    TCase* t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, create_and_its_failures);
    tcase_add_test(t, without_a_master);
    tcase_add_test(t, rename_all_or_none);
    tcase_add_test(t, the_master_dies_at_each_step);
    tcase_add_test(t, locked_names_are_skipped);
    tcase_add_test(t, a_push_compares_sets);
    tcase_add_test(t, an_empty_list_removes_nothing);
    suite_add_tcase(s, t);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
