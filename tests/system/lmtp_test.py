#!/usr/bin/env python3
"""Every LMTP command, at a backend and through a frontend, the same answers demanded of both."""
import base64
import fcntl
import imaplib
import os
import re
import shutil
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder
import pop3_client
import sieve_client

MESSAGE = (b"From: a@example.org\r\nTo: alice@example.org\r\nSubject: lmtp\r\n"
           b"Message-ID: <lmtp@example.org>\r\n\r\n.dot\r\nbody\r\n")


class Talk:
    """One LMTP connection, line by line."""

    def __init__(self, m, where, service="lmtpa"):
        self.s = socket.create_connection(m[where].address(service), murder.DEADLINE)
        self.f = self.s.makefile("rb")
        self.greeting = self.reply()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.f.close()
        self.s.close()

    def reply(self):
        """(code, [texts])"""
        texts = []
        while True:
            line = self.f.readline()
            if not line:
                return 0, texts
            assert line.endswith(b"\r\n"), line
            texts.append(line[4:-2].decode())
            if line[3:4] == b" ":
                return int(line[:3]), texts

    def raw(self, data):
        self.s.sendall(data)

    def __call__(self, line):
        self.raw(line.encode() + b"\r\n")
        return self.reply()

    def code(self, line):
        return self(line)[0]

    def data(self, message, count=1):
        assert self.code("DATA") == 354
        body = re.sub(rb"(?m)^\.", b"..", message)
        self.raw(body + b".\r\n")
        return [self.reply()[0] for _ in range(count)]


def both(m, scenario):
    for where in ("backend1", "frontend1"):
        try:
            scenario(m, where)
        except BaseException:
            print("  at " + where)
            raise


def texts_of(m, user, mailbox="INBOX"):
    with m.imap("backend1", user) as c:
        if c.select(mailbox, readonly=True)[1] == [b"0"]:
            return []
        return [p[1] for p in murder.check(c.fetch("1:*", "(BODY.PEEK[])"))
                if isinstance(p, tuple)]


def test_the_commands():
    def scenario(m, where):
        with Talk(m, where) as t:
            assert t.greeting[0] == 220 and "LMTP" in t.greeting[1][0], t.greeting
            assert t.code("MAIL FROM:<a@example.org>") == 503
            code, texts = t("LHLO client.example.org")
            words = {w.split()[0] for w in texts}
            assert code == 250
            assert {"8BITMIME", "ENHANCEDSTATUSCODES", "PIPELINING", "SIZE"} <= words
            assert t.code("HELO x") >= 500 and t.code("EHLO x") >= 500
            assert t.code("NOOP") == 250
            assert t.code("VRFY alice") == 252
            assert t.code("RCPT TO:<alice>") == 503
            assert t.code("DATA") in (503, 554)
            assert t.code("MAIL FROM:<>") == 250
            assert t.code("MAIL FROM:<b@example.org>") == 503
            assert t.code("RSET") == 250
            assert t.code("MAIL FROM:<a@example.org> BODY=8BITMIME SIZE=1000") == 250
            assert t.code("RCPT TO:<alice@example.org>") == 250
            assert t.code("RCPT TO:<nobody@example.org>") == 550
            assert t.code("RCPT TO:<alice+nowhere@example.org>") == 250
            assert t.data(MESSAGE, 2) == [250, 250]
            assert t.code("FROB") == 500
            assert t.code("QUIT") == 221
            assert t.reply() == (0, [])
    with murder.Murder(backends=1) as m:
        m.add_user("alice")
        both(m, scenario)
        texts = texts_of(m, "alice")
        assert len(texts) == 4
        for text in texts:
            assert text.endswith(b"\r\n\r\n.dot\r\nbody\r\n"), text
            assert text.startswith(b"Return-Path: <a@example.org>\r\nReceived: "), text


