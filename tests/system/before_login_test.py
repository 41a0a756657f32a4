#!/usr/bin/env python3
"""What peers can do before they log in: nothing that lasts, and nothing to others.

NUMBER connections of each kind, at each kind of server, beside a murder at work.
ROOKERY_TEST_PEERS=1000 is the whole of it, one server after the other.
"""
import base64
import contextlib
import os
import select
import socket
import ssl
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder

WHOLE = "ROOKERY_TEST_PEERS" in os.environ
NUMBER = int(os.environ.get("ROOKERY_TEST_PEERS", "60"))
AT_STOP = 5
# For work that thousands hinder on a small machine; it is far more than the servers allow a peer.
PATIENCE = 10 * murder.DEADLINE

# protocol -> what to say first, how STARTTLS and AUTHENTICATE are said and answered
SPEECH = {
    "imap": {"hello": None, "half": b"a LOG", "literal": b"a LOGIN {5}\r\n",
             "noop": b"a NOOP\r\n", "starttls": (b"a STARTTLS\r\n", b"a OK"),
             "auth": (b"a AUTHENTICATE PLAIN\r\n", b"+ ")},
    "lmtp": {"hello": b"LHLO me.example\r\n", "half": b"LH", "literal": b"LHLO ",
             "noop": b"NOOP\r\n", "starttls": (b"STARTTLS\r\n", b"220 2.0.0"),
             "auth": (b"AUTH PLAIN\r\n", b"334")},
    "sieve": {"hello": None, "half": b"AUTHEN", "literal": b'AUTHENTICATE "PLAIN" {5+}\r\n',
              "noop": b"NOOP\r\n", "starttls": (b"STARTTLS\r\n", b'OK "Begin'),
              "auth": (b'AUTHENTICATE "PLAIN"\r\n', b"{0}\r\n")},
    "mupdate": {"hello": None, "half": b"A0 AUTH", "literal": b"A0 AUTHENTICATE {5}\r\n",
                "noop": b"A0 NOOP\r\n", "starttls": (b"A0 STARTTLS\r\n", b"A0 OK"),
                "auth": (b'A0 AUTHENTICATE "PLAIN"\r\n', b"\r\n\r\n")},
}


def client_hello():
    context = ssl.create_default_context()
    out = ssl.MemoryBIO()
    tls = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname="nobody.example")
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return out.read()


HELLO = client_hello()


class Peer:
    """One connection. steps: (what to read before, what to say); then last: silent, drip or flood
    with bytes. A flood does not read."""

    def __init__(self, address, source, steps, last="silent", data=b""):
        self.steps, self.last, self.data = list(steps), last, data
        self.got = b""
        self.gone = False
        self.next_drip = 0.0
        self.sock = socket.socket()
        self.sock.setblocking(False)
        if source:
            self.sock.bind((source, 0))
        self.sock.connect_ex(address)

    def events(self):
        reads = 0 if self.last == "flood" and not self.steps else select.POLLIN
        # The first step writes as soon as there is a connection.
        writes = self.last == "flood" or (self.steps and self.steps[0][0] is None)
        return reads | (select.POLLOUT if writes else 0) | select.POLLRDHUP

    def move(self, events):
        try:
            if events & select.POLLIN:
                data = self.sock.recv(65536)
                if not data:
                    raise ConnectionResetError()
                self.got = (self.got + data)[-4096:]
            elif events & (select.POLLHUP | select.POLLERR | select.POLLRDHUP):
                raise ConnectionResetError()
            self.speak(events)
        except BlockingIOError:
            pass
        except OSError:
            self.end()

    def speak(self, events):
        while self.steps:
            wanted, said = self.steps[0]
            if wanted is None and not events & select.POLLOUT:
                return
            if wanted is not None and wanted not in self.got:
                return
            self.got = b""
            self.steps.pop(0)
            self.sock.sendall(said)
        now = time.monotonic()
        if self.last == "drip" and now >= self.next_drip:
            self.next_drip = now + 1
            self.sock.sendall(self.data)
        if self.last == "flood" and events & select.POLLOUT:
            self.sock.send(self.data * 500)

    def end(self):
        if not self.gone:
            self.sock.close()
        self.gone = True


