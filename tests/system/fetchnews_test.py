#!/usr/bin/env python3
"""fetchnews: from one nntpd to another, and to a server of news that says what a test wants."""
import contextlib
import os
import re
import signal
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import fake_peer
import harness
import murder
import terminal
from murder import check, wait_for
from nntp_client import Client

LATER = 75


def article(number, groups="misc.test"):
    return ("Path: there!not-for-mail\r\nFrom: a@example.org\r\nNewsgroups: %s\r\nSubject: s\r\n"
            "Date: Tue, 24 Nov 2026 03:42:40 +0000\r\nMessage-ID: <%s@example.org>\r\n\r\n.dot\r\n"
            % (groups, number)).encode()


def name(number):
    return "<%s@example.org>" % number


class Pair:
    """backend1 has the news, backend2 fetches it."""

    def __init__(self, **extra):
        self.m = murder.Murder(backends=2, frontends=0, master=False, nntp=True,
                               extra=dict(extra, newsprefix="news"))
        self.m.set_passwords({"alice": "pw"})
        self.there, self.here = self.m["backend1"], self.m["backend2"]
        for where, groups in (("backend1", ("misc.test", "misc.other", "alt.quiet")),
                              ("backend2", ("misc.test", "misc.other"))):
            with self.m.imap(where, "cyrus") as i:
                for group in groups:
                    check(i.create("news." + group))
                    check(i.setacl("news." + group, "anyone", "lrsp"))
        self.peer = self.there.host_port("nntp")
        self.marks = os.path.join(self.here.dir, "conf", "fetchnews", self.peer + ".marks")

    def __enter__(self):
        return self

    def __exit__(self, *how):
        return self.m.__exit__(*how)

    @contextlib.contextmanager
    def client(self, instance):
        with Client(instance.address("nntp")) as c:
            assert c.login("alice").code == 281
            yield c

    def news(self, *articles, instance=None):
        with self.client(instance or self.there) as c:
            for a in articles:
                message_id = re.search(rb"Message-ID: (\S+)", a).group(1).decode()
                assert c.ihave(message_id, a).code == 235

    def words(self, *arguments, to=None):
        return ("-a", "alice", "-p", "pw", "-s",
                to or "alice:pw@" + self.here.host_port("nntp"), *arguments, self.peer)

    def fetch(self, *arguments, code=0, to=None):
        done = self.here.run("fetchnews", *self.words(*arguments, to=to), check=False)
        assert done.returncode == code, done
        self.said = done.stdout
        found = re.search(r"(\d+) taken, (\d+) not wanted, (\d+) gone, (\d+) to be tried again",
                          done.stdout)
        return tuple(int(n) for n in found.groups()) if found else done.stdout

    def has(self, group):
        with self.client(self.here) as c:
            c.ask("GROUP " + group)
            return c.ask("HDR Message-ID 1-").words()

    def mark(self, group):
        with open(self.marks) as f:
            found = re.findall(r"(?m)^%s (\d+)$" % re.escape(group), f.read())
        return int(found[-1]) if found else None


def test_by_numbers():
    with Pair() as p:
        p.news(*(article(n) for n in range(1, 6)), article(6, "misc.other,misc.test"),
               article(7, "alt.quiet"))
        with p.m.imap("backend1", "cyrus") as i:
            check(i.setacl("news.misc.test", "cyrus", "lrswipkxtea"))
            check(i.select("news.misc.test"))
            check(i.store("3", "+FLAGS", r"(\Deleted)"))
            check(i.expunge())
        # Of the one in two groups the second is not wanted, and nor is what has no group here.
        assert p.fetch("-n") == (5, 2, 0, 0)
        assert [w[1] for w in p.has("misc.test")] in (
            [name(n) for n in (1, 2, 4, 5, 6)], [name(n) for n in (6, 1, 2, 4, 5)])
        assert [w[1] for w in p.has("misc.other")] == [name(6)]
        assert (p.mark("misc.test"), p.mark("misc.other"), p.mark("alt.quiet")) == (6, 1, 1)
        with p.client(p.here) as c:
            c.ask("GROUP misc.test")
            text = c.ask("ARTICLE " + name(1)).body.decode()
            assert text.startswith("Path: backend2!backend1!there!not-for-mail\r\n"), text
            assert text.endswith("\r\n\r\n.dot\r\n") and text.count("Xref:") == 1, text
        assert p.fetch("-n") == (0, 0, 0, 0)
        p.news(article(8), article(9, "misc.other"))
        assert p.fetch("-n", "-w", "*,!misc.o*") == (1, 0, 0, 0)
        assert p.fetch("-n") == (1, 0, 0, 0)
        # The marks are gone: what is here is not taken again.
        os.unlink(p.marks)
        taken, had, gone, waiting = p.fetch("-n")
        assert (taken, gone, waiting) == (0, 0, 0) and had >= 8


