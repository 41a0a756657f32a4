// The table of capabilities and that of commands say the same.
#include "imap/imapd/capabilities.h"

#include <algorithm>

#include "imap/imapd/command_table.h"
#include "tests/unit/imap/imapd/conversation.h"

using namespace rookery;
using imapd::Capability;
using test::converse;
using test::ImapServer;

namespace {

START_TEST(each_capability_of_commands_has_its_commands)
{
    for (const Capability& row : imapd::capability_table()) {
        const auto commands = imapd::command_table();
        const bool named = std::any_of(commands.begin(), commands.end(), [&](const auto& spec) {
            return spec.traits.capability == row.name;
        });
        ck_assert_msg(named == (row.owner == Capability::Owner::commands), "%s",
                      std::string(row.name).c_str());
    }
}
END_TEST

START_TEST(each_command_names_a_capability_that_there_is)
{
    for (const imapd::CommandSpec& spec : imapd::command_table()) {
        const std::string_view name = spec.traits.capability;
        ck_assert_msg(name.empty() || imapd::find_capability(name) != nullptr, "%s",
                      std::string(spec.name).c_str());
    }
}
END_TEST

START_TEST(each_capability_stands_once)
{
    for (const Capability& row : imapd::capability_table())
        ck_assert_msg(imapd::find_capability(row.name) == &row, "%s",
                      std::string(row.name).c_str());
}
END_TEST

// What is told and what can be enabled is what the rows say.
START_TEST(a_row_is_told_and_enabled_as_it_says)
{
    ImapServer server;
    const std::string told = cat(converse(server, "bob", "1 CAPABILITY\r\n"));
    for (const Capability& row : imapd::capability_table()) {
        if (row.name.ends_with('=')) continue;
        const bool always = row.told != Capability::Told::before_login && row.is_there == nullptr;
        const bool is_told =
            cat(' ', told.substr(0, told.find("\r\n")), ' ').find(cat(' ', row.name, ' ')) !=
            std::string::npos;
        if (always) ck_assert_msg(is_told, "%s", std::string(row.name).c_str());
        if (row.told == Capability::Told::before_login)
            ck_assert_msg(!is_told, "%s", std::string(row.name).c_str());
        const std::string name = to_upper(row.name);
        ASSERT_EQ_TEXT(converse(server, "bob", cat("1 ENABLE ", name, "\r\n")),
                       cat("* ENABLED", row.enable != nullptr ? cat(' ', row.name) : std::string(),
                           "\r\n1 OK Completed\r\n"));
    }
}
END_TEST

// A command of UIDs is the one of message numbers in all but the numbers.
START_TEST(a_uid_command_is_like_the_one_without)
{
    for (const imapd::CommandSpec& spec : imapd::command_table()) {
        const size_t space = spec.name.find(' ');
        ck_assert_msg(spec.by_uid() == (space != spec.name.npos), "%s",
                      std::string(spec.name).c_str());
        if (space == spec.name.npos) continue;
        ck_assert(imapd::is_first_word(spec.name.substr(0, space)));
        ck_assert(!imapd::is_first_word(spec.name.substr(0, space - 1)));
        const auto* other = imapd::find_command(spec.name.substr(space + 1));
        ck_assert_ptr_nonnull(other);
        ck_assert(other->run == spec.run && other->relay == spec.relay);
        ck_assert(other->states == spec.states && other->route == spec.route);
        ck_assert(other->traits.variant == spec.traits.variant);
        ck_assert(other->traits.only_reads == spec.traits.only_reads);
        ck_assert(other->traits.response == spec.traits.response);
    }
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("capabilities");
    TCase* tests = tcase_create("capabilities");
    tcase_add_test(tests, each_capability_of_commands_has_its_commands);
    tcase_add_test(tests, each_command_names_a_capability_that_there_is);
    tcase_add_test(tests, each_capability_stands_once);
    tcase_add_test(tests, a_row_is_told_and_enabled_as_it_says);
    tcase_add_test(tests, a_uid_command_is_like_the_one_without);
    suite_add_tcase(suite, tests);
    return suite;
}
const test::Registered registered(make);

}  // namespace
