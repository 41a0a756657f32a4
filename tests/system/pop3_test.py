#!/usr/bin/env python3
"""POP3: sentences of its RFCs at a backend and through a frontend, and its options."""
import base64
import contextlib
import hashlib
import os
import re
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder
from murder import check, wait_for
from pop3_client import Client

PLAIN = b"Subject: one\r\nFrom: a@example.org\r\n\r\nfirst\r\nsecond\r\nthird\r\n"
DOTS = b"Subject: dots\r\n\r\n.\r\n..\r\n.x\r\n a.\r\nend\r\n"
NO_END = b"Subject: no end\r\n\r\nits last line has no CRLF"
EIGHT = b"Subject: 8 bit\r\n\r\nna\xc3\xafve \xff\xfe\r\n" + b"x" * 3000 + b"\r\n"
HEADER = b"Subject: header\r\n\r\n"
MESSAGES = (PLAIN, DOTS, NO_END, EIGHT, HEADER)


def sent(message):
    return message if message.endswith(b"\r\n") else message + b"\r\n"


SIZES = [len(sent(message)) for message in MESSAGES]


def connect(m, where="backend1", user=None, **kw):
    c = Client(m[where].address("pop3"), **kw)
    if user:
        said = c.login(user)
        assert said.ok, said
    return c


def fill(m, user, messages=MESSAGES, where="backend1", folder="INBOX"):
    """These messages, and no others."""
    with m.imap(where, user) as i:
        if check(i.select(folder)) != [b"0"]:
            check(i.store("1:*", "+FLAGS", r"(\Deleted)"))
            check(i.expunge())
        for message in messages:
            check(i.append(folder, None, None, message))


def uids(m, user, where="backend1", folder="INBOX"):
    with m.imap(where, user) as i:
        check(i.select(folder, readonly=True))
        return check(i.uid("search", "ALL"))[0].split()


def server(frontends=0, users=("alice",), filled=True, **extra):
    m = murder.Murder(backends=1, frontends=frontends, pop3=True, extra=extra)
    for user in users:
        m.add_user(user)
        if filled:
            fill(m, user)
    return m


# ------------------------------------------------------------------ sentences

class Step:
    def __init__(self, line, pattern, many):
        self.line, self.pattern, self.many = line, pattern, many


def one(line, pattern=r"\+OK.*"):
    return Step(line, pattern, False)


def many(line, pattern=r"(?:.*\r\n)*"):
    """+OK, and then lines that are as the pattern says."""
    return Step(line, pattern, True)


def no(line, code=""):
    return Step(line, r"-ERR %s.*" % (re.escape("[%s]" % code) if code else r"(?!\[)"), False)


END = Step(None, None, False)


def lines_of(message):
    """As it is sent: a dot before a dot."""
    return re.escape(re.sub(rb"(?m)^\.", b"..", sent(message)).decode("latin-1"))


ALL = "".join("%d %d\r\n" % (n, size) for n, size in enumerate(SIZES, 1))
BASE64 = base64.b64encode(b"\0alice\0pw").decode()
WRONG = base64.b64encode(b"\0alice\0no").decode()
LOGIN = (one("USER alice"), one("PASS pw"))

