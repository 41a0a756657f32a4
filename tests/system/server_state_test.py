#!/usr/bin/env python3
"""What an administrator says of a server: no-new, draining, maintenance, and active again."""
import imaplib
import json
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder

check = murder.check
MESSAGE = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: x\r\n\r\nHello\r\n"


def say(m, *words, code=0):
    done = m["frontend1"].run("murder", "state", *words, check=False)
    assert done.returncode == code, (words, done.returncode, done.stdout)
    return done.stdout


def listed(m, instance="frontend1"):
    rows = json.loads(m[instance].run("murder", "state", "--json").stdout)["states"]
    return {r["server"]: (r["state"], r["note"]) for r in rows}


def answer(c, *command):
    """OK, NO or BAD, and the text."""
    word, data = c.xatom(*command)
    return word, data[0].decode()


def is_in_maintenance(m, mailbox="user.bob", frontend="frontend1"):
    with m.imap(frontend, "cyrus") as c:
        word, text = answer(c, "STATUS", mailbox, "(MESSAGES)")
    return word == "NO" and text.startswith("[UNAVAILABLE]")


def homes(m, names):
    """Where new top-level mailboxes went."""
    rows = m["backend1"].run("ctl_mboxlist", "-d").stdout
    here = json.loads(rows)
    return {("backend1" if n in here else "backend2") for n in names}


def test_no_new_mailboxes_there():
    with murder.Murder() as m:
        say(m, m["backend1"].name, "no-new", "--note", "being filled by hand")
        assert listed(m) == {m["backend1"].name: ("no-new", "being filled by hand")}
        with m.imap("frontend1", "cyrus") as c:
            def goes_elsewhere():
                names = ["try%d" % goes_elsewhere.n + x for x in "abcdef"]
                goes_elsewhere.n += 1
                for name in names:
                    check(c.create(name))
                return homes(m, names) == {"backend2"}
            goes_elsewhere.n = 0
            # The word has to come to the frontend first; from then on it holds.
            murder.wait_for(goes_elsewhere, "the frontend has heard of it")
            assert goes_elsewhere()
            # An administrator who names the server has it.
            check(c.xatom("CREATE", "chosen", m["backend1"].name))
            assert homes(m, ["chosen"]) == {"backend1"}
            # What is below one that is there stays with it.
            check(c.create("chosen.below"))
            assert homes(m, ["chosen.below"]) == {"backend1"}
            say(m, m["backend2"].name, "draining")

            def nowhere():
                nowhere.n += 1
                word, text = answer(c, "CREATE", "nowhere%d" % nowhere.n)
                return word == "NO" and text.startswith("[UNAVAILABLE]")
            nowhere.n = 0
            murder.wait_for(nowhere, "no server is left to place one at")
        say(m, m["backend1"].name, "active")
        say(m, m["backend2"].name, "active")
        assert listed(m) == {}


