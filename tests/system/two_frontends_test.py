#!/usr/bin/env python3
"""What is done at one frontend is seen at the other: at once by whoever names it,
in lists soon; without a master a name that is not known is a temporary failure."""
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder

check = murder.check


def listed(c, pattern="*"):
    return b"\n".join(line or b"" for line in check(c.list('""', pattern)))


def test_changes_are_seen_at_the_other_frontend():
    with murder.Murder(frontends=2) as m:
        m.add_user("ann", 1)
        m.add_user("bob", 2)
        with m.imap("frontend1", "ann") as one, m.imap("frontend2", "ann") as two, \
                m.imap("frontend2", "bob") as bob:
            for n in range(20):
                name = "INBOX.n%d" % n
                check(one.create(name))
                assert name.encode() in listed(one), "the frontend of the change shows it at once"
                # The other one asks the master before it says that a name does not exist.
                check(two.select(name))
                murder.wait_for(lambda: name.encode() in listed(two), name)
            check(one.setacl("INBOX.n1", "bob", "lrs"))
            murder.wait_for(lambda: b"user.ann.n1" in listed(bob), "a right given")
            check(one.rename("INBOX.n2", "INBOX.renamed"))
            check(two.select("INBOX.renamed"))
            murder.wait_for(lambda: b"INBOX.renamed" in listed(two) and
                            b"INBOX.n2\r" not in listed(two) + b"\r", "a new name")
            check(one.delete("INBOX.n3"))
            assert b"INBOX.n3\n" not in listed(one) + b"\n"
            murder.wait_for(lambda: b"INBOX.n3\n" not in listed(two) + b"\n", "it is gone")


def capabilities(m, frontend, user):
    with m.imap(frontend, user) as c:
        return check(c.capability())[0].split()


LACKING = ("MOVE", "QUOTA", "SORT", "SORT=DISPLAY", "ESORT", "THREAD=ORDEREDSUBJECT",
           "THREAD=REFERENCES", "THREAD=REFS", "SEARCHRES", "SAVEDATE", "PREVIEW", "BINARY",
           "REPLACE", "PARTIAL", "CONTEXT=SEARCH", "CONTEXT=SORT",
           "MULTISEARCH", "INPROGRESS", "UIDONLY", "IMAP4rev2", "X-ROOKERY-REV2", "NOTIFY")


def test_a_frontend_promises_what_all_its_backends_have():
    with murder.Murder(start=False) as m:
        m["backend2"].extra["suppress_capabilities"] = " ".join(LACKING)
        m["frontend1"].services["imap"] = 'cmd="proxyd -C %s" listen="%s" prefork=3' % (
            m["frontend1"].imapd_conf, m["frontend1"].host_port("imap"))
        m.start()
        m.add_user("ann", 1)
        m.add_user("bob", 2)

        def selects(user):
            with m.imap("frontend1", user) as c:
                return c.select("INBOX")[0] == "OK"
        murder.wait_for(lambda: selects("ann"), "the list at the frontend")
        before = capabilities(m, "frontend1", "ann")
        lacking = [name.encode() for name in LACKING]
        assert set(lacking + [b"UIDPLUS", b"IDLE"]) <= set(before), before
        # Nobody has been at backend2. Then somebody is, and all processes know.
        murder.wait_for(lambda: selects("bob"), "the list at the frontend")
        with m.imap("frontend1", "ann"), m.imap("frontend1", "bob"), m.imap("frontend1", "ann"):
            for user in ("ann", "bob"):
                now = capabilities(m, "frontend1", user)
                assert now == [c for c in before if c not in lacking], now
        m["backend2"].stop()
        m["backend2"].extra.clear()
        m["backend2"].start()
        assert selects("bob")
        assert capabilities(m, "frontend1", "ann") == before


def test_a_name_that_a_replica_may_not_know_yet():
    with murder.Murder(backends=1, frontends=2) as m:
        m.add_user("ann")
        replica = m["frontend2"].processes("mupdate")[0]
        with m.imap("frontend1", "ann") as one, m.imap("frontend2", "ann") as two:
            check(two.select("INBOX"))
            os.kill(replica, signal.SIGSTOP)
            try:
                check(one.create("INBOX.new"))
                # It asks its replica, which does not answer: not known is not not there.
                kind, data = two.select("INBOX.new")
                assert kind == "NO" and b"[UNAVAILABLE]" in data[0], (kind, data)
            finally:
                os.kill(replica, signal.SIGCONT)
            check(two.select("INBOX.new"))


def test_a_frontend_that_was_away_serves_and_catches_up():
    with murder.Murder(backends=1, frontends=2) as m:
        m.add_user("ann")
        m["frontend2"].stop(signal.SIGKILL)
        with m.imap("frontend1", "ann") as c:
            check(c.create("INBOX.meanwhile"))
        m["frontend2"].start()
        with m.imap("frontend2", "ann") as c:
            check(c.select("INBOX.meanwhile"))
            m["mupdate"].stop(signal.SIGKILL)
            assert b"INBOX.meanwhile" in listed(c)
            check(c.select("INBOX.meanwhile"))
            kind, data = c.select("INBOX.none")
            assert kind == "NO" and b"[UNAVAILABLE]" in data[0], (kind, data)
        # It starts with its last state, too.
        m["frontend2"].stop(signal.SIGKILL)
        m["frontend2"].start()
        with m.imap("frontend2", "ann") as c:
            check(c.select("INBOX.meanwhile"))


if __name__ == "__main__":
    harness.main()
