"""An administrator's day: what is typed into cyradm, ours or Cyrus', and what it prints then."""
import base64
import os
import re
import socket
import subprocess

import mixed

# What is typed at a frontend, and all that is printed then (a pattern). user.ann is made on the
# first backend and user.bob on the second.
ADMINISTRATION = (
    ("version", r"name : Rookery version : .*"),
    ("cm user.ann be1.mixed.test!default", ""),
    ("cm user.bob be2.mixed.test", ""),
    ("cm user.ann.x", ""),
    (r"cm --specialuse \\Sent user.ann.Sent", ""),
    (r"cm --specialuse \\Sent user.ann", r"createmailbox: \[ALREADYEXISTS\] .*"),
    ("cm user.ann", r"createmailbox: \[ALREADYEXISTS\] .*"),
    ("cm user.eve nowhere.mixed.test!default", r"createmailbox: \[UNAVAILABLE\] .*"),
    ("lm user.ann*", r"(user\.ann \(\\HasChildren\) ?|"
                     r"user\.ann\.(x|Sent) \(\\HasNoChildren\) ?){3}"),
    ("lm %.bob", r"user\.bob \(\\HasNoChildren\)"),
    ("lm nothing", ""),
    ("sam user.ann bob read", ""),
    ("sam user.ann.* bob lrsw cyrus all", r"(Setting ACL on user\.ann\.\w+\.\.\.OK\. ?){2}"),
    ("lam user.ann", r"(ann lrswipkxtecdan ?|bob lrs ?){2}"),
    ("lam user.ann.*", r"(user\.ann\.\w+: (ann \w+ ?|bob lrsw ?|cyrus lrswipkxtecda ?){3}){2}"),
    ("dam user.ann bob", ""),
    ("lam user.ann", r"ann lrswipkxtecdan"),
    ("sam nothing bob read", r"setaclmailbox: bob: lrs: \[NONEXISTENT\] .*"),
    ("sq user.ann 1000", "quota:1000"),
    ("lq user.ann", r"STORAGE 0/1000 \(0%\)"),
    ("lqr user.ann.x", r"user\.ann STORAGE 0/1000 \(0%\)"),
    ("lqr user.bob", ""),
    ("sq user.ann none", "remove quota"),
    ("lqr user.ann.x", r"user\.ann"),
    ("info", ""),
    ("mboxcfg user.ann comment 'the mailbox of Ann'", ""),
    ("mboxcfg --private user.ann comment mine", ""),
    ("mboxcfg user.ann expire 30", ""),
    (r"setmd user.ann.x specialuse \\Drafts", ""),
    ("info user.ann", r"(?=.* comment: the mailbox of Ann)(?=.* partition: default)"
                      r"(?=.* server: be1\.mixed\.test)(?=.* size: 0)"
                      r"(?=.* expire: 30)\{user\.ann\}: private: comment: mine shared: .*"),
    ("info user.ann /comm*",
     r"\{user\.ann\}: private: comment: mine shared: comment: the mailbox of Ann"),
    ("info user.ann /vendor/%", ""),
    ("getmd user.ann comment expire",
     r"\{user\.ann\}: private: comment: mine shared: expire: 30"),
    ("getmd user.ann.x specialuse", r"\{user\.ann\.x\}: private: specialuse: .*Drafts"),
    ("mboxcfg user.ann comment none", ""),
    ("getmd user.ann /shared/comment", r"\{user\.ann\}: shared: comment: NIL"),
    ("info nothing", r"(info: )?\[NONEXISTENT\] .*"),
    ("setinfo motd 'Be nice'", ""),
    ("setinfo comment 'Good mail'", ""),
    ("setinfo admin mailto:it@example.org", ""),
    ("info", r"\{Server Wide\} shared: (comment: Good mail ?|motd: Be nice ?|"
             r"admin: mailto:it@example.org ?){3}"),
    ("setinfo comment none", ""),
    ("setinfo shutdown none", ""),
    ("sub user.ann", ""),
    ("sub user.bob", ""),
    ("lm -subscribed", r"user\.ann user\.bob"),
    ("unsub user.bob", ""),
    ("lm -subscribed", r"user\.ann"),
    ("renm user.ann.x user.ann.z", ""),
    ("renm user.ann.z user.ann.z be2.mixed.test", r"renamemailbox: \[CANNOT\] .*"),
    ("renm user.ann user.ann be2.mixed.test", ""),
    ("getmd user.ann.z /shared/vendor/cmu/cyrus-imapd/server",
     r"\{user\.ann\.z\}: shared: server: be2\.mixed\.test"),
    ("xfer user.bob be1.mixed.test default", ""),
    ("xfer user.nobody be2.mixed.test", r"xfermailbox: \[NONEXISTENT\] .*"),
    ("dm user.ann", r"deletemailbox: \[NOPERM\] .*"),
    ("sam user.ann cyrus all", ""),
    ("dm user.ann", ""),
    ("dm user.ann", r"deletemailbox: \[NONEXISTENT\] .*"),
    ("lm user.%", r"(user\.(bob|user1|user2|user3) \(\\HasNoChildren\) ?){4}"),
)


