"""NNTP: sentences of its RFCs at a backend and through a frontend, and its options."""
import contextlib
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder
from murder import check, wait_for
from nntp_client import Client


def article(number, groups="misc.test", subject=None, more="", body="first\r\nsecond\r\n"):
    return ("Path: there!not-for-mail\r\nFrom: a@example.org\r\nNewsgroups: %s\r\n"
            "Subject: %s\r\nDate: Tue, 24 Nov 2026 03:42:40 +0000\r\n"
            "Message-ID: <%s@example.org>\r\n"
            "%s\r\n%s" % (groups, subject or "number %s" % number, number, more, body)).encode()


FIRST = article(1)
DOTS = article(2, body=".\r\n..\r\n.x\r\nend\r\n")
FOLDED = article(3, subject="a\r\n\tfolded one", more="References: <1@example.org>\r\n"
                 "\t<2@example.org>\r\n")
GONE = article(4)
LAST = article(5, more="X-Odd: some\tthing\r\n")
NO_END = b"Subject: mail\r\nFrom: m@example.org\r\n\r\nits last line has no CRLF"

GROUPS = ("misc.test", "misc.empty", "misc.other", "alt.quiet", "secret.plans")


def server(frontends=0, backends=1, filled=True, users=("alice",), tls=False, services=None,
           **extra):
    options = {"newsprefix": "news"}
    options.update(extra)
    m = murder.Murder(backends=backends, frontends=frontends, nntp=True, extra=options, tls=tls,
                      start=False)
    if services:
        services(m)
    m.start()
    m.set_passwords({user: "pw" for user in users})
    if filled:
        fill(m)
    return m


def make_group(m, name, where="backend1", rights="lrsp", prefix="news."):
    with m.imap(where, "cyrus") as i:
        check(i.create(prefix + name))
        check(i.setacl(prefix + name, "anyone", rights or '""'))


def fill(m):
    """Of five articles in misc.test the fourth is gone."""
    for name in GROUPS:
        make_group(m, name, rights="" if name.startswith("secret") else
                   "lrs" if name.startswith("alt") else "lrsp")
    with m.imap("backend1", "cyrus") as i:
        check(i.setacl("news.secret.plans", "cyrus", "lrsp"))
        for name in ("misc.test", "misc.other"):
            check(i.setacl("news." + name, "cyrus", "lrswipkxtea"))
        for message in (FIRST, DOTS, FOLDED, GONE, LAST):
            check(i.append("news.misc.test", None, None, message))
        check(i.append("news.misc.other", None, None, NO_END))
        check(i.select("news.misc.test"))
        check(i.store("4", "+FLAGS", r"(\Deleted)"))
        check(i.expunge())


def connect(m, where="backend1", user="alice", **kw):
    c = Client(m[where].address("nntp"), **kw)
    if user:
        said = c.login(user)
        assert said.code == 281, said
    return c


# ------------------------------------------------------------------ sentences

class Step:
    def __init__(self, line, code, first, lines):
        self.line, self.code, self.first, self.lines = line, code, first, lines


def says(line, code, first=r".*", lines=None):
    """The code, the rest of the line, and the lines behind it as the pattern says."""
    return Step(line, code, first, lines)


IN = says("GROUP misc.test", 211)
EMPTY = says("GROUP misc.empty", 211)


def whole(message, number, only=None):
    """As an article is sent: with an Xref, and a dot before a dot."""
    head, body = message.decode("latin-1").split("\r\n\r\n", 1)
    xref = "Xref: [^ ]+ misc\\.test:%d\r\n" % number
    dotted = re.sub(r"(?m)^\.", "..", body)
    if only == "head":
        return re.escape(head + "\r\n") + xref
    if only == "body":
        return re.escape(dotted)
    return re.escape(head + "\r\n") + xref + re.escape("\r\n" + dotted)


def overview(number, subject, message, references="", told=None, lines=2):
    return ("%d\t%s\ta@example\\.org\tTue, 24 Nov 2026 03:42:40 \\+0000\t<%d@example\\.org>\t%s"
            "\t%d\t%d\tXref: [^ ]+ misc\\.test:%d\r\n") % (
        number if told is None else told, subject, number, references, len(message), lines, number)


def dot(text):
    return text.replace(".", r"\.")


REFERENCES = r"<1@example\.org> ?<2@example\.org>"

