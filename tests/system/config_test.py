#!/usr/bin/env python3
"""A wrong configuration: file, line and reason on stderr and in the log, and exit 78."""
import json
import os
import shutil
import smtplib
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder

PROGRAMS = [("imapd",), ("lmtpd",), ("proxyd",), ("lmtpproxyd",), ("mupdate", "-m"),
            ("ctl_mboxlist", "-d"), ("ctl_cyrusdb", "-r"), ("rookery-passwd", "alice")]

WRONG = [("no separator", "configdirectory: {dir}/conf\nthis is no option\n", ":2:"),
         ("twice", "configdirectory: {dir}/conf\nservername: a\nservername: b\n", ":3:"),
         ("no value", "configdirectory: {dir}/conf\nadmins:\n", ":2:"),
         ("not a switch", "configdirectory: {dir}/conf\nallowplaintext: maybe\n", ":2:"),
         ("not a word of the list", "configdirectory: {dir}/conf\nvirtdomains: sometimes\n", ":2:"),
         ("not a number", "configdirectory: {dir}/conf\nmaxquoted: many\n", ":2:"),
         ("include of nothing", "configdirectory: {dir}/conf\n@include: {dir}/nosuch\n", ":2:"),
         ("no configdirectory", "servername: a\n", "configdirectory")]


def run(m, program, conf, *arguments):
    i = m["backend1"]
    i.imapd_conf, saved = conf, i.imapd_conf
    try:
        return i.run(program, *arguments, check=False, input="pw\n")
    finally:
        i.imapd_conf = saved


def test_a_wrong_imapd_conf():
    with murder.Murder(backends=1, frontends=0, master=False, start=False) as m:
        i = m["backend1"]
        i.write = lambda: None
        os.makedirs(i.dir, exist_ok=True)
        conf = os.path.join(i.dir, "imapd.conf")
        m.give(i.dir)
        for what, text, shown in WRONG:
            with open(conf, "w") as f:
                f.write(text.format(dir=i.dir))
            os.chmod(conf, 0o644)
            for program in PROGRAMS:
                done = run(m, program[0], conf, *program[1:])
                assert done.returncode == 78, (what, program, done.returncode, done.stdout)
                assert conf in done.stdout or shown == "configdirectory", (program, done.stdout)
                assert shown in done.stdout, (what, program, done.stdout)


def test_a_password_database_that_root_makes_is_the_daemons():
    if os.geteuid() != 0:
        raise harness.Skip("not root")
    with murder.Murder(backends=1, frontends=0, master=False, start=False) as m:
        i = m["backend1"]
        os.makedirs(os.path.join(i.dir, "conf"), exist_ok=True)
        m.give(os.path.join(i.dir, "conf"))
        database = os.path.join(i.dir, "conf", "sasldb2")
        conf = os.path.join(i.dir, "imapd.conf")
        with open(conf, "w") as f:
            f.write("configdirectory: %s/conf\nsasl_sasldb_path: %s\n" % (i.dir, database))
        for _ in range(2):
            subprocess.run([os.path.join(m.bin, "rookery-passwd"), "-C", conf, "alice"], check=True,
                           input=b"pw\n")
            assert os.stat(database).st_uid == os.stat(os.path.join(i.dir, "conf")).st_uid != 0
            assert os.stat(database).st_mode & 0o007 == 0
        os.chown(database, 0, 0)  # of one that is there the owner stays
        subprocess.run([os.path.join(m.bin, "rookery-passwd"), "-C", conf, "bob"], check=True,
                       input=b"pw\n")
        assert os.stat(database).st_uid == 0


def test_a_file_that_is_not_there():
    with murder.Murder(backends=1, frontends=0, master=False, start=False) as m:
        i = m["backend1"]
        os.makedirs(i.dir, exist_ok=True)
        m.give(i.dir)
        for program in PROGRAMS:
            done = run(m, program[0], os.path.join(i.dir, "nosuch"), *program[1:])
            assert done.returncode == 78 and "nosuch" in done.stdout, (program, done.stdout)


def logged(server):
    """What the server's processes wrote, those of START among them."""
    return server.tail(100_000).splitlines()


WRONG_PARTITIONS = [
    ({"defaultpartition": "nosuch"}, "defaultpartition: nosuch: there is no partition-nosuch"),
    ({"defaultpartition": None, "partition_select_exclude": "p"},
     "no partition to create a mailbox on")]