def find(m, mailbox):
    """What the mupdate master says of a mailbox: its data lines."""
    with socket.create_connection((m["mup1"].address, 3905), 10) as s:
        f = s.makefile("rwb")
        while not f.readline().startswith(b"* OK"):
            pass
        f.write(b'A AUTHENTICATE "PLAIN" "' + base64.b64encode(b"\0be1\0pw") + b'"\r\n')
        f.flush()
        assert f.readline().startswith(b"A OK")
        f.write(b'B FIND "%s"\r\n' % mailbox.encode())
        f.flush()
        lines = []
        while True:
            line = f.readline()
            if not line or line.startswith(b"B OK"):
                return b"".join(lines).decode()
            lines.append(line)


def cyradm(program, m, server, commands, status=None):
    """What each command prints, white space made one blank."""
    prompt = m[server].host + "> "
    # A ReadLine of Perl that is installed besides echoes what it reads.
    environment = dict(os.environ, PERL_RL="Stub")
    done = subprocess.run([program, "--norc", "--notls", "--user", "cyrus", "--password", "pw",
                           m[server].host], input="\n".join(commands) + "\n", text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120,
                          env=environment)
    printed = done.stdout.split(prompt)
    assert len(printed) == len(commands) + 2, done.stdout
    assert status is None or done.returncode == status, (done.returncode, done.stdout)
    return [" ".join(x.split()) for x in printed[1:-1]]


def day(program, m):
    printed = cyradm(program, m, "fe1", [command for command, _ in ADMINISTRATION])
    wrong = [(command, text) for (command, pattern), text in zip(ADMINISTRATION, printed)
             if not re.fullmatch(pattern, text)]
    assert not wrong, wrong
    assert "be1." + mixed.DOMAIN in find(m, "user.bob")
    # Each user is told the message of the day.
    with m.imap("fe1", "user1") as c:
        assert b"[ALERT] Be nice" in c.untagged_responses["OK"], c.untagged_responses
    assert cyradm(program, m, "fe1", ["setinfo motd none", "info"])[1].find("motd") == -1
    # At a backend.
    told = cyradm(program, m, "be2", [
        "setinfo motd 'On two'", "info", "lm pub2", "sam pub2 cyrus all", "info pub2", "cm pub2.a",
        "dm pub2.a", "setinfo motd none"])
    assert re.search(r"motd: On two", told[1]) and "total: " in told[1], told
    assert told[2] == r"pub2 (\HasNoChildren)", told
    assert "server: be2.mixed.test" in told[4], told
    assert told[:1] + told[3:4] + told[5:] == [""] * 5, told


