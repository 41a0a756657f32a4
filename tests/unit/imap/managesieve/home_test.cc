// Where a user's scripts are, by what the list says of the INBOX; and where clients are sent.
#include "imap/managesieve/home.h"

#include "imap/mboxlist/memory_directory.h"
#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using model::EntryState;
using model::Pending;

config::Config make_config(std::string_view more)
{
    auto made = config::Config::from_text(
        cat("configdirectory: /nowhere\nservername: be1.example.org\nadmins: cyrus\n", more),
        "sieve");
    ASSERT_OK(made);
    return *std::move(made);
}

class List final : public mboxlist::MemoryDirectory {
 public:
    Status current = success();
    Status catch_up() override { return current; }
    void put(const std::string& name, const std::string& server, EntryState state, Pending pending)
    {
        model::MailboxEntry entry{.name = *model::MailboxName::from_internal(name),
                                  .state = state,
                                  .server = server,
                                  .partition = "default",
                                  .acl = {},
                                  .uniqueid = "1",
                                  .pending = pending};
        const auto change = mboxlist::Change::put(entry);
        ASSERT_OK(commit({&change, 1}));
    }
};

struct Case {
    const char* server;
    EntryState state;
    Pending pending;
    const char* found;    // "here", a server, or the code of an error
    const char* changes;  // here: "yes", or the code of the error
};

const Case kCases[] = {
    {"", EntryState::active, Pending::none, "here", "yes"},
    {"", EntryState::active, Pending::update, "here", "yes"},
    {"", EntryState::active, Pending::partition_out, "here", "yes"},
    {"", EntryState::active, Pending::rename_out, "here", "reserved"},
    {"", EntryState::active, Pending::remove, "here", "reserved"},
    {"", EntryState::active, Pending::create, "here", "reserved"},
    {"", EntryState::moving, Pending::none, "here", "moved"},
    {"", EntryState::reserved, Pending::none, "reserved", nullptr},
    {"", EntryState::reserved, Pending::create, "reserved", nullptr},
    {"", EntryState::deleted, Pending::remove, "not found", nullptr},
    {"be2", EntryState::active, Pending::none, "be2", nullptr},
    {"be2", EntryState::moving, Pending::none, "moved", nullptr},
    {"be2", EntryState::reserved, Pending::none, "reserved", nullptr},
};

START_TEST(states)
{
    const config::Config config = make_config("");
    for (const Case& c : kCases) {
        List list;
        list.put("user.joe", c.server, c.state, c.pending);
        auth::Identity joe;
        joe.userid = "joe";
        const auto home = managesieve::find_home(config, list, joe);
        const std::string found = !home                  ? std::string(code_name(home.error().code))
                                  : home->server.empty() ? "here"
                                                         : home->server;
        ck_assert_msg(found == c.found, "%d/%d at '%s': %s", static_cast<int>(c.state),
                      static_cast<int>(c.pending), c.server, found.c_str());
        if (c.changes == nullptr) continue;
        ck_assert(home->scripts.has_value());
        const std::string changes =
            home->changeable ? "yes" : std::string(code_name(home->changeable.error().code));
        ASSERT_EQ_TEXT(changes, c.changes);
    }
}
END_TEST

START_TEST(nowhere)
{
    const config::Config config = make_config("");
    List list;
    auth::Identity joe;
    joe.userid = "joe";
    ASSERT_CODE(managesieve::find_home(config, list, joe), Code::not_found);
    auth::Identity cyrus;
    cyrus.userid = "cyrus";
    cyrus.admin = true;
    auto home = managesieve::find_home(config, list, cyrus);
    ASSERT_OK(home);
    ck_assert(home->scripts.has_value() && home->changeable.ok());
    // A list that may be behind says of nobody that there is no INBOX.
    list.current = Error{Code::behind, "x"};
    ASSERT_CODE(managesieve::find_home(config, list, joe), Code::behind);
    ASSERT_CODE(managesieve::find_home(config, list, cyrus), Code::behind);
}
END_TEST

START_TEST(referrals)
{
    const struct {
        const char* options;
        const char* host;  // null: none
    } kHosts[] = {
        {"", "be2"},
        {"sieve_allowreferrals: yes\n", "be2"},
        {"sieve_allowreferrals: no\n", nullptr},
        {"sieve_allowreferrals: no\nsieve_referral_hosts: be2\n", nullptr},
        {"sieve_referral_hosts: be2\n", "be2"},
        {"sieve_referral_hosts: be1 be2=mail.example.org:4191\n", "mail.example.org:4191"},
        {"sieve_referral_hosts: be1 be22\n", nullptr},
        {"sieve_referral_hosts: be\n", nullptr},
    };
    for (const auto& c : kHosts) {
        const auto host = managesieve::referral_host(make_config(c.options), "be2");
        ck_assert_msg(host.has_value() == (c.host != nullptr), "%s", c.options);
        if (host) ASSERT_EQ_TEXT(*host, c.host);
    }
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("home");
    TCase* c = tcase_create("home");
    tcase_add_test(c, states);
    tcase_add_test(c, nowhere);
    tcase_add_test(c, referrals);
    suite_add_tcase(suite, c);
    return suite;
}
const test::Registered registered(make);

}  // namespace
