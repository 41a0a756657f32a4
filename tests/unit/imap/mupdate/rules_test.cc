#include "imap/mupdate/master/rules.h"

#include <functional>
#include <optional>

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::mupdate;

// One name at a master, without locks and disks.
struct Name {
    std::optional<ListEntry> entry;
    Policy policy;
    Caller caller{"murder", {}, 0, UINT64_MAX};
    MonotonicTime now = monotonic_now();

    std::string take(const Verdict& v)
    {
        if (v.changes) entry = v.after;
        return cat(v.ok ? "OK " : "NO ", v.text);
    }
    bool additions_only = false;
    Question q() { return {entry ? &*entry : nullptr, caller, policy, now, additions_only}; }
    std::string activate(const char* loc, const char* acl = "acl")
    {
        return take(decide_activate(q(), loc, acl));
    }
    std::string reserve(const char* loc) { return take(decide_reserve(q(), loc)); }
    std::string deactivate(const char* loc) { return take(decide_deactivate(q(), loc)); }
    std::string remove(const char* expected = "") { return take(decide_delete(q(), expected)); }
    // "M be1!p (claims)" or "R be1!p" or "-"
    std::string state()
    {
        if (!entry) return "-";
        std::string out = cat(entry->active ? "M " : "R ", entry->location);
        for (const Claim& c : entry->extras().claims) cat_to(out, " +", c.location);
        return out;
    }
};

START_TEST(reserve_then_activate)
{
    Name n;
    ASSERT_EQ_TEXT(n.reserve("be1!p"), "OK done");
    ASSERT_EQ_TEXT(n.state(), "R be1!p");
    ASSERT_EQ_TEXT(n.reserve("be2!p"), "NO mailbox already exists");
    ASSERT_EQ_TEXT(n.reserve("be1!p"), "OK done");
    ASSERT_EQ_TEXT(n.activate("be1!p"), "OK done");
    ASSERT_EQ_TEXT(n.state(), "M be1!p");
    ASSERT_EQ_TEXT(n.reserve("be2!p"), "NO mailbox already exists");
    ASSERT_EQ_TEXT(n.remove("be2!p"), "NO mailbox is held by be1");
    ASSERT_EQ_TEXT(n.remove("be1!other"), "OK done");
    ASSERT_EQ_TEXT(n.remove(), "NO mailbox doesn't exist");
    // RENAME of Cyrus gives an empty partition; a later push repairs it
    ASSERT_EQ_TEXT(n.reserve("be1!"), "OK done");
    ASSERT_EQ_TEXT(n.activate("be1!"), "OK done");
    ASSERT_EQ_TEXT(n.activate("be1!default"), "OK done");
    ASSERT_EQ_TEXT(n.state(), "M be1!default");
}
END_TEST

START_TEST(leases_end_but_mailboxes_never)
{
    Name n;
    n.reserve("be1!p");
    ck_assert(!lease_ended(*n.entry, n.now));
    ASSERT_EQ_TEXT(n.reserve("be2!p"), "NO mailbox already exists");
    n.now += n.policy.lease;
    ck_assert(lease_ended(*n.entry, n.now));
    ASSERT_EQ_TEXT(n.reserve("be2!p"), "OK done");
    ASSERT_EQ_TEXT(n.state(), "R be2!p");
    n.now += n.policy.lease;
    ASSERT_EQ_TEXT(n.activate("be3!p"), "OK done");
    n.deactivate("be3!p");
    n.now += std::chrono::hours(10000);
    ck_assert(!lease_ended(*n.entry, n.now));
    ASSERT_EQ_TEXT(n.entry->acl, "acl");
}
END_TEST

