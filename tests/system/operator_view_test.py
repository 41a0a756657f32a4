#!/usr/bin/env python3
"""What people look at: murder status as a table, top, graph, and the latencies of metrics."""
import json
import os
import re
import signal
import sys
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import mupdate_client
import murder
import terminal

check = murder.check
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def run(instance, *arguments, code=0):
    done = instance.run("murder", *arguments, check=False)
    assert done.returncode == code, (arguments, done.returncode, done.stdout)
    return done.stdout


def rows_of(instance, code=0):
    out = json.loads(run(instance, "status", "--json", code=code))
    rows = {r["server"]: r for r in out["servers"]}
    for row in out["health"]:
        rows[row["server"]].update(row)
    return rows


def test_status_knows_lag_disk_certificate_sessions_and_queue():
    with murder.Murder(tls=True) as m:
        m.add_user("ann", 1)
        m.add_user("bob", 2)
        with m.imap("backend1", "ann"), m.imap("backend1", "ann"):
            rows = rows_of(m["frontend1"])
            sessions = rows[m["backend1"].name]["sessions"]
        one, two = rows[m["backend1"].name], rows[m["backend2"].name]
        # Two of ann's, and the one that asks.
        assert sessions == 3 and two["sessions"] == 1, rows
        for row in (one, two):
            assert row["role"] == "backend" and row["mails to send"] == 0, rows
            assert 0 <= row["disk free %"] <= 100 and 363 <= row["certificate days"] <= 365, rows
        master = rows[m["mupdate"].name]
        front = rows[m["frontend1"].name]
        assert front["role"] == "frontend" and front["serial"] == master["serial"] > 0, rows
        assert front["lag"] == 0 and 0 <= front["disk free %"] <= 100, rows
        assert front["certificate days"] >= 363, rows
        assert front["mails to send"] is None and master["sessions"] == 0, rows
        assert master["mailboxes"] == 2 and one["mailboxes"] == 1, rows


def test_status_knows_the_other_frontends_too():
    """From each server: of the master, and of each frontend, by what they tell the master."""
    with murder.Murder(tls=True, backends=1, frontends=3, start=False) as m:
        master, third = m["mupdate"], m["frontend3"]
        # All but the third are administrators there; it reads, and shares a login with the second.
        for name in ("frontend2", "frontend3"):
            m[name].extra.update(mupdate_authname="murder", mupdate_username="murder")
        master.extra["mupdate_readers"] = "murder"
        m.start()
        m.add_user("ann", 1)
        names = [i.name for i in m.instances]

        def seen(asked, sessions):
            rows = rows_of(m[asked])
            return rows if rows["frontend2"]["sessions"] == sessions else None
        with m.imap("frontend2", "ann"), m.imap("frontend2", "ann"):
            rows = murder.wait_for(lambda: seen("frontend1", 2), "the sessions of frontend2")
            assert sorted(rows) == sorted(names), rows
            version = rows["mupdate"]["version"]
            for name, row in rows.items():
                assert row["version"].endswith(version) and version, rows
                assert 0 <= row["disk free %"] <= 100, rows
                assert 363 <= row["certificate days"] <= 365, rows
                assert row["role"] == {"m": "master", "b": "backend", "f": "frontend"}[name[0]]
            assert rows["frontend1"]["sessions"] == 0 == rows["frontend3"]["sessions"], rows
            assert rows["mupdate"]["sessions"] == 0, rows
            for asked in ("frontend3", "backend1"):
                again = rows_of(m[asked])
                for name in ("frontend1", "frontend2", "frontend3", "mupdate"):
                    for what in ("version", "role", "certificate days"):
                        assert again[name][what] == rows[name][what], (asked, name, what, again)
        murder.wait_for(lambda: seen("frontend3", 0), "no sessions at frontend2")
        out = json.loads(run(third, "status", "--json"))
        may = sorted(row["login"] + " " + row["may"] for row in out["replicas"])
        assert may == ["frontend1 change", "murder read", "murder read"], out
        # Somebody who follows the list and tells nothing is no more than that.
        with mupdate_client.Client(master.address("mupdate")) as c:
            assert c.login("murder", m.node_password).startswith("OK")
            assert c.status("UPDATE").startswith("OK")
            rows = rows_of(third)
            reader = [row for name, row in rows.items() if name.startswith("murder at ")
                      or name == "murder"]
            assert [row["role"] for row in reader] == ["reader"], rows
            text = run(third, "status")
            assert max(map(len, text.splitlines())) <= 80, text


