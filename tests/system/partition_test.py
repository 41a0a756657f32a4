#!/usr/bin/env python3
"""A network that parts two servers while connections stay open and nothing arrives any more."""
import imaplib
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cutter
import harness
import murder

check = murder.check
OPTIONS = {"client_timeout": "1s", "backend_timeout": "5s", "backend_retry": "1s",
           "lmtp_backend_timeout": "1s", "lmtptxn_timeout": "1m", "mupdate_retry_delay": "1s"}
# Several times what the options allow; without a limit it would never come.
BOUND = 30


def message(n):
    return (b"From: a@b.example\r\nTo: c@d.example\r\nSubject: number %d\r\n\r\nbody\r\n" % n)


class Parted:
    """A murder of two backends and a frontend, with a wall before backend1 and before the master
    as the frontend sees them, and one before the master as backend2 sees it."""

    def __init__(self):
        self.m = m = murder.Murder(backends=2, frontends=1, extra=OPTIONS, start=False)
        self.imap = cutter.Cutter(m["backend1"].address("imap"), m.ports)
        self.lmtp = cutter.Cutter(m["backend1"].address("lmtp"), m.ports)
        self.master = cutter.Cutter(m["mupdate"].address("mupdate"), m.ports)
        self.backends_master = cutter.Cutter(m["mupdate"].address("mupdate"), m.ports)
        m["backend2"].extra = {"mupdate_server": "%s:%d" % self.backends_master.address}
        m["frontend1"].extra = {
            "backend1_address": "imap=%s:%d lmtp=%s:%d" % (*self.imap.address,
                                                           *self.lmtp.address),
            "mupdate_server": "%s:%d" % self.master.address}
        m.start()

    def __enter__(self):
        self.m.add_user("alice", 1)
        self.m.add_user("bob", 2)
        return self

    def __exit__(self, *args):
        for c in (self.imap, self.lmtp, self.master, self.backends_master):
            c.close()
        return self.m.__exit__(*args)

    def part(self):
        self.imap.part()
        self.lmtp.part()

    def heal(self):
        self.imap.heal()
        self.lmtp.heal()


def within(function):
    began = time.monotonic()
    result = function()
    assert time.monotonic() - began < BOUND
    return result


def subjects(m, user):
    with m.imap("frontend1", user) as c:
        murder.wait_for(lambda: c.select("INBOX")[0] == "OK", "the INBOX of " + user)
        data = check(c.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))
    return sorted(int(re.search(rb"number (\d+)", d[1]).group(1)) for d in data
                  if isinstance(d, tuple))


def test_a_frontend_and_a_backend():
    with Parted() as p:
        m = p.m
        assert not m.deliver(message(1), ["alice", "bob"])
        at_alice = m.imap("frontend1", "alice")
        check(at_alice.select("INBOX"))
        at_bob = m.imap("frontend1", "bob")
        check(at_bob.select("INBOX"))
        p.part()
        # The mailbox's server does not answer: said, not waited for, and no wrong answer.
        try:
            word, data = within(lambda: at_alice.fetch("1", "(FLAGS)"))
            assert word == "NO" and data[0].startswith(b"[UNAVAILABLE]"), (word, data)
        except imaplib.IMAP4.abort as e:
            assert "UNAVAILABLE" in str(e), e
        with m.imap("frontend1", "alice") as c:
            word, data = within(lambda: c.select("INBOX"))
            assert word == "NO" and data[0].startswith(b"[UNAVAILABLE]"), (word, data)
            # What needs no server is answered.
            assert b"INBOX" in check(c.list())[0]
        # Others do not notice.
        check(at_bob.noop())
        check(at_bob.fetch("1", "(FLAGS)"))
        refused = within(lambda: m.deliver(message(2), ["alice", "bob"]))
        assert set(refused) == {"alice"} and refused["alice"][0] // 100 == 4, refused
        p.heal()
        # The sender tries again, as it was told to.
        murder.wait_for(lambda: not m.deliver(message(3), ["alice"]), "a delivery to alice")
        got = subjects(m, "alice")
        # What was refused in the middle of its delivery may be there, never twice.
        assert got in ([1, 3], [1, 2, 3]), got
        assert subjects(m, "bob") == [1, 2]


def test_a_delivery_is_cut_short():
    with Parted() as p:
        m = p.m
        # The message has gone over, its answer has not come back.
        p.lmtp.at(b"\r\n.\r\n", p.lmtp.part, after=True)
        refused = within(lambda: m.deliver(message(1), ["alice"]))
        assert refused["alice"][0] // 100 == 4, refused
        p.heal()
        murder.wait_for(lambda: not m.deliver(message(2), ["alice"]), "a delivery to alice")
        assert subjects(m, "alice") in ([1, 2], [2])


def test_a_frontend_and_the_master():
    with Parted() as p:
        m = p.m
        with m.imap("frontend1", "alice") as c:
            check(c.create("INBOX.before"))
            check(c.select("INBOX.before"))
            p.master.part()
            # What is known goes on.
            check(c.select("INBOX"))
            assert not m.deliver(message(1), ["alice", "bob"])
            # A name that the frontend cannot know yet is not said not to exist.
            with m.imap("backend1", "alice") as direct:
                check(direct.create("INBOX.meanwhile"))
            word, data = within(lambda: c.select("INBOX.meanwhile"))
            assert word == "NO" and data[0].startswith(b"[UNAVAILABLE]"), (word, data)
            p.master.heal()
            murder.wait_for(lambda: c.select("INBOX.meanwhile")[0] == "OK", "the new mailbox")
            # With a master that answers, what does not exist does not exist.
            murder.wait_for(lambda: c.select("INBOX.never")[1][0].startswith(b"[NONEXISTENT]"),
                            "a master that answers")


def test_a_backend_and_the_master():
    with Parted() as p:
        m = p.m
        with m.imap("frontend1", "bob") as c:
            check(c.create("INBOX.old"))
            p.backends_master.part()
            # A new name needs the master's word.
            for command in (lambda: c.create("INBOX.new"),
                            lambda: c.rename("INBOX.old", "INBOX.n")):
                word, data = within(command)
                assert word == "NO" and data[0].startswith(b"[UNAVAILABLE]"), (word, data)
            # Mail, and what the master may hear later, go on.
            assert not m.deliver(message(1), ["bob"])
            assert check(c.select("INBOX")) == [b"1"]
            check(within(lambda: c.setacl("INBOX.old", "alice", "lrs")))
            check(within(lambda: c.delete("INBOX.old")))
            p.backends_master.heal()
            m["backend2"].run("ctl_mboxlist", "-s", check=False)
            murder.wait_for(lambda: c.create("INBOX.new")[0] == "OK", "a new mailbox")

            def told():
                m["backend2"].run("ctl_mboxlist", "-s", check=False)
                return m["backend2"].run("murder", "check", check=False).returncode == 0
            murder.wait_for(told, "the master has heard of all")
            names = {line.split()[-1] for line in check(c.list())}
            assert names == {b"INBOX", b"INBOX.new"}, names


if __name__ == "__main__":
    harness.main()