# RFC and section, what it says, who begins ("": nobody has logged in), and what is said.
# "bob" has a maildrop of his own for each row, "empty" one with nothing in it.
SENTENCES = [
    ("1939 3", "keywords are case-insensitive", "",
     [many("CaPa"), one("uSeR alice"), one("pAsS pw"), one("stAT")]),
    ("1939 3", "an argument may be up to 40 characters long", "alice",
     [one("LIST " + "0" * 39 + "1", r"\+OK 1 \d+")]),
    ("1939 3", "lines of an answer end with CRLF, and the last one is a dot", "alice",
     [many("LIST", ALL)]),
    ("1939 3", "a line that begins with a dot gets another", "alice",
     [many("RETR 2", lines_of(DOTS))]),
    ("1939 3", "-ERR to a command that is not known", "", [no("XTND XMIT"), no(""), no("HELO x")]),
    ("1939 3", "-ERR to a command that is not known, after the login", "alice",
     [no("XTND XMIT"), no(""), one("NOOP")]),
    ("1939 3", "-ERR to a command that is not well formed", "alice",
     [no("RETR one"), no("LIST 1 2"), no("RETR 1\0"), no("RETR 1\rQUIT"), one("NOOP")]),
    ("1939 3", "-ERR to a command in the wrong state: not before the login", "",
     [no("STAT"), no("LIST"), no("RETR 1"), no("DELE 1"), no("NOOP"), no("RSET"), no("TOP 1 1"),
      no("UIDL"), no("X-REUSE"), *LOGIN]),
    ("1939 3", "-ERR to a command in the wrong state: not after the login", "alice",
     [no("USER alice"), no("PASS pw"), no("APOP alice 0"), no("AUTH PLAIN"), no("STLS"),
      no("UTF8"), no("X-SESSION fe-1-2-3"), one("STAT")]),
    ("1939 4", "QUIT ends a session without a login", "", [one("QUIT"), END]),
    ("1939 4", "USER and PASS identify a user", "", [*LOGIN, one("STAT")]),
    ("1939 4", "after a refusal the client may authenticate again", "",
     [one("USER alice"), no("PASS wrong", "AUTH"), *LOGIN, one("STAT")]),
    ("1939 4", "after a refusal the client may quit", "",
     [one("USER alice"), no("PASS wrong", "AUTH"), one("QUIT"), END]),
    ("1939 4", "at first nothing is marked as deleted", "alice",
     [one("STAT", r"\+OK %d %d" % (len(SIZES), sum(SIZES)))]),
    ("1939 4", "messages are numbered from 1, sizes are decimal", "alice", [many("LIST", ALL)]),
    ("1939 5", "STAT tells the number of messages and their octets", "alice",
     [one("STAT", r"\+OK %d %d" % (len(SIZES), sum(SIZES)))]),
    ("1939 5", "STAT of nothing", "empty", [one("STAT", r"\+OK 0 0")]),
    ("1939 5", "messages marked as deleted are not counted", "alice",
     [one("DELE 1"), one("STAT", r"\+OK %d %d" % (len(SIZES) - 1, sum(SIZES[1:])))]),
    ("1939 5", "STAT has no arguments", "alice", [no("STAT 1"), one("STAT")]),
    ("1939 5", "LIST of one message is one line", "alice",
     [one("LIST 2", r"\+OK 2 %d" % SIZES[1]), one("LIST 3", r"\+OK 3 %d" % SIZES[2])]),
    ("1939 5", "LIST of nothing is the dot alone", "empty", [many("LIST", "")]),
    ("1939 5", "messages marked as deleted are not listed", "alice",
     [one("DELE 1"), one("DELE 3"),
      many("LIST", "2 %d\r\n4 %d\r\n5 %d\r\n" % (SIZES[1], SIZES[3], SIZES[4]))]),
    ("1939 5", "LIST of a number that is none", "alice",
     [no("LIST 6"), no("LIST 0"), no("LIST 4294967295"), no("LIST 4294967296"), no("LIST -1")]),
    ("1939 5", "LIST of a message that is marked as deleted", "alice",
     [one("DELE 2"), no("LIST 2"), one("LIST 3")]),
    ("1939 5", "RETR sends the message", "alice", [many("RETR 1", lines_of(PLAIN))]),
    ("1939 5", "RETR sends 8-bit bytes and long lines as they are", "alice",
     [many("RETR 4", lines_of(EIGHT))]),
    ("1939 5", "RETR ends the last line", "alice", [many("RETR 3", lines_of(NO_END))]),
    ("1939 5", "RETR of a message without a body", "alice", [many("RETR 5", lines_of(HEADER))]),
    ("1939 5", "RETR needs a number", "alice",
     [no("RETR"), no("RETR "), no("RETR x"), one("NOOP")]),
    ("1939 5", "RETR of a number that is none", "alice", [no("RETR 6"), no("RETR 0"), one("NOOP")]),
    ("1939 5", "RETR of a message that is marked as deleted", "alice",
     [one("DELE 1"), no("RETR 1"), many("RETR 2")]),
    ("1939 5", "RETR may be repeated", "alice",
     [many("RETR 1", lines_of(PLAIN)), many("RETR 1", lines_of(PLAIN))]),
    ("1939 5", "DELE marks a message", "alice", [one("DELE 1"), one("DELE 2")]),
    ("1939 5", "a mark makes each reference an error", "alice",
     [one("DELE 4"), no("DELE 4"), no("RETR 4"), no("LIST 4"), no("UIDL 4"), no("TOP 4 0")]),
    ("1939 5", "DELE does not change the numbers of others", "alice",
     [one("DELE 1"), one("LIST 5", r"\+OK 5 %d" % SIZES[4]), many("RETR 2", lines_of(DOTS))]),
    ("1939 5", "DELE of a number that is none", "alice", [no("DELE 6"), no("DELE 0"), no("DELE")]),
    ("1939 5", "NOOP does nothing", "alice", [one("NOOP"), one("STAT")]),
    ("1939 5", "NOOP has no arguments", "alice", [no("NOOP 1"), one("NOOP")]),
    ("1939 5", "RSET takes all marks off", "alice",
     [one("DELE 1"), one("DELE 2"), one("RSET"),
      one("STAT", r"\+OK %d %d" % (len(SIZES), sum(SIZES))), many("LIST", ALL)]),
    ("1939 5", "RSET has no arguments", "alice", [no("RSET 1"), one("RSET")]),
    ("1939 6", "QUIT removes what is marked, and ends the session", "bob",
     [one("DELE 1"), one("DELE 3"), one("QUIT"), END, "again",
      one("STAT", r"\+OK 3 %d" % (SIZES[1] + SIZES[3] + SIZES[4])),
      many("RETR 1", lines_of(DOTS))]),
    ("1939 6", "QUIT after RSET removes nothing", "bob",
     [one("DELE 1"), one("RSET"), one("QUIT"), END, "again",
      one("STAT", r"\+OK %d %d" % (len(SIZES), sum(SIZES)))]),
    ("1939 6", "QUIT may remove everything", "bob",
     [*(one("DELE %d" % n) for n in range(1, 6)), one("QUIT"), END, "again",
      one("STAT", r"\+OK 0 0"), many("LIST", ""), many("UIDL", "")]),
    ("1939 6", "a session that ends otherwise removes nothing", "bob",
     [one("DELE 1"), "cut", "again", one("STAT", r"\+OK %d %d" % (len(SIZES), sum(SIZES)))]),
    ("1939 6", "QUIT has no arguments, and one with some ends nothing", "alice",
     [no("QUIT now"), one("NOOP")]),
    ("1939 6", "QUIT releases the lock", "alice", [one("QUIT"), END, "again", one("STAT")]),
    ("1939 7", "TOP 0 is the header and the empty line", "alice",
     [many("TOP 1 0", lines_of(b"Subject: one\r\nFrom: a@example.org\r\n\r\n"))]),
    ("1939 7", "TOP sends so many lines of the body", "alice",
     [many("TOP 1 1", lines_of(b"Subject: one\r\nFrom: a@example.org\r\n\r\nfirst\r\n")),
      many("TOP 1 2", lines_of(PLAIN[:-len(b"third\r\n")]))]),
    ("1939 7", "TOP of more lines than there are is the message", "alice",
     [many("TOP 1 3", lines_of(PLAIN)), many("TOP 1 4000000000", lines_of(PLAIN)),
      many("TOP 3 9", lines_of(NO_END)), many("TOP 5 1", lines_of(HEADER))]),
    ("1939 7", "TOP puts a dot before a dot", "alice",
     [many("TOP 2 2", lines_of(b"Subject: dots\r\n\r\n.\r\n..\r\n"))]),
    ("1939 7", "TOP needs two numbers", "alice",
     [no("TOP"), no("TOP 1"), no("TOP 1 x"), no("TOP 1 -1"), no("TOP 1 1 1"), one("NOOP")]),
    ("1939 7", "TOP of a number that is none, or of a message that is marked", "alice",
     [no("TOP 6 1"), no("TOP 0 1"), one("DELE 1"), no("TOP 1 1")]),
    ("1939 7", "UIDL tells ids of 1 to 70 characters of 0x21 to 0x7E", "alice",
     [many("UIDL", "".join(r"%d [!-~]{1,70}\r\n" % n for n in range(1, 6)))]),
    ("1939 7", "UIDL of one message is one line", "alice", [one("UIDL 3", r"\+OK 3 [!-~]{1,70}")]),
    ("1939 7", "UIDL of nothing is the dot alone", "empty", [many("UIDL", "")]),
    ("1939 7", "messages marked as deleted have no id", "alice",
     [one("DELE 2"), no("UIDL 2"),
      many("UIDL", "".join(r"%d [!-~]+\r\n" % n for n in (1, 3, 4, 5)))]),
    ("1939 7", "UIDL of a number that is none", "alice",
     [no("UIDL 6"), no("UIDL 0"), no("UIDL x")]),
    ("1939 7", "USER may say +OK to who does not exist", "",
     [one("USER nobody"), no("PASS pw", "AUTH")]),
    ("1939 7", "USER needs a name", "", [no("USER"), no("USER "), *LOGIN]),
    ("1939 7", "PASS comes behind USER", "", [no("PASS pw"), *LOGIN]),
    ("1939 7", "PASS comes behind a USER of its own", "",
     [one("USER alice"), no("PASS wrong", "AUTH"), no("PASS pw"), *LOGIN]),
    ("1939 7", "a password may have spaces", "",
     [one("USER spaced"), one("PASS  two  words ", r"\+OK.*"), one("STAT")]),
    ("1939 7", "a space more is another password", "",
     [one("USER spaced"), no("PASS two words", "AUTH")]),
    ("1939 7", "PASS needs a password", "", [one("USER alice"), no("PASS")]),
    ("1939 7", "APOP needs a name and a digest", "",
     [no("APOP"), no("APOP alice"), no("APOP a b c")]),
    ("1939 7", "APOP with a wrong digest", "",
     [no("APOP alice " + "0" * 32, "AUTH"), *LOGIN]),
    ("1939 8", "TOP and UIDL and USER are there", "",
     [many("CAPA", r"(?s)(?=.*^TOP\r)(?=.*^UIDL\r)(?=.*^USER\r).*")]),
    ("2449 3", "a line has 255 octets", "", [one("USER " + "a" * 248), no("USER " + "a" * 249)]),
    ("2449 5", "CAPA is there before and after the login", "",
     [many("CAPA"), *LOGIN, many("CAPA")]),
    ("2449 5", "CAPA has no arguments", "", [no("CAPA x"), many("CAPA")]),
    ("2449 5", "a capability is one line of at most 512 octets", "alice",
     [many("CAPA", r"(?:[!-~][^\r\n]{0,509}\r\n)+")]),
    ("2449 6.3", "SASL names mechanisms before the login, and not after it", "",
     [many("CAPA", r"(?s)(?=.*^SASL (?:\S+ )*PLAIN\b).*"), *LOGIN,
      many("CAPA", r"(?s)(?!.*^SASL).*")]),
    ("2449 6.2", "USER is there before the login, and not after it", "",
     [many("CAPA", r"(?s)(?=.*^USER\r).*"), *LOGIN, many("CAPA", r"(?s)(?!.*^USER\r).*")]),
    ("2449 6.4", "RESP-CODES: what is in brackets is a code", "",
     [many("CAPA", r"(?s)(?=.*^RESP-CODES\r).*")]),
    ("2449 6.5", "LOGIN-DELAY is in seconds", "", [many("CAPA", r"(?s)(?=.*^LOGIN-DELAY 0\r).*")]),
    ("2449 6.6", "PIPELINING: commands may come at once", "",
     [many("CAPA", r"(?s)(?=.*^PIPELINING\r).*")]),
    ("2449 6.7", "EXPIRE NEVER: nothing goes by itself", "",
     [many("CAPA", r"(?s)(?=.*^EXPIRE NEVER\r).*"), *LOGIN,
      many("CAPA", r"(?s)(?=.*^EXPIRE NEVER\r).*")]),
    ("2449 6.9", "IMPLEMENTATION names the server", "",
     [many("CAPA", r"(?s)(?=.*^IMPLEMENTATION \S+ Cyrus POP3 \S+\r).*")]),
    ("2595 4", "STLS is not there without a certificate", "",
     [many("CAPA", r"(?s)(?!.*^STLS).*"), no("STLS"), *LOGIN]),
    ("3206 4", "AUTH-RESP-CODE is there", "", [many("CAPA", r"(?s)(?=.*^AUTH-RESP-CODE\r).*")]),
    ("3206 4", "[AUTH]: the password is wrong", "",
     [one("USER alice"), no("PASS no", "AUTH"), no("AUTH PLAIN " + WRONG, "AUTH")]),
    ("3206 4", "[SYS/PERM]: somebody has to do something", "",
     [one("USER homeless"), no("PASS pw", "SYS/PERM"), *LOGIN]),
    ("5034 4", "AUTH with an initial response", "", [one("AUTH PLAIN " + BASE64), one("STAT")]),
    ("5034 4", "AUTH without one: a challenge", "",
     [one("AUTH PLAIN", r"\+ "), one(BASE64), one("STAT")]),
    ("5034 4", "names of mechanisms are case-insensitive", "",
     [one("auth plain " + BASE64), one("STAT")]),
    ("5034 4", "the client may cancel", "",
     [one("AUTH PLAIN", r"\+ "), no("*"), one("AUTH PLAIN " + BASE64)]),
    ("5034 4", "-ERR to a mechanism that is not there", "", [no("AUTH NONSENSE"), *LOGIN]),
    ("5034 4", "-ERR to what is no base64", "",
     [no("AUTH PLAIN ?"), one("AUTH PLAIN", r"\+ "), no("?!"), *LOGIN]),
    ("5034 4", "an equals sign is an empty initial response", "",
     [Step("AUTH PLAIN =", r"-ERR .*", False), *LOGIN]),
    ("5034 4", "AUTH once only", "", [one("AUTH PLAIN " + BASE64), no("AUTH PLAIN " + BASE64)]),
    ("1734 2", "AUTH alone lists mechanisms, for clients of old", "",
     [many("AUTH", r"(?:\S+\r\n)*PLAIN\r\n(?:\S+\r\n)*")]),
    ("6856 2", "UTF8 before the login", "", [one("UTF8"), *LOGIN, many("RETR 4", lines_of(EIGHT))]),
    ("6856 2", "UTF8 has no arguments", "", [no("UTF8 x"), one("UTF8")]),
    ("6856 2", "UTF8 and LANG are announced", "",
     [many("CAPA", r"(?s)(?=.*^UTF8\r)(?=.*^LANG\r).*")]),
    ("6856 3", "LANG alone lists languages", "alice",
     [many("LANG", r"(?:[A-Za-z-]+(?: .+)?\r\n)+")]),
    ("6856 3", "LANG answers with the tag it chose", "", [one("LANG en", r"\+OK en .+"),
                                                          one("LANG *", r"\+OK en .+")]),
    ("6856 3", "-ERR to a language that is not there", "alice", [no("LANG MUL"), one("NOOP")]),
]


