"""A murder in the configuration of a Cyrus 3.6 site, each server being Cyrus or Rookery.

    mixed.enter(__file__)            # first: needs root, Debian's cyrus packages; else skips all
    with mixed.Mixed(mup1="cyrus", be1="rookery", be2="cyrus", fe1="rookery") as m: ...

The configuration files are what a Cyrus 3.6.1 murder needs, the same for both: standard ports, one
loopback address for each server, names in /etc/hosts, lmtp and mupdate in /etc/services. enter()
moves the process to a mount namespace with its own copies of those two files, so that the system's
stay as they are.
"""
import contextlib
import imaplib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

import harness
import murder

DOMAIN = "mixed.test"
SECOND_DOMAIN = "second.test"  # for a murder beside the first one
CYRUS_BIN = "/usr/lib/cyrus/bin"
CYRUS_MASTER = "/usr/sbin/cyrmaster"
# A program that runs here from each Debian package: one may be gone while another stayed.
CYRUS_PACKAGES = {"cyrus-common": CYRUS_MASTER, "cyrus-imapd": CYRUS_BIN + "/imapd",
                  "cyrus-murder": CYRUS_BIN + "/mupdate"}
ROLES = {"mup1": "master", "be1": "backend", "be2": "backend", "fe1": "frontend"}


def own_network():
    """127.x.y. of this process."""
    pid = os.getpid()
    return "127.%d.%d." % (64 + pid // 250 % 100, pid % 250 + 1)


def missing_packages():
    """Those of Cyrus' Debian packages that are not installed."""
    return [p for p, program in CYRUS_PACKAGES.items() if not os.path.exists(program)]


def enter(need_cyrus=True):
    if os.geteuid() != 0:
        harness.skip_all("needs root (standard ports)")
    if need_cyrus and missing_packages():
        harness.skip_all("not installed (Debian's packages): " + " ".join(missing_packages()))
    if os.environ.get("ROOKERY_MIXED"):
        return
    if shutil.which("unshare") is None:
        harness.skip_all("unshare(1) is not installed")
    os.environ["ROOKERY_MIXED"] = own_network()
    folder = tempfile.mkdtemp(prefix="rookery-etc-")
    net = os.environ["ROOKERY_MIXED"]
    for name in ("hosts", "services"):
        lines = ""
        with contextlib.suppress(FileNotFoundError), open("/etc/" + name) as f:
            lines = f.read()
        with open(os.path.join(folder, name), "w") as f:
            f.write(lines + "\n")
            if name == "hosts":
                for n, host in enumerate(ROLES, 1):
                    f.write("%s%d %s.%s\n" % (net, n, host, DOMAIN))
                    f.write("%s%d %s.%s\n" % (net, n + 100, host, SECOND_DOMAIN))
            else:
                for service, port in (("lmtp", 24), ("mupdate", 3905), ("sieve", 4190)):
                    if "\n%s\t" % service not in lines:
                        f.write("%s\t%d/tcp\n" % (service, port))
    # A machine without one of the files goes without: ours knows these ports and takes addresses.
    script = ('for f in hosts services; do '
              '[ ! -e /etc/$f ] || mount --bind "$0/$f" /etc/$f || exit; done; '
              '"$@"; s=$?; rm -rf "$0"; exit $s')
    probe = subprocess.run(["unshare", "--mount", "true"], stderr=subprocess.DEVNULL)
    if probe.returncode != 0:
        shutil.rmtree(folder)
        harness.skip_all("no mount namespaces here")
    os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", "sh", "-c", script,
                          folder, sys.executable] + sys.argv)


COMMON = """\
configdirectory: {d}/conf
partition-default: {d}/spool
defaultpartition: default
servername: {host}
admins: cyrus {extra_admins}
lmtp_admins: murder
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {root}/sasldb2
sasl_mech_list: PLAIN
allowplaintext: yes
virtdomains: off
unixhierarchysep: no
altnamespace: no
allowusermoves: yes
sievedir: {d}/sieve
duplicatesuppression: no
lmtpsocket: {d}/sock/lmtp
idlesocket: {d}/sock/idle
notifysocket: {d}/sock/notify
proc_path: {d}/proc
syslog_prefix: {name}
failedloginpause: 0
maxlogins_per_host: 0
maxlogins_per_user: 0
mupdate_retry_delay: 2
"""
CLIENT = """\
mupdate_server: mup1.{domain}
mupdate_username: {name}
mupdate_authname: {name}
mupdate_password: pw
proxy_authname: murder
proxy_password: pw
be1_password: pw
be2_password: pw
"""


