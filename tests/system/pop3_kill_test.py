#!/usr/bin/env python3
"""kill -9 of POP3's processes under load: the workers of the backend, those of the frontend, the
whole backend. Nothing is deleted that no QUIT asked for, what a QUIT was answered +OK for is gone,
one without an answer deleted all or nothing, and the maildrop can be opened again.

A few kills of each; ROOKERY_TESTS=all: a hundred.
"""
import contextlib
import os
import random
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder
import pop3_client

KILLS = 100 if harness.ALL else 8
USERS = 3
MESSAGE = b"From: a@example.org\r\nSubject: kill\r\n\r\n" + b"a line of text\r\n" * 200
LOST = (OSError, EOFError, AssertionError, AttributeError)  # of a connection that is gone


class Reader(threading.Thread):
    """A user with a maildrop that is filled, read and emptied, and a book of what is deleted."""

    def __init__(self, m, name):
        super().__init__(name=name, daemon=True)
        self.m, self.user = m, name
        self.random = random.Random()
        self.there = set()    # by UIDL
        self.gone = set()     # a QUIT was answered
        self.doubt = set()    # a QUIT was sent
        self.sessions = self.quits = self.doubts = 0
        self.ends = threading.Event()
        self.quits_now = threading.Event()
        self.wrong = None

    def run(self):
        try:
            while not self.ends.is_set():
                self.session(self.random.choice(("backend1", "frontend1")))
            self.opened("backend1").close()
        except BaseException as e:  # told by the test
            self.wrong = "%s: %r" % (self.user, e)

    def fill(self):
        with contextlib.suppress(Exception):  # a server that is away; the next session fills
            for _ in range(8):
                self.m.deliver(MESSAGE, [self.user], instance="backend1")

    def opened(self, where):
        """A session; what is in the maildrop was compared with the book. Waits for the servers."""
        def tried():
            client = None
            try:
                client = pop3_client.Client(self.m[where].address("pop3"))
                if client.login(self.user).ok:
                    self.ids = [l.split()[1] for l in client.all("UIDL").lines]
                    return client
            except LOST:
                pass
            if client:
                client.close()
            return None
        client = murder.wait_for(tried, "%s: a login at %s" % (self.user, where), 60)
        self.compare(set(self.ids))
        return client

    def compare(self, ids):
        came_back = ids & self.gone
        lost = self.there - ids - self.doubt
        half = self.doubt & ids
        if came_back or lost or (half and half != self.doubt):
            raise ValueError("came back %r, lost %r, of %r there is %r" % (
                came_back, lost, self.doubt, half))
        if not half:
            self.gone |= self.doubt
        self.doubt = set()
        self.there = ids

    def session(self, where):
        client = self.opened(where)
        self.sessions += 1
        marked = set()
        try:
            for number in range(1, len(self.ids) + 1):
                if self.random.random() < 0.5:
                    assert client.all("RETR %d" % number).lines
                if self.random.random() < 0.4:
                    assert client.ask("DELE %d" % number).ok
                    marked.add(self.ids[number - 1])
            if self.random.random() < 0.3:
                return  # without QUIT nothing goes
            self.doubt = marked
            self.quits_now.set()
            said = client.ask("QUIT")
            if said is None:
                self.doubts += 1
            elif said.ok:
                self.quits += 1
                self.gone |= marked
                self.there -= marked
                self.doubt = set()
        except LOST:
            self.doubts += bool(self.doubt)
        finally:
            client.close()
        if len(self.ids) < 8:
            self.fill()


def run(kill):
    with murder.Murder(backends=1, pop3=True, start=False, extra={"backend_retry": "1"}) as m:
        for i in m.backends + m.frontends:  # else master holds back what dies so often
            i.services["pop3"] = 'cmd="pop3d -C %s" listen="%s" babysit=1' % (
                i.imapd_conf, i.host_port("pop3"))
        m.start()
        readers = [Reader(m, "u%d" % n) for n in range(USERS)]
        for r in readers:
            m.add_user(r.user)
            r.fill()
            r.start()
        done = 0
        while done < KILLS and not any(r.wrong for r in readers):
            before = [r.sessions for r in readers]
            if random.random() < 0.7:  # about a QUIT, else a moment like any other
                chosen = random.choice(readers)
                chosen.quits_now.clear()
                chosen.quits_now.wait(10)
                time.sleep(random.uniform(0, 0.01))
            else:
                time.sleep(random.uniform(0.01, 0.3))
            done += kill(m)
            murder.wait_for(lambda: any(r.wrong or r.sessions > b
                                        for r, b in zip(readers, before)), "a session", 60)
        for r in readers:
            r.ends.set()
        for r in readers:
            r.join(120)
            assert not r.is_alive(), r.name + ": no end"
        assert not any(r.wrong for r in readers), [r.wrong for r in readers if r.wrong]
        print("     %d kills, %d sessions, %d QUITs answered, %d not" % (
            done, *(sum(getattr(r, n) for r in readers)
                    for n in ("sessions", "quits", "doubts"))), flush=True)
        assert all(r.quits for r in readers)


def kill_workers(where):
    def kill(m):
        workers = m[where].workers("pop3d")
        for pid in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return 1 if workers else 0
    return kill


def kill_server(m):
    m["backend1"].stop(signal.SIGKILL)
    m["backend1"].start()
    return 1


def test_the_workers_of_the_backend_die():
    run(kill_workers("backend1"))


def test_the_workers_of_the_frontend_die():
    run(kill_workers("frontend1"))


def test_the_backend_dies():
    run(kill_server)


if __name__ == "__main__":
    harness.main()
