// RFC 5228, the base of Sieve.
#include "imap/sieve/extension_table.h"
#include "lib/base/strings.h"
#include "tests/unit/imap/sieve/cases.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using test::FakeWorld;
using test::SieveCase;

const SieveCase kGrammar[] = {
    {"2.10.2 an empty script keeps", "", "keep"},
    {"8.1 a byte order mark is passed over",
     "\xef\xbb\xbf"
     "discard;",
     "discard"},
    {"2.3 comments", "# one\r\n/* two\n * three */ discard /* # */; # four", "discard"},
    {"2.3 bracketed comments do not nest", "/* /* */ discard;", "discard"},
    {"2.3 a comment that is not closed", "discard; /* x", "!1:10: a comment is not closed"},
    {"2.1 commands without regard to case", "DisCard;", "discard"},
    {"2.4.2 quoting", "require \"fileinto\"; fileinto \"a\\\"b\\\\c\\d\";",
     "fileinto \"a\\\"b\\\\cd\""},
    {"2.4.2 a string over two lines", "redirect \"a\n@b.c\";", "!is not an address"},
    {"2.4.2 a string that is not closed", "redirect \"a;", "!1:10: a string is not closed"},
    {"2.4.2 text:", "require \"fileinto\";\nfileinto text: # note\r\na\r\n.\r\n;",
     "!run: a string "
     "cannot be the name of a mailbox"},
    {"2.4.2 text: without a last line", "redirect text:\na\n", "!1:10: a 'text:' is not closed"},
    {"2.4.2 text: with words behind", "redirect text: a\n.\n;", "!expected the end of the line"},
    {"2.4.2 text: dots are taken off", "if header :is \"x-a\" text:\r\n..b\r\n.\r\n { discard; }",
     "keep"},
    {"2.4.1 K", "if size :over 1K { discard; }", "keep"},
    {"2.4.1 no other letter", "if size :over 1T { discard; }", "!expected K, M, G"},
    {"2.4.1 too large", "if size :over 99999999999999999999 {}", "!the number is too large"},
    {"2.4.1 too large by its letter", "if size :over 9999999999999G {}",
     "!the number is too large"},
    {"2.4.1 no negative number", "if size :over -1 {}", "!begins nothing"},
    {"2.1 not UTF-8", "discard;\n# \xff", "!2:3: expected UTF-8"},
    {"2.1 a string in UTF-8", "require \"fileinto\"; fileinto \"Gr\xc3\xbc\xc3\x9f\x65\";",
     "fileinto \"Gr\xc3\xbc\xc3\x9f\x65\""},
    {"8.2 a missing semicolon", "discard", "!1:8: expected ';' or '{', not the end"},
    {"8.2 a missing brace", "if true { discard;", "!expected '}', not the end of the script"},
    {"8.2 a brace too many", "discard; } keep;", "!1:10: '}' without '{'"},
    {"8.2 a number is no command", "12;", "!1:1: expected a command, not a number"},
    {"8.2 a list without a comma", "require [\"fileinto\" \"envelope\"];", "!expected ',' or ']'"},
    {"8.2 an empty list", "if exists [] {}", "!expected a string, not ']'"},
    {"8.2 a test list that is not closed", "if anyof (true, true { }", "!expected ',' or ')'"},
    {"8.2 a tag without name", "if size : over 1 {}", "!1:9: expected the name of a tag"},
    {"8.2 more than one error is told", "foo;\nbar;\nkeep 1;",
     "!1:1: unknown command 'foo'; 2:1: "
     "unknown command 'bar'; 3:6: 'keep' takes no argument here"},
    {"8.2 one error of each broken command", "if ( {} foo }\nkeep;\n[;\n", "!expected a test"},
};

