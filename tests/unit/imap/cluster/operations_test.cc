#include "imap/cluster/operations.h"

#include <sys/wait.h>
#include <unistd.h>

#include <map>

#include "imap/cluster/push.h"
#include "imap/mboxlist/memory_directory.h"
#include "lib/auth/sasl_client.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "tests/support/memory_store.h"
#include "tests/unit/imap/mupdate/fake_master.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::cluster;
using model::EntryState;
using model::MailboxEntry;
using model::MailboxName;
using model::Pending;
using mupdate::Verb;
using Tell = Operations::Tell;

// Where a run ends: each change of the list and of the store counts.
struct Fault {
    enum class Kind { none, error, crash } kind = Kind::none;
    int at = 0;
    int steps = 0;

    // False: this step is not taken.
    bool step()
    {
        ++steps;
        if (kind == Kind::crash) return steps < at;
        return kind != Kind::error || steps != at;
    }
    static Error error() { return {Code::no_space, "as the test wants it"}; }
};

class FaultyList final : public mboxlist::MemoryDirectory {
 public:
    Status commit(std::span<const mboxlist::Change> changes) override
    {
        return fault.step() ? MemoryDirectory::commit(changes) : Status(Fault::error());
    }
    Status commit_marked(std::span<const mboxlist::Change> changes,
                         std::span<const mboxlist::Mark> marks) override
    {
        if (!fault.step()) return Fault::error();
        return MemoryDirectory::commit_marked(changes, marks);
    }
    Fault fault;
};

// A MemoryStore whose changes may fail.
class FaultyStore final : public mailbox::MailboxStore {
 public:
    FaultyStore(test::MemoryStore& store, Fault& fault) : store_(store), fault_(fault) {}

    Result<uint32_t> create(const MailboxEntry& e) override
    {
        if (!fault_.step()) return Fault::error();
        return store_.create(e);
    }
    Status discard(const MailboxEntry& e) override
    {
        return step([&] { return store_.discard(e); });
    }
    Status remove(const MailboxEntry& e) override
    {
        return step([&] { return store_.remove(e); });
    }
    Status rename(const MailboxEntry& from, const MailboxEntry& to) override
    {
        return step([&] { return store_.rename(from, to); });
    }
    Status rename_back(const MailboxEntry& from, const MailboxEntry& to) override
    {
        return step([&] { return store_.rename_back(from, to); });
    }
    Status acl_changed(const MailboxEntry& e) override
    {
        return step([&] { return store_.acl_changed(e); });
    }
    Status set_special_use(const MailboxEntry& e, const std::string& uses) override
    {
        return step([&] { return store_.set_special_use(e, uses); });
    }
    Status rename_user(const std::string& from, const std::string& to) override
    {
        return step([&] { return store_.rename_user(from, to); });
    }
    Status remove_user(const std::string& userid) override
    {
        return step([&] { return store_.remove_user(userid); });
    }
    Result<std::string> uniqueid_at(const MailboxEntry& e) override
    {
        return store_.uniqueid_at(e);
    }
    Result<std::string> special_use(const MailboxEntry& e) override
    {
        return store_.special_use(e);
    }
    bool has(const MailboxEntry& e) override { return store_.has(e); }
    bool has_messages(const MailboxEntry& e) override { return store_.has_messages(e); }
    Result<std::unique_ptr<mailbox::Mailbox>> open(const MailboxEntry& e, const std::string& user,
                                                   mailbox::OpenMode mode) override
    {
        return store_.open(e, user, mode);
    }
    Result<mailbox::StatusItems> status(const MailboxEntry& e, const std::string& user) override
    {
        return store_.status(e, user);
    }
    Result<std::unique_ptr<mailbox::StagedMessage>> stage(const std::string& partition) override
    {
        return store_.stage(partition);
    }
    Result<mailbox::AppendResult> append(const MailboxEntry& e, const std::string& user,
                                         std::span<const mailbox::AppendItem> items) override
    {
        return store_.append(e, user, items);
    }
    std::vector<std::string> partitions() const override { return store_.partitions(); }

