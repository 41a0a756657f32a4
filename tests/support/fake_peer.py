"""A server of a murder that is none: it says what a test wants, and keeps all that it was told.

    with Peer("imap", certificates.good) as p: ... p.clear, p.secret, p.login

One thread for each connection. A dialect knows just enough of its protocol for a login; what comes
after it goes to answer(peer, tag, words), which gives the bytes to send, or None for an OK.
"""
import base64
import contextlib
import os
import re
import socket
import ssl
import subprocess
import threading

DEADLINE = 60


class Certificates:
    """An authority and what it signs, in a folder: good, wrong_name, expired; wrong_ca is
    another's. Each is (certificate, key)."""

    def __init__(self, folder, address="127.0.0.1"):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        self.ca = self.authority("ca")
        other = self.authority("other")
        name = "IP:%s,DNS:fake" % address
        self.good = self.issue("good", self.ca, name)
        self.wrong_name = self.issue("wrong_name", self.ca, "IP:192.0.2.1,DNS:elsewhere")
        self.expired = self.issue("expired", self.ca, name, expired=True)
        self.wrong_ca = self.issue("wrong_ca", other, name)
        self.ca_dir = os.path.join(folder, "hashed")
        os.makedirs(self.ca_dir, exist_ok=True)
        digest = self.openssl("x509", "-in", self.ca[0], "-noout", "-hash").strip()
        with open(self.ca[0]) as f, open(os.path.join(self.ca_dir, digest + ".0"), "w") as to:
            to.write(f.read())

    def openssl(self, *arguments):
        return subprocess.run(["openssl", *arguments], check=True, text=True, cwd=self.folder,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout

    def path(self, name):
        return os.path.join(self.folder, name)

    def authority(self, name):
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                     "-nodes", "-days", "30", "-subj", "/CN=" + name,
                     "-keyout", name + ".key", "-out", name + ".pem")
        return self.path(name + ".pem"), self.path(name + ".key")

    def issue(self, name, authority, alternative, expired=False):
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                     "-subj", "/CN=" + name, "-keyout", name + ".key", "-out", name + ".req")
        with open(self.path(name + ".conf"), "w") as f:
            f.write("[ca]\ndefault_ca=d\n[d]\ndatabase=%s.db\nnew_certs_dir=.\nrand_serial=yes\n"
                    "default_md=sha256\npolicy=p\nx509_extensions=x\n[p]\ncommonName=supplied\n"
                    "[x]\nsubjectAltName=%s\n" % (name, alternative))
        open(self.path(name + ".db"), "w").close()
        dates = ["-startdate", "20200101000000Z", "-enddate", "20200201000000Z" if expired
                 else "21200101000000Z"]
        self.openssl("ca", "-batch", "-notext", "-config", name + ".conf", "-cert", authority[0],
                     "-keyfile", authority[1], "-in", name + ".req", "-out", name + ".pem", *dates)
        return self.path(name + ".pem"), self.path(name + ".key")


class Gone(Exception):
    pass


