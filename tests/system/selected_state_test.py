#!/usr/bin/env python3
"""The selected mailbox: when a client has one, what it knows of it, and what it may do in it.

Which SELECT leaves what was selected; that no command through a frontend loses what changed; that a
right that is taken away is gone at the next command.
"""
import os
import re
import sys
import threading
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder
from imap_session import Session, expand

check = murder.check
MESSAGE = b"From: a@example.org\r\nSubject: x\r\n\r\nHello\r\n"
TABLE = os.path.join(murder.SOURCE, "imap", "imapd", "command_table.cc")


def fill(c, mailbox, messages):
    for _ in range(messages):
        check(c.append(mailbox, None, None, MESSAGE))


def new_mailbox(m, server, name, messages=0, bob="lrswipkxtecdan"):
    with m.imap(server, "cyrus") as c:
        check(c.create(name))
        check(c.setacl(name, "cyrus", "lrswipkxtecda"))
        check(c.deleteacl(name, "anyone"))
        check(c.setacl(name, "bob", bob))
        fill(c, name, messages)


def sees(m, where, names):
    def seen():
        with m.imap(where, "cyrus") as c:
            listed = b"\n".join(line or b"" for line in check(c.list())) + b"\n"
        return all(re.search(rb"[ \"]%s\"?\n" % n.encode(), listed) for n in names)
    murder.wait_for(seen, "the list at " + where)


# ------------------------------------------------------------------ SELECT after SELECT

# Each has another number of messages.
OPEN = {"here": ("m1", 1), "A": ("m2", 2), "B": ("m3", 3)}
NOT = ["m.none", "a..b", "hidden1", "hidden2", "hidden3", "visible1", "visible2", "visible3"]
WRONG = ["", " m2 (", " m2 (NONSENSE)", " m.none (NONSENSE)", " m2 (QRESYNC (1 2))", " m2 m3",
         " hidden2 (CONDSTORE) x", " a..b (QRESYNC (0 1))", ' "m2']


def make_targets(m):
    for n in (1, 2, 3):
        server = "backend%d" % n
        new_mailbox(m, server, "m%d" % n, messages=n)
        new_mailbox(m, server, "hidden%d" % n, bob="p")
        new_mailbox(m, server, "visible%d" % n, bob="l")


def selected_messages(c):
    """How many messages the selected mailbox has; None: nothing is selected."""
    untagged, tagged = c.do("UID SEARCH ALL")
    if tagged.startswith("BAD"):
        return None
    assert tagged.startswith("OK"), tagged
    return len([u for u in untagged if u.startswith("SEARCH")][0].split()) - 1


def check_select(m, where, old, rest, verb, wanted, now):
    """SELECT old, then the other one; now: the messages of what is selected then."""
    case = (where, old, verb + rest)
    with Session(m, where) as c:
        if old:
            c.select(old)
        untagged, tagged = c.do(verb + rest)
        assert tagged.startswith(wanted), (case, untagged, tagged)
        closed = [n for n, u in enumerate(untagged) if u.startswith("OK [CLOSED]")]
        assert closed == ([0] if old and wanted != "BAD" else []), (case, untagged)
        if wanted != "OK":
            assert len(untagged) == len(closed), (case, untagged)
        assert selected_messages(c) == now, case
        # It is a session like any other.
        c.select("m1")
        assert selected_messages(c) == 1, case
        return tagged


def check_all(m, where, olds, news):
    has = dict(OPEN.values())
    for old in olds:
        for verb in ("SELECT", "EXAMINE"):
            for new in news:
                check_select(m, where, old, " " + new, verb, "OK", has[new])
            refusals = {n: check_select(m, where, old, " " + n, verb, "NO", None) for n in NOT}
            # A stranger learns nothing of what he may not see.
            assert refusals["hidden1"] == refusals["m.none"], refusals
            for rest in WRONG:
                check_select(m, where, old, rest, verb, "BAD", has.get(old))


def test_select_at_a_backend_and_through_a_frontend():
    with murder.Murder(backends=3) as m:
        m.add_user("bob", 1)
        make_targets(m)
        sees(m, "frontend1", ["m%d" % n for n in (1, 2, 3)] + NOT[2:])
        check_all(m, "frontend1", [None, "m1"], ["m1", "m2", "m3"])
        check_all(m, "backend1", [None, "m1"], ["m1"])
        # One that is away is as bad as none; the line is looked at first.
        m["backend3"].stop()
        for old, messages in ((None, None), ("m1", 1)):
            check_select(m, "frontend1", old, " m3", "SELECT", "NO", None)
            check_select(m, "frontend1", old, " m3 (X)", "SELECT", "BAD", messages)
        # Also the one that has what was selected.
        with Session(m, "frontend1") as c:
            c.select("m2")
            m["backend2"].stop()
            for other in ("m2", "m1"):
                untagged, tagged = c.do("SELECT " + other)
                assert tagged.startswith("NO" if other == "m2" else "OK"), (untagged, tagged)
                assert (untagged[:1] == ["OK [CLOSED] Ok"]) == (other == "m2"), untagged


