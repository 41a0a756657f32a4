#!/usr/bin/env python3
"""The murder that ./quickstart shows: starts it, sends one message through it, says what to try.

    quickstart_murder.py start DIR --bin FOLDER [--owner USER] [--shown NAME]
    quickstart_murder.py stop DIR
"""
import argparse
import base64
import email.message
import email.utils
import json
import os
import secrets
import sys
import time

import murder

FIRST_PORTS = {("mupdate", "mupdate"): 13905,
               ("frontend1", "imap"): 10143, ("frontend1", "lmtpa"): 10024,
               ("frontend1", "sieve"): 14190, ("frontend1", "pop3"): 10110,
               ("backend1", "imap"): 11143, ("backend1", "lmtpa"): 11024,
               ("backend1", "sieve"): 14191, ("backend1", "pop3"): 11110,
               ("backend2", "imap"): 12143, ("backend2", "lmtpa"): 12024,
               ("backend2", "sieve"): 14192, ("backend2", "pop3"): 12110}


def say(text=""):
    print(text, flush=True)


def state_file(folder):
    return os.path.join(folder, "state.json")


def make(folder, arguments):
    """The murder object of this folder: as it was, or a new one."""
    saved = {}
    if os.path.exists(state_file(folder)):
        with open(state_file(folder)) as f:
            saved = json.load(f)
    m = murder.Murder(dir=folder, bin=arguments.bin, owner=arguments.owner, tls=True, start=False,
                      strict=False, wanted_ports=FIRST_PORTS, prefork=1, submits=True,
                      sieve=True, pop3=True)
    for f in m.frontends:  # a referral to "backend1" would lead nowhere on one machine
        f.extra["sieve_allowreferrals"] = "no"
    if saved:
        for i in m.instances:
            i.ports.update(saved["ports"][i.name])
        m.passwords = saved["passwords"]
        m.node_password = saved["node_password"]
    else:
        m.passwords = {u: secrets.token_urlsafe(9) for u in ("cyrus", "alice", "bob")}
        saved = {"ports": {i.name: i.ports for i in m.instances}, "passwords": m.passwords,
                 "node_password": m.node_password}
        write_private(state_file(folder), json.dumps(saved, indent=1))
    return m


def write_private(path, text):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "w") as f:
        f.write(text)


def is_running(m):
    return all(i.pid() and murder.alive(i.pid()) for i in m.instances)


def write_env(m):
    values = {"MUPDATE": m["mupdate"].host_port("mupdate"),
              "FRONTEND_IMAP": m["frontend1"].host_port("imap"),
              "FRONTEND_LMTP": m["frontend1"].host_port("lmtpa"),
              "FRONTEND_SIEVE": m["frontend1"].host_port("sieve"),
              "FRONTEND_POP3": m["frontend1"].host_port("pop3")}
    for b in m.backends:
        values[b.name.upper() + "_IMAP"] = b.host_port("imap")
        values[b.name.upper() + "_LMTP"] = b.host_port("lmtpa")
        values[b.name.upper() + "_SIEVE"] = b.host_port("sieve")
        values[b.name.upper() + "_POP3"] = b.host_port("pop3")
    for variable, user in (("ALICE_PASSWORD", "alice"), ("BOB_PASSWORD", "bob"),
                           ("ADMIN_PASSWORD", "cyrus")):
        values[variable] = m.passwords[user]
    write_private(os.path.join(m.dir, "env"),
                  "".join("%s=%s\n" % kv for kv in values.items()))
    return values


def make_users(m):
    for user, backend in (("alice", "backend1"), ("bob", "backend2")):
        with m.imap(backend, "cyrus") as c:
            kind, data = c.list('""', "user." + user)
            if data == [None]:
                murder.check(c.create("user." + user))
    with m.imap("backend2", "cyrus") as c:
        if c.list('""', "lists")[1] == [None]:
            murder.check(c.create("lists"))
            murder.check(c.setacl("lists", "alice", "lrswip"))


def write_try(m):
    """What to say to timsieved and lmtpproxyd, so that a message for alice is filed at backend2."""
    folder = os.path.join(m.dir, "try")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    plain = base64.b64encode(b"\0alice\0" + m.passwords["alice"].encode()).decode()
    script = ('require "fileinto";\r\n'
              'if header :contains "subject" "other server" { fileinto "lists"; }\r\n')
    write_private(os.path.join(folder, "filter"), "".join(line + "\r\n" for line in (
        'AUTHENTICATE "PLAIN" "%s"' % plain, 'PUTSCRIPT "lists" {%d+}' % len(script), script,
        'SETACTIVE "lists"', "LOGOUT")))
    write_private(os.path.join(folder, "message"), "".join(line + "\r\n" for line in (
        "LHLO localhost", "MAIL FROM:<postmaster@example.org>", "RCPT TO:<alice@example.org>",
        "DATA", "From: postmaster@example.org", "To: alice@example.org",
        "Subject: Filed on the other server", "", "By a script, at backend2.", ".", "QUIT")))


