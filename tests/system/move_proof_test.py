#!/usr/bin/env python3
"""A move is done when the master has the mailboxes at the destination: what each way to move says
of a server that answers OK and has not moved, as Cyrus does of a user that it could not move."""
import os
import re
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import fake_peer
import harness
import murder
import mupdate_client

TREE = ("user.ann", "user.ann.Sent")
OTHERS = ("user.ben", "user.ben.Sent")
ACL = "cyrus\tlrswipkxtecda\t"


class Site:
    """A frontend, a backend, and a server that looks like one of Cyrus and holds two users."""

    def __init__(self):
        self.murder = murder.Murder(backends=1, extra={"mupdate_agent_interval": "3600"})
        self.address = self.murder["mupdate"].address("mupdate")
        self.behaviour = None
        self.there = {}  # for SYNCGET
        self.fake = fake_peer.Peer("imap", answer=self.answer, ports=self.murder.ports,
                                   capabilities=[b"LITERAL+", b"UNSELECT"])
        self.front = self.murder["frontend1"]
        self.front.stop()
        self.front.extra["fake_address"] = "imap=" + self.fake.host_port
        self.front.extra["serverlist"] = "backend1 fake"
        self.front.start()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            sys.stderr.write(self.front.tail())
        self.fake.__exit__()
        self.murder.stop()

    def master(self, user="backend1"):
        c = mupdate_client.Client(self.address)
        assert c.login(user, self.murder.node_password).startswith("OK")
        return c

    def place(self, names, server):
        with self.master() as c:
            for name in names:
                c.status("DELETE", name)
                assert c.status("ACTIVATE", name, server + "!default", ACL).startswith("OK"), name

    def answer(self, peer, tag, rest):
        if rest.startswith(b"SYNCGET MAILBOXES"):
            return "".join("* MAILBOX %%(UNIQUEID %s MBOXNAME %s PARTITION default ACL \"\")\r\n"
                           % (self.there[name], name) for name in self.there
                           if name.encode() in rest).encode() + tag + b" OK success\r\n"
        if not rest.upper().startswith(b"XFER"):
            return None
        name = re.search(rb'"([^"]+)"', rest).group(1).decode()
        user = name.split(".")[1]
        ok = b"* OK USER %s\r\n" % user.encode() + tag + b" OK Completed\r\n"
        if self.behaviour == "no":
            return (b"* NO USER %s (Disk is full)\r\n" % user.encode()) + tag + b" OK Completed\r\n"
        if self.behaviour == "part":
            self.place([name], "backend1")
        if self.behaviour == "done":
            self.place([name, name + ".Sent"], "backend1")
        if self.behaviour == "done, and gone":
            self.place([name, name + ".Sent"], "backend1")
            raise fake_peer.Gone()
        return ok

    def begin(self, behaviour):
        self.behaviour = behaviour
        self.place(TREE + OTHERS, "fake")
        self.front.run("murder", "state", "fake", "active")

    # --- the ways to move: (it says that it has moved, what it says)
    def by_move(self):
        done = self.front.run("murder", "move", "user.ann", "backend1", check=False)
        return done.returncode == 0, done.stdout

    def by_drain(self):
        done = self.front.run("murder", "drain", "fake", "--to", "backend1", check=False)
        return done.returncode == 0, done.stdout

    def by_rebalance(self):
        done = self.front.run("murder", "rebalance", "--run", "--to", "fake,backend1", check=False)
        return done.returncode == 0, done.stdout

    def by_imap(self, *command):
        with self.murder.imap("frontend1", "cyrus") as c:
            kind, data = c.xatom(*command)
            untagged = [d for k in ("OK", "NO") for d in c.untagged_responses.get(k, [])]
            return kind == "OK", b" ".join(untagged + data).decode()

    def by_xfer(self):
        return self.by_imap("XFER", "user.ann", "backend1")

    def by_rename(self):
        return self.by_imap("RENAME", "user.ann", "user.ann", "backend1")


WAYS = ("move", "drain", "rebalance", "xfer", "rename")
BY_TOOL = ("move", "drain", "rebalance")


