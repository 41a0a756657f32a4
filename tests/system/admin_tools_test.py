#!/usr/bin/env python3
"""The tools that scripts and cron jobs call, on one server: what they print, and what they do."""
import json
import os
import re
import stat
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder

check = murder.check


def message(subject, date="Tue, 24 Nov 2026 03:42:40 +0000", size=0):
    return (b"From: A <a@example.org>\r\nTo: b@example.org\r\nDate: %s\r\nSubject: %s\r\n\r\n%s\r\n"
            % (date.encode(), subject.encode(), b"x" * size))


class Tools(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.m = murder.Murder(backends=1, frontends=0)
        cls.m.__enter__()
        cls.addClassCleanup(cls.m.__exit__, None, None, None)
        cls.b = cls.m["backend1"]

    def user(self, name, subjects=(), folders=()):
        """A user with messages in INBOX; the session, with INBOX selected."""
        self.m.add_user(name)
        c = self.m.imap("backend1", name)
        self.addCleanup(c.shutdown)
        for folder in folders:
            check(c.create("INBOX." + folder))
        for subject in subjects:
            check(c.append("INBOX", None, None, message(subject)))
        check(c.select("INBOX"))
        return c

    def tool(self, *command, code=0, **kw):
        """Its standard output; what it says on the other one, without the log, is in self.said."""
        done = self.b.run(*command, check=False, stderr=subprocess.PIPE, **kw)
        self.assertEqual(done.returncode, code, (command, done.stdout, done.stderr))
        self.said = "".join(line for line in done.stderr.splitlines(True)
                            if not re.match(r"\d{4}-\d\d-\d\dT", line))
        return done.stdout

    def subjects(self, c, mailbox="INBOX"):
        check(c.select(mailbox, readonly=True))
        parts = check(c.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))
        return [p[1].split(b":")[1].strip().decode() for p in parts if isinstance(p, tuple)]

    # --- unexpunge
    def test_expunged_messages_come_back(self):
        c = self.user("una", ["one", "two", "three"])
        check(c.store("1,3", "+FLAGS", r"(\Deleted \Flagged Work)"))
        check(c.expunge())
        listed = self.tool("unexpunge", "-l", "user.una")
        self.assertEqual(re.findall(r"^UID: (\d+)$", listed, re.M), ["1", "3"])
        self.assertEqual(re.findall(r"^\tSubj: (.*)$", listed, re.M), ["one", "three"])
        for label in ("Size", "Sent", "Recv", "Expg", "From", "To  ", "Cc  ", "Bcc "):
            self.assertEqual(len(re.findall(r"^\t%s: " % label, listed, re.M)), 2, label)
        out = self.tool("unexpunge", "-u", "-d", "-v", "-f", "back", "user.una", "3")
        self.assertIn("Unexpunged user.una: 3 => 4\n", out)
        self.assertIn("restored 1 expunged messages\n", out)
        self.assertEqual(self.subjects(c), ["two", "three"])
        flags = check(c.fetch("2", "(UID FLAGS)"))[0]
        for flag in (rb"UID 4", rb"\Flagged", rb"Work", rb"back"):
            self.assertIn(flag, flags)
        self.assertNotIn(rb"\Deleted", flags)
        # What came back does not come again.
        self.assertIn("restored 1 exp", self.tool("unexpunge", "-a", "user.una"))
        self.assertIn("restored 0 exp", self.tool("unexpunge", "-a", "user.una"))
        self.assertEqual(self.subjects(c), ["two", "three", "one"])
        self.assertIn(rb"\Deleted", check(c.fetch("3", "(FLAGS)"))[0])
        # And goes for good like any other.
        self.tool("cyr_expire", "-X", "0s", "-p", "user.una")
        self.assertEqual(self.tool("unexpunge", "-l", "user.una"), "")

    def test_only_what_was_expunged_of_late_and_not_what_was_moved(self):
        c = self.user("unb", ["one", "two"], ["Other"])
        check(c.uid("MOVE", "1", "INBOX.Other"))
        check(c.store("1", "+FLAGS", r"(\Deleted)"))
        check(c.expunge())
        self.assertIn("It was moved", self.tool("unexpunge", "-l", "user.unb"))
        self.assertIn("restored 1 exp", self.tool("unexpunge", "-t", "1h", "user.unb"))
        self.assertEqual(self.subjects(c), ["two"])
        self.assertIn("restored 1 exp", self.tool("unexpunge", "-u", "user.unb", "1"))
        self.tool("unexpunge", "-u", "user.unb", "77", code=1)

    def test_a_session_sees_what_comes_back(self):
        c = self.user("unc", ["one"])
        check(c.store("1", "+FLAGS", r"(\Deleted)"))
        check(c.expunge())
        self.tool("unexpunge", "-a", "-d", "user.unc")
        check(c.noop())
        self.assertEqual(c.response("EXISTS")[1][-1], b"1")
        self.assertEqual(self.subjects(c), ["one"])

    # --- mbpath
    def test_where_mailboxes_lie(self):
        self.user("pat", ["one"], ["Sub"])
        spool = os.path.join(self.b.dir, "spool")
        folder = os.path.join(spool, "user", "pat")
        if not os.path.isdir(folder):
            folder = os.path.join(spool, "p", "user", "pat")
        self.assertEqual(self.tool("mbpath", "user.pat", "user.pat.Sub"),
                         "%s\n%s/Sub\n" % (folder, folder))
        self.assertEqual(self.tool("mbpath", "-u", "pat"), folder + "\n")
        self.assertEqual(self.tool("mbpath", "-p", folder + "/Sub/"), "user.pat.Sub\n")
        everything = self.tool("mbpath", "-a", "user.pat")
        self.assertEqual([line.split(": ")[0] for line in everything.splitlines()],
                         ["Data", "Meta", "Sieve", "User"])
        self.assertEqual(json.loads(self.tool("mbpath", "-j", "user.pat", "user.pat.Sub")),
                         [{"Name": "user.pat", "Data": folder},
                          {"Name": "user.pat.Sub", "Data": folder + "/Sub"}])
        out = self.tool("mbpath", "user.nobody", "user.pat", code=1)
        self.assertEqual((out, self.said), (folder + "\n", "user.nobody: Mailbox does not exist\n"))
        self.assertEqual(self.tool("mbpath", "-q", "-s", "user.nobody", "user.pat", code=1), "")

    # --- ipurge
    def test_old_and_large_messages_go(self):
        c = self.user("ida", folders=["Big"])
        old, new = "Mon, 2 Jan 2006 03:04:05 +0000", time.strftime("%a, %d %b %Y %T +0000",
                                                                    time.gmtime())
        for subject, date, size in (("old", old, 0), ("new", new, 0), ("large", new, 5000)):
            check(c.append("INBOX.Big", None, None, message(subject, date, size)))
        check(c.append("INBOX.Big", r"(\Flagged)", None, message("flagged", old)))
        self.assertEqual(self.tool("ipurge", "-d", "30", "user.ida.*"), "")
        self.assertEqual(len(self.subjects(c, "INBOX.Big")), 4)
        out = self.tool("ipurge", "-f", "-n", "-d", "30", "user.ida.*")
        self.assertRegex(out, r"Working on user.ida.Big\.\.\.\ntotal messages\s+4\n")
        self.assertRegex(out, r"Deleted messages\s+2\n")
        self.assertEqual(self.tool("ipurge", "-f", "-s", "-d", "30", "user.ida.*"), "")
        self.assertEqual(self.subjects(c, "INBOX.Big"), ["new", "large", "flagged"])
        self.tool("ipurge", "-f", "-X", "-d", "30", "user.ida.*")
        self.tool("ipurge", "-f", "-d", "30", "-k", "1", "user.ida.*")
        self.assertEqual(self.subjects(c, "INBOX.Big"), ["new", "large", "flagged"])
        self.tool("ipurge", "-f", "-b", "4000", "user.ida.*")
        self.assertEqual(self.subjects(c, "INBOX.Big"), ["new", "flagged"])
        self.tool("ipurge", "-f", "-i", "-d", "30", "user.ida.*")
        self.assertEqual(self.subjects(c, "INBOX.Big"), ["flagged"])

    # --- cyr_df, cyr_deny, cyr_info, cyr_buildinfo
    def test_how_full_the_partitions_are(self):
        lines = self.tool("cyr_df").splitlines()
        self.assertEqual(lines[0].split(), ["Partition", "1k-blocks", "Used", "Available", "Use%",
                                            "Location"])
        self.assertRegex(lines[1], r"^default +\d+ +\d+ +\d+ +\d+%% %s$"
                         % re.escape(os.path.join(self.b.dir, "spool")))
        self.assertEqual(len(lines), 2)

    def test_who_is_denied(self):
        self.m.set_passwords({"deb": "pw"})
        self.m.add_user("dea")
        self.tool("cyr_deny", "-s", "imap", "-m", "Call us", "dea")
        self.tool("cyr_deny", "deb")
        self.assertEqual(self.tool("cyr_deny", "-l"), "dea\timap\tCall us\ndeb\t*\t\n")
        c = self.m.imap("backend1")
        with self.assertRaisesRegex(Exception, "Call us"):
            c.login("dea", "pw")
        c.shutdown()
        self.tool("cyr_deny", "-a", "dea")
        self.assertEqual(self.tool("cyr_deny", "-l"), "deb\t*\t\n")
        self.m.imap("backend1", "dea").logout()
        for wrong in ((), ("-l", "x"), ("-a", "x", "y"), ("-m", "a\tb", "x"), ("-s", "", "x")):
            self.tool("cyr_deny", *wrong, code=64)

    def test_what_the_configuration_says(self):
        conf = self.tool("cyr_info", "conf")
        self.assertIn("servername: backend1\n", conf)
        self.assertIn("partition-default: %s\n" % os.path.join(self.b.dir, "spool"), conf)
        self.assertNotIn("deletedprefix:", conf)
        self.assertIn("deletedprefix: DELETED\n", self.tool("cyr_info", "conf-all"))
        self.assertIn("servername: \n", self.tool("cyr_info", "conf-default"))
        self.assertNotIn(self.m.node_password, self.tool("cyr_info", "conf-all"))
        self.assertEqual(self.tool("cyr_info", "conf-lint"), "")
        other = os.path.join(self.b.dir, "other.conf")
        with open(self.b.imapd_conf) as f, open(other, "w") as g:
            g.write(f.read() + "unixhierarchysepp: yes\n")
        os.chmod(other, 0o644)
        self.assertEqual(self.tool("cyr_info", "-C", other, "conf-lint", code=1),
                         "unixhierarchysepp: yes\n")
        self.tool("cyr_info", "confx", code=64)

    def test_who_is_at_work(self):
        c = self.user("wes", ["one"])
        murder.wait_for(lambda: re.search(r"^\d+ imap \S+ wes user.wes ",
                                          self.tool("cyr_info", "proc"), re.M), "the session shows")
        del c

    def test_what_it_is_built_with(self):
        facts = json.loads(self.tool("cyr_buildinfo"))
        self.assertEqual({"component", "dependency", "database", "search", "hardware", "version"},
                         set(facts))
        self.assertIs(facts["component"]["murder"], True)
        self.assertIs(facts["component"]["httpd"], False)
        self.assertEqual(json.loads(self.tool("cyr_buildinfo", "-p", "pretty")), facts)
        self.assertIn("component.murder = true\n", self.tool("cyr_buildinfo", "-p", "flat"))

    # --- databases
    def test_databases_from_one_kind_to_the_other(self):
        folder = os.path.join(self.b.dir, "conf")
        tdb, flat, again = (os.path.join(folder, n) for n in ("t.tdb", "t.flat", "t2.tdb"))
        self.tool("cyr_dbtool", tdb, "tdb", "show", code=1)
        self.tool("cyr_dbtool", "-n", tdb, "tdb", "set", "b", "two words")
        self.tool("cyr_dbtool", tdb, "tdb", "set", input="a\tone\nc\tthree\n")
        self.tool("cyr_dbtool", tdb, "tdb", "delete", "c")
        rows = "a\tone\nb\ttwo words\n"
        self.assertEqual(self.tool("cyr_dbtool", tdb, "tdb", "show"), rows)
        self.assertIn("2 records", self.tool("cvt_cyrusdb", tdb, "tdb", flat, "flat"))
        self.assertIn("2 records", self.tool("cvt_cyrusdb", flat, "flat", again, "tdb"))
        self.assertEqual(self.tool("cyr_dbtool", flat, "flat", "show"), rows)
        self.assertEqual(self.tool("cyr_dbtool", again, "tdb", "show", "b"), "b\ttwo words\n")
        self.assertEqual(self.tool("cyr_dbtool", again, "tdb", "get", "a"), "one\n")
        self.assertEqual(self.tool("cyr_dbtool", again, "tdb", "consistent"), "Yes, consistent\n")
        self.tool("cvt_cyrusdb", tdb, "tdb", flat, "flat", code=1)
        self.assertIn("already", self.said)
        self.tool("cyr_dbtool", tdb, "twoskip", "show", code=1)
        self.assertIn("no kind", self.said)

    def test_the_memory_of_deliveries(self):
        self.tool("ctl_deliver", "-r")
        self.tool("ctl_deliver", "-d")
        self.tool("ctl_deliver", "-E", "3")
        self.tool("ctl_deliver", code=64)

    # --- those with nothing to do
    def test_what_has_nothing_to_do_ends_well(self):
        for command in (("squatter",), ("squatter", "-r", "-i", "user"), ("tls_prune",),
                        ("squatter", "-C", self.b.imapd_conf, "-R", "-n", "squatter"),
                        ("ptexpire",), ("ptexpire", "-E", "3600")):
            self.assertEqual(self.tool(*command), "")
        for command in ("squatter", "ptexpire", "tls_prune"):
            self.assertIn("nothing to do: ", self.tool(command, "-v"))
            self.tool(command, "-y", code=64)

    def test_the_folders_that_the_configuration_names(self):
        top = os.path.join(self.b.dir, "new")
        path = os.path.join(self.b.dir, "new.conf")
        with open(path, "w") as f:
            f.write("configdirectory: %s/conf\npartition-default: %s/spool/one\n" % (top, top))
        os.chmod(path, 0o644)
        made = self.tool("makedirs", "-C", path, "-v").split()
        for folder in ("conf", "conf/socket", "conf/user", "conf/proc", "spool/one"):
            self.assertIn(os.path.join(top, folder), made)
            self.assertEqual(stat.S_IMODE(os.stat(os.path.join(top, folder)).st_mode), 0o750)
        self.assertEqual(self.tool("makedirs", "-C", path, "-v"), "")


if __name__ == "__main__":
    harness.main()