def test_status_fits_and_has_colours_on_a_terminal_only():
    with murder.Murder() as m:
        m.add_user("ann", 1)
        front = m["frontend1"]
        m["backend2"].stop(signal.SIGKILL)
        m["backend1"].stop(signal.SIGKILL)
        text = run(front, "status", code=2)
        assert "\x1b" not in text and text.endswith("\ncritical\n"), text
        assert max(map(len, text.splitlines())) <= 80, text
        # All of the reason is there, if on several lines.
        assert "unreachable" in text and "Connection refused" in " ".join(
            re.findall(r"[A-Za-z]+", text)), text
        with terminal.of(front, "murder", "status", columns=70) as t:
            assert t.end() == 2
        plain = ESCAPE.sub("", t.text)
        assert "\x1b[1;31mcritical\x1b[0m" in t.text, t.text
        assert max(map(len, plain.replace("\r", "").splitlines())) <= 70, plain
        for how in ({"environment": {"NO_COLOR": "1"}}, {"term": "dumb"}, {"term": ""}):
            with terminal.of(front, "murder", "status", **how) as t:
                assert t.end() == 2
            assert "\x1b" not in t.text and "critical" in t.text, (how, t.text)


def test_top_shows_sessions_and_rates():
    with murder.Murder() as m:
        m.add_user("ann", 1)
        front = m["frontend1"]
        with m.imap("frontend1", "ann") as c:
            check(c.select("INBOX"))
            text = run(front, "top", "--once", "--interval", "1")
            assert re.search(r"^  imap +\d+ +1 ", text, re.M), text
            row = [l.split() for l in text.splitlines() if " ann " in l]
            assert len(row) == 1 and row[0][0] == "imap" and m["backend1"].name in row[0], text
            assert "user.ann" in text or "INBOX" in text, text
            assert max(map(len, text.splitlines())) <= 80, text
            # A second of work in between is told as rates.
            with terminal.of(front, "murder", "top", "--interval", "1") as t:
                t.wait_for("Sessions: 1")
                for _ in range(30):
                    check(c.noop())
                seen = len(t.text)

                def rate():
                    t.wait_for("Services, a second", after=seen)
                    t.read(0.1)
                    return [float(r.split()[5]) for r in
                            re.findall(r"^  imap +\d+ +\d+ .*$", ESCAPE.sub("", t.text[seen:]),
                                       re.M)
                            if float(r.split()[5]) > 0]
                murder.wait_for(rate, "commands a second")
                assert max(rate()) <= 31, t.text
                t.keys("q")
                assert t.end() == 0, t.text
            with terminal.of(front, "murder", "top") as t:
                t.wait_for("Sessions:")
                t.keys("\x03")
                assert t.end() == 0, t.text
            assert "\x1b[2J" not in run(front, "top", "--interval", "1")
        for wrong in ("0", "x", "99999"):
            assert "no time" in run(front, "top", "--interval", wrong, code=64)


def texts_of(svg):
    root = ElementTree.fromstring(svg)
    name = "{http://www.w3.org/2000/svg}"
    assert root.tag == name + "svg"
    return root, name, ["".join(t.itertext()) for t in root.iter(name + "text")]


