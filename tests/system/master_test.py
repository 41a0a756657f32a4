#!/usr/bin/env python3
"""master and the prefork skeleton, with a service that echoes."""
import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from unittest import mock

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder
from murder import wait_for

BUILD = murder.BUILD
USER = murder.unprivileged_user()


class Client:
    def __init__(self, address):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(murder.DEADLINE)
        self.socket.connect(address)
        self.file = self.socket.makefile("rwb")
        hello = self.line().split(" ")
        assert hello[0] == "hello", hello
        self.text, self.servername, self.service = hello[1:4]
        self.host = " ".join(hello[4:-3])
        self.worker, self.template, self.uid = (int(n) for n in hello[-3:])

    def line(self):
        return self.file.readline().decode().rstrip("\n")

    def say(self, text):
        self.file.write(text.encode() + b"\n")
        self.file.flush()

    def ask(self, text):
        self.say(text)
        return self.line()

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Master:
    """One master in a folder of its own."""

    def __init__(self, services="", start="", events="", daemons="", options="", as_user=False):
        self.dir = tempfile.mkdtemp(prefix="rk-")
        os.chmod(self.dir, 0o755)
        self.bin = os.path.join(self.dir, "bin")
        os.mkdir(self.bin)
        for program in ("master/master", "tests/support/echo_service"):
            target = os.path.join(self.bin, os.path.basename(program))
            shutil.copy2(os.path.join(BUILD, program), target)
            os.chmod(target, 0o755)
        self.conf = os.path.join(self.dir, "conf")
        os.mkdir(self.conf)
        self.as_user = as_user
        if os.geteuid() == 0:
            user = pwd.getpwnam(USER)
            os.chown(self.conf, user.pw_uid, user.pw_gid)
            if as_user:
                os.chown(self.dir, user.pw_uid, user.pw_gid)
        self.port = murder.Ports("127.0.0.1").take()
        self.second_port = murder.Ports("127.0.0.1").take()
        self.pid_file = self.path("pid")
        self.ready = self.path("ready")
        self.log = self.path("log")
        self.options = options
        self.process = None
        self.write(services, start, events, daemons)
        self.write_imapd()

    def path(self, name):
        return os.path.join(self.dir, name)

    def write_imapd(self, more=""):
        with open(self.path("imapd.conf"), "w") as f:
            f.write("configdirectory: %s\nservername: one\n" % self.conf)
            if os.geteuid() == 0 and not self.as_user:
                f.write("cyrus_user: %s\n" % USER)
            f.write(self.options + more)

    def write(self, services, start="", events="", daemons=""):
        text = "START {\n%s\n}\nSERVICES {\n%s\n}\nEVENTS {\n%s\n}\nDAEMON {\n%s\n}\n" % (
            start, services, events, daemons)
        text = text.replace("PORT2", str(self.second_port)).replace("PORT", str(self.port))
        with open(self.path("cyrus.conf"), "w") as f:
            f.write(text.replace("DIR", self.dir))

    def command(self, *extra):
        return [os.path.join(self.bin, "master"), "-C", self.path("imapd.conf"), "-M",
                self.path("cyrus.conf"), "-p", self.pid_file, "-r", self.ready, *extra]

    def start(self, *extra, wait=True):
        drop = None
        if self.as_user and os.geteuid() == 0:
            user = pwd.getpwnam(USER)

            def drop():
                os.setgroups([])
                os.setgid(user.pw_gid)
                os.setuid(user.pw_uid)
        self.process = subprocess.Popen(self.command("-L", self.log, "-v", *extra),
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True, cwd=self.dir,
                                        preexec_fn=drop)
        if wait:
            wait_for(lambda: os.path.exists(self.ready) or self.process.poll() is not None,
                     "master is ready")
            assert self.process.poll() is None, self.process.stderr.read() + self.logged()
        return self

    def logged(self):
        with contextlib.suppress(OSError), open(self.log) as f:
            return f.read()
        return ""

    def wait_log(self, text, times=1):
        wait_for(lambda: self.logged().count(text) >= times, "log has %r:\n" % text + self.logged())

    def client(self, port=None):
        return Client(("127.0.0.1", port or self.port))

    def hup(self):
        self.process.send_signal(signal.SIGHUP)

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        self.process.wait(murder.DEADLINE)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            print(self.logged())
        if self.process is not None:
            if self.process.poll() is None:
                self.process.terminate()
                try:
                    self.process.wait(5)
                except subprocess.TimeoutExpired:
                    self.process.kill()
                    self.process.wait()
            self.process.stderr.close()
        shutil.rmtree(self.dir, ignore_errors=True)


