#!/usr/bin/env python3
"""POP3 in a murder of two kinds of servers: Cyrus' frontend before our maildrops, ours before
theirs, and maildrops that move between them.
"""
import hashlib
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import mixed
import murder
import pop3_client
from murder import check

BODIES = [b"From: a@b.example\r\nSubject: number %d\r\n\r\n.a dot\r\n..\r\nhello %d\r\n%s"
          % (n, n, (b"x" * 70 + b"\r\n") * n) for n in range(5)]
SERVICE = ['pop3 cmd="pop3d -C {d}/imapd.conf" listen="{ip}:110" prefork=0 maxchild=100']


def need_cyrus():
    missing = mixed.missing_packages()
    if not os.path.exists(mixed.CYRUS_BIN + "/pop3d"):
        missing.append("cyrus-pop3d")
    if missing:
        raise harness.Skip("not installed: " + " ".join(missing))


def servers(extra="", **flavours):
    return mixed.Mixed(services=dict.fromkeys(("be1", "be2", "fe1"), SERVICE), extra=extra,
                       **flavours)


def client(m, server):
    return pop3_client.Client((m[server].address, 110))


def fill(m, user, backend):
    with m.imap(backend, user) as c:
        for body in BODIES:
            check(c.append("INBOX", None, None, body))


def home(m, user):
    return "be%d" % (2 - int(user[-1]) % 2)


def session(m, server, user, how):
    """A session that looks at all and deletes the first message; what it saw."""
    with client(m, server) as c:
        said = how(c, user)
        assert said.ok, (how, said)
        seen = {"ids": c.uidls(), "sizes": c.sizes(), "stat": c.ask("STAT").first.split()[1:3]}
        assert c.ask("NOOP").ok
        count = len(seen["ids"])
        seen["bodies"] = [c.all("RETR %d" % n).body for n in range(1, count + 1)]
        assert c.all("TOP 1 0").body.endswith(b"\r\n\r\n")
        assert not c.ask("RETR %d" % (count + 1)).ok
        assert c.ask("DELE 1").ok and not c.ask("DELE 1").ok
        assert c.ask("RSET").ok and c.ask("DELE 1").ok
        assert c.ask("QUIT").ok
        assert c.read() is None
    return seen


def apop(c, user):
    stamp = re.search(rb"<[^>]+>", c.greeting.first).group(0)
    return c.ask("APOP %s %s" % (user, hashlib.md5(stamp + b"pw").hexdigest()))


WAYS = [pop3_client.Client.login, pop3_client.Client.plain, apop]


def wait_for_login(m, user):
    """A frontend of Cyrus has the list some time after its start."""
    def lets_in():
        with client(m, "fe1") as c:
            return c.login(user).ok and c.ask("QUIT").ok
    murder.wait_for(lets_in, "no login of %s at the frontend" % user)


def mail_of_each(m):
    for user in ("user1", "user2"):
        backend = home(m, user)
        fill(m, user, backend)
        with client(m, backend) as c:
            assert c.login(user).ok
            ids = c.uidls()
            assert c.ask("QUIT").ok
        wait_for_login(m, user)
        bodies = BODIES[:]
        for how in WAYS:
            seen = session(m, "fe1", user, how)
            assert seen["ids"] == ids, (seen["ids"], ids)
            assert seen["bodies"] == bodies, seen["bodies"]
            assert seen["sizes"] == [len(b) for b in bodies], seen["sizes"]
            assert [int(x) for x in seen["stat"]] == [len(bodies), sum(map(len, bodies))]
            ids, bodies = ids[1:], bodies[1:]
        # Who goes without QUIT deletes nothing. Cyrus lets two sessions into a maildrop.
        c = client(m, "fe1")
        assert c.login(user).ok and c.ask("DELE 1").ok
        if m[backend].flavour == "rookery":
            with client(m, "fe1") as other:
                said = other.login(user)
                # Its frontend says no more than that there was no login.
                expected = "IN-USE" if m["fe1"].flavour == "rookery" else ""
                assert not said.ok and said.code == expected, said
        c.close()
        # A frontend of Cyrus says QUIT to the backend when its client has gone.
        kept = ids if m["fe1"].flavour == "rookery" else ids[1:]

        def same():
            with client(m, "fe1") as again:
                return again.login(user).ok and again.uidls() == kept
        murder.wait_for(same, "the maildrop is not as it was")
        with client(m, "fe1") as wrong:
            assert not wrong.login(user, "nothing").ok


def everything(**flavours):
    with servers(**flavours) as m:
        mail_of_each(m)


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


def test_a_maildrop_that_comes_from_cyrus_has_its_ids():
    """In each format that both have; to us and back, between two sessions."""
    need_cyrus()
    for form in ("cyrus", "uidonly", "dovecot", "courier"):
        with servers(extra="uidl_format: %s\n" % form, mup1="rookery", be1="cyrus", be2="rookery",
                     fe1="rookery") as m:
            fill(m, "user1", "be1")
            ids = []
            for target in (None, "be2", "be1"):
                if target:
                    with m.imap("fe1", "cyrus") as a:
                        check(a.rename("user.user1",
                                       "user.user1 %s.%s" % (target, mixed.DOMAIN)))
                with client(m, "fe1") as c:
                    assert c.login("user1").ok
                    ids.append(c.uidls())
                    assert len(ids[-1]) == len(BODIES)
                    assert c.ask("QUIT").ok
            assert ids[0] == ids[1] == ids[2], (form, ids)


if __name__ == "__main__":
    mixed.enter(need_cyrus=False)
    harness.main()
