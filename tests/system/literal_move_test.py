#!/usr/bin/env python3
"""A command with large literals through a frontend, whose mailbox goes to another server in the
midst of one: it is said again there, and what it does is done once."""
import os
import re
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder

check = murder.check
OPTIONS = {"allowusermoves": "yes", "move_grace": "0s"}
SIZES = (4097, 40000, 70000, 300000)  # in memory at the frontend, and in a file


def message(n, size):
    head = b"Subject: number %d\r\nMessage-ID: <%d@x.example>\r\n\r\n" % (n, n)
    lines, rest = divmod(size - len(head), 64)
    return head + (b"x" * 62 + b"\r\n") * lines + b"y" * rest


class User:
    """A user with INBOX and INBOX.Other, each with a message, and a session at the frontend."""

    def __init__(self, m, name):
        self.m, self.name, self.server = m, name, 1
        m.add_user(name, backend=1)
        self.c = m.imap("frontend1", name)
        check(self.c.create("INBOX.Other"))
        for box in ("INBOX", "INBOX.Other"):
            check(self.c.append(box, None, None, message(1, 200)))

    def move(self):
        self.server = 3 - self.server
        with self.m.imap("frontend1", "cyrus") as a:
            check(a.xatom("XFER", "user." + self.name, "backend%d" % self.server))

    def until(self, *starts):
        """What comes up to a line that begins so."""
        heard = []
        while True:
            line = self.c.readline()
            assert line, ("the connection ended", heard)
            heard.append(line)
            if line.startswith(starts):
                return heard

    def say(self, parts):
        """A command, "L1 " in front. A bytes is sent as it is, a (head, body) as a literal, in the
        midst of which the user moves; the untagged answers and the tagged one."""
        self.c.send(b"L1 ")
        for part in parts:
            if isinstance(part, bytes):
                self.c.send(part)
                continue
            form, body = part
            self.c.send(form.encode() % len(body) + b"\r\n")
            if "+" not in form:
                last = self.until(b"+", b"L1 ")[-1]
                assert last.startswith(b"+"), last
            half = len(body) // 2
            self.c.send(body[:half])
            self.move()
            self.c.send(body[half:])
        self.c.send(b"\r\n")
        return self.until(b"L1 ")

    def numbers(self, box):
        with self.m.imap("backend%d" % self.server, self.name) as c:
            if not int(check(c.select(box, readonly=True))[0]):
                return []
            data = check(c.fetch("1:*", "(BODY.PEEK[])"))
            found = [d[1] for d in data if isinstance(d, tuple)]
            for text in found:
                number = int(re.search(rb"number (\d+)", text).group(1))
                assert text == message(number, len(text)), text[:100]
            return sorted(int(re.search(rb"number (\d+)", text).group(1)) for text in found)


def two_backends(**extra):
    return murder.Murder(backends=2, frontends=1, extra=dict(OPTIONS, **extra))


def test_append_in_all_its_forms():
    with two_backends() as m:
        u = User(m, "alice")
        wanted = [1]
        check(u.c.enable("UTF8=ACCEPT"))

        def new(size):
            wanted.append(max(wanted) + 1)
            return message(wanted[-1], size)
        table = [([b"APPEND INBOX ", (form, size)]) for size in SIZES
                 for form in ("{%d}", "{%d+}", "~{%d}", "~{%d+}")]
        table += [
            [b"APPEND INBOX (\\Seen) \" 7-Feb-2024 22:43:01 +0130\" ", ("{%d}", SIZES[0])],
            [b"APPEND {5+}\r\nINBOX ", ("{%d}", SIZES[1])],
            # Several messages; in each of them the user moves.
            [b"APPEND INBOX ", ("{%d}", SIZES[0]), b" ", ("{%d+}", SIZES[1]), b" (\\Draft) ",
             ("{%d}", SIZES[2]), b" ", ("{%d}", 600)],
            [b"APPEND INBOX ", ("{%d+}", 600), b" ", ("{%d}", SIZES[0])],
            [b"APPEND INBOX UTF8 (", ("~{%d}", SIZES[1]), b")"],
            [b"APPEND INBOX CATENATE (TEXT ", ("{%d}", SIZES[1]), b") ", ("{%d}", SIZES[1])],
            [b"APPEND INBOX CATENATE (TEXT ", ("{%d}", SIZES[2]), b") CATENATE (TEXT ",
             ("{%d}", SIZES[2]), b") ", ("{%d}", SIZES[0])],
        ]
        for case in table:
            parts = [p if isinstance(p, bytes) else (p[0], new(p[1])) for p in case]
            heard = u.say(parts)
            assert heard[-1].startswith(b"L1 OK [APPENDUID "), (case, heard)
            count = sum(not isinstance(p, bytes) for p in case)
            uids = heard[-1].split()[4].rstrip(b"]").split(b":")
            assert int(uids[-1]) - int(uids[0]) + 1 == count, (case, heard)
            assert u.numbers("INBOX") == wanted, (case, u.numbers("INBOX"), wanted)
        # It was kept where the client is: nothing of it is left.
        left = [os.readlink("/proc/%d/fd/%s" % (pid, fd))
                for pid in m["frontend1"].workers("proxyd")
                for fd in os.listdir("/proc/%d/fd" % pid)]
        assert left and not any("(deleted)" in name for name in left), left