def alive(pid):
    """True while pid runs; a zombie that nobody has waited for yet does not."""
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    with contextlib.suppress(OSError), open("/proc/%d/stat" % pid) as f:
        return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    return True


ECHO = 'echo cmd="echo_service -t first" listen="127.0.0.1:PORT" prefork=1'


def test_serves_and_ends():
    with Master(ECHO) as m:
        m.start()
        with open(m.pid_file) as f:
            assert f.read() == "%d\n" % m.process.pid
        with m.client() as c:
            assert (c.text, c.servername, c.service) == ("first", "one", "echo")
            assert c.host == "[127.0.0.1]", c.host
            assert c.uid == pwd.getpwnam(USER).pw_uid and c.uid != 0
            assert c.ask("abc") == "first abc"
            assert c.worker != c.template
            m.process.terminate()
            assert c.line() == "bye"
        assert m.process.wait(murder.DEADLINE) == 0
        assert not os.path.exists(m.ready) and os.path.getsize(m.pid_file) == 0
        wait_for(lambda: not alive(c.worker) and not alive(c.template), "all processes are gone")


def test_a_service_manager_is_told():
    for abstract in (False, True):
        with Master(ECHO) as m, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            path = m.path("notify")
            manager.bind("\0" + path if abstract else path)
            manager.settimeout(murder.DEADLINE)
            if not abstract:
                os.chmod(path, 0o777)
            with mock.patch.dict(os.environ, NOTIFY_SOCKET="@" + path if abstract else path):
                m.start()
            assert manager.recv(100) == b"READY=1"
            with m.client() as c, open("/proc/%d/environ" % c.worker) as f:
                assert c.text == "first" and "NOTIFY_SOCKET" not in f.read()
            m.process.terminate()
            assert manager.recv(100) == b"STOPPING=1"
            assert m.process.wait(murder.DEADLINE) == 0


def test_as_an_ordinary_user():
    with Master(ECHO, as_user=True) as m:
        m.start()
        with m.client() as c:
            assert c.uid == pwd.getpwnam(USER).pw_uid
        m.stop()
        assert m.process.returncode == 0


