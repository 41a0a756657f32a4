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
            here.dialect.rest = lambda i: b"437 bad\r\n" if i == name(3) and not streaming else \
                b"439 bad\r\n" if i == name(3) else None
            # Its group ends there, others go on.
            assert p.fetch("-n", to=here.host_port, code=LATER) == (2, 0, 0, 1)
            assert p.mark("misc.test") == 1 and p.mark("misc.other") == 1
            later.clear()
            assert p.fetch("-n", to=here.host_port) == (2, 1, 0, 0)
            assert set(here.dialect.articles) == {name(n).encode() for n in (1, 2, 4, 5)}
            assert p.mark("misc.test") == 4


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
        assert len([o for o in here.dialect.offers if o == ("CHECK", name(1))]) == 2  # wants, give


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
        assert wrong.returncode == 1 and "AUTHINFO" in wrong.stdout, wrong
        # Passwords of the configuration.
        p.here.extra["127_password"] = "pw"
        short = p.peer.split(".")[0]
        p.here.extra["%s_password" % short] = "pw"
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
