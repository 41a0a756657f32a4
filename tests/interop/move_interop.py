#!/usr/bin/env python3
"""Moves of users and shared mailboxes between Cyrus 3.6.1 and Rookery, in both directions."""
import base64
import datetime
import os
import re
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
import harness
import mixed
import murder
from administration import find
from move_test import responses

check = murder.check
BE2 = "be2." + mixed.DOMAIN
MESSAGE = (b"From: a@b.example\r\nTo: c@d.example\r\nSubject: number %d\r\n"
           b"Message-ID: <%d@x.example>\r\n\r\nbody of %d\r\n")


def message(n):
    return MESSAGE % (n, n, n)


def facts(c, mailbox):
    """Everything of a mailbox's messages that must be the same after a move."""
    check(c.select(mailbox, readonly=True))
    codes = {name: c.response(name)[1][0] for name in ("UIDVALIDITY", "UIDNEXT")}
    found = []
    for d in check(c.uid("FETCH", "1:*", "(UID INTERNALDATE FLAGS RFC822.SIZE MODSEQ "
                                          "BODY.PEEK[])")):
        if isinstance(d, tuple):
            head = d[0].decode()
            flags = set(re.search(r"FLAGS \(([^)]*)\)", head).group(1).split()) - {r"\Recent"}
            found.append((re.search(r"UID (\d+)", head).group(1), sorted(flags),
                          re.search(r"MODSEQ \((\d+)\)", head).group(1),
                          instant(head), d[1]))
    check(c.unselect())
    return codes, found


def instant(head):
    """The moment of an INTERNALDATE, whatever its zone."""
    text = re.search(r'INTERNALDATE "([^"]+)"', head).group(1).strip()
    return datetime.datetime.strptime(text, "%d-%b-%Y %H:%M:%S %z").timestamp()


def fill(m):
    """user1 on be1, with what a user has after some years."""
    c = m.imap("fe1", "user1")
    for n in range(1, 8):
        check(c.append("INBOX", None, '" 7-Feb-2024 22:43:0%d +0130"' % n, message(n)))
    check(c.xatom("CREATE", "INBOX.Sent", r"(USE (\Sent))"))
    check(c.xatom("SETMETADATA", "INBOX", '(/shared/comment "for all" /private/comment "mine")'))
    check(c.create("INBOX.Sent.2024"))
    check(c.append("INBOX.Sent", r"(\Seen $Label1)", None, message(20)))
    check(c.setacl("INBOX.Sent", "user2", "lrs"))
    check(c.select("INBOX"))
    check(c.store("1:3", "+FLAGS", r"(\Seen \Flagged)"))
    check(c.store("2", "+FLAGS", r"(work $Forwarded \Answered)"))
    check(c.store("5", "+FLAGS", r"(\Deleted)"))
    check(c.expunge())
    check(c.close())
    check(c.subscribe("INBOX.Sent"))
    check(c.logout())
    with m.imap("fe1", "user2") as c:
        check(c.select("user.user1.Sent"))
        check(c.store("1", "+FLAGS", r"(\Seen)"))
        check(c.subscribe("user.user1.Sent"))
    with m.imap("be1", "cyrus") as a:
        check(a.setquota("user.user1", "(STORAGE 5000)"))