def test_what_each_way_says():
    with Site() as site:
        for way in WAYS:
            for behaviour, said in (("no", "Disk is full"), ("nothing", "user.ann"),
                                    ("part", "user.ann.Sent"), ("done", None),
                                    ("done, and gone", None)):
                if behaviour == "done, and gone" and way not in BY_TOOL:
                    continue
                site.begin(behaviour)
                moved, text = getattr(site, "by_" + way)()
                what = (way, behaviour, moved, text)
                assert moved == (said is None), what
                if said:
                    assert said in text, what
                    assert not re.search(r"(user\.ann|user\.ben): moved", text), what
                    assert text.count(said + "\n") <= 3 and text.count("Disk is full: ") == 0, what
                if way == "drain":
                    left = {"no": 4, "nothing": 4, "part": 2}.get(behaviour, 0)
                    assert "fake: %d mailboxes are left" % left in text, what
                    assert (": is at fake" in text) == (left > 0), what
                    moves = "2 moved, 0 not" if said is None else "0 moved, 2 not"
                    assert moves in text, what


def test_a_drain_names_what_it_does_not_move():
    """A folder without its INBOX, a deleted one, one in conflict."""
    with Site() as site:
        site.begin("done")
        site.place(("user.cat.Lonely", "DELETED.user.ann.Old.5E3A2B1C"), "fake")
        done = site.front.run("murder", "drain", "fake", "--to", "backend1", check=False)
        assert done.returncode == 1, done
        assert "user.cat.Lonely: is at fake" in done.stdout, done.stdout
        assert "fake: 1 mailboxes are left, 1 deleted ones, 0 in conflict" in done.stdout
        with site.master() as c:
            c.status("DELETE", "user.cat.Lonely")
        done = site.front.run("murder", "drain", "fake", "--to", "backend1", check=False)
        assert done.returncode == 0 and "0 mailboxes are left, 1 deleted ones" in done.stdout, done
        with site.master() as c:
            assert c.status("ACTIVATE", "user.ann", "fake!default", ACL).startswith("NO")
        done = site.front.run("murder", "drain", "fake", "--to", "backend1", check=False)
        assert done.returncode == 1 and "0 mailboxes are left, 1 deleted ones, 1 in conflict" in \
            done.stdout, done
        # A claim is not moved: that would take away the mailbox that is the one.
        assert "fake: 0 moved, 0 not" in done.stdout, done


def test_a_dry_run_asks_both_ends():
    with Site() as site:
        site.begin("done")
        site.place(("pub",), "fake")
        done = site.front.run("murder", "drain", "--dry-run", "fake", "--to", "backend1",
                              check=False)
        assert done.returncode == 1 and "user.ann: to backend1" in done.stdout, done
        assert re.search(r"(?m)^pub: a Cyrus server cannot move a shared mailbox", done.stdout)
        # The other way round: this one does not take mailboxes.
        site.place(("user.dan",), "backend1")
        done = site.front.run("murder", "drain", "--dry-run", "backend1", "--to", "fake",
                              check=False)
        assert done.returncode == 1, done
        assert re.search(r"(?m)^user\.dan: fake does not offer replication", done.stdout), done
        # Now it does, and has a name: of another mailbox, or of what a move left there.
        site.fake.capabilities.append(b"X-REPLICATION")
        with site.murder.imap("backend1", "cyrus") as c:
            data = murder.check(c.create("user.eve"))
        own = re.search(rb"MAILBOXID \((\w+)\)", data[0]).group(1).decode()
        for name, there, refused in (("user.eve", {}, False),
                                     ("user.eve", {"user.eve": own}, False),
                                     ("user.eve", {"user.eve": "0123456789abcdef"}, True),
                                     ("user.dan", {"user.dan": own}, True)):
            site.there = there
            said = (": fake would refuse it: a mailbox of that name is there: " + name
                    if refused else ": to fake")
            done = site.front.run("murder", "drain", "--dry-run", "backend1", "--to", "fake",
                                  check=False)
            assert done.returncode == refused and name + said + "\n" in done.stdout, (there, done)
        assert not [c for c in site.fake.commands if b"XFER" in c], site.fake.commands