def send_one(m):
    """Delivers through the frontend's LMTP and reads it back through its IMAP."""
    message = email.message.EmailMessage()
    message["From"] = "Rookery quickstart <postmaster@example.org>"
    message["To"] = "alice@example.org, bob@example.org"
    message["Subject"] = "One namespace, two servers"
    message["Date"] = email.utils.formatdate()
    message["Message-ID"] = email.utils.make_msgid(domain="example.org")
    message.set_content("This went through one frontend to two backends.\n")
    started = time.monotonic()
    refused = m.deliver(message.as_bytes(), ["alice@example.org", "bob@example.org"],
                        sender="postmaster@example.org")
    if refused:
        raise SystemExit("quickstart: LMTP refused %r" % refused)
    for user in ("alice", "bob"):
        with m.imap("frontend1", user) as c:
            murder.check(c.select("INBOX"))
            found = murder.check(c.search(None, "HEADER", "Message-ID", message["Message-ID"]))
            if not found[0].split():
                raise SystemExit("quickstart: the message did not arrive for " + user)
            data = murder.check(c.fetch(found[0].split()[-1].decode(), "(RFC822)"))
            if b"This went through one frontend" not in data[0][1]:
                raise SystemExit("quickstart: the message came back changed")
    say("  delivered one message to alice (backend1) and bob (backend2) by LMTP at the frontend,")
    say("  read it back as each of them by IMAP at the frontend (%.0f ms)"
        % ((time.monotonic() - started) * 1000))


def show(m, values, shown):
    host, port = values["FRONTEND_IMAP"].rsplit(":", 1)
    say()
    say("The murder is running in %s:" % shown)
    rows = [("frontend IMAP", values["FRONTEND_IMAP"]), ("frontend LMTP", values["FRONTEND_LMTP"]),
            ("frontend POP3", values["FRONTEND_POP3"]),
            ("frontend ManageSieve", values["FRONTEND_SIEVE"]),
            ("backend1 IMAP, LMTP", values["BACKEND1_IMAP"] + ", " + values["BACKEND1_LMTP"]),
            ("backend2 IMAP, LMTP", values["BACKEND2_IMAP"] + ", " + values["BACKEND2_LMTP"]),
            ("mupdate master", values["MUPDATE"])]
    for name, value in rows:
        say("  %-21s %s" % (name, value))
    for user, what in (("alice", "her mailboxes are on backend1"),
                       ("bob", "his mailboxes are on backend2"), ("cyrus", "administrator")):
        say("  %-8s password %-14s %s" % (user, m.passwords[user], what))
    tool = os.path.join(m.bin, "mupdatetest")
    say()
    say("Try:")
    say("  curl -s 'imap://%s/INBOX;MAILINDEX=1' -u alice:%s"
        % (values["FRONTEND_IMAP"], m.passwords["alice"]))
    say("  curl -s pop3://%s/1 -u bob:%s" % (values["FRONTEND_POP3"], m.passwords["bob"]))
    say("  openssl s_client -quiet -crlf -starttls imap -CAfile %s/tls/cert.pem -connect %s"
        % (shown, values["FRONTEND_IMAP"]))
    say("  %s -m PLAIN -a cyrus -u cyrus -w %s -p %s %s" % (
        tool, m.passwords["cyrus"], values["MUPDATE"].rsplit(":", 1)[1],
        values["MUPDATE"].rsplit(":", 1)[0]))
    say("A filter of alice's that files her mail at backend2, a message, and where it is then:")
    say("  curl -s telnet://%s <%s/try/filter" % (values["FRONTEND_SIEVE"], shown))
    say("  curl -s telnet://%s <%s/try/message" % (values["FRONTEND_LMTP"], shown))
    say("  curl -s 'imap://%s/lists;MAILINDEX=1' -u alice:%s"
        % (values["FRONTEND_IMAP"], m.passwords["alice"]))
    say()
    say("The same as NAME=value lines: %s/env. Logs: %s/*/log. To stop: ./quickstart stop"
        % (shown, shown))


def start(arguments):
    folder = os.path.realpath(arguments.dir)
    os.makedirs(folder, exist_ok=True)
    shown = arguments.shown or folder
    m = make(folder, arguments)
    if is_running(m):
        say("A murder is running in %s already; left as it is." % shown)
        show(m, write_env(m), shown)
        return
    for i in m.instances:  # what is left of an earlier one
        i.stop()
    say("Starting: one mupdate master, two backends, one frontend, as user %s" % m.owner)
    m.start()
    m.set_passwords({u: m.passwords[u] for u in ("alice", "bob")})
    make_users(m)
    write_try(m)
    values = write_env(m)
    send_one(m)
    show(m, values, shown)


def stop(arguments):
    folder = os.path.realpath(arguments.dir)
    if not os.path.exists(state_file(folder)):
        say("No murder in %s." % (arguments.shown or folder))
        return
    m = make(folder, arguments)
    running = [i.name for i in m.instances if i.pid() and murder.alive(i.pid())]
    m.stop()
    say("Stopped: " + (", ".join(running) or "nothing was running"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("action", choices=["start", "stop"])
    parser.add_argument("dir")
    parser.add_argument("--bin", default="")
    parser.add_argument("--owner")
    parser.add_argument("--shown")
    arguments = parser.parse_args()
    try:
        {"start": start, "stop": stop}[arguments.action](arguments)
    except (RuntimeError, TimeoutError, OSError, AssertionError) as e:
        sys.exit("quickstart: %s" % e)


if __name__ == "__main__":
    main()
