#!/usr/bin/env python3
"""NOTIFY (RFC 5465): each event and group, at a backend and through a frontend over two servers.

The watcher says nothing while it is told. That nothing is told of something is seen by what is told
of the next thing: events of one mailbox, and of the list, are told in order.
"""
import atexit
import contextlib
import itertools
import os
import re
import signal
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import imap_session
import mupdate_client
import murder

MURDER = []
USERS = [0]
MESSAGE = "From: a@example.org\r\nSubject: %s\r\n\r\nx\r\n"
ALL_EVENTS = ("MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange"
              " MailboxMetadataChange ServerMetadataChange")


def the_murder():
    """One murder for all tests of this file."""
    if not MURDER:
        m = murder.Murder(backends=2, frontends=1, extra={"allowusermoves": "yes"})
        atexit.register(m.stop)
        MURDER.append(m)
    return MURDER[0]


def new_user(backend=1):
    USERS[0] += 1
    name = "notified%d" % USERS[0]
    the_murder().add_user(name, backend)
    return name


def session(where, user, **more):
    return imap_session.Session(the_murder(), where, user, **more)


def append(c, mailbox, subject="s", flags=""):
    text = MESSAGE % subject
    c.ok("APPEND %s (%s) {%d+}\r\n%s" % (mailbox, flags, len(text), text))


def told(c):
    """The next line that is told unasked."""
    c.socket.settimeout(murder.DEADLINE)
    line = c.line()
    assert line.startswith("* "), line
    c.note(line[2:])
    return line[2:]


def status(line):
    """What a STATUS says: the name and a dictionary."""
    found = re.match(r"STATUS (\S+) \((.*)\)$", line)
    assert found, line
    words = found.group(2).split()
    return found.group(1), dict(zip(words[::2], words[1::2]))


def expect_status(c, name, **items):
    got, values = status(told(c))
    assert got == name and {k: values.get(k) for k in items} == items, (name, items, got, values)
    return values


def begin_idle(c):
    c.send(b"i IDLE\r\n")
    line = c.line()
    while line.startswith("* "):
        c.note(line[2:])
        line = c.line()
    assert line.startswith("+"), line


def end_idle(c):
    c.send(b"DONE\r\n")
    line = c.line()
    while line.startswith("* "):
        c.note(line[2:])
        line = c.line()
    assert line.startswith("i OK"), line


def refused(c, command, kind, code=""):
    untagged, tagged = c.do(command)
    assert tagged.startswith(kind) and code in tagged and not untagged, (command, untagged, tagged)


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
def grammar_and_refusals(where):
    with session(where, new_user()) as c:
        assert " NOTIFY" in c.ok("CAPABILITY")[0]
        for bad in ("", " NOTHING", " NONE x", " SET", " SET STATUS", " SET (personal)",
                    " SET (selected (MessageNew))", " SET (personal (MessageExpunge))",
                    " SET (personal (FlagChange))",
                    " SET (selected (MailboxName))", " SET (mailboxes INBOX (MessageNew (UID)"
                    " MessageExpunge))", " SET (nowhere (MailboxName))",
                    " SET (selected NONE) (selected-delayed NONE)", " SET (personal SOME)",
                    " SET (selected (MessageExpunge (UID) MessageNew))",
                    " SET (mailboxes (MailboxName))"):
            refused(c, "NOTIFY" + bad, "BAD")
        for event in ("AnnotationChange", "FlagChange AnnotationChange", "x-unheard-of"):
            refused(c, "NOTIFY SET (personal (MessageNew MessageExpunge %s))" % event,
                    "NO [BADEVENT (%s)]" % ALL_EVENTS)
        refused(c, "NOTIFY SET (mailboxes (%s) (MailboxName))" % " ".join(["a"] * 1001), "NO",
                "[NOTIFICATIONOVERFLOW]")
        for good in ("NONE", "SET (selected (MessageNew (UID FLAGS) MessageExpunge FlagChange))",
                     "set status (SELECTED-delayed (messageNEW MessageExpunge)) (inboxes NONE)",
                     "SET (subtree (INBOX INBOX.x) (MailboxName)) (mailboxes nosuch NONE)"):
            c.ok("NOTIFY " + good)


