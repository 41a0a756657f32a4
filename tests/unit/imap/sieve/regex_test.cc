// draft-ietf-sieve-regex: POSIX extended regular expressions, in linear time.
#include "config.h"
#include "imap/sieve/extension_table.h"
#include "imap/sieve/regex.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "tests/unit/imap/sieve/cases.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using test::FakeWorld;
using test::outcome;
using test::SieveCase;

#if HAVE_RE2

#define REGEX "require [\"regex\", \"variables\", \"fileinto\", \"relational\", \"body\"];"
#define IF(test) REGEX "if " test " { discard; }"
#define CAPTURED(test, text) REGEX "if " test " { fileinto \"" text "\"; }"

const SieveCase kRows[] = {
    {"2: somewhere in the value", IF("header :regex \"subject\" \"to y\""), "discard"},
    {"2: a set and a repetition", IF("header :regex \"x-spam-score\" \"^[0-9]{2}$\""), "discard"},
    {"2: the ends of the value", IF("header :regex \"x-spam-score\" \"^1$\""), "keep"},
    {"2: alternatives", IF("header :regex \"from\" \"(bob|alice)[+]x@\""), "discard"},
    {"2: an alternative that is not there", IF("header :regex \"from\" \"(bob|carol)[+]x@\""),
     "keep"},
    {"2: an empty expression", IF("header :regex \"subject\" \"\""), "discard"},
    {"2: any of the keys", IF("header :regex \"subject\" [\"nothing\", \"you$\"]"), "discard"},
    {"2: any of the values", IF("header :regex \"received\" \"^from z\""), "discard"},
    {"2: no such field", IF("header :regex \"x-none\" \".*\""), "keep"},
    {"2: i;ascii-casemap knows no case", IF("header :regex \"subject\" \"TO YOU\""), "discard"},
    {"2: i;octet knows it", IF("header :regex :comparator \"i;octet\" \"subject\" \"TO YOU\""),
     "keep"},
    {"2: '.' is a character", IF("header :regex \"subject\" \"^Gr..e to\""), "discard"},
    {"2: '.' is an octet with i;octet",
     IF("header :regex :comparator \"i;octet\" \"subject\" \"^Gr....e to\""), "discard"},
    {"2: an address", IF("address :regex :localpart \"from\" \"^al.*x$\""), "discard"},
    {"2: an envelope",
     "require [\"regex\", \"envelope\"]; if envelope :regex \"from\" \"@example[.]org$\" "
     "{ discard; }",
     "discard"},
    {"2: a body", IF("body :raw :regex \"a b[od]+y\""), "discard"},
    {"2: an escaped character", IF("header :regex \"from\" \"example\\\\.org\""), "discard"},
    {"2: a class of POSIX", IF("header :regex \"x-spam-score\" \"^[[:digit:]]+$\""), "discard"},
    {"2: what other matchers know", IF("header :regex \"x-spam-score\" \"^\\\\d+$\""), "discard"},
    {"2: broken 8-bit values are matched", IF("header :regex \"subject\" \"^a.b$\""), "discard",
     "Subject: a\xff"
     "b\r\n\r\n"},
    {"5: match variables",
     CAPTURED("header :regex \"subject\" \"(t.) (y(.)u)\"", "${0}-${1}-${2}-${3}-${4}"),
     "fileinto \"to you-to-you-o-\""},
    {"5: a group that took no part",
     CAPTURED("header :regex \"subject\" \"(no)?to (you)\"", "${1}-${2}"), "fileinto \"-you\""},
    {"5: the longest of the leftmost",
     CAPTURED("header :regex \"subject\" \"(to|to you)\"", "${1}"), "fileinto \"to you\""},
    {"5: no more than ${9}",
     CAPTURED("string :regex \"abcdefghijk\" \"(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)\"", "${1}${9}"),
     "fileinto \"ai\""},
    {"5: no match leaves them",
     REGEX "if header :regex \"subject\" \"(to)\" {} if header :regex \"subject\" \"(x+)z\" {}"
           "fileinto \"${1}\";",
     "fileinto \"to\""},
    {"5: a body sets none",
     CAPTURED("allof(header :regex \"subject\" \"(to)\", "
              "body :raw :regex \"(body)\")",
              "${1}"),
     "fileinto \"to\""},
    {"5: a key with a variable",
     REGEX "set \"k\" \"y.u\"; if header :regex \"subject\" \"${k}$\" { discard; }", "discard"},
    {"6: :quoteregex", REGEX "set :quoteregex \"k\" \"a.b*[c]{1}(d)|^$+?\\\\\"; fileinto \"${k}\";",
     "fileinto \"a\\\\.b\\\\*\\\\[c\\\\]\\\\{1\\\\}\\\\(d\\\\)\\\\|\\\\^\\\\$\\\\+\\\\?\\\\\\\\\""},
    {"6: :quoteregex and :quotewildcard are of one precedence",
     REGEX "set :quoteregex :quotewildcard \"k\" \"a\";", "!quotewildcard' is one tag too many"},
    {"2: not with i;ascii-numeric",
     "require [\"regex\", \"comparator-i;ascii-numeric\"]; if header :regex :comparator "
     "\"i;ascii-numeric\" \"x-spam-score\" \"1\" {}",
     "!cannot be used with :regex"},
    {"2: needs require", "if header :regex \"subject\" \"x\" {}", "!has no tag ':regex'"},
    {"ihave",
     "require \"ihave\"; if ihave \"regex\" { if header :regex \"subject\" \"you$\" "
     "{ discard; } }",
     "discard"},
    {"one that is wrong says where, and what",
     "require \"regex\";\nif header :regex \"subject\"\n  [\"a\", \"(b\"] {}",
     "!3:9: \"(b\" is no regular expression: missing )"},
    {"one that is wrong, not in a list",
     "require \"regex\";\nif header :regex \"subject\" \"a**(\" {}", "!2:28: "},
    {"no back references", IF("header :regex \"subject\" \"(a)\\\\1\""), "!invalid escape"},
    {"no look-ahead", IF("header :regex \"subject\" \"(?=a)\""), "!is no regular expression"},
    {"a wrong one that a variable makes",
     REGEX "set \"k\" \"(\"; if header :regex \"subject\" \"${k}\" {}",
     "!run: \"(\" is no regular expression"},
    {"one that needs too much memory",
     IF("header :regex \"subject\" \"((((a{30}){30}){30}){30})\""), "!is no regular expression"},
};

