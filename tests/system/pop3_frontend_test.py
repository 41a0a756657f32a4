#!/usr/bin/env python3
"""pop3d where the maildrop is at another server, Cyrus' pop3d, played by a script."""
import base64
import hashlib
import hmac
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import fake_peer
import harness
import murder
import pop3_client
from murder import wait_for

TEMPORARY = b"-ERR [SYS/TEMP]"


def connect(m, user=None, where="frontend1", **kw):
    c = pop3_client.Client(m[where].address("pop3"))
    if user:
        said = c.plain(user, **kw)
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


class Cyrus:
    """A murder whose frontend takes a script for backend1's pop3d; answers: command -> bytes."""

    def __init__(self, answers=None, capabilities=(), tls=False, services=None, **extra):
        self.answers = answers or {}
        self.murder = murder.Murder(backends=1, pop3=True, start=False, tls=tls, extra=extra)
        files = [os.path.join(self.murder.dir, "tls", n) for n in ("cert.pem", "key.pem")]
        self.peer = fake_peer.Peer("pop3", capabilities=capabilities, ports=self.murder.ports,
                                   certificate=files if tls else None,
                                   answer=lambda peer, tag, rest: self.answer(rest))
        backend = self.murder["backend1"]
        self.murder["frontend1"].extra["backend1_address"] = "imap=%s lmtp=%s pop3=%s" % (
            backend.host_port("imap"), backend.host_port("lmtp"), self.peer.host_port)
        if services:
            services(self.murder)
        self.murder.start()
        self.murder.add_user("alice")
        self.murder.add_user("bob")

    def answer(self, command):
        said = self.answers.get(command.decode(), b"+OK\r\n")
        if said is None:
            raise fake_peer.Gone()
        if isinstance(said, tuple):  # and the end
            self.peer.open[-1].sendall(said[0])
            raise fake_peer.Gone()
        return said

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.murder.__exit__(*args)
        self.peer.__exit__()

    def connect(self, user=None, **kw):
        return connect(self.murder, user, **kw)

    @property
    def logins(self):
        """Whom it was asked to act for."""
        words = [l.split(b" ")[2] for l in self.peer.clear.split(b"\r\n")
                 if l.startswith(b"AUTH PLAIN ")]
        return [base64.b64decode(w).split(b"\0")[0].decode() for w in words]


BODY = b"+OK 40 octets\r\nSubject: x\r\n\r\n..dot\r\n.\xff\x00\r\nbare\n..\n\r\n.\r\n"

# What the client says, what the server is sent, and what comes back.
PASSED = [
    (b"STAT", b"STAT", b"+OK 2 320\r\n"),
    (b"list", b"LIST", b"+OK 2 messages\r\n1 120\r\n2 200\r\n.\r\n"),
    (b"LIST  2", b"LIST 2", b"+OK 2 200\r\n"),
    (b"UIDL", b"UIDL", b"+OK\r\n.\r\n"),
    (b"UIDL 1", b"UIDL 1", b"-ERR no such message\r\n"),
    (b"retr 01", b"RETR 1", BODY),
    (b"RETR 9", b"RETR 9", b"-ERR No such message\r\n"),
    (b"TOP 1 0", b"TOP 1 0", b"+OK\r\nSubject: x\r\n\r\n.\r\n"),
    (b"DELE 1", b"DELE 1", b"+OK message deleted\r\n"),
    (b"RSET", b"RSET", b"+OK\r\n"),
]
# What the frontend answers by itself: command, first word, whether lines follow.
OWN = [(b"NOOP", b"+OK", False), (b"CAPA", b"+OK", True), (b"LANG", b"+OK", True),
       (b"FOO", b"-ERR", False), (b"", b"-ERR", False), (b"RETR", b"-ERR", False),
       (b"RETR x", b"-ERR", False), (b"RETR 1 2", b"-ERR", False), (b"TOP 1", b"-ERR", False),
       (b"DELE 1\rDELE 2", b"-ERR", False), (b"RETR 1\0", b"-ERR", False),
       (b"STAT " + b"x" * 300, b"-ERR", False), (b"XTND XMIT", b"-ERR", False),
       (b"X-REUSE", b"-ERR", False), (b"USER bob", b"-ERR", False), (b"STLS", b"-ERR", False),
       (b"AUTH PLAIN", b"-ERR", False), (b"AUTHINFO x", b"-ERR", False)]