def test_select_at_a_server_that_is_both():
    with murder.Murder(unified=True, backends=3) as m:
        m.add_user("bob", 1)
        make_targets(m)
        sees(m, "backend1", ["m%d" % n for n in (1, 2, 3)] + NOT[2:])
        check_all(m, "backend1", [None, "m1", "m2"], ["m1", "m2", "m3"])
        m["backend3"].stop()
        for old, messages in ((None, None), ("m1", 1), ("m2", 2)):
            check_select(m, "backend1", old, " m3", "SELECT", "NO", None)
            check_select(m, "backend1", old, " m3 (X)", "SELECT", "BAD", messages)


# ------------------------------------------------------------------ what a client knows

def rows():
    with open(TABLE) as f:
        return re.findall(r'^ *row\("([A-Z ]+)"', f.read(), re.M)


# What a client says while "work" is selected; INBOX and mine are where work is, far is not.
CASES = {
    "APPEND": ["APPEND work {3+}\r\na:b", "APPEND work CATENATE (URL ;UID=3)",
               "APPEND INBOX {1+}\r\nx", "APPEND far {1+}\r\nx"],
    "AUTHENTICATE": ["AUTHENTICATE PLAIN"],
    "CANCELUPDATE": ['CANCELUPDATE "none"'],
    "CAPABILITY": ["CAPABILITY"],
    "CHECK": ["CHECK"],
    "CLOSE": ["CLOSE"],
    "COMPRESS": ["COMPRESS DEFLATE"],
    "COPY": ["COPY 3 INBOX", "COPY 3 far", "COPY 3 work", "COPY 3 none"],
    "CREATE": ["CREATE mine.new", "CREATE far.new", "CREATE work"],
    "DELETE": ["DELETE mine.new", "DELETE none"],
    "DELETEACL": ["DELETEACL mine eve", "DELETEACL work eve"],
    "ENABLE": ["ENABLE CONDSTORE", "ENABLE QRESYNC", "ENABLE X-NONE"],
    "ESEARCH": ["ESEARCH ALL", "ESEARCH IN (mailboxes (work far)) ALL"],
    "EXAMINE": ["EXAMINE far", "EXAMINE work", "EXAMINE none", "EXAMINE work (X)"],
    "EXPUNGE": ["EXPUNGE"],
    "FETCH": ["FETCH 1:* (UID FLAGS)"],
    "GETACL": ["GETACL mine", "GETACL work"],
    "GETANNOTATION": ["GETANNOTATION work /comment value.shared"],
    "GETMETADATA": ["GETMETADATA work (/shared/comment)", 'GETMETADATA "" /shared/comment'],
    "GETQUOTA": ["GETQUOTA INBOX"],
    "GETQUOTAROOT": ["GETQUOTAROOT work", "GETQUOTAROOT far"],
    "ID": ["ID NIL"],
    "IDLE": ["IDLE"],
    "LIST": ['LIST "" *', 'LIST (SUBSCRIBED) "" * RETURN (STATUS (MESSAGES))',
             'LIST "" * RETURN (STATUS (MESSAGES) SPECIAL-USE SUBSCRIBED)'],
    "LISTRIGHTS": ["LISTRIGHTS work bob"],
    "LOCALAPPEND": ['LOCALAPPEND work "" {3+}\r\na:b'],
    "LOCALCREATE": ["LOCALCREATE mine.local"],
    "LOCALDELETE": ["LOCALDELETE mine.local"],
    "LOGIN": ["LOGIN bob pw"],
    "LOGOUT": ["LOGOUT"],
    "LSUB": ['LSUB "" *'],
    "MOVE": ["MOVE 3 INBOX", "MOVE 3 far"],
    "MUPDATEPUSH": ["MUPDATEPUSH work"],
    "MYRIGHTS": ["MYRIGHTS work"],
    "NAMESPACE": ["NAMESPACE"],
    "NOOP": ["NOOP"],
    "NOTIFY": ["NOTIFY SET (selected (MessageNew (UID) MessageExpunge FlagChange))",
               "NOTIFY SET (selected-delayed (MessageNew MessageExpunge)) "
               "(mailboxes far (MessageNew MessageExpunge))", "NOTIFY SET (personal NONE)"],
    "RENAME": ["RENAME mine.a mine.b", "RENAME none mine.c"],
    "REPLACE": ["REPLACE 3 work {3+}\r\na:b", "REPLACE 3 INBOX {3+}\r\na:b",
                "REPLACE 3 far {3+}\r\na:b", "REPLACE 3 none {3+}\r\na:b"],
    "RLIST": ['RLIST "" *'],
    "RLSUB": ['RLSUB "" *'],
    "SEARCH": ["SEARCH ALL", "SEARCH RETURN (COUNT) ALL", "SEARCH RETURN (UPDATE) ALL"],
    "SELECT": ["SELECT far", "SELECT work", "SELECT none", "SELECT work (X)"],
    "SETACL": ["SETACL mine eve lr", "SETACL work eve lr"],
    "SETMETADATA": ['SETMETADATA work (/shared/comment "x")'],
    "SETQUOTA": ["SETQUOTA INBOX ()"],
    "SORT": ["SORT (ARRIVAL) UTF-8 ALL", "SORT RETURN (COUNT) (SUBJECT) UTF-8 ALL"],
    "STARTTLS": ["STARTTLS"],
    "STATUS": ["STATUS work (MESSAGES)", "STATUS INBOX (MESSAGES)", "STATUS far (MESSAGES)"],
    "STORE": ["STORE 1 +FLAGS (\\Seen)"],
    "SUBSCRIBE": ["SUBSCRIBE work"],
    "SYNCAPPLY": ["SYNCAPPLY X"],
    "SYNCGET": ["SYNCGET X"],
    "SYNCRESTART": ["SYNCRESTART"],
    "THREAD": ["THREAD REFERENCES UTF-8 ALL"],
    "UID COPY": ["UID COPY 1:* INBOX", "UID COPY 1:* far"],
    "UID EXPUNGE": ["UID EXPUNGE 1:*"],
    "UID FETCH": ["UID FETCH 1:* FLAGS"],
    "UID MOVE": ["UID MOVE * INBOX", "UID MOVE * far"],
    "UID REPLACE": ["UID REPLACE * work {3+}\r\na:b", "UID REPLACE * far {3+}\r\na:b"],
    "UID SEARCH": ["UID SEARCH ALL"],
    "UID SORT": ["UID SORT (DATE) UTF-8 ALL"],
    "UID STORE": ["UID STORE 1:* +FLAGS.SILENT (\\Seen)"],
    "UID THREAD": ["UID THREAD ORDEREDSUBJECT UTF-8 ALL"],
    "UNAUTHENTICATE": ["UNAUTHENTICATE"],
    "UNSELECT": ["UNSELECT"],
    "UNSUBSCRIBE": ["UNSUBSCRIBE work"],
    "XFER": ["XFER work backend2"],
    "XLIST": ['XLIST "" *'],
}
ENDS = {"CLOSE", "UNSELECT", "LOGOUT"}
# How the session speaks: what ENABLE changes, and a search whose results are followed.
MODES = ("", "QRESYNC", "UIDONLY", "UTF8=ACCEPT", "IMAP4rev2", "CONTEXT")


