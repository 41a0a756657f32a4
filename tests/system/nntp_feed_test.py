#!/usr/bin/env python3
"""nntpd feeds other servers of news (newspeer), at once and by rookery-feed."""
import base64
import contextlib
import os
import re
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import fake_peer
import harness
import murder
from murder import check, wait_for
from nntp_client import Client

def article(number, groups="misc.test", path="there!not-for-mail", more="", body=".dot\r\n"):
    return ("Path: %s\r\nFrom: a@example.org\r\nNewsgroups: %s\r\nSubject: s\r\n"
            "Date: Tue, 24 Nov 2026 03:42:40 +0000\r\nMessage-ID: <%s@example.org>\r\n%s\r\n%s"
            % (path, groups, number, more, body)).encode()


def name(number):
    return "<%s@example.org>" % number


class Server:
    """A backend that feeds the peers."""

    def __init__(self, newspeer, tls=False, **extra):
        self.m = murder.Murder(backends=1, frontends=0, nntp=True, tls=tls, start=False,
                               extra=dict(extra, newsprefix="news", newspeer=newspeer or None))
        self.m.start()
        self.m.set_passwords({"alice": "pw"})
        self.instance = self.m["backend1"]
        self.logged = ""  # by tools
        self.folder = os.path.join(self.instance.dir, "conf", "newsfeed")
        for group in ("misc.test", "misc.other", "local.talk", "control.cancel"):
            with self.m.imap("backend1", "cyrus") as i:
                check(i.create("news." + group))
                check(i.setacl("news." + group, "anyone", "lrsp"))

    def __enter__(self):
        return self

    def __exit__(self, *how):
        return self.m.__exit__(*how)

    @contextlib.contextmanager
    def client(self):
        with Client(self.instance.address("nntp")) as c:
            assert c.login("alice").code == 281
            yield c
            # The end of the session: what it brought goes on.
            assert c.ask("QUIT").code == 205 and c.read() is None

    def take(self, *articles):
        with self.client() as c:
            for a in articles:
                message_id = re.search(rb"Message-ID: (\S+)", a).group(1).decode()
                said = c.ihave(message_id, a)
                assert said.code == 235, said

    def files(self, suffix=""):
        return sorted(f for f in os.listdir(self.folder) if f.endswith(suffix)) \
            if os.path.isdir(self.folder) else []

    def waiting(self):
        return len(self.files(".mail"))

    def feed(self, *arguments):
        """peer and what became of each that was tried"""
        done = self.instance.run("rookery-feed", "-v", *arguments, stderr=subprocess.PIPE)
        self.logged += done.stderr
        return [line.split()[1:] for line in done.stdout.splitlines()]

    def fed(self):
        wait_for(lambda: self.waiting() == 0, "all is fed: %s" % self.files())

    def make_due(self, suffix):
        for f in self.files(suffix):
            path = os.path.join(self.folder, f)
            with open(path) as old:
                text = re.sub(r"(?m)^next .*$", "next 1", old.read())
            with open(path, "w") as new:
                new.write(text)

    def is_logged(self, pattern):
        return re.search(pattern, self.instance.tail(100000) + self.logged) is not None


def peer(**kw):
    return fake_peer.Peer("nntp", **kw)


def test_by_ihave_and_by_streaming():
    with peer(capabilities=[b"MODE-READER"]) as old, peer(capabilities=[b"STREAMING"]) as new, \
            Server("%s %s:misc.*" % (old.host_port, new.host_port),
                   **{"127_address": "nntp=127.0.0.1:1"}) as s:  # of a server of ours, if of any
        with s.client() as c:
            assert c.ihave(name(1), article(1)).code == 235
            assert c.post(b"From: a@example.org\r\nNewsgroups: misc.test,local.talk\r\n"
                          b"Subject: s\r\n\r\nposted\r\n").code == 240
            assert c.ihave(name(2), article(2, "local.talk")).code == 235
            # What was not taken goes nowhere.
            assert c.ihave(name(3), article(3, "no.such")).code == 437
            assert c.ihave(name(1), article(1)).code == 435
            # A server that feeds by POST is told so, too.
            said = c.post(article(1).split(b"\r\n", 1)[1])
            assert said.code == 441 and said.text.startswith("435 "), said
        s.fed()
        assert old.dialect.articles[name(1).encode()] == \
            article(1, path="backend1!there!not-for-mail"), old.dialect.articles
        posted = next(i for i in old.dialect.articles if b"rookery" in i)
        text = old.dialect.articles[posted].decode()
        assert re.match(r"Path: backend1!\.POSTED!not-for-mail\r\nMessage-ID: <rookery-\S+>\r\n"
                        r"Date: [^\r]+\r\nFrom: a@example\.org\r\n", text), text
        assert [o[0] for o in old.dialect.offers] == ["IHAVE"] * 3, old.dialect.offers
        assert [o[0] for o in new.dialect.offers] == ["CHECK", "CHECK", "TAKETHIS", "TAKETHIS"], \
            new.dialect.offers
        assert set(new.dialect.articles) == {name(1).encode(), posted}
        assert new.dialect.articles[posted].decode() == text
        # It is filed with that Date and Message-ID too.
        with s.client() as c:
            head = c.ask("HEAD " + posted.decode()).body.decode()
            assert re.search(r"(?m)^Date: .*$", text).group() in head, head
        assert old.login is None and old.connections == 1, old.connections


