#!/usr/bin/env python3
"""doc/admin/postfix.md: Debian's Postfix in front of a murder, on machines."""
import os
import shutil
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import documents
import harness
import hosts

MACHINES = dict(documents.INSTALLED, mx="192.0.2.8")
GUIDE = "doc/admin/install-murder.md"
DOCUMENT = "doc/admin/postfix.md"


class Postfix(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        hosts.require()
        # Not among quickstart's: its installation may start it.
        if not shutil.which("postfix", path=hosts.PATH):
            raise harness.Skip("postfix is not installed")
        cls.network = hosts.Network(MACHINES, "example.org")
        cls.player = documents.Player(cls.network, "secret of cyrus")
        with cls.network.telling():
            cls.player.play(documents.markdown(GUIDE, end="Moving a user"))
            for name in ("imap1", "mx"):
                # What the package has made below /var, which is empty there.
                cls.network[name].run("install -d /var/spool/postfix; "
                                      "install -d -o postfix /var/lib/postfix")

    @classmethod
    def tearDownClass(cls):
        cls.network.stop()

    def test_the_socket_and_tcp(self):
        with self.network.telling():
            self.player.play(documents.markdown(DOCUMENT))


if __name__ == "__main__":
    harness.main()
