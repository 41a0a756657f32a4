#!/usr/bin/env python3
"""Scripts at work: mail comes in at a frontend, and is seen where the script puts it."""
import os
import re
import signal
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder
import scripts

check = murder.check
MESSAGE = (b"From: Ann <ann@example.org>\r\nTo: alice@example.org\r\nSubject: %s\r\n"
           b"Message-ID: <%s@example.org>\r\nDate: Sun, 29 Nov 2026 00:00:00 +0000\r\n\r\n"
           b"body of %s\r\n")


def message(name):
    name = name.encode()
    return MESSAGE % (name, name, name)


class Site:
    """A murder with alice at backend1, a shared mailbox at backend2, and a sendmail."""

    def __init__(self, backends=2, **options):
        self.folder = tempfile.TemporaryDirectory(
            ignore_cleanup_errors=True)  # a sendmail may still be at it
        os.chmod(self.folder.name, 0o755)
        self.sendmail = scripts.Sendmail(self.folder.name)
        self.m = murder.Murder(backends=backends, extra={"sendmail": self.sendmail.program,
                                                         **options})

    def __enter__(self):
        try:
            self.m.add_user("alice", 1)
            for n in range(2, len(self.m.backends) + 1):
                with self.m.imap("backend%d" % n, "cyrus") as c:
                    check(c.create("shared%d" % n))
                    check(c.setacl("shared%d" % n, "alice", "lrswip"))
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, *args):
        try:
            return self.m.__exit__(*args)
        finally:
            self.folder.cleanup()

    def script(self, text, **more):
        scripts.put(self.m, "backend1", "alice", text, **more)

    def deliver(self, text, recipients=("alice",), **more):
        return self.m.deliver(text, list(recipients), **more)

    def subjects(self, mailbox="INBOX", instance="frontend1"):
        """[(subject, flags)] in the order of the mailbox."""
        with self.m.imap(instance, "alice") as c:
            if check(c.select(mailbox, readonly=True)) == [b"0"]:
                return []
            found = []
            for part in check(c.fetch("1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")):
                if isinstance(part, tuple):
                    flags = set(re.search(rb"FLAGS \(([^)]*)\)", part[0]).group(1).split())
                    subject = part[1].decode().split(":", 1)[1].strip()
                    found.append((subject, flags - {b"\\Recent"}))
            return found

    def names(self, mailbox="INBOX", instance="frontend1"):
        return [s for s, _ in self.subjects(mailbox, instance)]


def test_mail_is_filed_with_flags():
    with Site() as s:
        with s.m.imap("frontend1", "alice") as c:
            check(c.create("INBOX.work"))
        s.script('require ["fileinto", "imap4flags"];\n'
                 'if header :is "subject" "one" { fileinto :flags ["\\\\Flagged", "$Work"]'
                 ' "INBOX.work"; }\n')
        assert not s.deliver(message("one"))
        assert not s.deliver(message("two"))
        assert s.subjects("INBOX.work") == [("one", {b"\\Flagged", b"$Work"})]
        assert s.names() == ["two"]


def test_mail_is_filed_at_another_server():
    with Site() as s:
        s.script('require ["fileinto", "copy", "imap4flags"];\n'
                 'fileinto :copy :flags "\\\\Flagged" "shared2";\n')
        assert not s.deliver(message("one"))
        assert s.subjects("shared2") == [("one", {b"\\Flagged"})]
        assert s.names() == ["one"]
        # Without the right to it mail stays with its owner.
        with s.m.imap("backend2", "cyrus") as c:
            check(c.setacl("shared2", "alice", "lrs"))
        s.script('require "fileinto"; fileinto "shared2";\n')
        assert not s.deliver(message("two"))
        assert s.names() == ["one", "two"] and s.names("shared2") == ["one"]


def test_the_retry_stores_the_rest():
    with Site(backends=3, backend_retry="1") as s:
        s.script('require ["fileinto", "copy"];\n'
                 'fileinto "shared2"; fileinto "shared3"; keep;'
                 'redirect :copy "out@example.net";\n')
        s.m["backend3"].stop()
        for _ in range(3):
            refused = s.deliver(message("one"))
            assert refused["alice"][0] // 100 == 4, refused
        assert s.names("shared2") == ["one"] and s.names() == []
        assert not s.sendmail.sent()
        s.m["backend3"].start()
        murder.wait_for(lambda: not s.deliver(message("one")), "the other server's return")
        for mailbox in ("shared2", "shared3", "INBOX"):
            assert s.names(mailbox) == ["one"], (mailbox, s.names(mailbox))
        assert len(s.sendmail.wait("out@example.net")) == 1
        # What is delivered is forgotten: the same again is mail again.
        assert not s.deliver(message("one"))
        assert s.names() == ["one", "one"]


