#!/bin/sh
# What the guides name is there, and doc/ARCHITECTURE.md names every folder with a local.mk.
# A path may be written without its ending, and without imap/; folder::Name and Class::name are words
# of a header there; what the build makes (.a, .so, suite) is not looked for.
set -u
cd "${top_srcdir:-.}" || exit 1
. tests/support/tap.sh
folders=$(find imap lib master -name local.mk | sed 's,/local.mk$,,' | sort)
engines=$(printf '%s\n' "$folders" | sed -n 's,^imap/,,p' | tr '\n' '|' | sed 's/|$//')

is_there() {
    for at in "$1" "imap/$1"; do
        for end in "" .h .cc .sh .py; do
            [ -e "$at$end" ] && return 0
        done
    done
    return 1
}

# The words of a guide that are paths, files or names of a folder's.
named() {
    tr -c 'A-Za-z0-9_./:<>*-' '\n' <"$1" | sed 's/[.:]*$//; s,/$,,' | sort -u |
        grep -v '[<>*]\|://\|\.a$\|\.so$\|/suite$' |
        grep -E "^(imap|lib|master|tests|doc|man|$engines)/[A-Za-z]|^[a-z_]+\.(h|cc|def)$|^[A-Za-z]+::[A-Za-z]"
}

for guide in doc/ARCHITECTURE.md doc/HACKING.md; do
    status=0
    for word in $(named "$guide"); do
        case $word in
        *::*)
            name=${word#*::}
            folder=$(printf '%s\n' "$folders" | grep "\(^\|/\)${word%%::*}$")
            if [ -n "$folder" ]; then
                grep -rqw "${name%%::*}" --include=*.h "$folder"
            else
                grep -rqw "${name%%::*}" --include=*.h $(grep -rlw --include=*.h "${word%%::*}" \
                    imap lib master) /dev/null
            fi ;;
        */*) is_there "$word" ;;
        *) [ -n "$(find imap lib master -name "$word")" ] ;;
        esac || { echo "$guide: $word is not there"; status=1; }
    done
    tap "$guide names what is there" $status
done
status=0
for folder in $folders; do
    grep -q "\(^\|[^a-z/]\)$folder\($\|[^a-z_]\)" doc/ARCHITECTURE.md ||
        { echo "doc/ARCHITECTURE.md: $folder is not named"; status=1; }
done
tap "doc/ARCHITECTURE.md names every folder" $status
tap_end
