// Limits of extensions, and what depends on the world that a script runs in.
#include "lib/base/strings.h"
#include "tests/unit/imap/sieve/cases.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using test::FakeWorld;
using test::outcome;

START_TEST(variables)
{
    FakeWorld world;
    sieve::Limits limits;
    limits.variables = 2;
    const std::string two = "require \"variables\"; set \"a\" \"1\"; set \"b\" \"1\"; ";
    ASSERT_EQ_TEXT(outcome(two + "set \"A\" \"2\";", world, limits), "keep");
    ASSERT_EQ_TEXT(outcome(two + "set \"c\" \"2\";", world, limits), "!run: too many variables");
    limits = {};
    limits.variable_size = 4;
    // Cut off, between characters, and no error (RFC 5229 6).
    ASSERT_EQ_TEXT(outcome("require [\"variables\", \"fileinto\"]; set \"a\" \"abc\xc3\xbc\"; "
                           "fileinto \"${a}\";",
                           world, limits),
                   "fileinto \"abc\"");
    limits = {};
    limits.string_size = 16;
    ASSERT_EQ_TEXT(outcome("require \"variables\"; require \"fileinto\"; set \"a\" \"0123456789\"; "
                           "fileinto \"${a}${a}\";",
                           world, limits),
                   "fileinto \"0123456789012345\"");
    limits = {};
    limits.pattern_size = 4;
    ASSERT_EQ_TEXT(outcome("require \"variables\"; set \"a\" \"abc\"; if string :matches \"x\" "
                           "\"${a}${a}\" {}",
                           world, limits),
                   "!run: a pattern is too long");
}
END_TEST

// A value that doubles with each step stays within its limit, and so does the time.
START_TEST(doubling)
{
    FakeWorld world;
    std::string script = "require \"variables\"; set \"a\" \"0123456789\";";
    for (int i = 0; i < 1000; ++i) script.append("set \"a\" \"${a}${a}\";");
    ASSERT_EQ_TEXT(outcome(script, world), "keep");
}
END_TEST

START_TEST(edits)
{
    FakeWorld world;
    sieve::Limits limits;
    limits.edits = 1;
    ASSERT_EQ_TEXT(outcome("require \"editheader\"; addheader \"X\" \"1\";", world, limits),
                   "addheader \"X\" \"1\"; keep");
    ASSERT_EQ_TEXT(outcome("require \"editheader\"; addheader \"X\" \"1\"; addheader \"X\" \"2\";",
                           world, limits),
                   "!run: too many changes of the header");
}
END_TEST

START_TEST(body)
{
    FakeWorld world;
    world.bytes = "A: b\n\nabcdef";
    sieve::Limits limits;
    limits.body_size = 3;
    const std::string require = "require \"body\"; ";
    ASSERT_EQ_TEXT(outcome(require + "if body :contains \"c\" { discard; }", world, limits),
                   "discard");
    ASSERT_EQ_TEXT(outcome(require + "if body :contains \"d\" { discard; }", world, limits),
                   "keep");
}
END_TEST

START_TEST(duplicates)
{
    FakeWorld world;
    world.seen = {"/<m1@example.org>", "h/x"};
    const std::string require = "require \"duplicate\"; ";
    ASSERT_EQ_TEXT(outcome(require + "if duplicate { discard; }", world), "discard");
    ASSERT_EQ_TEXT(outcome(require + "if duplicate :handle \"h\" { discard; }", world),
                   "keep; duplicate \"<m1@example.org>\" :handle \"h\" :seconds 604800");
    ASSERT_EQ_TEXT(outcome(require + "if duplicate :last { discard; }", world),
                   "discard; duplicate \"<m1@example.org>\" :seconds 604800 :last");
    sieve::Limits limits;
    limits.actions = 1;
    ASSERT_EQ_TEXT(outcome(require + "if duplicate :uniqueid \"a\" {} if duplicate :uniqueid \"b\" "
                                     "{}",
                           world, limits),
                   "!run: too many duplicates are looked for");
}
END_TEST

START_TEST(scores)
{
    FakeWorld world;
    const std::string require =
        "require [\"spamtestplus\", \"virustest\", \"fileinto\", \"relational\"]; ";
    struct {
        unsigned percent;
        const char* spam;
        const char* virus;
    } rows[] = {{0, "1", "1"}, {50, "5", "3"}, {100, "10", "5"}};
    for (const auto& row : rows) {
        world.scores = {{"spamtest", row.percent}, {"virustest", row.percent}};
        ASSERT_EQ_TEXT(
            outcome(cat(require, "if allof (spamtest \"", row.spam, "\", virustest \"", row.virus,
                        "\", spamtest :percent \"", row.percent, "\") { discard; }"),
                    world),
            "discard");
    }
}
END_TEST

// `keep` need not mean INBOX: then fileinto INBOX is another mailbox.
START_TEST(keep_is_elsewhere)
{
    FakeWorld world;
    world.keep_in = "list";
    const std::string require = "require [\"fileinto\", \"copy\"]; ";
    ASSERT_EQ_TEXT(outcome(require + "fileinto \"INBOX\"; keep;", world),
                   "fileinto \"INBOX\"; keep");
    ASSERT_EQ_TEXT(outcome(require + "fileinto :copy \"list\";", world), "fileinto \"list\"");
}
END_TEST

struct SilenceCase {
    const char* from;  // null: no envelope
    const char* own;
    const char* to;
    bool answers;
};
const SilenceCase kSilence[] = {
    {"a@b.c", "", "bob@example.com", true},
    {"", "", "bob@example.com", false},
    {nullptr, "", "bob@example.com", false},
    {"MAILER-DAEMON@b.c", "", "bob@example.com", false},
    {"owner-list@b.c", "", "bob@example.com", false},
    {"list-request@b.c", "", "bob@example.com", false},
    {"bob@example.com", "", "bob@example.com", false},
    {"a@b.c", "", "other@example.com", false},
    {"a@b.c", "other@example.com", "Other@example.com", true},
    {"a@b.c", "other@example.com", "g: other@example.com;", true},
    {"not an address", "", "bob@example.com", false},
};

START_TEST(vacation_keeps_silent)
{
    const auto& row = kSilence[_i];
    FakeWorld world;
    if (row.from == nullptr)
        world.envelopes.erase("from");
    else
        world.envelopes["from"] = row.from;
    if (*row.own != '\0') world.own = {row.own};
    world.bytes = cat("To: ", row.to, "\n\n");
    const std::string got = outcome("require \"vacation\"; vacation \"x\";", world);
    ck_assert_msg(got.starts_with("vacation") == row.answers, "%s", got.c_str());
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/sieve/limits");
    TCase* c = tcase_create("all");
    tcase_add_test(c, variables);
    tcase_add_test(c, doubling);
    tcase_add_test(c, edits);
    tcase_add_test(c, body);
    tcase_add_test(c, duplicates);
    tcase_add_test(c, scores);
    tcase_add_test(c, keep_is_elsewhere);
    tcase_add_loop_test(c, vacation_keeps_silent, 0, static_cast<int>(std::size(kSilence)));
    suite_add_tcase(s, c);
    return s;
}

const test::Registered suite(make);

}  // namespace