class Followed:
    """The UIDs that a client knows of a search by what it is told (RFC 5267)."""

    def __init__(self, c):
        self.tag = "t%d" % (c.tags + 1)
        self.uids = set()
        self.told(c.ok("UID SEARCH RETURN (ALL UPDATE) UNFLAGGED"))

    def told(self, lines):
        for line in lines:
            if not line.startswith('ESEARCH (TAG "%s")' % self.tag):
                continue
            for what, pairs in re.findall(r"(ADDTO|REMOVEFROM) \(([^)]*)\)", line):
                for uids in pairs.split()[1::2]:
                    if what == "ADDTO":
                        self.uids |= expand(uids)
                    else:
                        assert self.uids >= expand(uids), (line, self.uids)
                        self.uids -= expand(uids)
            whole = re.search(r" ALL ([\d:,]+)", line)
            if whole:
                self.uids = expand(whole.group(1))


def truth(c, mailbox="work"):
    check(c.select(mailbox, readonly=True))
    uids = [int(u) for u in check(c.uid("SEARCH", "ALL"))[0].split()]
    flagged = [int(u) for u in check(c.uid("SEARCH", "FLAGGED"))[0].split()]
    check(c.unselect())
    return uids, flagged


def speak(c, mode):
    """As the mode has it; then work is selected and all of it known."""
    if mode and mode != "CONTEXT":
        assert c.ok("ENABLE " + mode) == ["ENABLED " + mode], mode
    c.select("work")
    c.ok("UID FETCH 1:* (UID)")
    return Followed(c) if mode == "CONTEXT" else None


