// RFC 5232: flags of IMAP.
#include <algorithm>

#include "imap/sieve/ext/rows.h"
#include "imap/sieve/extension_table.h"
#include "imap/sieve/interpreter.h"
#include "imap/sieve/targets.h"
#include "lib/base/strings.h"

namespace rookery::sieve::ext {
namespace {

// A variable is named only if there is one argument more (3).
bool names_variable(const Node& node)
{
    return node.arguments.size() == 2;
}

Status check_names(const Node& node, const Program& program)
{
    if (!names_variable(node)) return success();
    if (!program.has_variables)
        return Error{Code::syntax, "the name of a variable needs require \"variables\""};
    for (const auto& name : node.arguments[0].strings) {
        TRY_ASSIGN(VariableName parsed, parse_variable_name(name));
        if (parsed.kind == VariableName::Kind::match)
            return Error{Code::syntax, "flags cannot be kept in a match variable"};
    }
    return success();
}

std::vector<std::string> flags_in(Interpreter& in, const Node& node)
{
    if (!names_variable(node)) return in.flags();
    return split_flags({in.variable(node.arguments[0].strings[0])});
}

Status keep_flags(Interpreter& in, const Node& node, const std::vector<std::string>& flags)
{
    if (!names_variable(node)) {
        in.flags() = flags;
        return success();
    }
    std::string text;
    for (const auto& flag : flags) cat_to(text, text.empty() ? "" : " ", flag);
    return in.set_variable(node.arguments[0].strings[0], text);
}

Result<Flow> run_setflag(Interpreter& in, const Node& node)
{
    TRY(keep_flags(in, node, split_flags(in.texts(node.arguments.back()))));
    return Flow::next;
}

Result<Flow> run_addflag(Interpreter& in, const Node& node)
{
    std::vector<std::string> all = flags_in(in, node);
    for (auto& flag : in.texts(node.arguments.back())) all.push_back(std::move(flag));
    TRY(keep_flags(in, node, split_flags(all)));
    return Flow::next;
}

Result<Flow> run_removeflag(Interpreter& in, const Node& node)
{
    std::vector<std::string> all = flags_in(in, node);
    for (const auto& flag : split_flags(in.texts(node.arguments.back())))
        std::erase_if(all, [&](const std::string& f) { return equal_nocase(f, flag); });
    TRY(keep_flags(in, node, all));
    return Flow::next;
}

Result<bool> test_hasflag(Interpreter& in, const Node& node)
{
    std::vector<std::string> values;
    if (names_variable(node)) {
        for (const auto& name : node.arguments[0].strings)
            for (auto& flag : split_flags({in.variable(name)})) values.push_back(std::move(flag));
    } else {
        values = in.flags();
    }
    std::vector<std::string> keys = in.texts(node.arguments.back());
    const bool is_list = node.match.kind != MatchKind::count && node.match.kind != MatchKind::value;
    if (is_list && node.match.kind == MatchKind::is) keys = split_flags(keys);
    if (is_list && node.match.kind != MatchKind::is) {
        std::vector<std::string> words;
        for (const auto& key : keys)
            for (const auto word : split_words(key)) words.emplace_back(word);
        keys = std::move(words);
    }
    return in.compare(node, values, keys);
}

constexpr Kind kNameAndFlags[] = {Kind::string, Kind::strings};
constexpr Kind kNamesAndFlags[] = {Kind::strings, Kind::strings};
constexpr std::string_view kKeeping[] = {"fileinto", "keep"};
constexpr std::string_view kWriting[] = {"notify", "vacation"};
constexpr AddedTag kTags[] = {
    {kKeeping, {"flags", Kind::strings}},
    {kWriting, {.name = "flags", .parameter = Kind::strings, .needs = "fcc"}},
};
constexpr Command kCommands[] = {
    {.name = "addflag",
     .arguments = kNameAndFlags,
     .takes = first_is_optional,
     .check = check_names,
     .run = run_addflag},
    {.name = "removeflag",
     .arguments = kNameAndFlags,
     .takes = first_is_optional,
     .check = check_names,
     .run = run_removeflag},
    {.name = "setflag",
     .arguments = kNameAndFlags,
     .takes = first_is_optional,
     .check = check_names,
     .run = run_setflag},
};
constexpr Command kTests[] = {
    {.name = "hasflag",
     .arguments = kNamesAndFlags,
     .takes = takes_match | first_is_optional,
     .check = check_names,
     .test = test_hasflag},
};

}  // namespace

const Extension imap4flags{.commands = kCommands, .tests = kTests, .tags = kTags};

}  // namespace rookery::sieve::ext
