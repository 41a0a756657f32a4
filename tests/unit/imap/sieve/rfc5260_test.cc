// RFC 5260, date and index.
#include "tests/unit/imap/sieve/cases.h"
#include "tests/unit/unit.h"

namespace {

using rookery::test::SieveCase;

const SieveCase kRows[] = {
    {"4 date, shifted to the local zone",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if date \"date\" \"hour\" \"09\" { "
     "discard; }",
     "discard"},
    {"4 :originalzone",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if date :originalzone \"date\" "
     "\"hour\" \"10\" { discard; }",
     "discard"},
    {"4 :zone",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if date :zone \"-0500\" \"date\" "
     "\"iso8601\" \"2004-12-30T03:15:05-05:00\" { discard; }",
     "discard"},
    {"4 :zone UTC is Z",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if date :zone \"+0000\" \"date\" "
     "\"iso8601\" \"2004-12-30T08:15:05Z\" { discard; }",
     "discard"},
    {"4 Received: behind its semicolon",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if date :zone \"-0500\" "
     "\"received\" \"time\" \"23:30:00\" { discard; }",
     "discard"},
    {"4 another day in another zone",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if date :zone \"+0100\" "
     "\"received\" \"date\" \"2005-01-01\" { discard; }",
     "discard"},
    {"4.2 year",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if date \"date\" \"year\" \"2004\" "
     "{ discard; }",
     "discard"},
    {"4.2 month",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if date \"date\" \"month\" \"12\" "
     "{ discard; }",
     "discard"},
    {"4.2 day",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if date \"date\" \"day\" \"30\" { "
     "discard; }",
     "discard"},
    {"4.2 julian",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if date \"date\" \"julian\" "
     "\"53369\" { discard; }",
     "discard"},
    {"4.2 minute",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if date \"date\" \"minute\" \"15\" "
     "{ discard; }",
     "discard"},
    {"4.2 second",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if date \"date\" \"second\" \"05\" "
     "{ discard; }",
     "discard"},
    {"4.2 std11",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if date :originalzone \"date\" "
     "\"std11\" \"Thu, 30 Dec 2004 10:15:05 +0200\" { discard; }",
     "discard"},
    {"4.2 zone",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if date :originalzone \"date\" "
     "\"zone\" \"+0200\" { discard; }",
     "discard"},
    {"4.2 weekday",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if date \"date\" \"weekday\" \"4\" "
     "{ discard; }",
     "discard"},
    {"4.2 a part without regard to case",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if date \"date\" \"YEAR\" \"2004\" "
     "{ discard; }",
     "discard"},
    {"4.2 an unknown part",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if date \"date\" \"century\" "
     "\"20\" {}",
     "!is not a part of a date"},
    {"4.1 both zones",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if date :zone \"+0000\" "
     ":originalzone \"date\" \"year\" \"1\" {}",
     "!zone was given already"},
    {"4.1 a zone that cannot be",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if date :zone \"CET\" \"date\" "
     "\"year\" \"1\" {}",
     "!expects an offset"},
    {"4 no date",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if date :matches \"subject\" "
     "\"year\" \"*\" { discard; }",
     "keep"},
    {"4 no header",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if date :matches \"x-none\" "
     "\"year\" \"*\" { discard; }",
     "keep"},
    {"4 one header",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if date [\"a\"] \"year\" \"1\" {}",
     "!expects a string as argument 1"},
    {"5 currentdate",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if currentdate \"date\" "
     "\"2005-01-01\" { discard; }",
     "discard"},
    {"5 currentdate, local zone",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if currentdate \"hour\" \"01\" { "
     "discard; }",
     "discard"},
    {"5 currentdate :zone",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if currentdate :zone \"-0100\" "
     ":value \"le\" \"date\" \"2004-12-31\" { discard; }",
     "discard"},
    {"5 currentdate has no :originalzone",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if currentdate :originalzone "
     "\"hour\" \"1\" {}",
     "!has no tag"},
    {"6 :index",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if header :index 2 :contains "
     "\"received\" \"z.example\" { discard; }",
     "discard"},
    {"6 :index, not the other",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if header :index 1 :contains "
     "\"received\" \"z.example\" { discard; }",
     "keep"},
    {"6 :last",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if header :index 1 :last :contains "
     "\"received\" \"z.example\" { discard; }",
     "discard"},
    {"6 :index too large",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if header :index 9 :contains "
     "\"received\" \"\" { discard; }",
     "keep"},
    {"6 :index of a date",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if date :index 2 :zone \"-0500\" "
     "\"received\" \"hour\" \"20\" { discard; }",
     "discard"},
    {"6 :last without :index",
     "require [\"date\",\"index\",\"relational\",\"fileinto\"]; if header :last \"a\" \"b\" {}",
     "!':last' needs ':index'"},
};

SIEVE_SUITE("imap/sieve/rfc5260", kRows)

}  // namespace
