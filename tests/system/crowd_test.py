#!/usr/bin/env python3
"""A frontend with 200 clients while one of its backends dies and returns."""
import contextlib
import os
import re
import select
import signal
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder

CLIENTS = 200
USERS = 10
# Many times what the options allow one client; without a limit it would never come.
BOUND = 60
OPTIONS = {"client_timeout": "3s", "backend_timeout": "10s", "backend_retry": "1s"}


def message(n):
    return b"From: a@b.example\r\nTo: c@d.example\r\nSubject: number %d\r\n\r\nbody\r\n" % n


class Session:
    """One client that keeps its place: an INBOX, and IDLE if it is idle."""

    def __init__(self, m, user, idle):
        self.m, self.user, self.idle = m, user, idle
        self.connections = 0
        self.connect()

    def connect(self):
        self.connections += 1
        self.sock = socket.create_connection(self.m["frontend1"].address("imap"), BOUND)
        self.file = self.sock.makefile("rb")
        self.line()
        assert self.run("LOGIN %s %s" % (self.user, self.m.password)).startswith("OK"), self.user

    def line(self):
        line = self.file.readline().decode()
        if not line:
            raise EOFError(self.user)
        return line.rstrip("\r\n")

    def run(self, command):
        """The tagged answer, or the BYE; EOFError if the connection ended without a word."""
        try:
            self.sock.sendall(b"x " + command.encode() + b"\r\n")
        except OSError as e:
            raise EOFError(self.user) from e
        return self.answer()

    def answer(self):
        while True:
            line = self.line()
            if line.startswith("x "):
                return line[2:]
            if line.startswith("* BYE"):
                return line[2:]

    def take_place(self):
        answer = self.run("SELECT INBOX")
        if answer.startswith("OK") and self.idle:
            self.sock.sendall(b"x IDLE\r\n")
            while not self.line().startswith("+"):
                pass
        return answer

    def speak(self):
        """What this client hears when it next wants something."""
        if self.idle:
            try:
                self.sock.sendall(b"DONE\r\n")
            except OSError as e:
                raise EOFError(self.user) from e
            return self.answer()
        return self.run("FETCH 1:* (FLAGS)")

    def close(self):
        self.file.close()
        self.sock.close()


def busy(m):
    """How many of the frontend's workers have a client."""
    rows = m["frontend1"].run("murder", "metrics", check=False).stdout
    found = re.search(r'rookery_workers\{service="imap",state="busy"\} (\d+)', rows)
    return int(found.group(1)) if found else 0


def test_a_crowd_that_comes_at_once_waits_in_the_queue():
    """Beyond the queue a client would try again only after a second."""
    with murder.Murder(backends=1, frontends=1) as m:
        with contextlib.ExitStack() as stack:
            pids = m["frontend1"].processes("proxyd")
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
                stack.callback(os.kill, pid, signal.SIGCONT)
            crowd = []
            for _ in range(100):
                s = stack.enter_context(socket.socket())
                s.setblocking(False)
                s.connect_ex(m["frontend1"].address("imap"))
                crowd.append(s)

            def connected(s):
                return select.select([], [s], [], 0)[1] and not s.getsockopt(
                    socket.SOL_SOCKET, socket.SO_ERROR)
            murder.wait_for(lambda: all(connected(s) for s in crowd), "all are in the queue")
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
            for s in crowd:
                s.settimeout(murder.DEADLINE)
                assert s.recv(4) == b"* OK"


def test_a_backend_dies_under_a_crowd():
    with murder.Murder(backends=2, frontends=1, extra=OPTIONS) as m:
        users = ["user%d" % n for n in range(USERS)]
        for n, user in enumerate(users):
            m.add_user(user, 1 + n % 2)
            murder.wait_for(lambda: not m.deliver(message(1), [user]), user + " is known")
        sessions = [Session(m, users[n % USERS], n // USERS % 2 == 1) for n in range(CLIENTS)]
        for s in sessions:
            answer = s.take_place()
            assert answer.startswith("OK"), answer
        murder.wait_for(lambda: busy(m) >= CLIENTS, "all are counted")
        stay = [s for s in sessions if users.index(s.user) % 2 == 0]
        lose = [s for s in sessions if users.index(s.user) % 2 == 1]

        m["backend2"].stop(signal.SIGKILL)
        # Whoever has nothing to do with it does not notice.
        for s in stay:
            answer = s.speak()
            assert answer.startswith("OK"), (s.user, answer)
        # The others are told, each in bounded time, and nobody is told that mail is gone.
        began = time.monotonic()
        for s in lose:
            answer = s.speak()
            if not (s.idle and answer.startswith("OK")):
                assert "[UNAVAILABLE]" in answer, (s.user, s.idle, answer)
        assert time.monotonic() - began < BOUND
        for n, user in enumerate(users):
            refused = m.deliver(message(2), [user])
            assert (user in refused) == (n % 2 == 1), (user, refused)
            assert not refused or refused[user][0] // 100 == 4, refused

        m["backend2"].start()
        murder.wait_for(lambda: not m.deliver(message(3), [users[1]]), "it is used again")
        # Everybody goes on, with at most one new connection.
        for s in sessions:
            try:
                answer = s.take_place()
            except EOFError:
                answer = "BYE"
            if answer.startswith("BYE"):
                s.close()
                s.connect()
                answer = s.take_place()
            assert answer.startswith("OK"), (s.user, answer)
            assert s.connections <= 2
        for s in sessions:
            answer = s.speak()
            assert answer.startswith("OK"), (s.user, answer)
        assert all(s.connections == 1 for s in stay)
        # What was accepted is there once; what was refused was not taken.
        for n, user in enumerate(users):
            with m.imap("frontend1", user) as c:
                count = murder.check(c.select("INBOX"))[0]
            wanted = 2 if n % 2 == 0 or user == users[1] else 1
            assert count == b"%d" % wanted, (user, count)
        for s in sessions:
            s.close()
        murder.wait_for(lambda: busy(m) == 0, "no worker is left with a client")


if __name__ == "__main__":
    harness.main()
