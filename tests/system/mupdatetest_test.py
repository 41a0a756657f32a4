#!/usr/bin/env python3
"""mupdatetest and its other names: the login line by line, and what follows it."""
import os
import socket
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.environ.get("top_srcdir", os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..")), "tests", "support"))
import harness  # noqa: E402
import murder  # noqa: E402


def run(program, *arguments, stdin=""):
    """Exit code, standard output, standard error. No imapd.conf of the system plays a part."""
    done = subprocess.run([program, *arguments], input=stdin.encode(), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=murder.DEADLINE,
                          env=dict(os.environ, ROOKERY_IMAPD_CONF="/nonexistent"))
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class WithMaster(unittest.TestCase):
    """Against the mupdate of a murder."""

    @classmethod
    def setUpClass(cls):
        cls.murder = murder.Murder(backends=0, frontends=0, tls=True)
        cls.addClassCleanup(cls.murder.stop)
        cls.server = cls.murder["mupdate"]
        cls.program = os.path.join(cls.murder.bin, "mupdatetest")

    def login(self, *arguments, stdin="", password=None, program=None):
        host, port = self.server.address("mupdate")
        return run(program or self.program, "-p", str(port), "-a", "cyrus",
                   "-w", password or self.murder.password, *arguments, host, stdin=stdin)

    def test_a_good_password(self):
        code, out, err = self.login("-m", "plain")
        lines = out.splitlines()
        self.assertEqual((code, err), (0, ""), out)
        self.assertTrue(lines[0].startswith("S: * "), out)
        self.assertTrue(any(l.startswith("S: * OK MUPDATE ") for l in lines), out)
        self.assertTrue(any(l.startswith('C: A01 AUTHENTICATE "PLAIN" {') for l in lines), out)
        ended = lines.index("Authenticated.")
        self.assertTrue(lines[ended - 1].startswith("S: A01 OK"), out)
        self.assertEqual(lines[ended + 1], "Security strength factor: 0")
        # the end of the input is a logout, whose answer is shown as it is
        self.assertIn("\nQ01 OK", out)
        self.assertEqual(lines[-1], "Connection closed.")

    def test_a_bad_password(self):
        code, out, err = self.login(password="wrong")
        self.assertEqual(code, 1, out)
        self.assertIn("S: A01 NO", out)
        self.assertIn("\nAuthentication failed. generic failure\n", out)
        self.assertNotIn("Authenticated.", out)
        self.assertIn("login at", err)

    def test_a_find_on_the_standard_input(self):
        acl = "cyrus\tlrs\t"
        code, out, _ = self.login(stdin='A ACTIVATE "user.x" "be!p" "%s"\nF FIND "user.x"\n' % acl)
        self.assertEqual(code, 0, out)
        self.assertIn("\r\nF MAILBOX {6+}\r\nuser.x {4+}\r\nbe!p {%d+}\r\n%s\r\nF OK"
                      % (len(acl), acl), out)

    def test_more_input_and_output_than_buffers_hold(self):
        n = 20000
        commands = "".join('A%d FIND "%s"\n' % (i, "x" * 200) for i in range(n))
        code, out, _ = self.login(stdin=commands)
        self.assertEqual(code, 0)
        self.assertIn("\r\nA%d OK" % (n - 1), out)

    def test_input_from_a_file(self):
        path = os.path.join(self.murder.dir, "commands")
        with open(path, "w") as f:
            f.write("N NOOP\r\nM NOOP\n")
        code, out, _ = self.login("-f", path)
        self.assertEqual(code, 0, out)
        self.assertRegex(out, "\nN OK [^\n]*\nM OK ")

    def test_tls(self):
        code, out, _ = self.login("-t", "", "-v")
        self.assertEqual(code, 0, out)
        self.assertRegex(out, "\nC: S01 STARTTLS\nS: S01 OK[^\n]*\nS: [*] ")
        self.assertRegex(out, "\nTLS: TLSv1[.][23], ")
        self.assertRegex(out, "\nAuthenticated.\nSecurity strength factor: (128|256)\n")

    def test_a_certificate_that_the_configuration_does_not_trust(self):
        conf = os.path.join(self.murder.dir, "untrusting.conf")
        other = os.path.join(self.murder.dir, "other")
        os.makedirs(other, exist_ok=True)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=other", "-keyout",
                        other + "/key.pem", "-out", other + "/cert.pem"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(conf, "w") as f:
            f.write("configdirectory: /nonexistent\ntls_client_ca_file: %s/cert.pem\n" % other)
        code, out, err = self.login("-C", conf, "-t", "")
        self.assertEqual(code, 1)
        self.assertNotIn("Authenticat", out)
        self.assertIn("certificate", err)
        with open(conf, "w") as f:
            f.write("configdirectory: /nonexistent\ntls_client_ca_file: %s/tls/cert.pem\n"
                    % self.murder.dir)
        self.assertEqual(self.login("-C", conf, "-t", "")[0], 0)

    def test_several_logins(self):
        code, out, _ = self.login("-n", "3", "-z")
        self.assertEqual(code, 0, out)
        self.assertEqual(out.count("\nAuthenticated.\n"), 3)
        self.assertEqual(out.count("\nC: Q01 LOGOUT\nS: Q01 OK"), 2)
        self.assertEqual(out.count("\nTime: "), 3)

    def test_compressed(self):
        code, out, _ = self.login("-q", "-n", "2", stdin="X NOOP\n")
        self.assertEqual(code, 0, out)
        self.assertEqual(out.count("\nC: Z01 COMPRESS \"DEFLATE\"\nS: Z01 OK"), 2)
        self.assertEqual(out.count("\nC: Q01 LOGOUT\nS: Q01 OK"), 1)
        self.assertIn("\nX OK ", out)

    def test_without_an_initial_response(self):
        code, out, _ = self.login("-i")
        self.assertEqual(code, 0, out)
        self.assertRegex(out, '\nC: A01 AUTHENTICATE "PLAIN"\nS: \nC: [A-Za-z0-9+/=]+\nS: A01 OK')

    def test_another_mechanism_than_those_that_are_offered(self):
        code, out, err = self.login("-m", "CRAM-MD5")
        self.assertEqual(code, 1)
        self.assertIn("Authentication failed. generic failure", out)
        self.assertIn("no mechanism", err)

    def test_more_strength_than_there_is(self):
        code, out, _ = self.login("-k", "56", "-m", "PLAIN")
        self.assertEqual(code, 1, out)
        self.assertNotIn("C: A01", out)

    def test_the_protocol_by_option(self):
        link = os.path.join(self.murder.bin, "imtest")
        code, out, _ = self.login("-P", "mupdate", program=link)
        self.assertEqual(code, 0, out)


class WithoutServer(unittest.TestCase):
    """The other names, against a few lines of a server."""

    @classmethod
    def setUpClass(cls):
        cls.bin = os.path.join(murder.BUILD, "imap", "admin")

    def converse(self, program, script, *arguments, stdin=""):
        """script: what to say, and after each the line to expect before the next."""
        listener = socket.socket()
        self.addCleanup(listener.close)
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        port = listener.getsockname()[1]
        got = []

        def serve():
            sock, _ = listener.accept()
            listener.close()  # who tries again is refused
            with sock, sock.makefile("rwb") as f:
                sock.settimeout(murder.DEADLINE)
                for text in script:
                    f.write(text)
                    f.flush()
                    got.append(f.readline())
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        result = run(os.path.join(self.bin, program), "-p", str(port), "-w",
                     "secret", *arguments, "127.0.0.1", stdin=stdin)
        thread.join(murder.DEADLINE)
        return result, got

    def test_imtest(self):
        (code, out, _), got = self.converse(
            "imtest", [b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hello\r\n",
                       b"A01 OK [CAPABILITY IMAP4rev1] in\r\n", b"1 OK noop\r\n"],
            "-a", "bob", "-u", "alice", stdin="1 NOOP\n")
        self.assertEqual(code, 0, out)
        self.assertEqual(got, [b"A01 AUTHENTICATE PLAIN YWxpY2UAYm9iAHNlY3JldA==\r\n",
                               b"1 NOOP\r\n", b"Q01 LOGOUT\r\n"])
        self.assertTrue(out.endswith("1 OK noop\r\nConnection closed.\n"), out)

    def test_imtest_with_the_command_login(self):
        for answer, says, status in ((b"OK in", "Authenticated.", 0),
                                     (b"NO out", "Authentication failed. generic failure", 1)):
            (code, out, _), got = self.converse(
                "imtest", [b"* OK [CAPABILITY IMAP4rev1] hello\r\n", b"L01 %s\r\n" % answer],
                "-m", "login", "-a", 'b"b')
            self.assertEqual(code, status, out)
            self.assertEqual(got[0], b'L01 LOGIN "b\\"b" "secret"\r\n')
            self.assertIn("\n%s\n" % says, out)

    def test_lmtptest(self):
        (code, out, _), got = self.converse(
            "lmtptest", [b"220 be LMTP\r\n", b"250-be\r\n250 AUTH PLAIN\r\n", b"235 in\r\n"],
            "-a", "bob")
        self.assertEqual(code, 0, out)
        self.assertEqual(got[1:], [b"AUTH PLAIN AGJvYgBzZWNyZXQ=\r\n", b"QUIT\r\n"])
        self.assertIn("S: 250-be\nS: 250 AUTH PLAIN\nC: AUTH PLAIN", out)

    def test_pop3test(self):
        (code, out, _), got = self.converse(
            "pop3test", [b"+OK hello\r\n", b"+OK\r\nSASL PLAIN\r\n.\r\n", b"+OK in\r\n",
                         b"+OK\r\n.\r\n", b"+OK 0 0\r\n"],
            "-a", "bob", stdin="STAT\n")
        self.assertEqual(code, 0, out)
        self.assertEqual(got, [b"CAPA\r\n", b"AUTH PLAIN AGJvYgBzZWNyZXQ=\r\n", b"CAPA\r\n",
                               b"STAT\r\n", b"QUIT\r\n"])
        self.assertTrue(out.endswith("+OK 0 0\r\nConnection closed.\n"), out)

    def test_a_server_that_goes_after_the_login(self):
        """What was to come with it did not: an error as any other."""
        (code, out, err), _ = self.converse(
            "pop3test", [b"+OK hello\r\n", b"+OK\r\nSASL PLAIN\r\n.\r\n", b"+OK in\r\n"],
            "-a", "bob")
        self.assertEqual(code, 1, (out, err))
        self.assertIn("Connection refused", err)

    def test_sivtest(self):
        (code, out, _), got = self.converse(
            "sivtest", [b'"SASL" "PLAIN"\r\n"SIEVE" "fileinto"\r\nOK\r\n', b"", b"OK in\r\n",
                        b"OK\r\n"],
            "-a", "bob", stdin="LISTSCRIPTS\n")
        self.assertEqual(code, 0, out)
        self.assertTrue(got[0].startswith(b'AUTHENTICATE "PLAIN" '), got)
        self.assertEqual(got[1:], [b"AGJvYgBzZWNyZXQ=\r\n", b"LISTSCRIPTS\r\n", b"LOGOUT\r\n"])

    def test_smtptest(self):
        for answer, status in ((b"235 2.7.0 in", 0), (b"535 5.7.8 no", 1)):
            (code, out, _), got = self.converse(
                "smtptest", [b"220 mx ESMTP\r\n", b"250-mx\r\n250-STARTTLS\r\n"
                             b"250 AUTH LOGIN PLAIN\r\n", b"%s\r\n" % answer],
                "-a", "bob", "-m", "plain")
            self.assertEqual(code, status, out)
            self.assertRegex(got[0], rb"^EHLO [A-Za-z0-9.\[\]-]+\r\n$")
            self.assertEqual(got[1:], [b"AUTH PLAIN AGJvYgBzZWNyZXQ=\r\n", b"QUIT\r\n"])
            self.assertIn("S: " + answer.decode() + "\n", out)

    def test_nntptest(self):
        capabilities = (b"101 list\r\nVERSION 2\r\nAUTHINFO USER SASL\r\nSASL PLAIN\r\n"
                        b"COMPRESS DEFLATE\r\n.\r\n")
        for banner in (b"200 news posting allowed\r\n", b"201 news no posting\r\n"):
            (code, out, _), got = self.converse(
                "nntptest", [banner, capabilities, b"281 in\r\n",
                             b"101 list\r\nVERSION 2\r\nREADER\r\n.\r\n", b"111 20261129\r\n"],
                "-a", "bob", stdin="DATE\n")
            self.assertEqual(code, 0, out)
            self.assertEqual(got, [b"CAPABILITIES\r\n",
                                   b"AUTHINFO SASL PLAIN AGJvYgBzZWNyZXQ=\r\n",
                                   b"CAPABILITIES\r\n", b"DATE\r\n", b"QUIT\r\n"])
            self.assertTrue(out.endswith("111 20261129\r\nConnection closed.\n"), out)
        (code, out, _), _ = self.converse(
            "nntptest", [b"200 news\r\n", capabilities, b"481 wrong\r\n"], "-a", "bob")
        self.assertEqual(code, 1, out)
        self.assertIn("\nAuthentication failed. generic failure\n", out)
        # Without the first response there is a challenge, empty as NNTP has it.
        (code, out, _), got = self.converse(
            "nntptest", [b"200 news\r\n", capabilities, b"383 =\r\n", b"281 in\r\n",
                         b"101 list\r\n.\r\n"], "-i", "-m", "plain", "-a", "bob")
        self.assertEqual((code, got[1:3]), (0, [b"AUTHINFO SASL PLAIN\r\n",
                                                b"AGJvYgBzZWNyZXQ=\r\n"]), out)
        # AUTHINFO USER and PASS.
        (code, out, _), got = self.converse(
            "nntptest", [b"200 news\r\n", capabilities, b"381 pass\r\n", b"281 in\r\n"],
            "-m", "login", "-a", "bob")
        self.assertEqual((code, got[1:3]), (0, [b"AUTHINFO USER bob\r\n",
                                                b"AUTHINFO PASS secret\r\n"]), out)
        (code, out, err), _ = self.converse("nntptest", [b"400 later\r\n"], "-a", "bob")
        self.assertEqual(code, 1, out)
        self.assertIn("400 later", err)

    def test_synctest(self):
        banner = (b"* SASL PLAIN DIGEST-MD5\r\n* STARTTLS\r\n* COMPRESS DEFLATE\r\n"
                  b"* OK replica Cyrus sync server 3.6.1\r\n")
        for answer, status in ((b"OK Success", 0), (b"NO authentication failure", 1)):
            (code, out, _), got = self.converse(
                "synctest", [banner, b"%s\r\n" % answer], "-a", "bob", "-m", "plain")
            self.assertEqual(code, status, out)
            self.assertEqual(got[:2], [b"AUTHENTICATE PLAIN AGJvYgBzZWNyZXQ=\r\n", b"EXIT\r\n"])
            self.assertIn("S: * OK replica Cyrus sync server 3.6.1\nC: AUTHENTICATE PLAIN", out)
        (code, out, _), got = self.converse(
            "synctest", [banner, b"+ \r\n", b"OK Success\r\n"], "-i", "-a", "bob", "-m", "plain")
        self.assertEqual((code, got[:2]), (0, [b"AUTHENTICATE PLAIN\r\n",
                                               b"AGJvYgBzZWNyZXQ=\r\n"]), out)

    def test_the_protocol_by_an_option(self):
        for protocol in ("pop", "pop3", "POP"):
            (code, out, _), got = self.converse(
                "imtest", [b"+OK hello\r\n", b"+OK\r\nSASL PLAIN\r\n.\r\n", b"+OK in\r\n",
                           b"+OK\r\n.\r\n"], "-P", protocol, "-a", "bob")
            self.assertEqual((code, got[0]), (0, b"CAPA\r\n"), (protocol, out))

    def test_no_server(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            code, out, err = run(os.path.join(self.bin, "imtest"), "-w", "x", "-p",
                                 str(s.getsockname()[1]))
        self.assertEqual((code, out), (1, ""))
        self.assertIn("WARNING: no hostname supplied, assuming localhost\n", err)
        self.assertIn("refused", err)

    def test_wrong_command_lines(self):
        for words in (["-n", "0", "h"], ["-P", "http", "h"], ["-s", "-t", "", "h"], ["a", "b"],
                      ["-k", "x", "h"], ["-o", "novalue", "h"], ["-?"]):
            self.assertEqual(run(os.path.join(self.bin, "imtest"), *words)[0], 64, words)


if __name__ == "__main__":
    harness.main()
