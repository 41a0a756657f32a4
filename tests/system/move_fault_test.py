#!/usr/bin/env python3
"""Moves while servers die, connections break and peers fall silent, at each step of a move.

Whatever happens: each message is there once, the mailboxes are active at exactly one server, and
when everything runs again the move ends by itself, there or here, and the user can write.

Each kind of fault comes at every second step, half of them at the odd ones; with ROOKERY_TESTS=all
at each.
"""
import imaplib
import json
import os
import random
import re
import signal
import smtplib
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cutter
import harness
import mupdate_client
import murder

check = murder.check
OPTIONS = {"allowusermoves": "yes", "move_grace": "0s", "client_timeout": "2s",
           "backend_timeout": "2s", "mupdate_agent_interval": "3600"}
MESSAGES = 12

# Where backend1, which the user leaves, talks to backend2 and to the mupdate master.
AT_DESTINATION = [b"SYNCGET FULLMAILBOX", b"SYNCAPPLY MESSAGE",
                  b"SYNCAPPLY LOCAL_MAILBOX", b"SYNCAPPLY SUB", b"SYNCGET USER",
                  b"SYNCGET META", b"MUPDATEPUSH"]
AT_MASTER = [b"DEACTIVATE", b"FIND"]
DESTINATION_TO_MASTER = [b"ACTIVATE"]


def message(n):
    return (b"From: a@b.example\r\nTo: c@d.example\r\nSubject: number %d\r\n"
            b"Message-ID: <%d@x.example>\r\n\r\nbody of %d\r\n" % (n, n, n))


