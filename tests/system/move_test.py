#!/usr/bin/env python3
"""Moves between backends: what travels, what is left, and what clients notice."""
import hashlib
import imaplib
import json
import os
import re
import smtplib
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import mupdate_client
import murder

check = murder.check
OPTIONS = {"allowusermoves": "yes", "move_grace": "0s", "expunge_mode": "delayed"}
MESSAGE = (b"From: a@b.example\r\nTo: c@d.example\r\nSubject: number %d\r\n"
           b"Message-ID: <%d@x.example>\r\n\r\nbody of %d\r\n")


def message(n):
    return MESSAGE % (n, n, n)


def where(m, mailbox):
    """The location that the mupdate master has for an active mailbox, or None."""
    with mupdate_client.Client(m["mupdate"].address("mupdate")) as c:
        c.login("backend1", m.node_password)
        data, _ = c.run("FIND", mailbox)
    return data[0][3] if data and data[0][1] == "MAILBOX" else None


def held(m, server):
    """The mailboxes that this server has itself, in whatever state."""
    listed = json.loads(m[server].run("ctl_mboxlist", "-d").stdout)
    return [name for name, entry in listed.items() if "r" not in entry["mbtype"]]


def facts(c, mailbox):
    """Everything that a client can know of a mailbox's messages."""
    check(c.select(mailbox, readonly=True))
    codes = {name: c.response(name)[1][0] for name in ("UIDVALIDITY", "UIDNEXT")}
    data = check(c.uid("FETCH", "1:*", "(UID FLAGS INTERNALDATE RFC822.SIZE MODSEQ BODY.PEEK[])"))
    parts = [(re.sub(rb" ?\\Recent", b"", d[0]), d[1]) for d in data if isinstance(d, tuple)]
    tails = [d for d in data if isinstance(d, bytes)]
    check(c.unselect())
    return codes, parts, tails


def fill(m, user="alice"):
    """A user with two mailboxes, flags, an expunged message, a subscription and a quota."""
    c = m.imap("frontend1", user)
    for n in range(1, 8):
        check(c.append("INBOX", None, '" 7-Feb-2024 22:43:0%d +0130"' % n, message(n)))
    check(c.xatom("CREATE", "INBOX.Sent", r"(USE (\Sent))"))
    check(c.append("INBOX.Sent", r"(\Seen $Label1)", None, message(20)))
    check(c.xatom("SETMETADATA", "INBOX.Sent",
                  '(/shared/comment "for all" /private/comment "mine")'))
    check(c.select("INBOX"))
    check(c.store("1:3", "+FLAGS", r"(\Seen \Flagged)"))
    check(c.store("2", "+FLAGS", "(work $Forwarded)"))
    check(c.store("5", "+FLAGS", r"(\Deleted)"))
    check(c.expunge())
    check(c.close())
    check(c.subscribe("INBOX.Sent"))
    check(c.logout())
    a = m.imap("frontend1", "cyrus")
    check(a.setquota("user.%s" % user, "(STORAGE 5000)"))
    check(a.logout())


def responses(c, command):
    """The untagged answers to a command, sorted."""
    c.send(b"Y1 " + command.encode() + b"\r\n")
    lines = []
    while True:
        line = c.readline().decode()
        assert line, "the connection ended"
        if line.startswith("Y1 "):
            assert line.startswith("Y1 OK"), line
            return sorted(lines)
        lines.append(line)


def two_backends(**extra):
    m = murder.Murder(backends=2, frontends=1, extra=dict(OPTIONS, **extra))
    m.add_user("alice", backend=1)
    m.add_user("bob", backend=2)
    return m