def test_what_is_passed_on_and_what_is_not():
    answers = {sent.decode(): back for _, sent, back in PASSED}
    with Cyrus(answers) as cyrus:
        for login in ("user", "plain"):
            cyrus.peer.forget()
            with cyrus.connect() as c:
                assert c.greeting.text.startswith("frontend1 "), c.greeting
                said = c.login("alice") if login == "user" else c.plain("alice")
                # As a frontend of Cyrus does.
                assert said.first == cyrus.peer.dialect.welcome, said
                for command, first, many in OWN:
                    said = c.ask(command, many)
                    assert said.first.split()[0] == first, (command, said)
                assert cyrus.peer.commands == [], cyrus.peer.commands
                for command, _, back in PASSED:
                    c.send(command + b"\r\n")
                    assert c.file.read(len(back)) == back, command
                assert cyrus.peer.commands == [sent for _, sent, _ in PASSED]
                # What stands behind QUIT is nobody's command.
                c.send(b"QUIT\r\nDELE 2\r\nQUIT\r\n")
                assert at_the_end(c) == cyrus.peer.dialect.bye
            assert cyrus.logins == ["alice"] and cyrus.peer.connections == 1
            assert cyrus.peer.clear.endswith(b"\r\nRSET\r\nQUIT\r\n"), cyrus.peer.clear[-100:]
            assert b"murder" in base64.b64decode(cyrus.peer.clear.split(b"AUTH PLAIN ")[1]
                                                 .split(b"\r\n")[0])


def test_pipelined_commands_keep_their_order():
    answers = {"STAT": b"+OK 1 2\r\n", "RETR 1": BODY, "UIDL": b"+OK\r\n1 a\r\n.\r\n"}
    with Cyrus(answers) as cyrus, cyrus.connect() as c:
        c.send(b"AUTH PLAIN " + base64.b64encode(b"\0alice\0pw") +
               b"\r\nSTAT\r\nNOOP\r\nRETR 1\r\nFOO\r\nUIDL\r\nQUIT\r\nDELE 1\r\n")
        said = at_the_end(c).split(b"\r\n", 5)
        assert said[0] + b"\r\n" == cyrus.peer.dialect.welcome, said
        assert said[1] == b"+OK 1 2" and said[2].startswith(b"+OK"), said
        rest = b"\r\n".join(said[3:])
        assert rest.startswith(BODY), rest
        rest = rest[len(BODY):]
        assert rest.startswith(b"-ERR") and rest.endswith(
            b"\r\n+OK\r\n1 a\r\n.\r\n" + cyrus.peer.dialect.bye), rest
        assert cyrus.peer.commands == [b"STAT", b"RETR 1", b"UIDL"]


