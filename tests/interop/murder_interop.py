#!/usr/bin/env python3
"""The same conversation through a murder of Rookery, Cyrus 3.6.1, and each mixed with the other.

The first test needs no Cyrus: the configuration of a Cyrus site, unchanged, starts ours.
"""
import base64
import os
import pwd
import re
import shutil
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import mixed
import murder

MESSAGE = (b"From: a@b.example\r\nTo: c@d.example\r\nSubject: hello\r\n"
           b"Message-ID: <1@x.example>\r\n\r\nbody line\r\n")
check = murder.check


def find(m, mailbox):
    """What the mupdate master says of a mailbox: its data lines."""
    with socket.create_connection((m["mup1"].address, 3905), 10) as s:
        f = s.makefile("rwb")
        while not f.readline().startswith(b"* OK"):
            pass
        f.write(b'A AUTHENTICATE "PLAIN" "' + base64.b64encode(b"\0be1\0pw") + b'"\r\n')
        f.flush()
        assert f.readline().startswith(b"A OK")
        f.write(b'B FIND "%s"\r\n' % mailbox.encode())
        f.flush()
        lines = []
        while True:
            line = f.readline()
            if not line or line.startswith(b"B OK"):
                return b"".join(lines).decode()
            lines.append(line)


def conversation(m):
    """What users and an administrator do at the frontend, over mailboxes on both backends."""
    c = m.imap("fe1", "user1")
    check(c.capability())
    check(c.namespace())
    check(c.status("INBOX", "(MESSAGES)"))  # a Cyrus frontend asks the master at its first look-up
    assert any(b"INBOX" in line for line in check(c.list()) if line)
    check(c.list('""', "%"))
    check(c.create("INBOX.x"))
    assert check(c.list('""', "INBOX.x*")) != [None], "a new mailbox is not listed at once"
    check(c.append("INBOX", r"(\Seen)", None, MESSAGE))
    check(c.select("INBOX"))
    data = check(c.fetch("1", "(UID FLAGS RFC822.SIZE BODY.PEEK[])"))
    assert data[0][1] == MESSAGE, data
    check(c.copy("1", "INBOX.x"))
    check(c.copy("1", "pub2"))
    check(c.status("pub2", "(MESSAGES UIDNEXT)"))
    check(c.append("pub2", None, None, MESSAGE))
    assert check(c.select("pub2")) == [b"2"]
    assert len(check(c.search(None, "SUBJECT", "hello"))[0].split()) == 2
    check(c.store("1", "+FLAGS", r"(\Flagged $Label1)"))
    check(c.noop())
    check(c.subscribe("pub2"))
    assert any(b"pub2" in line for line in check(c.lsub()) if line)
    check(c.setacl("INBOX.x", "user2", "lrs"))
    check(c.getacl("INBOX.x"))
    check(c.getquotaroot("INBOX"))
    check(c.rename("INBOX.x", "INBOX.y"))
    check(c.select("INBOX.y"))
    check(c.close())
    check(c.delete("INBOX.y"))
    check(c.logout())
    a = m.imap("fe1", "cyrus")
    check(a.create("user.zed"))
    check(a.setacl("user.zed", "cyrus", "lrswipkxtea"))
    check(a.delete("user.zed"))
    check(a._simple_command("CREATE", "pubn", "be2." + mixed.DOMAIN + "!default"))
    assert "be2." + mixed.DOMAIN in find(m, "pubn")
    check(a.logout())


def metadata(m):
    """Annotations of a mailbox on the first backend, through the frontend and at the backend."""
    user = m.imap("fe1", "user1")
    check(user.xatom("SETMETADATA", "INBOX", '(/shared/comment "for all")'))
    check(user.xatom("SETMETADATA", "INBOX", "(/private/comment {3+}\r\nown)"))
    for where in ("fe1", "be1"):
        c = m.imap(where, "user1")
        for entry, value in (("/shared/comment", b"for all"), ("/private/comment", b"own"),
                             ("(DEPTH infinity) /shared", b"for all")):
            check(c.xatom("GETMETADATA", "INBOX", entry))
            told = b" ".join(x if isinstance(x, bytes) else b" ".join(x)
                             for x in c.untagged_responses.pop("METADATA"))
            assert value in told, (where, entry, told)
        check(c.logout())
    check(user.xatom("GETMETADATA", "INBOX", "/shared/vendor/cmu/cyrus-imapd/server"))
    told = b" ".join(user.untagged_responses.pop("METADATA"))
    assert b"be1." + mixed.DOMAIN.encode() in told, told
    check(user.logout())


def deliveries(m):
    with murder.Lmtp(m["fe1"].address, 2003) as s:
        refused = s.deliver("s@x.example", ["user1", "user2", "user3", "nobody"], MESSAGE)
    assert list(refused) == ["nobody"], refused
    for user in ("user1", "user2", "user3"):
        with m.imap("fe1", user) as c:
            assert int(check(c.select("INBOX"))[0]) >= 1
    with murder.Lmtp(m["fe1"].address, 24) as s:
        s.ehlo()
        s.login("murder", "pw")
        assert not s.deliver("s@x.example", ["user1"], MESSAGE)


