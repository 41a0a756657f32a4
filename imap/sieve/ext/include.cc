// RFC 6609: include, return, global.
#include "imap/sieve/ext/rows.h"
#include "imap/sieve/extension_table.h"
#include "imap/sieve/interpreter.h"
#include "lib/base/strings.h"
#include "lib/text/utf8.h"

namespace rookery::sieve::ext {
namespace {

constexpr size_t kMaxName = 512;

// RFC 5804 1.6, and nothing that could be a path.
Status check_include(const Node& node, const Program&)
{
    const std::string& name = node.arguments[0].strings[0];
    bool good = !name.empty() && name.size() <= kMaxName && name.find('/') == std::string::npos;
    for (size_t pos = 0; pos < name.size();) {
        const char32_t c = text::next_code_point(name, pos);
        if (c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029) good = false;
    }
    if (good) return success();
    return Error{Code::syntax, cat("\"", name, "\" cannot be the name of a script")};
}

Result<Flow> run_include(Interpreter& in, const Node& node)
{
    // Variables are not looked for in the name (3.2).
    const std::string& name = node.arguments[0].strings[0];
    const Location where = node.has("global") ? Location::global : Location::personal;
    const std::string key = cat(where == Location::global ? "global/" : "personal/", name);
    TRY_ASSIGN(bool is_first, in.count_include(key));
    if (!is_first && node.has("once")) return Flow::next;
    auto program = in.environment().script(where, name);
    if (program.is(Code::not_found) && node.has("optional")) return Flow::next;
    if (!program) return std::move(program).error();
    return in.include(**program, key);
}

Result<Flow> run_return(Interpreter&, const Node&)
{
    return Flow::leave;
}

Status check_global(const Node& node, const Program& program)
{
    if (!program.has_variables) return Error{Code::syntax, "'global' needs require \"variables\""};
    for (const auto& name : node.arguments[0].strings) {
        TRY_ASSIGN(VariableName parsed, parse_variable_name(name));
        if (parsed.kind != VariableName::Kind::plain)
            return Error{Code::syntax, cat("\"", name, "\" cannot be made global")};
    }
    return success();
}

Result<Flow> run_global(Interpreter& in, const Node& node)
{
    for (const auto& name : node.arguments[0].strings) TRY(in.make_global(name));
    return Flow::next;
}

constexpr Kind kString[] = {Kind::string};
constexpr Kind kStrings[] = {Kind::strings};
constexpr Tag kTags[] = {{"global", Kind::none, "location"},
                         {"once"},
                         {"optional"},
                         {"personal", Kind::none, "location"}};
constexpr Command kCommands[] = {
    {.name = "global", .arguments = kStrings, .check = check_global, .run = run_global},
    {.name = "include",
     .arguments = kString,
     .tags = kTags,
     .check = check_include,
     .run = run_include},
    {.name = "return", .run = run_return},
};

}  // namespace

const Extension include{.commands = kCommands};

}  // namespace rookery::sieve::ext
