// Mailboxes rebuilt from their message files, with and without what else there was.
#include <unistd.h>

#include "imap/store/find_mailboxes.h"
#include "imap/store/rebuild.h"
#include "tests/unit/imap/store/fixture.h"

namespace {

using namespace rookery;
using namespace rookery::store;
using namespace rookery::test;

struct RebuildFixture : StoreFixture {
    model::MailboxEntry inbox = entry_of("user.bob");
    std::string folder;

    RebuildFixture()
    {
        create(inbox);
        append(inbox, {mail("1"), mail("2"), mail("3"), mail("4")},
               flags(model::kFlagged, {"$Label"}));
        auto view = open(inbox);
        const uint32_t two[] = {2};
        ASSERT_OK(
            view->store_flags(two, mailbox::FlagChange::add, flags(model::kDeleted), nullptr));
        ASSERT_OK(view->expunge(nullptr));
        folder = *mailbox_directory(options.paths, inbox);
    }

    RebuildReport rebuild(bool make_header = false)
    {
        auto report = store::rebuild(*store, inbox, make_header);
        ASSERT_OK(report);
        return *report;
    }
};

START_TEST(an_intact_mailbox_stays_as_it_is)
{
    RebuildFixture f;
    uint32_t validity = f.open(f.inbox)->uidvalidity();
    RebuildReport report = f.rebuild();
    ck_assert(report.messages == 3 && report.found == 0 && report.lost == 0);
    auto view = f.open(f.inbox);
    ck_assert(view->exists() == 3 && view->uidvalidity() == validity && view->uidnext() == 5);
    ck_assert(view->message(2).uid == 3 && view->message(2).keywords[0]);
    ck_assert(view->message(2).system_flags == model::kFlagged);
    ck_assert(view->message(2).internaldate == 1'000'000'000);
    ck_assert(view->cached(3)->envelope.find("\"4\"") != std::string::npos);
    ck_assert_uint_eq(f.append(f.inbox, {mail("5")}).at(0), 5);
}
END_TEST

START_TEST(what_was_half_written_goes)
{
    RebuildFixture f;
    const std::string at = f.folder + "/";
    const char* const half[] = {"rookery.header.NEW", "rookery.index.NEW", "rookery.cacheNEW",
                                "7.NEW"};
    for (const char* name : half) ASSERT_OK(replace_file(at + name, "x", 0600));
    ASSERT_OK(make_directories(at + "NEW"));  // a mailbox below
    f.rebuild();
    for (const char* name : half)
        ck_assert_msg(::access((at + name).c_str(), F_OK) != 0, "%s", name);
    ck_assert(::access((at + "NEW").c_str(), F_OK) == 0);
    ck_assert_uint_eq(f.store->status(f.inbox, "bob")->messages, 3);
}
END_TEST

START_TEST(messages_alone_are_enough)
{
    RebuildFixture f;
    for (const char* name : {"/rookery.index", "/rookery.cache", "/rookery.header"})
        ck_assert_int_eq(::unlink((f.folder + name).c_str()), 0);
    ASSERT_CODE(rebuild(*f.store, f.inbox, false), Code::not_found);
    RebuildReport report = f.rebuild(true);
    ck_assert(report.messages == 4 && report.found == 4);
    ck_assert(report.new_header && report.new_uidvalidity);
    auto view = f.open(f.inbox);
    ck_assert(view->exists() == 4 && view->message(4).uid == 4 && view->uidnext() == 5);
    ASSERT_EQ_TEXT(text_of(*view, 3), mail("3"));
    ck_assert(view->cached(1)->envelope.find("\"1\"") != std::string::npos);
}
END_TEST

START_TEST(a_lost_index_gets_another_uidvalidity)
{
    RebuildFixture f;
    uint32_t validity = f.open(f.inbox)->uidvalidity();
    ASSERT_OK(replace_file(f.folder + "/rookery.index", "damaged"));
    ASSERT_CODE(f.store->open(f.inbox, "bob", mailbox::OpenMode::read_write), Code::corrupt);
    RebuildReport report = f.rebuild();
    ck_assert(report.new_uidvalidity && !report.new_header);
    auto view = f.open(f.inbox);
    ck_assert(view->uidvalidity() > validity);
    ck_assert(view->keywords() == std::vector<std::string>{"$Label"});
}
END_TEST

START_TEST(files_that_came_and_went_are_noticed)
{
    RebuildFixture f;
    auto before = f.open(f.inbox);
    const uint64_t modseq = before->highestmodseq();
    ck_assert_int_eq(::unlink((f.folder + "/3.").c_str()), 0);
    ASSERT_OK(replace_file(f.folder + "/9.", mail("9")));
    ASSERT_OK(replace_file(f.folder + "/2.", mail("2, which was expunged")));
    ASSERT_OK(replace_file(f.folder + "/1.", mail("another 1")));
    RebuildReport report = f.rebuild();
    ck_assert(report.messages == 3 && report.found == 1 && report.lost == 1);
    ck_assert_uint_eq(report.changed, 1);
    // Who has it open goes on: what he could number keeps its number until he may be told.
    const uint32_t third[] = {3};
    ASSERT_OK(before->store_flags(third, mailbox::FlagChange::add, flags(model::kSeen), nullptr));
    ck_assert(before->exists() == 3 && before->message(2).uid == 3);
    auto told = before->refresh(true);
    ASSERT_OK(told);
    ck_assert(told->expunged == (std::vector<uint32_t>{2, 1}) && told->exists_changed);
    ck_assert(before->exists() == 3 && before->message(1).uid == 4);
    auto view = f.open(f.inbox);
    // What a UID names never changes.
    ck_assert(view->message(1).uid == 4 && view->message(2).uid == 9);
    ck_assert(view->message(3).uid == 10 && view->uidnext() == 11);
    ck_assert(view->message(3).system_flags == 0);
    ASSERT_EQ_TEXT(text_of(*view, 3), mail("another 1"));
    ASSERT_EQ_TEXT(view->vanished_since(modseq).to_string(), "1,3");
    report = f.rebuild();
    ck_assert(report.messages == 3 && report.found + report.lost + report.changed == 0);
    ck_assert(view->highestmodseq() > modseq);
}
END_TEST

START_TEST(a_damaged_record_loses_its_flags_only)
{
    RebuildFixture f;
    auto bytes = read_file(f.folder + "/rookery.index", 1 << 20);
    ASSERT_OK(bytes);
    (*bytes)[kIndexHeaderSize + 10] ^= 1;
    ASSERT_OK(replace_file(f.folder + "/rookery.index", *bytes));
    RebuildReport report = f.rebuild();
    ck_assert(report.messages == 3 && report.found == 1 && !report.new_uidvalidity);
    auto view = f.open(f.inbox);
    ck_assert(view->message(1).uid == 1 && view->message(1).system_flags == 0);
    ck_assert(view->message(2).system_flags == model::kFlagged);
}
END_TEST

START_TEST(a_message_that_was_cut_keeps_flags_and_date)
{
    RebuildFixture f;
    ck_assert_int_eq(::truncate((f.folder + "/3.").c_str(), 30), 0);
    RebuildReport report = f.rebuild();
    ck_assert(report.messages == 3 && report.found == 0 && report.changed == 1);
    auto view = f.open(f.inbox);
    ck_assert(view->message(3).uid == 5 && view->message(3).size == 30);
    ck_assert(view->message(3).system_flags == model::kFlagged);
    ck_assert(view->message(3).internaldate == 1'000'000'000);
    ASSERT_EQ_TEXT(text_of(*view, 3), mail("3").substr(0, 30));
    ck_assert(view->cached(3).ok());
}
END_TEST

START_TEST(a_lost_index_finds_the_internal_dates)
{
    RebuildFixture f;
    auto sent = entry_of("user.bob.Sent", "2");
    f.create(sent);
    const uint32_t one[] = {1};
    ASSERT_OK(f.open(f.inbox)->copy_to(sent, "bob", one, {}));
    for (const auto& box : {f.inbox, sent}) {
        const std::string folder = *mailbox_directory(f.options.paths, box);
        ck_assert_int_eq(::unlink((folder + "/rookery.index").c_str()), 0);
        ASSERT_OK(store::rebuild(*f.store, box, false));
        auto view = f.open(box);
        for (uint32_t n = 1; n <= view->exists(); n++)
            ck_assert(view->message(n).internaldate == 1'000'000'000);
    }
}
END_TEST

START_TEST(mailboxes_are_found_on_all_partitions)
{
    RebuildFixture f;
    f.create(entry_of("user.bob.Sent", "2"));
    f.create(entry_of("shared.x", "3", "two"));
    f.create(entry_of("dom.org!user.ann", "4"));
    auto found = find_mailboxes(f.options.paths, false);
    ASSERT_OK(found);
    std::string names;
    for (const auto& entry : *found)
        cat_to(names, entry.name.internal(), '@', entry.partition, ' ');
    ASSERT_EQ_TEXT(names, "dom.org!user.ann@default shared.x@two user.bob@default "
                          "user.bob.Sent@default ");
    ck_assert_int_eq(::unlink((f.folder + "/rookery.header").c_str()), 0);
    ck_assert_uint_eq(find_mailboxes(f.options.paths, false)->size(), 3);
    ck_assert_uint_eq(find_mailboxes(f.options.paths, true)->size(), 4);
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("imap/store rebuild");
    TCase* tc = tcase_create("rebuild");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, an_intact_mailbox_stays_as_it_is);
    tcase_add_test(tc, what_was_half_written_goes);
    tcase_add_test(tc, messages_alone_are_enough);
    tcase_add_test(tc, a_lost_index_gets_another_uidvalidity);
    tcase_add_test(tc, files_that_came_and_went_are_noticed);
    tcase_add_test(tc, a_damaged_record_loses_its_flags_only);
    tcase_add_test(tc, a_message_that_was_cut_keeps_flags_and_date);
    tcase_add_test(tc, a_lost_index_finds_the_internal_dates);
    tcase_add_test(tc, mailboxes_are_found_on_all_partitions);
    suite_add_tcase(suite, tc);
    return suite;
}
const rookery::test::Registered suite(make);

}  // namespace
