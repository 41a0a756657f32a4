#!/usr/bin/env python3
"""What ./quickstart test says at its end: summary.py BUILD LOG STATUS.

LOG is the output of make check, STATUS its exit status. A line for each program; of each program
that failed what its failing cases said, from its .log; then the names of all failing cases, and in
the last line the counts. Who sees only the last screen sees which cases failed and why.
"""
import os
import re
import sys

LINE = re.compile(r"(PASS|FAIL|SKIP|XFAIL|XPASS|ERROR): (\S+)(?: (\d+))?(?: - | |$)(.*)")
OUTCOME = re.compile(r"(PASS|FAIL|SKIP|XFAIL|XPASS|ERROR): |(not )?ok |1\.\.\d+")
KINDS = {"PASS": "passed", "XFAIL": "passed", "SKIP": "skipped"}
SCREEN = 45  # lines of logs, shared by the programs that failed


class Program:
    def __init__(self, name):
        self.name = name
        self.count = {"passed": 0, "skipped": 0, "failed": 0}
        self.failed = []

    def add(self, result, what):
        # A program with failing cases also exits with a status of its own; that is no second one.
        if result == "ERROR" and what.startswith("exited with status 1") and self.failed:
            return
        kind = KINDS.get(result, "failed")
        self.count[kind] += 1
        if kind == "failed":
            self.failed.append(what or result)

    def log(self, build):
        for path in (os.path.splitext(self.name)[0] + ".log", self.name + ".log"):
            try:
                with open(os.path.join(build, path), errors="backslashreplace") as f:
                    return f.read().splitlines()
            except OSError:
                continue
        return []


def programs_in(lines):
    found = {}
    for line in lines:
        m = LINE.fullmatch(line)
        if m:
            found.setdefault(m[2], Program(m[2])).add(m[1], m[4].strip())
    return found


def said_by_failures(log):
    """The failing cases' parts of a log; where it does not tell them apart, all but the results."""
    parts, part = [], []
    for line in log:
        part.append(line)
        if line.startswith("# case "):
            part = [line]
        elif line.startswith("# failed ") and part[0].startswith("# case "):
            parts += part
            part = []
    return parts or [line for line in log if not OUTCOME.match(line)]


def number(n):
    return "{:,}".format(n)


def several(n, word):
    return "%s %s%s" % (number(n), word, "" if n == 1 else "s")


def main(build, path, status):
    with open(path, errors="backslashreplace") as f:
        lines = f.read().splitlines()
    programs = programs_in(lines)
    for p in programs.values():
        print("%s %s: %s" % ("FAIL" if p.failed else "ok  ", p.name, ", ".join(
            "%d %s" % (n, kind) for kind, n in p.count.items() if n)))
    failed = [p for p in programs.values() if p.failed]
    for p in failed:
        print("--- " + p.name)
        print("\n".join(said_by_failures(p.log(build))[-max(SCREEN // len(failed), 15):]))
    total = {kind: sum(p.count[kind] for p in programs.values())
             for kind in ("passed", "skipped", "failed")}
    if status != 0 and not failed:
        print("\n".join(lines[-40:]))
    if failed:
        print("Failed:")
    for p in failed:
        for name in p.failed:
            print("  %s: %s" % (p.name, name))
    print("%s in %s: %s%s" % (
        several(sum(total.values()), "case"), several(len(programs), "program"),
        ", ".join("%s %s" % (number(n), kind) for kind, n in total.items()),
        "; make check failed" if status != 0 and not failed else ""))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
