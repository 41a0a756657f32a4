#!/bin/sh
# Every file of the repository is in the tarball: what is missing there breaks only other people's
# builds.
set -u
cd "${top_srcdir:-.}" || exit 1
. tests/support/tap.sh
case_name="each file of the repository is in the tarball"
if ! tracked=$(git ls-files 2>/dev/null) || [ -z "$tracked" ]; then
    tap_skip "$case_name" "not a repository"
    tap_end
fi
packed=$(MAKEFLAGS='' make -s -C "$top_builddir" print-dist) || packed=
missing=$(printf '%s\n' "$tracked" | grep -Fvx -e .gitignore -e "$packed")
[ -n "$missing" ] && printf 'not in EXTRA_DIST or any _SOURCES: %s\n' $missing
[ -n "$packed" ] && [ -z "$missing" ]
tap "$case_name" $?
tap_end
