#!/usr/bin/env python3
"""IMAP extensions, each test twice: at the backend, and through a frontend, with one answer."""
import atexit
import base64
import datetime
from email.header import Header
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder

check = murder.check
MURDER = []
USERS = [0]


def the_murder():
    """One murder for all tests of this file."""
    if not MURDER:
        m = murder.Murder(backends=2, frontends=1, extra={"allowusermoves": "yes"})
        atexit.register(m.stop)
        MURDER.append(m)
    return MURDER[0]


def new_user(stem, backend=1):
    USERS[0] += 1
    name = "%s%d" % (stem, USERS[0])
    the_murder().add_user(name, backend)
    return name


def client(where, user):
    return the_murder().imap(where, user)


def command(c, text, ok="OK"):
    """One command as it stands: its untagged lines in order, and the text of its answer."""
    tag = c._new_tag()
    c.send(tag + b" " + text.encode() + b"\r\n")
    lines = []
    while True:
        line = c._get_line()
        while line.endswith(b"}") and line[line.rfind(b"{") + 1:-1].isdigit():
            size = int(line[line.rfind(b"{") + 1:-1])
            line += b"\r\n" + c.read(size) + c._get_line()
        if line.startswith(tag + b" "):
            kind, _, rest = line[len(tag) + 1:].partition(b" ")
            assert kind.decode() == ok, (text, line)
            return [x.decode() for x in lines], rest.decode()
        assert line.startswith(b"* "), line
        lines.append(line[2:])


def message(size=300, subject="s"):
    text = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: " + subject.encode() + b"\r\n\r\n"
    return text + b"x" * (size - len(text) - 2) + b"\r\n"


def twice(test):
    """At the backend, and through the frontend."""
    for where in ("backend1", "frontend1"):
        try:
            test(where)
        except Exception as e:
            e.args = ("%s: %s" % (where, e),)
            raise


def both(test):
    def run():
        twice(test)
    run.__name__ = test.__name__
    globals()["test_" + test.__name__] = run
    return run


@both
def capabilities_before_the_login(where):
    user = new_user("early")
    with client(where, None) as c:
        # The greeting tells what can be done now, CAPABILITY what there is at all.
        assert b" METADATA" not in c.welcome and b" AUTH=PLAIN" in c.welcome, c.welcome
        before = set(command(c, "CAPABILITY")[0][0].split())
        check(c.login(user, the_murder().password))
        after = set(command(c, "CAPABILITY")[0][0].split())
    assert {"ACL", "QUOTA", "NAMESPACE", "METADATA", "LIST-EXTENDED"} <= after, after
    assert ("MAILBOX-REFERRALS" in before) and after <= before, after - before


@both
def quota(where):
    user = new_user("quota")
    root = "user." + user
    with client(where, "cyrus") as admin, client(where, user) as c:
        # No root: none is told.
        assert command(c, "GETQUOTAROOT INBOX")[0] == ["QUOTAROOT INBOX"]
        command(admin, "GETQUOTA " + root, ok="NO")
        command(c, "SETQUOTA INBOX (STORAGE 10)", ok="NO")
        command(admin, "SETQUOTA user.nobody.there (STORAGE 10)", ok="NO")
        command(admin, "SETQUOTA %s (BOTTLES 10)" % root, ok="NO")
        command(admin, "SETQUOTA %s (STORAGE)" % root, ok="BAD")
        lines, _ = command(admin, "SETQUOTA %s (STORAGE 10 MESSAGE 5 X-NUM-FOLDERS 3)" % root)
        assert lines == ["QUOTA %s (STORAGE 0 10 MESSAGE 0 5 MAILBOX 1 3)" % root], lines
        check(c.create("INBOX.Sub"))
        check(c.append("INBOX", None, None, message(3000)))
        check(c.append("INBOX.Sub", None, None, message(3000)))
        expected = ["QUOTAROOT INBOX.Sub INBOX",
                    "QUOTA INBOX (STORAGE 5 10 MESSAGE 2 5 MAILBOX 2 3)"]
        assert command(c, "GETQUOTAROOT INBOX.Sub")[0] == expected
        assert command(c, "GETQUOTA INBOX")[0] == expected[1:]
        # Limits: of bytes, of messages, of mailboxes; all or none of a COPY.
        kind, data = c.append("INBOX", None, None, message(6000))
        assert kind == "NO" and b"[OVERQUOTA]" in data[0], data
        check(c.create("INBOX.Third"))
        kind, data = c.create("INBOX.Fourth")
        assert kind == "NO" and b"[OVERQUOTA]" in data[0], data
        check(c.append("INBOX", None, None, message(100)))
        check(c.append("INBOX", None, None, message(100)))
        check(c.select("INBOX"))
        kind, data = c.copy("1:2", "INBOX.Sub")
        assert kind == "NO" and b"[OVERQUOTA]" in data[0], data
        lines, _ = command(c, "MOVE 1:2 INBOX.Sub")
        assert any("COPYUID" in x for x in lines), lines
        # What is deleted is given back; no limits are a root too.
        check(c.delete("INBOX.Sub"))
        lines = command(c, "GETQUOTA INBOX")[0]
        assert lines == ["QUOTA INBOX (STORAGE 0 10 MESSAGE 1 5 MAILBOX 2 3)"], lines
        lines = command(admin, "SETQUOTA %s ()" % root)[0]
        assert lines == ["QUOTA %s ()" % root], lines
        check(c.append("INBOX", None, None, message(20000)))
        # A root goes with its tree, and to its new name.
        command(admin, "SETQUOTA %s (STORAGE 100)" % root)
        check(admin.rename(root, root + "x"))
        murder.wait_for(lambda: admin.list('""', root + "x")[1] != [None], "the new name")
        lines = command(admin, "GETQUOTA %sx" % root)[0]
        assert lines == ["QUOTA %sx (STORAGE 19 100)" % root], lines
        check(admin.setacl(root + "x", "cyrus", "lrswipkxtecda"))
        check(admin.delete(root + "x"))
        check(admin.create(root + "x"))
        command(admin, "GETQUOTA %sx" % root, ok="NO")


# As a frontend of Cyrus 3.12 sends it, and an older one: all that they know, mostly unlimited.
@both
def quota_resources_under_all_names(where):
    root = "user." + new_user("names")
    with client(where, "cyrus") as admin:
        for names in (("ANNOTATION-STORAGE", "MAILBOX"), ("X-ANNOTATION-STORAGE", "X-NUM-FOLDERS")):
            for limit, told in ((-1, ""), (7, " MAILBOX 1 7")):
                lines, _ = command(admin, "SETQUOTA %s (STORAGE 5000 MESSAGE 100 %s -1 %s %d)" %
                                   (root, *names, limit))
                assert lines == ["QUOTA %s (STORAGE 0 5000 MESSAGE 0 100%s)" % (root, told)], lines
            _, text = command(admin, "SETQUOTA %s (%s 5)" % (root, names[0]), ok="NO")
            assert text.startswith("[CANNOT]"), text


# A frontend of Cyrus 3.12 whose client enabled IMAP4rev2 sends names as they are.
@both
def names_in_utf8(where):
    user = new_user("utf8")
    with client(where, user) as c:
        sub, wire = '"INBOX.Entwürfe & mehr"', '"INBOX.Entw&APw-rfe &- mehr"'
        command(c, "CREATE " + sub)
        lines = command(c, 'LIST "" "INBOX.Entwü%"')[0]
        assert len(lines) == 1 and lines[0].endswith(' "." ' + wire), lines
        command(c, "SUBSCRIBE " + sub)
        lines = command(c, 'LSUB "" "*ü*"')[0]
        assert lines == ['LSUB () "." ' + wire], lines
        command(c, "APPEND %s {%d+}\r\n%s" % (sub, len(message()), message().decode()))
        lines = command(c, "STATUS %s (MESSAGES)" % sub)[0]
        assert lines == ["STATUS %s (MESSAGES 1)" % wire], lines
        command(c, "SELECT " + sub)
        command(c, 'COPY 1 "INBOX.日本"', ok="NO")
        command(c, 'CREATE "INBOX.日本"')
        command(c, 'UID COPY 1 "INBOX.日本"')
        assert command(c, "STATUS INBOX.&ZeVnLA- (MESSAGES)")[0] == [
            "STATUS INBOX.&ZeVnLA- (MESSAGES 1)"]
        command(c, "CLOSE")
        command(c, 'RENAME "INBOX.日本" "INBOX.台北"')
        command(c, 'SELECT "INBOX.&U,BTFw-"')
        command(c, "CLOSE")
        command(c, 'SETMETADATA "INBOX.台北" (/private/comment "x")')
        command(c, "UNSUBSCRIBE " + sub)
        command(c, "DELETE " + sub)
        command(c, "SELECT " + wire, ok="NO")


HEADERS = (b"Received: by mx\r\nFrom: Ann <ann%d@x.example>\r\nTo: bob@x.example\r\n"
           b"Date: Tue, 0%d Feb 2026 10:00:00 +0000\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= %d\r\n"
           b"Message-ID: <%d@x.example>\r\nReferences: <a@x.example>\r\nX-Own: %d\r\n\r\nx\r\n")


def message_files(user):
    """Those of an INBOX at the first backend."""
    found = []
    for folder, _, names in os.walk(os.path.join(the_murder().backends[0].dir, "spool")):
        if os.path.basename(folder) == user:
            found += [os.path.join(folder, x) for x in names if re.fullmatch(r"[0-9]+\.", x)]
    return sorted(found)


# What many messages are asked for needs none of their files.
@both
def headers_without_the_messages(where):
    user = new_user("headers")
    with client(where, user) as c:
        for n in range(1, 4):
            check(c.append("INBOX", None, None, HEADERS % ((n,) * 5)))
        files = message_files(user)
        assert len(files) == 3, files
        asked = [("SEARCH FROM ann2", "SEARCH 2"), ("SEARCH NOT SUBJECT \"grüße\"", "SEARCH"),
                 ("SEARCH SUBJECT \"gruße 3\"", "SEARCH 3"),
                 ("SEARCH SENTSINCE 2-Feb-2026 TO bob", "SEARCH 2 3"),
                 ("SEARCH SENTON 1-Feb-2026 SENTBEFORE 2-Feb-2026", "SEARCH 1"),
                 ("SEARCH OR HEADER Message-Id <3@ HEADER References \"\"", "SEARCH 1 2 3"),
                 ("UID SEARCH UID 2:* HEADER List-Id x", "SEARCH"),
                 ("FETCH 2 (BODY.PEEK[HEADER.FIELDS (Date x-priority FROM)])",
                  "2 FETCH (BODY[HEADER.FIELDS (Date x-priority FROM)] {69}\r\n"
                  "From: Ann <ann2@x.example>\r\nDate: Tue, 02 Feb 2026 10:00:00 +0000\r\n\r\n)")]
        asked += [("SORT (%s) UTF-8 ALL" % key, "SORT " + order) for key, order in (
            ("REVERSE FROM", "3 2 1"), ("REVERSE SUBJECT", "3 2 1"), ("REVERSE DATE", "3 2 1"),
            ("CC REVERSE DATE", "3 2 1"), ("TO REVERSE FROM", "3 2 1"),
            ("DISPLAYFROM REVERSE DATE", "3 2 1"), ("DISPLAYTO REVERSE SUBJECT", "3 2 1"))]
        asked += [("THREAD %s UTF-8 ALL" % algorithm, "THREAD " + threads)
                  for algorithm, threads in (("ORDEREDSUBJECT", "(1)(2)(3)"),
                                             ("REFERENCES", "((1)(2)(3))"),
                                             ("REFS", "((1)(2)(3))"))]
        # Hidden first: what was asked before could be what is told.
        for hidden in (True, False):
            for path in files:
                os.rename(*(path, path + "away")[::1 if hidden else -1])
            command(c, "SELECT INBOX")
            for text, line in asked:
                assert command(c, text)[0] == [line], (hidden, text, command(c, text)[0])
        # What is not kept is looked for in the message.
        lines = command(c, "UID SEARCH HEADER X-Own 2")[0]
        assert lines == ["SEARCH 2"], lines


# Where squatter has been only what may have the words is read; what it does not know is read too.
@both
def bodies_by_their_words(where):
    user = new_user("words")
    text = (b"From: a@x.example\r\nSubject: number %d\r\n"
            b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
            b"\r\nThis is %s, and more.\r\n")
    kinds = ["Äpfel", "pears", "applejack"]
    with client(where, user) as c:
        for n in range(60):
            check(c.append("INBOX", None, None, text % (n + 1, kinds[n % 3].encode())))
        pears = "SEARCH " + " ".join(str(n) for n in range(2, 61, 3))
        asked = [("SEARCH BODY PEAR", pears), ("SEARCH TEXT \"number 60\"", "SEARCH 60"),
                 ("SEARCH BODY \"is pears, and\"", pears), ("SEARCH BODY nothing", "SEARCH"),
                 ("SEARCH NOT BODY apfel NOT BODY applejack", pears),
                 ("SEARCH OR BODY nothing TEXT \"number 59\"", "SEARCH 59"),
                 ("SEARCH 1:3 BODY apfel", "SEARCH 1"), ("SEARCH BODY number", "SEARCH"),
                 ("SEARCH RETURN (COUNT) BODY ppl", "ESEARCH (TAG COUNT 20")]

        def answers():
            lines = [command(c, q)[0][0] for q, _ in asked]
            return [re.sub(r'\(TAG "\w+"\)', "(TAG", line) for line in lines]
        check(c.select("INBOX"))
        assert answers() == [a for _, a in asked], answers()
        said = the_murder().backends[0].run("squatter", "-v", "-u", user,
                                                   stderr=subprocess.PIPE)
        assert said.stdout.endswith(": 60 messages indexed\n"), said.stdout
        assert answers() == [a for _, a in asked], answers()
        files = message_files(user)
        without = [f for f in files if b"pears" not in open(f, "rb").read()]
        assert len(without) == 40, files
        for path in without:
            os.rename(path, path + "away")
        assert answers()[0] == pears and answers()[2] == pears, answers()
        for path in without:
            os.rename(path + "away", path)
        check(c.append("INBOX", None, None, text % (61, b"pears")))
        check(c.noop())
        assert command(c, "SEARCH BODY pear")[0] == [pears + " 61"]
        check(c.uid("COPY", "60", "INBOX"))
        check(c.store("2", "+FLAGS", "\\Deleted"))
        check(c.expunge())
        the_murder().backends[0].run("squatter", "-u", user)
        lines = command(c, "UID SEARCH BODY pear")[0]
        assert lines == ["SEARCH " + pears.split(" ", 2)[2] + " 61"], lines
        lines = command(c, "UID SEARCH TEXT \"number 60\"")[0]
        assert lines == ["SEARCH 60 62"], lines


SORTED = [
    # From, To, Date, Subject, Message-ID, References
    ("Zoe <b@x>", "x@x", 3, "Apple", "<1@x>", ""),
    ("adam@x", "y@x", 1, "Re: apple", "<2@x>", "<1@x>"),
    ("=?utf-8?q?=C3=84nne?= <c@x>", "w@x", 2, "=?utf-8?q?=C3=A4pfel?=", "<3@x>", ""),
    ("Bob <d@x>", "z@x", 5, "[list] zebra", "<4@x>", "<gone@x> <2@x>"),
    ("Cid <e@x>", "v@x", 4, "zebra (fwd)", "<5@x>", ""),
]


@both
def sorted_and_threaded(where):
    user = new_user("sorted")
    came = '" 1-Mar-2026 10:00:00 +0000"'  # all of them: then their numbers count
    with client(where, user) as c:
        for sender, to, day, subject, own, named in SORTED:
            text = ("From: %s\r\nTo: %s\r\nDate: 0%d Feb 2026 10:00:00 +0000\r\nSubject: %s\r\n"
                    "Message-ID: %s\r\nReferences: %s\r\n\r\n%s\r\n" %
                    (sender, to, day, subject, own, named, "x" * (20 - day)))
            check(c.append("INBOX", None, came, text.encode()))
        check(c.append("INBOX", None, came, b"Subject: last\r\n\r\n"))
        check(c.select("INBOX"))
        capabilities = command(c, "CAPABILITY")[0][0].split()
        assert {"SORT", "SORT=DISPLAY", "ESORT", "THREAD=ORDEREDSUBJECT", "THREAD=REFERENCES",
                "THREAD=REFS"} <= set(capabilities), capabilities
        for text, wanted in (
                ("SORT (ARRIVAL) UTF-8 ALL", "SORT 1 2 3 4 5 6"),
                ("SORT (REVERSE ARRIVAL) UTF-8 1:2", "SORT 1 2"),
                ("SORT (DATE) UTF-8 1:5", "SORT 2 3 1 5 4"),
                ("SORT (REVERSE DATE) US-ASCII 1:5", "SORT 4 5 1 3 2"),
                ("SORT (SUBJECT) UTF-8 1:5", "SORT 1 2 3 4 5"),
                ("SORT (SUBJECT REVERSE DATE) UTF-8 1:5", "SORT 1 2 3 4 5"),
                ("SORT (SUBJECT DATE) UTF-8 1:5", "SORT 2 1 3 5 4"),
                ("SORT (FROM) UTF-8 ALL", "SORT 6 2 1 3 4 5"),
                ("SORT (DISPLAYFROM) UTF-8 1:5", "SORT 2 3 4 5 1"),
                ("SORT (DISPLAYTO) UTF-8 1:5", "SORT 5 3 1 2 4"),
                ("SORT (TO) UTF-8 1:5", "SORT 5 3 1 2 4"),
                ("SORT (CC) UTF-8 1:5", "SORT 1 2 3 4 5"),
                ("SORT (REVERSE SIZE) UTF-8 (1:2 ALL)", "SORT 2 1"),
                ("UID SORT (DATE) UTF-8 SUBJECT apple", "SORT 2 1"),
                ("SORT (DATE) UTF-8 SUBJECT none", "SORT"),
                ("THREAD ORDEREDSUBJECT UTF-8 1:5", "THREAD (2 1)(3)(5 4)"),
                ("THREAD REFERENCES UTF-8 1:5", "THREAD (3)(1 2 4)(5)"),
                ("THREAD REFS UTF-8 ALL", "THREAD (3)(1 2 4)(5)(6)"),
                ("THREAD REFERENCES UTF-8 SUBJECT none", "THREAD"),
                ("UID THREAD REFERENCES UTF-8 2,4", "THREAD (2 4)")):
            lines, _ = command(c, text)
            assert lines == [wanted], (text, lines)
        lines, _ = command(c, "UID SORT RETURN (MIN MAX COUNT ALL) (REVERSE DATE) UTF-8 1:5")
        assert re.fullmatch(r'ESEARCH \(TAG "?[A-Z0-9]+"?\) UID MIN 4 MAX 2 ALL 4:5,1,3,2 COUNT 5',
                            lines[0]) and len(lines) == 1, lines
        lines, _ = command(c, "SORT (DATE) UTF-8 MODSEQ 1 1")
        assert re.fullmatch(r"SORT 1 \(MODSEQ [0-9]+\)", lines[0]), lines
        assert "BADCHARSET" in command(c, "SORT (DATE) x-none ALL", ok="NO")[1]
        assert "BADCHARSET" in command(c, "THREAD REFS x-none ALL", ok="NO")[1]
        for text in ("SORT", "SORT (DATE) UTF-8", "SORT () UTF-8 ALL", "SORT (FOO) UTF-8 ALL",
                     "SORT (DATE REVERSE) UTF-8 ALL", "SORT (DATE) ALL", "THREAD",
                     "THREAD FOO UTF-8 ALL", "THREAD REFS UTF-8", "UID THREAD REFS UTF-8 x"):
            command(c, text, ok="BAD")