 private:
    Status step(const std::function<Status()>& work)
    {
        return fault_.step() ? work() : Status(Fault::error());
    }
    test::MemoryStore& store_;
    Fault& fault_;
};

// A server with its list and its store, in a murder or alone.
struct Node {
    test::TempDir dir;
    test::FakeMaster fake;
    std::optional<config::Config> config;
    FaultyList entries;
    test::MemoryStore mail;
    FaultyStore faulty{mail, entries.fault};
    std::optional<Operations> list;

    explicit Node(bool in_murder = true)
    {
        const std::string murder =
            in_murder ? cat("proxyservers: murder\nmupdate_server: 127.0.0.1:", fake.port(),
                            "\nmupdate_authname: be1\nmupdate_password: x\n")
                      : std::string();
        auto made = config::Config::from_text(
            cat("configdirectory: ", dir.path(), "\nsievedir: ", dir.path(),
                "/sieve\nservername: be1.test\nclient_timeout: 2\n", murder),
            "test");
        ASSERT_OK(made);
        config.emplace(*std::move(made));
        ASSERT_OK(auth::SaslClient::init_library(*config));
        restart();
    }
    // As after a crash: only the list and the store are left.
    void restart()
    {
        entries.fault = Fault{};
        list.emplace(*config, entries, faulty, nullptr);
    }
    Status settle()
    {
        auto master = list->link().connect();
        return list->settle_all(master ? master->get() : nullptr);
    }

    static MailboxName name(const std::string& n) { return *MailboxName::from_internal(n); }
    static MailboxEntry entry(const std::string& n)
    {
        return {.name = name(n),
                .server = {},
                .partition = "default",
                .acl = *model::Acl::parse("bob\tlrs\t"),
                .uniqueid = hex(n)};
    }
    Status create(const std::string& n) { return list->create(entry(n), {}, Tell::master); }
    // With all of another one's messages in it from the start.
    Status create_filled(const std::string& n, const std::string& from)
    {
        return list->create(entry(n), {}, Tell::master, [&](const MailboxEntry& made) -> Status {
            if (!entries.fault.step()) return Fault::error();
            mail.state(made.name.internal())->messages.swap(mail.state(from)->messages);
            return success();
        });
    }
    Status remove(const std::string& n)
    {
        return list->remove(
            name(n), [](const MailboxEntry&) { return success(); }, Tell::master);
    }
    Status rename(const std::vector<std::pair<std::string, std::string>>& pairs)
    {
        std::vector<Operations::Renaming> names;
        for (const auto& [from, to] : pairs) names.push_back({name(from), name(to)});
        return list->rename(names, [](const MailboxEntry&, MailboxEntry&) { return success(); });
    }
    Status set_acl(const std::string& n, const std::string& acl)
    {
        return list->change(name(n), [&](MailboxEntry& e) -> Status {
            TRY_ASSIGN(e.acl, model::Acl::parse(acl));
            return success();
        });
    }
    Status move_partition(const std::string& n, const std::string& partition)
    {
        return list->move_partition(name(n), partition,
                                    [](const MailboxEntry&) { return success(); });
    }

