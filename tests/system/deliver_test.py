#!/usr/bin/env python3
"""deliver(8): a message from the standard input into mailboxes, and what the MTA is told."""
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder

check = murder.check
MESSAGE = (b"From: a@example.org\nSubject: by hand\nMessage-ID: <1@example.org>\n\n"
           b"Hello\n.dot\n")
CAPABILITIES = ("8BITMIME", "PIPELINING", "IGNOREQUOTA", "AUTH EXTERNAL")


def deliver(conf, *arguments, message=MESSAGE):
    """(exit status, standard output, standard error)"""
    program = os.path.join(murder.BUILD, "imap", "admin", "deliver")
    done = subprocess.run([program, "-C", conf, *arguments], input=message,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=murder.DEADLINE)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Server(threading.Thread):
    """An LMTP server that answers as a test wants, and keeps what it was told."""

    def __init__(self, answers=None, capabilities=CAPABILITIES, final=None):
        super().__init__(daemon=True)
        self.answers, self.capabilities = dict(answers or {}), capabilities
        self.final = final or []
        self.commands, self.message, self.batches = [], b"", []
        self.dir = tempfile.TemporaryDirectory()
        self.conf = os.path.join(self.dir.name, "imapd.conf")
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(os.path.join(self.dir.name, "s"))
        self.socket.listen(1)
        with open(self.conf, "w") as f:
            f.write("configdirectory: %s\nlmtpsocket: %s/s\npostuser: bb\nlmtptxn_timeout: 30s\n"
                    % (self.dir.name, self.dir.name))
        self.start()

    def answer_to(self, command):
        for begins, text in self.answers.items():
            if command.upper().startswith(begins.upper()):
                return text
        if command.upper().startswith("LHLO"):
            lines = ["here", *self.capabilities]
            return "\r\n".join("250%s%s" % (" " if i == len(lines) - 1 else "-", line)
                               for i, line in enumerate(lines))
        if command.upper() == "DATA":
            return "354 go"
        return "250 2.0.0 ok"

    def run(self):
        c, _ = self.socket.accept()
        with c, contextlib.suppress(ConnectionError):
            c.settimeout(murder.DEADLINE)
            c.sendall((self.answers.get("", "220 here") + "\r\n").encode())
            accepted, waiting = [], b""
            while True:
                data = c.recv(65536)
                if not data:
                    return
                waiting += data
                self.batches.append(waiting.count(b"\r\n"))
                while b"\r\n" in waiting:
                    line, waiting = waiting.split(b"\r\n", 1)
                    command = line.decode()
                    self.commands.append(command)
                    if command == "QUIT":
                        return  # whoever says so waits for no answer
                    answer = self.answer_to(command)
                    c.sendall(answer.encode() + b"\r\n")
                    if command.startswith("RCPT") and answer[0] == "2":
                        accepted.append(command)
                    if answer.startswith("354"):
                        while not (b"\r\n" + waiting).endswith(b"\r\n.\r\n"):
                            waiting += c.recv(65536)
                        self.message, waiting = waiting[:-3], b""
                        for i, _ in enumerate(accepted):
                            text = self.final[i] if i < len(self.final) else "250 2.1.5 ok"
                            if text is None:
                                return
                            c.sendall(text.encode() + b"\r\n")

    def of(self, verb):
        return [c for c in self.commands if c.startswith(verb)]


