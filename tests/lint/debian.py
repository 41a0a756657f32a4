#!/usr/bin/env python3
"""Each program and each manual page is in one Debian package, under the name it is installed by."""
import fnmatch
import glob
import os
import re
import subprocess
import sys

TOP = os.environ.get("top_srcdir", ".")
BUILD = os.environ.get("top_builddir", ".")
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness


def read(path):
    with open(os.path.join(TOP, path)) as f:
        return f.read().replace("\\\n", " ")


def names_of_programs():
    done = subprocess.run(["make", "-s", "--no-print-directory", "-C", BUILD, "print-programs",
                           "print-links"], stdout=subprocess.PIPE, text=True, check=True,
                          env=dict(os.environ, MAKEFLAGS=""))
    # make may have to say that it configures anew.
    return [os.path.basename(line) for line in done.stdout.splitlines() if " " not in line]


def test_each_file_is_in_one_package():
    clashing = re.search(r"for rk_name in (.*?);", read("configure.ac")).group(1).split()
    lines = [line for path in glob.glob(os.path.join(TOP, "dist/debian/*.install"))
             for line in read(os.path.relpath(path, TOP)).split()]

    def installed_as(name):
        return "cyrus-" + name if name in clashing else name

    wanted = []
    for name in names_of_programs():
        wanted.append([folder + installed_as(name)
                       for folder in ("usr/bin/", "usr/sbin/", "usr/libexec/rookery/")])
    for path in glob.glob(os.path.join(TOP, "man", "*.[0-9]")):
        name, section = os.path.basename(path).rsplit(".", 1)
        wanted.append(["usr/share/man/man%s/%s.%s" % (section, installed_as(name), section)])
    assert len(wanted) > 60, wanted
    wrong = []
    for places in wanted:
        homes = [line for line in lines for place in places
                 if fnmatch.fnmatch(place, line) or place.startswith(line + "/")]
        if len(homes) != 1:
            wrong.append((places[0], homes))
    assert not wrong, wrong
    present = [place for places in wanted for place in places]
    unknown = [line for line in lines if line != "usr/share/man/man5" and
               not any(fnmatch.fnmatch(place, line) for place in present)]
    assert not unknown, unknown


if __name__ == "__main__":
    harness.main()
