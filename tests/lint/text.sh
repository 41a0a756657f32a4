#!/bin/sh
# What may not stand in the project's text: trailing space, tabs in sources, lines over 100 columns,
# absolute home paths.
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
status=0
if grep -rnE '(/root/|/home/[a-z])' README.md NEWS doc man lib imap master quickstart .ci \
    tests/system tests/support tests/interop tests/bench 2>/dev/null | grep -v 'under a 0700'
then
    status=1
fi
tap "no path of a machine" $status
tap_end
