#!/usr/bin/env python3
"""mupdate_config: unified: every server holds mail and is a frontend for the others'.

What a backend and a frontend are asked by the other tests, asked of servers that are both: of the
one that has the mailbox, of another that has mail, or of one that has none of it. Each case is
asked at one of them, in turn; with ROOKERY_TESTS=all at each.
"""
import base64
import json
import os
import re
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import imap_extensions_test
import imap_frontend_test
import move_test
import murder

check = murder.check
MESSAGE = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: x\r\n\r\nHello\r\n"

# What is meant to differ.
OTHERWISE = {
    # A new mailbox is made at the server that is asked, or beside the one above it.
    "test_a_list_with_metadata_over_two_servers", "test_a_quota_root_is_on_one_server",
    # Each is a backend, and takes what backends say to each other.
    "test_node_commands_are_not_for_a_frontend",
    # Who comes to the server that a mailbox has left is served all the same.
    "test_what_is_left_stays_for_its_time",
    # Starts frontends of its own.
    "test_referrals_of_a_server_that_is_backend_and_frontend",
}
AT_ONE = {
    # Asks the backend first, and then the same server as a frontend; or refers
    # to itself, or restarts the server under its client; or plays the source, which has its own;
    # or takes a mailbox from the list that is asked.
    "backend1": {"test_metadata_of_the_server", "test_referrals_of_status_and_of_logins",
                 "test_who_has_gone_has_not_asked_for_the_next_user",
                 "test_a_user_comes_from_cyrus_3_12", "test_a_search_in_mailboxes_that_vanish",
                 "test_a_selected_mailbox_survives_a_restart_where_nothing_changed"},
    # Counts on two servers.
    "backend3": {"test_murder_rebalance"},
}


PLACES = {imap_extensions_test: ("backend1", "backend3"),
          imap_frontend_test: ("backend1", "backend3"),
          move_test: ("backend1", "backend2", "backend3")}


def asked_at(module):
    """name -> the places where the case is asked."""
    found = {}
    names = (n for n in vars(module) if n.startswith("test_") and n not in OTHERWISE)
    for n, name in enumerate(names):
        places = [p for p in PLACES[module] if name not in AT_ONE.get(p, ())]
        found[name] = places if harness.ALL else places[n % len(places):][:1]
    return found


def again(module, front):
    """The module's tests that are asked here, with this server in place of the frontend."""
    before, murder.Murder.front = murder.Murder.front, front
    kept = list(getattr(module, "MURDER", []))
    try:
        getattr(module, "MURDER", []).clear()
        for name, places in asked_at(module).items():
            if front in places:
                try:
                    vars(module)[name]()
                except harness.Skip:
                    continue
                except BaseException as e:
                    raise AssertionError("%s at %s" % (name, front)) from e
    finally:
        for m in getattr(module, "MURDER", []):
            m.stop()
        if hasattr(module, "MURDER"):
            module.MURDER[:] = kept
        murder.Murder.front = before


def test_extensions_where_the_mailbox_is():
    again(imap_extensions_test, "backend1")


def test_extensions_where_nothing_is():
    again(imap_extensions_test, "backend3")


def test_commands_between_here_and_there():
    again(imap_frontend_test, "backend1")


def test_commands_of_a_frontend():
    again(imap_frontend_test, "backend3")


def test_moves_seen_from_the_source():
    again(move_test, "backend1")


def test_moves_seen_from_the_destination():
    again(move_test, "backend2")


def test_moves_seen_from_a_third():
    again(move_test, "backend3")


def three(**extra):
    extra = {"allowusermoves": "yes", "move_grace": "0s", **extra}
    m = murder.Murder(backends=3, unified=True, extra=extra)
    m.add_user("ann", 1)
    m.add_user("bob", 2)
    return m


SERVERS = ("backend1", "backend2", "backend3")