def say(m, c, where, user, steps):
    for step in steps:
        if step == "again":
            c = wait_for(lambda: again(m, where, user), "the lock is not released")
        elif step == "cut":
            c.close()
        elif step is END:
            assert c.read() is None, "the connection does not end"
        else:
            said = c.ask(step.line, step.many)
            assert said is not None, (step.line, "the end")
            if step.many:
                assert said.ok, (step.line, said)
                got, pattern = b"".join(said.lines).decode("latin-1"), "(?m)" + step.pattern
            else:
                got, pattern = said.first.decode("latin-1").rstrip("\r\n"), step.pattern
                if pattern == r"\+ ":
                    got, pattern = said.first.decode(), r"\+ \r\n"
            assert re.fullmatch(pattern, got), (step.line, got[:300], pattern[:300])
    return c


def again(m, where, user):
    c = connect(m, where)
    said = c.login(user)
    if said.ok:
        return c
    assert said.code == "IN-USE", said
    c.close()
    return None


def sentences(m, where):
    m.set_passwords({"spaced": " two  words ", "homeless": "pw"})
    for user in ("empty", "spaced"):
        with m.imap("backend1", "cyrus") as i:
            check(i.create("user." + user))
    m.set_passwords({"empty": "pw"})
    failed = []
    for section, sentence, user, steps in SENTENCES:
        c = wait_for(lambda: begin_when_free(m, where, user), sentence)
        try:
            c = say(m, c, where, user, steps)
        except (AssertionError, OSError, EOFError) as e:
            failed.append("RFC %s: %s: %s %s" % (section, sentence, type(e).__name__, e))
        c.close()
    assert len(SENTENCES) >= 80 and not failed, "\n".join(failed)


