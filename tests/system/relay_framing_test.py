#!/usr/bin/env python3
"""What a client hides in data is never a command at a backend, and nobody gets a connection on
which it might have been: framing, and connections that go from one user to the next."""
import atexit
import itertools
import os
import re
import signal
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder

check = murder.check
MURDER = []
MESSAGE = b"Subject: hello\r\n\r\nbody\r\n"
COUNT = {"bob": 1, "alice": 3}  # messages in the INBOX of each


def the_murder():
    """One backend, whose users' sessions are recorded, and one frontend with a single process:
    each session comes after the one before."""
    if not MURDER:
        m = murder.Murder(backends=1, start=False, extra={"backend_timeout": "5s"})
        atexit.register(m.stop)
        MURDER.append(m)
        front = m["frontend1"]
        front.services["imap"] = 'cmd="proxyd -C %s" listen="%s" prefork=1 maxchild=1' % (
            front.imapd_conf, front.host_port("imap"))
        m.start()
        for user, count in COUNT.items():
            m.add_user(user)
            os.makedirs(os.path.join(m["backend1"].dir, "conf", "log", user))
            m.give(m["backend1"].dir)
            with m.imap("backend1", user) as c:
                for _ in range(count):
                    check(c.append("INBOX", None, None, MESSAGE))
        with m.imap("backend1", "bob") as c:
            check(c.create("INBOX.keep"))
            check(c.append("INBOX.keep", None, None, MESSAGE))
        murder.wait_for(lambda: known("bob", "INBOX.keep"), "the list at the frontend")
    return MURDER[0]


def known(user, mailbox):
    with the_murder().imap("frontend1", user) as c:
        return c.status(mailbox, "(MESSAGES)")[0] == "OK"


def say(user, text):
    """All that a client says and, when it has no more, hears."""
    m = the_murder()
    with socket.create_connection(m["frontend1"].address("imap"), murder.DEADLINE) as s:
        s.sendall(b"l LOGIN %s %s\r\n" % (user.encode(), m.password.encode()) + text)
        s.shutdown(socket.SHUT_WR)
        heard = b""
        while True:
            try:
                data = s.recv(65536)
            except ConnectionResetError:  # BYE, and the rest was not read
                return heard
            if not data:
                return heard
            heard += data


def expect_own_answers(user):
    heard = say(user, b"1 STATUS INBOX (MESSAGES)\r\n2 NOOP\r\n").split(b"\r\n")
    assert heard[2:] == [b"* STATUS INBOX (MESSAGES %d)" % COUNT[user], b"1 OK Completed",
                         b"2 OK Completed", b""], heard


def sessions(user):
    """The connections at the backend on which that user logged in for the frontend, in order."""
    text = the_murder()["backend1"].tail(10**6)
    return re.findall(r": login .*\buser=%s .*\bas=murder via=\S+ session=(backend1-\d+-\d+-\d+)"
                      % user, text)


def keep_is_there():
    with the_murder().imap("backend1", "bob") as c:
        return c.status("INBOX.keep", "(MESSAGES)")[0] == "OK"


# ------------------------------------------------------------------ one connection, many users

def test_a_connection_goes_to_the_next_user():
    the_murder()
    for user in ("bob", "alice", "bob"):
        expect_own_answers(user)
    assert sessions("alice")[-1] == sessions("bob")[-1] == sessions("bob")[-2], sessions("bob")
    # What the first has set is not there for the second.
    say("bob", b"1 ENABLE QRESYNC\r\n2 SELECT INBOX\r\n3 STORE 1 +FLAGS (\\Flagged)\r\n")
    heard = say("alice", b"1 SELECT INBOX\r\n2 STORE 1 +FLAGS (\\Flagged)\r\n3 FETCH 1 FLAGS\r\n")
    assert sessions("alice")[-1] == sessions("bob")[-1]
    assert b"* 3 EXISTS" in heard and b"3 OK" in heard and b"MODSEQ (" not in heard, heard
    assert b"VANISHED" not in heard, heard


def test_a_kept_connection_that_died_is_replaced_silently():
    for sig in (signal.SIGKILL, signal.SIGTERM):  # the second says BYE first
        expect_own_answers("bob")
        last = sessions("bob")[-1]
        pid = int(last.split("-")[1])
        os.kill(pid, sig)
        murder.wait_for(lambda: not murder.alive(pid), "the backend's process has ended")
        expect_own_answers("alice")
        assert sessions("alice")[-1] != last