    // "active create" of the local list, or "-"
    std::string here(const std::string& n)
    {
        auto e = entries.lookup(name(n));
        if (!e) return "-";
        static const char* const kStates[] = {"active", "reserved", "moving", "deleted"};
        static const char* const kPending[] = {
            "",        " create",     " remove",        " rename",
            " update", " rename-out", " partition-out", " partition-in"};
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
    // Lets the nth step from now fail.
    void fail(Fault::Kind kind, int at) { entries.fault = Fault{kind, at, 0}; }

    // What is wrong: list, store and master must tell the same, and nothing be pending.
    std::string disagreement(bool in_murder)
    {
        std::string wrong;
        std::set<std::string> names;
        ASSERT_OK(entries.scan("", [&](const MailboxEntry& e) {
            const std::string n = e.name.internal();
            names.insert(n);
            auto at = mail.uniqueid_at(e);
            if (here(n) != "active") cat_to(wrong, n, " is ", here(n), "; ");
            if (!at || *at != e.uniqueid) cat_to(wrong, n, " is not in the store; ");
            const std::string want = cat("M be1.test!", e.partition);
            if (in_murder && there(n) != want) cat_to(wrong, n, " at the master: ", there(n), "; ");
            return mboxlist::Next::go_on();
        }));
        for (const std::string& n : kAllNames) {
            if (names.contains(n)) continue;
            if (mail.state(n)) cat_to(wrong, n, " is in the store alone; ");
            if (in_murder && there(n) != "-") cat_to(wrong, n, " is at the master alone; ");
        }
        return wrong;
    }
    static const std::vector<std::string> kAllNames;
};

const std::vector<std::string> Node::kAllNames{
    "user.bob",   "user.bob.a",   "user.bob.a.b", "user.rob",
    "user.rob.a", "user.rob.a.b", "user.amy",     "DELETED.user.bob.5E3A2B1C"};

// An operation on user.bob and what is below it, and what it leaves when it was done.
struct Case {
    const char* what;
    Status (*run)(Node&);
    const char* done;      // the names of the list afterwards
    const char* not_done;  // and if it was not
};

constexpr const char* kBefore = "user.bob user.bob.a user.bob.a.b ";
const Case kCases[] = {
    {"CREATE", [](Node& n) { return n.create("user.amy"); },
     "user.amy user.bob user.bob.a user.bob.a.b ", kBefore},
    {"CREATE with a use",
     [](Node& n) { return n.list->create(Node::entry("user.amy"), "\\Sent", Tell::master); },
     "user.amy user.bob user.bob.a user.bob.a.b ", kBefore},
    {"CREATE that is filled", [](Node& n) { return n.create_filled("user.amy", "user.bob"); },
     "user.amy user.bob user.bob.a user.bob.a.b ", kBefore},
    {"DELETE", [](Node& n) { return n.remove("user.bob.a.b"); }, "user.bob user.bob.a ", kBefore},
    {"DELETE of a user", [](Node& n) { return n.remove("user.bob"); }, "user.bob.a user.bob.a.b ",
     kBefore},
    {"RENAME of one",
     [](Node& n) {
         return n.rename({{"user.bob.a.b", "user.rob.a"}});
     },
     "user.bob user.bob.a user.rob.a ", kBefore},
    {"RENAME of a user",
     [](Node& n) {
         return n.rename({{"user.bob", "user.rob"},
                          {"user.bob.a", "user.rob.a"},
                          {"user.bob.a.b", "user.rob.a.b"}});
     },
     "user.rob user.rob.a user.rob.a.b ", kBefore},
    {"delayed DELETE",
     [](Node& n) {
         return n.rename({{"user.bob", "DELETED.user.bob.5E3A2B1C"}});
     },
     "DELETED.user.bob.5E3A2B1C user.bob.a user.bob.a.b ", kBefore},
    {"SETACL", [](Node& n) { return n.set_acl("user.bob", "bob\tl\t"); }, kBefore, kBefore},
    {"another partition", [](Node& n) { return n.move_partition("user.bob", "other"); }, kBefore,
     kBefore},
};

std::string all_names(Node& n)
{
    std::string names;
    ASSERT_OK(n.entries.scan("", [&](const MailboxEntry& e) {
        cat_to(names, e.name.internal(), ' ');
        return mboxlist::Next::go_on();
    }));
    return names;
}

// Each change of the list and of the store fails, or is the first that a crash does not let
// happen; then the agent. Nothing between done and not done, a message stays one message, and a
// user's data are where the user is.
START_TEST(every_step_of_every_operation_fails)
{
    const Case& one = kCases[_i / 2];
    const bool in_murder = _i % 2 == 0;
    for (const Fault::Kind kind : {Fault::Kind::error, Fault::Kind::crash}) {
        for (int at = 1, steps = 1; at <= steps; ++at) {
            Node n(in_murder);
            if (in_murder) n.fake.start();
            for (const char* m : {"user.bob", "user.bob.a", "user.bob.a.b"}) {
                ASSERT_OK(n.create(m));
                n.mail.state(m)->append("Subject: x\r\n\r\nx\r\n");
            }
            n.mail.users.insert("bob");
            n.fail(kind, at);
            const Status done = one.run(n);
            steps = n.entries.fault.steps;
            n.restart();
            const std::string where =
                cat(one.what, in_murder ? " in a murder" : " alone",
                    kind == Fault::Kind::crash ? ", crash at " : ", error at ", at, ": ");
            ck_assert_msg(n.settle().ok(), "%sthe agent fails", where.c_str());
            const std::string wrong = n.disagreement(in_murder);
            ck_assert_msg(wrong.empty(), "%s%s", where.c_str(), wrong.c_str());
            const std::string names = all_names(n);
            const bool is_done = names == one.done;
            ck_assert_msg(is_done || names == one.not_done, "%s%s", where.c_str(), names.c_str());
            if (done) ck_assert_msg(is_done, "%sOK, and not done", where.c_str());
            size_t messages = 0;
            for (const std::string& m : Node::kAllNames)
                if (auto state = n.mail.state(m)) messages += state->messages.size();
            if (std::string_view(one.what) == "CREATE that is filled")
                ck_assert_msg(n.mail.state("user.bob")->messages.empty() == is_done,
                              "%sthe messages are not where they belong", where.c_str());
            const bool removed = is_done && std::string_view(one.what).starts_with("DELETE");
            ck_assert_msg(messages == (removed ? 2u : 3u), "%s%zu messages", where.c_str(),
                          messages);
            const bool has_bob =
                names.find("user.bob ") == 0 || names.find(" user.bob ") != names.npos;
            const bool has_rob = names.find("user.rob ") != names.npos;
            const size_t users = (has_bob || has_rob) ? 1 : 0;
            // A failure of this alone is logged, and loses nobody's mail.
            if (kind == Fault::Kind::crash)
                ck_assert_msg(n.mail.users.size() == users &&
                                  n.mail.users.contains(has_rob ? "rob" : "bob") == (users > 0),
                              "%sthe user's data", where.c_str());
            // The names can be used.
            ASSERT_OK(n.create("user.amy.x"));
            ASSERT_OK(n.remove("user.amy.x"));
        }
    }
}
END_TEST

// What older versions have left, and how it is put right.
struct Mend {
    const char* what;
    void (*strand)(Node&);
    Status (*run)(Node&);
    const char* names;  // of the list afterwards
    size_t messages = 3;
};

MailboxEntry as_renamed(const char* to)
{
    MailboxEntry there = Node::entry(to);
    there.uniqueid = Node::entry("user.bob.a.b").uniqueid;
    return there;
}
void put_at(Node& n, const char* to)
{
    ASSERT_OK(n.mail.rename(Node::entry("user.bob.a.b"), as_renamed(to)));
}
void forget(Node& n)
{
    const auto change = mboxlist::Change::erase(Node::name("user.bob.a.b"));
    ASSERT_OK(n.entries.commit({&change, 1}));
}

const Mend kMends[] = {
    {"a mailbox that the list lacks",
     [](Node& n) {
         forget(n);
         if (n.list->link().is_needed())
             n.at_master(Verb::remove, "user.bob.a.b", "be1.test!default");
     },
     [](Node& n) { return n.list->adopt(Node::entry("user.bob.a.b"), [] { return success(); }); },
     kBefore},
    {"one that the master has here still", forget,
     [](Node& n) { return n.list->adopt(Node::entry("user.bob.a.b"), [] { return success(); }); },
     kBefore},
    {"a mailbox under its new name", [](Node& n) { put_at(n, "user.rob.a"); },
     [](Node& n) { return n.list->follow(Node::name("user.bob.a.b"), as_renamed("user.rob.a")); },
     "user.bob user.bob.a user.rob.a "},
    {"a deleted mailbox", [](Node& n) { put_at(n, "DELETED.user.bob.5E3A2B1C"); },
     [](Node& n) {
         return n.list->follow(Node::name("user.bob.a.b"), as_renamed("DELETED.user.bob.5E3A2B1C"));
     },
     "DELETED.user.bob.5E3A2B1C user.bob user.bob.a "},
    {"a mailbox on another partition",
     [](Node& n) {
         MailboxEntry there = as_renamed("user.bob.a.b");
         there.partition = "other";
         ASSERT_OK(n.mail.rename(Node::entry("user.bob.a.b"), there));
     },
     [](Node& n) {
         MailboxEntry there = as_renamed("user.bob.a.b");
         there.partition = "other";
         return n.list->follow(Node::name("user.bob.a.b"), there);
     },
     kBefore},
    {"another unique id",
     [](Node& n) {
         auto entry = Node::entry("user.bob.a.b");
         entry.uniqueid = "77";
         const auto change = mboxlist::Change::put(entry);
         ASSERT_OK(n.entries.commit({&change, 1}));
     },
     [](Node& n) {
         return n.list->take_id(Node::name("user.bob.a.b"), Node::entry("user.bob.a.b").uniqueid);
     },
     kBefore},
    {"a mailbox that is nowhere",
     [](Node& n) { ASSERT_OK(n.mail.remove(Node::entry("user.bob.a.b"))); },
     [](Node& n) { return n.list->make_empty(Node::name("user.bob.a.b"), "88"); }, kBefore, 2},
};

// Wherever it is cut short: it is done again if need be, and then all agree.
START_TEST(what_is_stranded_is_mended_from_every_step)
{
    const Mend& one = kMends[_i / 2];
    const bool in_murder = _i % 2 == 0;
    for (const Fault::Kind kind : {Fault::Kind::error, Fault::Kind::crash}) {
        for (int at = 1, steps = 1; at <= steps + 1; ++at) {
            Node n(in_murder);
            if (in_murder) n.fake.start();
            for (const char* m : {"user.bob", "user.bob.a", "user.bob.a.b"}) {
                ASSERT_OK(n.create(m));
                n.mail.state(m)->append("Subject: x\r\n\r\nx\r\n");
            }
            one.strand(n);
            n.fail(kind, at);
            (void)one.run(n);
            steps = n.entries.fault.steps;
            n.restart();
            const std::string where =
                cat(one.what, in_murder ? " in a murder" : " alone",
                    kind == Fault::Kind::crash ? ", crash at " : ", error at ", at, ": ");
            ck_assert_msg(n.settle().ok(), "%sthe agent fails", where.c_str());
            if (!n.disagreement(in_murder).empty()) {
                const Status again = one.run(n);
                ck_assert_msg(again.ok(), "%s%s", where.c_str(),
                              again ? "" : again.error().text.c_str());
            }
            const std::string wrong = n.disagreement(in_murder);
            ck_assert_msg(wrong.empty(), "%s%s", where.c_str(), wrong.c_str());
            // Back is as good as forward.
            const std::string names = all_names(n);
            const bool is_back = kind == Fault::Kind::error && names == kBefore;
            ck_assert_msg(names == one.names || is_back, "%s%s", where.c_str(), names.c_str());
            size_t messages = 0;
            for (const std::string& m : Node::kAllNames)
                if (auto state = n.mail.state(m)) messages += state->messages.size();
            ck_assert_msg(messages == one.messages, "%s%zu messages", where.c_str(), messages);
        }
    }
}
END_TEST

// Nothing is taken from another server, and nothing that is in its place is put aside.
START_TEST(what_is_not_stranded_is_left_alone)
{
    Node n;
    n.fake.start();
    for (const char* m : {"user.bob", "user.bob.a"}) ASSERT_OK(n.create(m));
    const auto ready = [] { return success(); };
    ASSERT_CODE(n.list->adopt(Node::entry("user.bob"), ready), Code::exists);
    ASSERT_CODE(n.list->adopt(Node::entry("user.amy"), ready), Code::not_found);
    ASSERT_EQ_TEXT(n.there("user.amy"), "-");
    ASSERT_CODE(n.list->make_empty(Node::name("user.bob"), "99"), Code::exists);
    ASSERT_CODE(n.list->take_id(Node::name("user.bob"), "99"), Code::not_found);
    ASSERT_CODE(n.list->follow(Node::name("user.bob"), Node::entry("user.amy")), Code::exists);
    // The name is another server's.
    n.at_master(Verb::activate, "user.amy", "be2.test!p");
    ASSERT_OK(n.mail.create(Node::entry("user.amy")));
    bool touched = false;
    ASSERT_CODE(n.list->adopt(Node::entry("user.amy"),
                              [&] {
                                  touched = true;
                                  return success();
                              }),
                Code::exists);
    ck_assert(!touched);
    ASSERT_EQ_TEXT(n.here("user.amy"), "-");
    ASSERT_EQ_TEXT(n.there("user.amy"), "M be2.test!p");
    ASSERT_OK(n.mail.remove(Node::entry("user.amy")));
    // Then what is there under the new name gets its old one again.
    MailboxEntry there = Node::entry("user.amy");
    there.uniqueid = Node::entry("user.bob.a").uniqueid;
    ASSERT_OK(n.mail.rename(Node::entry("user.bob.a"), there));
    ASSERT_OK(n.list->follow(Node::name("user.bob.a"), there));
    ASSERT_EQ_TEXT(n.there("user.amy"), "M be2.test!p");
    n.at_master(Verb::remove, "user.amy", "be2.test!p");
    ASSERT_EQ_TEXT(n.disagreement(true), "");
    ASSERT_EQ_TEXT(all_names(n), "user.bob user.bob.a ");
}
END_TEST

START_TEST(create_and_its_failures)
{
    Node n;
    n.fake.start();
    ASSERT_OK(n.create("user.bob"));
    ASSERT_EQ_TEXT(n.here("user.bob"), "active");
    ASSERT_EQ_TEXT(n.there("user.bob"), "M be1.test!default");
    ASSERT_CODE(n.create("user.bob"), Code::exists);
    n.fail(Fault::Kind::error, 2);  // the store
    ASSERT_CODE(n.create("user.amy"), Code::no_space);
    ASSERT_EQ_TEXT(n.here("user.amy"), "-");
    ASSERT_EQ_TEXT(n.there("user.amy"), "-");
    n.restart();
    n.at_master(Verb::activate, "user.eve", "be2.test!p");
    ASSERT_CODE(n.create("user.eve"), Code::exists);
    ck_assert(!n.mail.state("user.eve"));
    ASSERT_EQ_TEXT(n.here("user.eve"), "-");
    ASSERT_EQ_TEXT(n.there("user.eve"), "M be2.test!p");
}
END_TEST

// Why the master refuses decides what the client hears, and whether it is asked again.
START_TEST(a_refusal_of_the_master_is_what_it_says)
{
    const struct {
        const char* verb;
        const char* text;
        std::optional<Code> created;  // none: it is
        const char* here;
    } rows[] = {
        {"RESERVE", "mailbox already exists", Code::exists, "-"},
        {"RESERVE", "[ALREADYEXISTS] x", Code::exists, "-"},
        {"RESERVE", "[NOSPACE] x", Code::no_space, "-"},
        {"RESERVE", "no space left for changes of the mailbox list", Code::no_space, "-"},
        {"RESERVE", "[INUSE] too many changes at once", Code::busy, "-"},
        {"RESERVE", "[UNAVAILABLE] shutting down", Code::unavailable, "-"},
        {"RESERVE", "[NOPERM] x", Code::denied, "-"},
        {"RESERVE", "who knows", Code::denied, "-"},
        {"RESERVE", "read-only session", Code::config, "-"},
        {"RESERVE", "[CANNOT] Invalid mailbox name", Code::bad_name, "-"},
        {"RESERVE", "[LIMIT] too long", Code::bad_name, "-"},
        {"RESERVE", "[CLIENTBUG] not a location", Code::bad_name, "-"},
        {"ACTIVATE", "mailbox is held by be2.test", Code::exists, "active"},
        {"ACTIVATE", "[ALREADYEXISTS] mailbox is held by be2.test", Code::exists, "active"},
        {"ACTIVATE", "[LIMIT] ACL too long", Code::bad_name, "active"},
        {"ACTIVATE", "[NOSPACE] x", {}, "active create"},
        {"ACTIVATE", "[INUSE] x", {}, "active create"},
        {"ACTIVATE", "[UNAVAILABLE] x", {}, "active create"},
    };
    for (const auto& row : rows) {
        Node n;
        n.fake.refuse(row.verb, row.text);
        n.fake.start();
        const Status created = n.create("user.bob");
        if (row.created)
            ck_assert_msg(created.is(*row.created), "%s %s", row.verb, row.text);
        else
            ASSERT_OK(created);
        ck_assert_msg(n.here("user.bob") == row.here, "%s %s: %s", row.verb, row.text,
                      n.here("user.bob").c_str());
        if (row.created) continue;
        ck_assert(n.list->is_told_later());
        ASSERT_OK(n.settle());
        ASSERT_EQ_TEXT(n.here("user.bob"), "active");
        ASSERT_EQ_TEXT(n.there("user.bob"), "M be1.test!default");
    }
}
END_TEST

START_TEST(without_a_master)
{
    Node n;
    n.fake.start();
    for (const char* m : {"user.bob", "user.amy"}) ASSERT_OK(n.create(m));
    n.fake.stop();
    ASSERT_CODE(n.create("user.new"), Code::no_master);
    ASSERT_EQ_TEXT(n.here("user.new"), "-");
    ASSERT_CODE(n.rename({{"user.bob", "user.rob"}}), Code::no_master);
    ASSERT_EQ_TEXT(n.here("user.rob"), "-");
    // what is told later
    ASSERT_OK(n.set_acl("user.bob", "bob\tl\t"));
    ck_assert(n.list->is_told_later());
    ASSERT_EQ_TEXT(n.here("user.bob"), "active update");
    ASSERT_OK(n.remove("user.amy"));
    ASSERT_EQ_TEXT(n.here("user.amy"), "deleted remove");
    ASSERT_OK(n.rename({{"user.bob", "DELETED.user.bob.5E3A2B1C"}}));
    ASSERT_EQ_TEXT(n.here("user.bob"), "deleted rename-out");
    ASSERT_EQ_TEXT(n.here("DELETED.user.bob.5E3A2B1C"), "active rename");
    ASSERT_CODE(n.settle(), Code::no_master);
    ASSERT_CODE(n.list->push(Node::name("DELETED.user.bob.5E3A2B1C")), Code::no_master);
    // it returns, with another server's mailbox under one of the names
    n.fake.start();
    n.at_master(Verb::activate, "user.bob", "be1.test!default");
    n.at_master(Verb::activate, "user.amy", "be2.test!p");
    ASSERT_OK(n.settle());
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
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const char* tail : {"", ".a", ".a.b"}) {
        pairs.emplace_back(cat("user.bob", tail), cat("user.rob", tail));
        ASSERT_OK(n.create(pairs.back().first));
    }
    n.at_master(Verb::activate, "user.rob.a", "be2.test!p");
    ASSERT_CODE(n.rename(pairs), Code::exists);
    ASSERT_EQ_TEXT(n.there("user.rob"), "-");
    ASSERT_EQ_TEXT(n.here("user.rob"), "-");
    ASSERT_EQ_TEXT(n.there("user.rob.a"), "M be2.test!p");
    n.at_master(Verb::remove, "user.rob.a", "be2.test!p");
    ASSERT_OK(n.rename(pairs));
    ASSERT_EQ_TEXT(n.disagreement(true), "");
    ASSERT_EQ_TEXT(all_names(n), "user.rob user.rob.a user.rob.a.b ");
}
END_TEST

