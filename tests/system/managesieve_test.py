#!/usr/bin/env python3
"""timsieved at a backend and at a frontend, with referrals and as a relay."""
import base64
import contextlib
import os
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder
import sieve_client
from murder import wait_for
from sieve_client import Client, put

KEEP = b"keep;\r\n"
FILE = b'require "fileinto";\r\nfileinto "INBOX.x";\r\n'


def connect(m, where, user=None, **kw):
    c = Client(m[where].address("sieve"))
    if user:
        said = c.login(user, **kw)
        assert said.word == "OK", said
    return c


def server(frontends=0, **extra):
    """backend1 with alice, and what else a test wants."""
    m = murder.Murder(backends=1, frontends=frontends, sieve=True, extra=extra)
    m.add_user("alice")
    return m


def relaying(backends=1, **extra):
    m = murder.Murder(backends=backends, frontends=1, sieve=True, start=False, extra=extra)
    m["frontend1"].extra["sieve_allowreferrals"] = "no"
    m.start()
    m.add_user("alice")
    return m


def folder(m, where, user):
    return os.path.join(m[where].dir, "conf", "sieve", user[0], user)


def capabilities(answer):
    """name -> value"""
    out = {}
    for line in answer.lines:
        words = line.strip().split(b'"')[1::2]
        out[words[0].decode()] = words[1].decode() if len(words) > 1 else None
    return out


# What a client says, and what comes: word and code, and the lines of data before.
SESSION = [
    (b'LISTSCRIPTS', "OK", []),
    (b'GETSCRIPT "a"', "NO (NONEXISTENT)", []),
    (b'SETACTIVE "a"', "NO (NONEXISTENT)", []),
    (b'DELETESCRIPT "a"', "NO (NONEXISTENT)", []),
    (b'RENAMESCRIPT "a" "b"', "NO (NONEXISTENT)", []),
    (b'HAVESPACE "a" 100', "OK", []),
    (b'CHECKSCRIPT {7+}\r\n' + KEEP, "OK", []),
    (b'CHECKSCRIPT "keep"', "NO", []),
    (put("a", KEEP), "OK", []),
    (put("a", b"keep"), "NO", []),
    (b'GETSCRIPT "a"', "OK", [b"{7}\r\n" + KEEP + b"\r\n"]),
    (b'LISTSCRIPTS', "OK", [b'"a"\r\n']),
    (b'SETACTIVE "a"', "OK", []),
    (put("gr\u00fcn \"x\" \\", FILE), "OK", []),
    (b'LISTSCRIPTS', "OK", [b'"a" ACTIVE\r\n', b'"gr\xc3\xbcn \\"x\\" \\\\"\r\n']),
    (b'DELETESCRIPT "a"', "NO (ACTIVE)", []),
    (b'RENAMESCRIPT "a" "gr\xc3\xbcn \\"x\\" \\\\"', "NO (ALREADYEXISTS)", []),
    (b'RENAMESCRIPT "a" "b"', "OK", []),
    (b'LISTSCRIPTS', "OK", [b'"b" ACTIVE\r\n', b'"gr\xc3\xbcn \\"x\\" \\\\"\r\n']),
    (b'GETSCRIPT "a"', "NO (NONEXISTENT)", []),
    (b'SETACTIVE {13+}\r\ngr\xc3\xbcn "x" \\\r\n', "NO", []),
    (b'SETACTIVE {11+}\r\ngr\xc3\xbcn "x" \\', "OK", []),
    (b'DELETESCRIPT "b"', "OK", []),
    (b'SETACTIVE ""', "OK", []),
    (b'LISTSCRIPTS', "OK", [b'"gr\xc3\xbcn \\"x\\" \\\\"\r\n']),
    (b'DELETESCRIPT "gr\xc3\xbcn \\"x\\" \\\\"', "OK", []),
    (b'LISTSCRIPTS', "OK", []),
    (b'NOOP', "OK", []),
    (b'NOOP "t1"', 'OK (TAG "t1")', []),
    # names
    (put("../x", KEEP), "NO", []),
    (put("..", KEEP), "NO", []),
    (put("", KEEP), "NO", []),
    (put("a\u2028b", KEEP), "NO", []),
    (put("x" * 201, KEEP), "NO", []),
    (b'HAVESPACE "a/b" 1', "NO", []),
    (b'GETSCRIPT "../../../secret"', "NO", []),
    (b'SETACTIVE "a/b"', "NO", []),
    (b'LISTSCRIPTS', "OK", []),
    # what is no command
    (b'FOO', "NO", []),
    (b'FOO {8+}\r\nLOGOUT\r\n', "NO", []),
    (b'', "NO", []),
    (b'LISTSCRIPTS "x"', "NO", []),
    (b'GETSCRIPT', "NO", []),
    (b'HAVESPACE "a" "b"', "NO", []),
    (b'HAVESPACE "a" 4294967296', "NO", []),
    (b'PUTSCRIPT "a" keep;', "NO", []),
    (b'AUTHENTICATE "PLAIN"', "NO", []),
    (b'STARTTLS', "NO", []),
]


