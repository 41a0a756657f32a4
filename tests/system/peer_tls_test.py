#!/usr/bin/env python3
"""TLS between servers cannot be stripped: what each client side sends to a peer that offers none,
takes it back, is not who it should be, or has somebody in between, by each policy."""
import os
import subprocess
import sys
import tempfile
import types

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import fake_peer
import harness
import murder
import mupdate_client

PASSWORD = "sesame-of-the-murder"
ADMIN = os.path.join(murder.BUILD, "imap", "admin")

FAULTS = ("no_starttls", "refused", "wrong_ca", "wrong_name", "expired", "injected", "stripped",
          "good")
UNTRUSTED = ("wrong_ca", "wrong_name", "expired")

# policy -> the lines of imapd.conf, with the folder of the certificates in place of %s
POLICIES = {
    "a CA file": "tls_client_ca_file: %s/ca.pem",
    "a CA directory": "tls_client_ca_dir: %s/hashed",
    "verify": "backend_tls: verify\ntls_client_ca_file: %s/ca.pem",
    "tls_required": "tls_required: yes",
    "a minimum layer": "sasl_minimum_layer: 56",
    "opportunistic": "backend_tls: opportunistic",
    "nothing said": "",
    "never": "backend_tls: never",
    "never, with a layer": "backend_tls: never\nsasl_minimum_layer: 1",
    "one server, opportunistic": "tls_client_ca_file: %s/ca.pem\n127_tls: opportunistic",
    "one server, verify": "tls_client_ca_dir: %s/hashed\nbackend_tls: never\n127_tls: verify",
}


def expected(policy, fault):
    """None: no login; "clear" or "secret": a login without TLS, with it."""
    if policy == "never, with a layer":
        return None
    if policy == "never":
        return "clear"
    lax = policy in ("opportunistic", "nothing said", "one server, opportunistic")
    checks = policy in ("a CA file", "a CA directory", "verify", "one server, opportunistic",
                        "one server, verify")
    if fault in ("no_starttls", "refused"):
        return "clear" if lax else None
    if fault in ("injected", "stripped") or (checks and fault in UNTRUSTED):
        return None
    return "secret"