def test_a_user_moves_with_everything():
    with two_backends() as m:
        fill(m)
        c = m.imap("frontend1", "alice")
        before = {box: facts(c, box) for box in ("INBOX", "INBOX.Sent")}

        def surroundings():
            return [check(c.list()), check(c.lsub()), check(c.getquotaroot("INBOX")),
                    responses(c, 'LIST "" "*" RETURN (SPECIAL-USE)'),
                    responses(c, "GETMETADATA INBOX.Sent (/shared/comment /private/comment)")]
        lists = surroundings()
        assert any("\\Sent" in line for line in lists[3]), lists
        assert "mine" in str(lists[4]), lists
        check(c.logout())
        a = m.imap("frontend1", "cyrus")
        check(a._simple_command("RENAME", "user.alice", "user.alice", "backend2"))
        for box in ("user.alice", "user.alice.Sent"):
            assert where(m, box) == "backend2!default", where(m, box)
        c = m.imap("frontend1", "alice")
        for box, known in before.items():
            assert facts(c, box) == known, (box, known, facts(c, box))
        assert surroundings() == lists
        check(c.append("INBOX", None, None, message(9)))
        check(c.logout())
        m["backend1"].run("ctl_mboxlist", "-s")
        assert not [n for n in held(m, "backend1") if "alice" in n]
        assert not os.path.exists(os.path.join(m["backend1"].dir, "spool", "user", "alice"))
        # And back again.
        check(a.xatom("XFER", "user.alice", "backend1"))
        c = m.imap("frontend1", "alice")
        assert check(c.select("INBOX")) == [b"7"]
        check(c.logout())
        check(a.logout())


def test_a_shared_mailbox_moves_with_what_each_has_seen():
    with two_backends() as m:
        a = m.imap("frontend1", "cyrus")
        check(a.xatom("CREATE", "pub", "backend1"))
        for user in ("alice", "bob"):
            check(a.setacl("pub", user, "lrswitekxa"))
        check(a.setquota("pub", "(STORAGE 1000 MESSAGE 50)"))
        seen = {}
        for user, numbers in (("alice", "1,3"), ("bob", "2:4")):
            with m.imap("frontend1", user) as c:
                if user == "alice":
                    for n in range(1, 6):
                        check(c.append("pub", None, None, message(n)))
                check(c.select("pub"))
                check(c.store(numbers, "+FLAGS", r"(\Seen)"))
                seen[user] = check(c.search(None, "SEEN"))
        check(a._simple_command("RENAME", "pub", "pub", "backend2!default"))
        assert where(m, "pub") == "backend2!default"
        for user, numbers in seen.items():
            with m.imap("frontend1", user) as c:
                check(c.select("pub"))
                assert check(c.search(None, "SEEN")) == numbers, user
        assert b"STORAGE" in check(a.getquota("pub"))[0]
        # What a user reads there after the move is not undone by the next one.
        with m.imap("frontend1", "bob") as c:
            check(c.select("pub"))
            check(c.store("2", "-FLAGS", r"(\Seen)"))
        check(a.xatom("XFER", "pub", "backend1", "default"))
        with m.imap("frontend1", "bob") as c:
            check(c.select("pub"))
            assert check(c.search(None, "SEEN")) == [b"3 4"]
        check(a.logout())


def scripts_of(m, backend, user):
    folder = os.path.join(m[backend].dir, "conf", "sieve", user[0], user)
    found = {}
    if os.path.isdir(folder):
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            found[name] = os.readlink(path) if os.path.islink(path) else open(path).read()
    return found


def test_scripts_move_and_which_is_active():
    with two_backends() as m:
        folder = os.path.join(m["backend1"].dir, "conf", "sieve", "a", "alice")
        os.makedirs(folder)
        for name in ("holiday", "work list", ".hidden"):
            with open(os.path.join(folder, name + ".script"), "w") as f:
                f.write('# %s\nkeep; # "quoted" {3}\n' % name)
        os.symlink("holiday.bc", os.path.join(folder, "defaultbc"))
        m.give(os.path.join(m["backend1"].dir, "conf", "sieve"))
        before = scripts_of(m, "backend1", "alice")
        with m.imap("frontend1", "cyrus") as a:
            check(a.xatom("XFER", "user.alice", "backend2"))
        assert scripts_of(m, "backend2", "alice") == before
        assert not scripts_of(m, "backend1", "alice")


def answer_to(c, *words):
    """The tagged answer to a command, whatever it is: (kind, text)."""
    c.send(b"Z1 " + " ".join(words).encode() + b"\r\n")
    while True:
        line = c.readline()
        assert line, "the connection ended"
        if line.startswith(b"Z1 "):
            kind, text = line[3:].decode().rstrip().split(" ", 1)
            return kind, text