def test_maintenance_is_said_and_ends():
    with murder.Murder(frontends=2) as m:
        m.add_user("ann", 1)
        m.add_user("bob", 2)
        with m.imap("backend2", "cyrus") as c:
            check(c.setacl("user.bob", "ann", "lrswi"))
        kept = m.imap("frontend1", "bob")
        check(kept.select("INBOX"))
        say(m, m["backend2"].name, "maintenance", "--note", "Back at noon")
        for frontend in ("frontend1", "frontend2"):
            murder.wait_for(lambda: is_in_maintenance(m, frontend=frontend), frontend + " knows")
        with m.imap("frontend1", "bob") as c:
            assert answer(c, "SELECT", "INBOX") == ("NO", "[UNAVAILABLE] Back at noon")
            assert answer(c, "CREATE", "INBOX.new") == ("NO", "[UNAVAILABLE] Back at noon")
            assert check(c.list()) == [b'(\\HasNoChildren) "." INBOX']
        with m.imap("frontend1", "cyrus") as c:
            assert answer(c, "CREATE", "there", m["backend2"].name) == (
                "NO", "[UNAVAILABLE] Back at noon")
        with m.imap("frontend1", "ann") as c:
            check(c.append("INBOX", None, None, MESSAGE))
            check(c.select("INBOX"))
            assert answer(c, "COPY", "1", "user.bob") == ("NO", "[UNAVAILABLE] Back at noon")
        # Who was there already is told the same, and is not let on.
        assert answer(kept, "STATUS", "INBOX", "(MESSAGES)") == (
            "NO", "[UNAVAILABLE] Back at noon")
        refused = m.deliver(MESSAGE, ["ann", "bob"])
        assert set(refused) == {"bob"} and refused["bob"][0] == 451, refused
        assert refused["bob"][1].startswith(b"4.3.2 Back at noon"), refused
        with m.imap("frontend1", "ann") as c:
            assert check(c.select("INBOX")) == [b"2"]
        # It may be stopped now: nobody is told anything else.
        m["backend2"].stop()
        assert is_in_maintenance(m)
        out = json.loads(m["frontend1"].run("murder", "status", "--json", check=False).stdout)
        assert out["result"] == "warning", out
        assert out["states"] == [{"server": m["backend2"].name, "state": "maintenance",
                                  "note": "Back at noon"}], out
        out = m["frontend1"].run("murder", "metrics").stdout
        line = 'rookery_server_state{server="%s",state="maintenance"} 1\n'
        assert line % m["backend2"].name in out
        m["backend2"].start()
        say(m, m["backend2"].name, "active")

        def works():
            with m.imap("frontend1", "bob") as c:
                return c.select("INBOX")[0] == "OK" and not m.deliver(MESSAGE, ["bob"])
        murder.wait_for(works, "the server is used again")


def test_it_outlives_master_and_replicas():
    with murder.Murder() as m:
        m.add_user("bob", 2)
        say(m, m["backend2"].name, "maintenance")
        murder.wait_for(lambda: is_in_maintenance(m), "the frontend knows")
        m["mupdate"].stop(signal.SIGKILL)
        m["frontend1"].stop()
        m["frontend1"].start(wait=False)
        m["frontend1"].wait_banner("imap")
        # From its own list, without a master.
        murder.wait_for(lambda: is_in_maintenance(m), "the frontend still knows")
        m["mupdate"].start()
        assert listed(m) == {m["backend2"].name: ("maintenance", "")}
        say(m, m["backend2"].name, "active")
        murder.wait_for(lambda: not is_in_maintenance(m), "the frontend has heard it")
        # Said while the frontend was away.
        m["frontend1"].stop()
        m["backend1"].run("murder", "state", m["backend2"].name, "maintenance")
        m["frontend1"].start()
        murder.wait_for(lambda: is_in_maintenance(m), "the frontend knows")


def test_moves_keep_to_it():
    options = {"allowusermoves": "yes", "move_grace": "0s"}
    with murder.Murder(backends=3, extra=options) as m:
        tool = m["frontend1"]
        names = [m["backend%d" % n].name for n in (1, 2, 3)]
        for n in range(4):
            m.add_user("u%d" % n, 1)
        say(m, names[1], "draining")
        done = tool.run("murder", "move", "user.u0", names[1], check=False)
        assert done.returncode == 2 and "its state is draining" in done.stdout, done
        done = tool.run("murder", "drain", names[0], "--to", ",".join(names[1:]), check=False)
        assert done.returncode == 2 and "its state is draining" in done.stdout, done
        assert names[0] not in listed(m)
        # It takes no part; named, that is an error.
        out = tool.run("murder", "rebalance", "--plan").stdout
        assert "to " + names[2] in out and names[1] not in out, out
        done = tool.run("murder", "rebalance", "--plan", "--to", ",".join(names[:2]), check=False)
        assert done.returncode == 2, done
        # no-new takes what it is given by hand.
        say(m, names[2], "no-new")
        out = tool.run("murder", "move", "user.u0", names[2]).stdout
        assert "moved from" in out, out
        out = tool.run("murder", "drain", names[0], "--to", names[2]).stdout
        assert "3 moved, 0 not" in out, out
        assert listed(m)[names[0]][0] == "draining"


def test_wrong_words():
    with murder.Murder(backends=1) as m:
        name = m["backend1"].name
        assert "usage: murder" in say(m, name, code=64)
        assert "usage: murder" in say(m, name, "asleep", code=64)
        assert "usage: murder" in say(m, name, "draining", "x", code=64)
        assert "too long" in say(m, name, "draining", "--note", "x" * 201, code=2)
        assert "server's name" in say(m, "a b", "draining", code=2)
        assert listed(m) == {}


