"""The operations that faults.py cuts short."""
import contextlib
import json
import os
import re

import faults
import murder
import pop3_client


class Operation:
    """prepare() makes what is there before and says in case.before and case.after what is allowed
    to be there at the end; run() is the operation, its answer (kind, data)."""

    options = {}
    backends = 1
    each = False        # each mailbox may be done or not
    ok_of_part = False  # and OK is said when some are not
    at_master = True    # the master is told
    deletes = False     # mail may go
    needs_master = False
    samples = 0         # so many points, not all
    victim = "backend1"      # where the calls are counted
    deliver_at = "backend1"  # where the second session delivers

    def __init__(self, name):
        self.name = name

    def client(self, case):
        return case.w.imap()

    def addresses(self, case):
        return [case.user, case.user + "+a"]

    def facts(self, case):
        """What else is looked at: as case.fact_before or case.fact_after."""
        return None

    def finish(self, case):
        """After recovery: what an administrator does who sees that a tool has failed."""

    def elsewhere(self, case, listed):
        return {}

    def extra_checks(self, case, kind, sides):
        return []


class Create(Operation):
    """CREATE of a mailbox of a user"""

    def prepare(self, c):
        c.make_user()
        c.after = dict(c.before, **{c.top + ".new": []})

    def run(self, c, client):
        return client.create(c.top + ".new")


class CreateBelow(Operation):
    """CREATE of a mailbox whose superiors are missing: it comes first, and each is made or not"""

    each = True
    ok_of_part = True

    def prepare(self, c):
        c.make_user()
        made = {c.top + n: [] for n in (".new", ".new.level", ".new.level.deep")}
        c.after = dict(c.before, **made)

    def run(self, c, client):
        return client.create(c.top + ".new.level.deep")

    def extra_checks(self, c, kind, sides):
        deep = c.top + ".new.level.deep"
        missing = kind == "OK" and deep not in c.w.listed(c.token)
        return ["answered OK, and it is not made"] if missing else []


class CreateUser(Operation):
    """CREATE of a user"""

    def prepare(self, c):
        c.after = {c.top: []}

    def run(self, c, client):
        return client.create(c.top)


class Rename(Operation):
    """RENAME of one mailbox"""

    def prepare(self, c):
        c.make_user()
        a = c.make("a")
        c.after = {n: i for n, i in c.before.items() if n != a}
        c.after[c.top + ".b"] = c.before[a]

    def run(self, c, client):
        return client.rename(c.top + ".a", c.top + ".b")


class RenameTree(Operation):
    """RENAME of a tree of 3"""

    def prepare(self, c):
        c.make_user()
        c.make("a")
        c.make("a.x")
        c.make("a.y")
        c.after = {n.replace(c.top + ".a", c.top + ".b"): i for n, i in c.before.items()}

    run = Rename.run


class RenameUser(Operation):
    """RENAME of a user"""

    def prepare(self, c):
        c.make_user()
        c.make("a")
        c.after = {n.replace(c.user, c.token + "b"): i for n, i in c.before.items()}

    def run(self, c, client):
        return client.rename(c.top, "user.%sb" % c.token)


class Partition(Operation):
    """RENAME of a mailbox to another partition"""

    def prepare(self, c):
        c.make_user()
        c.make("a")
        c.after = dict(c.before)

    def run(self, c, client):
        return client.xatom("RENAME", c.top + ".a", c.top + ".a", "second")

    def extra_checks(self, c, kind, sides):
        entry = c.w.listed(c.token).get(c.top + ".a")
        if kind == "OK" and entry and entry["partition"] != "second":
            return ["answered OK, and it is not done"]
        return []


class PartitionTree(Partition):
    """RENAME of a user's tree to another partition"""

    def prepare(self, c):
        super().prepare(c)
        c.make("a.x")
        c.after = dict(c.before)

    def run(self, c, client):
        return client.xatom("RENAME", c.top, c.top, "second")

    def extra_checks(self, c, kind, sides):
        left = [n for n, e in c.w.listed(c.token).items() if e["partition"] != "second"]
        return ["answered OK, and these are not there: %s" % left] if kind == "OK" and left else []