def test_folders_by_detail():
    def scenario(m, where):
        with Talk(m, where) as t:
            t("LHLO x")
            assert t.code("MAIL FROM:<a@example.org>") == 250
            assert t.code("RCPT TO:<alice+lists@example.org>") == 250
            assert t.code("RCPT TO:<alice+private@example.org>") == 250
            assert t.data(MESSAGE, 2) == [250, 250]
    with murder.Murder(backends=1) as m:
        m.add_user("alice")
        with m.imap("backend1", "alice") as c:
            for name in ("lists", "private"):
                murder.check(c.create("INBOX." + name))
            murder.check(c.setacl("INBOX.lists", "anyone", "p"))
        both(m, scenario)
        assert len(texts_of(m, "alice", "INBOX.lists")) == 2
        assert len(texts_of(m, "alice", "INBOX.private")) == 0
        assert len(texts_of(m, "alice")) == 2  # no right to post there: INBOX


def test_shared_mailboxes_by_postuser():
    def scenario(m, where):
        with Talk(m, where) as t:
            t("LHLO x")
            assert t.code("MAIL FROM:<a@example.org>") == 250
            assert t.code("RCPT TO:<bb+news@example.org>") == 250
            assert t.code("RCPT TO:<bb+closed@example.org>") == 550
            assert t.data(MESSAGE, 1) == [250]
    with murder.Murder(backends=1, extra={"postuser": "bb"}) as m:
        with m.imap("backend1", "cyrus") as c:
            for name in ("news", "closed"):
                murder.check(c.create(name))
            murder.check(c.setacl("news", "anyone", "lrsp"))
        both(m, scenario)
        with m.imap("backend1", "cyrus") as c:
            assert murder.check(c.select("news")) == [b"2"]


def test_authentication():
    def scenario(m, where):
        with Talk(m, where, "lmtp") as t:
            code, texts = t("LHLO x")
            assert any(x.startswith("AUTH ") and "PLAIN" in x for x in texts), texts
            assert t.code("MAIL FROM:<a@example.org>") in (430, 530)
            assert t.code("AUTH NOSUCH") == 504
            wrong = base64.b64encode(b"\0murder\0wrong").decode()
            assert t.code("AUTH PLAIN " + wrong) in (501, 535)
            # A user with a good password who is no admin may not deliver.
            assert t.code("AUTH PLAIN " + base64.b64encode(b"\0alice\0pw").decode()) in (501, 535)
            good = base64.b64encode(b"\0cyrus\0pw").decode()
            assert t.code("AUTH PLAIN") == 334
            assert t.code("*") == 501
            assert t.code("AUTH PLAIN " + good) == 235
            assert t.code("AUTH PLAIN " + good) == 503
            assert t.code("MAIL FROM:<a@example.org>") == 250
    with murder.Murder(backends=1) as m:
        m.add_user("alice")
        both(m, scenario)


def test_what_goes_over_a_limit():
    def scenario(m, where):
        with Talk(m, where) as t:
            t("LHLO x")
            assert t.code("NOOP " + "x" * 100000) == 500
            assert t.code("NOOP") == 250
            assert t.code("MAIL FROM:<%s@example.org>" % ("x" * 3000)) >= 500
            assert t.code("MAIL FROM:<a@example.org> SIZE=99999999") == 552
            assert t.code("MAIL FROM:<a@example.org> BODY=FANCY") >= 500
            assert t.code("MAIL FROM:<a@example.org> NOSUCH=1") >= 500
            assert t.code("MAIL FROM:a@example.org broken") >= 500
            assert t.code("MAIL FROM:<a@example.org>") == 250
            assert t.code("RCPT TO:<>") >= 500
            assert t.code("RCPT TO:<alice@example.org>") == 250
            big = MESSAGE + b"x" * 70 + b"\r\n"
            assert t.data(big + (b"y" * 76 + b"\r\n") * 20000) == [552]
            assert t.code("MAIL FROM:<a@example.org>") == 250
            assert t.code("RCPT TO:<alice@example.org>") == 250
            assert t.data(MESSAGE + b"z" * 300000 + b"\r\n") == [250]  # one long line is a message
    with murder.Murder(backends=1, extra={"maxmessagesize": "1000"}) as m:
        m.add_user("alice")
        both(m, scenario)
        assert len(texts_of(m, "alice")) == 2


