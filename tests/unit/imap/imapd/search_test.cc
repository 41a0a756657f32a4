// What SEARCH asks for, and what it finds.
#include "imap/imapd/selected/search_parse.h"

#include <algorithm>

#include "imap/imapd/selected/message_set.h"
#include "imap/imapd/selected/progress.h"
#include "imap/imapd/selected/search_eval.h"
#include "lib/base/clock.h"
#include "lib/stream/memory_layer.h"
#include "lib/text/charset.h"
#include "tests/support/memory_store.h"
#include "tests/unit/unit.h"

using namespace rookery;
using namespace rookery::imapd;

namespace {

Result<SearchRequest> parse(std::string_view text)
{
    stream::MemoryEnds ends{cat(' ', text, "\r\n"), {}, 65536, false, false};
    stream::Stream client(stream::memory_layer(ends));
    CommandReader reader(client, ReaderLimits{});
    reader.begin();
    return parse_search(reader);
}

START_TEST(the_grammar_is_taken_and_nothing_else)
{
    for (const char* s : {"ALL",
                          "1:3,*",
                          "UID 1:*",
                          "(ALL)",
                          "((SEEN) UNSEEN)",
                          "NOT NOT SEEN",
                          "OR SEEN (1 2)",
                          "BEFORE 1-Feb-1994",
                          "SINCE \"01-Feb-1994\"",
                          "HEADER Subject \"\"",
                          "TEXT {3}\r\nabc",
                          "KEYWORD $Junk",
                          "LARGER 0",
                          "CHARSET UTF-8 SUBJECT x",
                          "charset us-ascii all",
                          "OR OR 1 2 OR 3 4 NEW",
                          "OLDER 1",
                          "younger 4294967295",
                          "$",
                          "UID $",
                          "NOT ($)",
                          "RETURN (SAVE) $",
                          "RETURN (MIN SAVE) ALL",
                          "SAVEDON 1-Feb-1994",
                          "SAVEDATESUPPORTED",
                          "RETURN (PARTIAL 1:5) ALL",
                          "RETURN (PARTIAL -5:-1 SAVE) ALL",
                          "RETURN (PARTIAL 4294967295:1 COUNT) ALL"})
        ASSERT_OK(parse(s));
    for (const char* s : {"",
                          "()",
                          "(ALL",
                          "ALL)",
                          "(ALL )",
                          "NOT",
                          "OR SEEN",
                          "FOO",
                          "EMAILID \"\xFC\"",
                          "SUBJECT",
                          "BEFORE x",
                          "BEFORE 31-Feb-1994",
                          "LARGER x",
                          "LARGER 4294967296",
                          "UID x",
                          "0",
                          "1:0",
                          "$,1",
                          "1:$",
                          "$x",
                          "$ $)",
                          "RETURN (PARTIAL) ALL",
                          "RETURN (PARTIAL 0:1) ALL",
                          "RETURN (PARTIAL 1) ALL",
                          "RETURN (PARTIAL 1:*) ALL",
                          "RETURN (PARTIAL -1:1) ALL",
                          "RETURN (PARTIAL 1:-1) ALL",
                          "RETURN (PARTIAL 1:2 ALL) ALL",
                          "RETURN (PARTIAL 1:2 PARTIAL 3:4) ALL",
                          "SAVEDON",
                          "SAVEDBEFORE x",
                          "OLDER",
                          "OLDER 0",
                          "OLDER x",
                          "OLDER -1",
                          "YOUNGER \"1\"",
                          "YOUNGER 4294967296",
                          "KEYWORD \"x\"",
                          "HEADER x",
                          "CHARSET UTF-8",
                          "SEEN CHARSET UTF-8 ALL",
                          "ALL  ALL",
                          "ALL "})
        ck_assert_msg(parse(s).is(Code::syntax), "%s", s);
    ck_assert(parse("CHARSET x-none SUBJECT y")->bad_charset);
    ck_assert(!parse("CHARSET Utf-8 SUBJECT y")->bad_charset);
}
END_TEST

START_TEST(a_range_of_what_was_found)
{
    std::vector<uint32_t> all = {10, 20, 30, 40, 50};
    const struct {
        const char* range;
        const char* want;
    } table[] = {{"1:2", "10,20"}, {"2:1", "10,20"},         {"5:9", "50"},      {"6:9", ""},
                 {"-1:-1", "50"},  {"-1:-2", "40,50"},       {"-2:-1", "40,50"}, {"-4:-9", "10,20"},
                 {"-6:-9", ""},    {"1:5", "10,20,30,40,50"}};
    for (const auto& row : table) {
        const auto request = parse(cat("RETURN (PARTIAL ", row.range, ") ALL"));
        ASSERT_OK(request);
        ASSERT_EQ_TEXT(request->partial->as_asked, row.range);
        ASSERT_EQ_TEXT(number_set(request->partial->of(std::span<const uint32_t>(all))), row.want);
    }
    ck_assert(parse("RETURN (PARTIAL 1:2) ALL")->partial->of(std::span<const uint32_t>()).empty());
}
END_TEST

START_TEST(nesting_and_number_of_keys_are_bounded)
{
    std::string nots;
    for (int i = 0; i < 100; i++) nots.append("NOT ");
    ASSERT_CODE(parse(nots + "ALL"), Code::limit);
    ASSERT_CODE(parse(std::string(100, '(') + "ALL" + std::string(100, ')')), Code::limit);
    std::string ors;
    for (int i = 0; i < 100; i++) ors.append("OR ALL ");
    ASSERT_CODE(parse(ors + "ALL"), Code::limit);
    std::string many = "ALL";
    for (int i = 0; i < 3000; i++) many.append(" ALL");
    ASSERT_CODE(parse(many), Code::limit);
}
END_TEST

struct Box {
    Box()
    {
        state = store.make("user.bob");
        // 7-Feb-1994 21:52:25 -0800, 8-Feb in UTC.
        state->append("From: Ann <ann@x.org>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
                      "Date: Mon, 31 Jan 1994 23:00:00 -0800\r\n\r\nfirst body\r\n",
                      model::kFlagged, 760686745, -480);
        state->append("From: bob@y.org\r\nTo: ann@x.org, carl@z\r\nCc: dora@z\r\n"
                      "Subject: re: folded\r\n subject\r\nX-Tag:\r\n"
                      "Content-Type: text/plain; charset=iso-8859-1\r\n"
                      "Content-Transfer-Encoding: base64\r\n\r\nTfxsbGVyCg==\r\n",
                      model::kAnswered | model::kDeleted, 0, 0);
        state->append("no header at all", model::kDraft, 86400 * 3, 0);
        state->messages[1]->keywords = *state->keyword_bits({"$Junk"});
        state->messages[1]->seen_by.insert("bob");
        state->messages[0]->recent = false;
        mailbox = *store.open(state->entry, "bob", mailbox::OpenMode::read_write);
    }
    std::string find(std::string_view query, int64_t now = wall_seconds(),
                     const text::SearchForm& form = {})
    {
        auto request = parse(query);
        ASSERT_OK(request);
        auto found = search_mailbox(*mailbox, std::move(request->root), {form, now, &saved});
        return found ? number_set(*found) : cat("!", code_name(found.error().code));
    }
    test::MemoryStore store;
    std::shared_ptr<test::MemoryMailboxState> state;
    std::unique_ptr<mailbox::Mailbox> mailbox;
    model::SequenceSet saved;
};

START_TEST(each_key_finds_its_messages)
{
    Box box;
    const struct {
        const char* query;
        const char* want;
    } table[] = {
        {"ALL", "1:3"},
        {"2", "2"},
        {"2:*", "2:3"},
        {"7", ""},
        {"UID 1,3", "1,3"},
        {"UID 50:*", "3"},
        {"FLAGGED", "1"},
        {"UNFLAGGED", "2:3"},
        {"ANSWERED", "2"},
        {"UNANSWERED", "1,3"},
        {"DELETED", "2"},
        {"UNDELETED", "1,3"},
        {"DRAFT", "3"},
        {"UNDRAFT", "1:2"},
        {"SEEN", "2"},
        {"UNSEEN", "1,3"},
        {"RECENT", "2:3"},
        {"OLD", "1"},
        {"NEW", "3"},
        {"KEYWORD $junk", "2"},
        {"UNKEYWORD $Junk", "1,3"},
        {"KEYWORD none", ""},
        {"UNKEYWORD none", "1:3"},
        {"ON 7-Feb-1994", "1"},
        {"SINCE 7-Feb-1994", "1"},
        {"BEFORE 7-Feb-1994", "2:3"},
        {"ON 1-Jan-1970", "2"},
        {"BEFORE 4-Jan-1970", "2"},
        {"SENTON 31-Jan-1994", "1"},
        {"SENTBEFORE 31-Jan-1994", ""},
        {"SENTSINCE 1-Jan-1990", "1"},
        {"LARGER 16", "1:2"},
        {"SMALLER 17", "3"},
        {"SMALLER 16", ""},
        {"FROM ANN", "1"},
        {"TO x.org", "2"},
        {"CC dora", "2"},
        {"BCC dora", ""},
        {"SUBJECT \"folded subject\"", "2"},
        {"HEADER X-Tag \"\"", "2"},
        {"HEADER x-tag y", ""},
        {"BODY \"first body\"", "1"},
        {"BODY header", ""},
        {"TEXT ann@", "1:2"},
        {"TEXT \"x-tag:\"", "2"},
        {"NOT TEXT ann@", "3"},
        {"OR FLAGGED DRAFT", "1,3"},
        {"NOT (FLAGGED)", "2:3"},
        {"UNSEEN TEXT ann@", "1"},
        {"OR (SEEN DELETED) BODY first", "1:2"},
        {"SUBJECT \"\"", "1:2"},
        {"$", "1,3"},
        {"UID $ UNDRAFT", "1"},
        {"NOT $", "2"},
        // Of those without such a date it is the internal one.
        {"SAVEDSINCE 10-Jan-1970", "1"},
        {"SAVEDBEFORE 6-Jan-1970", "2:3"},
        {"SAVEDON 1-Jan-1970", "2"},
        {"SAVEDATESUPPORTED", "1:3"},
    };
    for (const uint32_t uid : {1u, 3u, 9u}) box.saved.add(uid);
    box.state->messages[0]->save_date = 86400 * 9;
    for (const auto& row : table)
        ck_assert_msg(box.find(row.query) == row.want, "%s: got %s", row.query,
                      box.find(row.query).c_str());
}
END_TEST

// The messages' internal dates, in UTC: 760686745, 0 and 259200.
START_TEST(within_compares_the_internal_date_to_the_second)
{
    Box box;
    const struct {
        int64_t now;
        const char* query;
        const char* want;
    } table[] = {
        {760686745 + 60, "OLDER 60", "1:3"},       {760686745 + 60, "YOUNGER 60", "1"},
        {760686745 + 60, "OLDER 61", "2:3"},       {760686745 + 60, "YOUNGER 59", ""},
        {760686745 - 60, "OLDER 1", "2:3"},        {760686745 - 60, "YOUNGER 1", "1"},
        {760686745, "YOUNGER 4294967295", "1:3"},  {760686745, "OLDER 4294967295", ""},
        {4294967295, "OLDER 4294967295", "2"},     {4294967296, "YOUNGER 4294967295", "1,3"},
        {259200 + 10, "OLDER 10 YOUNGER 10", "3"}, {259200 + 10, "NOT OLDER 10", "1"},
    };
    for (const auto& row : table)
        ck_assert_msg(box.find(row.query, row.now) == row.want, "%s at %lld: got %s", row.query,
                      static_cast<long long>(row.now), box.find(row.query, row.now).c_str());
    ASSERT_EQ_TEXT(box.find("OLDER 86400"), "1:3");
}
END_TEST

START_TEST(text_is_found_in_any_charset)
{
    Box box;
    ASSERT_EQ_TEXT(box.find("CHARSET UTF-8 SUBJECT {7}\r\nGR\xc3\x9c\xc3\x9f"
                            "e"),
                   "1");
    ASSERT_EQ_TEXT(box.find("CHARSET ISO-8859-1 SUBJECT \"gr\xfc\xdf"
                            "e\""),
                   "1");
    ASSERT_EQ_TEXT(box.find("BODY {7}\r\nM\xc3\xbcller"), "2");
    if (text::is_known_charset("koi8-r"))
        ASSERT_EQ_TEXT(box.find("CHARSET koi8-r BODY first"), "1");
}
END_TEST

// The addresses count as ENVELOPE has them, however they were written.
START_TEST(addresses_are_those_of_the_envelope)
{
    test::MemoryStore store;
    auto state = store.make("user.bob");
    const char* headers[] = {
        "From: \"Smith, \\\"Al\\\"\" <al@x.org>\r\n",
        "From: Mary\r\n\tAnn  Jones <mary@x.org> (of sales)\r\n",
        "From: kim@ (here) y.example (Kim (the elder) Lee)\r\n",
        "From: =?utf-8?q?J=C3=BCrgen?= =?iso-8859-1?q?_M=FCller?= <jm@z.org>\r\n",
        "From: \"odd local\"@x.org\r\nTo: a@b\r\nTo: c@d\r\nX-To: e@f\r\n",
        "To: Friends: ed@x.org, Flo <flo@x.org>;\r\nFrom: <@relay.example:gil@x.org>\r\n",
        "Cc: undisclosed recipients\r\nBcc:\r\n",
    };
    for (const char* header : headers) state->append(cat(header, "\r\nbody\r\n"), 0, 0, 0);
    auto mailbox = *store.open(state->entry, "bob", mailbox::OpenMode::read_write);
    const struct {
        const char* query;
        const char* want;
    } table[] = {
        {"FROM {10}\r\nSmith, \"Al", "1"},
        {"FROM {7}\r\n\" <al@x", "1"},
        {"FROM \"mary ann jones <mary@x.org>\"", "2"},
        {"FROM sales", ""},
        {"FROM kim@y.example", "3"},
        {"FROM \"kim (the elder) lee\"", "3"},
        {"FROM \"here\"", ""},
        {"CHARSET UTF-8 FROM {15}\r\nJ\xc3\xbcrgen M\xc3\xbcller", "4"},
        {"FROM \"jurgen muller\"", "4"},
        {"FROM utf-8", ""},
        {"FROM \"odd local@x.org\"", "5"},
        {"TO \"a@b\"", "5"},
        {"TO c@d", "5"},
        {"TO e@f", ""},
        {"TO friends", "6"},
        {"TO \"flo <flo@x.org>\"", "6"},
        {"FROM relay.example", "6"},
        {"FROM gil@x.org", "6"},
        {"CC undisclosed", "7"},
        {"BCC \"\"", "7"},
        {"BCC x", ""},
        {"CC \"\"", "7"},
        {"HEADER From \"of sales\"", "2"},
    };
    for (const auto& row : table) {
        auto request = parse(row.query);
        ASSERT_OK(request);
        const auto found = search_mailbox(*mailbox, std::move(request->root));
        ASSERT_OK(found);
        ck_assert_msg(number_set(*found) == row.want, "%s: got %s", row.query,
                      number_set(*found).c_str());
    }
}
END_TEST

START_TEST(spaces_and_marks_count_as_configured)
{
    test::MemoryStore store;
    auto state = store.make("user.bob");
    state->append("Subject: Herr M=?utf-8?q?=C3=BCller?=\r\n\tis  here\r\n\r\n"
                  "The annual general\r\nmeeting\r\n",
                  0, 0, 0);
    auto mailbox = *store.open(state->entry, "bob", mailbox::OpenMode::read_write);
    using Spaces = text::SearchForm::Spaces;
    const struct {
        const char* query;
        bool skip, merge, keep;
    } table[] = {
        {"BODY \"general meeting\"", true, true, false},
        {"BODY {16}\r\ngeneral\r\nmeeting", true, true, true},
        {"BODY generalmeeting", true, false, false},
        {"TEXT \"annual  general\"", true, true, false},
        {"SUBJECT \"is here\"", true, true, false},
        {"SUBJECT \"is  here\"", true, true, true},
        {"SUBJECT \"muller is\"", true, true, false},
        {"HEADER Subject \"herrmuller\"", true, false, false},
    };
    for (const auto& row : table) {
        for (bool skips : {true, false}) {
            for (Spaces spaces : {Spaces::skip, Spaces::merge, Spaces::keep}) {
                auto request = parse(row.query);
                ASSERT_OK(request);
                const bool marks = std::string_view(row.query).find("muller") != std::string::npos;
                const bool want = (skips || !marks) && (spaces == Spaces::skip    ? row.skip
                                                        : spaces == Spaces::merge ? row.merge
                                                                                  : row.keep);
                const auto found =
                    search_mailbox(*mailbox, std::move(request->root), {.form = {spaces, skips}});
                ASSERT_OK(found);
                ck_assert_msg(found->size() == (want ? 1 : 0), "%s, spaces %d, marks %d", row.query,
                              static_cast<int>(spaces), skips);
            }
        }
    }
}
END_TEST

// One matcher serves all messages: what one of them ends with is no part of the next, and a hit in
// one is none in the next.
START_TEST(messages_are_searched_one_by_one)
{
    test::MemoryStore store;
    auto state = store.make("user.bob");
    for (const char* message :
         {"From: needle@x\r\nSubject: needle\r\n\r\nneedle", "From: ne@x\r\nSubject: ne\r\n\r\nne",
          "From: edle@x\r\nSubject: edle\r\n\r\nedle", "\r\n",
          "Content-Type: image/png\r\n\r\nneedle", "Subject: needle\r\n\r\nneedle"})
        state->append(message, 0, 0, 0);
    auto mailbox = *store.open(state->entry, "bob", mailbox::OpenMode::read_write);
    const struct {
        const char* query;
        const char* want;
    } table[] = {
        {"BODY needle", "1,6"},
        {"TEXT needle", "1,6"},
        {"FROM needle", "1"},
        {"HEADER Subject needle", "1,6"},
        {"NOT BODY needle", "2:5"},
        {"OR FROM needle FROM edle", "1,3"},
        {"TEXT needle FROM needle", "1"},
        {"OR BODY ne (TEXT edle FROM edle)", "1:3,6"},
    };
    for (const auto& row : table) {
        auto request = parse(row.query);
        ASSERT_OK(request);
        const auto found = search_mailbox(*mailbox, std::move(request->root));
        ASSERT_OK(found);
        ck_assert_msg(number_set(*found) == row.want, "%s: got %s", row.query,
                      number_set(*found).c_str());
    }
}
END_TEST

START_TEST(what_is_not_needed_is_not_read)
{
    Box box;
    box.store.fail_content = Error{Code::io, "disk"};
    ASSERT_EQ_TEXT(box.find("BODY first SEEN UNSEEN"), "");
    ASSERT_EQ_TEXT(box.find("OR BODY first ALL"), "1:3");
    ASSERT_EQ_TEXT(box.find("BODY first"), "!I/O error");
}
END_TEST

START_TEST(what_the_cache_keeps_of_a_header_opens_no_message)
{
    Box box;
    for (const char* query :
         {"FROM x", "TO x", "CC x", "BCC x", "SUBJECT x", "SENTBEFORE 1-Feb-1994",
          "SENTON 1-Feb-1994", "SENTSINCE 1-Feb-1994", "HEADER Message-ID x",
          "NOT HEADER list-id \"\"", "OR SUBJECT a SENTON 1-Feb-1994"})
        box.find(query);
    ck_assert_int_eq(box.store.contents, 0);
    ASSERT_EQ_TEXT(box.find("HEADER X-Tag \"\" SUBJECT folded"), "2");
    ck_assert_int_eq(box.store.contents, 3);
}
END_TEST

// Not that of the mailbox.
START_TEST(a_search_in_few_messages_costs_as_many)
{
    test::MemoryStore store;
    auto state = store.make("user.bob");
    for (int i = 1; i <= 5000; i++) state->append("Subject: x\r\n\r\nbody", 0, 0, 0);
    for (uint32_t uid = 100; uid < 200; uid++) state->expunge_uid(uid);
    auto mailbox = *store.open(state->entry, "bob", mailbox::OpenMode::read_write);
    const struct {
        const char* query;
        const char* want;
    } table[] = {
        {"UID 60:205", "60:105"},
        {"4900:*", "4900"},
        {"UID 4999,4990:4991", "4890:4891,4899"},
        {"UID 100:199", ""},
        {"UID 5000:*", "4900"},
        {"UID 6000:*", "4900"},
        {"1:50 UID 40:70", "40:50"},
        {"(UID 1:2) ALL", "1:2"},
        {"1:50 51:60", ""},
        {"2 NOT UID 3", "2"},
        {"1:20 OR UID 10 3", "3,10"},
    };
    for (const auto& row : table) {
        auto request = parse(row.query);
        ASSERT_OK(request);
        store.looks = 0;
        const auto found = search_mailbox(*mailbox, std::move(request->root));
        ASSERT_OK(found);
        ck_assert_msg(number_set(*found) == row.want, "%s: got %s", row.query,
                      number_set(*found).c_str());
        ck_assert_msg(store.looks < 200, "%s: %d", row.query, store.looks);
    }
}
END_TEST

START_TEST(an_expunged_message_matches_nothing)
{
    Box box;
    box.state->expunge_uid(2);
    ASSERT_EQ_TEXT(box.find("ALL"), "1,3");
    ASSERT_EQ_TEXT(box.find("NOT TEXT nothing"), "1,3");
}
END_TEST

// RFC 9586 3.5, 6855 3
START_TEST(numbers_and_charsets_are_noticed)
{
    for (const char* s : {"1", "NOT *", "OR SEEN (1:3 $)", "RETURN (MIN) SEEN 2"})
        ck_assert_msg(parse(s)->has_numbers, "%s", s);
    for (const char* s : {"ALL", "$", "UID 1:3", "NOT ($ UID 2)"})
        ck_assert_msg(!parse(s)->has_numbers, "%s", s);
    ck_assert(parse("CHARSET UTF-8 ALL")->has_charset);
    ck_assert(parse("RETURN (ALL) CHARSET US-ASCII ALL")->has_charset);
    ck_assert(!parse("SUBJECT CHARSET")->has_charset);
}
END_TEST

// RFC 7377: what other servers are asked for is what the client wrote behind the sources.
START_TEST(a_search_in_many_mailboxes_is_taken_apart)
{
    const auto read = [](std::string_view text) {
        stream::MemoryEnds ends{cat(' ', text, "\r\n"), {}, 3, false, false};
        stream::Stream client(stream::memory_layer(ends));
        CommandReader reader(client, ReaderLimits{});
        reader.begin();
        return parse_esearch(reader);
    };
    const auto all = read("IN (mailboxes (a \"b c\") subtree-one {1+}\r\nd selected) RETURN (MIN) "
                          "CHARSET utf-8 OR text {3}\r\na\"b (2:* \"x\")");
    ASSERT_CODE(all, Code::syntax);
    const auto some = read("IN (mailboxes (a \"b c\") subtree-one {1+}\r\nd selected) RETURN (MIN) "
                           "CHARSET utf-8 OR text {3+}\r\na\"b (2:* SUBJECT \"x\\\"\")");
    ASSERT_OK(some);
    ck_assert_uint_eq(some->sources.size(), 3);
    ck_assert(some->sources[0].kind == SearchSource::Kind::mailboxes);
    ASSERT_EQ_TEXT(some->sources[0].names[1], "b c");
    ASSERT_EQ_TEXT(some->sources[1].names[0], "d");
    ck_assert(some->search.min && !some->search.all);
    ASSERT_EQ_TEXT(some->program, " CHARSET utf-8 OR text {3+}\r\na\"b (2:* SUBJECT \"x\\\"\")");
    const auto selected = read("UNSEEN");
    ASSERT_OK(selected);
    ck_assert(selected->sources.empty() && selected->search.all && selected->search.extended);
    ASSERT_EQ_TEXT(selected->program, " UNSEEN");
    for (const char* text : {"IN () ALL", "IN (x) ALL", "IN (mailboxes) ALL", "IN (personal)",
                             "IN (personal) IN (personal) ALL", "IN (selected-delayed) ALL",
                             "RETURN (COUNT) IN (personal) ALL"})
        ASSERT_CODE(read(text), Code::syntax);
    std::string many;
    for (size_t n = 0; n <= kMaxSourceNames; ++n) many += many.empty() ? "a" : " a";
    ASSERT_CODE(read(cat("IN (mailboxes (", many, ")) ALL")), Code::limit);
}
END_TEST

// RFC 9585
START_TEST(a_long_search_says_how_far_it_is)
{
    Box box;
    const auto& mailbox = box.mailbox;
    std::vector<uint32_t> done;
    SearchContext context;
    context.progress = [&](uint32_t n, uint32_t goal) {
        ck_assert_uint_eq(goal, mailbox->exists());
        done.push_back(n);
    };
    ASSERT_OK(search_mailbox(*mailbox, parse("ALL")->root, context));
    ck_assert_uint_eq(done.size(), 1);
    done.clear();
    ASSERT_OK(search_mailbox(*mailbox, parse("BODY x")->root, context));
    ck_assert_uint_eq(done.size(), mailbox->exists());
    ck_assert_uint_eq(done.front(), 0);
    ck_assert(std::is_sorted(done.begin(), done.end()));

    stream::MemoryEnds ends;
    stream::Stream client(stream::memory_layer(ends));
    Progress at_once(client, "a\"1", Milliseconds(0));
    at_once.step(3, 10);
    ASSERT_EQ_TEXT(ends.output, "* OK [INPROGRESS (\"a\\\"1\" 3 10)] Still at it\r\n");
    ends.output.clear();
    Progress(client, "a]", Milliseconds(0)).step(0, 1);
    ASSERT_EQ_TEXT(ends.output, "* OK [INPROGRESS (NIL 0 1)] Still at it\r\n");
    ends.output.clear();
    Progress later(client, "a");
    later.step(3, 10);
    ASSERT_EQ_TEXT(ends.output, "");
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/imapd/search");
    TCase* c = tcase_create("all");
    tcase_add_test(c, the_grammar_is_taken_and_nothing_else);
    tcase_add_test(c, numbers_and_charsets_are_noticed);
    tcase_add_test(c, a_search_in_many_mailboxes_is_taken_apart);
    tcase_add_test(c, a_long_search_says_how_far_it_is);
    tcase_add_test(c, a_range_of_what_was_found);
    tcase_add_test(c, nesting_and_number_of_keys_are_bounded);
    tcase_add_test(c, each_key_finds_its_messages);
    tcase_add_test(c, within_compares_the_internal_date_to_the_second);
    tcase_add_test(c, text_is_found_in_any_charset);
    tcase_add_test(c, addresses_are_those_of_the_envelope);
    tcase_add_test(c, spaces_and_marks_count_as_configured);
    tcase_add_test(c, messages_are_searched_one_by_one);
    tcase_add_test(c, what_is_not_needed_is_not_read);
    tcase_add_test(c, what_the_cache_keeps_of_a_header_opens_no_message);
    tcase_add_test(c, a_search_in_few_messages_costs_as_many);
    tcase_add_test(c, an_expunged_message_matches_nothing);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