class Delete(Operation):
    """DELETE of a mailbox, delete_mode immediate"""

    deletes = True

    def prepare(self, c):
        c.make_user()
        a = c.make("a")
        c.after = {n: i for n, i in c.before.items() if n != a}

    def run(self, c, client):
        return client.delete(c.top + ".a")


class DeleteDelayed(Delete):
    """DELETE of a mailbox, delete_mode delayed"""

    options = {"delete_mode": "delayed"}
    deletes = False

    def prepare(self, c):
        super().prepare(c)
        # The name has the time in it: one name for all.
        c.after["DELETED"] = c.before[c.top + ".a"]

    def elsewhere(self, c, listed):
        gone = [n for n in listed if n.startswith("DELETED.")]
        if len(gone) > 1:
            return {"DELETED": "%d deleted copies" % len(gone)}
        return {"DELETED": i for i in c.w.messages(None, gone).values()}


class DeleteUser(Operation):
    """DELETE of a user, delete_mode immediate: the INBOX goes last"""

    each = True
    deletes = True

    def prepare(self, c):
        c.make_user()
        c.make("a")
        c.after = {}

    def run(self, c, client):
        return client.delete(c.top)


class LocalCreate(Create):
    """LOCALCREATE: the master is not told"""

    at_master = False

    def run(self, c, client):
        return client.xatom("LOCALCREATE", c.top + ".new")


class LocalDelete(Delete):
    """LOCALDELETE: the master is not told"""

    at_master = False

    def run(self, c, client):
        return client.xatom("LOCALDELETE", c.top + ".a")


class Tree1200(RenameTree):
    """RENAME of a tree of 1,200; some points"""

    samples = 3

    def prepare(self, c):
        c.make_user()
        c.make("a")
        for i in range(1199):
            c.make("a.%d" % i, 0)
        c.after = {n.replace(c.top + ".a", c.top + ".b"): i for n, i in c.before.items()}


class OfUser(Operation):
    """In a session of the user; INBOX.a is there."""

    def prepare(self, c):
        c.make_user()
        c.make("a")
        c.after = dict(c.before)

    def client(self, c):
        return c.w.imap(c.user)


class RenameInbox(OfUser):
    """RENAME of INBOX: the messages go, INBOX stays"""

    def prepare(self, c):
        super().prepare(c)
        mail = c.before[c.top]
        c.after.update({c.top: [], c.top + ".b": mail})

    def run(self, c, client):
        return client.rename("INBOX", "INBOX.b")


def literal(message):
    return "{%d+}\r\n%s" % (len(message), message.decode())


class Append(OfUser):
    """APPEND"""

    def prepare(self, c):
        super().prepare(c)
        c.after[c.top + ".a"] = c.before[c.top + ".a"] + [c.token + "new"]

    def run(self, c, client):
        return client.append("INBOX.a", None, None, c.message(c.token + "new"))


class MultiAppend(OfUser):
    """APPEND of three messages at once: all or none"""

    def prepare(self, c):
        super().prepare(c)
        self.new = [c.token + "new%d" % n for n in range(3)]
        c.after[c.top + ".a"] = c.before[c.top + ".a"] + self.new

    def run(self, c, client):
        said = " ".join(literal(c.message(i)) for i in self.new)
        return client.xatom("APPEND", "INBOX.a", said)


class Catenate(OfUser):
    """APPEND of a message that is made of a text and the parts of others: all of it or nothing"""

    def prepare(self, c):
        super().prepare(c)
        c.after[c.top + ".a"] = c.before[c.top + ".a"] + [c.token + "new"]

    def run(self, c, client):
        head = literal(c.message(c.token + "new"))
        return client.xatom("APPEND", "INBOX.a", 'CATENATE (TEXT %s URL "/INBOX/;UID=1" '
                            'URL "/INBOX.a/;UID=2/;SECTION=TEXT")' % head)

    def extra_checks(self, c, kind, sides):
        """What is there is whole."""
        if sides != ["after"]:
            return []
        with c.w.imap(c.user) as client:
            murder.check(client.select("INBOX.a", readonly=True))
            text = murder.check(client.fetch("3", "(BODY.PEEK[])"))[0][1].decode()
        parts = [c.message(c.token + "new").decode(), c.message(c.before[c.top][0]).decode(),
                 "body of %s\r\n" % c.before[c.top + ".a"][1]]
        return [] if text == "".join(parts) else ["the message is %r" % text]


