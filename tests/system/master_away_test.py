#!/usr/bin/env python3
"""While the mupdate master is away what exists goes on; when it is back it hears of everything
without a command."""
import os
import shutil
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder
import mupdate_client

check = murder.check
MESSAGE = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: away\r\n\r\nHello\r\n"
QUICK = {"mupdate_agent_interval": "1"}
LATER = b"other servers will see it when the mupdate master is back"


def node(m):
    """A session of the backend at the master."""
    c = mupdate_client.Client(m["mupdate"].address("mupdate"))
    status = c.login(m["backend1"].name, m.node_password)
    assert status.startswith("OK"), status
    return c


def at_master(m):
    """What the master has: name -> ACL."""
    with node(m) as c:
        return {r[1]: r[3] for r in c.list() if r[0] == "MAILBOX"}


def refused(answer):
    kind, data = answer
    assert kind == "NO" and b"[UNAVAILABLE]" in data[0], (kind, data)
    return data[0]


def test_what_exists_goes_on_and_the_master_hears_of_it():
    with murder.Murder(backends=1, extra=QUICK) as m:
        for user in ("ann", "ben"):
            m.add_user(user)
        with m.imap("frontend1", "ann") as c:
            for name in ("INBOX.Keep", "INBOX.Drop", "INBOX.Shared"):
                check(c.create(name))
            check(c.setacl("INBOX.Shared", "ben", "lrs"))
        with m.imap("frontend1", "ben") as c:
            check(c.select("user.ann.Shared"))

        m["mupdate"].stop(signal.SIGKILL)
        for at in ("backend1", "frontend1"):
            assert not m.deliver(MESSAGE, ["ann"])
            with m.imap(at, "ann") as c:
                assert int(check(c.select("INBOX"))[0]) > 0
                check(c.store("1", "+FLAGS", r"(\Flagged)"))
                check(c.append("INBOX.Keep", None, None, MESSAGE))
                assert b"The mupdate master cannot be reached" in refused(c.create("INBOX.New"))
                assert b"The mupdate master cannot be reached" in refused(
                    c.rename("INBOX.Keep", "INBOX.Kept"))
        with m.imap("frontend1", "ann") as c:
            told = check(c.setacl("INBOX.Shared", "ben", '""'))
            assert LATER in told[0], told
            told = check(c.delete("INBOX.Drop"))
            assert LATER in told[0], told
            # What is pending does not stand in the way of the next change.
            check(c.setacl("INBOX.Shared", "ben", "l"))
            check(c.setacl("INBOX.Shared", "ben", '""'))
        # A right that was taken away counts at once, although the frontend's list still has it.
        with m.imap("backend1", "ben") as c:
            assert c.select("user.ann.Shared")[0] == "NO"
        with m.imap("frontend1", "ben") as c:
            assert c.select("user.ann.Shared")[0] == "NO"

        m["mupdate"].start()

        def caught_up():
            try:
                now = at_master(m)
            except (OSError, mupdate_client.Closed):
                return False
            return "user.ann.Drop" not in now and "ben" not in now["user.ann.Shared"]
        murder.wait_for(caught_up, "the master has heard of it")
        with m.imap("frontend1", "ann") as c:
            murder.wait_for(lambda: b"Drop" not in b"".join(
                x or b"" for x in check(c.list('""', "*"))), "the frontend shows it")
            murder.wait_for(lambda: c.create("INBOX.New")[0] == "OK", "names can be made again")


def test_a_backend_starts_without_a_master():
    with murder.Murder(backends=1, extra=QUICK) as m:
        m.add_user("ann")
        m["backend1"].stop()
        m["mupdate"].stop(signal.SIGKILL)
        m["backend1"].start()
        with m.imap("backend1", "ann") as c:
            check(c.select("INBOX"))
        done = m["backend1"].run("ctl_mboxlist", "-m", check=False)
        assert done.returncode == 75 and "couldn't connect to mupdate server" in done.stdout, done
        done = m["backend1"].run("ctl_mboxlist", "-s")
        assert done.stdout == "", done


