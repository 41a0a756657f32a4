"""Users' scripts of a test, and a sendmail program that keeps what it is given."""
import json
import os
import sys

SENDMAIL = """#!%s
import json, os, sys, tempfile
folder = %r
try:
    with open(os.path.join(folder, "answer")) as f:
        answer = int(f.read())
except FileNotFoundError:
    answer = 0
message = sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
if answer == 0:
    fd, path = tempfile.mkstemp(suffix=".tmp", dir=folder)
    with os.fdopen(fd, "w") as f:
        json.dump({"arguments": sys.argv[1:], "message": message}, f)
    os.rename(path, path[:-4] + ".sent")
sys.exit(answer)
"""


class Sendmail:
    """The option `sendmail` is .program; what it sent is .sent()."""

    def __init__(self, folder):
        self.folder = os.path.join(folder, "sendmail")
        os.makedirs(self.folder)
        os.chmod(self.folder, 0o777)
        self.program = os.path.join(self.folder, "sendmail")
        with open(self.program, "w") as f:
            f.write(SENDMAIL % (sys.executable, self.folder))
        os.chmod(self.program, 0o755)

    def answer(self, code):
        with open(os.path.join(self.folder, "answer"), "w") as f:
            f.write(str(code))

    def sent(self):
        """[{"arguments": [...], "message": "..."}]"""
        mails = []
        for name in sorted(os.listdir(self.folder)):
            if name.endswith(".sent"):
                with open(os.path.join(self.folder, name)) as f:
                    mails.append(json.load(f))
        return mails

    def to(self, address):
        return [m for m in self.sent() if address in m["arguments"]]


def put(murder, instance, user, text, name="main", active=True):
    """The script is the user's, as timsieved would leave it."""
    folder = os.path.join(murder[instance].dir, "conf", "sieve", user[0], user)
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name + ".script")
    with open(path + ".new", "w") as f:
        f.write(text)
    os.rename(path + ".new", path)
    link = os.path.join(folder, "defaultbc")
    if active:
        if os.path.lexists(link):
            os.unlink(link)
        os.symlink(name + ".bc", link)
    murder.give(os.path.join(murder[instance].dir, "conf", "sieve"))
