#!/usr/bin/env python3
"""virtdomains, altnamespace and unixhierarchysep in every combination: one session's commands at
the mailbox's backend and through a frontend, with the names that the configuration means. The
extensions that name mailboxes are tried where each two of these meet; ROOKERY_TESTS=all: in all."""
import imaplib
import itertools
import json
import os
import re
import sys
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder
import mupdate_client
from imap_session import Session

check = murder.check
MESSAGE = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: x\r\n\r\nHello\r\n"


class Names:
    """What names look like under one configuration."""

    def __init__(self, domains, alternative, unix, users="Other Users", public="Shared Folders"):
        self.domain = "" if domains == "off" else "@example.com"
        self.alternative = alternative
        self.sep = "/" if unix else "."
        self.users, self.public = users, public  # userprefix, sharedprefix

    def join(self, *levels):
        return self.sep.join(levels)

    def user(self, name):
        return name + self.domain

    def own(self, *levels):
        """Below the user's own INBOX."""
        return self.join(*levels) if self.alternative else self.join("INBOX", *levels)

    def other(self, user, *levels):
        """Of another user in the same domain."""
        return self.join(self.users if self.alternative else "user", user, *levels)

    def shared(self, *levels):
        return self.join(self.public, *levels) if self.alternative else self.join(*levels)

    def admins(self, *levels):
        """As an administrator of the whole server writes it."""
        return self.join(*levels) + self.domain

    def namespace(self):
        s = self.sep
        if self.alternative:
            return ('(("" "%s")) (("%s%s" "%s")) (("%s%s" "%s"))'
                    % (s, self.users, s, s, self.public, s, s))
        return '(("INBOX%s" "%s")) (("user%s" "%s")) (("" "%s"))' % (s, s, s, s, s)


def q(name):
    return '"%s"' % name


def listed(data):
    """The names of LIST or LSUB lines, with their separators."""
    found = {}
    for line in data:
        if line is not None:
            m = re.match(rb'\((.*?)\) "(.)" (?:"(.*)"|(\S+))$', line)
            found[(m.group(3) or m.group(4)).decode()] = m.group(2).decode()
    return found


def session(m, n, where, other, ann, bob):
    """ann's mailboxes are at backend1; where, other: the server for commands about hers, his."""
    work, deep, deeper = (n.own("Work"), n.own("Work", "Deep one"), n.own("Work", "Deeper"))
    with m.imap(where, n.user(ann)) as c, m.imap(where, "cyrus") as admin:
        assert check(c.namespace()) == [n.namespace().encode()], check(c.namespace())
        check(c.create(q(work)))
        check(c.create(q(deep)))
        if n.sep == "/":
            check(c.create(q(n.own("a.b"))))
        wanted = {"INBOX", work, deep} | ({n.own("a.b")} if n.sep == "/" else set())
        murder.wait_for(lambda: set(listed(check(c.list()))) >= wanted, "all are known")
        got = listed(check(c.list('""', q("*"))))
        assert set(got) == wanted and set(got.values()) == {n.sep}, got
        # One level: in the alternative namespace folders stand beside the INBOX.
        top = listed(check(c.list('""', q("%"))))
        assert set(top) == ({"INBOX", "Work"} | ({"a.b"} if n.sep == "/" else set())
                            if n.alternative else {"INBOX"}), top
        check(c.subscribe(q(deep)))
        assert set(listed(check(c.lsub('""', q("*"))))) == {deep}
        check(c.rename(q(deep), q(deeper)))
        check(c.append(q(deeper), None, None, MESSAGE))
        check(c.select(q(deeper)))
        check(c.copy("1", q(work)))
        check(c.close())
        # With a folder's name in the address.
        check(admin.setacl(q(n.admins("user", ann, "Work")), "anyone", "p"))
        assert m.deliver(MESSAGE, ["%s+Work%s" % (ann, n.domain)], instance=where) == {}
        data = check(c.status(q(work), "(MESSAGES)"))
        assert data[0].endswith(b"(MESSAGES 2)"), data
        # Another user of the domain, and the other way round.
        check(c.setacl(q(work), n.user(bob), "lrs"))
        assert n.user(bob).encode() in check(c.getacl(q(work)))[0]
        check(admin.setquota(q(n.admins("user", ann)), "(STORAGE 1000)"))
        root = check(c.getquotaroot(q(deeper)))[0][0]
        assert root.endswith(b" INBOX"), root
    with m.imap(other, n.user(bob)) as c:
        theirs = n.other(ann, "Work")
        murder.wait_for(lambda: theirs in listed(check(c.list('""', q("*")))), "it is shown")
        assert set(listed(check(c.list('""', q("*"))))) == {"INBOX", theirs, n.shared("pub")}
        check(c.select(q(theirs), readonly=True))
        assert c.select(q(n.other(ann, "Deeper")))[0] == "NO"
        check(c.select(q(n.shared("pub")), readonly=True))
    with m.imap(where, n.user(ann)) as c:
        for name in (deeper, work) + ((n.own("a.b"),) if n.sep == "/" else ()):
            check(c.delete(q(name)))
        check(c.unsubscribe(q(deep)))
    for at in {where, "frontend1"}:
        with m.imap(at, n.user(ann)) as c:
            murder.wait_for(lambda: work not in listed(check(c.list())), "they are gone")