# RFC and section, what it says, and what is said.
SENTENCES = [
    ("3977 3.1", "keywords are case-insensitive",
     [says("gRoUp misc.test", 211), says("dAtE", 111)]),
    ("3977 3.1", "words are separated by spaces or tabs", [says("GROUP \t misc.test ", 211)]),
    ("3977 3.1", "a command line may have 512 bytes and no more",
     [says("HELP" + " " * 506, 100), says("HELP" + " " * 507, 501)]),
    ("3977 3.1", "a keyword is not known: 500", [says("NONSENSE", 500), says("", 500)]),
    ("3977 3.2.1", "a second keyword is not known: 501", [says("MODE NONSENSE", 501),
                                                          says("LIST NONSENSE", 501)]),
    ("3977 3.2.1", "arguments are missing, or there are too many: 501",
     [says("GROUP", 501), says("GROUP a b", 501), says("DATE now", 501), says("MODE", 501)]),
    ("3977 3.2.1", "arguments that are no numbers: 501", [IN, says("STAT one", 501),
                                                          says("OVER 1-x", 501)]),
    ("3977 3.1.1", "a line that begins with a dot gets another",
     [IN, says("BODY 2", 222, lines=whole(DOTS, 2, "body"))]),
    ("3977 3.5", "commands may be sent without waiting for answers",
     [says("DATE\r\nGROUP misc.test\r\nSTAT", 111), says(None, 211), says(None, 223)]),
    ("3977 3.6", "a message-id has 250 bytes at most, and no spaces",
     [says("STAT <%s@x>" % ("a" * 300), 430), says("STAT <>", 430)]),
    ("3977 4.2", "of wildmats the last one that matches decides",
     [says("LIST ACTIVE misc.*,!misc.o*", 215, lines="misc.empty [^\r]*\r\nmisc.test [^\r]*\r\n")]),
    ("3977 4.2", "a question mark is one character",
     [says("LIST ACTIVE misc.tes?", 215, lines="misc.test [^\r]*\r\n"),
      says("LIST ACTIVE misc.te?", 215, lines="")]),
    ("3977 4.1", "backslash and brackets are no wildmat", [says("LIST ACTIVE misc.[t]est", 501),
                                                           says("LIST ACTIVE a\\b", 501)]),
    ("3977 5.2", "CAPABILITIES begins with VERSION 2",
     [says("CAPABILITIES", 101, lines="VERSION 2\r\n(?s:.*)")]),
    ("3977 5.2", "CAPABILITIES takes a keyword", [says("CAPABILITIES AUTOUPDATE", 101,
                                                       lines="(?s:.*)")]),
    ("3977 5.2", "READER, OVER, HDR and LIST are announced",
     [says("CAPABILITIES", 101, lines="(?s:.*)READER\r\n(?s:.*)HDR\r\nOVER MSGID\r\n(?s:.*)LIST "
           "ACTIVE (?s:.*)NEWSGROUPS OVERVIEW.FMT\r\n(?s:.*)")]),
    ("3977 5.2", "NEWNEWS is not announced where it is not allowed",
     [says("CAPABILITIES", 101, lines="(?!(?s:.*)NEWNEWS)(?s:.*)")]),
    ("3977 5.3", "MODE READER says whether one may post", [says("MODE READER", 200)]),
    ("3977 5.4", "QUIT is 205, and the end", [says("QUIT", 205), says(None, None)]),
    ("3977 6.1.1", "GROUP tells number, low, high and name",
     [says("GROUP misc.test", 211, r"4 1 5 misc\.test")]),
    ("3977 6.1.1", "GROUP of none: 411", [says("GROUP no.such", 411)]),
    ("3977 6.1.1", "a GROUP that fails leaves group and article as they were",
     [IN, says("NEXT", 223, "2 .*"), says("GROUP no.such", 411), says("STAT", 223, "2 .*")]),
    ("3977 6.1.1", "GROUP of an empty one: high is low less one",
     [says("GROUP misc.empty", 211, r"0 1 0 misc\.empty")]),
    ("3977 6.1.1", "after GROUP the first article is current", [IN, says("STAT", 223, "1 .*")]),
    ("3977 6.1.1", "after GROUP of an empty one the current article is invalid",
     [EMPTY, says("STAT", 420), says("NEXT", 420), says("LAST", 420), says("OVER", 420)]),
    ("3977 6.1.1", "names of groups are case-sensitive", [says("GROUP Misc.Test", 411)]),
    ("3977 6.1.2", "LISTGROUP lists the numbers",
     [says("LISTGROUP misc.test", 211, r"4 1 5 misc\.test .*", "1\r\n2\r\n3\r\n5\r\n")]),
    ("3977 6.1.2", "LISTGROUP without a name is of the current group",
     [IN, says("LISTGROUP", 211, lines="1\r\n2\r\n3\r\n5\r\n")]),
    ("3977 6.1.2", "LISTGROUP without a group: 412", [says("LISTGROUP", 412)]),
    ("3977 6.1.2", "LISTGROUP of none: 411", [says("LISTGROUP no.such", 411)]),
    ("3977 6.1.2", "LISTGROUP with a range",
     [says("LISTGROUP misc.test 2-4", 211, lines="2\r\n3\r\n"),
      says("LISTGROUP misc.test 3-", 211, lines="3\r\n5\r\n"),
      says("LISTGROUP misc.test 5", 211, lines="5\r\n")]),
    ("3977 6.1.2", "LISTGROUP with an empty range is an empty list",
     [says("LISTGROUP misc.test 4", 211, lines=""),
      says("LISTGROUP misc.test 9-1", 211, lines="")]),
    ("3977 6.1.2", "LISTGROUP sets the current article to the first one",
     [IN, says("NEXT", 223), says("LISTGROUP", 211, lines="(?s:.*)"), says("STAT", 223, "1 .*")]),
    ("3977 6.1.3", "LAST goes back, to the first one and no further",
     [IN, says("STAT 5", 223), says("LAST", 223, "3 <3@.*"), says("LAST", 223, "2 .*"),
      says("LAST", 223, "1 .*"), says("LAST", 422), says("STAT", 223, "1 .*")]),
    ("3977 6.1.3", "LAST and NEXT without a group: 412", [says("LAST", 412), says("NEXT", 412)]),
    ("3977 6.1.4", "NEXT passes over what is gone, to the last one and no further",
     [IN, says("NEXT", 223, "2 <2@.*"), says("NEXT", 223, "3 .*"), says("NEXT", 223, "5 .*"),
      says("NEXT", 421), says("STAT", 223, "5 .*")]),
    ("3977 6.2.1", "ARTICLE by number",
     [IN, says("ARTICLE 1", 220, r"1 <1@example\.org>", whole(FIRST, 1))]),
    ("3977 6.2.1", "ARTICLE with dots", [IN, says("ARTICLE 2", 220, "2 .*", whole(DOTS, 2))]),
    ("3977 6.2.1", "ARTICLE by number makes that one current",
     [IN, says("ARTICLE 5", 220, "5 .*", whole(LAST, 5)), says("STAT", 223, "5 .*")]),
    ("3977 6.2.1", "ARTICLE without an argument is of the current one",
     [IN, says("NEXT", 223), says("ARTICLE", 220, "2 .*", whole(DOTS, 2))]),
    ("3977 6.2.1", "ARTICLE of a number that is none: 423, and the current one stays",
     [IN, says("ARTICLE 4", 423), says("ARTICLE 6", 423), says("ARTICLE 2147483647", 423),
      says("STAT", 223, "1 .*")]),
    ("3977 6.2.1", "numbers end at 2,147,483,647", [IN, says("ARTICLE 2147483648", 501)]),
    ("3977 6.2.1", "by number without a group: 412",
     [says("ARTICLE 1", 412), says("HEAD 1", 412), says("BODY 1", 412), says("STAT 1", 412)]),
    ("3977 6.2.1", "without argument and group: 412",
     [says("ARTICLE", 412), says("HEAD", 412), says("BODY", 412), says("STAT", 412)]),
    ("3977 6.2.1", "a message-id of none: 430",
     [says("ARTICLE <none@example.org>", 430), says("HEAD <none@example.org>", 430),
      says("BODY <none@example.org>", 430), says("STAT <none@example.org>", 430)]),
    ("3977 6.2.1", "by message-id the current one stays",
     [IN, says("STAT <5@example.org>", 223, "5 .*"), says("STAT", 223, "1 .*")]),
    ("3977 6.2.1", "by message-id of a group that was the current one before: number 0",
     [IN, EMPTY, says("STAT <5@example.org>", 223, "0 <5@.*"),
      says("BODY <1@example.org>", 222, "0 <1@.*", whole(FIRST, 1, "body")),
      says("STAT <4@example.org>", 430), says("STAT", 420)]),
    ("3977 6.2.1", "an article without a message-id has <0>",
     [says("GROUP misc.other", 211), says("STAT 1", 223, "1 <0>")]),
    ("3977 6.2.2", "HEAD is the header alone",
     [IN, says("HEAD 3", 221, r"3 <3@example\.org>", whole(FOLDED, 3, "head"))]),
    ("3977 6.2.2", "HEAD by message-id",
     [IN, says("HEAD <1@example.org>", 221, "1 .*", whole(FIRST, 1, "head"))]),
    ("3977 6.2.3", "BODY is the body alone",
     [IN, says("BODY", 222, r"1 <1@example\.org>", whole(FIRST, 1, "body"))]),
    ("3977 6.2.3", "the last line of a body is ended",
     [says("GROUP misc.other", 211),
      says("BODY 1", 222, lines="its last line has no CRLF\r\n")]),
    ("3977 6.2.4", "STAT tells number and message-id", [IN, says("STAT 5", 223,
                                                                r"5 <5@example\.org>.*")]),
    ("3977 6.3.1", "POST: 340, 240", [says("POST", 340),
                                      says("From: a@b\r\nNewsgroups: misc.other\r\nSubject: s\r\n"
                                           "\r\nx\r\n.", 240)]),
    ("3977 6.3.1", "POST of what is no article: 441",
     [says("POST", 340), says("nonsense\r\n.", 441), says("POST", 340), says(".", 441),
      says("DATE", 111)]),
    ("3977 6.3.1", "POST to no group that there is: 441",
     [says("POST", 340),
      says("From: a@b\r\nNewsgroups: no.such\r\nSubject: s\r\n\r\nx\r\n.", 441)]),
    ("3977 6.3.2", "IHAVE: 335, 235, and then 435",
     [says("IHAVE <i1@example.org>", 335),
      says(article("i1", "misc.other").decode() + ".", 235), says("IHAVE <i1@example.org>", 435)]),
    ("3977 6.3.2", "IHAVE of what is no article: 437",
     [says("IHAVE <i2@example.org>", 335), says("Nothing: here\r\n\r\n.", 437)]),
    ("3977 7.1", "DATE is 14 digits", [says("DATE", 111, r"20\d{12}")]),
    ("3977 7.2", "HELP is a list", [says("HELP", 100, lines="(?s:.*)ARTICLE(?s:.*)")]),
    ("3977 7.3", "NEWGROUPS of long ago is all",
     [says("NEWGROUPS 19990624 000000 GMT", 231, lines="(?s:.*)misc.test \\d+ \\d+ y\r\n(?s:.*)")]),
    ("3977 7.3", "NEWGROUPS with a year of two digits",
     [says("NEWGROUPS 990624 000000", 231, lines="(?s:.*)misc.test (?s:.*)")]),
    ("3977 7.3", "NEWGROUPS of the time to come is nothing",
     [says("NEWGROUPS 20990101 000000 GMT", 231, lines="")]),
    ("3977 7.3", "NEWGROUPS of no date: 501",
     [says("NEWGROUPS 20991301 000000", 501), says("NEWGROUPS 2099 000000", 501),
      says("NEWGROUPS 20990101 0000", 501), says("NEWGROUPS 20990101 000000 CET", 501)]),
    ("3977 7.4", "NEWNEWS where it is not allowed: 502", [says("NEWNEWS * 19990624 000000", 502)]),
    ("3977 7.6.3", "LIST ACTIVE tells high, low and whether one may post",
     [says("LIST ACTIVE misc.test", 215, lines=dot("misc.test 5 1 y\r\n")),
      says("LIST ACTIVE alt.quiet", 215, lines=dot("alt.quiet 0 1 n\r\n"))]),
    ("3977 7.6.3", "LIST alone is LIST ACTIVE", [says("LIST", 215,
                                                      lines="(?s:.*)misc.test 5 1 y\r\n(?s:.*)")]),
    ("3977 7.6.3", "what one may not read is not listed",
     [says("LIST ACTIVE secret.*", 215, lines=""), says("GROUP secret.plans", 411)]),
    ("3977 7.6.4", "LIST ACTIVE.TIMES", [says("LIST ACTIVE.TIMES misc.test", 215,
                                              lines=r"misc\.test \d+ [^ ]+\r\n")]),
    ("3977 7.6.6", "LIST NEWSGROUPS", [says("LIST NEWSGROUPS", 215,
                                            lines="misc.test\tTests of all kinds\r\n")]),
    ("3977 8.3", "OVER of a range",
     [IN, says("OVER 1-2", 224, lines=overview(1, "number 1", FIRST) +
               overview(2, "number 2", DOTS, lines=4))]),
    ("3977 8.3", "OVER unfolds", [IN, says("OVER 3", 224, lines=overview(
        3, "a folded one", FOLDED, REFERENCES))]),
    ("3977 8.3", "OVER passes over what is gone",
     [IN, says("OVER 4-", 224, lines=overview(5, "number 5", LAST))]),
    ("3977 8.3", "OVER of the current one", [IN, says("OVER", 224,
                                                      lines=overview(1, "number 1", FIRST))]),
    ("3977 8.3", "OVER by message-id",
     [IN, says("OVER <5@example.org>", 224, lines=overview(5, "number 5", LAST))]),
    ("3977 8.3", "OVER: 412, 423, 430",
     [says("OVER 1", 412), says("OVER", 412), says("OVER <none@example.org>", 430), IN,
      says("OVER 4", 423), says("OVER 6-", 423), says("OVER 3-1", 423)]),
    ("3977 8.4", "LIST OVERVIEW.FMT", [says("LIST OVERVIEW.FMT", 215, lines=dot(
        "Subject:\r\nFrom:\r\nDate:\r\nMessage-ID:\r\nReferences:\r\nBytes:\r\nLines:\r\n"
        "Xref:full\r\n"))]),
    ("3977 8.5", "HDR of a range", [IN, says("HDR Subject 1-3", 225, lines=(
        "1 number 1\r\n2 number 2\r\n3 a folded one\r\n"))]),
    ("3977 8.5", "HDR names are case-insensitive, and any field may be asked for",
     [IN, says("HDR x-odd 5", 225, lines="5 some thing\r\n")]),
    ("3977 8.5", "HDR of a field that an article has not is empty",
     [IN, says("HDR X-Odd 1", 225, lines="1 \r\n")]),
    ("3977 8.5", "HDR of metadata",
     [IN, says("HDR :bytes 1", 225, lines="1 %d\r\n" % len(FIRST)),
      says("HDR :lines 2", 225, lines="2 4\r\n"), says("HDR :nonsense 1", 503)]),
    ("3977 8.5", "HDR of the current one, and by message-id",
     [IN, says("HDR Subject", 225, lines="1 number 1\r\n"),
      says("HDR Subject <5@example.org>", 225, lines="5 number 5\r\n")]),
    ("3977 8.5", "HDR: 412, 420, 423, 430",
     [says("HDR Subject 1", 412), says("HDR Subject <none@example.org>", 430), EMPTY,
      says("HDR Subject", 420), IN, says("HDR Subject 4", 423)]),
    ("3977 8.6", "LIST HEADERS", [says("LIST HEADERS", 215, lines=":\r\n:bytes\r\n:lines\r\n"),
                                  says("LIST HEADERS MSGID", 215, lines=":\r\n(?s:.*)"),
                                  says("LIST HEADERS NONSENSE", 501)]),
    ("2980 2.8", "XOVER", [IN, says("XOVER 1", 224, lines=overview(1, "number 1", FIRST))]),
    ("2980 2.6", "XHDR", [IN, says("XHDR Subject 1-2", 221, lines="1 number 1\r\n2 number 2\r\n")]),
    ("2980 2.9", "XPAT", [IN, says("XPAT Subject 1- *1 a*", 221,
                                   lines="1 number 1\r\n3 a folded one\r\n")]),
    ("4643 2.3", "who has logged in may not again", [says("AUTHINFO USER alice", 502),
                                                     says("AUTHINFO SASL PLAIN", 502)]),
    ("4644 2.3", "MODE STREAM: 203", [says("MODE STREAM", 203)]),
    ("4644 2.4", "CHECK: 238, and 438 of what is here",
     [says("CHECK <t1@example.org>", 238, "<t1@example.org>"),
      says("TAKETHIS <t1@example.org>\r\n" + article("t1", "misc.other").decode() + ".", 239,
           "<t1@example.org>"), says("CHECK <t1@example.org>", 438, "<t1@example.org>")]),
    ("4644 2.5", "TAKETHIS of what is here or is no article: 439",
     [says("TAKETHIS <t2@example.org>\r\nnonsense\r\n.", 439, "<t2@example.org>"),
      says("TAKETHIS <t3@example.org>\r\n" + article("t3", "misc.other").decode() + ".", 239),
      says("TAKETHIS <t3@example.org>\r\n" + article("t3", "misc.other").decode() + ".", 439)]),
    ("6048 2.2", "LIST COUNTS", [says("LIST COUNTS misc.test", 215,
                                      lines=dot("misc.test 5 1 4 y\r\n"))]),
    ("6048 2.5", "LIST MOTD where there is none: 503", [says("LIST MOTD", 503)]),
    ("8054 2.2", "COMPRESS of what is not known: 503", [says("COMPRESS SHRINK", 503)]),
]


