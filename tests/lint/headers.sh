#!/bin/sh
# Each header compiles alone, has the guard that its path gives, and begins with a comment.
set -u
cd "${top_srcdir:-.}" || exit 1
. tests/support/tap.sh
build=${top_builddir:-.}
headers=$(find lib imap master tests/unit tests/support -name '*.h' | sort)
guards=0
comments=0
for h in $headers; do
    guard=ROOKERY_$(printf '%s' "$h" | tr 'a-z/.' 'A-Z__' | tr -c 'A-Z0-9_\n' '_')
    grep -q "^#ifndef $guard\$" "$h" || { echo "$h: the guard is not $guard"; guards=1; }
    head -n 1 "$h" | grep -q '^//' || { echo "$h: no comment at the top"; comments=1; }
done
tap "each header has the guard that its path gives" $guards
tap "each header begins with a comment" $comments
# The source of a header includes it first, and shows so that it needs nothing before it; config.h
# may stand before. Of the others one translation unit each, several to a compiler run; no code.
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
for h in $headers lib/config/options_gen.h; do
    source=${h%.h}.cc
    if [ -f "$source" ]; then
        first=$(sed -n '/^#include "config.h"$/d; s/^#include "\(.*\)"$/\1/p; /^#include </q' \
            "$source" | head -n 1)
        [ "$first" = "$h" ] && continue
    fi
    printf '#include "%s"\n#include "%s"\n' "$h" "$h" >"$work/$(printf '%s' "$h" | tr / _).cc"
done
flags=$(sed -n 's/^\(OPENSSL\|SASL\|TDB\|ZLIB\|CHECK\)_CFLAGS = //p' "$build/Makefile" | tr '\n' ' ')
# shellcheck disable=SC2086
status=0
if ! (cd "$work" && ls ./*.cc | xargs -n 12 -P 2 ${CXX:-c++ -std=c++20} -fsyntax-only \
        -I"$build" -I"$OLDPWD" $flags) 2>"$work/errors"; then
    cat "$work/errors"
    status=1
fi
tap "each header compiles alone" $status
tap_end
