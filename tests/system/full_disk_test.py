#!/usr/bin/env python3
"""A full disk: NO for APPEND, 452 for LMTP, nothing half-written visible, and all goes on after.

The backend's spool, or the master's state directory, is a small tmpfs in a mount namespace of this
test, so it needs root.
"""
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import mupdate_client
import murder
import nntp_client

BIG = (b"From: a@example.org\r\nSubject: big\r\n\r\n" + (b"x" * 76 + b"\r\n") * 30000)
SMALL = b"From: a@example.org\r\nSubject: small\r\n\r\nhello\r\n"


def mount(path):
    os.makedirs(path, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "none", path], check=True)


def fill(folder):
    """Takes what is left of the disk."""
    path = os.path.join(folder, "ballast")
    with open(path, "wb", buffering=0) as f:
        try:
            while True:
                f.write(b"\0" * 4096)
        except OSError:
            pass
    return path


def test_articles_on_a_full_disk():
    """441 and 436, and 400 for a stream: nothing is filed, and the same article is taken later."""
    m = murder.Murder(backends=1, start=False, nntp=True, extra={"newsprefix": "news"})
    spool = os.path.join(m["backend1"].dir, "spool")
    mount(spool)

    def article(number, body):
        return (b"Path: x\r\nFrom: a@example.org\r\nNewsgroups: a.b\r\nSubject: s\r\n"
                b"Date: Tue, 24 Nov 2026 03:42:40 +0000\r\nMessage-ID: <%d@example.org>\r\n\r\n"
                % number) + body
    big = BIG.split(b"\r\n\r\n", 1)[1]
    try:
        with m:
            m.start()
            m.set_passwords({"alice": "pw"})
            with m.imap("backend1", "cyrus") as i:
                murder.check(i.create("news.a.b"))
                murder.check(i.setacl("news.a.b", "anyone", "lrsp"))

            def client(where):
                c = nntp_client.Client(m[where].address("nntp"))
                assert c.login("alice").code == 281
                return c
            ballast = fill(spool)
            for n, where in enumerate(("backend1", "frontend1")):
                with client(where) as c:
                    said = c.post(article(10 + n, big))
                    assert said.code == 441, (where, said)
                    said = c.ihave("<%d@example.org>" % (20 + n), article(20 + n, big))
                    assert said.code == 436, (where, said)
                    said = c.takethis("<%d@example.org>" % (30 + n), article(30 + n, big))
                    assert said.code == 400 and c.read() is None, (where, said)
                with client(where) as c:
                    said = c.ask("GROUP a.b")
                    assert said.code == 211 and said.text.startswith("0 "), (where, said)
            os.unlink(ballast)
            for n, where in enumerate(("backend1", "frontend1")):
                with client(where) as c:
                    assert c.post(article(10 + n, b"now\r\n")).code == 240
                    for number in (20 + n, 30 + n):
                        assert c.takethis("<%d@example.org>" % number,
                                          article(number, b"now\r\n")).code == 239
                    assert c.ask("GROUP a.b").text.startswith("%d " % (3 * (n + 1)))
    finally:
        subprocess.run(["umount", "-l", spool], check=False)


def test_append_and_delivery_on_a_full_disk():
    m = murder.Murder(backends=1, start=False, extra={"duplicatesuppression": "no"})
    spool = os.path.join(m["backend1"].dir, "spool")
    mount(spool)
    try:
        with m:
            m.start()
            m.add_user("alice")
            assert not m.deliver(SMALL, ["alice"])
            ballast = fill(spool)
            for where in ("backend1", "frontend1"):
                with m.imap(where, "alice") as c:
                    kind, data = c.append("INBOX", None, None, BIG)
                    assert kind == "NO", (where, kind, data)
                    assert murder.check(c.select("INBOX")) == [b"1"], where
                refused = m.deliver(BIG, ["alice"], instance=where)
                assert 450 <= refused["alice"][0] <= 452, (where, refused)
            os.unlink(ballast)
            for where in ("backend1", "frontend1"):
                assert not m.deliver(SMALL, ["alice"], instance=where)
            with m.imap("frontend1", "alice") as c:
                assert murder.check(c.append("INBOX", None, None, SMALL))
                assert murder.check(c.select("INBOX")) == [b"4"]
                for part in murder.check(c.fetch("1:*", "(BODY.PEEK[TEXT])")):
                    if isinstance(part, tuple):
                        assert part[1] == b"hello\r\n", part
    finally:
        subprocess.run(["umount", "-l", spool], check=False)
        shutil.rmtree(m.dir, ignore_errors=True)


