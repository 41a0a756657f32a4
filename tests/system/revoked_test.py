#!/usr/bin/env python3
"""What was revoked ends: a process of an old template finishes its session and begins no other."""
import base64
import contextlib
import os
import shutil
import signal
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder
from murder import check, wait_for

MESSAGE = b"From: a@example.org\r\nTo: bob@example.org\r\nSubject: x\r\n\r\ntext\r\n"


class Line:
    """A connection on which a test says one line and reads the answer's last."""

    def __init__(self, m, where, service):
        self.socket = socket.create_connection(m[where].address(service), murder.DEADLINE)
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def send(self, line):
        self.socket.sendall(line + b"\r\n")

    def read(self):
        return self.file.readline()

    def until(self, start):
        while True:
            line = self.read()
            assert line, "the connection has ended before %r" % start
            if line.startswith(start):
                return line

    def reply(self):
        """An LMTP reply's last line."""
        while True:
            line = self.read()
            if line[3:4] != b"-":
                return line

    def ask(self, line):
        self.send(line)
        return self.reply()


def one_process(m, where, *services):
    """Every session of that service is the same process's, so that it meets what was kept."""
    instance = m[where]
    for service in services:
        instance.services[service] = instance.service_lines()[service] + " maxchild=1"


def parent(pid):
    with open("/proc/%d/stat" % pid) as f:
        return int(f.read().rsplit(")", 1)[1].split()[1])


def processes(m, program):
    """Of the backend: {template: its workers}."""
    back = m["backend1"]
    found = {}
    for pid in back.processes(program):
        with contextlib.suppress(OSError):
            found[pid] = parent(pid)
    templates = {p for p, above in found.items() if above == back.pid()}
    return {t: {p for p, above in found.items() if above == t} for t in templates}


def gone(pids):
    return not any(murder.alive(p) for p in pids)


def plain(authzid, authid, password):
    return b"AUTHENTICATE PLAIN " + base64.b64encode(
        "\0".join((authzid, authid, password)).encode())


def renew(m, change, **held):
    """Does what makes new templates, and waits until the old ones have no more workers than held
    ones: those that were idle have ended."""
    programs = {p: held.get(p, 0) for p in ("imapd", "lmtpd")}

    def all_have_idle_ones():
        return all(sum(map(len, found.values())) >= n + len(found)
                   for found, n in ((processes(m, p), n) for p, n in programs.items()))
    wait_for(all_have_idle_ones, "idle workers")
    old = {t for p in programs for t in processes(m, p)}
    change(m)

    def have_ended():
        return all(sum(len(w) for t, w in processes(m, p).items() if t in old) == n
                   for p, n in programs.items())
    wait_for(have_ended, "the old ones are retired")
    return old


def status(m, where="frontend1"):
    """What a session of bob's gets that needs the backend."""
    with m.imap(where, "bob") as c:
        return c.status("INBOX", "(MESSAGES)")[0]


def delivery(m, where="frontend1"):
    refused = m.deliver(MESSAGE, ["bob"], where)
    return refused["bob"][0] if refused else 250


def hup(instance):
    instance.write()
    os.kill(instance.pid(), signal.SIGHUP)


# ------------------------------------------------------------------ what is revoked, and how

def take_murder_out(m):
    back = m["backend1"]
    back.extra.update({"proxyservers": "nobody", "admins": "cyrus", "lmtp_admins": "cyrus"})
    hup(back)


def only_hangup(m):
    hup(m["backend1"])


def new_certificate(m):
    m.make_certificate()


def new_program(m):
    for name in ("imapd", "lmtpd"):
        path = os.path.join(m.bin, name)
        shutil.copy2(os.path.realpath(path), path + ".new")
        os.chmod(path + ".new", 0o755)
        os.rename(path + ".new", path)


def kill_template(m):
    for program in ("imapd", "lmtpd"):
        for pid in processes(m, program):
            os.kill(pid, signal.SIGKILL)


# what happens, whether the frontend may still come in afterwards
REVOCATIONS = [
    (take_murder_out, False),
    (only_hangup, True),
    (new_certificate, True),
    (new_program, True),
    (kill_template, True),
]


def ready_murder(**options):
    m = murder.Murder(backends=1, start=False, **options)
    one_process(m, "frontend1", "imap", "lmtpa")
    back = m["backend1"]
    for service in ("lmtp", "lmtpa"):
        back.services[service] = back.service_lines()[service].replace("prefork=0", "prefork=1")
    m.start()
    m.add_user("bob")
    return m


