#!/usr/bin/env python3
"""IMAP through a frontend: every command of the table, two backends, one of them killed."""
import atexit
import imaplib
import os
import random
import re
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder

imaplib.Commands.setdefault("MOVE", ("SELECTED",))
imaplib.Commands.setdefault("UNSELECT", ("SELECTED",))
imaplib.Commands.setdefault("UNAUTHENTICATE", ("AUTH", "SELECTED"))
imaplib.Commands.setdefault("IDLE", ("SELECTED",))
check = murder.check
MURDER = []


def the_murder():
    """One murder for all tests of this file; user bob on backend1, alice on backend2."""
    if not MURDER:
        m = murder.Murder(backends=2, frontends=2,
                          extra={"backend_timeout": "20s", "client_timeout": "3s",
                                 "backend_retry": "1s"})
        atexit.register(m.stop)
        MURDER.append(m)
        m.add_user("bob", backend=1)
        m.add_user("alice", backend=2)
        # bob has a mailbox on the other server too.
        with m.imap("frontend1", "cyrus") as c:
            check(c.create("shared"))
        with m.imap("backend2", "cyrus") as c:
            murder_create(c, "common")
            check(c.setacl("common", "bob", "lrswipkxtecda"))
        with m.imap("backend1", "cyrus") as c:
            murder_create(c, "common1")
            check(c.setacl("common1", "bob", "lrswipkxtecda"))
        for f in ("frontend1", "frontend2"):
            murder.wait_for(lambda f=f: listed(m, f, "bob") >= {"INBOX", "common", "common1"},
                            "the list at " + f)
    return MURDER[0]


def murder_create(c, name):
    check(c.create(name))


def listed(m, where, user):
    with m.imap(where, user) as c:
        return {line.decode().rsplit(" ", 1)[1].strip('"')
                for line in check(c.list()) if line}


def client(user="bob", where="frontend1"):
    return the_murder().imap(where, user)