def test_a_server_that_dies_within_an_answer():
    """The client hears a part of the answer and the end, never a dot that was not sent."""
    with Cyrus() as cyrus:
        first = BODY.index(b"\n") + 1
        for n in (first, first + 1, len(BODY) // 2, len(BODY) - 3, len(BODY) - 2, len(BODY) - 1):
            cyrus.answers["RETR 1"] = (BODY[:n],)
            with cyrus.connect("alice") as c:
                c.send(b"RETR 1\r\nSTAT\r\n")
                said = at_the_end(c)
                assert BODY.startswith(said) and len(said) < len(BODY), said
        # Nothing of it was said: then the client is told.
        for n in (0, 1, first - 1):
            cyrus.answers["RETR 1"] = (BODY[:n],)
            with cyrus.connect("alice") as c:
                assert c.ask(b"RETR 1").first.startswith(TEMPORARY)
                assert at_the_end(c) == b""


def test_what_is_no_answer():
    with Cyrus() as cyrus:
        for garbage in (b"* OK IMAP\r\n", b"+OKAY\r\n", b"\r\n", b"+OK " + b"x" * 3000 + b"\r\n",
                        b"x" * 100000, b"+OK a\0b\r\n"):
            cyrus.answers["DELE 1"] = garbage
            cyrus.peer.forget()
            with cyrus.connect("alice") as c:
                assert c.ask(b"DELE 1").first.startswith(TEMPORARY), garbage[:20]
                assert at_the_end(c) == b""
            assert b"QUIT" not in cyrus.peer.clear
        # One that says more than it was asked for is not asked for anything more.
        cyrus.answers["DELE 1"] = b"+OK\r\n+OK\r\n"
        cyrus.peer.forget()
        with cyrus.connect("alice") as c:
            assert c.ask(b"DELE 1").ok
            assert c.ask(b"QUIT").first.startswith(TEMPORARY)
        assert b"QUIT" not in cyrus.peer.clear


def test_how_a_session_ends():
    with Cyrus(poptimeout="10m") as cyrus:
        # Not by QUIT: the server is not told to delete.
        def leaves(c):
            c.close()

        def told(c):
            cyrus.murder["frontend1"].stop()
            assert at_the_end(c).startswith(TEMPORARY)
            cyrus.murder["frontend1"].start()

        for end in (leaves, told):
            cyrus.peer.forget()
            c = cyrus.connect("alice")
            assert c.ask(b"DELE 1").ok
            end(c)
            wait_for(lambda: cyrus.peer.ended == cyrus.peer.connections, "the end at the server")
            assert cyrus.peer.clear.endswith(b"DELE 1\r\n"), cyrus.peer.clear
        # What the server says of its deletions is what the client hears.
        for bye in (b"-ERR [SYS/TEMP] some deleted messages not removed\r\n", b"+OK gone\r\n"):
            cyrus.peer.dialect.bye = bye
            with cyrus.connect("alice") as c:
                c.send(b"QUIT\r\n")
                assert at_the_end(c) == bye
        cyrus.peer.dialect.bye = b""
        with cyrus.connect("alice") as c:
            c.send(b"QUIT\r\n")
            assert at_the_end(c).startswith(TEMPORARY)


REFUSALS = [
    (b"-ERR [IN-USE] locked by another\r\n", b"-ERR [IN-USE] locked by another\r\n"),
    (b"-ERR [LOGIN-DELAY] minimum time\r\n", b"-ERR [LOGIN-DELAY] minimum time\r\n"),
    (b"-ERR [SYS/TEMP] Unable to open maildrop: x\r\n",
     b"-ERR [SYS/TEMP] Unable to open maildrop: x\r\n"),
    # The list says that it is there, so this is never for good.
    (b"-ERR [SYS/PERM] Unable to locate maildrop: x\r\n", TEMPORARY),
    # Of our own login there: nothing that the user's client should forget a password for.
    (b"-ERR [AUTH] authenticating: user not allowed to proxy\r\n", TEMPORARY),
    (b"-ERR authentication failure\r\n", TEMPORARY),
    (b"garbage\r\n", TEMPORARY),
    (b"", TEMPORARY),
]


def test_what_a_login_is_told():
    with Cyrus(client_timeout="2s", backend_failures="1000") as cyrus:
        for there, told in REFUSALS:
            cyrus.peer.dialect.welcome = there
            if not there:
                cyrus.peer.dialect.greeting = b"-ERR no more connections\r\n"
            with cyrus.connect() as c:
                said = c.plain("alice")
                assert said.first.startswith(told), (there, said)
                # He may try again.
                assert c.ask(b"NOOP").first.startswith(b"-ERR"), there
                assert c.plain("alice", "wrong").code == "AUTH"
        # Refused at the frontend: the server hears nothing of it.
        cyrus.peer.forget()
        with cyrus.connect() as c:
            assert c.plain("alice", "wrong").code == "AUTH"
            assert c.login("nobody").code == "AUTH"
        assert cyrus.peer.connections == 0


def test_one_connection_serves_one_user_after_the_other():
    """AUTH, the client's commands and X-REUSE; CAPA before and after the first login."""
    answers = {"STAT": b"+OK 1 2\r\n", "X-REUSE": b"+OK who is next\r\n"}
    with Cyrus(answers, capabilities=[b"X-REUSE"], services=one_worker) as cyrus:
        users = ["alice", "bob"] * 10
        for user in users:
            with cyrus.connect(user) as c:
                assert c.ask(b"STAT").first == b"+OK 1 2\r\n"
                c.send(b"QUIT\r\nDELE 1\r\n")
                assert at_the_end(c) == answers["X-REUSE"]
        assert cyrus.peer.connections == 1 and cyrus.logins == users
        words = [l.split(b" ")[0] for l in cyrus.peer.clear.split(b"\r\n")]
        rest = [b"STAT", b"X-REUSE", b"AUTH"]
        assert words == [b"CAPA", b"AUTH", b"CAPA"] + rest * 19 + rest[:2] + [b""], words
        # Whoever leaves without QUIT takes the connection with him.
        with cyrus.connect("alice") as c:
            assert c.ask(b"DELE 1").ok
        wait_for(lambda: cyrus.peer.ended == 1, "the end of the connection")
        with cyrus.connect("bob") as c:
            assert c.ask(b"STAT").ok
            assert cyrus.peer.connections == 2
            # What has failed is not asked for again by a QUIT.
            cyrus.answers["X-REUSE"] = b"-ERR [SYS/TEMP] some deleted messages not removed\r\n"
            c.send(b"QUIT\r\n")
            assert at_the_end(c) == cyrus.answers["X-REUSE"]
        wait_for(lambda: cyrus.peer.ended == 2, "the end of the connection")
        assert b"QUIT" not in cyrus.peer.clear


def test_a_kept_connection_is_let_go_of():
    with Cyrus({"X-REUSE": b"+OK\r\n"}, capabilities=[b"X-REUSE"],
               backend_reuse_timeout="1s") as cyrus:
        with cyrus.connect("alice") as c:
            assert c.ask(b"QUIT").ok
        wait_for(lambda: cyrus.peer.ended == 1, "the end of the connection")
        assert cyrus.peer.clear.endswith(b"X-REUSE\r\nQUIT\r\n"), cyrus.peer.clear
    with Cyrus(capabilities=[b"X-REUSE"], backend_reuse_timeout="0") as cyrus:
        with cyrus.connect("alice") as c:
            assert c.ask(b"QUIT").ok
        wait_for(lambda: cyrus.peer.ended == 1, "the end of the connection")
        assert cyrus.peer.clear.endswith(b"CAPA\r\nQUIT\r\n"), cyrus.peer.clear


def test_a_long_response_goes_behind_a_challenge():
    """A line has 255 bytes (RFC 5034 4)."""
    password = "p" * 180
    with Cyrus(proxy_password=password) as cyrus:
        with cyrus.connect() as c:
            assert c.plain("alice").ok
        lines = cyrus.peer.clear.split(b"\r\n")
        at = lines.index(b"AUTH PLAIN")
        assert base64.b64decode(lines[at + 1]) == b"alice\0murder\0" + password.encode(), lines


def scram(c, user, password="pw"):
    """An exchange of two challenges (RFC 5802)."""
    first = "n=%s,r=abcdefgh" % user
    said = c.ask(b"AUTH SCRAM-SHA-1 " + base64.b64encode(b"n,," + first.encode())).first
    challenge = base64.b64decode(said.split(b" ")[1]).decode()
    values = dict(part.split("=", 1) for part in challenge.split(","))
    salted = hashlib.pbkdf2_hmac("sha1", password.encode(), base64.b64decode(values["s"]),
                                 int(values["i"]))
    key = hmac.digest(salted, b"Client Key", "sha1")
    bare = "c=biws,r=" + values["r"]
    proof = bytes(a ^ b for a, b in zip(key, hmac.digest(
        hashlib.sha1(key).digest(), ",".join((first, challenge, bare)).encode(), "sha1")))
    said = c.ask(base64.b64encode(("%s,p=%s" % (bare, base64.b64encode(proof).decode())).encode()))
    # Its last word comes as a challenge, since +OK has no place for it (RFC 5034 4).
    assert said.first.startswith(b"+ ") or not said.ok, said
    return c.ask(b"") if said.first.startswith(b"+ ") else said


def test_each_way_to_log_in():
    with Cyrus({"STAT": b"+OK 1 2\r\n"}, sasl_mech_list="PLAIN LOGIN SCRAM-SHA-1",
               force_sasl_client_mech="PLAIN") as cyrus:
        with cyrus.connect() as c:
            mechanisms = c.capabilities()["SASL"]
        for mechanism, login in (
                ("PLAIN", lambda c: c.plain("alice")),
                ("PLAIN", lambda c: c.login("alice")),
                ("PLAIN", lambda c: (c.ask(b"AUTH PLAIN"),
                                     c.ask(base64.b64encode(b"\0alice\0pw")))[1]),
                ("LOGIN", lambda c: (c.ask(b"AUTH LOGIN"), c.ask(base64.b64encode(b"alice")),
                                     c.ask(base64.b64encode(b"pw")))[2]),
                ("SCRAM-SHA-1", lambda c: scram(c, "alice"))):
            if mechanism not in mechanisms:
                continue
            cyrus.peer.forget()
            with cyrus.connect() as c:
                assert login(c).first == cyrus.peer.dialect.welcome, mechanism
                assert c.ask(b"STAT").first == b"+OK 1 2\r\n"
                assert c.ask(b"QUIT").first == cyrus.peer.dialect.bye
            assert cyrus.logins == ["alice"]
            # Nothing of how the user logged in goes on.
            assert b"cHc=" not in cyrus.peer.clear


def test_tls():
    """STLS and pop3s at the frontend, and STLS to the server."""
    def with_pop3s(m):
        f = m["frontend1"]
        f.extra["allowplaintext"] = "no"
        f.ports["pop3s"] = m.ports.take()
        f.services["pop3s"] = 'cmd="pop3d -C %s -s" listen="%s"' % (
            f.imapd_conf, f.host_port("pop3s"))

    with Cyrus({"RETR 1": BODY}, tls=True, services=with_pop3s) as cyrus:
        f = cyrus.murder["frontend1"]
        with cyrus.connect() as c:
            assert "STLS" in c.capabilities() and c.login("alice").code == "AUTH"
            # What is said before TLS is nobody's.
            assert c.stls().ok
            assert "STLS" not in c.capabilities()
            assert c.plain("alice").ok
            assert cyrus.peer.login == "secret" and b"AUTH" not in cyrus.peer.clear
            c.send(b"RETR 1\r\n")
            assert c.file.read(len(BODY)) == BODY
        with pop3_client.Client(f.address("pop3s"), tls=True) as c:
            assert c.greeting.ok and "STLS" not in c.capabilities()
            assert c.login("alice").ok
            c.send(b"RETR 1\r\nQUIT\r\n")
            assert c.file.read(len(BODY)) == BODY


def test_who_is_kept_out():
    with Cyrus(maxlogins_per_user="1") as cyrus:
        with cyrus.connect("alice"), cyrus.connect() as d:
            assert d.plain("alice").code == "SYS/TEMP"
            assert d.plain("bob").ok
        cyrus.peer.forget()
        path = os.path.join(cyrus.murder["frontend1"].dir, "conf", "user_deny.db")
        with open(path, "w") as db:
            db.write("alice\t2\tpop3\tno pop3 for you\n")
        with cyrus.connect() as c:
            assert c.plain("alice").text.endswith("no pop3 for you")
            assert c.plain("bob").ok
        assert cyrus.logins == ["bob"]


def test_a_large_body_is_not_held():
    size = 50_000_000
    line = b"x" * 98 + b"\r\n"
    body = b"+OK\r\n" + line * (size // 100) + b".\r\n"
    with Cyrus({"RETR 1": body}) as cyrus, cyrus.connect("alice") as c:
        c.send(b"RETR 1\r\n")
        heard = c.file.read(size // 2)
        workers = [p for p in cyrus.murder["frontend1"].workers("pop3d")]
        most = max(resident(p) for p in workers)
        assert most < 64 << 20, most
        heard += c.file.read(len(body) - len(heard))
        assert heard == body
        assert c.ask(b"STAT").ok


def resident(pid):
    with open("/proc/%d/statm" % pid) as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_server_that_is_away():
    with Cyrus(backend_failures="2", backend_retry="10m", client_timeout="2s") as cyrus:
        with cyrus.connect("alice") as c:
            cyrus.peer.__exit__()
            assert c.ask(b"STAT").first.startswith(TEMPORARY)
            assert at_the_end(c) == b""
        with cyrus.connect() as c:
            for _ in range(3):
                assert c.plain("alice").first.startswith(TEMPORARY)
            # Who refuses at once is asked at once when he is back. Who lets one wait opens the
            # circuit: he is not even tried again.
            with socket.create_server((cyrus.peer.address, cyrus.peer.port)) as again:
                for _ in range(3):
                    assert c.plain("alice").first.startswith(TEMPORARY)
                again.setblocking(False)
                again.accept()
                try:
                    again.accept()
                    raise AssertionError("somebody came")
                except BlockingIOError:
                    pass


if __name__ == "__main__":
    harness.main()