def test_kept_connections_of_frontends_end():
    for revoke, welcome in REVOCATIONS:
        print("  " + revoke.__name__)
        with ready_murder(tls=revoke is new_certificate) as m:
            wait_for(lambda: status(m) == "OK", "the list at the frontend")
            assert delivery(m) == 250
            old = [processes(m, p) for p in ("imapd", "lmtpd")]
            assert all(any(found.values()) for found in old), old
            old = {p for found in old for t, workers in found.items() for p in {t} | workers}
            revoke(m)
            wait_for(lambda: gone(old), "the old templates and their workers are gone")
            wait_for(lambda: all(processes(m, p) for p in ("imapd", "lmtpd")), "the new ones")
            if welcome:
                assert status(m) == "OK" and delivery(m) == 250
            else:
                assert status(m) == "NO" and delivery(m) == 451


def test_a_session_that_goes_on_is_not_disturbed():
    with ready_murder() as m:
        with m.imap("frontend1", "bob") as c, Line(m, "backend1", "lmtpa") as t:
            wait_for(lambda: c.select("INBOX")[0] == "OK", "the list at the frontend")
            assert t.reply()[:3] == b"220"
            for line in (b"LHLO x", b"MAIL FROM:<a@example.org>", b"RCPT TO:<bob>"):
                assert t.ask(line)[:3] == b"250", line
            old = renew(m, take_murder_out, imapd=1, lmtpd=1)
            assert t.ask(b"DATA")[:3] == b"354"
            assert t.ask(MESSAGE + b".")[:3] == b"250"
            check(c.noop())
            assert check(c.search(None, "SUBJECT", "x"))[0] == b"1"
            # Its process takes no other transaction, and does not wait for one.
            assert t.read()[:3] == b"421" and t.read() == b""
        wait_for(lambda: gone(old), "the old processes are gone")
        assert status(m) == "NO"


def test_who_came_before_the_change_logs_in_after_it():
    with ready_murder() as m:
        as_bob = plain("bob", "murder", m.node_password)
        # A server or an administrator is asked to come again, whatever would be his answer.
        for login in (b"1 " + as_bob, b"1 " + plain("", "murder", m.node_password),
                      b"1 LOGIN cyrus pw", b"1 " + plain("cyrus", "bob", "pw")):
            with Line(m, "backend1", "imap") as c:
                c.read()
                renew(m, only_hangup, imapd=1)
                c.send(login)
                assert c.read().startswith(b"* BYE "), login
                assert c.read() == b""
        # A node that was in already, and says both in one write.
        with Line(m, "backend1", "imap") as c:
            c.send(b"1 " + as_bob)
            c.until(b"1 OK")
            renew(m, only_hangup, imapd=1)
            c.send(b"2 NOOP\r\n3 UNAUTHENTICATE\r\n4 " + as_bob)
            c.until(b"2 OK")
            c.until(b"3 OK")
            assert c.read().startswith(b"* BYE ") and c.read() == b""
        # One who says nothing does not keep the old process for ever.
        with Line(m, "backend1", "imap") as c, Line(m, "backend1", "lmtp") as t:
            c.read()
            t.read()
            renew(m, only_hangup, imapd=1, lmtpd=1)
            assert c.read().startswith(b"* BYE ") and c.read() == b""
            assert t.read()[:3] == b"421" and t.read() == b""


def test_mupdate_is_renewed_too_but_not_by_what_is_wrong():
    with murder.Murder(backends=1, tls=True) as m:
        master = m["mupdate"]
        first, = master.processes("mupdate")
        master.extra["mupdate_max_deletes"] = "many"
        hup(master)
        wait_for(lambda: "mupdate goes on with the old one" in master.tail(1000), "the refusal")
        assert master.processes("mupdate") == [first]
        m.add_user("bob")
        # Right again, and who may come in is another one: those who are in are put out.
        master.extra["mupdate_max_deletes"] = "10"
        hup(master)
        wait_for(lambda: not murder.alive(first), "the old process has ended")
        second, = wait_for(lambda: master.processes("mupdate"), "the new one")
        m.make_certificate()
        wait_for(lambda: not murder.alive(second), "the certificate is noticed")
        master.wait_banner("mupdate")
        m.add_user("ann")


def test_no_command_is_lost_while_templates_change():
    with ready_murder() as m:
        wait_for(lambda: status(m) == "OK", "the list at the frontend")
        end = threading.Event()
        troubles = []
        rounds = [0, 0, 0]

        def go(n, what, good):
            while not end.is_set():
                try:
                    answer = what()
                except Exception as e:
                    answer = e
                if answer != good:
                    troubles.append((n, answer))
                rounds[n] += 1
        threads = [threading.Thread(target=go, args=a) for a in (
            (0, lambda: status(m), "OK"), (1, lambda: delivery(m), 250),
            (2, lambda: status(m, "backend1"), "OK"))]
        for t in threads:
            t.start()
        try:
            for _ in range(5):
                before = list(rounds)
                old = set(processes(m, "imapd"))
                only_hangup(m)
                wait_for(lambda: gone(old), "the old template is gone")
                wait_for(lambda: all(a > b + 3 for a, b in zip(rounds, before)), "sessions go on")
        finally:
            end.set()
            for t in threads:
                t.join()
        assert not troubles, troubles


if __name__ == "__main__":
    harness.main()
