#!/usr/bin/env python3
"""Machines of their own on one machine: each has its name, address, standard ports, /etc, /var and
processes, as root has them there, and none of it is seen outside.

    hosts.require()                                  # a Skip where namespaces are not permitted
    with hosts.Network({"mail1": "192.0.2.11"}, domain="example.org") as net:
        net["mail1"].run("hostname")                 # a Done: status, output
    hosts.Network(machines, domain, hosts.System("/srv/bookworm"))

The programs are the build's and the rest the real machine's; with a System all is that system's.
Each of its machines may change any file of it; what it has changed is its own, and in memory.

A machine is a network, mount, UTS and process namespace. Its first process is this file: it makes
the mounts, collects whoever is orphaned and what is said to /dev/log, and ends, with all that runs
there, when the test is gone. Machines hear each other through a bridge in a namespace that has
nothing else; no address of the real machine can be reached.
"""
import concurrent.futures
import contextlib
import ctypes
import grp
import json
import os
import pwd
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
import murder

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# What a machine has of its own, empty at first.
EMPTY = ("/var/lib", "/var/spool", "/var/backups", "/var/tmp", "/srv", "/run", "/mnt",
         "/usr/libexec")
DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts")
# What the real machine may have of the same kind.
LEFT_OUT = ("sasldb2", "imapd.conf", "cyrus.conf", "krb5.conf", "krb5.keytab")
DAEMONS_USER = "cyrus"
DAEMONS_UID = 64021
LIBC = ctypes.CDLL(None, use_errno=True)
LSB = "/lib/lsb/init-functions"


def told_to_configure():
    """What it found and was told, by the names of its variables."""
    with open(os.path.join(murder.BUILD, "config.status")) as f:
        return dict(re.findall(r'^S\["(\w+)"\]="(.*)"$', f.read(), re.M))


def configured():
    """Where configure was told that things are: libexecdir and its like."""
    told = told_to_configure()

    def expanded(text):
        while (found := re.search(r"\$\{(\w+)\}", text)):
            text = text.replace(found[0], told[found[1]])
        return text
    return {name: expanded(text) for name, text in told.items() if name.endswith("dir")}


def sysconfdir():
    """Where the programs look for their configuration, as configure was told."""
    return configured()["sysconfdir"]


def require():
    if os.geteuid() != 0:
        raise harness.Skip("only root can make machines with their own /etc and standard ports")
    for program in ("ip", "unshare", "nsenter", "mount", "service", "start-stop-daemon"):
        if not shutil.which(program, path=PATH):
            raise harness.Skip("%s is not installed" % program)
    if not os.path.exists(LSB):
        raise harness.Skip("there is no %s for init scripts" % LSB)
    if not os.path.isdir(sysconfdir()):
        raise harness.Skip("there is no %s, where programs look for their files" % sysconfdir())
    tried = subprocess.run(["unshare", "--net", "--mount", "--uts", "--pid", "--fork", "sh", "-c",
                            "mount -t tmpfs none /mnt && ip link add br0 type bridge && "
                            "ip link add veth0 type veth peer name veth1"],
                           env={"PATH": PATH}, text=True, capture_output=True)
    if tried.returncode != 0:
        raise harness.Skip("namespaces are not permitted here: " + tried.stderr)


def require_system():
    """For machines with a System."""
    require()
    tried = subprocess.run(
        ["unshare", "--mount", "sh", "-c",
         "mount -t tmpfs none /mnt && mkdir /mnt/a /mnt/b /mnt/c && "
         "mount -t overlay -o lowerdir=/usr,upperdir=/mnt/a,workdir=/mnt/b none /mnt/c"],
        env={"PATH": PATH}, text=True, capture_output=True)
    if tried.returncode != 0:
        raise harness.Skip("file systems cannot be laid over others here: " + tried.stderr)


class System:
    """A whole system below root. added: a folder whose files stand over the system's own."""

    def __init__(self, root, added=None):
        self.root = root
        self.added = added


class Done:
    def __init__(self, status, output):
        self.status = status
        self.output = output


def only_child(pid):
    """The process that unshare(1) has started, as it is called out here."""
    def found():
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            return f.read().split()
    return int(murder.wait_for(found, "the first process of a machine")[0])


