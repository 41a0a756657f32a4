#!/usr/bin/env python3
"""A whole murder on loopback: one mupdate master, backends, frontends, each under its own master.

As a module, for tests:

    with murder.Murder() as m:                 # temporary directory, stopped and removed at the end
        m.add_user("alice", backend=1)          # password and INBOX
        c = m.imap("frontend1", "alice")        # imaplib, logged in
    with murder.Murder(unified=True) as m:      # backend1 and backend2 are frontends as well
        c = m.imap("backend2", "alice")

Every instance has a folder below DIR with imapd.conf, cyrus.conf, log, conf/, spool/. Started as
root, the masters drop to an unprivileged user. No fixed ports: each murder takes free ones on a
loopback address of its own where the system has the whole of 127/8.
"""
import contextlib
import imaplib
import os
import pwd
import random
import re
import secrets
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.environ.get("top_srcdir", os.path.dirname(os.path.dirname(HERE)))
BUILD = os.environ.get("top_builddir", os.path.join(SOURCE, "build"))
DEADLINE = float(os.environ.get("ROOKERY_TEST_DEADLINE", "30"))


def wait_for(condition, what, deadline=None):
    """Polls condition() until it is true; its value. Raises after the deadline."""
    end = time.monotonic() + (deadline or DEADLINE)
    pause = 0.002
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


# ------------------------------------------------------------------ programs

PROGRAM_FOLDERS = ("master", "imap/daemon", "imap/admin", "imap/admin/cyradm", "imap/admin/murder")


def reachable_by_all(path):
    """True if any user may look into path."""
    while True:
        try:
            if not os.stat(path).st_mode & 0o001:
                return False
        except OSError:
            return False
        if path == "/":
            return True
        path = os.path.dirname(path)


def stage(folder, build=None, copy=False):
    """One folder with every program of a build, as links, or copies where the build is private."""
    build = build or BUILD
    copy = copy or (os.geteuid() == 0 and not reachable_by_all(build))
    os.makedirs(folder, exist_ok=True)
    os.chmod(folder, 0o755)
    for sub in PROGRAM_FOLDERS:
        source = os.path.join(build, sub)
        if not os.path.isdir(source):
            continue
        for name in os.listdir(source):
            path = os.path.join(source, name)
            target = os.path.join(folder, name)
            if "." in name or not os.path.isfile(path) or not os.access(path, os.X_OK):
                continue
            with contextlib.suppress(FileNotFoundError):
                os.unlink(target)
            if copy:
                shutil.copy2(path, target)
                os.chmod(target, 0o755)
            else:
                os.symlink(path, target)
    return folder


def unprivileged_user():
    """Whom the daemons run as: ourselves, or as root one that is not root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    for name in ("rookery", "nobody"):
        with contextlib.suppress(KeyError):
            if pwd.getpwnam(name).pw_uid != 0:
                return name
    raise RuntimeError("no unprivileged user")


# ------------------------------------------------------------------ addresses

def own_loopback():
    """A loopback address that nobody else uses, or 127.0.0.1 where there is but one."""
    if sys.platform.startswith("linux"):
        for _ in range(20):
            address = "127.%d.%d.%d" % (random.randint(64, 250), random.randint(1, 250),
                                        random.randint(2, 250))
            with contextlib.suppress(OSError), socket.socket() as s:
                s.bind((address, 0))
                return address
    return "127.0.0.1"


class Ports:
    """Free ports on one address; each is given once."""

    def __init__(self, address):
        self.address = address
        self.given = set()

    def take(self, wanted=None):
        for _ in range(1000):
            with socket.socket() as s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    s.bind((self.address, wanted or 0))
                except OSError:
                    wanted = None
                    continue
                port = s.getsockname()[1]
            if port not in self.given:
                self.given.add(port)
                return port
            wanted = None
        raise RuntimeError("no free port")

    def listen(self):
        """A listener of the test's own, on none of the ports that servers have yet to bind."""
        refused = []
        try:
            while True:
                listener = socket.create_server((self.address, 0))
                port = listener.getsockname()[1]
                if port not in self.given:
                    self.given.add(port)
                    return listener
                refused.append(listener)
        finally:
            for listener in refused:
                listener.close()


