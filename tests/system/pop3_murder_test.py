#!/usr/bin/env python3
"""pop3d before pop3d: each verb through a frontend, connections that users leave to the next, and
what becomes of a session whose client, server or user goes away."""
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cutter
import harness
import murder
import pop3_client
from murder import wait_for


def connect(m, user=None, where="frontend1"):
    c = pop3_client.Client(m[where].address("pop3"))
    if user:
        said = c.plain(user)
        assert said.ok, said
    return c


def one_worker(m):
    """Connections are kept by the process: the next client is to have the same."""
    f = m["frontend1"]
    f.services["pop3"] = 'cmd="pop3d -C %s" listen="%s" prefork=0 maxchild=1' % (
        f.imapd_conf, f.host_port("pop3"))


def at_the_end(c):
    """What still comes, to the end of the connection."""
    try:
        return c.file.read()
    except ConnectionError:
        return b""


class Counted(cutter.Cutter):
    """What is between the frontend and the backend, with the number of connections."""
    count = 0

    def serve(self, client):
        self.count += 1
        super().serve(client)


def ours(backends=1, count=False, **extra):
    """A murder; with count, (it, what counts the connections to backend1's pop3d)."""
    m = murder.Murder(backends=backends, pop3=True, start=False,
                      extra={"allowusermoves": "yes", "move_grace": "0s", **extra})
    counted = None
    if count:
        one_worker(m)
        b = m["backend1"]
        counted = Counted(b.address("pop3"), ports=m.ports)
        m["frontend1"].extra["backend1_address"] = "imap=%s lmtp=%s pop3=%s:%d" % (
            b.host_port("imap"), b.host_port("lmtp"), *counted.address)
    m.start()
    m.add_user("alice")
    m.add_user("bob")
    return (m, counted) if count else m


def message(text, lines=1):
    return ("From: a@b\r\nSubject: x\r\n\r\n" + "%s\r\n" % text * lines).encode()


def put(m, user, *messages):
    for one in messages:
        refused = m.deliver(one, [user])
        assert not refused, refused


def count_of(c):
    return int(c.ask(b"STAT").text.split()[0])


def test_each_verb_at_a_backend_of_ours():
    with ours() as m:
        put(m, "alice", message("one"), message(".two\r\n..\r\n."), message("three", 100000))
        with connect(m, "alice", "backend1") as b:
            direct = {v: b.all(v) for v in (b"LIST", b"UIDL", b"RETR 1", b"RETR 2", b"RETR 3",
                                            b"TOP 3 2")}
            direct[b"STAT"] = b.ask(b"STAT")
            assert "X-REUSE" not in b.capabilities()
            assert b.ask(b"QUIT").ok
        with connect(m, "alice") as c:
            assert "X-REUSE" not in c.capabilities() and not c.ask(b"X-REUSE").ok
            for verb, said in direct.items():
                through = c.ask(verb, many=verb != b"STAT")
                assert (through.first, through.lines) == (said.first, said.lines), verb
            assert c.ask(b"DELE 2").ok and not c.ask(b"RETR 2").ok
            assert c.ask(b"RSET").ok and c.ask(b"DELE 1").ok
            assert not c.ask(b"DELE 1").ok and not c.ask(b"RETR 4").ok
            assert c.ask(b"QUIT").ok and at_the_end(c) == b""
        with connect(m, "alice") as c:
            assert c.uidls() == [l.split()[1].decode() for l in direct[b"UIDL"].lines[1:]]


def test_two_users_have_one_connection_one_after_the_other():
    m, counted = ours(count=True)
    with m:
        for user in ("alice", "bob"):
            put(m, user, message("to " + user))
        for n in range(10):
            for user in ("alice", "bob"):
                with connect(m, user) as c:
                    assert count_of(c) == 1
                    assert ("to " + user).encode() in c.all(b"RETR 1").body
                    # The one's deletions are no one else's.
                    assert c.ask(b"DELE 1").ok and (n == 9 or c.ask(b"RSET").ok)
                    assert c.ask(b"QUIT").ok
        assert counted.count == 1, counted.count
        for user in ("alice", "bob"):
            with connect(m, user) as c:
                assert count_of(c) == 0
        counted.close()


def test_the_lock_of_a_maildrop_is_given_back():
    with ours() as m:
        put(m, "alice", message("one"))
        c = connect(m, "alice")
        assert c.ask(b"DELE 1").ok
        for where in ("frontend1", "backend1"):
            with connect(m, where=where) as d:
                assert d.plain("alice").code == "IN-USE", where
        c.close()
        with connect(m) as d:
            wait_for(lambda: d.plain("alice").ok, "the lock is free")
            assert count_of(d) == 1
            assert d.ask(b"QUIT").ok
        # After QUIT it is free at once, although the connection stays.
        for _ in range(20):
            with connect(m, "alice") as c:
                assert c.ask(b"QUIT").ok


def test_a_backend_that_is_killed_within_retr():
    with ours() as m:
        big = message("x" * 70, 300000)
        put(m, "alice", message("one"), big)
        with connect(m, "alice") as c:
            assert c.ask(b"DELE 1").ok
            c.send(b"RETR 2\r\n")
            heard = c.file.read(1000000)
            for pid in m["backend1"].workers("pop3d"):
                os.kill(pid, signal.SIGKILL)
            heard += at_the_end(c)
            assert len(heard) < len(big) and not heard.endswith(b"\r\n.\r\n")
        with connect(m, "alice") as c:
            assert count_of(c) == 2
            assert c.all(b"RETR 2").body.endswith(big[big.index(b"\r\n\r\n"):])


def test_a_user_who_is_moved_while_connected():
    with ours(backends=2) as m:
        put(m, "alice", message("one"), message("two"))
        with connect(m, "alice") as c:
            ids = c.uidls()
            assert c.ask(b"DELE 1").ok
            with m.imap("frontend1", "cyrus") as a:
                murder.check(a._simple_command("RENAME", "user.alice", "user.alice", "backend2"))
            said = c.ask(b"QUIT")
            assert said.code == "SYS/TEMP", said
        for where in ("frontend1", "backend2"):
            with connect(m, "alice", where) as c:
                assert c.uidls() == ids, where
                assert c.ask(b"QUIT").ok
        with connect(m, "alice") as c:
            assert c.ask(b"DELE 2").ok and c.ask(b"QUIT").ok
        with connect(m, "alice") as c:
            assert c.uidls() == ids[:1]


if __name__ == "__main__":
    harness.main()
