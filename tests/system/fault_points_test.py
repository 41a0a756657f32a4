#!/usr/bin/env python3
"""A worker that dies, and a call that fails, at any state-changing call of an operation leave it
done or not done, in the list, the store, at the master and its replicas, with all the mail.

Every third call here, from a random one on; with ROOKERY_TESTS=all every call of every operation
in every mode, which takes hours. tests/support/faults.py runs one point again.
"""
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import fault_operations
import fault_strace
import faults
import harness

STEP = 3
SOME = ("create", "rename-one", "delete", "partition", "deliver", "pop3-quit",
        "pop3-quit-frontend", "replace", "unexpunge")
SOME_MODES = ("kill", "enospc")
PLAIN = ("rename-one",)
COUNTED = ("create", "rename-tree", "delete-user", "append", "deliver", "move", "pop3-quit")
ALL = harness.ALL


def run(names, master):
    """All that fails, after all has run."""
    worlds = {}
    for name in names:
        o = fault_operations.by_name(name)
        worlds.setdefault((o.backends, *sorted(o.options.items())), []).append(o)
    failed = []
    for operations in worlds.values():
        with faults.World(master, operations[0].options, operations[0].backends) as w:
            for o in operations:
                for mode in faults.MODES if ALL else SOME_MODES:
                    step = 1 if ALL else STEP
                    first = random.randint(1, step)
                    points, found = faults.run_operation(w, o, mode, step=step, first=first)
                    print("     %s %s: every %d. from %d" % (o.name, mode, step, first), flush=True)
                    assert points or mode == "count", "no call of %s was seen" % o.name
                    failed += found
    assert not failed, "\n".join(str(f) for f in failed)


def test_with_a_master():
    run([o.name for o in fault_operations.ALL] if ALL else SOME, master=True)


def test_without_a_master():
    run([o.name for o in fault_operations.ALL if not o.needs_master] if ALL else PLAIN,
        master=False)


def test_strace_sees_the_same_calls():
    """What the shim does not see is no point of the tests above."""
    wrong = []
    for names in [(o.name,) for o in fault_strace.in_a_session()] if ALL else [COUNTED]:
        operations = [fault_operations.by_name(n) for n in names]
        with faults.World(True, operations[0].options, operations[0].backends) as w:
            for o in operations:
                calls, differ = fault_strace.compare(w, o)
                print("     %s: %d calls" % (o.name, calls), flush=True)
                assert calls, "no call of %s was seen" % o.name
                wrong += ["%s: %s" % (o.name, d) for d in differ]
    assert not wrong, "\n".join(wrong)


if __name__ == "__main__":
    if not os.path.exists(faults.SHIM):
        harness.skip_all("no fault_shim here")
    harness.main()