def look(m):
    c = m.imap("fe1", "user1")
    boxes = {box: facts(c, box) for box in ("INBOX", "INBOX.Sent", "INBOX.Sent.2024")}
    acl = sorted(re.findall(rb"(\S+) (l\S+)", check(c.getacl("INBOX.Sent"))[0]))
    lsub = sorted(re.sub(rb"\([^)]*\)", b"", line) for line in check(c.lsub()) if line)
    quota = check(c.getquotaroot("INBOX"))
    uses = [line for line in responses(c, 'LIST "" "*" RETURN (SPECIAL-USE)') if "Sent" in line]
    # A Cyrus backend answers GETMETADATA itself; its frontend has its own idea of the syntax.
    check(c.logout())
    here = "be2" if BE2 in find(m, "user.user1") else "be1"
    with m.imap(here, "user1") as c:
        notes = responses(c, "GETMETADATA INBOX (/shared/comment /private/comment)")
    with m.imap("fe1", "user2") as c:
        check(c.select("user.user1.Sent", readonly=True))
        seen = check(c.search(None, "SEEN"))
    return {"uses": any("\\Sent" in line for line in uses),
            "notes": sorted(re.findall(r"/shared/comment for all|/private/comment mine",
                                       "".join(notes).replace('"', ""))),
            "boxes": boxes, "acl": acl, "lsub": lsub, "seen": seen,
            "quota": re.findall(rb"STORAGE \d+ (\d+)", b" ".join(quota[1]))}


def move(m, name, server):
    with m.imap("fe1", "cyrus") as a:
        check(a._simple_command("RENAME", name, name, server + "!default"))
    assert server in find(m, name), find(m, name)


def compare(before, after, source):
    for key, value in before.items():
        if key == "seen":
            # A Cyrus server does not tell what others have seen, and keeps what it knew.
            kept = set(value[0].split()) <= set(after[key][0].split())
            assert kept or source == "cyrus", (value, after[key])
        else:
            assert after[key] == value, (key, value, after[key])


def there_and_back(**flavours):
    with mixed.Mixed(**flavours) as m:
        fill(m)
        before = look(m)
        assert before["quota"] == [b"5000"], before["quota"]
        assert before["uses"], before
        assert len(before["notes"]) == 2 or flavours["fe1"] == "cyrus", before
        move(m, "user.user1", BE2)
        for box in ("user.user1.Sent", "user.user1.Sent.2024"):
            assert BE2 in find(m, box), find(m, box)
        compare(before, look(m), flavours["be1"])
        # It is in use there, and can go back with what is new.
        with m.imap("fe1", "user1") as c:
            check(c.append("INBOX", None, None, message(30)))
            check(c.select("INBOX"))
            check(c.store("1", "-FLAGS", r"(\Flagged)"))
        with murder.Lmtp(m["fe1"].address, 2003) as s:
            assert not s.deliver("s@x.example", ["user1"], message(31))
        again = look(m)
        move(m, "user.user1", "be1." + mixed.DOMAIN)
        after = look(m)
        compare(again, after, flavours["be2"])
        for backend in ("be1", "be2"):
            m[backend].run("ctl_mboxlist", "-m")
        assert "be1." in find(m, "user.user1"), find(m, "user.user1")
        assert look(m) == after


def test_ours_to_theirs_and_back_under_our_master():
    there_and_back(mup1="rookery", be1="rookery", be2="cyrus", fe1="rookery")


def test_theirs_to_ours_and_back_under_our_master():
    there_and_back(mup1="rookery", be1="cyrus", be2="rookery", fe1="rookery")


def test_ours_to_theirs_and_back_under_their_master():
    there_and_back(mup1="cyrus", be1="rookery", be2="cyrus", fe1="rookery")


def test_theirs_to_ours_and_back_under_their_master():
    there_and_back(mup1="cyrus", be1="cyrus", be2="rookery", fe1="rookery")


def test_a_shared_mailbox_to_theirs():
    with mixed.Mixed(mup1="rookery", be1="rookery", be2="cyrus", fe1="rookery") as m:
        for user, numbers in (("user1", "1,3"), ("user2", "2:4")):
            with m.imap("fe1", user) as c:
                if user == "user1":
                    for n in range(1, 6):
                        check(c.append("pub1", None, None, message(n)))
                check(c.select("pub1"))
                check(c.store(numbers, "+FLAGS", r"(\Seen)"))
        move(m, "pub1", BE2)
        for user, numbers in (("user1", [b"1 3"]), ("user2", [b"2 3 4"])):
            with m.imap("fe1", user) as c:
                check(c.select("pub1"))
                assert check(c.search(None, "SEEN")) == numbers, user


