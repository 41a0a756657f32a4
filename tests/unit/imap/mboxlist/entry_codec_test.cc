// Entries as text, and what becomes of one on a server that also proxies.
#include "imap/mboxlist/entry_codec.h"

#include "tests/unit/imap/mboxlist/entries.h"

using namespace rookery;
using namespace rookery::mboxlist;
using namespace rookery::test;
using model::EntryState;
using model::MailboxEntry;

namespace {

// The entry of user.bob.
MailboxEntry bob(EntryState state, std::string_view server = {}, std::string_view elsewhere = {},
                 std::string_view acl = "bob lrs")
{
    MailboxEntry e = entry_of("user.bob", acl, server);
    e.state = state;
    if (!elsewhere.empty()) e.elsewhere = {std::string(elsewhere), "p"};
    return e;
}

// What the master says of it.
MailboxEntry said(EntryState state, std::string_view server, std::string_view acl = "bob l")
{
    MailboxEntry e = bob(state, server, {}, acl);
    e.partition = "p";
    e.uniqueid.clear();
    return e;
}

START_TEST(an_entry_is_read_as_it_was_written)
{
    MailboxEntry e = bob(EntryState::moving, "be1.example.org:1143");
    e.uidvalidity = 7;
    e.serial = 8;
    ASSERT_EQ_TEXT(encode_entry(e),
                   "1 moving none be1.example.org:1143 default 0123456789abcdef 7 8 bob\tlrs\t");
    for (const char* server : {"be2", "be 2%\n", ""})
        for (const char* partition : {"default", "a b", ""}) {
            e.elsewhere = {server, partition};
            auto read = decode_entry(e.name.key(), encode_entry(e));
            ASSERT_OK(read);
            ck_assert(same(*read, e) && read->elsewhere && read->elsewhere->server == server &&
                      read->elsewhere->partition == partition);
        }
    e.elsewhere.reset();
    auto read = decode_entry(e.name.key(), encode_entry(e));
    ASSERT_OK(read);
    ck_assert(same(*read, e) && !read->elsewhere);
}
END_TEST

START_TEST(what_is_cut_or_unknown_is_refused)
{
    const MailboxEntry e = bob(EntryState::reserved, "", "be2");
    const std::string key = e.name.key();
    const std::string text = encode_entry(e);
    ASSERT_EQ_TEXT(text, "2 reserved none - default 0123456789abcdef 0 0 be2 p bob\tlrs\t");
    for (size_t n = 0; n < text.find("bob"); ++n)
        ASSERT_CODE(decode_entry(key, text.substr(0, n)), Code::corrupt);
    ASSERT_CODE(decode_entry(key, "4" + text.substr(1)), Code::unsupported);
    ASSERT_CODE(decode_entry(key, "x" + text.substr(1)), Code::corrupt);
    ASSERT_CODE(decode_entry(key, "2 reserved none - d 0 0 0 be%2 p bob\tlrs\t"), Code::corrupt);
}
END_TEST

using S = EntryState;

// before, what happens, after. An entry here is at server ""; no entry, or no change: nullopt.
struct Case {
    const char* what;
    std::optional<MailboxEntry> before;
    Change change;
    std::optional<Change> after;
};

std::vector<Case> cases()
{
    const auto name = name_of("user.bob");
    const auto hear = [](S state, const char* server, const char* acl = "bob l") {
        return Change::hear(said(state, server, acl));
    };
    const auto gone = Change::hear_gone(name);
    const auto release = Change::release(name);
    const auto put = [](MailboxEntry e) { return Change::put(std::move(e)); };
    const auto left_since = [](const char* elsewhere) {
        return Change::put(bob(S::moving, "be2", elsewhere, "bob l"));
    };
    return {
        {"a mailbox of others", {}, hear(S::active, "be2"), put(said(S::active, "be2"))},
        {"it moves on", said(S::active, "be2"), hear(S::active, "be3"),
         put(said(S::active, "be3"))},
        {"a reservation keeps the ACL that is known", said(S::active, "be2", "bob lrs"),
         hear(S::reserved, "be3", ""), put(said(S::reserved, "be3", "bob lrs"))},
        {"two servers claim it", bob(S::active), hear(S::active, "be2"), {}},
        {"moving away, and taken over", bob(S::moving), hear(S::active, "be2"),
         put(bob(S::moving, "", "be2", "bob l"))},
        {"coming in", bob(S::reserved), hear(S::active, "be2"),
         put(bob(S::reserved, "", "be2", "bob l"))},
        {"coming in, from one that moved on", bob(S::reserved, "", "be2"), hear(S::active, "be3"),
         put(bob(S::reserved, "", "be3", "bob l"))},
        {"a reservation hides nothing", bob(S::reserved), hear(S::reserved, "be2", ""), {}},
        {"it has left, and moves on", bob(S::moving, "be2"), hear(S::active, "be3"),
         left_since("be3")},
        {"deleted there and made anew", bob(S::deleted, "be2"), hear(S::active, "be3"),
         left_since("be3")},

        {"nothing goes", {}, gone, {}},
        {"one of others goes", said(S::active, "be2"), gone, Change::erase(name)},
        {"the master forgets what is here", bob(S::active), gone, put(bob(S::active))},
        {"deleted where it went", bob(S::moving, "be2", "be2"), gone, put(bob(S::deleted, "be2"))},
        {"deleted where it comes from", bob(S::reserved, "", "be2"), gone, put(bob(S::reserved))},

        {"nothing is given up", {}, release, {}},
        {"what left is given up", bob(S::moving, "be2", "be3"), release,
         put(said(S::active, "be3", "bob lrs"))},
        {"what is nowhere else is given up", bob(S::deleted, "be2"), release, Change::erase(name)},
    };
}

START_TEST(what_is_here_and_what_the_master_says_are_two_facts)
{
    for (const auto& c : cases()) {
        const auto after = resolve(c.change, c.before);
        ck_assert_msg(after.has_value() == c.after.has_value(), "%s", c.what);
        if (!after) continue;
        ck_assert_msg(after->kind == c.after->kind, "%s", c.what);
        const auto text = [](const Change& change) {
            return change.entry ? encode_entry(*change.entry) : change.of().internal();
        };
        ck_assert_msg(text(*after) == text(*c.after), "%s: %s", c.what, text(*after).c_str());
    }
}
END_TEST

START_TEST(who_looks_for_a_mailbox_sees_where_it_is_used)
{
    ASSERT_EQ_TEXT(encode_entry(bob(S::moving).seen()), encode_entry(bob(S::moving)));
    ASSERT_EQ_TEXT(encode_entry(bob(S::reserved, "", "be2").seen()),
                   encode_entry(said(S::active, "be2", "bob lrs")));
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/mboxlist/entry_codec");
    TCase* c = tcase_create("all");
    tcase_add_test(c, an_entry_is_read_as_it_was_written);
    tcase_add_test(c, what_is_cut_or_unknown_is_refused);
    tcase_add_test(c, what_is_here_and_what_the_master_says_are_two_facts);
    tcase_add_test(c, who_looks_for_a_mailbox_sees_where_it_is_used);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