PHRASES = (b"From: \"Smith, \\\"Al\\\"\" <al@x.example>\r\n"
           b"To: Ann\r\n\tLee <ann@x.example> (sales)\r\n"
           b"To: bea@x.example\r\nCc: =?utf-8?q?J=C3=BCrgen_M=C3=BCller?= <jm@x.example>\r\n"
           b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= from\r\n the caf=?utf-8?q?=C3=A9?=\r\n"
           b"Content-Type: multipart/mixed; boundary*0=\"ab\";\r\n boundary*1=\"cd\"\r\n\r\n"
           b"--abcd\r\nContent-Type: text/plain\r\n\r\nThe annual general\r\nmeeting\r\n"
           b"--abcd\r\nContent-Type: image/png\r\nContent-Disposition: attachment;\r\n"
           b" filename*0*=utf-8''Jahresabschl%C3;\r\n filename*1*=%BCsse.png\r\n\r\nx\r\n"
           b"--abcd--\r\n")


@both
def search_finds_what_is_read(where):
    with client(where, new_user("search")) as c:
        check(c.append("INBOX", None, None, PHRASES))
        check(c.select("INBOX"))
        for keys, found in (('BODY "general meeting"', 1), ('TEXT "annual  general meeting"', 1),
                            ("BODY generalmeeting", 0), ('SUBJECT "from the cafe"', 1),
                            ("CC muller", 1), ('CC "jurgen muller <jm@x.example>"', 1),
                            ('FROM "al\\" <al@x"', 1), ('TO "ann lee"', 1), ("TO sales", 0),
                            ("TO bea@x.example", 1), ("HEADER To sales", 1),
                            ("BODY jahresabschlusse", 1), ("TEXT image/png", 1),
                            ("BODY jurgen", 0), ("TEXT jurgen", 1)):
            lines, _ = command(c, "SEARCH " + keys)
            assert lines == ["SEARCH" + " 1" * found], (keys, lines)
        lines, _ = command(c, "FETCH 1 (ENVELOPE BODYSTRUCTURE BODY.PEEK[1])")
        text = " ".join(lines)
        assert '"ann" "x.example")(NIL NIL "bea" "x.example"))' in text, text
        assert '("FILENAME*" "utf-8\'\'Jahresabschl%C3%BCsse.png")' in text, text
        assert '("BOUNDARY" "abcd")' in text and "general\r\nmeeting" in text, text


@both
def a_client_is_warned_before_its_quota_is_full(where):
    user = new_user("warned")
    with client(where, "cyrus") as admin, client(where, user) as c:
        command(admin, "SETQUOTA user.%s (STORAGE 10)" % user)
        check(c.append("INBOX", None, None, message(9500)))
        lines, _ = command(c, "SELECT INBOX")
        assert "NO [ALERT] Mailbox is at 90% of quota" in lines, lines


@both
def status_tells_more(where):
    user = new_user("status")
    with client(where, user) as c:
        check(c.append("INBOX", "(\\Deleted)", None, message(1000)))
        check(c.append("INBOX", None, None, message(500)))
        lines, _ = command(c, "STATUS INBOX (SIZE DELETED DELETED-STORAGE APPENDLIMIT "
                           "HIGHESTMODSEQ MAILBOXID)")
        values = fields(lines[0])
        assert values["SIZE"] == "1500" and values["DELETED"] == "1", lines
        assert values["DELETED-STORAGE"] == "1000" and int(values["HIGHESTMODSEQ"]) > 0, lines
        assert values["APPENDLIMIT"] == "4294967295", lines
        capabilities = command(c, "CAPABILITY")[0][0].split()
        assert "STATUS=SIZE" in capabilities and "APPENDLIMIT=4294967295" in capabilities
        lines, _ = command(c, "SELECT INBOX")
        assert "OK [MAILBOXID %s] Ok" % values["MAILBOXID"] in lines, lines
        _, text = command(c, "CREATE INBOX.New")
        assert re.match(r"\[MAILBOXID \([0-9a-f]+\)\]", text), text
        lines, _ = command(c, "FETCH 1:2 (EMAILID THREADID)")
        ids = [re.search(r"EMAILID \((M[0-9a-f]{24})\) THREADID NIL", x).group(1) for x in lines]
        assert len(set(ids)) == 2, lines
        assert command(c, "SEARCH EMAILID " + ids[1])[0] == ["SEARCH 2"]
        assert command(c, "SEARCH THREADID x")[0] == ["SEARCH"]


def fields(line):
    """The items of a STATUS response."""
    words = line[line.index("(") + 1:-1].split(" ")
    return dict(zip(words[::2], words[1::2]))


@both
def extended_search(where):
    user = new_user("esearch")
    with client(where, user) as c:
        for n in range(6):
            check(c.append("INBOX", "(\\Flagged)" if n % 2 else None, None, message(300 + n)))
        command(c, "SELECT INBOX")
        command(c, "STORE 1 +FLAGS.SILENT (\\Deleted)")
        command(c, "EXPUNGE")

        def search(text):
            lines, _ = command(c, text)
            assert len(lines) == 1, lines
            sent = re.search(r'\(TAG "([^"]*)"\)', lines[0])
            assert sent and sent.group(1).encode() == last_tag(c), lines
            return lines[0].replace(sent.group(0) + " ", "").replace(sent.group(0), "").rstrip()
        assert search("SEARCH RETURN (MIN MAX COUNT ALL) FLAGGED") == \
            "ESEARCH MIN 1 MAX 5 ALL 1,3,5 COUNT 3"
        assert search("UID SEARCH RETURN () FLAGGED") == "ESEARCH UID ALL 2,4,6"
        assert search("SEARCH RETURN (COUNT) ANSWERED") == "ESEARCH COUNT 0"
        assert search("SEARCH RETURN (MIN) ANSWERED") == "ESEARCH"
        assert search("SEARCH RETURN (ALL) CHARSET UTF-8 ALL") == "ESEARCH ALL 1:5"
        command(c, "SEARCH RETURN (WHAT) ALL", ok="BAD")
        assert command(c, "SEARCH FLAGGED")[0] == ["SEARCH 1 3 5"]


@both
def search_within(where):
    """RFC 5032: by the internal date, to the second, whatever its zone."""
    user = new_user("within")
    now = int(time.time())

    def date(age, zone="+0000"):
        shift = (1 if zone[0] == "+" else -1) * (int(zone[1:3]) * 3600 + int(zone[3:]) * 60)
        local = time.gmtime(now - age + shift)
        return '"%s %s"' % (time.strftime("%d-%b-%Y %H:%M:%S", local), zone)
    with client(where, user) as c:
        for when in (date(90000), date(7200, "-0800"), date(7200, "+0530"), date(-86400)):
            check(c.append("INBOX", None, when, message()))
        assert "WITHIN" in command(c, "CAPABILITY")[0][0].split()
        command(c, "SELECT INBOX")
        for keys, want in (("OLDER 86400", " 1"), ("YOUNGER 86400", " 2 3 4"),
                           ("OLDER 7200", " 1 2 3"), ("YOUNGER 3600", " 4"), ("OLDER 1", " 1 2 3"),
                           ("YOUNGER 4294967295", " 1 2 3 4"), ("OLDER 4294967295", ""),
                           ("NOT OLDER 86400 OLDER 3600", " 2 3"),
                           ("OR YOUNGER 3600 (OLDER 86400)", " 1 4")):
            assert command(c, "SEARCH " + keys)[0] == ["SEARCH" + want], keys
        assert command(c, "UID SEARCH RETURN (COUNT) YOUNGER 86400")[0][0].endswith(" COUNT 3")
        for bad in ("OLDER 0", "YOUNGER 4294967296", "OLDER -1", "YOUNGER",
                    "OLDER 99999999999999999999", "OLDER 07x", 'YOUNGER "5"'):
            command(c, "SEARCH " + bad, ok="BAD")


@both
def a_saved_result(where):
    """RFC 5182: "$" wherever a set may be; what is gone is not in it any more."""
    user, other = new_user("saved"), new_user("savedto", 2)
    with client("backend2", "cyrus") as admin:
        check(admin.setacl("user." + other, user, "lrswipkxtecda"))
    with client(where, user) as c, client(where, user) as also:
        for n in range(5):
            check(c.append("INBOX", None, None, message(subject="apple" if n % 2 else "pear")))
        check(c.create("INBOX.Sub"))
        assert "SEARCHRES" in command(c, "CAPABILITY")[0][0].split()
        command(c, "SELECT INBOX")
        assert command(c, "SEARCH RETURN (SAVE) SUBJECT pear")[0] == []
        assert command(c, "FETCH $ UID")[0] == ["%d FETCH (UID %d)" % (n, n) for n in (1, 3, 5)]
        lines = command(c, "UID STORE $ +FLAGS.SILENT \\Flagged")[0]
        assert command(c, "SEARCH FLAGGED")[0] == ["SEARCH 1 3 5"], lines
        command(also, "SELECT INBOX")
        command(also, "UID STORE 3 +FLAGS.SILENT \\Deleted")
        command(also, "UID EXPUNGE 3")
        command(c, "NOOP")
        assert command(c, "SEARCH $ ALL")[0] == ["SEARCH 1 4"]
        assert "COPYUID" in command(c, "COPY $ INBOX.Sub")[1]
        lines = command(c, "UID SEARCH RETURN (SAVE MIN ALL) NOT $")[0]
        assert lines[0].endswith(" UID MIN 2 ALL 2,4"), lines
        if where != "backend1":  # a backend cannot reach the other
            text = command(c, "COPY $ user." + other)[1]
            assert re.search(r"\[COPYUID [0-9]+ 2,4 1:2\]", text), text
        lines = command(c, "MOVE $ INBOX.Sub")[0]
        gone = [x for x in lines if x.endswith("EXPUNGE")]
        assert any("COPYUID" in x for x in lines) and gone == ["3 EXPUNGE", "2 EXPUNGE"], lines
        assert command(c, "SEARCH $")[0] == ["SEARCH"]
        command(c, "SEARCH RETURN (SAVE) ALL")
        command(c, "STORE $ +FLAGS.SILENT \\Deleted")
        lines = command(c, "UID EXPUNGE $")[0]
        assert [x for x in lines if x.endswith("EXPUNGE")] == ["2 EXPUNGE", "1 EXPUNGE"], lines
        for bad in ("FETCH $,1 UID", "FETCH 1:$ UID", "STORE $$ FLAGS ()"):
            command(c, bad, ok="BAD")


HTML = (b"From: a@x.example\r\nSubject: s\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment\r\n\r\nfile\r\n"
        b"--b\r\nContent-Type: text/html; charset=iso-8859-1\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        b"<html><head><title>t</title><style>p { color: red }</style></head>\r\n"
        b"<body><p>Gr=FC&szlig;e,</p><div>Gr&ouml;&#xdf;e <b>9</b></div>=\r\n</body></html>\r\n"
        b"--b--\r\n")


@both
def previews(where):
    """RFC 8970: words, not HTML, and from the cache as soon as they are there."""
    user = new_user("preview")
    with client(where, user) as c:
        for text in (HTML, b"Subject: s\r\n\r\n> theirs\r\n mine  own\r\n-- \r\nsig\r\n",
                     b"Subject: s\r\n\r\n" + b"word " * 100 + b"\r\n",
                     b"Subject: none\r\n\r\n"):
            check(c.append("INBOX", None, None, text))
        assert "PREVIEW" in command(c, "CAPABILITY")[0][0].split()
        wanted = ["1 FETCH (PREVIEW {18}\r\nGrüße, Größe 9)", '2 FETCH (PREVIEW "mine own")',
                  '3 FETCH (PREVIEW "%s")' % " ".join(["word"] * 40)[:200].strip(),
                  '4 FETCH (PREVIEW "")']
        files = message_files(user)
        for hidden in (False, True):
            for path in files if hidden else []:
                os.rename(path, path + "away")
            command(c, "SELECT INBOX")
            for text in ("FETCH 1:* PREVIEW", "FETCH 1:* (PREVIEW (LAZY))",
                         "FETCH 1:* PREVIEW (LAZY)"):
                assert command(c, text)[0] == wanted, command(c, text)[0]
        for path in files:
            os.rename(path + "away", path)
        lines = command(c, "UID FETCH 4 (PREVIEW (LAZY) FLAGS) (CHANGEDSINCE 1)")[0]
        assert 'PREVIEW "" FLAGS (' in lines[0] and " FETCH " not in "".join(lines[1:]), lines
        lines = command(c, "FETCH 4 PREVIEW (CHANGEDSINCE 999999)")[0]
        assert lines == [], lines
        for bad in ("FETCH 1 PREVIEW ()", "FETCH 1 (PREVIEW (FAST))", "FETCH 1 (PREVIEW FAST)",
                    "FETCH 1 FLAGS (LAZY)", "FETCH 1 PREVIEW (LAZY) (LAZY)"):
            command(c, bad, ok="BAD")


@both
def the_day_of_arrival(where):
    """RFC 8514: when a message came into this mailbox, whatever its date."""
    user = new_user("savedate")
    with client(where, user) as c:
        check(c.append("INBOX", None, '" 1-Mar-1999 10:00:00 +0000"', message()))
        check(c.create("INBOX.Sub"))
        assert "SAVEDATE" in command(c, "CAPABILITY")[0][0].split()
        command(c, "SELECT INBOX")
        lines = command(c, "FETCH 1 (SAVEDATE INTERNALDATE)")[0]
        saved, given = re.search('SAVEDATE "([^"]*)" INTERNALDATE "([^"]*)"', lines[0]).groups()
        assert given == " 1-Mar-1999 10:00:00 +0000", lines
        stamp = datetime.datetime.strptime(saved, "%d-%b-%Y %H:%M:%S %z").timestamp()
        assert abs(stamp - time.time()) < murder.DEADLINE, lines
        day = saved.strip().split()[0]
        for keys, found in (("SAVEDON " + day, 1), ("SAVEDSINCE " + day, 1),
                            ("SAVEDBEFORE " + day, 0), ("SAVEDON 1-Mar-1999", 0),
                            ("SAVEDATESUPPORTED", 1), ("ON 1-Mar-1999", 1)):
            assert command(c, "SEARCH " + keys)[0] == ["SEARCH" + " 1" * found], keys
        command(c, "SEARCH SAVEDON", ok="BAD")


BYTES = bytes(range(256)) * 2 + b"\r\n--x\0\n"
PARTS = (b"Subject: parts\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
         b"--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: %s\r\n\r\n%s\r\n"
         b"--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
         b"a=3Db=\r\nc\r\n"
         b"--b\r\nContent-Transfer-Encoding: x-unknown\r\n\r\nx\r\n--b--\r\n")


def exchange(c, raw):
    """A command with bytes of its own: all that is answered, to the tagged line, raw."""
    tag = c._new_tag()
    c.send(tag + b" " + raw + b"\r\n")
    got, line = b"", b""
    while not line.startswith(tag + b" "):
        line = c.readline()
        assert line, got
        got += line
    return got


@both
def parts_in_binary(where):
    """RFC 3516: the bytes of a part, and a message whose parts are bytes."""
    user = new_user("binary")
    with client(where, user) as c:
        assert "BINARY" in command(c, "CAPABILITY")[0][0].split()
        check(c.append("INBOX", None, None, PARTS % (b"base64", base64.encodebytes(
            BYTES).replace(b"\n", b"\r\n"))))
        for size in (0, 100000):  # it goes through a frontend in two ways
            text = PARTS % (b"binary", BYTES + b"\0" * size)
            got = exchange(c, b"APPEND INBOX ~{%d+}\r\n%s" % (len(text), text))
            assert b" OK [APPENDUID " in got, got
        text = b"Subject: x\r\n\r\na\0b\r\n"
        got = exchange(c, b"APPEND INBOX ~{%d+}\r\n%s" % (len(text), text))
        assert b" NO [CANNOT]" in got, got
        command(c, "SELECT INBOX")
        for n, more in ((1, 0), (2, 0), (3, 100000)):
            wanted = BYTES + b"\0" * more
            size = b"%d FETCH (BINARY.SIZE[1] %d)\r\n" % (n, len(wanted))
            assert size in exchange(c, b"FETCH %d BINARY.SIZE[1]" % n)
            got = exchange(c, b"FETCH %d BINARY.PEEK[1]" % n)
            assert got.startswith(b"* %d FETCH (BINARY[1] ~{%d}\r\n%s)\r\n" %
                                  (n, len(wanted), wanted)), got[:100]
            got = exchange(c, b"FETCH %d (BINARY.PEEK[1]<256.10> FLAGS)" % n)
            assert b"(BINARY[1]<256> ~{10}\r\n%s FLAGS (\\Recent))" % BYTES[:10] in got, got
            assert b"FETCH (BINARY[2] {4}\r\na=bc FLAGS" in exchange(c, b"FETCH %d BINARY[2]" % n)
            assert b"NO [UNKNOWN-CTE]" in exchange(c, b"FETCH %d BINARY[3]" % n)
            # What is kept can be read by everybody.
            got = exchange(c, b"FETCH %d BODY.PEEK[]" % n)
            assert b"\0" not in got and b"Content-Transfer-Encoding: binary" not in got, got
        for bad in ("BINARY", "BINARY[HEADER]", "BINARY.SIZE[1]<0.1>", "BINARY[1.MIME]"):
            command(c, "FETCH 1 " + bad, ok="BAD")


