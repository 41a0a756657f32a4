#!/bin/sh
# Not a test: files over 400 lines and functions over 60, for judgement ("make outliers").
cd "${top_srcdir:-.}" || exit 1
find lib imap master -name '*.h' -o -name '*.cc' | sort | while read -r f; do
    awk -v f="$f" '
        /^{/ { start = FNR }
        /^}/ { if (start && FNR - start > 60) print f ":" start ": function of " FNR - start " lines"
               start = 0 }
        END { if (FNR > 400) print f ": " FNR " lines" }' "$f"
done