def run_steps(c, steps):
    for step in steps:
        if step.line is None:
            answer = c.read()
        else:
            answer = c.ask(step.line)
        if step.code is None:
            assert answer is None, answer
            continue
        assert answer is not None, (step.line, "the end")
        assert answer.code == step.code, (step.line, answer)
        assert re.fullmatch(step.first, answer.text), (step.line, answer)
        if step.lines is not None:
            said = b"".join(answer.lines).decode("latin-1")
            assert re.fullmatch(step.lines, said), (step.line, said, step.lines)


def sentences(m, where):
    with m.imap("backend1", "cyrus") as i:
        check(i.xatom("SETMETADATA", "news.misc.test", '(/shared/comment "Tests of all kinds")'))
    failed = []
    for section, sentence, steps in SENTENCES:
        with connect(m, where) as c:
            try:
                run_steps(c, steps)
            except (AssertionError, OSError, EOFError) as e:
                failed.append("RFC %s: %s: %s %s" % (section, sentence, type(e).__name__, e))
    assert len(SENTENCES) >= 80 and not failed, "\n".join(failed)


def test_sentences_at_a_backend():
    with server() as m:
        sentences(m, "backend1")


def test_sentences_through_a_frontend():
    with server(frontends=1) as m:
        sentences(m, "frontend1")