START_TEST(first_claim_stays)
{
    Name n;
    n.activate("be1!p");
    ASSERT_EQ_TEXT(n.activate("be2!q"), "NO mailbox is held by be1");
    ASSERT_EQ_TEXT(n.state(), "M be1!p +be2!q");
    // said again: nothing new to write
    ck_assert(!decide_activate(n.q(), "be2!q", "acl").changes);
    n.policy.last_claim_wins = true;
    ASSERT_EQ_TEXT(n.activate("be2!q"), "OK done");
    ASSERT_EQ_TEXT(n.state(), "M be2!q +be1!p");
}
END_TEST

START_TEST(a_name_goes_to_who_claimed_it)
{
    Name n;
    n.activate("be1!p", "a");
    n.activate("be2!p", "b");
    n.activate("be3!p", "c");
    ASSERT_EQ_TEXT(n.state(), "M be1!p +be2!p +be3!p");
    ASSERT_EQ_TEXT(n.remove("be1!p"), "OK done");
    ASSERT_EQ_TEXT(n.state(), "M be2!p +be3!p");
    ASSERT_EQ_TEXT(n.entry->acl.string(), "b");
    n.remove("be2!p");
    n.remove("be3!p");
    ASSERT_EQ_TEXT(n.state(), "-");
}
END_TEST

// Whatever takes a name from its holder gives it to the first that said it has a mailbox of that
// name and was refused; nothing takes it from the list while somebody claims it.
START_TEST(no_name_goes_while_it_is_claimed)
{
    const auto reserved = [](Name& n) { n.reserve("be1!p"); };
    const auto held = [](Name& n) { n.activate("be1!p", "a"); };
    const auto reserved_again = [](Name& n) {
        n.activate("be1!p", "a");
        n.reserve("be1!p");
    };
    const auto moving = [](Name& n) {
        n.activate("be1!p", "a");
        n.deactivate("be1!p");
        n.activate("be9!p", "m");
    };
    const auto lease_over = [](Name& n) {
        n.now += n.policy.lease;
        auto verdict = decide_lease_end(*n.entry, n.now);
        ck_assert(verdict && verdict->ok && verdict->visible);
        n.take(*verdict);
    };
    const auto removed = [](Name& n) {
        n.caller.identity = "be1";
        ASSERT_EQ_TEXT(n.remove(), "OK done");
    };
    const auto given_back = [](Name& n) { ASSERT_EQ_TEXT(n.remove("be1!p"), "OK done"); };
    const auto removed_by_mover = [](Name& n) { ASSERT_EQ_TEXT(n.remove("be9!p"), "OK done"); };
    const auto removed_in_sync = [](Name& n) {
        n.caller.listed_server = "be1";
        ASSERT_EQ_TEXT(n.remove(), "OK done");
    };
    struct Row {
        std::function<void(Name&)> before;
        std::function<void(Name&)> end;
    };
    const Row rows[] = {
        {reserved, lease_over},      {reserved, removed},       {reserved, given_back},
        {reserved, removed_in_sync}, {held, removed},           {held, given_back},
        {held, removed_in_sync},     {reserved_again, removed}, {reserved_again, given_back},
        {moving, removed_by_mover}};
    for (const Row& row : rows) {
        Name n;
        n.caller.identity = "be1";
        row.before(n);
        n.caller.identity = "be2";
        ck_assert(n.activate("be2!q", "b").starts_with("NO mailbox is held by"));
        n.caller.identity = "be3";
        ck_assert(n.activate("be3!r", "c").starts_with("NO mailbox is held by"));
        n.caller.identity = "murder";
        row.end(n);
        ASSERT_EQ_TEXT(n.state(), "M be2!q +be3!r");
        ASSERT_EQ_TEXT(n.entry->acl.string(), "b");
        ASSERT_EQ_TEXT(n.entry->identity.string(), "be2");
        ck_assert(!n.entry->extras().lease_end && !n.entry->extras().move);
        n.caller.listed_server.reset();
        ASSERT_EQ_TEXT(n.remove("be2!q"), "OK done");
        ASSERT_EQ_TEXT(n.state(), "M be3!r");
        ASSERT_EQ_TEXT(n.remove("be3!r"), "OK done");
        ASSERT_EQ_TEXT(n.state(), "-");
    }
}
END_TEST