def test_who_gets_nothing():
    with peer() as p, Server("%s:*,!control.*,@local.*" % p.host_port) as s:
        s.take(article(1, path="x!%s!y" % p.address), article(2, "misc.test,local.talk"),
               article(3, more="Control: cancel <9@example.org>\r\n"), article(4))
        s.fed()
        assert set(p.dialect.articles) == {name(4).encode()}, p.dialect.articles


def test_by_post_with_a_login_and_under_tls():
    with contextlib.ExitStack() as stack:
        server = Server("", tls=True)
        stack.enter_context(server)
        folder = os.path.join(server.m.dir, "peers")
        made = fake_peer.Certificates(folder)
        p = stack.enter_context(peer(certificate=made.good, capabilities=[b"MODE-READER"]))
        plain = stack.enter_context(peer())
        server.m.give(folder)
        server.instance.extra["newspeer"] = "us:secret@%s/tls %s/tls" % (
            p.host_port, plain.host_port)
        server.instance.extra["tls_client_ca_file"] = made.ca[0]
        server.instance.stop()
        server.instance.start()
        server.take(article(1, more="Injection-Info: there; posting-host=x\r\n\ty\r\n"))
        wait_for(lambda: server.is_logged("a newspeer is away.*no STARTTLS"), "both were tried")
        assert server.waiting() == 1, server.files()
        assert p.login == "secret" and not p.told("secret"), (p.login, p.clear)
        assert b"AUTHINFO USER us\r\nAUTHINFO PASS secret\r\n" in p.secret, p.secret
        # Once, and before TLS and the login.
        assert p.dialect.offers == [("MODE", "READER"), ("POST", "")], p.dialect.offers
        assert b"MODE READER\r\nCAPABILITIES\r\nSTARTTLS\r\n" in p.clear, p.clear
        # Without what an injecting server adds.
        assert p.dialect.articles[name(1).encode()] == article(1).split(b"\r\n", 1)[1]
        # No TLS, no article.
        assert b"IHAVE" not in plain.clear, plain.clear


def plain(user, password):
    return b"AUTHINFO SASL PLAIN " + base64.b64encode(b"\0".join((b"", user, password))) + b"\r\n"


def test_logins_by_sasl():
    """Where both have a mechanism; else by USER and PASS."""
    with contextlib.ExitStack() as stack:
        peers = {name: stack.enter_context(peer(mechanisms=mechanisms)) for name, mechanisms in (
            ("both", [b"X-ODD", b"PLAIN"]), ("odd", [b"X-ODD"]), ("alone", [b"PLAIN"]),
            ("none", [b"X-ODD"]), ("refuses", [b"PLAIN"]))}
        for name, p in peers.items():
            p.dialect.logins = [b"SASL"] if name in ("alone", "none") else [b"USER", b"SASL"]
        peers["refuses"].dialect.verdict = b"481 no\r\n"
        s = stack.enter_context(Server(
            " ".join("us%s@%s" % ("" if name == "alone" else ":secret", p.host_port)
                     for name, p in peers.items()), **{"127.0.0.1_password": "own"}))
        s.take(article(1))
        wait_for(lambda: s.waiting() == 2 and len(s.files(".away")) == 2, "two are away")
        told = {name: p.clear for name, p in peers.items()}
        assert plain(b"us", b"secret") in told["both"] and b"USER" not in told["both"], told
        assert plain(b"us", b"own") in told["alone"], told
        assert b"AUTHINFO USER us\r\nAUTHINFO PASS secret\r\n" in told["odd"], told
        for name in ("both", "alone", "odd"):
            assert len(peers[name].dialect.articles) == 1, name
        # A password that was refused is not given in another form.
        assert plain(b"us", b"secret") in told["refuses"] and b"USER" not in told["refuses"], told
        wait_for(lambda: s.is_logged("a newspeer is away.*peer=%s.*by PLAIN: no"
                                     % peers["refuses"].host_port), "why is logged")
        assert b"AUTHINFO" not in told["none"], told
        wait_for(lambda: s.is_logged("a newspeer is away.*peer=%s" % peers["none"].host_port),
                 "it is logged")