def test_deliveries_to_any_server():
    with three() as m:
        for server in SERVERS:
            murder.wait_for(lambda: m.deliver(MESSAGE, ["ann", "bob"], instance=server) == {},
                            "both are known at " + server)
        for server in SERVERS:
            for user in ("ann", "bob"):
                with m.imap(server, user) as c:
                    assert int(check(c.select("INBOX"))[0]) >= 3
            assert m.deliver(MESSAGE, ["nobody"], instance=server)["nobody"][0] == 550
        # One server down concerns its own mailboxes only.
        m["backend2"].stop(signal.SIGKILL)
        refused = m.deliver(MESSAGE, ["ann", "bob"], instance="backend3")
        assert set(refused) == {"bob"} and refused["bob"][0] // 100 == 4, refused
        with m.imap("backend3", "ann") as c:
            check(c.select("INBOX"))
        m["backend2"].start()
        murder.wait_for(lambda: m.deliver(MESSAGE, ["bob"], instance="backend3") == {},
                        "bob's server is back")
        # Its own mailboxes outlive a kill: they are in no master's dump.
        with m.imap("backend1", "bob") as c:
            check(c.select("INBOX"))


def count_at(m, server, user):
    with m.imap(server, user) as c:
        return int(check(c.select("INBOX"))[0])


def test_every_server_serves_every_user():
    with three() as m:
        for n, server in enumerate(SERVERS, 1):
            for user in ("ann", "bob"):
                with m.imap(server, user) as c:
                    murder.wait_for(lambda: c.select("INBOX")[0] == "OK", user + " is known")
                    check(c.create("INBOX." + server))
                    assert len(check(c.list())) == n + 1
                    check(c.append("INBOX", None, None, MESSAGE))
                    assert check(c.status("INBOX", "(MESSAGES)")) == [b"INBOX (MESSAGES %d)" % n]
        with m.imap("backend3", "cyrus") as a:
            assert len(check(a.list())) == 8


def test_a_user_moves_and_every_server_follows():
    for grace in ("0s", "1h"):
        with three(move_grace=grace) as m:
            messages = 0
            for target in ("backend2", "backend3", "backend1", "backend2"):
                with m.imap("backend3", "cyrus") as a:
                    check(a.xatom("XFER", "user.ann", target))
                for server in SERVERS:
                    assert not m.deliver(MESSAGE, ["ann"], instance=server), server
                    messages += 1
                    murder.wait_for(lambda s=server: count_at(m, s, "ann") == messages, server)
            for server in SERVERS:
                out = m[server].run("ctl_mboxlist", "-m").stdout
                assert "0 activated, 0 removed from MUPDATE, 0 conflicts" in out, out
            with m.imap("backend1", "ann") as c:
                check(c.create("INBOX.sub"))
            with m.imap("backend2", "cyrus") as a:
                check(a.setacl("user.ann", "cyrus", "lrswipkxtecda"))
                check(a.delete("user.ann"))
            for server in SERVERS:
                with m.imap(server, "cyrus") as a:
                    murder.wait_for(lambda: check(a.list('""', "user.ann")) == [None], server)
            for server in SERVERS:
                if "user.ann" in m[server].run("murder", "move").stdout:
                    m[server].run("murder", "move", "--purge", "user.ann")
            for server in SERVERS:
                with m.imap("backend3", "cyrus") as a:
                    check(a.xatom("CREATE", "user.ann", server))
                    check(a.setacl("user.ann", "cyrus", "lrswipkxtecda"))
                    check(a.delete("user.ann"))


class Idler:
    """A client that wants to know of new mail, and connects again when it is told to go."""

    def __init__(self, m, server, user):
        self.m, self.server, self.user = m, server, user
        self.exists, self.connections = 0, 0
        self.connect()

    def connect(self):
        self.connections += 1
        self.c = self.m.imap(self.server, self.user)
        murder.wait_for(lambda: self.select() == "OK", self.user + " at " + self.server)
        self.c.send(b"i IDLE\r\n")
        assert self.c.readline().startswith(b"+ "), self.server

    def select(self):
        word, data = self.c.select("INBOX", readonly=True)
        if word == "OK":
            self.exists = int(data[0])
        return word

    def wait_for(self, messages):
        deadline = time.monotonic() + murder.DEADLINE
        while self.exists < messages:
            assert time.monotonic() < deadline, (self.server, self.exists)
            self.c.sock.settimeout(murder.DEADLINE)
            try:
                line = self.c.readline()
            except self.c.abort:
                line = b"* BYE"
            if not line or line.startswith(b"* BYE"):
                self.c.shutdown()
                self.connect()
            elif line.endswith(b" EXISTS\r\n"):
                self.exists = int(line.split()[1])
        assert self.exists == messages, (self.server, self.exists)


