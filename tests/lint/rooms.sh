#!/bin/sh
# Rooms: a header and its .cc files are one room, and rooms form no ring.
# A second .cc is named after its header (replica_session.cc belongs to replica.h), and what a
# header declares is defined in its own room. Programs and commands have no header: each .cc is a
# room, and what it lends to others is elsewhere.
set -u
. "$(dirname "$0")/../support/tap.sh"
cd "${top_srcdir:-.}" || exit 1
files=$(find lib imap master -name '*.h' -o -name '*.cc' 2>/dev/null | LC_ALL=C sort)
bad=$(LC_ALL=C awk -v names="$files" '
    function folder_of(path) { sub("/[^/]*$", "", path); return path }
    function room_of(file,    base) {
        base = file
        if (sub("[.]h$", "", base)) return base
        sub("[.]cc$", "", base)
        for (stem = base; stem != ""; ) {
            if (stem in header) return stem
            if (!sub("_[^_/]*$", "", stem)) break
        }
        return base
    }
    function may_be_alone(file) {
        return file ~ "^imap/(daemon|admin)/" || file ~ "^imap/imapd/commands/" ||
            file ~ "^imap/sieve/ext/" ||
            file == "master/master.cc"
    }
    # The name that a line at the margin declares or defines: "Class::", "name(" or nothing.
    function name_in(line,    before) {
        sub("^\\[\\[[a-z]*\\]\\] ", "", line)
        if (line !~ "^[A-Za-z]") return ""
        if (line ~ "^(namespace|using|template|extern|class|struct|enum|static|inline|constexpr)")
            return ""
        if (!match(line, "[A-Za-z_0-9:~]+[(]")) return ""
        before = substr(line, RSTART, RLENGTH - 1)
        if (before ~ "::") { sub("::~?[A-Za-z_0-9]*$", "", before); sub("^.*::", "", before)
                             return before "::" }
        return RSTART == 1 || before ~ "^[A-Z_0-9]*$" ? "" : before "("
    }
    function shortest_ring(start,    queue, head, tail, at, i, n, to, from, cycle) {
        # The shortest way from start to itself.
        queue[tail = 1] = start
        for (head = 1; head <= tail; ++head) {
            at = queue[head]
            n = split(edges[at], to, " ")
            for (i = 1; i <= n; ++i) {
                if (to[i] == start) {
                    cycle = "  " at " -> " start " (" via[at, start] ")"
                    for (; at != start; at = from[at])
                        cycle = "  " from[at] " -> " at " (" via[from[at], at] ")\n" cycle
                    return cycle
                }
                if (to[i] in from) continue
                from[to[i]] = at
                queue[++tail] = to[i]
            }
        }
        return ""
    }
    function reach(start,    queue, head, tail, i, n, to) {
        queue[tail = 1] = start
        for (head = 1; head <= tail; ++head) {
            n = split(edges[queue[head]], to, " ")
            for (i = 1; i <= n; ++i)
                if (!((start, to[i]) in reached)) {
                    reached[start, to[i]] = 1
                    queue[++tail] = to[i]
                }
        }
    }
    BEGIN {
        count = split(names, name, "\n")
        for (i = 1; i <= count; ++i)
            if (sub("[.]h$", "", name[i])) { header[name[i]] = 1; name[i] = name[i] ".h" }
        for (i = 1; i <= count; ++i) {
            room[name[i]] = room_of(name[i])
            if (!(room[name[i]] in is_room)) {
                is_room[room[name[i]]] = 1
                rooms[++room_count] = room[name[i]]
            }
            if (!(room[name[i]] in header) && !may_be_alone(name[i])) {
                print name[i] ": belongs to no header: it is named after none"
                told[name[i]] = 1
            }
        }
    }
    FNR == 1 { here = room[FILENAME]; folder = folder_of(FILENAME); hidden = 0 }
    /^[ \t]*#[ \t]*include[ \t]*"/ {
        split($0, q, "\"")
        if (q[2] in room && room[q[2]] != here && !((here, room[q[2]]) in via)) {
            via[here, room[q[2]]] = FILENAME ":" FNR
            edges[here] = edges[here] room[q[2]] " "
        }
    }
    /^namespace \{/ { hidden = 1 }
    /^}  \/\/ namespace$/ { hidden = 0 }
    {
        what = hidden ? "" : name_in($0)
        if (FILENAME ~ /[.]h$/ && /^(class|struct) [A-Za-z_0-9]+.*[^;]$/) what = $2 "::"
        if (what == "") next
        if (FILENAME ~ /[.]h$/) {
            declares[here, what] = 1
            declared[folder, what] = here
        } else {
            defines[++definitions] = what
            at_line[definitions] = FILENAME ":" FNR
        }
    }
    END {
        for (i = 1; i <= definitions; ++i) {
            file = at_line[i]; sub(":.*", "", file)
            what = defines[i]
            if (file in told || (room[file], what) in declares) continue
            folder = folder_of(file)
            # The functions of a table are in a file each, and the header is the table.
            if (sub("/commands$", "", folder) == 0 && may_be_alone(file)) continue
            if (!((folder, what) in declared)) continue
            print at_line[i] ": defines " what " of " declared[folder, what] ".h"
            told[file] = 1
        }
        for (i = 1; i <= room_count; ++i) reach(rooms[i])
        for (i = 1; i <= room_count; ++i) {
            a = rooms[i]
            if (done[a] || !((a, a) in reached)) continue
            ring = "ring"
            for (j = i; j <= room_count; ++j) {
                b = rooms[j]
                if (!((a, b) in reached) || !((b, a) in reached)) continue
                ring = ring " " b
                done[b] = 1
            }
            print ring "\n" shortest_ring(a)
        }
    }' $files)
[ -z "$bad" ] || printf '%s\n' "$bad"
[ -z "$bad" ]; tap "rooms form no ring, and each file belongs to one" $?
tap_end
