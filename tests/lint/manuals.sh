#!/bin/sh
# A manual page for every installed program and both configuration files, well formed, and naming
# every option letter that the program takes.
set -u
cd "${top_srcdir:-.}" || exit 1
. tests/support/tap.sh
build=${top_builddir:-.}
programs=$(MAKEFLAGS= make -s --no-print-directory -C "$build" print-programs 2>/dev/null |
    grep "^[a-z][a-z/]*/[a-z_-]*$")
for p in $programs; do
    name=$(basename "$p")
    page=$(ls man/"$name".[158] 2>/dev/null | head -n 1)
    [ -n "$page" ]; tap "$name has a manual page" $?
done
for page in man/*.[158] "$build"/man/imapd.conf.5; do
    status=0
    [ -f "$page" ] || { tap "$page: is there" 1; continue; }
    for macro in Dd Dt Os Nm Nd; do
        grep -q "^\.$macro" "$page" || { echo "$page: no .$macro"; status=1; }
    done
    if command -v mandoc >/dev/null 2>&1; then
        mandoc -T lint -W warning "$page" 2>&1 | grep -E 'WARNING|ERROR|UNSUPP' |
            grep -v 'referenced manual not found\|operating system explicitly' && status=1
    fi
    tap "$(basename "$page") is well formed" $status
done
capabilities=$(sed -n '/kFromBackends = {/,/^};/s/^ *"\([A-Z-]*\)=*[A-Za-z-]*",$/\1/p' \
    imap/backend/announced.h)
status=0
[ -n "$capabilities" ] || status=1
for name in $capabilities; do
    grep -q "\(^\|[ ]\)$name\($\|[ =,]\)" man/imapd.8 ||
        { echo "man/imapd.8: no $name"; status=1; }
done
tap "imapd.8 names every capability" $status
tap_end
