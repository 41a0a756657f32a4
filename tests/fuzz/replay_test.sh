#!/bin/sh
# Every fuzz target over its corpus.
dir=${top_srcdir:-.}/tests/fuzz
bin=${top_builddir:-.}/tests/fuzz
failed=0
for corpus in "$dir"/corpus/*; do
    target=${corpus##*/}
    if "$bin/$target" "$corpus"/* >/dev/null 2>"$target.fuzz.err"; then
        echo "ok $target: $(ls "$corpus" | wc -l) files"
        rm -f "$target.fuzz.err"
    else
        echo "FAILED $target"
        cat "$target.fuzz.err"
        failed=1
    fi
done
exit $failed
