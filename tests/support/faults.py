#!/usr/bin/env python3
"""What an operation leaves when it is cut short: at each state-changing system call of it the
worker or the whole server dies, or the call fails; then recovery, and what is there is looked at.

    faults.py --list                                   # operations
    faults.py                                          # all of them, hours
    faults.py rename-one                               # every point, every mode, with a master
    faults.py --plain --modes kill,enospc rename-one   # a server without one
    faults.py --points 7 --modes kill -v rename-one    # one point, with the calls up to it

The operations are in fault_operations.py; fault_shim.cc does the failing. A line is printed for
each point that leaves what must not be left (NOTE: files or empty folders that harm nobody, since
the name can be used), and one for each operation:

    FAIL rename-one master kill 7 (rename conf/x.NEW -> conf/x): neither done nor undone: ...
    DONE rename-one master kill: 23 points, 1 failed, 2 with notes
"""
import argparse
import contextlib
import imaplib
import json
import mmap
import os
import pwd
import random
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import mupdate_client
import murder

SHIM = os.path.join(murder.BUILD, "tests", "support", "fault_shim.so")
HEADER = "rookery.header"
(KILL, KILL_AFTER, KILL_GROUP, ERROR_ONCE, ERROR_FROM, KILL_TORN, ERROR_TORN, POWER,
 POWER_KILL) = range(1, 10)
ENOSPC, EIO = 28, 5
# name -> how the shim acts, errno
MODES = {
    "count": (0, 0),
    "kill": (KILL, 0),
    "server": (KILL_GROUP, 0),
    "torn": (KILL_TORN, 0),
    "enospc": (ERROR_ONCE, ENOSPC),
    "eio": (ERROR_ONCE, EIO),
    "full": (ERROR_TORN, ENOSPC),     # this one in part, and no more from there on
    "broken": (ERROR_FROM, EIO),
}
MOST_UNASKED = 3  # points of one operation where the servers could not be asked
PASSED = 2  # the call cannot have that error
GONE = (imaplib.IMAP4.abort, OSError)


class Control:
    """The record that the shim maps; see fault_shim.cc."""

    FIELDS = ("armed", "mode", "n", "error", "pid", "counter", "hit", "hit_pid")

    def __init__(self, path):
        self.path = path
        with open(path, "wb") as f:
            f.write(b"\0" * 8 * len(self.FIELDS))
        os.chmod(path, 0o666)
        with open(path, "r+b") as f:
            self.map = mmap.mmap(f.fileno(), 0)

    def __getitem__(self, field):
        return struct.unpack_from("=Q", self.map, 8 * self.FIELDS.index(field))[0]

    def __setitem__(self, field, value):
        struct.pack_into("=Q", self.map, 8 * self.FIELDS.index(field), value)

    def arm(self, mode, n, pid=0):
        self.disarm()
        self["mode"], self["error"] = MODES[mode] if isinstance(mode, str) else (mode, 0)
        self["n"], self["pid"] = n, pid
        self["counter"] = self["hit"] = self["hit_pid"] = 0
        self["armed"] = 1

    def disarm(self):
        self["armed"] = 0


