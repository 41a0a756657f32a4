# Reads options.def and writes, by -v out=, the accessors (header), the table (source) or the manual
# page (man, with -v head= and -v tail= for the text around the list). Any fault in a stanza, a
# missing description above all, is an error: nothing is built.

function fail(text)
{
    printf "%s:%d: %s\n", FILENAME, FNR, text > "/dev/stderr"
    failed = 1
    exit 1
}

function camel(name,    parts, n, i, r)
{
    n = split(name, parts, /[_-]/)
    r = ""
    for (i = 1; i <= n; i++) r = r toupper(substr(parts[i], 1, 1)) substr(parts[i], 2)
    return r
}

function identifier(word)
{
    gsub(/-/, "_", word)
    return word ~ /^(default|delete|new|static|template|export|namespace|using|private|public|auto|register|operator|this)$/ ? word "_" : word
}

function has_word(words, word,    list, n, i)
{
    n = split(words, list, " ")
    for (i = 1; i <= n; i++) if (list[i] == word) return 1
    return 0
}

# Each backslash written so; what gsub() makes of them differs from one awk to the other.
function with_backslashes(text, written,    n, parts, i, out)
{
    n = split(text, parts, /\\/)
    out = parts[1]
    for (i = 2; i <= n; i++) out = out written parts[i]
    return out
}

function quoted(text)
{
    text = with_backslashes(text, "\\\\")
    gsub(/"/, "\\\"", text)
    return "\"" text "\""
}

function finish(    list, n, i)
{
    if (current == 0) return
    if (doc[current] == "") fail("option " name[current] " has no description")
    n = split(old[current], list, " ")
    for (i = 1; i <= n; i++) {
        if (list[i] in seen) fail("option " list[i] " is there twice")
        seen[list[i]] = 1
    }
    if (type[current] == "enum") {
        if (words[current] == "") fail("option " name[current] " has no values")
        if (!has_word(words[current], fallback[current]))
            fail("option " name[current] ": the default is not one of its values")
    }
    if (type[current] == "list" && words[current] != "") {
        n = split(fallback[current], list, " ")
        for (i = 1; i <= n; i++)
            if (!has_word(words[current], list[i]))
                fail("option " name[current] ": " list[i] " is not one of its values")
    }
    if (type[current] == "switch" && fallback[current] !~ /^[01]$/)
        fail("option " name[current] ": the default of a switch is 0 or 1")
    if (type[current] == "int" && fallback[current] !~ /^-?[0-9]+$/)
        fail("option " name[current] ": the default is not a number")
    current = 0
}

BEGIN {
    count = 0
    current = 0
    sections = 0
    kind["string"] = "text"; kind["path"] = "path"; kind["list"] = "list"
    kind["switch"] = "flag"; kind["int"] = "integer"; kind["duration"] = "duration"
    kind["enum"] = "word"
    seconds["s"] = 1; seconds["m"] = 60; seconds["h"] = 3600; seconds["d"] = 86400; seconds["k"] = 1024
}

/^#/ || /^[ \t]*$/ { next }

/^@section / { finish(); sections++; title[sections] = substr($0, 10); next }
/^@since / { finish(); since_now = $2; next }

/^[a-z]/ {
    finish()
    if ($1 !~ /^[a-z][a-z0-9_]*$/) fail("bad option name " $1)
    if ($1 in seen) fail("option " $1 " is there twice")
    if (!($2 in kind)) fail("option " $1 ": unknown type " $2)
    count++
    current = count
    seen[$1] = 1
    name[count] = $1
    type[count] = $2
    given[count] = NF > 2
    rest = $0
    sub(/^[^ ]+ +[^ ]+ */, "", rest)
    fallback[count] = rest
    section[count] = sections
    since[count] = since_now
    unit[count] = "s"
    min[count] = "0"
    max[count] = "9007199254740992"
    next
}

/^\t/ {
    if (current == 0) fail("text without an option")
    line = substr($0, 2)
    if (doc[current] == "" && line ~ /^values: /) { words[current] = substr(line, 9); next }
    if (doc[current] == "" && line ~ /^unit: [smhdk]$/) { unit[current] = substr(line, 7); next }
    if (doc[current] == "" && line ~ /^min: -?[0-9]+$/) { min[current] = substr(line, 6); next }
    if (doc[current] == "" && line ~ /^old: /) { old[current] = substr(line, 6); next }
    if (doc[current] == "" && line ~ /^max: [0-9]+$/) { max[current] = substr(line, 6); next }
    doc[current] = doc[current] line "\n"
    next
}

{ fail("not a stanza: " $0) }

