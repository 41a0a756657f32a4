#include "imap/mboxlist/list_walker.h"

#include <map>
#include <memory>

#include "imap/mboxlist/memory_directory.h"
#include "imap/mboxlist/open_directory.h"
#include "tests/unit/imap/mboxlist/entries.h"

using namespace rookery;
using namespace rookery::mboxlist;
using namespace rookery::test;
using model::MailboxEntry;

namespace {

const model::AccessOptions kAccess = {.implicit_owner_rights =
                                          model::Rights::lookup | model::Rights::administer};

auth::Identity user(std::string id)
{
    auth::Identity who;
    who.userid = std::move(id);
    return who;
}

auth::Identity admin()
{
    auth::Identity who = user("cyrus");
    who.admin = true;
    return who;
}

Status put(Directory& d, MailboxEntry e)
{
    const Change change = Change::put(std::move(e));
    return d.commit({&change, 1});
}

model::Namespace names_for(const auth::Identity& who, bool alternative, bool slash,
                           bool domains = false)
{
    model::NamespaceOptions options;
    options.altnamespace = alternative;
    options.unixhierarchysep = slash;
    options.virtdomains = domains;
    return model::Namespace(options, who.userid, who.admin);
}

// "name" or "name+" (has children), a level that is no mailbox in brackets.
std::string show(const std::string& name, bool exists, bool children)
{
    return exists ? name + (children ? "+" : "") : "[" + name + "]";
}

std::string list(Directory& d, const auth::Identity& who, const model::Namespace& names,
                 std::string_view reference, std::vector<std::string> patterns)
{
    std::string out;
    ListWalker walker(d, names, who, kAccess);
    const Status done = walker.list(reference, patterns, [&](const ListItem& item) {
        cat_to(out, out.empty() ? "" : " ", show(item.name, item.exists(), item.has_children));
        return true;
    });
    ASSERT_OK(done);
    return out;
}

void fill(Directory& d)
{
    for (const char* name :
         {"user.bob", "user.bob.Sent", "user.bob.Work.2024", "user.alice", "user.alice.Shared.A"})
        ASSERT_OK(put(d, entry_of(name, cat(name_of(name).user(), " lrswipkxtecdan"))));
    ASSERT_OK(put(d, entry_of("user.alice.ForBob", "alice lr bob lr")));
    ASSERT_OK(put(d, entry_of("user.alice.NotBob", "alice lr anyone l -bob l")));
    ASSERT_OK(put(d, entry_of("news", "anyone lrs")));
    ASSERT_OK(put(d, entry_of("news.local", "anyone lrs")));
    ASSERT_OK(put(d, entry_of("secret", "alice lr")));
    ASSERT_OK(put(d, entry_of("DELETED.user.bob.x.5E3A2B1C", "bob lr")));
    MailboxEntry reserved = entry_of("user.bob.new");
    reserved.state = model::EntryState::reserved;
    ASSERT_OK(put(d, reserved));
    MailboxEntry moving = entry_of("user.bob.moving", "bob lr", "be1");
    moving.state = model::EntryState::reserved;
    ASSERT_OK(put(d, moving));
    MailboxEntry gone = entry_of("user.bob.gone", "bob lr");
    gone.state = model::EntryState::deleted;
    ASSERT_OK(put(d, gone));
}

START_TEST(standard_namespace)
{
    MemoryDirectory d;
    fill(d);
    const auth::Identity bob = user("bob");
    const auto names = names_for(bob, false, false);
    ASSERT_EQ_TEXT(list(d, bob, names, "", {"*"}),
                   "INBOX+ INBOX.Sent INBOX.Work.2024 INBOX.moving news+ news.local "
                   "user.alice.ForBob");
    ASSERT_EQ_TEXT(list(d, bob, names, "", {"%"}), "INBOX+ news+ [user]");
    ASSERT_EQ_TEXT(list(d, bob, names, "", {"inbox.%"}), "INBOX.Sent [INBOX.Work] INBOX.moving");
    ASSERT_EQ_TEXT(list(d, bob, names, "INBOX.", {"w%", "W%", "S*"}), "INBOX.Sent [INBOX.Work]");
    ASSERT_EQ_TEXT(list(d, bob, names, "", {"user.%"}), "[user.alice]");
    ASSERT_EQ_TEXT(list(d, bob, names, "user.", {"%.F%"}), "user.alice.ForBob");
    ASSERT_EQ_TEXT(list(d, bob, names, "", {"iNbOx", "news"}), "INBOX+ news+");
    ASSERT_EQ_TEXT(list(d, bob, names, "", {"user.bob*"}), "");
    ASSERT_EQ_TEXT(list(d, admin(), names_for(admin(), false, true), "", {"%"}),
                   "[DELETED] news+ secret [user]");
    ASSERT_EQ_TEXT(list(d, admin(), names_for(admin(), true, true), "", {"user/%"}),
                   "user/alice+ user/bob+");
    ASSERT_EQ_TEXT(list(d, admin(), names_for(admin(), true, true), "", {"DEL*"}),
                   "DELETED/user/bob/x/5E3A2B1C");
}
END_TEST

START_TEST(a_copy_that_comes_in_is_not_shown)
{
    MemoryDirectory d;
    auto at = [&](const char* name, model::EntryState state, model::Pending pending,
                  const char* server = "") {
        MailboxEntry e = entry_of(name, "anyone lr", server);
        e.state = state;
        e.pending = pending;
        ASSERT_OK(put(d, std::move(e)));
    };
    using enum model::EntryState;
    at("coming", reserved, model::Pending::none);
    at("coming.below", active, model::Pending::none);
    at("going", moving, model::Pending::none);
    at("made", reserved, model::Pending::create);
    at("replica", reserved, model::Pending::none, "be1");
    for (const auto& who : {admin(), user("bob")})
        ASSERT_EQ_TEXT(list(d, who, names_for(who, false, false), "", {"*"}),
                       "coming.below going replica");
}
END_TEST

START_TEST(alternative_namespace)
{
    MemoryDirectory d;
    fill(d);
    ASSERT_OK(put(d, entry_of("user.bob.INBOX.x", "bob lr")));
    ASSERT_OK(put(d, entry_of("zebra", "anyone l")));
    const auth::Identity bob = user("bob");
    const auto names = names_for(bob, true, true);
    ASSERT_EQ_TEXT(list(d, bob, names, "", {"*"}),
                   "INBOX+ INBOX/x Sent Work/2024 moving Shared Folders/news+ "
                   "Shared Folders/news/local Other Users/alice/ForBob Shared Folders/zebra");
    ASSERT_EQ_TEXT(list(d, bob, names, "", {"%"}),
                   "INBOX+ Sent [Work] moving [Shared Folders] [Other Users]");
    ASSERT_EQ_TEXT(list(d, bob, names, "", {"Shared Folders/%"}),
                   "Shared Folders/news+ Shared Folders/zebra");
    ASSERT_EQ_TEXT(list(d, bob, names, "Other Users/", {"*"}), "Other Users/alice/ForBob");
}
END_TEST

START_TEST(domains_are_apart)
{
    MemoryDirectory d;
    for (const char* name : {"user.bob", "shared.a", "one.org!user.bob", "one.org!user.bob.x",
                             "one.org!shared.b", "two.org!user.bob"})
        ASSERT_OK(put(d, entry_of(name, "bob lr anyone lr")));
    const auth::Identity bob = user("bob@one.org");
    ASSERT_EQ_TEXT(list(d, bob, names_for(bob, false, true, true), "", {"*"}),
                   "INBOX+ INBOX/x shared/b");
    const auth::Identity plain = user("bob");
    ASSERT_EQ_TEXT(list(d, plain, names_for(plain, false, true, true), "", {"*"}),
                   "INBOX shared/a");
    ASSERT_EQ_TEXT(list(d, admin(), names_for(admin(), false, true, true), "", {"user/*"}),
                   "user/bob@one.org+ user/bob/x@one.org user/bob@two.org user/bob");
}
END_TEST

// A list without domains that has names of one all the same (a peer's): they are passed over,
// wherever they stand, and hide nothing.
START_TEST(names_of_domains_hide_nothing)
{
    const char* const kPatterns[] = {"*",           "%",     "INBOX*", "user.%", "user.*",
                                     "n%",          "%.%",   "%.%.%",  "z*",     "*.%",
                                     "user.alice%", "INBOX", "user.z*"};
    for (const char* domain : {"aaa", "news", "user", "usera", "zzz", "INBOX", "n"})
        for (const bool alternative : {false, true})
            for (const bool as_admin : {false, true}) {
                const auth::Identity who = as_admin ? admin() : user("bob");
                const auto names = names_for(who, alternative, false);
                MemoryDirectory plain;
                MemoryDirectory mixed;
                for (MemoryDirectory* d : {&plain, &mixed}) {
                    fill(*d);
                    ASSERT_OK(put(*d, entry_of("zoo.lion", "anyone lrs")));
                    ASSERT_OK(put(*d, entry_of("user.zoe", "anyone lrs")));
                }
                for (const char* local :
                     {"user.alice", "user.bob", "user.bob.Sent", "news", "a.b", "user.zz", "zz"})
                    ASSERT_OK(put(mixed, entry_of(cat(domain, "!", local), "anyone lrs bob lrs")));
                for (const char* pattern : kPatterns)
                    ASSERT_EQ_TEXT(list(mixed, who, names, "", {pattern}),
                                   list(plain, who, names, "", {pattern}));
            }
}
END_TEST

START_TEST(stops_and_limits)
{
    MemoryDirectory d;
    fill(d);
    const auth::Identity bob = user("bob");
    const auto names = names_for(bob, false, false);
    ListWalker walker(d, names, bob, kAccess);
    int items = 0;
    const std::vector<std::string> all{"*", "%"};
    ASSERT_OK(walker.list("", all, [&](const ListItem&) { return ++items < 3; }));
    ck_assert_int_eq(items, 3);
    const std::vector<std::string> many(kMaxListPatterns + 1, "a");
    ASSERT_CODE(walker.list("", many, [](const ListItem&) { return true; }), Code::limit);
    const std::vector<std::string> longest{std::string(5000, 'a')};
    ASSERT_CODE(walker.list("", longest, [](const ListItem&) { return true; }), Code::limit);
}
END_TEST

// --- against a matcher that tries everything

bool slow_match(std::string_view pattern, std::string_view name, size_t nocase, char sep)
{
    if (pattern.empty()) return name.empty();
    if (pattern[0] == '*' || pattern[0] == '%') {
        if (slow_match(pattern.substr(1), name, nocase, sep)) return true;
        if (name.empty() || (pattern[0] == '%' && name[0] == sep)) return false;
        return slow_match(pattern, name.substr(1), nocase ? nocase - 1 : 0, sep);
    }
    if (name.empty()) return false;
    const bool same = nocase ? to_lower(pattern[0]) == to_lower(name[0]) : pattern[0] == name[0];
    return same && slow_match(pattern.substr(1), name.substr(1), nocase ? nocase - 1 : 0, sep);
}

std::map<std::string, std::string> slow_list(Directory& d, const auth::Identity& who,
                                             const model::Namespace& names,
                                             const std::vector<std::string>& patterns)
{
    const char sep = names.separator();
    const ListWalker walker(d, names, who, kAccess);
    std::set<std::string> visible;
    ASSERT_OK(d.scan("", [&](const MailboxEntry& e) {
        if (walker.is_visible(e))
            if (auto name = names.to_external(e.name)) visible.insert(*name);
        return Next::go_on();
    }));
    const auto matches = [&](const std::string& name, bool level) {
        const size_t inbox =
            name == "INBOX" || name.starts_with(std::string("INBOX") + sep) ? 5 : 0;
        for (const auto& pattern : patterns)
            if ((!level || pattern.ends_with('%')) && slow_match(pattern, name, inbox, sep))
                return true;
        return false;
    };
    std::map<std::string, std::string> out;
    for (const auto& name : visible) {
        const auto below = visible.lower_bound(name + sep);
        const bool children = below != visible.end() && below->starts_with(name + sep);
        if (matches(name, false)) out[name] = show(name, true, children);
        for (size_t at = name.find(sep); at != std::string::npos; at = name.find(sep, at + 1)) {
            const std::string level = name.substr(0, at);
            if (!visible.contains(level) && matches(level, true))
                out[level] = show(level, false, true);
        }
    }
    return out;
}

class Dice {
 public:
    explicit Dice(uint64_t seed) : state_(seed) {}
    uint64_t operator()(uint64_t n)
    {
        state_ = state_ * 6364136223846793005u + 1442695040888963407u;
        return (state_ >> 33) % n;
    }
    std::string word(bool with_dots)
    {
        static const char* const kWords[] = {"a", "b", "ab", "a-b", "INBOX", "Sent", "user", "bob"};
        return with_dots && (*this)(8) == 0 ? "a^b" : kWords[(*this)(8)];
    }