def begin_when_free(m, where, user):
    """A session that was cut off holds the lock until its server has seen it."""
    if not user:
        c = again(m, where, "alice")
        if c:
            assert c.ask("QUIT").ok
            c.close()
        return c and connect(m, where)
    if user == "bob":
        fill(m, "bob")
    return again(m, where, user)


def test_sentences_at_a_backend():
    with server(users=("alice", "bob")) as m:
        sentences(m, "backend1")


def test_sentences_through_a_frontend():
    with server(frontends=1, users=("alice", "bob")) as m:
        sentences(m, "frontend1")


# ------------------------------------------------------------------ logins

def test_tls():
    with murder.Murder(backends=1, frontends=1, tls=True, pop3=True, start=False,
                       extra={"allowplaintext": "no"}) as m:
        for i in m.instances[1:]:
            i.ports["pop3s"] = m.ports.take()
            i.services["pop3s"] = 'cmd="pop3d -C %s -s" listen="%s" prefork=0' % (
                i.imapd_conf, i.host_port("pop3s"))
        m.start()
        m.set_passwords({"alice": "pw"})
        with m.imap("backend1") as i:
            check(i.starttls())
            check(i.login("cyrus", "pw"))
            check(i.create("user.alice"))
        for where in ("backend1", "frontend1"):
            with connect(m, where) as c:
                told = c.capabilities()
                assert "STLS" in told and "USER" not in told, told
                assert "PLAIN" not in told.get("SASL", []), told
                assert c.ask("USER alice").code == "AUTH"
                assert c.plain("alice").code == "AUTH"
                assert c.stls().ok
                told = c.capabilities()
                assert "STLS" not in told and "USER" in told and "PLAIN" in told["SASL"], told
                assert not c.ask("STLS").ok
                assert c.login("alice").ok and c.ask("STAT").ok
                assert c.ask("QUIT").ok and c.read() is None
            # What was said before TLS is not taken for something said in it.
            with connect(m, where) as c:
                c.send(b"STLS\r\nCAPA\r\n")
                assert c.read().ok
                with contextlib.suppress(ConnectionError):
                    assert c.file.read() == b""
            # The name that USER gave before TLS is forgotten: here nobody could give one.
            with Client(m[where].address("pop3s"), tls=True) as c:
                told = c.capabilities()
                assert "STLS" not in told and "USER" in told, told
                assert c.login("alice").ok and c.ask("STAT").text == "0 0"
                assert c.ask("QUIT").ok


