"""An NNTP client for tests: says what it is told, reads answers as they stand."""
import base64
import socket
import ssl
import zlib

import murder

# After these codes come lines; after 211 only where LISTGROUP asked.
MANY = {100, 101, 215, 220, 221, 222, 224, 225, 230, 231}


class Answer:
    """`first`, the line with the code; `lines`, what came after it, as sent, without the dot."""

    def __init__(self, first, lines=None):
        self.first, self.lines = first, lines or []

    @property
    def code(self):
        return int(self.first[:3])

    @property
    def text(self):
        return self.first[4:].rstrip(b"\r\n").decode("utf-8", "surrogateescape")

    @property
    def body(self):
        """The lines, with the dots of RFC 3977 3.1.1 off."""
        return b"".join(l[1:] if l.startswith(b".") else l for l in self.lines)

    def words(self):
        return [l.decode().split() for l in self.lines]

    def __repr__(self):
        return "%r %r" % (self.first, self.lines[:5])


class Client:
    def __init__(self, address, tls=False, greeting=True):
        self.socket = socket.create_connection(address, murder.DEADLINE)
        self.inflate = self.deflate = None
        self.buffer = b""
        if tls:
            self.wrap()
        self.greeting = self.read() if greeting else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
        return False

    def close(self):
        self.socket.close()

    def wrap(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket)

    def compress(self):
        self.inflate = zlib.decompressobj(-15)
        self.deflate = zlib.compressobj(wbits=-15)

    def send(self, data):
        if self.deflate:
            data = self.deflate.compress(data) + self.deflate.flush(zlib.Z_SYNC_FLUSH)
        self.socket.sendall(data)

    def line(self):
        """b"" at the end."""
        while b"\n" not in self.buffer:
            more = self.socket.recv(65536)
            if not more:
                return b""
            self.buffer += self.inflate.decompress(more) if self.inflate else more
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line + b"\n"

    def read(self, many=False):
        """The next answer; None at the end. many: a 211 has lines too."""
        first = self.line()
        if not first:
            return None
        assert first.endswith(b"\r\n") and len(first) <= 512 and first[:3].isdigit(), first
        answer = Answer(first)
        if answer.code in MANY or (many and answer.code == 211):
            while True:
                line = self.line()
                if not line:
                    raise EOFError("within an answer: %r" % answer.lines[-1:])
                if line == b".\r\n":
                    break
                answer.lines.append(line)
        return answer

    def ask(self, line):
        data = line.encode() if isinstance(line, str) else line
        self.send(data + b"\r\n")
        # XHDR and XPAT have their lines behind a 221, as HEAD.
        return self.read(many=data[:9].upper() == b"LISTGROUP")

    def login(self, user, password="pw"):
        said = self.ask("AUTHINFO USER " + user)
        return self.ask("AUTHINFO PASS " + password) if said.code == 381 else said

    def plain(self, user, password="pw", act_for=""):
        text = "\0".join((act_for, user, password)).encode()
        return self.ask(b"AUTHINFO SASL PLAIN " + base64.b64encode(text))

    def send_article(self, article):
        dotted = b"".join(b"." + l if l.startswith(b".") else l
                          for l in article.splitlines(keepends=True))
        self.send(dotted + (b"" if article.endswith(b"\r\n") else b"\r\n") + b".\r\n")

    def post(self, article):
        said = self.ask("POST")
        if said.code != 340:
            return said
        self.send_article(article)
        return self.read()

    def ihave(self, message_id, article):
        said = self.ask("IHAVE " + message_id)
        if said.code != 335:
            return said
        self.send_article(article)
        return self.read()

    def takethis(self, message_id, article):
        self.send(("TAKETHIS %s\r\n" % message_id).encode())
        self.send_article(article)
        return self.read()

    def starttls(self):
        said = self.ask("STARTTLS")
        if said.code == 382:
            self.wrap()
        return said

    def capabilities(self):
        """name -> arguments"""
        return {words[0]: words[1:] for words in self.ask("CAPABILITIES").words()}