def test_a_partition_that_is_none():
    """Told once at START; each way to make a mailbox says the same, and makes none."""
    for options, reason in WRONG_PARTITIONS:
        with murder.Murder(backends=2, frontends=0, extra={"allowusermoves": "yes"},
                           start=False) as m:
            wrong = m["backend2"]
            wrong.extra = dict(options)
            wrong.extra["partition-default"] = None
            wrong.extra["partition-p"] = os.path.join(wrong.dir, "spool")
            m.start()
            told = [line for line in logged(wrong) if "wrong about partitions" in line]
            assert len(told) == 1 and reason in told[0] and "error" in told[0], told
            m.add_user("alice", 1)
            with m.imap("backend1", "alice") as c:
                murder.check(c.append("INBOX", None, None, b"Subject: s\r\n\r\nbody\r\n"))
            with m.imap("backend2", "cyrus") as c:
                for name in ("user.bob", "shared"):
                    kind, data = c.create(name)
                    assert kind == "NO" and data[0].startswith(b"[SERVERBUG]"), (name, data)
                murder.check(c.xatom("CREATE", "user.carol", "p"))
            with m.imap("backend1", "cyrus") as c:
                kind, data = c.xatom("XFER", "user.alice", "backend2")
                assert kind == "NO", data
            told = [line for line in logged(wrong) if "command failed" in line and reason in line]
            assert len(told) == 3, told  # two CREATEs and what XFER sent
            listed = json.loads(wrong.run("ctl_mboxlist", "-d").stdout)
            assert [n for n in listed if "r" not in listed[n]["mbtype"]] == ["user.carol"], listed
            left = [f for f, _, _ in os.walk(os.path.join(wrong.dir, "spool"))
                    if f.endswith(("alice", "bob", "shared"))]
            assert not left, left

MISSING = (("absent", lambda path: None), ("not mounted", os.makedirs),
           ("not allowed", lambda path: os.makedirs(path, 0)))


def test_a_partition_that_is_away():
    """Said at START with the partition's name; whoever wants its mail is told to come again, at the
    backend and through the frontend, and never that there is no such mailbox or no permission."""
    message = b"From: a@example.org\r\nSubject: s\r\n\r\nbody\r\n"
    with murder.Murder(backends=1, start=False) as m:
        server = m["backend1"]
        disk = os.path.join(m.dir, "disk")
        spool = os.path.join(disk, "spool")
        server.extra["partition-default"] = spool
        os.makedirs(disk)
        m.give(disk)
        m.start()
        m.add_user("ann")
        assert not m.deliver(message, ["ann"])
        wrong = []
        for how, make in MISSING:
            server.stop()
            os.rename(spool, spool + ".away")
            make(spool)
            if os.path.exists(spool):
                m.give(spool)
            os.chmod(disk, 0o555)  # nobody makes it anew
            before = len(logged(server))
            server.start()
            told = [line for line in logged(server)[before:]
                    if "a partition cannot be used" in line]
            if len(told) != 1 or "partition=default" not in told[0] or "error" not in told[0]:
                wrong.append("%s: told %r" % (how, told))
            for at in ("backend1", "frontend1"):
                with m.imap(at, "ann") as c:
                    for command in (("SELECT", "INBOX"), ("STATUS", "INBOX", "(MESSAGES)"),
                                    ("CREATE", "INBOX.New")):
                        kind, data = c.xatom(*command)
                        if kind != "NO" or not data[0].startswith(b"[UNAVAILABLE]"):
                            wrong.append("%s: %s at %s: %s %r" % (how, command, at, kind, data))
                    kind, data = c.append("INBOX", None, None, message)
                    if kind != "NO" or not data[0].startswith(b"[UNAVAILABLE]"):
                        wrong.append("%s: APPEND at %s: %s %r" % (how, at, kind, data))
                try:
                    refused = m.deliver(message, ["ann"], at)
                except smtplib.SMTPDataError as e:
                    refused = {"ann": (e.smtp_code, e.smtp_error)}
                if not refused or refused["ann"][0] // 100 != 4:
                    wrong.append("%s: LMTP at %s: %r" % (how, at, refused))
            logs = "\n".join(logged(server)[before:])
            if spool not in logs.split("a partition cannot be used", 1)[-1].split("\n", 1)[-1]:
                wrong.append("%s: no line in the log for what was refused" % how)
            server.stop()
            os.chmod(disk, 0o755)
            if os.path.exists(spool):
                os.chmod(spool, 0o755)
                shutil.rmtree(spool)
            os.rename(spool + ".away", spool)
            server.start()
            with m.imap("frontend1", "ann") as c:
                murder.check(c.select("INBOX"))
        assert not wrong, "\n".join(wrong)


if __name__ == "__main__":
    harness.main()