def test_daemons_refuse_root():
    if os.geteuid() != 0:
        raise harness.Skip("not root")
    with Master(ECHO) as m:
        done = subprocess.run([os.path.join(m.bin, "echo_service"), "-X", "-C",
                               m.path("imapd.conf")], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 78 and "root" in done.stdout, done


def test_cyrus_user_root_is_refused():
    if os.geteuid() != 0:
        raise harness.Skip("not root")
    with Master(ECHO) as m:
        m.as_user = True
        m.write_imapd("cyrus_user: root\n")
        m.as_user = False
        m.start(wait=False)
        assert m.process.wait(murder.DEADLINE) == 78
        assert "root" in m.process.stderr.read()


def test_stdin_and_stdout():
    with Master(ECHO, as_user=True) as m:
        user = pwd.getpwnam(USER)
        command = [os.path.join(m.bin, "echo_service"), "-X", "-t", "pipe", "-C",
                   m.path("imapd.conf")]
        drop = (lambda: (os.setgid(user.pw_gid), os.setuid(user.pw_uid))) \
            if os.geteuid() == 0 else None
        done = subprocess.run(command, input="one\ntwo\n", stdout=subprocess.PIPE, text=True,
                              preexec_fn=drop, timeout=murder.DEADLINE)
        lines = done.stdout.splitlines()
        assert done.returncode == 0 and lines[0].startswith("hello pipe one"), done
        assert lines[1:] == ["pipe one", "pipe two"], lines


def test_hangup_lets_old_clients_finish():
    with Master(ECHO) as m:
        m.start()
        with m.client() as old:
            m.write(ECHO.replace("first", "second"))
            m.write_imapd("umask: 077\n")
            m.hup()

            def renewed():
                with m.client() as c:
                    return c.text == "second" and c.template
            template = wait_for(renewed, "the new template serves")
            assert template != old.template
            assert old.ask("still") == "first still"
            assert alive(old.template)
        wait_for(lambda: not alive(old.template), "the old template is gone")


def test_hangup_with_a_broken_configuration_changes_nothing():
    with Master(ECHO) as m:
        m.start()
        with m.client() as before:
            pass
        m.write_imapd("timeout: never\n")
        m.hup()
        m.wait_log("the new process did not become ready")
        assert "imapd.conf:%d: option timeout" % (4 if os.geteuid() == 0 else 3) in m.logged()
        m.write("nonsense")
        m.hup()
        m.wait_log("nothing is changed")
        m.write('echo cmd="nosuch" listen="127.0.0.1:PORT2"')
        m.hup()
        m.wait_log("nosuch: no such program")
        wait_for(lambda: refused(m.second_port), "the address of what cannot start is closed")
        with m.client() as after:
            assert after.template == before.template
        m.write(ECHO.replace("first", "third"))
        m.write_imapd()
        m.hup()
        wait_for(lambda: m.client().text == "third", "the repaired configuration is used")


def test_a_new_process_that_hangs_is_killed_and_the_old_one_goes_on():
    with Master(ECHO, options="master_start_timeout: 1\n") as m:
        m.start()
        with m.client() as before:
            pass
        m.write(ECHO.replace("-t first", "-t second -H"))
        m.hup()
        m.wait_log("the new process is not ready in time")
        m.wait_log("the old one goes on")
        with m.client() as after:
            assert (after.text, after.template) == ("first", before.template)
        m.write(ECHO.replace("-t first", "-t third"))
        m.hup()
        wait_for(lambda: m.client().text == "third", "the next configuration is used")
        assert m.logged().count("not ready in time") == 1, m.logged()


def test_hangup_adds_moves_and_removes_services():
    two = 'two cmd="echo_service -t two" listen="127.0.0.1:PORT2"'
    with Master(ECHO) as m:
        m.start()
        m.write(ECHO + "\n" + two)
        m.hup()
        with wait_for(lambda: try_client(m, m.second_port), "the new service serves") as c:
            assert c.service == "two"
            m.write(two.replace("PORT2", "PORT"))
            m.hup()

            def moved():
                new = try_client(m, m.port)
                return new and new.service == "two" and new
            wait_for(moved, "the service has moved").close()
            wait_for(lambda: refused(m.second_port), "the old address is closed")
            assert c.ask("x") == "two x"


def try_client(m, port):
    try:
        return m.client(port)
    except (OSError, AssertionError):
        return None


def refused(port):
    with socket.socket() as s:
        s.settimeout(5)
        try:
            s.connect(("127.0.0.1", port))
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    return False


def test_a_crash_hurts_one_client():
    with Master(ECHO) as m:
        m.start()
        with m.client() as other, m.client() as c:
            c.say("crash")
            assert c.line() == ""
            m.wait_log("worker died")
            assert other.ask("x") == "first x"
            with m.client() as next_one:
                assert next_one.template == c.template


def test_three_crashes_replace_the_template():
    with Master(ECHO) as m:
        m.start()
        first = None
        for _ in range(3):
            with m.client() as c:
                first = first or c.template
                c.say("crash")
                assert c.line() == ""
        m.wait_log('reason="workers crashed"')

        def renewed():
            with m.client() as c:
                return c.template != first
        wait_for(renewed, "a new template serves")
        assert "disabled" not in m.logged()


def test_a_service_that_dies_at_once_is_disabled():
    with Master(ECHO + '\nbad cmd="echo_service -K" listen="127.0.0.1:PORT2" prefork=1') as m:
        m.start()
        m.wait_log("service disabled until SIGHUP")
        assert m.logged().count("service process ended") == 5, m.logged()
        wait_for(lambda: refused(m.second_port), "nobody listens")
        with m.client() as c:
            assert c.ask("x") == "first x"
        m.write(ECHO + '\nbad cmd="echo_service -t good" listen="127.0.0.1:PORT2"')
        m.hup()
        wait_for(lambda: try_client(m, m.second_port), "SIGHUP enables it").close()


def test_workers_that_cannot_start_do_not_pile_up():
    with Master(ECHO + '\nbad cmd="echo_service -W" listen="127.0.0.1:PORT2" prefork=5') as m:
        m.start(wait=False)
        m.wait_log("worker cannot start", 3)
        with wait_for(lambda: try_client(m, m.port), "the other service serves") as c:
            assert c.ask("x") == "first x"
        started = time.monotonic()
        count = m.logged().count("worker cannot start")
        m.wait_log("worker cannot start", count + 1)
        assert time.monotonic() - started < 10 and count < 10, count


def test_maxchild_bounds_workers_across_templates():
    line = 'echo cmd="echo_service -t first" listen="127.0.0.1:PORT" maxchild=2'
    with Master(line) as m:
        m.start()
        with m.client() as a, m.client() as b:
            assert a.worker != b.worker
            third = socket.create_connection(("127.0.0.1", m.port))
            third.settimeout(1)
            try:
                raise AssertionError("served: %r" % third.recv(100))
            except socket.timeout:
                pass
            m.write(line.replace("first", "second"))
            m.hup()
            m.wait_log("service ready", 2)
            try:
                raise AssertionError("served by the new template: %r" % third.recv(100))
            except socket.timeout:
                pass
            a.close()
            third.settimeout(murder.DEADLINE)
            assert third.recv(100).startswith(b"hello second")
            third.close()


def test_grows_on_demand_and_shrinks():
    with Master(ECHO.replace("-t first", "-t first -T 1")) as m:
        m.start()
        clients = [m.client() for _ in range(20)]
        workers = {c.worker for c in clients}
        assert len(workers) == 20
        for c in clients:
            c.close()
        wait_for(lambda: sum(alive(p) for p in workers) <= 1, "idle workers have left")
        with m.client() as c:
            assert c.ask("x") == "first x"


def shown(pid):
    """What ps shows of a process."""
    done = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(pid)], stdout=subprocess.PIPE,
                          text=True, errors="replace")
    return done.stdout.strip()


