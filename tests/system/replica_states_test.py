#!/usr/bin/env python3
"""Whatever a replica finds at its start in place of a list, and whatever its master is: it ends
with the master's list, or says why not and takes it when told to. Nobody removes a file."""
import os
import shutil
import struct
import sys
import unittest

sys.path.insert(0, os.path.join(os.environ.get("top_srcdir", os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..")), "tests", "support"))
import harness  # noqa: E402
import murder  # noqa: E402
from mupdate_client import Client, Closed, Mupdate  # noqa: E402
from mupdate_replica_test import ACL, Fake, lines  # noqa: E402

MASK = (1 << 64) - 1
MULTIPLIER = 0x9E3779B97F4A7C15
MARK = b"/mupdate-replica"
LISTS = {"ours": ["a", "b", "c"], "empty": [], "restored": ["c", "r"], "cyrus": ["b", "y"]}
# How a store came to be: whose list it has, and what happened to the file since.
STORES = {
    "none": (None, lambda path: None),
    "an empty file": (None, lambda path: write(path, b"")),
    "rubbish": (None, lambda path: write(path, b"rubbish" * 1000)),
    "of an empty murder": ("empty", None),
    "of an empty murder, of another boot": ("empty", lambda path: reboot(path)),
    "of an empty murder, of no boot": ("empty", lambda path: lose_mark(path)),
    "good": ("ours", None),
    "good, of another boot": ("ours", lambda path: reboot(path)),
    "of another master": ("restored", None),
    "of another master, of another boot": ("restored", lambda path: reboot(path)),
    "of a Cyrus master": ("cyrus", None),
    "torn": ("ours", lambda path: write(path, read(path)[:9000])),
    "torn, of an empty murder": ("empty", lambda path: write(path, read(path)[:9000])),
    "a byte changed": ("ours", lambda path: change(path, b"P\1\0\0\0", 100)),
    "of a later version": ("ours", lambda path: later(path)),
}
# The mark of the boot or the bytes are gone, so is what the store knows of its master.
FORGOTTEN = ("none", "an empty file", "rubbish", "good, of another boot", "torn",
             "torn, of an empty murder", "a byte changed", "of a later version",
             "of another master, of another boot", "of a Cyrus master")


def read(path):
    with open(path, "rb") as f:
        return f.read()


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


def rotl(n, by):
    return ((n << by) | (n >> (64 - by))) & MASK


def check_word(data, seed):
    """As in lib/db/page.cc."""
    lane = [(seed + (i + 1) * MULTIPLIER) & MASK for i in range(4)]
    padded = data + b"\0" * (32 - len(data) % 32)
    for at in range(0, len(padded), 32):
        for i, word in enumerate(struct.unpack_from("<4Q", padded, at)):
            lane[i] = rotl(((lane[i] ^ word) * MULTIPLIER) & MASK, 29)
    total = len(data)
    for word in lane:
        total = rotl(((total ^ word) * MULTIPLIER) & MASK, 31)
    return (total ^ (total >> 32)) & 0xFFFFFFFF


def each_mark(data):
    """Where a value of the mark begins: check word, length, text."""
    at = data.find(b"V" + MARK)
    assert at >= 0
    while at >= 0:
        yield at + 1 + len(MARK)
        at = data.find(b"V" + MARK, at + 1)


def reboot(path):
    data = bytearray(read(path))
    for at in each_mark(bytes(data)):
        word, size = struct.unpack_from("<II", data, at)
        checked = bytes(data[at + 4:at + 8 + size])
        assert word == check_word(checked, check_word(MARK, 0)), "another check word"
        checked = checked[:4] + b"x" * size
        word = struct.pack("<I", check_word(checked, check_word(MARK, 0)))
        data[at:at + 8 + size] = word + checked
    write(path, bytes(data))


def lose_mark(path):
    data = bytearray(read(path))
    for at in each_mark(bytes(data)):
        checked = struct.pack("<I", 0)
        data[at:at + 8] = struct.pack("<I", check_word(checked, check_word(MARK, 0))) + checked
    write(path, bytes(data))


def change(path, what, behind):
    data = bytearray(read(path))
    data[bytes(data).index(what) + behind] ^= 1
    write(path, bytes(data))


def later(path):
    data = read(path)
    assert b"RkDB\1\0\0\0" in data
    write(path, data.replace(b"RkDB\1\0\0\0", b"RkDB\2\0\0\0"))


def serve_as_cyrus(n, tag, send, read_line):
    """UPDATE is all that it knows; NOOP is answered."""
    send(lines(tag, LISTS["cyrus"]) + tag + ' OK "streaming starts"\r\n')
    while True:
        words = read_line().split()
        send('%s OK "Noop done"\r\n' % words[0])


class States(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.masters = {"cyrus": Fake(serve_as_cyrus)}
        cls.addClassCleanup(cls.masters["cyrus"].close)
        for name in ("ours", "empty", "restored"):
            cls.masters[name] = Mupdate(name=name)
            cls.addClassCleanup(cls.masters[name].__exit__)
            cls.masters[name].start()
            with cls.masters[name].client() as be:
                for mailbox in LISTS[name]:
                    be.status("ACTIVATE", mailbox, "be1!p", ACL)
        cls.replica = Mupdate(master=cls.masters["ours"], name="f")
        cls.addClassCleanup(cls.replica.__exit__)
        cls.list = os.path.join(cls.replica.dir, "conf", "mailboxes.tdb")
        cls.kept = os.path.join(cls.replica.dir, "kept")
        os.mkdir(cls.kept)

    def follow(self, master):
        self.replica.master = self.masters[master]
        self.replica.write()
        with open(self.replica.log, "w"):
            pass
        self.replica.write()  # its owner
        # Not waited for: it is ready when it takes clients.
        return self.replica.start(wait=False)

    def served(self):
        """None while it takes no clients, and for none there is."""
        if self.replica.process.poll() not in (None, 75):
            raise AssertionError("it ended:\n" + self.replica.log_text())
        if self.replica.process.poll() == 75:
            self.replica.start(wait=False)  # as master does
        try:
            with Client(self.replica.address, 3) as c:
                if c.login("cyrus") != "OK Authenticated":
                    return None
                return [r[1] for r in c.list()]
        except (Closed, OSError, ValueError, IndexError):
            return None

    def wait_served(self, names, what):
        try:
            murder.wait_for(lambda: self.served() == names, what)
        except Exception as e:
            raise AssertionError("%s: %r instead of %r: %s\n%s" % (
                what, self.served(), names, e, self.replica.log_text()))

    def put_store(self, source, damage):
        conf = os.path.dirname(self.list)
        for name in os.listdir(conf):
            if name.startswith("mailboxes"):
                os.unlink(os.path.join(conf, name))
        if source:
            copy = os.path.join(self.kept, source)
            if not os.path.exists(copy):
                self.follow(source)
                self.wait_served(LISTS[source], "the list of " + source)
                self.replica.kick()
                self.replica.kill()
                shutil.copy(self.list, copy)
                os.unlink(self.list)
            shutil.copy(copy, self.list)
        if damage:
            damage(self.list)

    def said(self):
        with self.replica.client("cyrus") as c:
            data, _ = c.run("STATUS")
        return {line[2]: line[3] for line in data}

    def check_pair(self, store, master):
        source, damage = STORES[store]
        self.put_store(source, damage)
        self.follow(master)
        had = LISTS[source] if source and not damage or store.endswith("boot") else []
        refused = bool(had) and master != "cyrus" and source != master and store not in FORGOTTEN
        held = bool(had) and not LISTS[master] and not refused
        if refused:
            self.replica.wait_log("its list never was where this one is")
            self.wait_served(had, "what it had")
            self.assertEqual(self.said()["refused"], "yes")
            with self.replica.client("cyrus") as c:
                self.assertEqual(c.status("ACCEPTRESTORED"), "OK done")
            held = not LISTS[master]
        if held:
            self.replica.wait_log("would remove too many")
            self.wait_served(had, "what it had")
            murder.wait_for(lambda: self.said()["held-removals"] == str(len(had)), "are held")
            with self.replica.client("cyrus") as c:
                self.assertEqual(c.status("ACCEPTDELETES"), "OK done")
        self.wait_served(LISTS[master], "the master's list")
        murder.wait_for(lambda: self.replica.kick() == "ok", "it follows")
        self.replica.kill()

    def test_every_store_at_every_master(self):
        for store in STORES:
            for master in LISTS:
                with self.subTest(store=store, master=master):
                    try:
                        self.check_pair(store, master)
                    finally:
                        if self.replica.process and self.replica.process.poll() is None:
                            self.replica.kill()


if __name__ == "__main__":
    harness.main()
