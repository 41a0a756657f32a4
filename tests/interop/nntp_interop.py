#!/usr/bin/env python3
"""News in a murder of two kinds of servers: Cyrus' frontend before our groups, ours before
theirs.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import mixed
import murder
import nntp_client
from murder import check

SERVICE = ['nntp cmd="nntpd -C {d}/imapd.conf" listen="{ip}:119" prefork=0 maxchild=100']
# Of which each backend has one; without newsprefix, since what is above a mailbox of Cyrus is at
# its server.
GROUPS = {"one": "be1", "two": "be2"}
BODY = b"a line\r\n..two dots\r\n.\r\n"


def need_cyrus():
    missing = mixed.missing_packages()
    if not os.path.exists(mixed.CYRUS_BIN + "/nntpd"):
        missing.append("cyrus-nntpd")
    if missing:
        raise harness.Skip("not installed: " + " ".join(missing))


def article(number, groups, message_id=None):
    return (b"Path: there!not-for-mail\r\nFrom: a@b.example\r\nNewsgroups: %s\r\n"
            b"Subject: number %d\r\nDate: Tue, 24 Nov 2026 03:42:40 +0000\r\nMessage-ID: %s\r\n\r\n"
            % (groups.encode(), number, (message_id or "<%d@news.example>" % number).encode())
            ) + BODY


class News(nntp_client.Client):
    def __init__(self, m, where):
        super().__init__((m[where].address, 119))
        assert self.greeting.code == 200, self.greeting
        said = self.login("user1")
        assert said.code == 281, said

    def must(self, code, line):
        said = self.ask(line)
        assert said.code == code, (line, said)
        return said


def make_groups(m):
    for group, backend in GROUPS.items():
        with m.imap(backend, "cyrus") as c:
            check(c.create(group))
            check(c.setacl(group, "anyone", "lrsp"))


def wait_for_groups(m):
    def are_known():
        with News(m, "fe1") as c:
            return all(c.ask("GROUP " + g).code == 211 for g in GROUPS)
    murder.wait_for(are_known, "the frontend knows the groups")


def posted(m):
    """Posted and fed, to one group and to both: at the frontend, or where that is of Cyrus 3.6.1,
    which loops then without an end whatever is behind it, at the backends."""
    places = {g: "fe1" if m["fe1"].flavour == "rookery" else b for g, b in GROUPS.items()}
    for n, (group, where) in enumerate(places.items(), 1):
        with News(m, where) as c:
            said = c.post(article(n, group))
            assert said.code == 240, said
    for where in sorted(set(places.values())):
        with News(m, where) as c:
            said = c.ihave("<3@news.example>", article(3, ",".join(GROUPS)))
            assert said.code == 235, said
            assert c.ask("IHAVE <3@news.example>").code == 435


def read(m):
    with News(m, "fe1") as c:
        listed = {w[0]: w[1:] for w in c.must(215, "LIST ACTIVE one,two").words()}
        assert sorted(listed) == sorted(GROUPS), listed
        for n, (group, backend) in enumerate(GROUPS.items(), 1):
            said = c.must(211, "GROUP " + group)
            assert said.text.split()[:3] == ["2", "1", "2"], said
            over = [l.decode().split("\t") for l in c.must(224, "OVER 1-2").lines]
            assert [o[1] for o in over] == ["number %d" % n, "number 3"], over
            assert [o[4] for o in over] == ["<%d@news.example>" % n, "<3@news.example>"], over
            assert c.must(225, "HDR Subject 2").body == b"2 number 3\r\n"
            whole = c.must(220, "ARTICLE 1").body
            assert whole.endswith(b"\r\n\r\n" + BODY), whole
            assert b"\r\nSubject: number %d\r\n" % n in whole, whole
            assert c.must(222, "BODY 2").body == BODY
            assert c.must(223, "STAT 1").text.split()[:2] == ["1", "<%d@news.example>" % n]
            assert c.must(223, "NEXT").text.split()[0] == "2"
            assert c.ask("NEXT").code == 421
            assert c.must(223, "LAST").text.split()[0] == "1"
            assert c.ask("ARTICLE 9").code == 423
            # By its id a server of Cyrus finds what it has itself, and with duplicatesuppression.
            if {m[server].flavour for server in ("be1", "be2", "fe1")} == {"rookery"}:
                assert c.must(221, "HEAD <3@news.example>").lines
        assert c.ask("GROUP three").code == 411
        c.must(205, "QUIT")
    # Each is in its mailboxes, and no more than once.
    for group, backend in GROUPS.items():
        with m.imap(backend, "user1") as c:
            assert check(c.select(group, readonly=True)) == [b"2"]


def everything(**flavours):
    with mixed.Mixed(services=dict.fromkeys(("be1", "be2", "fe1"), SERVICE),
                     **flavours) as m:
        make_groups(m)
        wait_for_groups(m)
        posted(m)
        read(m)


def test_our_frontend_before_their_backends():
    need_cyrus()
    everything(mup1="cyrus", be1="cyrus", be2="cyrus", fe1="rookery")


def test_their_frontend_before_our_backends():
    need_cyrus()
    everything(mup1="cyrus", be1="rookery", be2="rookery", fe1="cyrus")


def test_half_and_half():
    need_cyrus()
    everything(mup1="rookery", be1="cyrus", be2="rookery", fe1="rookery")


def test_ours_in_the_configuration_of_cyrus():
    everything()


if __name__ == "__main__":
    mixed.enter(need_cyrus=False)
    harness.main()