@both
def messages_of_other_mailboxes(where):
    user = new_user()
    with session(where, user) as c, session("backend1", user) as other:
        for name in ("INBOX.a", "INBOX.b"):
            c.ok("CREATE " + name)
        append(other, "INBOX.a")
        lines = c.ok("NOTIFY SET STATUS (personal (MessageNew MessageExpunge)) "
                     "(mailboxes INBOX.a (MessageNew MessageExpunge FlagChange))")
        first = dict(status(line) for line in lines)
        assert set(first) == {"INBOX", "INBOX.a", "INBOX.b"}, lines
        assert first["INBOX.a"]["MESSAGES"] == "1" and "HIGHESTMODSEQ" in first["INBOX.a"], first
        assert set(first["INBOX.b"]) == {"MESSAGES", "UIDNEXT", "UIDVALIDITY"}, first
        append(other, "INBOX.b")
        expect_status(c, "INBOX.b", MESSAGES="1", UIDNEXT="2")
        # Flags count where they were asked for.
        other.select("INBOX.b")
        other.ok("STORE 1 +FLAGS (\\Seen)")
        other.select("INBOX.a")
        other.ok("STORE 1 +FLAGS (\\Seen)")
        expect_status(c, "INBOX.a", MESSAGES="1", UNSEEN="0")
        other.ok("STORE 1 +FLAGS (\\Deleted)")
        other.ok("EXPUNGE")
        expect_status(c, "INBOX.a", MESSAGES="0", UIDNEXT="2")
        # What this session does itself it knows.
        append(c, "INBOX.b")
        append(other, "INBOX.a")
        expect_status(c, "INBOX.a", MESSAGES="1", UIDNEXT="3")
        # With CONDSTORE the modseq is told too, and each change of flags.
        c.ok("ENABLE CONDSTORE")
        other.ok("NOOP")
        other.ok("STORE 1 +FLAGS (\\Flagged)")
        values = expect_status(c, "INBOX.a", MESSAGES="1")
        assert int(values["HIGHESTMODSEQ"]) > 0, values
        c.ok("NOTIFY NONE")
        append(other, "INBOX.a")
        assert c.ok("NOOP") == []


@both
def the_selected_mailbox_at_once(where):
    user = new_user()
    with session(where, user) as c, session("backend1", user) as other:
        append(other, "INBOX", "one")
        c.select("INBOX")
        c.ok("NOTIFY SET (selected (MessageNew (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])"
             " MessageExpunge FlagChange)) (personal (MessageNew MessageExpunge))")
        append(other, "INBOX", "two")
        seen = [told(c)]
        while " FETCH " not in seen[-1]:
            seen.append(told(c))
        assert seen[0] == "2 EXISTS" and "UID 2" in seen[-1] and "two" in seen[-1], seen
        other.select("INBOX")
        other.ok("STORE 1 +FLAGS (\\Deleted)")
        line = told(c)
        assert line.startswith("1 FETCH (") and "UID 1" in line and "\\Deleted" in line, line
        other.ok("EXPUNGE")
        assert told(c) == "1 EXPUNGE"
        # Its own message is not told with its attributes.
        append(c, "INBOX", "three")
        append(other, "INBOX", "four")
        lines = []
        while not (lines and "four" in lines[-1]):
            lines.append(told(c))
        assert not any("three" in line for line in lines), lines


@both
def the_selected_mailbox_delayed(where):
    user = new_user()
    with session(where, user) as c, session("backend1", user) as other:
        append(other, "INBOX", "one")
        append(other, "INBOX", "two")
        c.select("INBOX")
        c.ok("NOTIFY SET (selected-delayed (MessageNew MessageExpunge))")
        other.select("INBOX")
        other.ok("STORE 1 +FLAGS (\\Deleted)")
        other.ok("EXPUNGE")
        append(other, "INBOX", "three")
        lines = [told(c)]
        while not lines[-1].endswith(" EXISTS"):
            lines.append(told(c))
        assert not any("EXPUNGE" in line or "FETCH" in line for line in lines), lines
        lines = c.ok("FETCH 2 UID")
        assert not any("EXPUNGE" in line for line in lines), lines
        assert any(line == "1 EXPUNGE" for line in c.ok("NOOP"))
        # In IDLE what goes is told at once.
        begin_idle(c)
        other.ok("STORE 1 +FLAGS (\\Deleted)")
        other.ok("EXPUNGE")
        assert told(c) == "1 EXPUNGE"
        end_idle(c)


@both
def nothing_of_the_selected_mailbox(where):
    user = new_user()
    with session(where, user) as c, session("backend1", user) as other:
        append(other, "INBOX", "one")
        c.select("INBOX")
        for command in ("NOTIFY NONE", "NOTIFY SET (selected NONE)",
                        "NOTIFY SET (personal (MessageNew MessageExpunge))"):
            c.ok(command)
            append(other, "INBOX", "more")
            assert c.ok("NOOP") == []
        # What has come since is told by the next NOTIFY SET.
        lines = c.ok("NOTIFY SET (selected (MessageNew MessageExpunge))")
        assert "4 EXISTS" in lines, lines


@both
def names(where):
    user = new_user()
    with session(where, user) as c, session("backend1", user) as other:
        c.ok("NOTIFY SET (personal (MailboxName))")
        other.ok("CREATE INBOX.a")
        assert told(c) == 'LIST (\\HasNoChildren) "." INBOX.a'
        assert told(c) == 'LIST (\\HasChildren) "." INBOX'
        other.ok("CREATE INBOX.a.x")
        assert told(c) == 'LIST (\\HasNoChildren) "." INBOX.a.x'
        assert told(c) == 'LIST (\\HasChildren) "." INBOX.a'
        # A tree is told by its top.
        other.ok("RENAME INBOX.a INBOX.b")
        line = told(c)
        assert line == 'LIST (\\HasChildren) "." INBOX.b ("OLDNAME" (INBOX.a))', line
        # What this session does itself it knows.
        c.ok("CREATE INBOX.own")
        c.ok("RENAME INBOX.own INBOX.owned")
        c.ok("DELETE INBOX.owned")
        other.ok("DELETE INBOX.b.x")
        assert told(c) == 'LIST (\\NonExistent) "." INBOX.b.x'
        assert told(c) == 'LIST (\\HasNoChildren) "." INBOX.b'
        # One that is new is watched.
        c.ok("NOTIFY SET (personal (MessageNew MessageExpunge MailboxName))")
        other.ok("CREATE INBOX.c")
        assert told(c).endswith(" INBOX.c")
        assert told(c).endswith(" INBOX")
        append(other, "INBOX.c")
        expect_status(c, "INBOX.c", MESSAGES="1")


