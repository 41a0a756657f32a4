#!/usr/bin/env python3
"""Many clients with random commands on the same mailboxes, at the mailboxes' own servers and
through a frontend. What each is told is replayed against a model; now and then all stop, and what
they know is compared with what is there.

STRESS_SEED repeats a run (as far as threads do), STRESS_SECONDS makes it longer, STRESS_CLIENTS
more of them."""
import os
import random
import re
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder
from stress_client import KEYWORDS, Stress
from stress_viewer import Oracle

SEED = int(os.environ.get("STRESS_SEED") or random.randrange(1 << 30))
SECONDS = float(os.environ.get("STRESS_SECONDS") or 8)
CLIENTS = int(os.environ.get("STRESS_CLIENTS") or 8)
ROUND = 1.5  # seconds between two comparisons
RIGHTS = "lrswipkxtecda"
# server, mailbox, and what it begins with
SHARED = {"work": "backend1", "near": "backend1", "far": "backend2"}

# where, who, which mailboxes, and what is enabled
KINDS = [
    ("backend1", "bob", ["INBOX", "work", "near"], None),
    ("frontend1", "bob", ["INBOX", "work", "near", "far"], "QRESYNC"),
    ("backend1", "eve", ["work", "near"], "QRESYNC"),
    ("frontend1", "eve", ["work", "far"], "CONDSTORE"),
    ("frontend1", "bob", ["work"], None),
    ("backend1", "bob", ["work", "INBOX"], "CONDSTORE"),
    ("backend2", "eve", ["far"], "QRESYNC"),
    ("frontend1", "eve", ["work", "near", "far"], "QRESYNC"),
]


def know_keywords(c, name):
    """One that a session does not know yet is told a moment later than its message's modseq."""
    message = b"Subject: first\r\n\r\nfirst\r\n"
    murder.check(c.append(name, "(%s)" % " ".join(KEYWORDS), None, message))


def prepare(m):
    m.add_user("bob", 1)
    m.add_user("eve", 1)
    for name, server in SHARED.items():
        with m.imap(server, "cyrus") as c:
            murder.check(c.create(name))
            for who in ("cyrus", "bob", "eve"):
                murder.check(c.setacl(name, who, RIGHTS))
            know_keywords(c, name)
    with m.imap("backend1", "bob") as c:
        know_keywords(c, "INBOX")
    with m.imap("frontend1", "cyrus") as c:
        for name in SHARED:
            murder.wait_for(lambda: c.list('""', name)[1] != [None], name)


class Run:
    """All clients, which work in rounds."""

    def __init__(self, m, seed, seconds):
        self.oracle = Oracle()
        self.rng = random.Random(seed)
        self.end = time.monotonic() + seconds
        self.failures = []
        self.last = False
        self.clients = [Stress(m, self.oracle, n, random.Random(self.rng.random()),
                               *KINDS[n % len(KINDS)]) for n in range(CLIENTS)]
        self.barrier = threading.Barrier(CLIENTS, action=self.between)
        self.stop_at = 0.0
        self.between()

    def between(self):
        self.last = time.monotonic() >= self.end or bool(self.failures)
        self.stop_at = min(time.monotonic() + ROUND, self.end)

    def work(self, client):
        try:
            while True:
                while time.monotonic() < self.stop_at and not self.failures:
                    client.one_step()
                # Nobody changes anything from here to the next barrier but one.
                self.barrier.wait()
                client.compare()
                last = self.last
                self.barrier.wait()
                if last:
                    return
        except threading.BrokenBarrierError:
            return
        except Exception as e:
            self.failures.append((client.name, e, client.transcript()))
            self.barrier.abort()

    def go(self):
        threads = [threading.Thread(target=self.work, args=(c,)) for c in self.clients]
        for t in threads:
            t.start()
        for t in threads:
            t.join()


def ends_as_it_should(m, oracle):
    """Each message whose APPEND, COPY or MOVE was answered is there, if nobody asked to remove it.
    """
    for (owner, name), known in oracle.mailboxes.items():
        server = SHARED.get(name, "backend1")
        with m.imap(server, owner or "cyrus") as c:
            murder.check(c.select(name, readonly=True))
            lines = murder.check(c.uid("FETCH", "1:*", "(UID BODY.PEEK[TEXT])"))
            there = {}
            for part in lines:
                if isinstance(part, tuple):
                    uid = int(re.search(rb"UID (\d+)", part[0]).group(1))
                    there[uid] = part[1].decode().strip()
        for uid, token in known.tokens.items():
            if oracle.was_asked_for((owner, name), uid):
                continue
            assert uid in there, "%s: UID %d (%s) is lost; origin %r, %s" % (
                name, uid, token, known.origin.get(uid),
                [part for part in lines if re.search(rb"UID %d\b" % uid, part[0] if isinstance(
                    part, tuple) else part)] or "not there")
        for uid in known.gone & set(known.tokens):
            assert oracle.was_asked_for((owner, name), uid), "%s: UID %d went by itself" % (
                name, uid)
        for uid, token in there.items():
            assert uid not in known.gone, "%s: UID %d is there again" % (name, uid)
            assert known.tokens.get(uid) in (None, token), (name, uid, token)


def test_clients_are_told_the_truth():
    print("STRESS_SEED=%d" % SEED)
    with murder.Murder(backends=2) as m:
        prepare(m)
        run = Run(m, SEED, SECONDS)
        run.go()
        for name, error, transcript in run.failures:
            print("# %s: %r\n%s" % (name, error, transcript))
        assert not run.failures, "%d clients failed, STRESS_SEED=%d: %r" % (
            len(run.failures), SEED, run.failures[0][1])
        ends_as_it_should(m, run.oracle)
        for c in run.clients:
            c.socket.close()
        counts = {}
        for c in run.clients:
            for verb, n in c.counts.items():
                counts[verb] = counts.get(verb, 0) + n
        print("# " + ", ".join("%s %d" % item for item in sorted(counts.items())))
        assert sum(counts.values()) > 20 * CLIENTS, counts


if __name__ == "__main__":
    harness.main()
