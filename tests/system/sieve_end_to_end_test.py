#!/usr/bin/env python3
"""Scripts from end to end: put by ManageSieve at a frontend, which relays it; the message by LMTP
at the frontend; what became of it by IMAP at the frontend. A row for what users write."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder
from sieve_client import Client, put

check = murder.check
MAILBOXES = ("INBOX", "INBOX.a", "INBOX.b", "shared2")
HEADER = {"From": "Ann <ann@example.org>", "To": "alice@example.org", "Subject": "hello world",
          "Date": "Mon, 30 Nov 2026 10:00:00 +0100"}
BODY = "The quick brown fox\r\njumps over the lazy dog\r\n"
IN, A, B, SHARED = {"INBOX": ()}, {"INBOX.a": ()}, {"INBOX.b": ()}, {"shared2": ()}
FILE_A = 'fileinto "INBOX.a";'


def cond(requires, test):
    """A script that files into INBOX.a what passes the test."""
    words = ", ".join('"%s"' % r for r in ["fileinto"] + requires)
    return 'require [%s];\r\nif %s { fileinto "INBOX.a"; }\r\n' % (words, test)


# name, script, {header fields that differ; "body", "rcpt" and "from" of the envelope}, where it is
CASES = [
    ("nothing", "", {}, IN),
    ("keep", "keep;", {}, IN),
    ("discard", "discard;", {}, {}),
    ("stop is no error", "stop;", {}, IN),
    ("stop after discard", 'require "fileinto"; discard; stop; fileinto "INBOX.a";', {}, {}),
    ("fileinto", 'require "fileinto"; ' + FILE_A, {}, A),
    ("fileinto INBOX in any case", 'require "fileinto"; fileinto "inbox";', {}, IN),
    ("fileinto of two", 'require "fileinto"; ' + FILE_A + ' fileinto "INBOX.b";', {},
     {**A, **B}),
    ("fileinto at another server", 'require "fileinto"; fileinto "shared2";', {}, SHARED),
    ("fileinto and keep", 'require "fileinto"; ' + FILE_A + " keep;", {}, {**A, **IN}),
    ("fileinto twice", 'require "fileinto"; ' + FILE_A + FILE_A, {}, A),
    ("copy", 'require ["fileinto", "copy"]; fileinto :copy "INBOX.a";', {}, {**A, **IN}),
    ("copy to INBOX and keep", 'require ["fileinto", "copy"]; fileinto :copy "INBOX";', {}, IN),
    ("a mailbox that is not there", 'require "fileinto"; fileinto "INBOX.none";', {}, IN),
    ("one that is not the user's", 'require "fileinto"; fileinto "user.bob";', {}, IN),
    ("header is", cond([], 'header :is "subject" "hello world"'), {}, A),
    ("header is, other case", cond([], 'header :is "subject" "HELLO World"'), {}, A),
    ("header is, i;octet", cond([], 'header :comparator "i;octet" :is "subject" "Hello world"'),
     {}, IN),
    ("header contains", cond([], 'header :contains "subject" "lo wo"'), {}, A),
    ("header matches", cond([], 'header :matches "subject" "h?llo*"'), {}, A),
    ("header of two names", cond([], 'header :contains ["x-no", "from"] ["bob", "ann@"]'), {}, A),
    ("header that is not there", cond([], 'header :contains "x-no" ""'), {}, IN),
    ("header in words", cond([], 'header :is "subject" "gr\u00fc\u00dfe"'),
     {"Subject": "=?iso-8859-1?q?gr=FC=DFe?="}, A),
    ("header that is folded", cond([], 'header :is "subject" "one two"'),
     {"Subject": "one\r\n two"}, A),
    ("not", cond([], 'not header :contains "subject" "spam"'), {}, A),
    ("allof", cond([], 'allof (true, header :contains "from" "ann")'), {}, A),
    ("allof, one false", cond([], 'allof (true, false)'), {}, IN),
    ("anyof", cond([], 'anyof (false, header :contains "from" "ann")'), {}, A),
    ("exists", cond([], 'exists ["from", "to"]'), {}, A),
    ("exists not", cond([], 'exists ["from", "x-no"]'), {}, IN),
    ("size over", cond([], "size :over 1M"), {}, IN),
    ("size under", cond([], "size :under 1M"), {}, A),
    ("address", cond([], 'address :is "from" "ann@example.org"'), {}, A),
    ("address domain", cond([], 'address :domain :is "from" "example.org"'), {}, A),
    ("address localpart", cond([], 'address :localpart :is "from" "ann"'), {}, A),
    ("address of a list", cond([], 'address :is "to" "bob@example.net"'),
     {"To": "alice@example.org, Bob <bob@example.net>"}, A),
    ("envelope from", cond(["envelope"], 'envelope "from" "sender@example.org"'), {}, A),
    ("envelope to", cond(["envelope"], 'envelope :localpart "to" "alice"'), {}, A),
    ("elsif", 'require "fileinto"; if false { discard; } elsif true { fileinto "INBOX.b"; } '
     "else { discard; }", {}, B),
    ("else", 'require "fileinto"; if false { discard; } else { fileinto "INBOX.b"; }', {}, B),
    ("nested", 'require "fileinto"; if true { if not false { fileinto "INBOX.b"; stop; } } '
     "discard;", {}, B),
    ("comments and text:", 'require "fileinto"; # one\r\n/* two */ if header :contains "subject" '
     "text:\r\nhello\r\n.\r\n{ keep; }\r\n", {}, IN),
    ("body", cond(["body"], 'body :contains "brown fox"'), {}, A),
    ("body raw", cond(["body"], 'body :raw :contains "cat"'), {}, IN),
    ("relational count", cond(["relational", "comparator-i;ascii-numeric"],
                              'address :count "ge" :comparator "i;ascii-numeric" "to" "2"'),
     {"To": "alice@example.org, bob@example.net"}, A),
    ("relational value", cond(["relational", "comparator-i;ascii-numeric"],
                              'header :value "gt" :comparator "i;ascii-numeric" "x-n" "9"'),
     {"X-N": "10"}, A),
    ("subaddress", cond(["envelope", "subaddress"], 'envelope :detail "to" "lists"'),
     {"rcpt": "alice+lists@example.org"}, A),
    ("flags of keep", 'require "imap4flags"; keep :flags "\\\\Flagged";', {},
     {"INBOX": ("\\Flagged",)}),
    ("setflag and addflag", 'require ["fileinto", "imap4flags"]; setflag "\\\\Seen"; '
     'addflag "$Label1"; ' + FILE_A, {}, {"INBOX.a": ("\\Seen", "$Label1")}),
    ("removeflag", 'require ["fileinto", "imap4flags"]; setflag ["\\\\Seen", "\\\\Flagged"]; '
     'removeflag "\\\\Seen"; ' + FILE_A, {}, {"INBOX.a": ("\\Flagged",)}),
    ("the last flags win", 'require ["fileinto", "imap4flags"]; fileinto :flags "\\\\Seen" '
     '"INBOX.a"; fileinto :flags "\\\\Flagged" "INBOX.a";', {}, {"INBOX.a": ("\\Flagged",)}),
    ("flags at another server", 'require ["fileinto", "imap4flags"]; fileinto :flags '
     '["\\\\Seen", "$x"] "shared2";', {}, {"shared2": ("\\Seen", "$x")}),
    ("variables", 'require ["fileinto", "variables"]; set :lower "box" "A"; '
     'fileinto "INBOX.${box}";', {}, A),
    ("variables of a match", 'require ["fileinto", "variables"]; if header :matches "x-box" '
     '"to *" { fileinto "INBOX.${1}"; }', {"X-Box": "to b"}, B),
    ("date", cond(["date"], 'date :is "date" "year" "2026"'), {}, A),
    ("date weekday", cond(["date"], 'date :is "date" "weekday" "1"'), {}, A),
    ("currentdate", cond(["date", "relational"], 'currentdate :value "ge" "year" "2026"'), {}, A),
    ("index", cond(["index"], 'header :index 2 :is "x-n" "two"'),
     {"X-N": "one\r\nX-N: two"}, A),
    ("mailboxexists", cond(["mailbox"], 'mailboxexists ["INBOX.b", "shared2"]'), {}, A),
    ("mailboxexists not", cond(["mailbox"], 'mailboxexists "INBOX.none"'), {}, IN),
    ("ihave", 'require ["fileinto", "ihave"]; if ihave "nothing-such" { discard; } else { '
     + FILE_A + " }", {}, A),
    ("environment", cond(["environment"], 'environment :contains "name" "rookery"'), {}, A),
    ("encoded-character", 'require ["fileinto", "encoded-character"]; if header :contains '
     '"subject" "${hex:68}ello" { ' + FILE_A + " }", {}, A),
    ("editheader", 'require ["fileinto", "editheader"]; deleteheader "x-spam"; if not exists '
     '"x-spam" { ' + FILE_A + " }", {"X-Spam": "yes"}, A),
    ("foreverypart and mime", 'require ["fileinto", "foreverypart", "mime"]; foreverypart { if '
     'header :mime :type "Content-Type" "text" { ' + FILE_A + " } }",
     {"Content-Type": "text/plain"}, A),
    ("duplicate, the first", 'require ["fileinto", "duplicate"]; if not duplicate { ' + FILE_A
     + " }", {}, A),
    ("spamtest, not tested", cond(["spamtest", "relational", "comparator-i;ascii-numeric"],
                                  'spamtest :value "ge" :comparator "i;ascii-numeric" "1"'),
     {}, IN),
    ("8-bit header", cond([], 'header :contains "x-raw" "\u00e4"'), {"X-Raw": "b\u00e4r"}, A),
]


def message(number, changes):
    fields = {**HEADER, "Message-ID": "<case%d@example.org>" % number}
    fields.update({k: v for k, v in changes.items() if k not in ("body", "rcpt", "from")})
    return ("".join("%s: %s\r\n" % kv for kv in fields.items()) + "\r\n"
            + changes.get("body", BODY)).encode()


def found(c, number):
    """{mailbox: flags} of that message."""
    where = {}
    for mailbox in MAILBOXES:
        check(c.select(mailbox, readonly=True))
        hits = check(c.search(None, "HEADER", "Message-ID", "<case%d@" % number))[0].split()
        assert len(hits) <= 1, (mailbox, hits)
        if hits:
            data = check(c.fetch(hits[0].decode(), "(FLAGS)"))[0]
            flags = re.search(rb"FLAGS \(([^)]*)\)", data).group(1).decode().split()
            where[mailbox] = tuple(sorted(f for f in flags if f != "\\Recent"))
    return where


def test_every_case():
    assert len(CASES) >= 60
    with murder.Murder(backends=2, frontends=1, sieve=True, start=False,
                       extra={"munge8bit": "no"}) as m:
        m["frontend1"].extra["sieve_allowreferrals"] = "no"
        m.start()
        m.add_user("alice", 1)
        m.add_user("bob", 1)
        with m.imap("backend2", "cyrus") as c:
            check(c.create("shared2"))
            check(c.setacl("shared2", "alice", "lrswip"))
        with m.imap("frontend1", "alice") as c:
            check(c.create("INBOX.a"))
            check(c.create("INBOX.b"))
        wrong = []
        with Client(m["frontend1"].address("sieve")) as sieve, \
                m.imap("frontend1", "alice") as reader:
            assert sieve.login("alice").word == "OK"
            for number, (name, script, changes, expected) in enumerate(CASES):
                said = sieve.ask(put("case", script.encode()))
                assert said.word == "OK", (name, said)
                assert sieve.ask(b'SETACTIVE "case"').word == "OK", name
                refused = m.deliver(message(number, changes),
                                    [changes.get("rcpt", "alice@example.org")])
                assert not refused, (name, refused)
                there = found(reader, number)
                if there != {k: tuple(sorted(v)) for k, v in expected.items()}:
                    wrong.append("%s: %s, not %s" % (name, there, expected))
        assert not wrong, "\n".join(wrong)


if __name__ == "__main__":
    harness.main()