def test_who_waits_in_idle_hears_of_new_mail_after_a_move():
    for grace in ("0s", "1h"):
        with three(move_grace=grace) as m:
            clients = [Idler(m, server, "ann") for server in SERVERS]
            moves = ("backend2", "backend3", "backend1")
            for n, target in enumerate(moves, 1):
                with m.imap("backend3", "cyrus") as a:
                    check(a.xatom("XFER", "user.ann", target))
                murder.wait_for(lambda: not m.deliver(MESSAGE, ["ann"], instance=target), "mail")
                for client in clients:
                    client.wait_for(n)
            assert all(c.connections <= 1 + len(moves) for c in clients)
            for client in clients:
                client.c.shutdown()


def test_murder_check_looks_at_what_is_here_and_at_what_is_shown():
    with three(move_grace="1h") as m:
        def differences(at, code):
            done = m[at].run("murder", "check", "--json", check=False)
            assert done.returncode == code, (at, done.stdout)
            return {(r["server"], r["mailbox"]): r["meaning"]
                    for r in json.loads(done.stdout)["differences"]}
        with m.imap("backend3", "cyrus") as a:
            murder.wait_for(lambda: a.xatom("XFER", "user.ann", "backend2")[0] == "OK", "a move")
        for at in SERVERS:
            murder.wait_for(lambda: m[at].run("murder", "check", check=False).returncode == 0,
                            at + " has heard of all")
            assert not differences(at, 0)
        # A replica that is held up shows what was.
        pid, = m["backend3"].processes("mupdate")
        os.kill(pid, signal.SIGSTOP)
        try:
            with m.imap("backend1", "cyrus") as a:
                check(a.create("user.new"))
                check(a.setacl("user.bob", "cyrus", "lrswipkxtecda"))
                check(a.delete("user.bob"))
            found = differences("backend3", 1)
            names = {(server, re.sub(r"(DELETED\.user\.bob)\..*", r"\1", name))
                     for server, name in found}
            assert names == {("backend3", n) for n in ("user.new", "user.bob",
                                                       "DELETED.user.bob")}, found
            assert "does not show it yet" in found["backend3", "user.new"], found
            assert "does not have it any more" in found["backend3", "user.bob"], found
        finally:
            os.kill(pid, signal.SIGCONT)
        murder.wait_for(lambda: not m["backend3"].run("murder", "check", check=False).returncode,
                        "it has caught up")


def test_what_is_relayed_is_not_relayed_on():
    """Two lists that name each other's server must not send a command round for ever."""
    with three() as m:
        with m.imap("backend3", "ann") as c:
            murder.wait_for(lambda: c.select("INBOX")[0] == "OK", "ann is known")
        with m.imap("backend3") as c:
            secret = ("ann\0murder\0" + m.node_password).encode()
            check(c.authenticate("PLAIN", lambda _: secret))
            word, data = c.select("INBOX")
            assert word == "NO" and data[0].startswith(b"[UNAVAILABLE]"), (word, data)
        with murder.Lmtp(*m["backend3"].address("lmtp"), timeout=30) as c:
            c.ehlo_or_helo_if_needed()
            secret = base64.b64encode(("\0murder\0" + m.node_password).encode()).decode()
            code, text = c.docmd("AUTH", "PLAIN " + secret)
            assert code == 235, (code, text)
            refused = c.deliver("a@example.org", ["ann"], MESSAGE)
            assert refused["ann"][0] == 451, refused


if __name__ == "__main__":
    harness.main()