def test_a_reason_is_told_once():
    with murder.Murder(backends=2, extra={"allowusermoves": "yes"}) as m:
        m.add_user("ann", 1)
        why = "Unknown/invalid partition at the destination: nowhere"
        done = m["frontend1"].run("murder", "move", "user.ann", "backend2!nowhere", check=False)
        assert done.returncode == 2 and "murder: user.ann: %s\n" % why in done.stdout, done
        with m.imap("frontend1", "cyrus") as c:
            kind, data = c.xatom("XFER", "user.ann", "backend2!nowhere")
            assert (kind, data) == ("NO", [b"[CANNOT] user.ann: " + why.encode()]), data


class Masters:
    """A source that says OK, and a mupdate master that is asked about it and does as told."""

    HOW = ("no", "bad", "closes", "silent", "nonsense", "one refused", "elsewhere", "done")
    UNKNOWN = HOW[:6]

    def __init__(self, folder):
        self.how = None
        self.moved = False
        self.over = threading.Event()
        self.source = fake_peer.Peer("imap", answer=self.at_source)
        self.to = fake_peer.Peer("imap", capabilities=[b"X-REPLICATION"])
        self.master = fake_peer.Peer("mupdate", answer=self.at_master)
        self.conf = os.path.join(folder, "imapd.conf")
        os.makedirs(os.path.join(folder, "conf", "socket"))
        with open(self.conf, "w") as f:
            f.write("configdirectory: %s/conf\nservername: here\nproxy_authname: murder\n"
                    "proxy_password: pw\nmupdate_authname: murder\nmupdate_password: pw\n"
                    "client_timeout: 1s\nmupdate_server: %s\n" % (folder, self.master.host_port))

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.over.set()
        for p in (self.source, self.to, self.master):
            p.__exit__()

    def at_source(self, peer, tag, rest):
        if rest.upper().startswith(b"XFER"):
            self.moved = True
        return None

    def at_master(self, peer, tag, rest):
        word, _, argument = rest.partition(b" ")
        there = self.moved and self.how != "elsewhere"
        place = (self.to if there else self.source).host_port.encode() + b"!default"
        names = [n.encode() for n in TREE + OTHERS]
        if word.upper() == b"LIST":
            lines = [b'%s MAILBOX "%s" "%s" ""\r\n' % (tag, n, place) for n in names]
            return b"".join(lines) + tag + b' OK "list complete"\r\n'
        if word.upper() != b"FIND":
            return None
        name = argument.strip(b'"')
        found = b'%s MAILBOX "%s" "%s" ""\r\n%s OK "Search completed"\r\n' % (tag, name, place, tag)
        if not self.moved or self.how in ("elsewhere", "done"):
            return found
        if self.how == "one refused" and name != names[0]:
            return found
        if self.how == "closes":
            raise fake_peer.Gone()
        if self.how == "silent":
            self.over.wait(murder.DEADLINE)
            raise fake_peer.Gone()
        return {"bad": tag + b' BAD "what?"\r\n', "nonsense": b"\"\r\n\0)))\r\n"}.get(
            self.how, tag + b' NO "[UNAVAILABLE] not now"\r\n')

    def run(self, how, *arguments):
        self.how = how
        self.moved = False
        return subprocess.run(
            [os.path.join(murder.BUILD, "imap", "admin", "murder", "murder"), "-C", self.conf,
             *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
            stderr=subprocess.STDOUT, timeout=murder.DEADLINE)


def test_a_master_that_does_not_answer_proves_nothing():
    """The source says OK; whether it has moved only the master can say. Without it the tools tell
    that they do not know, not that it has moved, nor that it has not, and do not exit 0."""
    for how in Masters.HOW:
        with tempfile.TemporaryDirectory() as folder, Masters(folder) as masters:
            source, to = masters.source.host_port, masters.to.host_port
            for command in (("move", "user.ann", to), ("drain", source, "--to", to)):
                done = masters.run(how, *command)
                what = (how, command[0], done.returncode, done.stdout)
                assert masters.moved, what
                assert (done.returncode == 0) == (how == "done"), what
                assert bool(re.search(r"user\.ann: moved", done.stdout)) == (how == "done"), what
                known = "whether it has moved is not known" not in done.stdout
                assert known == (how not in Masters.UNKNOWN), what
                if how == "one refused" and command[0] == "drain":
                    # The other user's answers are their own.
                    assert "user.ben: moved" in done.stdout, what


if __name__ == "__main__":
    harness.main()