def test_kpop_wants_kerberos():
    with murder.Murder(backends=1, frontends=0, pop3=True, start=False,
                       extra={"sasl_mech_list": None}) as m:
        i = m["backend1"]
        i.ports["kpop"] = m.ports.take()
        i.services["kpop"] = 'cmd="pop3d -C %s -k" listen="%s" prefork=0' % (
            i.imapd_conf, i.host_port("kpop"))
        m.start()
        m.add_user("alice")
        with connect(m) as c:
            assert "PLAIN" in c.capabilities()["SASL"] and b"<" in c.greeting.first
        with Client(i.address("kpop")) as c:
            assert b"<" not in c.greeting.first, c.greeting
            told = c.capabilities()
            assert "USER" not in told, told
            assert all(name.startswith("GS") for name in told.get("SASL", [])), told
            assert c.ask("USER alice").code == "AUTH"
            assert not c.plain("alice").ok and not c.ask("APOP alice " + "0" * 32).ok
            assert not c.ask("AUTH CRAM-MD5").ok


def test_apop():
    with server() as m:
        seen = set()
        for password, code in (("pw", None), ("wrong", "AUTH")):
            with connect(m) as c:
                challenge = re.search(rb"<[^<>@\s]+@[^<>@\s]+>", c.greeting.first).group(0)
                assert challenge not in seen
                seen.add(challenge)
                digest = hashlib.md5(challenge + password.encode()).hexdigest()
                said = c.ask("APOP alice " + digest)
                assert said.ok if code is None else said.code == code, said
                if said.ok:
                    assert c.ask("STAT").ok
                else:
                    # Of another greeting it is none.
                    old = hashlib.md5(min(seen - {challenge}) + b"pw").hexdigest()
                    assert c.ask("APOP alice " + old).code == "AUTH"
                    assert c.ask("APOP nobody " + digest).code == "AUTH"
                    good = hashlib.md5(challenge + b"pw").hexdigest()
                    assert c.ask("APOP alice " + good).ok
        assert "mechanism=APOP" in m["backend1"].tail(1000)
    for options in ({"allowapop": "no"}, {"sasl_pwcheck_method": "saslauthd"}):
        with murder.Murder(backends=1, frontends=0, pop3=True, extra=options) as m:
            with connect(m) as c:
                assert b"<" not in c.greeting.first
                said = c.ask("APOP alice " + "0" * 32)
                assert not said.ok and not said.code, said


def test_who_is_turned_away():
    with server(users=("alice", "bob"), filled=False, maxlogins_per_user="1") as m:
        with open(os.path.join(m["backend1"].dir, "conf", "user_deny.db"), "w") as f:
            f.write("bob\t2\tpop3\tno POP for you\n")
        m.give(os.path.join(m["backend1"].dir, "conf"))
        with connect(m) as c:
            said = c.login("bob")
            assert (said.code, said.text) == ("SYS/PERM", "[SYS/PERM] no POP for you"), said
            assert c.login("alice").ok
            with connect(m) as d:
                assert d.login("alice").code in ("SYS/TEMP", "IN-USE")
        murder.wait_for(lambda: "alice" not in m["backend1"].run("cyr_info", "proc").stdout,
                        "the session ends")
        path = os.path.join(m["backend1"].dir, "conf", "msg", "shutdown")
        with connect(m, user="alice") as c, open(path, "w") as f:
            f.write("Back at noon\n")
            f.flush()
            m.give(path)
            assert c.ask("STAT").text == "[SYS/TEMP] Back at noon"
            assert c.read() is None


def test_autocreate():
    for options in ({}, {"autocreate_quota": "0"}):
        with murder.Murder(backends=1, frontends=1, pop3=True, extra=options) as m:
            m.set_passwords({"new": "pw", "newer": "pw"})
            for where, user in (("backend1", "new"), ("frontend1", "newer")):
                with connect(m, where) as c:
                    said = c.login(user)
                    assert said.ok if options else said.code == "SYS/PERM", (where, said)
                    if options:
                        assert c.ask("STAT").text == "0 0"


def test_lines_that_are_no_commands_end_a_session():
    with server() as m:
        for user in (None, "alice"):
            with connect(m, user=user) as c:
                for n in range(19):
                    assert not c.ask("NONSENSE %d" % n).ok
                assert c.capabilities()  # begins the count anew
                for n in range(19):
                    assert not c.ask("NONSENSE %d" % n).ok
                assert b"Too many errors" in c.ask("NONSENSE").first
                assert c.read() is None
        with connect(m, user="alice") as c:
            for size in (256, 1000, 70000, 500000):
                assert not c.ask("NOOP " + "x" * size).ok, size
            assert c.ask("STAT").ok
        with connect(m) as c:
            assert not c.ask("AUTH PLAIN " + "A" * 3000).ok
            c.send(b"AUTH PLAIN\r\n")
            assert c.read().first == b"+ \r\n"
            assert not c.ask(b"A" * 100000).ok
            assert c.login("alice").ok


def test_pipelining():
    with server() as m:
        with connect(m) as c:
            c.send(b"CAPA\r\nUSER alice\r\nPASS pw\r\nSTAT\r\nRETR 2\r\nNONSENSE\r\nUIDL 1\r\n"
                   b"LIST\r\nDELE 1\r\nRSET\r\nTOP 1 0\r\nQUIT\r\nSTAT\r\n")
            assert c.read(many=True).ok and c.read().ok and c.read().ok
            assert c.read().text == "%d %d" % (len(SIZES), sum(SIZES))
            assert c.read(many=True).body == DOTS
            assert not c.read().ok and c.read().ok
            assert len(c.read(many=True).lines) == len(SIZES)
            assert c.read().ok and c.read().ok and c.read(many=True).ok and c.read().ok
            with contextlib.suppress(ConnectionError):
                assert c.read() is None