const SieveCase kControl[] = {
    {"3.1 if", "if true { discard; }", "discard"},
    {"3.1 else", "if false { discard; } else { redirect \"a@b.c\"; }", "redirect \"a@b.c\""},
    {"3.1 elsif", "if false { discard; } elsif true { redirect \"a@b.c\"; } else { discard; }",
     "redirect \"a@b.c\""},
    {"3.1 only the first that holds",
     "if true { redirect \"a@b.c\"; } elsif true { discard; } else { discard; }",
     "redirect \"a@b.c\""},
    {"3.1 an empty block", "if true {} else { discard; }", "keep"},
    {"3.1 two chains", "if true {} if false {} else { discard; }", "discard"},
    {"3.1 else alone", "else { discard; }", "!1:1: 'else' must follow"},
    {"3.1 elsif after else", "if true {} else {} elsif true {}", "!'elsif' must follow"},
    {"3.1 elsif after a command", "if true {} keep; elsif true {}", "!'elsif' must follow"},
    {"3.1 else within a block", "if true { else {} }", "!'else' must follow"},
    {"3.1 if without a block", "if true;", "!'if' expects a block"},
    {"3.1 if without a test", "if { }", "!'if' expects a test"},
    {"3.1 else with a test", "if true {} else true {}", "!'else' takes no test"},
    {"3.1 if with a list", "if (true, true) {}", "!expects one test, not a list"},
    {"3.2 require", "require [\"fileinto\", \"envelope\"]; fileinto \"a\";", "fileinto \"a\""},
    {"3.2 require twice", "require \"fileinto\"; require \"fileinto\"; fileinto \"a\";",
     "fileinto \"a\""},
    {"3.2 require after a command", "keep; require \"fileinto\";", "!1:7: 'require' must stand"},
    {"3.2 require in a block", "if true { require \"fileinto\"; }", "!'require' must stand"},
    {"3.2 an unknown extension", "require [\"fileinto\", \"no-such\"];",
     "!1:9: the extension \"no-such\" is not known"},
    {"3.2 extensions by their exact name", "require \"FileInto\";", "!is not known"},
    {"3.2 the empty extension", "require \"\";", "!is not known"},
    {"3.2 fileinto needs it", "fileinto \"a\";", "!'fileinto' needs require \"fileinto\""},
    {"3.2 envelope needs it", "if envelope \"from\" \"a\" {}", "!needs require \"envelope\""},
    {"3.3 stop is no error, and keeps", "stop; discard;", "keep"},
    {"3.3 stop ends blocks", "if true { if true { stop; } } discard;", "keep"},
    {"3.3 stop keeps what was done", "discard; stop;", "discard"},
    {"3.3 stop without arguments", "stop 1;", "!'stop' takes no argument"},
    {"a command is no test", "if keep {}", "!unknown test 'keep'"},
    {"a test is no command", "true;", "!unknown command 'true'"},
    {"a command with a block", "keep {}", "!'keep' takes no block"},
    {"a command with a test", "keep true;", "!'keep' takes no test"},
};

const SieveCase kActions[] = {
    {"4.1 fileinto", "require \"fileinto\"; fileinto \"a/b\";", "fileinto \"a/b\""},
    {"4.1 fileinto wants one string", "require \"fileinto\"; fileinto [\"a\"];",
     "!'fileinto' expects a string as argument 1"},
    {"4.1 fileinto wants a string", "require \"fileinto\"; fileinto;", "!expects a string"},
    {"4.1 no such mailbox name", "require \"fileinto\"; fileinto \"\";", "!run:"},
    {"2.10.3 one mailbox gets it once",
     "require \"fileinto\"; fileinto \"a\"; fileinto \"b\"; fileinto \"a\";",
     "fileinto \"a\"; fileinto \"b\""},
    {"2.10.3 keep and fileinto INBOX", "require \"fileinto\"; fileinto \"inbox\"; keep;",
     "fileinto \"inbox\""},
    {"2.10.3 fileinto INBOX and keep", "require \"fileinto\"; keep; fileinto \"INBOX\";", "keep"},
    {"4.2 redirect", "redirect \"a@example.org\";", "redirect \"a@example.org\""},
    {"4.2 redirect with a phrase", "redirect \"Me <a@example.org>\";",
     "redirect \"a@example.org\""},
    {"4.2 redirect to one address once", "redirect \"a@b.c\"; redirect \"A@b.c\"; keep;",
     "redirect \"a@b.c\"; keep"},
    {"2.4.2.3 no list of addresses", "redirect \"a@b.c, d@e.f\";", "!is not an address"},
    {"2.4.2.3 no group", "redirect \"g: a@b.c;\";", "!is not an address"},
    {"2.4.2.3 no route", "redirect \"<@x:a@b.c>\";", "!is not an address"},
    {"2.4.2.3 no local part alone", "redirect \"a\";", "!is not an address"},
    {"2.4.2.3 nothing", "redirect \"\";", "!is not an address"},
    {"2.4.2.3 no line end", "redirect \"a@b.c\r\nRCPT TO:<d@e.f>\";", "!is not an address"},
    {"4.3 keep", "keep;", "keep"},
    {"4.3 keep twice", "keep; keep;", "keep"},
    {"4.4 discard", "discard;", "discard"},
    {"4.4 discard cancels only the implicit keep", "discard; keep;", "discard; keep"},
    {"2.10.4 five redirects",
     "redirect \"a@b.c\"; redirect \"b@b.c\"; redirect \"c@b.c\"; "
     "redirect \"d@b.c\"; redirect \"e@b.c\";",
     "!run: too many redirects"},
};