def told_names(lines, word):
    """The names of untagged lines, as they come last in LIST and the like."""
    names = []
    for line in lines:
        m = re.match(r'%s \([^)]*\) "." (?:"(.*)"|(\S+))$' % word, line)
        if m:
            names.append(m.group(1) or m.group(2))
    return names


def literal(text):
    return "{%d+}\r\n%s" % (len(text.encode()), text)


def told(n, c, word):
    """The next line of that word."""
    while True:
        line = c.line()
        # Of the folder above may be told that it has something below it.
        above = told_names([line[2:]], "LIST") == [n.own("Ext")]
        if line.startswith("* %s " % word) and not above:
            return line[2:]


def is_status_of(line, mailbox):
    return line.startswith(("STATUS %s (" % mailbox, "STATUS %s (" % q(mailbox)))


def events_far_away(m, n, where, ann, eve):
    far = n.other(eve)
    with m.imap("backend2", n.user(eve)) as owner:
        check(owner.setacl("INBOX", n.user(ann), "lrip"))
        with Session(m, where, n.user(ann)) as c, Session(m, where, n.user(ann)) as other:
            murder.wait_for(lambda: far in told_names(other.ok('LIST "" *'), "LIST"), "it is shown")
            c.ok("NOTIFY SET (mailboxes %s (MessageNew MessageExpunge))" % q(far))
            other.ok("APPEND %s %s" % (q(far), literal(MESSAGE.decode())))
            line = told(n, c, "STATUS")
            assert is_status_of(line, far), line
        check(owner.setacl("INBOX", n.user(ann), "rip"))


def events(m, n, where, ann, mailbox):
    """RFC 5465: what happens elsewhere is told by the same names."""
    made, renamed = n.own("Ext", "Told of"), n.own("Ext", "Called else")
    with Session(m, where, n.user(ann)) as c, Session(m, where, n.user(ann)) as other:
        c.ok("NOTIFY SET (personal (MessageNew MessageExpunge MailboxName SubscriptionChange))")
        other.ok("APPEND %s %s" % (q(mailbox), literal(MESSAGE.decode())))
        line = told(n, c, "STATUS")
        assert is_status_of(line, mailbox), line
        other.ok("CREATE " + q(made))
        assert told_names([told(n, c, "LIST")], "LIST") == [made]
        other.ok("RENAME %s %s" % (q(made), q(renamed)))
        line = told(n, c, "LIST")
        name, _, old = line.partition(" (\"OLDNAME\" (")
        assert told_names([name], "LIST") == [renamed] and old == q(made) + "))", line
        for command in ("SUBSCRIBE", "UNSUBSCRIBE"):
            other.ok("%s %s" % (command, q(renamed)))
            line = told(n, c, "LIST")
            assert told_names([line], "LIST") == [renamed], line
            assert ("\\Subscribed" in line) == (command == "SUBSCRIBE"), line
        other.ok("DELETE " + q(renamed))
        line = told(n, c, "LIST")
        assert told_names([line], "LIST") == [renamed] and "\\NonExistent" in line, line