def make_peer(protocol, kind, address, source=None):
    words = SPEECH[protocol]
    greet = [(None, words["hello"])] if words["hello"] else []
    tls = greet + [(None if not greet else b"250 ", words["starttls"][0])]
    auth = greet + [(None if not greet else b"250 ", words["auth"][0])]
    steps, last, data = {
        "silent": ([], "silent", b""),
        "half a line": ([(None, words["half"])], "silent", b""),
        "half a literal": ([(None, words["literal"])], "silent", b""),
        "drip": ([(None, words["literal"])], "drip", b"x"),
        "flood": ([], "flood", words["noop"]),
        "silent handshake": (tls, "silent", b""),
        "half a ClientHello": (tls + [(words["starttls"][1], HELLO[:50])], "silent", b""),
        "dripping ClientHello": (tls + [(words["starttls"][1], HELLO[:50])], "drip", b"\0"),
        "silent SASL": (auth, "silent", b""),
        "endless SASL": (auth, "drip", b"AAAA"),
    }[kind]
    return Peer(address, source, steps, last, data)


KINDS = ("silent", "half a line", "half a literal", "drip", "flood", "silent handshake",
         "half a ClientHello", "dripping ClientHello", "silent SASL", "endless SASL")


def drive(peers, until, what, deadline=None):
    """Lets the peers do what they do until the condition holds; it is asked now and then."""
    end = time.monotonic() + (deadline or PATIENCE)
    while not until():
        if time.monotonic() > end:
            raise TimeoutError(what)
        poll = select.poll()
        here = {p.sock.fileno(): p for p in peers if not p.gone}
        for fd, p in here.items():
            poll.register(fd, p.events())
        ready = dict(poll.poll(20))
        for fd, p in here.items():
            if fd in ready or p.last == "drip":
                p.move(ready.get(fd, 0))


class Work:
    """A CREATE through the frontend, in steps that drive() can go between; who is turned away
    comes again."""

    def __init__(self, m):
        self.m, self.number, self.tries = m, 0, 0
        self.sock = None

    def begin(self):
        self.number += 1
        self.tries = 0
        self.began = time.monotonic()
        self.again()

    def again(self):
        if self.sock:
            self.sock.close()
        self.tries += 1
        self.sock = socket.socket()
        self.sock.setblocking(False)
        self.sock.connect_ex(self.m["frontend1"].address("imap"))
        self.got, self.said = b"", False

    def done(self):
        try:
            if not self.said:
                self.sock.sendall(b"a LOGIN cyrus %s\r\nb CREATE user.w%d\r\n" % (
                    self.m.password.encode(), self.number))
                self.said = True
            data = self.sock.recv(65536)
            if not data:
                self.again()
            self.got += data
        except BlockingIOError:
            return False
        except OSError:
            self.again()
            return False
        if b"\r\nb OK" in self.got or b"\r\nb NO [ALREADYEXISTS]" in self.got:
            self.took = time.monotonic() - self.began
            self.sock.close()
            self.sock = None
            return True
        if b"\r\nb " in self.got:
            self.again()
        return False


SERVERS = (("backend1", "imap"), ("frontend1", "imap"), ("backend1", "lmtp"),
           ("frontend1", "lmtp"), ("backend1", "sieve"), ("frontend1", "sieve"),
           ("mupdate", "mupdate"))


def rounds():
    for kind in KINDS:
        if WHOLE:
            for server in SERVERS:
                yield kind, [server]
        else:
            yield kind, SERVERS


