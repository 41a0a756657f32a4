#include "imap/mboxlist/newsgroups.h"

#include <vector>

#include "imap/mboxlist/memory_directory.h"
#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using mboxlist::Newsgroups;
using model::MailboxName;

config::Config configured(std::string_view options)
{
    auto made = config::Config::from_text(cat("configdirectory: /nonexistent\n", options), "nntp");
    ASSERT_OK(made);
    return *std::move(made);
}

const struct {
    const char* options;
    const char* mailbox;
    const char* group;  // null: none
} kRows[] = {
    {"", "comp.lang.c", "comp.lang.c"},
    {"", "user.bob", nullptr},
    {"", "user.bob.x", nullptr},
    {"", "users", "users"},
    {"", "DELETED.a.b.12345678", nullptr},
    {"", "dom.org!a", nullptr},
    {"", "two words", nullptr},
    {"", "a^b", nullptr},
    {"", "a@b", nullptr},
    {"", "a.*", nullptr},
    {"newsprefix: news\n", "news.comp.lang.c", "comp.lang.c"},
    {"newsprefix: news.\n", "news.a", "a"},
    {"newsprefix: news\n", "news", nullptr},
    {"newsprefix: news\n", "newsx.a", nullptr},
    {"newsprefix: news\n", "other.a", nullptr},
    {"newsprefix: news\nnewsgroups: news.*,!news.in.*\n", "news.a", "a"},
    {"newsprefix: news\nnewsgroups: news.*,!news.in.*\n", "news.in.a", nullptr},
};

START_TEST(which_mailboxes_are_groups)
{
    const auto& row = kRows[_i];
    const auto config = configured(row.options);
    const auto groups = Newsgroups::open(config);
    ASSERT_OK(groups);
    const auto name = MailboxName::from_internal(row.mailbox);
    if (!name) return;
    const auto group = groups->group_of(*name);
    ck_assert_msg(group.has_value() == (row.group != nullptr), "%s", row.mailbox);
    if (!group) return;
    ASSERT_EQ_TEXT(*group, row.group);
    const auto back = groups->mailbox_of(*group);
    ASSERT_OK(back);
    ck_assert(*back == *name);
}
END_TEST

START_TEST(names_of_which_there_is_no_group)
{
    const auto config = configured("newsprefix: news\nnewsgroups: news.*,!news.in.*\n");
    const auto groups = *Newsgroups::open(config);
    for (const char* group : {"", "in.a", "a b", "a..b", ".", "a.", "*", "a!b", "\xff"})
        ASSERT_CODE(groups.mailbox_of(group), Code::not_found);
    ASSERT_CODE(Newsgroups::open(configured("newsgroups: [a]\n")), Code::config);
}
END_TEST

START_TEST(users_are_passed_over)
{
    const auto config = configured("");
    const auto groups = *Newsgroups::open(config);
    mboxlist::MemoryDirectory directory;
    for (const char* name : {"a", "b.c", "user.bob", "user.bob.x", "users.x", "z", "DELETED.a.5"})
        ASSERT_OK(directory.commit(std::vector{mboxlist::Change::put(
            {.name = *MailboxName::from_internal(name), .acl = {}, .uniqueid = "1"})}));
    std::vector<std::string> seen;
    ASSERT_OK(groups.each(directory, [&](const std::string& group, const auto&) {
        seen.push_back(group);
        return group != "users.x";
    }));
    ck_assert(seen == (std::vector<std::string>{"a", "b.c", "users.x"}));
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/mboxlist/newsgroups");
    TCase* c = tcase_create("all");
    tcase_add_loop_test(c, which_mailboxes_are_groups, 0, static_cast<int>(std::size(kRows)));
    tcase_add_test(c, names_of_which_there_is_no_group);
    tcase_add_test(c, users_are_passed_over);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
