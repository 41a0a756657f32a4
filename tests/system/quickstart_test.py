#!/usr/bin/env python3
"""What ./quickstart starts: twice is harmless, env tells scripts where all is, stop stops."""
import imaplib
import os
import shutil
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder
import pop3_client

PROGRAM = os.path.join(murder.HERE, "quickstart_murder.py")


def run(action, folder, programs):
    done = subprocess.run([sys.executable, PROGRAM, action, folder, "--bin", programs],
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    assert done.returncode == 0, done.stdout
    return done.stdout


def env(folder):
    with open(os.path.join(folder, "env")) as f:
        return dict(line.rstrip("\n").split("=", 1) for line in f)


def login(values, server, user, password):
    host, port = values[server].rsplit(":", 1)
    c = imaplib.IMAP4(host, int(port), timeout=murder.DEADLINE)
    murder.check(c.login(user, values[password]))
    return c


def say(server, path):
    """What the server answers to a file, up to its end: as curl does it with telnet."""
    host, port = server.rsplit(":", 1)
    with socket.create_connection((host, int(port)), murder.DEADLINE) as s:
        with open(path, "rb") as f:
            s.sendall(f.read())
        answer = b""
        while piece := s.recv(65536):
            answer += piece
        return answer


def test_start_twice_and_stop():
    folder = tempfile.mkdtemp(prefix="rookery-quickstart-")
    os.chmod(folder, 0o755)
    programs = murder.stage(os.path.join(folder, "bin"))
    try:
        first = run("start", folder, programs)
        values = env(folder)
        for word in ("curl", "pop3://", "openssl", "mupdatetest", "./quickstart stop",
                     values["ALICE_PASSWORD"]):
            assert word in first, (word, first)
        for server in ("BACKEND1", "BACKEND2", "FRONTEND"):
            assert values[server + "_IMAP"] and values[server + "_LMTP"]
        with login(values, "FRONTEND_IMAP", "bob", "BOB_PASSWORD") as c:
            assert murder.check(c.select("INBOX")) == [b"1"]
        with pop3_client.Client(tuple(values["FRONTEND_POP3"].rsplit(":", 1))) as c:
            assert c.plain("bob", values["BOB_PASSWORD"]).ok
            assert c.ask("STAT").text.startswith("1 ")
        assert "try/filter" in first and "try/message" in first, first
        for name, server in (("filter", "FRONTEND_SIEVE"), ("message", "FRONTEND_LMTP")):
            said = say(values[server], os.path.join(folder, "try", name))
            assert b"\nNO" not in said and b"\n5" not in said, said
        with login(values, "FRONTEND_IMAP", "alice", "ALICE_PASSWORD") as c:
            assert murder.check(c.select("lists")) == [b"1"]
        with login(values, "BACKEND2_IMAP", "alice", "ALICE_PASSWORD") as c:
            assert murder.check(c.select("lists")) == [b"1"], "it is at the other server"
        second = run("start", folder, programs)
        assert "already" in second and env(folder) == values
        with login(values, "BACKEND1_IMAP", "alice", "ALICE_PASSWORD") as c:
            assert murder.check(c.select("INBOX")) == [b"1"]
        with login(values, "FRONTEND_IMAP", "cyrus", "ADMIN_PASSWORD") as c:
            assert len(murder.check(c.list())) >= 2
        run("stop", folder, programs)
        run("start", folder, programs)
        with login(values, "FRONTEND_IMAP", "alice", "ALICE_PASSWORD") as c:
            assert murder.check(c.select("INBOX")) == [b"2"]
    finally:
        run("stop", folder, programs)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    harness.main()
