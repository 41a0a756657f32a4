#include "imap/mboxlist/partitions.h"

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

using namespace rookery;
using namespace rookery::mboxlist;

namespace {

struct Row {
    const char* lines;
    const char* usual;   // "" is an error
    const char* faults;  // each followed by ;
};

const Row kRows[] = {
    {"", "", ""},
    {"defaultpartition: default\n", "", ""},  // a frontend: it makes none
    {"partition-a: /\n", "a", ""},
    {"partition-a: /\ndefaultpartition: a\n", "a", ""},
    {"partition-a: /\ndefaultpartition: b\n", "", "defaultpartition: b: there is no partition-b;"},
    {"partition-a: /\npartition-b: /nosuch\n", "a", ""},
    {"partition-a: /\npartition-b: /nosuch\ndefaultpartition: b\n", "b", ""},
    {"partition-a: /\npartition-b: /\npartition_select_exclude: a\n", "b", ""},
    {"partition-a: /\npartition_select_exclude: b\n", "a",
     "partition_select_exclude: b: there is no partition-b;"},
    {"partition-a: /\npartition_select_exclude: a\n", "", "no partition to create a mailbox on;"},
    {"partition-a: /\npartition_select_exclude: a\ndefaultpartition: a\n", "a", ""},
    {"partition-a: spool\n", "a", "partition-a: spool: an absolute path is expected;"},
    {"partition-a: /\ndefaultpartition: b\npartition_select_exclude: c d\n", "",
     "partition_select_exclude: c: there is no partition-c;"
     "partition_select_exclude: d: there is no partition-d;"
     "defaultpartition: b: there is no partition-b;"},
};

START_TEST(a_name_is_a_partition_or_a_fault)
{
    const Row& row = kRows[_i];
    auto config = config::Config::from_text(cat("configdirectory: /x\n", row.lines), "imap");
    ASSERT_OK(config);
    auto usual = usual_partition(*config);
    ASSERT_EQ_TEXT(usual ? *usual : std::string(), row.usual);
    if (!usual) ASSERT_CODE(usual, Code::config);
    std::string faults;
    for (const std::string& fault : partition_faults(*config)) cat_to(faults, fault, ';');
    ASSERT_EQ_TEXT(faults, row.faults);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("partitions");
    TCase* t = tcase_create("options");
    tcase_add_loop_test(t, a_name_is_a_partition_or_a_fault, 0, std::size(kRows));
    suite_add_tcase(s, t);
    return s;
}
const rookery::test::Registered suite(make);

}  // namespace