def test_what_a_script_names_and_is_not_there():
    with Site() as s:
        s.script('require "fileinto"; fileinto "INBOX.nowhere";\n')
        assert not s.deliver(message("one"))
        assert s.names() == ["one"]
        s.script('require ["fileinto", "mailbox"]; fileinto :create "INBOX.made";\n')
        assert not s.deliver(message("two"))
        assert s.names("INBOX.made") == ["two"]
        # It is a mailbox like others, for everybody.
        with s.m.imap("frontend1", "alice") as c:
            names = [line.split()[-1] for line in check(c.list())]
            assert b"INBOX.made" in names, names


def test_a_bad_script_voids_no_mail():
    with Site() as s:
        for name, text in (("syntax", "fileinto;"), ("unknown", 'require "nothing";'),
                           ("empty", ""), ("bytes", "\x01\x02"), ("deep", "if not " * 500),
                           ("run", 'require ["fileinto", "variables"]; set "x" "a\\n"; '
                            'fileinto "${x}${x}/../..";')):
            s.script(text)
            assert not s.deliver(message(name)), name
            assert name in s.names(), name
        s.script("", name="gone")
        os.unlink(os.path.join(s.m["backend1"].dir, "conf", "sieve", "a", "alice", "gone.script"))
        assert not s.deliver(message("gone"))
        assert "gone" in s.names()
        log = s.m["backend1"].tail(10000)
        assert "main:1:" in log, log


def test_the_owner_is_told_of_a_broken_script_once():
    with Site() as s:
        s.script("fileinto;")
        for n in range(3):
            assert not s.deliver(message("m%d" % n))
        names = s.names()
        notices = [n for n in names if not n.startswith("m")]
        assert len(notices) == 1 and len(names) == 4, names


def test_rejection_reaches_the_sender():
    with Site() as s:
        s.script('require "reject"; reject "Not here, please\r\nand not there";\n')
        for where in ("backend1", "frontend1"):
            code, text = s.deliver(message("one"), instance=where)["alice"]
            assert code == 550 and b"Not here, please" in text, (code, text)
        assert s.names() == [] and not s.sendmail.sent()
        s.script('require "reject"; reject "Ni\u010d takega";\n')
        assert not s.deliver(message("two"))
        mail = s.sendmail.wait("sender@example.org")
        assert len(mail) == 1 and "disposition-notification" in mail[0]["message"], mail
        assert "<>" in mail[0]["arguments"] or "" in mail[0]["arguments"], mail
        # Nobody is there to read that.
        assert s.deliver(message("three"), sender="")["alice"][0] == 550
        assert len(s.sendmail.sent()) == 1


def test_a_reason_that_cannot_be_mailed_is_refused():
    with Site() as s:
        s.script('require "reject"; reject "Ni\u010d takega";\n')
        automatic = b"Auto-Submitted: auto-generated\r\n" + message("one")
        for text, sender in ((automatic, "a@b.example"),
                             (message("two"), "mailer-daemon@b.example")):
            code, said = s.deliver(text, sender=sender)["alice"]
            assert code == 550 and b"does not want" in said, (code, said)
        assert s.names() == [] and not s.sendmail.sent()


