#!/usr/bin/env python3
"""IMAP extensions, each test twice: at the backend, and through a frontend with the same answers."""
import atexit
import imaplib
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder

check = murder.check
MURDER = []
USERS = [0]


def the_murder():
    """One murder for all tests of this file."""
    if not MURDER:
        m = murder.Murder(backends=2, frontends=1, extra={"allowusermoves": "yes"})
        atexit.register(m.stop)
        MURDER.append(m)
    return MURDER[0]


def new_user(stem, backend=1):
    USERS[0] += 1
    name = "%s%d" % (stem, USERS[0])
    the_murder().add_user(name, backend)
    return name


def client(where, user):
    return the_murder().imap(where, user)


def command(c, text, ok="OK"):
    """One command as it stands: its untagged lines in order, and the text of its answer."""
    tag = c._new_tag()
    c.send(tag + b" " + text.encode() + b"\r\n")
    lines = []
    while True:
        line = c._get_line()
        while line.endswith(b"}") and line[line.rfind(b"{") + 1:-1].isdigit():
            size = int(line[line.rfind(b"{") + 1:-1])
            line += b"\r\n" + c.read(size) + c._get_line()
        if line.startswith(tag + b" "):
            kind, _, rest = line[len(tag) + 1:].partition(b" ")
            assert kind.decode() == ok, (text, line)
            return [x.decode() for x in lines], rest.decode()
        assert line.startswith(b"* "), line
        lines.append(line[2:])


def message(size=300, subject="s"):
    text = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: " + subject.encode() + b"\r\n\r\n"
    return text + b"x" * (size - len(text) - 2) + b"\r\n"


def twice(test):
    """At the backend, and through the frontend."""
    for where in ("backend1", "frontend1"):
        try:
            test(where)
        except Exception as e:
            e.args = ("%s: %s" % (where, e),)
            raise


def both(test):
    def run():
        twice(test)
    run.__name__ = test.__name__
    globals()["test_" + test.__name__] = run
    return run


@both
def quota(where):
    user = new_user("quota")
    root = "user." + user
    with client(where, "cyrus") as admin, client(where, user) as c:
        # No root: none is told.
        assert command(c, "GETQUOTAROOT INBOX")[0] == ["QUOTAROOT INBOX"]
        command(admin, "GETQUOTA " + root, ok="NO")
        command(c, "SETQUOTA INBOX (STORAGE 10)", ok="NO")
        command(admin, "SETQUOTA user.nobody.there (STORAGE 10)", ok="NO")
        command(admin, "SETQUOTA %s (BOTTLES 10)" % root, ok="NO")
        command(admin, "SETQUOTA %s (STORAGE)" % root, ok="BAD")
        lines, _ = command(admin, "SETQUOTA %s (STORAGE 10 MESSAGE 5 X-NUM-FOLDERS 3)" % root)
        assert lines == ["QUOTA %s (STORAGE 0 10 MESSAGE 0 5 MAILBOX 1 3)" % root], lines
        check(c.create("INBOX.Sub"))
        check(c.append("INBOX", None, None, message(3000)))
        check(c.append("INBOX.Sub", None, None, message(3000)))
        expected = ["QUOTAROOT INBOX.Sub INBOX", "QUOTA INBOX (STORAGE 5 10 MESSAGE 2 5 MAILBOX 2 3)"]
        assert command(c, "GETQUOTAROOT INBOX.Sub")[0] == expected
        assert command(c, "GETQUOTA INBOX")[0] == expected[1:]
        # Limits: of bytes, of messages, of mailboxes; all or none of a COPY.
        kind, data = c.append("INBOX", None, None, message(6000))
        assert kind == "NO" and b"[OVERQUOTA]" in data[0], data
        check(c.create("INBOX.Third"))
        kind, data = c.create("INBOX.Fourth")
        assert kind == "NO" and b"[OVERQUOTA]" in data[0], data
        check(c.append("INBOX", None, None, message(100)))
        check(c.append("INBOX", None, None, message(100)))
        check(c.select("INBOX"))
        kind, data = c.copy("1:2", "INBOX.Sub")
        assert kind == "NO" and b"[OVERQUOTA]" in data[0], data
        lines, _ = command(c, "MOVE 1:2 INBOX.Sub")
        assert any("COPYUID" in x for x in lines), lines
        # What is deleted is given back; no limits are a root too.
        check(c.delete("INBOX.Sub"))
        lines = command(c, "GETQUOTA INBOX")[0]
        assert lines == ["QUOTA INBOX (STORAGE 0 10 MESSAGE 1 5 MAILBOX 2 3)"], lines
        lines = command(admin, "SETQUOTA %s ()" % root)[0]
        assert lines == ["QUOTA %s ()" % root], lines
        check(c.append("INBOX", None, None, message(20000)))
        # A root goes with its tree, and to its new name.
        command(admin, "SETQUOTA %s (STORAGE 100)" % root)
        check(admin.rename(root, root + "x"))
        murder.wait_for(lambda: admin.list('""', root + "x")[1] != [None], "the new name")
        lines = command(admin, "GETQUOTA %sx" % root)[0]
        assert lines == ["QUOTA %sx (STORAGE 19 100)" % root], lines
        check(admin.setacl(root + "x", "cyrus", "lrswipkxtecda"))
        check(admin.delete(root + "x"))
        check(admin.create(root + "x"))
        command(admin, "GETQUOTA %sx" % root, ok="NO")


@both
def a_client_is_warned_before_its_quota_is_full(where):
    user = new_user("warned")
    with client(where, "cyrus") as admin, client(where, user) as c:
        command(admin, "SETQUOTA user.%s (STORAGE 10)" % user)
        check(c.append("INBOX", None, None, message(9500)))
        lines, _ = command(c, "SELECT INBOX")
        assert "NO [ALERT] Mailbox is at 90% of quota" in lines, lines


def test_a_delivery_over_quota_is_deferred():
    m = the_murder()
    user = new_user("full")
    with m.imap("backend1", "cyrus") as admin:
        command(admin, "SETQUOTA user.%s (STORAGE 2)" % user)
    # The one that makes it full still goes in (lmtp_strict_quota is off).
    assert not m.deliver(message(3000, "one"), [user])
    refused = m.deliver(message(300, "two"), [user])
    assert refused[user][0] == 452 and b"4.2.2" in refused[user][1], refused


def test_a_quota_root_is_on_one_server():
    m = the_murder()
    user, other = new_user("one", 1), new_user("two", 2)
    with m.imap("backend1", "cyrus") as admin:
        check(admin.create("shared"))
        check(admin.create("shared.one"))
    with m.imap("backend2", "cyrus") as admin:
        check(admin.create("shared.two"))
    with m.imap("frontend1", "cyrus") as admin:
        murder.wait_for(lambda: len(admin.list('""', "shared.%")[1]) == 2, "both are listed")
        _, text = command(admin, "SETQUOTA shared (STORAGE 10)", ok="NO")
        assert "single backend server" in text, text
        command(admin, "SETQUOTA shared.two (STORAGE 10)")
        assert command(admin, "GETQUOTA shared.two")[0] == ["QUOTA shared.two (STORAGE 0 10)"]


if __name__ == "__main__":
    harness.main()