def test_over_quota():
    """At a backend RCPT says so; a frontend does not ask, and passes on what its backend said."""
    def rcpt(m, where, options=""):
        with Talk(m, where) as t:
            t("LHLO x")
            assert t.code("MAIL FROM:<a@example.org> SIZE=2000") == 250
            return t("RCPT TO:<alice>" + options)

    def data(m, where):
        with Talk(m, where) as t:
            t("LHLO x")
            assert t.code("MAIL FROM:<a@example.org>") == 250
            assert t.code("RCPT TO:<alice>") == t.code("RCPT TO:<bob>") == 250
            assert t.code("DATA") == 354
            t.raw(MESSAGE + b".\r\n")
            return t.reply(), t.reply()
    for options, answer in (({}, (452, "4.2.2 Over quota SESSIONID=<backend1-")),
                            ({"lmtp_over_quota_perm_failure": "yes"},
                             (552, "5.2.2 Over quota SESSIONID=<backend1-"))):
        def is_answer(reply):
            return reply[0] == answer[0] and reply[1][0].startswith(answer[1])
        with murder.Murder(backends=1, extra=options) as m:
            for user in ("alice", "bob"):
                m.add_user(user)
            assert not m.deliver(MESSAGE * 20, ["alice"])
            with m.imap("backend1", "cyrus") as c:
                murder.check(c.setquota("user.alice", "(STORAGE 1)"))
            code, text = rcpt(m, "backend1")
            assert is_answer((code, text)), (code, text)
            assert rcpt(m, "backend1", " IGNOREQUOTA")[0] == 250
            assert rcpt(m, "frontend1")[0] == 250
            replies = data(m, "frontend1")
            assert is_answer(replies[0]) and replies[1][0] == 250, replies
            # One that fits only just: by its size where the quota is strict.
            with m.imap("backend1", "cyrus") as c:
                murder.check(c.setquota("user.alice", "(STORAGE 4)"))
            assert rcpt(m, "backend1")[0] == 250
            m["backend1"].extra["lmtp_strict_quota"] = "yes"
            m["backend1"].stop()
            m["backend1"].start()
            assert is_answer(rcpt(m, "backend1"))


def test_quotas_that_are_damaged_keep_no_mail_out():
    with murder.Murder(backends=1) as m:
        m.add_user("alice")
        with m.imap("backend1", "cyrus") as c:
            murder.check(c.setquota("user.alice", "(STORAGE 1)"))
        path = os.path.join(m["backend1"].dir, "conf", "quotas.tdb")
        with open(path + ".new", "wb"):
            m.give(m["backend1"].dir)
        os.rename(path + ".new", path)
        assert not m.deliver(MESSAGE, ["alice"], "backend1")
        assert len(texts_of(m, "alice")) == 1
        assert "the quota roots were damaged" in m["backend1"].tail(10**5)


def test_a_partition_that_cannot_be_written_bounces_nothing():
    if os.geteuid() != 0:
        raise harness.Skip("not root, who can take a folder away from the daemons")
    with murder.Murder(backends=1) as m:
        m.add_user("alice")
        spool = os.path.join(m["backend1"].dir, "spool")

        def come_back():
            shutil.rmtree(spool, ignore_errors=True)
            os.rename(spool + ".away", spool)
        for take, put in ((lambda: os.chmod(spool, 0), lambda: os.chmod(spool, 0o700)),
                          (lambda: os.rename(spool, spool + ".away"), come_back)):
            take()
            for where in ("backend1", "frontend1"):
                with Talk(m, where) as t:
                    t("LHLO x")
                    assert t.code("MAIL FROM:<a@example.org>") == 250
                    codes = [t.code("RCPT TO:<alice>")]
                    if codes == [250]:
                        codes.append(t.code("DATA"))
                    if codes[-1] == 354:
                        t.raw(MESSAGE + b".\r\n")
                        codes.append(t.reply()[0])
                    assert 400 <= codes[-1] < 500, (where, codes)
            put()
            assert not m.deliver(MESSAGE, ["alice"])