# ------------------------------------------------------------------ sessions

def service(m, name, options):
    """Another nntpd on each server, with these options."""
    for i in m.instances[1:]:
        i.ports[name] = m.ports.take()
        i.services[name] = 'cmd="nntpd -C %s %s" listen="%s" prefork=0' % (
            i.imapd_conf, options, i.host_port(name))


def test_tls():
    with murder.Murder(backends=1, frontends=1, tls=True, nntp=True, start=False,
                       extra={"allowplaintext": "no", "newsprefix": "news"}) as m:
        service(m, "nntps", "-s")
        m.start()
        m.set_passwords({"alice": "pw"})
        with m.imap("backend1") as i:
            check(i.starttls())
            check(i.login("cyrus", "pw"))
            check(i.create("news.misc.test"))
        for where in ("backend1", "frontend1"):
            with connect(m, where, user=None) as c:
                told = c.capabilities()
                assert "STARTTLS" in told and "USER" not in told["AUTHINFO"], told
                assert "PLAIN" not in told.get("SASL", []) and "READER" not in told, told
                assert c.ask("AUTHINFO USER alice").code == 483
                assert c.plain("alice").code == 483
                assert c.ask("GROUP misc.test").code == 480
                assert c.starttls().code == 382
                told = c.capabilities()
                assert "STARTTLS" not in told and "USER" in told["AUTHINFO"], told
                assert "PLAIN" in told["SASL"], told
                assert c.starttls().code == 502
                assert c.plain("alice").code == 281
                told = c.capabilities()
                assert "AUTHINFO" not in told and "SASL" not in told and "READER" in told, told
                assert c.ask("GROUP misc.test").code == 211
                assert c.ask("QUIT").code == 205 and c.read() is None
            # What was said before TLS is not taken for something said in it.
            with connect(m, where, user=None) as c:
                c.send(b"STARTTLS\r\nCAPABILITIES\r\n")
                assert c.read().code == 382
                with contextlib.suppress(ConnectionError):
                    assert c.read() is None
            with Client(m[where].address("nntps"), tls=True) as c:
                assert c.login("alice").code == 281 and c.ask("GROUP misc.test").code == 211


