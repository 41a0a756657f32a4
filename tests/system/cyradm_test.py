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


def test_on_a_terminal():
    """Completion and history, where libedit was found."""
    config = open(os.path.join(murder.BUILD, "config.h")).read()
    if "#define HAVE_LIBEDIT 1" not in config:
        raise harness.Skip("built without libedit")
    main, side = pty.openpty()
    process = subprocess.Popen([CYRADM], stdin=side, stdout=side, stderr=side,
                               env=dict(os.environ, TERM="xterm"))
    os.close(side)
    seen = b""

    def until(wanted):
        nonlocal seen
        while wanted not in seen:
            assert select.select([main], [], [], murder.DEADLINE)[0], seen
            seen += os.read(main, 4096)
        seen = seen.split(wanted, 1)[1]
    try:
        until(b"cyradm> ")
        os.write(main, b"he\tchd\t\n")
        until(b"change the local directory")
        until(b"cyradm> ")
        os.write(main, b"\x10\n")  # the line before
        until(b"change the local directory")
        until(b"cyradm> ")
        os.write(main, b"quit\n")
        assert process.wait(murder.DEADLINE) == 0
    finally:
        process.kill()
        process.wait()
        os.close(main)


if __name__ == "__main__":
    mixed.enter(need_cyrus=False)
    harness.main()