@both
def replaced(where):
    """RFC 8508: REPLACE and UID REPLACE, in one mailbox, another one, and on another server."""
    user, other = new_user("replace"), new_user("replaceto", 2)
    with client("backend2", "cyrus") as admin:
        check(admin.setacl("user." + other, user, "lrswipkxtecda"))
    with client(where, "cyrus") as admin, client(where, user) as c:
        check(c.create("INBOX.Sub"))
        for n in range(4):
            check(c.append("INBOX", None, None, message(subject="old %d" % n)))
        assert "REPLACE" in command(c, "CAPABILITY")[0][0].split()
        command(c, "SELECT INBOX")
        command(c, "STORE 1 +FLAGS.SILENT \\Deleted")

        def replace(number, name, subject, size=300, ok="OK"):
            text = message(size, subject).decode()
            return command(c, '%s %s (\\Draft) " 1-Mar-1999 10:00:00 +0000" {%d+}\r\n%s' %
                           (number, name, len(text), text), ok)
        lines, text = replace("REPLACE 2", "INBOX", "new")
        assert re.match(r"OK \[APPENDUID [0-9]+ 5\]", lines[0]) and "2 EXPUNGE" in lines, lines
        assert "4 EXISTS" in lines, lines
        assert command(c, "SEARCH SUBJECT new DRAFT ON 1-Mar-1999")[0] == ["SEARCH 4"]
        lines, text = replace("UID REPLACE 3", "INBOX.Sub", "sub", 200000)
        assert re.match(r"OK \[APPENDUID [0-9]+ 1\]", lines[0]) and "2 EXPUNGE" in lines, lines
        assert command(c, "STATUS INBOX.Sub (MESSAGES)")[0] == ["STATUS INBOX.Sub (MESSAGES 1)"]
        if where != "backend1":
            lines, text = replace("UID REPLACE 4", "user." + other, "far", 200000)
            assert re.match(r"OK \[APPENDUID [0-9]+ 1\]", lines[0]) and "2 EXPUNGE" in lines, lines
            lines = command(c, "STATUS user.%s (MESSAGES)" % other)[0]
            assert lines[0].endswith("(MESSAGES 1)"), lines
        before = command(c, "UID SEARCH ALL")[0]
        assert "1" in before[0].split(), before  # marked, and not named
        _, text = replace("REPLACE 1", "INBOX.None", "none", ok="NO")
        assert text.startswith("[TRYCREATE]"), text
        replace("UID REPLACE 99", "INBOX", "none", ok="NO")
        replace("REPLACE 99", "INBOX", "none", ok="BAD")
        replace("REPLACE 1:2", "INBOX", "none", ok="BAD")
        assert command(c, "UID SEARCH ALL")[0] == before
        # A full mailbox has room for what is no larger.
        check(admin.setquota("user." + user, "(STORAGE 1)"))
        assert c.append("INBOX", None, None, message())[0] == "NO"
        lines, _ = replace("REPLACE 1", "INBOX", "same")
        assert "1 EXPUNGE" in lines, lines


LOG = b"a long line of a log\r\n" * 9000
TWO_PARTS = (b"Subject: two\r\nContent-Type: multipart/mixed; boundary=abc\r\n\r\n--abc\r\n"
             b"Content-Type: text/plain\r\n\r\nfirst\r\n--abc\r\n"
             b"Content-Type: text/x-log\r\n\r\n" + LOG + b"--abc--\r\n")


@both
def catenated(where):
    """RFC 4469: a message of texts and of parts of others, wherever they are."""
    user, other = new_user("cat"), new_user("catfrom", 2)
    far = "/user." + other
    with client(where, user) as c, client("backend2", other) as o:
        assert "CATENATE" in command(c, "CAPABILITY")[0][0].split()
        check(c.create("INBOX.A&-B"))
        check(c.append("INBOX.A&-B", None, None, TWO_PARTS))
        check(o.append("INBOX", None, None, TWO_PARTS.replace(b"first", b"other")))
        check(o.setacl("INBOX", user, "lr"))
        near = "/INBOX.A%26B"
        validity = re.search(r"UIDVALIDITY (\d+)", command(
            c, "STATUS INBOX.A&-B (UIDVALIDITY)")[0][0]).group(1)

        def text(bytes_, sync=False):
            return b"TEXT {%d%s}\r\n%s" % (len(bytes_), b"" if sync else b"+", bytes_)

        def append(pieces, target="INBOX"):
            got = exchange(c, b"APPEND %s %s" % (target.encode(), pieces))
            return got.rpartition(b"\r\n* ")[2].partition(b" ")[2].decode()

        def last(mailbox="INBOX"):
            with client(where, user) as reader:
                check(reader.select(mailbox, True))
                return check(reader.fetch("*", "BODY.PEEK[]"))[0][1]
        # From one mailbox, by UIDVALIDITY, and a date and flags.
        done = append(b'(\\Draft) " 1-Mar-1999 10:00:00 +0000" CATENATE (%s URL '
                      b'"%s;UIDVALIDITY=%s/;UID=1/;SECTION=HEADER.FIELDS%%20(Content-Type)" '
                      b'URL "%s/;UID=1/;SECTION=TEXT")' % (
                          text(b"Subject: new\r\n"), near.encode(), validity.encode(),
                          near.encode()))
        assert re.match(r"OK \[APPENDUID [0-9]+ 1\]", done), done
        expected = b"Subject: new" + TWO_PARTS[len(b"Subject: two"):]
        assert last() == expected, last()[:300]
        # Nothing is selected by it, nothing seen; what is selected is what others are relative to.
        command(c, "CHECK", ok="BAD")
        check(c.select("INBOX.A&-B"))
        done = append(b"CATENATE (%s URL ;UID=1/;SECTION=2/;PARTIAL=2.4)" % text(b"S: x\r\n\r\n"))
        assert done.startswith("OK "), done
        assert last() == b"S: x\r\n\r\nlong"[:len(b"S: x\r\n\r\n") + 4], last()
        done = append(b'CATENATE (%s URL "INBOX.A%%26B/;UID=1/;SECTION=1.MIME")' % (
            text(b"S: y\r\n")))
        assert done.startswith("OK ") and last() == b"S: y\r\nContent-Type: text/plain\r\n\r\n"
        assert command(c, "FETCH 1 FLAGS")[0] == ["1 FETCH (FLAGS (\\Recent))"]
        # Several messages in one command, one of them put together: all or none.
        before = command(c, "STATUS INBOX (MESSAGES UIDNEXT)")[0]
        whole = message()
        many = b"{%d+}\r\n%s CATENATE (URL %%s) (\\Seen) {%d+}\r\n%s" % (
            len(whole), whole, len(TWO_PARTS), TWO_PARTS)
        wrong = [near + x for x in ("/;UID=2", ";UIDVALIDITY=1/;UID=1", "/;UID=1/;SECTION=3", "",
                                    "/;UID=1/;SECTION=X")]
        hidden = "/user.%s.none/;UID=1" % other
        wrong += ["/INBOX.none/;UID=1", hidden, "imap://%s/INBOX/;UID=1" % user, "/a]b/;UID=1"]
        for url in wrong:
            done = append(many % (b'"%s"' % url.encode()))
            assert done.startswith('NO [BADURL "%s"]' % url.replace("]", "%5D")), (url, done)
        assert command(c, "STATUS INBOX (MESSAGES UIDNEXT)")[0] == before
        assert append(many % (b'"%s/;UID=1"' % near.encode())).startswith("OK "), before
        count = int(re.search(r"MESSAGES (\d+)", before[0]).group(1))
        now = command(c, "STATUS INBOX (MESSAGES)")[0][0]
        assert "MESSAGES %d)" % (count + 3) in now, (before, now)
        # A client that waits before each text.
        tag = c._new_tag()
        c.send(tag + b" APPEND INBOX CATENATE (TEXT {8}\r\n")
        assert c._get_line().startswith(b"+ ")
        c.send(b'S: z\r\n\r\n URL "%s/;UID=1/;SECTION=1" TEXT {3}\r\n' % near.encode())
        assert c._get_line().startswith(b"+ ")
        c.send(b"end)\r\n")
        assert c._get_line().startswith(tag + b" OK "), tag
        assert last() == b"S: z\r\n\r\nfirstend", last()
        for bad in (b"CATENATE ()", b"CATENATE (URL)", b"CATENATE (FILE x)", b"CATENATE URL x",
                    b"CATENATE (TEXT ~{1+}\r\nx)", b"CATENATION (URL x)",
                    b"CATENATE (%s" % text(b"S: x\r\n\r\n")):
            assert append(bad).startswith("BAD "), bad
        assert append(b"CATENATE (TEXT {0+}\r\n)").startswith("NO [CANNOT]")
        assert append(b"CATENATE (%s)" % text(b"no header\r\n")).startswith("NO [CANNOT]")
        # What another user has at the same server, as far as it may be read.
        neighbour = new_user("catnear")
        with client("backend1", neighbour) as n:
            check(n.append("INBOX", None, None, message()))
            for rights, kind in (("l", "NO [BADURL"), ("lr", "OK ")):
                check(n.setacl("INBOX", user, rights))
                done = append(b"CATENATE (URL /user.%s/;UID=1)" % neighbour.encode())
                assert done.startswith(kind), (rights, done)
        # REPLACE takes it too.
        check(c.append("INBOX.A&-B", None, None, message()))
        got = exchange(c, b"UID REPLACE 2 INBOX.A&-B CATENATE (URL ;UID=1)")
        assert b" EXPUNGE\r\n" in got and last("INBOX.A&-B") == TWO_PARTS, got
        # Parts from another server, and to there; what may not be read is as what is not there.
        if where == "frontend1":
            done = append(b'CATENATE (URL "%s/;UID=1/;SECTION=HEADER" '
                          b'URL %s/;UID=1/;SECTION=TEXT)' % (near.encode(), far.encode()))
            assert done.startswith("OK "), done
            assert last() == TWO_PARTS.replace(b"first", b"other")
            command(o, "SETACL INBOX %s lri" % user)
            done = append(b'CATENATE (%s URL "%s/;UID=1/;SECTION=2" URL %s/;UID=1/;SECTION=2)' % (
                text(b"S: z\r\n\r\n"), near.encode(), far.encode()), "user." + other)
            assert done.startswith("OK "), done
            assert last("user." + other) == b"S: z\r\n\r\n" + LOG[:-2] + LOG[:-2]
            assert command(c, "NOOP")[0] == [], "the selected mailbox is the same"
            check(o.setacl("INBOX", user, "l"))
            done = append(b"CATENATE (URL %s/;UID=1)" % far.encode())
            assert done.startswith("NO [BADURL"), done


@both
def a_part_of_the_results(where):
    """RFC 9394: PARTIAL of SEARCH and of UID FETCH, from either end."""
    user = new_user("partial")
    with client(where, user) as c:
        for n in range(7):
            check(c.append("INBOX", None, None, message(subject="even" if n % 2 else "odd")))
        assert "PARTIAL" in command(c, "CAPABILITY")[0][0].split()
        command(c, "SELECT INBOX")
        command(c, "STORE 1 +FLAGS.SILENT \\Deleted")
        command(c, "EXPUNGE")
        for asked, wanted in (("UID SEARCH RETURN (PARTIAL 1:2) ALL", "UID PARTIAL (1:2 2:3)"),
                              ("SEARCH RETURN (PARTIAL -1:-2) ALL", "PARTIAL (-1:-2 5:6)"),
                              ("UID SEARCH RETURN (PARTIAL 2:9 COUNT) SUBJECT odd",
                               "UID PARTIAL (2:9 5,7) COUNT 3"),
                              ("SEARCH RETURN (PARTIAL 7:9) ALL", "PARTIAL (7:9 NIL)"),
                              ("UID SEARCH RETURN (PARTIAL 1:2 MAX) ALL",
                               "UID MAX 7 PARTIAL (1:2 2:3)"),
                              ("UID SEARCH RETURN (SAVE PARTIAL -2:-1 MIN) ALL",
                               "UID MIN 2 PARTIAL (-2:-1 6:7)"),
                              ("UID SEARCH RETURN (ALL) $", "UID ALL 2,6:7"),
                              ("UID SORT RETURN (PARTIAL 1:2) (SUBJECT) UTF-8 ALL",
                               "UID PARTIAL (1:2 2,4)")):
            lines, _ = command(c, asked)
            told = dict.fromkeys(re.sub(r'^ESEARCH \(TAG "[^"]*"\) ', "", x) for x in lines)
            words = " ".join(told)
            assert sorted(words.split()) == sorted(wanted.split()), (asked, lines)
        lines, _ = command(c, "UID FETCH 3:* FLAGS (PARTIAL -1:-2)")
        assert [re.search("UID ([0-9]+)", x).group(1) for x in lines] == ["6", "7"], lines
        lines, _ = command(c, "UID FETCH 1:* (UID) (PARTIAL 1:2 CHANGEDSINCE 1)")
        lines = [x for x in lines if " FETCH " in x]  # and HIGHESTMODSEQ
        assert [re.search("UID ([0-9]+)", x).group(1) for x in lines] == ["2", "3"], lines
        assert command(c, "UID FETCH 1:* UID (PARTIAL 9:10)")[0] == []
        for bad in ("SEARCH RETURN (PARTIAL 1:2 ALL) ALL", "SEARCH RETURN (PARTIAL 1:-2) ALL",
                    "SEARCH RETURN (PARTIAL 0:1) ALL", "FETCH 1:* UID (PARTIAL 1:2)",
                    "UID FETCH 1:* UID (PARTIAL 1)"):
            command(c, bad, ok="BAD")


GLOBAL = (b"Subject: outer\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nfirst\r\n"
          b"--b\r\nContent-Type: message/global\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
          b"Subject: in\r\n\r\ninside\r\n--b--\r\n")


@both
def messages_in_utf8_that_are_enclosed(where):
    """RFC 9051: message/global is a message. To RFC 3501 its structure is that of any part."""
    user = new_user("global")
    part = '"MESSAGE" "GLOBAL" NIL NIL NIL "8BIT" 21'
    inner = ('(NIL "in" NIL NIL NIL NIL NIL NIL NIL NIL) '
             '("TEXT" "PLAIN" ("CHARSET" "us-ascii") NIL NIL "7BIT" 6 0)')
    with client(where, user) as c:
        check(c.append("INBOX", None, None, GLOBAL))
        check(c.append("INBOX", None, None, HTML))
        check(c.select("INBOX"))
        for item, text in (("BODY.PEEK[2.HEADER]", "Subject: in\r\n\r\n"),
                           ("BODY.PEEK[2.HEADER.FIELDS (SUBJECT)]", "Subject: in\r\n\r\n"),
                           ("BODY.PEEK[2.TEXT]", "inside"), ("BODY.PEEK[2.1]", "inside"),
                           ("BINARY.PEEK[2.1]", "inside")):
            lines = command(c, "FETCH 1 " + item)[0]
            assert lines[0].endswith(('] "%s")' % text, "}\r\n%s)" % text)), (item, lines)
        assert command(c, "SEARCH BODY inside")[0] == ["SEARCH 1"]
        exchange(c, b'APPEND INBOX CATENATE (URL "/INBOX/;UID=1/;SECTION=2.HEADER" '
                    b'URL "/INBOX/;UID=1/;SECTION=2.1")')
        lines = command(c, "FETCH 3 BODY.PEEK[]")[0]
        assert lines[-1].endswith("Subject: in\r\n\r\ninside)"), lines
        assert "(%s) " % part in command(c, "FETCH 1 BODY")[0][0]
        assert "(%s NIL NIL NIL NIL) " % part in command(c, "FETCH 1:2 BODYSTRUCTURE")[0][0]
        command(c, "UNSELECT")
        command(c, "ENABLE IMAP4rev2")
        check(c.select("INBOX"))
        lines = command(c, "FETCH 1 BODY")[0]
        assert "(%s %s 2) " % (part, inner) in lines[0], lines
        lines = command(c, "FETCH 1 BODYSTRUCTURE")[0]
        assert "(%s %s NIL NIL NIL NIL) 2 NIL NIL NIL NIL) " % (part, inner[:-1]) in lines[0], lines


class Follower:
    """The results of a search that a client follows (RFC 5267), as it knows them."""

    def __init__(self, c, search):
        self.c, self.tag = c, c._new_tag().decode()
        c.send(("%s %s\r\n" % (self.tag, search)).encode())
        self.results, self.refused = [], False
        for line in self.until(self.tag + " "):
            if line.startswith("ESEARCH"):
                self.results = numbers_of(re.search(r" ALL (\S+)", line).group(1)) if (
                    " ALL " in line) else []
            self.refused = self.refused or line.startswith('NO [NOUPDATE "%s"] ' % self.tag)

    def until(self, end):
        lines = []
        while True:
            line = self.c._get_line().decode()
            if line.startswith(end):
                self.answer = line[len(end):]
                return lines
            lines.append(line[2:])

    def take(self, lines):
        """What these lines do to the results, one after the other."""
        told = 0
        for line in lines:
            if not line.startswith('ESEARCH (TAG "%s")' % self.tag):
                continue
            for what, pairs in re.findall(r"(ADDTO|REMOVEFROM) \(([^)]*)\)", line):
                told += 1
                words = pairs.split()
                for place, numbers in zip(map(int, words[::2]), map(numbers_of, words[1::2])):
                    if what == "ADDTO":
                        at = place - 1 if place else len(self.results)
                        self.results[at:at] = numbers
                    elif place:
                        assert self.results[place - 1:place - 1 + len(numbers)] == numbers, (
                            line, self.results)
                        del self.results[place - 1:place - 1 + len(numbers)]
                    else:
                        assert set(numbers) <= set(self.results), (line, self.results)
                        self.results = [n for n in self.results if n not in numbers]
                    if not place:
                        self.results.sort()
        return told


def numbers_of(text):
    """Of a sequence-set, in its order."""
    numbers = []
    for part in text.split(","):
        first, _, last = part.partition(":")
        numbers += range(int(first), int(last or first) + 1)
    return numbers