def test_refusals():
    with two_backends() as m:
        with m.imap("frontend1", "alice") as c:
            check(c.create("INBOX.Sent"))
            for line in (("XFER", "INBOX", "backend2"), ("SYNCGET", "USER", "alice"),
                         ("SYNCAPPLY", "UNUSER", "alice"), ("SYNCRESTART",)):
                assert answer_to(c, *line)[0] in ("NO", "BAD"), line
        for at in ("frontend1", "backend1"):
            with m.imap(at, "cyrus") as a:
                for name, server in (("user.alice", "backend1"), ("user.alice", "nowhere"),
                                     ("user.alice.Sent", "backend2"), ("nothing", "backend2"),
                                     ("user.nobody", "backend2"), ("none*", "backend2")):
                    kind, data = a.xatom("XFER", name, server)
                    assert kind == "NO", (at, name, server, data)
            # Known to its own server only, which takes another in its place.
            with m.imap(at, "cyrus") as a:
                for line in (("XFER", "user.alice", "backend2", "nosuch"),
                             ("RENAME", "user.alice", "user.alice", "backend2!nosuch")):
                    kind, data = a.xatom(*line)
                    assert kind == "NO" and b"nvalid partition" in data[0], (at, line, data)
            spool = os.path.join(m["backend2"].dir, "spool")
            left = [folder for folder, _, _ in os.walk(spool) if folder.endswith("alice")]
            assert not left, (at, left)
        with m.imap("backend1", "alice") as c:
            check(c.append("INBOX", None, None, message(1)))  # nothing is left frozen
        assert where(m, "user.alice") == "backend1!default"
        assert m["backend1"].run("murder", "move").stdout.strip() == ""
    with two_backends(allowusermoves="no") as m, m.imap("frontend1", "cyrus") as a:
        kind, data = a.xatom("XFER", "user.alice", "backend2")
        assert kind == "NO" and b"not supported" in data[0], data


def test_the_syncing_commands_change_nothing_that_is_in_use():
    with two_backends() as m:
        with m.imap("backend1", "alice") as c:
            check(c.append("INBOX", None, None, message(1)))
        with m.imap("backend1", "murder", m.node_password) as a:
            for line in (("SYNCAPPLY", "LOCAL_UNMAILBOX", "user.alice"),
                         ("SYNCAPPLY", "UNUSER", "alice"),
                         ("SYNCAPPLY", "EXPUNGE", "%(MBOXNAME user.alice UID (1))"),
                         ("SYNCAPPLY", "LOCAL_RENAME",
                          "%(OLDMBOXNAME user.alice NEWMBOXNAME user.mallory)"),
                         ("SYNCAPPLY", "NOTHING", "NIL"), ("SYNCGET", "NOTHING", "NIL"),
                         ("SYNCAPPLY", "MAILBOX", "%(MBOXNAME user.alice UNIQUEID 00)")):
                kind, text = answer_to(a, *line)
                assert kind == "NO" and text.startswith("IMAP_"), (line, text)
        a = m.imap("backend1", "murder", m.node_password)
        a.send(b"X1 SYNCAPPLY MAILBOX %(MBOXNAME (a\r\n")  # not a value: the end
        while a.readline():
            pass
        a.shutdown()
        with m.imap("backend1", "alice") as c:
            assert check(c.select("INBOX")) == [b"1"]