def test_headers():
    """Text that is no header is refused, by LMTP and APPEND; a header may be as long as it is."""
    many = b"Subject: x\r\nTo: u0@x.example,\r\n" + b"".join(
        b" u%d@x.example,\r\n" % i for i in range(999)) + b" last@x.example\r\n\r\nbody\r\n"
    # text, by LMTP, by APPEND
    rows = ((many, 250, "OK"),
            (b"Subject: x\r\n\r\nHello world\r\n", 250, "OK"),
            (b"Hello world\r\n", 554, "NO"),
            (b"Hello\r\n\r\nSubject: x\r\n", 554, "NO"),
            (b"Subject: x\r\nHello world\r\n\r\n", 554, "NO"),
            (b"From a@example.org Sat Nov 28\r\nSubject: x\r\n\r\n", 554, "OK"))

    def scenario(m, where):
        for text, code, answer in rows:
            with Talk(m, where) as t:
                t("LHLO x")
                assert t.code("MAIL FROM:<a@example.org>") == t.code("RCPT TO:<alice>") == 250
                assert t.data(text) == [code], text[:50]
            with m.imap(where, "alice") as c:
                got = c.append("INBOX", None, None, text)
                assert got[0] == answer, (text[:50], got)
                assert answer == "OK" or b"Message contains invalid header" in got[1][0], got
    with murder.Murder(backends=1, extra={"maxheaderlines": "0"}) as m:
        m.add_user("alice")
        both(m, scenario)
        with m.imap("backend1", "alice") as c:
            murder.check(c.select("INBOX"))
            assert murder.check(c.search(None, "TO", "last@x.example"))[0].split() == [b"1", b"2",
                                                                                        b"6", b"7"]


def test_a_bare_cr_is_kept_by_append():
    text = b"Subject: cr\r\n\r\na\rb\r\n"

    def scenario(m, where):
        with m.imap(where, "alice") as c:
            murder.check(c.select("INBOX"))
            murder.check(c.xatom("APPEND", "INBOX", "{%d+}\r\n%s" % (len(text), text.decode())))
            data = murder.check(c.fetch("*", "(RFC822.SIZE BODY.PEEK[])"))
            assert b"RFC822.SIZE %d " % len(text) in data[0][0] and data[0][1] == text, data
    with murder.Murder(backends=1) as m:
        m.add_user("alice")
        both(m, scenario)


def test_pipelining():
    def scenario(m, where):
        with Talk(m, where) as t:
            t("LHLO x")
            t.raw(b"MAIL FROM:<a@example.org>\r\nRCPT TO:<alice>\r\nRCPT TO:<nobody>\r\n"
                  b"RCPT TO:<alice>\r\nDATA\r\n")
            assert [t.reply()[0] for _ in range(5)] == [250, 250, 550, 250, 354]
            t.raw(MESSAGE + b".\r\nNOOP\r\nQUIT\r\n")
            assert [t.reply()[0] for _ in range(4)] == [250, 250, 250, 221]
    with murder.Murder(backends=1) as m:
        m.add_user("alice")
        both(m, scenario)


def test_a_client_that_leaves_in_the_middle_leaves_nothing():
    def scenario(m, where):
        with Talk(m, where) as t:
            t("LHLO x")
            assert t.code("MAIL FROM:<a@example.org>") == 250
            assert t.code("RCPT TO:<alice>") == 250
            assert t.code("DATA") == 354
            t.raw(MESSAGE)
        with Talk(m, where) as t:
            assert t.code("LHLO x") == 250
    with murder.Murder(backends=1) as m:
        m.add_user("alice")
        both(m, scenario)
        assert texts_of(m, "alice") == []


def test_starttls():
    import smtplib
    import ssl
    with murder.Murder(backends=1, tls=True) as m:
        m.add_user("alice")
        context = ssl.create_default_context(cafile=os.path.join(m.dir, "tls", "cert.pem"))
        for where in ("backend1", "frontend1"):
            with murder.Lmtp(*m[where].address("lmtp")) as c:
                c.ehlo()
                assert c.has_extn("starttls")
                assert c.starttls(context=context)[0] == 220
                c.ehlo()
                assert not c.has_extn("starttls")
                c.login("cyrus", "pw")
                assert not c.deliver("a@example.org", ["alice"], MESSAGE)
            # What was sent before the handshake is not a command after it.
            with Talk(m, where, "lmtp") as t:
                t("LHLO x")
                t.raw(b"STARTTLS\r\nNOOP\r\n")
                t.reply()
                try:
                    t.s.settimeout(3)
                    t.raw(b"\r\n")
                    assert t.s.recv(10) == b""
                except (ConnectionError, socket.timeout):
                    pass
        assert len(texts_of(m, "alice")) == 2
        assert smtplib


