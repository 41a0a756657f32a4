#!/usr/bin/env python3
"""Mail that a server sends: once, again when it failed for now, back to its owner when it cannot
be sent; whoever else is at it, whatever is killed."""
import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder
import submission_kit as kit

check = murder.check
LIFETIME = 5 * 86400
Server, Running, inbox, start = kit.Server, kit.Running, kit.inbox, kit.start


def test_what_was_put_is_sent_and_gone():
    with Running(backends=1, frontends=0) as m:
        s = Server(m)
        first, second = s.put(("ann", "joe@example.net", "x@example.com", "redirect"),
                              ("ann", "", "joe@example.net", "vacation"))
        assert set(s.submit()) == {first + " sent", second + " sent", ""}
        # The envelope as words, no Return-Path, LF.
        body = "From: joe@example.net\nSubject: onwards\n\nHello\n"
        assert sorted(s.calls()) == sorted([
            "-i\n-f\njoe@example.net\n--\nx@example.com\n" + body,
            "-i\n-f\n<>\n--\njoe@example.net\n" + body]), s.calls()
        assert s.files() == []
        assert s.submit() == [""]


def test_it_runs_as_an_event():
    with Running(backends=1, frontends=0) as m:
        s = Server(m)
        s.instance.stop()
        s.redirect()
        m.submits = True
        s.instance.start()
        murder.wait_for(lambda: s.files() == [], "master runs it")
        assert len(s.calls()) == 1


def test_what_fails_for_now_is_tried_again_later_and_later():
    with Running(backends=1, frontends=0) as m:
        s = Server(m)
        m.add_user("ann")
        new = s.redirect(arrived=int(time.time()))
        assert s.submit() == [""]  # whoever put it tries first
        id = s.redirect()
        s.does("echo the queue is full >&2; exit 75")
        waits = []
        for tries in range(1, 9):
            before = int(time.time())
            assert s.submit() == [id + " later", ""]
            assert len(s.calls()) == tries
            assert s.submit() == [""]
            assert len(s.calls()) == tries, "tried before it was due"
            state = s.state(id)
            assert int(state["tries"]) == tries and state["reason"].endswith(": the queue is full")
            waits.append(int(state["next"]) - before)
            s.make_due(id)
        for wait, want in zip(waits, (300, 600, 1200, 2400, 4800, 9600, 14400, 14400)):
            assert want <= wait <= want + 60, waits
        s.does("exit 0")
        assert s.submit() == [id + " sent", ""]
        assert s.files() == [new + ".mail"]
        assert inbox(m, "ann") == []


def check_returned(message, why):
    assert message["To"].startswith("ann@") and message["From"].find("MAILER-DAEMON@") > 0
    assert message["Return-Path"] == "<>" and message["Auto-Submitted"] == "auto-generated"
    notice, enclosed = message.get_payload()
    text = notice.get_payload(decode=True).decode()
    for words in ("redirect", "<joe@example.net>", "x@example.com", why):
        assert words in text, text
    assert enclosed.get_content_type() == "message/rfc822"
    assert enclosed.get_payload(0)["Subject"] == "onwards"
    assert enclosed.get_payload(0).get_payload().rstrip() == "Hello"


def test_what_is_refused_or_too_old_goes_back_to_its_owner():
    with Running(backends=1, frontends=0) as m:
        s = Server(m)
        m.add_user("ann")
        s.does("echo no such user >&2; exit 67")
        id = s.redirect()
        assert s.submit() == [id + " returned", ""]
        check_returned(inbox(m, "ann")[0], "67: no such user")
        s.does("echo still full >&2; exit 75")
        young = s.redirect(arrived=int(time.time()) - LIFETIME + 1000)
        old = s.redirect(arrived=int(time.time()) - LIFETIME)
        assert s.submit() == [old + " returned", young + " later", ""]
        returned = inbox(m, "ann")
        assert len(returned) == 2
        check_returned(returned[1], "75: still full")
        assert s.files() == [young + ".mail", young + ".state"]


