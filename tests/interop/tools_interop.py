#!/usr/bin/env python3
"""What scripts read of the administrator's tools, beside Cyrus 3.6.1: one server of each with the
same configuration and the same content, the same commands at both.

A difference that stays is named in the case that meets it, with its row of
doc/admin/differences.md. Exits 77 where Cyrus is not installed or without root.
"""
import contextlib
import imaplib
import json
import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import mixed
import murder

check = murder.check
FLAVOURS = ("cyrus", "rookery")
ACL = "lrswipkxtecdan"


def message(n):
    return (b"From: a@b.example\r\nTo: c@d.example\r\nSubject: number %d\r\n"
            b"Date: Mon, 02 Jan 2023 10:00:00 +0000\r\n"
            b"Message-ID: <%d@x.example>\r\n\r\nbody\r\n" % (n, n))


class Single(mixed.Server):
    """A server of its own, of one flavour."""

    def __init__(self, folder, flavour, address, programs):
        self.name, self.flavour, self.address, self.role = flavour, flavour, address, "single"
        self.dir = os.path.join(folder, flavour)
        self.programs = programs
        self.process = None
        self.mixed = self
        self.bin = programs

    def write(self):
        for sub in ("conf", "spool", "two", "sock", "sieve", "proc", "conf/db", "conf/proc",
                    "conf/log", "conf/msg", "conf/quota", "conf/user", "conf/lock",
                    "conf/ptclient", "conf/socket"):
            os.makedirs(os.path.join(self.dir, sub), exist_ok=True)
        text = mixed.COMMON.format(d=self.dir, host="mail.example.org", name=self.name,
                                   root=os.path.dirname(self.dir), extra_admins="")
        text = text.replace("duplicatesuppression: no", "duplicatesuppression: yes")
        text += "partition-two: %s/two\n" % self.dir
        with open(self.dir + "/imapd.conf", "w") as f:
            f.write(text)
        conf = "-C %s/imapd.conf" % self.dir
        with open(self.dir + "/cyrus.conf", "w") as f:
            f.write('START {\n  recover cmd="ctl_cyrusdb %s -r"\n}\nSERVICES {\n'
                    '  imap cmd="imapd %s" listen="%s:143" prefork=1\n'
                    '  lmtpa cmd="lmtpd %s -a" listen="%s:2003" prefork=0\n}\nEVENTS {\n}\n'
                    % (conf, conf, self.address, conf, self.address))
        subprocess.run(["chown", "-R", "cyrus:mail", self.dir], check=True)

    def wait_ready(self):
        def spoke():
            if self.process.poll() is not None:
                raise RuntimeError("%s: master exited\n%s" % (self.name, self.tail()))
            with contextlib.suppress(OSError), socket.create_connection(
                    (self.address, 143), 5) as s:
                s.settimeout(10)
                return s.recv(1) != b""
            return False
        murder.wait_for(spoke, self.name + ": nothing on port 143", 40)

    def imap(self, user="cyrus"):
        c = imaplib.IMAP4(self.address, timeout=murder.DEADLINE)
        check(c.login(user, "pw"))
        return c

    def tool(self, program, *arguments, input=None):
        """Status, standard output and standard error; the folder of the server is DIR in them."""
        folder = mixed.CYRUS_BIN if self.flavour == "cyrus" else self.bin
        who = pwd.getpwnam("cyrus")
        done = subprocess.run([os.path.join(folder, program), "-C", self.dir + "/imapd.conf",
                               *arguments], user=who.pw_uid, group=who.pw_gid, extra_groups=[],
                              text=True, capture_output=True, input=input, timeout=60,
                              errors="replace", cwd=self.dir)
        said = "".join(line for line in done.stderr.splitlines(True)
                       if not re.match(r"\d{4}-\d\d-\d\dT", line))  # the log, where no syslog is
        return (done.returncode, done.stdout.replace(self.dir, "DIR"),
                said.replace(self.dir, "DIR"))


