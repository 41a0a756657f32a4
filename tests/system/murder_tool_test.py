#!/usr/bin/env python3
"""murder(8): what it shows of a whole murder and its parts, its exit status, and what it does."""
import imaplib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import fake_peer
import harness
import murder
import mupdate_client

imaplib.Commands["LOCALCREATE"] = ("AUTH", "SELECTED")
check = murder.check
MESSAGE = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: kept\r\n\r\nHello\r\n"


def tool(m, instance, *arguments, code=0):
    done = m[instance].run("murder", *arguments, check=False)
    assert done.returncode == code, (arguments, done.returncode, done.stdout)
    return done.stdout


def report(m, instance, what, code=0):
    out = json.loads(tool(m, instance, what, "--json", code=code))
    assert out["result"] == ("fine", "warning", "critical")[code], out
    return out


def node(m, name="backend1"):
    c = mupdate_client.Client(m["mupdate"].address("mupdate"))
    assert c.login(m[name].name, m.node_password).startswith("OK")
    return c


def test_status_and_its_exit_codes():
    with murder.Murder() as m:
        m.add_user("ann", 1)
        m.add_user("bob", 2)
        out = report(m, "frontend1", "status")
        by_role = {}
        for row in out["servers"]:
            by_role.setdefault(row["role"], []).append(row)
        assert [r["server"] for r in by_role["master"]] == [m["mupdate"].name], out
        assert {r["server"]: r["mailboxes"] for r in by_role["backend"]} == {
            m["backend1"].name: 1, m["backend2"].name: 1}, out
        assert all(r["state"] == "answers" and "Rookery" in r["version"]
                   for r in by_role["backend"]), out
        assert len(out["replicas"]) == 1 and out["replicas"][0]["state"] == "stream", out
        assert out["reservations"] == out["conflicts"] == out["moves"] == []
        text = tool(m, "backend1", "status")
        assert "Servers\n" in text and text.endswith("\nfine\n"), text
        with node(m) as c:
            c.status("RESERVE", "user.soon", m["backend1"].name + "!default")
            c.status("ACTIVATE", "user.bob", m["backend1"].name + "!default", "bob\tlrs\t")
        out = report(m, "frontend1", "status", code=1)
        assert [r["mailbox"] for r in out["reservations"]] == ["user.soon"], out
        assert [(r["mailbox"], r["held at"].split("!")[0], r["claimed at"].split("!")[0])
                for r in out["conflicts"]] == [("user.bob", m["backend2"].name,
                                                m["backend1"].name)], out
        m["backend2"].stop(signal.SIGKILL)
        out = report(m, "frontend1", "status", code=2)
        assert any(r["state"].startswith("unreachable") for r in out["servers"]), out
        m["mupdate"].stop(signal.SIGKILL)
        out = report(m, "frontend1", "status", code=2)
        with m.imap("backend1", "cyrus") as c:
            check(c.setacl("user.ann", "bob", "lrs"))
        out = report(m, "backend1", "status", code=2)
        assert [r["mailbox"] for r in out["pending"]] == ["user.ann"], out
        for wrong in ((), ("nothing",), ("status", "more"), ("conflicts", "resolve", "x"),
                      ("resync",), ("forget",)):
            assert "usage: murder" in tool(m, "backend1", *wrong, code=64)