def message(size=500):
    words = bytes(random.choice(b"abcdefghij klmnop") for _ in range(min(size, 2000)))
    body = (words + b"\r\n") * (size // (len(words) + 2) + 1)
    return b"From: a@example.org\r\nSubject: test %d\r\n\r\n" % random.getrandbits(40) + body


def bodies(c, mailbox):
    check(c.select(mailbox, readonly=True))
    data = check(c.fetch("1:*", "(BODY.PEEK[])")) if int(c.untagged_responses["EXISTS"][-1]) else []
    c.unselect()
    return sorted(d[1] for d in data if isinstance(d, tuple))


def empty(c, mailbox):
    check(c.select(mailbox))
    if int(c.untagged_responses["EXISTS"][-1]):
        check(c.store("1:*", "+FLAGS.SILENT", "(\\Deleted)"))
    check(c.close())


def put(c, mailbox, *messages, flags="(\\Seen)"):
    for text in messages:
        check(c.append(mailbox, flags, '" 1-Jan-2020 10:00:00 +0000"', text))


# ------------------------------------------------------------------ the commands

def test_commands_before_and_after_login():
    with the_murder().imap("frontend1") as c:
        check(c.noop())
        assert "IMAP4REV1" in c.capabilities
        check(c.xatom("ID", "NIL"))
        check(c.login("bob", the_murder().password))
        check(c.namespace())
        check(c.enable("CONDSTORE"))
        check(c.list())
    with the_murder().imap("frontend1") as c:
        check(c.authenticate("PLAIN", lambda _: b"\0bob\0" + the_murder().password.encode()))


def test_append_fetch_store_search_expunge():
    with client() as c:
        empty(c, "INBOX")
        small, large = message(300), message(300000)
        put(c, "INBOX", small, large)
        assert bodies(c, "INBOX") == sorted([small, large])
        check(c.select("INBOX"))
        check(c.check())
        check(c.noop())
        check(c.store("1", "+FLAGS", "(\\Flagged $Work)"))
        assert check(c.search(None, "KEYWORD", "$Work")) == [b"1"]
        assert check(c.uid("SEARCH", "ALL"))[0]
        check(c.uid("FETCH", "1:*", "(FLAGS UID ENVELOPE BODYSTRUCTURE)"))
        check(c.uid("STORE", "1:*", "+FLAGS", "(\\Deleted)"))
        uids = check(c.uid("SEARCH", "ALL"))[0].split()
        check(c.uid("EXPUNGE", uids[0].decode()))
        check(c.expunge())
        assert check(c.search(None, "ALL")) == [b""]
        check(c.close())
        check(c.status("INBOX", "(MESSAGES UIDNEXT UIDVALIDITY)"))


def test_namespace_changes_are_seen_at_once_and_soon_everywhere():
    m = the_murder()
    with client() as c, client(where="frontend2") as other:
        check(c.create("INBOX.new"))
        check(c.select("INBOX.new"))
        check(c.unselect())
        check(other.select("INBOX.new"))   # a miss there asks the master
        check(other.unselect())
        check(c.setacl("INBOX.new", "alice", "lr"))
        assert b"alice" in check(c.getacl("INBOX.new"))[0]
        check(c.xatom("LISTRIGHTS", "INBOX.new", "alice"))
        check(c.myrights("INBOX.new"))
        check(c.deleteacl("INBOX.new", "alice"))
        assert b"alice" not in check(c.getacl("INBOX.new"))[0]
        check(c.rename("INBOX.new", "INBOX.newer"))
        assert "INBOX.newer" in listed(m, "frontend1", "bob")
        assert "INBOX.new" not in listed(m, "frontend1", "bob")
        check(c.delete("INBOX.newer"))
        assert "INBOX.newer" not in listed(m, "frontend1", "bob")
        murder.wait_for(lambda: "INBOX.newer" not in listed(m, "frontend2", "bob"),
                        "DELETE is known everywhere", 2)
        answer = c.select("INBOX.newer")
        assert answer[0] == "NO" and b"NONEXISTENT" in answer[1][0], answer


def test_an_administrator_chooses_the_server():
    m = the_murder()
    with client("cyrus") as c:
        for server in ("backend1", "backend2"):
            check(c.xatom("CREATE", "placed-" + server, server))
            with m.imap(server, "cyrus") as direct:
                check(direct.select("placed-" + server))
        # A bare server, and a partition at one.
        check(c.xatom("RENAME", "placed-backend1", "placed-backend1", "backend2!default"))
        check(c.xatom("RENAME", "placed-backend2", "placed-backend2", "backend1"))
        answer = c.xatom("RENAME", "placed-backend1", "placed-elsewhere", "backend1")
        assert answer[0] == "NO", answer
        for server, other in (("backend1", "backend2"), ("backend2", "backend1")):
            with m.imap(server, "cyrus") as direct:
                check(direct.select("placed-" + other))
        for server in ("backend1", "backend2"):
            c.setacl("placed-" + server, "cyrus", "lrswipkxtecda")
            check(c.delete("placed-" + server))


def test_subscriptions():
    with client() as c:
        check(c.subscribe("INBOX"))
        check(c.subscribe("common"))       # on the other server
        assert c.subscribe("INBOX.nothing")[0] == "NO"
        lines = b"\n".join(check(c.lsub()))
        assert b"common" in lines and b"INBOX" in lines, lines
        assert b"\\Noselect" not in lines and b"\\NonExistent" not in lines, lines
        check(c.unsubscribe("common"))
        assert b"common" not in b"\n".join(x or b"" for x in check(c.lsub()))


def test_copy_and_move_between_servers_and_on_one():
    with client() as c:
        for name in ("INBOX", "common", "common1"):
            empty(c, name)
        texts = [message(n) for n in (10, 4000, 5000, 100000)]
        put(c, "INBOX", *texts)
        for target in ("common", "common1"):
            check(c.select("INBOX"))
            check(c.copy("1:*", target))
            assert b" " in c.untagged_responses.get("COPYUID", [b"x y z"])[0]
            check(c.unselect())
            assert bodies(c, target) == sorted(texts)
            check(c.select(target, readonly=True))
            flags = b"".join(check(c.fetch("1:*", "(FLAGS INTERNALDATE)")))
            assert flags.count(b"\\Seen") == 4 and flags.count(b"1-Jan-2020") == 4, flags
            check(c.unselect())
            empty(c, target)
            check(c.select("INBOX"))
            check(c.uid("MOVE", "1:*", target))
            assert check(c.search(None, "ALL")) == [b""]
            check(c.unselect())
            assert bodies(c, target) == sorted(texts) and bodies(c, "INBOX") == []
            check(c.select(target))
            check(c._simple_command("MOVE", "1:*", "INBOX"))
            check(c.unselect())
            assert bodies(c, "INBOX") == sorted(texts) and bodies(c, target) == []
        check(c.select("INBOX"))
        answer = c.copy("1", "INBOX.nothing")
        assert answer[0] == "NO" and b"TRYCREATE" in answer[1][0], answer


class Raw:
    def __init__(self, user="bob", where="frontend1"):
        m = the_murder()
        self.s = socket.create_connection(m[where].address("imap"), murder.DEADLINE)
        self.f = self.s.makefile("rb")
        self.f.readline()
        self.send("l LOGIN %s %s\r\n" % (user, m.password))
        assert self.until("l")[-1].startswith(b"l OK")

    def send(self, text):
        self.s.sendall(text if isinstance(text, bytes) else text.encode())

    def until(self, tag):
        lines = []
        while True:
            line = self.f.readline()
            if not line:
                raise EOFError(lines)
            lines.append(line.rstrip(b"\r\n"))
            if line.startswith(tag.encode() + b" "):
                return lines

    def close(self):
        self.s.close()


def test_uid_commands_where_the_mailbox_is_elsewhere():
    for user in ("bob", "alice"):
        c = client(user)
        name = "INBOX.uids"
        check(c.create(name))
        check(c.create("INBOX.target"))
        for n in range(4):
            put(c, name, message(300 + n))
        check(c.select(name))

        def uids():
            return check(c.uid("SEARCH", "ALL"))[0].split()   # UID SEARCH
        first = uids()
        assert len(first) == 4
        data = check(c.uid("FETCH", first[0], "(FLAGS RFC822.SIZE)"))   # UID FETCH
        assert b"UID " + first[0] in data[0], data
        check(c.uid("STORE", first[0], "+FLAGS", r"(\Deleted)"))   # UID STORE
        check(c.uid("STORE", first[1], "+FLAGS", r"(\Deleted)"))
        check(c.uid("EXPUNGE", first[0]))   # UID EXPUNGE: the other deleted one stays
        assert uids() == first[1:]
        check(c.uid("COPY", first[2], "INBOX.target"))   # UID COPY
        check(c.uid("MOVE", first[3], "INBOX.target"))   # UID MOVE
        assert uids() == first[1:3]
        assert len(bodies(c, "INBOX.target")) == 2
        check(c.select(name, readonly=True))
        assert c._simple_command("STORE", "1", "FLAGS", "()")[0] == "NO", "EXAMINE is read-only"
        c.unselect()
        for gone in (name, "INBOX.target"):
            check(c.delete(gone))
        c.logout()


def test_commands_that_are_answered_here():
    c = client()
    words = check(c.capability())[0].split()   # CAPABILITY
    assert b"IMAP4REV1" in [w.upper() for w in words] and b"STARTTLS" not in words
    root = check(c.getquotaroot("INBOX"))   # GETQUOTAROOT
    assert root[0] == [b"INBOX"], root
    c.logout()


def test_an_administrator_goes_back_to_the_login():
    with client("cyrus") as c:
        assert b"UNAUTHENTICATE" in check(c.capability())[0]
        check(c.getacl("user.bob"))
        check(c.xatom("UNAUTHENTICATE"))
        c.state = "NONAUTH"
        check(c.login("alice", the_murder().password))
        assert b"UNAUTHENTICATE" not in check(c.capability())[0]
        assert c.getacl("user.bob")[0] == "NO"
        check(c.select("INBOX"))


def test_node_commands_are_not_for_a_frontend():
    """LOCALCREATE, LOCALAPPEND, LOCALDELETE and MUPDATEPUSH are a backend's own affair."""
    for user in ("bob", "cyrus"):
        r = Raw(user)
        for n, command in enumerate(["LOCALCREATE user.bob.local default", "LOCALDELETE user.bob",
                                     "MUPDATEPUSH user.bob"]):
            r.send(b"%d %s\r\n" % (n, command.encode()))
            answer = r.until(str(n))[-1].split()
            assert answer[1] in (b"NO", b"BAD"), (user, command, answer)
        r.send(b"8 LOCALAPPEND user.bob {5+}\r\nhello\r\n")
        assert r.until("8")[-1].split()[1] in (b"NO", b"BAD")
        assert "INBOX.local" not in listed(the_murder(), "frontend1", "bob")
    with client("bob") as c:
        check(c.select("INBOX"))


def test_starttls_at_the_frontend():
    with murder.Murder(backends=1, tls=True, extra={"allowplaintext": "no"}) as m:
        import ssl
        context = ssl.create_default_context(cafile=os.path.join(m.dir, "tls", "cert.pem"))
        m.set_passwords({"carl": "pw"})
        c = imaplib.IMAP4(*m["frontend1"].address("imap"))
        assert "STARTTLS" in c.capabilities and "LOGINDISABLED" in c.capabilities
        check(c.starttls(context))   # STARTTLS
        assert "STARTTLS" not in c.capabilities
        check(c.login("carl", "pw"))
        c.logout()


def test_idle():
    r = Raw()
    r.send("1 SELECT INBOX\r\n")
    r.until("1")
    r.send("2 IDLE\r\n")
    assert r.f.readline().startswith(b"+")
    with client(where="frontend2") as c:
        put(c, "INBOX", message())
    line = r.f.readline()
    assert line.endswith(b" EXISTS\r\n"), line
    r.send("DONE\r\n")
    assert r.until("2")[-1].startswith(b"2 OK")
    r.close()


def test_pipelined_commands_keep_their_order():
    r = Raw()
    r.send("1 SELECT INBOX\r\n2 STATUS common (MESSAGES)\r\n3 UNSELECT\r\n4 SELECT common\r\n"
           "5 NOOP\r\n6 CLOSE\r\n7 LIST \"\" INBOX\r\n")
    for tag in "1234567":
        lines = r.until(tag)
        assert lines[-1].startswith(tag.encode() + b" OK"), lines
    r.close()


def test_what_a_literal_holds_is_no_command():
    text = b"Subject: x\r\n\r\nx1 DELETE INBOX.keep\r\nx2 LOGOUT\r\n{5+}\r\n"
    r = Raw()
    r.send("1 CREATE INBOX.keep\r\n")
    r.until("1")
    r.send(b"2 APPEND INBOX.keep {%d+}\r\n%s\r\n" % (len(text), text) +
           b"3 STATUS INBOX.keep (MESSAGES)\r\n")
    assert r.until("2")[-1].startswith(b"2 OK")
    assert b"(MESSAGES 1)" in r.until("3")[0]
    for n, bad in enumerate(["SEARCH TEXT {5}x", "SEARCH (", 'SEARCH "a', "SEARCH a\rb",
                             "SEARCH a\nb", "XUNKNOWN", "FETCH"]):
        r.send("b%d SELECT INBOX.keep\r\nc%d %s\r\nd%d NOOP\r\n" % (n, n, bad, n))
        assert r.until("b%d" % n)[-1].startswith(b"b%d OK" % n)
        assert b" BAD " in r.until("c%d" % n)[-1], bad
        assert r.until("d%d" % n)[-1].startswith(b"d%d OK" % n)  # in step again
    r.send("9 DELETE INBOX.keep\r\n")
    r.until("9")
    r.close()


def test_many_sessions_at_once():
    errors = []

    def one(n):
        try:
            with client(where="frontend%d" % (n % 2 + 1)) as c:
                name = "INBOX.many%d" % n
                check(c.create(name))
                text = message(20000)
                put(c, name, text)
                assert bodies(c, name) == [text]
                check(c.delete(name))
        except Exception as e:
            errors.append(repr(e))
    threads = [threading.Thread(target=one, args=(n,)) for n in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not errors, errors


# ------------------------------------------------------------------ faults (the last tests)

def test_one_backend_down_concerns_its_mailboxes_only():
    m = the_murder()
    alice = client("alice")
    with client() as bob:
        check(bob.select("INBOX"))
        check(alice.select("INBOX"))
        m["backend2"].stop(murder.signal.SIGKILL)
        try:
            check(bob.search(None, "ALL"))
            answer = bob.status("common", "(MESSAGES)")
            assert answer[0] == "NO" and b"UNAVAILABLE" in answer[1][0], answer
            assert "common" in listed(m, "frontend1", "bob")
            assert bob.copy("1:*", "common")[0] == "NO"
            check(bob.noop())
            try:
                answer = alice.store("1", "+FLAGS", "(\\Seen)")
                raise AssertionError(answer)
            except imaplib.IMAP4.abort:
                alice.shutdown()  # BYE
        finally:
            m["backend2"].start()

        def back():
            return bob.status("common", "(MESSAGES)")[0] == "OK"
        murder.wait_for(back, "the backend is used again")
    with client("alice") as again:
        check(again.select("INBOX"))


def test_a_selected_mailbox_survives_a_restart_where_nothing_changed():
    m = the_murder()
    with client() as c:
        put(c, "INBOX", message())
        check(c.select("INBOX"))
        before = check(c.uid("SEARCH", "ALL"))
        m["backend1"].stop()
        m["backend1"].start()
        assert check(c.uid("SEARCH", "ALL")) == before


if __name__ == "__main__":
    harness.main()
