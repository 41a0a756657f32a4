"""A program on a terminal: what it writes there, keys and signals to it.

    with terminal.Terminal(command, columns=100, **how) as t:   # how: of subprocess.Popen
        t.wait_for("text")
        t.keys("q")                # "\\x03" is what the terminal makes SIGINT of
        assert t.end() == 0        # its status; t.text is all that it wrote
"""
import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

import murder


class Terminal:
    def __init__(self, command, columns=80, lines=24, env=None, term="xterm", **how):
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        env = dict(env or os.environ, TERM=term)

        def own_terminal():
            os.setsid()
            # As a shell with a terminal starts programs, whatever started the tests.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.signal(signal.SIGQUIT, signal.SIG_DFL)
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=env,
                                        preexec_fn=own_terminal, **how)
        os.close(slave)
        self.fd = master
        self.text = ""

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.fd)

    def read(self, seconds):
        """What comes within so long; False at the end."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        with contextlib.suppress(OSError):  # EIO: nobody has it open any more
            some = os.read(self.fd, 65536).decode(errors="replace")
            self.text += some
            return bool(some)
        return False

    def wait_for(self, text, after=0):
        end = time.monotonic() + murder.DEADLINE
        while text not in self.text[after:]:
            if not self.read(0.5) and text not in self.text[after:]:
                raise AssertionError("it ended without %r: %r" % (text, self.text))
            if time.monotonic() > end:
                raise AssertionError("no %r: %r" % (text, self.text))

    def keys(self, text):
        os.write(self.fd, text.encode())

    def end(self):
        """Reads to its end; the exit status."""
        end = time.monotonic() + murder.DEADLINE
        while self.read(0.5):
            assert time.monotonic() < end, self.text
        return self.process.wait(murder.DEADLINE)


def of(instance, program, *arguments, environment=None, **how):
    """A tool of murder.Instance on a terminal."""
    mine = instance.as_owner()
    mine["env"] = dict(mine["env"], **(environment or {}))
    command = [os.path.join(instance.murder.bin, program), "-C", instance.imapd_conf, *arguments]
    return Terminal(command, **mine, **how)
