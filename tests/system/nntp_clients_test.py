#!/usr/bin/env python3
"""News with programs that are not ours: readers, posters and feeders, at a backend and through a
frontend, in the clear, with STARTTLS and with TLS from the first byte, as far as each knows them.

Debian installs neither leafnode beside INN nor either beside another server of news. So they are
looked for, too, where they were unpacked:

    apt-get download leafnode inn2 inn2-inews libdb5.3
    for p in *.deb; do dpkg -x $p PREFIX; done
    ROOKERY_NEWS_PROGRAMS=PREFIX make check TESTS=tests/system/nntp_clients_test.py
"""
import functools
import io
import os
import pwd
import re
import shutil
import ssl
import subprocess
import sys
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder
import terminal
from murder import check, wait_for
from nntp_client import Client

WHERE = ("backend1", "frontend1")
PLAIN, STARTTLS, TLS = "nntp", "starttls", "nntps"
PREFIX = os.environ.get("ROOKERY_NEWS_PROGRAMS", "")

# What goes wrong when dots are not doubled, or lines end otherwise.
BODIES = [b".\r\n..\r\n.x\r\nthe text of one\r\n", b"a line of some length, again\r\n" * 5000,
          b"\r\nthe text of three, behind an empty line\r\n.\r\n"]
POSTED = b".\r\n..posted\r\nend of what is posted\r\n"


@functools.cache
def servers():
    m = murder.Murder(backends=1, nntp=True, tls=True, start=False,
                      extra={"newsprefix": "news", "allowplaintext": "yes"})
    for name in WHERE:
        i = m[name]
        i.ports["nntps"] = m.ports.take()
        i.services["nntps"] = 'cmd="nntpd -C %s -s" listen="%s" prefork=0' % (
            i.imapd_conf, i.host_port("nntps"))
    m.start()
    m.set_passwords({"alice": "pw"})
    return m


def find(program, *places):
    """Its path, where it is installed or was unpacked. None: it is not there."""
    at = PREFIX and [os.path.join(PREFIX, p) for p in ("usr/bin", "usr/sbin", *places)]
    return (at and shutil.which(program, path=os.pathsep.join(at))) or shutil.which(
        program, path=os.pathsep.join([os.environ["PATH"], *("/" + p for p in places)]))


def lines_of(article):
    """Without what servers put in front, and with line ends of one kind."""
    text = article.replace(b"\r\n", b"\n")
    head, body = text.split(b"\n\n", 1)
    # LMTP marks what comes from a frontend.
    head = re.sub(rb"(?mi)^(Path|Xref|Lines|Return-Path|Received|X-Sieve|X-Cyrus-Session-Id): "
                  rb".*\n(?:[ \t].*\n)*", b"", head + b"\n")
    # leafnode sorts them.
    return sorted(re.sub(rb"\n[ \t]+", b" ", head).split(b"\n")), body


