// The index of words: it names each message that has a text, whatever part of it is looked for; it
// says nothing of messages that it does not know; damage costs what is behind it.
#include "imap/store/word_index.h"

#include <fcntl.h>
#include <unistd.h>

#include <random>

#include "imap/store/rebuild.h"
#include "imap/store/word_indexing.h"
#include "lib/text/message.h"
#include "tests/unit/imap/store/fixture.h"

namespace {

using namespace rookery;
using namespace rookery::store;
using namespace rookery::test;

// Words of both kinds, in scripts of one to four bytes, with what stands between words.
const char* const kPieces[] = {
    "invoice", "Invoice", "paid", "7", "2026", "a", "an",
    "Grüße", "STRASSE", "straße", "e\xcc\x81t", "日本", "日本語", "語",
    "Привет", "мир", "😀", "😀😀", "donaudampfschifffahrtsgesellschaft",
    "0123456789abcdef0123456789abcdef0123456789abcdef",
    "日本語日本語日本語日本語日本語日本語",
    " ", "  ", "\r\n", ".", "-", "_", "@", "<b>", "\xff", "I\xcc\x87",
};

std::string random_text(std::mt19937& random, int pieces)
{
    std::string text;
    for (int i = 0; i < pieces; i++) text += kPieces[random() % std::size(kPieces)];
    return text;
}

std::string letter(const std::string& subject, const std::string& body)
{
    return cat("From: a@example.org\r\nSubject: ", subject,
               "\r\nContent-Type: text/plain; charset=utf-8\r\n"
               "Content-Transfer-Encoding: 8bit\r\n\r\n",
               body, "\r\n");
}

struct WordsFixture : StoreFixture {
    model::MailboxEntry inbox = entry_of("user.bob");
    std::string folder;

    WordsFixture()
    {
        create(inbox);
        folder = *mailbox_directory(options.paths, inbox);
    }

    std::string file() const { return cat(folder, '/', kWordsName); }

    IndexingReport index(bool anew = false)
    {
        auto report = index_words(*store, inbox, {.anew = anew});
        ASSERT_OK(report);
        return *report;
    }

    std::string without(std::string_view text)
    {
        return open(inbox)->uids_without(text).to_string();
    }

