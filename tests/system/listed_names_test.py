#!/usr/bin/env python3
"""What LIST and LSUB tell of names that need quotes, through a frontend of two backends: each keeps
its \\Subscribed and its special use, wherever the mailbox, the INBOX and the subscriptions are."""
import itertools
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder

check = murder.check
# A folder's name -> its backend and its use. bob's INBOX is at backend2.
OWN = {"Plain": (2, ""), "Sent Items": (2, "\\Sent"), "Old (2019) mail": (1, "\\Archive"),
       "Ent&APw-rfe [x]": (1, "\\Drafts"), "NIL": (2, "\\Junk"), "]": (1, ""), "it's": (2, ""),
       "a b c d": (1, "\\Important")}
SHARED = {"project x": 1, "project y": 2, "plain": 1, "with (paren": 2}


def lines(c, text, kind="LIST"):
    """name -> the attributes, and what follows the name, of the lines that a command gets."""
    tag = c._new_tag()
    c.send(tag + b" " + text.encode() + b"\r\n")
    found = {}
    while True:
        line = c._get_line()
        if line.startswith(tag):
            assert line.startswith(tag + b" OK"), (text, line)
            return found
        m = re.match(r'\* %s \(([^)]*)\) "." (?:"((?:[^"\\]|\\.)*)"|([^" ]+))(.*)$' % kind,
                     line.decode())
        assert m, (text, line)
        name = m.group(3) or re.sub(r"\\(.)", r"\1", m.group(2))
        assert name not in found, (text, line)
        found[name] = (set(m.group(1).split()), m.group(4))


def names_of(alternative):
    """How bob's client writes his, ann's and the shared ones: name -> use."""
    own, other, shared = ("", "Other Users/ann/", "Shared Folders/") if alternative else (
        "INBOX.", "user.ann.", "")
    found = {own + name: use for name, (_, use) in OWN.items()}
    found.update({shared + name: "" for name in SHARED})
    found[other + "Our work"] = ""
    return found


def make_mailboxes(m, where, alternative):
    m.set_passwords({user: m.password for user in ("ann", "bob")})
    admins = {n: m.imap("backend%d" % n, "cyrus") for n in (1, 2)}

    def create(number, *levels, use=""):
        name = '"%s"' % ("/" if alternative else ".").join(levels)
        if number == 1 and levels[:2] == ("user", "bob"):  # away from its INBOX
            check(admins[1].xatom("LOCALCREATE", name))
            check(admins[1].xatom("MUPDATEPUSH", name))
        else:
            check(admins[number].create(name))
        if use:
            check(admins[number].xatom("SETMETADATA", name, '(/private/specialuse "\\%s")' % use))
        return name
    create(2, "user", "bob")
    create(1, "user", "ann")
    for name, (at, use) in OWN.items():
        create(at, "user", "bob", name, use=use)
    for name, at in SHARED.items():
        check(admins[at].setacl(create(at, name), "bob", "lrs"))
    for admin in admins.values():
        admin.logout()
    with m.imap(where, "ann") as c:
        name = '"Our work"' if alternative else '"INBOX.Our work"'
        check(c.create(name))
        check(c.setacl(name, "bob", "lr"))


def told_at(m, where, uses):
    with m.imap(where, "bob") as c:
        known = set(uses) | {"INBOX"}
        murder.wait_for(lambda: set(lines(c, 'LIST "" *')) == known, "all are known")
        half = sorted(uses)[::2]
        for chosen in (half, sorted(uses)):
            for name in chosen:
                lines(c, 'SUBSCRIBE "%s"' % name)
            told = lines(c, 'LSUB "" *', "LSUB")
            assert set(told) == set(chosen), told
            assert not any("\\Noselect" in flags for flags, _ in told.values()), told
            told = lines(c, 'LIST (SUBSCRIBED) "" *')
            assert told == {name: ({"\\Subscribed", uses[name]} - {""}, "")
                            for name in chosen}, told
            told = lines(c, 'LIST "" * RETURN (SUBSCRIBED SPECIAL-USE)')
            for name, use in uses.items():
                wanted = {"\\HasNoChildren"} | {use} - {""}
                wanted |= {"\\Subscribed"} if name in chosen else set()
                assert told[name] == (wanted, ""), (name, told[name], wanted)
        wanted = {name: ({"\\HasNoChildren", use}, "") for name, use in uses.items() if use}
        assert lines(c, 'LIST (SPECIAL-USE) "" *') == wanted
        for name, use in uses.items():
            told = lines(c, 'LIST (SPECIAL-USE) "" "%s"' % name)
            assert set(told) == ({name} if use else set()), (name, told)
        for name in uses:
            lines(c, 'UNSUBSCRIBE "%s"' % name)
        assert lines(c, 'LSUB "" *', "LSUB") == {}


def test_quoted_names_keep_what_is_told_of_them():
    for alternative, unified in itertools.product((False, True), (False, True)):
        setting = "yes" if alternative else "no"
        extra = {"altnamespace": setting, "unixhierarchysep": setting}
        with murder.Murder(backends=2, unified=unified, extra=extra) as m:
            places = ("backend1", "backend2") if unified else ("frontend1",)
            make_mailboxes(m, places[0], alternative)
            for where in places:
                try:
                    told_at(m, where, names_of(alternative))
                except Exception as e:
                    raise AssertionError("altnamespace %s, at %s" % (setting, where)) from e


if __name__ == "__main__":
    harness.main()