class Case:
    """A group with three articles at one server, reached in one way."""

    def __init__(self, where, way, number):
        self.m = servers()
        self.where, self.way = where, way
        self.name = "%s, %s" % (where, way)
        self.group = "of.case%d" % number
        with self.m.imap("backend1", "cyrus") as i:
            check(i.create("news." + self.group))
            check(i.setacl("news." + self.group, "anyone", "lrsp"))
        with self.client() as c:
            wait_for(lambda: c.ask("GROUP " + self.group).code == 211, self.group)
        self.number = number
        self.articles = [self.article(n) for n in range(3)]
        self.host, self.port = self.m[where].address("nntps" if way == TLS else "nntp")
        self.ca = os.path.join(self.m.dir, "tls", "cert.pem")
        self.folder = os.path.join(self.m.dir, "client%d" % number)
        os.makedirs(self.folder)

    def id(self, n):
        return "<%d.%s@example.org>" % (self.number, n)

    def article(self, n, body=None):
        return ("Path: there!not-for-mail\r\nFrom: a@example.org\r\nNewsgroups: %s\r\n"
                "Subject: number %s\r\nDate: Tue, 24 Nov 2026 03:42:40 +0000\r\n"
                "Message-ID: %s\r\n\r\n" % (self.group, n, self.id(n))).encode() + (
                    BODIES[n] if body is None else body)

    def post(self):
        """What a client posts."""
        return self.article("posted", POSTED).split(b"\r\n", 1)[1]

    def client(self, where=None):
        c = Client(self.m[where or self.where].address("nntp"))
        assert c.login("alice").code == 281
        return c

    def fill(self):
        with self.client() as c:
            for n, article in enumerate(self.articles):
                assert c.ihave(self.id(n), article).code == 235
        return self

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        return self.path(name)

    def read(self, name):
        with open(self.path(name), "rb") as f:
            return f.read()

    def environment(self, **more):
        return dict(os.environ, HOME=self.folder, LC_ALL="C.UTF-8", **more)

    def run(self, *command, status=0, environment=None, **kw):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=murder.DEADLINE, cwd=self.folder,
                              env=environment or self.environment(), **kw)
        assert done.returncode == status, (self.name, command, done.returncode, done.stdout[-3000:])
        return done.stdout

    def check_same(self, got):
        got = sorted(lines_of(g) for g in got)
        assert got == sorted(lines_of(a) for a in self.articles), \
            (self.name, [(head, body[:200]) for head, body in got])

    def there(self):
        """The articles of the group, as our own client reads them at the other server."""
        other = WHERE[1 - WHERE.index(self.where)]
        with self.client(other) as c:
            assert c.ask("GROUP " + self.group).code == 211
            return [c.ask(b"ARTICLE " + n.strip()).body for n in c.ask("LISTGROUP").lines]

    def check_posted(self):
        bodies = [a.split(b"\r\n\r\n", 1)[1] for a in self.there()]
        assert bodies.count(POSTED) == 1, (self.name, [b[:200] for b in bodies])


NUMBER = iter(range(1, 1000))


def in_ways(*ways, program=None, places=()):
    """The test runs at both servers and in each of the ways, and gets the path of its program; it
    is skipped without."""
    def wrap(test):
        @functools.wraps(test)
        def run():
            path = find(program, *places) if program else None
            if program and not path:
                raise harness.Skip("%s is not installed" % program)
            for where in WHERE:
                for way in ways:
                    test(Case(where, way, next(NUMBER)), path)
        del run.__wrapped__
        return run
    return wrap


# ------------------------------------------------------------------ readers

@in_ways(PLAIN, STARTTLS, TLS)
def test_nntplib(case, _):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import nntplib
        except ImportError:
            raise harness.Skip("no nntplib")
    case.fill()
    context = ssl.create_default_context(cafile=case.ca)
    if case.way == TLS:
        n = nntplib.NNTP_SSL(case.host, case.port, ssl_context=context)
    else:
        n = nntplib.NNTP(case.host, case.port)
    with n:
        if case.way == STARTTLS:
            n.starttls(context)
        n.login("alice", "pw", usenetrc=False)
        assert n.getcapabilities()["VERSION"] == ["2"]
        assert n.group(case.group)[1:] == (3, 1, 3, case.group)
        _, overviews = n.over((1, None))
        assert [(number, o["subject"], o["message-id"], int(o[":lines"]))
                for number, o in overviews] == [
            (i + 1, "number %d" % i, case.id(i), BODIES[i].count(b"\n")) for i in range(3)]
        assert all(o["xref"].endswith("%s:%d" % (case.group, number)) for number, o in overviews)
        got = []
        for number in range(1, 4):
            _, info = n.article(number)
            assert info.message_id == case.id(number - 1)
            got.append(b"\r\n".join(info.lines) + b"\r\n")
        case.check_same(got)
        assert n.stat()[1:] == (3, case.id(2)) and n.last()[1] == 2 and n.next()[1] == 3
        assert b"\r\n".join(n.body(case.id(0))[1].lines) + b"\r\n" == BODIES[0]
        assert case.group in [g.group for g in n.list()[1]]
        assert n.description(case.group) == ""
        assert n.xhdr("subject", "1-2")[1] == [("1", "number 0"), ("2", "number 1")]
        n.post(io.BytesIO(case.post()))
        case.check_posted()
        n.ihave(case.id("fed"), io.BytesIO(case.article("fed", b".fed\r\n")))
        assert n.group(case.group)[1:4] == (5, 1, 5)
        assert n.body(5)[1].lines == [b".fed"]