def test_what_ended_in_doubt_goes_to_nobody():
    large = b"x" * 5000
    doubtful = [
        b"1 APPEND INBOX.keep {10+}\r\nabc",                     # the client goes, in a literal
        b"1 APPEND INBOX.keep {50000+}\r\n" + large,
        b"1 APPEND INBOX.keep {50000}\r\n" + large,
        b"1 SELECT INBOX\r\n2 IDLE\r\n",                         # in IDLE
        b"1 STATUS INBOX ((MESSAGES)\r\n2 NOOP\r\n",             # its own mistakes
        b"1 SELECT INBOX\r\n2 SEARCH TEXT \"\r\n3 NOOP\r\n",
        b"1 APPEND INBOX.keep {5000+}\r\n" + large + b" (\r\n2 NOOP\r\n",
        b"1 STATUS INBOX (%s)\r\n2 NOOP\r\n" % (b"MESSAGES " * 200000),   # a limit
    ]
    for text in doubtful:
        before = len(sessions("bob"))
        say("bob", b"0 STATUS INBOX (MESSAGES)\r\n" + text)
        assert len(sessions("bob")) == before + 1, text[:100]
        last = sessions("bob")[-1]
        expect_own_answers("alice")
        assert sessions("alice")[-1] != last, text[:100]
    with the_murder().imap("backend1", "bob") as c:
        check(c.select("INBOX.keep"))
        assert c.untagged_responses["EXISTS"] == [b"1"], "nothing that was cut short was kept"


def test_a_kept_connection_is_let_go_while_nobody_comes():
    with murder.Murder(backends=1, start=False, extra={"backend_reuse_timeout": "1"}) as m:
        back = m["backend1"]
        back.services["imap"] = 'cmd="imapd -C %s" listen="%s" prefork=1 maxchild=1' % (
            back.imapd_conf, back.host_port("imap"))
        m.start()
        m.add_user("bob")

        def served():
            with m.imap("frontend1", "bob") as c:
                return c.status("INBOX", "(MESSAGES)")[0] == "OK"
        murder.wait_for(served, "the list at the frontend")
        # The backend's only process is at the frontend's connection until that is over.
        with m.imap("backend1", "bob") as c:
            check(c.select("INBOX"))


# ------------------------------------------------------------------ hidden commands

# %s is where the client puts what a server might misunderstand.
COMMANDS = [
    "STATUS %s (MESSAGES)", "STATUS INBOX %s", "STATUS INBOX (%s)", "STATUS INBOX (MESSAGES) %s",
    "GETACL %s", "GETACL INBOX.keep %s", "MYRIGHTS %s", "LISTRIGHTS INBOX.keep %s",
    "SETACL INBOX.keep %s lrs", "SETACL INBOX.keep alice %s", "DELETEACL INBOX.keep %s",
    "CREATE %s", "CREATE INBOX.new %s", "CREATE INBOX.new (USE (%s))", "RENAME INBOX.keep %s",
    "DELETE %s", "DELETE INBOX.none %s", "SUBSCRIBE %s", "UNSUBSCRIBE %s", "LSUB %s *",
    'LSUB "" %s', "GETQUOTA %s", "GETQUOTAROOT %s", "SETQUOTA INBOX %s", "SETQUOTA INBOX (%s)",
    "APPEND %s {3+}\r\nabc", "APPEND INBOX.keep %s", "APPEND INBOX.keep (%s) {3+}\r\nabc",
    "APPEND INBOX.keep {3+}\r\nabc %s", "SELECT %s", "SELECT INBOX.keep %s",
    "EXAMINE INBOX.keep (%s)", "FETCH 1 %s", "FETCH 1 (UID %s)",
    "FETCH 1 (BODY.PEEK[HEADER.FIELDS (%s)])", "UID FETCH 1 %s", "STORE 1 +FLAGS %s",
    "UID STORE 1 +FLAGS (%s)", "SEARCH TEXT %s", "SEARCH (%s)", "UID SEARCH SUBJECT %s",
    "SORT (DATE) %s ALL", "SORT (%s) UTF-8 ALL", "UID SORT (DATE) UTF-8 %s",
    "THREAD %s UTF-8 ALL", "THREAD REFS %s ALL", "UID THREAD REFERENCES UTF-8 SUBJECT %s",
    "COPY 1 %s", "UID COPY 1 %s", "MOVE 1 %s", "UID MOVE 1 %s", "EXPUNGE %s", "UID EXPUNGE 1 %s",
    "APPEND INBOX.keep CATENATE (%s)", "APPEND INBOX.keep CATENATE (URL %s)",
    "APPEND INBOX.keep CATENATE (TEXT {5+}\r\na:b\r\n URL %s)",
    "GETMETADATA (INBOX.keep %s) /shared/comment", 'XLIST "" %s', "CANCELUPDATE %s",
    "ESEARCH IN (mailboxes %s) ALL", "ESEARCH IN (personal) TEXT %s", "ESEARCH %s",
    "CHECK %s", "NOOP %s", "IDLE %s", "CLOSE %s", "UNSELECT %s",
]

