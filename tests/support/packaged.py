"""What the Debian packages put on a machine, tried on machines that have it: by
tests/packages/debian where they are installed, by tests/system/packages_test.py where the build's
files stand as the packages' lists say (assemble).
"""
import glob
import imaplib
import os
import re
import shutil
import ssl
import subprocess

import documents
import harness
import hosts
import murder
import nntp_client
import pop3_client
import sieve_client
from murder import check

PACKAGING = os.path.join(murder.SOURCE, "dist/debian")
# Where debhelper puts what it knows by its name.
DEBHELPER = {"rookery.init": "etc/init.d/rookery",
             "rookery.default": "etc/default/rookery",
             "rookery.service": "usr/lib/systemd/system/rookery.service",
             "rookery-dump.service": "usr/lib/systemd/system/rookery-dump.service",
             "rookery-dump.timer": "usr/lib/systemd/system/rookery-dump.timer",
             "logrotate": "etc/logrotate.d/rookery-common",
             "sysusers": "usr/lib/sysusers.d/rookery-common.conf",
             "tmpfiles": "usr/lib/tmpfiles.d/rookery-common.conf"}
# What installing the packages does, without what a real machine may have of theirs and of Cyrus'.
INSTALLED = r"""
rm -rf /etc/sasldb2 /usr/sbin/cyrus /usr/lib/cyrus
rm -rf /var/lib/rookery /var/spool/rookery /var/lib/cyrus /var/spool/cyrus /var/spool/sieve
while read -r kind name id words; do
    case $kind in
    u) id "$name" >/dev/null 2>&1 || useradd -r -M -g "${id#*:}" -s /usr/sbin/nologin "$name" ;;
    m) usermod -a -G "$id" "$name" ;;
    esac
done </usr/lib/sysusers.d/rookery-common.conf
while read -r kind path mode user group age; do
    [ "$kind" = d ] && install -d -m "$mode" -o "$user" -g "$group" "$path"
done </usr/lib/tmpfiles.d/rookery-common.conf
chown root:mail /etc/imapd.conf
"""


def read(path):
    with open(path) as f:
        return f.read()


def run(*command, **more):
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          **more)
    assert done.returncode == 0, "%s: exit %d\n%s" % (" ".join(command), done.returncode,
                                                      done.stdout[-6000:])
    return done.stdout


# ------------------------------------------------------------------ the packages' files

def require():
    """A build whose programs have the packages' names."""
    if hosts.told_to_configure()["CLASH_PREFIX"] != "cyrus-":
        raise harness.Skip("configured without --with-clash-prefix")


def assemble(folder, work):
    """The files of all packages, below folder. work: a folder for what is on the way there."""
    installed = os.path.join(work, "installed")
    options = dict(re.findall(r"--(\w+dir)=(\S+)", read(os.path.join(PACKAGING, "rules"))))
    run("make", "-s", "-C", murder.BUILD, "install-strip", "DESTDIR=" + installed, "prefix=/usr",
        "mandir=/usr/share/man",
        *("%s=%s" % item for item in options.items()), env=dict(os.environ, MAKEFLAGS=""))
    for path in glob.glob(os.path.join(PACKAGING, "*.install")):
        for line in read(path).split():
            found = glob.glob(os.path.join(installed, line))
            assert found, "%s: there is no %s" % (os.path.basename(path), line)
            for source in found:
                target = os.path.join(folder, os.path.relpath(source, installed))
                os.makedirs(os.path.dirname(target), exist_ok=True)
                run("cp", "-a", source, target)
    for name, place in DEBHELPER.items():
        target = os.path.join(folder, place)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copyfile(os.path.join(PACKAGING, "rookery-common." + name), target)
        os.chmod(target, 0o755 if name.endswith(".init") else 0o644)
    by_rules(folder, work)
    lead_to(folder, dict(options, sbindir="/usr/sbin"))