def test_ps_shows_what_a_worker_does():
    if not shutil.which("ps"):
        raise harness.Skip("no ps")
    for mode in ("template", "exec"):
        with Master(ECHO, options="prefork_mode: %s\n" % mode) as m:
            m.start()
            with m.client() as c:
                busy = "echo_service: echo connected echo-user [127.0.0.1]"
                assert shown(c.worker) == busy, shown(c.worker)
                if mode == "template":
                    assert shown(c.template).endswith("echo_service -t first"), shown(c.template)
            wait_for(lambda: shown(c.worker) == "echo_service: echo idle", "the worker is idle")
            # The arguments are those of cyrus.conf also for a worker that comes later.
            with m.client() as one, m.client() as two:
                assert {one.text, two.text} == {"first"}


def test_uses_are_counted():
    with Master(ECHO.replace("-t first", "-t first -U 2")) as m:
        m.start()
        seen = []
        for _ in range(6):
            with m.client() as c:
                seen.append(c.worker)
                c.ask("x")
        assert max(seen.count(p) for p in seen) <= 2, seen


def test_two_addresses_have_one_template():
    with Master() as m:
        m.port = murder.Ports("0.0.0.0").take()  # free on every address
        m.write('echo cmd="echo_service -t all" listen="PORT" prefork=1')
        m.start()
        with m.client() as a:
            try:
                b = socket.create_connection(("::1", m.port))
            except OSError:
                raise harness.Skip("no IPv6")
            hello = b.makefile("r").readline().split(" ")
            assert int(hello[-2]) == a.template and int(hello[-3]) != a.worker
            assert "[::1]" in hello
            b.close()


def test_prefork_mode_exec():
    with Master(ECHO, options="prefork_mode: exec\n") as m:
        m.start()
        with m.client() as a, m.client() as b:
            assert a.template == a.worker and b.template == b.worker != a.worker
            assert a.ask("x") == "first x"
        m.stop()
        assert m.process.returncode == 0