class Machine:
    def __init__(self, network, name, address):
        self.network = network
        self.name = name
        self.host = "%s.%s" % (name, network.domain)
        self.address = address
        self.dir = os.path.join(network.dir, name)
        self.log = os.path.join(self.dir, "log")
        os.mkdir(self.dir)
        self.pid = None
        system = network.system
        if system:
            told = {"root": system.root, "added": system.added}
        else:
            self.copy_etc()
            told = {"bin": network.bin, "etc": sysconfdir()}
        self.process = subprocess.Popen(
            ["unshare", "--net", "--mount", "--uts", "--pid", "--fork", "--kill-child",
             "--mount-proc", sys.executable, os.path.abspath(__file__),
             json.dumps(dict(told, host=self.host, dir=self.dir))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"PATH": PATH})

    def copy_etc(self):
        etc = self.path("/etc")
        subprocess.run(["cp", "-a", "/etc/.", etc], check=True)
        for name in LEFT_OUT:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(etc, name))
        try:
            pwd.getpwnam(DAEMONS_USER)
        except KeyError:
            with open(os.path.join(etc, "passwd"), "a") as f:
                f.write("%s:x:%d:8::/var/lib/rookery:/usr/sbin/nologin\n"
                        % (DAEMONS_USER, DAEMONS_UID))
        # As the package has it: passwords stand in it.
        conf = os.path.join(etc, "imapd.conf")
        os.close(os.open(conf, os.O_CREAT, 0o640))
        os.chown(conf, 0, grp.getgrnam("mail").gr_gid)
        script = os.path.join(etc, "init.d", "rookery")
        shutil.copy(os.path.join(murder.SOURCE, "dist/debian/rookery-common.rookery.init"), script)
        os.chmod(script, 0o755)

    def write_names(self):
        with open(self.path("/etc/hosts"), "w") as f:
            f.write("127.0.0.1 localhost\n")
        with open(self.path("/etc/hostname"), "w") as f:
            f.write(self.host + "\n")

    def path(self, inside):
        """Where a file of the machine is from outside."""
        if self.network.system:
            return "/proc/%d/root%s" % (self.pid, inside)
        for own in ("/etc",) + EMPTY:
            if inside == own or inside.startswith(own + "/"):
                return os.path.join(self.dir, own[1:].replace("/", "_")) + inside[len(own):]
        raise ValueError(inside + " is no file of the machine's own")

    def wait_started(self):
        if self.process.stdout.readline() != b"ready\n":
            raise RuntimeError("%s did not start" % self.name)
        self.pid = only_child(self.process.pid)
        self.write_names()

    def connect(self):
        """The cable to the bridge, and the address."""
        self.network.on_bridge("ip", "link", "add", "to-" + self.name, "type", "veth", "peer",
                               "name", "eth0", "netns", str(self.pid))
        self.network.on_bridge("ip", "link", "set", "to-" + self.name, "master", "br0", "up")
        for words in (("addr", "add", self.address + "/24", "dev", "eth0"),
                      ("link", "set", "eth0", "up")):
            subprocess.run(["nsenter", "-t", str(self.pid), "--net", "ip", *words], check=True,
                           env={"PATH": PATH})

    def run(self, script, input="", deadline=None):
        """The script, by sh -e as root, in a folder of its own: what it prints, and its status."""
        with tempfile.TemporaryFile("w+", dir=self.network.dir) as out, \
                tempfile.TemporaryFile("w+", dir=self.network.dir) as given:
            given.write(input)
            given.seek(0)
            # A daemon that it leaves may keep the file open, which nobody waits for.
            status = subprocess.run(
                ["nsenter", "-t", str(self.pid), "--net", "--mount", "--uts", "--pid", "--root",
                 "--wd", "sh", "-e", "-c", script], stdin=given, stdout=out,
                stderr=subprocess.STDOUT, timeout=deadline or murder.DEADLINE,
                env={"PATH": PATH, "HOME": "/mnt", "LC_ALL": "C.UTF-8"}).returncode
            out.seek(0)
            return Done(status, out.read())

    def visit(self, call):
        """What call returns. The sockets that it makes are this machine's, also later."""
        def there():
            with open("/proc/%d/ns/net" % self.pid) as f:
                if LIBC.setns(f.fileno(), 0) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            return call()
        # A namespace is a thread's, and this thread ends.
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            return pool.submit(there).result()

    def messages(self):
        with open(self.log, errors="replace") as f:
            return f.read()

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(murder.DEADLINE)
        finally:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()