def test_into_mailboxes():
    with murder.Murder(backends=1, start=False) as m:
        b = m["backend1"]
        b.services["lmtpunix"] = 'cmd="lmtpd -C %s" listen="%s/conf/socket/lmtp" prefork=0' % (
            b.imapd_conf, b.dir)
        b.extra["postuser"] = "bb"
        m.start()
        for user in ("ann", "bob"):
            m.add_user(user)
        admin = m.imap("backend1", "cyrus")
        for name, who, rights in (("user.bob.My Folder", "anyone", "p"),
                                  ("news", "anyone", "p"), ("closed", "ann", "lrp")):
            check(admin.create('"%s"' % name))
            check(admin.deleteacl('"%s"' % name, "anyone"))
            check(admin.setacl('"%s"' % name, who, rights))

        def run(*arguments, message=MESSAGE):
            done = b.run("deliver", *arguments, check=False, input=message.decode())
            return done.returncode, done.stdout

        def count(user, mailbox):
            c = m.imap("backend1", user)
            try:
                return int(check(c.select('"%s"' % mailbox, readonly=True))[0])
            finally:
                c.logout()
        assert run("ann", "bob@example.org") == (0, "")
        assert (count("ann", "INBOX"), count("bob", "INBOX")) == (1, 1)
        assert run("-m", "My Folder", "bob@example.org") == (0, "")
        assert count("bob", "INBOX.My Folder") == 1
        check(admin.setacl("news", "cyrus", "lrp"))
        assert run("-m", "news") == (0, "")
        assert count("cyrus", "news") == 1
        assert run("-a", "ann", "-m", "closed") == (0, "")
        # Nobody in particular may not; the others have it all the same.
        code, text = run("ann", "bb+closed", "nobody")
        assert code == 65, (code, text)
        assert [t.split(":")[0] for t in text.splitlines()] == ["bb+closed", "nobody"], text
        assert count("ann", "INBOX") == 2
        code, text = run("-l", message=b"LHLO x\nMAIL FROM:<s@x>\nRCPT TO:<ann>\nDATA\n"
                                       b"Subject: l\n\nText\n.\nQUIT\n")
        assert code == 0 and "\n250 2.1.5 Ok SESSIONID" in text, text
        assert text.splitlines()[-1].startswith("221"), text
        assert count("ann", "INBOX") == 3
        # Cut off in the midst of a message: it is nobody's.
        code, text = run("-l", message=b"LHLO x\nMAIL FROM:<s@x>\nRCPT TO:<ann>\nDATA\n"
                                       b"Subject: c\n")
        assert code == 0 and text.splitlines()[-1].startswith("354"), text
        assert count("ann", "INBOX") == 3
        admin.logout()


# What is read: what goes out.
TEXTS = {
    b"A: b\n\nText\n": b"A: b\r\n\r\nText\r\n",
    b"A: b\r\n\r\nText\r\n": b"A: b\r\n\r\nText\r\n",
    b"A: b\n\nno end": b"A: b\r\n\r\nno end\r\n",
    b"A: b\n\nhalf an end\r": b"A: b\r\n\r\nhalf an end\r\n",
    b"A: b\n\na\rb\n": b"A: b\r\n\r\na\rb\r\n",
    b"From ann Sun Nov 29 02:00:00 2026\nA: b\n\nText\n": b"A: b\r\n\r\nText\r\n",
    b"From ann\r\nA: b\r\n\r\nFrom bob\r\n": b"A: b\r\n\r\nFrom bob\r\n",
    b"From: ann\n\nText\n": b"From: ann\r\n\r\nText\r\n",
    b"Fro": b"Fro\r\n",
    b"": b"",
    b"A: b\n\n.\n..\n.x\n": b"A: b\r\n\r\n..\r\n...\r\n..x\r\n",
    b"A: b\n\n" + b"x" * 200000 + b"\n": b"A: b\r\n\r\n" + b"x" * 200000 + b"\r\n",
}


def test_the_message_as_it_goes_out():
    for text, wire in TEXTS.items():
        s = Server()
        assert deliver(s.conf, "ann", message=text)[0] == 0
        s.join(murder.DEADLINE)
        assert s.message == wire, (text[:60], s.message[:60])


# Arguments: MAIL, the recipients.
ENVELOPES = [
    (["-f", "s@example.org", "ann"], "<s@example.org>", ["<ann>"]),
    (["-r", "", "ann"], "<>", ["<ann>"]),
    (["-f", "s", "-a", "b=b+c", "ann"], "<s> AUTH=b+3Db+2Bc", ["<ann>"]),
    (["-f", "s", "-q", "ann", "bob"], "<s>", ["<ann> IGNOREQUOTA", "<bob> IGNOREQUOTA"]),
    (["-f", "s", "-m", "a.b", "ann", "bob@x.org"], "<s>", ["<ann+a.b>", "<bob+a.b@x.org>"]),
    (["-f", "s", "-d", "-m", "news"], "<s>", ["<bb+news>"]),
    (["-f", "s", "-m", 'a "b"', "ann@x"], "<s>", ['<"ann+a \\"b\\""@x>']),
    (["-f", "s", "ann+a>b"], "<s>", ['<"ann+a>b">']),
]