def test_by_newnews():
    with Pair(allownewnews="yes") as p:
        p.news(*(article(n) for n in range(1, 4)))
        assert p.fetch() == (3, 0, 0, 0)
        stamp = p.marks.replace(".marks", ".stamp")
        with open(stamp) as f:
            first = int(f.read())
        p.news(article(4))
        taken, had, _, _ = p.fetch()
        assert taken == 1 and had <= 3
        with open(stamp) as f:
            assert int(f.read()) >= first
        # A stamp of one's own.
        own = os.path.join(p.here.dir, "conf", "own")
        with open(own, "w") as f:
            f.write("4000000000\n")
        p.m.give(own)
        p.news(article(5))
        assert p.fetch("-f", own) == (0, 0, 0, 0)
        with open(own, "w") as f:
            f.write("nonsense\n")
        p.fetch("-f", own, code=1)
        assert "that is no time" in p.said
        with open(own) as f:
            assert f.read() == "nonsense\n"


def test_without_newnews():
    with Pair() as p:
        p.news(article(1))
        assert "taken" not in p.fetch(code=1) and "-n goes without" in p.said
        assert p.fetch("-n") == (1, 0, 0, 0)


def local(capabilities=(b"STREAMING",)):
    return fake_peer.Peer("nntp", capabilities=list(capabilities))


def test_what_cannot_be_taken_now():
    for streaming in ((b"STREAMING",), ()):
        with Pair() as p, local(streaming) as here:
            p.news(*(article(n) for n in range(1, 5)), article(5, "misc.other"))
            later = {name(2): b"431 later\r\n" if streaming else b"436 later\r\n"}
            here.dialect.instead = lambda command, i: later.get(i)
            here.dialect.rest = lambda i: b"437 bad\r\n" if i == name(3) else None
            # Its group ends there, others go on.
            assert p.fetch("-n", to=here.host_port, code=LATER) == (2, 0, 0, 1)
            assert p.mark("misc.test") == 1 and p.mark("misc.other") == 1
            later.clear()
            assert p.fetch("-n", to=here.host_port) == (2, 1, 0, 0)
            assert set(here.dialect.articles) == {name(n).encode() for n in (1, 2, 4, 5)}
            assert p.mark("misc.test") == 4


def test_a_full_group_here():
    with Pair() as p:
        p.news(article(4, "misc.other"), instance=p.here)
        p.news(*(article(n) for n in range(1, 4)), article(5, "misc.other"))
        with p.m.imap("backend2", "cyrus") as i:
            check(i.setquota("news.misc.other", "(STORAGE 0)"))
        # Ours takes what is for other groups after it.
        assert p.fetch("-n", code=LATER) == (3, 0, 0, 1)
        assert (p.mark("misc.test"), p.mark("misc.other")) == (3, None)
        with p.m.imap("backend2", "cyrus") as i:
            check(i.setquota("news.misc.other", "()"))
        assert p.fetch("-n") == (1, 0, 0, 0)


