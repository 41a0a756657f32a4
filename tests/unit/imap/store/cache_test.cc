// What is asked of the cache opens no message; what another version, another cached_headers or
// damage left there is rendered anew, and kept, where it is asked for.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>

#include "imap/store/rebuild.h"
#include "tests/unit/imap/store/fixture.h"

namespace {

using namespace rookery;
using namespace rookery::store;
using namespace rookery::test;

std::string letter(int n)
{
    return cat("Received: by mx\r\nFrom: A <a@example.org>\r\nsubject : N", n,
               "\r\n folded\r\nX-Own: yes", n, "\r\nDate: Thu, 01 Jan 1970 01:00:0", n,
               " +0100\r\nX-Other: no\r\n\r\nText\r\n");
}

std::string fields_of(int n, bool own)
{
    return cat("From: A <a@example.org>\r\nsubject : N", n, "\r\n folded\r\n",
               own ? cat("X-Own: yes", n, "\r\n") : "", "Date: Thu, 01 Jan 1970 01:00:0", n,
               " +0100\r\n");
}

struct CacheFixture : StoreFixture {
    model::MailboxEntry inbox = entry_of("user.bob");
    std::string folder;
    int messages = 5;

    CacheFixture()
    {
        create(inbox);
        for (int n = 1; n <= messages; n++) append(inbox, {letter(n)});
        folder = *mailbox_directory(options.paths, inbox);
    }

    std::string cache() const { return folder + "/rookery.cache"; }

    void restart(const std::vector<std::string>& cached_headers)
    {
        options.cached_headers = text::more_fields(cached_headers);
        options.renderer = renderer(options.cached_headers);
        store = std::make_unique<LocalStore>(options);
    }

    void hide_messages(bool hidden)
    {
        for (int n = 1; n <= messages; n++) {
            const std::string there = cat(folder, '/', n, '.');
            const std::string away = cat(folder, "/away.", n);
            ck_assert_int_eq(
                ::rename((hidden ? there : away).c_str(), (hidden ? away : there).c_str()), 0);
        }
    }

