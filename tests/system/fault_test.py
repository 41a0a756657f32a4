#!/usr/bin/env python3
"""kill -9 at random moments: what was acknowledged is there, nothing is half there.

An imapd during APPEND and an lmtpd during DATA, 20 times each, on a backend and through the
frontend; and an lmtpd whose client sends again what was not answered, as a mail server does. Each
message carries the digest of its own body, so a torn one is recognised. The mupdate master during
ACTIVATE is killed in mupdate_master_test.py.
"""
import hashlib
import os
import random
import re
import signal
import smtplib
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder

ROUNDS = int(os.environ.get("ROOKERY_FAULT_ROUNDS", "20"))
SEED = int(os.environ.get("ROOKERY_TEST_SEED", "0")) or random.SystemRandom().randrange(1 << 30)


def make_message(number, rng):
    body = "".join("%032x\r\n" % rng.getrandbits(128) for _ in range(rng.randint(5, 600)))
    digest = hashlib.sha256(body.encode()).hexdigest()
    return ("From: a@example.org\r\nTo: b@example.org\r\nSubject: fault %d\r\n"
            "Message-ID: <fault-%d@example.org>\r\nX-Number: %d\r\nX-Digest: %s\r\n\r\n%s"
            % (number, number, number, digest, body)).encode()


def read_back(m, user):
    """number -> how often, of every message of user; each must be whole."""
    found = {}
    with m.imap("frontend1", user) as c:
        count = int(murder.check(c.select("INBOX", readonly=True))[0])
        uids = []
        for first in range(1, count + 1, 50):
            data = murder.check(c.fetch("%d:%d" % (first, min(first + 49, count)),
                                        "(UID RFC822.SIZE BODY.PEEK[])"))
            for part in data:
                if not isinstance(part, tuple):
                    continue
                text = part[1]
                size = int(re.search(rb"RFC822.SIZE (\d+)", part[0]).group(1))
                uids.append(int(re.search(rb"UID (\d+)", part[0]).group(1)))
                assert size == len(text), (size, len(text))
                header, body = text.split(b"\r\n\r\n", 1)
                digest = re.search(rb"X-Digest: (\w+)", header).group(1).decode()
                assert hashlib.sha256(body).hexdigest() == digest, "a torn message is visible"
                number = int(re.search(rb"X-Number: (\d+)", header).group(1))
                found[number] = found.get(number, 0) + 1
        assert len(uids) == count and sorted(set(uids)) == uids, "UIDs are not ascending"
    return found


class Killer(threading.Thread):
    """Kills the workers of one program of one instance at random moments, ROUNDS times."""

    def __init__(self, instance, program, rng, acknowledged):
        super().__init__(daemon=True)
        self.instance, self.program, self.rng = instance, program, rng
        self.acknowledged = acknowledged
        self.kills = 0
        self.failure = None

    def run(self):
        try:
            while self.kills < ROUNDS:
                before = len(self.acknowledged)
                murder.wait_for(lambda: len(self.acknowledged) > before, "nothing gets through")
                time.sleep(self.rng.uniform(0.005, 0.12))  # the random moment itself
                for p in self.instance.workers(self.program):
                    try:
                        os.kill(p, signal.SIGKILL)
                    except ProcessLookupError:
                        continue
                self.kills += 1
        except Exception as e:
            self.failure = e


def storm(m, victim, program, user, send_all):
    """Sends numbered messages while workers die; what was acknowledged must be there.

    Gives number -> how often it is there.
    """
    rng = random.Random(SEED)
    print("seed", SEED)
    acknowledged = set()
    killer = Killer(m[victim], program, random.Random(SEED + 1), acknowledged)
    number = 0
    killer.start()
    end = time.monotonic() + 60
    while killer.is_alive() and time.monotonic() < end:
        batch = [(number + i, make_message(number + i, rng)) for i in range(20)]
        number += 20
        send_all(batch, acknowledged)
    killer.join(10)
    assert killer.failure is None and killer.kills == ROUNDS, (killer.failure, killer.kills)
    found = read_back(m, user)
    lost = acknowledged - set(found)
    assert not lost, "acknowledged and lost: %r" % sorted(lost)
    assert len(acknowledged) >= ROUNDS
    print("  %d sent, %d acknowledged, %d kills" % (number, len(acknowledged), killer.kills))
    return found


def storm_of_single_tries(*arguments):
    """A message sent once is there at most once, acknowledged or not."""
    found = storm(*arguments)
    assert all(n == 1 for n in found.values()), "doubled: %r" % found


def appender(m, instance, user):
    def send_all(batch, acknowledged):
        try:
            c = m.imap(instance, user)
        except Exception:
            return
        try:
            for number, message in batch:
                kind, _ = c.append("INBOX", None, None, message)
                if kind == "OK":
                    acknowledged.add(number)
        except Exception:
            pass
        finally:
            c.shutdown()
    return send_all


def deliverer(m, instance, user):
    def send_all(batch, acknowledged):
        try:
            c = m.lmtp(instance)
        except Exception:
            return
        try:
            for number, message in batch:
                try:
                    if not c.deliver("s@example.org", [user], message):
                        acknowledged.add(number)
                except smtplib.SMTPResponseException:
                    pass
        except Exception:
            pass
        finally:
            c.close()
    return send_all


EXTRA = {"duplicatesuppression": "no"}


def test_imapd_killed_during_append():
    with murder.Murder(backends=1, extra=EXTRA) as m:
        m.add_user("alice")
        storm_of_single_tries(m, "backend1", "imapd", "alice", appender(m, "backend1", "alice"))


def test_imapd_killed_during_append_through_the_frontend():
    with murder.Murder(backends=1, extra=EXTRA) as m:
        m.add_user("alice")
        storm_of_single_tries(m, "backend1", "imapd", "alice", appender(m, "frontend1", "alice"))


def test_lmtpd_killed_during_data():
    with murder.Murder(backends=1, extra=EXTRA) as m:
        m.add_user("alice")
        storm_of_single_tries(m, "backend1", "lmtpd", "alice", deliverer(m, "backend1", "alice"))


def test_lmtpd_killed_during_data_through_the_frontend():
    with murder.Murder(backends=1, extra=EXTRA) as m:
        m.add_user("alice")
        storm_of_single_tries(m, "backend1", "lmtpd", "alice", deliverer(m, "frontend1", "alice"))


def test_lmtpd_killed_while_duplicates_are_suppressed():
    """What is sent until it is answered 250 is not suppressed before it is there."""
    with murder.Murder(backends=1, extra={"duplicatesuppression": None}) as m:
        m.add_user("alice")
        once = deliverer(m, "backend1", "alice")
        waiting = []

        def until_answered(batch, acknowledged):
            waiting.extend(batch[:5])
            once(list(waiting), acknowledged)
            waiting[:] = [w for w in waiting if w[0] not in acknowledged]

        storm(m, "backend1", "lmtpd", "alice", until_answered)
        rest = set()
        once(waiting, rest)
        assert rest == {number for number, _ in waiting}
        before = read_back(m, "alice")
        assert rest <= set(before), rest - set(before)
        # All of it once more: nothing comes twice now.
        rng = random.Random(SEED)
        again = [(n, make_message(n, rng)) for n in sorted(before)]
        second = set()
        once(again, second)
        assert second == set(before)
        assert read_back(m, "alice") == before
        doubles = sum(before.values()) - len(before)
        assert doubles <= ROUNDS, "more doubles than kills: %d" % doubles
        print("  %d doubles" % doubles)


if __name__ == "__main__":
    harness.main()