def test_hostile_peers_have_one_deadline_and_hinder_nobody():
    only = os.environ.get("ROOKERY_TEST_KINDS", "").split(",")
    options = {"login_timeout": "2s", "mupdate_login_timeout": "2s"}
    source = murder.own_loopback() if sys.platform.startswith("linux") else None
    with murder.Murder(backends=1, frontends=1, tls=True, extra=options, sieve=True) as m:
        work = Work(m)
        for _ in range(3):
            work.begin()
            drive([], work.done, "a CREATE")
        alone = work.took
        print("alone: %.3f s" % alone)
        for kind, servers in rounds():
            if only != [""] and kind not in only:
                continue
            began = time.monotonic()
            peers = [make_peer(port, kind, m[name].address(port), source)
                     for _ in range(NUMBER) for name, port in servers]
            # All are there at once before the work begins, and have said what they say.
            drive(peers, lambda: all(p.gone or (not p.steps and established(p.sock))
                                     for p in peers), "all are there")
            there = sum(not p.gone for p in peers)
            work.begin()
            drive(peers, work.done, "a CREATE beside " + kind)
            drive(peers, lambda: all(p.gone for p in peers), kind + ": all are gone")
            print("%d of %-20s at %s (%d at once): CREATE %.2f s, %.1f times, in %d tries; "
                  "gone after %.1f s" % (
                      NUMBER, kind, " ".join(sorted({n + "/" + p for n, p in servers})), there,
                      work.took, work.took / alone, work.tries, time.monotonic() - began),
                  flush=True)
        work.begin()
        drive([], work.done, "a CREATE after all")


SHARE = 3


def greeting(address, source):
    """The first line that a new connection from this address gets, and the connection."""
    s = socket.create_connection(address, murder.DEADLINE, source_address=(source, 0))
    with s.makefile("rb") as f:
        return f.readline(), s


def test_an_address_has_a_share_of_the_processes():
    """One host cannot hold all processes of a service without a login; another host is served."""
    host, other = murder.own_loopback(), murder.own_loopback()
    if host == other:
        raise harness.Skip("one loopback address only")
    options = {"login_timeout": "10m", "login_connections_per_host": str(SHARE)}
    with murder.Murder(backends=1, frontends=1, start=False, extra=options, sieve=True) as m:
        for i in (m["backend1"], m["frontend1"]):
            for service in ("imap", "lmtp", "sieve"):
                i.services[service] = i.service_lines()[service] + " maxchild=%d" % (SHARE + 3)
        m.start()
        m.add_user("alice")
        for name, service, begin, refused in (
                ("frontend1", "imap", b"* OK", b"* BYE [UNAVAILABLE] Too many"),
                ("backend1", "imap", b"* OK", b"* BYE [UNAVAILABLE] Too many"),
                ("frontend1", "lmtp", b"220 ", b"421 4.7.0 Too many"),
                ("backend1", "lmtp", b"220 ", b"421 4.7.0 Too many"),
                ("frontend1", "sieve", b'"IMPLEMENTATION"', b'BYE (TRYLATER) "Too many'),
                ("backend1", "sieve", b'"IMPLEMENTATION"', b'BYE (TRYLATER) "Too many')):
            address = m[name].address(service)
            what = (name, service)
            held = []
            for n in range(3 * SHARE):
                line, s = greeting(address, host)
                assert line.startswith(begin if n < SHARE else refused), (what, n, line)
                held.append(s)
            # What is refused is closed: it holds no process.
            for s in held[SHARE:]:
                assert s.recv(1) == b"", what
                s.close()
            line, s = greeting(address, other)
            assert line.startswith(begin), (what, line)
            s.close()
            if service == "imap":
                # Whoever has logged in is no stranger any more, and makes room for one.
                held[0].sendall(b"a LOGIN alice %s\r\n" % m.password.encode())
                with held[0].makefile("rb") as f:
                    assert f.readline().startswith(b"a OK"), what
                line, s = greeting(address, host)
                assert line.startswith(begin), (what, line)
                held.append(s)
                assert greeting(address, host)[0].startswith(refused), what
            # (The place of a process that dies: tests/unit/lib/service/scoreboard_test.)
            for s in held:
                s.close()

            def free():
                line, s = greeting(address, host)
                s.close()
                return line.startswith(begin)
            murder.wait_for(free, "a place, %s %s" % what)


def established(sock):
    try:
        sock.getpeername()
    except OSError:
        return False
    return True


