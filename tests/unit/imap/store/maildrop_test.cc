// A mailbox as a maildrop: one session at a time, sizes as they are sent, removals of all or none.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "config.h"
#include "imap/mailbox/poll_times.h"
#include "imap/store/local_sync.h"
#include "imap/store/maildrop_lock.h"
#include "imap/store/rebuild.h"
#include "tests/unit/imap/store/fixture.h"
#include "tests/unit/imap/store/steps.h"

#ifdef __linux__
#include <sched.h>
#include <sys/mount.h>
#endif

namespace {

using namespace rookery;
using namespace rookery::store;
using namespace rookery::test;
using mailbox::OpenMode;

struct Drop : StoreFixture {
    model::MailboxEntry inbox = entry_of("user.bob");

    explicit Drop(bool immediate = false, uint32_t messages = 6) : StoreFixture(immediate)
    {
        create(inbox);
        std::vector<std::string> texts;
        for (uint32_t n = 1; n <= messages; n++) texts.push_back(mail(cat(n)));
        if (!texts.empty()) append(inbox, texts);
    }

    std::unique_ptr<mailbox::Mailbox> open_drop() { return open(inbox, "bob", OpenMode::maildrop); }
    std::string path(const char* name) const
    {
        return cat(*mailbox_directory(options.paths, inbox), '/', name);
    }
    IndexFile index() const
    {
        auto directory = store->open_directory(inbox);
        ASSERT_OK(directory);
        auto file = IndexFile::open(directory->get());
        ASSERT_OK(file);
        auto header = file->read_header();
        ASSERT_OK(header);
        ASSERT_OK(file->map_records(header->records));
        return *std::move(file);
    }
    int64_t last_login() const { return index().read_header()->pop3_last_login; }
};

model::SequenceSet uids(const std::vector<uint32_t>& numbers)
{
    model::SequenceSet set;
    for (const uint32_t n : numbers) set.add(n);
    return set;
}

std::string uids_of(const mailbox::Mailbox& view)
{
    std::vector<uint32_t> all;
    for (uint32_t n = 1; n <= view.exists(); n++) all.push_back(view.message(n).uid);
    return list(all);
}

// --- one at a time

START_TEST(a_maildrop_is_one_sessions_at_a_time)
{
    Drop f;
    const auto other = entry_of("user.eve", "e0e0");
    f.create(other);
    auto first = f.store->lock_maildrop(f.inbox);
    ASSERT_OK(first);
    ASSERT_CODE(f.store->lock_maildrop(f.inbox), Code::busy);
    ASSERT_OK(f.store->lock_maildrop(other));
    // Others read, write and take it away all the same.
    f.append(f.inbox, {mail("more")});
    ASSERT_OK(rebuild(*f.store, f.inbox, false));
    ASSERT_CODE(f.store->lock_maildrop(f.inbox), Code::busy);
    const auto renamed = entry_of("user.robert");
    ASSERT_OK(f.store->rename(f.inbox, renamed));
    ASSERT_CODE(f.store->lock_maildrop(renamed), Code::busy);
    first->reset();
    ASSERT_OK(f.store->lock_maildrop(renamed));
    ASSERT_OK(f.store->remove(renamed));
    ASSERT_CODE(f.store->lock_maildrop(renamed), Code::io);
}
END_TEST

START_TEST(a_crash_frees_a_maildrop)
{
    Drop f;
    auto ready = make_pipe();
    ASSERT_OK(ready);
    const pid_t child = ::fork();
    if (child == 0) {
        auto lock = f.store->lock_maildrop(f.inbox);
        if (!lock || ::write(ready->write_end.get(), "x", 1) != 1) ::_exit(1);
        for (;;) ::pause();
    }
    char byte = 0;
    ck_assert(::read(ready->read_end.get(), &byte, 1) == 1);
    ASSERT_CODE(f.store->lock_maildrop(f.inbox), Code::busy);
    ck_assert(::kill(child, SIGKILL) == 0 && ::waitpid(child, nullptr, 0) == child);
    ASSERT_OK(f.store->lock_maildrop(f.inbox));
}
END_TEST

START_TEST(a_maildrop_takes_no_recent)
{
    Drop f;
    {
        auto drop = f.open_drop();
        ck_assert(drop->exists() == 6 && drop->recent() == 0 && !drop->message(1).recent);
        f.append(f.inbox, {mail("more")});
        ASSERT_OK(drop->refresh(true));
        ck_assert_uint_eq(drop->exists(), 7);
    }
    ck_assert_uint_eq(f.open(f.inbox)->recent(), 7);
}
END_TEST

// --- how often

struct Poll {
    int64_t now;
    bool in_time;
};
struct Polls {
    int apart;
    int padding;
    std::vector<Poll> polls;
};

const Polls kPolls[] = {
    {60, 1, {{1000, true}, {1001, false}, {1059, false}, {1060, true}, {1061, false}}},
    {0, 1, {{1000, true}, {1000, true}}},
    // Three at once, then one in each minute; after a long time three again.
    {60,
     3,
     {{1000, true},
      {1000, true},
      {1001, true},
      {1002, false},
      {1060, true},
      {1061, false},
      {9000, true},
      {9000, true},
      {9000, true},
      {9000, false}}},
    // A clock that went back shuts nobody out for longer than the time between two.
    {60, 1, {{900'000, true}, {1000, false}, {1059, false}, {1060, true}}},
};

START_TEST(polls_are_counted_over_sessions)
{
    for (const Polls& row : kPolls) {
        Drop f;
        for (const Poll& poll : row.polls) {
            auto lock = f.store->lock_maildrop(f.inbox);
            ASSERT_OK(lock);
            auto noted = (*lock)->note_poll(poll.now, Seconds(row.apart), row.padding);
            ASSERT_OK(noted);
            ck_assert_msg(*noted == poll.in_time, "row %d: at %lld", int(&row - kPolls),
                          static_cast<long long>(poll.now));
        }
    }
}
END_TEST

struct Rewrite {
    const char* what;
    std::function<void(Drop&)> act;
};

void move_to_another_server(Drop& f);

const Rewrite kRewrites[] = {
    {"nothing", [](Drop&) {}},
    {"an append", [](Drop& f) { f.append(f.inbox, {"Subject: x\r\n\r\nno end"}); }},
    {"expunge and a new index",
     [](Drop& f) {
         ASSERT_OK(f.open_drop()->remove(uids({1, 2})));
         ASSERT_OK(f.store->expire(f.inbox, INT64_MAX, true));
     }},
    {"reconstruct", [](Drop& f) { ASSERT_OK(rebuild(*f.store, f.inbox, false)); }},
    {"another name",
     [](Drop& f) {
         const auto renamed = entry_of("user.robert");
         ASSERT_OK(f.store->rename(f.inbox, renamed));
         f.inbox = renamed;
     }},
    {"another partition",
     [](Drop& f) {
         const auto moved = entry_of("user.bob", "00c0ffee", "two");
         ASSERT_OK(f.store->rename(f.inbox, moved));
         f.inbox = moved;
     }},
    {"another server", move_to_another_server},
    {"a broken record",
     [](Drop& f) {
         auto fd = open_file(f.path("rookery.index"), O_RDWR);
         ASSERT_OK(fd);
         ASSERT_OK(write_at(fd->get(), "zzzz", kIndexHeaderSize + 2 * kIndexRecordSize + 9));
         f.open(f.inbox);
     }},
};

// What sync sends and takes, into the store of another server.
void move_to_another_server(Drop& f)
{
    StoreOptions options = f.options;
    options.paths.partitions = {{"default", f.dir.file("there")}};
    options.configdirectory = f.dir.file("there/conf");
    ASSERT_OK(make_directories(options.configdirectory));
    auto there = std::make_unique<LocalStore>(options);
    LocalSync from(*f.store), to(*there);
    auto box = from.read(f.inbox, 0);
    ASSERT_OK(box);
    std::vector<std::unique_ptr<mailbox::StagedMessage>> staged;
    ASSERT_OK(to.merge(f.inbox, *box, [&](const mailbox::Guid& guid) -> Result<mailbox::SyncFile> {
        for (const auto& record : box->records) {
            if (record.guid != guid) continue;
            TRY_ASSIGN(auto message, from.message(f.inbox, record.uid));
            TRY_ASSIGN(auto file, to.stage_exact("default"));
            TRY(to.write_exact(*file, message->bytes()));
            TRY(to.finish(*file));
            staged.push_back(std::move(file));
            return mailbox::SyncFile{staged.back().get(), nullptr, 0};
        }
        return Error{Code::not_found, "no such message"};
    }));
    staged.clear();
    f.options = options;
    f.store = std::move(there);
}

START_TEST(the_last_poll_is_kept)
{
    for (const Rewrite& row : kRewrites) {
        Drop f;
        ck_assert(*(*f.store->lock_maildrop(f.inbox))->note_poll(7777, Seconds(60), 1));
        row.act(f);
        ck_assert_msg(f.last_login() == 7777, "%s", row.what);
    }
}
END_TEST

// --- sizes

const std::pair<const char*, uint32_t> kEnds[] = {
    {"Subject: a\r\n\r\ntext\r\n", 0},
    {"Subject: b\r\n\r\ntext", 2},
    {"Subject: c\r\n\r\ntext\r", 2},
    {"Subject: d\r\n\r\ntext\n", 0},  // stored as CRLF
    {"Subject: e\r\n\r\n", 0},
    {"Subject: f", 2},
    {"", 2},
    {"\r\n", 0},
    {"x", 2},
};
constexpr uint32_t kEndCount = sizeof kEnds / sizeof *kEnds;

void append_ends(Drop& f)
{
    std::vector<std::string> texts;
    for (const auto& [text, more] : kEnds) texts.emplace_back(text);
    f.append(f.inbox, texts);
}

void check_octets(mailbox::Mailbox& view, const char* what)
{
    uint32_t checked = 0;
    for (uint32_t n = 1; n <= view.exists(); n++) {
        const std::string text = text_of(view, n);
        const uint64_t sent = text.size() + (text.ends_with("\r\n") ? 0 : 2);
        auto octets = view.octets(n);
        ASSERT_OK(octets);
        ck_assert_msg(*octets == sent, "%s: UID %u", what, view.message(n).uid);
        checked++;
    }
    ck_assert_uint_ge(checked, kEndCount);
}

void check_all_known(const Drop& f, const char* what)
{
    const IndexFile index = f.index();
    const uint32_t records = f.index().read_header()->records;
    for (uint32_t slot = 0; slot < records; slot++) {
        auto record = index.record(slot);
        ASSERT_OK(record);
        ck_assert_msg(record->expunged() || record->ending != Ending::unknown, "%s: UID %u", what,
                      record->uid);
    }
}

START_TEST(a_message_counts_as_it_is_sent)
{
    Drop f(false, 0);
    append_ends(f);
    auto drop = f.open_drop();
    for (uint32_t n = 1; n <= kEndCount; n++)
        ck_assert_uint_eq(*drop->octets(n), drop->message(n).size + kEnds[n - 1].second);
    check_octets(*drop, "as appended");
    check_all_known(f, "as appended");
}
END_TEST

START_TEST(sizes_are_the_same_wherever_a_mailbox_goes)
{
    for (const Rewrite& row : kRewrites) {
        Drop f(false, 2);
        append_ends(f);
        row.act(f);
        check_all_known(f, row.what);
        check_octets(*f.open_drop(), row.what);
    }
    Drop f(false, 0);
    append_ends(f);
    std::vector<uint32_t> all;
    for (uint32_t n = 1; n <= kEndCount; n++) all.push_back(n);
    const auto to = entry_of("user.bob.to", "70");
    f.create(to);
    ASSERT_OK(f.open(f.inbox)->copy_to(to, "bob", all, {}));
    check_octets(*f.open(to), "copied");
    ASSERT_OK(f.open(f.inbox)->move_to(to, "bob", all, {}));
    check_octets(*f.open(to), "moved");
}
END_TEST

// Records as a version wrote them that did not know of it.
void forget_endings(const Drop& f)
{
    IndexFile index = f.index();
    const uint32_t records = index.read_header()->records;
    for (uint32_t slot = 0; slot < records; slot++) {
        auto record = index.record(slot);
        ASSERT_OK(record);
        record->ending = Ending::unknown;
        ASSERT_OK(index.write_records(slot, {&*record, 1}));
    }
}

START_TEST(old_records_are_looked_at_once)
{
    Drop f(false, 0);
    append_ends(f);
    forget_endings(f);
    auto imap = f.open(f.inbox);
    {
        auto drop = f.open_drop();
        check_octets(*drop, "of old");
        check_all_known(f, "of old");
    }
    // Nobody is told of that, nothing else changed.
    auto changes = imap->refresh(true);
    ASSERT_OK(changes);
    ck_assert(changes->flags.empty() && changes->expunged.empty() && !changes->exists_changed);
    // No file is looked at any more.
    ck_assert(::unlink(f.path("2.").c_str()) == 0);
    ck_assert_uint_eq(*f.open_drop()->octets(2), strlen(kEnds[1].first) + 2);
}
END_TEST

// The file as a version left it that had these bytes for nothing: the end of each record, and of
// the header what is behind the slot of a move.
void write_old_layout(const Drop& f, const std::string& unused)
{
    auto read = read_file(f.path(kIndexName), 1u << 20);
    ASSERT_OK(read);
    std::string bytes = *std::move(read);
    const uint32_t records = f.index().read_header()->records;
    auto seal = [&](size_t start, size_t from, size_t size) {
        bytes.replace(start + from, unused.size(), unused);
        const uint32_t crc = checksum({bytes.data() + start, size - 4});
        for (size_t i = 0; i < 4; i++)
            bytes[start + size - 4 + i] = static_cast<char>(crc >> (8 * i) & 0xff);
    };
    seal(0, 120, kIndexHeaderSize);
    for (uint32_t slot = 0; slot < records; slot++)
        seal(kIndexHeaderSize + slot * kIndexRecordSize, 116, kIndexRecordSize);
    ASSERT_OK(replace_file(f.path(kIndexName), bytes));
}

START_TEST(an_index_of_an_older_version_serves)
{
    // That version wrote zeros; a later one may write what this one does not know.
    for (const std::string& unused : {std::string(8, '\0'), std::string("\3\0\0\0\0\0\0\0", 8)}) {
        Drop f(false, 0);
        append_ends(f);
        write_old_layout(f, unused);
        ck_assert(f.index().record(0)->ending == Ending::unknown);
        ck_assert_uint_eq(f.open(f.inbox)->exists(), kEndCount);
        {
            auto lock = f.store->lock_maildrop(f.inbox);
            ASSERT_OK(lock);
            auto drop = f.open_drop();
            check_octets(*drop, "of an older version");
            ck_assert(*(*lock)->note_poll(1000, Seconds(60), 1));
            ASSERT_OK(drop->remove(uids({2, 5})));
        }
        f.append(f.inbox, {mail("new")});
        auto drop = f.open_drop();
        ck_assert_uint_eq(drop->exists(), kEndCount - 1);
        for (uint32_t n = 1; n <= drop->exists(); n++)
            ck_assert_uint_eq(*drop->octets(n), drop->message(n).size +
                                                    (text_of(*drop, n).ends_with("\r\n") ? 0 : 2));
        check_all_known(f, "of an older version");
        ck_assert(f.last_login() == 1000);
    }
}
END_TEST

START_TEST(where_nothing_can_be_kept_sizes_are_right)
{
    Drop f(false, 0);
    append_ends(f);
    forget_endings(f);
    ASSERT_OK(LocalSync(*f.store).freeze(f.inbox, true));
    auto drop = f.open_drop();
    check_octets(*drop, "frozen");
    ck_assert(f.index().record(0)->ending == Ending::unknown);
    ASSERT_OK(LocalSync(*f.store).freeze(f.inbox, false));
    check_octets(*drop, "thawed");
}
END_TEST

START_TEST(a_damaged_message_of_old_costs_itself)
{
    Drop f(false, 0);
    append_ends(f);
    forget_endings(f);
    ASSERT_OK(replace_file(f.path("1."), "cut"));
    ck_assert(::unlink(f.path("3.").c_str()) == 0);
    auto drop = f.open_drop();
    ASSERT_CODE(drop->octets(1), Code::corrupt);
    ASSERT_CODE(drop->octets(3), Code::corrupt);
    ck_assert_uint_eq(*drop->octets(2), strlen(kEnds[1].first) + 2);
    // reconstruct takes the file as it is now, end and all, as a new message behind the others.
    drop.reset();
    ASSERT_OK(rebuild(*f.store, f.inbox, false));
    drop = f.open_drop();
    ck_assert(drop->exists() == kEndCount - 1 && *drop->octets(kEndCount - 1) == 3 + 2);
}
END_TEST

// --- removing

START_TEST(what_is_removed_is_gone_for_all)
{
    Drop f;
    auto imap = f.open(f.inbox);
    const uint32_t first[] = {1};
    ASSERT_OK(imap->store_flags(first, mailbox::FlagChange::add, flags(model::kDeleted), nullptr));
    auto drop = f.open_drop();
    f.append(f.inbox, {mail("later")});
    // Not what came later, nor what was never there; and not what somebody else marks.
    ASSERT_OK(drop->remove(uids({2, 4, 5, 7, 900})));
    ck_assert_uint_eq(drop->exists(), 6);
    ASSERT_EQ_TEXT(text_of(*drop, 2), mail("2"));
    ck_assert(drop->message(2).expunged && !drop->message(1).expunged);
    auto changes = imap->refresh(true);
    ASSERT_OK(changes);
    ASSERT_EQ_TEXT(list(changes->expunged), "5,4,2");
    ASSERT_EQ_TEXT(uids_of(*imap), "1,3,6,7");
    ck_assert(imap->message(1).system_flags == model::kDeleted);
    ck_assert(imap->vanished_since(1).to_string() == "2,4:5");
    ASSERT_OK(drop->refresh(true));
    ASSERT_EQ_TEXT(uids_of(*drop), "1,3,6,7");
    // A quota counts what the index counts.
    const auto items = f.store->status(f.inbox, "bob");
    ck_assert(items->messages == 4 && items->deleted == 1);
    ck_assert_uint_eq(items->size, 3 * mail("1").size() + mail("later").size());
    ck_assert(items->highestmodseq == imap->highestmodseq());
}
END_TEST

START_TEST(one_that_is_gone_already_is_no_error)
{
    Drop f;
    auto drop = f.open_drop();
    {
        auto imap = f.open(f.inbox);
        const uint32_t second[] = {2};
        ASSERT_OK(
            imap->store_flags(second, mailbox::FlagChange::add, flags(model::kDeleted), nullptr));
        ASSERT_OK(imap->expunge(nullptr));
    }
    ASSERT_EQ_TEXT(text_of(*drop, 2), mail("2"));
    ASSERT_OK(drop->remove(uids({1, 2, 3})));
    ASSERT_OK(drop->remove(uids({1, 2, 3})));
    ASSERT_OK(drop->remove(uids({})));
    ASSERT_EQ_TEXT(uids_of(*f.open(f.inbox)), "4,5,6");
    // Of a mailbox that is another one now nothing is removed.
    auto old = f.open_drop();
    ASSERT_OK(rebuild(*f.store, f.inbox, false));
    ASSERT_CODE(old->remove(uids({4, 5})), Code::moved);
    ASSERT_OK(LocalSync(*f.store).freeze(f.inbox, true));
    ASSERT_CODE(f.open_drop()->remove(uids({4, 5})), Code::moved);
    ASSERT_OK(LocalSync(*f.store).freeze(f.inbox, false));
    ASSERT_EQ_TEXT(uids_of(*f.open(f.inbox)), "4,5,6");
}
END_TEST

// Who looks first after a crash.
struct Look {
    const char* what;
    std::function<void(Drop&)> act;
};

const Look kLooks[] = {
    {"IMAP", [](Drop& f) { f.open(f.inbox); }},
    {"POP3", [](Drop& f) { f.open_drop(); }},
    {"STATUS", [](Drop& f) { ASSERT_OK(f.store->status(f.inbox, "bob")); }},
    {"mail", [](Drop& f) { f.append(f.inbox, {mail("7")}); }},
    {"reconstruct", [](Drop& f) { ASSERT_OK(rebuild(*f.store, f.inbox, false)); }},
    {"a new index", [](Drop& f) { ASSERT_OK(f.store->expire(f.inbox, INT64_MAX, true)); }},
    {"a move", [](Drop& f) { ASSERT_OK(LocalSync(*f.store).read(f.inbox, 0)); }},
};

constexpr const char* kAll = "1,2,3,4,5,6";
constexpr const char* kLeft = "1,3,4";

// Gives what was there afterwards, less what came later.
std::string cut_short(Fault fault, bool immediate, int step, const Look& look, int& end)
{
    Drop f(immediate);
    auto imap = f.open(f.inbox);
    end = in_child(fault, step, [&] {
        auto drop = f.store->open(f.inbox, "bob", OpenMode::maildrop);
        return drop && (*drop)->remove(uids({2, 5, 6})).ok();
    });
    look.act(f);
    const std::string what = cat(look.what, ", step ", step);
    auto view = f.open(f.inbox);
    std::string now;
    uint64_t size = 0;
    for (uint32_t n = 1; n <= view->exists(); n++) {
        ck_assert_msg((view->message(n).system_flags & model::kDeleted) == 0, "%s", what.c_str());
        size += view->message(n).size;
        if (view->message(n).uid <= 6) cat_to(now, now.empty() ? "" : ",", view->message(n).uid);
    }
    const auto items = f.store->status(f.inbox, "bob");
    ASSERT_OK(items);
    ck_assert_msg(items->messages == view->exists() && items->size == size, "%s", what.c_str());
    ck_assert_uint_eq(f.index().read_header()->move_slot, 0);
    // The session that was open all the time saw the same, unless its index was put aside.
    if (imap->refresh(true)) {
        ASSERT_EQ_TEXT(uids_of(*imap), uids_of(*view));
    }
    return now;
}

START_TEST(a_removal_that_is_cut_short_anywhere_is_done_or_not)
{
    const Fault faults[] = {Fault::dies, Fault::fails_once, Fault::fails_from_then_on};
    for (const Fault fault : faults)
        for (const Look& look : kLooks)
            for (int step = 0;; step++) {
                int end = 0;
                const std::string now = cut_short(fault, step % 2 == 1, step, look, end);
                const std::string what =
                    cat(look.what, ", fault ", static_cast<int>(fault), ", step ", step);
                ck_assert_msg(now == kAll || now == kLeft, "%s: %s", what.c_str(), now.c_str());
                // What was answered is so.
                if (end == 0 || end == 1)
                    ck_assert_msg(now == kLeft, "%s: said it is done", what.c_str());
                if (end == 2 && fault == Fault::fails_once)
                    ck_assert_msg(now == kAll, "%s: said it is not done", what.c_str());
                if (end == 0) break;
                ck_assert_int_lt(step, 100);
            }
}
END_TEST

START_TEST(a_removal_of_many_costs_two_syncs)
{
    Drop f(false, 100);
    model::SequenceSet odd;
    for (uint32_t uid = 1; uid <= 100; uid += 2) odd.add(uid);
    auto drop = f.open_drop();
    const int before = syncs();
    ASSERT_OK(drop->remove(odd));
    ck_assert_int_eq(syncs() - before, 2);
    ck_assert_uint_eq(f.store->status(f.inbox, "bob")->messages, 50);
}
END_TEST

#ifdef __linux__
void fill_disk(const std::string& path)
{
    auto file = open_file(path, O_WRONLY | O_CREAT);
    ASSERT_OK(file);
    const std::string page(4096, 'x');
    while (write_all(file->get(), page)) {
    }
}

START_TEST(a_full_disk_can_be_emptied)
{
    // A file system of its own, in a mount namespace that ends with this process.
    if (::geteuid() != 0 || ::unshare(CLONE_NEWNS) != 0) return;
    TempDir dir;
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return;
    const std::string where = dir.file("small");
    ASSERT_OK(make_directories(where));
    if (::mount("none", where.c_str(), "tmpfs", 0, "size=1m") != 0) return;
    {
        // The index ends with a page, so there is no room behind its records.
        constexpr uint32_t kMessages = (4096 - kIndexHeaderSize) / kIndexRecordSize;
        Drop f(false, 0);
        f.options.paths.partitions = {{"default", where}};
        f.store = std::make_unique<LocalStore>(f.options);
        f.create(f.inbox);
        for (uint32_t n = 1; n <= kMessages; n++) f.append(f.inbox, {mail(cat(n))});
        fill_disk(cat(where, "/filler"));
        ASSERT_CODE(f.try_append(f.inbox, {mail("no room")}), Code::no_space);
        ASSERT_OK(f.open_drop()->remove(uids({1, 2, 3, 5})));
        ck_assert_uint_eq(f.open(f.inbox)->exists(), kMessages - 4);
    }
    ::umount(where.c_str());
}
END_TEST
#endif

Suite* make()
{
    Suite* suite = suite_create("imap/store maildrop");
    TCase* tc = tcase_create("maildrop");
    tcase_set_timeout(tc, 180);
    tcase_add_test(tc, a_maildrop_is_one_sessions_at_a_time);
    tcase_add_test(tc, a_crash_frees_a_maildrop);
    tcase_add_test(tc, a_maildrop_takes_no_recent);
    tcase_add_test(tc, polls_are_counted_over_sessions);
    tcase_add_test(tc, the_last_poll_is_kept);
    tcase_add_test(tc, a_message_counts_as_it_is_sent);
    tcase_add_test(tc, sizes_are_the_same_wherever_a_mailbox_goes);
    tcase_add_test(tc, old_records_are_looked_at_once);
    tcase_add_test(tc, an_index_of_an_older_version_serves);
    tcase_add_test(tc, where_nothing_can_be_kept_sizes_are_right);
    tcase_add_test(tc, a_damaged_message_of_old_costs_itself);
    tcase_add_test(tc, what_is_removed_is_gone_for_all);
    tcase_add_test(tc, one_that_is_gone_already_is_no_error);
    tcase_add_test(tc, a_removal_that_is_cut_short_anywhere_is_done_or_not);
    tcase_add_test(tc, a_removal_of_many_costs_two_syncs);
#ifdef __linux__
    tcase_add_test(tc, a_full_disk_can_be_emptied);
#endif
    suite_add_tcase(suite, tc);
    return suite;
}
const rookery::test::Registered suite(make);

}  // namespace
