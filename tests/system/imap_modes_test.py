#!/usr/bin/env python3
"""What ENABLE changes in how a session speaks: UIDONLY (RFC 9586), UTF8=ACCEPT (6855), IMAP4rev2
(9051). Each at a backend, through a frontend, and through one of whose backends one lacks it."""
import atexit
import os
import re
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder
from imap_session import Session

MURDER = []
USERS = [0]
MODES = ("UIDONLY", "UTF8=ACCEPT", "IMAP4rev2")


def the_murder():
    """One murder for all tests but those of a backend that lacks something."""
    if not MURDER:
        MURDER.append(murder.Murder(backends=2, frontends=1, extra={"allowusermoves": "yes"}))
        atexit.register(MURDER[0].stop)
    return MURDER[0]


def new_user(stem, backend=1):
    USERS[0] += 1
    name = "%s%d" % (stem, USERS[0])
    the_murder().add_user(name, backend)
    return name


def both(test):
    """At the backend, and through the frontend."""
    def run():
        for where in ("backend1", "frontend1"):
            try:
                test(where)
            except Exception as e:
                e.args = ("%s: %s" % (where, e),)
                raise
    run.__name__ = test.__name__
    globals()["test_" + test.__name__] = run
    return run


def session(where, user, *modes):
    c = Session(the_murder(), where, user)
    for mode in modes:
        assert c.ok("ENABLE " + mode) == ["ENABLED " + mode], mode
    return c


def refused(c, command, beginning):
    untagged, tagged = c.do(command)
    assert tagged.startswith(beginning), (command, untagged, tagged)


def message(subject="s", extra=""):
    return "From: a@x.example\r\n%sSubject: %s\r\n\r\nHello, hello.\r\n" % (extra, subject)


def append(c, name, text, how="%s"):
    return c.ok('APPEND %s %s' % (name, how % ("{%d+}\r\n%s" % (len(text.encode()), text))))


def without_modseq(lines):
    return [re.sub(r" MODSEQ \(\d+\)", "", x) for x in lines]


# --- UIDONLY