def something_happens(c, messages=5):
    """The first message of work goes, and others come."""
    left = int(check(c.select("work"))[0]) - 1
    check(c.store("1:*", "-FLAGS.SILENT", "(\\Flagged \\Deleted)"))
    check(c.store("1", "+FLAGS.SILENT", "(\\Deleted)"))
    check(c.expunge())
    check(c.unselect())
    fill(c, "work", max(messages - left, 1))


def check_view(m, where, name, said, mode=""):
    with m.imap("backend1", "bob") as other, Session(m, where) as c:
        followed = speak(c, mode)
        something_happens(other)
        target = c.uids[3]
        if name == "IDLE":
            untagged, tagged = c.do(said, b"DONE\r\n")
        elif name == "AUTHENTICATE":
            untagged, tagged = c.do(said, b"*\r\n")
        else:
            untagged, tagged = c.do(said)
        if name == "COMPRESS":
            assert tagged.startswith("OK"), tagged
            c.inflate, c.deflate = zlib.decompressobj(-15), zlib.compressobj(wbits=-15)
        if name in ENDS:
            assert tagged.startswith("OK"), tagged
            return
        if followed:
            followed.told(untagged)
        if name in ("SELECT", "EXAMINE") and not tagged.startswith("BAD"):
            followed = None
            c.select("work")
            c.ok("UID FETCH 1:* (UID)")
        # By number, as the client counts now: the right message or none.
        if mode == "UIDONLY":
            answer = c.do("STORE 1 +FLAGS (\\Flagged)")[1]
            assert answer.startswith("BAD [UIDREQUIRED]"), answer
        elif target in c.uids and not followed:
            answer = c.do("STORE %d +FLAGS (\\Flagged)" % (c.uids.index(target) + 1))[1]
            flagged = truth(other)[1]
            assert answer.startswith("NO [EXPUNGEISSUED]") or flagged == [target], (
                answer, flagged, target)
        for line in ("UID FETCH 1:* (UID)", "NOOP", "UID FETCH 1:* (UID)"):
            untagged = c.ok(line)
            if followed:
                followed.told(untagged)
        uids, flagged = truth(other)
        assert c.uids == uids, (c.uids, uids)
        if followed:
            assert followed.uids == set(uids) - set(flagged), (followed.uids, uids, flagged)


def test_no_command_loses_what_changed():
    assert sorted(CASES) == sorted(rows()), set(CASES) ^ set(rows())
    with murder.Murder(backends=2) as m:
        m.add_user("bob", 1)
        new_mailbox(m, "backend1", "work", messages=5)
        new_mailbox(m, "backend1", "mine")
        new_mailbox(m, "backend1", "mine.a")
        new_mailbox(m, "backend2", "far", messages=1)
        sees(m, "frontend1", ["work", "mine", "mine.a", "far"])
        # Each in one mode beside the plain one here; with ROOKERY_TESTS=all in all of them.
        turn = 0
        for where in ("frontend1", "backend1"):
            for name, lines in CASES.items():
                for said in lines:
                    turn += 1
                    other = MODES[1 + turn % (len(MODES) - 1)]
                    for mode in MODES if harness.ALL else ("", other):
                        try:
                            check_view(m, where, name, said, mode)
                        except Exception as e:
                            raise AssertionError("%s at %s, %s" % (said, where, mode)) from e


# ------------------------------------------------------------------ rights that go

ALL_RIGHTS = "lrswipkxtean"
# Which rights each needs; what it says is refused without any of them.
NEEDS = [
    ("FETCH 1 (UID FLAGS)", "r"),
    ("UID FETCH 1:* (UID)", "r"),
    ("FETCH 1 (BODY[])", "r"),
    ("SEARCH ALL", "r"),
    ("UID SEARCH RETURN (COUNT) ALL", "r"),
    ("STORE 2 +FLAGS (\\Flagged)", "rw"),
    ("STORE 2 +FLAGS.SILENT ($Word)", "rw"),
    ("UID STORE 1:* -FLAGS.SILENT (\\Answered)", "rw"),
    ("STORE 2 +FLAGS (\\Seen)", "rs"),
    ("STORE 2 -FLAGS (\\Deleted)", "rt"),
    ("EXPUNGE", "re"),
    ("UID EXPUNGE 1:*", "re"),
    ("COPY 1 INBOX", "r"),
    ("UID COPY 1:* INBOX", "r"),
    ("COPY 1 shared", "ri"),
    ("MOVE 1 INBOX", "rte"),
    ("UID MOVE * INBOX", "rte"),
    ("APPEND shared {3+}\r\na:b", "i"),
    ("REPLACE 1 INBOX {3+}\r\na:b", "rte"),
    ("UID REPLACE * shared {3+}\r\na:b", "rtei"),
    ("STATUS shared (MESSAGES)", "r"),
    ("GETACL shared", "a"),
    ("CHECK", ""),
    ("NOOP", ""),
    ("IDLE", ""),
]