class LmtpSession(murder.Lmtp):
    """What a Case does with a client of IMAP."""

    def __init__(self, world):
        super().__init__(*world.backend.address("lmtpa"), timeout=murder.DEADLINE)
        text = self.ehlo()[1].decode()
        self.worker = int(re.search(r"SESSIONID=<[^-]*-(\d+)-", text).group(1))

    def shutdown(self):
        self.close()


class Deliver(Operation):
    """LMTP: a message for five mailboxes, each answered for itself"""

    each = True
    mailboxes = ("", ".a", ".b", ".c", ".d")

    def prepare(self, c):
        c.make_user()
        for sub in self.mailboxes[1:]:
            c.make(sub[1:], 1)
            murder.check(c.w.admin().setacl(c.top + sub, "anyone", "p"))
        c.after = {n: ids + [c.token + "new"] for n, ids in c.before.items()}

    def client(self, c):
        return LmtpSession(c.w)

    def run(self, c, client):
        self.taken = []
        to = {c.user + m.replace(".", "+"): c.top + m for m in self.mailboxes}
        refused = client.deliver("s@example.org", list(to), c.message(c.token + "new"))
        with contextlib.suppress(OSError):
            client.noop()  # what is done behind the answers is done then
        self.taken = [n for a, n in to.items() if a not in refused]
        return "NO" if refused else "OK", [repr(refused).encode()]

    def extra_checks(self, c, kind, sides):
        if kind == "DIED":
            return []  # the power failed before the answers
        there = c.w.messages(c.user, self.taken)
        return ["%s was answered 250, and it is not there" % n for n in self.taken
                if c.token + "new" not in there[n]]


class Copy(OfUser):
    """COPY of two messages"""

    def prepare(self, c):
        super().prepare(c)
        c.make("b", 1)
        a, b = c.top + ".a", c.top + ".b"
        c.after = dict(c.before, **{b: c.before[b] + c.before[a]})

    def client(self, c):
        client = super().client(c)
        murder.check(client.select("INBOX.a"))
        return client

    def run(self, c, client):
        return client.copy("1:2", "INBOX.b")


class Move(Copy):
    """MOVE of two messages"""

    def prepare(self, c):
        super().prepare(c)
        c.after[c.top + ".a"] = []

    def run(self, c, client):
        return client.xatom("MOVE", "1:2", "INBOX.b")


class Replace(Copy):
    """REPLACE of one of two messages"""

    target = ".a"

    def prepare(self, c):
        super().prepare(c)
        a, to, new = c.top + ".a", c.top + self.target, c.token + "new"
        c.after = dict(c.before, **{a: c.before[a][1:]})
        c.after[to] = c.after[to] + [new]

    def run(self, c, client):
        new = literal(c.message(c.token + "new"))
        return client.xatom("REPLACE", "1", "INBOX" + self.target, new)


class ReplaceElsewhere(Replace):
    """REPLACE of a message by one in another mailbox"""

    target = ".b"


class Expunge(Copy):
    """EXPUNGE of one of two messages"""

    def prepare(self, c):
        OfUser.prepare(self, c)
        c.after[c.top + ".a"] = c.before[c.top + ".a"][1:]

    def client(self, c):
        client = super().client(c)
        murder.check(client.store("1", "+FLAGS", "(\\Deleted)"))
        return client

    def run(self, c, client):
        return client.expunge()


class Maildrop(pop3_client.Client):
    """What a Case does with a client of IMAP. worker: who has the maildrop, at the backend."""

    def __init__(self, world, user, at):
        super().__init__(world.m[at].address("pop3"))
        said = self.login(user)
        if not said.ok:
            self.close()
            raise OSError("POP3 login at %s: %r" % (at, said))
        self.worker = next(p for p in world.backend.workers("pop3d") if self.is_of(p, user))
        self.ids = self.uidls()

    @staticmethod
    def is_of(worker, user):
        folder = "/proc/%d/fd" % worker
        for name in os.listdir(folder):
            with contextlib.suppress(OSError):
                if os.readlink(os.path.join(folder, name)).endswith(
                        "/%s/rookery.maildrop" % user):
                    return True
        return False

    def noop(self):
        """After QUIT: to the end, so what is done behind the answer is done."""
        self.file.read()

    def shutdown(self):
        self.close()


