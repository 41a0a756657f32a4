#!/usr/bin/env python3
"""Rights, over the rows of the command table: what each command needs (RFC 4314 section 4), that a
name which one may not see answers as one that does not exist, and that what counts is the state
when a command has arrived, not when its name did.

What the commands of the selected mailbox need there is in selected_state_test.py.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder
import selected_state_test as selected
from selected_state_test import ALL_RIGHTS, TABLE, Session, new_mailbox, rows, sees

check = murder.check
BODY = "{8+}\r\na: b\r\n\r\n"


def rows_by_mailbox():
    with open(TABLE) as f:
        return re.findall(r'row\("([A-Z ]+)", \w+, Route::by_mailbox(?:_or_server)?,',
                          f.read())


def row_of(said):
    words = said.split()
    return " ".join(words[:2]) if words[0] == "UID" else words[0]


def grant(admin, name, rights, user="bob"):
    check(admin.setacl(name, user, rights))


# ------------------------------------------------------------------ hidden names

# Each row that names a mailbox, as bob says it of one that he may not see.
NAMING = """\
APPEND @ BODY
APPEND work CATENATE (URL /@/;UID=1)
LOCALAPPEND @ "" BODY
COPY 1 @
MOVE 1 @
UID COPY 1 @
UID MOVE 1 @
REPLACE 1 @ BODY
UID REPLACE 1 @ BODY
CREATE @
CREATE @.kid
DELETE @
DELETE @ junk
DELETEACL @ eve
SETACL @ eve lr
GETACL @
LISTRIGHTS @ bob
MYRIGHTS @
RENAME @ work.other
RENAME work @
RENAME work @.kid
SELECT @
SELECT @ (NONSENSE)
ESEARCH IN (mailboxes @) ALL
ESEARCH IN (subtree @) ALL
NOTIFY SET STATUS (mailboxes @ (MessageNew MessageExpunge MailboxName))
NOTIFY SET (subtree @ (MailboxName))
EXAMINE @
STATUS @ (MESSAGES)
STATUS @ (NONSENSE)
GETANNOTATION @ /shared/comment
GETMETADATA @ /shared/comment
GETMETADATA (DEPTH 1) @ /shared
GETMETADATA @ "no entry"
GETMETADATA (work @) /shared/comment
SETMETADATA @ (/shared/comment "x")
SETMETADATA @ (/private/comment NIL)
GETQUOTA @
GETQUOTAROOT @
SETQUOTA @ (STORAGE 1)
LIST "" @
LIST "" @.%
LIST "" @ RETURN (STATUS (MESSAGES) SUBSCRIBED)
LIST (SUBSCRIBED) "" @
LSUB "" @
RLIST "" @
RLSUB "" @
LOCALCREATE @
LOCALCREATE @.kid
LOCALDELETE @
MUPDATEPUSH @
SUBSCRIBE @
LSUB "" @
LIST (SUBSCRIBED) "" @
UNSUBSCRIBE @
XFER @ backend2
XLIST "" @
SYNCGET MAILBOX @
SYNCAPPLY RESERVE @
"""
NAMELESS = {"AUTHENTICATE", "CANCELUPDATE", "CAPABILITY", "CHECK", "CLOSE", "COMPRESS", "ENABLE",
            "EXPUNGE",
            "FETCH", "ID", "IDLE", "LOGIN", "LOGOUT", "NAMESPACE", "NOOP", "SEARCH", "SORT",
            "STARTTLS", "STORE", "SYNCRESTART", "THREAD", "UID EXPUNGE", "UID FETCH", "UID SEARCH",
            "UID SORT", "UID STORE", "UID THREAD", "UNAUTHENTICATE", "UNSELECT"}


def answer_of(c, said, name):
    untagged, tagged = c.do(said.replace("@", name))
    return [line.replace(name, "@") for line in untagged] + [tagged.replace(name, "@")]


def check_hidden(m, where, said, hidden, absent):
    answers = []
    for name in (hidden, absent):
        with Session(m, where) as c:
            c.select("work")
            answers.append(answer_of(c, said, name))
    assert answers[0] == answers[1], (where, said, hidden, answers)


def test_a_hidden_name_answers_as_none():
    lines = [line.replace("BODY", BODY) for line in NAMING.splitlines()]
    named = {row_of(line) for line in lines}
    assert named | NAMELESS == set(rows()) and not named & NAMELESS, (
        (named | NAMELESS) ^ set(rows()))
    with murder.Murder(backends=2) as m:
        m.add_user("bob", 1)
        m.add_user("eve", 1)
        m.add_user("fay", 2)
        new_mailbox(m, "backend1", "work", messages=1)
        new_mailbox(m, "backend1", "hidden", bob="p")
        new_mailbox(m, "backend2", "masked", bob="p")
        sees(m, "frontend1", ["work", "hidden", "masked", "user.eve", "user.fay"])
        for where, pairs in (("backend1", [("hidden", "absent"), ("user.eve", "user.zoe")]),
                             ("frontend1", [("hidden", "absent"), ("masked", "absent"),
                                            ("user.eve", "user.zoe"), ("user.fay", "user.zoe")])):
            for hidden, absent in pairs:
                for said in lines:
                    check_hidden(m, where, said, hidden, absent)


# ------------------------------------------------------------------ what happens meanwhile

# What is sent, then (|) what a client keeps back; with a literal the server's go-ahead comes first.
ARRIVING = {
    "APPEND": "APPEND @ {8}|a: b\r\n\r\n",
    "LOCALAPPEND": "LOCALAPPEND @ {0}| {8+}\r\na: b\r\n\r\n",
    "DELETE": "DELETE @|",
    "DELETEACL": "DELETEACL @ {3}|eve",
    "GETACL": "GETACL @|",
    "GETANNOTATION": "GETANNOTATION @ {15}|/shared/comment",
    "GETMETADATA": "GETMETADATA @ {15}|/shared/comment",
    "GETQUOTAROOT": "GETQUOTAROOT @|",
    "LISTRIGHTS": "LISTRIGHTS @ {3}|eve",
    "LOCALDELETE": None,   # a server's own
    "MYRIGHTS": "MYRIGHTS @|",
    "RENAME": "RENAME @ {9}|work.@",
    "SETACL": "SETACL @ eve {2}|lr",
    "SETMETADATA": "SETMETADATA @ (/shared/comment {1}|x)",
    "STATUS": "STATUS @ (MESSAGES|)",
}
CHANGES = {
    "taken": lambda admin, name: grant(admin, name, "l"),
    "hidden": lambda admin, name: check(admin.deleteacl(name, "bob")),
    "deleted": lambda admin, name: check(admin.delete(name)),
    "replaced": lambda admin, name: replace(admin, name),
}
WANTED = {"taken": r"NO \[NOPERM\]", "hidden": r"NO \[(NONEXISTENT|TRYCREATE)\]",
          "deleted": r"NO \[(NONEXISTENT|TRYCREATE)\]", "replaced": r"(OK|NO \[NOPERM\])"}


def make(admin, name, rights):
    check(admin.create(name))
    grant(admin, name, "lrswipkxtecda", "cyrus")
    check(admin.deleteacl(name, "anyone"))
    grant(admin, name, rights)


def replace(admin, name):
    check(admin.delete(name))
    make(admin, name, "lrip")


def arrive(c, said, name, meanwhile):
    """The command in two parts, and what happens between them."""
    first, rest = said.replace("@", name).split("|", 1)
    c.tags += 1
    tag = "t%d" % c.tags
    literal = first.endswith("}")
    c.send(("%s %s" % (tag, first)).encode() + (b"\r\n" if literal else b""))
    if literal:
        line = c.line()
        assert line.startswith("+"), (said, line)
    meanwhile()
    c.send(rest.encode() + b"\r\n")
    lines = []
    while True:
        line = c.line()
        if line.startswith(tag + " "):
            return lines + [line[len(tag) + 1:]]
        lines.append(line)


def without_uids(lines):
    return [re.sub(r"APPENDUID \d+ \d+", "APPENDUID", line) for line in lines]


def check_arriving(m, where, admin, row, change):
    """The late one's answer is that of the same command said afterwards; mailbox late is there."""
    said = ARRIVING[row]
    grant(admin, "late", ALL_RIGHTS)
    with Session(m, where) as c:
        answer = arrive(c, said, "late", lambda: CHANGES[change](admin, "late"))
        whole = said.replace("|", "").replace("@", "late")
        untagged, tagged = c.do(re.sub(r"\{(\d+)\}", "{\\1+}\r\n", whole))
        wanted = ["* " + u for u in untagged] + [tagged]
    case = (where, row, change, answer, wanted)
    assert without_uids(answer) == without_uids(wanted), case
    if row != "MYRIGHTS" or change in ("hidden", "deleted"):
        assert re.match(WANTED[change], answer[-1]), case
    if change == "deleted":
        make(admin, "late", ALL_RIGHTS)