def test_graph_is_a_picture_of_all():
    with murder.Murder() as m:
        m.add_user("ann", 1)
        m.add_user("bob", 2)
        front = m["frontend1"]
        path = os.path.join(front.dir, "murder.svg")
        run(front, "graph", "--output", path)
        with open(path, encoding="utf-8") as f:
            root, name, texts = texts_of(f.read())
        for i in ("mupdate", "backend1", "backend2", "frontend1"):
            assert m[i].name in texts, texts
        assert "2 mailboxes on 2 servers, 1 frontends" in texts, texts
        assert texts.count("1 mailboxes") == 2 and "its list is current" in texts, texts
        # Frontend to both backends; all three to the master.
        assert len(list(root.iter(name + "line"))) == 5
        # Nothing that a wiki takes away.
        assert not list(root.iter(name + "style")) and not list(root.iter(name + "script"))
        assert all("style" not in e.attrib and "class" not in e.attrib for e in root.iter())
        m["backend2"].stop(signal.SIGKILL)
        root, name, texts = texts_of(run(front, "graph", code=2))
        assert any(t.startswith("unreachable") for t in texts), texts
        assert [e for e in root.iter(name + "line") if "stroke-dasharray" in e.attrib]


def test_metrics_have_latencies():
    with murder.Murder(backends=1, frontends=0) as m:
        m.add_user("ann")

        def histogram():
            out = run(m["backend1"], "metrics")
            assert "# TYPE rookery_command_duration_seconds histogram\n" in out, out
            found = dict(re.findall(r'^rookery_command_duration_seconds_(?:bucket|sum|count)'
                                    r'({service="imap".*}) (.*)$', out, re.M))
            return out, {k: float(v) for k, v in found.items()}
        with m.imap("backend1", "ann") as c:
            check(c.select("INBOX"))
            before = histogram()[1]
            for _ in range(20):
                check(c.noop())
            # One that waits for the client says nothing about the server.
            c.send(b"x IDLE\r\n")
            assert c.readline().startswith(b"+")
            c.send(b"DONE\r\n")
            assert c.readline().startswith(b"x OK")
            out, after = histogram()
        bounds = re.findall(r'{service="imap",le="([^"]*)"}', out)
        assert bounds == ["0.001", "0.002", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25",
                          "0.5", "1", "2.5", "5", "10", "+Inf"], bounds
        counts = [after['{service="imap",le="%s"}' % b] for b in bounds]
        assert counts == sorted(counts), counts
        total = '{service="imap",le="+Inf"}'
        assert after[total] - before[total] == 20, (before, after)
        assert re.search(r'duration_seconds_count{service="imap"} %d\n' % after[total], out), out
        assert re.search(r'duration_seconds_sum{service="imap"} [0-9.]+\n', out), out


def log_of(instance):
    return instance.tail(lines=1000)


def test_each_node_of_a_move_has_a_line():
    with murder.Murder(extra={"allowusermoves": "yes", "move_grace": "0s"}) as m:
        for user in ("ann", "bob"):
            m.add_user(user, 1)
        with m.imap("frontend1", "cyrus") as c:
            murder.wait_for(lambda: check(c.list('""', "user.%")) != [None], "ann is known")
            check(c.xatom("XFER", "user.ann", "backend2"))
            assert c.xatom("XFER", "user.bob", "nowhere")[0] == "NO"
        for said in (r"relayed server=backend1 user=cyrus command=XFER mailbox=user.ann "
                     r'answer="OK ', 'command=XFER mailbox=user.bob answer="NO '):
            assert re.search(said, log_of(m["frontend1"])), said
        # The tool says it where it runs.
        for at, user in (("frontend1", "ann"), ("backend1", "bob")):
            home, to = ("backend2", "backend1") if user == "ann" else ("backend1", "backend2")
            said = m[at].run("murder", "move", "user." + user, to).stdout + log_of(m[at])
            assert "moved mailbox=user.%s from=%s to=%s" % (user, home, to) in said, said


if __name__ == "__main__":
    harness.main()