def test_it_goes_back_whatever_the_quota():
    with Running(backends=2, frontends=0) as m:
        for number in (1, 2):
            user = "ann%d" % number
            m.add_user(user, backend=number)
            with m.imap("backend%d" % number, "cyrus") as c:
                check(c.setquota("user." + user, "(STORAGE 1)"))
            s = Server(m)
            s.does("exit 67")
            # The first goes over it; mail from elsewhere is refused then.
            for count in (1, 2):
                id = s.redirect(owner=user, message=kit.MESSAGE + b"x" * 3000 + b"\r\n")
                assert s.submit() == [id + " returned", ""], s.log
                assert len(inbox(m, user, "backend%d" % number)) == count
            assert m.deliver(kit.MESSAGE, [user], "backend%d" % number)


def test_answers_that_cannot_be_sent_are_dropped():
    with Running(backends=1, frontends=0) as m:
        s = Server(m)
        m.add_user("ann")
        s.does("exit 69")
        ids = [s.put(("ann", "", "joe@example.net", kind))[0]
               for kind in ("vacation", "notify", "reject")]
        assert sorted(s.submit()) == sorted([id + " dropped" for id in ids] + [""])
        assert s.files() == [] and inbox(m, "ann") == []
        assert all("mail is dropped id=" + id in s.log for id in ids)


def test_what_nobody_can_get_back_is_held():
    with Running(backends=1, frontends=0) as m:
        s = Server(m)
        s.does("exit 67")
        ids = [s.redirect(owner=""), s.redirect(owner="nobody")]
        assert sorted(s.submit()) == sorted([id + " held" for id in ids] + [""])
        assert s.submit() == [""]
        assert len(s.calls()) == 2 and len(s.files()) == 4


def test_it_follows_a_user_who_moved():
    with Running(backends=2, frontends=1) as m:
        m.add_user("ann", backend=2)
        for name in ("backend1", "frontend1"):
            s = Server(m, name)
            s.does("exit 67")
            id = s.redirect()
            assert s.submit() == [id + " returned", ""], name
            assert s.files() == []
        returned = inbox(m, "ann", "backend2")
        assert len(returned) == 2
        for message in returned:
            check_returned(message, "ended with 67")


def test_it_stays_while_it_cannot_be_returned():
    with Running(backends=2, frontends=0) as m:
        m.add_user("ann", backend=2)
        s = Server(m)
        s.does("exit 67")
        id = s.redirect()
        m["backend2"].stop()
        assert s.submit() == [id + " later", ""]
        assert len(s.files()) == 2
        assert int(s.state(id)["failed"]) > 0
        m["backend2"].start()
        s.does("exit 0")
        s.make_due(id)
        # The other server is left alone for some seconds after a failure.
        def returned():
            if s.submit() == [id + " returned", ""]:
                return True
            s.make_due(id)
            return False
        murder.wait_for(returned, "it is returned")
        assert len(s.calls()) == 1
        assert len(inbox(m, "ann", "backend2")) == 1


def test_two_at_once_send_once():
    with Running(backends=1, frontends=0) as m:
        s = Server(m)
        # The first to come waits in the program until the others have ended.
        s.does('[ -e "$d/go" ] || touch "$d/waiting"; while [ ! -e "$d/go" ]; do sleep 0.05; done')
        ids = [s.redirect(to="x%d@example.com" % n, arrived=1000 + n) for n in range(5)]
        first = start(s)
        murder.wait_for(lambda: os.path.exists(os.path.join(s.calls_folder, "waiting")),
                        "the first one sends")
        # It is at the first mail, and this one with all others at once.
        more = start(s)
        murder.wait_for(lambda: len(s.calls()) >= 2, "the second one sends")
        open(os.path.join(s.calls_folder, "go"), "w").close()
        assert first.wait(murder.DEADLINE) == 0 and more.wait(murder.DEADLINE) == 0
        many = [start(s) for _ in range(4)]
        assert [p.wait(murder.DEADLINE) for p in many] == [0] * 4
        assert s.files() == []
        sent = sorted(c.split("\n")[4] for c in s.calls())
        assert sent == sorted("x%d@example.com" % n for n in range(len(ids))), sent


