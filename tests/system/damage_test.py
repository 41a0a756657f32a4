#!/usr/bin/env python3
"""One damaged thing costs itself, is logged once, and heals or is mended by a command.

First the cases in which a client must see what is left; then a table: each persistent file of each
kind of server, lost, empty, torn, garbage and of a newer version, while other users' mail goes on.
"""
import glob
import os
import re
import shutil
import socket
import ssl
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder
import pop3_client
from murder import wait_for


def letter(subject, size=2000):
    return ("From: a@example.org\r\nTo: b@example.org\r\nSubject: %s\r\n"
            "Message-ID: <%s@example.org>\r\nDate: Sat, 28 Nov 2026 12:00:00 +0000\r\n\r\n%s\r\n"
            % (subject, subject, "word %s " % subject * (size // 16))).encode()


def logs(instance):
    """master's log and what its children say where they cannot write to it."""
    return [p for p in (instance.log, os.path.join(instance.dir, "master.out"))
            if os.path.exists(p)]


def logged(instance, since=None):
    text = ""
    for path in logs(instance):
        with open(path, errors="replace") as f:
            f.seek((since or {}).get(path, 0))
            text += f.read()
    return text


def size_of_log(instance):
    return {path: os.path.getsize(path) for path in logs(instance)}


def folder_of(instance, mailbox="user/bob"):
    return os.path.join(instance.dir, "spool", mailbox)


def body(answer):
    """number -> bytes or None, of FETCH answers."""
    found = {}
    for part in answer:
        head, text = part if isinstance(part, tuple) else (part, None)
        m = re.match(rb"(\d+) \(", head)
        if m:
            found[int(m.group(1))] = text
    return found


# ------------------------------------------------------------------ messages

def cut(path, size):
    os.truncate(path, size)


MESSAGE_FAULTS = {
    "lost": os.unlink,
    "empty": lambda p: cut(p, 0),
    "torn": lambda p: cut(p, os.path.getsize(p) // 2),
    "garbage": lambda p: open(p, "ab").write(b"x" * 999),
}


def test_a_damaged_message_leaves_the_others():
    with murder.Murder(backends=2) as m:
        m.add_user("bob", backend=1)
        m.add_user("ann", backend=2)
        m.add_user("eve", backend=1)
        b = m["backend1"]
        with m.imap("backend1", "cyrus") as admin:
            murder.check(admin.setacl("user.eve", "bob", "lrswipte"))
        with m.imap("backend2", "cyrus") as admin:
            murder.check(admin.setacl("user.ann", "bob", "lrswipte"))
        for kind, fault in MESSAGE_FAULTS.items():
            with m.imap("frontend1", "bob") as c:
                murder.check(c.create("INBOX.%s" % kind))
                for i in (1, 2, 3):
                    text = letter("%s-%d" % (kind, i))
                    murder.check(c.append("INBOX.%s" % kind, None, None, text))
                murder.check(c.select("INBOX.%s" % kind))
                since = size_of_log(b)
                fault(os.path.join(folder_of(b, "user/bob/" + kind), "2."))
                found = body(murder.check(c.fetch("1:3", "(BODY.PEEK[])")))
                assert found[1] == letter(kind + "-1") and found[3] == letter(kind + "-3"), kind
                assert found[2] is None, (kind, found[2])
                found = body(murder.check(c.uid("FETCH", "1:3", "(BODY.PEEK[TEXT])")))
                assert found[1] and found[2] is None and found[3], (kind, found)
                data = murder.check(c.fetch("2", "(FLAGS ENVELOPE RFC822.SIZE)"))[0]
                assert (kind + "-2").encode() in data, (kind, data)
                assert murder.check(c.search(None, "BODY", "word"))[0] == b"1 3", kind
                for command in ("SEARCH BODY word", "SORT (SIZE) UTF-8 BODY word",
                                "UID THREAD REFERENCES UTF-8 BODY word"):
                    answer = c._simple_command(*command.split(" ", 1))
                    assert answer[0] == "OK", (kind, command, answer)
                    assert b"damaged messages were not searched" in answer[1][0], (kind, answer)
                answer = c._simple_command("SEARCH", "1,3 BODY word")
                assert b"damaged" not in answer[1][0], (kind, answer)
                c.untagged_responses.clear()
                # As ENVELOPE: its header is in the cache.
                assert murder.check(c.search(None, "SUBJECT", kind))[0] == b"1 2 3", kind
                assert murder.check(c.search(None, "UID", "1:*"))[0] == b"1 2 3", kind
                for to in ("user.eve", "user.ann"):
                    for verb in ("COPY", "MOVE"):
                        answer = c.uid(verb, "1:3", to)
                        assert answer[0] == "NO" and b"UID 2 " in answer[1][0], (to, answer)
                    murder.check(c.uid("COPY", "1,3", to))
                named = [line for line in logged(b, since).splitlines() if "is damaged" in line]
                assert len(named) == 1 and "uid=2" in named[0], (kind, named)
                murder.check(c.store("2", "+FLAGS", "(\\Deleted)"))
                assert murder.check(c.expunge()) == [b"2"], kind
            # reconstruct names what it mends. The copies are links: they are to stay.
            path = os.path.join(folder_of(b, "user/bob/" + kind), "3.")
            shutil.copy(path, path + "NEW")
            os.rename(path + "NEW", path)
            fault(path)
            m.give(os.path.dirname(path))
            since = size_of_log(b)
            told = b.run("reconstruct", "user.bob." + kind).stdout + logged(b, since)
            assert "uid=3" in told, (kind, told)
            with m.imap("frontend1", "bob") as c:
                count = int(murder.check(c.select("INBOX." + kind))[0])
                assert count == (1 if kind == "lost" else 2), (kind, count)
                found = body(murder.check(c.fetch("1:*", "(BODY.PEEK[])")))
                assert all(text is not None for text in found.values()) or kind == "empty", found
        for user in ("eve", "ann"):
            with m.imap("frontend1", user) as c:
                murder.check(c.select("INBOX"))
                found = body(murder.check(c.fetch("1:*", "(BODY.PEEK[])")))
                assert len(found) == 2 * len(MESSAGE_FAULTS) and None not in found.values()


def test_a_lost_index_finds_the_internal_dates():
    with murder.Murder(backends=1, frontends=0) as m:
        m.add_user("bob")
        b = m["backend1"]
        with m.imap("backend1", "bob") as c:
            murder.check(c.append("INBOX", None, '"01-Feb-2003 04:05:06 +0000"', letter("old")))
            murder.check(c.create("INBOX.Sub"))
            murder.check(c.select("INBOX"))
            murder.check(c.copy("1", "INBOX.Sub"))
        for name in ("user/bob", "user/bob/Sub"):
            os.unlink(os.path.join(folder_of(b, name), "rookery.index"))
        b.run("reconstruct", "-r", "user.bob")
        with m.imap("backend1", "bob") as c:
            for name in ("INBOX", "INBOX.Sub"):
                murder.check(c.select(name))
                assert b'" 1-Feb-2003 04:05:06 +0000"' in murder.check(
                    c.fetch("1", "INTERNALDATE"))[0].replace(b'"01-', b'" 1-')
        # Without its header a mailbox is left alone, and what to do is said.
        os.unlink(os.path.join(folder_of(b, "user/bob/Sub"), "rookery.header"))
        for arguments in ((), ("user.bob.Sub",), ("-r", "user.bob")):
            said = b.run("reconstruct", *arguments, check=False)
            assert said.returncode == 75, said
            assert "user.bob.Sub: rookery.header is gone; reconstruct -f" in said.stdout, said
        assert b.run("reconstruct", "user.bob", check=False).returncode == 0
        b.run("reconstruct", "-f", "user.bob.Sub")
        with m.imap("backend1", "bob") as c:
            assert murder.check(c.select("INBOX.Sub")) == [b"1"]


# ------------------------------------------------------------------ TLS

def greeting(address):
    with socket.create_connection(address, murder.DEADLINE) as s:
        s.settimeout(murder.DEADLINE)
        return s.recv(1000)


def refused(address):
    try:
        with socket.create_connection(address, murder.DEADLINE):
            return False
    except ConnectionRefusedError:
        return True


def spoil_key(path):
    with open(path, "w") as f:
        f.write("-----BEGIN PRIVATE KEY-----\nno\n-----END PRIVATE KEY-----\n")


def test_without_a_key_what_needs_none_serves():
    with murder.Murder(backends=1, frontends=1, tls=True, start=False,
                       extra={"tls_client_ca_file": None}) as m:
        for i in m.instances:
            i.ports["imaps"] = m.ports.take()
            i.extra.update({"tls_server_key": os.path.join(i.dir, "key.pem"),
                            "tls_server_cert": os.path.join(i.dir, "cert.pem")})
        for name, program in (("backend1", "imapd"), ("frontend1", "proxyd")):
            i = m[name]
            i.services["imaps"] = 'cmd="%s -C %s -s" listen="%s" prefork=1' % (
                program, i.imapd_conf, i.host_port("imaps"))
        m.make_certificate()

        def keys(good):
            for i in m.instances:
                os.makedirs(i.dir, exist_ok=True)
                for name in ("key.pem", "cert.pem"):
                    shutil.copy(os.path.join(m.dir, "tls", name), os.path.join(i.dir, name))
                if not good:
                    spoil_key(os.path.join(i.dir, "key.pem"))
                m.give(i.dir)
        keys(False)
        m.start()
        m.add_user("bob")
        assert m.deliver(letter("plain"), ["bob"]) == {}
        with m.imap("frontend1", "bob") as c:
            assert "STARTTLS" not in c.capabilities, c.capabilities
            murder.check(c.select("INBOX"))
            assert body(murder.check(c.fetch("1", "(BODY[])")))[1]
        for name in ("backend1", "frontend1"):
            i = m[name]
            wait_for(lambda: "ready, without imaps" in logged(i), "ready\n" + i.tail())
            assert refused(i.address("imaps"))
            lines = [line for line in logged(i).splitlines() if "key.pem" in line]
            assert len(lines) == 1 and "TLS is not offered" in lines[0], lines
            lines = [line for line in logged(i).splitlines() if "service=imaps" in line]
            assert len(lines) == 1 and "disabled" in lines[0], lines
        # A key that is good again: what serves finds it, SIGHUP brings the rest.
        keys(True)
        for name in ("backend1", "frontend1"):
            i = m[name]

            def starttls():
                with m.imap(name) as c:
                    return "STARTTLS" in c.capabilities
            wait_for(starttls, "STARTTLS")
            os.kill(i.pid(), 1)
            wait_for(lambda: not refused(i.address("imaps")), "imaps")
            context = ssl.create_default_context(cafile=os.path.join(m.dir, "tls", "cert.pem"))
            with socket.create_connection(i.address("imaps"), murder.DEADLINE) as s:
                with context.wrap_socket(s, server_hostname=name) as t:
                    assert t.recv(100).startswith(b"* OK")
        # One that breaks while the service has TLS changes nothing.
        since = size_of_log(m["backend1"])
        keys(False)
        wait_for(lambda: "the old one goes on" in logged(m["backend1"], since), "noticed")
        with m.imap("backend1", "bob") as c:
            assert "STARTTLS" in c.capabilities


# ------------------------------------------------------------------ the table

def newer(text):
    """The file as a later version would write it, as far as that can be said of it."""
    for old, new in ((b"RkDB\x01", b"RkDB\x63"), (b"RKINDEX\n\x01", b"RKINDEX\n\x63"),
                     (b"rookery header 1", b"rookery header 9"), (b"RKCACHE5", b"RKCACHE9"),
                     (b"rookery annotations 1", b"rookery annotations 9"),
                     (b"rookery seen 1", b"rookery seen 9"), (b"RKHEALT1", b"RKHEALT9"),
                     (b"RKCOUNT\n\x01", b"RKCOUNT\n\x63"), (b"RKSCORE\n\x01", b"RKSCORE\n\x63"),
                     (b"rookery quotas 1", b"rookery quotas 9"),
                     (b"RKMUPLOG\x01", b"RKMUPLOG\x63"), (b"RKMUPSTA\x01", b"RKMUPSTA\x63")):
        if old in text:
            return text.replace(old, new, 1)
    return None


def torn(text):
    """Half of it; of a tdb file, which is mostly room, what is before its first record."""
    return text[:text.index(b"RkDB")] if b"RkDB" in text else text[:len(text) // 2]


FAULTS = {
    "lost": lambda text: "lost",
    "empty": lambda text: b"",
    "torn": torn,
    "garbage": lambda text: bytes(range(256)) * 40,
    "newer": newer,
}


class Row:
    """A kind of file. Of each fault it heals by itself, unless it is in mended: then the log names
    the thing, and the command makes it good. stop: the server is stopped meanwhile, because it has
    the file open or reads it at start only. fatal: the server does not start, and says why."""

    def __init__(self, pattern, on=("backend1",), stop=False, mended="", command=None, named="",
                 fatal="", only=tuple(FAULTS)):
        self.pattern, self.on, self.stop = pattern, on, stop
        self.mended, self.command, self.named = mended.split(), command, named
        self.fatal, self.only = fatal.split(), only

    def is_kind_of(self, name):
        """Of any user or mailbox, not only of the one that is damaged."""
        anyone = self.pattern.replace("user/bob/", ".*/").replace("user/b/bob", ".*/[^/]+")
        return re.fullmatch(anyone.replace("1\\.", "[0-9]+\\."), name)


def reconstruct(i, path):
    i.run("reconstruct", "user.bob")


def reconstruct_header(i, path):
    i.run("reconstruct", "-f", "user.bob")


def remove(i, path):
    os.unlink(path)


def restore_copy(i, path):
    shutil.copy(os.path.join(i.dir, "conf", "db.backup1", os.path.basename(path)), path)


ALL = ("backend1", "frontend1", "mupdate")
MAILERS = ("backend1", "frontend1")
ROWS = [
    Row(r"spool/user/bob/rookery\.index", mended="lost empty garbage newer", command=reconstruct,
        named="index"),
    Row(r"spool/user/bob/rookery\.header", mended="lost empty torn garbage newer",
        command=reconstruct_header, named="header|no mailbox there"),
    Row(r"spool/user/bob/rookery\.cache"),
    Row(r"spool/user/bob/rookery\.lock"),
    Row(r"spool/user/bob/rookery\.maildrop"),
    Row(r"spool/user/bob/rookery\.annotations"),
    Row(r"spool/user/bob/1\."),
    Row(r"conf/user/b/bob\.seen"),
    Row(r"conf/user/b/bob\.sub"),
    Row(r"conf/user_deny\.db", on=ALL),
    Row(r"conf/quotas\.tdb", stop=False),
    Row(r"conf/quotas\.tdb", stop=True),
    Row(r"conf/quotas\.limits"),
    Row(r"conf/uidvalidity"),
    Row(r"conf/deliver\.tdb", stop=True),
    Row(r"conf/backends\.health", on=MAILERS, stop=True),
    Row(r"conf/proc/counters", on=MAILERS, stop=True),
    Row(r"conf/proc/scoreboard", on=MAILERS, stop=True),
    Row(r"conf/mailboxes\.tdb", on=("frontend1",), stop=True),
    Row(r"conf/mailboxes\.tdb", stop=True, fatal="lost empty torn garbage newer",
        command=restore_copy, named="mailboxes.tdb|list is older"),
    Row(r"conf/mailboxes\.tdb", on=("mupdate",), stop=True,
        fatal="lost empty torn garbage newer", named="mailboxes.tdb|mailbox list"),
    Row(r"conf/mupdate/log\.[0-9a-f]{16}", on=("mupdate",), stop=True,
        fatal="garbage newer", named="conf/mupdate", only=("lost", "garbage", "newer")),
    Row(r"conf/mupdate/state", on=("mupdate",), stop=True,
        fatal="lost empty torn garbage newer", named="conf/mupdate"),
    Row(r"conf/.*\.(articles|duplicates|gate|lock|workers)|conf/lock/.*|"
        r"conf/mupdate/(lock|reserve)", on=ALL, stop=True),
]
# What a test writes, or a process makes for its own life.
NOT_STATE = re.compile(r"cyrus\.conf|imapd\.conf|log|master\.out|master\.pid|ready|conf/socket/.*|"
                       r"conf/db\.backup\d/.*")


def scenario(m):
    """Something in every persistent file."""
    for user, backend in (("bob", 1), ("alice", 1), ("ann", 2)):
        m.add_user(user, backend=backend)
    with m.imap("frontend1", "cyrus") as admin:
        murder.check(admin.setacl("user.alice", "bob", "lrswipte"))
    with m.imap("backend1", "cyrus") as admin:
        murder.check(admin.setquota("user.bob", "(STORAGE 100000)"))
    for i in range(3):
        assert m.deliver(letter("first-%d" % i), ["bob", "alice", "ann"]) == {}
    for server in ("frontend1", "backend1"):
        with m.imap(server, "bob") as c:
            murder.check(c.subscribe("INBOX"))
            murder.check(c.select("user.alice"))
            murder.check(c.store("1", "+FLAGS", "(\\Seen)"))
            murder.check(c.xatom("SETMETADATA", "INBOX", '(/private/comment "x")'))
        poll(m, server, "bob")
    for i in m.instances:
        with open(os.path.join(i.dir, "conf", "user_deny.db"), "w") as f:
            f.write("eve\t2\timap\tno\n")
        m.give(os.path.join(i.dir, "conf"))
        i.run("ctl_cyrusdb", "-c")


def poll(m, server, user):
    """The last message, by POP3."""
    with pop3_client.Client(m[server].address("pop3")) as c:
        said = c.login(user)
        if not said.ok:
            return said.first
        last = c.all("RETR %d" % len(c.uidls())).body
        assert c.ask("QUIT").ok
        return last


def files_of(instance):
    for folder, _, files in os.walk(instance.dir):
        for f in files:
            path = os.path.join(folder, f)
            if os.path.isfile(path):
                yield os.path.relpath(path, instance.dir)


def rows_for(instance, name):
    return [r for r in ROWS if instance.name in r.on and re.fullmatch(r.pattern, name)]


class Table:
    def __init__(self, m):
        self.m = m
        self.count = 0
        self.pristine = {}

    def names(self, instance, row):
        """What is there now, and of what does not change its name what was there before."""
        once = [os.path.relpath(p, instance.dir) for p in self.pristine
                if p.startswith(instance.dir + "/") and "/log." not in p]
        return sorted({n for n in list(files_of(instance)) + once
                       if re.fullmatch(row.pattern, n)})

    def works(self, user, everything=False):
        """None, or what does not."""
        self.count += 1
        m = self.m
        subject = "%s-%d" % (user, self.count)
        refused = m.deliver(letter(subject), [user])
        if refused:
            return refused
        with m.imap("frontend1", user) as c:
            answer = c.select("INBOX")
            if answer[0] != "OK":
                return answer
            found = body(c.fetch("*", "(BODY.PEEK[])")[1])
            if subject.encode() not in (list(found.values())[-1] or b""):
                return found
            if not everything:
                return None
            for verb, arguments in (("CREATE", ("INBOX.X%d" % self.count,)),
                                    ("DELETE", ("INBOX.X%d" % self.count,)),
                                    ("GETQUOTAROOT", ("INBOX",)), ("LSUB", ('""', "*")),
                                    ("STATUS", ("user.alice", "(UNSEEN)")),
                                    ("SUBSCRIBE", ("INBOX",))):
                answer = c.xatom(verb, *arguments)
                if answer[0] != "OK":
                    return verb, answer
        last = poll(m, "frontend1", user)
        return None if subject.encode() in last else ("POP3", last)

    def others(self, what):
        for user in ("ann", "alice"):
            bad = self.works(user)
            assert bad is None, (what, user, bad)

    def fault(self, instance, path, content):
        if content == "lost":
            os.unlink(path)
            return
        with open(path, "r+b") as f:  # in place: whoever has it open sees it
            f.truncate(0)
            f.write(content)

    def put_back(self, instance):
        """So that one failure does not make all that follow."""
        instance.stop()
        self.write_before()
        instance.start()
        self.settle()

    def write_before(self):
        with open(self.before[0], "wb") as f:
            f.write(self.before[1])
        self.m.give(os.path.dirname(self.before[0]))

    def settle(self):
        """Until the list of a frontend goes on after the master came back."""
        wait_for(lambda: self.works("bob", everything=True) is None, "it does not settle")

    def does_not_start(self, instance, row, path, what, since):
        """The server itself depends on it: it says so, the others go on, a command mends it."""
        instance.start(wait=False)
        wait_for(lambda: re.search(row.named, logged(instance, since)), what + ": named")
        bad = self.works("ann")
        assert bad is None, (what, "ann", bad)
        instance.stop()
        if row.command:
            row.command(instance, path)
        else:
            self.write_before()
        instance.start()

    def cell(self, instance, row, name, kind):
        path = os.path.join(instance.dir, name)
        if row.stop:
            instance.stop()  # and with it what it still had to write
            # A log that an earlier start has finished with is not the one that counts.
            names = [n for n in files_of(instance) if re.fullmatch(row.pattern, n)]
            if not os.path.exists(path) and names:
                name = names[0]
                path = os.path.join(instance.dir, name)
        if not os.path.exists(path):  # it is made when it is needed again
            with open(path, "wb") as f:
                f.write(self.pristine[path])
            self.m.give(os.path.dirname(path))
        with open(path, "rb") as f:
            before = f.read()
        self.pristine.setdefault(path, before)
        self.before = (path, before)
        content = FAULTS[kind](before)
        if content is None or content == before:
            if row.stop:
                instance.start()
                self.settle()
            return
        what = "%s %s %s%s" % (instance.name, name, kind, " stopped" if row.stop else "")
        since = size_of_log(instance)
        self.fault(instance, path, content)
        if kind in row.fatal:
            self.does_not_start(instance, row, path, what, since)
        elif row.stop:
            instance.start()
        self.others(what)
        if instance.name == "mupdate" and row.stop:
            self.settle()
        bad = self.works("bob", everything=True)
        if kind in row.mended:
            assert bad, what + ": nothing is wrong"
            assert re.search(row.named, logged(instance, since)), (what, logged(instance, since))
            row.command(instance, path)
            bad = self.works("bob", everything=True)
        assert bad is None, (what, bad)
        print("  ", what, flush=True)


def test_every_persistent_file():
    with murder.Murder(backends=2, pop3=True, extra={"duplicatesuppression": "yes"}) as m:
        scenario(m)
        table = Table(m)
        bad = table.works("bob", everything=True)
        assert bad is None, bad
        for i in m.instances:
            unknown = [n for n in files_of(i) if not NOT_STATE.fullmatch(n)
                       and not any(r.is_kind_of(n) for r in ROWS)]
            assert not unknown, "no row: %s %s" % (i.name, unknown)
        failures = []
        for row in ROWS:
            for name in row.on:
                i = m[name]
                for kind in row.only:
                    for path in table.names(i, row):
                        try:
                            table.cell(i, row, path, kind)
                        except Exception as e:
                            failures.append("%s %s %s: %r" % (name, path, kind, e))
                            print("FAILED", failures[-1], flush=True)
                            table.put_back(i)
        assert not failures, "\n".join(failures)


if __name__ == "__main__":
    harness.main()
