// RFC 5435 and 5436, enotify; RFC 5235, spamtest; RFC 6134, extlists.
#include "tests/unit/imap/sieve/cases.h"
#include "tests/unit/unit.h"

namespace {

using rookery::test::SieveCase;

const SieveCase kRows[] = {
    {"5435 3 notify, and keep",
     "require [\"enotify\",\"variables\",\"fileinto\",\"fcc\"]; notify \"mailto:a@b.c\";",
     "notify \"mailto:a@b.c\"; keep"},
    {"5435 3 all its tags",
     "require [\"enotify\",\"variables\",\"fileinto\",\"fcc\"]; notify :from \"x@y.z\" :importance "
     "\"1\" :options [\"a=b\"] :message \"m\" \"mailto:a@b.c\";",
     "notify \"mailto:a@b.c\" :from \"x@y.z\" :importance 1 :options \"a=b\" :message \"m\"; keep"},
    {"5435 3.1 an unknown method",
     "require [\"enotify\",\"variables\",\"fileinto\",\"fcc\"]; notify \"xmpp:a@b.c\";",
     "!is not a method of notification"},
    {"5436 2 no address",
     "require [\"enotify\",\"variables\",\"fileinto\",\"fcc\"]; notify \"mailto:\";",
     "!is not a method of notification"},
    {"5436 2 a field",
     "require [\"enotify\",\"variables\",\"fileinto\",\"fcc\"]; notify "
     "\"mailto:a@b.c?subject=x%20y&cc=d@e.f\";",
     "notify \"mailto:a@b.c?subject=x%20y&cc=d@e.f\"; keep"},
    {"5436 2 a broken field",
     "require [\"enotify\",\"variables\",\"fileinto\",\"fcc\"]; notify \"mailto:a@b.c?subject\";",
     "!is not a method"},
    {"5436 2 a broken encoding",
     "require [\"enotify\",\"variables\",\"fileinto\",\"fcc\"]; notify \"mailto:a%4\";",
     "!is not a method"},
    {"5436 2 a line end in an address",
     "require [\"enotify\",\"variables\",\"fileinto\",\"fcc\"]; notify \"mailto:a%0D%0A@b.c\";",
     "!is not a method"},
    {"5435 3.1 known at run time",
     "require [\"enotify\",\"variables\",\"fileinto\",\"fcc\"]; set \"a\" \"x:y\"; notify "
     "\"${a}\";",
     "!run: \"x:y\" is not a method"},
    {"5435 3.3 :from",
     "require [\"enotify\",\"variables\",\"fileinto\",\"fcc\"]; notify :from \"x\" "
     "\"mailto:a@b.c\";",
     "!\"x\" is not an address"},
    {"5435 3.4 :importance",
     "require [\"enotify\",\"variables\",\"fileinto\",\"fcc\"]; notify :importance \"4\" "
     "\"mailto:a@b.c\";",
     "!':importance' expects"},
    {"5435 3.4 :importance 0",
     "require [\"enotify\",\"variables\",\"fileinto\",\"fcc\"]; notify :importance \"0\" "
     "\"mailto:a@b.c\";",
     "!':importance' expects"},
    {"5435 3.6 :message is a string",
     "require [\"enotify\",\"variables\",\"fileinto\",\"fcc\"]; notify :message 1 "
     "\"mailto:a@b.c\";",
     "!':message' expects a string"},
    {"5435 4 valid_notify_method",
     "require [\"enotify\",\"variables\",\"fileinto\",\"fcc\"]; if valid_notify_method "
     "[\"mailto:a@b.c\"] { discard; }",
     "discard"},
    {"5435 4 not all",
     "require [\"enotify\",\"variables\",\"fileinto\",\"fcc\"]; if valid_notify_method "
     "[\"mailto:a@b.c\",\"x:y\"] { discard; }",
     "keep"},
    {"5435 5 notify_method_capability",
     "require [\"enotify\",\"variables\",\"fileinto\",\"fcc\"]; if notify_method_capability "
     "\"mailto:a@b.c\" \"Online\" \"maybe\" { discard; }",
     "discard"},
    {"5435 5 unknown is no error",
     "require [\"enotify\",\"variables\",\"fileinto\",\"fcc\"]; if notify_method_capability "
     ":contains \"x:y\" \"online\" \"\" { discard; }",
     "keep"},
    {"5435 5 unknown item",
     "require [\"enotify\",\"variables\",\"fileinto\",\"fcc\"]; if notify_method_capability "
     ":contains \"mailto:a@b.c\" \"x\" \"\" { discard; }",
     "keep"},
    {"5435 6 :encodeurl",
     "require [\"enotify\",\"variables\",\"fileinto\",\"fcc\"]; set :encodeurl \"a\" \"a b&ü\"; "
     "fileinto \"${a}\";",
     "fileinto \"a%20b%26%C3%BC\""},
    {"5435 6 :encodeurl needs enotify", "require \"variables\"; set :encodeurl \"a\" \"b\";",
     "!has no tag"},
    {"8580 notify :fcc",
     "require [\"enotify\",\"variables\",\"fileinto\",\"fcc\"]; notify :fcc \"Sent\" "
     "\"mailto:a@b.c\";",
     "notify \"mailto:a@b.c\" :fcc \"Sent\"; keep"},
    {"5235 2 not tested is 0",
     "require "
     "[\"spamtest\",\"spamtestplus\",\"virustest\",\"relational\",\"comparator-i;ascii-numeric\","
     "\"extlists\",\"envelope\",\"variables\",\"fileinto\"]; if spamtest :value \"eq\" :comparator "
     "\"i;ascii-numeric\" \"0\" { discard; }",
     "discard"},
    {"5235 2 :count of what was not tested",
     "require "
     "[\"spamtest\",\"spamtestplus\",\"virustest\",\"relational\",\"comparator-i;ascii-numeric\","
     "\"extlists\",\"envelope\",\"variables\",\"fileinto\"]; if spamtest :count \"eq\" :comparator "
     "\"i;ascii-numeric\" \"0\" { discard; }",
     "discard"},
    {"5235 2 :percent needs spamtestplus", "require \"spamtest\"; if spamtest :percent \"1\" {}",
     "!has no tag"},
    {"5235 3 virustest",
     "require "
     "[\"spamtest\",\"spamtestplus\",\"virustest\",\"relational\",\"comparator-i;ascii-numeric\","
     "\"extlists\",\"envelope\",\"variables\",\"fileinto\"]; if virustest \"0\" { discard; }",
     "discard"},
    {"6134 2.1 :list",
     "require "
     "[\"spamtest\",\"spamtestplus\",\"virustest\",\"relational\",\"comparator-i;ascii-numeric\","
     "\"extlists\",\"envelope\",\"variables\",\"fileinto\"]; if envelope :list \"from\" "
     "\"urn:friends\" { discard; }",
     "discard"},
    {"6134 2.1 :list of a header's addresses",
     "require "
     "[\"spamtest\",\"spamtestplus\",\"virustest\",\"relational\",\"comparator-i;ascii-numeric\","
     "\"extlists\",\"envelope\",\"variables\",\"fileinto\"]; if address :list \"from\" "
     "\"urn:friends\" { fileinto \"${0}\"; }",
     "fileinto \"alice+x@example.org\""},
    {"6134 2.1 not in it",
     "require "
     "[\"spamtest\",\"spamtestplus\",\"virustest\",\"relational\",\"comparator-i;ascii-numeric\","
     "\"extlists\",\"envelope\",\"variables\",\"fileinto\"]; if address :list \"to\" "
     "\"urn:friends\" { discard; }",
     "keep"},
    {"6134 2.1 no such list",
     "require "
     "[\"spamtest\",\"spamtestplus\",\"virustest\",\"relational\",\"comparator-i;ascii-numeric\","
     "\"extlists\",\"envelope\",\"variables\",\"fileinto\"]; if address :list \"to\" \"urn:no\" { "
     "discard; }",
     "!run: there is no list urn:no"},
    {"6134 2.1 no comparator",
     "require "
     "[\"spamtest\",\"spamtestplus\",\"virustest\",\"relational\",\"comparator-i;ascii-numeric\","
     "\"extlists\",\"envelope\",\"variables\",\"fileinto\"]; if address :list :comparator "
     "\"i;octet\" \"to\" \"urn:friends\" {}",
     "!cannot be used with a comparator"},
    {"6134 2.1 only with some tests",
     "require "
     "[\"spamtest\",\"spamtestplus\",\"virustest\",\"relational\",\"comparator-i;ascii-numeric\","
     "\"extlists\",\"envelope\",\"variables\",\"fileinto\"]; if spamtest :list \"a\" {}",
     "!has no tag ':list'"},
    {"6134 2.4 redirect :list",
     "require "
     "[\"spamtest\",\"spamtestplus\",\"virustest\",\"relational\",\"comparator-i;ascii-numeric\","
     "\"extlists\",\"envelope\",\"variables\",\"fileinto\"]; redirect :list \"urn:friends\";",
     "redirect :list \"urn:friends\""},
    {"6134 2.8 valid_ext_list",
     "require "
     "[\"spamtest\",\"spamtestplus\",\"virustest\",\"relational\",\"comparator-i;ascii-numeric\","
     "\"extlists\",\"envelope\",\"variables\",\"fileinto\"]; if valid_ext_list [\"urn:friends\"] { "
     "discard; }",
     "discard"},
    {"6134 2.8 not valid",
     "require "
     "[\"spamtest\",\"spamtestplus\",\"virustest\",\"relational\",\"comparator-i;ascii-numeric\","
     "\"extlists\",\"envelope\",\"variables\",\"fileinto\"]; if valid_ext_list "
     "[\"urn:friends\",\"urn:no\"] { discard; }",
     "keep"},
};

SIEVE_SUITE("imap/sieve/rfc5435", kRows)

}  // namespace
