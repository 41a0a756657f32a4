// What moves together.
#include "imap/sync/unit.h"

#include "imap/mboxlist/memory_directory.h"
#include "lib/base/strings.h"
#include "tests/unit/unit.h"

using namespace rookery;
using model::EntryState;
using model::MailboxEntry;
using model::MailboxName;

namespace {

MailboxName name(const std::string& internal)
{
    return *MailboxName::from_internal(internal);
}

struct List {
    void add(const std::string& internal, EntryState state = EntryState::active,
             const std::string& server = {})
    {
        MailboxEntry entry{.name = name(internal),
                           .state = state,
                           .server = server,
                           .partition = "default",
                           .acl = {},
                           .uniqueid = internal};
        const auto change = mboxlist::Change::put(entry);
        ASSERT_OK(directory.commit({&change, 1}));
    }
    std::string unit(const std::string& internal)
    {
        auto entries = sync::unit_of(directory, name(internal), "DELETED");
        ASSERT_OK(entries);
        std::string out;
        for (const MailboxEntry& entry : *entries) {
            cat_to(out, out.empty() ? "" : " ", entry.name.internal());
            ck_assert(sync::is_in_unit(name(internal), entry.name, "DELETED"));
        }
        return out;
    }
    mboxlist::MemoryDirectory directory;
};

START_TEST(a_user_is_all_below_and_what_was_deleted_and_the_inbox_is_last)
{
    List list;
    for (const char* internal :
         {"user.bob", "user.bob.a", "user.bob.a.b", "user.bobby", "user.bob-2", "user.bo", "news",
          "DELETED.user.bob.5F000001", "DELETED.user.bob.a.5F000002", "DELETED.user.bobby.5F000003",
          "example.org!user.bob", "example.org!user.bob.x",
          "example.org!DELETED.user.bob.x.5F000004"})
        list.add(internal);
    ASSERT_EQ_TEXT(list.unit("user.bob"),
                   "DELETED.user.bob.5F000001 DELETED.user.bob.a.5F000002 user.bob.a.b user.bob.a "
                   "user.bob");
    ASSERT_EQ_TEXT(list.unit("example.org!user.bob"),
                   "example.org!DELETED.user.bob.x.5F000004 example.org!user.bob.x "
                   "example.org!user.bob");
}
END_TEST

START_TEST(one_mailbox_that_is_no_inbox_is_alone)
{
    List list;
    for (const char* internal : {"user.bob", "user.bob.a", "user.bob.a.b", "news", "news.x"})
        list.add(internal);
    ASSERT_EQ_TEXT(list.unit("user.bob.a"), "user.bob.a");
    ASSERT_EQ_TEXT(list.unit("news"), "news");
    ASSERT_EQ_TEXT(list.unit("gone"), "");
}
END_TEST

START_TEST(what_is_elsewhere_or_a_tombstone_is_left_out)
{
    List list;
    list.add("user.bob");
    list.add("user.bob.active");
    list.add("user.bob.deleted", EntryState::deleted);
    list.add("user.bob.elsewhere", EntryState::active, "be2");
    list.add("user.bob.frozen", EntryState::moving);
    list.add("user.bob.left", EntryState::moving, "be2");
    list.add("user.bob.reserved", EntryState::reserved);
    ASSERT_EQ_TEXT(list.unit("user.bob"),
                   "user.bob.reserved user.bob.frozen user.bob.active user.bob");
    ASSERT_EQ_TEXT(list.unit("user.bob.elsewhere"), "");
    ASSERT_EQ_TEXT(list.unit("user.bob.deleted"), "");
}
END_TEST

START_TEST(a_name_is_in_a_unit_or_not)
{
    const struct {
        const char* unit;
        const char* name;
        bool in;
    } table[] = {
        {"user.bob", "user.bob", true},
        {"user.bob", "user.bob.a", true},
        {"user.bob", "user.bobby", false},
        {"user.bob", "user.bobby.a", false},
        {"user.bob", "DELETED.user.bob.5", true},
        {"user.bob", "DELETED.user.bobby.5", false},
        {"user.bob", "DELETED.user.bob", false},
        {"user.bob.a", "user.bob.a.b", false},
        {"user.bob.a", "user.bob", false},
        {"news", "news.a", false},
        {"x.org!user.bob", "user.bob.a", false},
        {"x.org!user.bob", "x.org!user.bob.a", true},
        {"x.org!user.bob", "x.org!DELETED.user.bob.5", true},
        {"user.bob", "x.org!user.bob.a", false},
    };
    for (const auto& row : table)
        ck_assert_msg(sync::is_in_unit(name(row.unit), name(row.name), "DELETED") == row.in,
                      "%s %s", row.unit, row.name);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/sync/unit");
    TCase* c = tcase_create("all");
    tcase_add_test(c, a_user_is_all_below_and_what_was_deleted_and_the_inbox_is_last);
    tcase_add_test(c, one_mailbox_that_is_no_inbox_is_alone);
    tcase_add_test(c, what_is_elsewhere_or_a_tombstone_is_left_out);
    tcase_add_test(c, a_name_is_in_a_unit_or_not);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
