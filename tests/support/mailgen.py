#!/usr/bin/env python3
"""Realistic mail for tests: the same seed gives the same messages, bytes with CRLF.

    for m in mailgen.messages(seed=1, count=50): ...      all kinds, most of them small
    mailgen.message(random.Random(7), kind="nested", size=100000)
    mailgen.large(30 * 1024 * 1024)

As a program: mailgen.py SEED COUNT DIRECTORY writes one file for each.
"""
import base64
import os
import quopri
import random
import sys

WORDS = ("the of and to in is was for on are with they at be this have from or one had by but not "
         "what all were we when your can said there use an each which she do how their if will up "
         "other about out many then them these so some her would make like him into time has look "
         "meeting invoice report attached regards thanks tomorrow budget server backup").split()
FOREIGN = ["Grüße aus München", "Žluťoučký kůň", "Привет, как дела",
           "日本語のメール", "Ελληνικά",
           "naïve café", "emoji \U0001f4e8 \U0001f600", "İstanbul'da görüşürüz"]
NAMES = ["Alice Example", "Bob", "Jörg Müller", "Дмитрий", "O'Neil, Sean",
         "\"Quoted\" Name", "山田太郎"]
DOMAINS = ["example.org", "example.com", "mail.example.net", "xn--bcher-kva.example"]
KINDS = ["plain", "long", "html", "attachment", "nested", "digest", "forward", "eightbit",
         "longlines", "broken_mime", "broken_header", "folded", "nobody", "related"]


def sentence(r):
    return " ".join(r.choice(WORDS) for _ in range(r.randint(4, 14))).capitalize() + "."


def prose(r, size):
    """Lines of about 72 columns, size bytes or a little more."""
    out, length = [], 0
    while length < size:
        line = ""
        while len(line) < 60:
            line += sentence(r) + " "
        if r.random() < 0.1:
            line = r.choice(["> ", "-- ", "."]) + line
        out.append(line.rstrip()[:72])
        length += len(out[-1]) + 2
    return "\r\n".join(out) + "\r\n"


def encoded_word(r, text):
    """text as one or more encoded-words, by turns B and Q, folded between them."""
    words = []
    for i in range(0, len(text), 12):
        piece = text[i:i + 12].encode("utf-8")
        if r.random() < 0.5:
            words.append("=?utf-8?B?%s?=" % base64.b64encode(piece).decode())
        else:
            words.append("=?UTF-8?q?%s?=" % "".join(
                chr(b) if chr(b).isalnum() and b < 128 else "=%02X" % b for b in piece))
    return "\r\n ".join(words)


def address(r):
    name = r.choice(NAMES)
    local = "".join(r.choice("abcdefghij.-_+") for _ in range(r.randint(1, 12))).strip(".") or "x"
    spec = "%s@%s" % (local.replace("..", "."), r.choice(DOMAINS))
    form = r.randrange(4)
    if form == 0:
        return spec
    if not name.isascii():
        name = encoded_word(r, name)
    elif not name.replace(" ", "").isalnum():
        name = '"%s"' % name.replace('"', '\\"')
    if form == 1 and name.isalnum():
        return "%s (%s)" % (spec, name)
    return "%s <%s>" % (name, spec)


def fold(values, joint=",\r\n\t"):
    return joint.join(values)


