#!/usr/bin/env python3
"""INPROGRESS (RFC 9585): how far a COPY or MOVE is that takes longer than ten seconds, at a backend
and through a frontend, within one server and to another."""
import contextlib
import fcntl
import os
import re
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import imap_session
import murder

MESSAGE = "Subject: %d\r\n\r\nx\r\n"
COUNT = 5
HELD = 10.5  # a little longer than what a client goes without news


def append(c, mailbox, n):
    text = MESSAGE % n
    c.ok("APPEND %s {%d+}\r\n%s" % (mailbox, len(text), text))


def begun(c, command):
    """A command of which the answer is not waited for; its tag."""
    c.tags += 1
    tag = "t%d" % c.tags
    c.send(b"%s %s\r\n" % (tag.encode(), command.encode()))
    return tag


def the_end(c, tag):
    """What comes up to the tagged line, and that."""
    c.socket.settimeout(murder.DEADLINE)
    lines = []
    while not lines or not lines[-1].startswith(tag + " "):
        lines.append(c.line())
    return lines[:-1], lines[-1]


@contextlib.contextmanager
def locked(m, server, user, folder):
    """Who writes to that mailbox has to wait."""
    with open(os.path.join(m[server].dir, "spool", "user", user, folder, "rookery.lock"),
              "r+b") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def at_work(m):
    """How many of the first backend's sessions copy within it."""
    return len(re.findall(r"\b(?:COPY|MOVE)\b", m["backend1"].run("cyr_info", "proc").stdout))


def stopped(m, server):
    """Nobody there does anything, until it is closed."""
    going_on = contextlib.ExitStack()
    for pid in m[server].workers("imapd"):
        os.kill(pid, signal.SIGSTOP)
        going_on.callback(os.kill, pid, signal.SIGCONT)
    return going_on


def test_a_copy_that_takes_long():
    cases = {  # user: where, command, where the messages go to
        "anna": ("backend1", "COPY 1:*", "INBOX.to"),
        "berta": ("backend1", "UID MOVE 1:*", "INBOX.to"),
        "carla": ("frontend1", "UID COPY 1:*", "INBOX.to"),
        "doris": ("frontend1", "MOVE 1:*", "INBOX.to"),
        "emma": ("frontend1", "COPY 1:*", "user.there.in"),
        "flora": ("frontend1", "MOVE 1:*", "user.there.in"),
    }
    with murder.Murder(backends=2, frontends=1) as m, contextlib.ExitStack() as stack:
        m.add_user("there", backend=2)
        with imap_session.Session(m, "backend2", "there") as c:
            c.ok("CREATE INBOX.in")
            for user in cases:
                c.ok("SETACL INBOX.in %s lrswip" % user)
        locks = contextlib.ExitStack()
        running = []
        for user, (where, command, target) in cases.items():
            m.add_user(user, backend=1)
            c = stack.enter_context(imap_session.Session(m, where, user))
            c.ok("CREATE INBOX.to")
            for n in range(COUNT):
                append(c, "INBOX", n)
            c.select("INBOX")
            murder.wait_for(lambda: c.do("STATUS %s (MESSAGES)" % target)[1].startswith("OK"),
                            "the frontend's list")
            if target == "INBOX.to":
                locks.enter_context(locked(m, "backend1", user, "to"))
            running.append((user, c, command, target))
        # A message on its way to another server waits for that one.
        stops = [stack.enter_context(stopped(m, "backend2"))]
        with locks:
            tags = [begun(c, "%s %s" % (command, target)) for _, c, command, target in running]
            murder.wait_for(lambda: at_work(m) == 4, "four wait for a lock")
            stops.append(stack.enter_context(stopped(m, "backend1")))
        time.sleep(HELD)  # that long is what is tested
        for stop in stops:
            stop.close()
        for (user, c, command, target), tag in zip(running, tags):
            lines, tagged = the_end(c, tag)
            assert tagged.startswith(tag + " OK"), (user, lines, tagged)
            told = [re.match(r'\* OK \[INPROGRESS \("(\w+)" (\d+) (\d+)\)\]', line)
                    for line in lines if "INPROGRESS" in line]
            assert told and all(told), (user, command, target, lines, tagged)
            for one in told:
                done, goal = int(one.group(2)), int(one.group(3))
                # Within one server each is linked, and then written into the index.
                steps = COUNT if target != "INBOX.to" else 2 * COUNT
                assert one.group(1) == tag and 0 <= done < goal == steps, (user, lines)
            # All of it has gone there.
            if target == "INBOX.to":
                assert "MESSAGES %d" % COUNT in c.ok("STATUS INBOX.to (MESSAGES)")[0], user
            left = 0 if "MOVE" in command else COUNT
            assert "MESSAGES %d)" % left in c.ok("STATUS INBOX (MESSAGES)")[-1], user
        with imap_session.Session(m, "backend2", "there") as c:
            assert "MESSAGES %d" % (2 * COUNT) in c.ok("STATUS INBOX.in (MESSAGES)")[0]


if __name__ == "__main__":
    harness.main()