@both
def results_that_are_followed(where):
    """RFC 5267: what other sessions and this one do is pushed, in IDLE too, as it is then."""
    user = new_user("follow")
    with client(where, user) as c, client(where, user) as other:
        words = command(c, "CAPABILITY")[0][0].split()
        assert {"CONTEXT=SEARCH", "CONTEXT=SORT", "ESORT"} <= set(words), words
        for size in (500, 300, 400, 200):
            check(c.append("INBOX", None, None, message(size, subject="m%d" % size)))
        check(c.select("INBOX"))
        check(other.select("INBOX"))
        unseen = Follower(c, "UID SEARCH RETURN (UPDATE ALL) UNDELETED UNKEYWORD junk")
        numbers = Follower(c, "SEARCH RETURN (UPDATE ALL CONTEXT) UNKEYWORD junk")
        pinned = Follower(c, "UID SEARCH RETURN (UPDATE ALL) 1:* UNKEYWORD junk")
        by_size = Follower(c, "UID SORT RETURN (UPDATE ALL) (SIZE) UTF-8 UNKEYWORD junk")
        quiet = Follower(c, "SEARCH RETURN (UPDATE) KEYWORD junk")
        followers = (unseen, numbers, pinned, by_size, quiet)
        assert [f.results for f in followers] == [[1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4],
                                                  [4, 2, 3, 1], []]

        def told(lines):
            return [f.take(lines) > 0 for f in followers]

        def truth():
            return [[] if not x.split(" ALL ")[1:] else numbers_of(x.split(" ALL ")[1].split()[0])
                    for search in ("UID SEARCH RETURN (ALL) UNDELETED UNKEYWORD junk",
                                   "SEARCH RETURN (ALL) UNKEYWORD junk",
                                   "UID SEARCH RETURN (ALL) UID 1:4 UNKEYWORD junk",
                                   "UID SORT RETURN (ALL) (SIZE) UTF-8 UNKEYWORD junk",
                                   "SEARCH RETURN (ALL) KEYWORD junk")
                    for x in command(c, search)[0] if x.startswith("ESEARCH")]

        def agree(lines, expected):
            assert told(lines) == expected, lines
            assert [f.results for f in followers] == truth(), (lines, truth())
        # Nothing that changes no result is told.
        check(other.store("1", "+FLAGS", "\\Flagged"))
        agree(command(c, "NOOP")[0], [False] * 5)
        # By another session, and by this one, silently too.
        check(other.store("2", "+FLAGS", "junk"))
        agree(command(c, "NOOP")[0], [True] * 5)
        agree(command(c, "STORE 3 +FLAGS.SILENT (junk)")[0], [True] * 5)
        agree(command(c, "STORE 2 -FLAGS (junk)")[0], [True] * 5)
        check(other.store("1", "+FLAGS", "\\Deleted"))
        agree(command(c, "NOOP")[0], [True, False, False, False, False])
        # New ones: not to the search that named numbers; in the order of the sort.
        for size in (350, 100, 600, 360):
            check(other.append("INBOX", None, None, message(size)))
        lines = command(c, "NOOP")[0]
        order = [x.split(" ")[0] if x.startswith("ESEARCH") else x for x in lines]
        assert order.index("8 EXISTS") < order.index("ESEARCH"), lines
        agree(lines, [True, True, False, True, False])
        # In IDLE, and a removal before its EXPUNGE.
        tag = c._new_tag()
        c.send(tag + b" IDLE\r\n")
        assert c._get_line().startswith(b"+ ")
        check(other.expunge())
        lines = []
        while not lines or not lines[-1].endswith(" EXPUNGE"):
            lines.append(c._get_line()[2:].decode())
        assert any("REMOVEFROM" in x for x in lines[:-1]), lines
        # Those after it have other numbers now.
        assert told(lines) == [False, True, True, True, False], lines
        numbers.results = [n - 1 for n in numbers.results]
        quiet.results = [n - 1 for n in quiet.results]
        check(other.store("1", "+FLAGS", "junk"))
        for _ in range(20):
            lines = [c._get_line()[2:].decode()]
            told(lines)
            if quiet.tag in lines[0]:
                break
        c.send(b"DONE\r\n")
        told(numbers.until(tag.decode() + " "))
        agree([], [False] * 5)
        # A tag is one search's; what is cancelled is told no more.
        c.send(("%s SEARCH RETURN (UPDATE) ALL\r\n" % unseen.tag).encode())
        unseen.until(unseen.tag + " ")
        assert unseen.answer.startswith("BAD"), unseen.answer
        command(c, 'CANCELUPDATE "none"', ok="NO")
        command(c, "CANCELUPDATE", ok="BAD")
        command(c, "CANCELUPDATE atom", ok="BAD")
        command(c, 'CANCELUPDATE "%s" "%s"' % (numbers.tag, by_size.tag))
        command(c, 'CANCELUPDATE "%s"' % numbers.tag, ok="NO")
        lines = command(c, "STORE 1:* +FLAGS (junk)")[0]
        assert told(lines) == [True, False, True, False, True], lines
        # There is an end to it, and the search is answered all the same.
        more = [Follower(c, "SEARCH RETURN (UPDATE ALL) ALL") for _ in range(8)]
        assert [f.refused for f in more] == [False] * 7 + [True], [f.refused for f in more]
        assert all(f.results == truth()[4] and f.answer.startswith("OK") for f in more)
        # With the mailbox it ends.
        check(c.select("INBOX"))
        assert not any(told(command(c, "STORE 1:* -FLAGS (junk)")[0]))
        command(c, 'CANCELUPDATE "%s"' % unseen.tag, ok="NO")


@both
def results_by_age_are_not_followed(where):
    """They change without anything to push (RFC 5267 4.3.1); the search is answered."""
    user = new_user("followage")
    with client(where, user) as c:
        check(c.append("INBOX", None, None, message()))
        check(c.select("INBOX"))
        for search in ("UID SEARCH RETURN (UPDATE ALL) YOUNGER 36000",
                       "SEARCH RETURN (UPDATE ALL) NOT (UNSEEN OLDER 36000)",
                       "UID SORT RETURN (UPDATE ALL) (SIZE) UTF-8 OR SEEN (UNSEEN YOUNGER 36000)",
                       "ESEARCH RETURN (UPDATE ALL) UNSEEN YOUNGER 36000"):
            followed = Follower(c, search)
            assert followed.refused and followed.answer.startswith("OK"), search
            assert followed.results == [1], (search, followed.results)
            lines = command(c, "STORE 1 +FLAGS (\\Seen)")[0]
            lines += command(c, "STORE 1 -FLAGS (\\Seen)")[0]
            assert not followed.take(lines), (search, lines)
            command(c, 'CANCELUPDATE "%s"' % followed.tag, ok="NO")


@both
def seen_by_reading_changes_what_is_followed(where):
    user, other = new_user("followseen"), new_user("followseen")
    with client(where, user) as owner, client(where, other) as c:
        check(owner.append("INBOX", None, None, message()))
        check(owner.setacl("INBOX", other, "lrs"))
        for reader, mailbox in ((owner, "INBOX"), (c, "user." + user)):
            check(reader.select(mailbox))
            unseen = Follower(reader, "SEARCH RETURN (UPDATE ALL) UNSEEN")
            assert unseen.results == [1]
            unseen.take(command(reader, "FETCH 1 BODY[]")[0])
            assert unseen.results == [], mailbox


def telemetry(server, user):
    """What that user's sessions at the server have said, where there is a folder for it."""
    folder = os.path.join(the_murder()[server].dir, "conf", "log", user)
    texts = []
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as f:
            texts.append(f.read())
    return b"".join(texts)


def test_all_servers_are_searched_at_once():
    """While one does not answer, the other has been asked; whichever comes first."""
    m = the_murder()
    user, other = new_user("atonce"), new_user("atonce", 2)
    with client("backend2", other) as o:
        check(o.append("INBOX", None, None, message(subject="hit")))
        check(o.setacl("INBOX", user, "lr"))
    for server in ("backend1", "backend2"):
        folder = os.path.join(m[server].dir, "conf", "log", user)
        os.makedirs(folder)
        m.give(folder)
    with client("frontend1", user) as c:
        check(c.append("INBOX", None, None, message(subject="hit")))
        search = "ESEARCH IN (mailboxes (INBOX user.%s)) SUBJECT %%s" % other
        murder.wait_for(lambda: len(command(c, search % "hit")[0]) == 2, "both are known")
        for stopped, asked in (("backend1", "backend2"), ("backend2", "backend1")):
            words = "only-while-%s-is-stopped" % stopped
            workers = m[stopped].workers("imapd")
            try:
                for pid in workers:
                    os.kill(pid, signal.SIGSTOP)
                tag = c._new_tag()
                c.send(tag + b" " + (search % words).encode() + b"\r\n")
                murder.wait_for(lambda: words.encode() in telemetry(asked, user),
                                asked + " is asked")
                assert words.encode() not in telemetry(stopped, user)
            finally:
                for pid in workers:
                    os.kill(pid, signal.SIGCONT)
            line = c._get_line()
            assert line.startswith(tag + b" OK"), line


@both
def search_in_many_mailboxes(where):
    """RFC 7377: each mailbox's results by its name, at one server and at several."""
    user, other = new_user("multi"), new_user("multi", 2)
    with client(where, user) as c, client("backend2", other) as o:
        assert "MULTISEARCH" in command(c, "CAPABILITY")[0][0].split()
        for name in ("INBOX.a", "INBOX.a.deep", "INBOX.a.deep.er", "INBOX.b &- c", "INBOX.empty"):
            check(c.create('"%s"' % name))
        for n, name in enumerate(("INBOX", "INBOX.a", "INBOX.a.deep", "INBOX.a.deep.er",
                                  '"INBOX.b &- c"')):
            for subject in ["other"] * n + ["hit"]:
                check(c.append(name, None, None, message(subject=subject)))
        check(c.subscribe("INBOX.a.deep"))
        check(c.create("INBOX.gone"))
        check(c.subscribe("INBOX.gone"))
        check(c.delete("INBOX.gone"))
        check(o.append("INBOX", None, None, message(subject="hit")))
        check(o.create("INBOX.x"))
        check(o.append("INBOX.x", "\\Deleted", None, message(subject="hit")))
        check(o.setacl("INBOX", user, "r"))
        check(o.setacl("INBOX.x", user, "lr"))
        far = "user." + other

        def found(sources, more="SUBJECT hit", ok="OK"):
            where_to = "IN (%s) " % sources if sources else ""
            lines, _ = command(c, "ESEARCH %s%s" % (where_to, more), ok)
            tag = last_tag(c).decode()
            out = {}
            for line in lines:
                at = re.fullmatch(r'ESEARCH \(TAG "%s" MAILBOX "([^"]*)" '
                                  r'UIDVALIDITY ([0-9]+)\) UID (.*)' % tag, line)
                assert at and at.group(1) not in out, (line, tag)
                status = command(c, 'STATUS "%s" (UIDVALIDITY)' % at.group(1))[0][0]
                assert status.endswith("(UIDVALIDITY %s)" % at.group(2)), (line, status)
                out[at.group(1)] = at.group(3)
            return out
        everything = {"INBOX": "ALL 1", "INBOX.a": "ALL 2", "INBOX.a.deep": "ALL 3",
                      "INBOX.a.deep.er": "ALL 4", "INBOX.b &- c": "ALL 5"}

        def part(*names):
            return {name: everything[name] for name in names}
        assert found("personal") == everything
        assert found("inboxes mailboxes INBOX") == everything
        assert found('mailboxes (INBOX "INBOX.b &- c" INBOX.none INBOX.empty)') == part(
            "INBOX", "INBOX.b &- c")
        assert found("subtree INBOX.a") == part("INBOX.a", "INBOX.a.deep", "INBOX.a.deep.er")
        assert found("subtree-one INBOX.a mailboxes INBOX.a") == part("INBOX.a", "INBOX.a.deep")
        assert found("subscribed") == part("INBOX.a.deep")
        # Parts of the results are each mailbox's; no line where nothing is found.
        literal = "RETURN (MIN COUNT) CHARSET UTF-8 TEXT {3+}\r\nhit"
        assert found("subtree-one INBOX.a", literal) == {
            "INBOX.a": "MIN 2 COUNT 1", "INBOX.a.deep": "MIN 3 COUNT 1"}
        assert found("personal", "RETURN (PARTIAL -1:-2) 2:3") == {
            "INBOX.a": "PARTIAL (-1:-2 2)", "INBOX.a.deep": "PARTIAL (-1:-2 2:3)",
            "INBOX.a.deep.er": "PARTIAL (-1:-2 2:3)", "INBOX.b &- c": "PARTIAL (-1:-2 2:3)"}
        assert found("personal", "SUBJECT nothing") == {}
        # What is selected is the default, and nothing else is by that.
        command(c, "CHECK", ok="BAD")
        found(None, ok="BAD")
        found("selected mailboxes INBOX", ok="BAD")
        found("personal", "RETURN (SAVE) ALL", ok="BAD")
        check(c.select("INBOX.a"))
        assert found(None) == part("INBOX.a")
        assert found("selected mailboxes (INBOX.a INBOX)", "RETURN () SUBJECT hit") == part(
            "INBOX.a", "INBOX")
        assert found("selected", "RETURN (SAVE COUNT) SUBJECT hit") == {"INBOX.a": "COUNT 1"}
        assert command(c, "UID SEARCH $")[0] == ["SEARCH 2"]
        # The same can be followed; of the others nothing is.
        follower = Follower(c, "ESEARCH RETURN (UPDATE) SUBJECT hit")
        follower.results = [2]
        lines = command(c, "ESEARCH IN (personal) RETURN (UPDATE COUNT) SUBJECT hit")[0]
        assert 'NO [NOUPDATE "%s"]' % last_tag(c).decode() in lines[0] and len(lines) == 6, lines
        text = message(subject="hit").decode()
        follower.take(command(c, "APPEND INBOX.a {%d+}\r\n%s" % (len(text), text))[0])
        assert follower.results == [2, 3], follower.results
        if where == "frontend1":
            # At both servers; what is seen in no list only by its name.
            assert found("personal subtree user.%s" % other) == dict(
                everything, **{"INBOX.a": "ALL 2:3", far + ".x": "ALL 1"})
            assert found("mailboxes (INBOX %s %s.x)" % (far, far), "SUBJECT hit UNDELETED") == {
                "INBOX": "ALL 1", far: "ALL 1"}
            command(c, "EXAMINE " + far)
            assert found("selected mailboxes INBOX") == {"INBOX": "ALL 1", far: "ALL 1"}
            check(o.setacl("INBOX", user, "l"))
            assert found("mailboxes (INBOX %s)" % far) == {"INBOX": "ALL 1"}
        for wrong in ("ESEARCH IN () ALL", "ESEARCH IN personal ALL", "ESEARCH IN (mailboxes) ALL",
                      "ESEARCH IN (mailboxes ()) ALL", "ESEARCH IN (everything) ALL",
                      "ESEARCH IN (selected-delayed) ALL", "ESEARCH IN (personal)", "ESEARCH",
                      "ESEARCH IN (personal) IN (personal) ALL", "ESEARCH IN (personal (X)) ALL",
                      "ESEARCH IN (personal) RETURN (X) ALL"):
            command(c, wrong, ok="BAD")
        _, text = command(c, "ESEARCH IN (personal) CHARSET KOI9 ALL", ok="NO")
        assert text.startswith("[BADCHARSET"), text


def test_a_search_in_many_mailboxes_of_which_one_server_is_down():
    with murder.Murder(backends=2) as m:
        m.add_user("ann", 1)
        m.add_user("bob", 2)
        with m.imap("backend1", "ann") as ann, m.imap("backend2", "bob") as bob:
            check(ann.append("INBOX", None, None, message()))
            check(bob.append("INBOX", None, None, message()))
            check(bob.setacl("INBOX", "ann", "lr"))
        with m.imap("frontend1", "ann") as c:
            murder.wait_for(lambda: b"user.bob" in b"".join(x or b"" for x in check(c.list())),
                            "the list")
            search = "ESEARCH IN (mailboxes (INBOX user.bob)) RETURN (COUNT) ALL"
            assert len(command(c, search)[0]) == 2
            m["backend2"].stop()
            lines, text = command(c, search, ok="NO")
            assert len(lines) == 1 and 'MAILBOX "INBOX"' in lines[0], lines
            assert text.startswith("[UNAVAILABLE]"), text


# What the list still has is not there any more when it is searched: the rest is told.
def test_a_search_in_mailboxes_that_vanish():
    m = the_murder()
    user = new_user("vanish")
    with client("backend1", user) as c:
        for name in ("INBOX.a", "INBOX.b", "INBOX.c"):
            check(c.create(name))
            check(c.append(name, None, None, message()))
    names = ["INBOX.a", "INBOX.b", "INBOX.c"]

    def found(c, sources):
        lines, text = command(c, "ESEARCH IN (%s) RETURN (COUNT) ALL" % sources)
        assert text == "Completed", text
        return sorted(re.search(r'MAILBOX "([^"]+)"', x).group(1) for x in lines)
    ways = ("personal", "subtree INBOX", "mailboxes (INBOX.c INBOX.b INBOX.a)")
    # A backend whose list has a mailbox without files.
    folder = os.path.join(m["backend1"].dir, "spool", "user", user, "b")
    with client("backend1", user) as c:
        assert [found(c, way) for way in ways] == [names] * 3
        os.rename(folder, folder + "-")
        try:
            assert [found(c, way) for way in ways] == [["INBOX.a", "INBOX.c"]] * 3
        finally:
            os.rename(folder + "-", folder)
        assert found(c, "personal") == names
    # A frontend whose list has what its server has not.
    with client("frontend1", user) as c, client("backend1", "cyrus") as admin:
        murder.wait_for(lambda: found(c, "personal") == names, "the list")
        check(admin.setacl("user.%s.b" % user, "cyrus", "lrswipkxtecda"))
        check(admin.xatom("LOCALDELETE", "user.%s.b" % user))
        assert [found(c, way) for way in ways] == [["INBOX.a", "INBOX.c"]] * 3
        lines = command(c, 'LIST "" INBOX.b')[0]
        assert len(lines) == 1, lines
    # While they come and go.
    for where in ("backend1", "frontend1"):
        with client(where, user) as c, client("backend1", user) as other:
            over = threading.Event()

            def come_and_go():
                while not over.is_set():
                    check(other.create("INBOX.x"))
                    check(other.append("INBOX.x", None, None, message()))
                    check(other.delete("INBOX.x"))
            thread = threading.Thread(target=come_and_go)
            thread.start()
            try:
                for n in range(60):
                    told = found(c, ways[n % 2])
                    assert set(told) - {"INBOX.x"} == {"INBOX.a", "INBOX.c"}, (where, told)
            finally:
                over.set()
                thread.join()


