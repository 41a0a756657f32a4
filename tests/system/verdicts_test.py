#!/usr/bin/env python3
"""What murder status and murder check say is wrong, and nothing that is not: a table of made
faults, each of which must be named alone, and murders in order of which neither says a word."""
import contextlib
import json
import os
import shutil
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import fake_peer
import harness
import murder
import mupdate_client

check = murder.check
wait_for = murder.wait_for
HOUR = {"mupdate_agent_interval": "3600"}


def ask(m, at, what):
    """(exit status, everything that is told to be wrong: texts "section: value value ...")"""
    done = m[at].run("murder", *what.split(), "--json", check=False)
    try:
        out = json.loads(done.stdout[done.stdout.index("{"):])
    except ValueError:
        return done.returncode, ["failed: " + done.stdout]
    wrong = []
    for section, rows in out.items():
        for row in rows if section != "result" else []:
            if section == "servers" and row["state"] == "answers":
                continue
            if section == "replicas" and row["state"] in ("stream", "list") and \
                    row["seconds behind"] < 60:
                continue
            if section == "list" and row["held removals"] == 0:
                continue
            if section in ("reservations", "states", "notes", "health"):
                continue
            wrong.append("%s: %s" % (section, " ".join(str(v) for v in row.values())))
    assert out["result"] == ("fine", "warning", "critical")[done.returncode], done.stdout
    return done.returncode, wrong


def matches(wrong, expected):
    """Each expected text (its words, split at "...") has a row of its own, and no row is left."""
    left = list(wrong)
    for words in expected:
        for row in left:
            at = 0
            for word in words.split("..."):
                at = row.find(word, at)
                if at < 0:
                    break
            if at >= 0:
                left.remove(row)
                break
        else:
            return False
    return not left


def expect(m, at, what, code, expected):
    said = []

    def as_expected():
        said[:] = ask(m, at, what)
        return said[0] == code and matches(said[1], expected)
    try:
        wait_for(as_expected, "verdict", 15)
    except TimeoutError:
        raise AssertionError("%s %s: %r\nexpected %d %r" % (
            at, what, said, code, expected)) from None


def fine(m, *instances):
    for at in instances or [i.name for i in m.instances if i.role != "mupdate"]:
        for what in ("status", "check"):
            expect(m, at, what, 0, [])


@contextlib.contextmanager
def options(m, at, **values):
    """imapd.conf as the tool reads it; the daemons keep theirs."""
    before = dict(m[at].extra)
    m[at].extra.update(values)
    m[at].write()
    try:
        yield
    finally:
        m[at].extra = before
        m[at].write()


@contextlib.contextmanager
def restarted(m, at, services=None, **values):
    """The same for its daemons."""
    instance = m[at]
    before = dict(instance.extra), dict(instance.services)
    instance.extra.update(values)
    instance.services.update(services or {})
    instance.stop()
    instance.start()
    try:
        yield
    finally:
        instance.extra, instance.services = before
        instance.stop()
        instance.start()


@contextlib.contextmanager
def stopped(m, at):
    m[at].stop(signal.SIGKILL)
    try:
        yield
    finally:
        m[at].start()


@contextlib.contextmanager
def held(pid):
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def node(m, name="backend1"):
    c = mupdate_client.Client(m["mupdate"].address("mupdate"))
    assert c.login(m[name].name, m.node_password).startswith("OK")
    return c


def say(m, by, *command):
    with node(m, by) as c:
        answer = c.status(*command)
        assert answer.startswith("OK"), (command, answer)


@contextlib.contextmanager
def at_master(m, change, undo, by="backend1"):
    """change, undo: commands of mupdate."""
    say(m, by, *change)
    try:
        yield
    finally:
        for command in undo:
            say(m, by, *command)


