#!/usr/bin/env python3
"""Directories that the list does not know, and entries without one: murder check names each,
reconstruct -f mends each, nothing else is taken for one, and no mail is lost or comes twice."""
import contextlib
import imaplib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import faults
import harness
import murder
import mupdate_client

check = murder.check
OPTIONS = {"delete_mode": "immediate", "allowusermoves": "yes", "mupdate_agent_interval": "3600"}
HEADER = "rookery.header"


def message(subject):
    return ("From: a@example.org\r\nSubject: %s\r\n\r\nHello\r\n" % subject).encode()


class Site:
    """A backend with two partitions, alone or the first of two in a murder; one user for each
    row of the table."""

    def __init__(self, alone=False, options=None):
        extra = dict(OPTIONS, **(options or {}))
        if alone:
            del extra["mupdate_agent_interval"]
        self.alone = alone
        self.m = murder.Murder(backends=1 if alone else 2, frontends=0 if alone else 1,
                               master=not alone, start=False, extra=extra)
        for i in self.m.instances:
            i.__class__ = faults.Instance
            i.arrange(False)
            if i.role == "backend":
                os.makedirs(os.path.join(i.dir, "second"))
                i.extra["partition-second"] = os.path.join(i.dir, "second")
        self.b = self.backend = self.m["backend1"]
        self.tool_control = faults.Control(os.path.join(self.m.dir, "tool.control"))

    def __enter__(self):
        self.m.start()
        return self

    def __exit__(self, *args):
        return self.m.__exit__(*args)

    # --- clients
    def imap(self, user=None, server="backend1"):
        if user is None:
            return self.m.imap(server, "cyrus")
        c = imaplib.IMAP4(*self.m[server].address("imap"), timeout=murder.DEADLINE)
        plain = ("%s\0murder\0%s" % (user, self.m.node_password)).encode()
        check(c.authenticate("PLAIN", lambda _: plain))
        return c

    def mail(self, user):
        """name -> subjects, of all that the user finds."""
        found = {}
        with self.imap(user) as c:
            for line in check(c.list()):
                name = line.decode().rsplit(" ", 1)[1].strip('"')
                kind, data = c.select(name)
                assert kind == "OK", (name, data)
                got = check(c.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")) \
                    if int(data[0]) else []
                found[name] = sorted(p[1].decode().split()[1] for p in got
                                     if isinstance(p, tuple))
        return found

    def make_user(self, user):
        """INBOX with one message, a with two, e with none."""
        with self.imap() as c:
            check(c.create("user." + user))
        with self.imap(user) as c:
            check(c.append("INBOX", None, None, message(user + "-inbox")))
            for name in ("a", "e"):
                check(c.create("INBOX." + name))
            for n in (1, 2):
                check(c.append("INBOX.a", None, None, message("%s-%d" % (user, n))))

    # --- the partitions, by hand
    def folder(self, name, partition="spool"):
        return os.path.join(self.b.dir, partition, *name.split("."))

    def move(self, source, target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.move(source, target)

    def copy(self, source, target):
        """The files of a mailbox, without those below it."""
        os.makedirs(target, exist_ok=True)
        for name in os.listdir(source):
            if os.path.isfile(os.path.join(source, name)):
                shutil.copy2(os.path.join(source, name), target)

    def forget(self, name):
        """The list does not know the mailbox any more; its directory stays."""
        aside = os.path.join(self.m.dir, "aside")
        shutil.copytree(self.folder(name), aside)
        with self.imap() as c:
            check(c.setacl(name, "cyrus", "lrswipkxtecda"))
            check(c.delete(name))
        shutil.copytree(aside, self.folder(name), dirs_exist_ok=True)
        shutil.rmtree(aside)
        self.set_header(name, acl=None)

    def set_header(self, name, partition="spool", **fields):
        """Other values; None: cyrus is taken out of the ACL."""
        path = os.path.join(self.folder(name, partition), HEADER)
        with open(path) as f:
            lines = f.read().splitlines()[:-1]
        for i, line in enumerate(lines):
            key = line.split(" ")[0]
            if key in fields:
                lines[i] = key + " " + (fields[key] or re.sub(r"cyrus\t\w+\t", "", line[4:]))
        text = "\n".join(lines) + "\n"
        with open(path, "w") as f:
            f.write(text + "end %d\n" % zlib.crc32(text.encode()))

    def clear(self):
        """What a deleted user has left in the trash."""
        with self.imap() as c:
            for line in check(c.list('""', "DELETED.*")):
                if line:
                    name = line.decode().rsplit(" ", 1)[1].strip('"')
                    check(c.setacl(name, "cyrus", "lrswipkxtecda"))
                    check(c.delete(name))

    def give(self):
        for sub in ("spool", "second"):
            self.m.give(os.path.join(self.b.dir, sub))

    # --- the tools
    def found(self, server="backend1"):
        """mailbox -> kind, of murder check."""
        done = self.m[server].run("murder", "check", "--json", check=False)
        out = json.loads(done.stdout)
        kinds = {}
        for row in out["stranded"]:
            assert row["meaning"] and row["path"], row
            kinds.setdefault(row["mailbox"], []).append(row["kind"])
        assert done.returncode == (2 if kinds or out["differences"] else 0), done.stdout
        return {k: " ".join(sorted(v)) for k, v in kinds.items()}

    def reconstruct(self, *arguments):
        return self.b.run("reconstruct", *arguments, check=False)

    def listed(self):
        return json.loads(self.b.run("ctl_mboxlist", "-d").stdout or "{}")

    def check_agreement(self):
        """The list, the headers, and the master say the same."""
        headers = {}
        for partition in ("spool", "second"):
            for folder, _, files in os.walk(os.path.join(self.b.dir, partition)):
                if HEADER in files:
                    with open(os.path.join(folder, HEADER)) as f:
                        fields = dict(line.rstrip("\n").split(" ", 1) for line in f)
                    assert fields["name"] not in headers, folder
                    headers[fields["name"]] = (fields["uniqueid"], partition)
        at = {"default": "spool", "second": "second"}
        listed = {n: (e["uniqueid"], at[e["partition"]]) for n, e in self.listed().items()}
        assert listed == headers, (listed, headers)
        if self.alone:
            return
        c = mupdate_client.Client(self.m["mupdate"].address("mupdate"))
        assert c.login(self.b.name, self.m.node_password).startswith("OK")
        with c:
            told = {r[1]: r[2] for r in c.list()
                    if r[0] == "MAILBOX" and r[2].startswith(self.b.name + "!")}
        assert told == {n: "%s!%s" % (self.b.name, e["partition"])
                        for n, e in self.listed().items()}, told


# ------------------------------------------------------------------ the table

class Row:
    """arrange(site, top): strands something below user.<user>. names: below the user -> kind.
    after: what the user then has beside what he had, None = not any more."""

    def __init__(self, what, arrange, names, after=None, arguments=(), left=False):
        self.what, self.arrange, self.names = what, arrange, names
        self.after, self.arguments, self.left = after or {}, arguments, left

    def mail_after(self, user):
        mail = {"INBOX": [user + "-inbox"], "INBOX.a": [user + "-1", user + "-2"], "INBOX.e": []}
        mail.update({n: s if s is None else [user + "-" + t for t in s]
                     for n, s in self.after.items()})
        return {n: s for n, s in mail.items() if s is not None}


def without_header(s, top):
    s.forget(top + ".a")
    for name in (HEADER, "rookery.index", "rookery.cache"):
        os.unlink(os.path.join(s.folder(top + ".a"), name))


def tail_of_rename(s, top):
    """The files of INBOX went one by one, since it has children; the last ones did not."""
    s.copy(s.folder(top), s.folder(top, "second"))
    os.unlink(os.path.join(s.folder(top), HEADER))


def half_copy(s, top):
    s.copy(s.folder(top + ".a"), s.folder(top + ".a", "second"))
    for name in (HEADER, "2."):
        os.unlink(os.path.join(s.folder(top + ".a", "second"), name))


def richer_copy(s, top):
    s.copy(s.folder(top + ".a"), s.folder(top + ".a", "second"))
    with open(os.path.join(s.folder(top + ".a", "second"), "7."), "wb") as f:
        f.write(message("more"))


TABLE = [
    Row("nothing", lambda s, t: None, {}),
    Row("CREATE killed after the header", lambda s, t: s.forget(t + ".e"), {".e": "unlisted"}),
    Row("DELETE killed before the header went", lambda s, t: s.forget(t + ".a"),
        {".a": "unlisted"}),
    Row("RENAME killed after rename(2)",
        lambda s, t: s.move(s.folder(t + ".a"), s.folder(t + ".b")), {".b": "renamed"},
        {"INBOX.a": None, "INBOX.b": ["1", "2"]}),
    Row("delayed DELETE killed after rename(2)",
        lambda s, t: s.move(s.folder(t + ".a"), s.folder("DELETED.%s.a.5F000000" % t)),
        {"DELETED.a.5F000000": "renamed"}, {"INBOX.a": None}),
    Row("change of partition killed before the list",
        lambda s, t: s.move(s.folder(t + ".a"), s.folder(t + ".a", "second")),
        {".a": "renamed"}),
    Row("change of partition killed while the old place was emptied", tail_of_rename,
        {"": "renamed"}),
    Row("change of partition killed after the copy",
        lambda s, t: s.copy(s.folder(t + ".a"), s.folder(t + ".a", "second")), {".a": "copy"}),
    Row("change of partition killed in the copy", half_copy, {".a": "copy"}),
    Row("INBOX too", lambda s, t: s.copy(s.folder(t), s.folder(t, "second")), {"": "copy"}),
    Row("a copy under another name", lambda s, t: s.copy(s.folder(t + ".a"), s.folder(t + ".c")),
        {".c": "copy"}),
    Row("mail without a header, not in the list", without_header, {".a": "headerless"}),
    Row("mail without a header, in the list",
        lambda s, t: os.unlink(os.path.join(s.folder(t + ".a"), HEADER)), {".a": "headerless"}),
    Row("no directory", lambda s, t: shutil.rmtree(s.folder(t + ".a")), {".a": "missing"},
        {"INBOX.a": []}, arguments=(".a",)),
    Row("another unique id", lambda s, t: s.set_header(t + ".a", uniqueid="00ff00ff"),
        {".a": "other-id"}),
    Row("a copy with mail of its own", richer_copy, {".a": "richer"}, left=True),
]


def full_name(user, name):
    if name.startswith("DELETED."):
        return "DELETED.user.%s.%s" % (user, name[len("DELETED."):])
    return "user." + user + name


def run_table(s):
    users = ["u%d" % i for i in range(len(TABLE))]
    for user in users:
        s.make_user(user)
    assert s.found() == {}
    for user, row in zip(users, TABLE):
        row.arrange(s, "user." + user)
    s.b.stop()
    s.give()
    s.b.start()
    wanted = {full_name(u, n): kind for u, row in zip(users, TABLE)
              for n, kind in row.names.items()}
    assert s.found() == wanted, (s.found(), wanted)
    # A look changes nothing.
    said = s.reconstruct("-f", "-n")
    assert said.returncode == 0, said.stdout
    for name, kind in wanted.items():
        told = re.search(r"(?m)^%s: %s " % (re.escape(name), kind), said.stdout)
        assert told, (name, said.stdout)
    assert s.found() == wanted
    # The name is in the way, and the answer says what helps.
    with s.imap(users[2]) as c:
        kind, data = c.create("INBOX.a")
        assert kind == "NO" and b"[ALREADYEXISTS]" in data[0], data
        assert ("reconstruct -f user.%s.a" % users[2]).encode() in data[0], data
        kind, data = c.rename("INBOX.e", "INBOX.a")
        assert kind == "NO" and b"[ALREADYEXISTS]" in data[0] and b"reconstruct -f" in data[0], data
        kind, data = c.create("INBOX.e")
        assert kind == "NO" and b"reconstruct" not in data[0], data
    done = s.reconstruct("-f")
    assert done.returncode == 75, done.stdout
    missing = [full_name(u, n) for u, row in zip(users, TABLE) for n in row.arguments]
    for name in missing:
        assert "%s: missing" % name in done.stdout, done.stdout
        done = s.reconstruct("-f", name)
        assert done.returncode == 0 and "EMPTY" in done.stdout, done.stdout
    left = {full_name(u, n): k for u, row in zip(users, TABLE) if row.left
            for n, k in row.names.items()}
    assert s.found() == left, s.found()
    for user, row in zip(users, TABLE):
        assert s.mail(user) == row.mail_after(user), (row.what, s.mail(user))
    for user, row in zip(users, TABLE):
        if row.left:
            shutil.rmtree(s.folder("user.%s.a" % user, "second"))
    done = s.reconstruct("-f")
    assert done.returncode == 0 and not re.search(r": (%s) in /" % "|".join(set(wanted.values())),
                                                  done.stdout), done.stdout
    assert s.found() == {}
    s.check_agreement()
    # They are mailboxes as any other: mail comes in, they are renamed, they go.
    for user, row in zip(users, TABLE):
        with s.imap(user) as c:
            for name in row.mail_after(user):
                check(c.append(name, None, None, message(user + "-new")))
                assert user + "-new" in s.mail(user)[name], (row.what, name)
                if name != "INBOX":
                    check(c.rename(name, name + "x"))
                    check(c.delete(name + "x"))
    assert s.found() == {}
    s.check_agreement()


def test_each_kind_in_a_murder():
    with Site() as s:
        run_table(s)


def test_each_kind_without_a_murder():
    with Site(alone=True) as s:
        run_table(s)


def test_a_name_that_is_at_another_server_is_left_alone():
    with Site() as s:
        with s.imap() as c:
            check(c.create("shared"))
            check(c.setacl("shared", "cyrus", "lrswipkxtecda"))
            check(c.append("shared", None, None, message("kept")))
        s.forget("shared")
        with s.imap(server="backend2") as c:
            check(c.create("shared"))
        s.give()
        before = sorted(os.listdir(s.folder("shared")))
        assert s.found() == {"shared": "unlisted"}
        done = s.b.run("murder", "check", check=False)
        assert "the master has the name at backend2" in done.stdout, done.stdout
        done = s.reconstruct("-f", "shared")
        assert done.returncode == 75 and "at backend2" in done.stdout, done.stdout
        assert sorted(os.listdir(s.folder("shared"))) == before
        c = mupdate_client.Client(s.m["mupdate"].address("mupdate"))
        assert c.login(s.b.name, s.m.node_password).startswith("OK")
        with c:
            assert [r[2].split("!")[0] for r in c.list() if r[1] == "shared"] == ["backend2"]


def test_a_rename_whose_new_name_is_taken_goes_back():
    with Site() as s:
        with s.imap() as c:
            check(c.create("shared"))
            check(c.setacl("shared", "cyrus", "lrswipkxtecda"))
            check(c.append("shared", None, None, message("kept")))
        s.move(s.folder("shared"), s.folder("other"))
        with s.imap(server="backend2") as c:
            check(c.create("other"))
        s.give()
        assert s.found() == {"other": "renamed"}
        done = s.reconstruct("-f")
        assert "other: renamed" in done.stdout, done.stdout
        assert s.found() == {}
        s.check_agreement()
        with s.imap() as c:
            assert check(c.select("shared")) == [b"1"]


def test_without_the_master_nothing_is_half_done():
    with Site() as s:
        s.make_user("ann")
        s.forget("user.ann.a")
        s.give()
        s.m["mupdate"].stop()
        done = s.reconstruct("-f")
        assert done.returncode == 75 and "user.ann.a: unlisted" in done.stdout, done.stdout
        assert "user.ann.a" not in s.listed()
        s.m["mupdate"].start()
        murder.wait_for(lambda: s.reconstruct("-f").returncode == 0, "the master is there again")
        assert s.mail("ann")["INBOX.a"] == ["ann-1", "ann-2"]
        s.check_agreement()


def test_a_partition_that_is_away_is_one_finding():
    with Site() as s:
        for user in ("ann", "bob"):
            s.make_user(user)
        with s.imap() as c:
            check(c.create("shared"))
            check(c._simple_command("RENAME", "shared", "shared", "second"))
        second = os.path.join(s.b.dir, "second")
        # A copy of what is on the partition, while that is away.
        s.copy(s.folder("shared", "second"), s.folder("shared"))
        s.give()
        assert s.found() == {"shared": "copy"}
        os.rename(second, second + ".away")
        for mounted in (False, True):
            if mounted:
                os.makedirs(second)
                s.give()
            out = s.found()
            assert out == {"-": "partition", "shared": "unclear"}, out
            before = s.listed()
            done = s.reconstruct("-f")
            assert done.returncode == 75 and "is it mounted" in done.stdout, done.stdout
            s.reconstruct("-f", "shared")
            assert s.listed() == before and s.found() == out
            assert os.path.exists(os.path.join(s.folder("shared"), HEADER))
        os.rmdir(second)
        os.rename(second + ".away", second)
        assert s.reconstruct("-f").returncode == 0
        assert s.found() == {}
        s.check_agreement()


def test_what_is_under_way_is_not_stranded():
    """CREATE, RENAME, DELETE, changes of partition and moves run, and murder check runs beside."""
    with Site(options={"delete_mode": "delayed"}) as s:
        renamers = ["ann", "amy", "abe"]
        for user in renamers + ["bob", "carl"]:
            s.make_user(user)
        # So that a walk takes a while.
        with s.imap("abe") as c:
            for n in range(100):
                check(c.create("INBOX.more%d" % n))
        over = threading.Event()
        broken = []

        def loop(user, *steps):
            try:
                with s.imap(user) as c, s.imap() as admin:
                    while not over.is_set():
                        for step in steps:
                            step(c, admin)
            except Exception as e:
                broken.append(e)
                raise

        def make(c, admin):
            check(c.create("INBOX.x"))
            check(c.append("INBOX.x", None, None, message("x")))
            check(c.create("INBOX.x.y"))

        def rename(c, admin):
            check(c.rename("INBOX.x", "INBOX.z"))

        def remove(c, admin):
            check(c.delete("INBOX.z.y"))
            check(c.delete("INBOX.z"))

        def partition(c, admin):
            for target in ("second", "default"):
                check(admin._simple_command("RENAME", "user.bob", "user.bob", target))

        def move():
            try:
                for n in range(1000):
                    if over.is_set():
                        return
                    at, to = ("backend1", "backend2") if n % 2 == 0 else ("backend2", "backend1")
                    s.m[at].run("murder", "move", "user.carl", to)
                    s.m[at].run("murder", "move", "--purge", "user.carl", check=False)
            except Exception as e:
                broken.append(e)
                raise

        threads = [threading.Thread(target=loop, args=(user, make, rename, remove))
                   for user in renamers]
        threads += [threading.Thread(target=loop, args=("bob", partition)),
                    threading.Thread(target=move)]
        for t in threads:
            t.start()
        try:
            for _ in range(25):
                for server in ("backend1", "backend2"):
                    done = s.m[server].run("murder", "check", "--json", check=False)
                    assert json.loads(done.stdout)["stranded"] == [], done.stdout
                    assert not broken, broken
        finally:
            over.set()
            for t in threads:
                t.join()
        assert not broken, broken


EVERY = 1 if harness.ALL else 17
CUT_SHORT = ["CREATE killed after the header", "DELETE killed before the header went",
             "RENAME killed after rename(2)", "delayed DELETE killed after rename(2)",
             "change of partition killed before the list",
             "change of partition killed while the old place was emptied",
             "change of partition killed after the copy", "a copy under another name",
             "mail without a header, not in the list", "no directory"]


def mend_from_every_point(s):
    """reconstruct -f dies before its nth change of a file; then it is said again."""
    tool = faults.Tool(s)
    points = 0
    for row in TABLE:
        if row.what not in CUT_SHORT:
            continue
        # All of them take minutes: each row begins elsewhere.
        at, hit = CUT_SHORT.index(row.what) % EVERY + 1 - EVERY, True
        while hit:
            at, points = at + EVERY, points + 1
            user = "k%d" % points
            s.make_user(user)
            row.arrange(s, "user." + user)
            s.give()
            names = [full_name(user, n) for n in row.arguments] or ["-r", "user." + user,
                                                                   full_name(user, "DELETED.a")]
            s.tool_control.arm("kill", at)
            with contextlib.suppress(OSError):
                tool.run("reconstruct", "-f", *names)
            hit = s.tool_control["hit"]
            s.tool_control.disarm()
            done = s.reconstruct("-f")
            assert done.returncode in (0, 75 if row.arguments else 0), (row.what, at, done.stdout)
            for name in row.arguments:
                done = s.reconstruct("-f", full_name(user, name))
                assert done.returncode == 0, (row.what, at, done.stdout)
            assert s.mail(user) == row.mail_after(user), (row.what, at, s.mail(user))
            # What was made is enough for this one; the others are not to be looked at each time.
            with s.imap() as c:
                check(c.setacl("user." + user, "cyrus", "lrswipkxtecda"))
                check(c.delete("user." + user))
            s.clear()
        assert at > EVERY, (row.what, at)
    assert s.found() == {}
    print("%d points" % points)


def test_mending_is_cut_short_at_each_step():
    if not os.path.exists(faults.SHIM):
        raise harness.Skip("no fault_shim")
    for alone in (False, True):
        with Site(alone=alone) as s:
            mend_from_every_point(s)
            s.check_agreement()


def test_the_text_for_people():
    with Site(alone=True) as s:
        s.make_user("ann")
        s.forget("user.ann.a")
        s.give()
        done = s.b.run("murder", "check", check=False)
        assert done.returncode == 2, done.stdout
        told = re.search(r"unlisted +user\.ann\.a +default .*reconstruct -f", done.stdout)
        assert told, done.stdout
        # Below what is named is looked for too, as in Cyrus, and nowhere else.
        s.make_user("bob")
        s.forget("user.bob.a")
        s.give()
        assert s.reconstruct("-q", "-f", "user.ann").returncode == 0
        assert s.found() == {"user.bob.a": "unlisted"}
        assert s.reconstruct("-f", "-p", "second").returncode == 0
        assert s.found() == {"user.bob.a": "unlisted"}
        assert s.reconstruct("-f").returncode == 0
        assert s.found() == {}


if __name__ == "__main__":
    harness.main()
