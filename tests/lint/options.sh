#!/bin/sh
# Every option of the table is read somewhere, or stands in options.allowed with the reason why not.
set -u
cd "${top_srcdir:-.}" || exit 1
. tests/support/tap.sh
status=0
used=$(find lib imap master -name '*.cc' ! -name 'options_gen*' -exec cat {} +)
names=$(awk '/^[a-z]/ { print $1 }' lib/config/options.def)
allowed=$(awk '/^[a-z]/ { print $1 }' tests/lint/options.allowed)
for name in $names; do
    accessor=$(printf '%s' "$name" | tr - _)
    if printf '%s' "$used" | grep -Eq "(\.|->)$accessor\(\)"; then
        if printf '%s\n' $allowed | grep -qx "$name"; then
            echo "options.allowed: $name is read now, take the line out"
            status=1
        fi
    elif ! printf '%s\n' $allowed | grep -qx "$name"; then
        echo "options.def: nothing reads $name"
        status=1
    fi
done
tap "each option is read, or allowed not to be" $status
status=0
for name in $allowed; do
    printf '%s\n' $names | grep -qx "$name" || { echo "options.allowed: no option $name"; status=1; }
done
tap "options.allowed has options only" $status
tap_end