def test_a_backend_with_a_readers_name_makes_nothing():
    with murder.Murder(backends=1, extra=QUICK, start=False) as m:
        master = m["mupdate"]
        master.extra.update({"admins": "cyrus", "mupdate_readers": "backend1 frontend1"})
        m.start()
        with m.imap("backend1", "cyrus") as c:
            refused(c.create("user.ann"))
            assert c.status("user.ann", "(MESSAGES)")[0] == "NO"
            assert not at_master(m)
        assert "backend1 may read only (mupdate_readers)" in m["backend1"].tail(100)
        done = m["backend1"].run("ctl_mboxlist", "-m", check=False)
        assert done.returncode == 75 and "may read only" in done.stdout, done
        # The frontend goes on as a reader.
        master.extra.update({"admins": "cyrus backend1", "mupdate_readers": "frontend1"})
        master.write()
        os.kill(master.pid(), signal.SIGHUP)
        m.set_passwords({"ann": m.password})

        def made():
            with m.imap("backend1", "cyrus") as c:
                return c.create("user.ann")[0] == "OK"
        murder.wait_for(made, "the backend is an administrator")

        def followed():
            with m.imap("frontend1", "ann") as c:
                return c.select("INBOX")[0] == "OK"
        murder.wait_for(followed, "the frontend has followed")
        for command in ("promote", "state backend1 draining"):
            done = m["frontend1"].run("murder", *command.split(), check=False)
            assert done.returncode != 0 and "frontend1 may read only" in done.stdout, done
        assert m["frontend1"].run("murder", "status", check=False).returncode == 0


def test_a_master_that_lost_its_list_hears_it_again():
    with murder.Murder(extra=QUICK) as m:
        m.add_user("ann", 1)
        m.add_user("bob", 2)
        with m.imap("frontend1", "ann") as c:
            check(c.create("INBOX.Sub"))
        wanted = at_master(m)
        assert len(wanted) == 3
        m["mupdate"].stop(signal.SIGKILL)
        conf = os.path.join(m["mupdate"].dir, "conf")
        shutil.rmtree(os.path.join(conf, "mupdate"))
        for name in os.listdir(conf):
            if name.startswith("mailboxes"):
                os.unlink(os.path.join(conf, name))
        m["mupdate"].start()

        def told():
            try:
                return at_master(m) == wanted
            except (OSError, mupdate_client.Closed):
                return False
        # Nobody speaks to it before an administrator has said that it is the one
        # (doc/rules.md 2.5).
        def strangers():
            out = m["frontend1"].run("murder", "status", check=False).stdout
            return out.count("refused: murder promote") == 3
        murder.wait_for(strangers, "the backends and the frontend refuse it")
        assert at_master(m) == {}
        with m.imap("backend1", "ann") as c:
            ok, text = c.create("INBOX.Early")
            assert ok == "NO" and b"is not accepted" in text[0], text
        assert "until 2 servers have told theirs" in m["frontend1"].run("murder", "promote").stdout
        murder.wait_for(told, "the backends have told all")
        murder.wait_for(lambda: "Recovery" not in
                        m["frontend1"].run("murder", "status", check=False).stdout, "all told")
        # The frontend has shown it all the while.
        with m.imap("frontend1", "ann") as c:
            check(c.select("INBOX.Sub"))


def test_the_summary_of_a_push():
    with murder.Murder(backends=1) as m:
        m.add_user("ann")
        with m.imap("backend1", "ann") as c:
            check(c.create("INBOX.Sub"))
        out = m["backend1"].run("ctl_mboxlist", "-m").stdout
        assert "2 mailboxes: 2 unchanged, 0 activated, 0 removed from MUPDATE, 0 conflicts" in out
        with node(m) as c:
            assert c.status("DELETE", "user.ann.Sub").startswith("OK")
        out = m["backend1"].run("ctl_mboxlist", "-m").stdout
        assert "2 mailboxes: 1 unchanged, 1 activated, 0 removed from MUPDATE, 0 conflicts" in out


