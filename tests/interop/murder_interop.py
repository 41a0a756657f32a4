#!/usr/bin/env python3
"""The same conversation through a murder of Rookery, Cyrus 3.6.1, and each mixed with the other.

The first test needs no Cyrus: the configuration of a Cyrus site, unchanged, starts ours.
"""
import os
import pwd
import shutil
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import administration
import harness
import mixed
import murder

MESSAGE = (b"From: a@b.example\r\nTo: c@d.example\r\nSubject: hello\r\n"
           b"Message-ID: <1@x.example>\r\n\r\nbody line\r\n")
check = murder.check


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
    assert "be2." + mixed.DOMAIN in administration.find(m, "pubn")
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


def selected(m):
    """What others do to a mailbox is told to a session that selected it through the frontend."""
    with m.imap("fe1", "user1") as c, m.imap("be1", "user1") as other:
        check(c.create("INBOX.open"))
        for n in range(3):
            check(c.append("INBOX.open", None, None, MESSAGE.replace(b"hello", b"n%d" % n)))
        assert check(c.select("INBOX.open")) == [b"3"]
        assert check(other.select("INBOX.open")) == [b"3"]
        check(other.append("INBOX.open", None, None, MESSAGE))
        check(other.store("2", "+FLAGS", r"(\Flagged)"))
        check(c.noop())
        assert c.untagged_responses.pop("EXISTS")[-1] == b"4", c.untagged_responses
        told = b" ".join(c.untagged_responses.pop("FETCH"))
        assert told.startswith(b"2 (") and rb"\Flagged" in told, told
        check(other.store("1", "+FLAGS", r"(\Deleted)"))
        check(other.expunge())
        # By number: the message that it had when this session was told of it last.
        data = check(c.fetch("2", "(UID)"))
        assert b"2 (UID 2)" in data, data
        check(c.noop())
        assert c.untagged_responses.pop("EXPUNGE") == [b"1"], c.untagged_responses
        check(c.store("1", "+FLAGS", r"(\Answered)"))
        data = b" ".join(x for x in check(c.fetch("1:*", "(UID FLAGS)")) if x)
        assert b"UID 2" in data and rb"\Answered" in data and b"UID 4" in data, data
        assert b"UID 1" not in data, data
        check(c.close())
        check(c.delete("INBOX.open"))


def sorted_and_threaded(m):
    """By the server that has the mailbox, on each; a frontend announces it if its backends do."""
    texts = {"b": "", "a": "", "Re: b": "In-Reply-To: <b@x.example>\r\n"}
    for user in ("user1", "user2"):
        with m.imap("fe1", user) as c:
            words = check(c.capability())[0].split()
            assert {b"SORT", b"THREAD=REFERENCES", b"THREAD=ORDEREDSUBJECT"} <= set(words), words
            check(c.create("INBOX.sorted"))
            for n, (subject, more) in enumerate(texts.items()):
                check(c.append("INBOX.sorted", None, None, (
                    "From: a@b.example\r\nSubject: %s\r\nDate: Tue, 24 Nov 2026 03:4%d:40 +0000\r\n"
                    "Message-ID: <%s@x.example>\r\n%s\r\ntext\r\n" % (
                        subject, n, subject.replace(": ", "-"), more)).encode()))
            assert check(c.select("INBOX.sorted")) == [b"3"]
            for keys, wanted in (("SUBJECT", b"2 1 3"), ("REVERSE DATE", b"3 2 1")):
                assert check(c.sort("(%s)" % keys, "UTF-8", "ALL")) == [wanted], keys
            for how in ("REFERENCES", "ORDEREDSUBJECT"):
                told = check(c.thread(how, "UTF-8", "ALL"))
                assert told == [b"(1 3)(2)"], (how, told)
            check(c.close())
            if b"XLIST" in words:
                check(c.xatom("XLIST", '""', "INBOX*"))
                told = [x for x in c.untagged_responses.pop("XLIST")]
                assert any(b"\\Inbox" in x for x in told), told
                assert any(b"INBOX.sorted" in x for x in told), told
            check(c.delete("INBOX.sorted"))