@both
def names_in_idle(where):
    """Another name is told as such, with a mailbox selected at the same server."""
    user = new_user()
    with session(where, user) as c, session("backend1", user) as other, \
            session(where, user) as looker:
        other.ok("CREATE INBOX.n0")
        other.ok("CREATE INBOX.n0.x")
        murder.wait_for(lambda: c.ok('LIST "" INBOX.n0.x'), "the list")
        c.select("INBOX")
        c.ok("NOTIFY SET (selected (MessageNew MessageExpunge)) (personal (MailboxName))")
        begin_idle(c)
        for n in range(30):
            other.ok("RENAME INBOX.n%d INBOX.n%d" % (n, n + 1))
            wanted = 'LIST (\\HasChildren) "." INBOX.n%d ("OLDNAME" (INBOX.n%d))' % (n + 1, n)
            line = told(c)
            assert line == wanted, (wanted, line)
            # The list has come as far as the server: its old names are nothing new.
            murder.wait_for(lambda: len(looker.ok('LIST "" INBOX.*')) == 2
                            and looker.ok('LIST "" INBOX.n%d.x' % (n + 1)), "the list")
            # A name that goes and comes is not another name.
            if n % 10 == 9:
                other.ok("DELETE INBOX.n%d.x" % (n + 1))
                assert told(c) == 'LIST (\\NonExistent) "." INBOX.n%d.x' % (n + 1)
                assert told(c) == 'LIST (\\HasNoChildren) "." INBOX.n%d' % (n + 1)
                other.ok("CREATE INBOX.n%d.x" % (n + 1))
                assert told(c) == 'LIST (\\HasNoChildren) "." INBOX.n%d.x' % (n + 1)
                assert told(c) == 'LIST (\\HasChildren) "." INBOX.n%d' % (n + 1)
        end_idle(c)


@both
def rights(where):
    owner, user = new_user(), new_user()
    with session(where, user) as c, session("backend1", owner) as other:
        name = "user.%s.s" % owner
        other.ok("CREATE INBOX.s")
        c.ok("NOTIFY SET (mailboxes %s (MessageNew MessageExpunge MailboxName))" % name)
        other.ok("SETACL INBOX.s %s l" % user)
        assert told(c) == 'LIST (\\HasNoChildren) "." %s' % name
        assert told(c) == 'LIST (\\NoAccess \\HasNoChildren) "." %s' % name
        other.ok("SETACL INBOX.s %s lr" % user)
        assert told(c) == 'LIST (\\HasNoChildren) "." %s' % name
        append(other, "INBOX.s")
        expect_status(c, name, MESSAGES="1")
        other.ok("DELETEACL INBOX.s %s" % user)
        assert told(c) == 'LIST (\\NonExistent \\NoAccess) "." %s' % name
        append(other, "INBOX.s")
        other.ok("SETACL INBOX.s %s lr" % user)
        # One is told by the list here, the other by the mailbox's server.
        lines = sorted((told(c), told(c)))
        assert lines[0] == 'LIST (\\HasNoChildren) "." %s' % name, lines
        assert status(lines[1])[1]["MESSAGES"] == "2", lines
        # Who may look it up alone is told so at once.
        other.ok("SETACL INBOX.s %s l" % user)
        assert told(c).startswith("LIST (\\NoAccess")
        lines = c.ok("NOTIFY SET STATUS (mailboxes %s (MessageNew MessageExpunge))" % name)
        assert lines == ['LIST (\\NoAccess \\HasNoChildren) "." %s' % name], lines


@both
def subscriptions(where):
    user = new_user()
    with session(where, user) as c, session("backend1", user) as other:
        for name in ("INBOX.a", "INBOX.b"):
            other.ok("CREATE " + name)
        c.ok("NOTIFY SET (personal (SubscriptionChange)) "
             "(subscribed (MessageNew MessageExpunge))")
        append(other, "INBOX.a")
        other.ok("SUBSCRIBE INBOX.a")
        assert told(c) == 'LIST (\\Subscribed \\HasNoChildren) "." INBOX.a'
        # Who answers knows what is meant from now on.
        c.ok("NOOP")
        append(other, "INBOX.a")
        expect_status(c, "INBOX.a", MESSAGES="2")
        c.ok("SUBSCRIBE INBOX.b")
        c.ok("NOOP")
        append(other, "INBOX.b")
        expect_status(c, "INBOX.b", MESSAGES="1")
        other.ok("UNSUBSCRIBE INBOX.a")
        assert told(c) == 'LIST (\\HasNoChildren) "." INBOX.a'
        c.ok("NOOP")
        append(other, "INBOX.a")
        append(other, "INBOX.b")
        expect_status(c, "INBOX.b", MESSAGES="2")


