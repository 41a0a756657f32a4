"""Forty messages and the searches that are made in them: what interop/search_interop.py asks
Dovecot, and system/search_corpus_test.py asks ours. search_answers.txt has the answers."""
import base64
import os
import quopri

ANSWERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "search_answers.txt")
FLAGS = [(), ("\\Seen",), ("\\Answered", "\\Seen"), ("\\Flagged",), ("\\Deleted",), ("\\Draft",),
         ("$Forwarded",), ("\\Seen", "Work")]


def mime(kind, text, charset, encoding):
    data = text.encode(charset)
    data = {"base64": base64.encodebytes, "8bit": bytes,
            "quoted-printable": quopri.encodestring}[encoding](data)
    return (b"Content-Type: text/%s; charset=%s\r\nContent-Transfer-Encoding: %s\r\n\r\n"
            % (kind.encode(), charset.encode(), encoding.encode())
            + b"\r\n".join(data.splitlines()) + b"\r\n")


def parts(kind, *some):
    head = b"Content-Type: multipart/%s; boundary=cut\r\n\r\npreamble words\r\n" % kind
    return head + b"".join(b"--cut\r\n" + p for p in some) + b"--cut--\r\nepilogue words\r\n"


def attached(name, data):
    return (b"Content-Type: application/octet-stream; name=\"%s\"\r\n"
            b"Content-Disposition: attachment; filename=\"%s\"\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n" % (name, name)
            + base64.encodebytes(data).replace(b"\n", b"\r\n"))


def header(n, subject, more=b"", sender=b"Ann Alder <ann@a.example>", day=None):
    if isinstance(subject, str):
        subject = b"=?utf-8?b?%s?=" % base64.b64encode(subject.encode())
    date = b"" if day is None else b"Date: %s\r\n" % day
    return (b"From: %s\r\nTo: Bob Birch <bob@b.example>\r\n%sSubject: %s\r\n"
            b"Message-ID: <%d@corpus.example>\r\n%sMIME-Version: 1.0\r\n"
            % (sender, date, subject, n, more))


BODIES = [
    ("plain", "The quick brown fox jumps.", "us-ascii", "8bit"),
    ("plain", "Grüße aus Köln, Straße 7", "utf-8", "quoted-printable"),
    ("plain", "Grüße aus Köln, Straße 7", "iso-8859-1", "quoted-printable"),
    ("plain", "Grüße aus KÖLN", "iso-8859-15", "8bit"),
    ("plain", "Привет, мир! Москва", "koi8-r", "base64"),
    ("plain", "ПРИВЕТ из Москвы", "windows-1251", "quoted-printable"),
    ("plain", "日本語のメール", "iso-2022-jp", "8bit"),
    ("plain", "日本語のメールです", "utf-8", "base64"),
    ("plain", "Ελληνικά ΚΕΙΜΕΝΟ λόγος", "utf-8", "8bit"),
    ("html", "<html><body><b>bold</b> wo<i>rd</i> &amp; K&ouml;ln</body></html>", "us-ascii",
     "8bit"),
    ("plain", "a line that is bro=\nken", "us-ascii", "8bit"),
    ("plain", "caf\u00e9 cafe\u0301 naïve", "utf-8", "8bit"),
]
DAYS = [b"Mon, 6 Apr 2020 10:00:00 +0200", b"Tue, 7 Apr 2020 23:30:00 -0500",
        b"Wed, 08 Apr 2020 00:30:00 +0900", b"9 Apr 2020 12:00 GMT", b"not a date", None]
SUBJECTS = [b"plain words", "Grüße", b"=?iso-8859-1?q?Gr=FC=DFe_two?=", b"Re: plain words",
            b"=?utf-8?q?Gr=C3=BC?= =?utf-8?q?=C3=9Fe?=", b"folded\r\n  subject here", b"",
            "Привет", b"[list] News  of   today", "日本語"]


