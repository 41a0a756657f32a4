// The grammar of SORT and THREAD, the order of messages and which conversation they belong to.
#include "imap/imapd/selected/thread.h"

#include "imap/imapd/selected/search_parse.h"
#include "imap/imapd/selected/sort.h"
#include "lib/stream/memory_layer.h"
#include "lib/text/casemap.h"
#include "tests/support/memory_store.h"
#include "tests/unit/unit.h"

using namespace rookery;
using namespace rookery::imapd;

namespace {

template <class Request>
Result<Request> parse(Result<Request> (*how)(CommandReader&), std::string_view text)
{
    stream::MemoryEnds ends{cat(' ', text, "\r\n"), {}, 65536, false, false};
    stream::Stream client(stream::memory_layer(ends));
    CommandReader reader(client, ReaderLimits{});
    reader.begin();
    return how(reader);
}

START_TEST(the_grammar_is_taken_and_nothing_else)
{
    for (const char* s : {"(DATE) UTF-8 ALL", "(reverse date Size) us-ascii 1:3 SEEN",
                          "(SUBJECT SUBJECT) \"utf-8\" TEXT {1}\r\nx", "(TO) {5}\r\nutf-8 ALL",
                          "RETURN () (CC) UTF-8 ALL", "return (MIN MAX) (FROM) UTF-8 ALL",
                          "(DISPLAYFROM REVERSE DISPLAYTO ARRIVAL) UTF-8 ALL"})
        ck_assert_msg(static_cast<bool>(parse(parse_sort, s)), "%s", s);
    for (const char* s : {"",
                          "()",
                          "() UTF-8 ALL",
                          "(DATE)",
                          "(DATE) UTF-8",
                          "(DATE) UTF-8 ",
                          "(DATE )  UTF-8 ALL",
                          "( DATE) UTF-8 ALL",
                          "(DATE REVERSE) UTF-8 ALL",
                          "(REVERSE REVERSE DATE) UTF-8 ALL",
                          "(DATE,SIZE) UTF-8 ALL",
                          "(FOO) UTF-8 ALL",
                          "DATE UTF-8 ALL",
                          "(DATE UTF-8 ALL",
                          "(DATE) ALL",
                          "(DATE) UTF-8 ALL ",
                          "(DATE) UTF-8 FOO",
                          "RETURN (DATE) UTF-8 ALL",
                          "RETURN (FOO) (DATE) UTF-8 ALL",
                          "(DATE) RETURN () UTF-8 ALL",
                          "(\"DATE\") UTF-8 ALL"})
        ck_assert_msg(parse(parse_sort, s).is(Code::syntax), "%s", s);
    for (const char* s :
         {"REFERENCES UTF-8 ALL", "refs utf-8 1 SUBJECT x", "ORDEREDSUBJECT us-ascii (OR 1 2)"})
        ck_assert_msg(static_cast<bool>(parse(parse_thread, s)), "%s", s);
    for (const char* s : {"", "FOO UTF-8 ALL", "REFS", "REFS UTF-8", "REFS ALL", "(REFS) UTF-8 ALL",
                          "RETURN () REFS UTF-8 ALL", "REFS UTF-8 ALL "})
        ck_assert_msg(parse(parse_thread, s).is(Code::syntax), "%s", s);
    std::string many = "(DATE";
    for (size_t i = 0; i < kMaxSortKeys; i++) many += " DATE";
    ASSERT_CODE(parse(parse_sort, many + ") UTF-8 ALL"), Code::limit);
    ck_assert(parse(parse_sort, "(DATE) x-none ALL")->search.bad_charset);
    ck_assert(parse(parse_thread, "REFS x-none ALL")->search.bad_charset);
    const auto order = parse(parse_sort, "(SIZE REVERSE DATE SIZE REVERSE SIZE) UTF-8 ALL")->order;
    ck_assert(order.size() == 2 && !order[0].reverse && order[1].reverse);
}
END_TEST

struct Mail {
    const char* id;
    const char* references;
    const char* subject;
    int day;
};

struct Box {
    explicit Box(const std::vector<Mail>& mails)
    {
        auto state = store.make("user.bob");
        for (const Mail& m : mails) {
            std::string text;
            if (m.id[0] != 0) cat_to(text, "Message-ID: ", m.id, "\r\n");
            if (m.references[0] != 0) cat_to(text, "References: ", m.references, "\r\n");
            if (m.day != 0) cat_to(text, "Date: ", m.day, " Feb 2026 10:00:00 +0000\r\n");
            cat_to(text, "Subject: ", m.subject, "\r\n\r\n");
            state->append(text, 0, 1'700'000'000 + static_cast<int64_t>(exists), 0);
            all.push_back(++exists);
        }
        mailbox = *store.open(state->entry, "bob", mailbox::OpenMode::read_write);
    }

    // As on the wire.
    std::string threads(ThreadAlgorithm algorithm)
    {
        auto tree = thread_messages(*mailbox, algorithm, all);
        ASSERT_OK(tree);
        std::string out;
        for (uint32_t root : tree->nodes[0].children) put(*tree, root, out);
        return out;
    }
    static void put(const ThreadTree& tree, uint32_t node, std::string& out)
    {
        const auto& n = tree.nodes[node];
        out += out.empty() || out.back() == ')' || out.back() == '(' ? "(" : " (";
        if (n.message != 0) cat_to(out, n.message);
        for (uint32_t child : n.children) put(tree, child, out);
        out += ')';
    }

    std::string sorted(std::string_view order)
    {
        auto request = parse(parse_sort, cat('(', order, ") UTF-8 ALL"));
        ASSERT_OK(request);
        std::vector<uint32_t> found = all;
        ASSERT_OK(sort_messages(*mailbox, request->order, found));
        std::string out;
        for (uint32_t n : found) cat_to(out, out.empty() ? "" : ",", n);
        return out;
    }

    test::MemoryStore store;
    uint32_t exists = 0;
    std::vector<uint32_t> all;
    std::unique_ptr<mailbox::Mailbox> mailbox;
};

START_TEST(conversations_are_found)
{
    const struct {
        const char* what;
        std::vector<Mail> mails;
        const char* by_subject;
        const char* references;
        const char* refs;
    } table[] = {
        {"nothing", {}, "", "", ""},
        {"a chain, out of order",
         {{"<c@x>", "<a@x> <b@x>", "Re: s", 3},
          {"<b@x>", "<a@x>", "Re: s", 2},
          {"<a@x>", "", "s", 1}},
         "(3 (2)(1))",
         "(3 (2 (1)))",
         "(3 (2 (1)))"},
        {"siblings in the order of their dates",
         {{"<a@x>", "", "s", 1}, {"<b@x>", "<a@x>", "s", 3}, {"<c@x>", "<a@x>", "s", 2}},
         "(1 (3)(2))",
         "(1 (3)(2))",
         "(1 (3)(2))"},
        {"a parent that is not here, of two and of one",
         {{"<b@x>", "<a@x>", "p", 1}, {"<c@x>", "<a@x>", "q", 2}, {"<d@x>", "<e@x>", "r", 3}},
         "(1)(2)(3)",
         "((1)(2))(3)",
         "((1)(2))(3)"},
        {"several in a row that are not here",
         {{"<d@x>", "<a@x> <b@x> <c@x>", "p", 1}, {"<e@x>", "<a@x> <b@x>", "q", 2}},
         "(1)(2)",
         "((1)(2))",
         "((1)(2))"},
        {"one ID twice",
         {{"<a@x>", "", "p", 1}, {"<a@x>", "", "q", 2}, {"<b@x>", "<a@x>", "r", 3}},
         "(1)(2)(3)",
         "(1 (3))(2)",
         "(2)(1 (3))"},
        {"no ID, no references", {{"", "", "", 1}, {"", "", "", 2}}, "(1 (2))", "(1)(2)", "(1)(2)"},
        {"loops",
         {{"<a@x>", "<b@x>", "p", 1}, {"<b@x>", "<a@x>", "q", 2}, {"<c@x>", "<c@x>", "r", 3}},
         "(1)(2)(3)",
         "(2 (1))(3)",
         "(2 (1))(3)"},
        {"a loop of three",
         {{"<a@x>", "<b@x>", "p", 1}, {"<b@x>", "<c@x>", "q", 2}, {"<c@x>", "<a@x>", "r", 3}},
         "(1)(2)(3)",
         "(3 (2 (1)))",
         "(3 (2 (1)))"},
        {"what a message says itself counts more",
         {{"<c@x>", "<a@x> <b@x>", "p", 3},
          {"<a@x>", "", "q", 1},
          {"<b@x>", "<d@x>", "r", 2},
          {"<d@x>", "", "t", 4}},
         "(2)(3)(1)(4)",
         "(2)(4 (3 (1)))",
         "(2)(4 (3 (1)))"},
        {"one subject: an answer below what it answers",
         {{"<b@x>", "", "Re: s", 1}, {"<a@x>", "", "s", 2}, {"<c@x>", "", "s", 3}},
         "(1 (2)(3))",
         "((2 (1))(3))",
         "(1)(2)(3)"},
        {"one subject: below a parent that is not here",
         {{"<b@x>", "<a@x>", "s", 1},
          {"<c@x>", "<a@x>", "s", 2},
          {"<d@x>", "", "s", 3},
          {"<f@x>", "<e@x>", "s", 4},
          {"<g@x>", "<e@x>", "s", 5}},
         "(1 (2)(3)(4)(5))",
         "((1)(2)(3)(4)(5))",
         "((1)(2))(3)((4)(5))"},
        {"without a date it is when it came",
         {{"<a@x>", "", "p", 28}, {"<b@x>", "", "q", 0}},
         "(2)(1)",
         "(2)(1)",
         "(1)(2)"},
    };
    for (const auto& row : table) {
        Box box(row.mails);
        const std::pair<ThreadAlgorithm, const char*> wanted[] = {
            {ThreadAlgorithm::ordered_subject, row.by_subject},
            {ThreadAlgorithm::references, row.references},
            {ThreadAlgorithm::refs, row.refs}};
        for (const auto& [algorithm, want] : wanted) {
            const std::string got = box.threads(algorithm);
            ck_assert_msg(got == want, "%s: %s instead of %s", row.what, got.c_str(), want);
        }
        ck_assert_int_eq(box.store.contents, 0);
    }
}
END_TEST

// Long ones too, and each message once, whatever they say of each other.
START_TEST(each_message_is_there_once)
{
    // 0: more are named than are kept.
    for (const int step : {0, 1, 7, 4999}) {
        std::vector<std::string> texts;
        for (int i = 0; i < 5000; i++) {
            texts.push_back(cat('<', i, "@x>"));
            texts.push_back(cat('<', (i + step) % 5000, "@x> <", (i * step + 1) % 5000, "@x>"));
            for (int k = 0; k < 200 && step == 0 && i < 2600; k++)
                cat_to(texts.back(), '<', k, '.', i, "@y>");
        }
        std::vector<Mail> mails;
        for (size_t i = 0; i < texts.size(); i += 2)
            mails.push_back({texts[i].c_str(), texts[i + 1].c_str(), "Re: s", 1});
        Box box(mails);
        for (const auto algorithm : {ThreadAlgorithm::references, ThreadAlgorithm::refs}) {
            auto tree = thread_messages(*box.mailbox, algorithm, box.all);
            ASSERT_OK(tree);
            std::vector<uint32_t> seen;
            std::vector<uint32_t> left = tree->nodes[0].children;
            while (!left.empty() && seen.size() <= 5000) {
                const auto& node = tree->nodes[left.back()];
                left.pop_back();
                if (node.message != 0) seen.push_back(node.message);
                left.insert(left.end(), node.children.begin(), node.children.end());
            }
            std::sort(seen.begin(), seen.end());
            ck_assert(seen == box.all);
        }
    }
}
END_TEST

START_TEST(messages_are_put_in_order)
{
    Box box({{"", "", "b", 3}, {"", "", "Re: A", 0}, {"", "", "[x] B", 1}, {"", "", "", 2}});
    const struct {
        const char* order;
        const char* want;
    } table[] = {
        {"ARRIVAL", "1,2,3,4"},
        {"REVERSE ARRIVAL", "4,3,2,1"},
        {"DATE", "2,3,4,1"},
        {"SUBJECT", "4,2,1,3"},
        {"SUBJECT DATE", "4,2,3,1"},
        {"REVERSE SUBJECT", "1,3,2,4"},
        {"REVERSE SUBJECT DATE", "3,1,2,4"},
        {"FROM", "1,2,3,4"},
        {"REVERSE CC TO", "1,2,3,4"},
    };
    for (const auto& row : table) {
        const std::string got = box.sorted(row.order);
        ck_assert_msg(got == row.want, "%s: %s", row.order, got.c_str());
    }
    ck_assert_int_eq(box.store.contents, 0);
    // What cannot be read any more has nothing to compare; what the disk does is told.
    box.store.fail_content = Error{Code::corrupt, "damaged"};
    ASSERT_EQ_TEXT(box.sorted("SUBJECT REVERSE DATE"), "4,3,2,1");
    box.store.fail_content = Error{Code::io, "disk"};
    std::vector<uint32_t> found = box.all;
    const SortKey by_subject[] = {{SortField::subject, false}};
    ASSERT_CODE(sort_messages(*box.mailbox, by_subject, found), Code::io);
}
END_TEST

// Many alike, one the beginning of another, in the order of the mailbox where they are the same.
START_TEST(texts_of_any_length_are_put_in_order)
{
    std::vector<std::string> subjects;
    std::vector<Mail> mails;
    uint32_t random = 1;
    for (int i = 0; i < 3000; i++) {
        std::string subject(random % 3 * 8, 'a');
        for (uint32_t left = random >> 8 & 15; left > 0; left--) {
            random = random * 1664525 + 1013904223;
            subject.push_back("aaaaaaB\0"[(random >> 16) % 8]);
        }
        random = random * 1664525 + 1013904223;
        subjects.push_back(std::move(subject));
    }
    std::vector<std::string> written;
    for (const std::string& subject : subjects) {
        std::string& word = written.emplace_back("=?utf-8?q?");
        for (const char c : subject) word.append(c == 0 ? "=00" : std::string(1, c));
        word += "?=";
    }
    for (const std::string& word : written) mails.push_back({"", "", word.c_str(), 1});
    Box box(mails);
    std::vector<uint32_t> wanted = box.all;
    std::stable_sort(wanted.begin(), wanted.end(), [&](uint32_t a, uint32_t b) {
        return text::casemap(subjects[a - 1]) < text::casemap(subjects[b - 1]);
    });
    std::vector<uint32_t> found = box.all;
    const SortKey by_subject[] = {{SortField::subject, false}};
    ASSERT_OK(sort_messages(*box.mailbox, by_subject, found));
    ck_assert(found == wanted);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/imapd/thread");
    TCase* c = tcase_create("all");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, the_grammar_is_taken_and_nothing_else);
    tcase_add_test(c, conversations_are_found);
    tcase_add_test(c, each_message_is_there_once);
    tcase_add_test(c, messages_are_put_in_order);
    tcase_add_test(c, texts_of_any_length_are_put_in_order);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