@both
def many_subscriptions_at_once(where):
    """Each is told, though the first that is looked at tells what all are."""
    user = new_user()
    count = 60
    with session(where, user) as c, session("backend1", user) as other:
        other.ok("CREATE INBOX.a")
        c.ok("NOTIFY SET (personal (SubscriptionChange)) (subscribed (MessageNew MessageExpunge))")
        for word, attributes in (("SUBSCRIBE", "\\NonExistent \\Subscribed"),
                                 ("UNSUBSCRIBE", "\\NonExistent")):
            other.send(b"".join(b"m%d %s INBOX.m%02d\r\n" % (n, word.encode(), n)
                                for n in range(count)))
            lines = {told(c) for _ in range(count)}
            assert lines == {'LIST (%s) "." INBOX.m%02d' % (attributes, n)
                             for n in range(count)}, lines
            for n in range(count):
                assert other.line().startswith("m%d OK" % n)


@both
def metadata(where):
    user = new_user()
    with session(where, user) as c, session("backend1", user) as other:
        other.ok("CREATE INBOX.a")
        c.ok("NOTIFY SET (personal (MailboxMetadataChange ServerMetadataChange))")
        other.ok('SETMETADATA INBOX.a (/shared/comment "x" /private/comment "y")')
        assert told(c) == "METADATA INBOX.a /private/comment /shared/comment"
        other.ok('SETMETADATA INBOX.a (/shared/comment "z")')
        assert told(c) == "METADATA INBOX.a /shared/comment"
        other.ok("SETMETADATA INBOX.a (/private/comment NIL)")
        assert told(c) == "METADATA INBOX.a /private/comment"
        other.ok('SETMETADATA "" (/private/vendor/x/y "z")')
        assert told(c) == 'METADATA "" /private/vendor/x/y'
    with session(where, user) as c, session(where, "cyrus") as admin:
        c.ok("NOTIFY SET (mailboxes INBOX (ServerMetadataChange))")
        admin.ok('SETMETADATA "" (/shared/comment "x")')
        assert told(c) == 'METADATA "" /shared/comment'
        admin.ok('SETMETADATA "" (/shared/comment NIL)')
        assert told(c) == 'METADATA "" /shared/comment'


@both
def modes_of_enable(where):
    user = new_user()
    with session(where, user) as c, session("backend1", user) as other:
        other.ok("CREATE INBOX.Entw&APw-rfe")
        c.ok("ENABLE UTF8=ACCEPT UIDONLY")
        c.select("INBOX")
        c.ok('NOTIFY SET (selected (MessageNew (FLAGS) MessageExpunge)) '
             '(mailboxes "INBOX.Entw\u00fcrfe" (MessageNew MessageExpunge)) '
             '(personal (MailboxName))')
        append(other, "INBOX.Entw&APw-rfe")
        assert told(c).startswith('STATUS "INBOX.Entw\u00fcrfe" (MESSAGES 1 ')
        other.ok("CREATE INBOX.&ZeVnLA-")
        assert told(c).endswith(' "INBOX.\u65e5\u672c"')
        assert told(c).endswith(" INBOX")
        append(other, "INBOX")
        lines = [told(c)]
        while "FETCH" not in lines[-1]:
            lines.append(told(c))
        assert lines[-1].startswith("1 UIDFETCH (FLAGS"), lines
        other.select("INBOX")
        other.ok("STORE 1 +FLAGS (\\Deleted)")
        other.ok("EXPUNGE")
        assert told(c) == "VANISHED 1"


@both
def compressed(where):
    import zlib
    user = new_user()
    with session(where, user) as c, session("backend1", user) as other:
        c.ok("COMPRESS DEFLATE")
        c.deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
        c.inflate = zlib.decompressobj(-15)
        c.ok("NOTIFY SET (inboxes (MessageNew MessageExpunge))")
        append(other, "INBOX")
        expect_status(c, "INBOX", MESSAGES="1")