# What Cyrus 3.12 says when it moves a user here, up to the MUPDATEPUSH.
def incoming(c, user):
    text = b"Subject: x\r\n\r\nfrom elsewhere\r\n"
    guid = hashlib.sha1(text).hexdigest()
    kind, _ = answer_to(c, "SYNCGET", "USER", user)
    assert kind == "OK"
    c.send(b"X2 SYNCAPPLY MESSAGE (%%{default %s %d}\r\n%s)\r\n" %
           (guid.encode(), len(text), text))
    assert c.readline().startswith(b"X2 OK"), "MESSAGE"
    record = ('%%(UID 1 MODSEQ 4 LAST_UPDATED 1700000000 FLAGS (foo) INTERNALDATE 1700000000 '
              'SIZE %d GUID %s ANNOTATIONS (%%(ENTRY /vendor/cmu/cyrus-imapd/savedate USERID "" '
              'MODSEQ 0 VALUE {10+}\r\n1700000001)))' % (len(text), guid))
    for n, name in enumerate(("user." + user, "user.%s.Sent" % user)):
        kind, text = answer_to(
            c, "SYNCAPPLY", "LOCAL_MAILBOX",
            '%%(UNIQUEID 0c4b9bd8-5b0b-4c0c-9f63-6b8c6c8d5a1%d MBOXNAME %s SYNC_CRC 0 LAST_UID 1 '
            'HIGHESTMODSEQ 5 RECENTUID 1 RECENTTIME 0 LAST_APPENDDATE 0 POP3_LAST_LOGIN 0 '
            'UIDVALIDITY 1700000000 PARTITION default ACL "%s\tlrswipkxtecdan\t" OPTIONS P '
            'USERFLAGS (foo bar) RECORD (%s))' % (n, name, user, record))
        assert kind == "OK", text
    for verb, value in (
            ("QUOTA", "%%(ROOT user.%s LIMIT 5000 STORAGE 5000 MESSAGE 1000 MAILBOX 50 "
                      "X-NUM-FOLDERS 50 MODSEQ 4)" % user),
            ("SUB", "%%(USERID %s MBOXNAME user.%s)" % (user, user)),
            ("SIEVE", '%%(USERID %s FILENAME x.script LAST_UPDATE 1 CONTENT "keep;")' % user),
            ("ACTIVATE_SIEVE", "%%(USERID %s FILENAME x.bc)" % user)):
        kind, text = answer_to(c, "SYNCAPPLY", verb, value)
        assert kind == "OK", (verb, text)
    c.send(("X3 SYNCGET MAILBOXES (user.%s user.%s.Sent)\r\n" % (user, user)).encode())
    lines = []
    while not (line := c.readline()).startswith(b"X3 "):
        lines.append(line)
    # A QUOTA line would fail the move.
    assert len(lines) == 2 and all(x.startswith(b"* MAILBOX %(") for x in lines), lines
    assert all(b" USERFLAGS (foo bar)" in x for x in lines), lines


def files_of(m, server, user):
    """What this server has of a user beside the mailboxes."""
    found = []
    for folder, _, names in os.walk(m[server].dir):
        found += [os.path.join(folder, n) for n in names
                  if n == user + ".sub" or ("/sieve/" in folder and "/%s" % user in folder)]
    return found


def test_a_user_comes_from_cyrus_3_12():
    with two_backends() as m:
        m.add_user("carol", backend=1)
        with m.imap("backend2", "murder", m.node_password) as c:
            incoming(c, "carol")
            with mupdate_client.Client(m["mupdate"].address("mupdate")) as master:
                master.login("backend1", m.node_password)
                master.run("DEACTIVATE", "user.carol", "backend1!default")
            for name in ("user.carol", "user.carol.Sent"):
                check(c.xatom("MUPDATEPUSH", name))
        assert where(m, "user.carol.Sent") == "backend2!default"
        with m.imap("frontend1", "carol") as c:
            check(c.select("INBOX"))
            assert b"from elsewhere" in check(c.fetch("1", "(BODY.PEEK[] FLAGS)"))[0][1]
            assert b"foo bar" in c.response("FLAGS")[1][0], c.response("FLAGS")
            assert b"MAILBOX 2 50" in check(c.getquota("INBOX"))[0]


