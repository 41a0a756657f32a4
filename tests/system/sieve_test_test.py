#!/usr/bin/env python3
"""sieve-test: what it prints and how it ends, for scripts that are right, wrong, and fail."""
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.environ.get("top_srcdir", os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..")), "tests", "support"))
import harness  # noqa: E402

PROGRAM = os.path.join(os.environ.get("top_builddir", "build"), "imap", "admin", "sieve-test")
MESSAGE = "From: alice@example.org\nTo: bob@example.com\nSubject: hello\n\nbody\n"


class SieveTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="rookery-sieve-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.message = self.file("message", MESSAGE)

    def file(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return path

    def run_tool(self, *arguments):
        done = subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def test_a_right_script(self):
        self.assertEqual(self.run_tool(self.file("s", "keep;\n")), (0, "ok\n", ""))

    def test_a_wrong_script(self):
        path = self.file("s", "keep;\nfoo;\nfileinto \"a\";\n")
        self.assertEqual(self.run_tool(path), (1, (
            f"{path}:2:1: unknown command 'foo'\n"
            f"{path}:3:1: 'fileinto' needs require \"fileinto\"\n"), ""))

    def test_actions(self):
        path = self.file("s", 'require ["fileinto", "copy", "mailbox"];\n'
                         'if mailboxexists "there" { fileinto :copy "there"; }\n'
                         'redirect :copy "a@b.c";\n')
        self.assertEqual(self.run_tool("-m", "there", path, self.message),
                         (0, 'fileinto "there"\nredirect "a@b.c"\nkeep\n', ""))
        self.assertEqual(self.run_tool(path, self.message), (0, 'redirect "a@b.c"\nkeep\n', ""))

    def test_envelope(self):
        path = self.file("s", 'require ["envelope", "vacation"];\n'
                         'if envelope :localpart "to" "bob" { vacation :handle "h" "away"; }\n')
        self.assertEqual(self.run_tool("-f", "alice@example.org", "-r", "bob@example.com", path,
                                       self.message),
                         (0, 'vacation "alice@example.org" :seconds 604800 :handle "h" '
                          ':subject "Auto: hello" "away"\nkeep\n', ""))
        self.assertEqual(self.run_tool(path, self.message), (0, "keep\n", ""))

    def test_a_run_that_fails(self):
        path = self.file("s", 'require "reject"; reject "a"; keep;\n')
        status, out, _ = self.run_tool(path, self.message)
        self.assertEqual(status, 1)
        self.assertTrue(out.endswith("\nkeep\n"), out)
        self.assertIn("'reject' cannot be used together", out)

    def test_include(self):
        os.mkdir(os.path.join(self.folder, "global"))
        self.file("own.sieve", "discard;")
        self.file("bad.sieve", "foo;")
        self.file("global/all.sieve", 'redirect "a@b.c";')
        include = 'require "include"; include %s;'
        self.assertEqual(self.run_tool(self.file("s", include % '"own"'), self.message),
                         (0, "discard\n", ""))
        path = self.file("g", include % ':global "all"')
        self.assertEqual(self.run_tool("-g", os.path.join(self.folder, "global"), path,
                                       self.message), (0, 'redirect "a@b.c"\n', ""))
        self.assertEqual(self.run_tool(path, self.message)[0], 1)
        self.assertIn("bad.sieve:1:1: unknown command",
                      self.run_tool(self.file("b", include % '"bad"'), self.message)[1])

    def test_extensions(self):
        status, out, _ = self.run_tool("-l")
        self.assertEqual(status, 0)
        for name in ("fileinto", "vacation-seconds", "comparator-i;ascii-numeric"):
            self.assertIn(name, out.split())

    def test_wrong_command_lines(self):
        for arguments in ((), ("-x",), ("a", "b", "c")):
            status, out, err = self.run_tool(*arguments)
            self.assertEqual((status, out), (64, ""))
            self.assertIn("usage: sieve-test", err)
        self.assertEqual(self.run_tool(os.path.join(self.folder, "none"))[0], 65)
        self.assertEqual(self.run_tool(self.file("s", "keep;"), self.folder)[0], 65)


if __name__ == "__main__":
    harness.main()
