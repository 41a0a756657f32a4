#!/usr/bin/env python3
"""INPROGRESS (RFC 9585): how far a COPY, MOVE or search is that takes longer than ten seconds, at a
backend and through a frontend, within one server and to another."""
import contextlib
import errno
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


def at_work(m, *commands):
    """How many of the first backend's sessions are at one of these."""
    return len(re.findall(r"\b(?:%s)\b" % "|".join(commands),
                          m["backend1"].run("cyr_info", "proc").stdout))


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
            murder.wait_for(lambda: at_work(m, "COPY", "MOVE") == 4, "four wait for a lock")
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


def goes_on(fifo):
    """Whoever waits in its open; False: nobody does yet."""
    try:
        os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
    except OSError as e:
        assert e.errno == errno.ENXIO, e
        return False
    return True


def test_a_search_that_takes_long():
    """Who opens one of the messages waits there, and then finds nothing in it."""
    kinds = {  # the command: what of it is done by then, of how much; the answer
        "SEARCH BODY x": (3, COUNT, "SEARCH 1 2 4 5"),
        "SORT (SIZE) UTF-8 BODY x": (3, COUNT, "SORT 1 2 4 5"),
        "THREAD REFERENCES UTF-8 BODY x": (3, COUNT, "THREAD (1)(2)(4)(5)"),
        "ESEARCH IN (personal) BODY x": (0, 2, "ESEARCH "),
    }
    with murder.Murder(backends=1, frontends=1) as m, contextlib.ExitStack() as stack:
        running = []
        for where in ("backend1", "frontend1"):
            for kind in kinds:
                user = (where[:-1] + kind.split()[0]).lower()
                m.add_user(user, backend=1)
                c = stack.enter_context(imap_session.Session(m, where, user))
                c.ok("CREATE INBOX.to")
                for n in range(COUNT):
                    append(c, "INBOX", n)
                murder.wait_for(lambda: len(c.ok('LIST "" *')) == 2, "the frontend's list")
                if not kind.startswith("ESEARCH"):
                    c.select("INBOX")
                held = os.path.join(m["backend1"].dir, "spool", "user", user, "3.")
                os.remove(held)
                os.mkfifo(held)
                running.append((c, kind, held))
        tags = [begun(c, kind) for c, kind, _ in running]
        murder.wait_for(lambda: at_work(m, "SEARCH", "SORT", "THREAD", "ESEARCH") == len(tags),
                        "all wait for a message")
        time.sleep(HELD)  # that long is what is tested
        for _, _, held in running:
            murder.wait_for(lambda: goes_on(held), "it is opened")
        for (c, kind, _), tag in zip(running, tags):
            done, goal, answer = kinds[kind]
            lines, tagged = the_end(c, tag)
            assert tagged.startswith(tag + " OK"), (kind, lines, tagged)
            told = [line for line in lines if "INPROGRESS" in line]
            assert len(told) == 1 and told[0].startswith(
                '* OK [INPROGRESS ("%s" %d %d)]' % (tag, done, goal)), (kind, lines)
            assert lines.index(told[0]) < len(lines) - 1, lines
            assert lines[-1].startswith("* " + answer), (kind, lines)


if __name__ == "__main__":
    harness.main()