def extensions(m, n, where, ann, eve):
    """What extensions say of mailboxes is what the configuration calls them. ann is at backend1,
    eve at backend2."""
    text = MESSAGE.decode()
    top, low, box = n.own("Ext"), n.own("Ext", "Low er"), n.own("Sent x")
    far = n.other(eve)
    with Session(m, where, n.user(ann)) as c:
        c.ok('CREATE %s (USE (\\Sent))' % q(box))
        for name in (top, low):
            c.ok("CREATE " + q(name))
            c.ok("APPEND %s %s" % (q(name), literal(text)))
        c.ok("APPEND %s %s %s" % (q(top), literal(text), literal(text)))
        murder.wait_for(lambda: set(told_names(c.ok('LIST "" *'), "LIST")) >= {top, low, box},
                        "all are known")
        c.ok("SUBSCRIBE " + q(low))
        # RFC 5258, 5819, 6154
        lines = c.ok('LIST (SUBSCRIBED) "" "*" RETURN (CHILDREN STATUS (MESSAGES) MYRIGHTS)')
        assert told_names(lines, "LIST") == [low], lines
        assert any(x in ("STATUS %s (MESSAGES 1)" % y) for x in lines for y in (low, q(low))), lines
        lines = c.ok('LIST "" (%s %s) RETURN (SPECIAL-USE)' % (q(top), q(box)))
        assert sorted(told_names(lines, "LIST")) == sorted([top, box]), lines
        assert told_names(c.ok('LIST (SPECIAL-USE) "" *'), "LIST") == [box]
        assert set(told_names(c.ok('XLIST "" *'), "XLIST")) >= {"INBOX", top, low, box}
        assert told_names(c.ok('LSUB "" "*%s"' % q(low)[1:-1][-3:]), "LSUB") == [low]
        # RFC 7377
        lines = c.ok("ESEARCH IN (mailboxes (%s %s)) RETURN (COUNT) ALL" % (q(low), q(top)))
        found = dict(re.search(r'MAILBOX "([^"]*)" .* COUNT (\d+)$', x).groups() for x in lines)
        assert found == {top: "3", low: "1"}, lines
        for source in ("subtree " + q(top), "personal"):
            lines = c.ok("ESEARCH IN (%s) RETURN (COUNT) ALL" % source)
            assert {re.search(r'MAILBOX "([^"]*)"', x).group(1) for x in lines} == {top, low}
        # RFC 5464, of several at once
        for name in (top, low):
            c.ok("SETMETADATA %s (/private/comment x)" % q(name))
        lines = c.ok("GETMETADATA (%s %s) /private/comment" % (q(top), q(low)))
        names = {re.match(r'METADATA (?:"([^"]*)"|(\S+)) ', x).groups() for x in lines}
        assert {a or b for a, b in names} == {top, low}, lines
        # RFC 4469, 8508, 5182
        url = urllib.parse.quote("/%s/;UID=1" % top, safe="/;=")
        c.ok('APPEND %s CATENATE (URL "%s" TEXT %s)' % (q(low), url, literal("more\r\n")))
        c.select(q(top))
        assert c.ok("REPLACE 1 %s %s" % (q(low), literal(text)))[0].startswith("OK [APPENDUID ")
        c.ok("SEARCH RETURN (SAVE) ALL")
        c.ok("COPY $ " + q(low))
        assert c.ok("STATUS %s (MESSAGES)" % q(low))[0].endswith("(MESSAGES 5)")
        if where.startswith("frontend"):
            c.ok("COPY $ " + q(far))
            lines = c.ok("ESEARCH IN (mailboxes %s) RETURN (COUNT) ALL" % q(far))
            assert re.search(r'MAILBOX "([^"]*)"', lines[0]).group(1) == far, lines
            url = urllib.parse.quote("/%s/;UID=1" % far, safe="/;=")
            c.ok('APPEND %s CATENATE (URL "%s")' % (q(low), url))
        events(m, n, where, ann, low)
        if where.startswith("frontend"):
            events_far_away(m, n, where, ann, eve)
        # RFC 6855, 9051: another form of the same names
        c.ok("ENABLE UTF8=ACCEPT IMAP4rev2")
        name = n.own("Ext", "Gr\u00fcn & so")
        c.ok("CREATE " + q(name))
        murder.wait_for(lambda: told_names(c.ok('LIST "" "*\u00fcn*"'), "LIST") == [name], name)
        c.ok("SUBSCRIBE " + q(name))
        assert told_names(c.ok('LSUB "" "*\u00fcn*"'), "LSUB") == [name]
        lines = c.ok("SELECT " + q(name))
        assert told_names(lines, "LIST") == [name], lines
    with Session(m, where, n.user(ann)) as c:
        c.ok("ENABLE UIDONLY")
        c.ok("SELECT " + q(low))
        assert c.ok("UID FETCH 1:2 (FLAGS)")[0].startswith("1 UIDFETCH ")
        c.ok("UNSELECT")
        c.ok("UNSUBSCRIBE " + q(low))
        c.ok("UNSUBSCRIBE " + q(n.own("Ext", "Gr&APw-n &- so")))
        for name in (n.own("Ext", "Gr&APw-n &- so"), low, top, box):
            c.ok("DELETE " + q(name))


