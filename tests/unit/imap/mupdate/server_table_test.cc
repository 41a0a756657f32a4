#include "imap/mupdate/master/server_table.h"

#include "lib/base/fd.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::mupdate;

std::string text_of(const ServerTable& table)
{
    uint64_t version = 0;
    return table.text(version);
}

START_TEST(kept_over_a_restart)
{
    test::TempDir directory;
    const std::string path = directory.file("servers");
    auto table = ServerTable::open(path, "be9 draining \n");
    ASSERT_OK(table);
    // What a replica knew counts until there is a file.
    ASSERT_EQ_TEXT(text_of(**table), "be9 draining \n");
    const uint64_t before = (*table)->version();
    ASSERT_OK((*table)->set("be1", model::ServerState::maintenance, "back at noon"));
    ck_assert((*table)->version() != before);
    auto again = ServerTable::open(path, "be8 draining \n");
    ASSERT_OK(again);
    ASSERT_EQ_TEXT(text_of(**again), "be1 maintenance back at noon\nbe9 draining \n");
    ck_assert((*again)->status().front().value == "be1 maintenance back at noon");
}
END_TEST

START_TEST(what_cannot_be_kept_is_not_said)
{
    test::TempDir directory;
    auto table = ServerTable::open(directory.file("no/such/servers"), {});
    ASSERT_OK(table);
    ck_assert(!(*table)->set("be1", model::ServerState::draining, {}).ok());
    ASSERT_EQ_TEXT(text_of(**table), "");
    ASSERT_CODE((*table)->set("be 1", model::ServerState::draining, {}), Code::syntax);
}
END_TEST

START_TEST(files_of_others)
{
    test::TempDir directory;
    const std::string path = directory.file("servers");
    ASSERT_OK(replace_file(path, "rookery mupdate servers 2\n"));
    ASSERT_CODE(ServerTable::open(path, {}), Code::unsupported);
    ASSERT_OK(replace_file(path, "rookery mupdate servers 1\nbe1 asleep \n"));
    ASSERT_CODE(ServerTable::open(path, {}), Code::corrupt);
}
END_TEST

START_TEST(a_replica_has_its_masters)
{
    ServerTable table;
    int told = 0;
    table.set_listener([&] { ++told; });
    ASSERT_OK(table.replace("be1 no-new \n"));
    ASSERT_CODE(table.replace("be1 asleep \n"), Code::syntax);
    ASSERT_EQ_TEXT(text_of(table), "be1 no-new \n");
    ck_assert_int_eq(told, 1);
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("mupdate/server_table");
    TCase* tcase = tcase_create("server_table");
    tcase_add_test(tcase, kept_over_a_restart);
    tcase_add_test(tcase, what_cannot_be_kept_is_not_said);
    tcase_add_test(tcase, files_of_others);
    tcase_add_test(tcase, a_replica_has_its_masters);
    suite_add_tcase(suite, tcase);
    return suite;
}

const rookery::test::Registered suite(make);

}  // namespace
