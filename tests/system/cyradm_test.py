#!/usr/bin/env python3
"""cyradm: an administrator's day at a frontend, and what the shell itself promises."""
import os
import pty
import re
import select
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ.get("top_srcdir", os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..")), "tests", "support"))
import administration  # noqa: E402
import harness  # noqa: E402
import kerberos  # noqa: E402
import mixed  # noqa: E402
import murder  # noqa: E402

CYRADM = os.path.join(murder.BUILD, "imap", "admin", "cyradm", "cyradm")


def shell(lines, *arguments):
    """Exit status, and what was printed."""
    done = subprocess.run([CYRADM, *arguments], input=lines, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=murder.DEADLINE)
    return done.returncode, done.stdout


def printed(line):
    """By one command without a server."""
    code, out = shell(line + "\n")
    return code, out.replace("cyradm> ", "")


def test_a_day_at_a_frontend():
    with mixed.Mixed() as m:
        administration.day(CYRADM, m)


def test_a_day_with_referrals():
    with mixed.Mixed(referrals=True) as m:
        administration.day(CYRADM, m)


def test_a_move_as_the_guide_shows_it():
    with mixed.Mixed() as m:
        host = m["be2"].host
        administration.cyradm(CYRADM, m, "fe1", [
            "cm user.carol be1.mixed.test!default", "cm user.carol.a b",
            "rename user.carol user.carol %s!default" % host], status=1)
        assert host + "!default" in administration.find(m, "user.carol")
        # Nobody asked for it in other words.
        administration.cyradm(CYRADM, m, "fe1", ["renamemailbox --partition be1.mixed.test "
                                                 "user.carol user.carol"], status=0)
        assert "be1.mixed.test" in administration.find(m, "user.carol")
        # On a terminal it says how far it is.
        main, side = pty.openpty()
        moving = subprocess.Popen([CYRADM, "--norc", "--notls", "--user", "cyrus", "--password",
                                   "pw", m["fe1"].host], stdin=subprocess.PIPE,
                                  stdout=subprocess.DEVNULL, stderr=side)
        os.close(side)
        moving.communicate(b"rename user.carol user.carol %s\n" % host.encode(), timeout=120)
        assert moving.returncode == 0 and host in administration.find(m, "user.carol")
        told = os.read(main, 65536)
        os.close(main)
        assert b"pass 1" in told, told


def test_without_a_server():
    with open(os.path.join(murder.SOURCE, "man", "cyradm.1")) as f:
        manual = f.read()
    for row in printed("help")[1].splitlines():
        names = [n for n in re.split(r",? +", row[:34]) if n]
        assert ".It Ic %s" % names[0] in manual, names
        for name in names:
            assert re.search(r"[ &]%s\b" % re.escape(name) if name != "?" else r"&\?", manual), name
            said = printed("help " + name)[1]
            assert said.startswith(names[0]), (name, said)
            if names[0] in ("authenticate", "chdir", "disconnect", "exit", "help", "server"):
                continue
            # Too many words for any command, or none.
            said = printed(name + " x" * 9)[1]
            assert said.startswith(("usage: ", names[0] + ": no connection")), (name, said)
    assert printed("lis") == (1, "lis: no such command; help lists them\n")
    assert printed("lm") == (1, "listmailbox: no connection to server\n")
    assert printed("lm --nothing") == (1, "usage: listmailbox [-subscribed] [-specialuse] "
                                          "[pattern [base]]\n")
    # "-s" may be two options.
    assert printed("lm -s")[1].startswith("usage: ")
    assert printed("lm -sub")[1] == "listmailbox: no connection to server\n"
    assert printed("cm 'a b")[1] == "a quote is not closed\n"
    assert printed("# a remark")[0] == 0
    assert printed("cd /; cd")[0] == 1
    code, out = shell("exit\nlm\n")
    assert (code, out) == (0, "cyradm> "), out
    assert shell("exit 3\n")[0] == 1
    assert shell("", "--nothing")[0] == 64
    assert shell("", "--help")[0] == 0
    code, out = shell("", "127.0.0.1", "--port", "1", "--password", "x")
    assert code == 1 and out.startswith("cyradm: 127.0.0.1"), out


def test_words():
    """A name arrives at the server as it was meant."""
    with mixed.Mixed() as m:
        names = {"'user.user1.a b'": "user.user1.a b", 'user.user1."c  d"': "user.user1.c  d",
                 r"user.user1.e\ f": "user.user1.e f", "user.user1.'g#h'": "user.user1.g#h",
                 "user.user1.Grüße": "user.user1.Gr&APwA3w-e"}
        administration.cyradm(CYRADM, m, "fe1", ["cm " + typed for typed in names], status=0)
        with m.imap("fe1", "cyrus") as c:
            there = b" ".join(c.list("user.user1.", "*")[1]).decode()
        for name in names.values():
            assert name in there, (name, there)
        # What fails of several is told, and does not stop the others.
        told = administration.cyradm(CYRADM, m, "fe1", [
            "sam user.user1.* cyrus all", "dam 'user.user1.a b' cyrus", "dm user.user1.*"],
                                     status=1)
        assert told[0].count("...OK.") == len(names), told
        assert told[2].count("...OK.") == len(names) - 1, told
        assert re.search(r"a b\.\.\.\[NOPERM\]", told[2]), told


class OnTerminal:
    """cyradm on a terminal of its own: what is typed, and what it shows."""

    def __init__(self, *arguments):
        config = open(os.path.join(murder.BUILD, "config.h")).read()
        if "#define HAVE_LIBEDIT 1" not in config:
            raise harness.Skip("built without libedit")
        self.main, side = pty.openpty()
        self.process = subprocess.Popen([CYRADM, *arguments], stdin=side, stdout=side, stderr=side,
                                        env=dict(os.environ, TERM="xterm"))
        os.close(side)
        self.seen = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.main)

    def until(self, wanted):
        """What comes up to it."""
        while wanted not in self.seen:
            assert select.select([self.main], [], [], murder.DEADLINE)[0], self.seen
            self.seen += os.read(self.main, 4096)
        before, self.seen = self.seen.split(wanted, 1)
        return before

    def type(self, text):
        os.write(self.main, text)


