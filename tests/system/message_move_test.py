#!/usr/bin/env python3
"""kill -9 at random moments of MOVE and of RENAME INBOX: no message is lost and none is doubled.

50 messages go back and forth between two mailboxes; after each of 100 kills each of them is in
exactly one.
"""
import os
import random
import re
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder

check = murder.check
ROUNDS = int(os.environ.get("ROOKERY_FAULT_ROUNDS", "100"))
RENAMES = max(1, ROUNDS // 5)
SEED = int(os.environ.get("ROOKERY_TEST_SEED", "0")) or random.SystemRandom().randrange(1 << 30)
MESSAGES = 50
OTHER = "INBOX.Other"


def fill(m, user):
    with m.imap("backend1", user) as c:
        check(c.create(OTHER))
        for n in range(MESSAGES):
            check(c.append("INBOX", None, None,
                           b"From: a@example.org\r\nSubject: m%d\r\n\r\nText %d\r\n" % (n, n)))


def numbers_in(c, mailbox):
    """The numbers of the messages there, sorted; the counts of STATUS must fit."""
    told = check(c.status(mailbox, "(MESSAGES)"))[0]
    count = int(check(c.select(mailbox, readonly=True))[0])
    assert int(re.search(rb"MESSAGES (\d+)", told).group(1)) == count, (told, count)
    if count == 0:
        return []
    data = check(c.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))
    found = [int(re.search(rb"m(\d+)", part[1]).group(1)) for part in data
             if isinstance(part, tuple)]
    assert len(found) == count, (found, count)
    return sorted(found)


def check_once(m, user, mailboxes, when):
    with m.imap("backend1", user) as c:
        where = {mailbox: numbers_in(c, mailbox) for mailbox in mailboxes}
    there = sorted(sum(where.values(), []))
    assert there == list(range(MESSAGES)), "%s: %r" % (when, where)
    return where


def kill_during(m, work, pause):
    """Runs work, which begins with a callback, and kills imapd's workers a while later."""
    begun = threading.Event()
    failure = []

    def run():
        try:
            work(begun.set)
        except AssertionError as e:
            failure.append(e)
        except Exception:
            pass  # the connection ended
        begun.set()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert begun.wait(60)
    time.sleep(pause)  # the random moment itself
    for p in m["backend1"].workers("imapd"):
        try:
            os.kill(p, signal.SIGKILL)
        except ProcessLookupError:
            pass
    thread.join(60)
    assert not thread.is_alive() and not failure, failure


def move_back_and_forth(m, user, begin, forever=True):
    c = m.imap("backend1", user)
    try:
        while True:
            for source, target in (("INBOX", OTHER), (OTHER, "INBOX")):
                if int(check(c.select(source))[0]) > 0:
                    begin()
                    kind, data = c._simple_command("MOVE", "1:*", target)
                    assert kind == "OK", (kind, data)
            if not forever:
                return
    finally:
        c.shutdown()


def test_imapd_killed_during_move():
    print("seed", SEED)
    rng = random.Random(SEED)
    with murder.Murder(backends=1, frontends=0) as m:
        m.add_user("alice")
        fill(m, "alice")
        split = 0
        ended = {"INBOX": 0, OTHER: 0}
        for n in range(ROUNDS):
            kill_during(m, lambda begin: move_back_and_forth(m, "alice", begin),
                        rng.uniform(0, 0.06))
            where = check_once(m, "alice", ["INBOX", OTHER], "kill %d" % n)
            # All of them went or none.
            split += sum(1 for found in where.values() if found) - 1
            for mailbox, found in where.items():
                ended[mailbox] += bool(found)
        assert split == 0, "%d moves of all messages moved some" % split
        print("  %d kills, ended in %r" % (ROUNDS, ended))


def can_be_had(c, name):
    kind, data = c.rename("INBOX", name)
    if kind == "NO" and b"reserved" in data[0]:
        return False
    assert kind == "OK" or b"ALREADYEXISTS" in data[0], (kind, data)
    return True


def test_imapd_killed_during_rename_of_inbox():
    rng = random.Random(SEED)
    with murder.Murder(backends=1, frontends=0) as m:
        m.add_user("alice")
        fill(m, "alice")
        done = 0
        for n in range(RENAMES):
            name = "INBOX.Old%d" % n

            def rename(begin):
                c = m.imap("backend1", "alice")
                try:
                    begin()
                    check(c.rename("INBOX", name))
                finally:
                    c.shutdown()

            kill_during(m, rename, rng.uniform(0, 0.15))
            with m.imap("backend1", "alice") as c:
                made = c.status(name, "(MESSAGES)")[0] == "OK"
                where = check_once(m, "alice", ["INBOX"] + [name] * made, "rename %d" % n)
                done += bool(where.get(name))
                # What the kill left is no obstacle: the name is taken, or it can be had.
                murder.wait_for(lambda: can_be_had(c, name), "the name is reserved for ever")
                check_once(m, "alice", ["INBOX", name], "rename %d again" % n)
                if numbers_in(c, name):
                    check(c.select(name))
                    check(c._simple_command("MOVE", "1:*", "INBOX"))
                check(c.select("INBOX"))
                check(c.delete(name))
            check_once(m, "alice", ["INBOX"], "rename %d back" % n)
        print("  %d of %d renames had moved the messages" % (done, RENAMES))


if __name__ == "__main__":
    harness.main()