// What comes after the lease and before somebody has noticed that it is over.
START_TEST(a_lease_that_is_over_is_over_for_all)
{
    struct Row {
        std::function<std::string(Name&)> ask;
        const char* answer;
        const char* state;
    };
    const Row rows[] = {
        {[](Name& n) { return n.activate("be1!p"); }, "NO mailbox is held by be2",
         "M be2!q +be1!p"},
        {[](Name& n) { return n.activate("be2!q", "b"); }, "OK done", "M be2!q"},
        {[](Name& n) { return n.activate("be3!r"); }, "NO mailbox is held by be2",
         "M be2!q +be3!r"},
        {[](Name& n) { return n.reserve("be1!p"); }, "NO mailbox already exists", "M be2!q"},
        {[](Name& n) { return n.reserve("be3!p"); }, "NO mailbox already exists", "M be2!q"},
        {[](Name& n) { return n.deactivate("be2!q"); }, "OK done", "R be2!q"},
        {[](Name& n) { return n.remove("be1!p"); }, "NO mailbox is held by be2", "M be2!q"},
        {[](Name& n) { return n.remove("be2!q"); }, "OK done", "-"},
        {[](Name& n) { return n.take(decide_resolve(n.q(), "be1")); },
         "NO mailbox is not claimed by be1", "M be2!q"},
    };
    for (const Row& row : rows) {
        Name n;
        n.reserve("be1!p");
        n.activate("be2!q", "b");
        ASSERT_EQ_TEXT(n.state(), "R be1!p +be2!q");
        // Not by an administrator either, while be1 has made nothing.
        ASSERT_EQ_TEXT(n.take(decide_resolve(n.q(), "be1")), "NO mailbox is not claimed by be1");
        n.now += n.policy.lease;
        ASSERT_EQ_TEXT(row.ask(n), row.answer);
        ASSERT_EQ_TEXT(n.state(), row.state);
    }
}
END_TEST

START_TEST(additions_only)
{
    Name n;
    n.additions_only = true;
    n.reserve("be1!p");
    ASSERT_EQ_TEXT(n.remove("be1!p"), "OK done");  // was never a mailbox
    n.activate("be1!p");
    for (const char* expected : {"", "be1!p"})
        ASSERT_EQ_TEXT(n.remove(expected),
                       "NO additions only, until all servers have told their mailboxes");
    n.activate("be2!p");
    ASSERT_EQ_TEXT(n.remove("be2!p"), "OK done");  // a claim
    ASSERT_EQ_TEXT(n.state(), "M be1!p");
}
END_TEST

START_TEST(a_move_lets_two_activate)
{
    Name n;
    n.activate("be1!p");
    ASSERT_EQ_TEXT(n.deactivate("be1!p"), "OK done");
    ASSERT_EQ_TEXT(n.deactivate("be1!p"), "NO mailbox not currently active");
    ASSERT_EQ_TEXT(n.activate("be2!q"), "OK done");
    ASSERT_EQ_TEXT(n.state(), "M be2!q +be1!p");
    ASSERT_EQ_TEXT(n.activate("be3!q"), "NO mailbox is held by be2");
    // the destination's copy failed: the source takes it back
    ASSERT_EQ_TEXT(n.activate("be1!p"), "OK done");
    ASSERT_EQ_TEXT(n.state(), "M be1!p +be3!q +be2!q");
    // settled: first claim stays again
    n.now += n.policy.move_settle;
    ASSERT_EQ_TEXT(n.activate("be2!q"), "NO mailbox is held by be1");
}
END_TEST