class Instance(murder.Instance):
    """A server with the shim in it."""

    shimmed = False
    no_mmap = False

    def arrange(self, shimmed):
        self.shimmed = shimmed
        self.trace = os.path.join(self.murder.dir, self.name + ".trace")
        self.control = Control(os.path.join(self.murder.dir, self.name + ".control"))
        with open(self.trace, "w"):
            pass
        os.chmod(self.trace, 0o666)

    def roots(self):
        return [os.path.join(self.dir, "conf")] + self.partitions()

    def partitions(self):
        return [v for k, v in self.options().items() if k.startswith("partition-")]

    def options(self):
        if "mupdate" in [i.name for i in self.murder.instances]:
            return super().options()
        # A server without a murder: what a master has, and mail.
        role, self.role = self.role, "mupdate"
        o = super().options()
        self.role = role
        del o["mupdate_connections_max"]
        o["partition-default"] = os.path.join(self.dir, "spool")
        o.update({"defaultpartition": "default", "admins": "cyrus murder",
                  "lmtp_admins": "cyrus murder", "proxyservers": "murder",
                  "allowallsubscribe": "yes", "duplicatesuppression": "no"})
        o.update(self.murder.extra)
        o.update(self.extra)
        return o

    def environment(self, control=None, trace=None):
        e = dict(LD_PRELOAD=SHIM, ROOKERY_FAULT_CONTROL=(control or self.control).path,
                 ROOKERY_FAULT_ROOTS=":".join(self.roots()),
                 ROOKERY_FAULT_TRACE=trace or self.trace)
        if self.no_mmap:
            e["ROOKERY_FAULT_NOMMAP"] = "1"
        return e

    def write(self):
        super().write()
        if "mupdate" not in [i.name for i in self.murder.instances]:
            with open(self.cyrus_conf) as f:
                lines = [line for line in f if "mupdatepush" not in line]
            with open(self.cyrus_conf, "w") as f:
                f.writelines(lines)

    def start(self, wait=True):
        before = self.murder.environment
        if self.shimmed:
            self.murder.environment = dict(before, **self.environment())
        try:
            return super().start(wait)
        finally:
            self.murder.environment = before

    def end(self):
        """All of it, as when its machine goes down."""
        group = self.pid()
        self.stop(9)
        if group is not None:
            murder.wait_for(lambda: not members(group), "the end of all of a server")

    def calls(self):
        """What the shim wrote down, as text: name and paths of each call, its number first."""
        found = []
        with open(self.trace, errors="replace") as f:
            for line in f:
                w = line.rstrip("\n").split("\t")
                if len(w) != 10:
                    continue
                short = [p.replace(self.dir + "/", "") for p in w[8:] if p]
                found.append((int(w[0]), "%s %s" % (w[2], " -> ".join(short)), w[7]))
        return found

    def forget_calls(self):
        os.truncate(self.trace, 0)


class Tool:
    """A program of an administrator, with the shim in it; takes the place of a client."""

    worker = 0

    def __init__(self, world):
        self.backend, self.control = world.backend, world.tool_control

    def run(self, program, *arguments, text=None):
        b = self.backend
        owner = {"user": b.murder.owner, "group": pwd.getpwnam(b.murder.owner).pw_gid,
                 "extra_groups": []} if os.geteuid() == 0 else {}
        env = dict(os.environ, ROOKERY_LOG=b.log, **b.environment(self.control))
        done = subprocess.run([os.path.join(b.murder.bin, program), "-C", b.imapd_conf,
                               *arguments], input=text, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, cwd=b.dir, env=env,
                              timeout=murder.DEADLINE, start_new_session=True, **owner)
        if done.returncode < 0:
            raise OSError("%s: signal %d" % (program, -done.returncode))
        return "NO" if done.returncode else "OK", [done.stdout.encode()]

    def noop(self):
        pass

    def shutdown(self):
        pass


def members(group):
    """The processes of a process group: as long as one lives, it may hold the server's ports."""
    found = []
    for p in os.listdir("/proc") if os.path.isdir("/proc/self") else []:
        with contextlib.suppress(OSError, IndexError, ValueError):
            with open("/proc/%d/stat" % int(p)) as f:
                state, _, of = f.read().rsplit(")", 1)[1].split()[:3]
            if int(of) == group and state != "Z":
                found.append(int(p))
    return found


class Left(Exception):
    """Something that must not be left is left."""