// What another session changes is not undone by a change that was computed before it.
START_TEST(a_change_is_made_to_the_entry_as_it_is)
{
    Node n(false);
    ASSERT_OK(n.create("user.bob"));
    std::string seen;
    ASSERT_OK(n.set_acl("user.bob", "eve\tlr\t"));
    ASSERT_OK(n.list->change(Node::name("user.bob"), [&](MailboxEntry& e) -> Status {
        seen = e.acl.to_string();
        e.acl.set("amy", *model::Rights::parse("l"));
        return success();
    }));
    ASSERT_EQ_TEXT(seen, "eve\tlr\t");
    ASSERT_EQ_TEXT(n.entries.lookup(Node::name("user.bob"))->acl.to_string(), "eve\tlr\tamy\tl\t");
    ASSERT_CODE(n.list->change(Node::name("user.bob"),
                               [](MailboxEntry&) -> Status {
                                   return Error{Code::denied, {}};
                               }),
                Code::denied);
    ASSERT_OK(n.remove("user.bob"));
    ASSERT_CODE(n.set_acl("user.bob", "eve\tlr\t"), Code::not_found);
    ASSERT_EQ_TEXT(all_names(n), "");
}
END_TEST

// The master goes away in the middle; the agent completes or undoes.
START_TEST(the_master_dies_at_each_step)
{
    {
        Node n;
        n.fake.die_at("RESERVE");
        n.fake.start();
        ASSERT_CODE(n.create("user.bob"), Code::no_master);
        ASSERT_EQ_TEXT(n.here("user.bob"), "reserved create");
        ASSERT_OK(n.settle());
        ASSERT_EQ_TEXT(n.here("user.bob"), "-");
        ASSERT_EQ_TEXT(n.there("user.bob"), "-");
    }
    {
        Node n;
        n.fake.die_at("ACTIVATE");
        n.fake.start();
        ASSERT_OK(n.create("user.bob"));
        ASSERT_EQ_TEXT(n.here("user.bob"), "active create");
        ASSERT_EQ_TEXT(n.there("user.bob"), "R be1.test!default");
        // the next operation on the name settles it
        ASSERT_CODE(n.create("user.bob"), Code::exists);
        ASSERT_EQ_TEXT(n.here("user.bob"), "active");
        ASSERT_EQ_TEXT(n.there("user.bob"), "M be1.test!default");
    }
    {
        Node n;
        n.fake.die_at("DELETE");
        n.fake.start();
        ASSERT_OK(n.create("user.bob"));
        ASSERT_OK(n.remove("user.bob"));
        ASSERT_EQ_TEXT(n.here("user.bob"), "deleted remove");
        ASSERT_OK(n.create("user.bob"));
        ASSERT_EQ_TEXT(n.here("user.bob"), "active");
        ASSERT_EQ_TEXT(n.there("user.bob"), "M be1.test!default");
    }
}
END_TEST