def test_killed_it_sends_at_most_one_more_and_loses_nothing():
    with Running(backends=1, frontends=0) as m:
        s = Server(m)
        m.add_user("ann")
        # The program has taken the mail and does not end before its caller is killed: between
        # send and removal.
        s.does('[ -e "$d/hold" ] || exit 0; touch "$d/taken"; '
               'while [ -e "$d/hold" ]; do sleep 0.02; done; exit 0')
        hold, taken = (os.path.join(s.calls_folder, n) for n in ("hold", "taken"))
        for rounds in range(1, 4):
            kills = 4
            before = len(s.calls())
            id = s.redirect(to="round%d@example.com" % rounds)
            open(hold, "w").close()
            for _ in range(kills):
                p = start(s)
                murder.wait_for(lambda: os.path.exists(taken), "the program has it")
                p.send_signal(signal.SIGKILL)
                p.wait()
                os.unlink(taken)
                assert id + ".mail" in s.files(), "lost"
            os.unlink(hold)
            murder.wait_for(lambda: s.submit() == [""], "it is sent")
            sent = len(s.calls()) - before
            assert 1 <= sent <= kills + 1, sent
            assert s.files() == []
        assert inbox(m, "ann") == []


def test_killed_while_it_returns_it_loses_nothing():
    with Running(backends=1, frontends=0, extra={"duplicatesuppression": None}) as m:
        s = Server(m)
        m.add_user("ann")
        s.does("exit 67")
        id = s.redirect()
        assert s.submit() == [id + " returned", ""]
        # The same entry once more, as a crash before its removal leaves it.
        again = s.redirect()
        names = [os.path.join(s.folder, again + suffix) for suffix in (".mail", ".state")]
        with open(names[0], "rb") as f:
            kept = f.read()
        failed = int(time.time()) - 5
        state = ("rookery submission state 1\ntries 1\nnext 1\nfailed %d\nbegun 0\n"
                 "reason refused\nend\n" % failed)
        for _ in range(3):
            for name, text in zip(names, (kept, state.encode())):
                with open(name, "wb") as f:
                    f.write(text)
            m.give(s.folder)
            assert s.submit() == [again + " returned", ""]
        # The notice is the same each time, and so comes once.
        assert len(inbox(m, "ann")) == 2


def test_a_damaged_one_costs_itself():
    with Running(backends=1, frontends=0) as m:
        s = Server(m)
        good = [s.redirect(to="good%d@example.com" % n) for n in range(2)]
        damages = {"empty": lambda b: b"", "garbage": lambda b: b"\xee" * 9000,
                   "torn": lambda b: b[:-4], "message": lambda b: b[:-4] + b"x" + b[-3:],
                   "envelope": lambda b: b.replace(b"x@", b"y@")}
        bad = []
        for damage in damages.values():
            id = s.redirect()
            path = os.path.join(s.folder, id + ".mail")
            with open(path, "rb") as f:
                content = f.read()
            with open(path, "wb") as f:
                f.write(damage(content))
            bad.append(id)
        out = s.submit()
        assert sorted(out) == sorted([i + " sent" for i in good] +
                                     [i + " damaged" for i in bad] + [""]), out
        assert len(s.calls()) == 2
        assert s.files() == sorted(i + ".damaged" for i in bad)
        assert all(s.log.count("id=" + i) == 1 for i in bad), s.log
        s.submit()
        assert s.log.count("set aside") == len(bad), "told more than once"


def murder_tool(s, *arguments, code=0):
    done = s.instance.run("murder", *arguments, check=False, stderr=subprocess.PIPE)
    assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
    return done.stdout