class World:
    """One backend, and a master with a frontend or none of both."""

    def __init__(self, master=True, options=None, backends=1):
        self.master = master
        self.dir = tempfile.mkdtemp(prefix="rookery-faults-")
        self.m = murder.Murder(dir=self.dir, backends=backends, frontends=1 if master else 0,
                               master=master, start=False, strict=False, babysit=True, pop3=True,
                               extra=dict({"mupdate_agent_interval": "3600",
                                           "mupdate_retry_delay": "1", "allowusermoves": "yes",
                                           "delete_mode": "immediate"} if master else
                                          {"allowusermoves": "yes", "delete_mode": "immediate"},
                                          **(options or {})))
        for i in self.m.instances:
            i.__class__ = Instance
            i.arrange(i.role == "backend" or i.role == "mupdate")
            if i.role == "backend":
                second = os.path.join(i.dir, "second")
                os.makedirs(second)
                i.extra["partition-second"] = second
        self.backend = self.m["backend1"]
        self.points = 0
        self.tool_control = Control(os.path.join(self.m.dir, "tool.control"))
        self.admin_connection = None
        self.watching = None

    def __enter__(self):
        try:
            self.m.start()
            self.m.set_passwords({})
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *args):
        for i in self.m.instances:
            i.control.disarm()
        with contextlib.suppress(*GONE):
            if self.watching:
                self.watching.close()
        try:
            self.m.stop()
        finally:
            shutil.rmtree(self.dir, ignore_errors=True)

    # --- clients
    def imap(self, user=None):
        """A session as this user; None: an administrator. The worker's pid is .worker.

        After crashes a template is replaced, and a worker of the old one ends who would log in as a
        server or an administrator there (doc/rules.md 8.4): these come again, as frontends do.
        """
        try:
            return self.session(user)
        except GONE:
            return self.session(user)

    def session(self, user):
        c = imaplib.IMAP4(*self.backend.address("imap"), timeout=murder.DEADLINE)
        c.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if user is None:
            kind, data = c.login("cyrus", self.m.password)
        else:
            plain = ("%s\0murder\0%s" % (user, self.m.node_password)).encode()
            kind, data = c.authenticate("PLAIN", lambda _: plain)
        if kind != "OK":
            raise AssertionError(data)
        c.worker = int(re.search(rb"SESSIONID=<[^-]*-(\d+)-", data[-1]).group(1))
        return c

    def admin(self):
        """A lasting session of an administrator."""
        with contextlib.suppress(*GONE):
            if self.admin_connection and self.admin_connection.noop()[0] == "OK":
                return self.admin_connection
        self.admin_connection = self.imap()
        return self.admin_connection

    def go_to(self, name):
        """The backend that is spoken of."""
        if self.backend is not self.m[name]:
            self.backend, self.admin_connection = self.m[name], None

    def mupdate(self, server, user):
        c = mupdate_client.Client(self.m[server].address("mupdate"))
        password = self.m.node_password if user != "cyrus" else self.m.password
        assert c.login(user, password).startswith("OK"), user
        return c

    # --- looking
    def listed(self, token, backend=None):
        """name -> entry of the list."""
        backend = backend or self.backend
        dump = json.loads(backend.run("ctl_mboxlist", "-d").stdout or "{}")
        return {n: e for n, e in dump.items() if token in n}

    def stored(self, token, backend=None):
        """[(path, header fields)] of every directory with a header."""
        backend = backend or self.backend
        found = []
        for root in backend.partitions():
            for folder, _, files in os.walk(root):
                if HEADER in files and token in os.path.relpath(folder, backend.dir):
                    with open(os.path.join(folder, HEADER), errors="replace") as f:
                        fields = dict(line.rstrip("\n").split(" ", 1) for line in f
                                      if line.startswith(("name ", "uniqueid ", "acl ")))
                    found.append((folder, fields))
        return found

    def told(self, server, user, token):
        """name -> (state, location, ACL) at the master or a replica."""
        with self.mupdate(server, user) as c:
            return {r[1]: (r[0], *r[2:]) for r in c.list() if token in r[1]}

    def files(self, token):
        """What else has the token in its name, and half-written things of anybody."""
        found = set()
        for root in self.backend.roots():
            for folder, folders, files in os.walk(root):
                for name in files:
                    # The folder of the test may have the token in its name by chance.
                    path = os.path.relpath(os.path.join(folder, name), self.backend.dir)
                    if ".NEW" in name or "/stage." in path or (
                            token in path and HEADER not in files):
                        found.add(path)
                below = os.path.relpath(folder, self.backend.dir)
                if token in below and not files and not folders:
                    found.add(below + "/")
        return found

    def pending(self):
        """How many entries of the list wait for something."""
        if not self.master:
            return 0
        text = self.backend.run("murder", "metrics", check=False).stdout
        m = re.search(r"^rookery_pending_changes(?:\{.*\})? (\d+)", text, re.M)
        return int(m.group(1)) if m else 0

    def place(self, entry):
        """Where the mailbox of an entry has its directory."""
        o = self.backend.options()
        return os.path.join(o["partition-" + entry["partition"]], *entry["name"].split("."))

    # --- dying and recovery
    def revive(self, killed=None):
        """killed: the server that died as a whole."""
        self.tool_control.disarm()
        for i in self.m.instances:
            i.control.disarm()
        for i in self.m.instances:
            if i.process is not None and (i is killed or i.process.poll() is not None):
                i.end()
            if i.process is None:
                self.admin_connection = None
                i.start()
        # What START does, on a server that runs too: a worker's death starts nothing.
        for arguments in (("ctl_cyrusdb", "-r"),) + ((("ctl_mboxlist", "-s"),) if self.master
                                                    else ()):
            done = self.backend.run(*arguments, check=False)
            if done.returncode:
                raise Left("%s: exit %d: %s" % (" ".join(arguments), done.returncode,
                                                done.stdout.strip()[-300:]))

    def start_again(self):
        """All of it, after what nobody could be asked about."""
        self.admin_connection = None
        for i in reversed(self.m.instances):
            i.control.disarm()
            i.end()
        self.m.start()

    # --- invariants
    def check_agreement(self, token, at_master=True):
        """List, store, master and replica say the same about the names with the token."""
        wrong = []
        listed = self.listed(token)
        stored = self.stored(token)
        for name, e in listed.items():
            if e["mbtype"] != "e":
                wrong.append("%s is '%s' in the list" % (name, e["mbtype"]))
            where = [(p, h) for p, h in stored if p == self.place(e)]
            if not where:
                wrong.append("%s has no directory" % name)
            elif where[0][1].get("uniqueid") != e["uniqueid"]:
                wrong.append("%s: another mailbox's directory" % name)
        places = {self.place(e) for e in listed.values()}
        for path, header in stored:
            if path not in places:
                wrong.append("%s is not in the list" % os.path.relpath(path, self.backend.dir))
        ids = [h.get("uniqueid") for _, h in stored]
        if len(ids) != len(set(ids)):
            wrong.append("one uniqueid in two directories")
        if self.master and at_master:
            wrong += self.check_master(token, listed)
        return wrong

    def check_master(self, token, listed):
        wrong = []

        def acl(e):
            return "".join("%s\t%s\t" % kv for kv in e["acl"].items())
        here = self.backend.name
        want = {n: ("MAILBOX", "%s!%s" % (here, e["partition"]), acl(e)) for n, e in listed.items()}
        have = self.told("mupdate", "backend1", token)
        for name in sorted(set(want) | set(have)):
            if want.get(name) != have.get(name):
                wrong.append("%s: the master has %s, the list %s" % (name, have.get(name),
                                                                     want.get(name)))

        def same():
            return self.told("frontend1", "cyrus", token) == have
        try:
            murder.wait_for(same, "replica", 3)
        except TimeoutError:
            wrong.append("the replica has not what the master has")
        return wrong

    def messages(self, user, names):
        """name -> sorted Message-IDs, through IMAP; a string where it cannot be read."""
        found = {}
        if not names:
            return found
        with self.imap(user) as c:
            for name in names:
                kind, data = c.select('"%s"' % self.as_seen_by(user, name), readonly=True)
                if kind != "OK":
                    found[name] = "SELECT: %s" % data[0].decode(errors="replace")
                    continue
                ids = []
                if data[0] != b"0":
                    kind, data = c.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
                    if kind != "OK":
                        found[name] = "FETCH: %s" % data[0]
                        continue
                    ids = [re.search(rb"<(.*?)@", d[1]).group(1).decode() for d in data
                           if isinstance(d, tuple)]
                found[name] = sorted(ids)
        return found

    def as_seen_by(self, user, name):
        own = "user.%s" % user
        return "INBOX" + name[len(own):] if (name + ".").startswith(own + ".") else name


