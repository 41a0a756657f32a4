"""A ManageSieve client for tests: says what it is told, reads answers with their literals."""
import base64
import re
import socket
import ssl

import murder

LITERAL = re.compile(rb"\{(\d+)\+?\}\r\n\Z")


class Answer:
    """One answer: `lines` of data, and `last`, the line with OK, NO or BYE."""

    def __init__(self, lines, last):
        self.lines, self.last = lines, last

    @property
    def word(self):
        return self.last.split()[0].decode()

    @property
    def code(self):
        """What stands in parentheses, or ""."""
        found = re.match(rb"[A-Z]+ \(((?:[^()\"]|\"[^\"]*\")*)\)", self.last)
        return found.group(1).decode() if found else ""

    @property
    def brief(self):
        """"OK", "NO", "NO (ACTIVE)": the answer without its text."""
        return self.word + (" (%s)" % self.code if self.code else "")

    def __repr__(self):
        return "%r %r" % (self.lines, self.last)


class Client:
    def __init__(self, address, greeting=True):
        self.socket = socket.create_connection(address, murder.DEADLINE)
        self.file = self.socket.makefile("rb")
        self.greeting = self.read() if greeting else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.file.close()
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def line(self):
        """A line with the literals in it; b"" at the end."""
        whole = b""
        while True:
            line = self.file.readline()
            whole += line
            found = LITERAL.search(line)
            if not found:
                return whole
            whole += self.file.read(int(found.group(1)))

    def read(self):
        """An answer; None at the end."""
        lines = []
        while True:
            line = self.line()
            if not line:
                assert not lines, lines
                return None
            if line.split()[0] in (b"OK", b"NO", b"BYE"):
                return Answer(lines, line)
            lines.append(line)

    def ask(self, command):
        self.send(command + b"\r\n")
        return self.read()

    def login(self, user, password="pw", act_for=""):
        words = b"\0".join(w.encode() for w in (act_for, user, password))
        return self.ask(b'AUTHENTICATE "PLAIN" "%s"' % base64.b64encode(words))

    def starttls(self):
        """The answer, and the capabilities that come again where it is OK."""
        said = self.ask(b"STARTTLS")
        if said.word != "OK":
            return said, None
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.file.close()
        self.socket = context.wrap_socket(self.socket)
        self.file = self.socket.makefile("rb")
        return said, self.read()


def literal(text):
    return b"{%d+}\r\n%s" % (len(text), text)


def put(name, script):
    return b"PUTSCRIPT %s %s" % (literal(name.encode()), literal(script))
