#!/usr/bin/env python3
"""sievec: what it prints, how it ends, and what it leaves."""
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.environ.get("top_srcdir", os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..")), "tests", "support"))
import harness  # noqa: E402

PROGRAM = os.path.join(os.environ.get("top_builddir", "build"), "imap", "admin", "sievec")


class SievecTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="rookery-sievec-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.config = self.file("imapd.conf", "configdirectory: %s\nservername: be1\n"
                                "sieve_extensions: fileinto\nsieve_maxscriptsize: 1\n"
                                % self.folder)
        self.output = os.path.join(self.folder, "main.bc")

    def file(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return path

    def run_tool(self, *arguments):
        done = subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
                              env=dict(os.environ, ROOKERY_LOG=os.path.join(self.folder, "log")))
        return done.returncode, done.stdout.decode()

    def check(self, text):
        return self.run_tool("-C", self.config, self.file("main.script", text), self.output)

    def test_a_right_script(self):
        self.assertEqual(self.check('require "fileinto";\nfileinto "a";\n'), (0, ""))
        # A Cyrus server compiles anew what is older than its script.
        script = os.path.join(self.folder, "main.script")
        self.assertLess(os.stat(self.output).st_mtime, os.stat(script).st_mtime - 1000000)
        self.assertTrue(open(self.output).read().startswith("#"))
        os.symlink("main.bc", os.path.join(self.folder, "defaultbc"))
        self.assertTrue(os.path.exists(os.path.join(self.folder, "defaultbc")))

    def test_wrong_scripts(self):
        script = os.path.join(self.folder, "main.script")
        for text, lines in (("keep;\nfoo;\nkeep 1;\n", ["line 2, column 1: ", "line 3, column "]),
                            ("keep", ["line 1, column 5: "]),
                            ('require "vacation";', ['line 1, column 1: the extension "vacation"']),
                            ("keep;".ljust(1025), ["line 1, column 1: "])):
            code, said = self.check(text)
            self.assertEqual(code, 1, said)
            said = said.splitlines()
            self.assertEqual(len(said), len(lines), said)
            for got, wanted in zip(said, lines):
                self.assertTrue(got.startswith("%s: %s" % (script, wanted)), got)
            self.assertFalse(os.path.exists(self.output))

    def test_files_and_arguments(self):
        script = self.file("main.script", "keep;\n")
        for arguments, code in ((("-C", self.config, script), 64), ((script, "-x"), 64),
                                (("-C", self.config, script, self.output, "more"), 64),
                                (("-C", self.config, script + "x", self.output), 65),
                                (("-C", self.config, script, self.folder + "/no/such"), 65),
                                (("-C", script + "x", script, self.output), 78)):
            got, said = self.run_tool(*arguments)
            self.assertEqual(got, code, (arguments, said))
            self.assertFalse(os.path.exists(self.output))


if __name__ == "__main__":
    harness.main()