def messages():
    """(flags, internal date, bytes) of each."""
    made = []
    for n in range(len(BODIES)):
        made.append(header(n, SUBJECTS[n % 10], day=DAYS[n % 6]) + mime(*BODIES[n]))
    n = len(made)
    made += [
        header(n, b"alternative", day=DAYS[0]) + parts(
            b"alternative", mime("plain", "the plain part", "utf-8", "8bit"),
            mime("html", "<p>the html part</p>", "utf-8", "quoted-printable")),
        header(n + 1, b"attachment", day=DAYS[1]) + parts(
            b"mixed", mime("plain", "see what is attached", "us-ascii", "8bit"),
            attached(b"report.pdf", b"words within an attachment " * 20)),
        header(n + 2, b"forwarded", day=DAYS[2]) + parts(
            b"mixed", mime("plain", "look at this", "us-ascii", "8bit"),
            b"Content-Type: message/rfc822\r\n\r\n"
            + header(99, b"within another", sender=b"Carl Cedar <carl@c.example>", day=DAYS[0])
            + mime("plain", "enclosed Größe", "utf-8", "base64")),
        header(n + 3, b"copies", b"Cc: Dora <dora@d.example>, eve@e.example\r\n"
               b"Bcc: hidden@h.example\r\n", day=DAYS[3]) + mime(*BODIES[0]),
        header(n + 4, b"group", b"Cc: friends: fred@f.example, Gina <gina@g.example>;\r\n",
               day=DAYS[0]) + mime(*BODIES[0]),
        header(n + 5, b"own fields", b"X-Spam: yes\r\nX-Empty: \r\nX-Twice: one\r\nX-Twice: two\r\n"
               b"References: <1@corpus.example>\r\n", day=DAYS[1]) + mime(*BODIES[0]),
        header(n + 6, b"quoted name", sender=b'"Alder, Ann \\"A\\"" <ann.alder@a.example>',
               day=DAYS[2]) + mime(*BODIES[1]),
        header(n + 7, b"encoded name", sender=b"=?utf-8?q?J=C3=BCrgen_M=C3=BCller?= <jm@m.example>",
               day=DAYS[3]) + mime(*BODIES[2]),
        header(n + 8, "8 bit fällt auf".encode(), day=DAYS[4]) + mime(*BODIES[3]),
        b"Subject: no more fields\r\n\r\nbody without MIME\r\n",
        b"From: only@header.example\r\nSubject: no body\r\n\r\n",
        header(n + 11, b"an unknown charset", day=DAYS[0])
        + b"Content-Type: text/plain; charset=x-unknown\r\n\r\nplain enough\r\n",
        header(n + 12, b"damaged base64", day=DAYS[1])
        + b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.b64encode(b"first words") + b"!!\r\n",
        header(n + 13, b"long", day=DAYS[2]) + mime("plain", "filler " * 9000 + "the very end",
                                                    "us-ascii", "8bit"),
        header(n + 14, b"across pieces", day=DAYS[3])
        + mime("plain", "x" * 32763 + " seam of pieces", "us-ascii", "8bit"),
        header(n + 15, b"spaces", day=DAYS[0])
        + mime("plain", "two  spaces\tand a tab\nand a line", "us-ascii", "8bit"),
    ]
    while len(made) < 40:
        k = len(made)
        made.append(header(k, SUBJECTS[k % 10], b"X-Number: %d\r\n" % k, day=DAYS[k % 6])
                    + mime("plain", "number %d of many " % k + "y" * (k * 100), "us-ascii", "8bit"))
    return [(FLAGS[k % 8], '"%02d-Apr-2020 %02d:00:00 +0000"' % (1 + k % 20, k % 24), text)
            for k, text in enumerate(made)]


WORDS = ["fox", "FOX", "own fo", "grüße", "GRÜSSE", "Grüße", "straße", "strasse", "köln",
         "koln", "Kö", "привет", "ПРИВЕТ", "москв", "日本語", "メール",
         "λόγος", "λογος", "κειμενο", "café", "cafe", "naive", "bold", "word",
         "wo<i>rd", "&amp;", "&", "bro=", "plain", "the plain part", "html part", "preamble",
         "epilogue", "attached", "report.pdf", "within an attachment", "enclosed", "größe",
         "within another", "carl", "first words", "the very end", "filler the", "seam of",
         "xx seam", "two spaces", "two  spaces", "a tab and", "many yyy", "nowhere at all",
         "octet-stream", "cut", "boundary=cut"]


