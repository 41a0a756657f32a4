// RFC 5232, imap4flags.
#include "tests/unit/imap/sieve/cases.h"
#include "tests/unit/unit.h"

namespace {

using rookery::test::SieveCase;

const SieveCase kRows[] = {
    {"3 the implicit keep has the flags",
     "require [\"imap4flags\",\"fileinto\"]; setflag \"\\\\Seen\";", "keep :flags \"\\\\Seen\""},
    {"3 flags set after a fileinto are not its",
     "require [\"imap4flags\",\"fileinto\"]; fileinto \"a\"; addflag \"x\";", "fileinto \"a\""},
    {"3 one string with several",
     "require [\"imap4flags\",\"fileinto\"]; setflag \"\\\\Answered   \\\\Deleted \"; keep;",
     "keep :flags \"\\\\Answered \\\\Deleted\""},
    {"3 without regard to case, once",
     "require [\"imap4flags\",\"fileinto\"]; addflag [\"a\",\"A\",\"b\"]; addflag \"B\"; keep;",
     "keep :flags \"a b\""},
    {"3.1 setflag replaces",
     "require [\"imap4flags\",\"fileinto\"]; setflag \"a\"; setflag \"b\"; keep;",
     "keep :flags \"b\""},
    {"3.3 removeflag",
     "require [\"imap4flags\",\"fileinto\"]; setflag \"a b c\"; removeflag [\"B\",\"x\",\"\"]; "
     "keep;",
     "keep :flags \"a c\""},
    {"3.3 a removed flag is no error",
     "require [\"imap4flags\",\"fileinto\"]; removeflag \"x\"; keep;", "keep"},
    {"2 invalid flags are left out",
     "require [\"imap4flags\",\"fileinto\"]; setflag [\"a(b\",\"\\\\\",\"c\"]; keep;",
     "keep :flags \"c\""},
    {"5 :flags",
     "require [\"imap4flags\",\"fileinto\"]; setflag \"a\"; fileinto :flags [\"b\",\"c\"] \"m\";",
     "fileinto \"m\" :flags \"b c\""},
    {"5 :flags \"\"", "require [\"imap4flags\",\"fileinto\"]; setflag \"a\"; keep :flags \"\";",
     "keep"},
    {"3 the last list of a mailbox wins",
     "require [\"imap4flags\",\"fileinto\"]; fileinto :flags \"a\" \"m\"; fileinto :flags \"b\" "
     "\"m\";",
     "fileinto \"m\" :flags \"b\""},
    {"3 the last list of keep and INBOX wins",
     "require [\"imap4flags\",\"fileinto\"]; fileinto :flags \"a\" \"INBOX\"; keep :flags \"b\";",
     "fileinto \"INBOX\" :flags \"b\""},
    {"3 a variable",
     "require "
     "[\"imap4flags\",\"fileinto\",\"variables\",\"relational\",\"comparator-i;ascii-numeric\"]; "
     "setflag \"v\" \"a\"; addflag \"v\" \"b\"; fileinto :flags \"${v}\" \"m\";",
     "fileinto \"m\" :flags \"a b\""},
    {"3 a variable is not the internal one",
     "require "
     "[\"imap4flags\",\"fileinto\",\"variables\",\"relational\",\"comparator-i;ascii-numeric\"]; "
     "setflag \"v\" \"a\"; keep;",
     "keep"},
    {"3 a variable without variables",
     "require [\"imap4flags\",\"fileinto\"]; setflag \"v\" \"a\";", "!needs require \"variables\""},
    {"4 hasflag",
     "require [\"imap4flags\",\"fileinto\"]; setflag \"A B\"; if hasflag [\"x\",\"b\"] { discard; "
     "}",
     "discard"},
    {"4 hasflag, none", "require [\"imap4flags\",\"fileinto\"]; if hasflag \"b\" { discard; }",
     "keep"},
    {"4 hasflag :contains",
     "require "
     "[\"imap4flags\",\"fileinto\",\"variables\",\"relational\",\"comparator-i;ascii-numeric\"]; "
     "setflag \"v\" \"NonJunk gnus-forward\"; if hasflag :contains \"v\" [\"label\",\"FORWARD\"] { "
     "discard; }",
     "discard"},
    {"4 hasflag :count",
     "require "
     "[\"imap4flags\",\"fileinto\",\"variables\",\"relational\",\"comparator-i;ascii-numeric\"]; "
     "setflag \"v\" \"A B\"; if hasflag :count \"ge\" :comparator \"i;ascii-numeric\" \"v\" \"2\" "
     "{ discard; }",
     "discard"},
    {"4 hasflag :count of two",
     "require "
     "[\"imap4flags\",\"fileinto\",\"variables\",\"relational\",\"comparator-i;ascii-numeric\"]; "
     "setflag \"v\" \"A B\"; setflag \"w\" \"A\"; if hasflag :count \"eq\" :comparator "
     "\"i;ascii-numeric\" [\"v\",\"w\"] \"3\" { discard; }",
     "discard"},
    {"4 hasflag with a variable needs variables",
     "require [\"imap4flags\",\"fileinto\"]; if hasflag \"v\" \"a\" {}",
     "!needs require \"variables\""},
    {"must be required", "keep :flags \"a\";", "!has no tag ':flags'"},
};

SIEVE_SUITE("imap/sieve/rfc5232", kRows)

}  // namespace