# ------------------------------------------------------------------ the maildrop

def test_one_session_at_a_time():
    with server(users=("alice", "bob")) as m:
        c = connect(m, user="alice")
        with connect(m) as d:
            said = d.login("alice")
            assert said.code == "IN-USE", said
            assert d.login("bob").ok  # another maildrop is another lock
        os.kill(worker_of(m, "alice"), signal.SIGKILL)
        wait_for(lambda: again(m, "backend1", "alice"), "the lock outlives its process").close()
        c.close()


def test_sessions_of_imap_go_on_beside_it():
    with server() as m:
        with connect(m, user="alice") as c, m.imap("backend1", "alice") as i:
            check(i.select("INBOX"))
            check(i.append("INBOX", None, None, b"Subject: new\r\n\r\n\r\n"))
            i.store("2", "+FLAGS", r"(\Deleted)")
            check(i.expunge())
            # The view is that of the login.
            assert c.ask("STAT").text == "%d %d" % (len(SIZES), sum(SIZES))
            assert c.all("RETR 2").body == DOTS
            assert c.ask("DELE 1").ok and c.ask("DELE 2").ok
            assert c.ask("QUIT").ok
            check(i.noop())
            assert check(i.search(None, "ALL"))[0].split() == [b"1", b"2", b"3", b"4"]
            assert b"no end" in check(i.fetch("1", "(BODY.PEEK[HEADER])"))[0][1]
        with connect(m, user="alice") as c:
            assert len(c.sizes()) == 4
            assert c.all("RETR 4").body == b"Subject: new\r\n\r\n\r\n"


def worker_of(m, user, where="backend1"):
    pids = m[where].workers("pop3d")
    for pid in pids:
        with contextlib.suppress(OSError), open("/proc/%d/cmdline" % pid, "rb") as f:
            if user.encode() in f.read():
                return pid
    raise AssertionError("no process of %s among %s" % (user, pids))


def test_nothing_is_deleted_without_quit():
    with server() as m:
        before = uids(m, "alice")

        def cut(c):
            c.close()

        def half_a_command(c):
            c.send(b"QUI")
            c.close()

        def terminated(c):
            os.kill(worker_of(m, "alice"), signal.SIGTERM)
            assert c.read().code == "SYS/TEMP" and c.read() is None

        def killed(c):
            os.kill(worker_of(m, "alice"), signal.SIGKILL)
            with contextlib.suppress(ConnectionError):
                assert c.read() is None

        def too_many_errors(c):
            c.send(b"X\r\n" * 20)
            assert c.file.read().endswith(b"Too many errors\r\n")

        for end in (cut, half_a_command, terminated, killed, too_many_errors):
            c = wait_for(lambda: again(m, "backend1", "alice"), "the lock is not released")
            for n in range(1, len(SIZES) + 1):
                assert c.ask("DELE %d" % n).ok
            end(c)
            c.close()
            wait_for(lambda: again(m, "backend1", "alice"), "the lock is not released").close()
            assert uids(m, "alice") == before, end.__name__


def test_a_quit_that_cannot_delete_says_so():
    with server(popuseacl="yes") as m:
        before = uids(m, "alice")
        with connect(m, user="alice") as c, m.imap("backend1", "cyrus") as i:
            assert c.ask("DELE 1").ok
            check(i.setacl("user.alice", "alice", "lrs"))
            said = c.ask("QUIT")
            assert said.code == "SYS/PERM" and "not removed" in said.text, said
            assert c.read() is None
        assert uids(m, "alice") == before
        with connect(m, user="alice") as c, m.imap("backend1", "cyrus") as i:
            # Nothing to delete: nothing to fail.
            assert c.ask("QUIT").ok
        with m.imap("backend1", "cyrus") as i:
            check(i.setacl("user.alice", "alice", "lrswipkxtea"))
            with connect(m, user="alice") as c:
                assert c.ask("DELE 1").ok
                check(i.setacl("user.alice", "cyrus", "lrswipkxtea"))
                check(i.delete("user.alice"))
                said = c.ask("QUIT")
                assert said.code == "SYS/TEMP" and "not removed" in said.text, said


def test_a_user_who_moves():
    """UIDL is the same, and a QUIT of before the move deletes nothing."""
    with murder.Murder(backends=2, frontends=1, pop3=True,
                       extra={"allowusermoves": "yes"}) as m:
        m.add_user("alice")
        fill(m, "alice")
        with connect(m, user="alice") as c:
            ids = c.uidls()
            assert len(set(ids)) == len(SIZES)
            assert c.ask("DELE 1").ok
            with m.imap("backend1", "cyrus") as i:
                check(i.xatom("XFER", "user.alice", "backend2"))
            said = c.ask("QUIT")
            assert said.code == "SYS/TEMP" and "not removed" in said.text, said
        for where in ("backend2", "frontend1"):
            c = wait_for(lambda: again(m, where, "alice"), where)
            assert c.uidls() == ids and c.sizes() == SIZES, where
            c.close()


def test_logins_that_come_too_often():
    with server(filled=False, popminpoll="60") as m:
        with connect(m) as c:
            assert c.capabilities()["LOGIN-DELAY"] == ["3600"]
            assert c.login("alice").ok and c.ask("QUIT").ok
        with connect(m) as c:
            said = c.login("alice")
            assert said.code == "LOGIN-DELAY", said
            assert c.login("alice").code == "LOGIN-DELAY"
    with server(filled=False, popminpoll="60", poppollpadding="3") as m:
        for n in range(5):
            with connect(m) as c:
                said = wait_for(lambda: unless_in_use(c.login("alice")), "the lock")
                assert said.ok if n < 3 else said.code == "LOGIN-DELAY", (n, said)


def unless_in_use(said):
    return None if said.code == "IN-USE" else said


