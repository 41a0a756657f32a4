// rookery.ranks: an order by text is the same with it and without, whatever came, went or was
// damaged since it was written.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <set>

#include "imap/store/ranks_file.h"
#include "lib/text/order_keys.h"
#include "tests/unit/imap/store/fixture.h"

namespace {

using namespace rookery;
using namespace rookery::store;
using namespace rookery::test;
using text::OrderText;

constexpr size_t kMany = 1100;  // more than for how few nothing is kept

struct RanksFixture : StoreFixture {
    model::MailboxEntry inbox = entry_of("user.bob");
    std::string folder;
    std::mt19937 random{3};

    explicit RanksFixture(size_t messages = kMany)
    {
        create(inbox);
        folder = *mailbox_directory(options.paths, inbox);
        more(messages);
    }

    // Subjects of a few words, so that some are equal and many begin alike.
    void more(size_t count)
    {
        const char* const words[] = {"alpha", "beta", "gamma", "Re:", "", "zeta zeta zeta"};
        std::vector<std::string> texts;
        for (size_t i = 0; i < count; i++) {
            std::string subject = words[random() % 6];
            for (size_t n = random() % 5; n > 0; n--) cat_to(subject, ' ', words[random() % 6]);
            texts.push_back(mail(subject));
        }
        append(inbox, texts);
    }

    std::string file() const { return cat(folder, '/', kRanksName); }
    bool has_file() const { return ::access(file().c_str(), F_OK) == 0; }
    std::string bytes() const { return *read_file(file(), 1u << 24); }
    void write(std::string_view bytes) const { ASSERT_OK(replace_file(file(), bytes)); }
    ino_t inode() const
    {
        struct stat st {};
        return ::stat(file().c_str(), &st) == 0 ? st.st_ino : 0;
    }

    static std::vector<uint32_t> all(mailbox::Mailbox& view)
    {
        std::vector<uint32_t> out(view.exists());
        for (uint32_t i = 0; i < out.size(); i++) out[i] = i + 1;
        return out;
    }

    // Of these messages, they compare as their texts do.
    static void check(mailbox::Mailbox& view, const std::vector<uint32_t>& sequences,
                      OrderText which = OrderText::subject)
    {
        const auto ranks = view.ranks(which, sequences);
        ASSERT_OK(ranks);
        ck_assert_uint_eq(ranks->size(), sequences.size());
        std::vector<std::pair<std::string, uint32_t>> order;
        for (size_t i = 0; i < sequences.size(); i++) {
            const auto keys = view.order_keys(sequences[i]);
            ASSERT_OK(keys);
            order.emplace_back(text::order_text(*keys, which), (*ranks)[i]);
        }
        std::sort(order.begin(), order.end());
        for (size_t i = 0; i < order.size(); i++) {
            ck_assert_uint_gt(order[i].second, 0);
            if (i == 0) continue;
            const bool is_equal = order[i].first == order[i - 1].first;
            ck_assert(is_equal ? order[i].second == order[i - 1].second
                               : order[i].second > order[i - 1].second);
        }
    }
    void check_all()
    {
        const auto view = open(inbox);
        check(*view, all(*view));
    }

