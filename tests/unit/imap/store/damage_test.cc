// One damaged thing costs itself: records of the index, and message files.
#include <fcntl.h>
#include <unistd.h>

#include <functional>

#include "imap/store/message_file.h"
#include "tests/unit/imap/store/fixture.h"

namespace {

using namespace rookery;
using namespace rookery::store;
using namespace rookery::test;
using mailbox::FlagChange;
using mailbox::OpenMode;

// UIDs 1 to 6 without 2 and 5, which were expunged; the file of 2 is gone, that of 5 is not.
struct DamageFixture : StoreFixture {
    model::MailboxEntry inbox = entry_of("user.bob");
    std::string folder;

    DamageFixture()
    {
        create(inbox);
        append(inbox, {mail("1"), mail("2"), mail("3"), mail("4"), mail("5"), mail("6")},
               flags(model::kFlagged));
        remove(2);
        ASSERT_OK(store->expire(inbox, INT64_MAX, false));
        remove(5);
        folder = *mailbox_directory(options.paths, inbox);
        ck_assert(::access((folder + "/2.").c_str(), F_OK) != 0);
    }
    void remove(uint32_t uid)
    {
        auto view = open(inbox);
        const uint32_t one[] = {view->sequence_of(uid)};
        ASSERT_OK(view->store_flags(one, FlagChange::add, flags(model::kDeleted), nullptr));
        ASSERT_OK(view->expunge(nullptr));
    }
    std::string index() const { return folder + "/rookery.index"; }
    void damage_record(uint32_t uid, size_t at = 8)
    {
        const off_t offset =
            static_cast<off_t>(kIndexHeaderSize + (uid - 1) * kIndexRecordSize + at);
        auto file = open_file(index(), O_RDWR);
        ASSERT_OK(file);
        char byte = 0;
        ck_assert(::pread(file->get(), &byte, 1, offset) == 1);
        byte = static_cast<char>(byte ^ 0x55);
        ck_assert(::pwrite(file->get(), &byte, 1, offset) == 1);
    }
    void cut_index(size_t records, size_t more)
    {
        const size_t size = kIndexHeaderSize + records * kIndexRecordSize + more;
        ck_assert_int_eq(::truncate(index().c_str(), static_cast<off_t>(size)), 0);
    }
};

struct Case {
    const char* name;
    std::function<void(DamageFixture&)> damage;
    const char* back = "";  // expunged messages that nothing says are expunged any more
};

const std::vector<Case>& cases()
{
    static const std::vector<Case> all = {
        {"last", [](auto& f) { f.damage_record(6); }},
        {"first", [](auto& f) { f.damage_record(1); }},
        {"middle", [](auto& f) { f.damage_record(4); }},
        {"its uid", [](auto& f) { f.damage_record(4, 0); }},
        {"its checksum", [](auto& f) { f.damage_record(6, kIndexRecordSize - 1); }},
        {"without a file", [](auto& f) { f.damage_record(2); }},
        {"a run", [](auto& f) { f.damage_record(2), f.damage_record(3), f.damage_record(4); }},
        {"a run without UIDs", [](auto& f) { f.damage_record(2, 0), f.damage_record(3, 0); }},
        {"all",
         [](auto& f) {
             for (uint32_t u = 1; u < 7; u++) f.damage_record(u, 0);
         },
         "5"},
        {"with a file left", [](auto& f) { f.damage_record(5); }, "5"},
        {"cut within the last", [](auto& f) { f.cut_index(5, 70); }},
        {"cut before the last", [](auto& f) { f.cut_index(5, 0); }},
        {"half", [](auto& f) { f.cut_index(3, 1); }, "5"},
        {"nothing but a header", [](auto& f) { f.cut_index(0, 0); }, "5"},
    };
    return all;
}

// Who meets it first.
const std::vector<std::pair<const char*, std::function<void(DamageFixture&)>>>& meetings()
{
    static const std::vector<std::pair<const char*, std::function<void(DamageFixture&)>>> all = {
        {"SELECT", [](auto& f) { f.open(f.inbox); }},
        {"EXAMINE", [](auto& f) { f.open(f.inbox, "bob", OpenMode::read_only); }},
        {"STATUS", [](auto& f) { ASSERT_OK(f.store->status(f.inbox, "bob")); }},
        {"append", [](auto& f) { f.append(f.inbox, {mail("7")}); }},
        {"expire", [](auto& f) { ASSERT_OK(f.store->expire(f.inbox, 0, true)); }},
    };
    return all;
}

START_TEST(records_are_made_again_from_their_messages)
{
    for (const Case& c : cases()) {
        for (const auto& [who, meet] : meetings()) {
            DamageFixture f;
            c.damage(f);
            meet(f);
            auto view = f.open(f.inbox);
            std::string uids;
            for (uint32_t n = 1; n <= view->exists(); n++) {
                const auto info = view->message(n);
                cat_to(uids, info.uid);
                ASSERT_EQ_TEXT(text_of(*view, n), mail(cat(info.uid)));
                ck_assert(view->cached(n)->envelope.find(cat('"', info.uid, '"')) !=
                          std::string::npos);
                if (info.uid < 7) ck_assert(info.internaldate == 1'000'000'000);
            }
            const bool appended = std::string_view(who) == "append";
            const std::string wanted = cat("134", c.back, "6", appended ? "7" : "");
            ck_assert_msg(uids == wanted, "%s, %s: %s instead of %s", c.name, who, uids.c_str(),
                          wanted.c_str());
            ck_assert_uint_eq(f.append(f.inbox, {mail("n")}).at(0), appended ? 8 : 7);
            ck_assert_uint_eq(f.store->status(f.inbox, "bob")->messages, view->exists() + 1);
        }
    }
}
END_TEST

// Flags of the others, and of one whose record is damaged while a session has the mailbox open.
START_TEST(flags_of_others_stay_and_a_session_goes_on)
{
    DamageFixture f;
    auto view = f.open(f.inbox);
    f.damage_record(4);
    const uint32_t both[] = {2, 3};
    ASSERT_OK(view->store_flags(both, FlagChange::add, flags(model::kAnswered), nullptr));
    ASSERT_OK(view->refresh(true));
    ck_assert_uint_eq(view->exists(), 4);
    ck_assert(view->message(2).system_flags == (model::kFlagged | model::kAnswered));
    ck_assert(view->message(3).uid == 4 && view->message(3).system_flags == model::kAnswered);
    ck_assert(view->message(4).system_flags == model::kFlagged);
}
END_TEST

START_TEST(a_damaged_message_costs_itself)
{
    const std::vector<std::function<void(const std::string&)>> faults = {
        [](const std::string& p) { ck_assert_int_eq(::unlink(p.c_str()), 0); },
        [](const std::string& p) { ck_assert_int_eq(::truncate(p.c_str(), 0), 0); },
        [](const std::string& p) { ck_assert_int_eq(::truncate(p.c_str(), 20), 0); },
        [](const std::string& p) { ASSERT_OK(replace_file(p, std::string(5000, 'x'))); },
    };
    for (const auto& fault : faults) {
        DamageFixture f;
        auto sent = entry_of("user.bob.Sent", "2");
        f.create(sent);
        auto view = f.open(f.inbox);
        fault(f.folder + "/3.");
        ASSERT_CODE(view->content(2), Code::corrupt);
        ck_assert(view->content(2).error().text.find("UID 3 ") != std::string::npos);
        ck_assert(view->cached(2)->envelope.find("\"3\"") != std::string::npos);
        ASSERT_EQ_TEXT(text_of(*view, 1), mail("1"));
        // Neither a part of the set, nor the damage itself, is copied.
        const uint32_t all[] = {1, 2, 3};
        ASSERT_CODE(view->copy_to(sent, "bob", all, {}), Code::corrupt);
        ck_assert_uint_eq(f.store->status(sent, "bob")->messages, 0);
        const uint32_t good[] = {1, 3};
        ASSERT_OK(view->copy_to(sent, "bob", good, {}));
        const uint32_t two[] = {2};
        ASSERT_OK(view->store_flags(two, FlagChange::add, flags(model::kDeleted), nullptr));
        ck_assert_uint_eq(view->expunge(nullptr)->at(0), 3);
        ASSERT_OK(view->refresh(true));
        ck_assert_uint_eq(view->exists(), 3);
        ASSERT_OK(f.store->expire(f.inbox, INT64_MAX, true));
    }
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("imap/store damage");
    TCase* tc = tcase_create("damage");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, records_are_made_again_from_their_messages);
    tcase_add_test(tc, flags_of_others_stay_and_a_session_goes_on);
    tcase_add_test(tc, a_damaged_message_costs_itself);
    suite_add_tcase(suite, tc);
    return suite;
}
const rookery::test::Registered suite(make);

}  // namespace
