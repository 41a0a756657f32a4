#!/usr/bin/env python3
"""A delivery by a script that ends at any of its state-changing calls: lmtpd, its whole server, or
the server that has one of the mailboxes. The MTA comes again until its mail is taken.

Then the message is in each mailbox once, it was sent on once, or twice where a process died, and
its sender has one answer at most. Every third call here, from a random one on; every one with
ROOKERY_TESTS=all.
"""
import json
import os
import random
import re
import smtplib
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import faults
import harness
import murder
import scripts

check = murder.check
STEP = 1 if harness.ALL else 3
MAILBOXES = {"INBOX": "backend1", "INBOX.work": "backend1", "shared2": "backend2"}
SCRIPT = """require ["fileinto", "copy", "vacation"];
fileinto :copy "INBOX.work";
fileinto :copy "shared2";
redirect :copy "out@example.net";
vacation :days 1 "I am away";
keep;
"""
REFUSED = (OSError, smtplib.SMTPException)


class Site:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(
            ignore_cleanup_errors=True)  # a sendmail may still be at it
        os.chmod(self.folder.name, 0o755)
        self.sendmail = scripts.Sendmail(self.folder.name)
        self.w = faults.World(backends=2, options={
            "sendmail": self.sendmail.program, "backend_retry": "1", "client_timeout": "5s",
            "backend_timeout": "5s"})
        self.m = self.w.m

    def __enter__(self):
        self.w.__enter__()
        self.m.add_user("alice", 1)
        with self.m.imap("backend1", "cyrus") as c:
            check(c.create("user.alice.work"))
        with self.m.imap("backend2", "cyrus") as c:
            check(c.create("shared2"))
            check(c.setacl("shared2", "alice", "lrswip"))
        scripts.put(self.m, "backend1", "alice", SCRIPT)
        return self

    def __exit__(self, *args):
        try:
            return self.w.__exit__(*args)
        finally:
            self.folder.cleanup()

    def deliver(self, name, client):
        text = ("From: %s@example.org\r\nTo: alice@example.org\r\nSubject: %s\r\n\r\nbody\r\n"
                % (name, name)).encode()
        return client.deliver(name + "@example.org", ["alice@example.org"], text)

    def session(self):
        client = murder.Lmtp(*self.m["backend1"].address("lmtpa"), timeout=murder.DEADLINE)
        text = client.ehlo()[1].decode()
        client.worker = int(re.search(r"SESSIONID=<[^-]*-(\d+)-", text).group(1))
        return client

    def again(self, name):
        """What an MTA does."""
        def taken():
            try:
                client = self.session()
                refused = self.deliver(name, client)
                client.close()
                return not refused
            except REFUSED:
                return False
        murder.wait_for(taken, "the delivery of " + name)

    def subjects(self, mailbox):
        with self.m.imap(MAILBOXES[mailbox], "alice") as c:
            if check(c.select(mailbox, readonly=True)) == [b"0"]:
                return []
            return [p[1].decode().split(":", 1)[1].strip()
                    for p in check(c.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))
                    if isinstance(p, tuple)]

    def point(self, victim, mode, n, name):
        """True if the call was reached."""
        instance = self.m[victim]
        client = self.session()
        # A worker that lives is the one that dies; at the other server whoever works for it.
        instance.control.arm(mode, n, client.worker if victim == "backend1" else 0)
        try:
            told = not self.deliver(name, client)
            client.close()
        except REFUSED:
            told = False
        hit = instance.control["hit"]
        instance.control.disarm()
        self.w.revive(instance if mode == "server" and hit else None)
        if not told:
            self.again(name)
        # Else the next to die could be the one that sends this.
        murder.wait_for(lambda: not self.queued(), "the end of the queue")
        return hit

    def judge(self, names, killed):
        wrong = []
        for mailbox in MAILBOXES:
            there = self.subjects(mailbox)
            wrong += ["%s: %d times in %s" % (n, there.count(n), mailbox) for n in names
                      if there.count(n) != 1]
        sent = {n: [0, 0] for n in names}
        for mail in self.sendmail.sent():
            if "out@example.net" in mail["arguments"]:
                name = re.search(r"Subject: (\w+)", mail["message"]).group(1)
                sent[name][0] += 1
            else:
                sent[re.search(r"(\w+)@example.org", mail["arguments"][-1]).group(1)][1] += 1
        for name, (redirects, answers) in sent.items():
            if not 1 <= redirects <= (2 if name in killed else 1):
                wrong.append("%s: sent on %d times" % (name, redirects))
            if answers > 1 or (answers == 0 and name not in killed):
                wrong.append("%s: answered %d times" % (name, answers))
        assert not wrong, "\n".join(wrong)

    def queued(self):
        self.m["backend1"].run("murder", "queue", "--run", check=False)
        return json.loads(self.m["backend1"].run("murder", "queue", "--json").stdout)["queue"]


def run(victim, mode):
    with Site() as s:
        n, names, killed = random.randint(1, STEP), [], set()
        while True:
            name = "m%d" % n
            names.append(name)
            if not s.point(victim, mode, n, name):
                break
            killed.add(name)
            n += STEP
        print("     %s %s: %d points of %d" % (victim, mode, len(killed), n), flush=True)
        assert killed
        s.judge(names, killed)


def test_lmtpd_dies():
    run("backend1", "kill")


def test_the_server_dies():
    run("backend1", "server")


def test_the_other_server_dies():
    run("backend2", "server")


def test_a_worker_of_the_other_server_dies():
    run("backend2", "kill")


if __name__ == "__main__":
    harness.main()