def test_the_password_of_the_murder_is_for_nobody_outside():
    with peer() as p, Server("us@" + p.host_port) as s:
        p.dialect.logins = [b"USER", b"SASL"]
        s.take(article(1))
        s.fed()
        assert p.login and plain(b"us", s.m.node_password.encode()) not in p.clear, p.clear
        assert s.m.node_password.encode() not in p.clear, p.clear


def test_what_a_peer_refuses_and_what_it_cannot_take_now():
    with peer() as p, Server(p.host_port) as s:
        p.dialect.instead = lambda command, i: b"435 no\r\n" if i == name(1) else \
            b"436 later\r\n" if i == name(2) else None
        p.dialect.rest = lambda i: b"437 bad\r\n" if i == name(3) else \
            b"436 full\r\n" if i == name(4) else None
        s.take(*(article(n) for n in range(1, 6)))
        wait_for(lambda: s.waiting() == 2, "two wait: %s" % s.files())
        assert set(p.dialect.articles) == {name(5).encode()}
        assert s.is_logged("mail is dropped.*kind=feed")
        assert len(s.files(".state")) == 2 and not s.files(".away")
        # Not before it is due.
        assert s.feed() == []
        s.make_due(".state")
        p.dialect.instead = lambda command, i: b"436 later\r\n" if i == name(2) else None
        p.dialect.rest = lambda i: None
        assert sorted(s.feed()) == [[p.host_port, "later"], [p.host_port, "sent"]]
        p.dialect.instead = lambda command, i: None
        assert s.feed() == []
        assert s.feed("-a") == [[p.host_port, "sent"]]
        assert set(p.dialect.articles) == {name(n).encode() for n in (2, 4, 5)}
        assert s.files() == [], s.files()


def test_of_posts_441_is_for_now():
    with peer() as p, Server("@" + p.host_port) as s:
        p.dialect.rest = lambda i: b"441 435 have it\r\n" if i == name(1) else b"441 full\r\n"
        s.take(article(1), article(2))
        wait_for(lambda: s.waiting() == 1 and s.files(".state"), "one waits: %s" % s.files())
        p.dialect.rest = lambda i: None
        assert s.feed("-a") == [[p.host_port, "sent"]] and s.files() == []
        assert set(p.dialect.articles) == {name(2).encode()}


def test_a_peer_that_is_away():
    with peer() as p, Server(p.host_port) as s:
        # No more.
        p.__exit__()
        s.take(*(article(n) for n in range(1, 5)))
        wait_for(lambda: s.is_logged("a newspeer is away.*tries=1"), "it is away")
        assert s.waiting() == 4 and not s.files(".state") and s.files(".away"), s.files()
        # One connection for all of them, and none while it is left alone.
        s.take(article(5))
        assert s.feed() == [] and s.waiting() == 5
        assert not s.is_logged("a newspeer is away.*tries=2")
        s.make_due(".away")
        assert s.feed("-a") == [[p.host_port, "later"]] * 5
        assert s.is_logged("a newspeer is away.*tries=2") and \
            not s.is_logged("a newspeer is away.*tries=3")
        s.instance.stop(signal.SIGKILL)
        s.instance.start()
        with peer() as again:
            s.instance.extra["newspeer"] = again.host_port
            s.instance.stop()
            s.instance.start()
            # What waits for one that is no peer any more is dropped.
            said = s.feed("-a")
            assert said == [[p.host_port, "dropped"]] * 5, said
            assert s.is_logged("is no newspeer any more")
            assert [f for f in s.files() if not f.endswith(".away")] == []
            s.take(article(6))
            s.fed()
            assert set(again.dialect.articles) == {name(6).encode()}