@both
def uids_only(where):
    user = new_user("uidonly")
    with session(where, user) as c, session("backend1", user) as other:
        assert "UIDONLY" in c.ok("CAPABILITY")[0].split()
        for n in range(6):
            append(c, "INBOX", message(str(n)))
        c.select("INBOX")
        c.ok("STORE 1 +FLAGS (\\Deleted)")
        c.ok("EXPUNGE")
        c.select("INBOX")  # nothing is recent any more
        c.uids = list(range(2, 7))
        assert c.ok("ENABLE UIDONLY") == ["ENABLED UIDONLY"]
        for command in ("FETCH 1 FLAGS", "STORE 1 FLAGS ()", "SEARCH ALL", "COPY 1 INBOX",
                        "MOVE 1 INBOX", "SORT (DATE) UTF-8 ALL", "THREAD REFERENCES UTF-8 ALL",
                        "REPLACE 1 INBOX {4+}\r\nabcd", "UID SEARCH 1:3", "UID SEARCH NOT 2",
                        "UID SORT (DATE) UTF-8 1:*", "UID THREAD REFERENCES UTF-8 OR 1 2",
                        "ESEARCH 1", "EXAMINE INBOX (QRESYNC (1 1 1:5 (1:2 2:3)))"):
            untagged, tagged = c.do(command)
            # QRESYNC is not enabled.
            code = "BAD" if "QRESYNC" in command else "BAD [UIDREQUIRED] "
            assert tagged.startswith(code) and not untagged, (command, untagged, tagged)
        assert c.ok("UID FETCH 2:3 (FLAGS)") == ["2 UIDFETCH (FLAGS ())", "3 UIDFETCH (FLAGS ())"]
        assert c.ok("UID FETCH 3 (UID RFC822.SIZE)") == [
            "3 UIDFETCH (UID 3 RFC822.SIZE %d)" % len(message())]
        assert c.ok("UID FETCH 2 (BODY[TEXT])") == [
            "2 UIDFETCH (BODY[TEXT] {15}\r\nHello, hello.\r\n FLAGS (\\Seen))"]
        assert c.ok("UID STORE 4 +FLAGS (\\Flagged)") == ["4 UIDFETCH (FLAGS (\\Flagged))"]
        assert c.ok("UID SEARCH UID 1:3") == ["SEARCH 2 3"]
        assert c.ok("UID SEARCH RETURN (SAVE) ALL") == []
        assert c.ok("UID FETCH $ UID")[0] == "2 UIDFETCH (UID 2)"
        assert c.ok("UID SEARCH NOT $") == ["SEARCH"]
        # What others do.
        other.select("INBOX")
        other.ok("UID STORE 5 +FLAGS (\\Answered)")
        assert without_modseq(c.ok("NOOP")) == ["5 UIDFETCH (FLAGS (\\Answered))"]
        other.ok("UID STORE 2,5 +FLAGS.SILENT (\\Deleted)")
        other.ok("UID EXPUNGE 2,5")
        lines = c.ok("NOOP")
        assert [x for x in lines if "VANISHED" in x] == ["VANISHED 2,5"], lines
        assert not any(re.match(r"\d+ (EXPUNGE|FETCH)", x) for x in lines), lines
        # One's own.
        lines = c.ok("UID MOVE 3 INBOX")
        assert lines[0].startswith("OK [COPYUID ") and "VANISHED 3" in lines, lines
        c.ok("UID STORE 4 +FLAGS.SILENT (\\Deleted)")
        assert c.ok("EXPUNGE") == ["VANISHED 4"]
        # Neither do SELECT nor CONDSTORE tell message numbers.
        lines = c.select("INBOX (CONDSTORE)")
        assert not any("UNSEEN" in x for x in lines), lines
        line, = c.ok("UID FETCH 6 FLAGS")
        assert re.fullmatch(r"6 UIDFETCH \(FLAGS \(\) MODSEQ \(\d+\)\)", line), line


@both
def uids_only_with_qresync(where):
    user = new_user("uidonly")
    with session(where, user, "QRESYNC", "UIDONLY") as c:
        for n in range(3):
            append(c, "INBOX", message(str(n)))
        lines = c.select("INBOX")
        uidvalidity = re.search(r"UIDVALIDITY (\d+)", " ".join(lines)).group(1)
        c.ok("UID STORE 1 +FLAGS.SILENT (\\Deleted)")
        c.ok("UID EXPUNGE 1")
        c.ok("CLOSE")
        ask = "INBOX (QRESYNC (%s 1 1:3%s))"
        lines = c.select(ask % (uidvalidity, ""))
        assert "VANISHED (EARLIER) 1" in lines, lines
        assert any(re.match(r"2 UIDFETCH \(FLAGS \(.*\) UID 2 MODSEQ ", x) for x in lines), lines
        refused(c, "SELECT " + ask % (uidvalidity, " (1 1)"), "BAD [UIDREQUIRED] ")
        # It was read before anything happened.
        assert c.ok("UID SEARCH ALL") == ["SEARCH 2 3"]


@both
def uids_only_ends_with_the_user(where):
    user = new_user("uidonly")
    append(session(where, user), "INBOX", message())
    with session(where, user, "UIDONLY") as c:
        c.select("INBOX")
        refused(c, "FETCH 1 UID", "BAD [UIDREQUIRED] ")
    # The frontend's connection to the backend may be the same.
    with session(where, user) as c:
        c.select("INBOX")
        assert c.ok("FETCH 1 UID") == ["1 FETCH (UID 1)"]