class Source(fake_peer.Nntp):
    """A server of news that is read: `news`, by group, of (id, text). instead_of(id) is said to
    ARTICLE."""

    def __init__(self):
        super().__init__()
        self.news = {}
        self.group = None
        self.instead_of = lambda message_id: None

    def run(self, c, line, said):
        words = line.decode().split()
        lines = self.answer(words) if words else None
        if lines is None:
            return super().run(c, line, said)
        with c.peer.lock:
            c.peer.commands.append(line)
        c.send(b"".join(l + b"\r\n" for l in lines))
        return b"", words[0].upper().encode(), line

    def answer(self, words):
        verb = words[0].upper()
        if verb == "LIST":
            return [b"215 these", *(b"%s %d 1 y" % (g.encode(), len(all_of))
                                    for g, all_of in self.news.items()), b"."]
        if verb == "GROUP":
            self.group = words[1]
            count = len(self.news[self.group])
            return [b"211 %d 1 %d %s" % (count, count, self.group.encode())]
        if verb in ("HDR", "XHDR"):
            first, last = (int(n) for n in words[2].split("-"))
            return [b"225 these", *(b"%d %s" % (n, self.news[self.group][n - 1][0].encode())
                                    for n in range(first, last + 1)), b"."]
        if verb == "DATE":
            return [b"111 20261129120000"]
        if verb == "NEWNEWS":
            return [b"230 these", *(i.encode() for all_of in self.news.values()
                                    for i, _ in all_of), b"."]
        if verb == "ARTICLE":
            message_id, text = next(
                a for all_of in self.news.values() for n, a in enumerate(all_of, 1)
                if a[0] == words[1] or self.group and all_of is self.news[self.group]
                and str(n) == words[1])
            said = self.instead_of(message_id)
            return [said] if said else [b"220 0 " + message_id.encode(), *(
                b"." + l if l.startswith(b".") else l for l in text.split(b"\r\n")[:-1]), b"."]
        return None


@contextlib.contextmanager
def read_from(*articles, **extra):
    """A server of which backend1 fetches them, by fetch(*arguments, code=...)."""
    with fake_peer.Peer("nntp") as there, local() as here, murder.Murder(
            backends=1, frontends=0, master=False, extra=extra) as m:
        there.dialect = Source()
        there.dialect.news = {"misc.test": [(name(n), text) for n, text in articles]}

        def fetch(*arguments, code=0):
            done = m["backend1"].run("fetchnews", "-s", here.host_port, *arguments,
                                     there.host_port, check=False)
            assert done.returncode == code, done
            return done.stdout
        yield there, here, m["backend1"], fetch


def test_an_article_that_cannot_be_read_now():
    with read_from(*((n, article(n)) for n in range(1, 4))) as (there, here, _, fetch):
        for said in (b"403 no disk", b"503 later", b"400 going"):
            there.dialect.instead_of = lambda i: said if i == name(2) else None
            assert said.decode() in fetch("-n", code=LATER)
        # The mark stayed before it.
        there.dialect.instead_of = lambda i: b"423 gone" if i == name(2) else None
        assert "1 taken, 0 not wanted, 1 gone" in fetch("-n")
        assert set(here.dialect.articles) == {name(1).encode(), name(3).encode()}


def test_the_time_of_the_last_run():
    with read_from((1, article(1))) as (there, here, instance, fetch):
        there.capabilities = [b"MODE-READER"]
        assert "1 taken" in fetch() and "0 taken" in fetch() and "0 taken" in fetch("-w", "a/*")
        asked = [c.decode() for c in there.commands if c.startswith(b"NEWNEWS")]
        # A little before it; and of other groups another one.
        assert asked == ["NEWNEWS * 19700101 000000 GMT", "NEWNEWS * 20261129 115700 GMT",
                         "NEWNEWS a/* 19700101 000000 GMT"], asked
        folder = os.path.join(instance.dir, "conf", "fetchnews")
        assert sorted(f[len(there.host_port):] for f in os.listdir(folder)) == [
            ".marks", ".marks.lock", ".stamp", "=a%2f%2a.stamp"], os.listdir(folder)
        assert there.dialect.offers == [("MODE", "READER")] * 3, there.dialect.offers
        assert not [o for o in here.dialect.offers if o[0] == "MODE"]


def test_one_that_is_too_large():
    large = article(2) + b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 30
    with read_from((1, article(1)), (2, large), (3, article(3)), maxmessagesize="1") as \
            (_, here, instance, fetch):
        assert "2 taken, 0 not wanted, 1 gone" in (said := fetch("-n")), said
        assert "an article is too large to be fetched" in said + instance.tail(10000)
        assert set(here.dialect.articles) == {name(1).encode(), name(3).encode()}
        assert "0 taken" in fetch("-n")