def test_a_connection_that_ends():
    with peer() as p, Server(p.host_port) as s:
        ends = {name(2): "end"}
        p.dialect.instead = lambda command, i: ends.get(i)
        p.dialect.rest = lambda i: "end" if i == name(3) else None
        s.take(*(article(n) for n in range(1, 5)))
        # They wait for themselves; what follows is fed.
        wait_for(lambda: s.waiting() == 2, "two wait")
        assert len(s.files(".state")) == 2 and not s.files(".away"), s.files()
        assert set(p.dialect.articles) == {name(1).encode(), name(4).encode()}
        # One that says that it goes, to each: it is away.
        p.dialect.instead = lambda command, i: b"400 going\r\n"
        s.take(*(article(n) for n in range(5, 10)))
        wait_for(lambda: s.files(".away"), "it is away")
        assert s.waiting() == 7, s.files()
        p.dialect.instead = p.dialect.rest = lambda *_: None
        # The one that is in nntpd's hands at the moment is busy.
        wait_for(lambda: s.feed("-a") == [], "all is fed")
        assert s.files() == [] and len(p.dialect.articles) == 9


def test_several_articles_under_way():
    """Of a stream no answer is waited for before the next question, as far as a bound."""
    with peer(capabilities=[b"STREAMING"]) as p, Server(p.host_port) as s:
        s.take(*(article(n) for n in range(70)))
        s.fed()
        assert set(p.dialect.articles) == {name(n).encode() for n in range(70)}
        said = [o[0] for o in p.dialect.offers]
        assert said[:33] == ["CHECK"] * 32 + ["TAKETHIS"] and said.count("CHECK") == 70, said
        assert len(said) == 140 and p.connections == 1, (said, p.connections)
        under_way = most = 0
        for command in said:
            # A TAKETHIS is the same article, of which the answer to CHECK was read.
            under_way += 1 if command == "CHECK" else 0
            most = max(most, under_way)
            under_way -= 1 if command == "TAKETHIS" else 0
        assert most <= 33, said


def test_two_peers_have_a_stream_each():
    """The entries of an article are one file: what one peer has under way is not the other's."""
    with peer(capabilities=[b"STREAMING"]) as p, peer(capabilities=[b"STREAMING"]) as q, \
            Server("%s %s" % (p.host_port, q.host_port)) as s:
        s.take(*(article(n) for n in range(12)))
        s.fed()
        for each in (p, q):
            assert set(each.dialect.articles) == {name(n).encode() for n in range(12)}
            assert [o[0] for o in each.dialect.offers][:12] == ["CHECK"] * 12
        # By the tool too, when both were away.
        for each in (p, q):
            each.dialect.articles.clear()
            each.dialect.instead = lambda command, i: b"431 " + i.encode() + b"\r\n" \
                if command == "CHECK" else None
        s.take(*(article(n) for n in range(20, 32)))
        wait_for(lambda: len(s.files(".state")) == 24, "all are put off: %s" % s.files())
        for each in (p, q):
            each.dialect.instead = lambda command, i: None
        assert s.feed("-a") == [[each, "sent"] for each in sorted([p.host_port, q.host_port])
                                for _ in range(12)]
        for each in (p, q):
            assert len(each.dialect.articles) == 12


def test_answers_in_a_stream():
    with peer(capabilities=[b"STREAMING"]) as p, Server(p.host_port) as s:
        answers = {name(1): b"438 " + name(1).encode(), name(2): b"431 " + name(2).encode()}
        p.dialect.instead = lambda command, i: answers[i] + b"\r\n" \
            if command == "CHECK" and i in answers else None
        # The third and the fourth come whole, and the connection ends at the fifth.
        rest = {name(3): ["silent"], name(4): ["silent"], name(5): ["end"],
                name(7): [b"439 no\r\n"]}
        p.dialect.rest = lambda i: rest[i].pop() if rest.get(i) else None
        s.take(*(article(n) for n in range(9)))
        wait_for(lambda: s.waiting() == 2, "two wait: %s" % s.files())
        assert set(p.dialect.articles) == {name(n).encode() for n in (0, 3, 4, 5, 6, 8)}
        # The one at which the connection ended, as far as anybody knows, and the one that was put
        # off; the others have a second connection.
        assert len(s.files(".state")) == 2 and not s.files(".away"), s.files()
        assert p.connections == 2, p.connections
        takes = [o[1] for o in p.dialect.offers if o[0] == "TAKETHIS"]
        assert takes.count(name(4)) == 1 and takes.count(name(5)) == 2, takes
        log = s.instance.tail(100000)
        assert len(re.findall("mail is dropped.*kind=feed", log)) == 2, log
        assert log.count("mail sent") == 5, log
        answers.clear()
        assert sorted(s.feed("-a")) == [[p.host_port, "dropped"], [p.host_port, "sent"]]
        assert s.files() == [], s.files()