class Case:
    """One point of one operation: its names, what was there, what is there when it was done.

    before, after: name -> Message-IDs. Partly done is no fault where `each` is set: then each
    mailbox is as before or as after.
    """

    def __init__(self, world, number):
        self.w = world
        self.token = "p%dq" % number
        self.user = self.token + "a"
        self.top = "user." + self.user
        self.before, self.after = {}, {}
        self.between = []  # other states that only a crash may leave: messages twice, none gone
        self.fact_before = self.fact_after = None
        self.acknowledged, self.maybe = [], []
        self.sent = 0

    def message(self, ident):
        return (b"From: a@b.example\r\nTo: c@d.example\r\nSubject: x\r\nMessage-ID: <%s@x>\r\n\r\n"
                b"body of %s\r\n" % (ident.encode(), ident.encode()))

    # --- for operations
    def make_user(self, messages=1):
        murder.check(self.w.admin().create(self.top))
        murder.check(self.w.admin().setacl(self.top, "cyrus", "lrswipkxtecdan"))
        self.before[self.top] = []
        self.append(self.top, messages)

    def make(self, sub, messages=2):
        name = "%s.%s" % (self.top, sub)
        murder.check(self.w.admin().create(name))
        self.before[name] = []
        self.append(name, messages)
        return name

    def append(self, name, count):
        if not count:
            return
        c = self.session()
        for _ in range(count):
            self.sent += 1
            ident = "%sm%d" % (self.token, self.sent)
            murder.check(c.append('"%s"' % self.w.as_seen_by(self.user, name), None, None,
                                  self.message(ident)))
            self.before[name].append(ident)

    def session(self):
        if getattr(self, "kept", None) is None:
            self.kept = self.w.imap(self.user)
        return self.kept

    def close(self):
        with contextlib.suppress(Exception):
            if getattr(self, "kept", None):
                self.kept.logout()
        self.kept = None


