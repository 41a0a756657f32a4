#!/usr/bin/env python3
"""IMAP at a backend: every command of the table, broken input, concurrent sessions, kill -9."""
import atexit
import base64
import imaplib
import os
import random
import re
import signal
import socket
import ssl
import sys
import threading
import time
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder

check = murder.check
SERVER = []


def server():
    """One backend for all tests of this file."""
    if not SERVER:
        m = murder.Murder(backends=1, frontends=0, extra={"allowusermoves": "yes"})
        atexit.register(m.stop)
        SERVER.append(m)
    return SERVER[0]


def new_user(stem):
    new_user.count = getattr(new_user, "count", 0) + 1
    name = "%s%d" % (stem, new_user.count)
    server().add_user(name)
    return name


def client(user):
    return server().imap("backend1", user)


class Raw:
    """A socket that speaks IMAP exactly as told."""

    def __init__(self, user=None, m=None):
        m = m or server()
        self.s = socket.create_connection(m["backend1"].address("imap"), murder.DEADLINE)
        self.buffer = b""
        self.greeting = self.line()
        if user:
            answer = self.do(b"login LOGIN %s %s" % (user.encode(), m.password.encode()))
            assert answer[-1].startswith(b"login OK"), answer
            # SESSIONID=<server-pid-time-number>
            self.pid = int(re.search(rb"SESSIONID=<[^-]*-(\d+)-", answer[-1]).group(1))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.s.close()

    def send(self, data):
        self.s.sendall(data)

    def _fill(self):
        data = self.s.recv(65536)
        if not data:
            raise EOFError(self.buffer)
        self.buffer += data

    def line(self):
        """One response line, with the literals in it."""
        whole = b""
        while True:
            while b"\r\n" not in self.buffer:
                self._fill()
            part, self.buffer = self.buffer.split(b"\r\n", 1)
            whole += part
            size = re.search(rb"\{(\d+)\}$", part)
            if not size:
                return whole
            while len(self.buffer) < int(size.group(1)):
                self._fill()
            n = int(size.group(1))
            whole += b"\r\n" + self.buffer[:n]
            self.buffer = self.buffer[n:]

    def until(self, tag):
        lines = []
        while True:
            lines.append(self.line())
            if lines[-1].startswith(tag + b" "):
                return lines

    def do(self, command):
        """A command without literals that wait; its response lines."""
        self.send(command + b"\r\n")
        return self.until(command.split(b" ", 1)[0])

    def ok(self, command):
        lines = self.do(command)
        assert lines[-1].split(b" ")[1] == b"OK", (command, lines)
        return lines

    def at_end(self):
        try:
            while True:
                self._fill()
        except EOFError:
            return True


def expect(lines, *patterns):
    """Each pattern matches a line, in this order; the last pattern the last line."""
    at = 0
    for p in patterns:
        while at < len(lines) and not re.search(p, lines[at], re.S):
            at += 1
        assert at < len(lines), (p, lines)
        at += 1
    assert re.search(patterns[-1], lines[-1], re.S), (patterns[-1], lines)


