#!/usr/bin/env python3
"""mupdate without -m: a replica of our master, of a broken one, and without any."""
import os
import re
import shutil
import socket
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.environ.get("top_srcdir", os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..")), "tests", "support"))
import harness  # noqa: E402
import murder  # noqa: E402
from mupdate_client import Client, Closed, Mupdate  # noqa: E402

ADDITIONS_ONLY = "NO [UNAVAILABLE] additions only, until all servers have told their mailboxes"
ACL = "bob\tlrswipkxtecdan\t"


class Fake:
    """A master that says what a test wants. serve(send, read_line) runs for each connection."""

    def __init__(self, serve):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(8)
        self.address = self.listener.getsockname()
        self.serve = serve
        self.connections = 0
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            with sock:
                sock.settimeout(30)
                f = sock.makefile("rwb")

                def send(text):
                    f.write(text.encode())
                    f.flush()
                try:
                    send('* AUTH "PLAIN"\r\n* OK MUPDATE "fake" "Fake" "1" "(master)"\r\n')
                    line = f.readline().decode()
                    m = re.search(r"\{(\d+)\+\}\r\n$", line)
                    f.read(int(m.group(1)))
                    f.readline()
                    send('A01 OK "Authenticated"\r\n')
                    tag = f.readline().decode().split()[0]
                    self.serve(self.connections, tag, send, lambda: f.readline().decode())
                except (OSError, ValueError, AttributeError, IndexError):
                    pass
                f.close()

    def close(self):
        self.listener.close()


def lines(tag, names, location="be1!p"):
    acl = "bob lrs ".replace(" ", "\t")
    return "".join('%s MAILBOX "%s" "%s" "%s"\r\n' % (tag, n, location, acl) for n in names)


class Replica(unittest.TestCase):
    def start(self, **kw):
        m = Mupdate(**kw)
        self.addCleanup(m.__exit__)
        return m.start()

    def names(self, replica):
        """What it serves; None while it takes no clients."""
        with Client(replica.address) as c:
            try:
                c.login("cyrus")
                return [r[1] for r in c.list()]
            except (Closed, OSError, ValueError, IndexError):
                return None

    def test_follows_and_serves(self):
        master = self.start()
        be = master.client()
        self.addCleanup(be.close)
        for i in range(2500):
            be.send("ACTIVATE", "user.u%d" % i, "be1!p", ACL)
        for i in range(2500):
            be.answer("T%d" % i)
        replica = self.start(master=master, name="f")
        murder.wait_for(lambda: len(self.names(replica) or []) == 2500, "the first sync")
        c = replica.client("cyrus")
        self.addCleanup(c.close)
        self.assertEqual(c.banner[-1].split('"')[-2], "mupdate://%s:%d" % master.address)
        self.assertEqual(c.status("ACTIVATE", "a", "b!c", ""), "BAD read-only session")
        self.assertEqual(c.status("DELETE", "a"), "BAD read-only session")
        # a kick brings what the master has answered, at once
        for i in range(20):
            be.status("ACTIVATE", "kick.k%d" % i, "be1!p", ACL)
            begun = time.monotonic()
            self.assertEqual(replica.kick(), "ok")
            self.assertLess(time.monotonic() - begun, 2)
            self.assertEqual(len(c.run("FIND", "kick.k%d" % i)[0]), 1)
        # and without one it comes by itself
        be.status("RESERVE", "user.new", "be1!p")
        murder.wait_for(lambda: c.run("FIND", "user.new")[0], "a streamed change", 3)
        be.status("DELETE", "user.new")
        murder.wait_for(lambda: not c.run("FIND", "user.new")[0], "a streamed removal", 3)
        # replicas of replicas
        tag = c.send("UPDATE")
        data, _ = c.answer(tag)
        self.assertEqual(len(data), 2520)
        be.status("DELETE", "user.u7")
        self.assertEqual(c.read_response(), [tag, "DELETE", "user.u7"])
        # the master is gone: the list is served, kicks are answered at once
        master.kill()
        murder.wait_for(lambda: replica.kick() == "behind", "behind")
        begun = time.monotonic()
        self.assertEqual(replica.kick(), "behind")
        self.assertLess(time.monotonic() - begun, 1)
        self.assertEqual(len(self.names(replica)), 2519)
        # it returns with something new
        master.start()
        with master.client() as be2:
            be2.status("ACTIVATE", "user.back", "be1!p", ACL)
            be2.status("DELETE", "user.u8")
        murder.wait_for(lambda: replica.kick() == "ok", "the master again")
        with replica.client("cyrus") as c2:
            self.assertEqual(len(c2.run("FIND", "user.back")[0]), 1)
            self.assertEqual(len(c2.run("FIND", "user.u8")[0]), 0)
        # a restart of the replica, with and without a master
        replica.kill()
        replica.start()
        self.assertEqual(len(self.names(replica)), 2519)
        master.kill()
        replica.kill(15)
        replica.start()
        self.assertEqual(len(self.names(replica)), 2519)

    def status_of(self, server):
        with server.client("cyrus") as c:
            data, _ = c.run("STATUS")
        found = {}
        for line in data:
            found.setdefault(line[2], []).append(line[3])
        return found

    def position(self, server):
        status = self.status_of(server)
        return status["epoch"][0], status["serial"][0]

    def since(self, server, at):
        """What follows a position: its word, and the lines until the stream is current."""
        with server.client("cyrus") as c:
            data, status = c.answer(c.send("SINCE", *at))
            if data[0][4] == "other":
                self.assertEqual(status, "NO [NONEXISTENT] this list never was there")
                return "other", []
            self.assertEqual(status, "OK streaming starts")
            data += c.answer(c.send("NOOP"))[0]
        return data[0][4], [r[1:] for r in data[1:] if r[1] not in ("POSITION", "SERVERS")]

    def test_a_reader_follows(self):
        """A replica needs no right to change the list; so whoever asks the replica."""
        master = self.start(extra={"admins": "be1 cyrus", "mupdate_readers": "fe1"})
        be = master.client()
        self.addCleanup(be.close)
        be.status("ACTIVATE", "user.one", "be1!p", ACL)
        replica = self.start(master=master, name="f", extra={
            "admins": "cyrus", "mupdate_readers": "be1"})
        murder.wait_for(lambda: self.names(replica) == ["user.one"], "the first sync")
        be.status("ACTIVATE", "user.two", "be1!p", ACL)
        self.assertEqual(replica.kick(), "ok")
        self.assertEqual(self.names(replica), ["user.one", "user.two"])
        c = replica.client("be1")
        self.addCleanup(c.close)
        self.assertEqual(len(c.list()), 2)
        for word in ("ACCEPTDELETES", "ACCEPTRESTORED"):
            self.assertEqual(c.status(word), "NO [NOPERM] be1 may read only (mupdate_readers)")
        # It finds its way back by itself, by the position that it had.
        master.kill()
        master.start()
        with master.client() as again:
            again.status("DELETE", "user.one")
        murder.wait_for(lambda: self.names(replica) == ["user.two"], "followed again")

    def test_only_what_changed_is_sent_again(self):
        master = self.start()
        with master.client() as be:
            for name in ("a", "b", "c"):
                be.status("ACTIVATE", name, "be1!p", ACL)
            then = self.position(master)
            be.status("ACTIVATE", "d", "be1!p", ACL)
            be.status("DELETE", "b")
            be.status("ACTIVATE", "d", "be1!q", ACL)
        changed = [["MAILBOX", "d", "be1!q", ACL], ["DELETE", "b"]]
        self.assertEqual(self.since(master, then), ("changes", changed))
        self.assertEqual(self.since(master, self.position(master)), ("changes", []))
        # A master that was killed knows what it said before, and whose continuation is not its own.
        last = self.position(master)
        master.kill()
        master.start()
        self.assertNotEqual(self.position(master)[0], last[0])
        self.assertEqual(self.since(master, last), ("changes", []))
        how, lines = self.since(master, then)
        self.assertEqual((how, sorted(lines)), ("changes", sorted(changed)))
        beyond = (last[0], str(int(last[1]) + 1))
        self.assertEqual(self.since(master, beyond)[0], "other")
        self.assertEqual(self.since(master, ("12345", "1"))[0], "other")
        how, lines = self.since(master, ("0", "0"))
        self.assertEqual((how, [r[1] for r in lines]), ("list", ["a", "c", "d"]))
        with master.client() as be:
            self.assertEqual(be.status("SINCE", "x", "1"), "BAD Badly formed arguments")

    def test_a_replica_goes_on_where_it_stood(self):
        master = self.start()
        be = master.client()
        self.addCleanup(be.close)
        for i in range(50):
            be.status("ACTIVATE", "n%02d" % i, "be1!p", ACL)
        replica = self.start(master=master, name="f")
        murder.wait_for(lambda: len(self.names(replica) or []) == 50, "the first sync")
        self.assertEqual(replica.kick(), "ok")
        self.assertEqual(self.status_of(replica)["position"], [" ".join(self.position(master))])
        replica.kill()
        be.status("DELETE", "n00")
        be.status("ACTIVATE", "new", "be1!p", ACL)
        replica.start()
        murder.wait_for(lambda: replica.kick() == "ok", "the second sync")
        self.assertEqual(len(self.names(replica)), 50)
        self.assertIn("new", self.names(replica))
        self.assertEqual(replica.log_text().count("the mailbox list is complete"), 1)
        self.assertIn("current but for what changed", replica.log_text())
        listener = self.status_of(master)["listener"][0].split()
        self.assertEqual((listener[0], listener[4]), ("fe1", "stream"))

    def test_a_master_of_another_line_is_refused_and_removes_nothing(self):
        master = self.start()
        with master.client() as be:
            for i in range(5):
                be.status("ACTIVATE", "n%d" % i, "be1!p", ACL)
        replica = self.start(master=master, name="f")
        murder.wait_for(lambda: len(self.names(replica) or []) == 5, "the first sync")
        self.assertEqual(self.status_of(replica)["held-removals"], ["0"])
        with replica.client("cyrus") as c:
            self.assertEqual(c.status("ACCEPTDELETES"),
                             "NO [NONEXISTENT] no removals are held back")
        # Somebody gives the master an empty list; fewer names than the guard lets go.
        master.kill()
        conf = os.path.join(master.dir, "conf")
        shutil.rmtree(os.path.join(conf, "mupdate"))
        for name in os.listdir(conf):
            if name.startswith("mailboxes"):
                os.unlink(os.path.join(conf, name))
        master.start()
        with master.client() as be:
            be.status("ACTIVATE", "added", "be1!p", ACL)
        murder.wait_for(lambda: self.status_of(replica)["refused"] == ["yes"], "it is refused")
        self.assertEqual(len(self.names(replica)), 5)
        self.assertEqual([l.split()[2][:4] for l in self.status_of(master)["stranger"]], ["fe1@"])
        # Promoted, it waits for the server of its one mailbox, and takes additions only.
        with master.client("cyrus") as c:
            self.assertEqual(c.status("PROMOTE", "be2"),
                             "OK additions only, until 2 servers have told theirs")
            self.assertEqual(c.status("DELETE", "added"), ADDITIONS_ONLY)
        self.assertEqual(self.status_of(master)["waiting"], ["be1", "be2"])
        murder.wait_for(lambda: "added" in (self.names(replica) or []), "additions come")
        murder.wait_for(lambda: self.status_of(replica)["held-removals"] == ["5"], "they are held")
        self.assertEqual(len(self.names(replica)), 6)
        self.assertEqual(self.status_of(replica)["refused"], ["no"])
        # It keeps that over a restart; once all have told theirs, removals go.
        master.kill()
        master.start()
        with master.client("cyrus") as c:
            at = self.position(master)
            self.assertEqual(c.status("DELETE", "added"), ADDITIONS_ONLY)
            self.assertEqual(c.status("TOLD", "be1", "12345", "1"),
                             "NO [NONEXISTENT] this list never was there")
            self.assertEqual(c.status("TOLD", "be1", *at), "OK done")
            self.assertEqual(c.status("DELETE", "added"), ADDITIONS_ONLY)
            self.assertEqual(c.status("TOLD", "be2", *at), "OK done")
            c.status("ACTIVATE", "more", "be1!p", ACL)
            self.assertEqual(c.status("DELETE", "more"), "OK done")
            self.assertEqual(c.status("PROMOTE"),
                             "OK additions only, until 1 servers have told theirs")
            self.assertEqual(c.status("RECOVERED"), "OK done")
        with replica.client("cyrus") as c:
            self.assertEqual(c.status("ACCEPTDELETES"), "OK done")
        murder.wait_for(lambda: self.names(replica) == ["added"], "they are let go")
        murder.wait_for(lambda: self.status_of(replica)["held-removals"] == ["0"], "none is held")

    def test_a_replica_accepts_a_restored_master(self):
        master = self.start()
        with master.client() as be:
            be.status("ACTIVATE", "old", "be1!p", ACL)
        replica = self.start(master=master, name="f")
        murder.wait_for(lambda: self.names(replica) == ["old"], "the first sync")
        with replica.client("cyrus") as c:
            self.assertEqual(c.status("ACCEPTRESTORED"), "NO [NONEXISTENT] no master was refused")
        master.kill()
        conf = os.path.join(master.dir, "conf")
        shutil.rmtree(os.path.join(conf, "mupdate"))
        for name in os.listdir(conf):
            if name.startswith("mailboxes"):
                os.unlink(os.path.join(conf, name))
        master.start()
        with master.client() as be:
            be.status("ACTIVATE", "new", "be1!p", ACL)
        murder.wait_for(lambda: self.status_of(replica)["refused"] == ["yes"], "it is refused")
        with replica.client("cyrus") as c:
            self.assertEqual(c.status("ACCEPTRESTORED"), "OK done")
        murder.wait_for(lambda: self.names(replica) == ["new"], "its list is taken")

    def check_broken(self, end):
        """A dump that does not end with OK removes nothing."""
        def serve(n, tag, send, read_line):
            if n == 1:
                send(lines(tag, ["a", "b", "c"]) + tag + ' OK "streaming starts"\r\n')
                read_line()
            else:
                send(lines(tag, ["a", "d"]) + (end % tag if "%s" in end else end))
        fake = Fake(serve)
        self.addCleanup(fake.close)
        replica = self.start(master=fake, name="f")
        murder.wait_for(lambda: fake.connections >= 3, "new connections")
        self.assertEqual(self.names(replica)[:3], ["a", "b", "c"])

    def test_dump_that_is_cut(self):
        self.check_broken("")

    def test_dump_that_ends_with_no(self):
        self.check_broken('%s NO "sorry"\r\n')

    def test_dump_that_ends_with_bye(self):
        self.check_broken('* BYE "going"\r\n')

    def test_dump_with_a_delete(self):
        self.check_broken('%s DELETE "a"\r\n')

    def test_dump_with_garbage(self):
        self.check_broken("%s MAILBOX nonsense\r\n")

    def check_guard(self, second, left):
        def serve(n, tag, send, read_line):
            names = ["n%03d" % i for i in range(300)] if n == 1 else second
            send(lines(tag, names) + tag + ' OK "streaming starts"\r\n')
            if n == 1:
                return
            while True:
                word = read_line().split()
                send(word[0] + ' OK "Noop done"\r\n')
        fake = Fake(serve)
        self.addCleanup(fake.close)
        replica = self.start(master=fake, name="f")
        murder.wait_for(lambda: fake.connections >= 2, "a second connection")
        murder.wait_for(lambda: replica.kick() == "ok", "the second sync")
        self.assertEqual(len(self.names(replica)), left)
        return replica

    def test_an_empty_dump_removes_nothing(self):
        self.check_guard([], 300).wait_log("would remove too many")

    def test_a_short_dump_removes_nothing(self):
        self.check_guard(["n000", "new"], 301).wait_log("would remove too many")

    def test_a_dump_in_another_order_is_understood(self):
        self.check_guard(["n%03d" % i for i in range(299, 9, -1)], 290)

    def test_no_clients_before_the_first_list(self):
        fake = Fake(lambda n, tag, send, read_line: read_line())
        self.addCleanup(fake.close)
        replica = self.start(master=fake, name="f")
        with Client(replica.address) as c:
            self.assertEqual(c.read_line(), '* BYE "no longer ready for connections"')


if __name__ == "__main__":
    harness.main()
