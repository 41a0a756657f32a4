#!/bin/sh
# Layers: a folder includes only its own headers and those of the folders listed for it here.
# Besides, what proxyd and lmtpproxyd are linked with must not hold the store.
set -u
cd "${top_srcdir:-.}" || exit 1
. tests/support/tap.sh
table='
lib/base      :
lib/net       : lib/base
lib/text      : lib/base
lib/config    : lib/base
lib/stream    : lib/base lib/net
lib/db        : lib/base
lib/auth      : lib/base lib/config lib/net lib/stream lib/text
lib/service   : lib/base lib/config lib/net
master        : lib/base lib/config lib/net lib/service
imap/model    : lib/auth lib/base lib/text
imap/sieve    : lib/base lib/text
imap/submission : lib/base lib/config lib/text
imap/mailbox  : lib/auth lib/base lib/text imap/model
imap/mboxlist : lib/auth lib/base lib/config lib/db lib/net lib/text imap/model
imap/store    : lib/auth lib/base lib/config lib/db lib/net lib/text imap/model imap/mailbox imap/mboxlist
imap/backend  : lib/auth lib/base lib/config lib/db lib/net lib/stream lib/text imap/model
imap/mupdate  : lib/auth lib/base lib/config lib/db lib/net lib/stream lib/text imap/model imap/mboxlist imap/backend lib/service
imap/scripts  : lib/base lib/config lib/text imap/model
imap/cluster  : lib/auth lib/base lib/config lib/db lib/net lib/stream lib/text imap/model imap/mailbox imap/mboxlist imap/backend imap/mupdate imap/scripts
imap/sync     : lib/auth lib/base lib/config lib/db lib/net lib/stream lib/text imap/model imap/mailbox imap/mboxlist imap/backend imap/mupdate imap/scripts imap/cluster
imap/session  : lib/auth lib/base lib/config lib/db lib/net lib/stream lib/text imap/model lib/service
imap/imapd    : lib/auth lib/base lib/config lib/db lib/net lib/stream lib/text imap/model imap/mailbox imap/mboxlist imap/backend imap/cluster imap/submission imap/sync imap/session lib/service
imap/delivery : lib/auth lib/base lib/config lib/db lib/net lib/stream lib/text imap/model imap/mailbox imap/mboxlist imap/backend imap/scripts imap/sieve imap/submission lib/service
imap/lmtp     : lib/auth lib/base lib/config lib/db lib/net lib/stream lib/text imap/model imap/mailbox imap/mboxlist imap/backend imap/sieve imap/scripts imap/submission imap/delivery imap/session lib/service
imap/managesieve : lib/auth lib/base lib/config lib/db lib/net lib/stream lib/text imap/model imap/mboxlist imap/backend imap/scripts imap/sieve imap/session lib/service
imap/nntp     : lib/auth lib/base lib/config lib/db lib/net lib/stream lib/text imap/model imap/mailbox imap/mboxlist imap/backend imap/delivery imap/session imap/sieve imap/scripts imap/submission lib/service
imap/pop3     : lib/auth lib/base lib/config lib/net lib/stream lib/text imap/model imap/mailbox imap/mboxlist imap/backend imap/session lib/service
imap/daemon   : *
imap/admin    : *
'
files=$(find lib imap master -name '*.h' -o -name '*.cc')
bad=$(printf '%s\n' "$table" | awk '
    FILENAME == "-" {
        if (NF < 2) next
        folder = $1; known[folder] = 1; allowed[folder, folder] = 1
        for (i = 3; i <= NF; i++) { if ($i == "*") any[folder] = 1; else allowed[folder, $i] = 1 }
        next
    }
    FNR == 1 {
        n = split(FILENAME, part, "/")
        mine = part[1] == "master" ? "master" : part[1] "/" part[2]
        if (!(mine in known)) print FILENAME ": folder " mine " is not in the table of layers"
    }
    /^[ \t]*#[ \t]*include[ \t]*"/ {
        split($0, q, "\""); n = split(q[2], part, "/")
        if (n == 1) {
            if (q[2] != "config.h") print FILENAME ":" FNR ": include by full path: " q[2]
            next
        }
        other = part[1] == "master" ? "master" : part[1] "/" part[2]
        if (!(mine in any) && !((mine, other) in allowed))
            print FILENAME ":" FNR ": " mine " may not include " q[2]
    }
    /^[ \t]*#[ \t]*include[ \t]*"config.h"/ && FILENAME ~ /\.h$/ {
        print FILENAME ":" FNR ": config.h belongs in .cc files"
    }' - $files)
[ -z "$bad" ] || printf '%s\n' "$bad"
[ -z "$bad" ]; tap "a folder includes from lower layers only" $?
for proxy in proxyd lmtpproxyd timsieved; do
    if grep -A8 "^imap_daemon_${proxy}_LDADD\|_${proxy}_LDADD" imap/daemon/local.mk |
        awk '/_LDADD/ { mine = /'"_$proxy"'_LDADD/ } mine' | grep -q 'imap/store'
    then
        tap "$proxy is linked without imap/store" 1
    else
        tap "$proxy is linked without imap/store" 0
    fi
done
# An archive brings no libraries with it.
bad=$(find . -name local.mk -not -path './build/*' | xargs awk '
    { line = line $0 }
    /\\$/ { sub(/\\$/, "", line); next }
    { if (line ~ /(LDADD|LIBS) *[+]?=.*libsieve\.a/ && line !~ /\$\(RE2_LIBS\)/)
          print FILENAME ": libsieve.a without $(RE2_LIBS): " line
      line = "" }')
[ -z "$bad" ] || printf '%s\n' "$bad"
[ -z "$bad" ]; tap "what links imap/sieve links its matcher of regular expressions too" $?
tap_end
