#!/bin/sh
# A manual page for every installed program and both configuration files, well formed, with exit
# status, examples and diagnostics; the messages of a page are those of the sources; the options of
# a program are those of its page, and every program tells them, and its version.
set -u
cd "${top_srcdir:-.}" || exit 1
. tests/support/tap.sh
build=${top_builddir:-.}
programs=$(MAKEFLAGS= make -s --no-print-directory -C "$build" print-programs 2>/dev/null |
    grep "^[a-z][a-z/]*/[a-z_-]*$")
for p in $programs; do
    name=$(basename "$p")
    page=$(ls man/"$name".[18] 2>/dev/null | head -n 1)
    [ -n "$page" ]; tap "$name has a manual page" $?
done
# Program and page: whether each has the options that the other has. --help and --version are
# every program's, and not written on every page.
same_options() {
    "$1" --version | grep -q "^$(basename "$1") (Rookery) [0-9]" || { echo "no --version"; return 1; }
    "$1" --help >"$told" || return 1
    "$1" --no-such-option >/dev/null 2>&1
    [ $? = 64 ] || { echo "a wrong option is not a usage error"; return 1; }
    same=0
    for option in $(sed -n 's/^  \(-[^ ].*\)$/\1/p' "$told" | sed 's/   *.*//' |
        grep -o '^-[A-Za-z]\|--[a-z-]*'); do
        case $option in --help | --version) continue ;; esac
        grep -q -- "\(Fl\|,\) ${option#-}\( \|\$\)" "$2" || { echo "$2: no $option"; same=1; }
    done
    # The first --help is the value of those that take one; what is unknown is an error before it.
    for option in $(grep '^\.It Fl' "$2" | grep -o '\(Fl\|,\) -*[A-Za-z][a-z-]*' | grep -v 'Fl$' |
        sed 's/^[^ ]* /-/'); do
        "$1" "$option" --help --help >/dev/null 2>&1 ||
            { echo "$2: $option is no option"; same=1; }
    done
    return $same
}
# Every string of the programs, a line for each; one that is written in pieces is whole.
strings_of_programs() {
    find imap lib master -name '*.cc' -o -name '*.h' | sort | xargs cat | awk '
        /^[ \t]*\/\// { next }
        {
            gsub(/^[ \t]+|[ \t]+$/, "")
            if (before ~ /"$/ && $0 ~ /^"/)
                before = substr(before, 1, length(before) - 1) substr($0, 2)
            else { print before; before = $0 }
        }
        END { print before }' | grep -o '"\([^"\\]\|\\.\)*"' | sed 's/\\\(["\\]\)/\1/g'
}
# The messages of a page, with "<what>" where a word or more differ. Each part between two of these
# is in the programs; what stands at its ends may be another string.
said_by_programs() {
    sed -n '/^\.Bl -diag/,/^\.El/s/^\.It //p' "$1" | sed 's/\\(dq/"/g' >"$told"
    [ -s "$told" ] || grep -q 'doc/admin/logs\.md' "$1" || { echo "$1: no message"; return 1; }
    said=0
    while read -r message; do
        printf '%s\n' "$message" | awk '{ gsub(/<[^>]*>/, "\n"); print }' |
            sed "s/^[]:;, \"'()[]*//; s/[]:;, \"'()[]*\$//" | grep . >"$parts"
        grep -q '......' "$parts" || { echo "$1: too short: $message"; said=1; }
        while read -r part; do
            grep -qF -- "$part" "$strings" || { echo "$1: nobody says: $part"; said=1; }
        done <"$parts"
    done <"$told"
    return $said
}
told=$(mktemp)
parts=$(mktemp)
strings=$(mktemp)
trap 'rm -f "$told" "$parts" "$strings"' EXIT
strings_of_programs >"$strings"
for page in man/*.[18]; do
    status=0
    for section in 'EXIT STATUS' EXAMPLES DIAGNOSTICS; do
        grep -q "^\.Sh $section\$" "$page" || { echo "$page: no $section"; status=1; }
    done
    tap "$(basename "$page") says how the program ends, shows it, and has messages" $status
    said_by_programs "$page"
    tap "$(basename "$page") has messages that there are" $?
done
for p in $programs; do
    same_options "$build/$p" "$(ls man/"$(basename "$p")".[18])"
    tap "$(basename "$p") and its page have the same options" $?
done
for page in man/*.[1578] "$build"/man/imapd.conf.5; do
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