    // The texts themselves are not read any more: another session would not find the cache.
    bool knows_all()
    {
        const std::string cache = cat(folder, "/rookery.cache");
        const std::string aside = cat(folder, "/aside");
        ck_assert_int_eq(::rename(cache.c_str(), aside.c_str()), 0);
        options.renderer = nullptr;
        LocalStore blind(options);
        auto view = blind.open(inbox, "bob", mailbox::OpenMode::read_only);
        ASSERT_OK(view);
        const auto ranks = (*view)->ranks(OrderText::subject, all(**view));
        ck_assert_int_eq(::rename(aside.c_str(), cache.c_str()), 0);
        options.renderer = renderer();
        return ranks && std::count(ranks->begin(), ranks->end(), 0u) == 0;
    }
};

START_TEST(who_has_sorted_many_keeps_how)
{
    RanksFixture f;
    ck_assert(!f.has_file());
    f.check_all();
    ck_assert(f.has_file());
    ck_assert(f.knows_all());
    // Nothing came: nothing is written.
    const ino_t before = f.inode();
    f.check_all();
    ck_assert(f.inode() == before);
    // Another text has its own part, and the first stays.
    {
        const auto view = f.open(f.inbox, "bob", mailbox::OpenMode::read_only);
        f.check(*view, f.all(*view), OrderText::from);
    }
    ck_assert(f.inode() != before);
    ck_assert(f.knows_all());
}
END_TEST

START_TEST(of_few_messages_nothing_is_kept)
{
    RanksFixture f(900);
    f.check_all();
    ck_assert(!f.has_file());
    f.more(200);
    const auto view = f.open(f.inbox);
    f.check(*view, {1, 5, 1000, 1001, 1100});
    ck_assert(!f.has_file());
}
END_TEST

START_TEST(what_came_is_put_between)
{
    RanksFixture f;
    f.check_all();
    for (const size_t count : {1u, 3u, 20u, 40u, 7u, 400u, 1u}) {
        f.more(count);
        f.check_all();
    }
    // So few are not written each time, but no more than so many wait.
    const ino_t before = f.inode();
    f.more(1);
    f.check_all();
    ck_assert(f.inode() == before);
    f.more(60);
    f.check_all();
    ck_assert(f.knows_all());
    // All texts of the mailbox are new, or the same.
    std::vector<std::string> same(10, mail("alpha")), first(5, mail("")), last(5, mail("zzzz"));
    f.append(f.inbox, same);
    f.append(f.inbox, first);
    f.append(f.inbox, last);
    f.check_all();
}
END_TEST

START_TEST(some_of_the_messages_are_asked_for)
{
    RanksFixture f;
    f.check_all();
    f.more(30);
    const auto view = f.open(f.inbox);
    std::vector<uint32_t> some;
    for (uint32_t n = 2; n <= view->exists(); n += 3) some.push_back(n);
    f.check(*view, some);
    f.check(*view, {3, 77, 1099, 1101, 1130});
    f.check(*view, {});
    f.check(*view, {1130});
}
END_TEST

START_TEST(messages_that_went)
{
    RanksFixture f;
    f.check_all();
    const auto other = f.open(f.inbox);  // sees them until it may be told
    {
        const auto view = f.open(f.inbox);
        std::vector<uint32_t> gone;
        for (uint32_t n = 1; n <= view->exists(); n += 2) gone.push_back(n);
        ASSERT_OK(view->store_flags(gone, mailbox::FlagChange::add, flags(model::kDeleted),
                                    nullptr));
        ASSERT_OK(view->expunge(nullptr));
        ASSERT_OK(view->refresh(true));
        f.check(*view, f.all(*view));
        f.more(9);
        ASSERT_OK(view->refresh(true));
        f.check(*view, f.all(*view));
    }
    f.check(*other, f.all(*other));
    f.more(600);
    f.check_all();
}
END_TEST

// A file that was put back from another time: UIDs that stand for other messages.
START_TEST(a_uid_may_be_another_message)
{
    RanksFixture f;
    f.check_all();
    const std::string old = f.bytes();
    {
        RanksFixture g;
        g.random.seed(99);
        g.more(100);
        // The same UIDs, and from 1,101 on other messages than f will have.
        const auto view = g.open(g.inbox);
        g.check(*view, g.all(*view));
        f.more(100);
        f.write(g.bytes());
    }
    f.check_all();
    f.write(old);
    f.check_all();
}
END_TEST

// Whatever byte is wrong, wherever the file ends: the order is right.
START_TEST(damage_costs_time_alone)
{
    RanksFixture f;
    f.check_all();
    const std::string whole = f.bytes();
    const auto view = f.open(f.inbox);
    const auto all = f.all(*view);
    std::set<size_t> places = {0, 7, 8, 15, 16, 19, 20, 23, 24, 28, 32, 35, whole.size() - 1};
    for (int i = 0; i < 20; i++) places.insert(f.random() % whole.size());
    for (const size_t at : places) {
        std::string torn = whole;
        torn[at] = static_cast<char>(torn[at] ^ 0x41);
        f.write(torn);
        f.check(*view, all);
        f.write(whole.substr(0, at));
        f.check(*view, all);
    }
    f.write(cat(whole, "more"));
    f.check(*view, all);
    f.write("");
    f.check_all();
    ck_assert(f.knows_all());
}
END_TEST

// A part whose sum is right and whose rows are not: a program of another version made it.
START_TEST(rows_that_cannot_be_are_none)
{
    RanksFixture f;
    auto directory = open_file(f.folder, O_RDONLY | O_DIRECTORY);
    ASSERT_OK(directory);
    const std::vector<std::vector<RankRow>> wrong = {
        {{1, 1, 0}}, {{1, 1, 2}}, {{2, 1, 1}, {1, 1, 2}}, {{1, 1, 1}, {1, 1, 2}}, {{0, 1, 1}}};
    for (const auto& rows : wrong) {
        RanksFile file;
        file.set(OrderText::to, {{1, 2, 1}});
        file.set(OrderText::subject, rows);
        ASSERT_OK(file.put_in_place(directory->get()));
        const RanksFile read = RanksFile::read(directory->get());
        ck_assert(read.rows(OrderText::subject).empty());
        ck_assert_uint_eq(read.rows(OrderText::to).size(), 1);
    }
    f.check_all();
}
END_TEST

START_TEST(damaged_messages_have_no_rank)
{
    RanksFixture f;
    f.check_all();
    f.more(50);
    const auto view = f.open(f.inbox);
    // Neither the cache nor the file has them.
    ck_assert_int_eq(::truncate(cat(f.folder, "/rookery.cache").c_str(), 8), 0);
    for (const uint32_t n : {5u, 1120u})
        ck_assert_int_eq(
            ::unlink(cat(f.folder, '/', message_name(view->uid(n))).c_str()), 0);
    const auto ranks = view->ranks(OrderText::subject, f.all(*view));
    ASSERT_OK(ranks);
    ck_assert_uint_eq((*ranks)[1119], 0);
    ck_assert_int_eq(std::count(ranks->begin(), ranks->end(), 0u), 1);
    // Which is no reason to write the file each time.
    const ino_t before = f.inode();
    for (uint32_t n = 1060; n <= 1100; n++)
        ck_assert_int_eq(::unlink(cat(f.folder, '/', message_name(view->uid(n))).c_str()), 0);
    ck_assert_int_eq(::unlink(f.file().c_str()), 0);
    f.more(1);
    ASSERT_OK(f.open(f.inbox)->ranks(OrderText::subject, f.all(*view)));
    const ino_t first = f.inode();
    ck_assert(first != 0 && first != before);
    ASSERT_OK(f.open(f.inbox)->ranks(OrderText::subject, f.all(*view)));
    ck_assert(f.inode() == first);
}
END_TEST

// Those with which a new one would be compared cannot be read any more.
START_TEST(all_that_is_known_is_lost)
{
    RanksFixture f;
    f.check_all();
    {
        const auto view = f.open(f.inbox);
        for (uint32_t n = 1; n <= view->exists(); n++)
            ck_assert_int_eq(
                ::unlink(cat(f.folder, '/', message_name(view->uid(n))).c_str()), 0);
    }
    ck_assert_int_eq(::truncate(cat(f.folder, "/rookery.cache").c_str(), 8), 0);
    f.append(f.inbox, {mail("b"), mail("a")});
    const auto view = f.open(f.inbox);
    const auto ranks = view->ranks(OrderText::subject, f.all(*view));
    ASSERT_OK(ranks);
    ck_assert_uint_eq((*ranks)[kMany], 2);
    ck_assert_uint_eq((*ranks)[kMany + 1], 1);
    ck_assert_int_eq(std::count(ranks->begin(), ranks->end(), 0u), kMany);
}
END_TEST

// Somebody else changes the mailbox just now, or it may not be written: sorted all the same.
START_TEST(where_it_cannot_be_kept)
{
    RanksFixture f;
    {
        auto directory = open_file(f.folder, O_RDONLY | O_DIRECTORY);
        ASSERT_OK(directory);
        auto lock = MailboxLock::take(directory->get(), Milliseconds(0), false);
        ASSERT_OK(lock);
        f.check_all();
    }
    ck_assert(!f.has_file());
    ck_assert_int_eq(::mkdir(cat(f.file(), ".NEW").c_str(), 0700), 0);
    f.check_all();
    ck_assert(!f.has_file());
    ck_assert_int_eq(::rmdir(cat(f.file(), ".NEW").c_str()), 0);
    f.check_all();
    ck_assert(f.has_file());
}
END_TEST

START_TEST(it_goes_with_the_mailbox)
{
    RanksFixture f;
    f.check_all();
    ASSERT_OK(f.store->remove(f.inbox));
    ck_assert_int_ne(::access(f.folder.c_str(), F_OK), 0);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/store/ranks");
    TCase* c = tcase_create("all");
    tcase_add_test(c, who_has_sorted_many_keeps_how);
    tcase_add_test(c, of_few_messages_nothing_is_kept);
    tcase_add_test(c, what_came_is_put_between);
    tcase_add_test(c, some_of_the_messages_are_asked_for);
    tcase_add_test(c, messages_that_went);
    tcase_add_test(c, a_uid_may_be_another_message);
    tcase_add_test(c, damage_costs_time_alone);
    tcase_add_test(c, rows_that_cannot_be_are_none);
    tcase_add_test(c, damaged_messages_have_no_rank);
    tcase_add_test(c, all_that_is_known_is_lost);
    tcase_add_test(c, where_it_cannot_be_kept);
    tcase_add_test(c, it_goes_with_the_mailbox);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
