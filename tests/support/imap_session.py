"""A client of IMAP that keeps what it was told of the selected mailbox."""
import re
import socket
import ssl
import zlib

import murder


class Session:
    """One client, and what it knows of the selected mailbox by what it was told."""

    def __init__(self, m, where, user="bob", tls=False):
        self.socket = socket.create_connection(m[where].address("imap"), murder.DEADLINE)
        self.unread = b""
        self.inflate = self.deflate = None
        self.tags = 0
        self.uids = []    # by number; None: not known
        self.line()
        if tls:
            self.ok("STARTTLS")
            context = ssl._create_unverified_context()
            self.socket = context.wrap_socket(self.socket)
        self.ok("LOGIN %s %s" % (user, m.password))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        if self.deflate:
            data = self.deflate.compress(data) + self.deflate.flush(zlib.Z_SYNC_FLUSH)
        self.socket.sendall(data)

    def more(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError(self.unread)
        self.unread += self.inflate.decompress(data) if self.inflate else data

    def take(self, size):
        while len(self.unread) < size:
            self.more()
        taken, self.unread = self.unread[:size], self.unread[size:]
        return taken

    def line(self):
        """One response with its literals."""
        whole = b""
        while True:
            while b"\r\n" not in self.unread:
                self.more()
            whole += self.take(self.unread.index(b"\r\n") + 2)
            literal = re.search(rb"\{(\d+)\}\r\n$", whole)
            if not literal:
                return whole[:-2].decode()
            whole += self.take(int(literal.group(1)))

    def do(self, command, on_go_ahead=None):
        """The untagged responses, and the tagged one without its tag."""
        self.tags += 1
        tag = "t%d" % self.tags
        self.send(b"%s %s\r\n" % (tag.encode(), command.encode()))
        untagged = []
        while True:
            line = self.line()
            if line.startswith("+") and on_go_ahead is not None:
                self.send(on_go_ahead)
            elif line.startswith(tag + " "):
                return untagged, line[len(tag) + 1:]
            else:
                assert line.startswith("* "), (command, line)
                untagged.append(line[2:])
                self.note(line[2:])

    def ok(self, command, *more):
        untagged, tagged = self.do(command, *more)
        assert tagged.startswith("OK"), (command, untagged, tagged)
        return untagged

    def note(self, line):
        if line.startswith("OK [CLOSED]"):
            self.uids = []
        gone = re.match(r"(\d+) EXPUNGE$", line)
        if gone:
            del self.uids[int(gone.group(1)) - 1]
        vanished = re.match(r"VANISHED ([\d:,]+)$", line)
        if vanished:
            self.uids = [u for u in self.uids if u not in expand(vanished.group(1))]
        exists = re.match(r"(\d+) EXISTS$", line)
        if exists:
            n = int(exists.group(1))
            assert n >= len(self.uids), (line, self.uids)
            self.uids += [None] * (n - len(self.uids))
        # Under UIDONLY there are no numbers: those that are new came in the order of their UIDs.
        uid_fetched = re.match(r"(\d+) UIDFETCH \(", line)
        if uid_fetched and int(uid_fetched.group(1)) not in self.uids:
            assert None in self.uids, (line, self.uids)
            self.uids[self.uids.index(None)] = int(uid_fetched.group(1))
        fetched = re.match(r"(\d+) FETCH \((?:.* )?UID (\d+)", line)
        if fetched:
            n, uid = (int(g) for g in fetched.groups())
            assert n <= len(self.uids), (line, self.uids)
            assert self.uids[n - 1] in (None, uid), (line, self.uids)
            self.uids[n - 1] = uid

    def select(self, name, verb="SELECT"):
        self.uids = []
        return self.ok("%s %s" % (verb, name))


def expand(uid_set):
    out = set()
    for part in uid_set.split(","):
        first, _, last = part.partition(":")
        out |= set(range(int(first), int(last or first) + 1))
    return out