def test_check_names_each_difference():
    with murder.Murder(backends=1) as m:
        m.add_user("ann")
        with m.imap("backend1", "ann") as c:
            for name in ("Gone", "Other", "Same"):
                check(c.create("INBOX." + name))
        for at in ("backend1", "frontend1"):
            murder.wait_for(lambda: m[at].run("murder", "check", check=False).returncode == 0,
                            at + " has heard of all")
            assert report(m, at, "check")["differences"] == []
        # From the backend, with the frontend as a third party.
        frontend = m["frontend1"].host_port("mupdate")
        cyrus = ("-u", "cyrus", "-w", m.password)
        assert " 0 differences" in tool(m, "backend1", *cyrus, "check", frontend)
        here = m["backend1"].name + "!default"
        with node(m) as c:
            assert c.status("DELETE", "user.ann.Gone").startswith("OK")
            assert c.status("ACTIVATE", "user.ann.Other", here, "bob\tl\t").startswith("OK")
            assert c.status("ACTIVATE", "user.ghost", here, "bob\tl\t").startswith("OK")
        out = {r["mailbox"]: r["meaning"] for r in report(m, "backend1", "check", 2)["differences"]}
        assert set(out) == {"user.ann.Gone", "user.ann.Other", "user.ghost"}, out
        assert "does not know it" in out["user.ann.Gone"] and "ACL" in out["user.ann.Other"]
        assert "it is not" in out["user.ghost"], out
        # The frontend asks the backend which names it has.
        out = {(r["server"], r["mailbox"]): r["meaning"]
               for r in report(m, "frontend1", "check", 2)["differences"]}
        assert set(out) == {(m["backend1"].name, "user.ann.Gone"),
                            (m["backend1"].name, "user.ghost")}, out
        # A replica that is held up shows what was.
        pid = m["frontend1"].processes("mupdate")[0]
        os.kill(pid, signal.SIGSTOP)
        try:
            with node(m) as c:
                assert c.status("ACTIVATE", "user.late", here, "bob\tl\t").startswith("OK")
            assert any(r["mailbox"] == "user.late" and "does not show it yet" in r["meaning"]
                       for r in report(m, "frontend1", "check", 2)["differences"])
        finally:
            os.kill(pid, signal.SIGCONT)
        m["backend1"].run("ctl_mboxlist", "-m")
        assert report(m, "backend1", "check")["differences"] == []


def test_a_backend_from_a_backup_only_reports():
    with murder.Murder(backends=1, extra={"mupdate_agent_interval": "3600"}) as m:
        backend = m["backend1"]
        m.add_user("ann")
        with m.imap("backend1", "ann") as c:
            check(c.create("INBOX.Old"))
        backend.run("ctl_mboxlist", "-s")
        backend.stop()
        backup = os.path.join(m.dir, "backup")
        shutil.copytree(backend.dir, backup, symlinks=True,
                        ignore=shutil.ignore_patterns("socket", "proc", "ready"))
        backend.start()
        with m.imap("backend1", "ann") as c:
            check(c.create("INBOX.New"))
            check(c.delete("INBOX.Old"))
        backend.run("ctl_mboxlist", "-s")
        backend.stop()
        for sub in ("conf", "spool"):
            subprocess.run(["cp", "-a", os.path.join(backup, sub) + "/.",
                            os.path.join(backend.dir, sub)], check=True)
        for name in os.listdir(os.path.join(backend.dir, "spool", "user", "ann")):
            if name == "New":
                shutil.rmtree(os.path.join(backend.dir, "spool", "user", "ann", name))
        backend.start()

        def at_master():
            with node(m) as c:
                return sorted(r[1] for r in c.list())
        wanted = at_master()
        deleted = [n for n in wanted if n.startswith("DELETED.user.ann.Old.")]
        assert wanted == deleted + ["user.ann", "user.ann.New"] and len(deleted) == 1, wanted
        done = backend.run("ctl_mboxlist", "-m")
        assert "Remove from MUPDATE: user.ann.New" in done.stdout, done.stdout
        assert "restored from a backup: nothing was told" in done.stdout, done.stdout
        backend.run("ctl_mboxlist", "-s")
        assert at_master() == wanted
        out = {r["mailbox"]: r["meaning"] for r in report(m, "backend1", "check", 2)["differences"]}
        assert set(out) == {"-", "user.ann.New", "user.ann.Old", *deleted}, out
        assert "restored" in out["-"], out
        # The backup was put over what was there: the mailbox is in the trash too.
        tool(m, "backend1", "check", "--apply", code=2)
        out = [(r["kind"], r["mailbox"]) for r in report(m, "backend1", "check", 2)["stranded"]]
        assert out == [("copy", *deleted)], out
        backend.run("reconstruct", "-f")
        assert at_master() == ["user.ann", "user.ann.Old"]
        assert report(m, "backend1", "check")["differences"] == []
        backend.run("ctl_mboxlist", "-s")
        assert report(m, "backend1", "check")["differences"] == []