class Bench:
    """A folder with certificates, and a configuration for one peer."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="rookery-peer-tls-")
        self.certificates = fake_peer.Certificates(os.path.join(self.dir, "tls"))
        for sub in ("conf", "conf/socket", "spool"):
            os.makedirs(os.path.join(self.dir, sub))

    def peer(self, dialect, fault, **more):
        shown = getattr(self.certificates, fault if fault in UNTRUSTED else "good")
        return fake_peer.Peer(dialect, shown,
                              None if fault in UNTRUSTED + ("good",) else fault, **more)

    def run(self, policy, program, *arguments, more=""):
        conf = os.path.join(self.dir, "imapd.conf")
        text = POLICIES[policy]
        if "%s" in text:
            text = text % self.certificates.folder
        with open(conf, "w") as f:
            f.write("configdirectory: %s/conf\nservername: here\npartition-default: %s/spool\n"
                    "proxy_authname: murder\nproxy_password: %s\nmupdate_authname: murder\n"
                    "mupdate_password: %s\nclient_timeout: 30s\n%s\n%s\n"
                    % (self.dir, self.dir, PASSWORD, PASSWORD, text, more))
        if program == "murder":
            program = "murder/murder"
        done = subprocess.run([os.path.join(ADMIN, program), "-C", conf, *arguments], text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=murder.DEADLINE,
                              env=dict(os.environ, ROOKERY_LOG=os.path.join(self.dir, "log")))
        return done.stdout


def judge(side, policy, fault, peer, out, wanted):
    what = (side, policy, fault, peer.login, out, peer.clear)
    assert peer.connections > 0, what
    assert peer.login == wanted, what
    assert wanted == "clear" or not peer.told(PASSWORD), what
    if wanted is None:
        assert peer.host_port in out and b"AUTH" not in peer.secret, what


def master_of(names):
    """A mupdate master that places these: name -> "server!partition"."""
    def answer(peer, tag, rest):
        word, _, argument = rest.partition(b" ")
        where = names.get(argument.strip(b'"').decode())
        if word.upper() != b"FIND" or where is None:
            return None
        return tag + b' MAILBOX "%s" "%s" ""\r\n' % (argument.strip(b'"'), where.encode()) + (
            tag + b' OK "done"\r\n')
    return answer


def by_mupdate(bench, policy, fault, program, *arguments):
    with bench.peer("mupdate", fault) as p:
        out = bench.run(policy, program, *arguments, more="mupdate_server: " + p.host_port)
        judge(" ".join((program,) + arguments), policy, fault, p, out, expected(policy, fault))


def test_commands_to_the_master():
    bench = Bench()
    for policy in POLICIES:
        for fault in FAULTS:
            by_mupdate(bench, policy, fault, "murder", "status")
            by_mupdate(bench, policy, fault, "ctl_mboxlist", "-m")


def test_moves():
    """murder move asks the source by IMAP and the destination by the replication dialect."""
    bench = Bench()
    for policy in POLICIES:
        for fault in FAULTS:
            for side in ("source", "destination"):
                with bench.peer("imap", fault if side == "source" else "good") as source, \
                        bench.peer("imap", fault if side == "destination" else "good",
                                   capabilities=[b"X-REPLICATION"]) as to, \
                        bench.peer("mupdate", "good", answer=master_of(
                            {"user.ann": source.host_port + "!default"})) as master:
                    out = bench.run(policy, "murder", "move", "--dry-run", "user.ann",
                                    to.host_port, more="mupdate_server: " + master.host_port)
                    if policy == "never, with a layer":
                        assert master.login is None and not master.told(PASSWORD), out
                        continue
                    judge("move, " + side, policy, fault, source if side == "source" else to, out,
                          expected(policy, fault))


def test_conversations_by_hand():
    """The testers take TLS by themselves where it must be; -t asks for it."""
    bench = Bench()
    for policy in POLICIES:
        demanded = policy in ("a CA file", "a CA directory", "verify", "tls_required",
                              "one server, verify")
        for fault in FAULTS:
            for program, dialect in (("imtest", "imap"), ("lmtptest", "lmtp"),
                                     ("mupdatetest", "mupdate")):
                for asked in ((), ("-t", "")):
                    wanted = expected("a CA file" if "one server, opp" in policy else
                                      policy if demanded else "tls_required", fault)
                    if not demanded and not asked:
                        wanted = "clear" if "layer" not in policy else None
                    with bench.peer(dialect, fault) as p:
                        out = bench.run(policy, program, "-a", "murder", "-w", PASSWORD, *asked,
                                        "-p", str(p.port), p.address)
                        judge(program + str(asked), policy, fault, p, out.replace(
                            "login at " + p.address, p.host_port), wanted)


def test_the_command_login_counts_too():
    bench = Bench()
    for policy, wanted in (("a CA file", "LOGIN"), ("a minimum layer", None),
                           ("nothing said", "LOGIN")):
        for fault in ("no_starttls", "good"):
            with bench.peer("imap", fault) as p:
                bench.run(policy, "imtest", "-m", "login", "-a", "murder", "-w", PASSWORD,
                          "-p", str(p.port), p.address)
                assert p.told(PASSWORD) == (policy == "nothing said"), (policy, fault, p.clear)
                assert (b"LOGIN" in p.secret) == (policy == "a CA file" and fault == "good")


def test_daemons_of_a_frontend():
    with murder.Murder(backends=1, tls=True) as m:
        front = m["frontend1"]
        certificates = fake_peer.Certificates(os.path.join(m.dir, "fake"), m.address)
        with fake_peer.Peer("imap", certificates.good, ports=m.ports) as imap, \
                fake_peer.Peer("lmtp", certificates.good, ports=m.ports) as lmtp:
            front.extra["fake_address"] = "imap=%s lmtp=%s" % (imap.host_port, lmtp.host_port)
            front.extra["backend_failures"] = "1000"
            front.extra["proxy_password"] = PASSWORD
            m.set_passwords({"ann": "pw"})
            front.stop()
            front.start()
            with mupdate_client.Client(m["mupdate"].address("mupdate")) as c:
                assert c.login(m["backend1"].name, m.node_password).startswith("OK")
                assert c.status("ACTIVATE", "user.ann", "fake!default",
                                "ann\tlrswipkxtecda\t").startswith("OK")
            for fault in ("no_starttls", "refused", "wrong_ca", "injected"):
                open(front.log, "w").close()
                for p in (imap, lmtp):
                    p.forget()
                    p.fault = None if fault == "wrong_ca" else fault
                with m.imap("frontend1", "ann") as c:
                    murder.wait_for(lambda: c.select("INBOX")[0] == "NO" and imap.connections,
                                    "proxyd asks the fake")
                refused = m.deliver(b"Subject: x\r\n\r\nbody\r\n", ["ann"])
                assert refused["ann"][0] == 451, (fault, refused)
                for p in (imap, lmtp):
                    assert p.connections and p.login is None and not p.told(PASSWORD), (
                        fault, p.clear)
                with open(front.log) as f:
                    text = f.read()
                said = {"no_starttls": "fake offers no STARTTLS", "refused": "STARTTLS is refused",
                        "wrong_ca": "certificate", "injected": "unread input"}[fault]
                for daemon in ("imap", "lmtpa"):
                    assert any("/%s[" % daemon in line and said in line and "fake" in line
                               for line in text.splitlines()), (
                                   fault, daemon, text[-3000:])


# What each fault is called in the log of a daemon that stays up.
SAID = {"no_starttls": "offers no STARTTLS", "refused": "STARTTLS is refused",
        "wrong_ca": "certificate", "wrong_name": "certificate", "expired": "certificate",
        "injected": "unread input", "stripped": ""}


def lines_of(policy, folder):
    """The policy as options."""
    text = POLICIES[policy]
    return dict(line.split(": ") for line in (text % folder if "%s" in text else text).splitlines())


def test_a_replica():
    """The daemon that follows the master, and tries again and again."""
    bench = Bench()
    os.chmod(bench.dir, 0o755)  # it is not root
    for policy in POLICIES:
        for fault in FAULTS:
            wanted = expected(policy, fault)
            # Where a layer is asked for, its lack is what is told.
            said = "" if "layer" in policy else SAID.get(fault, "")
            with bench.peer("mupdate", fault) as p:
                master = types.SimpleNamespace(address=(p.address, p.port))
                extra = dict(lines_of(policy, bench.certificates.folder), mupdate_password=PASSWORD,
                             mupdate_authname="murder")
                replica = mupdate_client.Mupdate(master, extra, users=("f",), name="f")
                try:
                    replica.start(wait=False)

                    def settled():
                        return p.login == wanted if wanted else any(
                            p.host_port in line and said in line
                            for line in replica.log_text().splitlines())
                    what = (policy, fault)
                    try:
                        murder.wait_for(settled, what)
                    except TimeoutError as e:
                        raise AssertionError((what, p.login, replica.log_text())) from e
                    judge("replica", policy, fault, p, replica.log_text() + p.host_port * bool(
                        wanted), wanted)
                finally:
                    replica.kill()
                    replica.__exit__()


def test_the_destination_of_XFER():
    """imapd itself logs in where a mailbox goes, as the administrator who says XFER does not."""
    with murder.Murder(backends=1, frontends=0) as m:
        here = m["backend1"]
        certificates = fake_peer.Certificates(os.path.join(m.dir, "fake"), m.address)
        m.give(certificates.folder)
        m.add_user("ann")
        with fake_peer.Peer("imap", certificates.good, capabilities=[b"X-REPLICATION"],
                            ports=m.ports) as p:
            for policy in POLICIES:
                if "layer" in policy or policy == "tls_required":
                    continue  # its own clients would need TLS too
                here.extra = dict(lines_of(policy, certificates.folder), allowusermoves="yes",
                                  fake_address="imap=" + p.host_port, proxy_password=PASSWORD,
                                  backend_failures="1000")
                for own in [o for o in here.extra if o.startswith("127_")]:
                    here.extra["fake_tls"] = here.extra.pop(own)
                here.stop()
                here.start()
                for fault in FAULTS:
                    wanted = expected(policy, fault)
                    p.forget()
                    p.certificate = getattr(certificates, fault if fault in UNTRUSTED else "good")
                    p.fault = None if fault in UNTRUSTED + ("good",) else fault
                    with m.imap("backend1", "cyrus") as c:
                        kind, data = c.xatom("XFER", "user.ann", "fake")
                    # A fake does not keep what it is given: no policy moves anything.
                    assert kind == "NO", (policy, fault, data)
                    out = here.tail(10)
                    judge("XFER", policy, fault, p, out + p.host_port, wanted)
                    if wanted is None:
                        last = [line for line in out.splitlines() if "fake" in line][-1]
                        assert SAID[fault] in last, (policy, fault, last)


if __name__ == "__main__":
    harness.main()