def header(r, extra=()):
    subject = sentence(r) if r.random() < 0.6 else encoded_word(r, r.choice(FOREIGN))
    lines = []
    for _ in range(r.randint(1, 5)):
        lines.append("Received: from %s (localhost [127.0.0.1])\r\n\tby %s with ESMTP id %08x;"
                     "\r\n\tMon, %d Nov 2026 %02d:%02d:%02d +0000"
                     % (r.choice(DOMAINS), r.choice(DOMAINS), r.getrandbits(32), r.randint(1, 28),
                        r.randrange(24), r.randrange(60), r.randrange(60)))
    lines.append("Date: %d %s 20%02d %02d:%02d:%02d %s" % (
        r.randint(1, 28), r.choice("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()),
        r.randrange(27), r.randrange(24), r.randrange(60), r.randrange(60),
        r.choice(["+0000", "-0800", "+0530", "GMT", "EST"])))
    lines.append("From: " + address(r))
    lines.append("To: " + fold(address(r) for _ in range(r.choice([1, 1, 2, 5, 40]))))
    if r.random() < 0.3:
        lines.append("Cc: team: %s;" % fold(address(r) for _ in range(2)))
    lines.append("Subject: " + subject)
    lines.append("Message-ID: <%016x@%s>" % (r.getrandbits(64), r.choice(DOMAINS)))
    if r.random() < 0.4:
        lines.append("In-Reply-To: <%016x@example.org>" % r.getrandbits(64))
        lines.append("References: " + fold(("<%016x@example.org>" % r.getrandbits(64)
                                            for _ in range(r.randint(1, 20))), "\r\n "))
    lines.extend(extra)
    return "\r\n".join(lines) + "\r\n"


def boundary(r):
    return r.choice(["=_%016x", "----=_Part_%d", "b1_%x", "Apple-Mail=%X"]) % r.getrandbits(60)


def text_part(r, size, subtype="plain"):
    """(header lines, body bytes) of one text part in one of the usual encodings."""
    text = prose(r, size)
    if subtype == "html":
        text = "<html><body><p>%s</p></body></html>\r\n" % text.replace("\r\n", "<br>\r\n")
    form = r.randrange(5)
    if form == 0:
        return "Content-Type: text/%s; charset=us-ascii\r\n" % subtype, text.encode()
    text += r.choice(FOREIGN) + "\r\n"
    head = 'Content-Type: text/%s; charset="%s"\r\nContent-Transfer-Encoding: %s\r\n'
    if form == 1:
        body = base64.encodebytes(text.encode("utf-8")).replace(b"\n", b"\r\n")
        return head % (subtype, "utf-8", "base64"), body
    if form == 2:
        body = quopri.encodestring(text.replace("\r\n", "\n").encode("utf-8"))
        return head % (subtype, "UTF-8", "quoted-printable"), body.replace(b"\n", b"\r\n")
    if form == 3:
        return (head % (subtype, "iso-8859-1", "8bit"), text.encode("iso-8859-1", "replace"))
    return (head % (subtype, "utf-8", "8BIT"), text.encode("utf-8"))


def binary_part(r, size, kind="application/octet-stream"):
    name = r.choice(["report.pdf", "photo.jpg", "Übersicht.xlsx", "a;b\"c.bin"])
    if name.isascii():
        parameter = 'filename="%s"' % name.replace('"', '\\"')
    else:
        parameter = "filename*=utf-8''" + "".join(
            chr(b) if b < 128 else "%%%02X" % b for b in name.encode())
    head = ("Content-Type: %s\r\nContent-Transfer-Encoding: base64\r\n"
            "Content-Disposition: attachment;\r\n\t%s\r\n" % (kind, parameter))
    body = base64.encodebytes(r.randbytes(max(size * 73 // 100, 1)))
    return head, body.replace(b"\n", b"\r\n")


def multipart(r, subtype, parts, closed=True, extra=""):
    b = boundary(r)
    out = [b"This is a multi-part message in MIME format.\r\n"]
    for head, body in parts:
        out.append(b"--%s\r\n%s\r\n%s\r\n" % (b.encode(), head.encode(), body))
    if closed:
        out.append(b"--%s--\r\n" % b.encode())
    head = 'Content-Type: multipart/%s;\r\n\tboundary="%s"%s\r\n' % (subtype, b, extra)
    return head, b"".join(out)


def content(r, kind, size):
    """(header lines, body) of a message of that kind."""
    if kind == "html":
        return multipart(r, "alternative", [text_part(r, size // 3),
                                            text_part(r, size // 2, "html")])
    if kind == "related":
        return multipart(r, "related", [text_part(r, size // 4, "html"),
                                        binary_part(r, size // 2, "image/png")],
                         extra='; type="text/html"')
    if kind == "attachment":
        return multipart(r, "mixed", [text_part(r, 500), binary_part(r, size)])
    if kind == "nested":
        inner = text_part(r, size // 2)
        for depth in range(r.randint(3, 12)):
            inner = multipart(r, r.choice(["mixed", "alternative", "related"]),
                              [text_part(r, 100), inner])
        return inner
    if kind == "digest":
        return multipart(r, "digest", [("", message(r, "plain", size // 4)) for _ in range(3)])
    if kind == "forward":
        inner = message(r, r.choice(["plain", "html", "attachment"]), size)
        return multipart(r, "mixed", [text_part(r, 200),
                                      ("Content-Type: message/rfc822\r\n", inner)])
    if kind == "eightbit":
        return "", (r.choice(FOREIGN) + "\r\n").encode("utf-8") + b"raw \xff\xfe\x80 bytes\r\n"
    if kind == "longlines":
        return "", b"".join(b"x" * r.randint(998, 20000) + b"\r\n" for _ in range(3))
    if kind == "broken_mime":
        head, body = content(r, r.choice(["html", "nested", "attachment"]), size)
        accident = r.randrange(4)
        if accident == 0:
            return head, body[:r.randrange(len(body))]
        if accident == 1:
            return head.replace("boundary=", "bounds="), body
        if accident == 2:
            return head.replace('"', "", 1), body
        return head + "Content-Transfer-Encoding: base64\r\n", body
    if kind == "nobody":
        return "", b""
    return text_part(r, size) if kind == "long" else ("", prose(r, size).encode())


BROKEN_FIELDS = ["no colon in this line", ": no name", "From", "To: ,,;<>, \"unclosed <a@b",
                 "Subject: =?utf-8?q?unclosed", "Content-Type: ///;;=", "X-8bit: \xc3\xbc\xff",
                 "Date: yesterday", "Cc: (((((unclosed", "X-Long: " + "y" * 3000,
                 "Content-Type: text/plain; charset=no-such-charset"]


def message(r, kind="plain", size=1000):
    extra, body = content(r, kind, size)
    fields = [] if kind == "nobody" else ["MIME-Version: 1.0"]
    if kind == "folded":
        fields.append("X-Folded: " + "\r\n ".join(sentence(r) for _ in range(40)))
    if kind == "broken_header":
        fields.extend(r.sample(BROKEN_FIELDS, 4))
    top = header(r, fields) + extra
    return top.encode("utf-8", "surrogateescape") + b"\r\n" + body


def messages(seed=1, count=20):
    """count messages: every kind in turn, 1 kB to 200 kB, small ones most often."""
    r = random.Random(seed)
    for i in range(count):
        yield message(r, KINDS[i % len(KINDS)], int(1000 * 200 ** (r.random() ** 3)))


def large(size, seed=1):
    """One message of about that many bytes: an attachment in base64."""
    return message(random.Random(seed), "attachment", size)


def main():
    if len(sys.argv) != 4:
        sys.exit("usage: mailgen.py SEED COUNT DIRECTORY")
    os.makedirs(sys.argv[3], exist_ok=True)
    for i, m in enumerate(messages(int(sys.argv[1]), int(sys.argv[2]))):
        with open(os.path.join(sys.argv[3], "%05d.eml" % i), "wb") as f:
            f.write(m)


if __name__ == "__main__":
    main()
