#include "imap/model/acl.h"

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

using namespace rookery;
using model::Acl;
using model::Rights;

namespace {

START_TEST(rights_are_read_and_written)
{
    struct {
        const char* letters;
        const char* written;
    } rows[] = {
        {"", ""},
        {"lrs", "lrs"},
        {"srl", "lrs"},
        {"lrswipkxtea", "lrswipkxtecda"},
        {"lrswipkxtecdan", "lrswipkxtecdan"},
        // RFC 4314 2.1.1: the old letters stand for the new ones ...
        {"lrswipcda", "lrswipkxtecda"},
        {"c", "kxc"},
        {"d", "ted"},
        // ... unless one of the new ones is there.
        {"kc", "kc"},
        {"xc", "xc"},
        {"td", "td"},
        {"ed", "ed"},
        {"l90", "l09"},
        {"na", "an"},
    };
    for (const auto& row : rows) {
        auto r = Rights::parse(row.letters);
        ASSERT_OK(r);
        ASSERT_EQ_TEXT(r->to_string(), row.written);
    }
    ASSERT_EQ_TEXT(Rights::parse("c", 'd')->to_string(), "kc");
    ASSERT_EQ_TEXT(Rights::parse("d", 'd')->to_string(), "xtecd");
    ASSERT_EQ_TEXT(Rights::all.to_string(), "lrswipkxtecdan");
    for (const char* bad : {"L", "z", "lr s", "l\t", "+l"})
        ASSERT_CODE(Rights::parse(bad), Code::syntax);
}
END_TEST

START_TEST(lists_go_both_ways)
{
    for (const char* stored : {"", "bob\tlrswipkxtecdan\t", "bob\tlrswipkxtecdan\tanyone\tlrs\t",
                               "-anyone\tl\t", "group:staff\tp\tanonymous\tl\t"}) {
        auto acl = Acl::parse(stored);
        ASSERT_OK(acl);
        ASSERT_EQ_TEXT(acl->to_string(), stored);
    }
    ASSERT_EQ_TEXT(Acl::parse("bob\tlr")->to_string(), "bob\tlr\t");
    ASSERT_EQ_TEXT(Acl::parse("bob\tlrc\t")->to_string(), "bob\tlrkxc\t");
    for (const char* bad : {"bob", "\tlr\t", "bob\tlr\tjoe", "bob\tLR\t", "b\rb\tl\t"})
        ASSERT_CODE(Acl::parse(bad), Code::syntax);
    ASSERT_CODE(Acl::parse(std::string(70000, 'a')), Code::limit);
}
END_TEST

START_TEST(rights_are_positive_minus_negative)
{
    auto acl = *Acl::parse(
        "bob\tlrswi\tanyone\tlp\t-bob\ti\tgroup:staff\ta\t-group:staff\tp\t-anyone\t9\t");
    auth::Identity bob{.userid = "bob", .groups = {}, .authenticated_as = {}};
    auth::Identity eve{.userid = "eve", .groups = {"staff"}, .authenticated_as = {}};
    auth::Identity nobody{.userid = "anonymous", .groups = {}, .authenticated_as = {}};
    ASSERT_EQ_TEXT(acl.rights_of(bob).to_string(), "lrswp");
    ASSERT_EQ_TEXT(acl.rights_of(eve).to_string(), "la");
    ASSERT_EQ_TEXT(acl.rights_of(nobody).to_string(), "lp");
    auth::Identity liar{.userid = "group:staff", .groups = {}, .authenticated_as = {}};
    ASSERT_EQ_TEXT(acl.rights_of(liar).to_string(), "lp");
}
END_TEST

START_TEST(setacl_words)
{
    Rights lrs = *Rights::parse("lrs");
    ASSERT_EQ_TEXT(modify_rights(lrs, "+i")->to_string(), "lrsi");
    ASSERT_EQ_TEXT(modify_rights(lrs, "-sr")->to_string(), "l");
    ASSERT_EQ_TEXT(modify_rights(lrs, "p")->to_string(), "p");
    ASSERT_EQ_TEXT(modify_rights(lrs, "")->to_string(), "");
    ASSERT_EQ_TEXT(modify_rights(lrs, "+c")->to_string(), "lrskxc");
    ASSERT_EQ_TEXT(modify_rights(Rights::all, "-d")->to_string(), "lrswipkxcan");
    ASSERT_CODE(modify_rights(lrs, "+z"), Code::syntax);
    ASSERT_CODE(modify_rights(lrs, "++l"), Code::syntax);
}
END_TEST

START_TEST(one_entry_per_identifier)
{
    Acl acl;
    acl.set("bob", *Rights::parse("lr"));
    acl.set("joe", *Rights::parse("l"));
    acl.set("bob", *Rights::parse("l"));
    ASSERT_EQ_TEXT(acl.to_string(), "bob\tl\tjoe\tl\t");
    acl.set("bob", Rights());
    acl.set("eve", Rights());
    ASSERT_EQ_TEXT(acl.to_string(), "joe\tl\t");
    ck_assert(acl.find("joe") != nullptr && acl.find("bob") == nullptr);
    ck_assert(acl == *Acl::parse("joe\tl\t"));
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/model/acl");
    TCase* c = tcase_create("all");
    tcase_add_test(c, rights_are_read_and_written);
    tcase_add_test(c, lists_go_both_ways);
    tcase_add_test(c, rights_are_positive_minus_negative);
    tcase_add_test(c, setacl_words);
    tcase_add_test(c, one_entry_per_identifier);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
