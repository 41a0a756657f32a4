// A session's view: numbers, flags, \Recent, \Seen of owner and others, expunge, copies, waking.
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "imap/mboxlist/events.h"
#include "tests/unit/imap/store/fixture.h"

namespace {

using namespace rookery;
using namespace rookery::store;
using namespace rookery::test;
using mailbox::FlagChange;
using mailbox::OpenMode;

struct ViewFixture : StoreFixture {
    model::MailboxEntry inbox = entry_of("user.bob");
    explicit ViewFixture(bool immediate = false) : StoreFixture(immediate) { create(inbox); }
};

std::vector<uint32_t> store_flags(mailbox::Mailbox& view, std::vector<uint32_t> numbers,
                                  FlagChange how, const model::FlagList& list)
{
    auto done = view.store_flags(numbers, how, list, nullptr);
    ASSERT_OK(done);
    return *done;
}

mailbox::Changes refresh(mailbox::Mailbox& view, bool may_expunge = true)
{
    auto changes = view.refresh(may_expunge);
    ASSERT_OK(changes);
    return *changes;
}

START_TEST(messages_come_back_with_bytes_flags_and_dates)
{
    ViewFixture f;
    f.append(f.inbox, {mail("one"), mail("two")}, flags(model::kFlagged, {"$Label"}));
    auto view = f.open(f.inbox);
    ck_assert_uint_eq(view->exists(), 2);
    ck_assert_uint_eq(view->uidnext(), 3);
    ASSERT_EQ_TEXT(text_of(*view, 2), mail("two"));
    mailbox::MessageInfo info = view->message(2);
    ck_assert(info.uid == 2 && info.size == mail("two").size());
    ck_assert(info.internaldate == 1'000'000'000 && info.zone_minutes == 60);
    ck_assert(info.system_flags == model::kFlagged && info.keywords[0]);
    ck_assert(view->keywords() == std::vector<std::string>{"$Label"});
    ck_assert(view->first_unseen() == 1 && view->sequence_of(2) == 2 && view->sequence_of(3) == 0);
}
END_TEST

START_TEST(the_cache_answers_and_a_lost_one_is_made_up_for)
{
    ViewFixture f;
    f.append(f.inbox, {mail("one")});
    auto view = f.open(f.inbox);
    auto items = view->cached(1);
    ASSERT_OK(items);
    ck_assert(items->envelope.find("\"one\"") != std::string::npos);
    std::string path = cat(*mailbox_directory(f.options.paths, f.inbox), "/rookery.cache");
    ASSERT_OK(replace_file(path, std::string(300, 'z')));
    auto again = f.open(f.inbox)->cached(1);
    ASSERT_OK(again);
    ASSERT_EQ_TEXT(again->bodystructure, items->bodystructure);
    ASSERT_EQ_TEXT(again->sections, items->sections);
    ::unlink(path.c_str());
    ASSERT_EQ_TEXT(f.open(f.inbox)->cached(1)->envelope, items->envelope);
}
END_TEST

START_TEST(a_view_changes_only_in_refresh)
{
    ViewFixture f;
    f.append(f.inbox, {mail("1"), mail("2"), mail("3")});
    auto a = f.open(f.inbox);
    auto b = f.open(f.inbox);
    f.append(f.inbox, {mail("4")});
    ck_assert(a->exists() == 3 && a->uidnext() == 4);
    store_flags(*b, {1, 3}, FlagChange::add, flags(model::kDeleted));
    auto gone = b->expunge(nullptr);
    ASSERT_OK(gone);
    ASSERT_EQ_TEXT(list(*gone), "1,3");
    mailbox::Changes changes = refresh(*a, false);
    ck_assert(changes.expunged.empty() && changes.exists_changed && a->exists() == 4);
    ck_assert(a->message(1).expunged);
    ASSERT_EQ_TEXT(text_of(*a, 1), mail("1"));
    ASSERT_EQ_TEXT(text_of(*a, 3), mail("3"));
    changes = refresh(*a, true);
    ASSERT_EQ_TEXT(list(changes.expunged), "3,1");
    ck_assert(!changes.exists_changed && a->exists() == 2);
    ck_assert(a->message(1).uid == 2 && a->message(2).uid == 4);
    ck_assert(a->sequence_of(3) == 0 && a->sequence_of(4) == 2);
    changes = refresh(*b, true);
    ASSERT_EQ_TEXT(list(changes.expunged), "3,1");
    ck_assert(changes.exists_changed);
    changes = refresh(*a, true);
    ck_assert(changes.expunged.empty() && !changes.exists_changed && changes.flags.empty());
}
END_TEST

START_TEST(flag_changes_of_others_are_told_and_own_ones_are_not)
{
    ViewFixture f;
    f.append(f.inbox, {mail("1"), mail("2"), mail("3")});
    auto a = f.open(f.inbox);
    auto b = f.open(f.inbox);
    ASSERT_EQ_TEXT(list(store_flags(*a, {1, 2}, FlagChange::add, flags(model::kFlagged))), "1,2");
    ASSERT_EQ_TEXT(list(store_flags(*a, {1, 2, 3}, FlagChange::add, flags(model::kFlagged))), "3");
    ck_assert(refresh(*a).flags.empty());
    ASSERT_EQ_TEXT(list(refresh(*b).flags), "1,2,3");
    ck_assert(refresh(*b).flags.empty());
    // One that another changed before this session did is told all the same.
    store_flags(*b, {2}, FlagChange::add, flags(model::kAnswered));
    store_flags(*a, {2, 3}, FlagChange::add, flags(model::kDraft));
    ASSERT_EQ_TEXT(list(refresh(*a).flags), "2");
    ck_assert(a->message(2).system_flags == (model::kFlagged | model::kAnswered | model::kDraft));
    store_flags(*a, {2}, FlagChange::replace, flags(model::kSeen));
    ck_assert(b->message(2).system_flags == model::kSeen);
    store_flags(*a, {2}, FlagChange::remove, flags(model::kSeen));
    ck_assert(b->message(2).system_flags == 0);
}
END_TEST

START_TEST(modseq_grows_with_every_change)
{
    ViewFixture f;
    f.append(f.inbox, {mail("1"), mail("2")});
    auto a = f.open(f.inbox);
    uint64_t first = a->highestmodseq();
    ck_assert(a->message(1).modseq == first && a->message(2).modseq == first);
    store_flags(*a, {2}, FlagChange::add, flags(model::kSeen));
    refresh(*a);
    ck_assert(a->highestmodseq() == first + 1 && a->message(2).modseq == first + 1);
    store_flags(*a, {2}, FlagChange::add, flags(model::kSeen));
    refresh(*a);
    ck_assert(a->highestmodseq() == first + 1);
    store_flags(*a, {2}, FlagChange::add, flags(model::kDeleted));
    ASSERT_OK(a->expunge(nullptr));
    refresh(*a);
    ck_assert(a->highestmodseq() == first + 3 && a->message(1).modseq == first);
    ck_assert(f.store->status(f.inbox, "bob")->highestmodseq == first + 3);
}
END_TEST

START_TEST(exactly_one_session_gets_recent)
{
    ViewFixture f;
    f.append(f.inbox, {mail("1"), mail("2")});
    ck_assert_uint_eq(f.store->status(f.inbox, "bob")->recent, 2);
    auto look = f.open(f.inbox, "bob", OpenMode::read_only);
    ck_assert(look->recent() == 2 && look->message(1).recent);
    auto a = f.open(f.inbox);
    auto b = f.open(f.inbox);
    ck_assert(a->recent() == 2 && a->message(2).recent);
    ck_assert(b->recent() == 0 && !b->message(2).recent);
    ck_assert_uint_eq(f.store->status(f.inbox, "bob")->recent, 0);
    f.append(f.inbox, {mail("3")});
    mailbox::Changes changes = refresh(*b);
    ck_assert(changes.recent_changed && b->recent() == 1 && b->message(3).recent);
    changes = refresh(*a);
    ck_assert(changes.exists_changed && !changes.recent_changed && !a->message(3).recent);
    store_flags(*a, {1}, FlagChange::add, flags(model::kDeleted));
    ASSERT_OK(a->expunge(nullptr));
    ck_assert(refresh(*a).recent_changed && a->recent() == 1);
}
END_TEST

START_TEST(others_have_their_own_seen_and_share_the_rest)
{
    ViewFixture f;
    f.append(f.inbox, {mail("1"), mail("2")}, flags(model::kSeen));
    auto ann = f.open(f.inbox, "ann");
    auto ann2 = f.open(f.inbox, "ann");
    auto bob = f.open(f.inbox, "bob");
    ck_assert(bob->first_unseen() == 0 && ann->first_unseen() == 1);
    ck_assert_uint_eq(f.store->status(f.inbox, "ann")->unseen, 2);
    ASSERT_EQ_TEXT(
        list(store_flags(*ann, {2}, FlagChange::add, flags(model::kSeen | model::kFlagged))), "2");
    ck_assert(ann->message(2).system_flags == (model::kSeen | model::kFlagged));
    store_flags(*bob, {2}, FlagChange::remove, flags(model::kSeen));
    ck_assert(bob->message(2).system_flags == model::kFlagged);
    ck_assert(ann->message(2).system_flags == (model::kSeen | model::kFlagged));
    ck_assert_uint_eq(f.store->status(f.inbox, "ann")->unseen, 1);
    ASSERT_EQ_TEXT(list(refresh(*ann2).flags), "2");
    ck_assert(ann2->first_unseen() == 1 && (ann2->message(2).system_flags & model::kSeen) != 0);
    store_flags(*ann, {1, 2}, FlagChange::replace, flags(model::kAnswered));
    ck_assert(ann->message(2).system_flags == model::kAnswered);
    ck_assert((bob->message(1).system_flags & model::kSeen) != 0);
    // It follows the mailbox's id.
    const uint32_t one[] = {1};
    ASSERT_OK(ann->mark_seen(one));
    auto there = entry_of("user.bob.there");
    ASSERT_OK(f.store->rename(f.inbox, there));
    ck_assert_uint_eq(f.store->status(there, "ann")->unseen, 1);
}
END_TEST

START_TEST(seen_of_a_user_has_a_modseq)
{
    ViewFixture f;
    f.append(f.inbox, {mail("1"), mail("2")});
    auto ann = f.open(f.inbox, "ann");
    uint64_t before = ann->highestmodseq();
    const uint32_t one[] = {1};
    ASSERT_OK(ann->mark_seen(one));
    ck_assert(ann->message(1).modseq == before + 1 && ann->message(2).modseq == before);
    ck_assert(refresh(*ann).flags.empty() && ann->highestmodseq() == before + 1);
    mailbox::StoreCondition condition{before, {}};
    const uint32_t both[] = {1, 2};
    ASSERT_OK(ann->store_flags(both, FlagChange::remove, flags(model::kSeen), &condition));
    ASSERT_EQ_TEXT(list(condition.modified), "1");
    ck_assert((ann->message(1).system_flags & model::kSeen) != 0);
    // Nothing changes: nothing is new.
    ASSERT_OK(ann->mark_seen(one));
    ck_assert_uint_eq(ann->message(1).modseq, before + 1);
}
END_TEST

START_TEST(what_was_told_is_not_told_again_and_hides_nothing)
{
    ViewFixture f;
    f.append(f.inbox, {mail("1"), mail("2")});
    auto ann = f.open(f.inbox, "ann");
    auto bob = f.open(f.inbox, "bob");
    store_flags(*bob, {1, 2}, FlagChange::add, flags(model::kFlagged));
    ann->told(1, ann->message(1).modseq);
    ASSERT_EQ_TEXT(list(refresh(*ann).flags), "2");
    // It changed again.
    store_flags(*bob, {1}, FlagChange::add, flags(model::kDraft));
    ann->told(1, ann->message(1).modseq);
    store_flags(*bob, {1}, FlagChange::remove, flags(model::kDraft));
    ASSERT_EQ_TEXT(list(refresh(*ann).flags), "1");
    // Her own \Seen, by another session, that comes to light with what this one does.
    store_flags(*bob, {1}, FlagChange::add, flags(model::kDraft));
    ann->told(1, ann->message(1).modseq);
    SeenStore seen(f.options.configdirectory, false);
    ASSERT_OK(seen.update("ann", f.inbox.uniqueid, [](SeenState& s) {
        s.uids.add(1);
        return true;
    }));
    const uint32_t two[] = {2};
    ASSERT_OK(ann->mark_seen(two));
    ASSERT_EQ_TEXT(list(refresh(*ann).flags), "1");
    // A keyword that has no name here yet was left out.
    store_flags(*bob, {1}, FlagChange::add, flags(0, {"new"}));
    ann->told(1, ann->message(1).modseq);
    ASSERT_EQ_TEXT(list(refresh(*ann).flags), "1");
}
END_TEST

START_TEST(a_modseq_is_told_when_it_is_committed)
{
    ViewFixture f;
    f.append(f.inbox, {mail("1"), mail("2")});
    auto a = f.open(f.inbox);
    const uint64_t committed = a->highestmodseq();
    // A writer has come so far.
    auto folder = mailbox_directory(f.options.paths, f.inbox);
    auto directory = open_file(*folder, O_RDONLY | O_DIRECTORY);
    auto index = IndexFile::open(directory->get());
    ASSERT_OK(index);
    ASSERT_OK(index->map_records(2));
    IndexRecord record = *index->record(0);
    record.modseq = committed + 1;
    record.system_flags |= model::kFlagged;
    ASSERT_OK(index->write_records(0, {&record, 1}));
    ck_assert(a->message(1).system_flags == model::kFlagged);
    ck_assert_uint_eq(a->message(1).modseq, committed);
    a->told(1, a->message(1).modseq);
    IndexHeader header = *index->read_header();
    header.highestmodseq = header.changedmodseq = committed + 1;
    ASSERT_OK(index->write_header(header));
    ck_assert_uint_eq(a->message(1).modseq, committed + 1);
    ASSERT_EQ_TEXT(list(refresh(*a).flags), "1");
}
END_TEST

START_TEST(an_expunge_that_waits_is_later_than_the_modseq)
{
    ViewFixture f;
    f.append(f.inbox, {mail("1"), mail("2")});
    auto a = f.open(f.inbox);
    auto b = f.open(f.inbox);
    const uint64_t before = a->highestmodseq();
    store_flags(*b, {1}, FlagChange::add, flags(model::kDeleted));
    ASSERT_OK(b->expunge(nullptr));
    store_flags(*b, {2}, FlagChange::add, flags(model::kFlagged));
    ASSERT_OK(a->refresh(false));
    ck_assert(a->expunge_waits() && a->highestmodseq() == before);
    ASSERT_OK(a->refresh(true));
    ck_assert(!a->expunge_waits() && a->highestmodseq() == before + 3);
}
END_TEST

START_TEST(mark_seen_is_silent_and_does_nothing_in_examine)
{
    ViewFixture f;
    f.append(f.inbox, {mail("1"), mail("2")});
    auto look = f.open(f.inbox, "bob", OpenMode::read_only);
    const uint32_t both[] = {1, 2};
    ASSERT_OK(look->mark_seen(both));
    ck_assert(look->first_unseen() == 1);
    auto a = f.open(f.inbox);
    ASSERT_OK(a->mark_seen(both));
    ck_assert(a->first_unseen() == 0 && refresh(*a).flags.empty());
    ASSERT_EQ_TEXT(list(refresh(*look).flags), "1,2");
    ck_assert_uint_eq(f.store->status(f.inbox, "bob")->unseen, 0);
}
END_TEST

START_TEST(keywords_have_one_table_with_a_limit)
{
    ViewFixture f;
    f.append(f.inbox, {mail("1"), mail("2")});
    auto a = f.open(f.inbox);
    auto b = f.open(f.inbox);
    std::vector<std::string> names;
    for (size_t i = 0; i < model::kMaxKeywords; i++) names.push_back(cat("kw", i));
    store_flags(*a, {1}, FlagChange::add, flags(0, names));
    ck_assert(!b->message(1).keywords.any());
    ck_assert(refresh(*b).keywords_changed && b->message(1).keywords.all());
    ck_assert(refresh(*a).keywords_changed && !refresh(*a).keywords_changed);
    const uint32_t two[] = {2};
    ASSERT_CODE(a->store_flags(two, FlagChange::add, flags(0, {"KW3", "one-more"}), nullptr),
                Code::limit);
    ck_assert(a->message(2).keywords.none());
    store_flags(*a, {2}, FlagChange::add, flags(0, {"KW3"}));
    ck_assert(a->message(2).keywords.count() == 1 && a->message(2).keywords[3]);
    store_flags(*a, {2}, FlagChange::remove, flags(0, {"unknown", "kw3"}));
    ck_assert(a->message(2).keywords.none() && a->keywords().size() == model::kMaxKeywords);
}
END_TEST

START_TEST(uid_expunge_takes_only_what_is_named)
{
    ViewFixture f;
    f.append(f.inbox, {mail("1"), mail("2"), mail("3")}, flags(model::kDeleted));
    auto a = f.open(f.inbox);
    auto set = model::SequenceSet::parse("2:9");
    ASSERT_OK(set);
    set->resolve(3);
    auto gone = a->expunge(&*set);
    ASSERT_OK(gone);
    ASSERT_EQ_TEXT(list(*gone), "2,3");
    ASSERT_EQ_TEXT(list(refresh(*a).expunged), "3,2");
    ck_assert(f.store->status(f.inbox, "bob")->messages == 1);
    ck_assert(f.append(f.inbox, {mail("4")}).at(0) == 4);
}
END_TEST

START_TEST(expunged_files_stay_while_a_view_can_show_them)
{
    ViewFixture f(true);
    f.append(f.inbox, {mail("1"), mail("2")});
    std::string file = cat(*mailbox_directory(f.options.paths, f.inbox), "/1.");
    auto a = f.open(f.inbox);
    auto b = f.open(f.inbox);
    store_flags(*a, {1}, FlagChange::add, flags(model::kDeleted));
    ASSERT_OK(a->expunge(nullptr));
    refresh(*a);
    a.reset();
    f.append(f.inbox, {mail("3")});
    ASSERT_EQ_TEXT(text_of(*b, 1), mail("1"));
    auto content = b->content(1);
    ASSERT_OK(content);
    b.reset();
    ck_assert(::access(file.c_str(), F_OK) != 0);
    ASSERT_EQ_TEXT((*content)->bytes(), mail("1"));
    auto c = f.open(f.inbox);
    ck_assert(c->exists() == 2 && c->message(1).uid == 2);
}
END_TEST

std::string vanished(ViewFixture& f, uint64_t modseq)
{
    return f.open(f.inbox)->vanished_since(modseq).to_string();
}

// RFC 7162: what went is known by its modseq as long as its record is there; later everything that
// is not there any more counts.
START_TEST(what_went_after_a_modseq_is_known)
{
    ViewFixture f;
    f.append(f.inbox, {mail("1"), mail("2"), mail("3"), mail("4"), mail("5"), mail("6")});
    uint64_t before = 0;
    uint64_t between = 0;
    {
        auto view = f.open(f.inbox);
        before = view->highestmodseq();
        ck_assert(view->vanished_since(0).empty());
        store_flags(*view, {2}, FlagChange::add, flags(model::kDeleted));
        ASSERT_OK(view->expunge(nullptr));
        auto changes = refresh(*view);
        ck_assert(changes.expunged_uids == std::vector<uint32_t>{2});
        between = view->highestmodseq();
        store_flags(*view, {3, 5}, FlagChange::add, flags(model::kDeleted));
        ASSERT_OK(view->expunge(nullptr));
    }
    ASSERT_EQ_TEXT(vanished(f, before), "2,4,6");
    ASSERT_EQ_TEXT(vanished(f, between), "4,6");
    ck_assert_uint_eq(*f.store->expire(f.inbox, INT64_MAX, true), 3);
    ASSERT_EQ_TEXT(vanished(f, between), "2,4,6");
    ASSERT_EQ_TEXT(vanished(f, f.open(f.inbox)->highestmodseq()), "");
}
END_TEST

START_TEST(a_condition_leaves_what_was_changed_later)
{
    ViewFixture f;
    f.append(f.inbox, {mail("1"), mail("2"), mail("3")});
    auto view = f.open(f.inbox);
    mailbox::StoreCondition condition{view->highestmodseq(), {}};
    store_flags(*view, {2}, FlagChange::add, flags(model::kFlagged));
    const std::vector<uint32_t> all{1, 2, 3};
    auto done = view->store_flags(all, FlagChange::add, flags(model::kSeen), &condition);
    ASSERT_OK(done);
    ck_assert(*done == (std::vector<uint32_t>{1, 3}));
    ck_assert(condition.modified == std::vector<uint32_t>{2});
    ck_assert_uint_eq(view->message(2).system_flags, model::kFlagged);
}
END_TEST

START_TEST(expire_takes_files_and_records_of_old_expunged_messages)
{
    ViewFixture f;
    f.append(f.inbox, {mail("1"), mail("2"), mail("3")});
    std::string file = cat(*mailbox_directory(f.options.paths, f.inbox), "/2.");
    {
        auto a = f.open(f.inbox);
        store_flags(*a, {2}, FlagChange::add, flags(model::kDeleted));
        ASSERT_OK(a->expunge(nullptr));
        ck_assert_uint_eq(*f.store->expire(f.inbox, INT64_MAX, true), 0);
    }
    ck_assert_uint_eq(*f.store->expire(f.inbox, 1000, false), 0);
    ck_assert(::access(file.c_str(), F_OK) == 0);
    ck_assert_uint_eq(*f.store->expire(f.inbox, INT64_MAX, true), 1);
    ck_assert(::access(file.c_str(), F_OK) != 0);
    auto a = f.open(f.inbox);
    ck_assert(a->exists() == 2 && a->message(2).uid == 3 && a->uidnext() == 4);
    ASSERT_EQ_TEXT(text_of(*a, 2), mail("3"));
    ck_assert(a->cached(2)->envelope.find("\"3\"") != std::string::npos);
    f.append(f.inbox, {mail("4")});
    ck_assert(refresh(*a).exists_changed && a->message(3).uid == 4);
}
END_TEST

START_TEST(copies_are_links_with_flags_and_dates)
{
    ViewFixture f;
    auto work = entry_of("user.bob.work", "11");
    f.create(work);
    f.append(work, {mail("there")}, flags(0, {"other"}));
    f.append(f.inbox, {mail("1"), mail("2")}, flags(model::kSeen | model::kFlagged, {"$Label"}));
    auto a = f.open(f.inbox);
    const uint32_t both[] = {1, 2};
    // RFC 9585
    std::vector<uint64_t> told;
    a->tell_progress([&](uint64_t done, uint64_t goal) {
        ck_assert_uint_eq(goal, 4);
        told.push_back(done);
    });
    auto copied = a->copy_to(work, "bob", both, {});
    ASSERT_OK(copied);
    ck_assert(told == std::vector<uint64_t>({0, 1, 2, 3}));
    a->tell_progress(nullptr);
    ASSERT_EQ_TEXT(list(copied->uids), "2,3");
    auto b = f.open(work);
    ck_assert(b->exists() == 3 && b->uidvalidity() == copied->uidvalidity);
    mailbox::MessageInfo info = b->message(3);
    ck_assert(info.system_flags == (model::kSeen | model::kFlagged));
    ck_assert(info.internaldate == 1'000'000'000 && info.zone_minutes == 60);
    ck_assert(info.keywords[1] && b->keywords()[1] == "$Label");
    ASSERT_EQ_TEXT(text_of(*b, 3), mail("2"));
    struct stat st {};
    ck_assert(::stat(cat(*mailbox_directory(f.options.paths, work), "/3.").c_str(), &st) == 0);
    ck_assert_uint_eq(st.st_nlink, 2);
    auto back = b->copy_to(work, "bob", both, {});
    ASSERT_OK(back);
    ck_assert(refresh(*b).exists_changed && b->exists() == 5);
    const uint32_t none[] = {1, 9};
    ASSERT_CODE(a->copy_to(work, "bob", none, {}), Code::not_found);
    ASSERT_CODE(a->copy_to(entry_of("user.bob.none"), "bob", both, {}), Code::io);
}
END_TEST

START_TEST(a_session_learns_that_its_mailbox_went_away)
{
    ViewFixture f;
    auto work = entry_of("user.bob.work", "11");
    f.create(work);
    f.append(work, {mail("1")});
    auto a = f.open(work);
    auto moved = entry_of("user.bob.moved", "11");
    ASSERT_OK(f.store->rename(work, moved));
    ASSERT_CODE(a->refresh(true), Code::not_found);
    const uint32_t one[] = {1};
    ASSERT_CODE(a->store_flags(one, FlagChange::add, flags(model::kSeen), nullptr), Code::busy);
    ASSERT_EQ_TEXT(text_of(*a, 1), mail("1"));
    auto b = f.open(moved);
    ASSERT_OK(f.store->remove(moved));
    ASSERT_CODE(b->refresh(true), Code::not_found);
    ASSERT_CODE(b->name_now(), Code::not_found);
    ck_assert(!b->store_flags(one, FlagChange::add, flags(model::kSeen), nullptr));
    // Not damage, but what is to be expected.
    ASSERT_CODE(b->content(1), Code::not_found);
    b->vanish();
    ck_assert(refresh(*b, false).expunged.empty() && b->exists() == 1);
    ck_assert(refresh(*b).expunged == std::vector<uint32_t>{1} && b->exists() == 0);
    ck_assert(refresh(*b).expunged.empty());
}
END_TEST

// Under another name, and in another directory with an index of its own.
START_TEST(a_session_follows_its_mailbox)
{
    ViewFixture f;
    auto work = entry_of("user.bob.work", "11");
    f.create(work);
    f.append(work, {mail("1"), mail("2"), mail("3")});
    auto a = f.open(work);
    for (const auto& to :
         {entry_of("user.bob.moved", "11"), entry_of("user.bob.moved", "11", "two"),
          entry_of("user.bob.work", "11")}) {
        ASSERT_OK(f.store->rename(work, to));
        ASSERT_CODE(a->refresh(true), Code::not_found);
        auto b = f.open(to);
        const uint32_t two[] = {2};
        ASSERT_OK(b->store_flags(two, FlagChange::add, flags(model::kFlagged), nullptr));
        f.append(to, {mail("new")});
        ASSERT_OK(a->follow(to));
        const uint32_t one[] = {1};
        ASSERT_OK(a->store_flags(one, FlagChange::add, flags(model::kSeen), nullptr));
        const auto changes = refresh(*a);
        ck_assert(changes.exists_changed && changes.flags == std::vector<uint32_t>{2});
        ck_assert(changes.expunged.empty() && !changes.keywords_changed);
        ck_assert(a->entry().name == to.name && a->message(1).uid == 1);
        ASSERT_EQ_TEXT(text_of(*a, a->exists()), mail("new"));
        ASSERT_OK(b->store_flags(two, FlagChange::remove, flags(model::kFlagged), nullptr));
        ck_assert(refresh(*a).flags == std::vector<uint32_t>{2});
        work = to;
    }
    ck_assert_uint_eq(a->exists(), 6);
}
END_TEST

START_TEST(waiting_sessions_are_woken_and_dead_ones_swept)
{
    ViewFixture f;
    auto a = f.open(f.inbox);
    auto b = f.open(f.inbox);
    int fd = a->wakeup_fd();
    ck_assert(fd >= 0);
    pollfd p{fd, POLLIN, 0};
    ck_assert_int_eq(::poll(&p, 1, 0), 0);
    f.append(f.inbox, {mail("1")});
    ck_assert_int_eq(::poll(&p, 1, 5000), 1);
    a->drain_wakeups();
    ck_assert_int_eq(::poll(&p, 1, 0), 0);
    refresh(*b);
    store_flags(*b, {1}, FlagChange::add, flags(model::kDeleted));
    ck_assert_int_eq(::poll(&p, 1, 5000), 1);
    a->drain_wakeups();
    ASSERT_OK(b->expunge(nullptr));
    ck_assert_int_eq(::poll(&p, 1, 5000), 1);
    a.reset();
    std::string folder = f.options.idle_directory;
    ck_assert_int_eq(::system(cat("test -z \"$(ls ", folder, ")\"").c_str()), 0);
    pid_t child = ::fork();
    if (child == 0) {
        auto socket = net::WakeupSocket::bind(folder, mboxlist::topic_of(f.inbox.name));
        ::_exit(socket ? 0 : 1);  // and leaves its name behind
    }
    int status = 0;
    ck_assert(::waitpid(child, &status, 0) == child && status == 0);
    ck_assert_int_eq(::system(cat("test -S ", folder, "/*/", child, ".*").c_str()), 0);
    f.append(f.inbox, {mail("2")});
    ck_assert(::system(cat("test -S ", folder, "/*/", child, ".*").c_str()) != 0);
}
END_TEST

START_TEST(a_path_too_long_for_a_socket_is_no_wakeup_and_no_harm)
{
    StoreFixture f;
    f.options.idle_directory = cat(f.dir.path(), '/', std::string(100, 'd'));
    LocalStore store(f.options);
    auto inbox = entry_of("user.bob");
    ASSERT_OK(store.create(inbox));
    auto view = store.open(inbox, "bob", OpenMode::read_write);
    ASSERT_OK(view);
    ck_assert_int_eq((*view)->wakeup_fd(), -1);
    f.append(inbox, {mail("1")});
    ck_assert(refresh(**view).exists_changed);
}
END_TEST

START_TEST(counts_left_wrong_by_a_dead_writer_are_put_right)
{
    ViewFixture f;
    f.append(f.inbox, {mail("1"), mail("2"), mail("3")});
    auto directory = f.store->open_directory(f.inbox);
    ASSERT_OK(directory);
    {
        auto index = IndexFile::open(directory->get());
        ASSERT_OK(index);
        auto header = index->read_header();
        auto record = [&] {
            ASSERT_OK(index->map_records(3));
            return *index->record(1);
        }();
        record.system_flags |= model::kSeen;
        record.modseq = 40;
        header->state |= kStateDirty;
        ASSERT_OK(index->write_header(*header));
        ASSERT_OK(index->write_records(1, {&record, 1}));
    }
    auto items = f.store->status(f.inbox, "bob");
    ASSERT_OK(items);
    ck_assert(items->unseen == 2 && items->highestmodseq == 40 && items->uidnext == 4);
    // The same without the mark, as after a power failure.
    {
        auto index = IndexFile::open(directory->get());
        auto header = index->read_header();
        header->unseen = 9;
        header->size = 1;
        ASSERT_OK(index->write_header(*header));
    }
    auto view = f.open(f.inbox);
    ck_assert(view->exists() == 3);
    items = f.store->status(f.inbox, "bob");
    ck_assert(items->unseen == 2 && items->size == 3 * mail("1").size());
    // A committed record that never reached the disk.
    view.reset();
    ASSERT_OK(directory);
    std::string path = cat(*mailbox_directory(f.options.paths, f.inbox), "/rookery.index");
    ck_assert_int_eq(::truncate(path.c_str(), 512 + 128 * 2 + 60), 0);
    view = f.open(f.inbox);
    ck_assert(view->exists() == 3 && view->uidnext() == 4);
    ck_assert_uint_eq(f.append(f.inbox, {mail("4")}).at(0), 4);
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("imap/store view");
    TCase* tc = tcase_create("view");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, messages_come_back_with_bytes_flags_and_dates);
    tcase_add_test(tc, the_cache_answers_and_a_lost_one_is_made_up_for);
    tcase_add_test(tc, a_view_changes_only_in_refresh);
    tcase_add_test(tc, flag_changes_of_others_are_told_and_own_ones_are_not);
    tcase_add_test(tc, modseq_grows_with_every_change);
    tcase_add_test(tc, exactly_one_session_gets_recent);
    tcase_add_test(tc, others_have_their_own_seen_and_share_the_rest);
    tcase_add_test(tc, seen_of_a_user_has_a_modseq);
    tcase_add_test(tc, what_was_told_is_not_told_again_and_hides_nothing);
    tcase_add_test(tc, a_modseq_is_told_when_it_is_committed);
    tcase_add_test(tc, an_expunge_that_waits_is_later_than_the_modseq);
    tcase_add_test(tc, mark_seen_is_silent_and_does_nothing_in_examine);
    tcase_add_test(tc, keywords_have_one_table_with_a_limit);
    tcase_add_test(tc, uid_expunge_takes_only_what_is_named);
    tcase_add_test(tc, expunged_files_stay_while_a_view_can_show_them);
    tcase_add_test(tc, what_went_after_a_modseq_is_known);
    tcase_add_test(tc, a_condition_leaves_what_was_changed_later);
    tcase_add_test(tc, expire_takes_files_and_records_of_old_expunged_messages);
    tcase_add_test(tc, copies_are_links_with_flags_and_dates);
    tcase_add_test(tc, a_session_learns_that_its_mailbox_went_away);
    tcase_add_test(tc, a_session_follows_its_mailbox);
    tcase_add_test(tc, waiting_sessions_are_woken_and_dead_ones_swept);
    tcase_add_test(tc, a_path_too_long_for_a_socket_is_no_wakeup_and_no_harm);
    tcase_add_test(tc, counts_left_wrong_by_a_dead_writer_are_put_right);
    suite_add_tcase(suite, tc);
    return suite;
}
const rookery::test::Registered suite(make);

}  // namespace
