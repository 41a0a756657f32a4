"""Users' scripts of a test, and a sendmail program that keeps what it is given."""
import os

import murder

# A shell's, so that any user can run it: the number of arguments, each on a line, the message.
SENDMAIL = """#!/bin/sh
cd '%s' || exit 75
code=$(cat answer 2>/dev/null || echo 0)
if [ "$code" != 0 ]; then
    cat >/dev/null
    exit "$code"
fi
new=$(mktemp ./XXXXXXXXXX.new) || exit 75
{ echo $#; for a in "$@"; do printf '%%s\\n' "$a"; done; cat; } >"$new" || exit 75
mv "$new" "${new%%.new}.sent"
"""


class Sendmail:
    """The option `sendmail` is .program; what it sent is .sent()."""

    def __init__(self, folder):
        self.folder = os.path.join(folder, "sendmail")
        os.makedirs(self.folder)
        os.chmod(self.folder, 0o777)
        self.program = os.path.join(self.folder, "sendmail")
        with open(self.program, "w") as f:
            f.write(SENDMAIL % self.folder)
        os.chmod(self.program, 0o755)

    def answer(self, code):
        with open(os.path.join(self.folder, "answer"), "w") as f:
            f.write(str(code))

    def sent(self):
        """[{"arguments": [...], "message": "..."}]"""
        mails = []
        for name in sorted(os.listdir(self.folder)):
            if name.endswith(".sent"):
                with open(os.path.join(self.folder, name), newline="",
                          errors="surrogateescape") as f:
                    count, _, rest = f.read().partition("\n")
                *arguments, message = rest.split("\n", int(count))
                mails.append({"arguments": arguments, "message": message})
        return mails

    def to(self, address):
        return [m for m in self.sent() if address in m["arguments"]]

    def wait(self, address, count=1):
        """What was sent there, which is done behind the answer to the delivery."""
        murder.wait_for(lambda: len(self.to(address)) >= count, "mail to " + address)
        return self.to(address)


def put(m, instance, user, text, name="main", active=True):
    """The script is the user's, as timsieved would leave it."""
    folder = os.path.join(m[instance].dir, "conf", "sieve", user[0], user)
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
    m.give(os.path.join(m[instance].dir, "conf", "sieve"))
