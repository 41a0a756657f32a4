// What sieve_extensions makes of the table, and what an upload is told.
#include "imap/managesieve/extensions.h"

#include "imap/sieve/extension_table.h"
#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using managesieve::Extensions;

Extensions make_extensions(std::string_view more)
{
    auto made = config::Config::from_text(
        cat("configdirectory: /nowhere\nservername: be1.example.org\n", more), "sieve");
    ASSERT_OK(made);
    return Extensions(*made);
}

START_TEST(announced)
{
    ASSERT_EQ_TEXT(make_extensions("").announced(), sieve::announced_capabilities());
    const std::string always =
        "comparator-i;ascii-numeric comparator-i;unicode-casemap encoded-character";
    const struct {
        const char* option;
        std::string announced;
    } kCases[] = {
        {"sieve_extensions: nothing-known\n", always},
        {"sieve_extensions: imapflags\n", always + " imap4flags"},
        {"sieve_extensions: extlists\n", always},
        {"sieve_extensions: fileinto imap4flags x-cyrus-log\n", always + " fileinto imap4flags"},
        {"sieve_extensions: notify\n",
         "comparator-i;ascii-numeric comparator-i;unicode-casemap encoded-character enotify"},
        {"sieve_extensions: reject\n", always + " ereject reject"},
        {"sieve_extensions: vacation vacation-seconds\n", always + " vacation vacation-seconds"},
    };
    for (const auto& c : kCases) ASSERT_EQ_TEXT(make_extensions(c.option).announced(), c.announced);
    ck_assert(make_extensions("sieve_extensions: notify\n").is_announced("enotify"));
    // There are no lists.
    ck_assert(!make_extensions("").is_announced("extlists"));
    ck_assert(make_extensions("").check("require \"extlists\";").find("not in use here") !=
              std::string::npos);
    ck_assert(!make_extensions("sieve_extensions: vacation-seconds\n").is_announced("vacation"));
}
END_TEST

START_TEST(checks)
{
    const Extensions all = make_extensions("");
    ASSERT_EQ_TEXT(all.check(""), "");
    ASSERT_EQ_TEXT(all.check("require \"fileinto\"; fileinto \"x\";"), "");
    const std::string errors = all.check("keep\nfileinto \"x\";\nfoo;\n");
    ck_assert_msg(errors.starts_with("line 2, column 1: "), "%s", errors.c_str());
    const Extensions few = make_extensions("sieve_extensions: copy\n");
    ASSERT_EQ_TEXT(few.check("require \"copy\"; redirect :copy \"a@example.org\";"), "");
    ASSERT_EQ_TEXT(few.check("require [\"copy\", \"fileinto\"]; keep;"),
                   "line 1, column 1: the extension \"fileinto\" is not in use here");
    const Extensions small = make_extensions("sieve_maxscriptsize: 1\n");
    ASSERT_EQ_TEXT(small.check(std::string(1024, ' ')), "");
    ck_assert(!small.check(std::string(1025, ' ')).empty());
    // As many lines as there are errors, ten at most.
    std::string bad;
    for (int i = 0; i < 20; ++i) bad += "keep 1;\n";
    ck_assert_uint_eq(split(all.check(bad), '\n').size(), 10);
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("extensions");
    TCase* c = tcase_create("extensions");
    tcase_add_test(c, announced);
    tcase_add_test(c, checks);
    suite_add_tcase(suite, c);
    return suite;
}
const test::Registered registered(make);

}  // namespace