def test_replace():
    """The mailbox is selected, and moves with the selection."""
    with two_backends() as m:
        u = User(m, "alice")
        number = 1
        for box in ("INBOX", "INBOX.Other"):
            check(u.c.select("INBOX"))
            for verb in (b"REPLACE 1", b"UID REPLACE *"):
                for form in ("{%d}", "{%d+}", "~{%d}"):
                    for size in (SIZES[0], SIZES[2]):
                        number += 1
                        text = message(number, size)
                        heard = u.say([b"%s %s " % (verb, box.encode()), (form, text)])
                        assert heard[-1].startswith(b"L1 OK"), (verb, box, form, size, heard)
                        assert b"[APPENDUID " in b"".join(heard), heard
                        if box == "INBOX":
                            assert u.numbers("INBOX") == [number], u.numbers("INBOX")
                            continue
                        assert u.numbers("INBOX") == [], u.numbers("INBOX")
                        assert number in u.numbers(box), u.numbers(box)
                        check(u.c.append("INBOX", None, None, message(1, 200)))
                        check(u.c.noop())


def test_replace_into_a_mailbox_of_another_server():
    with two_backends() as m:
        m.add_user("bob", backend=2)
        u = User(m, "alice")
        with m.imap("frontend1", "alice") as c:
            check(c.setacl("INBOX.Other", "bob", "lrswi"))
        with m.imap("frontend1", "bob") as c:
            check(c.append("INBOX", None, None, message(9, 300)))
        own, u.c = u.c, m.imap("frontend1", "bob")
        check(u.c.select("INBOX"))
        heard = u.say([b"REPLACE 1 user.alice.Other ", ("{%d}", message(5, SIZES[0]))])
        assert heard[-1].startswith(b"L1 OK"), heard
        assert u.numbers("INBOX.Other") == [1, 5]
        assert check(u.c.noop()) and check(u.c.select("INBOX")) == [b"0"]
        check(own.logout())


def test_searches_and_metadata():
    with two_backends() as m:
        u = User(m, "alice")
        check(u.c.select("INBOX"))
        word = b"y" * 5000
        check(u.c.append("INBOX", None, None, b"Subject: number 2\r\n\r\n" + word + b"\r\n"))
        for form in ("{%d}", "{%d+}"):
            for command, said in (
                    (b"SEARCH TEXT ", b"* SEARCH 2"), (b"UID SEARCH OR TO nobody BODY ",
                                                       b"* SEARCH 2"),
                    (b"SEARCH RETURN (ALL) BODY ", b" ALL 2\r"),
                    (b"SORT (DATE) UTF-8 BODY ", b"* SORT 2"),
                    (b"UID THREAD REFERENCES UTF-8 TEXT ", b"* THREAD (2)")):
                heard = u.say([command, (form, word)])
                assert heard[-1].startswith(b"L1 OK"), (command, heard)
                assert said in b"".join(heard), (command, heard)
            for box in ("INBOX", "INBOX.Other"):
                value = b"%s %d " % (box.encode(), u.server) + word
                heard = u.say([b"SETMETADATA %s (/private/comment " % box.encode(), (form, value),
                               b")"])
                assert heard[-1].startswith(b"L1 OK"), heard
                u.c.send(b"L2 GETMETADATA %s /private/comment\r\n" % box.encode())
                assert value in b"".join(u.until(b"L2 ")), box
        heard = u.say([b"GETMETADATA INBOX (", ("{%d}", b"/private/comment" + b"/x" * 3000), b")"])
        assert heard[-1].startswith(b"L1 "), heard


def test_appends_while_the_user_moves():
    """Each is answered OK, whenever it comes, and is there once."""
    with two_backends() as m:
        u = User(m, "alice")
        stop, trouble, sent = threading.Event(), [], [1]

        def work():
            try:
                with m.imap("frontend1", "alice") as c:
                    while not stop.is_set():
                        number, begun = sent[-1] + 1, time.monotonic()
                        kind, data = c.append("INBOX", None, None,
                                              message(number, SIZES[number % len(SIZES)]))
                        # A frontend waits five seconds for a move.
                        waited = time.monotonic() - begun >= 5 and b"[UNAVAILABLE]" in data[0]
                        assert kind == "OK" or waited, (kind, data)
                        if kind == "OK":
                            sent.append(number)
            except BaseException as e:
                trouble.append(e)
        thread = threading.Thread(target=work)
        thread.start()
        for _ in range(6):
            enough = len(sent) + 8
            murder.wait_for(lambda: trouble or len(sent) > enough, "appends")
            u.move()
        stop.set()
        thread.join(60)
        assert not trouble, trouble
        assert u.numbers("INBOX") == sent, (u.numbers("INBOX"), sent)


if __name__ == "__main__":
    harness.main()