def test_mail_that_is_at_their_server_is_not_touched():
    """A Cyrus server has a mailbox of that name, which the master does not know of."""
    with mixed.Mixed(mup1="rookery", be1="rookery", be2="cyrus", fe1="rookery") as m:
        with m.imap("be2", "cyrus") as a:
            check(a.xatom("LOCALCREATE", "user.user1", "default"))
        with m.imap("be2", "user1") as c:
            check(c.append("INBOX", None, None, message(1)))
        with m.imap("fe1", "cyrus") as a:
            kind, data = a.xatom("XFER", "user.user1", BE2)
            assert kind == "NO" and b"already" in data[0], data
        with m.imap("be2", "user1") as c:
            assert check(c.select("INBOX")) == [b"1"]
        with m.imap("fe1", "user1") as c:
            check(c.append("INBOX", None, None, message(2)))


def test_a_partition_that_their_server_lacks():
    """It fails at the mailbox, or, if there is one, breaks off at the first message."""
    with mixed.Mixed(mup1="rookery", be1="rookery", be2="cyrus", fe1="rookery") as m:
        for messages in (0, 1):
            for n in range(messages):
                with m.imap("fe1", "user1") as c:
                    check(c.append("INBOX", None, None, message(n)))
            with m.imap("fe1", "cyrus") as a, m.imap("be2", "cyrus") as there:
                kind, data = a.xatom("XFER", "user.user1", BE2, "nosuch")
                assert kind == "NO", data
                assert check(there.list('""', "user.user1")) == [None]
        with m.imap("fe1", "cyrus") as a:
            check(a.xatom("XFER", "user.user1", BE2, "default"))
        with m.imap("fe1", "user1") as c:
            assert check(c.select("INBOX")) == [b"1"]


class Sieve:
    """A ManageSieve client (RFC 5804) at a Cyrus server."""

    def __init__(self, m, server, user):
        self.socket = socket.create_connection((m[server].address, 4190), murder.DEADLINE)
        self.file = self.socket.makefile("rwb")
        self.answer()
        self.command(b'AUTHENTICATE "PLAIN" "%s"'
                     % base64.b64encode(b"\0" + user.encode() + b"\0pw"))

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.file.close()
        self.socket.close()

    def answer(self):
        lines = []
        while True:
            line = self.file.readline()
            assert line, lines
            size = re.search(rb"\{(\d+)\}\r\n$", line)
            if size:
                line = self.file.read(int(size[1]))
                assert self.file.readline() == b"\r\n"
            elif line.startswith((b"OK", b"NO", b"BYE")):
                assert line.startswith(b"OK"), line
                return lines
            lines.append(line)

    def command(self, text):
        self.file.write(text + b"\r\n")
        self.file.flush()
        return self.answer()

    def put(self, name, script):
        self.command(b'PUTSCRIPT "%s" {%d+}\r\n%s' % (name, len(script), script))

    def scripts(self):
        """Name -> content, and the name of the active one."""
        listed = [re.fullmatch(rb'"(.*?)"( ACTIVE)?\r\n', x)
                  for x in self.command(b"LISTSCRIPTS")]
        active = [x[1] for x in listed if x[2]]
        assert len(active) <= 1, active
        return ({x[1]: self.command(b'GETSCRIPT "%s"' % x[1])[0] for x in listed},
                active[0] if active else None)


TIMSIEVED = 'sieve cmd="timsieved -C {d}/imapd.conf" listen="{ip}:4190" prefork=0'
SCRIPTS = {b"main": b'require ["fileinto"];\r\nfileinto "INBOX.filed";\r\n',
           b"on leave": b"# Gr\xc3\xbc\xc3\x9fe\nkeep;\n#" + b"x" * 20000 + b"\n",
           b".hidden": b"discard;\r\n", b"a.script": b"keep;\r\n"}