def after_login(m):
    """Peers that have logged in and stop within something that has had no effect yet."""
    user = b"a LOGIN alice %s\r\n" % m.password.encode()
    plain = base64.b64encode(b"\0backend1\0" + m.node_password.encode())
    node = b'A0 AUTHENTICATE "PLAIN" "%s"\r\n' % plain
    big = b"a FETCH 1:* BODY[]\r\n" * 300
    for server in ("backend1", "frontend1"):
        imap = m[server].address("imap")
        yield Peer(imap, None, [(None, user), (b"a OK", b"b SEL")])
        yield Peer(imap, None, [(None, user), (b"a OK", b"b APPEND INBOX {5}\r\n")])
        yield Peer(imap, None, [(None, user), (b"a OK", b"b APPEND INBOX {500000}\r\n"),
                                (b"+ ", b"x" * 1000)], "drip", b"y")
        yield Peer(imap, None, [(None, user), (b"a OK", b"b SELECT INBOX\r\n"), (b"b OK", big)],
                   "flood", b"a NOOP\r\n")
        sieve = m[server].address("sieve")
        login = b'AUTHENTICATE "PLAIN" "%s"\r\n' % base64.b64encode(
            b"\0alice\0" + m.password.encode())
        greeted = (b'"1.0"\r\nOK\r\n', login)
        yield Peer(sieve, None, [greeted, (b"OK\r\n", b"LISTSC")])
        yield Peer(sieve, None, [greeted, (b"OK\r\n", b'PUTSCRIPT "a" {30000+}\r\nx')], "drip",
                   b"y")
        yield Peer(sieve, None, [greeted], "flood", b"NOOP\r\n")
        lmtp = m[server].address("lmtpa")
        yield Peer(lmtp, None, [(None, b"LHLO x\r\n"), (b"250 ", b"MAIL FROM:<")])
        yield Peer(lmtp, None, [(None, b"LHLO x\r\n"), (b"250 ", b"MAIL FROM:<a@b>\r\n"),
                                (b"250 2", b"RCPT TO:<alice>\r\n"), (b"250 2", b"DATA\r\n"),
                                (b"354", b"Subject: x\r\n")], "drip", b"y")
    mupdate = m["mupdate"].address("mupdate")
    yield Peer(mupdate, None, [(None, node), (b"A0 OK", b"A1 FIND {5}\r\n")])
    yield Peer(mupdate, None, [(None, node)], "flood", b"A1 LIST\r\n")


def test_no_peer_keeps_a_server_from_ending():
    """Nothing but the request to end does it: the times are long."""
    options = {"login_timeout": "1h", "mupdate_login_timeout": "1h", "lmtptxn_timeout": "60"}
    with murder.Murder(backends=1, frontends=1, tls=True, extra=options, sieve=True) as m:
        m.add_user("alice")
        murder.wait_for(lambda: not m.deliver(b"Subject: x\r\n\r\n" + b"y" * 70000, ["alice"]),
                        "a message")
        peers = [make_peer(port, kind, m[name].address(port))
                 for name, port in SERVERS for kind in KINDS for _ in range(AT_STOP)]
        peers += list(after_login(m))
        drive(peers, lambda: all(not p.steps for p in peers), "all have said what they say")
        # There is an end to what may be said before a login.
        assert not any(p.gone for p in peers if p.last != "flood")
        for instance in reversed(m.instances):
            began = time.monotonic()
            instance.stop()  # raises if it has to be killed
            print("%s ended after %.1f s" % (instance.name, time.monotonic() - began))
        for p in peers:
            p.end()


def test_nodes_that_do_not_read_take_no_worker():
    """More of them than the mupdate server has workers, while others go on."""
    with murder.Murder(backends=1, frontends=1, extra={"mupdate_workers_max": "10"}) as m:
        plain = base64.b64encode(b"\0backend1\0" + m.node_password.encode())
        node = b'A0 AUTHENTICATE "PLAIN" "%s"\r\n' % plain
        peers = [Peer(m["mupdate"].address("mupdate"), None, [(None, node), (b"A0 OK", b"")],
                      "flood", b"A1 NOOP\r\n") for _ in range(60)]
        work = Work(m)

        def stuck(p):
            return not p.steps and not select.select([], [p.sock], [], 0)[1]
        drive(peers, lambda: all(stuck(p) for p in peers), "nothing more is taken from them")
        assert not any(p.gone for p in peers)
        work.begin()
        drive(peers, work.done, "a CREATE beside those who do not read")
        print("CREATE: %.2f s" % work.took)
        for p in peers:
            p.end()


if __name__ == "__main__":
    harness.main()