@in_ways(PLAIN, TLS, program="slrn")
def test_slrn(case, slrn):
    """It shows the group, two articles of it, saves one and posts one."""
    case.fill()
    case.write("newsrc", case.group + ":\n")
    edit = case.write("edit", "#!/bin/sh\ncat '%s' >> \"$1\"\n" % case.write(
        "body", POSTED.replace(b"\r\n", b"\n")))
    os.chmod(edit, 0o700)
    host = ("snews://" if case.way == TLS else "") + case.host
    rc = case.write("slrnrc", """\
set hostname "example.org"
set username "a"
set realname ""
nnrpaccess "%s" "alice" "pw"
set force_authentication 1
set read_active 1
set query_read_group_cutoff 0
set confirm_actions 0
set save_posts ""
set save_directory "%s"
set editor_command "%s '%%s'"
set mail_editor_command "%s '%%s'"
set signature ""
""" % (host, case.folder, edit, edit))
    command = [slrn, "-n", "-i", rc, "-f", case.path("newsrc"), "--nntp", "-h", host, "-p",
               str(case.port)]
    with terminal.Terminal(command, env=case.environment(), cwd=case.folder) as t:
        def say(keys, *answers):
            after = len(t.text)
            t.keys(keys)
            for answer in answers:
                t.wait_for(answer, after)
        t.wait_for(case.group)
        assert "XOVER support disabled" not in t.text, t.text
        say(" ", "number 0", "number 2")
        say("\r", "the text of one")
        say("o", "ave to file")
        say("\x15saved\r")
        wait_for(lambda: os.path.exists(case.path("saved")), "it is saved")
        say("n", "a line of some length")
        say("P", "ewsgroup")
        say("\r", "ubject")
        say("by slrn\r", "ost the")
        say("y", "...done")
        say("q", case.group)
        t.keys("q")
        assert t.end() == 0, t.text
    case.check_posted()


@in_ways(PLAIN, TLS, program="suck")
def test_suck(case, suck):
    """It fetches by Message-ID and by number, with what came by IMAP; rpost posts."""
    case.fill()
    imap = case.group + ".imap"
    with case.m.imap("backend1", "cyrus") as i:
        check(i.create("news." + imap))
        check(i.setacl("news." + imap, "cyrus", "lrsi"))
        check(i.setacl("news." + imap, "anyone", "lr"))
        case.articles.append(case.article("appended", BODIES[0]))
        check(i.append("news." + imap, None, None, case.articles[-1]))
    with case.client() as c:
        wait_for(lambda: c.ask("GROUP " + imap).code == 211, imap)
    tls = ["-ssl"] * (case.way == TLS)
    for how in ([], ["-n"], ["-Z"]):
        shutil.rmtree(case.path("data"), ignore_errors=True)
        for folder in ("data", "temp", "got"):
            os.makedirs(case.path(folder), exist_ok=True)
        case.write("data/sucknewsrc", imap + " 0\n" + case.group + " 0\n")
        case.run(suck, case.host, *tls, "-N", str(case.port), "-U", "alice", "-P", "pw", "-M", "-H",
                 "-K", "-c", "-q", "-m", "-dd", case.path("data"), "-dt", case.path("temp"), "-dm",
                 case.path("got"), *how)
        names = os.listdir(case.path("got"))
        case.check_same([case.read("got/" + n) for n in names])
        assert case.read("data/sucknewsrc").decode().split() == [imap, "1", case.group, "3"], how
        shutil.rmtree(case.path("got"))
    rpost = find("rpost")
    article = case.write("post", case.post().replace(b"\r\n", b"\n"))
    batch = case.write("batch", article + "\n")
    case.run(rpost, case.host, *(["-z"] * (case.way == TLS)), "-N", str(case.port), "-U", "alice",
             "-P", "pw", "-M", "-b", batch)
    case.check_posted()


# ------------------------------------------------------------------ other servers