def test_logins():
    with server() as m:
        with connect(m, user=None) as c:
            assert c.ask("AUTHINFO PASS pw").code == 482
            assert c.login("alice", "wrong").code == 481
            assert c.ask("GROUP misc.test").code == 480
            assert c.ask("AUTHINFO SASL PLAIN !").code == 504
            assert c.ask("AUTHINFO SASL NONSENSE").code == 503
            assert c.ask("AUTHINFO SASL PLAIN").code == 383
            assert c.ask("*").code == 481
            assert c.ask("AUTHINFO SASL PLAIN").first == b"383 =\r\n"
            assert c.ask("=").code == 482
            assert c.ask("AUTHINFO NONSENSE x").code == 501
            assert c.login("alice").code == 281
        with connect(m, user=None) as c:
            assert c.plain("alice", "wrong").code == 481 and c.plain("alice").code == 281
        m.set_passwords({"spaced": "two  words"})
        with connect(m, user=None) as c:
            assert c.login("spaced", "two words").code == 481
            assert c.login("spaced", "two  words").code == 281


def test_who_does_not_log_in():
    with server(frontends=1, allowanonymouslogin="yes") as m:
        make_group(m, "for.anonymous", rights='""')
        with m.imap("backend1", "cyrus") as i:
            check(i.setacl("news.for.anonymous", "anonymous", "lrs"))
        for where in ("backend1", "frontend1"):
            with connect(m, where, user=None) as c:
                assert "READER" in c.capabilities()
                assert c.ask("GROUP misc.test").code == 211, where
                assert c.ask("ARTICLE 1").body.endswith(b"second\r\n")
                names = [words[0] for words in c.ask("LIST").words()]
                assert "for.anonymous" in names and "secret.plans" not in names, names
                # Somebody may read what anonymous may not.
                assert c.ask("GROUP secret.plans").code == 411
                assert c.login("alice").code == 281
                assert c.ask("STAT").code == 412


