#!/usr/bin/env python3
"""Does the unit suite of a folder notice when a line of the folder is wrong?

  tests/mutants/mutants.py BUILD [WORD...]

BUILD is a build folder that is configured. For each mutant of sieve.txt, or those whose name holds
a WORD, the changed file is compiled apart and linked in front of the archive; the suite must fail.
The tree is not touched. Prints a line for each, and is not 0 if one survives or does not compile.
"""
import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SUITE = "tests_unit_imap_sieve_suite"
TARGET = "tests/unit/imap/sieve/suite"
MAKE_RULES = f"""
rk-compile: ; @$(CXXCOMPILE) -w -c -o $(RK_OBJECT) $(RK_SOURCE)
rk-link: ; @$(CXX) $(AM_CXXFLAGS) $(CXXFLAGS) $(AM_LDFLAGS) $(LDFLAGS) -o $(RK_OUT) \\
  $({SUITE}_OBJECTS) $(RK_OBJECT) $({SUITE}_LDADD) $(LIBS)
"""


def mutants(path):
    """[(name, file, before, after)]; a block ends at an empty line."""
    found = []
    for block in open(path).read().split("\n\n"):
        lines = block.strip("\n").split("\n")
        if not any(line.startswith("= ") for line in lines):
            continue
        part = {mark: [x[2:] for x in lines if x[:1] == mark] for mark in "#=-+"}
        found.append((part["#"][0], part["="][0], part["-"], part["+"]))
    return found


def mutated(text, before, after):
    """The text with the lines changed, whatever their indentation; None: not there, or not once."""
    lines = text.split("\n")
    n = len(before)
    hits = [i for i in range(len(lines) - n + 1)
            if [x.strip() for x in lines[i:i + n]] == [x.strip() for x in before]]
    if len(hits) != 1:
        return None
    return "\n".join(lines[:hits[0]] + after + lines[hits[0] + n:])


def make(build, scratch, goal, **values):
    command = ["make", "-s", "-C", build, "-f", "Makefile", "-f", scratch + "/rules", goal]
    command += [f"{name}={value}" for name, value in values.items()]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def first_failure(program):
    try:
        done = subprocess.run([program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              timeout=600, text=True)
    except subprocess.TimeoutExpired:
        return "no end"
    failed = [x for x in done.stdout.split("\n") if x.startswith("not ok")]
    if failed:
        return f"{len(failed)} cases, {failed[0].split(' - ', 1)[-1]}"
    return "the suite dies" if done.returncode != 0 else None


def verdict(build, scratch, mutant):
    _, path, before, after = mutant
    changed = mutated(open(os.path.join(TOP, path)).read(), before, after)
    if changed is None:
        return "no mutant: its line is not there, or not once"
    source, thing, program = (scratch + x for x in ("/mutant.cc", "/mutant.o", "/suite"))
    with open(source, "w") as out:
        out.write(changed)
    done = make(build, scratch, "rk-compile", RK_SOURCE=source, RK_OBJECT=thing)
    if done.returncode == 0:
        done = make(build, scratch, "rk-link", RK_OBJECT=thing, RK_OUT=program)
    if done.returncode != 0:
        return "no mutant: " + done.stdout.strip().split("\n")[0]
    failure = first_failure(program)
    return "killed by " + failure if failure else "SURVIVES"


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    build, words = os.path.abspath(sys.argv[1]), sys.argv[2:]
    if subprocess.run(["make", "-s", "-C", build, TARGET]).returncode != 0:
        sys.exit("the suite does not build")
    if first_failure(os.path.join(build, TARGET)):
        sys.exit("the suite fails as it is")
    bad = count = 0
    with tempfile.TemporaryDirectory() as scratch:
        with open(scratch + "/rules", "w") as out:
            out.write(MAKE_RULES)
        for mutant in mutants(os.path.join(TOP, "tests/mutants/sieve.txt")):
            if words and not any(word in mutant[0] for word in words):
                continue
            said = verdict(build, scratch, mutant)
            count += 1
            bad += not said.startswith("killed")
            print(f"{mutant[0]}: {said}", flush=True)
    print(f"{count} mutants, {bad} not killed")
    sys.exit(1 if bad else 0)


main()
