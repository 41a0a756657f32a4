#!/usr/bin/env python3
"""Random changes by several servers against a simple model, while the master and its replicas are
killed: no name is at two servers, nothing that was answered is lost, all lists end up equal.

MODEL_SEED repeats a run, MODEL_ROUNDS makes it longer."""
import os
import random
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder
from mupdate_client import Closed, Mupdate

SEED = int(os.environ.get("MODEL_SEED") or random.randrange(1 << 30))
ROUNDS = int(os.environ.get("MODEL_ROUNDS") or 12)
SERVERS = ("be1", "be2", "be3")
NAMES = ["user.m%02d" % n for n in range(40)]
LOST = (Closed, OSError)

# The state of a name: None, or (server, "active" or "reserved", ACL, claims): claims are those of
# servers whose ACTIVATE was refused, (server, ACL) in the order in which they came.


def location(server):
    return server + ".test!default"


def without(claims, server):
    return tuple(c for c in claims if c[0] != server)


def activate(state, server, acl):
    if state is None:
        return True, (server, "active", acl, ())
    holder, kind, held_acl, claims = state
    if holder == server:
        return True, (server, "active", acl, without(claims, server))
    if (server, acl) in claims:
        return False, state
    return False, (holder, kind, held_acl, without(claims, server) + ((server, acl),))


def reserve(state, server, _):
    if state is None or state[:2] == (server, "reserved"):
        return True, (server, "reserved", "", ())
    return False, state


def delete(state, server, _):
    if state is None:
        return False, state
    holder, kind, acl, claims = state
    if holder == server:
        # The name stays with the first that claimed it.
        return True, (claims[0][0], "active", claims[0][1], claims[1:]) if claims else None
    left = without(claims, server)
    return left != claims, (holder, kind, acl, left)


RULES = {"ACTIVATE": activate, "RESERVE": reserve, "DELETE": delete}


class Model:
    """For each name all states that are possible after what was answered and what was not."""

    def __init__(self):
        self.possible = {n: {None} for n in NAMES}

    def answered(self, name, verb, server, acl, ok):
        after = set()
        for state in self.possible[name]:
            good, new = RULES[verb](state, server, acl)
            if good == ok:
                after.add(new)
        assert after, (name, verb, server, acl, ok, self.possible[name])
        self.possible[name] = after

    def unanswered(self, name, verb, server, acl):
        more = {RULES[verb](state, server, acl)[1] for state in self.possible[name]}
        self.possible[name] = self.possible[name] | more


def listing(server):
    """What it serves; None while it takes no clients."""
    try:
        with server.client("cyrus") as c:
            rows = c.list()
    except (RuntimeError, ValueError, IndexError) + LOST:
        return None
    out = {}
    for kind, name, where, *acl in rows:
        assert name not in out, "%s is listed twice" % name
        out[name] = (where.split(".")[0], "active" if kind == "MAILBOX" else "reserved",
                     acl[0] if kind == "MAILBOX" else "")
    return out


class Run:
    def __init__(self, rng, master):
        self.rng, self.master, self.model = rng, master, Model()
        self.clients = {}

    def client(self, server):
        if server not in self.clients:
            self.clients[server] = murder.wait_for(lambda: self.connect(server), "a login")
        return self.clients[server]

    def connect(self, server):
        try:
            return self.master.client(server)
        except (RuntimeError, ValueError, IndexError) + LOST:
            return None

    def forget(self, server, client):
        client.close()
        if self.clients.get(server) is client:
            del self.clients[server]

    def choose(self, busy):
        """One change, of a name that no change is under way for."""
        name = self.rng.choice([n for n in NAMES if n not in busy])
        verb = self.rng.choice(["ACTIVATE", "ACTIVATE", "ACTIVATE", "RESERVE", "DELETE"])
        server = self.rng.choice(SERVERS)
        holders = {s[0] for s in self.model.possible[name] if s}
        states = self.model.possible[name]
        # A server neither reserves what it has, nor takes a name that another has only reserved.
        if verb == "RESERVE" and any(s and s[0] == server and s[1] == "active" for s in states):
            verb = "DELETE"
        if verb == "ACTIVATE" and any(s and s[0] != server and s[1] == "reserved" for s in states):
            server = self.rng.choice(sorted(holders))
            if any(s and s[0] != server and s[1] == "reserved" for s in states):
                verb = "DELETE"
        acl = "a%d\tlrs\t" % self.rng.randrange(1000)
        return name, verb, server, acl

    def batch(self, size, interrupt):
        """Sends changes ahead of their answers; interrupt() runs while they are under way."""
        sent, busy = [], set()
        for _ in range(size):
            name, verb, server, acl = self.choose(busy)
            busy.add(name)
            arguments = {"ACTIVATE": (name, location(server), acl),
                         "RESERVE": (name, location(server)),
                         "DELETE": (name, location(server))}[verb]
            client = self.client(server)
            try:
                sent.append((client, client.send(verb, *arguments), name, verb, server, acl))
            except LOST:
                self.model.unanswered(name, verb, server, acl)
                self.forget(server, client)
        if interrupt:
            interrupt()
        for client, tag, name, verb, server, acl in sent:
            try:
                _, status = client.answer(tag)
            except TimeoutError:
                raise AssertionError("no answer to %s %s" % (verb, name))
            except LOST:
                self.model.unanswered(name, verb, server, acl)
                self.forget(server, client)
                continue
            # What a master that is going down did not do it says with NO.
            if status.startswith("NO shutting down"):
                self.model.unanswered(name, verb, server, acl)
            else:
                self.model.answered(name, verb, server, acl, status.startswith("OK"))

    def check(self, replicas):
        wanted = murder.wait_for(lambda: listing(self.master), "the master's list")
        for name, states in self.model.possible.items():
            possible = {s for s in states if (s and s[:3]) == wanted.get(name)}
            assert possible, (name, wanted.get(name), states)
            self.model.possible[name] = possible
        assert set(wanted) <= set(NAMES), set(wanted) - set(NAMES)
        for replica in replicas:
            murder.wait_for(lambda: listing(replica) == wanted, "equal lists")


def test_against_a_model():
    print("MODEL_SEED=%d" % SEED)
    rng = random.Random(SEED)
    with Mupdate(users=SERVERS + ("fe1", "cyrus")) as master, \
            Mupdate(master=master, name="r1") as one, Mupdate(master=master, name="r2") as two:
        run = Run(rng, master)

        def kill(server):
            server.kill(signal.SIGKILL)
            server.start(wait=server is master)
        for _ in range(ROUNDS):
            for _ in range(rng.randrange(1, 12)):
                run.batch(rng.randrange(1, 24), None)
            what = rng.randrange(5)
            if what < 3:
                run.batch(rng.randrange(4, 24), lambda: kill(master))
            elif what == 3:
                run.batch(rng.randrange(4, 24), lambda: kill(rng.choice([one, two])))
            run.check([one, two])
        for c in run.clients.values():
            c.close()


if __name__ == "__main__":
    harness.main()
