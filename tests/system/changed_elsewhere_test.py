#!/usr/bin/env python3
"""What a session is told of what others do in the mailbox that it has selected, and what becomes of
its own commands then: modseqs (RFC 7162), messages that are expunged (RFC 2180, 5530). Each at the
mailbox's own server and through a frontend."""
import atexit
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder
from imap_session import Session

check = murder.check
RIGHTS = "lrswipkxtecda"
WHERE = ("backend1", "frontend1")
the = None  # the murder of all of them


def message(n):
    return b"From: a@example.org\r\nSubject: m%d\r\n\r\nHello\r\n" % n


def start():
    """bob owns INBOX; work is nobody's, eve reads it too; far is at another server."""
    global the
    the = murder.Murder(backends=2)
    the.add_user("bob", 1)
    the.add_user("eve", 1)
    for server, name in (("backend1", "work"), ("backend1", "target"), ("backend2", "far")):
        with the.imap(server, "cyrus") as c:
            check(c.create(name))
            for who in ("cyrus", "bob", "eve"):
                check(c.setacl(name, who, RIGHTS))
    with the.imap("frontend1", "cyrus") as c:
        for name in ("work", "target", "far"):
            murder.wait_for(lambda: c.list('""', name)[1] != [None], name)


def fill(mailbox="work", messages=4):
    """So many messages in it, without flags, and nothing else."""
    server = "backend2" if mailbox == "far" else "backend1"
    with the.imap(server, "cyrus") as c:
        check(c.select(mailbox))
        check(c.uid("STORE", "1:*", "+FLAGS.SILENT", "(\\Deleted)"))
        check(c.expunge())
        for n in range(messages):
            check(c.append(mailbox, None, None, message(n + 1)))


def expunge(user, *uids):
    with Session(the, "backend1", user) as c:
        c.ok("SELECT work")
        c.ok("UID STORE %s +FLAGS.SILENT (\\Deleted)" % ",".join(map(str, uids)))
        c.ok("UID EXPUNGE %s" % ",".join(map(str, uids)))


def modseqs(lines):
    return [int(n) for n in re.findall(r"OK \[HIGHESTMODSEQ (\d+)\]", "\n".join(lines))]


def modseq_of(line):
    return int(re.search(r"MODSEQ \((\d+)\)", line).group(1))


def uids_of(c):
    c.ok("UID FETCH 1:* (UID)")
    return list(c.uids)


