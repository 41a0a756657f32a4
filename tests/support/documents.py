"""Commands and files in documents, read from their own text and done on hosts.Network's machines.

In doc/admin/*.md a frame (a block between lines of ```) is what the line above it says:

    On mail1 and mail2, /etc/imapd.conf:          the file is this
    On mail1, add to /etc/imapd.conf:             these lines come to its end
    On mail1, in /etc/cyrus.conf after "imap":    these lines come behind the one that has the word
    On mail1:                                     commands, which end with status 0
    On mail1, with exit status 2:                 commands, the last of which ends so
    On mail1, in cyradm:                          lines for cyradm(1), logged in as cyrus there
    It says:                                      each was in a line that the frame before printed

and a line alone

    On mail3, /etc/cyrus.conf and /etc/imapd.conf as on mail2.
    On mail1 and mail2, /etc/server.pem from mupdate, /etc/HOST.pem.      HOST: the name of each

copies files. A frame under any other line is an error, so that none is forgotten; one that shows
something which is not to be done here is indented instead.
"""
import concurrent.futures
import os
import re
import time

import murder

# Those of doc/admin/install-murder.md.
INSTALLED = {"mupdate": "192.0.2.10", "mail1": "192.0.2.11", "mail2": "192.0.2.12",
             "mail3": "192.0.2.13", "mail4": "192.0.2.14", "mail5": "192.0.2.15",
             "imap1": "192.0.2.21"}
MACHINES = r"On (?P<machines>[a-z0-9, ]+?(?: and [a-z0-9]+)?)"
FRAME = re.compile(
    MACHINES + r"(?:, (?:(?P<add>add to )?(?P<file>/\S+)|in (?P<into>/\S+) after \"(?P<after>.+)\"|"
    r"with exit status (?P<status>\d+)|in (?P<cyradm>cyradm)))?:$")
COPY = re.compile(MACHINES + r", (?P<files>/\S+(?: and /\S+)*) (?:as on (?P<same>\w+)|"
                  r"from (?P<source>\w+), (?P<file>/\S+))\.$")


class Step:
    """One thing to do. kind: file, add, insert, copy, commands, cyradm, says."""

    def __init__(self, kind, where, machines, text="", path=None, after=None, status=0):
        self.kind = kind
        self.where = where  # file:line
        self.machines = machines
        self.text = text
        self.path = path
        self.after = after
        self.status = status


def names(text):
    return re.split(r", | and ", text)


def markdown(path, begin=None, end=None):
    """The steps of a document in their order; from the heading begin on, up to the heading end."""
    steps, above, frame = [], "", None
    inside = begin is None
    with open(os.path.join(murder.SOURCE, path)) as f:
        lines = f.read().splitlines()
    for number, line in enumerate(lines, 1):
        where = "%s:%d" % (path, number)
        if frame is not None:
            if line != "```":
                frame.append(line)
                continue
            if inside:
                steps.append(framed(above, "\n".join(frame) + "\n", where))
            frame = None
        elif line.startswith("```"):
            frame = []
        elif line.startswith("#"):
            title = line.lstrip("# ")
            if title == end:
                return steps
            inside = inside or title == begin
        elif line:
            above = line
            copy = COPY.match(line)
            if copy and inside:
                steps.append(Step("copy", where, names(copy["machines"]), text=copy["file"],
                                  path=copy["files"].split(" and "),
                                  after=copy["same"] or copy["source"]))
    if not inside or end is not None:
        raise AssertionError("%s: no heading %s" % (path, end if inside else begin))
    return steps


def framed(above, text, where):
    if above == "It says:":
        return Step("says", where, [], text)
    found = FRAME.match(above)
    if not found:
        raise AssertionError("%s: what is this frame? %r" % (where, above))
    kind = ("cyradm" if found["cyradm"] else "insert" if found["into"] else
            "add" if found["add"] else "file" if found["file"] else "commands")
    return Step(kind, where, names(found["machines"]), text, path=found["file"] or found["into"],
                after=found["after"], status=int(found["status"] or 0))


# What mdoc marks so and begins with the name of a program is a command.
MARKED = re.compile(r"^\.(?:Ic|Ql|Dl|Li) (.+?)(?: [.,;:])?$")


def manual(path, programs):
    """The commands of these programs that a manual page shows, in order: (where, command)."""
    found = []
    with open(os.path.join(murder.SOURCE, path)) as f:
        for number, line in enumerate(f, 1):
            marked = MARKED.match(line.rstrip("\n"))
            if not marked:
                continue
            command = marked[1].replace(r"\(dq", '"').replace(r"\en", r"\n")
            if command.split()[0] in programs:
                found.append(("%s:%d" % (path, number), command))
    return found


class Player:
    """Does steps. password: cyrus', for cyradm."""

    def __init__(self, network, password):
        self.network = network
        self.password = password
        self.said = ""

    def play(self, steps):
        for step in steps:
            if step.kind == "says":
                self.compare(step)
                continue
            began = time.monotonic()
            with concurrent.futures.ThreadPoolExecutor() as pool:
                self.said = "".join(pool.map(
                    lambda name: self.do(step, self.network[name]), step.machines))
            print("%5.1f s  %s" % (time.monotonic() - began, step.where))

    def do(self, step, machine):
        if step.kind == "commands":
            return self.commands(step.text, machine, step.where, step.status)
        if step.kind == "cyradm":
            return self.cyradm(machine.name, step.text, step.where)
        if step.kind == "copy":
            for path in step.path:
                there = (step.text or path).replace("HOST", machine.host)
                with open(self.network[step.after].path(there), "rb") as f:
                    write(machine.path(path), f.read())
        elif step.kind == "file":
            write(machine.path(step.path), step.text)
        else:
            with open(machine.path(step.path)) as f:
                lines = f.read().splitlines(keepends=True)
            at = len(lines)
            if step.kind == "insert":
                at = 1 + next(n for n, line in enumerate(lines) if step.after in line)
            write(machine.path(step.path), "".join(lines[:at]) + step.text + "".join(lines[at:]))
        return ""

    def cyradm(self, name, lines, where=""):
        """Logged in at this machine, and typed there."""
        machine = self.network[name]
        return self.commands("cyradm --user cyrus " + machine.host, machine, where,
                             input="%s\n%s" % (self.password, lines))

    def commands(self, script, machine, where, status=0, input=""):
        done = machine.run(script, input)
        if done.status != status:
            raise AssertionError("%s: on %s: exit status %d\n%s\n%s" % (
                where, machine.name, done.status, script, done.output))
        return done.output

    def compare(self, step):
        said = [" ".join(line.split()) for line in self.said.splitlines()]
        for line in step.text.splitlines():
            if not any(" ".join(line.split()) in had for had in said):
                raise AssertionError("%s: %r is not in\n%s" % (step.where, line, self.said))


def write(path, text):
    """In place, so that owner and mode stay."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(text.encode() if isinstance(text, str) else text)
