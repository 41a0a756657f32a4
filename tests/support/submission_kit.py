"""A server with a queue of mail to send, and a sendmail program of the test's."""
import email
import glob
import os
import pwd
import random
import re
import subprocess
import time
import zlib

import murder

check = murder.check
MESSAGE = (b"Return-Path: <joe@example.net>\r\nFrom: joe@example.net\r\nSubject: onwards\r\n\r\n"
           b"Hello\r\n")
FAKE = """#!/bin/sh
# Records each call as a file, does as "does" says.
d='%s'
n=$(mktemp "$d/call.XXXXXX")
printf '%%s\\n' "$@" >"$n"
cat >>"$n"
. "$d/does"
"""


class Server:
    """A backend, or another instance, with a queue and a sendmail program of the test's."""

    def __init__(self, m, name="backend1"):
        self.m, self.instance = m, m[name]
        self.folder = os.path.join(self.instance.dir, "conf", "submission")
        self.calls_folder = os.path.join(m.dir, "fake")
        self.log = ""

    def does(self, script):
        path = os.path.join(self.calls_folder, "does")
        with open(path + ".new", "w") as f:
            f.write(script + "\n")
        self.m.give(path + ".new")
        os.rename(path + ".new", path)

    def calls(self):
        found = []
        for path in glob.glob(os.path.join(self.calls_folder, "call.*")):
            with open(path) as f:
                found.append(f.read())
        return found

    def put(self, *mails, arrived=None, message=MESSAGE):
        """As Queue::put() (doc/formats/submission.md); the ids. A mail: owner, from, to, kind."""
        arrived = int(time.time()) - 3600 if arrived is None else arrived
        batch = "%016x" % random.getrandbits(64)
        head = "rookery submission 1\narrived %d\nsize %d\ncrc %08x\n" % (
            arrived, len(message), zlib.crc32(message))
        for owner, sender, to, kind in mails:
            head += "mail %s\nowner %s\nfrom %s\nto %s\n" % (kind, owner, sender, to)
        head += "end %08x\n" % zlib.crc32(head.encode())
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        ids = ["%s-%d" % (batch, i + 1) for i in range(len(mails))]
        first = os.path.join(self.folder, batch + ".new")
        with open(first, "wb") as f:
            f.write(head.encode() + message)
        for i in ids:
            os.link(first, os.path.join(self.folder, i + ".mail"))
        os.unlink(first)
        self.m.give(self.folder)
        return ids

    def redirect(self, owner="ann", to="x@example.com", **kw):
        return self.put((owner, "joe@example.net", to, "redirect"), **kw)[0]

    def submit(self):
        """What it says of each mail; what it logs is kept."""
        done = self.instance.run("rookery-submit", "-v", stderr=subprocess.PIPE)
        self.log += done.stderr
        return done.stdout.split("\n")

    def state(self, id):
        with open(os.path.join(self.folder, id + ".state")) as f:
            return dict(re.findall(r"(?m)^(tries|next|failed|reason) (.*)$", f.read()))

    def make_due(self, id):
        """As if the time until the next try were over."""
        path = os.path.join(self.folder, id + ".state")
        with open(path) as f:
            text = f.read()
        with open(path, "w") as f:
            f.write(re.sub(r"(?m)^next .*$", "next 1", text))

    def let_time_pass(self):
        """As if hours were over: what is there is old, due, and no longer its maker's."""
        for name in self.files():
            path = os.path.join(self.folder, name)
            if name.endswith(".state"):
                self.make_due(name[:-len(".state")])
            elif name.endswith(".mail"):
                self.make_older(path)
        for name in self.files():
            os.utime(os.path.join(self.folder, name), (1, 1))

    def make_older(self, path):
        with open(path, "rb") as f:
            head, end, rest = f.read().partition(b"end ")
        head = re.sub(rb"(?m)^arrived .*$", b"arrived %d" % (time.time() - 3600), head)
        with open(path, "wb") as f:
            f.write(head + b"end %08x\n" % zlib.crc32(head) + rest[9:])

    def forget_calls(self):
        for path in glob.glob(os.path.join(self.calls_folder, "call.*")):
            os.unlink(path)

    def files(self):
        return sorted(os.listdir(self.folder)) if os.path.isdir(self.folder) else []


class Running(murder.Murder):
    """A murder whose servers send by the test's program."""

    def __init__(self, **kw):
        extra = dict(kw.pop("extra", {}))
        super().__init__(extra=extra, start=False, **kw)
        fake = os.path.join(self.dir, "fake")
        os.makedirs(fake)
        with open(os.path.join(fake, "sendmail"), "w") as f:
            f.write(FAKE % fake)
        os.chmod(os.path.join(fake, "sendmail"), 0o755)
        with open(os.path.join(fake, "does"), "w") as f:
            f.write("exit 0\n")
        self.give(fake)
        for instance in self.instances:
            instance.extra["sendmail"] = os.path.join(fake, "sendmail")
        self.start()


def inbox(m, user, instance="backend1"):
    c = m.imap(instance, user)
    try:
        count = int(check(c.select("INBOX", readonly=True))[0])
        return [email.message_from_bytes(check(c.fetch(str(n), "(RFC822)"))[0][1])
                for n in range(1, count + 1)]
    finally:
        c.logout()


def as_owner(m):
    """For subprocess: to run as the user that the servers run as."""
    if os.geteuid() != 0:
        return {}
    owner = pwd.getpwnam(m.owner)
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def start(s, *arguments):
    """rookery-submit, not waited for."""
    return subprocess.Popen(
        [os.path.join(s.m.bin, "rookery-submit"), "-C", s.instance.imapd_conf, *arguments],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
        cwd=s.instance.dir, env=dict(os.environ, ROOKERY_LOG=s.instance.log), **as_owner(s.m))
