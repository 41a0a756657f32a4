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

# A folder of that name would be asked of make as that target: dist would make dist, for ever.
targets=$(sed -n '/^EXTRA_DIST/,/[^\\]$/p' Makefile.am | tr -s ' \t\\' '\n\n\n' |
    grep -x -e all -e check -e clean -e dist -e distcheck -e distclean -e install -e uninstall)
[ -n "$targets" ] && printf 'also a target of make: %s\n' $targets
[ -z "$targets" ]
tap "what is in the tarball is no target of make" $?
tap_end
