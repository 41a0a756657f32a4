"""A POP3 client for tests: says what it is told, reads answers as they stand."""
import base64
import re
import socket
import ssl

import murder


class Answer:
    """`first`, the line with +OK or -ERR; `lines`, what came after it, as sent, without the dot."""

    def __init__(self, first, lines=None):
        self.first, self.lines = first, lines or []

    @property
    def ok(self):
        return self.first.startswith(b"+OK")

    @property
    def code(self):
        """What stands in brackets, or ""."""
        found = re.match(rb"-ERR \[([A-Z/-]+)\]", self.first)
        return found.group(1).decode() if found else ""

    @property
    def text(self):
        return self.first.split(b" ", 1)[1].rstrip(b"\r\n").decode() if b" " in self.first else ""

    @property
    def body(self):
        """The lines, with the dots of RFC 1939 3 off."""
        return b"".join(l[1:] if l.startswith(b".") else l for l in self.lines)

    def __repr__(self):
        return "%r %r" % (self.first, self.lines[:5])


class Client:
    def __init__(self, address, tls=False, greeting=True):
        self.socket = socket.create_connection(address, murder.DEADLINE)
        if tls:
            self.wrap()
        else:
            self.file = self.socket.makefile("rb")
        self.greeting = self.read() if greeting else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
        return False

    def close(self):
        self.file.close()
        self.socket.close()

    def wrap(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket)
        self.file = self.socket.makefile("rb")

    def send(self, data):
        self.socket.sendall(data)

    def read(self, many=False):
        """The next answer; None at the end."""
        first = self.file.readline()
        if not first:
            return None
        assert first.endswith(b"\r\n") and len(first) <= 512, first
        lines = []
        if many and first.startswith(b"+OK"):
            while True:
                line = self.file.readline()
                if not line:
                    raise EOFError("within an answer: %r" % lines[-1:])
                if line == b".\r\n":
                    break
                lines.append(line)
        return Answer(first, lines)

    def ask(self, line, many=False):
        self.send((line.encode() if isinstance(line, str) else line) + b"\r\n")
        return self.read(many)

    def all(self, line):
        said = self.ask(line, many=True)
        assert said.ok, (line, said)
        return said

    def login(self, user, password="pw"):
        said = self.ask("USER " + user)
        return self.ask("PASS " + password) if said.ok else said

    def plain(self, user, password="pw", act_for=""):
        text = "\0".join((act_for, user, password)).encode()
        return self.ask(b"AUTH PLAIN " + base64.b64encode(text))

    def stls(self):
        said = self.ask("STLS")
        if said.ok:
            self.file.close()
            self.wrap()
        return said

    def capabilities(self):
        """name -> arguments"""
        out = {}
        for line in self.all("CAPA").lines:
            words = line.decode().split()
            out[words[0]] = words[1:]
        return out

    def uidls(self):
        return [l.split()[1].decode() for l in self.all("UIDL").lines]

    def sizes(self):
        return [int(l.split()[1]) for l in self.all("LIST").lines]
