// What a recipient's script sees: names, rights, ids, uses, annotations, addresses.
#include "imap/delivery/script_environment.h"

#include <map>

#include "imap/mboxlist/memory_directory.h"
#include "imap/scripts/scripts.h"
#include "imap/sieve/run.h"
#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "tests/support/memory_store.h"
#include "tests/unit/imap/mboxlist/entries.h"

namespace {

using namespace rookery;
using delivery::Recipient;
using delivery::ScriptCache;
using delivery::ScriptEnvironment;
using test::entry_of;
using test::name_of;

class Notes final : public mailbox::Annotations {
 public:
    Result<std::vector<mailbox::Annotation>> list(const model::MailboxEntry& m) override
    {
        return of[m.name.internal()];
    }
    Status set(const model::MailboxEntry&, std::span<const mailbox::AnnotationChange>) override
    {
        return Error{Code::unsupported, "not here"};
    }
    std::map<std::string, std::vector<mailbox::Annotation>> of;
};

// A list that cannot be made current.
class Behind final : public mboxlist::MemoryDirectory {
 public:
    Status catch_up() override { return is_behind ? Error{Code::behind, "behind"} : success(); }
    bool is_behind = false;
};

Recipient user(const std::string& userid, const char* address = "bob@example.org")
{
    return {address, *model::MailboxName::inbox_of(userid, "internal"), std::nullopt, userid, ""};
}

Recipient shared(const std::string& internal)
{
    return {"post+x@example.org", name_of(internal), std::nullopt, "", ""};
}

class World {
 public:
    explicit World(const char* options = "") : config_(load(dir_, options)), cache(config_)
    {
        store.notes = &notes;
    }
    void add(std::string_view internal, std::string_view acl, std::string_view id = "",
             std::string_view server = "", std::string_view uses = "")
    {
        auto entry = entry_of(internal, acl, server);
        entry.uniqueid = id;
        put(entry);
        if (server.empty()) store.make(std::string(internal))->special_use = uses;
    }
    void put(const model::MailboxEntry& entry)
    {
        ASSERT_OK(list.commit({{mboxlist::Change::put(entry)}}));
    }
    ScriptEnvironment::Parts parts() { return {config_, list, &store, cache, nullptr}; }
    ScriptEnvironment of(const Recipient& r) { return of(r, r.mailbox); }
    ScriptEnvironment of(const Recipient& r, const model::MailboxName& kept_in)
    {
        return {parts(), transaction, r, kept_in, "Subject: x\r\n\r\n"};
    }
    const config::Config& config() const { return config_; }
    const std::string& path() const { return dir_.path(); }

 private:
    static config::Config load(const test::TempDir& dir, const char* options)
    {
        auto made = config::Config::from_text(
            cat("configdirectory: ", dir.path(), "\nservername: be1.example.org\n", options),
            "lmtp");
        ASSERT_OK(made);
        return *std::move(made);
    }
    test::TempDir dir_;
    config::Config config_;

