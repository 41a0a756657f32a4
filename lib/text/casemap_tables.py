#!/usr/bin/env python3
"""Prints casemap_tables.inc: the simple titlecase mappings and the decompositions of Unicode, as
lib/text/casemap.cc has them. Run by hand: keys on disk are made with them, so another version of
Unicode is another magic of the cache and of the index of words.

    python3 lib/text/casemap_tables.py > lib/text/casemap_tables.inc
"""
import sys
import unicodedata

EVERY = [c for c in range(sys.maxunicode + 1) if not 0xd800 <= c < 0xe000]


def titlecase(c):
    """A mapping to several characters is no simple one."""
    title = chr(c).title()
    return ord(title) if len(title) == 1 else c


def decomposed(c):
    words = [w for w in unicodedata.decomposition(chr(c)).split() if not w.startswith("<")]
    return [d for w in words for d in decomposed(int(w, 16))] if words else [c]


def runs(pairs):
    """(first, last, step, distance) of neighbours, or of every other one, that go as far."""
    out = []
    for at, to in pairs:
        if out:
            first, last, step, by = out[-1]
            if to - at == by and at - last in ((1, 2) if first == last else (step,)):
                out[-1] = (first, at, at - last, by)
                continue
        out.append((at, at, 1, to - at))
    return out


def find(pool, wanted):
    for at in range(len(pool) - len(wanted) + 1):
        if pool[at:at + len(wanted)] == wanted:
            return at
    return -1


def rows(items):
    line = ""
    for item in items:
        if len(line) + len(item) + 1 > 96:
            print("   " + line)
            line = ""
        line += " " + item
    print("   " + line)


def main():
    print("// Made by casemap_tables.py from Unicode %s." % unicodedata.unidata_version)
    print("constexpr Titled kTitled[] = {")
    titled = [(c, titlecase(c)) for c in EVERY if titlecase(c) != c]
    rows("{0x%x,0x%x,%d,%d}," % run for run in runs(titled))
    print("};")
    table = {c: decomposed(c) for c in EVERY if decomposed(c) != [c]}
    pool = []
    for wanted in sorted(table.values(), key=lambda d: (-len(d), d)):
        if find(pool, wanted) < 0:
            pool += wanted
    print("constexpr char32_t kPool[] = {")
    rows("0x%x," % c for c in pool)
    print("};")
    print("constexpr Decomposed kDecomposed[] = {")
    rows("{0x%x,%d,%d}," % (c, find(pool, d), len(d)) for c, d in table.items())
    print("};")


if __name__ == "__main__":
    main()