def grant(admin, rights):
    check(admin.setacl("shared", "bob", rights))


def check_without(m, where, admin, right):
    with Session(m, where) as c:
        grant(admin, ALL_RIGHTS)
        c.select("shared")
        c.ok("UID FETCH 1:* (UID)")
        grant(admin, ALL_RIGHTS.replace(right, ""))
        told = []
        for said, needed in NEEDS:
            untagged, tagged = c.do(said, b"DONE\r\n" if said == "IDLE" else None)
            told += untagged
            if right in needed:
                assert tagged.startswith("NO [NOPERM]"), (right, said, untagged, tagged)
            elif right != "l":
                assert tagged.startswith("OK"), (right, said, untagged, tagged)
            if right == "r":
                # Others' doings are none of his business now.
                fill(admin, "shared", 1)
        if right == "r":
            of_mailbox = [t for t in told if re.match(r"\d+ |SEARCH|ESEARCH|VANISHED|FLAGS", t)]
            assert not of_mailbox, of_mailbox
            check(admin.select("shared"))
            check(admin.store("2", "+FLAGS.SILENT", "(\\Deleted)"))
            check(admin.expunge())
            check(admin.unselect())
            assert not c.ok("NOOP")
        elif right in "swt":
            permanent = [t for t in told if t.startswith("OK [PERMANENTFLAGS")]
            flag = {"s": "\\Seen", "w": "\\Flagged", "t": "\\Deleted"}[right]
            assert permanent and flag not in permanent[0], (right, told)
        grant(admin, ALL_RIGHTS)
        c.ok("NOOP")
        c.ok("UID FETCH 1:* (UID)")
        uids = truth(admin, "shared")[0]
        assert c.uids == uids, (right, c.uids, uids)


def check_close_without_e(m, where, admin):
    for rights in (ALL_RIGHTS.replace("e", ""), ALL_RIGHTS.replace("r", "")):
        with Session(m, where) as c:
            grant(admin, ALL_RIGHTS)
            c.select("shared")
            c.ok("STORE 1 +FLAGS (\\Deleted)")
            grant(admin, rights)
            before = truth(admin, "shared")[0]
            c.ok("CLOSE")
            assert truth(admin, "shared")[0] == before, rights
            assert c.do("FETCH 1 FLAGS")[1].startswith("BAD")


def check_reading_without_s(m, where, admin):
    with Session(m, where) as c:
        grant(admin, ALL_RIGHTS)
        c.select("shared")
        grant(admin, ALL_RIGHTS.replace("s", ""))
        fill(admin, "shared", 1)
        c.ok("NOOP")
        c.ok("FETCH * (BODY[])")
        fetched = c.ok("FETCH * (FLAGS)")
        assert "\\Seen" not in [f for f in fetched if "FETCH (" in f][0], fetched


def test_a_right_that_is_taken_away_is_gone_at_the_next_command():
    with murder.Murder(backends=1) as m:
        m.add_user("bob", 1)
        new_mailbox(m, "backend1", "shared", messages=8, bob=ALL_RIGHTS)
        sees(m, "frontend1", ["shared"])
        with m.imap("backend1", "cyrus") as admin:
            for where in ("backend1", "frontend1"):
                for right in ALL_RIGHTS:
                    try:
                        check_without(m, where, admin, right)
                    except Exception as e:
                        raise AssertionError("without %s at %s" % (right, where)) from e
                check_close_without_e(m, where, admin)
                check_reading_without_s(m, where, admin)


# ------------------------------------------------------------------ what others do to it

def spool(m, name):
    """The folder of one of bob's mailboxes."""
    return os.path.join(m["backend1"].dir, "spool", "user", "bob", name)


def rename(m, admin, name):
    check(admin.rename("user.bob." + name, "user.bob.other" + name))


def rename_a_tree(m, admin, name):
    check(admin.create("user.bob.%s.below" % name))
    rename(m, admin, name)


def rename_and_back(m, admin, name):
    rename(m, admin, name)
    check(admin.rename("user.bob.other" + name, "user.bob." + name))


def to_another_partition(m, admin, name):
    check(admin._simple_command("RENAME", "user.bob." + name, "user.bob." + name, "two"))