@both
def a_client_is_heard_while_names_come_and_go(where):
    """However much there is to tell, and DONE is taken."""
    user = new_user()
    over = threading.Event()

    def come_and_go(name):
        with session("backend1", user) as other:
            while not over.is_set():
                for command in ("CREATE", "DELETE"):
                    other.ok("%s %s" % (command, name))
    with session(where, user) as c:
        c.select("INBOX")
        c.ok("NOTIFY SET (selected (MessageNew MessageExpunge))"
             " (personal (MessageNew MessageExpunge MailboxName))")
        threads = [threading.Thread(target=come_and_go, args=("INBOX.c%d" % n,)) for n in range(3)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(10):
                begin_idle(c)
                told(c)
                end_idle(c)
        finally:
            over.set()
            for thread in threads:
                thread.join()


@both
def many_at_once(where):
    user = new_user()
    count = 60
    with session(where, user) as c, session("backend1", user) as other:
        for n in range(count):
            other.ok("CREATE INBOX.m%02d" % n)
        c.ok("NOTIFY SET (personal (MessageNew MessageExpunge))")
        # The watcher is held up: more happens than its socket holds.
        for n in range(count):
            append(other, "INBOX.m%02d" % n)
        seen = {}
        while len(seen) < count:
            name, values = status(told(c))
            seen[name] = values["MESSAGES"]
        assert set(seen.values()) == {"1"}, seen


# ------------------------------------------------------------------ through a frontend

def test_mailboxes_of_several_servers():
    m = the_murder()
    user, owner = new_user(1), new_user(2)
    with session("frontend1", user) as c, session("backend1", user) as here, \
            session("backend2", owner) as there:
        there.ok("CREATE INBOX.s")
        there.ok("SETACL INBOX.s %s lrswi" % user)
        shared = "user.%s.s" % owner
        murder.wait_for(lambda: c.ok('LIST "" ' + shared), "the frontend's list")
        lines = c.ok("NOTIFY SET STATUS (personal (MessageNew MessageExpunge)) (mailboxes %s "
                     "(MessageNew MessageExpunge)) (selected (MessageNew (UID) MessageExpunge))"
                     % shared)
        assert {status(line)[0] for line in lines} == {"INBOX", shared}, lines
        append(there, "INBOX.s")
        expect_status(c, shared, MESSAGES="1")
        append(here, "INBOX")
        expect_status(c, "INBOX", MESSAGES="1")
        # In IDLE at one server the other is heard too.
        c.select("INBOX")
        begin_idle(c)
        append(there, "INBOX.s")
        expect_status(c, shared, MESSAGES="2")
        end_idle(c)
        # Another server's mailbox is selected: what is told goes with that.
        c.select(shared)
        append(there, "INBOX.s")
        lines = [told(c)]
        while "FETCH" not in lines[-1]:
            lines.append(told(c))
        assert lines[0] == "3 EXISTS" and "UID 3" in lines[-1], lines
        append(here, "INBOX")
        expect_status(c, "INBOX", MESSAGES="2")


def test_a_new_server():
    """A mailbox appears at a server that had none to be watched."""
    user, owner = new_user(1), new_user(2)
    with session("frontend1", user) as c, session("backend2", owner) as there:
        there.ok("CREATE INBOX.s")
        shared = "user.%s.s" % owner
        c.ok("NOTIFY SET (mailboxes %s (MessageNew MessageExpunge MailboxName))" % shared)
        there.ok("SETACL INBOX.s %s lr" % user)
        assert told(c) == 'LIST (\\HasNoChildren) "." ' + shared
        c.ok("NOOP")
        append(there, "INBOX.s")
        while status(told(c))[1]["MESSAGES"] != "1":
            pass


def test_a_move_between_servers():
    """The watcher sees no name come or go, and what the new server has."""
    user = new_user(2)
    with session("frontend1", user) as c, session("frontend1", "cyrus") as admin:
        admin.ok("CREATE travels backend1")
        admin.ok("SETACL travels anyone lr")
        admin.ok("SETACL travels cyrus lrswipkxtecda")
        append(admin, "travels")
        murder.wait_for(lambda: c.ok('LIST "" travels'), "the frontend's list")
        c.ok("NOTIFY SET (mailboxes travels (MessageNew MessageExpunge MailboxName))")
        admin.ok("RENAME travels travels backend2")
        append(admin, "travels")
        while True:
            line = told(c)
            assert line.startswith("STATUS "), line
            if status(line)[1]["MESSAGES"] == "2":
                break


def test_a_server_that_goes_and_comes_back():
    m = the_murder()
    user, owner = new_user(1), new_user(2)
    shared = "user.%s.s" % owner
    with session("frontend1", user) as c:
        with session("backend2", owner) as there:
            there.ok("CREATE INBOX.s")
            there.ok("SETACL INBOX.s %s lr" % user)
        murder.wait_for(lambda: c.ok('LIST "" ' + shared), "the frontend's list")
        c.ok("NOTIFY SET (mailboxes (INBOX %s) (MessageNew MessageExpunge))" % shared)
        m["backend2"].stop()
        with session("backend1", user) as here:
            append(here, "INBOX")
        expect_status(c, "INBOX", MESSAGES="1")
        m["backend2"].start()
        with session("backend2", owner) as there:
            append(there, "INBOX.s")
        while status(told(c)) [0] != shared:
            pass
        with session("backend2", owner) as there:
            append(there, "INBOX.s")
        while status(told(c))[1]["MESSAGES"] != "2":
            pass



def sessions_of(server, user):
    """The processes of that server that are this user's sessions."""
    found = []
    for program in ("imapd", "proxyd"):
        for pid in the_murder()[server].workers(program):
            with contextlib.suppress(OSError), open("/proc/%d/cmdline" % pid, "rb") as f:
                if re.search(rb"\b%s\b" % user.encode(), f.read()):
                    found.append(pid)
    return found


@contextlib.contextmanager
def watcher(user, mailbox, idle, mode):
    """A client that has selected this mailbox, with three messages, and is told what happens."""
    with session("frontend1", user) as c:
        if mode:
            c.ok("ENABLE " + mode)
        c.select(mailbox)
        c.ok("UID FETCH 1:* (FLAGS)")
        c.uids = [1, 2, 3]
        c.ok("NOTIFY SET (selected (MessageNew (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])"
             " MessageExpunge FlagChange)) (personal (MessageNew MessageExpunge MailboxName))")
        if idle:
            begin_idle(c)
        yield c
        if idle:
            end_idle(c)
        c.ok("NOOP")


def told_all(c, patterns):
    """Lines that match these come, each once and in any order, and no other one of the selected
    mailbox, nor its STATUS."""
    wanted = list(patterns)
    while wanted:
        line = told(c)
        found = [p for p in wanted if re.match(p, line, re.DOTALL)]
        if found:
            wanted.remove(found[0])
        else:
            # Flags that are new to the mailbox, and what others have.
            allowed = r"FLAGS |OK \[PERMANENTFLAGS|\d+ RECENT|LIST |STATUS INBOX |\d+ EXISTS"
            assert re.match(allowed, line), (line, wanted)


def new_message(mode, number, uid, subject):
    head = r"%d UIDFETCH \(" % uid if mode else r"%d FETCH \(.*UID %d\b" % (number, uid)
    return head + r".*Subject: %s\r" % subject


def flagged(mode, number, uid):
    head = r"%d UIDFETCH \(" % uid if mode else r"%d FETCH \(" % number
    return head + r".*\\Flagged"


def fill_three(user, mailbox, where="backend1"):
    with session(where, user) as c:
        for n in range(3):
            append(c, mailbox, "old%d" % n)


def check_goes_on(c, mode, other, mailbox):
    """A watcher of three messages, the first two with the UIDs 1 and 2, is told as before."""
    append(other, mailbox, "later")
    told_all(c, [r"4 EXISTS", new_message(mode, 4, max(u for u in c.uids if u) + 1, "later")])
    other.select(mailbox)
    other.ok("UID STORE 1 +FLAGS (\\Flagged)")
    told_all(c, [flagged(mode, 1, 1)])
    other.ok("UID STORE 2 +FLAGS.SILENT (\\Deleted)")
    told_all(c, [flagged(mode, 2, 2).replace("Flagged", "Deleted")])
    other.ok("EXPUNGE")
    told_all(c, [r"VANISHED 2$" if mode else r"2 EXPUNGE$"])


def each_way(check):
    for idle, mode in itertools.product((False, True), ("", "UIDONLY")):
        try:
            check(idle, mode)
        except Exception as e:
            e.args = ("%s %s: %s" % ("IDLE" if idle else "NOTIFY", mode, e),)
            raise


def lost(idle, mode):
    m = the_murder()
    user = new_user(1)
    fill_three(user, "INBOX")
    with session("backend1", user) as other:
        other.ok("CREATE INBOX.a")
    murder.wait_for(lambda: "INBOX.a" in str(session_list(user)), "the frontend's list")
    with watcher(user, "INBOX", idle, mode) as c:
        pids = selected_by(m, user)
        assert pids, "the session at the backend"
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        murder.wait_for(lambda: selected_by(m, user) - pids, "it is selected again")
        with session("backend1", user) as other:
            append(other, "INBOX.a")
            while not told(c).startswith("STATUS INBOX.a (MESSAGES 1 "):
                pass
            check_goes_on(c, mode, other, "INBOX")


def session_list(user):
    with session("frontend1", user) as c:
        return c.ok('LIST "" *')


def selected_by(m, user):
    """The sessions at its server that have this user's INBOX selected."""
    said = m["backend1"].run("cyr_info", "proc").stdout
    return {int(line.split()[0]) for line in said.splitlines()
            if re.search(r"\buser\.%s(?![\w.])" % user, line)}


def test_selected_mailbox_its_server_lost():
    """It is selected again at once, and what its other mailboxes have is told."""
    each_way(lost)


def test_selected_mailbox_its_server_away():
    """Who is promised to be told is not left with a server that cannot be reached."""
    m = the_murder()
    users = []
    with contextlib.ExitStack() as stack:
        for idle in (False, True):
            user = new_user(1)
            fill_three(user, "INBOX")
            c = stack.enter_context(session("frontend1", user))
            c.select("INBOX")
            c.ok("NOTIFY SET (selected (MessageNew MessageExpunge))"
                 " (personal (MessageNew MessageExpunge))")
            if idle:
                begin_idle(c)
            users.append((user, c))
        m["backend1"].stop()
        try:
            for _, c in users:
                line = told(c)
                assert line.startswith("BYE "), line
        finally:
            m["backend1"].start()
    for user, _ in users:
        with session("frontend1", user) as c:
            assert "3 EXISTS" in c.select("INBOX")


def travels(idle, mode, mailbox, user, move, there):
    """What happens to a mailbox while it moves, unseen by a frontend that is held up, and after."""
    with watcher(user, mailbox, idle, mode) as c:
        held_up = sessions_of("frontend1", user)
        assert len(held_up) == 1, held_up
        os.kill(held_up[0], signal.SIGSTOP)
        try:
            move()
            with session(there, user) as other:
                append(other, mailbox, "meanwhile")
                other.select(mailbox)
                other.ok("UID STORE 1 +FLAGS (\\Seen \\Flagged)")
                other.ok("UID STORE 3 +FLAGS.SILENT (\\Deleted)")
                other.ok("EXPUNGE")
        finally:
            os.kill(held_up[0], signal.SIGCONT)
        told_all(c, [r"VANISHED 3$" if mode else r"3 EXPUNGE$", r"3 EXISTS$",
                     new_message(mode, 3, 4, "meanwhile"), flagged(mode, 1, 1)])
        with session(there, user) as other:
            other.ok("SELECT " + mailbox)
            other.ok("UID STORE 1 -FLAGS (\\Flagged)")
            told_all(c, [r"1 UIDFETCH " if mode else r"1 FETCH "])
            check_goes_on(c, mode, other, mailbox)


def test_selected_mailbox_moves_by_xfer():
    def check(idle, mode):
        user = new_user(1)
        with session("backend1", user) as other:
            other.ok("CREATE INBOX.a")
        fill_three(user, "INBOX.a")
        murder.wait_for(lambda: "INBOX.a" in str(session_list(user)), "the frontend's list")
        with session("frontend1", "cyrus") as admin:
            travels(idle, mode, "INBOX.a", user,
                    lambda: admin.ok("XFER user.%s backend2" % user), "backend2")
    each_way(check)


def test_selected_mailbox_moves_by_rename():
    """A shared one, of which nothing but "selected" tells."""
    def check(idle, mode):
        user = new_user(2)
        name = "travels" + user
        with session("frontend1", "cyrus") as admin:
            admin.ok("CREATE %s backend1" % name)
            admin.ok("SETACL %s anyone lrswite" % name)
            admin.ok("SETACL %s cyrus lrswipkxtecda" % name)
            for n in range(3):
                append(admin, name, "old%d" % n)
            murder.wait_for(lambda: admin.ok('LIST "" ' + name), "the frontend's list")
            travels(idle, mode, name, user,
                    lambda: admin.ok("RENAME %s %s backend2" % (name, name)), "backend2")
    each_way(check)


def test_selected_mailbox_moves_away_from_a_server_itself():
    """Whose own client is told where it ends, in IDLE and between commands."""
    for idle in (False, True):
        user = new_user(1)
        fill_three(user, "INBOX")
        with session("backend1", user) as c, session("frontend1", "cyrus") as admin:
            c.select("INBOX")
            c.ok("NOTIFY SET (selected (MessageNew MessageExpunge))"
                 " (personal (MessageNew MessageExpunge MailboxName))")
            if idle:
                begin_idle(c)
            admin.ok("XFER user.%s backend2" % user)
            line = told(c)
            while not line.startswith("BYE "):
                line = told(c)
            assert "moved to another server" in line, line


def test_a_server_that_is_told_of_many_mailboxes():
    """It is asked again after a rest, and what came meanwhile is told then."""
    user = new_user()
    with session("frontend1", user) as c, session("backend1", user) as other:
        names = ["INBOX.%s" % letter for letter in "abcd"]
        for name in names:
            other.ok("CREATE " + name)
        for name in names:
            murder.wait_for(lambda: c.ok('LIST "" ' + name), "the frontend's list")
        c.ok("NOTIFY SET (mailboxes (%s) (MessageNew MessageExpunge)) (personal "
             "(SubscriptionChange)) (subscribed (MessageNew MessageExpunge))"
             % " ".join("nosuch.n%d" % n for n in range(500)))
        for name in names:
            other.ok("SUBSCRIBE " + name)
        wanted = {'LIST (\\Subscribed \\HasNoChildren) "." ' + name for name in names}
        while wanted:
            wanted.discard(told(c))
        for name in names:
            append(other, name)
        wanted = set(names)
        while wanted:
            line = told(c)
            if line.startswith("STATUS ") and status(line)[1]["MESSAGES"] == "1":
                wanted.discard(status(line)[0])


def activate(m, names):
    """At the master, as a migration does, or a server that joins."""
    with mupdate_client.Client(m["mupdate"].address("mupdate"), murder.DEADLINE) as client:
        assert client.login("cyrus", m.password).startswith("OK")
        words = [b" ".join(map(client.literal, (name, "backend1!default", "ann\tlrswipkxtecda\t")))
                 for name in names]
        sender = threading.Thread(target=client.sock.sendall, args=(
            b"".join(b"a ACTIVATE %s\r\n" % word for word in words),))
        sender.start()
        for _ in words:
            assert client.read_response()[:2] == ["a", "OK"]
        sender.join()


def asked(m, word):
    """How often the sessions at the backend were told that."""
    folder = os.path.join(m["backend1"].dir, "conf", "log", "ann")
    count = 0
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as f:
            blocks = re.split(rb"\n([<>])\d{9,}[<>]", f.read())
        count += sum(text.count(word) for way, text in zip(blocks[1::2], blocks[2::2])
                     if way == b"<")
    return count


def too_many_come(m, where):
    m.add_user("ann", 1)
    os.makedirs(os.path.join(m["backend1"].dir, "conf", "log", "ann"))
    m.give(m["backend1"].dir)
    murder.wait_for(lambda: m[where].run("murder", "check", check=False).returncode == 0,
                    "it has heard of all")
    count = 10000  # and the INBOX
    with imap_session.Session(m, where, "ann") as c:
        c.ok("NOTIFY SET (personal (MessageNew MessageExpunge MailboxName))")
        activate(m, ["user.ann.m%05d" % n for n in range(count)])
        names = set()
        while not (line := told(c)).startswith("OK [NOTIFICATIONOVERFLOW]"):
            assert line.startswith("LIST "), line
            name = line.rpartition(" ")[2]
            assert name not in names, line
            if name != "INBOX":
                names.add(name)
        # It is told once, and nothing after it.
        activate(m, ["user.ann.later"])
        murder.wait_for(lambda: c.ok('LIST "" INBOX.later'), "the list")
        assert c.ok("NOOP") == []
        assert asked(m, b"NOTIFY") == 2 and asked(m, b"NOTIFY NONE") == 1
        assert asked(m, b"NOOP") <= count


def test_too_many_come_at_a_frontend():
    with murder.Murder(backends=1, frontends=1) as m:
        too_many_come(m, "frontend1")


def test_too_many_come_at_a_server_that_is_both():
    with murder.Murder(backends=2, unified=True) as m:
        too_many_come(m, "backend2")


def events_of(m, where, there, user, sep, prefix):
    """The same events, by the names of this configuration."""
    top, low = prefix + "Work", prefix + "Work%sLow er" % sep
    with imap_session.Session(m, where, user) as c, imap_session.Session(m, there, user) as other:
        c.ok("NOTIFY SET (personal (MessageNew MessageExpunge MailboxName SubscriptionChange))")

        def told_until(end):
            lines = []
            while not (lines and lines[-1].endswith(end)):
                lines.append(told(c))
            return lines
        other.ok("CREATE " + top)
        told_until(' "%s" %s' % (sep, top))
        other.ok('CREATE "%s"' % low)
        told_until(' "%s" "%s"' % (sep, low))
        told_until(' "%s" %s' % (sep, top))
        append(other, '"%s"' % low)
        assert told(c).startswith('STATUS "%s" (MESSAGES 1 ' % low)
        other.ok('SUBSCRIBE "%s"' % low)
        assert told(c) == 'LIST (\\Subscribed \\HasNoChildren) "%s" "%s"' % (sep, low)
        other.ok('RENAME "%s" %s' % (low, prefix + "Else"))
        lines = told_until(' %s ("OLDNAME" ("%s"))' % (prefix + "Else", low))
        assert len(lines) == 1, lines
        other.ok('UNSUBSCRIBE "%s"' % low)


def test_names_of_another_form():
    extra = {"altnamespace": "yes", "unixhierarchysep": "yes"}
    with murder.Murder(backends=1, frontends=1, extra=extra) as m:
        m.set_passwords({"ann": m.password})
        with m.imap("backend1", "cyrus") as admin:
            murder.check(admin.create("user/ann"))
        for where in ("backend1", "frontend1"):
            murder.wait_for(lambda: m[where].run("murder", "check", check=False).returncode == 0,
                            "it has heard of all")
            events_of(m, where, "backend1", "ann", "/", "")
            with imap_session.Session(m, "backend1", "ann") as c:
                for name in ("Else", "Work"):
                    c.ok("DELETE " + name)


def test_servers_that_are_both():
    """mupdate_config: unified. Mailboxes here and at another server, by one session."""
    with murder.Murder(backends=2, unified=True) as m:
        m.add_user("ann", 1)
        m.add_user("bob", 2)
        for where, there, user in (("backend1", "backend1", "ann"), ("backend1", "backend2", "bob"),
                                   ("backend2", "backend1", "ann")):
            murder.wait_for(lambda: m[where].run("murder", "check", check=False).returncode == 0,
                            "it has heard of all")
            events_of(m, where, there, user, ".", "INBOX.")
            with imap_session.Session(m, there, user) as c:
                for name in ("INBOX.Else", "INBOX.Work"):
                    c.ok("DELETE " + name)


def test_under_tls():
    """What is told lies in whole records, which the socket alone does not show."""
    with murder.Murder(backends=1, frontends=1, tls=True) as m:
        m.add_user("ann", 1)
        for where in ("backend1", "frontend1"):
            with imap_session.Session(m, where, "ann", tls=True) as c, \
                    imap_session.Session(m, "backend1", "ann") as other:
                c.ok("NOTIFY SET (personal (MessageNew MessageExpunge MailboxName))")
                for n in range(5):
                    name = "INBOX.%s%d" % (where, n)
                    other.ok("CREATE " + name)
                    while not told(c).endswith(" " + name):
                        pass
                    append(other, name)
                    line = told(c)
                    while not line.startswith("STATUS %s (MESSAGES 1 " % name):
                        line = told(c)


if __name__ == "__main__":
    harness.main()
