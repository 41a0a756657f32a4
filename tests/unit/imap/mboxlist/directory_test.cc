// What every list promises, for each of them: in memory, on tdb, in a flat file.
#include "imap/mboxlist/directory.h"

#include <map>
#include <memory>

#include "imap/mboxlist/list_load.h"
#include "imap/mboxlist/memory_directory.h"
#include "imap/mboxlist/open_directory.h"
#include "lib/base/fd.h"
#include "lib/base/strings.h"
#include "lib/config/murder_role.h"
#include "tests/unit/imap/mboxlist/entries.h"

using namespace rookery;
using namespace rookery::mboxlist;
using namespace rookery::test;
using model::EntryState;
using model::MailboxEntry;
using model::Pending;

namespace {

constexpr int kKinds = 3;

config::Config config_in(const TempDir& dir, int kind)
{
    auto config = config::Config::from_text(
        cat("configdirectory: ", dir.path(), "\nmboxlist_db: ", kind == 1 ? "tdb" : "flat", "\n"),
        "test");
    ASSERT_OK(config);
    return *std::move(config);
}

std::unique_ptr<Directory> make_list(const TempDir& dir, int kind)
{
    if (kind == 0) return std::make_unique<MemoryDirectory>();
    auto list = open_directory(config_in(dir, kind));
    ASSERT_OK(list);
    return *std::move(list);
}

Status put(Directory& d, const MailboxEntry& e)
{
    const Change change = Change::put(e);
    return d.commit({&change, 1});
}

Status erase(Directory& d, std::string_view name)
{
    const Change change = Change::erase(name_of(name));
    return d.commit({&change, 1});
}

START_TEST(what_is_put_is_found)
{
    const TempDir dir;
    auto d = make_list(dir, _i);
    MailboxEntry e = entry_of("example.org!user.b^b.Sent Mail", "b.b@example.org lrswipkxtecdan");
    e.state = EntryState::moving;
    e.server = "be2.example.org:1143";
    e.partition = "";
    e.uniqueid = "-";
    e.uidvalidity = 4294967295;
    e.serial = UINT64_MAX;
    e.pending = Pending::rename_in;
    ASSERT_CODE(d->lookup(e.name), Code::not_found);
    ASSERT_OK(put(*d, e));
    auto got = d->lookup(e.name);
    ASSERT_OK(got);
    ck_assert(same(*got, e));
    ASSERT_OK(erase(*d, e.name.internal()));
    ASSERT_CODE(d->lookup(e.name), Code::not_found);
    ASSERT_OK(erase(*d, e.name.internal()));
}
END_TEST

START_TEST(order_is_that_of_keys)
{
    const TempDir dir;
    auto d = make_list(dir, _i);
    for (const char* name : {"a", "a-b", "a.b", "a.b.c", "a^b", "user.bob", "user.bob-x",
                             "user.bob.x", "example.org!user.bob"})
        ASSERT_OK(put(*d, entry_of(name)));
    ASSERT_EQ_TEXT(all_names(*d), "a a.b a.b.c a-b a^b example.org!user.bob user.bob user.bob.x "
                                  "user.bob-x");
    ASSERT_EQ_TEXT(all_names(*d, name_of("a-b").key()),
                   "a-b a^b example.org!user.bob user.bob user.bob.x user.bob-x");
    std::string seen;
    ASSERT_OK(d->scan("", [&](const MailboxEntry& e) {
        seen += e.name.internal() + " ";
        if (e.name.internal() == "a.b") return Next::seek(name_of("example.org!a").key());
        return e.name.internal() == "user.bob" ? Next::stop() : Next::go_on();
    }));
    ASSERT_EQ_TEXT(seen, "a a.b example.org!user.bob user.bob ");
    ck_assert_uint_eq(d->count().value(), 9);
}
END_TEST

START_TEST(secondary_ranges_follow_the_entries)
{
    const TempDir dir;
    auto d = make_list(dir, _i);
    const auto by_server = [&](std::string server) {
        return names_of([&](const auto& each) { return d->scan_server(server, each); });
    };
    const auto by_id = [&](std::vector<std::string> ids) {
        return names_of([&](const auto& each) { return d->scan_identifiers(ids, each); });
    };
    const auto pending = [&] {
        return names_of([&](const auto& each) { return d->scan_pending(each); });
    };
    ASSERT_OK(put(*d, entry_of("shared.all", "anyone lrs", "be1")));
    ASSERT_OK(put(*d, entry_of("shared.team", "group:team lrs bob lr -bob s", "be2")));
    ASSERT_OK(put(*d, entry_of("user.bob", "bob lrswipkxtecdan")));
    ASSERT_OK(put(*d, entry_of("user.bob.x", "bob lr anyone l alice r")));
    ASSERT_EQ_TEXT(by_server("be1"), "shared.all");
    ASSERT_EQ_TEXT(by_server(""), "user.bob user.bob.x");
    ASSERT_EQ_TEXT(by_id({"bob"}), "shared.team user.bob user.bob.x");
    ASSERT_EQ_TEXT(by_id({"anyone", "alice", "bob"}), "shared.all shared.team user.bob user.bob.x");
    ASSERT_EQ_TEXT(by_id({"group:team"}), "shared.team");
    ASSERT_EQ_TEXT(by_id({"bo"}), "");
    ASSERT_EQ_TEXT(pending(), "");
    MailboxEntry moved = entry_of("shared.all", "alice lr", "be2");
    moved.pending = Pending::update;
    ASSERT_OK(put(*d, moved));
    ASSERT_EQ_TEXT(by_server("be1"), "");
    ASSERT_EQ_TEXT(by_server("be2"), "shared.all shared.team");
    ASSERT_EQ_TEXT(by_id({"anyone"}), "user.bob.x");
    ASSERT_EQ_TEXT(pending(), "shared.all");
    ASSERT_OK(erase(*d, "shared.all"));
    ASSERT_EQ_TEXT(by_server("be2") + pending(), "shared.team");
    std::string seen;
    const std::vector<std::string> ids{"bob", "anyone"};
    ASSERT_OK(d->scan_identifiers(ids, [&](const MailboxEntry& e) {
        seen += e.name.internal() + " ";
        return Next::seek(name_of("user.bob.a").key());
    }));
    ASSERT_EQ_TEXT(seen, "shared.team user.bob.x ");
}
END_TEST

START_TEST(marks_are_written_with_the_changes)
{
    const TempDir dir;
    auto d = make_list(dir, _i);
    const Change change = Change::put(entry_of("a"));
    const std::vector<Mark> marks{{"serial", "17"}, {"boot", "x y"}};
    ASSERT_OK(d->commit_marked({&change, 1}, marks));
    ASSERT_EQ_TEXT(d->mark("serial").value(), "17");
    const std::vector<Mark> fewer{{"serial", "18"}, {"boot", ""}, {"never", ""}};
    ASSERT_OK(d->commit_marked({}, fewer));
    ASSERT_EQ_TEXT(d->mark("serial").value(), "18");
    ASSERT_CODE(d->mark("boot"), Code::not_found);
    ASSERT_EQ_TEXT(all_names(*d), "a");
    ck_assert_uint_eq(d->count().value(), 1);
}
END_TEST

START_TEST(a_list_on_disk_is_there_again)
{
    const TempDir dir;
    ASSERT_OK(put(*make_list(dir, _i), entry_of("user.bob", "bob lr")));
    auto again = make_list(dir, _i);
    ASSERT_EQ_TEXT(all_names(*again), "user.bob");
}
END_TEST

START_TEST(a_flat_list_is_readable)
{
    const TempDir dir;
    auto d = make_list(dir, 2);
    MailboxEntry e = entry_of("user.b^b.Sent Mail", "b.b lrs", "be1.example.org");
    e.uidvalidity = 12;
    ASSERT_OK(put(*d, e));
    const std::vector<Mark> marks{{"serial", "7"}};
    ASSERT_OK(d->commit_marked({}, marks));
    auto text = read_file(dir.file("mailboxes.flat"), 1000);
    ASSERT_OK(text);
    ASSERT_EQ_TEXT(*text, "#flat 1\n/serial\t7\n"
                          "user.b^b.Sent Mail\t1 active none be1.example.org default "
                          "0123456789abcdef 12 0 b.b\\tlrs\\t\n");
    ASSERT_OK(replace_file(dir.file("mailboxes.flat"), "#flat 1\nuser.bob\t1 activ none\n"));
    const auto go_on = [](const MailboxEntry&) { return Next::go_on(); };
    auto read = d->scan("", go_on);
    ASSERT_CODE(read, Code::corrupt);
    ASSERT_EQ_TEXT(read.error().text, "mailbox list: broken state (user.bob)");
}
END_TEST

// The index of a list that was changed at random says what the entries say.
START_TEST(the_index_stays_right)
{
    const TempDir dir;
    auto list = open_list(config_in(dir, 1));
    ASSERT_OK(list);
    StoreDirectory& d = **list;
    MemoryDirectory model;
    uint64_t state = 99;
    const auto below = [&](uint64_t n) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        return (state >> 33) % n;
    };
    for (int round = 0; round < 60; ++round) {
        std::vector<Change> changes;
        for (int i = 0; i < 30; ++i) {
            const std::string name = cat("user.u", below(40), below(2) ? ".x" : "");
            if (below(3) == 0) {
                changes.push_back(Change::erase(name_of(name)));
                continue;
            }
            MailboxEntry e = entry_of(
                name, cat("u", below(5), " lr u", below(5), " l anyone ", below(2) ? "l" : "r"),
                below(3) ? cat("be", below(3)) : "");
            e.pending = below(4) ? Pending::none : Pending::update;
            changes.push_back(Change::put(std::move(e)));
        }
        ASSERT_OK(d.commit(changes));
        ASSERT_OK(model.commit(changes));
    }
    ASSERT_OK(d.check());
    const auto compare = [&](auto scan) {
        ASSERT_EQ_TEXT(names_of([&](const auto& each) { return scan(d, each); }),
                       names_of([&](const auto& each) { return scan(model, each); }));
    };
    compare([](Directory& l, const auto& each) { return l.scan("", each); });
    for (const char* server : {"", "be0", "be1", "be2"})
        compare([&](Directory& l, const auto& each) { return l.scan_server(server, each); });
    const std::vector<std::string> ids{"u1", "u3"};
    compare([&](Directory& l, const auto& each) { return l.scan_identifiers(ids, each); });
    compare([](Directory& l, const auto& each) { return l.scan_pending(each); });
}
END_TEST