def delete(m, admin, name):
    check(admin.setacl("user.bob." + name, "cyrus", ALL_RIGHTS + "kxac"))
    check(admin.delete("user.bob." + name))


def delete_and_make_again(m, admin, name):
    delete(m, admin, name)
    check(admin.create("user.bob." + name))
    fill(admin, "user.bob." + name, 2)


def rename_out_of_reach(m, admin, name):
    check(admin.rename("user.bob." + name, "taken" + name))


def rebuild(m, admin, name):
    m["backend1"].run("reconstruct", "user.bob." + name)


def rebuild_without_a_file(m, admin, name):
    os.unlink(os.path.join(spool(m, name), "2."))
    rebuild(m, admin, name)


def rebuild_without_the_index(m, admin, name):
    os.unlink(os.path.join(spool(m, name), "rookery.index"))
    rebuild(m, admin, name)


# What is left of four messages, by UID; None: the session ends, and BYE says why.
GOES_ON, GONE = [1, 2, 3, 4], []
CHANGES = [(rename, GOES_ON), (rename_and_back, GOES_ON), (rename_a_tree, GONE),
           (to_another_partition, GOES_ON), (delete, GONE),
           (delete_and_make_again, GONE), (rename_out_of_reach, GONE), (rebuild, GOES_ON),
           (rebuild_without_a_file, [1, 3, 4]), (rebuild_without_the_index, None)]


def end_of(c, command):
    """The BYE that a session ends with; through a frontend, when it wants something more."""
    c.send(b"e %s\r\nf %s\r\n" % (command.encode(), command.encode()))
    said = []
    try:
        while True:
            said.append(c.line())
    except EOFError:
        return [line for line in said if line.startswith("* BYE")][0]


def check_goes_on(m, c, admin, left, case):
    """The session knows what is left, can change it, and sees what others do to it."""
    assert c.uids == left, (case, c.uids)
    assert selected_messages(c) == len(left), case
    untagged, tagged = c.do("FETCH 1:4 (UID BODY[])")
    if not left:
        assert "OK" not in tagged or not untagged, (case, untagged, tagged)
        c.ok("UID FETCH 1:* FLAGS")
        c.ok("EXPUNGE")
        c.ok("CLOSE")
        return
    c.ok("STORE 1 +FLAGS (\\Flagged)")
    assert "Flagged" in str(c.ok("UID FETCH 1 FLAGS")), case


def check_change(m, where, admin, change, left, how):
    case = (where, change.__name__, how)
    name = "x%d" % m.names
    m.names += 1
    check(admin.create("user.bob." + name))
    fill(admin, "user.bob." + name, 4)
    with Session(m, where) as c:
        c.select("INBOX." + name)
        c.ok("UID FETCH 1:* FLAGS")
        if how == "IDLE":
            c.send(b"i IDLE\r\n")
            assert c.line().startswith("+"), case
        change(m, admin, name)
        if left is None:
            bye = end_of(c, "NOOP") if how != "IDLE" else c.line()
            assert bye.startswith("* BYE") and "UIDVALIDITY" in bye, (case, bye)
            return
        if how == "STORE":
            # What does not care where the mailbox is works at once; or it says what is wrong.
            untagged, tagged = c.do("STORE 1 +FLAGS (\\Answered)")
            assert "another server" not in tagged, (case, tagged)
            assert tagged.startswith("OK" if 1 in left else "NO"), (case, untagged, tagged)
        if how == "IDLE":
            while c.uids != left:
                c.note(c.line()[2:])
            c.send(b"DONE\r\n")
            while not c.line().startswith("i OK"):
                pass
        c.ok("NOOP")
        check_goes_on(m, c, admin, left, case)
        c.select("INBOX")


def test_what_others_do_to_a_selected_mailbox_is_told():
    with murder.Murder(backends=1, start=False) as m:
        two = os.path.join(m.dir, "two")
        os.mkdir(two)
        m.give(two)
        m["backend1"].extra = {"partition-two": two}
        m.start()
        m.names = 0
        m.add_user("bob", 1)
        with m.imap("backend1", "cyrus") as admin:
            check(admin.setacl("user.bob", "cyrus", ALL_RIGHTS + "kxac"))
            sees(m, "frontend1", ["user.bob"])
            for change, left in CHANGES:
                for how in ("NOOP", "STORE", "IDLE"):
                    check_change(m, "backend1", admin, change, left, how)
                for how in ("NOOP", "IDLE"):
                    check_change(m, "frontend1", admin, change, left, how)


# ------------------------------------------------------------------ moves