def by_rules(folder, work):
    """What debian/rules does by hand."""
    tree = os.path.join(work, "tree")
    shutil.copytree(os.path.join(murder.SOURCE, "dist"), os.path.join(tree, "dist"))
    shutil.copytree(PACKAGING, os.path.join(tree, "debian"))
    os.symlink(folder, os.path.join(tree, "debian", "rookery-common"))
    programs = os.path.join(work, "programs")
    os.mkdir(programs)
    os.symlink("/bin/true", os.path.join(programs, "dh_install"))
    run("make", "-s", "-f", "debian/rules", "override_dh_install", cwd=tree,
        env=dict(os.environ, MAKEFLAGS="", PATH=programs + ":" + os.environ["PATH"]))


def lead_to(folder, options):
    """The build was configured for other folders than the packages have: links lead there."""
    told = hosts.configured()
    for name, place in options.items():
        if told[name] != place and name != "runstatedir":
            link = os.path.join(folder, told[name].lstrip("/"))
            os.makedirs(os.path.dirname(link), exist_ok=True)
            os.symlink(place, link)


# ------------------------------------------------------------------ tried

SINGLE = r"""
step() { echo "did: $*"; }
service rookery start
service rookery status
step "the init script starts the stock configuration"
[ "$(stat -c %U:%G /run/rookery)" = cyrus:mail ]
[ "$(stat -c '%U:%G %a' /etc/imapd.conf)" = "root:mail 640" ]
/usr/libexec/rookery/master -t
step "the stock configuration is sound"
for user in cyrus alice; do echo "secret of $user" | rookery-passwd $user; done
printf 'createmailbox user/alice\nsetquota user/alice STORAGE 1000\nlistmailbox\n' |
    cyradm --user cyrus --password "secret of cyrus" localhost | grep user/alice
step "cyradm makes a mailbox"
printf 'From: a@example.org\nSubject: hello\n\nIn a package.\n' | cyrus-deliver alice
step "cyrus-deliver delivers through the LMTP socket"
# Not over TLS, so by a mechanism that hides the password.
printf '. SELECT INBOX\n. FETCH 1 BODY[TEXT]\n. LOGOUT\n' > commands
cyrus-imtest -m SCRAM-SHA-256 -a alice -w "secret of alice" -f commands localhost |
    grep "In a package"
step "cyrus-imtest reads it"
cyrus-quota | grep user.alice
step "cyrus-quota shows its root"
/etc/cron.daily/rookery-common
ctl_mboxlist -d | cmp - /var/backups/rookery/mailboxes
step "the mailbox list is written daily"
"""


def do(machine, script):
    done = machine.run(script, deadline=120)
    assert done.status == 0, "%s, exit %d:\n%s" % (machine.name, done.status, done.output)
    return done.output


def single(machine):
    do(machine, SINGLE)


# The init script: what each of its words ends with, in the order in which this can be said.
SCRIPT = r"""
is() {
    wanted=$1
    shift
    got=0
    "$@" || got=$?
    [ $got = $wanted ] || { echo "$*: exit $got, not $wanted"; exit 1; }
}
script=/etc/init.d/rookery
is 3 $script status
is 0 $script stop
is 2 $script
is 2 $script no-such-word
is 0 $script start
is 0 $script status
pid=$(cat /run/rookery-master.pid)
is 0 $script start
[ "$(cat /run/rookery-master.pid)" = $pid ]
is 0 $script reload
[ "$(cat /run/rookery-master.pid)" = $pid ]
is 0 $script restart
[ "$(cat /run/rookery-master.pid)" != $pid ]
pid=$(cat /run/rookery-master.pid)
is 0 $script force-reload
is 0 $script stop
[ ! -e /proc/$pid ]
[ ! -e /run/rookery-master.ready ]
is 3 $script status
is 1 $script reload
# Killed, and its pid file is there.
is 0 $script start
kill -9 $(cat /run/rookery-master.pid)
while $script status; do sleep 0.1; done
is 1 $script status
is 0 $script start
is 0 $script status
is 0 $script stop
# What cannot start says so.
cp /etc/cyrus.conf kept
echo "SERVICES {" >/etc/cyrus.conf
is 2 $script start
is 3 $script status
cp kept /etc/cyrus.conf
is 0 $script start
is 0 $script stop
"""