class Pop3Quit(Operation):
    """QUIT of POP3 that deletes three messages of five"""

    at = "backend1"
    marked = (1, 3, 4)

    def addresses(self, c):
        return [c.user]

    def prepare(self, c):
        c.make_user(5)
        c.w.m.set_passwords({c.user: "pw"})
        there = c.before[c.top]
        c.after = {c.top: [i for n, i in enumerate(there, 1) if n not in self.marked]}

    def client(self, c):
        client = Maildrop(c.w, c.user, self.at)
        self.ids = client.ids
        for number in self.marked:
            assert client.ask("DELE %d" % number).ok
        return client

    def run(self, c, client):
        self.said = said = client.ask("QUIT")
        if said is None:
            raise OSError("no answer")
        return "OK" if said.ok else "NO", [said.first]

    def extra_checks(self, c, kind, sides):
        """The maildrop is usable, and the messages are known by the same names."""
        left = [i for n, i in enumerate(self.ids, 1)
                if sides != ["after"] or n not in self.marked]
        client = Maildrop(c.w, c.user, self.at)
        try:
            wrong = []
            # On a disk that takes nothing any more, what was written cannot be taken back.
            if (sides == ["after"] and kind == "NO" and b"not removed" in self.said.first
                    and c.mode != "broken"):
                wrong.append("it is done: %r" % self.said)
            if client.ids[:len(left)] != left:
                wrong.append("UIDL %s, not %s" % (client.ids, left))
            if not client.all("RETR %d" % len(client.ids)).lines:
                wrong.append("RETR of the last message is empty")
            if not client.ask("DELE %d" % len(client.ids)).ok or not client.ask("QUIT").ok:
                wrong.append("the next QUIT deletes nothing")
            return wrong
        finally:
            client.close()


class Pop3QuitThere(Pop3Quit):
    """QUIT of POP3 through a frontend that deletes three messages of five"""

    at = "frontend1"
    needs_master = True


class Xfer(Operation):
    """XFER of a user to another server; at the source"""

    options = {"move_grace": "0s", "client_timeout": "2s", "backend_timeout": "2s"}
    backends = 2
    needs_master = True
    deliver_at = "frontend1"

    def prepare(self, c):
        c.make_user()
        c.make("a")
        murder.check(c.session().subscribe("INBOX.a"))
        c.after = dict(c.before)
        c.fact_before, c.fact_after = [("backend%d" % i, ["INBOX.a"]) for i in (1, 2)]

    def run(self, c, client):
        return client.xatom("XFER", c.top, "backend2")

    def finish(self, c):
        """The agents, until no move is open; then it is where the master says."""
        backends = c.w.m.backends

        def over():
            for b in backends:
                b.run("ctl_mboxlist", "-s", check=False)
            return not any(b.run("murder", "move").stdout.strip() for b in backends)
        murder.wait_for(over, "the end of a move")
        told = c.w.told("mupdate", "backend1", c.token)
        places = {e[1].split("!")[0] for e in told.values()}
        if len(places) != 1:
            raise faults.Left("the master: %s" % told)
        c.w.go_to(places.pop())
        # One whose disk failed all along keeps its copy, which nobody sees, until the next try.
        if c.w.backend is backends[0] and c.w.listed(c.token, backends[1]):
            murder.check(self.run(c, c.w.admin()))
            c.w.go_to("backend2")

    def facts(self, c):
        return c.w.backend.name, Subscribe.facts(self, c)

    def extra_checks(self, c, kind, sides):
        """Nothing of it is at the other server."""
        here, wrong = c.w.backend, []
        for b in c.w.m.backends:
            if b is not here:
                wrong += ["%s is '%s' in the list of %s" % (n, e["mbtype"], b.name)
                          for n, e in c.w.listed(c.token, b).items()]
                wrong += ["%s stays" % p for p, _ in c.w.stored(c.token, b)]
        return wrong


