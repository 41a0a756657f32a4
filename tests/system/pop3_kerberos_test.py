#!/usr/bin/env python3
"""A kpop line and a ticket: clients that are not ours log in with GSSAPI, at a backend and through
a frontend. The realm is made for the test, its KDC listens on a free port."""
import contextlib
import glob
import os
import shutil
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder
import pop3_client

WHERE = ("backend1", "frontend1")
REALM = "EXAMPLE.ORG"
MESSAGE = b"From: a@example.org\r\nSubject: %s\r\n\r\nby ticket\r\n"
# Debian has them where only administrators look.
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
NEEDED = (("krb5kdc", "krb5-kdc"), ("kdb5_util", "krb5-kdc"), ("kinit", "krb5-user"),
          ("kadmin.local", "krb5-admin-server"))

KRB5_CONF = """[libdefaults]
 default_realm = %(realm)s
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 rdns = false
 qualify_shortname = ""
 # Clients ask for the address, and each server has a name of its own.
 ignore_acceptor_hostname = true
[realms]
 %(realm)s = {
  kdc = %(host)s:%(port)d
 }
"""
KDC_CONF = """[kdcdefaults]
 kdc_listen = %(host)s:%(port)d
 kdc_tcp_listen = %(host)s:%(port)d
[realms]
 %(realm)s = {
  database_name = %(dir)s/principal
  key_stash_file = %(dir)s/stash
  acl_file = %(dir)s/acl
 }
[logging]
 kdc = FILE:%(dir)s/kdc.log
"""


def require():
    for program, package in NEEDED:
        if not shutil.which(program, path=PATH):
            raise harness.Skip("%s is not installed (%s)" % (program, package))
    folders = os.environ.get("SASL_PATH", "/usr/lib/sasl2:/usr/lib/*/sasl2:/usr/local/lib/sasl2")
    if not any(glob.glob(os.path.join(f, "libgssapiv2.so*")) for f in folders.split(":")):
        raise harness.Skip("SASL's GSSAPI is not installed (libsasl2-modules-gssapi-mit)")


class Realm:
    """A KDC, alice, and a keytab for the servers."""

    def __init__(self, m):
        self.dir = os.path.join(m.dir, "krb5")
        self.address = (m.address, m.ports.take())
        os.makedirs(self.dir)
        values = {"realm": REALM, "host": m.address, "port": self.address[1], "dir": self.dir}
        service = "pop/" + m.address
        for name, text in (("krb5.conf", KRB5_CONF), ("kdc.conf", KDC_CONF)):
            with open(self.path(name), "w") as f:
                f.write(text % values)
        self.environment = {"KRB5_CONFIG": self.path("krb5.conf"), "PATH": PATH,
                            "KRB5_KDC_PROFILE": self.path("kdc.conf")}
        self.servers = {"KRB5_CONFIG": self.path("krb5.conf"),
                        "KRB5_KTNAME": "FILE:" + self.path("keytab"),
                        "KRB5RCACHENAME": "dfl:", "KRB5RCACHEDIR": self.path("replay")}
        os.makedirs(self.path("replay"))
        self.run("kdb5_util", "create", "-s", "-r", REALM, "-P", "master")
        for query in ("addprinc -pw pw alice", "addprinc -randkey " + service,
                      "ktadd -k %s %s" % (self.path("keytab"), service)):
            self.run("kadmin.local", "-r", REALM, "-q", query)
        self.process = subprocess.Popen(["krb5kdc", "-n"], env=self.all(), cwd=self.dir,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        murder.wait_for(self.listens, "the KDC")

    def path(self, name):
        return os.path.join(self.dir, name)

    def all(self, **more):
        return dict(os.environ, **self.environment, **more)

    def listens(self):
        assert self.process.poll() is None, "krb5kdc ended"
        with contextlib.suppress(OSError), socket.create_connection(self.address):
            return True
        return False

    def run(self, *command, text=None, **more):
        done = subprocess.run(command, input=text or "", stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, cwd=self.dir,
                              env=self.all(**more), timeout=murder.DEADLINE)
        assert done.returncode == 0, (command, done.returncode, done.stdout[-3000:])
        return done.stdout

    def stop(self):
        self.process.terminate()
        self.process.wait(murder.DEADLINE)


@contextlib.contextmanager
def servers():
    require()
    m = murder.Murder(backends=1, pop3=True, start=False,
                      extra={"sasl_mech_list": "PLAIN GSSAPI"})
    realm = None
    try:
        realm = Realm(m)
        for name in ("keytab", "replay", "krb5.conf", ""):
            m.give(realm.path(name))
        m.environment.update(realm.servers)
        for name in WHERE:
            i = m[name]
            i.ports["kpop"] = m.ports.take()
            i.services["kpop"] = 'cmd="pop3d -C %s -k" listen="%s" prefork=0' % (
                i.imapd_conf, i.host_port("kpop"))
        m.start()
        m.add_user("alice")
        yield m, realm
    finally:
        m.stop()
        if realm:
            realm.stop()


def curl(realm, address, cache):
    # It takes GSSAPI for users with a realm only.
    return realm.run("curl", "-sS", "--login-options", "AUTH=GSSAPI", "-u", "alice@%s:" % REALM,
                     "pop3://%s:%d/1" % address, KRB5CCNAME=cache)


def fetchmail(realm, address, cache):
    rc, box = realm.path("fetchmailrc"), realm.path("box")
    with open(rc, "w") as f:
        f.write('set no bouncemail\npoll %s protocol pop3 port %d auth gssapi\n'
                ' user alice mda "cat >%s" sslproto ""\n' % (*address, box))
    os.chmod(rc, 0o600)
    realm.run("fetchmail", "-f", rc, "--nosyslog", "--pidfile", realm.path("fetchmail.pid"), "-a",
              KRB5CCNAME=cache, HOME=realm.dir)
    with open(box) as f:
        return f.read()


CLIENTS = {"curl": curl, "fetchmail": fetchmail}


def test_who_has_a_ticket_gets_in():
    with servers() as (m, realm):
        ticket, none = ("FILE:" + realm.path(n) for n in ("ticket", "none"))
        realm.run("kinit", "alice", text="pw\n", KRB5CCNAME=ticket)
        used = 0
        for name, client in CLIENTS.items():
            if not shutil.which(name):
                print("     %s is not installed" % name)
                continue
            used += 1
            for where in WHERE:
                subject = b"%s-%s" % (name.encode(), where.encode())
                assert m.deliver(MESSAGE % subject, ["alice"]) == {}
                address = m[where].address("kpop")
                with pop3_client.Client(address) as c:
                    told = c.capabilities()
                    assert told["SASL"] == ["GSSAPI"] and "USER" not in told, told
                try:
                    got = client(realm, address, none)
                except AssertionError:
                    got = ""
                assert "by ticket" not in got, (name, where)
                got = client(realm, address, ticket)
                assert subject.decode() in got and "by ticket" in got, (name, where, got)
                with pop3_client.Client(m[where].address("pop3")) as c:
                    assert c.login("alice").ok
                    count = len(c.uidls())
                    # fetchmail deletes what it has taken, curl leaves it.
                    assert count == (0 if name == "fetchmail" else 1), (name, where, count)
                    for n in range(count):
                        assert c.ask("DELE %d" % (n + 1)).ok
                    assert c.ask("QUIT").ok
        assert used, "no client is installed"


if __name__ == "__main__":
    harness.main()
