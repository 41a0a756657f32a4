// RFC 5463, ihave.
#include "tests/unit/imap/sieve/cases.h"
#include "tests/unit/unit.h"

namespace {

using rookery::test::SieveCase;

const SieveCase kRows[] = {
    {"4 there", "require \"ihave\"; if ihave \"fileinto\" { fileinto \"a\"; }", "fileinto \"a\""},
    {"4 not there", "require \"ihave\"; if ihave \"no-such\" { nosuch \"a\"; } else { discard; }",
     "discard"},
    {"4 all of them", "require \"ihave\"; if ihave [\"fileinto\",\"no-such\"] { discard; }",
     "keep"},
    {"4 behind its block too",
     "require \"ihave\"; if not ihave \"fileinto\" { stop; } fileinto \"a\";", "fileinto \"a\""},
    {"4 what is not there ends the run", "require \"ihave\"; nosuch;",
     "!run: unknown command 'nosuch'"},
    {"4 a tag that is not there",
     "require [\"ihave\",\"fileinto\"]; if false { fileinto :nosuch \"a\"; }", "keep"},
    {"4 an unknown test", "require \"ihave\"; if nosuch \"a\" { discard; }", "!run: unknown test"},
    {"4 only by asking", "require \"ihave\"; fileinto \"a\"; if ihave \"fileinto\" {}",
     "!run: 'fileinto' needs require"},
    {"4 what was not asked at run time",
     "require \"ihave\"; if false { if ihave \"fileinto\" {} } fileinto \"a\";",
     "!run: 'fileinto' needs require"},
    {"4 short-circuit", "require \"ihave\"; if anyof (not ihave \"no-such\", nosuch) { discard; }",
     "discard"},
    {"4 no variables", "require \"ihave\"; if ihave \"variables\" { discard; }", "keep"},
    {"4 no encoded-character", "require \"ihave\"; if ihave \"encoded-character\" { discard; }",
     "keep"},
    {"4 what is required is there",
     "require [\"ihave\",\"variables\"]; if ihave \"variables\" { discard; }", "discard"},
    {"4 a comparator",
     "require \"ihave\"; if allof (ihave \"comparator-i;ascii-numeric\", header :comparator "
     "\"i;ascii-numeric\" \"x-spam-score\" \"12\") { discard; }",
     "discard"},
    {"4 constant strings", "require [\"ihave\",\"variables\"]; if ihave \"${a}\" {}",
     "!without variables"},
    {"4 other errors are still told", "require \"ihave\"; keep 1;",
     "!1:23: 'keep' takes no argument"},
    {"5 error", "require \"ihave\"; error \"sorry\";", "!run: sorry"},
    {"must be required", "if ihave \"fileinto\" {}", "!needs require \"ihave\""},
};

SIEVE_SUITE("imap/sieve/rfc5463", kRows)

}  // namespace