def run(domains, alternative, unix, prefixes=(), extended=True):
    extra = {"virtdomains": domains, "altnamespace": "yes" if alternative else "no",
             "unixhierarchysep": "yes" if unix else "no", "defaultdomain": "example.org",
             "specialuse_protect": "no"}
    extra.update(zip(("userprefix", "sharedprefix"), prefixes))
    n = Names(domains, alternative, unix, *prefixes)
    # With '/' between levels a user's name may have a dot in it.
    ann, bob = ("ann.a", "bob.b") if unix else ("ann", "bob")
    eve = "eve"
    with murder.Murder(backends=2, extra=extra) as m:
        m.set_passwords({n.user(u): m.password for u in (ann, bob, eve)})
        with m.imap("backend2", "cyrus") as admin:
            check(admin.create(q(n.admins("user", eve))))
            check(admin.setacl(q(n.admins("user", eve)), n.user(ann), "rip"))
        with m.imap("backend1", "cyrus") as admin:
            for name in (n.admins("user", ann), n.admins("user", bob), n.admins("pub")):
                check(admin.create(q(name)))
            check(admin.setacl(q(n.admins("pub")), n.user(bob), "lrs"))
            check(admin.deleteacl(q(n.admins("pub")), "anyone"))
        murder.wait_for(lambda: m["frontend1"].run("murder", "check", check=False).returncode == 0,
                        "the frontend has heard of all")
        session(m, n, "backend1", "backend1", ann, bob)
        session(m, n, "frontend1", "frontend1", ann, bob)
        for where in ("backend1", "frontend1") if extended else ():
            extensions(m, n, where, ann, eve)


# Each two values of two options meet in one of these.
PAIRS = {("off", False, False), ("off", True, True), ("userid", False, True),
         ("userid", True, False), ("on", False, False), ("on", True, True)}


def test_prefixes_of_others_and_shared_mailboxes():
    for domains, unix in itertools.product(("off", "userid", "on"), (False, True)):
        if harness.ALL or (domains, unix) in (("off", True), ("on", False)):
            run(domains, True, unix, ("Users", "Public"))


def test_every_combination():
    for combination in itertools.product(("off", "userid", "on"), (False, True), (False, True)):
        print("virtdomains %s, altnamespace %s, unixhierarchysep %s" % combination)
        run(*combination, extended=harness.ALL or combination in PAIRS)


# Commands with a name in BOX; each is refused at a backend and through a frontend.
DOMAIN_COMMANDS = ["CREATE BOX", "DELETE BOX", "RENAME INBOX.x BOX", "RENAME BOX INBOX.y",
                   "SELECT BOX", "EXAMINE BOX", "STATUS BOX (MESSAGES)", "SUBSCRIBE BOX",
                   "UNSUBSCRIBE BOX", "SETACL BOX bob lr", "DELETEACL BOX bob", "GETACL BOX",
                   "MYRIGHTS BOX", "LISTRIGHTS BOX bob", "GETQUOTA BOX", "GETQUOTAROOT BOX",
                   "SETQUOTA BOX ()", "GETMETADATA BOX (/shared/comment)",
                   "SETMETADATA BOX (/shared/comment x)", "APPEND BOX {3+}\r\na\r\n",
                   "LOCALCREATE BOX", "LOCALDELETE BOX", "MUPDATEPUSH BOX",
                   'LOCALAPPEND BOX "" {3+}\r\na\r\n', "XFER BOX backend1"]