START_TEST(a_sync_of_a_claimant_harms_nobody)
{
    Name n;
    n.activate("be1!p");
    n.caller.identity = "be2";
    n.activate("be2!q");
    n.caller.listed_server = "be2";
    ck_assert(!shown_in_find(*n.entry, n.caller));
    auto shown = shown_in_list(*n.entry, "be2!");
    ck_assert(shown.has_value());
    ASSERT_EQ_TEXT(shown->location, "be2!q");
    ck_assert(shown_in_list(*n.entry, "be1!")->location == "be1!p");
    ck_assert(!shown_in_list(*n.entry, "be3!"));
    ASSERT_EQ_TEXT(n.remove(), "OK done");
    ASSERT_EQ_TEXT(n.state(), "M be1!p");
    ASSERT_EQ_TEXT(n.remove(), "NO mailbox is held by be1");
    // a plain DELETE by who only claims it from elsewhere
    n.caller.listed_server.reset();
    n.activate("be2!q");
    ASSERT_EQ_TEXT(n.remove(), "NO mailbox is held by be1");
    n.caller.identity = "murder";
    ASSERT_EQ_TEXT(n.remove(), "OK done");
}
END_TEST

START_TEST(guards)
{
    Name n;
    n.activate("be1!p");
    n.caller.listed_server = "be1";
    n.caller.deletes_allowed = 5;
    n.caller.deletes = 5;
    ck_assert(n.remove().starts_with("NO too many removals"));
    n.caller.deletes = 4;
    ASSERT_EQ_TEXT(n.remove(), "OK done");
    auto percent = DeleteGuard::parse("10%");
    ASSERT_OK(percent);
    ck_assert_uint_eq(percent->allowed(10), 100);
    ck_assert_uint_eq(percent->allowed(100000), 10000);
    ck_assert_uint_eq(DeleteGuard::parse("7")->allowed(100000), 7);
    ck_assert_uint_eq(DeleteGuard::parse("0")->allowed(1), UINT64_MAX);
    ck_assert(!DeleteGuard::parse("101%"));
    ck_assert(!DeleteGuard::parse("x"));
}
END_TEST

START_TEST(changes_survive_the_log)
{
    Name n;
    n.activate("be1!p", "bob\tlrs\t");
    n.deactivate("be1!p");
    n.activate("be2!q", "x");
    mupdate::Change change{"user\x1f"
                           "bob",
                           n.entry};
    auto back = decode_change(encode_change(change, n.now), n.now);
    ASSERT_OK(back);
    ASSERT_EQ_TEXT(back->key, change.key);
    ck_assert(back->after->active);
    ASSERT_EQ_TEXT(back->after->location, "be2!q");
    ASSERT_EQ_TEXT(back->after->extras().claims.front().acl, "bob\tlrs\t");
    ASSERT_EQ_TEXT(back->after->extras().move->other_server, "be2");
    ck_assert(*back->after->extras().move->settles == n.now + n.policy.move_settle);
    std::string bytes = encode_change(change, n.now);
    for (size_t i = 0; i < bytes.size(); ++i)
        ck_assert(decode_change(std::string_view(bytes).substr(0, i), n.now).is(Code::corrupt));
    ck_assert(decode_change(bytes + "x", n.now).is(Code::corrupt));
    ASSERT_EQ_TEXT(name_of_key("dom\x1duser\x1f"
                               "a.b"),
                   "dom!user.a^b");
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("mupdate rules");
    TCase* t = tcase_create("all");
    tcase_add_test(t, reserve_then_activate);
    tcase_add_test(t, leases_end_but_mailboxes_never);
    tcase_add_test(t, first_claim_stays);
    tcase_add_test(t, a_name_goes_to_who_claimed_it);
    tcase_add_test(t, no_name_goes_while_it_is_claimed);
    tcase_add_test(t, a_lease_that_is_over_is_over_for_all);
    tcase_add_test(t, additions_only);
    tcase_add_test(t, a_move_lets_two_activate);
    tcase_add_test(t, a_sync_of_a_claimant_harms_nobody);
    tcase_add_test(t, guards);
    tcase_add_test(t, changes_survive_the_log);
    suite_add_tcase(s, t);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
