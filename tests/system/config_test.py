#!/usr/bin/env python3
"""A wrong configuration: file, line and reason on stderr and in the log, and exit 78."""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder

PROGRAMS = [("imapd",), ("lmtpd",), ("proxyd",), ("lmtpproxyd",), ("mupdate", "-m"),
            ("ctl_mboxlist", "-d"), ("ctl_cyrusdb", "-r"), ("rookery-passwd", "alice")]

WRONG = [("no separator", "configdirectory: {dir}/conf\nthis is no option\n", ":2:"),
         ("twice", "configdirectory: {dir}/conf\nservername: a\nservername: b\n", ":3:"),
         ("no value", "configdirectory: {dir}/conf\nadmins:\n", ":2:"),
         ("not a switch", "configdirectory: {dir}/conf\nallowplaintext: maybe\n", ":2:"),
         ("not a word of the list", "configdirectory: {dir}/conf\nvirtdomains: sometimes\n", ":2:"),
         ("not a number", "configdirectory: {dir}/conf\nmaxquoted: many\n", ":2:"),
         ("include of nothing", "configdirectory: {dir}/conf\n@include: {dir}/nosuch\n", ":2:"),
         ("no configdirectory", "servername: a\n", "configdirectory")]


def run(m, program, conf, *arguments):
    i = m["backend1"]
    i.imapd_conf, saved = conf, i.imapd_conf
    try:
        return i.run(program, *arguments, check=False, input="pw\n")
    finally:
        i.imapd_conf = saved


def test_a_wrong_imapd_conf():
    with murder.Murder(backends=1, frontends=0, master=False, start=False) as m:
        i = m["backend1"]
        i.write = lambda: None
        os.makedirs(i.dir, exist_ok=True)
        conf = os.path.join(i.dir, "imapd.conf")
        m.give(i.dir)
        for what, text, shown in WRONG:
            with open(conf, "w") as f:
                f.write(text.format(dir=i.dir))
            os.chmod(conf, 0o644)
            for program in PROGRAMS:
                done = run(m, program[0], conf, *program[1:])
                assert done.returncode == 78, (what, program, done.returncode, done.stdout)
                assert conf in done.stdout or shown == "configdirectory", (program, done.stdout)
                assert shown in done.stdout, (what, program, done.stdout)


def test_a_file_that_is_not_there():
    with murder.Murder(backends=1, frontends=0, master=False, start=False) as m:
        i = m["backend1"]
        os.makedirs(i.dir, exist_ok=True)
        m.give(i.dir)
        for program in PROGRAMS:
            done = run(m, program[0], os.path.join(i.dir, "nosuch"), *program[1:])
            assert done.returncode == 78 and "nosuch" in done.stdout, (program, done.stdout)


if __name__ == "__main__":
    harness.main()
