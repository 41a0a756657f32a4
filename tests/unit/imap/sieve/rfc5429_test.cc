// RFC 5429, reject and ereject.
#include "tests/unit/imap/sieve/cases.h"
#include "tests/unit/unit.h"

namespace {

using rookery::test::SieveCase;

const SieveCase kRows[] = {
    {"2.2 reject",
     "require [\"reject\",\"ereject\",\"fileinto\",\"vacation\",\"copy\"]; reject \"no\";",
     "reject \"no\""},
    {"2.1 ereject",
     "require [\"reject\",\"ereject\",\"fileinto\",\"vacation\",\"copy\"]; ereject \"no\";",
     "ereject \"no\""},
    {"2.4 once",
     "require [\"reject\",\"ereject\",\"fileinto\",\"vacation\",\"copy\"]; reject \"a\"; ereject "
     "\"b\";",
     "!run: a message can be rejected only once"},
    {"2.4 not with vacation",
     "require [\"reject\",\"ereject\",\"fileinto\",\"vacation\",\"copy\"]; reject \"a\"; vacation "
     "\"b\";",
     "!run: 'reject' and 'vacation' cannot"},
    {"2.4 not with a vacation that is silent",
     "require [\"reject\",\"ereject\",\"fileinto\",\"vacation\",\"copy\"]; vacation \"b\"; reject "
     "\"a\";",
     "!run: 'reject' and 'vacation'", "To: other@example.com\n\n"},
    {"2.4 not with keep",
     "require [\"reject\",\"ereject\",\"fileinto\",\"vacation\",\"copy\"]; reject \"a\"; keep;",
     "!run: 'reject' cannot be used together"},
    {"2.4 not with keep before",
     "require [\"reject\",\"ereject\",\"fileinto\",\"vacation\",\"copy\"]; keep; ereject \"a\";",
     "!run: 'reject' cannot be used together"},
    {"2.4 not with fileinto",
     "require [\"reject\",\"ereject\",\"fileinto\",\"vacation\",\"copy\"]; fileinto \"a\"; reject "
     "\"a\";",
     "!run: 'reject' cannot be used together"},
    {"2.4 not with a copy",
     "require [\"reject\",\"ereject\",\"fileinto\",\"vacation\",\"copy\"]; redirect :copy "
     "\"a@b.c\"; reject \"a\";",
     "!run: 'reject' cannot be used together"},
    {"2.4 with discard",
     "require [\"reject\",\"ereject\",\"fileinto\",\"vacation\",\"copy\"]; reject \"a\"; discard;",
     "reject \"a\"; discard"},
    {"ereject must be required", "require \"reject\"; ereject \"a\";",
     "!needs require \"ereject\""},
};

SIEVE_SUITE("imap/sieve/rfc5429", kRows)

}  // namespace