def script_files(m, server, user):
    """The same of a Rookery server's sievedir."""
    folder = os.path.join(m[server].dir, "sieve", user[0], user)
    names = os.listdir(folder) if os.path.isdir(folder) else []
    scripts = {}
    for name in names:
        if name.endswith(".script"):
            with open(os.path.join(folder, name), "rb") as f:
                scripts[name[:-len(".script")].encode()] = f.read()
    active = None
    if "defaultbc" in names:
        link = os.readlink(os.path.join(folder, "defaultbc"))
        assert link.endswith(".bc"), link
        active = link[:-len(".bc")].encode()
    return scripts, active


def is_filed(m, n):
    """A delivery does what the active script says."""
    with m.imap("fe1", "user1") as c:
        murder.wait_for(lambda: c.status("INBOX.filed", "(MESSAGES)")[0] == "OK", "it is there")
        with murder.Lmtp(m["fe1"].address, 2003) as s:
            assert not s.deliver("s@x.example", ["user1"], message(n))
        check(c.select("INBOX.filed", readonly=True))
        return check(c.search(None, "SUBJECT", '"number %d"' % n)) != [b""]


def test_scripts_from_theirs_to_ours_and_back():
    with mixed.Mixed(mup1="rookery", be1="cyrus", be2="rookery", fe1="rookery",
                     services={"be1": [TIMSIEVED]}) as m:
        with m.imap("fe1", "user1") as c:
            check(c.create("INBOX.filed"))
        with Sieve(m, "be1", "user1") as c:
            for name, script in SCRIPTS.items():
                c.put(name, script)
            c.command(b'SETACTIVE "main"')
            assert c.scripts() == (SCRIPTS, b"main")
        assert is_filed(m, 1)
        move(m, "user.user1", BE2)
        assert script_files(m, "be2", "user1") == (SCRIPTS, b"main")
        # Where Cyrus keeps them is not a mailbox of the user here.
        with m.imap("fe1", "user1") as c:
            assert not any(b"#" in x for x in check(c.list()))
        move(m, "user.user1", "be1." + mixed.DOMAIN)
        with Sieve(m, "be1", "user1") as c:
            assert c.scripts() == (SCRIPTS, b"main")
        assert is_filed(m, 2)
        # What has changed meanwhile changes there: one is gone, another is active, then none.
        with Sieve(m, "be1", "user1") as c:
            c.command(b'SETACTIVE "on leave"')
            c.command(b'DELETESCRIPT "main"')
        left = {k: v for k, v in SCRIPTS.items() if k != b"main"}
        move(m, "user.user1", BE2)
        assert script_files(m, "be2", "user1") == (left, b"on leave")
        move(m, "user.user1", "be1." + mixed.DOMAIN)
        with Sieve(m, "be1", "user1") as c:
            assert c.scripts() == (left, b"on leave")
            c.command(b'SETACTIVE ""')
        move(m, "user.user1", BE2)
        assert script_files(m, "be2", "user1") == (left, None)


def test_scripts_from_ours_to_theirs():
    with mixed.Mixed(mup1="rookery", be1="rookery", be2="cyrus", fe1="rookery",
                     services={"be2": [TIMSIEVED]}) as m:
        with m.imap("fe1", "user1") as c:
            check(c.create("INBOX.filed"))
        folder = os.path.join(m["be1"].dir, "sieve", "u", "user1")
        os.makedirs(folder)
        for name, script in SCRIPTS.items():
            with open(os.path.join(folder, name.decode() + ".script"), "wb") as f:
                f.write(script)
        os.symlink("main.bc", os.path.join(folder, "defaultbc"))
        subprocess.run(["chown", "-R", "cyrus:mail", os.path.dirname(folder)], check=True)
        move(m, "user.user1", BE2)
        with Sieve(m, "be2", "user1") as c:
            assert c.scripts() == (SCRIPTS, b"main")
        assert is_filed(m, 1)


def test_behind_their_frontend():
    there_and_back(mup1="cyrus", be1="rookery", be2="rookery", fe1="cyrus")


if __name__ == "__main__":
    mixed.enter()
    harness.main()
