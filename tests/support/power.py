#!/usr/bin/env python3
"""What an operation leaves when the power fails: what was written but not synced may be absent.

    power.py rename-one                  # a server without a master; --images 40: more of them
    power.py --master rename-one         # with one, to which nothing happens
    power.py --image 17 -v rename-one    # one of them, with the calls and what is absent; with
                                         # a master: one that ends before the 17th call

An operation runs once and the shim writes down each call with its data. Then for each sync, and for
the end, file systems are made in which all that was not synced is absent, and some in which one
such call is absent and the others are there; a server starts on each and is looked at as faults.py
does. After the end of an operation that answered OK it must be done.

A write is durable after a sync of its file; a name after a sync of its folder, or of the file if
the name came with it (so do ext4, XFS and btrfs). What was there before the operation is durable.
"""
import argparse
import contextlib
import copy
import os
import random
import shutil
import stat
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import fault_operations
import faults

SYNCS = ("fsync", "fdatasync", "syncfs")
WRITES = ("write", "pwrite", "ftruncate", "truncate", "fallocate")
UNSEEN = ("pwritev", "copy_file_range", "symlink")  # without their data in the trace


class Node:
    def __init__(self, is_folder, data=b"", mode=0o600):
        self.is_folder, self.mode = is_folder, mode
        self.data = bytes(data)
        self.entries = {}


def load(path, nodes, by_inode):
    """The id of the tree at path: its inode, with "b" before; sockets and such are left out."""
    st = os.lstat(path)
    ident = "b%d" % st.st_ino
    by_inode[st.st_ino] = ident
    if stat.S_ISDIR(st.st_mode):
        node = nodes[ident] = Node(True, mode=stat.S_IMODE(st.st_mode))
        for name in os.listdir(path):
            with contextlib.suppress(FileNotFoundError):
                child = load(os.path.join(path, name), nodes, by_inode)
                if child:
                    node.entries[name] = child
    elif stat.S_ISREG(st.st_mode):
        with open(path, "rb") as f:
            nodes[ident] = Node(False, f.read(), stat.S_IMODE(st.st_mode))
    else:
        return None
    return ident


class Call:
    def __init__(self, fields, data):
        self.number, self.name, self.inode = int(fields[0]), fields[2], int(fields[3])
        self.at, self.size, self.how = int(fields[4]), int(fields[5]), fields[7]
        self.path, self.other, self.data = fields[8], fields[9], data
        self.node = None     # what is written or synced, or gets a name
        self.places = []     # (folder, name) that change

    def text(self, top):
        return "%d %s %s" % (self.number, self.name, " -> ".join(
            p.replace(top + "/", "") for p in (self.path, self.other) if p))


def read_trace(path):
    with open(path, "rb") as f:
        raw = f.read()
    calls, at = [], 0
    while at < len(raw):
        end = raw.index(b"\n", at)
        fields = raw[at:end].decode(errors="surrogateescape").split("\t")
        size = int(fields[6])
        calls.append(Call(fields, raw[end + 1:end + 1 + size]))
        at = end + 1 + size
    made = [c for c in calls if c.how not in ("error", "fails", "killed")]
    return sorted(made, key=lambda c: c.number)


class History:
    """The tree before, and the calls with the nodes that they mean."""

    def __init__(self, roots, trace):
        self.roots = roots
        self.base, self.by_inode = {}, {}
        self.tops = {r: load(r, self.base, self.by_inode) for r in roots}
        self.trace = trace
        self.calls = []

    def read(self):
        self.calls = read_trace(self.trace)
        nodes = self.fresh()
        for c in self.calls:
            if c.name in UNSEEN:
                raise AssertionError("%s: the trace has no data of it" % c.name)
            self.resolve(c, nodes)
            apply(c, nodes)

    def until(self, made):
        part = copy.copy(self)
        part.calls = self.calls[:made]
        return part

    def fresh(self):
        nodes = {}
        for ident, n in self.base.items():
            nodes[ident] = Node(n.is_folder, n.data, n.mode)
            nodes[ident].entries = dict(n.entries)
        return nodes

    def place(self, path, nodes):
        root = next(r for r in self.roots if (path + "/").startswith(r + "/"))
        folder, parts = self.tops[root], path[len(root):].strip("/").split("/")
        for part in parts[:-1]:
            folder = nodes[folder].entries[part]
        return folder, parts[-1]

    def resolve(self, c, nodes):
        if c.name in SYNCS or c.name in WRITES and self.by_inode.get(c.inode) in nodes:
            c.node = self.by_inode.get(c.inode)
            return
        if c.name in ("utimens", "chmod"):
            return
        try:
            c.places = [self.place(p, nodes) for p in (c.path, c.other) if p]
        except KeyError:
            if c.name not in ("unlink", "rmdir"):
                raise
            return  # written down before the kernel refused it: there is no such folder
        if c.name in ("open", "mkdir"):
            c.node = self.by_inode[c.inode] = "n%d" % c.number
            nodes[c.node] = Node(c.name == "mkdir")
        else:
            c.node = nodes[c.places[0][0]].entries.get(c.places[0][1])


