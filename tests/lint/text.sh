#!/bin/sh
# What may not stand in the project's text: trailing space, tabs in sources, lines over 100 columns,
# absolute home paths, includes out of order.
set -u
cd "${top_srcdir:-.}" || exit 1
. tests/support/tap.sh
status=0
files=$(find lib imap master tests -name '*.h' -o -name '*.cc' -o -name '*.py')
for f in $files; do
    LC_ALL=C awk -v f="$f" '
        /[ \t]$/ { print f ":" FNR ": space at the end of the line"; bad = 1 }
        /\t/ { print f ":" FNR ": tab"; bad = 1 }
        length($0) > 100 { print f ":" FNR ": " length($0) " columns"; bad = 1 }
        END { exit bad }' "$f" || status=1
done
tap "no tab, no space at the end, 100 columns" $status
# The header of a .cc itself stands first; each block is in the order of the bytes.
bad=$(LC_ALL=C awk '
    FNR == 1 { last = ""; n = split(FILENAME, p, "/"); mine = p[n]; sub(/\.[a-z]*$/, "", mine) }
    !/^#include "/ { last = ""; next }
    {
        if (last != "" && $0 < last) print FILENAME ":" FNR ": include out of order"
        n = split($2, p, "/"); own = p[n]; sub(/\.h"$/, "", own)
        last = last == "" && index(mine, own) == 1 ? "" : $0
    }' $(printf '%s\n' "$files" | grep -v '\.py$'))
[ -z "$bad" ] || printf '%s\n' "$bad"
[ -z "$bad" ]; tap "includes are in order" $?
status=0
if grep -rnE '(/root/|/home/[a-z])' README.md NEWS doc man lib imap master quickstart .ci \
    tests/system tests/support tests/interop tests/bench 2>/dev/null | grep -v 'under a 0700'
then
    status=1
fi
tap "no path of a machine" $status
tap_end