def resync(m):
    """Both backends push again: nothing changes for the users."""
    for backend in ("be1", "be2"):
        m[backend].run("ctl_mboxlist", "-m")
    for n in (1, 2):
        server = "be%d" % n
        assert "%s.%s!" % (server, mixed.DOMAIN) in find(m, "user.user%d" % n)
    with m.imap("fe1", "user2") as c:
        check(c.select("INBOX"))


def promises(m, has_cyrus):
    """Our frontend, which has talked to both backends, announces nothing that one of them lacks:
    Cyrus 3.6.1 knows no QUOTASET."""
    with m.imap("fe1", "user1") as c:
        words = check(c.capability())[0].split()
    assert {b"MOVE", b"QRESYNC", b"QUOTA", b"OBJECTID"} <= set(words), words
    assert (b"QUOTASET" in words) != has_cyrus, words


# What an administrator types into cyradm at a frontend, and all that it prints then (a pattern).
# user.ann is made on the first backend and user.bob on the second.
ADMINISTRATION = (
    ("version", r"name : Rookery version : .*"),
    ("cm user.ann be1.mixed.test!default", ""),
    ("cm user.bob be2.mixed.test", ""),
    ("cm user.ann.x", ""),
    (r"cm --specialuse \\Sent user.ann.Sent", ""),
    (r"cm --specialuse \\Sent user.ann", r"createmailbox: \[ALREADYEXISTS\] .*"),
    ("cm user.ann", r"createmailbox: \[ALREADYEXISTS\] .*"),
    ("cm user.eve nowhere.mixed.test!default", r"createmailbox: \[UNAVAILABLE\] .*"),
    ("lm user.ann*", r"(user\.ann \(\\HasChildren\) ?|"
                     r"user\.ann\.(x|Sent) \(\\HasNoChildren\) ?){3}"),
    ("lm %.bob", r"user\.bob \(\\HasNoChildren\)"),
    ("lm nothing", ""),
    ("sam user.ann bob read", ""),
    ("sam user.ann.* bob lrsw cyrus all", r"(Setting ACL on user\.ann\.\w+\.\.\.OK\. ?){2}"),
    ("lam user.ann", r"(ann lrswipkxtecdan ?|bob lrs ?){2}"),
    ("lam user.ann.*", r"(user\.ann\.\w+: (ann \w+ ?|bob lrsw ?|cyrus lrswipkxtecda ?){3}){2}"),
    ("dam user.ann bob", ""),
    ("lam user.ann", r"ann lrswipkxtecdan"),
    ("sam nothing bob read", r"setaclmailbox: bob: lrs: \[NONEXISTENT\] .*"),
    ("sq user.ann 1000", "quota:1000"),
    ("lq user.ann", r"STORAGE 0/1000 \(0%\)"),
    ("lqr user.ann.x", r"user\.ann STORAGE 0/1000 \(0%\)"),
    ("lqr user.bob", ""),
    ("sq user.ann none", "remove quota"),
    ("lqr user.ann.x", r"user\.ann"),
    ("info", ""),
    ("mboxcfg user.ann comment 'the mailbox of Ann'", ""),
    ("mboxcfg --private user.ann comment mine", ""),
    ("mboxcfg user.ann expire 30", ""),
    (r"setmd user.ann.x specialuse \\Drafts", ""),
    ("info user.ann", r"(?=.* comment: the mailbox of Ann)(?=.* partition: default)"
                      r"(?=.* server: be1\.mixed\.test)(?=.* size: 0)"
                      r"\{user\.ann\}: private: comment: mine shared: expire: 30 .*"),
    ("info user.ann /comm*",
     r"\{user\.ann\}: private: comment: mine shared: comment: the mailbox of Ann"),
    ("info user.ann /vendor/%", ""),
    ("getmd user.ann comment expire",
     r"\{user\.ann\}: private: comment: mine shared: expire: 30"),
    ("getmd user.ann.x specialuse", r"\{user\.ann\.x\}: private: specialuse: .*Drafts"),
    ("mboxcfg user.ann comment none", ""),
    ("getmd user.ann /shared/comment", r"\{user\.ann\}: shared: comment: NIL"),
    ("info nothing", r"\[NONEXISTENT\] .*"),
    ("setinfo motd 'Be nice'", ""),
    ("setinfo comment 'Good mail'", ""),
    ("setinfo admin mailto:it@example.org", ""),
    ("info", r"\{Server Wide\} shared: (comment: Good mail ?|motd: Be nice ?|"
             r"admin: mailto:it@example.org ?){3}"),
    ("setinfo comment none", ""),
    ("setinfo shutdown none", ""),
    ("sub user.ann", ""),
    ("sub user.bob", ""),
    ("lm -subscribed", r"user\.ann user\.bob"),
    ("unsub user.bob", ""),
    ("lm -subscribed", r"user\.ann"),
    ("renm user.ann.x user.ann.z", ""),
    ("renm user.ann.z user.ann.z be2.mixed.test", r"renamemailbox: \[CANNOT\] .*"),
    ("renm user.ann user.ann be2.mixed.test", ""),
    ("getmd user.ann.z /shared/vendor/cmu/cyrus-imapd/server",
     r"\{user\.ann\.z\}: shared: server: be2\.mixed\.test"),
    ("xfer user.bob be1.mixed.test default", ""),
    ("xfer user.nobody be2.mixed.test", r"xfermailbox: \[NONEXISTENT\] .*"),
    ("dm user.ann", r"deletemailbox: \[NOPERM\] .*"),
    ("sam user.ann cyrus all", ""),
    ("dm user.ann", ""),
    ("dm user.ann", r"deletemailbox: \[NONEXISTENT\] .*"),
    ("lm user.%", r"(user\.(bob|user1|user2|user3) \(\\HasNoChildren\) ?){4}"),
)


