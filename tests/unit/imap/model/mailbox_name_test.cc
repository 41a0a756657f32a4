#include "imap/model/mailbox_name.h"

#include <algorithm>
#include <vector>

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

using namespace rookery;
using model::MailboxName;

namespace {

MailboxName name(std::string_view internal)
{
    auto n = MailboxName::from_internal(internal);
    ASSERT_OK(n);
    return *n;
}

START_TEST(names_that_may_exist)
{
    for (const char* good :
         {"user.bob", "user.bob.Sent", "example.com!user.bob", "shared", "user.a^b.x^y",
          "DELETED.user.bob.5E3A2B1C", "with space.a*b", "user.bob.&AOQ-", "user", "_x.100%"})
        ASSERT_OK(MailboxName::from_internal(good));
    for (std::string bad :
         {std::string(""), std::string("."), std::string("a."), std::string(".a"),
          std::string("a..b"), std::string("a/b"), std::string("a\tb"), std::string("a\r\nb"),
          std::string("a\0b", 3), std::string("a\x7f"), std::string("\xc3\xa4"), std::string("!a"),
          std::string("d!"), std::string("d!a!b"), std::string("d..e!a"), std::string("../etc"),
          std::string("d/e!a"), std::string(491, 'a')})
        ck_assert_msg(MailboxName::from_internal(bad).is(Code::bad_name), "%s", bad.c_str());
    ASSERT_OK(MailboxName::from_internal(std::string(490, 'a')));
}
END_TEST

START_TEST(names_that_may_be_created)
{
    for (const char* good :
         {"user.bob", "user.bob.a b", "user.bob.&AOQ-x", "user.bob.a&-b", "x.a^b", "x.a#b",
          "x.a(b)c", "user.bob.a*", "*x", "x.&AIA-", "x.&IAs-"})
        ASSERT_OK(name(good).check_creatable());
    for (const char* bad :
         {"user",    "user.anyone", "user.anonymous", "user.anyone.x", "user.bob.a%", "user.bob.\"",
          "x.a{b",   "x.a|b",       "x.<a",           "x.a;b",         "x.a\\b",      "x.a`b",
          "~x",      "$x",          "x.a&b",          "x.&AOQ",        "x.&AGE-",     "x.&A-",
          "x.&AAA-", "x.a&AAk-",    "x.&AAo-b",       "x.&AA0-",       "x.&AH8-",     "x.&AOkACg-"})
        ASSERT_CODE(name(bad).check_creatable(), Code::bad_name);
    // As the servers beside ours take them; '/' and '!' are no part of any name.
    for (char c = ' '; c < '\x7f'; ++c) {
        if (c == '/' || c == '!' || c == '.') continue;
        const bool legal = std::string_view("\"%;<>\\`{|}&").find(c) == std::string_view::npos;
        for (const std::string& n : {cat("x.a", c), cat("x.", c, "b"), cat("x.", c)})
            ck_assert_msg(name(n).check_creatable().ok() == legal, "%s", n.c_str());
    }
}
END_TEST

// A directory's name has 255 bytes, a deleted mailbox's 17 more than it had ("DELETED.",
// ".FFFFFFFF").
START_TEST(lengths_that_fit)
{
    const auto of = [](size_t n) { return std::string(n, 'a'); };
    const struct {
        std::string name;
        bool creatable;
        bool fits;
    } rows[] = {
        {of(255), true, true},
        {of(256), false, false},
        {cat("user.bob.", of(255)), true, true},
        {cat("user.bob.", of(256)), false, false},
        {cat("user.bob.", of(256), ".x"), false, false},
        {cat("d.e!user.bob.", of(256)), false, false},
        {cat("user.", of(220), ".x"), true, true},
        {cat("user.", of(221), ".x"), false, false},
        {cat("x.", of(221)), true, true},
        {cat(of(236), ".", of(236)), true, true},
        {cat(of(237), ".", of(236)), true, false},
        {cat("DELETED.", of(240), ".", of(241)), true, true},
    };
    for (const auto& row : rows) {
        const MailboxName n = name(row.name);
        ck_assert_msg(n.check_creatable().ok() == row.creatable, "%s", row.name.c_str());
        ck_assert_msg(n.check_lengths("DELETED").ok() == row.fits, "%s", row.name.c_str());
        if (row.fits && !n.is_deleted()) ASSERT_OK(n.deleted_name("DELETED", 0x5E3A2B1C));
    }
}
END_TEST

START_TEST(keys_go_both_ways)
{
    struct {
        const char* internal;
        const char* key;
    } rows[] = {
        {"user.bob", "user\x1f"
                     "bob"},
        {"user.a^b.c", "user\x1f"
                       "a.b\x1f"
                       "c"},
        {"example.com!user.bob", "example.com\x1d"
                                 "user\x1f"
                                 "bob"},
        {"x", "x"},
    };
    for (const auto& row : rows) {
        ASSERT_EQ_TEXT(name(row.internal).key(), row.key);
        auto back = MailboxName::from_key(row.key);
        ASSERT_OK(back);
        ASSERT_EQ_TEXT(back->internal(), row.internal);
    }
    ASSERT_CODE(MailboxName::from_key("a^b"), Code::bad_name);
    ASSERT_CODE(MailboxName::from_key("a\x1f"), Code::bad_name);
}
END_TEST

START_TEST(the_order_is_that_of_the_list)
{
    // Plain byte order would put a-b between a and a.b.
    std::vector<MailboxName> names;
    for (const char* n : {"a-b", "a^b", "a.b", "a", "a b", "d.e!a", "d!a", "dz", "d", "a.b.c",
                          "a.bc", "user.bob-x", "user.bob.y", "user.bob", "Z"})
        names.push_back(name(n));
    std::sort(names.begin(), names.end());
    std::string order;
    for (const MailboxName& n : names) cat_to(order, n.internal(), '|');
    ASSERT_EQ_TEXT(order, "Z|a|a.b|a.b.c|a.bc|a b|a-b|a^b|d|d!a|d.e!a|dz|user.bob|user.bob.y|"
                          "user.bob-x|");
}
END_TEST

START_TEST(inboxes_and_owners)
{
    struct {
        const char* user;
        const char* defaultdomain;
        const char* inbox;
        const char* owner;
    } rows[] = {
        {"bob", "", "user.bob", "bob"},
        {"bob.smith", "", "user.bob^smith", "bob.smith"},
        {"bob@example.com", "", "example.com!user.bob", "bob@example.com"},
        {"bob@example.com", "example.com", "user.bob", "bob"},
        {"b.s@Example.COM", "example.com", "user.b^s", "b.s"},
    };
    for (const auto& row : rows) {
        auto inbox = MailboxName::inbox_of(row.user, row.defaultdomain);
        ASSERT_OK(inbox);
        ASSERT_EQ_TEXT(inbox->internal(), row.inbox);
        ASSERT_EQ_TEXT(inbox->user(), row.owner);
        ck_assert(inbox->is_inbox());
    }
    for (const char* bad : {"", "@x", "bob@", "a/b", "a^b", "a\nb", "a@b@c/d"})
        ASSERT_CODE(MailboxName::inbox_of(bad), Code::bad_name);
    ASSERT_EQ_TEXT(name("user.bob.Sent.x").user(), "bob");
    ASSERT_EQ_TEXT(name("shared.user.bob").user(), "");
    ASSERT_EQ_TEXT(name("users.bob").user(), "");
    ck_assert(!name("user.bob.Sent").is_inbox());
    ck_assert(!name("user").is_inbox());
}
END_TEST

START_TEST(relatives)
{
    ck_assert(!name("user.bob").parent());
    ck_assert(!name("shared").parent());
    ck_assert(!name("d.e!shared").parent());
    ASSERT_EQ_TEXT(name("user.bob.a").parent()->internal(), "user.bob");
    ASSERT_EQ_TEXT(name("d.e!user.bob.a.b").parent()->internal(), "d.e!user.bob.a");
    ASSERT_EQ_TEXT(name("d.e!user.bob").domain(), "d.e");
    ASSERT_EQ_TEXT(name("d.e!user.bob").local(), "user.bob");
    ASSERT_EQ_TEXT(name("d.e!x").leaf(), "x");
    ASSERT_EQ_TEXT(name("a.b.c").leaf(), "c");
    ck_assert(name("a").is_above(name("a.b")));
    ck_assert(!name("a").is_above(name("a")));
    ck_assert(!name("a").is_above(name("ab.c")));
    ck_assert(!name("a").is_above(name("d!a.b")));
    ASSERT_EQ_TEXT(name("a.b.c").with_prefix(name("a.b"), name("x"))->internal(), "x.c");
    ASSERT_EQ_TEXT(name("a.b").with_prefix(name("a.b"), name("x"))->internal(), "x");
    ASSERT_CODE(name("ab.c").with_prefix(name("a"), name("x")), Code::bad_name);
    ASSERT_CODE(
        name("a." + std::string(400, 'b')).with_prefix(name("a"), name(std::string(200, 'c'))),
        Code::bad_name);
}
END_TEST

START_TEST(deleted_names)
{
    ASSERT_EQ_TEXT(name("user.bob.Sent").deleted_name("DELETED", 0x5E3A2B1C)->internal(),
                   "DELETED.user.bob.Sent.5E3A2B1C");
    ASSERT_EQ_TEXT(name("d.e!user.bob").deleted_name("DELETED", 1)->internal(),
                   "d.e!DELETED.user.bob.1");
    ck_assert(name("DELETED.user.bob.5E").is_deleted());
    ck_assert(name("d.e!DELETED.user.bob.5E").is_deleted());
    ck_assert(!name("DELETEDx.user.bob").is_deleted());
    ck_assert(!name("user.bob").is_deleted());
    ck_assert(name("GONE.user.bob.5E").is_deleted("GONE"));
    ck_assert_int_eq(*name("d.e!DELETED.user.bob.5E3A2B1C").deleted_at("DELETED"), 0x5E3A2B1C);
    ck_assert(!name("DELETED.user.bob.5e").deleted_at("DELETED"));
    ck_assert(!name("DELETED.user.bob.0123456789ABCDEF").deleted_at("DELETED"));
    ck_assert(!name("user.bob.5E").deleted_at("DELETED"));
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/model/mailbox_name");
    TCase* c = tcase_create("all");
    tcase_add_test(c, names_that_may_exist);
    tcase_add_test(c, names_that_may_be_created);
    tcase_add_test(c, lengths_that_fit);
    tcase_add_test(c, keys_go_both_ways);
    tcase_add_test(c, the_order_is_that_of_the_list);
    tcase_add_test(c, inboxes_and_owners);
    tcase_add_test(c, relatives);
    tcase_add_test(c, deleted_names);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