def apply(c, nodes):
    """What a call does; one whose ground is absent does nothing."""
    if c.name in SYNCS or c.name in ("utimens", "chmod") or c.node is None:
        return
    if c.name in WRITES:
        n = nodes.get(c.node)
        if n is None:
            return
        size = c.at + len(c.data) if c.name in ("write", "pwrite") else c.at
        if c.name == "fallocate":
            size = max(len(n.data), c.at + c.size)
        if c.name in ("write", "pwrite"):
            old = n.data.ljust(c.at, b"\0")
            n.data = old[:c.at] + c.data + old[size:]
        else:
            n.data = n.data[:size].ljust(size, b"\0")
        return
    places = [(nodes[f].entries, name) for f, name in c.places if f in nodes]
    if len(places) < len(c.places):
        return
    (entries, name), (to, target) = places[0], places[-1]
    if c.name in ("open", "mkdir"):
        nodes.setdefault(c.node, Node(c.name == "mkdir"))
        entries[name] = c.node
    elif c.name == "rmdir" and name in entries and nodes[entries[name]].entries:
        return  # written down before the kernel refused it
    elif c.name in ("unlink", "rmdir"):
        entries.pop(name, None)
    elif c.name == "link" and name in entries:
        to[target] = entries[name]
    elif c.name == "rename" and name in entries:
        to[target] = entries.pop(name)
    elif c.name == "exchange" and name in entries and target in to:
        entries[name], to[target] = to[target], entries[name]


def is_made_durable(c, sync):
    if sync.name == "syncfs":
        return True
    if c.name in WRITES or c.name in ("open", "mkdir") and c.node == sync.node:
        return c.node == sync.node
    return sync.name == "fsync" and sync.node in [f for f, _ in c.places]


def images(history):
    """[(how many calls were made, numbers of those that are absent, all that might be)]"""
    found, seen, pending = [], set(), []

    def add(made, absent):
        key = frozenset(c.number for c in history.calls[:made]) - frozenset(absent)
        if key not in seen:
            seen.add(key)
            found.append((made, absent))
    for k, c in enumerate(history.calls + [None]):
        if c is not None and c.name not in SYNCS:
            if c.name not in ("utimens", "chmod") and c.node is not None:
                pending.append(c)
            continue
        add(k, tuple(p.number for p in pending))
        for p in pending:
            add(k, (p.number,))
        if c is not None:
            pending = [p for p in pending if not is_made_durable(p, c)]
            add(k + 1, tuple(p.number for p in pending))
    return found


def make(history, made, absent):
    nodes = history.fresh()
    for c in history.calls[:made]:
        if c.number in absent and c.name in ("open", "mkdir"):
            nodes[c.node] = Node(c.name == "mkdir")  # without a name
        elif c.number not in absent:
            apply(c, nodes)
    for root, ident in history.tops.items():
        shutil.rmtree(root)
        write(root, ident, nodes)


def write(path, ident, nodes):
    n = nodes[ident]
    if n.is_folder:
        os.mkdir(path, 0o700)
        for name, child in n.entries.items():
            write(os.path.join(path, name), child, nodes)
        os.chmod(path, n.mode | 0o700)
    else:
        with open(path, "wb") as f:
            f.write(n.data)
        os.chmod(path, n.mode)


def record(world, operation, stop_at=None):
    """(case, history, answer) of one run, or of one until the power fails at a call."""
    world.points += 1
    world.go_to("backend1")
    case = faults.Case(world, world.points)
    case.each = operation.each
    operation.prepare(case)
    case.close()
    client = operation.client(case)
    victim = world.m[operation.victim]
    control = getattr(client, "control", victim.control)
    victim.forget_calls()
    history = History(victim.roots(), victim.trace)
    control.arm(faults.POWER_KILL if stop_at else faults.POWER, stop_at or 0)
    kind, _ = faults.outcome_of(operation, case, client)
    control.disarm()
    with contextlib.suppress(Exception):
        client.shutdown()
    if stop_at:
        victim.end()
    history.read()
    return case, history, kind