def last_tag(c):
    return b"%s%d" % (c.tagpre, c.tagnum - 1)


@both
def compression(where):
    user = new_user("deflate")
    with socket.create_connection(the_murder()[where].address("imap"), murder.DEADLINE) as s:
        plain = s.makefile("rb")

        def line():
            return plain.readline()
        line()
        s.sendall(b"a LOGIN %s %s\r\n" % (user.encode(), the_murder().password.encode()))
        assert line().startswith(b"a OK")
        s.sendall(b"b COMPRESS WHAT\r\n")
        assert line().startswith(b"b BAD")
        s.sendall(b"c COMPRESS DEFLATE\r\n")
        assert line() == b"c OK DEFLATE active\r\n"
        pack, unpack = zlib.compressobj(9, zlib.DEFLATED, -15), zlib.decompressobj(-15)

        def run(tag, text):
            s.sendall(pack.compress(tag + b" " + text + b"\r\n") + pack.flush(zlib.Z_SYNC_FLUSH))
            out = b""
            while not re.search(b"(^|\n)" + tag + b" [^\n]*\n$", out):
                out += unpack.decompress(s.recv(65536))
            return out
        big = message(20000)
        out = run(b"d", b"APPEND INBOX {%d+}\r\n" % len(big) + big)
        assert b"d OK" in out, out
        assert b"e OK" in run(b"e", b"SELECT INBOX")
        out = run(b"f", b"FETCH 1 BODY.PEEK[]")
        assert big in out, out[:200]
        assert b"g NO [COMPRESSIONACTIVE]" in run(b"g", b"COMPRESS DEFLATE")
        assert b"COMPRESS" not in run(b"h", b"CAPABILITY")
        assert b"* BYE" in run(b"i", b"LOGOUT")


def modseq(line):
    return int(re.search(r"MODSEQ \(?(\d+)", line).group(1))


def code(lines, name):
    return [int(re.search(r"\[%s (\d+)\]" % name, x).group(1)) for x in lines if name in x][0]


@both
def condstore(where):
    user = new_user("condstore")
    with client(where, user) as c, client(where, user) as other:
        for n in range(4):
            check(c.append("INBOX", None, None, message(300)))
        lines, _ = command(c, "SELECT INBOX (CONDSTORE)")
        before = code(lines, "HIGHESTMODSEQ")
        command(other, "SELECT INBOX")
        command(other, "STORE 2 +FLAGS (\\Flagged)")
        # The change is told with its modseq, and found by it.
        lines, _ = command(c, "NOOP")
        assert len(lines) == 1 and lines[0].startswith("2 FETCH (FLAGS ("), lines
        after = modseq(lines[0])
        assert after > before
        lines, _ = command(c, "FETCH 1:* (FLAGS) (CHANGEDSINCE %d)" % before)
        assert len(lines) == 1 and modseq(lines[0]) == after, lines
        assert command(c, "UID FETCH 1:* FLAGS (CHANGEDSINCE %d)" % after)[0] == []
        assert command(c, "SEARCH MODSEQ %d" % after)[0] == ["SEARCH 2 (MODSEQ %d)" % after]
        lines, _ = command(c, 'SEARCH RETURN (COUNT) MODSEQ "/flags/\\\\draft" all 1')
        assert lines[0].endswith(" COUNT 4 MODSEQ %d" % after), lines
        # A conditional STORE leaves what changed meanwhile, and says which.
        lines, text = command(c, "STORE 1:3 (UNCHANGEDSINCE %d) +FLAGS.SILENT (\\Seen)" % before)
        assert text.startswith("[MODIFIED 2] "), text
        assert [x.split()[0] for x in lines] == ["1", "3"] and "FLAGS" not in lines[0], lines
        now = modseq(lines[0])
        lines, text = command(c, "UID STORE 2 (UNCHANGEDSINCE %d) -FLAGS (\\Flagged)" % now)
        assert "MODIFIED" not in text and modseq(lines[0]) > now and "UID 2" in lines[0], lines
        lines, _ = command(c, "FETCH 2 (MODSEQ)")
        assert re.fullmatch(r"2 FETCH \(MODSEQ \(\d+\)\)", lines[0]), lines
        command(c, "FETCH 1 (FLAGS) (CHANGEDSINCE x)", ok="BAD")
        command(c, "UID FETCH 1 (FLAGS) (CHANGEDSINCE 1 VANISHED)", ok="BAD")


@both
def quick_resynchronisation(where):
    user = new_user("qresync")
    with client(where, user) as c, client(where, user) as other:
        for n in range(8):
            check(c.append("INBOX", None, None, message(300)))
        lines, _ = command(c, "SELECT INBOX")
        validity, then = code(lines, "UIDVALIDITY"), code(lines, "HIGHESTMODSEQ")
        command(c, "SELECT INBOX (QRESYNC (%d %d))" % (validity, then), ok="BAD")
        # RFC 7162 3.1: with a mailbox selected, where it is.
        lines, _ = command(c, "ENABLE QRESYNC X-WHAT")
        assert lines == ["ENABLED QRESYNC", "OK [HIGHESTMODSEQ %d] Ok" % then], lines
        command(c, "SELECT INBOX")
        # What others do: VANISHED instead of EXPUNGE, UID and MODSEQ with FLAGS.
        command(other, "SELECT INBOX")
        command(other, "STORE 2,5 +FLAGS.SILENT (\\Deleted)")
        command(other, "EXPUNGE")
        command(other, "STORE 1 +FLAGS (\\Answered)")
        lines, _ = command(c, "NOOP")
        assert "VANISHED 2,5" in lines and not any("EXPUNGE" in x for x in lines), lines
        assert any(re.fullmatch(r"1 FETCH \(FLAGS \(.*\) UID 1 MODSEQ \(\d+\)\)", x)
                   for x in lines), lines
        # Selected anew with what was known then: only what changed, and what went.
        lines, _ = command(c, "SELECT INBOX (QRESYNC (%d %d))" % (validity, then))
        assert "OK [CLOSED] Ok" in lines and "VANISHED (EARLIER) 2,5" in lines, lines
        assert [x for x in lines if "FETCH" in x and "UID 1 " not in x] == [], lines
        lines, _ = command(c, "SELECT INBOX (QRESYNC (%d %d 3:8 (1,3 3,6)))" % (validity, then))
        assert "VANISHED (EARLIER) 5" in lines and not any("FETCH" in x for x in lines), lines
        lines, _ = command(c, "SELECT INBOX (QRESYNC (%d %d))" % (validity + 1, then))
        assert not any("VANISHED" in x or "FETCH" in x for x in lines), lines
        lines, _ = command(c, "UID FETCH 1:* (FLAGS) (CHANGEDSINCE %d VANISHED)" % then)
        assert lines[0] == "VANISHED (EARLIER) 2,5" and "UID 1" in lines[1], lines
        # This session's own EXPUNGE.
        command(c, "UID STORE 3 +FLAGS.SILENT (\\Deleted)")
        lines, text = command(c, "UID EXPUNGE 3")
        assert "VANISHED 3" in lines, lines
        last = int(re.match(r"\[HIGHESTMODSEQ (\d+)\]", text).group(1))
        command(c, "UNSELECT")
        lines, _ = command(c, "SELECT INBOX (QRESYNC (%d %d))" % (validity, last))
        assert not any("VANISHED" in x or "FETCH" in x for x in lines), lines
        lines, _ = command(c, "SELECT INBOX (QRESYNC (%d 1))" % validity)
        assert "VANISHED (EARLIER) 2:3,5" in lines, lines


@both
def extended_list(where):
    user = new_user("list")
    with client(where, user) as c:
        for name in ("INBOX.a", "INBOX.a.b", "INBOX.c"):
            check(c.create(name))
            check(c.append(name, None, None, message(400)))
        for name in ("INBOX.a.b", "INBOX.c", "INBOX.gone"):
            check(c.subscribe(name) if name != "INBOX.gone" else c.create(name))
        check(c.subscribe("INBOX.gone"))
        check(c.delete("INBOX.gone"))

        def listed(text, kind="LIST"):
            return [x[len(kind) + 1:] for x in command(c, text)[0] if x.startswith(kind + " ")]
        assert listed('LIST "" ("INBOX.a" "INBOX.c")') == [
            '(\\HasChildren) "." INBOX.a', '(\\HasNoChildren) "." INBOX.c']
        assert listed('LIST "" INBOX.% RETURN (SUBSCRIBED CHILDREN)') == [
            '(\\HasChildren) "." INBOX.a', '(\\HasNoChildren \\Subscribed) "." INBOX.c']
        assert listed('LIST (SUBSCRIBED) "" *') == [
            '(\\Subscribed) "." INBOX.a.b', '(\\Subscribed) "." INBOX.c',
            '(\\Subscribed \\NonExistent) "." INBOX.gone']
        assert listed('LIST (SUBSCRIBED RECURSIVEMATCH) "" INBOX.%') == [
            '() "." INBOX.a ("CHILDINFO" ("SUBSCRIBED"))', '(\\Subscribed) "." INBOX.c',
            '(\\Subscribed \\NonExistent) "." INBOX.gone']
        # RFC 5258 3.5: a parent whatever the pattern; one that does not exist, if it tells more.
        check(c.create("INBOX.d.e.f"))
        check(c.subscribe("INBOX.d.e.f"))
        murder.wait_for(lambda: listed('LIST "" INBOX.d.e.f'), "it is known")
        for name in ("INBOX.d.e.f", "INBOX.d.e", "INBOX.d"):
            check(c.delete(name))
        murder.wait_for(lambda: not listed('LIST "" INBOX.d*'), "they are gone")
        info = ' ("CHILDINFO" ("SUBSCRIBED"))'
        a_line, below = '() "." INBOX.a' + info, '(\\Subscribed) "." INBOX.a.b'
        c_line, f_line = ('(\\Subscribed) "." INBOX.c',
                          '(\\Subscribed \\NonExistent) "." INBOX.d.e.f')
        gone = '(\\Subscribed \\NonExistent) "." INBOX.gone'
        for pattern, wanted in (
                ("INBOX", ['() "." INBOX' + info]), ("INBOX.a", [a_line]), ("INBOX.c", [c_line]),
                ("INBOX.a*", [a_line, below]), ("INBOX.*a", [a_line]), ("INBOX.none", []),
                ("INBOX.d", ['(\\NonExistent) "." INBOX.d' + info]), ("INBOX.d*", [f_line]),
                ("INBOX.d.%", ['(\\NonExistent) "." INBOX.d.e' + info]), ("INBOX.*.f", [f_line]),
                ("*", ['() "." INBOX' + info, a_line, below, c_line, f_line, gone])):
            told = listed('LIST (SUBSCRIBED RECURSIVEMATCH) "" %s' % pattern)
            assert told == wanted, (pattern, told)
        # LSUB calls such a parent \Noselect, and shows it for '%' only (RFC 3501 6.3.9).
        noselect = '(\\Noselect \\HasChildren) "." INBOX.'
        for pattern, wanted in (
                ("INBOX.%", [noselect + "a", '() "." INBOX.c', noselect + "d",
                             '(\\Noselect) "." INBOX.gone']),
                ("INBOX.a", []), ("INBOX.a*", ['() "." INBOX.a.b']),
                ("INBOX.a.%", ['() "." INBOX.a.b']), ("INBOX.d.%", [noselect + "d.e"])):
            told = listed('LSUB "" %s' % pattern, "LSUB")
            assert told == wanted, (pattern, told)
        check(c.unsubscribe("INBOX.d.e.f"))
        assert listed('LIST (SUBSCRIBED REMOTE) "" INBOX.c RETURN (CHILDREN)') == [
            '(\\Subscribed \\HasNoChildren) "." INBOX.c']
        assert listed('LIST "" INBOX.a.% RETURN (STATUS (MESSAGES SIZE))', "STATUS") == [
            "INBOX.a.b (MESSAGES 1 SIZE 400)"]
        rights = listed('LIST "" INBOX.c RETURN (MYRIGHTS)', "MYRIGHTS")
        assert len(rights) == 1 and rights[0].startswith("INBOX.c l"), rights
        lines, _ = command(c, 'LIST "" (INBOX INBOX.*) RETURN (MYRIGHTS STATUS (UNSEEN))')
        assert [x.split()[0] for x in lines].count("LIST") == 4, lines
        assert [x.split()[0] for x in lines].count("STATUS") == 4, lines
        for wrong in ('LIST (WHAT) "" *', 'LIST (RECURSIVEMATCH) "" *', 'LIST "" * RETURN (X)',
                      'LIST "" ()', 'LIST "" * RETURN (STATUS)'):
            command(c, wrong, ok="BAD")
        assert listed('LIST "" ""') == ['(\\Noselect) "." ""']


@both
def the_uses_of_mailboxes_by_xlist(where):
    user, other = new_user("xlist"), new_user("xlist")
    with client(where, user) as c, client(where, other) as o:
        assert "XLIST" in command(c, "CAPABILITY")[0][0].split()
        command(c, "CREATE INBOX.Out (USE (\\Sent))")
        check(c.create("INBOX.plain"))
        check(o.setacl("INBOX", user, "lr"))
        assert command(c, 'XLIST "" *')[0] == [
            'XLIST (\\HasChildren \\Inbox) "." INBOX',
            'XLIST (\\HasNoChildren \\Sent) "." INBOX.Out',
            'XLIST (\\HasNoChildren) "." INBOX.plain',
            'XLIST (\\HasNoChildren) "." user.' + other]
        assert command(c, 'XLIST "" ""')[0] == ['XLIST (\\Noselect) "." ""']
        assert command(c, 'LIST "" INBOX')[0] == ['LIST (\\HasChildren) "." INBOX']
        command(c, 'XLIST (SPECIAL-USE) "" *', ok="BAD")
        command(c, 'XLIST "" * RETURN (CHILDREN)', ok="BAD")


@both
def special_use(where):
    user = new_user("use")
    with client(where, user) as c:
        command(c, "CREATE INBOX.Sent (USE (\\Sent))")
        command(c, "CREATE INBOX.Old (USE (\\archive \\Important))")
        command(c, "CREATE INBOX.Plain")
        _, text = command(c, "CREATE INBOX.Bad (USE (\\All))", ok="NO")
        assert text.startswith("[USEATTR]"), text
        _, text = command(c, "CREATE shared%s (USE (\\Sent))" % user, ok="NO")
        command(c, "CREATE INBOX.Worse (USE ())", ok="BAD")
        murder.wait_for(lambda: len(c.list()[1]) == 4, "all are listed")
        expected = ['LIST (\\HasNoChildren \\Archive \\Important) "." INBOX.Old',
                    'LIST (\\HasNoChildren \\Sent) "." INBOX.Sent']
        assert command(c, 'LIST (SPECIAL-USE) "" *')[0] == expected
        lines, _ = command(c, 'LIST "" % RETURN (SPECIAL-USE)')
        assert lines == ['LIST (\\HasChildren) "." INBOX'], lines
        lines, _ = command(c, 'LIST "" INBOX.* RETURN (SPECIAL-USE CHILDREN STATUS (MESSAGES))')
        assert [x for x in lines if "\\Sent" in x or "\\Archive" in x] == expected, lines
        assert len([x for x in lines if x.startswith("STATUS")]) == 3, lines
        # An administrator names the use of a user's mailbox for him, and gives it another name.
        with client(where, "cyrus") as admin:
            command(admin, "CREATE user.%s.Spam (USE (\\Junk))" % user)
            get = "GETMETADATA user.%s.%%s /private/specialuse" % user
            assert '"\\\\Junk"' in command(admin, get % "Spam")[0][0]
            command(admin, 'SETMETADATA user.%s.Plain (/private/specialuse "\\\\Flagged")' % user,
                    ok="NO")
            command(admin, 'SETMETADATA user.%s.Plain (/private/specialuse "\\\\Drafts")' % user)
            command(admin, "CREATE shared%s (USE (\\Junk))" % user, ok="NO")
            check(admin.rename("user.%s.Spam" % user, "user.%s.Junk" % user))
        murder.wait_for(lambda: any("\\Junk" in x and "INBOX.Junk" in x for x in
                                    command(c, 'LIST (SPECIAL-USE) "" *')[0]), "the user sees it")
        assert any("\\Drafts" in x for x in command(c, 'LIST (SPECIAL-USE) "" INBOX.Plain')[0])
        # It goes along with a new name.
        check(c.rename("INBOX.Sent", "INBOX.Gesendet"))
        murder.wait_for(lambda: any("Gesendet" in x and "\\Sent" in x for x in
                                    command(c, 'LIST (SPECIAL-USE) "" *')[0]), "the new name")


CYRUS = "/shared/vendor/cmu/cyrus-imapd/"


def annotate(c, name, pairs, ok="OK"):
    """SETMETADATA with one word for each value."""
    words = [w if w.startswith("/") or w == "NIL" else '"%s"' % w for w in pairs.split()]
    return command(c, "SETMETADATA %s (%s)" % (name, " ".join(words)), ok)