def inn(case, port):
    """A configuration of INN's."""
    case.write("etc/passwd.nntp", "%s:alice:pw\n" % case.host)
    os.makedirs(case.path("spool"), exist_ok=True)
    folders = {"patharticles": "spool", "pathetc": "etc", "pathdb": "db", "pathoutgoing": "out",
               "pathrun": "run", "pathlog": "log", "pathtmp": "tmp", "pathspool": "spool"}
    for folder in folders.values():
        os.makedirs(case.path(folder), exist_ok=True)
    conf = case.write("etc/inn.conf", "pathnews: /usr/lib/news\nmta: /bin/false\n"
                      "domain: example.org\npathhost: there.example.org\nport: %d\n"
                      "hismethod: hisv6\nenableoverview: false\n" % port
                      + "".join("%s: %s\n" % (k, case.path(v)) for k, v in folders.items()))
    case.write("etc/storage.conf", "method timehash {\n newsgroups: *\n class: 0\n}\n")
    return case.environment(INNCONF=conf, LD_LIBRARY_PATH=":".join(
        os.path.join(PREFIX, p) for p in ("usr/lib/news", "usr/lib/x86_64-linux-gnu")))


@in_ways(PLAIN, program="innxmit", places=("usr/lib/news/bin",))
def test_innxmit(case, innxmit):
    """It feeds by IHAVE, by streaming, and without CHECK; what we have stays there."""
    environment = inn(case, case.port)
    batch = ""
    for n, how in enumerate((["-s"], [], ["-c"])):
        for k in range(3 * n, 3 * n + 3):
            path = case.write("spool/%d" % k, case.article(
                k, BODIES[k % 3]).replace(b"\r\n", b"\n"))
            batch += "%s %s\n" % (path, case.id(k))
        case.write("out/batch", batch)
        said = case.run(innxmit, "-a", "-v", *how, "-P", str(case.port), case.host,
                        case.path("out/batch"), environment=environment)
        counts = dict(re.findall(rb"(offered|accepted|refused|rejected) (\d+)", said))
        assert int(counts[b"offered"]) == 3 * n + 3 and int(counts[b"accepted"]) == 3, said
        assert not os.path.exists(case.path("out/batch")), (how, said)
    got = [lines_of(a) for a in case.there()]
    assert got == [lines_of(case.article(k, BODIES[k % 3])) for k in range(9)], \
        [(head, body[:100]) for head, body in got]


@in_ways(PLAIN, program="leafnode")
def test_leafnode(case, leafnode):
    """Its fetchnews posts what waits at a small server, and fetches a group that is read there."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "true"],
                                           stderr=subprocess.DEVNULL).returncode:
        raise harness.Skip("leafnode has fixed folders: needs root and mount namespaces")
    case.fill()
    case.write("etc/news/leafnode/config", "server = %s\nport = %d\nusername = alice\n"
               "password = pw\nexpire = 20000\nmaxage = 20000\nhostname = reader.home.arpa\n"
               % (case.host, case.port))
    for folder in ("leaf.node", "failed.postings", "interesting.groups", "out.going", "temp.files",
                   *("message.id/%03d" % n for n in range(1000))):
        os.makedirs(case.path("spool/news/" + folder))
    case.write("spool/news/interesting.groups/" + case.group, "")
    case.write("spool/news/out.going/1", case.post().replace(b"\r\n", b"\n"))
    for at, _, files in os.walk(case.folder):
        for name in [at] + [os.path.join(at, f) for f in files]:
            shutil.chown(name, "news", "news")
    fetchnews = os.path.join(os.path.dirname(leafnode), "fetchnews")
    script = "mount -t overlay -o lowerdir='%s':/etc overlay /etc && mount --bind '%s' " \
        "/var/spool && exec '%s' -vvv -w" % (case.path("etc"), case.path("spool"), fetchnews)
    said = case.run("unshare", "--mount", "--propagation", "private", "sh", "-c", script)
    case.check_posted()
    assert not os.listdir(case.path("spool/news/out.going")), said
    assert not os.listdir(case.path("spool/news/failed.postings")), said
    at = "spool/news/" + case.group.replace(".", "/") + "/"
    got = [case.read(at + f) for f in os.listdir(case.path(at)) if f.isdigit()]
    case.check_same([g for g in got if case.id("posted").encode() not in g])


if __name__ == "__main__":
    try:
        harness.main()
    finally:
        if servers.cache_info().currsize:
            servers().stop()
