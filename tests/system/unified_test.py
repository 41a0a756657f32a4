#!/usr/bin/env python3
"""A murder of servers that hold mail and proxy at once (mupdate_config: unified).

The IMAP tests that a backend and a frontend pass run again here, for mailboxes of this server and
of another one; then what only such a server can get wrong: moves under clients of the source, the
destination and a third, and lists that name each other's server.
"""
import base64
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder

murder.Murder.front = "backend2"
import imap_extensions_test as common

check = murder.check
SERVERS = ("backend1", "backend2", "backend3")
MESSAGE = b"From: a@example.org\r\nSubject: s\r\n\r\nbody\r\n"

for name, test in list(vars(common).items()):
    if name.startswith("test_") and test.__module__ == common.__name__ and \
            test.__code__ is common.test_quota.__code__:
        globals()[name] = test


def three(**extra):
    m = murder.Murder(backends=3, unified=True, extra=dict({"allowusermoves": "yes"}, **extra))
    m.add_user("alice", 1)
    m.add_user("bob", 2)
    return m


def count_at(m, server, user):
    with m.imap(server, user) as c:
        return int(check(c.select("INBOX"))[0])


def test_every_server_serves_every_user():
    with three() as m:
        for n, server in enumerate(SERVERS, 1):
            assert not m.deliver(MESSAGE, ["alice", "bob"], instance=server)
            for user in ("alice", "bob"):
                with m.imap(server, user) as c:
                    check(c.create("INBOX." + server))
                    assert len(check(c.list())) == n + 1
                    check(c.append("INBOX", None, None, MESSAGE))
                    assert check(c.status("INBOX", "(MESSAGES)")) == [
                        b"INBOX (MESSAGES %d)" % (2 * n)]
        with m.imap("backend3", "cyrus") as a:
            assert len(check(a.list())) == 8


def test_a_user_moves_and_every_server_follows():
    for grace in ("0s", "1h"):
        with three(move_grace=grace) as m:
            messages = 0
            for target in ("backend2", "backend3", "backend1", "backend2"):
                with m.imap("backend3", "cyrus") as a:
                    check(a.xatom("XFER", "user.alice", target))
                for server in SERVERS:
                    assert not m.deliver(MESSAGE, ["alice"], instance=server), server
                    messages += 1
                    murder.wait_for(lambda s=server: count_at(m, s, "alice") == messages, server)
            for server in SERVERS:
                out = m[server].run("ctl_mboxlist", "-m").stdout
                assert "0 activated, 0 removed from MUPDATE, 0 conflicts" in out, out
            with m.imap("backend1", "alice") as c:
                check(c.create("INBOX.sub"))
            with m.imap("backend2", "cyrus") as a:
                check(a.setacl("user.alice", "cyrus", "lrswipkxtecda"))
                check(a.delete("user.alice"))
            for server in SERVERS:
                with m.imap(server, "cyrus") as a:
                    murder.wait_for(lambda: check(a.list('""', "user.alice")) == [None], server)


def test_what_was_relayed_is_not_relayed_on():
    with three() as m:
        with m.imap("backend1") as c:
            plain = "\0".join(("bob", "murder", m.node_password)).encode()
            check(c.authenticate("PLAIN", lambda _: plain))
            kind, data = c.select("INBOX")
            assert kind == "NO" and b"has been moved to another server" in data[0], data
        with murder.Lmtp(*m["backend1"].address("lmtp"), timeout=murder.DEADLINE) as c:
            c.ehlo_or_helo_if_needed()
            plain = base64.b64encode(("\0murder\0" + m.node_password).encode()).decode()
            code, text = c.docmd("AUTH", "PLAIN " + plain)
            assert code == 235, text
            check_sender = c.mail("s@example.org")
            assert check_sender[0] == 250, check_sender
            assert c.rcpt("alice")[0] == 250
            assert c.rcpt("bob")[0] == 451


if __name__ == "__main__":
    harness.main()
