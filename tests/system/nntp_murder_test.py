#!/usr/bin/env python3
"""Newsgroups in a murder: a server that dies within an answer, a group that moves under its reader,
servers that are frontend and backend in one, what each server tells for itself."""
import contextlib
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder
from murder import check, wait_for
from nntp_client import Client

# More than the buffers of two connections hold.
LARGE = 48 << 20


def article(number, groups="misc.test", body=b"text\r\n"):
    return ("Path: there!not-for-mail\r\nFrom: a@example.org\r\nNewsgroups: %s\r\nSubject: s\r\n"
            "Date: Tue, 24 Nov 2026 03:42:40 +0000\r\nMessage-ID: <%s@example.org>\r\n\r\n"
            % (groups, number)).encode() + body


def started(groups, **kw):
    """groups: name -> server"""
    extra = dict({"newsprefix": "news"}, **kw.pop("extra", {}))
    m = murder.Murder(nntp=True, extra=extra, **kw)
    m.set_passwords({"alice": "pw"})
    for group, where in groups.items():
        with m.imap(where, "cyrus") as i:
            check(i.create("news." + group))
            check(i.setacl("news." + group, "anyone", "lrsp"))
    return m


def connect(m, where):
    c = Client(m[where].address("nntp"))
    assert c.login("alice").code == 281
    return c