def test_for_readers_and_for_feeds_alone():
    with server(services=lambda m: (service(m, "reads", "-r"), service(m, "feeds", "-f"))) as m:
        with Client(m["backend1"].address("reads")) as c:
            assert c.greeting.code == 200 and c.login("alice").code == 281
            told = c.capabilities()
            assert "READER" in told and "IHAVE" not in told and "STREAMING" not in told, told
            assert c.ask("IHAVE <x@example.org>").code == 502
            assert c.ask("MODE STREAM").code == 502 and c.ask("GROUP misc.test").code == 211
        with Client(m["backend1"].address("feeds")) as c:
            assert c.greeting.code == 201 and c.login("alice").code == 281
            told = c.capabilities()
            assert "READER" not in told and "IHAVE" in told and "STREAMING" in told, told
            assert c.ask("MODE READER").code == 502 and c.ask("GROUP misc.test").code == 502
            assert c.ask("POST").code == 502 and c.ask("MODE STREAM").code == 203
            assert c.ihave("<x@example.org>", article("x")).code == 235


def test_compression():
    with server(frontends=1) as m:
        for where in ("backend1", "frontend1"):
            with connect(m, where) as c:
                assert c.capabilities()["COMPRESS"] == ["DEFLATE"]
                assert c.ask("COMPRESS DEFLATE").code == 206
                c.compress()
                assert "COMPRESS" not in c.capabilities()
                assert c.ask("COMPRESS DEFLATE").code == 502
                assert c.ask("STARTTLS").code == 502
                assert c.ask("GROUP misc.test").code == 211
                assert c.ask("BODY 2").body == b".\r\n..\r\n.x\r\nend\r\n"
            with connect(m, where, user=None) as c:
                assert c.ask("COMPRESS DEFLATE").code == 206
                c.compress()
                assert "USER" not in c.capabilities()["AUTHINFO"]
                assert c.ask("AUTHINFO USER alice").code == 502


def test_lines_that_are_no_commands_end_a_session():
    with server() as m, connect(m) as c:
        for n in range(19):
            assert c.ask("NONSENSE %d" % n).code == 500
        assert c.ask("DATE").code == 111  # begins the count anew
        for size in (600, 70000, 500000):
            assert c.ask("STAT " + "x" * size).code == 501, size
        for n in range(16):
            assert c.ask("NONSENSE").code == 500
        assert c.ask("NONSENSE").code == 400 and c.read() is None


def test_newnews():
    with server(frontends=1, allownewnews="yes") as m:
        for where in ("backend1", "frontend1"):
            with connect(m, where) as c:
                assert "NEWNEWS" in c.capabilities()
                said = c.ask("NEWNEWS misc.* 20000101 000000 GMT")
                assert said.code == 230 and sorted(said.lines) == [
                    b"<%d@example.org>\r\n" % n for n in (1, 2, 3, 5)], said
                assert c.ask("NEWNEWS alt.* 20000101 000000").lines == []
                assert c.ask("NEWNEWS * 20990101 000000").lines == []