class Delivering(threading.Thread):
    """Another session that delivers to the names while the operation runs."""

    def __init__(self, case, addresses, instance):
        super().__init__(daemon=True)
        self.case, self.addresses, self.instance = case, addresses, instance
        self.over = threading.Event()

    def run(self):
        n = 0
        while not self.over.is_set():
            for address in self.addresses:
                n += 1
                ident = "%sd%d" % (self.case.token, n)
                try:
                    refused = self.case.w.m.deliver(self.case.message(ident), [address],
                                                    instance=self.instance)
                    (self.case.maybe if refused else self.case.acknowledged).append(ident)
                except Exception:
                    self.case.maybe.append(ident)

    def stop(self):
        self.over.set()
        self.join(60)


class Finding:
    def __init__(self, operation, world, mode, n, call, what, notes=()):
        self.operation, self.kind = operation, "master" if world.master else "plain"
        self.mode, self.n, self.call, self.what, self.notes = mode, n, call, what, list(notes)

    def __str__(self):
        return "%s %s %s %s %d (%s): %s" % (
            "FAIL" if self.what else "NOTE", self.operation, self.kind, self.mode, self.n,
            self.call, "; ".join(self.what + ["(%s)" % n for n in self.notes])[:1200])


def outcome_of(operation, case, client):
    """OK, NO or DIED."""
    try:
        kind, data = operation.run(case, client)
    except GONE:
        return "DIED", ""
    text = (data[0] or b"").decode(errors="replace") if data else ""
    return kind, text