def test_what_a_failed_move_left_is_told_and_goes():
    with two_backends() as m:
        def look():
            """What the tools say of it, and what is there."""
            done = m["backend2"].run("murder", "check", check=False)
            told = m["frontend1"].run("murder", "conflicts").stdout
            other = m["backend1"].run("murder", "check", check=False)
            assert "no conflicts" in told and "murder conflicts" not in done.stdout, done.stdout
            assert other.returncode == 0, other.stdout
            return done.returncode, done.stdout

        def left():
            return ([n for n in held(m, "backend2") if "alice" in n],
                    "user.alice" in m["backend2"].run("quota").stdout,
                    bool(files_of(m, "backend2", "alice")))

        def agent():
            m["backend2"].run("ctl_mboxlist", "-s")
            return left()
        everything = (["user.alice", "user.alice.Sent"], True, True)
        nothing = ([], False, False)
        assert look()[0] == 0 and agent() == nothing
        c = m.imap("backend2", "murder", m.node_password)
        incoming(c, "alice")
        # Under way: nothing goes.
        assert agent() == everything, left()
        code, text = look()
        assert code == 1 and text.count("a move brings it here") == 2, text
        # The source has ended with the mailbox reserved: it may have removed its own.
        with mupdate_client.Client(m["mupdate"].address("mupdate")) as master:
            master.login("backend1", m.node_password)
            master.run("DEACTIVATE", "user.alice", "backend1!default")
            c.shutdown()
            murder.wait_for(lambda: agent()[0] == ["user.alice", "user.alice.Sent"], "the copy")
            _, answer = master.run("ACTIVATE", "user.alice", "backend1!default",
                                   "alice\tlrswipkxtecdan\t")
        # It goes on using it: what is left here is nobody's. Sent the master does not know at all.
        murder.wait_for(lambda: agent()[0] == ["user.alice.Sent"], "the copy goes")
        assert not files_of(m, "backend2", "alice"), files_of(m, "backend2", "alice")
        with m.imap("frontend1", "alice") as c:
            check(c.create("INBOX.Sent"))
        murder.wait_for(lambda: agent() == nothing, "the other one goes")
        assert look()[0] == 0, look()


# As Cyrus tells the master of a mailbox that it renamed.
def test_locations_without_a_partition():
    with two_backends() as m:
        with m.imap("frontend1", "cyrus") as a:
            check(a._simple_command("CREATE", "shared", "backend1!default"))

        def told(*names):
            with mupdate_client.Client(m["mupdate"].address("mupdate")) as master:
                master.login("backend1", m.node_password)
                for name in names:
                    data, _ = master.run("FIND", name)
                    master.run("ACTIVATE", name, "backend1!", data[0][4])
            # The replica has it too.
            m["frontend1"].run("murder", "check", check=False)
        told("user.alice", "shared")
        with m.imap("frontend1", "alice") as c:
            check(c.append("INBOX", None, None, message(1)))
            assert check(c.select("INBOX")) == [b"1"]
            check(c.create("INBOX.a"))
            check(c.copy("1", "INBOX.a"))
            check(c.rename("INBOX.a", "INBOX.b"))
            assert where(m, "user.alice.b") == "backend1!default"
            told("user.alice.b")
            check(c.create("INBOX.b.c"))
            assert b"MESSAGES 1" in check(c.status("INBOX.b", "(MESSAGES)"))[0]
            check(c.setacl("INBOX.b", "bob", "lr"))
            told("user.alice.b")
            check(c.delete("INBOX.b.c"))
            assert len(check(c.list())) == 3, c.list()
        with m.imap("frontend1", "cyrus") as a:
            check(a.setquota("user.alice", "(STORAGE 100)"))
            check(a.create("shared.below"))
            assert where(m, "shared.below") == "backend1!default"
            told("user.alice", "shared", "shared.below")
            m.deliver(message(2), ["alice"])
            check(a._simple_command("RENAME", "user.alice", "user.alice", "backend2"))
            check(a.xatom("XFER", "shared", "backend2"))
            assert where(m, "user.alice.b") == "backend2!default"
            assert where(m, "shared") == "backend2!default"
        done = m["frontend1"].run("murder", "move", "shared.below", "backend2!default")
        assert where(m, "shared.below") == "backend2!default", done.stdout
        with m.imap("frontend1", "alice") as c:
            assert check(c.select("INBOX")) == [b"2"]
        m["backend1"].run("ctl_mboxlist", "-s")
        assert held(m, "backend1") == [], held(m, "backend1")