 private:
    uint64_t state_;
};

std::string random_name(Dice& dice)
{
    std::string name;
    if (dice(3)) name = cat("user.", dice(2) ? "bob" : dice.word(true));
    if (name.empty()) name = dice.word(true);
    for (uint64_t depth = dice(4); depth > 0; --depth) cat_to(name, '.', dice.word(true));
    return name;
}

std::string random_pattern(Dice& dice, char sep)
{
    static const char* const kStarts[] = {"",  "INBOX",          "inbox", "user", "Other Users",
                                          "a", "Shared Folders", "%"};
    std::string pattern = kStarts[dice(8)];
    for (uint64_t n = dice(4); n > 0; --n) {
        if (!pattern.empty() && dice(4)) pattern += sep;
        const uint64_t what = dice(6);
        pattern += what == 0 ? "*" : what <= 2 ? "%" : dice.word(false);
    }
    if (dice(3) == 0) pattern += dice(2) ? "%" : "*";
    return pattern;
}

START_TEST(equals_a_matcher_that_tries_everything)
{
    const TempDir dir;
    Dice dice(static_cast<uint64_t>(_i) + 11);
    std::unique_ptr<Directory> d = std::make_unique<MemoryDirectory>();
    if (_i % 4 == 0) {
        auto config = config::Config::from_text(cat("configdirectory: ", dir.path(), "\n"), "t");
        ASSERT_OK(config);
        auto list = open_directory(*config);
        ASSERT_OK(list);
        d = *std::move(list);
    }
    std::vector<Change> changes;
    for (uint64_t n = 20 + dice(150); n > 0; --n) {
        static const char* const kAcls[] = {"bob lr",       "anyone lr", "a lr", "anyone lr -bob l",
                                            "group:team l", "bob r",     "",     "anyone l bob lr"};
        const std::string name = random_name(dice);
        if (name == "user") continue;  // nobody can make that
        MailboxEntry e = entry_of(name, kAcls[dice(8)]);
        if (dice(10) == 0) e.state = static_cast<model::EntryState>(dice(4));
        changes.push_back(Change::put(std::move(e)));
    }
    ASSERT_OK(d->commit(changes));
    for (int round = 0; round < 150; ++round) {
        auth::Identity who = dice(4) ? user("bob") : admin();
        if (dice(2)) who.groups = {"team"};
        const auto names = names_for(who, dice(2) != 0, dice(2) != 0);
        std::vector<std::string> patterns;
        for (uint64_t n = 1 + dice(2); n > 0; --n)
            patterns.push_back(random_pattern(dice, names.separator()));
        std::map<std::string, std::string> got;
        ListWalker walker(*d, names, who, kAccess);
        const Status done = walker.list("", patterns, [&](const ListItem& item) {
            const bool fresh =
                got.emplace(item.name, show(item.name, item.exists(), item.has_children)).second;
            if (!fresh) panic("given twice: " + item.name);
            return true;
        });
        ASSERT_OK(done);
        const auto want = slow_list(*d, who, names, patterns);
        const auto text = [](const auto& map) {
            std::string out;
            for (const auto& [name, shown] : map) cat_to(out, shown, ' ');
            return out;
        };
        ck_assert_msg(got == want, "%s %s%c: got %s, wanted %s", patterns[0].c_str(),
                      who.userid.c_str(), names.is_alternative() ? 'A' : 'S',
                      text(got).substr(0, 600).c_str(), text(want).substr(0, 600).c_str());
    }
}
END_TEST

// A list that counts how often it is asked.
class Counting : public MemoryDirectory {
 public:
    Status scan(const std::string& from,
                const std::function<Next(const MailboxEntry&)>& each) override
    {
        return MemoryDirectory::scan(from, [&](const MailboxEntry& e) {
            ++seen;
            return each(e);
        });
    }
    int seen = 0;
};

START_TEST(costs_what_it_shows)
{
    Counting d;
    std::vector<Change> changes;
    for (int u = 0; u < 200; ++u)
        for (const char* folder : {"", ".a", ".a.b", ".c", ".d"})
            changes.push_back(Change::put(entry_of(cat("user.u", u, folder), cat("u", u, " lr"))));
    ASSERT_OK(d.commit(changes));
    const auto names = names_for(admin(), false, true);
    const auto cost = [&](std::string pattern) {
        d.seen = 0;
        list(d, admin(), names, "", {std::move(pattern)});
        return d.seen;
    };
    ck_assert_int_le(cost("%"), 5);
    ck_assert_int_le(cost("nothing*"), 2);
    ck_assert_int_le(cost("user/u17/*"), 8);
    ck_assert_int_le(cost("user/u17/%"), 8);
    ck_assert_int_le(cost("user/%"), 2 * 200 + 5);
}
END_TEST

START_TEST(costs_what_it_shows_in_the_own_tree)
{
    Counting d;
    std::vector<Change> changes = {Change::put(entry_of("user.bob", "bob lr"))};
    for (int n = 0; n < 200; ++n)
        for (const char* folder : {"", ".a", ".b"})
            changes.push_back(Change::put(entry_of(cat("user.bob.f", n, folder), "bob lr")));
    ASSERT_OK(d.commit(changes));
    const auth::Identity bob = user("bob");
    for (const bool alternative : {false, true}) {
        const auto names = names_for(bob, alternative, true);
        const std::string top = alternative ? "" : "InBox/";
        const auto cost = [&](std::vector<std::string> patterns) {
            d.seen = 0;
            list(d, bob, names, "", std::move(patterns));
            return d.seen;
        };
        ck_assert_int_le(cost({top + "f17"}), 16);  // and those of f170 to f179
        ck_assert_int_le(cost({top + "f17/%"}), 8);
        ck_assert_int_le(cost({top + "f17/a", top + "f170/b"}), 16);
        ck_assert_int_le(cost({top + "nothing*"}), 2);
        const std::string shown = alternative ? "" : "INBOX/";
        for (const auto& [name, has] : std::map<std::string, bool>{
                 {shown + "f17", true}, {shown + "f17/a", false}, {shown + "f", false}}) {
            d.seen = 0;
            ck_assert(has_children(d, names, bob, kAccess, name) == has);
            ck_assert_int_le(d.seen, 8);
        }
    }
}
END_TEST

START_TEST(subscriptions)
{
    const auth::Identity bob = user("bob");
    const auto names = names_for(bob, false, false);
    std::vector<model::MailboxName> subscribed;
    for (const char* name : {"news.a", "news.a.b", "user.bob", "user.bob.x.y", "user.eve.z"})
        subscribed.push_back(name_of(name));
    const auto lsub = [&](std::string reference, std::string pattern) {
        std::string out;
        const std::vector<std::string> patterns{std::move(pattern)};
        const Status done = list_subscribed(
            subscribed, names, reference, patterns, [&](const SubscribedItem& item) {
                if (!item.for_lsub) return true;
                cat_to(out, out.empty() ? "" : " ",
                       show(item.name, item.subscribed != nullptr, item.has_children));
                return true;
            });
        ASSERT_OK(done);
        return out;
    };
    ASSERT_EQ_TEXT(lsub("", "*"), "news.a+ news.a.b INBOX+ INBOX.x.y user.eve.z");
    ASSERT_EQ_TEXT(lsub("", "%"), "[news] INBOX+ [user]");
    ASSERT_EQ_TEXT(lsub("inbox.", "%"), "[INBOX.x]");
    ASSERT_EQ_TEXT(lsub("news.", "*"), "news.a+ news.a.b");
}
END_TEST

// RFC 5258, example 9 and the table of 3.5: [...] is not subscribed, '!' says that one below is and
// does not match.
START_TEST(levels_above_subscriptions)
{
    const auth::Identity bob = user("bob");
    const auto names = names_for(bob, false, false);
    std::vector<model::MailboxName> subscribed;
    for (const char* name : {"baz2.bar2", "baz2.bar22", "eps2", "eps2.mamba", "foo2.bar1",
                             "foo2.bar2", "qux2.bar2", "x.y.z"})
        subscribed.push_back(name_of(name));
    const struct {
        std::vector<std::string> patterns;
        const char* given;
    } cases[] = {
        {{"*"},
         "[baz2] baz2.bar2 baz2.bar22 eps2+ eps2.mamba [foo2] foo2.bar1 foo2.bar2 [qux2] qux2.bar2 "
         "[x] [x.y] x.y.z"},
        {{"*2"}, "[baz2] baz2.bar2 baz2.bar22 eps2+ [foo2]! foo2.bar2 [qux2] qux2.bar2"},
        {{"%"}, "[baz2]! eps2+ [foo2]! [qux2]! [x]!"},
        {{"foo2"}, "[foo2]!"},
        {{"x", "x.%"}, "[x]! [x.y]!"},
        {{"x.*"}, "[x.y] x.y.z"},
        {{"x", "x.y.z"}, "[x] x.y.z"},
        {{"fo", "foo2."}, ""},
        {{"eps2"}, "eps2+"},
    };
    for (const auto& c : cases) {
        std::string out;
        ASSERT_OK(
            list_subscribed(subscribed, names, "", c.patterns, [&](const SubscribedItem& item) {
                cat_to(out, out.empty() ? "" : " ",
                       show(item.name, item.subscribed != nullptr, item.has_children),
                       item.hides_others ? "!" : "");
                return true;
            }));
        ASSERT_EQ_TEXT(out, c.given);
    }
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/mboxlist/list_walker");
    TCase* c = tcase_create("all");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, standard_namespace);
    tcase_add_test(c, a_copy_that_comes_in_is_not_shown);
    tcase_add_test(c, alternative_namespace);
    tcase_add_test(c, domains_are_apart);
    tcase_add_test(c, names_of_domains_hide_nothing);
    tcase_add_test(c, stops_and_limits);
    tcase_add_loop_test(c, equals_a_matcher_that_tries_everything, 0, 12);
    tcase_add_test(c, costs_what_it_shows);
    tcase_add_test(c, costs_what_it_shows_in_the_own_tree);
    tcase_add_test(c, subscriptions);
    tcase_add_test(c, levels_above_subscriptions);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