const SieveCase kTests[] = {
    {"5.1 address, all", "if address \"from\" \"alice+x@example.org\" { discard; }", "discard"},
    {"5.1 address, second of a list", "if address :localpart \"to\" \"carol\" { discard; }",
     "discard"},
    {"5.1 address, domain", "if address :domain :is \"to\" \"SUB.example.com\" { discard; }",
     "discard"},
    {"5.1 never the phrase", "if address :contains \"from\" \"Alpha\" { discard; }", "keep"},
    {"5.1 only headers of addresses", "if address \"subject\" \"a\" {}", "!which has no addresses"},
    {"5.1 members of a group", "if address \"to\" \"a@b.c\" { discard; }", "discard",
     "To: g: a@b.c, d@e.f;\n\n"},
    {"5.1 a group's name is no address", "if address :contains \"to\" \"gr\" { discard; }", "keep",
     "To: gr: a@b.c;\n\n"},
    {"2.7.4 two address parts", "if address :all :domain \"from\" \"a\" {}", "!one tag too many"},
    {"5.2 allof", "if allof (true, true) { discard; }", "discard"},
    {"5.2 allof, one false", "if allof (true, false) { discard; }", "keep"},
    {"5.2 allof wants a list", "if allof true {}", "!expects a list of tests"},
    {"5.3 anyof", "if anyof (false, true) { discard; }", "discard"},
    {"5.3 anyof, none", "if anyof (false, false) { discard; }", "keep"},
    {"5.4 envelope from",
     "require \"envelope\"; if envelope \"FROM\" \"alice+x@example.org\" { "
     "discard; }",
     "discard"},
    {"5.4 envelope to, part",
     "require \"envelope\"; if envelope :domain \"to\" \"example.com\" { "
     "discard; }",
     "discard"},
    {"5.4 envelope, unknown part", "require \"envelope\"; if envelope \"rcpt\" \"a\" {}",
     "!\"rcpt\" is not a part of the envelope"},
    {"5.4 envelope, absent part",
     "require \"envelope\"; if envelope :contains \"auth\" \"\" { "
     "discard; }",
     "keep"},
    {"5.5 exists", "if exists [\"from\", \"TO\"] { discard; }", "discard"},
    {"5.5 exists, one not", "if exists [\"from\", \"cc\"] { discard; }", "keep"},
    {"5.5 exists, empty value", "if exists \"x-empty\" { discard; }", "discard"},
    {"5.6 false", "if false { discard; }", "keep"},
    {"5.7 header, decoded and unfolded",
     "if header \"subject\" \"Gr\xc3\xbc\xc3\x9f\x65 to you\" { "
     "discard; }",
     "discard"},
    {"5.7 header, second value", "if header :contains \"received\" \"from z.\" { discard; }",
     "discard"},
    {"5.7 header, empty value contains nothing",
     "if header :contains \"x-empty\" \"\" { discard; "
     "}",
     "discard"},
    {"5.7 header, absent", "if header :contains \"cc\" \"\" { discard; }", "keep"},
    {"2.4.2.2 a name that cannot be", "if header :contains \"from:\" \"\" { discard; }", "keep"},
    {"2.4.2.2 space before the colon", "if header \"x-a\" \"b\" { discard; }", "discard",
     "X-A : b\n\n"},
    {"8-bit headers are matched", "if header :contains \"subject\" \"\xc3\xbc\" { discard; }",
     "discard", "Subject: gr\xc3\xbc\n\n"},
    {"Latin-1 headers are matched", "if header :contains \"subject\" \"\xc3\xbc\" { discard; }",
     "discard", "Subject: gr\xfc\n\n"},
    {"a broken line is no header", "if header \"a\" \"b\" { discard; }", "discard",
     "no header here\nA: b\n\n"},
    {"a broken encoded word", "if header :contains \"a\" \"=?utf-8?q?x\" { discard; }", "discard",
     "A: =?utf-8?q?x\n\n"},
    {"a message without a header", "if not exists \"a\" { discard; }", "discard", "\n"},
    {"no message at all", "if size :under 1 { discard; }", "discard", ""},
    {"5.8 not", "if not false { discard; }", "discard"},
    {"5.8 not not", "if not not false { discard; }", "keep"},
    {"5.9 size over", "if size :over 100 { discard; }", "discard"},
    {"5.9 exactly is neither over", "if size :over 4 { discard; }", "keep", "\nabc"},
    {"5.9 exactly is neither under", "if size :under 4 { discard; }", "keep", "\nabc"},
    {"5.9 size without a tag", "if size 100 {}", "!'size' expects ':over'"},
    {"5.9 size with both", "if size :over 1 :under 2 {}", "!one tag too many"},
    {"5.9 size wants a number", "if size :over \"1\" {}", "!':over' expects a number"},
};