def test_a_conflict_is_resolved_and_no_mail_is_lost():
    with murder.Murder(extra={"allowusermoves": "yes", "mupdate_agent_interval": "1"}) as m:
        m.add_user("ann", 1)
        assert not m.deliver(MESSAGE, ["ann"])
        # The same user at the other backend, behind the master's back.
        with m.imap("backend2", "cyrus") as c:
            check(c._simple_command("LOCALCREATE", "user.ann"))
            check(c.setacl("user.ann", "cyrus", "lrswipkxtecda"))
            check(c.append("user.ann", None, None, MESSAGE))
        done = m["backend2"].run("ctl_mboxlist", "-m", check=False)
        assert "1 conflicts" in done.stdout, done.stdout
        out = tool(m, "frontend1", "conflicts", code=1)
        assert "user.ann" in out and m["backend2"].name in out, out
        assert "user.ann" in tool(m, "frontend1", "conflicts", "show", "user.ann", code=1)
        tool(m, "frontend1", "conflicts", "show", "user.bob")
        assert "does not claim" in tool(m, "frontend1", "conflicts", "resolve", "user.ann",
                                        "--keep", "nobody.test", code=2)
        out = tool(m, "frontend1", "conflicts", "resolve", "user.ann", "--keep",
                   m["backend2"].name)
        aside = re.search(r"is (user\.ann-conflict-\S+) now", out).group(1)
        assert tool(m, "frontend1", "conflicts") == "no conflicts\n"
        with m.imap("frontend1", "cyrus") as c:
            for name, server in (("user.ann", "backend2"), (aside, "backend1")):
                check(c.setacl(name, "cyrus", "lrswipkxtecda"))
                murder.wait_for(lambda: c.select(name)[0] == "OK", name + " is shown")
                assert check(c.select(name)) == [b"1"], (name, server)
        with node(m) as c:
            at = {r[1]: r[2].split("!")[0] for r in c.list() if r[0] == "MAILBOX"}
        assert at == {"user.ann": m["backend2"].name, aside: m["backend1"].name}, at


def test_a_master_of_cyrus_keeps_no_conflicts():
    def at_master(peer, tag, rest):
        word, _, name = rest.partition(b" ")
        if word.upper() != b"FIND" or name.strip(b'"') != b"user.ann":
            return tag + b' BAD "Unrecognized command"\r\n' if word.upper() == b"STATUS" else None
        return (tag + b' MAILBOX "user.ann" "be1!default" "ann\tlrs\t"\r\n' + tag +
                b' OK "Search completed"\r\n')
    with tempfile.TemporaryDirectory() as folder, \
            fake_peer.Peer("mupdate", answer=at_master) as master:
        conf = os.path.join(folder, "imapd.conf")
        with open(conf, "w") as f:
            f.write("configdirectory: %s\nservername: here\nmupdate_authname: murder\n"
                    "mupdate_password: pw\nmupdate_server: %s\n" % (folder, master.host_port))

        def conflicts(*words):
            done = subprocess.run(
                [os.path.join(murder.BUILD, "imap", "admin", "murder", "murder"), "-C", conf,
                 "conflicts", *words],
                text=True, capture_output=True, timeout=murder.DEADLINE)
            return done.returncode, done.stdout + done.stderr
        code, text = conflicts()
        assert code == 1 and "keeps no record of conflicts" in text, (code, text)
        assert "murder check" in text and "no conflicts" not in text, text
        code, text = conflicts("list", "--json")
        assert code == 1 and json.loads(text)["result"] == "warning", (code, text)
        code, text = conflicts("show", "user.ann")
        assert code == 1 and "be1!default" in text, (code, text)
        code, text = conflicts("resolve", "user.ann", "--keep", "be1")
        assert code not in (0, 1) and "at its own server" in text, (code, text)


def test_a_server_that_is_gone_is_forgotten():
    with murder.Murder() as m:
        m.add_user("ann", 1)
        m.add_user("bob", 2)
        assert "it is not gone" in tool(m, "frontend1", "forget", m["backend2"].name, code=2)
        m["backend2"].stop(signal.SIGKILL)
        assert "1 mailboxes forgotten" in tool(m, "frontend1", "forget", m["backend2"].name)
        with node(m) as c:
            assert [r[1] for r in c.list()] == ["user.ann"]


SAMPLE = re.compile(r'^([a-z_:][a-z0-9_:]*)(\{[a-z_]+="(?:[^"\\\n]|\\.)*"'
                    r'(?:,[a-z_]+="(?:[^"\\\n]|\\.)*")*\})? ([0-9.e+-]+)$')