def queue_of(s, code=0):
    out = json.loads(murder_tool(s, "queue", "--json", code=code))
    assert out["result"] == ("fine", "warning")[code]
    return {row["id"]: row for row in out["queue"]}


def test_an_administrator_sees_the_queue_and_empties_it():
    with Running(backends=1, frontends=0) as m:
        s = Server(m)
        m.add_user("ann")
        assert murder_tool(s, "queue") == "nothing to send\n"
        assert queue_of(s) == {}
        new = s.redirect(arrived=int(time.time()))
        s.does("echo full >&2; exit 75")
        tried = s.redirect(to="later@example.com")
        s.submit()
        row = queue_of(s)[tried]
        assert 3600 <= row.pop("seconds") < 3660 and 200 < row.pop("next") <= 300
        assert row == {"id": tried, "state": "waiting", "kind": "redirect", "owner": "ann",
                       "from": "<joe@example.net>", "to": "later@example.com", "tries": 1,
                       "reason": "the sendmail program ended with 75: full"}, row
        s.does("exit 67")
        held = s.redirect(owner="")
        damaged = s.redirect()
        with open(os.path.join(s.folder, damaged + ".mail"), "wb"):
            pass
        s.submit()
        rows = queue_of(s, code=1)
        assert {i: r["state"] for i, r in rows.items()} == {
            new: "waiting", tried: "waiting", held: "held", damaged: "damaged"}
        text = murder_tool(s, "queue", code=1)
        assert all(i in text for i in rows) and "later@example.com" in text
        numbers = murder_tool(s, "metrics")
        assert "\nrookery_submission_queue 3\n" in numbers, numbers
        assert "\nrookery_submission_damaged 1\n" in numbers, numbers
        # Now, whatever is due.
        assert murder_tool(s, "queue", "--run", held, code=1).startswith(held + " held: ")
        s.does("exit 0")
        assert murder_tool(s, "queue", "--run", held) == held + " sent\n"
        assert murder_tool(s, "queue", "--remove", damaged) == "removed %s damaged\n" % damaged
        assert murder_tool(s, "queue", "--remove", new) == (
            "removed %s redirect <joe@example.net> to x@example.com\n" % new)
        murder_tool(s, "queue", "--remove", new, code=2)
        murder_tool(s, "queue", "--run", "../../etc/passwd", code=2)
        assert murder_tool(s, "queue", "--run") == tried + " sent\n"
        assert s.files() == []
        # It is the next rookery-submit that returns it.
        s.does("exit 67")
        last = s.redirect()
        assert murder_tool(s, "queue", "--run", code=1).startswith(last + " later: ")
        assert queue_of(s)[last]["state"] == "returning"
        assert s.submit() == [last + " returned", ""]
        many = [s.redirect() for _ in range(3)]
        out = murder_tool(s, "queue", "--remove", "--all")
        assert out.count("removed ") == 3 and all(i in out for i in many)
        assert s.files() == []
        for wrong in (("--remove",), ("--all",), ("--remove", "--all", last), ("--run", "--json"),
                      ("--run", "--remove", last), (last,), ("--run", last, last)):
            murder_tool(s, "queue", *wrong, code=64)


def test_what_a_crash_left_is_not_sent_and_goes_after_an_hour():
    with Running(backends=1, frontends=0) as m:
        s = Server(m)
        ids = s.put(*[("ann", "", to, "redirect") for to in ("x@example.com", "y@example.com")])
        new = os.path.join(s.folder, ids[0].split("-")[0] + ".new")
        os.link(os.path.join(s.folder, ids[0] + ".mail"), new)
        assert s.submit() == [""]
        assert len(s.files()) == 3 and s.calls() == []
        old = time.time() - 3700
        os.utime(new, (old, old))
        assert s.submit() == [""]
        assert s.files() == [] and s.calls() == []


if __name__ == "__main__":
    harness.main()
