#!/usr/bin/env python3
"""POP3 with clients that are not ours: at a backend and through a frontend, in the clear, with STLS
and with TLS from the first byte. Each takes the same messages, byte for byte, and deletes them."""
import functools
import mailbox
import os
import poplib
import pwd
import re
import shutil
import ssl
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder
import pop3_client

WHERE = ("backend1", "frontend1")
PLAIN, STLS, TLS = "pop3", "stls", "pop3s"

HEAD = (b"From: a@example.org\r\nTo: b@example.org\r\nDate: Sun, 29 Nov 2026 07:00:00 +0000\r\n"
        b"Message-ID: <%d@example.org>\r\n\r\n")
# What goes wrong when dots are not doubled, or lines end otherwise.
MESSAGES = [HEAD % 1 + b".\r\n..\r\n.x\r\ntext of one\r\n.",
            HEAD % 2 + b"a line of some length, which comes again\r\n" * 5000]


@functools.cache
def servers():
    m = murder.Murder(backends=1, pop3=True, tls=True, start=False,
                      extra={"allowplaintext": "yes"})
    for name in WHERE:
        i = m[name]
        for name, option in (("pop3s", "-s"), ("kpop", "-k")):
            i.ports[name] = m.ports.take()
            i.services[name] = 'cmd="pop3d -C %s %s" listen="%s" prefork=0' % (
                i.imapd_conf, option, i.host_port(name))
    m.start()
    return m


def lines_of(message):
    """Without what delivery puts in front, and what clients write into their folders."""
    text = message.replace(b"\r\n", b"\n")
    text = re.sub(rb"\n(Content-Length|Lines): \d+(?=\n)", b"", text)
    return text[text.find(b"From: a@example.org"):].rstrip(b"\n")


class Case:
    """One user's maildrop with the messages, at one server, reached in one way."""

    def __init__(self, where, way, number):
        self.m = servers()
        self.where, self.way = where, way
        self.user = "u%d" % number
        self.m.add_user(self.user)
        for message in MESSAGES:
            self.m.deliver(message, [self.user])
        self.host, self.port = self.m[where].address("pop3s" if way == TLS else "pop3")
        self.ca = os.path.join(self.m.dir, "tls", "cert.pem")
        self.folder = os.path.join(self.m.dir, "client%d" % number)
        os.makedirs(self.folder)
        self.name = "%s, %s" % (where, way)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w") as f:
            f.write(text)
        os.chmod(self.path(name), 0o600)
        return self.path(name)

    def run(self, *command, **kw):
        environment = dict(os.environ, HOME=self.folder, MAIL=self.path("spool"), LC_ALL="C.UTF-8")
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=murder.DEADLINE, cwd=self.folder,
                              env=environment, **kw)
        assert done.returncode == 0, (self.name, command, done.returncode, done.stdout[-3000:])
        return done.stdout

    def check_same(self, got):
        got = sorted(lines_of(g) for g in got)
        assert got == sorted(lines_of(m) for m in MESSAGES), (self.name, [g[:300] for g in got])

    def left(self):
        with pop3_client.Client(self.m[self.where].address("pop3")) as c:
            assert c.plain(self.user).ok
            count = int(c.ask("STAT").text.split()[0])
            c.ask("QUIT")
            return count

    def check_maildir(self, name):
        self.check_same([m.as_bytes() for m in mailbox.Maildir(self.path(name), create=False)])
        assert self.left() == 0, self.name


NUMBER = iter(range(1, 1000))


def in_all_ways(program, *ways):
    """The test runs at both servers and in each of the ways; it is skipped without its client."""
    def wrap(test):
        @functools.wraps(test)
        def run():
            if program and not shutil.which(program):
                raise harness.Skip("%s is not installed" % program)
            for where in WHERE:
                for way in ways or (PLAIN, STLS, TLS):
                    test(Case(where, way, next(NUMBER)))
        del run.__wrapped__
        return run
    return wrap


@in_all_ways(None)
def test_poplib(case):
    context = ssl.create_default_context(cafile=case.ca)
    if case.way == TLS:
        c = poplib.POP3_SSL(case.host, case.port, timeout=murder.DEADLINE, context=context)
    else:
        c = poplib.POP3(case.host, case.port, timeout=murder.DEADLINE)
    if case.way == STLS:
        c.stls(context)
    assert "UIDL" in c.capa(), case.name
    c.user(case.user)
    c.pass_("pw")
    count, size = c.stat()
    sizes = [int(l.split()[1]) for l in c.list()[1]]
    assert count == len(MESSAGES) and size == sum(sizes), case.name
    got = []
    for n in range(1, count + 1):
        got.append(b"\r\n".join(c.retr(n)[1]) + b"\r\n")
        assert len(got[-1]) == sizes[n - 1], case.name
        assert c.top(n, 0)[1], case.name
        c.dele(n)
    assert len({l.split()[1] for l in c.uidl()[1]}) == 0, case.name
    c.quit()
    case.check_same(got)
    assert case.left() == 0, case.name


