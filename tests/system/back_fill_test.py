#!/usr/bin/env python3
"""Load shedding: what a client that said ID ("event" "back-fill") may have of a busy server."""
import contextlib
import fcntl
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder
from imap_session import Session

BACK_FILL = 'ID ("name" "x" "Event" "Back-Fill")'
COSTLY = ["SEARCH TEXT hello", "UID SEARCH ALL", "SORT (DATE) UTF-8 ALL",
          "UID THREAD REFS UTF-8 ALL",
          "FETCH 1 (BODY.PEEK[])", "UID FETCH 1:* (UID BODY.PEEK[TEXT])", "FETCH 1 RFC822",
          "FETCH 1 (BINARY.SIZE[1])", "ESEARCH IN (selected) RETURN (COUNT) ALL",
          "ESEARCH IN (personal) RETURN (COUNT) ALL"]
CHEAP = ["FETCH 1 (FLAGS UID BODYSTRUCTURE)", "FETCH 1 (BODY.PEEK[HEADER])", "NOOP",
         "STORE 1 +FLAGS (\\Flagged)", "STATUS INBOX (MESSAGES)"]


@contextlib.contextmanager
def busy(m, server, sessions):
    """So many sessions of that server are within a command for as long as it lasts."""
    lock = os.path.join(m[server].dir, "spool", "user", "slow", "rookery.lock")
    with contextlib.ExitStack() as held:
        clients = [held.enter_context(Session(m, server, "slow")) for _ in range(sessions)]
        for c in clients:
            c.select("INBOX")
        with open(lock, "r+b") as f:
            fcntl.flock(f, fcntl.LOCK_EX)
            for c in clients:
                c.send(b"x STORE 1 +FLAGS (\\Seen)\r\n")
            yield
        for c in clients:
            while not c.line().startswith("x OK"):
                pass


def is_shed(c):
    return c.do("SEARCH ALL")[1].startswith("NO [UNAVAILABLE]")


def test_a_client_that_is_in_no_hurry_waits_while_a_server_is_busy():
    with murder.Murder(backends=2, extra={}) as m:
        for n in (1, 2):
            m["backend%d" % n].extra["backfill_commands"] = "2"
            m["backend%d" % n].write()
            m["backend%d" % n].stop()
            m["backend%d" % n].start()
        m.add_user("bob", 1)
        m.add_user("slow", 1)
        for user in ("bob", "slow"):
            with m.imap("backend1", user) as c:
                murder.check(c.append("INBOX", None, None, b"Subject: s\r\n\r\nhello\r\n"))
        for where in ("backend1", "frontend1"):
            with Session(m, where) as c, Session(m, where) as hurried, Session(m, where) as waits:
                waits.select("INBOX")
                waits.send(b"w IDLE\r\n")
                c.ok(BACK_FILL)
                c.select("INBOX")
                hurried.select("INBOX")
                hurried.ok('ID ("name" "x")')
                for said in COSTLY + CHEAP:
                    c.ok(said)
                with busy(m, "backend1", 2):
                    murder.wait_for(lambda: is_shed(c), "a busy server")
                    for said in COSTLY:
                        tagged = c.do(said)[1]
                        assert tagged.startswith("NO [UNAVAILABLE]"), (where, said, tagged)
                        hurried.ok(said)
                    for said in CHEAP:
                        c.ok(said)
                    # The last ID counts, and those of the next user are others.
                    for other in ("ID NIL", 'ID ("event" "hurry")'):
                        c.ok(other)
                        c.ok("SEARCH ALL")
                        c.ok(BACK_FILL)
                        assert is_shed(c), where
                murder.wait_for(lambda: not is_shed(c), "a server that is not busy")
                with busy(m, "backend1", 1):
                    c.ok("SEARCH ALL")
        # What a session of a frontend leaves behind is not the next one's.
        with busy(m, "backend1", 2):
            for _ in range(4):
                with Session(m, "frontend1") as c:
                    c.select("INBOX")
                    c.ok("SEARCH ALL")


if __name__ == "__main__":
    harness.main()