SIEVE_TABLE(rows, kRows)

START_TEST(patterns_have_a_limit)
{
    FakeWorld world;
    sieve::Limits limits;
    limits.pattern_size = 4;
    ASSERT_EQ_TEXT(
        outcome("require \"regex\";\nif header :regex \"subject\"\n \"abcde\" {}", world, limits),
        "!3:2: a pattern is too long: at most 4 bytes");
    ASSERT_EQ_TEXT(
        outcome(REGEX "set \"a\" \"abc\"; if string :regex \"x\" \"${a}${a}\" {}", world, limits),
        "!run: a pattern is too long");
}
END_TEST

// Small ones can be costly to make, and a script can have many.
START_TEST(all_of_a_script_have_a_limit)
{
    FakeWorld world;
    sieve::Limits limits;
    limits.regex_size = 200;
    ASSERT_EQ_TEXT(outcome("require \"regex\";\nif header :regex \"a\" [\"b{90}\",\n \"b{90}\"] {}",
                           world, limits),
                   "keep");
    ASSERT_EQ_TEXT(
        outcome("require \"regex\";\nif header :regex \"a\" [\"b{90}\",\n \"b{190}\"] {}", world,
                limits),
        "!3:2: the regular expressions of the script are too large together");
    // Those that a run makes again and again.
    std::string script = REGEX "set \"k\" \"[[:alpha:]]{900}\";";
    for (int i = 0; i < 2000; ++i) script += "if string :regex \"x\" \"${k}\" {}";
    ASSERT_EQ_TEXT(outcome(script, world), "!run: the script takes too long");
}
END_TEST

// What takes other matchers time without end (RFC 5228 10), and long values.
START_TEST(the_time_has_a_bound)
{
    FakeWorld world;
    world.bytes = cat("Subject: ", std::string(60000, 'a'), "\r\n\r\n", std::string(1 << 20, 'a'));
    const char* const kHard[] = {"(a*)*b", "(a|aa)+b", "(.*)(.*)(.*)(.*)b", "(x+x+)+y"};
    for (const char* hard : kHard)
        ASSERT_EQ_TEXT(outcome(cat(REGEX, "if anyof(header :regex \"subject\" \"", hard,
                                   "\", body :raw :regex \"", hard, "\") { discard; }"),
                               world),
                       "keep");
    // One of a thousand states over a megabyte costs more than a script may take.
    ASSERT_EQ_TEXT(
        outcome(REGEX "if body :raw :regex \"(a|b)*(a(a|b){400}c)\" { discard; }", world),
        "!run: the script takes too long");
    // Many keys, one at a time.
    std::string keys;
    for (int i = 0; i < 4000; ++i) cat_to(keys, i == 0 ? "" : ", ", "\"x", i, "\"");
    ASSERT_EQ_TEXT(
        outcome(cat(REGEX, "if header :regex \"from\" [", keys, "] { discard; }"), world), "keep");
}
END_TEST

START_TEST(it_is_announced)
{
    ck_assert(sieve::can_be_had("regex"));
    ck_assert(sieve::announced_capabilities().find(" regex ") != std::string::npos);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/sieve/regex");
    TCase* c = tcase_create("all");
    tcase_add_loop_test(c, rows, 0, static_cast<int>(std::size(kRows)));
    tcase_add_test(c, patterns_have_a_limit);
    tcase_add_test(c, all_of_a_script_have_a_limit);
    tcase_add_test(c, the_time_has_a_bound);
    tcase_add_test(c, it_is_announced);
    suite_add_tcase(s, c);
    return s;
}

#else

START_TEST(skipped_for_want_of_libre2_and_it_is_not_announced)
{
    ck_assert(!sieve::can_be_had("regex"));
    ck_assert(sieve::announced_capabilities().find("regex") == std::string::npos);
    FakeWorld world;
    ASSERT_EQ_TEXT(outcome("require \"regex\";", world),
                   "!1:9: the extension \"regex\" is not known");
    ASSERT_EQ_TEXT(
        outcome("require \"ihave\"; if ihave \"regex\" { if header :regex \"a\" \"b\" {} }", world),
        "keep");
    ASSERT_CODE(sieve::Regex::compile(sieve::Comparator::Kind::octet, "a"), Code::unsupported);
}
END_TEST

Suite* make()
{
    log::notice("regex: its cases are skipped, configure found no libre2");
    Suite* s = suite_create("imap/sieve/regex");
    TCase* c = tcase_create("all");
    tcase_add_test(c, skipped_for_want_of_libre2_and_it_is_not_announced);
    suite_add_tcase(s, c);
    return s;
}

#endif

const test::Registered suite(make);

}  // namespace
