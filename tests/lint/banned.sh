#!/bin/sh
# Functions and constructions that the conventions exclude. Comments and strings are not looked at.
set -u
cd "${top_srcdir:-.}" || exit 1
. tests/support/tap.sh
files=$(find lib imap master -name '*.h' -o -name '*.cc')
bad=$(awk '
    function strip(s,    out, i, c, q) {
        # Without string and character literals and // comments.
        out = ""; q = ""
        for (i = 1; i <= length(s); i++) {
            c = substr(s, i, 1)
            if (q != "") {
                if (c == "\\") i++
                else if (c == q) q = ""
                continue
            }
            if (c == "\"") { q = c; continue }
            if (c == "\047" && substr(s, i - 1, 1) !~ /[0-9a-fA-F]/) { q = c; continue }
            if (c == "/" && substr(s, i, 2) == "//") break
            out = out c
        }
        return out
    }
    function report(what) { print FILENAME ":" FNR ": " what ": " $0 }
    {
        line = strip($0)
        if (line ~ /(^|[^A-Za-z0-9_])(strcpy|strcat|sprintf|vsprintf|strtok|gets|atoi|atol|atoll|alloca|setjmp|longjmp|strlcpy|strncpy|mktemp|tmpnam)[ \t]*\(/)
            report("banned function")
        if (FILENAME !~ /^lib\/base\// &&
            line ~ /(^|[^A-Za-z0-9_])(printf|fprintf|snprintf|vsnprintf|vfprintf|dprintf|asprintf|syslog)[ \t]*\(/)
            report("printf and syslog stay in lib/base")
        if (line ~ /#[ \t]*include[ \t]*<(iostream|fstream|sstream|iomanip|regex|stdexcept|format|expected|ranges|thread)>/)
            report("banned header")
        if (line ~ /(^|[^A-Za-z0-9_])(throw|catch|goto)([^A-Za-z0-9_]|$)/) report("banned keyword")
        if (line ~ /\.at\(/) report("at() throws")
        if (line ~ /std::(stoi|stol|stoul|stoull|stod)[ \t]*\(/) report("throws")
        if (FILENAME ~ /\.h$/ && line ~ /^[ \t]*using namespace/) report("using namespace in a header")
        if (line ~ /epoll_|kqueue/) report("poll, not a platform of its own")
        if ($0 ~ /service_?(\(\))?[ ]*[!=]=[ ]*"/) report("what a protocol has is in its Dialect or Protocol")
        if ($0 ~ /TODO|FIXME|HACK|(^|[^X])XXX([^X]|$)/) report("unfinished")
    }' $files)
[ -z "$bad" ] || printf '%s\n' "$bad"
[ -z "$bad" ]; tap "no banned function or construction" $?
tap_end