def test_what_counts_is_the_state_when_a_command_has_arrived():
    assert set(ARRIVING) == set(rows_by_mailbox()), set(ARRIVING) ^ set(rows_by_mailbox())
    with murder.Murder(backends=1) as m:
        m.add_user("bob", 1)
        new_mailbox(m, "backend1", "work", messages=1)
        new_mailbox(m, "backend1", "late")
        sees(m, "frontend1", ["work", "late"])
        for where in ("backend1", "frontend1"):
            with m.imap(where, "cyrus") as admin:
                for row, said in ARRIVING.items():
                    # LOCALAPPEND never leaves a server.
                    if said is None or (row == "LOCALAPPEND" and where == "frontend1"):
                        continue
                    for change in CHANGES:
                        check_arriving(m, where, admin, row, change)


# ------------------------------------------------------------------ rights and commands

# What bob says of shared, and of shared.kid below it, and what it needs of both. Without it the
# answer is NOPERM; without l, where that is needed, NONEXISTENT. "l:" lists: no line without l.
NEEDS = [
    ("APPEND shared " + BODY, "i"),
    ("COPY 1 shared", "i"),
    ("MOVE 1 shared", "i"),
    ("UID COPY 1:* shared", "i"),
    ("UID MOVE 1:* shared", "i"),
    ("CREATE shared.new", "k"),
    ("DELETE shared.kid", "x"),
    ("RENAME shared.kid shared.other", "kx"),
    ("DELETEACL shared eve", "a"),
    ("SETACL shared eve lr", "a"),
    ("GETACL shared", "a"),
    ("LISTRIGHTS shared eve", "a"),
    ("MYRIGHTS shared", ""),
    ("SELECT shared", "r"),
    ("EXAMINE shared", "r"),
    ("STATUS shared (MESSAGES)", "r"),
    ("GETANNOTATION shared /shared/comment", "l"),
    ("GETMETADATA shared /shared/comment", "l"),
    ("SETMETADATA shared (/private/comment \"x\")", "l"),
    ("SETMETADATA shared (/shared/comment \"x\")", "lw"),
    ("GETQUOTAROOT shared", ""),   # r or a
    ("LIST \"\" shared", "l"),
    ("RLIST \"\" shared", "l"),
    ("XLIST \"\" shared", "l"),
    ("ESEARCH IN (mailboxes shared) ALL", "r"),
    ("ESEARCH IN (subtree shared) ALL", "lr"),
]
# One's own, an administrator's or a server's, whatever the rights; SUBSCRIBE by the option
# allowallsubscribe; LSUB and UNSUBSCRIBE need none; NOTIFY tells nothing of what it may not.
NO_RIGHT = {"GETQUOTA", "SETQUOTA", "LOCALAPPEND", "LOCALCREATE", "LOCALDELETE", "LSUB",
            "MUPDATEPUSH", "NOTIFY", "RLSUB", "SUBSCRIBE", "SYNCAPPLY", "SYNCGET", "UNSUBSCRIBE",
            "XFER"}
