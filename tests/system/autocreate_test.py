#!/usr/bin/env python3
"""A new user's mailboxes: made once, by whoever is first, at a login or a delivery; and a login
does not fail for it."""
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder
import sieve_client

check = murder.check
MESSAGE = b"From: a@example.org\r\nSubject: new\r\n\r\nHello\r\n"
OPTIONS = {"autocreate_quota": "5000", "autocreate_quota_messages": "100", "autocreate_post": "yes",
           "autocreate_inbox_folders": "Sent | Lists | Lists.new | a%b",
           "autocreate_subscribe_folders": "Sent|Lists.new|Nowhere",
           "autocreate_subscribe_sharedfolders": "news",
           "autocreate_acl": "Lists anyone p | Sent bob lrx | Lists.new nobody",
           "autocreate_users": "new1 new2 new3 new4 new5 ann elsewhere"}
ALL = ["INBOX", "INBOX.Lists", "INBOX.Lists.new", "INBOX.Sent"]


def names(c, command="list"):
    lines = check(getattr(c, command)('""', "*"))
    return sorted(line.decode().split('"." ')[1].strip('"') for line in lines if line)


def together(jobs):
    """Runs them at the same time; what they give."""
    results, start = [None] * len(jobs), threading.Barrier(len(jobs))

    def run(i):
        start.wait()
        try:
            results[i] = jobs[i]()
        except Exception as e:
            results[i] = e
    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(jobs))]
    for t in threads:
        t.start()
    for t in threads:
        t.join(murder.DEADLINE)
    return results


class World:
    def __init__(self, **kw):
        self.m = murder.Murder(prefork=0, extra=OPTIONS, **kw)
        self.m.set_passwords({u: self.m.password for u in
                              OPTIONS["autocreate_users"].split() + ["outsider"]})

    def __enter__(self):
        return self.m

    def __exit__(self, *args):
        self.m.stop()


def check_all_of_it(m, user, at):
    murder.wait_for(lambda: [n for n in names_of(m, user, at) if n.startswith("INBOX")] == ALL,
                    "the folders of %s" % user)
    c = m.imap(at, user)
    assert names(c, "lsub") == sorted(["INBOX", "INBOX.Lists.new", "INBOX.Sent", "news"])
    quota = check(c.getquotaroot("INBOX"))
    assert b"STORAGE" in quota[1][0] and b" 5000" in quota[1][0], quota
    assert b"MESSAGE" in quota[1][0] and b" 100)" in quota[1][0], quota
    acl = check(c.getacl("INBOX.Lists"))[0].decode()
    assert "anyone p" in acl and "bob" not in acl, acl
    assert "bob lrx" in check(c.getacl("INBOX.Sent"))[0].decode()
    c.logout()
    # Made once, at one server.
    places = [b.name for b in m.backends if os.path.exists(
        os.path.join(b.dir, "spool", "user", user, "rookery.header"))]
    assert len(places) == 1, places


def names_of(m, user, at):
    c = m.imap(at, user)
    try:
        return names(c)
    finally:
        c.logout()


def message_count(m, user, at):
    c = m.imap(at, user)
    try:
        return int(check(c.select("INBOX", readonly=True))[0])
    finally:
        c.logout()


def try_all(m, at):
    # Twenty logins at once.
    def log_in():
        c = m.imap(at, "new1")
        data = check(c.select("INBOX"))
        c.logout()
        return data
    got = together([log_in] * 20)
    assert got == [[b"0"]] * 20, got
    check_all_of_it(m, "new1", at)
    # A login and deliveries.
    got = together([lambda: m.deliver(MESSAGE, ["new2"], instance=at)] * 5 +
                   [lambda: m.imap(at, "new2").logout()[0]] * 3)
    assert got == [{}] * 5 + ["BYE"] * 3, got
    check_all_of_it(m, "new2", at)
    assert message_count(m, "new2", at) == 5
    # Deliveries alone.
    assert m.deliver(MESSAGE, ["new3", "new4+Lists", "outsider"], instance=at).keys() == \
        {"outsider"}
    check_all_of_it(m, "new3", at)
    c = m.imap(at, "new4")
    assert check(c.select("INBOX.Lists"))[0] == b"1"
    # CREATE of one that is there.
    assert c.create("INBOX")[0] == "NO"
    c.logout()
    # Who may not has none, and comes in.
    c = m.imap(at, "outsider")
    assert names(c) == []
    kind, text = c.create("INBOX")
    assert kind == "NO", text
    c.logout()
    # Nor has an administrator.
    c = m.imap(at, "cyrus")
    assert "user.cyrus" not in names(c)
    c.logout()