def test_a_group_that_is_damaged_costs_itself_alone():
    with server() as m:
        conf = m["backend1"].dir
        spoiled = 0
        for folder, _, files in os.walk(os.path.join(conf, "spool")):
            if folder.endswith("misc/empty"):
                for name in files:
                    if "index" in name:
                        with open(os.path.join(folder, name), "r+b") as f:
                            f.write(b"nonsense" * 20)
                        spoiled += 1
        assert spoiled
        with connect(m) as c:
            names = [words[0] for words in c.ask("LIST ACTIVE").words()]
            assert "misc.test" in names and "misc.empty" not in names, names
            assert c.ask("GROUP misc.empty").code == 403
            assert c.ask("GROUP misc.test").code == 211
        assert "a newsgroup cannot be opened" in m["backend1"].tail(1000)


def test_overviews_come_without_the_articles():
    asked = ["OVER 1-9", "HDR Subject 1-9", "HDR Message-ID 1-9", "HDR :bytes 1-9", "LISTGROUP"]
    with server() as m:
        said = []
        for away in (False, True):
            for folder, _, files in os.walk(os.path.join(m["backend1"].dir, "spool")):
                for name in files if away else []:
                    if name[:-1].isdigit():
                        os.rename(os.path.join(folder, name), os.path.join(folder, "away" + name))
            with connect(m) as c:
                assert c.ask("GROUP misc.test").code == 211
                said.append([c.ask(q).body for q in asked])
                assert (c.ask("ARTICLE 1").code == 220) != away
        assert said[0] == said[1] and all(said[0]), said


# ------------------------------------------------------------------ articles that come

def numbers(c, group):
    said = c.ask("GROUP " + group)
    assert said.code == 211, said
    return [int(l) for l in c.ask("LISTGROUP").lines]


def test_one_article_in_several_groups():
    """Each has it once, at whichever server it is; readers find it by its Message-ID, with Xref."""
    with server(backends=2, frontends=1, filled=False) as m:
        for name, where in (("a.one", "backend1"), ("a.two", "backend1"), ("b.one", "backend2")):
            make_group(m, name, where)
        make_group(m, "b.closed", "backend2", rights="lrs")
        groups = "a.one,a.two, b.one,b.closed,no.such"
        with connect(m, "frontend1") as c:
            for name in ("a.one", "b.one"):
                wait_for(lambda: c.ask("GROUP " + name).code == 211, name)
            assert c.ihave("<x@example.org>", article("x", groups)).code == 235
            for name in ("a.one", "a.two", "b.one"):
                assert numbers(c, name) == [1], name
                head = c.ask("HEAD 1").body.decode()
                assert "Path: backend" not in head and re.search(
                    r"^Path: frontend1!there!not-for-mail\r$", head, re.M), head
                xref = re.search(r"^Xref: (.*)\r$", head, re.M).group(1).split()
                assert sorted(xref[1:]) == (["a.one:1", "a.two:1"] if name != "b.one"
                                            else ["b.one:1"]), (name, xref)
                overview = c.ask("OVER 1").lines[0].decode().rstrip("\r\n").split("\t")
                assert overview[8] == "Xref: " + " ".join(xref), overview
            assert numbers(c, "b.closed") == []
            assert c.ask("CHECK <x@example.org>").code == 438
            assert c.takethis("<x@example.org>", article("x", groups)).code == 439
            # Nobody's current group: whoever has it.
            with connect(m, "frontend1") as d:
                assert d.ask("BODY <x@example.org>").body == b"first\r\nsecond\r\n"
            assert c.post(article("y", "b.closed").replace(b"Path: there!not-for-mail\r\n",
                                                          b"")).code == 441
        with connect(m, "backend1") as c:
            assert c.ask("STAT <x@example.org>").code == 223


def test_what_a_post_gets():
    with server(newspostuser="post", newsaddheaders="to replyto") as m, connect(m) as c:
        said = c.post(b"From: a@example.org\r\nNewsgroups: misc.test,misc.other\r\nSubject: s\r\n"
                      b"To: b@example.org\r\n\r\n.dot\r\n")
        assert said.code == 240, said
        last = numbers(c, "misc.test")[-1]
        head = c.ask("HEAD %d" % last).body.decode()
        assert re.search(r"^Path: backend1!\.POSTED!not-for-mail\r$", head, re.M), head
        assert re.search(r"^Message-ID: <[^<>@\s]+@backend1>\r$", head, re.M), head
        assert re.search(r"^Date: .+\r$", head, re.M), head
        assert ("To: b@example.org,\r\n\tpost+news.misc.test@backend1, "
                "post+news.misc.other@backend1\r\n") in head, head
        assert "Reply-To: post+news.misc.test@backend1, post+news.misc.other@backend1" in head
        assert c.ask("BODY").code == 222 and c.ask("BODY %d" % last).body == b".dot\r\n"
        ours = b"From: a@b\r\nSubject: s\r\nNewsgroups: misc.test\r\n"
        for bad, why in ((b"Subject: s\r\nNewsgroups: misc.test\r\n\r\n", "no From"),
                         (b"From: a@b\r\nNewsgroups: misc.test\r\n\r\n", "no Subject"),
                         (b"From: a@b\r\nSubject: s\r\n\r\n", "no Newsgroups"),
                         (ours + b"Xref: x\r\n\r\n", "Xref"),
                         (ours + b"From: c@d\r\n\r\n", "two fields From"),
                         (ours + b"Message-ID: x\r\n\r\n", "Message-ID"),
                         (b"From: a@b\r\nSubject: s\r\nNewsgroups: alt.quiet\r\n\r\n", "may not")):
            said = c.post(bad)
            assert said.code == 441 and why in said.text, (bad, said)
        assert numbers(c, "misc.test")[-1] == last