def subjects(mailbox):
    server = "backend2" if mailbox == "far" else "backend1"
    with Session(the, server, "bob") as c:
        c.ok("EXAMINE " + mailbox)
        return sorted(re.findall(r"Subject: (m\d+)", "\n".join(
            c.ok("UID FETCH 1:* (BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))))


# ------------------------------------------------------------------ modseqs

ENABLES = ["ENABLE CONDSTORE", "ENABLE QRESYNC", "FETCH 1 (MODSEQ)", "UID FETCH 1:* (UID MODSEQ)",
           "FETCH 1 (FLAGS) (CHANGEDSINCE 1)", "STORE 1 (UNCHANGEDSINCE 1) +FLAGS (\\Seen)",
           "UID STORE 1:* (UNCHANGEDSINCE 999999) +FLAGS.SILENT (\\Flagged)",
           "SEARCH MODSEQ 1", "UID SEARCH RETURN (COUNT) MODSEQ 1",
           "SORT (DATE) UTF-8 MODSEQ 1", "UID THREAD REFS UTF-8 MODSEQ 1",
           "STATUS work (HIGHESTMODSEQ)", "STATUS target (MESSAGES HIGHESTMODSEQ)",
           'LIST "" target RETURN (STATUS (HIGHESTMODSEQ))']
# A server that is not the one of the selected mailbox answers.
ENABLE_ELSEWHERE = ["STATUS far (HIGHESTMODSEQ)", 'LIST "" far RETURN (STATUS (HIGHESTMODSEQ))']


def check_enables(where, said, examine):
    with Session(the, where) as c:
        selected = modseqs(c.ok("EXAMINE work" if examine else "SELECT work"))
        plain = c.ok("FETCH 1 (FLAGS)")
        assert not modseqs(plain) and "MODSEQ" not in plain[0], plain
        told = modseqs(c.ok(said))
        assert told == selected, (said, told, selected)
        # Once; and from now on with everything that changes, wherever it is.
        assert not modseqs(c.ok("ENABLE CONDSTORE")), said
        assert not modseqs(c.ok("FETCH 1 (MODSEQ)")), said
        change_flags("work")
        assert any("MODSEQ (" in line for line in c.ok("NOOP") if " FETCH " in line), said
        if where == "frontend1":
            c.ok("SELECT far")
            change_flags("far")
            assert any("MODSEQ (" in line for line in c.ok("NOOP") if " FETCH " in line), said


def change_flags(mailbox):
    with the.imap("backend2" if mailbox == "far" else "backend1", "cyrus") as c:
        check(c.select(mailbox))
        check(c.store("1", "-FLAGS", "(\\Answered)"))
        check(c.store("1", "+FLAGS", "(\\Answered)"))


def test_who_knows_of_modseqs_is_told_the_highest():
    fill()
    fill("far", 1)
    for where in WHERE:
        for said in ENABLES + (ENABLE_ELSEWHERE if where == "frontend1" else []):
            examine = not said.startswith(("STORE", "UID STORE"))
            check_enables(where, said, examine)


def test_what_is_told_is_not_ahead_of_an_expunge_that_waits():
    for where in WHERE:
        fill()
        with Session(the, where) as c:
            before = modseqs(c.select("work"))[0]
            expunge("eve", uids_of(c)[0])
            c.ok("FETCH 2 (FLAGS)")  # tells no EXPUNGE
            told = modseqs(c.ok("FETCH 2 (MODSEQ)"))
            assert set(told) == {before}, (told, before)
            # RFC 7162 3.2: with each answer until it is told.
            change_flags("work")
            told = modseqs(c.ok("SEARCH ALL"))
            assert told == [before], (told, before)
            assert "1 EXPUNGE" in c.ok("NOOP")
            assert not modseqs(c.ok("SEARCH ALL"))


def test_an_empty_mailbox_has_a_modseq():
    for where in WHERE:
        fill(messages=0)
        with Session(the, where) as c:
            assert modseqs(c.select("work"))[0] > 0
            c.ok("CREATE INBOX.new-" + where)
            assert modseqs(c.select("INBOX.new-" + where))[0] > 0
            status = c.ok("STATUS INBOX.new-%s (HIGHESTMODSEQ)" % where)[0]
            assert int(re.search(r"HIGHESTMODSEQ (\d+)", status).group(1)) > 0, status


def test_move_gives_the_highest_modseq():
    for where in WHERE:
        for target in ("target", "work", "far"):
            if where == "backend1" and target == "far":
                continue
            fill()
            with Session(the, where) as c:
                before = modseqs(c.select("work"))[0]
                untagged, tagged = c.do("MOVE 2:3 " + target)
                told = re.match(r"OK \[HIGHESTMODSEQ (\d+)\]", tagged)
                assert told and int(told.group(1)) > before, (where, target, tagged)
                assert untagged[-1] != "EXPUNGE", untagged
                after = modseqs(c.select("work"))
                assert after == [int(told.group(1))], (where, target, tagged, after)


def test_no_star_in_what_a_client_knows():
    fill()
    for where in WHERE:
        with Session(the, where) as c:
            c.ok("ENABLE QRESYNC")
            c.select("work")
            for known in ("1:*", "*", "*:2", "1,3:*", "1:3 (1:* 1:3)", "1:3 (1:2 2:*)",
                          "(1,* 1:2)"):
                answer = c.do("SELECT work (QRESYNC (1 1 %s))" % known)[1]
                assert answer.startswith("BAD"), (known, answer)
            assert "FETCH" in c.ok("FETCH 1 FLAGS")[0]  # still selected
            c.ok("SELECT work (QRESYNC (1 1 1:3 (1:2 1:2)))")


def test_seen_of_a_user_is_a_change_of_his():
    """work is nobody's: \\Seen is kept by user. So is that of INBOX for eve."""
    with the.imap("backend1", "cyrus") as c:
        check(c.setacl("user.bob", "eve", RIGHTS))
    how = {"STORE": "UID STORE %d +FLAGS (\\Seen)", "silent": "UID STORE %d +FLAGS.SILENT (\\Seen)",
           "replace": "UID STORE %d FLAGS (\\Seen)", "removed": "UID STORE %d -FLAGS (\\Seen)",
           "read": "UID FETCH %d (BODY[])"}
    for where in WHERE:
        fill()
        for name, said in how.items():
            with Session(the, where, "eve") as c, Session(the, where, "eve") as other:
                other.ok("ENABLE CONDSTORE")
                other.select("work")
                uid = uids_of(other)[0]
                now = modseqs(c.select("work"))[0]
                if name == "removed":
                    c.ok("UID STORE %d +FLAGS (\\Seen)" % uid)
                    now = modseqs(c.select("work"))[0]
                elif name != "STORE":
                    c.ok("UID STORE %d -FLAGS (\\Seen)" % uid)
                    now = modseqs(c.select("work"))[0]
                other.ok("NOOP")
                c.ok(said % uid)
                told = [line for line in other.ok("NOOP") if " FETCH " in line]
                assert len(told) == 1 and modseq_of(told[0]) > now, (where, name, told)
                assert ("\\Seen" in told[0]) == (name != "removed"), (where, name, told)
                changed = c.ok("UID FETCH 1:* (FLAGS) (CHANGEDSINCE %d)" % now)
                assert [line for line in changed if "UID %d " % uid in line], (where, name, changed)
                conflict = c.do("UID STORE %d (UNCHANGEDSINCE %d) -FLAGS (\\Seen)" % (uid, now))[1]
                assert conflict.startswith("OK [MODIFIED %d]" % uid), (where, name, conflict)
                assert modseqs(c.select("work"))[0] == modseq_of(told[0]), (where, name)


# ------------------------------------------------------------------ messages that are expunged

def with_two_expunged(where):
    """A session that has four messages, of which the second and third are expunged."""
    fill()
    c = Session(the, where)
    c.select("work")
    uids = uids_of(c)
    expunge("eve", *uids[1:3])
    return c, uids


GONE = "OK [EXPUNGEISSUED]"
ELSEWHERE = [
    ("STORE 1:4 +FLAGS.SILENT (\\Flagged)", "OK Completed"),
    ("STORE 2:3 +FLAGS.SILENT (\\Flagged)", "OK Completed"),
    ("STORE 1:4 +FLAGS (\\Flagged)", GONE),
    ("STORE 2 FLAGS (\\Flagged)", GONE),
    ("UID STORE 1:* +FLAGS (\\Flagged)", "OK"),
    ("SEARCH ALL", GONE),
    ("UID SEARCH ALL", GONE),
    ("SEARCH RETURN (COUNT) SUBJECT m", GONE),
    ("SORT (REVERSE SUBJECT) UTF-8 ALL", GONE),
    ("UID SORT (DATE) UTF-8 ALL", GONE),
    ("SORT RETURN (COUNT) (FROM) UTF-8 SUBJECT m", GONE),
    ("THREAD REFERENCES UTF-8 ALL", GONE),
    ("UID THREAD ORDEREDSUBJECT UTF-8 ALL", GONE),
    ("FETCH 1:4 (FLAGS)", "OK"),
    ("FETCH 1:4 (BODY.PEEK[])", "OK"),
]


def test_what_others_expunged_is_no_error():
    for where in WHERE:
        for said, wanted in ELSEWHERE:
            c, _ = with_two_expunged(where)
            with c:
                untagged, tagged = c.do(said)
                assert tagged.startswith(wanted), (where, said, untagged, tagged)
                numbers = said.startswith(("STORE", "SEARCH", "SORT", "THREAD", "FETCH"))
                assert not numbers or not any("EXPUNGE" in u for u in untagged), untagged
                if "SEARCH" in said:
                    assert re.search(r" (1 4|\d+ \d+|COUNT 2)$", untagged[0]), untagged
                c.ok("NOOP")
                assert len(c.uids) == 2
                assert c.do("SEARCH ALL")[1] == "OK Completed"


def test_copy_and_move_take_what_others_expunged():
    for where in WHERE:
        for target in ("target", "far", "work"):
            if where == "backend1" and target == "far":
                continue
            for verb in ("COPY 1:4", "UID COPY 1:*", "COPY 2", "MOVE 1:4", "UID MOVE 1:*",
                         "MOVE 3"):
                if target != "work":
                    fill(target, 0)
                c, uids = with_two_expunged(where)
                with c:
                    untagged, tagged = c.do("%s %s" % (verb, target))
                    if (where, target) == ("frontend1", "far") and not verb.startswith("COPY"):
                        # A server tells on the way that they are gone: all or none.
                        assert tagged.startswith("NO [EXPUNGEISSUED]"), tagged
                        assert subjects("far") == [] and subjects("work") == ["m1", "m4"]
                        continue
                    assert tagged.startswith("OK"), (where, verb, target, untagged, tagged)
                    code = re.search(r"\[COPYUID \d+ (\S+) \S+\]", "\n".join(untagged + [tagged]))
                    assert code, (untagged, tagged)
                    taken = {"2": [2], "3": [3]}.get(verb[-1], [1, 2, 3, 4])
                    there = ["m%d" % n for n in taken]
                    left = ["m%d" % n for n in (1, 4) if "MOVE" not in verb or n not in taken]
                    if target == "work":
                        assert subjects("work") == sorted(left + there), (where, verb, target)
                    else:
                        assert subjects(target) == there, (where, verb, target, subjects(target))
                        assert subjects("work") == left, (where, verb, target)


def test_what_was_moved_is_not_moved_again():
    for where in WHERE:
        for target in ("target", "far"):
            if where == "backend1" and target == "far":
                continue
            fill()
            fill(target, 0)
            with Session(the, where) as c, Session(the, where, "eve") as other:
                c.select("work")
                other.select("work")
                other.ok("MOVE 2:3 " + target)
                answer = c.do("MOVE 1:4 " + target)[1]
                assert answer.startswith("NO [EXPUNGEISSUED]"), (where, target, answer)
                assert subjects(target) == ["m2", "m3"], (where, target)
                c.ok("NOOP")
                c.ok("MOVE 1:2 " + target)
                assert subjects(target) == ["m1", "m2", "m3", "m4"]


def test_a_fetch_tells_anothers_change_once():
    for where in WHERE:
        fill()
        for enable in (None, "ENABLE CONDSTORE", "ENABLE QRESYNC"):
            for said in ("FETCH 1:2 (FLAGS)", "UID FETCH 1:* (UID FLAGS)", "FETCH 1:2 FAST",
                         "STORE 1:2 +FLAGS (\\Draft)"):
                with Session(the, where) as c:
                    if enable:
                        c.ok(enable)
                    c.select("work")
                    change_flags("work")
                    lines = [u for u in c.ok(said) if u.startswith("1 FETCH")]
                    assert len(lines) == 1 and "\\Answered" in lines[0], (where, said, lines)
                    assert bool(enable) == ("MODSEQ (" in lines[0]), lines
                    assert c.ok("NOOP") == [], (where, said)
                    # What it did not say is told.
                    change_flags("work")
                    lines = [u for u in c.ok("FETCH 1:2 (UID)") if "FLAGS" in u]
                    assert len(lines) == 1, (where, lines)


def test_a_copy_to_another_server_swallows_no_change():
    fill()
    with Session(the, "frontend1") as c:
        c.select("work")
        change_flags("work")
        lines = c.ok("COPY 1:2 far")
        assert any(re.match(r"1 FETCH .*\\Answered", u) for u in lines), lines


if __name__ == "__main__":
    start()
    atexit.register(the.stop)
    harness.main()
