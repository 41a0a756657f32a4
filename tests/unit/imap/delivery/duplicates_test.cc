#include "imap/delivery/duplicates.h"

#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using delivery::Duplicates;

Duplicates opened(const test::TempDir& dir)
{
    auto set = db::ExpiringSet::open(dir.file("deliver.tdb"), Duplicates::kSpace);
    ASSERT_OK(set);
    auto duplicates = Duplicates::open(*std::move(set), dir.file("deliver.tdb.duplicates"));
    ASSERT_OK(duplicates);
    return *std::move(duplicates);
}

START_TEST(a_pair_is_known_until_it_is_old)
{
    test::TempDir dir;
    Duplicates duplicates = opened(dir);
    ck_assert(!duplicates.was_delivered({"<1@x>", "d", "u1"}));
    duplicates.mark({"<1@x>", "d", "u1"}, 1000);
    const std::string long_id = cat("<", std::string(5000, 'x'), ">");
    duplicates.mark({long_id, "d", "u1"}, 2000);
    ck_assert(duplicates.was_delivered({"<1@x>", "d", "u1"}));
    ck_assert(!duplicates.was_delivered({"<1@x>", "d", "u2"}));
    ck_assert(!duplicates.was_delivered({"<1@x>", "another", "u1"}));
    ck_assert(!duplicates.was_delivered({"<2@x>", "d", "u1"}));
    ck_assert(duplicates.was_delivered({long_id, "d", "u1"}));
    auto pruned = duplicates.prune(1500);
    ASSERT_OK(pruned);
    ck_assert_uint_eq(*pruned, 1);
    ck_assert(!duplicates.was_delivered({"<1@x>", "d", "u1"}));
    ck_assert(duplicates.was_delivered({long_id, "d", "u1"}));
}
END_TEST

START_TEST(many_old_ones_go_in_batches)
{
    test::TempDir dir;
    Duplicates duplicates = opened(dir);
    for (int i = 0; i < 2500; i++) {
        const std::string id = cat("<", i, "@x>");
        duplicates.mark({id, "d", "u"}, i % 5 == 0 ? 10 : 20);
    }
    auto pruned = duplicates.prune(15);
    ASSERT_OK(pruned);
    ck_assert_uint_eq(*pruned, 500);
    pruned = duplicates.prune(100);
    ASSERT_OK(pruned);
    ck_assert_uint_eq(*pruned, 2000);
}
END_TEST

START_TEST(a_damaged_file_is_put_aside)
{
    test::TempDir dir;
    log::to_file(dir.file("log"));
    ASSERT_OK(replace_file(dir.file("deliver.tdb"), std::string(8192, 'x')));
    Duplicates duplicates = opened(dir);
    duplicates.mark({"<1@x>", "d", "u1"}, 1);
    ck_assert(duplicates.was_delivered({"<1@x>", "d", "u1"}));
    ck_assert(read_file(dir.file("log"), 10000)->find("deliver.tdb.damaged-") != std::string::npos);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/delivery/duplicates");
    TCase* t = tcase_create("all");
    tcase_set_timeout(t, 30);
    tcase_add_test(t, a_pair_is_known_until_it_is_old);
    tcase_add_test(t, many_old_ones_go_in_batches);
    tcase_add_test(t, a_damaged_file_is_put_aside);
    suite_add_tcase(s, t);
    return s;
}
const test::Registered registered(make);

}  // namespace