def test_unix_socket():
    with Master('echo cmd="echo_service" listen="DIR/conf/socket/echo"') as m:
        m.start()
        path = m.path("conf/socket/echo")
        assert os.stat(path).st_mode & 0o777 == 0o777
        with Client(path) as c:
            assert c.host == "[unix socket]" and c.ask("x") == "echo x"


def test_the_folder_of_a_socket_is_made():
    """All of /run is gone after a boot."""
    with Master('echo cmd="echo_service" listen="DIR/run/cyrus/socket/echo"') as m:
        m.start()
        with Client(m.path("run/cyrus/socket/echo")) as c:
            assert c.ask("x") == "echo x"
        folder = os.stat(m.path("run/cyrus/socket"))
        assert folder.st_uid == os.stat(m.path("run/cyrus/socket/echo")).st_uid
        # An MTA has a user of its own; the umask is 077.
        assert folder.st_mode & 0o777 == 0o755, oct(folder.st_mode)


def test_a_long_socket_path_is_refused():
    with Master('echo cmd="echo_service" listen="/%s"' % ("x" * 100)) as m:
        m.start()
        assert "at most 100 bytes, this one 101" in m.logged(), m.logged()


def test_start_entries():
    with Master(ECHO, start='  one cmd="/bin/touch DIR/conf/made"\n two cmd="/bin/sleep 0"') as m:
        m.start()
        assert os.path.exists(m.path("conf/made"))
    with Master(ECHO, start='  bad cmd="/bin/false"') as m:
        m.start(wait=False)
        assert m.process.wait(murder.DEADLINE) == 1
        assert "cyrus.conf:2: START bad: exit code 1" in m.process.stderr.read()
        assert refused(m.port)


def test_start_may_leave_something_in_the_background():
    script = "#!/bin/sh\nsleep 30 &\necho $! > \"$0.pid\"\n"
    with Master(ECHO, start='  bg cmd="DIR/conf/bg"') as m:
        with open(m.path("conf/bg"), "w") as f:
            f.write(script)
        os.chmod(m.path("conf/bg"), 0o755)
        started = time.monotonic()
        m.start()
        assert time.monotonic() - started < 20
        m.stop()
        with open(m.path("conf/bg.pid")) as f:
            left = int(f.read())
        with contextlib.suppress(ProcessLookupError):
            os.kill(left, signal.SIGKILL)


def test_events():
    minute = time.localtime(time.time() + 7200)
    with Master(ECHO, events='once cmd="/bin/touch DIR/conf/once"\n'
                             'periodic cmd="/bin/touch DIR/conf/periodic" period=5\n'
                             'later cmd="/bin/touch DIR/conf/later" at=%02d%02d\n'
                             % (minute.tm_hour, minute.tm_min)) as m:
        m.start()
        wait_for(lambda: os.path.exists(m.path("conf/once")), "the event of no period")
        wait_for(lambda: os.path.exists(m.path("conf/periodic")), "the event of a period")
        assert not os.path.exists(m.path("conf/later"))


def test_daemons():
    script = "#!/bin/sh\necho $$ >> \"$0.pids\"\nprintf 'ok\\r\\n' >&3\nexec sleep 100\n"
    with Master(ECHO, daemons='d cmd="DIR/conf/d" wait=y\n idled cmd="idled"') as m:
        with open(m.path("conf/d"), "w") as f:
            f.write(script)
        os.chmod(m.path("conf/d"), 0o755)
        m.start()

        def pids():
            with open(m.path("conf/d.pids")) as f:
                return [int(line) for line in f]
        assert len(pids()) == 1
        os.kill(pids()[0], signal.SIGKILL)
        wait_for(lambda: len(pids()) == 2, "it is started anew")
        m.stop()
        assert m.process.returncode == 0
        wait_for(lambda: not alive(pids()[1]), "it has ended")