def converse(c):
    for command, brief, lines in SESSION:
        said = c.ask(command)
        assert said is not None, (command, "the end")
        # Where a relay is, its own server tells nothing but this.
        assert (said.brief, said.lines) == (brief, lines), (command, said)


def test_every_command_at_a_backend():
    with server() as m:
        with connect(m, "backend1") as c:
            told = capabilities(c.greeting)
            assert "timsieved" in told["IMPLEMENTATION"] and told["VERSION"] == "1.0", told
            assert told["SASL"] == "PLAIN" and "OWNER" not in told and "STARTTLS" not in told, told
            assert "fileinto" in told["SIEVE"].split() and told["NOTIFY"] == "mailto", told
            assert int(told["MAXREDIRECTS"]) > 0 and "UNAUTHENTICATE" in told, told
            for command in (b"LISTSCRIPTS", b'HAVESPACE "a" 1', put("a", KEEP), b"UNAUTHENTICATE",
                            b'CHECKSCRIPT "keep;"', b'SETACTIVE ""', b'GETSCRIPT "a"'):
                assert c.ask(command).brief == "NO", command
            assert c.ask(b"NOOP").brief == "OK"
            assert c.login("alice").brief == "OK"
            assert capabilities(c.ask(b"CAPABILITY"))["OWNER"] == "alice"
            converse(c)
            assert c.ask(b"UNAUTHENTICATE").brief == "OK"
            assert c.ask(b"LISTSCRIPTS").brief == "NO"
            assert "OWNER" not in capabilities(c.ask(b"CAPABILITY"))
            assert c.login("alice", "wrong").brief == "NO"
            assert c.login("alice").brief == "OK"
            assert c.ask(b"LISTSCRIPTS").brief == "OK"
            assert c.ask(b"LOGOUT").brief == "OK"
            assert c.read() is None


def test_every_command_through_a_relay():
    with relaying() as m:
        with connect(m, "frontend1", "alice") as c:
            converse(c)
            # Answered by the frontend itself.
            told = capabilities(c.ask(b"CAPABILITY"))
            assert told["OWNER"] == "alice" and "frontend1" in told["IMPLEMENTATION"], told
            assert c.ask(put("a", KEEP)).brief == "OK"
            assert os.listdir(folder(m, "backend1", "alice")) == ["a.script"]
            assert c.ask(b"LOGOUT").brief == "OK"
            assert c.read() is None