def listed(m, name):
    """Where a name is known: at the master, in the backend's list, as a folder of its spool."""
    with mupdate_client.Client(m["mupdate"].address("mupdate")) as c:
        c.login("backend1", m.node_password)
        at_master = [r[1] for r in c.run("FIND", name)[0]]
    here = json.loads(m["backend1"].run("ctl_mboxlist", "-d").stdout)
    last = name.split(".")[-1]
    spool = [f for f, _, _ in os.walk(os.path.join(m["backend1"].dir, "spool"))
             if f.endswith("/" + last) and "/DELETED/" not in f]
    return at_master, name in here, len(spool)


NOWHERE = ([], False, 0)
THERE = (["MAILBOX"], True, 1)


def told(m):
    return m["backend1"].run("ctl_mboxlist", "-s", check=False).returncode == 0


def fill_change_log(m):
    """What the log has left of its last block."""
    with mupdate_client.Client(m["mupdate"].address("mupdate")) as c:
        c.login("backend1", m.node_password)
        answers = (c.status("RESERVE", "filler.n%d" % n, "backend1!default") for n in range(100000))
        return next(a for a in answers if a != "OK done")


def refused_for_want_of_room(answer):
    kind, data = answer
    assert kind == "NO" and data[0].startswith(b"[UNAVAILABLE]") and b"space" in data[0].lower(), \
        answer


def test_changes_of_the_list_on_a_full_disk_of_the_master():
    m = murder.Murder(backends=1, start=False)
    conf = os.path.join(m["mupdate"].dir, "conf")
    mount(conf)
    try:
        with m:
            m.start()
            m.add_user("alice")
            with m.imap("backend1", "cyrus") as c:
                for name in ("user.alice.Old", "user.alice.Gone"):
                    murder.check(c.create(name))
            ballast = fill(conf)
            assert fill_change_log(m) == ("NO [NOSPACE] no space left for changes of the "
                                          "mailbox list")
            # What is there is served, found and delivered to; what makes a name is refused for what
            # it is, at the backend and through the frontend, and leaves nothing.
            for where in ("backend1", "frontend1"):
                with m.imap(where, "cyrus") as c:
                    refused_for_want_of_room(c.create("user.alice.New"))
                    assert listed(m, "user.alice.New") == NOWHERE, where
                    refused_for_want_of_room(c.rename("user.alice.Old", "user.alice.New"))
                    assert listed(m, "user.alice.New") == NOWHERE, where
                    assert listed(m, "user.alice.Old") == THERE, where
                assert not m.deliver(SMALL, ["alice"], instance=where)
                with m.imap(where, "alice") as c:
                    assert b"Old" in b"".join(murder.check(c.list()))
            # Removals have room of their own; one that keeps the mailbox for a while gives it a new
            # name, which the master is told when it has room.
            with m.imap("frontend1", "alice") as c:
                murder.check(c.delete("INBOX.Gone"))
            with m.imap("backend1", "alice") as c:
                assert c.select("INBOX.Gone")[0] == "NO"
            os.unlink(ballast)
            murder.wait_for(lambda: told(m) and listed(m, "user.alice.Gone") == NOWHERE,
                            "the removal is told")
            with m.imap("frontend1", "cyrus") as c:
                murder.wait_for(lambda: c.create("user.alice.New")[0] == "OK", "CREATE")
                murder.check(c.rename("user.alice.Old", "user.alice.Newer"))
            assert listed(m, "user.alice.New") == listed(m, "user.alice.Newer") == THERE
            assert listed(m, "user.alice.Old") == NOWHERE
            assert "would be" not in m["backend1"].run("ctl_mboxlist", "-m", "-w").stdout
    finally:
        subprocess.run(["umount", "-l", conf], check=False)
        shutil.rmtree(m.dir, ignore_errors=True)


if __name__ == "__main__":
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        harness.skip_all("needs root and unshare(1)")
    if not os.environ.get("ROOKERY_FULL_DISK"):
        if subprocess.run(["unshare", "--mount", "true"], stderr=subprocess.DEVNULL).returncode:
            harness.skip_all("no mount namespaces here")
        os.environ["ROOKERY_FULL_DISK"] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable]
                  + sys.argv)
    harness.main()
