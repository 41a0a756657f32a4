"""Mail for tests/clients: lists to sort, conversations, words with umlauts; what clients asked."""
import base64
import email.header
import os
import random
import re
import time


def message(n, subject, sender="Ann <ann@example.org>", date=0, more="", body="text\r\n"):
    return ("From: %s\r\nTo: Alice <alice@example.org>\r\nSubject: %s\r\nDate: %s\r\n"
            "Message-ID: <%s@example.org>\r\n%s\r\n%s" % (
                sender, subject, time.strftime("%a, %d %b %Y %H:%M:%S +0000",
                                               time.gmtime(1700000000 + 60 * date)),
                n, more, body)).encode()


class Lot:
    """The many messages: each order is another one, and the display name's is not the address's."""

    def __init__(self, count):
        self.count = count
        r = random.Random(5)
        subjects, senders, dates = ([*range(count)] for _ in range(3))
        for order in (subjects, senders, dates):
            r.shuffle(order)
        self.rows = list(zip(subjects, senders, dates))

    def messages(self):
        for n, (subject, sender, date) in enumerate(self.rows):
            yield message("lot%d" % n, "%sTopic %04d" % ("Re: " if n % 3 == 0 else "", subject),
                          "Name %04d <box%04d@example.org>" % (sender, self.count - sender), date)

    def subjects(self, column):
        """The subjects' numbers in the order of a column: 0 subject, 1 from, 2 date."""
        return [row[0] for row in sorted(self.rows, key=lambda row: row[column])]


WORDS = {
    "quoted-printable": ("utf-8", "Gr=C3=BC=C3=9Fe, von der =C3=84nderung\r\n", "Grüße qp"),
    "base64": ("utf-8", base64.b64encode("schöne Grüße, Änderung\n".encode()).decode() + "\r\n",
               "Grüße b64"),
    "latin": ("iso-8859-1", "Gr=FC=DFe, =C4nderung\r\n", "Grüße latin"),
}


def encoded(subject, charset, letter):
    if letter == "B":
        return "=?%s?B?%s?=" % (charset, base64.b64encode(subject.encode(charset)).decode())
    return "=?%s?Q?%s?=" % (charset, "".join(
        "=%02X" % b if b > 126 or b in b"=?_" else "_" if b == 32 else chr(b)
        for b in subject.encode(charset)))


def words():
    for n, (name, (charset, body, subject)) in enumerate(WORDS.items()):
        transfer = "base64" if name == "base64" else "quoted-printable"
        yield message(name, encoded(subject, charset, "B" if n == 1 else "Q"), date=n,
                      more="MIME-Version: 1.0\r\nContent-Type: text/plain; charset=%s\r\n"
                      "Content-Transfer-Encoding: %s\r\n" % (charset, transfer), body=body)
    yield message("none", "Grusse", date=9, body="Grusse\r\n")


def threads():
    """Two conversations in turns, with messages that are one step deeper each, and one alone."""
    def reply(*ancestors):
        return "References: %s\r\nIn-Reply-To: <%s@example.org>\r\n" % (
            " ".join("<%s@example.org>" % a for a in ancestors), ancestors[-1])
    yield message("a", "Apples", date=0)
    yield message("b", "Bread", date=1)
    yield message("a1", "Re: Apples", date=2, more=reply("a"))
    yield message("b1", "Re: Bread", date=3, more=reply("b"))
    yield message("a11", "Re: Apples", date=4, more=reply("a", "a1"))
    yield message("a2", "Another subject", date=5, more=reply("a"))
    yield message("c", "Cheese", date=6)


def fill(c, name, messages):
    """By MULTIAPPEND (RFC 3502), a hundred at a time."""
    messages = list(messages)
    for first in range(0, len(messages), 100):
        tag = b"M%d" % first
        c.send(tag + b" APPEND " + name.encode() + b"".join(
            b" {%d+}\r\n%s" % (len(m), m) for m in messages[first:first + 100]) + b"\r\n")
        answer = c.readline()
        assert answer.startswith(tag + b" OK"), answer


def names(lines):
    return [re.fullmatch(rb'\(.*?\) "/" "?(.*?)"?', line).group(1).decode() for line in lines]


def decoded(field):
    """The text of a header field, of the bytes of BODY[HEADER.FIELDS (...)] of one."""
    return str(email.header.make_header(email.header.decode_header(
        field.decode().partition(":")[2].strip())))


def flags(item):
    r"""The flags in an answer to FETCH, but \Seen and \Recent."""
    return set(re.search(rb"FLAGS \(([^)]*)\)", item).group(1).decode().split()) - {
        "\\Recent", "\\Seen"}


class Telemetry:
    """What a user's sessions at a server send, from now on."""

    def __init__(self, m, server, user):
        self.folder = os.path.join(m[server].dir, "conf", "log", user)
        os.makedirs(self.folder)
        m.give(self.folder)

    def said(self):
        """All that both sides said, in the order of the sessions' ends."""
        text = b""
        for name in sorted(os.listdir(self.folder),
                           key=lambda n: os.stat(os.path.join(self.folder, n)).st_mtime_ns):
            with open(os.path.join(self.folder, name), "rb") as f:
                text += f.read()
        return text

    def asked(self, since=0):
        """The commands in their order, without tags; of a line that goes on, its first part."""
        parts = re.split(rb"\n?([<>])\d+[<>]", self.said())
        text = b"".join(said for who, said in zip(parts[1::2], parts[2::2]) if who == b"<")
        return re.findall(r"^\S+ ([A-Za-z]+(?: .*?)?)\r?$",
                          text.decode(errors="replace"), re.M)[since:]


def fetched(asked):
    """How many messages the commands fetch at most."""
    return sum(1 + int(last or first) - int(first)
               for a in asked if re.match("(UID )?FETCH", a)
               for first, last in re.findall(r"(\d+)(?::(\d+))?", a.split(" (")[0]))