@in_all_ways("curl")
def test_curl(case):
    scheme = "pop3s" if case.way == TLS else "pop3"
    common = ["curl", "-sS", "--cacert", case.ca, "-u", case.user + ":pw"]
    if case.way == STLS:
        common.append("--ssl-reqd")
    base = "%s://%s:%d/" % (scheme, case.host, case.port)
    assert len(case.run(*common, base).split(b"\r\n")) == len(MESSAGES) + 1, case.name
    case.check_same([case.run(*common, base + str(n + 1)) for n in range(len(MESSAGES))])
    case.run(*common, "-I", "-X", "DELE", base + "1")
    assert case.left() == len(MESSAGES) - 1, case.name


@in_all_ways("fetchmail")
def test_fetchmail(case):
    tls = {PLAIN: "sslproto ''", STLS: "sslproto 'TLS1.2+'", TLS: "ssl"}[case.way]
    if case.way != PLAIN:
        tls += " sslcertck sslcertfile '%s' sslcommonname '%s'" % (case.ca, case.where)
    deliver = case.write("deliver", "#!/bin/sh\ncat > '%s'/$$.eml\n" % case.folder)
    os.chmod(deliver, 0o700)
    rc = case.write("fetchmailrc", "poll %s protocol pop3 port %d auth password\n"
                    " user '%s' password 'pw' %s mda '%s' fetchall no keep\n" % (
                        case.host, case.port, case.user, tls, deliver))
    case.run("fetchmail", "-f", rc, "--pidfile", case.path("pid"), "-i", case.path("ids"),
             "--nosyslog", "--invisible")
    got = [open(case.path(n), "rb").read() for n in os.listdir(case.folder) if n.endswith(".eml")]
    case.check_same(got)
    assert case.left() == 0, case.name


# getmail6 knows no STLS.
@in_all_ways("getmail", PLAIN, TLS)
def test_getmail(case):
    for sub in ("cur", "new", "tmp"):
        os.makedirs(case.path("Maildir/" + sub))
    case.write("getmailrc", """[retriever]
type = SimplePOP3%sRetriever
server = %s
port = %d
username = %s
password = pw
[destination]
type = Maildir
path = %s/
[options]
delete = true
delivered_to = false
received = false
""" % ("SSL" if case.way == TLS else "", case.host, case.port, case.user, case.path("Maildir")))
    if os.geteuid() == 0:
        # It does not deliver as root.
        case.m.give(case.folder)
        kw = {"user": case.m.owner, "group": pwd.getpwnam(case.m.owner).pw_gid, "extra_groups": []}
    else:
        kw = {}
    case.run("getmail", "--getmaildir", case.folder, "--rcfile", "getmailrc", **kw)
    case.check_maildir("Maildir")


@in_all_ways("mpop")
def test_mpop(case):
    for sub in ("cur", "new", "tmp"):
        os.makedirs(case.path("Maildir/" + sub))
    rc = case.write("mpoprc", "account x\nhost %s\nport %d\nuser %s\npassword pw\nauth user\n"
                    "tls %s\ntls_starttls %s\ntls_trust_file %s\ndelivery maildir %s\nkeep off\n"
                    "received_header off\nuidls_file %s\n" % (
                        case.host, case.port, case.user, "off" if case.way == PLAIN else "on",
                        "on" if case.way == STLS else "off", case.ca, case.path("Maildir"),
                        case.path("uidls")))
    case.run("mpop", "-C", rc, "x")
    case.check_maildir("Maildir")


@in_all_ways("mutt")
def test_mutt(case):
    """It opens the maildrop as a folder, saves all that is in it, and deletes it."""
    rc = case.write("muttrc", """set folder="%s" mbox_type=Maildir record="" header_cache=""
set ssl_starttls=%s ssl_force_tls=%s ssl_verify_host=no certificate_file="%s" pop_checkinterval=0
set pop_user="%s" pop_pass="pw" quit=yes delete=yes confirmappend=no confirmcreate=no move=no
set pop_authenticators="user" wait_key=no beep=no sleep_time=0
push "<tag-pattern>~A<enter><tag-prefix><save-message><kill-line>=Saved<enter><sync-mailbox><quit>"
""" % (case.folder, "yes" if case.way == STLS else "no",
       "no" if case.way == PLAIN else "yes", case.ca, case.user))
    url = "%s://%s:%d/" % ("pops" if case.way == TLS else "pop", case.host, case.port)
    case.run("script", "-qec", "TERM=vt100 mutt -n -F '%s' -f '%s'" % (rc, url), "/dev/null")
    case.check_maildir("Saved")


def test_kpop_takes_kerberos_alone():
    """The line starts; without a ticket nobody gets in, and all else of the protocol is there."""
    m = servers()
    m.add_user("kerberos")
    for where in WHERE:
        with pop3_client.Client(m[where].address("kpop")) as c:
            assert c.greeting.ok and c.all("CAPA").lines, where
            assert not c.login("kerberos").ok and not c.plain("kerberos").ok, where
            assert c.ask("QUIT").ok, where
        with pop3_client.Client(m[where].address("pop3")) as c:
            assert c.login("kerberos").ok, where


if __name__ == "__main__":
    try:
        harness.main()
    finally:
        if servers.cache_info().currsize:
            servers().stop()