class XferDestination(Xfer):
    """XFER of a user to another server; at the destination, where it is SYNCAPPLY"""

    victim = "backend2"


class SetAcl(OfUser):
    """SETACL"""

    def prepare(self, c):
        super().prepare(c)
        c.fact_before, c.fact_after = (None, None), ("lr", "lr")

    def run(self, c, client):
        return client.setacl("INBOX.a", "ann", "lr")

    def facts(self, c):
        in_list = c.w.listed(c.token)[c.top + ".a"]["acl"].get("ann")
        with c.w.imap(c.user) as client:
            told = murder.check(client.getacl("INBOX.a"))[0].decode().split()
        return in_list, told[told.index("ann") + 1] if "ann" in told else None


class SetQuota(Operation):
    """SETQUOTA"""

    def prepare(self, c):
        c.make_user()
        c.after = dict(c.before)
        murder.check(c.w.admin().setquota(c.top, "(STORAGE 5000)"))
        c.fact_before, c.fact_after = "5000", "6000"

    def run(self, c, client):
        return client.setquota(c.top, "(STORAGE 6000)")

    def facts(self, c):
        kind, data = c.w.admin().getquota(c.top)
        return data[0].decode().rstrip(")").split()[-1] if kind == "OK" else data[0].decode()


class SetMetadata(OfUser):
    """SETMETADATA of an entry of the server's and one of the mailbox's own"""

    def prepare(self, c):
        super().prepare(c)
        murder.check(c.session().xatom("SETMETADATA", "INBOX.a", '(/private/comment "old")'))
        c.fact_before, c.fact_after = "old", "new"

    def run(self, c, client):
        return client.xatom("SETMETADATA", "INBOX.a", '(/private/comment "new")')

    def facts(self, c):
        with c.w.imap(c.user) as client:
            murder.check(client.xatom("GETMETADATA", "INBOX.a", "/private/comment"))
            told = repr(client.untagged_responses.get("METADATA"))
        return next((v for v in ("old", "new") if v in told), told)


class Subscribe(OfUser):
    """SUBSCRIBE"""

    def prepare(self, c):
        super().prepare(c)
        murder.check(c.session().subscribe("INBOX"))
        c.fact_before, c.fact_after = ["INBOX"], ["INBOX", "INBOX.a"]

    def run(self, c, client):
        return client.subscribe("INBOX.a")

    def facts(self, c):
        with c.w.imap(c.user) as client:
            told = murder.check(client.lsub('""', "*"))
        return sorted(t.decode().split()[-1].strip('"') for t in told if t)


class OfTool(OfUser):
    """A tool, and where it failed it is run again."""

    def client(self, c):
        return faults.Tool(c.w)

    def again(self, c, *arguments, text=None):
        with contextlib.suppress(OSError):
            return faults.Tool(c.w).run(*arguments, text=text)
        return "DIED", [b""]


class ExpireMailboxes(OfTool):
    """cyr_expire -D: a mailbox that was deleted"""

    options = {"delete_mode": "delayed"}
    deletes = True

    def prepare(self, c):
        super().prepare(c)
        murder.check(c.w.admin().delete(c.top + ".a"))
        gone = c.before.pop(c.top + ".a")
        c.after = dict(c.before)
        c.before["DELETED"] = gone

    def addresses(self, c):
        return [c.user]

    def run(self, c, client):
        return client.run("cyr_expire", "-D", "0s", "-u", c.user)

    elsewhere = DeleteDelayed.elsewhere


class ExpireMessages(OfTool):
    """cyr_expire -X: a message that was expunged"""

    options = {"expunge_mode": "delayed"}

    def prepare(self, c):
        super().prepare(c)
        with c.w.imap(c.user) as client:
            murder.check(client.select("INBOX.a"))
            murder.check(client.store("1", "+FLAGS", "(\\Deleted)"))
            murder.check(client.expunge())
        del c.before[c.top + ".a"][0]
        c.after = dict(c.before)

    def run(self, c, client):
        return client.run("cyr_expire", "-X", "0s", "-u", c.user)