def test_a_backend_that_dies_within_an_answer():
    with started({"misc.test": "backend1"}, backends=1, frontends=1) as m:
        with m.imap("backend1", "cyrus") as i:
            check(i.setacl("news.misc.test", "cyrus", "lrswi"))
            check(i.append("news.misc.test", None, None,
                           article(1, body=b"0123456789abcde\r\n" * (LARGE // 17))))
        with connect(m, "frontend1") as c:
            wait_for(lambda: c.ask("GROUP misc.test").code == 211, "the group is known")
            c.send(b"BODY 1\r\nDATE\r\n")
            # It has begun, and cannot end while nobody reads.
            assert c.line().startswith(b"222 ")
            for pid in m["backend1"].workers("nntpd"):
                os.kill(pid, signal.SIGKILL)
            size, end = 0, b""
            with contextlib.suppress(ConnectionError):
                while more := c.socket.recv(1 << 20):
                    size, end = size + len(more), (end + more)[-1000:]
            # Neither an end that was not sent nor another answer in its place.
            assert 0 < size < LARGE and b"\n.\r\n" not in end and b"\n111" not in end, (size, end)
        wait_for(lambda: "the server of a newsgroup is lost" in m["frontend1"].tail(1000),
                 "it is logged")
        # Others are not concerned.
        with connect(m, "frontend1") as c:
            assert c.ask("GROUP misc.test").code == 211
            assert c.ask("STAT 1").code == 223


def test_a_group_that_moves_under_its_reader():
    with started({"misc.test": "backend1", "misc.stays": "backend1"}, backends=2,
                 frontends=1, extra={"allowusermoves": "yes", "move_grace": "0s"}) as m:
        with connect(m, "frontend1") as c:
            wait_for(lambda: c.ask("GROUP misc.test").code == 211, "the group is known")
            for n in range(1, 4):
                assert c.ihave("<%d@example.org>" % n, article(n)).code == 235
            assert c.ask("GROUP misc.test").text == "3 1 3 misc.test"
            assert c.ask("STAT 2").code == 223
            with m.imap("backend1", "cyrus") as i:
                check(i.xatom("XFER", "news.misc.test", "backend2"))
            # It is not here any more, and says so, whatever of it is asked.
            said = c.ask("NEXT")
            assert said.code in (412, 403), said
            # One word, and it goes on with the same numbers.
            assert c.ask("GROUP misc.test").text == "3 1 3 misc.test"
            assert c.ask("STAT 2").text.startswith("2 <2@example.org>")
            assert c.ask("NEXT").code == 223
            assert c.ask("BODY <1@example.org>").body == b"text\r\n"
            assert c.ihave("<4@example.org>", article(4)).code == 235
            assert c.ask("GROUP misc.test").text == "4 1 4 misc.test"
            # A copy of one that was there before the move is none.
            assert c.ihave("<2@example.org>", article(2)).code == 435
            assert c.ask("GROUP misc.stays").code == 211
        with connect(m, "backend2") as c:
            assert c.ask("GROUP misc.test").text == "4 1 4 misc.test"


def test_a_post_where_names_have_slashes():
    with murder.Murder(nntp=True, backends=1, frontends=1, extra={
            "newsprefix": "news", "unixhierarchysep": "yes", "newspostuser": "post",
            "newsaddheaders": "to"}) as m:
        m.set_passwords({"alice": "pw"})
        with m.imap("frontend1", "cyrus") as i:
            check(i.create("news/misc/test"))
            check(i.setacl("news/misc/test", "anyone", "lrsp"))
        with connect(m, "frontend1") as c:
            wait_for(lambda: c.ask("GROUP misc.test").code == 211, "the group is known")
            assert c.post(article(1)).code == 240
            assert c.ask("GROUP misc.test").text == "1 1 1 misc.test"
            assert b"To: post+news/misc/test@frontend1" in c.ask("HEAD 1").body


def test_servers_that_are_both():
    with started({}, backends=2, unified=True, extra={"newsprefix": None}) as m:
        # Each by the other, where it is said to; what is below follows.
        for through, group, where in (("backend2", "a", "backend1"), ("backend1", "b", "backend2")):
            with m.imap(through, "cyrus") as i:
                check(i.xatom("CREATE", group, where))
                check(i.create(group + ".one"))
                check(i.setacl(group, "anyone", "lrsp"))
                check(i.setacl(group + ".one", "anyone", "lrsp"))
        for where, other in (("backend1", "b.one"), ("backend2", "a.one")):
            with connect(m, where) as c:
                wait_for(lambda: c.ask("GROUP " + other).code == 211, "%s at %s" % (other, where))
                listed = sorted(words[0] for words in c.ask("LIST").words())
                # With those above, which are groups too.
                assert listed == ["a", "a.one", "b", "b.one"], (where, listed)
                said = c.ihave("<%s@example.org>" % where, article(where, "a.one,b.one"))
                assert said.code == 235, said
        for count, where in ((2, "backend1"), (3, "backend2")):
            with connect(m, where) as c:
                for group in ("a.one", "b.one"):
                    said = c.ask("GROUP " + group)
                    assert said.text == "%d 1 %d %s" % (count, count, group), (where, said)
                    ids = sorted(words[1] for words in c.ask("HDR Message-ID 1-2").words())
                    assert ids == ["<backend1@example.org>", "<backend2@example.org>"], ids
                    assert c.ask("OVER 1-2").code == 224
                # Of another group than the current one, wherever that is.
                assert c.ask("BODY <backend1@example.org>").body == b"text\r\n"
                assert c.post(b"From: a@example.org\r\nNewsgroups: a.one,b.one\r\n"
                              b"Subject: s\r\n\r\nposted\r\n").code == 240
        # One that is away costs its own groups alone.
        m["backend2"].stop()
        with connect(m, "backend1") as c:
            said = c.ask("GROUP b.one")
            assert said.code == 403, said
            assert c.ask("GROUP a.one").text == "4 1 4 a.one"
            assert [words[0] for words in c.ask("LIST").words()] == ["a", "a.one"]
            # Where it can be filed it is, and who sends it again brings it to the others alone.
            assert c.ihave("<z@example.org>", article("z", "a.one,b.one")).code == 436
            assert c.ask("GROUP a.one").text == "5 1 5 a.one"
            assert c.ihave("<y@example.org>", article("y", "a.one")).code == 235
        m["backend2"].start()
        with connect(m, "backend1") as c:
            wait_for(lambda: c.ask("GROUP b.one").code == 211, "backend2 is back")
            assert c.ihave("<z@example.org>", article("z", "a.one,b.one")).code == 235
            assert c.ask("GROUP a.one").text == "6 1 6 a.one"
            assert c.ask("GROUP b.one").text == "5 1 5 b.one"


def test_the_message_of_the_day():
    with started({"misc.test": "backend1"}, backends=1, frontends=1) as m:
        for where, text in (("backend1", ".of the backend"), ("frontend1", "of the frontend")):
            folder = os.path.join(m[where].dir, "conf", "msg")
            os.makedirs(folder, exist_ok=True)
            with open(os.path.join(folder, "motd"), "w") as f:
                f.write(text + "\nnot this\n")
            m.give(folder)
            with connect(m, where) as c:
                said = c.ask("LIST MOTD")
                assert said.code == 215 and said.body == text.encode() + b"\r\n", said
                assert "MOTD" in c.capabilities()["LIST"]


if __name__ == "__main__":
    harness.main()
