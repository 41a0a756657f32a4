#include "imap/pop3/maildrop.h"

#include <string>

#include "tests/support/memory_store.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using pop3::Maildrop;
using pop3::MaildropOptions;

struct Fixture {
    test::MemoryStore store;
    std::shared_ptr<test::MemoryMailboxState> inbox = store.make("user.bob");

    Fixture()
    {
        inbox->uidvalidity = 77;
        inbox->append("A: 1\r\n\r\none\r\n");
        inbox->append("A: 2\r\n\r\ntwo", model::kDeleted);
        inbox->append("A: 3\r\n\r\nthree\r\n");
    }
    Result<Maildrop> open(const MaildropOptions& options = {})
    {
        return Maildrop::open(store, inbox->entry, "bob", options);
    }
    std::vector<uint32_t> uids() const
    {
        std::vector<uint32_t> left;
        for (const auto& m : inbox->messages)
            if (!m->expunged) left.push_back(m->uid);
        return left;
    }
    bool is_seen(size_t at) const { return inbox->messages[at]->seen_by.contains("bob"); }
};

Status yes()
{
    return success();
}

Status never()
{
    ck_abort_msg("nothing is to be deleted");
    return success();
}

START_TEST(numbers_and_marks)
{
    Fixture f;
    auto drop = f.open();
    ASSERT_OK(drop);
    ck_assert_uint_eq(drop->last(), 3);
    ck_assert(!drop->has(0));
    ck_assert(!drop->has(4));
    ck_assert_uint_eq(drop->sum().messages, 3);
    ASSERT_EQ_TEXT(*drop->unique_id(3), "77.3");
    ASSERT_EQ_TEXT((*drop->content(1))->bytes(), "A: 1\r\n\r\none\r\n");
    ASSERT_OK(drop->mark_deleted(1));
    ASSERT_CODE(drop->mark_deleted(1), Code::not_found);
    ASSERT_CODE(drop->mark_deleted(4), Code::not_found);
    ASSERT_CODE(drop->content(1), Code::not_found);
    ASSERT_CODE(drop->octets(1), Code::not_found);
    ASSERT_CODE(drop->unique_id(1), Code::not_found);
    ck_assert_uint_eq(drop->sum().messages, 2);
    ck_assert_uint_eq(drop->sum().octets, *drop->octets(2) + *drop->octets(3));
    drop->reset();
    ck_assert_uint_eq(drop->sum().messages, 3);
    ASSERT_OK(drop->commit(never, yes));
    ck_assert_uint_eq(f.uids().size(), 3);
}
END_TEST

START_TEST(what_is_marked_goes_at_the_end)
{
    Fixture f;
    auto drop = f.open();
    ASSERT_OK(drop);
    // What comes later is in nobody's way.
    f.inbox->append("A: 4\r\n\r\n");
    ck_assert_uint_eq(drop->last(), 3);
    ASSERT_OK(drop->mark_deleted(1));
    ASSERT_OK(drop->mark_deleted(3));
    ck_assert_uint_eq(f.uids().size(), 4);
    const auto denied = [] { return Status(Error{Code::denied, "no"}); };
    ASSERT_CODE(drop->commit(denied, yes), Code::denied);
    ck_assert_uint_eq(f.uids().size(), 4);
    ck_assert_uint_eq(drop->counts().deleted, 0);
    ASSERT_OK(drop->commit(yes, yes));
    ck_assert(f.uids() == (std::vector<uint32_t>{2, 4}));
    ck_assert_uint_eq(drop->counts().deleted, 2);
}
END_TEST

// One that somebody else has expunged is gone, which is what was wanted.
START_TEST(others_expunge)
{
    Fixture f;
    auto drop = f.open();
    ASSERT_OK(drop);
    f.inbox->expunge_uid(1);
    ck_assert_uint_eq(drop->last(), 3);
    ASSERT_OK(drop->mark_deleted(1));
    ASSERT_OK(drop->mark_deleted(3));
    ASSERT_OK(drop->commit(yes, yes));
    ck_assert(f.uids() == (std::vector<uint32_t>{2}));
}
END_TEST

START_TEST(flags)
{
    Fixture f;
    auto drop = f.open({.uses_flags = true});
    ASSERT_OK(drop);
    ck_assert_uint_eq(drop->last(), 2);
    ASSERT_EQ_TEXT(*drop->unique_id(2), "77.3");
    drop->sent(2, true, 10);
    drop->sent(1, false, 5);
    ck_assert_uint_eq(drop->counts().retrieved, 1);
    ck_assert_uint_eq(drop->counts().tops, 1);
    ck_assert_uint_eq(drop->counts().octets, 15);
    ck_assert(!f.is_seen(2));
    const auto no = [] { return Status(Error{Code::denied, "no"}); };
    ASSERT_OK(drop->commit(never, no));
    ck_assert(!f.is_seen(2));
    ASSERT_OK(drop->commit(never, yes));
    ck_assert(f.is_seen(2));
    ck_assert(!f.is_seen(0));
    // What IMAP has marked is not ours to remove.
    ck_assert_uint_eq(f.uids().size(), 3);

    Fixture without;
    auto plain = without.open();
    ASSERT_OK(plain);
    plain->sent(1, true, 10);
    ASSERT_OK(plain->commit(never, yes));
    ck_assert(!without.is_seen(0));
}
END_TEST

START_TEST(damage_costs_one)
{
    Fixture f;
    auto drop = f.open();
    ASSERT_OK(drop);
    f.store.fail_content = Error{Code::corrupt, "message 1 is damaged"};
    ASSERT_CODE(drop->content(1), Code::corrupt);
    // A size that nobody can know is the index's.
    ASSERT_OK(drop->octets(2));
    ck_assert_uint_eq(drop->sum().messages, 3);
    f.store.fail_content.reset();
    ASSERT_OK(drop->content(3));
}
END_TEST

START_TEST(one_session_at_a_time)
{
    Fixture f;
    {
        auto first = f.open();
        ASSERT_OK(first);
        ASSERT_CODE(f.open(), Code::busy);
        Maildrop moved = *std::move(first);
        ASSERT_CODE(f.open(), Code::busy);
        ck_assert_uint_eq(moved.last(), 3);
    }
    ASSERT_OK(f.open());
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("maildrop");
    TCase* c = tcase_create("maildrop");
    tcase_add_test(c, numbers_and_marks);
    tcase_add_test(c, what_is_marked_goes_at_the_end);
    tcase_add_test(c, others_expunge);
    tcase_add_test(c, flags);
    tcase_add_test(c, damage_costs_one);
    tcase_add_test(c, one_session_at_a_time);
    suite_add_tcase(suite, c);
    return suite;
}
const test::Registered registered(make);

}  // namespace