def script(machine):
    do(machine, SCRIPT)


# What reads them says nothing of the other files, where it is installed.
OTHER_FILES = r"""
has() { command -v $1 >/dev/null; }
mkdir -p /var/log/rookery
if has logrotate; then
    chown cyrus:mail /var/log/rookery
    echo line >/var/log/rookery/a.log
    touch -d '2 weeks ago' /var/log/rookery/a.log
    logrotate -d /etc/logrotate.d/rookery-common 2>logrotate.out || { cat logrotate.out; exit 1; }
    if grep -i error logrotate.out; then exit 1; fi
    grep '/var/log/rookery/a.log' logrotate.out
fi
if has systemd-tmpfiles; then
    mkdir -p root/etc root/usr/lib
    cp -r /usr/lib/tmpfiles.d /usr/lib/sysusers.d root/usr/lib
    rm -f root/usr/lib/*.d/[!r]* root/usr/lib/*.d/r[!o]*
    printf 'mail:x:8:\nsasl:x:45:\n' >root/etc/group
    systemd-sysusers --root=$PWD/root
    grep '^cyrus:.*:8:.*:/var/lib/rookery:' root/etc/passwd
    grep '^sasl:.*:cyrus$' root/etc/group
    systemd-tmpfiles --root=$PWD/root --create
    user=$(sed -n 's/^cyrus:[^:]*:\([0-9]*\):.*/\1/p' root/etc/passwd)
    [ "$(stat -c '%u:%g %a' root/run/rookery root/var/lib/rookery root/var/spool/rookery)" = \
        "$user:8 755
$user:8 750
$user:8 750" ]
fi
if has systemd-analyze; then
    systemd-analyze verify --man=no /usr/lib/systemd/system/rookery* 2>&1 | tee unit.out
    [ ! -s unit.out ]
fi
"""


def other_files(machine):
    do(machine, OTHER_FILES)


# ------------------------------------------------------------------ a murder by the stock files

MACHINES = {"mupdate": "192.0.2.10", "mail1": "192.0.2.11", "mail2": "192.0.2.12",
            "imap1": "192.0.2.21"}
ROLES = {"mupdate": "master", "mail1": "backend", "mail2": "backend", "imap1": "frontend"}
GUIDE = "doc/admin/install-murder.md"
ENTRY = re.compile(r"(#?)(?:(\w+):|\s+(\w+)\s+cmd=).*")


def for_role(text, *words):
    """A stock file with the lines that stand as comments under a heading with one of the words. One
    takes the place of the line of its name before it."""
    lines, places, heading, was_comment = [], {}, "", False
    for line in text.splitlines():
        entry = ENTRY.fullmatch(line)
        is_comment = not entry and line.lstrip().startswith("#")
        if line == "":
            heading = ""
        elif is_comment and not was_comment:
            heading = re.split(r"[:,.]", line.lower())[0]
        elif entry and (not entry[1] or any(word in heading for word in words)):
            name = entry[2] or entry[3]
            if entry[1] and name in places:
                lines[places[name]] = None
            places[name] = len(lines)
            line = line.lstrip("#")
        was_comment = is_comment
        lines.append(line)
    return "".join(line + "\n" for line in lines if line is not None)


def configure(machine, role):
    """Its /etc/cyrus.conf and /etc/imapd.conf, as installed, with the lines of the role."""
    cyrus, imapd = (read(machine.path(path)) for path in ("/etc/cyrus.conf", "/etc/imapd.conf"))
    cyrus = for_role(cyrus, role, "newsgroups")
    imapd = for_role(imapd, role, "every server", "a password")
    imapd = imapd.replace("servername: mail1.example.org\n", "servername: %s\n" % machine.host)
    if role == "master":
        cyrus = re.sub(r"(?m)^  \w+ +cmd=\"(?:imapd|pop3d|timsieved|lmtpd|nntpd)\".*\n", "", cyrus)
    if role != "backend":
        imapd = re.sub(r"(?m)^(?:default)?partition.*\n", "", imapd)
        imapd = imapd.replace("mupdate_authname: backend\n", "mupdate_authname: frontend\n")
    documents.write(machine.path("/etc/cyrus.conf"), cyrus)
    documents.write(machine.path("/etc/imapd.conf"), imapd)