class Pair:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="rookery-tools-")
        os.chmod(self.dir, 0o755)
        programs = murder.stage(os.path.join(self.dir, "bin"))
        net = os.environ["ROOKERY_MIXED"]
        self.servers = [Single(self.dir, flavour, net + str(n), programs)
                        for n, flavour in enumerate(FLAVOURS, 1)]
        for user in ("cyrus", "alice", "bob", "carol"):
            subprocess.run(["saslpasswd2", "-p", "-c", "-f", self.dir + "/sasldb2", "-u",
                            "mail.example.org", user], input=b"pw", stdout=subprocess.DEVNULL,
                           check=True)
        subprocess.run(["chown", "cyrus:mail", self.dir + "/sasldb2"], check=True)
        try:
            for server in self.servers:
                server.write()
                server.start()
                self.fill(server)
        except BaseException:
            self.stop(True)
            raise

    @staticmethod
    def fill(server):
        with server.imap() as c:
            for name in ("user.alice", "user.alice.Work", "user.bob", "user.carol", "pub",
                         "pub.news", "user.alice.Gone"):
                check(c.create(name))
            check(c.xatom("CREATE", "pub.two", "two"))
            for name in ("pub", "pub.news", "pub.two"):
                check(c.setacl(name, "anyone", "lrs"))
                check(c.setacl(name, "cyrus", ACL))
            check(c.setacl("user.alice.Gone", "cyrus", ACL))
            check(c.setquota("user.alice", "(STORAGE 1000)"))
            check(c.setquota("user.bob", "(STORAGE 1000 MESSAGE 50)"))
            check(c.append("pub.news", None, '"01-Jan-2023 10:00:00 +0000"', message(1)))
            check(c.delete("user.alice.Gone"))
        with server.imap("alice") as c:
            for n in range(1, 6):
                check(c.append("INBOX", r"(\Seen $Label)" if n == 1 else None,
                               '"02-Jan-2023 10:00:0%d +0000"' % n, message(n)))
            check(c.append("INBOX.Work", r"(Old)", '"03-Jan-2023 10:00:00 +0000"', message(9)))
            check(c.select("INBOX"))
            check(c.store("4:5", "+FLAGS", r"(\Deleted)"))
            check(c.expunge())
            check(c.subscribe("INBOX"))
            check(c.subscribe("pub.news"))
            check(c.select("pub.news"))
            check(c.fetch("1", "(BODY[])"))
            check(c.unselect())
        with server.imap("bob") as c:
            check(c.append("INBOX", None, None, message(10)))
        with server.imap("carol") as c:
            for n in (1, 2):
                check(c.append("INBOX", None, None, message(n)))
        with murder.Lmtp(server.address, 2003) as s:
            assert not s.deliver("s@x.example", ["carol"], message(20))

    def stop(self, failed=False):
        for server in self.servers:
            if failed:
                sys.stdout.write(server.tail())
            server.stop()
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.stop(kind is not None)