def in_utf8(m):
    """Names and strings in UTF-8 (RFC 6855), whatever the backend behind our frontend knows, and
    headers where it can keep them: Cyrus 3.6.1 puts X for each byte."""
    name, wire, new = '"INBOX.Entwürfe & mehr"', b'"INBOX.Entw&APw-rfe &- mehr"', '"INBOX.日本"'
    raw = MESSAGE.replace(b"hello", "Grüße".encode())
    encoded = MESSAGE.replace(b"hello", b"=?utf-8?q?Gr=C3=BC=C3=9Fe?=")
    for user, backend in (("user1", "be1"), ("user2", "be2")):
        with m.imap("fe1", user) as c, m.imap("fe1", user) as old:
            assert b"UTF8=ACCEPT" in check(c.capability())[0].split()
            check(c.enable("UTF8=ACCEPT"))
            check(c.create(name))
            told = check(c.list('""', "INBOX.E*"))
            assert told[0].endswith(b" " + name.encode()), told
            told = check(old.list('""', "INBOX.E*"))
            assert told[0].endswith(b" " + wire), told
            # By hand: imaplib's append() puts UTF8 into the message.
            c.send(b"x APPEND %s UTF8 (~{%d+}\r\n%s)\r\n" % (name.encode(), len(raw), raw))
            can = m[backend].flavour == "rookery"
            answer = c.readline()
            assert answer.startswith(b"x OK [APPENDUID " if can else b"x NO [CANNOT] "), answer
            if can:
                check(c.select(name))
                assert check(c.fetch("1", "(BODY.PEEK[])"))[0][1] == raw
                check(c.close())
            check(old.append(wire.decode(), None, None, encoded))
            told = check(c.status(name, "(MESSAGES)"))
            assert told == [name.encode() + b" (MESSAGES %d)" % (1 + can)], told
            check(c.select(name))
            assert check(c.search(None, "SUBJECT", '"grüße"')) == [b"1 2" if can else b"1"]
            check(c.copy("1", name))
            assert check(c.getacl(name))[0].startswith(name.encode() + b" ")
            check(c.close())
            check(c.subscribe(name))
            assert any(name.encode() in x for x in check(c.lsub()) if x)
            check(c.unsubscribe(name))
            check(c.rename(name, new))
            told = check(c.status(new, "(MESSAGES)"))
            assert told == [new.encode() + b" (MESSAGES %d)" % (2 + can)], told
            check(c.delete(new))


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
        assert "%s.%s!" % (server, mixed.DOMAIN) in administration.find(m, "user.user%d" % n)
    with m.imap("fe1", "user2") as c:
        check(c.select("INBOX"))


def promises(m, has_cyrus):
    """Our frontend, which has talked to both backends, announces nothing that one of them lacks:
    Cyrus 3.6.1 knows no QUOTASET, no UIDONLY and no IMAP4rev2."""
    with m.imap("fe1", "user1") as c:
        words = check(c.capability())[0].split()
    assert {b"MOVE", b"QRESYNC", b"QUOTA", b"OBJECTID"} <= set(words), words
    for name in (b"QUOTASET", b"UIDONLY", b"IMAP4rev2"):
        assert (name in words) != has_cyrus, words


def everything(**flavours):
    with mixed.Mixed(**flavours) as m:
        conversation(m)
        selected(m)
        sorted_and_threaded(m)
        if flavours.get("fe1", "rookery") == "rookery":
            promises(m, "cyrus" in (flavours.get("be1"), flavours.get("be2")))
            in_utf8(m)
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


def test_why_theirs_do_not_speak_imap4rev2():
    """What Cyrus 3.6.1 says to that of which RFC 9051 has need and a frontend has nothing, as
    doc/admin/differences.md has it. Another answer is a reason to think again."""
    need_cyrus()
    part = (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
            b"Content-Type: message/global\r\n\r\n" + MESSAGE + b"--b--\r\n")
    with mixed.Mixed(mup1="cyrus", be1="cyrus", be2="cyrus", fe1="rookery") as m:
        with m.imap("be1", "user1") as c, m.imap("be1", "user1") as other:
            def says(command, wanted):
                c.send(b"y %s\r\n" % command.encode())
                heard = b""
                while not heard.startswith(b"y ") and b"\r\ny " not in heard:
                    heard += c.readline()
                assert wanted.encode() in heard, (command, heard)
            check(c.append("INBOX", None, None, part))
            check(c.append("INBOX", None, None, MESSAGE.replace(b"hello", "Grüße".encode())))
            check(c.select("INBOX"))
            check(other.select("INBOX"))
            says("SEARCH RETURN (SAVE) ALL", "y BAD Invalid Search return option save")
            says("FETCH $ (UID)", "y BAD Invalid sequence in Fetch")
            says("STATUS INBOX (DELETED)", "y BAD Invalid Status attributes deleted")
            says('LIST "" * RETURN (STATUS (DELETED))', "y BAD Invalid Status attributes deleted")
            says("FETCH 2 (ENVELOPE)", '(NIL "GrXXXXe" ')
            says("FETCH 1 (BODYSTRUCTURE)",
                 '(("MESSAGE" "GLOBAL" NIL NIL NIL "7BIT" %d NIL NIL NIL NIL) "MIXED"'
                 % (len(MESSAGE) - 2))
            # What another session does, in each of the modes.
            for enable, flags, gone in (
                    (None, "\\Flagged))\r\n", "* 1 EXPUNGE"),
                    ("QRESYNC", ") UID 2 MODSEQ (", "* VANISHED 2")):
                if enable:
                    says("ENABLE " + enable, "* ENABLED CONDSTORE QRESYNC")
                check(other.store("1", "+FLAGS", r"(\Flagged)"))
                says("NOOP", flags)
                check(other.store("1", "+FLAGS", r"(\Deleted)"))
                check(other.expunge())
                says("NOOP", gone)


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
        administration.day("cyradm", m)


def test_an_administrator_with_cyradm_that_follows_referrals():
    if shutil.which("cyradm") is None:
        raise harness.Skip("cyradm is not installed")
    with mixed.Mixed(referrals=True) as m:
        administration.day("cyradm", m)


if __name__ == "__main__":
    mixed.enter(need_cyrus=False)
    harness.main()
