// RFC 5230, vacation; RFC 6131, vacation-seconds; RFC 8580, :fcc.
#include "tests/unit/imap/sieve/cases.h"
#include "tests/unit/unit.h"

namespace {

using rookery::test::SieveCase;

const SieveCase kRows[] = {
    {"5230 4 an answer, and keep",
     "require [\"vacation\",\"vacation-seconds\",\"fcc\",\"mailbox\",\"variables\"]; vacation "
     ":handle \"h\" \"b\";",
     "vacation \"alice+x@example.org\" :seconds 604800 :handle \"h\" :subject \"Auto: Grüße to "
     "you\" \"b\"; keep"},
    {"5230 4.1 :days",
     "require [\"vacation\",\"vacation-seconds\",\"fcc\",\"mailbox\",\"variables\"]; vacation "
     ":handle \"h\" :days 3 \"b\";",
     "vacation \"alice+x@example.org\" :seconds 259200 :handle \"h\" :subject \"Auto: Grüße to "
     "you\" \"b\"; keep"},
    {"5230 4.1 :days 0 is one",
     "require [\"vacation\",\"vacation-seconds\",\"fcc\",\"mailbox\",\"variables\"]; vacation "
     ":handle \"h\" :days 0 \"b\";",
     "vacation \"alice+x@example.org\" :seconds 86400 :handle \"h\" :subject \"Auto: Grüße to "
     "you\" \"b\"; keep"},
    {"5230 4.1 :days has a limit",
     "require [\"vacation\",\"vacation-seconds\",\"fcc\",\"mailbox\",\"variables\"]; vacation "
     ":handle \"h\" :days 1000 \"b\";",
     "vacation \"alice+x@example.org\" :seconds 7776000 :handle \"h\" :subject \"Auto: Grüße to "
     "you\" \"b\"; keep"},
    {"6131 2 :seconds",
     "require [\"vacation\",\"vacation-seconds\",\"fcc\",\"mailbox\",\"variables\"]; vacation "
     ":handle \"h\" :seconds 60 \"b\";",
     "vacation \"alice+x@example.org\" :seconds 60 :handle \"h\" :subject \"Auto: Grüße to you\" "
     "\"b\"; keep"},
    {"6131 2 :seconds 0",
     "require [\"vacation\",\"vacation-seconds\",\"fcc\",\"mailbox\",\"variables\"]; vacation "
     ":handle \"h\" :seconds 0 \"b\";",
     "vacation \"alice+x@example.org\" :seconds 0 :handle \"h\" :subject \"Auto: Grüße to you\" "
     "\"b\"; keep"},
    {"6131 2 not both",
     "require [\"vacation\",\"vacation-seconds\",\"fcc\",\"mailbox\",\"variables\"]; vacation "
     ":handle \"h\" :seconds 1 :days 1 \"b\";",
     "!period was given already"},
    {"6131 3 vacation-seconds alone",
     "require \"vacation-seconds\"; vacation :handle \"h\" :seconds 60 \"b\";",
     "vacation \"alice+x@example.org\" :seconds 60 :handle \"h\" :subject \"Auto: Grüße to you\" "
     "\"b\"; keep"},
    {"6131 must be required", "require \"vacation\"; vacation :seconds 1 \"b\";",
     "!has no tag ':seconds'"},
    {"5230 4.3 :subject is one line",
     "require [\"vacation\",\"vacation-seconds\",\"fcc\",\"mailbox\",\"variables\"]; vacation "
     ":handle \"h\" :subject \"a\r\nb\" \"b\";",
     "vacation \"alice+x@example.org\" :seconds 604800 :handle \"h\" :subject \"a  b\" \"b\"; "
     "keep"},
    {"5230 4.4 :from",
     "require [\"vacation\",\"vacation-seconds\",\"fcc\",\"mailbox\",\"variables\"]; vacation "
     ":handle \"h\" :from \"Me <me@example.com>\" \"b\";",
     "vacation \"alice+x@example.org\" :seconds 604800 :handle \"h\" :subject \"Auto: Grüße to "
     "you\" :from \"Me <me@example.com>\" \"b\"; keep"},
    {"5230 4.4 :from is an address",
     "require [\"vacation\",\"vacation-seconds\",\"fcc\",\"mailbox\",\"variables\"]; vacation "
     ":handle \"h\" :from \"me\" \"b\";",
     "!\"me\" is not an address"},
    {"5230 4.4 :from from a variable",
     "require [\"vacation\",\"vacation-seconds\",\"fcc\",\"mailbox\",\"variables\"]; set \"a\" "
     "\"me\"; vacation :handle \"h\" :from \"${a}\" \"b\";",
     "!run: \"me\" is not an address"},
    {"5230 4.6 :mime",
     "require [\"vacation\",\"vacation-seconds\",\"fcc\",\"mailbox\",\"variables\"]; vacation "
     ":handle \"h\" :mime \"b\";",
     "vacation \"alice+x@example.org\" :seconds 604800 :handle \"h\" :subject \"Auto: Grüße to "
     "you\" :mime \"b\"; keep"},
    {"5230 4.7 once",
     "require [\"vacation\",\"vacation-seconds\",\"fcc\",\"mailbox\",\"variables\"]; vacation "
     "\"a\"; vacation \"b\";",
     "!run: 'vacation' can be used only once"},
    {"5230 4.7 once, though it is silent",
     "require [\"vacation\",\"vacation-seconds\",\"fcc\",\"mailbox\",\"variables\"]; vacation "
     "\"a\"; vacation \"b\";",
     "!run: 'vacation' can be used only once", "To: x@y.z\n\n"},
    {"5230 4.5 not the recipient's address",
     "require [\"vacation\",\"vacation-seconds\",\"fcc\",\"mailbox\",\"variables\"]; vacation "
     "\"b\";",
     "keep", "To: other@example.com\n\n"},
    {"5230 4.5 :addresses",
     "require [\"vacation\",\"vacation-seconds\",\"fcc\",\"mailbox\",\"variables\"]; vacation "
     ":handle \"h\" :addresses [\"x@y.z\",\"other@example.com\"] \"b\";",
     "vacation \"alice+x@example.org\" :seconds 604800 :handle \"h\" :subject \"Automated reply\" "
     "\"b\"; keep",
     "To: other@example.com\n\n"},
    {"5230 4.5 Cc",
     "require [\"vacation\",\"vacation-seconds\",\"fcc\",\"mailbox\",\"variables\"]; vacation "
     ":handle \"h\" \"b\";",
     "vacation \"alice+x@example.org\" :seconds 604800 :handle \"h\" :subject \"Automated reply\" "
     "\"b\"; keep",
     "Cc: x@y.z, BOB+list@example.com\n\n"},
    {"5230 4.5 no recipient at all",
     "require [\"vacation\",\"vacation-seconds\",\"fcc\",\"mailbox\",\"variables\"]; vacation "
     "\"b\";",
     "keep", "Subject: x\n\n"},
    {"5230 4.6 a mailing list",
     "require [\"vacation\",\"vacation-seconds\",\"fcc\",\"mailbox\",\"variables\"]; vacation "
     "\"b\";",
     "keep", "To: bob@example.com\nList-Id: <a>\n\n"},
    {"5230 4.6 Auto-Submitted",
     "require [\"vacation\",\"vacation-seconds\",\"fcc\",\"mailbox\",\"variables\"]; vacation "
     "\"b\";",
     "keep", "To: bob@example.com\nAuto-Submitted: auto-replied (x)\n\n"},
    {"5230 4.6 Auto-Submitted: no",
     "require [\"vacation\",\"vacation-seconds\",\"fcc\",\"mailbox\",\"variables\"]; vacation "
     ":handle \"h\" \"b\";",
     "vacation \"alice+x@example.org\" :seconds 604800 :handle \"h\" :subject \"Automated reply\" "
     "\"b\"; keep",
     "To: bob@example.com\nAuto-Submitted: no\n\n"},
    {"5230 4.6 Precedence",
     "require [\"vacation\",\"vacation-seconds\",\"fcc\",\"mailbox\",\"variables\"]; vacation "
     "\"b\";",
     "keep", "To: bob@example.com\nPrecedence: bulk\n\n"},
    {"5230 a reason",
     "require [\"vacation\",\"vacation-seconds\",\"fcc\",\"mailbox\",\"variables\"]; vacation;",
     "!expects a string as argument 1"},
    {"8580 :fcc",
     "require [\"vacation\",\"vacation-seconds\",\"fcc\",\"mailbox\",\"variables\"]; vacation "
     ":handle \"h\" :fcc \"Sent\" :create \"b\";",
     "vacation \"alice+x@example.org\" :seconds 604800 :handle \"h\" :subject \"Auto: Grüße to "
     "you\" :fcc \"Sent\" :create \"b\"; keep"},
    {"8580 :create without :fcc",
     "require [\"vacation\",\"vacation-seconds\",\"fcc\",\"mailbox\",\"variables\"]; vacation "
     ":handle \"h\" :create \"b\";",
     "!':create' needs ':fcc'"},
    {"8580 must be required", "require \"vacation\"; vacation :fcc \"a\" \"b\";",
     "!has no tag ':fcc'"},
};

SIEVE_SUITE("imap/sieve/rfc5230", kRows)

}  // namespace
