#!/usr/bin/env python3
"""mupdate -m: commands, replies, streams, limits, kill -9, all by a client that is not ours."""
import os
import random
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

ACL = "bob\tlrswipkxtecdan\t"


class Master(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        users = ("be1", "be2", "fe1", "cyrus")
        cls.m = Mupdate(users=users + ("reader",), extra={
            "admins": " ".join(users), "mupdate_readers": "reader"}).start()

    @classmethod
    def tearDownClass(cls):
        cls.m.__exit__()

    def client(self, user="be1"):
        c = self.m.client(user)
        self.addCleanup(c.close)
        return c

    def test_banner(self):
        c = self.client()
        self.assertEqual(c.banner[0], '* AUTH "PLAIN"')
        self.assertIn("* PARTIAL-UPDATE", c.banner)
        self.assertRegex(c.banner[-1], r'^\* OK MUPDATE "m.test" "Rookery" "[^"]+" "\(master\)"$')

    def test_login_is_needed_and_for_admins_only(self):
        with Client(self.m.address) as c:
            c.read_banner()
            self.assertEqual(c.status("LIST"), "BAD Please login first")
            self.assertEqual(c.status("NOOP"), "BAD Please login first")
            self.assertEqual(c.status("STARTTLS"), "BAD Unrecognized command")
            c.sock.sendall(b"A01 AUTHENTICATE PLAIN\r\n")
            self.assertEqual(c.read_line(), "")
            c.sock.sendall(b"*\r\n")
            self.assertEqual(c.read_line(), "A01 NO Client canceled authentication")
            c.sock.sendall(b"A01 AUTHENTICATE PLAIN\r\n")
            c.read_line()
            c.sock.sendall(b"!!!\r\n")
            self.assertEqual(c.answer("A01")[1], "NO authentication failure")
            self.assertEqual(c.status("AUTHENTICATE", "NONE"), "NO authentication failure")
            c.sock.sendall(b"A02 LOGOUT\r\n")
            self.assertEqual(c.answer("A02")[1], "OK bye-bye")
            self.assertRaises(Closed, c.fill)
        with Client(self.m.address) as c:
            self.assertEqual(c.login("be1", "wrong"), "NO authentication failure")
        c = self.client()
        self.assertEqual(c.status("AUTHENTICATE", "PLAIN"), "BAD already authenticated")

    def test_life_of_a_name(self):
        c = self.client()
        self.assertEqual(c.status("RESERVE", "user.bob", "be1.test!default"), "OK done")
        data, status = c.run("FIND", "user.bob")
        self.assertEqual(status, "OK Search completed")
        self.assertEqual(data, [["T1", "RESERVE", "user.bob", "be1.test!default"]])
        self.assertEqual(c.status("RESERVE", "user.bob", "be2.test!default"),
                         "NO mailbox already exists")
        self.assertEqual(c.status("ACTIVATE", "user.bob", "be1.test!default", ACL), "OK done")
        data, _ = c.run("FIND", "user.bob")
        self.assertEqual(data[0][1:], ["MAILBOX", "user.bob", "be1.test!default", ACL])
        self.assertEqual(c.status("DEACTIVATE", "user.bob", "be1.test!default"), "OK done")
        self.assertEqual(c.status("DEACTIVATE", "user.bob", "be1.test!default"),
                         "NO mailbox not currently active")
        self.assertEqual(c.status("ACTIVATE", "user.bob", "be2.test!default", ACL), "OK done")
        self.assertEqual(c.status("DELETE", "user.bob"), "OK done")
        self.assertEqual(c.status("DELETE", "user.bob"), "NO mailbox doesn't exist")
        self.assertEqual(c.run("FIND", "user.bob"), ([], "OK Search completed"))
        # as Cyrus 3.6.1 renames: the partition is empty
        self.assertEqual(c.status("RESERVE", "user.bob", "be1.test!"), "OK done")
        self.assertEqual(c.status("ACTIVATE", "user.bob", "be1.test!", ""), "OK done")
        self.assertEqual(c.list("be1.test!"), [["MAILBOX", "user.bob", "be1.test!", ""]])
        self.assertEqual(c.status("DELETE", "user.bob", "be2.test!x"),
                         "NO [ALREADYEXISTS] mailbox is held by be1.test")
        self.assertEqual(c.status("DELETE", "user.bob", "be1.test!x"), "OK done")

    def test_wrong_commands(self):
        c = self.client()
        for sent, got in (
                (b"\r\n", "* BAD Need command"), (b"x\r\n", "* BAD Need command"),
                (b"x \r\n", "x BAD Null command"), (b"x WHAT\r\n", "x BAD Unrecognized command"),
                (b"x FIND\r\n", "x BAD Missing arguments"),
                (b"x FIND a\r\n", "x BAD Badly formed arguments"),
                (b'x FIND "a" "b"\r\n', "x BAD Extra arguments"),
                (b'x NOOP "b"\r\n', "x BAD Extra arguments"),
                (b'x ACTIVATE "a" "b"\r\n', "x BAD Missing arguments"),
                (b"x FIND {200000}\r\n", "x BAD Argument too long"),
                (b'x FIND "' + b"a" * 9000 + b'"\r\n', "x BAD Argument too long"),
                (b"x noop\r\n", "x OK Noop done"),
                (b"x WHAT {10+}\r\ny LOGOUT\r\n\r\n", "x BAD Unrecognized command")):
            c.sock.sendall(sent)
            self.assertEqual(" ".join(c.read_response()), got, sent)
        c.sock.sendall(b"x FIND {3}\r\n")
        self.assertEqual(c.read_line(), "+ go ahead")
        c.sock.sendall(b"abc\r\n")
        self.assertEqual(c.answer("x")[1], "OK Search completed")
        for name in ("", "a..b", ".a", "a/b\n", "x" * 600):
            self.assertTrue(c.status("ACTIVATE", name, "be1!p", ACL).startswith("NO "), name)
            self.assertEqual(c.status("DELETE", name), "NO mailbox doesn't exist")
        for location in ("", "a!b!c", "!p", "a b"):
            self.assertTrue(c.status("ACTIVATE", "user.x", location, ACL).startswith("NO "))
        self.assertTrue(c.status("ACTIVATE", "user.x", "a!b", "no tab").startswith("NO "))
        c.sock.sendall(b"x FIND {999999999+}\r\n")
        self.assertEqual(c.answer("x")[1], "BAD Argument too long")
        self.assertRaises(Closed, c.fill)
        self.assertEqual(self.client().status("NOOP"), "OK Noop done")

    def test_pipelining_and_order_of_the_list(self):
        c = self.client()
        names = ["ord.a", "ord.a-b", "ord.a.b", "ord.a^b", "ord.ab", "dom.org!ord.x", "ord"]
        tags = [c.send("ACTIVATE", n, "ord!p", ACL) for n in names]
        tags.append(c.send("LIST", "ord!"))
        for t in tags[:-1]:
            self.assertEqual(c.answer(t), ([], "OK done"))
        data, _ = c.answer(tags[-1])

        def key(name):
            domain, bang, local = name.rpartition("!")
            return domain + ("\x1d" if bang else "") + local.replace(".", "\x1f").replace("^", ".")
        self.assertEqual([r[2] for r in data], sorted(names, key=key))
        for n in names:
            self.assertEqual(c.status("DELETE", n), "OK done")

    def test_update_streams_at_once(self):
        u, c = self.client("fe1"), self.client()
        c.status("ACTIVATE", "up.one", "be1!p", ACL)
        tag = u.send("UPDATE")
        data, status = u.answer(tag)
        self.assertEqual(status, "OK streaming starts")
        self.assertIn([tag, "MAILBOX", "up.one", "be1!p", ACL], data)
        begun = time.monotonic()
        c.status("RESERVE", "up.two", "be1!p")
        self.assertEqual(u.read_response(), [tag, "RESERVE", "up.two", "be1!p"])
        c.status("ACTIVATE", "up.two", "be1!p", ACL)
        self.assertEqual(u.read_response(), [tag, "MAILBOX", "up.two", "be1!p", ACL])
        c.status("DELETE", "up.one")
        self.assertEqual(u.read_response(), [tag, "DELETE", "up.one"])
        self.assertLess(time.monotonic() - begun, 3)
        self.assertEqual(u.status("LIST"), "BAD not legal when streaming")
        # NOOP comes after everything that was there before it
        for i in range(200):
            c.status("ACTIVATE", "up.n%d" % i, "be1!p", ACL)
        data, status = u.run("NOOP")
        self.assertEqual(status, "OK Noop done")
        self.assertEqual(data[-1], [tag, "MAILBOX", "up.n199", "be1!p", ACL])
        self.assertEqual(u.status("LOGOUT"), "OK bye-bye")

    def test_states_of_servers_are_told_to_who_follows(self):
        u, old, c = self.client("fe1"), self.client("fe1"), self.client("cyrus")
        self.assertEqual(c.status("SERVERSTATE", "st1", "no-new"), "OK done")
        tag = u.send("SINCE", "0", "0")
        u.answer(tag)
        told = [r[2] for r in u.run("NOOP")[0] if r[1] == "SERVERS"]
        self.assertEqual(told, ["st1 no-new \n"])
        old.answer(old.send("UPDATE"))
        self.assertEqual(c.status("SERVERSTATE", "st2", "maintenance", "at noon"), "OK done")
        self.assertEqual(u.read_response(),
                         [tag, "SERVERS", "st1 no-new \nst2 maintenance at noon\n"])
        self.assertEqual([r[2:] for r in c.run("STATUS")[0] if r[2] == "state"],
                         [["state", "st1 no-new "], ["state", "st2 maintenance at noon"]])
        for server in ("st1", "st2"):
            self.assertEqual(c.status("SERVERSTATE", server, "active"), "OK done")
        self.assertEqual(u.run("NOOP")[0][-1], [tag, "SERVERS", ""])
        # UPDATE is for those who may not know the word.
        self.assertEqual([r for r in old.run("NOOP")[0] if r[1] == "SERVERS"], [])
        self.assertEqual(c.status("SERVERSTATE", "st1", "asleep"), "BAD Badly formed arguments")
        self.assertEqual(c.status("SERVERSTATE", "st1"), "BAD Missing arguments")
        self.assertTrue("] not a server" in c.status("SERVERSTATE", "a b", "draining"))
        self.assertTrue(c.status("SERVERSTATE", "st1", "draining", "x" * 201).startswith("NO "))

    def test_partial_update(self):
        u, c = self.client("fe1"), self.client()
        c.status("ACTIVATE", "part.a", "h1!p", ACL)
        c.status("ACTIVATE", "part.b", "h2!p", ACL)
        tag = u.send("UPDATE", "h1", "h3")
        data, _ = u.answer(tag)
        self.assertEqual([r[2] for r in data], ["part.a"])
        c.status("ACTIVATE", "part.c", "h2!p", ACL)
        c.status("DEACTIVATE", "part.a", "h1!p")
        c.status("ACTIVATE", "part.a", "h2!p", ACL)
        data, _ = u.run("NOOP")
        self.assertEqual({r[2] for r in data}, {"part.a"})
        self.assertEqual(data[-1], [tag, "MAILBOX", "part.a", "h2!p", ACL])

    def test_conflicts_stay_with_the_first(self):
        a, b = self.client("be1"), self.client("be2")
        a.status("ACTIVATE", "con.x", "c1!p", ACL)
        self.assertEqual(b.status("ACTIVATE", "con.x", "c2!p", ACL),
                         "NO [ALREADYEXISTS] mailbox is held by c1")
        self.assertEqual(b.list("c2!"), [["MAILBOX", "con.x", "c2!p", ACL]])
        self.assertEqual(b.run("FIND", "con.x"), ([], "OK Search completed"))
        self.assertEqual(b.status("DELETE", "con.x"), "OK done")
        self.assertEqual(b.status("DELETE", "con.x"), "NO [ALREADYEXISTS] mailbox is held by c1")
        self.assertEqual(a.list("c1!"), [["MAILBOX", "con.x", "c1!p", ACL]])

    def test_an_administrator_resolves_a_conflict(self):
        a, b = self.client("be1"), self.client("be2")
        a.status("ACTIVATE", "res.x", "r1!p", ACL)
        for server in ("r2", "r3"):
            b.status("ACTIVATE", "res.x", server + "!q", "")

        def told():
            return sorted(r[3].split(" ", 1)[1] for r in a.run("STATUS")[0]
                          if r[2] == "conflict" and r[3].endswith(" res.x"))
        self.assertEqual(told(), ["r1!p r2!q be2 res.x", "r1!p r3!q be2 res.x"])
        # Who gives up its claim has no claim any more, whoever holds the mailbox.
        self.assertEqual(b.status("DELETE", "res.x", "r3!q"), "OK done")
        self.assertEqual(told(), ["r1!p r2!q be2 res.x"])
        self.assertEqual(a.status("RESOLVE", "res.x", "r4"),
                         "NO [NOPERM] mailbox is not claimed by r4")
        self.assertEqual(a.status("RESOLVE", "res.none", "r1"), "NO mailbox doesn't exist")
        self.assertEqual(a.status("RESOLVE", "res.x", "r2"), "OK done")
        self.assertEqual(told(), [])
        self.assertEqual(a.run("FIND", "res.x")[0][0][1:], ["MAILBOX", "res.x", "r2!q", ""])
        self.assertEqual(a.status("RESOLVE", "res.x", "r2"), "OK done")

    def test_a_server_cannot_empty_the_list(self):
        c = self.client()
        for i in range(150):
            c.status("ACTIVATE", "gone.n%d" % i, "gone!p", ACL)
        self.assertEqual(len(c.list("gone!")), 150)
        answers = [c.status("DELETE", "gone.n%d" % i) for i in range(150)]
        self.assertEqual(answers.count("OK done"), 100)
        self.assertEqual(answers[-1],
                         "NO [LIMIT] too many removals in one sync (mupdate_max_deletes)")
        self.assertEqual(len(c.list("gone!")), 50)

    # What makes it so (each OK, by be1), the command, and all of its answer.
    LONG = "x" * 2000
    REFUSALS = [
        ([], ("ACTIVATE", LONG, "be1!p", ACL), "NO [CANNOT] Invalid mailbox name: too long"),
        ([], ("ACTIVATE", "t.new", "a!b!c", ACL), "NO [CLIENTBUG] Location with two '!'"),
        ([], ("ACTIVATE", "t.new", "be1!p", "a\tl\t" * 20000),
         "NO [LIMIT] Access control list too long"),
        ([("ACTIVATE", "t.a", "be1!p", ACL)], ("ACTIVATE", "t.a", "be2!p", ACL),
         "NO [ALREADYEXISTS] mailbox is held by be1"),
        ([], ("RESERVE", LONG, "be1!p"), "NO [CANNOT] Invalid mailbox name: too long"),
        ([], ("RESERVE", "t.new", "!p"), "NO [CLIENTBUG] Location without a server"),
        ([], ("RESERVE", "t.a", "be2!p"), "NO mailbox already exists"),
        ([], ("DEACTIVATE", LONG, "be1!p"), "NO [CANNOT] Invalid mailbox name: too long"),
        ([], ("DEACTIVATE", "t.none", "be1!p"), "NO mailbox not currently active"),
        ([], ("DELETE", LONG), "NO mailbox doesn't exist"),
        ([], ("DELETE", "t.none"), "NO mailbox doesn't exist"),
        ([], ("DELETE", "t.a", "!p"), "NO [CLIENTBUG] Location without a server"),
        ([], ("DELETE", "t.a", "be3!p"), "NO [ALREADYEXISTS] mailbox is held by be1"),
        ([], ("RESOLVE", "t.none", "be1"), "NO mailbox doesn't exist"),
        ([], ("RESOLVE", "t.a", "be3"), "NO [NOPERM] mailbox is not claimed by be3"),
        ([], ("TOLD", "be1", "12345", "1"), "NO [NONEXISTENT] this list never was there"),
        ([], ("SINCE", "12345", "1"), "NO [NONEXISTENT] this list never was there"),
        ([], ("SERVERSTATE", "t.nowhere!", "draining"),
         "NO [CLIENTBUG] not a server's name: t.nowhere!"),
        ([], ("ACCEPTDELETES",), "NO [UNSUPPORTED] this is the master: it holds nothing back"),
        ([], ("ACCEPTRESTORED",), "NO [UNSUPPORTED] this is the master: see PROMOTE"),
        ([], ("COMPRESS", "LZMA"), "NO [UNSUPPORTED] Unknown COMPRESS algorithm"),
    ]

    def test_refusals(self):
        """Every NO says what it is for in the same way, a change's and an administrator's."""
        c = self.client()
        for before, command, answer in self.REFUSALS:
            for one in before:
                self.assertEqual(c.status(*one), "OK done", one)
            with self.subTest(command[0]):
                self.assertEqual(c.status(*command), answer)
        self.assertEqual(c.run("FIND", "t.new")[0], [])

    READ_ONLY = "NO [NOPERM] reader may read only (mupdate_readers)"

    def test_a_reader_follows_and_changes_nothing(self):
        admin = self.client()
        self.assertEqual(admin.status("ACTIVATE", "r.a", "be1.test!default", ACL), "OK done")
        before = admin.list()
        c = self.client("reader")
        for command in [("ACTIVATE", "r.b", "be1.test!default", ACL),
                        ("RESERVE", "r.b", "be1.test!default"),
                        ("DEACTIVATE", "r.a", "be1.test!default"), ("DELETE", "r.a"),
                        ("DELETE", "r.a", "be1.test!default"), ("RESOLVE", "r.a", "be2.test"),
                        ("SERVERSTATE", "be1.test", "draining"), ("PROMOTE",), ("RECOVERED",),
                        ("POSITION", "be1.test", "0", "0"), ("TOLD", "be1.test", "0", "0"),
                        ("ACCEPTDELETES",), ("ACCEPTRESTORED",)]:
            with self.subTest(command[0]):
                self.assertEqual(c.status(*command), self.READ_ONLY)
        self.m.wait_log("a reader of the list wanted to change it")
        self.assertEqual(c.status("DELETE"), "BAD Missing arguments")
        self.assertEqual(c.list(), before)
        self.assertEqual(c.run("FIND", "r.a")[0][0][1:],
                         ["MAILBOX", "r.a", "be1.test!default", ACL])
        self.assertIn(["STATUS", "access", "read"], [r[1:] for r in c.run("STATUS")[0]])
        self.assertIn(["STATUS", "access", "all"], [r[1:] for r in admin.run("STATUS")[0]])
        self.assertEqual(c.status("UPDATE"), "OK streaming starts")
        self.assertEqual(admin.status("DELETE", "r.a"), "OK done")
        self.assertEqual(c.read_response()[1:], ["DELETE", "r.a"])
        self.assertEqual(c.status("NOOP"), "OK Noop done")
        self.assertEqual(c.status("DELETE", "r.a"), "BAD not legal when streaming")
        self.assertEqual(c.status("LOGOUT"), "OK bye-bye")

    def test_who_follows_tells_of_itself(self):
        c = self.client("reader")
        good = ("0.1", "50", "-", "3", "fe9.test")
        for wrong in (good[:4], good + ("x",)):
            self.assertRegex(c.status("FIGURES", *wrong), "^BAD (Missing|Extra) arguments$")
        for at, word in ((0, ""), (0, "0 1"), (0, "v" * 65), (0, "é"), (1, "many"), (2, "-1"),
                         (3, str(2 ** 63)), (4, ""), (4, "a b")):
            wrong = good[:at] + (word,) + good[at + 1:]
            self.assertEqual(c.status("FIGURES", *wrong), "BAD Badly formed arguments", wrong)
        self.assertEqual(c.status("FIGURES", *good), "OK Noop done")
        self.assertEqual(c.status("UPDATE"), "OK streaming starts")
        admin = self.client("cyrus")

        def followers():
            lines = [r[2:] for r in admin.run("STATUS")[0]]
            return [lines[n + 1][1] for n, line in enumerate(lines)
                    if line[0] == "listener" and line[1].startswith("reader ")]
        self.assertEqual(followers(), ["read 0.1 50 - 3 fe9.test"])
        # While changes are told it is a NOOP like any other.
        self.assertEqual(admin.status("ACTIVATE", "f.a", "be1.test!default", ACL), "OK done")
        data, status = c.run("FIGURES", "0.2", "-", "7", "-", "fe9.test")
        self.assertEqual((data[0][1:3], status), (["MAILBOX", "f.a"], "OK Noop done"))
        self.assertEqual(followers(), ["read 0.2 - 7 - fe9.test"])
        other = self.client("be1")
        self.assertEqual(other.status("UPDATE"), "OK streaming starts")
        lines = [r[2:] for r in admin.run("STATUS")[0]]
        self.assertIn(["follower", "all"], lines)
        own = [line[1].split(" ") for line in lines if line[0] == "figures"]
        self.assertEqual([own[0][4], len(own)], ["m.test", 1])

    def test_compress(self):
        import zlib
        c = self.client()
        self.assertEqual(c.status("COMPRESS", "LZMA"),
                         "NO [UNSUPPORTED] Unknown COMPRESS algorithm")
        self.assertEqual(c.status("COMPRESS", "DEFLATE"), "OK DEFLATE active")
        out = zlib.compressobj(wbits=-15)
        c.sock.sendall(out.compress(b"z NOOP\r\n") + out.flush(zlib.Z_SYNC_FLUSH))
        inflate = zlib.decompressobj(-15)
        got = b""
        while not got.endswith(b"\r\n"):
            got += inflate.decompress(c.sock.recv(4096))
        self.assertEqual(got, b'z OK "Noop done"\r\n')
        c.sock.sendall(out.compress(b'z COMPRESS "DEFLATE"\r\n') + out.flush(zlib.Z_SYNC_FLUSH))
        got = b""
        while not got.endswith(b"\r\n"):
            got += inflate.decompress(c.sock.recv(4096))
        self.assertEqual(got, b'z NO "[ALREADYEXISTS] DEFLATE active via COMPRESS"\r\n')

    def test_a_reader_that_does_not_read_harms_nobody(self):
        c = self.client()
        tags = [c.send("ACTIVATE", "slow.n%d" % i, "slow!p", ACL * 20) for i in range(3000)]
        for t in tags:
            c.answer(t)
        slow = [self.client("fe1") for _ in range(60)]  # more than there are workers
        for s in slow:
            s.send("UPDATE")
        begun = time.monotonic()
        for i in range(20):
            self.assertEqual(c.status("ACTIVATE", "slow.x%d" % i, "slow!p", ACL), "OK done")
        self.assertLess(time.monotonic() - begun, 5)
        self.assertEqual(slow[0].answer("T0")[1], "OK streaming starts")
        for s in slow:
            s.close()


class Limits(unittest.TestCase):
    def test_connections_max(self):
        with Mupdate(extra={"mupdate_connections_max": "2"}) as m:
            a, b = m.client(), m.client()
            with Client(m.address) as c:
                self.assertEqual(c.read_line(), '* BYE "Server Unable"')
            a.close()
            b.close()

            def free():
                with Client(m.address) as c:
                    return c.read_line().startswith("* AUTH")
            murder.wait_for(free, "a place after a client left")

    def test_wrong_configurations(self):
        for extra, code in (({"mupdate_workers_start": "1"}, 78),
                            ({"mupdate_max_deletes": "x"}, 78),
                            ({"mupdate_config": "unified"}, 78)):
            m = Mupdate(extra=extra, users=("cyrus",))
            m.start(wait=False)
            self.assertEqual(m.process.wait(30), code, extra)
            m.__exit__()

    def test_a_second_master_ends_with_75(self):
        with Mupdate() as m:
            first = m.process
            m.start(wait=False)
            self.assertEqual(m.process.wait(30), 75)
            m.process = first

    def test_a_bad_log_stops_the_start(self):
        with Mupdate() as m:
            with m.client() as c:
                for i in range(3):
                    c.status("ACTIVATE", "user.u%d" % i, "be1!p", ACL)
            m.kill()
            folder = os.path.join(m.dir, "conf", "mupdate")
            log = [os.path.join(folder, f) for f in sorted(os.listdir(folder))
                   if f.startswith("log.")][-1]
            with open(log, "r+b") as f:
                f.seek(90)
                f.write(b"XXXX")
            m.start(wait=False)
            self.assertEqual(m.process.wait(30), 78)
            self.assertIn("bad record at offset", m.log_text())


class Kill(unittest.TestCase):
    def test_starts_without_a_change_are_on_the_line(self):
        """A server that stood at an epoch is known after masters that died without a change."""
        with Mupdate() as m:
            with m.client() as c:
                self.assertEqual(c.status("ACTIVATE", "user.a", "be1!p", ""), "OK done")
            stood = []
            for _ in range(5):
                with m.client() as c:
                    stood.append(c.run("POSITION", "be1", "0", "0")[0][0][2:4])
                m.kill()
                m.start()
            with m.client() as c:
                for position in stood:
                    data, status = c.run("POSITION", "be1", *position)
                    self.assertTrue(status.startswith("OK"), status)
                    self.assertEqual(data[0][4], "on", (stood, data))

    def test_kill_9_during_activate(self):
        """20 times at a random moment: every change that was answered is there afterwards."""
        seed = random.randrange(1 << 30)
        rng = random.Random(seed)
        with Mupdate() as m:
            answered = set()
            for round_ in range(20):
                def work(who):
                    c = m.client("be%d" % (who % 2 + 1))
                    try:
                        for i in range(100000):
                            name = "kill.r%dw%di%d" % (round_, who, i)
                            if c.status("ACTIVATE", name, "be1!p", ACL) == "OK done":
                                answered.add(name)
                    except (Closed, OSError):
                        pass
                    finally:
                        c.close()
                threads = [threading.Thread(target=work, args=(w,)) for w in range(4)]
                before = len(answered)
                for t in threads:
                    t.start()
                murder.wait_for(lambda: len(answered) > before, "a first answer")
                time.sleep(rng.uniform(0, 0.1))  # the random moment
                m.kill()
                for t in threads:
                    t.join()
                m.start()
                with m.client() as c:
                    there = {r[1] for r in c.list()}
                self.assertEqual(answered - there, set(), "seed %d round %d" % (seed, round_))
            # a clean end, too
            self.assertEqual(m.kill(15), 0)
            m.start()
            with m.client() as c:
                self.assertEqual(answered - {r[1] for r in c.list()}, set())


if __name__ == "__main__":
    harness.main()