def test_a_pattern_moves_users_and_shared_mailboxes():
    with two_backends() as m:
        m.add_user("albert", backend=1)
        with m.imap("frontend1", "cyrus") as a:
            check(a.xatom("CREATE", "pub", "backend1"))
            check(a.xatom("XFER", "user.al%", "backend2"))
            assert where(m, "user.alice") == where(m, "user.albert") == "backend2!default"
            assert where(m, "pub") == "backend1!default"
        with m.imap("backend2", "cyrus") as a:  # all of a partition
            check(a.xatom("XFER", "default", "backend1"))
        for name in ("user.alice", "user.albert", "user.bob", "pub"):
            assert where(m, name) == "backend1!default", name


def test_murder_move_and_drain():
    with two_backends() as m:
        fill(m)
        tool = m["frontend1"]
        out = tool.run("murder", "move", "--dry-run", "user.alice", "backend2").stdout
        assert "can go from backend1 to backend2" in out, out
        assert where(m, "user.alice") == "backend1!default"
        out = tool.run("murder", "move", "user.alice", "backend2!default").stdout
        assert "moved from backend1 to backend2" in out, out
        assert where(m, "user.alice.Sent") == "backend2!default"
        assert tool.run("murder", "move", "user.alice", "backend2", check=False).returncode == 2
        with m.imap("frontend1", "cyrus") as a:
            check(a.xatom("CREATE", "pub", "backend2"))
        out = tool.run("murder", "drain", "--dry-run", "backend2", "--to", "backend1").stdout
        assert out.splitlines() == ["pub: to backend1", "user.alice: to backend1",
                                    "user.bob: to backend1"], out
        out = tool.run("murder", "drain", "backend2", "--to", "backend1", "--rate", "6000").stdout
        assert "backend2: 3 moved, 0 not" in out, out
        assert where(m, "pub") == "backend1!default"
        with m.imap("frontend1", "alice") as c:
            assert check(c.select("INBOX")) == [b"6"]


def put_in_the_way(m, taken):
    """backend2 has this mailbox, and the master lists what it listed."""
    names = [".".join(taken.split(".")[:2]), taken][taken.count(".") < 2:]
    with mupdate_client.Client(m["mupdate"].address("mupdate")) as c:
        c.login("backend1", m.node_password)
        listed = [c.run("FIND", name)[0] for name in names]
        for name in names:
            c.status("DELETE", name)
        with m.imap("backend2", "cyrus") as a:
            for name in names:  # a server with a copy of the list hears of the DELETE later
                murder.wait_for(lambda n=name: a.create(n)[0] == "OK", name + " is free")
            if names[0] != taken:
                check(a.xatom("LOCALDELETE", names[0]))
        for name, before in zip(names, listed):
            c.status("DELETE", name)
            if before:
                assert c.status("ACTIVATE", name, *before[0][3:]).startswith("OK"), name


def test_a_dry_run_foresees_what_the_move_says():
    """Whatever is in the way at the destination is named by each dry run, and then met."""
    here = "backend2 would refuse it: a mailbox of that name is here: "
    table = {  # what moves: what the destination has
        "user.free": None,
        "user.name": "user.name",
        "user.below": "user.below.Sent",
        "user.stranger": "user.stranger.Extra",
        "shared": "shared",
        "shared2": None,
    }
    with two_backends(mupdate_agent_interval="3600", delete_mode="immediate") as m:
        tool = m["frontend1"]
        with m.imap("frontend1", "cyrus") as a:
            check(a.xatom("XFER", "user.alice", "backend2"))
            for name, taken in table.items():
                check(a.xatom("CREATE", name, "backend1"))
                if name.startswith("user."):
                    check(a.create(name + ".Sent"))
                if taken:
                    put_in_the_way(m, taken)
        said = {name: here + taken if taken else None for name, taken in table.items()}

        def foreseen(*command):
            done = tool.run("murder", *command, check=False)
            return done.returncode, sorted(line for line in done.stdout.splitlines()
                                           if line.split(": ")[0] in table)
        wanted = sorted("%s: %s" % (name, why or "to backend2") for name, why in said.items())
        got = foreseen("drain", "--dry-run", "backend1", "--to", "backend2")
        assert got == (1, wanted), got
        nowhere = "backend2 would refuse it: Unknown/invalid partition: nowhere"
        got = foreseen("drain", "--dry-run", "backend1", "--to", "backend2!nowhere")
        assert got == (1, sorted("%s: %s" % (name, nowhere) for name in table)), got
        _, planned = foreseen("rebalance", "--plan", "--to", "backend1,backend2")
        assert planned and all(line.endswith(said[line.split(": ")[0]] or
                                             ": from backend1 to backend2")
                               for line in planned), planned
        for name in table:
            for target, why in (("backend2!nowhere", nowhere), ("backend2", said[name])):
                done = tool.run("murder", "move", "--dry-run", name, target, check=False)
                assert (done.returncode != 0) == (why is not None), (name, target, done)
                assert "%s: %s\n" % (name, why or "can go from backend1 to backend2") in \
                    done.stdout, (name, target, done)
                moved = tool.run("murder", "move", name, target, check=False)
                assert (moved.returncode != 0) == (why is not None), (name, target, moved)
                assert where(m, name) == ("backend1!default" if why else "backend2!default")