def test_authentication():
    plain = base64.b64encode(b"\0alice\0pw")
    with server() as m:
        with connect(m, "backend1") as c:
            assert c.ask(b'AUTHENTICATE "NONSENSE"').brief == "NO"
            assert c.ask(b'AUTHENTICATE "PLAIN" "?"').brief == "NO"
            # A challenge, and its answer as quoted, as a literal, and "*".
            for answer, brief in ((b'"*"', "NO"), (b'"?"', "NO"), (b'*', "NO"),
                                  (b'"%s"' % plain, "OK"),
                                  (sieve_client.literal(plain), "OK")):
                c.send(b'AUTHENTICATE "plain"\r\n')
                assert c.line() == b"{0}\r\n\r\n"
                said = c.ask(answer)
                assert said.brief == brief, (answer, said)
                if brief == "OK":
                    assert c.ask(b"UNAUTHENTICATE").brief == "OK"
            assert c.ask(b'AUTHENTICATE "PLAIN" ' + sieve_client.literal(plain)).brief == "OK"
            assert c.ask(b'AUTHENTICATE "PLAIN" "%s"' % plain).brief == "NO"
        m.set_passwords({"bob": "pw"})
        with connect(m, "backend1") as c:
            assert c.login("bob").brief == "NO"  # no INBOX
            assert c.login("alice", act_for="bob").brief == "NO"
            # Who may act for others has their scripts.
            assert c.login("cyrus", act_for="alice").brief == "OK"
            assert c.ask(put("a", KEEP)).brief == "OK"
            assert c.ask(b"UNAUTHENTICATE").brief == "OK"
            # An administrator without INBOX has those of nobody.
            assert c.login("cyrus").brief == "OK"
            assert c.ask(b"LISTSCRIPTS").lines == []
            assert c.ask(put("shared", KEEP)).brief == "OK"
        path = os.path.join(m["backend1"].dir, "conf", "sieve", "global")
        assert os.listdir(path) == ["shared.script"]
        assert os.listdir(folder(m, "backend1", "alice")) == ["a.script"]


def test_success_data_goes_with_the_ok():
    """SCRAM's last word, which proves that the server knows the password."""
    import hashlib
    import hmac
    with server(sasl_mech_list="PLAIN SCRAM-SHA-1") as m:
        with connect(m, "backend1") as c:
            if "SCRAM-SHA-1" not in capabilities(c.greeting)["SASL"].split():
                raise harness.Skip("no SCRAM-SHA-1 in this libsasl2")
            first = "n=alice,r=abcdefgh"
            c.send(b'AUTHENTICATE "SCRAM-SHA-1" "%s"\r\n' %
                   base64.b64encode(b"n,," + first.encode()))
            challenge = base64.b64decode(c.line().split(b"\r\n")[1]).decode()
            values = dict(part.split("=", 1) for part in challenge.split(","))
            salted = hashlib.pbkdf2_hmac("sha1", b"pw", base64.b64decode(values["s"]),
                                         int(values["i"]))
            key = hmac.digest(salted, b"Client Key", "sha1")
            bare = "c=biws,r=" + values["r"]
            text = ",".join((first, challenge, bare)).encode()
            proof = bytes(a ^ b for a, b in zip(key, hmac.digest(
                hashlib.sha1(key).digest(), text, "sha1")))
            last = "%s,p=%s" % (bare, base64.b64encode(proof).decode())
            said = c.ask(b'"%s"' % base64.b64encode(last.encode()))
            assert said.word == "OK" and said.code.startswith("SASL "), said
            want = hmac.digest(hmac.digest(salted, b"Server Key", "sha1"), text, "sha1")
            got = base64.b64decode(said.code.split('"')[1]).decode()
            assert got == "v=" + base64.b64encode(want).decode(), got
            assert c.ask(b"LISTSCRIPTS").brief == "OK"


def test_starttls():
    with murder.Murder(backends=1, frontends=1, tls=True, sieve=True,
                       extra={"allowplaintext": "no"}) as m:
        for where in ("backend1", "frontend1"):
            with connect(m, where) as c:
                told = capabilities(c.greeting)
                assert "STARTTLS" in told and "PLAIN" not in told["SASL"].split(), told
                assert c.login("cyrus").brief == "NO (ENCRYPT-NEEDED)"
                said, again = c.starttls()
                told = capabilities(again)
                assert "STARTTLS" not in told and told["SASL"] == "PLAIN", told
                assert c.ask(b"STARTTLS").brief == "NO"
                assert c.login("cyrus").brief == "OK"
            # What was said before TLS is not taken for something said in it.
            with connect(m, where) as c:
                c.send(b"STARTTLS\r\nLISTSCRIPTS\r\n")
                assert c.read().word == "OK"
                with contextlib.suppress(ConnectionError):
                    assert c.file.read() == b""