// In whatever order the entries come, the list and its indexes are as batches would make them.
START_TEST(a_list_filled_at_once_is_like_any_other)
{
    const TempDir dir;
    auto opened = open_list(config_in(dir, 1), {});
    ASSERT_OK(opened);
    StoreDirectory& list = **opened;
    auto load = list.bulk_load();
    ASSERT_OK(load);
    for (const char* name : {"user.bob", "a", "user.alice-x", "user.alice.b", "user.alice"})
        ASSERT_OK((*load)->add(entry_of(name, "alice lrs anyone l -bob w", "be1")));
    MailboxEntry pending = entry_of("z", "bob l", "be2");
    pending.pending = Pending::update;
    ASSERT_OK((*load)->add(pending));
    const Mark mark{"stands", "7 9"};
    ASSERT_OK((*load)->finish({&mark, 1}));
    ASSERT_EQ_TEXT(all_names(list), "a user.alice user.alice.b user.alice-x user.bob z");
    ASSERT_EQ_TEXT(list.mark("stands").value(), "7 9");
    ASSERT_OK(list.check());
    const std::vector<std::string> bob{"bob"};
    ASSERT_EQ_TEXT(names_of([&](const auto& each) { return list.scan_identifiers(bob, each); }),
                   "z");
    ASSERT_EQ_TEXT(names_of([&](const auto& each) { return list.scan_server("be2", each); }), "z");
    ASSERT_EQ_TEXT(names_of([&](const auto& each) { return list.scan_pending(each); }), "z");
    ASSERT_OK(erase(list, "user.alice"));
    ASSERT_OK(list.check());
    auto again = list.bulk_load();
    ASSERT_OK(again);
    ASSERT_OK(erase(list, "user.bob"));
    ASSERT_CODE((*again)->finish({}), Code::busy);
}
END_TEST

