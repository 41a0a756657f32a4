// What the list and the partitions do not agree on: each kind is found, and nothing else is.
#include "imap/store/stranded.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>

#include "imap/mboxlist/memory_directory.h"
#include "imap/store/stranded_copy.h"
#include "lib/base/fd.h"
#include "tests/unit/imap/store/fixture.h"

namespace {

using namespace rookery;
using namespace rookery::store;
using namespace rookery::test;
using Kind = Stranded::Kind;
using model::EntryState;
using model::MailboxEntry;
using model::Pending;

struct StrandedFixture : StoreFixture {
    mboxlist::MemoryDirectory list;
    MailboxEntry bob = entry_of("user.bob", "b0b0");
    MailboxEntry other = entry_of("user.bob.Other", "0001", "two");

    StrandedFixture()
    {
        make(bob);
        make(other);
        append(bob, {mail("1"), mail("2")});
    }

    void put(const MailboxEntry& entry)
    {
        const auto change = mboxlist::Change::put(entry);
        ASSERT_OK(list.commit({&change, 1}));
    }
    void make(const MailboxEntry& entry)
    {
        create(entry);
        put(entry);
    }
    std::string folder(const MailboxEntry& entry)
    {
        return *mailbox_directory(options.paths, entry);
    }
    // As cp -a would: from to to, which is new.
    void copy(const MailboxEntry& from, const MailboxEntry& to)
    {
        ASSERT_OK(make_directories(folder(to)));
        const std::string command = cat("cp -a '", folder(from), "/.' '", folder(to), "'");
        ck_assert_int_eq(::system(command.c_str()), 0);
    }
    void lose(const MailboxEntry& entry, const char* file)
    {
        ck_assert_int_eq(::unlink(cat(folder(entry), '/', file).c_str()), 0);
    }
    void lose_all(const MailboxEntry& entry)
    {
        ck_assert_int_eq(::system(cat("rm -r '", folder(entry), "'").c_str()), 0);
    }
    // "kind name partition, ...", looked at twice.
    std::string found()
    {
        StrandedScan scan(*store, list);
        auto suspects = scan.suspects();
        ASSERT_OK(suspects);
        std::string out;
        for (const Stranded& suspect : *suspects) {
            auto now = scan.look_again(suspect);
            ASSERT_OK(now);
            if (!*now) continue;
            ck_assert(!(*now)->meaning().empty());
            cat_to(out, out.empty() ? "" : ", ", kind_name((*now)->kind), ' ',
                   (*now)->name ? (*now)->name->internal() : "-", ' ', (*now)->partition);
        }
        return out;
    }
};

struct Row {
    const char* what;
    std::function<void(StrandedFixture&)> arrange;
    const char* found;
};

const std::vector<Row> kRows = {
    {"nothing", [](auto&) {}, ""},
    {"a directory that the list does not know",
     [](auto& f) { f.create(entry_of("user.bob.New", "77")); }, "unlisted user.bob.New default"},
    {"the directory is at the new name, the list says the old one",
     [](auto& f) { ASSERT_OK(f.store->rename(f.bob, entry_of("DELETED.user.bob.5A", "b0b0"))); },
     "renamed DELETED.user.bob.5A default"},
    {"on another partition",
     [](auto& f) { ASSERT_OK(f.store->rename(f.other, entry_of("user.bob.Other", "0001"))); },
     "partition - two, unclear user.bob.Other default"},
    {"on another partition, beside others there",
     [](auto& f) {
         f.make(entry_of("user.ann", "33", "two"));
         ASSERT_OK(f.store->rename(f.other, entry_of("user.bob.Other", "0001")));
     },
     "renamed user.bob.Other default"},
    {"a copy with nothing of its own",
     [](auto& f) { f.copy(f.bob, entry_of("user.bob", "b0b0", "two")); }, "copy user.bob two"},
    {"a copy under another name", [](auto& f) { f.copy(f.bob, entry_of("user.ann", "b0b0")); },
     "copy user.ann default"},
    {"a copy with a message of its own",
     [](auto& f) {
         const auto to = entry_of("user.bob", "b0b0", "two");
         f.copy(f.bob, to);
         ASSERT_OK(replace_file(f.folder(to) + "/9.", mail("9")));
     },
     "richer user.bob two"},
    {"a copy with another message in the place of one",
     [](auto& f) {
         const auto to = entry_of("user.bob", "b0b0", "two");
         f.copy(f.bob, to);
         ASSERT_OK(replace_file(f.folder(to) + "/2.", mail("3")));
     },
     "richer user.bob two"},
    {"a copy that was cut short before its header",
     [](auto& f) {
         const auto to = entry_of("user.bob", "b0b0", "two");
         f.copy(f.bob, to);
         f.lose(to, "rookery.header");
         f.lose(to, "2.");
     },
     "copy user.bob two"},
    {"a move by copy whose source is half gone",
     [](auto& f) {
         f.copy(f.bob, entry_of("user.bob", "b0b0", "two"));
         f.lose(f.bob, "rookery.header");
         f.lose(f.bob, "1.");
     },
     "renamed user.bob two"},
    {"the same, and the source has what the target lacks",
     [](auto& f) {
         const auto to = entry_of("user.bob", "b0b0", "two");
         f.copy(f.bob, to);
         f.lose(f.bob, "rookery.header");
         f.lose(to, "1.");
     },
     "unclear user.bob two"},
    {"the same unique id twice, and not in the list",
     [](auto& f) {
         f.create(entry_of("user.x", "77"));
         f.create(entry_of("user.y", "77"));
     },
     "unclear user.x default, unclear user.y default"},
    {"two may be the list's",
     [](auto& f) {
         f.copy(f.bob, entry_of("user.x", "b0b0"));
         f.copy(f.bob, entry_of("user.y", "b0b0"));
         f.lose(f.bob, "rookery.header");
     },
     "unclear user.x default, unclear user.y default"},
    {"no header, in the list", [](auto& f) { f.lose(f.bob, "rookery.header"); },
     "headerless user.bob default"},
    {"a damaged header and no message",
     [](auto& f) { ASSERT_OK(replace_file(f.folder(f.other) + "/rookery.header", "")); },
     "headerless user.bob.Other two"},
    {"no header, not in the list",
     [](auto& f) {
         const auto x = entry_of("user.x", "77");
         f.create(x);
         f.append(x, {mail("1")});
         f.lose(x, "rookery.header");
     },
     "headerless user.x default"},
    {"an index alone harms nobody",
     [](auto& f) {
         const auto x = entry_of("user.x", "77");
         f.create(x);
         f.lose(x, "rookery.header");
     },
     ""},
    {"no directory", [](auto& f) { f.put(entry_of("user.bob.Lost", "44")); },
     "missing user.bob.Lost default"},
    {"an empty directory",
     [](auto& f) {
         f.put(entry_of("user.bob.Lost", "44"));
         ASSERT_OK(make_directories(f.folder(entry_of("user.bob.Lost"))));
     },
     "missing user.bob.Lost default"},
    {"another unique id in its place",
     [](auto& f) { f.put(entry_of("user.bob.Other", "9999", "two")); },
     "other-id user.bob.Other two"},
    {"another mailbox of the list in its place",
     [](auto& f) {
         const std::string from = f.folder(f.bob) + "/rookery.header";
         ASSERT_OK(replace_file(f.folder(f.other) + "/rookery.header", *read_file(from, 4096)));
     },
     "unclear user.bob.Other two"},
    {"a list of before the unique ids", [](auto& f) { f.put(entry_of("user.bob", "")); }, ""},
    {"another mailbox of that name on another partition",
     [](auto& f) { f.create(entry_of("user.bob", "77", "two")); }, "unclear user.bob two"},
    {"a partition that is not there",
     [](auto& f) {
         f.put(entry_of("user.bob.Lost", "45", "two"));
         ck_assert_int_eq(::rename(f.dir.file("spool2").c_str(), f.dir.file("x").c_str()), 0);
     },
     "partition - two"},
    {"a partition that is not mounted",
     [](auto& f) {
         f.put(entry_of("user.bob.Lost", "45", "two"));
         ck_assert_int_eq(::rename(f.dir.file("spool2").c_str(), f.dir.file("x").c_str()), 0);
         ASSERT_OK(make_directories(f.dir.file("spool2")));
     },
     "partition - two"},
    {"a copy while the list's partition is away",
     [](auto& f) {
         f.copy(f.other, entry_of("user.bob.Other", "0001"));
         ck_assert_int_eq(::rename(f.dir.file("spool2").c_str(), f.dir.file("x").c_str()), 0);
     },
     "partition - two, unclear user.bob.Other default"},
    {"a partition that the configuration lacks",
     [](auto& f) {
         f.put(entry_of("user.p", "45", "gone"));
         f.put(entry_of("user.q", "46", "gone"));
     },
     "partition - gone"},
    {"no name for it",
     [](auto& f) {
         ASSERT_OK(make_directories(f.dir.file("spool/user/b!b")));
         ASSERT_OK(replace_file(f.dir.file("spool/user/b!b/1."), mail("1")));
     },
     "no-name - default"},
    {"at another server as well",
     [](auto& f) {
         auto away = entry_of("user.x", "");
         away.server = "backend2";
         f.put(away);
         f.create(entry_of("user.x", "77"));
     },
     "elsewhere user.x default"},
};

START_TEST(each_kind_is_found_and_no_other)
{
    const Row& row = kRows[static_cast<size_t>(_i)];
    StrandedFixture f;
    row.arrange(f);
    const std::string found = f.found();
    ck_assert_msg(found == row.found, "%s: %s", row.what, found.c_str());
}
END_TEST

// What is under way is not stranded, whatever the store looks like.
START_TEST(what_is_under_way_is_left_out)
{
    constexpr Pending kPendings[] = {
        Pending::create,     Pending::remove,        Pending::rename_in,   Pending::update,
        Pending::rename_out, Pending::partition_out, Pending::partition_in};
    std::vector<MailboxEntry> entries;
    for (const Pending pending : kPendings) {
        for (const EntryState state :
             {EntryState::active, EntryState::reserved, EntryState::deleted}) {
            auto entry = entry_of("user.x", "77");
            entry.state = state;
            entry.pending = pending;
            entries.push_back(entry);
        }
    }
    auto incoming = entry_of("user.x", "77");
    incoming.state = EntryState::reserved;
    auto frozen = entry_of("user.x", "77");
    frozen.state = EntryState::moving;
    auto left = frozen;
    left.server = "backend2";
    entries.insert(entries.end(), {incoming, frozen, left});
    for (const MailboxEntry& entry : entries) {
        StrandedFixture f;
        f.put(entry);
        ASSERT_EQ_TEXT(f.found(), "");  // nowhere
        f.create(entry_of("user.x", "77"));
        f.copy(f.bob, entry_of("user.x", "77", "two"));
        ASSERT_EQ_TEXT(f.found(), "");  // in its place, and something on the other partition
        f.copy(entry_of("user.x", "77"), entry_of("user.y", "77"));
        ASSERT_EQ_TEXT(f.found(), left.server == entry.server ? "unclear user.y default" : "");
    }
}
END_TEST

// Each layout, domains, and a partition whose root is below another one's.
START_TEST(no_layout_is_taken_for_stranded)
{
    for (const bool hashed : {false, true}) {
        for (const bool full : {false, true}) {
            StrandedFixture f;
            f.options.paths.hashed = hashed;
            f.options.paths.full_hash = full;
            f.options.paths.partitions = {{"default", f.dir.file("s")},
                                          {"two", f.dir.file("s/below")}};
            f.store = std::make_unique<LocalStore>(f.options);
            f.list = mboxlist::MemoryDirectory();
            for (const char* name : {"user.bob", "user.bob.a", "shared", "shared.b^c",
                                     "example.org!user.ann", "example.org!user.ann.d^e"}) {
                f.make(entry_of(name, hex(name)));
                f.make(entry_of(cat(name, ".on_two"), hex(cat(name, "2")), "two"));
            }
            ASSERT_EQ_TEXT(f.found(), "");
            // The other layout finds none of them in its place.
            f.options.paths.hashed = !hashed;
            f.store = std::make_unique<LocalStore>(f.options);
            const std::string found = f.found();
            ck_assert_msg(found.find("no-name -") != found.npos, "%s", found.c_str());
            ck_assert_msg(found.find("missing") == found.npos, "%s", found.c_str());
            ck_assert_msg(found.find("unlisted") == found.npos, "%s", found.c_str());
        }
    }
}
END_TEST

// A suspect that was put right meanwhile.
START_TEST(a_second_look_sees_what_changed)
{
    StrandedFixture f;
    const auto made = entry_of("user.x", "77");
    f.create(made);
    f.put(entry_of("user.bob.Lost", "44"));
    StrandedScan scan(*f.store, f.list);
    auto suspects = scan.suspects();
    ASSERT_OK(suspects);
    ck_assert_uint_eq(suspects->size(), 2);
    f.put(made);
    f.create(entry_of("user.bob.Lost", "44"));
    for (const Stranded& suspect : *suspects) {
        auto now = scan.look_again(suspect);
        ASSERT_OK(now);
        ck_assert(!*now);
    }
}
END_TEST

// The first mailbox of a partition came while the list was read.
START_TEST(a_partition_that_is_not_empty_any_more_is_none)
{
    StrandedFixture f;
    const auto at_default = entry_of("user.bob.Other", "0001");
    ASSERT_OK(f.store->rename(f.other, at_default));
    StrandedScan scan(*f.store, f.list);
    auto suspects = scan.suspects();
    ASSERT_OK(suspects);
    ck_assert_uint_eq(suspects->size(), 2);
    ck_assert(suspects->at(0).kind == Kind::partition);
    ck_assert_uint_eq(suspects->at(0).names().size(), 1);  // which is locked
    ck_assert(*scan.look_again(suspects->at(0)));
    ASSERT_OK(f.store->rename(at_default, f.other));
    for (const Stranded& suspect : *suspects) ck_assert(!*scan.look_again(suspect));
}
END_TEST

START_TEST(a_copy_goes_and_the_mailbox_stays)
{
    StrandedFixture f;
    const auto copy = entry_of("user.bob", "b0b0", "two");
    f.copy(f.bob, copy);
    // As a move by copy leaves its source.
    auto index = IndexFile::open(open_file(f.folder(f.bob), O_RDONLY | O_DIRECTORY)->get());
    ASSERT_OK(index);
    auto header = index->read_header();
    ASSERT_OK(header);
    header->state |= kStateMoved;
    ASSERT_OK(index->write_header(*header));
    ASSERT_OK(remove_copy(*f.store, f.bob, copy));
    for (const char* file : {"/1.", "/rookery.header", "/rookery.index"})
        ck_assert(::access((f.folder(copy) + file).c_str(), F_OK) != 0);
    ck_assert_uint_eq(f.open(f.bob)->exists(), 2);
    ASSERT_EQ_TEXT(f.found(), "");
}
END_TEST

START_TEST(a_copy_with_mail_of_its_own_stays)
{
    StrandedFixture f;
    const auto copy = entry_of("user.bob", "b0b0", "two");
    f.copy(f.bob, copy);
    ASSERT_OK(replace_file(f.folder(copy) + "/9.", mail("9")));
    ASSERT_CODE(remove_copy(*f.store, f.bob, copy), Code::exists);
    ck_assert(::access((f.folder(copy) + "/1.").c_str(), F_OK) == 0);
    ASSERT_CODE(remove_copy(*f.store, f.bob, f.bob), Code::exists);
    ck_assert_uint_eq(f.open(f.bob)->exists(), 2);
}
END_TEST

// Two partitions with one root, and a link, are no copies.
START_TEST(one_directory_under_two_names_is_no_copy)
{
    StrandedFixture f;
    ck_assert_int_eq(::symlink(f.dir.file("spool/user").c_str(), f.dir.file("spool2/x").c_str()),
                     0);
    ck_assert(is_same_directory(f.folder(f.bob), f.dir.file("spool2/x/bob")));
    f.options.paths.partitions.emplace_back("three", f.dir.file("spool/user/bob/../.."));
    f.store = std::make_unique<LocalStore>(f.options);
    const std::string found = f.found();
    ck_assert_msg(found.find("copy user.bob three") == std::string::npos, "%s", found.c_str());
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("stranded");
    TCase* tests = tcase_create("stranded");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, each_kind_is_found_and_no_other, 0, static_cast<int>(kRows.size()));
    tcase_add_test(tests, what_is_under_way_is_left_out);
    tcase_add_test(tests, no_layout_is_taken_for_stranded);
    tcase_add_test(tests, a_second_look_sees_what_changed);
    tcase_add_test(tests, a_partition_that_is_not_empty_any_more_is_none);
    tcase_add_test(tests, a_copy_goes_and_the_mailbox_stays);
    tcase_add_test(tests, a_copy_with_mail_of_its_own_stays);
    tcase_add_test(tests, one_directory_under_two_names_is_no_copy);
    suite_add_tcase(suite, tests);
    return suite;
}
const Registered suite(make);

}  // namespace