# # is the size of the hidden line.
DISGUISES = [
    "{#+}\r\n", "{#}\r\n", "~{#+}\r\n", "~{#}\r\n", "{#-}\r\n", "{0#+}\r\n", "x{#+}\r\n",
    "x~{#+}\r\n", "x {#+}\r\n", "({#+}\r\n", "((({#+}\r\n", "){#+}\r\n", "[{#+}\r\n", "]{#+}\r\n",
    "%{#+}\r\n", "*{#+}\r\n", "\\{#+}\r\n", "<{#+}\r\n", "{{#+}\r\n", "~~{#+}\r\n", "{#+}x\r\n",
    "{#+} \r\n", "{#+}}\r\n", "{#++}\r\n", "{+#}\r\n", "{ #+}\r\n", "{# +}\r\n", "{#+\r\n",
    "#+}\r\n", "{#x}\r\n", "{+}\r\n", "{}\r\n", "{-#}\r\n", "{0x#+}\r\n",
    "{18446744073709551616+}\r\n", "{9223372036854775807}\r\n",
    "{99999999999999999999999999+}\r\n", "{0+}\r\n{#+}\r\n", "{0+}\r\n", "{1+}\r\n", "{0}\r\n",
    '"{#+}\r\n', '"{#+}"\r\n', '"{#}"\r\n', '"\\"{#+}\r\n', '"\\"{#+}"\r\n', '"\\\\"{#+}\r\n',
    '"\\\\{#+}\r\n', '"\\{#+}\r\n', '"\\x{#+}"\r\n', 'x"{#+}\r\n', 'x"y{#+}"\r\n', '"" {#+}\r\n',
    '""{#+}\r\n', '"\r\n', '"\\\r\n', "(\r\n", "\r", "\n", "x\r", "x\n", "\r\r\n", "x\0\r\n",
    "{#+}\r", "{#+}\n", "{#+}\r\r\n", "{#+}\0\r\n", '"\r', '"\n', '"\0\r\n', "\x80{#+}\r\n",
    '"\x80{#+}\r\n', "\t{#+}\r\n", "\x7f{#+}\r\n",
    # Longer than what comes: the client goes in the middle.
    "{9999+}\r\n", "~{9999+}\r\n", "{9999}\r\n", "{60+}\r\n", "{60}\r\n", '"a" {9999+}\r\n',
]


def hidden(disguise, command, n):
    line = "evil%d %s\r\n" % (n, command)
    return (disguise.replace("#", str(len(line))) + line).encode("latin-1")


def recorded(user):
    """What the backend has sent to that user's sessions (and nothing of what it got)."""
    folder = os.path.join(the_murder()["backend1"].dir, "conf", "log", user)
    sent = b""
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as f:
            blocks = re.split(rb"\n([<>])\d{9,}[<>]", f.read())
        sent += b"".join(text for way, text in zip(blocks[1::2], blocks[2::2]) if way == b">")
    return sent


def test_no_disguise_makes_a_command_at_the_backend():
    """A line that the backend took for a command has an answer with its tag."""
    n = 0
    for command in COMMANDS:
        before = b"" if "SELECT" in command else b"s SELECT INBOX.keep\r\n"
        for disguise in DISGUISES:
            n += 1
            at = command.encode().replace(b"%s", hidden(disguise, "NOOP", n))
            say("bob", before + b"c%d " % n + at + b"\r\nz NOOP\r\n")
        expect_own_answers("alice")
    assert n == len(COMMANDS) * len(DISGUISES)
    assert keep_is_there()
    m = the_murder()
    m["backend1"].stop()
    m["backend1"].start()
    for user in COUNT:
        sent = recorded(user)
        assert sent.count(b" OK ") > 10, "the sessions are recorded"
        found = re.findall(rb"(?m)^(?:evil\d+ (?:OK|NO|BAD)\b|\* BAD).*$", sent)
        assert not found, (user, found[:10])


def test_a_literal_that_deletes_deletes_nothing():
    """The same with a command whose effect can be seen, where the client's own reading of it is
    data: literals of all kinds in every relayed command."""
    n = 0
    for command, form in itertools.product(COMMANDS, ("{#+}\r\n", "~{#+}\r\n", "x {#+}\r\n")):
        n += 1
        at = command.encode().replace(b"%s", hidden(form, "DELETE INBOX.keep", n))
        say("bob", b"s SELECT INBOX\r\nc%d " % n + at + b"\r\nz NOOP\r\n")
    assert keep_is_there()
    expect_own_answers("alice")


if __name__ == "__main__":
    harness.main()
