#!/usr/bin/env python3
"""Long work: on a terminal it shows how far it is, elsewhere it does not; it can be interrupted
between two pieces, says so, and the same command goes on."""
import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder
import terminal

check = murder.check
INTERRUPT = "\x03"
MESSAGE = b"From: a@example.org\r\nSubject: s\r\n\r\n" + b"x" * 70000 + b"\r\n"


@contextlib.contextmanager
def locked(path):
    with open(path, "r+b") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


class Local(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.m = murder.Murder(backends=1, frontends=0, extra={"expunge_mode": "delayed"})
        cls.m.__enter__()
        cls.addClassCleanup(cls.m.__exit__, None, None, None)
        cls.b = cls.m["backend1"]

    def user(self, name, messages=0, folders=()):
        self.m.add_user(name)
        with self.m.imap("backend1", name) as c:
            for folder in ("INBOX", *folders):
                if folder != "INBOX":
                    check(c.create(folder))
                for _ in range(messages):
                    check(c.append(folder, None, None, MESSAGE))

    def lock_of(self, *folders):
        return os.path.join(self.b.dir, "spool", "user", *folders, "rookery.lock")

    def plain(self, program, *arguments, code=0):
        done = self.b.run(program, *arguments, check=False, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, code, (done.stdout, done.stderr))
        self.assertNotIn(" of ", "".join(line for line in done.stderr.splitlines(True)
                                         if not line.startswith("20")))
        return done.stdout

    def interrupted_at(self, tool, lock, first):
        """It waits for a lock, shows that, and ends behind it at an interrupt."""
        with contextlib.ExitStack() as held:
            held.enter_context(locked(lock))
            with terminal.of(self.b, *tool) as t:
                t.wait_for(first)
                t.keys(INTERRUPT)
                t.wait_for("interrupted: what is begun is ended first")
                held.close()
                self.assertEqual(t.end(), 130, t.text)
                return t.text

    def test_reconstruct(self):
        self.user("rec", folders=("INBOX.a", "INBOX.b"))
        text = self.interrupted_at(("reconstruct", "-r", "user.rec"), self.lock_of("rec"),
                                   "mailboxes 0 of 3, 0 %: user.rec")
        self.assertIn("interrupted, mailboxes: 1 of 3; the others are as they were", text)
        self.assertIn("user.rec: 0 messages", text)
        self.assertNotIn("user.rec.a: 0 messages", text)
        self.assertEqual(len(self.plain("reconstruct", "-r", "user.rec").splitlines()), 3)
        # The line is gone before another is written, and at the end.
        with terminal.of(self.b, "reconstruct", "-r", "user.rec") as t:
            self.assertEqual(t.end(), 0)
        self.assertIn("\r\x1b[Kuser.rec: 0 messages", t.text)
        for how in ({"term": "dumb"}, {}):
            quiet = () if how else ("-q",)
            with terminal.of(self.b, "reconstruct", *quiet, "-r", "user.rec", **how) as t:
                self.assertEqual(t.end(), 0)
            self.assertNotIn("mailboxes 0", t.text)

    def test_cyr_expire(self):
        self.user("exp", messages=2, folders=("INBOX.a",))
        with self.m.imap("backend1", "exp") as c:
            for folder in ("INBOX", "INBOX.a"):
                check(c.select(folder))
                check(c.store("1:*", "+FLAGS", r"(\Deleted)"))
                check(c.expunge())
        text = self.interrupted_at(("cyr_expire", "-X", "0s", "-v", "-p", "user.exp"),
                                   self.lock_of("exp"), "user.exp")
        self.assertIn("removed expunged messages: 2", text)
        self.assertIn("what is left is removed the next time", text)
        self.assertIn("removed expunged messages: 2",
                      self.plain("cyr_expire", "-X", "0s", "-v", "-p", "user.exp"))

    def test_dump(self):
        self.user("dum", messages=24)
        # Standard output is a pipe that is full before the last message: a megabyte goes at once.
        read, write = os.pipe()
        with self.dumping(write) as t:
            os.close(write)
            t.wait_for("mailboxes 0 of 1, 0 %: user.dum, message 1 of 24")
            t.keys(INTERRUPT)
            t.wait_for("interrupted: what is begun")
            with open(read, "rb") as f:
                f.read()
            self.assertEqual(t.end(), 130, t.text)
        self.assertIn("dump: interrupted, mailboxes: 0 of 1; there is no dump", t.text)

    def dumping(self, stdout):
        mine = self.b.as_owner()
        command = ["/bin/sh", "-c", 'exec "$@" >&%d' % stdout, "sh",
                   os.path.join(self.m.bin, "dump"), "-C", self.b.imapd_conf, "user.dum"]
        return terminal.Terminal(command, pass_fds=(stdout,), **mine)

    def test_an_interrupted_dump_leaves_no_file(self):
        self.user("fil", messages=4, folders=("INBOX.a",))
        folder = os.path.join(self.b.dir, "dumps")
        os.makedirs(folder, exist_ok=True)
        self.m.give(folder)
        path = os.path.join(folder, "fil.tar")
        # Killed or interrupted while it works: nothing is beside it, and the next one succeeds.
        for how in (signal.SIGKILL, signal.SIGINT):
            with terminal.of(self.b, "dump", "-f", path, "-u", "fil") as t:
                t.wait_for("message 1 of 4")
                with contextlib.suppress(ProcessLookupError):
                    os.kill(t.process.pid, how)
                t.end()
            left = os.listdir(folder)
            self.assertIn(left, ([], ["fil.tar"]), t.text)
        self.plain("dump", "-f", path, "-u", "fil")
        self.assertEqual(os.listdir(folder), ["fil.tar"])

    def test_restore(self):
        self.user("res", messages=4, folders=("INBOX.a",))
        path = os.path.join(self.b.dir, "res.tar")
        with open(path, "wb") as f:
            self.b.run("dump", "-u", "res", stdout=f, stderr=subprocess.DEVNULL)
        with open(path, "rb") as f:
            archive = f.read()
        with self.m.imap("backend1", "cyrus") as c:
            check(c.setacl("user.res", "cyrus", "lrswipkxtecda"))
            check(c.delete("user.res"))
        read, write = os.pipe()
        mine = self.b.as_owner()
        command = ["/bin/sh", "-c", 'exec "$@" <&%d' % read, "sh",
                   os.path.join(self.m.bin, "restore"), "-C", self.b.imapd_conf]
        half = archive.index(b"user.res.a/1")
        with terminal.Terminal(command, pass_fds=(read,), **mine) as t:
            os.close(read)
            feeder = threading.Thread(target=os.write, args=(write, archive[:half]))
            feeder.start()
            t.wait_for("kB read")
            feeder.join()
            t.keys(INTERRUPT)
            t.wait_for("interrupted: what is begun")
            with open(write, "wb") as f, contextlib.suppress(BrokenPipeError):
                f.write(archive[half:])
            self.assertEqual(t.end(), 130, t.text)
        self.assertIn("said again it goes on", t.text)
        self.plain("restore", "-f", path)
        with self.m.imap("backend1", "res") as c:
            for folder in ("INBOX", "INBOX.a"):
                self.assertEqual(check(c.select(folder))[0], b"4")


def test_push_and_moves():
    with murder.Murder(extra={"allowusermoves": "yes", "mupdate_agent_interval": "3600"}) as m:
        users = ["u%d" % n for n in range(4)]
        for user in users:
            m.add_user(user, 1)
        back, master = m["backend1"], m["mupdate"]
        import mupdate_client

        def names():
            with mupdate_client.Client(master.address("mupdate")) as c:
                assert c.login(back.name, m.node_password).startswith("OK")
                for name in wanted:
                    c.status("DELETE", name)
        wanted = ["user." + u for u in users]
        names()
        pid = master.processes("mupdate")[0]
        os.kill(pid, signal.SIGSTOP)
        try:
            with terminal.of(back, "ctl_mboxlist", "-m") as t:
                def connected():
                    folder = "/proc/%d/fd" % t.process.pid
                    with contextlib.suppress(OSError):
                        return any(os.readlink(os.path.join(folder, f)).startswith("socket:")
                                   for f in os.listdir(folder))
                murder.wait_for(connected, "a connection to the master")
                t.keys(INTERRUPT)
                t.wait_for("interrupted: what is begun")
                os.kill(pid, signal.SIGCONT)
                assert t.end() == 130, t.text
        finally:
            os.kill(pid, signal.SIGCONT)
        assert "interrupted, mailboxes told: 0 of 4; what is left is told" in t.text, t.text
        with terminal.of(back, "ctl_mboxlist", "-m") as t:
            assert t.end() == 0, t.text
        assert "mailboxes told 0 of 4" in t.text and "4 mailboxes: 0 unchanged, 4 act" in t.text
        names()
        out = back.run("ctl_mboxlist", "-m", "-q").stdout
        assert "4 activated" in out and "Force" not in out and "told" not in out, out
        # A drain of one a second is interrupted behind the first.
        to = m["backend2"].name
        front = m["frontend1"]
        with terminal.of(front, "murder", "drain", back.name, "--to", to, "--rate", "60") as t:
            t.wait_for("moved to")
            t.keys(INTERRUPT)
            assert t.end() == 130, t.text
        assert "moved 0 of 4, 0 %" in t.text, t.text
        assert t.text.count("moved to " + to) == 1 and "said again it goes on" in t.text, t.text
        out = front.run("murder", "drain", "-q", back.name, "--to", to).stdout
        assert "moved to" not in out and "3 moved, 0 not" in out, out
        for user in users:
            with m.imap("frontend1", user) as c:
                check(c.select("INBOX"))


if __name__ == "__main__":
    harness.main()