def message(text, size=0):
    body = b"Subject: %s\r\nFrom: a@example.org\r\nMessage-ID: <%s@x>\r\n\r\n" % (
        text.encode(), text.encode())
    return body + b"".join(b"%072d\r\n" % i for i in range(size // 74)) + b"end\r\n"


# ------------------------------------------------------------------ login

def test_the_greeting_tells_capabilities():
    with Raw() as r:
        assert re.match(rb"\* OK \[CAPABILITY IMAP4rev1 LITERAL\+ ID ENABLE .*"
                        rb"AUTH=PLAIN.*SASL-IR\] backend1 Cyrus IMAP .* server ready$",
                        r.greeting), r.greeting
        expect(r.do(b"1 CAPABILITY"), rb"^\* CAPABILITY IMAP4rev1 .*AUTH=PLAIN", rb"^1 OK")
        expect(r.do(b"2 NOOP"), rb"^2 OK")
        expect(r.do(b'3 ID ("name" "test")'), rb'^\* ID \("name" "Rookery"', rb"^3 OK")
        expect(r.do(b"4 SELECT INBOX"), rb"^4 BAD")
        expect(r.do(b"5 LOGOUT"), rb"^\* BYE", rb"^5 OK")
        assert r.at_end()


def plain(user, password, authzid=""):
    return base64.b64encode(("%s\0%s\0%s" % (authzid, user, password)).encode())


def test_login_and_authenticate():
    user = new_user("login")
    with Raw() as r:
        expect(r.do(b"1 LOGIN %s wrong" % user.encode()),
               rb"^1 NO \[AUTHENTICATIONFAILED\] Login fail")
        expect(r.do(b"2 LOGIN nobody-at-all pw"), rb"^2 NO \[AUTHENTICATIONFAILED\]")
        expect(r.do(b"3 AUTHENTICATE NOSUCH"), rb"^3 NO")
        expect(r.do(b"4 AUTHENTICATE PLAIN " + plain(user, "wrong")),
               rb"^4 NO \[AUTHENTICATIONFAILED")
        r.send(b"5 AUTHENTICATE PLAIN\r\n")
        assert r.line() == b"+ "
        r.send(b"*\r\n")
        expect(r.until(b"5"), rb"^5 BAD")
        r.send(b"6 AUTHENTICATE PLAIN\r\n")
        assert r.line() == b"+ "
        r.send(b"not base64!\r\n")
        expect(r.until(b"6"), rb"^6 BAD")
        # Nothing untagged may come before the OK, and the whole list is in it.
        lines = r.do(b"7 AUTHENTICATE PLAIN " + plain(user, "pw"))
        assert len(lines) == 1, lines
        expect(lines,
               rb"^7 OK \[CAPABILITY .*NAMESPACE.*\] Success \(no protection\) SESSIONID=<")
        expect(r.do(b"8 LOGIN a b"), rb"^8 BAD")
    with Raw() as r:
        r.send(b"1 AUTHENTICATE PLAIN\r\n")
        assert r.line() == b"+ "
        r.send(plain(user, "pw") + b"\r\n")
        expect(r.until(b"1"), rb"^1 OK \[CAPABILITY")
    with Raw() as r:
        r.send(b"1 LOGIN {%d}\r\n" % len(user))
        assert r.line().startswith(b"+ ")
        r.send(user.encode() + b" {2+}\r\npw\r\n")
        expect(r.until(b"1"), rb"^1 OK \[CAPABILITY .*\] User logged in SESSIONID=<")


def test_sessions_of_one_user_are_limited():
    m = murder.Murder(backends=1, frontends=0,
                      extra={"maxlogins_per_user": "2", "plaintextloginalert": "use TLS"})
    with m:
        for user in ("ann", "ben"):
            m.add_user(user)
        with Raw("ann", m), Raw(None, m) as second, Raw(None, m) as third, Raw("ben", m):
            alert = second.do(b"1 LOGIN ann %s" % m.password.encode())
            expect(alert, rb"\* OK \[ALERT\] use TLS", rb"1 OK ")
            full = third.do(b"1 LOGIN ann %s" % m.password.encode())
            expect(full, rb"1 NO \[LIMIT\] Too many open connections for this user")
            second.do(b"2 LOGOUT")
            assert second.at_end()
            murder.wait_for(lambda: third.do(b"2 LOGIN ann %s" % m.password.encode())[-1]
                            .startswith(b"2 OK"), "the place is free")
        with Raw("cyrus", m), Raw("cyrus", m), Raw("cyrus", m):
            pass


def test_a_proxy_server_acts_for_a_user():
    user = new_user("proxied")
    m = server()
    with Raw() as r:
        lines = r.do(b"1 AUTHENTICATE PLAIN " + plain("murder", m.node_password, user))
        expect(lines, rb"^1 OK \[CAPABILITY")
        expect(r.do(b"2 STATUS INBOX (MESSAGES)"), rb"^\* STATUS INBOX \(MESSAGES 0\)", rb"^2 OK")
    with Raw() as r:
        expect(r.do(b"1 AUTHENTICATE PLAIN " + plain(user, "pw", "cyrus")), rb"^1 NO")


def test_a_proxy_server_hands_its_connection_to_another_user():
    first, second = new_user("first"), new_user("second")
    m = server()
    m.deliver(message("to first"), [first], instance="backend1")
    log = os.path.join(m["backend1"].dir, "conf", "log", first)
    os.makedirs(log)
    m.give(m["backend1"].dir)

    def recorded():
        text = b""
        for name in os.listdir(log):
            with open(os.path.join(log, name), "rb") as f:
                text += f.read()
        return text
    with Raw() as r:
        before = re.search(rb"\[CAPABILITY [^]]*\]", r.greeting).group(0)
        expect(r.do(b"1 UNAUTHENTICATE"), rb"^1 BAD")
        expect(r.do(b"2 AUTHENTICATE PLAIN " + plain("murder", m.node_password, first)),
               rb"^2 OK \[CAPABILITY [^]]* UNAUTHENTICATE\b")
        expect(r.do(b"3 ENABLE QRESYNC"), rb"^\* ENABLED QRESYNC$", rb"^3 OK")
        r.ok(b"4 SELECT INBOX")
        r.ok(b"5 STORE 1 +FLAGS (\\Deleted)")
        expect(r.do(b"6 UNAUTHENTICATE now"), rb"^6 BAD")
        lines = r.do(b"7 UNAUTHENTICATE")
        assert len(lines) == 1, lines   # nobody expunged
        expect(lines, rb"^7 OK " + re.escape(before))
        expect(r.do(b"8 FETCH 1 UID"), rb"^8 BAD Please login first")
        expect(r.do(b"9 UNAUTHENTICATE"), rb"^9 BAD")
        assert b"QRESYNC" in recorded()
        expect(r.do(b"a AUTHENTICATE PLAIN " + plain("murder", m.node_password, second)),
               rb"^a OK \[CAPABILITY [^]]* UNAUTHENTICATE\b")
        expect(r.do(b"b FETCH 1 UID"), rb"^b BAD Please select")
        expect(r.do(b"c SELECT INBOX"), rb"^\* 0 EXISTS", rb"^c OK")
        expect(r.do(b"d MYRIGHTS user.%s" % first.encode()), rb"^d NO")
        expect(r.do(b"e ENABLE QRESYNC"), rb"^\* ENABLED QRESYNC$", rb"^e OK")
        assert b"user." + first.encode() not in recorded()   # the log is first's alone
        expect(r.do(b"f UNAUTHENTICATE"), rb"^f OK")
        expect(r.do(b"g LOGIN %s pw" % first.encode()), rb"^g OK(?!.*UNAUTHENTICATE)")
        expect(r.do(b"h STATUS INBOX (MESSAGES)"), rb"MESSAGES 1", rb"^h OK")
        expect(r.do(b"i UNAUTHENTICATE"), rb"^i NO \[NOPERM\]")   # nor for those who are no node
        r.ok(b"j STATUS INBOX (MESSAGES)")
    with Raw("cyrus") as r:
        expect(r.do(b"1 CAPABILITY"), rb" UNAUTHENTICATE\b", rb"^1 OK")
        expect(r.do(b"2 COMPRESS DEFLATE"), rb"^2 OK")
        deflate, inflate = zlib.compressobj(wbits=-15), zlib.decompressobj(wbits=-15)
        r.send(deflate.compress(b"3 CAPABILITY\r\n4 UNAUTHENTICATE\r\n") +
               deflate.flush(zlib.Z_SYNC_FLUSH))
        answer = r.buffer
        while b"\r\n4 " not in answer or not answer.endswith(b"\r\n"):
            answer += inflate.decompress(r.s.recv(65536))
        assert b" UNAUTHENTICATE" not in answer and b"4 NO [CANNOT]" in answer, answer


def test_starttls():
    with murder.Murder(backends=1, frontends=0, tls=True, extra={"allowplaintext": "no"}) as m:
        m.set_passwords({"alice": "pw"})
        with Raw(m=m) as r:
            assert b"STARTTLS" in r.greeting and b"LOGINDISABLED" in r.greeting, r.greeting
            expect(r.do(b"1 LOGIN alice pw"), rb"^1 NO \[PRIVACYREQUIRED\]")
            expect(r.do(b"2 STARTTLS"), rb"^2 OK")
            context = ssl.create_default_context(cafile=os.path.join(m.dir, "tls", "cert.pem"))
            r.s = context.wrap_socket(r.s, server_hostname="backend1")
            expect(r.do(b"3 STARTTLS"), rb"^3 BAD")
            expect(r.do(b"4 CAPABILITY"), rb"^\* CAPABILITY(?!.*(STARTTLS|LOGINDISABLED))",
                   rb"^4 OK")
            expect(r.do(b"5 AUTHENTICATE PLAIN " + plain("alice", "pw")),
                   rb"^5 OK .*tls protection")
        with Raw(m=m) as r:  # a command behind STARTTLS in clear text is not run under TLS
            r.send(b"1 STARTTLS\r\n2 NOOP\r\n")
            assert r.line().startswith(b"1 OK") and r.at_end() and r.buffer == b""


# ------------------------------------------------------------------ the commands, once each

def test_mailboxes_are_made_listed_renamed_and_removed():
    user = new_user("boxes")
    with Raw(user) as r:
        r.ok(b"1 CREATE INBOX.a")
        r.ok(b"2 CREATE INBOX.a.b")
        expect(r.do(b"3 CREATE INBOX.a"), rb"^3 NO \[ALREADYEXISTS\]")
        expect(r.do(b'4 LIST "" *'), rb'^\* LIST \(\\HasChildren\) "\." INBOX$',
               rb'^\* LIST \(\\HasChildren\) "\." INBOX\.a$',
               rb'^\* LIST \(\\HasNoChildren\) "\." INBOX\.a\.b$', rb"^4 OK")
        expect(r.do(b'5 LIST "" ""'), rb'^\* LIST \(\\Noselect\) "\." ""$', rb"^5 OK")
        lines = r.do(b'6 LIST INBOX. %')
        assert len(lines) == 2, lines
        r.ok(b"7 RENAME INBOX.a INBOX.c")
        expect(r.do(b'8 LIST "" INBOX.%.b'), rb"INBOX\.c\.b$", rb"^8 OK")
        r.ok(b"9 SUBSCRIBE INBOX.c.b")
        expect(r.do(b'10 LSUB "" *'), rb'^\* LSUB \(.*\) "\." INBOX\.c\.b$', rb"^10 OK")
        r.ok(b"11 UNSUBSCRIBE INBOX.c.b")
        assert len(r.do(b'12 LSUB "" *')) == 1
        r.ok(b"13 DELETE INBOX.c.b")
        expect(r.do(b"14 STATUS INBOX.c.b (MESSAGES)"), rb"^14 NO \[NONEXISTENT\]")
        expect(r.do(b"15 NAMESPACE"),
               rb'^\* NAMESPACE \(\("INBOX\." "\."\)\) \(\("user\." "\."\)\) \(\("" "\."\)\)',
               rb"^15 OK")
        expect(r.do(b"16 ENABLE CONDSTORE"), rb"^\* ENABLED", rb"^16 OK")
        expect(r.do(b"17 GETQUOTAROOT INBOX"), rb"^\* QUOTAROOT INBOX$", rb"^17 OK")
        expect(r.do(b"18 DELETE INBOX"), rb"^18 NO")
        assert r.do(b'19 LIST "" DELETED*') == [b"19 OK Completed"]
    with Raw("cyrus") as r:
        expect(r.do(b'1 LIST "" DELETED.user.%s.*' % user.encode()),
               rb"DELETED\.user\..*\.c\.b\.", rb"^1 OK")


def test_a_message_is_appended_fetched_flagged_copied_and_expunged():
    user = new_user("flow")
    body = message("flow", 3000)
    with Raw(user) as r:
        r.ok(b"0 CREATE INBOX.other")
        r.send(b'1 APPEND INBOX (\\Flagged $Label) "05-Mar-2020 10:11:12 +0100" {%d}\r\n'
               % len(body))
        assert r.line().startswith(b"+ ")
        r.send(body + b"\r\n")
        expect(r.until(b"1"), rb"^1 OK \[APPENDUID \d+ 1\]")
        expect(r.do(b"2 SELECT INBOX"), rb"^\* 1 EXISTS", rb"^2 OK \[READ-WRITE\]")
        expect(r.do(b"3 FETCH 1 (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])"),
               rb'^\* 1 FETCH \(UID 1 FLAGS \(\\Recent \\Flagged \$Label\) INTERNALDATE '
               rb'" 5-Mar-2020 10:11:12 \+0100" RFC822.SIZE %d BODY\[\] \{%d\}' % (len(body),
                                                                                   len(body)),
               rb"^3 OK")
        assert body in b"".join(r.do(b"4 FETCH 1 RFC822.PEEK"))
        expect(r.do(b"5 STORE 1 +FLAGS (\\Answered)"), rb"FETCH \(.*\\Answered", rb"^5 OK")
        expect(r.do(b"6 UID STORE 1 -FLAGS ($Label)"), rb"FETCH \(.*UID 1", rb"^6 OK")
        expect(r.do(b"7 SEARCH SUBJECT flow"), rb"^\* SEARCH 1$", rb"^7 OK")
        expect(r.do(b"8 UID SEARCH ANSWERED"), rb"^\* SEARCH 1$", rb"^8 OK")
        expect(r.do(b"9 COPY 1 INBOX.other"), rb"^9 OK \[COPYUID \d+ 1 1\]")
        expect(r.do(b"10 UID COPY 1 INBOX.other"), rb"^10 OK \[COPYUID \d+ 1 2\]")
        expect(r.do(b"11 COPY 1 INBOX.none"), rb"^11 NO \[TRYCREATE\]")
        expect(r.do(b"12 UID FETCH 1 (FLAGS)"), rb"^\* 1 FETCH \(.*UID 1", rb"^12 OK")
        r.ok(b"13 CHECK")
        expect(r.do(b"14 MOVE 1 INBOX.other"), rb"COPYUID \d+ 1 3", rb"^\* 1 EXPUNGE", rb"^14 OK")
        expect(r.do(b"15 STATUS INBOX.other (MESSAGES UIDNEXT UNSEEN RECENT UIDVALIDITY)"),
               rb"^\* STATUS INBOX\.other \(MESSAGES 3 ", rb"^15 OK")
        expect(r.do(b"16 SELECT INBOX.other"), rb"^\* 3 EXISTS", rb"^16 OK")
        r.ok(b"17 STORE 1:2 +FLAGS.SILENT (\\Deleted)")
        expect(r.do(b"18 UID EXPUNGE 1"), rb"^\* 1 EXPUNGE", rb"^18 OK")
        expect(r.do(b"19 EXPUNGE"), rb"^\* 1 EXPUNGE", rb"^19 OK")
        expect(r.do(b"20 UID MOVE 3 INBOX"), rb"COPYUID", rb"^\* 1 EXPUNGE", rb"^20 OK")
        r.ok(b"21 UNSELECT")
        expect(r.do(b"22 FETCH 1 UID"), rb"^22 BAD")
        expect(r.do(b"23 EXAMINE INBOX"), rb"^\* 1 EXISTS", rb"^23 OK \[READ-ONLY\]")
        expect(r.do(b"24 STORE 1 +FLAGS (\\Seen)"), rb"^24 NO")
        r.ok(b"25 CLOSE")


def test_rights_are_shown_changed_and_enforced():
    bob, eve = new_user("bob"), new_user("eve")
    box = b"user.%s" % bob.encode()
    with Raw(bob) as b, Raw(eve) as e:
        for n, command in enumerate((b"SELECT %s", b"STATUS %s (MESSAGES)", b"GETACL %s",
                                     b"DELETE %s",
                                     b"MYRIGHTS %s", b"CREATE %s.x", b"RENAME %s INBOX.x")):
            expect(e.do(b"%d " % n + command % box),
                   rb"^\d NO \[NONEXISTENT\] Mailbox does not exist")
        assert e.do(b'l LIST "" user.*') == [b"l OK Completed"]
        b.ok(b"1 SETACL INBOX %s l" % eve.encode())
        expect(e.do(b'1 LIST "" user.*'), rb'"\." user\.bob', rb"^1 OK")
        expect(e.do(b"2 SELECT %s" % box), rb"^2 NO \[NOPERM\]")
        b.ok(b"2 SETACL INBOX %s +rs" % eve.encode())
        expect(e.do(b"3 SELECT %s" % box), rb"^3 OK")
        e.send(b"4 APPEND %s {3+}\r\nabc\r\n" % box)
        expect(e.until(b"4"), rb"^4 NO \[NOPERM\]")
        expect(b.do(b"3 GETACL INBOX"), rb"^\* ACL INBOX .*%s lrs" % eve.encode(), rb"^3 OK")
        expect(b.do(b"4 LISTRIGHTS INBOX %s" % eve.encode()),
               rb'^\* LISTRIGHTS INBOX eve\d+ "" l r s', rb"^4 OK")
        expect(b.do(b"5 MYRIGHTS INBOX"), rb"^\* MYRIGHTS INBOX lrswipkxtecdan", rb"^5 OK")
        b.ok(b"6 DELETEACL INBOX %s" % eve.encode())
        expect(e.do(b"5 STATUS %s (MESSAGES)" % box), rb"^5 NO \[NONEXISTENT\]")


def test_administrators_and_nodes():
    user = new_user("admin").encode()
    with Raw("cyrus") as r:
        r.ok(b"1 CREATE news default")
        r.ok(b"2 SETACL news anyone lrs")
        expect(r.do(b"3 DELETE user." + user), rb"^3 NO \[NOPERM\]")
        r.ok(b"4 LOCALCREATE user.fresh.sub default")
        r.ok(b"5 LOCALDELETE user.fresh.sub")
        expect(r.do(b"6 MUPDATEPUSH news"), rb"^6 OK")
        r.ok(b"7 RENAME user.%s user.%snew" % (user, user))
        expect(r.do(b'8 LIST "" user.%s*' % user), rb"user\.%snew$" % user, rb"^8 OK")
        r.ok(b"9 SETACL user.%snew cyrus c" % user)
        r.ok(b"10 DELETE user.%snew" % user)
        expect(r.do(b"11 CREATE broken nowhere"), rb"^11 NO .*partition")
    with Raw(new_user("plainuser")) as r:
        for n, command in enumerate((b"LOCALCREATE INBOX.x", b"LOCALDELETE INBOX",
                                     b"MUPDATEPUSH INBOX")):
            expect(r.do(b"%d " % n + command), rb"^\d NO \[NOPERM\]")
        r.send(b'9 LOCALAPPEND INBOX "" {8+}\r\na: b\r\n\r\n\r\n')
        expect(r.until(b"9"), rb"^9 OK \[APPENDUID")


# ------------------------------------------------------------------ broken input

def test_broken_commands_are_answered_and_the_connection_lives():
    with Raw(new_user("broken")) as r:
        for command, answer in ((b"", rb"^\* BAD"), (b"1", rb"^1 BAD"), (b"+ NOOP", rb"^\* BAD"),
                                (b"2 FROBNICATE", rb"^2 BAD Unrecognized"),
                                (b"3 NOOP x", rb"^3 BAD"),
                                (b"4 SELECT", rb"^4 BAD"), (b'5 SELECT "INBOX', rb"^5 BAD"),
                                (b"6 SELECT (INBOX)", rb"^6 BAD"), (b"7 NO\x00OP", rb"^7 BAD"),
                                (b"8 SELECT \xff\xfe", rb"^8 BAD"), (b"9 UID", rb"^9 BAD")):
            r.send(command + b"\r\n")
            line = r.line()
            assert re.match(answer, line), (command, line)
        r.ok(b"10 NOOP")


def test_what_is_too_long_is_refused_and_nothing_of_it_runs():
    with Raw(new_user("long")) as r:
        r.send(b"1 SELECT " + b"x" * 200000 + b"\r\n")
        expect(r.until(b"1"), rb"^1 BAD")
        r.send(b"2 SELECT {999999999}\r\n")
        expect(r.until(b"2"), rb"^2 BAD")
        r.send(b"3 SELECT {200000+}\r\n" + b"4 LOGOUT\r\n" * 20000 + b"\r\n")
        expect(r.until(b"3"), rb"^3 BAD")
        r.send(b"t" * 5000 + b" NOOP\r\n")
        assert b"BAD" in r.line()
        r.ok(b"5 NOOP")
    with Raw() as r:  # endless
        try:
            for _ in range(100):
                r.send(b"x" * 65536)
        except OSError:
            pass
        else:
            assert r.at_end()


def test_nonsense_is_not_listened_to_for_ever():
    with Raw() as r:
        r.send(b"GET / HTTP/1.1\r\nHost: x\r\n" * 20)
        lines = []
        try:
            while True:
                lines.append(r.line())
        except (EOFError, ConnectionResetError):
            pass
        assert lines[-1].startswith(b"* BYE") and len(lines) <= 11, lines


def test_pipelined_commands_keep_their_order():
    with Raw(new_user("pipe")) as r:
        body = message("pipe")
        r.send(b"".join((b"1 CREATE INBOX.p\r\n",
                         b"2 APPEND INBOX.p {%d+}\r\n%s\r\n" % (len(body), body),
                         b"3 SELECT INBOX.p\r\n", b"4 FETCH 1 BODY.PEEK[]\r\n",
                         b"5 BOGUS {4+}\r\nabcd\r\n",
                         b"6 STORE 1 +FLAGS (\\Deleted)\r\n", b"7 CLOSE\r\n", b"8 LOGOUT\r\n")))
        tags = []
        while not tags or tags[-1] != b"8":
            words = r.line().split(b" ")
            if words[0].isdigit():
                tags.append(words[0])
                assert words[1] == (b"BAD" if words[0] == b"5" else b"OK"), words
        assert tags == [b"%d" % i for i in range(1, 9)], tags


def test_append_takes_all_messages_or_none():
    with Raw(new_user("multi")) as r:
        one, two = message("one"), message("two", 40000)
        r.send(b"1 APPEND INBOX {%d}\r\n" % len(one))
        assert r.line().startswith(b"+")
        r.send(one + b" (\\Seen) {%d+}\r\n" % len(two) + two + b"\r\n")
        expect(r.until(b"1"), rb"^1 OK \[APPENDUID \d+ 1:2\]")
        r.send(b"2 APPEND INBOX {%d+}\r\n" % len(one) + one + b" {0+}\r\n\r\n")
        expect(r.until(b"2"), rb"^2 NO")
        r.send(b"3 APPEND INBOX {%d+}\r\n" % len(one) + one + b" (bad {3+}\r\nabc\r\n")
        expect(r.until(b"3"), rb"^3 BAD")
        r.send(b"4 APPEND INBOX.none {%d+}\r\n" % len(two) + two + b"\r\n")
        expect(r.until(b"4"), rb"^4 NO \[TRYCREATE\]")
        expect(r.do(b"5 STATUS INBOX (MESSAGES UNSEEN)"), rb"MESSAGES 2 UNSEEN 1", rb"^5 OK")
    with Raw(new_user("cut")) as r:
        r.send(b"1 APPEND INBOX {%d+}\r\n" % len(one) + one + b" {%d+}\r\n" % len(two) + two[:9000])
        r.s.shutdown(socket.SHUT_WR)
        assert r.at_end()


# ------------------------------------------------------------------ several sessions

def test_sessions_tell_each_other():
    user = new_user("two")
    with Raw(user) as a, Raw(user) as b:
        a.ok(b"1 SELECT INBOX")
        b.send(b"1 APPEND INBOX {%d+}\r\n" % len(message("m")) + message("m") + b"\r\n")
        b.until(b"1")
        expect(a.do(b"2 NOOP"), rb"^\* 1 EXISTS", rb"^2 OK")
        # \Recent is one session's: the first that sees the message has it.
        assert any(b"* 0 RECENT" == line for line in b.do(b"2 SELECT INBOX"))
        expect(b.do(b"3 STORE 1 +FLAGS (\\Flagged)"), rb"^3 OK")
        expect(a.do(b"3 NOOP"), rb"^\* 1 FETCH \(FLAGS \(.*\\Flagged", rb"^3 OK")
        b.ok(b"4 STORE 1 +FLAGS (\\Deleted)")
        b.ok(b"5 EXPUNGE")
        # No EXPUNGE while sequence numbers are in use.
        assert not any(b"EXPUNGE" in line for line in a.do(b"4 FETCH 1 UID")[:-1])
        expect(a.do(b"5 NOOP"), rb"^\* 1 EXPUNGE", rb"^5 OK")


def test_idle_is_told_at_once():
    user = new_user("idle")
    with Raw(user) as a, Raw(user) as b:
        a.ok(b"1 SELECT INBOX")
        a.send(b"2 IDLE\r\n")
        assert a.line().startswith(b"+ ")
        started = time.monotonic()
        b.send(b"1 APPEND INBOX {%d+}\r\n" % len(message("m")) + message("m") + b"\r\n")
        b.until(b"1")
        while b"EXISTS" not in a.line():
            pass
        assert time.monotonic() - started < 10
        a.send(b"DONE\r\n")
        expect(a.until(b"2"), rb"^2 OK")


def test_a_mailbox_removed_under_a_session_is_empty():
    user = new_user("gone")
    with Raw(user) as a, Raw(user) as b:
        a.ok(b"1 CREATE INBOX.x")
        a.ok(b"2 SELECT INBOX.x")
        b.ok(b"1 DELETE INBOX.x")
        expect(a.do(b"3 NOOP"), rb"^3 OK")
        expect(a.do(b"4 UID SEARCH ALL"), rb"^\* SEARCH$", rb"^4 OK")


def test_many_sessions_append_at_once():
    user = new_user("many")
    failures = []

    def one(n):
        try:
            with client(user) as c:
                for i in range(10):
                    check(c.append("INBOX", "", None, message("s%d-%d" % (n, i))))
        except Exception as e:
            failures.append(e)
    threads = [threading.Thread(target=one, args=(n,)) for n in range(5)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not failures, failures
    with client(user) as c:
        assert check(c.select("INBOX")) == [b"50"]
        uids = check(c.uid("SEARCH", "ALL"))[0].split()
        assert len(set(uids)) == 50


# ------------------------------------------------------------------ ends

def test_an_imapd_killed_while_it_appends_leaves_whole_messages():
    user = new_user("killed")
    acknowledged = set()

    def connected():
        try:
            return Raw(user)
        except (OSError, EOFError):
            return None
    for turn in range(20):
        with murder.wait_for(connected, "the backend serves again") as r:
            killer = threading.Timer(random.random() * 0.05, os.kill, (r.pid, signal.SIGKILL))
            killer.start()
            try:
                for n in range(100000):
                    text = "t%d-%d" % (turn, n)
                    body = message(text, random.choice((100, 5000, 100000)))
                    r.send(b"a APPEND INBOX {%d+}\r\n" % len(body) + body + b"\r\n")
                    if b" OK " in r.until(b"a")[-1]:
                        acknowledged.add(text)
            except (EOFError, OSError):
                pass
            killer.join()
    murder.wait_for(connected, "the backend serves again").s.close()
    with client(user) as c:
        count = int(check(c.select("INBOX"))[0])
        seen = []
        for part in check(c.fetch("1:*", "(RFC822.SIZE BODY.PEEK[])")) if count else []:
            if isinstance(part, tuple):
                assert part[1].endswith(b"end\r\n"), part[1][-100:]
                seen.append(re.search(rb"Subject: (\S+)", part[1]).group(1).decode())
        assert len(seen) == len(set(seen)), "doubled"
        assert acknowledged <= set(seen), acknowledged - set(seen)


def test_the_shutdown_file_and_sigterm_say_bye():
    m = server()
    backend = m["backend1"]
    path = os.path.join(backend.dir, "conf", "msg", "shutdown")
    with Raw(new_user("bye")) as r, Raw("cyrus") as admin:
        with open(path, "w") as f:
            f.write("going down\n")
        os.chmod(path, 0o644)
        try:
            r.send(b"1 NOOP\r\n")
            assert r.line() == b"* BYE [ALERT] going down" and r.at_end()
            admin.ok(b"1 NOOP")
            with Raw() as late:
                assert late.greeting == b"* BYE going down", late.greeting
        finally:
            os.unlink(path)
        os.kill(admin.pid, signal.SIGTERM)
        assert admin.line().startswith(b"* BYE") and admin.at_end()

    def answers():
        try:
            with Raw() as again:
                return again.greeting.startswith(b"* OK")
        except (OSError, EOFError):
            return False
    murder.wait_for(answers, "the service is there again")


def test_a_layer_of_others_protects_passwords():
    """imapd -p: from 2 bits on it counts as privacy, as TLS would."""
    with murder.Murder(backends=1, frontends=0, extra={"allowplaintext": "no"}, start=False) as m:
        backend = m["backend1"]
        for service, bits in (("integrity", 1), ("privacy", 2)):
            backend.ports[service] = m.ports.take()
            backend.services[service] = 'cmd="imapd -C %s -p %d" listen="%s" prefork=0' % (
                backend.imapd_conf, bits, backend.host_port(service))
        m.start()
        m.set_passwords({"ann": "secret"})
        for service, allowed in (("imap", False), ("integrity", False), ("privacy", True)):
            c = imaplib.IMAP4(*backend.address(service))
            assert ("LOGINDISABLED" in c.capabilities) != allowed, (service, c.capabilities)
            assert ("AUTH=PLAIN" in c.capabilities) == allowed, (service, c.capabilities)
            answer = c._simple_command("LOGIN", "ann", "secret")[0]
            assert (answer == "OK") == allowed, (service, answer)
            c.shutdown()


if __name__ == "__main__":
    harness.main()