def test_on_a_terminal():
    """Completion and history, where libedit was found."""
    with OnTerminal() as t:
        t.until(b"cyradm> ")
        t.type(b"he\tchd\t\n")
        t.until(b"change the local directory")
        t.until(b"cyradm> ")
        t.type(b"\x10\n")  # the line before
        t.until(b"change the local directory")
        t.until(b"cyradm> ")
        t.type(b"quit\n")
        assert t.process.wait(murder.DEADLINE) == 0


def at(instance, *arguments):
    host, port = instance.address("imap")
    return ["--norc", "--user", "cyrus", "--port", str(port), *arguments, host]


def test_names_of_mailboxes_are_completed():
    with murder.Murder(backends=1) as m:
        m.add_user("ann")
        with m.imap("frontend1", "cyrus") as c:
            for name in ("user.ann.Work", "user.ann.Word"):
                murder.check(c.create(name))
                murder.check(c.setacl(name, "cyrus", "lra"))
        with OnTerminal(*at(m["frontend1"], "--notls", "--password", "pw")) as t:
            t.until(b"> ")
            # As far as they are alike; then the one that is meant.
            t.type(b"lam user.ann.W\tk\t\n")
            t.until(b"cyrus lra")
            t.until(b"> ")
            # Of two that fit neither is chosen.
            t.type(b"lam user.ann.Wor\t")
            told = t.until(b"user.ann.Work  ")
            assert b"user.ann.Word  " in told, told
            t.type(b"d\n")
            t.until(b"cyrus lra")
            t.until(b"> ")
            # Where nothing fits, what was typed stays.
            t.type(b"lam user.nobody\t\n")
            t.until(b"user.nobody")
            t.until(b"listaclmailbox: ")
            t.until(b"> ")
            t.type(b"quit\n")
            assert t.process.wait(murder.DEADLINE) == 0


def test_a_ticket_instead_of_a_password():
    kerberos.require()
    m = murder.Murder(backends=1, start=False, extra={"sasl_mech_list": "PLAIN GSSAPI"})
    realm = None
    try:
        realm = kerberos.Realm(m, services=("imap",), users=("cyrus",))
        realm.serve(m)
        m.start()
        m.add_user("ann")
        ticket, none = ("FILE:" + realm.path(n) for n in ("ticket", "none"))
        realm.run("kinit", "cyrus", text="pw\n", KRB5CCNAME=ticket)

        def cyradm(where, cache):
            done = subprocess.run(
                [CYRADM, *at(m[where], "--notls", "--auth", "GSSAPI")], input="lm user.ann\n",
                text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                timeout=murder.DEADLINE, env=realm.all(KRB5CCNAME=cache))
            return done.returncode, done.stdout
        for where in ("backend1", "frontend1"):
            code, out = cyradm(where, ticket)
            assert code == 0 and "user.ann" in out, (where, out)
            code, out = cyradm(where, none)
            assert code == 1 and "user.ann" not in out, (where, out)
    finally:
        m.stop()
        if realm:
            realm.stop()


def test_a_certificate_instead_of_a_password():
    with murder.Murder(backends=1, tls=True, extra={"sasl_mech_list": "PLAIN EXTERNAL"}) as m:
        m.add_user("ann")
        authority = [os.path.join(m.dir, "tls", n) for n in ("cert.pem", "key.pem")]
        for user, works in (("cyrus", True), ("ann", False)):
            pem = os.path.join(m.dir, user + ".pem")
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-CA", authority[0], "-CAkey",
                 authority[1], "-subj", "/CN=" + user, "-addext",
                 "basicConstraints=critical,CA:FALSE", "-keyout", pem + ".key", "-out", pem],
                check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            with open(pem, "a") as f, open(pem + ".key") as key:
                f.write(key.read())
            for where in ("backend1", "frontend1"):
                code, out = shell("cm user.new%s\n" % where,
                                  *at(m[where], "--auth", "EXTERNAL", "--tlskey", pem, "--cafile",
                                      authority[0], "--user", user))
                assert (code == 0) == works, (user, where, out)
        code, out = shell("lm user.*\n", *at(m["backend1"], "--auth", "EXTERNAL"))
        assert code == 1 and "user.ann" not in out, out  # without one
        code, out = shell("lm user.*\n", *at(m["frontend1"], "--password", "pw"))
        assert "user.newbackend1" in out and "user.newfrontend1" in out, out


if __name__ == "__main__":
    mixed.enter(need_cyrus=False)
    harness.main()