def test_uids_only_and_copies_between_servers():
    user = new_user("uidonly")
    there = new_user("uidonly", 2)
    with session("frontend1", there) as c:
        c.ok("SETACL INBOX %s lrswite" % user)
    with session("frontend1", user, "UIDONLY") as c:
        for n in range(3):
            append(c, "INBOX", message(str(n)))
        c.select("INBOX")
        lines, tagged = c.do("UID COPY 1:2 user." + there)
        assert tagged.startswith("OK [COPYUID "), (lines, tagged)
        lines = c.ok("UID MOVE 1:2 user." + there)
        assert "VANISHED 1:2" in lines or "VANISHED 1,2" in lines, lines
        text = message("new")
        lines = c.ok("UID REPLACE 3 user.%s {%d+}\r\n%s" % (there, len(text), text))
        assert "VANISHED 3" in lines, lines
        c.ok("EXAMINE user." + there)
        assert c.ok("UID SEARCH ALL") == ["SEARCH 1 2 3 4 5"]


# --- mailboxes that move

def move(user, server):
    with the_murder().imap("frontend1", "cyrus") as admin:
        murder.check(admin.xatom("XFER", "user." + user, server))


def told_by_noop(c, wanted):
    """What NOOP tells until all of wanted has come, by their beginnings."""
    lines = []

    def all_told():
        lines.extend(c.ok("NOOP"))
        return all(any(x.startswith(w) for x in lines) for w in wanted)
    murder.wait_for(all_told, wanted)
    return lines


def test_a_selected_mailbox_moves():
    for mode, wanted in (("UIDONLY", ["VANISHED 2", "3 UIDFETCH (FLAGS (\\Flagged)"]),
                         ("IMAP4rev2", ["2 EXPUNGE", "2 FETCH (UID 3 FLAGS (\\Flagged))"])):
        user = new_user("moves")
        with session("frontend1", user, mode) as c, session("frontend1", user) as other:
            for n in range(4):
                append(c, "INBOX", message(str(n)))
            c.select("INBOX")
            c.ok("UID FETCH 1:* UID")
            c.uids = [1, 2, 3, 4]
            move(user, "backend2")
            other.select("INBOX")
            other.ok("UID STORE 3 +FLAGS (\\Flagged)")
            other.ok("UID STORE 2 +FLAGS (\\Deleted)")
            other.ok("EXPUNGE")
            lines = told_by_noop(c, wanted)
            assert not any("RECENT" in x for x in lines) or mode == "UIDONLY", lines
            # What was enabled is so at the new server.
            line, = c.ok("UID STORE 4 +FLAGS (\\Seen)")
            assert line.startswith("4 UIDFETCH (" if mode == "UIDONLY" else "3 FETCH ("), line
            assert "\\Recent" not in line or mode == "UIDONLY", line


def test_a_mailbox_is_not_where_the_list_has_it():
    m, user = the_murder(), new_user("moved")
    replica = m["frontend1"].processes("mupdate")[0]
    with session("frontend1", user, "QRESYNC", "UIDONLY") as c:
        append(c, "INBOX", message())
        lines = c.select("INBOX")
        uidvalidity = re.search(r"UIDVALIDITY (\d+)", " ".join(lines)).group(1)
        c.ok("UNSELECT")
        with m.imap("backend1", "cyrus") as admin:
            os.kill(replica, signal.SIGSTOP)
            try:
                murder.check(admin.xatom("XFER", "user." + user, "backend2"))
                # What is enabled must be so before a SELECT there, whose parameters want it.
                c.send(b"s SELECT INBOX (QRESYNC (%s 1))\r\n" % uidvalidity.encode())
                murder.wait_for(
                    lambda: "is not where the list has it" in m["frontend1"].tail(100_000),
                    "the old server was asked")
            finally:
                os.kill(replica, signal.SIGCONT)
        line = c.line()
        while line.startswith("* "):
            line = c.line()
        assert line.startswith("s OK "), line
        assert c.ok("UID FETCH 1 UID") == ["1 UIDFETCH (UID 1)"]


# --- UTF8=ACCEPT