def test_a_relay_under_a_layer_of_sasl():
    """The backend's capabilities come again by themselves then, and are read."""
    with relaying(sasl_mech_list="PLAIN DIGEST-MD5", force_sasl_client_mech="DIGEST-MD5",
                  mupdate_mechs="PLAIN") as m:
        with connect(m, "frontend1", "alice") as c:
            for _ in range(3):
                assert c.ask(put("a", KEEP)).brief == "OK"
                assert c.ask(b"LISTSCRIPTS").lines == [b'"a"\r\n']
        logged = m["backend1"].tail(1000)
        assert "user=alice mechanism=DIGEST-MD5" in logged, logged


def test_anonymous_has_scripts_checked():
    with server(sasl_mech_list="PLAIN ANONYMOUS", allowanonymouslogin="yes") as m:
        with connect(m, "backend1") as c:
            said = c.ask(b'AUTHENTICATE "ANONYMOUS" "%s"' % base64.b64encode(b"me"))
            if "ANONYMOUS" not in capabilities(c.greeting)["SASL"].split():
                raise harness.Skip("no ANONYMOUS in this libsasl2")
            assert said.brief == "OK", said
            for command, brief in ((b'CHECKSCRIPT "keep;"', "OK"), (b'CHECKSCRIPT "keep"', "NO"),
                                   (put("a", KEEP), "OK"), (put("a", b"keep"), "NO"),
                                   (b"LISTSCRIPTS", "NO"), (b'GETSCRIPT "a"', "NO"),
                                   (b'HAVESPACE "a" 1', "NO"), (b'SETACTIVE ""', "NO"),
                                   (b'DELETESCRIPT "a"', "NO"), (b'RENAMESCRIPT "a" "b"', "NO"),
                                   (b"NOOP", "OK"), (b"CAPABILITY", "OK"), (b"LOGOUT", "OK")):
                said = c.ask(command)
                assert said.brief == brief, (command, said)
        assert not os.path.exists(os.path.join(m["backend1"].dir, "conf", "sieve"))


def test_quotas():
    for m, where in ((server(sieve_maxscripts="2", sieve_maxscriptsize="1"), "backend1"),
                     (relaying(sieve_maxscripts="2", sieve_maxscriptsize="1"), "frontend1")):
        with m, connect(m, where, "alice") as c:
            for command, brief in (
                    (b'HAVESPACE "a" 1024', "OK"),
                    (b'HAVESPACE "a" 1025', "NO (QUOTA/MAXSIZE)"),
                    (put("a", b"keep;".ljust(1024)), "OK"),
                    (put("a", b"keep;".ljust(1025)), "NO (QUOTA/MAXSIZE)"),
                    (b"CHECKSCRIPT " + sieve_client.literal(b"keep;".ljust(1025)),
                     "NO (QUOTA/MAXSIZE)"),
                    (put("b", KEEP), "OK"),
                    (put("c", KEEP), "NO (QUOTA/MAXSCRIPTS)"),
                    (b'HAVESPACE "c" 1', "NO (QUOTA/MAXSCRIPTS)"),
                    (b'HAVESPACE "b" 1', "OK"),
                    (put("b", FILE), "OK"),
                    (b'RENAMESCRIPT "a" "c"', "OK"),
                    (put("a", KEEP), "NO (QUOTA/MAXSCRIPTS)")):
                said = c.ask(command)
                assert said.brief == brief, (command[:40], said)


