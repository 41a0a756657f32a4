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
import fake_peer
import harness
import mupdate_client
import murder
import nntp_client

BIG = (b"From: a@example.org\r\nSubject: big\r\n\r\n" + (b"x" * 76 + b"\r\n") * 30000)
SMALL = b"From: a@example.org\r\nSubject: small\r\n\r\nhello\r\n"


def mount(path):
    os.makedirs(path, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=1777", "none", path], check=True)


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
    # What comes lies in another place until it is whole.
    incoming = os.path.join(m.dir, "incoming")
    mount(incoming)
    m.extra["temp_path"] = incoming

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
            ballast = fill(incoming)
            for n, where in enumerate(("backend1", "frontend1")):
                with client(where) as c:
                    said = c.post(article(10 + n, big))
                    assert said.code == 441 and "No space" in said.text, (where, said)
                    said = c.ihave("<%d@example.org>" % (20 + n), article(20 + n, big))
                    assert said.code == 436, (where, said)
            os.unlink(ballast)
            for n, where in enumerate(("backend1", "frontend1")):
                with client(where) as c:
                    assert c.ask("GROUP a.b").text.startswith("%d " % (3 * n)), where
                    assert c.post(article(10 + n, b"now\r\n")).code == 240
                    for number in (20 + n, 30 + n):
                        assert c.takethis("<%d@example.org>" % number,
                                          article(number, b"now\r\n")).code == 239
                    assert c.ask("GROUP a.b").text.startswith("%d " % (3 * (n + 1)))
    finally:
        subprocess.run(["umount", "-l", spool], check=False)
        subprocess.run(["umount", "-l", incoming], check=False)


def test_articles_for_peers_on_a_full_disk():
    """What cannot be promised to a peer is not taken, and filed nowhere; what no peer gets is."""
    with fake_peer.Peer("nntp") as peer:
        m = murder.Murder(backends=1, start=False, nntp=True,
                          extra={"newsprefix": "news", "newspeer": peer.host_port + ":a.*"})
        where = ("backend1", "frontend1")
        queues = [os.path.join(m[w].dir, "conf", "newsfeed") for w in where]
        for queue in queues:
            mount(queue)

        def article(number, group, more=""):
            return ("Path: x\r\nFrom: a@example.org\r\nNewsgroups: %s\r\nSubject: s\r\n%s"
                    "Date: Tue, 24 Nov 2026 03:42:40 +0000\r\n\r\nbody\r\n"
                    % (group, more)).encode()

        def id_of(number):
            return "<%d@example.org>" % number

        def named(number):
            return article(number, "a.b", "Message-ID: %s\r\n" % id_of(number))
        try:
            with m:
                m.start()
                m.set_passwords({"alice": "pw"})
                with m.imap("backend1", "cyrus") as i:
                    for group in ("a.b", "local.talk"):
                        murder.check(i.create("news." + group))
                        murder.check(i.setacl("news." + group, "anyone", "lrsp"))

                def client(where):
                    c = nntp_client.Client(m[where].address("nntp"))
                    assert c.login("alice").code == 281
                    return c

                def count(c, group):
                    return int(c.ask("GROUP " + group).text.split()[0])
                ballast = [fill(queue) for queue in queues]
                for n, w in enumerate(where):
                    with client(w) as c:
                        said = c.post(article(n, "a.b"))
                        assert said.code == 441 and "No space" in said.text, (w, said)
                        said = c.ihave(id_of(20 + n), named(20 + n))
                        assert said.code == 436, (w, said)
                        assert c.post(article(n, "local.talk")).code == 240, w
                        said = c.takethis(id_of(30 + n), named(30 + n))
                        assert said.code == 400 and c.read() is None, (w, said)
                    assert "articles cannot be kept for newspeers" in m[w].tail(1000), w
                with client("backend1") as c:
                    assert (count(c, "a.b"), count(c, "local.talk")) == (0, 2)
                for path in ballast:
                    os.unlink(path)
                for n, w in enumerate(where):
                    with client(w) as c:
                        assert c.post(article(n, "a.b")).code == 240
                        assert c.ihave(id_of(20 + n), named(20 + n)).code == 235
                        assert c.takethis(id_of(30 + n), named(30 + n)).code == 239
                        assert c.ask("QUIT").code == 205
                murder.wait_for(lambda: len(peer.dialect.articles) == 6, "all are fed")
                assert len(peer.dialect.offers) == 6, peer.dialect.offers
                with client("backend1") as c:
                    assert count(c, "a.b") == 6
                # One that cannot be filed after all is not fed.
                with m.imap("backend1", "cyrus") as i:
                    murder.check(i._simple_command("SETQUOTA", "news.a.b", "(STORAGE 0)"))
                with client("backend1") as c:
                    said = c.ihave(id_of(40), named(40))
                    assert said.code == 436, said
                    assert c.ask("QUIT").code == 205 and c.read() is None
                assert os.listdir(queues[0]) == [], os.listdir(queues[0])
                assert len(peer.dialect.offers) == 6, peer.dialect.offers
        finally:
            for queue in queues:
                subprocess.run(["umount", "-l", queue], check=False)


def test_a_queue_for_peers_on_a_full_disk():
    """What is in it stays, while no peer can be reached and nothing can be noted, and is fed."""
    peer = fake_peer.Peer("nntp")
    peer.dialect.instead = lambda command, i: b"436 later\r\n"
    m = murder.Murder(backends=1, frontends=0, start=False, nntp=True,
                      extra={"newsprefix": "news", "newspeer": peer.host_port})
    backend = m["backend1"]
    queue = os.path.join(backend.dir, "conf", "newsfeed")
    mount(queue)

    def feed():
        said = backend.run("rookery-feed", "-v", "-a", stderr=subprocess.PIPE).stdout
        return [line.split()[2] for line in said.splitlines()]
    try:
        with m:
            m.start()
            m.set_passwords({"alice": "pw"})
            with m.imap("backend1", "cyrus") as i:
                murder.check(i.create("news.a.b"))
                murder.check(i.setacl("news.a.b", "anyone", "lrsp"))
            with nntp_client.Client(backend.address("nntp")) as c:
                assert c.login("alice").code == 281
                for n in range(3):
                    assert c.post(b"From: a@example.org\r\nNewsgroups: a.b\r\nSubject: s\r\n"
                                  b"Message-ID: <%d@example.org>\r\n\r\nbody\r\n" % n).code == 240
                ballast = fill(queue)
                assert c.ask("QUIT").code == 205 and c.read() is None
            # The server itself tries too, once its client has gone.
            murder.wait_for(lambda: feed() == ["later"] * 3, "nobody else feeds")
            peer.__exit__()
            assert feed() == ["later"] * 3
            mails = [f for f in os.listdir(queue) if f != "ballast"]
            assert len(mails) == 3 and all(f.endswith(".mail") for f in mails), mails
            assert b"\0" in open(ballast, "rb").read(1)
            with fake_peer.Peer("nntp", port=peer.port) as again:
                assert feed() == ["sent"] * 3
                assert len(again.dialect.articles) == 3
            assert os.listdir(queue) == ["ballast"], os.listdir(queue)
    finally:
        peer.__exit__()
        subprocess.run(["umount", "-l", queue], check=False)


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