# ------------------------------------------------------------------ one server

HOLDS_MAIL = ("backend", "unified")


class Instance:
    """One master with its services. role: mupdate, backend, frontend or unified (both)."""

    def __init__(self, murder, name, role):
        self.murder = murder
        self.name = name
        self.role = role
        self.dir = os.path.join(murder.dir, name)
        self.imapd_conf = os.path.join(self.dir, "imapd.conf")
        self.cyrus_conf = os.path.join(self.dir, "cyrus.conf")
        self.log = os.path.join(self.dir, "log")
        self.process = None
        self.ports = {}
        self.extra = {}     # options set last, by tests
        self.services = {}  # entry name -> "cmd=... listen=..." line, by tests

    def address(self, service):
        return (self.murder.address, self.ports[service])

    def host_port(self, service):
        return "%s:%d" % self.address(service)

    # --- configuration
    def options(self):
        m = self.murder
        o = {
            "configdirectory": os.path.join(self.dir, "conf"),
            "servername": self.name,
            "admins": "cyrus",
            "sasl_pwcheck_method": "auxprop",
            "sasl_auxprop_plugin": "sasldb",
            "sasl_sasldb_path": os.path.join(m.dir, "sasldb2"),
            "sasl_mech_list": "PLAIN",
            "allowplaintext": "yes",
            "unixhierarchysep": "no",
            "altnamespace": "no",
            "failedloginpause": "0",
            "master_ready_file": os.path.join(self.dir, "ready"),
            "syslog_prefix": self.name,
        }
        if os.geteuid() == 0:
            o["cyrus_user"] = m.owner
        if m.tls:
            o["tls_server_cert"] = os.path.join(m.dir, "tls", "cert.pem")
            o["tls_server_key"] = os.path.join(m.dir, "tls", "key.pem")
            o["tls_client_ca_file"] = os.path.join(m.dir, "tls", "cert.pem")
        if self.role == "mupdate":
            o["admins"] = " ".join(["cyrus"] + [i.name for i in m.instances if i is not self])
            o["mupdate_connections_max"] = "1024"
        else:
            for i in m.instances:
                if i.role == "mupdate":
                    o["mupdate_server"] = i.host_port("mupdate")
            o["mupdate_authname"] = self.name
            o["mupdate_username"] = self.name
            o["mupdate_password"] = m.node_password
            o["mupdate_retry_delay"] = "2"
            o["proxy_authname"] = "murder"
            o["proxy_password"] = m.node_password
            for b in m.backends:
                o["%s_address" % b.name] = " ".join(
                    "%s=%s" % (service, b.host_port(service))
                    for service in ("imap", "lmtp", "sieve", "pop3", "nntp") if service in b.ports)
        if self.role == "unified":
            o["mupdate_config"] = "unified"
        if self.role in HOLDS_MAIL:
            o["admins"] = "cyrus murder"
            o["partition-default"] = os.path.join(self.dir, "spool")
            o["defaultpartition"] = "default"
            o["lmtp_admins"] = "cyrus murder"
            o["proxyservers"] = "murder"
            o["allowallsubscribe"] = "yes"
            o["duplicatesuppression"] = "no"
        if self.role == "unified":
            del o["allowallsubscribe"]  # its list has all mailboxes
        if self.role in ("frontend", "unified"):
            o["serverlist"] = " ".join(b.name for b in m.backends) or None
            o["serverlist_select_mode"] = "random"
        o.update(m.extra)
        o.update(self.extra)
        return o

    def service_lines(self):
        conf = "-C " + self.imapd_conf
        s = {}
        if self.role == "mupdate":
            s["mupdate"] = 'cmd="mupdate %s -m" listen="%s" prefork=1' % (
                conf, self.host_port("mupdate"))
        elif self.role in HOLDS_MAIL:
            s["imap"] = 'cmd="imapd %s" listen="%s" prefork=%d babysit=%d' % (
                conf, self.host_port("imap"), self.murder.prefork, self.murder.babysit)
            s["lmtp"] = 'cmd="lmtpd %s" listen="%s" prefork=0' % (conf, self.host_port("lmtp"))
            s["lmtpa"] = 'cmd="lmtpd %s -a" listen="%s" prefork=0' % (
                conf, self.host_port("lmtpa"))
        if self.role in ("frontend", "unified"):
            s["mupdate"] = 'cmd="mupdate %s" listen="%s" prefork=1' % (
                conf, self.host_port("mupdate"))
        if self.role == "frontend":
            s["imap"] = 'cmd="proxyd %s" listen="%s" prefork=%d' % (
                conf, self.host_port("imap"), self.murder.prefork)
            s["lmtp"] = 'cmd="lmtpproxyd %s" listen="%s" prefork=0' % (
                conf, self.host_port("lmtp"))
            s["lmtpa"] = 'cmd="lmtpproxyd %s -a" listen="%s" prefork=0' % (
                conf, self.host_port("lmtpa"))
        if "sieve" in self.ports:
            s["sieve"] = 'cmd="timsieved %s" listen="%s" prefork=0' % (
                conf, self.host_port("sieve"))
        if "pop3" in self.ports:
            s["pop3"] = 'cmd="pop3d %s" listen="%s" prefork=0' % (conf, self.host_port("pop3"))
        if "nntp" in self.ports:
            s["nntp"] = 'cmd="nntpd %s" listen="%s" prefork=0' % (conf, self.host_port("nntp"))
        s.update(self.services)
        return {k: v for k, v in s.items() if v}

    def take_ports(self):
        names = {"mupdate": ("mupdate",), "backend": ("imap", "lmtp", "lmtpa"),
                 "frontend": ("imap", "lmtp", "lmtpa", "mupdate"),
                 "unified": ("imap", "lmtp", "lmtpa", "mupdate")}[self.role]
        if self.murder.sieve and self.role != "mupdate":
            names += ("sieve",)
        if self.murder.pop3 and self.role != "mupdate":
            names += ("pop3",)
        if self.murder.nntp and self.role != "mupdate":
            names += ("nntp",)
        for n in names:
            self.ports.setdefault(n, self.murder.ports.take(self.murder.wanted_port(self, n)))

    def write(self):
        for sub in ("", "conf", "conf/socket", "conf/msg", "conf/proc", "spool", "sock"):
            os.makedirs(os.path.join(self.dir, sub), exist_ok=True)
        start = ['recover cmd="ctl_cyrusdb -C %s -r"' % self.imapd_conf]
        if self.role in HOLDS_MAIL:
            start.append('mupdatepush cmd="ctl_mboxlist -C %s -m"' % self.imapd_conf)
        with open(self.imapd_conf, "w") as f:
            for key, value in self.options().items():
                if value is not None:
                    f.write("%s: %s\n" % (key, value))
        with open(self.cyrus_conf, "w") as f:
            f.write("START {\n")
            f.writelines("  %s\n" % line for line in start)
            f.write("}\nSERVICES {\n")
            f.writelines("  %s %s\n" % kv for kv in self.service_lines().items())
            f.write("}\nEVENTS {\n  checkpoint cmd=\"ctl_cyrusdb -C %s -c\" period=180 at=0401\n"
                    % self.imapd_conf)
            if not self.murder.submits and self.role in HOLDS_MAIL:
                # Instead of master's own.
                f.write("  submit cmd=\"rookery-submit -C %s\" period=180 at=0401\n"
                        % self.imapd_conf)
            if self.options().get("newspeer"):
                f.write("  feed cmd=\"rookery-feed -C %s\" period=180 at=0401\n"
                        % self.imapd_conf)
            f.write("}\n")
        self.murder.give(self.dir)

    # --- life
    def start(self, wait=True):
        self.write()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(self.dir, "ready"))
        env = dict(os.environ, ROOKERY_LOG=self.log)
        env.update(self.murder.environment)
        out = open(os.path.join(self.dir, "master.out"), "ab")
        self.process = subprocess.Popen(
            [os.path.join(self.murder.bin, "master"), "-C", self.imapd_conf, "-M", self.cyrus_conf,
             "-p", os.path.join(self.dir, "master.pid"), "-D"],
            stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env, cwd=self.dir,
            start_new_session=True)
        out.close()
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self):
        def ready():
            if self.process and self.process.poll() is not None:
                raise RuntimeError("%s: master exited %d\n%s" % (
                    self.name, self.process.returncode, self.tail()))
            return os.path.exists(os.path.join(self.dir, "ready"))
        wait_for(ready, "%s: master is not ready\n%s" % (self.name, self.tail()))
        if "mupdate" in self.ports and "mupdate" in self.service_lines():
            self.wait_banner("mupdate")

    def wait_banner(self, service):
        """A server that speaks on its port: a replica does so after its first sync."""
        def spoke():
            with contextlib.suppress(OSError), socket.create_connection(
                    self.address(service), 5) as s:
                s.settimeout(5)
                return s.recv(1) != b""
            return False
        wait_for(spoke, "%s: no banner on %s\n%s" % (self.name, service, self.tail()))

    def pid(self):
        if self.process:
            return self.process.pid
        try:
            with open(os.path.join(self.dir, "master.pid")) as f:
                return int(f.read())
        except (OSError, ValueError):
            return None

    def descendants(self):
        """Every process below this master (and it), by /proc; the master alone elsewhere."""
        root = self.pid()
        if root is None:
            return []
        children = {}
        try:
            for p in os.listdir("/proc"):
                if p.isdigit():
                    with contextlib.suppress(OSError, IndexError), open("/proc/%s/stat" % p) as f:
                        children.setdefault(int(f.read().rsplit(")", 1)[1].split()[1]),
                                            []).append(int(p))
        except OSError:
            return [root]
        todo, found = [root], []
        while todo:
            p = todo.pop()
            found.append(p)
            todo += children.get(p, [])
        return found

    def processes(self, program):
        """Pids below this master whose program is this one."""
        found = []
        for p in self.descendants():
            with contextlib.suppress(OSError), open("/proc/%d/cmdline" % p, "rb") as f:
                words = f.read().split(b"\0")
                if words and os.path.basename(words[0].split(b":")[0]).decode() == program:
                    found.append(p)
        return found

    def workers(self, program):
        """The same without the template, from which they are forked."""
        pids = self.processes(program)
        parents = set()
        for p in pids:
            with contextlib.suppress(OSError), open("/proc/%d/stat" % p) as f:
                parents.add(int(f.read().rsplit(")", 1)[1].split()[1]))
        return [p for p in pids if p not in parents]

    def stop(self, sig=signal.SIGTERM):
        pid = self.pid()
        if pid is None:
            return
        tree = self.descendants()
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sig)
        if sig == signal.SIGKILL:
            for p in tree:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(p, sig)

        def gone():
            if self.process:
                self.process.poll()
            return not any(alive(p) for p in tree)
        try:
            wait_for(gone, "stop", 15)
        except TimeoutError:
            for p in tree:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(p, signal.SIGKILL)
            with contextlib.suppress(TimeoutError):
                wait_for(gone, "kill", 5)
            if sig == signal.SIGTERM and self.murder.strict:
                raise RuntimeError("%s did not stop by SIGTERM\n%s" % (self.name, self.tail()))
        finally:
            if self.process:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(5)
            self.process = None
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(self.dir, "master.pid"))

    def as_owner(self):
        """How a process of the unprivileged user is started."""
        how = {"cwd": self.dir, "env": dict(os.environ, ROOKERY_LOG=self.log)}
        if os.geteuid() == 0:
            how["user"] = self.murder.owner
            how["group"] = pwd.getpwnam(self.murder.owner).pw_gid
            how["extra_groups"] = []
        return how

    def run(self, program, *arguments, check=True, **kw):
        """A tool with this instance's configuration, as the unprivileged user."""
        command = [os.path.join(self.murder.bin, program), "-C", self.imapd_conf, *arguments]
        kw.setdefault("stdout", subprocess.PIPE)
        kw.setdefault("stderr", subprocess.STDOUT)
        kw.setdefault("timeout", DEADLINE)
        done = subprocess.run(command, text=True, **self.as_owner(), **kw)
        if check and done.returncode != 0:
            raise RuntimeError("%s: exit %d: %s" % (" ".join(command), done.returncode,
                                                    done.stdout))
        return done

    def tail(self, lines=40):
        text = ""
        for name in ("master.out", "log"):
            with contextlib.suppress(OSError), open(os.path.join(self.dir, name),
                                                    errors="replace") as f:
                text += "--- %s/%s\n%s" % (self.name, name, "".join(f.readlines()[-lines:]))
        return text


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with contextlib.suppress(OSError), open("/proc/%d/stat" % pid) as f:
        return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    return True