def test_a_large_script():
    big = b"# " + b"x" * 70 + b"\r\n"
    big = big * (1048576 // len(big)) + b"keep;\r\n"
    for m, where in ((server(sieve_maxscriptsize="1100"), "backend1"),
                     (relaying(sieve_maxscriptsize="1100"), "frontend1")):
        with m, connect(m, where, "alice") as c:
            assert c.ask(put("big", big)).brief == "OK"
            said = c.ask(b'GETSCRIPT "big"')
            assert said.brief == "OK"
            assert said.lines == [b"{%d}\r\n%s\r\n" % (len(big), big)]


def test_what_is_wrong_with_a_script():
    script = b"keep\r\nfileinto \"x\";\r\nfoo;\r\n"
    many = b"keep 1;\r\n" * 20
    with server(frontends=1, sieve_extensions="fileinto imapflags") as m:
        for where in ("backend1", "frontend1"):
            with connect(m, where, "alice") as c:
                said = c.ask(b"CHECKSCRIPT " + sieve_client.literal(script))
                assert said.word == "NO" and b"line 2, column 1: " in said.last, said
                said = c.ask(b"CHECKSCRIPT " + sieve_client.literal(many))
                assert said.last.count(b"line ") == 10 and b"line 10, column " in said.last, said
                said = c.ask(b'CHECKSCRIPT "require \\"vacation\\";"')
                assert said.word == "NO" and b"vacation" in said.last, said
                assert c.ask(b'CHECKSCRIPT "require \\"imap4flags\\";"').word == "OK"
        with connect(m, "backend1", "alice") as c:
            assert c.ask(put("a", script)).word == "NO"
            assert c.ask(b"LISTSCRIPTS").lines == []
            told = capabilities(c.ask(b"CAPABILITY"))
            assert "imap4flags" in told["SIEVE"] and "vacation" not in told["SIEVE"], told


def test_pipelined_commands():
    plain = base64.b64encode(b"\0alice\0pw")
    said = (b'AUTHENTICATE "PLAIN" "%s"\r\n' % plain + put("a", KEEP) + b"\r\n" +
            b'SETACTIVE "a"\r\nLISTSCRIPTS\r\nFOO\r\nNOOP "x"\r\nLOGOUT\r\n' +
            b'DELETESCRIPT "a"\r\nSETACTIVE ""\r\nLISTSCRIPTS\r\n')
    for m, where in ((server(), "backend1"), (relaying(), "frontend1")):
        with m, connect(m, where) as c:
            c.send(said)
            words = [c.read().brief for _ in range(7)]
            assert words == ["OK", "OK", "OK", "OK", "NO", 'OK (TAG "x")', "OK"], words
            # What stands behind LOGOUT is nobody's command, at no server.
            with contextlib.suppress(ConnectionError):
                assert c.read() is None
            with connect(m, "backend1", "alice") as d:
                assert d.ask(b"LISTSCRIPTS").lines == [b'"a" ACTIVE\r\n']


def test_referral():
    with murder.Murder(backends=2, frontends=1, sieve=True, start=False) as m:
        where = m["backend2"].host_port("sieve")
        m.start()
        m.add_user("alice", 1)
        m.add_user("bob", 2)
        told = 'BYE (REFERRAL "sieve://backend1")'
        for command in (b"CAPABILITY", b"LISTSCRIPTS", put("a", KEEP), b'HAVESPACE "a" 1',
                        b'GETSCRIPT "a"', b'SETACTIVE ""', b'DELETESCRIPT "a"',
                        b'RENAMESCRIPT "a" "b"'):
            with connect(m, "frontend1", "alice") as c:
                for harmless in (b"NOOP", b'CHECKSCRIPT "keep;"', b"NOOP"):
                    assert c.ask(harmless).word == "OK", harmless
                said = c.ask(command)
                assert said.brief == told and b'"Try Remote."' in said.last, said
                assert c.read() is None
        with connect(m, "frontend1", "alice") as c:
            assert c.ask(b"UNAUTHENTICATE").word == "OK"
            assert c.login("bob").word == "OK"
            assert c.ask(b"LOGOUT").word == "OK"
        # Of servers that clients can reach by another name, and of those that they cannot.
        m["frontend1"].extra["sieve_referral_hosts"] = "backend2=" + where
        m["frontend1"].stop()
        m["frontend1"].start()
        with connect(m, "frontend1", "bob") as c:
            assert c.ask(b"LISTSCRIPTS").brief == 'BYE (REFERRAL "sieve://%s")' % where
        with connect(m, "frontend1", "alice") as c:
            assert c.ask(put("a", KEEP)).brief == "OK"
            assert c.ask(b"LISTSCRIPTS").lines == [b'"a"\r\n']
        assert os.listdir(folder(m, "backend1", "alice")) == ["a.script"]


def test_a_relay_follows_its_users():
    with relaying(backends=2, allowusermoves="yes", move_grace="0s") as m:
        m.add_user("bob", 2)
        with connect(m, "frontend1", "alice") as c, connect(m, "frontend1", "bob") as b:
            assert c.ask(put("a", KEEP)).brief == "OK"
            assert c.ask(b'SETACTIVE "a"').brief == "OK"
            assert b.ask(b"LISTSCRIPTS").lines == []
            # Within the session, to another server.
            with m.imap("frontend1", "cyrus") as a:
                murder.check(a._simple_command("RENAME", "user.alice", "user.alice", "backend2"))
            assert c.ask(b"LISTSCRIPTS").lines == [b'"a" ACTIVE\r\n']
            assert c.ask(put("b", FILE)).brief == "OK"
            assert sorted(os.listdir(folder(m, "backend2", "alice"))) == [
                "a.script", "b.script", "defaultbc"]
            assert c.ask(b"UNAUTHENTICATE").brief == "OK"
            assert c.login("bob").brief == "OK"
            assert c.ask(b"LISTSCRIPTS").lines == []
            # A dead server costs commands, not the session.
            m["backend2"].stop()
            assert c.ask(b"LISTSCRIPTS").brief == "NO (TRYLATER)"
            assert c.ask(b"NOOP").brief == "OK"
            m["backend2"].start()
            wait_for(lambda: c.ask(b"LISTSCRIPTS").brief == "OK", "the server is back")


def test_nothing_that_was_answered_ok_is_lost_in_a_move():
    with murder.Murder(backends=2, frontends=1, sieve=True,
                       extra={"allowusermoves": "yes", "move_grace": "0s"}) as m:
        m.add_user("alice")
        stop = threading.Event()
        done, refused, failed = [0], [], []

        def upload():
            with connect(m, "backend1", "alice") as c:
                for n in range(1, 1000000):
                    said = c.ask(put("a", b"# %d\r\nkeep;\r\n" % n))
                    if said.word == "OK":
                        if refused:
                            failed.append("OK after %s" % refused)
                        done[0] = n
                    elif said.word == "BYE" or said.code == "TRYLATER":
                        refused.append(said.brief)
                        if said.word == "BYE":
                            return
                    else:
                        failed.append(said)
                    if stop.is_set():
                        return
        t = threading.Thread(target=upload)
        t.start()
        wait_for(lambda: done[0] > 5, "uploads")
        with m.imap("frontend1", "cyrus") as a:
            murder.check(a._simple_command("RENAME", "user.alice", "user.alice", "backend2"))
        stop.set()
        t.join()
        assert not failed, failed
        assert refused, "no upload met the move"
        print("%d uploads, then %s" % (done[0], refused[0]))
        with connect(m, "backend2", "alice") as c:
            said = c.ask(b'GETSCRIPT "a"')
        number = int(said.lines[0].split(b"# ")[1].split()[0])
        assert number >= done[0], (number, done[0])


def test_scripts_follow_a_users_name_and_end():
    with server(allowusermoves="yes") as m:
        m.set_passwords({"eva": "pw"})
        with connect(m, "backend1", "alice") as c:
            assert c.ask(put("a", KEEP)).brief == "OK"
            assert c.ask(b'SETACTIVE "a"').brief == "OK"
            with m.imap("backend1", "cyrus") as a:
                murder.check(a.rename("user.alice", "user.eva"))
            # The user of this session is no more.
            assert c.ask(put("b", KEEP)).brief == "BYE (TRYLATER)"
            with connect(m, "backend1", "eva") as e:
                assert e.ask(b"LISTSCRIPTS").lines == [b'"a" ACTIVE\r\n']
                with m.imap("backend1", "cyrus") as a:
                    murder.check(a.setacl("user.eva", "cyrus", "lrswipkxtecda"))
                    murder.check(a.delete("user.eva"))
                    murder.check(a.create("user.eva"))
                assert e.ask(b"LISTSCRIPTS").lines == []
        assert not os.path.exists(folder(m, "backend1", "alice"))


def test_a_damaged_folder():
    with server() as m:
        with connect(m, "backend1", "alice") as c:
            assert c.ask(put("a", KEEP)).brief == "OK"
            path = folder(m, "backend1", "alice")
            with open(os.path.join(m.dir, "secret.script"), "w") as f:
                f.write("secret")
            os.symlink(os.path.join(m.dir, "secret.script"), os.path.join(path, "link.script"))
            os.symlink("nothing", os.path.join(path, "dangling.script"))
            os.mkdir(os.path.join(path, "folder.script"))
            os.mkfifo(os.path.join(path, "pipe.script"))
            for name in (b"bad\xff.script", b"line\nbreak.script", b"a.script.NEW-1"):
                with open(os.path.join(path.encode(), name), "w"):
                    pass
            os.symlink("gone.bc", os.path.join(path, "defaultbc"))
            m.give(path)
            assert c.ask(b"LISTSCRIPTS").lines == [b'"a"\r\n']
            for name in (b"link", b"dangling", b"folder", b"pipe"):
                said = c.ask(b'GETSCRIPT "%s"' % name)
                assert said.word == "NO" and b"secret" not in said.last, said
            assert c.ask(b'DELETESCRIPT "link"').brief == "OK"
            assert c.ask(b'SETACTIVE "a"').brief == "OK"
            assert c.ask(b"LISTSCRIPTS").lines == [b'"a" ACTIVE\r\n']
            with open(os.path.join(m.dir, "secret.script")) as f:
                assert f.read() == "secret"
            # One that cannot be read at all.
            if os.geteuid() == 0:
                os.chown(path, 0, 0)
                os.chmod(path, 0o700)
                for command in (b"LISTSCRIPTS", put("a", FILE), b'GETSCRIPT "a"',
                                b'SETACTIVE ""', b'HAVESPACE "b" 1'):
                    said = c.ask(command)
                    assert said.brief == "NO (TRYLATER)" and b"/" not in said.last, (command, said)
                assert c.ask(b"NOOP").word == "OK"


def test_the_end_of_a_session():
    with server(frontends=1) as m:
        for where in ("backend1", "frontend1"):
            with connect(m, where) as c:
                for n in range(19):
                    assert c.ask(b"FOO").brief == "NO", n
                assert c.ask(b"NOOP").brief == "OK"  # not in a row
                for n in range(19):
                    assert c.ask(b"FOO").brief == "NO", n
                assert c.ask(b"FOO").brief == "BYE"
                assert c.read() is None
            # Nobody waits for what is never to come to an end.
            with connect(m, where) as c:
                assert c.ask(b"FOO {99999999+}").brief == "BYE"
            with connect(m, where) as c, connect(m, where, "alice") as d:
                path = os.path.join(m[where].dir, "conf", "msg", "shutdown")
                with open(path, "w") as f:
                    f.write("closed for today\n")
                for session in (c, d):
                    said = session.ask(b"NOOP")
                    assert said.word == "BYE" and b"closed for today" in said.last, said
                with Client(m[where].address("sieve")) as e:
                    assert e.greeting.word == "BYE" and not e.greeting.lines, e.greeting
                os.unlink(path)
            with connect(m, where) as c:
                m[where].stop()
                said = c.read()
                assert said.brief == "BYE (TRYLATER)", said
                m[where].start()


def test_virtual_domains():
    with murder.Murder(backends=1, frontends=0, sieve=True,
                       extra={"virtdomains": "userid", "defaultdomain": "default.example",
                              "sasl_mech_list": "PLAIN"}) as m:
        m.set_passwords({"joe@example.org": "pw", "joe": "pw"})
        with m.imap("backend1", "cyrus") as a:
            murder.check(a.create("user.joe"))
            murder.check(a.create("user.joe@example.org"))
        top = os.path.join(m["backend1"].dir, "conf", "sieve")
        for user, path in (("joe", "j/joe"), ("joe@example.org", "domain/e/example.org/j/joe")):
            with Client(m["backend1"].address("sieve")) as c:
                said = c.login("cyrus", act_for=user)
                assert said.word == "OK", (user, said)
                assert c.ask(put("a", KEEP)).brief == "OK"
            assert os.listdir(os.path.join(top, path)) == ["a.script"], path


if __name__ == "__main__":
    harness.main()