    void expect_all(mailbox::Mailbox& view, bool own)
    {
        for (int n = 1; n <= messages; n++) {
            auto fields = view.kept_fields(static_cast<uint32_t>(n));
            ASSERT_OK(fields);
            ASSERT_EQ_TEXT(std::string(fields->fields()), fields_of(n, own));
            ck_assert(fields->keeps("Subject") && fields->keeps("x-own") == own);
            auto sent = view.sent(static_cast<uint32_t>(n));
            ASSERT_OK(sent);
            ck_assert(*sent && (*sent)->seconds == n && (*sent)->zone_minutes == 60);
        }
    }
};

START_TEST(fields_and_dates_come_without_the_message)
{
    CacheFixture f;
    f.hide_messages(true);
    auto view = f.open(f.inbox);
    f.expect_all(*view, false);
    // In any order, and after what was read ahead was given back.
    for (uint32_t n : {5U, 1U, 4U, 2U, 2U}) {
        ck_assert(view->kept_fields(n)->fields().find(cat("N", n)) != std::string::npos);
        ASSERT_OK(view->cached(n));
        if (n == 4) view->rest();
    }
    // What others add meanwhile is not in what was read ahead.
    f.append(f.inbox, {letter(6)});
    ASSERT_OK(view->refresh(true));
    ck_assert(view->kept_fields(6)->fields().find("N6") != std::string::npos);
}
END_TEST

// Dates of Date: alone come from the index, also in one that an older version wrote, when they were
// asked for once.
START_TEST(dates_come_without_the_cache)
{
    CacheFixture f;
    f.append(f.inbox, {"Subject: no date\r\n\r\nx\r\n", "Date: never\r\n\r\nx\r\n"});
    const auto expect = [&f] {
        auto view = f.open(f.inbox);
        for (uint32_t n = 1; n <= 7; n++) {
            auto sent = view->sent(n);
            ASSERT_OK(sent);
            ck_assert(sent->has_value() == (n <= 5));
            if (n <= 5) ck_assert((*sent)->seconds == n && (*sent)->zone_minutes == 60);
        }
        view->rest();
    };
    const auto directory = open_file(f.folder, O_RDONLY | O_DIRECTORY);
    ASSERT_OK(directory);
    for (const uint64_t older : {uint64_t{0}, uint64_t{2} << 56, UINT64_MAX}) {
        auto index = IndexFile::open(directory->get());
        ASSERT_OK(index);
        ASSERT_OK(index->map_records(7));
        for (uint32_t slot = 0; slot < 7; slot++) {
            auto record = index->record(slot);
            ASSERT_OK(record);
            ck_assert(decode_sent(record->sent).has_value());
            record->sent = older;
            ASSERT_OK(index->write_records(slot, {&*record, 1}));
        }
        expect();
        const std::string away = f.cache() + ".away";
        ck_assert_int_eq(::rename(f.cache().c_str(), away.c_str()), 0);
        f.hide_messages(true);
        expect();
        f.hide_messages(false);
        ck_assert_int_eq(::rename(away.c_str(), f.cache().c_str()), 0);
    }
    const text::DateTime dates[] = {
        {0, 0}, {-1, -720}, {253402300799, 840}, {INT64_MAX, 0}, {0, 4000}};
    for (const text::DateTime& date : dates) {
        const auto back = decode_sent(encode_sent(date));
        const bool fits = date.seconds != INT64_MAX && date.zone_minutes != 4000;
        ck_assert(back.has_value() == fits);
        if (fits)
            ck_assert((*back)->seconds == date.seconds &&
                      (*back)->zone_minutes == date.zone_minutes);
    }
}
END_TEST

struct Staleness {
    const char* name;
    std::function<void(CacheFixture&)> happens;
    bool own;
};

const std::vector<Staleness>& all_staleness()
{
    static const std::vector<Staleness> all = {
        {"lost", [](auto& f) { ck_assert_int_eq(::unlink(f.cache().c_str()), 0); }, false},
        {"empty", [](auto& f) { ck_assert_int_eq(::truncate(f.cache().c_str(), 0), 0); }, false},
        {"torn", [](auto& f) { ck_assert_int_eq(::truncate(f.cache().c_str(), 700), 0); }, false},
        {"of another version",
         [](auto& f) {
             auto bytes = read_file(f.cache(), 1u << 20);
             ASSERT_OK(bytes);
             for (char& c : *bytes) c = static_cast<char>(c ^ 1);
             ASSERT_OK(replace_file(f.cache(), *bytes));
         },
         false},
        {"without a new one of cached_headers",
         [](auto& f) {
             f.restart({"X-Own", "x-none"});
         },
         true},
    };
    return all;
}

START_TEST(a_cache_that_is_stale_is_brought_up_to_date_where_it_is_used)
{
    for (const Staleness& c : all_staleness()) {
        for (const bool by_end : {false, true}) {
            CacheFixture f;
            c.happens(f);
            auto view = f.open(f.inbox);
            auto other = f.open(f.inbox);
            f.expect_all(*view, c.own);
            f.expect_all(*other, c.own);
            struct stat before {};
            struct stat after {};
            by_end ? view.reset() : view->rest();
            ck_assert_int_eq(::stat(f.cache().c_str(), &before), 0);
            // Not kept twice.
            by_end ? other.reset() : other->rest();
            ck_assert_int_eq(::stat(f.cache().c_str(), &after), 0);
            ck_assert_msg(before.st_size == after.st_size, "%s", c.name);
            f.hide_messages(true);
            f.expect_all(*f.open(f.inbox), c.own);
            if (view) f.expect_all(*view, c.own);
        }
    }
}
END_TEST

// The records that were meant are others by then.
START_TEST(what_was_rendered_before_the_index_was_written_anew_is_not_kept)
{
    CacheFixture f;
    ck_assert_int_eq(::truncate(f.cache().c_str(), 0), 0);
    auto view = f.open(f.inbox);
    const uint32_t first[] = {1};
    ASSERT_OK(view->store_flags(first, mailbox::FlagChange::add, flags(model::kDeleted), nullptr));
    ASSERT_OK(view->expunge(nullptr));
    f.expect_all(*view, false);
    view.reset();
    ck_assert_int_eq(::truncate(f.cache().c_str(), 0), 0);
    auto second = f.open(f.inbox);
    ck_assert_uint_eq(second->exists(), 4);
    ASSERT_OK(second->kept_fields(4));
    ASSERT_OK(rebuild(*f.store, f.inbox, false));
    second.reset();
    auto last = f.open(f.inbox);
    for (uint32_t n = 1; n <= 4; n++)
        ASSERT_EQ_TEXT(std::string(last->kept_fields(n)->fields()),
                       fields_of(static_cast<int>(n) + 1, false));
}
END_TEST

// A record that is damaged names any place.
START_TEST(places_that_are_none_are_told_so)
{
    TempDir dir;
    const Fd folder(::open(dir.file("").c_str(), O_RDONLY | O_DIRECTORY));
    auto file = CacheFile::open(folder.get(), true);
    ASSERT_OK(file);
    const auto good = file->append("0123456789");
    ASSERT_OK(good);
    for (const CachePlace place : {CachePlace{0, 10},
                                   {UINT64_MAX, 10},
                                   {UINT64_MAX - 5, UINT32_MAX},
                                   {INT64_MAX, 10},
                                   {8, UINT32_MAX},
                                   {8, kMaxCacheEntry + 1},
                                   {9, 10},
                                   {1000, 1},
                                   {UINT64_MAX - 8, 10}}) {
        ck_assert(!file->read_along(place) && !file->read(place));
        ck_assert(*file->read_along(*good) == "0123456789");
    }
    for (const CachePlace place : {CachePlace{8, 1}, {9, 9}, {17, 1}, {8, 10}, {10, 2}})
        ck_assert(*file->read_along(place) ==
                  std::string_view("0123456789").substr(place.offset - 8, place.size));
}
END_TEST

START_TEST(a_header_too_large_to_keep_is_told_so)
{
    CacheFixture f;
    f.append(f.inbox,
             {cat("Subject: ", std::string(text::kMaxKeptFields, 'x'), "\r\n\r\nText\r\n")});
    auto view = f.open(f.inbox);
    auto fields = view->kept_fields(6);
    ASSERT_OK(fields);
    ck_assert(!fields->keeps("subject") && !fields->keeps("x") && fields->is_made_with("x-own"));
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("imap/store cache");
    TCase* tc = tcase_create("cache");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, fields_and_dates_come_without_the_message);
    tcase_add_test(tc, dates_come_without_the_cache);
    tcase_add_test(tc, a_cache_that_is_stale_is_brought_up_to_date_where_it_is_used);
    tcase_add_test(tc, what_was_rendered_before_the_index_was_written_anew_is_not_kept);
    tcase_add_test(tc, places_that_are_none_are_told_so);
    tcase_add_test(tc, a_header_too_large_to_keep_is_told_so);
    suite_add_tcase(suite, tc);
    return suite;
}
const rookery::test::Registered suite(make);

}  // namespace