@both
def metadata_of_a_mailbox(where):
    user = new_user("meta")
    with client(where, user) as c, client(where, "cyrus") as admin:
        assert "METADATA" in command(c, "CAPABILITY")[0][0].split()
        # What is not there is NIL; names are written as they were asked for.
        get = 'GETMETADATA INBOX (/shared/Comment "/private/comment")'
        assert command(c, get)[0] == ["METADATA INBOX (/shared/Comment NIL /private/comment NIL)"]
        command(c, 'SETMETADATA INBOX (/shared/comment "for \\"all\\"" /PRIVATE/Comment '
                '{3+}\r\na\r\n)')
        lines, _ = command(c, get)
        assert lines == ['METADATA INBOX (/shared/Comment "for \\"all\\"" /private/comment {3}\r\n'
                         'a\r\n)'], lines
        # Private is private, shared is not.
        lines, _ = command(admin, get.replace("INBOX", "user." + user))
        assert lines == ['METADATA user.%s (/shared/Comment "for \\"all\\"" '
                         '/private/comment NIL)' % user], lines
        command(c, "SETMETADATA INBOX (/private/comment NIL /private/none NIL)")
        assert command(c, "GETMETADATA INBOX /private/comment")[0] == [
            "METADATA INBOX (/private/comment NIL)"]
        # Any byte, also as Cyrus' frontends ask.
        command(c, "SETMETADATA INBOX (/private/vendor/x/y ~{3+}\r\na\0b)")
        lines, _ = command(c, 'GETANNOTATION "INBOX" (/private/vendor/x/y)')
        assert lines == ["METADATA INBOX (/private/vendor/x/y ~{3}\r\na\0b)"], lines
        # A short value may be an atom, as from them.
        command(c, "SETMETADATA INBOX (/private/vendor/x/y short)")
        assert command(c, "GETMETADATA INBOX /private/vendor/x/y")[0] == [
            'METADATA INBOX (/private/vendor/x/y "short")']
        command(c, 'SETMETADATA INBOX (/shared/a* "x")', ok="BAD")
        command(c, 'SETMETADATA INBOX ("/shared/a%" "x")', ok="BAD")
        for wrong in ("/shared*", "/*", "/shared//a", "/shared/a/", "/other/a", "/sharedx/a",
                      "comment", '"/shared/\\"', "/shared/" + "n" * 1100):
            command(c, "GETMETADATA INBOX " + wrong, ok="BAD")
            command(c, 'SETMETADATA INBOX (%s "x")' % wrong, ok="BAD")
        for wrong in ('SETMETADATA INBOX (/shared/vendor/x "v")', 'SETMETADATA INBOX (/shared "v")',
                      "SETMETADATA INBOX ()", 'SETMETADATA INBOX /shared/a "v"',
                      "GETMETADATA INBOX ()",
                      "SETMETADATA INBOX (/shared/a)", "GETMETADATA INBOX (BIG 1) /shared/a",
                      "SETMETADATA (DEPTH 1) INBOX (/shared/a NIL)",
                      "GETMETADATA INBOX (DEPTH 2) /shared/a"):
            command(c, wrong, ok="BAD")
        command(c, "GETMETADATA INBOX.none /shared/comment", ok="NO")
        assert command(c, "GETMETADATA INBOX /shared/comment")[0][0].endswith('for \\"all\\"")')


@both
def metadata_options(where):
    user = new_user("metaopt")
    with client(where, user) as c:
        annotate(c, "INBOX", "/private/f/v/small 12345 /private/f/v/large 123456789 "
                 "/private/f/v/small/x 1 /private/f/vv 2")
        lines, _ = command(c, "GETMETADATA INBOX (DEPTH 1) /private/f/v")
        assert lines == ['METADATA INBOX (/private/f/v/large "123456789" '
                         '/private/f/v/small "12345")'], lines
        lines, text = command(c, "GETMETADATA (DEPTH infinity MAXSIZE 5) INBOX /private/f")
        assert lines == ['METADATA INBOX (/private/f/v/small "12345" /private/f/v/small/x "1" '
                         '/private/f/vv "2")'], lines
        assert text.startswith("[METADATA LONGENTRIES 9]"), text
        lines, text = command(c, "GETMETADATA INBOX (MAXSIZE 9) (/private/f/v/large)")
        assert "LONGENTRIES" not in text and "123456789" in lines[0], (lines, text)
        assert command(c, "GETMETADATA INBOX (DEPTH infinity) /private/nothing")[0] == []
        lines, _ = command(c, "GETMETADATA INBOX (DEPTH infinity) (/shared /private/f/vv)")
        assert CYRUS + "size" in lines[0] and lines[0].endswith('/private/f/vv "2")'), lines


@both
def metadata_patterns(where):
    user = new_user("metapat")
    with client(where, user) as c:
        annotate(c, "INBOX", "/private/a/b 1 /private/a/b/c 2 /private/d 3")
        for verb in ("GETMETADATA", "GETANNOTATION"):
            for entries, found in (("(/private /private/%)", '/private NIL /private/d "3"'),
                                   ("(/private/a/*)", '/private/a/b "1" /private/a/b/c "2"'),
                                   ('"/PRIVATE/*/B"', '/private/a/b "1"'),
                                   ("/private/a/%", '/private/a/b "1"')):
                assert command(c, '%s "INBOX" %s' % (verb, entries))[0] == [
                    "METADATA INBOX (%s)" % found]
            command(c, verb + ' "INBOX" (/private/a/* )', ok="BAD")
            assert command(c, verb + " INBOX /private/a%")[0] == []
        assert command(c, 'LIST "" INBOX RETURN (METADATA ("/private/a/*"))')[0][1:] == [
            'METADATA INBOX (/private/a/b "1" /private/a/b/c "2")']
        lines, _ = command(c, 'GETMETADATA INBOX "/shared/*"')
        assert CYRUS + "size" in lines[0] and "NIL" not in lines[0], lines


@both
def metadata_limits(where):
    user = new_user("metamax")
    with client(where, user) as c:
        annotate(c, "INBOX", "/shared/a old")
        for size in ("{70000+}\r\n" + "x" * 70000, '"%s"' % ("x" * 70000)):
            _, text = command(c, 'SETMETADATA INBOX (/shared/a "new" /shared/b %s)' % size, ok="NO")
            assert text.startswith("[METADATA MAXSIZE 65536]"), text
        command(c, "SETMETADATA INBOX (/shared/b {65536+}\r\n%s)" % ("y" * 65536))
        for n in range(98):
            annotate(c, "INBOX", "/shared/n%d v" % n)
        _, text = annotate(c, "INBOX", "/shared/a new /shared/more v", ok="NO")
        assert text.startswith("[METADATA TOOMANY]"), text
        # None of a command that failed was done.
        assert command(c, "GETMETADATA INBOX (/shared/a /shared/more)")[0] == [
            'METADATA INBOX (/shared/a "old" /shared/more NIL)']
        lines, _ = command(c, "GETMETADATA INBOX /shared/b")
        assert lines[0].endswith("{65536}\r\n" + "y" * 65536 + ")"), lines[0][:100]
        many = " ".join("/shared/m%d" % n for n in range(300))
        command(c, "GETMETADATA INBOX (%s)" % many, ok="BAD")


@both
def metadata_and_rights(where):
    owner, other = new_user("metaowner"), new_user("metaother")
    box = "user." + owner
    with client(where, owner) as c, client(where, other) as o, client(where, "cyrus") as admin:
        get = "GETMETADATA %s /shared/comment" % box
        annotate(c, "INBOX", "/shared/comment mine")
        for rights, kind in (("k", "NO"), ("l", "NO"), ("r", "NO"), ("lp", "OK"), ("lr", "OK")):
            check(c.setacl("INBOX", other, rights))
            command(o, get, ok=kind)
            annotate(o, box, "/private/comment x", ok=kind)
            # What all read is not changed by those who may only read.
            annotate(o, box, "/shared/comment x", ok="NO")
        check(c.setacl("INBOX", other, "lrw"))
        annotate(o, box, "/shared/comment ours")
        assert command(c, "GETMETADATA INBOX (/shared/comment /private/comment)")[0] == [
            'METADATA INBOX (/shared/comment "ours" /private/comment NIL)']
        assert command(o, "GETMETADATA %s /private/comment" % box)[0][0].endswith('"x")')
        # What an administrator alone may set.
        annotate(c, "INBOX", CYRUS + "expire 3", ok="NO")
        annotate(admin, box, CYRUS + "expire 3")
        assert command(c, "GETMETADATA INBOX %sexpire" % CYRUS)[0][0].endswith('"3")')


@both
def metadata_that_the_server_knows(where):
    user = new_user("metaself")
    with client(where, user) as c:
        check(c.append("INBOX", None, None, message(1234)))
        lines, _ = command(c, "GETMETADATA INBOX (%s)" % " ".join(
            CYRUS + x for x in ("size", "partition", "uniqueid", "lastupdate")))
        values = re.findall(r'imapd/(\w+) "([^"]*)"', lines[0])
        assert values[0] == ("size", "1234") and values[1] == ("partition", "default"), lines
        assert re.fullmatch(r"[0-9a-f]+", values[2][1]), lines
        assert re.fullmatch(r"[ \d]\d-\w{3}-\d{4} \d\d:\d\d:\d\d [+-]\d{4}", values[3][1]), lines
        assert command(c, "GETMETADATA INBOX %sserver" % CYRUS)[0] == [
            'METADATA INBOX (%sserver "backend1")' % CYRUS]
        # As Cyrus: when anything changed, not only when a message came.
        index = os.path.join(os.path.dirname(message_files(user)[0]), "rookery.index")
        last = "GETMETADATA INBOX %slastupdate" % CYRUS
        os.utime(index, (1000000000, 1000000000))
        assert " 9-Sep-2001 " in command(c, last)[0][0]
        check(c.select("INBOX"))
        check(c.store("1", "+FLAGS", "keyword"))
        assert "-2001 " not in command(c, last)[0][0]
        for name in ("size", "server", "uniqueid"):
            annotate(c, "INBOX", CYRUS + name + " x", ok="NO")
        # What a mailbox is for (RFC 6154 5.4).
        check(c.create("INBOX.Out"))
        command(c, "SETMETADATA INBOX.Out (/private/specialuse \\sent)", ok="BAD")
        command(c, 'SETMETADATA INBOX.Out (/private/specialuse "\\\\sent")')
        assert command(c, "GETMETADATA INBOX.Out /private/specialuse")[0] == [
            'METADATA INBOX.Out (/private/specialuse "\\\\Sent")']
        assert command(c, 'LIST (SPECIAL-USE) "" *')[0] == [
            'LIST (\\HasNoChildren \\Sent) "." INBOX.Out']
        _, text = command(c, 'SETMETADATA INBOX.Out (/private/specialuse "\\\\All")', ok="NO")
        assert text.startswith("[USEATTR]"), text
        command(c, "SETMETADATA INBOX.Out (/private/specialuse NIL)")
        assert command(c, 'LIST (SPECIAL-USE) "" *')[0] == []


@both
def metadata_of_the_server(where):
    user = new_user("metasrv")
    with client(where, user) as c, client(where, "cyrus") as admin:
        annotate(c, '""', "/shared/comment x", ok="NO")
        _, text = annotate(admin, '""', "/private/vendor/x/y x", ok="NO")
        assert text.startswith("[METADATA NOPRIVATE]"), text  # there is no INBOX to keep it at
        command(admin, 'SETMETADATA "" (/shared/comment "Good mail" /shared/motd "Back up at 5")')
        annotate(admin, '""', "/shared/comment x /shared/other y", ok="NO")
        lines, _ = command(c, 'GETMETADATA "" (/shared/comment /shared/motd /shared/admin)')
        assert lines == ['METADATA "" (/shared/comment "Good mail" /shared/motd "Back up at 5" '
                         '/shared/admin NIL)'], lines
        assert '/shared/motd "Back up at 5"' in command(c, 'GETMETADATA "" "/shared/%"')[0][0]
        # Users are told it when they have logged in, servers and administrators are not.
        with client(where, user) as told, client(where, "cyrus") as untold:
            assert b"[ALERT] Back up at 5" in told.untagged_responses["OK"]
            assert b"[ALERT]" not in b"".join(untold.untagged_responses.get("OK", []))
        command(admin, 'SETMETADATA "" (/shared/motd NIL)')
        with client(where, user) as untold:
            assert b"[ALERT]" not in b"".join(untold.untagged_responses.get("OK", []))
        command(admin, 'SETMETADATA "" (/shared/comment NIL /shared/admin "mailto:it@example.org")')
        lines, _ = command(c, 'GETMETADATA "" (/shared/comment /shared/admin)')
        assert lines == ['METADATA "" (/shared/comment NIL '
                         '/shared/admin "mailto:it@example.org")'], lines
        space = command(c, 'GETMETADATA "" (MAXSIZE 99) %sfreespace/total' % CYRUS)[0][0]
        if where == "backend1":
            free, total = re.search(r'"(\d+);(\d+)"', space).groups()
            assert 0 < int(free) <= int(total), space


@both
def private_metadata_of_the_server(where):
    user, other = new_user("metapriv"), new_user("metapriv", 2)
    with client(where, user) as c, client(where, other) as o:
        entries = "/private/Comment /private/vendor/x/y"
        assert command(c, 'GETMETADATA "" (%s)' % entries)[0] == [
            'METADATA "" (/private/Comment NIL /private/vendor/x/y NIL)']
        command(c, 'SETMETADATA "" (/PRIVATE/comment "mine" /private/vendor/x/y ~{3+}\r\na\0b)')
        assert command(c, 'GETMETADATA "" (%s)' % entries)[0] == [
            'METADATA "" (/private/Comment "mine" /private/vendor/x/y ~{3}\r\na\0b)']
        # A user's own, whoever has some at the same place, and no mailbox's.
        with client(where, "cyrus") as admin:
            annotate(admin, "user." + user, "/private/vendor/rookery/server/z theirs")
        assert command(c, 'GETMETADATA "" /private/z')[0] == ['METADATA "" (/private/z NIL)']
        if where == "frontend1":
            assert command(o, 'GETMETADATA "" /private/comment')[0] == [
                'METADATA "" (/private/comment NIL)']
        assert command(c, "GETMETADATA INBOX /private/comment")[0] == [
            "METADATA INBOX (/private/comment NIL)"]
        lines, text = command(c, 'GETMETADATA (MAXSIZE 3 DEPTH infinity) "" /private')
        assert not any("mine" in x for x in lines) and any("/y ~{3}" in x for x in lines), lines
        assert text.startswith("[METADATA LONGENTRIES 4]"), text
        # None of a command that may not do all of it.
        annotate(c, '""', "/private/comment new /shared/comment x", ok="NO")
        assert '"mine"' in command(c, 'GETMETADATA "" /private/comment')[0][0]
        annotate(c, '""', "/private/comment NIL")
        assert command(c, 'GETMETADATA "" /private/comment')[0] == [
            'METADATA "" (/private/comment NIL)']
        for n in range(99):
            annotate(c, '""', "/private/n%d v" % n)
        _, text = annotate(c, '""', "/private/more v", ok="NO")
        assert text.startswith("[METADATA TOOMANY]"), text


def test_private_metadata_of_the_server_goes_with_the_user():
    user = new_user("metamove")
    with client("frontend1", user) as c, client("frontend1", "cyrus") as admin:
        annotate(c, '""', "/private/comment mine")
        command(admin, "RENAME user.%s user.%s backend2" % (user, user))
    with client("backend2", user) as c:
        assert '"mine"' in command(c, 'GETMETADATA "" /private/comment')[0][0]


@both
def metadata_of_several_mailboxes(where):
    user = new_user("metaseveral")
    other = new_user("metaseveral", 2)
    with client(where, user) as c, client("frontend1", other) as o:
        check(c.create("INBOX.a"))
        check(c.create("INBOX.b"))
        annotate(c, "INBOX.a", "/private/comment one")
        annotate(c, "INBOX.b", "/private/comment three")
        assert command(c, "GETMETADATA (INBOX.b INBOX.a) (/private/comment)")[0] == [
            'METADATA INBOX.b (/private/comment "three")',
            'METADATA INBOX.a (/private/comment "one")']
        # Options before or behind them, and a list of one.
        for text in ("(MAXSIZE 3) (INBOX.a INBOX.b) /private/comment",
                     "(INBOX.a INBOX.b) (MAXSIZE 3) /private/comment"):
            lines, text = command(c, "GETMETADATA " + text)
            assert lines == ['METADATA INBOX.a (/private/comment "one")'], lines
            assert text.startswith("[METADATA LONGENTRIES 5]"), text
        assert command(c, "GETMETADATA (INBOX.a) /private/comment")[0] == [
            'METADATA INBOX.a (/private/comment "one")']
        # One that is not there, or not for this user: nothing is told of the others.
        for wrong in ("INBOX.none", "user." + other):
            tag = c._new_tag()
            c.send(tag + b" GETMETADATA (INBOX.a %s) /private/comment\r\n" % wrong.encode())
            assert c._get_line().startswith(tag + b" NO "), wrong
        for wrong in ("() /private/comment", "(INBOX.a  INBOX.b) /private/comment",
                      "(INBOX.a INBOX.b)", "(INBOX.a (INBOX.b)) /private/comment"):
            command(c, "GETMETADATA " + wrong, ok="BAD")
        # At two servers.
        if where == "frontend1":
            check(o.setacl("INBOX", user, "lr"))
            annotate(o, "INBOX", "/shared/comment theirs")
            lines, _ = command(c, 'GETMETADATA (INBOX.a user.%s "") (/shared/comment %sserver)' % (
                other, CYRUS))
            # In one response for each, or in two.
            told = {}
            for line in lines:
                name, entries = re.fullmatch(r"METADATA (\S+) \((.*)\)", line).groups()
                told.setdefault(name, set()).update(re.findall(r'(/\S+) (NIL|"[^"]*")', entries))
            server = CYRUS + "server"
            assert told == {
                '""': {("/shared/comment", "NIL"), (server, "NIL")},
                "INBOX.a": {("/shared/comment", "NIL"), (server, '"backend1"')},
                "user." + other: {("/shared/comment", '"theirs"'), (server, '"backend2"')}}, lines


@both
def metadata_goes_where_the_mailbox_goes(where):
    user = new_user("metago")
    with client(where, user) as c, client(where, "cyrus") as admin:
        check(c.create("INBOX.a"))
        annotate(c, "INBOX.a", "/private/comment mine /shared/comment ours")
        check(c.rename("INBOX.a", "INBOX.b"))
        get = "GETMETADATA %s (/private/comment /shared/comment)"
        kept = 'METADATA %s (/private/comment "mine" /shared/comment "ours")'
        assert command(c, get % "INBOX.b")[0] == [kept % "INBOX.b"]
        # INBOX keeps its own, and the new mailbox has them too.
        annotate(c, "INBOX", "/private/comment mine /shared/comment ours")
        check(c.rename("INBOX", "INBOX.c"))
        assert command(c, get % "INBOX.c")[0] == [kept % "INBOX.c"]
        assert command(c, get % "INBOX")[0] == [kept % "INBOX"]
        # A new mailbox of the same name does not have them.
        check(c.delete("INBOX.b"))
        check(c.create("INBOX.b"))
        assert "mine" not in command(c, get % "INBOX.b")[0][0]
        # A user with another name keeps what is his.
        check(admin.rename("user." + user, "user.%sx" % user))
    the_murder().set_passwords({user + "x": the_murder().password})
    with client("frontend1", user + "x") as c:
        assert command(c, get % "INBOX.c")[0] == [kept % "INBOX.c"]