def judge_state(case, deletes, found, kind="DIED"):
    """before, after, or what it is instead; and what is wrong with the mail."""
    wrong = []
    extra = {}
    names = set(found)
    planned = {i for ids in list(case.before.values()) + list(case.after.values()) for i in ids}
    state = {}
    for name, ids in found.items():
        if isinstance(ids, str):
            wrong.append("%s: %s" % (name, ids))
            state[name] = None
            continue
        state[name] = [i for i in ids if i in planned]
        for i in ids:
            if i not in planned:
                extra[i] = extra.get(i, 0) + 1
    sides = []
    for side in ("before", "after"):
        want = {n: sorted(ids) for n, ids in getattr(case, side).items()}
        if want == state:
            sides.append(side)
    if not sides and kind == "DIED":
        sides = ["between" for b in case.between
                 if {n: sorted(ids) for n, ids in b.items()} == state]
    if not sides and case.each:
        good = all(state.get(n) in (sorted_or_none(case.before, n), sorted_or_none(case.after, n))
                   for n in set(case.before) | set(case.after) | names)
        sides = ["partly"] if good else []
    if not sides:
        counts = {n: len(i) if i is not None else "?" for n, i in sorted(state.items())}
        wrong.append("neither done nor undone: messages %s, before %s, after %s" % (
            counts, {n: len(i) for n, i in sorted(case.before.items())},
            {n: len(i) for n, i in sorted(case.after.items())}))
    return sides, wrong + judge_deliveries(case, deletes and set(case.before) - set(state), extra,
                                           2 if sides == ["between"] else 1)


def judge_deliveries(case, some_gone, extra, most):
    wrong = []
    # What was delivered into a mailbox that was deleted then is gone with it.
    least = 0 if some_gone else 1
    for i in case.acknowledged:
        if not least <= extra.get(i, 0) <= most:
            wrong.append("a delivery is there %d times" % extra.get(i, 0))
    for i in case.maybe:
        if extra.get(i, 0) > most:
            wrong.append("a refused delivery is there %d times" % extra[i])
    return wrong


def sorted_or_none(side, name):
    return sorted(side[name]) if name in side else None


def usable(case, state_names):
    """Each name can be used, and then all of it goes."""
    w, wrong = case.w, []
    admin = w.admin()
    others = {n for n in set(case.before) | set(case.after) if n.startswith("user.")}
    others -= set(state_names)
    for name in sorted(others):
        kind, data = admin.create('"%s"' % name)
        if kind != "OK":
            wrong.append("CREATE %s: %s" % (name, data[0].decode()))
    users = {n.split(".")[1] for n in set(state_names) | others if n.startswith("user.")}
    for user in users:
        mine = [n for n in sorted(set(state_names) | others)
                if (n + ".").startswith("user.%s." % user)]
        with w.imap(user) as c:
            for name in mine[:20]:
                kind, data = c.append('"%s"' % w.as_seen_by(user, name), None, None,
                                      case.message("usable"))
                if kind != "OK":
                    wrong.append("APPEND to %s: %s" % (name, data[0].decode()))
    return wrong


def divide_left(left, wrong, notes):
    """A message that nobody can see is a fault; other files and folders are noted."""
    mail = [p for p in left if re.search(r"/\d+\.$", p) and "/stage./" not in p]
    if mail:
        wrong.append("messages left: %s" % " ".join(sorted(mail)[:5]))
    others = sorted(set(left) - set(mail))
    if others:
        notes.append("left: %s" % " ".join(others[:5]))


def remove_all(case, notes):
    """All with the token goes; what is wrong with that."""
    w, wrong = case.w, []
    for _ in range(2):
        names = sorted(w.listed(case.token), reverse=True)
        for name in names:
            kind, data = w.admin().delete('"%s"' % name)
            if kind != "OK" and b"NOPERM" in data[0]:
                w.admin().setacl('"%s"' % name, "cyrus", "lrswipkxtecdan")
                kind, data = w.admin().delete('"%s"' % name)
            if kind != "OK" and name in w.listed(case.token):
                wrong.append("DELETE %s: %s" % (name, data[0].decode()))
        if not w.listed(case.token):
            break
    for name in w.listed(case.token):
        wrong.append("%s cannot be deleted" % name)
        w.admin().xatom("LOCALDELETE", '"%s"' % name)
    for path, _ in w.stored(case.token):
        wrong.append("%s stays" % os.path.relpath(path, w.backend.dir))
    if w.master:
        for name, entry in w.told("mupdate", "backend1", case.token).items():
            wrong.append("the master keeps %s %s" % (entry[0], name))
    left = sorted(w.files(case.token))
    divide_left(left, wrong, notes)
    for path in left:
        full = os.path.join(w.backend.dir, path)
        with contextlib.suppress(OSError):
            shutil.rmtree(full) if path.endswith("/") else os.unlink(full)
    for path, _ in w.stored(case.token):
        shutil.rmtree(path, ignore_errors=True)
    return wrong