class Conversation:
    """One connection: lines in, bytes out, first in clear and perhaps under TLS."""

    def __init__(self, peer, sock):
        self.peer = peer
        self.sock = sock
        self.buffer = b""
        self.secret = False

    def send(self, data):
        self.sock.sendall(data)

    def more(self):
        try:
            data = self.sock.recv(65536)
        except OSError as e:
            raise Gone() from e
        if not data:
            raise Gone()
        with self.peer.lock:
            if self.secret:
                self.peer.secret += data
            else:
                self.peer.clear += data
        self.buffer += data

    def line(self):
        while b"\n" not in self.buffer:
            self.more()
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r")

    def command(self):
        """A line with its non-synchronizing literals in it."""
        whole = self.line()
        while (m := re.search(rb"\{(\d+)\+\}$", whole)):
            size = int(m.group(1))
            while len(self.buffer) < size:
                self.more()
            whole = whole[:m.start()] + b'"' + self.buffer[:size] + b'"'
            self.buffer = self.buffer[size:]
            whole += self.line()
        return whole

    def hang_up(self):
        """What was said before arrives, whatever the other still says."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)
            while self.sock.recv(65536):
                pass
        raise Gone()

    def start_tls(self, certificate):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        try:
            self.sock = context.wrap_socket(self.sock, server_side=True)
        except OSError as e:
            raise Gone() from e
        self.secret = True


class Imap:
    login = re.compile(rb"\S+ AUTHENTICATE ", re.I)
    no = b"%s NO not now\r\n"
    begin = b"%s OK go ahead\r\n"

    def capabilities(self, starttls, mechanisms, more):
        words = [b"IMAP4rev1", b"SASL-IR", *more]
        if starttls:
            words.append(b"STARTTLS")
        return b" ".join(words + [b"AUTH=" + m for m in mechanisms])

    def greet(self, c, said):
        c.send(b"* OK [CAPABILITY " + self.capabilities(*said) + b"] fake server ready\r\n")

    def again(self, c, said):
        pass

    def run(self, c, line, said):
        tag, _, rest = line.partition(b" ")
        word = rest.split(b" ")[0].upper()
        if word == b"CAPABILITY":
            c.send(b"* CAPABILITY " + self.capabilities(*said) + b"\r\n" + tag + b" OK\r\n")
        elif word == b"AUTHENTICATE":
            c.send(tag + b" OK [CAPABILITY " + self.capabilities(*said) + b"] in\r\n")
        return tag, word, rest


class Lmtp:
    login = re.compile(rb"AUTH ", re.I)
    no = b"454 4.7.0 not now\r\n"
    begin = b"220 go ahead\r\n"

    def greet(self, c, said):
        c.send(b"220 fake LMTP ready\r\n")

    def again(self, c, said):
        pass

    def run(self, c, line, said):
        word, _, rest = line.partition(b" ")
        word = word.upper()
        if word == b"LHLO":
            starttls, mechanisms, _ = said
            lines = [b"fake", b"PIPELINING"] + [b"STARTTLS"] * bool(starttls)
            if mechanisms:
                lines.append(b"AUTH " + b" ".join(mechanisms))
            for text in lines[:-1]:
                c.send(b"250-" + text + b"\r\n")
            c.send(b"250 " + lines[-1] + b"\r\n")
        elif word == b"AUTH":
            c.send(b"235 in\r\n")
        elif word not in (b"STARTTLS", b"QUIT"):
            c.send(b"250 2.0.0 ok\r\n")
        return b"", {b"AUTH": b"AUTHENTICATE"}.get(word, word), line


class Mupdate:
    login = Imap.login
    no = b'%s NO "not now"\r\n'
    begin = b'%s OK "go ahead"\r\n'

    def greet(self, c, said):
        starttls, mechanisms, _ = said
        c.send(b"* AUTH " + b" ".join(b'"' + m + b'"' for m in mechanisms) + b"\r\n")
        if starttls:
            c.send(b"* STARTTLS\r\n")
        c.send(b'* OK MUPDATE "fake" "Cyrus" "3.6.1" "mupdate://fake"\r\n')

    again = greet

    def run(self, c, line, said):
        tag, _, rest = line.partition(b" ")
        word = rest.split(b" ")[0].upper()
        if word == b"AUTHENTICATE":
            c.send(tag + b' OK "in"\r\n')
        return tag, word, rest


class Pop3:
    """As a Cyrus backend speaks it. A test may change what it says to a login and at the end."""
    login = re.compile(rb"AUTH ", re.I)
    no = b"-ERR not now\r\n"
    begin = b"+OK go ahead\r\n"

    def __init__(self):
        self.greeting = b"+OK fake Cyrus POP3 3.6.1 server ready <1.2@fake>\r\n"
        self.welcome = b"+OK Mailbox locked and ready SESSIONID=<fake>\r\n"
        self.bye = b"+OK fake bye\r\n"

    def greet(self, c, said):
        c.send(self.greeting)

    def again(self, c, said):
        pass

    def run(self, c, line, said):
        words = line.split()
        word = words[0].upper() if words else b""
        if word == b"CAPA":
            starttls, mechanisms, more = said
            c.send(b"+OK List follows\r\nTOP\r\nUIDL\r\nPIPELINING\r\n" + b"STLS\r\n" * starttls +
                   b"SASL " + b" ".join(mechanisms) + b"\r\n" +
                   b"".join(m + b"\r\n" for m in more) + b".\r\n")
        elif word == b"AUTH":
            if len(words) == 2:
                c.send(b"+ \r\n")
                c.line()
            c.send(self.welcome)
        elif word == b"QUIT":
            c.send(self.bye)
        return b"+OK", {b"AUTH": b"AUTHENTICATE", b"CAPA": b"CAPABILITY",
                        b"STLS": b"STARTTLS"}.get(word, word), line


class Nntp:
    """As a server of news speaks it that is fed; what it takes is in `articles`, by Message-ID.
    instead(command, id) and rest(id), for the offer and for the article that came whole, say
    something else: bytes, "end" to end the connection, "silent" to take it and say nothing, None
    for what is usual."""
    login = re.compile(rb"AUTHINFO (USER|SASL) ", re.I)
    no = b"580 not now\r\n"
    begin = b"382 go ahead\r\n"

    def __init__(self):
        self.articles = {}
        self.offers = []  # (command, id), in their order
        self.instead = lambda command, message_id: None
        self.rest = lambda message_id: None
        self.logins = [b"USER"]  # and SASL
        self.verdict = b"281 in\r\n"

    def greet(self, c, said):
        c.send(b"200 fake server of news ready\r\n")

    def again(self, c, said):
        pass

    def offered(self, c, word, message_id):
        """Whether it is to come."""
        with c.peer.lock:
            self.offers.append((word.decode(), message_id.decode()))
        answer = self.instead(word.decode(), message_id.decode())
        if answer == "end":
            c.hang_up()
        if answer:
            c.send(answer)
            return False
        has = message_id in self.articles
        if word == b"CHECK":
            c.send((b"438 " if has else b"238 ") + message_id + b"\r\n")
            return False
        if word == b"IHAVE":
            c.send(b"435 have it\r\n" if has else b"335 send it\r\n")
            return not has
        if word == b"POST":
            c.send(b"340 send it\r\n")
        return True

    def take(self, c, word, message_id):
        lines = []
        while (line := c.line()) != b".":
            lines.append(line[1:] if line.startswith(b".") else line)
        article = b"".join(line + b"\r\n" for line in lines)
        if word == b"POST":
            message_id = re.search(rb"(?mi)^Message-ID: (\S+)", article).group(1)
        answer = self.rest(message_id.decode())
        if answer == "end":
            c.hang_up()
        if answer and answer != "silent":
            c.send(answer)
            return
        with c.peer.lock:
            self.articles[message_id] = article
        if answer == "silent":
            return
        c.send({b"POST": b"240 taken\r\n", b"IHAVE": b"235 taken\r\n"}.get(
            word, b"239 " + message_id + b"\r\n"))

    def run(self, c, line, said):
        words = line.split()
        word = words[0].upper() if words else b""
        if word == b"CAPABILITIES":
            starttls, mechanisms, more = said
            sasl = b"SASL " + b" ".join(mechanisms) + b"\r\n"
            c.send(b"101 these\r\nVERSION 2\r\nIHAVE\r\nAUTHINFO " + b" ".join(self.logins) +
                   b"\r\n" + sasl * (b"SASL" in self.logins) + b"STARTTLS\r\n" * starttls +
                   b"".join(m + b"\r\n" for m in more) + b".\r\n")
        elif word == b"AUTHINFO":
            user = words[1].upper() == b"USER"
            c.send(b"381 and\r\n" if user else self.verdict)
        elif word == b"MODE":
            with c.peer.lock:
                self.offers.append(("MODE", words[1].decode()))
            c.send(b"200 go ahead\r\n")
        elif word in (b"IHAVE", b"CHECK", b"TAKETHIS", b"POST"):
            message_id = words[1] if len(words) > 1 else b""
            if self.offered(c, word, message_id):
                self.take(c, word, message_id)
        elif word not in (b"STARTTLS", b"QUIT"):
            c.send(b"500 what?\r\n")
        return b"", {b"CAPABILITIES": b"CAPABILITY"}.get(word, word), line


DIALECTS = {"imap": Imap, "lmtp": Lmtp, "mupdate": Mupdate, "pop3": Pop3, "nntp": Nntp}


class Peer:
    """certificate: for STARTTLS; fault: None, no_starttls, refused, injected or stripped (what was
    offered before TLS is not offered under it)."""

    def __init__(self, dialect, certificate=None, fault=None, answer=None, mechanisms=(b"PLAIN",),
                 capabilities=(), ports=None, port=0):
        self.dialect = DIALECTS[dialect]()
        self.certificate = certificate
        self.fault = fault
        self.answer = answer
        self.mechanisms = list(mechanisms)
        self.capabilities = list(capabilities)
        self.lock = threading.Lock()
        self.clear = b""    # what came in clear
        self.secret = b""   # what came under TLS
        self.login = None   # None, "clear" or "secret"
        self.commands = []  # after the login: the words
        self.connections = 0
        self.ended = 0      # of them
        # ports: a murder's (murder.Ports), whose servers may start again.
        self.listener = ports.listen() if ports else socket.create_server(("127.0.0.1", port))
        self.address, self.port = self.listener.getsockname()
        self.open = []
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def host_port(self):
        return "%s:%d" % (self.address, self.port)

    def __enter__(self):
        return self

    def __exit__(self, *args):
        with contextlib.suppress(OSError):  # a test may have ended it before
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for s in self.open:
            with contextlib.suppress(OSError):
                s.close()

    def forget(self):
        with self.lock:
            self.clear = self.secret = b""
            self.login = None
            self.commands = []
            self.connections = self.ended = 0

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.settimeout(DEADLINE)
            self.open.append(sock)
            with self.lock:
                self.connections += 1
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def said(self, c):
        starttls = self.certificate is not None and not c.secret and self.fault != "no_starttls"
        mechanisms = [] if c.secret and self.fault == "stripped" else self.mechanisms
        return starttls, mechanisms, self.capabilities

    def serve(self, sock):
        c = Conversation(self, sock)
        try:
            with contextlib.suppress(Gone, OSError), contextlib.closing(sock):
                self.dialect.greet(c, self.said(c))
                while True:
                    self.one(c)
        finally:
            with self.lock:
                self.ended += 1
            # what is left of it goes with the socket

    def one(self, c):
        line = c.command()
        if self.dialect.login.match(line):
            with self.lock:  # before the answer: the test may look at once
                self.login = "secret" if c.secret else "clear"
        tag, word, rest = self.dialect.run(c, line, self.said(c))
        if word == b"STARTTLS":
            self.start_tls(c, tag)
        elif word == b"AUTHENTICATE":
            pass
        elif word in (b"LOGOUT", b"QUIT"):
            raise Gone()
        elif tag and word != b"CAPABILITY":
            with self.lock:
                self.commands.append(rest)
            data = self.answer(self, tag, rest) if self.answer else None
            c.send(data if data is not None else tag + b" OK done\r\n"
                   if not isinstance(self.dialect, Mupdate) else tag + b' OK "done"\r\n')

    def start_tls(self, c, tag):
        def filled(text):
            return text % tag if b"%s" in text else text
        if self.fault == "refused":
            c.send(filled(self.dialect.no))
            return
        begin = filled(self.dialect.begin)
        c.send(begin + (self.injected(tag) if self.fault == "injected" else b""))
        c.start_tls(self.certificate)
        self.dialect.again(c, self.said(c))

    def injected(self, tag):
        """What somebody in between puts behind the OK, to be read as if it came under TLS."""
        if isinstance(self.dialect, Lmtp):
            return b"250-fake\r\n250 AUTH PLAIN\r\n"
        if isinstance(self.dialect, Pop3):
            return b"+OK\r\nSASL PLAIN\r\n.\r\n"
        if isinstance(self.dialect, Mupdate):
            return b'* AUTH "PLAIN"\r\n* OK MUPDATE "x" "y" "z" "mupdate://x"\r\n'
        return b"* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\nC01 OK done\r\n"

    # --- what was told
    def told(self, password):
        """Does what came in clear hold the password, as it is or in base64?"""
        if password.encode() in self.clear:
            return True
        for token in re.findall(rb"[A-Za-z0-9+/]{8,}={0,2}", self.clear):
            with contextlib.suppress(ValueError):
                if password.encode() in base64.b64decode(token + b"=" * (-len(token) % 4)):
                    return True
        return False