def cyradm(m, server, commands):
    """What each command prints, white space made one blank."""
    prompt = m[server].host + "> "
    # A ReadLine of Perl that is installed besides echoes what it reads.
    environment = dict(os.environ, PERL_RL="Stub")
    done = subprocess.run(["cyradm", "--norc", "--notls", "--user", "cyrus", "--password", "pw",
                           m[server].host], input="\n".join(commands) + "\n", text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120,
                          env=environment)
    printed = done.stdout.split(prompt)
    assert len(printed) == len(commands) + 2, done.stdout
    return [" ".join(x.split()) for x in printed[1:-1]]


def administration(m):
    printed = cyradm(m, "fe1", [command for command, _ in ADMINISTRATION])
    wrong = [(command, text) for (command, pattern), text in zip(ADMINISTRATION, printed)
             if not re.fullmatch(pattern, text)]
    assert not wrong, wrong
    assert "be1." + mixed.DOMAIN in find(m, "user.bob")
    # Each user is told the message of the day.
    with m.imap("fe1", "user1") as c:
        assert b"[ALERT] Be nice" in c.untagged_responses["OK"], c.untagged_responses
    assert cyradm(m, "fe1", ["setinfo motd none", "info"])[1].find("motd") == -1
    # At a backend.
    told = cyradm(m, "be2", ["setinfo motd 'On two'", "info", "lm pub2", "sam pub2 cyrus all",
                             "info pub2", "cm pub2.a", "dm pub2.a", "setinfo motd none"])
    assert re.search(r"motd: On two", told[1]) and "total: " in told[1], told
    assert told[2] == r"pub2 (\HasNoChildren)", told
    assert "server: be2.mixed.test" in told[4], told
    assert told[:1] + told[3:4] + told[5:] == [""] * 5, told


def everything(**flavours):
    with mixed.Mixed(**flavours) as m:
        conversation(m)
        if flavours.get("fe1", "rookery") == "rookery":
            promises(m, "cyrus" in (flavours.get("be1"), flavours.get("be2")))
        # A Cyrus frontend of 3.6.1 asks its backends in words that they do not understand.
        if (m["fe1"].flavour, m["be1"].flavour) != ("cyrus", "cyrus"):
            metadata(m)
        deliveries(m)
        resync(m)


def need_cyrus():
    if mixed.missing_packages():
        raise harness.Skip("not installed: " + " ".join(mixed.missing_packages()))


def test_the_configuration_of_a_cyrus_murder_starts_ours():
    # The configuration is that of Debian's packages, its user and its tool for passwords with it.
    try:
        pwd.getpwnam("cyrus")
    except KeyError:
        raise harness.Skip("there is no user cyrus") from None
    if not shutil.which("saslpasswd2"):
        raise harness.Skip("saslpasswd2 is not installed")
    everything()


def test_our_frontend_before_their_backends_and_master():
    need_cyrus()
    everything(mup1="cyrus", be1="cyrus", be2="cyrus", fe1="rookery")


def test_our_backend_behind_their_frontend():
    need_cyrus()
    everything(mup1="cyrus", be1="rookery", be2="cyrus", fe1="cyrus")


def test_our_master_with_their_servers():
    need_cyrus()
    everything(mup1="rookery", be1="cyrus", be2="cyrus", fe1="cyrus")


def test_their_master_with_our_servers():
    need_cyrus()
    everything(mup1="cyrus", be1="rookery", be2="rookery", fe1="rookery")


def test_half_and_half():
    need_cyrus()
    everything(mup1="rookery", be1="cyrus", be2="rookery", fe1="rookery")


def test_an_administrator_with_cyradm():
    if shutil.which("cyradm") is None:
        raise harness.Skip("cyradm is not installed")
    with mixed.Mixed() as m:
        administration(m)


def test_an_administrator_with_cyradm_that_follows_referrals():
    if shutil.which("cyradm") is None:
        raise harness.Skip("cyradm is not installed")
    with mixed.Mixed(referrals=True) as m:
        administration(m)


if __name__ == "__main__":
    mixed.enter(need_cyrus=False)
    harness.main()
