#!/bin/sh
# A manual page for every installed program and both configuration files, well formed, with exit
# status and examples; the options of a program are those of its page, and every program tells them,
# and its version.
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
for page in man/*.[18]; do
    status=0
    for section in 'EXIT STATUS' EXAMPLES; do
        grep -q "^\.Sh $section\$" "$page" || { echo "$page: no $section"; status=1; }
    done
    tap "$(basename "$page") says how the program ends, and shows it in use" $status
done
told=$(mktemp)
trap 'rm -f "$told"' EXIT
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