def test_a_quota_root_on_two_servers():
    """What is used is counted together at a frontend, a limit is set at each server, and check
    names the root that is over it."""
    with murder.Murder() as m:
        m.add_user("ann", 1)
        with m.imap("backend2", "cyrus") as c:
            check(c.xatom("LOCALCREATE", "user.ann.Away"))
            check(c.setacl("user.ann.Away", "ann", "lrswipkxtea"))
        m["backend2"].run("ctl_mboxlist", "-m")

        def quota(at="frontend1"):
            with m.imap(at, "cyrus") as c:
                kind, data = c.getquota("user.ann")
                return data[0].decode() if kind == "OK" else kind + " " + data[0].decode()
        with m.imap("frontend1", "ann") as c:
            murder.wait_for(lambda: c.select("INBOX.Away")[0] == "OK", "the frontend shows it")
        assert quota().startswith("NO [NONEXISTENT]"), quota()
        with m.imap("frontend1", "cyrus") as c:
            check(c.xatom("SETQUOTA", "user.ann", "(MESSAGE 5 STORAGE 1000)"))
        for at in ("frontend1", "backend1", "backend2"):
            assert "MESSAGE 0 5" in quota(at) and "STORAGE 0 1000" in quota(at), quota(at)
        assert not m.deliver(MESSAGE, ["ann"])
        with m.imap("frontend1", "ann") as c:
            for _ in range(2):
                check(c.append("INBOX.Away", None, None, MESSAGE))
        assert "MESSAGE 3 5" in quota(), quota()
        # Whichever mailbox is asked about, by whoever may ask for the root.
        for user, names in (("ann", ("INBOX", "INBOX.Away")), ("cyrus", ("user.ann",))):
            for name in names:
                with m.imap("frontend1", user) as c:
                    root, lines = check(c.getquotaroot(name))
                    assert len(root) == len(lines) == 1 and b"MESSAGE 3 5" in lines[0], lines
                    assert root[0].split() == [name.encode(), names[0].encode()], root
        with m.imap("frontend1", "cyrus") as c:
            check(c.setacl("user.ann.Away", "bob", "lr"))
        m.set_passwords({"bob": m.password})
        with m.imap("frontend1", "bob") as c:  # the root is not his: what its server says
            lines = check(c.getquotaroot("user.ann.Away"))[1]
            assert b"MESSAGE 2 5" in lines[0], lines
        assert "MESSAGE 1 5" in quota("backend1") and "MESSAGE 2 5" in quota("backend2")
        assert " 0 differences" in m["backend1"].run("murder", "check").stdout
        with m.imap("frontend1", "cyrus") as c:
            check(c.xatom("SETQUOTA", "user.ann", "(MESSAGE 2)"))
        for at in ("backend1", "backend2"):
            assert "MESSAGE" in quota(at) and " 2)" in quota(at) and "STORAGE" not in quota(at)
            done = m[at].run("murder", "check", "--json", check=False)
            rows = json.loads(done.stdout)["differences"]
            assert done.returncode == 1 and len(rows) == 1, rows
            assert "over its limit: MESSAGE 3 of 2 on 2 servers" in rows[0]["meaning"], rows
        # A frontend has no roots of its own.
        done = m["frontend1"].run("murder", "check", "--json", check=False)
        rows = json.loads(done.stdout)["differences"]
        assert done.returncode == 1 and len(rows) == 1, rows
        assert rows[0]["mailbox"] == "user.ann", rows
        assert "over its limit: MESSAGE 3 of 2 on 2 servers" in rows[0]["meaning"], rows
        # What one of them does not know of is not lost by it either.
        with m.imap("frontend1", "ann") as c:
            check(c.create("INBOX.top"))
        with m.imap("backend2", "cyrus") as c:
            check(c.xatom("LOCALCREATE", "user.ann.top.far"))
            check(c.xatom("MUPDATEPUSH", "user.ann.top.far"))
        with m.imap("frontend1", "ann") as c:
            murder.wait_for(lambda: len(c.list()[1]) == 4, "the frontend shows it")
            for command, said in ((("DELETE", "INBOX.top"), b"[HASCHILDREN]"),
                                  (("RENAME", "INBOX.top", "INBOX.up"), b"[CANNOT]")):
                kind, data = c.xatom(*command)
                assert kind == "NO" and data[0].startswith(said), (command, kind, data)
            check(c.delete("INBOX.top.far"))
            check(c.rename("INBOX.top", "INBOX.up"))
            check(c.delete("INBOX.up"))
        with m.imap("frontend1", "cyrus") as c:
            for command in (("DELETE", "user.ann"), ("RENAME", "user.ann", "user.anna")):
                kind, data = c.xatom(*command)
                assert kind == "NO" and b"single backend server" in data[0], (command, kind, data)
        # A sum without one of them would be false.
        m["backend2"].stop(signal.SIGKILL)
        assert quota().startswith("NO [UNAVAILABLE]"), quota()
        with m.imap("frontend1", "ann") as c:
            kind, data = c.getquotaroot("INBOX")
            assert kind == "NO" and "[UNAVAILABLE]" in str(data), (kind, data)