def test_a_stream_that_takes_nothing():
    """The first is counted as tried; the others wait as they are, behind a peer that is away."""
    with peer(capabilities=[b"STREAMING"]) as p, Server(p.host_port) as s:
        p.dialect.instead = lambda command, i: b"480 log in\r\n"
        s.take(*(article(n) for n in range(40)))
        wait_for(lambda: s.is_logged("a newspeer is away.*480 log in"), "it is away")
        wait_for(lambda: len(s.files(".state")) == 1, "the first waits for itself")
        assert s.waiting() == 40 and p.connections == 1
        # It ends each connection at once.
        p.dialect.instead = lambda command, i: "end"
        assert s.feed("-a") == [[p.host_port, "later"]] * 40
        assert p.connections == 4 and s.is_logged("a newspeer is away.*tries=2"), p.connections
        p.dialect.instead = lambda command, i: None
        assert s.feed("-a") == [[p.host_port, "sent"]] * 40


def test_one_that_takes_nothing_from_us():
    with peer() as p, Server(p.host_port) as s:
        p.dialect.instead = lambda command, i: b"480 log in\r\n"
        s.take(article(1), article(2))
        wait_for(lambda: s.is_logged("a newspeer is away.*480 log in"), "it is away")
        wait_for(lambda: len(s.files(".state")) == 1, "the first waits for itself")
        assert s.waiting() == 2 and len(p.dialect.offers) == 1


def test_one_article_that_ends_all():
    """What is said to it is unlisted: it waits for itself, so that others come before it."""
    with peer() as p, Server(p.host_port) as s:
        p.dialect.instead = lambda command, i: {
            name(1): b"501 what?\r\n", name(2): b"403 trouble\r\n"}.get(i)
        s.take(*(article(n) for n in range(1, 5)))
        wait_for(lambda: s.is_logged("a newspeer is away.*403 trouble"), "it is away")
        assert s.is_logged("mail is dropped.*kind=feed") and s.waiting() == 3, s.files()
        wait_for(lambda: len(s.files(".state")) == 1, "the second waits for itself")
        # Nothing is tried, nor read, for one that is away.
        s.make_due(".state")
        assert s.feed() == [] and len(p.dialect.offers) == 2
        p.dialect.instead = lambda command, i: None
        assert s.feed("-a") == [[p.host_port, "sent"]] * 3


def test_one_of_ours():
    """Two servers that feed each other, and a loop that is none."""
    with murder.Murder(backends=2, frontends=0, nntp=True, start=False,
                       extra={"newsprefix": "news"}, master=False) as m:
        one, two = m["backend1"], m["backend2"]
        for i in (one, two):
            i.take_ports()
        one.extra["newspeer"] = "%s:%d" % two.address("nntp")
        two.extra["newspeer"] = "%s:%d" % one.address("nntp")
        for i in (one, two):
            i.extra["allowanonymouslogin"] = "yes"
        m.start()
        m.set_passwords({"alice": "pw"})
        for where in ("backend1", "backend2"):
            with m.imap(where, "cyrus") as i:
                check(i.create("news.misc.test"))
                check(i.setacl("news.misc.test", "anyone", "lrsp"))
        ids = []
        for number, instance in enumerate((one, two)):
            with Client(instance.address("nntp")) as c:
                assert c.login("alice").code == 281
                assert c.ihave(name(number), article(number)).code == 235
                assert c.ask("QUIT").code == 205 and c.read() is None
            ids.append(name(number))
        for instance in (one, two):
            with Client(instance.address("nntp")) as c:
                assert c.login("alice").code == 281
                wait_for(lambda: all(c.ask("STAT " + i).code == 223 for i in ids), "both are there")
                assert c.ask("GROUP misc.test").text.startswith("2 1 2"), instance.name
            wait_for(lambda: not [f for f in os.listdir(
                os.path.join(instance.dir, "conf", "newsfeed")) if f.endswith(".mail")],
                "nothing waits")


