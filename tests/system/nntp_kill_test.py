#!/usr/bin/env python3
"""kill -9 of NNTP's processes under feeds and posts: the workers of the backend, those of the
frontend, the whole backend. Every article that was said to be taken is there, in each of its groups
once and whole; one of which nothing was said is there whole or not at all, and may be sent again.
What was taken reaches the newspeer of the server that took it.

A few kills of each; ROOKERY_TESTS=all: a hundred.
"""
import contextlib
import os
import random
import re
import signal
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import fake_peer
import harness
import murder
import nntp_client

KILLS = 100 if harness.ALL else 8
GROUPS = ("feed.one", "feed.two")
BODY = b"a line of text\r\n" * 300 + b"the end\r\n"
LOST = (OSError, EOFError, AssertionError, AttributeError)  # of a connection that is gone


def article(message_id):
    return (b"Path: there!not-for-mail\r\nFrom: a@example.org\r\nNewsgroups: %s\r\n"
            b"Subject: kill\r\nDate: Tue, 24 Nov 2026 03:42:40 +0000\r\nMessage-ID: %s\r\n\r\n" % (
                ",".join(GROUPS).encode(), message_id.encode())) + BODY


class Feeder(threading.Thread):
    """Sends one article after the other, each until somebody says what became of it."""

    def __init__(self, m, name, where, posts):
        super().__init__(name=name, daemon=True)
        self.m, self.where, self.posts = m, where, posts
        self.taken = []
        self.doubts = 0  # articles that were sent more than once
        self.ends = threading.Event()
        self.wrong = None
        self.client = None

    def run(self):
        try:
            number = 0
            while not self.ends.is_set():
                number += 1
                self.bring("<%s.%d@example.org>" % (self.name, number))
        except BaseException as e:  # told by the test
            self.wrong = "%s: %r" % (self.name, e)

    def connected(self):
        if not self.client:
            client = nntp_client.Client(self.m[self.where].address("nntp"))
            if client.login("alice").code != 281:
                client.close()
                raise EOFError
            self.client = client
        return self.client

    def tried(self, message_id):
        """True: it was taken, now or before."""
        try:
            c = self.connected()
            said = (c.post if self.posts else lambda a: c.takethis(message_id, a))(
                article(message_id))
            if said.code in (239, 240) or b"here already" in said.first or said.code == 439:
                return True
        except LOST:
            pass
        with contextlib.suppress(Exception):
            self.client.close()
        self.client = None
        return False

    def bring(self, message_id):
        tries = []

        def until():
            tries.append(1)
            return self.tried(message_id)
        murder.wait_for(until, "%s at %s" % (message_id, self.where), 60)
        self.doubts += len(tries) > 1
        self.taken.append(message_id)


def killed(m, what, rounds):
    pick = random.Random()
    for _ in range(rounds):
        before = sum(len(f.taken) for f in m.feeders)
        murder.wait_for(lambda: sum(len(f.taken) for f in m.feeders) >= before + 3 or
                        any(f.wrong for f in m.feeders), "the feeds go on", 60)
        if what == "backend":
            m["backend1"].stop(signal.SIGKILL)
            m["backend1"].start()
            continue
        workers = m[what].workers("nntpd")
        if workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pick.choice(workers), signal.SIGKILL)


def compare(m):
    wanted = sorted(i for f in m.feeders for i in f.taken)
    for group in GROUPS:
        with m.imap("backend1", "cyrus") as i:
            murder.check(i.select("news." + group, readonly=True))
            found = []
            for _, text in [p for p in murder.check(i.fetch("1:*", "(BODY.PEEK[])"))
                            if isinstance(p, tuple)]:
                found.append(re.search(rb"(?mi)^Message-ID: (\S+)", text).group(1).decode())
                assert text.endswith(BODY), ("half of", found[-1], len(text))
        twice = sorted({i for i in found if found.count(i) > 1})
        assert not twice, (group, "twice", twice)
        lost = sorted(set(wanted) - set(found))
        assert not lost, (group, "lost", lost)


def compare_with_the_peer(m, peer):
    for where in ("backend1", "frontend1"):
        folder = os.path.join(m[where].dir, "conf", "newsfeed")

        def is_empty():
            m[where].run("rookery-feed", "-a", check=False)
            return not [f for f in os.listdir(folder) if f.endswith(".mail")]
        murder.wait_for(is_empty, where + " has fed all")
    taken = {i.encode() for f in m.feeders for i in f.taken}
    assert taken <= set(peer.dialect.articles), sorted(taken - set(peer.dialect.articles))
    assert all(a.endswith(BODY) for a in peer.dialect.articles.values())


def kill(what):
    with fake_peer.Peer("nntp", capabilities=[b"STREAMING"]) as peer, \
            murder.Murder(backends=1, frontends=1, nntp=True, babysit=True,
                          extra={"newsprefix": "news", "duplicatesuppression": "no",
                                 "newspeer": peer.host_port}) as m:
        m.set_passwords({"alice": "pw"})
        with m.imap("backend1", "cyrus") as i:
            for group in GROUPS:
                murder.check(i.create("news." + group))
                murder.check(i.setacl("news." + group, "anyone", "lrsp"))
        m.feeders = [Feeder(m, "f%d" % n, where, posts) for n, (where, posts) in enumerate(
            [("backend1", False), ("backend1", True), ("frontend1", False), ("frontend1", True)])]
        for f in m.feeders:
            f.start()
        try:
            killed(m, what, KILLS)
        finally:
            for f in m.feeders:
                f.ends.set()
            for f in m.feeders:
                f.join(120)
        wrong = [f.wrong for f in m.feeders if f.wrong]
        assert not wrong, wrong
        compare(m)
        compare_with_the_peer(m, peer)
        print("%s: %d articles, %d sent again" % (
            what, sum(len(f.taken) for f in m.feeders), sum(f.doubts for f in m.feeders)),
            file=sys.stderr)


def test_workers_of_a_backend():
    kill("backend1")


def test_workers_of_a_frontend():
    kill("frontend1")


def test_a_whole_backend():
    kill("backend")


if __name__ == "__main__":
    harness.main()
