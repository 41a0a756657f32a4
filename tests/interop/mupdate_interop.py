#!/usr/bin/env python3
"""MUPDATE with Cyrus 3.6.1 at the other end: its backends and its replica at our master, our
replica at its master. Exits 77 where Cyrus is not installed or without root."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import mixed
import murder
from mupdate_client import Client, Mupdate

check = murder.check
NAMES = ["ord", "ord.a", "ord.a-b", "ord.a.b", "ord.ab", "ord.a+b"]


class Master:
    """What a Mupdate replica wants to know of its master."""

    def __init__(self, server):
        self.address = (server.address, 3905)


def listed(server, *prefix):
    with Client((server.address, 3905)) as c:
        who = "be1" if server.role == "master" else "cyrus"
        status = c.login(who, "pw")
        assert status == "OK Authenticated", status
        return c.list(*prefix)


def names(server):
    return {r[1] for r in listed(server)}


def make(c, name):
    """A mailbox with which the administrator may do everything."""
    check(c.create(name))
    check(c.setacl(name, "cyrus", "lrswipkxtea"))


def at_our_master():
    return mixed.Mixed(mup1="rookery", be1="cyrus", be2="cyrus", fe1="cyrus")


def follows(m, what):
    murder.wait_for(lambda: listed(m["mup1"]) == listed(m["fe1"]), what)


def test_their_backends_and_replica_at_our_master():
    with at_our_master() as m:
        with m.imap("be1", "cyrus") as c:
            for name in NAMES:
                make(c, name)
            check(c.setacl("ord.a", "user1", "lrs"))
        assert {n for n in names(m["mup1"]) if n.startswith("ord")} == set(NAMES)
        follows(m, "their replica has our list")
        with m.imap("be1", "cyrus") as c:
            check(c.rename("ord.a-b", "ord.z"))
            check(c.setacl("ord.ab", "cyrus", "lrswipkxtea"))
            check(c.delete("ord.ab"))
        assert "ord.z" in names(m["mup1"]) and "ord.a-b" not in names(m["mup1"])
        follows(m, "changes")
        # a resync of theirs repairs the partition that RENAME left out, and removes nothing
        before = names(m["mup1"])
        m["be1"].run("ctl_mboxlist", "-m")
        assert names(m["mup1"]) == before
        record = [r for r in listed(m["mup1"]) if r[1] == "ord.z"]
        assert record[0][2] == "be1.%s!default" % m.domain, record
        assert "Force" not in m["be1"].run("ctl_mboxlist", "-m", "-w").stdout
        # our master dies; what it had is there, and their replica comes back
        m["mup1"].stop(9)
        m["mup1"].start()
        assert names(m["mup1"]) == before
        with m.imap("be2", "cyrus") as c:
            make(c, "later")
        follows(m, "their replica after a restart of our master")
        assert "later" in names(m["fe1"])


def test_the_same_mailbox_on_two_of_their_backends():
    """Both are restarted and push: the first claim stays, and both copies of the mail too."""
    with at_our_master() as m:
        message = b"Subject: mine\r\n\r\nkept\r\n"
        with m.imap("be1", "cyrus") as c:
            make(c, "twice")
            check(c.append("twice", None, None, message))
        # be2 gets one behind the master's back
        with m.imap("be2", "cyrus") as c:
            check(c.xatom("LOCALCREATE", "twice"))
            c.setacl("twice", "cyrus", "lrswipkxtea")
            check(c.append("twice", None, None, message))
        for _ in range(2):
            for server in ("be2", "be1"):
                m[server].stop()
                m[server].start()
        record = [r for r in listed(m["mup1"]) if r[1] == "twice"]
        assert record[0][2].startswith("be1."), record
        for server in ("be1", "be2"):
            with m.imap(server, "cyrus") as c:
                assert check(c.select("twice")) == [b"1"], server


def test_their_move_through_our_master():
    with at_our_master() as m:
        with m.imap("be1", "user1") as c:
            check(c.append("INBOX", None, None, b"Subject: x\r\n\r\nmoved\r\n"))
        with m.imap("be1", "cyrus") as c:
            check(c._simple_command("RENAME", "user.user1", "user.user1",
                                    "be2.%s!default" % m.domain))
        record = [r for r in listed(m["mup1"]) if r[1] == "user.user1"]
        assert record[0][2] == "be2.%s!default" % m.domain, record
        for server in ("be1", "be2"):
            m[server].run("ctl_mboxlist", "-m")
        record = [r for r in listed(m["mup1"]) if r[1] == "user.user1"]
        assert record[0][2] == "be2.%s!default" % m.domain, record
        with m.imap("be2", "user1") as c:
            assert check(c.select("INBOX")) == [b"1"]


def test_our_replica_at_their_master():
    with mixed.Mixed(mup1="cyrus", be1="cyrus", be2="cyrus", fe1="cyrus") as m:
        with m.imap("be1", "cyrus") as c:
            for name in NAMES:
                make(c, name)
        replica = Mupdate(master=Master(m["mup1"]), name="ours",
                          extra={"mupdate_authname": "be1", "mupdate_password": "pw"})
        with replica:
            def same():
                try:
                    with replica.client("cyrus") as c:
                        return c.list() == listed(m["mup1"])
                except Exception as e:  # not ready yet
                    return not isinstance(e, Exception)
            murder.wait_for(same, "our replica has their list\n" + replica.log_text())
            # the kick is how a change comes before their master's 5 s
            with m.imap("be2", "cyrus") as c:
                for i in range(10):
                    make(c, "kick%d" % i)
                    assert replica.kick() == "ok"
                    with replica.client("cyrus") as r:
                        assert len(r.run("FIND", "kick%d" % i)[0]) == 1, i
                check(c.delete("kick3"))
            assert replica.kick() == "ok"
            assert same()
            m["mup1"].stop(9)
            murder.wait_for(lambda: replica.kick() == "behind", "behind")
            with replica.client("cyrus") as r:
                assert len(r.list()) > 10
            m["mup1"].start()
            murder.wait_for(lambda: replica.kick() == "ok", "their master again")
            assert same()


if __name__ == "__main__":
    mixed.enter()
    harness.main()