def test_servers_that_are_lost():
    with Pair() as p, local() as here:
        p.news(*(article(n) for n in range(1, 4)))

        def loses(command, i):
            if i == name(2):
                for pid in p.there.workers("nntpd"):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
        here.dialect.instead = loses
        said = p.fetch("-n", to=here.host_port, code=LATER)
        assert said == (1, 0, 0, 0), said
        assert p.mark("misc.test") == 1
        here.dialect.instead = lambda command, i: "end" if i == name(3) else None
        assert p.fetch("-n", to=here.host_port, code=LATER) == (1, 0, 0, 0)
        assert p.mark("misc.test") == 2
        here.dialect.instead = lambda *_: None
        assert p.fetch("-n", to=here.host_port) == (1, 0, 0, 0)
        here.__exit__()
        assert "connect" in p.fetch("-n", to=here.host_port, code=LATER)


def test_kills():
    with Pair() as p, local() as here:
        p.news(*(article(n) for n in range(1, 6)))
        reached = []

        def hangs(i):
            if i == name(3) and not reached:
                reached.append(i)
                wait_for(lambda: len(reached) > 1, "it is killed")
                return "end"
            return None
        here.dialect.rest = hangs
        fetching = subprocess.Popen(
            [os.path.join(p.m.bin, "fetchnews"), "-C", p.here.imapd_conf,
             *p.words("-n", to=here.host_port)], **p.here.as_owner())
        wait_for(lambda: reached, "the third is sent")
        # Another one at the same peer.
        assert "another process has it" in p.fetch("-n", to=here.host_port, code=LATER)
        fetching.kill()
        fetching.wait()
        reached.append("killed")
        assert p.mark("misc.test") == 2
        assert p.fetch("-n", to=here.host_port) == (3, 0, 0, 0)
        assert set(here.dialect.articles) == {name(n).encode() for n in range(1, 6)}
        assert len([o for o in here.dialect.offers if o[1] == name(1)]) == 2  # CHECK, IHAVE


def test_a_group_that_begins_anew():
    with Pair() as p:
        p.news(*(article(n) for n in range(1, 4)))
        assert p.fetch("-n") == (3, 0, 0, 0)
        with open(p.marks, "a") as f:
            f.write("misc.test 4711\n")
        p.news(article(4))
        assert p.fetch("-n") == (1, 3, 0, 0)
        assert "a newsgroup begins anew at the server" in p.said
        assert p.mark("misc.test") == 4


def test_progress_and_an_interrupt():
    with Pair() as p, local() as here:
        p.news(*(article(n) for n in range(1, 4)))
        asked, answers = threading.Event(), threading.Event()

        def waits(i):
            if i == name(2):
                asked.set()
                assert answers.wait(murder.DEADLINE)
        here.dialect.rest = waits
        with terminal.of(p.here, "fetchnews", *p.words("-n", to=here.host_port)) as t:
            assert asked.wait(murder.DEADLINE)
            t.wait_for("articles 0 of 3, 0 %: misc.test")
            t.keys("\x03")
            t.wait_for("interrupted: what is begun is ended first")
            answers.set()
            assert t.end() == 130, t.text
        assert "interrupted, articles: 2 of 3; the next run goes on" in t.text, t.text
        assert p.mark("misc.test") == 2
        assert p.fetch("-n", to=here.host_port) == (1, 0, 0, 0)
        done = p.here.run("fetchnews", *p.words("-q", "-n", to=here.host_port),
                          stderr=subprocess.DEVNULL)
        assert done.stdout == "", done.stdout


def test_logins():
    with Pair() as p:
        p.news(article(1))
        wrong = p.here.run("fetchnews", "-n", "-a", "alice", "-p", "wrong", p.peer, check=False)
        assert wrong.returncode == 1 and "by PLAIN: Authentication failed" in wrong.stdout, wrong
        # Passwords of the configuration.
        # That of a server of ours whose short name is the same.
        p.here.extra["127_password"] = "wrong"
        for instance in (p.there, p.here):
            p.here.extra["%s_password" % instance.host_port("nntp").split(":")[0]] = "pw"
        p.here.write()
        done = p.here.run("fetchnews", "-n", "-a", "alice",
                          "-s", "alice@" + p.here.host_port("nntp"), p.peer)
        assert done.stdout.startswith("1 taken"), done
        for wrong in (("-p", "x"), ("-w", "a[b"), ()):
            done = p.here.run("fetchnews", *wrong, *(() if not wrong else ("x",)), check=False)
            assert done.returncode == 64, (wrong, done)
        done = p.here.run("fetchnews", "-n", p.peer + ":x.*", check=False)
        assert done.returncode == 1 and "what follows it?" in done.stdout, done


if __name__ == "__main__":
    harness.main()
