#!/bin/sh
# Every row of the IMAP command table stands in the system test of a backend and in that of a
# frontend; every LMTP and mupdate command in the test of both.
set -u
cd "${top_srcdir:-.}" || exit 1
. tests/support/tap.sh
check() { # where, pattern of the tests, names on standard input
    status=0
    while read -r name; do
        grep -Eiq "(^|[^A-Za-z])$name([^A-Za-z]|$)" $2 || { echo "$1: no system test has $name"; status=1; }
    done
    tap "$1: each command has a system test" $status
}
# What differs between IMAP commands stands in their rows (imap/imapd/command_spec.h): no name of
# one is compared, not under another name either.
name='(command|command_|spec|spec_)\)?(\.|->)(spec->)?name'
bad=$(grep -nE "$name *[!=]=|[!=]= *(\*?[a-z_]*\.)?$name|$name\.(starts_with|ends_with|find|compare)|equal_nocase\($name|= *$name;|[^a-z_]verb_?( *[!=]= *\"|\.(starts|ends)_with)" \
    imap/imapd/*.h imap/imapd/*.cc imap/imapd/commands/*.cc | grep -v '^imap/imapd/command_table\.cc:')
[ -z "$bad" ] || printf '%s\n' "$bad"
[ -z "$bad" ]; tap "no name of a command is tested outside the table" $?
list=$(mktemp) || exit 1
trap 'rm -f "$list"' EXIT
rows() { sed -n 's/^ *row("\([A-Z ]*\)".*/\1/p' "$1"; }
rows imap/imapd/command_table.cc >"$list"
check imapd "tests/system/imap_backend_test.py tests/system/imap_extensions_test.py tests/system/move_test.py tests/system/notify_test.py" <"$list"
check "imapd, through a frontend" "tests/system/imap_frontend_test.py tests/system/imap_extensions_test.py tests/system/move_test.py tests/system/notify_test.py" \
    <"$list"
printf '%s\n' LHLO MAIL RCPT DATA RSET NOOP VRFY QUIT AUTH STARTTLS >"$list"
check lmtp tests/system/lmtp_test.py <"$list"
sed -n 's/^ *{"\([A-Z]*\)", \(always\|before_login\|after_login\).*/\1/p' \
    imap/managesieve/engine.cc >"$list"
check managesieve tests/system/managesieve_test.py <"$list"
sed -n 's/^ *{"\([A-Z0-9-]*\)", When::.*/\1/p' imap/pop3/verbs.cc >"$list"
check pop3 tests/system/pop3_test.py <"$list"
sed -n 's/^ *{"\([A-Z0-9-]*\)", "[A-Z.]*", \(any\|reader\|feeder\),.*/\1/p' imap/nntp/verbs.cc | sort -u >"$list"
check nntp tests/system/nntp_test.py <"$list"
sed -n 's/^ *{"\([A-Z]*\)", Verb::.*/\1/p' imap/mupdate/wire.cc >"$list"
check mupdate "tests/system/mupdate_*.py" <"$list"
tap_end