function write_header(    i, j, n, list, camels, body, t, id)
{
    print "// Made by mkoptions.awk from options.def: the typed accessors of the options."
    print "#ifndef ROOKERY_LIB_CONFIG_OPTIONS_GEN_H"
    print "#define ROOKERY_LIB_CONFIG_OPTIONS_GEN_H"
    print ""
    print "#include <cstdint>"
    print "#include <string>"
    print "#include <vector>"
    print ""
    print "#include \"lib/config/option_spec.h\""
    print ""
    print "namespace rookery::config {"
    print ""
    for (i = 1; i <= count; i++) {
        if (type[i] != "enum") continue
        n = split(words[i], list, " ")
        printf "enum class %s {", camel(name[i])
        for (j = 1; j <= n; j++) printf "%s%s", (j > 1 ? ", " : " "), identifier(list[j])
        print " };"
    }
    print ""
    print "class Options {"
    print " public:"
    for (i = 1; i <= count; i++) {
        id = identifier(name[i])
        body = "values_[" (i - 1) "]"
        t = type[i]
        if (t == "string" || t == "path")
            print "    const std::string& " id "() const { return " body ".text; }"
        else if (t == "list")
            print "    const std::vector<std::string>& " id "() const { return " body ".items; }"
        else if (t == "switch")
            print "    bool " id "() const { return " body ".number != 0; }"
        else if (t == "int")
            print "    int64_t " id "() const { return " body ".number; }"
        else if (t == "duration")
            print "    Seconds " id "() const { return Seconds(" body ".number); }"
        else
            print "    " camel(name[i]) " " id "() const { return static_cast<" camel(name[i]) ">(" body ".number); }"
    }
    print ""
    print " protected:"
    print "    std::vector<Value> values_;"
    print "};"
    print ""
    print "}  // namespace rookery::config"
    print ""
    print "#endif"
}

function write_source(    i, j, n, list, olds)
{
    print "// Made by mkoptions.awk from options.def: the table of options."
    print "#include <array>"
    print ""
    print "#include \"lib/config/option_spec.h\""
    print ""
    print "namespace rookery::config {"
    print ""
    print "namespace {"
    print "constexpr OptionSpec kTable[] = {"
    for (i = 1; i <= count; i++)
        printf "    {%s, Type::%s, %s, %s, %s, %d, %s, %s},\n", quoted(name[i]), kind[type[i]], \
            given[i] ? "true" : "false", quoted(fallback[i]), quoted(words[i]), seconds[unit[i]], \
            min[i], max[i]
    print "};"
    print ""
    olds = 0
    for (i = 1; i <= count; i++) olds += split(old[i], list, " ")
    print "constexpr std::array<OldName, " olds "> kOldNames = {{"
    for (i = 1; i <= count; i++) {
        n = split(old[i], list, " ")
        for (j = 1; j <= n; j++) printf "    {%s, %s},\n", quoted(list[j]), quoted(name[i])
    }
    print "}};"
    print "}  // namespace"
    print ""
    print "std::span<const OptionSpec> option_table()"
    print "{"
    print "    return kTable;"
    print "}"
    print ""
    print "std::span<const OldName> old_names()"
    print "{"
    print "    return kOldNames;"
    print "}"
    print ""
    print "}  // namespace rookery::config"
}

function copy(path,    line)
{
    while ((getline line < path) > 0) print line
    close(path)
}

function each_word(list, macro,    parts, n, i, r)
{
    n = split(list, parts, " ")
    r = ""
    for (i = 1; i <= n; i++) r = r macro " \\&" parts[i] (i < n ? " ,\n" : "\n")
    return r
}

function write_man(    i, last)
{
    copy(head)
    last = 0
    for (i = 1; i <= count; i++) {
        if (section[i] != last) {
            if (last != 0) print ".El"
            print ".Ss " title[section[i]]
            print ".Bl -tag -width Ds"
            last = section[i]
        }
        print ".It Cm " name[i] " : Ar " type[i]
        printf "%s", doc[i]
        if (words[i] != "" && type[i] == "enum") printf ".br\nOne of\n%s", each_word(words[i], ".Cm")
        if (type[i] == "duration") print ".br\nA bare number is in " unit_word[unit[i]] "."
        if (given[i]) print ".br\nDefault:\n.Ql " (fallback[i] ~ /^-/ ? "\\&" : "") \
            with_backslashes(fallback[i], "\\e")
        if (old[i] != "") printf ".br\nThe older name, still taken:\n%s", each_word(old[i], ".Cm")
        if (since[i] != "0.1") print ".br\nSince " since[i] "."
    }
    print ".El"
    copy(tail)
}

END {
    if (failed) exit 1
    finish()
    if (failed) exit 1
    unit_word["s"] = "seconds"; unit_word["m"] = "minutes"
    unit_word["h"] = "hours"; unit_word["d"] = "days"
    if (out == "header") write_header()
    else if (out == "source") write_source()
    else if (out == "man") write_man()
}