NAME = '"INBOX.Entwürfe & mehr"'
MUTF7 = '"INBOX.Entw&APw-rfe &- mehr"'


@both
def names_are_utf8(where):
    user = new_user("utf8")
    with session(where, user) as c, session(where, user) as old, session(where, "cyrus") as admin:
        assert "UTF8=ACCEPT" in c.ok("CAPABILITY")[0].split()
        assert c.ok("ENABLE UTF8=ACCEPT") == ["ENABLED UTF8=ACCEPT"]
        c.ok("CREATE " + NAME)
        # '&' stands for itself now, and did not before.
        c.ok('CREATE "INBOX.&ANg-"')
        line = 'LIST (\\HasNoChildren) "." '
        assert c.ok('LIST "" INBOX.*') == [line + "INBOX.&ANg-", line + NAME]
        assert old.ok('LIST "" INBOX.*') == [line + "INBOX.&-ANg-", line + MUTF7]
        assert c.ok('LIST "" "INBOX.Entwü%"') == [line + NAME]
        # Beside a wildcard letters stand for themselves, whatever they are encoded with.
        for n in ("日", "日本", "日本語", "日本語.x&é"):
            c.ok('CREATE "INBOX.%s"' % n)
        murder.wait_for(lambda: len(c.ok('LIST "" "INBOX.日*"')) == 4, "all are known")
        for pattern, found in (('"" "INBOX.日本*"', 3), ('"" "INBOX.日本%"', 2),
                               ('"INBOX.日" "本"', 1), ('"INBOX.日" "%"', 3), ('"" "*語"', 1),
                               ('"" "INBOX.%本%"', 2), ('"" "*.x&é"', 1), ('"" "*&%"', 3)):
            assert len(c.ok("LIST %s" % pattern)) == found, (pattern, c.ok("LIST %s" % pattern))
        assert len(old.ok('LIST "" "INBOX.&ZeVnLA*"')) == 1 == len(old.ok('LIST "" "*&ZeU-"'))
        # So they do in LSUB, also for a client that did not enable UTF-8.
        for n in ("日", "日本", "日本語", "日本語.x&é"):
            c.ok('SUBSCRIBE "INBOX.%s"' % n)
        for pattern, found in (('"" "INBOX.日本*"', 3), ('"" "INBOX.日本%"', 2),
                               ('"" "*語"', 1), ('"INBOX.日" "%"', 3), ('"" "INBOX.%本%"', 2),
                               ('"" "*.x&é"', 1), ('"" "*&%"', 1), ('"" "INBOX.日"', 1)):
            told = c.ok("LSUB %s" % pattern)
            assert len(told) == found, (pattern, told)
            assert all(line.startswith("LSUB (") and "Noselect" not in line for line in told), told
        assert len(old.ok('LSUB "" "INBOX.日本*"')) == 3
        told = old.ok('LSUB "" "INBOX.&ZeVnLIqe-.*"')
        assert told == ['LSUB () "." INBOX.&ZeVnLIqe-.x&-&AOk-'], told
        for n in ("日本語.x&é", "日本語", "日本", "日"):
            c.ok('UNSUBSCRIBE "INBOX.%s"' % n)
            c.ok('DELETE "INBOX.%s"' % n)
        append(c, NAME, message())
        assert c.ok("STATUS %s (MESSAGES)" % NAME) == ["STATUS %s (MESSAGES 1)" % NAME]
        assert old.ok("STATUS %s (MESSAGES)" % MUTF7) == ["STATUS %s (MESSAGES 1)" % MUTF7]
        refused(c, "STATUS %s (MESSAGES)" % MUTF7, "NO [NONEXISTENT]")
        rights = c.ok("MYRIGHTS " + NAME)[0]
        assert rights.startswith("MYRIGHTS %s l" % NAME), rights
        assert c.ok("GETACL " + NAME)[0].startswith("ACL %s %s " % (NAME, user))
        assert c.ok("LISTRIGHTS %s bob" % NAME)[0].startswith('LISTRIGHTS %s bob ""' % NAME)
        c.ok('SETMETADATA %s (/private/comment "grün")' % NAME)
        value = "{5}\r\ngrün"
        assert c.ok("GETMETADATA %s /private/comment" % NAME) == [
            "METADATA %s (/private/comment %s)" % (NAME, value)]
        root = "user.%s.Entw&APw-rfe &- mehr" % user
        admin.ok('SETQUOTA "%s" (STORAGE 100)' % root)
        assert c.ok("GETQUOTAROOT " + NAME) == [
            "QUOTAROOT %s %s" % (NAME, NAME), "QUOTA %s (STORAGE 0 100)" % NAME]
        c.ok("SUBSCRIBE " + NAME)
        assert c.ok('LSUB "" *') == ['LSUB () "." ' + NAME]
        assert c.ok('LIST (SUBSCRIBED) "" *') == ['LIST (\\Subscribed) "." ' + NAME]
        assert c.ok('LIST "" %s RETURN (STATUS (MESSAGES) MYRIGHTS METADATA (/private/comment))' %
                    NAME) == [line + NAME, rights, "STATUS %s (MESSAGES 1)" % NAME,
                              "METADATA %s (/private/comment %s)" % (NAME, value)]
        found, = c.ok("ESEARCH IN (mailboxes (%s)) SUBJECT s" % NAME)
        assert ' MAILBOX %s UIDVALIDITY ' % NAME in found, found
        c.select(NAME)
        c.ok('CREATE "INBOX.日本"')
        c.ok('COPY 1 "INBOX.日本"')
        c.ok('UID MOVE 1 "INBOX.日本"')
        c.ok('RENAME "INBOX.日本" "INBOX.台北"')
        assert c.ok('STATUS "INBOX.台北" (MESSAGES)') == ['STATUS "INBOX.台北" (MESSAGES 2)']
        line, = c.ok("STATUS {12+}\r\nINBOX.台北 (UIDNEXT)")
        assert line == 'STATUS "INBOX.台北" (UIDNEXT 3)', line
        # Of what is no such name nothing is made.
        for bad in ("{8+}\r\nINBOX.\r\n", '"INBOX.a\u0085b"', '"INBOX.a\u2028b"'):
            refused(c, "CREATE " + bad, "NO [CANNOT] ")
        c.send(b'x CREATE "INBOX.\xfc"\r\n')
        line = c.line()
        assert line.startswith("x BAD "), line
        c.ok("UNSUBSCRIBE " + NAME)
        c.ok("DELETE " + NAME)
        assert MUTF7 not in " ".join(old.ok('LIST "" *'))


