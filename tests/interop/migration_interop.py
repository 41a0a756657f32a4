#!/usr/bin/env python3
"""The rolling migration of doc/admin/migrating-from-cyrus.md, step by step, with users at work.

A Cyrus 3.6.1 murder becomes one of Rookery server by server; after each step every user still has
all mail, can read, write and get deliveries. The names of the steps are the document's headings.
"""
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
import mixed
import murder
from administration import find

check = murder.check
USERS = ["user1", "user2", "user3"]


def message(n):
    return (b"From: a@b.example\r\nTo: c@d.example\r\nSubject: number %d\r\n"
            b"Message-ID: <%d@x.example>\r\n\r\nbody\r\n" % (n, n))


def step(title):
    """What follows is done as the document says under this heading."""
    path = os.path.join(murder.SOURCE, "doc", "admin", "migrating-from-cyrus.md")
    with open(path) as f:
        assert "\n## %s\n" % title in f.read(), title


class Site:
    def __init__(self, m):
        self.m = m
        self.expected = {u: [] for u in USERS}
        self.n = 0

    def deliver(self):
        for user in USERS:
            self.n += 1

            def taken():
                with murder.Lmtp(self.m["fe1"].address, 2003) as s:
                    refused = s.deliver("s@x.example", [user], message(self.n))
                assert all(code // 100 == 4 for code, _ in refused.values()), refused
                return not refused
            murder.wait_for(taken, "a delivery to " + user)
            self.expected[user].append(self.n)

    def all_is_well(self, namespace=True):
        self.deliver()
        for user in USERS:
            with self.m.imap("fe1", user) as c:
                c.status("INBOX", "(MESSAGES)")
                murder.wait_for(lambda: c.select("INBOX")[0] == "OK", "the INBOX of " + user)
                data = check(c.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))
                got = [int(re.search(rb"number (\d+)", d[1]).group(1)) for d in data
                       if isinstance(d, tuple)]
                assert got == self.expected[user], (user, got, self.expected[user])
                if namespace:
                    check(c.create("INBOX.at%d" % self.n))
                check(c.select("pub1"))
                assert check(c.search(None, "SUBJECT", "shared")) == [b"1"]

    def replace(self, name, keep=False):
        """The server is ours from now on, with the same configuration."""
        server = self.m[name]
        server.stop()
        server.flavour = "rookery"
        if not keep:
            for sub in ("conf", "spool"):
                shutil.rmtree(os.path.join(server.dir, sub))
        server.write()
        server.start()

    def holders(self, server):
        return [u for u in USERS if "%s.%s!" % (server, mixed.DOMAIN)
                in find(self.m, "user." + u)]


def test_the_rolling_migration():
    with mixed.Mixed(mup1="cyrus", be1="cyrus", be2="cyrus", fe1="cyrus") as m:
        site = Site(m)
        with m.imap("fe1", "user1") as c:
            c.status("pub1", "(MESSAGES)")
            check(c.append("pub1", None, None, b"Subject: shared\r\n\r\nhello\r\n"))
        site.all_is_well()

        step("The frontends")
        site.replace("fe1")
        site.all_is_well()

        step("The mupdate master")
        listing = m["mup1"].run("ctl_mboxlist", "-d").stdout
        m["mup1"].stop()
        m["mup1"].flavour = "rookery"
        shutil.rmtree(os.path.join(m["mup1"].dir, "conf"))
        m["mup1"].write()
        with open(os.path.join(m["mup1"].dir, "listing"), "w") as f:
            f.write(listing)
        with open(os.path.join(m["mup1"].dir, "listing")) as f:
            m["mup1"].run("ctl_mboxlist", "-u", input=f.read())
        m["mup1"].start()
        m["fe1"].run("murder", "promote", check=False)
        for backend in ("be1", "be2"):
            m[backend].run("ctl_mboxlist", "-m")
        m["fe1"].run("murder", "promote", "--done", check=False)
        site.all_is_well()

        step("A backend: empty it")
        out = m["fe1"].run("murder", "drain", "be2." + mixed.DOMAIN, "--to",
                           "be1." + mixed.DOMAIN, check=False).stdout
        assert site.holders("be2") == [], out
        site.all_is_well()
        step("A backend: shared mailboxes of a Cyrus 3.6 server")
        with m.imap("fe1", "cyrus") as a:
            check(a.setacl("pub2", "cyrus", "lrswipkxtea"))
            check(a.delete("pub2"))
        step("A backend: forget what is deleted")
        m["be2"].run("cyr_expire", "-E", "1", "-D", "0")
        step("A backend: replace it")
        site.replace("be2")
        m["fe1"].run("murder", "state", "be2." + mixed.DOMAIN, "active")
        site.all_is_well()

        step("The next one")
        out = m["fe1"].run("murder", "drain", "be1." + mixed.DOMAIN, "--to",
                           "be2." + mixed.DOMAIN, check=False).stdout
        assert site.holders("be1") == [], out
        with m.imap("fe1", "cyrus") as a:
            check(a.xatom("CREATE", "pub1-new", "be2." + mixed.DOMAIN))
            for user, rights in (("cyrus", "lrswipkxtea"), ("anyone", "lrswipkxte")):
                check(a.setacl("pub1-new", user, rights))
            check(a.setacl("pub1", "cyrus", "lrswipkxtea"))
            check(a.select("pub1"))
            check(a.copy("1:*", "pub1-new"))
            check(a.unselect())
            check(a.delete("pub1"))
            check(a.rename("pub1-new", "pub1"))
        site.all_is_well()
        m["be1"].run("cyr_expire", "-E", "1", "-D", "0")
        site.replace("be1")
        site.all_is_well()

        step("The murder looks the same from everywhere")
        out = m["fe1"].run("murder", "check", check=False)
        assert out.returncode == 0, out.stdout
        assert sorted(site.holders("be2")) == USERS
        check(m.imap("fe1", "cyrus").xatom("XFER", "user.user1", "be1." + mixed.DOMAIN))
        site.all_is_well()


if __name__ == "__main__":
    mixed.enter()
    harness.main()
