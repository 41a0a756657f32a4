// What users of other servers reported, as far as it is decided here: cyrus-imapd's numbers unless
// another project is named.
#include <map>

#include "imap/sieve/actions.h"
#include "lib/base/strings.h"
#include "tests/unit/imap/sieve/cases.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using test::FakeWorld;
using test::outcome;

#define ALL                                                                        \
    "require [\"fileinto\", \"copy\", \"imap4flags\", \"include\", \"vacation\", " \
    "\"variables\", \"relational\", \"comparator-i;ascii-numeric\", \"reject\", "  \
    "\"editheader\", \"mailbox\", \"body\"]; "
#define KEPT "keep"

struct Trap {
    const char* name;
    const char* script;
    const char* want;
    const char* message = nullptr;
    std::map<std::string, std::string> personal = {};
    const char* keep_in = "INBOX";
    std::vector<std::string> own = {};
};

constexpr const char* kToAlias = "From: a@example.org\r\nTo: info@example.com\r\n\r\n";

const Trap kTraps[] = {
    {"#3023 :copy into INBOX and the implicit keep are one message",
     ALL "fileinto :copy \"INBOX\";", "fileinto \"INBOX\""},
    {"#3023 whatever its case", ALL "fileinto :copy \"inbox\";", "fileinto \"inbox\""},
    {"#3023 the implicit keep is the last, with the flags of the end",
     ALL "fileinto :copy :flags \"a\" \"INBOX\"; setflag \"b\";",
     "fileinto \"INBOX\" :flags \"b\""},
    {"#3023 :copy elsewhere leaves the implicit keep", ALL "fileinto :copy \"a\";",
     "fileinto \"a\"; keep"},
    {"#3023 one without :copy cancels it, before", ALL "fileinto \"a\"; fileinto :copy \"b\";",
     "fileinto \"a\"; fileinto \"b\""},
    {"#3023 one without :copy cancels it, after", ALL "fileinto :copy \"b\"; fileinto \"a\";",
     "fileinto \"b\"; fileinto \"a\""},
    {"#3023 redirect :copy", ALL "redirect :copy \"x@example.net\";",
     "redirect \"x@example.net\"; keep"},
    {"#3023 mail to user+detail is kept in that mailbox, which is the one to be merged",
     ALL "fileinto :copy \"lists\";",
     "fileinto \"lists\"",
     nullptr,
     {},
     "lists"},
    {"#3023 and INBOX is then another",
     ALL "fileinto :copy \"INBOX\";",
     "fileinto \"INBOX\"; keep",
     nullptr,
     {},
     "lists"},
    {"#3024 the last of one mailbox wins its flags",
     ALL "fileinto :flags \"a\" \"m\"; fileinto :flags \"b\" \"m\";",
     "fileinto \"m\" :flags \"b\""},
    {"#3024 also if it has none", ALL "fileinto :flags \"a\" \"m\"; fileinto \"m\";",
     "fileinto \"m\""},
    {"#3024 also if that is a keep", ALL "fileinto :flags \"a\" \"INBOX\"; keep :flags \"b\";",
     "fileinto \"INBOX\" :flags \"b\""},
    {"#3024 also if that was a keep", ALL "keep :flags \"a\"; fileinto :flags \"b\" \"INBOX\";",
     "keep :flags \"b\""},
    {"#3024 not of another mailbox",
     ALL "fileinto :flags \"a\" \"m\"; fileinto :flags \"b\" \"n\";",
     "fileinto \"m\" :flags \"a\"; fileinto \"n\" :flags \"b\""},
    {"#3024 names of mailboxes have their case, but INBOX", ALL "fileinto \"m\"; fileinto \"M\";",
     "fileinto \"m\"; fileinto \"M\""},
    {"#4799 stop is no error", ALL "stop;", KEPT},
    {"#4799 stop after an action", ALL "fileinto \"a\"; stop; discard;", "fileinto \"a\""},
    {"#4799 stop in an included script",
     ALL "fileinto \"a\"; include \"one\"; discard;",
     "fileinto \"a\"",
     nullptr,
     {{"one", "stop;"}}},
    {"#4799 stop in a block of an included script",
     ALL "include \"one\"; discard;",
     KEPT,
     nullptr,
     {{"one", "if true { if true { stop; } }"}}},
    {"#3941 fileinto in an included script cancels the keep of all",
     ALL "include \"one\";",
     "fileinto \"a\"",
     nullptr,
     {{"one", "require \"fileinto\"; fileinto \"a\";"}}},
    {"#3941 and in the one that that includes",
     ALL "include \"two\";",
     "fileinto \"a\"",
     nullptr,
     {{"one", "require \"fileinto\"; fileinto \"a\";"},
      {"two", "require \"include\"; include \"one\";"}}},
    {"#3941 and with stop behind it",
     ALL "include \"one\";",
     "fileinto \"a\"",
     nullptr,
     {{"one", "require \"fileinto\"; fileinto \"a\"; stop;"}}},
    {"#3941 and with return behind it",
     ALL "include \"one\";",
     "fileinto \"a\"",
     nullptr,
     {{"one", "require [\"include\", \"fileinto\"]; fileinto \"a\"; return;"}}},
    {"#3941 one that does nothing leaves the keep",
     ALL "include \"one\";",
     KEPT,
     nullptr,
     {{"one", "if false { discard; }"}}},
    {"#3941 discard in an included one",
     ALL "include \"one\";",
     "discard",
     nullptr,
     {{"one", "discard;"}}},
    {"#4051 flags of an included script are those of the implicit keep",
     ALL "include \"one\";",
     "keep :flags \"a\"",
     nullptr,
     {{"one", "require \"imap4flags\"; addflag \"a\";"}}},
    {"#4051 and the other way round",
     ALL "addflag \"a\"; include \"one\";",
     "fileinto \"m\" :flags \"a\"",
     nullptr,
     {{"one", "require \"fileinto\"; fileinto \"m\";"}}},
    {"#2449 #2597 what has no owner is kept where it came to",
     ALL "fileinto \"shared/info\";",
     "fileinto \"shared/info\"",
     nullptr,
     {},
     "shared/info"},
    {"#2449 #2597 and merged there",
     ALL "keep; fileinto :flags \"a\" \"shared/info\";",
     "keep :flags \"a\"",
     nullptr,
     {},
     "shared/info"},
    {"dbmail #106, mailcow #4744: one that does not compile has no actions",
     "discard; fielinto \"a\";", "!unknown command 'fielinto'"},
    {"dbmail #106, mailcow #4744: nor one that fails at its end",
     ALL "discard; redirect \"x@example.net\"; set \"n\" \"bad\"; redirect \"${n}\";", "!run:"},
    {"dbmail #106, mailcow #4744: nor one with two actions that exclude each other",
     ALL "reject \"no\"; fileinto \"a\";", "!run: 'reject' cannot be used together"},
    {"dbmail #106, mailcow #4744: nor one whose include is broken",
     ALL "discard; include \"one\";",
     "!run:",
     nullptr,
     {{"one", "fielinto;"}}},
    {"Mailu #123 vacation without :addresses keeps silent for an alias", ALL "vacation \"away\";",
     KEPT, kToAlias},
    {"Mailu #123 with :addresses it answers",
     ALL "vacation :handle \"h\" :subject \"s\" :addresses \"info@example.com\" \"away\";",
     "vacation \"alice+x@example.org\" :seconds 604800 :handle \"h\" :subject \"s\" \"away\"; keep",
     kToAlias},
    {"Mailu #123 and for an address that is known to be the user's",
     ALL "vacation :handle \"h\" :subject \"s\" \"away\";",
     "vacation \"alice+x@example.org\" :seconds 604800 :handle \"h\" :subject \"s\" \"away\"; keep",
     kToAlias,
     {},
     "INBOX",
     {"info@example.com"}},
    {"redirect to oneself is one redirect, whatever the script says besides",
     ALL "redirect \"bob@example.com\"; redirect \"BOB@example.com\";",
     "redirect \"bob@example.com\""},
    {"8-bit: a value that is no UTF-8", ALL "if header :contains \"subject\" \"caf\" { discard; }",
     "discard", "Subject: caf\xe9 ol\xe9\r\n\r\n"},
    {"8-bit: raw UTF-8", ALL "if header :is \"subject\" \"caf\xc3\xa9\" { discard; }", "discard",
     "Subject: caf\xc3\xa9\r\n\r\n"},
    {"8-bit: a phrase before an address", ALL "if address \"from\" \"a@example.org\" { discard; }",
     "discard", "From: Caf\xe9 <a@example.org>\r\n\r\n"},
    {"8-bit: in an encoded word that lies",
     ALL "if header :contains \"subject\" \"ab\" { discard; }", "discard",
     "Subject: =?utf-8?q?ab=ff=fe?=\r\n\r\n"},
    {"8-bit: an encoded word of no charset",
     ALL "if header :contains \"subject\" \"ab\" { discard; }", "discard",
     "Subject: =?x-none?q?ab?=\r\n\r\n"},
    {"broken: a line without a colon hides nothing", ALL "if header \"subject\" \"x\" { discard; }",
     "discard", "From: a@example.org\r\nno field at all\r\nSubject: x\r\n\r\n"},
    {"broken: no empty line", ALL "if header \"subject\" \"x\" { discard; }", "discard",
     "Subject: x"},
    {"broken: nothing at all", ALL "if header :contains \"subject\" \"\" { discard; }", KEPT, ""},
    {"broken: only a body", ALL "if body :contains \"x\" { discard; }", "discard", "\r\nx\r\n"},
    {"broken: an address that is none",
     ALL "if address :contains \"from\" \"example\" { discard; }", KEPT, "From: <<>>,,;:@\r\n\r\n"},
    {"broken: NUL in a value", ALL "if header :contains \"subject\" \"end\" { discard; }",
     "discard", "Subject: a\x01 end\r\n\r\n"},
    {":count with i;ascii-numeric, less than ten",
     ALL "if header :count \"lt\" :comparator \"i;ascii-numeric\" \"received\" \"10\" { discard; }",
     "discard"},
    {":count with i;ascii-numeric, as numbers and not as text",
     ALL "if header :count \"gt\" :comparator \"i;ascii-numeric\" \"received\" \"10\" { discard; }",
     KEPT},
    {":count with i;ascii-numeric, equal",
     ALL "if header :count \"eq\" :comparator \"i;ascii-numeric\" \"received\" \"02\" { discard; }",
     "discard"},
    {":count of what is not there is 0",
     ALL "if header :count \"eq\" :comparator \"i;ascii-numeric\" \"x-none\" \"0\" { discard; }",
     "discard"},
};

START_TEST(traps)
{
    const Trap& t = kTraps[_i];
    FakeWorld world;
    world.personal = t.personal;
    world.keep_in = t.keep_in;
    world.own = t.own;
    test::check_case({t.name, t.script, t.want, t.message}, world);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/sieve/traps");
    TCase* c = tcase_create("all");
    tcase_add_loop_test(c, traps, 0, static_cast<int>(std::size(kTraps)));
    suite_add_tcase(s, c);
    return s;
}
const test::Registered suite(make);

}  // namespace