# RFC 6855 3 and 4; messages are given as they are, with or without it (doc/admin/differences.md).
@both
def messages_in_utf8(where):
    user = new_user("utf8")
    text = message("Grüße", "To: <jøran@blåbærsyltetøy.example>\r\n")
    literal = "UTF8 (~{%d+}\r\n%s)" % (len(text.encode()), text)
    with session(where, user) as c, session(where, user) as old:
        refused(c, "APPEND INBOX " + literal, "BAD ")
        c.ok("ENABLE UTF8=ACCEPT")
        c.ok("APPEND INBOX (\\Flagged) " + literal)
        refused(c, "APPEND INBOX UTF8 ({4+}\r\nabcd)", "BAD ")
        refused(c, "APPEND INBOX UTF8 ~{4+}\r\nabcd", "BAD ")
        c.ok('APPEND INBOX CATENATE (UTF8 (~{%d+}\r\n%s) TEXT {6+}\r\nMore\r\n)' %
             (len(text.encode()), text))
        # A client that waits for "+".
        lines, tagged = c.do("APPEND INBOX UTF8 (~{%d}" % len(text.encode()),
                             text.encode() + b")\r\n")
        assert tagged.startswith("OK [APPENDUID "), (lines, tagged)
        c.ok("APPEND INBOX {6+}\r\nA: b\r\n")
        c.select("INBOX")
        for one in (c, old):
            one.ok("EXAMINE INBOX")
            assert one.ok("FETCH 1 BODY.PEEK[]") == [
                "1 FETCH (BODY[] {%d}\r\n%s)" % (len(text.encode()), text)]
            envelope, = one.ok("FETCH 1 ENVELOPE")
            assert "Grüße" in envelope and "jøran" in envelope, envelope
            assert one.ok('SEARCH SUBJECT "grüße"') == ["SEARCH 1 2 3"]
            assert one.ok('UID SEARCH RETURN (COUNT) TO "blåbær" NOT TEXT More')[0].endswith(
                "UID COUNT 2")
        refused(c, 'SEARCH CHARSET UTF-8 SUBJECT "grüße"', "BAD ")
        refused(c, 'UID SEARCH RETURN (MIN) CHARSET US-ASCII ALL', "BAD ")
        refused(c, 'ESEARCH CHARSET UTF-8 ALL', "BAD ")
        assert old.ok('SEARCH CHARSET UTF-8 SUBJECT "grüße"') == ["SEARCH 1 2 3"]
        assert c.ok('SORT (SUBJECT) UTF-8 SUBJECT "grüße"') == ["SORT 1 2 3"]
        assert c.ok('FETCH 1 BODY.PEEK[HEADER.FIELDS ("Subject")]')[0].count("Grüße") == 1


