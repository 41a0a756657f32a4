#!/usr/bin/env python3
"""Our mupdate master with backends of Cyrus 3.6.1 that would lose mail at their own
(doc/rules.md 1)."""
import os
import signal
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
import mixed
import murder
from administration import find

check = murder.check
BE1, BE2 = "be1." + mixed.DOMAIN, "be2." + mixed.DOMAIN


def two_of_cyrus(**more):
    return mixed.Mixed(mup1="rookery", be1="cyrus", be2="cyrus", fe1="rookery", **more)


def restart(m, *names):
    for name in names:
        m[name].stop()
    for name in names:
        m[name].start()


def subjects(m, server, mailbox):
    """What user1 has there, asked directly."""
    with m.imap(server, "user1") as c:
        check(c.select(mailbox, readonly=True))
        data = check(c.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))
        return [d[1].strip() for d in data if isinstance(d, tuple)]


def message_files(m, server):
    """All messages below the server's spool (its folders have no names)."""
    return sum(len([f for f in files if f.endswith(".") and f[:-1].isdigit()])
               for _, _, files in os.walk(os.path.join(m[server].dir, "spool")))


def test_two_backends_with_the_same_mailbox_keep_both_copies():
    """doc/rules.md 1.3: each starts again and tells what it has; neither deletes its own."""
    with two_of_cyrus() as m:
        with m.imap("be1", "user1") as c:
            check(c.append("INBOX", None, None, b"Subject: at one\r\n\r\nx\r\n"))
        with m.imap("be2", "cyrus") as a:
            check(a.xatom("LOCALCREATE", "user.user1", "default"))
        with m.imap("be2", "user1") as c:
            check(c.append("INBOX", None, None, b"Subject: at two\r\n\r\nx\r\n"))
        for _ in range(2):
            restart(m, "be1", "be2")
            assert BE1 in find(m, "user.user1"), find(m, "user.user1")
            assert subjects(m, "be1", "INBOX") == [b"Subject: at one"]
            assert subjects(m, "be2", "INBOX") == [b"Subject: at two"]
        out = m["mup1"].run("murder", "-s", "mup1." + mixed.DOMAIN, "-u", "be1", "-w", "pw",
                            "conflicts", check=False).stdout
        assert "user.user1" in out and BE2 in out, out


def test_a_backend_with_an_empty_list_takes_nothing_away():
    """doc/rules.md 1.5: its resync would delete all of its names."""
    with two_of_cyrus(users=9, extra="mupdate_max_deletes: 1\n") as m:
        m["be2"].stop()
        for name in os.listdir(os.path.join(m["be2"].dir, "conf")):
            if name.startswith("mailboxes.db"):
                os.unlink(os.path.join(m["be2"].dir, "conf", name))
        # It ends at the first refusal, and so would not come up at all.
        done = m["be2"].run("ctl_mboxlist", "-m", check=False)
        assert "delete" in done.stdout and done.returncode != 0, done.stdout
        left = [u for u in (2, 4, 6, 8) if BE2 in find(m, "user.user%d" % u)]
        assert len(left) >= 3, left


def test_a_move_that_fails_after_the_destination_was_active():
    """doc/rules.md 1.1, 1.2: it tells the master early and dies; the source takes the user back."""
    with two_of_cyrus(extra="suppress_capabilities: X-REPLICATION\n") as m:
        body = b"x" * 70 + b"\r\n"
        with m.imap("be1", "user1") as c:
            for box in ("INBOX.a", "INBOX.b", "INBOX.c"):
                check(c.create(box))
                for n in range(20):
                    check(c.append(box, None, None, b"Subject: %s %d\r\n\r\n" % (
                        box.encode(), n) + body * 4000))
        answer = []

        def xfer():
            a = m.imap("be1", "cyrus")
            try:
                answer.append(a.xatom("XFER", "user.user1", BE2))
            except a.abort:  # the source's process ends with its connection
                answer.append(("NO", [b"ended"]))
        thread = threading.Thread(target=xfer)
        thread.start()
        boxes = ["user.user1." + b for b in "abc"]

        def early():
            return any(BE2 in find(m, b) for b in boxes) or not thread.is_alive()
        murder.wait_for(early, "an early ACTIVATE")
        for pid in murder.Instance.descendants(m["be2"]):
            os.kill(pid, signal.SIGKILL)
        m["be2"].process.wait()
        m["be2"].process = None
        thread.join(60)
        assert answer, "XFER gave no answer"
        kind, data = answer[0]
        if kind == "OK" and not any(b"NO" in (d or b"") for d in data):
            raise harness.Skip("the move was faster than the test: %r" % data)
        m["be2"].start()
        restart(m, "be1", "be2")
        # be1 was never told that the move succeeded, and has not removed anything.
        assert message_files(m, "be1") == 60
        # Where the master follows the destination it keeps the claim of the source, and shows it:
        # only an administrator knows which copy is whole.
        shown = "".join(m["mup1"].run("murder", "-s", "mup1." + mixed.DOMAIN, "-u", "be1",
                                      "-w", "pw", what, check=False).stdout
                        for what in ("conflicts", "status"))
        for name in "abc":
            if BE2 in find(m, "user.user1." + name):
                assert "user.user1." + name in shown and BE1 in shown, shown


if __name__ == "__main__":
    mixed.enter()
    harness.main()