def try_image(world, operation, case, history, made, absent, kind):
    victim = world.m[operation.victim]
    victim.end()
    world.admin_connection = None
    make(history, made, absent)
    what, notes = [], []
    try:
        victim.start()
        world.revive()
        operation.finish(case)
        what = faults.look(world, operation, case, kind, "", 1, 0, set(), notes)
    except faults.Left as e:
        what.append(str(e))
    except (*faults.GONE, RuntimeError, TimeoutError) as e:
        what.append("the server does not answer: %r" % (e,))
        if victim.process is None:
            make(history, 0, ())
            victim.start()
    return what


def pending_at_end(history):
    """The calls that nothing has made durable."""
    pending = []
    for c in history.calls:
        if c.name in SYNCS:
            pending = [p for p in pending if not is_made_durable(p, c)]
        elif c.name not in ("utimens", "chmod") and c.node is not None:
            pending.append(c)
    return pending


def try_again(world, operation, stop_at):
    """The operation once more, up to there, with a master, which keeps what it was told. Without
    all that may be absent, or without one of it: (history, absent, what is wrong)."""
    case, history, kind = record(world, operation, stop_at)
    pending = pending_at_end(history)
    if pending and random.random() < 0.5:
        pending = [random.choice(pending)]
    absent = [c.number for c in pending]
    what = try_image(world, operation, case, history, len(history.calls), absent, kind)
    try:
        what += faults.remove_everywhere(world, case, [])
    except (*faults.GONE, RuntimeError) as e:
        what.append("removing: %r" % (e,))
    return history, absent, what


def chosen(all_images, many):
    """Those in which all is absent that may be, and some others."""
    whole = [i for i, (_, absent) in enumerate(all_images) if len(absent) != 1]
    single = [i for i in range(len(all_images)) if i not in whole]
    random.shuffle(whole)
    return sorted(whole[:many] + random.sample(single, min(len(single),
                                                           max(0, many - len(whole)))))


def with_master(world, operation, many, only):
    """(history, absent, what is wrong) of some; how long the operation is varies a little."""
    case, history, kind = record(world, operation)
    faults.remove_everywhere(world, case, [])
    if kind != "OK":
        raise AssertionError("%s: %s" % (operation.name, kind))
    last = max(c.number for c in history.calls)
    stops = sorted({1 + last * i // many for i in range(many)})
    for stop_at in [only] if only is not None else [*stops[:many - 1], None]:
        yield (stop_at or last + 1, *try_again(world, operation, stop_at))


def without_master(world, operation, many, only):
    case, history, kind = record(world, operation)
    if kind != "OK":
        raise AssertionError("%s: %s" % (operation.name, kind))
    found = images(history)
    print("     %s: %d of %d images" % (operation.name, many, len(found)), flush=True)
    for i in [only] if only is not None else chosen(found, many):
        made, absent = found[i]
        what = try_image(world, operation, case, history, made, absent,
                         "OK" if made == len(history.calls) else "DIED")
        yield i, history.until(made), absent, what


def run(world, operation, many, only=None, verbose=False, report=print):
    started = time.monotonic()
    tried, failed = 0, 0
    top = world.m[operation.victim].dir
    kind = "master" if world.master else "plain"
    for i, history, absent, what in (with_master if world.master else without_master)(
            world, operation, many, only):
        gone = [c.text(top) for c in history.calls if c.number in absent]
        tried += 1
        if what:
            failed += 1
            report("FAIL %s %s power %d (after %d calls, absent: %s): %s" % (
                operation.name, kind, i, len(history.calls), "; ".join(gone)[:600] or "nothing",
                "; ".join(what)[:600]))
        if verbose:
            print("\n".join("    %s%s" % ("- " if c.number in absent else "  ", c.text(top))
                            for c in history.calls))
    report("DONE %s %s power: %d images, %d failed (%.1f s)" % (
        operation.name, kind, tried, failed, time.monotonic() - started))
    return failed


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--images", type=int, default=20)
    p.add_argument("--image", type=int)
    p.add_argument("--master", action="store_true",
                   help="with a master, which hears no more than it did: much slower")
    p.add_argument("-v", action="store_true", help="the calls; - before those that are absent")
    p.add_argument("operations", nargs="+")
    a = p.parse_args()
    faults.Instance.no_mmap = True
    failed = 0
    for name in a.operations:
        operation = fault_operations.by_name(name)
        with faults.World(a.master or operation.needs_master, operation.options,
                          operation.backends) as w:
            try:
                failed += run(w, operation, a.images, a.image, a.v)
            except (AssertionError, TimeoutError, RuntimeError, *faults.GONE) as e:
                failed += 1
                print("FAIL %s power: the run ended: %r" % (name, e), flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