// While one process works on a name, the agent of another leaves it alone.
START_TEST(locked_names_are_skipped)
{
    Node n(false);
    ASSERT_OK(n.create("user.bob"));
    int status = -1;
    ASSERT_OK(n.list->change(Node::name("user.bob"), [&](MailboxEntry&) {
        pid_t child = ::fork();
        if (child == 0) {
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
    for (const char* m : {"a.same", "a.acl", "a.lost", "a.taken"}) ASSERT_OK(n.create(m));
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
    Suite* s = suite_create("operations of the namespace");
    TCase* t = tcase_create("all");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, create_and_its_failures);
    tcase_add_test(t, without_a_master);
    tcase_add_test(t, a_refusal_of_the_master_is_what_it_says);
    tcase_add_test(t, rename_all_or_none);
    tcase_add_test(t, a_change_is_made_to_the_entry_as_it_is);
    tcase_add_test(t, the_master_dies_at_each_step);
    tcase_add_test(t, locked_names_are_skipped);
    tcase_add_loop_test(t, every_step_of_every_operation_fails, 0,
                        2 * static_cast<int>(std::size(kCases)));
    tcase_add_loop_test(t, what_is_stranded_is_mended_from_every_step, 0,
                        2 * static_cast<int>(std::size(kMends)));
    tcase_add_test(t, what_is_not_stranded_is_left_alone);
    tcase_add_test(t, a_push_compares_sets);
    tcase_add_test(t, an_empty_list_removes_nothing);
    suite_add_tcase(s, t);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