def test_wrong_files():
    for text, shown in (("SERVICES {\nbroken\n}\n", "cyrus.conf:2: cmd is missing"),
                        ("SERVICES {\na cmd=x\n}\n", "cyrus.conf:2: a: listen is missing"),
                        ("SERVICES {\na cmd=nosuch listen=1\n}\n", "cyrus.conf:2: nosuch: no such"),
                        ('SERVICES {\na cmd="echo_service" listen="127.0.0.1:99999"\n}\n', "99999"),
                        ("SERVICE {\na cmd=x listen=1\n}\n", "cyrus.conf:1: SERVICE is none"),
                        ("nonsense\n", "cyrus.conf:1:")):
        with Master() as m:
            with open(m.path("cyrus.conf"), "w") as f:
                f.write(text)
            m.start(wait=False)
            assert m.process.wait(murder.DEADLINE) == 78
            said = m.process.stderr.read()
            assert shown in said, said


def test_one_master_per_pid_file():
    with Master(ECHO) as m:
        m.start()
        second = subprocess.run(m.command(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                text=True, timeout=murder.DEADLINE)
        assert second.returncode == 75 and "another master" in second.stdout, second
        with m.client() as c:
            assert c.ask("x") == "first x"


def test_daemonised():
    with Master(ECHO) as m:
        done = subprocess.run(m.command("-d", "-L", m.log), stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True, timeout=murder.DEADLINE)
        assert done.returncode == 0, done.stderr
        with open(m.pid_file) as f:
            pid = int(f.read())
        try:
            assert "the log goes to " + m.log in done.stderr
            wait_for(lambda: os.path.exists(m.ready), "ready")
            with m.client() as c:
                assert c.ask("x") == "first x"
            again = subprocess.run(m.command("-d"), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True, timeout=murder.DEADLINE)
            assert again.returncode == 75, again
        finally:
            os.kill(pid, signal.SIGTERM)
            wait_for(lambda: not alive(pid), "master has ended")


def test_master_killed_leaves_no_port_behind():
    with Master(ECHO) as m:
        m.start()
        with m.client() as c:
            m.process.kill()
            m.process.wait()
            wait_for(lambda: refused(m.port), "nobody listens")
            assert c.ask("x") == "first x"
            os.unlink(m.ready)
            m.process.stderr.close()
            m.start()
            with m.client() as new:
                assert new.template != c.template
                assert c.ask("y") == "first y"
        wait_for(lambda: not alive(c.template), "the orphan has ended")


def test_workers_of_a_killed_master_go_without_a_complaint():
    with Master(ECHO.replace("prefork=1", "prefork=5")) as m:
        m.start()
        with m.client() as c:
            template = c.template
        m.process.kill()
        m.process.wait()
        wait_for(lambda: not alive(template), "the template has ended")
        wait_for(lambda: refused(m.port), "nobody listens")
        m.process.stderr.close()
        assert "accept" not in m.logged(), m.logged()


def test_what_is_said_of_the_configuration_has_its_prefix():
    with Master(ECHO, options="syslog_prefix: site\nno_such_option: x\n") as m:
        m.start()
        with m.client():
            pass
        m.hup()
        m.wait_log("no_such_option", times=4)  # master and template, at the start and again
        said = [line for line in m.logged().splitlines() if "no_such_option" in line]
        assert all(" site/" in line for line in said), said


def test_a_new_binary_is_used():
    with Master(ECHO) as m:
        m.start()
        with m.client() as c:
            first = c.template
        program = os.path.join(m.bin, "echo_service")
        shutil.copy2(program, program + ".new")
        os.rename(program + ".new", program)

        def renewed():
            with m.client() as c:
                return c.template != first
        wait_for(renewed, "a template of the new binary serves")
        assert 'reason="program or certificate changed"' in m.logged()


def test_a_fork_is_cheap():
    """Each connection is served by a new worker: -U 1."""
    if os.environ.get("ROOKERY_SLOW_BUILD"):
        raise harness.Skip("a sanitizer")
    with Master('echo cmd="echo_service -U 1" listen="127.0.0.1:PORT" prefork=5') as m:
        m.start()
        for _ in range(20):
            m.client().close()
        count = 200
        started = time.monotonic()
        for _ in range(count):
            with m.client() as c:
                c.ask("x")
        each = (time.monotonic() - started) / count
        print("     %.2f ms per connection, each with a worker of its own" % (each * 1000))
        assert each < 0.05, each


if __name__ == "__main__":
    harness.main()
