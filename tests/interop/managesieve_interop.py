#!/usr/bin/env python3
"""ManageSieve clients that are not ours, at a backend, by a frontend's referral, and through it as
a relay: sieve-connect, Net::ManageSieve, sieveshell and installsieve of Cyrus; plain and with TLS.
"""
import contextlib
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder
import sieve_client

SCRIPT = 'require ["fileinto"];\nif header :contains "subject" "x" { fileinto "INBOX.x"; }\n'
BAD = "keep"


def need(program):
    if not shutil.which(program):
        raise harness.Skip("no %s here" % program)


@contextlib.contextmanager
def ways(tls, referrals=True):
    """A murder, and [(which way, host, port)] to alice's scripts on backend1."""
    with murder.Murder(backends=1, frontends=2, tls=tls, sieve=True, start=False) as m:
        m["frontend1"].extra["sieve_allowreferrals"] = "no"
        m["frontend2"].extra["sieve_referral_hosts"] = "backend1=" + m["backend1"].host_port(
            "sieve")
        m.start()
        m.add_user("alice")
        os.chmod(m.dir, 0o755)
        places = [("backend", "backend1"), ("relay", "frontend1")]
        if referrals:
            places.append(("referral", "frontend2"))
        yield m, [(way, *m[name].address("sieve")) for way, name in places]


def file_in(m, name, text):
    path = os.path.join(m.dir, name)
    with open(path, "w") as f:
        f.write(text)
    return path


def run(m, *command, stdin="pw\n", check=True):
    env = dict(os.environ)
    if m.tls:
        env["SSL_CERT_FILE"] = os.path.join(m.dir, "tls", "cert.pem")
    done = subprocess.run(command, input=stdin, text=True, stdout=subprocess.PIPE, cwd=m.dir,
                          stderr=subprocess.STDOUT, timeout=murder.DEADLINE, env=env)
    assert not check or done.returncode == 0, (command, done.returncode, done.stdout)
    return done


def scripts(m):
    """What is there in the end: {name: is it active}."""
    with sieve_client.Client(m["backend1"].address("sieve")) as c:
        assert c.login("alice").word == "OK"
        return {line.split(b'"')[1].decode(): line.rstrip().endswith(b"ACTIVE")
                for line in c.ask(b"LISTSCRIPTS").lines}


def sieve_connect(tls):
    need("sieve-connect")
    # It knows no referrals.
    with ways(tls, referrals=False) as (m, places):
        script, bad = file_in(m, "a.sieve", SCRIPT), file_in(m, "bad.sieve", BAD)
        for way, host, port in places:
            def client(*arguments, **kw):
                return run(m, "sieve-connect", "--server", host, "--port", str(port), "--user",
                           "alice", "--passwordfd", "0", "--notlsverify", "--clearchan",
                           *arguments, **kw)
            client("--localsieve", script, "--remotesieve", way, "--upload")
            assert '"%s"' % way in client("--list").stdout
            client("--remotesieve", way, "--activate")
            assert '"%s" ACTIVE' % way in client("--list").stdout
            got = os.path.join(m.dir, "got")
            client("--remotesieve", way, "--localsieve", got, "--download")
            with open(got) as f:
                assert f.read() == SCRIPT
            done = client("--localsieve", bad, "--remotesieve", "bad", "--upload", check=False)
            assert done.returncode != 0 and "line " in done.stdout, done.stdout
            assert scripts(m) == {way: True}
            client("--deactivate")
            client("--remotesieve", way, "--delete")
            assert scripts(m) == {}, way


def test_sieve_connect():
    sieve_connect(tls=False)


def test_sieve_connect_with_tls():
    sieve_connect(tls=True)


PERL = r'''
use strict; use Net::ManageSieve;
my ($host, $port, $tls) = @ARGV;
my $s = Net::ManageSieve->new($host, Port => $port, tls => $tls) or die "connect: $@";
my $has = sub { exists $s->capabilities->{lc $_[0]} or die "no $_[0]" };
$has->($_) for qw(IMPLEMENTATION SIEVE SASL VERSION);
$s->login("alice", "pw") or die $s->error;
$s->havespace("a", 100) or die $s->error;
$s->putscript("a", "keep;\r\n") or die $s->error;
$s->putscript("b", "keep") and die "taken";
$s->error =~ /line 2, column 1:/ or die "not said: " . $s->error;
$s->setactive("a") or die $s->error;
my $list = $s->listscripts; join(",", @$list) eq "a,a" or die "list: @$list";
$s->getscript("a") =~ /^keep;\r?\n$/ or die "script";
$s->deletescript("a") and die "deleted";
$s->setactive("") or die $s->error;
$s->deletescript("a") or die $s->error;
$s->logout;
print "done\n";
'''


def test_net_managesieve():
    for tls in (False, True):
        # It knows no referrals.
        with ways(tls, referrals=False) as (m, places):
            if run(m, "perl", "-MNet::ManageSieve", "-e", "1", check=False).returncode != 0:
                raise harness.Skip("no Net::ManageSieve for perl here")
            program = file_in(m, "client.pl", PERL)
            for way, host, port in places:
                done = run(m, "perl", program, host, str(port), "require" if tls else "0")
                assert done.stdout.endswith("done\n"), (way, done.stdout)
                assert scripts(m) == {}


def test_sieveshell():
    need("sieveshell")
    with ways(tls=False) as (m, places):
        file_in(m, "a.sieve", SCRIPT)
        file_in(m, "bad.sieve", BAD)
        for way, host, port in places:
            def shell(*lines):
                commands = file_in(m, "commands", "".join(line + "\n" for line in lines))
                return run(m, "sieveshell", "--user=alice", "--authname=alice", "--password=pw",
                           "--execfile=" + commands, "%s:%d" % (host, port), check=False).stdout
            assert "error" not in shell("put a.sieve one", "put a.sieve two"), way
            told = shell("activate two", "list", "get one")
            assert "two  <- active script" in told and SCRIPT in told, (way, told)
            told = shell("put bad.sieve bad")
            assert "line 1, column 5" in told, (way, told)
            assert scripts(m) == {"one": False, "two": True}, way
            assert "active" in shell("delete two"), way
            shell("deactivate", "delete one", "delete two")
            assert scripts(m) == {}, way


def test_installsieve():
    need("installsieve")
    with ways(tls=False) as (m, places):
        script = file_in(m, "a.sieve", SCRIPT)
        for way, host, port in places:
            def install(*arguments):
                # A referral asks for the password again.
                return run(m, "installsieve", "-u", "alice", *arguments, "%s:%d" % (host, port),
                           stdin="pw\npw\npw\n")
            install("-i", script)
            install("-a", "a.sieve" if "a.sieve" in scripts(m) else "a")
            assert list(scripts(m).values()) == [True], (way, scripts(m))
            name = next(iter(scripts(m)))
            assert name in install("-l").stdout, way
            assert "fileinto" in install("-v", name).stdout, way
            with sieve_client.Client(m["backend1"].address("sieve")) as c:
                assert c.login("alice").word == "OK"
                assert c.ask(b'SETACTIVE ""').word == "OK"
            install("-d", name)
            assert scripts(m) == {}, way


if __name__ == "__main__":
    harness.main()