@both
def a_list_with_metadata(where):
    user = new_user("metalist")
    with client(where, user) as c:
        assert "LIST-METADATA" in command(c, "CAPABILITY")[0][0].split()
        check(c.create("INBOX.a.b"))
        check(c.subscribe("INBOX.a.b"))
        annotate(c, "INBOX", "/shared/comment first")
        annotate(c, "INBOX.a.b", "/private/comment second")
        murder.wait_for(lambda: len(c.list()[1]) == 3, "all are listed")
        lines, _ = command(c, 'LIST "" * RETURN (METADATA (/shared/comment "/private/comment") '
                           'STATUS (MESSAGES))')
        assert [x for x in lines if x.startswith("METADATA")] == [
            'METADATA INBOX (/shared/comment "first" /private/comment NIL)',
            'METADATA INBOX.a (/shared/comment NIL /private/comment NIL)',
            'METADATA INBOX.a.b (/shared/comment NIL /private/comment "second")'], lines
        assert "STATUS INBOX.a.b (MESSAGES 0)" in lines, lines
        # What does not exist, and a mailbox that is told for one below it, has no annotations.
        lines, _ = command(c, 'LIST (SUBSCRIBED RECURSIVEMATCH) "" INBOX.% '
                           'RETURN (METADATA (/private/comment))')
        assert not any("METADATA INBOX.a " in x for x in lines), lines
        lines, _ = command(c, 'LIST (SUBSCRIBED RECURSIVEMATCH) "" INBOX.a '
                           'RETURN (METADATA (/private/comment) STATUS (MESSAGES) MYRIGHTS)')
        assert lines == ['LIST () "." INBOX.a ("CHILDINFO" ("SUBSCRIBED"))'], lines
        lines, _ = command(c, 'LIST (SUBSCRIBED) "" * RETURN (METADATA (/private/comment))')
        assert lines[-1] == 'METADATA INBOX.a.b (/private/comment "second")', lines
        lines, _ = command(c, 'LIST "" INBOX RETURN (METADATA (%sserver /shared/comment))' % CYRUS)
        assert [x for x in lines if CYRUS in x and '"backend1"' in x], lines
        for wrong in ("METADATA", "METADATA ()", "METADATA (/x)", "METADATA /shared/comment"):
            command(c, 'LIST "" * RETURN (%s)' % wrong, ok="BAD")


def test_a_list_with_metadata_over_two_servers():
    m = the_murder()
    user, other = new_user("mymeta", 1), new_user("theirmeta", 2)
    box = "user." + other
    with m.imap("frontend1", "cyrus") as admin:
        murder.wait_for(lambda: admin.list('""', box)[1] != [None], "it is known")
        check(admin.setacl(box, user, "lrw"))
    with m.imap("frontend1", user) as c:
        annotate(c, "INBOX", "/shared/comment here")
        annotate(c, box, "/shared/comment there /private/comment mine")
        murder.wait_for(lambda: len(c.list()[1]) == 2, "both are seen")
        lines, _ = command(c, 'LIST "" * RETURN (METADATA (/shared/comment))')
        assert 'METADATA INBOX (/shared/comment "here")' in lines, lines
        assert 'METADATA %s (/shared/comment "there")' % box in lines, lines
        assert command(c, "GETMETADATA %s (%sserver /private/comment)" % (box, CYRUS))[0] == [
            'METADATA %s (/private/comment "mine")' % box,
            'METADATA %s (%sserver "backend2")' % (box, CYRUS)]
        lines, _ = command(c, 'LIST "" * RETURN (METADATA (%sserver))' % CYRUS)
        assert [x[-11:-1] for x in lines if x.startswith("METADATA")] == [
            '"backend1"', '"backend2"'], lines
    # A new user's INBOX is made where there is space: the servers are asked.
    extra = {"serverlist_select_mode": "freespace-most", "chatty": "yes"}
    with murder.Murder(backends=2, extra=extra) as m:
        m.set_passwords({"new": m.password})
        with m.imap("frontend1", "cyrus") as admin:
            check(admin.create("user.new"))
            lines = command(admin, "GETMETADATA user.new %sserver" % CYRUS)[0]
            assert re.search(r'"backend[12]"', lines[0]), lines
        for backend in m.backends:
            assert "GETMETADATA" in backend.tail(1000), backend.name


def test_a_list_with_status_over_two_servers():
    m = the_murder()
    user, other = new_user("mine", 1), new_user("theirs", 2)
    with m.imap("frontend1", "cyrus") as admin:
        murder.wait_for(lambda: admin.list('""', "user." + other)[1] != [None], "it is known")
        check(admin.setacl("user." + other, user, "lrsip"))
    with m.imap("frontend1", user) as c:
        check(c.append("INBOX", None, None, message()))
        check(c.append("user." + other, None, None, message()))
        murder.wait_for(lambda: len(c.list()[1]) == 2, "both are seen")
        command(c, "SUBSCRIBE user." + other)
        lines, _ = command(c, 'LIST "" * RETURN (STATUS (MESSAGES) SUBSCRIBED)')
        assert "STATUS INBOX (MESSAGES 1)" in lines, lines
        assert "STATUS user.%s (MESSAGES 1)" % other in lines, lines
        assert any("Subscribed" in x and other in x for x in lines), lines


def referral_of(text):
    """The server, as an address, and the path of the URL in a refusal."""
    found = re.match(r"\[REFERRAL imap://([^@]*)@([^:/]+):(\d+)/(\S*)\] ", text)
    assert found, text
    return found.group(1), (found.group(2), int(found.group(3))), found.group(4)


def referrals(m, where, user, other):
    box = "user." + other
    with m.imap("backend2", other) as o, m.imap(where, "cyrus") as admin:
        check(o.create('"INBOX.caf&AOk- 1"'))
        murder.wait_for(lambda: admin.list('""', box + ".*")[1] != [None], "it is known")
        for name in (box, '"%s.caf&AOk- 1"' % box):
            check(admin.setacl(name, user, "lrswipkxte"))
    with m.imap(where, user) as c, m.imap(where, user) as asks, m.imap(where, "cyrus") as admin:
        murder.wait_for(lambda: len(c.list()[1]) == 3, "all are seen")
        assert "MAILBOX-REFERRALS" in command(c, "CAPABILITY")[0][0].split()
        lines, _ = command(c, 'LSUB "" *')
        assert command(asks, 'RLSUB "" *')[0] == [x.replace("RLSUB", "LSUB") for x in lines]
        assert command(asks, 'RLIST "" *')[0] == command(c, 'LIST "" *')[0]
        # Who asked is sent to the mailbox, who did not is served here.
        for verb in ("SELECT " + box, "EXAMINE " + box, "DELETE " + box,
                     "APPEND %s (\\Seen) {5+}\r\nA: b\r\n" % box):
            who, address, path = referral_of(command(asks, verb, ok="NO")[1])
            assert who == ";AUTH=*" and path == box, verb
            assert address == m["backend2"].address("imap"), address
        path = referral_of(command(asks, 'SELECT "%s.caf&AOk- 1"' % box, ok="NO")[1])[2]
        assert path == box + ".caf%C3%A9%201", path
        command(asks, "STATUS %s (MESSAGES)" % box)
        command(asks, "GETMETADATA %s /shared/comment" % box)
        command(asks, "CREATE %s.new" % box)
        command(c, "SELECT " + box)
        check(c.append(box, None, None, message()))
        # A literal that waits for leave does not come.
        tag = asks._new_tag()
        asks.send(tag + b" APPEND %s {5}\r\n" % box.encode())
        assert asks._get_line().startswith(tag + b" NO [REFERRAL imap://")
        # An administrator is sent there for changes as well; not if he names a server.
        for verb in ("CREATE %s.a", "SETACL %s anyone l", "DELETEACL %s anyone"):
            command(admin, verb % box)
        command(admin, 'LIST (REMOTE) "" INBOX')
        for verb in ("CREATE %s.b", "SETACL %s anyone l", "DELETEACL %s anyone"):
            assert referral_of(command(admin, verb % box, ok="NO")[1])[2].startswith(box)
        command(admin, "CREATE %s.c default" % box)


def test_referrals_of_a_frontend():
    user, other = new_user("ref", 1), new_user("refother", 2)
    referrals(the_murder(), "frontend1", user, other)


def test_referrals_of_a_server_that_is_backend_and_frontend():
    with murder.Murder(backends=2, frontends=0, start=False) as m:
        one = m["backend1"]
        one.ports["mupdate"] = m.ports.take()
        one.extra["mupdate_config"] = "unified"
        one.services["mupdate"] = 'cmd="mupdate -C %s" listen="%s" prefork=1' % (
            one.imapd_conf, one.host_port("mupdate"))
        m.start()
        m.add_user("ann", 1)
        m.add_user("bob", 2)
        referrals(m, "backend1", "ann", "bob")


def test_who_does_not_want_referrals_to_be_given():
    extra = {"proxyd_disable_mailbox_referrals": "yes"}
    with murder.Murder(backends=1, extra=extra) as m:
        m.add_user("ann")
        with m.imap("frontend1", "ann") as c:
            murder.wait_for(lambda: c.list()[1] != [None], "it is known")
            assert "MAILBOX-REFERRALS" not in command(c, "CAPABILITY")[0][0].split()
            assert len(command(c, 'RLIST "" *')[0]) == 1
            command(c, 'LIST (REMOTE) "" *')
            command(c, "SELECT INBOX")


def test_who_has_gone_has_not_asked_for_the_next_user():
    user = new_user("after", 1)
    with the_murder().imap("frontend1", "cyrus") as c:
        command(c, 'RLIST "" user.%s' % user)
        referral_of(command(c, "SELECT user." + user, ok="NO")[1])
        command(c, "ENABLE QRESYNC")
        command(c, "UNAUTHENTICATE")
        command(c, "LOGIN %s %s" % (user, the_murder().password))
        command(c, "SELECT INBOX (QRESYNC (1 1))", ok="BAD")
        command(c, "SELECT INBOX")


def test_referrals_of_status_and_of_logins():
    extra = {"proxyd_allow_status_referral": "yes", "login_referrals": "yes"}
    with murder.Murder(backends=1, extra=extra) as m:
        m.add_user("ann")
        with m.imap("frontend1", "cyrus") as admin:
            murder.wait_for(lambda: admin.list('""', "user.ann")[1] != [None], "it is known")
        with m.imap("frontend1") as c:
            assert "LOGIN-REFERRALS" in command(c, "CAPABILITY")[0][0].split()
            _, text = command(c, "LOGIN ann wrong", ok="NO")
            assert "REFERRAL" not in text, text
            _, text = command(c, "LOGIN ann " + m.password)
            assert referral_of(text) == ("ann;AUTH=*", m["backend1"].address("imap"), ""), text
            command(c, "STATUS INBOX (MESSAGES)")
            command(c, 'RLIST "" *')
            referral_of(command(c, "STATUS INBOX (MESSAGES)", ok="NO")[1])
        with m.imap("backend1") as c:
            _, text = command(c, "LOGIN ann " + m.password)
            assert text.startswith("[CAPABILITY "), text


def deny(instance, text):
    path = os.path.join(instance.dir, "conf", "user_deny.db")
    with open(path, "w") as f:
        f.write(text)


def test_users_who_are_kept_out():
    m = the_murder()
    user, other = new_user("denied"), new_user("welcome")
    for where, service in (("backend1", "imap"), ("frontend1", "im*")):
        deny(m[where], "%s\t2\t%s\tPlease call us\n%s\t2\tpop3\t\n" % (user, service, other))
        with m.imap(where) as c:
            _, text = command(c, "LOGIN %s wrong" % user, ok="NO")
            assert text.startswith("[AUTHENTICATIONFAILED]"), text
            _, text = command(c, "LOGIN %s %s" % (user, m.password), ok="NO")
            assert text == "[CONTACTADMIN] Please call us", text
            plain = base64.b64encode(("\0%s\0%s" % (user, m.password)).encode()).decode()
            _, text = command(c, "AUTHENTICATE PLAIN " + plain, ok="NO")
            assert text == "[CONTACTADMIN] Please call us", text
            command(c, "LOGIN %s %s" % (other, m.password))
        # Without a line, and without the file.
        deny(m[where], "")
        m.imap(where, user).logout()
        os.unlink(os.path.join(m[where].dir, "conf", "user_deny.db"))
        m.imap(where, user).logout()


def test_enable_reaches_every_server():
    m = the_murder()
    user, other = new_user("here", 1), new_user("there", 2)
    with m.imap("frontend1", "cyrus") as admin:
        murder.wait_for(lambda: admin.list('""', "user." + other)[1] != [None], "it is known")
        for name in (user, other):
            check(admin.setacl("user." + name, user, "lrswipkxtecda"))
    with m.imap("frontend1", user) as c:
        command(c, "ENABLE QRESYNC")
        for box in ("INBOX", "user." + other):
            check(c.append(box, None, None, message()))
            command(c, "SELECT " + box)
            command(c, "STORE 1 +FLAGS.SILENT (\\Deleted)")
            assert "VANISHED 1" in command(c, "EXPUNGE")[0], box
        lines, _ = command(c, "SELECT INBOX")
        assert lines[0] == "OK [CLOSED] Ok", lines


def test_a_delivery_over_quota_is_deferred():
    m = the_murder()
    user = new_user("full")
    with m.imap("backend1", "cyrus") as admin:
        command(admin, "SETQUOTA user.%s (STORAGE 2)" % user)
    # The one that makes it full still goes in (lmtp_strict_quota is off).
    assert not m.deliver(message(3000, "one"), [user])
    refused = m.deliver(message(300, "two"), [user])
    assert refused[user][0] == 452 and b"4.2.2" in refused[user][1], refused


def test_the_quota_tool_lists_roots():
    m = the_murder()
    user, other = new_user("tool"), new_user("toolother")
    with m.imap("backend1", "cyrus") as admin:
        command(admin, "SETQUOTA user.%s (STORAGE 100 MESSAGE 4)" % user)
        command(admin, "SETQUOTA user.%s ()" % other)
    assert not m.deliver(message(51200), [user])
    lines = m["backend1"].run("quota", "user.tool").stdout.splitlines()
    assert [x.split() for x in lines[1:]] == [
        ["100", "50", "50", "STORAGE", "user." + user], ["4", "25", "1", "MESSAGE", "user." + user],
        ["1", "MAILBOX", "user." + user], ["0", "STORAGE", "user." + other],
        ["0", "MESSAGE", "user." + other], ["1", "MAILBOX", "user." + other]], lines
    lines = m["backend1"].run("quota", "-u", user).stdout.splitlines()
    assert len(lines) == 4, lines
    with client("backend1", user) as c:
        check(c.select("INBOX"))
        size = int(re.search(r"SIZE (\d+)", command(c, "FETCH 1 RFC822.SIZE")[0][0]).group(1))
    told = json.loads(m["backend1"].run("quota", "-J", "-u", user).stdout)
    assert told == {"user." + user: {
        "STORAGE": {"used": size, "limit": 100 * 1024}, "MESSAGE": {"used": 1, "limit": 4},
        "MAILBOX": {"used": 1}}}, told
    assert m["backend1"].run("quota", "-x", check=False).returncode == 64