def test_warn_only_predicts_what_a_push_does():
    """Each state of a mailbox at the master, and all of them at once, with and without -a: what -mw
    says is what -m does then, and -mw does nothing."""
    with murder.Murder(extra={"mupdate_agent_interval": "3600"}) as m:
        backend, b1, b2 = m["backend1"], m["backend1"].name, m["backend2"].name
        m.add_user("ann", 1)
        names = ["user.ann." + n for n in ("Same", "Lost", "Other", "Taken", "Claimed", "Held",
                                           "Moving", "Pending")]
        with m.imap("backend1", "cyrus") as c:
            for name in names:
                check(c.create(name))

        def say(by, *command):
            with mupdate_client.Client(m["mupdate"].address("mupdate")) as c:
                assert c.login(by, m.node_password).startswith("OK")
                return c.status(*command)

        def pending():
            m["mupdate"].stop(signal.SIGKILL)
            with m.imap("backend1", "cyrus") as c:
                check(c.setacl("user.ann.Pending", "ben", "lrs"))
            m["mupdate"].start()

        def taken(name, word="ACTIVATE"):
            say(b1, "DELETE", name)
            acl = ["ann\tlrs\t"] if word == "ACTIVATE" else []
            assert say(b2, word, name, b2 + "!default", *acl).startswith("OK")

        def claimed():
            taken("user.ann.Claimed")
            assert say(b1, "ACTIVATE", "user.ann.Claimed", b1 + "!default", "").startswith("NO")

        def moving():
            say(b1, "DELETE", "user.ann.Moving")
            say(b2, "ACTIVATE", "user.ann.Moving", b2 + "!default", "ann\tlrs\t")
            say(b2, "DEACTIVATE", "user.ann.Moving", b2 + "!default")

        states = {
            "Same": lambda: None,
            "Lost": lambda: say(b1, "DELETE", "user.ann.Lost"),
            "Other": lambda: say(b1, "ACTIVATE", "user.ann.Other", b1 + "!default", "ben\tl\t"),
            "Ghost": lambda: say(b1, "ACTIVATE", "user.ann.Ghost", b1 + "!default", "ann\tl\t"),
            "Taken": lambda: taken("user.ann.Taken"),
            "Claimed": claimed,
            "Held": lambda: taken("user.ann.Held", "RESERVE"),
            "Moving": moving,
            "Pending": pending,
        }

        def look():
            with mupdate_client.Client(m["mupdate"].address("mupdate")) as c:
                assert c.login(b2, m.node_password).startswith("OK")
                return c.list(), [r for r in c.run("STATUS")[0] if r[2] == "conflict"]

        def run(*more):
            """(what is said, what is logged)"""
            lines = backend.run("ctl_mboxlist", "-m", *more).stdout.strip().split("\n")
            logged = [line for line in lines if "ctl_mboxlist[" in line]
            return sorted(set(lines) - set(logged)), "\n".join(logged)

        wrong = []
        for options in ([], ["-a"]):
            for what in [*states, "all"]:
                for name, make in states.items():
                    if what in (name, "all"):
                        make()
                before = look()
                would, logged = run("-w", *options)
                would = [line.replace("nothing was told; -m would: ", "") for line in would]
                assert look()[0] == before[0], what
                assert "mailbox list pushed" not in logged, logged
                did, logged = run(*options)
                assert "mailbox list pushed" in logged, logged
                would, did = sorted(would), sorted(did)
                if would != did:
                    wrong.append("%s %s: %r, but %r" % (what, options, would, did))
                if what in states and what != "Same" and len(did) < 2:
                    wrong.append("%s %s: nothing was done: %r" % (what, options, did))
                for name in names:  # in order again
                    say(b2, "DELETE", name)
                run("-a")
        assert not wrong, "\n".join(wrong)


def test_a_server_that_joins_a_murder_by_sighup_tells_what_it_has():
    with murder.Murder(backends=1, frontends=0, start=False) as m:
        back = m["backend1"]
        back.extra["mupdate_server"] = None
        m.start()
        m.add_user("ann")
        back.extra.clear()
        back.extra.update(QUICK)
        back.write()
        os.kill(back.pid(), signal.SIGHUP)
        murder.wait_for(lambda: "user.ann" in at_master(m), "the agent tells the master")


if __name__ == "__main__":
    harness.main()
