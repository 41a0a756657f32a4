// RFC 5231, relational; RFC 3894, :copy; RFC 5233, subaddress.
#include "tests/unit/imap/sieve/cases.h"
#include "tests/unit/unit.h"

namespace {

using rookery::test::SieveCase;

const SieveCase kRows[] = {
    {"5231 4 :value gt",
     "require [\"relational\",\"comparator-i;ascii-numeric\"]; if header :value \"gt\" :comparator "
     "\"i;ascii-numeric\" \"x-spam-score\" \"9\" { discard; }",
     "discard"},
    {"5231 4 :value as text",
     "require \"relational\"; if header :value \"gt\" \"x-spam-score\" \"9\" { discard; }", "keep"},
    {"5231 4 lt",
     "require [\"relational\",\"comparator-i;ascii-numeric\"]; if header :value \"lt\" :comparator "
     "\"i;ascii-numeric\" \"x-spam-score\" \"12\" { discard; }",
     "keep"},
    {"5231 4 le",
     "require [\"relational\",\"comparator-i;ascii-numeric\"]; if header :value \"le\" :comparator "
     "\"i;ascii-numeric\" \"x-spam-score\" \"12\" { discard; }",
     "discard"},
    {"5231 4 ge",
     "require [\"relational\",\"comparator-i;ascii-numeric\"]; if header :value \"ge\" :comparator "
     "\"i;ascii-numeric\" \"x-spam-score\" \"13\" { discard; }",
     "keep"},
    {"5231 4 eq",
     "require [\"relational\",\"comparator-i;ascii-numeric\"]; if header :value \"eq\" :comparator "
     "\"i;ascii-numeric\" \"x-spam-score\" \"012\" { discard; }",
     "discard"},
    {"5231 4 ne",
     "require [\"relational\",\"comparator-i;ascii-numeric\"]; if header :value \"ne\" :comparator "
     "\"i;ascii-numeric\" \"x-spam-score\" \"012\" { discard; }",
     "keep"},
    {"5231 6 numbers over 32 bits",
     "require [\"relational\",\"comparator-i;ascii-numeric\"]; if header :value \"gt\" :comparator "
     "\"i;ascii-numeric\" \"a\" \"99999999999999999999998\" { discard; }",
     "discard", "A: 99999999999999999999999\n\n"},
    {"5231 4.1 :count of headers",
     "require [\"relational\",\"comparator-i;ascii-numeric\"]; if header :count \"eq\" :comparator "
     "\"i;ascii-numeric\" \"received\" \"2\" { discard; }",
     "discard"},
    {"5231 4.1 :count of addresses",
     "require [\"relational\",\"comparator-i;ascii-numeric\"]; if address :count \"gt\" "
     ":comparator \"i;ascii-numeric\" \"to\" \"1\" { discard; }",
     "discard"},
    {"5231 4.1 :count of none",
     "require [\"relational\",\"comparator-i;ascii-numeric\"]; if header :count \"eq\" :comparator "
     "\"i;ascii-numeric\" \"cc\" \"0\" { discard; }",
     "discard"},
    {"5231 4.1 :count with several names",
     "require [\"relational\",\"comparator-i;ascii-numeric\"]; if header :count \"ge\" :comparator "
     "\"i;ascii-numeric\" [\"to\",\"from\"] \"2\" { discard; }",
     "discard"},
    {"5231 no relation",
     "require [\"relational\",\"comparator-i;ascii-numeric\"]; if header :value \"a\" \"b\" {}",
     "!\"a\" is no relation"},
    {"5231 an unknown relation",
     "require [\"relational\",\"comparator-i;ascii-numeric\"]; if header :value \"xx\" \"a\" \"b\" "
     "{}",
     "!\"xx\" is no relation"},
    {"5231 two match types",
     "require [\"relational\",\"comparator-i;ascii-numeric\"]; if header :value \"gt\" :is \"a\" "
     "\"b\" {}",
     "!one tag too many"},
    {"5231 must be required", "if header :count \"gt\" \"a\" \"1\" {}", "!has no tag ':count'"},
    {"3894 :copy keeps", "require [\"fileinto\",\"copy\"]; fileinto :copy \"a\";",
     "fileinto \"a\"; keep"},
    {"3894 redirect :copy", "require \"copy\"; redirect :copy \"a@b.c\";",
     "redirect \"a@b.c\"; keep"},
    {"3894 :copy then discard", "require [\"fileinto\",\"copy\"]; fileinto :copy \"a\"; discard;",
     "fileinto \"a\"; discard"},
    {"3894 :copy of INBOX is not a second one",
     "require [\"fileinto\",\"copy\"]; fileinto :copy \"INBOX\";", "fileinto \"INBOX\""},
    {"3894 must be required", "require \"fileinto\"; fileinto :copy \"a\";", "!has no tag ':copy'"},
    {"3894 not for keep", "require \"copy\"; keep :copy;", "!has no tag ':copy'"},
    {"5233 :user", "require \"subaddress\"; if address :user \"from\" \"alice\" { discard; }",
     "discard"},
    {"5233 :detail", "require \"subaddress\"; if address :detail \"from\" \"x\" { discard; }",
     "discard"},
    {"5233 no detail matches nothing",
     "require \"subaddress\"; if address :detail :contains \"to\" \"\" { discard; }", "keep"},
    {"5233 an empty detail", "require \"subaddress\"; if address :detail \"to\" \"\" { discard; }",
     "discard", "To: a+@b.c\n\n"},
    {"5233 :user without detail",
     "require \"subaddress\"; if address :user \"to\" \"bob\" { discard; }", "discard"},
    {"5233 envelope",
     "require [\"envelope\",\"subaddress\"]; if envelope :detail \"to\" \"list\" { discard; }",
     "discard"},
    {"5233 :localpart has both",
     "require \"subaddress\"; if address :localpart \"from\" \"alice+x\" { discard; }", "discard"},
    {"5233 must be required", "if address :user \"from\" \"a\" {}", "!has no tag ':user'"},
};

SIEVE_SUITE("imap/sieve/rfc5231", kRows)

}  // namespace
