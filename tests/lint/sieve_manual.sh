#!/bin/sh
# sieve.5 names every extension that sieve-test knows and every limit, and its examples run.
set -u
cd "${top_srcdir:-.}" || exit 1
. tests/support/tap.sh
tool=${top_builddir:-.}/imap/admin/sieve-test
page=man/sieve.5
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

if [ ! -x "$tool" ]; then
    tap_skip "sieve.5 and what there is" "sieve-test is not built"
    tap_end
fi

"$tool" -l | tr ' ' '\n' | LC_ALL=C sort >"$scratch/known"
sed -n '/^\.Sh EXTENSIONS/,/^\.Sh LIMITS/s/^\.It Cm //p' "$page" >"$scratch/told"
LC_ALL=C sort -c "$scratch/told"; tap "the extensions are in order" $?
# Built without its matcher, a server does not know regex.
grep -qx regex "$scratch/known" || echo regex >>"$scratch/known"
LC_ALL=C sort "$scratch/known" | diff - "$scratch/told"; tap "sieve.5 names each extension, and no other" $?

# That of errors is told in words.
grep -v ' errors = ' imap/sieve/limits.h |
    sed -n 's/^ *\(size_t\|uint64_t\) [a-z_]* = \([0-9]*\);.*/\2/p' |
    sort >"$scratch/limits"
sed -n 's/^\.It .* Ta \([0-9]*\)$/\1/p' "$page" | sort >"$scratch/told"
[ -s "$scratch/limits" ] && diff "$scratch/limits" "$scratch/told"
tap "sieve.5 names each limit" $?

awk -v dir="$scratch" '
    /^\.Sh EXAMPLES/ { inside = 1 }
    /^\.Bd -literal/ && inside { file = dir "/" ++n ".sieve"; next }
    /^\.Ed/ { file = "" }
    file != "" { gsub(/\\e/, "\\"); sub(/^\\&/, ""); print >file }' "$page"
printf '%s\r\n' 'From: alice@example.org' 'To: bob@example.com' 'Subject: urgent' \
    'List-Id: <talk.lists.example.org>' 'X-Spam-Level: *******' 'X-Spam-Score: 7.1' \
    'Message-ID: <1@example.org>' '' 'Hello' >"$scratch/message"
count=0
for script in "$scratch"/*.sieve; do
    count=$((count + 1))
    "$tool" -f alice@example.org -r bob+invoices@example.com -m Lists/talk "$script" \
        "$scratch/message"
    tap "example $count runs" $?
done
[ "$count" -ge 5 ]; tap "there are examples" $?
tap_end
