#!/usr/bin/env python3
"""doc/admin/install-murder.md, and what murder(7) shows: done on machines, from their own text."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import documents
import harness
import hosts

MACHINES = documents.INSTALLED
GUIDE = "doc/admin/install-murder.md"
MANUAL = "man/murder.7"
# Where its commands are typed; those of cyradm at a frontend.
PLACES = {"murder": "mail1", "dump": "mail2", "restore": "mail2", "reconstruct": "mail1",
          "ctl_mboxlist": "mail1", "createmailbox": None, "rename": None}


class Guide(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        hosts.require()
        cls.network = hosts.Network(MACHINES, "example.org")
        cls.player = documents.Player(cls.network, "secret of cyrus")
        cls.is_played = False

    @classmethod
    def tearDownClass(cls):
        cls.network.stop()

    def play(self):
        if not self.is_played:
            self.player.play(documents.markdown(GUIDE))
        type(self).is_played = True

    def test_guide(self):
        with self.network.telling():
            self.play()

    def test_manual(self):
        with self.network.telling():
            self.play()
            self.do_manual()

    def do_manual(self):
        # The guide ends with a new master, which a frontend looks for at its start, at the latest.
        self.network["imap1"].run("service rookery restart")
        # Its user is one of the guide's, and its third backend is the one that was taken away.
        self.player.cyradm("imap1",
                           "setaclmailbox user/alice cyrus all\ndeletemailbox user/alice\n")
        self.network["mail1"].run("murder move --purge user.alice || :")  # for a new one
        self.network["mail3"].run("service rookery start")
        shown = documents.manual(MANUAL, PLACES)
        self.assertGreater(len(shown), 10)
        for where, command in shown:
            place = PLACES[command.split()[0]]
            if " user.alice mail2" in command or place is None and "mail2" in command:
                # It shows two ways; for each the user is at another server.
                self.network["mail1"].run("murder move user.alice mail1.example.org || :")
            if place is None:
                self.player.cyradm("imap1", command + "\n", where)
                continue
            done = self.network[place].run(command)
            # 1: the server that was drained just now is no server like others.
            self.assertIn(done.status, (0, 1), (where, command, done.output))


if __name__ == "__main__":
    harness.main()
