#!/usr/bin/env python3
"""Answers about names of mailboxes, and to changes of them, at a backend and through a frontend:
what they are for and what that protects, names without a mailbox, superiors, children, names that
are legal, a tree on another partition."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder

check = murder.check
PLACES = ("backend1", "frontend1")
MESSAGE = b"From: a@example.org\r\nSubject: x\r\n\r\nHello\r\n"


class Talk:
    """One session: a command gives its answer; the untagged lines are kept."""

    def __init__(self, m, where, user):
        self.c = m.imap(where, user)
        self.lines = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.c.logout()

    def __call__(self, text):
        tag = self.c._new_tag()
        self.c.send(tag + b" " + text.encode("latin-1") + b"\r\n")
        self.lines = []
        while True:
            line = self.c._get_line()
            if line.startswith(tag + b" "):
                return line[len(tag) + 1:].decode()
            self.lines.append(line.decode("latin-1"))

    def ok(self, text):
        answer = self(text)
        assert answer.startswith("OK"), (text, answer)
        return self.lines

    def no(self, text, wanted):
        answer = self(text)
        assert answer == "NO " + wanted, (text, answer, wanted)

    def listed(self, text):
        """name -> attributes, of LIST or LSUB; in the order of the lines."""
        found = {}
        for line in self.ok(text):
            m = re.match(r'\* (?:LIST|LSUB) \(([^)]*)\) "." (?:"((?:[^"\\]|\\.)*)"|([^" ]+))', line)
            if m:
                name = m.group(3) or re.sub(r"\\(.)", r"\1", m.group(2))
                assert name not in found, (text, line)
                found[name] = set(m.group(1).split())
        return found


def everywhere(body, user="bob", extra=None):
    """body(session, the place's prefix below INBOX), at each place of one murder."""
    with murder.Murder(backends=1, extra=extra) as m:
        for name in ("ann", "bob"):
            m.add_user(name)
        for where in PLACES:
            with Talk(m, where, user) as c:
                murder.wait_for(lambda: "INBOX" in c.listed('LIST "" *'), "it is known there")
                try:
                    body(m, where, c, "INBOX.%s" % where)
                except Exception as e:
                    raise AssertionError("at " + where) from e


def in_order(name):
    """As the list is sorted: a level ends before any character."""
    return name.replace(".", "\x1f")


# ------------------------------------------------------------------ special uses

def shown_and_protected(m, where, c, top):
    name = {use: "%s %s" % (top, use) for use in ("Sent", "Trash", "Junk")}
    c.ok('CREATE "%s" (USE (\\Sent))' % name["Sent"])
    c.ok('CREATE "%s" (USE (\\Trash \\Drafts))' % name["Trash"])
    c.ok('CREATE %s.a' % top)
    c.ok('SUBSCRIBE "%s"' % name["Sent"])
    c.ok("SUBSCRIBE %s.a" % top)
    # Asked for or not, quoted or not, whatever else is told.
    for command in ('LIST "" *', 'LIST "" "%s"' % name["Sent"], 'LIST "" (*)', 'LSUB "" *',
                    'LIST (SUBSCRIBED) "" *', 'LIST (SPECIAL-USE) "" *',
                    'LIST "" * RETURN (SUBSCRIBED CHILDREN)', 'LIST "" INBOX.%'):
        told = c.listed(command)
        assert "\\Sent" in told[name["Sent"]], (command, told)
        assert not any("\\Sent" in flags for other, flags in told.items() if other != name["Sent"])
    told = list(c.listed('LIST "" *'))
    assert told == sorted(told, key=in_order), told
    # Nobody has two of one use, by either way to it; the mailbox itself keeps what it has.
    for use in ("\\Sent", "\\Junk \\Drafts"):
        c.no('CREATE "%s" (USE (%s))' % (name["Junk"], use), "[USEATTR] SPECIAL-USE flag conflict")
        c.no('SETMETADATA %s.a (/private/specialuse "%s")' % (top, use.replace("\\", "\\\\")),
             "[USEATTR] SPECIAL-USE flag conflict")
    c.ok('SETMETADATA "%s" (/private/specialuse "\\\\Sent")' % name["Sent"])
    assert name["Junk"] not in c.listed('LIST "" *')
    # It stays, under any name beside its siblings.
    c.no('DELETE "%s"' % name["Sent"], "SPECIAL-USE flag conflict")
    c.no('RENAME "%s" "%s.Sent"' % (name["Sent"], name["Trash"]), "SPECIAL-USE flag conflict")
    c.no('RENAME "%s" %s.b.Sent' % (name["Sent"], top), "SPECIAL-USE flag conflict")
    c.ok('RENAME "%s" "%s 2"' % (name["Sent"], name["Sent"]))
    assert "\\Sent" in c.listed('LIST "" *')[name["Sent"] + " 2"]
    c.ok('RENAME "%s 2" "%s"' % (name["Sent"], name["Sent"]))
    # An administrator may, and who takes the use away; what was deleted can be made again.
    with Talk(m, where, "cyrus") as admin:
        theirs = "user.bob" + name["Trash"][len("INBOX"):]
        admin.ok('SETACL "%s" cyrus lrswipkxtecda' % theirs)
        admin.ok('DELETE "%s"' % theirs)
    for _ in range(2):
        c.ok('SETMETADATA "%s" (/private/specialuse NIL)' % name["Sent"])
        c.ok('DELETE "%s"' % name["Sent"])
        c.ok('CREATE "%s" (USE (\\Sent))' % name["Sent"])
        told = c.listed('LIST (SPECIAL-USE) "" *')
        assert told == {name["Sent"]: {"\\HasNoChildren", "\\Sent"}}, told
    c.ok('SETMETADATA "%s" (/private/specialuse NIL)' % name["Sent"])


def test_special_uses_are_shown_and_protected():
    everywhere(shown_and_protected)


def not_shown_and_free(m, where, c, top):
    sent = top + " Sent"
    c.ok('CREATE "%s" (USE (\\Sent))' % sent)
    c.ok('SUBSCRIBE "%s"' % sent)
    for command in ('LIST "" *', 'LSUB "" *', 'LIST (SUBSCRIBED) "" *'):
        assert "\\Sent" not in c.listed(command)[sent], (command, c.lines)
    for command in ('LIST (SPECIAL-USE) "" *', 'LIST "" * RETURN (SPECIAL-USE)'):
        assert "\\Sent" in c.listed(command)[sent], (command, c.lines)
    c.ok('RENAME "%s" %s.a.b' % (sent, top))
    c.ok('DELETE %s.a.b' % top)


def test_special_uses_are_not_shown_nor_protected_where_that_is_off():
    everywhere(not_shown_and_free, extra={"specialusealways": "no", "specialuse_protect": "none"})


def test_special_uses_that_are_not_listed_are_not_protected():
    everywhere(not_shown_and_free, extra={"specialusealways": "no",
                                          "specialuse_protect": "\\Drafts \\Trash"})


def test_special_uses_of_many_mailboxes_over_two_servers():
    with murder.Murder(backends=2) as m:
        m.add_user("bob", 2)
        with Talk(m, "backend1", "cyrus") as admin:
            name = '"user.bob.Old mail"'  # away from its INBOX
            admin.ok("LOCALCREATE " + name)
            admin.ok("SETMETADATA %s (/private/specialuse \"\\\\Archive\")" % name)
            admin.ok("MUPDATEPUSH " + name)
        with Talk(m, "backend2", "bob") as c:
            for i in range(101):  # more than one command may ask for by name
                c.ok("CREATE INBOX.f%d" % i)
            c.ok("CREATE INBOX.s (USE (\\Sent))")
        with Talk(m, "frontend1", "bob") as c:
            murder.wait_for(lambda: len(c.listed('LIST "" *')) == 104, "all are known")
            for name in ("INBOX.Old mail", "INBOX.s"):
                c.ok('SUBSCRIBE "%s"' % name)
            for command in ('LIST "" *', 'LSUB "" *', 'LSUB "" INBOX.%', 'LIST (SUBSCRIBED) "" *'):
                told = c.listed(command)
                assert "\\Archive" in told["INBOX.Old mail"], (command, told)
                assert "\\Sent" in told["INBOX.s"], (command, told)
                assert "\\Noselect" not in told["INBOX.Old mail"], (command, told)
            # A use is one mailbox's, whichever server that is on.
            conflict = "[USEATTR] SPECIAL-USE flag conflict"
            for at, use, said in (("INBOX.two", "\\Archive", conflict),
                                  ("INBOX.two", "\\Junk \\ARCHIVE", conflict),
                                  ("INBOX.two", "\\Sent", conflict),
                                  ("INBOX.Old mail.two", "\\sent", conflict),
                                  ("INBOX.Old mail.two", "\\Archive", conflict)):
                c.no('CREATE "%s" (USE (%s))' % (at, use), said)
                c.no('CREATE "%s" (PARTITION default USE (%s))' % (at, use), said)
            assert c('CREATE INBOX.two (USE (\\All))').startswith("NO [USEATTR]")
            for wrong in ("(USE ())", "(USE)", "()", "(USE (\\Junk)", "(USE (\\Junk)) x"):
                assert c("CREATE INBOX.two " + wrong).startswith("BAD"), wrong
            c.ok('CREATE INBOX.two (USE (\\Junk \\Trash))')
            c.ok("CREATE INBOX.three")
            for value in ('"\\\\Archive"', '"\\\\Junk \\\\SENT"', "{5+}\r\n\\Sent"):
                for entries in ("(/private/specialuse %s)",
                                '(/private/comment "x" /PRIVATE/SpecialUse %s)',
                                '("/private/specialuse" %s /private/comment NIL)'):
                    c.no("SETMETADATA INBOX.three " + entries % value, conflict)
            assert "NIL" in c.ok("GETMETADATA INBOX.three /private/comment")[0]
            for value in ('"\\\\Important"', "NIL", '"\\\\Important"'):
                c.ok("SETMETADATA INBOX.three (/private/specialuse %s)" % value)
            c.no('SETMETADATA INBOX.s (/private/specialuse "\\\\Important")', conflict)
            c.ok('SETMETADATA INBOX.s (/private/specialuse "\\\\Sent")')
            # The list is told where a server does not answer.
            m["backend1"].stop()
            told = c.listed('LIST "" *')
            assert len(told) == 106 and "\\Sent" in told["INBOX.s"], told


# ------------------------------------------------------------------ names without a mailbox

def without_mailbox(m, where, c, top):
    for name in ("gone", "level.x", "level.y.z", "both", "both.x"):
        c.ok("CREATE %s.%s" % (top, name))
        c.ok("SUBSCRIBE %s.%s" % (top, name))
    for name in ("gone", "level.x", "both.x"):
        c.ok("DELETE %s.%s" % (top, name))
    told = c.listed('LSUB "" %s.*' % top)
    wanted = {"gone": "\\Noselect", "level.x": "\\Noselect", "level.y.z": "",
              "both": "\\HasChildren", "both.x": "\\Noselect"}
    assert told == {"%s.%s" % (top, n): set(w.split()) for n, w in wanted.items()}, told
    told = c.listed('LSUB "" %s.%%' % top)
    wanted = {"gone": "\\Noselect", "level": "\\Noselect \\HasChildren", "both": "\\HasChildren"}
    assert told == {"%s.%s" % (top, n): set(w.split()) for n, w in wanted.items()}, told
    told = c.listed('LIST (SUBSCRIBED) "" %s.* RETURN (CHILDREN)' % top)
    wanted = {"gone": "\\Subscribed \\NonExistent \\HasNoChildren",
              "level.x": "\\Subscribed \\NonExistent \\HasNoChildren",
              "level.y.z": "\\Subscribed \\HasNoChildren",
              "both": "\\Subscribed \\HasNoChildren",
              "both.x": "\\Subscribed \\NonExistent \\HasNoChildren"}
    assert told == {"%s.%s" % (top, n): set(w.split()) for n, w in wanted.items()}, told
    # A '*' in a name is no pattern when its children are looked for.
    c.ok('CREATE "%s.l*l"' % top)
    c.ok('SUBSCRIBE "%s.l*l"' % top)
    told = c.listed('LIST (SUBSCRIBED) "" %s.l* RETURN (CHILDREN)' % top)
    assert told[top + ".l*l"] == {"\\Subscribed", "\\HasNoChildren"}, told
    for name in list(c.listed('LSUB "" *')):
        c.ok('UNSUBSCRIBE "%s"' % name)


def test_names_without_a_mailbox():
    everywhere(without_mailbox)


# ------------------------------------------------------------------ superiors and children

def superiors(m, where, c, top):
    # What lies above a mailbox is made with it, by CREATE and by RENAME, with the same rights.
    c.ok("CREATE %s.a.b.c" % top)
    made = [top, top + ".a", top + ".a.b", top + ".a.b.c"]
    assert [n for n in c.listed('LIST "" *') if n.startswith(top)] == made, c.lines
    c.ok("SELECT %s.a" % top)
    c.ok("UNSELECT")
    c.ok("SETACL %s.a ann lr" % top)
    c.ok("RENAME %s.a.b.c %s.a.y.z.w" % (top, top))
    told = c.listed('LIST "" %s.a*' % top)
    assert list(told) == [top + n for n in (".a", ".a.b", ".a.y", ".a.y.z", ".a.y.z.w")], told
    with Talk(m, where, "ann") as ann:
        theirs = set(ann.listed('LIST "" user.bob.*'))
        # Rights come from the nearest one above; what is renamed keeps its own.
        assert theirs == {"user.bob" + top[5:] + n for n in (".a", ".a.y", ".a.y.z")}, theirs
        ann.no("CREATE user.bob%s.a.n.m" % top[5:], "[NOPERM] Permission denied")
    # One that is refused makes nothing.
    c.no('CREATE "%s.n.m%%"' % top, "[CANNOT] Invalid mailbox name")
    c.no("RENAME %s.n.m %s.o.m" % (top, top), "[NONEXISTENT] Mailbox does not exist")
    c.no("CREATE user.nobody.x.y", "[NONEXISTENT] Mailbox does not exist")
    c.no("CREATE %s.a.y.z" % top, "[ALREADYEXISTS] Mailbox already exists")
    told = c.listed('LIST "" %s.*' % top)
    assert list(told) == [top + n for n in (".a", ".a.b", ".a.y", ".a.y.z", ".a.y.z.w")], told
    # RENAME of the INBOX moves what is in it.
    check(c.c.append("INBOX", None, None, MESSAGE))
    c.ok("RENAME INBOX %s.old.mail" % top)
    assert {"INBOX", top + ".old", top + ".old.mail"} <= set(c.listed('LIST "" *')), c.lines
    assert "MESSAGES 1" in c.ok("STATUS %s.old.mail (MESSAGES)" % top)[0]
    assert "MESSAGES 0" in c.ok("STATUS INBOX (MESSAGES)")[0]
    c.no("RENAME INBOX INBOX", "[ALREADYEXISTS] Mailbox already exists")
    c.no("RENAME %s.a %s.a" % (top, top), "[ALREADYEXISTS] Mailbox already exists")
    c.no("RENAME %s.a %s.a.under" % (top, top), "[CANNOT] Operation is not supported on mailbox")
    c.no("RENAME %s.a INBOX" % top, "[CANNOT] Operation is not supported on mailbox")
    # What has children is not deleted; from below it is.
    for name in (top, top + ".a", top + ".a.y"):
        c.no("DELETE " + name, "[HASCHILDREN] Mailbox has inferior hierarchical names")
    for name in sorted((n for n in c.listed('LIST "" %s*' % top)), reverse=True):
        c.ok("DELETE " + name)
    assert list(c.listed('LIST "" INBOX*')) == ["INBOX"], c.lines
    with Talk(m, where, "cyrus") as admin:
        shared = "shared-%s" % where
        admin.ok("CREATE %s.x.y" % shared)
        admin.ok("RENAME %s.x.y %s2.x.y" % (shared, shared))
        told = admin.listed('LIST "" %s*' % shared)
        # In the list's order: '2' is behind '.'.
        assert list(told) == [shared, shared + ".x", shared + "2", shared + "2.x",
                              shared + "2.x.y"], told
        admin.ok("SETACL %s cyrus lrswipkxtecda" % shared)
        admin.no("DELETE " + shared, "[HASCHILDREN] Mailbox has inferior hierarchical names")


def test_superiors_are_made_and_parents_are_kept():
    everywhere(superiors)


def test_a_superior_that_is_on_another_server_stays_there():
    with murder.Murder(backends=2) as m:
        with Talk(m, "backend1", "cyrus") as one, Talk(m, "backend2", "cyrus") as two:
            one.ok("CREATE shared.x")
            two.ok("CREATE shared.x.y.z")
            two.ok("CREATE shared.other")
            two.ok("RENAME shared.other shared.x.w.other")
            assert list(one.listed('LIST "" *')) == ["shared", "shared.x"]
            assert list(two.listed('LIST "" *')) == [
                "shared.x.w", "shared.x.w.other", "shared.x.y", "shared.x.y.z"], two.lines
            with Talk(m, "frontend1", "cyrus") as c:
                murder.wait_for(lambda: len(c.listed('LIST "" *')) == 6, "all are known")
        assert m["backend2"].run("murder", "check", check=False).returncode == 0


# ------------------------------------------------------------------ names

# Below an INBOX, and whether it may be made there; what is quoted is quoted.
NAMES = {"*": True, "a*b": True, "( )": True, "~#$": True, "]": True, "&-": True, "a&IAs-b": True,
         "%": False, "a;b": False, '"': False, "\\": False, "/": False, "a&AAA-b": False,
         "a&AAo-b": False, "a&AH8-b": False, "a&AC8-b": False, "x" * 255: True, "x" * 256: False,
         "x" * 600: False, "x" * 5000: False}


def names(m, where, c, top):
    top += "-names"
    for name, legal in NAMES.items():
        quoted = '"%s.n%s"' % (top, re.sub(r'(["\\])', r"\\\1", name))
        answer = c("CREATE " + quoted)
        if len(name) == 255:
            quoted = '"%s.%s"' % (top, name)
            answer = c("CREATE " + quoted)
        assert answer.startswith("OK" if legal else "NO [CANNOT] "), (name, answer)
        if not legal:
            continue
        own = top + "." + (name if len(name) == 255 else "n" + name)
        assert own in c.listed('LIST "" *'), (name, c.lines)
        c.ok("SELECT " + quoted)
        c.ok("UNSELECT")
        c.ok("SUBSCRIBE " + quoted)
        assert c.listed('LSUB "" *') == {own: set()}, (name, c.lines)
        c.ok("UNSUBSCRIBE " + quoted)
        c.ok("DELETE " + quoted)
    c.ok("DELETE " + top)
    with Talk(m, where, "cyrus") as admin:
        for name, legal in (("~%s", 0), ("$%s", 0), ("#%s", 1), ("*%s", 1), ("user.Test4%s", 1),
                            ("user.test4%s", 1), ("user.TEST5%s", 1), ("user.a b%s", 1),
                            ("user.x*y%s", 1), ("user.*y%s", 1), ("user.x:y%s", 1),
                            ("user.x?y%s", 1), ("user.a&-b%s", 1), ("user.a&IAs-b%s", 1),
                            ("user." + "l" * 200 + "%s", 1), ("user.x%%y%s", 0),
                            ("user.anyone", 0), ("user", 0)):
            name = name.replace("%s", where)
            answer = admin('CREATE "%s"' % name)
            assert answer.startswith("OK" if legal else "NO [CANNOT] "), (name, answer)
            assert (name in admin.listed('LIST "" *')) == bool(legal), (name, admin.lines)


def test_names_that_may_be_made():
    everywhere(names)


# ------------------------------------------------------------------ order and subscriptions

# Siblings whose names sort otherwise than their bytes do, and what is below the first.
SIBLINGS = ["a", "a.z", "a 1", "a!", "a#1", "a+1", "a,1", "a-1", "a&-", "a0", "aa"]


def order(m, where, c, top):
    made = [n for n in SIBLINGS if c("CREATE \"%s.%s\"" % (top, n)).startswith("OK")]
    assert len(made) == len(SIBLINGS) - 1, made
    wanted = [top] + ["%s.%s" % (top, n) for n in sorted(made, key=in_order)]
    for pattern in ("*", "%s*" % top, "%s.*" % top, "%s.%%" % top, "%s.a%%" % top, "%s.a*" % top):
        told = c.listed('LIST "" "%s"' % pattern)
        expected = [n for n in wanted if pattern == "*" or n != top or pattern == top + "*"]
        if pattern.endswith("%"):
            expected = [n for n in expected if not n.endswith(".z")]
        assert [n for n in told if n.startswith(top)] == expected, (pattern, told)
        if top + ".a" in told:
            assert told[top + ".a"] == {"\\HasChildren"}, told
        assert all("\\HasNoChildren" in told[n] for n in expected if n not in (top, top + ".a"))
    # A subscription is of a name: RENAME leaves it.
    c.ok('SUBSCRIBE "%s.a 1"' % top)
    c.ok('RENAME "%s.a 1" "%s.a 2"' % (top, top))
    assert c.listed('LSUB "" *') == {top + ".a 1": {"\\Noselect"}}, c.lines
    told = c.listed('LIST (SUBSCRIBED) "" *')
    assert told == {top + ".a 1": {"\\Subscribed", "\\NonExistent"}}, told
    c.ok('UNSUBSCRIBE "%s.a 1"' % top)


def test_order_of_siblings_and_subscriptions_after_rename():
    everywhere(order)


# ------------------------------------------------------------------ partitions

def test_a_user_goes_to_another_partition_with_the_whole_tree():
    with murder.Murder(backends=1, start=False) as m:
        folder = os.path.join(m["backend1"].dir, "second")
        os.makedirs(folder)
        m.give(folder)
        m["backend1"].extra = {"partition-second": folder}
        m.start()
        m.add_user("bob")
        with Talk(m, "backend1", "bob") as c:
            for name in ("a", "a.x", "Sent Items"):
                c.ok('CREATE "INBOX.%s"' % name)
                check(c.c.append('"INBOX.%s"' % name, None, None, MESSAGE))

        def places(admin):
            told = [admin.ok('GETMETADATA "%s" /shared/vendor/cmu/cyrus-imapd/partition' % n)[0]
                    for n in admin.listed('LIST "" user.bob*')]
            return {re.search(r'"([a-z]+)"\)$', line).group(1) for line in told}
        for where, there, back in (("backend1", "second", "backend1!default"),
                                   ("frontend1", "backend1!second", "default")):
            with Talk(m, where, "cyrus") as admin:
                murder.wait_for(lambda: len(admin.listed('LIST "" user.bob*')) == 4, "all known")
                assert places(admin) == {"default"}
                for place, short in ((there, "second"), (back, "default")):
                    # What is there already is in nobody's way.
                    admin.ok("RENAME user.bob.a user.bob.a " + place)
                    assert places(admin) == {"default", "second"}
                    admin.ok("RENAME user.bob user.bob " + place)
                    assert places(admin) == {short}
                    admin.no("RENAME user.bob user.bob " + place,
                             "[ALREADYEXISTS] Mailbox already exists")
        with Talk(m, "frontend1", "bob") as c:
            for name in ("a", "a.x", "Sent Items"):
                assert "MESSAGES 1" in c.ok('STATUS "INBOX.%s" (MESSAGES)' % name)[0]


if __name__ == "__main__":
    harness.main()
