#!/usr/bin/env python3
"""The SERVICES of a frontend as sites have them, with the names of services for ports: they start
without a warning, and each is used once. Only addresses and paths are this machine's."""
import contextlib
import os
import re
import socket
import smtplib
import ssl
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import mupdate_client
import murder
import nntp_client
import pop3_client
import sieve_client
from murder import check, wait_for

BLOCK = """
mupdate cmd="/usr/cyrus/bin/mupdate" listen=3905 prefork=1
imap cmd="proxyd" listen="imap" prefork=5
imaps cmd="proxyd -s" listen="imaps" prefork=1
pop3 cmd="pop3d" listen="pop3" prefork=0
pop3s cmd="pop3d -s" listen="pop3s" prefork=0
kpop cmd="pop3d -k" listen="kpop" prefork=0
nntp cmd="nntpd" listen="nntp" prefork=0
nntps cmd="nntpd -s" listen="nntps" prefork=0
sieve cmd="timsieved" listen="sieve" prefork=0
lmtp cmd="lmtpproxyd" listen="/var/imap/socket/lmtp" prefork=0
"""
PORTS = {"mupdate": 3905, "imap": 143, "imaps": 993, "pop3": 110, "pop3s": 995, "kpop": 1109,
         "nntp": 119, "nntps": 563, "sieve": 4190}
MESSAGE = b"From: a@example.org\r\nSubject: s\r\n\r\ntext\r\n"


def lines_of(instance, address, socket_path):
    """The block as master of this instance reads it: name -> the rest."""
    lines = {}
    for line in BLOCK.strip().splitlines():
        name, rest = line.split(" ", 1)
        rest = rest.replace("/usr/cyrus/bin/", "").replace("/var/imap/socket/lmtp", socket_path)
        rest = re.sub(r'cmd="(\S+?)( -\w)?"', r'cmd="\1 -C %s\2"' % instance.imapd_conf, rest)
        lines[name] = re.sub(r'listen="?([a-z0-9]+)"?', r'listen="%s:\1"' % address, rest)
    return lines


@contextlib.contextmanager
def frontend():
    with murder.Murder(backends=1, frontends=1, tls=True, pop3=True, nntp=True, sieve=True,
                       start=False, extra={"newsprefix": "news"}) as m:
        f = m["frontend1"]
        f.extra["sieve_allowreferrals"] = "no"  # the client here follows none
        if os.geteuid() != 0 or m.address == "127.0.0.1":
            raise harness.Skip("the ports of these services are root's, on an address of one's own")
        for port in PORTS.values():
            try:
                with socket.socket() as s:
                    s.bind((m.address, port))
            except OSError as e:
                raise harness.Skip("port %d: %s" % (port, e))
        f.ports.update(PORTS)
        path = os.path.join(f.dir, "sock", "lmtp")
        f.services = dict(lines_of(f, m.address, path), lmtpa="")
        m.start()
        m.add_user("ann")
        yield m, f, path


def over_tls(address):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(socket.create_connection(address, murder.DEADLINE))


def said_under_tls(address, commands):
    """All that is said from the greeting to the end, which the last command brings."""
    with over_tls(address) as s, s.makefile("rb") as f:
        s.sendall(commands)
        return f.read()


def test_each_line():
    with frontend() as (m, f, path):
        with m.imap("backend1", "cyrus") as i:
            check(i.create("news.misc.test"))
            check(i.setacl("news.misc.test", "anyone", "lrsp"))
        # lmtp
        with contextlib.closing(smtplib.LMTP(path)) as lmtp:
            lmtp.sendmail("s@example.org", ["ann"], MESSAGE)
        # imap, imaps
        with m.imap("frontend1", "ann") as c:
            assert check(c.select("INBOX"))[0] == b"1"
        said = said_under_tls((m.address, 993), b"a LOGIN ann pw\r\nb SELECT INBOX\r\nc LOGOUT\r\n")
        assert b"* 1 EXISTS\r\n" in said and b"b OK " in said and b"c OK " in said, said
        # pop3, pop3s, kpop
        with pop3_client.Client((m.address, 110)) as c:
            assert c.login("ann").ok and c.ask("STAT").ok
        said = said_under_tls((m.address, 995), b"USER ann\r\nPASS pw\r\nSTAT\r\nQUIT\r\n")
        assert said.count(b"+OK ") == 5 and b"\r\n+OK 1 " in said, said
        with pop3_client.Client((m.address, 1109)) as c:
            assert c.greeting.ok and not c.login("ann").ok
        # nntp, nntps
        for port, tls in ((119, False), (563, True)):
            with nntp_client.Client((m.address, port), tls=tls) as c:
                assert c.login("ann").code == 281
                wait_for(lambda: c.ask("GROUP misc.test").code == 211, "the group is known")
        # sieve
        with sieve_client.Client((m.address, 4190)) as c:
            said = c.login("ann")
            assert said.word == "OK" and c.ask(b"LISTSCRIPTS").word == "OK", said
        # mupdate
        with mupdate_client.Client((m.address, 3905)) as c:
            assert c.login("cyrus", "pw").startswith("OK")
            assert "user.ann" in str(c.list()), c.list()
        said = f.tail(100000)
        for name, rest in lines_of(f, m.address, path).items():
            program = re.search(r'cmd="(\S+)', rest).group(1)
            assert f.processes(program), (name, program, said)
        bad = [line for line in said.splitlines() if re.search(r"\]: (warning|error): ", line)]
        assert not bad, bad


def test_master_reads_it():
    """Without a process: master -t has nothing to say of the block as it stands."""
    with murder.Murder(backends=0, frontends=1, start=False) as m:
        f = m["frontend1"]
        f.write()
        with open(f.cyrus_conf, "w") as conf:
            conf.write("SERVICES {\n%s}\n" % BLOCK)
        done = f.run("master", "-t", "-M", f.cyrus_conf, check=False)
        print(done.stdout)
        assert "no port" not in done.stdout and "is not known" not in done.stdout, done.stdout


if __name__ == "__main__":
    harness.main()