def test_what_feeds_bring():
    with server(maxmessagesize="10") as m, connect(m) as c:
        looped = article("l").replace(b"Path: there", b"Path: there!backend1")
        assert c.ihave("<l@example.org>", looped).code == 437
        assert c.ihave("<n@example.org>", article("other")).code == 437
        assert c.ihave("<g@example.org>", article("g", "no.such")).code == 437
        assert c.ask("IHAVE <g@example.org>").code == 435  # nor later
        big = article("b", body="x" * 70 + "\r\n" + "y" * 11000 + "\r\n")
        assert c.takethis("<b@example.org>", big).code == 439
        # Many at once, as servers feed.
        ids = ["<s%d@example.org>" % n for n in range(40)]
        for n, i in enumerate(ids):
            c.send(("CHECK %s\r\nTAKETHIS %s\r\n" % (i, i)).encode())
            c.send_article(article("s%d" % n))
        for i in ids:
            assert c.read().first == b"238 " + i.encode() + b"\r\n"
            assert c.read().first == b"239 " + i.encode() + b"\r\n"
        assert len(numbers(c, "misc.test")) == 4 + len(ids)
        # One that another sends at the moment.
        assert c.ask("IHAVE <t@example.org>").code == 335
        with connect(m) as d:
            assert d.ask("CHECK <t@example.org>").code == 431
            assert d.ask("IHAVE <t@example.org>").code == 436
            # One that ends half way was never there.
            c.send(article("t")[:-10])
            c.close()
            wait_for(lambda: d.ask("CHECK <t@example.org>").code == 238, "it is let go")
            assert len(numbers(d, "misc.test")) == 4 + len(ids)
            assert d.ihave("<t@example.org>", article("t")).code == 235


def test_control_messages():
    with server(newsmaster="master") as m, connect(m) as c:
        make_group(m, "control.cancel")  # and the one above
        with m.imap("backend1", "cyrus") as i:
            check(i.setacl("news.control", "anyone", "lrsp"))
        for n in (1, 2):
            assert c.ihave("<c%d@example.org>" % n, article("c%d" % n)).code == 235
        before = numbers(c, "misc.test")

        def control(number, text):
            said = c.ihave("<k%d@example.org>" % number,
                           article("k%d" % number, more="Control: %s\r\n" % text))
            assert said.code == 235, said
        # Without rights nothing is done.
        control(1, "cancel <c1@example.org>")
        control(2, "rmgroup misc.other")
        control(3, "newgroup misc.new")
        assert numbers(c, "misc.test") == before and numbers(c, "control.cancel") == [1]
        assert numbers(c, "control") == [1, 2] and c.ask("GROUP misc.other").code == 211
        assert c.ask("GROUP misc.new").code == 411
        with m.imap("backend1", "cyrus") as i:
            check(i.setacl("news.misc", "master", "lk"))
            check(i.setacl("news.misc.other", "master", "lx"))
            check(i.setacl("news.misc.test", "master", "lt"))
        control(4, "cancel <c1@example.org>")
        control(5, "rmgroup misc.other")
        control(6, "newgroup misc.new")
        control(7, "rmgroup misc.test")
        assert numbers(c, "misc.test") == before[:-2] + before[-1:]
        assert c.ask("STAT <c1@example.org>").code == 430
        assert c.ask("CHECK <c1@example.org>").code == 438
        assert c.ask("GROUP misc.other").code == 411
        assert c.ask("GROUP misc.new").code == 211, m["backend1"].tail(30)


def test_a_session_is_known_by_one_name_at_both_servers():
    with murder.Murder(nntp=True, extra={"newsprefix": "netnews"}) as m:
        m.set_passwords({"ann": m.password})
        with m.imap("backend1", "cyrus") as c:
            check(c.create("netnews.a"))
            check(c.setacl("netnews.a", "anyone", "lrs"))
        with Client(m["frontend1"].address("nntp")) as c:
            assert c.login("ann", m.password).code == 281
            wait_for(lambda: c.ask("GROUP a").code == 211, "the group is known")
        said = re.search(r"login .*user=ann .*session=(\S+)", m["frontend1"].tail(1000))
        wanted = r"nntp\[\d+\]: login .*user=ann .*via=" + said.group(1)
        assert re.search(wanted, m["backend1"].tail(1000)), wanted
        with Client(m["backend1"].address("nntp")) as c:
            assert c.ask("X-SESSION").code == 501
            assert c.ask("X-SESSION not/a session").code == 501
            assert c.ask("X-SESSION " + said.group(1)).code == 290
            assert c.login("ann", m.password).code == 281
            assert c.ask("X-SESSION " + said.group(1)).code == 502


if __name__ == "__main__":
    harness.main()