def test_the_same_bytes_at_once_are_so_many_mails():
    with Site() as s:
        s.script('require ["fileinto", "copy"]; fileinto :copy "shared2";\n')
        refused = []
        threads = [threading.Thread(target=lambda: refused.append(s.deliver(message("one"))))
                   for _ in range(12)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert refused == [{}] * 12, refused
        assert s.names() == ["one"] * 12 and s.names("shared2") == ["one"] * 12


def test_where_nobody_may_look_mail_does_not_wait_for_ever():
    with Site(backends=3, backend_retry="1") as s:
        with s.m.imap("backend2", "cyrus") as c:
            check(c.setacl("shared2", "alice", "lip"))
            check(c.deleteacl("shared2", "anyone"))
            check(c.setacl("shared2", "cyrus", "lrsa"))
        s.script('require "fileinto"; fileinto "shared2"; fileinto "shared3";\n')
        s.m["backend2"].stop()
        s.m["backend3"].stop()
        assert s.deliver(message("one"))["alice"][0] // 100 == 4
        s.m["backend2"].start()
        s.m["backend3"].start()
        murder.wait_for(lambda: not s.deliver(message("one")), "the servers' return")
        with s.m.imap("backend2", "cyrus") as c:
            assert check(c.select("shared2", readonly=True)) == [b"1"]
        assert s.names("shared3") == ["one"] and s.names() == []


def test_while_the_master_is_away():
    with Site(mupdate_retry_delay="1") as s:
        with s.m.imap("frontend1", "alice") as c:
            check(c.create("INBOX.work"))
        s.script('require "fileinto"; fileinto "shared2";\n')
        assert not s.deliver(message("known"), instance="backend1")
        s.m["mupdate"].stop()
        # What is here, what is known, and what would be here.
        assert not s.deliver(message("known too"), instance="backend1")
        assert s.names("shared2", "backend2") == ["known", "known too"]
        s.script('require "fileinto"; fileinto "INBOX.work"; fileinto "INBOX.none";\n')
        assert not s.deliver(message("here"), instance="backend1")
        assert s.names("INBOX.work", "backend1") == s.names("INBOX", "backend1") == ["here"]
        # Looking for that has made what was known old: it counts for want of better.
        s.script('require "fileinto"; fileinto "shared2";\n')
        assert not s.deliver(message("known still"), instance="backend1")
        assert s.names("shared2", "backend2") == ["known", "known too", "known still"]
        # Nobody knows whether that is anywhere: the mail waits, and is not voided.
        s.script('require "fileinto"; fileinto "news";\n')
        assert s.deliver(message("later"), instance="backend1")["alice"][0] // 100 == 4
        s.m["mupdate"].start()
        murder.wait_for(lambda: not s.deliver(message("later"), instance="backend1"),
                        "the master's return")
        assert s.names("INBOX", "backend1") == ["here", "later"]


def test_a_mailbox_that_has_moved_is_found():
    with Site(backends=3, allowusermoves="yes") as s:
        s.script('require "fileinto"; fileinto "shared2";\n')
        assert not s.deliver(message("one"))
        with s.m.imap("backend2", "cyrus") as c:
            check(c.xatom("XFER", "shared2", "backend3"))
        murder.wait_for(lambda: not s.deliver(message("two")), "the mailbox at its new place")
        assert s.names("shared2", "backend3") == ["one", "two"] and s.names() == []


def test_redirect():
    with Site() as s:
        s.script('redirect "out@example.net";\n')
        assert not s.deliver(message("one"))
        assert s.names() == []
        mails = s.sendmail.wait("out@example.net")
        assert len(mails) == 1, mails
        arguments, text = mails[0]["arguments"], mails[0]["message"]
        assert "out@example.net" in arguments and "sender@example.org" in arguments, arguments
        assert "body of one" in text and "Return-Path" not in text
        # What has been here before is not sent again.
        assert not s.deliver(text.replace("\r\n", "\n").replace("\n", "\r\n").encode())
        assert len(s.sendmail.sent()) == 1 and len(s.names()) == 1
        # To oneself is to keep.
        s.script('redirect "alice@example.org";\n')
        assert not s.deliver(message("two"), recipients=["alice@example.org"])
        assert s.names()[-1] == "two" and len(s.sendmail.sent()) == 1
        # An address that the sendmail program would take for an option loses no mail.
        s.script('redirect "-x@example.net";\n')
        assert not s.deliver(message("three"))
        assert s.names()[-1] == "three" and len(s.sendmail.sent()) == 1


def test_redirect_is_not_a_duplicate():
    with Site(duplicatesuppression="yes") as s:
        s.script('require "copy"; redirect :copy "out@example.net";\n')
        for _ in range(2):
            assert not s.deliver(message("one"))
        assert s.names() == ["one"] and len(s.sendmail.wait("out@example.net", 2)) == 2


def test_over_quota_sends_nothing():
    with Site() as s:
        s.script('require "copy"; redirect :copy "out@example.net";\n')
        with s.m.imap("backend1", "cyrus") as c:
            check(c.setquota("user.alice", "(STORAGE 1)"))
        big = message("one") + (b"x" * 70 + b"\r\n") * 60
        assert not s.deliver(big)
        for _ in range(3):
            assert s.deliver(message("two"))["alice"][0] == 452
        assert len(s.sendmail.wait("out@example.net")) == 1 and s.names() == ["one"]


def test_one_answer_to_twenty_at_once():
    with Site() as s:
        s.script('require "vacation"; vacation :days 1 "I am away";\n')
        errors = []

        def one(n):
            try:
                errors.extend(s.deliver(message("m%d" % n), recipients=["alice@example.org"]))
            except BaseException as e:
                errors.append(e)
        threads = [threading.Thread(target=one, args=(n,)) for n in range(20)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert not errors, errors
        assert len(s.names()) == 20
        mails = s.sendmail.wait("sender@example.org")
        assert len(mails) == 1, mails
        text = mails[0]["message"]
        assert "Auto-Submitted: auto-replied" in text and "I am away" in text, text
        # The null sender and lists are not answered.
        assert not s.deliver(message("null"), recipients=["alice@example.org"], sender="")
        assert len(s.sendmail.sent()) == 1


def test_the_owner_is_notified_once():
    with Site(backends=3, backend_retry="1") as s:
        s.script('require ["enotify", "fileinto"]; fileinto "shared3";\n'
                 'notify :message "new mail" "mailto:pager@example.net";\n')
        s.m["backend3"].stop()
        for _ in range(2):
            assert s.deliver(message("one"))["alice"][0] // 100 == 4
        assert not s.sendmail.sent()
        s.m["backend3"].start()
        murder.wait_for(lambda: not s.deliver(message("one")), "the other server's return")
        mails = s.sendmail.wait("pager@example.net")
        assert len(mails) == 1 and "Subject: new mail" in mails[0]["message"], mails


def test_duplicates_are_marked_when_stored():
    with Site(backends=3, backend_retry="1") as s:
        s.script('require ["duplicate", "fileinto"];\n'
                 'if duplicate { fileinto "shared2"; } else { fileinto "shared3"; }\n')
        s.m["backend3"].stop()
        assert s.deliver(message("one"))["alice"][0] // 100 == 4
        s.m["backend3"].start()
        murder.wait_for(lambda: not s.deliver(message("one")), "the other server's return")
        assert s.names("shared3") == ["one"] and s.names("shared2") == []
        assert not s.deliver(message("one"))
        assert s.names("shared2") == ["one"]


def test_headers_are_edited_for_each_copy():
    with Site() as s:
        with s.m.imap("frontend1", "alice") as c:
            check(c.create("INBOX.before"))
        s.script('require ["editheader", "fileinto", "copy"];\n'
                 'fileinto :copy "INBOX.before"; deleteheader "subject";\n'
                 'addheader :last "Subject" "changed"; fileinto :copy "shared2"; keep;\n')
        assert not s.deliver(message("one"))
        assert s.names("INBOX.before") == ["one"]
        assert s.names() == ["changed"] and s.names("shared2") == ["changed"]
        # An edited message is the same message: it is filed once (RFC 5293 6).
        s.script('require ["editheader", "fileinto", "copy"];\n'
                 'fileinto :copy "shared2"; deleteheader "subject";\n'
                 'addheader :last "Subject" "again"; fileinto "shared2";\n')
        assert not s.deliver(message("two"))
        assert s.names("shared2") == ["changed", "again"], s.names("shared2")


def test_mail_that_waits_is_in_the_queue():
    with Site() as s:
        s.sendmail.answer(75)
        s.script('redirect "out@example.net";\n')
        assert not s.deliver(message("one"))
        assert s.names() == [] and not s.sendmail.sent()

        def queue():
            return s.m["backend1"].run("murder", "queue").stdout
        murder.wait_for(lambda: "75" in queue(), "the first try")
        assert "out@example.net" in queue(), queue()
        s.sendmail.answer(0)

        def tried():  # lmtpd may have it still
            return s.m["backend1"].run("murder", "queue", "--run", check=False).returncode == 0
        murder.wait_for(tried, "the queue's own try")
        assert len(s.sendmail.to("out@example.net")) == 1


if __name__ == "__main__":
    harness.main()
