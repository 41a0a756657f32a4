// RFC 5490, mailboxes and annotations; RFC 8579, special-use; RFC 9042, mailboxid.
#include "tests/unit/imap/sieve/cases.h"
#include "tests/unit/unit.h"

namespace {

using rookery::test::SieveCase;

const SieveCase kRows[] = {
    {"5490 3.1 mailboxexists",
     "require "
     "[\"mailbox\",\"mboxmetadata\",\"servermetadata\",\"fileinto\",\"special-use\",\"mailboxid\","
     "\"relational\"]; if mailboxexists [\"INBOX\",\"there\"] { discard; }",
     "discard"},
    {"5490 3.1 all of them",
     "require "
     "[\"mailbox\",\"mboxmetadata\",\"servermetadata\",\"fileinto\",\"special-use\",\"mailboxid\","
     "\"relational\"]; if mailboxexists [\"INBOX\",\"no\"] { discard; }",
     "keep"},
    {"5490 3.2 :create",
     "require "
     "[\"mailbox\",\"mboxmetadata\",\"servermetadata\",\"fileinto\",\"special-use\",\"mailboxid\","
     "\"relational\"]; fileinto :create \"a\";",
     "fileinto \"a\" :create"},
    {"5490 3.2 needs mailbox", "require \"fileinto\"; fileinto :create \"a\";", "!has no tag"},
    {"5490 3.3 metadata",
     "require "
     "[\"mailbox\",\"mboxmetadata\",\"servermetadata\",\"fileinto\",\"special-use\",\"mailboxid\","
     "\"relational\"]; if metadata \"INBOX\" \"/private/comment\" \"MINE\" { discard; }",
     "discard"},
    {"5490 3.3 not there",
     "require "
     "[\"mailbox\",\"mboxmetadata\",\"servermetadata\",\"fileinto\",\"special-use\",\"mailboxid\","
     "\"relational\"]; if metadata :contains \"INBOX\" \"/private/x\" \"\" { discard; }",
     "keep"},
    {"5490 3.4 metadataexists",
     "require "
     "[\"mailbox\",\"mboxmetadata\",\"servermetadata\",\"fileinto\",\"special-use\",\"mailboxid\","
     "\"relational\"]; if metadataexists \"INBOX\" [\"/private/comment\"] { discard; }",
     "discard"},
    {"5490 3.4 not all",
     "require "
     "[\"mailbox\",\"mboxmetadata\",\"servermetadata\",\"fileinto\",\"special-use\",\"mailboxid\","
     "\"relational\"]; if metadataexists \"INBOX\" [\"/private/comment\",\"/x\"] { discard; }",
     "keep"},
    {"5490 4 servermetadata",
     "require "
     "[\"mailbox\",\"mboxmetadata\",\"servermetadata\",\"fileinto\",\"special-use\",\"mailboxid\","
     "\"relational\"]; if servermetadata :contains \"/shared/admin\" \"root\" { discard; }",
     "discard"},
    {"5490 4 servermetadataexists",
     "require "
     "[\"mailbox\",\"mboxmetadata\",\"servermetadata\",\"fileinto\",\"special-use\",\"mailboxid\","
     "\"relational\"]; if servermetadataexists \"/shared/admin\" { discard; }",
     "discard"},
    {"5490 4 not there",
     "require "
     "[\"mailbox\",\"mboxmetadata\",\"servermetadata\",\"fileinto\",\"special-use\",\"mailboxid\","
     "\"relational\"]; if servermetadataexists \"/shared/no\" { discard; }",
     "keep"},
    {"8579 3 specialuse_exists",
     "require "
     "[\"mailbox\",\"mboxmetadata\",\"servermetadata\",\"fileinto\",\"special-use\",\"mailboxid\","
     "\"relational\"]; if specialuse_exists \"\\\\Junk\" { discard; }",
     "discard"},
    {"8579 3 with a mailbox",
     "require "
     "[\"mailbox\",\"mboxmetadata\",\"servermetadata\",\"fileinto\",\"special-use\",\"mailboxid\","
     "\"relational\"]; if specialuse_exists \"Spam\" \"\\\\Junk\" { discard; }",
     "discard"},
    {"8579 3 another mailbox",
     "require "
     "[\"mailbox\",\"mboxmetadata\",\"servermetadata\",\"fileinto\",\"special-use\",\"mailboxid\","
     "\"relational\"]; if specialuse_exists \"a\" \"\\\\Junk\" { discard; }",
     "keep"},
    {"8579 3 all of them",
     "require "
     "[\"mailbox\",\"mboxmetadata\",\"servermetadata\",\"fileinto\",\"special-use\",\"mailboxid\","
     "\"relational\"]; if specialuse_exists [\"\\\\Junk\",\"\\\\Sent\"] { discard; }",
     "keep"},
    {"8579 4 :specialuse",
     "require "
     "[\"mailbox\",\"mboxmetadata\",\"servermetadata\",\"fileinto\",\"special-use\",\"mailboxid\","
     "\"relational\"]; fileinto :specialuse \"\\\\Junk\" \"a\";",
     "fileinto \"a\" :specialuse \"\\\\Junk\""},
    {"8579 4 a mailbox for each",
     "require "
     "[\"mailbox\",\"mboxmetadata\",\"servermetadata\",\"fileinto\",\"special-use\",\"mailboxid\","
     "\"relational\"]; fileinto \"a\"; fileinto :specialuse \"\\\\Junk\" \"a\";",
     "fileinto \"a\"; fileinto \"a\" :specialuse \"\\\\Junk\""},
    {"9042 4 :mailboxid",
     "require "
     "[\"mailbox\",\"mboxmetadata\",\"servermetadata\",\"fileinto\",\"special-use\",\"mailboxid\","
     "\"relational\"]; fileinto :mailboxid \"F1\" \"a\";",
     "fileinto \"a\" :mailboxid \"F1\""},
    {"9042 4.2 not both",
     "require "
     "[\"mailbox\",\"mboxmetadata\",\"servermetadata\",\"fileinto\",\"special-use\",\"mailboxid\","
     "\"relational\"]; fileinto :mailboxid \"F1\" :specialuse \"\\\\Junk\" \"a\";",
     "!one tag too many"},
    {"9042 5 mailboxidexists",
     "require "
     "[\"mailbox\",\"mboxmetadata\",\"servermetadata\",\"fileinto\",\"special-use\",\"mailboxid\","
     "\"relational\"]; if mailboxidexists \"F1\" { discard; }",
     "discard"},
    {"9042 5 all of them",
     "require "
     "[\"mailbox\",\"mboxmetadata\",\"servermetadata\",\"fileinto\",\"special-use\",\"mailboxid\","
     "\"relational\"]; if mailboxidexists [\"F1\",\"F2\"] { discard; }",
     "keep"},
};

SIEVE_SUITE("imap/sieve/rfc5490", kRows)

}  // namespace