const SieveCase kMatching[] = {
    {"2.7.1 :is is the default", "if header \"X-Spam-Score\" \"1\" { discard; }", "keep"},
    {"2.7.1 :contains", "if header :contains \"X-Spam-Score\" \"2\" { discard; }", "discard"},
    {"2.7.1 two match types", "if header :is :contains \"a\" \"b\" {}", "!one tag too many"},
    {"2.7.1 :matches *", "if header :matches \"x-spam-score\" \"1*\" { discard; }", "discard"},
    {"2.7.1 :matches ?", "if header :matches \"x-spam-score\" \"??\" { discard; }", "discard"},
    {"2.7.1 ? is one", "if header :matches \"x-spam-score\" \"???\" { discard; }", "keep"},
    {"2.7.1 the whole value", "if header :matches \"x-spam-score\" \"1\" { discard; }", "keep"},
    {"2.7.1 * at both ends", "if header :matches \"received\" \"*z.ex*g; Fri*\" { discard; }",
     "discard"},
    {"2.7.1 the end is anchored", "if header :matches \"a\" \"*ab\" { discard; }", "discard",
     "A: abab\n\n"},
    {"2.7.1 the end does not overlap", "if header :matches \"a\" \"aba*bab\" { discard; }", "keep",
     "A: abab\n\n"},
    {"2.7.1 * takes nothing", "if header :matches \"x-empty\" \"***\" { discard; }", "discard"},
    {"2.7.1 ? needs one", "if header :matches \"x-empty\" \"*?\" { discard; }", "keep"},
    {"2.7.1 quoted wildcard", "if header :matches \"a\" \"\\\\*\" { discard; }", "keep",
     "A: b\n\n"},
    {"2.7.1 quoted wildcard stands for itself", "if header :matches \"a\" \"\\\\*\" { discard; }",
     "discard", "A: *\n\n"},
    {"2.7.1 ? is one character", "if header :matches \"subject\" \"Gr??e to you\" { discard; }",
     "discard"},
    {"2.7.1 ? is one octet with i;octet",
     "if header :matches :comparator \"i;octet\" \"subject\" \"Gr????e to you\" { discard; }",
     "discard"},
    {"2.7.1 stars without end",
     "if header :matches \"a\" \"*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b\" { "
     "discard; }",
     "keep", "A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n\n"},
    {"2.7.3 casemap is the default",
     "if header \"from\" \"ALICE alpha <alice+x@example.org>\" { "
     "discard; }",
     "discard"},
    {"2.7.3 casemap is ASCII only", "if header :contains \"subject\" \"GR\xc3\x9c\" { discard; }",
     "keep"},
    {"2.7.3 i;octet", "if header :contains :comparator \"i;octet\" \"from\" \"ALICE\" { discard; }",
     "keep"},
    {"2.7.3 i;octet may be required", "require \"comparator-i;octet\"; discard;", "discard"},
    {"2.7.3 i;ascii-numeric",
     "require \"comparator-i;ascii-numeric\"; if header :comparator "
     "\"i;ascii-numeric\" \"x-spam-score\" \"0012\" { discard; }",
     "discard"},
    {"2.7.3 no number is infinity",
     "require \"comparator-i;ascii-numeric\"; if header :comparator "
     "\"i;ascii-numeric\" \"subject\" \"x\" { discard; }",
     "discard"},
    {"2.7.3 i;ascii-numeric must be required",
     "if header :comparator \"i;ascii-numeric\" \"a\" "
     "\"1\" {}",
     "!the comparator \"i;ascii-numeric\" is not known, or not required"},
    {"2.7.3 no substrings of numbers",
     "require \"comparator-i;ascii-numeric\"; if header :contains "
     ":comparator \"i;ascii-numeric\" \"a\" \"1\" {}",
     "!cannot be used with :contains"},
    {"2.7.3 an unknown comparator", "if header :comparator \"i;x\" \"a\" \"b\" {}", "!not known"},
    {"5051 i;unicode-casemap",
     "require \"comparator-i;unicode-casemap\"; if header :contains "
     ":comparator \"i;unicode-casemap\" \"subject\" \"GR\xc3\x9c\" { discard; }",
     "discard"},
    {"2.6.2 a tag behind an argument", "if header \"a\" :is \"b\" {}", "!tags must stand before"},
    {"2.6.2 a tag that is not its", "if header :over 1 \"a\" \"b\" {}", "!has no tag ':over'"},
    {"2.6.2 a tag needs its value", "if header :comparator {}", "!':comparator' expects a string"},
    {"2.6 an argument too few", "if header \"a\" {}", "!expects a string list as argument 2"},
    {"2.6 an argument too many", "if header \"a\" \"b\" \"c\" {}", "!takes no argument here"},
    {"2.4.2.4 hex", "require [\"encoded-character\", \"fileinto\"]; fileinto \"${hex:24 40}\";",
     "fileinto \"$@\""},
    {"2.4.2.4 unicode",
     "require [\"encoded-character\", \"fileinto\"]; fileinto \"${UniCode:00fc}"
     "\";",
     "fileinto \"\xc3\xbc\""},
    {"2.4.2.4 without require", "require \"fileinto\"; fileinto \"${hex:40}\";",
     "fileinto \"${hex:40}\""},
    {"2.4.2.4 not one", "require [\"encoded-character\", \"fileinto\"]; fileinto \"${hex:4x}$\";",
     "fileinto \"${hex:4x}$\""},
    {"2.4.2.4 not Unicode",
     "require [\"encoded-character\", \"fileinto\"]; fileinto "
     "\"${unicode:110000}\";",
     "!is no character of Unicode"},
    {"2.4.2.4 a surrogate",
     "require [\"encoded-character\", \"fileinto\"]; fileinto "
     "\"${unicode:D800}\";",
     "!is no character of Unicode"},
};