def test_expire_is_told():
    for value, told in (("-1", "NEVER"), ("30", "30"), ("45m", "0"), ("2d12h", "2")):
        with murder.Murder(backends=1, frontends=0, pop3=True, extra={"popexpiretime": value}) as m:
            with connect(m) as c:
                assert c.capabilities()["EXPIRE"] == [told], value


def test_ids_are_those_of_the_server_before():
    def want(form, validity, uid):
        return {"cyrus": "%d.%d" % (validity, uid), "uidonly": "%d" % uid,
                "dovecot": "%08x%08x" % (uid, validity),
                "courier": "%d-%d" % (validity, uid)}[form]

    with server(users=("alice",)) as m:
        numbers = [int(u) for u in uids(m, "alice")]
        with m.imap("backend1", "alice") as i:
            validity = int(re.search(rb"UIDVALIDITY (\d+)",
                                     check(i.status("INBOX", "(UIDVALIDITY)"))[0]).group(1))
        for form in ("cyrus", "uidonly", "dovecot", "courier"):
            m["backend1"].extra["uidl_format"] = form
            m["backend1"].stop()
            m["backend1"].start()
            with connect(m, user="alice") as c:
                assert c.uidls() == [want(form, validity, n) for n in numbers], form
                assert c.ask("UIDL 2").text == "2 " + want(form, validity, numbers[1])
    with server() as m:  # the default, and no id comes again
        with connect(m, user="alice") as c:
            old = c.uidls()
            assert all("." in u for u in old)
            for n in range(1, len(old) + 1):
                assert c.ask("DELE %d" % n).ok
            assert c.ask("QUIT").ok
        fill(m, "alice")
        with connect(m, user="alice") as c:
            assert not set(c.uidls()) & set(old)


def test_folders_as_maildrops():
    with murder.Murder(backends=1, frontends=1, pop3=True, extra={"popsubfolders": "yes",
                                                                  "sasl_mech_list": "PLAIN CRAM-MD5"
                                                                  }) as m:
        m.add_user("alice")
        fill(m, "alice")
        with m.imap("backend1", "alice") as i:
            check(i.create("INBOX.work"))
            check(i.create("INBOX.work.old"))
        fill(m, "alice", [DOTS], folder="INBOX.work")
        fill(m, "alice", [PLAIN, PLAIN], folder="INBOX.work.old")
        for where in ("backend1", "frontend1"):
            for user, sizes in (("alice", SIZES), ("alice+work", [len(DOTS)]),
                                ("alice+work.old", [len(PLAIN)] * 2)):
                with connect(m, where) as c:
                    said = wait_for(lambda: unless_in_use(c.login(user)), "the lock")
                    assert said.ok and c.sizes() == sizes, (where, user, said)
                with connect(m, where) as c:
                    said = wait_for(lambda: unless_in_use(c.plain(user)), "the lock")
                    assert said.ok and c.sizes() == sizes, (where, user, said)
            for user in ("alice+none", "alice+..", "alice+work."):
                with connect(m, where) as c:
                    said = wait_for(lambda: unless_in_use(c.login(user)), "the lock")
                    assert said.code == "SYS/PERM" or user.endswith("."), (where, user, said)
        with connect(m) as c:  # for another user, and by a digest
            said = wait_for(lambda: unless_in_use(c.plain("cyrus", act_for="alice+work")),
                            "the lock")
            assert said.ok and c.sizes() == [len(DOTS)]
        with connect(m) as c:
            challenge = re.search(rb"<\S+>", c.greeting.first).group(0)
            digest = hashlib.md5(challenge + b"pw").hexdigest()
            said = wait_for(lambda: unless_in_use(c.ask("APOP alice+work " + digest)), "the lock")
            assert said.ok and c.sizes() == [len(DOTS)]
    with server() as m:
        with connect(m) as c:
            assert c.login("alice+work").code == "AUTH"


def test_rights():
    def rights(letters):
        with m.imap("backend1", "cyrus") as i:
            check(i.setacl("user.alice", "alice", letters))

    with server() as m:
        rights("l")
        with connect(m, user="alice") as c:  # they do not count
            assert c.ask("DELE 1").ok
    with server(popuseacl="yes") as m:
        rights("l")
        with connect(m) as c:
            assert c.login("alice").code == "SYS/PERM"
        rights("lr")
        with connect(m, user="alice") as c:
            assert c.all("RETR 1").body == PLAIN
            assert c.ask("DELE 1").code == "SYS/PERM"
            assert c.ask("DELE 99").code == ""
            assert c.ask("QUIT").ok
        rights("lrt")
        with connect(m, user="alice") as c:
            assert c.ask("DELE 1").ok and c.ask("QUIT").ok
        with connect(m, user="alice") as c:
            assert len(c.sizes()) == len(SIZES) - 1


def flags(m, user):
    with m.imap("backend1", user) as i:
        check(i.select("INBOX", readonly=True))
        return [r"\Seen" in str(f) for f in check(i.fetch("1:*", "(FLAGS)"))]


def test_flags():
    for options, seen in (({}, []), ({"popuseimapflags": "yes"}, [0]),
                          ({"popuseimapflags": "yes", "popuseacl": "yes"}, [])):
        with server(**options) as m:
            if "popuseacl" in options:
                with m.imap("backend1", "cyrus") as i:
                    check(i.setacl("user.alice", "alice", "lrte"))
            with connect(m, user="alice") as c:
                c.all("RETR 1"), c.all("TOP 2 0")
            assert flags(m, "alice") == [False] * 5, options  # no QUIT
            c = wait_for(lambda: again(m, "backend1", "alice"), "the lock")
            c.all("RETR 1"), c.all("TOP 2 0")
            assert c.ask("QUIT").ok
            c.close()
            assert flags(m, "alice") == [n in seen for n in range(5)], options
    with server(popuseimapflags="yes") as m:
        with m.imap("backend1", "alice") as i:
            check(i.select("INBOX"))
            check(i.store("2", "+FLAGS", r"(\Deleted)"))
        with connect(m, user="alice") as c:
            assert c.sizes() == [SIZES[0]] + SIZES[2:]
            assert c.all("RETR 2").body == sent(NO_END)
            assert c.ask("DELE 2").ok and c.ask("QUIT").ok
        with m.imap("backend1", "alice") as i:  # what IMAP marked is IMAP's to expunge
            assert check(i.select("INBOX")) == [b"4"]


