#!/usr/bin/env python3
"""imtest and its other names at servers: -x and -X, and what options make of a login."""
import base64
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.environ.get("top_srcdir", os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..")), "tests", "support"))
import harness  # noqa: E402
import murder  # noqa: E402
from murder import alive, wait_for  # noqa: E402

ENVIRONMENT = dict(os.environ, ROOKERY_IMAPD_CONF="/nonexistent")


class AtServers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.murder = m = murder.Murder(backends=1, frontends=0, tls=True, pop3=True, start=False,
                                       extra={"sasl_mech_list": "PLAIN DIGEST-MD5"})
        cls.server = i = m["backend1"]
        i.ports["imaps"] = m.ports.take()
        i.services["imaps"] = 'cmd="imapd -C %s -s" listen="%s" prefork=0' % (
            i.imapd_conf, i.host_port("imaps"))
        m.start()
        cls.addClassCleanup(m.stop)
        m.add_user("bob")

    def setUp(self):
        self.socket = os.path.join(self.murder.dir, self._testMethodName[-40:] + ".s")

    def arguments(self, *arguments, program="imtest", service="imap", password=None):
        host, port = self.server.address(service)
        return [os.path.join(self.murder.bin, program), "-p", str(port), "-a", "bob", "-w",
                password or self.murder.password, "-m", "plain", *arguments, host]

    def run_tool(self, *arguments, stdin="", **kw):
        done = subprocess.run(self.arguments(*arguments, **kw), input=stdin.encode(),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=murder.DEADLINE, env=ENVIRONMENT)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    # --- -x and -X
    def start_tool(self, *arguments, **kw):
        """In the foreground, with the socket there."""
        tool = subprocess.Popen(self.arguments("-x", self.socket, *arguments, **kw),
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, env=ENVIRONMENT)
        self.addCleanup(tool.stdout.close)
        self.addCleanup(tool.wait)
        self.addCleanup(tool.kill)
        wait_for(lambda: os.path.exists(self.socket) or tool.poll() is not None, "the socket")
        return tool

    def connect(self):
        s = socket.socket(socket.AF_UNIX)
        self.addCleanup(s.close)
        s.settimeout(murder.DEADLINE)

        def connected():  # between bind and listen it is there, and refuses
            try:
                s.connect(self.socket)
                return True
            except ConnectionRefusedError:
                return False
        wait_for(connected, "somebody who listens")
        return s

    def ask(self, program, text, end):
        """What comes up to the line that begins so."""
        program.sendall(text.encode())
        got = ""
        while not re.search("^%s[^\n]*\n" % re.escape(end), got, re.M):
            more = program.recv(65536)
            self.assertTrue(more, got)
            got += more.decode()
        return got

    def end_of(self, tool):
        code = tool.wait(murder.DEADLINE)
        return code, tool.stdout.read()

    def test_programs_one_after_the_other(self):
        tool = self.start_tool()
        self.assertEqual(stat.S_IMODE(os.stat(self.socket).st_mode), 0o600)
        first = self.connect()
        self.assertIn("\na OK", self.ask(first, "a SELECT INBOX\n", "a "))
        second = self.connect()
        second.sendall(b"b CHECK\r\n")
        self.assertTrue(self.ask(first, "c CHECK\r\n", "c ").startswith("c OK"))
        first.close()
        # whoever comes next has no mailbox
        self.assertTrue(self.ask(second, "", "b ").startswith("b BAD"))
        # and a logout is his own
        second.sendall(b"d LOGOUT\r\ne NOOP\r\n")
        self.assertEqual(second.recv(100), b"")
        third = self.connect()
        self.assertEqual(self.ask(third, "f NOOP\r\n", "f "), "f OK Completed\r\n")
        tool.send_signal(signal.SIGTERM)
        code, out = self.end_of(tool)
        self.assertEqual(code, 0, out)
        self.assertTrue(out.endswith("\nAuthenticated.\nSecurity strength factor: 0\n"
                                     "Connection closed.\n"), out)
        self.assertEqual(third.recv(100), b"")
        self.assertFalse(os.path.exists(self.socket))

    def test_a_literal_goes_on_as_it_is(self):
        message = "Subject: x\r\n\r\n%s\r\na LOGOUT\r\n" % ("y" * 5000)
        self.start_tool()
        program = self.connect()
        got = self.ask(program, "a APPEND INBOX {%d}\r\n" % len(message), "+")
        got = self.ask(program, message + "\r\n", "a ")
        self.assertIn("a OK", got)
        got = self.ask(program, "b SELECT INBOX\r\nc FETCH * BODY[]\r\n", "c ")
        self.assertIn(message, got)
        # one that is not whole cannot be followed by another program's
        program.sendall(b"d APPEND INBOX {100}\r\n")
        program.recv(100)
        program.close()
        wait_for(lambda: not os.path.exists(self.socket), "the end of the session")

    def test_more_than_buffers_hold(self):
        self.start_tool()
        program = self.connect()
        n = 5000
        commands = "".join("a%d NOOP\r\nb LOGIN %s\r\n" % (i, "x" * 700) for i in range(n)).encode()
        program.settimeout(None)
        if os.fork() == 0:
            program.sendall(commands)
            os._exit(0)
        got = self.ask(program, "", "a%d" % (n - 1))
        self.assertEqual(os.wait()[1], 0)
        self.assertEqual(got.count(" OK "), n)

    def test_a_program_that_does_not_read(self):
        """What it asked for is nobody else's."""
        self.start_tool()
        program = self.connect()
        program.sendall(b"a CAPABILITY\r\n" * 2000)
        program.close()
        self.assertEqual(self.ask(self.connect(), "b NOOP\r\n", "b "), "b OK Completed\r\n")

    def test_the_server_goes(self):
        tool = self.start_tool()
        self.assertIn("c OK", self.ask(self.connect(), "c NOOP\r\n", "c "))
        session = re.search(r"SESSIONID=<backend1-(\d+)-", tool.stdout.readline() +
                            tool.stdout.readline() + tool.stdout.readline()).group(1)
        os.kill(int(session), signal.SIGTERM)
        code, out = self.end_of(tool)
        self.assertEqual((code, out.splitlines()[-1]), (0, "Connection closed."))
        self.assertFalse(os.path.exists(self.socket))

    def test_other_protocols_end_with_their_program(self):
        tool = self.start_tool(program="pop3test", service="pop3")
        program = self.connect()
        self.assertIn("+OK", self.ask(program, "STAT\n", "+OK"))
        program.close()
        self.assertEqual(self.end_of(tool)[0], 0)
        self.assertFalse(os.path.exists(self.socket))

    def test_the_program_speaks_without_tls_and_compression(self):
        self.start_tool("-t", "", "-q")
        program = self.connect()
        self.assertEqual(self.ask(program, "a NOOP\r\n", "a "), "a OK Completed\r\n")

    def test_in_the_background(self):
        pid_file = self.socket + ".pid"
        done = self.run_tool("-X", self.socket, "-I", pid_file)
        self.assertEqual(done, (0, "", ""))
        with open(pid_file) as f:
            pid = int(f.read())
        self.addCleanup(lambda: alive(pid) and os.kill(pid, signal.SIGKILL))
        self.assertEqual(os.getsid(pid), pid)
        self.assertEqual(self.ask(self.connect(), "a NOOP\r\n", "a "), "a OK Completed\r\n")
        os.kill(pid, signal.SIGINT)
        wait_for(lambda: not alive(pid) and not os.path.exists(self.socket), "its end")

    def test_a_signal_while_much_is_said(self):
        """It ends the session wherever it comes, between two waits too."""
        for _ in range(20):
            tool = self.start_tool()
            program = self.connect()
            # An answer has just come: the tool looks whether there is more of it.
            self.ask(program, "a CAPABILITY\r\n" * 20, "a ")
            tool.send_signal(signal.SIGTERM)
            self.assertEqual(self.end_of(tool)[0], 0)
            self.assertFalse(os.path.exists(self.socket))

    def test_a_login_that_failed(self):
        """The session is there all the same, and the status tells it."""
        tool = self.start_tool(password="wrong")
        self.assertTrue(self.ask(self.connect(), "a SELECT x\r\n", "a ").startswith("a "))
        tool.send_signal(signal.SIGTERM)
        self.assertEqual(self.end_of(tool)[0], 1)
        pid_file = self.socket + ".pid"
        code, out, err = self.run_tool("-X", self.socket, "-I", pid_file, password="wrong")
        with open(pid_file) as f:
            os.kill(int(f.read()), signal.SIGTERM)
        self.assertEqual((code, out), (1, ""))
        self.assertIn("login at", err)

    def test_where_no_socket_can_be(self):
        with open(self.socket, "w") as f:
            f.write("kept")
        for option in ("-x", "-X"):
            code, out, err = self.run_tool(option, self.socket)
            self.assertEqual(code, 1, out)
            self.assertIn("is not a socket", err)
            code, _, err = self.run_tool(option, self.socket, "-f", "/dev/null")
            self.assertEqual(code, 64, err)
        with open(self.socket) as f:
            self.assertEqual(f.read(), "kept")
        self.assertEqual(self.run_tool("-x", "a" * 200)[0], 1)
        self.assertEqual(self.run_tool("-x", "a", "-X", "a")[0], 64)

    # --- options
    def test_tls_from_the_first_byte(self):
        code, out, err = self.run_tool("-s", "-v", service="imaps")
        self.assertEqual((code, err), (0, ""), out)
        self.assertRegex(out, "\nTLS: TLSv1[.][23], ")
        self.assertNotIn("STARTTLS", out)
        code, out, _ = self.run_tool("-s")
        self.assertEqual((code, "Authenticated" in out), (1, False), out)

    def test_a_layer_of_sasl_and_none(self):
        for limit, strength, wanted in (((), "[1-9][0-9]+", 0), (("-l", "0"), "0", 0),
                                        (("-l", "0", "-k", "1"), None, 1)):
            code, out, err = self.run_tool("-m", "digest-md5", *limit, stdin="n NOOP\n")
            self.assertEqual(code, wanted, out + err)
            if strength:
                self.assertRegex(out, "\nSecurity strength factor: %s\n" % strength)
                self.assertIn("\nn OK ", "\n" + out)

    def test_compressed_without_an_initial_response(self):
        code, out, err = self.run_tool("-q", "-i", "-n", "2", stdin="n NOOP\n")
        self.assertEqual((code, err), (0, ""), out)
        self.assertEqual(len(re.findall("^C: A01 AUTHENTICATE PLAIN\nS: [+] ", out, re.M)), 2, out)
        self.assertEqual(len(re.findall("^S: Z01 OK", out, re.M)), 2, out)
        self.assertIn("\nn OK ", out)

    def test_a_password_each_time(self):
        """Without a terminal each is a line of the input; the rest of it is the session's."""
        arguments = self.arguments("-c", "-n", "2")
        at = arguments.index("-w")
        del arguments[at:at + 2]
        for second, wanted in ((self.murder.password, 0), ("wrong", 1)):
            done = subprocess.run(arguments, env=ENVIRONMENT, timeout=murder.DEADLINE,
                                  input="%s\n%s\nn NOOP\n" % (self.murder.password, second),
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                  start_new_session=True)
            self.assertEqual(done.returncode, wanted, done.stdout + done.stderr)
            self.assertEqual(done.stderr.count("Please enter your password: "), 2)
            self.assertEqual(done.stdout.count("\nAuthenticated.\n"), 2 - wanted)
            self.assertIn("\nn OK ", done.stdout)

    def test_the_process_is_written_down(self):
        pid_file = self.socket + ".pid"
        code, out, _ = self.run_tool("-I", pid_file)
        self.assertEqual(code, 0, out)
        with open(pid_file) as f:
            self.assertFalse(alive(int(f.read())))
        self.assertEqual(self.run_tool("-I", self.murder.dir + "/none/pid")[0], 74)

    def test_a_realm(self):
        """Of several that the server has."""
        challenge = base64.b64encode(b'realm="one.example",realm="two.example",nonce="abc",'
                                     b'qop="auth",charset=utf-8,algorithm=md5-sess')
        for realm in ("one.example", "two.example"):
            with socket.create_server(("127.0.0.1", 0)) as listener:
                tool = subprocess.Popen(
                    [os.path.join(self.murder.bin, "imtest"), "-a", "bob", "-w", "x", "-r", realm,
                     "-p", str(listener.getsockname()[1]), "127.0.0.1"], env=ENVIRONMENT,
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                listener.settimeout(murder.DEADLINE)
                client, _ = listener.accept()
                with client, client.makefile("rwb") as f:
                    def say(line):
                        f.write(line + b"\r\n")
                        f.flush()
                        return f.readline()
                    self.assertEqual(say(b"* OK [CAPABILITY IMAP4rev1 AUTH=DIGEST-MD5] hello"),
                                     b"A01 AUTHENTICATE DIGEST-MD5\r\n")
                    response = base64.b64decode(say(b"+ " + challenge)).decode()
                    self.assertIn('realm="%s"' % realm, response)
                    self.assertEqual(say(b"A01 NO wrong"), b"Q01 LOGOUT\r\n")
                out, _ = tool.communicate(timeout=murder.DEADLINE)
                self.assertEqual(tool.returncode, 1, out)


if __name__ == "__main__":
    harness.main()
