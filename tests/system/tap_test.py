#!/usr/bin/env python3
"""What Automake's driver and ./quickstart test make of a test: each case has a name and is counted,
whatever the case prints or leaves running, and a program that dies half-way fails."""
import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder

SUPPORT = murder.HERE
TOP = os.path.abspath(os.path.join(SUPPORT, "..", ".."))
BUILD = os.environ.get("top_builddir", os.path.join(TOP, "build"))
DRIVER = os.path.join(TOP, "build-aux", "tap-driver.sh")
SUMMARY = os.path.join(SUPPORT, "summary.py")

PYTHON = """
import os, subprocess, sys, unittest
sys.path.insert(0, %r)
import harness
def test_passes(): pass
def test_prints_results():
    print("not ok 1 - printed\\n1..1")
    os.write(1, b"Bail out!\\n")
    subprocess.run(["echo", "1..7"])
def test_prints_half_a_line(): sys.stdout.write("half")
def test_fails():
    print("why it fails")
    assert 1 == 2, "lines\\nok 9 - forged"
def test_is_skipped(): raise harness.Skip("no\\nreason")
def test_leaves_a_process():
    with open("pid", "w") as f:
        f.write(str(subprocess.Popen(["sleep", "600"], start_new_session=True).pid))
class Group(unittest.TestCase):
    def test_passes(self): pass
    def test_has_parts(self):
        for n in range(2):
            with self.subTest(n=n): self.assertEqual(n, 0)
class NoSetUp(unittest.TestCase):
    @classmethod
    def setUpClass(cls): raise ValueError("no set-up")
    def test_nothing(self): pass
def test_exits(): sys.exit(0)
%s
harness.main()
"""
DIES = "def test_dies(): os._exit(0)"
SKIPPED = "harness.skip_all('nothing here')"
SHELL = """
. "%s/tap.sh"
echo "not ok 1 - printed"
tap "is so" 0
tap "is not so" 1
tap_skip "cannot be looked at" "no reason"
tap_end
"""
# The text of a program, what runs it, and its lines in the output of the driver.
PROGRAMS = {
    "python": (PYTHON % (SUPPORT, ""), sys.executable, [
        "PASS 1 - test_passes", "PASS 2 - test_prints_results", "PASS 3 - test_prints_half_a_line",
        "FAIL 4 - test_fails", "SKIP 5 - test_is_skipped # SKIP no reason",
        "PASS 6 - test_leaves_a_process", "FAIL 7 - test_exits", "FAIL 8 - Group.test_has_parts",
        "PASS 9 - Group.test_passes", "FAIL 10 - setUpClass (NoSetUp)",
        "ERROR - exited with status 1"]),
    "dies": (PYTHON % (SUPPORT, DIES), sys.executable, [
        "PASS 1 - test_passes", "PASS 2 - test_prints_results", "PASS 3 - test_prints_half_a_line",
        "FAIL 4 - test_fails", "SKIP 5 - test_is_skipped # SKIP no reason",
        "PASS 6 - test_leaves_a_process", "FAIL 7 - test_exits", "ERROR - missing test plan"]),
    "skipped": (PYTHON % (SUPPORT, SKIPPED), sys.executable, ["SKIP - nothing here"]),
    "shell": (SHELL % SUPPORT, "sh", [
        "PASS 1 - is so", "FAIL 2 - is not so", "SKIP 3 - cannot be looked at # SKIP no reason",
        "ERROR - exited with status 1"]),
    "shell_dies": ((SHELL % SUPPORT).replace("tap_end", "exit 0"), "sh", [
        "PASS 1 - is so", "FAIL 2 - is not so", "SKIP 3 - cannot be looked at # SKIP no reason",
        "ERROR - missing test plan"]),
}
CHECK = ["PASS 1 - check_sample: passes", "PASS 2 - check_sample: passes, 2.",
         "PASS 3 - check_sample: passes, 3.", "PASS 4 - check_sample: prints_results",
         "FAIL 5 - check_sample: fails_in_lines", "FAIL 6 - check_sample: dies",
         "PASS 7 - check_sample: leaves_a_process", "ERROR - exited with status 1"]


