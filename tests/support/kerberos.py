"""A Kerberos realm for a test: its KDC listens on a free port."""
import contextlib
import glob
import os
import shutil
import socket
import subprocess

import harness
import murder

REALM = "EXAMPLE.ORG"
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
    """A KDC, users whose password is "pw", and a keytab for the servers' services ("pop")."""

    def __init__(self, m, services, users):
        self.dir = os.path.join(m.dir, "krb5")
        self.address = (m.address, m.ports.take())
        os.makedirs(self.dir)
        values = {"realm": REALM, "host": m.address, "port": self.address[1], "dir": self.dir}
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
        queries = ["addprinc -pw pw " + user for user in users]
        for service in services:
            principal = "%s/%s" % (service, m.address)
            queries += ["addprinc -randkey " + principal,
                        "ktadd -k %s %s" % (self.path("keytab"), principal)]
        for query in queries:
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

    def serve(self, m):
        """What the servers of a murder that has not started need of it."""
        for name in ("keytab", "replay", "krb5.conf", ""):
            m.give(self.path(name))
        m.environment.update(self.servers)