SIEVE_TABLE(grammar, kGrammar)
SIEVE_TABLE(control, kControl)
SIEVE_TABLE(actions, kActions)
SIEVE_TABLE(tests, kTests)
SIEVE_TABLE(matching, kMatching)

// Each limit: what is at it passes, what is over it does not.
START_TEST(limits_of_the_text)
{
    FakeWorld world;
    sieve::Limits limits;
    limits.script_size = 8;
    ASSERT_EQ_TEXT(test::outcome("discard;", world, limits), "discard");
    ASSERT_EQ_TEXT(test::outcome("discard; ", world, limits),
                   "!1:1: the script is too long: at most 8 bytes");
    limits = {};
    limits.nesting = 3;
    ASSERT_EQ_TEXT(test::outcome("if true { if true { if true { discard; } } }", world, limits),
                   "discard");
    ck_assert(test::outcome("if true { if true { if true { if true {} } } }", world, limits)
                  .starts_with("!1:"));
    ASSERT_EQ_TEXT(test::outcome("if not not true { discard; }", world, limits), "discard");
    ck_assert(test::outcome("if not not not true { discard; }", world, limits).starts_with("!1:"));
    limits = {};
    limits.string_size = 5;
    ASSERT_EQ_TEXT(test::outcome("redirect \"a@b.c\";", world, limits), "redirect \"a@b.c\"");
    ASSERT_EQ_TEXT(test::outcome("redirect \"aa@b.c\";", world, limits),
                   "!1:10: the string is too long");
    ASSERT_EQ_TEXT(test::outcome("redirect text:\naa@b.\n.\n;", world, limits),
                   "!1:10: the string is too long");
    limits = {};
    limits.list_size = 2;
    ASSERT_EQ_TEXT(test::outcome("if exists [\"to\",\"to\"] { discard; }", world, limits),
                   "discard");
    ASSERT_EQ_TEXT(test::outcome("if exists [\"to\",\"to\",\"to\"] { discard; }", world, limits),
                   "!1:22: too many strings: at most 2");
    limits = {};
    limits.pattern_size = 3;
    ASSERT_EQ_TEXT(test::outcome("if header :matches \"to\" \"b*m\" { keep; }", world, limits),
                   "keep");
    ASSERT_EQ_TEXT(test::outcome("if header :matches \"to\" \"b**m\" { keep; }", world, limits),
                   "!1:25: a pattern is too long: at most 3 bytes");
    limits = {};
    limits.errors = 2;
    ASSERT_EQ_TEXT(test::outcome("a; b; c; d;", world, limits),
                   "!1:1: unknown command 'a'; 1:4: unknown command 'b'");
}
END_TEST