# RFC 4314 section 4 across two servers: the destination's.
ACROSS = [said.replace("shared", "far") for said in
          ("APPEND shared " + BODY, "COPY 1 shared", "MOVE 1 shared", "UID COPY 1:* shared",
           "UID MOVE 1:* shared")]


def check_right(m, where, said, needed, right, work="work"):
    with Session(m, where) as c:
        if row_of(said).endswith(("COPY", "MOVE")):
            c.select(work)
        untagged, tagged = c.do(said)
    case = (where, said, "without " + right, untagged, tagged)
    if said.split()[0] in ("LIST", "RLIST", "XLIST", "ESEARCH"):
        assert tagged.startswith("OK") and bool(untagged) == (right not in needed), case
    elif right not in needed:
        assert tagged.startswith("OK"), case
    else:
        assert tagged.startswith("NO [NONEXISTENT]" if right == "l" else "NO [NOPERM]"), case
    return tagged.startswith("OK")


def undo(admin, said, right):
    """What it did, so that the next finds it as it was."""
    if said.startswith("CREATE"):
        check(admin.delete("shared.new"))
    elif said.startswith("RENAME"):
        check(admin.delete("shared.other"))
    if said.startswith(("RENAME", "DELETE ")):
        make(admin, "shared.kid", ALL_RIGHTS.replace(right, ""))
    elif "MOVE" in said:
        selected.fill(admin, "work", 1)


def test_each_command_needs_its_rights():
    told = {row_of(said) for said, _ in NEEDS} | {row_of(said) for said, _ in selected.NEEDS}
    assert told | NO_RIGHT | NAMELESS == set(rows()), (told | NO_RIGHT | NAMELESS) ^ set(rows())
    with murder.Murder(backends=1) as m:
        m.add_user("bob", 1)
        new_mailbox(m, "backend1", "work", messages=1)
        new_mailbox(m, "backend1", "shared")
        new_mailbox(m, "backend1", "shared.kid")
        sees(m, "frontend1", ["work", "shared", "shared.kid"])
        for where in ("backend1", "frontend1"):
            with m.imap(where, "cyrus") as admin:
                for right in ALL_RIGHTS:
                    for name in ("shared", "shared.kid"):
                        grant(admin, name, ALL_RIGHTS.replace(right, ""))
                    for said, needed in NEEDS:
                        if check_right(m, where, said, needed, right):
                            undo(admin, said, right)


def check_across(m, where, work, far):
    with m.imap(where, "cyrus") as admin:
        for right in ALL_RIGHTS:
            grant(admin, far, ALL_RIGHTS.replace(right, ""))
            for said in ACROSS:
                said = said.replace("far", far)
                if check_right(m, where, said, "i", right, work) and "MOVE" in said:
                    selected.fill(admin, work, 1)


def test_what_goes_to_another_server_needs_the_rights_there():
    for unified in (False, True):
        with murder.Murder(backends=2, unified=unified) as m:
            m.add_user("bob", 1)
            new_mailbox(m, "backend1", "near", messages=1)
            new_mailbox(m, "backend2", "far", messages=1)
            where = "backend1" if unified else "frontend1"
            sees(m, where, ["near", "far"])
            check_across(m, where, "near", "far")
            if unified:
                grant(m.imap(where, "cyrus"), "far", ALL_RIGHTS)
                check_across(m, where, "far", "near")


if __name__ == "__main__":
    harness.main()
