#!/bin/sh
# What comments and documents refer to is in the tree, or an RFC: files are there, sections of
# doc/rules.md and doc/protocols/cyrus.md too, and nothing else is cited by name or number.
set -u
cd "${top_srcdir:-.}" || exit 1
. tests/support/tap.sh
found=$(mktemp) || exit 1
trap 'rm -f "$found" "$found.all"' EXIT
find lib imap master tests man doc m4 -type f ! -path '*/corpus/*' ! -path '*/__pycache__/*' \
    ! -path 'tests/lint/comments.sh' ! -path 'tests/lint/rooms*' >"$found.all"
echo README.md NEWS Makefile.am configure.ac quickstart .ci/run | tr ' ' '\n' >>"$found.all"

# "kind where text" for each thing that is referred to.
LC_ALL=C awk '
    function comment(line,    i, quotes) {
        if (FILENAME ~ /\.(h|cc)$/) { i = index(line, "//"); return i ? substr(line, i) : "" }
        if (FILENAME ~ /\.(md|[1578])$/ || FILENAME == "NEWS") return line
        if (FILENAME ~ /\.py$/) {
            quotes = gsub(/"""/, "&", line)
            if (in_text || quotes > 0) {
                if (quotes % 2) in_text = !in_text
                return line
            }
        }
        i = index(line, "#")
        return i ? substr(line, i) : ""
    }
    function tell(kind, text) { print kind, FILENAME ":" FNR, text }
    FNR == 1 { in_text = 0 }
    {
        text = comment($0)
        if (text == "") next
        if (match(text, /(^|[^A-Za-z_])(RULES|WIRE|DESIGN|PAINS|SEED|STYLE|LAYOUT)([.]md|[ ,:]+[0-9])/) ||
            match(text, /(^|[^A-Za-z_])(RULES|WIRE|DESIGN|PAINS|STYLE|LAYOUT)($|[^A-Za-z_])/) ||
            match(text, /(^|[^a-z])promise [0-9]|the (seed|brief)([^a-z]|$)/))
            tell("outside", substr(text, RSTART, RLENGTH))
        rest = text
        while (match(rest, /(doc|tests|imap|lib|master|man|m4)\/[A-Za-z0-9_.\/*-]*[A-Za-z0-9_]/)) {
            before = RSTART == 1 ? "" : substr(rest, RSTART - 1, 1)
            path = substr(rest, RSTART, RLENGTH)
            rest = substr(rest, RSTART + RLENGTH)
            if (before !~ /[A-Za-z0-9_\/.~<>{}$)-]/) tell("path", path)
        }
        rest = text
        while (match(rest, /[A-Za-z0-9_\/.<-]+\.(h|cc|py|sh|md|awk|def)/)) {
            name = substr(rest, RSTART, RLENGTH)
            rest = substr(rest, RSTART + RLENGTH)
            if (name ~ /^[A-Za-z0-9][A-Za-z0-9_-]*\.[a-z]+$/ && rest !~ /^[A-Za-z0-9_]/) tell("name", name)
        }
        rest = text
        while (match(rest, /doc\/(rules|protocols\/cyrus)\.md [0-9][0-9.]*(, [0-9]+(\.[0-9])?|-[0-9.]*[0-9])*/)) {
            cited = substr(rest, RSTART, RLENGTH)
            rest = substr(rest, RSTART + RLENGTH)
            page = cited; sub(/ .*/, "", page); sub(/^[^ ]* /, "", cited)
            n = split(cited, number, /, |-/)
            for (i = 1; i <= n; i++) { sub(/\.$/, "", number[i]); tell("section", page " " number[i]) }
        }
    }' $(cat "$found.all") >"$found"

status=0
while read -r kind where what; do
    [ "$kind" = outside ] && { echo "$where: cites $what, which is not in the tree"; status=1; }
done <"$found"
tap "nothing outside the tree is cited" $status

status=0
while read -r kind where what; do
    [ "$kind" = path ] || continue
    case $what in
    *.a | *.so | */suite | */options_gen.h) continue ;; # made by the build
    esac
    for path in $what $what.h $what.cc $what.sh $what.py; do [ -e "$path" ] && continue 2; done
    echo "$where: there is no $what"
    status=1
done <"$found"
tap "each path that is named is there" $status

status=0
while read -r kind where what; do
    [ "$kind" = name ] || continue
    case $what in
    config.h | options_gen.h | crypt.h | sysexits.h | tap-driver.sh) continue ;; # made, or the system's
    esac
    grep -q "\(^\|/\)$what\$" "$found.all" || { echo "$where: there is no $what"; status=1; }
done <"$found"
tap "each file that is named is there" $status

status=0
while read -r kind where page number; do
    [ "$kind" = section ] || continue
    grep -q "^\(## $number\. \|\*\*$number[ *]\)" "$page" ||
        { echo "$where: $page has no $number"; status=1; }
done <"$found"
tap "each section that is cited is there" $status
tap_end