    size_t segments()
    {
        auto directory = open_file(folder, O_RDONLY | O_DIRECTORY);
        ASSERT_OK(directory);
        WordIndex index;
        index.attach(directory->get(), open(inbox)->uidvalidity());
        return index.segments().size();
    }
};

START_TEST(names_messages_without_a_text)
{
    WordsFixture f;
    f.append(f.inbox, {letter("one", "the invoice of may"), letter("two", "Invoices"),
                       letter("an invoice", "nothing"), letter("four", "in voice")});
    ck_assert(f.without("invoice") == "");
    ck_assert_uint_eq(f.index().added, 4);
    ck_assert(f.without("INVOICE") == "4");
    ck_assert(f.without("voices of") == "1,3:4");  // "of" is too short to tell
    ck_assert(f.without("nothing like this") == "1:4");
    for (const char* text : {"", "of", "!", "x"}) ck_assert(f.without(text).empty());
    // Of what came later it says nothing, until it is looked at.
    f.append(f.inbox, {letter("five", "something else")});
    ck_assert(f.without("invoice") == "4");
    ck_assert_uint_eq(f.index().added, 1);
    ck_assert(f.without("invoice") == "4:5");
    ck_assert_uint_eq(f.index().added, 0);
}
END_TEST

// What a search finds without the index is never among what the index leaves out, in any form.
START_TEST(leaves_out_nothing_that_is_found)
{
    std::mt19937 random(static_cast<unsigned>(_i));
    WordsFixture f;
    std::vector<std::string> letters;
    for (int n = 0; n < 20; n++)
        letters.push_back(letter(random_text(random, 5), random_text(random, 60)));
    f.append(f.inbox, letters);
    f.index();
    const auto view = f.open(f.inbox);
    size_t told = 0;
    for (int n = 0; n < 300; n++) {
        const std::string& from = letters[random() % letters.size()];
        const size_t begin = random() % from.size();
        const std::string needle =
            n % 10 == 0 ? random_text(random, 3) : from.substr(begin, 1 + random() % 40);
        const model::SequenceSet without = view->uids_without(needle);
        for (const bool skips : {false, true}) {
            const text::SearchForm form = {.skips_diacritics = skips};
            for (uint32_t uid = 1; uid <= letters.size(); uid++) {
                text::TextMatcher matcher(needle, form);
                const std::string& bytes = letters[uid - 1];
                const bool found =
                    text::header_contains(bytes.substr(0, text::header_size(bytes)), matcher) ||
                    text::body_contains(bytes, text::parse_message(bytes), matcher);
                ck_assert_msg(!found || !without.contains(uid), "uid %u, \"%s\"", uid,
                              needle.c_str());
                told += without.contains(uid);
            }
        }
    }
    ck_assert_uint_gt(told, 1000);
}
END_TEST

START_TEST(few_segments_that_say_the_same)
{
    WordsFixture f;
    for (int n = 1; n <= 200; n++) {
        f.append(f.inbox, {letter(cat("number", n), n % 3 == 0 ? "third" : "other")});
        f.index();
        ck_assert_uint_le(f.segments(), 5);
    }
    ck_assert_uint_gt(f.segments(), 1);
    const std::string before = f.without("third");
    for (int n = 1; n <= 200; n++)
        ck_assert(f.open(f.inbox)->uids_without(cat("number", n)).contains(n) == false);
    ck_assert_uint_eq(f.index(true).added, 200);
    ck_assert_uint_eq(f.segments(), 1);
    ck_assert(f.without("third") == before);
}
END_TEST

// Each byte that is another one, and each end that is missing: what is behind it is read, and the
// next run makes it again.
START_TEST(damage_costs_what_is_behind_it)
{
    WordsFixture f;
    f.append(f.inbox, {letter("one", "apple"), letter("two", "pear"), letter("three", "plum"),
                       letter("four", "fig"), letter("five", "date")});
    f.index();
    f.append(f.inbox, {letter("six", "grape")});
    f.index();
    ck_assert_uint_eq(f.segments(), 2);
    auto good = read_file(f.file(), 1 << 20);
    ASSERT_OK(good);
    for (size_t at = 0; at < good->size(); at += 1 + at / 200) {
        std::string bad = *good;
        bad[at] = static_cast<char>(bad[at] ^ 0x41);
        ASSERT_OK(replace_file(f.file(), bad));
        const std::string left = f.without("fruit");
        ck_assert_msg(left.empty() || left == "1:5", "%zu: %s", at, left.c_str());
        ASSERT_OK(replace_file(f.file(), good->substr(0, at)));
        const std::string cut = f.without("fruit");
        ck_assert_msg(cut.empty() || cut == "1:5", "%zu: %s", at, cut.c_str());
    }
    f.index();
    ck_assert(f.without("fruit") == "1:6");
}
END_TEST

START_TEST(knows_no_other_messages)
{
    WordsFixture f;
    f.append(f.inbox, {letter("one", "apple"), letter("two", "pear"), letter("three", "plum")});
    ASSERT_OK(replace_file(f.folder + "/2.", "damaged"));
    ck_assert_uint_eq(f.index().left_out, 1);
    ck_assert(f.without("fig") == "1,3");
    // reconstruct takes what the file has now.
    ASSERT_OK(replace_file(f.folder + "/1.", letter("one", "fig")));
    ASSERT_OK(rebuild(*f.store, f.inbox, false));
    ck_assert(f.without("fig") == "");
    f.index();
    ck_assert(!f.without("fig").empty());
    // A mailbox of that name that is another one.
    ASSERT_OK(f.store->remove(f.inbox));
    ck_assert_int_ne(::access(f.file().c_str(), F_OK), 0);
    f.create(f.inbox);
    f.append(f.inbox, {letter("one", "fig")});
    ck_assert(f.without("fig") == "");
}
END_TEST

START_TEST(a_message_of_too_many_words_is_left_out)
{
    WordsFixture f;
    std::string many;
    for (size_t n = 0; n < text::kMostTerms + 100; n++)
        cat_to(many, n % 8 == 0 ? "\r\n" : " ", "w", n);
    f.append(f.inbox, {letter("one", "apple"), letter("two", many), letter("three", "apple")});
    const IndexingReport report = f.index();
    ck_assert_uint_eq(report.added, 2);
    ck_assert_uint_eq(report.left_out, 1);
    ck_assert(f.without("w77") == "1,3");
}
END_TEST

// The mailbox is made anew meanwhile: what was read may be of other messages.
START_TEST(an_index_of_what_was_there_before_is_not_kept)
{
    WordsFixture f;
    f.append(f.inbox, {letter("one", "apple"), letter("two", "pear")});
    const auto meanwhile = [&f] {
        ASSERT_OK(replace_file(f.folder + "/2.", letter("two", "fig")));
        ASSERT_OK(rebuild(*f.store, f.inbox, false));
        return false;
    };
    ck_assert(index_words(*f.store, f.inbox, {.stopped = meanwhile}).is(Code::moved));
    ck_assert(f.without("fig").empty());
    // And what was expunged leaves no words behind.
    f.index();
    ck_assert_int_eq(::access(f.file().c_str(), F_OK), 0);
    auto view = f.open(f.inbox, "bob", mailbox::OpenMode::maildrop);
    model::SequenceSet all;
    all.append(1, view->uidnext());
    ASSERT_OK(view->remove(all));
    f.index();
    ck_assert_int_ne(::access(f.file().c_str(), F_OK), 0);
}
END_TEST

START_TEST(what_is_stopped_changes_nothing)
{
    WordsFixture f;
    f.append(f.inbox, {letter("one", "apple"), letter("two", "pear")});
    int asked = 0;
    auto report = index_words(*f.store, f.inbox, {.stopped = [&asked] { return ++asked == 2; }});
    ASSERT_OK(report);
    ck_assert_uint_eq(report->added, 0);
    ck_assert_int_ne(::access(f.file().c_str(), F_OK), 0);
    const auto nowhere = entry_of("user.nobody");
    ck_assert(index_words(*f.store, nowhere, {}).is(Code::not_found) ||
              index_words(*f.store, nowhere, {}).is(Code::io));
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("imap/store words");
    TCase* tc = tcase_create("words");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, names_messages_without_a_text);
    tcase_add_loop_test(tc, leaves_out_nothing_that_is_found, 0, 8);
    tcase_add_test(tc, few_segments_that_say_the_same);
    tcase_add_test(tc, damage_costs_what_is_behind_it);
    tcase_add_test(tc, knows_no_other_messages);
    tcase_add_test(tc, a_message_of_too_many_words_is_left_out);
    tcase_add_test(tc, an_index_of_what_was_there_before_is_not_kept);
    tcase_add_test(tc, what_is_stopped_changes_nothing);
    suite_add_tcase(suite, tc);
    return suite;
}
const rookery::test::Registered suite(make);

}  // namespace