# ------------------------------------------------------------------ the murder

class Murder:
    """backends, frontends: how many. unified: no frontends, the backends are both.

    extra: imapd.conf options for all (None removes one). sieve, pop3: with timsieved, pop3d
    everywhere.
    """

    # For a test to run again in a unified murder: the name of the server that is its frontend.
    front = os.environ.get("ROOKERY_TEST_FRONT")

    def __init__(self, dir=None, backends=2, frontends=1, unified=False, master=True, bin=None,
                 extra=None, prefork=1, tls=False, owner=None, start=True, strict=True,
                 wanted_ports=None, environment=None, password="pw", babysit=False,
                 submits=False, sieve=False, pop3=False, nntp=False):
        self.temporary = dir is None
        self.dir = dir or tempfile.mkdtemp(prefix="rookery-murder-")
        os.chmod(self.dir, 0o755)
        self.owner = owner or unprivileged_user()
        self.extra = extra or {}
        self.prefork = prefork
        self.babysit = babysit  # imapd may die as often as it likes
        self.submits = submits  # master's own rookery-submit runs, each minute
        self.tls = tls
        self.sieve = sieve
        self.pop3 = pop3
        self.nntp = nntp
        self.strict = strict
        self.environment = environment or {}
        self.wanted_ports = wanted_ports or {}
        self.password = password
        self.passwords = {}
        self.node_password = secrets.token_urlsafe(12)
        self.address = "127.0.0.1" if wanted_ports else own_loopback()
        self.ports = Ports(self.address)
        self.bin = bin or stage(os.path.join(self.dir, "bin"))
        self.instances = []
        if self.front and frontends:
            unified = True
            backends = max(backends, int(self.front[-1]))
        if unified:
            frontends = 0
        if master:
            self.instances.append(Instance(self, "mupdate", "mupdate"))
        self.instances += [Instance(self, "backend%d" % i, "unified" if unified else "backend")
                           for i in range(1, backends + 1)]
        self.instances += [Instance(self, "frontend%d" % i, "frontend")
                           for i in range(1, frontends + 1)]
        for i in self.instances:
            i.take_ports()
        if start:
            self.start()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            for i in self.instances:
                sys.stderr.write(i.tail())
        self.stop()
        return False

    def __getitem__(self, name):
        for i in self.instances:
            if i.name == name:
                return i
        if self.front and name.startswith("frontend"):
            return self[self.front]
        raise KeyError(name)

    @property
    def backends(self):
        """The servers that hold mail."""
        return [i for i in self.instances if i.role in HOLDS_MAIL]

    @property
    def frontends(self):
        return [i for i in self.instances if i.role == "frontend"] or (
            [self[self.front]] if self.front else [])

    def wanted_port(self, instance, service):
        return self.wanted_ports.get((instance.name, service))

    def give(self, path):
        """The tree below path belongs to the daemons' user."""
        if os.geteuid() != 0:
            return
        who = pwd.getpwnam(self.owner)
        for folder, _, files in os.walk(path):
            os.chown(folder, who.pw_uid, who.pw_gid)
            for f in files:
                os.chown(os.path.join(folder, f), who.pw_uid, who.pw_gid, follow_symlinks=False)

    def start(self):
        for i in self.instances:
            i.write()
        if self.tls:
            self.make_certificate()
        if not os.path.exists(os.path.join(self.dir, "sasldb2")):
            nodes = [i.name for i in self.instances if i.role != "mupdate"]
            self.set_passwords({**{n: self.node_password for n in nodes + ["murder"]},
                                "cyrus": self.passwords.get("cyrus", self.password)})
        masters = [i for i in self.instances if i.role == "mupdate"]
        for i in masters:
            i.start()
        others = [i for i in self.instances if i.role != "mupdate"]
        for i in others:
            i.start(wait=False)
        for i in others:
            i.wait_ready()

    def stop(self):
        error = None
        for i in reversed(self.instances):
            try:
                i.stop()
            except RuntimeError as e:
                error = e
        if self.temporary:
            shutil.rmtree(self.dir, ignore_errors=True)
        if error:
            raise error

    def make_certificate(self):
        folder = os.path.join(self.dir, "tls")
        os.makedirs(folder, exist_ok=True)
        names = ",".join("DNS:" + i.name for i in self.instances)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "365", "-subj", "/CN=Rookery loopback murder",
             "-addext", "subjectAltName=%s,DNS:localhost,IP:%s" % (names, self.address),
             "-keyout", os.path.join(folder, "key.pem"), "-out", os.path.join(folder, "cert.pem")],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.give(folder)

    # --- users
    def set_passwords(self, users):
        """name -> password, at every server (sasldb keys are user and servername)."""
        first = self.instances[0]
        self.passwords.update(users)
        os.chmod(self.dir, 0o755)
        if os.geteuid() == 0:
            who = pwd.getpwnam(self.owner)
            os.chown(self.dir, who.pw_uid, who.pw_gid)
        for user, password in users.items():
            for i in self.instances:
                first.run("rookery-passwd", "-u", i.name, user, input=password + "\n")

    def add_user(self, name, backend=1, password=None):
        self.set_passwords({name: password or self.password})
        with self.imap(self.backends[backend - 1].name, "cyrus") as c:
            check(c.create("user.%s" % name))

    # --- clients
    def imap(self, instance, user=None, password=None):
        c = imaplib.IMAP4(*self[instance].address("imap"), timeout=DEADLINE)
        if user:
            check(c.login(user, password or self.passwords.get(user, self.password)))
        return c

    def lmtp(self, instance="frontend1"):
        return Lmtp(*self[instance].address("lmtpa"), timeout=DEADLINE)

    def deliver(self, message, recipients, instance="frontend1", sender="sender@example.org"):
        """Delivers; the refused recipients: {address: (code, text)}."""
        with self.lmtp(instance) as c:
            return c.deliver(sender, recipients, message)


class Lmtp(smtplib.LMTP):
    """smtplib's client, with LMTP's one reply for each recipient (RFC 2033), which it lacks."""

    def deliver(self, sender, recipients, message, options=()):
        self.ehlo_or_helo_if_needed()
        code, text = self.mail(sender, options)
        if code != 250:
            raise smtplib.SMTPSenderRefused(code, text, sender)
        refused, accepted = {}, []
        for r in recipients:
            code, text = self.rcpt(r)
            if code == 250:
                accepted.append(r)
            else:
                refused[r] = (code, text)
        if not accepted:
            self.rset()
            return refused
        self.putcmd("data")
        code, text = self.getreply()
        if code != 354:
            raise smtplib.SMTPDataError(code, text)
        body = re.sub(rb"\r?\n", b"\r\n", message)
        body = re.sub(rb"(?m)^\.", b"..", body)
        self.send(body + (b"" if body.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        for r in accepted:
            code, text = self.getreply()
            if code != 250:
                refused[r] = (code, text)
        return refused


def check(answer):
    """The data of an imaplib answer that must be OK (or BYE)."""
    if answer[0] not in ("OK", "BYE"):
        raise AssertionError(answer)
    return answer[1]
