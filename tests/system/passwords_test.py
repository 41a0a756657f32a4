#!/usr/bin/env python3
"""rookery-passwd changes a password: cut short at any of its writes, it leaves its user one to log
in with, and when it has ended the old one lets nobody in, in whatever form it was kept."""
import imaplib
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import faults
import harness
import murder

OLD, NEW = "the old one", "the new one"
FORMS = {"as it is": [], "hashed": ["-n"]}


class Store:
    """A server whose users are in a database of its own."""

    def __init__(self, m):
        self.m, self.server = m, m["backend1"]
        self.folder = os.path.join(self.server.dir, "passwords")
        self.path = os.path.join(self.folder, "sasldb2")
        self.control = faults.Control(os.path.join(m.dir, "passwd.control"))
        self.trace = os.path.join(m.dir, "passwd.trace")

    def set(self, password, form, shimmed=False):
        """The status of the tool."""
        environment = dict(os.environ)
        if shimmed:
            with open(self.trace, "w"):
                pass
            os.chmod(self.trace, 0o666)
            environment.update(LD_PRELOAD=faults.SHIM, ROOKERY_FAULT_CONTROL=self.control.path,
                               ROOKERY_FAULT_ROOTS=self.folder, ROOKERY_FAULT_TRACE=self.trace)
        return subprocess.run(
            [os.path.join(self.m.bin, "rookery-passwd"), "-C", self.server.imapd_conf,
             *FORMS[form], "ann"], input=password + "\n", text=True, env=environment,
            stderr=subprocess.PIPE)

    def lets_in(self, password):
        self.m.give(self.folder)
        c = self.m.imap("backend1")
        try:
            return c.login("ann", password)[0] == "OK"
        except imaplib.IMAP4.error:
            return False
        finally:
            c.shutdown()


def store_of(m):
    i = m["backend1"]
    i.extra["sasl_sasldb_path"] = os.path.join(i.dir, "passwords", "sasldb2")
    os.makedirs(os.path.join(i.dir, "passwords"))
    m.give(i.dir)
    m.start()
    return Store(m)


def test_each_write_of_a_change():
    if not os.path.exists(faults.SHIM):
        raise harness.Skip("no fault_shim.so")
    with murder.Murder(backends=1, frontends=0, master=False, start=False) as m:
        store = store_of(m)
        for before in FORMS:
            assert store.set(OLD, before).returncode == 0
            shutil.copy(store.path, store.path + ".before")
            for after in FORMS:
                for mode in ("kill", "enospc"):
                    points = 0
                    while True:
                        shutil.copy(store.path + ".before", store.path)
                        store.control.arm(mode, points + 1)
                        done = store.set(NEW, after, shimmed=True)
                        store.control.disarm()
                        hit = store.control["hit"]
                        old, new = store.lets_in(OLD), store.lets_in(NEW)
                        what = (before, after, mode, points + 1, done, old, new)
                        if done.returncode == 0:
                            assert new and not old, what
                        else:
                            assert old or new, what
                        if hit == 0:
                            break
                        points += 1
                    assert points > 1, what


if __name__ == "__main__":
    harness.main()