class Server:
    def __init__(self, mixed, name, flavour, address):
        self.mixed, self.name, self.flavour, self.address = mixed, name, flavour, address
        self.role = ROLES[name]
        self.host = "%s.%s" % (name, mixed.domain)
        self.dir = os.path.join(mixed.dir, name)
        self.process = None

    def write(self):
        for sub in ("conf", "spool", "sock", "sieve", "proc", "conf/db", "conf/proc", "conf/log",
                    "conf/msg", "conf/quota", "conf/user", "conf/lock", "conf/ptclient",
                    "conf/socket"):
            os.makedirs(os.path.join(self.dir, sub), exist_ok=True)
        values = dict(d=self.dir, host=self.host, name=self.name, root=self.mixed.dir,
                      domain=self.mixed.domain,
                      extra_admins={"master": "be1 be2 fe1", "backend": "murder",
                                                   "frontend": ""}[self.role])
        text = COMMON.format(**values)
        if self.role == "master":
            text += "mupdate_connections_max: 1024\n"
        else:
            text += CLIENT.format(**values)
        if self.role == "backend":
            text += "proxyservers: murder\nallowallsubscribe: yes\n"
        if self.role == "frontend":
            text += ("serverlist: be1.%s be2.%s\nserverlist_select_mode: random\n"
                     "proxyd_disable_mailbox_referrals: %s\n"
                     % (self.mixed.domain, self.mixed.domain,
                        "no" if self.mixed.referrals else "yes"))
        text += self.mixed.extra
        with open(self.dir + "/imapd.conf", "w") as f:
            f.write(text)
        conf = "-C %s/imapd.conf" % self.dir
        ip = self.address
        ours = self.flavour == "rookery" and self.role == "frontend"
        imap, lmtp = ("proxyd", "lmtpproxyd") if ours else ("imapd", "lmtpd")
        start = ['recover cmd="ctl_cyrusdb %s -r"' % conf]
        services = []
        if self.role == "backend":
            start.append('mupdatepush cmd="ctl_mboxlist %s -m"' % conf)
        if self.role == "master":
            services.append('mupdate cmd="mupdate %s -m" listen="%s:3905" prefork=1 maxchild=1'
                            % (conf, ip))
        else:
            if self.role == "frontend":
                services.append('mupdate cmd="mupdate %s" listen="%s:3905" prefork=1 maxchild=1'
                                % (conf, ip))
            # A Cyrus frontend forked before the first sync shows an empty list for its life.
            prefork = self.mixed.prefork if ours or self.role == "backend" else 0
            services += ['imap cmd="%s %s" listen="%s:143" prefork=%d maxchild=2000'
                         % (imap, conf, ip, prefork),
                         'lmtp cmd="%s %s" listen="%s:24" prefork=0 maxchild=100'
                         % (lmtp, conf, ip),
                         'lmtpa cmd="%s %s -a" listen="%s:2003" prefork=0 maxchild=100'
                         % (lmtp, conf, ip)]
        services += [line.format(d=self.dir, ip=ip)
                     for line in self.mixed.services.get(self.name, [])]
        with open(self.dir + "/cyrus.conf", "w") as f:
            f.write("START {\n  %s\n}\nSERVICES {\n  %s\n}\nEVENTS {\n}\n"
                    % ("\n  ".join(start), "\n  ".join(services)))
        subprocess.run(["chown", "-R", "cyrus:mail", self.dir], check=True)

    def start(self, wait=True):
        program = CYRUS_MASTER if self.flavour == "cyrus" else self.mixed.bin + "/master"
        out = open(self.dir + "/master.out", "ab")
        environment = dict(os.environ)
        if self.flavour != "cyrus":
            environment["ROOKERY_LOG"] = self.dir + "/conf/log.txt"
        self.process = subprocess.Popen(
            [program, "-C", self.dir + "/imapd.conf", "-M", self.dir + "/cyrus.conf",
             "-p", self.dir + "/master.pid", "-D"], stdin=subprocess.DEVNULL, stdout=out,
            stderr=out, start_new_session=True, cwd=self.dir, env=environment)
        out.close()
        if wait:
            self.wait_ready()

    def wait_ready(self):
        ports = {"master": (3905,), "backend": (143, 24), "frontend": (3905, 143)}[self.role]
        for port in ports:
            def spoke():
                if self.process.poll() is not None:
                    raise RuntimeError("%s: master exited\n%s" % (self.name, self.tail()))
                with contextlib.suppress(OSError), socket.create_connection(
                        (self.address, port), 5) as s:
                    s.settimeout(10)
                    return s.recv(1) != b""
                return False
            murder.wait_for(spoke, "%s: nothing on port %d" % (self.name, port), 40)

    def stop(self, sig=signal.SIGTERM):
        if self.process is None:
            return
        tree = murder.Instance.descendants(self)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, sig)

        def gone():
            self.process.poll()
            return not any(murder.alive(p) for p in tree)
        with contextlib.suppress(TimeoutError):
            murder.wait_for(gone, "stop", 5)
        for p in tree:
            with contextlib.suppress(ProcessLookupError):
                os.kill(p, signal.SIGKILL)
        murder.wait_for(gone, "kill", 5)
        self.process = None

    def pid(self):
        return self.process.pid if self.process else None

    def run(self, program, *arguments, check=True, input=None):
        folder = CYRUS_BIN if self.flavour == "cyrus" else self.mixed.bin
        who = pwd.getpwnam("cyrus")
        done = subprocess.run([os.path.join(folder, program), "-C", self.dir + "/imapd.conf",
                               *arguments], user=who.pw_uid, group=who.pw_gid, extra_groups=[],
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              input=input, timeout=60)
        if check and done.returncode != 0:
            raise RuntimeError("%s: %d: %s" % (program, done.returncode, done.stdout))
        return done

    def tail(self):
        text = ""
        for name in ("master.out", "conf/log.txt"):
            with contextlib.suppress(OSError), open(os.path.join(self.dir, name),
                                                    errors="replace") as f:
                text += "--- %s (%s) %s\n%s" % (self.name, self.flavour, name,
                                                "".join(f.readlines()[-40:]))
        return text