 public:
    Behind list;
    test::MemoryStore store;
    Notes notes;
    ScriptCache cache;
    delivery::Transaction transaction;
};

// --- names

struct NameRow {
    const char* options;
    const char* userid;
    const char* name;
    const char* internal;  // "": bad_name
};
constexpr const char* kAltSlash = "";
constexpr const char* kStandardSlash = "altnamespace: no\n";
constexpr const char* kStandardDot = "altnamespace: no\nunixhierarchysep: no\n";
constexpr const char* kAltDot = "unixhierarchysep: no\n";
constexpr const char* kDomains = "virtdomains: userid\ndefaultdomain: example.org\n";
const NameRow kNames[] = {
    {kAltSlash, "bob", "INBOX", "user.bob"},
    {kAltSlash, "bob", "inBox", "user.bob"},
    {kAltSlash, "bob", "Work", "user.bob.Work"},
    {kAltSlash, "bob", "Work/a.b", "user.bob.Work.a^b"},
    {kAltSlash, "bob", "Work/", "user.bob.Work"},
    {kAltSlash, "bob", "INBOX/x", "user.bob.INBOX.x"},
    {kAltSlash, "bob", "Other Users/carol/Lists", "user.carol.Lists"},
    {kAltSlash, "bob", "Shared Folders/info", "info"},
    {kAltSlash, "bob.smith", "Work", "user.bob^smith.Work"},
    {kAltSlash, "bob", "Entw\xc3\xbcrfe", "user.bob.Entw&APw-rfe"},
    {kAltSlash, "bob", "Entw&APw-rfe", "user.bob.Entw&APw-rfe"},
    {kAltSlash, "bob", "R&D", "user.bob.R&-D"},
    {kAltSlash, "bob", "R&-D", "user.bob.R&-D"},
    {kAltSlash, "bob", "\xff", ""},
    {kAltSlash, "bob", "", ""},
    {kAltSlash, "bob", "a//b", ""},
    {kAltSlash, "bob", "../x", "user.bob.^^.x"},
    {kAltSlash, "bob", "Shared Folders/DELETED/user/bob", ""},
    {kStandardSlash, "bob", "INBOX", "user.bob"},
    {kStandardSlash, "bob", "inbox/Work", "user.bob.Work"},
    {kStandardSlash, "bob", "user/carol/Lists", "user.carol.Lists"},
    {kStandardSlash, "bob", "info", "info"},
    {kStandardSlash, "bob", "DELETED/user/bob", ""},
    {kStandardDot, "bob", "INBOX.Work", "user.bob.Work"},
    {kStandardDot, "bob", "user.bob.Work", "user.bob.Work"},
    {kStandardDot, "bob", "a/b", ""},
    {kAltDot, "bob", "Work.x", "user.bob.Work.x"},
    {kDomains, "bob@example.com", "Work", "example.com!user.bob.Work"},
    {kDomains, "bob", "Work", "user.bob.Work"},
    // Of a shared mailbox, which is called info.
    {kAltSlash, "", "INBOX", "info"},
    {kAltSlash, "", "info/sub", "info.sub"},
    {kAltSlash, "", "user/bob", "user.bob"},
    {kAltSlash, "", "INBOX/x", ""},
    {kAltSlash, "", "DELETED/info", ""},
};

START_TEST(a_name_is_what_the_users_clients_show)
{
    const NameRow& row = kNames[_i];
    World w(row.options);
    const Recipient to = *row.userid == '\0' ? shared("info") : user(row.userid);
    auto name = delivery::script_mailbox(w.config(), to, row.name);
    if (*row.internal == '\0') {
        ck_assert_msg(name.is(Code::bad_name), "%s", row.name);
        return;
    }
    ASSERT_OK(name);
    ASSERT_EQ_TEXT(name->internal(), row.internal);
    // And back, to a name that means the same.
    const std::string shown = delivery::script_mailbox_name(w.config(), to, *name);
    auto again = delivery::script_mailbox(w.config(), to, shown);
    ASSERT_OK(again);
    ASSERT_EQ_TEXT(again->internal(), row.internal);
}
END_TEST

// --- what is there

void furnish(World& w)
{
    w.add("user.bob", "bob lrswipkxtecda", "b0");
    w.add("user.bob.Work", "bob lrswipkxtecda", "b1", "", "\\Important \\Archive");
    w.add("user.bob.Closed", "carol lrswip", "b2", "", "\\Drafts");
    w.add("user.bob.Junk", "bob lrs", "b4", "", "\\Junk");
    w.add("user.bob.Far", "bob lrswip", "b3", "be2!default");
    w.add("user.carol", "carol lrswipkxtecda", "c0", "", "\\Sent");
    w.add("user.carol.Lists", "carol lrswip bob lp", "c1");
    w.add("user.carol.In", "carol lrswip bob li", "c2");
    w.add("user.carol.Seen", "carol lrswip bob lrs", "c3");
    w.add("info", "anyone p", "i0");
    auto moving = entry_of("user.bob.Moving", "bob lrswip");
    moving.state = model::EntryState::moving;
    w.put(moving);
    auto reserved = entry_of("user.bob.Reserved", "bob lrswip");
    reserved.state = model::EntryState::reserved;
    w.put(reserved);
    auto deleted = entry_of("user.bob.Deleted", "bob lrswip");
    deleted.state = model::EntryState::deleted;
    w.put(deleted);
}

struct ExistsRow {
    const char* what;  // name, id, use, or "mailbox use"
    bool there;
};
const ExistsRow kMailboxes[] = {
    {"INBOX", true},
    {"Work", true},
    {"Far", true},
    {"Moving", true},
    {"Reserved", false},
    {"Deleted", false},
    {"Closed", false},
    {"Junk", false},
    {"Nothing", false},
    {"a//b", false},
    {"Other Users/carol", false},
    {"Other Users/carol/Lists", true},
    {"Other Users/carol/In", true},
    {"Other Users/carol/Seen", false},
    {"Shared Folders/info", true},
};
const ExistsRow kIds[] = {
    {"b0", true},  {"b1", true}, {"b2", false}, {"c0", false}, {"c1", true},
    {"c3", false}, {"i0", true}, {"zz", false}, {"", false},
};
const ExistsRow kUses[] = {
    {"\\Archive", true}, {"\\ARCHIVE", true}, {"\\Important", true}, {"\\Sent", false},
    {"\\Drafts", false}, {"\\Junk", false},   {"", false},
};
const ExistsRow kUsesOf[] = {
    {"Work \\Archive", true}, {"INBOX \\Archive", false},   {"Closed \\Drafts", false},
    {"Far \\Archive", false}, {"Nothing \\Archive", false},
};

START_TEST(a_mailbox_exists_if_mail_may_be_put_into_it)
{
    World w;
    furnish(w);
    const Recipient bob = user("bob");
    auto e = w.of(bob);
    for (const auto& row : kMailboxes) {
        auto there = e.mailbox_exists(row.what);
        ASSERT_OK(there);
        ck_assert_msg(*there == row.there, "%s", row.what);
    }
    for (const auto& row : kIds) {
        auto there = e.mailboxid_exists(row.what);
        ASSERT_OK(there);
        ck_assert_msg(*there == row.there, "%s", row.what);
    }
    for (const auto& row : kUses) {
        auto there = e.special_use_exists(nullptr, {row.what});
        ASSERT_OK(there);
        ck_assert_msg(*there == row.there, "%s", row.what);
    }
    for (const auto& row : kUsesOf) {
        const auto words = split_words(row.what);
        const std::string mailbox(words[0]);
        auto there = e.special_use_exists(&mailbox, {std::string(words[1])});
        ASSERT_OK(there);
        ck_assert_msg(*there == row.there, "%s", row.what);
    }
    ck_assert(!*e.special_use_exists(nullptr, {"\\Archive", "\\Sent"}));
    ck_assert(*e.special_use_exists(nullptr, {"\\Archive", "\\Important"}));
}
END_TEST

START_TEST(rfc_8579_4_the_default_mailbox_comes_first_if_it_is_one_of_those)
{
    World w;
    furnish(w);
    w.add("user.bob.Zoo", "bob lrswipkxtecda", "b9", "", "\\Archive");
    const Recipient bob = user("bob");
    auto e = w.of(bob);
    struct {
        const char* name;
        const char* found;
    } rows[] = {{"", "user.bob.Work"},        {"Zoo", "user.bob.Zoo"},   {"INBOX", "user.bob.Work"},
                {"Nothing", "user.bob.Work"}, {"a//b", "user.bob.Work"}, {"Junk", "user.bob.Work"}};
    for (const auto& row : rows) {
        auto entry = e.mailboxes().with_use("\\Archive", row.name);
        ASSERT_OK(entry);
        ASSERT_EQ_TEXT(entry->name.internal(), row.found);
    }
    ASSERT_CODE(e.mailboxes().with_use("\\Sent", "INBOX"), Code::not_found);
}
END_TEST

START_TEST(what_cannot_be_known_now_is_an_error)
{
    World w;
    furnish(w);
    w.list.is_behind = true;
    const Recipient bob = user("bob");
    auto e = w.of(bob);
    ck_assert(*e.mailbox_exists("Work"));
    ASSERT_CODE(e.mailbox_exists("Nothing"), Code::behind);
    const std::string nothing = "Nothing";
    ASSERT_CODE(e.metadata(&nothing, "/shared/comment"), Code::behind);
    ASSERT_CODE(e.special_use_exists(&nothing, {"\\Sent"}), Code::behind);
}
END_TEST

// --- annotations

struct NoteRow {
    const char* mailbox;  // null: the server
    const char* name;
    const char* value;  // null: none
};
const NoteRow kNotes[] = {
    {"INBOX", "/shared/comment", "all"},
    {"inbox", "/SHARED/Comment", "all"},
    {"INBOX", "/private/comment", "bobs"},
    {"INBOX", "/comment", nullptr},
    {"INBOX", "/shared/other", nullptr},
    {"INBOX", "/private/specialuse", nullptr},
    {"Work", "/private/specialuse", "\\Important \\Archive"},
    {"Closed", "/shared/comment", nullptr},
    {"Far", "/shared/comment", nullptr},
    {"Nothing", "/shared/comment", nullptr},
    {"a//b", "/shared/comment", nullptr},
    {nullptr, "/shared/admin", "mailto:root@example.org"},
    {nullptr, "/shared/motd", nullptr},
    {nullptr, "/private/admin", nullptr},
    {nullptr, "/shared/../imapd.conf", nullptr},
};

START_TEST(annotations_are_those_that_the_user_may_see)
{
    World w;
    furnish(w);
    w.notes.of["user.bob"] = {
        {"/comment", "", "all"}, {"/comment", "bob", "bobs"}, {"/comment", "carol", "carols"}};
    w.notes.of["user.bob.Closed"] = {{"/comment", "", "closed"}};
    ASSERT_OK(make_directories(cat(w.path(), "/msg")));
    ASSERT_OK(replace_file(cat(w.path(), "/msg/admin"), "mailto:root@example.org\n"));
    const Recipient bob = user("bob");
    auto e = w.of(bob);
    for (const auto& row : kNotes) {
        const std::string mailbox = row.mailbox == nullptr ? "" : row.mailbox;
        auto value = e.metadata(row.mailbox == nullptr ? nullptr : &mailbox, row.name);
        ASSERT_OK(value);
        ASSERT_EQ_TEXT(value->value_or("(none)"), row.value == nullptr ? "(none)" : row.value);
    }
}
END_TEST

// --- envelope, addresses, items

std::string own(World& w, const Recipient& r)
{
    std::string all;
    for (const auto& address : w.of(r).own_addresses())
        cat_to(all, all.empty() ? "" : " ", address);
    return all;
}

START_TEST(envelope_and_addresses)
{
    World w("defaultdomain: example.net\n");
    w.transaction.envelope.from = "alice@example.org";
    const Recipient bob = user("bob", "Bob+x@Mail.example.org");
    auto e = w.of(bob);
    ASSERT_EQ_TEXT(e.envelope("from").value_or("(none)"), "alice@example.org");
    ASSERT_EQ_TEXT(e.envelope("to").value_or("(none)"), "Bob+x@Mail.example.org");
    ck_assert(!e.envelope("auth") && !e.envelope("orcpt"));
    w.transaction.envelope.auth = "alice";
    ASSERT_EQ_TEXT(e.envelope("auth").value_or("(none)"), "alice");
    ASSERT_EQ_TEXT(own(w, bob), "bob@be1.example.org bob@example.net");
    ASSERT_EQ_TEXT(own(w, user("bob@example.com", "b@example.com")), "bob@example.com");
    ASSERT_EQ_TEXT(own(w, user("bob", "bob")), "bob@be1.example.org bob@example.net");
    ASSERT_EQ_TEXT(own(w, shared("info")), "");
    ASSERT_EQ_TEXT(e.item("host").value_or("(none)"), "be1.example.org");
    ASSERT_EQ_TEXT(e.item("domain").value_or("(none)"), "example.org");
    ASSERT_EQ_TEXT(e.item("location").value_or("(none)"), "MS");
    ASSERT_EQ_TEXT(e.item("phase").value_or("(none)"), "during");
    ck_assert(!e.item("remote-ip") && !e.item("vnd.other"));
    ck_assert(!e.test_score("spamtest"));
    ASSERT_CODE(e.list_contains(":addrbook:default", "a@b"), Code::not_found);
    ASSERT_EQ_TEXT(e.notify_capability("mailto:a@b", "online").value_or("(none)"), "maybe");
}
END_TEST

START_TEST(keep_goes_to_where_mail_goes_without_a_script)
{
    World w;
    const Recipient bob = user("bob");
    ASSERT_EQ_TEXT(w.of(bob).keep_mailbox(), "INBOX");
    ASSERT_EQ_TEXT(w.of(bob, name_of("user.bob.Open")).keep_mailbox(), "Open");
    ASSERT_EQ_TEXT(w.of(bob, name_of("user.bob.Entw&APw-rfe")).keep_mailbox(), "Entw\xc3\xbcrfe");
    ASSERT_EQ_TEXT(w.of(shared("info")).keep_mailbox(), "info");
}
END_TEST

// --- scripts

START_TEST(issues_2449_and_2597_a_shared_mailbox_has_a_script_and_no_owner)
{
    World w;
    furnish(w);
    w.add("info.sub", "anyone p");
    const Recipient info = shared("info");
    // None is named, as for a user without one.
    auto none = ScriptEnvironment::script_of(w.parts(), info);
    ASSERT_OK(none);
    ck_assert(!none->program);
    w.notes.of["info"] = {{"/vendor/cmu/cyrus-imapd/sieve", "bob", "private"},
                          {"/vendor/cmu/cyrus-imapd/sieve", "", "common"}};
    auto missing = ScriptEnvironment::script_of(w.parts(), info);
    ASSERT_OK(missing);
    ck_assert(!missing->program);
    ASSERT_EQ_TEXT(missing->name, "common");
    const std::string folder = cat(w.config().sievedir(), "/global");
    ASSERT_OK(make_directories(folder));
    ASSERT_OK(replace_file(
        cat(folder, "/common.script"),
        "require [\"fileinto\", \"include\", \"mailbox\", \"mboxmetadata\", \"special-use\","
        " \"duplicate\", \"vacation\"];\n"
        "include :personal :optional \"mine\";\n"
        "if duplicate { discard; }\n"
        "if specialuse_exists \"\\\\Sent\" { discard; }\n"
        "if metadata \"INBOX\" \"/private/comment\" \"x\" { discard; }\n"
        "vacation \"away\";\n"
        "if mailboxexists [\"INBOX\", \"info/sub\"] { fileinto \"info/sub\"; }\n"
        "fileinto \"info\";\n"));
    auto found = ScriptEnvironment::script_of(w.parts(), info);
    ASSERT_OK(found);
    auto e = w.of(info);
    ASSERT_EQ_TEXT(e.keep_mailbox(), "info");
    auto actions = sieve::run(*found->program, e);
    ASSERT_OK(actions);
    ASSERT_EQ_TEXT(sieve::to_text(*actions), "fileinto \"info/sub\"\nfileinto \"info\"\n");
}
END_TEST

START_TEST(a_script_includes_its_own_and_global_ones)
{
    World w;
    auto bobs = *scripts::Scripts::of(w.config(), "bob");
    ASSERT_OK(bobs.write("main", "require \"include\"; include :personal \"a\";"
                                 " include :global \"all\"; include :optional \"none\";"));
    ASSERT_OK(bobs.write("a", "stop;"));
    ASSERT_OK(bobs.write("bad", "kepp;"));
    ASSERT_OK(bobs.activate("main"));
    const Recipient bob = user("bob");
    auto found = ScriptEnvironment::script_of(w.parts(), bob);
    ASSERT_OK(found);
    auto e = w.of(bob);
    auto actions = sieve::run(*found->program, e);
    ASSERT_OK(actions);
    ASSERT_CODE(e.script(sieve::Location::global, "all"), Code::not_found);
    ASSERT_CODE(e.script(sieve::Location::personal, "bad"), Code::syntax);
}
END_TEST

START_TEST(duplicate_knows_what_was_seen_by_that_user)
{
    World w;
    auto set = db::ExpiringSet::open(cat(w.path(), "/seen.tdb"), 'S');
    ASSERT_OK(set);
    auto parts = w.parts();
    const sieve::DuplicateMark mark{"handle", "id", 60};
    const Recipient bob = user("bob");
    const Recipient carol = user("carol");
    const Recipient info = shared("info");
    ck_assert(!*ScriptEnvironment(parts, w.transaction, bob, bob.mailbox, "").was_seen(mark));
    parts.seen = &*set;
    ck_assert(!*ScriptEnvironment(parts, w.transaction, bob, bob.mailbox, "").was_seen(mark));
    ASSERT_OK(set->put(ScriptEnvironment::key_of(bob, mark), wall_seconds() + 60));
    ck_assert(*ScriptEnvironment(parts, w.transaction, bob, bob.mailbox, "").was_seen(mark));
    ck_assert(!*ScriptEnvironment(parts, w.transaction, carol, carol.mailbox, "").was_seen(mark));
    ck_assert(!*ScriptEnvironment(parts, w.transaction, info, info.mailbox, "").was_seen(mark));
    ck_assert(
        !*ScriptEnvironment(parts, w.transaction, bob, bob.mailbox, "").was_seen({"", "id", 60}));
    ck_assert(!*ScriptEnvironment(parts, w.transaction, bob, bob.mailbox, "")
                    .was_seen({"handle", "i", 60}));
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("script_environment");
    TCase* c = tcase_create("environment");
    tcase_add_loop_test(c, a_name_is_what_the_users_clients_show, 0,
                        static_cast<int>(std::size(kNames)));
    tcase_add_test(c, a_mailbox_exists_if_mail_may_be_put_into_it);
    tcase_add_test(c, rfc_8579_4_the_default_mailbox_comes_first_if_it_is_one_of_those);
    tcase_add_test(c, what_cannot_be_known_now_is_an_error);
    tcase_add_test(c, annotations_are_those_that_the_user_may_see);
    tcase_add_test(c, envelope_and_addresses);
    tcase_add_test(c, keep_goes_to_where_mail_goes_without_a_script);
    tcase_add_test(c, issues_2449_and_2597_a_shared_mailbox_has_a_script_and_no_owner);
    tcase_add_test(c, a_script_includes_its_own_and_global_ones);
    tcase_add_test(c, duplicate_knows_what_was_seen_by_that_user);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered suite(make);

}  // namespace
