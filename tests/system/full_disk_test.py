#!/usr/bin/env python3
"""A full disk: NO for APPEND, 452 for LMTP, nothing half-written visible, and all goes on after.

The backend's spool is a small tmpfs in a mount namespace of this test, so it needs root.
"""
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import murder

BIG = (b"From: a@example.org\r\nSubject: big\r\n\r\n" + (b"x" * 76 + b"\r\n") * 30000)
SMALL = b"From: a@example.org\r\nSubject: small\r\n\r\nhello\r\n"


def mount(path):
    os.makedirs(path, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "none", path], check=True)


def fill(m):
    """Takes what is left of the spool."""
    spool = os.path.join(m["backend1"].dir, "spool")
    path = os.path.join(spool, "ballast")
    with open(path, "wb", buffering=0) as f:
        try:
            while True:
                f.write(b"\0" * 4096)
        except OSError:
            pass
    return path


def test_append_and_delivery_on_a_full_disk():
    m = murder.Murder(backends=1, start=False, extra={"duplicatesuppression": "no"})
    spool = os.path.join(m["backend1"].dir, "spool")
    mount(spool)
    try:
        with m:
            m.start()
            m.add_user("alice")
            assert not m.deliver(SMALL, ["alice"])
            ballast = fill(m)
            for where in ("backend1", "frontend1"):
                with m.imap(where, "alice") as c:
                    kind, data = c.append("INBOX", None, None, BIG)
                    assert kind == "NO", (where, kind, data)
                    assert murder.check(c.select("INBOX")) == [b"1"], where
                refused = m.deliver(BIG, ["alice"], instance=where)
                assert 450 <= refused["alice"][0] <= 452, (where, refused)
            os.unlink(ballast)
            for where in ("backend1", "frontend1"):
                assert not m.deliver(SMALL, ["alice"], instance=where)
            with m.imap("frontend1", "alice") as c:
                assert murder.check(c.append("INBOX", None, None, SMALL))
                assert murder.check(c.select("INBOX")) == [b"4"]
                for part in murder.check(c.fetch("1:*", "(BODY.PEEK[TEXT])")):
                    if isinstance(part, tuple):
                        assert part[1] == b"hello\r\n", part
    finally:
        subprocess.run(["umount", "-l", spool], check=False)
        shutil.rmtree(m.dir, ignore_errors=True)


if __name__ == "__main__":
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        print("skipped: needs root and unshare(1)")
        sys.exit(77)
    if not os.environ.get("ROOKERY_FULL_DISK"):
        if subprocess.run(["unshare", "--mount", "true"], stderr=subprocess.DEVNULL).returncode:
            print("skipped: no mount namespaces here")
            sys.exit(77)
        os.environ["ROOKERY_FULL_DISK"] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable]
                  + sys.argv)
    harness.main()
