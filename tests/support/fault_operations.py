"""The operations that faults.py cuts short."""


class Operation:
    """prepare() makes what is there before and says in case.before and case.after what is allowed
    to be there at the end; run() is the operation, its answer (kind, data)."""

    options = {}
    backends = 1
    each = False        # each mailbox may be done or not
    at_master = True    # the master is told
    deletes = False     # mail may go
    needs_master = False

    def __init__(self, name):
        self.name = name

    def client(self, case):
        return case.w.imap()

    def addresses(self, case):
        return [case.user, case.user + "+a"]

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


ALL = [
    Create("create"),
    CreateUser("create-user"),
    Rename("rename-one"),
    RenameTree("rename-tree"),
    RenameUser("rename-user"),
    Partition("partition"),
    Delete("delete"),
    DeleteDelayed("delete-delayed"),
    DeleteUser("delete-user"),
    LocalCreate("localcreate"),
    LocalDelete("localdelete"),
]


def by_name(name):
    for o in ALL:
        if o.name == name:
            return o
    raise SystemExit("no such operation: " + name)
