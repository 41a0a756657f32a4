#!/usr/bin/env python3
"""The main job: a message goes through the frontend to its backend and is read back through it."""
import os
import re
import signal
import smtplib
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder

MESSAGE = (b"From: a@example.org\r\nTo: alice@example.org, bob@example.org\r\n"
           b"Subject: two servers\r\nMessage-ID: <two@example.org>\r\n\r\nOne body.\r\n")


def subjects(c, mailbox="INBOX"):
    count = int(murder.check(c.select(mailbox, readonly=True))[0])
    if count == 0:
        return []
    data = murder.check(c.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))
    return [re.search(rb"Subject: *(.*)", p[1]).group(1).strip().decode()
            for p in data if isinstance(p, tuple)]


def test_one_message_to_users_on_two_backends():
    with murder.Murder() as m:
        m.add_user("alice", 1)
        m.add_user("bob", 2)
        refused = m.deliver(MESSAGE, ["alice", "bob@example.org", "nobody"])
        assert list(refused) == ["nobody"] and refused["nobody"][0] == 550, refused
        for user in ("alice", "bob"):
            with m.imap("frontend1", user) as c:
                assert subjects(c) == ["two servers"]


def test_a_dead_backend_touches_only_its_own():
    with murder.Murder() as m:
        m.add_user("alice", 1)
        m.add_user("bob", 2)
        m["backend2"].stop(signal.SIGKILL)
        started = time.monotonic()
        refused = m.deliver(MESSAGE, ["alice", "bob"])
        assert list(refused) == ["bob"] and refused["bob"][0] == 451, refused
        with m.imap("frontend1", "alice") as c:
            assert subjects(c) == ["two servers"]
        with m.imap("frontend1", "bob") as c:
            kind, data = c.select("INBOX")
            assert kind == "NO" and b"UNAVAILABLE" in data[0], (kind, data)
        assert time.monotonic() - started < murder.DEADLINE
        m["backend2"].start()
        murder.wait_for(lambda: not m.deliver(MESSAGE, ["bob"]), "backend2 is used again")


def test_a_delivery_goes_on_without_the_master():
    with murder.Murder() as m:
        m.add_user("alice", 1)
        m["mupdate"].stop(signal.SIGKILL)
        assert not m.deliver(MESSAGE, ["alice"])
        with m.imap("frontend1", "alice") as c:
            assert subjects(c) == ["two servers"]
        # A name that the stale list does not have is a temporary failure, never "no such user".
        refused = m.deliver(MESSAGE, ["alice", "carol"])
        assert list(refused) == ["carol"] and 400 <= refused["carol"][0] < 500, refused


def test_everything_survives_a_restart():
    with murder.Murder() as m:
        m.add_user("alice", 1)
        assert not m.deliver(MESSAGE, ["alice"])
        for i in reversed(m.instances):
            i.stop(signal.SIGKILL)
        m.start()
        with m.imap("frontend1", "alice") as c:
            assert subjects(c) == ["two servers"]


def test_tls_between_all_of_them():
    with murder.Murder(tls=True, extra={"allowplaintext": "no"}) as m:
        import imaplib
        import ssl
        context = ssl.create_default_context(cafile=os.path.join(m.dir, "tls", "cert.pem"))
        m.set_passwords({"alice": "pw"})
        with imaplib.IMAP4(*m["backend1"].address("imap")) as c:
            assert "LOGINDISABLED" in c.capabilities
            c.starttls(context)
            murder.check(c.login("cyrus", "pw"))
            murder.check(c.create("user.alice"))
        with imaplib.IMAP4(*m["frontend1"].address("imap")) as c:
            c.starttls(context)
            murder.check(c.login("alice", "pw"))
            murder.check(c.select("INBOX"))
        assert not m.deliver(MESSAGE, ["alice"])


if __name__ == "__main__":
    harness.main()
