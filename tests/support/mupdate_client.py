"""A MUPDATE client and a mupdate process without a murder around it, for tests.

The client is written from RFC 3656 alone. Mupdate runs the daemon as master would: a status socket
on descriptor 3, a listener on 4, as an unprivileged user.
"""
import base64
import contextlib
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import murder

PASSWORD = "secret-of-the-nodes"


class Closed(Exception):
    pass


class Client:
    def __init__(self, address, timeout=30):
        self.sock = socket.create_connection(address, timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.counter = 0
        self.banner = []

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.close()

    # --- bytes
    def fill(self):
        data = self.sock.recv(65536)
        if not data:
            raise Closed()
        self.buffer += data

    def read_line(self):
        while b"\n" not in self.buffer:
            self.fill()
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r").decode()

    def read_exact(self, n):
        while len(self.buffer) < n:
            self.fill()
        data, self.buffer = self.buffer[:n], self.buffer[n:]
        return data.decode()

    # --- grammar
    def read_response(self):
        """[tag, word, strings...]; a text that is not quoted is one string."""
        words = []
        line = self.read_line()
        while True:
            while line:
                line = line.lstrip(" ")
                m = re.match(r'"((?:[^"\\]|\\.)*)"', line)
                if m:
                    words.append(re.sub(r"\\(.)", r"\1", m.group(1)))
                    line = line[m.end():]
                    continue
                m = re.match(r"\{(\d+)\+?\}$", line)
                if m:
                    words.append(self.read_exact(int(m.group(1))))
                    line = None
                    break
                m = re.match(r"[^ ]+", line)
                if not m:
                    break
                words.append(m.group(0))
                line = line[m.end():]
            if line is None:
                line = self.read_line()
                if line == "":
                    return words
                continue
            return words

    def read_banner(self):
        self.banner = []
        while True:
            line = self.read_line()
            self.banner.append(line)
            if line.startswith("* OK MUPDATE") or not line.startswith("* ") or \
                    line.startswith("* BYE"):
                return self.banner

    @staticmethod
    def literal(text):
        data = text.encode()
        return b"{%d+}\r\n%s" % (len(data), data)

    def send(self, word, *arguments):
        tag = "T%d" % self.counter
        self.counter += 1
        self.sock.sendall(b" ".join([tag.encode(), word.encode()] +
                                    [self.literal(a) for a in arguments]) + b"\r\n")
        return tag

    def run(self, word, *arguments):
        """(data lines, "OK text")"""
        tag = self.send(word, *arguments)
        return self.answer(tag)

    def answer(self, tag):
        data = []
        while True:
            r = self.read_response()
            if r[0] == tag and r[1] in ("OK", "NO", "BAD"):
                return data, "%s %s" % (r[1], " ".join(r[2:]))
            data.append(r)

    def status(self, word, *arguments):
        return self.run(word, *arguments)[1]

    def login(self, user, password=PASSWORD):
        self.read_banner()
        plain = base64.b64encode(b"\0" + user.encode() + b"\0" + password.encode()).decode()
        tag = "A01"
        self.sock.sendall(b'A01 AUTHENTICATE "PLAIN" ' + self.literal(plain) + b"\r\n")
        return self.answer(tag)[1]

    def list(self, *prefix):
        data, status = self.run("LIST", *prefix)
        assert status == "OK list complete", status
        return [r[1:] for r in data]

    def has_input(self, seconds):
        if self.buffer:
            return True
        before = self.sock.gettimeout()
        self.sock.settimeout(seconds)
        try:
            self.fill()
            return True
        except socket.timeout:
            return False
        finally:
            self.sock.settimeout(before)


class Mupdate:
    """One mupdate process in a folder of its own (kept over restarts)."""

    def __init__(self, master=None, extra=None, users=("be1", "be2", "fe1", "cyrus"), name="m"):
        self.dir = tempfile.mkdtemp(prefix="rookery-mupdate-")
        self.master = master
        self.name = name
        self.users = users
        self.extra = extra or {}
        self.address = ("127.0.0.1", 0)
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(self.address)
        self.listener.listen(128)
        self.address = self.listener.getsockname()
        self.bin = murder.stage(os.path.join(self.dir, "bin"))
        self.conf = os.path.join(self.dir, "imapd.conf")
        self.log = os.path.join(self.dir, "log")
        self.process = None
        self.status_sockets = []
        self.user = pwd.getpwnam(murder.unprivileged_user())
        os.makedirs(os.path.join(self.dir, "conf", "socket"))
        self.write()
        for u in users:
            subprocess.run([os.path.join(self.bin, "rookery-passwd"), "-C", self.conf, u],
                           input=(PASSWORD + "\n").encode(), check=True, preexec_fn=self.drop)

    def options(self):
        o = {
            "configdirectory": os.path.join(self.dir, "conf"),
            "servername": "%s.test" % self.name,
            "admins": " ".join(self.users),
            "sasl_pwcheck_method": "auxprop",
            "sasl_auxprop_plugin": "sasldb",
            "sasl_sasldb_path": os.path.join(self.dir, "sasldb2"),
            "sasl_mech_list": "PLAIN",
            "allowplaintext": "yes",
            "failedloginpause": "0",
        }
        if self.master:
            o["mupdate_server"] = "%s:%d" % self.master.address
            o["mupdate_authname"] = "fe1"
            o["mupdate_password"] = PASSWORD
            o["mupdate_retry_delay"] = "1"
        o.update(self.extra)
        return o

    def write(self):
        with open(self.conf, "w") as f:
            for key, value in self.options().items():
                f.write("%s: %s\n" % (key, value))
        if os.geteuid() == 0:
            for folder, _, files in os.walk(self.dir):
                if os.path.basename(folder) == "bin":
                    continue
                os.chown(folder, self.user.pw_uid, self.user.pw_gid)
                for name in files:
                    os.chown(os.path.join(folder, name), self.user.pw_uid, self.user.pw_gid)

    def drop(self):
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(self.user.pw_gid)
            os.setuid(self.user.pw_uid)

    def start(self, wait=True):
        ours, theirs = socket.socketpair()

        def child():
            # Above the two numbers first, so that neither overwrites the other.
            status = os.dup(theirs.fileno())
            listener = os.dup(self.listener.fileno())
            while status < 10:
                status = os.dup(status)
            while listener < 10:
                listener = os.dup(listener)
            os.dup2(status, 3)
            os.dup2(listener, 4)
            self.drop()

        env = dict(os.environ, CYRUS_SERVICE="mupdate", CYRUS_ID="0", ROOKERY_LISTENERS="1",
                   ROOKERY_PREFORK="1", ROOKERY_LOG=self.log,
                   ROOKERY_PROGRAM=os.path.join(self.bin, "mupdate"))
        arguments = ["-C", self.conf] + ([] if self.master else ["-m"])
        self.process = subprocess.Popen([os.path.join(self.bin, "mupdate")] + arguments, env=env,
                                        preexec_fn=child, close_fds=False,
                                        stdin=subprocess.DEVNULL)
        theirs.close()
        self.status_sockets.append(ours)  # its end would be that of master
        if wait:
            ours.settimeout(30)
            if not ours.recv(64):
                raise RuntimeError("mupdate did not start:\n" + self.log_text())
        return self

    def kill(self, sig=signal.SIGKILL):
        self.process.send_signal(sig)
        return self.process.wait(30)

    def client(self, user="be1"):
        c = Client(self.address)
        status = c.login(user)
        if status != "OK Authenticated":
            raise RuntimeError(status + "\n" + self.log_text())
        return c

    def kick(self, seconds=10):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(seconds)
            s.connect(os.path.join(self.dir, "conf", "socket", "mupdate.target"))
            return s.recv(16).decode()

    def log_text(self):
        with contextlib.suppress(OSError), open(self.log) as f:
            return f.read()
        return ""

    def wait_log(self, text):
        murder.wait_for(lambda: text in self.log_text(), "log: " + text)

    def __enter__(self):
        return self.start()

    def __exit__(self, *args):
        if self.process and self.process.poll() is None:
            self.kill(signal.SIGTERM)
        self.listener.close()
        for s in self.status_sockets:
            s.close()
        shutil.rmtree(self.dir, ignore_errors=True)