class World:
    def __init__(self):
        self.m = murder.Murder(backends=2, frontends=1, extra=OPTIONS, start=False, strict=False)
        m = self.m
        self.to_destination = cutter.Cutter(m["backend2"].address("imap"), m.ports)
        self.to_master = cutter.Cutter(m["mupdate"].address("mupdate"), m.ports)
        self.destination_to_master = cutter.Cutter(m["mupdate"].address("mupdate"), m.ports)
        m["backend1"].extra = {
            "backend2_address": "imap=%s:%d lmtp=%s" % (*self.to_destination.address,
                                                        m["backend2"].host_port("lmtp")),
            "mupdate_server": "%s:%d" % self.to_master.address}
        m["backend2"].extra = {"mupdate_server": "%s:%d" % self.destination_to_master.address}
        m.start()
        self.users = 0

    def cutters(self):
        return (self.to_destination, self.to_master, self.destination_to_master)

    def user(self):
        """A new user on backend1, with mail."""
        self.users += 1
        name = "user%d" % self.users
        self.m.add_user(name, backend=1)
        with self.m.imap("backend1", name) as c:
            check(c.create("INBOX.Sub"))
            check(c.subscribe("INBOX.Sub"))
        with self.m.imap("backend1", "cyrus") as c:
            check(c.setquota("user." + name, "(STORAGE 5000)"))
        # One transaction each: many appends of one client are slow.
        for n in range(MESSAGES):
            assert not self.m.deliver(message(n), [name], instance="backend1")
        with self.m.imap("backend1", name) as c:
            check(c.select("INBOX"))
            check(c.copy("1:3", "INBOX.Sub"))
            check(c.store("2:5", "+FLAGS", r"(\Flagged)"))
        return name

    def xfer(self, name):
        """XFER at backend1; the answer, or None if the connection ended."""
        a = self.m.imap("backend1", "cyrus")
        try:
            return a.xatom("XFER", "user." + name, "backend2")
        except (a.abort, a.error, OSError):
            return None

    def kill(self, server):
        self.m[server].stop(signal.SIGKILL)

    def revive(self):
        for c in self.cutters():
            c.clear()
        for name in ("backend1", "backend2", "mupdate"):
            if self.m[name].process is None:
                self.m[name].start()

    def settle(self):
        """The agent, until no move is open."""
        def over():
            self.m["backend1"].run("ctl_mboxlist", "-s", check=False)
            return self.m["backend1"].run("murder", "move").stdout.strip() == ""
        murder.wait_for(over, "the end of a move")

    def located(self, mailbox):
        with mupdate_client.Client(self.m["mupdate"].address("mupdate")) as c:
            c.login("frontend1", self.m.node_password)
            data, _ = c.run("FIND", mailbox)
        assert data and data[0][1] == "MAILBOX", (mailbox, data)
        return data[0][3].split("!")[0]

    def verify(self, name, clean=False):
        places = {self.located("user.%s%s" % (name, box)) for box in ("", ".Sub")}
        assert len(places) == 1, places
        place = places.pop()
        other = {"backend1": "backend2", "backend2": "backend1"}[place]
        listed = json.loads(self.m[other].run("ctl_mboxlist", "-d").stdout)
        there = [n for n in listed if (n + ".").startswith("user.%s." % name)]
        # A copy that could not be removed is reserved, and shown to nobody.
        assert all(listed[n]["mbtype"] == "ez" for n in there), (other, listed)
        if clean:
            assert not there, (other, there)
            left = [f for folder, _, files in os.walk(self.m[other].dir) for f in files
                    if f == name + ".sub" and os.path.getsize(os.path.join(folder, f))]
            assert not left, (other, left)
            assert "user.%s\n" % name not in self.m[other].run("quota").stdout
        def delivered():  # a frontend's replica may be on its way to a new master
            refused = self.m.deliver(message(1000), [name])
            assert all(code // 100 == 4 for code, _ in refused.values()), refused
            return not refused
        murder.wait_for(delivered, "a delivery after a move")
        with self.m.imap("frontend1", name) as c:
            murder.wait_for(lambda: c.select("INBOX")[0] == "OK", "the INBOX")
            data = check(c.fetch("1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))
            got = [(int(re.search(rb"number (\d+)", d[1]).group(1)), rb"\Flagged" in d[0])
                   for d in data if isinstance(d, tuple)]
            assert got == [(n, 1 <= n <= 4) for n in range(MESSAGES)] + [(1000, False)], got
            assert check(c.select("INBOX.Sub")) == [b"3"]
            assert any(b"INBOX.Sub" in line for line in check(c.lsub()) if line)
            check(c.append("INBOX.Sub", None, None, message(1001)))
        for server in ("backend1", "backend2"):
            self.m[server].run("ctl_mboxlist", "-m")
        assert self.located("user." + name) == place
        return place

    def attack(self, where, pattern, action, after, clean=False):
        name = self.user()
        where.at(pattern, action, after=after)
        self.xfer(name)
        hit = pattern in where.hits
        murder.wait_for(lambda: where.acting == 0, "the end of an action")
        self.revive()
        self.settle()
        place = self.verify(name, clean)
        assert hit, "the move never came to %s" % pattern.decode()
        return place

    def __enter__(self):
        return self

    def __exit__(self, *args):
        for c in self.cutters():
            c.close()
        return self.m.__exit__(*args)


def points(w):
    """Where, what, and whether the other side has got it."""
    for where, patterns in ((w.to_destination, AT_DESTINATION), (w.to_master, AT_MASTER),
                            (w.destination_to_master, DESTINATION_TO_MASTER)):
        for pattern in patterns:
            for after in (False, True):
                yield where, pattern, after


def everywhere(action, first, clean=False):
    with World() as w:
        chosen = list(points(w))
        for where, pattern, after in chosen if harness.ALL else chosen[first::2]:
            try:
                w.attack(where, pattern, lambda: action(w), after, clean)
            except BaseException as e:
                raise AssertionError("%s %s" % ("after" if after else "before",
                                                pattern.decode())) from e


def test_the_source_dies():
    def action(w):
        w.kill("backend1")
        return cutter.CUT
    everywhere(action, 0)


def test_the_destination_dies():
    def action(w):
        w.kill("backend2")
        return cutter.CUT
    everywhere(action, 1)


def test_a_connection_breaks():
    # Everybody lives: what was brought is taken away again.
    everywhere(lambda w: cutter.CUT, 0, clean=True)


def test_a_peer_falls_silent():
    everywhere(lambda w: cutter.STALL, 1)


def test_the_master_dies():
    def action(w):
        w.kill("mupdate")
        return cutter.CUT
    everywhere(action, 0)


def numbers(m, user):
    """The messages in a user's INBOX, by the number in their subject."""
    with m.imap("frontend1", user) as c:
        # A server that died often is asked again a little later.
        murder.wait_for(lambda: c.select("INBOX")[0] == "OK", "the INBOX")
        data = check(c.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))
    return sorted(int(re.search(rb"number (\d+)", d[1]).group(1)) for d in data
                  if isinstance(d, tuple))


def test_random_kills():
    """A user goes back and forth, and each time something dies; ROOKERY_SOAK says how often."""
    rounds = int(os.environ.get("ROOKERY_SOAK", "1000" if harness.ALL else "10"))
    seed = int(os.environ.get("ROOKERY_SEED", random.randrange(1 << 30)))
    print("# seed %d" % seed)
    dice = random.Random(seed)
    # More workers die in ten seconds than a master takes for an accident.
    with murder.Murder(backends=2, frontends=1, extra=OPTIONS, strict=False, babysit=True) as m:
        m.add_user("alice", backend=1)
        accepted = []

        def deliver(count):
            for _ in range(count):
                n = len(accepted)

                def taken():
                    try:
                        refused = m.deliver(message(n), ["alice"])
                    except (OSError, smtplib.SMTPException):
                        return False
                    assert all(code // 100 == 4 for code, _ in refused.values()), refused
                    return not refused
                murder.wait_for(taken, "a delivery")
                accepted.append(n)

        def place():
            with mupdate_client.Client(m["mupdate"].address("mupdate")) as c:
                c.login("frontend1", m.node_password)
                data, _ = c.run("FIND", "user.alice")
            return data[0][3].split("!")[0] if data and data[0][1] == "MAILBOX" else None

        def settled():
            for backend in ("backend1", "backend2"):
                m[backend].run("ctl_mboxlist", "-s", check=False)
            return all(m[b].run("murder", "move").stdout.strip() == ""
                       for b in ("backend1", "backend2"))
        deliver(20)
        moved = 0
        for n in range(rounds):
            source = murder.wait_for(place, "an active mailbox")
            target = {"backend1": "backend2", "backend2": "backend1"}[source]
            victim = dice.choice((source, target, "mupdate", "worker", "worker"))

            def xfer():
                try:
                    with m.imap(source, "cyrus") as a:
                        a.xatom("XFER", "user.alice", target)
                except (imaplib.IMAP4.abort, imaplib.IMAP4.error, OSError):
                    pass
            thread = threading.Thread(target=xfer)
            thread.start()
            time.sleep(dice.uniform(0, 0.12))  # when it dies is the experiment
            if victim == "worker":
                workers = m[dice.choice((source, target))].processes("imapd")
                for pid in workers:
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
            else:
                m[victim].stop(signal.SIGKILL)
            thread.join(60)
            for name in ("backend1", "backend2", "mupdate"):
                if m[name].process is None:
                    m[name].start()
            murder.wait_for(settled, "the end of move %d (seed %d)" % (n, seed))
            moved += place() == target
            deliver(2)
            assert numbers(m, "alice") == accepted, (n, seed)
        print("# %d of %d moves succeeded" % (moved, rounds))


if __name__ == "__main__":
    harness.main()