class Traveller(Session):
    """A session through the frontend, with what it knows of flags."""

    def __init__(self, m, enable=None, verb="SELECT", changes=False):
        self.flags = {}
        super().__init__(m, "frontend1")
        if enable:
            self.ok("ENABLE " + enable)
        self.select("INBOX.work", verb)
        self.ok("UID FETCH 1:* (FLAGS)")
        if changes:
            self.ok("STORE 2 +FLAGS (own)")
            self.ok("NOOP")

    def note(self, line):
        super().note(line)
        told = re.match(r"(\d+) FETCH \(.*FLAGS \(([^)]*)\)", line)
        if told and self.uids[int(told.group(1)) - 1]:
            self.flags[self.uids[int(told.group(1)) - 1]] = set(told.group(2).split()) - {
                "\\Recent"}

    def until(self, exists):
        while len(self.uids) != exists:
            line = self.line()
            assert line.startswith("* "), line
            self.note(line[2:])


def elsewhere(m, server, change):
    """What another session does there, of which the travellers know nothing yet."""
    with m.imap(server, "bob") as c:
        check(c.select("INBOX.work"))
        if "expunge" in change:
            check(c.uid("STORE", "2,4", "+FLAGS.SILENT", "(\\Deleted)"))
            check(c.expunge())
        if "flag" in change:
            check(c.uid("STORE", "3", "+FLAGS.SILENT", "(\\Flagged $Label9)"))
        check(c.unselect())
        if "append" in change:
            fill(c, "INBOX.work", 2)


def all_flags(c):
    """UID: flags, as a session of its own sees them."""
    check(c.select("INBOX.work", readonly=True))
    found = {}
    for line in check(c.uid("FETCH", "1:*", "(FLAGS)")):
        uid = int(re.search(rb"UID (\d+)", line).group(1))
        found[uid] = set(re.search(rb"FLAGS \(([^)]*)\)", line).group(1).decode().split())
        found[uid] -= {"\\Recent"}
    check(c.unselect())
    return found


def check_move(m, source, target, change):
    kinds = {"plain": {}, "changed": {"changes": True}, "EXAMINE": {"verb": "EXAMINE"},
             "CONDSTORE": {"enable": "CONDSTORE"}, "QRESYNC": {"enable": "QRESYNC"},
             "IDLE": {}}
    with m.imap(source, "cyrus") as admin, m.imap(source, "bob") as c:
        check(admin.create("user.bob.work"))
        fill(c, "INBOX.work", 6)
    sees(m, "frontend1", ["user.bob.work"])
    travellers = {kind: Traveller(m, **how) for kind, how in kinds.items()}
    idle = travellers["IDLE"]
    elsewhere(m, source, change)
    idle.send(b"i IDLE\r\n")
    assert idle.line().startswith("+")
    with m.imap("frontend1", "cyrus") as admin:
        check(admin._simple_command("RENAME", "user.bob", "user.bob", target))
    elsewhere(m, target, [] if "expunge" not in change else ["append"])
    with m.imap(target, "bob") as c:
        true = all_flags(c)
    idle.until(len(true))
    idle.send(b"DONE\r\n")
    for line in iter(idle.line, "i OK Completed"):
        idle.note(line[2:])
    for kind, t in travellers.items():
        case = (source, change, kind)
        t.ok("NOOP")
        told = dict(t.flags)
        # New ones are asked for, as clients do; all others were told of.
        t.ok("UID FETCH 1:* (FLAGS)")
        assert t.uids == sorted(true), (case, t.uids, sorted(true))
        assert {u: told[u] for u in told if u in true and u <= 6} == {
            u: f for u, f in true.items() if u <= 6}, (case, told, true)
    for kind, t in travellers.items():
        if kind != "EXAMINE":
            t.ok("UID STORE %d +FLAGS (%s)" % (t.uids[0], kind))
        t.ok("UID FETCH 1:* (BODY.PEEK[])")
        t.ok("UNSELECT")
        t.select("INBOX")
        t.socket.close()
    with m.imap(target, "bob") as c:
        first = all_flags(c)[sorted(true)[0]]
        assert set(kinds) - {"EXAMINE"} <= first, first
    with m.imap(target, "cyrus") as admin:
        check(admin.setacl("user.bob.work", "cyrus", ALL_RIGHTS + "kxac"))
        check(admin.delete("user.bob.work"))