class Table:
    """A murder in order, and what is made wrong with it."""

    def __init__(self, m):
        self.m = m
        self.b1, self.b2 = m["backend1"].name, m["backend2"].name
        self.here = self.b1 + "!default"
        self.acl = {}
        with node(m) as c:
            for _, name, location, acl in c.list():
                self.acl[name] = (location, acl)
        self.certificates = fake_peer.Certificates(os.path.join(m.dir, "certificates"), m.address)
        m.give(self.certificates.folder)

    def back(self, name):
        return [("ACTIVATE", name, *self.acl[name])]

    def anew(self, name):
        return [("DELETE", name), *self.back(name)]

    def spool(self, *parts):
        return os.path.join(self.m["backend1"].dir, "spool", *parts)

    def write(self, path, text):
        with open(path, "wb") as f:
            f.write(text)
        self.m.give(os.path.dirname(path))

    # Each: (what is wrong, how, [(at, command, exit status, what is named)]).
    def of_status(self):
        m, b1, b2 = self.m, self.b1, self.b2
        o, n = options, "...does not let us in"
        servers = ["servers: %s backend" % b for b in (b1, b2)]
        yield ("a wrong password of proxy_authname", o(m, "frontend1", proxy_password="wrong"),
               [("frontend1", "status", 2, [s + n for s in servers])])
        yield ("a wrong password for one server", o(m, "frontend1", backend2_password="wrong"),
               [("frontend1", "status", 2, [servers[1] + n])])
        yield ("a login that the servers do not know", o(m, "frontend1", proxy_authname="nobody"),
               [("frontend1", "status", 2, [s + n for s in servers])])
        yield ("a wrong password of mupdate_authname", o(m, "frontend1", mupdate_password="wrong"),
               [("frontend1", "status", 2, ["servers: ...master unreachable"])])
        yield ("a server for new users, without a mailbox yet, that is down",
               o(m, "frontend1", serverlist="%s %s nowhere.invalid" % (b1, b2)),
               [("frontend1", "status", 2, ["servers: nowhere.invalid...unreachable"])])
        yield ("no permission to read the key",
               o(m, "frontend1", tls_server_key=self.unreadable()),
               [("frontend1", "status", 2, ["here: tls_server_cert...key"])])
        yield ("a key of another certificate",
               o(m, "frontend1", tls_server_key=self.certificates.good[1]),
               [("frontend1", "status", 2, ["here: tls_server_cert...key"])])
        yield ("a certificate that is not there",
               o(m, "backend1", tls_server_cert="/nonexistent/cert.pem"),
               [("backend1", "status", 2, ["here: tls_server_cert.../nonexistent/cert.pem"])])
        yield ("a certificate that has expired",
               o(m, "backend1", tls_server_cert=self.certificates.expired[0],
                 tls_server_key=self.certificates.expired[1]),
               [("backend1", "status", 2, ["here: tls_server_cert...has expired"])])
        yield ("a certificate that expires soon",
               o(m, "backend1", tls_server_cert=self.soon()[0], tls_server_key=self.soon()[1]),
               [("backend1", "status", 1, ["here: tls_server_cert...expires in 2 days"])])
        yield ("a disk that is nearly full", o(m, "backend1", free_space_warning="100"),
               [("backend1", "status", 1, ["here: configdirectory...nearly full",
                                           "here: partition-default...nearly full"])])
        yield ("a partition that is not there",
               o(m, "backend1", **{"partition-two": "/nonexistent/two"}),
               [("backend1", "status", 2, ["here: partition-two.../nonexistent/two"])])
        yield ("a partition that nobody can write to",
               o(m, "backend1", **{"partition-two": self.read_only()}),
               [("backend1", "status", 2, ["here: partition-two...ermission"])])
        yield ("a defaultpartition that is none", o(m, "backend1", defaultpartition="nowhere"),
               [("backend1", "status", 1, ["here: partitions...nowhere"])])
        yield ("a list of another version", o(m, "backend1", mboxlist_db_path=self.bad_list()),
               [("backend1", "status", 2, ["pending: the list cannot be read"])])
        yield ("a damaged list of limits", self.damaged_quotas(),
               [("backend1", "status", 1, ["here: quotas.tdb.damaged-...set aside"])])
        yield ("an agent that has stopped", o(m, "frontend1", mupdate_agent_interval="1"),
               [("frontend1", "status", 1, ["recovery: %s its agent has told nothing" % b
                                            for b in (b1, b2)])])
        yield ("a move that somebody has left open", self.open_move(),
               [("frontend1", "status", 1, ["moves: user.ann.Sent " + b1 + "!default -"])])
        yield ("two servers that have a mailbox",
               self.conflict(),
               [("frontend1", "status", 1, ["conflicts: user.bob %s...%s" % (b2, b1)])])
        yield ("a server whose list never was there",
               at_master(m, ("POSITION", b2, "12345", "99"), [("POSITION", b2, "0", "0")],
                         "backend2"),
               [("frontend1", "status", 2, ["recovery: %s refused" % b2])])
        yield ("a promoted master that waits", at_master(m, ("PROMOTE",), [("RECOVERED",)]),
               [("frontend1", "status", 1, ["recovery: %s has not told" % b for b in (b1, b2)])])
        yield ("a frontend whose mupdate hangs", held(m["frontend1"].processes("mupdate")[0]),
               [("frontend1", "status", 2, ["here: replica"])])
        yield ("a frontend without mupdate", restarted(m, "frontend1", {"mupdate": ""}),
               [("frontend1", "status", 2, ["here: replica"]), ("frontend2", "status", 0, [])])
        yield ("another frontend that has lost the master", self.lost("frontend2"),
               [(at, "status", 1, ["servers: frontend2 frontend has lost the master",
                                   "replicas: frontend2...has lost the master"])
                for at in ("frontend1", "backend1")])
        yield ("LMTP that is not served", restarted(m, "backend2", {"lmtp": ""}),
               [("frontend1", "status", 2, [servers[1] + " LMTP"]),
                ("backend1", "status", 0, [])])
        yield ("LMTP without our login among lmtp_admins",
               restarted(m, "backend2", lmtp_admins="cyrus"),
               [("frontend1", "status", 2, [servers[1] + " LMTP" + n])])
        yield ("a backend that is down", stopped(m, "backend2"),
               [("frontend1", "status", 2, [servers[1] + " unreachable"]),
                ("frontend1", "check", 1, ["differences: %s - ...cannot be asked" % b2])])
        yield ("a backend in maintenance that is down", self.maintenance(),
               [("frontend1", "status", 1, [servers[1] + " unreachable"])])
        yield ("a master that is down, and what it has not heard", self.master_down(),
               [("frontend1", "status", 2, ["servers: ...master unreachable", "here: replica"]),
                ("backend1", "status", 2, ["servers: ...master unreachable",
                                           "pending: user.ann.Sent"])])

    def of_check(self):
        m, b1, b2 = self.m, self.b1, self.b2
        sent, drafts = "user.ann.Sent", "user.ann.Drafts"
        yield ("a mailbox that the master does not know",
               at_master(m, ("DELETE", sent), self.back(sent)),
               [(at, "check", 2, ["differences: %s %s - the master does not" % (b1, sent)])
                for at in ("backend1", "frontend1", "backend2")])
        ghost = "user.ann.Ghost"
        yield ("an entry without a mailbox",
               at_master(m, ("ACTIVATE", ghost, self.here, "ann\tlrs\t"), [("DELETE", ghost)]),
               [(at, "check", 2, ["differences: %s %s...it is not" % (b1, ghost)])
                for at in ("backend1", "frontend1", "backend2")])
        yield ("another ACL", at_master(m, ("ACTIVATE", sent, self.here, "bob\tlrs\t"),
                                        self.back(sent)),
               [("backend1", "check", 2, ["differences: %s %s...ACL" % (b1, sent)])])
        yield ("another partition",
               at_master(m, ("ACTIVATE", sent, b1 + "!two", self.acl[sent][1]), self.back(sent)),
               [("backend1", "check", 2, ["differences: %s %s...partition" % (b1, sent)])])
        yield ("the name of another server", self.other_server(drafts),
               [("backend1", "check", 2, ["differences: %s %s...another server holds it" %
                                          (b1, drafts),
                                          "differences: %s %s...it is not" % (b2, drafts)]),
                ("frontend1", "check", 2, ["differences: %s %s...another server holds it" %
                                           (b1, drafts),
                                           "differences: %s %s...it is not" % (b2, drafts)])])
        yield ("a directory that the list does not know", self.stranded(),
               [("backend1", "check", 2, ["stranded: copy user.ann.Stray default"])])
        yield ("an entry without its directory", self.moved_away(),
               [("backend1", "check", 2, ["stranded: missing user.ann.Drafts"])])
        yield ("a replica that is behind", self.behind(),
               [("frontend1", "check", 2, ["differences: frontend1 user.ann.Late...yet",
                                           "differences: %s user.ann.Late...it is not" % b1])])
        yield ("a replica that cannot be asked", contextlib.nullcontext(),
               [("backend1", "check 127.0.0.1:1", 1,
                 ["differences: 127.0.0.1:1 -...cannot be asked"])])
        differ = "differences: %s user.ann...its limits differ"
        for other, named in (("(STORAGE 1000)", []), ("(STORAGE 500)", [differ]),
                             ("()", [differ]), (None, [differ]),
                             ("(STORAGE 1000 MESSAGE 9)", [differ])):
            yield ("a root on two servers with %s at the other" % other, self.spread_root(other),
                   [("backend1", "check", 1 if named else 0, [n % b1 for n in named])] +
                   ([("backend2", "check", 1 if named else 0, [n % b2 for n in named])]
                    if other else []))
        yield ("a backend that was restored from a backup", self.restored(),
               [("frontend1", "status", 2, ["recovery: %s restored" % b2]),
                ("backend2", "status", 2, ["recovery: %s restored" % b2, "here: mailbox list"]),
                ("backend2", "check", 2, ["differences: %s -...restored from a backup" % b2])])

    # --- how
    @contextlib.contextmanager
    def spread_root(self, other):
        """user.ann has 1000 here, and the other server a folder, with these limits."""
        far = "user.ann.Far"
        with self.m.imap("backend2", "cyrus") as there, self.m.imap("backend1", "cyrus") as here:
            check(there.xatom("LOCALCREATE", far))
            check(there.xatom("MUPDATEPUSH", far))
            check(here.xatom("SETQUOTA", "user.ann", "(STORAGE 1000)"))
            if other:
                check(there.xatom("SETQUOTA", "+user.ann", other))
        try:
            yield
        finally:
            with self.m.imap("backend1", "cyrus") as here:
                check(here.xatom("SETQUOTA", "user.ann", "()"))
            with self.m.imap("backend2", "cyrus") as there:
                if other:
                    check(there.xatom("SETQUOTA", "+user.ann", "()"))
                check(there.xatom("LOCALDELETE", far))
            with node(self.m, "backend2") as c:
                c.status("DELETE", far)

    def unreadable(self):
        path = os.path.join(self.certificates.folder, "unreadable.key")
        shutil.copy(os.path.join(self.m.dir, "tls", "key.pem"), path)
        self.m.give(self.certificates.folder)
        os.chmod(path, 0)
        return path

    def soon(self):
        path = self.certificates.path("soon")
        if not os.path.exists(path + ".pem"):
            self.certificates.openssl(
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", "3", "-subj", "/CN=soon", "-keyout", path + ".key", "-out", path + ".pem")
            self.m.give(self.certificates.folder)
        return path + ".pem", path + ".key"

    def read_only(self):
        path = os.path.join(self.m.dir, "read-only")
        os.makedirs(path, exist_ok=True)
        os.chmod(path, 0o555)
        self.m.give(path)
        return path

    def bad_list(self):
        path = os.path.join(self.m.dir, "bad.tdb")
        self.write(path, b"a list of another program" * 400)
        return path

    @contextlib.contextmanager
    def damaged_quotas(self):
        path = os.path.join(self.m["backend1"].dir, "conf", "quotas.tdb")
        self.write(path, b"no store" * 2000)
        try:
            yield
        finally:
            for name in os.listdir(os.path.dirname(path)):
                if ".damaged-" in name:
                    os.unlink(os.path.join(os.path.dirname(path), name))

    @contextlib.contextmanager
    def open_move(self):
        with options(self.m, "frontend1", mupdate_move_warn="0"), \
                at_master(self.m, ("DEACTIVATE", "user.ann.Sent", self.here),
                          self.anew("user.ann.Sent")):
            yield

    @contextlib.contextmanager
    def conflict(self):
        with node(self.m) as c:
            assert c.status("ACTIVATE", "user.bob", self.here, "bob\tlrs\t").startswith("NO")
        try:
            yield
        finally:
            say(self.m, "backend1", "RESOLVE", "user.bob", self.b2)

    @contextlib.contextmanager
    def lost(self, frontend):
        with held(self.m[frontend].process.pid):  # who would start it again
            for pid in self.m[frontend].processes("mupdate"):
                os.kill(pid, signal.SIGKILL)
            yield

    @contextlib.contextmanager
    def maintenance(self):
        self.m["frontend1"].run("murder", "state", self.b2, "maintenance")
        try:
            with stopped(self.m, "backend2"):
                yield
        finally:
            self.m["frontend1"].run("murder", "state", self.b2, "active")

    @contextlib.contextmanager
    def master_down(self):
        with stopped(self.m, "mupdate"):
            with self.m.imap("backend1", "cyrus") as c:
                check(c.setacl("user.ann.Sent", "bob", "lrs"))
            yield
        self.m["backend1"].run("ctl_mboxlist", "-s")

    @contextlib.contextmanager
    def other_server(self, name):
        say(self.m, "backend1", "DELETE", name)
        say(self.m, "backend2", "ACTIVATE", name, self.b2 + "!default", "ann\tlrs\t")
        try:
            yield
        finally:
            say(self.m, "backend2", "DELETE", name)
            say(self.m, "backend1", "ACTIVATE", name, *self.acl[name])

    @contextlib.contextmanager
    def stranded(self):
        to = self.spool("user", "ann", "Stray")
        shutil.copytree(self.spool("user", "ann", "Sent"), to)
        self.m.give(to)
        try:
            yield
        finally:
            shutil.rmtree(to)

    @contextlib.contextmanager
    def moved_away(self):
        path = self.spool("user", "ann", "Drafts")
        aside = os.path.join(self.m.dir, "Drafts")
        os.rename(path, aside)
        try:
            yield
        finally:
            os.rename(aside, path)

    @contextlib.contextmanager
    def behind(self):
        name = "user.ann.Late"
        with held(self.m["frontend1"].processes("mupdate")[0]), \
                at_master(self.m, ("ACTIVATE", name, self.here, "ann\tlrs\t"),
                          [("DELETE", name)]):
            yield

    @contextlib.contextmanager
    def restored(self):
        backend = self.m["backend2"]
        backend.run("ctl_mboxlist", "-s")
        say(self.m, "backend1", "RESERVE", "user.soon", self.here)
        with node(self.m, "backend2") as c:
            (_, epoch, serial, _), = [r[1:] for r in c.run("POSITION", self.b2, "0", "0")[0]]
            assert c.status("TOLD", self.b2, epoch, serial).startswith("OK")
        say(self.m, "backend1", "DELETE", "user.soon")
        backend.run("ctl_mboxlist", "-s")
        try:
            yield
        finally:
            backend.run("murder", "check", "--apply", check=False)
            backend.run("ctl_mboxlist", "-s")


def table_murder():
    m = murder.Murder(frontends=2, tls=True, extra=HOUR)
    try:
        m.add_user("ann", 1)
        m.add_user("bob", 2)
        with m.imap("backend1", "ann") as c:
            for name in ("Sent", "Drafts"):
                check(c.create("INBOX." + name))
        # A server that has taken mail is one that takes mail.
        assert not m.deliver(b"From: a@example.org\r\n\r\nHello\r\n", ["ann", "bob"])
        return m
    except BaseException:
        m.stop()
        raise


def run_table(rows):
    with table_murder() as m:
        fine(m)
        table = Table(m)
        wrong = []
        for row in rows(table):
            what, fault, verdicts = row
            try:
                with fault:
                    for at, command, code, named in verdicts:
                        expect(m, at, command, code, named)
                fine(m, *{v[0] for v in verdicts})
            except AssertionError as e:
                wrong.append("%s: %s" % (what, e))
        assert not wrong, "\n".join(wrong)


def test_status_names_each_fault_and_no_other():
    run_table(Table.of_status)


def test_check_names_each_fault_and_no_other():
    run_table(Table.of_check)


# ---------------------------------------------------------------- murders in order

def fill(m):
    """Users, their folders, shared mailboxes and what was deleted, on each server."""
    for n, user in enumerate(("ann", "bob"), 1):
        m.set_passwords({user: m.password})
        with m.imap(m.backends[min(n, len(m.backends)) - 1].name, "cyrus") as c:
            check(c.create("user%s%s" % (m.separator, user)))
        with m.imap(m.backends[min(n, len(m.backends)) - 1].name, user) as c:
            inbox = "INBOX" + m.separator
            for name in ('"%sSent Items"', '"%sEntw&APw-rfe"', '"%sGone"'):
                check(c.create(name % inbox))
            check(c.delete('"%sGone"' % inbox))
    with m.imap(m.backends[0].name, "cyrus") as c:
        check(c.create("shared"))
        check(c.create("shared%snews" % m.separator))
        check(c.setacl("shared", "anyone", "p"))


def in_order(**how):
    m = murder.Murder(**how)
    m.separator = "/" if how.get("extra", {}).get("unixhierarchysep") == "yes" else "."
    return m


def everywhere(m):
    for i in m.instances:
        if i.role != "mupdate":
            wait_for(lambda: i.run("murder", "status", check=False).returncode == 0, i.name)
    fine(m)


def test_a_murder_in_order_is_fine():
    unix = {"unixhierarchysep": "yes", "altnamespace": "no", **HOUR}
    for how in ({"tls": True, "extra": unix}, {"unified": True, "extra": HOUR},
                {"extra": {"delete_mode": "immediate", **HOUR}, "backends": 1}):
        with in_order(**how) as m:
            fill(m)
            everywhere(m)


def test_a_login_that_is_no_administrator_calls_nothing_missing():
    """What the guide of Cyrus' murder configures: proxyservers has it, admins has not."""
    with in_order(extra={"altnamespace": "yes", **HOUR}) as m:
        for backend in m.backends:
            backend.extra["admins"] = "cyrus"
            backend.stop()
            backend.start()
        fill(m)
        everywhere(m)
    with in_order(extra=HOUR) as m:
        for backend in m.backends:
            backend.extra["admins"] = "cyrus"
            backend.stop()
            backend.start()
        fill(m)
        everywhere(m)
        # And it still finds what is not there.
        with node(m) as c:
            assert c.status("ACTIVATE", "user.ghost", m["backend1"].name + "!default",
                            "bob\tl\t").startswith("OK")
        expect(m, "frontend1", "check", 2,
               ["differences: %s user.ghost...it is not" % m["backend1"].name])
        say(m, "backend1", "DELETE", "user.ghost")
        # Nor would a server take mailboxes from it, and a dry run says so.
        for code, *command in (
                (1, "drain", "--dry-run", m["backend1"].name, "--to", m["backend2"].name),
                (2, "move", "--dry-run", "user.ann", m["backend2"].name)):
            done = m["frontend1"].run("murder", *command, check=False)
            assert done.returncode == code and "is that an admin there" in done.stdout, done
        # Nobody whom the frontend knows is one there: then it says so, and names no mailbox.
        with options(m, "frontend1", admins="somebody"):
            expect(m, "frontend1", "check", 1,
                   ["differences: %s -...cannot be compared" % b.name for b in m.backends])


def test_what_a_move_keeps_is_no_conflict():
    with in_order(extra={"allowusermoves": "yes", "move_grace": "1h", **HOUR}) as m:
        fill(m)
        m["frontend1"].run("murder", "move", "user.ann", m["backend2"].name)
        everywhere(m)
        m["backend1"].run("ctl_mboxlist", "-m")
        everywhere(m)


class CyrusMaster(fake_peer.Peer):
    """The list of a murder as Cyrus' mupdate keeps it, which knows none of our extensions."""

    def __init__(self, *arguments, **more):
        super().__init__("mupdate", *arguments, answer=self.run, **more)
        self.dialect.greet = self.greet
        self.dialect.again = self.greet
        self.names = {}  # name -> (MAILBOX or RESERVE, location, acl)
        self.update = b""  # the tag of the frontend's

    @staticmethod
    def greet(c, said):
        c.send(b'* AUTH "PLAIN"\r\n* PARTIAL-UPDATE\r\n'
               b'* OK MUPDATE "mupdate" "Cyrus" "3.6.1" "(master)"\r\n')

    @staticmethod
    def line(tag, *words):
        return tag + b" " + words[0].encode() + b"".join(
            b" {%d+}\r\n%s" % (len(w.encode()), w.encode()) for w in words[1:]) + b"\r\n"

    def told(self, tag, name):
        if name not in self.names:
            return self.line(tag, "DELETE", name)
        word, *rest = self.names[name]
        return self.line(tag, word, name, *(rest if word == "MAILBOX" else rest[:1]))

    def run(self, peer, tag, command):
        text = command.decode()
        word = text.split(" ")[0].upper()
        a = [w for w in text.split('"')[1::2]]
        ok = tag + b' OK "done"\r\n'
        if word == "NOOP":  # by which a frontend hears what is new
            return b"".join(self.told(self.update, n) for n in sorted(self.names)) + ok
        if word == "UPDATE":
            self.update = tag
        if word in ("LIST", "FIND", "UPDATE"):
            wanted = [n for n, (_, location, *_) in sorted(self.names.items())
                      if (n == a[0] if word == "FIND" else not a or location.startswith(a[0]))]
            return b"".join(self.told(tag, n) for n in wanted) + ok
        if word == "ACTIVATE":
            self.names[a[0]] = ("MAILBOX", a[1], a[2])
        elif word == "RESERVE":
            if a[0] in self.names:
                return tag + b' NO "mailbox already exists"\r\n'
            self.names[a[0]] = ("RESERVE", a[1])
        elif word == "DELETE":
            if self.names.pop(a[0], None) is None:
                return tag + b' NO "mailbox doesn\'t exist"\r\n'
        elif word != "LOGOUT":
            return tag + b' BAD "Unrecognized command"\r\n'
        return ok


def test_a_murder_with_a_master_of_cyrus_is_fine():
    m = murder.Murder(master=False, backends=1, start=False, extra=HOUR)
    try:
        with CyrusMaster(ports=m.ports) as master:
            for i in m.instances:
                i.extra["mupdate_server"] = "%s:%d" % (m.address, master.port)
            m.start()
            m.separator = "."
            m.add_user("ann", 1)
            everywhere(m)
            master.names["user.ghost"] = ("MAILBOX", "backend1!default", "ann\tlrs\t")
            expect(m, "backend1", "check", 2, ["differences: backend1 user.ghost...it is not"])
    finally:
        m.stop()


if __name__ == "__main__":
    harness.main()
