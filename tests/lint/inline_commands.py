#!/usr/bin/env python3
"""What the text of a guide bids to type is done in a frame of it too: tests do no more than frames.

A command within the text is what stands in backquotes and begins with a program of ours, or one of
OTHERS, and more words than that: a lone word is a name. It is done if a command in a frame begins
with the same program and has those words, or a line of a cyrus.conf in a frame does.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.environ.get("top_srcdir", "."), "tests", "support"))
import documents  # noqa: E402
import harness  # noqa: E402

SOURCE = os.environ.get("top_srcdir", ".")
GUIDES = ("install-murder", "authentication", "postfix")
OTHERS = {"chgrp", "chmod", "chown", "install", "openssl", "service", "systemctl"}
QUOTED = re.compile(r"`([^`]+)`")
IN_CONF = re.compile(r'cmd="([^"]*)"')


def our_programs():
    """All that have a page, or stand in one as its other names."""
    found = set()
    for page in os.listdir(os.path.join(SOURCE, "man")):
        if page.endswith((".1", ".8")):
            with open(os.path.join(SOURCE, "man", page)) as f:
                head = f.read().split(".Sh DESCRIPTION")[0]
            found.update(re.findall(r"^\.Nm ([a-z][\w-]*)", head, re.M))
    return found


def in_text(text, programs):
    """(line, words) of each command outside of frames."""
    outside = re.sub(r"^```\n.*?^```$", lambda m: "\n" * m[0].count("\n"), text, flags=re.M | re.S)
    for quoted in QUOTED.finditer(outside):
        words = quoted[1].split()
        if len(words) > 1 and words[0] in programs:
            yield outside.count("\n", 0, quoted.start()) + 1, words


def in_frames(path):
    """The words of each command that a frame does."""
    for step in documents.markdown(path):
        if step.kind == "commands":
            for line in step.text.splitlines():
                for command in re.split(r"\|\|?|&&|;", line):
                    yield command.split()
        elif step.kind in ("file", "add", "insert"):
            for command in IN_CONF.findall(step.text):
                yield command.split()


def not_done(text, done, programs):
    return [(line, words) for line, words in in_text(text, programs)
            if not any(words[0] == d[0] and set(words) <= set(d) for d in done if d)]


def main():
    programs = our_programs() | OTHERS
    cases = []
    for guide in GUIDES:
        path = "doc/admin/%s.md" % guide
        with open(os.path.join(SOURCE, path)) as f:
            text = f.read()
        done = list(in_frames(path))
        cases.append(("%s: each command in the text is done in a frame" % guide,
                      ["%s:%d: %s" % (path, line, " ".join(words))
                       for line, words in not_done(text, done, programs)]))
    sample = ("Say `murder check\n--apply`, as `murder`.\n\n```\n`murder top x`\n```\n\n"
              "Or `chmod 1 x`.")
    found = not_done(sample, [["murder", "check"], ["murder", "top", "x"]], programs)
    cases.append(("what is not done is found",
                  [] if found == [(1, ["murder", "check", "--apply"]), (8, ["chmod", "1", "x"])]
                  else [str(found)]))
    cases.append(("programs are known", [] if {"murder", "imtest", "restore", "imapd"} <= programs
                  else [str(programs)]))
    harness.tell(cases)


if __name__ == "__main__":
    main()