def test_the_envelope():
    for arguments, sender, recipients in ENVELOPES:
        for capabilities in (CAPABILITIES, [c for c in CAPABILITIES if c != "PIPELINING"]):
            s = Server(capabilities=capabilities)
            assert deliver(s.conf, *arguments)[0] == 0, arguments
            s.join(murder.DEADLINE)
            assert s.commands[0] == "LHLO deliver"
            assert s.of("MAIL") == ["MAIL FROM:" + sender], s.commands
            assert s.of("RCPT") == ["RCPT TO:" + r for r in recipients], s.commands
            # One command at a time where the server does not say that it takes more.
            assert max(s.batches) == (1 if "PIPELINING" not in capabilities else
                                      1 + len(recipients)), s.batches
    # What is not announced is not said.
    s = Server(capabilities=())
    assert deliver(s.conf, "-q", "-a", "bob", "-f", "s", "ann",
                   message=MESSAGE + b"\xe4\n")[0] == 0
    assert s.of("MAIL") + s.of("RCPT") == ["MAIL FROM:<s>", "RCPT TO:<ann>"], s.commands
    s = Server()
    assert deliver(s.conf, "-f", "s", "ann", message=MESSAGE + b"\xe4\n")[0] == 0
    assert s.of("MAIL") == ["MAIL FROM:<s> BODY=8BITMIME"], s.commands


# Answers, those after the message, the exit status, who is named.
ANSWERS = [
    ({}, [], 0, []),
    ({"RCPT TO:<ann>": "550 5.1.1 unknown"}, [], 65, ["ann"]),
    ({"RCPT TO:<ann>": "451 4.2.1 later"}, [], 75, ["ann"]),
    ({"RCPT TO:<ann>": "550 5.1.1 unknown"}, ["452 4.2.2 full"], 75, ["ann", "bob"]),
    ({"RCPT TO:<ann>": "451 4.2.1 later", "RCPT TO:<bob>": "550 5.1.1 no"}, [], 75,
     ["ann", "bob"]),
    ({"RCPT": "550 5.1.1 no"}, [], 65, ["ann", "bob"]),
    ({}, ["250 ok", "554 5.6.0 bad"], 65, ["bob"]),
    ({"MAIL": "552 5.2.3 large", "RCPT": "503 5.5.1 no MAIL"}, [], 65, ["ann", "bob"]),
    ({"MAIL": "430 4.7.0 who?", "RCPT": "503 5.5.1 no MAIL"}, [], 75, ["ann", "bob"]),
    ({"DATA": "451 4.3.0 no"}, [], 75, ["ann", "bob"]),
    ({"DATA": "250 2.0.0 what?"}, [], 75, None),
    ({"RCPT": "421 4.3.2 going down"}, [], 75, None),
    ({"": "554 5.0.0 not here"}, [], 75, None),
    ({"LHLO": "500 5.5.2 what?"}, [], 75, None),
    ({"MAIL": "gibberish"}, [], 75, None),
    ({}, ["250 ok", None], 75, None),
]


def test_what_the_mta_is_told():
    for answers, final, code, named in ANSWERS:
        for capabilities in (CAPABILITIES, ()):
            s = Server(answers, capabilities, final)
            got, out, err = deliver(s.conf, "ann", "bob")
            assert got == code, (answers, final, got, out, err)
            assert [t.split(": ")[0] for t in out.splitlines()] == (named or []), (answers, out)
            assert named is not None or err.startswith("deliver: "), (answers, err)


def test_a_wrong_command_line_and_no_server():
    s = Server()
    for arguments in ([], ["-x", "ann"], ["-f", "a>b", "ann"], ["-f", "s", "a\rb"], ["-f"]):
        assert deliver(s.conf, *arguments)[0] == 64, arguments
    assert not s.commands
    os.unlink(os.path.join(s.dir.name, "s"))
    for arguments in (["ann"], ["-l"]):
        code, out, err = deliver(s.conf, *arguments)
        assert code == 75 and err.startswith("deliver: ") and not out, (code, out, err)
    code, _, err = deliver("/nonexistent", "ann")
    assert code == 75 and "deliver: " in err, (code, err)


if __name__ == "__main__":
    harness.main()