def test_sizes_are_those_of_what_is_sent():
    messages = [PLAIN, DOTS, NO_END, EIGHT, HEADER, b"\r\n", b"A: b", b"A: b\r\n", b"A: b\r\n\r\n.",
                b"A: b\r\n\r\n..\r\n.", b"A: b\r\n\r\n\r\n\r\n",
                b"A: b\r\n\r\n" + b".\r\n" * 20000, b"A: b\r\n\r\n" + b"y" * 200001]
    with server(filled=False) as m:
        fill(m, "alice", messages)
        with connect(m, user="alice") as c:
            sizes = c.sizes()
            assert c.ask("STAT").text == "%d %d" % (len(messages), sum(sizes))
            for n, message in enumerate(messages, 1):
                body = c.all("RETR %d" % n).body
                assert body == sent(message), n
                assert len(body) == sizes[n - 1] == int(c.ask("LIST %d" % n).text.split()[1]), n


def message_files(m, where="backend1"):
    spool = os.path.join(m[where].dir, "spool")
    return [os.path.join(folder, name) for folder, _, names in os.walk(spool)
            for name in names if re.fullmatch(r"\d+\.", name)]


def test_a_damaged_message_costs_itself():
    with server() as m:
        [path] = [p for p in message_files(m) if open(p, "rb").read() == DOTS]
        os.unlink(path)
        with connect(m, user="alice") as c:
            assert len(c.sizes()) == len(SIZES) and len(c.uidls()) == len(SIZES)
            said = c.ask("RETR 2")
            assert said.code == "SYS/PERM" and "2" in said.text, said
            assert c.ask("TOP 2 0").code == "SYS/PERM"
            assert c.all("RETR 1").body == PLAIN and c.all("RETR 3").body == sent(NO_END)
            assert c.ask("DELE 2").ok and c.ask("QUIT").ok
        with connect(m, user="alice") as c:
            assert c.sizes() == [SIZES[0]] + SIZES[2:]


def test_a_large_maildrop_is_listed_from_its_index():
    with server(filled=False) as m:
        # The index has no other way to know how the half of them end.
        base = [b"Subject: %d\r\n\r\n%s" % (n, b"z" * n + b"\r\n" * (n % 2)) for n in range(1, 9)]
        fill(m, "alice", base)
        with m.imap("backend1", "alice") as i:
            i.sock.settimeout(300)
            check(i.select("INBOX"))
            for _ in range(14):
                check(i.copy("1:*", "INBOX"))
                check(i.noop())
        # The copies are links: these are all there are.
        for path in {os.stat(p).st_ino: p for p in message_files(m)}.values():
            os.chmod(path, 0)
        count = 8 << 14
        assert count > 100000
        with connect(m, user="alice") as c:
            c.socket.settimeout(300)
            assert c.ask("STAT").text == "%d %d" % (count, sum(len(sent(b)) for b in base) << 14)
            assert c.sizes() == [len(sent(b)) for b in base] * (1 << 14)
            assert len(set(c.uidls())) == count
            said = c.ask("RETR 1")
            assert not said.ok, said  # nobody can read them, indeed
            assert c.ask("DELE %d" % count).ok and c.ask("QUIT").ok


# ------------------------------------------------------------------ between servers

def test_a_connection_that_serves_the_next_user():
    with server(users=("alice", "bob")) as m:
        with connect(m) as c:
            node = m.node_password
            assert "X-SESSION" in c.capabilities()
            assert not c.ask("X-SESSION").ok and not c.ask("X-SESSION fe-1-2-3 x").ok
            assert c.ask("X-SESSION fe-1-2-3").ok
            assert c.plain("murder", node, act_for="alice").ok
            assert "X-SESSION" not in c.capabilities()
            assert "X-REUSE" in c.capabilities()
            assert not c.ask("X-REUSE now").ok
            assert c.ask("DELE 1").ok and c.ask("X-REUSE").ok
            # Nothing of alice is here.
            told = c.capabilities()
            assert "X-REUSE" not in told and "USER" in told and "SASL" in told, told
            assert not c.ask("STAT").ok
            with connect(m) as d:
                assert d.login("alice").ok and len(d.sizes()) == len(SIZES) - 1
            assert c.plain("murder", node, act_for="bob").ok
            assert c.sizes() == SIZES and c.ask("DELE 1").ok and c.ask("DELE 2").ok
            assert c.ask("RSET").ok and c.ask("X-REUSE").ok
            assert c.plain("murder", node, act_for="bob").ok and c.sizes() == SIZES
            # QUIT always ends it, for frontends of Cyrus.
            assert c.ask("QUIT").ok and c.read() is None
        for user in ("alice", "cyrus"):
            with connect(m) as c:
                assert c.plain(user, act_for="bob" if user == "cyrus" else "").ok
                assert "X-REUSE" not in c.capabilities()
                assert not c.ask("X-REUSE").ok and c.ask("STAT").ok


def test_counts_are_logged():
    with server() as m:
        with connect(m, user="alice") as c:
            c.all("RETR 1"), c.all("RETR 2"), c.all("TOP 1 0")
            assert c.ask("DELE 1").ok and c.ask("QUIT").ok
        said = wait_for(lambda: re.search(r"counts user=alice retr=2 top=1 dele=1 bytes=(\d+) "
                                          r"session=\S+", m["backend1"].tail(1000)), "no counts")
        top = PLAIN.index(b"\r\n\r\n") + 4
        assert int(said.group(1)) == len(PLAIN) + len(DOTS) + top


if __name__ == "__main__":
    harness.main()