def murder_of_stock_files(network):
    player = documents.Player(network, "secret")
    for step in documents.markdown(GUIDE, "Before you begin", "The mupdate master"):
        step.machines = [name for name in step.machines if name in MACHINES]
        player.play([step])
    users = {"mupdate": ("cyrus", "backend", "frontend"), "mail1": ("cyrus", "backend", "murder"),
             "mail2": ("cyrus", "backend", "murder"), "imap1": ("cyrus", "alice")}
    for name, role in ROLES.items():
        machine = network[name]
        configure(machine, role)
        for user in users[name]:
            do(machine, "echo secret | rookery-passwd " + user)
        said = do(machine, "murder check-config")
        assert said == "", "%s: %s\n%s" % (name, said, read(machine.path("/etc/imapd.conf")))
        do(machine, "service rookery start")
    for name in ("mail1", "mail2", "imap1"):
        said = do(network[name], "murder check-config --connect")
        assert said == "", "%s: %s" % (name, said)
    seeds_commands(network, player)


def mail(subject):
    return "From: bob@example.org\nSubject: %s\nMessage-ID: <%s@example.org>\n\nAt noon?\n" % (
        subject, subject)


def tls_context():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def imap(machine, user):
    c = machine.visit(lambda: imaplib.IMAP4(machine.address))
    c.starttls(tls_context())
    c.login(user, "secret")
    return c


def subjects(machine, mailbox="INBOX"):
    with imap(machine, "alice") as c:
        check(c.select(mailbox, readonly=True))
        found = check(c.search(None, "ALL"))[0].split()
        return [check(c.fetch(n, "(BODY[HEADER.FIELDS (SUBJECT)])"))[0][1].split()[1].decode()
                for n in found]


def seeds_commands(network, player):
    """What the guide to a Cyrus murder types, and each protocol."""
    front = network["imap1"]
    do(network["mail1"], "ctl_mboxlist -m -w; ctl_mboxlist -m")
    do(network["mail1"], "echo secret | cyrus-mupdatetest -C /etc/imapd.conf -a backend "
       "mupdate.example.org | grep Authenticated")
    player.cyradm("imap1", "createmailbox user/alice mail1.example.org\n"
                  "createmailbox news/misc/test mail2.example.org\n"
                  "setaclmailbox news/misc/test anyone lrsp\n")
    do(front, "printf '%s' | cyrus-deliver alice" % mail("lunch").replace("\n", "\\n"))
    assert subjects(front) == ["lunch"]
    player.cyradm("imap1", "renamemailbox user/alice user/alice mail2.example.org\n")
    assert "user.alice" in do(network["mail2"], "ctl_mboxlist -d")
    assert subjects(front) == ["lunch"]

    c = front.visit(lambda: sieve_client.Client((front.address, 4190)))
    with c:
        c.starttls()
        assert c.login("alice", "secret").word == "OK"
        script = b'require ["fileinto", "mailbox"];\r\nfileinto :create "Sorted";\r\n'
        assert c.ask(sieve_client.put("sorted", script)).word == "OK"
        assert c.ask(b'SETACTIVE "sorted"').word == "OK"
    do(front, "printf '%s' | cyrus-deliver alice" % mail("supper").replace("\n", "\\n"))
    assert (subjects(front), subjects(front, "Sorted")) == (["lunch"], ["supper"])

    with front.visit(lambda: pop3_client.Client((front.address, 110))) as c:
        assert c.stls().ok and c.login("alice", "secret").ok
        assert b"Subject: lunch\r\n" in c.all("RETR 1").body
    with front.visit(lambda: nntp_client.Client((front.address, 119))) as c:
        c.starttls()
        assert c.login("alice", "secret").code == 281
        said = c.post(mail("news").replace("Subject", "Newsgroups: news.misc.test\nSubject")
                      .replace("\n", "\r\n").encode())
        assert said.code == 240, said
        murder.wait_for(lambda: c.ask("GROUP news.misc.test").text.startswith("1 "), "the article")
    for name in MACHINES:
        do(network[name], "service rookery stop")


