#include "lib/config/option_names.h"

#include "lib/base/fd.h"
#include "lib/base/strings.h"
#include "lib/config/config_parser.h"
#include "lib/config/cyrus_options.h"
#include "lib/config/option_spec.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::config;

START_TEST(what_a_misspelt_name_was_to_be)
{
    struct Row {
        const char* name;
        const char* near;
    };
    constexpr Row kRows[] = {{"admin", "admins"},
                             {"tls_cert_fle", "tls_server_cert"},
                             {"unixheirarchysep", "unixhierarchysep"},
                             {"partion-default", "partition-default"},
                             {"be1_pasword", "be1_password"},
                             {"imap_timeot", "imap_timeout"},
                             {"httpmodule", "httpmodules"},
                             {"colour", ""},
                             {"x", ""}};
    for (const Row& row : kRows) ASSERT_EQ_TEXT(nearest_option(row.name), row.near);
}
END_TEST

START_TEST(a_service_may_stand_in_front)
{
    ck_assert_uint_eq(service_prefix("lmtp_admins"), 5);
    ck_assert_uint_eq(service_prefix("imap_tls_cert_file"), 5);
    ck_assert_uint_eq(service_prefix("lmtp_admin"), 0);
    ck_assert_uint_eq(service_prefix("_admins"), 0);
}
END_TEST

START_TEST(what_is_not_read_is_not_read)
{
    for (const CyrusOptions& group : cyrus_options()) {
        ck_assert(!group.reason.empty());
        for (std::string_view name : split_words(group.names)) {
            ck_assert_msg(!find_option(name), "%s is an option", std::string(name).c_str());
            ck_assert(find_cyrus_option(name) == &group);
        }
    }
    ck_assert(find_cyrus_option("archivepartition-news") != nullptr);
    ck_assert(find_cyrus_option("sync_channel_host") != nullptr);
    ck_assert(find_cyrus_option("archivepartition") == nullptr);
    ck_assert(is_stock_line("httpmodules", "caldav carddav"));
    ck_assert(!is_stock_line("httpmodules", "caldav"));
}
END_TEST

START_TEST(lines_past_a_wrong_one_are_read)
{
    const test::TempDir dir;
    ASSERT_OK(replace_file(dir.file("a"), "one: 1\nno separator\n@include: b\ntwo:\nlast: 2\n"));
    ASSERT_OK(replace_file(dir.file("b"), "bad name: 1\ngood: 1\n"));
    auto reading = read_past_faults(dir.file("a"));
    ASSERT_OK(reading);
    ck_assert_uint_eq(reading->lines.size(), 3);
    ASSERT_EQ_TEXT(reading->lines[1].name, "good");
    ck_assert_uint_eq(reading->includes.size(), 1);
    ck_assert_uint_eq(reading->includes[0].number, 3);
    ASSERT_EQ_TEXT(reading->includes[0].path, dir.file("b"));
    const auto& faults = reading->faults;
    ck_assert_uint_eq(faults.size(), 3);
    ASSERT_EQ_TEXT(faults[0].text, dir.file("a") + ":2: \"name: value\" is expected");
    ASSERT_EQ_TEXT(faults[1].text,
                   dir.file("b") + ":1: bad character in the option name \"bad name\"");
    ASSERT_EQ_TEXT(faults[2].text, dir.file("a") + ":4: option two has no value");
    ASSERT_CODE(parse_file(dir.file("a")), Code::config);
}
END_TEST

START_TEST(what_is_joined_is_told)
{
    const test::TempDir dir;
    ASSERT_OK(replace_file(dir.file("a"), "one: 1 \\\n  2 \\\n  3\ntwo: 2\n"));
    auto reading = read_past_faults(dir.file("a"));
    ASSERT_OK(reading);
    ck_assert_uint_eq(reading->lines.size(), 2);
    const Line& one = reading->lines[0];
    ASSERT_EQ_TEXT(one.value, "1   2   3");
    ck_assert_uint_eq(one.joined.size(), 2);
    ASSERT_EQ_TEXT(one.joined[0], "  2 \\");
    ASSERT_EQ_TEXT(one.joined[1], "  3");
    ck_assert_uint_eq(reading->lines[1].joined.size(), 0);
    ck_assert_uint_eq(reading->lines[1].number, 4);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("option_names");
    TCase* t = tcase_create("option_names");
    tcase_add_test(t, what_a_misspelt_name_was_to_be);
    tcase_add_test(t, a_service_may_stand_in_front);
    tcase_add_test(t, what_is_not_read_is_not_read);
    tcase_add_test(t, lines_past_a_wrong_one_are_read);
    tcase_add_test(t, what_is_joined_is_told);
    suite_add_tcase(s, t);
    return s;
}

const test::Registered suite(make);

}  // namespace