@contextlib.contextmanager
def folder():
    """A folder, and the end of the process that a test left and named there."""
    with tempfile.TemporaryDirectory(prefix="rookery-tap-") as d:
        try:
            yield d
        finally:
            with contextlib.suppress(FileNotFoundError), open(os.path.join(d, "pid")) as f:
                os.kill(int(f.read()), signal.SIGKILL)  # it is still there


def driver(d, name, *command):
    """The driver's lines, without the program's name and times."""
    done = subprocess.run(
        ["sh", DRIVER, "--test-name", name, "--log-file", name + ".log", "--trs-file",
         name + ".trs", "--color-tests", "no", "--enable-hard-errors", "yes",
         "--expect-failure", "no", "--", *command], cwd=d, stdout=subprocess.PIPE, text=True,
        env=dict(os.environ, CHECK_SAMPLE_PID=os.path.join(d, "pid")), timeout=murder.DEADLINE)
    assert done.returncode == 0, done
    return done.stdout


def in_short(lines, name):
    return [re.sub(r" \(\d+\.\d s\)$", "", line.replace(": " + name, "", 1))
            for line in lines.splitlines()]


def written(d, name):
    text, shell, expected = PROGRAMS[name]
    with open(os.path.join(d, name), "w") as f:
        f.write(text)
    return shell, expected


def test_each_kind_of_program():
    for name in PROGRAMS:
        with folder() as d:
            shell, expected = written(d, name)
            got = in_short(driver(d, name, shell, name), name)
            assert got == expected, (name, got)


def test_a_suite_of_check():
    sample = os.path.join(BUILD, "tests", "support", "check_sample")
    if not os.path.exists(sample):
        raise harness.Skip("Check is not installed")
    with folder() as d:
        got = in_short(driver(d, "check", sample), "check")
        assert got == CHECK, got
        with open(os.path.join(d, "check.log")) as f:
            assert "check_sample.cc:" in f.read()


def test_cases_are_chosen_by_name():
    with folder() as d:
        written(d, "python")
        for words, count, status in ((["test_passes"], 2, 0), (["passes"], 2, 0), (["Group"], 2, 1),
                                     (["Group.test_passes"], 1, 0), (["nosuch"], 0, 64)):
            done = subprocess.run([sys.executable, "python", *words], cwd=d, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            assert done.returncode == status, (words, done)
            assert not count or done.stdout.endswith("1..%d\n" % count), (words, done)


def summary(d, text, status):
    with open(os.path.join(d, "make.log"), "w") as f:
        f.write(text)
    done = subprocess.run([sys.executable, SUMMARY, d, "make.log", str(status)], cwd=d, text=True,
                          stdout=subprocess.PIPE)
    assert done.returncode == 0, done
    return done.stdout.splitlines()


def test_the_summary_counts_cases_and_ends_with_the_failures():
    with folder() as d:
        text = "  CXX   x.o\n"
        for name in PROGRAMS:
            shell, _ = written(d, name)
            text += driver(d, name, shell, name)
            with contextlib.suppress(FileNotFoundError), open(os.path.join(d, "pid")) as f:
                os.kill(int(f.read()), signal.SIGKILL)
                os.unlink("%s/pid" % d)
        said = summary(d, text + "# PASS:  2\n", 2)
        assert said[-1] == "26 cases in 5 programs: 11 passed, 5 skipped, 10 failed", said[-1]
        failed = said[said.index("Failed:") + 1:-1]
        assert [line.partition(" (")[0] for line in failed] == [
            "  python: test_fails", "  python: test_exits", "  python: Group.test_has_parts",
            "  python: setUpClass", "  dies: test_fails", "  dies: test_exits",
            "  dies: missing test plan", "  shell: is not so", "  shell_dies: is not so",
            "  shell_dies: missing test plan"], failed
        assert "why it fails" in said and "FAIL python: 5 passed, 1 skipped, 4 failed" in said


def test_the_summary_of_a_make_that_failed():
    with folder() as d:
        said = summary(d, "PASS: a 1 - x\nmake: *** no rule\n", 2)
        assert said[-2:] == ["make: *** no rule", "1 case in 1 program: 1 passed, 0 skipped, "
                             "0 failed; make check failed"], said
        said = summary(d, "".join("PASS: a %d - x\n" % n for n in range(1, 1235)), 0)
        assert said == ["ok   a: 1234 passed", "1,234 cases in 1 program: 1,234 passed, 0 skipped, "
                        "0 failed"], said


if __name__ == "__main__":
    harness.main()
