#!/usr/bin/env python3
"""doc/admin/authentication.md: roles, hashed passwords, PAM, certificates, Kerberos."""
import os
import shutil
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import documents
import harness
import hosts

MACHINES = dict(documents.INSTALLED, kdc="192.0.2.9")
GUIDE = "doc/admin/install-murder.md"
DOCUMENT = "doc/admin/authentication.md"


class Authentication(unittest.TestCase):
    """A section for each case, in the order of the document."""

    @classmethod
    def setUpClass(cls):
        hosts.require()
        cls.network = hosts.Network(MACHINES, "example.org")
        cls.player = documents.Player(cls.network, "secret of cyrus")
        with cls.network.telling():
            cls.player.play(documents.markdown(GUIDE, end="LMTP"))

    @classmethod
    def tearDownClass(cls):
        cls.network.stop()

    def section(self, title, following, *programs):
        for program, package in programs:
            if not shutil.which(program, path=hosts.PATH):
                raise harness.Skip("%s is not installed (%s)" % (program, package))
        with self.network.telling():
            self.player.play(documents.markdown(DOCUMENT, begin=title, end=following))

    def test_1_roles(self):
        self.section("Roles of other servers", "Hashed passwords")

    def test_2_hashed_passwords(self):
        self.section("Hashed passwords", "PAM, by saslauthd")

    def test_3_pam(self):
        self.section("PAM, by saslauthd", "Certificates instead of passwords: EXTERNAL",
                     ("saslauthd", "sasl2-bin"))

    def test_4_certificates(self):
        self.section("Certificates instead of passwords: EXTERNAL", "Kerberos: GSSAPI")

    def test_5_kerberos(self):
        self.section("Kerberos: GSSAPI", None, ("krb5kdc", "krb5-kdc"),
                     ("kadmin.local", "krb5-admin-server"), ("kinit", "krb5-user"))


if __name__ == "__main__":
    harness.main()