START_TEST(configuration_names_the_file)
{
    const auto config_of = [](std::string text) {
        auto c = config::Config::from_text("configdirectory: /c\n" + text, "test");
        ASSERT_OK(c);
        return *std::move(c);
    };
    ASSERT_EQ_TEXT(list_path(config_of("")), "/c/mailboxes.tdb");
    ASSERT_EQ_TEXT(list_path(config_of("mboxlist_db: twoskip\n")), "/c/mailboxes.tdb");
    ASSERT_EQ_TEXT(list_path(config_of("mboxlist_db: flat\n")), "/c/mailboxes.flat");
    ASSERT_EQ_TEXT(list_path(config_of("mboxlist_db_path: /x\n")), "/x");
    ck_assert(!config::holds_replica(config_of("")));
    ck_assert(config::holds_replica(config_of("mupdate_server: m\n")));
    ck_assert(!config::holds_replica(config_of("mupdate_server: m\nproxyservers: p\n")));
    ck_assert(config::holds_replica(
        config_of("mupdate_server: m\nproxyservers: p\nmupdate_config: unified\n")));
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/mboxlist/directory");
    TCase* c = tcase_create("all");
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, what_is_put_is_found, 0, kKinds);
    tcase_add_loop_test(c, order_is_that_of_keys, 0, kKinds);
    tcase_add_loop_test(c, secondary_ranges_follow_the_entries, 0, kKinds);
    tcase_add_loop_test(c, marks_are_written_with_the_changes, 0, kKinds);
    tcase_add_loop_test(c, a_list_on_disk_is_there_again, 1, kKinds);
    tcase_add_test(c, a_flat_list_is_readable);
    tcase_add_test(c, the_index_stays_right);
    tcase_add_test(c, a_list_filled_at_once_is_like_any_other);
    tcase_add_test(c, configuration_names_the_file);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
