// RFC 5229: variables.
#include "imap/sieve/ext/rows.h"
#include "imap/sieve/extension_table.h"
#include "imap/sieve/interpreter.h"
#include "imap/sieve/text_modifiers.h"

namespace rookery::sieve::ext {
namespace {

Status check_set(const Node& node, const Program& program)
{
    const std::string& name = node.arguments[0].strings[0];
    TRY_ASSIGN(VariableName parsed, parse_variable_name(name));
    if (parsed.kind == VariableName::Kind::match)
        return Error{Code::syntax, "a match variable cannot be set"};
    if (parsed.kind == VariableName::Kind::global && !has_capability(program, "include"))
        return Error{Code::syntax, "the namespace of \"global.\" needs require \"include\""};
    return success();
}

Result<Flow> run_set(Interpreter& in, const Node& node)
{
    TRY(in.set_variable(node.arguments[0].strings[0], modified(node, in.text(node.arguments[1]))));
    return Flow::next;
}

Result<bool> test_string(Interpreter& in, const Node& node)
{
    std::vector<std::string> values = in.texts(node.arguments[0]);
    // An empty string does not count (5).
    if (node.match.kind == MatchKind::count) std::erase(values, std::string());
    return in.compare(node, values, in.texts(node.arguments[1]));
}

constexpr std::string_view kSet[] = {"set", "extracttext"};
constexpr AddedTag kTags[] = {
    {kSet, {"lower", Kind::none, "precedence 40"}},
    {kSet, {"upper", Kind::none, "precedence 40"}},
    {kSet, {"lowerfirst", Kind::none, "precedence 30"}},
    {kSet, {"upperfirst", Kind::none, "precedence 30"}},
    {kSet, {"quotewildcard", Kind::none, "precedence 20"}},
    {kSet, {"length", Kind::none, "precedence 10"}},
};
constexpr Kind kTwoStrings[] = {Kind::string, Kind::string};
constexpr Kind kTwoLists[] = {Kind::strings, Kind::strings};
constexpr Command kCommands[] = {
    {.name = "set", .arguments = kTwoStrings, .check = check_set, .run = run_set},
};
constexpr Command kTests[] = {
    {.name = "string",
     .arguments = kTwoLists,
     .takes = takes_match | takes_list,
     .test = test_string},
};

}  // namespace

const Extension variables{.commands = kCommands, .tests = kTests, .tags = kTags};

}  // namespace rookery::sieve::ext
