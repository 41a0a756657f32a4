#!/usr/bin/env python3
"""Mail to send, cut short: at each state-changing system call of who puts it or sends it, the
process dies or the call fails. Nothing is lost, nothing that was not promised is sent, and a crash
sends at most one more."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import faults
import harness
import murder
import submission_kit as kit

PUT = os.path.join(murder.BUILD, "tests", "support", "submit_mail")
MODES = ("kill", "torn", "enospc", "eio")
MOST_CALLS = 200
TO = ["one@example.com", "two@example.com", "three@example.com"]

if not os.path.exists(faults.SHIM):
    harness.skip_all("no fault_shim here")


class Cut:
    """Runs programs with the shim in them."""

    def __init__(self, s):
        self.s = s
        self.control = faults.Control(os.path.join(s.m.dir, "control"))
        roots = [s.instance.dir + "/conf", s.instance.dir + "/spool"]
        self.environment = dict(LD_PRELOAD=faults.SHIM, ROOKERY_FAULT_CONTROL=self.control.path,
                                ROOKERY_FAULT_ROOTS=":".join(roots))

    def run(self, command, mode, n):
        """What it said, and whether the nth call was there."""
        self.control.arm(mode, n)
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            cwd=self.s.instance.dir, timeout=murder.DEADLINE,
            env=dict(os.environ, ROOKERY_LOG=self.s.instance.log, **self.environment),
            **kit.as_owner(self.s.m))
        self.control.disarm()
        return done, self.control["hit"] != 0

    def each_call(self, command, prepare, look):
        """prepare() before and look(done, mode, n) after each call that was hit."""
        for mode in MODES:
            for n in range(1, MOST_CALLS):
                prepare()
                done, hit = self.run(command, mode, n)
                look(done, mode, n, hit)
                if not hit:
                    break
            assert 3 < n < MOST_CALLS - 1, "%s: %d calls" % (mode, n)


def recipients(calls):
    return sorted(call.split("\n")[4] for call in calls)


def put_is_whole_or_not_there(to):
    with kit.Running(backends=1, frontends=0) as m:
        s = kit.Server(m)
        cut = Cut(s)

        def look(done, mode, n, hit):
            where = (mode, n, done.returncode, s.files())
            assert hit or done.returncode == 0, where
            ids = done.stdout.split()
            before = len(s.files())
            s.let_time_pass()
            said = s.submit()
            sent = recipients(s.calls())
            # Promised: all of it. Not promised: all of it or nothing.
            assert sent == sorted(to) or (sent == [] and not ids), (where, sent, said)
            if before == 0:
                assert sent == [], where
            s.let_time_pass()
            s.submit()
            assert s.files() == [], (where, s.files())
            assert recipients(s.calls()) == sent, where
            s.forget_calls()

        cut.each_call([PUT, s.instance.imapd_conf, "ann", *to], lambda: None, look)


def test_one_mail_is_put_or_not():
    put_is_whole_or_not_there(TO[:1])


def test_several_mails_are_put_all_or_none():
    put_is_whole_or_not_there(TO)


def submit_is_cut_short(does, look, extra=None):
    with kit.Running(backends=1, frontends=0, extra=extra or {}) as m:
        m.add_user("ann")
        s = kit.Server(m)
        s.does(does)
        cut = Cut(s)

        def after(done, mode, n, hit):
            for _ in range(3):
                s.let_time_pass()
                if s.submit() == [""]:
                    break
            look(s, (mode, n, done.returncode, s.files()))
            assert s.files() == [], (mode, n)
            s.forget_calls()

        cut.each_call([os.path.join(m.bin, "rookery-submit"), "-C", s.instance.imapd_conf],
                      s.redirect, after)


def test_what_is_sent_is_sent_at_most_once_more():
    submit_is_cut_short("exit 0", lambda s, where: must_be(len(s.calls()) in (1, 2), where))


def test_what_is_returned_is_there_at_least_once():
    seen = [0]

    def look(s, where):
        now = len(kit.inbox(s.m, "ann"))
        must_be(now - seen[0] in (1, 2), (where, now, seen))
        seen[0] = now

    submit_is_cut_short("exit 67", look)


def must_be(true, where):
    assert true, where


if __name__ == "__main__":
    harness.main()