def test_one_message_for_many_is_stored_once():
    with murder.Murder(backends=1) as m:
        users = ["u%d" % i for i in range(5)]
        for u in users:
            m.add_user(u)
        assert not m.deliver(MESSAGE, users)

        def links():
            found = set()
            for folder, _, files in os.walk(os.path.join(m["backend1"].dir, "spool")):
                for f in files:
                    if re.fullmatch(r"\d+\.", f):
                        found.add(os.stat(os.path.join(folder, f)).st_nlink)
            return found
        # The staged file goes after the replies.
        murder.wait_for(lambda: links() == {5}, "one file with five names")


def test_one_message_that_comes_by_many_connections_at_once_is_there_once():
    """All but the dot comes first, so that the deliveries meet."""
    count = 6
    with murder.Murder(backends=1, extra={"duplicatesuppression": "yes"}) as m:
        m.add_user("alice")
        m.add_user("bob")
        ids = ["<at-once-%d@example.org>" % n for n in range(15)]
        answers = []
        dots = threading.Barrier(count)

        def deliver(number):
            with Talk(m, "backend1") as c:
                assert c.code("LHLO test") == 250
                for i in ids:
                    assert c.code("MAIL FROM:<>") == 250
                    # Not all in one order.
                    to = ["alice", "bob"][::1 if number % 2 else -1]
                    assert all(c.code("RCPT TO:<%s>" % u) == 250 for u in to)
                    assert c.code("DATA") == 354
                    c.raw(MESSAGE.replace(b"<lmtp@example.org>", i.encode()))
                    dots.wait(murder.DEADLINE)
                    c.raw(b".\r\n")
                    answers.extend(c.reply()[0] for _ in to)
        threads = [threading.Thread(target=deliver, args=(n,)) for n in range(count)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert answers == [250] * (2 * count * len(ids)), answers
        for user in ("alice", "bob"):
            found = [re.search(rb"Message-ID: (\S+)", text).group(1).decode()
                     for text in texts_of(m, user)]
            assert sorted(found) == sorted(ids), (user, found)


def test_one_message_goes_to_all_its_servers_at_once():
    with murder.Murder(backends=3) as m:
        users = {"u%d" % i: "backend%d" % i for i in (1, 2, 3)}
        for user, backend in users.items():
            m.add_user(user, backend=int(backend[-1]))

        def count(user):
            with m.imap(users[user], user) as c:
                return int(murder.check(c.select("INBOX", readonly=True))[0])
        # Two of three servers have stored it while the first cannot.
        lock, = [os.path.join(folder, "rookery.lock")
                 for folder, _, files in os.walk(os.path.join(m["backend1"].dir, "spool"))
                 if "rookery.lock" in files]
        refused = []
        with open(lock) as f:
            fcntl.flock(f, fcntl.LOCK_EX)
            client = threading.Thread(
                target=lambda: refused.append(m.deliver(MESSAGE, list(users))))
            client.start()
            murder.wait_for(lambda: count("u2") == 1 and count("u3") == 1, "the other servers")
            assert client.is_alive()
        client.join(murder.DEADLINE)
        assert refused == [{}], refused
        assert [count(u) for u in users] == [1, 1, 1]

        # More recipients than go in one group, known and unknown ones mixed.
        many = [u + "+%d" % n for n in range(120) for u in ("u1", "u2")]
        many[7] = "nobody"
        other = MESSAGE.replace(b"<lmtp@", b"<many@")
        assert list(m.deliver(other, many)) == ["nobody"]
        assert [count(u) for u in ("u1", "u2")] == [121, 120]
        # Each recipient has his answer, also when one server is not there.
        m["backend2"].stop()
        refused = m.deliver(MESSAGE.replace(b"<lmtp@", b"<third@"), list(users))
        assert {u: code for u, (code, _) in refused.items()} == {"u2": 451}, refused
        counts = [count(u) for u in ("u1", "u3")]
        assert counts == [122, 2], counts


check = murder.check


def log_lines(m, where, event, **wanted):
    """The lines of that event with these fields, each as a dictionary."""
    text = ""
    for name in ("log", "master.out"):
        with open(os.path.join(m[where].dir, name), errors="replace") as f:
            text += f.read()
    found = []
    for line in text.splitlines():
        said = line.partition("]: ")[2]
        if not said.startswith((event + " ", "warning: %s " % event)):
            continue
        pairs = re.findall(r'([a-z]+)=("(?:[^"\\]|\\.)*"|\S*)', said)
        fields = {key: value.strip('"') for key, value in pairs}
        if wanted.items() <= fields.items():
            found.append(fields)
    return found


def test_a_message_is_found_on_each_server_that_it_passes():
    with murder.Murder(backends=2) as m:
        m.add_user("alice", backend=1)
        m.add_user("bob", backend=2)
        with m.lmtp() as c:
            c.ehlo_or_helo_if_needed()
            session = re.search(r"SESSIONID=<([^>]+)>", c.ehlo_resp.decode()).group(1)
            assert c.deliver("sender@example.org", ["alice", "nobody", "bob"], MESSAGE).keys() == {
                "nobody"}
        about = {"id": "<lmtp@example.org>", "from": "<sender@example.org>"}
        for user, backend in (("alice", "backend1"), ("bob", "backend2")):
            to = dict(about, to="<%s>" % user)
            here, = log_lines(m, "frontend1", "delivered", session=session, server=backend, **to)
            there, = log_lines(m, backend, "delivered", origin=session, server="", **to)
            assert here["remote"] == there["session"] != session, (here, there)
            assert there["mailbox"] == "user." + user, there
        refused, = log_lines(m, "frontend1", "recipient refused", session=session, to="<nobody>")
        assert refused["from"] == about["from"], refused
        # What a server did not take is told by all that it passed too.
        m["backend2"].stop()
        m.deliver(MESSAGE, ["bob"])
        failed, = log_lines(m, "frontend1", "not delivered", to="<bob>", **about)
        assert failed["server"] == "backend2" and failed["reason"], failed


def test_a_frontend_notes_where_a_mailbox_was_made():
    with murder.Murder(backends=2) as m:
        with m.imap("frontend1", "cyrus") as c:
            for server in ("backend1", "backend2"):
                check(c.xatom("CREATE", "at-" + server, server))
                line, = log_lines(m, "frontend1", "relayed", command="CREATE",
                                  mailbox="at-" + server)
                assert line["server"] == server, line


def test_a_login_is_found_on_each_server_that_it_passes():
    with murder.Murder(backends=1, sieve=True, pop3=True) as m:
        m.add_user("alice", backend=1)
        for n in range(2):
            with m.imap("frontend1") as c:
                ok = check(c.login("alice", m.password))[0].decode()
                session = re.search(r"SESSIONID=<([^>]+)>", ok).group(1)
                check(c.select("INBOX"))
                check(c.create("INBOX.x%d" % n))
            here, = log_lines(m, "frontend1", "relayed", session=session, service="imap")
            there, = log_lines(m, "backend1", "login", session=here["remote"], user="alice")
            assert there["via"] == session, (here, there)
            made, = log_lines(m, "frontend1", "relayed", session=session, command="CREATE")
            assert made["mailbox"] == "user.alice.x%d" % n and made["answer"].startswith("OK"), made
            assert log_lines(m, "backend1", "create", session=here["remote"],
                             mailbox=made["mailbox"])
        # The connection between the two was kept, and the second session has its own name there.
        sessions = [line["session"] for line in log_lines(m, "backend1", "login", user="alice")]
        assert len(set(sessions)) == len(sessions) >= 2, sessions
        # Who was turned away, by whatever mechanism and protocol, is named.
        with m.imap("frontend1") as c:
            for attempt in (lambda: c.login("mallory", "no"),
                            lambda: c.authenticate("PLAIN", lambda _: b"\0eve\rx\0no")):
                try:
                    attempt()
                    raise AssertionError("let in")
                except imaplib.IMAP4.error:
                    pass
        assert log_lines(m, "frontend1", "badlogin", user="mallory")
        assert log_lines(m, "frontend1", "badlogin", user="eve\\x0dx", mechanism="PLAIN")


def through(m, protocol, where="frontend1", name="alice", password=None, leave=True):
    """One session, as far as the backend has to do with it. True if the login was OK."""
    password = password or m.password
    if protocol == "imap":
        c = m.imap(where)
        try:
            check(c.login(name, password))
            check(c.select("INBOX"))
        except (imaplib.IMAP4.error, AssertionError):
            return False
        finally:
            c.logout()
        return True
    if protocol == "pop3":
        with pop3_client.Client(m[where].address("pop3")) as c:
            done = c.login(name, password).ok
            c.ask("QUIT")
        return done
    with sieve_client.Client(m[where].address("sieve")) as c:
        done = c.login(name, password).word == "OK" and c.ask(b"LISTSCRIPTS").word == "OK"
        c.ask(b"LOGOUT")
    return done


PROTOCOLS = ("imap", "pop3", "sieve")


def test_each_protocol_names_the_session_in_front():
    """One line for each login, or refusal, at each node, with the frontend's session in both."""
    with murder.Murder(backends=1, sieve=True, pop3=True,
                       extra={"sieve_allowreferrals": "no"}) as m:
        m.add_user("alice", backend=1)
        for protocol in PROTOCOLS:
            seen = len(log_lines(m, "backend1", "login", user="alice"))
            for _ in range(2):  # the second over a connection that was kept, where there is such
                before = log_lines(m, "frontend1", "login", user="alice")
                assert through(m, protocol), protocol
                here, = [line for line in log_lines(m, "frontend1", "login", user="alice")
                         if line not in before]
                there = log_lines(m, "backend1", "login", user="alice")[seen:]
                seen += len(there)
                assert [line["via"] for line in there] == [here["session"]], (protocol, here, there)
                assert here["via"] == "", here
        # The form is looked at, and a client that is no server changes no more than its own line.
        with pop3_client.Client(m["backend1"].address("pop3")) as c:
            assert not c.ask("X-SESSION a b").ok
            assert c.ask("X-SESSION fe-1-2-3").ok
            assert c.login("alice", m.password).ok
            assert not c.ask("X-SESSION fe-1-2-3").ok
        with sieve_client.Client(m["backend1"].address("sieve")) as c:
            assert c.ask(b'X-SESSION "a"').word == "NO"
            assert c.ask(b'X-SESSION "fe-1-2-3"').word == "OK"
            assert c.login("alice", m.password).word == "OK"
            assert c.ask(b'X-SESSION "fe-1-2-3"').word == "NO"
        assert not log_lines(m, "backend1", "login", via="fe-1-2-3")
        # Who is turned away at the frontend is named there, and who is at the backend, at both.
        for protocol in PROTOCOLS:
            for where in ("frontend1", "backend1"):
                name = "mallory-%s-%s" % (protocol, where)
                assert not through(m, protocol, where=where, name=name, password="no")
                line, = log_lines(m, where, "badlogin", user=name)
                assert line["reason"] and line["client"] and line["session"], line
        with open(os.path.join(m["backend1"].dir, "conf", "user_deny.db"), "w") as f:
            f.write("alice\t2\timap,pop3,sieve\tnot now\n")
        for protocol in PROTOCOLS:
            fails_at_backend(m, protocol, "alice")
        os.unlink(os.path.join(m["backend1"].dir, "conf", "user_deny.db"))
        m["frontend1"].stop()
        m["frontend1"].extra["proxy_password"] = "wrong"
        m["frontend1"].start()
        for protocol in PROTOCOLS:
            fails_at_backend(m, protocol, "murder")


def fails_at_backend(m, protocol, user):
    """A session with a backend that refuses the login there, as user."""
    before = log_lines(m, "backend1", "badlogin", user=user)
    sessions = {line["session"] for line in log_lines(m, "frontend1", "login", user="alice")}
    assert not through(m, protocol), protocol
    lines = [line for line in log_lines(m, "backend1", "badlogin", user=user)
             if line not in before]
    # Of POP3 a login at the frontend is one at the backend: its own line there says why it failed.
    logged = {line["session"] for event in ("login", "backend", "badlogin")
              for line in log_lines(m, "frontend1", event) if "session" in line} - sessions
    assert lines and {line["via"] for line in lines} <= logged, (protocol, lines, logged)


if __name__ == "__main__":
    harness.main()