# --- IMAP4rev2

# RFC 9051 appendix E, row by row as far as it shows; the others speak of clients or of grammar.
@both
def rev2_by_its_list_of_changes(where):
    user = new_user("rev")
    with session(where, user) as c, session(where, user) as other:
        told = c.ok("CAPABILITY")[0].split()
        assert {"IMAP4rev1", "IMAP4rev2"} <= set(told), told
        assert c.ok("ENABLE IMAP4rev2") == ["ENABLED IMAP4rev2"]
        # 2: what was folded in is there.
        c.ok("NAMESPACE")
        c.ok("CREATE INBOX.Sub")
        lines = c.ok('LIST "" INBOX.% RETURN (STATUS (MESSAGES))')
        assert lines[1:] == ["STATUS INBOX.Sub (MESSAGES 0)"], lines
        for n in range(4):
            append(c, "INBOX", message(str(n)))
        append(c, "INBOX.Sub", message())
        # 3: STATUS SIZE and DELETED.
        assert c.ok("STATUS INBOX (SIZE DELETED)") == [
            "STATUS INBOX (DELETED 0 SIZE %d)" % (4 * len(message()))]
        # 10: SELECT tells LIST; 11, 12: neither [UNSEEN] nor RECENT.
        lines = c.select("inbox")
        assert [x for x in lines if x.startswith("LIST")] == ['LIST () "." INBOX'], lines
        assert not any("UNSEEN" in x or "RECENT" in x for x in lines), lines
        # 12: nor \Recent, of which this session is the one to be told.
        assert c.ok("FETCH 1:4 FLAGS") == ["%d FETCH (FLAGS ())" % n for n in range(1, 5)]
        assert c.ok("FETCH 2 BODY[TEXT]") == [
            "2 FETCH (BODY[TEXT] {15}\r\nHello, hello.\r\n FLAGS (\\Seen))"]
        # 9: CLOSED when another mailbox is left.
        lines = c.ok('EXAMINE "INBOX.Sub"')
        assert lines[0].startswith("OK [CLOSED]"), lines
        assert 'LIST () "." INBOX.Sub' in lines, lines
        c.select("INBOX")
        # 4: ESEARCH, by number and by UID, with nothing found too.
        tag = lambda: "(TAG \"t%d\")" % (c.tags + 1)
        for command, answer in (("SEARCH ALL", " ALL 1:4"), ("UID SEARCH 2:3", " UID ALL 2:3"),
                                ("SEARCH SUBJECT none", ""), ("SEARCH RETURN (MIN) ALL", " MIN 1"),
                                ("SEARCH RETURN () ALL", " ALL 1:4"),
                                ("SEARCH RETURN (COUNT) UNSEEN", " COUNT 3")):
            expected = ["ESEARCH %s%s" % (tag(), answer)]
            assert c.ok(command) == expected, command
        # 2: SEARCHRES.
        assert c.ok("SEARCH RETURN (SAVE) SEEN") == []
        assert c.ok("FETCH $ UID") == ["2 FETCH (UID 2)"]
        # 5: addresses and header fields by substring, keywords whole.
        assert c.ok("SEARCH FROM x.exam")[0].endswith(" ALL 1:4")
        c.ok("STORE 1 +FLAGS ($MDNSent $Forwarded $Junk $NonJunk $Phishing)")  # 15
        assert not c.ok("SEARCH KEYWORD $MDN")[0].endswith("ALL 1")
        assert c.ok("SEARCH KEYWORD $MDNSent")[0].endswith(" ALL 1")
        # 7: COPYUID of MOVE; 8: TRYCREATE, and nothing is made.
        assert c.ok("MOVE 4 INBOX.Sub")[0].startswith("OK [COPYUID ")
        refused(c, "COPY 1 INBOX.None", "NO [TRYCREATE]")
        refused(c, "MOVE 1 INBOX.None", "NO [TRYCREATE]")
        assert c.ok('LIST "" INBOX.None') == []
        # 16: names in UTF-8, and headers.
        c.ok('CREATE "INBOX.Grün"')
        assert c.ok('LIST "" INBOX.Gr*') == ['LIST (\\HasNoChildren) "." "INBOX.Grün"']
        append(c, '"INBOX.Grün"', message("Grüße"))
        c.ok('EXAMINE "INBOX.Grün"')
        for charset in ("", "CHARSET UTF-8 "):  # UTF8=ACCEPT alone forbids it
            found, = c.ok('SEARCH %sSUBJECT "grüße"' % charset)
            assert found.endswith(" ALL 1"), found
        c.select("INBOX")
        # 19: LIST (SUBSCRIBED) for LSUB.
        c.ok('SUBSCRIBE "INBOX.Grün"')
        assert c.ok('LIST (SUBSCRIBED) "" *') == ['LIST (\\Subscribed) "." "INBOX.Grün"']
        # 21: changes that nobody asked for come with UIDs, and without RECENT.
        other.select("INBOX")
        other.ok("STORE 3 +FLAGS.SILENT (\\Answered)")
        append(other, "INBOX", message("late"))
        lines = c.ok("NOOP")
        assert lines == ["4 EXISTS", "3 FETCH (FLAGS (\\Answered) UID 3)"], lines
        # Removed, but known for those who ask: 12, 17, 18, 19.
        for command in ("CHECK", "FETCH 1 (RFC822.SIZE RFC822.HEADER)", 'LSUB "" *',
                        "STATUS INBOX (RECENT)", "SEARCH NEW"):
            c.ok(command)
        # 2: BINARY's side of FETCH, UNSELECT.
        assert c.ok("FETCH 1 BINARY.SIZE[1]") == ["1 FETCH (BINARY.SIZE[1] 15)"]
        c.ok("UNSELECT")