DUMP = "evil!user.x\t0 default bob\tlrs\t\n"


def test_nobody_writes_a_domain_where_virtdomains_is_off():
    """And a name of one that a peer has told the master hides nothing."""
    with murder.Murder(backends=1) as m:
        m.add_user("bob", backend=1)
        with m.imap("frontend1", "bob") as c:
            check(c.create("INBOX.x"))
        for where, user in itertools.product(("backend1", "frontend1"), ("bob", "cyrus")):
            with m.imap(where, user) as c:
                for name in ("evil!user.alice", "user.bob!x", "evil!INBOX", "user!bob.x"):
                    for command in DOMAIN_COMMANDS:
                        words = command.replace("BOX", '"%s"' % name).split(" ", 1)
                        imaplib.Commands.setdefault(words[0], ("AUTH", "SELECTED"))
                        answer = c._simple_command(*words)[0]
                        assert answer == "NO", (where, user, words, answer)
        refused = m.deliver(MESSAGE, ["evil!bob", "x!user.bob"], "backend1")
        assert len(refused) == 2 and all(400 <= code for code, _ in refused.values()), refused
        before = {p: lists(m, "frontend1", p) for p in ("*", "%", "user.%", "INBOX*", "%.%")}
        with mupdate_client.Client(m["mupdate"].address("mupdate")) as master:
            master.login("backend1", m.node_password)
            for name in ("aaa!user.bob", "evil!user.alice", "user!news", "zzz!a.b"):
                answer = master.run("ACTIVATE", name, "old.example.org!p",
                                    "anyone\tlrs\tbob\tlrs\t")
                assert answer[1].startswith("OK"), answer
        murder.wait_for(lambda: b"zzz!a.b" in m["frontend1"].run(
            "ctl_mboxlist", "-d").stdout.encode(), "the frontend has heard of them")
        for pattern, wanted in before.items():
            assert lists(m, "frontend1", pattern) == wanted, pattern
        loaded = m["backend1"].run("ctl_mboxlist", "-u", input=DUMP, check=False)
        assert loaded.returncode != 0 and "virtdomains" in loaded.stdout, loaded
        assert "evil" not in m["backend1"].run("ctl_mboxlist", "-d").stdout


def test_a_list_that_is_loaded_changes_no_identity():
    with murder.Murder(backends=1, frontends=0) as m:
        b = m["backend1"]
        m.add_user("ann")

        def known():
            return json.loads(b.run("ctl_mboxlist", "-d").stdout)["user.ann"]["uniqueid"]
        uniqueid = known()
        whole, lines = b.run("ctl_mboxlist", "-d").stdout, b.run("ctl_mboxlist", "-d", "-L").stdout
        assert uniqueid in whole and uniqueid in lines
        other = "0" * len(uniqueid)
        new = "user.new\t0 default new\tlrs\t\n"
        for arguments, text, taken in (
                (("-u",), whole, True), (("-L", "-u"), lines, True),
                (("-u",), whole.replace('"%s"' % uniqueid, "null"), True),
                (("-L", "-u"), re.sub(r" >.*", "", lines), True),
                (("-u",), whole.replace(uniqueid, other), False),
                (("-L", "-u"), new + lines.replace(uniqueid, other), False)):
            done = b.run("ctl_mboxlist", *arguments, input=text, check=False)
            what = (arguments, text, done.returncode, done.stdout)
            assert (done.returncode == 0) == taken, what
            assert taken or ("user.ann" in done.stdout and uniqueid in done.stdout), what
            assert known() == uniqueid, what
            assert "user.new" not in b.run("ctl_mboxlist", "-d").stdout, what
            with m.imap("backend1", "ann") as c:
                check(c.select("INBOX"))


def lists(m, where, pattern):
    found = []
    for user in ("bob", "cyrus"):
        with m.imap(where, user) as c:
            found.append(sorted(listed(check(c.list('""', q(pattern))))))
    return found


if __name__ == "__main__":
    harness.main()
