#!/bin/sh
# Every fuzz target over its corpus.
. "${top_srcdir:-.}/tests/support/tap.sh"
dir=${top_srcdir:-.}/tests/fuzz
bin=${top_builddir:-.}/tests/fuzz
for corpus in "$dir"/corpus/*; do
    target=${corpus##*/}
    "$bin/$target" "$corpus"/* >/dev/null 2>"$target.fuzz.err"
    status=$?
    [ $status -eq 0 ] || cat "$target.fuzz.err"
    rm -f "$target.fuzz.err"
    tap "$target: $(ls "$corpus" | wc -l) files" $status
done
tap_end