def remove_everywhere(world, case, notes):
    wrong = []
    for server in [world.backend] + [b for b in world.m.backends if b is not world.backend]:
        world.go_to(server.name)
        wrong += remove_all(case, notes)
    return wrong


def run_point(world, operation, mode, n, verbose=False, deliver=None):
    """(hit, finding or None)"""
    world.points += 1
    world.go_to("backend1")
    case = Case(world, world.points)
    case.each, case.mode = operation.each, mode
    operation.prepare(case)
    case.close()
    pending_before = world.pending()
    files_before = world.files(case.token)
    victim = world.m[operation.victim]
    client = operation.client(case)
    control = getattr(client, "control", victim.control)
    victim.forget_calls()
    second = None
    if deliver if deliver is not None else n % 10 == 0:
        second = Delivering(case, operation.addresses(case), operation.deliver_at)
        second.start()
    # At another server than the client's it is whoever serves that.
    control.arm(mode, n, client.worker if victim is world.backend else 0)
    kind, text = outcome_of(operation, case, client)
    if kind == "OK":
        with contextlib.suppress(*GONE):
            client.noop()
    control.disarm()
    if second:
        second.stop()
    hit, calls = control["hit"], victim.calls()
    world.counted = control["counter"]
    with contextlib.suppress(Exception):
        client.shutdown()
    where = calls[-1][1] if hit == 1 and calls else "no call"
    if hit == 1:
        where = next((c[1] for c in calls if c[0] == n), where)
    what, notes = [], []
    try:
        world.revive(victim if mode == "server" and hit == 1 else None)
        operation.finish(case)
        what = look(world, operation, case, kind, text, hit, pending_before, files_before, notes)
    except (Left, subprocess.TimeoutExpired) as e:
        what.append(str(e))
    except GONE as e:
        what.append("the server does not answer: %r" % (e,))
    try:
        what += remove_everywhere(world, case, notes)
    except GONE as e:
        what.append("removing: the server does not answer: %r" % (e,))
    if verbose:
        for number, call, how in calls:
            print("    %4d %s %s" % (number, call, how))
        print("    answer: %s %s; hit %d" % (kind, text, hit))
    if not what and not notes:
        return hit, None
    return hit, Finding(operation.name, world, mode, n, where, what, notes)


def judge_facts(operation, case, kind):
    value = operation.facts(case)
    if kind == "OK" and value != case.fact_after:
        return ["answered OK, and it is not done: %s, not %s" % (value, case.fact_after)]
    if value not in (case.fact_before, case.fact_after):
        return ["%s, neither %s nor %s" % (value, case.fact_before, case.fact_after)]
    return []


def look(world, operation, case, kind, text, hit, pending_before, files_before, notes):
    what = []
    if kind not in ("OK", "NO", "DIED"):
        what.append("answer %s %s" % (kind, text))
    if hit == 0 and kind != "OK":
        what.append("without a fault: %s %s" % (kind, text))
    what += world.check_agreement(case.token, operation.at_master)
    if world.pending() > pending_before:
        what.append("a change is still pending")
    divide_left(world.files(case.token) - files_before, what, notes)
    listed = world.listed(case.token)
    found = {}
    for user in sorted({n.split(".")[1] for n in listed if n.startswith("user.")}):
        found.update(world.messages(user, [n for n in listed if
                                           (n + ".").startswith("user.%s." % user)]))
    found.update(operation.elsewhere(case, listed))
    sides, wrong = judge_state(case, operation.deletes, found, kind)
    what += wrong
    if not wrong and sides[0] == "between":
        notes.append("between done and not done: all of it is there")
    what += judge_facts(operation, case, kind)
    if kind == "OK" and "after" not in sides and not wrong and not operation.ok_of_part:
        what.append("answered OK, and it is not done")
    if kind == "NO" and sides == ["after"]:
        notes.append("answered NO, and it is done: %s" % text)
    what += operation.extra_checks(case, kind, sides)
    what += usable(case, [n for n in listed if n.startswith("user.")])
    return what