def test_a_mailbox_is_made_at_the_server_that_is_named():
    """By an administrator at a frontend, with and without serverlist: an old server, a new one that
    nobody has told the frontend of, a partition of either, and names that are wrong."""
    murder.Murder.front, front = None, murder.Murder.front
    try:
        with murder.Murder(start=False) as m:
            new = "new.rook.invalid"  # of no serverlist, and without mailboxes
            m["backend2"].name = new
            for i in m.instances:
                i.write()
            m.start()
            wrong, tries = [], []
            for n, more in enumerate(({"serverlist": "backend1"}, {"serverlist": None},
                                      {"serverlist": None, "defaultserver": "backend1"})):
                m["frontend1"].extra = more
                m["frontend1"].write()
                os.kill(m["frontend1"].pid(), signal.SIGHUP)
                usual = "backend1" if n != 1 else None

                def made(place, name):
                    with m.imap("frontend1", "cyrus") as c:
                        return answer(c, "CREATE", name, *([place] if place else []))

                def applies():
                    tries.append(None)
                    try:
                        done = made(None, "user.probe%d" % len(tries))
                    except imaplib.IMAP4.abort:  # a worker of before
                        return False
                    return (done[0] == "OK") == bool(usual)
                murder.wait_for(applies, "the frontend's configuration")
                for k, (place, where, text) in enumerate((
                        ("backend1", "backend1", ""),
                        ("backend1!default", "backend1", ""),
                        (new, new, ""),
                        (new + "!default", new, ""),
                        (new + "!", new, ""),
                        ("default", usual, "" if usual else "default"),
                        ("nowhere", None, "nowhere"),
                        ("backend1!nowhere", None, "nowhere"),
                        (new + "!nowhere", None, "nowhere"),
                        ("mial2.rook.invalid", None, "mial2.rook.invalid"),
                        ("mial2.rook.invalid!default", None, "mial2.rook.invalid"),
                        (None, usual, ""))):
                    name = "user.u%d-%d" % (n, k)
                    done = made(place, name)
                    rows = {}
                    for b in m.backends:
                        rows.update({x: b.name for x in json.loads(
                            b.run("ctl_mboxlist", "-d").stdout)})
                    at = rows.get(name)
                    if at != where or (done[0] == "OK") != bool(where) or text not in done[1]:
                        wrong.append("%r with %r: %r, made at %r" % (place, more, done, at))
            # At a server itself, its own name is no partition.
            with m.imap("backend1", "cyrus") as c:
                for k, (place, text) in enumerate((
                        ("backend1", None), ("backend1!default", None),
                        ("nowhere", "nowhere"), ("other.invalid!default", "other.invalid"))):
                    done = answer(c, "CREATE", "user.own%d" % k, place)
                    if (done[0] == "OK") == bool(text) or (text or "") not in done[1]:
                        wrong.append("%r at backend1: %r" % (place, done))
            assert not wrong, "\n".join(wrong)
    finally:
        murder.Murder.front = front


if __name__ == "__main__":
    harness.main()
