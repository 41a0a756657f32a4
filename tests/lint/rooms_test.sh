#!/bin/sh
# rooms.sh sees what it is there for: rings, files and definitions that were made for it.
set -u
. "$(dirname "$0")/../support/tap.sh"
lint=$(cd "${top_srcdir:-.}" && pwd)/tests/lint/rooms.sh
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
fresh() {
    rm -rf "$work/tree"
    mkdir -p "$work/tree/lib/x" "$work/tree/imap/y" "$work/tree/imap/imapd/commands"
}
file() { # path, lines
    path=$work/tree/$1
    shift
    printf '%s\n' "$@" >"$path"
}
includes() { printf '#include "%s"' "$1"; }
expect() { # what, what the lint says ("" if nothing), a pattern in each line
    said=$(top_srcdir=$work/tree sh "$lint" 2>&1)
    code=$?
    status=0
    about=$1
    shift
    [ $code -eq $(($# > 0)) ] || { echo "$about: ended with $code: $said"; status=1; }
    for pattern; do
        printf '%s\n' "$said" | grep -Eq -- "$pattern" ||
            { echo "$about: nothing like \"$pattern\" in: $said"; status=1; }
    done
    tap "$about" $status
}

fresh
file lib/x/a.h "$(includes lib/x/b.h)"
file lib/x/b.h
expect "no ring"

fresh
file lib/x/a.h "$(includes lib/x/b.h)"
file lib/x/b.h 'class A;'
file lib/x/b.cc "$(includes lib/x/b.h)" "$(includes lib/x/a.h)"
expect "a ring through a .cc" '^ring lib/x/a lib/x/b$' '^  lib/x/b -> lib/x/a \(lib/x/b.cc:2\)$'

fresh
file lib/x/a.h "$(includes lib/x/b.h)"
file lib/x/b.h
file lib/x/b_more.cc "$(includes lib/x/a.h)"
expect "a ring through a second .cc" '^ring lib/x/a lib/x/b$' '\(lib/x/b_more.cc:1\)'

fresh
file lib/x/a.h "$(includes lib/x/b_more.h)"
file lib/x/b.h
file lib/x/b_more.h
file lib/x/b.cc "$(includes lib/x/a.h)"
expect "a header of its own is no part of the shorter one"

fresh
file lib/x/a.h "$(includes imap/y/b.h)" "$(includes lib/x/d.h)"
file imap/y/b.h "$(includes lib/x/c.h)"
file lib/x/c.h "$(includes lib/x/a.h)"
file lib/x/d.h
file lib/x/e.h "$(includes lib/x/f.h)"
file lib/x/f.h "$(includes lib/x/e.h)"
expect "two rings, over folders" '^ring imap/y/b lib/x/a lib/x/c$' '^ring lib/x/e lib/x/f$'

fresh
file lib/x/a.h
file lib/x/other.cc "$(includes lib/x/a.h)"
file lib/x/alike.cc "$(includes lib/x/a.h)"
expect "a .cc of no header" '^lib/x/other.cc: belongs to no header' '^lib/x/alike.cc: '

fresh
file lib/x/a.h 'class A final : public B {' '};' 'Status work(int n);'
file lib/x/c.h
file lib/x/a.cc 'Status A::go()' 'Status work(int n)'
file lib/x/c.cc 'namespace {' 'Status work(int n)' '}  // namespace'
expect "definitions at home"
file lib/x/c.cc 'Status A::go()'
expect "a member defined elsewhere" '^lib/x/c.cc:1: defines A:: of lib/x/a.h$'
file lib/x/c.cc 'Status work(int n)'
expect "a function defined elsewhere" '^lib/x/c.cc:1: defines work\( of lib/x/a.h$'
file lib/x/a.h '[[noreturn]] void end(int n);'
file lib/x/a.cc
file lib/x/c.cc 'void end(int n)'
expect "a function with an attribute" '^lib/x/c.cc:1: defines end\( of lib/x/a.h$'

fresh
file imap/imapd/table.h 'ROOKERY_RUN(go);'
file imap/imapd/lent.h 'Status lent(int n);'
file imap/imapd/commands/go.cc 'Completion go(ImapSession& s)'
expect "a command"
file imap/imapd/commands/go.cc 'Completion go(ImapSession& s)' 'Status lent(int n)'
expect "what a command lends" '^imap/imapd/commands/go.cc:2: defines lent\( of imap/imapd/lent.h$'

tap_end