def sample(world, operation):
    """So many points of all that a run without a fault has, as the operation wants."""
    _, finding = run_point(world, operation, "count", 0)
    if finding and finding.what:
        raise AssertionError(str(finding))
    last = world.counted
    print("     %s: %d of %d points" % (operation.name, operation.samples, last), flush=True)
    return sorted(random.sample(range(1, last + 1), min(last, operation.samples)))


def run_operation(world, operation, mode, points=None, step=1, report=print, verbose=False,
                  limit=100000, notes=True, first=1):
    """Every point of one operation in one mode; (points, findings that are faults)."""
    findings, ran, unasked, n = [], 0, 0, first
    started = time.monotonic()
    if operation.samples and points is None:
        points = sample(world, operation)
    while n <= limit:
        if points is not None and n not in points:
            if n > max(points):
                break
            n += 1
            continue
        try:
            hit, finding = run_point(world, operation, mode, n, verbose)
        except (AssertionError, TimeoutError, RuntimeError, *GONE) as e:
            unasked += 1
            if unasked > MOST_UNASKED:
                raise
            hit, finding = 1, Finding(operation.name, world, mode, n, "no call",
                                      ["it was not looked at: %r" % (e,)])
            world.start_again()
        if hit or mode == "count":
            ran += 1
        if finding:
            findings.append(finding)
            if finding.what or notes:
                report(str(finding))
        if not hit:
            break
        n += step if points is None else 1
    bad = [f for f in findings if f.what]
    report("DONE %s %s %s: %d points, %d failed, %d with notes (%.1f s)" % (
        operation.name, "master" if world.master else "plain", mode, ran, len(bad),
        len(findings) - len(bad), time.monotonic() - started))
    return ran, bad


def main():
    import fault_operations
    import harness
    harness.work_in_memory()
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--list", action="store_true")
    p.add_argument("--plain", action="store_true", help="a server without a mupdate master")
    p.add_argument("--modes", default="kill,server,torn,enospc,eio,full,broken")
    p.add_argument("--points", help="such as 3 or 1-9")
    p.add_argument("--step", type=int, default=1)
    p.add_argument("--stores", action="store_true", help="each store of tdb is a call: many more")
    p.add_argument("--quiet", action="store_true", help="no NOTE lines")
    p.add_argument("-v", action="store_true", help="the calls, and the answer")
    p.add_argument("operations", nargs="*")
    a = p.parse_args()
    if a.list:
        for o in fault_operations.ALL:
            print("%-20s %s" % (o.name, o.__doc__))
        return
    points = None
    if a.points:
        first, _, last = a.points.partition("-")
        points = range(int(first), int(last or first) + 1)
    failed = 0
    for name in a.operations or [o.name for o in fault_operations.ALL]:
        operation = fault_operations.by_name(name)
        Instance.no_mmap = a.stores
        if a.plain and operation.needs_master:
            continue
        with World(not a.plain, operation.options, operation.backends) as w:
            for mode in a.modes.split(","):
                try:
                    failed += len(run_operation(w, operation, mode, points, a.step, verbose=a.v,
                                                notes=not a.quiet)[1])
                except (AssertionError, TimeoutError, RuntimeError, *GONE) as e:
                    failed += 1
                    print("FAIL %s %s: the run ended: %r" % (name, mode, e), flush=True)
                    break
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
