#!/usr/bin/env python3
"""murder check-config: broken configurations name their fault and no other, sound ones none."""
import grp
import json
import os
import re
import subprocess
import sys
import tempfile
import pwd
import shutil

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import fake_peer
import harness
import murder
from check_config_cases import BROKEN, DEBIAN, FRESH, READERS, SOUND, START


class Place:
    """A folder with programs, certificates and what else the configurations name."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="rookery-check-config-")
        os.chmod(self.dir, 0o755)
        self.bin = murder.stage(os.path.join(self.dir, "bin"))
        self.user = murder.unprivileged_user()
        for sub in ("conf", "spool", "spool/inner", "spool2", "closed", "shut"):
            os.mkdir(self.path(sub))
        self.openssl("cert.pem", "key.pem", 365)
        self.openssl("other.pem", "other-key.pem", 365)
        self.openssl("soon.pem", "soon-key.pem", 20)
        self.openssl("open.pem", "open-key.pem", 365)
        for name, past in zip(("past.pem", "past-key.pem"),
                              fake_peer.Certificates(self.path("ca")).expired):
            shutil.copy(past, self.path(name))
            os.chmod(self.path(name), 0o600)
        subprocess.run(["openssl", "pkey", "-in", self.path("key.pem"), "-aes256", "-passout",
                        "pass:secret", "-out", self.path("locked-key.pem")], check=True)
        os.chmod(self.path("locked-key.pem"), 0o600)
        shutil.copy(self.path("key.pem"), self.path("shut/key.pem"))
        self.write("chain.pem", self.read("other.pem") + self.read("cert.pem"))
        self.write("sasldb2", "passwords")
        self.write("empty", "")
        self.write("script", "keep;")
        if os.geteuid() == 0:
            self.chown()
        os.chmod(self.path("open-key.pem"), 0o644)
        os.chmod(self.path("closed"), 0o500)
        os.chmod(self.path("shut"), 0)

    def path(self, name):
        return os.path.join(self.dir, name)

    def read(self, name):
        with open(self.path(name)) as f:
            return f.read()

    def write(self, name, text):
        with open(self.path(name), "w") as f:
            f.write(text)
        os.chmod(self.path(name), 0o600)

    def openssl(self, certificate, key, days):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-days", str(days), "-subj",
             "/CN=mail1.example.org", "-keyout", self.path(key), "-out",
             self.path(certificate)], check=True, stderr=subprocess.DEVNULL)
        os.chmod(self.path(key), 0o600)

    def chown(self):
        entry = pwd.getpwnam(self.user)
        for top, _, files in os.walk(self.dir):
            if top.startswith(self.bin):
                continue
            for name in [top] + [os.path.join(top, f) for f in files]:
                os.chown(name, entry.pw_uid, entry.pw_gid)

    def fill(self, text):
        user = "cyrus_user: %s\n" % self.user if os.geteuid() == 0 else "# who runs it\n"
        group = grp.getgrgid(os.getgid()).gr_name
        return text.replace("@DIR@", self.dir).replace("@USER@\n", user).replace("@GROUP@", group)

    def check(self, cyrus, imapd, *arguments, program="murder", environment=None, before=()):
        """The findings of two texts, each as (file, line, text, what to write), and the status."""
        self.write("cyrus.conf", self.fill(cyrus))
        self.write("imapd.conf", self.fill(imapd))
        if os.geteuid() == 0:
            entry = pwd.getpwnam(self.user)
            os.chown(self.path("imapd.conf"), entry.pw_uid, entry.pw_gid)
        command = [os.path.join(self.bin, program), "-C", self.path("imapd.conf"),
                   "-M", self.path("cyrus.conf")]
        command = [*before, *command]
        command += list(arguments or (["-t"] if program == "master" else ["check-config"]))
        env = dict(os.environ, ROOKERY_LOG=self.path("conf/log"), CYRUS_USER=self.user)
        env.update(environment or {})
        done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=60)
        # Whoever asks for a passphrase waits for somebody who is not there.
        assert "phrase" not in done.stderr, done.stderr
        if done.stderr:
            print(done.stderr)
        if "--json" in command:
            return json.loads(done.stdout), done.returncode
        lines = [re.fullmatch(r"(.*?):(\d+): (.*); write: (.*)", line)
                 for line in done.stdout.splitlines()]
        assert None not in lines, done.stdout
        return [(os.path.basename(m[1]), int(m[2]), m[3], m[4]) for m in lines], done.returncode

    def close(self):
        os.chmod(self.path("shut"), 0o700)
        shutil.rmtree(self.dir)


place = Place()


def changed(text, changes):
    """Each change is "+line", "-pattern" of lines to take out, or (pattern, replacement)."""
    for change in [changes] if isinstance(changes, (str, tuple)) else changes:
        if isinstance(change, tuple):
            new = re.sub(change[0], change[1], text, flags=re.M)
        elif change.startswith("+"):
            new = text + change[1:] + "\n"
        else:
            new = re.sub("^.*%s.*\n" % change[1:], "", text, flags=re.M)
        assert new != text, "%r changes nothing" % (change,)
        text = new
    return text


def line_of(text, pattern):
    for number, line in enumerate(text.splitlines(), 1):
        if re.search(pattern, line):
            return number
    return 1


def examine(case):
    """The complaints about one case of the table."""
    cyrus, imapd = SOUND[case["role"]]
    cyrus = changed(cyrus, case.get("cyrus", []))
    imapd = changed(imapd, case.get("imapd", []))
    found, status = place.check(cyrus, imapd)
    if len(found) != 1 or status != 1:
        return "%s: status %d, %s" % (case["name"], status, found)
    file, line, text, write = found[0]
    for wanted, got in ((case["text"], text), (case["write"], write)):
        if place.fill(wanted) not in got:
            return "%s: %r is not in %r" % (case["name"], wanted, got)
    where, pattern = case["at"]
    of = cyrus if where == "cyrus.conf" else imapd
    if file != where or line != line_of(of, pattern):
        return "%s: at %s:%d" % (case["name"], file, line)
    return None


def examine_all(cases):
    wrong = [complaint for complaint in map(examine, cases) if complaint]
    assert not wrong, "\n".join(["%d of %d:" % (len(wrong), len(cases))] + wrong)


def test_sound_configurations_give_no_line():
    for role, (cyrus, imapd) in SOUND.items():
        found, status = place.check(cyrus, imapd)
        assert (found, status) == ([], 0), (role, found, status)


def test_broken_configurations_name_their_fault_and_no_other():
    assert len(BROKEN) >= 60, len(BROKEN)
    examine_all(BROKEN)


def test_broken_configurations_of_a_fresh_reader():
    assert len(FRESH) >= 30, len(FRESH)
    examine_all(FRESH)


def test_what_readers_of_the_documentation_got_wrong():
    assert len(READERS) >= 50, len(READERS)
    examine_all(READERS)


def test_included_files_are_the_daemons_alone():
    cyrus, imapd = SOUND["backend"]
    text = imapd.replace("mupdate_password: secret\n", "@include: included\n")
    place.write("included", "mupdate_password: secret\n")
    line = line_of(text, "^@include")
    for mode, said in (("640", None), ("644", "there are passwords in it"),
                       ("000", "Permission denied")):
        before = ["sh", "-c", 'chmod %s "$0" && exec "$@"' % mode, place.path("included")]
        if os.geteuid() == 0:
            shutil.chown(place.path("included"), place.user)
        found, _ = place.check(cyrus, text, before=before)
        if said is None:
            assert found == [], found
            continue
        file, at, what, _ = found[0]
        assert (file, at, len(found)) == ("imapd.conf", line, 1) and said in what, found
    os.unlink(place.path("included"))
    # What it has in it is not missed besides.
    found, _ = place.check(cyrus, text)
    assert len(found) == 1 and found[0][1] == line and "No such file" in found[0][2], found


def test_what_debian_installs_gives_no_line():
    cyrus, imapd = DEBIAN
    for folder in ("var/lib/cyrus", "var/spool/cyrus/mail", "var/spool/cyrus/news"):
        os.makedirs(place.path(folder), exist_ok=True)
    if os.geteuid() == 0:
        place.chown()
    imapd = re.sub(": (/var/(lib|spool/cyrus))", r": @DIR@\1", imapd)
    # It is made by the first saslpasswd2; the test has no say in what is there on this machine.
    found, status = place.check(cyrus, imapd + "sasl_sasldb_path: @DIR@/sasldb2\n")
    assert (found, status) == ([], 0), found
    # What somebody has chosen is told.
    found, _ = place.check(cyrus.replace("8008", "8080"),
                           imapd.replace("caldav carddav", "jmap") +
                           "sasl_sasldb_path: @DIR@/sasldb2\n")
    assert [f[2].split(" is ")[0] for f in found] == ["http", "httpmodules"], found


def examples():
    """Every whole configuration of the manual pages and guides, as (where, text). Not of
    install-murder.md, which asks check-config itself, on the machine that each is for."""
    folders = [os.path.join(murder.SOURCE, sub) for sub in ("man", "doc", "doc/admin")]
    paths = [os.path.join(f, n) for f in folders for n in sorted(os.listdir(f))]
    paths.append(os.path.join(murder.BUILD, "man/imapd.conf.5"))
    for path in filter(os.path.isfile, paths):
        if os.path.basename(path) == "install-murder.md":
            continue
        with open(path) as f:
            text = f.read()
        for block in re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", text, re.M | re.S) + re.findall(
                r"^```\w*\n(.*?)^```", text, re.M | re.S):
            if "configdirectory:" in block or "SERVICES {" in block:
                yield os.path.basename(path), block


def test_each_example_gives_no_line():
    count = 0
    for name, block in examples():
        count += 1
        if "configdirectory:" in block:
            role = ("single" if "mupdate_server:" not in block else
                    "backend" if "proxyservers:" in block else "frontend")
            cyrus, imapd = SOUND[role][0], block
            imapd = re.sub("/var/lib/imap", "@DIR@/conf", imapd)
            imapd = re.sub("/var/spool/imap", "@DIR@/spool", imapd)
            imapd = re.sub(r": /etc/ssl/\S*\.key", ": @DIR@/key.pem", imapd)
            imapd = re.sub(r": /etc/ssl/\S*\.pem", ": @DIR@/cert.pem", imapd)
            imapd += "sasl_sasldb_path: @DIR@/sasldb2\n@USER@\n"
        else:
            role = ("frontend" if "proxyd" in block else "master" if "mupdate -m" in block else
                    "single")
            cyrus, imapd = re.sub("/var/lib/imap", "@DIR@/conf", block), SOUND[role][1]
            if "START {" not in block:  # it shows a section
                cyrus = START + cyrus
        found, status = place.check(cyrus, imapd)
        assert (found, status) == ([], 0), (name, block, found)
    assert count >= 3, count


def test_every_option_of_cyrus_is_read_or_named_with_its_reason():
    names = open(os.path.join(murder.SOURCE, "tests/support/cyrus_options.txt")).read().split()
    page = open(os.path.join(murder.BUILD, "man/imapd.conf.5")).read()
    ours = set(re.findall(r"^\.It Cm (\S+)", page, re.M)) | set(
        open(os.path.join(murder.SOURCE, "lib/config/options.def")).read().split())
    others = [n for n in names if n not in ours and not n.startswith("sasl_")]
    assert len(others) > 300, len(others)
    cyrus, imapd = SOUND["single"]
    first = imapd.count("\n") + 1
    found, _ = place.check(cyrus, imapd + "".join("%s: x\n" % n for n in others))
    told = {line - first: text for _, line, text, _ in found}
    for n, name in enumerate(others):
        text = told.get(n, "")
        assert re.match("%s is not (needed|implemented): .|%s is an older name" % (name, name),
                        text), (name, text)


def test_what_programs_read():
    cyrus, imapd = SOUND["single"]
    report, status = place.check(cyrus, imapd, "check-config", "--json")
    assert (report, status) == ({"result": "fine", "findings": []}, 0), report
    report, status = place.check(cyrus, imapd + "colour: blue\n", "check-config", "--json")
    assert status == 1 and report["result"] == "warning", report
    finding, = report["findings"]
    assert finding["line"] == imapd.count("\n") + 1, finding
    assert finding["severity"] == "warning" and "colour" in finding["text"], finding


def test_master_t_says_the_same():
    cyrus, imapd = SOUND["backend"]
    assert place.check(cyrus, imapd, program="master") == ([], 0)
    broken = imapd + "colour: blue\nproxyserver: murder\n"
    told = place.check(cyrus, broken, program="master")
    assert told[1] == 1 and len(told[0]) == 2, told
    assert told == place.check(cyrus, broken), told


def test_files_that_are_not_there():
    for missing in ("-C", "-M"):
        for name in ("none", "conf"):  # nothing, and a folder
            done = subprocess.run([os.path.join(place.bin, "murder"), "check-config", missing,
                                   place.path(name)], capture_output=True, text=True, timeout=60)
            assert done.returncode == 78 and done.stdout == "", done
    done = subprocess.run([os.path.join(place.bin, "murder"), "check-config", "too", "much"],
                          capture_output=True, timeout=60)
    assert done.returncode == 64, done


def test_what_a_text_cannot_say():
    """A full disk, a log that nobody reads, passwords for everybody."""
    cyrus, imapd = SOUND["single"]
    found, _ = place.check(cyrus, imapd + "free_space_warning: 100\n")
    assert all("is full but for" in f[2] for f in found) and len(found) == 2, found
    if not os.path.exists("/dev/log"):
        found, _ = place.check(cyrus, imapd, environment={"ROOKERY_LOG": ""})
        assert [f[2].split(":")[0] for f in found] == ["nobody reads the log"], found


STEPS = ("address", "resolve", "connect", "greeting", "TLS", "mechanism", "password",
         "not an admin", "a reader", "not a proxyserver")

def test_passwords_that_everybody_may_read():
    cyrus, imapd = SOUND["single"]
    before = ["sh", "-c", 'chmod 644 "$0" && exec "$@"', place.path("imapd.conf")]
    for peer, is_secret in (("us:secret@news.example.net", True), ("x us:secret@", True),
                            ("news.example.net:*,@local.*", False), ("us@x:comp.*", False)):
        found, _ = place.check(cyrus, imapd + "newspeer: %s\n" % peer, before=before)
        said = [f for f in found if f[2].startswith("there are passwords in it")]
        assert bool(said) == is_secret, (peer, found)


def test_a_partition_that_is_not_mounted():
    """By a fstab(5) of the test's own, in a namespace of its own."""
    namespace = ["unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc/fstab && exec "$@"']
    place.write("fstab", "/dev/sdz1 / ext4 defaults 0 1\n"
                         "/dev/sdz2 %s ext4 defaults 0 2\n"
                         "/dev/sdz3 %s ext4 noauto 0 2\n"
                % (place.path("spool2"), place.path("spool")))
    os.chmod(place.path("fstab"), 0o644)
    if not os.path.exists("/etc/fstab") or subprocess.run(
            [*namespace, place.path("fstab"), "true"], capture_output=True).returncode != 0:
        raise harness.Skip("no mount namespaces")
    cyrus, imapd = SOUND["single"]
    before = [*namespace, place.path("fstab")]
    found, status = place.check(cyrus, imapd, before=before)
    assert (found, status) == ([], 0), found  # noauto, and no other is meant
    found, _ = place.check(cyrus, imapd.replace("@DIR@/spool", "@DIR@/spool2"), before=before)
    assert [f[2:] for f in found] == [
        ("partition-default: %s is not mounted" % place.path("spool2"),
         "mount %s" % place.path("spool2"))], found


READER = {"mupdate_authname": "reader", "mupdate_username": "reader", "mupdate_password": "pw"}
# Of a frontend's configuration: what is changed, and which server, service and step is named.
PEERS = [
    ({}, []),
    ({"backend1_address": "no-such-host.invalid"}, [("backend1", "imap", "resolve")]),
    ({"backend1_address": "@ADDRESS@:1"}, [("backend1", "imap", "connect")]),
    ({"backend1_address": "[::1"}, [("backend1", "imap", "address")]),
    ({"backend1_address": "@LMTP@"}, [("backend1", "imap", "greeting")]),
    ({"backend1_tls": "verify", "tls_client_ca_file": "@CA@"}, [("backend1", "imap", "TLS")]),
    ({"backend1_mechs": "GSSAPI"}, [("backend1", "imap", "mechanism")]),
    ({"backend1_password": "wrong"}, [("backend1", "imap", "password")]),
    ({"proxy_authname": "alice", "proxy_password": "pw"},
     [("backend1", "imap", "not a proxyserver"), ("backend2", "imap", "not a proxyserver")]),
    ({"mupdate_password": "wrong"}, [("mupdate", "mupdate", "password")]),
    ({"mupdate_authname": "alice", "mupdate_username": "alice", "mupdate_password": "pw"},
     [("mupdate", "mupdate", "not an admin")]),
    (READER, []),
]


def steps(instance, options):
    """What --connect says of the instance's configuration with these options."""
    saved = instance.imapd_conf, instance.extra
    try:
        instance.extra = dict(saved[1], **options)
        instance.imapd_conf = saved[0] + ".check"
        with open(instance.imapd_conf, "w") as f:
            f.writelines("%s: %s\n" % (k, v) for k, v in instance.options().items()
                         if v is not None)
        instance.murder.give(instance.dir)
        done = instance.run("murder", "-M", instance.cyrus_conf, "check-config", "--connect",
                            check=False)
    finally:
        instance.imapd_conf, instance.extra = saved
    found = []
    for text in re.findall(r"^[^:]*:\d+: (.*); write: .", done.stdout, re.M):
        m = re.match(r"(\S+), (\w+): (%s): " % "|".join(STEPS), text)
        if m:
            found.append((m[1].split(":")[0], m[2], m[3]))
    return sorted(found), done.stdout


def test_each_peer_is_tried_and_the_step_that_failed_is_named():
    with murder.Murder(backends=2, frontends=1, start=False) as m:
        m["backend1"].extra["lmtp_admins"] = m["backend2"].extra["admins"] = "cyrus"
        m["mupdate"].extra["mupdate_readers"] = "reader"
        m.start()
        m.set_passwords({"alice": "pw", "reader": "pw"})
        master = m["mupdate"].host_port("mupdate").split(":")[0]
        wrong = []
        for options, wanted in PEERS:
            fill = {"@ADDRESS@": m.address, "@LMTP@": m["backend1"].host_port("lmtp"),
                    "@CA@": place.path("cert.pem")}
            options = {k: fill.get(v, v.replace("@ADDRESS@", m.address))
                       for k, v in options.items()}
            if "tls_client_ca_file" in options:
                options["backend_tls"] = "opportunistic"
            wanted = [(master if name == "mupdate" else name, *rest) for name, *rest in wanted]
            if not any(name == "backend1" for name, *_ in wanted):
                wanted.append(("backend1", "lmtp", "not an admin"))  # its lmtp_admins
            found, text = steps(m["frontend1"], options)
            if found != sorted(wanted):
                wrong.append("%s: %s\n%s" % (options, found, text))
        # For moves: the other backend has another administrator only.
        found, text = steps(m["backend1"], {"serverlist": "backend1 backend2"})
        if found != [("backend2", "imap", "not an admin")]:
            wrong.append("moves: %s\n%s" % (found, text))
        found, text = steps(m["backend2"], {"serverlist": "backend1 backend2"})
        if found:
            wrong.append("moves: %s\n%s" % (found, text))
        found, text = steps(m["backend2"], dict(READER, serverlist="backend1 backend2"))
        if found != [(master, "mupdate", "a reader")]:
            wrong.append("a reader's name at a backend: %s\n%s" % (found, text))
        assert not wrong, "\n".join(wrong)


def main():
    try:
        harness.main()
    finally:
        place.close()


if __name__ == "__main__":
    main()