class Busy(threading.Thread):
    """A client that does not stop when the mailbox moves. Its mistakes are in errors."""

    COMMANDS = ["NOOP", "UID FETCH 1:* (FLAGS)", "UID STORE 1 +FLAGS (%s)", "UID SEARCH ALL",
                "FETCH 1 (BODY.PEEK[])", "STORE 2 -FLAGS (%s)", "CHECK", "UID STORE 3 FLAGS (%s)"]

    def __init__(self, m, name):
        super().__init__()
        self.session = Traveller(m)
        self.name = name
        self.stop = threading.Event()
        self.rounds = 0
        self.errors = []

    def run(self):
        try:
            while not self.stop.is_set() or self.rounds < 2:
                for command in self.COMMANDS:
                    command = command.replace("%s", self.name)
                    untagged, tagged = self.session.do(command)
                    if not tagged.startswith("OK"):
                        self.errors.append((command, untagged, tagged))
                self.rounds += 1
        except Exception as e:
            self.errors.append(repr(e))


def check_busy(m, source, target):
    with m.imap(source, "cyrus") as admin, m.imap(source, "bob") as c:
        check(admin.create("user.bob.work"))
        fill(c, "INBOX.work", 6)
    sees(m, "frontend1", ["user.bob.work"])
    clients = [Busy(m, "busy%d" % n) for n in range(4)]
    for client in clients:
        client.start()
    with m.imap("frontend1", "cyrus") as admin:
        check(admin._simple_command("RENAME", "user.bob", "user.bob", target))
    rounds = [client.rounds for client in clients]
    murder.wait_for(lambda: all(c.rounds > n + 1 or c.errors for c, n in zip(clients, rounds)),
                    "commands after the move")
    for client in clients:
        client.stop.set()
    for client in clients:
        client.join()
        assert not client.errors, (source, client.errors[:3])
    with m.imap(target, "bob") as c:
        true = all_flags(c)
    for client in clients:
        client.session.ok("NOOP")
        assert client.session.uids == sorted(true)
        assert client.session.flags == true, (client.session.flags, true)
        client.session.socket.close()
    with m.imap(target, "cyrus") as admin:
        check(admin.setacl("user.bob.work", "cyrus", ALL_RIGHTS + "kxac"))
        check(admin.delete("user.bob.work"))


def test_a_selected_session_does_not_see_a_move():
    options = {"allowusermoves": "yes", "move_grace": "0s"}
    with murder.Murder(backends=2, extra=options) as m:
        m.add_user("bob", 1)
        with m.imap("backend1", "cyrus") as admin:
            check(admin.setacl("user.bob", "cyrus", ALL_RIGHTS + "kxac"))
        sees(m, "frontend1", ["user.bob"])
        there = ["backend1", "backend2"]
        for change in ([], ["flag"], ["append"], ["flag", "expunge", "append"]):
            check_move(m, *there, change)
            there.reverse()
        for _ in range(2):
            check_busy(m, *there)
            there.reverse()


def found_in(lines):
    return {int(re.search(r"UID (\d+)", line).group(1)) for line in lines if " FETCH " in line}


def test_what_searches_have_left_moves_too():
    """What SAVE has saved is there (RFC 5182); of what UPDATE follows the client knows the end."""
    options = {"allowusermoves": "yes", "move_grace": "0s"}
    with murder.Murder(backends=2, extra=options) as m:
        m.add_user("bob", 1)
        with m.imap("backend1", "cyrus") as admin, m.imap("backend1", "bob") as c:
            check(admin.setacl("user.bob", "cyrus", ALL_RIGHTS + "kxac"))
            check(admin.create("user.bob.work"))
            fill(c, "INBOX.work", 6)
        sees(m, "frontend1", ["user.bob.work"])
        some, none, follows = Traveller(m), Traveller(m), Traveller(m)
        some.ok("UID SEARCH RETURN (SAVE) UID 2:5")
        none.ok("UID SEARCH RETURN (SAVE) KEYWORD nosuch")
        follows.ok("UID SEARCH RETURN (ALL UPDATE) UNFLAGGED")
        tag = "t%d" % follows.tags
        for target, left in (("backend2", {3, 5}), ("backend1", {3, 5})):
            with m.imap("frontend1", "cyrus") as admin:
                check(admin._simple_command("RENAME", "user.bob", "user.bob", target))
            if target == "backend2":
                elsewhere(m, target, ["expunge"])
            some.ok("NOOP")
            assert found_in(some.ok("UID FETCH $ (FLAGS)")) == left
            none.ok("NOOP")
            assert found_in(none.ok("UID FETCH $ (FLAGS)")) == set()
            given_up = [line for line in follows.ok("NOOP") if "NOUPDATE" in line]
            wanted = ['NO [NOUPDATE "%s"]' % tag] if target == "backend2" else []
            assert [line.split("] ")[0] + "]" for line in given_up] == wanted, given_up
        for t in (some, none, follows):
            t.socket.close()


if __name__ == "__main__":
    harness.main()