START_TEST(limits_of_a_run)
{
    FakeWorld world;
    sieve::Limits limits;
    limits.instructions = 4;
    ASSERT_EQ_TEXT(test::outcome("keep; keep; keep; keep;", world, limits), "keep");
    ASSERT_EQ_TEXT(test::outcome("keep; keep; keep; keep; keep;", world, limits),
                   "!run: the script takes too long");
    limits = {};
    limits.actions = 2;
    ASSERT_EQ_TEXT(test::outcome("redirect \"a@b.c\"; keep;", world, limits),
                   "redirect \"a@b.c\"; keep");
    ASSERT_EQ_TEXT(test::outcome("redirect \"a@b.c\"; keep; discard;", world, limits),
                   "!run: too many actions");
    limits = {};
    limits.redirects = 1;
    ASSERT_EQ_TEXT(test::outcome("redirect \"a@b.c\"; redirect \"b@b.c\";", world, limits),
                   "!run: too many redirects");
    limits = {};
    limits.subject_size = 4;
    ASSERT_EQ_TEXT(test::outcome("if header \"from\" \"Alic\" { discard; }", world, limits),
                   "discard");
}
END_TEST

// A long value and the worst pattern for it take a bounded time; the run is charged for it.
START_TEST(worst_pattern)
{
    FakeWorld world;
    world.bytes = cat("A: ", std::string(65000, 'a'), "\n\n");
    std::string script = "if header :matches \"a\" \"*";
    for (int i = 0; i < 500; ++i) script.append("aa?*");
    script.append("b\" { discard; }");
    ASSERT_EQ_TEXT(test::outcome(script, world), "keep");
    std::string often = "if anyof (false";
    for (int i = 0; i < 200; ++i) often.append(cat(", ", script.substr(3, script.find(" {") - 3)));
    often.append(") { discard; }");
    sieve::Limits limits;
    limits.script_size = 1 << 20;
    ASSERT_EQ_TEXT(test::outcome(often, world, limits), "!run: the script takes too long");
}
END_TEST

START_TEST(table_is_what_is_announced)
{
    const std::string all = cat(' ', sieve::announced_capabilities(), ' ');
    for (const auto& row : sieve::extension_table()) {
        if (row.capability.empty()) continue;
        ck_assert((all.find(cat(' ', row.capability, ' ')) != std::string::npos) == row.offered);
        if (row.capability != "variables" && row.capability != "encoded-character")
            ck_assert(sieve::can_be_had(row.capability) == row.offered);
        FakeWorld world;
        ASSERT_EQ_TEXT(test::outcome(cat("require \"", row.capability, "\";"), world), "keep");
    }
    ck_assert(!sieve::find_extension("fileint"));
    ck_assert(!sieve::find_extension("zzz"));
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/sieve/rfc5228");
    TCase* c = tcase_create("all");
    tcase_add_loop_test(c, grammar, 0, std::size(kGrammar));
    tcase_add_loop_test(c, control, 0, std::size(kControl));
    tcase_add_loop_test(c, actions, 0, std::size(kActions));
    tcase_add_loop_test(c, tests, 0, std::size(kTests));
    tcase_add_loop_test(c, matching, 0, std::size(kMatching));
    tcase_add_test(c, limits_of_the_text);
    tcase_add_test(c, limits_of_a_run);
    tcase_add_test(c, worst_pattern);
    tcase_add_test(c, table_is_what_is_announced);
    suite_add_tcase(s, c);
    return s;
}

const test::Registered suite(make);

}  // namespace