def test_murder_rebalance():
    with two_backends() as m:
        for n in range(5):
            m.add_user("extra%d" % n, backend=1)
        out = m["frontend1"].run("murder", "rebalance", "--plan").stdout.splitlines()
        assert out[-2:] == ["backend1: 4 mailboxes afterwards",
                            "backend2: 3 mailboxes afterwards"], out
        assert len(out) == 4 and all("from backend1 to backend2" in line for line in out[:2]), out
        out = m["frontend1"].run("murder", "rebalance", "--run").stdout
        assert "2 moved, 0 not" in out, out
        out = m["frontend1"].run("murder", "rebalance", "--plan").stdout.splitlines()
        assert len(out) == 2, out  # nothing is left to do


def test_what_is_left_stays_for_its_time():
    with two_backends(move_grace="1h") as m:
        fill(m)
        with m.imap("frontend1", "cyrus") as a:
            check(a.xatom("XFER", "user.alice", "backend2"))
        spool = os.path.join(m["backend1"].dir, "spool", "user", "alice")
        assert os.path.exists(spool)
        out = m["backend1"].run("murder", "move").stdout
        assert re.search(r"user\.alice +backend2 +moved", out), out
        m["backend1"].run("ctl_mboxlist", "-m")  # tells nothing of it
        murder.wait_for(lambda: not m["frontend1"].run("murder", "check", check=False).returncode,
                        "nor does anybody find fault with it")
        assert where(m, "user.alice") == "backend2!default"
        assert m["backend1"].run("murder", "move", "--abort", "user.alice",
                                 check=False).returncode != 0
        # A client that comes here directly is sent away, a delivery too.
        with m.imap("backend1", "alice") as c:
            assert c.select("INBOX")[0] == "NO"
        refused = m.deliver(message(30), ["alice"], instance="backend1")
        assert refused["alice"][0] // 100 == 4, refused
        # It comes back: the old copy makes room, of what was deleted meanwhile too.
        with m.imap("frontend1", "alice") as c:
            check(c.xatom("SETMETADATA", "INBOX.Sent", "(/private/specialuse NIL)"))
            check(c.delete("INBOX.Sent"))
        with m.imap("frontend1", "cyrus") as a:
            check(a.xatom("XFER", "user.alice", "backend1"))
        assert where(m, "user.alice") == "backend1!default"
        with m.imap("frontend1", "alice") as c:
            check(c.create("INBOX.Sent"))
            assert check(c.select("INBOX.Sent")) == [b"0"]
        with m.imap("frontend1", "alice") as c:
            assert check(c.select("INBOX")) == [b"6"]
        m["backend1"].run("ctl_mboxlist", "-m")
        m["backend2"].run("ctl_mboxlist", "-m")
        assert where(m, "user.alice") == "backend1!default"