class Mixed:
    """mup1, be1, be2, fe1: "cyrus" or "rookery". users: how many; odd ones on be1, even on be2."""

    def __init__(self, mup1="rookery", be1="rookery", be2="rookery", fe1="rookery", users=3,
                 prefork=1, extra="", shared=True, services=None, second=False,
                 referrals=False):
        self.domain = SECOND_DOMAIN if second else DOMAIN
        self.dir = tempfile.mkdtemp(prefix="rookery-mixed-")
        os.chmod(self.dir, 0o755)
        self.prefork, self.extra, self.users, self.shared = prefork, extra, users, shared
        self.referrals = referrals
        self.services = services or {}  # server -> more SERVICES lines; {d} and {ip} are filled in
        self.bin = murder.stage(os.path.join(self.dir, "bin"))
        net = os.environ["ROOKERY_MIXED"]
        flavours = dict(mup1=mup1, be1=be1, be2=be2, fe1=fe1)
        self.servers = {n: Server(self, n, flavours[n], net + str(i + 100 * second))
                        for i, n in enumerate(ROLES, 1)}
        try:
            self.start()
        except BaseException:
            self.report()
            self.stop()
            raise

    def start(self):
        database = self.dir + "/sasldb2"
        names = ["cyrus", "murder", "be1", "be2", "fe1"] + ["user%d" % i
                                                             for i in range(1, self.users + 1)]
        for user in names:
            for s in self.servers.values():
                subprocess.run(["saslpasswd2", "-p", "-c", "-f", database, "-u", s.host, user],
                               input=b"pw", stdout=subprocess.DEVNULL, check=True)
        subprocess.run(["chown", "cyrus:mail", database], check=True)
        for s in self.servers.values():
            s.write()
            s.start()
        for n, backend in enumerate(("be1", "be2")):
            with self.imap(backend, "cyrus") as c:
                for i in range(1, self.users + 1):
                    if (i - 1) % 2 == n:
                        murder.check(c.create("user.user%d" % i))
                if self.shared:
                    murder.check(c.create("pub" + backend[2]))
                    murder.check(c.setacl("pub" + backend[2], "anyone", "lrswipkxte"))

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            self.report()
        self.stop()
        return False

    def __getitem__(self, name):
        return self.servers[name]

    def report(self):
        for s in self.servers.values():
            sys.stdout.write(s.tail())

    def stop(self):
        for s in reversed(list(self.servers.values())):
            s.stop()
        shutil.rmtree(self.dir, ignore_errors=True)

    def imap(self, server, user=None):
        c = imaplib.IMAP4(self.servers[server].address, timeout=murder.DEADLINE)
        if user:
            murder.check(c.login(user, "pw"))
        return c
