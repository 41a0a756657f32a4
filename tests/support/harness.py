"""Runs the test functions of a file: every module-level function named test_*, in order.

    if __name__ == "__main__":
        harness.main()

Prints "ok name" or "FAIL name" with the trace, exits 0, 1, or 77 when everything was skipped.
Arguments choose tests by name. A test may raise Skip(reason).
"""
import inspect
import sys
import time
import traceback


class Skip(Exception):
    pass


def main():
    module = sys.modules["__main__"]
    tests = [(n, f) for n, f in vars(module).items()
             if n.startswith("test_") and inspect.isfunction(f)]
    wanted = sys.argv[1:]
    failed = skipped = ran = 0
    for name, function in tests:
        if wanted and name not in wanted and name[5:] not in wanted:
            continue
        started = time.monotonic()
        try:
            function()
        except Skip as s:
            skipped += 1
            print("skip %s: %s" % (name, s), flush=True)
        except BaseException as e:
            failed += 1
            print("FAIL %s (%.1f s)" % (name, time.monotonic() - started))
            traceback.print_exc(file=sys.stdout)
            sys.stdout.flush()
            if isinstance(e, KeyboardInterrupt):
                break
        else:
            ran += 1
            print("ok   %s (%.1f s)" % (name, time.monotonic() - started), flush=True)
    print("# %d passed, %d failed, %d skipped" % (ran, failed, skipped))
    sys.exit(1 if failed else 0 if ran else 77)