def test_what_was_promised_outlives_kills():
    """An article of which 235 was said is fed, whoever is killed after it."""
    with peer() as p, Server(p.host_port) as s:
        p.dialect.rest = lambda i: b"436 not yet\r\n"
        with Client(s.instance.address("nntp")) as c:
            assert c.login("alice").code == 281
            assert c.ihave(name(1), article(1)).code == 235
            # Before anybody has tried.
            assert s.waiting() == 1 and not s.files(".new") and p.connections == 0
            for pid in s.instance.workers("nntpd"):
                os.kill(pid, signal.SIGKILL)
        s.instance.stop(signal.SIGKILL)
        s.instance.start()
        # Within the article.
        ready = []

        def hangs(i):
            ready.append(i)
            wait_for(lambda: len(ready) > 1, "it is killed")
            return "end"
        p.dialect.rest = hangs
        feeding = subprocess.Popen(
            [os.path.join(s.m.bin, "rookery-feed"), "-C", s.instance.imapd_conf, "-a"],
            cwd=s.instance.dir, env=dict(os.environ, ROOKERY_LOG=s.instance.log))
        wait_for(lambda: ready, "it is sent")
        feeding.kill()
        feeding.wait()
        ready.append("killed")
        p.dialect.rest = lambda i: None
        assert s.waiting() == 1
        wait_for(lambda: s.feed("-a") == [] or s.waiting() == 0, "it is fed")
        assert set(p.dialect.articles) == {name(1).encode()}
        said = s.take(article(2))
        s.fed()
        assert set(p.dialect.articles) == {name(1).encode(), name(2).encode()}, said


def test_who_waits_for_a_peer_ends_when_told():
    for capabilities in ([], [b"STREAMING"]):
        ends_when_told(capabilities)


def ends_when_told(capabilities):
    with peer(capabilities=capabilities) as p, Server(p.host_port) as s:
        sent, over = [], []

        def hangs(i):
            sent.append(i)
            wait_for(lambda: over, "the test is over", 120)
            return "end"
        p.dialect.rest = hangs
        try:
            # nntpd, which goes on with it after its client has left.
            s.take(article(1))
            wait_for(lambda: sent, "it is sent")
            s.instance.stop()  # within 15 seconds, or it fails
            assert s.waiting() == 1 and s.files() == s.files(".mail"), s.files()
            s.instance.start()
            feeding = subprocess.Popen(
                [os.path.join(s.m.bin, "rookery-feed"), "-C", s.instance.imapd_conf, "-a"],
                **s.instance.as_owner())
            wait_for(lambda: len(sent) == 2, "it is sent again")
            feeding.terminate()
            assert feeding.wait(15) == 0
            # As if nobody had tried.
            assert s.files() == s.files(".mail") and s.waiting() == 1, s.files()
        finally:
            over.append(True)
        p.dialect.rest = lambda i: None
        assert s.feed("-a") == [[p.host_port, "sent"]]


def test_the_queue_is_shown():
    with peer() as p, Server(p.host_port) as s:
        p.__exit__()
        s.take(article(1))
        wait_for(lambda: s.files(".away"), "it is away")
        said = s.instance.run("murder", "queue").stdout
        assert re.search(r"waiting +feed .*<<1@example\.org>> +%s" % p.host_port, said), said
        numbers = s.instance.run("murder", "metrics").stdout
        assert "\nrookery_newsfeed_queue 1\n" in numbers, numbers
        id = re.search(r"([0-9a-f]{16}-1) ", said).group(1)
        done = s.instance.run("murder", "queue", "--run", id, check=False)
        assert done.returncode == 1 and "later" in done.stdout, done
        done = s.instance.run("murder", "queue", "--remove", id)
        assert "removed" in done.stdout and s.waiting() == 0, done


def test_a_wrong_newspeer():
    with Server("") as s:
        s.instance.extra["newspeer"] = "us:secret@:x"
        s.instance.stop()
        with contextlib.suppress(Exception):
            s.instance.start(wait=False)
        wait_for(lambda: s.is_logged("newspeer: there is no host"), "it says why")
        assert not s.is_logged("secret")


if __name__ == "__main__":
    harness.main()