def parse(text):
    """The exposition format, strictly: HELP and TYPE once for each family, before its samples."""
    assert text.endswith("\n")
    helped, typed, values, family = set(), {}, {}, None
    for line in text.splitlines():
        word = line.split(" ", 3)
        if line.startswith("# HELP "):
            assert word[2] not in helped, line
            helped.add(word[2])
        elif line.startswith("# TYPE "):
            assert word[2] in helped and word[2] not in typed
            assert word[3] in ("counter", "gauge", "histogram")
            typed[word[2]] = word[3]
            family = word[2]
        else:
            m = SAMPLE.match(line)
            assert m and (m.group(1) == family or typed[family] == "histogram" and
                          re.fullmatch(family + "_(bucket|sum|count)", m.group(1))), line
            assert (typed[family] == "counter") == family.endswith("_total"), line
            assert (m.group(1), m.group(2)) not in values, line
            values[m.group(1), m.group(2)] = float(m.group(3))
    return values


def test_metrics_count_what_is_done():
    with murder.Murder(backends=1, tls=True) as m:
        m.add_user("ann")
        assert not m.deliver(MESSAGE, ["ann"])
        before = parse(tool(m, "backend1", "metrics"))
        with m.imap("backend1", "ann") as c:
            check(c.select("INBOX"))
            assert c.select("INBOX.none")[0] == "NO"
        assert not m.deliver(MESSAGE, ["ann"])
        path = os.path.join(m["backend1"].dir, "metrics.prom")
        tool(m, "backend1", "metrics", "--output", path)
        with open(path) as f:
            after = parse(f.read())

        def grown(name, service):
            key = ("rookery_" + name, '{service="%s"}' % service)
            return after[key] - before.get(key, 0)
        assert grown("connections_total", "imap") == 1 and grown("logins_total", "imap") == 1
        assert grown("commands_total", "imap") == 5, (before, after)
        assert grown("command_failures_total", "imap") == 1
        received, sent = (grown(k + "_bytes_total", "imap") for k in ("received", "sent"))
        assert 50 < received < sent < 5000, (received, sent)
        assert grown("received_bytes_total", "lmtp") > len(MESSAGE)
        assert grown("messages_total", "lmtp") == 1
        assert after["rookery_pending_changes", None] == 0
        assert after["rookery_mupdate_up", None] == 1
        disk = '{option="partition-default",path="%s"}' % os.path.join(m["backend1"].dir, "spool")
        assert 0 < after["rookery_disk_available_bytes", disk] < after["rookery_disk_size_bytes",
                                                                       disk]
        end = [v for k, v in after.items()
               if k[0] == "rookery_certificate_expiry_timestamp_seconds"]
        assert len(end) == 1 and 364 < (end[0] - time.time()) / 86400 <= 365, end
        front = parse(tool(m, "frontend1", "metrics"))
        assert front["rookery_mupdate_mailboxes", None] == 1, front
        assert front["rookery_replica_current", None] == 1, front
        assert list(v for k, v in front.items() if k[0].endswith("_lag_seconds")) == [0], front
        server = m["backend1"].name
        for protocol in ("imap", "lmtp", "nntp", "pop3", "sieve"):
            assert front["rookery_backend_circuit_open",
                         '{server="%s",protocol="%s"}' % (server, protocol)] == 0, front


def test_a_server_that_is_down_is_told_once():
    """Also where it is asked for its mailboxes and for its part of a quota root."""
    with murder.Murder(backends=2) as m:
        for at, names in (("backend1", ["shared", "shared.one"]), ("backend2", ["shared.two"])):
            with m.imap(at, "cyrus") as c:
                for name in names:
                    check(c.create(name))
        with m.imap("frontend1", "cyrus") as c:
            murder.wait_for(lambda: len(c.list('""', "shared*")[1]) == 3, "all are listed")
            check(c.setquota("shared", "(STORAGE 10)"))
        m["backend2"].stop(signal.SIGKILL)
        for at in ("backend1", "frontend1"):
            done = m[at].run("murder", "check", "--json", check=False)
            rows = json.loads(done.stdout[done.stdout.index("{"):])["differences"]
            told = [row for row in rows if "cannot be asked" in row["meaning"]]
            assert done.returncode == 1 and len(told) == 1, (at, rows)


if __name__ == "__main__":
    harness.main()
