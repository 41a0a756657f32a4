#!/usr/bin/env python3
"""mupdatetest against a mupdate master: what it shows, what it sends, TLS, failures."""
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.environ.get("top_srcdir", os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..")), "tests", "support"))
from mupdate_client import PASSWORD, Mupdate  # noqa: E402


class MupdateTest(unittest.TestCase):
    def run_it(self, m, *more, typed="", password=PASSWORD, user="cyrus", code=0):
        r = subprocess.run([os.path.join(m.bin, "mupdatetest"), "-p", str(m.address[1]), "-a", user,
                            "-w", password] + list(more) + [m.address[0]], input=typed.encode(),
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(r.returncode, code, r.stdout + r.stderr)
        return r.stdout.decode().replace("\r", "")

    def test_plain(self):
        with Mupdate() as m:
            out = self.run_it(m, typed='X1 ACTIVATE "user.bob" "be1!p" "bob\tlrs\t"\n'
                                       'X2 FIND "user.bob"\nX3 LOGOUT\n')
            lines = out.split("\n")
            self.assertEqual(lines[0], 'S: * AUTH "PLAIN"')
            self.assertIn('C: A01 AUTHENTICATE "PLAIN" {%d+}' %
                          len("AGN5cnVzAHNlY3JldC1vZi10aGUtbm9kZXM="), lines)
            self.assertIn('S: A01 OK "Authenticated"', lines)
            self.assertIn("Authenticated.", lines)
            self.assertIn("Security strength factor: 0", lines)
            self.assertIn('X1 OK "done"', lines)
            self.assertIn("X2 MAILBOX {8+}", lines)
            self.assertIn('X3 OK "bye-bye"', lines)
            # without an initial response, and with the end of the input as the end
            out = self.run_it(m, "-i", typed="X1 NOOP\n")
            self.assertIn('C: A01 AUTHENTICATE "PLAIN"\n', out)
            self.assertIn('X1 OK "Noop done"\n', out)
            self.assertIn('Q01 OK "bye-bye"\n', out)
            # compressed, several times
            out = self.run_it(m, "-q", "-n", "3", typed="X1 NOOP\nX2 LOGOUT\n")
            self.assertEqual(out.count("Authenticated.\n"), 3)
            self.assertIn('X1 OK "Noop done"\n', out)

    def test_failures(self):
        with Mupdate() as m:
            out = self.run_it(m, password="wrong", typed="X1 LOGOUT\n", code=1)
            self.assertIn("Authentication failed. ", out)
            self.assertIn("Please", self.run_it(m, password="wrong", typed="X1 LIST\nX2 LOGOUT\n",
                                                code=1))
        r = subprocess.run([os.path.join(os.environ.get("top_builddir", "build"), "imap", "admin",
                                         "mupdatetest"), "-p", "1", "-a", "x", "-w", "y",
                            "127.0.0.1"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(r.returncode, 1)
        self.assertTrue(r.stderr.startswith(b"failure: "))

    def test_starttls(self):
        m = Mupdate()
        self.addCleanup(m.__exit__)
        pem = os.path.join(m.dir, "pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                        "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", pem,
                        "-out", pem + ".crt"], check=True, stderr=subprocess.DEVNULL)
        m.extra = {"tls_server_cert": pem + ".crt", "tls_server_key": pem,
                   "allowplaintext": "no"}
        m.write()
        m.start()
        # PLAIN only under TLS
        self.assertIn("Authentication failed", self.run_it(m, typed="X1 LOGOUT\n", code=1))
        out = self.run_it(m, "-t", "", typed="X1 NOOP\nX2 LOGOUT\n")
        before, after = out.split("S: S01 OK Begin TLS negotiation now\n")
        self.assertIn("S: * STARTTLS\n", before)
        self.assertNotIn("S: * STARTTLS\n", after)
        self.assertIn('S: * AUTH "PLAIN"\n', after)
        self.assertIn('X1 OK "Noop done"\n', after)


if __name__ == "__main__":
    unittest.main(verbosity=2)
