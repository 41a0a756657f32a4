#!/bin/sh
# Every row of the IMAP command table stands in the system test of a backend and in that of a
# frontend; every LMTP and mupdate command in the test of both.
set -u
cd "${top_srcdir:-.}" || exit 1
status=0
check() { # where, pattern of the tests, names on standard input
    while read -r name; do
        grep -Eiq "(^|[^A-Za-z])$name([^A-Za-z]|$)" $2 || { echo "$1: no system test has $name"; status=1; }
    done
}
rows() { sed -n 's/^ *CommandSpec{"\([A-Z ]*\)".*/\1/p' "$1"; }
rows imap/imapd/command_table.cc >"${TMPDIR:-/tmp}/lint-rows.$$"
check imapd "tests/system/imap_backend_test.py tests/system/imap_extensions_test.py tests/system/move_test.py" <"${TMPDIR:-/tmp}/lint-rows.$$"
check "imapd, through a frontend" "tests/system/imap_frontend_test.py tests/system/imap_extensions_test.py tests/system/move_test.py" \
    <"${TMPDIR:-/tmp}/lint-rows.$$"
rm -f "${TMPDIR:-/tmp}/lint-rows.$$"
for name in LHLO MAIL RCPT DATA RSET NOOP VRFY QUIT AUTH STARTTLS; do echo $name; done |
    { check lmtp tests/system/lmtp_test.py; exit $status; } || status=1
sed -n 's/^ *{"\([A-Z]*\)", Verb::.*/\1/p' imap/mupdate/wire.cc |
    { check mupdate "tests/system/mupdate_*.py"; exit $status; } || status=1
exit $status
