#include "imap/model/namespace.h"

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

using namespace rookery;
using model::MailboxName;
using model::Namespace;
using model::NamespaceOptions;

namespace {

struct Row {
    const char* external;
    const char* internal;
};

// Each pair in both directions.
template <size_t N>
void check_both_ways(const Namespace& ns, const Row (&rows)[N])
{
    for (const Row& row : rows) {
        auto internal = ns.to_internal(row.external);
        ck_assert_msg(internal.ok(), "%s", row.external);
        ASSERT_EQ_TEXT(internal->internal(), row.internal);
        auto external = ns.to_external(*MailboxName::from_internal(row.internal));
        ck_assert_msg(external.has_value(), "%s", row.internal);
        ASSERT_EQ_TEXT(*external, row.external);
    }
}

template <size_t N>
void check_in(const Namespace& ns, const Row (&rows)[N])
{
    for (const Row& row : rows) {
        auto internal = ns.to_internal(row.external);
        ck_assert_msg(internal.ok(), "%s", row.external);
        ASSERT_EQ_TEXT(internal->internal(), row.internal);
    }
}

void check_bad(const Namespace& ns, std::initializer_list<const char*> names)
{
    for (const char* n : names) ck_assert_msg(ns.to_internal(n).is(Code::bad_name), "%s", n);
}

void check_hidden(const Namespace& ns, std::initializer_list<const char*> names)
{
    for (const char* n : names)
        ck_assert_msg(!ns.to_external(*MailboxName::from_internal(n)), "%s", n);
}

NamespaceOptions options(bool alt, bool slash, bool virt = false)
{
    NamespaceOptions o;
    o.altnamespace = alt;
    o.unixhierarchysep = slash;
    o.virtdomains = virt;
    o.defaultdomain = virt ? "default.org" : "";
    return o;
}

START_TEST(standard_names_with_a_slash)
{
    Namespace ns(options(false, true), "bob", false);
    check_both_ways(ns, {{"INBOX", "user.bob"},
                         {"INBOX/Sent", "user.bob.Sent"},
                         {"INBOX/v1.0/x", "user.bob.v1^0.x"},
                         {"user/joe", "user.joe"},
                         {"user/j.oe/x", "user.j^oe.x"},
                         {"shared", "shared"},
                         {"shared/a b", "shared.a b"},
                         {"INBOX/&AOQ-", "user.bob.&AOQ-"}});
    check_in(ns, {{"inbox", "user.bob"},
                  {"InBoX/Sent", "user.bob.Sent"},
                  {"user/bob/Sent", "user.bob.Sent"},
                  {"INBOX/bills/", "user.bob.bills"}});
    check_bad(ns, {"", "/", "//", "/a", "a//b", "INBOX//a", "a^b", "DELETED/user/joe/5E", "a\tb",
                   "a//", "\x80"});
    check_hidden(ns, {"DELETED.user.bob.5E3A", "example.com!user.bob", "inbox.x"});
    ASSERT_EQ_TEXT(ns.personal_prefix(), "INBOX/");
    ASSERT_EQ_TEXT(ns.other_users_prefix(), "user/");
    ASSERT_EQ_TEXT(ns.shared_prefix(), "");
    ASSERT_EQ_TEXT(ns.inbox()->internal(), "user.bob");
    ASSERT_CODE(ns.to_internal(std::string(491, 'a')), Code::bad_name);
    ASSERT_CODE(ns.to_internal(std::string("a\0b", 3)), Code::bad_name);
}
END_TEST

START_TEST(standard_names_with_a_dot)
{
    Namespace ns(options(false, false), "b.ob", false);
    check_both_ways(ns, {{"INBOX", "user.b^ob"},
                         {"INBOX.Sent", "user.b^ob.Sent"},
                         {"user.joe.a^b", "user.joe.a^b"},
                         {"shared.x", "shared.x"}});
    check_bad(ns, {"a/b", ".", "a..b", ".a", "INBOX/Sent"});
    ASSERT_EQ_TEXT(ns.personal_prefix(), "INBOX.");
    ASSERT_EQ_TEXT(ns.inbox()->internal(), "user.b^ob");
}
END_TEST

START_TEST(alternative_names)
{
    Namespace ns(options(true, true), "bob", false);
    check_both_ways(ns, {{"INBOX", "user.bob"},
                         {"Sent", "user.bob.Sent"},
                         {"Sent/2024", "user.bob.Sent.2024"},
                         {"INBOX/x", "user.bob.INBOX.x"},
                         {"Other Users/joe", "user.joe"},
                         {"Other Users/joe/x.y", "user.joe.x^y"},
                         {"Shared Folders/news", "news"},
                         {"Shared Folders/news/a", "news.a"},
                         {"Alt Folders/Shared Folders", "user.bob.Shared Folders"},
                         {"Alt Folders/Shared Folders/x", "user.bob.Shared Folders.x"},
                         {"Alt Folders/Other Users", "user.bob.Other Users"},
                         {"Alt Folders/Alt Folders", "user.bob.Alt Folders"},
                         {"Alt Folders/INBOX", "user.bob.INBOX"},
                         {"Alt Folders/Inbox/x", "user.bob.Inbox.x"},
                         {"user", "user.bob.user"}});
    check_in(ns, {{"inbox", "user.bob"},
                  {"inbox/x", "user.bob.INBOX.x"},
                  {"Alt Folders/Sent", "user.bob.Sent"},
                  {"Other Users/bob/Sent", "user.bob.Sent"}});
    check_bad(ns, {"Other Users", "Shared Folders", "Alt Folders", "Shared Folders/user/joe",
                   "Shared Folders/DELETED/user/joe/5E", "Shared Folders/"});
    check_hidden(ns, {"DELETED.user.bob.5E3A", "example.com!user.joe"});
    ASSERT_EQ_TEXT(ns.personal_prefix(), "");
    ASSERT_EQ_TEXT(ns.other_users_prefix(), "Other Users/");
    ASSERT_EQ_TEXT(ns.shared_prefix(), "Shared Folders/");
    ck_assert(ns.is_alternative());
}
END_TEST

START_TEST(alternative_names_with_a_dot)
{
    NamespaceOptions o = options(true, false);
    o.userprefix = "Others";
    Namespace ns(o, "bob", false);
    check_both_ways(ns, {{"Sent.a^b", "user.bob.Sent.a^b"},
                         {"Others.joe.x", "user.joe.x"},
                         {"Shared Folders.a", "a"}});
}
END_TEST

START_TEST(admins_have_standard_names_and_see_deleted)
{
    Namespace ns(options(true, true), "cyrus", true);
    check_both_ways(ns, {{"user/bob", "user.bob"},
                         {"user/bob/Sent", "user.bob.Sent"},
                         {"INBOX", "user.cyrus"},
                         {"DELETED/user/bob/5E3A", "DELETED.user.bob.5E3A"},
                         {"shared", "shared"}});
    ck_assert(!ns.is_alternative());
    ASSERT_EQ_TEXT(ns.shared_prefix(), "");
}
END_TEST

START_TEST(virtual_domains)
{
    Namespace bob(options(false, true, true), "bob@example.com", false);
    check_both_ways(bob, {{"INBOX", "example.com!user.bob"},
                          {"INBOX/x", "example.com!user.bob.x"},
                          {"user/joe", "example.com!user.joe"},
                          {"user/joe@other.org", "example.com!user.joe@other^org"},
                          {"news", "example.com!news"}});
    check_hidden(bob, {"user.joe", "other.org!user.joe", "news"});
    ASSERT_EQ_TEXT(bob.inbox()->internal(), "example.com!user.bob");

    Namespace local(options(false, true, true), "bob@default.org", false);
    check_both_ways(local, {{"INBOX/x", "user.bob.x"}, {"news", "news"}});
    check_hidden(local, {"example.com!user.bob"});

    Namespace admin(options(false, true, true), "cyrus", true);
    check_both_ways(admin, {{"user/bob@example.com", "example.com!user.bob"},
                            {"user/bob/x@example.com", "example.com!user.bob.x"},
                            {"DELETED/user/bob/5E@example.com", "example.com!DELETED.user.bob.5E"},
                            {"user/joe", "user.joe"}});
    check_in(admin, {{"user/joe@default.org", "user.joe"}});
    check_bad(admin, {"user/joe@a/b", "user/joe@a..b"});

    Namespace domain_admin(options(false, true, true), "boss@example.com", true);
    check_both_ways(domain_admin,
                    {{"user/bob", "example.com!user.bob"}, {"INBOX", "example.com!user.boss"}});
    check_hidden(domain_admin, {"user.joe", "other.org!user.bob"});

    Namespace alt(options(true, true, true), "bob@example.com", false);
    check_both_ways(alt, {{"Sent", "example.com!user.bob.Sent"},
                          {"Other Users/joe", "example.com!user.joe"},
                          {"Shared Folders/news", "example.com!news"}});
}
END_TEST

// '!' ends a domain in the internal form only: nobody writes himself into another one.
START_TEST(no_client_writes_a_domain_in_front)
{
    for (int bits = 0; bits < 8; bits++) {
        const NamespaceOptions o = options((bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0);
        const std::string sep(1, o.unixhierarchysep ? '/' : '.');
        for (const bool admin : {false, true}) {
            for (const char* who : {"bob", "bob@example.com", ""}) {
                Namespace ns(o, who, admin);
                for (const std::string& top :
                     {std::string("evil!user"), std::string("evil!"), std::string("!user"),
                      cat("user", sep, "a!b"), cat("evil!INBOX"), cat("INBOX", sep, "a!b"),
                      cat("evil!Other Users"), cat("Other Users", sep, "evil!alice"),
                      cat("Shared Folders", sep, "evil!user")})
                    for (const std::string& name :
                         {top, cat(top, sep, "alice"), cat(top, "@example.com")}) {
                        auto internal = ns.to_internal(name);
                        ck_assert_msg(internal.is(Code::bad_name), "%d %s: %s", bits, who,
                                      name.c_str());
                    }
            }
            Namespace strange(o, "evil!bob", admin);
            ck_assert(strange.inbox().is(Code::bad_name));
            ck_assert(strange.to_internal("INBOX").is(Code::bad_name));
            if (!o.virtdomains)
                check_hidden(Namespace(o, "bob", admin),
                             {"evil!user.bob", "evil!user.x", "evil!n"});
        }
    }
}
END_TEST

START_TEST(without_a_user)
{
    Namespace ns(options(false, true), "", false);
    check_bad(ns, {"INBOX", "INBOX/x"});
    check_both_ways(ns, {{"user/bob", "user.bob"}});
    ASSERT_CODE(ns.inbox(), Code::bad_name);
    ASSERT_CODE(Namespace(options(true, true), "", false).to_internal("Sent"), Code::bad_name);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/model/namespace");
    TCase* c = tcase_create("all");
    tcase_add_test(c, standard_names_with_a_slash);
    tcase_add_test(c, standard_names_with_a_dot);
    tcase_add_test(c, alternative_names);
    tcase_add_test(c, alternative_names_with_a_dot);
    tcase_add_test(c, admins_have_standard_names_and_see_deleted);
    tcase_add_test(c, virtual_domains);
    tcase_add_test(c, no_client_writes_a_domain_in_front);
    tcase_add_test(c, without_a_user);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