def queries():
    """The text of each SEARCH, after CHARSET UTF-8."""
    asked = ["ALL", "ANSWERED", "DELETED", "DRAFT", "FLAGGED", "SEEN", "UNANSWERED", "UNDELETED",
             "UNDRAFT", "UNFLAGGED", "UNSEEN", "KEYWORD Work", "UNKEYWORD Work",
             "KEYWORD $forwarded", "KEYWORD nothere", "BEFORE 5-Apr-2020", "ON 5-Apr-2020",
             "SINCE 5-Apr-2020",
             "SENTBEFORE 8-Apr-2020", "SENTON 7-Apr-2020", "SENTON 8-Apr-2020",
             "SENTSINCE 8-Apr-2020", "LARGER 1000", "SMALLER 400", "LARGER 0", "SMALLER 0",
             "1:10", "2,4,6:8", "*", "30:*", "UID 5:7", "UID 39:*", "NOT 1:30",
             "OR ANSWERED FLAGGED", "OR (SEEN ANSWERED) (DRAFT)", "NOT (SEEN)", "SEEN NOT ANSWERED",
             "OR NOT SEEN NOT UNSEEN", "(1:20 (SEEN (NOT ANSWERED)))", "OLD", "NEW", "RECENT"]
    for field in ("FROM", "TO", "CC", "BCC"):
        asked += ['%s "%s"' % (field, w) for w in
                  {"FROM": ("ann", "Ann Alder", "ann@a.example", "Alder, Ann", "müller", "jurgen",
                            "carl", "<ann"),
                   "TO": ("bob", "BIRCH", "b.example", "nobody"),
                   "CC": ("dora", "eve", "friends", "gina"), "BCC": ("hidden", "")}[field]]
    asked += ['SUBJECT "%s"' % w for w in
              ("plain", "WORDS", "grüße", "grusse", "Gruße two", "folded subject", "of   today",
               "of today", "привет", "日本", "fällt", "", "re:")]
    asked += ["HEADER X-Spam yes", 'HEADER X-Spam ""', 'HEADER X-Empty ""', "HEADER X-Twice two",
              "HEADER References corpus", "HEADER Message-ID 7@corpus", 'HEADER Nothere ""',
              "HEADER Content-Type plain", "HEADER X-Number 3"]
    asked += ['BODY "%s"' % w for w in WORDS]
    asked += ['TEXT "%s"' % w for w in WORDS[:1] + WORDS[3:8] + WORDS[28:52:2]]
    asked += ['TEXT "Message-ID: <7@"', 'TEXT "Subject: folded"', 'TEXT "X-Spam"',
              'NOT BODY "plain" NOT TEXT "fox" SEEN', 'OR BODY "köln" SUBJECT "привет"']
    return asked


def fill(client, mailbox):
    """By a session of imaplib that has logged in; the mailbox is selected then."""
    client.create(mailbox)
    for flags, date, text in messages():
        kind, said = client.append(mailbox, "(%s)" % " ".join(flags), date, text)
        if kind != "OK":
            raise RuntimeError(said)
    kind, said = client.select(mailbox)
    if kind != "OK":
        raise RuntimeError(said)


def ask(client, query):
    """The numbers of what was found, as text."""
    tag = client._new_tag().decode()  # imaplib itself writes no UTF-8 in a command
    client.send(("%s SEARCH CHARSET UTF-8 %s\r\n" % (tag, with_literals(client, query))).encode())
    found = "?"
    while True:
        line = client.readline().decode(errors="replace").rstrip()
        if line.upper().startswith("* SEARCH"):
            found = line[8:].strip()
        if line.startswith(tag + " "):
            return found if line.split()[1] == "OK" else line.split(" ", 1)[1]


def with_literals(_client, query):
    """Strings of other letters than ASCII as literals that need no waiting (RFC 7888)."""
    out = []
    for n, piece in enumerate(query.split('"')):
        if n % 2 == 0:
            out.append(piece)
        elif piece.isascii():
            out.append('"%s"' % piece)
        else:
            out.append("{%d+}\r\n%s" % (len(piece.encode()), piece))
    return "".join(out)


def recorded():
    """query -> (Dovecot's answer, ours, why it differs)."""
    answers = {}
    with open(ANSWERS, encoding="utf-8") as f:
        for line in f:
            if line.startswith("#") or not line.strip():
                continue
            query, theirs, *more = [x.strip() for x in line.rstrip("\n").split("|")]
            answers[query] = (theirs, more[0] if more else theirs, more[1] if more[1:] else "")
    return answers
