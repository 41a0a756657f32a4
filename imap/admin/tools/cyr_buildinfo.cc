// cyr_buildinfo: what this is built with, as JSON with the keys that Cyrus' own has.
#include "config.h"

#include <vector>

#include "imap/admin/tool.h"
#include "imap/admin/tools/tool_table.h"
#include "lib/base/strings.h"
#include "lib/text/json.h"

namespace rookery::admin {
namespace {

constexpr Option kOptions[] = {
    {'C', "config", "file", ""},  // none is read
};
constexpr Program kProgram{.name = "cyr_buildinfo",
                           .purpose = "tells what this is built with",
                           .options = kOptions,
                           .operands = "[pretty|dense|flat]",
                           .least = 0,
                           .most = 1};

#ifdef HAVE_RE2
constexpr bool kRegex = true;
#else
constexpr bool kRegex = false;
#endif

struct Fact {
    std::string_view name;
    bool is_so;
    std::string_view text = {};  // of one that is no yes or no
};
struct Group {
    std::string_view name;
    std::vector<Fact> facts;
};

std::vector<Group> facts()
{
    return {
        {"component",
         {{"event_notification", false},
          {"gssapi", true},
          {"autocreate", true},
          {"idled", false},
          {"httpd", false},
          {"kerberos_v4", false},
          {"murder", true},
          {"nntpd", true},
          {"replication", false},
          {"sieve", true},
          {"calalarmd", false},
          {"jmap", false},
          {"objectstore", false},
          {"backup", false}}},
        {"dependency",
         {{"ldap", false},
          {"openssl", true},
          {"zlib", true},
          {"jansson", false},
          {"pcre", false},
          {"re2", kRegex},
          {"clamav", false},
          {"openio", false},
          {"nghttp2", false},
          {"wslay", false},
          {"brotli", false},
          {"xml2", false},
          {"ical", false},
          {"icu4c", false},
          {"shapelib", false},
          {"chardet", false},
          {"cld2", false}}},
        {"database", {{"tdb", true}, {"mysql", false}, {"pgsql", false}, {"sqlite", false}}},
        {"search",
         {{"squat", false}, {"xapian", false}, {"xapian_cjk_tokens", false, "none"}}},
        {"hardware", {}},
    };
}

std::string value(const Fact& fact)
{
    if (!fact.text.empty()) return text::json_string(fact.text);
    return fact.is_so ? "true" : "false";
}

std::string flat()
{
    std::string out = cat("version=", text::json_string(PACKAGE_VERSION), '\n');
    for (const Group& group : facts())
        for (const Fact& fact : group.facts)
            cat_to(out, group.name, '.', fact.name, "=", value(fact), '\n');
    return out;
}

std::string json(bool pretty)
{
    const std::string_view line = pretty ? "\n" : "", in = pretty ? "  " : "",
                           colon = pretty ? ": " : ":";
    std::string out = cat('{', line, in, "\"version\"", colon, text::json_string(PACKAGE_VERSION));
    for (const Group& group : facts()) {
        cat_to(out, ',', line, in, text::json_string(group.name), colon, '{');
        for (const Fact& fact : group.facts)
            cat_to(out, &fact == group.facts.data() ? "" : ",", line, in, in,
                   text::json_string(fact.name), colon, value(fact));
        cat_to(out, group.facts.empty() ? "" : cat(line, in), '}');
    }
    return cat(out, line, "}\n");
}

Result<int> run(const CommandLine& line)
{
    const std::string format = line.operands().empty() ? "pretty" : line.operands().front();
    if (format != "dense" && format != "pretty" && format != "flat")
        line.refuse(cat("there is no format ", format));
    print(format == "flat" ? flat() : json(format == "pretty"));
    return 0;
}

}  // namespace

const Tool kCyrBuildinfo{kProgram, nullptr, run};

}  // namespace rookery::admin