class Network:
    """machines: name -> IPv4 address, all in one /24. system: None = the real machine's."""

    def __init__(self, machines, domain, system=None):
        self.domain = domain
        self.system = system
        self.dir = tempfile.mkdtemp(prefix="rookery-hosts-")
        os.chmod(self.dir, 0o755)
        hidden = os.path.abspath(murder.BUILD).startswith(tuple(own + "/" for own in EMPTY))
        self.bin = None if system else murder.stage(os.path.join(self.dir, "bin"), copy=hidden)
        self.machines = {}
        self.bridge = subprocess.Popen(["unshare", "--net", "cat"], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE)
        try:
            self.bridge.stdin.write(b"ready\n")
            self.bridge.stdin.flush()
            self.bridge.stdout.readline()  # cat runs, so it is in its namespace
            self.on_bridge("ip", "link", "add", "br0", "type", "bridge")
            self.on_bridge("ip", "link", "set", "br0", "up")
            for name, address in machines.items():
                self.machines[name] = Machine(self, name, address)
            for machine in self.machines.values():
                machine.wait_started()
                machine.connect()
        except BaseException:
            self.stop()
            raise

    def on_bridge(self, *command):
        subprocess.run(["nsenter", "-t", str(self.bridge.pid), "--net", *command], check=True,
                       env={"PATH": PATH})

    def __getitem__(self, name):
        return self.machines[name]

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            self.tell()
        self.stop()

    @contextlib.contextmanager
    def telling(self):
        """The logs, if what is done inside fails."""
        try:
            yield
        except BaseException:
            self.tell()
            raise

    def tell(self):
        for machine in self.machines.values():
            lines = machine.messages().splitlines()[-40:]
            sys.stderr.write("--- log of %s\n%s\n" % (machine.name, "\n".join(lines)))

    def stop(self):
        for machine in self.machines.values():
            machine.stop()
        self.bridge.stdin.close()
        self.bridge.wait(murder.DEADLINE)
        self.bridge.stdout.close()
        shutil.rmtree(self.dir, ignore_errors=True)


# ------------------------------------------------------------------ the first process there

def mount(*words):
    subprocess.run(["mount", *words], check=True)


def make_mounts(folder, programs, etc):
    for own in EMPTY:
        place = os.path.join(folder, own[1:].replace("/", "_"))
        os.mkdir(place)
        if own == "/usr/libexec":
            os.symlink("/usr/local/sbin", os.path.join(place, "rookery"))
        mount("--bind", place, own)
    mount("--bind", os.path.join(folder, "etc"), "/etc")
    if etc != "/etc":
        mount("--bind", "/etc", etc)
    mount("--bind", programs, "/usr/local/sbin")
    os.chmod("/var/tmp", 0o1777)
    for name in ("lib", "spool"):
        os.mkdir("/var/%s/rookery" % name, 0o750)
        shutil.chown("/var/%s/rookery" % name, DAEMONS_USER, "mail")
    devices = os.path.join(folder, "dev")
    make_devices(devices)
    mount("--rbind", devices, "/dev")


def make_devices(devices):
    os.makedirs(devices, exist_ok=True)
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", devices)
    for name in DEVICES:
        if not os.path.exists("/dev/" + name):
            continue
        place = os.path.join(devices, name)
        if os.path.isdir("/dev/" + name):
            os.mkdir(place)
        else:
            os.close(os.open(place, os.O_CREAT))
        mount("--bind", "/dev/" + name, place)
    os.symlink("/proc/self/fd", os.path.join(devices, "fd"))


def enter_system(folder, root, added):
    """What is written goes to memory: not every file system can be written over another."""
    place = os.path.join(folder, "system")
    os.mkdir(place)
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", place)
    written, work, seen = (os.path.join(place, name) for name in ("written", "work", "seen"))
    for path in (written, work, seen):
        os.mkdir(path, 0o755)
    if added:
        subprocess.run(["cp", "-a", added + "/.", written], check=True)
    mount("-t", "overlay", "-o", "lowerdir=%s,upperdir=%s,workdir=%s" % (root, written, work),
          "overlay", seen)
    mount("-t", "proc", "proc", os.path.join(seen, "proc"))
    for name, mode in (("run", "755"), ("tmp", "1777"), ("mnt", "755")):
        mount("-t", "tmpfs", "-o", "mode=" + mode, "tmpfs", os.path.join(seen, name))
    make_devices(os.path.join(seen, "dev"))
    os.chroot(seen)


def first_process(host, dir, bin=None, etc=None, root=None, added=None):
    os.umask(0o022)
    socket.sethostname(host)
    kept = open(os.path.join(dir, "log"), "ab", buffering=0)
    if root:
        enter_system(dir, root, added)
    else:
        make_mounts(dir, bin, etc)
    os.chdir("/mnt")  # where scripts begin
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    log.bind("/dev/log")
    os.chmod("/dev/log", 0o666)
    # SIGCHLD wakes the poll; who is orphaned is this process' child.
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    poll = select.poll()
    for fd in (0, woken, log.fileno()):
        poll.register(fd, select.POLLIN | select.POLLHUP)
    print("ready", flush=True)
    while True:
        for fd, _ in poll.poll():
            if fd == 0:
                return
            if fd == woken:
                os.read(woken, 512)
            else:
                kept.write(log.recv(65536) + b"\n")
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass


if __name__ == "__main__":
    first_process(**json.loads(sys.argv[1]))