# ------------------------------------------------------------------ Debian's files for Cyrus

def debians_cyrus_files(machine, cyrus, imapd):
    """Both files as cyrus-common installs them, and nothing but them."""
    documents.write(machine.path("/etc/cyrus.conf"), cyrus)
    documents.write(machine.path("/etc/imapd.conf"), imapd)
    do(machine, "cyrus-makedirs")  # as README.Debian says
    do(machine, "service rookery start")
    do(machine, "echo secret | rookery-passwd alice")
    assert do(machine, "stat -c %F%U /run/cyrus/socket/lmtp") == "socketcyrus\n"
    with machine.visit(lambda: imaplib.IMAP4(machine.address)) as c:
        c.login("alice", "secret")
        check(c.create("INBOX.Sorted"))  # the INBOX by itself: autocreate_quota is 0
        with machine.visit(lambda: sieve_client.Client(("127.0.0.1", 4190))) as s:
            assert s.login("alice", "secret").word == "OK"
            script = b'require "fileinto";\r\nfileinto "INBOX.Sorted";\r\n'
            assert s.ask(sieve_client.put("sorted", script)).word == "OK"
            assert s.ask(b'SETACTIVE "sorted"').word == "OK"
        do(machine, "printf '%s' | cyrus-deliver alice" % mail("lunch").replace("\n", "\\n"))
        assert check(c.select("INBOX.Sorted"))[0] == b"1"
        check(c.copy("1", "INBOX"))
    with machine.visit(lambda: pop3_client.Client((machine.address, 110))) as c:
        assert c.login("alice", "secret").ok
        assert b"Subject: lunch\r\n" in c.all("RETR 1").body
    with machine.visit(lambda: nntp_client.Client((machine.address, 119))) as c:
        assert c.greeting.code in (200, 201), c.greeting
    deserved = [text for priority, text in log_lines(machine)
                if priority & 7 <= WARNING and "rookery-passwd[" not in text]
    wanted = ["notify is left out", "http is left out"]
    assert len(deserved) == len(wanted) and all(w in d for w, d in zip(wanted, deserved)), deserved
    do(machine, "service rookery stop")


# ------------------------------------------------------------------ the log

WARNING = 4


def log_lines(machine):
    """(priority, "program[1]: text") of each."""
    for line in machine.messages().splitlines():
        found = re.match(r"<(\d+)>\w{3} [ \d]\d [\d:]{8} (.*)", line)
        if found:
            yield int(found[1]), found[2]


def logcheck_rules(machines):
    """logcheck(8) leaves out what is as it should be, and nothing else."""
    rules = "/etc/logcheck/ignore.d.server/rookery-common"
    for machine in machines:
        lines = list(log_lines(machine))
        text = "".join("Nov 30 04:05:06 %s %s\n" % (machine.name, line) for _, line in lines)
        told = machine.run("grep -E -v -f %s || :" % rules, input=text).output.splitlines()
        told = [line.split(None, 4)[4] for line in told]
        wanted = [line for priority, line in lines if priority & 7 <= WARNING and
                  not SASLS_OWN.match(line)]
        assert told == wanted, "\n".join(["logcheck tells:"] + told + ["and is to tell:"] + wanted)


# libsasl says so of each new password.
SASLS_OWN = re.compile(r"rookery-passwd\[\d+\]: error deleting entry from sasldb: .*DB_NOTFOUND")
