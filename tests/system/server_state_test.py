#!/usr/bin/env python3
"""What an administrator says of a server: no-new, draining, maintenance, and active again."""
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


if __name__ == "__main__":
    harness.main()
