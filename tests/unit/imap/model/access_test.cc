#include "imap/model/access.h"

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

using namespace rookery;
using model::AccessOptions;
using model::EntryState;
using model::MailboxEntry;
using model::MailboxName;
using model::Pending;
using model::Rights;

namespace {

enum class Who { bob, joe, nobody, admin, proxied, server };

auth::Identity identity(Who who)
{
    auth::Identity out;
    switch (who) {
        case Who::bob: out.userid = "bob"; break;
        case Who::joe:
            out.userid = "joe";
            out.groups = {"staff"};
            break;
        case Who::nobody: out.userid = "anonymous"; break;
        case Who::admin:
            out.userid = "cyrus";
            out.admin = true;
            break;
        case Who::proxied:
            out.userid = "cyrus";
            out.proxy_admin = true;
            break;
        case Who::server:
            out.userid = out.authenticated_as = "murder";
            out.relayed = true;
            break;
    }
    return out;
}

MailboxName name_of(std::string_view internal)
{
    auto name = MailboxName::from_internal(internal);
    ASSERT_OK(name);
    return *std::move(name);
}

MailboxEntry entry_of(std::string_view internal, std::string_view acl)
{
    MailboxEntry e{
        .name = name_of(internal), .server = {}, .partition = "default", .acl = {}, .uniqueid = {}};
    auto parsed = model::Acl::parse(acl);
    ASSERT_OK(parsed);
    e.acl = *std::move(parsed);
    return e;
}

AccessOptions with(std::string_view implicit)
{
    return {.implicit_owner_rights = *Rights::parse(implicit)};
}

START_TEST(rights_of_everybody)
{
    struct {
        Who who;
        const char* mailbox;
        const char* acl;
        AccessOptions options;
        const char* rights;
    } rows[] = {
        {Who::bob, "user.bob", "", with("lkxa"), "lkxca"},
        {Who::bob, "user.bob.work", "bob\tr\t", with("la"), "lra"},
        {Who::bob, "user.joe", "", with("lkxa"), ""},
        {Who::bob, "shared", "", with("lkxa"), ""},
        {Who::bob, "user.bob", "bob\tlr\t-bob\tlr\t", with("l"), "l"},
        {Who::joe, "shared", "group:staff\tp\tanyone\tl\t", with("l"), "lp"},
        {Who::joe, "shared", "anyone\tlrp\t-group:staff\tp\t", with("l"), "lr"},
        {Who::nobody, "shared", "anyone\tp\tanonymous\tl\t", with("l"), "lp"},
        {Who::admin, "user.bob", "", with("lkxa"), "la"},
        {Who::proxied, "user.bob", "", with("lkxa"), "la"},
        {Who::admin, "user.bob", "", {.administer_is_write = true}, "lwa"},
        {Who::bob, "shared", "bob\tla\t", {.administer_is_write = true}, "lwa"},
        {Who::bob, "shared", "bob\tl\t", {.administer_is_write = true}, "l"},
        {Who::bob,
         "user.bob",
         "",
         {.implicit_owner_rights = Rights::administer, .administer_is_write = true},
         "wa"},
    };
    int n = 0;
    for (const auto& row : rows) {
        const auto have =
            rights_on(identity(row.who), entry_of(row.mailbox, row.acl), row.options).to_string();
        ck_assert_msg(have == row.rights, "row %d: %s", n, have.c_str());
        n++;
    }
}
END_TEST

// What is asked for, and what is said to who may not have it.
START_TEST(a_refusal_tells_no_more_than_one_may_know)
{
    struct {
        Who who;
        const char* acl;
        bool known;
        std::optional<Code> read;  // of require(r)
    } rows[] = {
        {Who::joe, "joe\tlr\t", true, std::nullopt},
        {Who::joe, "joe\tr\t", true, std::nullopt},
        {Who::joe, "joe\tl\t", true, Code::denied},
        {Who::joe, "joe\ti\t", true, Code::not_found},
        {Who::joe, "joe\tk\t", true, Code::not_found},
        {Who::joe, "joe\tx\t", true, Code::not_found},
        {Who::joe, "joe\ta\t", true, Code::not_found},
        // None of these says that the mailbox is there (RFC 4314 section 4).
        {Who::joe, "joe\tswpten\t", false, Code::not_found},
        {Who::joe, "", false, Code::not_found},
        {Who::nobody, "joe\tlr\t", false, Code::not_found},
        {Who::admin, "", true, Code::denied},
        {Who::proxied, "", true, Code::denied},
    };
    int n = 0;
    for (const auto& row : rows) {
        const auto entry = entry_of("shared", row.acl);
        const auth::Identity who = identity(row.who);
        ck_assert_msg(may_know_of(who, entry, {}) == row.known, "row %d", n);
        const Status may = require(who, entry, Rights::read, {});
        ck_assert_msg(row.read ? may.is(*row.read) : may.ok(), "row %d", n);
        n++;
    }
    auto reserved = entry_of("shared", "");
    reserved.state = EntryState::reserved;
    ck_assert(may_know_of(identity(Who::joe), reserved, {}));
}
END_TEST

START_TEST(who_may_create)
{
    struct {
        Who who;
        const char* name;
        std::optional<const char*> acl;  // of the nearest ancestor; nothing: there is none
        std::optional<Code> answer;
    } rows[] = {
        {Who::joe, "shared.x", "joe\tlk\t", std::nullopt},
        {Who::joe, "shared.x", "joe\tl\t", Code::denied},
        {Who::joe, "shared.x", "", Code::denied},
        {Who::joe, "x", std::nullopt, Code::denied},
        {Who::joe, "user.bob", std::nullopt, Code::denied},
        {Who::joe, "user.bob.x", "joe\tlk\t", std::nullopt},
        {Who::joe, "user.bob.x", "joe\tl\t", Code::denied},
        // Whether there is a bob is not told.
        {Who::joe, "user.bob.x", "", Code::not_found},
        {Who::joe, "user.bob.x", std::nullopt, Code::not_found},
        {Who::admin, "x", std::nullopt, std::nullopt},
        {Who::proxied, "user.bob", std::nullopt, std::nullopt},
    };
    int n = 0;
    for (const auto& row : rows) {
        std::optional<MailboxEntry> above;
        // Which mailbox it is plays no part: nobody here owns it.
        if (row.acl) above = entry_of("shared", *row.acl);
        const Status may = may_create_below(identity(row.who), name_of(row.name), above, {});
        ck_assert_msg(row.answer ? may.is(*row.answer) : may.ok(), "row %d", n);
        n++;
    }
}
END_TEST

START_TEST(what_a_list_shows)
{
    struct {
        Who who;
        const char* acl;
        EntryState state;
        Pending pending;
        const char* server;
        bool shown;
    } rows[] = {
        {Who::joe, "joe\tl\t", EntryState::active, Pending::none, "", true},
        {Who::joe, "joe\trswipkxtea\t", EntryState::active, Pending::none, "", false},
        {Who::joe, "joe\tl\t", EntryState::moving, Pending::none, "", true},
        // Between the ends of a move, and the copy that is not in use yet.
        {Who::joe, "joe\tl\t", EntryState::reserved, Pending::none, "be1", true},
        {Who::joe, "joe\tl\t", EntryState::reserved, Pending::none, "", false},
        {Who::admin, "joe\tl\t", EntryState::reserved, Pending::none, "", false},
        {Who::joe, "", EntryState::reserved, Pending::none, "", false},
        {Who::admin, "", EntryState::reserved, Pending::none, "", false},
        {Who::joe, "joe\tl\t", EntryState::reserved, Pending::create, "", false},
        {Who::joe, "joe\tl\t", EntryState::active, Pending::update, "", true},
        {Who::joe, "joe\tl\t", EntryState::deleted, Pending::none, "", false},
        {Who::admin, "", EntryState::deleted, Pending::none, "", false},
        {Who::admin, "", EntryState::active, Pending::none, "", true},
        {Who::proxied, "", EntryState::active, Pending::none, "", false},
        {Who::proxied, "cyrus\tl\t", EntryState::active, Pending::none, "", true},
        {Who::joe, "joe\tl\t", EntryState::active, Pending::none, "be1", true},
        {Who::server, "anyone\tl\t", EntryState::active, Pending::none, "be1", false},
        {Who::server, "anyone\tl\t", EntryState::active, Pending::none, "", true},
    };
    int n = 0;
    for (const auto& row : rows) {
        auto entry = entry_of("shared", row.acl);
        entry.state = row.state;
        entry.pending = row.pending;
        entry.server = row.server;
        ck_assert_msg(is_listed(identity(row.who), entry, {}) == row.shown, "row %d", n);
        n++;
    }
    // A copy that comes in here, of a mailbox that is in use elsewhere.
    auto copy = entry_of("shared", "joe\tl\t");
    copy.state = EntryState::deleted;
    copy.elsewhere = model::WireLocation{"be1", "default"};
    ck_assert(is_listed(identity(Who::joe), copy, {}));
    ck_assert(!is_listed(identity(Who::server), copy, {}));
}
END_TEST

START_TEST(what_may_be_changed_now)
{
    struct {
        EntryState state;
        Pending pending;
        std::optional<Code> answer;
    } rows[] = {
        {EntryState::active, Pending::none, std::nullopt},
        {EntryState::active, Pending::update, std::nullopt},
        {EntryState::active, Pending::create, Code::reserved},
        {EntryState::reserved, Pending::none, Code::reserved},
        {EntryState::reserved, Pending::create, Code::reserved},
        {EntryState::moving, Pending::none, Code::moved},
        {EntryState::deleted, Pending::none, Code::not_found},
    };
    for (const auto& row : rows) {
        auto entry = entry_of("shared", "");
        entry.state = row.state;
        entry.pending = row.pending;
        const Status may = require_settled(entry);
        ck_assert(row.answer ? may.is(*row.answer) : may.ok());
    }
}
END_TEST

START_TEST(whose_tree_it_is)
{
    const auto inbox = name_of("user.bob");
    ck_assert(is_own(inbox, inbox) && is_own(inbox, name_of("user.bob.a.b")));
    for (const char* other : {"user.bobby", "user.joe", "shared", "a.b!user.bob"})
        ck_assert(!is_own(inbox, name_of(other)));
}
END_TEST

START_TEST(identifiers_have_one_form)
{
    const AccessOptions plain;
    const AccessOptions lower{.lower_case_userids = true, .default_domain = "example.org"};
    struct {
        const AccessOptions& options;
        const char* written;
        const char* canonical;  // nullptr: there can be no such
    } rows[] = {
        {plain, "bob", "bob"},
        {plain, "-bob", "-bob"},
        {plain, "Bob", "Bob"},
        {lower, "Bob", "bob"},
        {plain, "ANYONE", "anyone"},
        {plain, "-Anonymous", "-anonymous"},
        {plain, "group:Staff", "group:Staff"},
        {lower, "-Group:Staff", "-group:Staff"},
        {plain, "bob@example.org", "bob@example.org"},
        {lower, "Bob@example.org", "bob"},
        {lower, "bob@example.com", "bob@example.com"},
        {lower, "@example.org", "@example.org"},
        {plain, "", nullptr},
        {plain, "-", nullptr},
        {plain, "group:", nullptr},
        {plain, "a/b", nullptr},
        {plain, "a\tb", nullptr},
    };
    for (const auto& row : rows) {
        auto id = canonical_identifier(row.written, row.options);
        if (row.canonical != nullptr) {
            ASSERT_OK(id);
            ASSERT_EQ_TEXT(*id, row.canonical);
        } else {
            ASSERT_CODE(id, Code::bad_name);
        }
    }
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/model/access");
    TCase* c = tcase_create("all");
    tcase_add_test(c, rights_of_everybody);
    tcase_add_test(c, a_refusal_tells_no_more_than_one_may_know);
    tcase_add_test(c, who_may_create);
    tcase_add_test(c, what_a_list_shows);
    tcase_add_test(c, what_may_be_changed_now);
    tcase_add_test(c, whose_tree_it_is);
    tcase_add_test(c, identifiers_have_one_form);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