# Without ENABLE all is as it was.
@both
def rev1_beside_rev2(where):
    user = new_user("rev")
    with session(where, user) as c:
        append(c, "INBOX", message())
        c.ok('CREATE "INBOX.Grün"')
        lines = c.select("INBOX")
        assert "1 RECENT" in lines and any("[UNSEEN 1]" in x for x in lines), lines
        assert not any(x.startswith("LIST") for x in lines), lines
        assert c.ok("SEARCH ALL") == ["SEARCH 1"]
        assert c.ok('LIST "" INBOX.%') == ['LIST (\\HasNoChildren) "." INBOX.Gr&APw-n']


# --- a backend that lacks all of it

def test_a_frontend_of_which_one_backend_lacks_them():
    lacking = list(MODES) + ["X-ROOKERY-REV2"]
    with murder.Murder(start=False) as m:
        m["backend2"].extra["suppress_capabilities"] = " ".join(lacking)
        m.start()
        m.add_user("ann", 1)
        m.add_user("bob", 2)

        def capabilities(c):
            return set(c.ok("CAPABILITY")[0].split())
        with Session(m, "backend2", "bob") as c:
            assert not capabilities(c) & set(lacking)
            # What is not announced is not enabled.
            assert c.ok("ENABLE UIDONLY UTF8=ACCEPT IMAP4rev2") == ["ENABLED"]
        # Before that server was heard, the frontend promises what the other one can do.
        with Session(m, "frontend1", "ann") as c, Session(m, "frontend1", "bob") as early:
            murder.wait_for(lambda: c.do("SELECT INBOX")[1].startswith("OK"), "the list is there")
            assert set(MODES) <= capabilities(c)
            assert early.ok("ENABLE UIDONLY") == ["ENABLED UIDONLY"]
            refused(early, "SELECT INBOX", "NO [CANNOT] ")
        with Session(m, "frontend1", "bob") as c:
            now = capabilities(c)
            assert not now & {"UIDONLY", "IMAP4rev2", "X-ROOKERY-REV2"}, now
            assert "UTF8=ACCEPT" in now, now
            # The frontend does this for it: names, strings and messages in UTF-8.
            assert c.ok("ENABLE UIDONLY UTF8=ACCEPT IMAP4rev2") == ["ENABLED UTF8=ACCEPT"]
            c.ok("CREATE " + NAME)
            # It cannot know what becomes of such a header there.
            text = message("Grüße")
            refused(c, "APPEND %s (\\Seen) UTF8 (~{%d+}\r\n%s)" % (
                NAME, len(text.encode()), text), "NO [CANNOT] ")
            append(c, NAME, text)
            assert c.ok("STATUS %s (MESSAGES)" % NAME) == ["STATUS %s (MESSAGES 1)" % NAME]
            c.ok("SUBSCRIBE " + NAME)
            assert c.ok('LSUB "" *') == ['LSUB () "." ' + NAME]
            c.select(NAME)
            assert c.ok('SEARCH SUBJECT "grüße"') == ["SEARCH 1"]
            assert "Grüße" in c.ok("FETCH 1 BODY[]")[0]
            c.ok('COPY 1 ' + NAME)
            refused(c, "SEARCH CHARSET UTF-8 ALL", "BAD ")


# A client that enabled it before the frontend heard of such a server is served as far as it goes.
def test_rev2_at_a_backend_that_lacks_it():
    with murder.Murder(start=False) as m:
        m["backend2"].extra["suppress_capabilities"] = "IMAP4rev2 X-ROOKERY-REV2"
        m.start()
        m.add_user("ann", 1)
        m.add_user("bob", 2)
        with Session(m, "backend2", "bob") as c:
            append(c, "INBOX", message())
        with Session(m, "frontend1", "bob") as c:
            assert c.ok("ENABLE IMAP4rev2") == ["ENABLED IMAP4rev2"]
            murder.wait_for(lambda: c.do("STATUS INBOX (MESSAGES)")[1].startswith("OK"), "the list")
            lines = c.select("INBOX")
            assert 'LIST () "." INBOX' in lines, lines
            assert not any("UNSEEN" in x or "RECENT" in x for x in lines), lines
            assert re.fullmatch(r'ESEARCH \(TAG "t\d+"\) ALL 1', c.ok("SEARCH ALL")[0])


if __name__ == "__main__":
    harness.main()
