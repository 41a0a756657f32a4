#!/usr/bin/env python3
"""What was delivered twice comes once; what was deleted stays until cyr_expire, and then goes."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder

check = murder.check
MESSAGE = (b"From: a@example.org\r\nTo: b@example.org\r\nSubject: once\r\n"
           b"Message-ID: <once@example.org>\r\n\r\nHello\r\n")
RESENT = b"Resent-Message-ID: <again@example.org>\r\n" + MESSAGE


def messages(m, user, mailbox="INBOX"):
    c = m.imap("backend1", user)
    try:
        return int(check(c.select(mailbox, readonly=True))[0])
    finally:
        c.logout()


def files(m, user):
    """Message files in this user's mailboxes, wherever they are."""
    found = []
    for top, _, names in os.walk(os.path.join(m["backend1"].dir, "spool")):
        if user in top.split(os.sep):
            found += [os.path.join(top, n) for n in names if n.endswith(".") and n[:-1].isdigit()]
    return found


def expire(m, *arguments):
    done = m["backend1"].run("cyr_expire", *arguments, "-v")
    return done.stdout


def test_a_message_comes_once_until_it_is_forgotten():
    with murder.Murder(backends=1, extra={"duplicatesuppression": None}) as m:
        m.add_user("ann")
        for _ in range(2):
            m.deliver(MESSAGE, ["ann"])
            # A message without a Date is the same one in another second.
            second = int(time.time())
            murder.wait_for(lambda at=second: int(time.time()) != at, "the clock goes on")
        assert messages(m, "ann") == 1
        m.deliver(RESENT, ["ann"])
        assert messages(m, "ann") == 2
        c = m.imap("backend1", "ann")
        check(c.create("INBOX.Other"))
        check(c.setacl("INBOX.Other", "anyone", "p"))
        c.logout()
        m.deliver(MESSAGE, ["ann+Other"])
        assert messages(m, "ann", "INBOX.Other") == 1
        assert "forgotten deliveries: 0" in expire(m, "-E", "1")
        assert "forgotten deliveries: 3" in expire(m, "-E", "0s")
        m.deliver(MESSAGE, ["ann"])
        assert messages(m, "ann") == 3


def test_duplicates_are_delivered_where_that_is_wanted():
    with murder.Murder(backends=1, frontends=0, extra={"duplicatesuppression": "no"}) as m:
        m.add_user("ann")
        for _ in range(2):
            m.deliver(MESSAGE, ["ann"], "backend1")
        assert messages(m, "ann") == 2


def test_expunged_messages_and_deleted_mailboxes_go():
    with murder.Murder(backends=1, frontends=1) as m:
        for user in ("ann", "ben"):
            m.add_user(user)
            m.deliver(MESSAGE, [user])
        c = m.imap("backend1", "ann")
        check(c.select("INBOX"))
        check(c.store("1", "+FLAGS", r"(\Deleted)"))
        check(c.expunge())
        c.logout()
        assert len(files(m, "ann")) == 1
        expire(m, "-X", "1")
        assert len(files(m, "ann")) == 1
        assert "removed expunged messages: 1" in expire(m, "-X", "0s")
        assert files(m, "ann") == []

        admin = m.imap("backend1", "cyrus")
        check(admin.setacl("user.ben", "cyrus", "lx"))
        check(admin.delete("user.ben"))
        gone = [line.split()[-1] for line in check(admin.list('""', "DELETED.*"))]
        assert len(gone) == 1 and gone[0].startswith(b"DELETED.user.ben."), gone
        assert "removed mailboxes: 0" in expire(m, "-D", "1")
        assert "removed mailboxes: 0" in expire(m, "-D", "0s", "-u", "ann")
        assert len(files(m, "ben")) == 1
        out = expire(m, "-D", "0s", "-u", "ben")
        assert "removed DELETED.user.ben." in out and "removed mailboxes: 1" in out, out
        assert files(m, "ben") == []
        assert check(admin.list('""', "DELETED.*")) == [None]
        admin.logout()
        front = m.imap("frontend1", "cyrus")
        murder.wait_for(lambda: check(front.list('""', "*ben*")) == [None],
                        "the frontend has heard")
        front.logout()


def test_wrong_arguments():
    with murder.Murder(backends=1, frontends=0) as m:
        for arguments in ((), ("-E",), ("-D", "soon"), ("-X", "-1"), ("-E", "1", "more")):
            done = m["backend1"].run("cyr_expire", *arguments, check=False)
            assert done.returncode == 64 and "usage: cyr_expire" in done.stdout, (arguments, done)


if __name__ == "__main__":
    harness.main()
