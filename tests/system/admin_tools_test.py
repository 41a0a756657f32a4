#!/usr/bin/env python3
"""The tools that scripts and cron jobs call, on one server: what they print, and what they do."""
import json
import os
import re
import stat
import subprocess
import sys
import tarfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder
import sieve_client

check = murder.check


def message(subject, date="Tue, 24 Nov 2026 03:42:40 +0000", size=0):
    return (b"From: A <a@example.org>\r\nTo: b@example.org\r\nDate: %s\r\nSubject: %s\r\n\r\n%s\r\n"
            % (date.encode(), subject.encode(), b"x" * size))


class Tools(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.m = murder.Murder(backends=1, frontends=0, sieve=True)
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
        self.assertEqual(re.findall(r"^\tSubj: (.*)$", listed, re.M), ['"one"', '"three"'])
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
        out = self.tool("mbpath", "user.nobody", "user.pat", code=65)
        self.assertEqual((out, self.said), (folder + "\n", "user.nobody: Mailbox does not exist\n"))
        self.assertEqual(self.tool("mbpath", "-q", "-s", "user.nobody", "user.pat", code=65), "")

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
        self.assertRegex(out, r"\AUID: 1\n\tSize: \d+\n\tSent: Mon Jan  2 .*2006\n\tRecv: ")
        self.assertRegex(out, r'Subj: "flagged"\n\nTotal messages\s+4\n')
        self.assertRegex(out, r"Deleted messages\s+2\n")
        out = self.tool("ipurge", "-f", "-v", "-s", "-d", "30", "user.ida.*")
        self.assertRegex(out, r"\AWorking on user.ida.Big\.\.\.\nTotal messages\s+4\n")
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
        self.assertEqual(self.tool("cyr_deny", "-l").splitlines(), [
            "Username                       Service(s)           Message",
            "dea                            imap                 Call us",
            "deb                            *                    "
            "Access to this service has been blocked"])
        c = self.m.imap("backend1")
        with self.assertRaisesRegex(Exception, "Call us"):
            c.login("dea", "pw")
        c.shutdown()
        self.tool("cyr_deny", "-a", "dea")
        self.assertEqual(self.tool("cyr_deny", "-l").splitlines()[1:],
                         ["deb                            *                    "
                          "Access to this service has been blocked"])
        self.m.imap("backend1", "dea").logout()
        for wrong in ((), ("-l", "x"), ("-a", "x", "y"), ("-m", "a\tb", "x"), ("-s", "", "x"),
                      ("-l", "-s", "imap")):
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
        with open(other, "a") as f:
            f.write("virtdomains: off\nautocreate_quota: 5\nsasl_sql_engine: none\n")
        conf = self.tool("cyr_info", "-C", other, "conf")
        self.assertNotIn("virtdomains", conf)  # so it is without the line
        self.assertIn("autocreate_quota: 5\n", conf)
        self.assertIn("sasl_sql_engine: none\n", conf)
        self.assertEqual(self.tool("cyr_info", "version"), self.b.run("master", "-V").stdout)
        self.tool("cyr_info", "-s", "3.0.0", "conf-all")
        self.tool("cyr_info", "confx", code=64)
        for option, what in (("-n", "proc"), ("-n", "conf-default"), ("-s", "proc"),
                             ("-s", "conf-lint"), ("-n", "version")):
            self.tool("cyr_info", option, "x", what, code=64)

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
        self.assertEqual(json.loads(self.tool("cyr_buildinfo", "dense")), facts)
        self.assertEqual(len(self.tool("cyr_buildinfo", "dense").splitlines()), 1)
        self.assertIn("component.murder=true\n", self.tool("cyr_buildinfo", "flat"))
        self.tool("cyr_buildinfo", "-p", "flat", code=64)

    # --- dump and restore
    SCRIPT = b'require "fileinto"; fileinto "INBOX.Work";\r\n'

    def state(self, user, other):
        """All that a user has, as clients see it; the times are those that a dump keeps."""
        admin = self.m.imap("backend1", "cyrus")
        c, o = self.m.imap("backend1", user), self.m.imap("backend1", other)
        names = [line.decode().split()[-1] for line in check(c.list('""', "*"))]
        had = {"names": names, "subscribed": check(c.lsub('""', "*")),
               "quota": check(admin.getquotaroot("user." + user))}
        for name in names:
            outside = name.replace("INBOX", "user." + user, 1)
            check(c.select(name, readonly=True))
            had[name] = (check(c.uid("FETCH", "1:*", "(UID FLAGS INTERNALDATE BODY.PEEK[])")),
                         check(c.status(name, "(MESSAGES UIDNEXT UNSEEN)")),
                         check(admin.getacl(outside)),
                         check(admin.xatom("GETMETADATA", outside, "/shared/comment")),
                         admin.response("METADATA"))
        check(o.select("user.%s.Work" % user, readonly=True))
        had["seen by others"] = check(o.fetch("1:*", "(FLAGS)"))
        for session in (admin, c, o):
            session.logout()
        with sieve_client.Client(self.b.address("sieve")) as s:
            s.login(user, "pw")
            had["scripts"] = repr(s.ask(b"LISTSCRIPTS")), repr(s.ask(b'GETSCRIPT "main"'))
        return had

    def rich_user(self, name):
        """Two folders, flags, rights, a quota, an annotation, subscriptions, a script."""
        other = name + "x"
        o = self.user(other)
        c = self.user(name, ["one", "two", "three", "two"], ["Work", "Work.Old"])
        check(c.store("1", "+FLAGS", r"(\Seen \Flagged Later)"))
        check(c.store("3", "+FLAGS", r"(\Deleted)"))
        check(c.expunge())
        check(c.append("INBOX.Work", r"(\Answered)", '" 7-Feb-1994 21:52:25 -0800"',
                       message("work", size=70000)))
        check(c.append("INBOX.Work", None, None, message("more")))
        check(c.setacl("INBOX.Work", other, "lrs"))
        check(o.select("user.%s.Work" % name))
        check(o.fetch("1", "(BODY[])"))
        check(o.subscribe("user.%s.Work" % name))
        check(c.subscribe("INBOX"))
        check(c.subscribe("INBOX.Work"))
        with self.m.imap("backend1", "cyrus") as admin:
            check(admin.setquota("user." + name, "(STORAGE 10000 MESSAGE 100)"))
            check(admin.xatom("SETMETADATA", "user.%s.Work" % name,
                              '(/shared/comment "what is done")'))
        with sieve_client.Client(self.b.address("sieve")) as s:
            s.login(name, "pw")
            s.ask(sieve_client.put("main", self.SCRIPT))
            s.ask(b'SETACTIVE "main"')
        check(o.unselect())
        check(c.unselect())
        return other

    def dumped(self, name, *options):
        path = os.path.join(self.b.dir, "conf", name + ".tar")
        self.tool("dump", "-f", path, *options)
        return path

    def remove(self, *names):
        with self.m.imap("backend1", "cyrus") as admin:
            for name in names:
                check(admin.setacl(name, "cyrus", "lrxcad"))
                check(admin.delete(name))

    def test_a_user_whole_comes_back(self):
        other = self.rich_user("ray")
        before = self.state("ray", other)
        path = self.dumped("ray", "-u", "ray")
        self.remove("user.ray")
        self.assertIn("user.ray.Work: 2 messages\n", self.tool("restore", "-n", "-f", path))
        self.tool("mbpath", "user.ray", code=65)
        self.tool("restore", "-f", path)
        self.maxDiff = None
        self.assertEqual(self.state("ray", other), before)
        # Once more: all is there, nothing comes twice.
        self.tool("restore", "-f", path)
        self.assertEqual(self.state("ray", other), before)
        # UIDs that came after the dump will be given again.
        old = self.tool("restore", "-n", "-v", "-f", path)
        self.assertIn("some are there", old)

    def test_a_user_comes_back_under_another_name(self):
        other = self.rich_user("rob")
        before = self.state("rob", other)
        path = self.dumped("rob", "-u", "rob")
        self.m.set_passwords({"bob": "pw"})
        self.tool("restore", "-u", "bob", "-f", path)
        after = self.state("bob", other)
        self.maxDiff = None
        self.assertEqual(json.loads(json.dumps(after, default=repr).replace("bob", "rob")),
                         json.loads(json.dumps(before, default=repr)))
        self.assertEqual(self.state("rob", other), before)

    def test_nothing_that_is_there_is_touched(self):
        c = self.user("rex", ["one", "two", "three"])
        path = self.dumped("rex", "user.rex")
        check(c.store("2", "+FLAGS", r"(\Deleted)"))
        check(c.expunge())
        check(c.append("INBOX", None, None, message("four")))
        self.tool("restore", "-f", path, code=1)
        self.assertIn("user.rex: it is there", self.said)
        self.assertEqual(self.subjects(c), ["one", "three", "four"])
        self.tool("restore", "-m", "-f", path)
        self.assertEqual(self.subjects(c), ["one", "three", "four", "two"])
        self.tool("restore", "-m", "-f", path)
        self.assertEqual(len(self.subjects(c)), 4)

    def test_a_tree_under_another_name_and_one_mailbox(self):
        c = self.user("rue", ["top"], ["A", "A.B"])
        check(c.append("INBOX.A", None, None, message("a")))
        check(c.append("INBOX.A.B", None, None, message("b")))
        tree, one = self.dumped("tree", "-r", "user.rue.A"), self.dumped("one", "user.rue.A")
        self.tool("restore", "-M", "user.rue.New", "-f", tree)
        self.tool("restore", "-M", "user.rue.One", "-f", one)
        self.assertEqual([self.subjects(c, "INBOX." + n) for n in ("New", "New.B", "One")],
                         [["a"], ["b"], ["a"]])
        self.assertEqual(check(c.list('""', "INBOX.One.*")), [None])
        for wrong in (("-M", "user.a", "-u", "a"), ("more",)):
            self.tool("restore", *wrong, code=64, stdin=subprocess.DEVNULL)
        self.tool("restore", "-P", "nowhere", "-f", one, code=1)
        self.tool("restore", code=1, stdin=subprocess.DEVNULL)
        self.tool("dump", "-f", os.path.join(self.b.dir, "conf", "x"), "user.nobody", code=1)
        self.assertFalse(os.path.exists(os.path.join(self.b.dir, "conf", "x")))

    def test_uidvalidity_is_new_unless_it_is_kept(self):
        c = self.user("rik", ["one"])
        was = check(c.status("INBOX", "(UIDVALIDITY)"))
        path = self.dumped("rik", "user.rik")
        self.remove("user.rik")
        self.tool("restore", "-f", path)
        c = self.m.imap("backend1", "rik")
        self.assertNotEqual(check(c.status("INBOX", "(UIDVALIDITY)")), was)
        self.remove("user.rik")
        self.tool("restore", "-U", "-f", path)
        self.assertEqual(check(c.status("INBOX", "(UIDVALIDITY)")), was)
        c.logout()

    def test_what_was_cut_short_goes_on(self):
        subjects = ["s%d" % n for n in range(40)]
        c = self.user("rod", folders=["Sub"])
        for n, subject in enumerate(subjects):
            check(c.append(("INBOX", "INBOX.Sub")[n % 2], None, None, message(subject, size=900)))
        path = self.dumped("rod", "-u", "rod")
        with open(path, "rb") as f:
            whole = f.read()
        for part in (1, 4, 7, 9):
            self.remove("user.rod")
            cut = os.path.join(self.b.dir, "conf", "cut.tar")
            with open(cut, "wb") as f:
                f.write(whole[:(len(whole) - 2000) * part // 9])
            self.tool("restore", "-f", cut, code=1)
            self.tool("restore", "-f", path)
            c = self.m.imap("backend1", "rod")
            self.assertEqual((self.subjects(c), self.subjects(c, "INBOX.Sub")),
                             (subjects[::2], subjects[1::2]), part)
            c.logout()
        # Killed in the midst of it.
        self.remove("user.rod")
        command = [os.path.join(self.m.bin, "restore"), "-C", self.b.imapd_conf]
        p = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE,
                             **self.b.as_owner())
        p.stdin.write(whole[:len(whole) * 2 // 3])
        p.stdin.flush()
        murder.wait_for(lambda: self.b.run("mbpath", "user.rod", check=False).returncode == 0,
                        "the first mailbox is there")
        p.kill()
        p.communicate()
        self.tool("restore", "-f", path)
        c = self.m.imap("backend1", "rod")
        self.assertEqual((self.subjects(c), self.subjects(c, "INBOX.Sub")),
                         (subjects[::2], subjects[1::2]))
        c.logout()

    def test_other_tools_read_it_and_may_make_it_anew(self):
        deep = ".".join(["folder" + "x" * 60] * 3)
        c = self.user("rut", ["one"], [deep])
        check(c.append("INBOX." + deep, None, None, message("deep")))
        path = self.dumped("rut", "-u", "rut")
        with tarfile.open(path) as tar:
            names = tar.getnames()
            self.assertEqual((names[0], names[-1]), ("rookery-dump", "end"))
            member = "mailboxes/user.rut.%s/1.eml" % deep
            self.assertEqual(tar.extractfile(member).read(), message("deep"))
            for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
                again = os.path.join(self.b.dir, "conf", "again.tar")
                with tarfile.open(again, "w", format=form) as new:
                    for one in tar.getmembers():
                        new.addfile(one, tar.extractfile(one))
                os.chmod(again, 0o644)
                self.remove("user.rut")
                self.tool("restore", "-f", again)
                c = self.m.imap("backend1", "rut")
                self.assertEqual(self.subjects(c, "INBOX." + deep), ["deep"])
                c.logout()

    # --- mbexamine, chk_cyrus, arbitron
    def test_what_a_mailbox_is_made_of(self):
        c = self.user("max", ["one", "two", "three"])
        check(c.store("2", "+FLAGS", r"(\Flagged Work)"))
        out = self.tool("mbexamine", "user.max")
        for text in ("Examining user.max...\n", "  Mailbox ACL: max\t", "  User Flags: Work\n",
                     "  Number of Messages: 3  Mailbox Size: ",
                     "  Deleted: 0  Answered: 0  Flagged: 1",
                     "000002> UID:00000002 ", r" FLAGS: \Flagged Work"):
            self.assertIn(text, out)
        self.assertRegex(out, r"\n  Last Append Date: \(\d+\) \w{3} \w{3} [ \d]\d [\d:]{8} \d{4}\n")
        self.assertRegex(out, r"000002> UID:00000002   INT_DATE:\d+ SAVEDATE:\d+ SIZE:\d+\n"
                         r"      > HDRSIZE:\d+ LASTUPD :\d+ SYSFLAGS:00000002\n"
                         r"      > GUID:[0-9a-f]{40} MODSEQ:\d+\n      > INTERNALFLAGS:\n"
                         r"      > SYSTEMFLAGS: FLAG_FLAGGED\n"
                         r"      > USERFLAGS: 00000000 00000000 00000000 00000001\n")
        one = self.tool("mbexamine", "-u", "3", "user.max")
        self.assertEqual(len(re.findall(r"> UID:", one)), 1)
        self.assertIn("Desired message not found\n", self.tool("mbexamine", "-s", "4", "user.max"))
        self.assertEqual(self.tool("mbexamine", "-c", "-q", "user.max"), "")
        self.assertEqual(self.tool("chk_cyrus", "-M", "user.max"), "")
        folder = self.tool("mbpath", "user.max").strip()
        os.unlink(os.path.join(folder, "1."))
        with open(os.path.join(folder, "3."), "r+b") as f:
            f.write(b"X")
        with open(os.path.join(folder, "77."), "wb") as f:
            f.write(message("new"))
        self.assertEqual(re.findall(r"UID \d+", self.tool("mbexamine", "-c", "user.max", code=1)),
                         ["UID 1", "UID 3"])
        self.assertEqual(self.tool("chk_cyrus", "-M", "user.max", code=1),
                         "user.max uid 1 not found\nuser.max uid 77 found without a record\n")
        self.assertEqual(self.tool("chk_cyrus", "-P", "other"), "")
        self.tool("mbexamine", "user.nobody", code=1)
        self.user("mav", ["one"], ["Sub"])
        self.assertEqual(self.tool("reconstruct", "user.mav*"),
                         "user.mav: 1 messages\nuser.mav.Sub: 0 messages\n")
        self.assertEqual(self.tool("reconstruct", "user.mav.%"), "user.mav.Sub: 0 messages\n")
        self.assertEqual(self.tool("reconstruct", "nothing.*", code=75), "")
        self.tool("reconstruct", "user.max")

    def test_who_reads_a_mailbox(self):
        c = self.user("art", ["one"], ["Shared"])
        check(c.append("INBOX.Shared", None, None, message("one")))
        for reader in ("arb", "arc"):
            o = self.user(reader)
            check(c.setacl("INBOX.Shared", reader, "lrs"))
            check(o.subscribe("user.art.Shared"))
        check(o.select("user.art.Shared"))
        check(o.fetch("1", "(BODY[])"))
        check(o.unselect())
        self.assertEqual(self.tool("arbitron", "user.art.*"), "user.art.Shared 1 2\n")
        self.assertEqual(self.tool("arbitron", "-o", "user.art.*"), "user.art.Shared 1\n")
        self.assertEqual(self.tool("arbitron", "-u", "user.art.*"),
                         "user.art.Shared 1:arc 2:arb,arc\n")
        self.assertEqual(self.tool("arbitron", "-u", "-o", "user.art.*"), "user.art.Shared 1:arc\n")
        today = time.strftime("%m%d%Y")
        for dates, readers in ((today, "1"), ("01012020:01022020", ""), (today + ":" + today, "1")):
            self.assertEqual(self.tool("arbitron", "-o", "-D", dates, "user.art.*"),
                             readers and "user.art.Shared %s\n" % readers)
        when = r"\d\d-\d\d-\d{4} \d\d:\d\d:\d\d"
        self.assertRegex(self.tool("arbitron", "-l", "user.art.*"),
                         r"\Auser.art.Shared,arc,r,{0},{0}\nuser.art.Shared,arb,s,{0},{0}\n"
                         r"user.art.Shared,arc,s,{0},{0}\n\Z".format(when))
        for wrong in ("13012020", "02302020", "1", "01022020:01012020"):
            self.tool("arbitron", "-D", wrong, code=64)
        self.tool("arbitron", "-d", "x", code=64)

    # --- options of cyr_expire, quota and reconstruct that scripts use
    def test_messages_go_when_their_mailbox_says_so(self):
        c = self.user("exa", folders=["Trash", "Trash.Keep", "Trash.Below", "Other",
                                         "Trash.Level.Deep"])
        # What is between them is no mailbox.
        self.assertNotIn("user.exa.Trash.Level\n", self.tool("ctl_mboxlist", "-d", "-L"))
        folders = ("Trash", "Trash.Keep", "Trash.Below", "Trash.Level.Deep", "Other")
        for folder in folders:
            for subject, day in (("old", "01-Jan-2020"), ("new", time.strftime("%d-%b-%Y"))):
                check(c.append("INBOX." + folder, None, '"%s 00:00:00 +0000"' % day,
                               message(subject)))
        check(c.unselect())
        entry = "/shared/vendor/cmu/cyrus-imapd/expire"
        with self.m.imap("backend1", "cyrus") as admin:
            for folder, days in (("Trash", 10), ("Trash.Keep", 0)):
                check(admin.xatom("SETMETADATA", "user.exa." + folder, '(%s "%d")' % (entry, days)))
        for options in (("-a",), ("-x",), ("-p", "user.nobody")):
            self.tool("cyr_expire", "-E", "3", *options)
        self.tool("cyr_expire", "-D", "3", "-c", "-t")
        for alone in (("-t",), ("-A", "7d"), ("-t", "-v")):
            self.assertEqual(self.tool("cyr_expire", *alone), "")
        self.tool("cyr_expire", "-A", "soon", code=64)
        self.tool("cyr_expire", "-c", code=64)
        self.assertEqual(self.subjects(c, "INBOX.Trash"), ["old", "new"])
        self.assertIn("removed old messages: 3\n", self.tool("cyr_expire", "-E", "3", "-v"))
        self.assertEqual([self.subjects(c, "INBOX." + f) for f in folders],
                         [["new"], ["old", "new"], ["new"], ["new"], ["old", "new"]])
        self.tool("cyr_expire", "-X", "0s", "-x")
        self.assertIn("old", self.tool("unexpunge", "-l", "user.exa.Trash"))
        self.tool("cyr_expire", "-x", code=64)

    def test_quotas_are_mended_and_only_that_is_said(self):
        self.user("qua")
        with self.m.imap("backend1", "cyrus") as admin:
            check(admin.setquota("user.qua", "(STORAGE 1000)"))
        self.assertIn(" user.qua\n", self.tool("quota", "-q", "user.qua"))
        self.assertEqual(self.tool("quota", "-f", "-q"), "")
        copy = os.path.join(self.b.dir, "conf", "quotas.limits")
        with open(copy) as f:
            text = f.read()
        os.unlink(copy)
        self.assertEqual(self.tool("quota", "-f", "-n", "-q"), "quota limits: to be mended\n")
        self.assertFalse(os.path.exists(copy))
        self.assertEqual(self.tool("quota", "-f", "-q"), "quota limits: mended\n")
        with open(copy) as f:
            self.assertEqual(f.read(), text)
        self.assertEqual(self.tool("quota", "-d", "example.org").count("\n"), 1)

    def test_reconstruct_says_what_it_has_put_right(self):
        self.user("rec", ["one", "two"], ["Sub"])
        options = ("-q", "-u", "-G", "-V", "max", "rec")
        self.assertEqual((self.tool("reconstruct", *options), self.said), ("", ""))
        self.assertEqual(self.tool("reconstruct", "-u", "rec"),
                         "user.rec: 2 messages\nuser.rec.Sub: 0 messages\n")
        os.unlink(os.path.join(self.tool("mbpath", "user.rec").strip(), "2."))
        self.assertEqual(self.tool("reconstruct", *options),
                         "user.rec: 1 messages, 1 without a file\n")
        self.tool("reconstruct", "-V", "newest", "user.rec", code=64)

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
        self.user("mel")
        with murder.Lmtp(*self.b.address("lmtpa")) as s:
            assert not s.deliver("s@example.org", ["mel"], b"Message-ID: <mel@x>\r\n\r\nHello\r\n")
        lines = self.tool("ctl_deliver", "-d").splitlines()
        self.assertRegex(lines[0], r"^it is NOW: \d+$")
        self.assertEqual(lines[-1], "got %d entries" % (len(lines) - 2))
        for line in lines[1:-1]:
            self.assertRegex(line, r"^id: [0-9a-f]{64}\tto: [A-Z]\tat: \d+\tuid: .+$")
        self.assertIn("got 0 entries", self.tool("ctl_deliver", "-d", "-f", self.b.dir + "/none"))
        self.tool("ctl_deliver", "-E", "3")
        self.tool("ctl_deliver", code=64)

    def test_what_was_replaced_comes_back(self):
        c = self.user("replaced", ["the long draft", "other"], ["drafts"])
        for number, to in (("1", "INBOX"), ("1", "INBOX.drafts")):
            c.literal = message("cut", size=3)
            check(c.xatom("REPLACE", number, to))
        self.assertEqual(self.subjects(c), ["cut"])
        listed = self.tool("unexpunge", "-l", "user.replaced")
        self.assertEqual(len(re.findall(r"(?m)^UID: ", listed)), 2, listed)
        self.assertNotIn("moved", listed)
        self.assertIn("restored 2 exp", self.tool("unexpunge", "-a", "user.replaced"))
        self.assertEqual(sorted(self.subjects(c)), ["cut", "other", "the long draft"])

    # --- squatter
    def test_words_are_indexed(self):
        c = self.user("squat", ["one", "two"], ["more"])
        check(c.append("INBOX.more", None, None, message("three")))
        self.assertEqual(self.tool("squatter"), "")
        self.assertEqual(self.tool("squatter", "-X", "-v", "user.squat"),
                         "user.squat: 2 messages indexed\n")
        self.assertEqual(self.tool("squatter", "-r", "-v", "-i", "user.squat"),
                         "user.squat: 0 messages indexed\nuser.squat.more: 0 messages indexed\n")
        check(c.append("INBOX.more", None, None, message("four")))
        self.assertEqual(self.tool("squatter", "-u", "-v", "squat"),
                         "user.squat: 0 messages indexed\nuser.squat.more: 1 messages indexed\n")
        self.tool("squatter", "user.nobody", code=1)
        self.assertEqual(self.said,
                         "squatter: user.nobody: no mailbox of that name on this server\n")
        self.tool("squatter", "-y", code=64)

    def test_squatter_goes_on_until_it_is_told_to_end(self):
        c = self.user("rolling", ["one"])
        rolling = subprocess.Popen(
            [os.path.join(self.m.bin, "squatter"), "-C", self.b.imapd_conf, "-R", "-d"],
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self.b.as_owner())
        self.addCleanup(rolling.wait)
        self.addCleanup(rolling.kill)
        folder = os.path.join(self.b.dir, "spool", "user", "rolling")
        murder.wait_for(lambda: os.path.exists(folder + "/rookery.words"), "it indexes")
        self.assertIsNone(rolling.poll())
        rolling.terminate()
        rolling.wait(20)
        c.noop()

    # --- those with nothing to do
    def test_what_has_nothing_to_do_ends_well(self):
        for command in (("tls_prune",), ("ptexpire",), ("ptexpire", "-E", "3600")):
            self.assertEqual(self.tool(*command), "")
        for command in ("ptexpire", "tls_prune"):
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
