"""What the benchmarks share: a bare client, and the memory of a server's processes."""
import os
import re
import socket

import murder


class Raw:
    """A bare IMAP client that discards what it reads."""

    def __init__(self, address, user=None, port=143):
        self.s = socket.create_connection((address, port), 60)
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.tail = b""
        self.greeting = self.s.recv(4096)
        if user:
            self.command("LOGIN %s pw" % user)

    def command(self, text):
        """Sends one command; the number of bytes until its tagged line."""
        self.s.sendall(b"a " + text.encode() + b"\r\n")
        size, tail = 0, b""
        while True:
            data = self.s.recv(1 << 18)
            if not data:
                raise RuntimeError("closed during " + text)
            size += len(data)
            tail = (tail + data)[-4000:]
            m = re.search(rb"(?:^|\r\n)a (OK|NO|BAD)[^\r\n]*\r\n$", tail)
            if m:
                if m.group(1) != b"OK":
                    raise RuntimeError("%s: %s" % (text, tail))
                return size

    def close(self):
        self.s.close()


def pss(pids, field="Pss"):
    """kB of all of them; Pss_Anon leaves out what is of files and so in the file cache."""
    total = 0
    for p in pids:
        try:
            with open("/proc/%d/smaps_rollup" % p) as f:
                total += int(re.search(r"^%s:\s+(\d+)" % field, f.read(), re.M).group(1))
        except (OSError, AttributeError):
            pass
    return total


def cpu(pids):
    """Seconds of processor time of all of them and of their children that have ended."""
    total = 0
    for p in pids:
        try:
            with open("/proc/%d/stat" % p) as f:
                words = f.read().rsplit(")", 1)[1].split()
            total += sum(int(w) for w in words[11:15])
        except OSError:
            pass
    return total / os.sysconf("SC_CLK_TCK")


def server_pids(server):
    return murder.Instance.descendants(server)