class Tools(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pair = Pair()
        cls.addClassCleanup(cls.pair.stop)
        cls.theirs, cls.ours = cls.pair.servers

    def both(self, *command, status=(0, 0), **kw):
        """The standard outputs of both; what they say on the other one is in self.said."""
        done = [server.tool(*command, **kw) for server in self.pair.servers]
        self.said = [d[2] for d in done]
        self.assertEqual(tuple(d[0] for d in done), status, (command, done))
        return [d[1] for d in done]

    def same(self, *command, change=lambda text: text, **kw):
        theirs, ours = self.both(*command, **kw)
        self.assertEqual(change(theirs), change(ours), command)
        return ours

    # --- mailboxes
    HEADER = [r"  Mailbox ACL: (.*)", r"  User Flags: (.*?) ?$", r"  Number of Messages: (\d+)",
              r"  Mailbox Size: (\d+) bytes", r"  Last UID: (\d+)", r"  Deleted: (\d+)",
              r"  Answered: (\d+)", r"  Flagged: (\d+)",
              r"  Last POP3 Login: (\(\d+\) \w{3} \w{3} [ \d]\d [\d:]{8} \d{4})"]
    FORMS = [r"  Path to mailbox: (/.*|DIR/.*)", r"  Unique ID: (\S+)",
             r"  Generation Number: (\d+)", r"  Minor Version: (\d+)",
             r"  Header Size: (\d+) bytes", r"  Record Size: (\d+) bytes",
             r"  Last Append Date: (\(\d+\) \w{3} \w{3} [ \d]\d [\d:]{8} \d{4})",
             r"  UIDValidity: (\d+)", r"  Highest Mod Sequence: (\d+)"]
    MESSAGE = [r"> UID:(\d{8}) ", r"   INT_DATE:(\d+) ", r" SIZE:(\d+)", r"> HDRSIZE:(\d+)",
               r" SYSFLAGS:([0-9a-f]{8})", r" GUID: ?([0-9a-f]{40})", r"> SYSTEMFLAGS:(.*)",
               r"> USERFLAGS:(.*)"]

    def test_mbexamine(self):
        """Not here: the size of annotations and mailbox options, SENTDATE, CACHEVER, THRID, and
        what Cyrus' cache holds. Numbers of messages are right here, theirs are all 1."""
        for command in (("user.alice",), ("-u", "2", "user.alice"), ("-s", "1", "user.alice")):
            theirs, ours = self.both("mbexamine", *command)
            for pattern in self.HEADER + self.MESSAGE:
                with self.subTest(pattern):
                    self.assertEqual(*(re.findall(pattern, out, re.M) for out in (theirs, ours)))
            for pattern in self.FORMS:
                for out in (theirs, ours):
                    self.assertEqual(len(re.findall(pattern, out, re.M)), 1, (pattern, out))
            for patterns in (self.HEADER, self.MESSAGE):
                for out in (theirs, ours):
                    places = [re.search(p, out, re.M).start() for p in patterns]
                    self.assertEqual(places, sorted(places), out)
        for out in self.both("mbexamine", "-s", "9", "user.alice"):
            self.assertEqual(out.splitlines()[-1], "Desired message not found")
        self.both("mbexamine", "user.nobody", status=(0, 1))

    def members(self, text):
        """Of a dump: name -> member, without tombstones, which ours leaves out."""
        self.assertTrue(text.startswith("{\n") and text.endswith("\n}\n"), text)
        return {k: v for k, v in json.loads(text).items() if "d" not in v["mbtype"]}

    # What of a mailbox lies in its own files here, and 0 in the list.
    ELSEWHERE = ("mtime", "uidvalidity", "createdmodseq", "foldermodseq", "uniqueid")

    def known(self, members):
        """Without what each server makes itself."""
        return {re.sub(r"\.[0-9A-F]{8}$", ".TIME", name): {
            k: v for k, v in member.items() if k not in self.ELSEWHERE + ("name",)}
            for name, member in members.items()}

    def test_ctl_mboxlist_dumps(self):
        for command in ((), ("-p", "two")):
            theirs, ours = self.both("ctl_mboxlist", "-d", *command)
            self.assertEqual(self.known(self.members(theirs)), self.known(self.members(ours)))
            members = [self.members(out) for out in (theirs, ours)]
            self.assertEqual(*([list(m["pub.two"]) for m in members]))
            # For who reads it by lines.
            lines = [[re.sub(r'("(?:%s)": )"\w+"' % "|".join(self.ELSEWHERE), r'\1""', line)
                      for line in out.splitlines() if line.startswith('"pub.two"')]
                     for out in (theirs, ours)]
            self.assertEqual(*lines)

    def test_ctl_mboxlist_dumps_of_the_other(self):
        theirs, ours = self.both("ctl_mboxlist", "-d")
        for server, listing in ((self.ours, theirs), (self.theirs, ours)):
            path = os.path.join(server.dir, "conf", "other.db")
            done = server.tool("ctl_mboxlist", "-u", "-f", path, input=listing)
            self.assertEqual(done[0], 0, done)
            again = server.tool("ctl_mboxlist", "-d", "-f", path)
            self.assertEqual(again[0], 0, again)
            want, got = self.members(listing), self.members(again[1])
            self.assertEqual(self.known(want), self.known(got))
            for name, member in want.items():
                self.assertEqual(member["uniqueid"], got[name]["uniqueid"])

    def test_mbpath(self):
        """Theirs lie by their unique ids, and the words about an error differ."""
        for command in (("user.alice",), ("user.alice", "pub"), ("-m", "user.alice"),
                        ("-u", "alice"), ("-s", "user.bob")):
            theirs, ours = self.both("mbpath", *command)
            self.assertEqual(len(theirs.splitlines()), len(ours.splitlines()))
            self.assertRegex(ours, r"\A(DIR/\S+\n)+\Z")
        theirs, ours = ([line.split(": ")[0] for line in out.splitlines()]
                        for out in self.both("mbpath", "-a", "user.alice"))
        self.assertEqual([label for label in theirs if label != "Archive"], ours)
        for command in (("user.nobody",), ("user.bob", "user.nobody"), ("-u", "nobody"),
                        ("-s", "user.nobody", "user.bob")):
            theirs, ours = self.both("mbpath", *command, status=(65, 65))
            self.assertEqual(len(theirs.splitlines()), len(ours.splitlines()))
            self.assertTrue(all(self.said))
        self.same("mbpath", "-q", "user.nobody", status=(65, 65))
        self.assertEqual(self.said, ["", ""])
        self.both("mbpath", "user.nobody", "user.bob", status=(0, 65))  # theirs: of the last

    def test_arbitron(self):
        """Theirs finds no readers or subscribers in the folders of 3.6, and shows what waits below
        DELETED."""
        for option, count in (((), " 1 1"), (("-o",), " 1"), (("-u",), " 1:alice 1:alice"),
                              (("-d", "1"), " 1 1")):
            theirs, ours = self.both("arbitron", *option)
            none = re.sub(r"1(:alice)?", "0", count)
            self.assertEqual(
                sorted(line for line in theirs.splitlines() if not line.startswith("DELETED")),
                ["pub" + none, "pub.news" + none, "pub.two" + none])
            self.assertEqual(ours.splitlines(),
                             ["pub" + none, "pub.news" + count, "pub.two" + none])
        self.assertEqual(*(sorted(line.split()[0] for line in out.splitlines())
                           for out in self.both("arbitron", "pub.*")))
        for option in ("-l", "-p"):
            self.both("arbitron", option, *(["12"] if option == "-p" else []))

    def test_chk_cyrus(self):
        """Theirs tells its progress without -v, says \"found - adding\", and ends with 0."""
        for server in self.pair.servers:
            folder = server.tool("mbpath", "user.carol")[1].strip().replace("DIR", server.dir)
            os.unlink(folder + "/1.")
            shutil.copy(folder + "/2.", folder + "/77.")
            shutil.chown(folder + "/77.", "cyrus")
        theirs, _, ours = (self.theirs.tool("chk_cyrus", "-M", "user.carol"), None,
                           self.ours.tool("chk_cyrus", "-v", "-M", "user.carol"))
        self.assertEqual((theirs[0], ours[0]), (0, 1))
        self.assertEqual(theirs[2], ours[2])
        self.assertEqual(theirs[1].splitlines()[0], ours[1].splitlines()[0])
        self.assertEqual(*(re.findall(r"^user.carol uid (\d+) found", out, re.M)
                           for out in (theirs[1], ours[1])))
        self.assertEqual(self.theirs.tool("chk_cyrus", "-P", "two")[2],
                         self.ours.tool("chk_cyrus", "-v", "-P", "two")[2])
        self.both("chk_cyrus", "-P", "two", "-M", "user.carol", status=(255, 64))

    # --- messages
    @staticmethod
    def plain(text):
        """Theirs keeps of a Date its day, and addresses as it reads them."""
        text = re.sub(r"(Sent: .{10}) [\d:]{8}", r"\1", text)
        text = re.sub(r"(Expg: ).*", r"\1", text)
        return re.sub(r"<(\S+@\S+)>", r"\1", text)

    def test_ipurge(self):
        for command in (("-f", "-d", "30", "-n", "user.alice"),
                        ("-f", "-d", "30", "-n", "-v", "user.alice*"), ("-b", "10", "-n", "pub.*"),
                        ("-f", "-m", "1", "-i", "-n", "user.alice"),
                        ("-f", "-o", "-d", "1", "-n", "user.alice"),
                        ("-d", "30", "-v", "pub.news"), ("-d", "30", "pub.news")):
            self.same("ipurge", *command, change=self.plain)
        self.both("ipurge", status=(0, 64))

    def test_unexpunge(self):
        for command in (("-l", "user.alice"), ("-l", "pub"), ("-u", "-v", "user.alice", "4"),
                        ("-t", "1d", "-v", "user.alice.Work"), ("-a", "-v", "user.alice"),
                        ("-l", "user.alice"), ("-a", "user.alice")):
            self.same("unexpunge", *command, change=self.plain)
        self.both("unexpunge", "-l", "user.nobody", status=(0, 1))
        self.same("unexpunge", "-u", "user.alice", "99", status=(0, 1))
        self.both("unexpunge", "user.alice", status=(255, 64))

    def test_quota(self):
        """MAILBOX is their X-NUM-FOLDERS; annotations are not counted."""
        def change(text):
            return re.sub(r".*X-ANNOTATION-STORAGE.*\n", "", text).replace(
                "      X-NUM-FOLDERS", "            MAILBOX")
        for command in ((), ("user.bob",), ("-n",), ("-u", "bob"), ("-d", "nowhere"),
                        ("user.nobody",), ("-f", "user.bob")):
            self.same("quota", *command, change=change)
        theirs, ours = (json.loads(out) for out in self.both("quota", "-J"))
        for root, resources in theirs.items():
            del resources["X-ANNOTATION-STORAGE"]
            resources["MAILBOX"] = resources.pop("X-NUM-FOLDERS")
        self.assertEqual(theirs, ours)

    def test_reconstruct(self):
        """Ours tells how many messages there are behind the name."""
        for command in (("user.bob",), ("-r", "user.bob"), ("-n", "user.bob"), ("pub.*",)):
            theirs, ours = self.both("reconstruct", *command)
            self.assertEqual(theirs.splitlines(),
                             [line.split(":")[0] for line in ours.splitlines()])
        self.same("reconstruct", "-q", "user.bob")
        self.both("reconstruct", "user.nobody", status=(0, 75))
        self.both("reconstruct", "-z", status=(64, 64))

    def test_cyr_expire(self):
        """-v tells on standard output what was done, theirs on the other one what is looked at."""
        for command in (("-t",), ("-A", "1d"), ("-E", "3"), ("-E", "3", "-c", "-t", "-x"),
                        ("-E", "1", "-p", "pub"), ("-E", "1", "-u", "bob")):
            self.same("cyr_expire", *command)
        for command in ((), ("-E", "x"), ("-z",)):
            self.both("cyr_expire", *command, status=(64, 64))
        theirs, ours = self.both("cyr_expire", "-E", "3", "-D", "0", "-v")
        self.assertEqual(theirs, "")
        removed = r"DELETED\.user\.alice\.Gone\.[0-9A-F]{8}"
        self.assertRegex(self.said[0], "Removing: " + removed)
        self.assertRegex(ours, "removed " + removed)

    def test_ctl_deliver(self):
        """Hashes of ids and mailboxes are kept here, and no UID."""
        theirs, ours = self.both("ctl_deliver", "-d")
        for out in (theirs, ours):
            self.assertRegex(out, r"\Ait is NOW: \d+\n"
                             r"(id: \S+ *\tto: \S+\tat: \d+\tuid: .+\n)+got 1 entries\n\Z")
        self.same("ctl_deliver", "-E", "3")
        self.both("ctl_deliver", status=(255, 64))

    # --- the server
    def test_cyr_buildinfo(self):
        """The version and what is of ours alone stand beside it."""
        for form in ((), ("pretty",), ("dense",)):
            theirs, ours = self.both("cyr_buildinfo", *form)
            one, other = json.loads(theirs), json.loads(ours)
            for group, facts in one.items():
                self.assertEqual(set(facts) - set(other[group]), set(), group)
                for key, fact in facts.items():
                    self.assertIs(type(fact), type(other[group][key]), key)
            self.assertEqual(len(theirs.splitlines()) > 1, len(ours.splitlines()) > 1)
        theirs, ours = self.both("cyr_buildinfo", "flat")
        keys = [{line.split("=")[0] for line in out.splitlines()} for out in (theirs, ours)]
        self.assertEqual(keys[0] - keys[1], set(), (theirs, ours))
        self.both("cyr_buildinfo", "-p", "flat", status=(255, 64))

    def test_cyr_info(self):
        """In another order. Of Cyrus' options those that are not read here are unknown to
        conf-lint, which says so by its status; lines of a service are known without cyrus.conf."""
        theirs, ours = self.both("cyr_info", "conf")
        self.assertEqual(*(sorted(line for line in out.splitlines()
                                  if not line.startswith("syslog_prefix"))
                           for out in (theirs, ours)))
        for command in ("conf-all", "conf-default"):
            theirs, ours = ({line.split(":")[0]: line for line in out.splitlines()}
                            for out in self.both("cyr_info", command))
            for option in ("admins", "deletedprefix", "partition-two", "unixhierarchysep"):
                self.assertEqual(theirs.get(option), ours.get(option))
        self.assertEqual(self.both("cyr_info", "conf-lint", status=(0, 1)),
                         ["lmtp_admins: murder\n", "notifysocket: DIR/sock/notify\n"])
        self.both("cyr_info", "-s", "3.0.0", "conf")
        self.both("cyr_info", "-n", "imap", "conf")
        for command in (("cyr_info", "version"), ("master", "-V")):
            for out in self.both(*command):
                self.assertRegex(out, r"\A\S+ \S+\n\Z")
        self.both("cyr_info", status=(255, 64))

    def test_cyr_info_proc(self):
        """Ours shows those without a client too, and asks no DNS."""
        sessions = [server.imap("bob") for server in self.pair.servers]
        for session in sessions:
            check(session.select())
        for out in self.both("cyr_info", "proc"):
            self.assertRegex(out, r"(?m)^\d+ imap (\S+ )?\[127\.[\d.]+\] bob user\.bob ")
        for session in sessions:
            session.logout()

    def test_cyr_df(self):
        theirs, ours = self.both("cyr_df")
        for one, other in zip(theirs.splitlines(), ours.splitlines(), strict=True):
            self.assertEqual(re.sub(r"\d+", "0", re.sub(r" +(?=\d)", " ", one)),
                             re.sub(r"\d+", "0", re.sub(r" +(?=\d)", " ", other)))
            self.assertEqual(one.index("DIR") if "DIR" in one else 0,
                             other.index("DIR") if "DIR" in other else 0)
            self.assertLessEqual(abs(int(re.search(r"(\d+)%", one)[1]) -
                                     int(re.search(r"(\d+)%", other)[1])) if "DIR" in one else 0, 1)
        self.same("cyr_df", "-m")

    def test_cyr_deny(self):
        """The file is the same, and each reads the other's."""
        self.both("cyr_deny", "-l", status=(1, 0))  # before there is one
        for command in (("zoe",), ("-s", "imap", "-m", "Away", "bob"), ("adam",),
                        ("-s", "imap,pop*", "eve"), ("-a", "zoe"), ("-a", "nobody"),
                        ("-s", "sieve", "bob"), ("-m", "No", "carla")):
            self.same("cyr_deny", *command)
            self.same("cyr_deny", "-l")
        files = [os.path.join(server.dir, "conf", "user_deny.db") for server in self.pair.servers]
        texts = []
        for path in files:
            with open(path, "rb") as f:
                texts.append(f.read())
        self.assertEqual(texts[0].replace(b"\xff\x89", b"\t"), texts[1])  # a TAB in a value
        for path, text in zip(files, reversed(texts)):
            with open(path, "wb") as f:
                f.write(text)
        self.same("cyr_deny", "-l")
        for user in ("adam", "bob", "carla", "eve"):
            self.same("cyr_deny", "-a", user)
            self.same("cyr_deny", "-l")

    def test_cyr_dbtool(self):
        """A key that is not there, and an action that is none, are errors here."""
        for server in self.pair.servers:
            with open(server.dir + "/flat.db", "w") as f:
                f.write("a\t1\nb.c\t22\nb.d\tx y\n")
            shutil.chown(server.dir + "/flat.db", "cyrus")

        def run(*action, file="flat.db", kind="flat", status=(0, 0)):
            done = [server.tool("cyr_dbtool", os.path.join(server.dir, file), kind, *action)
                    for server in self.pair.servers]
            self.assertEqual(tuple(d[0] for d in done), status, done)
            return [d[1] for d in done]
        for action in (["show"], ["show", "b."], ["get", "a"], ["set", "z", "9"], ["show"],
                       ["delete", "z"], ["consistent"], ["set", "aa", "0"],
                       ["show"], ["get", "b.d"]):
            self.assertEqual(*run(*action))
        run("get", "nokey", status=(0, 1))
        run("delete", "nokey", status=(0, 1))
        run("bogus", status=(0, 64))
        run("show", file="none", status=(75, 1))
        run("show", kind="bogus", status=(78, 1))
        done = [server.tool("cvt_cyrusdb", server.dir + "/flat.db", "flat",
                            server.dir + "/copy.db", "flat") for server in self.pair.servers]
        self.assertEqual([d[0] for d in done], [0, 0])
        self.assertEqual(*(d[1].splitlines()[0] for d in done))
        self.assertEqual(*run("show", file="copy.db"))

    def test_what_has_nothing_to_do(self):
        for program in ("tls_prune", "ptexpire", "squatter"):
            self.same(program)


if __name__ == "__main__":
    mixed.enter()
    harness.main()
