#!/usr/bin/env python3
"""A kpop line and a ticket: clients that are not ours log in with GSSAPI, at a backend and through
a frontend. The realm is made for the test, its KDC listens on a free port."""
import contextlib
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import kerberos
import murder
import pop3_client

WHERE = ("backend1", "frontend1")
MESSAGE = b"From: a@example.org\r\nSubject: %s\r\n\r\nby ticket\r\n"


@contextlib.contextmanager
def servers():
    kerberos.require()
    m = murder.Murder(backends=1, pop3=True, start=False,
                      extra={"sasl_mech_list": "PLAIN GSSAPI"})
    realm = None
    try:
        realm = kerberos.Realm(m, services=("pop",), users=("alice",))
        realm.serve(m)
        for name in WHERE:
            i = m[name]
            i.ports["kpop"] = m.ports.take()
            i.services["kpop"] = 'cmd="pop3d -C %s -k" listen="%s" prefork=0' % (
                i.imapd_conf, i.host_port("kpop"))
        m.start()
        m.add_user("alice")
        yield m, realm
    finally:
        m.stop()
        if realm:
            realm.stop()


def curl(realm, address, cache):
    # It takes GSSAPI for users with a realm only.
    return realm.run("curl", "-sS", "--login-options", "AUTH=GSSAPI", "-u",
                     "alice@%s:" % kerberos.REALM,
                     "pop3://%s:%d/1" % address, KRB5CCNAME=cache)


def fetchmail(realm, address, cache):
    rc, box = realm.path("fetchmailrc"), realm.path("box")
    with open(rc, "w") as f:
        f.write('set no bouncemail\npoll %s protocol pop3 port %d auth gssapi\n'
                ' user alice mda "cat >%s" sslproto ""\n' % (*address, box))
    os.chmod(rc, 0o600)
    realm.run("fetchmail", "-f", rc, "--nosyslog", "--pidfile", realm.path("fetchmail.pid"), "-a",
              KRB5CCNAME=cache, HOME=realm.dir)
    with open(box) as f:
        return f.read()


CLIENTS = {"curl": curl, "fetchmail": fetchmail}


def test_who_has_a_ticket_gets_in():
    with servers() as (m, realm):
        ticket, none = ("FILE:" + realm.path(n) for n in ("ticket", "none"))
        realm.run("kinit", "alice", text="pw\n", KRB5CCNAME=ticket)
        used = 0
        for name, client in CLIENTS.items():
            if not shutil.which(name):
                print("     %s is not installed" % name)
                continue
            used += 1
            for where in WHERE:
                subject = b"%s-%s" % (name.encode(), where.encode())
                assert m.deliver(MESSAGE % subject, ["alice"]) == {}
                address = m[where].address("kpop")
                with pop3_client.Client(address) as c:
                    told = c.capabilities()
                    assert told["SASL"] == ["GSSAPI"] and "USER" not in told, told
                try:
                    got = client(realm, address, none)
                except AssertionError:
                    got = ""
                assert "by ticket" not in got, (name, where)
                got = client(realm, address, ticket)
                assert subject.decode() in got and "by ticket" in got, (name, where, got)
                with pop3_client.Client(m[where].address("pop3")) as c:
                    assert c.login("alice").ok
                    count = len(c.uidls())
                    # fetchmail deletes what it has taken, curl leaves it.
                    assert count == (0 if name == "fetchmail" else 1), (name, where, count)
                    for n in range(count):
                        assert c.ask("DELE %d" % (n + 1)).ok
                    assert c.ask("QUIT").ok
        assert used, "no client is installed"


if __name__ == "__main__":
    harness.main()
