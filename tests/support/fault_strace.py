#!/usr/bin/env python3
"""Whether the calls that fault_shim counts are those that the kernel sees, as strace tells them.

    fault_strace.py rename-one append    # of operations in a session; --plain: without a master

The shim sees what a program calls by name; a change that gets to the kernel another way would be no
point of the fault test. What may differ: an open that could make a file counts where it makes one,
and strace does not say whether it did.
"""
import argparse
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import fault_operations
import faults
import harness
import murder

# What changes files, by strace's name; those that a system lacks are passed over.
CALLS = """open openat openat2 creat write pwrite64 writev pwritev pwritev2 sendfile splice
copy_file_range truncate ftruncate fallocate rename renameat renameat2 link linkat symlink symlinkat
unlink unlinkat rmdir mkdir mkdirat mknod mknodat fsync fdatasync syncfs sync sync_file_range
utime utimes utimensat futimesat chmod fchmod fchmodat fchmodat2 chown fchown fchownat lchown
setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr""".split()
NAMES = {"pwrite64": "pwrite", "creat": "open", "openat": "open", "openat2": "open",
         "renameat": "rename", "linkat": "link", "symlinkat": "symlink", "mkdirat": "mkdir",
         "utimensat": "utimens", "fchmod": "chmod", "fchmodat": "chmod"}
OF_DESCRIPTOR = """write pwrite64 writev pwritev pwritev2 sendfile splice copy_file_range ftruncate
fallocate fsync fdatasync syncfs sync_file_range fchmod fchown fsetxattr fremovexattr""".split()
LINE = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)")
PLACE = re.compile(r'(?:AT_FDCWD|\d+)<([^>]*)>|"([^"]*)"')


def paths_of(call, arguments):
    """The file or files that it is about: of a descriptor, or a name with its folder."""
    if call in ("rename", "link", "symlink"):
        return re.findall(r'"([^"]*)"', arguments)
    if call not in OF_DESCRIPTOR:
        named = re.findall(r'(?:AT_FDCWD|\d+)<([^>]*)>, "([^"]*)"', arguments)
        if named:
            return [os.path.join(folder, name).rstrip("/") for folder, name in named]
    first = PLACE.match(arguments)
    return [first.group(1) or first.group(2)] if first else []


def name_of(call, arguments):
    if call == "unlinkat":
        return "rmdir" if "AT_REMOVEDIR" in arguments else "unlink"
    if call == "renameat2":
        return "exchange" if "RENAME_EXCHANGE" in arguments else "rename"
    return NAMES.get(call, call)


def seen_by_strace(path, roots):
    """[(name, path, must it count)]"""
    found = []
    with open(path, errors="replace") as f:
        for line in f:
            m = LINE.match(line)
            if not m:
                continue
            call, arguments = m.group(1), m.group(2)
            about = [p for p in paths_of(call, arguments)
                     if any((p + "/").startswith(r + "/") for r in roots)]
            if not about:
                continue
            name, must = name_of(call, arguments), True
            if name == "open":
                if "O_CREAT" not in arguments and "O_TRUNC" not in arguments and call != "creat":
                    continue
                must = "O_EXCL" in arguments and m.group(3) != "-1"
            found.append((name, about[0], must))
    return found


def seen_by_shim(server):
    with open(server.trace, errors="replace") as f:
        rows = [line.rstrip("\n").split("\t") for line in f]
    # An open with O_TRUNC of a file that is there is a truncate to the shim.
    return [(r[2], r[8]) for r in sorted(rows, key=lambda r: int(r[0]))]


def differences(kernel, shim):
    """Both in order; what only one of them has."""
    wrong, at = [], 0
    for name, path, must in kernel:
        here = shim[at] if at < len(shim) else None
        if here is not None and here[1] == path and (here[0] == name or
                                                     (name, here[0]) == ("open", "truncate")):
            at += 1
        elif must:
            wrong.append("only strace: %s %s" % (name, path))
    return wrong + ["only the shim: %s %s" % s for s in shim[at:]]


class Strace:
    """strace of a process that runs."""

    def __init__(self, pid, out):
        if not shutil.which("strace"):
            raise harness.Skip("no strace here")
        which = "trace=" + ",".join("?" + c for c in CALLS)
        self.process = subprocess.Popen(
            ["strace", "-y", "-s", "0", "-o", out, "-e", which, "-p", str(pid)],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        said = self.process.stderr.readline()
        if "attached" not in said:
            self.stop()
            raise harness.Skip("ptrace is not allowed here: " + said.strip())

    def stop(self):
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=murder.DEADLINE)


def compare(world, operation):
    """(calls, what is wrong) of one run of an operation in a session."""
    world.points += 1
    world.go_to("backend1")
    case = faults.Case(world, world.points)
    case.each = operation.each
    operation.prepare(case)
    case.close()
    server, out = world.backend, os.path.join(world.m.dir, "strace.out")
    client = operation.client(case)
    server.forget_calls()
    strace = Strace(client.worker, out)
    server.control.arm("count", 0, client.worker)
    kind, text = faults.outcome_of(operation, case, client)
    server.control.disarm()
    strace.stop()
    with contextlib.suppress(Exception):
        client.shutdown()
    shim = seen_by_shim(server)
    wrong = differences(seen_by_strace(out, server.roots()), shim)
    if kind != "OK":
        wrong.append("the answer: %s %s" % (kind, text))
    if server.control["counter"] != len(shim):
        wrong.append("%d counted, %d written down" % (server.control["counter"], len(shim)))
    operation.finish(case)
    faults.remove_everywhere(world, case, [])
    return len(shim), wrong


def in_a_session():
    return [o for o in fault_operations.ALL if not o.samples and o.victim == "backend1" and
            not isinstance(o, fault_operations.OfTool)]


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--plain", action="store_true", help="a server without a mupdate master")
    p.add_argument("operations", nargs="*")
    a = p.parse_args()
    failed = 0
    for o in in_a_session():
        if a.operations and o.name not in a.operations or a.plain and o.needs_master:
            continue
        started = time.monotonic()
        with faults.World(not a.plain, o.options, o.backends) as w:
            calls, wrong = compare(w, o)
        failed += bool(wrong)
        for line in wrong:
            print("FAIL %s strace: %s" % (o.name, line))
        print("DONE %s strace: %d calls, %d differ (%.1f s)" % (
            o.name, calls, len(wrong), time.monotonic() - started), flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