def test_a_name_is_free_again_when_nothing_is_left():
    with two_backends(move_grace="1h") as m:
        fill(m)
        with m.imap("frontend1", "cyrus") as a:
            check(a.xatom("XFER", "user.alice", "backend2"))
            assert m["backend1"].run("murder", "move", "--purge", "user.bob",
                                     check=False).returncode != 0
            check(a.setacl("user.alice", "cyrus", "lrswipkxtecda"))
            check(a.delete("user.alice"))
            # Nobody but a person knows that the copy here is of no use.
            assert a.xatom("CREATE", "user.alice", "backend1")[0] == "NO"
            m["backend1"].run("murder", "move", "--purge", "user.alice")
            assert m["backend1"].run("murder", "move").stdout.strip() == ""
            check(a.xatom("CREATE", "user.alice", "backend1"))
        with m.imap("frontend1", "alice") as c:
            assert check(c.select("INBOX")) == [b"0"]
            assert check(c.list()) == [b'(\\HasNoChildren) "." INBOX'], c.list()
            assert check(c.lsub()) == [None]


def test_who_was_deleted_at_the_destination_once_moves_there():
    with two_backends(delete_mode="delayed") as m:
        fill(m)
        with m.imap("frontend1", "cyrus") as a:
            check(a.xatom("XFER", "user.alice", "backend2"))
            check(a.setacl("user.alice", "cyrus", "lrswipkxtecda"))
            check(a.delete("user.alice"))
            murder.wait_for(lambda: a.xatom("CREATE", "user.alice", "backend1")[0] == "OK",
                            "nothing of the first one is left at its first server")
            before = held(m, "backend2")
            assert sum(name.startswith("DELETED.user.alice") for name in before) == 2, before
            check(a.xatom("XFER", "user.alice", "backend2"))
        assert where(m, "user.alice") == "backend2!default"
        # What was deleted can still be had back.
        assert sorted(held(m, "backend2")) == sorted(before + ["user.alice"])


def test_deliveries_and_a_reader_meanwhile():
    """Nothing is lost or doubled; a reader has to connect again at most once for each move."""
    with two_backends() as m:
        fill(m)
        with m.imap("frontend1", "alice") as c:
            for n in range(60):
                check(c.append("INBOX", None, None, message(1000 + n)))
        stop = threading.Event()
        accepted, trouble, reconnects = [], [], []

        def deliver():
            n = 5000
            while not stop.is_set():
                n += 1
                for _ in range(200):  # as a queue would
                    try:
                        refused = m.deliver(message(n), ["alice"])
                    except (OSError, smtplib.SMTPException) as e:
                        refused = {"alice": (451, str(e))}
                    if not refused:
                        accepted.append(n)
                        break
                    if refused["alice"][0] // 100 != 4:
                        trouble.append(refused)
                        return
                    time.sleep(0.02)
                else:
                    trouble.append("deferred for too long")
                    return

        def read():
            c = m.imap("frontend1", "alice")
            c.select("INBOX", readonly=True)
            while not stop.is_set():
                try:
                    kind, data = c.fetch("1:5", "(UID FLAGS)")
                    if kind == "OK" and len(data) != 5:
                        trouble.append(data)
                        return
                    time.sleep(0.001)
                except (imaplib.IMAP4.abort, OSError):
                    reconnects.append(1)

                    c = m.imap("frontend1", "alice")
                    check(c.select("INBOX", readonly=True))

        def guarded(work):
            try:
                work()
            except BaseException as e:
                trouble.append(e)
        threads = [threading.Thread(target=guarded, args=(f,)) for f in (deliver, read)]
        for t in threads:
            t.start()
        moves = 0
        with m.imap("frontend1", "cyrus") as a:
            for server in ("backend2", "backend1", "backend2", "backend1"):
                enough = len(accepted) + 5
                murder.wait_for(lambda: trouble or len(accepted) > enough, "deliveries")
                check(a.xatom("XFER", "user.alice", server))
                moves += 1
        stop.set()
        for t in threads:
            t.join(30)
        assert not trouble, trouble
        assert len(reconnects) <= moves, reconnects
        with m.imap("frontend1", "alice") as c:
            check(c.select("INBOX"))
            data = check(c.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))
            got = [int(re.search(rb"number (\d+)", d[1]).group(1)) for d in data
                   if isinstance(d, tuple)]
        assert len(got) == len(set(got)), "a message is there twice"
        expected = [1, 2, 3, 4, 6, 7] + list(range(1000, 1060)) + accepted
        assert sorted(got) == sorted(expected), (set(expected) ^ set(got))


if __name__ == "__main__":
    harness.main()
