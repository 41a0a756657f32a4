"""Runs a file's tests in order: every module-level function named test_*, every unittest class.

    if __name__ == "__main__":
        harness.main()

The results are TAP, for Automake's driver: "ok 3 - name (0.1 s)", and the plan at the end, so
that a program that dies half-way has none and fails. They alone go to standard output: whatever
else is printed, here or by a child, goes to standard error (in make check: to the .log), where
"# case NAME" begins what one case says and "# failed NAME" ends it if it failed.

Arguments choose cases by name: test_x, x, or of a class Class or Class.test_x. A test may raise
Skip(reason); a program that can test nothing here calls skip_all(reason).

ROOKERY_TESTS=all: what is a choice of points, places or repetitions otherwise is all of them, which
takes hours.
"""
import os
import sys
import tempfile
import time
import traceback
import unittest

ALL = os.environ.get("ROOKERY_TESTS") == "all"
MEMORY = "/dev/shm"
ROOM = 1 << 30  # bytes that have to be free there


class Skip(unittest.SkipTest):
    pass


def skip_all(reason):
    print("1..0 # SKIP " + one_line(reason), flush=True)
    sys.exit(0)


def one_line(text):
    return " ".join(str(text).split())


class Result(unittest.TestResult):
    def __init__(self):
        super().__init__()
        sys.stdout.flush()
        self.tap = os.fdopen(os.dup(1), "w", buffering=1)  # not inherited: a child cannot hold it
        os.dup2(2, 1)
        sys.stdout.reconfigure(line_buffering=True)
        self.count = self.failed = self.skipped_count = 0
        self.running = self.trouble = self.reason = None

    def startTest(self, test):
        super().startTest(test)
        self.running, self.trouble, self.reason = test, False, None
        self.began = time.monotonic()
        print("# case " + name_of(test))

    def stopTest(self, test):
        super().stopTest(test)
        self.running = None
        self.report(name_of(test))

    def report(self, name):
        """What came of a case, or of the set-up of a class of them."""
        self.count += 1
        name = one_line(name).replace("#", "")
        took = "(%.1f s)" % (time.monotonic() - self.began)
        if self.trouble:
            self.failed += 1
            print("# failed " + name)
            print("not ok %d - %s %s" % (self.count, name, took), file=self.tap)
        elif self.reason is not None:
            self.skipped_count += 1
            print("ok %d - %s # SKIP %s" % (self.count, name, self.reason), file=self.tap)
        else:
            print("ok %d - %s %s" % (self.count, name, took), file=self.tap)

    def addError(self, test, err):
        alone = self.running is None  # setUpClass and its like are no test
        if alone:
            self.began = time.monotonic()
            print("# case " + name_of(test))
        elif test is not self.running:
            print("# in " + name_of(test))
        self.trouble = True
        kind, value, trace = err
        while trace and "__unittest" in trace.tb_frame.f_globals:
            trace = trace.tb_next
        traceback.print_exception(kind, value, trace, file=sys.stdout)
        if alone:
            self.report(name_of(test))

    addFailure = addError

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.addError(subtest, err)

    def addUnexpectedSuccess(self, test):
        self.trouble = True
        print("succeeded, which it should not")

    def addSkip(self, test, reason):
        alone = self.running is None
        if alone:
            self.began, self.trouble = time.monotonic(), False
        self.reason = one_line(reason)
        if alone:
            self.report(name_of(test))


def name_of(test):
    return test.id().replace("__main__.", "", 1)


def cases(suite):
    for t in suite:
        if isinstance(t, unittest.TestSuite):
            yield from cases(t)
        else:
            yield t


def chosen(test, wanted):
    name = name_of(test)
    group, _, last = name.rpartition(".")
    return not wanted or not {name, group, last, last[5:]}.isdisjoint(wanted)


def work_in_memory():
    """Temporary folders are made in memory, where that can be and TMPDIR says nothing else: who
    dies in a test is a process and never the machine, and most of the time went to syncs."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK | os.X_OK):
        return
    there = os.statvfs(MEMORY)
    if there.f_bavail * there.f_frsize >= ROOM and not there.f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = tempfile.tempdir = MEMORY


def tell(cases):
    """TAP of cases that were decided already: (name, lines of what is wrong) each; ends the
    program. For lints, whose cases come of one reading of all files."""
    for number, (name, said) in enumerate(cases, 1):
        for line in said:
            print(line, file=sys.stderr)
        print("%s %d - %s" % ("not ok" if said else "ok", number, name))
    print("1..%d" % len(cases))
    sys.exit(any(said for _, said in cases))


def main():
    work_in_memory()
    module = sys.modules["__main__"]
    tests = [unittest.FunctionTestCase(f) for n, f in vars(module).items()
             if n.startswith("test_") and callable(f)]
    tests += cases(unittest.defaultTestLoader.loadTestsFromModule(module))
    suite = unittest.TestSuite(t for t in tests if chosen(t, sys.argv[1:]))
    if suite.countTestCases() == 0:
        print("no such test: " + " ".join(sys.argv[1:]), file=sys.stderr)
        sys.exit(64)
    result = Result()
    try:
        suite.run(result)
    except KeyboardInterrupt:
        print("Bail out! interrupted", file=result.tap)
        sys.exit(1)
    print("1..%d" % result.count, file=result.tap)
    print("# %d passed, %d failed, %d skipped" % (
        result.count - result.failed - result.skipped_count, result.failed, result.skipped_count))
    sys.exit(1 if result.failed else 0)