# Who (owner; another user, who may read INBOX.seen of the owner, {o}, and nothing else there;
# administrator), what he says, and the answer and response code that he gets (RFC 5530).
FAILURES = (
    # What one may not look up is answered as what is not there.
    ("other", "SELECT {o}.none", "NO NONEXISTENT"),
    ("other", "SELECT {o}.hidden", "NO NONEXISTENT"),
    ("other", "EXAMINE user.nobodyatall", "NO NONEXISTENT"),
    ("other", "STATUS {o}.none (MESSAGES)", "NO NONEXISTENT"),
    ("other", "STATUS {o}.hidden (MESSAGES)", "NO NONEXISTENT"),
    ("other", "DELETE {o}.none", "NO NONEXISTENT"),
    ("other", "DELETE {o}.hidden", "NO NONEXISTENT"),
    ("other", "DELETE {o}", "NO NONEXISTENT"),
    ("other", "RENAME {o}.none INBOX.x", "NO NONEXISTENT"),
    ("other", "RENAME {o}.hidden INBOX.x", "NO NONEXISTENT"),
    ("other", "SETACL {o}.none x lr", "NO NONEXISTENT"),
    ("other", "SETACL {o}.hidden x lr", "NO NONEXISTENT"),
    ("other", "DELETEACL {o}.hidden x", "NO NONEXISTENT"),
    ("other", "GETACL {o}.hidden", "NO NONEXISTENT"),
    ("other", "MYRIGHTS {o}.hidden", "NO NONEXISTENT"),
    ("other", "LISTRIGHTS {o}.hidden x", "NO NONEXISTENT"),
    ("other", "GETQUOTAROOT {o}.none", "NO NONEXISTENT"),
    ("other", "GETQUOTAROOT {o}.hidden", "NO NONEXISTENT"),
    ("other", "GETMETADATA {o}.none /shared/comment", "NO NONEXISTENT"),
    ("other", "GETMETADATA {o}.hidden /shared/comment", "NO NONEXISTENT"),
    ("other", "SETMETADATA {o}.hidden (/shared/comment NIL)", "NO NONEXISTENT"),
    ("other", "APPEND {o}.none {{1+}}\r\nx", "NO TRYCREATE"),
    ("other", "APPEND {o}.hidden {{1+}}\r\nx", "NO TRYCREATE"),
    ("other", "CREATE {o}.none", "NO NONEXISTENT"),
    ("other", "CREATE {o}.hidden", "NO NONEXISTENT"),
    ("other", "CREATE {o}.hidden.x", "NO NONEXISTENT"),
    ("other", "CREATE {o}", "NO NOPERM"),
    ("other", "CREATE user.nobodyatall", "NO NOPERM"),
    ("other", "CREATE user.nobodyatall.x", "NO NONEXISTENT"),
    ("other", "CREATE nothing.x", "NO NOPERM"),
    ("other", "CREATE codes", "NO NOPERM"),
    ("other", "CREATE codes.x", "NO NOPERM"),
    ("other", "RENAME INBOX.a {o}.none", "NO NOPERM"),
    ("other", "RENAME INBOX.a {o}.hidden", "NO NOPERM"),
    ("other", "RENAME INBOX {o}.hidden", "NO NOPERM"),
    ("other", "GETQUOTA {o}.none", "NO NOPERM"),
    ("other", "GETQUOTA {o}", "NO NOPERM"),
    ("other", "SETQUOTA {o}.none (STORAGE 1)", "NO NOPERM"),
    ("other", "SETQUOTA {o} (STORAGE 1)", "NO NOPERM"),
    # What is seen but not allowed.
    ("other", "CREATE {o}.seen", "NO ALREADYEXISTS"),
    ("other", "CREATE {o}.seen.x", "NO NOPERM"),
    ("other", "DELETE {o}.seen", "NO NOPERM"),
    ("other", "RENAME {o}.seen INBOX.x", "NO NOPERM"),
    ("other", "SETACL {o}.seen x lr", "NO NOPERM"),
    ("other", "DELETEACL {o}.seen x", "NO NOPERM"),
    ("other", "GETACL {o}.seen", "NO NOPERM"),
    ("other", "LISTRIGHTS {o}.seen x", "NO NOPERM"),
    ("other", "SETMETADATA {o}.seen (/shared/comment NIL)", "NO NOPERM"),
    ("other", 'SETMETADATA "" (/shared/comment NIL)', "NO NOPERM"),
    ("other", "APPEND {o}.seen {{1+}}\r\nx", "NO NOPERM"),
    ("other", "XFER {o}.seen backend2", "NO NOPERM"),
    ("other", "RENAME {o}.seen {o}.seen backend2", "NO NOPERM"),
    ("other", "UNAUTHENTICATE", "NO NOPERM"),
    ("admin", "DELETE {o}.seen", "NO NOPERM"),
    # What can never be, is there already, or is not there.
    ("owner", "CREATE INBOX", "NO ALREADYEXISTS"),
    ("owner", "CREATE INBOX.seen", "NO ALREADYEXISTS"),
    ("owner", "RENAME INBOX.hidden INBOX.seen", "NO ALREADYEXISTS"),
    ("owner", "RENAME INBOX.none INBOX.x", "NO NONEXISTENT"),
    ("owner", "RENAME INBOX.hidden INBOX.hidden.x", "NO CANNOT"),
    ("owner", "CREATE INBOX..x", "NO CANNOT"),
    ("owner", 'CREATE ""', "NO CANNOT"),
    ("owner", "CREATE INBOX.a&b", "NO CANNOT"),
    ("owner", "CREATE INBOX." + "x" * 1000, "NO CANNOT"),
    ("owner", "CREATE INBOX.x (USE (\\All))", "NO USEATTR"),
    ("owner", "DELETE INBOX", "NO CANNOT"),
    ("owner", "SETACL INBOX.seen x/y lr", "NO CANNOT"),
    ("admin", "CREATE {o}.x nopartition", "NO CANNOT"),
    ("admin", "DELETE {o}.none", "NO NONEXISTENT"),
    ("admin", "SETQUOTA {o}.none (STORAGE 1)", "NO NONEXISTENT"),
    ("admin", "GETQUOTA {o}", "NO NONEXISTENT"),
    ("admin", "SETQUOTA {o} (BOTTLES 1)", "NO CANNOT"),
    ("admin", "XFER {o}.none backend2", "NO NONEXISTENT"),
    ("admin", "XFER {o} nowhere", "NO UNAVAILABLE"),
    ("admin", "RENAME {o}.seen {o}.other default", "NO CANNOT"),
    ("admin", "DELETE codes.kids", "NO HASCHILDREN"),
    ("admin", "SELECT {o}.broken", "NO CORRUPTION"),
    # Messages.
    ("owner", "APPEND INBOX.full {{10+}}\r\nSubject: x", "NO OVERQUOTA"),
    ("owner", "APPEND INBOX {{0+}}\r\n", "NO CANNOT"),
    ("owner", "APPEND INBOX {{9999999999}}", "NO TOOBIG"),
    ("owner", "APPEND INBOX ~{{1+}}\r\nx", "NO CANNOT"),
    ("other", "SELECT INBOX", "OK READ-WRITE"),
    ("other", "COPY 1 {o}.none", "NO TRYCREATE"),
    ("other", "COPY 1 {o}.hidden", "NO TRYCREATE"),
    ("other", "COPY 1 {o}.seen", "NO NOPERM"),
    ("other", "MOVE 1 {o}.hidden", "NO TRYCREATE"),
    ("other", "MOVE 1 {o}.seen", "NO NOPERM"),
    ("other", "SEARCH CHARSET KOI9 ALL", "NO BADCHARSET"),
    ("other", "STORE 1 +FLAGS (%s)" % " ".join("k%d" % n for n in range(200)), "BAD LIMIT"),
    ("other", "EXAMINE INBOX", "OK READ-ONLY"),
    ("other", "STORE 1 +FLAGS (\\Seen)", "NO READ-ONLY"),
    ("other", "EXPUNGE", "NO READ-ONLY"),
    ("other", "MOVE 1 INBOX.a", "NO READ-ONLY"),
    ("owner", "SELECT INBOX.seen", "OK READ-WRITE"),
    ("owner", "COPY 1 INBOX.full", "NO OVERQUOTA"),
    ("owner", "MOVE 1 INBOX.full", "NO OVERQUOTA"),
    # More than fits.
    ("owner", "GETMETADATA INBOX (%s)" % " ".join("/shared/m%d" % n for n in range(300)),
     "BAD LIMIT"),
    ("owner", "SELECT " + "x" * 200000, "BAD LIMIT"),
    ("owner", "ID (%s)" % " ".join('"k" "v"' for _ in range(40)), "BAD LIMIT"),
)


def answer_and_code(c, text):
    tag = c._new_tag()
    c.send(tag + b" " + text.encode() + b"\r\n")
    while True:
        line = c._get_line()
        if line.startswith(tag + b" "):
            kind, code = re.match(rb"(\w+)(?: \[([\w-]+))?", line[len(tag) + 1:]).groups()
            return kind.decode() + (" " + code.decode() if code else "")


@both
def response_codes(where):
    m = the_murder()
    owner, other = new_user("owner"), new_user("other")
    box = "user." + owner
    with client(where, owner) as c, client(where, other) as o, client(where, "cyrus") as admin:
        for name in ("seen", "hidden", "full", "broken"):
            check(c.create("INBOX." + name))
        check(c.setacl("INBOX.seen", other, "lr"))
        check(c.append("INBOX.seen", None, None, message()))
        check(o.create("INBOX.a"))
        check(o.append("INBOX", None, None, message()))
        command(admin, "SETQUOTA %s.full (MESSAGE 0)" % box)
        if where == "backend1":
            for name in ("codes", "codes.kids", "codes.kids.one"):
                check(admin.create(name))
                check(admin.setacl(name, "cyrus", "lrswipkxtea"))
                check(admin.deleteacl(name, "anyone"))
        else:
            murder.wait_for(lambda: admin.list('""', "codes.kids.one")[1] != [None], "it is known")
        check(admin.setacl(box + ".broken", "cyrus", "lr"))
        for folder, _, names in os.walk(os.path.join(m["backend1"].dir, "spool")):
            if folder.endswith("/%s/broken" % owner) and "rookery.index" in names:
                with open(os.path.join(folder, "rookery.index"), "r+b") as f:
                    f.write(b"\xff" * 200)
        people = {"owner": c, "other": o, "admin": admin}
        wrong = []
        for who, text, demanded in FAILURES:
            text = text.format(o=box)
            found = answer_and_code(people[who], text)
            if found != demanded:
                wrong.append((who, text[:80], found, demanded))
        assert not wrong, wrong


@both
def response_codes_of_logins(where):
    m = the_murder()
    user, other = new_user("login"), new_user("login")

    def plain(authzid, authid, password):
        text = "%s\0%s\0%s" % (authzid, authid, password)
        return "AUTHENTICATE PLAIN " + base64.b64encode(text.encode()).decode()

    for text, demanded in (
            ("LOGIN %s wrong" % user, "NO AUTHENTICATIONFAILED"),
            ("LOGIN nobodyatall %s" % m.password, "NO AUTHENTICATIONFAILED"),
            (plain("", user, "wrong"), "NO AUTHENTICATIONFAILED"),
            (plain("", "nobodyatall", m.password), "NO AUTHENTICATIONFAILED"),
            (plain(other, user, "wrong"), "NO AUTHENTICATIONFAILED"),
            (plain(other, user, m.password), "NO AUTHORIZATIONFAILED"),
            (plain("nobodyatall", user, m.password), "NO AUTHORIZATIONFAILED"),
            ("AUTHENTICATE CARRIER-PIGEON", "NO CANNOT"),
            ("STARTTLS", "NO CANNOT")):
        with m.imap(where) as c:
            assert answer_and_code(c, text) == demanded, text


def test_response_codes_where_passwords_need_tls():
    with murder.Murder(backends=1, tls=True, extra={"allowplaintext": "no"}) as m:
        m.set_passwords({"ann": m.password})
        plain = base64.b64encode(("\0ann\0" + m.password).encode()).decode()
        for where in ("backend1", "frontend1"):
            with m.imap(where) as c:
                for text, demanded in (("LOGIN ann " + m.password, "NO PRIVACYREQUIRED"),
                                       ("AUTHENTICATE PLAIN " + plain, "NO PRIVACYREQUIRED"),
                                       ("AUTHENTICATE CARRIER-PIGEON", "NO CANNOT")):
                    assert answer_and_code(c, text) == demanded, (where, text)


def test_a_quota_root_on_two_servers():
    m = the_murder()
    user, other = new_user("one", 1), new_user("two", 2)
    with m.imap("backend1", "cyrus") as admin:
        check(admin.create("shared"))
        check(admin.create("shared.one"))
    with m.imap("backend2", "cyrus") as admin:
        check(admin.create("shared.two"))
    with m.imap("frontend1", "cyrus") as admin:
        murder.wait_for(lambda: len(admin.list('""', "shared.%")[1]) == 2, "both are listed")
        command(admin, "SETQUOTA shared (STORAGE 10)")
        assert command(admin, "GETQUOTA shared")[0] == ["QUOTA shared (STORAGE 0 10)"]
        command(admin, "SETQUOTA shared.two (STORAGE 10)")
        assert command(admin, "GETQUOTA shared.two")[0] == ["QUOTA shared.two (STORAGE 0 10)"]


def test_the_same_in_the_other_namespace():
    extra = {"altnamespace": "yes", "unixhierarchysep": "yes", "virtdomains": "userid",
             "defaultdomain": "example.org"}
    with murder.Murder(backends=2, extra=extra) as m:
        m.set_passwords({"ann@example.com": m.password, "bob.b": m.password})
        with m.imap("backend1", "cyrus") as admin:
            check(admin.create("user/ann@example.com"))
        with m.imap("backend2", "cyrus") as admin:
            check(admin.create("user/bob.b"))
        for where in ("backend%d", "frontend1"):
            for n, user, root in ((1, "ann@example.com", "user/ann@example.com"),
                                  (2, "bob.b", "user/bob.b")):
                at = where % n if "%" in where else where
                with m.imap(at, user) as c, m.imap(at, "cyrus") as admin:
                    name = "Sent" + at[:1]
                    command(c, "CREATE %s/Below (USE (\\Sent))" % name)
                    murder.wait_for(lambda: command(c, 'LIST (SPECIAL-USE) "" *')[0], "it is known")
                    lines = command(c, 'LIST (SPECIAL-USE) "" %s/*' % name)[0]
                    assert lines == ['LIST (\\HasNoChildren \\Sent) "/" %s/Below' % name], lines
                    command(admin, "SETQUOTA %s (STORAGE 1000)" % root)
                    lines = command(c, "GETQUOTAROOT %s/Below" % name)[0]
                    assert lines[0] == "QUOTAROOT %s/Below INBOX" % name, lines
                    assert lines[1].startswith("QUOTA INBOX (STORAGE 0 1000"), lines
                    lines = command(admin, "GETQUOTA " + root)[0]
                    assert lines == ["QUOTA %s (STORAGE 0 1000)" % root], lines
                    check(c.append(name + "/Below", None, None, message(700)))
                    lines = command(c, 'LIST "" (INBOX %s/%%) RETURN (STATUS (SIZE))' % name)[0]
                    assert "STATUS %s/Below (SIZE 700)" % name in lines, lines
                    command(c, "SETMETADATA %s/Below (/private/specialuse NIL)" % name)
                    check(c.delete(name + "/Below"))


@both
def attributes_of_what_joins_a_followed_search(where):
    """RFC 5465 7: of a new message, between EXISTS and ADDTO; of none whose flags change."""
    user = new_user("followfetch")
    with client(where, user) as c, client(where, user) as other:
        check(c.append("INBOX", None, None, message(subject="old")))
        check(c.select("INBOX"))
        check(other.select("INBOX"))
        wanted = "UPDATE (UID BODY[HEADER.FIELDS (SUBJECT)])"
        plain = Follower(c, "UID SEARCH RETURN (ALL %s) UNFLAGGED" % wanted)
        by_size = Follower(c, "UID SORT RETURN (%s ALL) (REVERSE SIZE) UTF-8 UNFLAGGED" % wanted)
        assert plain.results == by_size.results == [1]
        check(other.append("INBOX", r"\Flagged", None, message(subject="none of ours")))
        check(other.append("INBOX", None, None, message(subject="new")))
        lines = command(c, "NOOP")[0]
        order = [word for line in lines for word in (
            "3 EXISTS", "3 FETCH (UID 3 BODY[HEADER.FIELDS (SUBJECT)] {", "Subject: new",
            "ADDTO") if word in line]
        assert order == ["3 EXISTS"] + ["3 FETCH (UID 3 BODY[HEADER.FIELDS (SUBJECT)] {",
                                        "Subject: new", "ADDTO"] * 2, lines
        assert not any("none of ours" in line for line in lines), lines
        assert plain.take(lines) == by_size.take(lines) == 1
        assert plain.results == [1, 3] and sorted(by_size.results) == [1, 3]
        # Nobody has read it.
        assert "Seen" not in str(command(c, "FETCH 3 FLAGS")[0])
        for sign in "+-":
            command(other, r"STORE 3 %sFLAGS (\Flagged)" % sign)
            lines = command(c, "NOOP")[0]
            assert plain.take(lines) == 1 and "BODY" not in str(lines), lines
        for bad in ("UPDATE ()", "UPDATE (UID", "UPDATE (NOTHING)", "COUNT (UID)"):
            command(c, "SEARCH RETURN (%s) ALL" % bad, ok="BAD")


def mailbox_id(c, name):
    line = command(c, "STATUS %s (MAILBOXID)" % name)[0][0]
    return re.search(r"MAILBOXID \(([^)]+)\)", line)[1]


@both
def in_which_mailboxes_a_message_lies(where):
    """MAILBOXIDS of FETCH: of the user's mailboxes that hold it, now and as far as one may read."""
    user, guest = new_user("held"), new_user("guest")
    with client(where, user) as c, client(where, guest) as other:
        for name in ("INBOX.A", "INBOX.B", "INBOX.C"):
            check(c.create(name))
        a, inbox, b = (mailbox_id(c, name) for name in ("INBOX.A", "INBOX", "INBOX.B"))
        for n in (1, 2):
            check(c.append("INBOX", None, None, message(subject="m%d" % n)))
        check(c.select("INBOX"))
        check(c.copy("1", "INBOX.A"))
        check(c.copy("1", "INBOX.A"))
        check(c.copy("1:2", "INBOX.B"))

        def held(c, *wanted):
            lines = command(c, "FETCH 1:%d (MAILBOXIDS)" % len(wanted))[0]
            assert lines == ["%d FETCH (MAILBOXIDS (%s))" % (n + 1, " ".join(ids))
                             for n, ids in enumerate(wanted)], (lines, wanted)
        held(c, [inbox, a, b], [inbox, b])
        assert command(c, "UID FETCH 2 MAILBOXIDS")[0] == [
            "2 FETCH (UID 2 MAILBOXIDS (%s %s))" % (inbox, b)]
        # Who may read one of them alone is told of it alone.
        check(c.setacl("INBOX.B", guest, "lr"))
        check(c.setacl("INBOX.A", guest, "l"))
        shared = '"user.%s.B"' % user
        murder.wait_for(lambda: other.select(shared, readonly=True)[0] == "OK", "it may be read")
        held(other, [b], [b])
        check(c.store("1", "+FLAGS", r"\Deleted"))
        check(c.expunge())
        held(c, [inbox, b])
        check(c.select("INBOX.B"))
        held(c, [a, b], [inbox, b])
        command(c, "NOTIFY SET (SELECTED (MessageNew (MAILBOXIDS) MessageExpunge))", ok="BAD")


@both
def texts_compare_however_they_are_composed(where):
    """i;unicode-casemap (RFC 5051): of what characters consist, and which letters are capitals."""
    user = new_user("casemap")
    decomposed, composed = "e\u0301te\u0301", "\u00e9t\u00e9"
    subjects = ["Re: " + composed, decomposed, "\uff21\uff22\uff23", "\uff76\uff80", "\u2460",
                "Stra\u1e9ee", "\ufb01ne"]
    with client(where, user) as c:
        for n, subject in enumerate(subjects):
            check(c.append("INBOX", None, None, (
                "Subject: %s\r\nDate: %d Apr 2020 10:00:00 +0000\r\nMessage-ID: <%d@x>\r\n\r\nx\r\n"
                % (Header(subject, "utf-8").encode(), n + 1, n)).encode()))
        check(c.select("INBOX"))

        def ask(text):
            raw = text.encode()
            found = exchange(c, b"SEARCH CHARSET UTF-8 SUBJECT {%d+}\r\n%s" % (len(raw), raw))
            return [int(n) for n in found.split(b"\r\n")[0].split()[2:]]
        for text, wanted in ((composed.upper(), [1, 2]), (decomposed, [1, 2]), ("ABC", [3]),
                             ("\u30ab\u30bf", [4]), ("1", [5]), ("STRA\u00dfE", [6]),
                             ("FIN", [7])):
            assert ask(text) == wanted, (text, ask(text))
        for how in ("ORDEREDSUBJECT", "REFERENCES"):
            threads = command(c, "THREAD %s UTF-8 1:2" % how)[0]
            assert threads in (["THREAD (1 2)"], ["THREAD (2 1)"]), threads
        assert command(c, "SORT (SUBJECT) UTF-8 ALL")[0] == ["SORT 5 3 1 2 6 7 4"]


if __name__ == "__main__":
    harness.main()