def test_at_a_backend():
    with World(backends=1) as m:
        try_all(m, "backend1")


def test_through_a_frontend():
    with World(backends=2) as m:
        try_all(m, "frontend1")
        # Who has an INBOX at one server gets none at the other.
        m.add_user("ann", backend=1)
        for at in ("backend1", "backend2", "frontend1"):
            m.imap(at, "ann").logout()
        refused = m.deliver(MESSAGE, ["ann"], instance="backend2")
        assert refused["ann"][0] == 451, refused
        assert "user.ann" not in m["backend2"].run("ctl_mboxlist", "-d").stdout


def test_in_a_unified_murder():
    with World(unified=True) as m:
        try_all(m, "backend2")
        for at in ("backend1", "backend2"):
            assert names_of(m, "new1", at) == names_of(m, "new1", "backend2")


SCRIPT = b"""require ["fileinto", "copy"];
if header :contains "subject" "news" { fileinto "INBOX.news"; }
elsif header :contains "subject" "deep" { fileinto "INBOX.a.b"; }
elsif header :contains "subject" "other" { fileinto "INBOX.other"; }
elsif header :contains "subject" "theirs" { fileinto "user.ann.theirs"; }
"""


def about(subject):
    return b"From: a@example.org\r\nSubject: " + subject + b"\r\n\r\nx\r\n"


def test_the_first_script_and_the_folders_that_it_makes():
    """What a new user's script files into is made as the options say, at a login and a delivery."""
    every = ["INBOX", "INBOX.a", "INBOX.a.b", "INBOX.news", "INBOX.other"]
    for options, made in (({"autocreate_sieve_folders": "news | a.b"}, every[:4]),
                          ({"anysievefolder": "yes"}, every), ({}, every[:1])):
        with murder.Murder(backends=1, sieve=True, start=False) as m:
            path = os.path.join(m.dir, "first.script")
            with open(path, "wb") as f:
                f.write(SCRIPT)
            os.chmod(path, 0o644)
            for name in ("backend1", "frontend1"):
                m[name].extra.update(autocreate_quota="0", autocreate_post="yes",
                                     autocreate_sieve_script=path, **options)
            m.start()
            m.set_passwords({u: m.password for u in ("new1", "new2", "ann")})
            m.imap("backend1", "ann").logout()
            # Whoever made new1's before has ended between the script and the link to it.
            folder = os.path.join(m["backend1"].dir, "conf", "sieve")
            os.unlink(os.path.join(folder, "a", "ann", "defaultbc"))
            os.rename(os.path.join(folder, "a", "ann"), os.path.join(folder, "a", "new1"))
            os.rename(os.path.join(folder, "a"), os.path.join(folder, "n"))
            m.imap("backend1", "new1").logout()
            for user in ("new1", "new2"):
                for subject in (b"news", b"deep", b"other", b"theirs"):
                    assert m.deliver(about(subject), [user], instance="backend1") == {}
                assert names_of(m, user, "backend1") == made, (user, options)
                assert message_count(m, user, "backend1") == 5 - len(set(made) - {"INBOX.a"})
            assert names_of(m, "ann", "backend1") == ["INBOX"]
            with sieve_client.Client(m["backend1"].address("sieve")) as c:
                assert c.login("new2").word == "OK"
                assert c.ask(b"LISTSCRIPTS").lines == [b'"first" ACTIVE\r\n']


def test_a_login_does_not_fail_for_it():
    with World(backends=1) as m:
        m["mupdate"].stop()
        for at in ("backend1", "frontend1"):
            c = m.imap(at, "new1")
            check(c.noop())
            c.logout()
        refused = m.deliver(MESSAGE, ["new1"], instance="backend1")
        assert refused["new1"][0] == 451, refused


def test_none_without_the_options():
    with murder.Murder(backends=1) as m:
        m.set_passwords({"new1": m.password})
        c = m.imap("frontend1", "new1")
        assert c.create("INBOX")[0] == "NO"
        c.logout()
        assert m.deliver(MESSAGE, ["new1"])["new1"][0] == 550
    with murder.Murder(backends=1, extra={"autocreate_quota": "0"}) as m:
        assert m.deliver(MESSAGE, ["new1"])["new1"][0] == 550


if __name__ == "__main__":
    harness.main()