class Unexpunge(OfTool):
    """unexpunge -a of two messages, and once more after a failure: each comes back once"""

    options = {"expunge_mode": "delayed"}

    def prepare(self, c):
        super().prepare(c)
        with c.w.imap(c.user) as client:
            murder.check(client.select("INBOX.a"))
            murder.check(client.store("1:*", "+FLAGS", "(\\Deleted)"))
            murder.check(client.expunge())
        c.after = dict(c.before)
        c.before[c.top + ".a"] = []

    def run(self, c, client):
        return client.run("unexpunge", "-a", "-d", c.top + ".a")

    def finish(self, c):
        self.again(c, "unexpunge", "-a", "-d", c.top + ".a")


class Undump(OfTool):
    """ctl_mboxlist -u of two mailboxes that have another ACL there"""

    at_master = False

    def prepare(self, c):
        super().prepare(c)
        c.make("b")
        c.after = dict(c.before)
        listed = c.w.listed(c.token)
        for e in listed.values():
            e["acl"]["ann"] = "lr"
        self.text = json.dumps(listed)
        c.fact_before, c.fact_after = [None] * 3, ["lr"] * 3

    def run(self, c, client):
        return client.run("ctl_mboxlist", "-u", text=self.text)

    def facts(self, c):
        return [e["acl"].get("ann") for e in c.w.listed(c.token).values()]


class Reconstruct(OfTool):
    """reconstruct of a mailbox whose index is garbage, and once more after a failure"""

    def prepare(self, c):
        super().prepare(c)
        folder = c.w.place(c.w.listed(c.token)[c.top + ".a"])
        with open(os.path.join(folder, "rookery.index"), "r+b") as f:
            f.write(b"garbage " * 16)

    def run(self, c, client):
        return client.run("reconstruct", c.top + ".a")

    def finish(self, c):
        kind, data = self.again(c, "reconstruct", c.top + ".a")
        if kind != "OK":
            raise faults.Left("reconstruct once more: %s %s" % (kind, data[0].decode()[-300:]))


class QuotaFix(OfTool):
    """quota -f of roots whose file is garbage: no limit is lost"""

    def prepare(self, c):
        super().prepare(c)
        murder.check(c.w.admin().setquota(c.top, "(STORAGE 5000)"))
        c.fact_before = c.fact_after = "5000"
        with open(os.path.join(c.w.backend.dir, "conf", "quotas.tdb"), "r+b") as f:
            f.write(b"garbage " * 16)

    def run(self, c, client):
        return client.run("quota", "-f")

    facts = SetQuota.facts


ALL = [
    Create("create"),
    CreateBelow("create-below"),
    CreateUser("create-user"),
    Rename("rename-one"),
    RenameTree("rename-tree"),
    RenameUser("rename-user"),
    Partition("partition"),
    PartitionTree("partition-tree"),
    Delete("delete"),
    DeleteDelayed("delete-delayed"),
    DeleteUser("delete-user"),
    LocalCreate("localcreate"),
    LocalDelete("localdelete"),
    RenameInbox("rename-inbox"),
    Append("append"),
    MultiAppend("multiappend"),
    Catenate("catenate"),
    Deliver("deliver"),
    Copy("copy"),
    Move("move"),
    Replace("replace"),
    ReplaceElsewhere("replace-elsewhere"),
    Expunge("expunge"),
    Pop3Quit("pop3-quit"),
    Pop3QuitThere("pop3-quit-frontend"),
    SetAcl("setacl"),
    SetQuota("setquota"),
    SetMetadata("setmetadata"),
    Subscribe("subscribe"),
    ExpireMailboxes("expire-mailboxes"),
    ExpireMessages("expire-messages"),
    Unexpunge("unexpunge"),
    Undump("undump"),
    Reconstruct("reconstruct"),
    QuotaFix("quota-fix"),
    Xfer("xfer-source"),
    XferDestination("xfer-destination"),
    Tree1200("rename-tree-1200"),
]


def by_name(name):
    for o in ALL:
        if o.name == name:
            return o
    raise SystemExit("no such operation: " + name)
